"""EBS: volumes, snapshots, and the keys that they are encrypted with."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, error_of
from harness.machines import launch, register_image, until_state, volume_of
from harness.organizations import NewOrganization

EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
ZONE = "us-east-1a"


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


def make_key(root: Identity) -> str:
    return root.client("kms").create_key()["KeyMetadata"]["Arn"]


def grants(root: Identity, key: str) -> list[dict[str, Any]]:
    return root.client("kms").list_grants(KeyId=key)["Grants"]


def test_the_life_of_a_volume(ec2: Any) -> None:
    made = ec2.create_volume(AvailabilityZone=ZONE, Size=10)
    assert (made["State"], made["VolumeType"], made["Iops"], made["Encrypted"]) == ("creating", "gp2", 100, False)
    id = made["VolumeId"]
    [volume] = ec2.describe_volumes(VolumeIds=[id])["Volumes"]
    assert volume["State"] == "available" and volume["SnapshotId"] == ""
    changed = ec2.modify_volume(VolumeId=id, Size=20, VolumeType="gp3", Iops=4000)["VolumeModification"]
    assert (changed["OriginalSize"], changed["TargetSize"], changed["TargetThroughput"]) == (10, 20, 125)
    [modification] = ec2.describe_volumes_modifications(VolumeIds=[id])["VolumesModifications"]
    assert modification["ModificationState"] == "completed" and modification["TargetIops"] == 4000
    assert error_of(ec2.modify_volume, VolumeId=id, Size=5).code == "InvalidParameterValue"
    snapshot = ec2.create_snapshot(VolumeId=id, Description="once")
    assert (snapshot["State"], snapshot["VolumeSize"], snapshot["OwnerId"]) == ("pending", 20, ACCOUNT)
    [shown] = ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert shown["State"] == "completed" and shown["Progress"] == "100%" and shown["Description"] == "once"
    again = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=shown["SnapshotId"])
    assert again["Size"] == 20 and again["SnapshotId"] == shown["SnapshotId"]
    small = error_of(ec2.create_volume, AvailabilityZone=ZONE, SnapshotId=shown["SnapshotId"], Size=10)
    assert small.code == "InvalidParameterValue"
    ec2.modify_volume_attribute(VolumeId=id, AutoEnableIO={"Value": True})
    assert ec2.describe_volume_attribute(VolumeId=id, Attribute="autoEnableIO")["AutoEnableIO"] == {"Value": True}
    [status] = ec2.describe_volume_status(VolumeIds=[id])["VolumeStatuses"]
    assert status["VolumeStatus"]["Status"] == "ok"
    ec2.delete_volume(VolumeId=id)
    assert error_of(ec2.describe_volumes, VolumeIds=[id]).code == "InvalidVolume.NotFound"
    ec2.delete_snapshot(SnapshotId=shown["SnapshotId"])
    assert error_of(ec2.delete_snapshot, SnapshotId=shown["SnapshotId"]).code == "InvalidSnapshot.NotFound"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({}, "MissingParameter"),
        ({"Size": 20_000}, "InvalidParameterValue"),
        ({"Size": 1, "VolumeType": "io1", "Iops": 100}, "InvalidParameterValue"),
        ({"Size": 10, "VolumeType": "io1"}, "MissingParameter"),
        ({"Size": 10, "VolumeType": "gp2", "Iops": 200}, "InvalidParameterCombination"),
        ({"Size": 10, "VolumeType": "gp2", "Throughput": 200}, "InvalidParameterCombination"),
        ({"Size": 10, "AvailabilityZone": "us-east-1z"}, "InvalidZone.NotFound"),
        ({"Size": 10, "KmsKeyId": "alias/aws/ebs"}, "InvalidParameterDependency"),
        ({"SnapshotId": "snap-00000000000000000"}, "InvalidSnapshot.NotFound"),
        ({"Size": 10, "MultiAttachEnabled": True}, "InvalidParameterCombination"),
        ({"Size": 10, "DryRun": True}, "DryRunOperation"),
    ],
    ids=str,
)
def test_what_is_no_volume(ec2: Any, parameters: dict[str, Any], code: str) -> None:
    assert error_of(ec2.create_volume, **({"AvailabilityZone": ZONE} | parameters)).code == code


def test_a_client_token_makes_one_volume(ec2: Any) -> None:
    first = ec2.create_volume(AvailabilityZone=ZONE, Size=1, ClientToken="t")["VolumeId"]
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=1, ClientToken="t")["VolumeId"] == first
    other = error_of(ec2.create_volume, AvailabilityZone=ZONE, Size=2, ClientToken="t")
    assert other.code == "IdempotentParameterMismatch"


def test_attaching_and_detaching(ec2: Any) -> None:
    id = launch(ec2, register_image(ec2, "plain"))["InstanceId"]
    until_state(ec2, id, "running")
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    elsewhere = ec2.create_volume(AvailabilityZone="us-east-1b", Size=1)["VolumeId"]
    refused = error_of(ec2.attach_volume, VolumeId=elsewhere, InstanceId=id, Device="/dev/sdf")
    assert refused.code == "InvalidVolume.ZoneMismatch"
    refused = error_of(ec2.attach_volume, VolumeId=volume, InstanceId=id, Device="/dev/xvda")
    assert refused.code == "InvalidParameterValue"
    assert ec2.attach_volume(VolumeId=volume, InstanceId=id, Device="/dev/sdf")["State"] == "attaching"
    assert error_of(ec2.attach_volume, VolumeId=volume, InstanceId=id, Device="/dev/sdg").code == "VolumeInUse"
    assert error_of(ec2.delete_volume, VolumeId=volume).code == "VolumeInUse"
    made = ec2.create_snapshots(InstanceSpecification={"InstanceId": id, "ExcludeBootVolume": True})["Snapshots"]
    assert [one["VolumeId"] for one in made] == [volume]
    root_volume = next(
        one["VolumeId"] for one in ec2.describe_volumes(Filters=[{"Name": "attachment.device", "Values": ["/dev/xvda"]}])["Volumes"])
    assert error_of(ec2.detach_volume, VolumeId=root_volume).code == "OperationNotPermitted"
    assert ec2.detach_volume(VolumeId=volume)["State"] == "detaching"
    assert error_of(ec2.detach_volume, VolumeId=volume).code == "IncorrectState"


def test_encryption_by_default(root: Identity, ec2: Any) -> None:
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"] is False
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    ec2.enable_ebs_encryption_by_default()
    first = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=False)
    managed = root.client("kms").describe_key(KeyId="alias/aws/ebs")["KeyMetadata"]
    assert first["Encrypted"] is True and first["KmsKeyId"] == managed["Arn"]
    key = make_key(root)
    assert ec2.modify_ebs_default_kms_key_id(KmsKeyId=key)["KmsKeyId"] == key
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=1)["KmsKeyId"] == key
    ec2.reset_ebs_default_kms_key_id()
    assert ec2.get_ebs_default_kms_key_id()["KmsKeyId"] == "alias/aws/ebs"
    ec2.disable_ebs_encryption_by_default()
    assert ec2.create_volume(AvailabilityZone=ZONE, Size=1)["Encrypted"] is False


def test_kms_is_asked_for_the_caller(root: Identity, ec2: Any, new_user: Any, trail: Trail) -> None:
    key = make_key(root)
    kms = ["kms:GenerateDataKeyWithoutPlaintext", "kms:CreateGrant"]
    via = {"StringEquals": {"kms:ViaService": "ec2.us-east-1.amazonaws.com"}}
    user = new_user("alice", allow("ec2:*"), allow(kms, key, Condition=via)).client("ec2")
    made = user.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId=key)
    assert made["KmsKeyId"] == key
    event = trail.named("GenerateDataKeyWithoutPlaintext", eventSource="kms.amazonaws.com")
    assert event["requestParameters"]["encryptionContext"] == {"aws:ebs:id": made["VolumeId"]}
    assert event["userIdentity"]["userName"] == "alice" and event["userIdentity"]["invokedBy"] == "ec2.amazonaws.com"
    [volume] = ec2.describe_volumes(VolumeIds=[made["VolumeId"]])["Volumes"]
    assert volume["State"] == "available"
    # Who may not use the key, gets a volume that is of no use; nobody waits for KMS.
    stranger = new_user("bob", allow("ec2:*")).client("ec2")
    lost = stranger.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId=key)["VolumeId"]
    assert ec2.describe_volumes(VolumeIds=[lost])["Volumes"][0]["State"] == "error"
    # Not even the caller of EC2 may use it directly.
    direct = new_user("carol", allow(kms, key, Condition=via)).client("kms")
    assert error_of(direct.generate_data_key_without_plaintext, KeyId=key, KeySpec="AES_256").code == "AccessDeniedException"


def test_an_instance_with_an_encrypted_volume(root: Identity, ec2: Any, new_user: Any) -> None:
    key, image = make_key(root), register_image(ec2, "plain")
    mapping = [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "KmsKeyId": key}}]
    id = launch(ec2, image, BlockDeviceMappings=mapping)["InstanceId"]
    until_state(ec2, id, "running")
    volume = volume_of(ec2, id)
    assert volume["Encrypted"] and volume["KmsKeyId"] == key
    [grant] = grants(root, key)
    assert grant["Operations"] == ["Decrypt"] and grant["GranteePrincipal"] == "ec2.amazonaws.com"
    assert grant["Constraints"] == {"EncryptionContextSubset": {"aws:ebs:id": volume["VolumeId"]}}
    # Without the key it does not start again.
    ec2.stop_instances(InstanceIds=[id])
    until_state(ec2, id, "stopped")
    root.client("kms").disable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[id])
    stopped = until_state(ec2, id, "stopped")
    while stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown":
        stopped = until_state(ec2, id, "stopped")
    assert stopped["StateReason"]["Code"] == "Client.InvalidKMSKey.InvalidState"
    root.client("kms").enable_key(KeyId=key)
    ec2.start_instances(InstanceIds=[id])
    until_state(ec2, id, "running")
    ec2.terminate_instances(InstanceIds=[id])
    until_state(ec2, id, "terminated")
    assert grants(root, key) == []
    # Whoever may not use the key launches nothing that stays.
    stranger = new_user("bob", allow("ec2:*")).client("ec2")
    lost = launch(stranger, image, BlockDeviceMappings=mapping)["InstanceId"]
    assert until_state(ec2, lost, "terminated")["StateReason"]["Code"] == "Client.InternalError"
    assert ec2.describe_volumes()["Volumes"] == []


def test_grants_live_as_long_as_the_attachment(root: Identity, ec2: Any, new_user: Any) -> None:
    key = make_key(root)
    id = launch(ec2, register_image(ec2, "plain"))["InstanceId"]
    until_state(ec2, id, "running")
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId=key)["VolumeId"]
    assert grants(root, key) == []
    stranger = new_user("bob", allow("ec2:*")).client("ec2")
    refused = error_of(stranger.attach_volume, VolumeId=volume, InstanceId=id, Device="/dev/sdf")
    assert refused.status in (400, 403) and "is not authorized to perform: kms:CreateGrant" in refused.message
    ec2.attach_volume(VolumeId=volume, InstanceId=id, Device="/dev/sdf")
    assert len(grants(root, key)) == 1
    ec2.detach_volume(VolumeId=volume)
    assert grants(root, key) == []


def test_copying_changes_the_key(root: Identity, ec2: Any) -> None:
    first, second = make_key(root), make_key(root)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId=first)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)
    assert snapshot["KmsKeyId"] == first
    copy = ec2.copy_snapshot(SourceRegion="us-east-1", SourceSnapshotId=snapshot["SnapshotId"], Encrypted=True, KmsKeyId=second)
    [shown] = ec2.describe_snapshots(SnapshotIds=[copy["SnapshotId"]])["Snapshots"]
    assert shown["KmsKeyId"] == second and shown["VolumeId"] == "vol-ffffffff"
    # The copy does not need the first key any more.
    root.client("kms").disable_key(KeyId=first)
    made = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=copy["SnapshotId"])
    assert made["KmsKeyId"] == second
    lost = ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot["SnapshotId"])["VolumeId"]
    states = {one["VolumeId"]: one["State"] for one in ec2.describe_volumes()["Volumes"]}
    assert states[made["VolumeId"]] == "available" and states[lost] == "error"


def test_sharing_snapshots(cloud: Server, ec2: Any) -> None:
    other = NewOrganization(cloud).member("other")
    theirs, account = other.admin.client("ec2"), other.account
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1)["VolumeId"]
    id = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    assert error_of(theirs.describe_snapshots, SnapshotIds=[id]).code == "InvalidSnapshot.NotFound"
    assert error_of(theirs.create_volume, AvailabilityZone=ZONE, SnapshotId=id).code == "InvalidSnapshot.NotFound"
    ec2.modify_snapshot_attribute(
        SnapshotId=id, CreateVolumePermission={"Add": [{"UserId": account}]}, Attribute="createVolumePermission")  # fmt: skip
    permissions = ec2.describe_snapshot_attribute(SnapshotId=id, Attribute="createVolumePermission")
    assert permissions["CreateVolumePermissions"] == [{"UserId": account}]
    assert theirs.create_volume(AvailabilityZone=ZONE, SnapshotId=id)["Size"] == 1
    # To use it is not to own it.
    assert error_of(theirs.delete_snapshot, SnapshotId=id).code == "InvalidSnapshot.NotFound"
    assert error_of(theirs.modify_snapshot_attribute, SnapshotId=id, OperationType="add", GroupNames=["all"]).code == (
        "InvalidSnapshot.NotFound"
    )
    ec2.reset_snapshot_attribute(SnapshotId=id, Attribute="createVolumePermission")
    assert error_of(theirs.create_volume, AvailabilityZone=ZONE, SnapshotId=id).code == "InvalidSnapshot.NotFound"
    # For everybody, unless the account blocks that.
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    public = {"SnapshotId": id, "OperationType": "add", "GroupNames": ["all"], "Attribute": "createVolumePermission"}
    assert error_of(ec2.modify_snapshot_attribute, **public).code == "OperationNotPermitted"
    ec2.disable_snapshot_block_public_access()
    ec2.modify_snapshot_attribute(**public)
    [shown] = theirs.describe_snapshots(RestorableByUserIds=["all"])["Snapshots"]
    assert shown["SnapshotId"] == id and shown["OwnerId"] == ACCOUNT
    ec2.enable_snapshot_block_public_access(State="block-all-sharing")
    assert theirs.describe_snapshots()["Snapshots"] == []


def test_an_encrypted_snapshot_needs_its_key_shared(cloud: Server, root: Identity, ec2: Any) -> None:
    other = NewOrganization(cloud).member("other")
    theirs, account = other.admin.client("ec2"), other.account
    managed = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=managed)["SnapshotId"]
    sharing = {"OperationType": "add", "UserIds": [account], "Attribute": "createVolumePermission"}
    assert error_of(ec2.modify_snapshot_attribute, SnapshotId=snapshot, **sharing).code == "OperationNotPermitted"
    key = make_key(root)
    volume = ec2.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True, KmsKeyId=key)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.modify_snapshot_attribute(SnapshotId=snapshot, **sharing)
    everybody = {"OperationType": "add", "GroupNames": ["all"], "Attribute": "createVolumePermission"}
    assert error_of(ec2.modify_snapshot_attribute, SnapshotId=snapshot, **everybody).code == "OperationNotPermitted"

    def made() -> str:
        id = theirs.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot)["VolumeId"]
        return theirs.describe_volumes(VolumeIds=[id])["Volumes"][0]["State"]

    assert made() == "error"
    statements = [
        allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
        allow(["kms:ReEncryptFrom", "kms:DescribeKey"], Principal={"AWS": f"arn:aws:iam::{account}:root"}),
    ]
    root.client("kms").put_key_policy(
        KeyId=key, PolicyName="default", Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))  # fmt: skip
    assert made() == "available"


def test_conditions_on_volumes(root: Identity, ec2: Any, new_user: Any) -> None:
    user = new_user(
        "alice",
        allow("ec2:CreateVolume", f"{EC2}:volume/*", Condition={"Bool": {"ec2:Encrypted": "true"}}),
        allow("ec2:CreateVolume", "arn:aws:ec2:us-east-1::snapshot/*", Condition={"StringEquals": {"ec2:Owner": ACCOUNT}}),
        allow("ec2:DeleteVolume", "*", Condition={"NumericLessThan": {"ec2:VolumeSize": "5"}}), allow("kms:*"),
    ).client("ec2")  # fmt: skip
    small = user.create_volume(AvailabilityZone=ZONE, Size=1, Encrypted=True)["VolumeId"]
    large = user.create_volume(AvailabilityZone=ZONE, Size=9, Encrypted=True)["VolumeId"]
    assert error_of(user.create_volume, AvailabilityZone=ZONE, Size=1).code == "UnauthorizedOperation"
    # What is encrypted by default, is encrypted.
    ec2.enable_ebs_encryption_by_default()
    user.create_volume(AvailabilityZone=ZONE, Size=1)
    user.delete_volume(VolumeId=small)
    assert error_of(user.delete_volume, VolumeId=large).code == "UnauthorizedOperation"
    snapshot = ec2.create_snapshot(VolumeId=large)["SnapshotId"]
    user.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot)
