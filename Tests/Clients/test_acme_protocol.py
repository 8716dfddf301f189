"""RFC 8555 to the letter: what an ACME endpoint answers to requests made by hand, wrong ones above all."""

from __future__ import annotations

import base64
import ipaddress
import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from harness import Identity, Server, Trail, allow, error_of, policy
from harness.acme import ISSUES, Endpoint, WebServer
from harness.acme_client import AcmeClient, Answer, Key, b64, request_for, signed
from harness.authorities import Authority

NAMES = ["www.example.com", "example.com", "other.example.com"]


@pytest.fixture(scope="module")
def web() -> Iterator[WebServer]:
    with WebServer() as server:
        yield server


@pytest.fixture(scope="module")
def acme_server(tmp_path_factory: pytest.TempPathFactory, web: WebServer) -> Iterator[Server]:
    options = [word for name in NAMES for word in ("--acme-http", f"{name}=127.0.0.1:{web.port}")]
    with Server(*options, log=tmp_path_factory.mktemp("acme") / "log") as server:
        yield server


@pytest.fixture
def admin(acme_server: Server, web: WebServer) -> Identity:
    acme_server.reset()
    web.files.clear()
    web.asked.clear()
    web.status = 200
    return acme_server.root


@pytest.fixture
def authority(admin: Identity) -> Authority:
    return Authority.root(admin)


@pytest.fixture
def endpoint(admin: Identity, authority: Authority) -> Endpoint:
    return Endpoint.create(admin, authority, challenges="http-01")


@pytest.fixture
def client(endpoint: Endpoint) -> AcmeClient:
    return AcmeClient.registered(endpoint)


def proves(client: AcmeClient, web: WebServer, order: dict[str, Any]) -> None:
    """Answers the challenges of an order, and waits until it is ready."""
    for url in order["authorizations"]:
        [challenge] = [one for one in client.post(url).json["challenges"] if one["type"] == "http-01"]
        web.files[challenge["token"]] = f"{challenge['token']}.{client.key.thumbprint}".encode()
        begun = client.post(challenge["url"], {})
        assert begun.status == 200 and begun.json["status"] in ("processing", "valid")
        assert begun.links["up"] == url
        client.wait(url, "valid")


def issued(client: AcmeClient, web: WebServer, *names: str, key: Any = None, **more: Any) -> tuple[dict[str, Any], list[x509.Certificate]]:
    answer = client.order(*names, **more)
    assert answer.status == 201, answer.body
    proves(client, web, answer.json)
    assert client.finalize(answer.json, request_for(*names, key=key)).status == 200
    order = client.wait(answer.location, "valid", "invalid")
    assert order["status"] == "valid", order
    chain = client.post(order["certificate"])
    assert chain.headers["Content-Type"] == "application/pem-certificate-chain"
    return order, x509.load_pem_x509_certificates(chain.body)


def der(certificate: x509.Certificate) -> str:
    return b64(certificate.public_bytes(serialization.Encoding.DER))


def test_directory_and_nonces(endpoint: Endpoint) -> None:
    client = AcmeClient(endpoint.url)
    shown = client.send("GET", endpoint.url)
    assert shown.headers["Content-Type"] == "application/json" and shown.json["meta"] == {"externalAccountRequired": True}
    assert set(shown.json) == {"newNonce", "newAccount", "newOrder", "revokeCert", "keyChange", "renewalInfo", "meta"}
    head, got = client.send("HEAD", shown.json["newNonce"]), client.send("GET", shown.json["newNonce"])
    assert (head.status, got.status) == (200, 204)
    assert head.headers["Replay-Nonce"] != got.headers["Replay-Nonce"]
    assert head.headers["Cache-Control"] == got.headers["Cache-Control"] == "no-store"
    assert head.links == got.links == {"index": endpoint.url}
    assert client.send("GET", shown.json["newOrder"]).status == 405
    assert client.send("GET", endpoint.url + "/more").status == 404
    other = endpoint.url.replace(endpoint.arn[-36:], "00000000-0000-0000-0000-000000000000")
    assert client.send("GET", other).status == 404


