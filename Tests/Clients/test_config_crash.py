"""kill -9 while AWS Config records: every change that was acknowledged is one item, in order, with its own time.

GATEHOUSE_CRASH_ROUNDS (default 4) says how often the server is killed; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable

import botocore.exceptions

from harness import Server
from harness.configuration import Recording, until
from harness.patience import PATIENCE

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "4"))


class Tagger(threading.Thread):
    """Gives a bucket one tag after the other, each another one, and keeps those that were acknowledged."""

    def __init__(self, server: Server, first: int):
        super().__init__(daemon=True)
        self.s3 = server.root.client("s3", retries={"total_max_attempts": 1})
        self.next, self.acknowledged = first, []
        self.refused: botocore.exceptions.ClientError | None = None

    def run(self) -> None:
        while True:
            tags = {"TagSet": [{"Key": "n", "Value": str(self.next)}]}
            self.next += 1
            try:
                self.s3.put_bucket_tagging(Bucket="shop", Tagging=tags)
            except botocore.exceptions.ClientError as error:
                # A server that is killed says nothing: this one has refused.
                self.refused = error
                return
            except (botocore.exceptions.BotoCoreError, OSError):
                return
            self.acknowledged.append(tags["TagSet"][0]["Value"])


def test_every_change_once(lasting: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = lasting().start()
    Recording(server.root)
    server.root.client("s3").create_bucket(Bucket="shop")
    acknowledged: list[str] = []
    number = 0
    for _ in range(ROUNDS):
        tagger = Tagger(server, number)
        tagger.start()
        # Until something has happened, and then some more of it.
        until(lambda tagger=tagger: tagger.acknowledged or not tagger.is_alive())
        time.sleep(dice.uniform(0, 0.5))
        server.kill()
        tagger.join(PATIENCE)
        assert tagger.refused is None, tagger.refused
        acknowledged += tagger.acknowledged
        number = tagger.next
        server.start()
    assert acknowledged, "otherwise there is nothing to lose"
    api = server.root.client("config")
    found: list[str] = []

    def complete() -> bool:
        pages = api.get_paginator("get_resource_config_history").paginate(
            resourceType="AWS::S3::Bucket", resourceId="shop", chronologicalOrder="Forward")
        try:
            items = [item for page in pages for item in page["configurationItems"]]
        except api.exceptions.ResourceNotDiscoveredException:
            # The recorder has not come to it yet.
            return False
        times = [item["configurationItemCaptureTime"] for item in items]
        assert times == sorted(times)
        found[:] = [item["tags"]["n"] for item in items if item["tags"]]
        return not set(acknowledged) - set(found)

    until(complete)
    assert len(found) == len(set(found)), "no change was recorded twice"
    assert found == sorted(found, key=int), "and all in their order"
