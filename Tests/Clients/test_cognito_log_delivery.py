"""What users do is delivered to a bucket or a log group, if that lets the logger in; and messages to them that were not sent."""

import gzip
import json
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.ports import free_port
from harness.sign_in import refusal
from harness.user_pools import UserPool

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:cognito"
LOGGER = {"Service": "delivery.logs.amazonaws.com"}
TO_BUCKET = {"LogLevel": "INFO", "EventSource": "userAuthEvents", "S3Configuration": {"BucketArn": "arn:aws:s3:::logs"}}


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    pool = UserPool(cloud, UserPoolTier="PLUS", UserPoolAddOns={"AdvancedSecurityMode": "AUDIT"})
    pool.create("ann")
    pool.admin.set_log_delivery_configuration(UserPoolId=pool.id, LogConfigurations=[TO_BUCKET])
    return pool


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="logs")
    return client


def let_in(s3: Any, account: str = ACCOUNT) -> None:
    condition = {
        "StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": account},
        "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{account}:*"},
    }
    files = f"arn:aws:s3:::logs/AWSLogs/{ACCOUNT}/*"
    s3.put_bucket_policy(
        Bucket="logs", Policy=policy(allow("s3:PutObject", files, Principal=LOGGER, Condition=condition))
    )


def delivered(s3: Any, cloud: Server) -> list[Any]:
    cloud.advance(301)
    lines: list[Any] = []
    for one in s3.list_objects_v2(Bucket="logs").get("Contents", []):
        text = gzip.decompress(s3.get_object(Bucket="logs", Key=one["Key"])["Body"].read()).decode()
        lines += [json.loads(line) for line in text.splitlines()]
    return lines


def test_lines(cloud: Server, s3: Any, pool: UserPool) -> None:
    let_in(s3)
    refusal(lambda: pool.sign_in("ann", "Wrong-1-wrong"))
    pool.sign_in("ann")
    failed, passed = delivered(s3, cloud)
    assert passed["eventSource"] == "USER_ACTIVITY" and passed["logLevel"] == "INFO"
    assert passed["logSourceId"] == {"userPoolId": pool.id}
    assert failed["message"]["eventResponse"] == "Fail"
    message = passed["message"]
    event = pool.admin.admin_list_user_auth_events(UserPoolId=pool.id, Username="ann")["AuthEvents"][0]
    assert message["eventId"] == event["EventId"] and message["userName"] == "ann"
    assert (message["eventType"], message["eventResponse"], message["riskDecision"]) == ("SignIn", "Pass", "PASS")
    assert message["challenges"] == [{"challengeName": "Password", "challengeResponse": "Success"}]
    assert message["ipAddress"] == "127.0.0.1" and message["clientId"] == pool.client
    key = s3.list_objects_v2(Bucket="logs")["Contents"][0]["Key"]
    assert key.startswith(f"AWSLogs/{ACCOUNT}/CognitoUserPools/us-east-1/{pool.id}/")
    # Each event once.
    assert len(delivered(s3, cloud)) == 2
    pool.sign_in("ann")
    assert len(delivered(s3, cloud)) == 3


def test_a_bucket_that_lets_nobody_in(cloud: Server, s3: Any, pool: UserPool) -> None:
    pool.sign_in("ann")
    assert delivered(s3, cloud) == []
    let_in(s3, "999988887777")
    pool.sign_in("ann")
    assert delivered(s3, cloud) == []
    # What it did not take is gone.
    let_in(s3)
    assert delivered(s3, cloud) == []
    pool.sign_in("ann")
    assert len(delivered(s3, cloud)) == 1


def test_what_there_is_not(cloud: Server, pool: UserPool) -> None:
    stream = {"StreamArn": f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/cognito"}
    configuration = {"LogLevel": "INFO", "EventSource": "userAuthEvents", "FirehoseConfiguration": stream}
    error = error_of(
        pool.admin.set_log_delivery_configuration, UserPoolId=pool.id, LogConfigurations=[configuration])
    assert error.code == "NotImplemented" and "S3 buckets" in error.message


def messages_of(logs: Any) -> list[Any]:
    return [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName="cognito")["events"]]


def group_lets_in(logs: Any) -> None:
    logs.put_resource_policy(policyName="cognito", policyDocument=policy(
        allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{GROUP}:*", Principal=LOGGER,
              Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}})))  # fmt: skip


def test_a_log_group(cloud: Server, root: Identity, pool: UserPool) -> None:
    logs = root.client("logs")
    logs.create_log_group(logGroupName="cognito")
    to_group = {"LogLevel": "INFO", "EventSource": "userAuthEvents",
                "CloudWatchLogsConfiguration": {"LogGroupArn": GROUP}}  # fmt: skip
    pool.admin.set_log_delivery_configuration(UserPoolId=pool.id, LogConfigurations=[to_group])
    pool.sign_in("ann")
    cloud.advance(301)
    # Nobody has let the logger in.
    assert messages_of(logs) == []
    group_lets_in(logs)
    pool.sign_in("ann")
    pool.sign_in("ann")
    cloud.advance(301)
    assert [(one["eventSource"], one["message"]["userName"]) for one in messages_of(logs)] == [
        ("USER_ACTIVITY", "ann")] * 2  # fmt: skip


def test_a_message_that_could_not_be_sent_is_told() -> None:
    with Server("--message-endpoint", f"http://127.0.0.1:{free_port()}/") as server:
        logs = server.root.client("logs")
        logs.create_log_group(logGroupName="cognito")
        group_lets_in(logs)
        pool = UserPool(server, AutoVerifiedAttributes=["email"])
        told = {"LogLevel": "ERROR", "EventSource": "userNotification",
                "CloudWatchLogsConfiguration": {"LogGroupArn": GROUP}}  # fmt: skip
        pool.admin.set_log_delivery_configuration(UserPoolId=pool.id, LogConfigurations=[told])
        pool.admin.admin_create_user(
            UserPoolId=pool.id, Username="ben", UserAttributes=[{"Name": "email", "Value": "ben@example.com"}],
            DesiredDeliveryMediums=["EMAIL"])  # fmt: skip
        server.advance(1)
        server.advance(301)
        (told_of,) = messages_of(logs)
        assert (told_of["eventSource"], told_of["logLevel"]) == ("USER_NOTIFICATION", "ERROR")
        assert told_of["logSourceId"] == {"userPoolId": pool.id} and "could not be delivered" in told_of["message"]["details"]


def test_without_a_configuration(cloud: Server, s3: Any, pool: UserPool) -> None:
    let_in(s3)
    pool.admin.set_log_delivery_configuration(UserPoolId=pool.id, LogConfigurations=[])
    pool.sign_in("ann")
    assert delivered(s3, cloud) == []
