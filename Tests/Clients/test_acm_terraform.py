"""Terraform and ACM's public and imported certificates: apply with validation, no drift, import, a change in place, destroy."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from harness import Identity
from harness.authorities import Authority, days, key_pem, new_key, new_request
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "acm.tf"


def test_public_certificates(root: Identity, tmp_path: Path) -> None:
    # A certificate to import, and its successor, with the same key.
    authority, key = Authority.root(root), new_key()
    (tmp_path / "key.pem").write_text(key_pem(key))
    for team, length in (("blue", 30), ("red", 60)):
        request = new_request("own.example.com", "own.example.com", key=key)
        own, above = authority.get(authority.issue(request, validity=days(length)))
        (tmp_path / f"{team}.pem").write_text(own)
        (tmp_path / "chain.pem").write_text(above)
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    outputs = terraform.outputs()
    acm = root.client("acm")
    found = acm.describe_certificate(CertificateArn=outputs["public"])["Certificate"]
    assert found["Status"] == "ISSUED" and found["Options"]["CertificateTransparencyLoggingPreference"] == "DISABLED"
    assert outputs["found"] == outputs["public"]
    assert len(outputs["records"]) == 3 and len(set(outputs["records"])) == 2
    assert outputs["emails"] == [f"{name}@shop.internal" for name in ("admin", "administrator", "hostmaster", "postmaster", "webmaster")]

    def ends(arn: str) -> datetime:
        return acm.describe_certificate(CertificateArn=arn)["Certificate"]["NotAfter"]

    first = ends(outputs["imported"])
    terraform.reimport({"aws_acm_certificate.public": outputs["public"]})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=team=red")
    for name in ("public", "imported"):
        assert acm.list_tags_for_certificate(CertificateArn=outputs[name])["Tags"] == [{"Key": "team", "Value": "red"}]
    assert ends(outputs["imported"]) > first, "it was imported anew in its place"
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=team=red")
    assert acm.list_certificates(Includes={"keyTypes": ["EC_prime256v1", "RSA_2048"]})["CertificateSummaryList"] == []
