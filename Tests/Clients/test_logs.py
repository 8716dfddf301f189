"""CloudWatch Logs: groups, streams, events and searches, retention, keys of KMS, resource policies, filters; and denials."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, AwsError, Identity, Server, allow, error_of, policy
from harness.configuration import until
from harness.patience import PATIENCE
from harness.server import clean_environment

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
HOUR = 3_600_000
AWSLOGS = Path(sys.executable).parents[1] / "awslogs"
TRANSFORMATION = {"metricName": "Denials", "metricNamespace": "Shop", "metricValue": "1"}


@pytest.fixture
def logs(root: Identity) -> Any:
    return root.client("logs")


@pytest.fixture
def now(cloud: Server, logs: Any) -> int:
    """The server's time in milliseconds: when a group was made."""
    logs.create_log_group(logGroupName="clock")
    return int(logs.describe_log_groups(logGroupNamePrefix="clock")["logGroups"][0]["creationTime"])


def stream(logs: Any, group: str = "app", name: str = "web") -> None:
    try:
        logs.create_log_group(logGroupName=group)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    logs.create_log_stream(logGroupName=group, logStreamName=name)


def put(logs: Any, *events: tuple[int, str], group: str = "app", name: str = "web") -> Any:
    batch = [{"timestamp": time, "message": message} for time, message in events]
    return logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=batch)


def found(logs: Any, **given: Any) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(**({"logGroupName": "app"} | given))
    return [event["message"] for page in pages for event in page["events"]]


def test_groups_and_streams_are_made_listed_and_deleted(logs: Any) -> None:
    for name in ["/aws/lambda/b", "/aws/lambda/a", "other"]:
        logs.create_log_group(logGroupName=name, tags={"Team": "blue"})
    error = error_of(logs.create_log_group, logGroupName="other")
    assert (error.code, error.message) == (
        "ResourceAlreadyExistsException", "The specified log group already exists")  # fmt: skip
    pages = logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 1})
    groups = [group for page in pages for group in page["logGroups"]]
    assert [group["logGroupName"] for group in groups] == ["/aws/lambda/a", "/aws/lambda/b", "other"]
    assert groups[2]["arn"] == f"{ARN}other:*" and groups[2]["logGroupArn"] == f"{ARN}other"
    assert (groups[2]["storedBytes"], groups[2]["metricFilterCount"]) == (0, 0)

    def names(**given: Any) -> list[str]:
        return [group["logGroupName"] for group in logs.describe_log_groups(**given)["logGroups"]]

    assert names(logGroupNamePrefix="/aws/lambda/b") == ["/aws/lambda/b"]
    assert names(logGroupNamePrefix="/aws/lambda/", limit=1) == ["/aws/lambda/a"]
    pages = logs.get_paginator("describe_log_groups").paginate(
        logGroupNamePrefix="/aws/lambda/", PaginationConfig={"PageSize": 1})  # fmt: skip
    assert [group["logGroupName"] for page in pages for group in page["logGroups"]] == ["/aws/lambda/a", "/aws/lambda/b"]
    assert names(logGroupNamePrefix="p") == []
    # The group of another account that has the same name is not this one.
    assert names(logGroupIdentifiers=[f"{ARN}other"]) == ["other"]
    assert names(logGroupIdentifiers=[f"{ARN}other".replace(ACCOUNT, "444455556666")]) == []
    assert names(logGroupNamePattern="LAMBDA") == ["/aws/lambda/a", "/aws/lambda/b"]
    assert error_of(logs.describe_log_groups, logGroupNamePrefix="a", logGroupNamePattern="b").code == (
        "InvalidParameterException")  # fmt: skip
    for name in ["b", "a", "c"]:
        stream(logs, "other", name)
    assert error_of(logs.create_log_stream, logGroupName="other", logStreamName="a").message == (
        "The specified log stream already exists")  # fmt: skip
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName="other", PaginationConfig={"PageSize": 2})
    assert [one["logStreamName"] for page in pages for one in page["logStreams"]] == ["a", "b", "c"]
    logs.delete_log_stream(logGroupName="other", logStreamName="b")
    backward = logs.describe_log_streams(logGroupName="other", descending=True)["logStreams"]
    assert [one["logStreamName"] for one in backward] == ["c", "a"]
    assert backward[0]["arn"] == f"{ARN}other:log-stream:c"
    logs.put_log_group_deletion_protection(logGroupIdentifier="other", deletionProtectionEnabled=True)
    for call, given in ((logs.delete_log_group, {}), (logs.delete_log_stream, {"logStreamName": "a"})):
        error = error_of(call, logGroupName="other", **given)
        assert (error.code, error.message) == (
            "ValidationException",
            "Cannot delete log group with deletion protection enabled. Disable deletion protection first.")  # fmt: skip
    logs.put_log_group_deletion_protection(logGroupIdentifier=f"{ARN}other", deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="other")
    error = error_of(logs.describe_log_streams, logGroupName="other")
    assert (error.code, error.message) == ("ResourceNotFoundException", "The specified log group does not exist.")
    # One that has the name again has nothing of the one before.
    logs.create_log_group(logGroupName="other")
    assert logs.describe_log_streams(logGroupName="other")["logStreams"] == []


