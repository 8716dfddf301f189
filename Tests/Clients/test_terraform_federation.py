"""Terraform: SAML providers, and centralized root access."""

import json
from pathlib import Path

from harness import ACCOUNT, Identity, Server
from harness.saml import IdentityProvider
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

PROVIDER = f"arn:aws:iam::{ACCOUNT}:saml-provider/example"

SAML = """
resource "aws_iam_saml_provider" "example" {
  name                   = "example"
  saml_metadata_document = file("${path.module}/metadata.xml")
  tags                   = { Team = "identity" }
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRoleWithSAML", "sts:TagSession"]
    principals {
      type        = "Federated"
      identifiers = [aws_iam_saml_provider.example.arn]
    }
    condition {
      test     = "StringEquals"
      variable = "SAML:aud"
      values   = ["https://signin.aws.amazon.com/saml"]
    }
  }
}

resource "aws_iam_role" "reader" {
  name               = "reader"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

data "aws_iam_saml_provider" "example" {
  arn = aws_iam_saml_provider.example.arn
}

output "valid_until" { value = data.aws_iam_saml_provider.example.valid_until }
"""

ROOT_ACCESS = """
resource "aws_organizations_organization" "all" {
  aws_service_access_principals = ["iam.amazonaws.com"]
  feature_set                   = "ALL"
}

resource "aws_iam_organizations_features" "root" {
  enabled_features = [%s]
  depends_on       = [aws_organizations_organization.all]
}
"""


def test_saml_provider(cloud: Server, root: Identity, tmp_path: Path) -> None:
    idp = IdentityProvider()
    metadata = tmp_path / "metadata.xml"
    metadata.write_text(idp.metadata())
    terraform = Terraform(tmp_path, root, SAML)
    terraform.apply()
    got = root.iam.get_saml_provider(SAMLProviderArn=PROVIDER)
    assert got["SAMLMetadataDocument"] == idp.metadata()
    assert got["Tags"] == [{"Key": "Team", "Value": "identity"}]
    assert terraform.outputs()["valid_until"] == got["ValidUntil"].strftime("%Y-%m-%dT%H:%M:%SZ")
    terraform.reimport({"aws_iam_saml_provider.example": PROVIDER})

    metadata.write_text(idp.metadata(validUntil="2040-01-01T00:00:00Z"))
    assert "0 added, 1 changed, 0 destroyed" in terraform.apply()
    assert root.iam.get_saml_provider(SAMLProviderArn=PROVIDER)["ValidUntil"].year == 2040
    terraform.assert_no_drift()
    terraform.destroy()
    assert root.iam.list_saml_providers()["SAMLProviderList"] == []


def test_centralized_root_access(cloud: Server, root: Identity, tmp_path: Path) -> None:
    both = ROOT_ACCESS % '"RootCredentialsManagement", "RootSessions"'
    terraform = Terraform(tmp_path, root, both)
    terraform.apply()
    features = root.iam.list_organizations_features()
    assert sorted(features["EnabledFeatures"]) == ["RootCredentialsManagement", "RootSessions"]
    terraform.reimport({"aws_iam_organizations_features.root": features["OrganizationId"]})

    source = tmp_path / "main.tf"
    source.write_text(source.read_text().replace('"RootCredentialsManagement", "RootSessions"', '"RootSessions"'))
    terraform.apply()
    assert root.iam.list_organizations_features()["EnabledFeatures"] == ["RootSessions"]
    terraform.assert_no_drift()
    terraform.destroy()
    state = json.loads(terraform.run("show", "-json").stdout)
    assert not state.get("values", {}).get("root_module", {}).get("resources")
