"""Hostile input gets AWS's 4xx and never hurts the process or another client's request."""

import gzip
import json
import os
import random
import re
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from collections.abc import Iterator
from urllib.parse import quote

import pytest

from harness import Identity, Server, allow, error_of, policy
from harness import raw
from harness.patience import PATIENCE
from harness.raw import STS_VERSION, Request, form, send, send_bytes, signed

WHO = form("GetCallerIdentity", STS_VERSION)


@pytest.fixture(autouse=True)
def unharmed(cloud: Server) -> Iterator[None]:
    """After each test: the same process still runs and answers."""
    assert cloud.process
    before = cloud.process.pid
    yield
    assert cloud.process.poll() is None and cloud.process.pid == before, "the server died"
    answer = send(cloud.port, signed("POST", "/", WHO, cloud.root, service="sts"))
    assert answer.status == 200, answer


def refused(server: Server, request: Request) -> raw.Answer:
    answer = send(server.port, request)
    assert 400 <= answer.status < 500, answer
    return answer


def as_query(server: Server, body: bytes, headers: dict[str, str] | None = None) -> Request:
    return signed("POST", "/", body, server.root, headers=headers)


def http_bytes(request: Request, *, target: str | None = None, version: str = "1.1") -> bytes:
    """A request as it is sent."""
    lines = [f"{request.method} {target or request.target} HTTP/{version}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines.append(f"Content-Length: {len(request.body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + request.body


# HTTP

REQUEST_LINES = {
    "nothing": b"",
    "line end": b"\r\n",
    "no version": b"GET /\r\n\r\n",
    "wrong version": b"GET / HTTP/9.9\r\n\r\n",
    "not HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200,
    "zeros": b"\x00" * 1000,
    "unknown method": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "header without colon": b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
    "header with a space in its name": b"GET / HTTP/1.1\r\nHost: x\r\nA b: c\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n",
    "control characters": b"GET / HTTP/1.1\r\nHost: x\r\nA: \x01\x02\x7f\r\n\r\n",
    "bytes that are no UTF-8": b"GET /\xff\xfe HTTP/1.1\r\nHost: \xff\r\nAuthorization: \xc3\x28\r\n\r\n",
    "negative length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "endless length": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "length and chunks": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "broken chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "huge chunk": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
    "unknown transfer encoding": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
    "broken percent encoding": b"GET /?a=%zz&%=%1 HTTP/1.1\r\nHost: x\r\n\r\n",
    "absolute target": b"GET http://[::1/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "connect": b"CONNECT example.com:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "upgrade": b"GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\x00\x00\x00\x04\x00\x00\x00\x00\x00",
}


@pytest.mark.parametrize("data", REQUEST_LINES.values(), ids=REQUEST_LINES.keys())
def test_not_quite_http(cloud: Server, data: bytes) -> None:
    answer = send_bytes(cloud.port, data, timeout=PATIENCE, shut=True)
    if answer:
        assert answer.startswith(b"HTTP/1."), answer
        assert answer.split()[1][:1] in (b"4", b"5"), answer
        assert answer.split()[1] != b"500", answer


def test_truncated_requests(cloud: Server, root: Identity) -> None:
    good = as_query(cloud, form("ListUsers"))
    lines = [f"{name}: {value}" for name, value in good.headers.items()] + [f"Content-Length: {len(good.body)}"]
    whole = ("POST / HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode() + good.body
    for cut in random.Random(7).sample(range(1, len(whole)), 40):
        answer = send_bytes(cloud.port, whole[:cut], timeout=PATIENCE, shut=True)
        assert b"ListUsersResult" not in answer


def test_headers_too_long_or_too_many(cloud: Server) -> None:
    long = send_bytes(cloud.port, b"GET / HTTP/1.1\r\nHost: x\r\nA: " + b"a" * 1_000_000 + b"\r\n\r\n", timeout=5)
    many = send_bytes(
        cloud.port,
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"A%d: b\r\n" % number for number in range(20_000)) + b"\r\n",
        timeout=5,
    )
    target = send_bytes(cloud.port, b"GET /?" + b"a" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", timeout=5)
    for answer in (long, many, target):
        assert not answer or answer.split()[1][:1] == b"4", answer[:200]


def test_a_body_over_the_limit(cloud: Server, root: Identity) -> None:
    big = form("PutUserPolicy", UserName="u", PolicyName="p", PolicyDocument="x" * 12_000_000)
    try:
        answer = send(cloud.port, as_query(cloud, big))
        assert answer.status in (400, 413), answer.status
    except (ConnectionError, BrokenPipeError):
        pass  # The server may hang up on a body that it will not read.
    # Said but never sent: refused without waiting for it.
    started = time.monotonic()
    answer = send_bytes(
        cloud.port,
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10000000000\r\nContent-Type: text/plain\r\n\r\n",
        timeout=30,
    )
    assert not answer or answer.split()[1][:1] == b"4", answer[:200]
    assert cloud.resident_memory() < 1_000_000_000
    assert time.monotonic() - started < 29


# Query protocol


@pytest.mark.parametrize(
    "body",
    {
        "empty": b"",
        "no action": b"Version=2010-05-08",
        "empty action": b"Action=&Version=2010-05-08",
        "unknown action": b"Action=DropTables&Version=2010-05-08",
        "action in another case": b"Action=listusers&Version=2010-05-08",
        "no version": b"Action=ListUsers",
        "another version": b"Action=ListUsers&Version=1999-01-01",
        "action of another service": b"Action=AssumeRole&Version=2011-06-15",
        "two actions": b"Action=ListUsers&Action=CreateUser&UserName=x&Version=2010-05-08",
        "JSON": b'{"Action": "ListUsers"}',
        "zero bytes": b"Action=CreateUser&Version=2010-05-08&UserName=a%00b",
        "no UTF-8": b"Action=CreateUser&Version=2010-05-08&UserName=%ff%fe",
        "overlong UTF-8": b"Action=CreateUser&Version=2010-05-08&UserName=%c0%af",
        "broken percent": b"Action=CreateUser&Version=2010-05-08&UserName=%zz%",
        "name twice": b"Action=CreateUser&Version=2010-05-08&UserName=a%2Fb&UserName=c%2Fd",
        "list index that is no number": b"Action=CreateUser&Version=2010-05-08&UserName=x&Tags.member.one.Key=a",
        "list index zero": b"Action=CreateUser&Version=2010-05-08&UserName=x&Tags.member.0.Key=a&Tags.member.0.Value=%00",
        "huge list index": b"Action=CreateUser&Version=2010-05-08&UserName=x&Tags.member.99999999999999999999.Key=a",
        "deep name": b"Action=CreateUser&Version=2010-05-08&UserName=%2F&" + b"a." * 50_000 + b"b=c",
        "structure for a scalar": b"Action=CreateUser&Version=2010-05-08&UserName.member.1=x",
        "number that is none": b"Action=ListUsers&Version=2010-05-08&MaxItems=many",
        "number too great": b"Action=ListUsers&Version=2010-05-08&MaxItems=99999999999999999999999",
        "negative number": b"Action=ListUsers&Version=2010-05-08&MaxItems=-1",
        "boolean that is none": b"Action=ListPolicies&Version=2010-05-08&OnlyAttached=perhaps",
        "enum that is none": b"Action=ListPolicies&Version=2010-05-08&Scope=Galaxy",
        "ampersands": b"&" * 100_000,
        "equals signs": b"=" * 100_000,
    }.items(),
    ids=lambda pair: pair[0] if isinstance(pair, tuple) else str(pair),
)
def test_query_bodies(cloud: Server, root: Identity, body: tuple[str, bytes]) -> None:
    answer = send(cloud.port, as_query(cloud, body[1]))
    assert 400 <= answer.status < 500, answer
    assert answer.code, answer
    assert root.iam.list_users()["Users"] == []


def test_unknown_parameters_are_ignored(cloud: Server) -> None:
    answer = send(cloud.port, as_query(cloud, form("ListUsers", Colour="blue", **{"Tags.member.1.Key": "x"})))
    assert answer.status == 200, answer


def test_twenty_thousand_parameters(cloud: Server) -> None:
    body = form("ListUsers") + b"".join(b"&P%d=x" % number for number in range(20_000))
    assert send(cloud.port, as_query(cloud, body)).status in (200, 400, 404)


@pytest.mark.parametrize("content_type", ["text/plain", "application/json", "multipart/form-data; boundary=x", "☃", ""])
def test_other_content_types(cloud: Server, content_type: str) -> None:
    request = as_query(cloud, form("ListUsers"), headers={"Content-Type": content_type})
    assert send(cloud.port, request).status < 500


def test_compressed_bodies_are_not_taken_for_plain_ones(cloud: Server) -> None:
    request = as_query(cloud, gzip.compress(form("ListUsers")), headers={"Content-Encoding": "gzip"})
    assert 200 <= send(cloud.port, request).status < 500


# JSON 1.1

TARGET = "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101."


def as_json(server: Server, body: bytes, operation: str = "LookupEvents") -> Request:
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET + operation}
    return signed("POST", "/", body, server.root, service="cloudtrail", headers=headers)


@pytest.mark.parametrize(
    "body",
    {
        "not JSON": b"{",
        "list": b"[]",
        "string": b'"x"',
        "null": b"null",
        "number": b"1e999999",
        "two values": b"{}{}",
        "comment": b"// hello\n{}",
        "trailing comma": b'{"MaxResults": 1,}',
        "deep lists": b'{"LookupAttributes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
        "unclosed depth": b"[" * 200_000,
        "wrong type": b'{"MaxResults": "many"}',
        "fraction": b'{"MaxResults": 1.5}',
        "too great": b'{"MaxResults": 123456789012345678901234567890}',
        "date that is none": b'{"StartTime": "yesterday"}',
        "endless date": b'{"StartTime": 1e308}',
        "negative endless date": b'{"EndTime": -1e308}',
        "string for a list": b'{"LookupAttributes": "x"}',
        "null in a list": b'{"LookupAttributes": [null]}',
        "lone surrogate": b'{"NextToken": "\\ud800"}',
        "no UTF-8": b'{"NextToken": "\xff"}',
        "duplicate keys": b'{"MaxResults": 0, "MaxResults": 99}',
        "UTF-16": '{"MaxResults": 1}'.encode("utf-16"),
    }.items(),
    ids=lambda pair: pair[0] if isinstance(pair, tuple) else str(pair),
)
def test_json_bodies(cloud: Server, body: tuple[str, bytes]) -> None:
    answer = send(cloud.port, as_json(cloud, body[1]))
    assert answer.status == 400, answer
    assert answer.code.endswith("Exception"), answer


def test_unknown_json_members_are_ignored(cloud: Server) -> None:
    assert send(cloud.port, as_json(cloud, b'{"Colour": {"deep": [1, 2, {"x": null}]}}')).status == 200
    assert send(cloud.port, as_json(cloud, b"")).status in (200, 400)
    assert send(cloud.port, as_json(cloud, b"\xef\xbb\xbf{}")).status in (200, 400)


@pytest.mark.parametrize("target", ["NoSuchOperation", "", "LookupEvents.More", "lookupevents", "☃", "A" * 5000])
def test_unknown_json_operations(cloud: Server, target: str) -> None:
    answer = refused(cloud, as_json(cloud, b"{}", operation=target))
    assert answer.code in (
        "UnknownOperationException",
        "UnrecognizedClientException",
        "SerializationException",
        "",
    ) or answer.code.endswith("Exception")


# Policies

DEEP = 3_000
POLICIES = {
    "empty": "",
    "spaces": "   ",
    "not JSON": "Allow everything, please",
    "list": "[]",
    "number": "1",
    "empty object": "{}",
    "no statement": '{"Version": "2012-10-17"}',
    "statement is a string": '{"Version": "2012-10-17", "Statement": "x"}',
    "statement is null": '{"Version": "2012-10-17", "Statement": null}',
    "no effect": '{"Version": "2012-10-17", "Statement": [{"Action": "*", "Resource": "*"}]}',
    "effect in another case": '{"Version": "2012-10-17", "Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}',
    "no action": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Resource": "*"}]}',
    "action and not action": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"}]}',
    "no resource": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*"}]}',
    "a principal": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"}]}',
    "unknown member": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Colour": "x"}]}',
    "unknown version": '{"Version": "2030-01-01", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    "action without service": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "GetUser", "Resource": "*"}]}',
    "resource that is no ARN": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "bucket"}]}',
    "unknown operator": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Sounds": {"a": "b"}}}]}',
    "condition is a list": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": []}]}',
    "the same key twice": '{"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    "the same Sid twice": '{"Version": "2012-10-17", "Statement": [{"Sid": "a", "Effect": "Allow", "Action": "*", "Resource": "*"}, {"Sid": "a", "Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    "deep": '{"Version":' + "[" * DEEP + "]" * DEEP + "}",
    "deep objects": '{"a":' * DEEP + "1" + "}" * DEEP,
    "unclosed": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow"',
    "unclosed string": '{"Version": "2012-10-17',
    "characters outside the range": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "☃"}]}',
    "zero": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "\\u0000", "Resource": "*"}]}',
}


