"""Endpoints behind Gatehouse that hang, die, lie and drip: they can neither hold nor crash it, and no client takes half an
answer for a whole one, or somebody else's for its own."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import boto3
import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import pytest

from harness import ACCOUNT, Server, Trail
from harness import raw
from harness.certificates import openssl
from harness.chunks import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, chunked
from harness.gate import ANSWERED, MIB, Gate, eventually, http_bytes, keeping, read_answer, uploading
from harness.raw import Request, send, send_bytes, signed
from harness.server import gatehouse
from harness.patience import PATIENCE
from harness.upstream import Gone, Peer, Upstream, answer, answering, chunked_answer, dripping, silent

#: Seconds that an endpoint may be silent where a test waits for that; elsewhere it has all the time.
TIMEOUT = 1.0
BROKEN = (http.client.HTTPException, ConnectionError)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with Gate(tmp_path_factory.mktemp("gate")) as gate:
        yield gate


@pytest.fixture
def gate(shared: Gate) -> Iterator[Gate]:
    yield from shared.used()


@pytest.fixture(scope="module")
def shared_impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    with Gate(tmp_path_factory.mktemp("impatient"), timeout=TIMEOUT) as gate:
        yield gate


@pytest.fixture
def impatient(shared_impatient: Gate) -> Iterator[Gate]:
    """An endpoint may be silent for one second only."""
    yield from shared_impatient.used()


def refused(got: raw.Answer, status: int, code: str) -> None:
    """Gatehouse's own error, which names the endpoint and shows nothing of its answer."""
    assert (got.status, got.code) == (status, code), got
    assert "http://127.0.0.1:" in got.message, got
    assert b"smuggled" not in got.body and "smuggled" not in str(got.headers)


# No answer


def test_nobody_listens(tmp_path: Path) -> None:
    with Gate(tmp_path) as gate:
        gate.upstream.stop()
        refused(gate.ask(), 503, "ServiceUnavailable")
        refused(gate.ask(gate.object()), 503, "ServiceUnavailable")
        # A body that is on its way ends with the answer.
        refused(gate.ask(gate.object("PUT", b"x" * 300_000)), 503, "ServiceUnavailable")
        assert gate.upstream.requests == []
        # It is there again.
        with Upstream(answering(answer(b"{}"))) as other:
            gate.write(other.url)
            gate.settings += "\n"
            assert gate.server.process
            gate.server.process.send_signal(signal.SIGHUP)
            eventually(lambda: gate.ask().status == 200)
            assert other.requests[-1].header("x-amz-target") == "AmazonSQS.ListQueues"


def test_silence_ends_after_the_timeout_and_leaves_no_connection(impatient: Gate) -> None:
    gate = impatient
    gate.upstream.script = silent
    answers: list[raw.Answer] = []
    threads = [threading.Thread(target=lambda: answers.append(gate.ask())) for _ in range(12)]
    begun = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert TIMEOUT * 0.9 < time.monotonic() - begun < TIMEOUT + 30
    assert len(answers) == 12
    for got in answers:
        refused(got, 504, "GatewayTimeout")
    seen = gate.upstream.wait(12)
    # Once each: nobody knows whether it was done.
    assert len(seen) == 12 and all(one.is_whole for one in seen)
    eventually(lambda: not {one.connection for one in seen} & set(gate.upstream.connections))


def test_silence_where_a_body_is_streamed(impatient: Gate) -> None:
    gate = impatient
    gate.upstream.script = silent
    refused(gate.ask(gate.object("PUT", b"x" * 300_000)), 504, "GatewayTimeout")
    assert gate.upstream.only().length == 300_000


def test_an_endpoint_that_does_not_read(impatient: Gate) -> None:
    """The client is told, instead of being held for ever."""
    gate = impatient
    gate.upstream.script = lambda peer: (time.sleep(TIMEOUT * 2), peer.close())  # type: ignore[func-returns-value]
    request = gate.object("PUT", payload_hash="UNSIGNED-PAYLOAD")
    with uploading(gate, request, 64 * MIB) as upload:
        with contextlib.suppress(OSError):
            for _ in range(64):
                upload.sendall(b"x" * MIB)
        refused(read_answer(upload), 504, "GatewayTimeout")
    [seen] = gate.upstream.wait(1)
    assert not seen.is_whole


def test_a_client_that_leaves_does_not_leave_a_connection_behind(impatient: Gate) -> None:
    gate = impatient
    gate.upstream.script = silent
    with uploading(gate, gate.queues(), None):
        gate.upstream.wait_for_head(1)
    gate.upstream.wait(1, within=TIMEOUT + 5)

    # In the middle of an answer, too.
    def endless(peer: Peer) -> None:
        peer.read()
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while True:
            peer.send(b"1000\r\n" + b"x" * 4096 + b"\r\n")

    gate.upstream.forget()
    gate.upstream.script = endless
    with uploading(gate, gate.object(), None) as reading:
        assert reading.recv(100)
    gate.upstream.wait(1, within=5)


