"""CloudWatch: an alarm and a dashboard."""

from harness import ACCOUNT, Identity
from walk import Samples

ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:x"


def furnish(root: Identity) -> None:
    cloudwatch = root.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="x", Namespace="x", MetricName="x", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloudwatch.put_dashboard(DashboardName="x", DashboardBody='{"widgets": []}')


SAMPLES = Samples(
    furnish=furnish, client="cloudwatch", event_source="monitoring.amazonaws.com",
    data_events={"PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"},
)  # fmt: skip
SAMPLES.members(
    AlarmName="x", AlarmNames=["x"], Namespace="x", MetricName="x", ResourceARN=ALARM, DashboardName="x", DashboardNames=["x"],
    DashboardBody='{"widgets": []}', AlarmRule="TRUE", StateValue="OK", StateReason="x", Period=60,
    Tags=[{"Key": "a", "Value": "b"}], TagKeys=["a"],
)  # fmt: skip
SAMPLES.of(
    "PutMetricAlarm", Statistic="Sum", EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", MetricName="x",
    Namespace="x", Period=60,
)  # fmt: skip
SAMPLES.of("PutMetricData", MetricData=[{"MetricName": "x", "Value": 1}])
SAMPLES.of("GetMetricStatistics", Statistics=["Sum"])
