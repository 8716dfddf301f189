"""Reading the tokens of user pools as those who receive them do: by joserfc, and by the rules of aws-jwt-verify."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import KeySet


from .server import Server


def document(cloud: Server, pool: str, name: str) -> Any:
    status, text = cloud.get(f"/{pool}/.well-known/{name}")
    assert status == 200, text
    return json.loads(text)


def header(token: str) -> dict[str, Any]:
    return dict(jws.extract_compact(token.encode()).headers())


def unverified(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))))


def verified(cloud: Server, pool: str, token: str, use: str, client: str, *, now: float | None = None) -> dict[str, Any]:
    """The claims, if the token is what aws-jwt-verify's CognitoJwtVerifier accepts for this use and client."""
    keys = document(cloud, pool, "jwks.json")
    assert header(token).keys() == {"kid", "alg"} and header(token)["alg"] == "RS256"
    assert [key["kid"] for key in keys["keys"]].count(header(token)["kid"]) == 1
    claims = jwt.decode(token, KeySet.import_key_set(keys), algorithms=["RS256"]).claims
    now = now or time.time()
    assert claims["iss"] == f"{cloud.url}/{pool}"
    assert claims["token_use"] == use
    assert claims["aud" if use == "id" else "client_id"] == client
    assert claims["exp"] > now and claims["iat"] <= now + 1, claims
    return dict(claims)


def tampered(token: str, **changes: Any) -> str:
    """The token with other claims, and the signature that it had."""
    head, _, signature = token.split(".")
    claims = json.dumps(unverified(token) | changes).encode()
    return ".".join([head, base64.urlsafe_b64encode(claims).decode().rstrip("="), signature])


__all__ = ["document", "header", "tampered", "unverified", "verified"]
