"""What the walk over every operation must know of a service: one file each, named as `gatehouse operations` names it.

The walk itself (test_walk_every_operation.py) knows no service. It makes the least input that botocore's model takes;
where a made-up value will not do, the service's file gives another:

    SAMPLES = Samples(furnish=…)
    SAMPLES.members(UserName="x", …)                # wherever a member has this name
    SAMPLES.of("CreateUser", UserName="y", …)       # in one operation alone, also where it is not required

A name that stands there twice is an error, and so is one that no operation of the model asks for.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness import AwsError, Identity

Furnish = Callable[[Identity], None]


def nothing(_: Identity) -> None:
    pass


@dataclass
class Samples:
    #: boto3's name of the service, where that is not the one that its actions begin with.
    client: str | None = None
    #: Operations that another client has, and which.
    clients: dict[str, str] = field(default_factory=dict)
    #: How clients are to be set up for it.
    config: dict[str, Any] = field(default_factory=dict)
    #: What its actions begin with, where that is not the service's name.
    prefix: str | None = None
    #: `eventSource` of its events; None: the actions' prefix and `.amazonaws.com`.
    event_source: str | None = None
    #: Makes what the samples name; called as root of a new account.
    furnish: Furnish = nothing
    #: An operation that has an action of its own name; None: any has.
    typical: str | None = None
    #: Whether requests without a signature are those of anonymous callers, whom policies may let in.
    admits_anonymous: bool = False
    #: Whether its requests, without a signature and at an address that names no service, are those for an object of S3's.
    looks_like_objects: bool = False
    #: What S3 says of a request without a signature that is an object's of its own; empty: see the two above.
    unsigned_codes: set[str] = field(default_factory=set)
    #: Those of the client's model that are this service's; empty: all.
    only: set[str] = field(default_factory=set)
    #: Those of the client's model that are another service's.
    elsewhere: set[str] = field(default_factory=set)
    #: Older names of operations whose requests can't be told from those of another, and the other's name.
    same_on_the_wire: dict[str, str] = field(default_factory=dict)
    #: Operations whose events are data events, which the event history doesn't list.
    data_events: set[str] = field(default_factory=set)
    #: What requests that are answered without a body need, since no event of the history says it: action and resource.
    needs: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: Operations that any valid signature may call, and why AWS lets it.
    needs_no_permission: dict[str, str] = field(default_factory=dict)
    #: Operations that prove who calls by something else than a signature, and by what.
    needs_no_signature: dict[str, str] = field(default_factory=dict)
    #: Operations that anonymous callers may call as well, and what proves that they may.
    open_to_anybody: dict[str, str] = field(default_factory=dict)
    #: Operations that no permission is enough for, and what the denial says of the reason.
    denied_to_all: dict[str, str] = field(default_factory=dict)
    #: Operations that have a further condition when all permissions are there, and what the denial says of it.
    denied_in_the_end: dict[str, str] = field(default_factory=dict)
    #: How many permissions operations need, of those that need more than four.
    most_permissions: dict[str, int] = field(default_factory=dict)
    #: An error without what the service puts around the words that all services have.
    plain: Callable[[AwsError], AwsError] = lambda error: error
    #: From the resource that a denial names to the one that a policy must name.
    resource: Callable[[str], str] = lambda named: named
    #: By "Member" and "Operation.Member".
    values: dict[str, Any] = field(default_factory=dict)
    #: Those of the values that were asked for.
    used: set[str] = field(default_factory=set)

    def members(self, **values: Any) -> None:
        self._add(values)

    def of(self, operation: str, **values: Any) -> None:
        self._add({f"{operation}.{member}": value for member, value in values.items()})

    def _add(self, values: dict[str, Any]) -> None:
        if twice := values.keys() & self.values.keys():
            raise ValueError(f"there twice: {sorted(twice)}")
        self.values |= values

    def input(self, shape: Any, operation: str) -> dict[str, Any]:
        """The least input that an operation's model takes."""
        return self._value(shape, operation, "") if shape else {}

    def _value(self, shape: Any, operation: str, member: str) -> Any:
        for name in (f"{operation}.{member}", member):
            if name in self.values:
                self.used.add(name)
                return self.values[name]
        if shape.type_name == "structure":
            given = [name for name in shape.members if f"{operation}.{name}" in self.values]
            wanted = dict.fromkeys([*shape.required_members, *given])
            return {name: self._value(shape.members[name], operation, name) for name in wanted}
        if shape.type_name == "list":
            count = max(1, int(shape.metadata.get("min", 1)))
            return [self._value(shape.member, operation, member + "[]") for _ in range(count)]
        if shape.type_name == "map":
            return {}
        if shape.type_name == "string":
            return shape.enum[0] if shape.enum else "x" * max(1, int(shape.metadata.get("min", 1)))
        if shape.type_name in ("integer", "long"):
            return int(shape.metadata.get("min", 1))
        if shape.type_name in ("float", "double"):
            return float(shape.metadata.get("min", 1))
        if shape.type_name == "boolean":
            return False
        if shape.type_name == "timestamp":
            return datetime(2024, 1, 1, tzinfo=UTC)
        if shape.type_name == "blob":
            return b"x"
        raise AssertionError(f"no sample for {shape.type_name} at {operation}.{member}")


#: The services that there are samples of, by the prefix of their actions.
SERVICES: dict[str, Samples] = {
    path.stem: importlib.import_module(f"walk.{path.stem}").SAMPLES
    for path in sorted(Path(__file__).parent.glob("*.py"))
    if path.stem != "__init__"
}


def samples_of(service: str) -> Samples:
    """A service without a file of its own has the model's own least inputs."""
    return SERVICES.setdefault(service, Samples())
