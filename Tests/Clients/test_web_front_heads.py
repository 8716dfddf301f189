"""Heads of requests that several could read differently: lines, names, values, hosts, targets and versions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.front import HOST, get
from harness.smuggling import SMUGGLED, Target, lines, target
from test_web_front_smuggling import named


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with target(tmp_path_factory.mktemp("front")) as shared:
        yield shared


@pytest.fixture
def front(shared: Target) -> Iterator[Target]:
    yield from shared.used()


# Lines


@pytest.mark.parametrize("field", **named(
    b"X: y\r\n z", b"X: y\r\n\tz", b"X:\r\n y", b"X: y\r\n \r\nZ: a", b" X: y", b"\tX: y", b"X : y", b"X\t: y", b": y", b"X", b"",
    b"X: y\nZ: a", b"X: y\rZ: a", b"X: y\r\r\nZ: a", b"X: y\n", b"X: y\r\n\nGET /smuggled HTTP/1.1", b"X: \x00", b"\x00: y", b"X\x00: y",
    b"X: y\r\n\r", b"X: y\n\r",
))  # fmt: skip
def test_lines_that_are_none(front: Target, field: bytes) -> None:
    if field == b"":
        # The end of the head: what follows is another request, without a line of its own.
        data = get(b"/") + b"X: y\r\n\r\n"
        got, is_closed = front.front.tell(data)
        assert is_closed and [one.status for one in got] == [200, 400], got
        assert len(front.agree()) == 1
        return
    front.refuses(b"GET / HTTP/1.1\r\nHost: " + HOST + b"\r\n" + field + b"\r\nA: b\r\n\r\n" + SMUGGLED)


def test_a_line_before_the_first_field(front: Target) -> None:
    for before in (b" X: y\r\n", b"\tX: y\r\n", b" \r\n", b"\x0b\r\n"):
        front.refuses(b"GET / HTTP/1.1\r\n" + before + b"Host: " + HOST + b"\r\n\r\n")


def test_lines_that_end_in_a_line_feed_alone(front: Target) -> None:
    whole = get(b"/", b"X: y")
    for data in (whole.replace(b"\r\n", b"\n"), whole.replace(b"\r\n", b"\n", 1), whole[:-2] + b"\n", whole[:-4] + b"\n\n"):
        front.refuses(data)


def test_lines_that_end_in_a_carriage_return_alone(front: Target) -> None:
    got, is_closed = front.front.tell(get(b"/", b"X: y").replace(b"\r\n", b"\r"), shut=True)
    assert is_closed and [one.status for one in got] in ([], [400])
    front.nothing_arrived()


@pytest.mark.parametrize("byte", [*range(9), *range(10, 32), 127], ids=lambda byte: f"0x{byte:02x}")
def test_control_characters(front: Target, byte: int) -> None:
    one = bytes([byte])
    if byte != 10:
        front.refuses(get(b"/", b"X: a" + one + b"b"))
    front.refuses(get(b"/", b"X" + one + b"Y: a"))
    front.refuses(get(b"/a" + one + b"b"))
    front.refuses(get(b"/", method=b"G" + one + b"T"))


@pytest.mark.parametrize("byte", [*b'"(),/;<=>?@[\\]{} ', 0x80, 0xA0, 0xFF], ids=lambda byte: f"0x{byte:02x}")
def test_names_that_are_no_tokens(front: Target, byte: int) -> None:
    front.refuses(get(b"/", b"X" + bytes([byte]) + b"Y: a"))
    front.refuses(get(b"/", bytes([byte]) + b"X: a"))
    if byte != 0x20:
        front.refuses(get(b"/", method=b"GE" + bytes([byte]) + b"T"))


def test_values_that_are_no_ascii_pass_as_they_are(front: Target) -> None:
    reading = front.passes(get(b"/", b"X: \xff\xc3\x28", close=True))
    assert reading.header("x") == b"\xff\xc3\x28"


def test_tokens_pass_as_they_are(front: Target) -> None:
    reading = front.passes(get(b"/", b"!#$%&'*+.^`|~Az09-: y", close=True))
    assert (b"!#$%&'*+.^`|~az09-", b"y") in reading.headers


def test_heads_that_are_too_large(front: Target) -> None:
    for data in (get(b"/", b"X: " + b"y" * 200_000), get(b"/", *[b"X%d: y" % number for number in range(5_000)]),
                 get(b"/" + b"a" * 200_000), get(b"/", method=b"A" * 100_000), get(b"/", b"X" * 100_000 + b": y")):  # fmt: skip
        front.refuses(data, 400, 413, 414, 431, 501)


# Hosts


@pytest.mark.parametrize("field", **named(
    b"Accept: */*", b"Host: shop.example.com\r\nHost: shop.example.com", b"Host: shop.example.com\r\nHost: evil.example.net",
    b"Host: evil.example.net\r\nhost: shop.example.com", b"Host: shop.example.com, evil.example.net", b"Host: shop.example.com evil",
    b"Host: shop.example.com/evil", b"Host: shop.example.com?x", b"Host: shop.example.com#x", b"Host: a@shop.example.com",
    b"Host: shop.example.com@evil.example.net", b"Host: shop.example.com:80x", b"Host: shop.example.com:x",
    b"Host: shop.example.com:80:80", b"Host: shop.example.com:-80", b"Host: shop.example.com:+80", b"Host: http://shop.example.com",
    b"Host: shop.example.com\\evil", b"Host: shop.example.com\x00", b"Host: shop.example.com\x0b", b"Host: [::1", b"Host: ::1",
    b"Host: [zz]", b"Host: []", b"Host: [::1]x", b"Host: shop.example.com%00", b"Host: shop.example.com<", b"Host: shop.example.com|x",
    b"Host:\r\n shop.example.com", b"Host : shop.example.com", b" Host: shop.example.com", b"Host: shop.example.com\r\n evil.example.net",
    b"Host", b"Host: shop.example.com\r\nHost:", b"Host: shop\xe2\x80\xa4example.com", b"Host: (shop.example.com)", b"Host: ..",
    b"Host: shop.example.com;x", b'Host: "shop.example.com"', b"Host: shop.example.com:80,81",
))  # fmt: skip
def test_hosts_that_are_none(front: Target, field: bytes) -> None:
    front.refuses(lines(field, host=False, first=b"GET / HTTP/1.1"))


@pytest.mark.parametrize("field", **named(
    b"Host:", b"Host: evil.example.net", b"Host: example.com", b"Host: xshop.example.com", b"Host: shop.example.com.evil.example.net",
    b"Host: 127.0.0.1", b"Host: [::1]", b"Host: localhost", b"Host: a.shop.example.com", b"Host: shop.example.comx",
))  # fmt: skip
def test_hosts_of_nobody(front: Target, field: bytes) -> None:
    got, _ = front.front.tell(lines(field, b"Connection: close", host=False, first=b"GET / HTTP/1.1"))
    assert [one.status for one in got] in ([404], [400]), got
    front.nothing_arrived()


@pytest.mark.parametrize("host", **named(
    b"SHOP.example.COM", b"shop.example.com:80", b"shop.example.com:8443", b"shop.example.com.", b"shop.example.com:", b"shop.example.com:99999",
    b"\tshop.example.com\t",
))  # fmt: skip
def test_hosts_as_they_may_be_written(front: Target, host: bytes) -> None:
    front.passes_or_refuses(get(b"/", close=True, host=host))


def test_http_1_0_without_a_host(front: Target) -> None:
    got, is_closed = front.front.tell(b"GET / HTTP/1.0\r\n\r\n", shut=True)
    assert is_closed and [one.status for one in got] in ([404], [400]), got
    front.nothing_arrived()


# Targets


@pytest.mark.parametrize("word", **named(
    b"http://evil.example.net/", b"http://shop.example.com:81/", b"http://a@shop.example.com/", b"http://shop.example.com@evil.example.net/",
    b"ftp://shop.example.com/", b"http:/shop.example.com/", b"http:///", b"http://", b"shop.example.com:80", b"index.html", b"?x", b"*", b"/#a",
    b"/a#", b"http://shop.example.com/#x", b"shop.example.com/", b"\\x", b"file:///etc/passwd", b"javascript:x", b"http://shop.example.com\\/",
    b"http://shop.example.com.evil.example.net/", b"http://[::1]/", b".", b"http://shop.example.com:80:81/",
))  # fmt: skip
def test_targets_that_are_none(front: Target, word: bytes) -> None:
    front.refuses(get(word))


@pytest.mark.parametrize("word", **named(
    b"/%", b"/%zz", b"/a//b", b"/../x", b"/a/./b/../c", b"//evil.example.net/x", b"/a?b=c?d", b"/a?b=c/../d", b"/;x=y", b"/a%2f..%2fb", b"/%00",
    b"/a%0d%0aX:%20y", b"/%23", b"/a|b", b"/{x}", b'/"x"', b"/a\\b", b"/<x>", b"/a`b^c", b"/\xc3\xa9", b"/\xff", b"/@", b"/:80", b"/http://x/",
    b"/a?", b"/?", b"/a%252fb", b"/" + b"a" * 8000,
))  # fmt: skip
def test_targets_pass_as_they_are(front: Target, word: bytes) -> None:
    """Whoever writes them anew reads them for somebody else."""
    got, _ = front.front.tell(get(word, close=True), shut=True)
    if got[0].status == 400:
        return front.nothing_arrived()
    assert front.application.arrived[0].split(b" ")[1] == word
    if not word.isascii():
        # h11 does not take it; the bytes are what counts.
        front.application.errors.clear()


@pytest.mark.parametrize("first, path", [
    (b"GET http://shop.example.com/a?b HTTP/1.1", b"/a?b"), (b"GET HTTP://shop.example.com HTTP/1.1", b"/"),
    (b"GET http://SHOP.example.com/x HTTP/1.1", b"/x"), (b"GET https://shop.example.com/y HTTP/1.1", b"/y"),
    (b"GET http://shop.example.com?z HTTP/1.1", b"/?z"),
], ids=["path", "no path", "upper case", "https", "query alone"])  # fmt: skip
def test_targets_that_are_urls(front: Target, first: bytes, path: bytes) -> None:
    front.passes_or_refuses(lines(b"Connection: close", first=first), target=path)


def test_targets_of_hosts_that_differ(front: Target) -> None:
    for host in (b"evil.example.net", b"shop.example.com:81"):
        data = b"GET http://shop.example.com/ HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n"
        got, _ = front.front.tell(data)
        if got[0].status == 200:
            # Then the URL counts, and the application hears of no other host (RFC 9112, section 3.2.2).
            assert front.application.only().all("host") == [HOST]
        else:
            assert got[0].status == 400
            front.nothing_arrived()


def test_options_of_the_server(front: Target) -> None:
    front.passes_or_refuses(get(b"*", method=b"OPTIONS", close=True), target=b"*", method="OPTIONS")


# Request lines


@pytest.mark.parametrize("first", **named(
    b"GET /", b"GET", b"GET  / HTTP/1.1", b"GET /  HTTP/1.1", b"GET\t/\tHTTP/1.1", b"GET / HTTP/1.1 ", b" GET / HTTP/1.1", b"\tGET / HTTP/1.1",
    b"GET / HTTP/1.1\t", b"GET /a b HTTP/1.1", b"GET / http/1.1", b"GET / HTTP/1.1x", b"GET / HTTP /1.1", b"GET / HTTP/1,1", b"GET / HTTP/1",
    b"GET / HTTP/11", b"GET / HTTP/1.1.1", b"GET / HTTP/01.1", b"GET / HTTP/1.01", b"GET / HTTP/+1.1", b"GET / HTTP/1.\xb9", b"GET / HTTPS/1.1",
    b"GET / ICY/1.1", b"GET / HTTP/1.1 HTTP/1.1", b"GET /\x0bHTTP/1.1", b"GET\x0b/ HTTP/1.1", b"GET\xa0/ HTTP/1.1", b"GET\x00/ HTTP/1.1",
    b"G ET / HTTP/1.1", b"GET: / HTTP/1.1", b" / HTTP/1.1", b"GET / HTTP/1.1\r", b"GET\r/ HTTP/1.1", b"GET  HTTP/1.1", b"\xefGET / HTTP/1.1",
    b"GET / HTTP/ 1.1", b"GET / HTTP/1. 1", b"GET / /HTTP/1.1", b"GET / HTTP\\1.1", b"HTTP/1.1 200 OK",
))  # fmt: skip
def test_request_lines_that_are_none(front: Target, first: bytes) -> None:
    front.refuses(lines(first=first), 400, 501, 505)


@pytest.mark.parametrize("version", **named(b"HTTP/0.9", b"HTTP/2.0", b"HTTP/3.0", b"HTTP/9.9", b"HTTP/0.0", b"HTTP/1.2", b"HTTP/1.9"))
def test_versions_of_others(front: Target, version: bytes) -> None:
    front.refuses(lines(first=b"GET / " + version), 400, 505)


def test_http_0_9(front: Target) -> None:
    for data in (b"GET /\r\n", b"GET /\r\n\r\n", b"GET /\n", b"GET / \r\n\r\n"):
        got, is_closed = front.front.tell(data, shut=True)
        assert is_closed and [one.status for one in got] in ([400], []), got
        front.nothing_arrived()


def test_the_preface_of_http_2_in_the_clear(front: Target) -> None:
    got, is_closed = front.front.tell(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9) + SMUGGLED)
    assert is_closed and [one.status for one in got] in ([400], [505]), got
    front.nothing_arrived()


@pytest.mark.parametrize("before", **named(b"\n", b"\r", b"\x00", b" \r\n", b"\r\n \r\n", b"\xef\xbb\xbf", b"X\r\n", b"\r\n" * 500))
def test_bytes_before_a_request(front: Target, before: bytes) -> None:
    front.refuses(before + get(b"/"))


def test_an_empty_line_before_a_request(front: Target) -> None:
    # A client may send one after a form (RFC 9112, section 2.2).
    front.passes_or_refuses(b"\r\n" + get(b"/", close=True))


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "TRACK", "connect", "trace"])
def test_methods_that_are_not_for_applications(front: Target, method: str) -> None:
    word = b"shop.example.com:443" if method.lower() == "connect" else b"/"
    for target_ in (word, b"/"):
        got, _ = front.front.tell(get(target_, method=method.encode(), close=True) + SMUGGLED, shut=True)
        assert len(got) == 1 and got[0].status in (400, 405, 501), got
        front.nothing_arrived()


@pytest.mark.parametrize("method", ["get", "Get", "PROPFIND", "PURGE", "X-Y", "M-SEARCH", "POST", "PATCH"])
def test_methods_pass_as_they_are(front: Target, method: str) -> None:
    got, _ = front.front.tell(get(b"/", b"Content-Length: 0", method=method.encode(), close=True), shut=True)
    if got[0].status == 200:
        assert front.application.arrived[0].split(b" ")[0] == method.encode()
    else:
        assert got[0].status in (400, 405, 501)
        front.nothing_arrived()


# What is about the connection


@pytest.mark.parametrize("option", [b"Host", b"Content-Length", b"Transfer-Encoding", b"close, Content-Length", b"Cookie"])
def test_connection_takes_nothing_away_that_says_what_a_request_is(front: Target, option: bytes) -> None:
    data = lines(b"Connection: " + option, b"Content-Length: 5", b"Cookie: a=b") + b"hello" + SMUGGLED
    got, _ = front.front.tell(data, shut=True)
    if got[0].status == 400:
        return front.nothing_arrived()
    reading = front.application.wait()[0]
    assert (reading.body, reading.all("host"), reading.header("cookie")) == (b"hello", [HOST], b"a=b")


def test_connection_takes_away_what_it_names(front: Target) -> None:
    fields = [b"Connection: close, X-Hop", b"X-Hop: 1", b"Keep-Alive: timeout=9", b"Proxy-Connection: keep-alive", b"TE: trailers, chunked"]
    reading = front.passes(get(b"/", *fields, b"X-Stays: 1"))
    names = {name for name, _ in reading.headers}
    assert b"x-stays" in names and not names & {b"x-hop", b"keep-alive", b"proxy-connection"}, names
    assert reading.header("te") in (None, b"trailers")


def test_what_the_front_says_of_the_client_cannot_be_taken_away(front: Target) -> None:
    fields = [b"Connection: close, X-Forwarded-For, X-Forwarded-Proto", b"X-Forwarded-For: 192.0.2.1", b"X-Forwarded-Proto: https"]
    reading = front.passes(get(b"/", *fields))
    forwarded = reading.header("x-forwarded-for")
    assert forwarded is not None and forwarded.split(b",")[-1].strip().startswith(b"127.")
    assert reading.header("x-forwarded-proto") == b"http"


@pytest.mark.parametrize("value, statuses", [
    (b"200-ok", (400, 417)), (b"100-continue, x", (400, 417)), (b"", (400, 417)), (b"100-continue\r\nExpect: 100-continue", (400, 417)),
    (b"100-continu\xeb", (400, 417)), (b"100 continue", (400, 417)),
], ids=["other", "list", "empty", "twice", "no ascii", "space"])  # fmt: skip
def test_expectations_that_nobody_meets(front: Target, value: bytes, statuses: tuple[int, ...]) -> None:
    front.refuses(lines(b"Expect: " + value, b"Content-Length: 5") + b"hello", *statuses)


def test_expectations_that_are_met(front: Target) -> None:
    for value in (b"100-continue", b"100-Continue"):
        data = lines(b"Expect: " + value, b"Content-Length: 5", b"Connection: close") + b"hello" + SMUGGLED
        front.passes(data, method="POST", body=b"hello")
        front.application.forget()
    # Without a body there is nothing to wait for, and HTTP/1.0 knows of no such word.
    front.passes(get(b"/", b"Expect: 100-continue", close=True))
    front.application.forget()
    data = lines(b"Expect: 100-continue", b"Content-Length: 5", first=b"POST / HTTP/1.0") + b"hello"
    got, _ = front.front.tell(data, shut=True)
    assert [one.status for one in got] == [200], got
