"""What providers' users, and anybody else, must not get by federated sign-in at a user pool."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from botocore import UNSIGNED

from harness import LOOPBACK, Identity, Server, Trail
from harness.federated import MAPPING, add_provider, attributes_of, leave, relying, sign_in, tokens
from harness.functions import FUNCTION, Function
from harness.hosted import CALLBACK, FormBrowser, Pool, make_pool
from harness.login_provider import LoginProvider
from harness.openid import Authority
from harness.patience import PATIENCE


@pytest.fixture(scope="module")
def own_server(
    tmp_path_factory: pytest.TempPathFactory, authority: Authority
) -> Iterator[tuple[Server, Function]]:
    function = Function()
    options = ["--ca-bundle", str(authority.file), *LOOPBACK, "--event-destination", f"{FUNCTION}={function.url}"]
    options += ["--quota", "UserFederationPerSecond=1000"]
    with Server(*options, log=tmp_path_factory.mktemp("server") / "log") as server:
        yield server, function
    function.server.shutdown()


@pytest.fixture
def cloud(own_server: tuple[Server, Function]) -> Server:
    own_server[0].reset()
    return own_server[0]


@pytest.fixture
def provider(tmp_path: Path, authority: Authority) -> Iterator[LoginProvider]:
    provider = LoginProvider(tmp_path, authority)
    yield provider
    provider.stop()


@pytest.fixture
def pool(cloud: Server, root: Identity, provider: LoginProvider) -> Pool:
    pool = make_pool(cloud, root, pool={"AliasAttributes": ["email", "phone_number"]})
    phone = {"phone_number": "phone", "phone_number_verified": "phone_verified"}
    add_provider(pool, "Login", provider.details(), AttributeMapping=MAPPING | phone)
    return relying(pool, "COGNITO", "Login")


def access_token(pool: Pool, provider: LoginProvider, **claims: Any) -> str:
    browser = FormBrowser(pool)
    browser.open(provider.sign_in(leave(browser, scope="openid aws.cognito.signin.user.admin"), **claims))
    answer = pool.token(
        grant_type="authorization_code", code=browser.code, redirect_uri=CALLBACK, client_id=pool.client_id
    )
    return str(answer.json()["access_token"])


# Whether an address is verified


def test_what_is_verified_is_the_address_that_the_provider_tells(pool: Pool, provider: LoginProvider) -> None:
    """Users change their addresses in the pool: nothing that a provider says is about those."""
    own = {"email": "a@example.com", "phone": "+12025550101"}
    said = {"email_verified": True, "phone_verified": True}
    access = access_token(pool, provider, sub="a", **own, **said)
    told = attributes_of(pool, "Login_a")
    assert (told["email_verified"], told["phone_number_verified"]) == ("true", "true")
    app = pool.server.root.client("cognito-idp", signature_version=UNSIGNED)
    victims = [{"Name": "email", "Value": "victim@example.com"}, {"Name": "phone_number", "Value": "+12025550199"}]
    app.update_user_attributes(AccessToken=access, UserAttributes=victims)

    def still() -> bool:
        told = attributes_of(pool, "Login_a")
        assert (told["email"], told["phone_number"]) == ("victim@example.com", "+12025550199")
        return (told["email_verified"], told["phone_number_verified"]) == ("false", "false")

    assert still()
    full = pool.client_id
    # The provider does not tell the addresses this time.
    assert sign_in(pool, provider, sub="a", **said)["code"] and still()
    # The app client may not write them: they stay as they are, and the sign-in goes on, as AWS's guide says.
    relying(pool, "Login", WriteAttributes=["name"])
    assert sign_in(pool, provider, sub="a", **own, **said)["code"] and still()
    # Nor does what is said of a new address take away what was proved of the old.
    pool.idp.admin_update_user_attributes(
        UserPoolId=pool.id, Username="Login_a", UserAttributes=[{"Name": "email_verified", "Value": "true"}]
    )
    assert sign_in(pool, provider, sub="a", email="new@example.com", email_verified=False)["code"]
    assert attributes_of(pool, "Login_a")["email_verified"] == "true"
    # With its address it counts.
    pool.client_id = full
    assert sign_in(pool, provider, sub="a", **own, **said)["code"]
    told = attributes_of(pool, "Login_a")
    assert (told["email"], told["email_verified"], told["phone_number_verified"]) == ("a@example.com", "true", "true")


def test_an_address_and_its_proof_come_from_one_place(pool: Pool, provider: LoginProvider) -> None:
    """The ID token tells the address; userInfo, which may be cached or another system's, is about one of its own."""
    for number, (claims, user_info, verified) in enumerate((
        ({"email": "victim@example.com"}, {"email": "own@example.com", "email_verified": True}, "false"),
        ({"email_verified": True}, {"email": "victim@example.com"}, "false"),
        ({"email": "victim@example.com", "email_verified": False}, {"email_verified": True}, "false"),
        ({"email": "own@example.com"}, {"email": "own@example.com", "email_verified": True}, "true"),
        ({}, {"email": "other@example.com", "email_verified": True}, "true"),
    )):  # fmt: skip
        assert "code" in sign_in(pool, provider, sub=f"p{number}", user_info=user_info, **claims)
        told = attributes_of(pool, f"Login_p{number}")
        assert told["email_verified"] == verified, (number, told)


