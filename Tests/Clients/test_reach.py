"""`gatehouse reach`: what reaches an interface, computed of the routes, network ACLs and groups that EC2's API has made."""

from __future__ import annotations

import json
from typing import Any

from harness import Identity, Server
from harness.server import gatehouse


def reach(server: Server, *words: str) -> list[dict[str, Any]]:
    done = gatehouse("reach", *words, "--format", "json", "--data", str(server.data))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return json.loads(done.stdout)


def test_from_the_internet_and_from_another_interface(root: Identity, server: Server) -> None:
    ec2 = root.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=subnet["VpcId"])["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]},
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": group}]},
    ])
    one, other = [
        ec2.create_network_interface(SubnetId=subnet["SubnetId"], Groups=[group])["NetworkInterface"]["NetworkInterfaceId"]
        for _ in range(2)
    ]
    [report] = reach(server, one)
    assert report["ways"] == []
    assert [barrier["code"] for barrier in report["barriers"]] == ["IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"]

    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=one)
    [report] = reach(server, one)
    assert [(way["services"], way["sources"]) for way in report["ways"]] == [("tcp 22", "198.51.100.0/24"), ("tcp 443", "IPv4")]
    assert [step["type"] for step in report["ways"][1]["path"]] == [
        "AWS::EC2::InternetGateway", "AWS::EC2::RouteTable", "AWS::EC2::NetworkAcl", "AWS::EC2::Subnet",
        "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkInterface",
    ]

    acl = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}])
    ec2.create_network_acl_entry(
        NetworkAclId=acl["NetworkAcls"][0]["NetworkAclId"], RuleNumber=50, Protocol="6", RuleAction="deny", Egress=False,
        CidrBlock="198.51.100.128/25", PortRange={"From": 0, "To": 65535})
    [report] = reach(server, one, "--protocol", "tcp", "--port", "22")
    assert [(way["services"], way["sources"]) for way in report["ways"]] == [("tcp 22", "198.51.100.0/25")]

    [report] = reach(server, one, "--from", other)
    assert {way["services"] for way in report["ways"]} == {"udp 53"}
    [report] = reach(server, one, "--from", other, "--protocol", "tcp")
    assert [barrier["code"] for barrier in report["barriers"]] == ["ENI_SG_RULES_MISMATCH"]


def test_what_can_not_be_asked(server: Server) -> None:
    done = gatehouse("reach", "i-0123456789abcdef0", "--data", str(server.data))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no instance and no network interface i-0123456789abcdef0 here.\n"
    for words in [["--port", "22"], ["--protocol", "tpc"], ["--protocol", "icmp", "--port", "8"]]:
        assert gatehouse("reach", "i-1", *words).returncode == 64
