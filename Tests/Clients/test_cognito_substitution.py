"""Every token, code and session is of use in its own place alone: not for another use, another client or another pool."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import botocore
import botocore.session
import jwt
import pytest
import requests
from botocore import UNSIGNED
from botocore.exceptions import ClientError
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from walk import samples_of

from harness import AwsError, Identity, Server, error_of
from harness.hosted import CALLBACK, PASSWORD, FormBrowser, Pool, make_pool
from harness.identity_pools import anybody
from harness.patience import PATIENCE

FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_USER_AUTH"]
SCOPES = ["openid", "email", "aws.cognito.signin.user.admin"]


@dataclass
class Issued:
    """What an application and a browser have after a sign-in, by what each is."""

    pool: Pool
    secrets: dict[str, str]


def application(pool: Pool) -> Issued:
    code = FormBrowser(pool).sign_in(scope=" ".join(SCOPES)).code
    tokens = pool.token(
        grant_type="authorization_code", client_id=pool.client_id, code=code, redirect_uri=CALLBACK
    ).json()
    # A code that nobody has shown yet, and the session that it came from.
    browser = FormBrowser(pool).sign_in(scope=" ".join(SCOPES))
    app = pool.server.root.client("cognito-idp", signature_version=UNSIGNED)
    session = app.initiate_auth(ClientId=pool.client_id, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "ann"})["Session"]
    secrets = {name: tokens[f"{name}_token"] for name in ("id", "access", "refresh")}
    secrets |= {"code": browser.code, "cookie": browser.session.cookies["cognito"], "session": session}
    return Issued(pool, secrets)


def new_pool(cloud: Server, root: Identity, prefix: str) -> Pool:
    pool = make_pool(cloud, root, prefix, client={"AllowedOAuthScopes": SCOPES, "ExplicitAuthFlows": FLOWS})
    pool.user(email="ann@example.com", email_verified="true")
    return pool


class Doors:
    """Where each is shown, at one client of one pool: all say whether they let in what they were shown."""

    def __init__(self, pool: Pool, identity_pool: str):
        self.pool, self.identity_pool = pool, identity_pool
        self.app = pool.server.root.client("cognito-idp", signature_version=UNSIGNED, parameter_validation=False)

    def is_let_in(self, call: Callable[..., Any], **parameters: Any) -> bool:
        try:
            call(**parameters)
        except ClientError as error:
            found = AwsError.of(error)
            assert found.code in ("NotAuthorizedException", "InvalidParameterException"), found
            assert found.status == 400
            return False
        return True

    def get_user(self, secret: str) -> bool:
        return self.is_let_in(self.app.get_user, AccessToken=secret)

    def user_info(self, secret: str) -> bool:
        header = {"Authorization": f"Bearer {secret}"}
        answer = requests.get(f"{self.pool.base}/oauth2/userInfo", headers=header, timeout=PATIENCE)
        assert answer.status_code in (200, 401)
        return answer.status_code == 200

    def from_endpoint(self, **fields: str) -> bool:
        answer = self.pool.token(client_id=self.pool.client_id, **fields)
        assert answer.status_code == 200 or (answer.status_code, answer.json()) == (400, {"error": "invalid_grant"})
        return answer.status_code == 200

    def refreshing(self, secret: str) -> bool:
        return self.from_endpoint(grant_type="refresh_token", refresh_token=secret)

    def exchanging(self, secret: str) -> bool:
        return self.from_endpoint(grant_type="authorization_code", code=secret, redirect_uri=CALLBACK)

    def refreshing_by_flow(self, secret: str) -> bool:
        return self.is_let_in(
            self.app.initiate_auth, ClientId=self.pool.client_id, AuthFlow="REFRESH_TOKEN_AUTH",
            AuthParameters={"REFRESH_TOKEN": secret},
        )  # fmt: skip

    def refreshing_by_operation(self, secret: str) -> bool:
        return self.is_let_in(
            self.app.get_tokens_from_refresh_token, ClientId=self.pool.client_id, RefreshToken=secret
        )

    def answering(self, secret: str) -> bool:
        return self.is_let_in(
            self.app.respond_to_auth_challenge, ClientId=self.pool.client_id, ChallengeName="SELECT_CHALLENGE",
            Session=secret, ChallengeResponses={"USERNAME": "ann", "ANSWER": "PASSWORD", "PASSWORD": PASSWORD},
        )  # fmt: skip

    def browsing(self, secret: str) -> bool:
        cookie = {"Cookie": f"cognito={secret}"}
        answer = requests.get(self.pool.address(), headers=cookie, allow_redirects=False, timeout=PATIENCE)
        assert answer.status_code == 302
        return answer.headers["Location"].startswith(CALLBACK)

    def getting_an_identity(self, secret: str) -> bool:
        provider = f"cognito-idp.us-east-1.amazonaws.com/{self.pool.id}"
        return self.is_let_in(
            anybody(self.pool.server).get_id, IdentityPoolId=self.identity_pool, Logins={provider: secret}
        )

    #: What each is for. Which comes last uses up what it is shown.
    RIGHT = {
        "get_user": "access", "user_info": "access", "refreshing": "refresh", "refreshing_by_flow": "refresh",
        "refreshing_by_operation": "refresh", "answering": "session", "browsing": "cookie", "getting_an_identity": "id",
        "exchanging": "code",
    }  # fmt: skip
    #: Those that know what they are shown by itself, whatever pool or client somebody else says.
    OF_NO_POOL = ("get_user",)
    OF_NO_CLIENT = ("get_user", "user_info", "browsing")


def test_each_in_its_place(cloud: Server, root: Identity) -> None:
    pool, other = (new_pool(cloud, root, name) for name in ("myapp", "other"))
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    identity_pool = root.client("cognito-identity").create_identity_pool(
        IdentityPoolName="people", AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": pool.client_id}],
    )["IdentityPoolId"]  # fmt: skip
    doors = Doors(pool, identity_pool)
    own, foreign = application(pool), application(other)
    first = pool.client_id
    pool.client_id = pool.client(ClientName="sibling", AllowedOAuthScopes=SCOPES, ExplicitAuthFlows=FLOWS)["ClientId"]
    siblings = application(pool)
    pool.client_id = first
    for door, right in Doors.RIGHT.items():
        shown = getattr(doors, door)
        for name, secret in own.secrets.items():
            if name != right:
                assert not shown(secret), f"{door} lets in: {name}"
        for name, secret in foreign.secrets.items():
            if door not in Doors.OF_NO_POOL or name != right:
                assert not shown(secret), f"{door} lets in: {name} of another pool"
        for name, secret in siblings.secrets.items():
            if door not in Doors.OF_NO_CLIENT or name != right:
                assert not shown(secret), f"{door} lets in: {name} of another client"
        for nothing in (PASSWORD, pool.id, pool.client_id, "ann"):
            assert not shown(nothing), door
    # Each is good for what it is for, still.
    for door, right in Doors.RIGHT.items():
        assert getattr(doors, door)(own.secrets[right]), door


def forged(token: str, key: Any, algorithm: str, **header: Any) -> str:
    """The same claims, with a signature of somebody else's."""
    claims = jwt.decode(token, options={"verify_signature": False})
    return jwt.encode(claims, key, algorithm, headers={"kid": jwt.get_unverified_header(token)["kid"]} | header)


