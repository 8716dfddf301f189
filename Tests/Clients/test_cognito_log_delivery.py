"""What users do is delivered to a bucket, if the bucket lets the logger in."""

import gzip
import json
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.sign_in import refusal
from harness.user_pools import UserPool

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
    put = pool.admin.set_log_delivery_configuration
    group = {"LogGroupArn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:cognito"}
    stream = {"StreamArn": f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/cognito"}
    source = {"LogLevel": "INFO", "EventSource": "userAuthEvents"}
    for configuration in (
        source | {"CloudWatchLogsConfiguration": group},
        source | {"FirehoseConfiguration": stream},
        {"LogLevel": "ERROR", "EventSource": "userNotification", "CloudWatchLogsConfiguration": group},
    ):
        error = error_of(put, UserPoolId=pool.id, LogConfigurations=[configuration])
        assert error.code == "NotImplemented" and "S3 buckets" in error.message


def test_without_a_configuration(cloud: Server, s3: Any, pool: UserPool) -> None:
    let_in(s3)
    pool.admin.set_log_delivery_configuration(UserPoolId=pool.id, LogConfigurations=[])
    pool.sign_in("ann")
    assert delivered(s3, cloud) == []
