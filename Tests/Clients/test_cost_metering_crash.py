"""kill -9 at random moments while calls are made and metered: each call that was answered durably is on the bill, once."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from decimal import Decimal

import botocore.exceptions

from harness import Server
from harness.costs import month
from harness.patience import PATIENCE
from harness.server import gatehouse

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "8"))


class Caller(threading.Thread):
    """Changes something again and again: a change is answered only when its event is on disk with it."""

    def __init__(self, server: Server, answered: list[str], doubtful: list[str]):
        super().__init__(daemon=True)
        self.iam = server.root.client("iam", retries={"total_max_attempts": 1})
        self.ce = server.root.client("ce", retries={"total_max_attempts": 1})
        self.answered, self.doubtful, self.stopping = answered, doubtful, threading.Event()

    def run(self) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            try:
                answer = self.iam.tag_user(UserName="alice", Tags=[{"Key": "n", "Value": str(number)}])
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, OSError):
                self.doubtful.append("")
                return
            self.answered.append(answer["ResponseMetadata"]["RequestId"])
            if number % 10 == 0:
                # Has it metered while others call.
                try:
                    count(self.ce)
                except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, OSError):
                    return


def count(ce: object) -> int:
    answer = ce.get_cost_and_usage(  # type: ignore[attr-defined]
        TimePeriod=month(), Granularity="MONTHLY", Metrics=["UsageQuantity"],
        Filter={"Dimensions": {"Key": "OPERATION", "Values": ["TagUser"]}},
    )  # fmt: skip
    return int(sum(Decimal(part["Total"]["UsageQuantity"]["Amount"]) for part in answer["ResultsByTime"]))


def test_no_call_is_lost_or_counted_twice(durable: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = durable().start()
    server.root.iam.create_user(UserName="alice")
    answered: list[str] = []
    doubtful: list[str] = []
    for _ in range(ROUNDS):
        callers = [Caller(server, answered, doubtful) for _ in range(3)]
        for caller in callers:
            caller.start()
        # At a random moment, once there is something to lose, however slow the machine is.
        enough = len(answered) + dice.randrange(7, 60)
        deadline = time.monotonic() + PATIENCE
        while len(answered) < enough and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.3))
        server.kill()
        for caller in callers:
            caller.stopping.set()
            caller.join()
        server.start()
    assert len(answered) > 50
    found = count(server.root.client("ce"))
    # What was not answered may have been done all the same.
    assert len(answered) <= found <= len(answered) + len(doubtful)
    # The event history says exactly.
    events = 0
    for page in server.root.cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "TagUser"}]
    ):
        events += len(page["Events"])
    assert found == events == count(server.root.client("ce"))
    server.stop()
    done = gatehouse("verify", "--data", str(server.data), within=120)
    assert done.returncode == 0, done.stdout + done.stderr