@pytest.mark.parametrize("algorithm", ["ES256", "ES384", "ES512", "RS256", "EdDSA"])
def test_keys_of_every_kind(endpoint: Endpoint, algorithm: str) -> None:
    client = AcmeClient.registered(endpoint, key=Key(algorithm))
    found = client.post(client.account)
    assert found.status == 200 and found.json["status"] == "valid" and found.json["contact"] == ["mailto:ada@example.com"]
    shown = endpoint.identity.client("acm").describe_acme_account(AcmeEndpointArn=endpoint.arn, AccountUrl=client.account)
    assert shown["AcmeAccount"]["PublicKeyThumbprint"] == client.key.thumbprint


def test_a_nonce_is_good_once(client: AcmeClient, endpoint: Endpoint) -> None:
    nonce = client.fresh_nonce()
    assert client.post(client.account, nonce=nonce).status == 200
    again = client.post(client.account, nonce=nonce)
    assert (again.status, again.problem) == (400, "badNonce") and again.headers["Replay-Nonce"]
    for bad in ("", "AAAA", b64(b"x" * 69), nonce[:-1] + ("A" if nonce[-1] != "A" else "B"), nonce + "A", None):
        assert client.post(client.account, nonce=bad).problem == "badNonce", bad
    elsewhere = Endpoint.create(endpoint.identity)
    assert client.post(client.account, nonce=AcmeClient(elsewhere.url).fresh_nonce()).problem == "badNonce"


def test_strangers_use_up_no_nonces(endpoint: Endpoint) -> None:
    """Those that were used are kept on disk, and anybody can make a key."""
    stranger = AcmeClient(endpoint.url)
    address, nonce = stranger.directory["newAccount"], stranger.fresh_nonce()
    contact = {"contact": ["mailto:ada@example.com"]}
    for _ in range(2):
        assert stranger.post(address, contact, nonce=nonce).problem == "externalAccountRequired"
        assert stranger.post(address, {"onlyReturnExisting": True}, nonce=nonce).problem == "accountDoesNotExist"
    assert stranger.post(address, contact, nonce=b64(b"x" * 69)).problem == "badNonce"
    proof = contact | {"externalAccountBinding": stranger.binding(endpoint.bind())}
    assert stranger.post(address, proof, nonce=nonce).status == 201
    for payload in (proof, contact):
        assert stranger.post(address, payload, nonce=nonce).problem == "badNonce", "it is somebody now"


def test_requests_that_are_not_signed_as_they_should_be(client: AcmeClient) -> None:
    url = client.account
    stranger = Key()
    assert client.post(url, key=stranger).problem == "malformed", "another key than the account's"
    assert client.post(url, url=url + "x").problem == "unauthorized"
    assert client.post(url, url=client.directory["newOrder"]).problem == "unauthorized", "signed for another address"
    assert client.post(url, jwk=client.key.jwk).problem == "malformed", "a jwk and a kid"
    assert client.post(url, kid=None).problem == "malformed", "neither"
    assert client.post(url, kid=None, jwk=client.key.jwk).problem == "malformed", "accounts are named by kid"
    assert client.post(url, kid=url[:-1]).problem == "accountDoesNotExist"
    assert client.post(url, kid="https://example.com/account/1").problem == "accountDoesNotExist"
    assert client.post(url, crit=["url"]).problem == "malformed"
    assert client.post(url, b64=False).problem == "malformed"
    none = client.post(url, alg="none")
    assert none.problem == "badSignatureAlgorithm" and "ES256" in none.json["algorithms"]
    assert client.post(url, alg="ES384").problem == "malformed", "an algorithm for another kind of key"
    assert client.post(url, alg="HS256").problem == "malformed", "no secret of ours is a key"
    assert client.post(url, alg="RS256").problem == "malformed"

    def raw(change: Any, content_type: str = "application/jose+json") -> Answer:
        body = signed(client.header(url), b"", client.key.sign)
        client.nonce = ""
        changed = change(body)
        return client.send("POST", url, changed if isinstance(changed, bytes) else json.dumps(changed).encode(), content_type)

    assert raw(lambda body: body).status == 200
    assert raw(lambda body: body, "application/json").status == 415
    assert raw(lambda body: body | {"header": {"kid": url}}).problem == "malformed", "an unprotected header"
    assert raw(lambda body: {"payload": body["payload"], "signatures": [body]}).problem == "malformed", "general JSON"
    assert raw(lambda body: f"{body['protected']}.{body['payload']}.{body['signature']}".encode()).problem == "malformed"
    assert raw(lambda body: body | {"payload": b64(b"{}")}).problem == "malformed", "another payload"
    assert raw(lambda body: body | {"signature": body["signature"] + "="}).problem == "malformed"
    assert raw(lambda body: body | {"protected": body["protected"] + "A"}).problem == "malformed"
    assert raw(lambda body: b"[" * 100_000).status == 413
    assert raw(lambda body: b"[" * 1000).problem == "malformed"
    assert raw(lambda body: b"").problem == "malformed"
    twice = b'{"payload":"e30",'
    assert raw(lambda body: twice + json.dumps(body).encode()[1:]).problem == "malformed", "a member that is there twice"
    assert client.post(url).status == 200, "and the account is as it was"


