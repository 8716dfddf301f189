"""`make bench`: what Gatehouse costs, as ratios measured in one run.

    bench.py PATH-OF-GATEHOUSE [QUESTION…]

Nine questions, or those whose numbers are given:

1. What does it cost that each call is proved, decided and recorded? GetCallerIdentity and GetUser against the bare HTTP
   answer of a server framework, Hummingbird (`BareHTTP`), the server held to one core, the load on another.
2. How much of the disk's fsync rate becomes durable CreateUser calls, with 1 client and with 64?
3. How long from the start of the process to its first answer?
4. How much memory, idle and with 10,000 users?
5. What do the calls that identity lives by cost in CPU time, as multiples of the bare answer's: GetCallerIdentity,
   GetUser, AssumeRole, SimulatePrincipalPolicy, ListUsers, CreateRole with PutRolePolicy? Does the next request see a
   change of policy?
6. What do 5,000 accounts of 50 users cost: start, memory, and GetCallerIdentity beside them?
7. What does encryption cost: GetCallerIdentity over HTTPS against HTTP, on connections that are kept?
8. How long do backup, verification and restore of a ledger take, and what does a backup cost those who write meanwhile?
9. What do KMS's Encrypt, Decrypt, GenerateDataKey and Sign cost in CPU time, as multiples of the bare answer's, beside what
   openssl needs for the same cryptography? What do many keys and grants cost: start, memory, Decrypt, and another key with
   each call?

Everything happens on the loopback interface and in a folder beside the build, and takes less than seven minutes.
"""

from __future__ import annotations

import base64
import json
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
from functools import cache
from pathlib import Path
from collections.abc import Iterator

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute()) if len(sys.argv) > 1 else ""

from harness import raw  # noqa: E402
from harness.documents import allow, policy, trust  # noqa: E402
from harness.identity import Identity  # noqa: E402
from harness.server import BINARY, Server, clean_environment  # noqa: E402

LIMIT = 420  # seconds for all of it, at its usual size
ROUNDS = 3
ROUND = 4  # seconds of load in each round
TURNS = 5  # of a second for each kind of call
CONNECTIONS = 64
USERS = 10_000
ACCOUNTS, USERS_OF_ACCOUNT = 5_000, 50
# Of the ledger that is backed up. GATEHOUSE_BENCH_KEPT=100000,1000000 measures what performance.md says.
KEPT_USERS, KEPT_EVENTS = map(int, os.environ.get("GATEHOUSE_BENCH_KEPT", "10000,100000").split(","))
# GATEHOUSE_BENCH_KEYS=100000,1000000 measures what performance.md says.
MANY_KEYS, MANY_GRANTS = map(int, os.environ.get("GATEHOUSE_BENCH_KEYS", "1000,10000").split(","))
USUAL_SIZE = not {"GATEHOUSE_BENCH_KEPT", "GATEHOUSE_BENCH_KEYS"} & set(os.environ)
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


def load(port: int, requests: Path, seconds: int, connections: int, scheme: str = "http") -> float:
    """Answers with status 200 in a second."""
    count, took = answers(port, requests, seconds, connections, scheme)
    return count / took


def load_and_cpu(pid: int, port: int, requests: Path, seconds: int, connections: int) -> tuple[float, float]:
    """Answers in a second, and microseconds of the server's CPU time for each.

    The load never sleeps meanwhile: to wake it would count as the server's work.
    """
    before = cpu_seconds(pid)
    count, took = answers(port, requests, seconds, connections, LD_PRELOAD=str(poller()))
    return count / took, (cpu_seconds(pid) - before) / max(1, count) * 1e6


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@cache
def poller() -> Path:
    """See poll.c."""
    made = BINARY.with_name("poll.so")
    source = Path(__file__).with_name("poll.c")
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", str(made), str(source), "-ldl"], check=True)
    return made


