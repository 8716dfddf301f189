"""EC2's instances: their life, what is shown and changed of them, and who may launch what."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, allow, deny, error_of, trust
from harness.machines import instance, launch, make_profile, register_image, until, until_state, volume_of

EC2 = f"arn:aws:ec2:us-east-1:{ACCOUNT}"
TRUST = trust({"Service": "ec2.amazonaws.com"})


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


@pytest.fixture
def image(ec2: Any) -> str:
    return register_image(ec2, "plain")


def test_the_life_of_an_instance(ec2: Any, image: str) -> None:
    made = launch(
        ec2, image, UserData="#!/bin/sh\n", TagSpecifications=[
            {"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "web"}]},
            {"ResourceType": "volume", "Tags": [{"Key": "of", "Value": "web"}]},
            {"ResourceType": "network-interface", "Tags": [{"Key": "of", "Value": "web"}]},
        ])  # fmt: skip
    id = made["InstanceId"]
    assert made["State"] == {"Code": 0, "Name": "pending"} and made["StateReason"]["Code"] == "pending"
    running = until_state(ec2, id, "running")
    assert running["State"]["Code"] == 16
    # Nothing runs of it, and nobody is told otherwise.
    assert running["StateReason"]["Code"] == "Gatehouse.NothingRuns"
    assert running["Tags"] == [{"Key": "Name", "Value": "web"}]
    assert running["Placement"]["AvailabilityZone"] == "us-east-1a" and running["Placement"]["Tenancy"] == "default"
    address = running["PrivateIpAddress"]
    assert running["PrivateDnsName"] == f"ip-{address.replace('.', '-')}.ec2.internal"
    assert running["PublicIpAddress"] and running["PublicDnsName"].startswith("ec2-198-")
    [interface] = running["NetworkInterfaces"]
    assert interface["PrivateIpAddress"] == address and interface["Attachment"]["DeviceIndex"] == 0
    assert [group["GroupName"] for group in running["SecurityGroups"]] == ["default"]
    volume = volume_of(ec2, id)
    assert volume["Size"] == 8 and volume["State"] == "in-use" and volume["Tags"] == [{"Key": "of", "Value": "web"}]
    assert running["BlockDeviceMappings"][0]["Ebs"]["VolumeId"] == volume["VolumeId"]
    assert running["RootDeviceName"] == "/dev/xvda" and running["Architecture"] == "x86_64"

    [change] = ec2.stop_instances(InstanceIds=[id])["StoppingInstances"]
    assert (change["PreviousState"]["Name"], change["CurrentState"]["Name"]) == ("running", "stopping")
    stopped = until_state(ec2, id, "stopped")
    assert stopped["StateTransitionReason"].startswith("User initiated (20")
    assert stopped["StateReason"]["Code"] == "Client.UserInitiatedShutdown"
    # A public address that is not the account's own goes back; the private one stays.
    assert "PublicIpAddress" not in stopped and stopped["PrivateIpAddress"] == address

    ec2.start_instances(InstanceIds=[id])
    assert until_state(ec2, id, "running")["PublicIpAddress"]
    ec2.reboot_instances(InstanceIds=[id])
    [change] = ec2.terminate_instances(InstanceIds=[id])["TerminatingInstances"]
    assert change["CurrentState"] == {"Code": 32, "Name": "shutting-down"}
    gone = until_state(ec2, id, "terminated")
    assert gone["NetworkInterfaces"] == [] and gone["BlockDeviceMappings"] == [] and "VpcId" not in gone
    assert ec2.describe_volumes()["Volumes"] == []
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []
    assert error_of(ec2.start_instances, InstanceIds=[id]).code == "IncorrectInstanceState"
    # Again is no error.
    ec2.terminate_instances(InstanceIds=[id])


@pytest.mark.memory
def test_a_terminated_instance_is_forgotten(cloud: Server, ec2: Any, image: str) -> None:
    id = launch(ec2, image)["InstanceId"]
    ec2.terminate_instances(InstanceIds=[id])
    until_state(ec2, id, "terminated")
    cloud.advance(3601)
    assert error_of(ec2.describe_instances, InstanceIds=[id]).code == "InvalidInstanceID.NotFound"


def test_several_at_once_and_pages_of_them(ec2: Any, image: str) -> None:
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=7)["Instances"]
    assert [one["AmiLaunchIndex"] for one in made] == list(range(7))
    assert len({one["PrivateIpAddress"] for one in made}) == 7
    for one in made:
        until_state(ec2, one["InstanceId"], "running")
    pages = list(ec2.get_paginator("describe_instances").paginate(PaginationConfig={"PageSize": 5}))
    found = [one["InstanceId"] for page in pages for reservation in page["Reservations"] for one in reservation["Instances"]]
    assert len(pages) == 2 and sorted(found) == sorted(one["InstanceId"] for one in made)
    statuses = ec2.describe_instance_status()["InstanceStatuses"]
    assert {one["SystemStatus"]["Status"] for one in statuses} == {"ok"} and len(statuses) == 7
    # Whether what nothing runs of is well, nobody knows.
    assert {one["InstanceStatus"]["Status"] for one in statuses} == {"insufficient-data"}
    wanted = [{"Name": "private-ip-address", "Values": [made[3]["PrivateIpAddress"]]}, {"Name": "image-id", "Values": ["ami-*"]}]
    [reservation] = ec2.describe_instances(Filters=wanted)["Reservations"]
    assert [one["InstanceId"] for one in reservation["Instances"]] == [made[3]["InstanceId"]]
    assert error_of(ec2.describe_instances, MaxResults=5, InstanceIds=[found[0]]).code == "InvalidParameterCombination"


def test_a_client_token_launches_once(ec2: Any, image: str) -> None:
    first = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=2, ClientToken="t")
    again = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=2, MaxCount=2, ClientToken="t")
    assert first["ReservationId"] == again["ReservationId"]
    ids = [one["InstanceId"] for one in first["Instances"]]
    assert ids == [one["InstanceId"] for one in again["Instances"]]
    other = error_of(ec2.run_instances, ImageId=image, InstanceType="t3.small", MinCount=2, MaxCount=2, ClientToken="t")
    assert other.code == "IdempotentParameterMismatch"
    assert len(ec2.describe_volumes()["Volumes"]) == 2


def test_what_can_not_be_launched(ec2: Any, image: str) -> None:
    usual = {"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1}
    refused: list[tuple[str, dict[str, Any]]] = [
        ("InvalidAMIID.NotFound", {"ImageId": "ami-00000000000000000"}),
        ("InvalidAMIID.Malformed", {"ImageId": "nothing"}),
        ("InvalidKeyPair.NotFound", {"KeyName": "nobody"}),
        ("InvalidGroup.NotFound", {"SecurityGroupIds": ["sg-00000000000000000"]}),
        ("InvalidGroup.NotFound", {"SecurityGroups": ["nobody"]}),
        ("InvalidSubnetID.NotFound", {"SubnetId": "subnet-00000000000000000"}),
        ("InvalidParameterValue", {"InstanceType": "t4g.micro"}),
        ("Unsupported", {"InstanceType": "p5.48xlarge"}),
        ("InvalidParameterValue", {"MinCount": 3, "MaxCount": 2}),
        ("InvalidParameterValue", {"IamInstanceProfile": {"Name": "nobody"}}),
        ("InvalidParameterCombination", {"IamInstanceProfile": {"Name": "a", "Arn": f"arn:aws:iam::{ACCOUNT}:instance-profile/a"}}),
        ("VcpuLimitExceeded", {"InstanceType": "m5.24xlarge", "MinCount": 3, "MaxCount": 3}),
        ("InvalidBlockDeviceMapping", {"BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"VolumeSize": 4}}]}),
        ("MissingParameter", {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True}}]}),
        ("InvalidSnapshot.NotFound", {"BlockDeviceMappings": [{"DeviceName": "/dev/sdf", "Ebs": {"SnapshotId": "snap-0"}}]}),
        ("InvalidParameterCombination", {
            "SubnetId": "subnet-0", "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": "subnet-0"}]}),
        ("InvalidParameterValue", {"MetadataOptions": {"HttpPutResponseHopLimit": 65}}),
        ("DryRunOperation", {"DryRun": True}),
    ]  # fmt: skip
    for code, parameters in refused:
        assert error_of(ec2.run_instances, **(usual | parameters)).code == code, parameters
    assert error_of(ec2.run_instances, **(usual | {"InstanceMarketOptions": {"MarketType": "spot"}})).status == 501
    assert ec2.describe_instances()["Reservations"] == []
    assert ec2.describe_network_interfaces()["NetworkInterfaces"] == []


def test_attributes_one_by_one(ec2: Any, image: str) -> None:
    id = launch(ec2, image, UserData="first", DisableApiTermination=True)["InstanceId"]
    until_state(ec2, id, "running")

    def shown(attribute: str) -> Any:
        answer = ec2.describe_instance_attribute(InstanceId=id, Attribute=attribute)
        [value] = [value for name, value in answer.items() if name not in ("InstanceId", "ResponseMetadata")]
        return value

    assert base64.b64decode(shown("userData")["Value"]) == b"first"
    assert shown("disableApiTermination") == {"Value": True}
    refused = error_of(ec2.terminate_instances, InstanceIds=[id])
    assert refused.code == "OperationNotPermitted" and "disableApiTermination" in refused.message
    ec2.modify_instance_attribute(InstanceId=id, DisableApiTermination={"Value": False})
    assert shown("disableApiTermination") == {"Value": False}
    ec2.modify_instance_attribute(InstanceId=id, DisableApiStop={"Value": True})
    assert error_of(ec2.stop_instances, InstanceIds=[id]).code == "OperationNotPermitted"
    ec2.modify_instance_attribute(InstanceId=id, Attribute="disableApiStop", Value="false")
    ec2.modify_instance_attribute(InstanceId=id, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    assert shown("instanceInitiatedShutdownBehavior") == {"Value": "terminate"}
    ec2.modify_instance_attribute(InstanceId=id, SourceDestCheck={"Value": False})
    assert shown("sourceDestCheck") == {"Value": False} and instance(ec2, id)["SourceDestCheck"] is False
    ec2.reset_instance_attribute(InstanceId=id, Attribute="sourceDestCheck")
    assert shown("sourceDestCheck") == {"Value": True}
    group = ec2.create_security_group(GroupName="other", Description="other", VpcId=instance(ec2, id)["VpcId"])["GroupId"]
    ec2.modify_instance_attribute(InstanceId=id, Groups=[group])
    assert [one["GroupId"] for one in shown("groupSet")] == [group]
    ec2.modify_instance_attribute(
        InstanceId=id, BlockDeviceMappings=[{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}])  # fmt: skip
    assert instance(ec2, id)["BlockDeviceMappings"][0]["Ebs"]["DeleteOnTermination"] is False
    # What is read at a start, is changed while it is stopped.
    for change in ({"UserData": {"Value": b"second"}}, {"InstanceType": {"Value": "t3.small"}}):
        assert error_of(ec2.modify_instance_attribute, InstanceId=id, **change).code == "IncorrectInstanceState"
    ec2.stop_instances(InstanceIds=[id])
    until_state(ec2, id, "stopped")
    ec2.modify_instance_attribute(InstanceId=id, UserData={"Value": b"second"})
    assert base64.b64decode(shown("userData")["Value"]) == b"second"
    ec2.modify_instance_attribute(InstanceId=id, InstanceType={"Value": "t3.small"})
    assert shown("instanceType") == {"Value": "t3.small"}
    two = {"DisableApiStop": {"Value": True}, "EbsOptimized": {"Value": True}}
    assert error_of(ec2.modify_instance_attribute, InstanceId=id, **two).code == "InvalidParameterCombination"
    ec2.terminate_instances(InstanceIds=[id])
    until_state(ec2, id, "terminated")
    # The volume was to stay.
    [volume] = ec2.describe_volumes()["Volumes"]
    assert volume["State"] == "available" and volume["Attachments"] == []


def test_metadata_options_and_their_defaults(ec2: Any, image: str) -> None:
    id = launch(ec2, image)["InstanceId"]
    options = instance(ec2, id)["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("optional", 1)
    ec2.modify_instance_metadata_options(InstanceId=id, HttpTokens="required", InstanceMetadataTags="enabled")
    options = instance(ec2, id)["MetadataOptions"]
    assert options["HttpTokens"] == "required" and options["InstanceMetadataTags"] == "enabled"
    newer = register_image(ec2, "newer", ImdsSupport="v2.0")
    options = instance(ec2, launch(ec2, newer)["InstanceId"])["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 2)
    ec2.modify_instance_metadata_defaults(HttpTokens="required", HttpPutResponseHopLimit=3, HttpTokensEnforced="enabled")
    assert ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"] == "required"
    options = instance(ec2, launch(ec2, image)["InstanceId"])["MetadataOptions"]
    assert (options["HttpTokens"], options["HttpPutResponseHopLimit"]) == ("required", 3)
    refused = error_of(ec2.modify_instance_metadata_options, InstanceId=id, HttpTokens="optional")
    assert refused.code == "UnsupportedOperation"
    ec2.modify_instance_metadata_defaults(
        HttpTokens="no-preference", HttpPutResponseHopLimit=-1, HttpTokensEnforced="no-preference")  # fmt: skip
    assert ec2.get_instance_metadata_defaults()["AccountLevel"] == {"ManagedBy": "account"}


def test_instance_profiles(root: Identity, ec2: Any, image: str, new_role: Callable[..., str]) -> None:
    new_role("web", TRUST)
    first, second = make_profile(root, "first", role="web"), make_profile(root, "second")
    id = launch(ec2, image, IamInstanceProfile={"Name": "first"})["InstanceId"]
    assert instance(ec2, id)["IamInstanceProfile"]["Arn"] == first
    [one] = ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"]
    assert one["InstanceId"] == id and one["State"] == "associated" and one["AssociationId"].startswith("iip-assoc-")
    refused = error_of(ec2.associate_iam_instance_profile, InstanceId=id, IamInstanceProfile={"Name": "second"})
    assert refused.code == "IncorrectState"
    new = ec2.replace_iam_instance_profile_association(
        AssociationId=one["AssociationId"], IamInstanceProfile={"Arn": second})["IamInstanceProfileAssociation"]  # fmt: skip
    assert new["IamInstanceProfile"]["Arn"] == second and new["AssociationId"] != one["AssociationId"]
    ended = ec2.disassociate_iam_instance_profile(AssociationId=new["AssociationId"])
    assert ended["IamInstanceProfileAssociation"]["State"] == "disassociating"
    assert "IamInstanceProfile" not in instance(ec2, id)
    gone = error_of(ec2.disassociate_iam_instance_profile, AssociationId=new["AssociationId"])
    assert gone.code == "InvalidAssociationID.NotFound"
    ec2.associate_iam_instance_profile(InstanceId=id, IamInstanceProfile={"Name": "first"})
    assert instance(ec2, id)["IamInstanceProfile"]["Arn"] == first


def launch_needs(image: str) -> dict[str, str]:
    """The resources that a launch asks for, and a pattern that each of them matches."""
    return {
        "image": f"arn:aws:ec2:us-east-1::image/{image}", "instance": f"{EC2}:instance/*",
        "network-interface": f"{EC2}:network-interface/*", "security-group": f"{EC2}:security-group/*",
        "subnet": f"{EC2}:subnet/*", "volume": f"{EC2}:volume/*", "key-pair": f"{EC2}:key-pair/web",
    }  # fmt: skip


def test_a_launch_needs_every_resource(root: Identity, image: str, new_user: Any, new_role: Callable[..., str]) -> None:
    root.client("ec2").create_key_pair(KeyName="web", KeyType="ed25519")
    role = new_role("web", TRUST)
    make_profile(root, "web", role="web")
    needs = launch_needs(image)
    parameters = {
        "KeyName": "web", "IamInstanceProfile": {"Name": "web"},
        "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "a", "Value": "b"}]}],
    }  # fmt: skip
    passing = allow("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}})
    tagging = allow("ec2:CreateTags", f"{EC2}:instance/*", Condition={"StringEquals": {"ec2:CreateAction": "RunInstances"}})
    all_of_them = [allow("ec2:RunInstances", list(needs.values())), passing, tagging]
    user = new_user("launcher", *all_of_them)
    launch(user.client("ec2"), image, **parameters)

    def denied(*statements: dict[str, Any]) -> Any:
        root.iam.put_user_policy(
            UserName="launcher", PolicyName="own",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))  # fmt: skip
        return error_of(
            user.client("ec2").run_instances, ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, **parameters)

    for name, pattern in needs.items():
        error = denied(*all_of_them, deny("ec2:RunInstances", pattern))
        assert error.code == "UnauthorizedOperation" and error.status == 403, name
        assert f":{name}/" in error.message and "with an explicit deny in an identity-based policy" in error.message
        without = [value for other, value in needs.items() if other != name]
        error = denied(allow("ec2:RunInstances", without), passing, tagging)
        assert f":{name}/" in error.message and "because no identity-based policy allows" in error.message
    assert "iam:PassRole" in denied(all_of_them[0], tagging).message
    assert "ec2:CreateTags" in denied(all_of_them[0], passing).message
    # Without permission nobody learns that it would be dry.
    denied(passing)
    error = error_of(user.client("ec2").run_instances, ImageId=image, MinCount=1, MaxCount=1, DryRun=True)
    assert error.code == "UnauthorizedOperation"
    assert len(root.client("ec2").describe_instances()["Reservations"]) == 1


@pytest.mark.parametrize(
    ("condition", "good", "bad"),
    [
        ({"StringEquals": {"ec2:InstanceType": ["t3.micro", "t3.small"]}}, {}, {"InstanceType": "m5.large"}),
        (
            {"StringEquals": {"ec2:MetadataHttpTokens": "required"}},
            {"MetadataOptions": {"HttpTokens": "required"}}, {"MetadataOptions": {"HttpTokens": "optional"}},
        ),
        (
            {"NumericLessThanEquals": {"ec2:MetadataHttpPutResponseHopLimit": "2"}},
            {"MetadataOptions": {"HttpPutResponseHopLimit": 2}}, {"MetadataOptions": {"HttpPutResponseHopLimit": 3}},
        ),
        (
            {"StringEquals": {"ec2:Tenancy": "default"}}, {}, {"Placement": {"Tenancy": "dedicated"}},
        ),
        (
            {"ArnEquals": {"ec2:InstanceProfile": f"arn:aws:iam::{ACCOUNT}:instance-profile/good"}},
            {"IamInstanceProfile": {"Name": "good"}}, {"IamInstanceProfile": {"Name": "bad"}},
        ),
        ({"StringEquals": {"ec2:AvailabilityZone": "us-east-1a"}}, {}, {"Placement": {"AvailabilityZone": "us-east-1b"}}),
        (
            {"StringEquals": {"aws:RequestTag/team": "a"}},
            {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}]},
            {"TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "b"}]}]},
        ),
    ],
    ids=["type", "tokens", "hops", "tenancy", "profile", "zone", "tag"],
)  # fmt: skip
def test_conditions_on_the_instance(
    root: Identity, image: str, new_user: Any, condition: dict[str, Any], good: dict[str, Any], bad: dict[str, Any]
) -> None:
    for name in ("good", "bad"):
        make_profile(root, name)
    user = new_user(
        "launcher", allow("ec2:RunInstances", f"{EC2}:instance/*", Condition=condition),
        allow("ec2:RunInstances", [one for name, one in launch_needs(image).items() if name != "instance"]),
        allow("ec2:CreateTags", "*"),
    ).client("ec2")  # fmt: skip
    launch(user, image, **good)
    error = error_of(user.run_instances, **({"ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1} | bad))
    assert error.code == "UnauthorizedOperation" and ":instance/*" in error.message


def test_conditions_on_what_it_gets(root: Identity, ec2: Any, image: str, new_user: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    elsewhere = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    usual = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    user = new_user(
        "launcher",
        allow("ec2:RunInstances", f"{EC2}:volume/*", Condition={
            "Bool": {"ec2:Encrypted": "true"}, "NumericLessThanEquals": {"ec2:VolumeSize": "20"},
            "StringEquals": {"ec2:VolumeType": "gp3"}}),
        allow("ec2:RunInstances", f"{EC2}:subnet/*", Condition={"ArnEquals": {"ec2:Vpc": f"{EC2}:vpc/{usual}"}}),
        allow("ec2:RunInstances", f"{EC2}:network-interface/*", Condition={"Bool": {"ec2:AssociatePublicIpAddress": "false"}}),
        allow("ec2:RunInstances", [f"{EC2}:instance/*", f"{EC2}:security-group/*"]),
        allow("ec2:RunInstances", "arn:aws:ec2:*::image/*", Condition={"StringEquals": {"ec2:Owner": ACCOUNT}}),
        allow(["kms:*"], "*"),
    ).client("ec2")  # fmt: skip

    def ask(subnet: str, public: bool = False, **ebs: Any) -> dict[str, Any]:
        return {
            "ImageId": image, "InstanceType": "t3.micro", "MinCount": 1, "MaxCount": 1,
            "NetworkInterfaces": [{"DeviceIndex": 0, "SubnetId": subnet, "AssociatePublicIpAddress": public}],
            "BlockDeviceMappings": [{"DeviceName": "/dev/xvda", "Ebs": {"Encrypted": True} | ebs}],
        }  # fmt: skip

    here = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [usual]}])["Subnets"][0]["SubnetId"]
    made = user.run_instances(**ask(here))["Instances"][0]
    assert "PublicIpAddress" not in made
    assert ":subnet/" in error_of(user.run_instances, **ask(elsewhere)).message
    assert ":network-interface/" in error_of(user.run_instances, **ask(here, public=True)).message
    for wrong in ({"Encrypted": False}, {"VolumeSize": 21}, {"VolumeType": "gp2"}):
        assert ":volume/" in error_of(user.run_instances, **ask(here, **wrong)).message, wrong


def test_tags_of_an_instance_decide_about_it(root: Identity, ec2: Any, image: str, new_user: Any) -> None:
    tag = [{"ResourceType": "instance", "Tags": [{"Key": "team", "Value": "a"}]}]
    own, other = launch(ec2, image, TagSpecifications=tag)["InstanceId"], launch(ec2, image)["InstanceId"]
    for id in (own, other):
        until_state(ec2, id, "running")
    mine = {"StringEquals": {"ec2:ResourceTag/team": "a"}}
    user = new_user("alice", allow(["ec2:StopInstances", "ec2:TerminateInstances"], "*", Condition=mine)).client("ec2")
    assert error_of(user.stop_instances, InstanceIds=[own, other]).code == "UnauthorizedOperation"
    user.stop_instances(InstanceIds=[own])
    until_state(ec2, own, "stopped")
    assert error_of(user.terminate_instances, InstanceIds=[other]).code == "UnauthorizedOperation"
    user.terminate_instances(InstanceIds=[own])


def test_associating_a_profile_needs_pass_role(
    root: Identity, ec2: Any, image: str, new_user: Any, new_role: Callable[..., str]
) -> None:
    role = new_role("strong", TRUST)
    make_profile(root, "strong", role="strong")
    id = launch(ec2, image)["InstanceId"]
    user = new_user("alice", allow("ec2:AssociateIamInstanceProfile", f"{EC2}:instance/*")).client("ec2")
    error = error_of(user.associate_iam_instance_profile, InstanceId=id, IamInstanceProfile={"Name": "strong"})
    assert error.code == "UnauthorizedOperation" and f"iam:PassRole on resource: {role}" in error.message
    root.iam.put_user_policy(
        UserName="alice", PolicyName="pass", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": allow("iam:PassRole", role)}))  # fmt: skip
    user.associate_iam_instance_profile(InstanceId=id, IamInstanceProfile={"Name": "strong"})


def test_events_of_a_launch(ec2: Any, image: str, trail: Trail) -> None:
    made = ec2.run_instances(ImageId=image, InstanceType="t3.micro", MinCount=1, MaxCount=1, UserData="secret things")
    event = trail.of(made, "RunInstances")
    assert event["eventSource"] == "ec2.amazonaws.com" and "secret" not in json.dumps(event)
    assert base64.b64encode(b"secret things").decode() not in json.dumps(event)
    denied = error_of(ec2.run_instances, ImageId="ami-00000000000000000", MinCount=1, MaxCount=1)
    assert trail.of(denied)["errorCode"] == "Client.InvalidAMIID.NotFound"


def test_state_changes_reach_the_default_event_bus(root: Identity, ec2: Any, image: str) -> None:
    queue = root.client("sqs")
    url = queue.create_queue(QueueName="states")["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:states"
    may = {"Version": "2012-10-17", "Statement": allow(
        "sqs:SendMessage", arn, Principal={"Service": "events.amazonaws.com"})}  # fmt: skip
    queue.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(may)})
    events = root.client("events")
    pattern = {"source": ["aws.ec2"], "detail-type": ["EC2 Instance State-change Notification"]}
    events.put_rule(Name="states", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="states", Targets=[{"Id": "q", "Arn": arn}])
    id = launch(ec2, image)["InstanceId"]
    seen: list[str] = []

    def look() -> list[str]:
        for message in queue.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            event = json.loads(message["Body"])
            assert event["detail"]["instance-id"] == id and event["resources"] == [f"{EC2}:instance/{id}"]
            seen.append(event["detail"]["state"])
        return seen

    until(look, lambda states: {"pending", "running"} <= set(states))


def test_the_cli(root: Identity, image: str) -> None:
    made = root.aws("ec2", "run-instances", "--image-id", image, "--instance-type", "t3.micro", "--count", "1",
                    "--tag-specifications", "ResourceType=instance,Tags=[{Key=Name,Value=cli}]")  # fmt: skip
    id = made["Instances"][0]["InstanceId"]
    until_state(root.client("ec2"), id, "running")
    found = root.aws("ec2", "describe-instances", "--filters", "Name=tag:Name,Values=cl?",
                     "--query", "Reservations[].Instances[].InstanceId")  # fmt: skip
    assert found == [id]
    types = root.aws("ec2", "describe-instance-types", "--instance-types", "t3.micro", "m5.large")["InstanceTypes"]
    assert [(one["InstanceType"], one["VCpuInfo"]["DefaultVCpus"], one["MemoryInfo"]["SizeInMiB"]) for one in types] == [
        ("m5.large", 2, 8192), ("t3.micro", 2, 1024),
    ]  # fmt: skip
    root.aws("ec2", "terminate-instances", "--instance-ids", id)