@pytest.mark.parametrize("document", POLICIES.values(), ids=POLICIES.keys())
def test_policies_that_are_none(cloud: Server, root: Identity, document: str) -> None:
    root.iam.create_user(UserName="alice")
    free = root.client("iam", parameter_validation=False)
    one = error_of(free.put_user_policy, UserName="alice", PolicyName="p", PolicyDocument=document)
    two = error_of(free.create_policy, PolicyName="p", PolicyDocument=document)
    for error in (one, two):
        assert error.status in (400, 409), error
        assert error.code in ("MalformedPolicyDocument", "ValidationError", "LimitExceeded"), error
    assert root.iam.list_user_policies(UserName="alice")["PolicyNames"] == []
    assert root.iam.list_policies(Scope="Local")["Policies"] == []


def test_a_policy_of_costly_patterns_does_not_cost(cloud: Server, root: Identity, new_user) -> None:
    """Wildcards in number must not make a decision take long."""
    patterns = ["iam:" + "*a" * 30 + "*b" for _ in range(10)] + ["arn:aws:iam::*:user/" + "*a" * 200]
    user = new_user("alice", {"Effect": "Allow", "Action": patterns[0], "Resource": patterns[-1]})
    name = "a" * 64
    started = time.monotonic()
    for _ in range(20):
        assert error_of(user.iam.get_user, UserName=name).code == "AccessDenied"
    assert time.monotonic() - started < 30


