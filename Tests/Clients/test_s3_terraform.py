"""Terraform and the aws_s3_* resources: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import ACCOUNT, Identity
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

SOURCE = Path(__file__).with_name("terraform") / "s3.tf"


def test_every_resource(root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, SOURCE.read_text())
    terraform.apply()
    outputs = terraform.outputs()
    assert outputs["read"] == "four lamps, one chair"
    s3 = root.client("s3")
    order = s3.head_object(Bucket="orders", Key="in/17.txt")
    assert (order["SSEKMSKeyId"], order["BucketKeyEnabled"]) == (outputs["key"], True)
    kinds = ("policy", "lifecycle_configuration", "cors_configuration")
    terraform.reimport({f"aws_s3_bucket_{kind}.orders": "orders" for kind in kinds})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=days=40")
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket="orders")["Rules"]
    assert rule["Expiration"]["Days"] == 40
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=days=40")
    assert s3.list_buckets()["Buckets"] == []


def test_access_points(root: Identity, tmp_path: Path) -> None:
    caller = Identity(root.url.replace("127.0.0.1", "localhost"), root.key_id, root.secret, by_proxy=True)
    terraform = Terraform(tmp_path, caller, SOURCE.with_name("s3_access_points.tf").read_text())
    terraform.apply()
    outputs = terraform.outputs()
    control, s3 = root.client("s3control"), root.client("s3")
    shown = control.get_access_point(AccountId=ACCOUNT, Name="clerks")
    assert (shown["Alias"], shown["AccessPointArn"]) == (outputs["alias"], outputs["arn"])
    assert shown["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is False
    terraform.reimport(
        {
            "aws_s3_account_public_access_block.own": ACCOUNT,
            "aws_s3_access_point.inside": f"{ACCOUNT}:inside",
            "aws_s3control_access_point_policy.clerks": outputs["arn"],
        }
    )
    terraform.run("apply", "-auto-approve", "-no-color", "-var=strict=true")
    block = control.get_public_access_block(AccountId=ACCOUNT)["PublicAccessBlockConfiguration"]
    assert block["BlockPublicPolicy"] is True
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=strict=true")
    assert s3.list_buckets()["Buckets"] == []
    assert control.list_access_points(AccountId=ACCOUNT)["AccessPointList"] == []


def test_access_grants(root: Identity, tmp_path: Path) -> None:
    caller = Identity(root.url.replace("127.0.0.1", "localhost"), root.key_id, root.secret, by_proxy=True)
    terraform = Terraform(tmp_path, caller, SOURCE.with_name("s3_access_grants.tf").read_text())
    terraform.apply()
    outputs = terraform.outputs()
    assert outputs["scopes"] == ["s3://lake/sales*", "s3://lake/notes.txt"]
    assert outputs["instance"] == f"arn:aws:s3:us-east-1:{ACCOUNT}:access-grants/default"
    terraform.reimport(
        {
            "aws_s3control_access_grants_instance.own": ACCOUNT,
            "aws_s3control_access_grants_instance_resource_policy.own": ACCOUNT,
            "aws_s3control_access_grants_location.sales": f"{ACCOUNT},{outputs['location']}",
            "aws_s3control_access_grants_location.all": f"{ACCOUNT},default",
            "aws_s3control_access_grant.sales": f"{ACCOUNT},{outputs['grant']}",
        }
    )
    control = root.client("s3control")
    terraform.run("apply", "-auto-approve", "-no-color", "-var=lender=other-lender")
    changed = control.get_access_grants_location(AccountId=ACCOUNT, AccessGrantsLocationId="default")
    assert changed["IAMRoleArn"].endswith("role/other-lender")
    arn = f"{outputs['instance']}/location/{outputs['location']}"
    (tag,) = control.list_tags_for_resource(AccountId=ACCOUNT, ResourceArn=arn)["Tags"]
    assert tag == {"Key": "team", "Value": "other-lender"}
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=lender=other-lender")
    assert control.list_access_grants_instances(AccountId=ACCOUNT)["AccessGrantsInstancesList"] == []


def test_directory_buckets(root: Identity, tmp_path: Path) -> None:
    # Names before the endpoint's are those of buckets: nobody has to look them up.
    caller = Identity(root.url.replace("127.0.0.1", "localhost"), root.key_id, root.secret, by_proxy=True)
    terraform = Terraform(tmp_path, caller, SOURCE.with_name("s3_directory_buckets.tf").read_text())
    terraform.apply()
    name = "orders--use1-az4--x-s3"
    assert terraform.outputs()["all"] == [name]
    s3 = root.client("s3")
    assert s3.get_object(Bucket=name, Key="in/17.txt")["Body"].read() == b"four lamps"
    assert s3.head_object(Bucket=name, Key="in/17.txt")["ServerSideEncryption"] == "aws:kms"
    # A bucket that is imported differs by `force_destroy`, which is of Terraform alone.
    terraform.reimport({"aws_s3_bucket_policy.own": name})
    terraform.run("apply", "-auto-approve", "-no-color", "-var=days=40")
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert rule["Expiration"]["Days"] == 40
    terraform.run("destroy", "-auto-approve", "-no-color", "-var=days=40")
    assert s3.list_directory_buckets()["Buckets"] == []