def test_events_come_back_in_their_order_page_by_page(logs: Any, now: int) -> None:
    stream(logs)
    # Later ones first, batches that overlap, and over the change of an hour.
    for start in [now - 2 * HOUR, now - 3 * HOUR - 5, now - 3 * HOUR]:
        put(logs, *[(start + step * 2, f"{start + step * 2:015}") for step in range(10)])
    expected = sorted(
        f"{start + step * 2:015}" for start in [now - 2 * HOUR, now - 3 * HOUR - 5, now - 3 * HOUR] for step in range(10))  # fmt: skip
    assert found(logs) == expected
    assert found(logs, PaginationConfig={"PageSize": 7}) == expected
    assert found(logs, startTime=now - 2 * HOUR, endTime=now - 2 * HOUR + 2) == expected[-10:-8]

    def read(**given: Any) -> Any:
        return logs.get_log_events(logGroupName="app", logStreamName="web", **given)

    def messages(page: Any) -> list[str]:
        return [event["message"] for event in page["events"]]

    assert messages(read()) == messages(read(startFromHead=True)) == expected
    assert messages(read(limit=3)) == expected[-3:]
    # The end does not belong to it, unlike in a search.
    assert messages(read(startTime=now - 2 * HOUR, endTime=now - 2 * HOUR + 2)) == expected[-10:-9]
    page, forward = read(startFromHead=True, limit=8), []
    while page["events"]:
        forward += messages(page)
        page = read(startFromHead=True, limit=8, nextToken=page["nextForwardToken"])
    assert forward == expected
    # At the end the token stays, and what comes later is found by it.
    assert read(nextToken=page["nextForwardToken"])["nextForwardToken"] == page["nextForwardToken"]
    put(logs, (now, "new"))
    assert messages(read(nextToken=page["nextForwardToken"], startFromHead=True)) == ["new"]
    page, backward = read(limit=8), []
    while page["events"]:
        backward = messages(page) + backward
        page = read(limit=8, nextToken=page["nextBackwardToken"])
    assert backward == [*expected, "new"]
    one = logs.describe_log_streams(logGroupName="app", orderBy="LastEventTime")["logStreams"][0]
    assert (one["firstEventTimestamp"], one["lastEventTimestamp"]) == (now - 3 * HOUR - 5, now)
    assert logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]["storedBytes"] == 30 * (15 + 26) + 29
    for given in [{"nextToken": "x"}, {"nextToken": page["nextForwardToken"][:-1]}]:
        assert error_of(read, **given).code == "InvalidParameterException"


