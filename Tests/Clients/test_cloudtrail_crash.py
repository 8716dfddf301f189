"""kill -9 at random moments while a trail delivers: every event that was acknowledged is in one file, once.

GATEHOUSE_CRASH_SECONDS (default 12) bounds it; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import collections
import json
import os
import random
import threading
import time
from collections.abc import Callable

import botocore.exceptions

from harness import Server
from harness.patience import PATIENCE
from harness.server import gatehouse
from harness.trails import Delivered, make_bucket, validate

SECONDS = float(os.environ.get("GATEHOUSE_CRASH_SECONDS", "12"))
CLIENTS = 3


class Caller(threading.Thread):
    """Changes something again and again, and keeps the ids of the requests that were answered."""

    def __init__(self, server: Server, answered: list[str]):
        super().__init__(daemon=True)
        self.iam = server.root.client("iam", retries={"total_max_attempts": 1})
        self.answered, self.stopping = answered, threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                answer = self.iam.tag_user(UserName="alice", Tags=[{"Key": "n", "Value": str(len(self.answered))}])
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, OSError):
                return
            self.answered.append(answer["ResponseMetadata"]["RequestId"])


def test_every_event_once(durable: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = durable("--trail-delivery", "1").start()
    root = server.root
    root.iam.create_user(UserName="alice")
    make_bucket(root, "logs")
    root.cloudtrail.create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True)
    root.cloudtrail.start_logging(Name="main")
    answered: list[str] = []
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        callers = [Caller(server, answered) for _ in range(CLIENTS)]
        for caller in callers:
            caller.start()
        # A delivery a second: so each life has one, sooner or later within it.
        time.sleep(dice.uniform(0.4, 1.6))
        server.kill()
        for caller in callers:
            caller.stopping.set()
            caller.join()
        server.start()
        rounds += 1
    root = server.root
    last = root.iam.create_user(UserName="last")
    logs = Delivered(root, "logs")
    logs.wait_for_request(last)
    counts = collections.Counter(record["eventID"] for record in logs.records())
    assert max(counts.values()) == 1
    delivered = {record.get("requestID") for record in logs.records()}
    assert rounds > 2 and len(answered) > 100
    assert not set(answered) - delivered

    # And the trail is whole.
    root.cloudtrail.stop_logging(Name="main")
    deadline = time.monotonic() + PATIENCE
    while not logs.digests():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    (digest,) = logs.digests()
    assert {file["s3Object"] for file in json.loads(logs.read(digest))["logFiles"]} == set(logs.keys())
    code, text = validate(root)
    assert code == 0 and "1/1 digest files valid" in text, text
    server.stop()
    done = gatehouse("verify", "--data", str(server.data), within=120)
    assert done.returncode == 0, done.stdout + done.stderr
