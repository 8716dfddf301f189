"""Applications as their authors write them: authlib's OpenID Connect client, which keeps the pool's keys, and pycognito's user."""

from __future__ import annotations

import secrets
from typing import Any

import jwt
import pytest
import requests
from authlib.integrations.base_client.sync_app import BaseApp, OAuth2Mixin
from authlib.integrations.base_client.sync_openid import OpenIDMixin
from authlib.integrations.requests_client import OAuth2Session
from joserfc.errors import JoseError
from pycognito import Cognito
from pycognito.exceptions import SoftwareTokenMFAChallengeException, TokenVerificationException

from harness import Identity, Server, error_of, raw
from harness.hosted import CALLBACK, PASSWORD, FormBrowser, Pool, make_pool
from harness.sign_in import FLOWS, totp
from harness.user_pools import PASSWORD as OWN_PASSWORD
from harness.user_pools import UserPool, named
from harness.patience import PATIENCE


class Application(OAuth2Mixin, OpenIDMixin, BaseApp):
    """What authlib's integrations with Flask and others are made of. It reads the discovery document and the keys once."""

    client_cls = OAuth2Session

    def __init__(self, pool: Pool):
        super().__init__(
            None, "pool", client_id=pool.client_id, client_secret=pool.secret,
            server_metadata_url=f"{pool.issuer}/.well-known/openid-configuration",
            client_kwargs={"scope": "openid email", "code_challenge_method": "S256"},
        )  # fmt: skip
        self.pool = pool

    def sign_in(self) -> tuple[dict[str, Any], str]:
        """Tokens, and the nonce that the ID token is to have."""
        asked = self.create_authorization_url(CALLBACK, nonce=secrets.token_urlsafe(16))
        browser = FormBrowser(self.pool).open(asked["url"]).submit(username="ann", password=PASSWORD)
        assert browser.returned["state"] == asked["state"]
        tokens = self.fetch_access_token(CALLBACK, code=browser.code, code_verifier=asked["code_verifier"])
        return tokens, asked["nonce"]


def rotate(pool: Pool) -> None:
    path = f"/_gatehouse/user-pool-keys/rotate?pool={pool.id}"
    answer = raw.send(pool.server.port, raw.signed("POST", path, b"", pool.server.root, service="gatehouse"))
    assert answer.status == 204


def test_authlib_and_keys_that_rotate(cloud: Server, root: Identity) -> None:
    pool = make_pool(cloud, root, secret=True)
    sub = pool.user(email="ann@example.com", email_verified="true")
    app = Application(pool)
    old, old_nonce = app.sign_in()
    claims = app.parse_id_token(old, old_nonce)
    assert (claims["sub"], claims["email"]) == (sub, "ann@example.com") and claims["at_hash"]
    kept = app.fetch_jwk_set()
    rotate(pool)
    new, nonce = app.sign_in()
    kids = [jwt.get_unverified_header(tokens["id_token"])["kid"] for tokens in (old, new)]
    assert kids[1] not in {key["kid"] for key in kept["keys"]}
    # It fetches the keys again for the new one, and knows the old one still.
    assert app.parse_id_token(new, nonce)["sub"] == sub
    assert app.parse_id_token(old, old_nonce)["sub"] == sub
    assert set(kids) <= {key["kid"] for key in app.fetch_jwk_set()["keys"]}
    # A token that was refreshed has no nonce; and one for another request is refused.
    with pytest.raises(JoseError, match="nonce"):
        app.parse_id_token(new, old_nonce)
    assert app.userinfo(token=new)["sub"] == sub
    # An ID token's hash is of the access token beside it.
    with pytest.raises(JoseError, match="at_hash"):
        app.parse_id_token(new | {"access_token": old["access_token"]}, nonce)


def test_authlib_and_another_pool(cloud: Server, root: Identity) -> None:
    """An application takes no token of another pool's, though one server has issued both."""
    pool, other = make_pool(cloud, root), make_pool(cloud, root, "other")
    for one in (pool, other):
        one.user()
    tokens, nonce = Application(other).sign_in()
    with pytest.raises((JoseError, ValueError)):
        Application(pool).parse_id_token(tokens, nonce)


@pytest.fixture
def user_pool(cloud: Server) -> UserPool:
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS, "GenerateSecret": True}, AutoVerifiedAttributes=["email"])
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    return pool


