"""Security groups of EC2, and their rules."""

from __future__ import annotations

from typing import Any

import pytest

from harness import ACCOUNT, Identity, error_of


@pytest.fixture
def ec2(root: Identity) -> Any:
    return root.client("ec2")


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


@pytest.fixture
def group(ec2: Any, vpc: str) -> str:
    return str(ec2.create_security_group(GroupName="web", Description="of the web", VpcId=vpc)["GroupId"])


def tcp(port: int, *blocks: str, **more: Any) -> dict[str, Any]:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": block} for block in blocks]} | more


def shown(ec2: Any, group: str) -> dict[str, Any]:
    return dict(ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0])


def test_a_group_as_it_is_made(ec2: Any, vpc: str, group: str) -> None:
    found = shown(ec2, group)
    assert found["SecurityGroupArn"] == f"arn:aws:ec2:us-east-1:{ACCOUNT}:security-group/{group}"
    assert (found["GroupName"], found["Description"], found["VpcId"]) == ("web", "of the web", vpc)
    assert found["IpPermissions"] == []
    assert found["IpPermissionsEgress"] == [
        {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}], "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}
    ]
    error = error_of(ec2.create_security_group, GroupName="web", Description="x", VpcId=vpc)
    assert (error.code, error.message) == (
        "InvalidGroup.Duplicate", f"The security group 'web' already exists for VPC '{vpc}'",
    )  # fmt: skip
    # In another VPC the name is free.
    ec2.create_security_group(GroupName="web", Description="x")
    for name, code in (("default", "InvalidParameterValue"), ("sg-1", "InvalidParameterValue"), ("ä", "InvalidParameterValue")):
        assert error_of(ec2.create_security_group, GroupName=name, Description="x", VpcId=vpc).code == code
    (default,) = ec2.describe_security_groups(
        Filters=[{"Name": "vpc-id", "Values": [vpc]}, {"Name": "group-name", "Values": ["default"]}]
    )["SecurityGroups"]
    error = error_of(ec2.delete_security_group, GroupId=default["GroupId"])
    assert error.code == "CannotDelete"
    error = error_of(ec2.describe_security_groups, GroupIds=["sg-0"])
    assert (error.code, error.message) == ("InvalidGroup.NotFound", "The security group 'sg-0' does not exist")
    assert error_of(ec2.describe_security_groups, GroupIds=["web"]).code == "InvalidGroupId.Malformed"
    error = error_of(ec2.describe_security_groups, GroupNames=["nobody"])
    assert error.code == "InvalidGroup.NotFound" and "does not exist in default VPC" in error.message


def test_rules_come_and_go(ec2: Any, group: str) -> None:
    made = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            tcp(443, "0.0.0.0/0", "192.0.2.77/24"), tcp(443, Ipv6Ranges=[{"CidrIpv6": "2001:DB8::/32", "Description": "six"}]),
            {"IpProtocol": "icmp", "FromPort": 8, "ToPort": -1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
            {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]},
            {"IpProtocol": "50", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]},
        ],
    )["SecurityGroupRules"]  # fmt: skip
    assert [one.get("CidrIpv4") or one.get("CidrIpv6") for one in made] == [
        "0.0.0.0/0", "192.0.2.0/24", "2001:db8::/32", "10.0.0.0/8", None, "10.0.0.0/8",
    ]  # fmt: skip
    assert made[4]["ReferencedGroupInfo"] == {"GroupId": group, "UserId": ACCOUNT}
    (first, *_) = shown(ec2, group)["IpPermissions"]
    assert first == {
        "IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [], "UserIdGroupPairs": [],
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}, {"CidrIp": "192.0.2.0/24"}],
        "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32", "Description": "six"}],
    }  # fmt: skip
    error = error_of(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[tcp(443, "192.0.2.0/24")])
    assert (error.code, error.message) == (
        "InvalidPermission.Duplicate",
        'the specified rule "peer: 192.0.2.0/24, TCP, from port: 443, to port: 443, ALLOW" already exists',
    )
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[tcp(443, "192.0.2.0/24")])
    error = error_of(ec2.revoke_security_group_ingress, GroupId=group, IpPermissions=[tcp(443, "192.0.2.0/24")])
    assert (error.code, error.message) == (
        "InvalidPermission.NotFound", "The specified rule does not exist in this security group.",
    )  # fmt: skip
    gone = made[0]["SecurityGroupRuleId"]
    revoked = ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[gone])["RevokedSecurityGroupRules"]
    assert [one["SecurityGroupRuleId"] for one in revoked] == [gone]
    error = error_of(ec2.revoke_security_group_ingress, GroupId=group, SecurityGroupRuleIds=[gone])
    assert error.code == "InvalidSecurityGroupRuleId.NotFound"
    # One that goes out is none that comes in.
    (egress,) = [
        one for one in ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
        if one["IsEgress"]
    ]  # fmt: skip
    error = error_of(ec2.revoke_security_group_ingress, GroupId=group, SecurityGroupRuleIds=[egress["SecurityGroupRuleId"]])
    assert error.code == "InvalidSecurityGroupRuleId.NotFound"


