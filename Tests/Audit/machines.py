"""Two accounts' networks and instances: those of somebody who has read AWS's advice, and those of somebody who has not.

https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-best-practices.html
https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-best-practices.html
"""

from __future__ import annotations

import base64
from typing import Any

from harness import ACCOUNT, Identity, Server, allow, policy, trust
from harness.machines import launch, make_profile, register_image, until_state, volume_of

HOME, AWAY = "us-east-1", "eu-west-1"
OF_EC2 = trust({"Service": "ec2.amazonaws.com"})
#: What Prowler's checks of single ports look for, each of them.
PORTS = [
    20, 21, 22, 23, 25, 88, 110, 389, 445, 1433, 1521, 3306, 3389, 5432, 5601, 6379, 7199, 8080, 8088, 9092, 9200, 11211, 27017,
]  # fmt: skip
SECRET = "#!/bin/sh\nexport AWS_ACCESS_KEY_ID=AKIAQYLPMN5HHHFPZAM2\nexport AWS_SECRET_ACCESS_KEY=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\n"


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def tcp(port: int, block: str, **more: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": block}], **more}


def in_region(root: Identity, region: str) -> Any:
    return root.client("ec2", region=region)


def remove_default_vpc(ec2: Any) -> None:
    [vpc] = [one["VpcId"] for one in ec2.describe_vpcs()["Vpcs"]]
    for subnet in ec2.describe_subnets()["Subnets"]:
        ec2.delete_subnet(SubnetId=subnet["SubnetId"])
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        ec2.detach_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"], VpcId=vpc)
        ec2.delete_internet_gateway(InternetGatewayId=gateway["InternetGatewayId"])
    ec2.delete_vpc(VpcId=vpc)


def close(ec2: Any, vpc: str) -> None:
    """Nothing passes by the VPC's default group, and only its own addresses by its default ACL."""
    by_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    [group] = ec2.describe_security_groups(Filters=by_vpc)["SecurityGroups"]
    ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    [acl] = ec2.describe_network_acls(Filters=by_vpc)["NetworkAcls"]
    ec2.replace_network_acl_entry(
        NetworkAclId=acl["NetworkAclId"], RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=False, CidrBlock="10.0.0.0/16"
    )


def make_vpc(ec2: Any) -> tuple[str, dict[str, str]]:
    """A VPC with a private subnet in two zones, and a public one with a NAT gateway."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    close(ec2, vpc)
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    subnets = {
        name: ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=zones[number % 2])["Subnet"]["SubnetId"]
        for number, name in enumerate(("one", "two", "public"))
    }
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets["public"])
    address = ec2.allocate_address()["AllocationId"]
    ec2.create_nat_gateway(SubnetId=subnets["public"], AllocationId=address)
    return vpc, subnets


def careful(server: Server) -> Identity:
    """What is made is encrypted and shared with nobody; instances are in private subnets and need tokens for their metadata; only
    the account's own principals come through endpoints; and who talks to whom is written down."""
    root = server.root
    for region in (HOME, AWAY):
        ec2 = in_region(root, region)
        remove_default_vpc(ec2)
        ec2.enable_ebs_encryption_by_default()
        ec2.enable_snapshot_block_public_access(State="block-all-sharing")
        ec2.modify_instance_metadata_defaults(HttpTokens="required")
    close(in_region(root, AWAY), in_region(root, AWAY).create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])
    ec2 = in_region(root, HOME)
    vpc, subnets = make_vpc(ec2)

    role = root.iam.create_role(RoleName="flows", AssumeRolePolicyDocument=trust({"Service": "vpc-flow-logs.amazonaws.com"}))
    root.iam.put_role_policy(RoleName="flows", PolicyName="write", PolicyDocument=policy(allow("logs:*")))
    ec2.create_flow_logs(
        ResourceIds=[vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="flows",
        DeliverLogsPermissionArn=role["Role"]["Arn"],
    )  # fmt: skip
    group = ec2.create_security_group(GroupName="web", Description="Web", VpcId=vpc)["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(443, "10.0.0.0/16")])
    own = policy(allow("*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{HOME}.ec2", VpcEndpointType="Interface", PrivateDnsEnabled=False,
        SubnetIds=[subnets["one"], subnets["two"]], SecurityGroupIds=[group], PolicyDocument=own,
    )  # fmt: skip

    root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=OF_EC2)
    profile = make_profile(root, "web", role="web")
    image = register_image(ec2, "web")
    wanted = {
        "ImageId": image, "InstanceType": "t3.micro", "SecurityGroupIds": [group], "UserData": encoded("#!/bin/sh\necho hello\n"),
        "MetadataOptions": {"HttpEndpoint": "enabled", "HttpTokens": "required"}, "Monitoring": {"Enabled": True},
    }  # fmt: skip
    ec2.create_launch_template(LaunchTemplateName="web", LaunchTemplateData=wanted)
    instance = launch(
        ec2, image, LaunchTemplate={"LaunchTemplateName": "web"}, SubnetId=subnets["one"], IamInstanceProfile={"Arn": profile}
    )["InstanceId"]  # fmt: skip
    until_state(ec2, instance, "running")
    ec2.create_snapshot(VolumeId=volume_of(ec2, instance)["VolumeId"])
    # One interface without a group of its own: what the default group lets pass is nothing.
    ec2.create_network_interface(SubnetId=subnets["two"])
    return root


def careless(server: Server) -> Identity:
    """Everything in the default VPC, as the wizard makes it: open to all, with public addresses, unencrypted, shared with the
    world, and secrets in scripts."""
    root = server.root
    ec2 = in_region(root, HOME)
    ec2.disable_image_block_public_access()
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]]
    wizard, everything, unused = (
        ec2.create_security_group(GroupName=name, Description="x")["GroupId"] for name in ("launch-wizard-1", "everything", "unused")
    )
    ec2.authorize_security_group_ingress(
        GroupId=wizard, IpPermissions=[tcp(port, "0.0.0.0/0") for port in PORTS] + [tcp(4444, "8.8.0.0/16")]
    )
    ec2.authorize_security_group_ingress(
        GroupId=everything, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    # Each rule of its own is one more to read.
    ec2.authorize_security_group_egress(GroupId=unused, IpPermissions=[tcp(port, "10.0.0.0/8") for port in range(1, 56)])
    image = register_image(ec2, "web")
    root.iam.create_role(RoleName="web", AssumeRolePolicyDocument=OF_EC2)
    profile = make_profile(root, "web", role="web")
    [default] = ec2.describe_security_groups(GroupNames=["default"])["SecurityGroups"]
    optional = {"HttpEndpoint": "enabled", "HttpTokens": "optional"}
    bastion = launch(
        ec2, image, SubnetId=subnets[0], SecurityGroupIds=[wizard, default["GroupId"]], UserData=encoded(SECRET),
        MetadataOptions=optional, IamInstanceProfile={"Arn": profile},
    )["InstanceId"]  # fmt: skip
    other = launch(ec2, image, SubnetId=subnets[0], SecurityGroupIds=[everything], MetadataOptions=optional)["InstanceId"]
    for instance in (bastion, other):
        until_state(ec2, instance, "running")
    second = ec2.create_network_interface(SubnetId=subnets[0], Groups=[everything])["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(InstanceId=other, NetworkInterfaceId=second, DeviceIndex=1)
    ec2.modify_image_attribute(ImageId=image, LaunchPermission={"Add": [{"Group": "all"}]})
    volume = ec2.create_volume(AvailabilityZone=f"{HOME}a", Size=1)["VolumeId"]
    snapshot = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
    )
    ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={
            "MetadataOptions": optional, "UserData": encoded(SECRET),
            "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True}],
        },
    )  # fmt: skip
    ec2.allocate_address()
    ec2.create_network_acl(VpcId=vpc)
    ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=f"com.amazonaws.{HOME}.sts", VpcEndpointType="Interface", SubnetIds=subnets[:1], SecurityGroupIds=[everything]
    )
    return root
