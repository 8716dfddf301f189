"""Assertions of SAML providers that are good elsewhere, or were, or say something else to other readers."""

from __future__ import annotations

import base64
import json
import re
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from harness import LOOPBACK, Identity, Server, Trail
from harness.hosted import CALLBACK, FormBrowser, Pool, make_pool
from harness.openid import Authority, OpenIDProvider
from harness.patience import PATIENCE
from test_cognito_federation_saml import Liar, add_provider, leave, post, request_of, sign_in, tokens, verify_query

INVALID = "Invalid SAML response received: "


@pytest.fixture
def pool(cloud: Server, root: Identity) -> Pool:
    return make_pool(cloud, root)


@pytest.fixture(scope="module")
def idp() -> Liar:
    return Liar()


def changed(response: str, old: str, new: str) -> str:
    text = base64.b64decode(response).decode()
    assert old in text
    return base64.b64encode(text.replace(old, new).encode()).decode()


def test_assertions_of_another_pool(pool: Pool, idp: Liar, cloud: Server, root: Identity) -> None:
    """Both pools rely on the same provider, which tells them apart by their names and addresses alone."""
    other = make_pool(cloud, root, "other")
    add_provider(pool, idp.metadata())
    add_provider(other, idp.metadata(), IDPInit="true")
    # One that the provider made for the first pool, with the other's own request in it, and at its address.
    for recipient, reason in (
        (f"{pool.base}/saml2/idpresponse", "Recipient or InResponseTo does not match"),
        (f"{other.base}/saml2/idpresponse", "Audience restriction is not met"),
    ):
        browser = FormBrowser(other)
        _, request, relay_state = leave(browser)
        returned = post(browser, idp.answer(pool, request, recipient=recipient), relay_state).returned
        assert returned["error_description"] == INVALID + reason
    # And as one that nobody has asked for.
    relay = urllib.parse.urlencode({
        "client_id": other.client_id, "redirect_uri": CALLBACK, "response_type": "code", "scope": "openid",
    })  # fmt: skip
    stolen = idp.answer(pool, None, recipient=f"{other.base}/saml2/idpresponse")
    returned = post(FormBrowser(other), stolen, relay).returned
    assert returned["error_description"] == INVALID + "Audience restriction is not met"
    # The first pool's state means nothing to the other.
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    answer = requests.post(
        f"{other.base}/saml2/idpresponse", allow_redirects=False, timeout=30,
        data={"SAMLResponse": idp.answer(other, request), "RelayState": relay_state},
    )  # fmt: skip
    assert answer.status_code == 400
    assert not other.idp.list_users(UserPoolId=other.id)["Users"]


