"""Who may do what with EC2: every resource is asked for, tags too; dry runs; denials that say why to whoever may know."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Trail, allow, deny, error_of, trust

PLACE = f"arn:aws:ec2:us-east-1:{ACCOUNT}"


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


def denied(call: Any, action: str, resource: str, **parameters: Any) -> str:
    """A call that is denied for want of something; and the encoded message."""
    error = error_of(call, **parameters)
    assert (error.code, error.status) == ("UnauthorizedOperation", 403), error
    text, _, encoded = error.message.partition(" Encoded authorization failure message: ")
    assert text.startswith("You are not authorized to perform this operation. User: arn:aws:iam::")
    assert f"is not authorized to perform: {action} on resource: {resource} because no identity-based policy allows" in text, text
    return encoded


def test_a_dry_run_asks_the_policies_and_no_more(ec2: Any, new_user: Any) -> None:
    error = error_of(ec2.create_vpc, CidrBlock="10.0.0.0/16", DryRun=True)
    assert (error.code, error.status) == ("DryRunOperation", 412)
    assert error.message == "Request would have succeeded, but DryRun flag is set."
    assert len(ec2.describe_vpcs()["Vpcs"]) == 1
    alice = new_user("alice").client("ec2")
    denied(alice.create_vpc, "ec2:CreateVpc", f"{PLACE}:vpc/*", CidrBlock="10.0.0.0/16", DryRun=True)
    assert error_of(ec2.describe_vpcs, DryRun=True).code == "DryRunOperation"


def test_a_denial_says_why_to_whoever_may_know(root: Identity, new_user: Any, trail: Trail) -> None:
    alice = new_user("alice")
    encoded = denied(alice.client("ec2").create_vpc, "ec2:CreateVpc", f"{PLACE}:vpc/*", CidrBlock="10.0.0.0/16")
    decoded = json.loads(root.sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
    assert not decoded["allowed"] and decoded["context"]["action"] == "ec2:CreateVpc"
    assert decoded["context"]["principal"]["arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    conditions = {one["key"]: one["values"]["items"][0]["value"] for one in decoded["context"]["conditions"]["items"]}
    assert conditions["ec2:region"] == "us-east-1" and conditions["ec2:tenancy"] == "default"
    assert error_of(alice.sts.decode_authorization_message, EncodedMessage=encoded).code == "AccessDenied"
    error = error_of(alice.client("ec2").describe_vpcs)
    record = trail.of(error)
    assert record["errorCode"] == "Client.UnauthorizedOperation" and record["eventSource"] == "ec2.amazonaws.com"


def test_every_resource_is_asked_for(ec2: Any, root: Identity, new_user: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    alice = new_user("alice", allow("ec2:CreateSubnet", f"{PLACE}:subnet/*"))
    wanted = {"VpcId": vpc, "CidrBlock": "10.0.1.0/24"}
    client = alice.client("ec2")
    denied(client.create_subnet, "ec2:CreateSubnet", f"{PLACE}:vpc/{vpc}", **wanted)
    tags = [{"ResourceType": "subnet", "Tags": [{"Key": "team", "Value": "blue"}]}]
    give(root, "alice", allow("ec2:CreateSubnet", [f"{PLACE}:subnet/*", f"{PLACE}:vpc/{vpc}"]))
    denied(client.create_subnet, "ec2:CreateTags", f"{PLACE}:subnet/*", **wanted, TagSpecifications=tags)
    of_create = {"StringEquals": {"ec2:CreateAction": "CreateSubnet", "aws:RequestTag/team": "blue"}}
    give(
        root, "alice", allow("ec2:CreateSubnet", [f"{PLACE}:subnet/*", f"{PLACE}:vpc/{vpc}"]),
        allow("ec2:CreateTags", f"{PLACE}:subnet/*", Condition=of_create),
    )  # fmt: skip
    subnet = client.create_subnet(**wanted, TagSpecifications=tags)["Subnet"]
    assert subnet["Tags"] == [{"Key": "team", "Value": "blue"}]
    # What may be tagged as it is made may not be tagged later.
    denied(
        client.create_tags, "ec2:CreateTags", f"{PLACE}:subnet/{subnet['SubnetId']}",
        Resources=[subnet["SubnetId"]], Tags=[{"Key": "team", "Value": "blue"}],
    )  # fmt: skip


def give(root: Identity, user: str, *statements: dict[str, Any]) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
    root.iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)


def test_conditions_on_tags_and_vpcs(ec2: Any, new_user: Any) -> None:
    """The permissions of AWS's own examples: whoever may change only what is tagged as theirs, in one VPC."""
    blue, red = (
        ec2.create_vpc(
            CidrBlock=f"10.{number}.0.0/16", TagSpecifications=[{"ResourceType": "vpc", "Tags": [{"Key": "team", "Value": team}]}]
        )["Vpc"]["VpcId"]
        for number, team in enumerate(("blue", "red"))
    )
    groups = {
        vpc: ec2.create_security_group(GroupName="x", Description="x", VpcId=vpc)["GroupId"] for vpc in (blue, red)
    }
    alice = new_user(
        "alice",
        allow("ec2:DeleteVpc", Condition={"StringEquals": {"ec2:ResourceTag/team": "blue"}}),
        allow("ec2:AuthorizeSecurityGroupIngress", Condition={"ArnEquals": {"ec2:Vpc": f"{PLACE}:vpc/{blue}"}}),
        allow("ec2:DescribeSecurityGroups", Condition={"StringEquals": {"ec2:Region": "us-east-1"}}),
    ).client("ec2")
    permission = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]
    alice.authorize_security_group_ingress(GroupId=groups[blue], IpPermissions=permission)
    denied(
        alice.authorize_security_group_ingress, "ec2:AuthorizeSecurityGroupIngress", f"{PLACE}:security-group/{groups[red]}",
        GroupId=groups[red], IpPermissions=permission,
    )  # fmt: skip
    assert len(alice.describe_security_groups()["SecurityGroups"]) == 5
    ec2.delete_security_group(GroupId=groups[blue])
    alice.delete_vpc(VpcId=blue)
    denied(alice.delete_vpc, "ec2:DeleteVpc", f"{PLACE}:vpc/{red}", VpcId=red)


