"""Terraform and aws_cloudwatch_log_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import ACCOUNT, Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "logs.tf"


def test_a_group_with_all_that_belongs_to_it(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    terraform.assert_no_drift()
    logs = root.client("logs")
    _, group = logs.describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"], group["metricFilterCount"]) == ("app", 30, 1)
    assert logs.list_tags_for_resource(resourceArn=group["logGroupArn"])["tags"] == {"Team": "blue"}
    assert logs.get_data_protection_policy(logGroupIdentifier="app")["policyDocument"]
    query = logs.describe_query_definitions()["queryDefinitions"][0]["queryDefinitionId"]
    terraform.reimport(
        {
            "aws_cloudwatch_log_group.app": "app",
            "aws_cloudwatch_log_stream.web": "app:web",
            "aws_cloudwatch_log_metric_filter.denials": "app:denials",
            "aws_cloudwatch_log_resource_policy.delivery": "delivery",
            "aws_cloudwatch_log_subscription_filter.errors": "app|errors",
            "aws_cloudwatch_log_account_policy.all": "all:SUBSCRIPTION_FILTER_POLICY",
            "aws_cloudwatch_log_destination.central": "central",
            "aws_cloudwatch_log_destination_policy.central": "central",
            "aws_cloudwatch_log_data_protection_policy.masks": "app",
            "aws_cloudwatch_query_definition.failures": f"arn:aws:logs:us-east-1:{ACCOUNT}:query-definition:{query}",
        }
    )
    terraform.run("apply", "-auto-approve", "-no-color", "-var=days=7")
    assert logs.describe_log_groups()["logGroups"][1]["retentionInDays"] == 7
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=days=7")
    assert logs.describe_log_groups()["logGroups"] == []