def test_what_comes_late_is_in_the_pages_to_come(logs: Any, now: int) -> None:
    """A batch that begins before a page that was read: what of it lies behind that page."""
    base = now // HOUR * HOUR - 2 * HOUR
    first = [(base + second * 1000, f"a{second}") for second in range(10)]
    second = [(base + 600_000 + second * 1000, f"b{second}") for second in range(10)]
    late = [(base + 4500, "late a"), (base + 604_500, "late b"), (base + 1_800_000, "late c")]

    def rest(page: Any, token: str, **given: Any) -> list[list[str]]:
        pages = []
        while page["events"]:
            page = logs.get_log_events(**given, nextToken=page[token])
            pages.append([event["message"] for event in page["events"]])
        return pages

    for name, token, head, expected in [
        ("forward", "nextForwardToken", True, ["b4", "late b", *(f"b{n}" for n in range(5, 10)), "late c"]),
        ("back", "nextBackwardToken", False, [*(f"a{n}" for n in range(5)), "late a", "a5"]),
    ]:
        stream(logs, name=name)
        for batch in (first, second):
            put(logs, *batch, name=name)
        given = {"logGroupName": "app", "logStreamName": name, "startFromHead": head, "limit": 14}
        page = logs.get_log_events(**given)
        assert len(page["events"]) == 14
        put(logs, *late, name=name)
        pages = rest(page, token, **given | {"limit": 3})
        assert [line for found in (pages if head else pages[::-1]) for line in found] == expected, name


def test_a_page_has_a_mebibyte_at_most(logs: Any, now: int) -> None:
    stream(logs)
    for number in range(3):
        put(logs, (now + number, f"{number}" + "x" * 600_000))
    for head in (True, False):
        given = {"logGroupName": "app", "logStreamName": "web", "startFromHead": head}
        page, found = logs.get_log_events(**given), []
        while page["events"]:
            found.append([event["message"][0] for event in page["events"]])
            page = logs.get_log_events(**given, nextToken=page["nextForwardToken" if head else "nextBackwardToken"])
        assert found == ([["0"], ["1"], ["2"]] if head else [["2"], ["1"], ["0"]])


@pytest.mark.memory
def test_small_segments_are_merged_and_nobody_notices(cloud: Server, root: Identity, logs: Any, now: int) -> None:
    key = key_for(root, "app")
    stream(logs)
    stream(logs, name="db")
    minute = now // 60_000 * 60_000 - 60_000
    # A line at a time, some out of their order, over the change of a minute, in two streams, and from the middle on encrypted.
    for number in range(40):
        if number == 20:
            logs.associate_kms_key(logGroupName="app", kmsKeyId=key)
        put(logs, (minute + (number * 7919) % 90_000, f"{number}"), name="web" if number % 5 else "db")

    def all_events() -> list[Any]:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName="app", PaginationConfig={"PageSize": 3})
        return [event for page in pages for event in page["events"]]

    before = all_events()
    assert len(before) == 40
    first = logs.filter_log_events(logGroupName="app", limit=17)
    read = {"logGroupName": "app", "logStreamName": "web", "startFromHead": True, "limit": 11}
    head = logs.get_log_events(**read)
    cloud.advance(1800)
    merged = [line for line in cloud.get("/metrics")[1].splitlines() if line.startswith("gatehouse_logs_merged_segments_total ")]
    assert int(merged[0].split()[1]) > 20
    assert all_events() == before
    rest = logs.filter_log_events(logGroupName="app", nextToken=first["nextToken"])["events"]
    assert first["events"] + rest == before
    tail = logs.get_log_events(**(read | {"limit": 1000, "nextToken": head["nextForwardToken"]}))["events"]
    assert [one["message"] for one in head["events"] + tail] == [
        one["message"] for one in before if one["logStreamName"] == "web"]  # fmt: skip
    back = logs.get_log_events(logGroupName="app", logStreamName="web", limit=1000)["events"]
    assert back == head["events"] + tail
    put(logs, (minute + 5, "late"))
    assert len(found(logs)) == 41


