"""Which requests are for a bucket: names that Gatehouse's own paths have, keys of every byte, and what no client sends."""

import base64
import hashlib
import http.client
import zlib
from typing import Any

import boto3
import pytest
import requests
from botocore import UNSIGNED
from botocore.config import Config

from harness import Identity, Server, allow, error_of, policy, raw
from harness.patience import PATIENCE

MANY = pytest.mark.parametrize


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3", s3={"addressing_style": "path"})
    client.create_bucket(Bucket="box")
    return client


def open_to_all(s3: Any, *actions: str, bucket: str = "box") -> None:
    s3.delete_public_access_block(Bucket=bucket)
    resources = [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"]
    statements = [{**allow(action, resources[action != "s3:ListBucket"]), "Principal": "*"} for action in actions]
    s3.put_bucket_policy(Bucket=bucket, Policy=policy(*statements))


# Gatehouse's own paths


@MANY("name", ["health", "ready", "metrics"])
def test_buckets_that_are_called_like_own_paths(s3: Any, cloud: Server, name: str) -> None:
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="a", Body=b"1")
    assert [each["Key"] for each in s3.list_objects(Bucket=name)["Contents"]] == ["a"]
    assert s3.head_bucket(Bucket=name)["BucketRegion"] == "us-east-1"
    # Without a signature the path is Gatehouse's own.
    answer = requests.get(f"{cloud.url}/{name}", timeout=PATIENCE)
    assert answer.status_code == 200 and b"ListBucketResult" not in answer.content
    # By the bucket's host there is none.
    s3.put_object(Bucket="box", Key=name, Body=b"an object")
    open_to_all(s3, "s3:GetObject")
    answer = requests.get(f"{cloud.url}/{name}", headers={"Host": f"box.s3.localhost:{cloud.port}"}, timeout=PATIENCE)
    assert (answer.status_code, answer.content) == (200, b"an object")


# What anybody may put


@MANY("size", [0, 1, 100_000, 5_000_000])
def test_anonymous_uploads(s3: Any, cloud: Server, size: int) -> None:
    open_to_all(s3, "s3:PutObject")
    body = bytes(range(256)) * (size // 256 + 1)
    answer = requests.put(f"{cloud.url}/box/a", data=body[:size], timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == body[:size]
    assert requests.put(f"{cloud.url}/other/a", data=body[:size], timeout=PATIENCE).status_code in (403, 404)


def test_anonymous_uploads_in_chunks(s3: Any, cloud: Server) -> None:
    open_to_all(s3, "s3:PutObject")
    body = bytes(3_000_000)
    head = {
        "x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        "x-amz-decoded-content-length": str(len(body)),
        "x-amz-trailer": "x-amz-checksum-crc32",
        "Content-Encoding": "aws-chunked",
        "x-amz-sdk-checksum-algorithm": "CRC32",
    }
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    framed = b"%x\r\n" % len(body) + body + f"\r\n0\r\nx-amz-checksum-crc32:{crc}\r\n\r\n".encode()
    answer = requests.put(f"{cloud.url}/box/a", data=framed, headers=head, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    got = s3.get_object(Bucket="box", Key="a")
    assert got["Body"].read() == body and "ContentEncoding" not in got
    wrong = framed.replace(crc.encode(), b"AAAAAA==")
    assert requests.put(f"{cloud.url}/box/b", data=wrong, headers=head, timeout=PATIENCE).status_code == 400
    signed = {**head, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"}
    assert requests.put(f"{cloud.url}/box/b", data=framed, headers=signed, timeout=PATIENCE).status_code == 400
    assert s3.list_objects(Bucket="box")["Contents"][0]["Key"] == "a"


def test_an_anonymous_upload_that_is_refused_is_not_read(s3: Any, cloud: Server) -> None:
    config = Config(signature_version=UNSIGNED)
    nobody = boto3.client("s3", endpoint_url=cloud.url, region_name="us-east-1", config=config)
    assert error_of(nobody.put_object, Bucket="box", Key="a", Body=bytes(3_000_000)).code == "AccessDenied"


# Keys

KEYS = [
    "..", "../../etc/passwd", "a/../b", "a//b", "//", "/", "/a", "a/", "./a", ".", "a/./b", "a b", "a+b", "a%2Fb", "%",
    "?", "#", "a?versionId=1", "&", "=", ";", ":", "@", "$", "~", "'", '"', "<>", "\\", "|", "^", "`", "{}", "[]", "*",
    "\x01", "\x1f", "\x7f", "\t", "ä", "a\u0308", "\u212b", "\u0301", "你好", "😀", "\u202e", "\ufeff", "\uffff", "x" * 1024,
    "ü" * 512,
]  # fmt: skip


def test_keys_of_every_kind(s3: Any) -> None:
    for number, key in enumerate(KEYS):
        s3.put_object(Bucket="box", Key=key, Body=str(number).encode(), Metadata={"number": str(number)})
    for number, key in enumerate(KEYS):
        got = s3.get_object(Bucket="box", Key=key)
        assert (got["Body"].read(), got["Metadata"]) == (str(number).encode(), {"number": str(number)}), key
    listed = [
        each["Key"]
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket="box", PaginationConfig={"PageSize": 7})
        for each in page["Contents"]
    ]
    assert listed == sorted(KEYS, key=lambda key: key.encode())
    for key in KEYS:
        s3.copy_object(Bucket="box", Key="copy", CopySource={"Bucket": "box", "Key": key})
        s3.put_object_tagging(Bucket="box", Key=key, Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    gone = s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": key} for key in KEYS if min(key) > "\x1f" and key != "\uffff"]})
    assert not gone.get("Errors"), gone
    for key in KEYS:
        s3.delete_object(Bucket="box", Key=key)
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="box")["Contents"]] == ["copy"]


def test_forms_of_unicode_are_different_keys(s3: Any) -> None:
    s3.put_object(Bucket="box", Key="\u00e4", Body=b"one")
    s3.put_object(Bucket="box", Key="a\u0308", Body=b"two")
    assert s3.get_object(Bucket="box", Key="\u00e4")["Body"].read() == b"one"
    s3.copy_object(Bucket="box", Key="\u00e4", CopySource={"Bucket": "box", "Key": "a\u0308"})
    assert s3.get_object(Bucket="box", Key="\u00e4")["Body"].read() == b"two"
    s3.delete_object(Bucket="box", Key="\u00e4")
    assert [each["Key"] for each in s3.list_objects_v2(Bucket="box")["Contents"]] == ["a\u0308"]
    assert "Contents" not in s3.list_objects_v2(Bucket="box", Prefix="\u00e4")


def test_keys_that_are_none(s3: Any, root: Identity, cloud: Server) -> None:
    assert error_of(s3.put_object, Bucket="box", Key="x" * 1025).code == "KeyTooLongError"

    open_to_all(s3, "s3:PutObject")

    def send(path: str) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=PATIENCE)
        connection.putrequest("PUT", path)
        connection.putheader("Content-Length", "1")
        connection.endheaders(b"1")
        status = connection.getresponse().status
        connection.close()
        return status

    # Bytes that are no text, and half an escape.
    for path in ("/box/%ff", "/box/%c3", "/box/%", "/box/%zz", "/box/%ed%a0%80"):
        assert 400 <= send(path) < 500, path
    # NUL is a character like any other; what XML can't have is shown encoded to who asks for it.
    assert send("/box/a%00b") == 200
    listed = s3.list_objects_v2(Bucket="box")["Contents"]
    assert [each["Key"] for each in listed] == ["a\0b"]
    assert s3.get_object(Bucket="box", Key="a\0b")["Body"].read() == b"1"


# Documents

BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(8))
    + "]>"
)
FILE = '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
TAGS = "<Tagging><TagSet><Tag><Key>%s</Key><Value>v</Value></Tag></TagSet></Tagging>"