# Who somebody is


def link(pool: Pool, claim: str, value: str, username: str = "carlos") -> None:
    pool.idp.admin_link_provider_for_user(
        UserPoolId=pool.id, DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": username},
        SourceUser={"ProviderName": "Login", "ProviderAttributeName": claim, "ProviderAttributeValue": value},
    )  # fmt: skip


def test_numbers_are_not_rounded(pool: Pool, provider: LoginProvider) -> None:
    pool.user("carlos")
    pool.user("dora")
    link(pool, "employee", "9007199254740992")
    link(pool, "employee", "9007199254740993", "dora")
    link(pool, "employee", "18446744073709551616")
    for number, name in (
        (9007199254740992, "carlos"), (9007199254740993, "dora"), (9007199254740994, "Login_x"), (7, "Login_x"),
        # No number of 64 bits has it: it proves nothing.
        (18446744073709551617, "Login_x"), (18446744073709551616, "Login_x"),
    ):  # fmt: skip
        told = tokens(pool, sign_in(pool, provider, sub="x", employee=number))
        assert told["cognito:username"] == name, number


def test_links_are_found_among_however_many_claims(pool: Pool, provider: LoginProvider) -> None:
    many = {f"a{number:03}": "v" for number in range(150)}
    pool.user("carlos")
    link(pool, "zid", "77")
    # Too long to stand in a key of the table.
    link(pool, "zlong", "x" * 500)
    for claims in ({"zid": "77"}, {"zlong": "x" * 500}):
        told = tokens(pool, sign_in(pool, provider, sub="y", **many, **claims))
        assert told["cognito:username"] == "carlos", claims
    pool.idp.admin_disable_user(UserPoolId=pool.id, Username="carlos")
    assert sign_in(pool, provider, sub="y", zid="77", **many)["error_description"] == "User is disabled."
    # A claim without a name is not the subject.
    link(pool, "Cognito_Subject", "one")
    told = tokens(pool, sign_in(pool, provider, sub="z", **{"": "one"}))
    assert told["cognito:username"] == "Login_z"


