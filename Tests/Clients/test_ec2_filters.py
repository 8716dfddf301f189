"""What lists of EC2 can be filtered by, how they are given out in pages, and what of each answer is always there."""

from __future__ import annotations

import re
from typing import Any

import botocore.session
import pytest

from harness import Identity, error_of
from harness.machines import launch, register_image

MODEL = botocore.session.get_session().get_service_model("ec2")

#: The lists whose filters AWS documents one by one. DescribeInstanceTypes has many for what is not known of types here: they are
#: refused, so that nobody takes an empty list for an answer.
LISTS = [
    "DescribeAddresses", "DescribeAvailabilityZones", "DescribeClientVpnEndpoints", "DescribeDhcpOptions",
    "DescribeEgressOnlyInternetGateways", "DescribeFlowLogs", "DescribeIamInstanceProfileAssociations", "DescribeImages",
    "DescribeInstanceStatus", "DescribeInstances", "DescribeInternetGateways", "DescribeKeyPairs",
    "DescribeLaunchTemplates", "DescribeManagedPrefixLists", "DescribeNatGateways", "DescribeNetworkAcls",
    "DescribeNetworkInterfaces", "DescribePrefixLists", "DescribeRegions", "DescribeRouteTables",
    "DescribeSecurityGroupRules", "DescribeSecurityGroups", "DescribeSnapshots", "DescribeSubnets", "DescribeTags",
    "DescribeTransitGateways", "DescribeVolumeStatus", "DescribeVolumes", "DescribeVolumesModifications",
    "DescribeVpcEndpointServices", "DescribeVpcEndpoints", "DescribeVpcPeeringConnections", "DescribeVpcs",
    "DescribeVpnConnections",
]  # fmt: skip


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


@pytest.fixture
def unchecked(root: Identity) -> Any:
    """boto3 knows the model, and would not ask for what that does not allow."""
    return root.client("ec2", parameter_validation=False)


def documented(member: Any) -> list[str]:
    """The names of filters in the text about them: `<code>tag:&lt;key&gt;</code>` and `<code>tag</code>:&lt;key&gt;` are one for
    each key."""
    names = re.findall(r"<li>\s*<p>\s*<code>([^<]+)</code>", member.documentation)
    return ["tag:key" if name == "tag" else re.sub(r"&lt;.*?&gt;", "key", name).strip() for name in names]


@pytest.mark.parametrize("operation", LISTS)
def test_every_documented_filter_is_known(ec2: Any, operation: str) -> None:
    shape = MODEL.operation_model(operation).input_shape
    member = "Filters" if "Filters" in shape.members else "Filter"
    names = documented(shape.members[member])
    assert names
    call = getattr(ec2, re.sub(r"(?<!^)(?=[A-Z])", "_", operation).lower())
    unknown = []
    for name in dict.fromkeys(names):
        try:
            call(**{member: [{"Name": name, "Values": ["nothing at all"]}]})
        except ec2.exceptions.ClientError as error:
            unknown.append((name, error.response["Error"]["Message"]))
    assert unknown == []
    error = error_of(call, **{member: [{"Name": "colour", "Values": ["red"]}]})
    assert (error.code, error.message) == ("InvalidParameterValue", "The filter 'colour' is invalid")


def test_filters_of_instances(ec2: Any) -> None:
    """Each filter finds the instance by what DescribeInstances shows of it, and not by anything else."""
    image = register_image(ec2, "plain")
    id = launch(
        ec2, image, TagSpecifications=[{"ResourceType": "network-interface", "Tags": [{"Key": "of", "Value": "web"}]}]
    )["InstanceId"]  # fmt: skip
    [reservation] = ec2.describe_instances(InstanceIds=[id])["Reservations"]
    one = reservation["Instances"][0]
    [interface] = one["NetworkInterfaces"]
    values = {
        "dns-name": one["PublicDnsName"], "ebs-optimized": "false", "enclave-options.enabled": "false",
        "metadata-options.state": "applied", "network-interface.mac-address": interface["MacAddress"],
        "network-interface.addresses.primary": "true", "network-interface.status": "in-use",
        "network-interface.attachment.attachment-id": interface["Attachment"]["AttachmentId"],
        "network-interface.attachment.instance-id": id, "network-interface.tag-key": "of",
        "network-interface.addresses.private-dns-name": one["PrivateDnsName"],
        "network-interface.association.ip-owner-id": "amazon", "network-interface.availability-zone": "us-east-1a",
        "network-interface.public-dns-name": one["PublicDnsName"], "network-interface.group-name": "default",
        "network-interface.owner-id": reservation["OwnerId"], "owner-id": reservation["OwnerId"],
        "private-dns-name-options.hostname-type": "ip-name", "block-device-mapping.status": "attached",
    }  # fmt: skip
    for name, value in values.items():
        found = ec2.describe_instances(Filters=[{"Name": name, "Values": [value]}])["Reservations"]
        assert [other["Instances"][0]["InstanceId"] for other in found] == [id], name
        assert not ec2.describe_instances(Filters=[{"Name": name, "Values": [f"not {value}"]}])["Reservations"], name
        some = [{"Name": name, "Values": ["no", value[:3] + "*"]}]
        assert ec2.describe_instances(Filters=some)["Reservations"], name


