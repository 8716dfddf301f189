"""Terraform and the network side of EC2: apply, no drift, import, destroy."""

from __future__ import annotations

from pathlib import Path

from harness import Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "ec2_network.tf"


def test_a_network(root: Identity, tmp_path: Path) -> None:
    ec2 = root.client("ec2")
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.environment["TF_VAR_name"] = "shop"
    terraform.apply()
    outputs = terraform.outputs()
    assert outputs["zones"] == ["us-east-1a", "us-east-1b", "us-east-1c"] and outputs["default_subnets"] == 3
    terraform.assert_no_drift()
    terraform.reimport(outputs["ids"])
    terraform.destroy()
    assert [vpc["IsDefault"] for vpc in ec2.describe_vpcs()["Vpcs"]] == [True]
    assert not ec2.describe_addresses()["Addresses"] and not ec2.describe_network_interfaces()["NetworkInterfaces"]