def person(pool: UserPool, **more: Any) -> Cognito:
    return Cognito(
        pool.id, pool.client, client_secret=pool.secret, username="ann", access_key="none", secret_key="none",
        boto3_client_kwargs={"endpoint_url": pool.cloud.url}, **more,
    )  # fmt: skip


def test_pycognito_from_signing_up_to_signing_out(user_pool: UserPool) -> None:
    pool = user_pool
    ann = person(pool)
    ann.set_base_attributes(email="ann@example.com")
    ann.register("ann", OWN_PASSWORD)
    ann.confirm_sign_up(pool.code())
    # It verifies the tokens with the keys that the pool publishes.
    ann.authenticate(OWN_PASSWORD)
    assert ann.id_claims["email"] == "ann@example.com" and ann.access_claims["token_use"] == "access"
    first = ann.access_token
    ann.renew_access_token()
    assert ann.access_token != first
    ann.update_profile({"nickname": "Annie"})
    assert named(pool.user("ann")["UserAttributes"])["nickname"] == "Annie"
    assert ann.get_user().nickname == "Annie"
    ann.change_password(OWN_PASSWORD, "Another-Horse-8")
    secret = ann.associate_software_token()
    assert ann.verify_software_token(totp(secret, -1))
    ann.set_user_mfa_preference(sms_mfa=False, software_token_mfa=True, preferred="SOFTWARE_TOKEN")
    again = person(pool)
    with pytest.raises(SoftwareTokenMFAChallengeException):
        again.authenticate("Another-Horse-8")
    again.respond_to_software_token_mfa_challenge(totp(secret))
    assert again.id_claims["sub"] == ann.id_claims["sub"]
    again.logout()
    assert error_of(ann.get_user).code == "NotAuthorizedException"
    ann.initiate_forgot_password()
    ann.confirm_forgot_password(pool.code(), OWN_PASSWORD)
    with pytest.raises(SoftwareTokenMFAChallengeException):
        person(pool).authenticate(OWN_PASSWORD)


def test_pycognito_verifies(user_pool: UserPool, cloud: Server) -> None:
    """An ID token in the place of an access token, and one of another client or pool."""
    pool = user_pool
    pool.create("ann")
    ann = person(pool)
    ann.authenticate(OWN_PASSWORD)
    other = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS})
    other.create("ann")
    foreign = other.sign_in("ann")["AuthenticationResult"]
    for token, name, use in (
        (ann.id_token, "access_token", "access"), (ann.access_token, "id_token", "id"), (foreign["IdToken"], "id_token", "id"),
    ):  # fmt: skip
        # What it makes of a key that the pool has not published.
        with pytest.raises((TokenVerificationException, IndexError)):
            ann.verify_token(token, name, use)


def test_the_issuer_is_where_the_operator_says() -> None:
    """Verifiers compare it letter by letter with what they were set up with, and fetch the keys from below it."""
    with Server("--public-url", "https://id.example.com") as server:
        pool = UserPool(server)
        pool.create("ann")
        pool.admin.create_user_pool_domain(UserPoolId=pool.id, Domain="myapp")
        here = f"{server.url}/{pool.id}/.well-known/"
        document = requests.get(here + "openid-configuration", timeout=PATIENCE).json()
        issuer = f"https://id.example.com/{pool.id}"
        assert document["issuer"] == issuer and document["jwks_uri"] == f"{issuer}/.well-known/jwks.json"
        for name in ("authorization_endpoint", "token_endpoint", "userinfo_endpoint", "revocation_endpoint", "end_session_endpoint"):
            assert document[name].startswith("https://id.example.com/_cognito/myapp/"), name
        tokens = pool.sign_in("ann")["AuthenticationResult"]
        keys = {key["kid"]: jwt.PyJWK(key) for key in requests.get(here + "jwks.json", timeout=PATIENCE).json()["keys"]}
        for name, audience in (("IdToken", pool.client), ("AccessToken", None)):
            key = keys[jwt.get_unverified_header(tokens[name])["kid"]]
            claims = jwt.decode(tokens[name], key, ["RS256"], audience=audience, issuer=issuer)
            assert claims["token_use"] == name.removesuffix("Token").lower()