def test_signatures_that_are_malleable_or_short(client: AcmeClient) -> None:
    url = client.account
    for change in (lambda one: one[:-1], lambda one: one + b"\0", lambda one: b"", lambda one: bytes(64), lambda one: one[32:] + one[:32]):
        body = signed(client.header(url), b"", lambda data, change=change: change(client.key.sign(data)))
        client.nonce = ""
        assert client.send("POST", url, json.dumps(body).encode()).problem == "malformed"


@pytest.mark.parametrize(
    "jwk",
    [
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kty": "EC", "crv": "P-256", "x": b64(bytes(32)), "y": b64(bytes(32))},
        {"kty": "EC", "crv": "secp256k1", "x": b64(bytes(32)), "y": b64(bytes(32))},
        {"kty": "oct", "k": b64(b"secret")},
        {"kty": "RSA", "n": b64(b"\x01" * 256), "e": "AQ"},
        {"kty": "RSA", "n": b64(b"\xff" * 4096), "e": "AQAB"},
        {"kty": "RSA"},
        {},
    ],
)
def test_keys_that_are_none(endpoint: Endpoint, jwk: dict[str, str]) -> None:
    client = AcmeClient(endpoint.url)
    assert client.post(client.directory["newAccount"], {}, jwk=jwk).problem == "badPublicKey"


def test_weak_and_private_keys(endpoint: Endpoint) -> None:
    weak = AcmeClient(endpoint.url, Key("RS256", private=rsa.generate_private_key(65537, 1024)))
    assert weak.register(endpoint.bind()).problem == "badPublicKey"
    client = AcmeClient(endpoint.url)
    url = client.directory["newAccount"]
    private = client.key.jwk | {"d": b64(client.key.private.private_numbers().private_value.to_bytes(32, "big"))}
    assert client.post(url, {}, jwk=private).problem == "badPublicKey"


def test_external_account_binding(endpoint: Endpoint) -> None:
    binding = endpoint.bind()
    client = AcmeClient(endpoint.url)

    def refused(document: Any) -> str:
        return client.register(None, externalAccountBinding=document).problem

    assert client.register(None).problem == "externalAccountRequired"
    assert refused({}) == refused("x") == refused(None) == "malformed"
    assert refused(client.binding(binding, mac=b"x" * 32)) == "unauthorized"
    assert refused(client.binding(binding, kid="0" * 32)) == "unauthorized"
    assert refused(client.binding(binding, kid="unknown")) == "unauthorized"
    assert refused(client.binding(binding, key=Key())) == "malformed", "another key than the account's"
    assert refused(client.binding(binding, url=endpoint.url)) == "malformed", "another address"
    assert refused(client.binding(binding, nonce=client.fresh_nonce())) == "malformed"
    assert refused(client.binding(binding, alg="none")) == "badSignatureAlgorithm"
    assert refused(client.binding(binding, alg="ES256")) == "malformed"
    assert refused(client.binding(binding, alg="HS512")) == "unauthorized", "a code by another hash"
    assert refused(signed({"alg": "ES256", "kid": binding.key_id, "url": client.directory["newAccount"]}, json.dumps(client.key.jwk).encode(), client.key.sign)) == "malformed"
    other = Endpoint.create(endpoint.identity)
    assert refused(client.binding(other.bind())) == "unauthorized", "of another endpoint"
    made = client.register(binding)
    assert made.status == 201 and made.json["orders"].startswith(client.account)
    assert client.register(None).status == 200, "who has an account needs no binding"
    acm = endpoint.identity.client("acm")
    used = acm.describe_acme_external_account_binding(AcmeExternalAccountBindingArn=binding.arn)["ExternalAccountBinding"]
    assert used["LastUsedAt"] and used["RoleArn"] == endpoint.role and used["AcmeEndpointArn"] == endpoint.arn


