"""Clients that want Gatehouse to read a request in one way and the endpoint behind it in another, or to pass on what they have
not signed: what is refused never arrives, and what arrives is what was allowed."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import unquote, urlencode

import pytest

from harness import ACCOUNT, Identity, allow, error_of, policy
from harness import raw
from harness.chunks import SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, chunked, spoilt
from harness.gate import MIB, NOTHING, Gate, read_answer, uploading
from harness.raw import Request, send, send_bytes, signed
from harness.patience import PATIENCE
from harness.upstream import Peer, Seen, answer, answering

QUEUE = f"http://sqs.us-east-1.amazonaws.com/{ACCOUNT}/q"
JSON = "application/x-amz-json-1.0"
FORM = "application/x-www-form-urlencoded"


def remembering(peer: Peer) -> None:
    """Reads what comes, as far as it comes."""
    peer.read()
    peer.send(answer(b"{}"))


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    folder = tmp_path_factory.mktemp("gate")
    options = ("--tls", "--tls-port", "0", "--tls-ca-file", str(folder / "ca.pem"))
    with Gate(folder, options=options) as gate:
        yield gate


@pytest.fixture
def gate(shared: Gate) -> Iterator[Gate]:
    shared.upstream.script = remembering
    yield from shared.used()


def nothing_arrived(gate: Gate) -> None:
    """One that comes after is the first that the endpoint sees."""
    word = os.urandom(6).hex()
    assert gate.ask(gate.queues(QueueNamePrefix=word)).status == 200
    assert [bytes(seen.body) for seen in gate.upstream.requests] == [json.dumps({"QueueNamePrefix": word}).encode()]
    gate.upstream.forget()


def refused(gate: Gate, request: Request, *codes: str, status: int = 400) -> raw.Answer:
    got = gate.ask(request)
    assert got.status == status, got
    assert not codes or got.code in codes, got
    nothing_arrived(gate)
    return got


def refused_bytes(gate: Gate, data: bytes) -> bytes:
    """Bytes for which no request is passed on."""
    got = send_bytes(gate.port, data, timeout=PATIENCE, shut=True)
    assert not got or got.split()[1][:1] == b"4", got
    nothing_arrived(gate)
    return got


def lines(request: Request, *more: bytes, body: bytes | None = None, target: str | None = None, length: bool = True) -> bytes:
    """The request with further lines in its head."""
    content = request.body if body is None else body
    head = [f"{request.method} {target or request.target} HTTP/1.1".encode()]
    head += [f"{name}: {value}".encode() for name, value in request.headers.items()]
    head += [b"Content-Length: %d" % len(request.body)] if length else []
    return b"\r\n".join([*head, *more, b"Connection: close", b"", b""]) + content


def passed(gate: Gate, request: Request) -> Seen:
    got = gate.ask(request)
    assert got.status == 200, got
    return gate.upstream.only()


def json_of(gate: Gate, body: bytes, operation: str = "SendMessage", *, service: str = "sqs", target: str = "/",
            headers: dict[str, str] | None = None) -> Request:  # fmt: skip
    prefix = {"sqs": "AmazonSQS", "dynamodb": "DynamoDB_20120810", "secretsmanager": "secretsmanager"}[service]
    fields = {"Content-Type": JSON, "X-Amz-Target": f"{prefix}.{operation}"} | (headers or {})
    return signed("POST", target, body, gate.root, service=service, headers=fields)


def form_of(gate: Gate, body: bytes, *, target: str = "/", service: str = "sns", headers: dict[str, str] | None = None) -> Request:
    return signed("POST", target, body, gate.root, service=service, headers={"Content-Type": FORM} | (headers or {}))


GOOD = json.dumps({"QueueUrl": QUEUE, "MessageBody": "m"}).encode()


# HTTP: where does a request end?


def test_a_length_and_chunks(gate: Gate) -> None:
    second = b"POST /smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
    request = json_of(gate, GOOD)
    for more, body in (
        ([b"Transfer-Encoding: chunked"], b"0\r\n\r\n" + second),
        ([b"Transfer-Encoding: chunked"], b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD)),
        ([b"Transfer-Encoding: identity"], GOOD),
        ([b"transfer-encoding:\tchunked"], b"0\r\n\r\n" + second),
        ([b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"], b"0\r\n\r\n" + second),
        ([b"Transfer-Encoding: xchunked"], GOOD),
        ([b"Transfer-Encoding : chunked"], b"0\r\n\r\n" + second),
        ([b"Transfer-Encoding: chunked\x0b"], b"0\r\n\r\n" + second),
    ):
        gate.upstream.forget()
        refused_bytes(gate, lines(request, *more, body=body))
    for value in (b"chunked, gzip", b"chunked, chunked", b"chunked, identity", b"identity", b"gzip", b"", b"chunked\x00"):
        gate.upstream.forget()
        refused_bytes(gate, lines(request, b"Transfer-Encoding: " + value, body=b"%x\r\n%s\r\n0\r\n\r\n" % (len(GOOD), GOOD), length=False))


@pytest.mark.parametrize("value", [b"%d, %d", b"+%d", b"-1", b"0x10", b" %d 0", b"%d\r\nContent-Length: 3", b"", b"1e2", b"0%d;"])
def test_lengths_that_are_none(gate: Gate, value: bytes) -> None:
    request = json_of(gate, GOOD)
    text = value % ((len(GOOD),) * value.count(b"%d"))
    refused_bytes(gate, lines(request, b"Content-Length: " + text, length=False))


def test_what_follows_a_request_is_a_request_of_its_own(gate: Gate) -> None:
    """And without a signature of its own it does not get through."""
    second = b"POST / HTTP/1.1\r\nHost: x\r\nX-Amz-Target: AmazonSQS.DeleteQueue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
    request = json_of(gate, GOOD)
    got = send_bytes(gate.port, lines(request).replace(b"Connection: close\r\n", b"") + second, timeout=PATIENCE)
    assert [int(status) for status in re.findall(rb"HTTP/1.1 (\d+)", got)][0] == 200 and got.count(b"HTTP/1.1 200") == 1, got
    assert bytes(gate.upstream.only().body) == GOOD


@pytest.mark.parametrize("chunk", [b"%x\r\n", b"%x;a=b\r\n", b"%X\r\n", b"000%x\r\n"])
def test_chunks_arrive_with_a_length(gate: Gate, chunk: bytes) -> None:
    request = json_of(gate, GOOD)
    body = chunk % len(GOOD) + GOOD + b"\r\n0\r\nX-Amz-Target: AmazonSQS.DeleteQueue\r\n\r\n"
    got = send_bytes(gate.port, lines(request, b"Transfer-Encoding: chunked", body=body, length=False), timeout=PATIENCE, shut=True)
    assert got.startswith(b"HTTP/1.1 200"), got
    seen = gate.upstream.only()
    assert (bytes(seen.body), seen.header("content-length"), seen.all("transfer-encoding")) == (GOOD, str(len(GOOD)), [])
    # A trailer is no header.
    assert seen.header("x-amz-target") == "AmazonSQS.SendMessage"


@pytest.mark.parametrize("chunk", [b"0x%x\r\n", b"%x \r\n", b"-%x\r\n", b"+%x\r\n", b"%x\n", b"1%016x\r\n", b"%x\r\r\n", b"%x;\n\r\n"])
def test_chunks_that_are_none(gate: Gate, chunk: bytes) -> None:
    request = json_of(gate, GOOD)
    data = lines(request, b"Transfer-Encoding: chunked", body=chunk % len(GOOD) + GOOD + b"\r\n0\r\n\r\n", length=False)
    got = send_bytes(gate.port, data, timeout=PATIENCE, shut=True)
    if got.startswith(b"HTTP/1.1 200"):
        # It was read, and so nothing of it is passed on but what was read.
        assert bytes(gate.upstream.only().body) == GOOD
        return
    assert not got or got.split()[1][:1] == b"4", got
    nothing_arrived(gate)


# HTTP: what does the head say?


@pytest.mark.parametrize("more", [
    b"Host: victim.example", b"host: 127.0.0.1", b"X-A: b\r\n Host: victim.example", b"X-A: b\r\n\tc", b"X-A: b\nHost: victim",
    b"X-A: b\rX-B: c", b"X-A: b\x00c", b"X-A\x00: b", b"X A: b", b"X-A : b", b": b", b"X-A", b"X-Amz-Target: AmazonSQS.DeleteQueue",
    b"x-amz-target : AmazonSQS.DeleteQueue", b"Content-Type: " + FORM.encode(), b"X-A: \x01", b"X-A: \x7f",
], ids=repr)  # fmt: skip
def test_lines_that_two_read_differently(gate: Gate, more: bytes) -> None:
    refused_bytes(gate, lines(json_of(gate, GOOD), more))


def test_bare_line_feeds(gate: Gate) -> None:
    data = lines(json_of(gate, GOOD))
    head, _, body = data.partition(b"\r\n\r\n")
    for spoilt_bytes in (head.replace(b"\r\n", b"\n") + b"\n\n" + body, head + b"\n\n" + body, head.replace(b"\r\n", b"\r") + b"\r\r" + body):
        gate.upstream.forget()
        got = send_bytes(gate.port, spoilt_bytes, timeout=PATIENCE, shut=True)
        if got.startswith(b"HTTP/1.1 200"):
            # RFC 9112, section 2.2, lets one take them for line ends; then they are whole ones from here on.
            seen = gate.upstream.only()
            assert b"\n" not in seen.head.replace(b"\r\n", b"") and bytes(seen.body) == GOOD
        else:
            nothing_arrived(gate)


def test_an_absolute_uri(gate: Gate) -> None:
    """It has to name the host that is signed, and arrives without it."""
    request = json_of(gate, GOOD)
    host = request.headers["Host"]
    for other in ("victim.example", f"user@{host}", f"{host}@victim.example", f"{host}.victim.example", "", f"{host}:80"):
        gate.upstream.forget()
        refused_bytes(gate, lines(request, target=f"http://{other}/"))
    for odd in (f"ftp://{host}/", f"//{host}/", "*", f"{host}/", "\\", f"http:/{host}/"):
        gate.upstream.forget()
        refused_bytes(gate, lines(request, target=odd))
    gate.upstream.forget()
    assert send_bytes(gate.port, lines(request, target=f"HTTP://{host.upper()}/"), timeout=PATIENCE, shut=True).startswith(b"HTTP/1.1 200")
    seen = gate.upstream.only()
    assert (seen.target, seen.header("host")) == ("/", host)


def test_two_hosts_or_none(gate: Gate) -> None:
    request = json_of(gate, GOOD)
    host = request.headers["Host"].encode()
    data = lines(request)
    refused_bytes(gate, data.replace(b"Host: " + host + b"\r\n", b""))
    for second in (b"Host: " + host, b"Host: victim.example", b"HOST: victim.example", b"Host:"):
        gate.upstream.forget()
        refused_bytes(gate, data.replace(b"Host: " + host, b"Host: " + host + b"\r\n" + second))


@pytest.mark.parametrize("name", [
    "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Prefix", "X-Real-IP", "Forwarded", "X-Original-Host", "Front-End-Https",
    "x-moto-account-id", "x-localstack-tgt-api", "x-localstack-request-url", "x-localstack-edge", "x-localstack-target", "Cookie",
    "Proxy-Authorization", "X-Api-Key", "x_amz_target", "X-Amz_Target", "x-amz-security_token", "X_Forwarded_For", "Trailer",
    "Upgrade", "Accept-Encoding", "Max-Forwards", "SOAPAction",
])  # fmt: skip
def test_headers_that_tell_a_stand_in_something_else(gate: Gate, name: str) -> None:
    """Signed or not: they do not arrive."""
    for request in (
        json_of(gate, GOOD).with_header(name, "smuggled"),
        json_of(gate, GOOD, headers={name: "smuggled"}),
        gate.object("PUT", b"c", headers={name: "smuggled"}),
    ):
        gate.upstream.forget()
        got = gate.ask(request)
        assert got.status in (200, 400, 403), got
        assert all(b"smuggled" not in seen.head for seen in gate.upstream.requests)


@pytest.mark.parametrize("name", ["x-amz-copy_source", "x_amz_copy_source", "x-amz-acl_", "x-amz_acl", "x-amz-grant_full-control"])
def test_a_dash_is_no_underscore(gate: Gate, name: str) -> None:
    """Servers that go by CGI's rules, such as those made with WSGI, do not know one from the other."""
    got = gate.ask(gate.object("PUT", b"", headers={name: "/victim/secret"}))
    assert got.status in (200, 400), got
    assert all(b"/victim/secret" not in seen.head for seen in gate.upstream.requests)


