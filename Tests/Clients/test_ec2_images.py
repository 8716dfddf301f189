"""EC2's images: registering, sharing and copying them, and what the operator lets instances run."""

from __future__ import annotations

import json
import platform
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.machines import instance, launch, register_image, until_state
from harness.organizations import NewOrganization
from harness.server import gatehouse

#: What images that the operator names are for.
ARCHITECTURE = {"aarch64": "arm64"}.get(platform.machine(), "x86_64")
TYPE = "t4g.micro" if ARCHITECTURE == "arm64" else "t3.micro"


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


def test_registering_and_deregistering(ec2: Any) -> None:
    id = register_image(ec2, "plain", Description="nothing", TagSpecifications=[
        {"ResourceType": "image", "Tags": [{"Key": "a", "Value": "b"}]}])  # fmt: skip
    [image] = ec2.describe_images(Owners=["self"])["Images"]
    assert image["ImageId"] == id and image["State"] == "available" and image["OwnerId"] == ACCOUNT
    assert image["RootDeviceType"] == "ebs" and image["Tags"] == [{"Key": "a", "Value": "b"}] and image["Public"] is False
    snapshot = image["BlockDeviceMappings"][0]["Ebs"]["SnapshotId"]
    assert error_of(ec2.delete_snapshot, SnapshotId=snapshot).code == "InvalidSnapshot.InUse"
    again = {"RootDeviceName": "/dev/xvda", "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"SnapshotId": snapshot}}]}
    assert error_of(ec2.register_image, Name="plain", **again).code == "InvalidAMIName.Duplicate"
    assert error_of(ec2.register_image, Name="a*b", **again).code == "InvalidAMIName.Malformed"
    assert error_of(ec2.register_image, Name="nothing").code == "InvalidParameterValue"
    ec2.modify_image_attribute(ImageId=id, Description={"Value": "something"})
    assert ec2.describe_image_attribute(ImageId=id, Attribute="description")["Description"] == {"Value": "something"}
    found = ec2.describe_images(Filters=[{"Name": "name", "Values": ["pl*"]}, {"Name": "tag:a", "Values": ["b"]}])["Images"]
    assert [one["ImageId"] for one in found] == [id]
    ec2.deregister_image(ImageId=id)
    assert error_of(ec2.describe_images, ImageIds=[id]).message == f"The image id '[{id}]' does not exist"
    ec2.delete_snapshot(SnapshotId=snapshot)


def test_only_the_operator_says_what_runs(ec2: Any) -> None:
    for location in ("/", "/bin/sh", "../etc", "bucket/image.manifest.xml"):
        assert error_of(ec2.register_image, Name="mine", ImageLocation=location).code == "InvalidManifest"
    assert ec2.describe_images(Owners=["amazon"])["Images"] == []


def test_images_of_the_operator(tmp_path: Path) -> None:
    folder = tmp_path / "root"
    folder.mkdir()
    file = tmp_path / "images.json"
    own = {"name": "web", "folder": str(folder), "command": ["/bin/true"], "description": "A web server"}
    theirs = {"name": "theirs", "command": ["/bin/true"], "accounts": ["999999999999"]}
    file.write_text(json.dumps({"images": [own, theirs]}))
    with Server("--instance-images", str(file), log=tmp_path / "log") as server:
        ec2 = server.root.client("ec2")
        [image] = ec2.describe_images(Owners=["amazon"])["Images"]
        assert (image["Name"], image["ImageOwnerAlias"], image["Description"]) == ("web", "amazon", "A web server")
        assert image["Public"] is True and image["Architecture"] == ARCHITECTURE and image["ImdsSupport"] == "v2.0"
        # Where it lies, nobody is told.
        assert str(tmp_path) not in json.dumps(image)
        made = launch(ec2, image["ImageId"], InstanceType=TYPE)
        assert made["MetadataOptions"]["HttpTokens"] == "required"
        # Whoever may not change it, can have an image of it.
        refused = error_of(ec2.modify_image_attribute, ImageId=image["ImageId"], Description={"Value": "x"})
        assert refused.code == "AuthFailure"
        id = ec2.register_image(Name="own", ImageLocation="web")["ImageId"]
        [registered] = ec2.describe_images(ImageIds=[id])["Images"]
        assert registered["ImageLocation"] == f"{ACCOUNT}/web" and registered["OwnerId"] == ACCOUNT
        assert error_of(ec2.register_image, Name="other", ImageLocation="theirs").code == "InvalidManifest"
        user = server.root.iam.create_user(UserName="alice")["User"]["UserName"]
        may = allow("ec2:RunInstances", "*", Condition={"StringEqualsIfExists": {"ec2:Owner": "amazon"}})
        server.root.iam.put_user_policy(
            UserName=user, PolicyName="own", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": may}))  # fmt: skip
        alice = Identity.of_key(server.url, server.root.iam.create_access_key(UserName=user)["AccessKey"]).client("ec2")
        launch(alice, image["ImageId"], InstanceType=TYPE)
        denied = error_of(alice.run_instances, ImageId=id, InstanceType=TYPE, MinCount=1, MaxCount=1)
        assert denied.code == "UnauthorizedOperation" and f":image/{id}" in denied.message


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("no JSON", "can't be read"),
        ('{"images": [{"name": "a/b/c"}]}', "needs a folder or a command"),
        ('{"images": [{"name": "web", "folder": "relative"}]}', "whole path of a folder"),
        ('{"images": [{"name": "web", "folder": "/"}]}', "whole path of a folder"),
        ('{"images": [{"name": "web", "folder": "/nothing/there"}]}', "which is no folder"),
        ('{"images": [{"name": "web", "command": ["true"]}]}', "whole path of a program"),
        ('{"images": [{"name": "web", "command": ["/a"]}, {"name": "web", "command": ["/a"]}]}', "is there twice"),
        ('{"images": [{"name": "web", "command": ["/a"], "accounts": ["me"]}]}', "twelve digits"),
    ],
)
def test_a_file_that_can_not_be_used(tmp_path: Path, content: str, problem: str) -> None:
    file = tmp_path / "images.json"
    file.write_text(content)
    done = gatehouse("serve", "--in-memory", "--port", "0", "--instance-images", str(file))
    assert done.returncode != 0 and problem in done.stderr


