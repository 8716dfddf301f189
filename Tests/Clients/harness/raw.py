"""Requests made by hand, so that each part of one can be spoilt.

The signer is the tests' own, written from AWS's description of Signature Version 4
(https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html), and knows nothing of botocore's.
"""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import re
import socket
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

from .patience import PATIENCE

if TYPE_CHECKING:
    from .identity import Identity

FORM = "application/x-www-form-urlencoded; charset=utf-8"
IAM_VERSION = "2010-05-08"
STS_VERSION = "2011-06-15"


@dataclass
class Request:
    method: str
    target: str
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def but(self, **changes: Any) -> "Request":
        """The same request with something spoilt."""
        return replace(self, headers=dict(changes.pop("headers", self.headers)), **changes)

    def with_header(self, name: str, value: str | None) -> "Request":
        headers = {n: v for n, v in self.headers.items() if n.lower() != name.lower()}
        return self.but(headers=headers | ({name: value} if value is not None else {}))


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    @property
    def code(self) -> str:
        """The error code, in XML or JSON."""
        if found := re.search(r"<Code>([^<]*)</Code>", self.text):
            return found.group(1)
        if self.text.startswith("{"):
            return str(json.loads(self.text).get("__type", "")).split("#")[-1]
        return ""

    @property
    def message(self) -> str:
        if found := re.search(r"<Message>([^<]*)</Message>", self.text, re.S):
            text = found.group(1)
            for entity, character in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&#39;", "'")):
                text = text.replace(entity, character)
            return text.replace("&amp;", "&")
        if self.text.startswith("{"):
            body = json.loads(self.text)
            return str(body.get("message", body.get("Message", "")))
        return ""


def form(action: str, version: str = IAM_VERSION, **parameters: str) -> bytes:
    """The body of a call in the query protocol."""
    return urlencode({"Action": action, "Version": version} | parameters).encode()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _signature(secret: str, scope: str, moment: str, canonical: str) -> str:
    key = f"AWS4{secret}".encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    text = "\n".join(["AWS4-HMAC-SHA256", moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def _canonical_query(query: str) -> str:
    pairs = sorted((quote(n, safe="-_.~"), quote(v, safe="-_.~")) for n, v in parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{name}={value}" for name, value in pairs)


def signed(
    method: str,
    target: str,
    body: bytes,
    identity: "Identity",
    *,
    service: str = "iam",
    region: str = "us-east-1",
    headers: dict[str, str] | None = None,
    at: float | None = None,
    payload_hash: str | None = None,
) -> Request:
    """A request with an Authorization header. `at` is the time it claims, in seconds since 1970."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at if at is not None else time.time()))
    host = identity.url.removeprefix("http://")
    sent = {"Host": host, "X-Amz-Date": moment} | (headers or {})
    if body and not any(name.lower() == "content-type" for name in sent):
        sent["Content-Type"] = FORM
    if identity.token:
        sent["X-Amz-Security-Token"] = identity.token
    if payload_hash:
        sent["X-Amz-Content-SHA256"] = payload_hash
    names = sorted(name.lower() for name in sent)
    values = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
    path, _, query = target.partition("?")
    canonical = "\n".join(
        [method, quote(path, safe="/-_.~"), _canonical_query(query)]
        + [f"{name}:{values[name]}" for name in names]
        + ["", ";".join(names), payload_hash or hashlib.sha256(body).hexdigest()]
    )
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    signature = _signature(identity.secret, scope, moment, canonical)
    sent["Authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={identity.key_id}/{scope}, SignedHeaders={';'.join(names)}, Signature={signature}"
    )
    return Request(method, target, sent, body)


def presigned(
    identity: "Identity",
    parameters: dict[str, str],
    *,
    service: str = "sts",
    region: str = "us-east-1",
    expires: int = 60,
    at: float | None = None,
) -> Request:
    """A GET whose signature stands in its query."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at if at is not None else time.time()))
    scope = f"{moment[:8]}/{region}/{service}/aws4_request"
    host = identity.url.removeprefix("http://")
    query = parameters | {
        "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
        "X-Amz-Credential": f"{identity.key_id}/{scope}",
        "X-Amz-Date": moment,
        "X-Amz-Expires": str(expires),
        "X-Amz-SignedHeaders": "host",
    }
    if identity.token:
        query["X-Amz-Security-Token"] = identity.token
    text = urlencode(query, quote_via=quote, safe="-_.~")
    canonical = "\n".join(
        ["GET", "/", _canonical_query(text), f"host:{host}", "", "host", hashlib.sha256(b"").hexdigest()]
    )
    return Request(
        "GET", f"/?{text}&X-Amz-Signature={_signature(identity.secret, scope, moment, canonical)}", {"Host": host}
    )


def send(port: int, request: Request, *, timeout: float = PATIENCE) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        names = {name.lower() for name in request.headers}
        for name, value in request.headers.items():
            connection.putheader(name, value.encode("utf-8") if isinstance(value, str) else value)
        if "host" not in names:
            connection.putheader("Host", f"127.0.0.1:{port}")
        if "content-length" not in names and "transfer-encoding" not in names:
            connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        answer = connection.getresponse()
        return Answer(answer.status, {n.lower(): v for n, v in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def send_bytes(port: int, data: bytes, *, timeout: float = 10, shut: bool = False) -> bytes:
    """Writes bytes to a fresh connection and returns all that comes back until the server closes or is silent. With `shut` the client
    says that nothing more comes, and a server that does not close then is an error: TimeoutError."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        try:
            connection.sendall(data)
            if shut:
                connection.shutdown(socket.SHUT_WR)
            while chunk := connection.recv(65536):
                received += chunk
        except TimeoutError:
            if shut:
                raise
        except OSError:
            # A connection that is gone: to shut its one side is then an error, too.
            pass
    return received


def call(
    server_port: int,
    identity: "Identity",
    action: str,
    service: str = "iam",
    at: float | None = None,
    **parameters: str,
) -> Answer:
    """One signed call in the query protocol."""
    version = {"iam": IAM_VERSION, "sts": STS_VERSION}[service]
    return send(server_port, signed("POST", "/", form(action, version, **parameters), identity, service=service, at=at))