def test_metadata_with_an_underscore_arrives(gate: Gate) -> None:
    assert passed(gate, gate.object("PUT", b"", headers={"x-amz-meta-my_key": "v"})).header("x-amz-meta-my_key") == "v"


def test_requests_with_spoilt_bytes(gate: Gate) -> None:
    """What arrives is what was signed, whatever becomes of the bytes on the way."""
    request = json_of(gate, GOOD)
    good = lines(request)
    dice = random.Random(5)
    kept = 0
    for _ in range(300):
        data = bytearray(good)
        for _ in range(dice.randint(1, 2)):
            place = dice.randrange(len(data))
            how = dice.randrange(4)
            if how == 0:
                data[place] = dice.randrange(256)
            elif how == 1:
                del data[place : place + dice.randint(1, 4)]
            elif how == 2:
                data[place:place] = dice.choice([b"\r\n", b"\n", b"\r", b"\0", b":", b" ", b"\t", b"0", b",", b"%2e", b"X-A: b\r\n", b"\r\n "])
            else:
                data[place:place] = data[dice.randrange(len(data)) :][: dice.randint(1, 40)]
        gate.upstream.forget()
        got = send_bytes(gate.port, bytes(data), timeout=PATIENCE, shut=True)
        assert not got or re.match(rb"HTTP/1\.1 (200|4\d\d|501) ", got), (bytes(data), got)
        for seen in gate.upstream.requests:
            kept += 1
            assert (seen.method, seen.target, bytes(seen.body)) == ("POST", "/", GOOD), bytes(data)
            for name in ("host", "x-amz-target", "content-type"):
                assert seen.header(name) == next(v for n, v in request.headers.items() if n.lower() == name), bytes(data)
    # Some bytes mean nothing, and most mean something.
    assert 0 < kept < 150


# Which operation?


def test_target_and_action_disagree(gate: Gate) -> None:
    """Where the form names the operation, no target arrives; where the target does, no form."""
    publish = urlencode({"Action": "Publish", "Version": "2010-03-31", "TopicArn": f"arn:aws:sns:us-east-1:{ACCOUNT}:t", "Message": "m"})
    seen = passed(gate, form_of(gate, publish.encode(), headers={"X-Amz-Target": "AmazonSNS.DeleteTopic"}))
    assert seen.all("x-amz-target") == [] and bytes(seen.body) == publish.encode()
    gate.upstream.forget()
    # SQS speaks both.
    action = urlencode({"Action": "DeleteQueue", "Version": "2012-11-05", "QueueUrl": QUEUE}).encode()
    for request in (
        json_of(gate, action, headers={"Content-Type": FORM}),
        json_of(gate, action),
        json_of(gate, GOOD, target="/?Action=DeleteQueue&Version=2012-11-05"),
        json_of(gate, GOOD, target="/?Action=SendMessage"),
        json_of(gate, GOOD, target="/?X-Amz-Target=AmazonSQS.DeleteQueue"),
        json_of(gate, GOOD, target="/?x-amz-target=AmazonSQS.DeleteQueue&X-Amz-Action=DeleteQueue"),
    ):
        gate.upstream.forget()
        got = gate.ask(request)
        if got.status == 200:
            # As a form, with nothing that names another operation.
            seen = gate.upstream.only()
            assert seen.all("x-amz-target") == [] and bytes(seen.body) == action and seen.target == "/"
        else:
            assert got.status == 400, got
            nothing_arrived(gate)


def test_json_that_is_a_form_as_well(gate: Gate) -> None:
    """What a reader of forms would make of it is not what was allowed."""
    body = json.dumps({"QueueUrl": QUEUE, "MessageBody": "&Action=DeleteQueue&Version=2012-11-05&"}).encode()
    for content_type in (FORM, "text/plain", "multipart/form-data; boundary=x", "application/json", "application/cbor", ""):
        gate.upstream.forget()
        got = gate.ask(json_of(gate, body, headers={"Content-Type": content_type}))
        if got.status == 200:
            seen = gate.upstream.only()
            assert (seen.header("content-type") or "").startswith("application/x-amz-json"), (content_type, seen.head)
        else:
            assert got.status == 400, got
            nothing_arrived(gate)


def test_a_protocol_that_is_named_beside_another(gate: Gate) -> None:
    for header in ({"smithy-protocol": "rpc-v2-cbor"}, {"Smithy-Protocol": "rpc-v2-json"}):
        gate.upstream.forget()
        got = gate.ask(json_of(gate, GOOD, headers=header))
        if got.status == 200:
            assert gate.upstream.only().all("smithy-protocol") == []
        else:
            nothing_arrived(gate)


@pytest.mark.parametrize("target", ["/?a=b", "/?MessageBody=x", "/path", f"/{ACCOUNT}/q", "//", "/?", "/%2e", "/."])
def test_a_target_has_no_path_and_no_query(gate: Gate, target: str) -> None:
    got = gate.ask(json_of(gate, GOOD, target=target))
    if got.status == 200:
        assert gate.upstream.only().target == "/"
    else:
        assert got.status in (400, 403), got
        nothing_arrived(gate)


