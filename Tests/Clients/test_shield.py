"""Shield: subscription, protections, groups, health checks, contacts, the response team's access, and what AWS refuses."""

import json
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.configuration import Recording, until

BALANCER = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/app/shop/50dc6c495c0c9188"
CLASSIC = f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/old"
ADDRESS = f"arn:aws:ec2:us-east-1:{ACCOUNT}:eip-allocation/eipalloc-0123456789abcdef0"
HEALTH = "arn:aws:route53:::healthcheck/00000000-0000-4000-8000-000000000001"
UNKNOWN = "00000000-0000-4000-8000-00000000000f"
YEAR = 31_536_000


@pytest.fixture(scope="module")
def shield_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # Load balancers and addresses lie elsewhere: nobody is ever asked there.
    nowhere = ("--upstream", "elasticloadbalancing=http://127.0.0.1:9", "--upstream", "ec2=http://127.0.0.1:9")
    with Server(*nowhere, log=tmp_path_factory.mktemp("shield") / "log") as server:
        yield server


@pytest.fixture
def cloud(shield_server: Server) -> Server:
    shield_server.reset()
    return shield_server


@pytest.fixture
def shield(root: Identity) -> Any:
    client = root.client("shield")
    client.create_subscription()
    return client


def test_without_a_subscription_there_is_nothing(root: Identity) -> None:
    shield = root.client("shield")
    assert shield.get_subscription_state()["SubscriptionState"] == "INACTIVE"
    for call, given in [
        (shield.describe_subscription, {}), (shield.list_protections, {}), (shield.describe_drt_access, {}),
        (shield.describe_emergency_contact_settings, {}), (shield.list_protection_groups, {}),
        (shield.create_protection, {"Name": "shop", "ResourceArn": BALANCER}),
    ]:  # fmt: skip
        error = error_of(call, **given)
        assert (error.code, error.message) == ("ResourceNotFoundException", "The subscription does not exist.")
    assert shield.list_attacks()["AttackSummaries"] == []
    assert shield.describe_attack_statistics()["DataItems"] == [{"AttackCount": 0}]


def test_a_subscription_is_for_a_year_and_goes_on(shield_server: Server, shield: Any) -> None:
    assert shield.get_subscription_state()["SubscriptionState"] == "ACTIVE"
    assert error_of(shield.create_subscription).code == "ResourceAlreadyExistsException"
    found = shield.describe_subscription()["Subscription"]
    assert found["EndTime"] - found["StartTime"] == timedelta(seconds=YEAR)
    assert (found["TimeCommitmentInSeconds"], found["AutoRenew"]) == (YEAR, "ENABLED")
    assert {"Type": "ELB_LOAD_BALANCER", "Max": 1000} in found["Limits"]
    groups = found["SubscriptionLimits"]["ProtectionGroupLimits"]
    assert groups["MaxProtectionGroups"] == 100
    assert groups["PatternTypeLimits"]["ArbitraryPatternLimits"]["MaxMembers"] == 1000
    # It can be changed in the last 30 days alone, and deleted never.
    assert error_of(shield.update_subscription, AutoRenew="DISABLED").code == "LockedSubscriptionException"
    assert error_of(shield.delete_subscription).code == "LockedSubscriptionException"
    shield.update_subscription(AutoRenew="ENABLED")
    shield_server.advance(YEAR - 29 * 86400)
    shield.update_subscription(AutoRenew="DISABLED")
    shield.update_subscription(AutoRenew="ENABLED")
    shield_server.advance(30 * 86400)
    again = shield.describe_subscription()["Subscription"]
    assert again["EndTime"] == found["EndTime"] + timedelta(seconds=YEAR)
    shield_server.advance(YEAR - 10 * 86400)
    shield.update_subscription(AutoRenew="DISABLED")
    shield_server.advance(10 * 86400)
    assert shield.get_subscription_state()["SubscriptionState"] == "INACTIVE"
    shield.create_subscription()
    assert shield.get_subscription_state()["SubscriptionState"] == "ACTIVE"


