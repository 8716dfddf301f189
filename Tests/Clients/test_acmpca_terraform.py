"""Terraform and the aws_acmpca_* resources, and a private certificate of ACM's: apply, no drift, import, a change in place, destroy."""

from __future__ import annotations

from pathlib import Path

from cryptography import x509

from harness import Identity, Trail
from harness.authorities import Authority, new_request
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "acmpca.tf"


def test_every_resource(root: Identity, trail: Trail, tmp_path: Path) -> None:
    (tmp_path / "own.csr").write_text(new_request("ada.example.com"))
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    outputs = terraform.outputs()
    client = root.client("acm-pca")
    issuing = Authority(client, outputs["issuing"], "SHA256WITHRSA")
    assert issuing.description["Status"] == "ACTIVE"
    assert issuing.certificate(new_request()).issuer.rfc4514_string() == "CN=Terraform Issuing"
    permissions = client.list_permissions(CertificateAuthorityArn=outputs["issuing"])["Permissions"]
    assert [one["Principal"] for one in permissions] == ["acm.amazonaws.com"]
    own = x509.load_pem_x509_certificate(outputs["own"].encode())
    assert own.subject.rfc4514_string() == "CN=ada.example.com"
    # Not an authority, nor a certificate: how long the one waits for its deletion, and what the other was asked for with, is known to
    # Terraform alone. A permission can't be imported.
    terraform.reimport(
        {
            "aws_acmpca_policy.issuing": outputs["issuing"], "aws_acm_certificate.private": outputs["private"],
            "aws_acmpca_certificate_authority_certificate.issuing": outputs["issuing"],
        }
    )  # fmt: skip
    found = root.client("acm").describe_certificate(CertificateArn=outputs["private"])["Certificate"]
    assert found["Type"] == "PRIVATE" and found["CertificateAuthorityArn"] == outputs["issuing"]
    terraform.run("apply", "-auto-approve", "-no-color", "-var=team=red")
    assert client.list_tags(CertificateAuthorityArn=outputs["root"])["Tags"] == [{"Key": "team", "Value": "red"}]
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=team=red")
    assert issuing.description["Status"] == "DELETED"
    # Terraform revokes what it forgets.
    revoked = [one["requestParameters"]["certificateSerial"] for one in trail.all(EventName="RevokeCertificate") if "errorCode" not in one]
    assert own.serial_number in {int(one.replace(":", ""), 16) for one in revoked}
