"""A web application that keeps exactly the bytes it got, and says how it has read them.

    with Recorder() as recorder:
        …  # Gatehouse's web front, with an application at `recorder.url`
        assert recorder.only().target == "/"

It reads with h11, strictly: what h11 doesn't read is an error of whoever sent it. `llhttp` reads the same bytes once more, as
Node does, for tests that want two opinions.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import h11
import httptools

from .patience import PATIENCE


@dataclass(frozen=True)
class Reading:
    """A request as somebody has read it."""

    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...] = field(repr=False)
    body: bytes

    def all(self, name: str) -> list[bytes]:
        return [value for one, value in self.headers if one.lower() == name.lower().encode()]

    def header(self, name: str) -> bytes | None:
        values = self.all(name)
        assert len(values) < 2, (name, values)
        return values[0] if values else None

    @property
    def word(self) -> str:
        """What tells it from others: it comes back in the answer."""
        parts = (self.method.encode(), self.target, self.body)
        return hashlib.sha256(b"".join(b"%d:%s" % (len(part), part) for part in parts)).hexdigest()[:16]


class Reader:
    """Reads requests out of bytes as they come, by h11."""

    def __init__(self) -> None:
        self._connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
        self._head: h11.Request | None = None
        self._body = b""

    def feed(self, data: bytes) -> list[Reading]:
        """The requests that are whole now."""
        found: list[Reading] = []
        self.feed_into(found, data)
        return found

    def feed_into(self, found: list[Reading], data: bytes) -> None:
        """Adds them to what is found, also where h11 can't read on behind them."""
        self._connection.receive_data(data)
        while True:
            event = self._connection.next_event()
            if isinstance(event, h11.Request):
                self._head, self._body = event, b""
            elif isinstance(event, h11.Data):
                self._body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                assert self._head
                names = tuple((bytes(name), bytes(value)) for name, value in self._head.headers)
                found.append(Reading(self._head.method.decode(), bytes(self._head.target), names, self._body))
                rest, _ = self._connection.trailing_data
                self.__init__()  # type: ignore[misc]
                if rest:  # Nothing would say that the connection is at its end.
                    self._connection.receive_data(rest)
            else:
                return

    @property
    def is_within(self) -> bool:
        """Whether a request is begun that is not at its end."""
        return self._head is not None or bool(self._connection.trailing_data[0])


def read_by_h11(data: bytes) -> tuple[list[Reading], bool]:
    """All requests in some bytes, and whether another is begun."""
    reader = Reader()
    return reader.feed(data), reader.is_within


def read_as_far_as_possible(data: bytes) -> list[Reading]:
    """The requests in some bytes, by both readers, each up to the first that it can't read."""
    found: list[Reading] = []
    with contextlib.suppress(h11.ProtocolError):
        Reader().feed_into(found, data)
    node = _Node()
    with contextlib.suppress(httptools.HttpParserError):
        node.read(data)
    return found + node.found


class _Node:
    def __init__(self) -> None:
        self.found: list[Reading] = []
        self.parser: httptools.HttpRequestParser
        self.is_within = False

    def read(self, data: bytes) -> None:
        while data:
            self.parser = httptools.HttpRequestParser(self)
            try:
                return self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # Whether the protocol is changed is for the application to say: it isn't.
                data = data[upgrade.args[0] :]

    def on_message_begin(self) -> None:
        self.url, self.headers, self.body, self.is_within = b"", [], b"", True  # type: ignore[var-annotated]

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.is_within = False
        self.found.append(Reading(self.parser.get_method().decode(), self.url, tuple(self.headers), self.body))


def read_by_llhttp(data: bytes) -> tuple[list[Reading], bool]:
    """The same by Node's parser."""
    node = _Node()
    node.read(data)
    return node.found, node.is_within


class Recorder:
    """Listens on a free port. Each connection has a thread of its own."""

    def __init__(self) -> None:
        #: What it answers: by default 200 and the word of what it has read.
        self.say: Callable[[Reading], bytes] = said
        #: Called with a connection once a head has come, in the place of all the rest.
        self.script: Callable[[socket.socket], None] | None = None
        #: What was read, whole.
        self.readings: list[Reading] = []
        #: What came on each connection, byte by byte.
        self.bytes: list[bytearray] = []
        #: Of connections on which h11 could not read on.
        self.errors: list[BaseException] = []
        self._changed = threading.Condition()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Recorder":
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                kept = bytearray()
                self.bytes.append(kept)
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, kept), daemon=True).start()

    def _serve(self, connection: socket.socket, kept: bytearray) -> None:
        reader = Reader()
        try:
            while data := connection.recv(1 << 16):
                with self._changed:
                    kept += data
                if self.script:
                    return self.script(connection)
                for reading in reader.feed(data):
                    with self._changed:
                        self.readings.append(reading)
                        self._changed.notify_all()
                    connection.sendall(self.say(reading))
        except OSError:
            pass
        except Exception as error:  # noqa: BLE001
            self.errors.append(error)
        finally:
            with self._changed:
                self._open.discard(connection)
                self._changed.notify_all()
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()

    # For tests

    @property
    def arrived(self) -> list[bytes]:
        """What came on each connection on which something came."""
        with self._changed:
            return [bytes(one) for one in self.bytes if one]

    @property
    def connections(self) -> int:
        with self._changed:
            return len(self._open)

    def drop(self) -> None:
        """Closes all connections, as a server does that has had enough of them."""
        with self._changed:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        with self._changed:
            self._changed.wait_for(lambda: not self._open & set(connections), PATIENCE)

    def forget(self) -> None:
        """Whatever came until now is of no interest, and no connection is left from it."""
        self.drop()
        with self._changed:
            self.say, self.script, self.readings, self.bytes, self.errors = said, None, [], [], []

    def wait(self, count: int = 1) -> list[Reading]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.readings) >= count, PATIENCE), (self.readings, self.bytes)
            return list(self.readings)

    def only(self) -> Reading:
        [reading] = self.wait()
        return reading


def said(reading: Reading) -> bytes:
    """The answer to what was read."""
    body = json.dumps({"word": reading.word, "target": reading.target.decode("latin-1")}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Word: %s\r\n" % reading.word.encode()
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + (b"" if reading.method == "HEAD" else body)
