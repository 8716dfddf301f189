"""Trails into log groups: with the trail's role and no other rights, each event once; and what is refused."""

import json
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust

GROUP = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:trail"
STREAM = f"{ACCOUNT}_CloudTrail_us-east-1"
TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


@pytest.fixture
def role(root: Identity, new_role: Any) -> str:
    """A role as AWS's page wants it, with a log group and a bucket."""
    root.client("logs").create_log_group(logGroupName="trail")
    s3 = root.client("s3")
    s3.create_bucket(Bucket="logs")
    service = {"Service": "cloudtrail.amazonaws.com"}
    s3.put_bucket_policy(
        Bucket="logs",
        Policy=policy(
            {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::logs"},
            {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::logs/*"},
        ),
    )
    statement = allow(["logs:CreateLogStream", "logs:PutLogEvents"], f"{GROUP}:log-stream:{STREAM}*")
    return str(new_role("delivery", trust(service), statement))


def events(root: Identity) -> list[dict[str, Any]]:
    pages = root.client("logs").get_paginator("filter_log_events").paginate(logGroupName="trail")
    return [json.loads(event["message"]) for page in pages for event in page["events"]]


@pytest.mark.memory
def test_a_trail_delivers_to_its_log_group(cloud: Server, root: Identity, role: str) -> None:
    trails = root.cloudtrail
    given = {"CloudWatchLogsLogGroupArn": f"{GROUP}:*", "CloudWatchLogsRoleArn": role}
    made = trails.create_trail(Name="main", S3BucketName="logs", IsMultiRegionTrail=True, **given)
    assert {name: made[name] for name in given} == given
    trails.start_logging(Name="main")
    root.iam.create_user(UserName="alice")
    cloud.advance(301)
    found = [one for one in events(root) if one["eventName"] == "CreateUser"]
    assert [one["requestParameters"] for one in found] == [{"userName": "alice"}]
    assert "LatestCloudWatchLogsDeliveryTime" in trails.get_trail_status(Name="main")
    streams = root.client("logs").describe_log_streams(logGroupName="trail")["logStreams"]
    assert [one["logStreamName"] for one in streams] == [STREAM]
    # A filter of the CIS benchmark finds it there.
    pattern = "{ ($.eventSource = iam.amazonaws.com) && ($.eventName = CreateUser) }"
    assert len(root.client("logs").filter_log_events(logGroupName="trail", filterPattern=pattern)["events"]) == 1
    # What the role may no more is told, and made up for when it may again.
    root.iam.delete_role_policy(RoleName="delivery", PolicyName="own")
    root.iam.create_user(UserName="bob")
    cloud.advance(301)
    assert trails.get_trail_status(Name="main")["LatestCloudWatchLogsDeliveryError"].startswith("AccessDenied")
    root.iam.put_role_policy(
        RoleName="delivery", PolicyName="own", PolicyDocument=policy(allow("logs:*", f"{GROUP}:log-stream:*")))
    cloud.advance(301)
    names = [one["requestParameters"]["userName"] for one in events(root) if one["eventName"] == "CreateUser"]
    assert names == ["alice", "bob"]
    assert "LatestCloudWatchLogsDeliveryError" not in trails.get_trail_status(Name="main")
    trails.update_trail(Name="main", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")
    assert "CloudWatchLogsLogGroupArn" not in trails.get_trail(Name="main")["Trail"]


def test_what_is_refused(root: Identity, role: str, new_user: Any, new_role: Any) -> None:
    create = root.cloudtrail.create_trail

    def refusal(group: str | None, role: str | None, create: Any = create) -> tuple[str, str]:
        given = {"CloudWatchLogsLogGroupArn": group, "CloudWatchLogsRoleArn": role}
        error = error_of(
            create, Name="main", S3BucketName="logs", **{name: value for name, value in given.items() if value})
        return error.code, error.message

    unknown = ("InvalidCloudWatchLogsLogGroupArnException", "CloudTrail cannot validate the specified log group ARN.")
    assert refusal(GROUP, role) == unknown
    assert refusal(GROUP.replace("trail", "none") + ":*", role)[0] == "InvalidCloudWatchLogsLogGroupArnException"
    assert refusal(GROUP.replace("us-east-1", "eu-west-1") + ":*", role) == unknown
    assert refusal(f"{GROUP}:*", None)[0] == "InvalidCloudWatchLogsRoleArnException"
    assert refusal(None, role)[0] == "InvalidCloudWatchLogsLogGroupArnException"
    closed = new_role("closed", trust({"Service": "ec2.amazonaws.com"}))
    assert refusal(f"{GROUP}:*", closed) == (
        "InvalidCloudWatchLogsRoleArnException", "Access denied. Check the trust relationships for your role.")  # fmt: skip
    weak = new_role("weak", trust({"Service": "cloudtrail.amazonaws.com"}))
    assert refusal(f"{GROUP}:*", weak) == (
        "InvalidCloudWatchLogsLogGroupArnException", "Access denied. Check the permissions for your role.")  # fmt: skip
    # Whoever may make a trail, but not pass the role on.
    keeper = new_user("keeper", allow("cloudtrail:*")).cloudtrail
    code, message = refusal(f"{GROUP}:*", role, keeper.create_trail)
    assert code.startswith("AccessDenied") and "iam:PassRole" in message