def test_made_up_hosts(pool: Pool, idp: Liar) -> None:
    """A provider that takes the address of a request is told none but the domain's; one that an assertion went to is none."""
    add_provider(pool, idp.metadata())
    evil = {"Host": "evil.example"}
    answer = requests.get(pool.address(), headers=evil, allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code == 400 and "SAMLRequest" not in answer.text + str(answer.headers)
    browser = FormBrowser(pool)
    location, request, relay_state = leave(browser)
    assert "evil" not in request_of(location)
    stolen = idp.answer(pool, request, recipient="http://evil.example/_cognito/myapp/saml2/idpresponse")
    for headers in (evil, {}):
        answer = requests.post(
            f"{pool.base}/saml2/idpresponse", data={"SAMLResponse": stolen, "RelayState": relay_state},
            headers=headers, allow_redirects=False, timeout=30,
        )  # fmt: skip
        assert "Recipient+or+InResponseTo+does+not+match" in answer.headers["Location"]


def test_names_that_readers_take_for_others(pool: Pool, idp: Liar) -> None:
    """Comments are no part of what is signed, and do not cut a name in two; elements in a name are refused."""
    add_provider(pool, idp.metadata())
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    response = idp.answer(pool, request, subject="ann.evil")
    post(browser, changed(response, ">ann.evil<", ">ann<!-- -->.evil<"), relay_state)
    assert tokens(pool, browser)["cognito:username"] == "Corp_ann.evil"
    for subject in ("ann<!-- -->.evil", "a<![CDATA[n]]>n.evil"):
        told = tokens(pool, sign_in(pool, idp, subject=subject))["cognito:username"]
        assert told == "Corp_ann.evil", subject
    for subject in ("a<x/>nn", "ann<x>.evil</x>", '<saml:NameID xmlns:saml="urn:x">ann</saml:NameID>', "<x>ann</x>"):
        returned = sign_in(pool, idp, subject=subject).returned
        assert returned["error_description"] == INVALID + "Response can't be parsed", subject
    assert [user["Username"] for user in pool.idp.list_users(UserPoolId=pool.id)["Users"]] == ["Corp_ann.evil"]


def test_a_provider_with_two_names(pool: Pool, idp: Liar) -> None:
    """One assertion is one sign-in, however often the pool has its issuer."""
    for name in ("Corp", "Copy"):
        add_provider(pool, idp.metadata(), name, IDPInit="true")
    pool.client_id = pool.client(SupportedIdentityProviders=["Corp", "Copy"])["ClientId"]
    response = idp.answer(pool, None)
    outcomes = []
    for name in ("Corp", "Copy"):
        relay = urllib.parse.urlencode({
            "identity_provider": name, "client_id": pool.client_id, "redirect_uri": CALLBACK, "response_type": "code",
            "scope": "openid",
        })  # fmt: skip
        outcomes.append(post(FormBrowser(pool), response, relay).returned)
    assert "code" in outcomes[0] and outcomes[1]["error_description"] == INVALID + "Assertion was already used"
    assert [user["Username"] for user in pool.idp.list_users(UserPoolId=pool.id)["Users"]] == ["Corp_ann"]


def test_signed_requests_of_many_at_once(pool: Pool, idp: Liar) -> None:
    """The pool's key is made when it is first needed: once, for all who wait."""
    add_provider(pool, idp.metadata(), RequestSigningAlgorithm="rsa-sha256")
    locations: list[str] = []

    def come() -> None:
        locations.append(requests.get(pool.address(), allow_redirects=False, timeout=PATIENCE).headers["Location"])

    threads = [threading.Thread(target=come) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    certificate = pool.idp.get_signing_certificate(UserPoolId=pool.id)["Certificate"]
    assert len(locations) == 12
    for location in locations:
        verify_query(location, certificate)


# Metadata that are fetched


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[OpenIDProvider]:
    """Where providers have their metadata."""
    web = OpenIDProvider(tmp_path_factory.mktemp("web"), authority)
    yield web
    web.stop()


@pytest.fixture(scope="module")
def trusting(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Server]:
    log = tmp_path_factory.mktemp("server") / "log"
    with Server("--ca-bundle", str(authority.file), *LOOPBACK, log=log) as server:
        yield server


def test_keys_that_a_provider_exchanges(trusting: Server, web: OpenIDProvider) -> None:
    """Also while somebody is on the way there; and six hours later without anybody's doing."""
    trusting.reset()
    pool = make_pool(trusting, trusting.root)
    old, new, newest = (Liar() for _ in range(3))
    web.answers["/metadata"] = (200, old.metadata().encode())
    web.answers["/broken"] = (200, old.metadata().encode())
    url = {"MetadataURL": f"{web.url}/metadata"}

    def create(name: str, address: str) -> None:
        pool.idp.create_identity_provider(
            UserPoolId=pool.id, ProviderName=name, ProviderType="SAML", ProviderDetails={"MetadataURL": address}
        )

    create("Broken", f"{web.url}/broken")
    create("Corp", url["MetadataURL"])
    pool.client_id = pool.client(SupportedIdentityProviders=["Corp"])["ClientId"]
    assert tokens(pool, sign_in(pool, old))["cognito:username"] == "Corp_ann"
    one, two = FormBrowser(pool), FormBrowser(pool)
    begun = [(browser, leave(browser)) for browser in (one, two)]
    web.answers["/metadata"] = (200, new.metadata().encode())
    pool.idp.update_identity_provider(UserPoolId=pool.id, ProviderName="Corp", ProviderDetails=url)
    for (browser, (_, request, relay_state)), signer in zip(begun, (old, new), strict=True):
        returned = post(browser, signer.answer(pool, request), relay_state).returned
        assert ("code" in returned) == (signer is new), returned
    # Those of the other can't be had: that keeps nobody from fetching these.
    web.answers["/metadata"] = (200, newest.metadata().encode())
    web.answers["/broken"] = (500, b"")
    assert "code" in sign_in(pool, new).returned
    trusting.advance(6 * 3600 + 1000)
    assert "code" not in sign_in(pool, new).returned
    assert tokens(pool, sign_in(pool, newest))["cognito:username"] == "Corp_ann"


# Secrets


def test_nothing_secret_is_kept(trusting: Server, idp: Liar) -> None:
    trusting.reset()
    pool = make_pool(trusting, trusting.root)
    add_provider(pool, idp.metadata())
    browser = FormBrowser(pool)
    _, request, relay_state = leave(browser)
    response = idp.answer(pool, request)
    answer = requests.post(
        f"{pool.base}/saml2/idpresponse", data={"SAMLResponse": response, "RelayState": relay_state},
        allow_redirects=False, timeout=30,
    )  # fmt: skip
    ticket = re.search(r"ticket=([^&]+)", answer.headers["Location"])
    assert ticket
    browser._follow(answer)
    secrets = [relay_state, response, ticket[1], browser.code, "ann@example.com"]
    # The arrival in another browser is refused, and that is told.
    other = FormBrowser(pool)
    assert other.open(f"{pool.base}/saml2/idpresponse?ticket={ticket[1]}").answer.status_code == 400
    trail = Trail(trusting.root)
    assert trail.named("SAML2Response_POST")["additionalEventData"]["responseParameters"]["status"] == 303
    assert trail.named("SAML2Response_GET", errorCode="invalid_request")
    arrived: list[Any] = [event for event in trail.all(EventName="SAML2Response_GET") if "errorCode" not in event]
    assert [event["additionalEventData"]["responseParameters"]["status"] for event in arrived] == [302]
    text = json.dumps(trail.all())
    assert isinstance(trusting.log, Path)
    text += trusting.log.read_text()
    for secret in secrets:
        assert len(secret) > 10 and secret not in text, secret