def answers(
    port: int, requests: Path, seconds: int, connections: int, scheme: str = "http", **environment: str
) -> tuple[int, float]:
    """How many answers with status 200, in how many seconds."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(Path(__file__).with_name("requests.lua")), f"{scheme}://127.0.0.1:{port}/"]
    done = subprocess.run(
        pinned(LOAD_CORE, command),
        env=clean_environment(BENCH_REQUESTS=str(requests), **environment),
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
    return total, microseconds / 1e6


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
    """Hummingbird answering a fixed body; yields its port."""
    with bare_process() as (_, port):
        yield port


@contextmanager
def bare_process(core: int = SERVER_CORE) -> Iterator[tuple[int, int]]:
    """The same; yields its process id and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = pinned(core, [str(BINARY.with_name("BareHTTP")), str(port)])
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
                    raise SystemExit("`BareHTTP` does not listen") from None
                time.sleep(0.02)
        yield process.pid, port
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


# The seven questions


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
    row("bare HTTP answer of Hummingbird, same requests", f"{bare:,.0f}/s", "1.00")
    row("GetCallerIdentity", f"{who:,.0f}/s", f"{who / bare:.2f}   (aim {AIM})")
    row("GetUser, allowed by a group's managed policy", f"{user:,.0f}/s", f"{user / bare:.2f}")


def https_against_http(folder: Path) -> None:
    server = PinnedServer("--tls", "--tls-port", "0", data=folder / "tls")
    rates: dict[str, list[float]] = {"http": [], "https": []}
    with server:
        # The host is what is signed, and the same for both.
        requests = write_requests(
            folder,
            "encrypted",
            [as_botocore_sends("GetCallerIdentity", "sts", server.root, n) for n in range(5000)],
        )
        ports = {"http": server.port, "https": server.secure_port}
        for scheme, port in ports.items():
            load(port, requests, 1, CONNECTIONS, scheme)
        for _ in range(ROUNDS):
            for scheme, port in ports.items():
                rates[scheme].append(load(port, requests, ROUND, CONNECTIONS, scheme))
    plain, secure = (statistics.median(rates[scheme]) for scheme in ("http", "https"))
    heading("Encryption: GetCallerIdentity over HTTPS against HTTP (HTTP/1.1, one core, 64 connections that are kept)")
    row("HTTP", f"{plain:,.0f}/s", "1.00")
    row("HTTPS", f"{secure:,.0f}/s", f"{secure / plain:.2f}")


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


