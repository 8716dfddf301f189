"""EC2's networks and instances in AWS Config: how they look, how they have looked, and what AWS's rules say of them."""

from __future__ import annotations

import json
from typing import Any

from harness import Server
from harness.configuration import Recording, until
from harness.machines import launch, register_image, until_state, volume_of
from test_config_rules import rule, verdicts

GROUP, INSTANCE, VOLUME, ACL = (f"AWS::EC2::{name}" for name in ("SecurityGroup", "Instance", "Volume", "NetworkAcl"))


def tcp(port: int, block: str) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": block}]}


def test_items(cloud: Server) -> None:
    recording = Recording(cloud.root)
    ec2 = cloud.root.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "a", "Value": "b"}]}])
    vpc = vpc["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="us-east-1a")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="web", Description="Web", VpcId=vpc)["GroupId"]
    (first,) = recording.items(GROUP, group, 1)
    assert first["resourceName"] == "web" and first["arn"].endswith(f":security-group/{group}")
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(443, "0.0.0.0/0")])
    (_, second) = recording.items(GROUP, group, 2)
    [permission] = json.loads(second["configuration"])["ipPermissions"]
    assert permission == {
        "ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "ipRanges": ["0.0.0.0/0"], "ipv4Ranges": [{"cidrIp": "0.0.0.0/0"}],
        "ipv6Ranges": [], "prefixListIds": [], "userIdGroupPairs": [],
    }  # fmt: skip
    instance = launch(ec2, register_image(ec2, "plain"), SubnetId=subnet, SecurityGroupIds=[group])["InstanceId"]
    until_state(ec2, instance, "running")
    until(lambda: json.loads(recording.current(INSTANCE, instance).get("configuration", "{}")).get("state", {}).get("name") == "running")
    item = recording.current(INSTANCE, instance)
    shown = json.loads(item["configuration"])
    assert (shown["subnetId"], shown["metadataOptions"]["httpTokens"]) == (subnet, "optional")
    assert item["availabilityZone"] == "us-east-1a"
    history = recording.history(INSTANCE, instance)
    related = {(one["relationshipName"], one["resourceId"]) for one in history[-1]["relationships"]}
    assert {("Is contained in Vpc", vpc), ("Is contained in Subnet", subnet), ("Is associated with SecurityGroup", group)} <= related
    assert ("Is attached to Volume", volume_of(ec2, instance)["VolumeId"]) in related
    # Who is in a group, the group's item says as well.
    until(lambda: {one["resourceType"] for one in recording.history(GROUP, group)[-1]["relationships"]} >= {INSTANCE})
    [tagged] = recording.select("SELECT resourceId, tags WHERE resourceType = 'AWS::EC2::VPC' AND tags.key = 'a'")
    assert tagged["resourceId"] == vpc
    open_to_all = "SELECT resourceId WHERE resourceType = 'AWS::EC2::SecurityGroup' AND configuration.ipPermissions.ipRanges = '0.0.0.0/0'"
    assert [one["resourceId"] for one in recording.select(open_to_all)] == [group]
    ec2.terminate_instances(InstanceIds=[instance])
    until(lambda: recording.history(INSTANCE, instance)[-1]["configurationItemStatus"] == "ResourceDeleted")


def test_rules(cloud: Server) -> None:
    recording = Recording(cloud.root)
    api, ec2 = recording.api, cloud.root.client("ec2")
    [default] = [one["GroupId"] for one in ec2.describe_security_groups()["SecurityGroups"]]
    ssh, web = (ec2.create_security_group(GroupName=name, Description="x")["GroupId"] for name in ("ssh", "web"))
    ec2.authorize_security_group_ingress(GroupId=ssh, IpPermissions=[tcp(22, "0.0.0.0/0")])
    ec2.authorize_security_group_ingress(GroupId=web, IpPermissions=[tcp(443, "0.0.0.0/0"), tcp(22, "10.0.0.0/8")])
    image = register_image(ec2, "plain")
    instance = launch(ec2, image, SecurityGroupIds=[web], MetadataOptions={"HttpTokens": "required"})["InstanceId"]
    until_state(ec2, instance, "running")
    for name, identifier, parameters in (
        ("ssh", "INCOMING_SSH_DISABLED", None), ("default", "VPC_DEFAULT_SECURITY_GROUP_CLOSED", None),
        ("ports", "VPC_SG_OPEN_ONLY_TO_AUTHORIZED_PORTS", {"authorizedTcpPorts": "443,1020-1025"}),
        ("used", "EC2_SECURITY_GROUP_ATTACHED_TO_ENI", None), ("tokens", "EC2_IMDSV2_CHECK", None),
        ("address", "EC2_INSTANCE_NO_PUBLIC_IP", None), ("profile", "EC2_INSTANCE_PROFILE_ATTACHED", None),
        ("volumes", "ENCRYPTED_VOLUMES", None), ("acl", "NACL_NO_UNRESTRICTED_SSH_RDP", None),
        ("logs", "VPC_FLOW_LOGS_ENABLED", None), ("encryption", "EC2_EBS_ENCRYPTION_BY_DEFAULT", None),
        ("snapshots", "EBS_SNAPSHOT_PUBLIC_RESTORABLE_CHECK", None), ("stopped", "EC2_STOPPED_INSTANCE", None),
    ):  # fmt: skip
        api.put_config_rule(ConfigRule=rule(name, identifier, parameters=parameters))
    good, bad = "COMPLIANT", "NON_COMPLIANT"
    until(lambda: verdicts(api, "ssh") == {default: good, ssh: bad, web: good})
    until(lambda: verdicts(api, "default") == {default: bad})
    until(lambda: verdicts(api, "ports") == {default: good, ssh: bad, web: good})
    until(lambda: verdicts(api, "used") == {ssh: bad, web: good})
    until(lambda: verdicts(api, "tokens") == {instance: good})
    until(lambda: verdicts(api, "address") == {instance: bad})
    until(lambda: verdicts(api, "profile") == {instance: bad})
    until(lambda: verdicts(api, "volumes") == {volume_of(ec2, instance)["VolumeId"]: bad})
    until(lambda: list(verdicts(api, "acl").values()) == [bad])
    until(lambda: list(verdicts(api, "logs").values()) == [bad])
    until(lambda: list(verdicts(api, "encryption").values()) == [bad])
    until(lambda: list(verdicts(api, "snapshots").values()) == [good])
    until(lambda: verdicts(api, "stopped") == {instance: good})
    # A change is evaluated.
    ec2.revoke_security_group_ingress(GroupId=ssh, IpPermissions=[tcp(22, "0.0.0.0/0")])
    until(lambda: verdicts(api, "ssh") == {default: good, ssh: good, web: good})
    ec2.modify_instance_metadata_options(InstanceId=instance, HttpTokens="optional")
    until(lambda: verdicts(api, "tokens") == {instance: bad})