def test_batches_have_limits(logs: Any, now: int) -> None:
    stream(logs)
    day = 24 * HOUR
    for events in [[(now, "b"), (now - 1, "a")], [(now - day - 1, "a"), (now, "b")]]:
        with pytest.raises(logs.exceptions.InvalidParameterException):
            put(logs, *events)
    with pytest.raises(logs.exceptions.InvalidParameterException, match="Upload too large"):
        put(logs, *[(now, "x" * 600_000)] * 2)
    answer = put(logs, (now - 14 * day - HOUR, "old"), (now - 14 * day + HOUR, "kept"))
    assert answer["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    answer = put(logs, (now, "now"), (now + 3 * HOUR, "new"))
    assert answer["rejectedLogEventsInfo"] == {"tooNewLogEventStartIndex": 1}
    assert answer["nextSequenceToken"]
    put(logs, (now, "x" * (1_048_576 - 26)))
    assert [len(message) for message in found(logs)] == [4, 3, 1_048_550]
    error = error_of(logs.put_log_events, logGroupName="app", logStreamName="none", logEvents=[{"timestamp": now, "message": "x"}])
    assert (error.code, error.message) == ("ResourceNotFoundException", "The specified log stream does not exist.")


def test_searches_by_pattern_and_stream(logs: Any, now: int) -> None:
    for name in ["web-1", "web-2", "db"]:
        stream(logs, name=name)
    put(logs, (now - 3, "ERROR one"), (now - 1, "INFO two"), name="web-1")
    put(logs, (now - 2, '{"level":"error","code":500}'), name="web-2")
    put(logs, (now - 4, "ERROR db"), name="db")
    assert found(logs, filterPattern="ERROR") == ["ERROR db", "ERROR one"]
    assert found(logs, filterPattern="{ $.code >= 500 }") == ['{"level":"error","code":500}']
    assert found(logs, filterPattern="%^E.*e$%") == ["ERROR one"]
    assert found(logs, filterPattern="ERROR", logStreamNamePrefix="web") == ["ERROR one"]
    assert found(logs, logStreamNames=["db", "web-2"]) == ["ERROR db", '{"level":"error","code":500}']
    error = error_of(logs.filter_log_events, logGroupName="app", filterPattern="/x")
    assert (error.code, error.message) == ("InvalidParameterException", "Invalid filter pattern")
    assert error_of(logs.filter_log_events, logGroupName="app", logStreamNames=["none"]).code == (
        "ResourceNotFoundException")  # fmt: skip
    # What a stream had is gone with it.
    logs.delete_log_stream(logGroupName="app", logStreamName="db")
    assert found(logs, filterPattern="ERROR") == ["ERROR one"]
    stream(logs, name="db")
    assert found(logs, logStreamNames=["db"]) == []
    ids = [event["eventId"] for event in logs.filter_log_events(logGroupName="app")["events"]]
    assert ids == sorted(ids) and len(set(ids)) == 3


@pytest.mark.skipif(not AWSLOGS.is_dir(), reason="awslogs is not installed: make .venv/installed")
def test_awslogs_reads_a_group(root: Identity, logs: Any, now: int) -> None:
    stream(logs)
    stream(logs, name="db")
    put(logs, (now - 1000, "one"), (now, "two"))
    put(logs, (now - 500, "other"), name="db")
    words = ["get", "app", "ALL", "--start=1h", "--no-group", "--no-stream", "--color=never"]
    done = subprocess.run(
        [sys.executable, "-m", "awslogs", *words, f"--aws-endpoint-url={root.url}"],
        env=clean_environment() | root.environment | {"PYTHONPATH": str(AWSLOGS)},
        capture_output=True, text=True, timeout=PATIENCE, check=False)  # fmt: skip
    assert done.stdout.splitlines() == ["one", "other", "two"], done.stderr


@pytest.mark.memory
def test_retention_takes_events_away(cloud: Server, logs: Any, now: int) -> None:
    stream(logs)
    put(logs, (now - 23 * HOUR, "old"), (now, "new"))
    assert error_of(logs.put_retention_policy, logGroupName="app", retentionInDays=2).code == (
        "InvalidParameterException")  # fmt: skip
    logs.put_retention_policy(logGroupName="app", retentionInDays=1)
    group = logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]
    assert (group["retentionInDays"], group["storedBytes"]) == (1, 2 * (3 + 26))
    cloud.advance(2 * 3600)
    assert found(logs) == ["new"]
    answer = put(logs, (now - 23 * HOUR, "expired"), (now, "again"))
    assert answer["rejectedLogEventsInfo"] == {"expiredLogEventEndIndex": 1}
    logs.delete_retention_policy(logGroupName="app")
    assert "retentionInDays" not in logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]


