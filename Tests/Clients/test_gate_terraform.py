"""Terraform through the gate: as somebody who may not do all of it, and as somebody who may."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from harness import Identity, allow, deny
from harness.terraform import Terraform, needs_terraform
from test_gate import worker_server  # noqa: F401

pytestmark = needs_terraform

SOURCE = (Path(__file__).with_name("terraform") / "gate.tf").read_text()
SERVICES = ["dynamodb:*", "sqs:*", "sns:*", "secretsmanager:*", "ssm:*", "sts:GetCallerIdentity"]


def test_applied_denied_destroyed(root: Identity, new_user: Callable[..., Identity], tmp_path: Path) -> None:
    deployer = new_user("deployer", allow(SERVICES), deny("sns:Subscribe"))
    terraform = Terraform(tmp_path, deployer, f"{SOURCE}\n")
    (tmp_path / "terraform.tfvars").write_text('suffix = "tf"\n')
    refused = terraform.run("apply", "-auto-approve", "-no-color", expected=(1,))
    shown = " ".join(refused.stderr.split())
    assert "is not authorized to perform: sns:Subscribe on resource: arn:aws:sns:us-east-1:111122223333:news-tf" in shown
    assert "with an explicit deny in an identity-based policy" in shown

    root.iam.delete_user_policy(UserName="deployer", PolicyName="own")
    root.iam.attach_user_policy(UserName="deployer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    terraform.apply()
    terraform.assert_no_drift()
    secret = root.client("secretsmanager").get_secret_value(SecretId=terraform.outputs()["secret"])
    assert secret["SecretString"] == "from Terraform"
    terraform.destroy()
    assert "notes-tf" not in root.client("dynamodb").list_tables()["TableNames"]