def test_operations_and_services_that_are_none(gate: Gate) -> None:
    refused(gate, json_of(gate, b"{}", "NoSuchOperation"))
    gate.upstream.forget()
    refused(gate, json_of(gate, b"{}", "sendmessage"))
    gate.upstream.forget()
    refused(gate, form_of(gate, b"Action=NoSuchAction&Version=2010-03-31"))
    gate.upstream.forget()
    refused(gate, form_of(gate, b"Version=2010-03-31"))
    gate.upstream.forget()
    request = signed("POST", "/", b"{}", gate.root, service="nosuchservice", headers={"Content-Type": JSON, "X-Amz-Target": "No.Such"})
    got = gate.ask(request)
    assert got.status in (400, 403, 404, 501), got
    nothing_arrived(gate)
    gate.upstream.forget()
    # The target of one service, signed for another.
    refused(gate, signed("POST", "/", b"{}", gate.root, service="dynamodb", headers={"Content-Type": JSON, "X-Amz-Target": "AmazonSQS.ListQueues"}))
    gate.upstream.forget()
    got = gate.ask(signed("GET", "/no/such/path", b"", gate.root, service="lambda"))
    assert got.status in (400, 403, 404), got
    nothing_arrived(gate)


def test_a_host_that_names_another_service(gate: Gate) -> None:
    """Stand-ins that get no signature go by the host: it can't be another service's than the one that was asked for."""
    body = b"Action=DeleteCacheCluster&Version=2015-02-02&CacheClusterId=c"
    for host in ("redshift.us-east-1.amazonaws.com", "rds.amazonaws.com", "iam.amazonaws.com"):
        gate.upstream.forget()
        got = gate.ask(form_of(gate, body, service="elasticache", headers={"Host": host}))
        if got.status == 200:
            assert gate.upstream.only().header("host") != host, "it would go by the host"
        else:
            nothing_arrived(gate)
    gate.upstream.forget()
    host = "elasticache.us-east-1.amazonaws.com"
    assert passed(gate, form_of(gate, body, service="elasticache", headers={"Host": host})).header("host")


def test_a_host_that_names_another_region(gate: Gate) -> None:
    """Stand-ins that get no signature take the region from the host, too."""
    for host in ("sqs.eu-west-1.amazonaws.com", "eu-west-1.queue.amazonaws.com", "sqs.eu-west-1.localhost.localstack.cloud"):
        gate.upstream.forget()
        got = gate.ask(json_of(gate, GOOD, headers={"Host": host}))
        if got.status == 200:
            assert "eu-west-1" not in (gate.upstream.only().header("host") or ""), "it would go by the host"
        else:
            nothing_arrived(gate)
    gate.upstream.forget()
    assert passed(gate, json_of(gate, GOOD, headers={"Host": "sqs.us-east-1.amazonaws.com"})).header("host")


def test_a_path_that_two_services_have(gate: Gate) -> None:
    """Lex has two versions that share a signing name, and both have tags under one path. The host says whose they are, or nobody."""
    target = f"/tags/arn%3Aaws%3Alex%3Aus-east-1%3A{ACCOUNT}%3Abot%2FB"

    def tags(host: str | None = None) -> Request:
        return signed("GET", target, b"", gate.root, service="lex", headers={"Host": host} if host else {})

    got = refused(gate, tags())
    assert "lex-models and lexv2-models have such an operation" in got.text, got
    for host in ("models-v2-lex.us-east-1.amazonaws.com", "models.lex.us-east-1.amazonaws.com"):
        gate.upstream.forget()
        assert passed(gate, tags(host)).target == target
    gate.upstream.forget()
    # What only one of them has needs no host.
    assert passed(gate, signed("PUT", "/bots/B", b"{}", gate.root, service="lex", headers={"Content-Type": "application/json"})).method == "PUT"


@pytest.fixture(scope="module")
def users(shared: Gate) -> Callable[..., Identity]:
    """users(action, resource) is somebody who may do that, and nothing else."""

    def make(action: str | list[str], resource: str | list[str]) -> Identity:
        name = f"u{os.urandom(6).hex()}"
        shared.root.iam.create_user(UserName=name)
        shared.root.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(allow(action, resource)))
        return Identity.of_key(shared.server.url, shared.root.iam.create_access_key(UserName=name)["AccessKey"])

    return make


def test_the_version_of_a_form(gate: Gate, users: Callable[..., Identity]) -> None:
    """Two services of one name have an operation of one name: the version says which one is meant, and what it is done to."""
    place = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer"
    victim = f"{place}/app/victim/50dc6c495c0c9188"

    def ask(who: Identity, action: str, **members: str) -> raw.Answer:
        gate.upstream.forget()
        body = urlencode({"Action": action} | members).encode()
        return gate.ask(signed("POST", "/", body, who, service="elasticloadbalancing", headers={"Content-Type": FORM}))

    for action, version in (("DescribeLoadBalancers", "2012-06-01"), ("DescribeLoadBalancers", "2015-12-01"), ("DescribeTargetGroups", "2015-12-01")):
        assert ask(gate.root, action, Version=version).status == 200, (action, version)
        assert version.encode() in gate.upstream.only().body
    for action, version in (("DescribeTargetGroups", "2012-06-01"), ("DescribeLoadBalancers", "1999-01-01"), ("DescribeLoadBalancers", "")):
        got = ask(gate.root, action, Version=version)
        assert got.status == 400, (action, version, got)
        nothing_arrived(gate)
    assert ask(gate.root, "DescribeLoadBalancers").status == 400
    nothing_arrived(gate)
    classic = users("elasticloadbalancing:DeleteLoadBalancer", f"{place}/mine")
    for members in ({"LoadBalancerName": "mine", "LoadBalancerArn": victim}, {"LoadBalancerArn": victim}):
        got = ask(classic, "DeleteLoadBalancer", Version="2015-12-01", **members)
        assert got.status in (400, 403), (members, got)
        nothing_arrived(gate)
    newer = users("elasticloadbalancing:DeleteLoadBalancer", victim)
    assert ask(newer, "DeleteLoadBalancer", Version="2015-12-01", LoadBalancerArn=victim).status == 200
    assert b"2015-12-01" in gate.upstream.only().body


def test_the_prefix_of_a_target(gate: Gate) -> None:
    """It names the service and its version."""
    for service, target in (
        ("sqs", "Evil.SendMessage"), ("sqs", "SendMessage"), ("sqs", "AmazonSQS.x.SendMessage"), ("sqs", "amazonsqs.SendMessage"),
        ("sqs", "DynamoDB_20120810.SendMessage"), ("dynamodb", "DynamoDB_20111205.DeleteTable"), ("dynamodb", "DynamoDBStreams_20120810.DeleteTable"),
        ("kinesisanalytics", "KinesisAnalytics_19990101.DeleteApplication"),
    ):  # fmt: skip
        gate.upstream.forget()
        request = signed("POST", "/", GOOD, gate.root, service=service, headers={"Content-Type": JSON, "X-Amz-Target": target})
        got = gate.ask(request)
        assert got.status in (400, 403), (target, got)
        nothing_arrived(gate)


def test_which_queue(gate: Gate, users: Callable[..., Identity]) -> None:
    """The URL's tail is its name, and its account is in front of it; older clients put it into the path as well."""
    who = users("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:mine")
    mine, victim = (f"http://sqs.us-east-1.amazonaws.com/{ACCOUNT}/{name}" for name in ("mine", "victim"))
    headers = {"Content-Type": JSON, "X-Amz-Target": "AmazonSQS.SendMessage"}

    def ask(url: str) -> raw.Answer:
        gate.upstream.forget()
        body = json.dumps({"QueueUrl": url, "MessageBody": "m"}).encode()
        return gate.ask(signed("POST", "/", body, who, service="sqs", headers=headers))

    for url in (mine, f"http://localhost:4566/{ACCOUNT}/mine", f"http://localhost:4566/queue/us-east-1/{ACCOUNT}/mine"):
        assert ask(url).status == 200, url
        assert url.encode() in gate.upstream.only().body
    for url in (
        victim, mine.replace(ACCOUNT, "444455556666"), f"{victim}/../mine", f"{victim}?x=/{ACCOUNT}/mine", f"{victim}#/{ACCOUNT}/mine", f"{victim};/mine",
        f"{victim}%2F..%2Fmine", f"{mine}/", f"{mine}/../victim", f"{mine}?x", f"{mine}#", f"{mine}%00", f"{mine}.fifo", "", "/",
        f"{victim}\n/{ACCOUNT}/mine", f"{victim}\\mine",
        mine.replace("us-east-1", "eu-west-1"), f"http://localhost:4566/queue/eu-west-1/{ACCOUNT}/mine",
    ):  # fmt: skip
        got = ask(url)
        assert got.status in (400, 403, 404), (url, got)
        nothing_arrived(gate)
    form = {"Action": "SendMessage", "Version": "2012-11-05", "MessageBody": "m"}
    for target, members in ((f"/{ACCOUNT}/victim", {"QueueUrl": mine}), (f"/{ACCOUNT}/victim", {}), (f"/{ACCOUNT}/mine", {"QueueUrl": victim})):
        gate.upstream.forget()
        got = gate.ask(signed("POST", target, urlencode(form | members).encode(), who, service="sqs", headers={"Content-Type": FORM}))
        assert got.status in (400, 403, 404), (target, members, got)
        nothing_arrived(gate)


