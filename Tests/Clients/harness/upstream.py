"""An endpoint behind Gatehouse that does what a test tells it, byte by byte, and remembers what arrived.

    with Upstream(answering(json_answer(b"{}"))) as upstream:
        …  # Gatehouse, with `* = {upstream.url}` in its configuration
        assert upstream.requests[0].header("x-amz-target") == "AmazonSQS.SendMessage"

A script is a function that is called with a `Peer` when the head of a request has arrived; it reads the body, or does not, and
sends what it wants. The connection is kept until the script closes it.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
import struct
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from collections.abc import Callable, Iterator

from .patience import PATIENCE


@dataclass
class Seen:
    """A request as it arrived."""

    connection: int
    head: bytes
    body: bytearray = field(default_factory=bytearray)
    #: Of the whole body, also where that is not kept.
    length: int = 0
    #: Whether the body has arrived to its end.
    is_whole: bool = False
    _hash: "hashlib._Hash" = field(default_factory=hashlib.sha256, repr=False)

    @property
    def method(self) -> str:
        return self.head.split(b" ", 1)[0].decode("latin-1")

    @property
    def target(self) -> str:
        return self.head.split(b" ", 2)[1].decode("latin-1")

    @property
    def headers(self) -> list[tuple[str, str]]:
        """As they came, in their order."""
        fields = [line.split(b":", 1) for line in self.head.split(b"\r\n")[1:] if line]
        return [(one[0].decode("latin-1"), one[-1].strip().decode("latin-1")) for one in fields]

    def all(self, name: str) -> list[str]:
        return [value for one, value in self.headers if one.lower() == name.lower()]

    def header(self, name: str) -> str | None:
        """The value of a header; nobody may send one twice."""
        values = self.all(name)
        assert len(values) < 2, (name, values)
        return values[0] if values else None

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()


class Gone(Exception):
    """The other side has closed the connection."""


class Peer:
    """One connection from Gatehouse, with a request whose head has arrived."""

    def __init__(self, upstream: "Upstream", number: int, connection: socket.socket):
        self.upstream = upstream
        self.number = number
        self.socket = connection
        self.buffer = b""
        self.seen = Seen(number, b"")
        self.is_closed = False

    # What arrives

    def _more(self) -> None:
        try:
            piece = self.socket.recv(1 << 18)
        except OSError as error:
            raise Gone from error
        if not piece:
            raise Gone
        self.upstream._note_bytes(self.number, piece)
        self.buffer += piece

    def read_head(self) -> Seen:
        while b"\r\n\r\n" not in self.buffer:
            self._more()
        head, self.buffer = self.buffer.split(b"\r\n\r\n", 1)
        self.seen = Seen(self.number, head)
        return self.seen

    def body(self, *, keep: bool = True) -> Iterator[bytes]:
        """The pieces of the body, out of its chunks."""
        seen = self.seen
        encoding, length = seen.header("transfer-encoding"), seen.header("content-length")
        assert not (encoding and length), seen.head

        def take(piece: bytes) -> bytes:
            seen.length += len(piece)
            seen._hash.update(piece)
            if keep:
                seen.body += piece
            return piece

        if encoding:
            while size := int(self._line(), 16):
                left = size
                while left:
                    if not self.buffer:
                        self._more()
                    piece, self.buffer = self.buffer[:left], self.buffer[left:]
                    left -= len(piece)
                    yield take(piece)
                assert self._line() == b""
            while self._line():
                pass
        else:
            left = int(length or 0)
            while left:
                if not self.buffer:
                    self._more()
                piece, self.buffer = self.buffer[:left], self.buffer[left:]
                left -= len(piece)
                yield take(piece)
        seen.is_whole = True

    def _line(self) -> bytes:
        while b"\r\n" not in self.buffer:
            self._more()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def read(self, *, keep: bool = True) -> Seen:
        """The whole body."""
        for _ in self.body(keep=keep):
            pass
        return self.seen

    def wait_for_end(self) -> None:
        """Until the other side has closed the connection."""
        with contextlib.suppress(Gone):
            while True:
                self._more()

    # What is sent

    def send(self, data: bytes) -> None:
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Gone from error

    def close(self) -> None:
        """In order: what was sent arrives."""
        self.is_closed = True
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()

    def reset(self) -> None:
        """Out of order."""
        self.is_closed = True
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


Script = Callable[[Peer], None]


class Upstream:
    """Listens on a free port. Each connection has a thread of its own."""

    def __init__(self, script: Script | None = None, *, certificate: tuple[Path, Path] | None = None):
        #: Can be exchanged while it runs: for the requests that are yet to come.
        self.script: Script = script or answering(answer(b"{}"))
        self.requests: list[Seen] = []
        #: What arrived on each connection, byte by byte.
        self.bytes: list[bytearray] = []
        #: How many bytes of each are kept.
        self.most_kept = 1 << 20
        #: What went wrong in a script; the test is to fail by it.
        self.errors: list[BaseException] = []
        self._context: ssl.SSLContext | None = None
        if certificate:
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(*certificate)
        self._changed = threading.Condition()
        self._open: dict[int, socket.socket] = {}
        self._done = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]
        self._is_ended = False
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> "Upstream":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        assert not self.errors, self.errors

    def stop(self) -> None:
        self._is_ended = True
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._changed:
            connections = list(self._open.values())
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(PATIENCE)

    def _accept(self) -> None:
        while not self._is_ended:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._changed:
                number = len(self.bytes)
                self.bytes.append(bytearray())
                self._open[number] = connection
                self._changed.notify_all()
            thread = threading.Thread(target=self._serve, args=(number, connection), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, number: int, connection: socket.socket) -> None:
        try:
            if self._context:
                connection.settimeout(PATIENCE)
                connection = self._context.wrap_socket(connection, server_side=True)
                connection.settimeout(None)
                with self._changed:
                    self._open[number] = connection
            peer = Peer(self, number, connection)
            while not peer.is_closed:
                seen = peer.read_head()
                with self._changed:
                    requests = self.requests
                    requests.append(seen)
                    self._changed.notify_all()
                try:
                    self.script(peer)
                finally:
                    with self._changed:
                        # Not of those that are forgotten meanwhile.
                        self._done += requests is self.requests
                        self._changed.notify_all()
        except (Gone, OSError):
            pass
        except BaseException as error:  # noqa: BLE001
            self.errors.append(error)
        finally:
            connection.close()
            with self._changed:
                del self._open[number]
                self._changed.notify_all()

    def _note_bytes(self, number: int, piece: bytes) -> None:
        kept = self.bytes[number]
        kept += piece[: max(0, self.most_kept - len(kept))]

    # For tests

    @property
    def connections(self) -> list[int]:
        """The connections that there are now, by number."""
        with self._changed:
            return list(self._open)

    def forget(self) -> None:
        """What was seen until now is of no interest, once it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._done >= len(self.requests), 1)
            self.requests, self._done = [], 0

    def wait(self, count: int = 1, *, within: float = PATIENCE) -> list[Seen]:
        """Waits until so many scripts are done, and returns what they saw."""
        with self._changed:
            assert self._changed.wait_for(lambda: self._done >= count, within), (self._done, self.requests)
            return list(self.requests)

    def wait_for_head(self, count: int = 1, *, within: float = PATIENCE) -> list[Seen]:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.requests) >= count, within), self.requests
            return list(self.requests)

    def wait_until_open(self, count: int, *, within: float = PATIENCE) -> None:
        """Waits until there are no more connections than that."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self._open) <= count, within), self._open

    def only(self) -> Seen:
        """The one request that has arrived, whole."""
        [seen] = self.wait(1)
        assert seen.is_whole
        return seen


# Answers and scripts


def answer(body: bytes = b"", status: str = "200 OK", **headers: str) -> bytes:
    """An answer with a Content-Length; `content_type` and the like become headers."""
    fields = {"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    return f"HTTP/1.1 {status}\r\n".encode() + "".join(f"{n}: {v}\r\n" for n, v in fields.items()).encode() + b"\r\n" + body


def chunked_answer(pieces: list[bytes], status: str = "200 OK", **headers: str) -> bytes:
    fields = {"transfer-encoding": "chunked"} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = f"HTTP/1.1 {status}\r\n".encode() + "".join(f"{n}: {v}\r\n" for n, v in fields.items()).encode() + b"\r\n"
    return head + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"


def answering(data: bytes, *, close: bool = False) -> Script:
    """Reads the request and sends these bytes."""

    def script(peer: Peer) -> None:
        peer.read()
        peer.send(data)
        if close:
            peer.close()

    return script


def dripping(data: bytes, *, pause: float, size: int = 1) -> Script:
    """Sends so many bytes at a time."""

    def script(peer: Peer) -> None:
        peer.read()
        for start in range(0, len(data), size):
            peer.send(data[start : start + size])
            time.sleep(pause)

    return script


def silent(peer: Peer) -> None:
    """Reads the request and never answers."""
    peer.read()
    peer.wait_for_end()
