"""Who may do what with a queue: policies of callers and of queues, other accounts, KMS keys, and what CloudTrail tells."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy
from harness import raw
from harness.organizations import Member, NewOrganization

ARN = f"arn:aws:sqs:us-east-1:{ACCOUNT}:orders"


@pytest.fixture
def sqs(root: Identity) -> Any:
    return root.client("sqs")


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName="orders")["QueueUrl"])


@pytest.fixture
def member(cloud: Server) -> Member:
    return NewOrganization(cloud).member("member")


def body(sqs: Any, url: str) -> str:
    return str(sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"])


def test_senders_and_receivers(sqs: Any, url: str, new_user: Callable[..., Identity]) -> None:
    sender = new_user("sender", allow("sqs:SendMessage", ARN)).client("sqs")
    receiver = new_user("receiver", allow(["sqs:ReceiveMessage", "sqs:DeleteMessage"], ARN)).client("sqs")
    sender.send_message(QueueUrl=url, MessageBody="x")
    # A batch needs the permission of what it is a batch of.
    sender.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "y"}])
    error = error_of(sender.receive_message, QueueUrl=url)
    assert error.status == 403 and error.code in ("AccessDenied", "AccessDeniedException")
    assert f"is not authorized to perform: sqs:ReceiveMessage on resource: {ARN}" in error.message, error.message
    [message] = receiver.receive_message(QueueUrl=url)["Messages"]
    change = {"QueueUrl": url, "ReceiptHandle": message["ReceiptHandle"]}
    assert error_of(receiver.change_message_visibility, **change, VisibilityTimeout=0).status == 403
    entries = [{"Id": "a", "ReceiptHandle": message["ReceiptHandle"]}]
    assert receiver.delete_message_batch(QueueUrl=url, Entries=entries)["Successful"]
    # Nobody learns whether there is another queue.
    other = url.replace("orders", "none")
    assert error_of(receiver.send_message, QueueUrl=other, MessageBody="x").status == 403


def test_tags_decide(sqs: Any, new_user: Callable[..., Identity]) -> None:
    mine = {"StringEquals": {"aws:ResourceTag/team": "books"}}
    made = {"StringEquals": {"aws:RequestTag/team": "books"}}
    user = new_user(
        "user", allow("sqs:SendMessage", Condition=mine), allow(["sqs:CreateQueue", "sqs:TagQueue"], Condition=made)
    ).client("sqs")
    url = user.create_queue(QueueName="orders", tags={"team": "books"})["QueueUrl"]
    user.send_message(QueueUrl=url, MessageBody="x")
    assert error_of(user.create_queue, QueueName="b", tags={"team": "maps"}).status == 403
    sqs.tag_queue(QueueUrl=url, Tags={"team": "maps"})
    assert error_of(user.send_message, QueueUrl=url, MessageBody="x").status == 403


def test_another_account(sqs: Any, url: str, member: Member) -> None:
    theirs = member.admin.client("sqs")
    assert error_of(theirs.send_message, QueueUrl=url, MessageBody="x").status == 403
    sqs.add_permission(QueueUrl=url, Label="lend", AWSAccountIds=[member.account], Actions=["SendMessage", "GetQueueUrl"])
    theirs.send_message(QueueUrl=url, MessageBody="x")
    assert theirs.get_queue_url(QueueName="orders", QueueOwnerAWSAccountId=ACCOUNT)["QueueUrl"] == url
    assert error_of(theirs.receive_message, QueueUrl=url).status == 403
    shown = json.loads(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"])
    [statement] = shown["Statement"]
    assert statement["Sid"] == "lend" and statement["Resource"] == ARN
    assert statement["Action"] == ["SQS:SendMessage", "SQS:GetQueueUrl"]
    # Whatever the policy says, some things are for the owner's account alone.
    everything = allow("sqs:*", ARN, Principal={"AWS": member.account})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(everything)})
    assert body(theirs, url) == "x"
    assert theirs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"] == ARN
    theirs.purge_queue(QueueUrl=url)
    for refused in (
        lambda: theirs.delete_queue(QueueUrl=url),
        lambda: theirs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1"}),
        lambda: theirs.tag_queue(QueueUrl=url, Tags={"a": "b"}),
        lambda: theirs.list_queue_tags(QueueUrl=url),
        lambda: theirs.add_permission(QueueUrl=url, Label="x", AWSAccountIds=[ACCOUNT], Actions=["*"]),
        lambda: theirs.remove_permission(QueueUrl=url, Label="x"),
        lambda: theirs.start_message_move_task(SourceArn=ARN),
        lambda: theirs.list_message_move_tasks(SourceArn=ARN),
    ):
        assert error_of(refused).status == 403
    assert theirs.list_queues().get("QueueUrls") is None


def test_permissions_by_their_labels(sqs: Any, url: str) -> None:
    grant = {"QueueUrl": url, "AWSAccountIds": ["444455556666"]}
    sqs.add_permission(**grant, Label="a", Actions=["*"])
    assert error_of(sqs.add_permission, **grant, Label="a", Actions=["*"]).message.endswith("Already exists.")
    assert error_of(sqs.add_permission, **grant, Label="b", Actions=["DeleteQueue"]).code == "InvalidParameterValue"
    assert error_of(sqs.add_permission, **grant, Label="b", Actions=["SendMessage"] * 8).code == "OverLimit"
    assert error_of(sqs.remove_permission, QueueUrl=url, Label="b").message.endswith("can't find label.")
    sqs.remove_permission(QueueUrl=url, Label="a")
    assert "Policy" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_conditions_of_a_queues_policy(
    cloud: Server, sqs: Any, url: str, new_user: Callable[..., Identity]
) -> None:
    plain = deny("sqs:*", ARN, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(plain)})
    assert error_of(sqs.send_message, QueueUrl=url, MessageBody="x").status == 403
    # Who is locked out may ask the root user, who can always take the policy away.
    administrator = new_user("admin", managed="AdministratorAccess").client("sqs")
    assert error_of(administrator.set_queue_attributes, QueueUrl=url, Attributes={"Policy": ""}).status == 403
    # Whoever is nobody may do what everybody may.
    public = allow("sqs:SendMessage", ARN, Principal="*", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    form = raw.Request(
        "POST", f"/{ACCOUNT}/orders", {"Content-Type": raw.FORM, "Host": "sqs.us-east-1.localhost"},
        raw.form("SendMessage", "2012-11-05", MessageBody="from nobody"),
    )  # fmt: skip
    assert raw.send(cloud.port, form).status == 403
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy(public)})
    assert raw.send(cloud.port, form).status == 200
    assert body(sqs, url) == "from nobody"


def test_a_queue_with_a_kms_key(root: Identity, sqs: Any, url: str, new_user: Callable[..., Identity]) -> None:
    kms = root.client("kms")
    key = kms.create_key()["KeyMetadata"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key["KeyId"]})
    shown = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert (shown["SqsManagedSseEnabled"], shown["KmsDataKeyReusePeriodSeconds"]) == ("false", "300")
    queue = allow(["sqs:SendMessage", "sqs:ReceiveMessage"], ARN)
    through = {"StringEquals": {"kms:ViaService": "sqs.us-east-1.amazonaws.com"}}
    bare = new_user("bare", queue).client("sqs")
    sender = new_user("sender", queue, allow("kms:GenerateDataKey", key["Arn"], Condition=through)).client("sqs")
    bound = {"StringEquals": {"kms:EncryptionContext:aws:sqs:arn": ARN}}
    receiver = new_user("receiver", queue, allow("kms:Decrypt", key["Arn"], Condition=bound)).client("sqs")
    assert error_of(bare.send_message, QueueUrl=url, MessageBody="x").code == "KMS.AccessDeniedException"
    sender.send_message(QueueUrl=url, MessageBody="secret")
    for denied in (bare, sender):
        assert error_of(denied.receive_message, QueueUrl=url).code == "KMS.AccessDeniedException"
    # Nobody took it meanwhile.
    assert body(receiver, url) == "secret"
    kms.disable_key(KeyId=key["KeyId"])
    assert error_of(sqs.send_message, QueueUrl=url, MessageBody="x").code == "KMS.DisabledException"
    # SQS's own key in the account needs no permission but the queue's.
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    bare.send_message(QueueUrl=url, MessageBody="by the account's key")
    assert body(bare, url) == "by the account's key"
    both = {"KmsMasterKeyId": key["KeyId"], "SqsManagedSseEnabled": "true"}
    assert error_of(sqs.set_queue_attributes, QueueUrl=url, Attributes=both).code == "InvalidAttributeValue"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"SqsManagedSseEnabled": "true"})
    assert "KmsMasterKeyId" not in sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_kms_is_asked_for_each_session(
    root: Identity, cloud: Server, sqs: Any, url: str, new_user: Callable[..., Identity], new_role: Callable[..., str]
) -> None:
    key = root.client("kms").create_key()["KeyMetadata"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": key["KeyId"]})
    trusted = policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"})
    role = new_role("receiver", trusted, allow("sqs:ReceiveMessage", ARN), allow("kms:Decrypt", key["Arn"]))
    worker = new_user("worker", allow("sts:AssumeRole"))

    def session(**limits: str) -> Any:
        made = worker.sts.assume_role(RoleArn=role, RoleSessionName="same", **limits)["Credentials"]
        return Identity.of_session(cloud.url, made).client("sqs")

    sqs.send_message(QueueUrl=url, MessageBody="secret")
    assert session().receive_message(QueueUrl=url, VisibilityTimeout=0)["Messages"][0]["Body"] == "secret"
    # What KMS has answered to one holds for none that merely has its name.
    limited = session(Policy=policy(allow("sqs:ReceiveMessage", ARN)))
    assert error_of(limited.receive_message, QueueUrl=url).code == "KMS.AccessDeniedException"


def test_moving_messages_on_takes_all_that_it_does(sqs: Any, url: str, new_user: Callable[..., Identity]) -> None:
    dead = ARN.replace("orders", "dead")
    sqs.create_queue(QueueName="dead")
    redrive = json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 1})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    takes = ["sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
    half = new_user("half", allow(takes, dead)).client("sqs")
    assert f"sqs:SendMessage on resource: {ARN}" in error_of(half.start_message_move_task, SourceArn=dead).message
    whole = new_user("whole", allow(takes, dead), allow("sqs:SendMessage", ARN)).client("sqs")
    whole.start_message_move_task(SourceArn=dead)
