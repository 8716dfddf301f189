"""Policy documents, as the JSON text that the API takes."""

from __future__ import annotations

import json
from typing import Any

Statement = dict[str, Any]


def policy(*statements: Statement, version: str = "2012-10-17") -> str:
    return json.dumps({"Version": version, "Statement": list(statements)})


def allow(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Statement:
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action: str | list[str], resource: str | list[str] = "*", **more: Any) -> Statement:
    return {"Effect": "Deny", "Action": action, "Resource": resource} | more


def trust(principal: str | dict[str, Any], action: str | list[str] = "sts:AssumeRole", **more: Any) -> str:
    """A trust policy for one principal: an ARN, an account id, or {"Service": …}."""
    who = principal if isinstance(principal, dict) or principal == "*" else {"AWS": principal}
    return policy({"Effect": "Allow", "Principal": who, "Action": action} | more)
