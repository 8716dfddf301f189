"""Work that goes on until the server is killed, and what has to be there afterwards."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import botocore.exceptions

from .patience import PATIENCE
from .server import Server


class Worker(threading.Thread):
    """Does something again and again, until the server is gone."""

    def __init__(self, work: Callable[[], None]):
        super().__init__(daemon=True)
        self.work, self.stopping = work, threading.Event()
        self.problem: BaseException | None = None
        #: What it was told when the server was gone.
        self.last: BaseException | None = None

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                self.work()
            except (botocore.exceptions.BotoCoreError, botocore.exceptions.HTTPClientError) as last:
                self.last = last
                return
            except BaseException as problem:
                self.problem = problem
                return


class Party(Protocol):
    """Works with a client, and tells how much it has done when it has checked that it is there."""

    count: int

    def work(self, client: Any) -> None: ...

    def check(self, client: Any) -> None: ...


def kill_while_they_work(
    server: Server, parties: dict[str, Party], services: dict[str, str], dice: random.Random, rounds: int
) -> None:
    """Kills the server so often while all work at once; after each start, each checks what is there."""
    for _ in range(rounds):
        workers = []
        before = {name: party.count for name, party in parties.items()}
        for name, party in parties.items():
            client = server.root.client(services[name], retries={"total_max_attempts": 1})
            workers.append(Worker(lambda party=party, client=client: party.work(client)))  # type: ignore[misc]
        for worker in workers:
            worker.start()
        # Until something has happened of each, and then some more of it.
        patience = time.monotonic() + PATIENCE
        while any(party.count == before[name] for name, party in parties.items()) and time.monotonic() < patience:
            if not all(worker.is_alive() for worker in workers):
                break
            time.sleep(0.01)
        time.sleep(dice.uniform(0, 0.3))
        gone = {name: repr(worker.last) for worker, name in zip(workers, parties) if worker.last}
        assert not gone, f"the server is there: {gone}"
        server.kill()
        for worker in workers:
            worker.stopping.set()
            worker.join()
            if worker.problem:
                raise worker.problem
        server.start()
        for name, party in parties.items():
            party.check(server.root.client(services[name]))
        idle = {name: repr(worker.last) for worker, (name, party) in zip(workers, parties.items()) if party.count == before[name]}
        assert not idle, f"done nothing that could be lost: {idle}"
