"""S3's condition keys, and the checksums of requests that tell a bucket something."""

import base64
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from harness import Identity, Server, allow, deny, error_of, policy

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
