"""VPCs of EC2 and what is in them: subnets, routes, gateways, network ACLs, interfaces, addresses."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from harness import ACCOUNT, Identity, error_of


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


def by(**values: str) -> list[dict[str, Any]]:
    return [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in values.items()]


def new_vpc(ec2: Any, block: str = "10.0.0.0/16", **more: Any) -> str:
    return str(ec2.create_vpc(CidrBlock=block, **more)["Vpc"]["VpcId"])


def new_subnet(ec2: Any, vpc: str, block: str = "10.0.1.0/24", **more: Any) -> str:
    return str(ec2.create_subnet(VpcId=vpc, CidrBlock=block, **more)["Subnet"]["SubnetId"])


def test_each_account_has_a_default_vpc(ec2: Any) -> None:
    (vpc,) = ec2.describe_vpcs()["Vpcs"]
    assert vpc["IsDefault"] and vpc["CidrBlock"] == "172.31.0.0/16" and vpc["State"] == "available"
    subnets = ec2.describe_subnets(Filters=by(default_for_az="true"))["Subnets"]
    assert sorted(one["CidrBlock"] for one in subnets) == ["172.31.0.0/20", "172.31.16.0/20", "172.31.32.0/20"]
    assert {one["AvailabilityZone"] for one in subnets} == {"us-east-1a", "us-east-1b", "us-east-1c"}
    assert all(one["MapPublicIpOnLaunch"] and one["AvailableIpAddressCount"] == 4091 for one in subnets)
    (table,) = ec2.describe_route_tables(Filters=by(vpc_id=vpc["VpcId"]))["RouteTables"]
    (gateway,) = ec2.describe_internet_gateways()["InternetGateways"]
    assert [(one["DestinationCidrBlock"], one["GatewayId"]) for one in table["Routes"]] == [
        ("172.31.0.0/16", "local"),
        ("0.0.0.0/0", gateway["InternetGatewayId"]),
    ]
    assert table["Associations"][0]["Main"] and gateway["Attachments"][0]["VpcId"] == vpc["VpcId"]
    (group,) = ec2.describe_security_groups()["SecurityGroups"]
    assert group["GroupName"] == "default" and group["VpcId"] == vpc["VpcId"]
    assert group["IpPermissions"][0]["UserIdGroupPairs"] == [{"GroupId": group["GroupId"], "UserId": ACCOUNT}]
    (acl,) = ec2.describe_network_acls()["NetworkAcls"]
    assert acl["IsDefault"] and len(acl["Associations"]) == 3
    assert error_of(ec2.create_default_vpc).code == "DefaultVpcAlreadyExists"
    # Another Region has its own, and what is in one is not in the other.
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1


def test_regions_are_apart(root: Identity) -> None:
    here, there = root.client("ec2"), root.client("ec2", region="eu-central-1")
    (one,), (other,) = here.describe_vpcs()["Vpcs"], there.describe_vpcs()["Vpcs"]
    assert one["VpcId"] != other["VpcId"]
    assert error_of(there.describe_vpcs, VpcIds=[one["VpcId"]]).code == "InvalidVpcID.NotFound"
    zones = there.describe_availability_zones()["AvailabilityZones"]
    assert [(zone["ZoneName"], zone["ZoneId"]) for zone in zones][0] == ("eu-central-1a", "euc1-az1")


def test_a_vpc_comes_and_goes(ec2: Any) -> None:
    made = ec2.create_vpc(CidrBlock="10.1.2.3/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    vpc = made["VpcId"]
    assert made["CidrBlock"] == "10.1.0.0/16" and not made["IsDefault"] and made["OwnerId"] == ACCOUNT
    block6 = ipaddress.ip_network(made["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"])
    assert block6.prefixlen == 56
    ec2.get_waiter("vpc_available").wait(VpcIds=[vpc])
    assert len(ec2.describe_network_acls(Filters=by(vpc_id=vpc))["NetworkAcls"][0]["Entries"]) == 8
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    shown = ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")
    assert shown["EnableDnsHostnames"] == {"Value": True}
    added = ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock="10.2.0.0/16")["CidrBlockAssociation"]
    assert error_of(ec2.associate_vpc_cidr_block, VpcId=vpc, CidrBlock="10.2.1.0/24").code == "InvalidVpc.Conflict"
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.2.1.0/24", Ipv6CidrBlock=str(next(block6.subnets(new_prefix=64))))
    assert len(subnet["Subnet"]["Ipv6CidrBlockAssociationSet"]) == 1
    assert error_of(ec2.disassociate_vpc_cidr_block, AssociationId=added["AssociationId"]).code == "DependencyViolation"
    error = error_of(ec2.delete_vpc, VpcId=vpc)
    assert (error.code, error.message) == (
        "DependencyViolation",
        f"The vpc '{vpc}' has dependencies and cannot be deleted.",
    )
    ec2.delete_subnet(SubnetId=subnet["Subnet"]["SubnetId"])
    ec2.disassociate_vpc_cidr_block(AssociationId=added["AssociationId"])
    ec2.delete_vpc(VpcId=vpc)
    error = error_of(ec2.describe_vpcs, VpcIds=[vpc])
    assert (error.code, error.message) == ("InvalidVpcID.NotFound", f"The vpc ID '{vpc}' does not exist")
    # What came with it went with it.
    assert not ec2.describe_route_tables(Filters=by(vpc_id=vpc))["RouteTables"]
    assert not ec2.describe_security_groups(Filters=by(vpc_id=vpc))["SecurityGroups"]


@pytest.mark.parametrize(
    ("block", "code", "message"),
    [
        ("10.0.0.0/8", "InvalidVpc.Range", "The CIDR '10.0.0.0/8' is invalid."),
        ("10.0.0.0/29", "InvalidVpc.Range", "The CIDR '10.0.0.0/29' is invalid."),
        ("10.0.0/16", "InvalidParameterValue", "Value (10.0.0/16) for parameter cidrBlock is invalid. This is not a valid CIDR block."),
        ("2600::/56", "InvalidParameterValue", "Value (2600::/56) for parameter cidrBlock is invalid. This is not a valid CIDR block."),
    ],
)  # fmt: skip
def test_blocks_that_no_vpc_has(ec2: Any, block: str, code: str, message: str) -> None:
    error = error_of(ec2.create_vpc, CidrBlock=block)
    assert (error.code, error.message, error.status) == (code, message, 400)


def test_subnets_lie_in_their_vpc_and_apart_from_each_other(ec2: Any) -> None:
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc, AvailabilityZone="us-east-1b")
    for block, code in (
        ("10.0.1.128/25", "InvalidSubnet.Conflict"), ("10.0.0.0/23", "InvalidSubnet.Conflict"),
        ("10.1.0.0/24", "InvalidSubnet.Range"), ("10.0.2.0/29", "InvalidSubnet.Range"),
    ):  # fmt: skip
        assert error_of(ec2.create_subnet, VpcId=vpc, CidrBlock=block).code == code, block
    error = error_of(ec2.create_subnet, VpcId=vpc, CidrBlock="10.0.2.0/24", AvailabilityZone="us-east-1z")
    assert error.message == (
        "Value (us-east-1z) for parameter availabilityZone is invalid. Subnets can currently only be created in the following "
        "availability zones: us-east-1a, us-east-1b, us-east-1c."
    )
    assert error_of(ec2.create_subnet, VpcId="vpc-0", CidrBlock="10.0.2.0/24").code == "InvalidVpcID.NotFound"
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    (shown,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert shown["MapPublicIpOnLaunch"] and shown["AvailabilityZoneId"] == "use1-az2"
    assert shown["AvailableIpAddressCount"] == 251
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]
    assert interface["PrivateIpAddress"] == "10.0.1.4"
    (shown,) = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    assert shown["AvailableIpAddressCount"] == 250
    assert error_of(ec2.delete_subnet, SubnetId=subnet).code == "DependencyViolation"
    ec2.delete_network_interface(NetworkInterfaceId=interface["NetworkInterfaceId"])
    ec2.delete_subnet(SubnetId=subnet)


def test_lists_have_filters_and_pages(ec2: Any) -> None:
    vpc = new_vpc(ec2, TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": "blue*"}]}])
    for number in range(7):
        new_subnet(ec2, vpc, f"10.0.{number}.0/24")
    blocks = lambda **filters: sorted(one["CidrBlock"] for one in ec2.describe_subnets(Filters=by(vpc_id=vpc, **filters))["Subnets"])  # noqa: E731
    assert blocks(cidr_block="10.0.?.0/24") == [f"10.0.{number}.0/24" for number in range(7)]
    assert blocks(cidr_block="*.3.*") == ["10.0.3.0/24"] and blocks(cidr_block="10.0.3") == []
    pages = list(ec2.get_paginator("describe_subnets").paginate(Filters=by(vpc_id=vpc), PaginationConfig={"PageSize": 5}))
    assert [len(page["Subnets"]) for page in pages] == [5, 2]
    names = [{"Name": "tag:team", "Values": ["blue\\*"]}]
    assert [one["VpcId"] for one in ec2.describe_vpcs(Filters=names)["Vpcs"]] == [vpc]
    assert [one["VpcId"] for one in ec2.describe_vpcs(Filters=[{"Name": "tag-key", "Values": ["team", "x"]}])["Vpcs"]] == [vpc]
    error = error_of(ec2.describe_vpcs, Filters=[{"Name": "colour", "Values": ["blue"]}])
    assert (error.code, error.message) == ("InvalidParameterValue", "The filter 'colour' is invalid")
    assert error_of(ec2.describe_vpcs, MaxResults=1).code == "InvalidParameterValue"
    error = error_of(ec2.describe_vpcs, VpcIds=[vpc], MaxResults=5)
    assert (error.code, error.message) == (
        "InvalidParameterCombination", "The parameter vpcIds cannot be used with the parameter maxResults",
    )  # fmt: skip
    assert error_of(ec2.describe_vpcs, NextToken="?").code == "InvalidNextToken"
    many = [{"Name": "vpc-id", "Values": [str(number) for number in range(201)]}]
    assert error_of(ec2.describe_vpcs, Filters=many).code == "FilterLimitExceeded"


def test_routes_lead_to_gateways(ec2: Any) -> None:
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc)
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    route = {"RouteTableId": table, "DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}
    assert error_of(ec2.create_route, **route).code == "InvalidParameterValue"
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    assert error_of(ec2.attach_internet_gateway, InternetGatewayId=gateway, VpcId=vpc).code == "Resource.AlreadyAssociated"
    assert ec2.create_route(**route)["Return"]
    other = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    error = error_of(ec2.create_route, RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=other)
    assert (error.code, error.message) == ("RouteAlreadyExists", "The route identified by 0.0.0.0/0 already exists.")
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    assert error_of(ec2.delete_route_table, RouteTableId=table).code == "DependencyViolation"
    (main,) = ec2.describe_route_tables(Filters=[
        {"Name": "vpc-id", "Values": [vpc]}, {"Name": "association.main", "Values": ["true"]}])["RouteTables"]  # fmt: skip
    assert not [one for one in main["Associations"] if one.get("SubnetId")]
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert [(one["DestinationCidrBlock"], one["State"], one["Origin"]) for one in shown["Routes"]] == [
        ("10.0.0.0/16", "active", "CreateRouteTable"),
        ("0.0.0.0/0", "blackhole", "CreateRoute"),
    ]
    ec2.replace_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NetworkInterfaceId=other)
    (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert shown["Routes"][1]["NetworkInterfaceId"] == other and shown["Routes"][1]["State"] == "active"
    new = ec2.replace_route_table_association(AssociationId=association, RouteTableId=main["RouteTableId"])
    assert error_of(ec2.disassociate_route_table, AssociationId=association).code == "InvalidAssociationID.NotFound"
    ec2.disassociate_route_table(AssociationId=new["NewAssociationId"])
    error = error_of(ec2.delete_route, RouteTableId=table, DestinationCidrBlock="10.9.0.0/16")
    assert error.code == "InvalidRoute.NotFound"
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.delete_route_table(RouteTableId=table)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)


def test_a_nat_gateway(ec2: Any) -> None:
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc)
    address = ec2.allocate_address(Domain="vpc")
    wanted = {"SubnetId": subnet, "AllocationId": address["AllocationId"]}
    assert error_of(ec2.create_nat_gateway, **wanted).code == "Gateway.NotAttached"
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=vpc)
    gateway = ec2.create_nat_gateway(**wanted)["NatGateway"]["NatGatewayId"]
    ec2.get_waiter("nat_gateway_available").wait(NatGatewayIds=[gateway])
    (shown,) = ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"]
    assert shown["NatGatewayAddresses"][0]["PublicIp"] == address["PublicIp"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=gateway)
    assert error_of(ec2.delete_subnet, SubnetId=subnet).code == "DependencyViolation"
    assert error_of(ec2.release_address, AllocationId=address["AllocationId"]).code == "InvalidIPAddress.InUse"
    assert error_of(ec2.detach_internet_gateway, InternetGatewayId=internet, VpcId=vpc).code == "DependencyViolation"
    ec2.delete_nat_gateway(NatGatewayId=gateway)
    ec2.get_waiter("nat_gateway_deleted").wait(NatGatewayIds=[gateway])
    (shown,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert shown["Routes"][1]["State"] == "blackhole"
    ec2.release_address(AllocationId=address["AllocationId"])
    ec2.delete_subnet(SubnetId=subnet)
    error = error_of(ec2.delete_nat_gateway, NatGatewayId="nat-0")
    assert (error.code, error.message) == ("NatGatewayNotFound", "The Nat gateway nat-0 was not found")


def test_network_acls(ec2: Any) -> None:
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc)
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]
    assert [(one["RuleNumber"], one["RuleAction"]) for one in acl["Entries"]] == [(32767, "deny")] * 2
    entry = {
        "NetworkAclId": acl["NetworkAclId"], "RuleNumber": 10, "Protocol": "tcp", "RuleAction": "allow", "Egress": False,
        "CidrBlock": "192.0.2.0/24", "PortRange": {"From": 22, "To": 22},
    }  # fmt: skip
    ec2.create_network_acl_entry(**entry)
    error = error_of(ec2.create_network_acl_entry, **entry)
    assert (error.code, error.message) == (
        "NetworkAclEntryAlreadyExists", "The network acl entry identified by 10 already exists.",
    )  # fmt: skip
    ec2.replace_network_acl_entry(**entry | {"RuleAction": "deny"})
    (shown,) = ec2.describe_network_acls(NetworkAclIds=[acl["NetworkAclId"]])["NetworkAcls"]
    assert {"RuleNumber": 10, "Egress": False, "RuleAction": "deny", "Protocol": "6", "CidrBlock": "192.0.2.0/24",
            "PortRange": {"From": 22, "To": 22}} in shown["Entries"]  # fmt: skip
    for number in range(20, 39):
        ec2.create_network_acl_entry(**entry | {"RuleNumber": number})
    assert error_of(ec2.create_network_acl_entry, **entry | {"RuleNumber": 50}).code == "NetworkAclEntryLimitExceeded"
    (usual,) = ec2.describe_network_acls(
        Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["NetworkAcls"]  # fmt: skip
    assert usual["IsDefault"]
    association = usual["Associations"][0]["NetworkAclAssociationId"]
    ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl["NetworkAclId"])
    assert error_of(ec2.delete_network_acl, NetworkAclId=acl["NetworkAclId"]).code == "DependencyViolation"
    assert error_of(ec2.delete_network_acl, NetworkAclId=usual["NetworkAclId"]).code == "InvalidParameterValue"
    gone = error_of(ec2.delete_network_acl_entry, NetworkAclId=acl["NetworkAclId"], RuleNumber=99, Egress=True)
    assert gone.code == "InvalidNetworkAclEntry.NotFound"
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_network_acl(NetworkAclId=acl["NetworkAclId"])
    ec2.delete_vpc(VpcId=vpc)


def test_interfaces_and_addresses(ec2: Any) -> None:
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc, "10.0.1.0/28")
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=vpc)["GroupId"]
    interface = ec2.create_network_interface(
        SubnetId=subnet, Groups=[group], Description="first", PrivateIpAddress="10.0.1.9", SecondaryPrivateIpAddressCount=2
    )["NetworkInterface"]
    name = interface["NetworkInterfaceId"]
    assert [one["PrivateIpAddress"] for one in interface["PrivateIpAddresses"]] == ["10.0.1.9", "10.0.1.4", "10.0.1.5"]
    assert interface["PrivateDnsName"] == "ip-10-0-1-9.ec2.internal"
    assert interface["Groups"] == [{"GroupId": group, "GroupName": "web"}]
    error = error_of(ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress="10.0.1.9")
    assert (error.code, error.message) == ("InvalidIPAddress.InUse", "Address 10.0.1.9 is in use.")
    for address in ("10.0.1.3", "10.0.1.15", "10.0.2.9"):
        assert error_of(ec2.create_network_interface, SubnetId=subnet, PrivateIpAddress=address).code == "InvalidParameterValue"
    error = error_of(ec2.assign_private_ip_addresses, NetworkInterfaceId=name, SecondaryPrivateIpAddressCount=9)
    assert error.code == "InsufficientFreeAddressesInSubnet"
    ec2.assign_private_ip_addresses(NetworkInterfaceId=name, PrivateIpAddresses=["10.0.1.12"])
    ec2.unassign_private_ip_addresses(NetworkInterfaceId=name, PrivateIpAddresses=["10.0.1.4"])
    assert error_of(ec2.unassign_private_ip_addresses, NetworkInterfaceId=name, PrivateIpAddresses=["10.0.1.9"]).code == (
        "InvalidParameterValue"
    )
    ec2.modify_network_interface_attribute(NetworkInterfaceId=name, SourceDestCheck={"Value": False})
    shown = ec2.describe_network_interface_attribute(NetworkInterfaceId=name, Attribute="sourceDestCheck")
    assert shown["SourceDestCheck"] == {"Value": False}
    assert error_of(ec2.delete_security_group, GroupId=group).code == "DependencyViolation"

    address = ec2.allocate_address()
    assert error_of(ec2.associate_address, AllocationId=address["AllocationId"], NetworkInterfaceId=name).code == (
        "Gateway.NotAttached"
    )
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    association = ec2.associate_address(
        AllocationId=address["AllocationId"], NetworkInterfaceId=name, PrivateIpAddress="10.0.1.12"
    )["AssociationId"]
    (shown,) = ec2.describe_addresses(PublicIps=[address["PublicIp"]])["Addresses"]
    assert (shown["AssociationId"], shown["NetworkInterfaceId"], shown["PrivateIpAddress"]) == (association, name, "10.0.1.12")
    (shown,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"]
    assert [one.get("Association", {}).get("PublicIp") for one in shown["PrivateIpAddresses"]] == [None, None, address["PublicIp"]]
    other = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    error = error_of(
        ec2.associate_address, AllocationId=address["AllocationId"], NetworkInterfaceId=other, AllowReassociation=False
    )
    assert error.code == "Resource.AlreadyAssociated"
    moved = ec2.associate_address(AllocationId=address["AllocationId"], NetworkInterfaceId=other)["AssociationId"]
    (shown,) = ec2.describe_network_interfaces(NetworkInterfaceIds=[name])["NetworkInterfaces"]
    assert all("Association" not in one for one in shown["PrivateIpAddresses"])
    ec2.disassociate_address(AssociationId=moved)
    ec2.release_address(AllocationId=address["AllocationId"])
    assert error_of(ec2.release_address, AllocationId=address["AllocationId"]).code == "InvalidAllocationID.NotFound"
    for each in (name, other):
        ec2.delete_network_interface(NetworkInterfaceId=each)
    ec2.delete_security_group(GroupId=group)


def test_a_request_that_is_sent_again_makes_nothing_new(ec2: Any) -> None:
    vpc = new_vpc(ec2)
    subnet = new_subnet(ec2, vpc)
    wanted = {"SubnetId": subnet, "ClientToken": "once"}
    one, other = (ec2.create_network_interface(**wanted)["NetworkInterface"]["NetworkInterfaceId"] for _ in range(2))
    assert one == other and len(ec2.describe_network_interfaces()["NetworkInterfaces"]) == 1
    error = error_of(ec2.create_network_interface, **wanted, Description="another")
    assert error.code == "IdempotentParameterMismatch"
    tables = {ec2.create_route_table(VpcId=vpc, ClientToken="table")["RouteTable"]["RouteTableId"] for _ in range(2)}
    assert len(tables) == 1


def test_limits(ec2: Any) -> None:
    for number in range(4):
        new_vpc(ec2, f"10.{number}.0.0/16")
    error = error_of(ec2.create_vpc, CidrBlock="10.9.0.0/16")
    assert (error.code, error.message) == ("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
    for _ in range(5):
        ec2.allocate_address()
    error = error_of(ec2.allocate_address)
    assert (error.code, error.message) == ("AddressLimitExceeded", "The maximum number of addresses has been reached.")
    addresses = ec2.describe_addresses()["Addresses"]
    assert len({one["PublicIp"] for one in addresses}) == 5


def test_dhcp_options(ec2: Any) -> None:
    vpc = new_vpc(ec2)
    options = ec2.create_dhcp_options(
        DhcpConfigurations=[
            {"Key": "domain-name", "Values": ["example.internal"]},
            {"Key": "domain-name-servers", "Values": ["10.0.0.2", "AmazonProvidedDNS"]},
        ]
    )["DhcpOptions"]["DhcpOptionsId"]
    ec2.associate_dhcp_options(DhcpOptionsId=options, VpcId=vpc)
    (shown,) = ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"]
    assert shown["DhcpOptionsId"] == options
    assert error_of(ec2.delete_dhcp_options, DhcpOptionsId=options).code == "DependencyViolation"
    ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=vpc)
    ec2.delete_dhcp_options(DhcpOptionsId=options)
    bad = [{"Key": "colour", "Values": ["blue"]}]
    assert error_of(ec2.create_dhcp_options, DhcpConfigurations=bad).code == "InvalidParameterValue"


def test_prefix_lists(ec2: Any) -> None:
    made = ec2.create_managed_prefix_list(
        PrefixListName="offices", MaxEntries=2, AddressFamily="IPv4", Entries=[{"Cidr": "192.0.2.7/24", "Description": "one"}]
    )["PrefixList"]
    name = made["PrefixListId"]
    assert made["Version"] == 1 and made["State"] == "create-complete"
    assert ec2.get_managed_prefix_list_entries(PrefixListId=name)["Entries"] == [{"Cidr": "192.0.2.0/24", "Description": "one"}]
    add = {"PrefixListId": name, "AddEntries": [{"Cidr": "198.51.100.0/24"}]}
    assert error_of(ec2.modify_managed_prefix_list, **add, CurrentVersion=7).code == "PrefixListVersionMismatch"
    assert ec2.modify_managed_prefix_list(**add, CurrentVersion=1)["PrefixList"]["Version"] == 2
    more = {"PrefixListId": name, "AddEntries": [{"Cidr": "203.0.113.0/24"}], "CurrentVersion": 2}
    assert error_of(ec2.modify_managed_prefix_list, **more).code == "PrefixListMaxEntriesExceeded"
    restored = ec2.restore_managed_prefix_list_version(PrefixListId=name, PreviousVersion=1, CurrentVersion=2)
    assert restored["PrefixList"]["Version"] == 3
    assert len(ec2.get_managed_prefix_list_entries(PrefixListId=name)["Entries"]) == 1
    assert len(ec2.get_managed_prefix_list_entries(PrefixListId=name, TargetVersion=2)["Entries"]) == 2
    group = ec2.create_security_group(GroupName="offices", Description="x")["GroupId"]
    permission = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": name}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    (used,) = ec2.get_managed_prefix_list_associations(PrefixListId=name)["PrefixListAssociations"]
    assert used == {"ResourceId": group, "ResourceOwner": ACCOUNT}
    assert error_of(ec2.delete_managed_prefix_list, PrefixListId=name).code == "DependencyViolation"
    ec2.delete_security_group(GroupId=group)
    ec2.delete_managed_prefix_list(PrefixListId=name)
    lists = {one["PrefixListName"]: one for one in ec2.describe_managed_prefix_lists()["PrefixLists"]}
    assert lists["com.amazonaws.us-east-1.s3"]["PrefixListId"] == "pl-63a5400a"
    assert error_of(ec2.delete_managed_prefix_list, PrefixListId="pl-63a5400a").code == "OperationNotPermitted"


def test_what_is_not_built_says_so(ec2: Any) -> None:
    error = error_of(ec2.create_transit_gateway)
    assert (error.code, error.status) == ("NotImplemented", 501)
    assert error.message.startswith("EC2 CreateTransitGateway is not built in Gatehouse yet.")
