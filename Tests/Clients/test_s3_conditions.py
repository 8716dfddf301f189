"""S3's condition keys, and the checksums of requests that tell a bucket something."""

import base64
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy

MANY = pytest.mark.parametrize


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3", signature_version="s3v4")
    client.create_bucket(Bucket="box")
    client.put_object(Bucket="box", Key="a", Body=b"1", Tagging="level=public")
    return client


def forbid(s3: Any, condition: dict[str, Any]) -> None:
    statement = deny("s3:GetObject", "arn:aws:s3:::box/*", Principal="*", Condition=condition)
    s3.put_bucket_policy(Bucket="box", Policy=policy(statement))


def presigned(s3: Any) -> int:
    try:
        with urllib.request.urlopen(s3.generate_presigned_url("get_object", {"Bucket": "box", "Key": "a"})) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


# The signature


def test_presigned_urls_can_be_forbidden(s3: Any) -> None:
    assert presigned(s3) == 200
    forbid(s3, {"StringEquals": {"s3:authType": "REST-QUERY-STRING"}})
    assert presigned(s3) == 403
    s3.get_object(Bucket="box", Key="a")
    forbid(s3, {"StringNotEquals": {"s3:authType": "REST-QUERY-STRING"}})
    assert presigned(s3) == 200
    assert error_of(s3.get_object, Bucket="box", Key="a").code == "AccessDenied"


def test_presigned_urls_can_be_made_short(s3: Any) -> None:
    forbid(s3, {"NumericGreaterThan": {"s3:signatureAge": "600000"}})
    assert presigned(s3) == 200
    s3.get_object(Bucket="box", Key="a")
    forbid(s3, {"NumericGreaterThanEquals": {"s3:signatureAge": "0"}})
    assert presigned(s3) == 403
    # It is about presigned URLs alone.
    s3.get_object(Bucket="box", Key="a")


def test_versions_of_signatures_and_unsigned_bodies(s3: Any) -> None:
    forbid(s3, {"StringNotEquals": {"s3:signatureversion": "AWS4-HMAC-SHA256"}})
    s3.get_object(Bucket="box", Key="a")
    forbid(s3, {"StringEquals": {"s3:x-amz-content-sha256": "UNSIGNED-PAYLOAD"}})
    s3.get_object(Bucket="box", Key="a")
    assert presigned(s3) == 403


# The request


def test_what_is_put_can_be_demanded(s3: Any, new_user: Callable[..., Identity]) -> None:
    theirs = new_user(
        "writer",
        allow("s3:PutObject*", "arn:aws:s3:::box/*"),
        deny("s3:PutObject", "*", Condition={"StringNotEqualsIfExists": {"s3:x-amz-storage-class": "STANDARD_IA"}}),
        deny("s3:PutObject", "*", Condition={"Null": {"s3:x-amz-storage-class": "true"}}),
        deny(
            "s3:PutObject",
            "*",
            Condition={"StringNotEquals": {"s3:RequestObjectTag/level": ["public", "inner"]}},
        ),
    ).client("s3")
    names = {"Bucket": "box", "Key": "b", "Body": b"1"}
    assert error_of(theirs.put_object, **names).code == "AccessDenied"
    assert error_of(theirs.put_object, **names, StorageClass="STANDARD_IA").code == "AccessDenied"
    wrong = {"StorageClass": "STANDARD_IA", "Tagging": "level=secret"}
    assert error_of(theirs.put_object, **names, **wrong).code == "AccessDenied"
    theirs.put_object(**names, StorageClass="STANDARD_IA", Tagging="level=public")


def test_buckets_of_ones_own_can_be_demanded(root: Identity, new_user: Callable[..., Identity]) -> None:
    """Names that end with an account and a Region are that account's alone."""
    own, others = f"box-{ACCOUNT}-us-east-1-an", "box-444455556666-us-east-1-an"
    regional = {"BucketNamespace": "account-regional"}
    theirs = new_user("maker", allow("s3:CreateBucket", Condition={
        "StringEquals": {"s3:x-amz-bucket-namespace": "account-regional"}})).client("s3")  # fmt: skip
    assert error_of(theirs.create_bucket, Bucket="box").code == "AccessDenied"
    s3 = root.client("s3")
    for name, parameters in [
        (own, {}), (others, {}), (others, regional), ("box", regional), (own.replace("east", "west"), regional), ("box-an", {}),
        (own[3:], regional), (own, {"BucketNamespace": "global"}),
    ]:  # fmt: skip
        error = error_of(s3.create_bucket, Bucket=name, **parameters)
        assert (error.code, error.status) == ("InvalidBucketName", 400), (name, parameters)
    theirs.create_bucket(Bucket=own, **regional)
    s3.put_object(Bucket=own, Key="a", Body=b"1")
    assert s3.head_bucket(Bucket=own)["BucketRegion"] == "us-east-1"