def test_random_bytes(cloud: Server, root: Identity) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    bodies = [
        form("CreateUser", UserName="alice"),
        form("ListUsers"),
        form("CreatePolicy", PolicyName="p", PolicyDocument=policy(allow("*"))),
    ]
    for _ in range(150):
        body = bytearray(dice.choice(bodies))
        for _ in range(dice.randrange(1, 6)):
            spot = dice.randrange(len(body))
            match dice.randrange(3):
                case 0:
                    body[spot] = dice.randrange(256)
                case 1:
                    del body[spot]
                case 2:
                    body[spot:spot] = bytes(dice.choices(b"%&=.[]{}\x00\xff", k=dice.randrange(1, 20)))
        request = as_query(cloud, bytes(body))
        if dice.random() < 0.3:
            header = bytearray(request.headers["Authorization"].encode())
            header[dice.randrange(len(header))] = dice.randrange(33, 127)
            request = request.with_header("Authorization", header.decode())
        answer = send(cloud.port, request)
        assert answer.status < 500, (seed, bytes(body), answer)


# Hosts, targets, versions


def test_the_host_in_the_target_is_the_one_that_is_signed(cloud: Server, root: Identity) -> None:
    """Clients of proxies send the whole URL (RFC 9112, section 3.2.2)."""
    request = signed("POST", "/", WHO, root, service="sts").with_header("Connection", "close")
    host = request.headers["Host"]
    for target in (f"http://{host}/", f"HTTP://{host.upper()}/", f"http://{host}"):
        answer = send_bytes(cloud.port, http_bytes(request, target=target))
        assert answer.startswith(b"HTTP/1.1 200"), (target, answer)
    for target in ("http://iam.amazonaws.com/", f"http://{host}1/", "http:///", "http://", "ftp://x/", "*", "x"):
        answer = send_bytes(cloud.port, http_bytes(request, target=target))
        assert answer.startswith(b"HTTP/1.1 400"), (target, answer)


