"""Identity pools of Cognito's: what their tests have in common."""

from __future__ import annotations

import base64
import json
from typing import Any

import botocore

from . import Identity, Server, trust

PROVIDER = "cognito-identity.amazonaws.com"


def anybody(cloud: Server) -> Any:
    """The API of identity pools for whoever has no credentials at all."""
    return Identity(cloud.url, "none", "none").client("cognito-identity", signature_version=botocore.UNSIGNED)


def pool_trust(pool: str, kind: str | None, *actions: str, **conditions: str) -> str:
    """A trust policy for the identities of a pool: `kind` is what `amr` must have."""
    condition: dict[str, Any] = {"StringEquals": {f"{PROVIDER}:aud": pool} | {f"{PROVIDER}:{k}": v for k, v in conditions.items()}}
    if kind:
        condition["ForAnyValue:StringLike"] = {f"{PROVIDER}:amr": kind}
    return trust({"Federated": PROVIDER}, ["sts:AssumeRoleWithWebIdentity", *actions], Condition=condition)


def credentials(cloud: Server, answer: dict[str, Any]) -> Identity:
    """Whoever has the credentials of GetCredentialsForIdentity."""
    found = answer["Credentials"]
    return Identity(cloud.url, found["AccessKeyId"], found["SecretKey"], found["SessionToken"])


def claims_of(token: str) -> dict[str, Any]:
    """What a token says, unproved."""
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims
