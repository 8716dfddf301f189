"""Users of a user pool who come from SAML identity providers: pysaml2, and one of the test's own that lies."""

from __future__ import annotations

import base64
import functools
import re
import secrets
import subprocess
import tempfile
import urllib.parse
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding

from harness import Identity, Server, error_of
from harness.hosted import CALLBACK, FormBrowser, Pool, make_pool
from harness.saml import IdentityProvider, stamp, template, xmlsec1
from harness.saml_site import POST, REDIRECT, pysaml2_answer, pysaml2_provider
from harness.patience import PATIENCE

MAPPING = {"email": "mail", "name": "displayName"}
SSO = "https://idp.example/sso"


@pytest.fixture
def pool(cloud: Server, root: Identity) -> Pool:
    return make_pool(cloud, root)


def add_provider(pool: Pool, metadata: str, name: str = "Corp", **details: str) -> dict[str, str]:
    """A provider of the pool's, and an app client for its users alone."""
    made = pool.idp.create_identity_provider(
        UserPoolId=pool.id, ProviderName=name, ProviderType="SAML", AttributeMapping=MAPPING,
        ProviderDetails={"MetadataFile": metadata} | details,
    )["IdentityProvider"]["ProviderDetails"]  # fmt: skip
    pool.client_id = pool.client(SupportedIdentityProviders=[name])["ClientId"]
    return dict(made)


def request_of(location: str) -> str:
    """The AuthnRequest, or LogoutRequest, of an address."""
    packed = parse_qs(urlsplit(location).query)["SAMLRequest"][0]
    return zlib.decompress(base64.b64decode(packed), -15).decode()


def leave(browser: FormBrowser, **parameters: str | None) -> tuple[str, str, str]:
    """Where the browser is sent, the request's ID, and the RelayState."""
    browser.open(browser.pool.address(**parameters))
    location = browser.answer.headers["Location"]
    identifier = re.search(r' ID="([^"]+)"', request_of(location))
    assert identifier
    return location, identifier[1], parse_qs(urlsplit(location).query)["RelayState"][0]


def post(browser: FormBrowser, response: str, relay_state: str) -> FormBrowser:
    """What the form of the provider's page does: the browser sends no cookies along, as they are SameSite=Lax."""
    answer = requests.post(
        f"{browser.pool.base}/saml2/idpresponse", data={"SAMLResponse": response, "RelayState": relay_state},
        headers={"Origin": "https://idp.example", "Sec-Fetch-Site": "cross-site"}, allow_redirects=False, timeout=30,
    )  # fmt: skip
    return browser._follow(answer)


def tokens(pool: Pool, browser: FormBrowser) -> dict[str, Any]:
    answer = pool.token(
        grant_type="authorization_code", code=browser.code, redirect_uri=CALLBACK, client_id=pool.client_id
    )
    assert answer.status_code == 200, answer.text
    return pool.claims(answer.json()["id_token"])


class Liar(IdentityProvider):
    """It answers requests of user pools, honestly or not."""

    def answer(self, pool: Pool, request: str | None, *, sign: str = "assertion", **changes: Any) -> str:
        told = {
            "subject": "ann", "audience": f"urn:amazon:cognito:sp:{pool.id}", "recipient": f"{pool.base}/saml2/idpresponse",
            "in_response_to": request, "response_to": request, "issuer": self.entity_id, "issued": 0.0,
            "not_on_or_after": 300.0, "attributes": {"mail": ["ann@example.com"]}, "id": f"_{secrets.token_hex(8)}",
            "session": "session-1",
        } | changes  # fmt: skip
        answers = lambda name: f' InResponseTo="{told[name]}"' if told[name] else ""  # noqa: E731
        words = "".join(
            f'<saml:Attribute Name="{name}">' + "".join(f"<saml:AttributeValue>{value}</saml:AttributeValue>" for value in values)
            + "</saml:Attribute>"
            for name, values in told["attributes"].items()
        )  # fmt: skip
        assertion = (
            f'<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{told["id"]}" Version="2.0" '
            f'IssueInstant="{stamp(told["issued"])}"><saml:Issuer>{told["issuer"]}</saml:Issuer>'
            f"{template(told['id']) if sign == 'assertion' else ''}<saml:Subject><saml:NameID>{told['subject']}</saml:NameID>"
            '<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData'
            f'{answers("in_response_to")} NotOnOrAfter="{stamp(told["not_on_or_after"])}" Recipient="{told["recipient"]}"/>'
            f'</saml:SubjectConfirmation></saml:Subject><saml:Conditions NotOnOrAfter="{stamp(told["not_on_or_after"])}">'
            f'<saml:AudienceRestriction><saml:Audience>{told["audience"]}</saml:Audience></saml:AudienceRestriction>'
            f'</saml:Conditions><saml:AuthnStatement AuthnInstant="{stamp(told["issued"])}" SessionIndex="{told["session"]}">'
            "<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password"
            "</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>"
            f"<saml:AttributeStatement>{words}</saml:AttributeStatement></saml:Assertion>"
        )
        text = (
            '<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_response" Version="2.0" '
            f'IssueInstant="{stamp(told["issued"])}" Destination="{told["recipient"]}"{answers("response_to")}>'
            f'<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{told["issuer"]}</saml:Issuer>'
            f"{template('_response') if sign == 'response' else ''}<samlp:Status>"
            '<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>'
            f"{assertion}</samlp:Response>"
        )
        return base64.b64encode((self.signed(text) if sign else text).encode()).decode()


