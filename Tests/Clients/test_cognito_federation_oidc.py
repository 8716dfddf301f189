"""Users of a user pool who come from OpenID Connect providers."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from harness import LOOPBACK, Identity, Server
from harness.federated import MAPPING, add_provider, attributes_of, leave, relying, sign_in, tokens
from harness.functions import FUNCTION, Function
from harness.hosted import FormBrowser, Pool, make_pool
from harness.login_provider import LoginProvider
from harness.openid import PEM, Authority
from harness.patience import PATIENCE


@pytest.fixture(scope="module")
def own_server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority, google: LoginProvider
) -> Iterator[tuple[Server, Function]]:
    function = Function()
    options = ["--ca-bundle", str(authority.file), *LOOPBACK, "--login-provider", f"accounts.google.com={google.url}"]
    options += ["--login-provider", f"appleid.apple.com={google.url}"]
    options += ["--event-destination", f"{FUNCTION}={function.url}"]
    with Server(*options, log=tmp_path_factory.mktemp("server") / "log") as server:
        yield server, function
    function.server.shutdown()


@pytest.fixture
def cloud(own_server: tuple[Server, Function]) -> Server:
    own_server[0].reset()
    return own_server[0]


@pytest.fixture
def function(own_server: tuple[Server, Function]) -> Function:
    own_server[1].events.clear()
    own_server[1].behaviour = lambda event: event
    return own_server[1]


@pytest.fixture
def provider(tmp_path: Path, authority: Authority) -> Iterator[LoginProvider]:
    provider = LoginProvider(tmp_path, authority)
    yield provider
    provider.stop()


@pytest.fixture
def make(cloud: Server, root: Identity, provider: LoginProvider) -> Callable[..., Pool]:
    def make(*, triggers: tuple[str, ...] = (), **settings: Any) -> Pool:
        if triggers:
            settings["LambdaConfig"] = {name: FUNCTION for name in triggers}
        pool = make_pool(cloud, root, pool=settings)
        add_provider(pool, "Login", provider.details(), IdpIdentifiers=["login.example"])
        return relying(pool, "COGNITO", "Login")

    return make


@pytest.fixture
def pool(make: Callable[..., Pool]) -> Pool:
    return make()


def test_a_new_user_and_the_same_again(make: Callable[..., Pool], provider: LoginProvider) -> None:
    pool = make(UsernameConfiguration={"CaseSensitive": False})
    browser = FormBrowser(pool)
    location = leave(browser, scope="openid email profile", nonce="of the application", prompt="login")
    asked = parse_qs(urlsplit(location).query)
    assert asked["scope"] == ["openid email profile"] and asked["code_challenge_method"] == ["S256"]
    assert asked["prompt"] == ["login"] and asked["redirect_uri"] == [f"{pool.base}/oauth2/idpresponse"]
    back = provider.sign_in(
        location, sub="Person-1", email="ann@example.com", email_verified=True, user_info={"name": "Ann", "email": "x"}
    )
    browser.open(back)
    assert browser.returned["state"] == "of the application"
    claims = tokens(pool, browser.returned)
    # The pool does not tell cases apart.
    assert claims["cognito:username"] == "login_person-1" and claims["nonce"] == "of the application"
    assert claims["cognito:groups"] == [f"{pool.id}_Login"]
    assert (claims["email"], claims["email_verified"], claims["name"]) == ("ann@example.com", True, "Ann")
    (identity,) = claims["identities"]
    assert identity.pop("dateCreated").isdigit()
    assert identity == {
        "userId": "Person-1", "providerName": "Login", "providerType": "OIDC", "issuer": None, "primary": "true",
    }  # fmt: skip
    assert attributes_of(pool, "login_person-1")["status"] == "EXTERNAL_PROVIDER"
    (form,) = provider.forms
    assert form["grant_type"] == "authorization_code" and form["client_secret"] == provider.SECRET
    # What the provider says later is what holds; what it does not mention stays.
    again = tokens(pool, sign_in(pool, provider, sub="Person-1", email="ann@example.org", user_info={"name": "Anna"}))
    assert again["sub"] == claims["sub"]
    told = attributes_of(pool, "login_person-1")
    assert (told["email"], told["email_verified"], told["name"]) == ("ann@example.org", "false", "Anna")
    # The session of the pages holds for the provider that it came from.
    assert browser.open(pool.address(identity_provider="Login")).code


def test_ways_to_a_provider(pool: Pool, provider: LoginProvider) -> None:
    by_identifier = leave(FormBrowser(pool), identity_provider=None, idp_identifier="login.example")
    assert by_identifier.startswith(f"{provider.url}/authorization?")
    page = FormBrowser(pool).open(pool.address())
    assert "Continue with Login" in page.answer.text
    # The only one there is is gone to at once.
    relying(pool, "Login")
    assert leave(FormBrowser(pool), identity_provider=None).startswith(f"{provider.url}/authorization?")
    hinted = parse_qs(urlsplit(leave(FormBrowser(pool), login_hint="ann@example.com")).query)
    assert hinted["login_hint"] == ["ann@example.com"]
    # It is not the client's.
    relying(pool, "COGNITO")
    assert "Login option is not available" in FormBrowser(pool).open(pool.address(identity_provider="Login")).answer.text


def test_required_attributes(make: Callable[..., Pool], provider: LoginProvider) -> None:
    pool = make(Schema=[{"Name": "email", "Required": True}, {"Name": "name", "Required": True}])
    assert sign_in(pool, provider, sub="a") | {"state": ""} == {
        "error": "invalid_request", "error_description": "attributes required: [name, email]", "state": "",
    }  # fmt: skip
    assert sign_in(pool, provider, sub="a", email="not an address", name="A")["error"] == "invalid_request"
    assert not pool.idp.list_users(UserPoolId=pool.id)["Users"]
    tokens(pool, sign_in(pool, provider, sub="a", email="a@example.com", name="A"))
    blank = sign_in(pool, provider, sub="a", email="a@example.com", name="")
    assert blank["error_description"] == "Invalid user attributes: name: Required attribute cannot be deleted"


def test_several_values_and_what_a_client_may_not_write(make: Callable[..., Pool], provider: LoginProvider) -> None:
    schema = [{"Name": name, "AttributeDataType": "String", "Mutable": True} for name in ("groups", "kept")]
    pool = make(Schema=schema)
    pool.idp.update_identity_provider(
        UserPoolId=pool.id, ProviderName="Login",
        AttributeMapping=MAPPING | {"custom:groups": "groups", "custom:kept": "kept"},
    )  # fmt: skip
    relying(pool, "Login", WriteAttributes=["email", "name", "custom:groups"], ReadAttributes=["email", "custom:groups"])
    tokens(pool, sign_in(pool, provider, sub="a", groups=["ad min", "x,y"], kept="secret"))
    told = attributes_of(pool, "Login_a")
    assert told["custom:groups"] == "[ad+min,x%2Cy]" and "custom:kept" not in told


def test_linked_users(pool: Pool, provider: LoginProvider) -> None:
    sub = pool.user("carlos")
    link = {
        "UserPoolId": pool.id, "DestinationUser": {"ProviderName": "Cognito", "ProviderAttributeValue": "carlos"},
    }  # fmt: skip
    pool.idp.admin_link_provider_for_user(
        **link, SourceUser={"ProviderName": "Login", "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "one"}
    )
    pool.idp.admin_link_provider_for_user(
        **link, SourceUser={"ProviderName": "Login", "ProviderAttributeName": "email", "ProviderAttributeValue": "c@example.com"}
    )
    for claims in ({"sub": "one"}, {"sub": "two", "email": "c@example.com"}):
        told = tokens(pool, sign_in(pool, provider, **claims))
        assert (told["sub"], told["cognito:username"], len(told["identities"])) == (sub, "carlos", 2)
    assert attributes_of(pool, "carlos")["email"] == "c@example.com"
    other = tokens(pool, sign_in(pool, provider, sub="three", email="d@example.com"))
    assert other["sub"] != sub
    pool.idp.admin_disable_user(UserPoolId=pool.id, Username="carlos")
    assert sign_in(pool, provider, sub="one")["error_description"] == "User is disabled."


def test_triggers(make: Callable[..., Pool], provider: LoginProvider, function: Function) -> None:
    pool = make(
        triggers=(
            "PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "PreTokenGeneration",
        )
    )  # fmt: skip
    returned = sign_in(pool, provider, sub="a", email="a@example.com")
    tokens(pool, returned)
    assert function.sources() == [
        "PreSignUp_ExternalProvider", "PostConfirmation_ConfirmSignUp", "TokenGeneration_HostedAuth",
    ]  # fmt: skip
    first = function.events[0]
    assert first["userName"] == "Login_a" and first["request"]["userAttributes"]["email"] == "a@example.com"
    function.events.clear()
    tokens(pool, sign_in(pool, provider, sub="a", email="a@example.com"))
    assert function.sources() == [
        "PreAuthentication_Authentication", "PostAuthentication_Authentication", "TokenGeneration_HostedAuth",
    ]  # fmt: skip
    function.behaviour = lambda event: (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage": "not you"}')
    assert sign_in(pool, provider, sub="b")["error_description"] == "PreSignUp failed with error not you."
    assert len(pool.idp.list_users(UserPoolId=pool.id)["Users"]) == 1


def test_the_trigger_that_links(make: Callable[..., Pool], provider: LoginProvider, function: Function) -> None:
    pool = make(triggers=("PreSignUp",))
    sub = pool.user("ann")
    function.events.clear()

    def link(event: Any) -> Any:
        pool.idp.admin_link_provider_for_user(
            UserPoolId=pool.id, DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "ann"},
            SourceUser={"ProviderName": "Login", "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "a"},
        )  # fmt: skip
        return event

    function.behaviour = link
    assert tokens(pool, sign_in(pool, provider, sub="a"))["sub"] == sub


def test_inbound_federation(make: Callable[..., Pool], provider: LoginProvider, function: Function) -> None:
    schema = [{"Name": "team", "AttributeDataType": "String", "Mutable": True}]
    pool = make(Schema=schema)
    pool.idp.update_user_pool(
        UserPoolId=pool.id, LambdaConfig={"InboundFederation": {"LambdaArn": FUNCTION, "LambdaVersion": "V1_0"}}
    )
    function.answers(userAttributesToMap={"email": "b@example.com", "custom:team": "red"})
    tokens(pool, sign_in(pool, provider, sub="a", email="a@example.com", user_info={"name": "A"}))
    (event,) = function.events
    assert event["triggerSource"] == "InboundFederation_ExternalProvider" and event["userName"] == "Login_a"
    told = event["request"]
    assert (told["providerName"], told["providerType"]) == ("Login", "OIDC")
    assert told["attributes"]["idToken"]["email"] == "a@example.com" and told["attributes"]["userInfo"]["name"] == "A"
    assert "access_token" in told["attributes"]["tokenResponse"]
    kept = attributes_of(pool, "Login_a")
    assert (kept["email"], kept["custom:team"], kept.get("name")) == ("b@example.com", "red", None)
    # Nothing of the pool's is set by what a provider calls alike.
    function.answers(userAttributesToMap={})
    tokens(pool, sign_in(pool, provider, sub="b", **{"custom:team": "blue"}))
    assert "custom:team" not in attributes_of(pool, "Login_b")


def test_google_in_another_place(cloud: Server, root: Identity, google: LoginProvider) -> None:
    pool = make_pool(cloud, root)
    details = {"client_id": google.CLIENT, "client_secret": google.SECRET, "authorize_scopes": "openid email"}
    add_provider(pool, "Google", details, "Google")
    relying(pool, "COGNITO", "Google")
    browser = FormBrowser(pool)
    location = leave(browser, identity_provider="Google")
    claims = tokens(pool, browser.open(google.sign_in(location, sub="77", email="g@example.com")).returned)
    assert claims["cognito:username"] == "Google_77" and claims["identities"][0]["providerType"] == "Google"


@pytest.mark.parametrize("form", ["body", "file", "body in one line", "file in one line", "file with escapes"])
def test_apple_answers_by_a_form(
    cloud: Server, root: Identity, google: LoginProvider, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """The client's secret is a token that a key of Apple's signs; what comes back is a form of another site's page."""
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode()

    lines = pem.splitlines()
    written = {
        "body": "\n".join(lines[1:-1]), "file": pem, "body in one line": "".join(lines[1:-1]),
        "file in one line": " ".join(lines), "file with escapes": pem.replace("\n", "\\n"),
    }[form]  # fmt: skip

    def is_secret(secret: str) -> bool:
        assert jwt.get_unverified_header(secret)["kid"] == "KEYID12345"
        claims = jwt.decode(secret, key.public_key(), ["ES256"], audience="https://appleid.apple.com")
        return bool(claims["iss"] == "TEAM123456" and claims["sub"] == google.CLIENT)

    monkeypatch.setattr(google, "is_secret", is_secret)
    pool = make_pool(cloud, root)
    details = {
        "client_id": google.CLIENT, "team_id": "TEAM123456", "key_id": "KEYID12345",
        "private_key": written, "authorize_scopes": "email name",
    }  # fmt: skip
    mapping = {"email": "email", "given_name": "firstName", "nickname": "nickname"}
    add_provider(pool, "SignInWithApple", details, "SignInWithApple", AttributeMapping=mapping)
    relying(pool, "COGNITO", "SignInWithApple")
    browser = FormBrowser(pool)
    location = leave(browser, identity_provider="SignInWithApple")
    assert parse_qs(urlsplit(location).query)["response_mode"] == ["form_post"]
    back = google.sign_in(location, sub="a", email="a@example.com")
    fields = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()}
    user = {"name": {"firstName": "Ann"}, "email": "evil@example.com", "nickname": "evil"}
    # Browsers send no cookies along, as those are SameSite=Lax.
    answer = requests.post(
        f"{pool.base}/oauth2/idpresponse", data=fields | {"user": json.dumps(user)}, allow_redirects=False, timeout=30,
        headers={"Origin": "https://appleid.apple.com", "Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert answer.status_code == 303
    returned = browser._follow(answer).returned
    assert "code" in returned, returned
    claims = tokens(pool, returned)
    told = attributes_of(pool, claims["cognito:username"])
    assert (told["email"], told["given_name"], told.get("nickname")) == ("a@example.com", "Ann", None)


# What proves nothing


def refused(pool: Pool, provider: LoginProvider, **claims: Any) -> str:
    returned = sign_in(pool, provider, **claims)
    assert "code" not in returned and returned["state"] == "of the application"
    return returned["error_description"]


def test_id_tokens_that_prove_nothing(pool: Pool, provider: LoginProvider, tmp_path: Path, authority: Authority) -> None:
    stranger = LoginProvider(tmp_path, authority)
    try:
        now = int(time.time())
        for claims, reason in (
            ({"aud": "another client"}, "aud does not match"),
            ({"iss": "https://localhost:1"}, "iss is invalid"),
            ({"exp": now - 400}, "has expired"),
            ({"nbf": now + 400}, "not valid yet"),
            ({"nonce": "another request's"}, "nonce is another"),
            ({"nonce": None}, "nonce is missing"),
            # Which client a token was given to does not matter where it is not for that client.
            ({"aud": ["another client"], "azp": LoginProvider.CLIENT}, "aud does not match"),
            ({"aud": LoginProvider.CLIENT, "azp": "another client"}, "aud does not match"),
            ({"aud": [LoginProvider.CLIENT, "another client"]}, "aud does not match"),
            ({"sub": None}, "sub is missing"),
        ):
            assert reason in refused(pool, provider, **claims), claims
        provider.id_token = stranger.token(iss=provider.url, aud=provider.CLIENT)
        assert "signature is invalid" in refused(pool, provider)
        provider.id_token = "e30.e30."
        assert "iss is missing" in refused(pool, provider)
        provider.id_token = "none"
        assert "no JSON Web Token" in refused(pool, provider)
        provider.id_token = None
        assert "another user" in refused(pool, provider, sub="a", user_info={"sub": "b"})
        assert not pool.idp.list_users(UserPoolId=pool.id)["Users"]
        # Whomever it is about: without the same subject it does not count.
        both = {"aud": [LoginProvider.CLIENT, "another client"], "azp": LoginProvider.CLIENT}
        for subject in (5, None):
            assert sign_in(pool, provider, sub="a", user_info={"sub": subject, "name": "Other"}, **both)["code"]
        assert "name" not in attributes_of(pool, "Login_a")
    finally:
        stranger.stop()


def test_errors_of_the_provider(pool: Pool, provider: LoginProvider) -> None:
    provider.failure = (400, {"error": "invalid_request", "error_description": "no secret"})
    assert refused(pool, provider) == "Login Error - 400 invalid_request no secret"
    provider.failure = (503, {})
    assert refused(pool, provider) == "Login Error - 503"
    browser = FormBrowser(pool)
    state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
    browser.open(f"{pool.base}/oauth2/idpresponse?error=access_denied&error_description=Not+now&state={state}")
    assert browser.returned == {
        "error": "access_denied", "error_description": "Login Error - access_denied Not now", "state": "of the application",
    }  # fmt: skip


def test_a_provider_that_hangs(pool: Pool, provider: LoginProvider) -> None:
    """It is waited for as long as others are, and by nobody but those who come from it."""
    pool.user()
    provider.pause = threading.Event()
    with ThreadPoolExecutor(12) as threads:
        outcomes = [threads.submit(sign_in, pool, provider, sub=f"a{number}") for number in range(12)]
        while len(provider.forms) < 12:
            time.sleep(0.05)
        assert FormBrowser(pool).sign_in().code
        # On a slow machine the first of them may have been given up meanwhile, but not most.
        assert sum(outcome.done() for outcome in outcomes) < 6
        told = [outcome.result(PATIENCE) for outcome in outcomes]
    provider.pause.set()
    assert {one["error"] for one in told} == {"server_error"}
    assert all(one["error_description"].startswith("Login Error - ") for one in told), told[0]
    assert [user["Username"] for user in pool.idp.list_users(UserPoolId=pool.id)["Users"]] == ["ann"]


def test_states_of_others(pool: Pool, provider: LoginProvider) -> None:
    """Neither the state of another browser, nor one that was used, nor one that somebody has made up."""
    victim, attacker = FormBrowser(pool), FormBrowser(pool)
    back = provider.sign_in(leave(attacker), sub="attacker")
    assert victim.open(back).answer.status_code == 400 and "Invalid state" in victim.answer.text
    leave(victim)
    assert victim.open(back).answer.status_code == 400 and "Invalid state" in victim.answer.text
    assert not provider.forms
    assert attacker.open(back).code
    assert "Something went wrong" in attacker.open(back).answer.text
    assert len(provider.forms) == 1
    for state in ("", "x", "A" * 400):
        assert attacker.open(f"{pool.base}/oauth2/idpresponse?code=x&state={state}").answer.status_code == 400


def test_states_of_other_pools_and_providers(
    pool: Pool, cloud: Server, root: Identity, provider: LoginProvider, tmp_path: Path, authority: Authority
) -> None:
    other = make_pool(cloud, root, "other")
    browser = FormBrowser(pool)
    back = provider.sign_in(leave(browser), sub="a")
    moved = back.replace("/_cognito/myapp/", "/_cognito/other/")
    assert moved != back and browser.open(moved).answer.status_code == 400
    assert not other.idp.list_users(UserPoolId=other.id)["Users"]
    # Mix-up: a code of one provider is shown only to the one that the browser left for.
    (tmp_path / "second").mkdir()
    second = LoginProvider(tmp_path / "second", authority)
    try:
        add_provider(pool, "Second", second.details())
        relying(pool, "Login", "Second")
        browser = FormBrowser(pool)
        code = parse_qs(urlsplit(provider.sign_in(leave(browser), sub="a")).query)["code"][0]
        state = parse_qs(urlsplit(leave(browser, identity_provider="Second")).query)["state"][0]
        returned = browser.open(f"{pool.base}/oauth2/idpresponse?code={code}&state={state}").returned
        assert returned["error_description"] == "Second Error - 400 invalid_grant no such code"
        assert not provider.forms
        # Who gives a code out may say so (RFC 9207).
        state = parse_qs(urlsplit(leave(browser)).query)["state"][0]
        browser.open(f"{pool.base}/oauth2/idpresponse?code={code}&state={state}&iss={second.url}")
        assert browser.returned["error_description"] == "The code is another provider's."
        # The other provider's user of the same id is somebody else.
        one = tokens(pool, sign_in(pool, provider, sub="same"))
        browser = FormBrowser(pool)
        two = browser.open(second.sign_in(leave(browser, identity_provider="Second"), sub="same")).returned
        assert tokens(pool, two)["sub"] != one["sub"]
    finally:
        second.stop()


def test_a_name_that_somebody_has_taken(pool: Pool, provider: LoginProvider) -> None:
    """Who signs up by the name that a federated user would have does not become that user, nor the other way round."""
    pool.user("Login_a")
    assert "Already found an entry for username Login_a" in refused(pool, provider, sub="a")


def test_a_provider_that_is_gone(pool: Pool, provider: LoginProvider) -> None:
    browser = FormBrowser(pool)
    back = provider.sign_in(leave(browser), sub="a")
    pool.idp.delete_identity_provider(UserPoolId=pool.id, ProviderName="Login")
    assert browser.open(back).returned["error"] == "invalid_request"
    assert not provider.forms


def test_nothing_secret_is_in_events(pool: Pool, provider: LoginProvider, trail: Any) -> None:
    browser = FormBrowser(pool)
    browser.open(provider.sign_in(leave(browser), sub="a"))
    event = trail.named("OAuth2Response_GET")
    text = json.dumps(event)
    assert event["additionalEventData"]["responseParameters"]["status"] == 302
    for secret in (*provider.forms[0].values(), browser.code):
        if secret != "authorization_code" and not secret.startswith("http"):
            assert secret not in text
