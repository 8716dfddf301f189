"""Lab 7. Terraform: apply, a second plan without changes, destroy."""

import shutil
from pathlib import Path

from harness import ACCOUNT, Identity, Server, error_of
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform


def test_apply_no_changes_destroy(cloud: Server, root: Identity, tmp_path: Path) -> None:
    shutil.copy(Path(__file__).with_name("terraform") / "main.tf", tmp_path)
    terraform = Terraform(tmp_path, root)
    terraform.apply()

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

    terraform.assert_no_drift()
    applied = terraform.apply()
    assert "Resources: 0 added, 0 changed, 0 destroyed." in applied

    # A change in place, seen by the next plan.
    source = tmp_path / "main.tf"
    source.write_text(source.read_text().replace('Team = "compilers"', 'Team = "systems"').replace("7200", "10800"))
    changed = terraform.apply()
    assert "0 added, 4 changed, 0 destroyed" in changed, changed
    assert root.iam.get_role(RoleName="app")["Role"]["MaxSessionDuration"] == 10800
    terraform.assert_no_drift()

    terraform.destroy()
    assert root.iam.list_users()["Users"] == []
    assert root.iam.list_groups()["Groups"] == []
    assert root.iam.list_roles()["Roles"] == []
    assert root.iam.list_policies(Scope="Local")["Policies"] == []
    assert root.iam.list_instance_profiles()["InstanceProfiles"] == []
    assert root.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert root.iam.list_account_aliases()["AccountAliases"] == []


def test_terraform_sees_a_denial(cloud: Server, root: Identity, new_user, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, new_user("plain"), 'resource "aws_iam_user" "x" { name = "x" }')
    refused = terraform.run("apply", "-auto-approve", "-no-color", expected=(1,))
    message = " ".join(refused.stderr.replace("│", " ").split())
    assert "AccessDenied" in message
    assert "no identity-based policy allows the iam:CreateUser action" in message