def test_tags_by_both_ways(root: Identity, logs: Any) -> None:
    logs.create_log_group(logGroupName="app", tags={"a": "1"})
    logs.tag_log_group(logGroupName="app", tags={"b": "2"})
    logs.tag_resource(resourceArn=f"{ARN}app", tags={"a": "3", "c": "4"})
    assert logs.list_tags_for_resource(resourceArn=f"{ARN}app")["tags"] == {"a": "3", "b": "2", "c": "4"}
    logs.untag_log_group(logGroupName="app", tags=["a"])
    logs.untag_resource(resourceArn=f"{ARN}app", tagKeys=["b", "none"])
    assert logs.list_tags_log_group(logGroupName="app")["tags"] == {"c": "4"}
    assert error_of(logs.tag_resource, resourceArn=f"{ARN}none", tags={"a": "b"}).code == "ResourceNotFoundException"
    assert error_of(logs.tag_resource, resourceArn="arn:aws:s3:::x", tags={"a": "b"}).code == (
        "InvalidParameterException")  # fmt: skip
    # Each Region has its own.
    elsewhere = root.client("logs", region="eu-west-1")
    destination = f"arn:aws:logs:us-east-1:{ACCOUNT}:destination:d"
    for call, given in (
        (elsewhere.tag_resource, {"tags": {"a": "b"}}), (elsewhere.untag_resource, {"tagKeys": ["c"]}),
        (elsewhere.list_tags_for_resource, {}),
    ):  # fmt: skip
        for arn in (f"{ARN}app", destination):
            assert error_of(call, resourceArn=arn, **given).code == "InvalidParameterException"
    assert logs.list_tags_log_group(logGroupName="app")["tags"] == {"c": "4"}


def key_for(root: Identity, group: str) -> str:
    """A key that CloudWatch Logs may use for one group alone."""
    own = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
    service = {
        "Effect": "Allow", "Principal": {"Service": "logs.us-east-1.amazonaws.com"}, "Resource": "*",
        "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        "Condition": {"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": f"{ARN}{group}"}},
    }  # fmt: skip
    made = root.client("kms").create_key(Policy=policy(own, service))
    return str(made["KeyMetadata"]["Arn"])


@pytest.mark.memory
def test_events_are_encrypted_with_a_key_of_kms(cloud: Server, root: Identity, logs: Any, now: int) -> None:
    key = key_for(root, "app")
    error = error_of(logs.create_log_group, logGroupName="other", kmsKeyId=key)
    assert (error.code, error.message) == (
        "InvalidParameterException",
        f"The specified KMS key does not exist or is not allowed to be used with Arn '{ARN}other'")  # fmt: skip
    stream(logs)
    put(logs, (now - 3, "before"))
    logs.associate_kms_key(logGroupName="app", kmsKeyId=key)
    assert logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]["kmsKeyId"] == key
    put(logs, (now - 2, "sealed"))
    assert found(logs) == ["before", "sealed"]
    logs.disassociate_kms_key(logGroupName="app")
    put(logs, (now - 1, "after"))
    assert found(logs) == ["before", "sealed", "after"]
    # Without the key, what it has encrypted can't be read, and what it has not, can.
    root.client("kms").disable_key(KeyId=key)
    cloud.advance(301)
    assert found(logs, endTime=now - 3) == ["before"]
    assert error_of(logs.filter_log_events, logGroupName="app").code == "AccessDeniedException"
    root.client("kms").enable_key(KeyId=key)
    assert found(logs) == ["before", "sealed", "after"]


