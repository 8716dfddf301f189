"""CloudWatch: an alarm, a dashboard and a metric stream."""

from harness import ACCOUNT, Identity, trust
from walk import Samples

ALARM = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:x"
STREAM = {
    "Name": "x", "FirehoseArn": f"arn:aws:firehose:us-east-1:{ACCOUNT}:deliverystream/x",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "OutputFormat": "json",
}  # fmt: skip


def furnish(root: Identity) -> None:
    cloudwatch = root.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="x", Namespace="x", MetricName="x", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    cloudwatch.put_dashboard(DashboardName="x", DashboardBody='{"widgets": []}')
    root.iam.create_role(
        RoleName="x", AssumeRolePolicyDocument=trust({"Service": "streams.metrics.cloudwatch.amazonaws.com"}))
    cloudwatch.put_metric_stream(**STREAM)


SAMPLES = Samples(
    furnish=furnish, client="cloudwatch", event_source="monitoring.amazonaws.com",
    data_events={"PutMetricData", "GetMetricData", "GetMetricStatistics", "ListMetrics"},
)  # fmt: skip
SAMPLES.members(
    AlarmName="x", AlarmNames=["x"], Namespace="x", MetricName="x", ResourceARN=ALARM, DashboardName="x", DashboardNames=["x"],
    DashboardBody='{"widgets": []}', AlarmRule="TRUE", StateValue="OK", StateReason="x", Period=60,
    Tags=[{"Key": "a", "Value": "b"}], TagKeys=["a"], Names=["x"], **STREAM,
)  # fmt: skip
SAMPLES.of(
    "PutMetricAlarm", Statistic="Sum", EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold", MetricName="x",
    Namespace="x", Period=60,
)  # fmt: skip
SAMPLES.of("PutMetricData", MetricData=[{"MetricName": "x", "Value": 1}])
SAMPLES.of("GetMetricStatistics", Statistics=["Sum"])
