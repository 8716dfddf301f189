"""Fail closed: for every operation that is built,

- without a signature it is refused,
- a principal without permission gets AccessDenied, and CloudTrail says so,
- a principal with exactly the action on exactly the resource that the denial named is not denied.

The list comes from the server itself (`gatehouse operations`), the inputs from botocore's model and from walk/, which
has a file for each service.
"""

from __future__ import annotations

import functools
import json
import re
import subprocess
from typing import Any

import botocore
import botocore.exceptions
import botocore.session
import pytest

from harness import ACCOUNT, AwsError, Identity, Server, Trail, policy
from harness.server import BINARY, gatehouse
from walk import SERVICES, samples_of

#: SNS has an error of its own for it, which its events call by the model's name.
DENIED = ("AccessDenied", "AccessDeniedException", "AuthorizationError", "AuthorizationErrorException")


def listed() -> list[tuple[str, str]]:
    """What the server says it can do: services by their actions' prefixes, and operations."""
    answer = json.loads(gatehouse("operations", "--format", "json").stdout)
    return sorted((one["service"], one["operation"]) for one in answer)


def collected() -> list[tuple[str, str]]:
    """The same; nothing when the program is not there, so that collecting does not fail. Then the first test does."""
    try:
        return listed() if BINARY.exists() else []
    except (ValueError, OSError, subprocess.SubprocessError):
        return []


OPERATIONS = collected()
LISTED_SERVICES = sorted({service for service, _ in OPERATIONS})


def is_ordinary(service: str, operation: str) -> bool:
    """Whether a permission is what it takes, and all it takes."""
    samples = samples_of(service)
    return samples.typical in (None, operation) and not any(
        operation in exceptions
        for exceptions in (samples.needs_no_permission, samples.needs_no_signature, samples.denied_to_all)
    )


#: An ordinary operation of each service.
ONE_OF_EACH = list({one[0]: one for one in OPERATIONS if is_ordinary(*one)}.values())
FOR_ALL = [one for one in OPERATIONS if one[1] in samples_of(one[0]).needs_no_permission]


def name_of(value: Any) -> str:
    return ":".join(value) if isinstance(value, tuple) else str(value)


def client_of(service: str, operation: str = "") -> str:
    """boto3's name of what has the operation."""
    samples = samples_of(service)
    return samples.clients.get(operation) or samples.client or service


@functools.cache
def model(client: str) -> Any:
    return botocore.session.get_session().get_service_model(client)


def service_model(service: str, operation: str = "") -> Any:
    return model(client_of(service, operation))


def operation_names(service: str) -> list[str]:
    return [*service_model(service).operation_names, *samples_of(service).clients]


def arguments(service: str, operation: str) -> dict[str, Any]:
    return samples_of(service).input(service_model(service, operation).operation_model(operation).input_shape, operation)


def call(identity: Identity, service: str, operation: str, **config: Any) -> AwsError | dict[str, Any]:
    """Makes one request and returns its answer or its error."""
    settings = samples_of(service).config | {"parameter_validation": False} | config
    client = identity.client(client_of(service, operation), **settings)
    method = getattr(client, botocore.xform_name(operation))
    try:
        return dict(method(**arguments(service, operation)))
    except botocore.exceptions.ClientError as error:
        return samples_of(service).plain(AwsError.of(error))


def told(outcome: AwsError | dict[str, Any], trail: Trail, one: tuple[str, str]) -> AwsError | dict[str, Any]:
    """The same; the answer to a HEAD has no body, and what is wrong stands in its event alone."""
    if isinstance(outcome, AwsError) and service_model(*one).operation_model(one[1]).http["method"] == "HEAD":
        samples = samples_of(one[0])
        if one[1] in samples.data_events:
            if outcome.code == "403":
                action, resource = samples.needs[one[1]]
                outcome.code, outcome.message = "AccessDenied", denial(action, resource)
            return outcome
        record = trail.of(outcome, one[1])
        outcome.code, outcome.message = record["errorCode"], record["errorMessage"]
    return outcome


