"""Topics of SNS: their attributes and policies, and who may do what with them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Trail, allow, error_of

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
OTHER = "444455556666"


@pytest.fixture
def sns(root: Identity) -> Any:
    client = root.client("sns")
    client.create_topic(Name="news")
    return client


def attributes(sns: Any, topic: str = TOPIC) -> dict[str, str]:
    return dict(sns.get_topic_attributes(TopicArn=topic)["Attributes"])


def set_attribute(sns: Any, name: str, value: str, topic: str = TOPIC) -> None:
    sns.set_topic_attributes(TopicArn=topic, AttributeName=name, AttributeValue=value)


def test_a_topic_as_it_is_made(sns: Any) -> None:
    found = attributes(sns)
    policy = json.loads(found.pop("Policy"))
    assert found.pop("EffectiveDeliveryPolicy") == (
        '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":20,"maxDelayTarget":20,"numRetries":3,"numMaxDelayRetries":0,'
        '"numNoDelayRetries":0,"numMinDelayRetries":0,"backoffFunction":"linear"},"disableSubscriptionOverrides":false,'
        '"defaultRequestPolicy":{"headerContentType":"text/plain; charset=UTF-8"}}}'
    )
    assert found == {
        "TopicArn": TOPIC, "Owner": ACCOUNT, "DisplayName": "", "SubscriptionsConfirmed": "0",
        "SubscriptionsPending": "0", "SubscriptionsDeleted": "0",
    }  # fmt: skip
    (statement,) = policy["Statement"]
    assert statement["Condition"] == {"StringEquals": {"AWS:SourceOwner": ACCOUNT}} and statement["Resource"] == TOPIC


def test_making_it_again(sns: Any) -> None:
    assert sns.create_topic(Name="news")["TopicArn"] == TOPIC
    error = error_of(sns.create_topic, Name="news", Attributes={"DisplayName": "News"})
    assert error.code == "InvalidParameter"
    assert error.message == "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    error = error_of(sns.create_topic, Name="news", Tags=[{"Key": "team", "Value": "blue"}])
    assert error.message == "Invalid parameter: Tags Reason: Topic already exists with different tags"
    for name in ("", "a b", "x" * 257, "news.fifo", "ä"):
        assert error_of(sns.create_topic, Name=name).message == "Invalid parameter: Topic Name", name
    fifo = {"FifoTopic": "true", "ContentBasedDeduplication": "true"}
    assert "must end with .fifo" in error_of(sns.create_topic, Name="orders", Attributes=fifo).message
    arn = sns.create_topic(Name="orders.fifo", Attributes=fifo)["TopicArn"]
    assert sns.create_topic(Name="orders.fifo", Attributes=fifo)["TopicArn"] == arn
    assert attributes(sns, arn)["ContentBasedDeduplication"] == "true"
    assert {one["TopicArn"] for one in sns.list_topics()["Topics"]} == {TOPIC, arn}


def test_lists_have_pages(sns: Any) -> None:
    for number in range(101):
        sns.create_topic(Name=f"topic-{number:03}")
    first = sns.list_topics()
    assert len(first["Topics"]) == 100 and len(sns.list_topics(NextToken=first["NextToken"])["Topics"]) == 2
    assert error_of(sns.list_topics, NextToken="?").code == "InvalidParameter"


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("Nothing", "x", "AttributeName"),
        ("FifoTopic", "true", "AttributeName"),
        ("DisplayName", "x" * 101, "DisplayName"),
        ("SignatureVersion", "3", "SignatureVersion"),
        ("TracingConfig", "Sometimes", "TracingConfig"),
        ("ContentBasedDeduplication", "true", "ContentBasedDeduplication is only supported for FIFO topics"),
        ("DeliveryPolicy", "{", "DeliveryPolicy: failed to parse JSON"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"numRetries":101}}}', "numRetries must be less than or equal to 100"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"minDelayTarget":30}}}', "maxDelayTarget must be greater than"),
        ("DeliveryPolicy", '{"http":{"defaultHealthyRetryPolicy":{"maxDelayTarget":3600,"numRetries":50}}}', "more than 3600 seconds"),
        ("Policy", "{", "Policy Error"),
        ("Policy", json.dumps({"Statement": [allow("sns:*", TOPIC, Principal="*")]}), "Policy statement action out of service scope!"),
        ("Policy", json.dumps({"Statement": [allow("sqs:SendMessage", TOPIC, Principal="*")]}), "action out of service scope!"),
        ("Policy", json.dumps({"Statement": [allow("sns:Publish", TOPIC + "s", Principal="*")]}), "Policy Error"),
        ("Policy", json.dumps({"Statement": [allow("sns:Publish", TOPIC, Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:user/no"})]}), "PrincipalNotFound"),
    ],
)  # fmt: skip
def test_what_no_topic_can_have(sns: Any, name: str, value: str, reason: str) -> None:
    before = attributes(sns)
    error = error_of(sns.set_topic_attributes, TopicArn=TOPIC, AttributeName=name, AttributeValue=value)
    assert error.code == "InvalidParameter" and error.message.startswith("Invalid parameter: ") and reason in error.message
    assert attributes(sns) == before


def test_what_is_not_built_says_so(sns: Any) -> None:
    for name, value in (
        ("HTTPSuccessFeedbackRoleArn", f"arn:aws:iam::{ACCOUNT}:role/x"), ("ArchivePolicy", '{"MessageRetentionPeriod":1}'),
        ("TracingConfig", "Active"),
    ):  # fmt: skip
        error = error_of(sns.set_topic_attributes, TopicArn=TOPIC, AttributeName=name, AttributeValue=value)
        assert error.code == "NotImplemented" and name in error.message
    assert error_of(sns.subscribe, TopicArn=TOPIC, Protocol="lambda", Endpoint="x").code == "NotImplemented"
    assert error_of(sns.publish, PhoneNumber="+15555550100", Message="x").code == "NotImplemented"


def test_attributes_are_kept(sns: Any, root: Identity) -> None:
    delivery = json.dumps({"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}, "disableSubscriptionOverrides": True}})
    for name, value in (("DisplayName", "News"), ("DeliveryPolicy", delivery), ("SignatureVersion", "2"), ("KmsMasterKeyId", "alias/aws/sns")):
        set_attribute(sns, name, value)
    found = attributes(sns)
    assert (found["DisplayName"], found["DeliveryPolicy"], found["SignatureVersion"]) == ("News", delivery, "2")
    assert found["KmsMasterKeyId"] == "alias/aws/sns"
    effective = json.loads(found["EffectiveDeliveryPolicy"])["http"]
    assert effective["defaultHealthyRetryPolicy"]["numRetries"] == 5 and effective["disableSubscriptionOverrides"]


def test_permissions_come_and_go(sns: Any) -> None:
    sns.add_permission(TopicArn=TOPIC, Label="partners", AWSAccountId=[OTHER, "777788889999"], ActionName=["Publish", "Subscribe"])
    error = error_of(sns.add_permission, TopicArn=TOPIC, Label="partners", AWSAccountId=[OTHER], ActionName=["Publish"])
    assert error.message == "Invalid parameter: Statement already exists"
    error = error_of(sns.add_permission, TopicArn=TOPIC, Label="more", AWSAccountId=[OTHER], ActionName=["CreateTopic"])
    assert error.message == "Invalid parameter: Policy statement action out of service scope!"
    statement = json.loads(attributes(sns)["Policy"])["Statement"][1]
    assert statement == {
        "Sid": "partners", "Effect": "Allow", "Action": ["SNS:Publish", "SNS:Subscribe"], "Resource": TOPIC,
        "Principal": {"AWS": [f"arn:aws:iam::{OTHER}:root", "arn:aws:iam::777788889999:root"]},
    }  # fmt: skip
    sns.remove_permission(TopicArn=TOPIC, Label="partners")
    assert len(json.loads(attributes(sns)["Policy"])["Statement"]) == 1
    assert error_of(sns.remove_permission, TopicArn=TOPIC, Label="partners").code == "InvalidParameter"


def test_tags(sns: Any) -> None:
    sns.tag_resource(ResourceArn=TOPIC, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "stage", "Value": "test"}])
    sns.untag_resource(ResourceArn=TOPIC, TagKeys=["stage"])
    assert sns.list_tags_for_resource(ResourceArn=TOPIC)["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert error_of(sns.list_tags_for_resource, ResourceArn=TOPIC + "s").code == "ResourceNotFound"
    many = [{"Key": str(number), "Value": ""} for number in range(50)]
    assert error_of(sns.tag_resource, ResourceArn=TOPIC, Tags=many).code == "TagLimitExceeded"


def test_denials_have_the_words_of_sns(sns: Any, new_user: Callable[..., Identity], trail: Trail) -> None:
    alice = new_user("alice").client("sns")
    error = error_of(alice.publish, TopicArn=TOPIC, Message="x")
    assert (error.code, error.status) == ("AuthorizationError", 403)
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: SNS:Publish on resource: {TOPIC} because no "
        "identity-based policy allows the SNS:Publish action"
    )
    # What is not there is told to nobody who may not know.
    assert error_of(alice.get_topic_attributes, TopicArn=TOPIC + "s").code == "AuthorizationError"
    assert error_of(sns.get_topic_attributes, TopicArn=TOPIC + "s").code == "NotFound"
    bob = new_user("bob", allow("sns:Publish", TOPIC)).client("sns")
    assert bob.publish(TopicArn=TOPIC, Message="x")["MessageId"]
    carol = new_user("carol", allow("sns:Subscribe", Condition={"StringLike": {"sns:Endpoint": "*@example.com"}, "StringEquals": {"sns:Protocol": "email"}}))
    assert carol.client("sns").subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="carol@example.com")
    for protocol, endpoint in (("email", "carol@example.org"), ("email-json", "carol@example.com")):
        assert error_of(carol.client("sns").subscribe, TopicArn=TOPIC, Protocol=protocol, Endpoint=endpoint).code == "AuthorizationError"


def test_arns_that_are_none(sns: Any) -> None:
    error = error_of(sns.publish, TopicArn="news", Message="x")
    assert error.message == "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1"
    assert error_of(sns.publish, TopicArn=TOPIC.replace("us-east-1", "eu-west-1"), Message="x").message == "Invalid parameter: TopicArn"
    assert error_of(sns.publish, Message="x").code == "InvalidParameter"


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"Message": ""}, "Empty message"),
        ({"Message": "x" * 262_145}, "Message too long"),
        ({"Message": "x" * 262_140, "MessageAttributes": {"a": {"DataType": "String", "StringValue": "b"}}}, "Message too long"),
        ({"Subject": "x" * 101}, "Subject"),
        ({"Subject": ""}, "Subject"),
        ({"Subject": "a\nb"}, "Subject"),
        ({"MessageStructure": "xml"}, "MessageStructure"),
        ({"MessageStructure": "json"}, "Message Structure - JSON message body failed to parse"),
        ({"MessageStructure": "json", "Message": '{"sqs":"x"}'}, "Message Structure - No default entry in JSON message body"),
        ({"MessageDeduplicationId": "a"}, "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter"),
    ],
)
def test_messages_that_are_refused(sns: Any, parameters: dict[str, Any], reason: str) -> None:
    error = error_of(sns.publish, **({"TopicArn": TOPIC, "Message": "x"} | parameters))
    assert error.code == "InvalidParameter" and error.message.startswith(f"Invalid parameter: {reason}")


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("AWS.x", {"DataType": "String", "StringValue": "x"}),
        ("a..b", {"DataType": "String", "StringValue": "x"}),
        ("a", {"DataType": "Other", "StringValue": "x"}),
        ("a", {"DataType": "Number", "StringValue": "x"}),
        ("a", {"DataType": "String", "StringValue": ""}),
        ("a", {"DataType": "Binary", "StringValue": "x"}),
        ("a", {"DataType": "String.Array", "StringValue": '{"a":1}'}),
    ],
)
def test_attributes_that_are_refused(sns: Any, name: str, attribute: dict[str, Any]) -> None:
    error = error_of(sns.publish, TopicArn=TOPIC, Message="x", MessageAttributes={name: attribute})
    assert error.code == "ParameterValueInvalid" and name in error.message


def test_batches(sns: Any) -> None:
    def publish(*entries: dict[str, str]) -> Any:
        return sns.publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=list(entries))

    answer = publish({"Id": "a", "Message": "x"}, {"Id": "b", "Message": ""}, {"Id": "c", "Message": "y"})
    assert [one["Id"] for one in answer["Successful"]] == ["a", "c"]
    (failed,) = answer["Failed"]
    assert failed == {"Id": "b", "Code": "InvalidParameter", "Message": "Invalid parameter: Empty message", "SenderFault": True}

    def code(*entries: dict[str, str]) -> str:
        return error_of(sns.publish_batch, TopicArn=TOPIC, PublishBatchRequestEntries=list(entries)).code

    assert code() == "EmptyBatchRequest"
    assert code(*({"Id": str(number), "Message": "x"} for number in range(11))) == "TooManyEntriesInBatchRequest"
    assert code({"Id": "a", "Message": "x"}, {"Id": "a", "Message": "x"}) == "BatchEntryIdsNotDistinct"
    assert code({"Id": "a b", "Message": "x"}) == "InvalidBatchEntryId"
    assert code(*({"Id": str(number), "Message": "x" * 200_000} for number in range(2))) == "BatchRequestTooLong"


def test_a_deleted_topic_is_gone(sns: Any) -> None:
    sns.subscribe(TopicArn=TOPIC, Protocol="email", Endpoint="a@example.com")
    sns.delete_topic(TopicArn=TOPIC)
    sns.delete_topic(TopicArn=TOPIC)
    assert error_of(sns.publish, TopicArn=TOPIC, Message="x").code == "NotFound"
    sns.create_topic(Name="news")
    assert sns.list_subscriptions_by_topic(TopicArn=TOPIC)["Subscriptions"] == []