def identity_against_bare(folder: Path) -> None:
    """On the data directory that has 10,000 users already, unless this is the only question."""
    is_filled = (folder / "full").is_dir()
    server = PinnedServer("--quota", "Users=20000", "--quota", "Roles=1000000", data=folder / "full")
    with server, bare_process() as (bare_pid, bare_port):
        assert server.process
        if not is_filled:
            fill(server, folder)
        iam, account = server.root.iam, server.root.sts.get_caller_identity()["Account"]
        iam.create_user(UserName="analyst", Tags=[{"Key": "Department", "Value": "Research"}])
        iam.attach_user_policy(UserName="analyst", PolicyArn="arn:aws:iam::aws:policy/IAMFullAccess")
        iam.put_user_policy(UserName="analyst", PolicyName="own", PolicyDocument=policy(allow("sts:AssumeRole")))
        analyst = Identity.of_key(server.url, iam.create_access_key(UserName="analyst")["AccessKey"])
        iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(account))
        role, user = f"arn:aws:iam::{account}:role/worker", f"arn:aws:iam::{account}:user/analyst"
        pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 100})
        markers = [page["Marker"] for page in pages if page["IsTruncated"]]

        def requests(action: str, service: str, **parameters: str) -> list[bytes]:
            return [as_botocore_sends(action, service, analyst, n, **parameters) for n in range(1000)]

        calls = {
            "GetCallerIdentity": requests("GetCallerIdentity", "sts"),
            "GetUser": requests("GetUser", "iam", UserName="analyst"),
            "AssumeRole": requests("AssumeRole", "sts", RoleArn=role, RoleSessionName="session"),
            "SimulatePrincipalPolicy": requests(
                "SimulatePrincipalPolicy", "iam", PolicySourceArn=user,
                **{"ActionNames.member.1": "iam:GetUser", "ResourceArns.member.1": user}),
            f"ListUsers, 100 of {USERS:,}": [
                as_botocore_sends("ListUsers", "iam", analyst, n, MaxItems="100", Marker=markers[n % len(markers)])
                for n in range(1000)],
        }  # fmt: skip
        files = {name: write_requests(folder, f"calls{n}", made) for n, (name, made) in enumerate(calls.items())}
        writes = "CreateRole, PutRolePolicy"
        bare = files["GetCallerIdentity"]
        load(bare_port, bare, 1, CONNECTIONS)
        load(server.port, files["GetUser"], 1, CONNECTIONS)
        # Turn by turn, and the bare answer beside each, so that a machine that slows down slows all of them.
        costs: dict[str, list[float]] = {"": []}
        for turn in range(TURNS):
            for name in [*files, writes]:
                costs[""].append(load_and_cpu(bare_pid, bare_port, bare, 1, CONNECTIONS)[1])
                file = files.get(name) or roles_and_policies(folder, analyst, account, turn)
                cpu = load_and_cpu(server.process.pid, server.port, file, 1, CONNECTIONS)[1]
                costs.setdefault(name, []).append(cpu)
        seen, missed, took = policy_changes(server, analyst)
    heading(f"CPU time of a call, in µs and times that of a bare HTTP answer: least and median of {TURNS} turns")
    bare_costs = costs.pop("")
    least, median = min(bare_costs), statistics.median(bare_costs)
    row("bare HTTP answer of Hummingbird", f"{least:,.0f}; {median:,.0f}", "1.0; 1.0")
    for name, measured in costs.items():
        low, middle = min(measured), statistics.median(measured)
        row(name, f"{low:,.0f}; {middle:,.0f}", f"{low / least:.1f}; {middle / median:.1f}")
    row("a change of policy, seen by the next request", f"{seen} of {seen + missed}", f"{took:.1f} ms for both")


def roles_and_policies(folder: Path, analyst: Identity, account: str, turn: int) -> Path:
    """More requests than are answered in a turn. A role's policy comes a thousand requests after its role: no connection
    is that far behind. The first request is never sent, because wrk looks at one to see what it is like."""
    names = [f"role-{turn}-{number}" for number in range(6_000)]
    roles = [as_botocore_sends("CreateRole", "iam", analyst, n, RoleName=name, Path="/bench/",
                               AssumeRolePolicyDocument=trust(account)) for n, name in enumerate(names)]  # fmt: skip
    puts = [as_botocore_sends("PutRolePolicy", "iam", analyst, n, RoleName=name, PolicyName="own",
                              PolicyDocument=policy(allow("s3:GetObject"))) for n, name in enumerate(names)]  # fmt: skip
    both = roles[:1000] + [request for pair in zip(roles[1000:], puts[1:]) for request in pair]
    return write_requests(folder, "roles", both)


def policy_changes(server: Server, analyst: Identity) -> tuple[int, int, float]:
    """Allows and forbids a call by turns; how often the call that came next was answered by it, how often not, and how
    many milliseconds a change and a call took."""
    seen = missed = 0
    started = time.perf_counter()
    for turn in range(200):
        if turn % 2:
            server.root.iam.delete_user_policy(UserName="analyst", PolicyName="turn")
        else:
            document = policy({"Effect": "Deny", "Action": "iam:GetAccountSummary", "Resource": "*"})
            server.root.iam.put_user_policy(UserName="analyst", PolicyName="turn", PolicyDocument=document)
        status = raw.call(server.port, analyst, "GetAccountSummary").status
        if status == (200 if turn % 2 else 403):
            seen += 1
        else:
            missed += 1
    return seen, missed, (time.perf_counter() - started) * 1000 / 200


