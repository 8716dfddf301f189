"""Live tail: events as they come in, those alone that are wanted, and who may see them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"


@pytest.fixture
def logs(root: Identity) -> Any:
    # The endpoint has another name for it, which no address of this machine has.
    client = root.client("logs", inject_host_prefix=False)
    for group in ("app", "other"):
        client.create_log_group(logGroupName=group)
        for stream in ("web", "db"):
            client.create_log_stream(logGroupName=group, logStreamName=stream)
    return client


def put(logs: Any, *messages: str, group: str = "app", stream: str = "web") -> int:
    now = int(logs.describe_log_groups()["logGroups"][0]["creationTime"])
    events = [{"timestamp": now, "message": message} for message in messages]
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
    return now


def updates(events: Iterator[Any]) -> Iterator[dict[str, Any]]:
    for event in events:
        yield from event["sessionUpdate"]["sessionResults"]


def test_events_are_told_as_they_come(logs: Any) -> None:
    tail = logs.start_live_tail(logGroupIdentifiers=[f"{ARN}app"], logEventFilterPattern="?ERROR ?WARN")
    events = iter(tail["responseStream"])
    start = next(events)["sessionStart"]
    assert (start["logGroupIdentifiers"], start["logEventFilterPattern"]) == ([f"{ARN}app"], "?ERROR ?WARN")
    put(logs, "ERROR elsewhere", group="other")
    now = put(logs, "fine", "ERROR one")
    put(logs, "WARN two", stream="db")
    found = updates(events)
    first, second = next(found), next(found)
    assert first.pop("ingestionTime") >= now
    assert first == {"logStreamName": "web", "logGroupIdentifier": f"{ARN}app", "message": "ERROR one", "timestamp": now}
    assert (second["logStreamName"], second["message"]) == ("db", "WARN two")
    tail["responseStream"].close()


def test_of_some_streams(logs: Any) -> None:
    named = logs.start_live_tail(logGroupIdentifiers=[f"{ARN}app"], logStreamNames=["db"])
    prefixed = logs.start_live_tail(logGroupIdentifiers=[f"{ARN}app"], logStreamNamePrefixes=["w"])
    tails = [iter(tail["responseStream"]) for tail in (named, prefixed)]
    for tail in tails:
        assert "sessionStart" in next(tail)
    put(logs, "of web")
    put(logs, "of db", stream="db")
    assert [next(updates(tail))["message"] for tail in tails] == ["of db", "of web"]
    for one in (named, prefixed):
        one["responseStream"].close()


def test_who_watches_does_not_keep_the_server_from_stopping() -> None:
    with Server() as server:
        logs = server.root.client("logs", inject_host_prefix=False)
        logs.create_log_group(logGroupName="app")
        events = iter(logs.start_live_tail(logGroupIdentifiers=[f"{ARN}app"])["responseStream"])
        assert "sessionStart" in next(events)
        server.stop()
        # What was on its way comes, and then the end.
        assert all(event["sessionUpdate"]["sessionResults"] == [] for event in events)


def test_what_is_refused(logs: Any, new_user: Callable[..., Identity]) -> None:
    for given, code in (
        ({"logGroupIdentifiers": [f"{ARN}none"]}, "ResourceNotFoundException"),
        ({"logGroupIdentifiers": [f"{ARN}app"], "logEventFilterPattern": "{"}, "InvalidParameterException"),
        ({"logGroupIdentifiers": [f"{ARN}app", f"{ARN}other"], "logStreamNames": ["web"]}, "InvalidParameterException"),
    ):
        assert error_of(logs.start_live_tail, **given).code == code
    reader = new_user("reader", allow("logs:StartLiveTail", f"{ARN}app:log-stream:")).client(
        "logs", inject_host_prefix=False)
    error = error_of(reader.start_live_tail, logGroupIdentifiers=[f"{ARN}app", f"{ARN}other"])
    assert error.code == "AccessDeniedException" and f"{ARN}other" in error.message
    reader.start_live_tail(logGroupIdentifiers=[f"{ARN}app"])["responseStream"].close()
