"""Terraform and aws_inspector2_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import ACCOUNT, Server
from harness.organizations import NewOrganization
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

FOLDER = Path(__file__).with_name("terraform")


def test_scans_and_filters(tmp_path: Path) -> None:
    with Server(log=tmp_path / "log") as server:
        folder = tmp_path / "terraform"
        folder.mkdir()
        terraform = Terraform(folder, server.root, (FOLDER / "inspector2.tf").read_text())
        terraform.apply()
        api = server.root.client("inspector2")
        (account,) = api.batch_get_account_status(accountIds=[ACCOUNT])["accounts"]
        assert {name: state["status"] for name, state in account["resourceState"].items()} == {
            "ec2": "ENABLED", "ecr": "ENABLED", "lambda": "ENABLED", "lambdaCode": "DISABLED",
            "codeRepository": "DISABLED",
        }  # fmt: skip
        (found,) = api.list_filters()["filters"]
        assert (found["name"], found["reason"], found["tags"]) == ("quiet", "nobody reaches it", {"Team": "blue"})
        assert found["criteria"]["inspectorScore"] == [{"lowerInclusive": 0.0, "upperInclusive": 3.9}]
        terraform.reimport({"aws_inspector2_filter.quiet": found["arn"]})
        terraform.run("apply", "-auto-approve", "-no-color", "-var=reason=tests")
        assert api.list_filters()["filters"][0]["reason"] == "tests"
        terraform.run("destroy", "-auto-approve", "-no-color")
        assert api.list_filters()["filters"] == []
        assert api.batch_get_account_status()["accounts"][0]["state"]["status"] == "DISABLED"


def test_the_administrator(tmp_path: Path) -> None:
    with Server("--quota", "DaysBeforeLeaving=0", log=tmp_path / "log") as server:
        org = NewOrganization(server)
        admin = org.member("security")
        folder = tmp_path / "terraform"
        folder.mkdir()
        source = (FOLDER / "inspector2_organization.tf").read_text().replace(
            'variable "admin" {}', f'variable "admin" {{ default = "{admin.account}" }}')
        terraform = Terraform(folder, org.organizer, source)
        terraform.apply()
        assert org.management.client("inspector2").get_delegated_admin_account()["delegatedAdmin"]["accountId"] == (
            admin.account)
        terraform.reimport({"aws_inspector2_delegated_admin_account.security": admin.account})
        terraform.destroy()
        assert org.management.client("inspector2").list_delegated_admin_accounts()["delegatedAdminAccounts"] == []