def many_accounts(folder: Path) -> None:
    key = {"AccessKeyId": "AKIABENCHBENCHBENCH0", "SecretAccessKey": "bench" * 8}
    made = time.perf_counter()
    subprocess.run(
        [str(BINARY), "bench-fill", "--data", str(folder / "accounts"), "--accounts", str(ACCOUNTS)]
        + ["--users", str(USERS_OF_ACCOUNT), "--access-key-id", key["AccessKeyId"]]
        + ["--secret-access-key", key["SecretAccessKey"]],
        env=clean_environment(), stdin=subprocess.DEVNULL, check=True, timeout=200,
    )  # fmt: skip
    made = time.perf_counter() - made
    big, small = PinnedServer(data=folder / "accounts", fixed_root=False), PinnedServer(data=folder / "throughput")
    started = time.perf_counter()
    big.start(within=60)
    identity = Identity.of_key(big.url, key)
    if (answer := raw.call(big.port, identity, "GetCallerIdentity", "sts")).status != 200:
        raise SystemExit(f"the first answer was {answer.status}: {answer.text}")
    started = time.perf_counter() - started
    assert big.process
    worked = cpu_seconds(big.process.pid)
    rates: dict[str, list[float]] = {"big": [], "small": []}
    try:
        time.sleep(0.5)
        memory = big.resident_memory() / 1e6
        with small:
            asked = {
                "big": (big.port, identity), "small": (small.port, small.root),
            }  # fmt: skip
            files = {
                name: write_requests(
                    folder, name, [as_botocore_sends("GetCallerIdentity", "sts", who, n) for n in range(2000)]
                )
                for name, (_, who) in asked.items()
            }
            for name, (port, _) in asked.items():
                load(port, files[name], 1, CONNECTIONS)
            for _ in range(ROUNDS):
                for name, (port, _) in asked.items():
                    rates[name].append(load(port, files[name], ROUND, CONNECTIONS))
    finally:
        big.kill()
    heading(f"{ACCOUNTS:,} accounts of {USERS_OF_ACCOUNT} users")
    few, many = statistics.median(rates["small"]), statistics.median(rates["big"])
    row("from the start of the process to its first answer", f"{started * 1000:,.0f} ms", f"{memory:,.0f} MB, {worked:.1f} s of CPU")
    row("GetCallerIdentity among them", f"{many:,.0f}/s", f"{many / few:.2f} of that with one account")
    row("  to make them, past the API", f"{made:,.0f} s", "")


