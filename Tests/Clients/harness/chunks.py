"""Bodies in `aws-chunked` form, signed chunk by chunk, so that each part of one can be spoilt.

Written from AWS's description (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and
sigv4-streaming-trailers.html); it knows nothing of the SDKs' code.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from collections.abc import Callable, Iterator

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


#: What bodies consist of that are to be spoilt.
PIECES = [b"a" * 8192, b"b" * 8192, b"c" * 100]


def spoilt(make: Callable[..., Chunked], *, forged: str, checksum: str) -> Iterator[tuple[str, Chunked, str]]:
    """Requests that look like one that was signed: what is wrong with each, and the error that it is answered.

    `make` makes one of pieces, as `chunked` does; `forged` is the service's error for a wrong signature, `checksum` a CRC-32
    for the trailers."""

    def fresh(form: str = SIGNED, **changes: Any) -> Chunked:
        trailers = None if form == SIGNED else {"x-amz-checksum-crc32": checksum}
        return make(PIECES, form=form, **({"trailers": trailers} | changes))

    request = fresh()
    request.chunks[1].data = b"b" * 8191 + b"x"
    yield "a byte of a chunk", request, forged
    request = fresh()
    request.chunks[0], request.chunks[1] = request.chunks[1], request.chunks[0]
    yield "chunks in another order", request, forged
    request = fresh()
    del request.chunks[1]
    yield "a chunk left out", request, forged
    request = fresh()
    request.chunks[1] = request.chunks[0]
    yield "a chunk twice", request, forged
    request = fresh()
    request.chunks[2].line = request.chunks[2].line.replace(b"64;", b"65;")
    request.chunks[2].data += b"c"
    yield "a longer last chunk", request, "IncompleteBody"
    request = fresh()
    request.end = b"0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n"
    yield "a forged end", request, forged
    for length in (0, 1, 63):
        request = fresh()
        line = request.chunks[1].line
        request.chunks[1].line = line[: len(line) - 64 + length]
        yield f"{length} digits of a chunk's signature", request, forged
        request = fresh()
        request.end = request.end[: len(b"0;chunk-signature=") + length] + b"\r\n\r\n"
        yield f"{length} digits of the last signature", request, forged
        request = fresh()
        request.end = request.end[: len(b"0;chunk-signature=") + length]
        yield f"the end after {length} digits of the last signature", request, "IncompleteBody"
        request = fresh(form=SIGNED_TRAILER)
        request.end = request.end[: request.end.rindex(b":") + 1 + length] + b"\r\n\r\n"
        yield f"{length} digits of the trailers' signature", request, forged
    request = fresh()
    request.chunks[1].line = request.chunks[1].line.split(b";")[0]
    yield "a chunk without a signature", request, "IncompleteBody"
    yield "another length than announced", fresh(length=16_485), "IncompleteBody"
    yield "less than announced", fresh(length=99_999), "IncompleteBody"
    request = fresh()
    request.end = b""
    yield "no end", request, "IncompleteBody"
    request = fresh()
    request.end += b"0\r\n\r\n"
    yield "something behind the end", request, "IncompleteBody"
    yield "a short chunk before the last", make([b"a" * 8191, b"b"]), "InvalidChunkSizeError"
    for line in (b"zz", b"", b"-1", b"0x10", b"ffffffffffffffff", b"10000000000000000", b"1" * 600):
        request = fresh(form=UNSIGNED_TRAILER)
        request.chunks[1].line = line
        yield f"the chunk line {line[:20]!r}", request, "IncompleteBody"
    request = fresh(form=SIGNED_TRAILER)
    request.end = request.end.replace(checksum.encode(), b"sOO8Zw==")
    yield "a trailer's value", request, forged
    request = fresh(form=SIGNED_TRAILER)
    request.end = re.sub(rb"x-amz-trailer-signature:[0-9a-f]+\r\n", b"", request.end)
    yield "trailers without a signature", request, forged
    for form in (SIGNED_TRAILER, UNSIGNED_TRAILER):
        yield "a trailer that was not announced", fresh(form=form, announced=[]), "MalformedTrailerError"
        yield "a trailer that was announced and is not there", fresh(
            form=form, announced=["x-amz-checksum-crc32", "x-amz-other"]), "MalformedTrailerError"
    request = fresh(form=UNSIGNED_TRAILER)
    request.end = request.end.replace(b"crc32:", b"crc32 ")
    yield "a trailer without a colon", request, "MalformedTrailerError"
    request = fresh(form=UNSIGNED_TRAILER)
    request.end = request.end.replace(checksum.encode(), b"s" * 20_000)
    yield "an endless trailer", request, "IncompleteBody"
