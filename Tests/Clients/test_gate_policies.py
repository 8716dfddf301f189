"""What is kept of the resources behind the gate: policies, by which other accounts have access, and tags."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.moto import Moto
from harness.organizations import NewOrganization
from harness.postgres import Postgres
from harness.server import gatehouse

class Accounts:
    """Two accounts before moto_server: one that owns everything, and another whose own policies allow it everything."""

    def __init__(self, server: Server):
        member = NewOrganization(server).member("other")
        self.other = member.account
        self.theirs = member.user("caller", allow("*", "*"))
        self.own = server.root

    def to_them(self, action: str, resource: str, **more: Any) -> str:
        statement = {"Effect": "Allow", "Principal": {"AWS": self.other}, "Action": action, "Resource": resource, **more}
        return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


@pytest.fixture(scope="module")
def accounts(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    folder = tmp_path_factory.mktemp("gate")
    with Server(*moto.configuration(folder), log=folder / "log") as server:
        yield Accounts(server)


def denied(call: Callable[..., Any], **parameters: Any) -> None:
    error = error_of(call, **parameters)
    assert error.code in ("AccessDenied", "AccessDeniedException", "AuthorizationError"), error
    assert "no resource-based policy allows" in error.message, error


def test_a_queue(accounts: Accounts) -> None:
    own, theirs = accounts.own.client("sqs"), accounts.theirs.client("sqs")
    url = own.create_queue(QueueName="shared")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:shared"
    message = {"QueueUrl": url, "MessageBody": "hello"}
    denied(theirs.send_message, **message)
    own.set_queue_attributes(QueueUrl=url, Attributes={"Policy": accounts.to_them("sqs:SendMessage", arn)})
    theirs.send_message(**message)
    own.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    theirs.send_message(**message)
    denied(theirs.receive_message, QueueUrl=url)
    received = own.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert [each["Body"] for each in received] == ["hello", "hello"]
    own.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    denied(theirs.send_message, **message)
    own.add_permission(QueueUrl=url, Label="them", AWSAccountIds=[accounts.other], Actions=["SendMessage"])
    theirs.send_message(**message)
    own.remove_permission(QueueUrl=url, Label="them")
    denied(theirs.send_message, **message)
    # Gone with the queue.
    own.set_queue_attributes(QueueUrl=url, Attributes={"Policy": accounts.to_them("sqs:SendMessage", arn)})
    own.delete_queue(QueueUrl=url)
    own.create_queue(QueueName="shared")
    denied(theirs.send_message, **message)


def test_a_topic(accounts: Accounts) -> None:
    own, theirs = accounts.own.client("sns"), accounts.theirs.client("sns")
    arn = own.create_topic(Name="shared")["TopicArn"]
    denied(theirs.publish, TopicArn=arn, Message="hello")
    own.set_topic_attributes(
        TopicArn=arn, AttributeName="Policy", AttributeValue=accounts.to_them("sns:Publish", arn)
    )
    theirs.publish(TopicArn=arn, Message="hello")
    denied(theirs.get_topic_attributes, TopicArn=arn)
    own.get_topic_attributes(TopicArn=arn)
    theirs.publish(TopicArn=arn, Message="hello")
    own.delete_topic(TopicArn=arn)
    denied(theirs.publish, TopicArn=arn, Message="hello")


def test_a_secret(accounts: Accounts) -> None:
    own, theirs = accounts.own.client("secretsmanager"), accounts.theirs.client("secretsmanager")
    arn = own.create_secret(Name="shared", SecretString="hush")["ARN"]
    denied(theirs.get_secret_value, SecretId=arn)
    own.put_resource_policy(SecretId="shared", ResourcePolicy=accounts.to_them("secretsmanager:GetSecretValue", "*"))
    assert theirs.get_secret_value(SecretId=arn)["SecretString"] == "hush"
    denied(theirs.put_secret_value, SecretId=arn, SecretString="x")
    own.get_resource_policy(SecretId="shared")
    assert theirs.get_secret_value(SecretId=arn)["SecretString"] == "hush"
    own.delete_resource_policy(SecretId=arn)
    denied(theirs.get_secret_value, SecretId=arn)


def test_a_function(accounts: Accounts, moto: Moto) -> None:
    own, theirs = accounts.own.client("lambda"), accounts.theirs.client("lambda")
    runner = {"RoleName": "runner", "AssumeRolePolicyDocument": trust({"Service": "lambda.amazonaws.com"})}
    role = accounts.own.iam.create_role(**runner)["Role"]["Arn"]
    # moto_server looks for it among its own.
    there = Identity(moto.url, "none", "none").iam
    there.meta.events.register(
        "before-sign", lambda request, **_: request.headers.add_header("x-moto-account-id", ACCOUNT)
    )
    there.create_role(**runner)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handle(event, context): return event")
    arn = own.create_function(
        FunctionName="shared", Runtime="python3.12", Role=role, Handler="main.handle", Code={"ZipFile": code.getvalue()}
    )["FunctionArn"]
    denied(theirs.get_function, FunctionName=arn)
    own.add_permission(
        FunctionName="shared", StatementId="them", Action="lambda:GetFunction", Principal=accounts.other
    )
    assert theirs.get_function(FunctionName=arn)["Configuration"]["FunctionArn"] == arn
    denied(theirs.delete_function, FunctionName=arn)
    own.get_policy(FunctionName="shared")
    theirs.get_function(FunctionName=arn)
    own.remove_permission(FunctionName="shared", StatementId="them")
    denied(theirs.get_function, FunctionName=arn)


def test_a_repository(accounts: Accounts) -> None:
    own, theirs = accounts.own.client("ecr"), accounts.theirs.client("ecr")
    own.create_repository(repositoryName="shared")
    named = {"repositoryName": "shared", "registryId": ACCOUNT}
    denied(theirs.list_images, **named)
    statement = {"Effect": "Allow", "Principal": {"AWS": accounts.other}, "Action": "ecr:ListImages"}
    own.set_repository_policy(
        repositoryName="shared", policyText=json.dumps({"Version": "2008-10-17", "Statement": [statement]})
    )
    assert theirs.list_images(**named)["imageIds"] == []
    denied(theirs.delete_repository, **named)
    own.delete_repository_policy(repositoryName="shared")
    denied(theirs.list_images, **named)


def test_a_table(accounts: Accounts) -> None:
    own, theirs = accounts.own.client("dynamodb"), accounts.theirs.client("dynamodb")
    arn = own.create_table(
        TableName="shared",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )["TableDescription"]["TableArn"]
    key = {"id": {"S": "1"}}
    denied(theirs.get_item, TableName=arn, Key=key)
    own.put_resource_policy(ResourceArn=arn, Policy=accounts.to_them("dynamodb:GetItem", arn))
    theirs.get_item(TableName=arn, Key=key)
    denied(theirs.put_item, TableName=arn, Item=key)
    own.delete_resource_policy(ResourceArn=arn)
    denied(theirs.get_item, TableName=arn, Key=key)


def test_a_stream(accounts: Accounts) -> None:
    own, theirs = accounts.own.client("kinesis"), accounts.theirs.client("kinesis")
    own.create_stream(StreamName="shared", ShardCount=1)
    arn = f"arn:aws:kinesis:us-east-1:{ACCOUNT}:stream/shared"
    record = {"StreamARN": arn, "Data": b"x", "PartitionKey": "1"}
    denied(theirs.put_record, **record)
    own.put_resource_policy(ResourceARN=arn, Policy=accounts.to_them("kinesis:PutRecord", arn))
    theirs.put_record(**record)
    denied(theirs.describe_stream_summary, StreamARN=arn)
    own.get_resource_policy(ResourceARN=arn)
    theirs.put_record(**record)
    own.delete_resource_policy(ResourceARN=arn)
    denied(theirs.put_record, **record)


def test_a_bus(accounts: Accounts) -> None:
    own, theirs = accounts.own.client("events"), accounts.theirs.client("events")
    arn = own.create_event_bus(Name="shared")["EventBusArn"]
    entry = {"Source": "test", "DetailType": "t", "Detail": "{}", "EventBusName": arn}
    denied(theirs.put_events, Entries=[entry])
    own.put_permission(
        EventBusName="shared", Action="events:PutEvents", Principal=accounts.other, StatementId="them"
    )
    theirs.put_events(Entries=[entry])
    own.describe_event_bus(Name="shared")
    theirs.put_events(Entries=[entry])
    denied(theirs.delete_event_bus, Name=arn)
    own.remove_permission(EventBusName="shared", StatementId="them")
    denied(theirs.put_events, Entries=[entry])


def test_tags(accounts: Accounts) -> None:
    root = accounts.own
    root.iam.create_user(UserName="tester")
    root.iam.put_user_policy(
        UserName="tester",
        PolicyName="p",
        PolicyDocument=policy(
            allow("sqs:SendMessage", "*", Condition={"StringEquals": {"aws:ResourceTag/stage": "test"}})
        ),
    )
    tester = Identity.of_key(root.url, root.iam.create_access_key(UserName="tester")["AccessKey"]).client("sqs")
    sqs = root.client("sqs")
    url = sqs.create_queue(QueueName="tagged", tags={"stage": "test"})["QueueUrl"]
    message = {"QueueUrl": url, "MessageBody": "hello"}
    tester.send_message(**message)
    sqs.tag_queue(QueueUrl=url, Tags={"stage": "live"})
    assert error_of(tester.send_message, **message).code in ("AccessDenied", "AccessDeniedException")
    sqs.tag_queue(QueueUrl=url, Tags={"stage": "test"})
    tester.send_message(**message)
    sqs.untag_queue(QueueUrl=url, TagKeys=["stage"])
    assert error_of(tester.send_message, **message).code in ("AccessDenied", "AccessDeniedException")


def test_it_is_kept(moto: Moto, durable: Callable[..., Server], tmp_path: Path) -> None:
    """What is known survives a stop, and is backed up and verified with everything else."""
    server = durable(*moto.configuration(tmp_path)).start()
    accounts = Accounts(server)
    own = accounts.own.client("sqs")
    url = own.create_queue(QueueName="kept")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:kept"
    own.set_queue_attributes(QueueUrl=url, Attributes={"Policy": accounts.to_them("sqs:SendMessage", arn)})
    server.kill()
    server.start()
    theirs = Identity(server.url, accounts.theirs.key_id, accounts.theirs.secret).client("sqs")
    theirs.send_message(QueueUrl=url, MessageBody="hello")
    server.stop()
    copy = str(tmp_path / "backup")
    assert gatehouse("backup", copy, "--with-key", "--data", str(server.data)).returncode == 0
    for data in (str(server.data), copy):
        done = gatehouse("verify", "--data", data)
        assert done.returncode == 0, done


def test_nodes_share_it(moto: Moto, tmp_path: Path) -> None:
    """A policy that passes one node counts at the others, and goes along into a directory."""
    options = moto.configuration(tmp_path)
    with Postgres() as database:
        url, key = database.new_database(), tmp_path / "key"
        servers = [Server(*options, database=url, key=key, log=tmp_path / f"log{number}") for number in range(2)]
        try:
            first, second = (server.start() for server in servers)
            accounts = Accounts(first)
            own = accounts.own.client("sqs")
            queue = own.create_queue(QueueName="of-nodes")["QueueUrl"]
            theirs = Identity(second.url, accounts.theirs.key_id, accounts.theirs.secret).client("sqs")
            denied(theirs.send_message, QueueUrl=queue, MessageBody="hello")
            for allowed in (True, False, True):
                text = accounts.to_them("sqs:SendMessage", f"arn:aws:sqs:us-east-1:{ACCOUNT}:of-nodes")
                own.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": text if allowed else ""})
                if allowed:
                    theirs.send_message(QueueUrl=queue, MessageBody="hello")
                else:
                    denied(theirs.send_message, QueueUrl=queue, MessageBody="hello")
        finally:
            for server in servers:
                server.kill()
        data = str(tmp_path / "data")
        done = gatehouse("migrate", "directory", "--data", data, "--database", url, "--key-file", str(key))
        assert done.returncode == 0, done
        assert gatehouse("verify", "--data", data).returncode == 0
        server = Server(*options, data=data, log=tmp_path / "log")
        try:
            server.start()
            theirs = Identity(server.url, accounts.theirs.key_id, accounts.theirs.secret).client("sqs")
            theirs.send_message(QueueUrl=queue, MessageBody="hello")
        finally:
            server.kill()
