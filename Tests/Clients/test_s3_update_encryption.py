"""Another key for an object that is there: nothing else about it changes, and nobody reads it without the new key."""

from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy
from harness.organizations import NewOrganization

#: Small ones are kept beside their record, others in the store of bodies.
SIZES = [0, 10, 300_000]


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    return client


@pytest.fixture
def keys(root: Identity) -> list[str]:
    kms = root.client("kms")
    return [kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2)]


def update(s3: Any, key: str, object_key: str = "a", bucket: str = "box", **more: Any) -> None:
    encryption = {"KMSKeyArn": key} | ({"BucketKeyEnabled": more.pop("bucket_key")} if "bucket_key" in more else {})
    s3.update_object_encryption(Bucket=bucket, Key=object_key, ObjectEncryption={"SSEKMS": encryption}, **more)


def upload(s3: Any, **more: Any) -> bytes:
    """In three parts, the last of which is small."""
    there: dict[str, Any] = {"Bucket": "box", "Key": "a"}
    there["UploadId"] = s3.create_multipart_upload(Bucket="box", Key="a", **more)["UploadId"]
    pieces = [b"x" * (5 << 20), b"y" * (5 << 20), b"z"]
    parts = [
        {"PartNumber": number, "ETag": s3.upload_part(**there, PartNumber=number, Body=piece)["ETag"]}
        for number, piece in enumerate(pieces, 1)
    ]
    s3.complete_multipart_upload(**there, MultipartUpload={"Parts": parts})
    return b"".join(pieces)


def same(s3: Any, change: Callable[[], None]) -> dict[str, Any]:
    """Everything that may not change with the key, before and after."""
    before = s3.head_object(Bucket="box", Key="a", ChecksumMode="ENABLED")
    change()
    after = s3.head_object(Bucket="box", Key="a", ChecksumMode="ENABLED")
    for head in (before, after):
        for name in ("ResponseMetadata", "ServerSideEncryption", "SSEKMSKeyId", "BucketKeyEnabled"):
            head.pop(name, None)
    assert after == before
    return dict(s3.head_object(Bucket="box", Key="a"))


@pytest.mark.parametrize("size", SIZES)
def test_from_s3s_key_to_one_of_kms(s3: Any, root: Identity, keys: list[str], size: int) -> None:
    body = bytes(range(256)) * (size // 256 + 1)
    body = body[:size]
    s3.put_object(Bucket="box", Key="a", Body=body, Metadata={"m": "1"}, Tagging="t=1", StorageClass="STANDARD_IA")
    head = same(s3, lambda: update(s3, keys[0]))
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", keys[0])
    assert not head.get("BucketKeyEnabled")
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == body
    if size:
        assert s3.get_object(Bucket="box", Key="a", Range=f"bytes={size - 3}-")["Body"].read() == body[-3:]
    assert "Versions" not in s3.list_object_versions(Bucket="box") or len(
        s3.list_object_versions(Bucket="box")["Versions"]
    ) == 1
    # Now the key decides.
    kms = root.client("kms")
    kms.disable_key(KeyId=keys[0])
    assert error_of(s3.get_object, Bucket="box", Key="a").code == "KMS.DisabledException"
    kms.enable_key(KeyId=keys[0])
    # To another, and as one of the bucket's.
    head = same(s3, lambda: update(s3, keys[1], bucket_key=True))
    assert (head["SSEKMSKeyId"], head["BucketKeyEnabled"]) == (keys[1], True)
    kms.disable_key(KeyId=keys[0])
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == body
    s3.copy_object(Bucket="box", Key="b", CopySource="box/a", ServerSideEncryption="AES256")
    assert s3.get_object(Bucket="box", Key="b")["Body"].read() == body


def test_of_an_upload_in_parts(s3: Any, keys: list[str]) -> None:
    body = upload(s3)
    head = same(s3, lambda: update(s3, keys[0]))
    assert head["SSEKMSKeyId"] == keys[0]
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == body
    assert s3.get_object(Bucket="box", Key="a", PartNumber=3)["Body"].read() == b"z"
    body = upload(s3, ServerSideEncryption="aws:kms", SSEKMSKeyId=keys[0])
    same(s3, lambda: update(s3, keys[1]))
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == body


def test_of_one_version(s3: Any, keys: list[str]) -> None:
    s3.put_bucket_versioning(Bucket="box", VersioningConfiguration={"Status": "Enabled"})
    old, new = (s3.put_object(Bucket="box", Key="a", Body=text)["VersionId"] for text in (b"old", b"new"))
    update(s3, keys[0], VersionId=old)
    assert s3.head_object(Bucket="box", Key="a")["ServerSideEncryption"] == "AES256"
    assert s3.head_object(Bucket="box", Key="a", VersionId=old)["SSEKMSKeyId"] == keys[0]
    assert s3.get_object(Bucket="box", Key="a", VersionId=old)["Body"].read() == b"old"
    assert [one["VersionId"] for one in s3.list_object_versions(Bucket="box")["Versions"]] == [new, old]
    marker = s3.delete_object(Bucket="box", Key="a")["VersionId"]
    assert error_of(update, s3=s3, key=keys[0]).code == "NoSuchKey"
    assert error_of(update, s3=s3, key=keys[0], VersionId=marker).code == "MethodNotAllowed"


def test_archived_objects_are_not_restored(s3: Any, keys: list[str]) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1", StorageClass="GLACIER")
    assert same(s3, lambda: update(s3, keys[0]))["StorageClass"] == "GLACIER"
    assert error_of(s3.get_object, Bucket="box", Key="a").code == "InvalidObjectState"


def test_what_is_refused(s3: Any, root: Identity, keys: list[str], cloud: Server) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1")

    def refused(key: str = keys[0], **more: Any) -> tuple[str, str]:
        error = error_of(lambda: update(s3, key, **more))
        return error.code, error.message

    assert refused(object_key="absent")[0] == "NoSuchKey"
    for wrong in ("a-key-of-ours-by-no-arn", keys[0].split("/")[1], keys[0].replace(":key/", ":alias/")):
        code, message = refused(wrong)
        assert code == "InvalidRequest" and "valid Amazon Web Services KMS key" in message
    theirs = NewOrganization(cloud).member("member").admin.client("kms").create_key()["KeyMetadata"]["Arn"]
    code, message = refused(theirs)
    assert code == "AccessDenied" and "owned by the same account as the bucket" in message
    absent = keys[0].rsplit("/", 1)[0] + "/12345678-1234-1234-1234-123456789012"
    assert refused(absent)[0] == "KMS.NotFoundException"
    root.client("kms").disable_key(KeyId=keys[1])
    assert refused(keys[1])[0] == "KMS.DisabledException"
    dual = {"ServerSideEncryption": "aws:kms:dsse", "SSEKMSKeyId": keys[0]}
    customer = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}
    for object_key, encryption in (("dual", dual), ("customer", customer)):
        s3.put_object(Bucket="box", Key=object_key, Body=b"1", **encryption)
        code, message = refused(object_key=object_key)
        assert code == "InvalidRequest" and "DSSE-KMS or SSE-C" in message
    assert s3.head_object(Bucket="box", Key="a")["ServerSideEncryption"] == "AES256"


