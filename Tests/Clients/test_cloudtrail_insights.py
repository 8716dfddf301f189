"""CloudTrail Insights: unusual rates of calls and errors, found in the record. The clock is moved, so that nothing waits."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, error_of
from harness.trails import Delivered, make_bucket, validate
from test_cloudtrail_lake import ARN as STORES
from test_cloudtrail_lake import ask, make

pytestmark = pytest.mark.memory

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
CALLS = {"InsightType": "ApiCallRateInsight"}
ERRORS = {"InsightType": "ApiErrorRateInsight"}
BOTH = [CALLS, ERRORS]
DAY = 86_400
# So many calls in a row that one minute has ten of them, even if the next begins in between.
MANY = 25


def trail(root: Identity, *selectors: dict[str, Any], logs: str = "logs", **more: Any) -> Delivered:
    make_bucket(root, logs, TRAIL)
    ct = root.cloudtrail
    ct.create_trail(Name="main", S3BucketName=logs, EnableLogFileValidation=True, **more)
    ct.start_logging(Name="main")
    ct.put_insight_selectors(TrailName="main", InsightSelectors=list(selectors) or BOTH)
    return Delivered(root, logs)


def burst(root: Identity, name: str = "user", count: int = MANY) -> None:
    for number in range(count):
        root.iam.create_user(UserName=f"{name}-{number}")


def found(root: Identity, **attributes: str) -> list[dict[str, Any]]:
    """The records of all Insights events, the oldest first."""
    events = root.cloudtrail.get_paginator("lookup_events").paginate(
        EventCategory="insight",
        LookupAttributes=[{"AttributeKey": key, "AttributeValue": value} for key, value in attributes.items()])
    return [json.loads(event["CloudTrailEvent"]) for page in events for event in page["Events"]][::-1]


def test_selectors(root: Identity) -> None:
    trail(root)
    ct = root.cloudtrail
    shown = ct.get_insight_selectors(TrailName=TRAIL)
    assert shown["TrailARN"] == TRAIL
    assert shown["InsightSelectors"] == [one | {"EventCategories": ["Management"]} for one in BOTH]
    assert ct.get_trail(Name="main")["Trail"]["HasInsightSelectors"]
    assert root.aws(
        "cloudtrail", "put-insight-selectors", "--trail-name", "main", "--insight-selectors",
        '[{"InsightType": "ApiErrorRateInsight"}]')["InsightSelectors"][0]["InsightType"] == "ApiErrorRateInsight"
    ct.put_insight_selectors(TrailName="main", InsightSelectors=[])
    error = error_of(ct.get_insight_selectors, TrailName="main")
    assert error.code == "InsightNotEnabledException" and TRAIL in error.message
    assert not ct.describe_trails()["trailList"][0]["HasInsightSelectors"]


def test_what_is_refused(root: Identity, new_user: Callable[..., Identity]) -> None:
    trail(root)
    ct = root.cloudtrail
    put = ct.put_insight_selectors
    for selectors in ([CALLS, CALLS], [{}], [CALLS | {"EventCategories": ["Data"]}]):
        assert error_of(put, TrailName="main", InsightSelectors=selectors).code == "InvalidInsightSelectorsException"
    assert error_of(put, InsightSelectors=BOTH).code == "InvalidParameterCombinationException"
    assert error_of(put, TrailName="main", EventDataStore="x" * 36, InsightSelectors=BOTH).code == (
        "InvalidParameterCombinationException")
    assert error_of(put, TrailName="other", InsightSelectors=BOTH).code == "TrailNotFoundException"
    # What is not logged can't be analysed.
    ct.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "ReadOnly"}])
    error = error_of(put, TrailName="main", InsightSelectors=[CALLS])
    assert error.code == "InvalidInsightSelectorsException" and "write management events" in error.message
    put(TrailName="main", InsightSelectors=[ERRORS])
    # The bucket has to let Insights events in.
    policy = json.loads(root.client("s3").get_bucket_policy(Bucket="logs")["Policy"])
    policy["Statement"][1]["Resource"] = f"arn:aws:s3:::logs/AWSLogs/{ACCOUNT}/CloudTrail/*"
    root.client("s3").put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    assert error_of(put, TrailName="main", InsightSelectors=[ERRORS]).code == "InsufficientS3BucketPolicyException"
    auditor = new_user("auditor", {"Effect": "Allow", "Action": "cloudtrail:GetInsightSelectors", "Resource": TRAIL})
    auditor.cloudtrail.get_insight_selectors(TrailName="main")
    error = error_of(auditor.cloudtrail.put_insight_selectors, TrailName="main", InsightSelectors=[])
    assert error.code == "AccessDeniedException" and "cloudtrail:PutInsightSelectors" in error.message
    assert error_of(auditor.cloudtrail.list_insights_data, InsightSource=TRAIL, DataType="InsightsEvents").code == (
        "AccessDeniedException")


def test_a_burst_of_calls(cloud: Server) -> None:
    root = cloud.root
    logs = trail(root)
    root.iam.create_user(UserName="alone")
    cloud.advance(3600)
    burst(root)
    assert found(root) == []
    cloud.advance(180)
    start, = found(root)
    details = start["insightDetails"]
    assert start["eventType"] == "AwsCloudTrailInsight" and start["eventCategory"] == "Insight"
    assert start["recipientAccountId"] == ACCOUNT and start["awsRegion"] == "us-east-1"
    assert (details["state"], details["eventSource"], details["eventName"], details["insightType"]) == (
        "Start", "iam.amazonaws.com", "CreateUser", "ApiCallRateInsight")
    statistics = details["insightContext"]["statistics"]
    assert statistics["insightDuration"] == 1 and statistics["baselineDuration"] == 10_080
    assert 10 <= statistics["insight"]["average"] <= MANY
    # One user of before, and what the minute before may have had of the burst.
    assert 0 < statistics["baseline"]["average"] < MANY / 10_080
    identities, agents, errors = details["insightContext"]["attributions"]
    assert (identities["attribute"], agents["attribute"], errors["attribute"]) == (
        "userIdentityArn", "userAgent", "errorCode")
    assert identities["insight"] == [
        {"value": f"arn:aws:iam::{ACCOUNT}:root", "average": statistics["insight"]["average"]}]
    assert identities["baseline"][0]["value"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert "Boto3" in agents["insight"][0]["value"]
    assert errors["insight"][0]["value"] == "null"

    # Calm again, and so over. It happens once.
    cloud.advance(1800)
    start, end = found(root)
    assert end["insightDetails"]["state"] == "End" and end["sharedEventID"] == start["sharedEventID"]
    assert end["eventID"] != start["eventID"] and end["eventTime"] > start["eventTime"]
    assert end["insightDetails"]["insightContext"]["statistics"]["insight"]["average"] >= 10

    # In the bucket they have a folder of their own, and the digests vouch for them.
    keys = logs.keys("/CloudTrail-Insight/")
    assert len(keys) == 2
    for key in keys:
        name = key.rpartition("/")[2]
        assert key.startswith(f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/us-east-1/20")
        assert name.startswith(f"{ACCOUNT}_CloudTrail-Insight_us-east-1_20") and name.endswith(".json.gz")
    assert [record["eventID"] for key in sorted(keys) for record in json.loads(logs.read(key))["Records"]] == [
        start["eventID"], end["eventID"]]
    cloud.advance(3600)
    code, text = validate(root)
    assert code == 0 and "INVALID" not in text, text
    files = {file["s3Object"] for key in logs.digests() for file in json.loads(logs.read(key))["logFiles"]}
    assert set(keys) <= files
    assert len(found(root)) == 2


def test_what_is_usual_is_no_insight(cloud: Server) -> None:
    root = cloud.root
    trail(root)
    burst(root, "first")
    cloud.advance(3600)
    assert len(found(root)) == 2
    # As many again are usual by now; more than twice as many are not.
    burst(root, "second")
    cloud.advance(3600)
    assert len(found(root)) == 2
    burst(root, "third", 6 * MANY)
    cloud.advance(3600)
    assert len(found(root)) == 4


def test_a_burst_of_errors(cloud: Server) -> None:
    root = cloud.root
    trail(root, ERRORS)
    for number in range(MANY):
        error_of(root.iam.get_user, UserName=f"nobody-{number}")
        root.iam.create_user(UserName=f"user-{number}")
    cloud.advance(600)
    start, = found(root)
    details = start["insightDetails"]
    assert (details["eventName"], details["insightType"], details["errorCode"]) == (
        "GetUser", "ApiErrorRateInsight", "NoSuchEntityException")
    assert details["insightContext"]["attributions"][2]["insight"][0]["value"] == "NoSuchEntityException"
    data = root.cloudtrail.list_insights_metric_data(
        EventSource="iam.amazonaws.com", EventName="GetUser", InsightType="ApiErrorRateInsight",
        ErrorCode="NoSuchEntityException", Period=60)
    assert sum(data["Values"]) == MANY and data["ErrorCode"] == "NoSuchEntityException"


def test_looking_up(cloud: Server) -> None:
    root = cloud.root
    trail(root)
    burst(root)
    cloud.advance(3600)
    start, end = found(root)
    assert found(root, EventName="CreateUser") == [start, end] == found(root, EventSource="iam.amazonaws.com")
    assert found(root, EventName="DeleteUser") == [] and found(root, EventId=end["eventID"]) == [end]
    ct = root.cloudtrail
    attributes = [{"AttributeKey": "Username", "AttributeValue": "root"}]
    error = error_of(ct.lookup_events, EventCategory="insight", LookupAttributes=attributes)
    assert error.code == "InvalidLookupAttributesException"
    # Page by page, the newest first.
    page = ct.lookup_events(EventCategory="insight", MaxResults=1)
    assert [event["EventId"] for event in page["Events"]] == [end["eventID"]]
    page = ct.lookup_events(EventCategory="insight", MaxResults=1, NextToken=page["NextToken"])
    assert [event["EventId"] for event in page["Events"]] == [start["eventID"]] and "NextToken" not in page
    assert error_of(ct.lookup_events, EventCategory="insight", NextToken="!").code == "InvalidNextTokenException"

    listed = ct.list_insights_data(InsightSource=TRAIL, DataType="InsightsEvents", Dimensions={"EventName": "CreateUser"})
    assert [event["EventId"] for event in listed["Events"]] == [end["eventID"], start["eventID"]]
    event = listed["Events"][0]
    assert event["EventName"] == "CreateUser" and event["EventSource"] == "iam.amazonaws.com"
    assert ct.list_insights_data(
        InsightSource=TRAIL, DataType="InsightsEvents", EndTime=time.time() - DAY)["Events"] == []
    other = TRAIL.replace("main", "other")
    assert error_of(ct.list_insights_data, InsightSource=other, DataType="InsightsEvents").code == "InvalidParameterException"
    # After 90 days they are gone.
    ct.stop_logging(Name="main")
    for _ in range(13):
        cloud.advance(7 * DAY)
    assert found(root) == []


def test_metric_data(cloud: Server, new_user: Callable[..., Identity]) -> None:
    root = cloud.root
    trail(root)
    burst(root)
    cloud.advance(300)
    ct = root.cloudtrail
    which = {"EventSource": "iam.amazonaws.com", "EventName": "CreateUser", "InsightType": "ApiCallRateInsight"}
    data = ct.list_insights_metric_data(**which)
    assert sum(data["Values"]) == MANY and len(data["Values"]) == len(data["Timestamps"]) <= 2
    assert "TrailARN" not in data
    assert all(moment.minute == moment.second == 0 for moment in data["Timestamps"])
    start, end = time.time() - 1800, time.time() + 120
    data = ct.list_insights_metric_data(
        **which, TrailName="main", StartTime=start, EndTime=end, Period=300, DataType="FillWithZeros")
    assert data["TrailARN"] == TRAIL and sum(data["Values"]) == MANY and 6 <= len(data["Values"]) <= 8
    values: list[float] = []
    token: dict[str, str] = {}
    while True:
        page = ct.list_insights_metric_data(
            **which, StartTime=start, EndTime=end, Period=60, DataType="FillWithZeros", MaxResults=10, **token)
        values += page["Values"]
        if "NextToken" not in page:
            break
        token = {"NextToken": page["NextToken"]}
    assert sum(values) == MANY and 31 <= len(values) <= 33
    for bad in ({"Period": 120}, {"ErrorCode": "AccessDenied"}, {"NextToken": "x"}, {"TrailName": "other"}):
        assert error_of(ct.list_insights_metric_data, **which | bad).code == "InvalidParameterException"
    # As AWS has it, other actions' permissions decide.
    auditor = new_user("auditor", {"Effect": "Allow", "Action": "cloudtrail:LookupEvents", "Resource": "*"}).cloudtrail
    assert auditor.list_insights_metric_data(**which)["Values"]
    error = error_of(auditor.list_insights_metric_data, **which, TrailName="main")
    assert error.code == "AccessDeniedException" and "cloudtrail:ListInsightsData" in error.message


def test_data_events(cloud: Server) -> None:
    root = cloud.root
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    logs = trail(root)
    values = [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::box/"]}]
    root.cloudtrail.put_event_selectors(
        TrailName="main", EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": False, "DataResources": values}])
    data = CALLS | {"EventCategories": ["Data"]}
    root.cloudtrail.put_insight_selectors(TrailName="main", InsightSelectors=[data])
    s3.put_object(Bucket="box", Key="one", Body=b"1")
    for _ in range(MANY):
        s3.get_object(Bucket="box", Key="one")
    burst(root)
    cloud.advance(300)
    start, = found(root)
    assert start["insightDetails"]["eventName"] == "GetObject"
    assert len(logs.keys("/CloudTrail-Insight/")) == 1


def test_an_event_data_store(cloud: Server) -> None:
    root = cloud.root
    ct = root.cloudtrail
    kind = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]
    source = make(root)
    destination = make(root, "insights", AdvancedEventSelectors=kind)
    put = ct.put_insight_selectors
    assert error_of(put, EventDataStore=source, InsightSelectors=BOTH).code == "InvalidParameterCombinationException"
    assert error_of(put, EventDataStore=source, InsightSelectors=BOTH, InsightsDestination=source).code == (
        "InvalidParameterException")
    data = [CALLS | {"EventCategories": ["Data"]}]
    assert error_of(put, EventDataStore=source, InsightSelectors=data, InsightsDestination=destination).code == (
        "InvalidInsightSelectorsException")
    shown = put(EventDataStore=source, InsightSelectors=[CALLS], InsightsDestination=destination.removeprefix(STORES))
    assert (shown["EventDataStoreArn"], shown["InsightsDestination"]) == (source, destination)
    assert ct.get_insight_selectors(EventDataStore=source)["InsightsDestination"] == destination
    assert error_of(ct.get_insight_selectors, EventDataStore=destination).code == "InsightNotEnabledException"
    burst(root)
    cloud.advance(3600)
    rows = ask(
        root, "SELECT insightSource, insightState, insightEventName, insightContext.insightDuration AS minutes FROM"
        f" {destination.removeprefix(STORES)} WHERE eventCategory = 'Insight' ORDER BY eventTime")
    assert [row["insightState"] for row in rows] == ["Start", "End"]
    assert {row["insightSource"] for row in rows} == {source} and rows[0]["minutes"] == "1"
    assert rows[0]["insightEventName"] == "CreateUser"
    put(EventDataStore=source, InsightSelectors=[])
    assert error_of(ct.get_insight_selectors, EventDataStore=source).code == "InsightNotEnabledException"


def test_nothing_is_counted_while_logging_is_off(cloud: Server) -> None:
    root = cloud.root
    trail(root)
    root.cloudtrail.stop_logging(Name="main")
    burst(root)
    cloud.advance(600)
    assert found(root) == []
    # Begun anew, it knows what was usual before: the burst is.
    root.cloudtrail.start_logging(Name="main")
    burst(root, "more")
    cloud.advance(600)
    assert found(root) == []
