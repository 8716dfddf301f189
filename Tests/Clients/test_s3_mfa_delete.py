"""MFA delete: versions go, and versioning is changed, with a code of the root user's device alone, and each code once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, VirtualDevice, allow, error_of

NEEDED = "Mfa Authentication must be used for this request"
OWNER = "This operation may only be performed by the bucket owner"
ON = {"Status": "Enabled", "MFADelete": "Enabled"}


class Phone:
    """The root user's device, enrolled; it has two codes that are good now."""

    def __init__(self, root: Identity):
        made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
        self.serial = made["SerialNumber"]
        self.device = VirtualDevice(made["Base32StringSeed"])
        one, two = self.device.two_codes()
        root.iam.enable_mfa_device(
            UserName="root", SerialNumber=self.serial, AuthenticationCode1=one, AuthenticationCode2=two)

    def header(self) -> str:
        return f"{self.serial} {self.device.code()}"

    def wrong(self) -> str:
        return f"{self.serial} {self.device.wrong_code()}"


@pytest.fixture
def phone(root: Identity) -> Phone:
    return Phone(root)


@pytest.fixture
def s3(root: Identity) -> Any:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    return s3


def put(s3: Any, key: str = "a") -> str:
    return str(s3.put_object(Bucket="box", Key=key, Body=b"x")["VersionId"])


def keys(s3: Any) -> list[str]:
    return [version["Key"] for version in s3.list_object_versions(Bucket="box").get("Versions", [])]


def test_turning_it_on_and_off(s3: Any, root: Identity, phone: Phone, new_user: Callable[..., Identity]) -> None:
    change = s3.put_bucket_versioning
    error = error_of(change, Bucket="box", VersioningConfiguration=ON)
    assert (error.code, error.message, error.status) == ("AccessDenied", NEEDED, 403)
    assert error_of(change, Bucket="box", VersioningConfiguration=ON, MFA=phone.wrong()).code == "AccessDenied"
    assert error_of(change, Bucket="box", VersioningConfiguration=ON, MFA="123456").message == NEEDED
    admin = new_user("admin", managed="AdministratorAccess").client("s3")
    code = phone.header()
    # Not even an administrator who holds the device; and the code is still good.
    assert error_of(admin.put_bucket_versioning, Bucket="box", VersioningConfiguration=ON, MFA=code).message == OWNER
    assert "Status" not in s3.get_bucket_versioning(Bucket="box")
    change(Bucket="box", VersioningConfiguration=ON, MFA=code)
    shown = root.aws("s3api", "get-bucket-versioning", "--bucket", "box")
    assert shown == {"Status": "Enabled", "MFADelete": "Enabled"}
    # A code is good once.
    suspend = {"Status": "Suspended"}
    assert error_of(change, Bucket="box", VersioningConfiguration=suspend, MFA=code).code == "AccessDenied"
    assert error_of(change, Bucket="box", VersioningConfiguration=suspend).message == NEEDED
    rules = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}
    assert error_of(s3.put_bucket_lifecycle_configuration, Bucket="box", LifecycleConfiguration=rules).code == (
        "InvalidBucketState")
    change(Bucket="box", VersioningConfiguration={"Status": "Suspended", "MFADelete": "Disabled"}, MFA=phone.header())
    assert s3.get_bucket_versioning(Bucket="box")["MFADelete"] == "Disabled"
    change(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    s3.put_bucket_lifecycle_configuration(Bucket="box", LifecycleConfiguration=rules)


def test_lifecycle_rules_exclude_it(s3: Any, phone: Phone) -> None:
    rules = {"Rules": [{"ID": "r", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]}
    s3.put_bucket_lifecycle_configuration(Bucket="box", LifecycleConfiguration=rules)
    error = error_of(s3.put_bucket_versioning, Bucket="box", VersioningConfiguration=ON, MFA=phone.header())
    assert (error.code, error.status) == ("InvalidBucketState", 409)
    assert "Status" not in s3.get_bucket_versioning(Bucket="box")


def test_deleting(s3: Any, root: Identity, phone: Phone, new_user: Callable[..., Identity]) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration=ON, MFA=phone.header())
    version = put(s3)
    admin = new_user("admin", managed="AdministratorAccess").client("s3")
    clerk = new_user("clerk", allow("s3:DeleteObject", "arn:aws:s3:::box/*")).client("s3")
    # To hide an object needs no code; what it hides is still there.
    marker = clerk.delete_object(Bucket="box", Key="a")["VersionId"]
    one = {"Bucket": "box", "Key": "a", "VersionId": version}
    refused = root.aws_refused("s3api", "delete-object", "--bucket", "box", "--key", "a", "--version-id", version)
    assert (refused.code, refused.message) == ("AccessDenied", NEEDED)
    assert error_of(admin.delete_object, **one).message == NEEDED
    assert error_of(admin.delete_object, **one, MFA=phone.wrong()).message == OWNER
    # Whoever may not delete versions at all is told nothing of codes.
    assert "s3:DeleteObjectVersion" in error_of(clerk.delete_object, **one).message
    assert error_of(s3.delete_object, **one, MFA=phone.wrong()).code == "AccessDenied"
    assert error_of(s3.delete_object, Bucket="box", Key="a", VersionId=marker).message == NEEDED
    assert keys(s3) == ["a"]
    code = phone.header()
    done = root.aws("s3api", "delete-object", "--bucket", "box", "--key", "a", "--version-id", version, "--mfa", code)
    assert done["VersionId"] == version and keys(s3) == []
    error = error_of(s3.delete_object, Bucket="box", Key="a", VersionId=marker, MFA=code)
    assert error.code == "AccessDenied"
    assert [one["VersionId"] for one in s3.list_object_versions(Bucket="box")["DeleteMarkers"]] == [marker]


def test_deleting_many(s3: Any, phone: Phone) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration=ON, MFA=phone.header())
    version = put(s3, "a")
    put(s3, "b")
    objects = {"Objects": [{"Key": "b"}, {"Key": "a", "VersionId": version}]}
    # Nothing of the request is done without a code, nor with a wrong one.
    assert error_of(s3.delete_objects, Bucket="box", Delete=objects).message == NEEDED
    assert error_of(s3.delete_objects, Bucket="box", Delete={"Objects": [{"Key": "b"}]}, MFA=phone.wrong()).code == (
        "AccessDenied")
    assert sorted(keys(s3)) == ["a", "b"] and "DeleteMarkers" not in s3.list_object_versions(Bucket="box")
    done = s3.delete_objects(Bucket="box", Delete=objects, MFA=phone.header())
    assert sorted(one["Key"] for one in done["Deleted"]) == ["a", "b"] and keys(s3) == ["b"]
    assert "Errors" not in s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "b"}]})


def test_buckets_without_it(s3: Any, root: Identity) -> None:
    """The header means nothing there; and Terraform says `Disabled` of buckets that never had it."""
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled", "MFADelete": "Disabled"})
    version = put(s3)
    s3.delete_object(Bucket="box", Key="a", VersionId=version, MFA="nothing")
    assert keys(s3) == []
    error = error_of(s3.put_bucket_versioning, Bucket="box", VersioningConfiguration={
        "Status": "Enabled", "MFADelete": "Maybe"})
    assert error.code == "MalformedXML"


def test_the_code_is_not_recorded(s3: Any, root: Identity, phone: Phone) -> None:
    code = phone.header()
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration=ON, MFA=code)
    found = root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "PutBucketVersioning"}])["Events"]
    assert len(found) == 1 and code.split()[1] not in found[0]["CloudTrailEvent"]
    assert ACCOUNT in found[0]["CloudTrailEvent"]