def denial(action: str, resource: str) -> str:
    """What the walker is told that nothing lets do it."""
    return (
        f"User: arn:aws:iam::{ACCOUNT}:user/walker is not authorized to perform: {action} on resource: {resource} because no"
        f" identity-based policy allows the {action} action"
    )


def recorded(
    trail: Trail, outcome: AwsError | dict[str, Any], one: tuple[str, str]
) -> dict[str, Any] | None:
    """The event of a call; None for a data event, which the history doesn't list."""
    if one[1] in samples_of(one[0]).data_events:
        return None
    record = trail.of(outcome, one[1])
    if "errorCode" in record:
        error = samples_of(one[0]).plain(AwsError(record["errorCode"], record.get("errorMessage", "")))
        record["errorCode"], record["errorMessage"] = error.code, error.message
    return record


def is_denial(outcome: AwsError | dict[str, Any]) -> bool:
    return isinstance(outcome, AwsError) and outcome.code in DENIED


def test_every_operation_that_is_built_is_walked() -> None:
    assert OPERATIONS == listed() and len(OPERATIONS) == len(set(OPERATIONS))
    # Counted by another of the program's own lists.
    counts = re.findall(r"^\S.*: (\d+) of \d+ operations$", gatehouse("operations").stdout, re.M)
    assert len(counts) == len(LISTED_SERVICES)
    assert sum(map(int, counts)) == len(OPERATIONS)
    for service, operation in OPERATIONS:
        assert operation in operation_names(service), f"{service}:{operation} is no operation of AWS's"


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_no_sample_is_for_nothing(service: str) -> None:
    assert service in LISTED_SERVICES, f"walk/{service}.py is of a service that is not built"
    for name in operation_names(service):
        arguments(service, name)
    samples = samples_of(service)
    assert not samples.values.keys() - samples.used
    for exceptions in (
        samples.needs_no_permission,
        samples.needs_no_signature,
        samples.open_to_anybody,
        samples.denied_to_all,
        samples.denied_in_the_end,
    ):
        assert not exceptions.keys() - {operation for prefix, operation in OPERATIONS if prefix == service}


