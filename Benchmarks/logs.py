"""`make bench`: what log events cost, as ratios measured in one run.

    logs.py PATH-OF-GATEHOUSE

Lines are put into a log group in a data directory, in batches as large as CloudWatch Logs takes them and in small ones, against
`dd` with a sync after each batch of the same bytes. The server is held to one core, the clients to another.

Then one hour is searched for a line, in groups of GATEHOUSE_BENCH_LINES (ten and thirty million): the search reads that hour,
however many others there are. All groups have as many lines in an hour, and at most thirteen days, since what is older than
fourteen is not taken. All lines are put by PutLogEvents.

GATEHOUSE_BENCH_LINE=short has lines of health checks, of some twenty bytes and hardly any chance in them, in place of those of a
web server, so that a billion of them have room on a disk. GATEHOUSE_BENCH_PARTS=searches leaves out the first part.
"""

from __future__ import annotations

import os
import random
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from bench import REPOSITORY, PinnedServer, can_pin, cpu_seconds, heading, machine, row, settle
from objects import message

from harness import Identity, raw

LINES = sorted(int(count) for count in os.environ.get("GATEHOUSE_BENCH_LINES", "10000000,30000000").split(","))
SHORT = os.environ.get("GATEHOUSE_BENCH_LINE") == "short"
#: As many as a batch may have, in events or in bytes.
BATCH = int(os.environ.get("GATEHOUSE_BENCH_BATCH", "10000" if SHORT else "8000"))
PARTS = os.environ.get("GATEHOUSE_BENCH_PARTS", "ingestion,searches").split(",")
#: Lines in an hour of the groups that are searched.
HOURLY = max(40, -(-LINES[-1] // (13 * 24 * BATCH))) * BATCH
HOUR = 3_600_000
ROUNDS = 5
CONNECTIONS = 4


def lines(count: int, seed: int = 1) -> list[str]:
    """What a web server writes, some 80 bytes each, as JSON has it."""
    made = random.Random(seed)
    if SHORT:
        return [f"GET /health 200 {made.randrange(4)}ms" for _ in range(count)]
    paths = ["/", "/cart", "/orders/{}", "/products/{}/reviews", "/login", "/static/app.js"]
    return [
        f'10.{made.randrange(256)}.{made.randrange(256)}.{made.randrange(256)} - - \\"GET '
        f'{made.choice(paths).format(made.randrange(100_000))} HTTP/1.1\\" {made.choice([200, 200, 200, 304, 404])} '
        f"{made.randrange(50_000)} {made.randrange(3000)}ms {made.getrandbits(64):016x}"
        for _ in range(count)
    ]


def batch(root: Identity, group: str, stream: str, first: int, step: float, texts: list[str]) -> bytes:
    events = ",".join(
        f'{{"timestamp":{first + int(place * step)},"message":"{text}"}}' for place, text in enumerate(texts))
    body = f'{{"logGroupName":"{group}","logStreamName":"{stream}","logEvents":[{events}]}}'.encode()
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.PutLogEvents"}
    return message(raw.signed("POST", "/", body, root, service="logs", headers=headers), body)


class Senders:
    """Connections that stay open, each with one request at a time."""

    def __init__(self, port: int) -> None:
        self.sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(CONNECTIONS)]
        self.pool = ThreadPoolExecutor(CONNECTIONS)
        self.free: list[Any] = list(self.sockets)

    def send(self, request: bytes) -> None:
        connection = self.free.pop()
        connection.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = connection.recv(65536)
            if not piece:
                raise SystemExit("the server has closed a connection")
            answer += piece
        head, _, body = answer.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise SystemExit(answer.decode(errors="replace"))
        length = next(int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length"))
        while len(body) < length:
            body += connection.recv(65536)
        if b"rejected" in body:
            raise SystemExit(body.decode())
        self.free.append(connection)

    def all(self, requests: Any) -> None:
        for _ in self.pool.map(self.send, requests):
            pass


def synced(folder: Path, size: int, count: int) -> float:
    """Bytes in a second that `dd` writes, each block on disk before the next."""
    source = folder / "random"
    source.write_bytes(os.urandom(size) * count)
    started = time.perf_counter()
    subprocess.run(
        ["dd", f"if={source}", f"of={folder / 'written'}", f"bs={size}", "oflag=dsync", "status=none"], check=True)
    took = time.perf_counter() - started
    source.unlink()
    (folder / "written").unlink()
    return size * count / took


def ingestion(folder: Path) -> None:
    heading("Log lines, each batch on disk before it is answered")
    texts = lines(BATCH)
    with PinnedServer(data=folder / "ingested") as server:
        root, logs = server.root, server.root.client("logs")
        assert server.process
        logs.create_log_group(logGroupName="app")
        for number in range(CONNECTIONS):
            logs.create_log_stream(logGroupName="app", logStreamName=f"s{number}")
        for name, size, count in ((f"{BATCH:,} lines", BATCH, 100), ("100 lines", 100, 2000), ("1 line", 1, 4000)):
            now = int(time.time() * 1000)
            requests = [
                batch(root, "app", f"s{number % CONNECTIONS}", now + number, 0, texts[:size]) for number in range(count)
            ]
            bytes_of_lines = sum(len(text) for text in texts[:size])
            Senders(server.port).all(requests[: count // 10])
            settle(server)
            # Those from before may have been idle for too long.
            senders = Senders(server.port)
            used, started = cpu_seconds(server.process.pid), time.perf_counter()
            senders.all(requests)
            took, used = time.perf_counter() - started, cpu_seconds(server.process.pid) - used
            disk = synced(folder, bytes_of_lines, min(count, 500))
            row(
                f"in batches of {name}, a second", f"{size * count / took:,.0f}",
                f"{size * count / used:,.0f} per core and second; dd with a sync for each batch is "
                f"{disk * took / (bytes_of_lines * count):,.2f} times as fast")  # fmt: skip


def filled(server: PinnedServer, group: str, count: int) -> int:
    """Puts lines into a group, of hours that end at this one; returns when the first hour begins."""
    root, logs = server.root, server.root.client("logs")
    logs.create_log_group(logGroupName=group)
    for number in range(CONNECTIONS):
        logs.create_log_stream(logGroupName=group, logStreamName=f"s{number}")
    senders, texts = Senders(server.port), lines(BATCH)
    hours = max(1, count // HOURLY)
    first = (int(time.time() * 1000) // HOUR - hours) * HOUR
    batches = HOURLY // BATCH

    def requests() -> Any:
        for hour in range(hours):
            for number in range(batches):
                own = list(texts)
                if number == 7:
                    own[len(own) // 2] = f"needle {hour}"
                start = first + hour * HOUR + number * HOUR // batches
                yield batch(root, group, f"s{number % CONNECTIONS}", start, HOUR / batches / BATCH, own)

    waiting = []
    for request in requests():
        waiting.append(request)
        if len(waiting) == 4 * CONNECTIONS:
            senders.all(waiting)
            waiting = []
    senders.all(waiting)
    return first


def bytes_read(pid: int) -> int:
    """What a process has read by system calls, from files and sockets, whether it was in memory or on disk."""
    return int(Path(f"/proc/{pid}/io").read_text().split("rchar:")[1].split()[0])


def search(server: PinnedServer, group: str, first: int, hour: int, pattern: str) -> tuple[float, list[str]]:
    logs = server.root.client("logs")
    started = time.perf_counter()
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=group, startTime=first + hour * HOUR, endTime=first + (hour + 1) * HOUR - 1, filterPattern=pattern)
    found = [event["message"] for page in pages for event in page["events"]]
    return time.perf_counter() - started, found


def searches(folder: Path) -> None:
    heading(f"A line of one hour with {HOURLY:,} lines")
    seconds: dict[int, float] = {}
    for count in LINES:
        with PinnedServer(data=folder / f"searched-{count}") as server:
            started = time.perf_counter()
            first = filled(server, "app", count)
            filled_in = time.perf_counter() - started
            settle(server)
            assert server.process
            hours, took, used = max(1, count // HOURLY), [], cpu_seconds(server.process.pid)
            read = bytes_read(server.process.pid)
            for number in range(ROUNDS):
                hour = hours * (number + 1) // (ROUNDS + 1)
                one, found = search(server, "app", first, hour, "needle")
                assert found == [f"needle {hour}"], found
                took.append(one)
            seconds[count] = statistics.median(took)
            used = (cpu_seconds(server.process.pid) - used) / ROUNDS
            read = (bytes_read(server.process.pid) - read) // ROUNDS
            stored = sum(path.stat().st_size for path in (folder / f"searched-{count}").rglob("*") if path.is_file())
            row(
                f"of {hours * HOURLY:,}, seconds", f"{seconds[count]:.2f}",
                f"{seconds[count] / seconds[min(seconds)]:.2f} times that of the smallest, with {used:.2f} s of CPU; "
                f"{read / 1e6:,.1f} of {stored / 1e6:,.0f} MB read; {stored / (hours * HOURLY):.1f} bytes on disk for a line, "
                f"put in {filled_in:,.0f} s")  # fmt: skip
        shutil.rmtree(folder / f"searched-{count}")


def main() -> None:
    print(f"CloudWatch Logs on {machine()}" + ("" if can_pin() else "; cores could not be told apart: ratios are rough"))
    build = REPOSITORY / ".build"
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=build if build.is_dir() else None))
    try:
        if "ingestion" in PARTS:
            ingestion(folder)
        if "searches" in PARTS:
            searches(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
