"""Directory buckets of S3 Express, by clients that find out by themselves how to sign for them."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness import ACCOUNT, Identity, allow, error_of, raw

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


def port(root: Identity) -> int:
    return urlsplit(root.url).port or 0


def sha(body: bytes) -> dict[str, str]:
    md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
    return {"X-Amz-Content-Sha256": hashlib.sha256(body).hexdigest()} | ({"Content-MD5": md5} if body[:1] == b"{" else {})


def own_policy(statement: dict[str, Any], account: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement | {"Principal": {"AWS": account}}]})


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


def test_a_bucket_with_uploads_under_way_stays(s3: Any, box: str) -> None:
    upload = s3.create_multipart_upload(Bucket=box, Key="a")["UploadId"]
    error = error_of(s3.delete_bucket, Bucket=box)
    assert (error.code, error.status) == ("BucketNotEmpty", 409)
    s3.abort_multipart_upload(Bucket=box, Key="a", UploadId=upload)
    s3.delete_bucket(Bucket=box)


# Names and places


@MANY(
    "name",
    ["box--use1-az4--x-S3", "box-use1-az4--x-s3", "--use1-az4--x-s3", "box--use1--x-s3", "xn--box--use1-az4--x-s3",
     "a" * 48 + "--use1-az4--x-s3"],
)  # fmt: skip
def test_names_that_no_directory_bucket_has(root: Identity, name: str) -> None:
    head = {"Content-Type": "application/xml"}
    body = b"<CreateBucketConfiguration/>"
    answer = raw.send(
        port(root), raw.signed("PUT", f"/{name}", body, root, service="s3express", headers=head | sha(body)))
    assert (answer.status, answer.code) == (400, "InvalidBucketName")


def test_the_place_is_that_of_the_name(root: Identity, s3: Any) -> None:
    def made(**changes: Any) -> str:
        return error_of(s3.create_bucket, Bucket=NAME, CreateBucketConfiguration=PLACE | changes).code

    assert made(Location={"Type": "AvailabilityZone", "Name": "use1-az5"}) == "InvalidRequest"
    assert made(Location={"Type": "LocalZone", "Name": "use1-az4"}) == "InvalidRequest"
    assert made(Bucket={"Type": "Directory", "DataRedundancy": "SingleLocalZone"}) == "InvalidRequest"
    assert error_of(s3.create_bucket, Bucket=NAME).code == "InvalidRequest"
    place = {"Location": {"Type": "AvailabilityZone", "Name": "usw2-az1"}, "Bucket": PLACE["Bucket"]}
    error = error_of(s3.create_bucket, Bucket="box--usw2-az1--x-s3", CreateBucketConfiguration=place)
    assert error.code == "IllegalLocationConstraintException"
    # By S3's own endpoint there is no bucket of such a name.
    answer = raw.send(port(root), raw.signed("PUT", f"/{NAME}", b"", root, service="s3", headers=sha(b"")))
    assert answer.code == "InvalidBucketName"


def test_hosts(root: Identity, box: str) -> None:
    zonal = f"{box}.s3express-use1-az4.us-east-1.localhost"
    regional = "s3express-control.us-east-1.localhost"

    def ask(method: str, target: str, host: str, body: bytes = b"", service: str = "s3express") -> raw.Answer:
        return raw.send(
            port(root), raw.signed(method, target, body, root, service=service, headers={"Host": host} | sha(body)))

    assert ask("PUT", "/a/b", zonal, b"x").status == 200
    assert ask("GET", "/a/b", zonal).body == b"x"
    listed = ask("GET", "/?list-type=2&prefix=a/", zonal)
    assert b"<Key>a/b</Key>" in listed.body and b"ListBucketResult" in listed.body
    assert f"<Name>{box}</Name>" in ask("GET", "/", regional).text
    policy_text = own_policy(allow("s3express:CreateSession", ARN), ACCOUNT)
    assert ask("PUT", f"/{box}?policy", regional, policy_text.encode()).status in (200, 204)
    assert b"CreateSession" in ask("GET", f"/{box}?policy", regional).body
    # The first version of the list, and S3's other endpoint, know no such bucket.
    assert ask("GET", "/", zonal).code == "MethodNotAllowed"
    assert ask("GET", f"/{box}?list-type=2", "s3.us-east-1.localhost", service="s3").code == "NoSuchBucket"


# What there is not


def test_what_directory_buckets_have_not(s3: Any, box: str) -> None:
    for name in (
        "get_bucket_acl", "get_bucket_website", "get_bucket_tagging", "get_bucket_versioning", "list_objects",
        "list_object_versions", "get_bucket_location", "get_public_access_block",
    ):  # fmt: skip
        error = error_of(getattr(s3, name), Bucket=box)
        assert (error.code, error.status) == ("MethodNotAllowed", 405), name
    for name in ("get_object_tagging", "get_object_acl", "get_object_retention", "get_object_legal_hold"):
        error = error_of(getattr(s3, name), Bucket=box, Key="a")
        assert (error.code, error.status) == ("NotImplemented", 501), name
    error = error_of(s3.put_bucket_versioning, Bucket=box, VersioningConfiguration={"Status": "Enabled"})
    assert error.code == "InvalidArgument"
    assert error.message == "VersioningConfiguration is not valid, expected CreateBucketConfiguration"
    for parameters in [
        {"ACL": "private"}, {"Tagging": "a=b"}, {"WebsiteRedirectLocation": "/x"}, {"ObjectLockLegalHoldStatus": "ON"},
        {"ContentMD5": "XUFAKrxLKna5cZ2REBfFkg=="},
    ]:  # fmt: skip
        error = error_of(s3.put_object, Bucket=box, Key="a", Body=b"hello", **parameters)
        assert (error.code, error.status) == ("NotImplemented", 501), parameters
    error = error_of(s3.put_object, Bucket=box, Key="a", Body=b"hello", StorageClass="STANDARD")
    assert (error.code, error.status) == ("InvalidStorageClass", 400)
    s3.put_object(Bucket=box, Key="a", Body=b"hello", StorageClass="EXPRESS_ONEZONE")
    # Elsewhere there is no such class.
    s3.create_bucket(Bucket="box")
    error = error_of(s3.put_object, Bucket="box", Key="a", Body=b"", StorageClass="EXPRESS_ONEZONE")
    assert error.code == "InvalidStorageClass"
    assert error_of(s3.put_object, Bucket="box", Key="a", Body=b"", WriteOffsetBytes=0).status == 501


def test_copies_leave_no_tags_out(s3: Any, box: str) -> None:
    s3.create_bucket(Bucket="other")
    s3.put_object(Bucket="other", Key="tagged", Body=b"1", Tagging="a=b")
    source = {"Bucket": "other", "Key": "tagged"}
    for directive in ({}, {"TaggingDirective": "COPY"}, {"TaggingDirective": "REPLACE", "Tagging": "c=d"}):
        error = error_of(s3.copy_object, Bucket=box, Key="copy", CopySource=source, **directive)
        assert (error.code, error.status) == ("NotImplemented", 501), directive
    s3.copy_object(Bucket=box, Key="copy", CopySource=source, TaggingDirective="REPLACE")
    s3.copy_object(Bucket="other", Key="back", CopySource={"Bucket": box, "Key": "copy"})
    assert s3.get_object_tagging(Bucket="other", Key="back")["TagSet"] == []


# Lists


def test_lists_go_by_directories(s3: Any, box: str) -> None:
    for key in ("a", "b/1", "b/2", "c/d/1"):
        s3.put_object(Bucket=box, Key=key, Body=b"")
    upload = s3.create_multipart_upload(Bucket=box, Key="u/v/1")
    top = s3.list_objects_v2(Bucket=box, Delimiter="/")
    assert [each["Key"] for each in top["Contents"]] == ["a"]
    # A directory in which an upload is under way is there already.
    assert [each["Prefix"] for each in top["CommonPrefixes"]] == ["b/", "c/", "u/"]
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=box, Delimiter="/", PaginationConfig={"PageSize": 1})
    names = [each.get("Key") or each["Prefix"] for page in pages for each in page.get("Contents", []) + page.get("CommonPrefixes", [])]
    assert names == ["a", "b/", "c/", "u/"]
    assert s3.list_objects_v2(Bucket=box, Prefix="b/")["KeyCount"] == 2
    assert s3.list_objects_v2(Bucket=box, Prefix="u/")["KeyCount"] == 0
    for parameters, code in [
        ({"Prefix": "b"}, "InvalidRequest"), ({"Delimiter": "-"}, "InvalidRequest"), ({"StartAfter": "a"}, "NotImplemented"),
    ]:  # fmt: skip
        assert error_of(s3.list_objects_v2, Bucket=box, **parameters).code == code
    for number in range(3):
        s3.create_multipart_upload(Bucket=box, Key=f"w/{number}")
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=box, PaginationConfig={"PageSize": 2})
    keys = [each["Key"] for page in pages for each in page.get("Uploads", [])]
    assert sorted(keys) == ["u/v/1", "w/0", "w/1", "w/2"]
    # Markers are cut by bytes: an accent would be one letter with what is before it.
    accents = [f"\u0301{number}" for number in range(3)]
    uploads = [s3.create_multipart_upload(Bucket=box, Key=key)["UploadId"] for key in accents]
    pages = s3.get_paginator("list_multipart_uploads").paginate(Bucket=box, PaginationConfig={"PageSize": 1})
    keys = [each["Key"] for page in pages for each in page.get("Uploads", [])]
    assert sorted(keys) == ["u/v/1", "w/0", "w/1", "w/2", *accents]
    for key, id_ in zip(accents, uploads):
        s3.abort_multipart_upload(Bucket=box, Key=key, UploadId=id_)
    s3.abort_multipart_upload(Bucket=box, Key="u/v/1", UploadId=upload["UploadId"])
    assert [each["Prefix"] for each in s3.list_objects_v2(Bucket=box, Delimiter="/")["CommonPrefixes"]] == ["b/", "c/", "w/"]


def test_an_upload_in_parts(s3: Any, box: str) -> None:
    upload = s3.create_multipart_upload(Bucket=box, Key="big")["UploadId"]
    parts = [
        s3.upload_part(Bucket=box, Key="big", UploadId=upload, PartNumber=number, Body=body)["ETag"]
        for number, body in ((1, b"x" * (5 << 20)), (2, b"y"), (4, b"z"))
    ]

    error = error_of(
        s3.upload_part, Bucket=box, Key="big", UploadId=upload, PartNumber=5, Body=b"hello", ContentMD5="XUFAKrxLKna5cZ2REBfFkg==")
    assert (error.code, error.status) == ("NotImplemented", 501)

    def complete(*numbers: int) -> Any:
        tags = dict(zip((1, 2, 4), parts))
        listed = [{"PartNumber": number, "ETag": tags[number]} for number in numbers]
        return lambda: s3.complete_multipart_upload(
            Bucket=box, Key="big", UploadId=upload, MultipartUpload={"Parts": listed})

    assert error_of(complete(1, 4)).code == "InvalidPartOrder"
    done = complete(1, 2)()
    assert done["Location"] == f"https://{box}.s3express-use1-az4.us-east-1.amazonaws.com/big"
    got = s3.get_object(Bucket=box, Key="big")
    assert got["ContentLength"] == (5 << 20) + 1 and got["Body"].read()[-2:] == b"xy"
    s3.create_bucket(Bucket="other")
    # From one kind of bucket to the other, and back.
    s3.copy_object(Bucket="other", Key="copy", CopySource={"Bucket": box, "Key": "big"})
    s3.copy_object(Bucket=box, Key="back", CopySource={"Bucket": "other", "Key": "copy"})
    assert s3.head_object(Bucket="other", Key="copy").get("StorageClass") is None
    assert s3.head_object(Bucket=box, Key="back")["StorageClass"] == "EXPRESS_ONEZONE"
    attributes = s3.get_object_attributes(Bucket=box, Key="back", ObjectAttributes=["ObjectSize", "StorageClass"])
    assert (attributes["ObjectSize"], attributes["StorageClass"]) == ((5 << 20) + 1, "EXPRESS_ONEZONE")


# Appending


def test_appending(s3: Any, box: str) -> None:
    first = s3.put_object(Bucket=box, Key="log", Body=b"one ", Metadata={"a": "b"}, WriteOffsetBytes=0)
    pieces = [b"one "]
    for piece in (b"two ", b"x" * 40_000, b"three ", b"y" * 100_000, b"end"):
        size = sum(map(len, pieces))
        assert error_of(s3.put_object, Bucket=box, Key="log", Body=b"?", WriteOffsetBytes=size - 1).code == "InvalidWriteOffset"
        answer = s3.put_object(Bucket=box, Key="log", Body=piece, WriteOffsetBytes=size)
        pieces.append(piece)
        assert answer["Size"] == size + len(piece) and answer["ETag"] != first["ETag"]
        got = s3.get_object(Bucket=box, Key="log")
        # The client checks the checksum of the whole.
        assert got["Body"].read() == b"".join(pieces)
        assert got["Metadata"] == {"a": "b"} and got["ChecksumType"] == "FULL_OBJECT"
    whole = b"".join(pieces)
    assert s3.get_object(Bucket=box, Key="log", Range="bytes=2-50000")["Body"].read() == whole[2:50001]
    assert s3.head_object(Bucket=box, Key="log", PartNumber=1)["PartsCount"] == 6
    assert error_of(s3.put_object, Bucket=box, Key="none", Body=b"?", WriteOffsetBytes=1).code == "InvalidWriteOffset"
    s3.copy_object(Bucket=box, Key="copy", CopySource={"Bucket": box, "Key": "log"})
    assert s3.get_object(Bucket=box, Key="copy")["Body"].read() == whole
    s3.rename_object(Bucket=box, Key="old/log", RenameSource=f"{box}/log")
    s3.put_object(Bucket=box, Key="old/log", Body=b"!", WriteOffsetBytes=len(whole))
    assert s3.get_object(Bucket=box, Key="old/log")["Body"].read() == whole + b"!"


# Conditions


def test_renaming_on_condition(s3: Any, box: str) -> None:
    def put(key: str, body: bytes = b"") -> str:
        return str(s3.put_object(Bucket=box, Key=key, Body=body)["ETag"])

    def rename(key: str, source: str, **conditions: Any) -> Any:
        return s3.rename_object(Bucket=box, Key=key, RenameSource=f"/{box}/{source}", **conditions)

    a, b = put("a", b"1"), put("b", b"2")
    past, future = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    for conditions in [
        {"DestinationIfNoneMatch": "*"}, {"DestinationIfMatch": a}, {"DestinationIfUnmodifiedSince": past},
        {"DestinationIfModifiedSince": future}, {"SourceIfMatch": b}, {"SourceIfNoneMatch": a}, {"SourceIfNoneMatch": "*"},
        {"SourceIfModifiedSince": future}, {"SourceIfUnmodifiedSince": past},
    ]:  # fmt: skip
        error = error_of(rename, key="b", source="a", **conditions)
        assert (error.code, error.status) == ("PreconditionFailed", 412), conditions
    assert error_of(rename, key="b", source="none").code == "NoSuchKey"
    assert error_of(s3.rename_object, Bucket=box, Key="c", RenameSource="elsewhere/a").code == "InvalidArgument"
    assert s3.get_object(Bucket=box, Key="b")["Body"].read() == b"2"
    rename("b", "a", DestinationIfMatch=b, SourceIfMatch=a, ClientToken="once")
    assert s3.get_object(Bucket=box, Key="b")["Body"].read() == b"1"
    # Once more is the same; with the same token something else is not.
    rename("b", "a", DestinationIfMatch=b, SourceIfMatch=a, ClientToken="once")
    put("c")
    assert error_of(rename, key="b", source="c", ClientToken="once").code == "IdempotencyParameterMismatch"
    assert sorted(each["Key"] for each in s3.list_objects_v2(Bucket=box)["Contents"]) == ["b", "c"]
    # Directories are not renamed, and tokens are short.
    put("d/")
    for key, source in (("d/", "c"), ("e", "d/")):
        assert error_of(rename, key=key, source=source).code == "InvalidRequest"
    assert error_of(rename, key="e", source="c", ClientToken="x" * 65).code == "InvalidArgument"
    assert sorted(each["Key"] for each in s3.list_objects_v2(Bucket=box)["Contents"]) == ["b", "c", "d/"]


def test_deleting_on_condition(s3: Any, box: str) -> None:
    put = s3.put_object(Bucket=box, Key="a", Body=b"12345")
    moment = s3.head_object(Bucket=box, Key="a")["LastModified"]
    for conditions in ({"IfMatch": '"x"'}, {"IfMatchSize": 4}, {"IfMatchLastModifiedTime": datetime(2020, 1, 1, tzinfo=UTC)}):
        error = error_of(s3.delete_object, Bucket=box, Key="a", **conditions)
        assert (error.code, error.status) == ("PreconditionFailed", 412), conditions
    wrong = s3.delete_objects(Bucket=box, Delete={"Objects": [{"Key": "a", "Size": 4}]})
    assert [each["Code"] for each in wrong["Errors"]] == ["PreconditionFailed"]
    s3.delete_object(Bucket=box, Key="a", IfMatch=put["ETag"], IfMatchSize=5, IfMatchLastModifiedTime=moment)
    s3.delete_object(Bucket=box, Key="a", IfMatch=put["ETag"])
    assert error_of(s3.head_object, Bucket=box, Key="a").status == 404
    assert error_of(s3.delete_objects, Bucket=box, Delete={"Objects": [{"Key": "  "}]}).code == "MalformedXML"


def test_putting_on_condition(s3: Any, box: str) -> None:
    put = s3.put_object(Bucket=box, Key="a", Body=b"1", IfNoneMatch="*")
    assert error_of(s3.put_object, Bucket=box, Key="a", Body=b"2", IfNoneMatch="*").code == "PreconditionFailed"
    s3.put_object(Bucket=box, Key="a", Body=b"2", IfMatch=put["ETag"])
    assert error_of(s3.put_object, Bucket=box, Key="a", Body=b"3", IfMatch=put["ETag"]).code == "PreconditionFailed"
    assert error_of(s3.get_object, Bucket=box, Key="a", IfMatch=put["ETag"]).code == "PreconditionFailed"
