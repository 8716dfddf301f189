"""Bodies in `aws-chunked` form, signed chunk by chunk, so that each part of one can be spoilt.

Written from AWS's description (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
sigv4-streaming-trailers.html); it knows nothing of the SDKs' code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .raw import Request, _hmac, signed

if TYPE_CHECKING:
    from .identity import Identity

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
EMPTY = hashlib.sha256(b"").hexdigest()


@dataclass
class Chunk:
    """One chunk as it is sent."""

    line: bytes
    data: bytes

    @property
    def sent(self) -> bytes:
        return self.line + b"\r\n" + self.data + b"\r\n"


@dataclass
class Chunked:
    """A request whose body is in chunks: its head, and what comes behind it."""

    request: Request
    chunks: list[Chunk] = field(default_factory=list)
    #: The last chunk's line, the trailers and the empty line.
    end: bytes = b""

    @property
    def body(self) -> bytes:
        return b"".join(chunk.sent for chunk in self.chunks) + self.end

    @property
    def whole(self) -> Request:
        return self.request.but(body=self.body)


def chunked(
    method: str,
    target: str,
    pieces: list[bytes],
    identity: "Identity",
    *,
    form: str = SIGNED,
    trailers: dict[str, str] | None = None,
    announced: list[str] | None = None,
    length: int | None = None,
    service: str = "depot",
    headers: dict[str, str] | None = None,
) -> Chunked:
    """A PUT in chunks. `announced` and `length` are what its head says, if that is not the truth."""
    trailers = trailers or {}
    names = list(trailers) if announced is None else announced
    head = {"x-amz-decoded-content-length": str(sum(map(len, pieces)) if length is None else length),
            "content-encoding": "aws-chunked", "content-type": "application/octet-stream"} | (headers or {})
    if names:
        head["x-amz-trailer"] = ",".join(names)
    request = signed(method, target, b"", identity, service=service, headers=head, payload_hash=form)
    found = re.search(r"Credential=[^/]+/([^,]+), .*Signature=([0-9a-f]+)", request.headers["Authorization"])
    scope, previous = found.groups()
    moment = request.headers["X-Amz-Date"]
    key = f"AWS4{identity.secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)

    def sign(kind: str, *hashes: str) -> str:
        nonlocal previous
        text = "\n".join([f"AWS4-HMAC-SHA256-{kind}", moment, scope, previous, *hashes])
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return previous

    def line(data: bytes) -> bytes:
        size = f"{len(data):x}"
        if form != UNSIGNED_TRAILER:
            size += f";chunk-signature={sign('PAYLOAD', EMPTY, hashlib.sha256(data).hexdigest())}"
        return size.encode()

    chunks = [Chunk(line(piece), piece) for piece in pieces]
    end = line(b"") + b"\r\n"
    if form != SIGNED:
        end += b"".join(f"{name}:{value}\r\n".encode() for name, value in trailers.items())
        if form == SIGNED_TRAILER:
            text = "".join(f"{name}:{value}\n" for name, value in trailers.items())
            signature = sign("TRAILER", hashlib.sha256(text.encode()).hexdigest())
            end += f"x-amz-trailer-signature:{signature}\r\n".encode()
    return Chunked(request, chunks, end + b"\r\n")