# XML and CBOR


def delete_of(gate: Gate, xml: str | bytes) -> Request:
    body = xml.encode() if isinstance(xml, str) else xml
    return signed("POST", "/bucket?delete=", body, gate.root, service="s3", headers={"Content-Type": "application/xml"},
                  payload_hash=hashlib.sha256(body).hexdigest())  # fmt: skip


GOOD_XML = '<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Object><Key>a</Key></Object></Delete>'


def test_xml_arrives_as_it_was_sent(gate: Gate) -> None:
    assert bytes(passed(gate, delete_of(gate, GOOD_XML)).body) == GOOD_XML.encode()


@pytest.mark.parametrize("xml", [
    "<Delete><Object><Key>a</Key><Key>victim</Key></Object></Delete>",
    "<Delete><Object><Key>a</Key></Object></Delete><Delete><Object><Key>victim</Key></Object></Delete>",
    "<Delete><Object><Key>a</Key><VersionId>1</VersionId><VersionId>2</VersionId></Object></Delete>",
    "<Delete><Object><Key>a</Key></Object>", "<Delete><Object><Key>a</Object></Key></Delete>", "", "<Delete", "Delete",
    '<!DOCTYPE Delete [<!ENTITY e "victim">]><Delete><Object><Key>&e;</Key></Object></Delete>',
    '<!DOCTYPE Delete SYSTEM "file:///etc/passwd"><Delete><Object><Key>a</Key></Object></Delete>',
    '<!DOCTYPE Delete [<!ENTITY e SYSTEM "file:///etc/passwd">]><Delete><Object><Key>&e;</Key></Object></Delete>',
    "<Delete><Object><Key>&undeclared;</Key></Object></Delete>",
    "<Delete><Object><Key>&#0;</Key></Object></Delete>",
    "<Delete><Object><Key>a</Key><key>victim</key></Object></Delete>", "<Delete><Object><KEY>victim</KEY></Object></Delete>",
    "<Delete><Object><Key>a</Key></Object><object><Key>victim</Key></object></Delete>", "<delete><Object><Key>a</Key></Object></delete>",
    "<a>" * 50_000 + "</a>" * 50_000,
], ids=lambda text: text[:70])  # fmt: skip
def test_xml_that_two_read_differently(gate: Gate, xml: str) -> None:
    got = gate.ask(delete_of(gate, xml))
    assert got.status in (400, 403), got
    nothing_arrived(gate)


def test_xml_in_other_encodings(gate: Gate) -> None:
    """It means the same to each reader, or it does not arrive."""
    text = '<?xml version="1.0" encoding="%s"?>' + GOOD_XML
    for body in ((text % "utf-16").encode("utf-16"), (text % "utf-8").encode("utf-16"), (text % "ebcdic-cp-us").encode("cp037"),
                 (text % "utf-8").replace("<Key>a", "<Key>\xe4").encode("latin-1")):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(delete_of(gate, body))
        if got.status == 200:
            assert bytes(gate.upstream.only().body) == body
            assert body.startswith((b"\xff\xfe", b"\xfe\xff"))
        else:
            nothing_arrived(gate)


def cbor_of(gate: Gate, body: bytes, *, operation: str = "PutMetricData", headers: dict[str, str] | None = None, target: str = "") -> Request:
    fields = {"Content-Type": "application/cbor", "Smithy-Protocol": "rpc-v2-cbor", "Accept": "application/cbor"} | (headers or {})
    path = f"/service/GraniteServiceVersion20100801/operation/{operation}{target}"
    return signed("POST", path, body, gate.root, service="monitoring", headers=fields)


def text(value: str) -> bytes:
    """A text in CBOR, of fewer than 24 bytes; RFC 8949, section 3.1."""
    return bytes([0x60 + len(value)]) + value.encode()


def test_cbor(gate: Gate) -> None:
    good = b"\xa2" + text("Namespace") + text("a") + text("MetricData") + b"\x80"
    seen = passed(gate, cbor_of(gate, good))
    assert bytes(seen.body) == good and seen.header("smithy-protocol") == "rpc-v2-cbor"
    for body in (
        b"\xa3" + text("Namespace") + text("a") + text("Namespace") + text("b") + text("MetricData") + b"\x80",
        b"\xbf" + text("Namespace") + text("a") + text("MetricData") + b"\x80" + text("Namespace") + text("b") + b"\xff",
        good + good, good[:-1], b"\x9f" * 50_000, b"\xbb" + b"\xff" * 8,
        b"\xa3" + text("Namespace") + text("a") + text("namespace") + text("b") + text("MetricData") + b"\x80",
        b"\xa2" + text("NAMESPACE") + text("b") + text("MetricData") + b"\x80",
        b"\xa2" + text("Namespace") + text("a") + text("MetricData") + b"\x81\xa1" + text("metricname") + text("m"),
        b"\xa1\x7f" + text("Name") + text("space") + b"\xff" + b"\x7b" + b"\xff" * 8,
    ):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(cbor_of(gate, body))
        assert got.status == 400, (body[:60], got)
        nothing_arrived(gate)
    # Nothing else names an operation.
    for request in (
        cbor_of(gate, good, headers={"X-Amz-Target": "GraniteServiceVersion20100801.DeleteAlarms"}), cbor_of(gate, good, target="?Action=DeleteAlarms"),
        cbor_of(gate, good, operation="NoSuchOperation"), cbor_of(gate, good, headers={"Content-Type": JSON}),
        cbor_of(gate, good, headers={"Content-Type": FORM}), cbor_of(gate, good).with_header("Smithy-Protocol", None),
    ):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(request)
        if got.status == 200:
            seen = gate.upstream.only()
            assert seen.all("x-amz-target") == [] and "?" not in seen.target and seen.header("content-type") == "application/cbor", seen.head
        else:
            assert got.status in (400, 403, 404), got
            nothing_arrived(gate)


# JSON


@pytest.mark.parametrize("body", [
    f'{{"QueueUrl": "{QUEUE}", "QueueUrl": "{QUEUE}2", "MessageBody": "m"}}',
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": "m", "QueueUr\\u006c": "{QUEUE}2"}}',
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": "m", "queueUrl": "{QUEUE}2"}}',
    f'{{"queueurl": "{QUEUE}", "QueueUrl": "{QUEUE}2", "MessageBody": "m"}}',
    f'{{"QUEUEURL": "{QUEUE}", "MessageBody": "m"}}',
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": "m", "MessageAttributes": {{"a": {{"DataType": "String", "DataType": "Binary"}}}}}}',
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": "m", "MessageAttributes": {{"a": {{"datatype": "String"}}}}}}',
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": "m"}}{{}}',
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": "m"}} x',
    f'{{"QueueUrl": "{QUEUE}", /* "MessageBody": "x", */ "MessageBody": "m"}}',
    f"{{'QueueUrl': '{QUEUE}', 'MessageBody': 'm'}}",
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": "m",}}',
    f'{{"QueueUrl": ["{QUEUE}"], "MessageBody": "m"}}',
    f'{{"QueueUrl": {{"a": "{QUEUE}"}}, "MessageBody": "m"}}',
    f'{{"QueueUrl": "{QUEUE}", "MessageBody": NaN}}',
    f'[{{"QueueUrl": "{QUEUE}", "MessageBody": "m"}}]',
    '"x"', "null", "{", "[" * 100_000, '{"a":' * 100_000,
], ids=lambda text: text[:60])  # fmt: skip
def test_json_that_two_read_differently(gate: Gate, body: str) -> None:
    got = gate.ask(json_of(gate, body.encode()))
    assert got.status == 400, got
    nothing_arrived(gate)


def test_json_in_other_encodings(gate: Gate) -> None:
    for body in (GOOD.decode().encode("utf-16"), GOOD.decode().encode("utf-32"), b"\xef\xbb\xbf" + GOOD, GOOD.replace(b'"m"', b'"\xff"'),
                 GOOD.replace(b'"m"', b'"\xc0\xaf"'), GOOD.replace(b'"m"', b'"\xed\xa0\x80"'), b"+AHs-" + GOOD):  # fmt: skip
        gate.upstream.forget()
        refused(gate, json_of(gate, body))


def test_members_that_nobody_knows_pass(gate: Gate) -> None:
    """They mean nothing to the service; a newer one may know them."""
    body = GOOD[:-1] + b', "Colour": {"deep": [1, 2, {"QueueUrl": "x"}]}}'
    assert bytes(passed(gate, json_of(gate, body)).body) == body


