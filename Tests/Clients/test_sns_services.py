"""Services that publish to topics: a trail tells of its deliveries, a bucket of its objects."""

from __future__ import annotations

import json
from typing import Any

import pytest
from test_sns_queues import Queues

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.trails import Delivered, make_bucket

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:news"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


@pytest.fixture
def queues(root: Identity) -> Queues:
    return Queues(root)


@pytest.fixture
def sns(root: Identity, queues: Queues) -> Any:
    client = root.client("sns")
    client.create_topic(Name="news")
    queues.make("orders")
    client.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queues.arn("orders"))
    return client


def let_in(sns: Any, service: str, source: str) -> None:
    condition = {"ArnLike": {"aws:SourceArn": source}, "StringEquals": {"aws:SourceAccount": ACCOUNT}}
    statement = allow("sns:Publish", TOPIC, Principal={"Service": service}, Condition=condition)
    sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy(statement))


def messages(queues: Queues) -> list[dict[str, Any]]:
    url = queues.sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    return [json.loads(message["Body"]) for message in queues.take(url)]


def test_a_trail_tells_of_what_it_has_delivered(cloud: Server, root: Identity, sns: Any, queues: Queues) -> None:
    make_bucket(root, "logs")
    ct = root.cloudtrail
    denied = "InsufficientSnsTopicPolicyException"
    assert error_of(ct.create_trail, Name="main", S3BucketName="logs", SnsTopicName="news").code == denied
    let_in(sns, "cloudtrail.amazonaws.com", TRAIL + "s")
    assert error_of(ct.create_trail, Name="main", S3BucketName="logs", SnsTopicName="news").code == denied
    assert error_of(ct.create_trail, Name="main", S3BucketName="logs", SnsTopicName="arn:aws:sqs:x").code == "InvalidSnsTopicNameException"
    let_in(sns, "cloudtrail.amazonaws.com", TRAIL)
    made = ct.create_trail(Name="main", S3BucketName="logs", SnsTopicName="news")
    assert made["SnsTopicARN"] == TOPIC == ct.get_trail(Name="main")["Trail"]["SnsTopicARN"]
    ct.start_logging(Name="main")
    root.iam.create_user(UserName="alice")
    cloud.advance(301)
    (message,) = messages(queues)
    told = json.loads(message["Message"])
    assert told["s3Bucket"] == "logs" and sorted(told["s3ObjectKey"]) == sorted(Delivered(root, "logs").keys())
    assert "LatestNotificationTime" in ct.get_trail_status(Name="main")
    # Without the topic the files come all the same.
    let_in(sns, "s3.amazonaws.com", "*")
    root.iam.create_user(UserName="bob")
    cloud.advance(301)
    status = ct.get_trail_status(Name="main")
    assert status["LatestNotificationError"] == "AuthorizationError" and "LatestDeliveryError" not in status
    assert len(Delivered(root, "logs").keys()) > len(told["s3ObjectKey"]) and messages(queues) == []
    ct.update_trail(Name="main", SnsTopicName="")
    assert "SnsTopicARN" not in ct.get_trail(Name="main")["Trail"]


def test_a_bucket_tells_of_its_objects(cloud: Server, root: Identity, sns: Any, queues: Queues) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    rules = {
        "TopicConfigurations": [{"TopicArn": TOPIC, "Events": ["s3:ObjectCreated:*"]}],
        "QueueConfigurations": [{"QueueArn": queues.arn("direct"), "Events": ["s3:ObjectRemoved:*"]}],
    }
    error = error_of(s3.put_bucket_notification_configuration, Bucket="box", NotificationConfiguration=rules)
    assert error.code == "InvalidArgument" and error.message == "Unable to validate the following destination configurations"
    let_in(sns, "s3.amazonaws.com", "arn:aws:s3:::box")
    direct = queues.make("direct", topic=None)
    condition = {"ArnEquals": {"aws:SourceArn": "arn:aws:s3:::box"}}
    statement = allow("sqs:SendMessage", queues.arn("direct"), Principal={"Service": "s3.amazonaws.com"}, Condition=condition)
    queues.sqs.set_queue_attributes(QueueUrl=direct, Attributes={"Policy": policy(statement)})
    s3.put_bucket_notification_configuration(Bucket="box", NotificationConfiguration=rules)
    cloud.advance(1)
    (test,) = messages(queues)
    assert test["Subject"] == "Amazon S3 Notification" and json.loads(test["Message"])["Event"] == "s3:TestEvent"
    s3.put_object(Bucket="box", Key="a", Body=b"text")
    s3.delete_object(Bucket="box", Key="a")
    cloud.advance(1)
    (created,) = messages(queues)
    assert json.loads(created["Message"])["Records"][0]["s3"]["object"]["key"] == "a"
    bodies = [json.loads(message["Body"]) for message in queues.take(direct)]
    assert bodies[0]["Event"] == "s3:TestEvent" and bodies[1]["Records"][0]["eventName"] == "ObjectRemoved:Delete"
