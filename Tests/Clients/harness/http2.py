"""A client of HTTP/2 that sends what it is told, right or wrong."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events

from .front import somewhere
from .patience import PATIENCE

Headers = list[tuple[bytes, bytes]]


@dataclass
class Outcome:
    """What became of a stream."""

    #: None: there was no answer.
    status: int | None = None
    headers: Headers = field(default_factory=list)
    body: bytes = b""
    #: Whether the answer came to its end.
    is_whole: bool = False
    #: The code with which the stream, or the whole connection, was ended.
    error: int | None = None

    @property
    def word(self) -> str | None:
        return next((value.decode() for name, value in self.headers if name == b"x-word"), None)

    @property
    def is_refused(self) -> bool:
        return self.word is None and (self.status in (400, 404, 405, 413, 417, 431, 501) or self.error is not None)


class Client:
    """A connection. Nothing that it sends is looked at."""

    def __init__(self, port: int):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE, source_address=(somewhere(), 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = context.wrap_socket(plain, server_hostname="shop.example.com")
        assert self.socket.selected_alpn_protocol() == "h2"
        configuration = h2.config.H2Configuration(
            client_side=True, header_encoding=None, validate_outbound_headers=False, normalize_outbound_headers=False,
            validate_inbound_headers=True,
        )  # fmt: skip
        self.connection = h2.connection.H2Connection(configuration)
        self.connection.initiate_connection()
        self.outcomes: dict[int, Outcome] = {}
        self.is_closed = False
        self.flush()

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def flush(self) -> None:
        try:
            self.socket.sendall(self.connection.data_to_send())
        except OSError:
            self.is_closed = True

    def send(self, headers: Headers, *body: bytes, trailers: Headers | None = None, end: bool = True) -> int:
        """Begins a stream, with a DATA frame for each piece of the body."""
        stream = self.connection.get_next_available_stream_id()
        self.outcomes[stream] = Outcome()
        self.connection.send_headers(stream, headers, end_stream=end and not body and trailers is None)
        for number, piece in enumerate(body):
            self.connection.send_data(stream, piece, end_stream=end and trailers is None and number == len(body) - 1)
        if trailers is not None:
            self.connection.send_headers(stream, trailers, end_stream=True)
        self.flush()
        return stream

    def wait(self, stream: int) -> Outcome:
        """Until the stream is at its end."""
        outcome = self.outcomes[stream]
        while not (outcome.is_whole or outcome.error is not None or self.is_closed):
            try:
                data = self.socket.recv(1 << 16)
            except ssl.SSLError:
                data = b""
            if not data:
                self.is_closed = True
            for event in self.connection.receive_data(data) if data else []:
                self._take(event)
            self.flush()
        if self.is_closed and not outcome.is_whole and outcome.error is None:
            outcome.error = -1
        return outcome

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.ConnectionTerminated):
            self.is_closed = True
            for outcome in self.outcomes.values():
                if not outcome.is_whole:
                    outcome.error = int(event.error_code or 0)
        stream = getattr(event, "stream_id", None)
        outcome = self.outcomes.get(stream or 0)
        if not outcome:
            return
        if isinstance(event, h2.events.ResponseReceived):
            outcome.headers = [(bytes(name), bytes(value)) for name, value in event.headers]
            outcome.status = int(dict(outcome.headers)[b":status"])
        elif isinstance(event, h2.events.DataReceived):
            outcome.body += event.data
            self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            outcome.is_whole = True
        elif isinstance(event, h2.events.StreamReset):
            # After a whole answer it says only that the rest of the request is not wanted.
            if not outcome.is_whole:
                outcome.error = int(event.error_code)
