"""Requests of HTTP/2 that would mean something else in HTTP/1.1, in which applications get them: refused, or reset, and never
passed on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.certificates import Certificate
from harness.front import HOST
from harness.http2 import Client, Headers, Outcome
from harness.recorder import Reading, read_by_h11, said
from harness.smuggling import SMUGGLED, Target, target
from test_web_front_smuggling import named


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder: Path = tmp_path_factory.mktemp("front")
    certificate = Certificate.make(folder, HOST.decode())
    (folder / "chain.pem").write_text(certificate.pem)
    (folder / "key.pem").write_text(certificate.key)
    with target(folder, f"certificate-file = {folder / 'chain.pem'}\nkey-file = {folder / 'key.pem'}") as shared:
        yield shared


@pytest.fixture
def front(shared: Target) -> Iterator[Target]:
    yield from shared.used()


def head(method: bytes = b"GET", path: bytes = b"/", *more: tuple[bytes, bytes]) -> Headers:
    return [(b":method", method), (b":scheme", b"https"), (b":authority", HOST), (b":path", path), *more]


def ask(front: Target, headers: Headers, *body: bytes, trailers: Headers | None = None) -> Outcome:
    with Client(front.front.secure_port) as client:
        return client.wait(client.send(headers, *body, trailers=trailers))


def refuses(front: Target, headers: Headers, *body: bytes, trailers: Headers | None = None, begun: bool = False) -> None:
    outcome = ask(front, headers, *body, trailers=trailers)
    assert outcome.is_refused, outcome
    front.nothing_arrived(begun=begun)


def passes(front: Target, headers: Headers, *body: bytes, trailers: Headers | None = None) -> Reading:
    outcome = ask(front, headers, *body, trailers=trailers)
    assert outcome.status == 200 and outcome.is_whole, outcome
    [reading] = front.agree()
    assert outcome.word == reading.word and reading.body == b"".join(body)
    assert reading.all("host") == [HOST]
    return reading


INJECTED = b"y\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + SMUGGLED


@pytest.mark.parametrize("value", **named(
    INJECTED, b"y\r\nX: z", b"y\nX: z", b"y\rX: z", b"y\x00", b"\x00y", b"y\r\n", b"y\n", b"y\r", b"\r\ny", b"y\x0bz", b"y\x7f", b"y\x01",
    b"y\r\n z",
))  # fmt: skip
def test_lines_in_values(front: Target, value: bytes) -> None:
    refuses(front, head(b"GET", b"/", (b"x", value)))
    refuses(front, head(b"POST", b"/", (b"x", value), (b"content-length", b"5")), b"hello")


@pytest.mark.parametrize("value", **named(b" y", b"y ", b"\ty", b"y\t"))
def test_space_around_values(front: Target, value: bytes) -> None:
    outcome = ask(front, head(b"GET", b"/", (b"x", value)))
    if outcome.is_refused:
        return front.nothing_arrived()
    assert front.application.only().header("x") == b"y"


@pytest.mark.parametrize("name", **named(
    b"x: y\r\nz", b"x\r\ny", b"x\ny", b"x\x00", b"x y", b" x", b"x ", b"x:", b"x:y", b":x", b"", b"X", b"Content-Length", b"x\x7f", b"x\xff", b"x(",
    b"transfer-encoding: chunked\r\nx", b"host: evil\r\nx", b"x\ty", b"GET / HTTP/1.1\r\nx", b"x=", b"x,", b"\"x\"", b"x@", b"x/",
))  # fmt: skip
def test_names_that_are_none(front: Target, name: bytes) -> None:
    refuses(front, head(b"GET", b"/", (name, b"y")))


@pytest.mark.parametrize("field", [
    (b"connection", b"close"), (b"connection", b"keep-alive, x"), (b"keep-alive", b"timeout=5"), (b"proxy-connection", b"keep-alive"),
    (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"identity"), (b"transfer-encoding", b""), (b"upgrade", b"h2c"),
    (b"upgrade", b"websocket"), (b"te", b"gzip"), (b"te", b"trailers, chunked"), (b"http2-settings", b"AAMAAABk"),
], ids=lambda field: b": ".join(field).decode())  # fmt: skip
def test_fields_of_connections(front: Target, field: tuple[bytes, bytes]) -> None:
    refuses(front, head(b"GET", b"/", field))
    refuses(front, head(b"POST", b"/", field), b"0\r\n\r\n" + SMUGGLED)


def test_te_trailers(front: Target) -> None:
    assert passes(front, head(b"GET", b"/", (b"te", b"trailers"))).header("te") in (None, b"trailers")


# Pseudo-header fields


def without(name: bytes, *more: tuple[bytes, bytes]) -> Headers:
    return [pair for pair in head() if pair[0] != name] + list(more)


@pytest.mark.parametrize("headers", [
    without(b":method"), without(b":path"), without(b":scheme"), without(b":authority"), without(b":method", (b":method", b"")),
    without(b":path", (b":path", b"")), without(b":authority", (b":authority", b"")), without(b":scheme", (b":scheme", b"")),
    [(b":method", b"GET"), *head()], [(b":path", b"/smuggled"), *head()], [(b":scheme", b"https"), *head()],
    [(b":authority", b"evil.example.net"), *head()], [*head(), (b":path", b"/smuggled")], [*head(), (b"x", b"y"), (b":authority", HOST)],
    [(b"x", b"y"), *head()], [*head(), (b":status", b"200")], [*head(), (b":protocol", b"websocket")], [*head(), (b":evil", b"x")],
    [*head(), (b": ", b"x")], [*head(), (b":", b"x")], [*head(), (b":Path", b"/x")], [*head(), (b"host", b"evil.example.net")],
    [*head(), (b"host", HOST), (b"host", HOST)], [*head(), (b"host", b"")], without(b":authority", (b"host", b"a b")),
    [*head(), (b":path ", b"/x")],
], ids=lambda headers: b" ".join(b"=".join(pair) for pair in headers).decode())  # fmt: skip
def test_pseudo_fields_out_of_place(front: Target, headers: Headers) -> None:
    refuses(front, headers)


@pytest.mark.parametrize("method", **named(
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET", b"GET /smuggled HTTP/1.1\r\nX: ", b"G ET", b" GET", b"GET ", b"GET\r\n", b"GET\x00", b"GE(T", b"CONNECT",
    b"TRACE", b"connect", b"TRACK", b"GE\xffT", b"GET:", b"\tGET",
))  # fmt: skip
def test_methods_that_are_none(front: Target, method: bytes) -> None:
    refuses(front, without(b":method", (b":method", method)))


@pytest.mark.parametrize("path", **named(
    b"/ HTTP/1.1\r\nHost: x\r\n\r\nGET /smuggled", b"/ HTTP/1.1", b"/a b", b" /", b"/ ", b"/\r\n", b"/\n", b"/\x00", b"/a\tb", b"x", b"?x", b"*", b"/#x",
    b"http://evil.example.net/", b"//\r\n", b"/\x7f", b"evil.example.net:80", b"@evil.example.net/", b":80/", b"\\x", b"/a\x0bb",
))  # fmt: skip
def test_paths_that_are_none(front: Target, path: bytes) -> None:
    refuses(front, head(b"GET", path))


@pytest.mark.parametrize("authority", **named(
    b"shop.example.com\r\nX: y", b"shop.example.com x", b"a@shop.example.com", b"shop.example.com/x", b"shop.example.com#", b"shop.example.com?",
    b"shop.example.com:x", b"shop.example.com:80:80", b"shop.example.com, evil.example.net", b"\x00", b"[::1", b"shop.example.com\\x", b"..",
    b"shop.example.com\n", b" shop.example.com", b"shop.example.com%0d%0a", b"evil.example.net", b"http://shop.example.com",
))  # fmt: skip
def test_authorities_that_are_none(front: Target, authority: bytes) -> None:
    refuses(front, without(b":authority", (b":authority", authority)))


@pytest.mark.parametrize("scheme", **named(b"http\r\nX: y", b"https ", b"https://evil.example.net", b"ftp", b"javascript", b"http/1.1", b"\x00", b"h t"))
def test_schemes_that_are_none(front: Target, scheme: bytes) -> None:
    refuses(front, without(b":scheme", (b":scheme", scheme)))


def test_a_host_without_an_authority(front: Target) -> None:
    outcome = ask(front, without(b":authority", (b"host", HOST)))
    assert outcome.status == 200 or outcome.is_refused, outcome
    if outcome.status == 200:
        assert front.application.only().all("host") == [HOST]


# Lengths


@pytest.mark.parametrize("length, body", [
    (b"4", b"hello"), (b"0", b"hello"), (b"6", b"hello"), (b"44", b"hello"), (b"5, 5", b"hello"), (b"+5", b"hello"), (b"-5", b"hello"),
    (b"0x5", b"hello"), (b"five", b"hello"), (b"", b"hello"), (b"5 ", b"hello"), (b"99999999999999999999", b"hello"), (b"5\r\nX: y", b"hello"),
    (b"5\x00", b"hello"), (b"5;", b"hello"), (b"5.0", b"hello"),
], ids=lambda value: repr(value)[2:-1])  # fmt: skip
def test_lengths_that_are_not_the_bodys(front: Target, length: bytes, body: bytes) -> None:
    for pieces in ((body,), (body[:2], body[2:]), (body, b"")):
        refuses(front, head(b"POST", b"/", (b"content-length", length)), *pieces, begun=True)


def test_a_length_without_a_body(front: Target) -> None:
    refuses(front, head(b"POST", b"/", (b"content-length", b"5")))
    refuses(front, head(b"POST", b"/", (b"content-length", b"%d" % len(SMUGGLED))), b"")


def test_two_lengths(front: Target) -> None:
    for second in (b"6", b"0", b"", b"44"):
        refuses(front, head(b"POST", b"/", (b"content-length", b"5"), (b"content-length", second)), b"hello", begun=True)
    outcome = ask(front, head(b"POST", b"/", (b"content-length", b"5"), (b"content-length", b"5")), b"hello")
    assert outcome.is_refused or front.application.only().body == b"hello"


def test_bodies_as_they_may_come(front: Target) -> None:
    for more in ((), ((b"content-length", b"%d" % len(SMUGGLED)),)):
        for pieces in ((SMUGGLED,), (SMUGGLED[:7], SMUGGLED[7:]), (SMUGGLED, b""), tuple(SMUGGLED[at : at + 1] for at in range(len(SMUGGLED)))):
            reading = passes(front, head(b"POST", b"/body", *more), *pieces)
            assert reading.target == b"/body"
            front.application.forget()


def test_a_body_of_chunks_is_a_body(front: Target) -> None:
    """Whoever puts it into HTTP/1.1 as it is has written another request."""
    reading = passes(front, head(b"POST", b"/body"), b"0\r\n\r\n" + SMUGGLED)
    assert reading.body == b"0\r\n\r\n" + SMUGGLED


def test_a_body_of_a_get(front: Target) -> None:
    for method in (b"GET", b"HEAD", b"DELETE", b"OPTIONS"):
        with Client(front.front.secure_port) as client:
            first = client.wait(client.send(head(method, b"/first"), SMUGGLED))
            second = client.wait(client.send(head(b"GET", b"/second")))
        assert second.status == 200
        readings = {one.target: one for one in front.agree()}
        assert b"/smuggled" not in readings
        if first.status == 200:
            assert readings[b"/first"].body == SMUGGLED
            [carrier] = [one for one in front.application.arrived if b"/first" in one]
            assert b"/second" not in carrier
        front.application.forget()


# Trailers


@pytest.mark.parametrize("trailers", [
    [(b":path", b"/x")], [(b"x", b"y\r\nz: a")], [(b"X", b"y")], [(b"x y", b"z")], [(b"content-length", b"9")], [(b"transfer-encoding", b"chunked")],
    [(b"connection", b"close")], [(b"host", b"evil.example.net")], [(b"x", b"y")], [(b"authorization", b"Basic eA==")], [(b"", b"y")],
], ids=lambda trailers: b": ".join(trailers[0]).decode())  # fmt: skip
def test_trailers_become_no_headers(front: Target, trailers: Headers) -> None:
    outcome = ask(front, head(b"POST", b"/"), b"hello", trailers=trailers)
    if outcome.is_refused:
        return front.nothing_arrived(begun=True)
    assert outcome.status == 200, outcome
    [reading] = front.agree()
    assert reading.body == b"hello" and reading.all("host") == [HOST]
    for name, value in trailers:
        # That it comes in chunks is of the front's own saying.
        assert name == b"transfer-encoding" or value not in reading.all(name.decode() or "x"), reading


# Many streams


def test_streams_do_not_mix(front: Target) -> None:
    with Client(front.front.secure_port) as client:
        streams = [client.send(head(b"POST", b"/%d" % number), b"body of %d" % number) for number in range(40)]
        outcomes = [client.wait(stream) for stream in streams]
    by_target = {one.target: one for one in front.agree()}
    for number, outcome in enumerate(outcomes):
        assert outcome.status == 200 and outcome.word == by_target[b"/%d" % number].word
        assert by_target[b"/%d" % number].body == b"body of %d" % number


def test_a_refused_stream_leaves_the_others(front: Target) -> None:
    with Client(front.front.secure_port) as client:
        good = client.send(head(b"POST", b"/good"), b"hel", end=False)
        bad = client.send(head(b"GET", b"/", (b"x", b"y\r\nz: a")))
        refused = client.wait(bad)
        assert refused.is_refused, refused
        client.connection.send_data(good, b"lo", end_stream=True)
        client.flush()
        outcome = client.wait(good)
    if outcome.status is None:
        # It may be taken for an error of the connection's (RFC 9113, section 8.1.1).
        assert outcome.error is not None
        return assert_whole(front)
    assert outcome.status == 200
    assert_whole(front)


def assert_whole(front: Target) -> None:
    assert [one for one in front.application.readings if (one.target, one.body) != (b"/good", b"hello")] == []


def test_a_stream_that_is_reset_in_the_midst_of_its_body(front: Target) -> None:
    for more in ((), ((b"content-length", b"50"),)):
        with Client(front.front.secure_port) as client:
            stream = client.send(head(b"POST", b"/half", *more), SMUGGLED[:20], end=False)
            client.connection.reset_stream(stream)
            client.flush()
            assert client.wait(client.send(head(b"GET", b"/next"))).status == 200
        readings = [one.target for data in front.application.arrived for one in read_by_h11(data)[0]]
        # What an earlier test sent last may come late.
        assert [target for target in readings if target != b"/good"] == [b"/next"], readings
        front.application.forget()


def test_cookies_that_come_in_crumbs_are_put_together(front: Target) -> None:
    # RFC 9113, section 8.2.3.
    reading = passes(front, head(b"GET", b"/", (b"cookie", b"a=b"), (b"cookie", b"c=d")))
    assert reading.header("cookie") == b"a=b; c=d"


def test_what_gateways_take_for_others(front: Target) -> None:
    reading = passes(front, head(b"GET", b"/", (b"content_length", b"9"), (b"transfer_encoding", b"chunked"), (b"x_forwarded_for", b"192.0.2.1")))
    assert not {name for name, _ in reading.headers} & {b"content_length", b"transfer_encoding", b"x_forwarded_for"}


def test_what_the_front_says_of_the_client(front: Target) -> None:
    reading = passes(front, head(b"GET", b"/", (b"x-forwarded-proto", b"http"), (b"x-forwarded-for", b"192.0.2.1")))
    assert reading.header("x-forwarded-proto") == b"https"
    assert (reading.header("x-forwarded-for") or b"").split(b",")[-1].strip().startswith(b"127.")


# Answers


def test_answers_of_http_1_become_answers_of_http_2(front: Target) -> None:
    def say(reading: Reading) -> bytes:
        front.application.say = said
        return b"HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"

    front.application.say = say
    outcome = ask(front, head())
    assert (outcome.status, outcome.body) == (200, b"hello")
    assert not {name for name, _ in outcome.headers} & {b"connection", b"x-hop", b"keep-alive", b"transfer-encoding"}, outcome


@pytest.mark.parametrize("answer", **named(
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nX: a\rb\r\nContent-Length: 0\r\n\r\n", b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n", b"garbage\r\n\r\n",
))  # fmt: skip
def test_answers_that_are_none(front: Target, answer: bytes) -> None:
    def say(reading: Reading) -> bytes:
        front.application.say = said
        return answer

    front.application.say = say
    outcome = ask(front, head())
    assert outcome.status == 502 or outcome.error is not None and outcome.status is None, outcome
    front.front.works()
