"""S3's objects: what is put is got, whatever way it took, and listed in order."""

import base64
import hashlib
import os
import random
import subprocess
import sys
import urllib.request
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import Identity, allow, error_of
from harness.aws import aws_program
from harness.server import clean_environment
from harness.patience import PATIENCE

MANY = pytest.mark.parametrize


@pytest.fixture
def s3(root: Identity) -> Any:
    return root.client("s3")


@pytest.fixture
def box(s3: Any) -> str:
    s3.create_bucket(Bucket="box")
    return "box"


def body(s3: Any, key: str, **more: Any) -> bytes:
    return bytes(s3.get_object(Bucket="box", Key=key, **more)["Body"].read())


@MANY("size", [0, 1, 16_384, 16_385, 65_536, 300_001, 5_000_000])
def test_what_is_put_is_got(s3: Any, box: str, size: int) -> None:
    data = os.urandom(size)
    put = s3.put_object(Bucket=box, Key="a", Body=data, ContentType="text/x", Metadata={"Who": "me"})
    assert put["ETag"] == f'"{hashlib.md5(data).hexdigest()}"'
    got = s3.get_object(Bucket=box, Key="a")
    assert got["Body"].read() == data
    assert (got["ContentLength"], got["ContentType"], got["Metadata"]) == (size, "text/x", {"who": "me"})
    assert got["ServerSideEncryption"] == "AES256"
    head = s3.head_object(Bucket=box, Key="a", ChecksumMode="ENABLED")
    assert head["ChecksumCRC32"] == base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@MANY(
    "key",
    ["a b", "ä/ö", "../up", "//", "a//b", "trailing/", "+", "%41", "a?b", "a&b=c", "'\"<>", "\U0001f600", "x" * 1024],
)
def test_keys_are_taken_literally(s3: Any, box: str, key: str) -> None:
    s3.put_object(Bucket=box, Key=key, Body=key.encode())
    assert body(s3, key) == key.encode()
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=box)["Contents"]] == [key]


