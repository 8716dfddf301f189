"""The requests that web application firewalls are measured with (Tests/Corpora/web), and what becomes of them."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
from collections import defaultdict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from .front import somewhere

FOLDER = Path(__file__).resolve().parents[2] / "Corpora" / "web"
HOST = "shop.example.com"
#: What a request has that says nothing else.
USUAL = {
    "Host": HOST,
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Accept": "text/html,application/json;q=0.9,*/*;q=0.8",
}


@dataclass(frozen=True)
class Request:
    """One line of the corpus."""

    id: str
    kind: str
    method: str
    target: str
    headers: list[tuple[str, str | None]]
    body: bytes
    source: str = ""
    note: str = ""

    @property
    def data(self) -> bytes:
        """As it is sent."""
        named = {name.lower() for name, _ in self.headers}
        headers = [(name, value) for name, value in USUAL.items() if name.lower() not in named]
        headers += [(name, value) for name, value in self.headers if value is not None]
        if not named & {"content-length", "transfer-encoding"} and (self.body or self.method in ("POST", "PUT", "PATCH")):
            headers.append(("Content-Length", str(len(self.body))))
        headers.append(("Connection", "close"))
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "", ""]
        return "\r\n".join(lines).encode() + self.body


def read(name: str) -> list[Request]:
    """`attacks` or `benign`."""
    requests = []
    for line in (FOLDER / f"{name}.jsonl").read_text().rstrip("\n").split("\n"):
        one = json.loads(line)
        headers = [(name, value) for name, value in one.get("headers", [])]
        body = one.get("body", "").encode()
        requests.append(
            Request(one["id"], one["class"], one["method"], one["target"], headers, body, one.get("source", ""), one["note"])
        )
    return requests


class Application:
    """Answers 200 to whatever arrives, and says nothing of it."""

    ANSWER = b"HTTP/1.1 200 OK\r\nX-Application: 1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Application":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(60)
            data = b""
            while b"\r\n\r\n" not in data:
                if not (piece := connection.recv(1 << 16)):
                    return
                data += piece
            head, body = data.lower().split(b"\r\n\r\n", 1)
            length = next((int(line[15:]) for line in head.split(b"\r\n") if re.fullmatch(rb"content-length: *[0-9]+", line)), 0)
            while len(body) < length or b"transfer-encoding: chunked" in head and not body.endswith(b"0\r\n\r\n"):
                if not (piece := connection.recv(1 << 16)):
                    return
                body += piece
            connection.sendall(self.ANSWER)


def outcome(port: int, request: Request) -> int:
    """The status of the answer: 200 where the application has answered; 0: there was none."""
    # Each is of another client: nobody is to be stopped for what came before.
    with socket.create_connection(("127.0.0.1", port), timeout=60, source_address=(somewhere(), 0)) as client:
        answer = b""
        with contextlib.suppress(ConnectionError):
            client.sendall(request.data)
            while piece := client.recv(1 << 16):
                answer += piece
    status = int(answer.split(b" ", 2)[1]) if answer else 0
    assert (status == 200) == (b"\r\nx-application: 1" in answer.lower()), answer
    return status


@dataclass
class Result:
    """What became of requests: how many of each class were stopped, and which were not, or should not have been."""

    count: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    stopped: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    passed: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    statuses: dict[str, int] = field(default_factory=dict)

    @property
    def share(self) -> float:
        """Of all that were stopped."""
        return sum(map(len, self.stopped.values())) / sum(self.count.values())


def measure(port: int, requests: Iterable[Request], *, at_once: int = 4) -> Result:
    """Sends them, each on a connection of its own."""
    result = Result()
    requests = list(requests)
    with ThreadPoolExecutor(at_once) as pool:
        for request, status in zip(requests, pool.map(lambda one: outcome(port, one), requests)):
            result.count[request.kind] += 1
            result.statuses[request.id] = status
            (result.passed if status == 200 else result.stopped)[request.kind].append(request.id)
    return result
