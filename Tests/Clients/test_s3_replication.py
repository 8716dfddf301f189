"""Replication between buckets of one Gatehouse, with the rights of a role and no others."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy, trust
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

ROLE = f"arn:aws:iam::{ACCOUNT}:role/copier"
READS = [
    allow(["s3:GetReplicationConfiguration", "s3:ListBucket"], "arn:aws:s3:::source"),
    allow(
        ["s3:GetObjectVersionForReplication", "s3:GetObjectVersionAcl", "s3:GetObjectVersionTagging"],
        "arn:aws:s3:::source/*",
    ),
]
WRITES = allow(["s3:ReplicateObject", "s3:ReplicateDelete", "s3:ReplicateTags"], "arn:aws:s3:::target/*")


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    for name in ("source", "target"):
        client.create_bucket(Bucket=name)
        client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    root.iam.create_role(RoleName="copier", AssumeRolePolicyDocument=trust({"Service": "s3.amazonaws.com"}))
    may(root, *READS, WRITES)
    return client


def may(root: Identity, *statements: dict[str, Any]) -> None:
    root.iam.put_role_policy(RoleName="copier", PolicyName="own", PolicyDocument=policy(*statements))


def rule(**more: Any) -> dict[str, Any]:
    return {
        "Priority": 1,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": "arn:aws:s3:::target"},
    } | more


def replicate(s3: Any, *rules: dict[str, Any]) -> None:
    s3.put_bucket_replication(
        Bucket="source", ReplicationConfiguration={"Role": ROLE, "Rules": list(rules) or [rule()]}
    )


def settled(s3: Any, key: str, **version: str) -> str:
    """What has become of a version."""
    deadline = time.monotonic() + PATIENCE
    while True:
        status = str(s3.head_object(Bucket="source", Key=key, **version).get("ReplicationStatus"))
        if status != "PENDING" or time.monotonic() > deadline:
            return status
        time.sleep(0.05)


def test_a_replica_is_the_same(s3: Any) -> None:
    replicate(s3)
    put = s3.put_object(
        Bucket="source", Key="a", Body=b"x" * 100_000, Metadata={"m": "1"}, ContentType="text/x", Tagging="k=v"
    )
    assert settled(s3, "a") == "COMPLETED"
    source = s3.get_object(Bucket="source", Key="a", ChecksumMode="ENABLED")
    replica = s3.get_object(Bucket="target", Key="a", ChecksumMode="ENABLED")
    assert replica["ReplicationStatus"] == "REPLICA" and replica["VersionId"] == put["VersionId"]
    assert replica["Body"].read() == source["Body"].read()
    for member in ("ETag", "LastModified", "Metadata", "ContentType", "TagCount", "ChecksumCRC32"):
        assert replica[member] == source[member], member
    upload = {"Bucket": "source", "Key": "parts"}
    upload["UploadId"] = s3.create_multipart_upload(**upload)["UploadId"]
    sizes = [5 << 20, 3]
    parts = [
        {"PartNumber": n, "ETag": s3.upload_part(**upload, PartNumber=n, Body=b"y" * size)["ETag"]}
        for n, size in enumerate(sizes, 1)
    ]
    done = s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
    assert settled(s3, "parts") == "COMPLETED"
    replica = s3.get_object(Bucket="target", Key="parts", PartNumber=2)
    assert (replica["ETag"], replica["PartsCount"], replica["Body"].read()) == (done["ETag"], 2, b"yyy")
    s3.copy_object(Bucket="source", Key="b", CopySource={"Bucket": "source", "Key": "a"})
    assert settled(s3, "b") == "COMPLETED"


def test_versions_keep_their_order(s3: Any) -> None:
    replicate(s3)
    ids = [s3.put_object(Bucket="source", Key="a", Body=str(n).encode())["VersionId"] for n in range(4)]
    for version in ids:
        assert settled(s3, "a", VersionId=version) == "COMPLETED"
    listed = s3.list_object_versions(Bucket="target")["Versions"]
    assert [one["VersionId"] for one in listed] == ids[::-1]
    assert [one["IsLatest"] for one in listed] == [True, False, False, False]
    # What was there before is newer than what comes now, and stays in front.
    newer = s3.put_object(Bucket="target", Key="a", Body=b"own")["VersionId"]
    assert s3.get_object(Bucket="target", Key="a")["VersionId"] == newer


def test_rules(s3: Any) -> None:
    s3.create_bucket(Bucket="other")
    s3.put_bucket_versioning(Bucket="other", VersioningConfiguration={"Status": "Enabled"})
    replicate(
        s3,
        rule(Filter={"Prefix": "in/"}),
        rule(Priority=2, Filter={"Tag": {"Key": "copy", "Value": "yes"}}),
        rule(Priority=3, Filter={"Prefix": "off/"}, Status="Disabled"),
    )
    for key, tags in (("in/a", ""), ("b", "copy=yes"), ("c", "copy=no"), ("off/d", "")):
        s3.put_object(Bucket="source", Key=key, Body=b"1", Tagging=tags)
    assert [settled(s3, key) for key in ("in/a", "b", "c", "off/d")] == ["COMPLETED", "COMPLETED", "None", "None"]
    assert [one["Key"] for one in s3.list_objects_v2(Bucket="target")["Contents"]] == ["b", "in/a"]


def test_the_highest_priority_counts(s3: Any) -> None:
    def to(storage: str, priority: int) -> dict[str, Any]:
        return rule(
            Priority=priority, Destination={"Bucket": "arn:aws:s3:::target", "StorageClass": storage}
        )

    replicate(s3, to("STANDARD_IA", 1), to("GLACIER_IR", 2))
    s3.put_object(Bucket="source", Key="a", Body=b"1")
    assert settled(s3, "a") == "COMPLETED"
    assert s3.head_object(Bucket="target", Key="a")["StorageClass"] == "GLACIER_IR"


def test_delete_markers(s3: Any) -> None:
    replicate(s3, rule(DeleteMarkerReplication={"Status": "Enabled"}, Filter={"Prefix": "gone/"}), rule(Priority=2, Filter={"Prefix": "kept/"}))
    for key in ("gone/a", "kept/a"):
        s3.put_object(Bucket="source", Key=key, Body=b"1")
        assert settled(s3, key) == "COMPLETED"
        version = s3.head_object(Bucket="source", Key=key)["VersionId"]
        marker = s3.delete_object(Bucket="source", Key=key)["VersionId"]
        assert marker != version
    deadline = time.monotonic() + PATIENCE
    while not (found := s3.list_object_versions(Bucket="target").get("DeleteMarkers")):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [one["Key"] for one in found] == ["gone/a"]
    # A version that is deleted stays in the other bucket.
    assert s3.get_object(Bucket="target", Key="kept/a")["Body"].read() == b"1"


@pytest.mark.parametrize(
    "statements",
    [
        [WRITES],
        READS,
        [*READS, WRITES, deny("s3:ReplicateObject", "*")],
        [READS[0], WRITES],
    ],
)
def test_what_the_role_may_not(s3: Any, root: Identity, statements: list[dict[str, Any]]) -> None:
    replicate(s3)
    may(root, *statements)
    s3.put_object(Bucket="source", Key="a", Body=b"1")
    assert settled(s3, "a") == "FAILED"
    assert "Contents" not in s3.list_objects_v2(Bucket="target")


def test_who_may_have_the_role(s3: Any, root: Identity) -> None:
    replicate(s3)
    root.iam.update_assume_role_policy(RoleName="copier", PolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    s3.put_object(Bucket="source", Key="a", Body=b"1")
    assert settled(s3, "a") == "FAILED"
    s3.put_object(Bucket="source", Key="a", Body=b"2")
    # A bucket policy has its say as well.
    root.iam.update_assume_role_policy(RoleName="copier", PolicyDocument=trust({"Service": "s3.amazonaws.com"}))
    s3.put_bucket_policy(
        Bucket="target", Policy=policy(deny("s3:ReplicateObject", "arn:aws:s3:::target/*", Principal={"AWS": ROLE}))
    )
    s3.put_object(Bucket="source", Key="b", Body=b"1")
    assert settled(s3, "b") == "FAILED"


def test_whoever_sets_it_passes_the_role_on(s3: Any, new_user: Callable[..., Identity]) -> None:
    clerk = new_user("clerk", allow("s3:PutReplicationConfiguration", "*")).client("s3")
    error = error_of(replicate, s3=clerk)
    assert error.code == "AccessDenied" and "iam:PassRole" in error.message and ROLE in error.message


def test_to_another_account(s3: Any, root: Identity, cloud: Server) -> None:
    theirs = NewOrganization(cloud).member("member").admin.client("s3")
    theirs.create_bucket(Bucket="theirs")
    theirs.put_bucket_versioning(Bucket="theirs", VersioningConfiguration={"Status": "Enabled"})
    may(root, *READS, allow("s3:Replicate*", "arn:aws:s3:::theirs/*"))
    replicate(s3, rule(Destination={"Bucket": "arn:aws:s3:::theirs"}))
    s3.put_object(Bucket="source", Key="a", Body=b"1")
    assert settled(s3, "a") == "FAILED"
    theirs.put_bucket_policy(
        Bucket="theirs", Policy=policy(allow("s3:ReplicateObject", "arn:aws:s3:::theirs/*", Principal={"AWS": ROLE}))
    )
    s3.put_object(Bucket="source", Key="b", Body=b"1")
    assert settled(s3, "b") == "COMPLETED"
    assert theirs.get_object(Bucket="theirs", Key="b")["Body"].read() == b"1"


def test_objects_under_kms_keys(s3: Any, root: Identity) -> None:
    kms = root.client("kms")
    first, second = (kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    sealed = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": first}
    replicate(s3)
    s3.put_object(Bucket="source", Key="left", Body=b"1", **sealed)
    assert settled(s3, "left") == "None"
    replicate(
        s3,
        rule(
            SourceSelectionCriteria={"SseKmsEncryptedObjects": {"Status": "Enabled"}},
            Destination={
                "Bucket": "arn:aws:s3:::target",
                "EncryptionConfiguration": {"ReplicaKmsKeyID": second},
            },
        ),
    )
    s3.put_object(Bucket="source", Key="a", Body=b"1", **sealed)
    assert settled(s3, "a") == "FAILED"
    may(root, *READS, WRITES, allow("kms:Decrypt", first), allow("kms:Encrypt", second))
    s3.put_object(Bucket="source", Key="a", Body=b"2", **sealed)
    assert settled(s3, "a") == "COMPLETED"
    replica = s3.get_object(Bucket="target", Key="a")
    assert (replica["SSEKMSKeyId"], replica["Body"].read()) == (second, b"2")


def test_configurations_are_checked(s3: Any, root: Identity) -> None:
    s3.create_bucket(Bucket="plain")

    def refused(*rules: dict[str, Any]) -> str:
        return error_of(lambda: replicate(s3, *rules)).message

    assert refused(rule(Destination={"Bucket": "arn:aws:s3:::absent"})) == "Destination bucket must exist."
    assert refused(rule(Destination={"Bucket": "target"})) == "Invalid bucket ARN."
    assert "versioning enabled" in refused(rule(Destination={"Bucket": "arn:aws:s3:::plain"}))
    assert "same as the source" in refused(rule(Destination={"Bucket": "arn:aws:s3:::source"}))
    assert "duplicate priority" in refused(rule(), rule(Filter={"Prefix": "x"}))
    missing = rule()
    del missing["Priority"]
    assert refused(missing).startswith("Priority must be specified")
    configuration = {"Role": "arn:aws:iam::444455556666:role/x", "Rules": [rule()]}
    error = error_of(s3.put_bucket_replication, Bucket="source", ReplicationConfiguration=configuration)
    assert error.code == "InvalidArgument"


def until(what: Callable[[], Any], expected: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while (found := what()) != expected:
        assert time.monotonic() < deadline, (found, expected)
        time.sleep(0.05)


def tags_of(s3: Any, bucket: str, key: str = "a") -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]}


def tag(s3: Any, bucket: str, key: str = "a", **tags: str) -> None:
    tag_set = [{"Key": name, "Value": value} for name, value in tags.items()]
    s3.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tag_set})


def test_later_changes_of_tags(s3: Any, root: Identity) -> None:
    replicate(s3, rule(Filter={"Tag": {"Key": "copy", "Value": "yes"}}))
    s3.put_object(Bucket="source", Key="a", Body=b"1", Tagging="copy=yes")
    assert settled(s3, "a") == "COMPLETED"
    replica = s3.head_object(Bucket="target", Key="a")
    tag(s3, "source", copy="yes", more="1")
    assert settled(s3, "a") == "COMPLETED"
    assert tags_of(s3, "target") == {"copy": "yes", "more": "1"}
    # It is the same replica, not another.
    after = s3.head_object(Bucket="target", Key="a")
    assert (after["VersionId"], after["LastModified"]) == (replica["VersionId"], replica["LastModified"])
    assert after["ReplicationStatus"] == "REPLICA"
    # Tags decide when an object is made, and not later on.
    tag(s3, "source", copy="no")
    until(lambda: tags_of(s3, "target"), {"copy": "no"})
    s3.delete_object_tagging(Bucket="source", Key="a")
    until(lambda: tags_of(s3, "target"), {})
    s3.put_object(Bucket="source", Key="b", Body=b"1", Tagging="copy=no")
    tag(s3, "source", "b", copy="yes")
    assert settled(s3, "b") == "None"
    # The role needs the right to it.
    may(root, *READS, allow("s3:ReplicateObject", "arn:aws:s3:::target/*"))
    tag(s3, "source", copy="yes")
    assert settled(s3, "a") == "FAILED"
    assert tags_of(s3, "target") == {}
    may(root, *READS, WRITES)
    tag(s3, "source", copy="again")
    assert settled(s3, "a") == "COMPLETED"
    assert tags_of(s3, "target") == {"copy": "again"}
    # What is gone there is not brought again.
    s3.delete_object(Bucket="target", Key="a", VersionId=replica["VersionId"])
    tag(s3, "source", copy="yes")
    assert settled(s3, "a") == "FAILED"
    assert "Contents" not in s3.list_objects_v2(Bucket="target")


def test_changes_while_others_are_on_their_way(s3: Any) -> None:
    replicate(s3, rule(Filter={"Tag": {"Key": "copy", "Value": "yes"}}))
    for key in "abc":
        # The tags that it was made with say where it goes, whatever becomes of them before it has gone.
        s3.put_object(Bucket="source", Key=key, Body=b"1", Tagging="copy=yes")
        for number in range(4):
            tag(s3, "source", key, copy=str(number))
        assert settled(s3, key) == "COMPLETED"
        assert tags_of(s3, "target", key) == {"copy": "3"}
        for number in range(4):
            tag(s3, "source", key, copy=str(number))
        s3.delete_object_tagging(Bucket="source", Key=key)
        assert settled(s3, key) == "COMPLETED"
        assert tags_of(s3, "target", key) == {}


def test_changes_of_a_replica(s3: Any, root: Identity) -> None:
    both = {"SourceSelectionCriteria": {"ReplicaModifications": {"Status": "Enabled"}}}
    replicate(s3)
    s3.put_object(Bucket="source", Key="a", Body=b"1", Tagging="n=1")
    assert settled(s3, "a") == "COMPLETED"
    back = rule(Destination={"Bucket": "arn:aws:s3:::source"}, **both)
    s3.put_bucket_replication(Bucket="target", ReplicationConfiguration={"Role": ROLE, "Rules": [back]})
    # Both buckets have to say so.
    tag(s3, "target", n="2")
    assert s3.head_object(Bucket="target", Key="a")["ReplicationStatus"] == "REPLICA"
    replicate(s3, rule(**both))
    tag(s3, "target", n="3")
    until(lambda: s3.head_object(Bucket="target", Key="a")["ReplicationStatus"], "FAILED")
    assert tags_of(s3, "source") == {"n": "1"}
    may(root, allow(["s3:GetReplicationConfiguration", "s3:GetObjectVersion*", "s3:Replicate*"], "*"))
    tag(s3, "target", n="4")
    until(lambda: s3.head_object(Bucket="target", Key="a")["ReplicationStatus"], "REPLICA")
    assert tags_of(s3, "source") == {"n": "4"}
    assert settled(s3, "a") == "COMPLETED"
    tag(s3, "source", n="5")
    assert settled(s3, "a") == "COMPLETED"
    assert tags_of(s3, "target") == {"n": "5"}


def test_later_changes_of_the_lock(root: Identity, s3: Any) -> None:
    for name in ("locked", "vault"):
        s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    configuration = {"Role": ROLE, "Rules": [rule(Destination={"Bucket": "arn:aws:s3:::target"})]}
    error = error_of(s3.put_bucket_replication, Bucket="locked", ReplicationConfiguration=configuration)
    assert error.code == "InvalidRequest" and "Object Lock" in error.message
    configuration["Rules"] = [rule(Destination={"Bucket": "arn:aws:s3:::vault"})]
    s3.put_bucket_replication(Bucket="locked", ReplicationConfiguration=configuration)
    rights = ["s3:GetReplicationConfiguration", "s3:ListBucket", "s3:GetObjectVersion*", "s3:Replicate*"]
    may(root, allow(rights, "*"))
    s3.put_object(Bucket="locked", Key="a", Body=b"1")

    def status() -> str:
        return str(s3.head_object(Bucket="locked", Key="a")["ReplicationStatus"])

    until(status, "COMPLETED")
    s3.put_object_legal_hold(Bucket="locked", Key="a", LegalHold={"Status": "ON"})
    until(status, "FAILED")
    may(root, allow([*rights, "s3:GetObjectRetention", "s3:GetObjectLegalHold"], "*"))
    retention = {"Mode": "COMPLIANCE", "RetainUntilDate": "2040-01-01T00:00:00Z"}
    s3.put_object_retention(Bucket="locked", Key="a", Retention=retention)
    until(status, "COMPLETED")
    head = s3.head_object(Bucket="vault", Key="a")
    assert (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"].year) == ("COMPLIANCE", 2040)
    assert head["ObjectLockLegalHoldStatus"] == "ON"
    # Longer there, it stays so.
    longer = retention | {"RetainUntilDate": "2050-01-01T00:00:00Z"}
    s3.put_object_retention(Bucket="vault", Key="a", Retention=longer)
    s3.put_object_legal_hold(Bucket="locked", Key="a", LegalHold={"Status": "OFF"})
    until(lambda: s3.head_object(Bucket="vault", Key="a").get("ObjectLockLegalHoldStatus"), "OFF")
    assert s3.head_object(Bucket="vault", Key="a")["ObjectLockRetainUntilDate"].year == 2050


def test_lists_and_owners(s3: Any, root: Identity, cloud: Server) -> None:
    member = NewOrganization(cloud).member("member")
    theirs = member.admin.client("s3")
    theirs.create_bucket(Bucket="theirs", ObjectOwnership="ObjectWriter")
    theirs.put_bucket_versioning(Bucket="theirs", VersioningConfiguration={"Status": "Enabled"})
    rights = ["s3:ReplicateObject", "s3:ObjectOwnerOverrideToBucketOwner"]
    theirs.put_bucket_policy(
        Bucket="theirs", Policy=policy(allow(rights, "arn:aws:s3:::theirs/*", Principal={"AWS": ROLE}))
    )
    s3.put_bucket_ownership_controls(
        Bucket="source", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
    )
    may(root, *READS, allow("s3:ReplicateObject", "*"))
    ours, their = (client.list_buckets()["Owner"]["ID"] for client in (s3, theirs))
    replicate(s3, rule(Destination={"Bucket": "arn:aws:s3:::theirs"}))
    s3.put_object(Bucket="source", Key="a", Body=b"1", GrantRead=f"id={their}")
    assert settled(s3, "a") == "COMPLETED"
    # The replica is its owner's, who has granted the others the right to read it.
    assert theirs.get_object(Bucket="theirs", Key="a")["Body"].read() == b"1"
    assert error_of(theirs.get_object_acl, Bucket="theirs", Key="a").code == "AccessDenied"
    s3.put_object_acl(Bucket="source", Key="a", ACL="private")
    assert settled(s3, "a") == "COMPLETED"
    assert error_of(theirs.get_object, Bucket="theirs", Key="a").code == "AccessDenied"
    # Or it becomes theirs, where the role may give it away; then lists are not passed on.
    destination = {"Bucket": "arn:aws:s3:::theirs", "AccessControlTranslation": {"Owner": "Destination"}}
    assert "Account must" in error_of(lambda: replicate(s3, rule(Destination=destination))).message
    replicate(s3, rule(Destination=destination | {"Account": member.account}))
    s3.put_object(Bucket="source", Key="b", Body=b"1")
    assert settled(s3, "b") == "FAILED"
    may(root, *READS, allow(rights, "*"))
    s3.put_object(Bucket="source", Key="c", Body=b"1")
    assert settled(s3, "c") == "COMPLETED"
    assert theirs.get_object_acl(Bucket="theirs", Key="c")["Owner"]["ID"] == their != ours
