"""Terraform and aws_cloudwatch_event_*: apply, no drift, import, a change in place, destroy."""

import json
from pathlib import Path

from harness import Server
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "events.tf"


def test_a_bus_with_all_that_belongs_to_it(cloud: Server, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, cloud.root, SOURCE.read_text())
    terraform.apply()
    events = cloud.root.client("events")
    rule = events.describe_rule(Name="orders", EventBusName="shop")
    assert json.loads(rule["EventPattern"])["detail"] == {"id": [{"numeric": [">", 5]}]}
    assert len(events.list_targets_by_rule(Rule="orders", EventBusName="shop")["Targets"]) == 2
    assert "444455556666" in events.describe_event_bus()["Policy"]
    terraform.reimport(
        {
            "aws_cloudwatch_event_bus.shop": "shop",
            "aws_cloudwatch_event_bus_policy.shop": "shop",
            "aws_cloudwatch_event_permission.default": "default/them",
            "aws_cloudwatch_event_rule.orders": "shop/orders",
            "aws_cloudwatch_event_rule.often": "default/often",
            "aws_cloudwatch_event_target.queue": "shop/orders/queue",
            "aws_cloudwatch_event_api_destination.orders": "orders",
            "aws_cloudwatch_event_archive.orders": "orders",
        }
    )
    terraform.run("apply", "-auto-approve", "-no-color", "-var=description=changed")
    assert events.describe_rule(Name="orders", EventBusName="shop")["Description"] == "changed"
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=description=changed")
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]
    assert "Policy" not in events.describe_event_bus()
