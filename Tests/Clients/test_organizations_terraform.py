"""Terraform makes an organization: units, an account in one of them, its administrator of a service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import ACCOUNT, Server, error_of
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = """
resource "aws_organizations_organization" "this" {
  aws_service_access_principals = ["access-analyzer.amazonaws.com", "sso.amazonaws.com"]
  enabled_policy_types          = ["SERVICE_CONTROL_POLICY"]
}

resource "aws_organizations_organizational_unit" "prod" {
  name      = "Prod"
  parent_id = aws_organizations_organization.this.roots[0].id
  tags      = { Stage = "prod" }
}

resource "aws_organizations_organizational_unit" "shops" {
  name      = "Shops"
  parent_id = aws_organizations_organizational_unit.prod.id
}

resource "aws_organizations_account" "shop" {
  name      = "shop"
  email     = "shop@example.com"
  role_name = "Inside"
  parent_id = aws_organizations_organizational_unit.shops.id
  tags      = { Team = "red" }
}

resource "aws_organizations_delegated_administrator" "analyzer" {
  account_id        = aws_organizations_account.shop.id
  service_principal = "access-analyzer.amazonaws.com"
}

data "aws_organizations_organizational_unit_child_accounts" "shops" {
  parent_id = aws_organizations_account.shop.parent_id
}

data "aws_organizations_delegated_services" "shop" {
  account_id = aws_organizations_delegated_administrator.analyzer.account_id
}

output "organization" { value = aws_organizations_organization.this.id }
output "shops" { value = aws_organizations_organizational_unit.shops.id }
output "account" { value = aws_organizations_account.shop.id }
output "state" { value = aws_organizations_account.shop.status }
output "children" { value = data.aws_organizations_organizational_unit_child_accounts.shops.accounts[*].name }
output "services" { value = data.aws_organizations_delegated_services.shop.delegated_services[*].service_principal }
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server in which accounts may leave their organization as soon as they are made, which is how they end here."""
    with Server("--quota", "DaysBeforeLeaving=0", log=tmp_path / "log") as server:
        yield server


def test_an_organization(server: Server, tmp_path: Path) -> None:
    folder = tmp_path / "terraform"
    folder.mkdir()
    root = server.root
    terraform = Terraform(folder, root, SOURCE)
    terraform.apply()
    client = root.client("organizations")
    outputs = terraform.outputs()
    account = client.describe_account(AccountId=outputs["account"])["Account"]
    assert account["Name"] == "shop" and account["Paths"][0].split("/")[-3] == outputs["shops"]
    assert outputs["state"] == "ACTIVE"
    assert outputs["children"] == ["shop"]
    assert outputs["services"] == ["access-analyzer.amazonaws.com"]
    assert client.list_roots()["Roots"][0]["PolicyTypes"] == [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]
    terraform.assert_no_drift()

    # The role's name can't be read back, from AWS neither, so the configuration leaves it out from here on.
    source = folder / "main.tf"
    source.write_text(source.read_text().replace('  role_name = "Inside"\n', ""))
    terraform.reimport(
        {
            "aws_organizations_delegated_administrator.analyzer": f"{outputs['account']}/access-analyzer.amazonaws.com",
            "aws_organizations_organizational_unit.shops": outputs["shops"],
            "aws_organizations_organization.this": outputs["organization"],
            "aws_organizations_account.shop": outputs["account"],
        }
    )

    source.write_text(
        source.read_text()
        .replace('name      = "Shops"', 'name      = "Stores"')
        .replace('Team = "red"', 'Team = "blue"')
        .replace("organizational_unit.shops.id\n  tags", "organizational_unit.prod.id\n  tags")
    )
    terraform.apply()
    assert client.list_parents(ChildId=outputs["account"])["Parents"][0]["Id"] != outputs["shops"]
    assert client.list_tags_for_resource(ResourceId=outputs["account"])["Tags"] == [{"Key": "Team", "Value": "blue"}]
    terraform.assert_no_drift()

    terraform.destroy()
    assert error_of(client.describe_organization).code == "AWSOrganizationsNotInUseException"
    assert root.sts.get_caller_identity()["Account"] == ACCOUNT