@pytest.mark.parametrize("how", ["close", "reset", "close after a part of the head", "reset after a part of the head"])
def test_it_dies_before_the_head_is_whole(gate: Gate, how: str) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        if "part" in how:
            peer.send(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-smuggled: ")
            time.sleep(0.02)
        peer.reset() if how.startswith("reset") else peer.close()

    gate.upstream.script = script
    got = gate.ask()
    assert got.status in (502, 503), got
    refused(got, got.status, got.code)
    assert len(gate.upstream.wait(1)) == 1


@pytest.mark.parametrize("how", ["close", "reset"])
def test_it_dies_in_a_short_body(gate: Gate, how: str) -> None:
    """Of a short answer nothing is sent before all of it is there."""

    def script(peer: Peer) -> None:
        peer.read()
        peer.send(b'HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"smuggled": ')
        time.sleep(0.05)
        getattr(peer, how)()

    gate.upstream.script = script
    got = gate.ask()
    assert got.status in (502, 503), got
    refused(got, got.status, got.code)


@pytest.mark.parametrize("how", ["close", "reset", "silence"])
@pytest.mark.parametrize("framing", ["content-length: 1000000", "transfer-encoding: chunked"])
def test_it_dies_in_a_long_body(impatient: Gate, how: str, framing: str) -> None:
    gate = impatient
    def script(peer: Peer) -> None:
        peer.read()
        peer.send(f"HTTP/1.1 200 OK\r\n{framing}\r\n\r\n".encode())
        peer.send(b"x" * 100_000 if "length" in framing else b"186a0\r\n" + b"x" * 100_000 + b"\r\n")
        if how == "silence":
            return peer.wait_for_end()
        time.sleep(0.05)
        getattr(peer, how)()

    gate.upstream.script = script
    with pytest.raises(BROKEN):
        print(gate.ask(gate.object()))
    # Whoever reads by hand sees no end either.
    received = send_bytes(gate.port, http_bytes(gate.object()), timeout=TIMEOUT + 5)
    assert received.startswith(b"HTTP/1.1 200") and not received.endswith(b"0\r\n\r\n")
    assert received.count(b"x") < 1_000_000
    assert len(gate.upstream.wait(2)) == 2


def test_an_operation_whose_answer_is_read_is_not_done_by_half(gate: Gate) -> None:
    """It is read for what is kept of it, and breaks off: the client gets an error, and no half answer."""
    gate.upstream.script = answering(b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"Que\r\n', close=True)
    got = gate.ask(gate.queues("CreateQueue", QueueName="q"))
    assert got.status in (502, 503), got
    assert gate.upstream.only().body == b'{"QueueName": "q"}'


# Broken HTTP

BROKEN_HEADS = {
    "no HTTP": b"smuggled\r\n\r\n",
    "nothing but a body": b"<html>smuggled</html>",
    "TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "zeros": b"\x00" * 500,
    "another protocol": b"ICY 200 OK\r\n\r\n",
    "a misspelt protocol": b"HTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "HTTP/2 in the status line": b"HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a version that is none": b"HTTP/9.9 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a status that is no number": b"HTTP/1.1 OK smuggled\r\ncontent-length: 2\r\n\r\n{}",
    "a status with five digits": b"HTTP/1.1 20000 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a status below 100": b"HTTP/1.1 20 OK\r\ncontent-length: 2\r\n\r\n{}",
    "a negative status": b"HTTP/1.1 -200 OK\r\ncontent-length: 2\r\n\r\n{}",
    "another protocol from here on": b"HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nsmuggled",
    "a length and chunks": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "chunks and a length": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 30\r\n\r\n{}",
    "two lengths in one": b"HTTP/1.1 200 OK\r\ncontent-length: 2, 30\r\n\r\n{}",
    "a negative length": b"HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}",
    "a length with a sign": b"HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}",
    "a hexadecimal length": b"HTTP/1.1 200 OK\r\ncontent-length: 0x2\r\n\r\n{}",
    "no length where one is said": b"HTTP/1.1 200 OK\r\ncontent-length: \r\n\r\n{}",
    "a length that no number holds": b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n{}",
    "two words for chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked, gzip\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    "a header without colon": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nsmuggled\r\n\r\n{}",
    "a space in a header's name": b"HTTP/1.1 200 OK\r\nx smuggled: 1\r\ncontent-length: 2\r\n\r\n{}",
    "a space before the colon": b"HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n{}",
    "a zero in a header": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: smug\x00gled\r\n\r\n{}",
    "a control character in a header": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: \x01smuggled\r\n\r\n{}",
    "a carriage return in a header": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: b\rsmuggled: c\r\n\r\n{}",
    "a folded header": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: b\r\n smuggled: c\r\n\r\n{}",
    "a long header": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-smuggled: " + b"a" * 200_000 + b"\r\n\r\n{}",
    "many headers": b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n" + b"".join(b"x-%d: smuggled\r\n" % n for n in range(9000)) + b"\r\n{}",
}  # fmt: skip


@pytest.mark.parametrize("data", BROKEN_HEADS.values(), ids=BROKEN_HEADS.keys())
def test_a_head_that_is_not_quite_http(gate: Gate, data: bytes) -> None:
    gate.upstream.script = answering(data)
    got = gate.ask()
    assert got.status == 502, got
    refused(got, 502, "BadGateway")
    [seen] = gate.upstream.wait(1)
    assert seen.is_whole
    # Nobody knows what comes next on such a connection.
    gate.upstream.script = answering(answer(b"{}"))
    gate.ask()
    assert gate.upstream.requests[-1].connection != seen.connection


def test_a_head_that_never_ends(gate: Gate) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        peer.send(b"HTTP/1.1 200 OK\r\n")
        while True:
            peer.send(b"x-smuggled: " + b"a" * 1000 + b"\r\n")

    gate.upstream.script = script
    before = gate.server.resident_memory()
    refused(gate.ask(), 502, "BadGateway")
    gate.upstream.wait(1)
    assert gate.server.resident_memory() < before + 32 * MIB


@pytest.mark.parametrize("interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 102 Processing\r\nx-a: smuggled\r\n\r\n"])
def test_interim_answers_without_end(impatient: Gate, interim: bytes) -> None:
    gate = impatient
    def script(peer: Peer) -> None:
        peer.read()
        while True:
            peer.send(interim * 100)

    gate.upstream.script = script
    before = gate.server.resident_memory()
    begun = time.monotonic()
    got = gate.ask()
    assert got.status in (502, 504), got
    assert time.monotonic() - begun < TIMEOUT + 30
    gate.upstream.wait(1)
    assert gate.server.resident_memory() < before + 32 * MIB


def test_interim_answers_are_no_answers(gate: Gate) -> None:
    early = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: smuggled\r\n\r\n"
    gate.upstream.script = answering(early + answer(b'{"QueueUrls": []}'))
    got = gate.ask()
    assert (got.status, got.body) == (200, b'{"QueueUrls": []}') and "link" not in got.headers
    # They belong to the request that they came for: the connection is still good.
    assert gate.upstream.only().is_whole


BROKEN_BODIES = {
    "a chunk's size that is no number": b"zz\r\nsmuggled\r\n0\r\n\r\n",
    "a negative size": b"-5\r\nsmuggled\r\n0\r\n\r\n",
    "a size with a prefix": b"0x5\r\nhello\r\n0\r\n\r\n",
    "a size that no number holds": b"fffffffffffffffff\r\nsmuggled\r\n0\r\n\r\n",
    "no size": b"\r\nsmuggled\r\n0\r\n\r\n",
    "more than the size": b"5\r\nhello smuggled\r\n0\r\n\r\n",
    "no line end behind a chunk": b"5\r\nhello0\r\n\r\n",
    "no last chunk": b"5\r\nhello\r\n",
    "half a last chunk": b"5\r\nhello\r\n0\r\n",
    "trailers that are none": b"5\r\nhello\r\n0\r\nsmuggled\r\n\r\n",
    "long trailers": b"5\r\nhello\r\n0\r\n" + b"x-a: " + b"smuggled" * 20_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("data", BROKEN_BODIES.values(), ids=BROKEN_BODIES.keys())
def test_chunks_that_are_none(gate: Gate, data: bytes) -> None:
    gate.upstream.script = answering(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n" + data, close=True)
    received = send_bytes(gate.port, http_bytes(gate.object()), timeout=10)
    # An error, or an answer without an end.
    assert received.startswith((b"HTTP/1.1 200", b"HTTP/1.1 50")), received
    if received.startswith(b"HTTP/1.1 200"):
        assert b"transfer-encoding: chunked" in received.lower()
        assert not received.endswith(b"0\r\n\r\n"), received
    assert b"smuggled" not in received.partition(b"\r\n\r\n")[2].replace(b"hello smuggled"[:5], b""), received
    assert gate.upstream.only().is_whole


def test_trailers_do_not_become_headers(gate: Gate) -> None:
    gate.upstream.script = answering(
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: etag\r\n\r\n5\r\nhello\r\n0\r\netag: smuggled\r\n\r\n")
    got = gate.ask(gate.object())
    assert (got.status, got.body) == (200, b"hello")
    assert "etag" not in got.headers and "trailer" not in got.headers
    assert gate.upstream.only().is_whole


def test_an_answer_cannot_be_split(gate: Gate) -> None:
    """Whatever an endpoint puts into a header, the client sees one answer."""
    for value in (b"a\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled", b"a\nset-cookie: smuggled", b"a\x0bb", b"\xe4\xf6"):
        gate.upstream.script = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: " + value + b"\r\n\r\n{}")
        received = send_bytes(gate.port, http_bytes(gate.queues()), timeout=3)
        assert received.count(b"HTTP/1.1 ") == 1, received
        head = received.partition(b"\r\n\r\n")[0].lower()
        assert b"\r\nset-cookie" not in head and b"\n\n" not in head
        assert received.split()[1] in (b"200", b"502")
    assert len(gate.upstream.wait(4)) == 4


@pytest.mark.parametrize("good", [
    answer(b'{"QueueUrls": ["abc"]}', content_type="application/x-amz-json-1.0", connection="keep-alive"),
    chunked_answer([b"abc" * 40_000, b"def"], x_amz_meta_a="b", keep_alive="timeout=5"),
], ids=["with a length", "in chunks"])  # fmt: skip
def test_answers_with_spoilt_bytes(gate: Gate, good: bytes) -> None:
    """Whatever comes, the client gets one answer or a connection that breaks off, and the next one gets its own."""
    dice = random.Random(11)
    end = good.index(b"\r\n\r\n") + 12
    for number in range(150):
        data = bytearray(good)
        for _ in range(dice.randint(1, 3)):
            place = dice.randrange(min(end, len(data)))
            how = dice.randrange(4)
            if how == 0:
                data[place] = dice.randrange(256)
            elif how == 1:
                del data[place : place + dice.randint(1, 4)]
            elif how == 2:
                data[place:place] = dice.choice([b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"0", b"-", b",", b"chunked", b"\r\n\r\n", b"100"])
            else:
                data[place:place] = data[dice.randrange(end) :][: dice.randint(1, 30)]
        gate.upstream.script = answering(bytes(data), close=True)
        received = send_bytes(gate.port, http_bytes(gate.queues() if number % 2 else gate.object()), timeout=PATIENCE)
        assert re.match(rb"HTTP/1\.1 ([2-5]\d\d|[6-9]\d\d) ", received), (bytes(data[:end]), received[:200])
        head = received.partition(b"\r\n\r\n")[0].lower()
        assert not (b"\r\ncontent-length:" in head and b"\r\ntransfer-encoding:" in head), (bytes(data[:end]), head)
        if number % 10 == 0:
            gate.works()


# Answers that have no body


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "205 Reset Content"])
def test_statuses_without_a_body(gate: Gate, status: str) -> None:
    gate.upstream.script = answering(f"HTTP/1.1 {status}\r\netag: \"e\"\r\n{'content-length: 0' if '205' in status else 'x-a: b'}\r\n\r\n".encode())
    request = gate.object("DELETE" if "204" in status else "GET")
    received = send_bytes(gate.port, http_bytes(request), timeout=3)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.split()[1] == status.split()[0].encode()
    assert body == b""
    # RFC 9112, section 6.1: chunks with 204 are an error.
    assert b"transfer-encoding" not in head.lower(), head
    assert b'etag: "e"' in head.lower()
    assert gate.upstream.only().method == request.method


def test_head_has_the_length_and_no_body(gate: Gate) -> None:
    gate.upstream.script = answering(b"HTTP/1.1 200 OK\r\ncontent-length: 123456789\r\netag: e\r\n\r\n")
    received = send_bytes(gate.port, http_bytes(gate.object("HEAD")), timeout=3)
    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200") and b"content-length: 123456789" in head.lower() and body == b""
    assert gate.upstream.only().method == "HEAD"


@pytest.mark.parametrize("request_of", ["HEAD", "204", "304"])
def test_a_body_where_none_may_be_reaches_nobody(gate: Gate, request_of: str) -> None:
    status = {"HEAD": "200 OK", "204": "204 No Content", "304": "304 Not Modified"}[request_of]
    body = b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled"
    gate.upstream.script = answering(answer(body, status))
    with uploading(gate, gate.object("HEAD" if request_of == "HEAD" else "GET"), None) as client:
        got = http.client.HTTPResponse(client, method="HEAD" if request_of == "HEAD" else "GET")
        got.begin()
        assert got.status in (int(status.split()[0]), 502), got.status
        assert b"smuggled" not in got.read()
    for _ in range(3):
        gate.works()


# Connections that are kept


def test_a_connection_is_used_again(gate: Gate) -> None:
    gate.upstream.script = answering(answer(b"{}"))
    with keeping(gate) as ask:
        for _ in range(40):
            assert ask(gate.queues()).status == 200
    seen = gate.upstream.wait(40)
    # One for each event loop, of which there is one for each processor.
    assert len({one.connection for one in seen}) <= min(os.cpu_count() or 1, 30)


def test_a_connection_is_used_again_after_streams(gate: Gate) -> None:
    gate.upstream.script = answering(chunked_answer([b"x" * 100_000, b"y"]))
    with keeping(gate) as ask:
        for body in (b"a" * 200_000, b"", b"b") * 13:
            got = ask(gate.object("PUT", body))
            assert (got.status, len(got.body)) == (200, 100_001)
    seen = gate.upstream.wait(39)
    assert [one.length for one in seen] == [200_000, 0, 1] * 13
    assert len({one.connection for one in seen}) <= min(os.cpu_count() or 1, 30)


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nconnection: close", b"HTTP/1.0 200 OK", b"HTTP/1.1 200 OK\r\nconnection: Foo, CLOSE"])
def test_a_connection_that_is_to_be_closed_is_not_used_again(gate: Gate, head: bytes) -> None:
    gate.upstream.script = answering(head + b"\r\ncontent-length: 2\r\n\r\n{}")
    with keeping(gate) as ask:
        for _ in range(3):
            got = ask(gate.queues())
            # That is about the connection between Gatehouse and the endpoint.
            assert (got.status, got.headers.get("connection"), got.body) == (200, None, b"{}")
    seen = gate.upstream.wait(3)
    assert len({one.connection for one in seen}) == 3
    # It is closed by Gatehouse, though the endpoint has not done so.
    for number in {one.connection for one in seen}:
        eventually(lambda: number not in gate.upstream.connections)


def test_an_answer_up_to_the_end_of_the_connection(gate: Gate) -> None:
    gate.upstream.script = answering(b"HTTP/1.1 200 OK\r\netag: e\r\n\r\n" + b"x" * 200_000, close=True)
    got = gate.ask(gate.object())
    assert (got.status, got.body) == (200, b"x" * 200_000)
    assert gate.upstream.only().is_whole


def test_a_client_that_knows_no_chunks_gets_none(gate: Gate) -> None:
    """RFC 9112, section 6.1: a server sends chunks to nobody who speaks HTTP/1.0."""
    gate.upstream.script = answering(chunked_answer([b"x" * 100_000, b"y"]))
    request = http_bytes(gate.object()).replace(b" HTTP/1.1\r\n", b" HTTP/1.0\r\n", 1)
    head, _, body = send_bytes(gate.port, request, timeout=3).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ") and b"transfer-encoding" not in head.lower(), head
    assert body == b"x" * 100_000 + b"y"


def test_connections_that_are_closed_without_a_word(gate: Gate) -> None:
    """A request that crosses with the end of its connection is lost, and said to be; it is not sent twice."""
    gate.upstream.script = answering(answer(b"{}"), close=True)
    statuses = []
    with keeping(gate) as ask:
        for number in range(60):
            statuses.append(ask(gate.queues(QueueNamePrefix=f"n{number}")).status)
            if number % 3 == 0:
                time.sleep(0.01)
    assert set(statuses) <= {200, 503} and statuses.count(200) >= 50, statuses
    seen = [bytes(one.body) for one in gate.upstream.requests]
    assert len(seen) == len(set(seen)) >= statuses.count(200)


SURPLUS = answer(b'{"QueueUrls": ["smuggled"]}')


@pytest.mark.parametrize("pause", [0, 0.1])
@pytest.mark.parametrize("surplus", [SURPLUS, SURPLUS * 20, SURPLUS[:-5], b"\r\n\r\n", b"x", b"HTTP/1.1 100 Continue\r\n\r\n"],
                         ids=["an answer", "answers", "a part", "line ends", "a letter", "an interim answer"])  # fmt: skip
def test_what_nobody_asked_for_reaches_nobody(gate: Gate, surplus: bytes, pause: float) -> None:
    def script(peer: Peer) -> None:
        peer.read()
        if pause:
            peer.send(answer(b'{"QueueUrls": ["mine"]}'))
            time.sleep(pause)
            with contextlib.suppress(Gone):
                peer.send(surplus)
        else:
            peer.send(answer(b'{"QueueUrls": ["mine"]}') + surplus)

    gate.upstream.script = script
    for _ in range(3):
        assert json.loads(gate.ask().body) == {"QueueUrls": ["mine"]}
        if pause:
            time.sleep(pause * 1.5)
    if surplus in (SURPLUS, SURPLUS * 20, b"x"):
        assert len({one.connection for one in gate.upstream.wait(3)}) == 3


def test_unused_connections_are_closed(gate: Gate) -> None:
    """An endpoint has only so many."""
    gate.upstream.script = answering(answer(b"{}"))
    assert gate.ask().status == 200
    gate.upstream.wait_until_open(0, within=8)


# Slow ones


def test_dripping_answers_arrive(gate: Gate) -> None:
    gate.upstream.script = dripping(answer(b'{"QueueUrls": ["slow"]}'), pause=0.002)
    assert json.loads(gate.ask().body) == {"QueueUrls": ["slow"]}
    gate.upstream.script = dripping(chunked_answer([b"x" * 40, b"y" * 40]), pause=0.002)
    assert gate.ask(gate.object()).body == b"x" * 40 + b"y" * 40
    assert all(one.is_whole for one in gate.upstream.wait(2))


def test_a_body_that_drips_longer_than_the_timeout(impatient: Gate) -> None:
    """The endpoint is never silent for so long."""
    impatient.upstream.script = dripping(chunked_answer([b"x" * 10] * 15), pause=TIMEOUT / 10, size=17)
    assert impatient.ask(impatient.object()).body == b"x" * 150
    assert impatient.upstream.only().is_whole


def test_pieces_arrive_when_they_are_sent(gate: Gate) -> None:
    go = threading.Event()

    def script(peer: Peer) -> None:
        peer.read()
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nfirst\r\n")
        assert go.wait(PATIENCE)
        peer.send(b"4\r\nlast\r\n0\r\n\r\n")

    gate.upstream.script = script
    with uploading(gate, gate.object(), None) as client:
        received = b""
        while b"first" not in received:
            received += client.recv(4096)
        go.set()
        while b"0\r\n\r\n" not in received:
            received += client.recv(4096)
    assert b"last" in received
    assert gate.upstream.only().is_whole


def test_a_head_that_drips_too_slowly(impatient: Gate) -> None:
    gate = impatient
    gate.upstream.script = dripping(answer(b'{"smuggled": 1}'), pause=TIMEOUT / 4)
    begun = time.monotonic()
    refused(gate.ask(), 504, "GatewayTimeout")
    assert time.monotonic() - begun < TIMEOUT + 10


def test_others_are_served_while_one_hangs(gate: Gate) -> None:
    go = threading.Event()

    def script(peer: Peer) -> None:
        if b"hang" in peer.read().body:
            assert go.wait(PATIENCE)
        peer.send(answer(b"{}"))

    gate.upstream.script = script
    answers: list[int] = []
    clients = [threading.Thread(target=lambda: answers.append(gate.ask(gate.queues(QueueNamePrefix="hang")).status)) for _ in range(20)]
    for client in clients:
        client.start()
    gate.upstream.wait_for_head(20)
    for _ in range(5):
        assert gate.ask().status == 200
    assert send(gate.port, raw.signed("POST", "/", raw.form("ListUsers"), gate.root)).status == 200
    assert answers == []
    go.set()
    for client in clients:
        client.join()
    assert answers == [200] * 20


# Bombs


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A quarter of a GiB of zeros."""
    packed = gzip.compress(bytes(MIB), 9)
    return packed * 256


@pytest.mark.parametrize("which", ["an object", "an answer that is read", "an error"])
def test_what_is_compressed_passes_unopened(gate: Gate, bomb: bytes, which: str) -> None:
    status = "400 Bad Request" if which == "an error" else "200 OK"
    gate.upstream.script = answering(answer(bomb, status, content_encoding="gzip"))
    request = {"an object": gate.object(), "an error": gate.queues(), "an answer that is read": gate.queues("CreateQueue", QueueName="q")}
    before = gate.server.resident_memory()
    for _ in range(3):
        got = gate.ask(request[which])
        assert (got.status, got.headers["content-encoding"], got.body) == (int(status[:3]), "gzip", bomb)
    assert gate.server.resident_memory() < before + 32 * MIB
    assert all(one.is_whole for one in gate.upstream.wait(3))


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(10))
    + b"]>"
)
HOSTILE_TEXTS = {
    "entities": LAUGHS + b"<ErrorResponse><Error><Code>&k;</Code><Message>&k;</Message></Error></ErrorResponse>",
    "a file": b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]><ErrorResponse><Error><Code>&a;</Code></Error></ErrorResponse>',
    "deep XML": b"<a>" * 20_000 + b"</a>" * 20_000,
    "deep XML without an end": b"<a>" * 30_000,
    "deep lists": b"[" * 60_000,
    "deep objects": b'{"QueueUrl":' * 5_000 + b"1" + b"}" * 5_000,
    "no UTF-8": b'{"__type": "\xff\xfe", "QueueUrl": "\xff"}',
    "another type": b'{"__type": 5, "QueueUrl": {"a": []}, "message": null}',
    "the same member twice": b'{"QueueUrl": "a", "QueueUrl": "b", "__type": "A", "__type": "B"}',
    "numbers without end": b'{"__type": 1e999999, "QueueUrl": ' + b"9" * 50_000 + b"}",
    "nothing": b"",
    "HTML": b"<html><body><h1>502 Bad Gateway</h1></body></html>",
}


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request", "500 Internal Server Error"])
@pytest.mark.parametrize("text", HOSTILE_TEXTS.values(), ids=HOSTILE_TEXTS.keys())
def test_answers_that_hurt_whoever_reads_them(gate: Gate, text: bytes, status: str) -> None:
    """The client gets them as they are."""
    gate.upstream.script = answering(answer(text, status))
    before = gate.server.resident_memory()
    begun = time.monotonic()
    for request in (gate.queues("CreateQueue", QueueName="q"), gate.topics(Name="t")):
        got = gate.ask(request)
        assert (got.status, got.body) == (int(status[:3]), text)
    assert time.monotonic() - begun < 30
    assert gate.server.resident_memory() < before + 64 * MIB
    assert len(gate.upstream.wait(2)) == 2


# Statuses


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_passed_on_and_not_followed(gate: Gate, status: int) -> None:
    with Upstream() as elsewhere:
        location = f"{elsewhere.url}/secret"
        gate.upstream.script = answering(answer(b"moved", f"{status} Moved", location=location))
        for request in (gate.queues(), gate.object(), gate.object("PUT", b"x" * 100_000)):
            got = gate.ask(request)
            assert (got.status, got.headers["location"], got.body) == (status, location, b"moved")
        assert elsewhere.requests == [] and not elsewhere.bytes
    assert len(gate.upstream.wait(3)) == 3


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429, 500, 502, 503, 599])
def test_errors_pass_as_they_are_and_are_not_tried_again(gate: Gate, status: int) -> None:
    body = b'{"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}'
    gate.upstream.script = answering(answer(body, f"{status} Because", retry_after="5", x_amzn_errortype="QueueDoesNotExist"))
    got = gate.ask()
    assert (got.status, got.body, got.headers["retry-after"]) == (status, body, "5")
    assert got.headers["x-amzn-errortype"] == "QueueDoesNotExist"
    assert gate.upstream.only().is_whole


# Bodies in both directions


def test_an_answer_before_the_body_is_read(gate: Gate) -> None:
    def script(peer: Peer) -> None:
        peer.send(answer(b"<Error><Code>EntityTooLarge</Code></Error>", "400 Bad Request", connection="close"))
        time.sleep(0.2)
        peer.close()

    gate.upstream.script = script
    request = gate.object("PUT", payload_hash="UNSIGNED-PAYLOAD")
    with uploading(gate, request, 256 * MIB) as upload:
        upload.sendall(b"x" * 100_000)
        got = read_answer(upload)
        assert (got.status, got.code) == (400, "EntityTooLarge")
    # A client that sends on regardless is not held either.
    with uploading(gate, request, 64 * MIB) as upload:
        with contextlib.suppress(OSError):
            for _ in range(64):
                upload.sendall(b"x" * MIB)
        with contextlib.suppress(OSError):
            assert read_answer(upload).status == 400
    assert not any(one.is_whole for one in gate.upstream.wait(2))


def test_an_answer_that_begins_while_the_body_goes_on(gate: Gate) -> None:
    """Both arrive whole."""

    def script(peer: Peer) -> None:
        pieces = peer.body(keep=False)
        next(pieces)
        peer.send(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nbegun\r\n")
        for _ in pieces:
            pass
        peer.send(b"4\r\ndone\r\n0\r\n\r\n")

    gate.upstream.script = script
    content = os.urandom(8 * MIB)
    with uploading(gate, gate.object("PUT", payload_hash="UNSIGNED-PAYLOAD"), len(content)) as upload:
        upload.sendall(content)
        got = read_answer(upload)
    assert (got.status, got.body) == (200, b"begundone")
    assert gate.upstream.only().sha256 == hashlib.sha256(content).hexdigest()


LARGE = 256


def test_down_in_constant_memory_and_no_faster_than_it_is_read(gate: Gate) -> None:
    piece = os.urandom(MIB)
    sent = 0

    def script(peer: Peer) -> None:
        nonlocal sent
        peer.read()
        peer.send(f"HTTP/1.1 200 OK\r\ncontent-length: {LARGE * MIB}\r\n\r\n".encode())
        for _ in range(LARGE):
            peer.send(piece)
            sent += 1

    gate.upstream.script = script
    digest, count, most = hashlib.sha256(), 0, 0
    before = gate.server.resident_memory()
    with uploading(gate, gate.object(), None) as client:
        received = client.recv(65_536)
        # Sockets hold some MiB of it.
        time.sleep(0.7)
        assert sent < 32, sent
        assert gate.server.resident_memory() < before + 16 * MIB
        _, _, body = received.partition(b"\r\n\r\n")
        digest.update(body)
        count = len(body)
        buffer = memoryview(bytearray(MIB))
        while count < LARGE * MIB:
            length = client.recv_into(buffer)
            assert length
            digest.update(buffer[:length])
            if (count + length) // (32 * MIB) > count // (32 * MIB):
                most = max(most, gate.server.resident_memory())
            count += length
    expected = hashlib.sha256()
    for _ in range(LARGE):
        expected.update(piece)
    assert digest.digest() == expected.digest()
    assert most < before + 32 * MIB
    assert gate.upstream.only().is_whole


def test_up_in_constant_memory_and_no_faster_than_it_is_read(gate: Gate) -> None:
    piece = os.urandom(MIB)
    go = threading.Event()

    def script(peer: Peer) -> None:
        assert go.wait(PATIENCE)
        peer.read(keep=False)
        peer.send(answer(etag="e"))

    gate.upstream.script = script
    before = gate.server.resident_memory()
    with uploading(gate, gate.object("PUT", payload_hash="UNSIGNED-PAYLOAD"), LARGE * MIB) as upload:
        upload.settimeout(0.5)
        sent = 0
        with pytest.raises(TimeoutError):
            while True:
                sent += upload.send(piece[sent % MIB :])
        assert sent < 32 * MIB, sent
        most = gate.server.resident_memory()
        assert most < before + 16 * MIB
        upload.settimeout(PATIENCE)
        go.set()
        while sent < LARGE * MIB:
            if sent % (32 * MIB) < MIB:
                most = max(most, gate.server.resident_memory())
            sent += upload.send(piece[sent % MIB :])
        got = read_answer(upload)
        assert (got.status, got.headers["etag"]) == (200, "e")
    assert most < before + 32 * MIB
    expected = hashlib.sha256()
    for _ in range(LARGE):
        expected.update(piece)
    assert gate.upstream.only().sha256 == expected.hexdigest()


# Headers


def test_headers_of_a_connection_stay_on_it(gate: Gate) -> None:
    """RFC 9110, section 7.6.1. What `Connection` names goes no further in either direction."""
    gate.upstream.script = answering(answer(
        b"{}", connection="keep-alive, X-Hop, close", x_hop="smuggled", keep_alive="timeout=5", proxy_authenticate="Basic",
        te="trailers", upgrade="h2c", proxy_connection="keep-alive", x_kept="yes"))
    request = gate.queues()
    for name, value in {
        "Connection": "keep-alive, amz-sdk-request", "amz-sdk-request": "smuggled", "Keep-Alive": "timeout=5", "TE": "trailers",
        "Proxy-Authorization": "Basic c211Z2dsZWQ=", "Proxy-Connection": "keep-alive", "Upgrade": "websocket",
    }.items():  # fmt: skip
        request = request.with_header(name, value)
    got = gate.ask(request)
    assert got.status == 200
    assert got.headers["x-kept"] == "yes"
    for name in ("x-hop", "keep-alive", "proxy-authenticate", "te", "upgrade", "proxy-connection", "transfer-encoding"):
        assert name not in got.headers, name
    seen = gate.upstream.only()
    for name in ("connection", "keep-alive", "te", "proxy-authorization", "proxy-connection", "upgrade", "transfer-encoding"):
        assert seen.all(name) == [], name
    assert seen.all("amz-sdk-request") == []


def test_what_a_connection_names_can_be_no_part_of_the_meaning(gate: Gate) -> None:
    """A header that is to be taken away, and says what is asked for: not with one reading here and another there."""
    for name in ("x-amz-target", "content-type", "host", "x-amz-copy-source"):
        gate.upstream.forget()
        request = gate.object("PUT", b"", headers={"x-amz-copy-source": "/bucket/other"}) if "copy" in name else gate.queues()
        got = gate.ask(request.with_header("Connection", name))
        for seen in gate.upstream.requests:
            assert seen.header(name) == request.headers.get(name, request.headers.get(name.title())), (name, got)


def test_headers_reach_the_endpoint_once_and_unsigned(gate: Gate) -> None:
    gate.ask()
    seen = gate.upstream.only()
    for name in ("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"):
        assert seen.all(name) == [], name
    assert seen.header("host") == f"127.0.0.1:{gate.port}"
    assert seen.header("content-length") == "2" and seen.header("content-type") == "application/x-amz-json-1.0"
    assert seen.header("via", ) and seen.header("via").startswith("1.1 gatehouse-")
    assert gate.root.secret.encode() not in seen.head and gate.root.key_id.encode() not in seen.head


def test_the_request_id_is_gatehouses(gate: Gate) -> None:
    gate.upstream.script = answering(answer(b"{}", x_amzn_requestid="smuggled", x_amz_request_id="smuggled"))
    got = gate.ask()
    assert "smuggled" not in got.headers.values()
    assert re.fullmatch(r"[0-9a-f-]{36}", got.headers["x-amzn-requestid"])
    assert gate.upstream.only().is_whole


NAMED = ANSWERED.replace(" ", "")


def test_metrics_count_what_was_passed_on(tmp_path: Path) -> None:
    with Gate(tmp_path) as gate:
        gate.ask()
        gate.upstream.script = answering(answer(b"{}", "418 Teapot"))
        gate.ask()
        gate.upstream.script = answering(b"", close=True)
        gate.ask()
        _, text = gate.server.get("/metrics")
        for status in (200, 418, 0):
            assert f'gatehouse_upstream_requests_total{{upstream_status="{NAMED} {status}"}} 1' in text, text
        assert len(gate.upstream.requests) == 3


# Loops


def test_itself_behind_itself(tmp_path: Path) -> None:
    """The endpoint's address is Gatehouse's own: said at once, and not after a thousand turns."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    key = "AKIAGATEHOUSETESTS00 only/for+the/tests0123456789abcdefghijkl"
    for credentials in ("none", key):
        file = tmp_path / "upstreams"
        file.write_text(f"sqs = http://127.0.0.1:{port}\n    credentials = {credentials}\n    timeout = 5s\n")
        server = Server("--upstream-config", str(file), "--port", str(port), log=tmp_path / "log")
        with server:
            headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}
            got = send(server.port, signed("POST", "/", b"{}", server.root, service="sqs", headers=headers))
            # Without credentials it is nobody's request the second time.
            assert got.status in (400, 403, 508), got
            if credentials == key:
                assert got.status == 508 and "came round" in got.message, got
            _, text = server.get("/metrics")
            passed = sum(int(n) for n in re.findall(r'gatehouse_upstream_requests_total\{[^}]*\} (\d+)', text))
            assert passed <= 2, text


def test_two_gates_before_each_other(tmp_path: Path) -> None:
    key = "AKIAGATEHOUSETESTS00 only/for+the/tests0123456789abcdefghijkl"
    ports = []
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            ports.append(taken.getsockname()[1])
    servers = []
    for number, port in enumerate(ports):
        file = tmp_path / f"upstreams-{number}"
        file.write_text(f"sqs = http://127.0.0.1:{ports[1 - number]}\n    credentials = {key}\n    timeout = 3s\n")
        servers.append(Server("--upstream-config", str(file), "--port", str(port), log=tmp_path / f"log-{number}"))
    with servers[0], servers[1]:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.ListQueues"}
        got = send(ports[0], signed("POST", "/", b"{}", servers[0].root, service="sqs", headers=headers))
        assert got.status == 508, got
        for server in servers:
            _, text = server.get("/metrics")
            passed = sum(int(n) for n in re.findall(r'gatehouse_upstream_requests_total\{[^}]*\} (\d+)', text))
            assert passed <= 3, text


# Health, and other endpoints


def wait_for_metric(gate: Gate, line: str) -> None:
    eventually(lambda: line in gate.server.get("/metrics")[1])


def test_an_endpoint_that_is_not_well_is_not_asked(tmp_path: Path) -> None:
    status = "200 OK"

    def script(peer: Peer) -> None:
        seen = peer.read()
        peer.send(answer(b"{}", status if seen.target == "/well?really" else "200 OK"))

    with Gate(tmp_path, "health = /well?really", upstream=Upstream(script)) as gate:
        gate.upstream.wait(1)
        [first, *_] = gate.upstream.requests
        assert (first.method, first.target) == ("GET", "/well?really")
        assert first.header("host") == f"127.0.0.1:{gate.upstream.port}" and first.all("authorization") == []
        assert gate.ask().status == 200
        status = "503 Unavailable"
        wait_for_metric(gate, 'gatehouse_upstream_up{upstream="*"} 0')
        gate.upstream.forget()
        begun = time.monotonic()
        got = gate.ask()
        refused(got, 503, "ServiceUnavailable")
        assert "/well?really answers with status 503" in got.message and time.monotonic() - begun < 10
        assert all(seen.target == "/well?really" for seen in gate.upstream.requests)
        assert "is not well: /well?really answers with status 503" in gate.log.read_text()
        status = "204 No Content"
        wait_for_metric(gate, 'gatehouse_upstream_up{upstream="*"} 1')
        assert gate.ask().status == 200


def test_one_that_hangs_does_not_keep_the_health_of_others_unknown(tmp_path: Path) -> None:
    with Upstream(silent) as hanging, Upstream(answering(answer(b"", "500 Down"))) as down:
        file = tmp_path / "upstreams"
        file.write_text(f"sqs = {hanging.url}\n    health = /h\n    timeout = 1m\nsns = {down.url}\n    health = /h\n")
        with Server("--upstream-config", str(file), log=tmp_path / "log") as server:
            eventually(lambda: 'gatehouse_upstream_up{upstream="sns"} 0' in server.get("/metrics")[1], within=8)
            assert [seen.target for seen in down.requests] == ["/h"]


def test_other_endpoints_on_sighup(tmp_path: Path) -> None:
    with Gate(tmp_path, options=("--log-level", "notice")) as gate, Upstream() as other:
        # Connections are kept to the first one, and one request is on its way.
        assert all(gate.ask().status == 200 for _ in range(3))
        go = threading.Event()
        gate.upstream.script = lambda peer: (peer.read(), go.wait(PATIENCE), peer.send(answer(b'{"QueueUrls": ["old"]}')))  # type: ignore[func-returns-value]
        answers: list[raw.Answer] = []
        waiting = threading.Thread(target=lambda: answers.append(gate.ask(timeout=PATIENCE)))
        waiting.start()
        gate.upstream.wait_for_head(4)
        gate.write(other.url)
        gate.reload("the endpoints behind Gatehouse are read anew")
        assert gate.ask().status == 200
        assert len(other.requests) == 1 and len(gate.upstream.requests) == 4
        # It goes on with what it began with.
        go.set()
        waiting.join()
        assert json.loads(answers[0].body) == {"QueueUrls": ["old"]}
        # And nothing is left of the old ones.
        gate.upstream.wait_until_open(0, within=5)
        for number in range(5):
            gate.write(gate.upstream.url if number % 2 else other.url)
            gate.reload("the endpoints behind Gatehouse are read anew")
            assert gate.ask().status == 200


def test_reloads_lose_no_request(tmp_path: Path) -> None:
    with Gate(tmp_path, options=("--log-level", "notice")) as gate, Upstream() as other:
        done = threading.Event()
        statuses: list[int] = []

        def ask() -> None:
            with keeping(gate) as send_kept:
                while not done.is_set():
                    statuses.append(send_kept(gate.queues()).status)

        clients = [threading.Thread(target=ask) for _ in range(4)]
        for client in clients:
            client.start()
        for number in range(12):
            gate.write(gate.upstream.url if number % 2 else other.url)
            gate.reload("the endpoints behind Gatehouse are read anew")
            count = len(statuses)
            eventually(lambda: len(statuses) >= count + 8)
        done.set()
        for client in clients:
            client.join()
        assert set(statuses) == {200}
        assert len(gate.upstream.requests) + len(other.requests) == len(statuses)
        assert gate.upstream.requests and other.requests


def test_the_end_waits_for_answers(tmp_path: Path) -> None:
    with Gate(tmp_path) as gate:
        go = threading.Event()
        gate.upstream.script = lambda peer: (peer.read(), go.wait(PATIENCE), peer.send(answer(b"{}")))  # type: ignore[func-returns-value]
        answers: list[raw.Answer] = []
        client = threading.Thread(target=lambda: answers.append(gate.ask()))
        client.start()
        gate.upstream.wait_for_head(1)
        assert gate.server.process
        gate.server.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        assert gate.server.alive
        go.set()
        client.join()
        assert (answers[0].status, answers[0].body) == (200, b"{}")
        assert gate.server.stop() == 0
        # For the end of the context.
        gate.server.start()


def test_what_went_wrong_is_on_record(gate: Gate) -> None:
    """With the endpoint's own error code, or Gatehouse's where there is no answer."""
    trail = Trail(gate.root)
    refusal = answer(b'{"__type": "com.amazonaws.sqs#QueueNameExists", "message": "there is one"}', "400 Bad Request")
    for script, code in (
        (answering(refusal), "QueueNameExists"), (answering(b"", close=True), "ServiceUnavailable"), (answering(b"nonsense", close=True), "BadGateway"),
        (answering(answer(b"<html>", "500 Oops")), "500"),
    ):  # fmt: skip
        gate.upstream.script = script
        got = gate.ask(gate.queues("CreateQueue", QueueName=f"q{os.urandom(4).hex()}"))
        event = trail.of(got.headers["x-amzn-requestid"], "CreateQueue")
        assert event["errorCode"] == code, event
        assert event["eventSource"] == "sqs.amazonaws.com" and event["requestParameters"]["queueName"].startswith("q")
        assert "nonsense" not in json.dumps(event) and "<html>" not in json.dumps(event)


BAD_FILES = {
    "nonsense": ("nonsense\n", "has no =: a line is SERVICE = URL"),
    "no URL": ("sqs = elsewhere\n", "line 1: 'elsewhere' is not the URL of an endpoint"),
    "a URL with a path": ("sqs = http://127.0.0.1:1/path\n", "line 1: 'http://127.0.0.1:1/path' is not the URL of an endpoint"),
    "a service that is none": ("# comment\n\nsqss = http://127.0.0.1:1\n", "line 3: there is no service 'sqss'"),
    "twice": ("sqs = http://127.0.0.1:1\nsqs = http://127.0.0.1:2\n", "line 2: there is an endpoint for sqs already"),
    "a setting of nothing": ("    timeout = 5s\n", "line 1: a setting belongs to an endpoint"),
    "an unknown setting": ("* = http://127.0.0.1:1\n    colour = blue\n", "line 2: there is no setting 'colour'"),
    "a time that is none": ("* = http://127.0.0.1:1\n    timeout = soon\n", "line 2: 'soon' is not a time"),
    "a header that frames": ("* = http://127.0.0.1:1\n    header content-length = 5\n", "line 2: 'content-length' is not a header that can be set"),
    "a template that is none": ("* = http://127.0.0.1:1\n    header x-a = {secret}\n", "line 2: '{secret}' has something between braces"),
    "an account that is none": ("* = http://127.0.0.1:1\n    accounts = 1 -> 2\n", "line 2: accounts are written"),
    "a mapping that is none": ("* = http://127.0.0.1:1\nmap sqs\n", "line 2: "),
    "authorities that are not there": ("* = https://127.0.0.1:1\n    tls = verify /nonexistent.pem\n", "/nonexistent.pem can't be read"),
    "no text": (b"\xff\xfe\x00", "is not UTF-8"),
}  # fmt: skip


def test_files_that_are_wrong_change_nothing(tmp_path: Path) -> None:
    with Gate(tmp_path) as gate:
        for what, (text, said) in BAD_FILES.items():
            gate.file.write_bytes(text if isinstance(text, bytes) else text.encode())
            gate.reload(said)
            assert "the endpoints stay as they are" in gate.log.read_text().splitlines()[-1], what
            assert gate.ask().status == 200, what
        gate.file.unlink()
        gate.reload("can't be read: No such file")
        assert gate.ask().status == 200
        assert len(gate.upstream.requests) == len(BAD_FILES) + 1


@pytest.mark.parametrize("what", BAD_FILES)
def test_files_that_are_wrong_do_not_start(tmp_path: Path, what: str) -> None:
    text, said = BAD_FILES[what]
    file = tmp_path / "upstreams"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    done = gatehouse("serve", "--in-memory", "--port", "0", "--upstream-config", str(file))
    assert done.returncode not in (0, 133, 139) and said in done.stderr, done.stderr
    assert str(file) in done.stderr or "nonexistent.pem" in said


def test_a_secret_in_the_file_is_never_shown(tmp_path: Path) -> None:
    secret = "verySecretIndeed0123456789"
    with Gate(tmp_path, f"credentials = AKIDEXAMPLE {secret}", options=("--log-level", "trace")) as gate:
        gate.ask()
        gate.file.write_text(gate.file.read_text() + f"    credentials = AKIDEXAMPLE {secret} {secret} {secret}\n")
        gate.reload("credentials are none, or KEY-ID SECRET")
        gate.file.write_text(f"* = http://127.0.0.1:1\n    credentials {secret} {secret}\n")
        gate.reload("line 2")
        assert secret not in gate.log.read_text()
        assert secret not in gate.server.get("/metrics")[1]
        assert secret.encode() not in gate.upstream.only().head


@pytest.mark.parametrize("by", ["flag", "environment"])
def test_endpoints_by_flags(tmp_path: Path, by: str) -> None:
    """Each service has its own; what nobody has is Gatehouse's own, or nobody's."""
    with Upstream() as queues, Upstream() as topics:
        settings = [f"sqs={queues.url}", f"sns,lambda={topics.url}"]
        flags = [word for setting in settings for word in ("--upstream", setting)] if by == "flag" else []
        environment = {} if by == "flag" else {"GATEHOUSE_UPSTREAM": " ".join(settings)}
        with Server(*flags, environment=environment, log=tmp_path / "log") as server:
            server.root.client("sqs").list_queues()
            headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "DynamoDB_20120810.ListTables"}
            got = send(server.port, signed("POST", "/", b"{}", server.root, service="dynamodb", headers=headers))
            assert got.status in (400, 501) and "dynamodb" in got.text, got
            assert server.root.iam.list_users()["Users"] == []
            assert server.root.client("s3").list_buckets()["Buckets"] == []
            server.root.client("lambda").list_functions()
        assert queues.only().header("x-amz-target") == "AmazonSQS.ListQueues"
        assert topics.only().target == "/2015-03-31/functions"
    done = gatehouse("serve", "--in-memory", "--port", "0", "--upstream", "sqs")
    assert done.returncode not in (0, 133, 139) and "--upstream sqs" in done.stderr, done.stderr


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """For localhost and 127.0.0.1, signed by itself, as stand-ins have them."""
    folder = tmp_path_factory.mktemp("certificate")
    pem, key = folder / "pem", folder / "key"
    openssl(
        "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-out", pem,
        "-subj", "/CN=stand-in", "-days", "30", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1")
    return pem, key


def test_a_certificate_nobody_vouches_for(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with Gate(tmp_path, upstream=Upstream(certificate=certificate)) as gate:
        got = gate.ask()
        assert (got.status, got.code) == (503, "ServiceUnavailable") and "certificate" in got.message, got
        assert gate.upstream.requests == []


def test_authorities_of_a_file(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with Gate(tmp_path, f"tls = verify {certificate[0]}", upstream=Upstream(certificate=certificate)) as gate:
        gate.works()
        content = os.urandom(300_000)
        gate.upstream.forget()
        assert gate.ask(gate.object("PUT", content)).status == 200
        assert bytes(gate.upstream.only().body) == content
        # It vouches for these names, and no others.
        gate.write(gate.upstream.url.replace("127.0.0.1", "127.0.0.2"))
        assert gate.server.process
        gate.server.process.send_signal(signal.SIGHUP)
        eventually(lambda: gate.ask().status == 503)
        assert len(gate.upstream.bytes) >= 1


def test_another_certificate_than_the_one_that_is_trusted(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    other = tmp_path / "other.pem"
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", tmp_path / "k",
            "-out", other, "-subj", "/CN=stand-in", "-addext", "subjectAltName=IP:127.0.0.1")  # fmt: skip
    with Gate(tmp_path, f"tls = verify {other}", upstream=Upstream(certificate=certificate)) as gate:
        assert gate.ask().status == 503
        assert gate.upstream.requests == []


def test_no_verification_is_said_in_the_log(tmp_path: Path, certificate: tuple[Path, Path]) -> None:
    with Gate(tmp_path, "tls = no-verification", upstream=Upstream(certificate=certificate)) as gate:
        gate.works()
        assert f"whoever answers at {gate.upstream.url} is believed" in gate.log.read_text()


def test_an_endpoint_that_never_shakes_hands(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as quiet:
        with Gate(tmp_path, "tls = no-verification\nconnect-timeout = 1s") as gate:
            gate.write(f"https://127.0.0.1:{quiet.getsockname()[1]}")
            gate.server.restart()
            begun = time.monotonic()
            assert gate.ask().status == 504
            assert 0.9 < time.monotonic() - begun < 30
            assert gate.upstream.requests == []


def test_an_endpoint_that_speaks_no_tls(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain, Gate(tmp_path, "tls = no-verification") as gate:

        def refuse() -> None:
            connection, _ = plain.accept()
            with connection:
                connection.recv(1)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n")

        gate.write(f"https://127.0.0.1:{plain.getsockname()[1]}")
        gate.server.restart()
        threading.Thread(target=refuse, daemon=True).start()
        got = gate.ask()
        assert (got.status, got.code) == (503, "ServiceUnavailable"), got


# Accounts, headers, credentials


def test_accounts_are_exchanged_in_both_directions(tmp_path: Path) -> None:
    theirs = "123456789012"
    with Gate(tmp_path, f"accounts = {ACCOUNT} -> {theirs}\nheader x-account = {{account}}") as gate:
        url, arn = f"http://sqs/{theirs}/q", f"arn:aws:sqs:us-east-1:{theirs}:q"
        body = json.dumps({"QueueUrl": url, "Attributes": {"QueueArn": arn, "Note": f"b{theirs}9 {theirs}"}}).encode()
        gate.upstream.script = answering(answer(body, x_amz_arn=arn))
        got = gate.ask(gate.queues("SendMessage", QueueUrl=url.replace(theirs, ACCOUNT), MessageBody=f"a{ACCOUNT}f {arn.replace(theirs, ACCOUNT)}"))
        own = url.replace(theirs, ACCOUNT)
        assert json.loads(got.body)["QueueUrl"] == own
        assert json.loads(got.body)["Attributes"] == {"QueueArn": arn.replace(theirs, ACCOUNT), "Note": f"b{theirs}9 {theirs}"}
        assert got.headers["x-amz-arn"] == arn.replace(theirs, ACCOUNT) and got.headers["content-length"] == str(len(got.body))
        seen = gate.upstream.only()
        # A number that is a part of something else is not touched.
        assert json.loads(bytes(seen.body)) == {"QueueUrl": url, "MessageBody": f"a{ACCOUNT}f {arn}"}
        assert seen.header("x-account") == ACCOUNT and int(seen.header("content-length") or 0) == len(seen.body)
        gate.upstream.forget()
        # In a form, where colons are encoded.
        gate.ask(gate.topics("Publish", TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:t", Message="m"))
        assert f"us-east-1%3A{theirs}%3At" in gate.upstream.only().body.decode()


def test_headers_that_the_operator_sets(tmp_path: Path) -> None:
    settings = "header x-moto-account-id = {account}\nheader x-where = {region}/{service}\npass-headers = x-trace"
    with Gate(tmp_path, settings) as gate:
        request = gate.queues().with_header("X-Moto-Account-Id", "999988887777").with_header("x-trace", "t").with_header("x-other", "o")
        assert gate.ask(request).status == 200
        seen = gate.upstream.only()
        assert seen.header("x-moto-account-id") == ACCOUNT
        assert seen.header("x-where") == "us-east-1/sqs"
        assert seen.header("x-trace") == "t" and seen.all("x-other") == []


def test_the_endpoints_own_host(tmp_path: Path) -> None:
    with Gate(tmp_path, "host = endpoint") as gate:
        gate.ask()
        assert gate.upstream.only().header("host") == f"127.0.0.1:{gate.upstream.port}"


KEY_ID, SECRET, TOKEN = "AKIDUPSTREAMEXAMPLE1", "upstreamSecret/with+signs0123456789abcde", "token/of+the=session"


def signature_of(seen, *, secret: str = SECRET, service: str, region: str = "us-east-1") -> str:
    """The signature that botocore gives to what has arrived; the other one stands in its Authorization."""
    found = re.fullmatch(
        r"AWS4-HMAC-SHA256 Credential=(\S+?)/(\d{8})/([^/]+)/([^/]+)/aws4_request, ?SignedHeaders=(\S+), ?Signature=([0-9a-f]{64})",
        seen.header("authorization") or "")
    assert found, seen.head
    assert (found[3], found[4]) == (region, service)
    names = found[5].split(";")
    assert "host" in names and "x-amz-date" in names
    # All that has a meaning is signed.
    for name, _ in seen.headers:
        if name.lower().startswith("x-amz-") or name.lower() == "content-type":
            assert name.lower() in names, name
    request = botocore.awsrequest.AWSRequest(
        method=seen.method, url=f"http://{seen.header('host')}{seen.target}", data=bytes(seen.body),
        headers={name: value for name, value in seen.headers if name.lower() in names})
    request.context["timestamp"] = seen.header("x-amz-date")
    kind = botocore.auth.S3SigV4Auth if service == "s3" else botocore.auth.SigV4Auth
    signer = kind(botocore.credentials.Credentials(found[1], secret), service, region)
    sent_hash = seen.header("x-amz-content-sha256")
    canonical = signer.canonical_request(request)
    if sent_hash:
        canonical = canonical.rsplit("\n", 1)[0] + "\n" + sent_hash
        assert sent_hash in ("UNSIGNED-PAYLOAD", seen.sha256)
    expected = signer.signature(signer.string_to_sign(request, canonical), request)
    assert found[6] == expected, canonical
    return found[1]


def test_requests_are_signed_anew(tmp_path: Path) -> None:
    with Gate(tmp_path, f"credentials = {KEY_ID} {SECRET}") as gate:
        for request, service in (
            (gate.queues("SendMessage", QueueUrl=f"http://x/{ACCOUNT}/q", MessageBody="ä ß  two"), "sqs"),
            (gate.topics("Publish", TopicArn=f"arn:aws:sns:us-east-1:{ACCOUNT}:t", Message="a+b c%"), "sns"),
            (gate.object(), "s3"),
            (gate.object("PUT", b"content", headers={"x-amz-meta-a": "  two  spaces ", "Content-Type": "text/plain"}), "s3"),
            (gate.object("PUT", b"x" * 300_000, payload_hash="UNSIGNED-PAYLOAD"), "s3"),
            (gate.object(key="k?versionId=a%2Fb&partNumber=1"), "s3"),
            (gate.object(key="?list-type=2&prefix=a%20b%2Fc&delimiter=%2F&encoding-type=url"), "s3"),
            (signed("GET", "/2015-03-31/functions?Marker=a%2Bb%2F%3D%20c&MaxItems=5", b"", gate.root, service="lambda"), "lambda"),
        ):  # fmt: skip
            gate.upstream.forget()
            got = gate.ask(request)
            assert got.status == 200, (request.target, got)
            assert signature_of(gate.upstream.only(), service=service) == KEY_ID
            assert gate.upstream.only().all("x-amz-security-token") == []


def test_requests_are_signed_anew_by_clients_that_people_have(tmp_path: Path) -> None:
    with Gate(tmp_path, f"credentials = {{account}} {SECRET} {TOKEN}") as gate:
        for service, operation, members in (
            ("dynamodb", "list_tables", {}),
            ("sqs", "send_message", {"QueueUrl": f"http://x/{ACCOUNT}/q", "MessageBody": "m"}),
            ("sns", "publish", {"TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "Message": "m"}),
            ("lambda", "list_functions", {"MaxItems": 5}),
            ("s3", "get_object", {"Bucket": "bucket", "Key": "a b/ü"}),
            ("s3", "delete_object", {"Bucket": "bucket", "Key": "a b+c=d&e~f(g)',//h%2F"}),
            ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b+c&d", "Delimiter": "/"}),
        ):
            gate.upstream.forget()
            xml = {"sns": b"<PublishResponse><PublishResult/></PublishResponse>", "s3": b"<ListBucketResult/>"}
            gate.upstream.script = answering(answer(xml.get(service, b"{}")))
            getattr(gate.root.client(service), operation)(**members)
            seen = gate.upstream.only()
            assert signature_of(seen, service=service) == ACCOUNT
            assert seen.header("x-amz-security-token") == TOKEN


def test_presigned_urls(tmp_path: Path) -> None:
    for credentials in ("none", f"{KEY_ID} {SECRET}"):
        with Gate(tmp_path, f"credentials = {credentials}") as gate:
            client = gate.root.client("s3", signature_version="s3v4")
            parameters = {"Bucket": "bucket", "Key": "a b/ü", "VersionId": "v/1"}
            url = client.generate_presigned_url("get_object", Params=parameters, ExpiresIn=60)
            gate.upstream.script = answering(answer(b"content"))
            target = url.removeprefix(gate.server.url)
            got = send(gate.port, Request("GET", target))
            assert (got.status, got.body) == (200, b"content")
            seen = gate.upstream.only()
            assert seen.target == "/bucket/a%20b/%C3%BC?versionId=v%2F1"
            if credentials == "none":
                assert seen.all("authorization") == []
            else:
                assert signature_of(seen, service="s3") == KEY_ID
            # Not for something else, and nothing arrives then.
            gate.upstream.forget()
            for spoilt in (target.replace("a%20b", "c"), target + "&acl", target.replace("versionId=v%2F1", "versionId=v2")):
                assert send(gate.port, Request("GET", spoilt)).status == 403
            assert send(gate.port, Request("DELETE", target)).status == 403
            assert gate.upstream.requests == []
            # And one that puts.
            url = client.generate_presigned_url("put_object", Params={"Bucket": "bucket", "Key": "k"}, ExpiresIn=60)
            assert send(gate.port, Request("PUT", url.removeprefix(gate.server.url), body=b"put" * 50_000)).status == 200
            seen = gate.upstream.only()
            assert (seen.method, seen.target, bytes(seen.body)) == ("PUT", "/bucket/k", b"put" * 50_000)


@pytest.mark.parametrize("form", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
@pytest.mark.parametrize("sizes", [[], [5], [8192, 8192, 1], [65_536] * 5 + [1024]])
def test_bodies_come_out_of_their_chunks(gate: Gate, form: str, sizes: list[int]) -> None:
    pieces = [os.urandom(size) for size in sizes]
    checksum = base64.b64encode(zlib.crc32(b"".join(pieces)).to_bytes(4)).decode()
    trailers = {} if form == SIGNED else {"x-amz-checksum-crc32": checksum}
    request = chunked("PUT", "/bucket/key", pieces, gate.root, form=form, trailers=trailers, service="s3",
                      headers={"content-encoding": "aws-chunked,gzip"})  # fmt: skip
    assert gate.ask(request.whole).status == 200
    seen = gate.upstream.only()
    assert bytes(seen.body) == b"".join(pieces)
    assert seen.header("content-length") == str(sum(sizes)) and seen.header("content-encoding") == "gzip"
    for name in ("x-amz-decoded-content-length", "x-amz-trailer", "x-amz-content-sha256", "transfer-encoding"):
        assert seen.all(name) == [], name


# Over TLS and HTTP/2


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("secure")
    with Gate(folder, options=("--tls", "--tls-port", "0", "--tls-ca-file", str(folder / "ca.pem"))) as gate:
        yield gate


def test_boto3_uploads_over_tls(secure: Gate) -> None:
    """Of itself: an unsigned body in chunks, with its checksum in a trailer."""
    client = boto3.client(
        "s3", endpoint_url=secure.server.secure_url, region_name="us-east-1", aws_access_key_id=secure.root.key_id,
        aws_secret_access_key=secure.root.secret, verify=str(secure.file.parent / "ca.pem"),
        config=botocore.config.Config(retries={"total_max_attempts": 1}))
    content = os.urandom(3 * MIB + 5)
    secure.upstream.script = answering(answer(b"", etag='"e"'))
    assert client.put_object(Bucket="bucket", Key="key", Body=content)["ETag"] == '"e"'
    seen = secure.upstream.only()
    assert bytes(seen.body) == content and seen.header("content-length") == str(len(content))
    assert seen.all("content-encoding") == [] and seen.all("x-amz-trailer") == []
    secure.upstream.forget()
    secure.upstream.script = answering(answer(content))
    assert client.get_object(Bucket="bucket", Key="key")["Body"].read() == content
    assert secure.upstream.only().method == "GET"
    secure.upstream.forget()


def curl(secure: Gate, tmp_path: Path, *arguments: str, url: str) -> tuple[int, str, bytes]:
    """The exit code, `version status`, and what was received."""
    received = tmp_path / "received"
    received.write_bytes(b"")
    done = subprocess.run(
        ["curl", "-sS", "--http2", "--cacert", str(secure.file.parent / "ca.pem"), "--aws-sigv4", "aws:amz:us-east-1:s3",
         "--user", f"{secure.root.key_id}:{secure.root.secret}", "--write-out", "%{http_version} %{http_code}",
         "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD", "--output", str(received), *arguments, secure.server.secure_url + url],
        capture_output=True, text=True, timeout=60)  # fmt: skip
    return done.returncode, done.stdout, received.read_bytes()


def test_http2_clients(secure: Gate, tmp_path: Path) -> None:
    content = os.urandom(2 * MIB)
    (tmp_path / "content").write_bytes(content)
    secure.upstream.forget()
    secure.upstream.script = answering(chunked_answer([content, b"end"], connection="close, x-hop", x_hop="1"))
    assert curl(secure, tmp_path, "--upload-file", str(tmp_path / "content"), url="/bucket/key") == (0, "2 200", content + b"end")
    seen = secure.upstream.only()
    assert bytes(seen.body) == content and seen.header("host") == f"127.0.0.1:{secure.upstream.port}"
    secure.upstream.forget()
    secure.upstream.script = answering(answer(content))
    assert curl(secure, tmp_path, url="/bucket/key") == (0, "2 200", content)
    assert secure.upstream.only().method == "GET"


def test_an_answer_that_breaks_off_breaks_off_over_http2(secure: Gate, tmp_path: Path) -> None:
    for framing in (b"content-length: 1000000", b"transfer-encoding: chunked"):
        secure.upstream.forget()
        body = b"186a0\r\n" + b"x" * 100_000 + b"\r\n" if b"chunked" in framing else b"x" * 100_000
        secure.upstream.script = answering(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n\r\n" + body, close=True)
        code, _, received = curl(secure, tmp_path, url="/bucket/key")
        assert code != 0 and len(received) <= 100_000
        assert secure.upstream.only().is_whole