@MANY(
    "document",
    [
        BOMB + TAGS % "&i;",
        FILE + TAGS % "&f;",
        "<Tagging>" * 100_000,
        "<Tagging" + " a='b'" * 100_000 + "/>",
        TAGS % ("<x>" * 5_000 + "</x>" * 5_000),
        "<Tagging><TagSet>" + "<Tag><Key>k</Key><Value>v</Value></Tag>" * 20_000 + "</TagSet></Tagging>",
        "",
        "\x00",
        "<Tagging xmlns='urn:other'><TagSet/></Tagging",
    ],
    ids=["bomb", "file", "depth", "attributes", "deep", "many", "empty", "nul", "half"],
)
def test_hostile_documents(s3: Any, root: Identity, cloud: Server, document: str) -> None:
    for path in ("/box?tagging", "/box?delete", "/box?acl", "/box?lifecycle", "/box?website"):
        body = document.encode()
        method = "POST" if path.endswith("delete") else "PUT"
        hashed = hashlib.sha256(body).hexdigest()
        md5 = base64.b64encode(hashlib.md5(body).digest()).decode()
        request = raw.signed(method, path, body, root, service="s3", payload_hash=hashed, headers={"content-md5": md5})
        answer = raw.send(cloud.port, request)
        assert 400 <= answer.status < 500, (path, answer)
        assert b"root:" not in answer.body
    assert error_of(s3.get_bucket_tagging, Bucket="box").code == "NoSuchTagSet"


def test_ten_thousand_parts(s3: Any) -> None:
    upload = s3.create_multipart_upload(Bucket="box", Key="a")["UploadId"]
    place = {"Bucket": "box", "Key": "a", "UploadId": upload}
    etag = s3.upload_part(**place, PartNumber=10_000, Body=b"1")["ETag"]
    for number in (0, -1, 10_001):
        assert error_of(s3.upload_part, **place, PartNumber=number, Body=b"1").code == "InvalidArgument"
    # A list of as many parts as there can be, of which none but the last is there.
    parts = [{"ETag": etag, "PartNumber": number} for number in range(1, 10_001)]
    error = error_of(s3.complete_multipart_upload, **place, MultipartUpload={"Parts": parts})
    assert error.code == "InvalidPart"
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts[-1:]})
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"1"


# Conditions on lists


def test_an_empty_prefix_in_a_policy(s3: Any, new_user: Any) -> None:
    """The walk-through of the S3 guide: a user who may list the top of a bucket alone."""
    condition = {"StringEquals": {"s3:prefix": [""], "s3:delimiter": ["/"]}}
    user = new_user("user", allow("s3:ListBucket", "arn:aws:s3:::box", Condition=condition)).client("s3")
    user.list_objects_v2(Bucket="box", Prefix="", Delimiter="/")
    assert error_of(user.list_objects_v2, Bucket="box", Prefix="a/", Delimiter="/").code == "AccessDenied"
    assert error_of(user.list_objects_v2, Bucket="box", Prefix="").code == "AccessDenied"
    # Who says no prefix has none, which is another thing than an empty one.
    assert error_of(user.list_objects_v2, Bucket="box", Delimiter="/").code == "AccessDenied"
