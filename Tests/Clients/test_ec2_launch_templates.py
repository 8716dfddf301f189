"""Launch templates of EC2: their versions, what is launched from them, and who may launch from nothing else."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest

from harness import ACCOUNT, Identity, allow, error_of
from harness.machines import launch, register_image

EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
SCRIPT = base64.b64encode(b"#!/bin/sh\n").decode()


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


@pytest.fixture
def image(ec2: Any) -> str:
    return register_image(ec2, "plain")


def test_versions(ec2: Any, root: Identity) -> None:
    data = {
        "ImageId": "ami-0123456789abcdef0", "InstanceType": "t3.micro", "UserData": SCRIPT,
        "MetadataOptions": {"HttpTokens": "required", "HttpPutResponseHopLimit": 2},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True, "VolumeSize": 9}}],
        "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": False, "Groups": ["sg-0123456789abcdef0"]}],
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "blue"}]}],
    }  # fmt: skip
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "a", "Value": "b"}]}]
    made = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData=data, VersionDescription="first", TagSpecifications=tags, ClientToken="t"
    )["LaunchTemplate"]
    name = made["LaunchTemplateId"]
    assert re.fullmatch("lt-[0-9a-f]{17}", name) and made["CreatedBy"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert (made["DefaultVersionNumber"], made["LatestVersionNumber"], made["Tags"]) == (1, 1, tags[0]["Tags"])
    again = ec2.create_launch_template(
        LaunchTemplateName="web", LaunchTemplateData=data, VersionDescription="first", TagSpecifications=tags, ClientToken="t"
    )["LaunchTemplate"]
    assert again["LaunchTemplateId"] == name
    (version,) = ec2.describe_launch_template_versions(LaunchTemplateId=name)["LaunchTemplateVersions"]
    assert version["LaunchTemplateData"] == data and version["DefaultVersion"] and version["VersionDescription"] == "first"
    # A version may say only what is otherwise than in another.
    second = ec2.create_launch_template_version(
        LaunchTemplateName="web", SourceVersion="1", LaunchTemplateData={"InstanceType": "t3.small", "MetadataOptions": {"HttpTokens": "optional"}}
    )["LaunchTemplateVersion"]  # fmt: skip
    assert second["VersionNumber"] == 2 and not second["DefaultVersion"]
    assert second["LaunchTemplateData"] == data | {
        "InstanceType": "t3.small", "MetadataOptions": {"HttpTokens": "optional", "HttpPutResponseHopLimit": 2},
    }  # fmt: skip
    listed = ec2.describe_launch_template_versions(LaunchTemplateId=name)["LaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in listed] == [2, 1]
    found = ec2.describe_launch_template_versions(Versions=["$Latest", "$Default"])["LaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in found] == [2, 1]
    by_tokens = [{"Name": "http-tokens", "Values": ["optional"]}]
    found = ec2.describe_launch_template_versions(LaunchTemplateId=name, Filters=by_tokens)["LaunchTemplateVersions"]
    assert [one["VersionNumber"] for one in found] == [2]
    assert ec2.modify_launch_template(LaunchTemplateId=name, DefaultVersion="2")["LaunchTemplate"]["DefaultVersionNumber"] == 2
    gone = ec2.delete_launch_template_versions(LaunchTemplateId=name, Versions=["1", "2", "7"])
    assert [one["VersionNumber"] for one in gone["SuccessfullyDeletedLaunchTemplateVersions"]] == [1]
    failed = {one["VersionNumber"]: one["ResponseError"]["Code"] for one in gone["UnsuccessfullyDeletedLaunchTemplateVersions"]}
    assert failed == {2: "unexpectedError", 7: "launchTemplateVersionDoesNotExist"}
    # The number is not given again.
    third = ec2.create_launch_template_version(LaunchTemplateId=name, LaunchTemplateData={"KeyName": "x"})
    assert third["LaunchTemplateVersion"]["VersionNumber"] == 3
    ec2.create_tags(Resources=[name], Tags=[{"Key": "team", "Value": "blue"}])
    (shown,) = ec2.describe_launch_templates(Filters=[{"Name": "tag:team", "Values": ["b*"]}])["LaunchTemplates"]
    assert (shown["LaunchTemplateName"], shown["LatestVersionNumber"], shown["DefaultVersionNumber"]) == ("web", 3, 2)
    ec2.delete_launch_template(LaunchTemplateName="web")
    assert ec2.describe_launch_templates()["LaunchTemplates"] == []


def test_what_cannot_be(ec2: Any, root: Identity) -> None:
    data = {"InstanceType": "t3.micro"}
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)
    create = ec2.create_launch_template
    error = error_of(create, LaunchTemplateName="web", LaunchTemplateData=data)
    assert (error.code, error.message) == (
        "InvalidLaunchTemplateName.AlreadyExistsException", "Launch template name already in use.",
    )  # fmt: skip
    unchecked = root.client("ec2", parameter_validation=False).create_launch_template
    for name in ("ab", "a b c", "ä-template", "a" * 129):
        assert error_of(unchecked, LaunchTemplateName=name, LaunchTemplateData=data).code == "InvalidLaunchTemplateName.MalformedException"
    create(LaunchTemplateName="a-b.c/d_e(f)", LaunchTemplateData=data)
    assert error_of(create, LaunchTemplateName="other", LaunchTemplateData={}).code == "MissingParameter"
    error = error_of(create, LaunchTemplateName="other", LaunchTemplateData={"UserData": "?"})
    assert error.code == "InvalidUserData.Malformed"
    describe = ec2.describe_launch_templates
    assert error_of(describe, LaunchTemplateIds=["lt-0123456789abcdef0"]).code == "InvalidLaunchTemplateId.NotFound"
    assert error_of(describe, LaunchTemplateIds=["web"]).code == "InvalidLaunchTemplateId.Malformed"
    assert error_of(describe, LaunchTemplateNames=["none"]).code == "InvalidLaunchTemplateName.NotFoundException"
    versions = ec2.describe_launch_template_versions
    assert error_of(versions, LaunchTemplateName="web", Versions=["2"]).code == "InvalidLaunchTemplateId.VersionNotFound"
    assert error_of(versions).code == "MissingParameter"
    both = {"LaunchTemplateName": "web", "LaunchTemplateId": "lt-0123456789abcdef0"}
    assert error_of(ec2.delete_launch_template, **both).code == "InvalidParameterCombination"


def test_an_instance_is_what_its_template_says(ec2: Any, image: str) -> None:
    group = ec2.create_security_group(GroupName="web", Description="x")["GroupId"]
    data = {
        "ImageId": image, "InstanceType": "t3.small", "SecurityGroupIds": [group], "DisableApiStop": True, "UserData": SCRIPT,
        "MetadataOptions": {"HttpTokens": "required"}, "Monitoring": {"Enabled": True},
        "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 11, "Encrypted": True}}],
        "TagSpecifications": [
            {"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "blue"}, {"Key": "of", "Value": "template"}]},
        ],
    }  # fmt: skip
    name = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
    by_name = {"LaunchTemplate": {"LaunchTemplateName": "web"}, "MinCount": 1, "MaxCount": 1}
    (made,) = ec2.run_instances(**by_name)["Instances"]
    assert (made["ImageId"], made["InstanceType"]) == (image, "t3.small")
    assert [one["GroupId"] for one in made["SecurityGroups"]] == [group]
    assert made["MetadataOptions"]["HttpTokens"] == "required" and made["Monitoring"]["State"] != "disabled"
    assert {one["Key"]: one["Value"] for one in made["Tags"]} == {
        "team": "blue", "of": "template", "aws:ec2launchtemplate:id": name, "aws:ec2launchtemplate:version": "1",
    }  # fmt: skip
    (volume,) = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [made["InstanceId"]]}])["Volumes"]
    assert (volume["Size"], volume["Encrypted"]) == (11, True)
    # What the request says holds, and what it does not say is the template's.
    other = ec2.run_instances(
        **by_name, InstanceType="t3.nano", SecurityGroups=["default"], MetadataOptions={"HttpPutResponseHopLimit": 3},
        BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 12}}],
        TagSpecifications=[{"ResourceType": "instance", "Tags": [{"Key": "of", "Value": "request"}]}],
    )["Instances"][0]  # fmt: skip
    assert other["InstanceType"] == "t3.nano" and [one["GroupName"] for one in other["SecurityGroups"]] == ["default"]
    options = other["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 3)
    tags = {one["Key"]: one["Value"] for one in other["Tags"] if not one["Key"].startswith("aws:")}
    assert tags == {"team": "blue", "of": "request"}
    (volume,) = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [other["InstanceId"]]}])["Volumes"]
    assert (volume["Size"], volume["Encrypted"]) == (12, True)
    ec2.create_launch_template_version(LaunchTemplateId=name, LaunchTemplateData=data | {"InstanceType": "t3.medium"})
    latest = launch(ec2, image, LaunchTemplate={"LaunchTemplateId": name, "Version": "$Latest"}, InstanceType="t3.micro")
    assert {"Key": "aws:ec2launchtemplate:version", "Value": "2"} in latest["Tags"]
    wrong = by_name | {"LaunchTemplate": {"LaunchTemplateName": "web", "Version": "9"}}
    assert error_of(ec2.run_instances, **wrong).code == "InvalidLaunchTemplateId.VersionNotFound"


def test_who_may_launch_from_the_template_alone(ec2: Any, image: str, new_user: Any) -> None:
    """AWS's own example: https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/launch-template-permissions.html"""
    group = ec2.create_security_group(GroupName="web", Description="x")["GroupId"]
    data = {"ImageId": image, "InstanceType": "t3.micro", "SecurityGroupIds": [group]}
    name = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
    ec2.create_launch_template(LaunchTemplateName="other", LaunchTemplateData=data)
    alone = {
        "ArnLike": {"ec2:LaunchTemplate": f"{EC2}:launch-template/{name}"}, "Bool": {"ec2:IsLaunchTemplateResource": "true"},
    }  # fmt: skip
    alice = new_user("alice", allow("ec2:RunInstances", Condition=alone)).client("ec2")
    one = {"MinCount": 1, "MaxCount": 1}
    template = {"LaunchTemplate": {"LaunchTemplateId": name}}
    assert alice.run_instances(**one, **template)["Instances"]
    for more in (
        {"LaunchTemplate": {"LaunchTemplateName": "other"}}, {"ImageId": image}, template | {"InstanceType": "t3.large"},
        template | {"SecurityGroups": ["default"]}, template | {"ImageId": image},
    ):  # fmt: skip
        assert error_of(alice.run_instances, **one, **more).code == "UnauthorizedOperation", more


def test_denials_name_the_template(ec2: Any, image: str, new_user: Any) -> None:
    data = {"ImageId": image, "InstanceType": "t3.micro"}
    name = ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=data)["LaunchTemplate"]["LaunchTemplateId"]
    every = [
        f"{EC2}:{kind}/*" for kind in ("instance", "subnet", "security-group", "network-interface", "volume")
    ] + ["arn:aws:ec2:us-east-1::image/*"]  # fmt: skip
    alice = new_user("alice", allow("ec2:RunInstances", every)).client("ec2")
    error = error_of(alice.run_instances, MinCount=1, MaxCount=1, LaunchTemplate={"LaunchTemplateName": "web"})
    assert error.code == "UnauthorizedOperation" and f"{EC2}:launch-template/{name}" in error.message, error
    # Whoever may not learns nothing of which there are.
    assert error_of(alice.delete_launch_template, LaunchTemplateName="web").code == "UnauthorizedOperation"