def test_pages(ec2: Any, unchecked: Any) -> None:
    for number in range(12):
        ec2.create_security_group(GroupName=f"g{number}", Description="x")
    pages = list(ec2.get_paginator("describe_security_groups").paginate(PaginationConfig={"PageSize": 5}))
    assert [len(page["SecurityGroups"]) for page in pages] == [5, 5, 3]
    assert "NextToken" not in pages[-1]
    names = [one["GroupId"] for page in pages for one in page["SecurityGroups"]]
    assert len(set(names)) == 13
    error = error_of(unchecked.describe_security_groups, MaxResults=4)
    assert (error.code, error.message) == (
        "InvalidParameterValue",
        "Value ( 4 ) for parameter maxResults is invalid. Expecting a value greater than or equal to 5.",
    )  # fmt: skip
    error = error_of(ec2.describe_security_groups, MaxResults=1001)
    assert error.message == "Value ( 1001 ) for parameter maxResults is invalid. Expecting a value less than or equal to 1000."
    error = error_of(ec2.describe_instances, InstanceIds=["i-0123456789abcdef0"], MaxResults=5)
    assert (error.code, error.message) == (
        "InvalidParameterCombination", "The parameter instancesSet cannot be used with the parameter maxResults",
    )  # fmt: skip
    assert error_of(ec2.describe_security_groups, NextToken="nothing", MaxResults=5).code == "InvalidNextToken"