def test_bindings_that_are_over(admin: Identity, acme_server: Server, endpoint: Endpoint) -> None:
    acm = admin.client("acm")
    revoked, deleted, short = endpoint.bind(), endpoint.bind(), endpoint.bind(Expiration={"Value": 5, "Type": "MINUTES"})
    before = AcmeClient.registered(endpoint, revoked)
    acm.revoke_acme_external_account_binding(AcmeExternalAccountBindingArn=revoked.arn)
    acm.delete_acme_external_account_binding(AcmeExternalAccountBindingArn=deleted.arn)
    assert AcmeClient(endpoint.url).register(revoked).problem == "unauthorized"
    assert AcmeClient(endpoint.url).register(deleted).problem == "unauthorized"
    assert AcmeClient(endpoint.url).register(short).status == 201
    acme_server.advance(301)
    assert AcmeClient(endpoint.url).register(short).problem == "unauthorized"
    assert before.post(before.account).status == 200, "what becomes of a binding does not matter to its accounts"
    assert error_of(acm.describe_acme_external_account_binding, AcmeExternalAccountBindingArn=deleted.arn).code == "ResourceNotFoundException"
    listed = acm.list_acme_external_account_bindings(AcmeEndpointArn=endpoint.arn)["ExternalAccountBindings"]
    assert {one["AcmeExternalAccountBindingArn"] for one in listed} == {revoked.arn, short.arn}


def test_contacts(admin: Identity, endpoint: Endpoint, client: AcmeClient) -> None:
    bad = {("tel:+41",): "unsupportedContact", ("mailto:",): "invalidContact", ("mailto:a@b,c@d",): "invalidContact",
           ("mailto:a@b?subject=x",): "invalidContact", ("mailto:a b@c",): "invalidContact"}  # fmt: skip
    for contact, problem in bad.items():
        assert client.post(client.account, {"contact": list(contact)}).problem == problem, contact
    assert client.post(client.account, {"contact": "mailto:a@b"}).problem == "malformed"
    changed = client.post(client.account, {"contact": ["mailto:grace@example.com"]})
    assert changed.json["contact"] == ["mailto:grace@example.com"]
    admin.client("acm").update_acme_endpoint(AcmeEndpointArn=endpoint.arn, Contact="REQUIRED")
    assert AcmeClient(endpoint.url).register(endpoint.bind(), contact=()).problem == "invalidContact"
    assert client.post(client.account, {"contact": []}).problem == "invalidContact"


def test_deactivated_and_revoked_accounts(admin: Identity, endpoint: Endpoint, client: AcmeClient) -> None:
    assert client.post(client.account, {"status": "revoked"}).problem == "malformed"
    assert client.post(client.account, {"status": "deactivated"}).json["status"] == "deactivated"
    gone = client.post(client.account)
    assert (gone.status, gone.problem) == (401, "unauthorized")
    assert client.order("www.example.com").problem == "unauthorized"
    account = client.account
    assert client.register(endpoint.bind()).problem == "unauthorized", "the key is used up"
    acm = admin.client("acm")
    other = AcmeClient.registered(endpoint)
    acm.revoke_acme_account(AcmeEndpointArn=endpoint.arn, AccountUrl=other.account)
    assert other.post(other.account).problem == "unauthorized"
    states = {one["AccountUrl"]: one["Status"] for one in acm.list_acme_accounts(AcmeEndpointArn=endpoint.arn)["AcmeAccounts"]}
    assert states == {account: "DEACTIVATED", other.account: "REVOKED"}


