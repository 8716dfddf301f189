"""Requests whose length several could read differently: the web front refuses them, and passes nothing on in another reading.

Where HTTP leaves a choice (RFC 9112, RFC 9110), both ways are taken for right: that a request is refused, and that it arrives
as the one request that it is by the specification. What is refused is refused with 400, and the connection is closed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.front import HOST, get
from harness.smuggling import SMUGGLED, Target, lines, target


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("front")) as shared:
        yield shared


@pytest.fixture
def front(shared: Target) -> Iterator[Target]:
    yield from shared.used()


def named(*cases: bytes) -> dict[str, object]:
    """For parametrize: the bytes are the names."""
    return {"argvalues": cases, "ids": [repr(case)[2:-1][:60] for case in cases]}


# Lengths

CHUNKED = b"Transfer-Encoding: chunked"
ZERO = b"0\r\n\r\n"


@pytest.mark.parametrize("fields", [
    (b"Content-Length: 5", CHUNKED), (CHUNKED, b"Content-Length: 5"), (b"Content-Length: 0", CHUNKED),
    (b"content-length: 5", b"X: y", b"TRANSFER-ENCODING:chunked"), (b"Content-Length: ", CHUNKED),
], ids=["length first", "chunks first", "length 0", "other cases of letters", "empty length"])  # fmt: skip
@pytest.mark.parametrize("body", [ZERO + SMUGGLED, b"5\r\nhello\r\n" + ZERO], ids=["smuggled", "harmless"])
def test_a_length_and_chunks(front: Target, fields: tuple[bytes, ...], body: bytes) -> None:
    front.refuses(lines(*fields) + body)


@pytest.mark.parametrize("value", **named(
    b"+5", b"-5", b"0x5", b"5 5", b"5;", b"", b" ", b"5.0", b"1e1", b"five", b"\xef\xbc\x95", b"5\x0b", b"\x0b5", b"5\x0c",
    b"5\xa0", b"5,", b",5", b"5, 6", b"5,5,6", b"5\x00", b"\x005", b"5\r", b"0b1", b"0o5", b"5_0", b"1'000", b'"5"', b"(5)",
    b"99999999999999999999", b"18446744073709551621", b"9223372036854775808", b"-0", b"5\x1f", b"5 \x0b", b"0 5", b"NaN",
    b"340282366920938463463374607431768211461", b"5/1", b"0,0,5",
))  # fmt: skip
def test_lengths_that_are_no_numbers(front: Target, value: bytes) -> None:
    front.refuses(lines(b"Content-Length: " + value) + b"hello" + SMUGGLED)


@pytest.mark.parametrize("fields", [
    (b"Content-Length: 5", b"Content-Length: 0"), (b"Content-Length: 0", b"Content-Length: 5"),
    (b"Content-Length: 5", b"content-length: 44"), (b"Content-Length: 5", b"X: y", b"CONTENT-LENGTH:6"),
    (b"Content-Length: 5", b"Content-Length:"), (b"Content-Length: 5", b"Content-Length: +5"),
], ids=["0 last", "0 first", "another case", "not adjacent", "empty", "a sign"])  # fmt: skip
def test_two_lengths(front: Target, fields: tuple[bytes, ...]) -> None:
    front.refuses(lines(*fields) + b"hello" + SMUGGLED)


@pytest.mark.parametrize("fields", [
    (b"Content-Length: 5", b"Content-Length: 5"), (b"Content-Length: 5, 5",), (b"Content-Length: 05",),
    (b"Content-Length: 0000000000000000000000005",), (b"Content-Length:5",), (b"Content-Length:\t5\t",), (b"content-LENGTH:  5  ",),
], ids=["twice the same", "a list of the same", "a zero before", "many zeros", "no space", "tabs", "spaces"])  # fmt: skip
def test_one_length_in_unusual_clothes(front: Target, fields: tuple[bytes, ...]) -> None:
    front.passes_or_refuses(lines(*fields, b"Connection: close") + b"hello" + SMUGGLED, method="POST", body=b"hello")


@pytest.mark.parametrize("field", **named(
    b"Content-Length : 5", b"Content-Length\t: 5", b"Content Length: 5", b" Content-Length: 5", b"\tContent-Length: 5",
    b"Content-Length\x0b: 5", b"Content-Length\x00: 5", b"\x00Content-Length: 5", b"Content-Length\xa0: 5",
    b"Content-Length\r: 5", b"Content-Length\r\n : 5", b"Content-Length:\r\n 5", b"Content-Length: 5\r\n 0", b"Content-Length;: 5",
    b"Content-Length", b"Content-Length 5", b"Content-Length=5", b'"Content-Length": 5', b"\xefContent-Length: 5",
    b"(Content-Length: 5", b"Content-Length:: 5", b"Content-Length: :5",
))  # fmt: skip
def test_names_that_are_almost_a_length(front: Target, field: bytes) -> None:
    front.refuses(lines(b"X: y", field) + b"hello" + SMUGGLED)


@pytest.mark.parametrize("length", [True, False], ids=["with a length", "alone"])
@pytest.mark.parametrize("field", **named(
    b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunkedx", b"Transfer-Encoding: chunk", b"Transfer-Encoding: identity",
    b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: identity, chunked", b"Transfer-Encoding: chunked, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    b"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nTransfer-encoding: cow",
    b"Transfer-Encoding: x\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nTransfer-Encoding:",
    b"Transfer-Encoding: \x0bchunked", b"Transfer-Encoding: chunked\x0b", b"Transfer-Encoding: \x0cchunked",
    b"Transfer-Encoding: chunked\x00", b"Transfer-Encoding: \x00chunked", b"Transfer-Encoding: chun\x00ked",
    b"Transfer-Encoding: \xa0chunked", b"Transfer-Encoding: chunked\xa0", b"Transfer-Encoding: \x85chunked",
    b'Transfer-Encoding: "chunked"', b"Transfer-Encoding: 'chunked'", b"Transfer-Encoding: chunked;q=1",
    b"Transfer-Encoding: chunked; a=b", b"Transfer-Encoding: ;chunked", b"Transfer-Encoding: chunked chunked",
    b"Transfer-Encoding: chun\xe2\x84\xaaed", b"Transfer-Encoding: \xef\xbb\xbfchunked", b"Transfer-Encoding: (x) chunked",
    b"Transfer-Encoding:\r\n chunked", b"Transfer-Encoding:\r\n\tchunked", b"Transfer-Encoding\r\n : chunked",
    b"Transfer-Encoding : chunked", b"Transfer-Encoding\t: chunked", b"Transfer-Encoding\x0b: chunked",
    b"Transfer-Encoding\x00: chunked", b"Transfer Encoding: chunked", b" Transfer-Encoding: chunked",
    b"\tTransfer-Encoding: chunked", b"X: y\nTransfer-Encoding: chunked", b"X: y\rTransfer-Encoding: chunked",
    b"X: y\r\n\rTransfer-Encoding: chunked", b"X: y\r\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r",
    b"Transfer-Encoding: \r\nX: chunked", b"Transfer-Encoding;: chunked", b"Transfer-Encoding: chunked\r\n , identity",
    b"Transfer-Encoding: %63hunked", b"Transfer-Encoding: chunked/1.0", b"Transfer-Encoding: -chunked",
))  # fmt: skip
def test_encodings_of_transfer_that_are_almost_chunked(front: Target, field: bytes, length: bool) -> None:
    more = [b"Content-Length: 5"] if length else []
    front.refuses(lines(*more, field) + ZERO + SMUGGLED, 400, 501)


@pytest.mark.parametrize("field", **named(
    b"Transfer-Encoding: gzip", b"Transfer-Encoding: gzip, chunked", b"Transfer-Encoding: chunked, gzip", b"Transfer-Encoding: cow",
    b"Transfer-Encoding: deflate", b"Transfer-Encoding: compress, chunked", b"Transfer-Encoding: br", b"Transfer-Encoding: trailers",
))  # fmt: skip
def test_encodings_of_transfer_that_are_not_supported(front: Target, field: bytes) -> None:
    front.refuses(lines(field) + ZERO + SMUGGLED, 400, 501)


@pytest.mark.parametrize("field", **named(
    b"Transfer-Encoding: chunked", b"transfer-encoding:chunked", b"TRANSFER-ENCODING: CHUNKED", b"Transfer-Encoding:\tchunked",
    b"Transfer-Encoding: chunked \t ", b"Transfer-Encoding: cHuNkEd",
))  # fmt: skip
def test_chunked_as_it_may_be_written(front: Target, field: bytes) -> None:
    data = lines(field, b"Connection: close") + b"5\r\nhello\r\n" + ZERO + SMUGGLED
    reading = front.passes(data, method="POST", body=b"hello")
    assert reading.header("content-length") in (None, b"5")


@pytest.mark.parametrize("field", **named(b"Transfer-Encoding: ,chunked", b"Transfer-Encoding: chunked,", b"Transfer-Encoding: , chunked ,"))
def test_chunked_in_a_list_with_nothing(front: Target, field: bytes) -> None:
    # Recipients have to put up with empty elements (RFC 9110, section 5.6.1.2).
    data = lines(field, b"Connection: close") + b"5\r\nhello\r\n" + ZERO + SMUGGLED
    front.passes_or_refuses(data, method="POST", body=b"hello")


def test_chunks_in_http_1_0(front: Target) -> None:
    for more in ([], [b"Content-Length: 5"], [b"Connection: keep-alive"]):
        front.refuses(lines(CHUNKED, *more, first=b"POST / HTTP/1.0") + ZERO + SMUGGLED, 400, 501)


def test_names_that_gateways_take_for_others(front: Target) -> None:
    # CGI, WSGI and the like write `_` for `-`, and so does what stands behind many of them.
    smuggling = (b"Content_Length: 44", b"Transfer_Encoding: chunked", b"X_Forwarded_For: 192.0.2.1", b"HOST_: x")
    data = lines(*smuggling, b"Content-Length: 5", b"Connection: close") + b"hello" + SMUGGLED
    reading = front.passes(data, method="POST", body=b"hello")
    names = {name.lower() for name, _ in reading.headers}
    assert not names & {b"content_length", b"transfer_encoding", b"x_forwarded_for"}, names


@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("chunks", [False, True], ids=["length", "chunks"])
def test_a_body_where_many_do_not_look_for_one(front: Target, method: str, chunks: bool) -> None:
    first = f"{method} /first HTTP/1.1".encode()
    if chunks:
        data = lines(CHUNKED, first=first) + b"%x\r\n%s\r\n" % (len(SMUGGLED), SMUGGLED) + ZERO
    else:
        data = lines(b"Content-Length: %d" % len(SMUGGLED), first=first) + SMUGGLED
    front.front.tell(data + get(b"/second", close=True), shut=True, methods=(method, "GET"))
    front.front.works()
    readings = {one.target: one for one in front.agree()}
    assert b"/smuggled" not in readings and b"/second" in readings
    if b"/first" in readings:
        assert readings[b"/first"].body == SMUGGLED
        # An application that reads no body there takes it for the next request: nobody else's may follow.
        [carrier] = [one for one in front.application.arrived if b"/first" in one]
        assert b"/second" not in carrier and b"/works" not in carrier, carrier


def test_a_body_that_does_not_come(front: Target) -> None:
    for fields, body in (((b"Content-Length: 50",), b"hello"), ((CHUNKED,), b"5\r\nhello\r\n"), ((CHUNKED,), b"5\r\nhel"), ((CHUNKED,), b"")):
        got, is_closed = front.front.tell(lines(*fields) + body, shut=True)
        assert is_closed and all(one.word is None for one in got), got
        front.nothing_arrived(begun=True)


# Chunks


@pytest.mark.parametrize("chunks", **named(
    b"5;a=b\r\nhello\r\n0\r\n\r\n", b'5;a="b"\r\nhello\r\n0\r\n\r\n', b"5;a;b=c\r\nhello\r\n0;d\r\n\r\n", b"05\r\nhello\r\n0\r\n\r\n",
    b"5\r\nhello\r\n00\r\n\r\n", b"5\r\nhello\r\n0000000000000000000\r\n\r\n", b"0000000000000000000005\r\nhello\r\n0\r\n\r\n",
    b"5 ;a\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n0\r\nX-Trailer: y\r\n\r\n", b"2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
    b"1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n", b'5;a="\\""\r\nhello\r\n0\r\n\r\n', b"5;a=b;\r\nhello\r\n0\r\n\r\n",
))  # fmt: skip
def test_chunks_that_may_be(front: Target, chunks: bytes) -> None:
    front.passes_or_refuses(lines(CHUNKED, b"Connection: close") + chunks + SMUGGLED, method="POST", body=b"hello")


@pytest.mark.parametrize("chunks", **named(
    b"5\nhello\r\n0\r\n\r\n", b"5\rhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n", b"5\r\nhello\r0\r\n\r\n", b"5\r\nhello0\r\n\r\n",
    b"5\r\nhello\r\n0\n\n", b"5\r\nhello\r\n0\r\n\n", b"5\r\nhello\r\n0\n\r\n", b"5\r\nhello\r\n\r\n0\r\n\r\n", b"\r\n5\r\nhello\r\n0\r\n\r\n",
    b"+5\r\nhello\r\n0\r\n\r\n", b"-5\r\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n",
    b"\t5\r\nhello\r\n0\r\n\r\n", b"5,\r\nhello\r\n0\r\n\r\n", b"5_\r\nhello\r\n0\r\n\r\n", b"5.0\r\nhello\r\n0\r\n\r\n",
    b"g\r\nhello\r\n0\r\n\r\n", b";a=b\r\nhello\r\n0\r\n\r\n", b"5h\r\nhello\r\n0\r\n\r\n", b"\xef\xbc\x95\r\nhello\r\n0\r\n\r\n",
    b"5\x00\r\nhello\r\n0\r\n\r\n", b"5\x0b\r\nhello\r\n0\r\n\r\n", b"5\xa0\r\nhello\r\n0\r\n\r\n", b"5\r\r\nhello\r\n0\r\n\r\n",
    b"5;a\nhello\r\n0\r\n\r\n", b"5;\nX\r\nhello\r\n0\r\n\r\n", b"5;a=\rb\r\nhello\r\n0\r\n\r\n", b"5;a=\x00\r\nhello\r\n0\r\n\r\n",
    b"5;" + b"a" * 70000 + b"\r\nhello\r\n0\r\n\r\n", b"ffffffffffffffff\r\nhello\r\n0\r\n\r\n", b"8000000000000000\r\nhello\r\n0\r\n\r\n",
    b"10000000000000005\r\nhello\r\n0\r\n\r\n", b"100000005\r\nhello\r\n0\r\n\r\n" + b"X" * 9, b"f" * 1000 + b"\r\nhello\r\n0\r\n\r\n",
    b"6\r\nhello\r\n0\r\n\r\n", b"4\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\r\n-0\r\n\r\n", b"5\r\nhello\r\n0x0\r\n\r\n",
    b"5\r\nhello\r\n0\r\nX: y\n\r\n", b"5\r\nhello\r\n0\r\n X: y\r\n\r\n", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n",
    b"5\r\nhello\r\n0\r\nno colon\r\n\r\n", b"5\r\nhello\r\n0\r\nX: y\r\n z\r\n\r\n", b"5\r\nhello\r\n0\r\nX: \x00\r\n\r\n",
    b"5\r\nhello\r\n0\r\n: y\r\n\r\n", b"5\r\nhello\r\n0\r\nX: y\rZ: a\r\n\r\n", b"5\r\nhello\r\n0\r\nX: " + b"y" * 70000 + b"\r\n\r\n",
    b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 3000 + b"\r\n", b"5\r\nhello\r\n0\r\rX",
))  # fmt: skip
def test_chunks_that_are_none(front: Target, chunks: bytes) -> None:
    data = lines(CHUNKED) + chunks + SMUGGLED
    if chunks.startswith((b"1000000", b"ffffff", b"80000", b"6\r\n")):
        # May be waited for as far as the front's numbers reach: the client says no more.
        got, is_closed = front.front.tell(data, shut=True)
        assert is_closed and all(one.word is None for one in got), got
        return front.nothing_arrived(begun=True)
    front.refuses(data, 400, 413, 431, begun=True)


@pytest.mark.parametrize("trailer", **named(
    b"Content-Length: 3", b"Transfer-Encoding: chunked", b"Host: evil.example.net", b"Authorization: Basic eA==",
    b"X-Forwarded-For: 192.0.2.1", b"Cookie: admin=1", b"Connection: keep-alive", b"Trailer: X", b"Expect: 100-continue",
))  # fmt: skip
def test_trailers_become_no_headers(front: Target, trailer: bytes) -> None:
    data = lines(CHUNKED, b"Trailer: " + trailer.split(b":")[0]) + b"5\r\nhello\r\n0\r\n" + trailer + b"\r\n\r\n"
    got, _ = front.front.tell(data + get(b"/second", close=True), shut=True)
    if got[0].status != 200:
        assert got[0].status == 400 and len(got) == 1
        return front.nothing_arrived(begun=True)
    assert [one.status for one in got] == [200, 200]
    first, second = front.agree()
    assert (first.body, second.target) == (b"hello", b"/second")
    name, value = trailer.split(b": ")
    # That it comes in chunks is of the front's own saying.
    assert name == b"Transfer-Encoding" or value not in first.all(name.decode())
    assert name == b"Host" or value not in second.all(name.decode())
    assert first.all("host") == [HOST]


def test_what_follows_chunks_is_the_next_request(front: Target) -> None:
    got, is_closed = front.front.tell(lines(CHUNKED) + b"5\r\nhello\r\n0\r\n\r\ngarbage\r\n\r\n")
    assert is_closed and [one.status for one in got] == [200, 400], got
    [reading] = front.agree()
    assert reading.body == b"hello"