def test_rules_of_old_clients(ec2: Any) -> None:
    """Groups by their names, and a rule by parameters of its own."""
    ec2.create_security_group(GroupName="old", Description="x")
    ec2.authorize_security_group_ingress(GroupName="old", IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="192.0.2.0/24")
    (group,) = ec2.describe_security_groups(GroupNames=["old"])["SecurityGroups"]
    assert group["IpPermissions"][0]["IpRanges"] == [{"CidrIp": "192.0.2.0/24"}]
    ec2.authorize_security_group_ingress(GroupName="old", SourceSecurityGroupName="default")
    ec2.revoke_security_group_ingress(GroupName="old", IpProtocol="6", FromPort=22, ToPort=22, CidrIp="192.0.2.0/24")
    (group,) = ec2.describe_security_groups(GroupNames=["old"])["SecurityGroups"]
    assert [one["IpProtocol"] for one in group["IpPermissions"]] == ["-1"]
    ec2.delete_security_group(GroupName="old")


def test_rules_are_changed_and_described(ec2: Any, group: str) -> None:
    (rule,) = ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[tcp(22, "192.0.2.0/24")],
        TagSpecifications=[{"ResourceType": "security-group-rule", "Tags": [{"Key": "team", "Value": "blue"}]}],
    )["SecurityGroupRules"]  # fmt: skip
    name = rule["SecurityGroupRuleId"]
    assert rule["Tags"] == [{"Key": "team", "Value": "blue"}]
    new = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "CidrIpv4": "198.51.100.0/24", "Description": "names"}
    ec2.modify_security_group_rules(
        GroupId=group, SecurityGroupRules=[{"SecurityGroupRuleId": name, "SecurityGroupRule": new}]
    )
    (found,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[name])["SecurityGroupRules"]
    assert {key: found[key] for key in new} == new and found["Tags"] == rule["Tags"]
    permission = {"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "IpRanges": [{"CidrIp": "198.51.100.0/24", "Description": "DNS"}]}
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=[permission])
    (found,) = ec2.describe_security_group_rules(Filters=[{"Name": "tag:team", "Values": ["blue"]}])["SecurityGroupRules"]
    assert found["Description"] == "DNS"
    ec2.update_security_group_rule_descriptions_ingress(
        GroupId=group, SecurityGroupRuleDescriptions=[{"SecurityGroupRuleId": name, "Description": "again"}]
    )
    assert shown(ec2, group)["IpPermissions"][0]["IpRanges"][0]["Description"] == "again"
    ec2.create_tags(Resources=[name], Tags=[{"Key": "team", "Value": "red"}])
    assert [one["Value"] for one in ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [name]}])["Tags"]] == ["red"]
    assert error_of(
        ec2.modify_security_group_rules, GroupId=group,
        SecurityGroupRules=[{"SecurityGroupRuleId": name, "SecurityGroupRule": new | {"CidrIpv6": "::/0"}}],
    ).code == "InvalidParameterCombination"  # fmt: skip