def test_there_is_one_host(cloud: Server, root: Identity) -> None:
    request = signed("POST", "/", WHO, root, service="sts").with_header("Connection", "close")
    whole = http_bytes(request)
    host = b"Host: " + request.headers["Host"].encode() + b"\r\n"
    assert send_bytes(cloud.port, whole).startswith(b"HTTP/1.1 200")
    for spoilt in (whole.replace(host, b""), whole.replace(host, host * 2), whole.replace(host, host + b"host: y\r\n")):
        assert send_bytes(cloud.port, spoilt).startswith(b"HTTP/1.1 400"), spoilt


def test_http_1_0_ends_with_its_answer(cloud: Server, root: Identity) -> None:
    request = signed("POST", "/", WHO, root, service="sts")
    began = time.monotonic()
    answer = send_bytes(cloud.port, http_bytes(request, version="1.0"), timeout=30)
    # A connection that was kept would have ended with the client's patience.
    assert time.monotonic() - began < 29
    assert answer.startswith(b"HTTP/1.") and b" 200 " in answer.split(b"\r\n")[0]
    assert b"connection: close" in answer.lower()
    with socket.create_connection(("127.0.0.1", cloud.port), timeout=5) as kept:
        for _ in range(2):
            kept.sendall(http_bytes(request.with_header("Connection", "keep-alive"), version="1.0"))
            assert b"connection: keep-alive" in kept.recv(65536).lower()