def test_encoded_bodies(gate: Gate) -> None:
    for encoding in ("gzip", "deflate", "br", "x", "gzip, identity", "aws-chunked, gzip"):
        gate.upstream.forget()
        got = gate.ask(json_of(gate, gzip.compress(GOOD), headers={"Content-Encoding": encoding}))
        assert got.status == 400, (encoding, got)
        nothing_arrived(gate)
        gate.upstream.forget()
        got = gate.ask(json_of(gate, GOOD, headers={"Content-Encoding": encoding}))
        if got.status == 200:
            assert gate.upstream.only().all("content-encoding") == []
        else:
            nothing_arrived(gate)


# Forms

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
PUBLISH = [("Action", "Publish"), ("Version", "2010-03-31"), ("TopicArn", TOPIC), ("Message", "m")]


@pytest.mark.parametrize("more", [
    "Action=DeleteTopic", "Action=Publish", f"TopicArn={TOPIC}2", "Message=n", "Version=2010-03-31", "%41ction=DeleteTopic",
    "topicArn=x", "TOPICARN=x", "message=n", "action=DeleteTopic", "messageattributes.entry.1.Name=a",
    "MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.name=b&MessageAttributes.entry.1.Value.DataType=String",
    "Topic%41rn=x", "Message.member.1=x", "MessageAttributes.entry.1.Name=a&MessageAttributes.entry.1.Name=b",
], ids=str)  # fmt: skip
def test_forms_that_say_something_twice(gate: Gate, more: str) -> None:
    for body in (urlencode(PUBLISH) + "&" + more, more + "&" + urlencode(PUBLISH)):
        gate.upstream.forget()
        got = gate.ask(form_of(gate, body.encode()))
        assert got.status == 400, got
        nothing_arrived(gate)


@pytest.mark.parametrize("separator", [";", "&amp;", "%26", "%3B"])
def test_separators_that_some_know(gate: Gate, separator: str) -> None:
    """Older readers of forms split at `;`, and clients always encode it."""
    body = urlencode(PUBLISH) + separator + "Action=DeleteTopic"
    got = gate.ask(form_of(gate, body.encode()))
    if got.status == 200:
        assert b";" not in gate.upstream.only().body and separator.startswith("%")
    else:
        nothing_arrived(gate)


def test_a_form_in_the_query_and_in_the_body(gate: Gate) -> None:
    for target in ("/?Action=DeleteTopic", "/?" + urlencode(PUBLISH), f"/?TopicArn={TOPIC}2", "/?a"):
        gate.upstream.forget()
        refused(gate, form_of(gate, urlencode(PUBLISH).encode(), target=target))
    # One of them is enough.
    gate.upstream.forget()
    seen = passed(gate, signed("GET", "/?" + urlencode(PUBLISH), b"", gate.root, service="sns"))
    assert (seen.method, seen.target, seen.length) == ("GET", "/?" + urlencode(PUBLISH), 0)


def test_a_form_has_no_path(gate: Gate) -> None:
    """SES has two versions, one of which knows operations by their paths."""
    body = urlencode({"Action": "DeleteIdentity", "Version": "2010-12-01", "Identity": "a.example"})
    for service, target, content in (
        ("sns", "/path", urlencode(PUBLISH)), ("ses", "/v2/email/identities", body), ("ses", f"/v2/email/identities?{body}", ""), ("ec2", "//", "Action=DescribeVpcs&Version=2016-11-15"),
    ):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(form_of(gate, content.encode(), target=target, service=service))
        if got.status == 200:
            # As what the path says.
            seen = gate.upstream.only()
            assert seen.header("content-type") != FORM and "Action" not in seen.target, seen.head
        else:
            assert got.status in (400, 401, 403, 404), (target, got)
            nothing_arrived(gate)


def test_calls_of_gatehouses_own_that_need_no_signature(gate: Gate) -> None:
    """They are not taken for objects of the endpoint's."""
    form = {"Action": "AssumeRoleWithWebIdentity", "Version": "2011-06-15", "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r", "RoleSessionName": "session", "WebIdentityToken": "x.y.z"}
    got = gate.ask(Request("POST", "/", {"Content-Type": FORM}, urlencode(form).encode()))
    assert (got.status, got.code) == (400, "InvalidIdentityToken"), got
    nothing_arrived(gate)


def test_other_content_types_of_forms(gate: Gate) -> None:
    for content_type in ("text/plain", JSON, "multipart/form-data; boundary=x", f"{FORM}; charset=utf-16", f"{FORM}; charset=utf-7"):
        gate.upstream.forget()
        got = gate.ask(form_of(gate, urlencode(PUBLISH).encode(), headers={"Content-Type": content_type}))
        if got.status == 200:
            value = gate.upstream.only().header("content-type") or ""
            assert value.startswith(FORM) and "utf-16" not in value and "utf-7" not in value, content_type
        else:
            assert got.status == 400, got
            nothing_arrived(gate)


# Paths and parameters of REST


def lambda_of(gate: Gate, method: str, target: str, body: bytes = b"", **headers: str) -> Request:
    """A request for Lambda, whose path is encoded already: the signature is over the path encoded once more."""
    return signed(method, target, body, gate.root, service="lambda", headers=headers)


@pytest.mark.parametrize("target", [
    "/2015-03-31/functions/f/../g", "/2015-03-31/functions/./f", "/2015-03-31/functions/f/%2e%2e/g", "/2015-03-31/functions/%2E/f",
    "/2015-03-31/functions/..%2ff", "/2015-03-31/functions/f%2Fpolicy", "/2015-03-31/functions/f%2fversions", "/2015-03-31//functions/f",
    "//2015-03-31/functions/f", "/2015-03-31/functions//f", "/2015-03-31/functions/f;x=y/policy", "/2015-03-31/functions/f%00",
    "/2015-03-31/functions/f%5c..%5cg", "/2015-03-31/functions/f\\g", "/2015-03-31/functions/%ff", "/2015-03-31/functions/%zz",
    "/2015-03-31/functions/f%0d%0ax", "/2015-03-31/functions/f#/policy", "/2015-03-31/functions/f%23", "/2015-03-31/functions/f%3fQualifier=1",
    "/2015-03-31/functions/%252e%252e/g", "/2015-03-31/functions/f%252Fpolicy",
], ids=str)  # fmt: skip
def test_paths_that_servers_resolve(gate: Gate, target: str) -> None:
    got = gate.ask(lambda_of(gate, "GET", target))
    if got.status != 200:
        assert got.status in (400, 403, 404), got
        return nothing_arrived(gate)
    # As it was signed, and whoever decodes it, resolves it, or cuts off what is no path finds the same segments.
    seen = gate.upstream.only()
    assert seen.target == target
    assert not any(mark in seen.target for mark in "#;\\"), seen.target
    plain = unquote(seen.target)
    assert not any(mark in plain for mark in "\0\r\n"), seen.target
    assert not {".", ".."} & set(plain.split("/")) and "//" not in plain, seen.target
    assert plain.count("/") == seen.target.count("/"), seen.target


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_a_fragment_is_no_part_of_a_target(gate: Gate, method: str) -> None:
    """Some servers cut it off, and so come to another operation than the one that was allowed."""
    for target in ("/2015-03-31/functions/f#/policy", "/2015-03-31/functions/f#/concurrency", "/2015-03-31/functions/f?Qualifier=1#2", "/#/2015-03-31/functions/f"):
        got = gate.ask(lambda_of(gate, method, target))
        assert 400 <= got.status < 500, got
        nothing_arrived(gate)


def test_members_in_another_place(gate: Gate) -> None:
    """Where the model has a member in the path, some servers look into the query string and the body first."""
    base = "/2015-03-31/functions/f"
    for method, target, body in (
        ("GET", f"{base}?FunctionName=g", b""), ("GET", f"{base}?functionname=g", b""), ("GET", f"{base}?Function%4eame=g", b""),
        ("PUT", f"{base}/configuration", b'{"FunctionName": "g", "Timeout": 3}'), ("PUT", f"{base}/configuration", b'{"functionName": "g"}'),
        ("PUT", f"{base}/code", b'{"FunctionName": "g", "ZipFile": ""}'), ("PUT", f"{base}/configuration?FunctionName=g", b"{}"),
        ("POST", f"{base}/policy", b'{"Action": "a", "Principal": "*", "StatementId": "s", "Qualifier": "2"}'),
        ("PUT", f"{base}/configuration?Timeout=900", b'{"Timeout": 3}'),
    ):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(lambda_of(gate, method, target, body, **({"Content-Type": "application/json"} if body else {})))
        assert got.status == 400, (method, target, body, got)
        nothing_arrived(gate)


