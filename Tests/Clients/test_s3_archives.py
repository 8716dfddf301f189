"""S3's archives: what is in one is restored before it is read, and for a time."""

from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import pytest

from harness import Identity, Server, allow, error_of

pytestmark = pytest.mark.memory

MANY = pytest.mark.parametrize
HOUR, DAY = 3_600, 86_400


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    return client


def restore(s3: Any, key: str = "a", days: int | None = 2, **more: Any) -> int:
    request = {**({"Days": days} if days is not None else {}), **more}
    answer = s3.restore_object(Bucket="box", Key=key, RestoreRequest=request)
    return int(answer["ResponseMetadata"]["HTTPStatusCode"])


def head(s3: Any, key: str = "a") -> str | None:
    return s3.head_object(Bucket="box", Key=key).get("Restore")


@MANY(
    ("kind", "tier", "hours"),
    [
        ("GLACIER", "Expedited", 1 / 12),
        ("GLACIER", "Standard", 5),
        ("GLACIER", "Bulk", 12),
        ("DEEP_ARCHIVE", "Standard", 12),
        ("DEEP_ARCHIVE", "Bulk", 48),
    ],
)
def test_from_the_archive_and_back(s3: Any, cloud: Server, kind: str, tier: str, hours: float) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1", StorageClass=kind)
    for read in (s3.get_object, lambda **place: s3.copy_object(Bucket="box", Key="b", CopySource=place)):
        error = error_of(read, Bucket="box", Key="a")
        assert (error.code, error.status) == ("InvalidObjectState", 403)
        assert error.message == "The operation is not valid for the object's storage class"
    assert (s3.head_object(Bucket="box", Key="a")["StorageClass"], head(s3)) == (kind, None)
    assert restore(s3, GlacierJobParameters={"Tier": tier}) == 202
    assert head(s3) == 'ongoing-request="true"'
    assert error_of(restore, s3=s3).code == "RestoreAlreadyInProgress"
    assert error_of(s3.get_object, Bucket="box", Key="a").code == "InvalidObjectState"
    cloud.advance(hours * HOUR + 1)
    got = s3.get_object(Bucket="box", Key="a")
    assert got["Body"].read() == b"1" and got["Restore"].startswith('ongoing-request="false", expiry-date="')
    expiry = parsedate_to_datetime(got["Restore"].split('"')[3])
    assert (expiry.hour, expiry.minute, expiry.second) == (0, 0, 0)
    listed = s3.list_objects_v2(Bucket="box", OptionalObjectAttributes=["RestoreStatus"])["Contents"][0]
    assert listed["RestoreStatus"] == {"IsRestoreInProgress": False, "RestoreExpiryDate": expiry}
    assert "RestoreStatus" not in s3.list_objects_v2(Bucket="box")["Contents"][0]
    # What is there can be kept longer.
    assert restore(s3, days=3) == 200
    longer = parsedate_to_datetime((head(s3) or "").split('"')[3])
    assert longer >= expiry + timedelta(days=1) - timedelta(days=1)
    s3.copy_object(Bucket="box", Key="b", CopySource="box/a", StorageClass="STANDARD")
    assert s3.get_object(Bucket="box", Key="b")["Body"].read() == b"1"
    cloud.advance(5 * DAY)
    assert head(s3) is None
    assert error_of(s3.get_object, Bucket="box", Key="a").code == "InvalidObjectState"
    assert restore(s3) == 202


@MANY("kind", ["STANDARD", "STANDARD_IA", "GLACIER_IR", "INTELLIGENT_TIERING"])
def test_what_needs_no_restoring(s3: Any, kind: str) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1", StorageClass=kind)
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"1"
    assert error_of(restore, s3=s3).code == "InvalidObjectState"


def test_restorations_that_are_refused(s3: Any, new_user: Any) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1", StorageClass="DEEP_ARCHIVE")
    assert error_of(restore, s3=s3, days=None).code == "MalformedXML"
    assert error_of(restore, s3=s3, days=0).code == "InvalidArgument"
    assert error_of(restore, s3=s3, Tier="Expedited").code == "InvalidArgument"
    assert error_of(restore, s3=s3, Type="SELECT", Tier="Standard").code == "NotImplemented"
    assert error_of(restore, s3=s3, key="b").code == "NoSuchKey"
    user = new_user("user", allow("s3:GetObject", "arn:aws:s3:::box/*")).client("s3")
    assert "s3:RestoreObject" in error_of(restore, s3=user).message
    assert head(s3) is None


def test_versions_and_parts(s3: Any, cloud: Server) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    old = s3.put_object(Bucket="box", Key="a", Body=b"old", StorageClass="GLACIER")["VersionId"]
    upload = s3.create_multipart_upload(Bucket="box", Key="a", StorageClass="GLACIER")["UploadId"]
    etag = s3.upload_part(Bucket="box", Key="a", UploadId=upload, PartNumber=1, Body=b"new")["ETag"]
    parts = {"Parts": [{"ETag": etag, "PartNumber": 1}]}
    s3.complete_multipart_upload(Bucket="box", Key="a", UploadId=upload, MultipartUpload=parts)
    s3.restore_object(Bucket="box", Key="a", VersionId=old, RestoreRequest={"Days": 1, "Tier": "Expedited"})
    cloud.advance(301)
    assert s3.get_object(Bucket="box", Key="a", VersionId=old)["Body"].read() == b"old"
    assert error_of(s3.get_object, Bucket="box", Key="a").code == "InvalidObjectState"
    upload = s3.create_multipart_upload(Bucket="box", Key="b")["UploadId"]
    place = {"Bucket": "box", "Key": "b", "UploadId": upload, "PartNumber": 1}
    assert error_of(s3.upload_part_copy, **place, CopySource="box/a").code == "InvalidObjectState"
    s3.upload_part_copy(**place, CopySource=f"box/a?versionId={old}")
