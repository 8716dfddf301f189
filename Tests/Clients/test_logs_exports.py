"""Exports of log groups into buckets, as the bucket's policy allows; listing groups by patterns; policies of one group."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, error_of, policy

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"


@pytest.fixture
def logs(root: Identity) -> Any:
    client = root.client("logs")
    client.create_log_group(logGroupName="app")
    for name in ("a/web", "db"):
        client.create_log_stream(logGroupName="app", logStreamName=name)
    return client


def now_of(logs: Any) -> int:
    return int(logs.describe_log_groups()["logGroups"][0]["creationTime"])


def export_policy() -> str:
    """As AWS's page has it."""
    service = {"Service": "logs.us-east-1.amazonaws.com"}
    of_group = {"StringEquals": {"aws:SourceAccount": [ACCOUNT]}, "ArnLike": {"aws:SourceArn": [f"{ARN}*"]}}
    put = of_group | {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceAccount": [ACCOUNT]}}
    return policy(
        {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": "arn:aws:s3:::box",
         "Condition": of_group},
        {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::box/*",
         "Condition": put})  # fmt: skip


@pytest.mark.memory
def test_a_group_is_exported(cloud: Server, root: Identity, logs: Any) -> None:
    now = now_of(logs)
    s3 = root.client("s3")
    given = {"logGroupName": "app", "from": now - 10, "to": now, "destination": "box", "destinationPrefix": "out"}
    assert error_of(logs.create_export_task, **given).message == (
        "The given bucket does not exist. Please provide a valid bucket.")  # fmt: skip
    s3.create_bucket(Bucket="box")
    assert error_of(logs.create_export_task, **given).message.startswith("GetBucketAcl call on the given bucket failed.")
    s3.put_bucket_policy(Bucket="box", Policy=export_policy())
    assert error_of(logs.create_export_task, **(given | {"from": now})).code == "InvalidParameterException"
    for name, messages in {"a/web": [(now - 11, "early"), (now - 10, "one"), (now, "two")], "db": [(now - 5, "ü")]}.items():
        events = [{"timestamp": time, "message": text} for time, text in messages]
        logs.put_log_events(logGroupName="app", logStreamName=name, logEvents=events)
    task = logs.create_export_task(taskName="mine", **given)["taskId"]
    cloud.advance(1)
    (done,) = logs.describe_export_tasks(taskId=task)["exportTasks"]
    assert done["status"] == {"code": "COMPLETED", "message": "Completed successfully"}
    assert (done["taskName"], done["from"], done["to"], done["destinationPrefix"]) == ("mine", now - 10, now, "out")
    objects = {
        one["Key"]: s3.get_object(Bucket="box", Key=one["Key"])["Body"].read()
        for one in s3.list_objects_v2(Bucket="box")["Contents"]
    }
    assert objects.pop("out/aws-logs-write-test") == b"Permission Check Successful"
    lines = {key: gzip.decompress(body).decode().splitlines() for key, body in objects.items()}
    assert {key: [line.split(" ", 1)[1] for line in found] for key, found in lines.items()} == {
        f"out/{task}/a-web/000000.gz": ["one", "two"], f"out/{task}/db/000000.gz": ["ü"]}  # fmt: skip
    assert lines[f"out/{task}/db/000000.gz"][0].split()[0].endswith("Z")
    assert error_of(logs.cancel_export_task, taskId=task).code == "InvalidOperationException"
    assert logs.describe_export_tasks(statusCode="FAILED")["exportTasks"] == []
    only = logs.create_export_task(logStreamNamePrefix="db", **given)["taskId"]
    cloud.advance(1)
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="box", Prefix=f"out/{only}/")["Contents"]]
    assert keys == [f"out/{only}/db/000000.gz"]
    assert error_of(logs.cancel_export_task, taskId="none").code == "ResourceNotFoundException"


def test_groups_by_patterns(logs: Any) -> None:
    for name in ("/aws/shop/web", "shop", "workshop"):
        logs.create_log_group(logGroupName=name)

    def names(pattern: str) -> list[str]:
        return [group["logGroupName"] for group in logs.list_log_groups(logGroupNamePattern=pattern)["logGroups"]]

    assert names("shop") == ["/aws/shop/web", "shop", "workshop"]
    assert names("^shop") == ["shop"]
    assert names("^/aws|^work") == ["/aws/shop/web", "workshop"]
    assert names("SHOP") == []
    (first,) = logs.list_log_groups(limit=1)["logGroups"]
    assert first == {"logGroupName": "/aws/shop/web", "logGroupArn": f"{ARN}/aws/shop/web", "logGroupClass": "STANDARD"}


def test_a_group_has_a_policy_of_its_own(root: Identity, logs: Any, new_user: Callable[..., Identity]) -> None:
    reader = new_user("reader").client("logs")

    def document(*actions: str) -> str:
        return policy({
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/reader"}, "Action": list(actions),
            "Resource": "*"})  # fmt: skip

    logs.create_log_group(logGroupName="other")
    read = {"logGroupName": "app"}
    assert error_of(reader.filter_log_events, **read).code == "AccessDeniedException"
    made = logs.put_resource_policy(resourceArn=f"{ARN}app", policyDocument=document("logs:FilterLogEvents"))
    reader.filter_log_events(**read)
    assert error_of(reader.filter_log_events, logGroupName="other").code == "AccessDeniedException"
    # It stands beside those of the account.
    logs.put_resource_policy(policyName="all", policyDocument=document("logs:DescribeLogStreams"))
    reader.filter_log_events(**read)
    reader.describe_log_streams(**read)
    again = {"resourceArn": f"{ARN}app", "policyDocument": document("logs:GetLogEvents")}
    assert error_of(logs.put_resource_policy, **again).code == "OperationAbortedException"
    changed = logs.put_resource_policy(expectedRevisionId=made["revisionId"], **again)
    assert error_of(reader.filter_log_events, **read).code == "AccessDeniedException"
    reader.describe_log_streams(**read)
    (kept,) = logs.describe_resource_policies(policyScope="RESOURCE")["resourcePolicies"]
    assert (kept["resourceArn"], kept["policyScope"], kept["revisionId"]) == (
        f"{ARN}app", "RESOURCE", changed["revisionId"])  # fmt: skip
    assert json.loads(kept["policyDocument"]) == json.loads(again["policyDocument"])
    assert [one["policyName"] for one in logs.describe_resource_policies()["resourcePolicies"]] == ["all"]
    logs.delete_resource_policy(resourceArn=f"{ARN}app", expectedRevisionId=changed["revisionId"])
    assert logs.describe_resource_policies(resourceArn=f"{ARN}app")["resourcePolicies"] == []
    assert error_of(reader.get_log_events, logGroupName="app", logStreamName="db").code == "AccessDeniedException"
