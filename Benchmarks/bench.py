"""`make bench`: what Gatehouse costs, as ratios measured in one run.

    bench.py PATH-OF-GATEHOUSE

Four questions:

1. What does it cost that each call is proved, decided and recorded? GetCallerIdentity and GetUser against the bare HTTP
   answer of the same server framework (`gatehouse bench-baseline`), the server held to one core, the load on another.
2. How much of the disk's fsync rate becomes durable CreateUser calls, with 1 client and with 64?
3. How long from the start of the process to its first answer?
4. How much memory, idle and with 10,000 users?

Everything happens on the loopback interface and in a folder beside the build, and takes less than three minutes.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute()) if len(sys.argv) == 2 else ""

from harness import raw  # noqa: E402
from harness.documents import allow, policy  # noqa: E402
from harness.identity import Identity  # noqa: E402
from harness.server import BINARY, Server, clean_environment  # noqa: E402

LIMIT = 175  # seconds for all of it
ROUNDS = 3
ROUND = 4  # seconds of load in each round
CONNECTIONS = 64
USERS = 10_000
AIM = 0.6  # of the bare HTTP answer's throughput

SERVER_CORE, LOAD_CORE = 0, 1


# Load


def as_botocore_sends(action: str, service: str, identity: Identity, number: int, **parameters: str) -> bytes:
    """One request with the headers that boto3 sends, each with another id and so another signature."""
    version = {"iam": raw.IAM_VERSION, "sts": raw.STS_VERSION}[service]
    headers = {
        "Accept-Encoding": "identity",
        "User-Agent": "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux lang/python#3.11.7 cfg/retry-mode#legacy",
        "amz-sdk-invocation-id": f"{number:08x}-0000-4000-8000-000000000000",
        "amz-sdk-request": "attempt=1",
    }
    request = raw.signed(
        "POST", "/", raw.form(action, version, **parameters), identity, service=service, headers=headers
    )
    lines = [f"{name}: {value}" for name, value in request.headers.items()] + [f"Content-Length: {len(request.body)}"]
    return ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + request.body


def write_requests(folder: Path, name: str, requests: list[bytes]) -> Path:
    """For requests.lua: each request after its length in ten digits."""
    path = folder / name
    with open(path, "wb") as file:
        for request in requests:
            file.write(b"%010d" % len(request) + request)
    return path


def load(port: int, requests: Path, seconds: int, connections: int) -> float:
    """Answers with status 200 in a second."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(Path(__file__).with_name("requests.lua")), f"http://127.0.0.1:{port}/"]
    done = subprocess.run(
        pinned(LOAD_CORE, command),
        env=clean_environment(BENCH_REQUESTS=str(requests)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds + 30,
    )
    found = re.search(r"BENCH requests=(\d+) refused=(\d+) socket=(\d+) microseconds=(\d+)", done.stdout)
    if not found:
        raise SystemExit(f"wrk did not end well:\n{done.stdout}\n{done.stderr}")
    total, refused, errors, microseconds = map(int, found.groups())
    if refused or errors:
        raise SystemExit(f"{refused} of {total} requests were refused, {errors} connections broke: nothing measured")
    return total / (microseconds / 1e6)


def pinned(core: int, command: list[str]) -> list[str]:
    return ["taskset", "-c", str(core), *command] if can_pin() else command


def can_pin() -> bool:
    return shutil.which("taskset") is not None and len(os.sched_getaffinity(0)) > 1


def pin(pid: int) -> None:
    """Holds every thread of a running server to its core."""
    if can_pin():
        subprocess.run(["taskset", "-acp", str(SERVER_CORE), str(pid)], check=True, stdout=subprocess.DEVNULL)


@contextmanager
def bare_http() -> Iterator[int]:
    """The same framework answering a fixed body; yields its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = pinned(SERVER_CORE, [str(BINARY), "bench-baseline", "--port", str(port)])
    process = subprocess.Popen(
        command, env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 10
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("`gatehouse bench-baseline` does not listen") from None
                time.sleep(0.02)
        yield port
    finally:
        process.kill()
        process.wait()


class PinnedServer(Server):
    """Held to one core from its first instruction on, so that it makes as many threads as one core wants."""

    def start(self, *, within: float = 20) -> "PinnedServer":
        before = os.sched_getaffinity(0)
        if can_pin():
            os.sched_setaffinity(0, {SERVER_CORE})
        try:
            super().start(within=within)
        finally:
            os.sched_setaffinity(0, before)
        return self


# The four questions


def checked_against_bare(folder: Path) -> None:
    server = PinnedServer(data=folder / "throughput")
    with server, bare_http() as bare_port:
        root = server.root
        root.iam.create_group(GroupName="Developers")
        root.iam.attach_group_policy(GroupName="Developers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
        root.iam.create_user(UserName="analyst", Tags=[{"Key": "Department", "Value": "Research"}])
        root.iam.add_user_to_group(GroupName="Developers", UserName="analyst")
        own = allow("iam:ListAccessKeys", "arn:aws:iam::*:user/${aws:username}")
        root.iam.put_user_policy(UserName="analyst", PolicyName="own", PolicyDocument=policy(own))
        analyst = Identity.of_key(server.url, root.iam.create_access_key(UserName="analyst")["AccessKey"])

        identity = write_requests(
            folder, "identity", [as_botocore_sends("GetCallerIdentity", "sts", analyst, n) for n in range(5000)]
        )
        get_user = write_requests(
            folder, "user", [as_botocore_sends("GetUser", "iam", analyst, n, UserName="analyst") for n in range(5000)]
        )
        rates: dict[str, list[float]] = {"bare": [], "identity": [], "user": []}
        load(bare_port, identity, 1, CONNECTIONS)
        load(server.port, identity, 1, CONNECTIONS)
        # Turn by turn, so that a machine that slows down slows all of them.
        for _ in range(ROUNDS):
            rates["bare"].append(load(bare_port, identity, ROUND, CONNECTIONS))
            rates["identity"].append(load(server.port, identity, ROUND, CONNECTIONS))
            rates["user"].append(load(server.port, get_user, ROUND, CONNECTIONS))
    bare, who, user = (statistics.median(rates[name]) for name in ("bare", "identity", "user"))
    heading("A call proved, decided and recorded, against a bare HTTP answer (one core, 64 connections)")
    row("bare HTTP answer, same framework, same requests", f"{bare:,.0f}/s", "1.00")
    row("GetCallerIdentity", f"{who:,.0f}/s", f"{who / bare:.2f}   (aim {AIM})")
    row("GetUser, allowed by a group's managed policy", f"{user:,.0f}/s", f"{user / bare:.2f}")


def durable_against_fsync(folder: Path) -> None:
    rates: dict[int, list[float]] = {1: [], CONNECTIONS: []}
    disk, growing = [fsyncs_per_second(folder)], fsyncs_per_second(folder, growing=True)
    with Server("--quota", "Users=1000000", data=folder / "durable") as server:
        for turn in range(2):
            for connections in rates:
                enough = int(min(60_000, max(4_000, disk[-1] * connections * 4)))
                made = [
                    as_botocore_sends("CreateUser", "iam", server.root, n, UserName=f"user-{turn}-{connections}-{n}")
                    for n in range(enough)
                ]
                rates[connections].append(load(server.port, write_requests(folder, "create", made), 3, connections))
                # Between the loads, because a shared disk is now quick, now slow.
                disk.append(fsyncs_per_second(folder))
    fsync = statistics.median(disk)
    heading("Durable CreateUser against this disk (one 4 KiB write and fdatasync after another)")
    row("fdatasync", f"{fsync:,.0f}/s", f"1.00   (between {min(disk):,.0f} and {max(disk):,.0f})")
    row("fdatasync of a file that grows", f"{growing:,.0f}/s", f"{growing / fsync:.2f}")
    for connections, measured in rates.items():
        rate = statistics.mean(measured)
        clients = "1 client" if connections == 1 else f"{connections} clients"
        row(f"CreateUser, {clients}", f"{rate:,.0f}/s", f"{rate / fsync:.2f}")


def fsyncs_per_second(folder: Path, *, growing: bool = False) -> float:
    """One page after another. In a file whose space is already there, that is the least that a durable write can cost,
    and what SQLite's log costs once it has reached its size; where the file grows, the file system has more to do."""
    path, block, blocks = folder / "fsync", os.urandom(4096), 1024
    path.write_bytes(b"" if growing else block * blocks)
    file = os.open(path, os.O_WRONLY)
    try:
        os.fsync(file)
        count, started = 0, time.perf_counter()
        while time.perf_counter() - started < 1:
            os.pwrite(file, block, (count if growing else count % blocks) * 4096)
            os.fdatasync(file)
            count += 1
        return count / (time.perf_counter() - started)
    finally:
        os.close(file)
        path.unlink()


def first_answer(server: Server) -> float:
    """Milliseconds from making the process to the answer of a signed call."""
    started = time.perf_counter()
    server.start()
    answer = raw.call(server.port, server.root, "GetCallerIdentity", "sts")
    took = time.perf_counter() - started
    if answer.status != 200:
        raise SystemExit(f"the first answer was {answer.status}: {answer.text}")
    return took * 1000


def start_and_memory(folder: Path) -> None:
    def started_often(make: list[Server]) -> tuple[float, float]:
        times, sizes = [], []
        for server in make:
            try:
                times.append(first_answer(server))
                time.sleep(0.3)
                sizes.append(server.resident_memory() / 1e6)
            finally:
                server.kill()
        return statistics.median(times), statistics.median(sizes)

    memory = started_often([Server() for _ in range(7)])
    fresh = started_often([Server(data=folder / f"fresh{number}") for number in range(7)])
    again = started_often([Server(data=folder / f"fresh{number}") for number in range(7)])
    full = folder / "full"
    with Server("--quota", "Users=20000", data=full) as server:
        fill(server, folder)
        time.sleep(0.5)
        filled = server.resident_memory() / 1e6
        server.stop()
    loaded = started_often([Server("--quota", "Users=20000", data=full) for _ in range(3)])
    heading("From the start of the process to its first answer, and memory")
    row("in memory", f"{memory[0]:,.0f} ms", f"{memory[1]:,.0f} MB")
    row("new data directory", f"{fresh[0]:,.0f} ms", f"{fresh[1]:,.0f} MB")
    row("data directory, idle", f"{again[0]:,.0f} ms", f"{again[1]:,.0f} MB")
    row("data directory with 10,000 users", f"{loaded[0]:,.0f} ms", f"{loaded[1]:,.0f} MB")
    row("  the server that has just made them", "", f"{filled:,.0f} MB")


def fill(server: Server, folder: Path) -> None:
    """Makes exactly the users wanted: wrk stops by time, not by number, so the rest is made one by one."""
    made = [as_botocore_sends("CreateUser", "iam", server.root, n, UserName=f"user{n}") for n in range(USERS)]
    pending = list(made)
    connections = []
    try:
        # 64 connections, a request on each, then an answer from each: enough to share the fsyncs.
        for _ in range(CONNECTIONS):
            connections.append(socket.create_connection(("127.0.0.1", server.port), timeout=20))
        while pending:
            turn = [(connection, pending.pop()) for connection in connections if pending]
            for connection, request in turn:
                connection.sendall(request)
            for connection, _ in turn:
                answer = read_answer(connection)
                if not answer.startswith(b"HTTP/1.1 200"):
                    raise SystemExit(f"CreateUser was refused: {answer[:300]!r}")
    finally:
        for connection in connections:
            connection.close()


def read_answer(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        data += (more := connection.recv(65536))
        if not more:
            return data
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: *(\d+)", head)
    while length and len(body) < int(length.group(1)):
        body += (more := connection.recv(65536))
        if not more:
            break
    return head + b"\r\n\r\n" + body


# Printing


def heading(text: str) -> None:
    print(f"\n{text}", flush=True)


def row(name: str, value: str, ratio: str) -> None:
    print(f"  {name:<52}{value:>14}   {ratio}", flush=True)


def machine() -> str:
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    return f"{model.group(1) if model else 'a machine'}, {os.cpu_count()} cores"


def give_up(*_: object) -> None:
    raise SystemExit(f"not done within {LIMIT} s: is something else running on this machine?")


def main() -> None:
    if len(sys.argv) != 2 or not BINARY.is_file():
        raise SystemExit("usage: bench.py PATH-OF-GATEHOUSE")
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: Tools/install-dependencies bench")
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(LIMIT)
    print(f"Gatehouse on {machine()}" + ("" if can_pin() else "; cores could not be told apart: ratios are rough"))
    # Beside the build, because /tmp is memory on some machines, where an fsync costs nothing.
    folder = Path(
        tempfile.mkdtemp(prefix="bench-", dir=REPOSITORY / ".build" if (REPOSITORY / ".build").is_dir() else None)
    )
    try:
        checked_against_bare(folder)
        durable_against_fsync(folder)
        start_and_memory(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
