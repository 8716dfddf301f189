"""Gatehouse's web front before a web application of the test's own, and raw connections to it."""

from __future__ import annotations

import os
import random
import re
import socket
from dataclasses import dataclass
from pathlib import Path

from .patience import PATIENCE
from .recorder import Recorder
from .web_front import WebFront

HOST = b"shop.example.com"


@dataclass
class Answer:
    """One answer on a connection."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    #: Whether its body has come to the end that its head had promised.
    is_whole: bool

    def header(self, name: str) -> str | None:
        values = [value for one, value in self.headers if one.lower() == name.lower()]
        assert len(values) < 2, (name, values)
        return values[0] if values else None

    @property
    def word(self) -> str | None:
        """Of the request that the application has answered; None: it is an answer of somebody else's."""
        return self.header("x-word")


class Shop(WebFront):
    """The web front before one application, `shop`, for `HOST`."""

    def __init__(self, folder: Path, application: Recorder, settings: str = ""):
        self.application = application
        more = "".join(f"    {line.strip()}\n" for line in settings.splitlines() if line.strip())
        super().__init__(folder, f"shop = {application.url}\n    hosts = {HOST.decode()}\n{more}")

    def connect(self, *_: object) -> socket.socket:
        """A connection of somebody else's: whoever sends nothing but what is wrong is soon not let in any more."""
        client = socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE, source_address=(somewhere(), 0))
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return client

    def tell(self, data: bytes, *, shut: bool = False, methods: tuple[str, ...] = ()) -> tuple[list[Answer], bool]:
        """What comes back for these bytes until the connection is closed, and whether it is. Without `shut` the client
        goes on listening for a while, as long as it gets something."""
        received, is_closed = b"", False
        with self.connect() as client:
            try:
                client.sendall(data)
                if shut:
                    client.shutdown(socket.SHUT_WR)
                client.settimeout(PATIENCE if shut else 3)
                while piece := client.recv(1 << 16):
                    received += piece
                is_closed = True
            except TimeoutError:
                pass
            except OSError:
                is_closed = True
        return answers(received, methods), is_closed

    def works(self) -> None:
        """A request gets the answer that is its own, and is the only one that arrives meanwhile."""
        word = os.urandom(8).hex().encode()
        [answer], _ = self.tell(get(b"/works/" + word, close=True))
        assert answer.status == 200 and word in answer.body, answer


def somewhere() -> str:
    """An address that a client may have here."""
    return ".".join(map(str, (127, random.randint(1, 254), random.randint(1, 254), random.randint(1, 254))))


def get(target: bytes = b"/", *lines: bytes, method: bytes = b"GET", close: bool = False, host: bytes = HOST) -> bytes:
    """A request without a body."""
    head = [method + b" " + target + b" HTTP/1.1", b"Host: " + host, *lines, *([b"Connection: close"] if close else [])]
    return b"\r\n".join([*head, b"", b""])


def post(*lines: bytes, body: bytes = b"", target: bytes = b"/", method: bytes = b"POST") -> bytes:
    """A request whose lines say how long its body is."""
    return get(target, *lines, method=method) + body


def answers(data: bytes, methods: tuple[str, ...] = ()) -> list[Answer]:
    """The answers in some bytes, read strictly. `methods` are those of the requests, where one of them is HEAD."""
    found: list[Answer] = []
    while data:
        assert b"\r\n\r\n" in data, data
        head, data = data.split(b"\r\n\r\n", 1)
        first, *lines = head.decode("latin-1").split("\r\n")
        matched = re.fullmatch(r"HTTP/1\.1 (\d{3}) [^\r\n]*", first)
        assert matched, first
        headers = []
        for line in lines:
            name, colon, value = line.partition(":")
            assert colon and re.fullmatch(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", name) and not re.search(r"[\r\n\0]", value), line
            headers.append((name, value.strip()))
        answer = Answer(int(matched[1]), headers, b"", True)
        number = len([one for one in found if one.status >= 200])
        is_to_head = number < len(methods) and methods[number] == "HEAD"
        length, encoding = answer.header("content-length"), answer.header("transfer-encoding")
        assert not (length and encoding), head
        if is_to_head or answer.status < 200 or answer.status in (204, 304):
            pass
        elif encoding:
            assert encoding == "chunked", head
            data = _read_chunks(answer, data)
        elif length is not None:
            size = int(length)
            answer.body, data = data[:size], data[size:]
            answer.is_whole = len(answer.body) == size
        else:
            answer.body, data = data, b""
        found.append(answer)
    return found


def _read_chunks(answer: Answer, data: bytes) -> bytes:
    answer.is_whole = False
    while b"\r\n" in data:
        line, rest = data.split(b"\r\n", 1)
        assert re.fullmatch(rb"[0-9a-fA-F]+", line), line
        size = int(line, 16)
        if size == 0:
            assert rest.startswith(b"\r\n"), rest
            answer.is_whole = True
            return rest[2:]
        answer.body += rest[:size]
        if len(rest) < size + 2:
            return b""
        assert rest[size : size + 2] == b"\r\n", rest[:size + 2]
        data = rest[size + 2 :]
    return b""
