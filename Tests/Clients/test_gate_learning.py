"""What a workload needs, learnt while everything is let through, is enough for it afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness import ACCOUNT, Identity, Server, error_of
from harness.moto import Moto
from harness.server import gatehouse

CONFIGURATION = """
* = {url}
    credentials = {{account}} not-a-secret
    header x-moto-account-id = {{account}}
    timeout = 20s
"""


def workload(client: Identity) -> int:
    """200 calls of seven services, which leave nothing behind."""
    calls = 0

    def made(*_: object) -> None:
        nonlocal calls
        calls += 1

    sqs, sns = client.client("sqs"), client.client("sns")
    table, secrets, ssm = client.client("dynamodb"), client.client("secretsmanager"), client.client("ssm")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    topic = sns.create_topic(Name="news")["TopicArn"]
    made(
        table.create_table(
            TableName="items",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    )
    made(secrets.create_secret(Name="password", SecretString="0"))
    calls += 2
    for number in range(20):
        key = {"id": {"S": str(number % 3)}}
        made(sqs.send_message(QueueUrl=url, MessageBody=str(number)))
        made(sns.publish(TopicArn=topic, Message=str(number)))
        made(table.put_item(TableName="items", Item=key))
        made(table.get_item(TableName="items", Key=key))
        made(
            table.query(
                TableName="items", KeyConditionExpression="id = :id", ExpressionAttributeValues={":id": key["id"]}
            )
        )
        made(secrets.get_secret_value(SecretId="password"))
        made(ssm.put_parameter(Name=f"/app/{number % 4}", Value="x", Type="String", Overwrite=True))
        made(ssm.get_parameter(Name=f"/app/{number % 4}"))
    for message in [sqs.receive_message(QueueUrl=url)["Messages"][0] for _ in range(6)]:
        made(sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"]))
        calls += 1
    made(table.transact_write_items(TransactItems=[{"Delete": {"TableName": "items", "Key": {"id": {"S": "0"}}}}]))
    made(table.batch_get_item(RequestItems={"items": {"Keys": [{"id": {"S": "1"}}]}}))
    made(error_of(ssm.get_parameter, Name="/app/none"))
    for number in range(4):
        made(ssm.delete_parameter(Name=f"/app/{number}"))
    made(client.client("iam").list_users())
    made(client.client("kms").list_keys())
    made(client.sts.get_caller_identity())
    made(secrets.put_secret_value(SecretId="password", SecretString="1"))
    made(secrets.describe_secret(SecretId="password"))
    made(sns.get_topic_attributes(TopicArn=topic), sns.delete_topic(TopicArn=topic))
    made(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"]), sqs.delete_queue(QueueUrl=url))
    made(secrets.delete_secret(SecretId="password", ForceDeleteWithoutRecovery=True), table.delete_table(TableName="items"))
    return calls + 3


def test_a_workload_is_learnt_and_done_again(durable: Callable[..., Server], tmp_path: Path) -> None:
    with Moto(tmp_path / "moto") as moto:
        (tmp_path / "upstreams").write_text(CONFIGURATION.format(url=moto.url))
        options = ("--upstream-config", str(tmp_path / "upstreams"))
        server = durable(*options, "--observe").start()
        iam = server.root.iam
        iam.create_user(UserName="app")
        app = Identity.of_key(server.url, iam.create_access_key(UserName="app")["AccessKey"])
        assert workload(app) >= 190
        done = gatehouse(
            "generate-policy", "--principal", f"arn:aws:iam::{ACCOUNT}:user/app", "--since", "1h",
            "--data", str(server.data),
        )  # fmt: skip
        assert done.returncode == 0, done
        learnt = json.loads(done.stdout)
        assert not any("*" in str(each["Action"]) for each in learnt["Statement"])
        server.stop()

        server = durable(*options).start()
        again = Identity(server.url, app.key_id, app.secret)
        assert error_of(again.client("sqs").create_queue, QueueName="work").code in (
            "AccessDenied",
            "AccessDeniedException",
        )
        server.root.iam.put_user_policy(UserName="app", PolicyName="learnt", PolicyDocument=json.dumps(learnt))
        workload(again)
        # And nothing else.
        assert error_of(again.client("sqs").create_queue, QueueName="other").code in (
            "AccessDenied",
            "AccessDeniedException",
        )
        refused = error_of(again.client("ssm").get_parameter, Name="/app/other")
        assert refused.code in ("AccessDenied", "AccessDeniedException")
