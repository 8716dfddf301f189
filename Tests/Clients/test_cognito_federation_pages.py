"""People who come to a user pool's pages from other providers, in a real browser: with a script and without."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import LOOPBACK, Server
from harness.hosted import Application, Pool
from harness.login_provider import LoginProvider
from harness.openid import Authority
from harness.saml_site import POST, REDIRECT, SAMLSite
from harness.visitor import Somebody


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[LoginProvider]:
    provider = LoginProvider(tmp_path_factory.mktemp("provider"), authority)
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def own_server(authority: Authority) -> Iterator[Server]:
    with Server("--ca-bundle", str(authority.file), *LOOPBACK) as server:
        yield server


@pytest.fixture
def cloud(own_server: Server) -> Server:
    own_server.reset()
    return own_server


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Callable[[Pool, str], SAMLSite]]:
    """site(pool, binding) is a SAML provider that takes the pool's requests in that way."""
    sites: list[SAMLSite] = []

    def make(pool: Pool, binding: str) -> SAMLSite:
        sites.append(SAMLSite(pool, tmp_path, binding))
        return sites[-1]

    yield make
    for site in sites:
        site.close()


def add_oidc(pool: Pool, provider: LoginProvider) -> None:
    pool.idp.create_identity_provider(
        UserPoolId=pool.id, ProviderName="Login", ProviderType="OIDC", ProviderDetails=provider.details(),
        AttributeMapping={"email": "email"},
    )  # fmt: skip


def add_saml(pool: Pool, site: SAMLSite) -> None:
    pool.idp.create_identity_provider(
        UserPoolId=pool.id, ProviderName="Corp", ProviderType="SAML", AttributeMapping={"email": "mail"},
        ProviderDetails={"MetadataFile": site.metadata, "RequestSigningAlgorithm": "rsa-sha256"},
    )  # fmt: skip


def relying(pool: Pool, application: Application, *names: str) -> None:
    """The application's client is for users of these providers."""
    settings = {"SupportedIdentityProviders": list(names), "CallbackURLs": [application.callback]}
    pool.client_id = pool.client(**settings)["ClientId"]


@pytest.mark.parametrize("script", [True, False])
def test_a_choice_of_providers(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], application: Application, provider: LoginProvider,
    site: Callable[[Pool, str], SAMLSite], script: bool,
) -> None:  # fmt: skip
    pool = new_pool()
    corp = site(pool, REDIRECT)
    add_oidc(pool, provider)
    add_saml(pool, corp)
    relying(pool, application, "COGNITO", "Login", "Corp")
    provider.person = {"sub": "person-1", "email": "ann@example.com"}
    ann = somebody(pool, script=script)
    page = ann.go()
    assert ann.heading == "Sign in" and page.get_by_label("Username").is_visible()
    ann.has_no_barrier()
    page.get_by_role("link", name="Continue with Login").click()
    assert ann.heading == "The provider"
    page.get_by_role("link", name="Go on").click()
    first = ann.has_tokens()
    assert (first["cognito:username"], first["email"]) == ("Login_person-1", "ann@example.com")
    # For an hour she is known, and then anybody may sit there.
    ann.go()
    assert ann.has_tokens()["sub"] == first["sub"]
    ann.go("/logout")
    assert ann.heading == "Sign in"
    # A provider whose page sends its answer by a form of its own.
    page.get_by_role("link", name="Continue with Corp").click()
    assert ann.heading == "The provider" and corp.requests[-1].issuer.text == f"urn:amazon:cognito:sp:{pool.id}"
    page.get_by_role("button", name="Go on").click()
    second = ann.has_tokens()
    assert (second["cognito:username"], second["identities"][0]["providerType"]) == ("Corp_ann", "SAML")
    assert second["sub"] != first["sub"]


@pytest.mark.parametrize("script", [True, False])
def test_a_request_that_is_a_form(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], application: Application,
    site: Callable[[Pool, str], SAMLSite], script: bool,
) -> None:  # fmt: skip
    pool = new_pool()
    corp = site(pool, POST)
    add_saml(pool, corp)
    relying(pool, application, "Corp")
    pool.idp.set_ui_customization(
        UserPoolId=pool.id, CSS=".submitButton-customizable { background-color: #123456; }"
    )
    ann = somebody(pool, script=script)
    page = ann.go()
    assert ann.heading == "Continue to Corp" and "Corp" in ann.text
    ann.has_no_barrier()
    if script:
        button = page.get_by_role("button", name="Continue")
        assert button.evaluate("item => getComputedStyle(item).backgroundColor") == "rgb(18, 52, 86)"
    ann.press("Continue")
    assert ann.heading == "The provider" and len(corp.requests) == 1
    ann.press("Go on")
    assert ann.has_tokens()["cognito:username"] == "Corp_ann"


def test_somebody_who_thinks_better_of_it(
    new_pool: Callable[..., Pool], somebody: Callable[..., Somebody], application: Application, provider: LoginProvider
) -> None:
    pool = new_pool()
    add_oidc(pool, provider)
    relying(pool, application, "Login")
    ann = somebody(pool)
    page = ann.go()
    assert ann.heading == "The provider"
    page.get_by_role("link", name="Cancel").click()
    assert ann.heading == "The application"
    assert application.told[-1] == {
        "error": "access_denied", "error_description": "Login Error - access_denied Not today", "state": "of the application",
    }  # fmt: skip
    # Back, and through the same door once more: it was used.
    page.go_back()
    page.get_by_role("link", name="Go on").click()
    assert "Something went wrong" in ann.text and len(application.told) == 1
    ann.has_no_barrier()
    # In another browser, the door is of no use at all.
    page = ann.go()
    link = page.get_by_role("link", name="Go on").get_attribute("href")
    eve = somebody(pool)
    assert link and eve.page.goto(link)
    assert "Invalid state" in eve.text and len(application.told) == 1
    eve.has_no_barrier()
    assert not pool.idp.list_users(UserPoolId=pool.id)["Users"]