# Slow and many


def test_slow_clients_do_not_hold_the_others(cloud: Server, root: Identity) -> None:
    """Two hundred connections that say a word and then nothing; another client is served meanwhile."""
    sleepers = []
    try:
        for number in range(200):
            connection = socket.create_connection(("127.0.0.1", cloud.port), timeout=5)
            connection.sendall(
                b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n" + (b"\r\nab" if number % 2 else b"")
            )
            sleepers.append(connection)
        started = time.monotonic()
        for _ in range(20):
            assert root.sts.get_caller_identity()
        assert time.monotonic() - started < 30
    finally:
        for connection in sleepers:
            connection.close()


def test_who_opens_many_connections_keeps_nobody_out(cloud: Server, root: Identity) -> None:
    """More connections than the server takes, of which none gets to the end of a request: each new one still finds
    room, because the oldest of them give way; and they are told apart from those that are used."""
    sleepers = []
    try:
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=5) as used:
            request = http_bytes(signed("POST", "/", WHO, root, service="sts"))
            for number in range(1200):
                connection = socket.create_connection(("127.0.0.1", cloud.port), timeout=5)
                connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Le" if number % 2 else b"")
                sleepers.append(connection)
                if number % 100 == 99:
                    used.sendall(request)
                    assert used.recv(65536).startswith(b"HTTP/1.1 200"), number
                    assert send(cloud.port, signed("POST", "/", WHO, root, service="sts")).status == 200, number
        first, last = sleepers[0], sleepers[-1]
        first.settimeout(5)
        assert first.recv(1) == b""
        last.settimeout(0.2)
        with pytest.raises(TimeoutError):
            last.recv(1)
    finally:
        for connection in sleepers:
            connection.close()


@pytest.mark.slow
def test_slow_clients_are_sent_away(cloud: Server) -> None:
    """A request that never ends is ended by the server, whether its head or its body drips."""
    starts = {
        "nothing at all": b"",
        "half a head": b"POST / HTTP/1.1\r\nHost: x\r\n",
        "half a body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n",
    }

    def drip(start: bytes) -> float:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", cloud.port), timeout=1) as connection:
            if start:
                connection.sendall(start)
            while time.monotonic() - began < 130:
                try:
                    if start:
                        connection.sendall(b"a")
                    if connection.recv(4096) == b"":
                        break
                except TimeoutError:
                    continue
                except ConnectionError:
                    break
        return time.monotonic() - began

    with ThreadPoolExecutor(3) as pool:
        took = dict(zip(starts, pool.map(drip, starts.values())))
    assert all(seconds < 120 for seconds in took.values()), took


def test_pipelined_requests_are_answered_in_order(cloud: Server, root: Identity) -> None:
    requests = [as_query(cloud, form("CreateUser", UserName=f"u{number}")) for number in range(5)]
    data = b"".join(http_bytes(request) for request in requests)
    data += http_bytes(as_query(cloud, form("ListUsers")).with_header("Connection", "close"))
    answer = send_bytes(cloud.port, data)
    assert answer.count(b"HTTP/1.1 200") == 6
    places = [answer.index(b"<UserName>u%d</UserName>" % number) for number in range(5)]
    assert places == sorted(places)