def test_query_parameters_that_two_read_differently(gate: Gate) -> None:
    for query in ("Qualifier=1&Qualifier=2", "Qualifier=1&qualifier=2", "Qualifier=1&%51ualifier=2", "Qualifier=1;Qualifier=2"):
        gate.upstream.forget()
        got = gate.ask(lambda_of(gate, "GET", f"/2015-03-31/functions/f?{query}"))
        assert got.status in (400, 403), (query, got)
        nothing_arrived(gate)
    # Encoded, it is a part of the value.
    seen = passed(gate, lambda_of(gate, "GET", "/2015-03-31/functions?Marker=1%26MaxItems%3D2%3B%23"))
    assert seen.target == "/2015-03-31/functions?Marker=1%26MaxItems%3D2%3B%23"


@pytest.mark.parametrize("query", ["acl&tagging", "tagging&acl", "acl&policy", "uploads&acl", "delete&acl", "acl=&tagging=", "ACL&acl&tagging",
                                   "list-type=2&policy", "versioning&acl", "torrent&acl", "retention&legal-hold"])  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
def test_subresources_of_s3_that_disagree(gate: Gate, query: str, method: str) -> None:
    for key in (f"key?{query}", f"?{query}"):
        gate.upstream.forget()
        got = gate.ask(gate.object(method, b"", key=key))
        assert 400 <= got.status < 500, got
        nothing_arrived(gate)


def test_one_subresource_passes_as_it_is(gate: Gate) -> None:
    for query in ("acl", "tagging", "acl=", "versionId=v&tagging"):
        gate.upstream.forget()
        assert passed(gate, gate.object(key=f"key?{query}")).target == f"/bucket/key?{query}"


@pytest.fixture(scope="module")
def readers(shared: Gate) -> dict[str, Identity]:
    """By bucket, a user who may read its objects, and no others."""
    users = {}
    for bucket in ("bucket", "victim"):
        name = f"reader-of-{bucket}"
        shared.root.iam.create_user(UserName=name)
        document = policy(allow("s3:GetObject", f"arn:aws:s3:::{bucket}/*"))
        shared.root.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
        users[bucket] = Identity.of_key(shared.server.url, shared.root.iam.create_access_key(UserName=name)["AccessKey"])
    return users


def test_readers_read_what_they_may(gate: Gate, readers: dict[str, Identity]) -> None:
    for bucket, reader in readers.items():
        for path in ("bucket", "victim"):
            gate.upstream.forget()
            got = gate.ask(signed("GET", f"/{path}/key", b"", reader, service="s3", payload_hash=NOTHING))
            assert got.status == (200 if path == bucket else 403), (bucket, path, got)
            if path == bucket:
                assert gate.upstream.only().target == f"/{path}/key"
            else:
                nothing_arrived(gate)


@pytest.mark.parametrize("host", [
    "victim.s3.amazonaws.com", "victim.s3.us-east-1.amazonaws.com", "victim.localhost", "victim.s3.localhost.localstack.cloud",
    "victim.s3-website-us-east-1.amazonaws.com", "victim.s3-us-west-2.amazonaws.com", "victim.example.com", "s3.victim.amazonaws.com",
    "victim.s3.dualstack.us-east-1.amazonaws.com", "VICTIM.S3.AMAZONAWS.COM", "victim.s3.amazonaws.com.", "victim.s3express-use1-az4.us-east-1.amazonaws.com",
    "a.b.s3.amazonaws.com:443", "s3.amazonaws.com.s3.amazonaws.com", "victim.s3.s3.amazonaws.com", "victim.s3-control.us-east-1.amazonaws.com",
    "s3-accesspoint.us-east-1.amazonaws.com", "victim.s3-accesspoint.us-east-1.amazonaws.com", "victim.moto.cloud",
])  # fmt: skip
def test_the_bucket_is_the_same_for_both(gate: Gate, host: str, readers: dict[str, Identity]) -> None:
    """The one that was decided on is the one that the endpoint finds, by whichever rule it goes."""
    for bucket, reader in readers.items():
        gate.upstream.forget()
        got = gate.ask(signed("GET", "/bucket/key", b"", reader, service="s3", headers={"Host": host}, payload_hash=NOTHING))
        if got.status != 200:
            assert got.status in (400, 403), got
            nothing_arrived(gate)
            continue
        seen = gate.upstream.only()
        names_victim = (seen.header("host") or "").lower().startswith("victim")
        assert names_victim == (bucket == "victim") or seen.target.startswith(f"/{bucket}/") and not names_victim, (bucket, seen.head)


def s3_of(who: Identity, method: str, target: str, body: bytes = b"", signs: str | None = None, **headers: str) -> Request:
    """`signs`: the target that the signature is over, where it is spelt otherwise."""
    fields = {name.replace("_", "-"): value for name, value in headers.items()}
    request = signed(method, signs or target, body, who, service="s3", headers=fields, payload_hash=hashlib.sha256(body).hexdigest())
    return request.but(target=target)


def test_a_copy_reads_its_source(gate: Gate, users: Callable[..., Identity]) -> None:
    """Who may only write may not copy what is not theirs to read."""
    writer = users(["s3:PutObject", "s3:PutObjectTagging"], "arn:aws:s3:::bucket/*")
    assert gate.ask(s3_of(writer, "PUT", "/bucket/key", b"mine")).status == 200
    assert bytes(gate.upstream.only().body) == b"mine"
    for source in (
        "/victim/secret", "victim/secret", "%2Fvictim%2Fsecret", "victim%2Fsecret", "/victim/secret?versionId=1", "arn:aws:s3:us-east-1:111122223333:accesspoint/victim/object/secret",
        "victim", "", "/", "//victim/secret", "/bucket/../victim/secret", "bucket/key/../../victim/secret", "http://localhost/victim/secret",
    ):  # fmt: skip
        for target in ("/bucket/key", "/bucket/key?partNumber=1&uploadId=u"):
            gate.upstream.forget()
            got = gate.ask(s3_of(writer, "PUT", target, x_amz_copy_source=source))
            assert got.status in (400, 403), (source, target, got)
            # But for Gatehouse's own question whether there are tags.
            gate.upstream.requests[:] = [seen for seen in gate.upstream.requests if "tagging=" not in seen.target]
            nothing_arrived(gate)
    gate.upstream.forget()
    both = users(["s3:PutObject", "s3:GetObject", "s3:GetObjectTagging", "s3:PutObjectTagging"], ["arn:aws:s3:::bucket/*", "arn:aws:s3:::victim/secret"])
    gate.upstream.script = answering(answer(b"<Tagging><TagSet></TagSet></Tagging>"))
    got = gate.ask(s3_of(both, "PUT", "/bucket/key", x_amz_copy_source="/victim/secret"))
    assert got.status == 200, got
    assert [seen.target for seen in gate.upstream.requests] == ["/victim/secret?tagging=", "/bucket/key"]
    assert gate.upstream.requests[-1].header("x-amz-copy-source") == "/victim/secret"


def test_each_of_many_keys_is_asked_for(gate: Gate, users: Callable[..., Identity]) -> None:
    who = users("s3:DeleteObject", "arn:aws:s3:::bucket/a*")

    def delete(*keys: str) -> raw.Answer:
        gate.upstream.forget()
        xml = "<Delete>" + "".join(f"<Object><Key>{key}</Key></Object>" for key in keys) + "</Delete>"
        return gate.ask(s3_of(who, "POST", "/bucket?delete=", xml.encode(), content_type="application/xml"))

    assert delete("a1", "a2").status == 200
    assert gate.upstream.only().target == "/bucket?delete="
    for keys in (["a1", "victim"], ["victim"], ["victim", "a1"], []):
        got = delete(*keys)
        assert got.status in (400, 403), (keys, got)
        nothing_arrived(gate)


def test_a_slash_in_a_buckets_name(gate: Gate, users: Callable[..., Identity]) -> None:
    """Decoded first, it is an object's path, and another operation."""
    lister = users(["s3:ListBucket", "s3:CreateBucket", "s3:DeleteBucket"], "*")
    assert gate.ask(s3_of(lister, "GET", "/bucket")).status == 200
    for method in ("GET", "PUT", "DELETE", "HEAD"):
        for target in ("/bucket%2Fsecret", "/bucket%2fsecret", "/bucket%252Fsecret", "/bucket%5Csecret", "/bucket%3Facl", "/bucket%00", "/bucket%23x", "//bucket/secret", "/bucket//"):
            gate.upstream.forget()
            got = gate.ask(s3_of(lister, method, target))
            if got.status == 200:
                # What decodes it twice or normalises it finds a bucket still.
                seen = gate.upstream.only()
                assert unquote(unquote(seen.target)).strip("/").count("/") == 0 and not any(c in unquote(seen.target) for c in "\\\0?#"), seen.target
            else:
                assert got.status in (400, 403, 404, 405), (target, got)
                nothing_arrived(gate)


# Who signs what?


def test_requests_without_a_signature(gate: Gate) -> None:
    for request in (
        json_of(gate, GOOD), gate.object(), gate.object("PUT", b"x" * 100_000), gate.topics(Name="t"), lambda_of(gate, "GET", "/2015-03-31/functions/f"),
    ):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(request.with_header("Authorization", None))
        # Nor are they taken for Gatehouse's own S3's, which an endpoint replaces.
        assert got.status in (400, 403), got
        nothing_arrived(gate)