def test_protections(shield: Any) -> None:
    id = shield.create_protection(
        Name="shop", ResourceArn=BALANCER, Tags=[{"Key": "team", "Value": "blue"}]
    )["ProtectionId"]
    assert len(id) == 36
    found = shield.describe_protection(ProtectionId=id)["Protection"]
    arn = f"arn:aws:shield::{ACCOUNT}:protection/{id}"
    assert found == {
        "Id": id, "Name": "shop", "ResourceArn": BALANCER, "HealthCheckIds": [], "ProtectionArn": arn,
    }  # fmt: skip
    assert shield.describe_protection(ResourceArn=BALANCER)["Protection"] == found
    assert shield.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "team", "Value": "blue"}]
    assert error_of(shield.create_protection, Name="again", ResourceArn=BALANCER).code == (
        "ResourceAlreadyExistsException"
    )
    assert error_of(shield.describe_protection).code == "InvalidParameterException"
    both = error_of(shield.describe_protection, ProtectionId=id, ResourceArn=BALANCER)
    assert both.code == "InvalidParameterException"
    missing = error_of(shield.describe_protection, ProtectionId=UNKNOWN)
    assert missing.code == "ResourceNotFoundException" and "protection does not exist" in missing.message
    shield.create_protection(Name="address", ResourceArn=ADDRESS)
    shield.create_protection(Name="old", ResourceArn=CLASSIC)
    names = [page["Name"] for page in shield.list_protections()["Protections"]]
    assert sorted(names) == ["address", "old", "shop"]
    for filters, expected in [
        ({"ResourceArns": [ADDRESS]}, "address"), ({"ProtectionNames": ["shop"]}, "shop"),
        ({"ResourceTypes": ["CLASSIC_LOAD_BALANCER"]}, "old"),
    ]:  # fmt: skip
        listed = shield.list_protections(InclusionFilters=filters)["Protections"]
        assert [protection["Name"] for protection in listed] == [expected]
    paginator = shield.get_paginator("list_protections")
    pages = list(paginator.paginate(PaginationConfig={"PageSize": 1}))
    assert sorted(page["Protections"][0]["Name"] for page in pages if page["Protections"]) == sorted(names)
    wrong = error_of(shield.list_protections, NextToken="nothing like it")
    assert wrong.code == "InvalidPaginationTokenException"
    shield.delete_protection(ProtectionId=id)
    assert error_of(shield.delete_protection, ProtectionId=id).code == "ResourceNotFoundException"
    assert error_of(shield.list_tags_for_resource, ResourceARN=arn).code == "ResourceNotFoundException"


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (f"arn:aws:elasticloadbalancing:us-east-1:{ACCOUNT}:loadbalancer/net/x/1", "InvalidResourceException"),
        (f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-1", "InvalidResourceException"),
        ("arn:aws:ec2:us-east-1:444455556666:eip-allocation/eipalloc-1", "InvalidResourceException"),
        (f"arn:aws:cloudfront::{ACCOUNT}:distribution/E1", "ResourceNotFoundException"),
        ("arn:aws:route53:::hostedzone/Z1", "ResourceNotFoundException"),
        ("arn:aws", "InvalidResourceException"),
    ],
)
def test_what_is_not_there_can_not_be_protected(shield: Any, arn: str, code: str) -> None:
    assert error_of(shield.create_protection, Name="x", ResourceArn=arn).code == code


