"""CloudWatch's metrics: what is put is there, by statistics, by metric math and in lists, whatever protocol a client speaks."""

from __future__ import annotations

import datetime
import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import Identity, Server, allow, error_of

HOUR = 3600


def now() -> int:
    """The beginning of the minute before last."""
    return int(time.time()) // 60 * 60 - 120


def at(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


@pytest.fixture
def cloudwatch(root: Identity) -> Any:
    return root.client("cloudwatch")


def statistics(cloudwatch: Any, name: str, start: float, seconds: int, period: int, **more: Any) -> list[dict[str, Any]]:
    answer = cloudwatch.get_metric_statistics(
        Namespace="Shop", MetricName=name, StartTime=at(start), EndTime=at(start + seconds), Period=period, **more)
    return sorted(answer["Datapoints"], key=lambda point: point["Timestamp"])


def test_values_become_statistics(cloudwatch: Any) -> None:
    start = now()
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Latency", "Timestamp": at(start + 5), "Value": 1, "Unit": "Seconds"},
        {"MetricName": "Latency", "Timestamp": at(start + 50), "Values": [2, 4], "Counts": [3, 1], "Unit": "Seconds"},
        {"MetricName": "Latency", "Timestamp": at(start - 60), "Unit": "Seconds",
         "StatisticValues": {"SampleCount": 4, "Sum": 40, "Minimum": 5, "Maximum": 20}},
    ])  # fmt: skip
    plain = ["SampleCount", "Sum", "Average", "Minimum", "Maximum"]
    points = statistics(cloudwatch, "Latency", start - 60, 120, 60, Statistics=plain)
    assert [point.pop("Timestamp") for point in points] == [at(start - 60), at(start)]
    assert points == [
        {"SampleCount": 4, "Sum": 40, "Average": 10, "Minimum": 5, "Maximum": 20, "Unit": "Seconds"},
        {"SampleCount": 5, "Sum": 11, "Average": 2.2, "Minimum": 1, "Maximum": 4, "Unit": "Seconds"},
    ]
    [both] = statistics(cloudwatch, "Latency", start - 60, 120, 120, Statistics=["Sum"])
    assert (both["Sum"], both["Timestamp"]) == (51, at(start - 60))
    [point] = statistics(cloudwatch, "Latency", start - 60, 120, 60, ExtendedStatistics=["p50", "p100", "PR(:1)", "tm80"])
    assert point["ExtendedStatistics"] == {"p50": 2, "p100": 4, "PR(:1)": 20, "tm80": 1.75}
    assert statistics(cloudwatch, "Latency", start, 60, 60, Statistics=["Sum"], Unit="Bytes") == []


def test_seconds_are_kept_for_three_hours(cloudwatch: Any) -> None:
    start = now()
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Fast", "Timestamp": at(start + second), "Value": second, "StorageResolution": 1}
        for second in range(0, 60, 10)
    ] + [{"MetricName": "Fast", "Timestamp": at(start - 5 * HOUR), "Value": 7, "StorageResolution": 1}])  # fmt: skip
    fine = statistics(cloudwatch, "Fast", start, 60, 10, Statistics=["Sum"])
    assert [point["Sum"] for point in fine] == [0, 10, 20, 30, 40, 50]
    [minute] = statistics(cloudwatch, "Fast", start, 60, 60, Statistics=["Maximum", "SampleCount"])
    assert (minute["Maximum"], minute["SampleCount"]) == (50, 6)
    assert statistics(cloudwatch, "Fast", start - 5 * HOUR, 60, 10, Statistics=["Sum"]) == []
    assert len(statistics(cloudwatch, "Fast", start - 5 * HOUR, 60, 60, Statistics=["Sum"])) == 1


