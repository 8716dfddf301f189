"""kill -9 while clients put log events: what was acknowledged is there after the restart, once, and in its order; and so it is in
the group to which a subscription sends it.
"""

import itertools
import threading
from collections.abc import Callable

import botocore.exceptions
import pytest

from harness import ACCOUNT, Server, error_of, policy
from harness.gate import eventually
from harness.patience import PATIENCE

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
CLIENTS = 3
ENOUGH = 20


@pytest.mark.slow
def test_no_acknowledged_event_is_lost(lasting: Callable[..., Server]) -> None:
    server = lasting().start()
    logs = server.root.client("logs")
    for group in ("app", "copy"):
        logs.create_log_group(logGroupName=group)
    logs.put_resource_policy(policyName="own", policyDocument=policy({
        "Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"}, "Resource": f"{ARN}copy:*",
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"]}))  # fmt: skip
    logs.put_subscription_filter(
        logGroupName="app", filterName="all", filterPattern="", destinationArn=f"{ARN}copy")
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
        assert enough.acquire(timeout=PATIENCE)
    server.kill()
    for thread in threads:
        thread.join()
    server.start()
    logs = server.root.client("logs")

    def read(group: str, stream: str) -> list[str]:
        try:
            pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group, logStreamNames=[stream])
            return [event["message"] for page in pages for event in page["events"]]
        except logs.exceptions.ResourceNotFoundException:
            return []

    for client in range(CLIENTS):
        found = read("app", f"s{client}")
        # What has been kept, the subscription sends on, each event once.
        eventually(lambda: len(read("copy", f"{ACCOUNT}_app/s{client}")) >= len(found))  # noqa: B023
        assert read("copy", f"{ACCOUNT}_app/s{client}") == found
        # A batch that was not answered is there whole or not at all.
        assert found in (acknowledged[client], acknowledged[client] + doubtful[client])
    assert error_of(logs.create_log_stream, logGroupName="app", logStreamName="s0").code == (
        "ResourceAlreadyExistsException")  # fmt: skip