@pytest.mark.parametrize(
    ("operation", "parameters", "code", "message"),
    [
        ("describe_instances", {"InstanceIds": ["web"]}, "InvalidInstanceID.Malformed", 'Invalid id: "web" (expecting "i-...")'),
        ("describe_instances", {"InstanceIds": ["i-web"]}, "InvalidInstanceID.Malformed", 'Invalid id: "i-web" (expecting "i-...")'),
        ("describe_instances", {"InstanceIds": ["i-0a", "i-0b"]}, "InvalidInstanceID.NotFound", "The instance IDs 'i-0a, i-0b' do not exist"),
        ("terminate_instances", {"InstanceIds": ["i-0a"]}, "InvalidInstanceID.NotFound", "The instance ID 'i-0a' does not exist"),
        ("describe_images", {"ImageIds": ["ubuntu"]}, "InvalidAMIID.Malformed", 'Invalid id: "ubuntu" (expecting "ami-...")'),
        ("describe_images", {"ImageIds": ["ami-0a"]}, "InvalidAMIID.NotFound", "The image id '[ami-0a]' does not exist"),
        ("describe_volumes", {"VolumeIds": ["disk"]}, "InvalidParameterValue", "Value (disk) for parameter volumeId is invalid. Expected: 'vol-...'."),
        ("describe_volumes", {"VolumeIds": ["vol-0a"]}, "InvalidVolume.NotFound", "The volume 'vol-0a' does not exist."),
        ("describe_snapshots", {"SnapshotIds": ["snap-0a"]}, "InvalidSnapshot.NotFound", "The snapshot 'snap-0a' does not exist."),
        ("describe_security_groups", {"GroupIds": ["sg-web"]}, "InvalidGroupId.Malformed", 'Invalid id: "sg-web" (expecting "sg-...")'),
        ("describe_key_pairs", {"KeyNames": ["none"]}, "InvalidKeyPair.NotFound", "The key pair 'none' does not exist"),
        ("describe_vpcs", {"VpcIds": ["vpc-0a"]}, "InvalidVpcID.NotFound", "The vpc ID 'vpc-0a' does not exist"),
        ("describe_subnets", {"SubnetIds": ["subnet-0a"]}, "InvalidSubnetID.NotFound", "The subnet ID 'subnet-0a' does not exist"),
        ("describe_vpc_peering_connections", {"VpcPeeringConnectionIds": ["pcx-0a"]}, "InvalidVpcPeeringConnectionID.NotFound", "The vpcPeeringConnection ID 'pcx-0a' does not exist"),
        ("describe_transit_gateways", {"TransitGatewayIds": ["tgw-0a"]}, "InvalidTransitGatewayID.NotFound", "Transit Gateway tgw-0a was deleted or does not exist."),
        ("describe_vpn_connections", {"VpnConnectionIds": ["vpn-0a"]}, "InvalidVpnConnectionID.NotFound", "The vpnConnection ID 'vpn-0a' does not exist"),
        ("describe_client_vpn_endpoints", {"ClientVpnEndpointIds": ["cvpn-endpoint-0a"]}, "InvalidClientVpnEndpointId.NotFound", "Endpoint cvpn-endpoint-0a does not exist"),
        ("describe_vpc_endpoint_service_permissions", {"ServiceId": "vpce-svc-0a"}, "InvalidVpcEndpointServiceId.NotFound", "The VpcEndpointService Id 'vpce-svc-0a' does not exist"),
        ("create_security_group", {"GroupName": "sg-web", "Description": "x"}, "InvalidParameterValue", "Value (sg-web) for parameter GroupName is invalid. Group names may not be in the format sg-*."),
        ("run_instances", {"MinCount": 1, "MaxCount": 1}, "MissingParameter", "The request must contain the parameter ImageId"),
        ("run_instances", {"MinCount": 1, "MaxCount": 1, "ImageId": "ami-0a", "InstanceType": "t99.huge"}, "InvalidParameterValue", "Invalid value 't99.huge' for InstanceType."),
    ],
)  # fmt: skip
def test_what_is_not_there(ec2: Any, operation: str, parameters: dict[str, Any], code: str, message: str) -> None:
    error = error_of(getattr(ec2, operation), **parameters)
    assert (error.code, error.message) == (code, message)


def test_what_there_never_is(ec2: Any) -> None:
    """Nothing makes transit gateways, VPNs or peerings: the lists are empty, and making one is not built."""
    assert ec2.describe_transit_gateways()["TransitGateways"] == []
    assert ec2.describe_client_vpn_endpoints()["ClientVpnEndpoints"] == []
    assert ec2.describe_vpc_peering_connections()["VpcPeeringConnections"] == []
    assert ec2.describe_vpn_connections()["VpnConnections"] == []
    assert error_of(ec2.create_vpc_peering_connection, VpcId="vpc-0a").code == "NotImplemented"
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    assert ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"] == []
    assert error_of(ec2.describe_stale_security_groups, VpcId="vpc-0a").code == "InvalidVpcID.NotFound"


def test_members_that_are_always_there(ec2: Any) -> None:
    """What clients read without asking whether it is there, of a running instance and of a terminated one."""
    id = launch(ec2, register_image(ec2, "plain"))["InstanceId"]
    always = {
        "AmiLaunchIndex", "Architecture", "BlockDeviceMappings", "ClientToken", "EbsOptimized", "EnaSupport", "Hypervisor", "ImageId",
        "InstanceId", "InstanceType", "LaunchTime", "Monitoring", "NetworkInterfaces", "Placement", "PrivateDnsName", "ProductCodes",
        "PublicDnsName", "RootDeviceType", "SecurityGroups", "State", "StateTransitionReason", "VirtualizationType",
    }  # fmt: skip
    for _ in range(2):
        [reservation] = ec2.describe_instances(InstanceIds=[id])["Reservations"]
        assert set(reservation["Instances"][0]) >= always
        assert set(reservation) >= {"ReservationId", "OwnerId", "Groups", "Instances"}
        ec2.terminate_instances(InstanceIds=[id])
    group = ec2.create_security_group(GroupName="web", Description="x")["GroupId"]
    [shown] = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"]
    assert shown["IpPermissions"] == [] and shown["Description"] == "x"
    [egress] = shown["IpPermissionsEgress"]
    # Traffic of all protocols has no ports.
    assert set(egress) == {"IpProtocol", "UserIdGroupPairs", "IpRanges", "Ipv6Ranges", "PrefixListIds"}
