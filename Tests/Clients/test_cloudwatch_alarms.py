"""CloudWatch's alarms: states, history, actions, composite alarms, dashboards, and what AWS refuses."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy

pytestmark = pytest.mark.memory

ARN = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:alarms"


@pytest.fixture
def cloudwatch(cloud: Server, root: Identity) -> Any:
    # The look at all alarms that comes with a reset is over then: the next one is a minute away.
    cloud.advance(1)
    return root.client("cloudwatch")


def put(cloudwatch: Any, name: str = "errors", **more: Any) -> None:
    settings: dict[str, Any] = {
        "Namespace": "Shop", "MetricName": "Errors", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1,
        "Threshold": 1, "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching",
    }  # fmt: skip
    settings |= more
    cloudwatch.put_metric_alarm(AlarmName=name, **{key: value for key, value in settings.items() if value is not None})


def state(cloudwatch: Any, name: str = "errors") -> str:
    answer = cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    [alarm] = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return str(alarm["StateValue"])


def history(cloudwatch: Any, name: str, kind: str) -> list[str]:
    pages = cloudwatch.get_paginator("describe_alarm_history").paginate(
        AlarmName=name, HistoryItemType=kind, ScanBy="TimestampAscending")
    return [item["HistorySummary"] for page in pages for item in page["AlarmHistoryItems"]]


def test_an_alarm_goes_off_and_is_over(cloud: Server, cloudwatch: Any) -> None:
    put(cloudwatch, AlarmActions=[TOPIC], AlarmDescription="too many", Tags=[{"Key": "team", "Value": "shop"}])
    [alarm] = cloudwatch.describe_alarms()["MetricAlarms"]
    assert (alarm["StateValue"], alarm["StateReason"]) == ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")
    assert (alarm["AlarmArn"], alarm["AlarmActions"], alarm["ActionsEnabled"]) == (f"{ARN}errors", [TOPIC], True)
    cloud.advance(60)
    assert state(cloudwatch) == "OK"
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 2}])
    cloud.advance(60)
    [alarm] = cloudwatch.describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert alarm["StateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [2.0 (")
    assert alarm["StateReason"].endswith(
        "was greater than or equal to the threshold (1.0) (minimum 1 datapoint for OK -> ALARM transition).")
    data = json.loads(alarm["StateReasonData"])
    assert (data["version"], data["recentDatapoints"], data["threshold"], data["period"]) == ("1.0", [2.0], 1.0, 60)
    cloudwatch.get_waiter("alarm_exists").wait(AlarmNames=["errors"])
    cloud.advance(600)
    assert state(cloudwatch) == "OK"
    assert history(cloudwatch, "errors", "StateUpdate") == [
        "Alarm updated from INSUFFICIENT_DATA to OK", "Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]
    assert history(cloudwatch, "errors", "ConfigurationUpdate") == ['Alarm "errors" created']
    # Nobody has a topic of that name: it is said, as AWS says it.
    [action] = history(cloudwatch, "errors", "Action")
    assert action.startswith(f"Failed to execute action {TOPIC}. Received error:"), action
    assert cloudwatch.list_tags_for_resource(ResourceARN=f"{ARN}errors")["Tags"] == [{"Key": "team", "Value": "shop"}]


def test_two_of_three_periods_of_an_expression(cloud: Server, cloudwatch: Any) -> None:
    def metric(id_: str, name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": id_, "MetricStat": stat, "ReturnData": False}

    cloudwatch.put_metric_alarm(
        AlarmName="rate", EvaluationPeriods=3, DatapointsToAlarm=2, Threshold=50, ComparisonOperator="GreaterThanThreshold",
        Metrics=[metric("m1", "Errors"), metric("m2", "Orders"), {"Id": "e1", "Expression": "100 * m1 / m2", "Label": "%"}],
    )  # fmt: skip
    start = int(time.time()) // 60 * 60
    for minute, errors in [(0, 9), (1, 0), (2, 8)]:
        cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
            {"MetricName": name, "Value": value, "Timestamp": datetime.datetime.fromtimestamp(start + minute * 60, datetime.UTC)}
            for name, value in [("Errors", errors), ("Orders", 10)]
        ])  # fmt: skip
    cloud.advance(start + 120 - time.time() + 1)
    assert state(cloudwatch, "rate") == "OK"
    cloud.advance(60)
    assert state(cloudwatch, "rate") == "ALARM"
    [alarm] = cloudwatch.describe_alarms(AlarmNamePrefix="ra")["MetricAlarms"]
    assert [query["Id"] for query in alarm["Metrics"]] == ["m1", "m2", "e1"]
    # Without data the last points count for a while, and then nobody knows.
    cloud.advance(1200)
    assert state(cloudwatch, "rate") == "INSUFFICIENT_DATA"


def test_seconds(cloud: Server, cloudwatch: Any) -> None:
    put(cloudwatch, "fast", Period=10)
    put(cloudwatch, "slow", MetricName="Other")
    cloud.advance(60)
    cloudwatch.put_metric_data(
        Namespace="Shop", MetricData=[{"MetricName": "Errors", "Value": 2, "StorageResolution": 1}])
    cloud.advance(12)
    assert state(cloudwatch, "fast") == "ALARM"


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"EvaluationPeriods": 1441}, "Metrics cannot be checked across more than a day"),
        ({"Period": 3600, "EvaluationPeriods": 169}, "week"),
        ({"Period": 45}, "Period must be 10, 20, 30 or a multiple of 60"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm"),
        ({"TreatMissingData": "never"}, "TreatMissingData"),
        ({"AlarmActions": ["mail"]}, "Invalid arn syntax: mail"),
        ({"AlarmActions": [TOPIC.replace("us-east-1", "eu-west-1")]}, "Invalid region eu-west-1 specified. Only us-east-1 is supported."),
        ({"Statistic": None}, "Statistic"),
        ({"ExtendedStatistic": "p99"}, "mutually exclusive"),
        ({"Threshold": None}, "Threshold"),
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "anomaly"),
        ({"Statistic": None, "ExtendedStatistic": "p101"}, "p101"),
    ],
)  # fmt: skip
def test_what_is_no_alarm(cloudwatch: Any, change: dict[str, Any], part: str) -> None:
    error = error_of(put, cloudwatch=cloudwatch, **change)
    assert part in error.message, error
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []


def test_expressions_have_periods_of_alarms(cloudwatch: Any) -> None:
    none = dict.fromkeys(("Namespace", "MetricName", "Statistic", "Period"))
    for period in (1, 5):
        metrics = [{"Id": "e", "Expression": "TIME_SERIES(1)", "Period": period}]
        error = error_of(put, cloudwatch=cloudwatch, Metrics=metrics, **none)
        assert error.message == "Period must be 10, 20, 30 or a multiple of 60"
    put(cloudwatch, Metrics=[{"Id": "e", "Expression": "TIME_SERIES(1)", "Period": 10}], **none)


def test_composite_alarms(cloud: Server, cloudwatch: Any) -> None:
    # What is set stays.
    for name in ("a", "b", "holiday"):
        put(cloudwatch, name, MetricName=name, TreatMissingData="ignore")
    missing = error_of(cloudwatch.put_composite_alarm, AlarmName="both", AlarmRule="ALARM(a) AND ALARM(none)")
    assert missing.message == "Could not save the composite alarm as alarms [none] in the alarm rule do not exist"
    assert "AlarmRule" in error_of(cloudwatch.put_composite_alarm, AlarmName="both", AlarmRule="ALARM(a) AND").message
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule=f'ALARM(a) AND ALARM("{ARN}b")')
    cloudwatch.put_composite_alarm(AlarmName="top", AlarmRule="ALARM(both)")
    assert state(cloudwatch, "both") == "OK"
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
    assert state(cloudwatch, "both") == "OK"
    cloudwatch.set_alarm_state(AlarmName="b", StateValue="ALARM", StateReason="test", StateReasonData='{"why": "test"}')
    assert (state(cloudwatch, "both"), state(cloudwatch, "top")) == ("ALARM", "ALARM")
    found = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm"])
    assert [alarm["AlarmName"] for alarm in found["CompositeAlarms"]] == ["both", "top"]
    assert found["CompositeAlarms"][0]["StateReason"].startswith(f"{ARN}b transitioned to ALARM at ")
    children = cloudwatch.describe_alarms(ChildrenOfAlarmName="both")
    assert [alarm["AlarmName"] for alarm in children["MetricAlarms"]] == ["a", "b"]
    parents = cloudwatch.describe_alarms(ParentsOfAlarmName="a")
    assert [alarm["AlarmName"] for alarm in parents["CompositeAlarms"]] == ["both"]
    cloudwatch.get_waiter("composite_alarm_exists").wait(AlarmNames=["both"], AlarmTypes=["CompositeAlarm"])
    # A circle can't be deleted until it is broken.
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(top) OR ALARM(a)")
    assert "circle" in error_of(cloudwatch.delete_alarms, AlarmNames=["both"]).message
    cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule="FALSE")
    cloudwatch.delete_alarms(AlarmNames=["both", "top", "a"])
    assert error_of(cloudwatch.delete_alarms, AlarmNames=["a", "b"]).code == "ResourceNotFound"
    assert [alarm["AlarmName"] for alarm in cloudwatch.describe_alarms()["MetricAlarms"]] == ["b", "holiday"]
    assert history(cloudwatch, "a", "ConfigurationUpdate")[-1] == 'Alarm "a" deleted'


@pytest.mark.parametrize(("middle", "top"), [("z-mid", "a-top"), ("a-mid", "z-top")])
def test_composite_alarms_look_when_all_that_they_watch_have(
    cloud: Server, cloudwatch: Any, middle: str, top: str
) -> None:
    put(cloudwatch, "m", TreatMissingData="ignore")
    cloudwatch.put_composite_alarm(AlarmName=middle, AlarmRule="ALARM(m)")
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule=f'ALARM(m) AND ALARM("{middle}")')
    cloudwatch.put_composite_alarm(AlarmName="never", AlarmRule=f'ALARM(m) AND NOT ALARM("{middle}")')
    cloudwatch.set_alarm_state(AlarmName="m", StateValue="ALARM", StateReason="test")
    assert (state(cloudwatch, middle), state(cloudwatch, top)) == ("ALARM", "ALARM")
    cloudwatch.set_alarm_state(AlarmName="m", StateValue="OK", StateReason="test")
    assert (state(cloudwatch, middle), state(cloudwatch, top)) == ("OK", "OK")
    assert history(cloudwatch, top, "StateUpdate")[-2:] == [
        "Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]
    # It has been true at no time.
    assert history(cloudwatch, "never", "StateUpdate")[1:] == []
    # Rules that are changed, and alarms that are deleted, are watched no longer.
    cloudwatch.put_composite_alarm(AlarmName=top, AlarmRule="FALSE")
    cloudwatch.delete_alarms(AlarmNames=["never"])
    parents = cloudwatch.describe_alarms(ParentsOfAlarmName="m", AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    assert [alarm["AlarmName"] for alarm in parents] == [middle]


def test_a_suppressor_that_is_deleted_suppresses_nothing(cloud: Server, cloudwatch: Any) -> None:
    for name in ("a", "holiday"):
        put(cloudwatch, name, MetricName=name, TreatMissingData="ignore")
    cloudwatch.put_composite_alarm(
        AlarmName="quiet", AlarmRule="ALARM(a)", AlarmActions=[TOPIC], ActionsSuppressor="holiday",
        ActionsSuppressorWaitPeriod=120, ActionsSuppressorExtensionPeriod=0)
    for name in ("holiday", "a"):
        cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="test")
    quiet = cloudwatch.describe_alarms(AlarmNames=["quiet"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    assert quiet["ActionsSuppressedBy"] == "Alarm"
    cloudwatch.delete_alarms(AlarmNames=["holiday"])
    quiet = cloudwatch.describe_alarms(AlarmNames=["quiet"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0]
    assert "ActionsSuppressedBy" not in quiet
    cloud.advance(1)
    assert len(history(cloudwatch, "quiet", "Action")) == 1


def test_actions_wait_for_their_suppressor(cloud: Server, cloudwatch: Any) -> None:
    # No data, and no state of their own: what is set stays.
    for name in ("a", "holiday"):
        put(cloudwatch, name, MetricName=name, TreatMissingData="ignore")
    cloudwatch.put_composite_alarm(
        AlarmName="quiet", AlarmRule="ALARM(a)", AlarmActions=[TOPIC], ActionsSuppressor="holiday",
        ActionsSuppressorWaitPeriod=120, ActionsSuppressorExtensionPeriod=60)

    def suppressed() -> str | None:
        return cloudwatch.describe_alarms(AlarmNames=["quiet"], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"][0].get(
            "ActionsSuppressedBy")

    cloud.advance(200)
    cloudwatch.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="test")
    assert (state(cloudwatch, "quiet"), suppressed()) == ("ALARM", "WaitPeriod")
    cloudwatch.set_alarm_state(AlarmName="holiday", StateValue="ALARM", StateReason="test")
    cloud.advance(300)
    assert (suppressed(), history(cloudwatch, "quiet", "Action")) == ("Alarm", [])
    cloudwatch.set_alarm_state(AlarmName="holiday", StateValue="OK", StateReason="test")
    assert suppressed() == "ExtensionPeriod"
    cloud.advance(61)
    assert suppressed() is None
    assert len(history(cloudwatch, "quiet", "Action")) == 1


def test_a_topic_and_a_bus_are_told(cloud: Server, root: Identity, cloudwatch: Any) -> None:
    sns, sqs, events = root.client("sns"), root.client("sqs"), root.client("events")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    queues = {}
    for name, service in [("messages", "sns"), ("changes", "events")]:
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        allowed = allow("sqs:SendMessage", arn, Principal={"Service": f"{service}.amazonaws.com"})
        queues[name] = sqs.create_queue(QueueName=name, Attributes={"Policy": policy(allowed)})["QueueUrl"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:messages")
    events.put_rule(Name="alarms", EventPattern=json.dumps({"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}}))
    events.put_targets(Rule="alarms", Targets=[{"Id": "queue", "Arn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:changes"}])
    put(cloudwatch, AlarmActions=[topic], AlarmDescription="too many", Dimensions=[{"Name": "Till", "Value": "1"}])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    for _ in range(4):
        cloud.advance(1)

    def received(name: str) -> dict[str, Any]:
        [message] = sqs.receive_message(QueueUrl=queues[name])["Messages"]
        return dict(json.loads(message["Body"]))

    envelope = received("messages")
    assert envelope["Subject"] == 'ALARM: "errors" in US East (N. Virginia)'
    message = json.loads(envelope["Message"])
    assert (message["AlarmName"], message["NewStateValue"], message["OldStateValue"]) == (
        "errors", "ALARM", "INSUFFICIENT_DATA")
    assert message["Trigger"]["Dimensions"] == [{"value": "1", "name": "Till"}]
    event = received("changes")
    assert (event["detail-type"], event["resources"]) == ("CloudWatch Alarm State Change", [f"{ARN}errors"])
    assert event["detail"]["state"]["reason"] == "test"
    assert event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"] == {
        "dimensions": {"Till": "1"}, "name": "Errors", "namespace": "Shop"}
    assert history(cloudwatch, "errors", "Action") == [f"Successfully executed action {topic}"]


def test_the_longest_name_is_told(root: Identity, cloud: Server, cloudwatch: Any) -> None:
    sns, sqs, queue = root.client("sns"), root.client("sqs"), f"arn:aws:sqs:us-east-1:{ACCOUNT}:told"
    sns.create_topic(Name="alarms")
    statement = allow("sqs:SendMessage", queue, Principal={"Service": "sns.amazonaws.com"})
    url = sqs.create_queue(QueueName="told", Attributes={"Policy": policy(statement)})["QueueUrl"]
    sns.subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint=queue)
    name = "L" * 255
    put(cloudwatch, name, AlarmActions=[TOPIC])
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="a test")
    cloud.advance(1)
    [action] = history(cloudwatch, name, "Action")
    assert action == f"Successfully executed action {TOPIC}"
    [message] = sqs.receive_message(QueueUrl=url)["Messages"]
    told = json.loads(message["Body"])
    assert told["Subject"] == f'ALARM: "{name}'[:100] and json.loads(told["Message"])["AlarmName"] == name


def test_actions_are_disabled_and_enabled(cloud: Server, cloudwatch: Any) -> None:
    put(cloudwatch, AlarmActions=[TOPIC])
    cloudwatch.disable_alarm_actions(AlarmNames=["errors"])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    cloud.advance(1)
    assert history(cloudwatch, "errors", "Action") == []
    cloudwatch.enable_alarm_actions(AlarmNames=["errors"])
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="OK", StateReason="test")
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="test")
    cloud.advance(1)
    assert len(history(cloudwatch, "errors", "Action")) == 1
    assert error_of(cloudwatch.set_alarm_state, AlarmName="none", StateValue="OK", StateReason="x").code == "ResourceNotFound"
    assert error_of(
        cloudwatch.set_alarm_state, AlarmName="errors", StateValue="OK", StateReason="x", StateReasonData="{").code in (
        "InvalidFormat", "InvalidFormatFault")


def test_who_may_make_alarms_with_which_actions(cloudwatch: Any, new_user: Callable[..., Identity]) -> None:
    only = {"ForAllValues:StringEquals": {"cloudwatch:AlarmActions": [TOPIC]}}
    ops = new_user(
        "ops", allow("cloudwatch:PutMetricAlarm", f"{ARN}ops-*", Condition=only),
        allow("cloudwatch:DescribeAlarms", f"{ARN}ops-*"),
    ).client("cloudwatch")  # fmt: skip
    put(ops, "ops-errors", AlarmActions=[TOPIC])
    for refused in ({"name": "errors"}, {"name": "ops-x", "AlarmActions": [f"arn:aws:automate:us-east-1:ec2:stop"]}):
        assert error_of(put, cloudwatch=ops, **refused).code in ("AccessDenied", "AccessDeniedException")
    assert ops.describe_alarms(AlarmNames=["ops-errors"])["MetricAlarms"]
    assert error_of(ops.describe_alarms).code in ("AccessDenied", "AccessDeniedException")
    tagged = new_user(
        "tagged", allow("cloudwatch:DeleteAlarms", Condition={"StringEquals": {"aws:ResourceTag/team": "shop"}})
    ).client("cloudwatch")
    assert error_of(tagged.delete_alarms, AlarmNames=["ops-errors"]).code in ("AccessDenied", "AccessDeniedException")
    cloudwatch.tag_resource(ResourceARN=f"{ARN}ops-errors", Tags=[{"Key": "team", "Value": "shop"}])
    tagged.delete_alarms(AlarmNames=["ops-errors"])


def test_alarms_of_a_metric(cloudwatch: Any) -> None:
    put(cloudwatch, "a")
    put(cloudwatch, "b", Dimensions=[{"Name": "Till", "Value": "1"}])
    found = cloudwatch.describe_alarms_for_metric(Namespace="Shop", MetricName="Errors")["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["a"]
    found = cloudwatch.describe_alarms_for_metric(
        Namespace="Shop", MetricName="Errors", Dimensions=[{"Name": "Till", "Value": "1"}])["MetricAlarms"]
    assert [alarm["AlarmName"] for alarm in found] == ["b"]


def test_pages_of_alarms(cloudwatch: Any) -> None:
    for number in range(60):
        put(cloudwatch, f"alarm-{number:02}")
    pages = list(cloudwatch.get_paginator("describe_alarms").paginate())
    assert [len(page["MetricAlarms"]) for page in pages] == [50, 10]
    names = [alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]]
    assert names == [f"alarm-{number:02}" for number in range(60)]
    assert error_of(cloudwatch.describe_alarms, NextToken="?").code in ("InvalidNextToken", "InvalidNextTokenException")


def test_dashboards(cloudwatch: Any) -> None:
    body = json.dumps({"widgets": [
        {"type": "metric", "x": 0, "y": 0, "width": 12, "height": 6, "properties": {
            "metrics": [["Shop", "Errors"]], "period": 300, "stat": "Sum", "region": "us-east-1"}},
        {"type": "text", "properties": {"markdown": "# Shop"}},
    ]})  # fmt: skip
    assert cloudwatch.put_dashboard(DashboardName="shop", DashboardBody=body)["DashboardValidationMessages"] == []
    found = cloudwatch.get_dashboard(DashboardName="shop")
    assert found["DashboardArn"] == f"arn:aws:cloudwatch::{ACCOUNT}:dashboard/shop"
    assert found["DashboardBody"] == body
    [entry] = cloudwatch.list_dashboards(DashboardNamePrefix="sh")["DashboardEntries"]
    assert (entry["DashboardName"], entry["Size"]) == ("shop", len(body))
    assert cloudwatch.list_dashboards(DashboardNamePrefix="x")["DashboardEntries"] == []
    for bad in ("{", "[]", '{"widgets": [{"type": "text"}]}', '{"widgets": [{"type": "metric", "width": 99, "properties": {}}]}'):
        error = error_of(cloudwatch.put_dashboard, DashboardName="bad", DashboardBody=bad)
        assert error.code in ("InvalidParameterInput", "DashboardInvalidInputError"), error
    assert "invalid characters" in error_of(cloudwatch.put_dashboard, DashboardName="a b", DashboardBody=body).message
    assert error_of(cloudwatch.delete_dashboards, DashboardNames=["shop", "none"]).code in (
        "ResourceNotFound", "DashboardNotFoundError")
    cloudwatch.delete_dashboards(DashboardNames=["shop"])
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