def test_an_account_of_another(endpoint: Endpoint, client: AcmeClient, web: WebServer) -> None:
    other = AcmeClient.registered(endpoint)
    order, _ = issued(other, web, "www.example.com")
    location = other.order("www.example.com").location
    assert client.post(other.account).problem == "unauthorized"
    assert client.post(other.account + "/orders").problem == "unauthorized"
    for url in (location, order["certificate"], *order["authorizations"]):
        assert client.post(url).status == 404, url
    assert client.finalize(order, request_for("www.example.com")).status == 404
    assert client.post(other.account, {"status": "deactivated"}).problem == "unauthorized"
    assert other.post(other.account).status == 200


def test_a_key_is_changed(endpoint: Endpoint, client: AcmeClient) -> None:
    url, old, new = client.directory["keyChange"], client.key, Key("RS256")

    def change(*, key: Key = new, account: str = client.account, old_key: dict[str, str] = old.jwk, **header: Any) -> Answer:
        inner = {"alg": key.algorithm, "jwk": key.jwk, "url": url} | header
        document = signed({k: v for k, v in inner.items() if v is not None}, json.dumps({"account": account, "oldKey": old_key}).encode(), key.sign)
        return client.post(url, document)

    assert change(account=client.account + "x").problem == "malformed"
    assert change(old_key=new.jwk).problem == "malformed"
    assert change(url=endpoint.url).problem == "malformed"
    assert change(nonce=client.fresh_nonce()).problem == "malformed"
    assert change(jwk=Key("RS256").jwk).problem == "malformed", "not signed by the new key"
    other = AcmeClient.registered(endpoint)
    taken = change(key=other.key)
    assert taken.status == 409 and taken.location == other.account
    assert change().status == 200
    assert client.post(client.account).problem == "malformed", "the old key is no longer the account's"
    client.key = new
    assert client.post(client.account).status == 200
    assert client.register(None).location == client.account


def test_orders_and_what_they_may_name(endpoint: Endpoint, client: AcmeClient) -> None:
    order = client.order("WWW.example.com", "www.EXAMPLE.com")
    assert order.status == 201 and order.json["status"] == "pending"
    assert order.json["identifiers"] == [{"type": "dns", "value": "www.example.com"}]
    assert client.post(order.location).json == order.json
    assert client.post(order.location, {}).problem == "malformed", "a POST-as-GET has no payload"
    for bad in ("localhost", "a..b", "-a.example.com", "a_b.example.com", "127.0.0.1", "a.*.example.com", "*.*.example.com", "ab--c.example.com", "é.example.com", "", "a." + "b" * 64 + ".com"):
        assert client.order(bad).problem == "rejectedIdentifier", bad
    refused = client.order("www.example.com", "*.example.com")
    assert refused.problem == "rejectedIdentifier", "nobody can prove by HTTP that all hosts are theirs"
    assert [one["identifier"]["value"] for one in refused.json["subproblems"]] == ["*.example.com"]
    assert client.post(client.directory["newOrder"], {"identifiers": [{"type": "ip", "value": "192.0.2.1"}]}).problem == "unsupportedIdentifier"
    assert client.post(client.directory["newOrder"], {"identifiers": []}).problem == "malformed"
    assert client.post(client.directory["newOrder"], {}).problem == "malformed"
    assert client.order(*(f"{number}.example.com" for number in range(11))).problem == "malformed"
    assert client.order("www.example.com", notAfter="2027-01-01T00:00:00Z").problem == "malformed"
    assert client.post(client.account + "/orders").json == {"orders": [order.location]}