def test_what_is_changed_after_signing(gate: Gate) -> None:
    good = json_of(gate, GOOD)
    for request in (
        good.but(body=GOOD.replace(b'"m"', b'"n"')), good.but(target="/?a=b"), good.but(method="PUT"),
        good.with_header("X-Amz-Target", "AmazonSQS.DeleteQueue"), good.with_header("Host", "victim.example"),
        good.with_header("X-Amz-Date", "20200101T000000Z"), good.with_header("Content-Type", FORM),
        good.with_header("Authorization", good.headers["Authorization"][:-1] + ("0" if good.headers["Authorization"][-1] != "0" else "1")),
        good.with_header("Authorization", good.headers["Authorization"].replace("/sqs/", "/sns/")),
        good.with_header("Authorization", good.headers["Authorization"].replace(gate.root.key_id, "AKIAIOSFODNN7EXAMPLE")),
    ):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(request)
        assert got.status in (400, 403), got
        nothing_arrived(gate)


def test_headers_with_a_meaning_have_to_be_signed(gate: Gate) -> None:
    """Whoever carries a request could else put them there: AWS refuses `x-amz-` headers that are not signed."""
    for name, value in (("x-amz-copy-source", "/victim/secret"), ("x-amz-acl", "public-read"), ("x-amz-target", "AmazonSQS.DeleteQueue"),
                        ("x-amz-meta-a", "b")):  # fmt: skip
        gate.upstream.forget()
        got = gate.ask(gate.object("PUT", b"").with_header(name, value))
        if got.status == 200:
            assert gate.upstream.only().all(name) == [], name
        else:
            assert got.status == 403, got
            nothing_arrived(gate)


def aborted(gate: Gate) -> None:
    """What the endpoint saw of a request that turned out worthless has no end."""
    for one in gate.upstream.wait(len(gate.upstream.requests)):
        assert not one.is_whole, (one.head, one.length)


@pytest.mark.parametrize("size", [0, 1, 1000, 70_000, 3 * MIB])
def test_a_stream_with_another_hash(gate: Gate, size: int) -> None:
    """The endpoint must not take for a request what nobody has signed."""
    content = os.urandom(size)
    request = gate.object("PUT", content)
    other = content[:-1] + bytes([content[-1] ^ 1]) if content else b""
    if not content:
        request = gate.object("PUT", b"", payload_hash=hashlib.sha256(b"x").hexdigest())
    got = gate.ask(request.but(body=other))
    assert (got.status, got.code) == (400, "XAmzContentSHA256Mismatch"), got
    aborted(gate)


def test_streams_in_chunks_that_are_spoilt(gate: Gate) -> None:
    def fresh(pieces: list[bytes], **changes: object):
        return chunked("PUT", "/bucket/key", pieces, gate.root, service="s3", **changes)

    for what, request, expected in spoilt(fresh, forged="SignatureDoesNotMatch", checksum="sOO8Zg=="):
        gate.upstream.forget()
        got = gate.ask(request.whole)
        assert got.status in (400, 403) and got.code == expected, (what, got)
        aborted(gate)


@pytest.mark.parametrize("pieces", [[], [b"a"], [b"a" * 8192, b"b"], [b"a" * 65_536] * 40])
@pytest.mark.parametrize("spoil", ["the end's signature", "the trailer", "the end is missing", "a byte"])
def test_the_end_of_a_stream_is_what_counts(gate: Gate, pieces: list[bytes], spoil: str) -> None:
    form = SIGNED_TRAILER if spoil == "the trailer" else SIGNED
    trailers = {"x-amz-checksum-crc32": "sOO8Zg=="} if form == SIGNED_TRAILER else None
    request = chunked("PUT", "/bucket/key", pieces, gate.root, service="s3", form=form, trailers=trailers)
    if spoil == "the end's signature":
        request.end = b"0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n"
    elif spoil == "the trailer":
        request.end = request.end.replace(b"sOO8Zg==", b"sOO8Zw==")
    elif spoil == "the end is missing":
        request.end = b""
    elif pieces:
        request.chunks[-1].data = request.chunks[-1].data[:-1] + b"x"
    else:
        return
    got = gate.ask(request.whole)
    assert got.status in (400, 403), got
    aborted(gate)


def test_a_checksum_that_is_not_the_bodys(gate: Gate) -> None:
    """It is signed, and so the client's own: the endpoint says what it thinks of it."""
    request = chunked("PUT", "/bucket/key", [b"abc"], gate.root, service="s3", form=UNSIGNED_TRAILER,
                      trailers={"x-amz-checksum-crc32": "AAAAAA=="})  # fmt: skip
    got = gate.ask(request.whole)
    if got.status != 200:
        assert got.code == "BadDigest", got
        return aborted(gate)
    seen = gate.upstream.only()
    # Nobody has looked at it: then the endpoint has to get it, or it is lost that the body is damaged.
    assert seen.all("x-amz-checksum-crc32") == ["AAAAAA=="]


# Slow and broken off


def test_clients_that_leave_in_the_middle(gate: Gate) -> None:
    for request, length in (
        (gate.object("PUT", payload_hash="UNSIGNED-PAYLOAD"), 1_000_000), (gate.object("PUT", b"a" * 300_000).but(body=b""), 300_000),
    ):  # fmt: skip
        gate.upstream.forget()
        with uploading(gate, request, length) as upload:
            upload.sendall(b"a" * 200_000)
            gate.upstream.wait_for_head(1)
        [seen] = gate.upstream.wait(1)
        assert not seen.is_whole and seen.length <= 200_000
    # With chunks nobody knows how long it is but by its end.
    gate.upstream.forget()
    request = gate.object("PUT", payload_hash="UNSIGNED-PAYLOAD")
    data = lines(request, b"Transfer-Encoding: chunked", body=b"186a0\r\n" + b"a" * 100_000 + b"\r\n", length=False)
    with socket.create_connection(("127.0.0.1", gate.port), timeout=PATIENCE) as client:
        client.sendall(data)
        gate.upstream.wait_for_head(1)
        client.shutdown(socket.SHUT_WR)
        with contextlib.suppress(OSError):
            assert not client.recv(4096).startswith(b"HTTP/1.1 200")
    [seen] = gate.upstream.wait(1)
    assert not seen.is_whole
    # Of what is no stream nothing is passed on before it is whole.
    gate.upstream.forget()
    with uploading(gate, json_of(gate, GOOD).but(body=b""), len(GOOD)) as client:
        client.sendall(GOOD[:10])
    nothing_arrived(gate)


def test_slow_bodies_arrive_whole(gate: Gate) -> None:
    """Slower than the endpoint's own time: that is for what it keeps waiting, and it waits itself."""
    content = os.urandom(9)
    with uploading(gate, gate.object("PUT", content).but(body=b""), len(content)) as upload:
        for byte in content:
            upload.sendall(bytes([byte]))
            time.sleep(0.25)
        assert read_answer(upload).status == 200
    assert bytes(gate.upstream.only().body) == content
    gate.upstream.forget()
    with uploading(gate, json_of(gate, GOOD).but(body=b""), len(GOOD)) as upload:
        for start in range(0, len(GOOD), 20):
            upload.sendall(GOOD[start : start + 20])
            time.sleep(0.02)
        assert read_answer(upload).status == 200
    assert bytes(gate.upstream.only().body) == GOOD


def test_more_than_was_announced_is_not_passed_on(gate: Gate) -> None:
    content = b"a" * 1000
    data = lines(gate.object("PUT", content)).replace(b"Connection: close\r\n", b"") + b"surplus"
    got = send_bytes(gate.port, data, timeout=1)
    assert got.startswith(b"HTTP/1.1 200") and got.count(b"HTTP/1.1 200") == 1, got
    assert bytes(gate.upstream.only().body) == content


def test_bodies_over_the_limit(tmp_path: Path) -> None:
    with Gate(tmp_path, "body-limit = 1 KiB") as gate:
        long = json.dumps({"QueueUrl": QUEUE, "MessageBody": "m" * 2000}).encode()
        got = gate.ask(json_of(gate, long))
        assert got.status == 413, got
        nothing_arrived(gate)
        # A stream has AWS's own limit.
        gate.upstream.forget()
        assert passed(gate, gate.object("PUT", b"a" * 5000)).length == 5000


def test_continue_is_said_when_the_body_is_wanted(gate: Gate) -> None:
    content = os.urandom(200_000)
    request = gate.object("PUT", content, headers={"Expect": "100-continue"})
    with uploading(gate, request.but(body=b""), len(content)) as upload:
        assert upload.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        upload.sendall(content)
        assert read_answer(upload).status == 200
    seen = gate.upstream.only()
    assert bytes(seen.body) == content and seen.all("expect") == []


