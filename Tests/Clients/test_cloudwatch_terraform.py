"""Terraform and aws_cloudwatch_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Server
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "cloudwatch.tf"


def test_alarms_a_dashboard_and_a_stream(tmp_path: Path, cloud: Server) -> None:
    terraform = Terraform(tmp_path, cloud.root, SOURCE.read_text())
    terraform.apply()
    cloudwatch = cloud.root.client("cloudwatch")
    alarms = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    assert [alarm["AlarmName"] for alarm in alarms["MetricAlarms"]] == ["errors", "rate", "slow"]
    [composite] = alarms["CompositeAlarms"]
    assert composite["AlarmRule"] == 'ALARM(errors) AND NOT OK("slow")'
    terraform.reimport(
        {
            "aws_cloudwatch_metric_alarm.errors": "errors", "aws_cloudwatch_metric_alarm.slow": "slow",
            "aws_cloudwatch_metric_alarm.rate": "rate", "aws_cloudwatch_composite_alarm.trouble": "trouble",
            "aws_cloudwatch_dashboard.shop": "shop", "aws_cloudwatch_metric_stream.shop": "shop",
        }
    )  # fmt: skip
    terraform.run("apply", "-auto-approve", "-no-color", "-var=threshold=7")
    assert cloudwatch.describe_alarms(AlarmNames=["errors"])["MetricAlarms"][0]["Threshold"] == 7
    stream = cloudwatch.get_metric_stream(Name="shop")
    assert sorted(stream["StatisticsConfigurations"][0]["AdditionalStatistics"]) == ["p97", "tm90"]
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=threshold=7")
    assert cloudwatch.describe_alarms()["MetricAlarms"] == []
    assert cloudwatch.list_dashboards()["DashboardEntries"] == []
    assert cloudwatch.list_metric_streams()["Entries"] == []
