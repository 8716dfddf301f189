"""Terraform and aws_cloudtrail_event_data_store: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "lake.tf"


def test_an_event_data_store(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    arn = terraform.outputs()["arn"]
    ct = root.cloudtrail
    assert ct.list_tags(ResourceIdList=[arn])["ResourceTagList"][0]["TagsList"] == [{"Key": "team", "Value": "audit"}]
    terraform.reimport({"aws_cloudtrail_event_data_store.main": arn})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=days=30")
    assert ct.get_event_data_store(EventDataStore=arn)["RetentionPeriod"] == 30
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=days=30")
    assert ct.get_event_data_store(EventDataStore=arn)["Status"] == "PENDING_DELETION"
