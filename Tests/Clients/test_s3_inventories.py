"""Inventories: lists of what is in a bucket, which S3 puts into another if that bucket lets it."""

import base64
import csv
import gzip
import hashlib
import io
import json
import urllib.parse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy
from harness.organizations import NewOrganization

pytestmark = pytest.mark.memory

DAY = 86_400
FIELDS = [
    *("Size", "LastModifiedDate", "ETag", "StorageClass", "IsMultipartUploaded", "ReplicationStatus"),
    *("EncryptionStatus", "ObjectLockRetainUntilDate", "ObjectLockMode", "ObjectLockLegalHoldStatus"),
    *("IntelligentTieringAccessTier", "BucketKeyStatus", "ChecksumAlgorithm", "ObjectAccessControlList"),
    *("ObjectOwner", "LifecycleExpirationDate"),
]
#: As AWS documents it for the destination.
LETS_IN = allow(
    "s3:PutObject",
    "arn:aws:s3:::lists/*",
    Principal={"Service": "s3.amazonaws.com"},
    Condition={
        "ArnLike": {"aws:SourceArn": "arn:aws:s3:::box"},
        "StringEquals": {"aws:SourceAccount": ACCOUNT, "s3:x-amz-acl": "bucket-owner-full-control"},
    },
)


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    for name in ("box", "lists"):
        client.create_bucket(Bucket=name)
    client.put_bucket_policy(Bucket="lists", Policy=policy(LETS_IN))
    return client


def configuration(name: str = "all", **more: Any) -> dict[str, Any]:
    destination = {"Bucket": "arn:aws:s3:::lists", "Format": "CSV"} | more.pop("Destination", {})
    return {
        "Id": name,
        "IsEnabled": True,
        "IncludedObjectVersions": "Current",
        "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": destination},
    } | more


def wish(s3: Any, name: str = "all", **more: Any) -> None:
    s3.put_bucket_inventory_configuration(
        Bucket="box", Id=name, InventoryConfiguration=configuration(name, **more)
    )


def keys(s3: Any, end: str = "") -> list[str]:
    found = s3.list_objects_v2(Bucket="lists").get("Contents", [])
    return [one["Key"] for one in found if one["Key"].endswith(end)]


def read(s3: Any, key: str) -> bytes:
    return bytes(s3.get_object(Bucket="lists", Key=key)["Body"].read())


def rows(s3: Any, key: str) -> list[dict[str, str]]:
    """What a manifest's files list, once everything about them is what it says."""
    manifest = json.loads(read(s3, key))
    assert manifest["fileFormat"] == "CSV" and manifest["version"] == "2016-11-30"
    names = manifest["fileSchema"].split(", ")
    found = []
    for file in manifest["files"]:
        data = read(s3, file["key"])
        assert len(data) == file["size"] and hashlib.md5(data).hexdigest() == file["MD5checksum"]
        text = gzip.decompress(data).decode()
        assert text.endswith("\n")
        for row in csv.reader(io.StringIO(text)):
            found.append(dict(zip(names, row, strict=True)))
    return found


def test_a_list_each_day(s3: Any, cloud: Server) -> None:
    for key in ("a b/ü+", "n", "z/1"):
        s3.put_object(Bucket="box", Key=key, Body=b"1234")
    wish(s3, OptionalFields=["ETag", "Size"])
    assert keys(s3) == []
    cloud.advance(DAY)
    (manifest,) = keys(s3, "manifest.json")
    head, _, folder, name = manifest.rsplit("/", 3)
    assert (head, name) == ("box", "manifest.json") and manifest.startswith("box/all/")
    start = datetime.strptime(folder, "%Y-%m-%dT%H-%MZ").replace(tzinfo=UTC)
    assert (start.hour, start.minute) == (0, 0)
    data = read(s3, manifest)
    assert read(s3, f"box/all/{folder}/manifest.checksum").decode() == hashlib.md5(data).hexdigest()
    found = json.loads(data)
    assert (found["sourceBucket"], found["destinationBucket"]) == ("box", "arn:aws:s3:::lists")
    assert int(found["creationTimestamp"]) // 60_000 == int(start.timestamp()) // 60
    assert found["fileSchema"] == "Bucket, Key, Size, ETag"
    (file,) = found["files"]
    assert file["key"].startswith("box/all/data/") and file["key"].endswith(".csv.gz")
    symlink = read(s3, f"box/all/hive/dt={start:%Y-%m-%d-%H-%M}/symlink.txt").decode()
    assert symlink == f"s3://lists/{file['key']}"
    listed = rows(s3, manifest)
    assert [urllib.parse.unquote_plus(row["Key"]) for row in listed] == ["a b/ü+", "n", "z/1"]
    assert listed[0]["Key"] == "a+b/%C3%BC%2B"
    assert {(row["Bucket"], row["Size"], row["ETag"]) for row in listed} == {
        ("box", "4", hashlib.md5(b"1234").hexdigest())
    }
    # The checksum is the last that is put: it tells that all is there.
    put = {one["Key"].rsplit("/", 1)[1]: one["LastModified"] for one in s3.list_objects_v2(Bucket="lists")["Contents"]}
    assert put["manifest.checksum"] == max(put.values()), put
    s3.delete_object(Bucket="box", Key="n")
    cloud.advance(3 * DAY)
    manifests = keys(s3, "manifest.json")
    assert len(manifests) == 4
    assert [row["Key"] for row in rows(s3, manifests[-1])] == ["a+b/%C3%BC%2B", "z/1"]
    # Who no longer wants it gets no more.
    s3.delete_bucket_inventory_configuration(Bucket="box", Id="all")
    cloud.advance(3 * DAY)
    assert len(keys(s3, "manifest.json")) == 4