@pytest.mark.parametrize(
    ("datum", "code", "part"),
    [
        ({"Value": 1, "Timestamp": -15 * 24 * HOUR}, "InvalidParameterValue", "two weeks"),
        ({"Value": 1, "Timestamp": 3 * HOUR}, "InvalidParameterValue", "two hours"),
        ({}, "MissingParameter", "MetricData.member.1"),
        ({"Value": 1, "Values": [1]}, "InvalidParameterCombination", "mutually exclusive"),
        ({"Values": list(range(151))}, "InvalidParameterValue", "150"),
        ({"Values": [1, 2], "Counts": [1]}, "InvalidParameterCombination", "same size"),
        ({"Value": 1e120}, "InvalidParameterValue", "MetricData.member.1.Value"),
        ({"Value": float("nan")}, "InvalidParameterValue", "MetricData.member.1.Value"),
        ({"Value": 1, "StorageResolution": 5}, "InvalidParameterValue", "StorageResolution"),
        ({"Value": 1, "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]}, "InvalidParameterValue", "twice"),
        ({"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}}, "InvalidParameterValue", "Minimum"),
    ],
)  # fmt: skip
def test_what_is_no_data_point(cloudwatch: Any, datum: dict[str, Any], code: str, part: str) -> None:
    if "Timestamp" in datum:
        # Seconds from now: it may be long ago that the tests were collected.
        datum = datum | {"Timestamp": at(time.time() + datum["Timestamp"])}
    error = error_of(cloudwatch.put_metric_data, Namespace="Shop", MetricData=[{"MetricName": "x", **datum}])
    assert error.code == code and part in error.message, error


def test_namespaces(cloudwatch: Any, new_user: Callable[..., Identity]) -> None:
    good = [{"MetricName": "x", "Value": 1}]
    assert error_of(cloudwatch.put_metric_data, Namespace="AWS/EC2", MetricData=good).message == (
        "The value AWS/EC2 for parameter Namespace is invalid.")
    assert error_of(cloudwatch.put_metric_data, Namespace="x", MetricData=good * 1001).code == "InvalidParameterValue"
    condition = {"StringEquals": {"cloudwatch:namespace": "Shop"}}
    client = new_user("shop", allow("cloudwatch:PutMetricData", Condition=condition)).client("cloudwatch")
    client.put_metric_data(Namespace="Shop", MetricData=good)
    assert error_of(client.put_metric_data, Namespace="Bank", MetricData=good).code in ("AccessDenied", "AccessDeniedException")


def test_lists_of_metrics(cloud: Server, cloudwatch: Any) -> None:
    for name in ("a", "b"):
        cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
            {"MetricName": name, "Value": 1, "Dimensions": [{"Name": "Till", "Value": str(till)}]} for till in range(300)
        ])  # fmt: skip
    cloudwatch.put_metric_data(Namespace="Bank", MetricData=[{"MetricName": "a", "Value": 1}])
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace="Shop"))
    assert [len(page["Metrics"]) for page in pages] == [500, 100]
    all_metrics = [json.dumps(metric) for page in pages for metric in page["Metrics"]]
    assert len(set(all_metrics)) == 600

    def found(**given: Any) -> int:
        return sum(len(page["Metrics"]) for page in cloudwatch.get_paginator("list_metrics").paginate(**given))

    assert found(MetricName="a") == 301
    assert found(Namespace="Shop", MetricName="b") == 300
    assert found(Namespace="Shop", Dimensions=[{"Name": "Till", "Value": "7"}]) == 2
    assert found(Namespace="Bank", Dimensions=[{"Name": "Till"}]) == 0
    assert error_of(cloudwatch.list_metrics, NextToken="x").code in ("InvalidNextToken", "InvalidParameterValue")
    assert error_of(cloudwatch.list_metrics, IncludeLinkedAccounts=True).code == "NotImplemented"


