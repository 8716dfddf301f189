"""EC2: things that need not be there. Whoever may name them learns that they are not."""

import re
from typing import Any

from harness import AwsError, Identity
from walk import Samples

DIGITS = "0123456789abcdef0"


def furnish(_: Identity) -> None:
    pass


def plain(error: AwsError) -> AwsError:
    """Denials as other services word them, out of what EC2 wraps them in."""
    found = re.match(
        r"You are not authorized to perform this operation\. (.*)\. Encoded authorization failure message: ", error.message, re.S
    )
    if error.code in ("UnauthorizedOperation", "Client.UnauthorizedOperation") and found:
        error.code, error.message = "AccessDenied", found[1]
    return error


SAMPLES = Samples(furnish=furnish, plain=plain)


def network() -> None:
    """VPCs and what is in them."""
    ids: dict[str, Any] = {
        "VpcId": "vpc", "SubnetId": "subnet", "GroupId": "sg", "RouteTableId": "rtb", "InternetGatewayId": "igw",
        "EgressOnlyInternetGatewayId": "eigw", "NatGatewayId": "nat", "NetworkAclId": "acl", "DhcpOptionsId": "dopt",
        "NetworkInterfaceId": "eni", "PrefixListId": "pl", "VpcEndpointId": "vpce",
        "AttachmentId": "eni-attach", "AssociationId": "rtbassoc",
    }  # fmt: skip
    SAMPLES.members(**{name: f"{prefix}-{DIGITS}" for name, prefix in ids.items()})
    SAMPLES.members(VpcEndpointIds=[f"vpce-{DIGITS}"], FlowLogIds=[f"fl-{DIGITS}"], Resources=[f"vpc-{DIGITS}"])
    SAMPLES.members(ResourceIds=[f"vpc-{DIGITS}"], ResourceType="VPC", Tags=[{"Key": "a", "Value": "b"}])
    SAMPLES.members(
        RuleNumber=100, Protocol="-1", RuleAction="allow", Egress=False, DeviceIndex=1, GroupName="x", Description="x",
        PrefixListName="x", MaxEntries=1, AddressFamily="IPv4", DhcpConfigurations=[{"Key": "domain-name", "Values": ["x"]}],
        SecurityGroupRules=[{"SecurityGroupRuleId": f"sgr-{DIGITS}", "SecurityGroupRule": {"IpProtocol": "-1"}}],
    )  # fmt: skip
    SAMPLES.of("DescribeSecurityGroupReferences", GroupId=[f"sg-{DIGITS}"])
    SAMPLES.of("CreateVpc", CidrBlock="10.0.0.0/16")
    SAMPLES.of("CreateSubnet", CidrBlock="10.0.0.0/24")
    SAMPLES.of("DescribeVpcAttribute", Attribute="enableDnsSupport")
    SAMPLES.of("CreateNatGateway", SubnetId=f"subnet-{DIGITS}")
    SAMPLES.of("CreateFlowLogs", TrafficType="ALL", LogGroupName="x", DeliverLogsPermissionArn="arn:aws:iam::111122223333:role/x")
    SAMPLES.of("ModifyVpcTenancy", InstanceTenancy="default")
    SAMPLES.of("ModifyVpcBlockPublicAccessOptions", InternetGatewayBlockMode="off")
    SAMPLES.members(ExclusionId=f"vpcbpa-exclude-{DIGITS}", InternetGatewayExclusionMode="allow-egress")
    SAMPLES.of("CreateVpcBlockPublicAccessExclusion", VpcId=f"vpc-{DIGITS}")
    SAMPLES.of("DescribeVpcEndpointServicePermissions", ServiceId=f"vpce-svc-{DIGITS}")


network()


def machines() -> None:
    """Instances, images and volumes."""
    ids = {"InstanceId": "i", "ImageId": "ami", "VolumeId": "vol", "SnapshotId": "snap"}
    SAMPLES.members(**{name: f"{prefix}-{DIGITS}" for name, prefix in ids.items()})
    SAMPLES.members(
        InstanceIds=[f"i-{DIGITS}"], Device="/dev/sdf", SourceImageId=f"ami-{DIGITS}", SourceSnapshotId=f"snap-{DIGITS}",
        SourceRegion="us-east-1", KeyName="x", KmsKeyId="alias/aws/ebs", InstanceSpecification={"InstanceId": f"i-{DIGITS}"},
    )  # fmt: skip
    SAMPLES.members(IamInstanceProfile={"Name": "x"})
    SAMPLES.of("DeleteKeyPair", KeyName="x")
    for operation in ("DisassociateIamInstanceProfile", "ReplaceIamInstanceProfileAssociation"):
        SAMPLES.of(operation, AssociationId=f"iip-assoc-{DIGITS}")
    for operation in (
        "CreateLaunchTemplateVersion", "DeleteLaunchTemplate", "DeleteLaunchTemplateVersions", "DescribeLaunchTemplateVersions",
        "ModifyLaunchTemplate",
    ):  # fmt: skip
        SAMPLES.of(operation, LaunchTemplateId=f"lt-{DIGITS}")
    SAMPLES.members(LaunchTemplateName="web", LaunchTemplateData={"InstanceType": "t3.micro"}, Versions=["1"])
    SAMPLES.of("ModifyLaunchTemplate", DefaultVersion="1")
    SAMPLES.of("RunInstances", ImageId=f"ami-{DIGITS}")
    SAMPLES.most_permissions["RunInstances"] = 6


machines()