def test_every_week(s3: Any, cloud: Server) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    wish(s3, Schedule={"Frequency": "Weekly"})
    cloud.advance(29 * DAY)
    days = [
        datetime.strptime(key.split("/")[2], "%Y-%m-%dT%H-%MZ") for key in keys(s3, "manifest.json")
    ]
    # The first comes with the next day, the others on Sundays.
    assert all(day.weekday() == 6 for day in days[1:])
    assert all((later - earlier).days == 7 for earlier, later in zip(days[1:], days[2:], strict=False))
    assert len(days) in (5, 6)


def test_all_versions_and_fields(s3: Any, root: Identity, cloud: Server) -> None:
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    s3.put_bucket_policy(
        Bucket="lists", Policy=policy(LETS_IN | {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}})
    )
    key = root.client("kms").create_key()["KeyMetadata"]["Arn"]
    first = s3.put_object(Bucket="vault", Key="a", Body=b"1", Tagging="x=y")["VersionId"]
    second = s3.put_object(
        Bucket="vault", Key="a", Body=b"22", ServerSideEncryption="aws:kms", SSEKMSKeyId=key, BucketKeyEnabled=True,
        StorageClass="INTELLIGENT_TIERING", ChecksumAlgorithm="SHA256",
    )["VersionId"]  # fmt: skip
    held = s3.put_object(
        Bucket="vault", Key="b", Body=b"333", ObjectLockMode="GOVERNANCE", ObjectLockLegalHoldStatus="ON",
        ObjectLockRetainUntilDate="2040-01-01T00:00:00Z",
    )["VersionId"]  # fmt: skip
    marker = s3.delete_object(Bucket="vault", Key="b")["VersionId"]
    upload = {"Bucket": "vault", "Key": "c"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    part = s3.upload_part(**upload, PartNumber=1, Body=b"part")["ETag"]
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part}]})
    s3.put_bucket_lifecycle_configuration(
        Bucket="vault",
        LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {"Prefix": "c"}, "Expiration": {"Days": 30}}]},
    )
    s3.put_bucket_inventory_configuration(
        Bucket="vault",
        Id="everything",
        InventoryConfiguration=configuration(
            "everything",
            IncludedObjectVersions="All",
            OptionalFields=FIELDS,
            Filter={"Prefix": ""},
            Destination={"Prefix": "in/here"},
        ),
    )
    cloud.advance(DAY)
    (manifest,) = keys(s3, "manifest.json")
    assert manifest.startswith("in/here/vault/everything/")
    schema = json.loads(read(s3, manifest))["fileSchema"].split(", ")
    assert schema == ["Bucket", "Key", "VersionId", "IsLatest", "IsDeleteMarker", *FIELDS]
    listed = rows(s3, manifest)
    assert [(row["Key"], row["VersionId"], row["IsLatest"], row["IsDeleteMarker"]) for row in listed] == [
        ("a", second, "true", "false"),
        ("a", first, "false", "false"),
        ("b", marker, "true", "true"),
        ("b", held, "false", "false"),
        ("c", done["VersionId"], "true", "false"),
    ]
    newest, oldest, gone, locked, parts = listed
    assert (newest["EncryptionStatus"], newest["BucketKeyStatus"]) == ("SSE-KMS", "ENABLED")
    assert (oldest["EncryptionStatus"], oldest["BucketKeyStatus"]) == ("SSE-S3", "DISABLED")
    assert (newest["StorageClass"], newest["IntelligentTieringAccessTier"]) == ("INTELLIGENT_TIERING", "FREQUENT")
    assert (newest["ChecksumAlgorithm"], newest["Size"], oldest["Size"]) == ("SHA256", "2", "1")
    assert (locked["ObjectLockMode"], locked["ObjectLockLegalHoldStatus"]) == ("GOVERNANCE", "ON")
    assert locked["ObjectLockRetainUntilDate"] == "2040-01-01T00:00:00.000Z"
    assert {name: gone[name] for name in ("Size", "ETag", "StorageClass", "EncryptionStatus")} == dict.fromkeys(
        ("Size", "ETag", "StorageClass", "EncryptionStatus"), ""
    )
    assert gone["LastModifiedDate"].endswith("Z") and gone["ObjectLockMode"] == ""
    assert (parts["IsMultipartUploaded"], oldest["IsMultipartUploaded"]) == ("true", "false")
    assert parts["LifecycleExpirationDate"].endswith("T00:00:00.000Z") and oldest["LifecycleExpirationDate"] == ""
    owner = s3.list_buckets()["Owner"]["ID"]
    assert parts["ObjectOwner"] == owner
    acl = json.loads(base64.b64decode(parts["ObjectAccessControlList"]))
    assert acl["grants"] == [{"canonicalId": owner, "type": "CanonicalUser", "permission": "FULL_CONTROL"}]


