"""Lab 7. Terraform: apply, a second plan without changes, destroy."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, error_of
from harness.server import clean_environment

MIRROR = Path(os.environ.get("GATEHOUSE_TERRAFORM_MIRROR", "/opt/tf-plugins"))
PROVIDER = MIRROR / "registry.terraform.io" / "hashicorp" / "aws"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform is not on PATH"),
    pytest.mark.skipif(
        not PROVIDER.is_dir(),
        reason=f"no mirror of hashicorp/aws at {PROVIDER} (another place: GATEHOUSE_TERRAFORM_MIRROR)",
    ),
]


class Terraform:
    def __init__(self, folder: Path, identity: Identity):
        self.folder = folder
        # Its own home: no plugin cache, no CLI configuration of this machine's user.
        self.environment = clean_environment(**identity.environment) | {
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
        }

    def run(self, *words: str, expected: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            ["terraform", f"-chdir={self.folder}", *words],
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode in expected, f"terraform {' '.join(words)}:\n{done.stdout}\n{done.stderr}"
        return done

    def outputs(self) -> dict[str, Any]:
        return {name: one["value"] for name, one in json.loads(self.run("output", "-json").stdout).items()}


def test_apply_no_changes_destroy(cloud: Server, root: Identity, tmp_path: Path) -> None:
    shutil.copy(Path(__file__).with_name("terraform") / "main.tf", tmp_path)
    terraform = Terraform(tmp_path, root)
    terraform.run("init", f"-plugin-dir={MIRROR}", "-no-color")
    terraform.run("apply", "-auto-approve", "-no-color")

    users = {user["UserName"]: user for user in root.iam.list_users()["Users"]}
    assert sorted(users) == ["ada", "bounded", "edsger", "grace"]
    assert users["ada"]["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/staff/ada"
    outputs = terraform.outputs()
    assert outputs["members"] == ["ada", "edsger", "grace"]
    assert outputs["administrator_access"] == "arn:aws:iam::aws:policy/AdministratorAccess"
    role = root.iam.get_role(RoleName="app")["Role"]
    assert (role["Path"], role["MaxSessionDuration"], role["Description"]) == ("/service/", 7200, "Reads its bucket")
    assert root.iam.get_instance_profile(InstanceProfileName="app")["InstanceProfile"]["Roles"][0]["RoleName"] == "app"
    assert root.iam.list_account_aliases()["AccountAliases"] == ["gatehouse-lab"]
    tags = {tag["Key"]: tag["Value"] for tag in root.iam.list_user_tags(UserName="ada")["Tags"]}
    assert tags == {"ManagedBy": "terraform", "Team": "compilers"}
    statuses = {
        key["AccessKeyId"]: key["Status"] for key in root.iam.list_access_keys(UserName="edsger")["AccessKeyMetadata"]
    }
    assert list(statuses.values()) == ["Inactive"]

    # The key that Terraform made signs, and what Terraform attached binds.
    ada = Identity(cloud.url, outputs["access_key"]["id"], outputs["access_key"]["secret"])
    assert ada.iam.get_user()["User"]["UserName"] == "ada"
    assert error_of(ada.iam.list_users).code == "AccessDenied"

    # A second plan finds nothing to do: everything reads back as it was written.
    second = terraform.run("plan", "-detailed-exitcode", "-no-color", expected=(0, 2))
    assert second.returncode == 0, second.stdout
    applied = terraform.run("apply", "-auto-approve", "-no-color").stdout
    assert "Resources: 0 added, 0 changed, 0 destroyed." in applied

    # A change in place, seen by the next plan.
    source = tmp_path / "main.tf"
    source.write_text(source.read_text().replace('Team = "compilers"', 'Team = "systems"').replace("7200", "10800"))
    changed = terraform.run("apply", "-auto-approve", "-no-color").stdout
    assert "0 added, 4 changed, 0 destroyed" in changed, changed
    assert root.iam.get_role(RoleName="app")["Role"]["MaxSessionDuration"] == 10800
    second = terraform.run("plan", "-detailed-exitcode", "-no-color", expected=(0, 2))
    assert second.returncode == 0, second.stdout

    terraform.run("destroy", "-auto-approve", "-no-color")
    assert root.iam.list_users()["Users"] == []
    assert root.iam.list_groups()["Groups"] == []
    assert root.iam.list_roles()["Roles"] == []
    assert root.iam.list_policies(Scope="Local")["Policies"] == []
    assert root.iam.list_instance_profiles()["InstanceProfiles"] == []
    assert root.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert root.iam.list_account_aliases()["AccountAliases"] == []


def test_terraform_sees_a_denial(cloud: Server, root: Identity, new_user, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        """
        terraform {
          required_providers {
            aws = { source = "hashicorp/aws", version = "5.100.0" }
          }
        }
        provider "aws" { region = "us-east-1" }
        resource "aws_iam_user" "x" { name = "x" }
        """
    )
    terraform = Terraform(tmp_path, new_user("plain"))
    terraform.run("init", f"-plugin-dir={MIRROR}", "-no-color")
    refused = terraform.run("apply", "-auto-approve", "-no-color", expected=(1,))
    message = " ".join(refused.stderr.replace("│", " ").split())
    assert "AccessDenied" in message
    assert "no identity-based policy allows the iam:CreateUser action" in message
