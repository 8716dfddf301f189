"""`make bench`: what a proved stream costs, as ratios measured in one run.

    transfers.py PATH-OF-PROBE-SERVER

One GiB in and one GiB out, of the tests' own service whose bodies are streams (Tests/Probe/Depot), against the transfer of
a bare server framework, Hummingbird (`BareHTTP`). The server is held to one core, the client to another. Each row by
turns, so that a machine that slows down slows all of them; the median counts.

What proves a body is a SHA-256 of every byte, in one piece (`x-amz-content-sha256`) or chunk by chunk. The rows without a
proof show what that costs.
"""

from __future__ import annotations

import hashlib
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))

from harness import raw  # noqa: E402
from harness.chunks import SIGNED, UNSIGNED_TRAILER, Chunked, chunked  # noqa: E402

MIB, GIB = 1 << 20, 1 << 30
ROUNDS = 3
ACCOUNT, KEY, SECRET = "111122223333", "AKIAPROBEPROBEPROBE1", "probeSecretprobeSecretprobeSecretprobe12"


@contextmanager
def running(command: list[str], core: int = 0) -> Iterator[tuple[int, int]]:
    """A server; yields its process id and its port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    if len(os.sched_getaffinity(0)) > 1:
        command = ["taskset", "-c", str(core), *command]
    process = subprocess.Popen([part.replace("PORT", str(port)) for part in command], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"{command[-1]} does not listen") from None
                time.sleep(0.02)
        yield process.pid, port
    finally:
        process.kill()
        process.wait()


def cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def transfer(pid: int, port: int, request: raw.Request, body: Iterable[bytes], length: int) -> tuple[float, float]:
    """Sends a request and reads its answer to the end: the GiB in a second, and the server's seconds of CPU."""
    fields = request.headers | {"Content-Length": str(length), "Connection": "close"}
    head = f"{request.method} {request.target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields.items())
    before, started = cpu_seconds(pid), time.perf_counter()
    received, buffer = bytearray(), bytearray(MIB)
    count = 0
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(head.encode() + b"\r\n")
        for piece in body:
            connection.sendall(piece)
        while got := connection.recv_into(buffer):
            count += got
            if len(received) < 2000:
                received += buffer[:got]
    took = time.perf_counter() - started
    if b" 200 " not in received[:20] or max(length, count) < GIB:
        raise SystemExit(f"{request.method} {request.target}: {bytes(received[:2000])!r}")
    return 1 / took, cpu_seconds(pid) - before


def main() -> None:
    server = Path(sys.argv[1]).absolute()
    piece = os.urandom(MIB)
    digest = hashlib.sha256()
    for _ in range(GIB // MIB):
        digest.update(piece)
    with (
        running([str(server.with_name("BareHTTP")), "PORT"]) as bare,
        running([str(server), "PORT", ACCOUNT, KEY, SECRET]) as depot,
    ):
        who = SimpleNamespace(url=f"http://127.0.0.1:{depot[1]}", key_id=KEY, secret=SECRET, token=None)

        def put(payload: str) -> raw.Request:
            return raw.signed("PUT", "/parcels/one?plain=true", b"", who, service="depot", payload_hash=payload,
                              headers={"Content-Type": "application/octet-stream"})  # fmt: skip

        pieces = [piece] * (GIB // MIB)
        host = {"Host": "localhost"}

        def in_chunks(form: str) -> tuple[raw.Request, Iterable[bytes], int]:
            made: Chunked = chunked("PUT", "/parcels/one?plain=true", pieces, who, form=form)
            parts = [part for chunk in made.chunks for part in (chunk.line + b"\r\n", chunk.data, b"\r\n")] + [made.end]
            return made.request, parts, sum(map(len, parts))

        rows = {
            "in: bare": (bare, lambda: (raw.Request("PUT", "/", host), pieces, GIB)),
            "in: UNSIGNED-PAYLOAD": (depot, lambda: (put("UNSIGNED-PAYLOAD"), pieces, GIB)),
            "in: hash signed with the head": (depot, lambda: (put(digest.hexdigest()), pieces, GIB)),
            "in: signed chunks of 1 MiB": (depot, lambda: in_chunks(SIGNED)),
            "in: unsigned chunks of 1 MiB": (depot, lambda: in_chunks(UNSIGNED_TRAILER)),
            "out: bare": (bare, lambda: (raw.Request("GET", f"/{GIB}", host), [], 0)),
            "out: stream": (depot, lambda: (
                raw.signed("GET", f"/parcels/one?size={GIB}", b"", who, service="depot",
                           payload_hash="UNSIGNED-PAYLOAD"), [], 0)),
        }  # fmt: skip
        if len(os.sched_getaffinity(0)) > 1:
            os.sched_setaffinity(0, {1})
        measured: dict[str, list[tuple[float, float]]] = {name: [] for name in rows}
        for _ in range(ROUNDS):
            for name, (where, make) in rows.items():
                request, body, length = make()
                measured[name].append(transfer(*where, request, body, length))
    print("\nOne GiB through a proved stream, against the bare framework's transfer (one core)")
    for name, figures in measured.items():
        rate, cpu = (statistics.median(figure[index] for figure in figures) for index in (0, 1))
        bare_rate, bare_cpu = (
            statistics.median(figure[index] for figure in measured[f"{name.split(':')[0]}: bare"]) for index in (0, 1)
        )
        print(f"  {name:<34} {rate:6.2f} GiB/s  {rate / bare_rate:5.2f}   {cpu:5.2f} s of CPU, {cpu / bare_cpu:.1f} times")


if __name__ == "__main__":
    main()
