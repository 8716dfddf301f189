"""A whole answer, as data that can be kept in a file and compared."""

from __future__ import annotations

import json
from typing import Any

import botocore

from .identity import Identity


def ask(identity: Identity, service: str, operation: str, parameters: dict[str, Any]) -> Any:
    """The answer of one call, every page, as JSON; without what is of the one request or the one server alone."""
    client = identity.client(service)
    name = botocore.xform_name(operation)
    if client.can_paginate(name):
        answer = client.get_paginator(name).paginate(**parameters).build_full_result()
    else:
        answer = getattr(client, name)(**parameters)
    answer = {member: value for member, value in answer.items() if member != "ResponseMetadata"}
    return json.loads(json.dumps(answer, default=str).replace(identity.url, "http://gatehouse"))