@pytest.fixture(scope="module")
def idp() -> Liar:
    return Liar()


def sign_in(pool: Pool, idp: Liar, **changes: Any) -> FormBrowser:
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    return post(browser, idp.answer(pool, request, **changes), relay_state)


def test_a_request_and_its_answer(pool: Pool, idp: Liar) -> None:
    add_provider(pool, idp.metadata())
    browser = FormBrowser(pool)
    location, request, relay_state = leave(browser, prompt=None)
    assert location.startswith(f"{SSO}?SAMLRequest=") and "Signature=" not in location
    xml = request_of(location)
    assert f'AssertionConsumerServiceURL="{pool.base}/saml2/idpresponse"' in xml and f'Destination="{SSO}"' in xml
    assert f">urn:amazon:cognito:sp:{pool.id}</saml2:Issuer>" in xml
    post(browser, idp.answer(pool, request, attributes={"mail": ["ann@example.com"], "displayName": ["a", "b c"]}), relay_state)
    assert browser.returned["state"] == "of the application"
    claims = tokens(pool, browser)
    assert claims["cognito:username"] == "Corp_ann" and claims["cognito:groups"] == [f"{pool.id}_Corp"]
    (identity,) = claims["identities"]
    assert (identity["userId"], identity["providerType"], identity["issuer"]) == ("ann", "SAML", idp.entity_id)
    told = pool.idp.admin_get_user(UserPoolId=pool.id, Username="Corp_ann")
    attributes = {item["Name"]: item["Value"] for item in told["UserAttributes"]}
    assert told["UserStatus"] == "EXTERNAL_PROVIDER" and attributes["name"] == "[a,b+c]"
    assert (attributes["email"], attributes["email_verified"]) == ("ann@example.com", "false")
    assert tokens(pool, sign_in(pool, idp, sign="response"))["sub"] == claims["sub"]


