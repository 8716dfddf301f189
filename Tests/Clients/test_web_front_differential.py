"""Requests that chance has spoilt, sent through the web front: whatever arrives, two strict readers read the same requests out
of it, as many as the front has answered for, and each client gets the answers that are its own.

GATEHOUSE_FRONT_MUTATIONS says how many (300), GATEHOUSE_FRONT_SEED where chance begins."""

from __future__ import annotations

import os
import random
import re
import socket
from collections.abc import Iterator

import httptools
import pytest

from harness.front import HOST, answers, get, post
from harness.recorder import read_as_far_as_possible, read_by_h11, read_by_llhttp
from harness.smuggling import SMUGGLED, Target, target

COUNT = int(os.environ.get("GATEHOUSE_FRONT_MUTATIONS", "300"))
PATIENCE = 1.0
SEED = int(os.environ.get("GATEHOUSE_FRONT_SEED", "18"))

GOOD = [
    get(b"/a?b=c", b"Accept: */*", b"X-Y: z"),
    post(b"Content-Length: 5", b"X: y", body=b"hello", target=b"/length"),
    post(b"Transfer-Encoding: chunked", body=b"5;a=b\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", target=b"/chunks"),
    post(b"Transfer-Encoding: chunked", b"Trailer: X", body=b"5\r\nhello\r\n0\r\nX: y\r\n\r\n", target=b"/trailers"),
    post(b"Content-Length: %d" % len(SMUGGLED), body=SMUGGLED, target=b"/nested"),
    post(b"Transfer-Encoding: chunked", body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED), target=b"/nested-chunks"),
    post(b"Content-Length: 5", b"Expect: 100-continue", body=b"hello", target=b"/expects"),
    get(b"/upgrade", b"Connection: Upgrade", b"Upgrade: websocket"),
    b"GET http://" + HOST + b"/url HTTP/1.1\r\nHost: " + HOST + b"\r\n\r\n",
    b"POST /old HTTP/1.0\r\nHost: " + HOST + b"\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
]
#: What tends to be read in more than one way.
PIECES = [
    b"\r\n", b"\n", b"\r", b"\x00", b" ", b"\t", b":", b",", b";", b"\x0b", b"\xa0", b"\xff", b"0\r\n\r\n", b"\r\n\r\n", b"Content-Length: 0\r\n",
    b"Content-Length: 7\r\n", b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n", b"Transfer-Encoding:\x0bchunked\r\n", b" chunked",
    b"Host: evil.example.net\r\n", b"Connection: close\r\n", b"Connection: Content-Length\r\n", b"Connection: Transfer-Encoding\r\n", b"X: ", b" X: y\r\n",
    b"HTTP/1.1", b"HTTP/1.0", b"GET ", b"POST ", b"HEAD ", b"chunked", b"+", b"-", b"0x", b"_", b"0", b"f", b"ffffffffffffffff", b"5\r\n", b"#", b"//",
    b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Content_Length: 9\r\n", b"\r\n ", SMUGGLED,
]  # fmt: skip


def spoilt(chance: random.Random) -> bytes:
    """One or two requests with a few changes."""
    data = b"".join(chance.choices(GOOD, k=chance.choice((1, 1, 2))))
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        place = chance.randrange(len(data) + 1)
        if chance.random() < 0.5 and b"\r\n" in data[place:]:
            # Most of what matters is where lines end and begin.
            place = data.index(b"\r\n", place) + chance.choice((0, 2))
        piece = chance.choice(PIECES)
        match chance.randrange(6):
            case 0: data = data[:place] + piece + data[place:]
            case 1: data = data[:place] + piece + data[place + len(piece) :]
            case 2: data = data[:place] + data[place + chance.randint(1, 8) :]
            case 3: data = data[:place] + bytes([chance.randrange(256)]) + data[place + 1 :]
            case 4:
                start, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
                data = data[:place] + data[start : min(end, start + 60)] + data[place:]
            case _:
                lines = data.split(b"\r\n")
                first, second = chance.randrange(len(lines)), chance.randrange(len(lines))
                lines[first], lines[second] = lines[second], lines[first]
                data = b"\r\n".join(lines)
    return data


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("front")) as shared:
        yield shared


def path(target: bytes) -> bytes:
    """Of a URL, as servers get it."""
    prefix = b"http://" + HOST
    return (target.removeprefix(prefix) or b"/") if target.startswith(prefix) else target


def check(front: Target, data: bytes) -> int:
    """How many requests of these bytes have arrived."""
    front.application.forget()
    received = b""
    with front.front.connect() as client:
        try:
            client.sendall(data)
            client.shutdown(socket.SHUT_WR)
            client.settimeout(PATIENCE)
            while piece := client.recv(1 << 16):
                received += piece
        except (ConnectionError, TimeoutError):
            pass
    if any(re.search(rb"(?m)^\S+ \S*[\x80-\xff]\S* HTTP/1\.1\r$", arrived) for arrived in front.application.arrived):
        # Targets that are no ASCII pass as they are; h11 does not take them, and there is no second opinion.
        return 0
    assert not front.application.errors, front.application.errors
    readings = []
    for arrived in front.application.arrived:
        by_h11, within = read_by_h11(arrived)
        try:
            by_llhttp, within_too = read_by_llhttp(arrived)
        except httptools.HttpParserInvalidMethodError:
            # It knows some methods only: there is no second opinion.
            by_llhttp, within_too = by_h11, within
        assert [one.word for one in by_h11] == [one.word for one in by_llhttp], arrived
        assert within == within_too, arrived
        for one in by_h11:
            assert one.all("host") == [HOST], arrived
            assert re.fullmatch(rb"127\.\d+\.\d+\.\d+", one.header("x-forwarded-for") or b""), arrived
        readings += by_h11
    # The client's own bytes are read in the same way: the front has changed no request into another.
    own = {(one.method, path(one.target), one.body) for one in read_as_far_as_possible(data)}
    assert {(one.method, one.target, one.body) for one in readings} <= own, (readings, own)
    # HEAD may have come of the changes: its answers have no bodies, and which they are only the application knows.
    words = {one.word: one for one in readings}
    methods: list[str] = []
    for line in received.split(b"\r\n"):
        if line.lower().startswith(b"x-word: "):
            word = line[8:].decode()
            assert word in words, "an answer to a request that has not arrived"
            methods.append(words[word].method)
    got = [one for one in answers(received, tuple(methods)) if one.status >= 200]
    answered = [one.word for one in got if one.word]
    # The client may have been refused, or gone, before an answer was there; never is there an answer too many, or out of turn.
    assert len(answered) <= len(readings), (answered, readings)
    assert len(set(answered)) == len(answered) or len(readings) >= len(answered)
    assert all(one.status in (200, 400, 404, 405, 408, 413, 414, 417, 431, 501, 502, 505) for one in got), got
    assert all(one.word or one.status == 404 for one in got[:-1]), got
    return len(readings)


def test_whatever_arrives_is_read_in_one_way(front: Target) -> None:
    chance, arrived = random.Random(SEED), 0
    process = front.front.server.process
    assert process
    for number in range(COUNT):
        data = spoilt(chance)
        try:
            arrived += check(front, data)
        except (AssertionError, Exception) as error:
            raise AssertionError(f"number {number} of seed {SEED}: {data!r}") from error
        assert process.poll() is None, data
    # Not all is refused, or nothing would be tested.
    assert arrived > COUNT / 10, arrived
    front.application.forget()
    front.front.works()


def test_the_requests_that_are_spoilt_are_good(front: Target) -> None:
    for data in GOOD:
        assert check(front, data) == 1, data
