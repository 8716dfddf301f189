"""Terraform and the aws_s3_* resources: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "s3.tf"


def test_every_resource(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    terraform.assert_no_drift()
    outputs = terraform.outputs()
    assert outputs["read"] == "four lamps, one chair"
    s3 = root.client("s3")
    order = s3.head_object(Bucket="orders", Key="in/17.txt")
    assert (order["SSEKMSKeyId"], order["BucketKeyEnabled"]) == (outputs["key"], True)
    for address, identifier in (
        ("aws_s3_bucket_policy.orders", "orders"),
        ("aws_s3_bucket_lifecycle_configuration.orders", "orders"),
        ("aws_s3_bucket_cors_configuration.orders", "orders"),
    ):
        terraform.reimport(address, identifier)
    terraform.assert_no_drift()
    terraform.run("apply", "-auto-approve", "-no-color", "-var=days=40")
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket="orders")["Rules"]
    assert rule["Expiration"]["Days"] == 40
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=days=40")
    assert s3.list_buckets()["Buckets"] == []
