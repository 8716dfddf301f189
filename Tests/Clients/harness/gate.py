"""Gatehouse with a scripted endpoint behind it, and requests of a few services to send through."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from . import raw
from .identity import Identity
from .raw import Request, send, signed
from .server import Server
from .patience import PATIENCE
from .upstream import Upstream, answer, answering

#: Services that Gatehouse answers itself, unless it is told that they lie behind it.
ANSWERED = "cloudwatch, config, ec2, events, logs, s3, sns, sqs"

MIB = 1 << 20
#: The hash of an empty body.
NOTHING = hashlib.sha256(b"").hexdigest()


class Gate:
    """Gatehouse, with an endpoint behind it that answers all services, S3 too, as the test says."""

    def __init__(
        self, folder: Path, settings: str = "", *, options: tuple[str, ...] = (), upstream: Upstream | None = None,
        timeout: float = 15,
    ):
        self.upstream = upstream or Upstream()
        self.file = folder / "upstreams"
        self.log = folder / "log"
        self.settings = f"timeout = {int(timeout * 1000)}ms\nconnect-timeout = 3s\n{settings}"
        self.write()
        self.server = Server("--upstream-config", str(self.file), *options, log=self.log)

    def write(self, url: str | None = None, *, more: str = "") -> None:
        lines = []
        for services in ("*", ANSWERED):
            lines.append(f"{services} = {url or self.upstream.url}")
            lines += [f"    {line.strip()}" for line in self.settings.splitlines() if line.strip()]
        self.file.write_text("\n".join(lines) + f"\n{more}")

    def reload(self, said: str) -> None:
        """SIGHUP, and what the log is then to say."""
        before = self.log.read_text().count(said)
        assert self.server.process
        self.server.process.send_signal(signal.SIGHUP)
        eventually(lambda: self.log.read_text().count(said) > before)

    def __enter__(self) -> "Gate":
        self.server.start()
        return self

    def __exit__(self, *_: object) -> None:
        alive = self.server.alive
        self.server.kill()
        self.upstream.__exit__()
        assert alive, "the server died"

    @property
    def port(self) -> int:
        return self.server.port

    @property
    def root(self) -> Identity:
        return self.server.root

    # Requests

    def queues(self, operation: str = "ListQueues", **members: object) -> Request:
        """One of SQS's, in JSON."""
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"AmazonSQS.{operation}"}
        return signed("POST", "/", json.dumps(members).encode(), self.root, service="sqs", headers=headers)

    def topics(self, action: str = "CreateTopic", **parameters: str) -> Request:
        """One of SNS's, as a form."""
        return signed("POST", "/", raw.form(action, "2010-03-31", **parameters), self.root, service="sns")

    def object(
        self, method: str = "GET", body: bytes = b"", *, key: str = "key", payload_hash: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> Request:
        """One of S3's."""
        return signed(
            method, f"/bucket/{key}", body, self.root, service="s3", headers=headers,
            payload_hash=payload_hash or hashlib.sha256(body).hexdigest())

    def ask(self, request: Request | None = None, *, timeout: float = PATIENCE) -> raw.Answer:
        return send(self.port, request or self.queues(), timeout=timeout)

    def works(self) -> None:
        """The next request gets the answer that is its own."""
        word = os.urandom(8).hex()
        self.upstream.script = answering(answer(json.dumps({"QueueUrls": [word]}).encode()))
        got = self.ask()
        assert (got.status, json.loads(got.body)) == (200, {"QueueUrls": [word]})

    def used(self) -> Iterator["Gate"]:
        """One that several tests use, and that serves as before when one of them is done."""
        assert self.server.process
        before = self.server.process.pid
        self.upstream.forget()
        yield self
        assert self.server.process.poll() is None and self.server.process.pid == before, "the server died"
        self.works()
        errors, self.upstream.errors = self.upstream.errors, []
        assert not errors, errors


def eventually(found: Callable[[], object], *, within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@contextlib.contextmanager
def uploading(gate: Gate, request: Request, length: int | None) -> Iterator[socket.socket]:
    """A connection on which the head is sent; and the body, where no length is given."""
    with socket.create_connection(("127.0.0.1", gate.port), timeout=PATIENCE) as client:
        client.sendall(http_bytes(request, length))
        yield client


def http_bytes(request: Request, length: int | None = None) -> bytes:
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines.append(f"Content-Length: {len(request.body) if length is None else length}")
    lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + request.body


def read_answer(client: socket.socket) -> raw.Answer:
    got = http.client.HTTPResponse(client)
    got.begin()
    return raw.Answer(got.status, {n.lower(): v for n, v in got.getheaders()}, got.read())


@contextlib.contextmanager
def keeping(gate: Gate) -> Iterator[Callable[[Request], raw.Answer]]:
    """Requests on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=PATIENCE)

    def ask(request: Request) -> raw.Answer:
        connection.request(request.method, request.target, request.body, request.headers)
        got = connection.getresponse()
        return raw.Answer(got.status, {n.lower(): v for n, v in got.getheaders()}, got.read())

    with contextlib.closing(connection):
        yield ask
