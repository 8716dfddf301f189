"""What boto3 sends for the operations of many services gets through the gate, or is denied because nobody knows what it asks
for; none of it is taken for something ambiguous, or for another service's."""

from __future__ import annotations

import datetime
import http.client
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore
import botocore.awsrequest
import botocore.config
import pytest

from harness.gate import Gate
from harness.upstream import Peer, answer
from harness.patience import PATIENCE


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gate]:
    def script(peer: Peer) -> None:
        peer.read(keep=False)
        peer.send(answer(b"{}"))

    with Gate(tmp_path_factory.mktemp("gate")) as gate:
        gate.upstream.script = script
        yield gate


def sample(shape: Any, depth: int = 0) -> Any:
    """A value with all members, to some depth."""
    kind = shape.type_name
    if kind == "structure":
        names = list(shape.members) if depth < 4 else shape.required_members
        names = names[:1] if getattr(shape, "is_tagged_union", False) else names
        # The length is that of the body.
        return {name: sample(shape.members[name], depth + 1) for name in names if name != "ContentLength"}
    if kind == "list":
        return [sample(shape.member, depth + 1)]
    if kind == "map":
        return {sample(shape.key, depth + 1): sample(shape.value, depth + 1)}
    if kind == "string":
        return shape.enum[0] if shape.enum else "abcde".ljust(int(shape.metadata.get("min", 1)), "f")
    if kind in ("integer", "long"):
        return int(shape.metadata.get("min", 1))
    if kind in ("float", "double"):
        return float(shape.metadata.get("min", 1))
    return {"boolean": True, "blob": b"blob", "timestamp": datetime.datetime(2026, 1, 1)}[kind]


class Nothing:
    """The body of an answer that nobody looks at."""

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        return iter([b""])


#: Of the protocols each, those that are mapped exactly, and those whose scopes are shared.
SERVICES = [
    "apigateway", "cloudformation", "cloudfront", "cloudwatch", "dynamodb", "dynamodbstreams", "ec2", "ecr", "elb", "elbv2", "es", "events", "kinesis", "lambda",
    "opensearch", "rds", "route53", "s3", "secretsmanager", "ses", "sesv2", "sns", "sqs", "ssm", "stepfunctions",
]  # fmt: skip


@pytest.mark.parametrize("service", SERVICES)
def test_every_operation_is_read_in_one_way(gate: Gate, service: str) -> None:
    client = boto3.client(
        service, endpoint_url=gate.server.url, region_name="us-east-1", aws_access_key_id=gate.root.key_id, aws_secret_access_key=gate.root.secret,
        config=botocore.config.Config(retries={"total_max_attempts": 1}, parameter_validation=False, inject_host_prefix=False))  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=PATIENCE)
    got: list[tuple[int, str]] = []

    def send(request: Any, **_: object) -> botocore.awsrequest.AWSResponse:
        parts = urlsplit(request.url)
        body = request.body
        if hasattr(body, "read"):
            body.seek(0)
            body = body.read()
        headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
        # Nobody waits here for the word.
        headers.pop("Expect", None)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(request.method, target, body, headers)
        received = connection.getresponse()
        got.append((received.status, received.read().decode("utf-8", "replace")))
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, Nothing())

    client.meta.events.register("before-send", send)
    model = client.meta.service_model
    wrong = []
    passed = 0
    # Some have hundreds of the same kind.
    # S3 Express is another service, and this one's endpoint is not its.
    names = [name for name in model.operation_names if name != "ListDirectoryBuckets"]
    for name in names[:: 1 + len(names) // 120]:
        operation = model.operation_model(name)
        got.clear()
        gate.upstream.forget()
        try:
            getattr(client, botocore.xform_name(name))(**(sample(operation.input_shape) if operation.input_shape else {}))
        except Exception as error:  # noqa: BLE001
            # The answer is empty; and a few can't be made of samples.
            if not got:
                print(name, error)
                continue
        status, text = got[0]
        if status == 200:
            passed += 1
            if len(gate.upstream.requests) < 1:
                wrong.append(f"{name} did not arrive")
        elif not re.search("can(&apos;|&#39;|')t work out|does not answer the service 's3(express|-object-lambda)'|no resource-based policy", text):
            found = re.search(r"[Mm]essage\W{1,3}([^<]*)", text)
            wrong.append(f"{name}: {status}: {found[1] if found else text}")
    connection.close()
    client.close()
    assert not wrong, "\n".join([f"{len(wrong)} of {len(model.operation_names)}", *wrong[:10]])
    assert passed
