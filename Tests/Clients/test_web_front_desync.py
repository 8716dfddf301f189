"""Connections of the web front that carry several requests: no client gets an answer that is another's, and no application a
request that is a part of another's, whatever client and application say, and when."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterator

import pytest

from harness.front import answers, get, post
from harness.patience import PATIENCE
from harness.recorder import Reading, read_by_h11, said
from harness.smuggling import SMUGGLED, Target, lines, target
from test_web_front_smuggling import CHUNKED


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("front")) as shared:
        yield shared


@pytest.fixture
def front(shared: Target) -> Iterator[Target]:
    yield from shared.used()


# Requests one after the other


def test_answers_come_in_the_order_of_the_requests(front: Target) -> None:
    requests = [get(b"/%d" % number) if number % 3 else post(b"Content-Length: 5", body=b"hello", target=b"/%d" % number) for number in range(20)]
    got, _ = front.front.tell(b"".join(requests[:-1]) + get(b"/19", close=True))
    assert [one.status for one in got] == [200] * 20
    by_target = {one.target: one.word for one in front.agree()}
    assert [one.word for one in got] == [by_target[b"/%d" % number] for number in range(20)]


def test_nothing_is_read_behind_what_is_refused(front: Target) -> None:
    for bad in (get(b"/bad", b"X : y"), lines(b"Content-Length: 1", CHUNKED), get(b"/bad", host=b"a b"), b"GET /bad\r\n\r\n"):
        got, is_closed = front.front.tell(get(b"/good") + bad + SMUGGLED * 3)
        assert is_closed and [one.status for one in got] == [200, 400], got
        assert [one.target for one in front.agree()] == [b"/good"]
        front.application.forget()


def test_nothing_is_read_behind_the_last_request(front: Target) -> None:
    for fields in ((b"Connection: close",), (b"Connection: keep-alive, close",), (b"Connection: keep-alive", b"connection: CLOSE")):
        got, is_closed = front.front.tell(get(b"/last", *fields) + SMUGGLED)
        assert is_closed and [one.status for one in got] == [200], got
        assert [one.target for one in front.agree()] == [b"/last"]
        front.application.forget()
    got, is_closed = front.front.tell(lines(first=b"GET /last HTTP/1.0") + SMUGGLED)
    assert is_closed and [one.status for one in got] == [200], got
    assert [one.target for one in front.agree()] == [b"/last"]


def test_requests_byte_by_byte(front: Target) -> None:
    data = post(CHUNKED, body=b"5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", target=b"/slow") + get(b"/next", close=True)
    with front.front.connect() as client:
        for byte in data:
            client.sendall(bytes([byte]))
        received = b""
        while piece := client.recv(1 << 16):
            received += piece
    assert [one.status for one in answers(received)] == [200, 200]
    assert [(one.target, one.body) for one in front.agree()] == [(b"/slow", b"hello"), (b"/next", b"")]


def test_connections_to_the_application_are_shared_without_mixing(front: Target) -> None:
    clients = [front.front.connect() for _ in range(5)]
    for turn in range(6):
        for number, client in enumerate(clients):
            client.sendall(get(b"/%d/%d" % (number, turn)))
        for number, client in enumerate(clients):
            client.settimeout(PATIENCE)
            received = b""
            while not (received and answers(received)[-1].is_whole and b"}" in received):
                received += client.recv(1 << 16)
            assert b"/%d/%d" % (number, turn) in answers(received)[0].body
    for client in clients:
        client.close()
    assert len(front.agree()) == 30


def test_half_a_request_behind_a_whole_one(front: Target) -> None:
    for half in (post(b"Content-Length: 50", body=b"hello", target=b"/half"), get(b"/half")[:-2], post(CHUNKED, body=b"5\r\nhel")):
        took: list[float] = []
        # The client has said that no more comes. A busy machine has some more tries.
        while not took or took[-1] >= 5:
            assert len(took) < 4, took
            begun = time.monotonic()
            got, is_closed = front.front.tell(get(b"/whole") + half, shut=True)
            took.append(time.monotonic() - begun)
            assert is_closed and got[0].status == 200 and all(one.word is None for one in got[1:]), got
            assert [one.target for one in front.application.readings] == [b"/whole"]
            front.application.forget()


# Answers before the end of the request


def test_an_answer_before_the_body_is_there(front: Target) -> None:
    def at_once(connection: socket.socket) -> None:
        front.application.script = None
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
        # An application that takes no more notice of the body, and has the next request begin where it likes.
        time.sleep(0.5)

    for fields, body in (((b"Content-Length: 100",), b"x" * 10), ((CHUNKED,), b"5\r\nhello\r\n")):
        front.application.script = at_once
        rest = b"x" * 90 if b"Length" in fields[0] else b"0\r\n\r\n"
        with front.front.connect() as client:
            client.sendall(lines(*fields) + body)
            time.sleep(0.1)
            client.settimeout(PATIENCE)
            received = client.recv(1 << 16)
            # What comes then comes soon, if it comes.
            client.settimeout(3)
            with contextlib.suppress(OSError):
                client.sendall(rest + SMUGGLED)
                while piece := client.recv(1 << 16):
                    received += piece
        got = answers(received)
        assert got[0].status == 413 and len(got) <= 2, got
        front.front.works()
        # The connection with half a request on it is not used for another.
        carrier = front.application.arrived[0]
        assert b"/works" not in carrier and b"GET /smuggled" not in carrier
        front.application.forget()


def test_a_client_that_goes_in_the_midst_of_its_body(front: Target) -> None:
    for fields, body in (((b"Content-Length: 100",), SMUGGLED[:20]), ((CHUNKED,), b"40\r\nGET /smuggled")):
        client = front.front.connect()
        client.sendall(lines(*fields) + body)
        time.sleep(0.1)
        client.close()
        front.nothing_arrived(begun=True)


# What an application answers


def answered(front: Target, data: bytes, *, close: bool = False, request: bytes = b"", methods: tuple[str, ...] = ()):  # noqa: ANN201
    """What a client gets when the application says this; and the next gets its own."""

    def say(reading: Reading) -> bytes:
        front.application.say = said
        return data

    if not close:
        front.application.say = say
    else:
        def script(connection: socket.socket) -> None:
            front.application.script = None
            connection.sendall(data)

        front.application.script = script
    got, is_closed = front.front.tell(request or get(b"/asked"), methods=methods, shut=True)
    for _ in range(3):
        front.front.works()
    return got, is_closed


@pytest.mark.parametrize("head", [
    b"Content-Length: 5\r\nTransfer-Encoding: chunked", b"Transfer-Encoding: chunked\r\nContent-Length: 5",
    b"Content-Length: 5\r\nContent-Length: 6", b"Content-Length: 5\r\nContent-Length: 5\r\nContent-Length: 0", b"Content-Length: 5, 6",
    b"Content-Length: -5", b"Content-Length: +5", b"Content-Length: 0x5", b"Content-Length: five", b"Content-Length: 5 5",
    b"Content-Length: 99999999999999999999", b"Content-Length:", b"Content-Length : 5", b"Content-Length\x00: 5", b"Content-Length: 5\r\n 0",
    b"Transfer-Encoding: gzip", b"Transfer-Encoding: xchunked", b"Transfer-Encoding: chunked, identity", b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", b"Transfer-Encoding : chunked", b"Transfer-Encoding:\x0bchunked",
    b"Transfer-Encoding: identity", b"Transfer-Encoding: chunked;x", b"X: a\rSet-Cookie: b=c\r\nContent-Length: 5", b"X: a\x00b\r\nContent-Length: 5",
    b"X: a\r\n b\r\nContent-Length: 5", b"X y: a\r\nContent-Length: 5", b": a\r\nContent-Length: 5", b"X\r\nContent-Length: 5",
    b"X: a\nContent-Length: 5", b" X: a\r\nContent-Length: 5",
], ids=lambda head: repr(head)[2:-1][:50])  # fmt: skip
def test_answers_that_are_none(front: Target, head: bytes) -> None:
    data = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + b"5\r\nhello\r\n0\r\n\r\n"
    got, _ = answered(front, data)
    assert [one.status for one in got] == [502], got
    assert not got[0].header("set-cookie") and b"hello" not in got[0].body


@pytest.mark.parametrize("first", [
    b"HTTP/2 200 OK", b"HTTP/1.1 99 x", b"HTTP/1.1 2000 OK", b"HTTP/1.1 20 OK", b"HTTP/1.1 abc OK", b"HTTP/1.1  200 OK", b"HTTP/1.1", b"ICY 200 OK",
    b"HTTP/1.1 +20 OK", b"HTTP/1.1 200\tOK", b"http/1.1 200 OK", b"HTTP/1.1\t200 OK", b"HTTP/1.1 -20 OK", b"GET / HTTP/1.1", b"", b"HTTP/1.1 200 O\x00K",
    b"HTTP/0.9 200 OK", b"HTTP/1.12 200 OK", b" HTTP/1.1 200 OK",
], ids=lambda first: repr(first)[2:-1] or "empty")  # fmt: skip
def test_status_lines_that_are_none(front: Target, first: bytes) -> None:
    got, _ = answered(front, first + b"\r\nContent-Length: 0\r\n\r\n")
    assert [one.status for one in got] == [502], got


@pytest.mark.parametrize("chunks", [
    b"5\nhello\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n", b"5\r\nhelloworld\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"zz\r\n", b"-5\r\nhello\r\n",
    b"ffffffffffffffffff\r\nhello\r\n", b"5\r\nhello\r\n0\r\nX : y\r\n\r\n",
], ids=lambda chunks: repr(chunks)[2:-1])  # fmt: skip
def test_chunks_of_an_answer_that_are_none(front: Target, chunks: bytes) -> None:
    got, is_closed = answered(front, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + chunks)
    assert is_closed and len(got) == 1 and (got[0].status == 502 or not got[0].is_whole), got


def test_an_answer_that_is_cut_off(front: Target) -> None:
    for data in (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                 b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n", b"HTTP/1.1 200 OK\r\nContent-Le", b""):  # fmt: skip
        got, is_closed = answered(front, data, close=True)
        assert is_closed and len(got) == 1 and (got[0].status == 502 or not got[0].is_whole), (data, got)
        front.application.forget()


@pytest.mark.parametrize("extra", [said(Reading("GET", b"/evil", (), b"")), b"garbage", b"\r\n", b"HTTP/1.1 200 OK\r\n"], ids=["an answer", "garbage", "a line", "a beginning"])
@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 0", b"HTTP/1.1 204 No Content", b"HTTP/1.1 204 No Content\r\nContent-Length: 5",
                                  b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5", b"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked"],
                         ids=["length 0", "204", "204 with a length", "304 with a length", "204 in chunks"])  # fmt: skip
def test_more_than_an_answer(front: Target, head: bytes, extra: bytes) -> None:
    got, _ = answered(front, head + b"\r\n\r\n" + extra)
    assert len(got) == 1 and got[0].status in (200, 204, 304, 502) and got[0].word is None and not got[0].body.strip(b"\r\n") or got[0].status == 502, got


def test_a_body_of_an_answer_to_head(front: Target) -> None:
    for head in (b"Content-Length: 5", b"Transfer-Encoding: chunked"):
        data = b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n" + said(Reading("GET", b"/evil", (), b""))
        got, _ = answered(front, data, request=get(b"/asked", method=b"HEAD"), methods=("HEAD",))
        assert len(got) == 1 and got[0].word is None, got
        front.application.forget()


def test_words_before_an_answer(front: Target) -> None:
    whole = said(Reading("GET", b"/asked", (), b""))
    for before in (b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3, b"HTTP/1.1 102 Processing\r\n\r\n"):
        got, _ = answered(front, before + whole)
        assert [one.status for one in got if one.status >= 200] == [200] and got[-1].word, got
        front.application.forget()


def test_a_change_of_protocol_that_nobody_asked_for(front: Target) -> None:
    data = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    got, _ = answered(front, data)
    assert [one.status for one in got] == [502], got
    front.application.forget()
    asked = get(b"/asked", b"Connection: Upgrade", b"Upgrade: other")
    got, _ = answered(front, data, request=asked)
    assert [one.status for one in got] == [502], got


# Other protocols on a connection


@pytest.mark.parametrize("upgrade", [b"h2c", b"H2C", b"h2c, websocket", b"websocket, h2c", b"h2", b"HTTP/2.0", b"TLS/1.0", b"h2c\r\nUpgrade: websocket"])
def test_http_2_in_the_clear_is_not_passed_on(front: Target, upgrade: bytes) -> None:
    fields = [b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: " + upgrade, b"HTTP2-Settings: AAMAAABkAAQAAP__"]
    got, _ = front.front.tell(get(b"/", *fields) + get(b"/next", close=True), shut=True)
    if got[0].status == 400:
        return front.nothing_arrived()
    assert [one.status for one in got] == [200, 200]
    first = front.agree()[0]
    assert not first.all("http2-settings") and not any(b"h2" in one.lower() or b"http" in one.lower() or b"tls" in one.lower() for one in first.all("upgrade"))


@pytest.mark.parametrize("status", [b"200 OK", b"426 Upgrade Required", b"400 Bad Request", b"503 Busy"])
def test_a_change_of_protocol_that_is_declined_opens_no_tunnel(front: Target, status: bytes) -> None:
    def say(reading: Reading) -> bytes:
        front.application.say = said
        return b"HTTP/1.1 " + status + b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 0\r\n\r\n"

    front.application.say = say
    fields = [b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", b"Sec-WebSocket-Version: 777"]
    got, _ = front.front.tell(get(b"/", *fields) + get(b"/next", close=True), shut=True)
    assert got[0].status == int(status[:3]), got
    if len(got) > 1:
        # It went as any request does: the front says who sends it.
        [second] = [one for one in front.agree() if one.target == b"/next"]
        assert (second.header("x-forwarded-for") or b"").startswith(b"127.")


def test_a_tunnel_is_the_clients_alone(front: Target) -> None:
    switched = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

    frames: list[bytes] = []

    def script(connection: socket.socket) -> None:
        front.application.script = None
        connection.sendall(switched + b"first")
        frames.append(connection.recv(100))
        connection.sendall(b"second")
        frames.append(connection.recv(100))

    front.application.script = script
    with front.front.connect() as client:
        client.sendall(get(b"/ws", b"Connection: Upgrade", b"Upgrade: websocket"))
        received = b""
        while b"first" not in received:
            received += client.recv(100)
        assert received.startswith(b"HTTP/1.1 101 ")
        client.sendall(b"frames")
        assert client.recv(100) == b"second"
    front.front.works()
    assert frames == [b"frames", b""]
    [_, others] = front.application.arrived
    assert b"/works/" in others


def test_a_body_before_another_protocol(front: Target) -> None:
    fields = [b"Connection: Upgrade", b"Upgrade: websocket", b"Content-Length: %d" % len(SMUGGLED)]
    got, _ = front.front.tell(post(*fields, body=SMUGGLED), shut=True)
    if got[0].status == 400:
        return front.nothing_arrived()
    for data in front.application.arrived:
        assert all(one.target != b"/smuggled" for one in read_by_h11(data)[0])
