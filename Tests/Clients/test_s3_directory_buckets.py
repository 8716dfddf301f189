"""Directory buckets of S3 Express, by clients that find out by themselves how to sign for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, allow, deny, error_of, policy

NAME = "box--use1-az4--x-s3"
ARN = f"arn:aws:s3express:us-east-1:{ACCOUNT}:bucket/{NAME}"
PLACE = {
    "Location": {"Type": "AvailabilityZone", "Name": "use1-az4"},
    "Bucket": {"Type": "Directory", "DataRedundancy": "SingleAvailabilityZone"},
}
MANY = pytest.mark.parametrize


@pytest.fixture
def s3(root: Identity) -> Any:
    return root.client("s3")


@pytest.fixture
def box(s3: Any) -> str:
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    return NAME


def test_a_bucket_from_the_beginning_to_the_end(s3: Any, root: Identity) -> None:
    made = s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    assert made["Location"] == f"https://{NAME}.s3express-use1-az4.us-east-1.amazonaws.com/"
    assert made["BucketArn"] == ARN
    head = s3.head_bucket(Bucket=NAME)
    assert (head["BucketLocationType"], head["BucketLocationName"]) == ("AvailabilityZone", "use1-az4")
    assert (head["BucketRegion"], head["AccessPointAlias"]) == ("us-east-1", False)
    listed = s3.list_directory_buckets()["Buckets"]
    assert [(each["Name"], each["BucketArn"], each["BucketRegion"]) for each in listed] == [(NAME, ARN, "us-east-1")]
    # The other kind is listed by itself.
    s3.create_bucket(Bucket="box")
    assert [each["Name"] for each in s3.list_buckets()["Buckets"]] == ["box"]
    assert root.aws("s3api", "list-directory-buckets")["Buckets"][0]["Name"] == NAME
    error = error_of(s3.create_bucket, Bucket=NAME, CreateBucketConfiguration=PLACE)
    assert (error.code, error.status) == ("BucketAlreadyOwnedByYou", 409)
    s3.put_object(Bucket=NAME, Key="a", Body=b"1")
    assert error_of(s3.delete_bucket, Bucket=NAME).code == "BucketNotEmpty"
    s3.delete_object(Bucket=NAME, Key="a")
    s3.delete_bucket(Bucket=NAME)
    assert s3.list_directory_buckets()["Buckets"] == []
    assert error_of(s3.head_bucket, Bucket=NAME).status == 404


def test_an_object(s3: Any, box: str) -> None:
    put = s3.put_object(Bucket=box, Key="a/b", Body=b"hello", Metadata={"x": "y"}, ContentType="text/plain")
    again = s3.put_object(Bucket=box, Key="a/c", Body=b"hello")
    # Entity tags are no MD5.
    assert put["ETag"] != again["ETag"] and "5d41402abc4b2a76b9719d911017c592" not in put["ETag"]
    got = s3.get_object(Bucket=box, Key="a/b")
    assert got["Body"].read() == b"hello" and got["StorageClass"] == "EXPRESS_ONEZONE"
    assert (got["ETag"], got["Metadata"], got["ContentType"]) == (put["ETag"], {"x": "y"}, "text/plain")
    assert s3.head_object(Bucket=box, Key="a/b")["ContentLength"] == 5
    listed = s3.list_objects_v2(Bucket=box, Prefix="a/")
    assert [(each["Key"], each["StorageClass"]) for each in listed["Contents"]] == [
        ("a/b", "EXPRESS_ONEZONE"), ("a/c", "EXPRESS_ONEZONE")]
    s3.copy_object(Bucket=box, Key="d", CopySource={"Bucket": box, "Key": "a/b"})
    assert s3.get_object(Bucket=box, Key="d")["Body"].read() == b"hello"
    s3.rename_object(Bucket=box, Key="e", RenameSource=f"{box}/d")
    assert s3.get_object(Bucket=box, Key="e")["Body"].read() == b"hello"
    assert error_of(s3.get_object, Bucket=box, Key="d").code == "NoSuchKey"
    answer = s3.delete_objects(Bucket=box, Delete={"Objects": [{"Key": key} for key in ("a/b", "a/c", "e")]})
    assert sorted(each["Key"] for each in answer["Deleted"]) == ["a/b", "a/c", "e"]
    assert s3.list_objects_v2(Bucket=box)["KeyCount"] == 0