def test_many_keys_in_order(s3: Any, cloud: Server) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    names = sorted(f"k{n % 7}/{n:04}" for n in range(1203))
    for name in names:
        s3.put_object(Bucket="box", Key=name)
    for name in names[::3]:
        s3.put_object(Bucket="box", Key=name)
    for name in names[::5]:
        s3.delete_object(Bucket="box", Key=name)
    wish(s3, "current", Filter={"Prefix": "k3/"})
    wish(s3, "versions", IncludedObjectVersions="All")
    cloud.advance(DAY)
    current, versions = (rows(s3, key) for key in keys(s3, "manifest.json"))
    listed = s3.get_paginator("list_objects_v2").paginate(Bucket="box", Prefix="k3/").build_full_result()
    assert [row["Key"] for row in current] == [one["Key"] for one in listed["Contents"]]
    pages = s3.get_paginator("list_object_versions").paginate(Bucket="box")
    expected = []
    for page in pages:
        expected += page.get("Versions", []) + page.get("DeleteMarkers", [])
    assert [(row["Key"], row["IsLatest"] == "true") for row in versions] == [
        (one["Key"], one["IsLatest"])
        for one in sorted(expected, key=lambda one: (one["Key"], not one["IsLatest"]))
    ]
    assert {row["VersionId"] for row in versions} == {one["VersionId"] for one in expected}


def test_the_destination_has_to_let_it_in(s3: Any, cloud: Server) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    wish(s3)
    for refusal in (
        [deny("s3:PutObject", "arn:aws:s3:::lists/*", Principal="*"), LETS_IN],
        [LETS_IN | {"Condition": {"ArnLike": {"aws:SourceArn": "arn:aws:s3:::other"}}}],
        [LETS_IN | {"Condition": {"StringEquals": {"s3:x-amz-acl": "private"}}}],
        [LETS_IN | {"Principal": {"Service": "logging.s3.amazonaws.com"}}],
    ):
        s3.put_bucket_policy(Bucket="lists", Policy=policy(*refusal))
        cloud.advance(DAY)
        assert keys(s3) == [], refusal
    s3.put_bucket_policy(Bucket="lists", Policy=policy(LETS_IN))
    cloud.advance(DAY)
    assert len(keys(s3, "manifest.json")) == 1


