"""`gatehouse reach`: what reaches an interface, computed of the routes, network ACLs and groups that EC2's API has made."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Server
from harness.instances import launch
from harness.server import gatehouse

TYPES = [
    "AWS::EC2::InternetGateway", "AWS::EC2::RouteTable", "AWS::EC2::NetworkAcl", "AWS::EC2::Subnet",
    "AWS::EC2::SecurityGroup", "AWS::EC2::NetworkInterface",
]  # fmt: skip


@pytest.fixture
def cloud(tmp_path: Path) -> Iterator[Server]:
    with Server(data=tmp_path / "data") as server:
        yield server


def reach(server: Server, *words: str, status: int = 0) -> list[dict[str, Any]]:
    done = gatehouse("reach", *words, "--format", "json", *server.place)
    assert (done.returncode, done.stderr) == (status, ""), done.stderr
    return list(json.loads(done.stdout))


def ways(report: dict[str, Any]) -> list[tuple[str, str]]:
    return [(way["services"], way["sources"]) for way in report["ways"]]


def codes(report: dict[str, Any]) -> list[str]:
    return [barrier["code"] for barrier in report["barriers"]]


def test_from_the_internet_from_a_block_and_from_another_interface(cloud: Server) -> None:
    ec2 = cloud.root.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]
    group = ec2.create_security_group(GroupName="web", Description="web", VpcId=subnet["VpcId"])["GroupId"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
        {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "198.51.100.0/24"}]},
        {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "UserIdGroupPairs": [{"GroupId": group}]},
    ])  # fmt: skip
    one, other = [
        ec2.create_network_interface(SubnetId=subnet["SubnetId"], Groups=[group])["NetworkInterface"] for _ in range(2)
    ]
    id = one["NetworkInterfaceId"]
    [report] = reach(cloud, id, status=1)
    assert report["ways"] == [] and codes(report) == ["IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS"]
    assert (report["accountId"], report["region"], report["networkInterface"]) == (ACCOUNT, "us-east-1", id)

    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=id)
    [report] = reach(cloud, id)
    assert ways(report) == [("tcp 22", "198.51.100.0/24"), ("tcp 443", "IPv4")]
    assert [step["type"] for step in report["ways"][1]["path"]] == TYPES
    [report] = reach(cloud, id, "--port", "22")
    assert ways(report) == [("tcp 22", "198.51.100.0/24")]
    [report] = reach(cloud, id, "--from", "198.51.100.7")
    assert ways(report) == [("tcp 22, tcp 443", "198.51.100.7/32")]
    [report] = reach(cloud, id, "--from", "203.0.113.0/24", "--port", "22", status=1)
    assert codes(report) == ["ENI_SG_RULES_MISMATCH"] * 2 and report["source"] == "203.0.113.0/24"

    acls = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet["SubnetId"]]}])
    acl = acls["NetworkAcls"][0]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl, RuleNumber=50, Protocol="6", RuleAction="deny", Egress=False, CidrBlock="198.51.100.128/25",
        PortRange={"From": 0, "To": 65535},
    )  # fmt: skip
    [report] = reach(cloud, id, "--protocol", "tcp", "--port", "22")
    assert ways(report) == [("tcp 22", "198.51.100.0/25")]
    [report] = reach(cloud, id, "--from", "198.51.100.128/25", "--port", "22", status=1)
    found = [(barrier["services"], barrier["code"], barrier["component"]) for barrier in report["barriers"]]
    assert found == [("tcp 22", "SUBNET_ACL_RESTRICTION", acl), ("udp 22", "ENI_SG_RULES_MISMATCH", group)]

    [report] = reach(cloud, id, "--from", other["NetworkInterfaceId"])
    assert {way["services"] for way in report["ways"]} == {"tcp 443, udp 53"}
    [report] = reach(cloud, id, "--from", other["NetworkInterfaceId"], "--protocol", "tcp", "--port", "22", status=1)
    assert codes(report) == ["ENI_SG_RULES_MISMATCH"]
    # Of a block of the VPC's own, all who are in it.
    [report] = reach(cloud, id, "--from", f"{other['PrivateIpAddress']}/32", "--protocol", "udp")
    assert report["source"] == other["NetworkInterfaceId"] and {way["services"] for way in report["ways"]} == {"udp 53"}
    [report] = reach(cloud, id, "--from", "10.99.0.0/16", status=1)
    assert report["ways"] == []


def test_an_instance_in_words(cloud: Server) -> None:
    ec2 = cloud.root.client("ec2")
    instance = launch(cloud.root)
    described = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    interface, group = described["NetworkInterfaces"][0]["NetworkInterfaceId"], described["SecurityGroups"][0]["GroupId"]
    done = gatehouse("reach", instance, *cloud.place)
    assert done.returncode == 1 and done.stdout.splitlines()[0] == f"Nothing from the internet reaches {instance} ({interface})."
    assert f"  ENI_SG_RULES_MISMATCH: {group} has no inbound rule for it." in done.stdout.splitlines()
    ec2.authorize_security_group_ingress(GroupId=group, IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0")
    done = gatehouse("reach", instance, *cloud.place)
    assert done.returncode == 0, done.stdout
    first, second, path = done.stdout.splitlines()
    assert first == f"From the internet to {instance} ({interface}):" and second == "  tcp 22 from IPv4, MEDIUM"
    assert path.startswith("    igw-") and path.endswith(f" > {interface} > {instance}") and f" > {group} (sgr-" in path
    # What it sends to itself is not filtered.
    assert gatehouse("reach", instance, "--from", instance, *cloud.place).returncode == 0


def test_what_can_not_be_asked(cloud: Server, tmp_path: Path) -> None:
    done = gatehouse("reach", "i-0123456789abcdef0", *cloud.place)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "There is no instance and no network interface i-0123456789abcdef0 here.\n"
    wrong = [
        ["--port", "65536"], ["--protocol", "tpc"], ["--protocol", "icmp", "--port", "8"], ["--from", "10.0.0.0/33"],
        ["--from", "web"], ["--database", "postgres://x@y/z"],
    ]  # fmt: skip
    for words in wrong:
        assert gatehouse("reach", "i-0123456789abcdef0", *words, "--data", str(tmp_path)).returncode == 64, words
    assert gatehouse("reach", "web", "--data", str(tmp_path)).returncode == 64
    done = gatehouse("reach", "i-0123456789abcdef0", "--data", str(tmp_path / "none"))
    assert done.returncode == 2 and done.stderr
