"""`make bench`: what it costs to find anew who may reach a resource after each change, among many.

    analysis.py PATH-OF-GATEHOUSE

An account gets GATEHOUSE_BENCH_ROLES roles (10,000) and an analyzer of external access. Then trust policies are changed one after
another, with the analyzer and without one; the difference in the server's processor time is what a change's analysis costs,
findings and their indexes written and sealed. A request in between, which every change needs, is in both.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bench
from bench import PinnedServer, can_pin, cpu_seconds, heading, machine, row, settle

from harness import Server

ROLES = int(os.environ.get("GATEHOUSE_BENCH_ROLES", "10000"))
CHANGES = 400 if ROLES >= 400 else ROLES
ROUNDS = 3


def trust(account: str) -> str:
    statement = {"Effect": "Allow", "Principal": {"AWS": account}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def resident(server: Server) -> int:
    assert server.process
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) * 1024


def changed(server: Server, turn: int) -> float:
    """Processor seconds for each of some changes, and for all that follows from them."""
    assert server.process
    iam = server.root.iam
    settle(server)
    before = cpu_seconds(server.process.pid)
    for number in range(CHANGES):
        account = f"{222222222222 + turn * CHANGES + number}"
        iam.update_assume_role_policy(RoleName=f"role-{number}", PolicyDocument=trust(account))
    time.sleep(1)
    settle(server)
    return (cpu_seconds(server.process.pid) - before) / CHANGES


def until_active(api: object, name: str) -> float:
    started = time.perf_counter()
    while api.get_analyzer(analyzerName=name)["analyzer"]["status"] != "ACTIVE":  # type: ignore[attr-defined]
        time.sleep(0.02)
    return time.perf_counter() - started


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, PinnedServer(
        "--quota", f"Roles={2 * ROLES}", data=Path(folder) / "data"
    ) as server:
        iam, api = server.root.iam, server.root.client("accessanalyzer")

        def make(number: int) -> None:
            iam.create_role(RoleName=f"role-{number}", AssumeRolePolicyDocument=trust("222222222222"))

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(make, range(ROLES)))
        settle(server)
        without, with_one, memory, first = [], [], [], []
        for turn in range(ROUNDS):
            without.append(changed(server, 2 * turn))
            before = resident(server)
            api.create_analyzer(analyzerName="main", type="ACCOUNT")
            first.append(until_active(api, "main"))
            settle(server)
            memory.append(resident(server) - before)
            with_one.append(changed(server, 2 * turn + 1))
            api.delete_analyzer(analyzerName="main")
            time.sleep(2)
        heading(f"A change of one among {ROLES:,} analysed resources (one core, {machine()})")
        cost = min(with_one) - min(without)
        row("found anew, findings written, processor time", f"{cost * 1e3:.2f} ms", "at most 1 ms")
        row("the change itself, for comparison", f"{min(without) * 1e3:.2f} ms", f"{cost / min(without):.2f}")
        row("all of them looked at when the analyzer is made", f"{min(first):.1f} s", f"{min(first) / ROLES * 1e6:.0f} µs each")
        row("memory that this left behind", f"{max(memory) / ROLES:,.0f} B", "of each resource")


if __name__ == "__main__":
    bench.BINARY = Path(sys.argv[1]).absolute()
    main()
