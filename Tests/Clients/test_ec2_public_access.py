"""VPCs that are kept from the internet, and what is excluded from that; and the prefix lists of AWS's services."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ACCOUNT, Identity, allow, error_of


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


def test_the_account_is_kept_from_the_internet(ec2: Any, new_user: Any) -> None:
    options = ec2.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
    assert (options["InternetGatewayBlockMode"], options["State"]) == ("off", "default-state")
    assert (options["AwsAccountId"], options["AwsRegion"], options["ManagedBy"]) == (ACCOUNT, "us-east-1", "account")
    alice = new_user("alice", allow("ec2:DescribeVpcBlockPublicAccessOptions")).client("ec2")
    error = error_of(alice.modify_vpc_block_public_access_options, InternetGatewayBlockMode="off")
    assert error.code == "UnauthorizedOperation"
    ec2.modify_vpc_block_public_access_options(InternetGatewayBlockMode="block-bidirectional")
    options = alice.describe_vpc_block_public_access_options()["VpcBlockPublicAccessOptions"]
    assert (options["InternetGatewayBlockMode"], options["State"]) == ("block-bidirectional", "update-complete")
    error = error_of(ec2.modify_vpc_block_public_access_options, InternetGatewayBlockMode="some")
    assert error.code == "InvalidParameterValue"
    # Routes stay as they are.
    [table] = ec2.describe_route_tables()["RouteTables"]
    assert {route["State"] for route in table["Routes"]} == {"active"}


def test_exclusions(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    create = ec2.create_vpc_block_public_access_exclusion
    made = create(
        SubnetId=subnet, InternetGatewayExclusionMode="allow-egress",
        TagSpecifications=[{"ResourceType": "vpc-block-public-access-exclusion", "Tags": [{"Key": "a", "Value": "b"}]}],
    )["VpcBlockPublicAccessExclusion"]  # fmt: skip
    name = made["ExclusionId"]
    assert name.startswith("vpcbpa-exclude-") and made["ResourceArn"] == f"arn:aws:ec2:us-east-1:{ACCOUNT}:subnet/{subnet}"
    assert made["State"] == "create-complete" and made["Tags"] == [{"Key": "a", "Value": "b"}]
    assert error_of(create, InternetGatewayExclusionMode="allow-egress").code == "MissingParameter"
    both = {"VpcId": vpc, "SubnetId": subnet, "InternetGatewayExclusionMode": "allow-egress"}
    assert error_of(create, **both).code == "InvalidParameterCombination"
    assert error_of(create, VpcId="vpc-0a", InternetGatewayExclusionMode="allow-egress").code == "InvalidVpcID.NotFound"
    changed = ec2.modify_vpc_block_public_access_exclusion(ExclusionId=name, InternetGatewayExclusionMode="allow-bidirectional")
    assert changed["VpcBlockPublicAccessExclusion"]["InternetGatewayExclusionMode"] == "allow-bidirectional"
    (shown,) = ec2.describe_vpc_block_public_access_exclusions(
        Filters=[{"Name": "internet-gateway-exclusion-mode", "Values": ["allow-bidirectional"]}]
    )["VpcBlockPublicAccessExclusions"]
    assert shown["State"] == "update-complete"
    create(VpcId=vpc, InternetGatewayExclusionMode="allow-egress")
    gone = ec2.delete_vpc_block_public_access_exclusion(ExclusionId=name)["VpcBlockPublicAccessExclusion"]
    assert gone["State"] == "delete-complete"
    error = error_of(ec2.delete_vpc_block_public_access_exclusion, ExclusionId=name)
    assert error.code == "InvalidVpcBlockPublicAccessExclusionId.NotFound"
    # What is excluded takes its exclusion with it.
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)
    assert ec2.describe_vpc_block_public_access_exclusions()["VpcBlockPublicAccessExclusions"] == []


def test_lists_of_services_have_the_address_that_services_have_here(ec2: Any) -> None:
    (s3,) = ec2.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": ["*.s3"]}])["PrefixLists"]
    assert s3["Cidrs"] == ["198.18.0.1/32"]
    group = ec2.create_security_group(GroupName="web", Description="x")["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": s3["PrefixListId"]}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
    (used,) = ec2.get_managed_prefix_list_associations(PrefixListId=s3["PrefixListId"])["PrefixListAssociations"]
    assert used["ResourceId"] == group


def test_rules_of_either_family_are_counted_apart(ec2: Any) -> None:
    """https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html#vpc-limits-security-groups"""
    group = ec2.create_security_group(GroupName="web", Description="x")["GroupId"]
    four = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]} for port in range(1, 61)]
    six = [{"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]} for port in range(1, 61)]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=four)
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=six)
    # A group is of both.
    own = [{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    error = error_of(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=own)
    assert error.code == "RulesPerSecurityGroupLimitExceeded"