@pytest.mark.memory
def test_old_data_are_put_together_and_forgotten(cloud: Server, cloudwatch: Any) -> None:
    start = now() // HOUR * HOUR - HOUR
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Orders", "Timestamp": at(start + minute * 60), "Value": minute - 50} for minute in range(50, 60)
    ])  # fmt: skip

    def sums(period: int) -> list[float]:
        return [p["Sum"] for p in statistics(cloudwatch, "Orders", start, HOUR, period, Statistics=["Sum"])]

    assert (len(sums(60)), sums(300), sums(3600)) == (10, [10, 35], [45])
    cloud.advance(16 * 86_400)
    assert (sums(60), sums(300), sums(3600)) == ([], [10, 35], [45])
    assert cloudwatch.list_metrics(Namespace="Shop")["Metrics"] == []
    cloud.advance(64 * 86_400)
    assert (sums(300), sums(3600)) == ([], [45])
    [point] = statistics(cloudwatch, "Orders", start, HOUR, 3600, ExtendedStatistics=["p50"])
    assert point["ExtendedStatistics"]["p50"] == 4
    cloud.advance(460 * 86_400)
    assert sums(3600) == []


def queries(*expressions: str) -> list[dict[str, Any]]:
    def metric(id_: str, name: str) -> dict[str, Any]:
        stat = {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum"}
        return {"Id": id_, "MetricStat": stat, "ReturnData": False}

    return [metric("m1", "Orders"), metric("m2", "Errors")] + [
        {"Id": f"e{i}", "Expression": text} for i, text in enumerate(expressions)
    ]


def test_metric_math(cloudwatch: Any) -> None:
    start = now() - 300
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Orders", "Timestamp": at(start + minute * 60), "Value": 10 * (minute + 1)} for minute in range(4)
    ] + [{"MetricName": "Errors", "Timestamp": at(start + 60), "Value": 5}])  # fmt: skip

    def values(expression: str) -> list[float]:
        answer = cloudwatch.get_metric_data(
            MetricDataQueries=queries(expression), StartTime=at(start), EndTime=at(start + 300), ScanBy="TimestampAscending")
        return answer["MetricDataResults"][0]["Values"]

    assert values("m1") == [10, 20, 30, 40]
    assert values("100 * m2 / m1") == [0, 25, 0, 0]
    assert values("IF(m2 > 0, m1)") == [20]
    assert values("FILL(m2, 0)") == [0, 5, 0, 0, 0]
    assert values("RUNNING_SUM(m1)") == [10, 30, 60, 100]
    assert values("m1 - AVG(m1)") == [-15, -5, 5, 15]
    for wrong in ("m1 +", "ANOMALY_DETECTION_BAND(m1)", "SUM(m1)", "m9", "SELECT AVG(x) FROM y"):
        error = error_of(
            cloudwatch.get_metric_data, MetricDataQueries=queries(wrong), StartTime=at(start), EndTime=at(start + 300))
        assert error.code in ("ValidationError", "ValidationException", "NotImplemented"), error


def test_searches(cloudwatch: Any) -> None:
    start = now()
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": name, "Timestamp": at(start), "Value": till, "Dimensions": [{"Name": "Till", "Value": f"till-{till}"}]}
        for name in ("OpenOrders", "Errors") for till in range(3)
    ])  # fmt: skip
    asked = [
        {"Id": "e1", "Expression": "SEARCH('{Shop,Till} orders NOT 1', 'Sum', 60)"},
        {"Id": "e2", "Expression": "SUM(SEARCH('{Shop,Till} MetricName=\"OpenOrders\"', 'Sum', 60))"},
    ]
    found = cloudwatch.get_metric_data(MetricDataQueries=asked, StartTime=at(start), EndTime=at(start + 60))
    told = [(result["Id"], result["Label"], result["Values"]) for result in found["MetricDataResults"]]
    assert sorted(told) == [("e1", "till-0 OpenOrders", [0]), ("e1", "till-2 OpenOrders", [2]), ("e2", "e2", [3])]