def test_signatures_of_others(cloud: Server, root: Identity) -> None:
    """What a token says of the key that it was signed by counts for nothing."""
    pool, other = (new_pool(cloud, root, name) for name in ("myapp", "other"))
    provider = f"cognito-idp.us-east-1.amazonaws.com/{pool.id}"
    identity_pool = root.client("cognito-identity").create_identity_pool(
        IdentityPoolName="people", AllowUnauthenticatedIdentities=False,
        CognitoIdentityProviders=[{"ProviderName": provider, "ClientId": pool.client_id}],
    )["IdentityPoolId"]  # fmt: skip
    doors = Doors(pool, identity_pool)
    own = application(pool).secrets
    published = requests.get(f"{pool.issuer}/.well-known/jwks.json", timeout=PATIENCE).json()["keys"]
    mine = rsa.generate_private_key(65537, 2048)
    my_jwk = json.loads(RSAAlgorithm.to_jwk(mine.public_key())) | {"kid": "mine", "use": "sig", "alg": "RS256"}
    foreign_kid = jwt.get_unverified_header(application(other).secrets["access"])["kid"]
    for name, shown in (("access", doors.get_user), ("access", doors.user_info), ("id", doors.getting_an_identity)):
        token = own[name]
        kid = jwt.get_unverified_header(token)["kid"]
        published_key = next(key for key in published if key["kid"] == kid)
        # The key that all know, as the secret of a symmetric signature.
        pem = jwt.PyJWK(published_key).key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        symmetric = [pem, pem.strip(), json.dumps(published_key).encode(), published_key["n"].encode(), b"", b"\0"]
        tokens = [hmac_token(token, secret) for secret in symmetric]
        tokens += [
            forged(token, mine, "RS256"), forged(token, mine, "PS256"), forged(token, mine, "RS512"),
            forged(token, mine, "RS256", jwk=my_jwk), forged(token, mine, "RS256", kid="mine", jwk=my_jwk),
            forged(token, mine, "RS256", kid=foreign_kid), forged(token, mine, "RS256", kid="../../etc/passwd"),
            forged(token, mine, "RS256", jku=f"{cloud.url}/{other.id}/.well-known/jwks.json"),
            forged(token, mine, "RS256", crit=["exp"]), forged(token, "", "none"),
        ]  # fmt: skip
        for number, one in enumerate(tokens):
            assert not shown(one), (name, number)
        assert shown(token)