def test_first_sign_ins_at_once(
    pool: Pool, provider: LoginProvider, own_server: tuple[Server, Function]
) -> None:
    """All are on the way to making the user when the first has done it."""
    function = own_server[1]
    together = threading.Barrier(8)

    def wait(event: Any) -> Any:
        # Who is too late for the others is none of those at once.
        with contextlib.suppress(threading.BrokenBarrierError):
            together.wait(3)
        return event

    function.behaviour = wait
    pool.idp.update_user_pool(UserPoolId=pool.id, LambdaConfig={"PreSignUp": FUNCTION})
    for number in range(10):
        together.reset()
        browsers = [FormBrowser(pool) for _ in range(8)]
        backs = [provider.sign_in(leave(browser), sub=f"racer-{number}") for browser in browsers]
        threads = [
            threading.Thread(target=browser.open, args=(back,)) for browser, back in zip(browsers, backs, strict=True)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len({tokens(pool, browser.returned)["sub"] for browser in browsers}) == 1


# Addresses


def test_hosts_that_somebody_has_made_up(pool: Pool, provider: LoginProvider) -> None:
    """A provider is told to answer at addresses of the domain alone."""
    address = pool.address(identity_provider="Login")
    for host in ("evil.example", "127.0.0.1.evil.example", "10.0.0.1", "localhost@evil.example", "evil.example:80", "[::2]"):
        answer = requests.get(address, headers={"Host": host}, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code == 400 and "not the address of the user pool" in answer.text, (host, answer.text)
    path = address.removeprefix(pool.base)
    port = pool.server.port
    for host, base in (
        (f"localhost:{port}", "/_cognito/myapp"), ("localhost", "/_cognito/myapp"), (f"myapp.auth.localhost:{port}", ""),
        (f"myapp.auth.us-east-1.localhost:{port}", ""), ("myapp.auth.us-east-1.amazoncognito.com", ""),
    ):  # fmt: skip
        answer = requests.get(
            f"{pool.server.url}{base}{path}", headers={"Host": host}, allow_redirects=False, timeout=30
        )
        told = parse_qs(urlsplit(answer.headers["Location"]).query)["redirect_uri"]
        assert told == [f"http://{host}{base}/oauth2/idpresponse"]


def test_states_at_another_address_of_the_domain(pool: Pool, provider: LoginProvider) -> None:
    browser = FormBrowser(pool)
    back = provider.sign_in(leave(browser), sub="a")
    moved = back.replace(pool.base, pool.server.url)
    hosts = {"Host": f"myapp.auth.localhost:{pool.server.port}"}
    # With the cookie, too, which no browser sends there.
    cookies = {cookie.name: str(cookie.value) for cookie in browser.session.cookies}
    assert cookies
    answer = requests.get(moved, headers=hosts, cookies=cookies, allow_redirects=False, timeout=PATIENCE)
    assert answer.status_code == 400 and "Invalid state" in answer.text
    assert not provider.forms
    # Where it belongs it is good, still.
    assert browser.open(back).code


def test_nobody_learns_what_listens_in_this_machines_network(pool: Pool, provider: LoginProvider) -> None:
    listener = pool.server.port
    seen = set()
    for place in (f"https://127.0.0.1:{listener}/token", "https://127.0.0.1:1/token", "https://nowhere.invalid/token"):
        ends = {
            "token_url": place, "authorize_url": f"{provider.url}/authorization", "jwks_uri": f"{provider.url}/keys",
            "attributes_url": f"{provider.url}/userinfo",
        }  # fmt: skip
        pool.idp.update_identity_provider(
            UserPoolId=pool.id, ProviderName="Login", ProviderDetails=provider.details() | ends
        )
        seen.add(sign_in(pool, provider, sub="a")["error_description"])
    assert seen == {"Login Error - it could not be reached"}


# Secrets


def test_nothing_secret_is_kept(pool: Pool, provider: LoginProvider, trail: Trail) -> None:
    issued: list[str] = []
    honest = provider.token

    def token(**claims: Any) -> str:
        issued.append(honest(**claims))
        return issued[-1]

    provider.token = token  # type: ignore[method-assign, assignment]
    browser = FormBrowser(pool)
    location = leave(browser)
    back = provider.sign_in(location, sub="a", email="somebody@example.com")
    browser.open(back)
    state, code = parse_qs(urlsplit(location).query)["state"][0], parse_qs(urlsplit(back).query)["code"][0]
    answer = pool.token(
        grant_type="authorization_code", code=browser.code, redirect_uri=CALLBACK, client_id=pool.client_id
    ).json()
    secrets = [
        state, code, browser.code, *issued, *provider.told, provider.forms[0]["code_verifier"], provider.SECRET,
        answer["access_token"], answer["id_token"], answer["refresh_token"],
    ]  # fmt: skip
    # What a provider says is wrong may be anything.
    provider.failure = (400, {"error": "invalid_grant", "error_description": f"I know no {code}"})
    assert code in sign_in(pool, provider, sub="a")["error_description"]
    trail.named("OAuth2Response_GET", errorCode="invalid_grant")
    trail.named("Token_POST")
    text = json.dumps(trail.all())
    assert "OAuth2Response_GET" in text and "OAuth2_Authorize_GET" in text
    assert pool.server.log
    text += pool.server.log.read_text()
    for secret in secrets:
        assert len(secret) > 10 and secret not in text, secret
