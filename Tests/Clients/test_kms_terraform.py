"""Terraform and the aws_kms_* resources: apply, no drift, import, a change in place, destroy."""

import base64
from pathlib import Path

from harness import Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "kms.tf"


def test_every_resource(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    outputs = terraform.outputs()
    kms = root.client("kms")
    blob = base64.b64decode(outputs["ciphertext"])
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext={"stage": "test"})["Plaintext"] == b"from Terraform"
    assert ":key/" in outputs["managed"] and ":eu-west-1:" in outputs["replica"]
    (grant,) = kms.list_grants(KeyId=outputs["key"])["Grants"]
    assert grant["GranteePrincipal"].endswith(":role/reader")
    terraform.reimport({"aws_kms_alias.main": "alias/main"})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=description=other")
    assert kms.describe_key(KeyId=outputs["key"])["KeyMetadata"]["Description"] == "other"
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=description=other")
    assert kms.describe_key(KeyId=outputs["key"])["KeyMetadata"]["KeyState"] == "PendingDeletion"
    assert not [one for one in kms.list_aliases()["Aliases"] if not one["AliasName"].startswith("alias/aws/")]
