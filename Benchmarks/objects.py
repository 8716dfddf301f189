"""`make bench`: what S3's objects cost, as ratios measured in one run.

    objects.py PATH-OF-GATEHOUSE

Objects of 1 KiB, 1 MiB and 1 GiB are put into a data directory and got from it, against a bare server framework,
Hummingbird (`BareHTTP`), which keeps nothing, and against what the disk does: synced writes, one after another. Everything
is sealed, as always. The server is held to one core, the clients to another.

A page of a listing is measured in a bucket of GATEHOUSE_BENCH_OBJECTS objects (100,000; performance.md has ten million).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import bench
from bench import PinnedServer, bare_process, can_pin, fsyncs_per_second, heading, load, machine, ran, row, settle
from bench import write_requests
from transfers import GIB, MIB, transfer

from harness import Identity, raw

OBJECTS = int(os.environ.get("GATEHOUSE_BENCH_OBJECTS", "100000"))
ROUNDS = 3
KIB = 1024


def message(request: raw.Request, body: bytes = b"") -> bytes:
    lines = [f"{name}: {value}" for name, value in request.headers.items()]
    if body or request.method == "PUT":
        lines.append(f"Content-Length: {len(body)}")
    return (f"{request.method} {request.target} HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + body


def get(who: Identity, target: str) -> bytes:
    return message(raw.signed("GET", target, b"", who, service="s3", payload_hash="UNSIGNED-PAYLOAD"))


def put(who: Identity, target: str, body: bytes, digest: str) -> bytes:
    headers = {"Content-Type": "application/octet-stream"}
    return message(raw.signed("PUT", target, b"", who, service="s3", headers=headers, payload_hash=digest), body)


def best(measure: Callable[[], float], rounds: int = ROUNDS) -> float:
    return max(measure() for _ in range(rounds))


def written(folder: Path, size: int, count: int, piece: bytes) -> float:
    """Bytes in a second, of files that are written and synced one after another."""
    path, started = folder / "written", time.perf_counter()
    for number in range(count):
        with open(f"{path}-{number}", "wb", buffering=0) as file:
            for _ in range(max(1, size // len(piece))):
                file.write(piece[: min(size, len(piece))])
            os.fdatasync(file.fileno())
    took = time.perf_counter() - started
    for number in range(count):
        Path(f"{path}-{number}").unlink()
    return size * count / took


def small_and_middle(folder: Path) -> None:
    rows: list[tuple[str, str, str]] = []
    with PinnedServer(data=folder / "objects") as server, bare_process() as (_, bare_port):
        root, s3 = server.root, server.root.client("s3")
        s3.create_bucket(Bucket="bench")
        for size, name in ((KIB, "1 KiB"), (MIB, "1 MiB")):
            body, count = os.urandom(size), 2000 if size == KIB else 100
            digest = hashlib.sha256(body).hexdigest()
            for number in range(min(count, 200)):
                s3.put_object(Bucket="bench", Key=f"{size}/{number}", Body=body)
            gets = write_requests(
                folder, f"get-{size}", [get(root, f"/bench/{size}/{n % min(count, 200)}") for n in range(count)])
            puts = write_requests(
                folder, f"put-{size}", [put(root, f"/bench/{size}/new-{n}", body, digest) for n in range(count)])
            bare = write_requests(
                folder, f"bare-{size}", [message(raw.Request("GET", f"/{size}", {"Host": "localhost"}))])
            disk = fsyncs_per_second(folder) if size == KIB else written(folder, MIB, 64, body) / MIB
            for clients in (1, 64):
                words = "1 client" if clients == 1 else f"{clients} clients"
                taken = {name: 0.0 for name in ("bare", "get", "put")}
                for _ in range(ROUNDS):
                    for kind, port, file in (
                        ("bare", bare_port, bare), ("get", server.port, gets), ("put", server.port, puts)):  # fmt: skip
                        taken[kind] = max(taken[kind], load(port, file, 2, clients))
                rows.append((f"GET {name}, {words}", f"{taken['get']:,.0f}/s", f"{taken['get'] / taken['bare']:.2f} of bare"))
                rows.append((f"PUT {name}, {words}", f"{taken['put']:,.0f}/s",
                             f"{taken['put'] / disk:.2f} of the disk's, one after another"))  # fmt: skip
    heading("Objects in a data directory, one core, sealed")
    for each in rows:
        row(*each)


def large(folder: Path) -> None:
    piece = os.urandom(MIB)
    digest = hashlib.sha256()
    for _ in range(GIB // MIB):
        digest.update(piece)
    pieces, host = [piece] * (GIB // MIB), {"Host": "localhost"}
    taken: dict[str, list[float]] = {name: [] for name in ("bare in", "bare out", "put", "put, hashed", "get", "disk")}
    with PinnedServer(data=folder / "large") as server, bare_process() as (bare_pid, bare_port):
        root, pid = server.root, server.process.pid
        root.client("s3").create_bucket(Bucket="bench")
        idle = server.resident_memory()

        def putting(payload: str) -> raw.Request:
            headers = {"Content-Type": "application/octet-stream"}
            return raw.signed("PUT", "/bench/large", b"", root, service="s3", headers=headers, payload_hash=payload)

        most = idle
        for _ in range(ROUNDS):
            taken["disk"].append(written(folder, GIB, 1, piece) / GIB)
            taken["bare in"].append(transfer(bare_pid, bare_port, raw.Request("PUT", "/", host), pieces, GIB)[0])
            taken["bare out"].append(transfer(bare_pid, bare_port, raw.Request("GET", f"/{GIB}", host), [], 0)[0])
            taken["put"].append(transfer(pid, server.port, putting("UNSIGNED-PAYLOAD"), pieces, GIB)[0])
            taken["put, hashed"].append(transfer(pid, server.port, putting(digest.hexdigest()), pieces, GIB)[0])
            getting = raw.signed("GET", "/bench/large", b"", root, service="s3", payload_hash="UNSIGNED-PAYLOAD")
            taken["get"].append(transfer(pid, server.port, getting, [], 0)[0])
            most = max(most, server.resident_memory())
    rate = {name: statistics.median(values) for name, values in taken.items()}
    heading("An object of 1 GiB, one core, sealed")
    row("writing 1 GiB into a file, and syncing it", f"{rate['disk']:.2f} GiB/s", "1.00")
    row("PUT, UNSIGNED-PAYLOAD", f"{rate['put']:.2f} GiB/s",
        f"{rate['put'] / rate['disk']:.2f}; {rate['put'] / rate['bare in']:.2f} of bare")  # fmt: skip
    row("PUT, its hash signed", f"{rate['put, hashed']:.2f} GiB/s",
        f"{rate['put, hashed'] / rate['disk']:.2f}; {rate['put, hashed'] / rate['bare in']:.2f} of bare")  # fmt: skip
    row("bare answer of 1 GiB", f"{rate['bare out']:.2f} GiB/s", "1.00")
    row("GET", f"{rate['get']:.2f} GiB/s", f"{rate['get'] / rate['bare out']:.2f}")
    row("memory before; at the most", f"{idle / 1e6:,.0f} MB", f"{most / 1e6:,.0f} MB")


def listing(folder: Path) -> None:
    key = {"AccessKeyId": "AKIABENCHBENCHBENCH0", "SecretAccessKey": "bench" * 8}
    data = folder / "many-objects"
    started = time.perf_counter()
    ran("bench-fill", "--data", data, "--accounts", 1, "--users", 1, "--objects", OBJECTS,
        "--access-key-id", key["AccessKeyId"], "--secret-access-key", key["SecretAccessKey"])  # fmt: skip
    filled = time.perf_counter() - started
    size = sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    server = PinnedServer(data=data, fixed_root=False)
    started = time.perf_counter()
    server.start(within=300)
    start = time.perf_counter() - started
    try:
        user = Identity.of_key(server.url, key)
        identity = user.client("sts").get_caller_identity()["Arn"]
        assert ":user/" in identity
        settle(server)
        step = max(1, OBJECTS // 997)
        after = [f"folder-{n // 1000:08}/object-{n:08}".replace("/", "%2F") for n in range(0, OBJECTS, step)]
        pages = {
            "a page of 1,000 keys, anywhere": [get(user, f"/bench?list-type=2&start-after={each}") for each in after],
            "a page of 1,000 folders": [get(user, f"/bench?delimiter=%2F&list-type=2&start-after={each}") for each in after],
        }
        rates = {}
        for number, (name, requests) in enumerate(pages.items()):
            file = write_requests(folder, f"list-{number}", requests)
            rates[name] = best(lambda file=file: load(server.port, file, 2, 1))
        memory = server.resident_memory() / 1e6
    finally:
        server.kill()
    heading(f"{OBJECTS:,} objects in a bucket: {size / 1e9:.1f} GB, filled in {filled:,.0f} s")
    row("from the start of the process until it listens", f"{start * 1000:,.0f} ms", f"{memory:,.0f} MB in use")
    for name, rate in rates.items():
        row(name, f"{1000 / rate:.1f} ms", "")


def main() -> None:
    bench.BINARY = Path(sys.argv[1]).absolute()
    print(f"S3 on {machine()}" + ("" if can_pin() else "; cores could not be told apart: ratios are rough"))
    build = bench.REPOSITORY / ".build"
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=build if build.is_dir() else None))
    try:
        for measure in (small_and_middle, large, listing):
            measure(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