def test_an_endpoint_without_challenges(admin: Identity, authority: Authority) -> None:
    client = AcmeClient.registered(Endpoint.create(admin, authority))
    assert client.order("www.example.com").problem == "rejectedIdentifier", "as AWS has it"


def test_challenges_that_are_not_met(client: AcmeClient, web: WebServer) -> None:
    answer = client.order("www.example.com", "example.com")
    order = answer.json
    assert client.finalize(order, request_for("www.example.com", "example.com")).problem == "orderNotReady"
    [challenge] = client.post(order["authorizations"][0]).json["challenges"]
    assert len(challenge["token"]) == 43 and challenge["status"] == "pending"
    assert not web.asked, "nothing is asked before the client says so"
    web.files[challenge["token"]] = f"{challenge['token']}.{Key().thumbprint}".encode()
    client.post(challenge["url"], {})
    found = client.wait(order["authorizations"][0], "invalid", "valid")
    assert found["status"] == "invalid" and found["challenges"][0]["error"]["type"].endswith(":incorrectResponse")
    assert set(web.asked) == {("www.example.com", f"/.well-known/acme-challenge/{challenge['token']}")}
    failed = client.post(answer.location).json
    assert failed["status"] == "invalid" and failed["error"]["type"].endswith(":incorrectResponse")
    assert client.finalize(order, request_for("www.example.com", "example.com")).problem == "orderNotReady"
    assert client.post(challenge["url"], {}).json["status"] == "invalid", "there is no second try"


def test_redirects_and_other_hosts_are_not_followed(client: AcmeClient, web: WebServer) -> None:
    web.status = 302
    order = client.order("other.example.com").json
    [challenge] = client.post(order["authorizations"][0]).json["challenges"]
    web.files[challenge["token"]] = b""
    client.post(challenge["url"], {})
    found = client.wait(order["authorizations"][0], "invalid", "valid")
    assert found["status"] == "invalid" and found["challenges"][0]["error"]["type"].endswith(":unauthorized")
    unknown = client.order("elsewhere.example.net").json
    [challenge] = client.post(unknown["authorizations"][0]).json["challenges"]
    client.post(challenge["url"], {})
    assert client.wait(unknown["authorizations"][0], "invalid", "valid")["challenges"][0]["error"]["type"].endswith(":connection")


def test_what_a_request_for_a_certificate_may_say(client: AcmeClient, web: WebServer) -> None:
    answer = client.order("www.example.com", "example.com")
    order = answer.json
    proves(client, web, order)
    names = ("www.example.com", "example.com")
    for bad in (
        b"", b"x" * 100, request_for("www.example.com"), request_for(*names, "other.example.com"),
        request_for(*names, common="other.example.com"), request_for(*names, others=(x509.RFC822Name("a@example.com"),)),
        request_for(*names, others=(x509.IPAddress(ipaddress.ip_address("127.0.0.1")),)),
        request_for(*names, key=client.key.private), request_for(*names, key=ec.generate_private_key(ec.SECP521R1())),
        request_for(*names, key=rsa.generate_private_key(65537, 3072)),
        request_for(*names)[:-1] + b"\0",
    ):  # fmt: skip
        assert client.finalize(order, bad).problem == "badCSR"
    assert client.post(order["finalize"], {"csr": base64.b64encode(b"+/+/").decode()}).problem == "badCSR"
    assert client.post(answer.location).json["status"] == "ready", "and the order is as it was"
    request = request_for(*names, common="example.com")
    assert client.finalize(order, request).json["status"] in ("processing", "valid")
    assert client.finalize(order, request).status == 200, "the same once more, since the answer may have been lost"
    assert client.finalize(order, request_for(*names)).problem == "orderNotReady"
    client.wait(answer.location, "valid")