def test_pages_and_labels_of_metric_data(cloudwatch: Any) -> None:
    start = now() - 600
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=[
        {"MetricName": "Orders", "Timestamp": at(start + minute * 60), "Value": minute} for minute in range(10)
    ])  # fmt: skip
    stat = {"Metric": {"Namespace": "Shop", "MetricName": "Orders"}, "Period": 60, "Stat": "Maximum"}
    asked = [
        {"Id": "a", "MetricStat": stat, "Label": "${LABEL}: ${MAX} of ${DATAPOINT_COUNT} in ${PROP('Namespace')}"},
        {"Id": "b", "Expression": "a * 2"},
    ]
    times = {"StartTime": at(start), "EndTime": at(start + 600)}
    pages = list(cloudwatch.get_paginator("get_metric_data").paginate(MetricDataQueries=asked, MaxDatapoints=7, **times))
    assert len(pages) == 3
    series: dict[str, list[float]] = {"a": [], "b": []}
    for page in pages:
        for result in page["MetricDataResults"]:
            series[result["Id"]] += result["Values"]
            assert result["StatusCode"] in ("Complete", "PartialData")
            if result["Id"] == "a":
                assert result["Label"] == "Orders: 9 of 10 in Shop"
    assert series == {"a": [float(n) for n in range(9, -1, -1)], "b": [2.0 * n for n in range(9, -1, -1)]}
    assert error_of(cloudwatch.get_metric_data, MetricDataQueries=asked * 2, **times).code in (
        "ValidationError", "ValidationException")


@pytest.mark.parametrize("protocol", ["query", "json", "smithy-rpc-v2-cbor"])
def test_each_protocol(root: Identity, protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import botocore.session

    session = botocore.session.get_session()
    session.set_credentials(root.key_id, root.secret)
    model = session.get_component("data_loader").load_service_model("cloudwatch", "service-2")
    assert protocol in model["metadata"]["protocols"]
    monkeypatch.setitem(model["metadata"], "protocols", [protocol])
    monkeypatch.setitem(model["metadata"], "protocol", protocol)
    cloudwatch = session.create_client("cloudwatch", region_name="us-east-1", endpoint_url=root.url)
    start = now()
    name = protocol.replace("-", "")
    # Many values, so that the client compresses the body.
    data = [{"MetricName": name, "Timestamp": at(start), "Values": [float(n) for n in range(150)]} for _ in range(20)]
    cloudwatch.put_metric_data(Namespace="Shop", MetricData=data)
    [point] = statistics(cloudwatch, name, start, 60, 60, Statistics=["Sum", "SampleCount"])
    assert (point["SampleCount"], point["Sum"], point["Timestamp"]) == (3000, 20 * 149 * 75, at(start))
    error = error_of(cloudwatch.get_dashboard, DashboardName="none")
    assert error.message == "Dashboard none does not exist"
    assert error.code in ("ResourceNotFound", "DashboardNotFoundError")
    error = error_of(cloudwatch.put_metric_data, Namespace="AWS/x", MetricData=[{"MetricName": "x", "Value": 1}])
    assert error.code in ("InvalidParameterValue", "InvalidParameterValueException"), error


def test_the_command_line(root: Identity) -> None:
    root.aws("cloudwatch put-metric-data --namespace Shop --metric-name Cli --value 3 --dimensions Till=1")
    listed = root.aws("cloudwatch list-metrics --namespace Shop")
    assert listed["Metrics"] == [
        {"Namespace": "Shop", "MetricName": "Cli", "Dimensions": [{"Name": "Till", "Value": "1"}]}]


@pytest.mark.memory
def test_calls_are_counted(cloud: Server, root: Identity, cloudwatch: Any) -> None:
    start = now()
    for _ in range(3):
        root.client("kms").list_keys()
    cloud.advance(60)
    dimensions = [
        {"Name": "Service", "Value": "KMS"}, {"Name": "Type", "Value": "API"}, {"Name": "Resource", "Value": "ListKeys"},
        {"Name": "Class", "Value": "None"},
    ]  # fmt: skip
    answer = cloudwatch.get_metric_statistics(
        Namespace="AWS/Usage", MetricName="CallCount", Dimensions=dimensions, StartTime=at(start), EndTime=at(start + HOUR),
        Period=HOUR, Statistics=["Sum"])
    assert sum(point["Sum"] for point in answer["Datapoints"]) == 3
