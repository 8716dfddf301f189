"""A workload is observed, the policy that it needs is written from the record, and with that policy it passes."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import Identity, Server, error_of
from harness.moto import Moto
from harness.server import gatehouse
from test_gate import ACCOUNT, unique  # noqa: F401

CALLS = 200


class Workload:
    """Mixed calls of an application: the same ones each time, on resources that are there."""

    def __init__(self, root: Identity, name: str):
        self.name = name
        self.queue = root.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        self.topic = root.client("sns").create_topic(Name=name)["TopicArn"]
        self.secret = root.client("secretsmanager").create_secret(Name=name, SecretString="hush")["ARN"]
        root.client("dynamodb").create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        root.client("ssm").put_parameter(Name=f"/{name}/color", Value="blue", Type="String")
        self.key = root.client("kms").create_key()["KeyMetadata"]["KeyId"]
        root.client("s3").create_bucket(Bucket=name)

    def run(self, who: Identity) -> None:
        (sqs, sns, secrets) = (who.client("sqs"), who.client("sns"), who.client("secretsmanager"))
        (tables, parameters, kms, s3) = (who.client("dynamodb"), who.client("ssm"), who.client("kms"), who.client("s3"))
        key = {"id": {"S": "1"}}
        steps: list[Callable[[], object]] = [
            lambda: sqs.send_message(QueueUrl=self.queue, MessageBody="x"),
            lambda: sqs.receive_message(QueueUrl=self.queue, VisibilityTimeout=0),
            lambda: sqs.get_queue_attributes(QueueUrl=self.queue, AttributeNames=["All"]),
            lambda: sns.publish(TopicArn=self.topic, Message="x"),
            lambda: sns.list_topics(),
            lambda: secrets.get_secret_value(SecretId=self.secret),
            lambda: secrets.describe_secret(SecretId=self.name),
            lambda: tables.put_item(TableName=self.name, Item=key),
            lambda: tables.get_item(TableName=self.name, Key=key),
            lambda: tables.update_item(TableName=self.name, Key=key, UpdateExpression="SET a = :a", ExpressionAttributeValues={":a": {"N": "1"}}),
            lambda: tables.batch_get_item(RequestItems={self.name: {"Keys": [key]}}),
            lambda: tables.query(TableName=self.name, KeyConditionExpression="id = :i", ExpressionAttributeValues={":i": {"S": "1"}}),
            lambda: tables.scan(TableName=self.name),
            lambda: tables.list_tables(),
            lambda: parameters.get_parameter(Name=f"/{self.name}/color"),
            lambda: parameters.get_parameters_by_path(Path=f"/{self.name}"),
            lambda: kms.encrypt(KeyId=self.key, Plaintext=b"x"),
            lambda: s3.put_object(Bucket=self.name, Key="a/b", Body=b"x"),
            lambda: s3.get_object(Bucket=self.name, Key="a/b"),
            lambda: s3.list_objects_v2(Bucket=self.name),
        ]  # fmt: skip
        chosen = random.Random(7)
        # Each at least once, the object put before it is got.
        for step in steps + [chosen.choice(steps) for _ in range(CALLS - len(steps))]:
            step()


@pytest.mark.memory
def test_learned_and_replayed(moto: Moto, tmp_path: Path, unique: str) -> None:  # noqa: F811
    options = moto.configuration(tmp_path)
    server = Server(*options, "--observe", data=tmp_path / "data", log=tmp_path / "log")
    with server:
        workload = Workload(server.root, unique)
        server.root.iam.create_user(UserName="worker")
        worker = Identity.of_key(server.url, server.root.iam.create_access_key(UserName="worker")["AccessKey"])
        workload.run(worker)
        server.stop()
    written = gatehouse(
        "generate-policy", "--principal", f"arn:aws:iam::{ACCOUNT}:user/worker", "--data", str(tmp_path / "data")
    )
    assert written.returncode == 0, written.stderr
    statements = json.loads(written.stdout)["Statement"]
    assert "sqs:SendMessage" in json.dumps(statements)

    server = Server(*options, "--fail-on-denials", data=tmp_path / "data", log=tmp_path / "log")
    with server:
        worker = Identity(server.url, worker.key_id, worker.secret)
        denied = error_of(worker.client("sqs").send_message, QueueUrl=workload.queue, MessageBody="x")
        assert denied.code in ("AccessDenied", "AccessDeniedException")
        assert server.stop() == 3
    server = Server(*options, "--fail-on-denials", data=tmp_path / "data", log=tmp_path / "log")
    with server:
        server.root.iam.put_user_policy(UserName="worker", PolicyName="learned", PolicyDocument=written.stdout)
        workload.queue = workload.queue.replace(workload.queue.split("/")[2], f"127.0.0.1:{server.port}")
        workload.run(Identity(server.url, worker.key_id, worker.secret))
        assert server.stop() == 0, server.output
        # And it allows nothing else.
    with server:
        other = error_of(Identity(server.url, worker.key_id, worker.secret).client("sqs").delete_queue, QueueUrl=workload.queue)
        assert other.code in ("AccessDenied", "AccessDeniedException")
