"""`make bench`: what it costs that Gatehouse stands before another endpoint, as ratios measured in one run.

    gate.py PATH-OF-GATEHOUSE

The endpoint is the bare server framework, Hummingbird (`BareHTTP`), which answers DynamoDB's GetItem with a fixed body. It is asked
directly, and by way of the gate: there each request is proved, mapped to the table and the leading key, decided by a policy,
recorded and passed on; once more to an endpoint for which it is signed anew. Then 1 GiB goes through, in both directions.
Gatehouse is held to one core, the load and the endpoint to another.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import statistics
import sys
import tempfile
import time
from pathlib import Path

import bench
from bench import CONNECTIONS, TURNS, PinnedServer, bare_process, can_pin, heading, load, load_and_cpu, machine
from bench import row, write_requests
from objects import message
from transfers import GIB, MIB, transfer

from harness import Identity, allow, policy, raw

CALLS = 2000


def get_item(who: Identity, number: int) -> bytes:
    headers = {
        "Accept-Encoding": "identity",
        "Content-Type": "application/x-amz-json-1.0",
        "User-Agent": "Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux lang/python#3.11.7 cfg/retry-mode#legacy",
        "X-Amz-Target": "DynamoDB_20120810.GetItem",
        "amz-sdk-invocation-id": f"{number:08x}-0000-4000-8000-000000000000",
    }
    body = json.dumps({"TableName": "orders", "Key": {"id": {"S": "analyst"}}}).encode()
    request = raw.signed("POST", "/", body, who, service="dynamodb", headers=headers)
    lines = [f"{name}: {value}" for name, value in request.headers.items()] + [f"Content-Length: {len(body)}"]
    return ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


def latency(port: int, requests: list[bytes]) -> float:
    """The median of calls one after another on one connection, in milliseconds."""
    taken = []
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for request in requests:
            started = time.perf_counter()
            connection.sendall(request)
            answer = bench.read_answer(connection)
            taken.append(time.perf_counter() - started)
            assert answer.startswith(b"HTTP/1.1 200"), answer[:500]
    return statistics.median(taken) * 1000


def calls(folder: Path) -> None:
    heading("GetItem through the gate: proved, mapped, decided, recorded and passed on")
    with bare_process(core=bench.LOAD_CORE) as (bare_pid, bare_port):
        endpoint = f"http://127.0.0.1:{bare_port}"
        signing = folder / "upstreams"
        signing.write_text(f"dynamodb = {endpoint}\n    credentials = {{account}} secret\n")
        one_kind(folder / "gate", "", bare_pid, bare_port, "--upstream", f"dynamodb={endpoint}")
        one_kind(folder / "signing", ", signed anew", bare_pid, bare_port, "--upstream-config", str(signing))


def one_kind(folder: Path, kind: str, bare_pid: int, bare_port: int, *options: str) -> None:
    with PinnedServer(*options, data=folder) as server:
        assert server.process
        root = server.root
        root.iam.create_user(UserName="analyst")
        own = allow(
            "dynamodb:GetItem", "arn:aws:dynamodb:*:*:table/orders",
            Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}})  # fmt: skip
        root.iam.put_user_policy(UserName="analyst", PolicyName="own", PolicyDocument=policy(own))
        analyst = Identity.of_key(server.url, root.iam.create_access_key(UserName="analyst")["AccessKey"])
        made = [get_item(analyst, number) for number in range(CALLS)]
        file = write_requests(folder.parent, "items", made)
        load(bare_port, file, 1, CONNECTIONS)
        load(server.port, file, 1, CONNECTIONS)
        bare, gate = [], []
        for _ in range(TURNS):
            bare.append(load_and_cpu(bare_pid, bare_port, file, 1, CONNECTIONS)[1])
            gate.append(load_and_cpu(server.process.pid, server.port, file, 1, CONNECTIONS)[1])
        # One call after another: nobody else is on the cores meanwhile.
        straight, through = [], []
        for _ in range(TURNS):
            straight.append(latency(bare_port, made[:500]))
            through.append(latency(server.port, made[:500]))
    (least, added) = (min(bare), min(gate))
    row(f"CPU time of the bare answer{kind and ' meanwhile'}, µs", f"{least:,.0f}", "1.0")
    row(f"CPU time that the gate adds{kind}, µs", f"{added:,.0f}", f"{added / least:.1f}   (aim 3)")
    row(f"latency of the bare answer{kind and ' meanwhile'}, median, ms", f"{min(straight):.2f}", "")
    row(f"latency through the gate{kind}, median, ms", f"{min(through):.2f}",
        f"{min(through) - min(straight):.2f} added   (aim 0.30)")  # fmt: skip


def large(folder: Path) -> None:
    pieces, host = [os.urandom(MIB)] * (GIB // MIB), {"Host": "localhost"}
    taken: dict[str, list[float]] = {name: [] for name in ("bare out", "get", "bare in", "put")}
    with bare_process(core=bench.LOAD_CORE) as (bare_pid, bare_port):
        with PinnedServer("--upstream", f"s3=http://127.0.0.1:{bare_port}", data=folder / "large") as server:
            assert server.process
            root, pid = server.root, server.process.pid
            most = idle = server.resident_memory()
            for _ in range(3):
                getting = raw.signed("GET", f"/bench/{GIB}", b"", root, service="s3", payload_hash="UNSIGNED-PAYLOAD")
                headers = {"Content-Type": "application/octet-stream"}
                putting = raw.signed(
                    "PUT", "/bench/large", b"", root, service="s3", headers=headers, payload_hash="UNSIGNED-PAYLOAD")  # fmt: skip
                taken["bare out"].append(transfer(bare_pid, bare_port, raw.Request("GET", f"/{GIB}", host), [], 0)[0])
                taken["get"].append(transfer(pid, server.port, getting, [], 0)[0])
                taken["bare in"].append(transfer(bare_pid, bare_port, raw.Request("PUT", "/", host), pieces, GIB)[0])
                taken["put"].append(transfer(pid, server.port, putting, pieces, GIB)[0])
                most = max(most, server.resident_memory())
    rate = {name: statistics.median(values) for name, values in taken.items()}
    heading("1 GiB through the gate")
    row("GET: the bare answer; through the gate", f"{rate['bare out']:.2f} GiB/s",
        f"{rate['get']:.2f} GiB/s, {rate['get'] / rate['bare out']:.2f}")  # fmt: skip
    row("PUT: the bare server; through the gate", f"{rate['bare in']:.2f} GiB/s",
        f"{rate['put']:.2f} GiB/s, {rate['put'] / rate['bare in']:.2f}")  # fmt: skip
    row("memory before; at the most", f"{idle / 1e6:,.0f} MB", f"{most / 1e6:,.0f} MB")


def main() -> None:
    bench.BINARY = Path(sys.argv[1]).absolute()
    print(f"The gate on {machine()}" + ("" if can_pin() else "; cores could not be told apart: ratios are rough"))
    build = bench.REPOSITORY / ".build"
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=build if build.is_dir() else None))
    try:
        for measure in (calls, large):
            measure(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