@pytest.mark.memory
def test_of_one_kms_key_there_is_one_data_key(cloud: Server, root: Identity, logs: Any, now: int) -> None:
    keys = [key_for(root, "app"), key_for(root, "app")]
    stream(logs)
    # Each is used twice, and by then not the latest.
    for number, key in enumerate([*keys, *keys, keys[1]]):
        logs.associate_kms_key(logGroupName="app", kmsKeyId=key)
        assert logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]["kmsKeyId"] == key
        put(logs, (now + number, str(number)))
    cloud.advance(301)
    assert found(logs) == ["0", "1", "2", "3", "4"]
    root.client("kms").disable_key(KeyId=keys[1])
    cloud.advance(301)
    assert found(logs, endTime=now) == ["0"]
    assert error_of(logs.filter_log_events, logGroupName="app").code == "AccessDeniedException"


    def opened(key: str) -> int:
        events = root.client("cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Decrypt"}])["Events"]
        return sum(
            "logs.us-east-1.amazonaws.com" in event["CloudTrailEvent"] and key in event["CloudTrailEvent"]
            for event in events)

    # What was opened to read it: each of the two once in five minutes, and the second in vain. Events of what changes nothing are
    # written a little later.
    for key in keys:
        assert 2 <= until(lambda key=key: opened(key) >= 2 and opened(key)) <= 4


@pytest.mark.memory
def test_a_key_that_is_disabled_is_not_asked_for_each_batch(cloud: Server, root: Identity, logs: Any, now: int) -> None:
    kms, key = root.client("kms"), key_for(root, "app")
    stream(logs)
    logs.associate_kms_key(logGroupName="app", kmsKeyId=key)
    put(logs, (now, "before"))
    kms.disable_key(KeyId=key)
    cloud.advance(301)
    for _ in range(5):
        with pytest.raises(logs.exceptions.AccessDeniedException):
            put(logs, (now, "refused"))
    # Whoever reads is told what KMS says now; and who writes, soon.
    kms.enable_key(KeyId=key)
    assert found(logs) == ["before"]
    cloud.advance(11)
    put(logs, (now + 1, "after"))
    assert found(logs) == ["before", "after"]

    def asked() -> list[str]:
        events = root.client("cloudtrail").lookup_events(
            LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "Decrypt"}])["Events"]
        own = [event["CloudTrailEvent"] for event in events if "logs.us-east-1.amazonaws.com" in event["CloudTrailEvent"]]
        return own if len(own) >= 3 else []

    # To write, in vain once, and to read.
    denied = ["errorCode" in json.loads(event) for event in until(asked)]
    assert sorted(denied) == [False, False, True]


def test_resource_policies_let_others_in(root: Identity, logs: Any) -> None:
    document = policy({
        "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{ARN}app:*"})  # fmt: skip
    made = logs.put_resource_policy(policyName="one", policyDocument=document)["resourcePolicy"]
    assert (made["policyName"], json.loads(made["policyDocument"])) == ("one", json.loads(document))
    assert [one["policyName"] for one in logs.describe_resource_policies()["resourcePolicies"]] == ["one"]
    for text in ["{}", "x", document.replace("Allow", "Maybe")]:
        assert error_of(logs.put_resource_policy, policyName="two", policyDocument=text).code == (
            "InvalidParameterException")  # fmt: skip
    for number in range(9):
        logs.put_resource_policy(policyName=f"more{number}", policyDocument=document)
    error = error_of(logs.put_resource_policy, policyName="eleventh", policyDocument=document)
    assert (error.code, error.message) == ("LimitExceededException", "Resource limit exceeded.")
    logs.delete_resource_policy(policyName="one")
    assert error_of(logs.delete_resource_policy, policyName="one").code == "ResourceNotFoundException"