def test_what_is_locked(s3: Any, keys: list[str]) -> None:
    s3.create_bucket(Bucket="vault", ObjectLockEnabledForBucket=True)
    s3.put_object(Bucket="vault", Key="held", Body=b"1", ObjectLockLegalHoldStatus="ON")
    s3.put_object(
        Bucket="vault", Key="kept", Body=b"1", ObjectLockMode="GOVERNANCE",
        ObjectLockRetainUntilDate="2040-01-01T00:00:00Z",
    )  # fmt: skip
    for key in ("held", "kept"):
        error = error_of(lambda: update(s3, keys[0], key, bucket="vault"))  # noqa: B023
        assert error.code == "AccessDenied" and "protected by S3 Object Lock" in error.message
    s3.put_object_legal_hold(Bucket="vault", Key="held", LegalHold={"Status": "OFF"})
    update(s3, keys[0], "held", bucket="vault")
    assert s3.get_object(Bucket="vault", Key="held")["Body"].read() == b"1"


def test_who_may(s3: Any, root: Identity, keys: list[str], new_user: Callable[..., Identity]) -> None:
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    first = allow("kms:*", keys[0])
    both = ["s3:PutObject", "s3:UpdateObjectEncryption"]
    for action in both:
        clerk = new_user(f"only-{action[3:]}", allow(action), first).client("s3")
        error = error_of(update, s3=clerk, key=keys[0])
        missing = next(one for one in both if one != action)
        assert error.code == "AccessDenied" and missing in error.message
    clerk = new_user("no-key", allow(both)).client("s3")
    error = error_of(update, s3=clerk, key=keys[0])
    assert error.code == "AccessDenied" and "kms:GenerateDataKey" in error.message
    # Which key it may be is a condition.
    named = {"StringEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": keys[0]}}
    clerk = new_user("one-key", allow(both, Condition=named), allow("kms:*")).client("s3")
    assert error_of(update, s3=clerk, key=keys[1]).code == "AccessDenied"
    update(clerk, keys[0])
    # Away from a key takes a right to that one, too.
    clerk = new_user("other-key", allow(both), allow("kms:*", keys[1])).client("s3")
    error = error_of(update, s3=clerk, key=keys[1])
    assert error.code == "AccessDenied" and "kms:ReEncryptFrom" in error.message
    s3.put_bucket_policy(
        Bucket="box", Policy=policy(deny("s3:UpdateObjectEncryption", "arn:aws:s3:::box/*", Principal="*"))
    )
    assert error_of(update, s3=s3, key=keys[1]).code == "AccessDenied"
    assert ACCOUNT in keys[0]


def test_it_stays_after_a_crash(durable: Callable[..., Server]) -> None:
    server = durable().start()
    s3 = server.root.client("s3")
    key = server.root.client("kms").create_key()["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="a", Body=b"1" * 200_000)
    update(s3, key)
    server.kill()
    server.start()
    s3 = server.root.client("s3")
    got = s3.get_object(Bucket="box", Key="a")
    assert (got["SSEKMSKeyId"], got["Body"].read()) == (key, b"1" * 200_000)
