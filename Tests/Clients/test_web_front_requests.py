"""The web front reads requests without forbearance: what several could read differently is refused, and the connection closed."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import pytest

from harness.upstream import Peer, Upstream, answer
from harness.web_front import WebFront, everything, status

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
SMUGGLED = b"GET /admin HTTP/1.1\r\nHost: a\r\n\r\n"


def fine(peer: Peer) -> None:
    peer.read()
    peer.send(answer(b"fine"))


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(fine) as started:
        yield started


@pytest.fixture(scope="module")
def front(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebFront]:
    with WebFront(tmp_path_factory.mktemp("front"), f"a = {upstream.url}\n") as started:
        yield started


REFUSED = {
    # Lengths
    "two lengths": POST + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nfour",
    "two lengths that differ": POST + b"Content-Length: 4\r\nContent-Length: 0\r\n\r\nfour",
    "a list of lengths": POST + b"Content-Length: 4, 4\r\n\r\nfour",
    "a length with a sign": POST + b"Content-Length: +4\r\n\r\nfour",
    "a negative length": POST + b"Content-Length: -4\r\n\r\nfour",
    "a length in hexadecimal": POST + b"Content-Length: 0x4\r\n\r\nfour",
    "a length with a space": POST + b"Content-Length: 4 4\r\n\r\nfour",
    "a length that is empty": POST + b"Content-Length: \r\n\r\nfour",
    "a length that overflows": POST + b"Content-Length: 18446744073709551620\r\n\r\nfour",
    # Encodings
    "length and encoding": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "encoding and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
    "two encodings": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a list of encodings": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "an encoding with a parameter": POST + b"Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "an unknown encoding": POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "an encoding in quotes": POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "an encoding that is empty": POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n",
    "an encoding with a vertical tab": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "an encoding in HTTP/1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    # Fields
    "a space before the colon": POST + b"Content-Length : 4\r\n\r\nfour",
    "a tab before the colon": POST + b"Transfer-Encoding\t: chunked\r\n\r\n0\r\n\r\n",
    "a folded line": GET + b"X-A: b\r\n c\r\n\r\n",
    "a folded length": POST + b"Content-Length:\r\n 4\r\n\r\nfour",
    "a space before the first field": b"GET / HTTP/1.1\r\n Host: a\r\n\r\n",
    "no colon": GET + b"X-A\r\n\r\n",
    "no name": GET + b": b\r\n\r\n",
    "a name that is no token": GET + b"X(A): b\r\n\r\n",
    "a name with a zero byte": GET + b"X\x00A: b\r\n\r\n",
    "a value with a zero byte": GET + b"X-A: b\x00c\r\n\r\n",
    "a value with a carriage return": GET + b"X-A: b\rContent-Length: 4\r\n\r\n",
    "a value with a delete": GET + b"X-A: b\x7fc\r\n\r\n",
    "a line feed alone": b"GET / HTTP/1.1\r\nHost: a\nX-A: b\r\n\r\n",
    "line feeds alone": b"GET / HTTP/1.1\nHost: a\n\n",
    "two carriage returns": b"GET / HTTP/1.1\r\r\nHost: a\r\n\r\n",
    "too many fields": GET + b"X-A: b\r\n" * 250 + b"\r\n",
    "a long field": GET + b"X-A: " + b"b" * 17_000 + b"\r\n\r\n",
    "many long fields": GET + (b"X-A: " + b"b" * 8_000 + b"\r\n") * 9 + b"\r\n",
    "a field of the message in Connection": GET + b"Connection: Host\r\n\r\n",
    "the length in Connection": POST + b"Connection: Content-Length\r\nContent-Length: 4\r\n\r\nfour",
    # Hosts
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": GET + b"Host: b\r\n\r\n",
    "an empty host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "a host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "a host with a user": b"GET / HTTP/1.1\r\nHost: b@a\r\n\r\n",
    "a host with a port that is none": b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
    "two hosts in one": b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
    # Request lines
    "two words": b"GET /\r\nHost: a\r\n\r\n",
    "four words": b"GET / b HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces": b"GET  / HTTP/1.1\r\nHost: a\r\n\r\n",
    "a tab": b"GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a space at the end": b"GET / HTTP/1.1 \r\nHost: a\r\n\r\n",
    "a version in lower case": b"GET / http/1.1\r\nHost: a\r\n\r\n",
    "a version with zeros": b"GET / HTTP/01.1\r\nHost: a\r\n\r\n",
    "a method that is no token": b"GE(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "CONNECT": b"CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
    "a fragment": b"GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a control character in the path": b"GET /a\x01b HTTP/1.1\r\nHost: a\r\n\r\n",
    "a path without a slash": b"GET a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an asterisk": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "another host in the target": b"GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a user in the target": b"GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "another scheme": b"GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "several empty lines": b"\r\n\r\n" + GET + b"\r\n",
    "what is no HTTP": b"\x16\x03\x01\x02\x00\x01\x00",
    # Changes of protocol
    "several protocols": GET + b"Connection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n",
    "protocols on two lines": GET + b"Connection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: h2c\r\n\r\n",
    "a protocol with a body": POST + b"Connection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 4\r\n\r\nfour",
}

CHUNKS = {
    "no size": b"\r\nfour\r\n0\r\n\r\n",
    "a size that is none": b"g\r\nfour\r\n0\r\n\r\n",
    "a size with 0x": b"0x4\r\nfour\r\n0\r\n\r\n",
    "a size with a sign": b"+4\r\nfour\r\n0\r\n\r\n",
    "a size with a space before": b" 4\r\nfour\r\n0\r\n\r\n",
    "a size with a space behind": b"4 \r\nfour\r\n0\r\n\r\n",
    "a size with an underscore": b"0_4\r\nfour\r\n0\r\n\r\n",
    "a size that overflows": b"10000000000000004\r\nfour\r\n0\r\n\r\n",
    "a size that ends in a line feed": b"4\nfour\r\n0\r\n\r\n",
    "a size that ends in a carriage return": b"4\rXfour\r\n0\r\n\r\n",
    "an extension with a line feed": b"4;a\nfour\r\n0\r\n\r\n",
    "an extension with a zero byte": b"4;\x00\r\nfour\r\n0\r\n\r\n",
    "a long extension": b"4;" + b"a" * 300 + b"\r\nfour\r\n0\r\n\r\n",
    "more data than the size": b"3\r\nfour\r\n0\r\n\r\n",
    "data that ends in a line feed": b"4\r\nfour\n0\r\n\r\n",
    "a trailer that is none": b"4\r\nfour\r\n0\r\nX A: b\r\n\r\n",
    "a trailer that ends in a line feed": b"4\r\nfour\r\n0\r\nX-A: b\n\r\n",
    "long trailers": b"4\r\nfour\r\n0\r\n" + b"X-A: b\r\n" * 2000 + b"\r\n",
}


@pytest.mark.parametrize("request_", REFUSED.values(), ids=REFUSED)
def test_what_is_no_request_is_refused(front: WebFront, upstream: Upstream, request_: bytes) -> None:
    upstream.forget()
    before = front.metric("gatehouse_web_front_malformed_total")
    shown = front.ask(request_, SMUGGLED)
    assert status(shown) in (400, 414) and shown.count(b"HTTP/1.1 ") == 1, shown
    assert b"\r\nConnection: close\r\n" in shown
    assert upstream.requests == [], "nothing of it is passed on"
    assert front.metric("gatehouse_web_front_malformed_total") == before + 1


@pytest.mark.parametrize("body", CHUNKS.values(), ids=CHUNKS)
def test_what_are_no_chunks_are_refused(front: WebFront, upstream: Upstream, body: bytes) -> None:
    upstream.forget()
    shown = front.ask(POST + b"Transfer-Encoding: chunked\r\n\r\n", body, SMUGGLED)
    assert status(shown) == 400 and shown.count(b"HTTP/1.1 ") == 1, shown
    time.sleep(0.05)
    # The head was on its way, but the server never sees an end of the body, nor what follows it.
    assert [seen.target for seen in upstream.requests] in ([], ["/"])
    assert not any(seen.is_whole for seen in upstream.requests)
    upstream.forget()


def test_other_refusals_have_their_own_status(front: WebFront, upstream: Upstream) -> None:
    upstream.forget()
    for request_, expected in (
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n", 405),
        (GET + b"Expect: more\r\n\r\n", 417),
        (b"GET /" + b"a" * 17_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n", 414),
    ):
        shown = front.ask(request_)
        assert status(shown) == expected and b"Connection: close" in shown
    assert upstream.requests == []


ACCEPTED = {
    "plain": GET + b"\r\n",
    "an empty line before it": b"\r\n" + GET + b"\r\n",
    "no space behind the colon": GET + b"X-A:b\r\n\r\n",
    "an empty value": GET + b"X-A:\r\n\r\n",
    "bytes that are no ASCII": GET + b"X-A: \xc3\xa4\xff\r\n\r\n",
    "a URL as target": b"GET http://A/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "a URL without a path": b"GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
    "an unknown method": b"FROB / HTTP/1.1\r\nHost: a\r\n\r\n",
    "an address of version 6": b"GET / HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n",
    "chunks with extensions and trailers": POST + b'Transfer-Encoding: Chunked\r\n\r\n4;a="b";c\r\nfour\r\n0\r\nX-A: b\r\n\r\n',
    "long chunk sizes": POST + b"Transfer-Encoding: chunked\r\n\r\n000000004\r\nfour\r\n0\r\n\r\n",
    "length 0": POST + b"Content-Length: 0\r\n\r\n",
    "zeros before the length": POST + b"Content-Length: 0004\r\n\r\nfour",
}


@pytest.mark.parametrize("request_", ACCEPTED.values(), ids=ACCEPTED)
def test_what_is_only_unusual_is_answered(front: WebFront, upstream: Upstream, request_: bytes) -> None:
    upstream.forget()
    end = b"GET /end HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    shown = front.ask(request_ + end)
    assert shown.count(b"HTTP/1.1 200 OK") == 2, shown
    assert [seen.target for seen in upstream.wait(2)] == ["/", "/end"]
    assert upstream.requests[0].header("trailer") is None


def test_a_request_may_come_byte_by_byte(front: WebFront) -> None:
    request_ = POST + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfour\r\n0\r\n\r\n"
    with front.connect() as connection:
        for byte in request_:
            connection.sendall(bytes([byte]))
        assert everything(connection).endswith(b"fine")


def test_half_a_request_is_none(front: WebFront, upstream: Upstream) -> None:
    upstream.forget()
    with front.connect() as connection:
        connection.sendall(POST + b"Content-Length: 10\r\n\r\nfour")
        connection.shutdown(socket.SHUT_WR)
        assert not everything(connection).startswith(b"HTTP/1.1 200")
    time.sleep(0.1)
    assert not any(seen.is_whole for seen in upstream.requests)
    upstream.forget()