@pytest.mark.parametrize("one", OPERATIONS, ids=name_of)
def test_operation(cloud: Server, root: Identity, new_user, one: tuple[str, str]) -> None:
    service, operation = one
    name = name_of(one)
    samples = samples_of(service)
    trail = Trail(root)
    samples.furnish(root)

    # No signature.
    if operation not in samples.needs_no_signature:
        unsigned = call(root, service, operation, signature_version=botocore.UNSIGNED)
        if samples.admits_anonymous:
            # The caller is nobody, whom policies may let in.
            refused = isinstance(unsigned, AwsError) and unsigned.status == 403 and unsigned.code in (*DENIED, "403")
            assert operation in (*samples.needs_no_permission, *samples.open_to_anybody) or refused, unsigned
        elif samples.unsigned_codes:
            assert isinstance(unsigned, AwsError) and unsigned.code in samples.unsigned_codes, unsigned
        elif samples.looks_like_objects:
            # /analyzer/x may be an object of a public bucket; here there is no such bucket. What can't be about one is refused
            # by the service itself.
            assert isinstance(unsigned, AwsError), unsigned
            by_s3 = re.search("<Code>(NoSuchBucket|MalformedXML|MissingSecurityHeader|AccessDenied)</Code>", unsigned.message)
            assert by_s3 or unsigned.code in (*DENIED, "MissingAuthenticationTokenException"), unsigned
        else:
            assert isinstance(unsigned, AwsError), unsigned
            assert unsigned.status in (400, 403), unsigned
            assert unsigned.code in ("MissingAuthenticationToken", "MissingAuthenticationTokenException"), unsigned

    # No permission.
    walker = new_user("walker")
    outcome = told(call(walker, service, operation), trail, one)
    if operation in samples.needs_no_permission or operation in samples.needs_no_signature:
        assert not is_denial(outcome), outcome
        record = recorded(trail, outcome, one)
        assert record is None or record["eventName"] == operation
        return
    assert isinstance(outcome, AwsError) and is_denial(outcome), outcome
    if record := recorded(trail, outcome, one):
        assert record["eventSource"] == (samples.event_source or f"{service}.amazonaws.com")
        assert record["errorCode"] in DENIED
        assert record["errorMessage"] == outcome.message
        assert record["userIdentity"]["userName"] == "walker"
        assert not record.get("responseElements")

    if operation in samples.denied_to_all:
        refused = f"User: arn:aws:iam::{ACCOUNT}:user/walker is not authorized to perform: {name}"
        root.iam.attach_user_policy(UserName="walker", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        for message in (outcome.message, getattr(call(walker, service, operation), "message", None)):
            assert message == refused
        return

    # Exactly what each denial names, no more; some operations ask for several (a role passed on, tags set).
    given: list[dict[str, Any]] = []
    while isinstance(outcome, AwsError) and is_denial(outcome):
        if given and samples.denied_in_the_end.get(operation, "\n") in outcome.message:
            return
        found = re.match(
            rf"User: arn:aws:iam::{ACCOUNT}:user/walker is not authorized to perform: (\S+)"
            r"(?: on resource: (\S+|access key \S+))? because no (?:identity-based policy|role trust policy) allows "
            r"the (\S+) action$",
            outcome.message,
        )
        assert found, outcome.message
        action, resource = found.group(1), samples.resource(found.group(2) or "*")
        assert action == found.group(3)
        statement = {"Effect": "Allow", "Action": action, "Resource": resource}
        assert statement not in given, f"{action} on {resource} was given and still: {outcome.message}"
        given.append(statement)
        root.iam.put_user_policy(UserName="walker", PolicyName="own", PolicyDocument=policy(*given))
        outcome = told(call(walker, service, operation), trail, one)
    assert operation not in samples.denied_in_the_end, outcome
    assert 1 <= len(given) <= samples.most_permissions.get(operation, 4)
    if isinstance(outcome, AwsError):
        assert outcome.status and outcome.status < 500, outcome
    record = recorded(trail, outcome, one)
    assert record is None or record.get("errorCode") not in DENIED


@pytest.mark.parametrize("one", ONE_OF_EACH, ids=name_of)
def test_an_explicit_deny_beats_administrator_access(
    cloud: Server, root: Identity, new_user, one: tuple[str, str]
) -> None:
    service, operation = one
    samples_of(service).furnish(root)
    action = f"{samples_of(service).prefix or service}:{operation}"
    deny = {"Effect": "Deny", "Action": action, "Resource": "*"}
    outcome = told(
        call(new_user("walker", deny, managed="AdministratorAccess"), service, operation), Trail(root), one
    )
    assert isinstance(outcome, AwsError) and is_denial(outcome)
    assert "with an explicit deny in an identity-based policy" in outcome.message


@pytest.mark.parametrize("one", FOR_ALL, ids=name_of)
def test_what_needs_no_permission_cannot_be_denied(
    cloud: Server, root: Identity, new_user, one: tuple[str, str]
) -> None:
    samples_of(one[0]).furnish(root)
    alice = new_user("alice", {"Effect": "Deny", "Action": "*", "Resource": "*"})
    outcome = call(alice, *one)
    assert not isinstance(outcome, AwsError), outcome


@pytest.mark.parametrize("service", LISTED_SERVICES)
def test_what_is_not_built_succeeds_for_nobody(root: Identity, service: str) -> None:
    """Operations of the model that the server does not list: an error of its own, never an empty success."""
    built = {operation for prefix, operation in OPERATIONS if prefix == service}
    samples = samples_of(service)
    for operation in operation_names(service):
        if operation in samples.elsewhere or (samples.only and operation not in samples.only):
            continue
        if operation in built or service_model(service, operation).operation_model(operation).auth_type == "none":
            continue
        if operation in samples_of(service).same_on_the_wire:
            assert samples_of(service).same_on_the_wire[operation] in built
            continue
        # A label of the host's name would be one of an address here.
        outcome = call(root, service, operation, inject_host_prefix=False)
        assert isinstance(outcome, AwsError), operation
        assert outcome.status in (400, 403, 404, 501), (operation, outcome)
        assert outcome.code != "AccessDenied", (operation, outcome)
