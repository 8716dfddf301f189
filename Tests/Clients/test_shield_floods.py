"""Floods from 200 addresses, while 20 clients go on: they are answered as before, memory is bounded, and all is well afterwards."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Server, flood
from harness.web_front import WebFront

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
    """How many of their requests are answered, Benchmarks/floods.py measures. Here it is far more than of the flood's, where a
    queue for all would leave none in time."""
    server, port = front
    # From then on they are known.
    flood.goodput(port, 6)
    before = server.resident_memory()
    with flood.start(kind, port, 14) as attack:
        # It takes some seconds until budgets have shrunk to what the application can do.
        flood.goodput(port, 6)
        during = flood.goodput(port, 6)
        grown = server.resident_memory() - before
        told = json.loads(attack.communicate()[0].splitlines()[-1])
    share = told["answered"] / max(1, told["asked"])
    assert during["answered"] / during["asked"] >= max(0.2, 2 * share), (during, told)
    assert grown < 150 << 20, f"{grown >> 20} MiB"
    if kind == "requests":
        refused = re.search(r'gatehouse_shield_refused\{what="requests"\} (\d+)', server.get("/metrics")[1])
        assert refused and int(refused.group(1)) > 100
    end = time.monotonic() + 60
    while (after := flood.goodput(port, 2))["answered"] < 0.95 * after["asked"]:
        assert time.monotonic() < end, f"a minute after the flood: {after}"


def test_offenders_get_no_connection_unless_they_are_exempt(application: int, tmp_path: Path) -> None:
    def answered(port: int) -> list[bool]:
        found = []
        for _ in range(40):
            with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: shop\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
                try:
                    found.append(b"400 Bad Request" in connection.recv(1000))
                except ConnectionResetError:
                    found.append(False)
        return found

    text = f"shop = http://127.0.0.1:{application}\n    hosts = {flood.HOST}\n"
    for name in ("open", "exempt"):
        (tmp_path / name).mkdir()
    with WebFront(tmp_path / "open", text) as front:
        found = answered(front.port)
        assert found[0] and not found[-1]
    with WebFront(tmp_path / "exempt", text, "--shield-exempt", "127.0.0.0/8") as front:
        assert all(answered(front.port))