def test_sharing_images(cloud: Server, ec2: Any) -> None:
    other = NewOrganization(cloud).member("other")
    theirs = other.admin.client("ec2")
    id = register_image(ec2, "plain")
    assert error_of(launch, ec2=theirs, image=id).code == "InvalidAMIID.NotFound"
    ec2.modify_image_attribute(ImageId=id, LaunchPermission={"Add": [{"UserId": other.account}]})
    assert ec2.describe_image_attribute(ImageId=id, Attribute="launchPermission")["LaunchPermissions"] == [
        {"UserId": other.account}
    ]
    [shown] = theirs.describe_images(ExecutableUsers=["self"])["Images"]
    assert shown["ImageId"] == id and shown["OwnerId"] == ACCOUNT
    # Its volumes come with it.
    made = launch(theirs, id)["InstanceId"]
    until_state(theirs, made, "running")
    assert error_of(theirs.deregister_image, ImageId=id).code == "AuthFailure"
    # An account's own policies know whose image it is.
    limited = other.user(
        "limited", allow("ec2:RunInstances", "*", Condition={"StringNotEqualsIfExists": {"ec2:Owner": ACCOUNT}})
    ).client("ec2")
    denied = error_of(launch, ec2=limited, image=id)
    assert denied.code == "UnauthorizedOperation" and f":image/{id}" in denied.message
    ec2.modify_image_attribute(ImageId=id, OperationType="remove", UserIds=[other.account], Attribute="launchPermission")
    assert error_of(launch, ec2=theirs, image=id).code == "InvalidAMIID.NotFound"
    # For everybody, once the account lets that be.
    assert ec2.get_image_block_public_access_state()["ImageBlockPublicAccessState"] == "block-new-sharing"
    public = {"ImageId": id, "LaunchPermission": {"Add": [{"Group": "all"}]}}
    assert error_of(ec2.modify_image_attribute, **public).code == "OperationNotPermitted"
    ec2.disable_image_block_public_access()
    ec2.modify_image_attribute(**public)
    [shown] = theirs.describe_images(ExecutableUsers=["all"])["Images"]
    assert shown["ImageId"] == id and shown["Public"] is True
    ec2.reset_image_attribute(ImageId=id, Attribute="launchPermission")
    assert theirs.describe_images(ExecutableUsers=["all"])["Images"] == []
    malformed = {"ImageId": id, "LaunchPermission": {"Add": [{"UserId": "somebody"}]}}
    assert error_of(ec2.modify_image_attribute, **malformed).code == "InvalidUserID.Malformed"


def test_images_of_instances_and_copies_of_images(root: Identity, ec2: Any) -> None:
    id = launch(ec2, register_image(ec2, "plain"))["InstanceId"]
    until_state(ec2, id, "running")
    image = ec2.create_image(InstanceId=id, Name="taken", Description="of an instance")["ImageId"]
    [shown] = ec2.describe_images(ImageIds=[image])["Images"]
    assert shown["SourceInstanceId"] == id and shown["Description"] == "of an instance"
    [device] = shown["BlockDeviceMappings"]
    [snapshot] = ec2.describe_snapshots(SnapshotIds=[device["Ebs"]["SnapshotId"]])["Snapshots"]
    assert snapshot["Description"] == f"Created by CreateImage({id}) for {image}"
    key = root.client("kms").create_key()["KeyMetadata"]["Arn"]
    copy = ec2.copy_image(Name="copied", SourceRegion="us-east-1", SourceImageId=image, Encrypted=True, KmsKeyId=key)["ImageId"]
    [shown] = ec2.describe_images(ImageIds=[copy])["Images"]
    assert shown["SourceImageId"] == image and shown["BlockDeviceMappings"][0]["Ebs"]["Encrypted"] is True
    made = launch(ec2, copy)["InstanceId"]
    until_state(ec2, made, "running")
    [volume] = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [made]}])["Volumes"]
    assert volume["KmsKeyId"] == key
    west = Identity(root.url, root.key_id, root.secret, region="us-west-2").client("ec2")
    far = west.copy_image(Name="far", SourceRegion="us-east-1", SourceImageId=image)["ImageId"]
    [shown] = west.describe_images(ImageIds=[far])["Images"]
    assert shown["SourceImageRegion"] == "us-east-1"
    assert instance(west, launch(west, far)["InstanceId"])["Placement"]["AvailabilityZone"] == "us-west-2a"