def test_encrypted_lists(s3: Any, root: Identity, cloud: Server) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    kms = root.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    wish(s3, "kms", Destination={"Encryption": {"SSEKMS": {"KeyId": key}}})
    cloud.advance(DAY)
    # The key's policy says nothing of S3.
    assert keys(s3) == []
    administrators = allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    service = allow(
        "kms:GenerateDataKey",
        Principal={"Service": "s3.amazonaws.com"},
        Condition={
            "StringEquals": {"aws:SourceAccount": ACCOUNT},
            "ArnLike": {"aws:SourceArn": "arn:aws:s3:::box"},
        },
    )
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=policy(administrators, service))
    wish(s3, "s3", Destination={"Encryption": {"SSES3": {}}})
    cloud.advance(DAY)
    under_kms, under_s3 = keys(s3, "manifest.json")
    head = s3.head_object(Bucket="lists", Key=under_kms)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert s3.head_object(Bucket="lists", Key=under_s3)["ServerSideEncryption"] == "AES256"
    assert [row["Key"] for row in rows(s3, under_kms)] == ["a"]


def test_into_another_account(s3: Any, cloud: Server) -> None:
    member = NewOrganization(cloud).member("member")
    # A session would not last for the day.
    theirs = member.root_user().client("s3")
    theirs.create_bucket(Bucket="theirs", ObjectOwnership="ObjectWriter")
    theirs.put_bucket_policy(Bucket="theirs", Policy=policy(LETS_IN | {"Resource": "arn:aws:s3:::theirs/*"}))
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    there = {"Bucket": "arn:aws:s3:::theirs"}
    wish(s3, "right", Destination=there | {"AccountId": member.account})
    wish(s3, "wrong", Destination=there | {"AccountId": ACCOUNT})
    cloud.advance(DAY)
    found = [one["Key"] for one in theirs.list_objects_v2(Bucket="theirs")["Contents"]]
    assert found and all(key.startswith("box/right/") for key in found)
    # It belongs to whom it was delivered to.
    assert theirs.get_object(Bucket="theirs", Key=found[0])["Body"].read()


def test_what_is_refused(s3: Any, root: Identity, new_user: Callable[..., Identity]) -> None:
    def refused(name: str = "x", **more: Any) -> Any:
        return error_of(lambda: wish(s3, name, **more))

    for kind in ("ORC", "Parquet"):
        error = refused(Destination={"Format": kind})
        assert (error.code, error.status) == ("NotImplemented", 501) and "CSV" in error.message
    assert refused("a/b").code == "InvalidConfigurationId"
    assert refused(OptionalFields=["Colour"]).code == "MalformedXML"
    assert refused(Schedule={"Frequency": "Hourly"}).code == "MalformedXML"
    assert refused(IncludedObjectVersions="Some").code == "MalformedXML"
    error = refused(Destination={"Bucket": "lists"})
    assert (error.code, error.message) == ("InvalidS3DestinationBucket", "Invalid bucket ARN.")
    assert refused(Destination={"Bucket": "arn:aws:s3:::absent"}).code == "InvalidS3DestinationBucket"
    west = root.client("s3", region="eu-west-1")
    west.create_bucket(Bucket="west", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    assert "same Region" in refused(Destination={"Bucket": "arn:aws:s3:::west"}).message
    # Which fields somebody may ask for is a condition.
    sizes = {"ForAllValues:StringEquals": {"s3:InventoryAccessibleOptionalFields": ["Size"]}}
    clerk = new_user("clerk", allow("s3:PutInventoryConfiguration", "*", Condition=sizes)).client("s3")
    wish(clerk, OptionalFields=["Size"])
    error = error_of(lambda: wish(clerk, OptionalFields=["Size", "ETag"]))
    assert error.code == "AccessDenied" and "s3:PutInventoryConfiguration" in error.message
    assert error_of(clerk.list_bucket_inventory_configurations, Bucket="box").code == "AccessDenied"


def test_they_are_listed_by_the_hundred(s3: Any) -> None:
    names = [f"list-{number:03}" for number in range(205)]
    for name in names:
        wish(s3, name, IsEnabled=False)
    found, token = [], {}
    sizes = []
    while True:
        page = s3.list_bucket_inventory_configurations(Bucket="box", **token)
        sizes.append(len(page["InventoryConfigurationList"]))
        found += [one["Id"] for one in page["InventoryConfigurationList"]]
        if not page["IsTruncated"]:
            break
        token = {"ContinuationToken": page["NextContinuationToken"]}
    assert (found, sizes) == (names, [100, 100, 5])
    s3.put_bucket_metrics_configuration(Bucket="box", Id="m", MetricsConfiguration={"Id": "m"})
    assert [one["Id"] for one in s3.list_bucket_metrics_configurations(Bucket="box")["MetricsConfigurationList"]] == ["m"]
    assert "AnalyticsConfigurationList" not in s3.list_bucket_analytics_configurations(Bucket="box")
