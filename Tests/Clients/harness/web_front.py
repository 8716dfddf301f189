"""The web front before servers of a test's own."""

from __future__ import annotations

import itertools
import re
import signal
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from .patience import PATIENCE
from .server import Server

LISTENS = re.compile(r"The web front listens on (https?)://\S+:(\d+)")
_CONNECTIONS = itertools.count()


class WebFront:
    """`gatehouse serve --web-front`, on free ports.

    with WebFront(tmp_path, f"shop = {upstream.url}") as front:
        answer = front.ask(b"GET / HTTP/1.1\\r\\nHost: shop\\r\\n\\r\\n")
    """

    def __init__(self, folder: Path, text: str, *options: str):
        self.file = folder / "web-front"
        self.file.write_text(text)
        self.log = folder / "log"
        self.server = Server(
            "--web-front", str(self.file), "--web-front-port", "0", "--web-front-tls-port", "0", "--log-level", "debug", *options, log=self.log
        )
        self.port = self.secure_port = 0

    def __enter__(self) -> WebFront:
        self.server.start()
        for line in self.server.output:
            if found := LISTENS.search(line):
                if found.group(1) == "https":
                    self.secure_port = int(found.group(2))
                else:
                    self.port = int(found.group(2))
        return self

    def __exit__(self, *_: object) -> None:
        self.server.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def reload(self, text: str, said: str) -> None:
        """Has it read another text, and waits until the log has some words."""
        self.file.write_text(text)
        count = self.log.read_text().count(said)
        assert self.server.process
        self.server.process.send_signal(signal.SIGHUP)
        until(lambda: self.log.read_text().count(said) > count)

    def connect(self, name: str | None = None, context: ssl.SSLContext | None = None) -> socket.socket:
        """A connection; with a context it is encrypted. Each is from another address: Shield lets nobody in for a while who has
        done what no honest client does again and again."""
        number = next(_CONNECTIONS)
        source = f"127.{16 + (number >> 16) % 128}.{(number >> 8) % 256}.{number % 254 + 1}"
        place = ("127.0.0.1", self.secure_port if context else self.port)
        plain = socket.create_connection(place, timeout=PATIENCE, source_address=(source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return context.wrap_socket(plain, server_hostname=name) if context else plain

    def ask(self, *pieces: bytes, within: float = PATIENCE) -> bytes:
        """What comes back for some bytes, until the connection is closed."""
        with self.connect() as connection:
            connection.settimeout(within)
            for piece in pieces:
                connection.sendall(piece)
            return everything(connection)

    def metric(self, name: str) -> int:
        """The sum of a metric's values."""
        lines = self.server.get("/metrics")[1].splitlines()
        return sum(int(line.rsplit(" ", 1)[1]) for line in lines if re.match(rf"{name}[ {{]", line))


def everything(connection: socket.socket) -> bytes:
    """What comes until the connection is closed."""
    data = b""
    while piece := connection.recv(1 << 16):
        data += piece
    return data


def until(what: Callable[[], bool], within: float = PATIENCE) -> None:
    """Waits until something holds."""
    end = time.monotonic() + within
    while not what():
        assert time.monotonic() < end, "it did not come to pass"
        time.sleep(0.05)


def status(answer: bytes) -> int:
    """Of the first answer."""
    return int(answer.split(b" ", 2)[1])
