"""S3 behind the gate: moto_server keeps the objects, and Gatehouse the buckets' policies and whose they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config

from harness import Identity, Server, allow, deny, error_of, policy
from harness.moto import Moto, settings
from harness.organizations import NewOrganization

PATHS = {"s3": {"addressing_style": "path"}}


def configuration(moto: Moto, folder: Path) -> tuple[str, str]:
    """S3 as well is answered there."""
    (folder / "upstreams").write_text(settings(moto.url, "s3"))
    return ("--upstream-config", str(folder / "upstreams"))


@pytest.fixture(scope="module")
def worker_server(moto: Moto, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("gate")
    with Server(*configuration(moto, folder), log=folder / "log") as server:
        yield server


@pytest.fixture
def bucket(root: Identity, request: pytest.FixtureRequest) -> str:
    name = "".join(letter if letter.isalnum() else "-" for letter in request.node.name.lower()).strip("-")[:60]
    s3(root).create_bucket(Bucket=name)
    return name


def s3(who: Identity) -> Any:
    return who.client("s3", **PATHS)


def denied(call: Any, **parameters: Any) -> str:
    error = error_of(call, **parameters)
    assert error.code == "AccessDenied", error
    return error.message


def statement(bucket: str, action: str | list[str], principal: Any, **more: Any) -> str:
    return policy(allow(action, f"arn:aws:s3:::{bucket}/*", Principal=principal, **more))


def test_a_buckets_policy_lets_in_whom_it_names(cloud: Server, root: Identity, bucket: str) -> None:
    member = NewOrganization(cloud).member("other")
    guest = s3(member.user("guest", allow("s3:*")))
    owner = s3(root)
    owner.put_object(Bucket=bucket, Key="a b/\u65e5", Body=b"hello")
    everybody = boto3.client("s3", endpoint_url=cloud.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED, **PATHS))
    wanted = {"Bucket": bucket, "Key": "a b/\u65e5"}

    message = denied(guest.get_object, **wanted)
    assert "because no resource-based policy allows the s3:GetObject action" in message
    denied(everybody.get_object, **wanted)
    # It is the other account's, and can't be taken.
    denied(guest.create_bucket, Bucket=bucket)
    denied(guest.put_bucket_policy, Bucket=bucket, Policy=statement(bucket, "s3:*", "*"))

    guest_arn = {"AWS": f"arn:aws:iam::{member.account}:user/guest"}
    owner.put_bucket_policy(Bucket=bucket, Policy=statement(bucket, "s3:GetObject", guest_arn))
    assert guest.get_object(**wanted)["Body"].read() == b"hello"
    denied(guest.put_object, **wanted, Body=b"x")
    denied(everybody.get_object, **wanted)

    owner.put_bucket_policy(Bucket=bucket, Policy=statement(bucket, "s3:GetObject", "*"))
    assert everybody.get_object(**wanted)["Body"].read() == b"hello"
    denied(everybody.put_object, **wanted, Body=b"x")
    owner.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={"RestrictPublicBuckets": True})
    denied(everybody.get_object, **wanted)
    denied(guest.get_object, **wanted)
    assert owner.get_object(**wanted)["Body"].read() == b"hello"
    owner.delete_public_access_block(Bucket=bucket)
    assert everybody.get_object(**wanted)["Body"].read() == b"hello"

    owner.delete_bucket_policy(Bucket=bucket)
    denied(everybody.get_object, **wanted)
    denied(guest.get_object, **wanted)
    assert error_of(owner.get_bucket_policy, Bucket=bucket).code == "NoSuchBucketPolicy"


def test_a_buckets_policy_denies_its_own_account(root: Identity, bucket: str) -> None:
    owner = s3(root)
    owner.put_object(Bucket=bucket, Key="a", Body=b"hello")
    owner.put_bucket_policy(Bucket=bucket, Policy=policy(deny("s3:GetObject", f"arn:aws:s3:::{bucket}/*", Principal="*")))
    assert "with an explicit deny in a resource-based policy" in denied(owner.get_object, Bucket=bucket, Key="a")
    assert json.loads(owner.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]


def test_a_bucket_that_is_gone_leaves_nothing(cloud: Server, root: Identity, bucket: str) -> None:
    owner = s3(root)
    owner.put_bucket_policy(Bucket=bucket, Policy=statement(bucket, "s3:GetObject", "*"))
    owner.delete_bucket(Bucket=bucket)
    member = NewOrganization(cloud).member("other")
    theirs = s3(member.user("guest", allow("s3:*")))
    theirs.create_bucket(Bucket=bucket)
    theirs.put_object(Bucket=bucket, Key="a", Body=b"hello")
    everybody = boto3.client("s3", endpoint_url=cloud.url, region_name="us-east-1", config=Config(signature_version=UNSIGNED, **PATHS))
    denied(everybody.get_object, Bucket=bucket, Key="a")
    denied(owner.get_object, Bucket=bucket, Key="a")
    # It is made in the account that asked for it.
    assert theirs.get_object(Bucket=bucket, Key="a")["Body"].read() == b"hello"


def test_copies(root: Identity, new_user: Any, bucket: str) -> None:
    owner = s3(root)
    owner.create_bucket(Bucket=f"{bucket}-two")
    owner.put_object(Bucket=bucket, Key="plain", Body=b"plain")
    owner.put_object(Bucket=bucket, Key="tagged", Body=b"tagged", Tagging="team=a")
    source, target = f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}-two"
    writer = s3(new_user("writer", allow("s3:PutObject", f"{target}/*")))
    to = {"Bucket": f"{bucket}-two", "Key": "copy"}

    assert f"s3:GetObject on resource: {source}/plain" in denied(writer.copy_object, **to, CopySource={"Bucket": bucket, "Key": "plain"}).replace('"', "")
    copier = s3(new_user("copier", allow("s3:PutObject", f"{target}/*"), allow("s3:GetObject", f"{source}/*")))
    copier.copy_object(**to, CopySource={"Bucket": bucket, "Key": "plain"})
    assert owner.get_object(**to)["Body"].read() == b"plain"
    message = denied(copier.copy_object, **to, CopySource={"Bucket": bucket, "Key": "tagged"})
    assert "s3:GetObjectTagging" in message
    copier.copy_object(**to, CopySource={"Bucket": bucket, "Key": "tagged"}, TaggingDirective="REPLACE", MetadataDirective="REPLACE")

    tags = allow(["s3:PutObjectTagging"], f"{target}/*", Condition={"StringEquals": {"s3:RequestObjectTag/team": "a"}})
    tagger = s3(new_user("tagger", allow("s3:PutObject", f"{target}/*"), allow(["s3:GetObject", "s3:GetObjectTagging"], f"{source}/*"), tags))
    tagger.copy_object(**to, CopySource={"Bucket": bucket, "Key": "tagged"})
    assert owner.get_object_tagging(**to)["TagSet"] == [{"Key": "team", "Value": "a"}]

    # Part by part.
    upload = owner.create_multipart_upload(**to)["UploadId"]
    part = to | {"UploadId": upload, "PartNumber": 1, "CopySource": {"Bucket": bucket, "Key": "tagged"}}
    denied(writer.upload_part_copy, **part)
    assert copier.upload_part_copy(**part)["CopyPartResult"]["ETag"]


def test_a_copy_across_accounts(cloud: Server, root: Identity, bucket: str) -> None:
    member = NewOrganization(cloud).member("other")
    guest = s3(member.user("guest", allow("s3:*")))
    s3(root).put_object(Bucket=bucket, Key="a", Body=b"hello")
    guest.create_bucket(Bucket=f"{bucket}-theirs")
    copy = {"Bucket": f"{bucket}-theirs", "Key": "a", "CopySource": {"Bucket": bucket, "Key": "a"}}
    denied(guest.copy_object, **copy)
    s3(root).put_bucket_policy(Bucket=bucket, Policy=statement(bucket, "s3:GetObject", {"AWS": member.account}))
    guest.copy_object(**copy)
    assert guest.get_object(Bucket=f"{bucket}-theirs", Key="a")["Body"].read() == b"hello"
