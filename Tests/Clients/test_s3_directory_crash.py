"""kill -9 at random moments while clients append to objects of a directory bucket and rename them.

After each restart an object is all that was acknowledged, and perhaps the one piece that was under way, whole; what was renamed
is in one place. At the end the disk holds what the ledger says, and nothing else.

30 rounds, or GATEHOUSE_CRASH_ROUNDS. GATEHOUSE_TEST_SEED repeats a run as far as the machine does the same twice.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from harness import Server
from harness.server import gatehouse

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "30"))
NAME = "box--use1-az4--x-s3"
PLACE = {
    "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
}
#: In the row, beside it, both together.
SIZES = [1, 100, 9_000, 16_384, 16_385, 70_000]
LONGEST = 600_000


@dataclass
class Log:
    """One object that a client writes, and all that it knows of it."""

    number: int
    place: int = 0
    content: bytes = b""
    #: What is being appended, or where it is being renamed to; None: nothing is under way.
    piece: bytes | None = None
    target: int | None = None
    acknowledged: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def key(self, place: int) -> str:
        return f"log-{self.number}/{place}"

    def write(self, s3: Any, dice: random.Random) -> None:
        while not self.stopping.is_set():
            try:
                self.step(s3, dice)
            except botocore.exceptions.BotoCoreError:
                return
            self.acknowledged += 1

    def step(self, s3: Any, dice: random.Random) -> None:
        if self.content and dice.random() < 0.2:
            self.target = self.place + 1
            s3.rename_object(Bucket=NAME, Key=self.key(self.target), RenameSource=f"{NAME}/{self.key(self.place)}")
            self.place, self.target = self.target, None
        elif len(self.content) > LONGEST:
            # From the beginning.
            self.piece = dice.randbytes(dice.choice(SIZES))
            s3.put_object(Bucket=NAME, Key=self.key(self.place), Body=self.piece)
            self.content, self.piece = self.piece, None
        else:
            self.piece = dice.randbytes(dice.choice(SIZES))
            s3.put_object(
                Bucket=NAME, Key=self.key(self.place), Body=self.piece, WriteOffsetBytes=len(self.content))
            self.content, self.piece = self.content + self.piece, None

    def check(self, s3: Any) -> None:
        found = s3.list_objects_v2(Bucket=NAME, Prefix=f"log-{self.number}/").get("Contents", [])
        keys = [each["Key"] for each in found]
        places = [place for place in (self.place, self.target) if place is not None and self.key(place) in keys]
        if not keys:
            assert not self.content
            self.piece = self.target = None
            return
        assert len(keys) == 1 and len(places) == 1, (keys, self.place, self.target)
        there = s3.get_object(Bucket=NAME, Key=keys[0])["Body"].read()
        allowed = [self.content]
        if self.piece is not None:
            allowed += [self.content + self.piece] + ([self.piece] if len(self.content) > LONGEST else [])
        assert there in allowed, (len(there), [len(each) for each in allowed])
        self.place, self.content, self.piece, self.target = places[0], there, None, None


def verified(data: Path) -> dict[str, Any]:
    done = gatehouse("verify", "--data", str(data), "--format", "json", within=60)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout)["bodies"])


@pytest.mark.slow
def test_kill_and_restart(durable: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = durable().start()
    assert server.data
    server.root.client("s3").create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    logs = [Log(number) for number in range(3)]
    for _ in range(ROUNDS):
        threads = []
        for log in logs:
            log.stopping.clear()
            # A session of its own for each: what was given out before the kill is good afterwards, too.
            client = server.root.client("s3", user_agent_extra=str(log.number))
            threads.append(threading.Thread(target=log.write, args=(client, random.Random(dice.random()))))
            threads[-1].start()
        enough = sum(log.acknowledged for log in logs) + dice.randrange(3, 30)
        patience = time.monotonic() + 15
        while sum(log.acknowledged for log in logs) < enough and time.monotonic() < patience:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.03))
        server.kill()
        for log in logs:
            log.stopping.set()
        for thread in threads:
            thread.join(30)
            assert not thread.is_alive()
        server.start()
        for log in logs:
            log.check(server.root.client("s3"))
    acknowledged = sum(log.acknowledged for log in logs)
    print(f"{ROUNDS} kills, {acknowledged} acknowledged requests")
    assert acknowledged >= ROUNDS, "too few requests to prove anything"
    swept = gatehouse("sweep", "--data", str(server.data), within=60)
    assert swept.returncode == 0, swept.stderr
    for log in logs:
        log.check(server.root.client("s3"))
    assert server.stop() == 0
    left = verified(server.data)
    assert left["damaged"] == 0
    files = [path for path in (server.data / "bodies").rglob("*") if path.is_file()]
    assert len(files) == left["count"], (len(files), left)