def keeping_data(folder: Path) -> None:
    data, backup, back = folder / "kept", folder / "backup", folder / "back"
    ran("bench-fill", "--data", data, "--accounts", KEPT_USERS // 100, "--users", 100, "--events", KEPT_EVENTS,
        "--access-key-id", "AKIABENCHBENCHBENCH0", "--secret-access-key", "bench" * 8)  # fmt: skip
    size = sum(file.stat().st_size for file in data.iterdir()) / 1e6
    heading(f"A ledger of {KEPT_USERS:,} users and {KEPT_EVENTS:,} events, {size:,.0f} MB")
    server = Server("--quota", "Users=1000000", data=data, fixed_root=False)
    started = time.perf_counter()
    server.start(within=120)
    row("start to listening", f"{(time.perf_counter() - started) * 1000:,.0f} ms", "")
    server.stop()
    for words in (
        ("backup", backup, "--with-key", "--data", data), ("verify", "--data", data), ("restore", backup, "--data", back),
    ):  # fmt: skip
        seconds, memory = ran(*words)
        row(f"gatehouse {words[0]}", f"{seconds:,.1f} s", f"{size / seconds:,.0f} MB/s, {memory:,.0f} MB of memory")
    # With and without a backup by turns, because a shared disk is now quick, now slow.
    rates: dict[bool, list[float]] = {False: [], True: []}
    with server:
        keys = subprocess.run(
            [str(BINARY), "env", "--data", str(data)], capture_output=True, check=True, text=True, env=clean_environment()
        ).stdout
        root = Identity(
            server.url, *(re.findall(rf"{name}=(\S+)", keys)[0].strip("'") for name in
                          ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")))  # fmt: skip
        for turn in range(ROUNDS):
            for beside in rates:
                made = [
                    as_botocore_sends("CreateUser", "iam", root, n, UserName=f"kept-{turn}-{beside}-{n}")
                    for n in range(30_000)
                ]
                requests = write_requests(folder, "create", made)
                running = None
                if beside:
                    running = subprocess.Popen(
                        [str(BINARY), "backup", str(folder / f"backup-{turn}"), "--with-key", "--data", str(data)],
                        stdout=subprocess.DEVNULL, env=clean_environment(),
                    )  # fmt: skip
                rates[beside].append(load(server.port, requests, 3, CONNECTIONS))
                if running and running.wait() != 0:
                    raise SystemExit("a backup failed")
                shutil.rmtree(folder / f"backup-{turn}", ignore_errors=True)
    alone, beside = (statistics.median(rates[name]) for name in (False, True))
    row(f"CreateUser, {CONNECTIONS} clients", f"{alone:,.0f}/s", "")
    row("  while a backup is made and verified", f"{beside:,.0f}/s", f"{beside / alone:.2f}")


def ran(*words: object) -> tuple[float, float]:
    """A command that runs and ends: its seconds, and its memory at most, in MB."""
    started = time.perf_counter()
    process = subprocess.Popen(
        [str(BINARY), *map(str, words)], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=clean_environment()
    )
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        raise SystemExit(f"gatehouse {words[0]} ended with {status}")
    return time.perf_counter() - started, usage.ru_maxrss / 1000


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


# KMS


def as_botocore_calls_kms(operation: str, identity: Identity, number: int, **members: object) -> bytes:
    headers = {
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-amz-json-1.1",
        "User-Agent": "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux lang/python#3.11.7 cfg/retry-mode#legacy",
        "X-Amz-Target": f"TrentService.{operation}",
        "amz-sdk-invocation-id": f"{number:08x}-0000-4000-8000-000000000000",
    }
    request = raw.signed("POST", "/", json.dumps(members).encode(), identity, service="kms", headers=headers)
    lines = [f"{name}: {value}" for name, value in request.headers.items()] + [f"Content-Length: {len(request.body)}"]
    return ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + request.body


def encryption_against_bare(folder: Path) -> None:
    server = PinnedServer(data=folder / "keys")
    with server, bare_process() as (bare_pid, bare_port):
        assert server.process
        kms, user = server.root.client("kms"), server.root
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        signers = {
            spec: kms.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
            for spec in ("RSA_2048", "ECC_NIST_P256")
        }
        secret = base64.b64encode(b"x" * 32).decode()
        context = {"order": "17"}
        blob = kms.encrypt(KeyId=key, Plaintext=b"x" * 32, EncryptionContext=context)["CiphertextBlob"]

        def requests(operation: str, **members: object) -> list[bytes]:
            return [as_botocore_calls_kms(operation, user, n, **members) for n in range(1000)]

        calls = {
            "DescribeKey": requests("DescribeKey", KeyId=key),
            "Encrypt": requests("Encrypt", KeyId=key, Plaintext=secret, EncryptionContext=context),
            "Decrypt": requests(
                "Decrypt", CiphertextBlob=base64.b64encode(blob).decode(), EncryptionContext=context),
            "GenerateDataKey": requests("GenerateDataKey", KeyId=key, KeySpec="AES_256", EncryptionContext=context),
            "Sign, RSA-2048": requests(
                "Sign", KeyId=signers["RSA_2048"], Message=secret, SigningAlgorithm="RSASSA_PSS_SHA_256"),
            "Sign, P-256": requests(
                "Sign", KeyId=signers["ECC_NIST_P256"], Message=secret, SigningAlgorithm="ECDSA_SHA_256"),
        }  # fmt: skip
        files = {name: write_requests(folder, f"kms{n}", made) for n, (name, made) in enumerate(calls.items())}
        bare = write_requests(folder, "kms-bare", calls["Encrypt"])
        # The same cryptography in the bare server: what it takes there, where it finds the caches as the framework left them and
        # the framework finds them as it left them, is what it takes here as well.
        paths = {"Sign, RSA-2048": "Sign-RSA_2048", "Sign, P-256": "Sign-ECC_NIST_P256"}
        ciphers = {
            name: write_requests(
                folder, f"kms-bare{n}",
                [each.replace(b"POST / ", f"POST /{paths.get(name, name)} ".encode()) for each in made])
            for n, (name, made) in enumerate(calls.items()) if name != "DescribeKey"
        }  # fmt: skip
        load(bare_port, bare, 1, CONNECTIONS)
        load(server.port, files["Encrypt"], 1, CONNECTIONS)
        costs: dict[str, list[tuple[float, float]]] = {"": []}
        bare_with: dict[str, list[float]] = {}
        for _ in range(TURNS):
            for name, file in files.items():
                costs[""].append(load_and_cpu(bare_pid, bare_port, bare, 1, CONNECTIONS))
                if name in ciphers:
                    taken = load_and_cpu(bare_pid, bare_port, ciphers[name], 1, CONNECTIONS)
                    bare_with.setdefault(name, []).append(taken[1])
                costs.setdefault(name, []).append(load_and_cpu(server.process.pid, server.port, file, 1, CONNECTIONS))
    alone = {"Sign, RSA-2048": openssl_speed("rsa2048"), "Sign, P-256": openssl_speed("ecdsap256")}
    heading(f"KMS: CPU time of a call, in µs and times that of a bare HTTP answer: least of {TURNS} turns")
    least = min(cpu for _, cpu in costs.pop(""))
    row("bare HTTP answer of Hummingbird", f"{least:,.0f}", "1.0")
    for name, measured in costs.items():
        cpu, rate = min(cpu for _, cpu in measured), max(rate for rate, _ in measured)
        beside = ""
        if name in bare_with:
            crypto = min(bare_with[name]) - least
            beside = f"; {(cpu - crypto) / least:.1f} beside the cryptography's {crypto:,.0f} µs"
            if name in alone:
                beside += f", {(cpu - alone[name]) / least:.1f} beside openssl's {alone[name]:,.0f}"
        row(name, f"{cpu:,.0f}", f"{cpu / least:.1f}; {rate:,.0f}/s{beside}")


def openssl_speed(algorithm: str) -> float:
    """Microseconds that openssl needs for one signature."""
    done = subprocess.run(
        pinned(SERVER_CORE, ["openssl", "speed", "-mr", "-seconds", "1", algorithm]), capture_output=True, text=True
    )
    found = re.search(r"^\+F[24]:\d+:\d+:([\d.e-]+):", done.stdout, re.M)
    return 0 if not found else (float(found[1]) if float(found[1]) < 1 else 1 / float(found[1])) * 1e6


def many_keys(folder: Path) -> None:
    rates: dict[str, dict[str, float]] = {}
    starts: dict[str, tuple[float, float, float]] = {}
    key = {"AccessKeyId": "AKIABENCHBENCHBENCH0", "SecretAccessKey": "bench" * 8}
    for name, keys, grants in (("few", 1, 10), ("many", MANY_KEYS, MANY_GRANTS)):
        data = folder / f"{name}-keys"
        ran("bench-fill", "--data", data, "--accounts", 1, "--users", 1, "--keys", keys, "--grants", grants,
            "--access-key-id", key["AccessKeyId"], "--secret-access-key", key["SecretAccessKey"])  # fmt: skip
        server = PinnedServer(data=data, fixed_root=False)
        started = time.perf_counter()
        server.start(within=120)
        starts[name] = (time.perf_counter() - started, server.resident_memory() / 1e6, 0)
        try:
            user = Identity.of_key(server.url, key)
            kms = user.client("kms")
            blob = kms.encrypt(KeyId="alias/bench", Plaintext=b"x" * 32)["CiphertextBlob"]
            text = base64.b64encode(blob).decode()
            ids = [key["KeyId"] for page in kms.get_paginator("list_keys").paginate(PaginationConfig={"PageSize": 1000})
                   for key in page["Keys"]]  # fmt: skip
            calls = {
                "Decrypt": [as_botocore_calls_kms("Decrypt", user, n, CiphertextBlob=text) for n in range(1000)],
                "GenerateDataKey": [
                    as_botocore_calls_kms("GenerateDataKey", user, n, KeyId=ids[n % len(ids)], KeySpec="AES_256")
                    for n in range(max(1000, min(len(ids), 50_000)))
                ],
            }
            settle(server)
            for operation, requests in calls.items():
                file = write_requests(folder, f"{name}-{operation}", requests)
                load(server.port, file, 1, CONNECTIONS)
                rates.setdefault(name, {})[operation] = max(
                    load(server.port, file, 3, CONNECTIONS) for _ in range(ROUNDS)
                )
            starts[name] = (*starts[name][:2], server.resident_memory() / 1e6)
        finally:
            server.kill()
    heading(f"{MANY_KEYS:,} keys with {MANY_GRANTS:,} grants")
    for name, words in (("many", "from the start of the process until it listens"), ("few", "  with one key and ten grants")):
        took, idle, used = starts[name]
        row(words, f"{took * 1000:,.0f} ms", f"{idle:,.0f} MB; {used:,.0f} MB in use")
    for operation, words in (
        ("Decrypt", "Decrypt, allowed by a grant"),
        ("GenerateDataKey", "GenerateDataKey, so allowed, another key each time"),
    ):
        many, few = rates["many"][operation], rates["few"][operation]
        row(words, f"{many:,.0f}/s", f"{many / few:.2f} of that with one key")


def settle(server: Server) -> None:
    """Waits until a server that has just started does nothing more: a large ledger is looked through while it is used."""
    assert server.process
    before = -1.0
    while (used := cpu_seconds(server.process.pid)) - before > 0.02:
        before = used
        time.sleep(1)


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
    questions = {
        1: [checked_against_bare],
        2: [durable_against_fsync],
        3: [start_and_memory],
        5: [identity_against_bare],
        6: [many_accounts],
        7: [https_against_http],
        8: [keeping_data],
        9: [encryption_against_bare, many_keys],
    }
    questions[4] = questions[3]
    wanted = sys.argv[2:] or [str(number) for number in questions if number != 4]
    if len(sys.argv) < 2 or not BINARY.is_file() or not {str(number) for number in questions}.issuperset(wanted):
        raise SystemExit("usage: bench.py PATH-OF-GATEHOUSE [QUESTION…], with numbers from 1 to 9")
    if shutil.which("wrk") is None:
        raise SystemExit("wrk is not installed: Tools/install-dependencies bench")
    signal.signal(signal.SIGALRM, give_up)
    if USUAL_SIZE:
        signal.alarm(LIMIT)
    print(f"Gatehouse on {machine()}" + ("" if can_pin() else "; cores could not be told apart: ratios are rough"))
    # Beside the build, because /tmp is memory on some machines, where an fsync costs nothing.
    folder = Path(
        tempfile.mkdtemp(prefix="bench-", dir=REPOSITORY / ".build" if (REPOSITORY / ".build").is_dir() else None)
    )
    try:
        for number in wanted:
            for measure in questions[int(number)]:
                measure(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
