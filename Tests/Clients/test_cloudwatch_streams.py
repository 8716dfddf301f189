"""CloudWatch's metric streams: they are checked, kept and shown; there is no Firehose that they could send to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Trail, allow, error_of, trust

FIREHOSE = f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/metrics"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/streams"
ARN = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:metric-stream/"
SERVICE = "streams.metrics.cloudwatch.amazonaws.com"
DENIED = ("AccessDenied", "AccessDeniedException")


@pytest.fixture
def cloudwatch(root: Identity) -> Any:
    root.iam.create_role(RoleName="streams", AssumeRolePolicyDocument=trust({"Service": SERVICE}))
    return root.client("cloudwatch")


def put(cloudwatch: Any, name: str = "all", **more: Any) -> str:
    given = {"FirehoseArn": FIREHOSE, "RoleArn": ROLE, "OutputFormat": "json"} | more
    return str(cloudwatch.put_metric_stream(Name=name, **given)["Arn"])


def states(cloudwatch: Any) -> dict[str, str]:
    return {entry["Name"]: entry["State"] for entry in cloudwatch.list_metric_streams()["Entries"]}


def test_a_stream_is_made_changed_and_deleted(cloudwatch: Any) -> None:
    filters = [{"Namespace": "AWS/KMS"}, {"Namespace": "Shop", "MetricNames": ["Errors", "Latency"]}]
    statistics = [{"IncludeMetrics": [{"Namespace": "Shop", "MetricName": "Latency"}],
                   "AdditionalStatistics": ["p99", "TM(10%:90%)", "PR(:300)"]}]  # fmt: skip
    arn = put(
        cloudwatch, IncludeFilters=filters, StatisticsConfigurations=statistics, IncludeLinkedAccountsMetrics=False,
        Tags=[{"Key": "team", "Value": "blue"}])
    assert arn == f"{ARN}all"
    made = cloudwatch.get_metric_stream(Name="all")
    assert (made["Arn"], made["State"], made["OutputFormat"]) == (arn, "running", "json")
    assert (made["FirehoseArn"], made["RoleArn"]) == (FIREHOSE, ROLE)
    assert made["IncludeFilters"] == filters and made["StatisticsConfigurations"] == statistics
    assert made["IncludeLinkedAccountsMetrics"] is False and "ExcludeFilters" not in made
    cloudwatch.stop_metric_streams(Names=["all"])
    # A change keeps state, time of creation and tags.
    put(cloudwatch, OutputFormat="opentelemetry1.0", ExcludeFilters=filters, Tags=[{"Key": "team", "Value": "red"}])
    changed = cloudwatch.get_metric_stream(Name="all")
    assert (changed["State"], changed["CreationDate"]) == ("stopped", made["CreationDate"])
    assert changed["LastUpdateDate"] > made["LastUpdateDate"]
    assert changed["ExcludeFilters"] == filters
    assert not changed.keys() & {"IncludeFilters", "StatisticsConfigurations", "IncludeLinkedAccountsMetrics"}
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "env", "Value": "x"}])
    cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "env", "Value": "x"}]
    cloudwatch.delete_metric_stream(Name="all")
    cloudwatch.delete_metric_stream(Name="all")
    missing = error_of(cloudwatch.get_metric_stream, Name="all")
    assert (missing.code, missing.status) == ("ResourceNotFoundException", 404)
    assert error_of(cloudwatch.tag_resource, ResourceARN=arn, Tags=[]).code == "ResourceNotFoundException"


def test_all_or_none_are_started_and_stopped(cloudwatch: Any) -> None:
    for name in ("a", "b", "c"):
        put(cloudwatch, name)
    cloudwatch.stop_metric_streams(Names=["a", "b"])
    assert states(cloudwatch) == {"a": "stopped", "b": "stopped", "c": "running"}
    assert error_of(cloudwatch.start_metric_streams, Names=["a", "none"]).code == "InvalidParameterValue"
    assert error_of(cloudwatch.start_metric_streams, Names=[]).code == "MissingParameter"
    assert states(cloudwatch)["a"] == "stopped"
    cloudwatch.start_metric_streams(Names=["a", "b", "c"])
    assert set(states(cloudwatch).values()) == {"running"}
    pages, token = [], {}
    while not pages or token:
        page = cloudwatch.list_metric_streams(MaxResults=2, **token)
        pages.append([entry["Name"] for entry in page["Entries"]])
        token = {"NextToken": page["NextToken"]} if "NextToken" in page else {}
    assert pages == [["a", "b"], ["c"]]
    assert error_of(cloudwatch.list_metric_streams, NextToken="?").code in ("InvalidNextToken", "InvalidNextTokenException")


MANY = [{"Namespace": "x", "MetricNames": [str(number) for number in range(999)]}]


def statistics(*names: str, metrics: int = 1) -> list[dict[str, Any]]:
    metric = {"Namespace": "x", "MetricName": "y"}
    return [{"IncludeMetrics": [metric] * metrics, "AdditionalStatistics": list(names)}]


@pytest.mark.parametrize(("change", "part"), [
    ({"name": "a b"}, "Name"),
    ({"FirehoseArn": FIREHOSE.replace(ACCOUNT, "999988887777")}, "FirehoseArn"),
    ({"FirehoseArn": f"arn:aws:sqs:us-east-1:{ACCOUNT}:metrics"}, "FirehoseArn"),
    ({"RoleArn": ROLE.replace(ACCOUNT, "999988887777")}, "RoleArn"),
    ({"RoleArn": f"{ROLE}-none"}, "RoleArn"),
    ({"RoleArn": f"arn:aws:iam::{ACCOUNT}:root"}, "RoleArn"),
    ({"IncludeFilters": [{"Namespace": " "}]}, "IncludeFilters.member.1.Namespace"),
    ({"ExcludeFilters": [{"Namespace": "x", "MetricNames": ["ok", "\u00e9"]}]}, "ExcludeFilters.member.1.MetricNames.member.2"),
    ({"IncludeFilters": [*MANY, {"Namespace": "y"}]}, "IncludeFilters"),
    ({"StatisticsConfigurations": statistics("p101")}, "p101"),
    ({"StatisticsConfigurations": statistics("tm90"), "OutputFormat": "opentelemetry0.7"}, "tm90"),
    ({"StatisticsConfigurations": statistics(*(f"p{number}" for number in range(21)))}, "AdditionalStatistics"),
    ({"StatisticsConfigurations": statistics("p1", metrics=101)}, "IncludeMetrics"),
    ({"StatisticsConfigurations": statistics("p1") * 101}, "StatisticsConfigurations"),
    ({"Tags": [{"Key": "aws:x", "Value": ""}]}, "aws:x"),
])  # fmt: skip
def test_what_is_no_stream(cloudwatch: Any, change: dict[str, Any], part: str) -> None:
    error = error_of(put, cloudwatch=cloudwatch, **change)
    assert error.code == "InvalidParameterValue" and part in error.message, error
    assert states(cloudwatch) == {}


def test_filters_exclude_each_other(cloudwatch: Any) -> None:
    both = {"IncludeFilters": [{"Namespace": "x"}], "ExcludeFilters": [{"Namespace": "y"}]}
    assert error_of(put, cloudwatch=cloudwatch, **both).code == "InvalidParameterCombination"
    nameless = error_of(put, cloudwatch=cloudwatch, IncludeFilters=[{"MetricNames": ["x"]}])
    assert nameless.code == "MissingParameter"
    put(cloudwatch, IncludeFilters=MANY, ExcludeFilters=[])


def test_who_may_do_what(cloudwatch: Any, new_user: Callable[..., Identity]) -> None:
    passing = allow("iam:PassRole", ROLE, Condition={"StringEquals": {"iam:PassedToService": SERVICE}})
    own = [allow(f"cloudwatch:{name}", f"{ARN}ops-*") for name in (
        "PutMetricStream", "GetMetricStream", "StartMetricStreams", "StopMetricStreams", "DeleteMetricStream")]  # fmt: skip
    ops = new_user("ops", passing, *own).client("cloudwatch")
    put(ops, "ops-a")
    assert ops.get_metric_stream(Name="ops-a")["State"] == "running"
    put(cloudwatch, "other")
    for call, given in [
        (put, {"cloudwatch": ops, "name": "other"}), (ops.get_metric_stream, {"Name": "other"}),
        (ops.delete_metric_stream, {"Name": "other"}), (ops.stop_metric_streams, {"Names": ["ops-a", "other"]}),
        (ops.start_metric_streams, {"Names": ["other"]}), (ops.list_metric_streams, {}),
    ]:  # fmt: skip
        assert error_of(call, **given).code in DENIED, given
    assert states(cloudwatch) == {"ops-a": "running", "other": "running"}
    # Nobody hands out a role without being allowed to, nor to another service.
    for number, statement in enumerate([
        allow("cloudwatch:PutMetricStream"),
        allow("iam:PassRole", Condition={"StringEquals": {"iam:PassedToService": "firehose.amazonaws.com"}}),
    ]):
        user = new_user(f"lone-{number}", allow("cloudwatch:PutMetricStream"), statement).client("cloudwatch")
        refused = error_of(put, cloudwatch=user, name="x")
        assert refused.code in DENIED and "iam:PassRole" in refused.message, refused
    tagged = {"StringEquals": {"aws:RequestTag/team": "blue"}}
    blue = new_user("blue", allow("cloudwatch:PutMetricStream", Condition=tagged), passing).client("cloudwatch")
    put(blue, "blue", Tags=[{"Key": "team", "Value": "blue"}])
    assert error_of(put, cloudwatch=blue, name="plain").code in DENIED
    by_tag = allow("cloudwatch:StopMetricStreams", Condition={"StringEquals": {"aws:ResourceTag/team": "blue"}})
    stopper = new_user("stopper", by_tag).client("cloudwatch")
    stopper.stop_metric_streams(Names=["blue"])
    assert error_of(stopper.stop_metric_streams, Names=["other"]).code in DENIED
    assert states(cloudwatch)["blue"] == "stopped"


def test_calls_are_recorded(cloudwatch: Any, trail: Trail) -> None:
    put(cloudwatch)
    [event] = trail.all(EventName="PutMetricStream")
    assert (event["eventSource"], event["requestParameters"]["name"]) == ("monitoring.amazonaws.com", "all")