def test_conditional_writes_can_be_demanded(s3: Any, new_user: Callable[..., Identity]) -> None:
    """As AWS's guide has it: what makes an object says that there is none, and the parts of an upload can't."""
    objects = "arn:aws:s3:::box/*"
    missing = {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}}
    denied = new_user("denied", allow(["s3:PutObject", "s3:GetObject"], objects), deny("s3:PutObject", objects, Condition=missing))
    allowed = new_user(
        "allowed", allow("s3:GetObject", objects), allow("s3:PutObject", objects, Condition={"Null": {"s3:if-none-match": "false"}}),
        allow("s3:PutObject", objects, Condition={"Bool": {"s3:ObjectCreationOperation": "false"}}))
    for theirs in (denied.client("s3"), allowed.client("s3")):
        for name, parameters in [("put_object", {"Body": b"1"}), ("copy_object", {"CopySource": "box/a", "TaggingDirective": "REPLACE"})]:
            error = error_of(getattr(theirs, name), Bucket="box", Key="b", **parameters)
            assert error.code == "AccessDenied", name
        theirs.put_object(Bucket="box", Key="b", Body=b"1", IfNoneMatch="*")
        s3.delete_object(Bucket="box", Key="b")
        names = {"Bucket": "box", "Key": "b"}
        names["UploadId"] = theirs.create_multipart_upload(Bucket="box", Key="b")["UploadId"]
        first = theirs.upload_part(**names, PartNumber=1, Body=b"1" * (5 << 20))["ETag"]
        copied = theirs.upload_part_copy(**names, PartNumber=2, CopySource="box/a")["CopyPartResult"]["ETag"]
        parts = {"Parts": [{"PartNumber": 1, "ETag": first}, {"PartNumber": 2, "ETag": copied}]}
        assert error_of(theirs.complete_multipart_upload, **names, MultipartUpload=parts).code == "AccessDenied"
        theirs.complete_multipart_upload(**names, MultipartUpload=parts, IfNoneMatch="*")
        s3.delete_object(Bucket="box", Key="b")