def test_whoever_may_not_learns_nothing_of_what_is_there(ec2: Any, new_user: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    alice = new_user("alice").client("ec2")
    for name in (vpc, "vpc-0123456789abcdef0"):
        denied(alice.delete_vpc, "ec2:DeleteVpc", f"{PLACE}:vpc/{name}", VpcId=name)


def test_tags(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_tags(Resources=[vpc, subnet], Tags=[{"Key": "team", "Value": "blue"}, {"Key": "Team", "Value": "red"}])
    listed = ec2.describe_tags(Filters=[{"Name": "key", "Values": ["?eam"]}])["Tags"]
    assert {(one["ResourceId"], one["ResourceType"], one["Key"], one["Value"]) for one in listed} == {
        (vpc, "vpc", "team", "blue"), (vpc, "vpc", "Team", "red"),
        (subnet, "subnet", "team", "blue"), (subnet, "subnet", "Team", "red"),
    }  # fmt: skip
    ec2.delete_tags(Resources=[vpc], Tags=[{"Key": "team", "Value": "green"}, {"Key": "Team"}])
    assert ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["Tags"] == [{"Key": "team", "Value": "blue"}]
    ec2.delete_tags(Resources=[vpc])
    assert not ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags")
    many = [{"Key": str(number), "Value": ""} for number in range(51)]
    error = error_of(ec2.create_tags, Resources=[vpc], Tags=many)
    assert (error.code, error.message) == (
        "TagLimitExceeded", "The maximum number of Tags for a resource has been reached.",
    )  # fmt: skip
    error = error_of(ec2.create_tags, Resources=[vpc], Tags=[{"Key": "aws:x", "Value": ""}])
    assert error.message == "Tag keys starting with 'aws:' are reserved for internal use"
    assert error_of(ec2.create_tags, Resources=["nothing"], Tags=[{"Key": "a", "Value": ""}]).code == "InvalidID"
    # All or nothing.
    error = error_of(ec2.create_tags, Resources=[vpc, "vpc-0"], Tags=[{"Key": "a", "Value": ""}])
    assert error.code == "InvalidVpcID.NotFound"
    assert not ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0].get("Tags")
    wrong = [{"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "b"}]}]
    error = error_of(ec2.create_vpc, CidrBlock="10.1.0.0/16", TagSpecifications=wrong)
    assert error.message == "'subnet' is not a valid taggable resource type for this operation."


def test_policies_of_endpoints_are_checked(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    table = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["RouteTables"][0]["RouteTableId"]
    wanted = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": [table]}
    assert error_of(ec2.create_vpc_endpoint, **wanted, PolicyDocument="{").code == "InvalidPolicyDocument"
    own = json.dumps({"Statement": [allow("s3:GetObject", Principal="*") | {"Resource": "*"}]})
    endpoint = ec2.create_vpc_endpoint(**wanted, PolicyDocument=own)["VpcEndpoint"]
    assert endpoint["VpcEndpointType"] == "Gateway" and json.loads(endpoint["PolicyDocument"]) == json.loads(own)
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    assert routes[1]["DestinationPrefixListId"] == "pl-63a5400a" and routes[1]["GatewayId"] == endpoint["VpcEndpointId"]
    assert error_of(ec2.create_vpc_endpoint, **wanted).code == "RouteAlreadyExists"
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint["VpcEndpointId"], ResetPolicy=True, RemoveRouteTableIds=[table])
    (shown,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"]])["VpcEndpoints"]
    assert json.loads(shown["PolicyDocument"])["Statement"][0]["Action"] == "*" and shown["RouteTableIds"] == []
    assert error_of(ec2.create_vpc_endpoint, VpcId=vpc, ServiceName="com.amazonaws.us-east-1.nothing").code == "InvalidServiceName"
    assert error_of(ec2.delete_vpc, VpcId=vpc).code == "DependencyViolation"
    (failed,) = ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint["VpcEndpointId"], "vpce-0"])["Unsuccessful"]
    assert failed["ResourceId"] == "vpce-0"
    ec2.delete_vpc(VpcId=vpc)


def test_an_interface_endpoint_is_in_its_subnets(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    one, two = (
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
        for number, zone in enumerate("ab")
    )
    wanted = {"VpcId": vpc, "ServiceName": "com.amazonaws.us-east-1.sts", "VpcEndpointType": "Interface", "SubnetIds": [one]}
    error = error_of(ec2.create_vpc_endpoint, **wanted)
    assert error.code == "InvalidParameter" and "enableDnsHostnames" in error.message
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    endpoint = ec2.create_vpc_endpoint(**wanted)["VpcEndpoint"]
    name = endpoint["VpcEndpointId"]
    (interface,) = ec2.describe_network_interfaces(NetworkInterfaceIds=endpoint["NetworkInterfaceIds"])["NetworkInterfaces"]
    assert interface["InterfaceType"] == "vpc_endpoint" and interface["RequesterManaged"] and interface["SubnetId"] == one
    assert error_of(ec2.delete_network_interface, NetworkInterfaceId=interface["NetworkInterfaceId"]).code == (
        "OperationNotPermitted"
    )
    assert [entry["DnsName"] for entry in endpoint["DnsEntries"]][-1] == "sts.us-east-1.amazonaws.com"
    assert error_of(ec2.create_vpc_endpoint, **wanted | {"SubnetIds": [two]}).code == "InvalidParameter"
    ec2.modify_vpc_endpoint(VpcEndpointId=name, AddSubnetIds=[two], RemoveSubnetIds=[one])
    (shown,) = ec2.describe_vpc_endpoints(VpcEndpointIds=[name])["VpcEndpoints"]
    assert shown["SubnetIds"] == [two] and len(shown["NetworkInterfaceIds"]) == 1
    ec2.delete_vpc_endpoints(VpcEndpointIds=[name])
    for subnet in (one, two):
        ec2.delete_subnet(SubnetId=subnet)
    services = ec2.describe_vpc_endpoint_services(Filters=[{"Name": "service-type", "Values": ["Gateway"]}])
    assert services["ServiceNames"] == ["com.amazonaws.us-east-1.dynamodb", "com.amazonaws.us-east-1.s3"]


def test_flow_logs(ec2: Any, root: Identity, new_user: Any, new_role: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    role = new_role("flow", trust({"Service": "vpc-flow-logs.amazonaws.com"}))
    wanted = {
        "ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "REJECT", "LogGroupName": "flows",
        "DeliverLogsPermissionArn": role,
    }  # fmt: skip
    alice = new_user("alice", allow("ec2:CreateFlowLogs")).client("ec2")
    denied(alice.create_flow_logs, "iam:PassRole", role, **wanted)
    (log,) = ec2.create_flow_logs(**wanted)["FlowLogIds"]
    (shown,) = ec2.describe_flow_logs(FlowLogIds=[log])["FlowLogs"]
    assert (shown["TrafficType"], shown["LogGroupName"], shown["FlowLogStatus"]) == ("REJECT", "flows", "ACTIVE")
    assert shown["LogFormat"].startswith("${version} ${account-id}") and shown["MaxAggregationInterval"] == 600
    (failed,) = ec2.create_flow_logs(**wanted)["Unsuccessful"]
    assert failed["Error"]["Code"] == "FlowLogAlreadyExists"
    assert error_of(ec2.create_flow_logs, **wanted | {"LogFormat": "${colour}"}).code == "InvalidParameter"
    # A bucket's policy is made to let the files in.
    root.client("s3").create_bucket(Bucket="flow-files")
    to_bucket = {
        "ResourceIds": [vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::flow-files/vpcs",
    }  # fmt: skip
    (files,) = ec2.create_flow_logs(**to_bucket)["FlowLogIds"]
    document = json.loads(root.client("s3").get_bucket_policy(Bucket="flow-files")["Policy"])
    assert document["Statement"][0]["Resource"] == f"arn:aws:s3:::flow-files/vpcs/AWSLogs/{ACCOUNT}/*"
    bob = new_user("bob", allow("ec2:CreateFlowLogs"), allow("logs:CreateLogDelivery")).client("ec2")
    root.client("s3").create_bucket(Bucket="flow-other")
    error = error_of(bob.create_flow_logs, **to_bucket | {"LogDestination": "arn:aws:s3:::flow-other"})
    assert error.message == "Access Denied for LogDestination: flow-other. Please check LogDestination permission"
    found = ec2.describe_flow_logs(Filter=[{"Name": "resource-id", "Values": [vpc]}])["FlowLogs"]
    assert sorted(one["FlowLogId"] for one in found) == sorted([log, files])
    assert not ec2.delete_flow_logs(FlowLogIds=[log, files]).get("Unsuccessful")
    assert error_of(ec2.describe_flow_logs, FlowLogIds=[log]).code == "InvalidFlowLogId.NotFound"


def test_an_explicit_deny(ec2: Any, new_user: Any) -> None:
    alice = new_user(
        "alice", allow("ec2:*"), deny("ec2:CreateVpc", Condition={"StringNotEquals": {"ec2:Region": "eu-central-1"}})
    ).client("ec2")
    error = error_of(alice.create_vpc, CidrBlock="10.0.0.0/16")
    assert "with an explicit deny in an identity-based policy" in error.message