def test_metric_filters_are_kept_and_tried(logs: Any) -> None:
    logs.create_log_group(logGroupName="app")
    put_filter = {"logGroupName": "app", "filterName": "denials", "metricTransformations": [TRANSFORMATION]}
    logs.put_metric_filter(filterPattern="{ $.errorCode = *Denied* }", **put_filter)
    kept = logs.describe_metric_filters(logGroupName="app", filterNamePrefix="den")["metricFilters"]
    assert [(one["filterPattern"], one["metricTransformations"]) for one in kept] == [
        ("{ $.errorCode = *Denied* }", [TRANSFORMATION])]  # fmt: skip
    assert logs.describe_metric_filters(metricName="Denials", metricNamespace="Shop")["metricFilters"] == kept
    assert logs.describe_metric_filters(metricName="Other", metricNamespace="Shop")["metricFilters"] == []
    assert logs.describe_log_groups()["logGroups"][0]["metricFilterCount"] == 1
    assert error_of(logs.put_metric_filter, filterPattern="{", **put_filter).message == "Invalid filter pattern"
    dimensions = TRANSFORMATION | {"dimensions": {"Code": "$.errorCode"}}
    error = error_of(
        logs.put_metric_filter, filterPattern="ERROR", **(put_filter | {"metricTransformations": [dimensions]}))
    assert error.message == "The specified filter pattern does not support dimensions"
    matches = logs.test_metric_filter(
        filterPattern="[ip, ..., status = 4*, bytes]", logEventMessages=["::1 - 200 7", "::1 - 404 9"])["matches"]
    assert matches == [{
        "eventNumber": 2, "eventMessage": "::1 - 404 9",
        "extractedValues": {"$ip": "::1", "$2": "-", "$status": "404", "$bytes": "9"}}]  # fmt: skip
    logs.delete_metric_filter(logGroupName="app", filterName="denials")
    assert error_of(logs.delete_metric_filter, logGroupName="app", filterName="denials").code == (
        "ResourceNotFoundException")  # fmt: skip


def test_metric_filters_count(root: Identity, logs: Any, now: int) -> None:
    stream(logs)
    given = {"logGroupName": "app", "filterPattern": "{ $.latency > 100 }"}
    latency = {"metricName": "Latency", "metricNamespace": "Shop", "metricValue": "$.latency",
               "dimensions": {"Path": "$.path"}, "unit": "Milliseconds"}  # fmt: skip
    hits = {"metricName": "Slow", "metricNamespace": "Shop", "metricValue": "1", "defaultValue": 0}
    for name, transformation in {"latency": latency, "hits": hits}.items():
        logs.put_metric_filter(**given, filterName=name, metricTransformations=[transformation])
    minute = now // 60_000 * 60_000
    put(logs, (minute - 60_000, '{"latency":50}'), (minute, '{"latency":150,"path":"/a"}'),
        (minute + 1, '{"latency":250,"path":"/a"}'), (minute + 2, '{"latency":350,"path":"/b"}'),
        (minute + 3, '{"latency":450}'))  # fmt: skip

    def statistics(name: str, **dimensions: str) -> list[tuple[int, float, float]]:
        found = root.client("cloudwatch").get_metric_statistics(
            Namespace="Shop", MetricName=name, StartTime=minute / 1000 - 600, EndTime=minute / 1000 + 600, Period=60,
            Statistics=["Sum", "SampleCount"],
            Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()])["Datapoints"]  # fmt: skip
        return sorted((int(one["Timestamp"].timestamp() * 1000), one["Sum"], one["SampleCount"]) for one in found)

    assert statistics("Slow") == [(minute - 60_000, 0, 1), (minute, 4, 4)]
    assert statistics("Latency", Path="/a") == [(minute, 400, 2)]
    assert statistics("Latency", Path="/b") == [(minute, 350, 1)]
    # An event without the field that a dimension is taken from counts for nothing.
    assert statistics("Latency") == []