@pytest.mark.parametrize(
    ("permission", "code", "message"),
    [
        ({"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22}, "MissingParameter", "Missing source specification"),
        (tcp(22, "10.0.0.0/33"), "InvalidParameterValue", "CIDR block 10.0.0.0/33 is malformed"),
        (tcp(22, "2001:db8::/32"), "InvalidParameterValue", "CIDR block 2001:db8::/32 is malformed"),
        (tcp(70000, "10.0.0.0/8"), "InvalidParameterValue", "TCP/UDP port (70000) out of range"),
        (tcp(22, "10.0.0.0/8", ToPort=21), "InvalidParameterValue", "Invalid TCP/UDP port range (22:21)"),
        ({"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, "InvalidParameterValue", "Must specify both from and to ports"),
        ({"IpProtocol": "telnet", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, "InvalidParameterValue", "Unknown protocol"),
        ({"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": "sg-0"}]}, "InvalidGroup.NotFound", "does not exist"),
        ({"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-0"}]}, "InvalidPrefixListID.NotFound", "does not exist"),
        ({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": "ä"}]}, "InvalidParameterValue", "Invalid rule description"),
        (tcp(22, "10.0.0.0/8", "10.0.0.0/8"), "InvalidParameterValue", "The same permission must not appear multiple times"),
    ],
)  # fmt: skip
def test_rules_that_cannot_be(ec2: Any, group: str, permission: dict[str, Any], code: str, message: str) -> None:
    error = error_of(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[permission])
    assert error.code == code and message in error.message, error
    assert shown(ec2, group)["IpPermissions"] == []


def test_groups_of_another_vpc_are_no_peers(ec2: Any, group: str) -> None:
    other = ec2.create_security_group(GroupName="other", Description="x")["GroupId"]
    permission = {"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": other}]}
    error = error_of(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[permission])
    assert (error.code, error.message) == (
        "InvalidGroup.NotFound", "You have specified two resources that belong to different networks.",
    )  # fmt: skip


def test_a_group_that_is_named_stays(ec2: Any, vpc: str, group: str) -> None:
    other = ec2.create_security_group(GroupName="database", Description="x", VpcId=vpc)["GroupId"]
    permission = tcp(5432, UserIdGroupPairs=[{"GroupId": group}])
    ec2.authorize_security_group_ingress(GroupId=other, IpPermissions=[permission])
    error = error_of(ec2.delete_security_group, GroupId=group)
    assert (error.code, error.message) == ("DependencyViolation", f"resource {group} has a dependent object")
    named = ec2.describe_security_groups(Filters=[{"Name": "ip-permission.group-id", "Values": [group]}])
    assert [one["GroupId"] for one in named["SecurityGroups"]] == [other]
    ec2.revoke_security_group_ingress(GroupId=other, IpPermissions=[permission])
    ec2.delete_security_group(GroupId=group)


def test_limits(ec2: Any, group: str) -> None:
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[tcp(port, "10.0.0.0/8") for port in range(1, 61)])
    error = error_of(ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[tcp(61, "10.0.0.0/8")])
    assert (error.code, error.message) == (
        "RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.",
    )  # fmt: skip
    # Those that go out are counted apart.
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[tcp(61, "10.0.0.0/8")])


def test_the_cli(root: Identity) -> None:
    group = root.aws("ec2", "create-security-group", "--group-name", "cli", "--description", "x")["GroupId"]
    rule = root.aws(
        "ec2", "authorize-security-group-ingress", "--group-id", group, "--protocol", "tcp", "--port", "22", "--cidr", "192.0.2.0/24"
    )["SecurityGroupRules"][0]  # fmt: skip
    assert (rule["FromPort"], rule["CidrIpv4"]) == (22, "192.0.2.0/24")
    root.aws("ec2", "delete-security-group", "--group-id", group)
    error = root.aws_refused("ec2", "delete-security-group", "--group-id", group)
    assert error.code == "InvalidGroup.NotFound"
