"""Signing in to a user pool by an OpenID Connect or OAuth 2.0 provider."""

from __future__ import annotations

from typing import Any

from .hosted import CALLBACK, FormBrowser, Pool
from .login_provider import LoginProvider

MAPPING = {"email": "email", "email_verified": "email_verified", "name": "name"}


def add_provider(pool: Pool, name: str, details: dict[str, str], kind: str = "OIDC", **settings: Any) -> None:
    pool.idp.create_identity_provider(
        **({
            "UserPoolId": pool.id, "ProviderName": name, "ProviderType": kind, "ProviderDetails": details,
            "AttributeMapping": MAPPING,
        } | settings)
    )  # fmt: skip


def relying(pool: Pool, *names: str, **settings: Any) -> Pool:
    """The pool with an app client for users of these providers."""
    pool.client_id = pool.client(SupportedIdentityProviders=list(names), **settings)["ClientId"]
    return pool


def leave(browser: FormBrowser, **parameters: str | None) -> str:
    """Where the browser is sent by a pool whose application asks for a provider."""
    browser.open(browser.pool.address(**({"identity_provider": "Login"} | parameters)))
    assert browser.answer.status_code == 302, browser.answer.text
    return browser.answer.headers["Location"]


def sign_in(pool: Pool, provider: LoginProvider, **claims: Any) -> dict[str, str]:
    """What the application is told in the end."""
    browser = FormBrowser(pool)
    return browser.open(provider.sign_in(leave(browser), **claims)).returned


def tokens(pool: Pool, returned: dict[str, str]) -> dict[str, Any]:
    answer = pool.token(
        grant_type="authorization_code", code=returned["code"], redirect_uri=CALLBACK, client_id=pool.client_id
    )
    assert answer.status_code == 200, answer.text
    return pool.claims(answer.json()["id_token"])


def attributes_of(pool: Pool, username: str) -> dict[str, str]:
    user = pool.idp.admin_get_user(UserPoolId=pool.id, Username=username)
    return {item["Name"]: item["Value"] for item in user["UserAttributes"]} | {"status": user["UserStatus"]}
