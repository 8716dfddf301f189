"""kill -9 at random moments while an event data store takes events in: every event that was acknowledged is there, once.

GATEHOUSE_CRASH_SECONDS (default 12) bounds it; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import collections
import os
import random
import time
from collections.abc import Callable

from harness import Server
from harness.server import gatehouse
from test_cloudtrail_crash import CLIENTS, SECONDS, Caller
from test_cloudtrail_lake import ARN, ask, make


def test_every_event_once(durable: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = durable().start()
    root = server.root
    root.iam.create_user(UserName="alice")
    store = make(root).removeprefix(ARN)
    answered: list[str] = []
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        callers = [Caller(server, answered) for _ in range(CLIENTS)]
        for caller in callers:
            caller.start()
        # A query takes in what is recorded before it runs: some lives end within that.
        for _ in range(dice.randrange(1, 4)):
            time.sleep(dice.uniform(0.05, 0.4))
            server.root.cloudtrail.start_query(QueryStatement=f"SELECT count(*) FROM {store}")
        time.sleep(dice.uniform(0, 0.05))
        server.kill()
        for caller in callers:
            caller.stopping.set()
            caller.join()
        server.start()
        rounds += 1
    rows = ask(server.root, f"SELECT eventID, requestID FROM {store} WHERE eventName = 'TagUser'")
    counts = collections.Counter(row["eventID"] for row in rows)
    assert rounds > 2 and len(answered) > 100
    assert max(counts.values()) == 1
    assert not set(answered) - {row["requestID"] for row in rows}
    server.stop()
    done = gatehouse("verify", "--data", str(server.data), within=120)
    assert done.returncode == 0, done.stdout + done.stderr