def test_dimensions_make_so_many_metrics(root: Identity, logs: Any, now: int) -> None:
    stream(logs)
    given = {"metricName": "Hits", "metricNamespace": "Shop", "metricValue": "1", "dimensions": {"Id": "$.id"}}
    logs.put_metric_filter(
        logGroupName="app", filterName="hits", filterPattern="{ $.id = * }", metricTransformations=[given])
    put(logs, *[(now, json.dumps({"id": f"u{number}"})) for number in range(1010)])
    put(logs, (now, '{"id":"one-more"}'), (now, '{"id":"u7"}'))
    metrics = root.client("cloudwatch")
    pages = metrics.get_paginator("list_metrics").paginate(Namespace="Shop", MetricName="Hits")
    ids = {one["Dimensions"][0]["Value"] for page in pages for one in page["Metrics"]}
    assert ids == {f"u{number}" for number in range(1000)}
    # Those that there are go on.
    points = metrics.get_metric_statistics(
        Namespace="Shop", MetricName="Hits", StartTime=now / 1000 - 600, EndTime=now / 1000 + 600, Period=1200,
        Statistics=["Sum"], Dimensions=[{"Name": "Id", "Value": "u7"}])["Datapoints"]  # fmt: skip
    assert sum(point["Sum"] for point in points) == 2


@pytest.mark.memory
def test_what_comes_in_is_a_metric(cloud: Server, root: Identity, logs: Any, now: int) -> None:
    stream(logs)
    put(logs, (now, "one"), (now, "four"))
    put(logs, (now, "x"))
    cloud.advance(61)
    for name, total in {"IncomingLogEvents": 3, "IncomingBytes": 3 * 26 + 8}.items():
        found = root.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/Logs", MetricName=name, StartTime=now / 1000 - 600, EndTime=now / 1000 + 600, Period=1200,
            Statistics=["Sum"], Dimensions=[{"Name": "LogGroupName", "Value": "app"}])["Datapoints"]  # fmt: skip
        assert sum(one["Sum"] for one in found) == total, name


def test_who_may_and_who_may_not(root: Identity, logs: Any, now: int, new_user: Callable[..., Identity]) -> None:
    stream(logs)
    logs.create_log_group(logGroupName="secret", tags={"Level": "secret"})
    logs.create_log_stream(logGroupName="secret", logStreamName="web")
    writer = new_user("writer", allow(["logs:PutLogEvents", "logs:CreateLogStream"], f"{ARN}app:log-stream:w*")).client("logs")
    put(writer, (now, "x"))
    writer.create_log_stream(logGroupName="app", logStreamName="worker")
    denied: list[AwsError] = [
        error_of(writer.create_log_stream, logGroupName="app", logStreamName="db"),
        error_of(writer.filter_log_events, logGroupName="app"),
        error_of(writer.put_log_events, logGroupName="secret", logStreamName="web", logEvents=[{"timestamp": now, "message": "x"}]),
        # Nobody is told what is there.
        error_of(writer.delete_log_group, logGroupName="none"),
        error_of(writer.describe_log_groups),
    ]  # fmt: skip
    assert {error.code for error in denied} == {"AccessDeniedException"}
    assert f"logs:CreateLogStream on resource: {ARN}app:log-stream:db" in denied[0].message
    assert f"logs:FilterLogEvents on resource: {ARN}app:log-stream:" in denied[1].message
    tagged = allow("logs:GetLogEvents", "*") | {
        "Condition": {"StringEquals": {"aws:ResourceTag/Level": "secret"}}}  # fmt: skip
    reader = new_user("reader", tagged).client("logs")
    reader.get_log_events(logGroupName="secret", logStreamName="web")
    assert error_of(reader.get_log_events, logGroupName="app", logStreamName="web").code == "AccessDeniedException"


def test_what_is_not_built_says_so(logs: Any) -> None:
    logs.create_log_group(logGroupName="app")
    error = error_of(logs.put_index_policy, logGroupIdentifier="app", policyDocument="{}")
    assert error.code == "NotImplemented"
    assert error_of(logs.describe_log_groups, includeLinkedAccounts=True).code == "NotImplemented"
