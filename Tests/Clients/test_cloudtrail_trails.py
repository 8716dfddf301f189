"""CloudTrail's trails: made, changed, shown and deleted; and what they deliver into their buckets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of
from harness.patience import PATIENCE
from harness.trails import SERVICE, Delivered, bucket_policy, make_bucket

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/"


@pytest.fixture(scope="module")
def quick_server() -> Iterator[Server]:
    with Server("--trail-delivery", "1") as server:
        yield server


@pytest.fixture
def quick(quick_server: Server) -> Server:
    """An empty account, whose trails deliver every second."""
    quick_server.reset()
    return quick_server


def in_region(root: Identity, region: str) -> Any:
    return root.client("cloudtrail", region=region)


# Made, shown, changed, deleted.


def test_the_life_of_a_trail(root: Identity) -> None:
    make_bucket(root, "logs", ARN + "main")
    made = root.aws(
        "cloudtrail", "create-trail", "--name", "main", "--s3-bucket-name", "logs", "--enable-log-file-validation",
        "--tags-list", "Key=team,Value=audit",
    )
    assert made == {
        "Name": "main", "S3BucketName": "logs", "IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": False,
        "TrailARN": ARN + "main", "LogFileValidationEnabled": True, "IsOrganizationTrail": False,
    }
    shown = {
        "Name": "main", "S3BucketName": "logs", "IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": False,
        "HomeRegion": "us-east-1", "TrailARN": ARN + "main", "LogFileValidationEnabled": True,
        "HasCustomEventSelectors": False, "HasInsightSelectors": False, "IsOrganizationTrail": False,
    }
    assert root.aws("cloudtrail", "get-trail", "--name", "main") == {"Trail": shown}
    assert root.aws("cloudtrail", "get-trail", "--name", ARN + "main") == {"Trail": shown}
    assert root.aws("cloudtrail", "describe-trails") == {"trailList": [shown]}
    assert root.aws("cloudtrail", "list-trails") == {
        "Trails": [{"TrailARN": ARN + "main", "Name": "main", "HomeRegion": "us-east-1"}]
    }
    status = root.cloudtrail.get_trail_status(Name="main")
    assert status["IsLogging"] is False and "LatestDeliveryTime" not in status

    assert root.cloudtrail.list_tags(ResourceIdList=[ARN + "main"])["ResourceTagList"] == [
        {"ResourceId": ARN + "main", "TagsList": [{"Key": "team", "Value": "audit"}]}
    ]
    root.cloudtrail.add_tags(ResourceId=ARN + "main", TagsList=[{"Key": "cost"}, {"Key": "team", "Value": "red"}])
    root.cloudtrail.remove_tags(ResourceId=ARN + "main", TagsList=[{"Key": "cost"}])
    assert root.cloudtrail.list_tags(ResourceIdList=[ARN + "main"])["ResourceTagList"][0]["TagsList"] == [
        {"Key": "team", "Value": "red"}
    ]

    changed = root.cloudtrail.update_trail(Name="main", EnableLogFileValidation=False, IsMultiRegionTrail=True)
    assert (changed["LogFileValidationEnabled"], changed["IsMultiRegionTrail"]) == (False, True)
    root.cloudtrail.start_logging(Name="main")
    status = root.cloudtrail.get_trail_status(Name="main")
    assert status["IsLogging"] and status["TimeLoggingStarted"] and status["TimeLoggingStopped"] == ""
    root.cloudtrail.stop_logging(Name="main")
    status = root.cloudtrail.get_trail_status(Name="main")
    assert not status["IsLogging"] and status["StopLoggingTime"] >= status["StartLoggingTime"]

    root.cloudtrail.delete_trail(Name="main")
    assert root.cloudtrail.describe_trails()["trailList"] == []
    error = error_of(root.cloudtrail.get_trail, Name="main")
    assert (error.code, error.message) == (
        "TrailNotFoundException", f"Unknown trail: {ARN}main for the user: {ACCOUNT}",
    )


def test_shadows_in_other_regions(root: Identity) -> None:
    make_bucket(root, "logs")
    root.cloudtrail.create_trail(Name="wide", S3BucketName="logs", IsMultiRegionTrail=True)
    root.cloudtrail.create_trail(Name="local", S3BucketName="logs")
    west = in_region(root, "eu-west-1")
    (shadow,) = west.describe_trails()["trailList"]
    assert (shadow["Name"], shadow["HomeRegion"], shadow["TrailARN"]) == ("wide", "us-east-1", ARN + "wide")
    assert west.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert west.describe_trails(trailNameList=["wide"])["trailList"] == [shadow]
    assert root.cloudtrail.describe_trails(trailNameList=["nobody", ARN + "local"])["trailList"][0]["Name"] == "local"
    assert [one["Name"] for one in west.list_trails()["Trails"]] == ["local", "wide"]
    assert west.get_trail(Name=ARN + "wide")["Trail"]["HomeRegion"] == "us-east-1"
    assert west.get_trail_status(Name=ARN + "wide")["IsLogging"] is False
    for name in ("wide", ARN + "local"):
        assert error_of(west.get_trail, Name=name).code == "TrailNotFoundException"
    error = error_of(west.start_logging, Name=ARN + "wide")
    assert error.code == "InvalidHomeRegionException"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("ab", "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters."),
        ("a" * 129, "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters."),
        ("-abc", "Trail name must starts with a letter or number."),
        ("abc.", "Trail name must ends with a letter or number."),
        (
            "a!bc",
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-),"
            " and underscores (_).",
        ),
        ("a._bc", None),
        ("192.168.1.1", None),
    ],
)
def test_names(root: Identity, name: str, message: str | None) -> None:
    error = error_of(root.cloudtrail.create_trail, Name=name, S3BucketName="logs")
    assert error.code == "InvalidTrailNameException"
    assert message is None or error.message == message


def test_what_a_trail_needs(cloud: Server, root: Identity) -> None:
    ct, s3 = root.cloudtrail, root.client("s3")
    error = error_of(ct.create_trail, Name="main", S3BucketName="logs")
    assert (error.code, error.message) == ("S3BucketDoesNotExistException", "S3 bucket logs does not exist!")
    s3.create_bucket(Bucket="logs")
    incorrect = ("InsufficientS3BucketPolicyException", "Incorrect S3 bucket policy is detected for bucket: logs")
    for wrong in (
        None,
        bucket_policy("logs", ARN + "other"),
        bucket_policy("logs", account="444455556666"),
        bucket_policy("logs", prefix="elsewhere/"),
        bucket_policy("logs").replace("bucket-owner-full-control", "private"),
        bucket_policy("logs").replace("cloudtrail.amazonaws.com", "config.amazonaws.com"),
        bucket_policy("logs").replace("s3:GetBucketAcl", "s3:GetBucketCORS"),
    ):
        if wrong:
            s3.put_bucket_policy(Bucket="logs", Policy=wrong)
        error = error_of(ct.create_trail, Name="main", S3BucketName="logs")
        assert (error.code, error.message) == incorrect, wrong
    s3.put_bucket_policy(Bucket="logs", Policy=bucket_policy("logs", ARN + "main", prefix="elsewhere/"))
    ct.create_trail(Name="main", S3BucketName="logs", S3KeyPrefix="elsewhere")
    assert error_of(ct.update_trail, Name="main", S3KeyPrefix="").code == incorrect[0]
    assert ct.get_trail(Name="main")["Trail"]["S3KeyPrefix"] == "elsewhere"

    error = error_of(ct.create_trail, Name="main", S3BucketName="logs", S3KeyPrefix="elsewhere")
    assert (error.code, error.message) == (
        "TrailAlreadyExistsException", f"Trail main already exists for customer: {ACCOUNT}",
    )
    error = error_of(
        ct.update_trail, Name="main", IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False)
    assert error.code == "InvalidParameterCombinationException"
    assert error_of(ct.update_trail, Name="main", SnsTopicName="news").code == "InsufficientSnsTopicPolicyException"
    assert error_of(ct.get_trail, Name="arn:aws:s3:::logs").code == "CloudTrailARNInvalidException"
    assert error_of(ct.create_trail, Name="org", S3BucketName="logs", IsOrganizationTrail=True).code == (
        "OrganizationsNotInUseException")
    assert error_of(ct.add_tags, ResourceId=ARN + "main", TagsList=[{"Key": "aws:x"}]).code == (
        "InvalidTagParameterException")


def test_five_in_a_region(root: Identity) -> None:
    make_bucket(root, "logs")
    make = root.cloudtrail.create_trail
    for number in range(3):
        make(Name=f"trail-{number}", S3BucketName="logs")
    west = in_region(root, "eu-west-1")
    for number in range(2):
        west.create_trail(Name=f"wide-{number}", S3BucketName="logs", IsMultiRegionTrail=True)
    error = error_of(make, Name="sixth", S3BucketName="logs")
    assert (error.code, error.message) == (
        "MaximumNumberOfTrailsExceededException", f"User: {ACCOUNT} already has 5 trails in us-east-1.",
    )
    west.create_trail(Name="third", S3BucketName="logs")
    error = error_of(west.update_trail, Name="third", IsMultiRegionTrail=True)
    assert error.code == "MaximumNumberOfTrailsExceededException"


def test_permission_for_one_trail(root: Identity, new_user) -> None:
    make_bucket(root, "logs")
    for name in ("main", "other"):
        root.cloudtrail.create_trail(Name=name, S3BucketName="logs", TagsList=[{"Key": "name", "Value": name}])
    tagged = allow("cloudtrail:*", ARN + "*")
    tagged["Condition"] = {"StringEquals": {"aws:ResourceTag/name": "main"}}
    user = new_user("keeper", tagged)
    user.cloudtrail.start_logging(Name="main")
    assert error_of(user.cloudtrail.start_logging, Name="other").code in ("AccessDenied", "AccessDeniedException")
    assert error_of(user.cloudtrail.start_logging, Name=ARN + "other").code in ("AccessDenied", "AccessDeniedException")


# Delivery.


def test_what_is_delivered(quick: Server) -> None:
    root = quick.root
    make_bucket(root, "logs", ARN + "main")
    root.iam.create_user(UserName="before")
    root.cloudtrail.create_trail(Name="main", S3BucketName="logs", IsMultiRegionTrail=True)
    started = root.cloudtrail.start_logging(Name="main")
    made = root.iam.create_user(UserName="alice")
    listed = in_region(root, "eu-west-1").list_trails()
    denied = error_of(root.cloudtrail.get_trail, Name="nobody")

    logs = Delivered(root, "logs")
    record = logs.wait_for_request(made)
    assert (record["eventName"], record["requestParameters"]) == ("CreateUser", {"userName": "alice"})
    assert record == Trail(root).of(made, "CreateUser")
    assert logs.wait_for_request(denied.request_id)["errorCode"] == "TrailNotFoundException"
    assert logs.wait_for_request(listed)["awsRegion"] == "eu-west-1"
    assert logs.wait_for_request(started)["eventName"] == "StartLogging"
    records = logs.records()
    ids = [record["eventID"] for record in records]
    assert len(ids) == len(set(ids))
    assert not any(record["requestParameters"] == {"userName": "before"} for record in records)
    # No data events: nobody asked for them.
    assert {record["eventCategory"] for record in records} == {"Management"}

    today = time.strftime("%Y/%m/%d", time.gmtime())
    places = {key.rsplit("/", 1)[0] for key in logs.keys()}
    assert places <= {
        f"AWSLogs/{ACCOUNT}/CloudTrail/{region}/{day}"
        for region in ("us-east-1", "eu-west-1")
        for day in (today, time.strftime("%Y/%m/%d", time.gmtime(time.time() - 120)))
    }
    head = root.client("s3").head_object(Bucket="logs", Key=logs.keys()[0])
    assert (head["ContentType"], head["ContentEncoding"]) == ("application/json", "gzip")
    status = root.cloudtrail.get_trail_status(Name="main")
    assert "LatestDeliveryError" not in status
    assert status["LatestDeliveryTime"] >= status["StartLoggingTime"]

    root.cloudtrail.stop_logging(Name="main")
    after = root.iam.create_user(UserName="after")
    root.cloudtrail.start_logging(Name="main")
    again = root.iam.create_user(UserName="again")
    logs.wait_for_request(again)
    stopped = logs.wait_for(lambda record: record["eventName"] == "StopLogging", "StopLogging")
    assert stopped["requestParameters"] == {"name": "main"}
    requests = [record.get("requestID") for record in logs.records()]
    assert after["ResponseMetadata"]["RequestId"] not in requests
    assert len(requests) == len(set(requests)) + requests.count(None) - (None in requests)


def test_one_region_and_no_global_services(quick: Server) -> None:
    root = quick.root
    make_bucket(root, "logs")
    root.cloudtrail.create_trail(
        Name="main", S3BucketName="logs", S3KeyPrefix="", IncludeGlobalServiceEvents=False)
    root.cloudtrail.start_logging(Name="main")
    user = root.iam.create_user(UserName="alice")
    elsewhere = in_region(root, "eu-west-1").list_trails()
    here = root.cloudtrail.list_trails()
    logs = Delivered(root, "logs")
    logs.wait_for_request(here)
    requests = {record.get("requestID") for record in logs.records()}
    assert not requests & {answer["ResponseMetadata"]["RequestId"] for answer in (user, elsewhere)}


def test_a_bucket_that_lets_nobody_in_any_more(quick: Server) -> None:
    root = quick.root
    make_bucket(root, "logs")
    s3 = root.client("s3")
    root.cloudtrail.create_trail(Name="main", S3BucketName="logs")
    root.cloudtrail.start_logging(Name="main")
    s3.put_bucket_policy(Bucket="logs", Policy=bucket_policy("logs", ARN + "other"))
    made = root.iam.create_user(UserName="alice")

    def status(error: str | None) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE
        while True:
            status = root.cloudtrail.get_trail_status(Name="main")
            if status.get("LatestDeliveryError") == error and status["LatestDeliveryAttemptTime"]:
                return status
            assert time.monotonic() < deadline, status
            time.sleep(0.2)

    failed = status("AccessDenied")
    assert failed["LatestDeliveryAttemptSucceeded"] < failed["LatestDeliveryAttemptTime"]
    s3.put_bucket_policy(Bucket="logs", Policy=bucket_policy("logs", ARN + "main"))
    logs = Delivered(root, "logs")
    logs.wait_for_request(made)
    assert status(None)["LatestDeliveryAttemptSucceeded"]
    records = [record["eventID"] for record in logs.records()]
    assert len(records) == len(set(records))

    # And a bucket that is gone.
    for key in logs.keys(""):
        s3.delete_object(Bucket="logs", Key=key)
    s3.put_bucket_policy(
        Bucket="logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Principal": SERVICE, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"}]}))
    for key in logs.keys(""):
        s3.delete_object(Bucket="logs", Key=key)
    s3.delete_bucket(Bucket="logs")
    assert status("NoSuchBucket")["IsLogging"]


def test_a_bucket_of_another_region_and_account(quick: Server) -> None:
    root = quick.root
    west = root.client("s3", region="eu-west-1")
    west.create_bucket(Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    west.put_bucket_policy(Bucket="far", Policy=bucket_policy("far", ARN + "main"))
    root.cloudtrail.create_trail(Name="main", S3BucketName="far")
    root.cloudtrail.start_logging(Name="main")
    made = root.iam.create_user(UserName="alice")
    logs = Delivered(root, "far")
    logs.s3 = west
    logs.wait_for_request(made)


def test_files_encrypted_with_a_key(quick: Server) -> None:
    root = quick.root
    make_bucket(root, "logs", ARN + "main")
    kms = root.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    describe = {"Effect": "Allow", "Principal": SERVICE, "Action": "kms:DescribeKey", "Resource": "*"}
    encrypt = {
        "Effect": "Allow", "Principal": SERVICE, "Action": "kms:GenerateDataKey*", "Resource": "*",
        "Condition": {
            "StringEquals": {"aws:SourceArn": ARN + "main"},
            "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": ARN + "*"},
        },
    }

    def let(*statements: dict[str, Any]) -> None:
        document = json.dumps({"Version": "2012-10-17", "Statement": [own, *statements]})
        kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document)

    make = root.cloudtrail.create_trail
    for statements in ((), (describe,)):
        let(*statements)
        error = error_of(make, Name="main", S3BucketName="logs", KmsKeyId=key)
        assert (error.code, error.message) == (
            "InsufficientEncryptionPolicyException",
            f"Insufficient permissions to access S3 bucket logs or KMS key {key}.",
        )
    let(describe, encrypt)
    kms.create_alias(AliasName="alias/logs", TargetKeyId=key)
    assert make(Name="main", S3BucketName="logs", KmsKeyId="alias/logs")["KmsKeyId"] == key
    missing = key[:-4] + "0000"
    assert error_of(root.cloudtrail.update_trail, Name="main", KmsKeyId=missing).code == "KmsKeyNotFoundException"
    root.cloudtrail.start_logging(Name="main")
    made = root.iam.create_user(UserName="alice")
    logs = Delivered(root, "logs")
    logs.wait_for_request(made)
    head = root.client("s3").head_object(Bucket="logs", Key=logs.keys()[0])
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    used = Trail(root).named("GenerateDataKey", sourceIPAddress="s3.amazonaws.com")
    assert used["requestParameters"]["encryptionContext"]["aws:cloudtrail:arn"] == ARN + "main"
    kms.disable_key(KeyId=key)
    deadline = time.monotonic() + PATIENCE
    while root.cloudtrail.get_trail_status(Name="main").get("LatestDeliveryError") != "KMS.DisabledException":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    root.cloudtrail.update_trail(Name="main", KmsKeyId="")
    made = root.iam.create_user(UserName="bob")
    assert error_of(logs.wait_for_request, answer=made).code == "KMS.DisabledException"
    kms.enable_key(KeyId=key)
    logs.wait_for_request(made)


def test_deliveries_become_more_frequent(durable: Any) -> None:
    """What was put off for an hour by an earlier start does not wait for it."""
    server = durable("--trail-delivery", "3600").start()
    make_bucket(server.root, "logs")
    server.root.cloudtrail.create_trail(Name="main", S3BucketName="logs")
    server.root.cloudtrail.start_logging(Name="main")
    made = server.root.iam.create_user(UserName="alice")
    server.stop()
    server.options = ["--trail-delivery", "1"]
    server.start()
    Delivered(server.root, "logs").wait_for_request(made)