def hmac_token(token: str, secret: bytes) -> str:
    """PyJWT refuses to sign so: by hand."""
    head = json.dumps({"alg": "HS256", "kid": jwt.get_unverified_header(token)["kid"]}).encode()
    text = base64.urlsafe_b64encode(head).rstrip(b"=").decode() + "." + token.split(".")[1]
    signature = hmac.new(secret, text.encode(), hashlib.sha256).digest()
    return text + "." + base64.urlsafe_b64encode(signature).rstrip(b"=").decode()


def with_access_tokens() -> list[str]:
    model = botocore.session.get_session().get_service_model("cognito-idp")
    names = [name for name in model.operation_names if (shape := model.operation_model(name).input_shape) and "AccessToken" in shape.members]
    assert len(names) > 20
    return names


#: Which operations users themselves make.
WITH_ACCESS_TOKENS = with_access_tokens()


@pytest.fixture(scope="module")
def weak(worker_server: Server) -> tuple[Any, dict[str, str]]:
    """A client without a signature, and tokens that are none for these operations."""
    worker_server.reset()
    pool = new_pool(worker_server, worker_server.root, "weak")
    tokens = []
    for scope in ("openid", " ".join(SCOPES)):
        code = FormBrowser(pool).sign_in(scope=scope).code
        tokens.append(pool.token(grant_type="authorization_code", client_id=pool.client_id, code=code, redirect_uri=CALLBACK).json())
    app = worker_server.root.client("cognito-idp", signature_version=UNSIGNED, parameter_validation=False)
    return app, {"scope": tokens[0]["access_token"], "id": tokens[1]["id_token"], "refresh": tokens[1]["refresh_token"]}


@pytest.mark.parametrize("operation", WITH_ACCESS_TOKENS)
def test_what_users_do_takes_an_access_token_with_the_scope_for_it(weak: tuple[Any, dict[str, str]], operation: str) -> None:
    app, tokens = weak
    samples = samples_of("cognito-idp")
    model = botocore.session.get_session().get_service_model("cognito-idp").operation_model(operation)
    given = samples.input(model.input_shape, operation)
    call = getattr(app, botocore.xform_name(operation))
    for name, token in tokens.items():
        error = error_of(call, **(given | {"AccessToken": token}))
        assert (error.code, error.status) == ("NotAuthorizedException", 400), (name, error)
        expected = "Access Token does not have required scopes" if name == "scope" else "Invalid Access Token"
        assert error.message == expected, name
