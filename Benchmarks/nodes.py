#!/usr/bin/env python3
"""Measures nodes that share a PostgreSQL database on this machine: Benchmarks/nodes.py PROGRAM.

1. Durable CreateUser with 64 clients, on one node and on two, against the transactions of pgbench's simple update on the
   same server; and on a data directory beside.
2. How long it takes from a change of policy to another node's answer by it: median and 99th percentile.
3. GetCallerIdentity on one node, on two, and on a server in memory.
4. How long a node takes to start where there are 100,000 principals, against a server on a data directory.

The database's server, the nodes and the load share the machine's processors; so the ratios say more than the rates.
"""

from __future__ import annotations

import re
import statistics
import subprocess
import tempfile
import threading
import time
from pathlib import Path

from bench import BINARY, CONNECTIONS, as_botocore_sends, heading, load, row, write_requests

from harness.documents import allow, policy
from harness.identity import Identity
from harness.postgres import Postgres, program
from harness.server import Server
from harness import raw

SECONDS = 4
ROUNDS = 5
PRINCIPALS = 100_000


def simple_updates(database: Postgres) -> float:
    """pgbench's transactions in a second, each an update of one row and an insertion of another."""
    where = ["-h", str(database.folder), "-U", "gatehouse"]
    subprocess.run([program("createdb"), *where, "pgbench"], check=False, capture_output=True)
    subprocess.run([program("pgbench"), *where, "-i", "-q", "-s", "10", "pgbench"], check=True, capture_output=True)
    done = subprocess.run(
        [program("pgbench"), *where, "-N", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1", "-T", str(SECONDS), "pgbench"],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found[1])


def creations(servers: list[Server], folder: Path, turn: str) -> float:
    """CreateUser calls in a second, at all of some nodes together."""
    rates: list[float] = []
    files = [
        write_requests(
            folder,
            f"create{number}",
            [
                as_botocore_sends("CreateUser", "iam", server.root, n, UserName=f"user-{turn}-{number}-{n}")
                for n in range(60_000)
            ],
        )
        for number, server in enumerate(servers)
    ]

    def run(server: Server, requests: Path) -> None:
        rates.append(load(server.port, requests, SECONDS, CONNECTIONS // len(servers)))

    threads = [threading.Thread(target=run, args=each) for each in zip(servers, files)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(rates) == len(servers)
    return sum(rates)


def identities(servers: list[Server], folder: Path) -> float:
    """GetCallerIdentity calls in a second, at all of some nodes together."""
    rates: list[float] = []

    def run(server: Server) -> None:
        made = [as_botocore_sends("GetCallerIdentity", "sts", server.root, n) for n in range(2_000)]
        requests = write_requests(folder, f"identity{server.port}", made)
        rates.append(load(server.port, requests, SECONDS, CONNECTIONS // len(servers)))

    threads = [threading.Thread(target=run, args=(server,)) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def changes(one: Server, two: Server) -> list[float]:
    """Milliseconds from sending a change of policy to one node to having the other's answer by it."""
    one.root.iam.create_user(UserName="analyst")
    analyst = Identity.of_key(two.url, one.root.iam.create_access_key(UserName="analyst")["AccessKey"])
    document = policy(allow("iam:ListGroups"))
    times = []
    for number in range(300):
        started = time.perf_counter()
        if number % 2 == 0:
            body = raw.form("PutUserPolicy", UserName="analyst", PolicyName="p", PolicyDocument=document)
        else:
            body = raw.form("DeleteUserPolicy", UserName="analyst", PolicyName="p")
        answer = raw.send(one.port, raw.signed("POST", "/", body, one.root))
        assert answer.status == 200, answer
        answer = raw.send(two.port, raw.signed("POST", "/", raw.form("ListGroups"), analyst))
        times.append((time.perf_counter() - started) * 1000)
        assert answer.status == (200 if number % 2 == 0 else 403), answer
    return sorted(times)


def main() -> None:
    with tempfile.TemporaryDirectory(dir=Path(__file__).parent.parent / ".build") as name, Postgres(
        durable=True
    ) as database:
        folder = Path(name)
        url = database.new_database()
        nodes = [Server("--quota", "Users=10000000", database=url, key=folder / "key").start() for _ in range(2)]
        disk = Server("--quota", "Users=10000000", data=folder / "data").start()
        memory = Server().start()
        try:
            heading("Durable CreateUser, 64 clients, against pgbench's simple update")
            updates, one, two, directory = [], [], [], []
            for turn in range(ROUNDS):
                updates.append(simple_updates(database))
                one.append(creations(nodes[:1], folder, f"{turn}-1"))
                two.append(creations(nodes, folder, f"{turn}-2"))
                directory.append(creations([disk], folder, f"{turn}"))
            rate = statistics.median(updates)
            row("pgbench, simple update, 64 clients", f"{rate:,.0f}/s", "1.00")
            for what, rates in (("CreateUser on one node", one), ("on two nodes", two), ("on a data directory", directory)):
                row(what, f"{statistics.median(rates):,.0f}/s", f"{statistics.median(rates) / rate:.2f}")
            heading("From a change of policy to another node's answer by it, both calls included")
            times = changes(nodes[0], nodes[1])
            row("median", f"{statistics.median(times):.1f} ms", "")
            row("99 %", f"{times[len(times) * 99 // 100]:.1f} ms", "")
            heading("GetCallerIdentity, 64 clients")
            for what, servers in (("in memory", [memory]), ("one node", nodes[:1]), ("two nodes", nodes)):
                row(what, f"{statistics.median(identities(servers, folder) for _ in range(3)):,.0f}/s", "")
        finally:
            for server in (*nodes, disk, memory):
                server.kill()
        starts(database, folder)


def starts(database: Postgres, folder: Path) -> None:
    """How long a server takes from the start of its process until it listens."""
    url = database.new_database()
    data, key = ["--data", str(folder / "many")], ["--key-file", str(folder / "many-key")]
    fill = ["bench-fill", *data, "--accounts", str(PRINCIPALS // 100), "--users", "100"]
    fill += ["--access-key-id", "AKIABENCHBENCHBENCH0", "--secret-access-key", "bench" * 8]
    subprocess.run([str(BINARY), *fill], check=True, capture_output=True)
    began = time.perf_counter()
    subprocess.run([str(BINARY), "migrate", "database", *data, "--database", url, *key], check=True, capture_output=True)
    heading(f"{PRINCIPALS:,} principals: from the start of the process until it listens")
    row("(to migrate them into the database)", f"{time.perf_counter() - began:.1f} s", "")
    for what, server in (
        ("a node", Server(database=url, key=folder / "many-key", fixed_root=False)),
        ("a server on a data directory", Server(data=folder / "many", fixed_root=False)),
    ):
        times = []
        for _ in range(3):
            began = time.perf_counter()
            server.start(within=60)
            times.append(time.perf_counter() - began)
            memory = server.resident_memory() / 1e6
            server.kill()
        row(what, f"{statistics.median(times):.2f} s", f"{memory:,.0f} MB")


if __name__ == "__main__":
    main()