def test_a_certificate_has_what_was_proved_and_nothing_else(client: AcmeClient, web: WebServer, endpoint: Endpoint) -> None:
    answer = client.order("www.example.com", "example.com")
    proves(client, web, answer.json)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateSigningRequestBuilder().subject_name(
        x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, "Somebody Else"), x509.NameAttribute(x509.NameOID.COMMON_NAME, "example.com")])
    )
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName("EXAMPLE.com"), x509.DNSName("www.example.com")]), False)
    builder = builder.add_extension(x509.BasicConstraints(True, None), True)
    request = builder.sign(key, hashes.SHA256())
    client.finalize(answer.json, request.public_bytes(serialization.Encoding.DER))
    order = client.wait(answer.location, "valid")
    leaf = x509.load_pem_x509_certificates(client.post(order["certificate"]).body)[0]
    assert leaf.subject.rfc4514_string() == "CN=www.example.com"
    assert leaf.public_key() == key.public_key()
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
    assert names == ["www.example.com", "example.com"]
    acm = endpoint.identity.client("acm")
    [summary] = acm.list_certificates(CertificateKeyPairOrigins=["ACME"], Includes={"keyTypes": ["EC_prime256v1"]})["CertificateSummaryList"]
    shown = acm.describe_certificate(CertificateArn=summary["CertificateArn"])["Certificate"]
    assert shown["CertificateKeyPairOrigin"] == "ACME" and shown["AcmeEndpointArn"] == endpoint.arn
    assert client.account.endswith(shown["AcmeAccountId"]) and shown["RenewalEligibility"] == "INELIGIBLE"
    refused = error_of(acm.export_certificate, CertificateArn=summary["CertificateArn"], Passphrase=b"secret")
    assert refused.code == "ValidationException"
    acm.delete_certificate(CertificateArn=summary["CertificateArn"])
    assert client.post(order["certificate"]).status == 404


def test_the_chain_with_and_without_its_root(admin: Identity, authority: Authority, web: WebServer) -> None:
    below = Authority.below(authority, admin)
    client = AcmeClient.registered(Endpoint.create(admin, below, challenges="http-01"))
    order, chain = issued(client, web, "www.example.com")
    assert [one.subject == one.issuer for one in chain] == [False, False, True]
    alternate = client.post(order["certificate"]).links["alternate"]
    assert x509.load_pem_x509_certificates(client.post(alternate).body) == chain[:2]
    short, root_only = issued(AcmeClient.registered(Endpoint.create(admin, authority, challenges="http-01")), web, "www.example.com")
    assert len(root_only) == 2


def test_the_role_decides(admin: Identity, authority: Authority, web: WebServer) -> None:
    trail = Trail(admin)
    endpoint = Endpoint.create(admin, authority, challenges="http-01", actions=["acm:RequestCertificate"])
    client = AcmeClient.registered(endpoint)

    def fails() -> dict[str, Any]:
        answer = client.order("www.example.com")
        proves(client, web, answer.json)
        client.finalize(answer.json, request_for("www.example.com"))
        order = client.wait(answer.location, "valid", "invalid")
        assert order["status"] == "invalid" and "arn:" not in json.dumps(order["error"]), "a client learns no names of roles"
        return dict(order["error"])

    assert fails()["type"].endswith(":unauthorized"), "the authority may not be used"
    name = endpoint.role.rsplit("/", 1)[-1]
    limits = {"ForAllValues:StringEquals": {"acm:DomainNames": ["other.example.com"]}, "StringEquals": {"acm:CertificateKeyPairOrigin": "ACME"}}
    limited = policy(allow(ISSUES[2:], "*"), allow("acm:RequestCertificate", "*", Condition=limits))
    admin.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=limited)
    assert fails()["type"].endswith(":unauthorized"), "the role is for another name"
    issued(client, web, "other.example.com")
    record = trail.named("RequestCertificate", errorCode=None)
    assert record["userIdentity"]["sessionContext"]["sessionIssuer"]["arn"] == endpoint.role
    assert record["requestParameters"]["subjectAlternativeNames"] == ["other.example.com"]
    admin.iam.update_assume_role_policy(
        RoleName=name, PolicyDocument=policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"})
    )
    assert fails()["type"].endswith(":unauthorized"), "the role can't be had any more"
    admin.iam.delete_role_policy(RoleName=name, PolicyName="own")
    admin.iam.delete_role(RoleName=name)
    assert fails()["type"].endswith(":unauthorized")


