"""CloudWatch Logs' data protection: policies of groups and accounts, masking wherever events are read, findings."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from test_logs_insights import ended, put, rows, start
from test_logs_live_tail import updates

ARN = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:"
IDENTIFIER = "arn:aws:dataprotection::aws:data-identifier/"
MESSAGE = "ann@example.com from 192.0.2.7"
MASKED = "*************** from 192.0.2.7"


def document(*identifiers: str, destination: Any = None, **more: Any) -> str:
    names = [name if name == "EmployeeId" else IDENTIFIER + name for name in identifiers]
    return json.dumps({
        "Name": "p", "Version": "2021-06-01",
        "Statement": [
            {"Sid": "audit", "DataIdentifier": names, "Operation": {"Audit": {"FindingsDestination": destination or {}}}},
            {"Sid": "redact", "DataIdentifier": names, "Operation": {"Deidentify": {"MaskConfig": {}}}},
        ],
    } | more)


@pytest.fixture
def logs(root: Identity) -> Any:
    return root.client("logs")


@pytest.fixture
def now(cloud: Server, logs: Any) -> int:
    logs.create_log_group(logGroupName="app")
    logs.create_log_stream(logGroupName="app", logStreamName="web")
    return int(logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]["creationTime"])


def read(logs: Any, **given: Any) -> list[str]:
    events = logs.get_log_events(logGroupName="app", logStreamName="web", startFromHead=True, **given)["events"]
    return [event["message"] for event in events]


def search(logs: Any, **given: Any) -> list[str]:
    return [event["message"] for event in logs.filter_log_events(logGroupName="app", **given)["events"]]


def test_a_policy_of_a_group(logs: Any, now: int) -> None:
    text = document("EmailAddress")
    made = logs.put_data_protection_policy(logGroupIdentifier="app", policyDocument=text)
    assert (made["logGroupIdentifier"], made["policyDocument"]) == ("app", text) and made["lastUpdatedTime"] >= now
    shown = logs.get_data_protection_policy(logGroupIdentifier=f"{ARN}app")
    assert shown["policyDocument"] == text
    group = logs.describe_log_groups(logGroupNamePrefix="app")["logGroups"][0]
    assert group["dataProtectionStatus"] == "ACTIVATED"
    for wrong in (
        "{}", document("Nothing"), document("Name"), text.replace("2021", "2020"),
        document("EmailAddress", destination={"CloudWatchLogs": {"LogGroup": "none"}}),
        document("EmailAddress", destination={"S3": {"Bucket": "none-of-this-name"}}),
    ):
        error = error_of(logs.put_data_protection_policy, logGroupIdentifier="app", policyDocument=wrong)
        assert error.code == "InvalidParameterException", wrong
    firehose = document("EmailAddress", destination={"Firehose": {"DeliveryStream": "x"}})
    assert error_of(logs.put_data_protection_policy, logGroupIdentifier="app", policyDocument=firehose).code == (
        "NotImplemented")
    assert error_of(logs.get_data_protection_policy, logGroupIdentifier="none").code == "ResourceNotFoundException"
    logs.delete_data_protection_policy(logGroupIdentifier="app")
    assert error_of(logs.delete_data_protection_policy, logGroupIdentifier="app").code == "ResourceNotFoundException"
    assert "policyDocument" not in logs.get_data_protection_policy(logGroupIdentifier="app")


def test_what_is_found_is_masked_wherever_it_is_read(logs: Any, now: int) -> None:
    put(logs, (now, "before bob@example.com"))
    custom = {"Configuration": {"CustomDataIdentifier": [{"Name": "EmployeeId", "Regex": r"E-\d{4}"}]}}
    logs.put_data_protection_policy(
        logGroupIdentifier="app", policyDocument=document("EmailAddress", "EmployeeId", **custom))
    put(logs, (now + 1, MESSAGE), (now + 2, json.dumps({"who": "E-1234", "ok": True})))
    logs.delete_data_protection_policy(logGroupIdentifier="app")
    put(logs, (now + 3, "after bob@example.com"))
    # What came before the policy and after it is as it came; what came meanwhile stays masked.
    expected = ["before bob@example.com", MASKED, '{"who": "******", "ok": true}', "after bob@example.com"]
    assert read(logs) == expected and search(logs) == expected
    assert read(logs, unmask=True)[1:3] == [MESSAGE, '{"who": "E-1234", "ok": true}']
    assert search(logs, unmask=True, filterPattern="ann") == [MESSAGE]
    # Nor does a search tell what is there.
    assert search(logs, filterPattern="ann") == [] and search(logs, filterPattern='"192.0.2.7"') == [MASKED]
    assert rows(logs, "filter @message like 'ann'", now) == []
    found = rows(logs, "display @message, who | sort @timestamp asc", now)
    assert [row["@message"] for row in found] == expected and found[2]["who"] == "******"
    unmasked = rows(logs, "display @message | filter @message like 'ann' | unmask", now)
    assert [row["@message"] for row in unmasked] == [MESSAGE]
    pointer = found[1]["@ptr"]
    assert logs.get_log_record(logRecordPointer=pointer)["logRecord"]["@message"] == MASKED
    assert logs.get_log_record(logRecordPointer=pointer, unmask=True)["logRecord"]["@message"] == MESSAGE


def test_only_some_may_unmask(root: Identity, logs: Any, now: int, new_user: Callable[..., Identity]) -> None:
    logs.put_data_protection_policy(logGroupIdentifier="app", policyDocument=document("EmailAddress"))
    put(logs, (now, MESSAGE))
    readable = allow(["logs:GetLogEvents", "logs:FilterLogEvents", "logs:GetLogRecord", "logs:StartQuery"], f"{ARN}app:*")
    reader = new_user("reader", readable).client("logs")
    assert read(reader) == [MASKED] and search(reader) == [MASKED]
    pointer = rows(logs, "", now)[0]["@ptr"]
    for call, given in (
        (reader.get_log_events, {"logGroupName": "app", "logStreamName": "web"}),
        (reader.filter_log_events, {"logGroupName": "app"}), (reader.get_log_record, {"logRecordPointer": pointer}),
    ):
        error = error_of(call, unmask=True, **given)
        assert error.code == "AccessDeniedException" and "logs:Unmask" in error.message
    # Nor do the results of somebody else's query show it.
    root.iam.put_user_policy(
        UserName="reader", PolicyName="results", PolicyDocument=policy(allow("logs:GetQueryResults", f"{ARN}app:*")))
    queries = {text: start(logs, f"display @message{text}", now) for text in ("", " | unmask")}
    assert [row[0]["value"] for row in ended(reader, queries[""])["results"]] == [MASKED]
    error = error_of(reader.get_query_results, queryId=queries[" | unmask"])
    assert error.code == "AccessDeniedException" and f"logs:Unmask on resource: {ARN}app:" in error.message
    root.iam.put_user_policy(
        UserName="reader", PolicyName="more", PolicyDocument=policy(allow("logs:Unmask", f"{ARN}app:*")))
    assert read(reader, unmask=True) == [MESSAGE]
    assert [row[0]["value"] for row in ended(reader, queries[" | unmask"])["results"]] == [MESSAGE]
    error = error_of(reader.put_data_protection_policy, logGroupIdentifier="app", policyDocument=document("IpAddress"))
    assert error.code == "AccessDeniedException"


def test_a_policy_of_the_account(logs: Any, now: int) -> None:
    both = {"policyName": "all", "policyType": "DATA_PROTECTION_POLICY"}
    made = logs.put_account_policy(**both, policyDocument=document("IpAddress"))["accountPolicy"]
    assert made["scope"] == "ALL" and made["policyType"] == "DATA_PROTECTION_POLICY"
    logs.put_data_protection_policy(logGroupIdentifier="app", policyDocument=document("EmailAddress"))
    put(logs, (now, MESSAGE))
    assert read(logs) == ["*************** from *********"]
    assert [p["policyName"] for p in logs.describe_account_policies(policyType=both["policyType"])["accountPolicies"]] == [
        "all"]
    error = error_of(logs.put_account_policy, **both, policyDocument="{}")
    assert error.code == "InvalidParameterException"
    logs.delete_account_policy(**both)
    put(logs, (now + 1, MESSAGE))
    assert read(logs)[1] == MASKED


def test_findings_are_reported_and_counted(cloud: Server, root: Identity, logs: Any, now: int) -> None:
    logs.create_log_group(logGroupName="audit")
    logs.put_resource_policy(policyName="delivery", policyDocument=policy({
        "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{ARN}audit:*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}))
    s3 = root.client("s3")
    s3.create_bucket(Bucket="audit-findings-of-logs")
    s3.put_bucket_policy(Bucket="audit-findings-of-logs", Policy=policy({
        "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::audit-findings-of-logs/*"}))
    destination = {"CloudWatchLogs": {"LogGroup": "audit"}, "S3": {"Bucket": "audit-findings-of-logs"}}
    logs.put_data_protection_policy(
        logGroupIdentifier="app", policyDocument=document("EmailAddress", "IpAddress", destination=destination))
    put(logs, (now, "nothing here"), (now + 1, "ü a@b.de, c@d.de 192.0.2.7"))
    cloud.advance(1)
    found = [json.loads(event["message"]) for event in logs.filter_log_events(logGroupName="audit")["events"]]
    assert [{k: v for k, v in report.items() if k != "auditTimestamp"} for report in found] == [{
        "resourceArn": f"{ARN}app:*",
        "dataIdentifiers": [
            {"name": "EmailAddress", "count": 2, "detections": [{"start": 3, "end": 8}, {"start": 11, "end": 16}]},
            {"name": "IpAddress", "count": 1, "detections": [{"start": 18, "end": 26}]},
        ],
    }]
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="audit-findings-of-logs")["Contents"]]
    assert len(keys) == 1 and keys[0].startswith(f"AWSLogs/{ACCOUNT}/CloudWatchLogs/us-east-1/")
    body = s3.get_object(Bucket="audit-findings-of-logs", Key=keys[0])["Body"].read()
    assert json.loads(body) == found[0]


def test_a_destination_that_refuses_keeps_no_other_waiting(cloud: Server, root: Identity, logs: Any, now: int) -> None:
    logs.create_log_group(logGroupName="audit")
    logs.put_resource_policy(policyName="delivery", policyDocument=policy({
        "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{ARN}audit:*"}))
    s3 = root.client("s3")
    s3.create_bucket(Bucket="findings-refused-at-first")
    logs.put_account_policy(
        policyName="all", policyType="DATA_PROTECTION_POLICY",
        policyDocument=document("EmailAddress", destination={"CloudWatchLogs": {"LogGroup": "audit"}}))
    refusing = {"S3": {"Bucket": "findings-refused-at-first"}}
    logs.put_data_protection_policy(
        logGroupIdentifier="app", policyDocument=document("EmailAddress", destination=refusing))

    def reports() -> int:
        return len(logs.filter_log_events(logGroupName="audit")["events"])

    put(logs, (now, MESSAGE))
    cloud.advance(1)
    assert reports() == 1
    put(logs, (now, MESSAGE))
    for _ in range(3):
        cloud.advance(301)
    assert reports() == 2
    s3.put_bucket_policy(Bucket="findings-refused-at-first", Policy=policy({
        "Effect": "Allow", "Principal": {"Service": "delivery.logs.amazonaws.com"}, "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::findings-refused-at-first/*"}))
    cloud.advance(301)
    assert len(s3.list_objects_v2(Bucket="findings-refused-at-first")["Contents"]) == 2
    assert reports() == 2
    logs.delete_account_policy(policyName="all", policyType="DATA_PROTECTION_POLICY")


def test_findings_are_counted(root: Identity, logs: Any, now: int) -> None:
    logs.put_data_protection_policy(logGroupIdentifier="app", policyDocument=document("EmailAddress", "IpAddress"))
    put(logs, (now, MESSAGE), (now + 1, "nothing"), (now + 2, MESSAGE))
    points = root.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Logs", MetricName="LogEventsWithFindings", StartTime=now / 1000 - 3600,
        EndTime=now / 1000 + 3600, Period=3600, Statistics=["Sum"])["Datapoints"]
    assert sum(point["Sum"] for point in points) == 2


def test_filters_see_what_is_masked(cloud: Server, logs: Any, now: int) -> None:
    logs.create_log_group(logGroupName="copy")
    logs.put_resource_policy(policyName="copies", policyDocument=policy({
        "Effect": "Allow", "Principal": {"Service": "logs.amazonaws.com"},
        "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": f"{ARN}copy:*"}))
    logs.put_subscription_filter(
        logGroupName="app", filterName="all", filterPattern="", destinationArn=f"{ARN}copy")
    logs.put_data_protection_policy(logGroupIdentifier="app", policyDocument=document("EmailAddress"))
    put(logs, (now, MESSAGE))
    cloud.advance(120)
    assert [event["message"] for event in logs.filter_log_events(logGroupName="copy")["events"]] == [MASKED]


def test_live_tail_shows_what_is_masked(root: Identity, logs: Any, now: int) -> None:
    logs.put_data_protection_policy(logGroupIdentifier="app", policyDocument=document("EmailAddress"))
    tail = root.client("logs", inject_host_prefix=False).start_live_tail(logGroupIdentifiers=[f"{ARN}app"])
    events = iter(tail["responseStream"])
    assert "sessionStart" in next(events)
    put(logs, (now, MESSAGE))
    assert next(updates(events))["message"] == MASKED
    tail["responseStream"].close()