def test_tags(shield: Any) -> None:
    id = shield.create_protection(Name="shop", ResourceArn=BALANCER)["ProtectionId"]
    shield.create_protection_group(
        ProtectionGroupId="all", Aggregation="SUM", Pattern="ALL", Tags=[{"Key": "a", "Value": "1"}]
    )
    arn, group = f"arn:aws:shield::{ACCOUNT}:protection/{id}", f"arn:aws:shield::{ACCOUNT}:protection-group/all"
    shield.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    shield.tag_resource(ResourceARN=group, Tags=[{"Key": "a", "Value": "3"}])
    shield.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert shield.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "b", "Value": "2"}]
    assert shield.list_tags_for_resource(ResourceARN=group)["Tags"] == [{"Key": "a", "Value": "3"}]
    twice = [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
    assert error_of(shield.tag_resource, ResourceARN=arn, Tags=twice).code == "InvalidParameterException"
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert error_of(shield.tag_resource, ResourceARN=arn, Tags=many).code == "InvalidParameterException"
    elsewhere = error_of(shield.list_tags_for_resource, ResourceARN=f"arn:aws:shield::{ACCOUNT}:attack/x")
    assert elsewhere.code == "InvalidResourceException"


def test_protection_groups(shield: Any) -> None:
    shield.create_protection(Name="shop", ResourceArn=BALANCER)
    shield.create_protection(Name="address", ResourceArn=ADDRESS)
    shield.create_protection_group(ProtectionGroupId="all", Aggregation="MAX", Pattern="ALL")
    shield.create_protection_group(
        ProtectionGroupId="balancers", Aggregation="MEAN", Pattern="BY_RESOURCE_TYPE",
        ResourceType="APPLICATION_LOAD_BALANCER",
    )  # fmt: skip
    shield.create_protection_group(
        ProtectionGroupId="some", Aggregation="SUM", Pattern="ARBITRARY", Members=[ADDRESS]
    )
    assert shield.describe_protection_group(ProtectionGroupId="some")["ProtectionGroup"] == {
        "ProtectionGroupId": "some", "Aggregation": "SUM", "Pattern": "ARBITRARY", "Members": [ADDRESS],
        "ProtectionGroupArn": f"arn:aws:shield::{ACCOUNT}:protection-group/some",
    }  # fmt: skip
    def resources(group: str) -> list[str]:
        return sorted(shield.list_resources_in_protection_group(ProtectionGroupId=group)["ResourceArns"])

    assert resources("all") == sorted([BALANCER, ADDRESS])
    assert (resources("balancers"), resources("some")) == ([BALANCER], [ADDRESS])
    listed = shield.list_protection_groups(InclusionFilters={"Patterns": ["BY_RESOURCE_TYPE"]})["ProtectionGroups"]
    assert [group["ProtectionGroupId"] for group in listed] == ["balancers"]
    listed = shield.list_protection_groups(InclusionFilters={"Aggregations": ["MAX"]})["ProtectionGroups"]
    assert [group["ProtectionGroupId"] for group in listed] == ["all"]
    shield.update_protection_group(
        ProtectionGroupId="some", Aggregation="MAX", Pattern="BY_RESOURCE_TYPE", ResourceType="ELASTIC_IP_ALLOCATION"
    )
    assert shield.describe_protection_group(ProtectionGroupId="some")["ProtectionGroup"]["Members"] == []
    for given, code in [
        ({"Pattern": "ALL", "Members": [ADDRESS]}, "InvalidParameterException"),
        ({"Pattern": "ARBITRARY"}, "InvalidParameterException"),
        ({"Pattern": "BY_RESOURCE_TYPE"}, "InvalidParameterException"),
        ({"Pattern": "ALL", "ResourceType": "GLOBAL_ACCELERATOR"}, "InvalidParameterException"),
        ({"Pattern": "ARBITRARY", "Members": [CLASSIC]}, "ResourceNotFoundException"),
    ]:
        error = error_of(shield.create_protection_group, ProtectionGroupId="new", Aggregation="SUM", **given)
        assert error.code == code, given
    again = error_of(shield.create_protection_group, ProtectionGroupId="all", Aggregation="SUM", Pattern="ALL")
    assert again.code == "ResourceAlreadyExistsException"
    shield.delete_protection_group(ProtectionGroupId="all")
    assert error_of(shield.describe_protection_group, ProtectionGroupId="all").code == "ResourceNotFoundException"


def test_health_checks(shield: Any) -> None:
    id = shield.create_protection(Name="shop", ResourceArn=BALANCER)["ProtectionId"]
    shield.associate_health_check(ProtectionId=id, HealthCheckArn=HEALTH)
    assert shield.describe_protection(ProtectionId=id)["Protection"]["HealthCheckIds"] == [HEALTH.split("/")[-1]]
    other = HEALTH.replace("000001", "000002")
    second = error_of(shield.associate_health_check, ProtectionId=id, HealthCheckArn=other)
    assert second.code == "LimitsExceededException"
    shield.disassociate_health_check(ProtectionId=id, HealthCheckArn=HEALTH)
    gone = error_of(shield.disassociate_health_check, ProtectionId=id, HealthCheckArn=HEALTH)
    assert gone.code == "ResourceNotFoundException"


PHONE = {"EmailAddress": "ops@example.com", "PhoneNumber": "+15555550100", "ContactNotes": "day"}


def test_contacts_and_proactive_engagement(shield: Any) -> None:
    assert error_of(shield.enable_proactive_engagement).code == "InvalidOperationException"
    mail = [{"EmailAddress": "ops@example.com"}]
    silent = error_of(shield.associate_proactive_engagement_details, EmergencyContactList=mail)
    assert silent.code == "InvalidParameterException" and "phone" in silent.message
    shield.update_emergency_contact_settings(EmergencyContactList=mail)
    assert shield.describe_emergency_contact_settings()["EmergencyContactList"] == mail
    shield.associate_proactive_engagement_details(EmergencyContactList=[PHONE])
    assert shield.describe_subscription()["Subscription"]["ProactiveEngagementStatus"] == "PENDING"
    again = error_of(shield.associate_proactive_engagement_details, EmergencyContactList=[PHONE])
    assert again.code == "InvalidOperationException"
    shield.enable_proactive_engagement()
    assert error_of(shield.update_emergency_contact_settings, EmergencyContactList=mail).code == (
        "InvalidParameterException"
    )
    assert shield.describe_emergency_contact_settings()["EmergencyContactList"] == [PHONE]
    shield.disable_proactive_engagement()
    shield.update_emergency_contact_settings(EmergencyContactList=[])
    assert shield.describe_subscription()["Subscription"]["ProactiveEngagementStatus"] == "DISABLED"


TEAM_POLICY = "arn:aws:iam::aws:policy/service-role/AWSShieldDRTAccessPolicy"


def team_role(root: Identity, name: str, service: str = "drt.shield.amazonaws.com") -> str:
    trust = policy({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})
    return str(root.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"])


def test_the_response_teams_access(root: Identity, shield: Any) -> None:
    iam, s3 = root.client("iam"), root.client("s3")
    assert error_of(shield.associate_drt_log_bucket, LogBucket="some-logs").code == "NoAssociatedRoleException"
    role = team_role(root, "team")
    without = error_of(shield.associate_drt_role, RoleArn=role)
    assert without.code == "InvalidParameterException" and "AWSShieldDRTAccessPolicy" in without.message
    iam.attach_role_policy(RoleName="team", PolicyArn=TEAM_POLICY)
    foreign = team_role(root, "foreign", "ec2.amazonaws.com")
    iam.attach_role_policy(RoleName="foreign", PolicyArn=TEAM_POLICY)
    untrusting = error_of(shield.associate_drt_role, RoleArn=foreign)
    assert untrusting.code == "InvalidParameterException" and "drt.shield.amazonaws.com" in untrusting.message
    absent = error_of(shield.associate_drt_role, RoleArn=role + "less")
    assert absent.code == "ResourceNotFoundException"
    shield.associate_drt_role(RoleArn=role)
    assert error_of(shield.associate_drt_role, RoleArn=role).code == "InvalidOperationException"
    # The bucket's policy lets the team read, and keeps what it says besides.
    assert error_of(shield.associate_drt_log_bucket, LogBucket="no-such-logs").code == "ResourceNotFoundException"
    s3.create_bucket(Bucket="some-logs")
    other = {
        "Sid": "Other", "Effect": "Deny", "Principal": "*", "Action": "s3:DeleteBucket",
        "Resource": "arn:aws:s3:::some-logs",
    }  # fmt: skip
    s3.put_bucket_policy(Bucket="some-logs", Policy=policy(other))
    shield.associate_drt_log_bucket(LogBucket="some-logs")
    statements = json.loads(s3.get_bucket_policy(Bucket="some-logs")["Policy"])["Statement"]
    assert [statement["Sid"] for statement in statements] == ["Other", "AWSDDoSResponseTeamAccessS3Bucket"]
    assert statements[1]["Principal"] == {"Service": "drt.shield.amazonaws.com"}
    assert error_of(shield.associate_drt_log_bucket, LogBucket="some-logs").code == "InvalidOperationException"
    access = shield.describe_drt_access()
    assert (access["RoleArn"], access["LogBucketList"]) == (role, ["some-logs"])
    assert error_of(shield.disassociate_drt_role).code == "InvalidOperationException"
    shield.disassociate_drt_log_bucket(LogBucket="some-logs")
    assert json.loads(s3.get_bucket_policy(Bucket="some-logs")["Policy"])["Statement"] == [other]
    shield.disassociate_drt_role()
    assert "RoleArn" not in shield.describe_drt_access()


def test_a_role_is_given_only_by_who_may_pass_it(root: Identity, shield: Any, new_user: Callable[..., Identity]) -> None:
    role = team_role(root, "team")
    root.client("iam").attach_role_policy(RoleName="team", PolicyArn=TEAM_POLICY)
    looks = new_user("look", allow("shield:*"), allow(["iam:GetRole", "iam:ListAttachedRolePolicies"], role))
    denied = error_of(looks.client("shield").associate_drt_role, RoleArn=role)
    assert denied.code == "AccessDeniedForDependencyException" and "iam:PassRole" in denied.message
    s3 = root.client("s3")
    s3.create_bucket(Bucket="some-logs")
    shield.associate_drt_role(RoleArn=role)
    denied = error_of(looks.client("shield").associate_drt_log_bucket, LogBucket="some-logs")
    assert denied.code == "AccessDeniedForDependencyException" and "s3:GetBucketPolicy" in denied.message


def test_policies_decide_by_protections_and_their_tags(
    root: Identity, shield: Any, new_user: Callable[..., Identity]
) -> None:
    blue = shield.create_protection(Name="a", ResourceArn=BALANCER, Tags=[{"Key": "team", "Value": "blue"}])
    red = shield.create_protection(Name="b", ResourceArn=ADDRESS, Tags=[{"Key": "team", "Value": "red"}])
    condition = {"StringEquals": {"aws:ResourceTag/team": "blue"}}
    user = new_user("blue", allow("shield:*Protection", Condition=condition)).client("shield")
    assert user.describe_protection(ProtectionId=blue["ProtectionId"])["Protection"]["Name"] == "a"
    assert user.describe_protection(ResourceArn=BALANCER)["Protection"]["Name"] == "a"
    for call, given in [
        (user.describe_protection, {"ProtectionId": red["ProtectionId"]}),
        (user.describe_protection, {"ResourceArn": ADDRESS}),
        (user.delete_protection, {"ProtectionId": red["ProtectionId"]}),
        (user.list_protections, {}), (user.create_subscription, {}),
        # It would have no tag.
        (user.create_protection, {"Name": "c", "ResourceArn": CLASSIC}),
    ]:  # fmt: skip
        assert error_of(call, **given).code in ("AccessDeniedException", "AccessDenied"), given
    user.delete_protection(ProtectionId=blue["ProtectionId"])


VISIBILITY = {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": "shop"}


def web_acl(root: Identity, *rules: dict[str, Any], name: str = "shop") -> str:
    waf = root.client("wafv2")
    made = waf.create_web_acl(
        Name=name, Scope="REGIONAL", DefaultAction={"Allow": {}}, VisibilityConfig=VISIBILITY, Rules=list(rules),
        Description="the shop",
    )  # fmt: skip
    arn = str(made["Summary"]["ARN"])
    waf.associate_web_acl(WebACLArn=arn, ResourceArn=BALANCER)
    return arn


def test_the_automatic_response_is_a_rule_group_in_the_web_acl(root: Identity, shield: Any) -> None:
    waf = root.client("wafv2")
    block, count = {"Block": {}}, {"Count": {}}
    enable = shield.enable_application_layer_automatic_response
    assert error_of(enable, ResourceArn=BALANCER, Action=block).code == "ResourceNotFoundException"
    shield.create_protection(Name="shop", ResourceArn=BALANCER)
    alone = error_of(enable, ResourceArn=BALANCER, Action=block)
    assert alone.code == "InvalidOperationException" and "web ACL" in alone.message
    own = {
        "Name": "de", "Priority": 1, "Statement": {"GeoMatchStatement": {"CountryCodes": ["DE"]}},
        "Action": {"Count": {}}, "VisibilityConfig": VISIBILITY,
    }  # fmt: skip
    acl = web_acl(root, own)
    assert error_of(enable, ResourceArn=BALANCER, Action={}).code == "InvalidParameterException"
    enable(ResourceArn=BALANCER, Action=block)
    assert error_of(enable, ResourceArn=BALANCER, Action=block).code == "InvalidOperationException"
    response = shield.describe_protection(ResourceArn=BALANCER)["Protection"]
    assert response["ApplicationLayerAutomaticResponseConfiguration"] == {"Status": "ENABLED", "Action": block}
    found = waf.get_web_acl(ARN=acl)["WebACL"]
    assert found["Description"] == "the shop" and found["Capacity"] == 151 and found["Rules"][0] == own
    rule = found["Rules"][1]
    assert rule["Name"].startswith(f"ShieldMitigationRuleGroup_{ACCOUNT}_{found['Id']}_")
    assert (rule["Priority"], rule["OverrideAction"]) == (10_000_000, {"None": {}})
    group = rule["Statement"]["RuleGroupReferenceStatement"]["ARN"]
    assert group.split(":")[4] not in ("", ACCOUNT)
    # It is none of the account's own groups, but the web ACL can be changed with it.
    assert waf.list_rule_groups(Scope="REGIONAL")["RuleGroups"] == []
    waf.update_web_acl(
        Name="shop", Scope="REGIONAL", Id=found["Id"], DefaultAction={"Block": {}}, VisibilityConfig=VISIBILITY,
        Rules=found["Rules"], LockToken=waf.get_web_acl(ARN=acl)["LockToken"],
    )  # fmt: skip
    update = shield.update_application_layer_automatic_response
    assert error_of(update, ResourceArn=BALANCER, Action=block).code == "InvalidOperationException"
    update(ResourceArn=BALANCER, Action=count)
    response = shield.describe_protection(ResourceArn=BALANCER)["Protection"]
    assert response["ApplicationLayerAutomaticResponseConfiguration"]["Action"] == count
    shield.disable_application_layer_automatic_response(ResourceArn=BALANCER)
    assert waf.get_web_acl(ARN=acl)["WebACL"]["Rules"] == [own]
    response = shield.describe_protection(ResourceArn=BALANCER)["Protection"]
    assert response["ApplicationLayerAutomaticResponseConfiguration"] == {"Status": "DISABLED", "Action": count}
    again = error_of(shield.disable_application_layer_automatic_response, ResourceArn=BALANCER)
    assert again.code == "InvalidOperationException"
    assert error_of(update, ResourceArn=BALANCER, Action=block).code == "InvalidOperationException"
    # Whoever takes the protection away takes the rules with it.
    enable(ResourceArn=BALANCER, Action=block)
    assert len(waf.get_web_acl(ARN=acl)["WebACL"]["Rules"]) == 2
    shield.delete_protection(ProtectionId=response["Id"])
    assert waf.get_web_acl(ARN=acl)["WebACL"]["Rules"] == [own]
    roles = [role["RoleName"] for role in root.client("iam").list_roles()["Roles"]]
    assert "AWSServiceRoleForAWSShield" in roles


def test_the_automatic_response_needs_more_than_shields_permissions(
    root: Identity, shield: Any, new_user: Callable[..., Identity]
) -> None:
    shield.create_protection(Name="shop", ResourceArn=BALANCER)
    web_acl(root)
    user = new_user("one", allow("shield:*")).client("shield")
    enable = user.enable_application_layer_automatic_response
    denied = error_of(enable, ResourceArn=BALANCER, Action={"Block": {}})
    assert "wafv2:GetWebACLForResource" in denied.message
    user = new_user("two", allow(["shield:*", "wafv2:GetWebACLForResource"])).client("shield")
    denied = error_of(
        user.enable_application_layer_automatic_response, ResourceArn=BALANCER, Action={"Block": {}}
    )
    assert "iam:CreateServiceLinkedRole" in denied.message


def test_attacks_that_are_not_there(shield: Any) -> None:
    assert error_of(shield.describe_attack, AttackId=UNKNOWN).code == "AccessDeniedException"
    now = time.time()
    wrong = error_of(shield.list_attacks, StartTime={"FromInclusive": now, "ToExclusive": now - 1})
    assert wrong.code == "InvalidParameterException"
    assert shield.list_attacks(ResourceArns=[BALANCER], MaxResults=5)["AttackSummaries"] == []
    year = shield.describe_attack_statistics()["TimeRange"]
    assert year["ToExclusive"] - year["FromInclusive"] == timedelta(days=365)


def test_what_was_set_is_there_after_a_restart(tmp_path: Path) -> None:
    options = ("--upstream", "ec2=http://127.0.0.1:9")
    with Server(*options, data=tmp_path / "data", log=tmp_path / "log") as server:
        shield = server.root.client("shield")
        shield.create_subscription()
        id = shield.create_protection(Name="address", ResourceArn=ADDRESS)["ProtectionId"]
        shield.create_protection_group(ProtectionGroupId="all", Aggregation="SUM", Pattern="ALL")
        server.restart()
        shield = server.root.client("shield")
        assert shield.describe_protection(ResourceArn=ADDRESS)["Protection"]["Id"] == id
        assert shield.list_resources_in_protection_group(ProtectionGroupId="all")["ResourceArns"] == [ADDRESS]


def test_the_command_line(root: Identity) -> None:
    root.aws("shield", "create-subscription")
    assert root.aws("shield", "get-subscription-state")["SubscriptionState"] == "ACTIVE"
    made = root.aws("shield", "create-protection", "--name", "shop", "--resource-arn", BALANCER)
    assert len(made["ProtectionId"]) == 36
    assert root.aws("shield", "list-protections")["Protections"][0]["ResourceArn"] == BALANCER


def test_aws_config_knows_protections_by_where_they_are(root: Identity, shield: Any) -> None:
    recording = Recording(root)
    id = shield.create_protection(Name="shop", ResourceArn=BALANCER)["ProtectionId"]
    found = until(lambda: recording.current("AWS::ShieldRegional::Protection", id))
    assert (found["awsRegion"], json.loads(found["configuration"])["ResourceArn"]) == ("us-east-1", BALANCER)
    assert recording.current("AWS::Shield::Protection", id) == {}
    shield.delete_protection(ProtectionId=id)
    items = recording.items("AWS::ShieldRegional::Protection", id, 2)
    assert [one["configurationItemStatus"] for one in items] == ["ResourceDiscovered", "ResourceDeleted"]
