"""Terraform and the aws_acmpca_* resources, and a private certificate of ACM's: apply, no drift, import, a change in place, destroy."""

from __future__ import annotations

from pathlib import Path

from harness import Identity
from harness.authorities import Authority, new_request
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "acmpca.tf"


def test_every_resource(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    outputs = terraform.outputs()
    client = root.client("acm-pca")
    issuing = Authority(client, outputs["issuing"], "SHA256WITHRSA")
    assert issuing.description["Status"] == "ACTIVE"
    assert issuing.certificate(new_request()).issuer.rfc4514_string() == "CN=Terraform Issuing"
    # Not an authority: how long it waits for its deletion is known to Terraform alone.
    terraform.reimport({"aws_acmpca_policy.issuing": outputs["issuing"]})
    found = root.client("acm").describe_certificate(CertificateArn=outputs["private"])["Certificate"]
    assert found["Type"] == "PRIVATE" and found["CertificateAuthorityArn"] == outputs["issuing"]
    terraform.run("apply", "-auto-approve", "-no-color", "-var=team=red")
    assert client.list_tags(CertificateAuthorityArn=outputs["root"])["Tags"] == [{"Key": "team", "Value": "red"}]
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=team=red")
    assert issuing.description["Status"] == "DELETED"
