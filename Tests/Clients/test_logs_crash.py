"""kill -9 while clients put log events: what was acknowledged is there after the restart, once, and in its order."""

import itertools
import threading
from collections.abc import Callable

import botocore.exceptions
import pytest

from harness import Server, error_of

CLIENTS = 3
ENOUGH = 20


@pytest.mark.slow
def test_no_acknowledged_event_is_lost(durable: Callable[..., Server]) -> None:
    server = durable().start()
    logs = server.root.client("logs")
    logs.create_log_group(logGroupName="app")
    now = int(logs.describe_log_groups()["logGroups"][0]["creationTime"])
    acknowledged: list[list[str]] = [[] for _ in range(CLIENTS)]
    doubtful: list[list[str]] = [[] for _ in range(CLIENTS)]
    enough = threading.Semaphore(0)

    def write(client: int) -> None:
        own = server.root.client("logs", retries={"max_attempts": 0})
        for number in itertools.count():
            batch = [f"{client}-{number:06}-{part}" for part in range(5)]
            events = [{"timestamp": now + number, "message": message} for message in batch]
            try:
                own.put_log_events(logGroupName="app", logStreamName=f"s{client}", logEvents=events)
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError):
                doubtful[client] = batch
                return
            acknowledged[client] += batch
            if number == ENOUGH:
                enough.release()

    for client in range(CLIENTS):
        logs.create_log_stream(logGroupName="app", logStreamName=f"s{client}")
    threads = [threading.Thread(target=write, args=(client,)) for client in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for _ in threads:
        enough.acquire()
    server.kill()
    for thread in threads:
        thread.join()
    server.start()
    logs = server.root.client("logs")
    for client in range(CLIENTS):
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="app", logStreamNames=[f"s{client}"])
        found = [event["message"] for page in pages for event in page["events"]]
        # A batch that was not answered is there whole or not at all.
        assert found in (acknowledged[client], acknowledged[client] + doubtful[client])
    assert error_of(logs.create_log_stream, logGroupName="app", logStreamName="s0").code == (
        "ResourceAlreadyExistsException")  # fmt: skip