@pytest.mark.parametrize("bad, status", [
    (b"GARBAGE\r\n\r\n", 400), (b"GET / HTTP/1.1\r\nHost x\r\n\r\n", 400), (b"GET / HTTP/1.1\r\n\r\n", 400), (b"\0" * 40, 400),
    (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 200_000 + b"\r\n\r\n", 431), (b"", None),
], ids=lambda value: repr(value)[:40])  # fmt: skip
@pytest.mark.parametrize("shut", [True, False])
def test_a_bad_request_takes_nothing_from_the_ones_before(cloud: Server, bad: bytes, status: int | None, shut: bool) -> None:
    """The first answers are sent, then what is said of the bad one, and then the connection is closed; also when the client has
    closed its side with the bad request (RFC 9112, section 9.3.2)."""
    for number in range(20):
        names = [f"u{os.urandom(4).hex()}" for _ in range(1 + number % 3)]
        good = b"".join(http_bytes(as_query(cloud, form("CreateUser", UserName=name))) for name in names)
        answer = send_bytes(cloud.port, good + bad, timeout=PATIENCE if shut else 5 if bad else 0.5, shut=shut)
        statuses = [int(found) for found in re.findall(rb"HTTP/1\.1 (\d+)", answer)]
        assert statuses == [200] * len(names) + ([status] if status else []), answer
        places = [answer.index(f"<UserName>{name}</UserName>".encode()) for name in names]
        assert places == sorted(places)


def test_half_a_request_takes_nothing_from_the_one_before(cloud: Server) -> None:
    for rest in (b"P", b"POST / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nab"):
        name = f"u{os.urandom(4).hex()}"
        answer = send_bytes(cloud.port, http_bytes(as_query(cloud, form("CreateUser", UserName=name))) + rest, timeout=PATIENCE, shut=True)
        assert answer.startswith(b"HTTP/1.1 200") and name.encode() in answer, answer


def test_many_clients_at_once(cloud: Server, root: Identity) -> None:
    """A hundred clients, some of them hostile; the honest ones all get right answers."""
    wrong: list[object] = []
    stop = threading.Event()

    def hostile(seed: int) -> None:
        dice = random.Random(seed)
        while not stop.is_set():
            send_bytes(cloud.port, dice.choice(list(REQUEST_LINES.values())), timeout=PATIENCE, shut=True)

    def honest(number: int) -> None:
        for turn in range(10):
            name = f"user-{number}-{turn}"
            made = raw.call(cloud.port, root, "CreateUser", UserName=name)
            seen = raw.call(cloud.port, root, "GetUser", UserName=name)
            gone = raw.call(cloud.port, root, "DeleteUser", UserName=name)
            if (made.status, seen.status, gone.status) != (200, 200, 200) or f"<UserName>{name}<" not in seen.text:
                wrong.append((made, seen, gone))

    bad = [threading.Thread(target=hostile, args=(seed,)) for seed in range(20)]
    good = [threading.Thread(target=honest, args=(number,)) for number in range(20)]
    for thread in bad + good:
        thread.start()
    for thread in good:
        thread.join()
    stop.set()
    for thread in bad:
        thread.join()
    assert not wrong, wrong[0]
    assert root.iam.list_users()["Users"] == []


def test_a_client_that_hangs_up_early(cloud: Server, root: Identity) -> None:
    for number in range(100):
        request = as_query(cloud, form("CreateUser", UserName=f"user{number}"))
        connection = socket.create_connection(("127.0.0.1", cloud.port), timeout=5)
        connection.sendall(http_bytes(request))
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        connection.close()
    # Each user is either wholly there or not at all.
    for user in root.iam.list_users()["Users"]:
        assert root.iam.get_user(UserName=user["UserName"])["User"]["UserId"] == user["UserId"]


def test_error_texts_do_not_carry_markup(cloud: Server, root: Identity) -> None:
    answer = send(cloud.port, as_query(cloud, form("GetUser", UserName="<script>&\"'</Message>")))
    assert answer.status == 400
    assert "<script>" not in answer.text
    action = send(cloud.port, as_query(cloud, b"Version=2010-05-08&Action=" + quote("<b>&</b>").encode()))
    assert "<b>" not in action.text and 400 <= action.status < 500


def test_answers_are_json_even_for_odd_names(cloud: Server) -> None:
    answer = send(cloud.port, as_json(cloud, json.dumps({"NextToken": 'a"\\\u0001'}).encode()))
    assert answer.status == 400 and json.loads(answer.body)["__type"]