@MANY(("wanted", "start", "end"), [("0-0", 0, 1), ("10-19", 10, 20), ("99990-", 99_990, 100_000), ("-5", 99_995, 100_000)])
def test_ranges(s3: Any, box: str, wanted: str, start: int, end: int) -> None:
    data = os.urandom(100_000)
    s3.put_object(Bucket=box, Key="a", Body=data)
    got = s3.get_object(Bucket=box, Key="a", Range=f"bytes={wanted}")
    assert got["Body"].read() == data[start:end]
    assert got["ContentRange"] == f"bytes {start}-{end - 1}/100000"
    assert got["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_a_range_that_is_not_there(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="a", Body=b"0123")
    error = error_of(s3.get_object, Bucket=box, Key="a", Range="bytes=4-")
    assert (error.code, error.status) == ("InvalidRange", 416)
    assert body(s3, "a", Range="bytes=0-1,2-3") == b"0123"


def test_conditions(s3: Any, box: str) -> None:
    tag = s3.put_object(Bucket=box, Key="a", Body=b"1")["ETag"]
    assert body(s3, "a", IfMatch=tag) == b"1"
    assert error_of(s3.get_object, Bucket=box, Key="a", IfMatch='"x"').code == "PreconditionFailed"
    assert error_of(s3.get_object, Bucket=box, Key="a", IfNoneMatch=tag).status == 304
    assert error_of(s3.put_object, Bucket=box, Key="a", Body=b"2", IfNoneMatch="*").code == "PreconditionFailed"
    assert error_of(s3.put_object, Bucket=box, Key="b", Body=b"2", IfMatch=tag).code == "NoSuchKey"
    s3.put_object(Bucket=box, Key="a", Body=b"2", IfMatch=tag)
    assert body(s3, "a") == b"2"


def test_checksums_that_lie(s3: Any, box: str) -> None:
    wrong = base64.b64encode(bytes(4)).decode()
    error = error_of(s3.put_object, Bucket=box, Key="a", Body=b"1", ChecksumCRC32=wrong)
    assert (error.code, error.message) == (
        "BadDigest",
        "The CRC32 you specified did not match the calculated checksum.",
    )
    error = error_of(s3.put_object, Bucket=box, Key="a", Body=b"1", ContentMD5=base64.b64encode(bytes(16)).decode())
    assert error.code == "BadDigest"
    assert error_of(s3.get_object, Bucket=box, Key="a").code == "NoSuchKey"


@MANY("algorithm", ["CRC32", "SHA1", "SHA256"])
def test_every_algorithm(s3: Any, box: str, algorithm: str) -> None:
    put = s3.put_object(Bucket=box, Key="a", Body=os.urandom(100_000), ChecksumAlgorithm=algorithm)
    got = s3.head_object(Bucket=box, Key="a", ChecksumMode="ENABLED")
    assert got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
    # The client checks what it gets.
    s3.get_object(Bucket=box, Key="a", ChecksumMode="ENABLED")["Body"].read()


WITH_AWSCRT = """
import boto3, os, sys
algorithm, s3, data = sys.argv[1], boto3.client("s3", region_name="us-east-1"), os.urandom(100_000)
put = s3.put_object(Bucket="box", Key="a", Body=data, ChecksumAlgorithm=algorithm)
# The client checks what it gets, whole and in parts.
got = s3.get_object(Bucket="box", Key="a", ChecksumMode="ENABLED")
assert got["Body"].read() == data and got[f"Checksum{algorithm}"] == put[f"Checksum{algorithm}"]
upload = s3.create_multipart_upload(Bucket="box", Key="b", ChecksumAlgorithm=algorithm, ChecksumType="FULL_OBJECT")
names = {"Bucket": "box", "Key": "b", "UploadId": upload["UploadId"]}
parts = []
for number, bytes_ in ((1, data * 53), (2, data)):
    part = s3.upload_part(**names, PartNumber=number, Body=bytes_, ChecksumAlgorithm=algorithm)
    parts.append({"PartNumber": number, "ETag": part["ETag"], f"Checksum{algorithm}": part[f"Checksum{algorithm}"]})
s3.complete_multipart_upload(**names, MultipartUpload={"Parts": parts}, ChecksumType="FULL_OBJECT")
got = s3.get_object(Bucket="box", Key="b", ChecksumMode="ENABLED")
assert got["ChecksumType"] == "FULL_OBJECT" and f"Checksum{algorithm}" in got
assert got["Body"].read() == data * 54
"""


@MANY("algorithm", ["CRC32C", "CRC64NVME"])
def test_algorithms_of_awscrt(root: Identity, box: str, algorithm: str) -> None:
    """Where the library (awscrt) is installed, boto3 leaves all signatures to it. So it lies in a folder of its own."""
    environment = clean_environment(
        AWS_ENDPOINT_URL=root.url,
        AWS_ACCESS_KEY_ID=root.key_id,
        AWS_SECRET_ACCESS_KEY=root.secret,
        PYTHONPATH=str(Path(sys.prefix) / "awscrt"),
    )
    done = subprocess.run(
        [sys.executable, "-c", WITH_AWSCRT, algorithm], env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert done.returncode == 0, done.stderr


def test_parts(s3: Any, box: str) -> None:
    parts = [os.urandom(5 << 20), os.urandom(5 << 20), b"the end"]
    upload = s3.create_multipart_upload(Bucket=box, Key="a", Metadata={"of": "parts"}, ChecksumAlgorithm="CRC32")
    names = {"Bucket": box, "Key": "a", "UploadId": upload["UploadId"]}
    done = []
    for number in (3, 1, 2):
        part = s3.upload_part(**names, PartNumber=number, Body=parts[number - 1], ChecksumAlgorithm="CRC32")
        done.append({"PartNumber": number, "ETag": part["ETag"], "ChecksumCRC32": part["ChecksumCRC32"]})
    assert [part["PartNumber"] for part in s3.list_parts(**names)["Parts"]] == [1, 2, 3]
    assert [each["Key"] for each in s3.list_multipart_uploads(Bucket=box)["Uploads"]] == ["a"]
    assert error_of(s3.complete_multipart_upload, **names, MultipartUpload={"Parts": done}).code == "InvalidPartOrder"
    done.sort(key=lambda part: part["PartNumber"])
    short = {"Parts": [done[0], done[2]]}
    whole = {"Parts": done}
    made = s3.complete_multipart_upload(**names, MultipartUpload=whole)
    hashes = b"".join(hashlib.md5(part).digest() for part in parts)
    assert made["ETag"] == f'"{hashlib.md5(hashes).hexdigest()}-3"'
    # The same again has the same answer, and another list none.
    assert s3.complete_multipart_upload(**names, MultipartUpload=whole)["ETag"] == made["ETag"]
    assert short
    got = s3.get_object(Bucket=box, Key="a")
    assert got["Body"].read() == b"".join(parts) and got["Metadata"] == {"of": "parts"}
    assert body(s3, "a", PartNumber=3) == b"the end"
    place = (5 << 20) - 10
    assert body(s3, "a", Range=f"bytes={place}-{place + 19}") == (parts[0] + parts[1])[place : place + 20]
    assert body(s3, "a", Range=f"bytes={(10 << 20) - 3}-") == parts[1][-3:] + b"the end"


def test_parts_that_are_given_up(s3: Any, box: str) -> None:
    names = {"Bucket": box, "Key": "a", "UploadId": s3.create_multipart_upload(Bucket=box, Key="a")["UploadId"]}
    s3.upload_part(**names, PartNumber=1, Body=b"1")
    s3.abort_multipart_upload(**names)
    assert error_of(s3.upload_part, **names, PartNumber=2, Body=b"2").code == "NoSuchUpload"
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=box)


def test_small_parts_before_the_last(s3: Any, box: str) -> None:
    names = {"Bucket": box, "Key": "a", "UploadId": s3.create_multipart_upload(Bucket=box, Key="a")["UploadId"]}
    done = [
        {"PartNumber": number, "ETag": s3.upload_part(**names, PartNumber=number, Body=b"1")["ETag"]}
        for number in (1, 2)
    ]
    assert error_of(s3.complete_multipart_upload, **names, MultipartUpload={"Parts": done}).code == "EntityTooSmall"


def test_copies(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="a b", Body=b"1", Metadata={"who": "me"}, Tagging="k=v")
    copied = s3.copy_object(Bucket=box, Key="c", CopySource={"Bucket": box, "Key": "a b"})
    assert copied["CopyObjectResult"]["ETag"] == f'"{hashlib.md5(b"1").hexdigest()}"'
    got = s3.get_object(Bucket=box, Key="c")
    assert (got["Body"].read(), got["Metadata"], got["TagCount"]) == (b"1", {"who": "me"}, 1)
    s3.copy_object(
        Bucket=box, Key="c", CopySource=f"{box}/c", MetadataDirective="REPLACE", Metadata={"who": "you"}
    )
    assert s3.head_object(Bucket=box, Key="c")["Metadata"] == {"who": "you"}
    assert error_of(s3.copy_object, Bucket=box, Key="c", CopySource=f"{box}/c").code == "InvalidRequest"
    assert error_of(s3.copy_object, Bucket=box, Key="d", CopySource=f"{box}/none").code == "NoSuchKey"


def test_versions(s3: Any, box: str) -> None:
    s3.put_object(Bucket=box, Key="a", Body=b"0")
    s3.put_bucket_versioning(Bucket=box, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=box, Key="a", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=box, Key="a", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket=box, Key="a")
    assert marker["DeleteMarker"] is True
    assert error_of(s3.get_object, Bucket=box, Key="a").code == "NoSuchKey"
    assert "Contents" not in s3.list_objects_v2(Bucket=box)
    assert body(s3, "a", VersionId=first) == b"1" and body(s3, "a", VersionId="null") == b"0"
    assert error_of(s3.get_object, Bucket=box, Key="a", VersionId=marker["VersionId"]).status == 405
    listed = s3.list_object_versions(Bucket=box)
    assert [each["VersionId"] for each in listed["Versions"]] == [second, first, "null"]
    assert [each["IsLatest"] for each in listed["DeleteMarkers"]] == [True]
    # Without its marker the object is back.
    s3.delete_object(Bucket=box, Key="a", VersionId=marker["VersionId"])
    assert body(s3, "a") == b"2"
    s3.delete_object(Bucket=box, Key="a", VersionId=second)
    assert body(s3, "a") == b"1"
    # Suspended, what has no id is replaced.
    s3.put_bucket_versioning(Bucket=box, VersioningConfiguration={"Status": "Suspended"})
    s3.put_object(Bucket=box, Key="a", Body=b"3")
    assert [each["VersionId"] for each in s3.list_object_versions(Bucket=box)["Versions"]] == ["null", first]
    s3.delete_object(Bucket=box, Key="a")
    listed = s3.list_object_versions(Bucket=box)
    assert [each["VersionId"] for each in listed["DeleteMarkers"]] == ["null"]
    assert [each["VersionId"] for each in listed["Versions"]] == [first]


def test_locks(s3: Any) -> None:
    s3.create_bucket(Bucket="box", ObjectLockEnabledForBucket=True)
    put = s3.put_object(Bucket="box", Key="a", Body=b"1", ObjectLockLegalHoldStatus="ON")
    version = {"Bucket": "box", "Key": "a", "VersionId": put["VersionId"]}
    error = error_of(s3.delete_object, **version)
    assert (error.code, error.message) == ("AccessDenied", "Access Denied because object protected by object lock.")
    s3.put_object_legal_hold(**version, LegalHold={"Status": "OFF"})
    s3.put_object_retention(**version, Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2040-01-01T00:00:00Z"})
    assert error_of(s3.delete_object, **version).code == "AccessDenied"
    assert error_of(s3.put_object_retention, **version, Retention={}).code == "AccessDenied"
    s3.delete_object(**version, BypassGovernanceRetention=True)
    put = s3.put_object(
        Bucket="box",
        Key="a",
        Body=b"1",
        ObjectLockMode="COMPLIANCE",
        ObjectLockRetainUntilDate="2040-01-01T00:00:00Z",
    )
    version["VersionId"] = put["VersionId"]
    assert error_of(s3.delete_object, **version, BypassGovernanceRetention=True).code == "AccessDenied"
    # In front of it may come whatever wants.
    assert s3.delete_object(Bucket="box", Key="a")["DeleteMarker"] is True


def test_lists_are_in_order(s3: Any, box: str) -> None:
    draw = random.Random(7)
    keys = {"".join(draw.choice("ab/é\U0001f600-") for _ in range(draw.randint(1, 8))) for _ in range(150)}
    for key in keys:
        s3.put_object(Bucket=box, Key=key, Body=b"")
    ordered = sorted(keys, key=str.encode)
    for prefix in ("", "a", "a/", "é"):
        for delimiter in ("", "/", "b", "a/"):
            for size in (1, 7, 1000):
                expected: list[tuple[str, str]] = []
                for key in (key for key in ordered if key.startswith(prefix)):
                    place = key.find(delimiter, len(prefix)) if delimiter else -1
                    entry = ("group", key[: place + len(delimiter)]) if place >= 0 else ("key", key)
                    if entry not in expected:
                        expected.append(entry)
                if size == 1 and len(expected) > 12:
                    continue
                found: list[tuple[str, str]] = []
                more: dict[str, Any] = {"Delimiter": delimiter} if delimiter else {}
                while True:
                    page = s3.list_objects_v2(Bucket=box, Prefix=prefix, MaxKeys=size, **more)
                    entries = [("key", each["Key"]) for each in page.get("Contents", [])]
                    entries += [("group", each["Prefix"]) for each in page.get("CommonPrefixes", [])]
                    assert len(entries) == page["KeyCount"] <= size
                    found += sorted(entries, key=lambda entry: entry[1].encode())
                    if not page["IsTruncated"]:
                        break
                    more["ContinuationToken"] = page["NextContinuationToken"]
                assert found == expected, (prefix, delimiter, size)


def test_an_empty_body_leaves_the_connection_as_it_was(s3: Any, box: str) -> None:
    """botocore asks with Expect for every body, and goes wrong with the next request if it never gets its 100."""
    for key, body in (("empty", b""), ("full", b"x"), ("empty", b""), ("full", b"y")):
        s3.put_object(Bucket=box, Key=key, Body=body)
    assert s3.get_object(Bucket=box, Key="full")["Body"].read() == b"y"


def test_lists_of_versions_go_on_where_they_ended(s3: Any, box: str) -> None:
    s3.put_bucket_versioning(Bucket=box, VersioningConfiguration={"Status": "Enabled"})
    ids: dict[str, list[str]] = {}
    for key in ("a", "b", "c/1", "c/2", "d"):
        for n in range(3):
            ids.setdefault(key, []).insert(0, s3.put_object(Bucket=box, Key=key, Body=b"x" * n)["VersionId"])
    whole = [(key, version) for key, versions in ids.items() for version in versions]
    for size in (1, 2, 4, 100):
        pages = s3.get_paginator("list_object_versions").paginate(Bucket=box, PaginationConfig={"PageSize": size})
        assert [(each["Key"], each["VersionId"]) for page in pages for each in page.get("Versions", [])] == whole
    grouped = s3.list_object_versions(Bucket=box, Delimiter="/")
    assert [each["Prefix"] for each in grouped["CommonPrefixes"]] == ["c/"]
    assert {each["Key"] for each in grouped["Versions"]} == {"a", "b", "d"}


def test_deleting_many(s3: Any, box: str, new_user: Callable[..., Identity]) -> None:
    for key in ("a", "b", "c"):
        s3.put_object(Bucket=box, Key=key, Body=b"1")
    some = new_user("some", allow("s3:DeleteObject", ["arn:aws:s3:::box/a", "arn:aws:s3:::box/c"])).client("s3")
    answer = some.delete_objects(Bucket=box, Delete={"Objects": [{"Key": key} for key in ("a", "b", "none", "c")]})
    assert [each["Key"] for each in answer["Deleted"]] == ["a", "c"]
    assert [(each["Key"], each["Code"]) for each in answer["Errors"]] == [
        ("b", "AccessDenied"),
        ("none", "AccessDenied"),
    ]
    assert [each["Key"] for each in s3.list_objects_v2(Bucket=box)["Contents"]] == ["b"]


def test_what_is_not_there_is_told_to_those_who_may_list(
    s3: Any, box: str, new_user: Callable[..., Identity]
) -> None:
    reader = new_user("reader", allow("s3:GetObject", "arn:aws:s3:::box/*")).client("s3")
    lister = new_user(
        "lister", allow("s3:GetObject", "arn:aws:s3:::box/*"), allow("s3:ListBucket", "arn:aws:s3:::box")
    ).client("s3")
    assert error_of(reader.get_object, Bucket=box, Key="none").code == "AccessDenied"
    assert error_of(reader.head_object, Bucket=box, Key="none").status == 403
    assert error_of(lister.get_object, Bucket=box, Key="none").code == "NoSuchKey"
    assert error_of(lister.head_object, Bucket=box, Key="none").status == 404


def test_keys_of_kms(s3: Any, box: str, root: Identity, new_user: Callable[..., Identity]) -> None:
    kms = root.client("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    put = s3.put_object(Bucket=box, Key="a", Body=b"1" * 100_000, ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    assert put["SSEKMSKeyId"] == key
    assert body(s3, "a") == b"1" * 100_000
    # The right to the object is not the right to the key.
    reader = new_user("reader", allow("s3:GetObject", "arn:aws:s3:::box/*")).client("s3")
    error = error_of(reader.get_object, Bucket=box, Key="a")
    assert error.code == "AccessDenied" and "kms:Decrypt" in error.message
    kms.disable_key(KeyId=key)
    error = error_of(s3.get_object, Bucket=box, Key="a")
    assert (error.code, error.status) == ("KMS.DisabledException", 400)
    kms.enable_key(KeyId=key)
    assert body(s3, "a") == b"1" * 100_000


def test_keys_of_customers(s3: Any, box: str) -> None:
    key, other = os.urandom(32), os.urandom(32)
    s3.put_object(Bucket=box, Key="a", Body=b"1", SSECustomerAlgorithm="AES256", SSECustomerKey=key)
    assert body(s3, "a", SSECustomerAlgorithm="AES256", SSECustomerKey=key) == b"1"
    assert error_of(s3.get_object, Bucket=box, Key="a").code == "InvalidRequest"
    error = error_of(s3.get_object, Bucket=box, Key="a", SSECustomerAlgorithm="AES256", SSECustomerKey=other)
    assert error.code == "AccessDenied"


def test_tags_decide(s3: Any, box: str, new_user: Callable[..., Identity]) -> None:
    s3.put_object(Bucket=box, Key="open", Body=b"1", Tagging="level=public")
    s3.put_object(Bucket=box, Key="closed", Body=b"1", Tagging="level=secret")
    reader = new_user(
        "reader",
        allow(
            "s3:GetObject",
            "arn:aws:s3:::box/*",
            Condition={"StringEquals": {"s3:ExistingObjectTag/level": "public"}},
        ),
    ).client("s3")
    assert reader.get_object(Bucket=box, Key="open")["Body"].read() == b"1"
    assert error_of(reader.get_object, Bucket=box, Key="closed").code == "AccessDenied"
    s3.put_object_tagging(Bucket=box, Key="closed", Tagging={"TagSet": [{"Key": "level", "Value": "public"}]})
    assert reader.get_object(Bucket=box, Key="closed")["Body"].read() == b"1"


def test_presigned(root: Identity, box: str) -> None:
    s3 = root.client("s3", signature_version="s3v4")
    url = s3.generate_presigned_url("put_object", {"Bucket": box, "Key": "a"}, ExpiresIn=60)
    with urllib.request.urlopen(urllib.request.Request(url, data=b"hello", method="PUT")) as answer:
        assert answer.status == 200
    url = s3.generate_presigned_url("get_object", {"Bucket": box, "Key": "a"}, ExpiresIn=60)
    with urllib.request.urlopen(url) as answer:
        assert answer.read() == b"hello"


def test_a_tree_goes_there_and_back(root: Identity, box: str, tmp_path: Path) -> None:
    """By the AWS CLI, which sends the large file in parts, side by side."""
    here, there = tmp_path / "here", tmp_path / "there"
    files = {
        "a": b"",
        "b c/ä + &.txt": b"1",
        "b c/d/large": os.urandom(20_000_000),
        "b c/d/%41": b"percent",
    }
    for name, data in files.items():
        (here / name).parent.mkdir(parents=True, exist_ok=True)
        (here / name).write_bytes(data)
    environment = clean_environment(**root.environment, HOME=str(tmp_path), LC_ALL="C.UTF-8")
    for words in (("sync", here, f"s3://{box}/tree"), ("sync", f"s3://{box}/tree", there)):
        done = subprocess.run(
            [aws_program(), "s3", *map(str, words)], env=environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
    found = {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert found == files
    assert root.client("s3").head_object(Bucket=box, Key="tree/b c/d/large")["ETag"].endswith('-3"')
