"""Providers without ID tokens, as Facebook and Login with Amazon are; and how often providers are asked."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import pytest

from harness import LOOPBACK, Identity, Server
from harness.federated import add_provider, attributes_of, leave, relying, tokens
from harness.hosted import FormBrowser, Pool, make_pool
from harness.login_provider import LoginProvider
from harness.openid import Authority, OpenIDProvider
from harness.patience import PATIENCE

GRAPH = "/v17.0"


class SocialProvider(OpenIDProvider):
    """OAuth 2.0 alone: an access token, and an endpoint that says whose it is."""

    CLIENT = "app-1"
    SECRET = "the-app's-secret"

    def __init__(self, folder: Path, authority: Authority) -> None:
        super().__init__(folder, authority)
        #: What codes, and then tokens, are good for.
        self.people: dict[str, dict[str, Any]] = {}
        #: What the token endpoint was sent, and how.
        self.redeemed: list[tuple[str, dict[str, str]]] = []

    def sign_in(self, address: str, prefix: str, **person: Any) -> str:
        assert address.startswith(prefix), address
        asked = {key: values[0] for key, values in parse_qs(urlsplit(address).query).items()}
        assert asked["client_id"] == self.CLIENT and asked["response_type"] == "code"
        assert not {"nonce", "code_challenge"} & set(asked)
        code = secrets.token_urlsafe(16)
        self.people[code] = person
        return f"{asked['redirect_uri']}?" + urlencode({"code": code, "state": asked["state"]})

    def token(self, method: str, form: dict[str, str]) -> tuple[int, bytes]:  # type: ignore[override]
        self.redeemed.append((method, form))
        person = self.people.pop(form["code"], None)
        if person is None or (form["client_id"], form["client_secret"]) != (self.CLIENT, self.SECRET):
            return 400, json.dumps({"error": {"message": "no such code", "type": "OAuthException"}}).encode()
        access = secrets.token_urlsafe(16)
        self.people[access] = person
        return 200, json.dumps({"access_token": access, "token_type": "bearer", "expires_in": 3600}).encode()

    def person(self, fields: list[str] | None) -> tuple[int, bytes]:
        person = self.people.get((self.authorization or "").removeprefix("Bearer "))
        if person is None:
            return 401, b"{}"
        if fields is None:
            return 200, json.dumps(person).encode()
        # Facebook refuses fields that it does not have.
        if unknown := set(fields) - {"id", "email", "name", "picture"}:
            return 400, json.dumps({"error": {"message": f"nonexisting field {unknown}"}}).encode()
        return 200, json.dumps({name: person[name] for name in {"id", *fields} if name in person}).encode()

    def answer(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(path)
        query = {key: values[0] for key, values in parse_qs(parts.query).items()}
        if parts.path == f"{GRAPH}/oauth/access_token":
            return self.token("GET", query)
        if parts.path == f"{GRAPH}/me":
            return self.person(unquote(query["fields"]).split(","))
        if parts.path == "/user/profile":
            return self.person(None)
        return 404, b""

    def post(self, path: str, form: dict[str, str]) -> tuple[int, bytes]:
        return self.token("POST", form) if path == "/auth/o2/token" else (404, b"")


@pytest.fixture(scope="module")
def social(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[SocialProvider]:
    provider = SocialProvider(tmp_path_factory.mktemp("social"), authority)
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def own_server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, social: SocialProvider, google: LoginProvider
) -> Iterator[Server]:
    options = ["--ca-bundle", str(authority.file), *LOOPBACK, "--login-provider", f"accounts.google.com={google.url}"]
    # Hosts that are somewhere else, whatever asks them.
    for host in ("graph.facebook.com", "api.amazon.com"):
        options += ["--xks-proxy", f"{host}={social.url}"]
    with Server(*options, log=tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@pytest.fixture
def cloud(own_server: Server) -> Server:
    own_server.reset()
    return own_server


@pytest.fixture
def pool(cloud: Server, root: Identity) -> Pool:
    schema = [{"Name": "token", "AttributeDataType": "String", "Mutable": True}]
    return make_pool(cloud, root, pool={"Schema": schema})


def details(scopes: str) -> dict[str, str]:
    return {
        "client_id": SocialProvider.CLIENT, "client_secret": SocialProvider.SECRET, "authorize_scopes": scopes,
    }  # fmt: skip


def test_facebook(pool: Pool, social: SocialProvider) -> None:
    """The token is asked for with GET, and the address says which members of the user are wanted."""
    mapping = {"email": "email", "name": "name", "custom:token": "access_token"}
    add_provider(pool, "Facebook", details("public_profile,email"), "Facebook", AttributeMapping=mapping)
    writable = ["email", "name", "custom:token"]
    relying(pool, "COGNITO", "Facebook", WriteAttributes=writable)
    prefix = f"https://www.facebook.com{GRAPH}/dialog/oauth?"

    def come(**person: Any) -> dict[str, str]:
        browser = FormBrowser(pool)
        location = leave(browser, identity_provider="Facebook")
        return browser.open(social.sign_in(location, prefix, **person)).returned

    # Ids that no number of JavaScript's is.
    claims = tokens(pool, come(id="10223456789012345678901", email="f@example.com", name="Fay"))
    assert claims["cognito:username"] == "Facebook_10223456789012345678901"
    (identity,) = claims["identities"]
    assert (identity["providerName"], identity["providerType"]) == ("Facebook", "Facebook")
    told = attributes_of(pool, claims["cognito:username"])
    assert (told["email"], told["email_verified"], told["name"]) == ("f@example.com", "false", "Fay")
    assert social.people[told["custom:token"]]["name"] == "Fay"
    method, form = social.redeemed[-1]
    assert method == "GET" and form["redirect_uri"] == f"{pool.base}/oauth2/idpresponse"
    # As numbers they count as they are, or not at all.
    one, two = (tokens(pool, come(id=9007199254740992 + more))["cognito:username"] for more in (0, 1))
    assert (one, two) == ("Facebook_9007199254740992", "Facebook_9007199254740993")
    assert "does not say who the user is" in come(id=18446744073709551617)["error_description"]
    assert "does not say who the user is" in come(name="Nobody")["error_description"]
    # A code of nobody's: what Facebook says of it is no text.
    browser = FormBrowser(pool)
    state = parse_qs(urlsplit(leave(browser, identity_provider="Facebook")).query)["state"][0]
    browser.open(f"{pool.base}/oauth2/idpresponse?code=x&state={state}")
    assert browser.returned["error_description"] == "Facebook Error - 400"


def test_login_with_amazon(pool: Pool, social: SocialProvider) -> None:
    add_provider(
        pool, "LoginWithAmazon", details("profile postal_code"), "LoginWithAmazon",
        AttributeMapping={"email": "email", "name": "name"},
    )  # fmt: skip
    relying(pool, "COGNITO", "LoginWithAmazon")
    for _ in range(2):
        browser = FormBrowser(pool)
        location = leave(browser, identity_provider="LoginWithAmazon")
        person = {"user_id": "amzn1.account.K2LI23KL2LK2", "email": "l@example.com", "name": "Lee"}
        browser.open(social.sign_in(location, "https://www.amazon.com/ap/oa?", **person))
        claims = tokens(pool, browser.returned)
        assert claims["cognito:username"] == "LoginWithAmazon_amzn1.account.K2LI23KL2LK2"
        assert attributes_of(pool, claims["cognito:username"])["name"] == "Lee"
        assert social.redeemed[-1][0] == "POST"
    assert len(pool.idp.list_users(UserPoolId=pool.id)["Users"]) == 1


def test_a_stand_in_is_not_asked_anew_for_everybody(pool: Pool, google: LoginProvider) -> None:
    settings = {"client_id": google.CLIENT, "client_secret": google.SECRET, "authorize_scopes": "openid email"}
    add_provider(pool, "Google", settings, "Google")
    relying(pool, "COGNITO", "Google")
    for _ in range(10):
        leave(FormBrowser(pool), identity_provider="Google")
    assert google.requests.count("/.well-known/openid-configuration") == 1


def test_rates_come_before_all_else(tmp_path: Path, authority: Authority) -> None:
    """Neither is the provider asked beyond them, nor anything used up that could be brought again."""
    provider = LoginProvider(tmp_path, authority)
    options = ["--ca-bundle", str(authority.file), *LOOPBACK, "--quota", "UserFederationPerSecond=1"]
    try:
        with Server(*options) as server:
            pool = make_pool(server, server.root)
            add_provider(pool, "Login", provider.details())
            relying(pool, "COGNITO", "Login")
            browsers = [FormBrowser(pool) for _ in range(8)]
            states = [parse_qs(urlsplit(leave(browser)).query)["state"][0] for browser in browsers]
            browser = FormBrowser(pool)
            back = provider.sign_in(leave(browser), sub="a")
            refused = 0
            for one, state in zip(browsers, states, strict=True):
                one.open(f"{pool.base}/oauth2/idpresponse?code=junk&state={state}")
                refused += one.answer.status_code == 400 and "Rate exceeded" in one.answer.text
            assert refused >= 5 and len(provider.forms) == 8 - refused
            # Whoever comes meanwhile loads the page again.
            end = time.monotonic() + PATIENCE
            while browser.open(back).answer.status_code != 302:
                assert "Rate exceeded" in browser.answer.text and time.monotonic() < end
                time.sleep(0.1)
            assert browser.code
    finally:
        provider.stop()
