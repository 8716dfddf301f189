"""Signing in to user pools: what tests of it have in common."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from typing import Any

from pycognito.aws_srp import AWSSRP, N_HEX

from .identity import error_of
from .mfa import code_at
from .user_pools import PASSWORD, UserPool

FLOWS = [
    "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH",
]  # fmt: skip
N = int(N_HEX, 16)

WRONG = ("NotAuthorizedException", "Incorrect username or password.")
INVALID_SESSION = ("NotAuthorizedException", "Invalid session for the user.")
USED_SESSION = ("NotAuthorizedException", "Invalid session for the user, session can only be used once.")
EXPIRED_SESSION = ("NotAuthorizedException", "Invalid session for the user, session is expired.")
EXCEEDED = ("NotAuthorizedException", "Password attempts exceeded")
HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"


def srp(pool: UserPool, username: str, password: str = PASSWORD, **more: Any) -> AWSSRP:
    return AWSSRP(username, password, pool.id, pool.client, client=pool.app, client_secret=pool.secret, **more)


def answer(pool: UserPool, challenge: str, session: str | None, username: str = "alice", **responses: str) -> Any:
    more = {"Session": session} if session else {}
    return pool.app.respond_to_auth_challenge(
        ClientId=pool.client, ChallengeName=challenge, ChallengeResponses={"USERNAME": username} | responses, **more
    )


def refusal(call: Callable[[], Any]) -> tuple[str, str]:
    error = error_of(call)
    return error.code, error.message


def srp_step(pool: UserPool, username: str, password: str = PASSWORD) -> Any:
    """SRP by hand, up to what follows the password."""
    client = srp(pool, username, password)
    parameters = client.get_auth_params()
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    return pool.app.respond_to_auth_challenge(
        ClientId=pool.client, ChallengeName="PASSWORD_VERIFIER",
        ChallengeResponses=client.process_challenge(step["ChallengeParameters"], parameters),
    )  # fmt: skip


def totp(secret: str, later: int = 0) -> str:
    """What an authenticator app shows, so many steps later. There is time enough before the next."""
    if (left := 30 - time.time() % 30) < 6:
        time.sleep(left)
    return code_at(base64.b32decode(secret + "=" * (-len(secret) % 8)), int(time.time() // 30) + later)