def test_pysaml2_as_the_provider(pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that others have built: it verifies our signed requests, and signs and encrypts its answers."""
    from saml2.metadata import entity_descriptor
    from saml2.sigver import SecurityContext, pre_encryption_part

    aes = "http://www.w3.org/2009/xmlenc11#aes256-gcm"
    monkeypatch.setattr("saml2.entity.pre_encryption_part", functools.partial(pre_encryption_part, msg_enc=aes))
    encrypt = functools.partialmethod(SecurityContext.encrypt_assertion, key_type="aes-256")
    monkeypatch.setattr(SecurityContext, "encrypt_assertion", encrypt)
    consumer = f"{pool.base}/saml2/idpresponse"
    certificate = pool.idp.get_signing_certificate(UserPoolId=pool.id)["Certificate"]
    for number, binding in enumerate((REDIRECT, POST)):
        entity, sso = f"https://pysaml2.example/idp{number}", f"https://pysaml2.example/sso{number}"
        server = pysaml2_provider(pool, tmp_path, entity, sso, binding, consumer)
        name = f"Py{number}"
        details = add_provider(
            pool, str(entity_descriptor(server.config)), name, RequestSigningAlgorithm="rsa-sha256",
            EncryptedResponses="true",
        )  # fmt: skip
        browser = FormBrowser(pool).open(pool.address())
        if binding == REDIRECT:
            query = {key: values[0] for key, values in parse_qs(urlsplit(browser.answer.headers["Location"]).query).items()}
            packed, relay_state = query["SAMLRequest"], query["RelayState"]
            proof = {"relay_state": relay_state, "sigalg": query["SigAlg"], "signature": query["Signature"]}
            verify_query(browser.answer.headers["Location"], certificate)
        else:
            form = browser.forms[0]
            assert form["action"] == "https://pysaml2.example/sso1"
            assert "https://pysaml2.example" in browser.answer.headers["Content-Security-Policy"]
            packed, relay_state = form["fields"]["SAMLRequest"], form["fields"]["RelayState"]
            proof = {}
        # It refuses requests without the signature of the pool's certificate.
        parsed = server.parse_authn_request(packed, binding, **proof)
        assert parsed.message.issuer.text == f"urn:amazon:cognito:sp:{pool.id}"
        assert parsed.message.assertion_consumer_service_url == consumer
        for encrypts in (True, False):
            text = pysaml2_answer(
                server, pool, parsed.message.id, consumer, subject="bob", mail="bob@example.com", encrypt_assertion=encrypts,
                encrypt_cert_assertion=details["ActiveEncryptionCertificate"] if encrypts else None,
            )  # fmt: skip
            assert ("EncryptedAssertion" in text) == encrypts
            post(browser, base64.b64encode(text.encode()).decode(), relay_state)
            if encrypts:
                assert tokens(pool, browser)["cognito:username"] == f"{name}_bob"
            else:
                assert browser.returned["error_description"] == "Invalid SAML response received: Assertion is not encrypted"


def verify_query(location: str, certificate: str) -> None:
    """The signature of the redirect binding, by the certificate that the pool gives out."""
    query = urlsplit(location).query
    signed, signature = query.split("&Signature=")
    assert "SigAlg=http%3A%2F%2Fwww.w3.org%2F2001%2F04%2Fxmldsig-more%23rsa-sha256" in signed
    key: Any = x509.load_der_x509_certificate(base64.b64decode(certificate)).public_key()
    key.verify(base64.b64decode(urllib.parse.unquote(signature)), signed.encode(), padding.PKCS1v15(), hashes.SHA256())


# What proves nothing


def test_responses_that_prove_nothing(pool: Pool, idp: Liar) -> None:
    add_provider(pool, idp.metadata())
    stranger = Liar()
    prefix = "Invalid SAML response received: "

    def refused(reason: str, **changes: Any) -> None:
        returned = sign_in(pool, changes.pop("by", idp), **changes).returned
        assert returned["error"] == "server_error" and returned["error_description"] == prefix + reason, (reason, returned)

    refused("Invalid signature", by=stranger)
    refused("Invalid signature", sign="")
    refused("Issuer does not match the provider's metadata", issuer="https://other.example")
    refused("Audience restriction is not met", audience="urn:amazon:cognito:sp:us-east-1_Another00")
    refused("Audience restriction is not met", audience="urn:amazon:webservices")
    wrong = "Recipient or InResponseTo does not match"
    refused(wrong, recipient="https://signin.aws.amazon.com/saml")
    refused(wrong, recipient=f"{pool.server.url}/_cognito/other/saml2/idpresponse")
    refused(wrong, in_response_to="_another")
    refused(wrong, response_to="_another")
    refused(wrong, in_response_to=None)
    refused(wrong, response_to=None)
    refused("Response is expired", not_on_or_after=-120.0)
    refused("Assertion was issued too long ago", issued=-500.0)
    refused("Response is not valid yet", issued=200.0)
    assert not pool.idp.list_users(UserPoolId=pool.id)["Users"]
    required = {"mail": ["not an address"]}
    error = sign_in(pool, idp, attributes=required).returned["error_description"]
    assert error.startswith(prefix + "Invalid user attributes: ")


def test_wrapped_and_changed_assertions(pool: Pool, idp: Liar) -> None:
    add_provider(pool, idp.metadata())

    def changed(change: Any) -> str:
        browser = FormBrowser(pool)
        _, request, relay_state = leave(browser)
        text = base64.b64decode(idp.answer(pool, request, id="_honest")).decode()
        new = change(text)
        assert new != text
        return post(browser, base64.b64encode(new.encode()).decode(), relay_state).returned["error_description"]

    forged = lambda text: re.search(r"<saml:Assertion.*</saml:Assertion>", text, re.S)[0]  # type: ignore[index]  # noqa: E731
    evil = lambda text: re.sub(r"<ds:Signature.*?</ds:Signature>", "", forged(text), flags=re.S).replace(">ann<", ">root<")  # noqa: E731
    for change in (
        lambda text: text.replace(">ann<", ">root<"),
        # The signed assertion within an extension, the forged one in its place; and both beside each other.
        lambda text: text.replace(forged(text), f"<samlp:Extensions>{forged(text)}</samlp:Extensions>{evil(text).replace('_honest', '_evil')}"),
        lambda text: text.replace(forged(text), forged(text) + evil(text).replace("_honest", "_evil")),
        lambda text: text.replace(forged(text), evil(text).replace("_honest", "_evil") + forged(text)),
        lambda text: text.replace(forged(text), evil(text)),
        lambda text: text.replace("<samlp:Response ", '<!DOCTYPE x [<!ENTITY e "">]><samlp:Response '),
    ):
        assert changed(change).startswith("Invalid SAML response received: ")
    assert not pool.idp.list_users(UserPoolId=pool.id)["Users"]


def test_names_with_comments(pool: Pool, idp: Liar) -> None:
    """A signature does not see a comment: the name is what stands before and behind it, and not one of both."""
    add_provider(pool, idp.metadata())
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    honest = base64.b64decode(idp.answer(pool, request, subject="root@example.com.evil.example")).decode()
    text = honest.replace("root@example.com.evil", "root@example.com<!-- -->.evil")
    assert text != honest
    post(browser, base64.b64encode(text.encode()).decode(), relay_state)
    location = browser.answer.headers["Location"]
    names = [user["Username"] for user in pool.idp.list_users(UserPoolId=pool.id)["Users"]]
    assert names == (["Corp_root@example.com.evil.example"] if "code=" in location else [])


def test_replayed_assertions_and_states_of_others(pool: Pool, idp: Liar) -> None:
    add_provider(pool, idp.metadata())
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    response = idp.answer(pool, request)
    post(browser, response, relay_state)
    assert browser.code
    again = post(browser, response, relay_state).returned
    assert again["error_description"] == "Invalid SAML response received: Assertion was already used"
    # Another assertion for the same request: the state was used.
    assert "Something went wrong" in post(browser, idp.answer(pool, request), relay_state).answer.text
    # An attacker's response, and state, in the browser of somebody else.
    attacker, victim = FormBrowser(pool), FormBrowser(pool)
    _, request, relay_state = leave(attacker)
    leave(victim)
    post(victim, idp.answer(pool, request, subject="attacker"), relay_state)
    unsolicited = "Invalid samlResponse or relayState from identity provider"
    assert victim.answer.status_code == 400 and unsolicited in victim.answer.text
    users = pool.idp.list_users(UserPoolId=pool.id)["Users"]
    assert [user["Username"] for user in users] == ["Corp_ann"]


def test_mix_up_of_providers(pool: Pool, idp: Liar) -> None:
    other = Liar(entity_id="https://other.example/metadata")
    add_provider(pool, other.metadata(), "Other")
    add_provider(pool, idp.metadata())
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    returned = post(browser, other.answer(pool, request), relay_state).returned
    assert returned["error_description"] == "Invalid SAML response received: Invalid signature"


def test_what_nobody_has_asked_for(pool: Pool, idp: Liar) -> None:
    add_provider(pool, idp.metadata())
    asked = {
        "identity_provider": "Corp", "client_id": pool.client_id, "redirect_uri": CALLBACK, "response_type": "code",
        "scope": "openid email",
    }  # fmt: skip

    def come(**changes: Any) -> FormBrowser:
        relay = asked | {key: value for key, value in changes.items() if key in asked}
        told = {key: value for key, value in changes.items() if key not in asked}
        response = idp.answer(pool, told.pop("request", None), **told)
        return post(FormBrowser(pool), response, urllib.parse.urlencode(relay))

    unsolicited = "Invalid samlResponse or relayState from identity provider"
    assert unsolicited in come().answer.text
    assert not pool.idp.list_users(UserPoolId=pool.id)["Users"]
    details = {"MetadataFile": idp.metadata(), "IDPInit": "true"}
    pool.idp.update_identity_provider(UserPoolId=pool.id, ProviderName="Corp", ProviderDetails=details)
    assert tokens(pool, come())["cognito:username"] == "Corp_ann"
    # It answers a request, though none was made; it leads elsewhere; it is a replay.
    assert "Recipient or InResponseTo" in come(request="_stolen").returned["error_description"]
    assert unsolicited in come(redirect_uri="https://evil.example").answer.text
    assert unsolicited in come(client_id="nobody").answer.text
    response = idp.answer(pool, None)
    for number in range(2):
        browser = post(FormBrowser(pool), response, urllib.parse.urlencode(asked))
        assert ("code" in browser.returned) == (number == 0)
    # A client that others may sign in to takes nothing of the kind.
    pool.client_id = pool.client(SupportedIdentityProviders=["COGNITO", "Corp"])["ClientId"]
    assert unsolicited in come(client_id=pool.client_id).answer.text
    # What is asked for is asked for as ever.
    assert tokens(pool, sign_in_as(pool, idp))["cognito:username"] == "Corp_ann"


def sign_in_as(pool: Pool, idp: Liar) -> FormBrowser:
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser, identity_provider="Corp")
    return post(browser, idp.answer(pool, request), relay_state)


def test_signing_out_at_the_provider(pool: Pool, idp: Liar) -> None:
    service = f'<md:SingleLogoutService Binding="{REDIRECT}" Location="https://idp.example/slo"/>'
    metadata = idp.metadata().replace("<md:SingleSignOnService ", service + "<md:SingleSignOnService ")
    add_provider(pool, metadata, IDPSignout="true")
    bye = "http://localhost:8909/bye"
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    post(browser, idp.answer(pool, request), relay_state)
    browser.open(f"{pool.base}/logout?client_id={pool.client_id}&logout_uri={bye}")
    location = browser.answer.headers["Location"]
    assert location.startswith("https://idp.example/slo?SAMLRequest=")
    verify_query(location, pool.idp.get_signing_certificate(UserPoolId=pool.id)["Certificate"])
    xml = request_of(location)
    assert ">ann</saml2:NameID>" in xml and "<saml2p:SessionIndex>session-1<" in xml
    identifier = re.search(r' ID="([^"]+)"', xml)
    assert identifier
    relay_state = parse_qs(urlsplit(location).query)["RelayState"][0]

    def answer(by: Liar, request: str, *, sign: bool = True, state: str = relay_state) -> requests.Response:
        text = (
            '<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_out" Version="2.0" '
            f'IssueInstant="{stamp(0)}" InResponseTo="{request}"><saml:Issuer '
            f'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{by.entity_id}</saml:Issuer>'
            f'{template("_out") if sign else ""}<samlp:Status><samlp:StatusCode '
            'Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>'
        )
        packed = base64.b64encode((sign_logout(by, text) if sign else text).encode()).decode()
        return requests.post(
            f"{pool.base}/saml2/logout", data={"SAMLResponse": packed, "RelayState": state}, allow_redirects=False,
            timeout=30,
        )  # fmt: skip

    for bad in (
        answer(Liar(), identifier[1]), answer(idp, "_another"), answer(idp, identifier[1], sign=False),
        answer(idp, identifier[1], state="https://evil.example"),
    ):  # fmt: skip
        assert bad.status_code == 400
    good = answer(idp, identifier[1])
    assert (good.status_code, good.headers["Location"]) == (302, bye)
    # Once: it leads nobody there again.
    again = answer(idp, identifier[1])
    assert (again.status_code, "/error" in again.headers["Location"]) == (302, True)
    # The session of the pages is over, whatever the provider says.
    assert browser.open(pool.address()).answer.headers["Location"].startswith(SSO)
    assert requests.get(f"{pool.base}/saml2/logout", timeout=PATIENCE).status_code == 405


def sign_logout(idp: Liar, text: str) -> str:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "key.pem").write_text(idp.keys.key)
        (folder / "in.xml").write_text(text)
        subprocess.run(
            [
                xmlsec1(), "--sign", "--privkey-pem", str(folder / "key.pem"), "--id-attr:ID",
                "urn:oasis:names:tc:SAML:2.0:protocol:LogoutResponse", "--output", str(folder / "out.xml"),
                str(folder / "in.xml"),
            ],
            check=True, capture_output=True, timeout=PATIENCE,
        )  # fmt: skip
        return (folder / "out.xml").read_text()


def test_encryption_keys_stay(pool: Pool, idp: Liar) -> None:
    encrypts = {"EncryptedResponses": "true"}
    certificate = add_provider(pool, idp.metadata(), **encrypts)["ActiveEncryptionCertificate"]
    assert x509.load_der_x509_certificate(base64.b64decode(certificate))
    details = {"MetadataFile": idp.metadata()} | encrypts
    name = {"UserPoolId": pool.id, "ProviderName": "Corp"}
    updated = pool.idp.update_identity_provider(**name, ProviderDetails=details)["IdentityProvider"]["ProviderDetails"]
    assert updated["ActiveEncryptionCertificate"] == certificate
    assert "PRIVATE" not in str(pool.idp.describe_identity_provider(**name))
    assert error_of(pool.idp.describe_identity_provider, UserPoolId=pool.id, ProviderName="No").code == (
        "ResourceNotFoundException"
    )