def test_retention_can_be_limited(root: Identity, new_user: Callable[..., Identity]) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
    objects = "arn:aws:s3:::locked/*"
    long = {"NumericGreaterThan": {"s3:object-lock-remaining-retention-days": "10"}}
    lock = ["s3:PutObject", "s3:PutObjectRetention"]
    theirs = new_user("keeper", allow(lock, objects), deny(lock, objects, Condition=long)).client("s3")

    def until(days: float) -> datetime:
        return datetime.now(UTC) + timedelta(days=days)

    def put(days: float) -> Any:
        return theirs.put_object(
            Bucket="locked", Key="a", Body=b"1", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=until(days))

    def retain(days: float) -> Any:
        return theirs.put_object_retention(
            Bucket="locked", Key="a", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": until(days)})

    put(9)
    for step in (put, retain):
        error = error_of(step, days=10.1)
        assert error.code == "AccessDenied" and "explicit deny" in error.message
    retain(10)
    theirs.put_object(Bucket="locked", Key="b", Body=b"1")


def test_lists_can_be_limited(s3: Any, new_user: Callable[..., Identity]) -> None:
    theirs = new_user(
        "lister",
        allow("s3:ListBucket", "arn:aws:s3:::box", Condition={
            "StringEquals": {"s3:prefix": "in/", "s3:delimiter": "/"}, "NumericLessThanEquals": {"s3:max-keys": "10"},
        }),
    ).client("s3")  # fmt: skip
    theirs.list_objects_v2(Bucket="box", Prefix="in/", Delimiter="/", MaxKeys=10)
    for more in ({"Prefix": "out/"}, {"Prefix": "in/", "MaxKeys": 11}, {"Prefix": "in/", "MaxKeys": 1, "Delimiter": ""}):
        assert error_of(theirs.list_objects_v2, Bucket="box", **({"Delimiter": "/", "MaxKeys": 1} | more)).code == (
            "AccessDenied"
        )


# Checksums of bodies


def with_headers(s3: Any, headers: dict[str, str | None]) -> Any:
    """The client, changing headers of PutBucketTagging before it signs."""

    def change(request: Any, **_: Any) -> None:
        for name, value in headers.items():
            del request.headers[name]
            if value is not None:
                request.headers[name] = value

    s3.meta.events.register("before-sign.s3.PutBucketTagging", change)
    return s3


WRONG = base64.b64encode(bytes(16)).decode()


@MANY(
    ("headers", "code"),
    [
        ({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
        ({"Content-MD5": WRONG}, "BadDigest"),
        ({"Content-MD5": "abc"}, "InvalidDigest"),
        ({"x-amz-checksum-crc32": None, "Content-MD5": None}, "InvalidRequest"),
    ],
)
def test_checksums_of_configurations(s3: Any, cloud: Server, headers: dict[str, str | None], code: str) -> None:
    tags = [{"Key": "a", "Value": "b"}]
    s3.put_bucket_tagging(Bucket="box", Tagging={"TagSet": tags})
    error = error_of(
        with_headers(cloud.root.client("s3", user_agent_extra="own"), headers).put_bucket_tagging,
        Bucket="box",
        Tagging={"TagSet": []},
    )
    assert error.code == code
    assert s3.get_bucket_tagging(Bucket="box")["TagSet"] == tags


# Tags of buckets


def test_tags_of_buckets_count_once_somebody_says_so(s3: Any, new_user: Callable[..., Identity]) -> None:
    """https://docs.aws.amazon.com/AmazonS3/latest/userguide/buckets-tagging-enable-abac.html"""
    s3.put_bucket_tagging(Bucket="box", Tagging={"TagSet": [{"Key": "Stage", "Value": "test"}]})
    for key in ("aws:ResourceTag/Stage", "s3:BucketTag/stage"):
        name = key.split(":")[0]
        own = allow("s3:*", "*", Condition={"StringEquals": {key: "test"}})
        user = new_user(f"user-{name}", own).client("s3")
        assert s3.get_bucket_abac(Bucket="box")["AbacStatus"]["Status"] == "Disabled"
        assert error_of(user.get_object, Bucket="box", Key="a").code == "AccessDenied"
        s3.put_bucket_abac(Bucket="box", AbacStatus={"Status": "Enabled"})
        assert s3.get_bucket_abac(Bucket="box")["AbacStatus"]["Status"] == "Enabled"
        user.get_object(Bucket="box", Key="a")
        user.list_objects_v2(Bucket="box")
        # Who changes tags then changes what others may: another action is asked for that.
        assert error_of(user.put_bucket_tagging, Bucket="box", Tagging={"TagSet": []}).code == "InvalidRequest"
        assert error_of(user.delete_bucket_tagging, Bucket="box").code == "InvalidRequest"
        s3.put_bucket_abac(Bucket="box", AbacStatus={"Status": "Disabled"})
    assert error_of(s3.put_bucket_abac, Bucket="box", AbacStatus={"Status": "Maybe"}).code == "MalformedXML"


# Deletions on condition


def test_deletions_on_condition(s3: Any, new_user: Callable[..., Identity]) -> None:
    tag = s3.put_object(Bucket="box", Key="a", Body=b"1")["ETag"]
    error = error_of(s3.delete_object, Bucket="box", Key="a", IfMatch='"other"')
    assert (error.code, error.status) == ("PreconditionFailed", 412)
    assert error_of(s3.delete_object, Bucket="box", Key="a", IfMatchSize=1).code == "NotImplemented"
    error = error_of(s3.delete_object, Bucket="box", Key="none", IfMatch="*")
    assert (error.code, error.status) == ("NoSuchKey", 404)
    several = [{"Key": "a", "ETag": '"other"'}, {"Key": "none", "ETag": "*"}]
    answer = s3.delete_objects(Bucket="box", Delete={"Objects": several})
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [("a", "PreconditionFailed"), ("none", "NoSuchKey")]
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"1"

    # Who compares entity tags has to be allowed to read them; a policy can demand the comparison.
    deny_others = {"Null": {"s3:if-match": "true"}}
    may_delete = [allow("s3:DeleteObject", "arn:aws:s3:::box/*"), deny("s3:DeleteObject", "arn:aws:s3:::box/*", Condition=deny_others)]
    deleter = new_user("deleter", *may_delete).client("s3")
    reader = new_user("reader", *may_delete, allow("s3:GetObject", "arn:aws:s3:::box/*")).client("s3")
    assert error_of(reader.delete_object, Bucket="box", Key="a").code == "AccessDenied"
    assert error_of(deleter.delete_object, Bucket="box", Key="a", IfMatch=tag).code == "AccessDenied"
    refused = deleter.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "a", "ETag": tag}, {"Key": "a"}]})
    assert [each["Code"] for each in refused["Errors"]] == ["AccessDenied", "AccessDenied"]
    reader.delete_object(Bucket="box", Key="a", IfMatch=tag)
    s3.put_object(Bucket="box", Key="a", Body=b"2")
    deleter.delete_object(Bucket="box", Key="a", IfMatch="*")
    tag = s3.put_object(Bucket="box", Key="a", Body=b"3")["ETag"]
    assert "Errors" not in reader.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "a", "ETag": tag}]})
    assert "Contents" not in s3.list_objects_v2(Bucket="box")

    # It is about the current version.
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    tag = s3.put_object(Bucket="box", Key="a", Body=b"4")["ETag"]
    s3.delete_object(Bucket="box", Key="a", IfMatch=tag)
    assert error_of(s3.delete_object, Bucket="box", Key="a", IfMatch="*").code == "PreconditionFailed"
