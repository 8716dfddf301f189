"""Terraform and aws_config_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "config.tf"


def test_the_record(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    api = root.client("config")
    status = api.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]
    assert status["name"] == "main" and status["recording"]
    terraform.reimport({
        "aws_config_configuration_recorder.main": "main", "aws_config_delivery_channel.main": "main",
        "aws_config_configuration_recorder_status.main": "main", "aws_config_retention_configuration.main": "default",
        "aws_config_configuration_aggregator.main": "main",
        "aws_config_aggregate_authorization.main": "444455556666:us-east-1"})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=frequency=One_Hour")
    channel = api.describe_delivery_channels()["DeliveryChannels"][0]
    assert channel["configSnapshotDeliveryProperties"] == {"deliveryFrequency": "One_Hour"}
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=frequency=One_Hour")
    assert api.describe_configuration_recorders()["ConfigurationRecorders"] == []
    assert api.describe_configuration_aggregators()["ConfigurationAggregators"] == []