# Who may


def test_a_denied_upload_never_begins(gate: Gate) -> None:
    name = f"u{os.urandom(4).hex()}"
    gate.root.iam.create_user(UserName=name)
    user = Identity.of_key(gate.server.url, gate.root.iam.create_access_key(UserName=name)["AccessKey"])
    request = signed("PUT", "/bucket/key", b"", user, service="s3", payload_hash="UNSIGNED-PAYLOAD", headers={"Expect": "100-continue"})
    with uploading(gate, request, 1 << 30) as upload:
        got = read_answer(upload)
        assert (got.status, got.code) == (403, "AccessDenied"), got
    for client, call, members in (
        ("sqs", "send_message", {"QueueUrl": QUEUE, "MessageBody": "m"}), ("sns", "publish", {"TopicArn": TOPIC, "Message": "m"}),
        ("s3", "get_object", {"Bucket": "bucket", "Key": "key"}), ("lambda", "get_function", {"FunctionName": "f"}),
        ("dynamodb", "get_item", {"TableName": "t", "Key": {"k": {"S": "v"}}}),
    ):  # fmt: skip
        assert error_of(getattr(user.client(client), call), **members).code.startswith("AccessDenied"), client
    # A GetItem's keys are asked for by Gatehouse itself, before it decides.
    assert {seen.header("x-amz-target") for seen in gate.upstream.requests} <= {"DynamoDB_20120810.DescribeTable"}
    gate.root.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(allow("sqs:SendMessage")))
    gate.upstream.forget()
    gate.upstream.script = answering(answer(b'{"MessageId": "1", "MD5OfMessageBody": "6f8f57715090da2632453988d9a1501b"}'))
    user.client("sqs").send_message(QueueUrl=QUEUE, MessageBody="m")
    assert gate.upstream.only().header("x-amz-target") == "AmazonSQS.SendMessage"


def test_a_browsers_form_is_no_upload(gate: Gate) -> None:
    """Its signature stands in the form, and is not looked at here; so it does not get through."""
    body = b"\r\n".join([b"--x", b'Content-Disposition: form-data; name="key"', b"", b"k", b"--x", b'Content-Disposition: form-data; name="file"', b"", b"c", b"--x--", b""])
    for headers in ({"Content-Type": "multipart/form-data; boundary=x"}, {"Content-Type": "multipart/form-data; boundary=x", "Host": "bucket.s3.amazonaws.com"}):
        gate.upstream.forget()
        got = gate.ask(Request("POST", "/bucket", headers, body))
        assert 400 <= got.status < 500, got
        nothing_arrived(gate)


def test_streams_of_events_are_refused_by_name(gate: Gate) -> None:
    headers = {"Content-Type": "application/vnd.amazon.eventstream"}
    for payload_hash in (None, "STREAMING-AWS4-HMAC-SHA256-EVENTS"):
        for service, target in (
            ("lex", "/bots/b/botAliases/a/botLocales/en_US/sessions/s/conversation"), ("bedrock", "/model/m/invoke-with-bidirectional-stream"),
        ):  # fmt: skip
            gate.upstream.forget()
            got = gate.ask(signed("POST", target, b"", gate.root, service=service, headers=headers, payload_hash=payload_hash))
            assert got.status in (400, 501) and "sends a stream of events" in got.text, (service, got)
            nothing_arrived(gate)


# HTTP/2


def literal(name: bytes, value: bytes) -> bytes:
    """A header field of HPACK, not indexed, without Huffman's code; RFC 7541, section 6.2.2."""

    def text(data: bytes) -> bytes:
        if len(data) < 127:
            return bytes([len(data)]) + data
        rest, length = len(data) - 127, b"\x7f"
        while rest >= 128:
            length += bytes([rest % 128 + 128])
            rest //= 128
        return length + bytes([rest]) + data

    return b"\x00" + text(name) + text(value)


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def over_http2(gate: Gate, request: Request, *more: tuple[bytes, bytes], length: int | None, body: list[bytes], ends: bool = True,
               pseudo: dict[bytes, bytes] | None = None) -> int | None:  # fmt: skip
    """The status that comes back; nil: the stream or the connection is reset."""
    context = ssl.create_default_context(cafile=str(gate.file.parent / "ca.pem"))
    context.set_alpn_protocols(["h2"])
    fields = {b":method": request.method.encode(), b":scheme": b"https", b":path": request.target.encode(),
              b":authority": request.headers["Host"].encode()} | (pseudo or {})  # fmt: skip
    head = b"".join(literal(name, value) for name, value in fields.items())
    head += b"".join(literal(n.lower().encode(), v.encode()) for n, v in request.headers.items() if n != "Host")
    if length is not None:
        head += literal(b"content-length", str(length).encode())
    head += b"".join(literal(name, value) for name, value in more)
    frames = [frame(1, 0x04 if body else 0x05, 1, head)]
    for number, piece in enumerate(body, 1):
        frames.append(frame(0, 1 if ends and number == len(body) else 0, 1, piece))
    if not ends:
        frames.append(frame(3, 0, 1, b"\0\0\0\x08"))
    # Of what is taken back nothing comes.
    with socket.create_connection(("127.0.0.1", gate.server.secure_port), timeout=PATIENCE if ends else 0.3) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as client:
            client.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0) + b"".join(frames))
            buffer = b""
            with contextlib.suppress(OSError):
                while True:
                    while len(buffer) >= 9 and len(buffer) >= 9 + int.from_bytes(buffer[:3], "big"):
                        size = int.from_bytes(buffer[:3], "big")
                        kind, payload, buffer = buffer[3], buffer[9 : 9 + size], buffer[9 + size :]
                        if kind == 1:
                            # Statuses stand in HPACK's table; others are spelt out.
                            known = {0x88: 200, 0x89: 204, 0x8A: 206, 0x8B: 304, 0x8C: 400, 0x8D: 404, 0x8E: 500}
                            if payload[0] & 0x80:
                                return known.get(payload[0], 0)
                            return 403 if b"403" in payload else 1
                        if kind in (3, 7) and (kind == 3 or int.from_bytes(payload[4:8], "big")):
                            return None
                    piece = client.recv(65_536)
                    if not piece:
                        return None
                    buffer += piece
    return None


def test_lengths_over_http2(gate: Gate) -> None:
    """RFC 9113, section 8.1.1: a length that is not the sum of the frames' is malformed."""
    content = b"a" * 5000
    unsigned = gate.object("PUT", payload_hash="UNSIGNED-PAYLOAD")
    assert over_http2(gate, unsigned, length=5000, body=[content]) == 200
    assert bytes(gate.upstream.only().body) == content
    for length, body in ((6000, [content]), (4000, [content]), (0, [content]), (5000, [b"", b""]), (5000, [])):
        gate.upstream.forget()
        assert over_http2(gate, unsigned, length=length, body=body) != 200, (length, len(body))
        aborted(gate)
    # Taken back in the middle.
    gate.upstream.forget()
    over_http2(gate, unsigned, length=None, body=[content], ends=False)
    aborted(gate)


def test_fields_that_http2_forbids(gate: Gate) -> None:
    """They would be a request of their own where the next server speaks HTTP/1.1."""
    request = json_of(gate, GOOD)
    assert over_http2(gate, request, length=len(GOOD), body=[GOOD]) == 200
    assert bytes(gate.upstream.only().body) == GOOD
    for name, value in (
        (b"transfer-encoding", b"chunked"), (b"connection", b"close"), (b"x-a", b"b\r\nHost: victim"), (b"x-a", b"b\nc"), (b"x-a", b"b\0c"),
        (b"X-Upper", b"b"), (b"x a", b"b"), (b"x-a\r\nhost: victim", b"b"), (b"host", b"victim.example"), (b"content-length", b"3"),
        (b":path", b"/other"), (b":method", b"DELETE"), (b"x-amz-target", b"AmazonSQS.DeleteQueue"), (b"", b"b"), (b"x:y", b"b"),
    ):  # fmt: skip
        gate.upstream.forget()
        status = over_http2(gate, request, (name, value), length=len(GOOD), body=[GOOD])
        if status == 200:
            seen = gate.upstream.only()
            assert bytes(seen.body) == GOOD and b"victim" not in seen.head and b"DeleteQueue" not in seen.head, (name, seen.head)
        else:
            nothing_arrived(gate)
    for pseudo in ({b":path": b"/ HTTP/1.1\r\nHost: victim\r\n\r\n"}, {b":method": b"POST / HTTP/1.1\r\nX: y"}, {b":path": b"*"},
                   {b":path": b""}, {b":authority": b"victim.example"}, {b":scheme": b"ftp"}):  # fmt: skip
        gate.upstream.forget()
        status = over_http2(gate, request, length=len(GOOD), body=[GOOD], pseudo=pseudo)
        if status == 200:
            assert b"victim" not in gate.upstream.only().head, pseudo
        else:
            nothing_arrived(gate)
