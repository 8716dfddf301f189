"""The gate before an endpoint that lets everybody do everything: moto_server, with the real clients in front."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from harness import Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness.moto import Moto
from harness.organizations import NewOrganization

@pytest.fixture(scope="module")
def worker_server(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Takes the place of the usual server, so that `cloud`, `root`, `new_user` and the others are before moto_server."""
    folder = tmp_path_factory.mktemp("gate")
    with Server(*moto.configuration(folder), log=folder / "log") as server:
        yield server


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> str:
    """A name that no other test gives: the endpoint keeps what there is."""
    return "".join(letter if letter.isalnum() else "-" for letter in request.node.name)


ACCOUNT = "111122223333"


# Allowed, denied, recorded


def test_a_table(root: Identity, new_user: Callable[..., Identity], trail: Trail, moto: Moto, unique: str) -> None:
    table = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/{unique}"
    root.client("dynamodb").create_table(
        TableName=unique,
        KeySchema=[{"AttributeName": "owner", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            {"AttributeName": "owner", "AttributeType": "S"},
            {"AttributeName": "day", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    alice = new_user(
        "alice",
        allow(
            ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"],
            table,
            Condition={"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["${aws:username}"]}},
        ),
    ).client("dynamodb")
    item = {"owner": {"S": "alice"}, "day": {"S": "monday"}, "note": {"S": "hush"}}
    alice.put_item(TableName=unique, Item=item)
    found = alice.get_item(TableName=unique, Key={"owner": {"S": "alice"}, "day": {"S": "monday"}})
    assert found["Item"] == item

    before = moto.requests()
    refused = error_of(alice.get_item, TableName=unique, Key={"owner": {"S": "bob"}, "day": {"S": "monday"}})
    assert refused.code == "AccessDeniedException"
    assert refused.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: dynamodb:GetItem on resource: {table} "
        "because no identity-based policy allows the dynamodb:GetItem action"
    )
    assert error_of(alice.scan, TableName=unique).code == "AccessDeniedException"
    assert moto.requests() == before, "what is denied reaches nobody"

    event = trail.named("CreateTable")
    assert event["requestParameters"]["tableName"] == unique
    assert event["responseElements"]["tableDescription"]["tableArn"] == table
    assert event["eventSource"] == "dynamodb.amazonaws.com"
    assert "hush" not in json.dumps(event)


def test_a_queue(root: Identity, new_user: Callable[..., Identity], unique: str) -> None:
    url = root.client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique}"
    sender = new_user("sender", allow("sqs:SendMessage", arn)).client("sqs")
    sender.send_message(QueueUrl=url, MessageBody="hello")
    sender.send_message_batch(QueueUrl=url, Entries=[{"Id": "1", "MessageBody": "again"}])
    refused = error_of(sender.receive_message, QueueUrl=url)
    assert refused.code in ("AccessDenied", "AccessDeniedException")
    assert refused.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/sender is not authorized to perform: sqs:ReceiveMessage on resource: {arn} "
        "because no identity-based policy allows the sqs:ReceiveMessage action"
    )
    messages = root.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(message["Body"] for message in messages) == ["again", "hello"]


def test_a_secret(root: Identity, new_user: Callable[..., Identity], trail: Trail, unique: str) -> None:
    made = root.client("secretsmanager").create_secret(Name=unique, SecretString="hush hush")
    reader = new_user("reader", allow("secretsmanager:GetSecretValue", made["ARN"])).client("secretsmanager")
    assert reader.get_secret_value(SecretId=made["ARN"])["SecretString"] == "hush hush"
    # By its name, the ARN ends with what AWS has added.
    assert reader.get_secret_value(SecretId=unique)["SecretString"] == "hush hush"
    assert error_of(reader.put_secret_value, SecretId=unique, SecretString="x").code == "AccessDeniedException"
    event = trail.named("CreateSecret")
    assert event["requestParameters"]["name"] == unique
    assert "hush" not in json.dumps(event)


def test_a_function(
    root: Identity, new_user: Callable[..., Identity], new_role: Callable[..., str], moto: Moto, unique: str
) -> None:
    trusted = trust({"Service": "lambda.amazonaws.com"})
    role = new_role("runner", trusted)
    # The endpoint looks at roles of its own.
    moto.client("iam", ACCOUNT).create_role(RoleName="runner", AssumeRolePolicyDocument=trusted)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("main.py", "def handle(event, context): return event")
    function = {
        "FunctionName": unique, "Runtime": "python3.12", "Role": role, "Handler": "main.handle",
        "Code": {"ZipFile": code.getvalue()},
    }  # fmt: skip
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{unique}"
    maker = new_user("maker", allow("lambda:CreateFunction", arn))
    refused = error_of(maker.client("lambda").create_function, **function)
    assert refused.code == "AccessDeniedException"
    assert "is not authorized to perform: iam:PassRole on resource: " + role in refused.message
    passed = allow("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}})
    root.iam.put_user_policy(UserName="maker", PolicyName="pass", PolicyDocument=policy(passed))
    assert maker.client("lambda").create_function(**function)["FunctionArn"] == arn
    assert error_of(maker.client("lambda").delete_function, FunctionName=unique).code == "AccessDeniedException"


def test_an_error_of_the_endpoint_stays_as_it_is(root: Identity, trail: Trail, unique: str) -> None:
    refused = error_of(root.client("dynamodb").describe_table, TableName=unique)
    assert refused.code == "ResourceNotFoundException"
    assert refused.status == 400
    event = trail.named("DescribeTable")
    assert event["errorCode"] == "ResourceNotFoundException"
    # By the id that the client was given, the call is found.
    assert event["requestID"] == refused.request_id


# Other policies


def test_an_organizations_policy_stops_even_the_root_user(cloud: Server, unique: str) -> None:
    organization = NewOrganization(cloud)
    member = organization.member("member")
    control = organization.api.create_policy(
        Type="SERVICE_CONTROL_POLICY", Name="no tables", Description="", Content=policy(deny("dynamodb:CreateTable"))
    )
    organization.api.enable_policy_type(RootId=organization.root_id, PolicyType="SERVICE_CONTROL_POLICY")
    organization.api.attach_policy(PolicyId=control["Policy"]["PolicySummary"]["Id"], TargetId=member.account)
    client = member.root_user().client("dynamodb")
    refused = error_of(
        client.create_table,
        TableName=unique,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    assert "with an explicit deny in a service control policy" in refused.message
    assert client.list_tables()["TableNames"] == []


def test_another_account_may_what_the_resources_policy_says(cloud: Server, root: Identity, unique: str) -> None:
    member = NewOrganization(cloud).member("other")
    guest = member.user("guest", allow(["sqs:*", "sns:*", "secretsmanager:*", "dynamodb:*"]))
    guest_arn = f"arn:aws:iam::{member.account}:user/guest"

    # A queue
    url = root.client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique}"
    refused = error_of(guest.client("sqs").send_message, QueueUrl=url, MessageBody="hello")
    assert "because no resource-based policy allows the sqs:SendMessage action" in refused.message
    statement = allow("sqs:SendMessage", queue, Principal={"AWS": guest_arn})
    root.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
    guest.client("sqs").send_message(QueueUrl=url, MessageBody="hello")
    assert error_of(guest.client("sqs").receive_message, QueueUrl=url).code in ("AccessDenied", "AccessDeniedException")
    assert root.client("sqs").receive_message(QueueUrl=url)["Messages"][0]["Body"] == "hello"

    # A topic
    topic = root.client("sns").create_topic(Name=unique)["TopicArn"]
    assert error_of(guest.client("sns").publish, TopicArn=topic, Message="x").code in ("AccessDenied", "AuthorizationError")
    statement = allow("sns:Publish", topic, Principal={"AWS": member.account})
    root.client("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy(statement))
    guest.client("sns").publish(TopicArn=topic, Message="x")

    # A secret
    secret = root.client("secretsmanager").create_secret(Name=unique, SecretString="hush")["ARN"]
    assert error_of(guest.client("secretsmanager").get_secret_value, SecretId=secret).code == "AccessDeniedException"
    statement = allow("secretsmanager:GetSecretValue", "*", Principal={"AWS": guest_arn})
    root.client("secretsmanager").put_resource_policy(SecretId=secret, ResourcePolicy=policy(statement))
    assert guest.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"] == "hush"
    root.client("secretsmanager").delete_resource_policy(SecretId=secret)
    assert error_of(guest.client("secretsmanager").get_secret_value, SecretId=secret).code == "AccessDeniedException"


def test_anybody_may_send_where_a_queues_policy_says_so(root: Identity, cloud: Server, unique: str) -> None:
    url = root.client("sqs").create_queue(QueueName=unique)["QueueUrl"]
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{unique}"
    anybody = boto3.client(
        "sqs", endpoint_url=cloud.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    assert error_of(anybody.send_message, QueueUrl=url, MessageBody="x").code in ("AccessDenied", "AccessDeniedException")
    statement = allow("sqs:SendMessage", queue, Principal="*")
    root.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(statement)})
    anybody.send_message(QueueUrl=url, MessageBody="x")


# Observing


def test_what_is_only_observed_passes_and_is_marked(moto: Moto, tmp_path: Path, unique: str) -> None:
    options = (*moto.configuration(tmp_path), "--observe", "--fail-on-denials")
    with Server(*options, log=tmp_path / "log") as server:
        root = server.root
        root.iam.create_user(UserName="learner")
        learner = Identity.of_key(server.url, root.iam.create_access_key(UserName="learner")["AccessKey"])
        made = learner.client("sqs").create_queue(QueueName=unique)
        event = Trail(root).of(made)
        assert "is not authorized to perform: sqs:CreateQueue" in event["additionalEventData"]["observedDenial"]
        assert "errorCode" not in event
        (_, metrics) = server.get("/metrics")
        assert 'gatehouse_observed_denials_total{service="sqs",operation="CreateQueue"} 1' in metrics
        assert server.stop() == 3
        said = "\n".join(server.output)
        assert f"arn:aws:iam::{ACCOUNT}:user/learner: sqs:CreateQueue on arn:aws:sqs:us-east-1:{ACCOUNT}:{unique}" in said


def test_nothing_denied_is_no_failure(moto: Moto, tmp_path: Path) -> None:
    with Server("--upstream", f"sqs={moto.url}", "--fail-on-denials", log=tmp_path / "log") as server:
        server.root.client("sqs").list_queues()
        assert server.stop() == 0
