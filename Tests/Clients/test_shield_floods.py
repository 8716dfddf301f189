"""Floods from 200 addresses, while 20 clients go on: they are answered as before, memory is bounded, and all is well afterwards."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Server, flood

pytestmark = pytest.mark.slow

LISTENS = re.compile(r"The web front listens on http://\S+:(\d+)")


@pytest.fixture
def application() -> Iterator[int]:
    # 4 at a time, 20 ms each: 200 a second.
    with flood.start("application", 20, 4) as process:
        assert process.stdout
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
def front(application: int, tmp_path: Path) -> Iterator[tuple[Server, int]]:
    file = tmp_path / "web-front"
    file.write_text(f"shop = http://127.0.0.1:{application}\n    hosts = {flood.HOST}\n")
    with Server("--web-front", str(file), "--web-front-port", "0", log=tmp_path / "log") as server:
        ports = [found.group(1) for line in server.output if (found := LISTENS.search(line))]
        yield server, int(ports[0])


@pytest.mark.parametrize("kind", ["requests", "slow-heads", "slow-bodies", "slow-reads"])
def test_those_who_behave_are_answered_during_a_flood(front: tuple[Server, int], kind: str) -> None:
    server, port = front
    quiet = flood.goodput(port, 6)
    assert quiet["answered"] >= 0.95 * quiet["asked"], quiet
    before = server.resident_memory()
    with flood.start(kind, port, 16) as attack:
        # It takes some seconds until budgets have shrunk to what the application can do.
        time.sleep(7)
        during = flood.goodput(port, 7)
        grown = server.resident_memory() - before
        attack.wait()
    assert during["answered"] >= 0.9 * quiet["answered"] * 7 / 6, (quiet, during)
    assert grown < 150 << 20, f"{grown >> 20} MiB"
    after = flood.goodput(port, 4)
    assert after["answered"] >= 0.95 * after["asked"], after
    if kind == "requests":
        refused = re.search(r'gatehouse_shield_refused\{what="requests"\} (\d+)', server.get("/metrics")[1])
        assert refused and int(refused.group(1)) > 1000