def test_revocation_by_account_and_by_key(authority: Authority, endpoint: Endpoint, client: AcmeClient, web: WebServer) -> None:
    url = client.directory["revokeCert"]
    key = ec.generate_private_key(ec.SECP256R1())
    _, [first, *_] = issued(client, web, "www.example.com")
    _, [second, *_] = issued(client, web, "www.example.com", key=key)
    stranger = AcmeClient.registered(endpoint)
    assert stranger.post(url, {"certificate": der(first)}).problem == "unauthorized"
    assert client.post(url, {"certificate": der(first), "reason": 2}).problem == "badRevocationReason"
    assert client.post(url, {"certificate": "AAAA"}).problem == "malformed"
    assert client.post(url, {}).problem == "malformed"
    root = x509.load_pem_x509_certificate(authority.client.get_certificate_authority_certificate(CertificateAuthorityArn=authority.arn)["Certificate"].encode())
    assert client.post(url, {"certificate": der(root)}).status == 404
    assert client.post(url, {"certificate": der(first), "reason": 4}).status == 200
    assert client.post(url, {"certificate": der(first)}).problem == "alreadyRevoked"
    outside = AcmeClient(endpoint.url, Key(private=key))
    assert AcmeClient(endpoint.url).post(url, {"certificate": der(second)}).problem == "unauthorized", "another key"
    assert outside.post(url, {"certificate": der(second), "reason": 1}).status == 200
    assert outside.post(url, {"certificate": der(second)}).problem == "alreadyRevoked"
    # Who has proved the same names may as well.
    _, [third, *_] = issued(client, web, "www.example.com")
    proves(stranger, web, stranger.order("www.example.com").json)
    assert stranger.post(url, {"certificate": der(third)}).status == 200


def test_renewal_information(client: AcmeClient, web: WebServer) -> None:
    def identifier(certificate: x509.Certificate) -> str:
        above = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
        serial = certificate.serial_number
        return b64(above or b"") + "." + b64(serial.to_bytes(serial.bit_length() // 8 + 1, "big"))

    _, [leaf, *_] = issued(client, web, "www.example.com")
    url = client.directory["renewalInfo"] + "/" + identifier(leaf)
    told = client.send("GET", url)
    assert told.status == 200 and int(told.headers["Retry-After"]) > 0
    window = told.json["suggestedWindow"]
    end = leaf.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ")
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    assert now < window["start"] < window["end"] < end
    for bad in ("AAAA", "AAAA.AAAA", "....", ""):
        assert client.send("GET", client.directory["renewalInfo"] + "/" + bad).status in (400, 404)
    _, [newer, *_] = issued(client, web, "www.example.com", replaces=identifier(leaf))
    again = client.order("www.example.com", replaces=identifier(leaf))
    assert (again.status, again.problem) == (409, "alreadyReplaced")
    assert client.order("www.example.com", replaces="AAAA.AAAA").problem == "malformed"
    assert client.post(client.directory["revokeCert"], {"certificate": der(newer)}).status == 200
    over = client.send("GET", client.directory["renewalInfo"] + "/" + identifier(newer)).json["suggestedWindow"]
    assert over["end"] < now


def test_authorizations_are_given_up(client: AcmeClient, web: WebServer) -> None:
    answer = client.order("www.example.com")
    proves(client, web, answer.json)
    url = answer.json["authorizations"][0]
    assert client.post(url, {"status": "valid"}).problem == "malformed"
    assert client.post(url, {"status": "deactivated"}).json["status"] == "deactivated"
    assert client.post(answer.location).json["status"] == "invalid"
    assert client.finalize(answer.json, request_for("www.example.com")).problem == "orderNotReady"


def test_orders_end(client: AcmeClient, acme_server: Server) -> None:
    answer = client.order("www.example.com")
    acme_server.advance(7 * 86_400 + 1)
    client.nonce = ""
    assert client.post(answer.location).json["status"] == "invalid"
    assert client.post(answer.json["authorizations"][0]).json["status"] == "expired"
    acme_server.advance(8 * 86_400)
    client.nonce = ""
    assert client.post(answer.location).status == 404
