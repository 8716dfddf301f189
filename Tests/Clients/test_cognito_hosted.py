"""The OAuth 2.0 and OpenID Connect endpoints of a user pool's domain, with authlib as relying party."""

from __future__ import annotations

import secrets

import pytest
import requests

from harness import Identity, Server, Trail
from harness.hosted import CALLBACK, PASSWORD, FormBrowser, Pool, discovery, make_pool, relying_party


@pytest.fixture
def pool(cloud: Server, root: Identity) -> Pool:
    return make_pool(cloud, root)


def test_a_code_with_pkce_and_a_nonce(pool: Pool) -> None:
    sub = pool.user(email="ann@example.com", email_verified="true")
    found = discovery(pool)
    assert found["issuer"] == pool.issuer
    # The endpoints are where any client reaches them.
    for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint"):
        assert found[name].startswith(pool.base), found
    app = relying_party(pool, scope="openid email", code_challenge_method="S256")
    verifier, nonce = secrets.token_urlsafe(48), secrets.token_urlsafe(16)
    address, state = app.create_authorization_url(
        found["authorization_endpoint"], code_verifier=verifier, nonce=nonce
    )
    browser = FormBrowser(pool).open(address)
    assert browser.path.endswith("/login") and browser.heading == "Sign in"
    browser.submit(username="ann", password=PASSWORD)
    assert browser.returned["state"] == state
    tokens = app.fetch_token(
        found["token_endpoint"], authorization_response=browser.answer.headers["Location"], code_verifier=verifier
    )
    assert tokens["token_type"] == "Bearer" and tokens["expires_in"] == 3600
    claims = pool.claims(tokens["id_token"])
    assert claims["sub"] == sub and claims["aud"] == pool.client_id and claims["nonce"] == nonce
    assert claims["token_use"] == "id" and claims["email"] == "ann@example.com"
    access = pool.claims(tokens["access_token"])
    assert access["scope"] == "openid email" and access["client_id"] == pool.client_id and access["sub"] == sub
    answer = app.get(found["userinfo_endpoint"])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told == {"sub": sub, "email": "ann@example.com", "email_verified": "true", "username": "ann"}
