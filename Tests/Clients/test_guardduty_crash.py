"""kill -9 while GuardDuty looks: each call that is in the history is in its finding once, counted once.

GATEHOUSE_CRASH_ROUNDS (default 4) says how often the server is killed; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable

import botocore.exceptions

from harness import Server, allow
from harness.configuration import until
from harness.documents import policy
from harness.guarded import Guarded, told
from harness.identity import Identity
from harness.patience import PATIENCE

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "4"))


class Caller(threading.Thread):
    """The root user, who changes one tag after the other: events of changes are in the history as soon as they are answered."""

    def __init__(self, server: Server):
        super().__init__(daemon=True)
        self.iam = server.root.client("iam", retries={"total_max_attempts": 1})
        self.acknowledged = 0

    def run(self) -> None:
        while True:
            try:
                self.iam.tag_user(UserName="admin", Tags=[{"Key": "n", "Value": str(self.acknowledged)}])
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, OSError):
                return
            self.acknowledged += 1


def test_each_call_counts_once(lasting: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = lasting().start()
    root = server.root
    root.iam.create_user(UserName="admin")
    root.iam.put_user_policy(UserName="admin", PolicyName="all", PolicyDocument=policy(allow("*")))
    key = root.iam.create_access_key(UserName="admin")["AccessKey"]
    guarded = Guarded(Identity.of_key(server.url, key))
    acknowledged = 0
    for _ in range(ROUNDS):
        caller = Caller(server)
        caller.start()
        until(lambda caller=caller: caller.acknowledged or not caller.is_alive())
        time.sleep(dice.uniform(0, 0.6))
        server.kill()
        caller.join(PATIENCE)
        acknowledged += caller.acknowledged
        server.start()
    admin = Identity.of_key(server.url, key)
    guarded.api = admin.client("guardduty")

    def recorded() -> int:
        pages = admin.cloudtrail.get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "TagUser"}])
        return sum(len(page["Events"]) for page in pages)

    def counted() -> int:
        found = [
            one for one in guarded.of_type("Policy:IAMUser/RootCredentialUsage")
            if one["Service"]["Action"]["AwsApiCallAction"]["Api"] == "TagUser"]
        assert len(found) <= 1, "one finding, however often"
        return found[0]["Service"]["Count"] if found else 0

    total = recorded()
    assert total >= acknowledged > 0
    until(lambda: counted() >= total)
    assert counted() == total, "no call was counted twice"
    (finding,) = [
        one for one in guarded.of_type("Policy:IAMUser/RootCredentialUsage")
        if one["Service"]["Action"]["AwsApiCallAction"]["Api"] == "TagUser"]
    assert len(told(finding)["events"]) == min(total, 50)
