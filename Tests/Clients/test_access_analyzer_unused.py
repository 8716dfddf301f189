"""Unused access: roles, keys, passwords and permissions that nobody uses are found, and findings resolve by themselves.

https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-findings.html
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.clock import server_with_clock, sign_by
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

pytestmark = pytest.mark.memory

DAY = 86_400
EC2 = trust({"Service": "ec2.amazonaws.com"})


def arn(name: str, account: str = ACCOUNT) -> str:
    return f"arn:aws:iam::{account}:{name}"


class Unused:
    """An analyzer of unused access."""

    def __init__(self, identity: Identity, kind: str = "ACCOUNT_UNUSED_ACCESS", rules: Any = None, **configuration: Any):
        self.api = identity.client("accessanalyzer")
        if rules:
            configuration["analysisRule"] = {"exclusions": rules}
        more = {"configuration": {"unusedAccess": configuration}} if configuration else {}
        self.arn = self.api.create_analyzer(analyzerName="unused", type=kind, **more)["arn"]

    def findings(self, status: str = "ACTIVE") -> dict[tuple[str, str], dict[str, Any]]:
        """By the name of the user or role, and the type."""
        pages = self.api.get_paginator("list_findings_v2").paginate(
            analyzerArn=self.arn, filter={"status": {"eq": [status]}})
        found: dict[tuple[str, str], dict[str, Any]] = {}
        for page in pages:
            for one in page["findings"]:
                found[one["resource"].split("/")[-1], one["findingType"]] = one
        return found

    def details(self, name: str, kind: str) -> list[dict[str, Any]]:
        """Without their outermost names; none where there is no such finding."""
        found = self.findings().get((name, kind))
        if found is None:
            return []
        id = found["id"]
        pages = self.api.get_paginator("get_finding_v2").paginate(analyzerArn=self.arn, id=id)
        return [value for page in pages for one in page["findingDetails"] for value in one.values()]

    def wait(self, condition: Callable[[dict[tuple[str, str], dict[str, Any]]], bool]) -> dict[tuple[str, str], dict[str, Any]]:
        """Until the findings are so: soon after a change."""
        deadline = time.monotonic() + PATIENCE
        while not condition(found := self.findings()):
            assert time.monotonic() < deadline, found.keys()
            time.sleep(0.2)
        return found


def test_a_role_that_nobody_uses(cloud: Server, root: Identity, new_role: Callable[..., str]) -> None:
    unused = Unused(root)
    new_role("idle", trust({"AWS": arn("root")}), allow("s3:*"))
    new_role("young", EC2)
    root.iam.create_service_linked_role(AWSServiceName="ecs.amazonaws.com")
    assert unused.findings() == {}
    cloud.advance(89 * DAY)
    assert unused.findings() == {}
    root.iam.delete_role(RoleName="young")
    new_role("young", EC2)
    cloud.advance(2 * DAY)
    found = unused.findings()
    # Neither what is younger, nor service-linked roles; and of an unused role not its permissions.
    assert set(found) == {("idle", "UnusedIAMRole")}
    one = found["idle", "UnusedIAMRole"]
    assert one["resource"] == arn("role/idle") and one["resourceType"] == "AWS::IAM::Role"
    assert one["resourceOwnerAccount"] == ACCOUNT and one["status"] == "ACTIVE"
    assert unused.details("idle", "UnusedIAMRole") == [{}]

    # It resolves soon after the role is used.
    user = root.iam.create_user(UserName="alice")["User"]["Arn"]
    root.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("sts:AssumeRole")))
    root.iam.update_assume_role_policy(RoleName="idle", PolicyDocument=trust({"AWS": user}))
    alice = Identity.of_key(cloud.url, root.iam.create_access_key(UserName="alice")["AccessKey"])
    session = alice.sts.assume_role(RoleArn=arn("role/idle"), RoleSessionName="shift")["Credentials"]
    Identity.of_session(cloud.url, session).client("s3").list_buckets()
    cloud.advance(11)
    found = unused.wait(lambda found: ("idle", "UnusedIAMRole") not in found)
    assert ("idle", "UnusedIAMRole") in unused.findings("RESOLVED")
    # A role that is used again is old enough for its permissions to be looked at.
    assert set(found) == {("idle", "UnusedPermission")}

    cloud.advance(91 * DAY)
    (detail,) = unused.details("idle", "UnusedIAMRole")
    assert "lastAccessed" in detail
    root.iam.delete_role_policy(RoleName="idle", PolicyName="own")
    root.iam.delete_role(RoleName="idle")
    unused.wait(lambda found: ("idle", "UnusedIAMRole") not in found)


def test_a_new_analyzer_looks_at_once(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    """What is used right after its first look, before anybody follows the calls, is seen, too."""
    alice = new_user("alice", allow("iam:ListUsers"))
    cloud.advance(2 * DAY)
    unused = Unused(root, unusedAccessAge=1)
    unused.wait(lambda found: set(found) == {("alice", "UnusedIAMUserAccessKey")})
    alice.iam.list_users()
    cloud.advance(11)
    assert unused.findings() == {}
    # An analyzer that comes later does not depend on what one before it had followed.
    unused.api.delete_analyzer(analyzerName="unused")
    cloud.advance(2 * DAY)
    unused = Unused(root, unusedAccessAge=1)
    unused.wait(lambda found: set(found) == {("alice", "UnusedIAMUserAccessKey")})
    alice.iam.list_users()
    cloud.advance(11)
    assert unused.findings() == {}


def test_keys_and_passwords(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", allow("iam:GetUser"))
    second = root.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    third = new_user("bob")
    root.iam.create_login_profile(UserName="alice", Password="Correct-Horse-7-battery")
    unused = Unused(root, unusedAccessAge=30)
    cloud.advance(31 * DAY)
    alice.iam.get_user()
    cloud.advance(11)
    found = unused.wait(lambda found: ("bob", "UnusedIAMUserAccessKey") in found)
    keys = [one for one in unused.api.list_findings_v2(
        analyzerArn=unused.arn, filter={"findingType": {"eq": ["UnusedIAMUserAccessKey"]}, "status": {"eq": ["ACTIVE"]}}
    )["findings"]]
    unused.wait(lambda found: len(unused.api.list_findings_v2(
        analyzerArn=unused.arn,
        filter={"findingType": {"eq": ["UnusedIAMUserAccessKey"]}, "status": {"eq": ["ACTIVE"]}})["findings"]) == 2)
    assert found["alice", "UnusedIAMUserPassword"]["resourceType"] == "AWS::IAM::User"
    assert unused.details("alice", "UnusedIAMUserPassword") == [{}]
    assert unused.details("bob", "UnusedIAMUserAccessKey") == [{"accessKeyId": third.key_id}]
    assert unused.details("alice", "UnusedIAMUserAccessKey") == [{"accessKeyId": second}]
    assert len(keys) in (2, 3)

    # Whatever takes the credential away resolves the finding.
    root.iam.update_access_key(UserName="alice", AccessKeyId=second, Status="Inactive")
    root.iam.delete_access_key(UserName="bob", AccessKeyId=third.key_id)
    root.iam.delete_login_profile(UserName="alice")
    unused.wait(lambda found: found == {})
    root.iam.update_access_key(UserName="alice", AccessKeyId=second, Status="Active")
    unused.wait(lambda found: set(found) == {("alice", "UnusedIAMUserAccessKey")})


def test_permissions_by_service_and_action(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    statement = allow([
        "iam:ListUsers", "iam:GetUser", "iam:CreateUser", "sqs:*", "s3:List*", "kms:ListKeys", "kms:ListAliases"])
    alice = new_user("alice", statement)
    unused = Unused(root)
    alice.client("kms").list_aliases()
    cloud.advance(91 * DAY)
    root.client("s3").create_bucket(Bucket="box")
    alice.iam.list_users()
    alice.client("s3").list_objects_v2(Bucket="box")
    alice.client("kms").list_keys()
    cloud.advance(DAY)
    details = {one["serviceNamespace"]: one for one in unused.details("alice", "UnusedPermission")}
    assert set(details) == {"iam", "sqs", "s3", "kms"}
    # Of a service that was not used at all there is no more to say.
    assert details["sqs"] == {"serviceNamespace": "sqs"}
    assert [one["action"] for one in details["iam"]["actions"]] == ["iam:CreateUser", "iam:GetUser"]
    assert "lastAccessed" in details["iam"] and "lastAccessed" not in details["iam"]["actions"][0]
    # That of an action is when it was used, however long ago.
    (aliases,) = details["kms"]["actions"]
    assert aliases["action"] == "kms:ListAliases" and aliases["lastAccessed"] < details["kms"]["lastAccessed"]
    # ListObjectsV2 needs s3:ListBucket: that is no operation, and nothing is said of it.
    assert "s3:ListBucket" not in [one["action"] for one in details["s3"].get("actions", [])]

    # Use, and another policy, change the finding; the same one.
    id = unused.findings()["alice", "UnusedPermission"]["id"]
    alice.iam.get_user()
    alice.client("kms").list_aliases()
    cloud.advance(11)
    deadline = time.monotonic() + PATIENCE
    while True:
        details = {one["serviceNamespace"]: one for one in unused.details("alice", "UnusedPermission")}
        if [one["action"] for one in details["iam"]["actions"]] == ["iam:CreateUser"] and "kms" not in details:
            break
        assert time.monotonic() < deadline, details
        time.sleep(0.2)
    root.iam.put_user_policy(
        UserName="alice", PolicyName="own", PolicyDocument=policy(allow(["iam:ListUsers", "sqs:SendMessage"])))
    deadline = time.monotonic() + PATIENCE
    while unused.details("alice", "UnusedPermission") != [{"serviceNamespace": "sqs"}]:
        assert time.monotonic() < deadline, unused.details("alice", "UnusedPermission")
        time.sleep(0.2)
    assert unused.findings()["alice", "UnusedPermission"]["id"] == id
    root.iam.put_user_policy(UserName="alice", PolicyName="own", PolicyDocument=policy(allow("iam:ListUsers")))
    unused.wait(lambda found: ("alice", "UnusedPermission") not in found)


def test_policies_of_groups_and_managed_ones_count(
    cloud: Server, root: Identity, new_user: Callable[..., Identity]
) -> None:
    made = root.iam.create_policy(PolicyName="queues", PolicyDocument=policy(allow("sqs:*")))["Policy"]["Arn"]
    alice = new_user("alice", allow("iam:GetUser"))
    root.iam.create_group(GroupName="readers")
    root.iam.put_group_policy(GroupName="readers", PolicyName="p", PolicyDocument=policy(allow("sns:*")))
    root.iam.add_user_to_group(GroupName="readers", UserName="alice")
    unused = Unused(root)
    cloud.advance(91 * DAY)
    alice.iam.get_user()
    cloud.advance(DAY)

    def services() -> list[str]:
        return [one["serviceNamespace"] for one in unused.details("alice", "UnusedPermission")]

    def wait(expected: list[str]) -> None:
        deadline = time.monotonic() + PATIENCE
        while services() != expected:
            assert time.monotonic() < deadline, services()
            time.sleep(0.2)

    wait(["sns"])
    root.iam.attach_group_policy(GroupName="readers", PolicyArn=made)
    wait(["sns", "sqs"])
    root.iam.create_policy_version(
        PolicyArn=made, PolicyDocument=policy(allow("sqs:*"), allow("swf:*")), SetAsDefault=True)
    wait(["sns", "sqs", "swf"])
    root.iam.remove_user_from_group(GroupName="readers", UserName="alice")
    wait([])


def test_exclusions(cloud: Server, root: Identity, new_role: Callable[..., str]) -> None:
    new_role("kept", EC2)
    new_role("tagged", EC2, Tags=[{"Key": "Purpose", "Value": "break-glass"}])
    new_role("other", EC2, Tags=[{"Key": "Purpose", "Value": "app"}])
    unused = Unused(root, unusedAccessAge=1)
    cloud.advance(2 * DAY)
    assert {name for name, _ in unused.findings()} >= {"kept", "tagged", "other"}

    def exclude(*tags: dict[str, str]) -> None:
        unused.api.update_analyzer(analyzerName="unused", configuration={
            "unusedAccess": {"analysisRule": {"exclusions": [{"resourceTags": list(tags)}]}}})

    exclude({"Purpose": "break-glass"})
    unused.wait(lambda found: ("tagged", "UnusedIAMRole") not in found and ("other", "UnusedIAMRole") in found)
    # An empty value stands for any.
    exclude({"purpose": ""})
    found = unused.wait(lambda found: ("other", "UnusedIAMRole") not in found)
    assert ("kept", "UnusedIAMRole") in found
    root.iam.untag_role(RoleName="tagged", TagKeys=["Purpose"])
    unused.wait(lambda found: ("tagged", "UnusedIAMRole") in found)


def test_an_organization(cloud: Server) -> None:
    org = NewOrganization(cloud)
    org.api.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    member, other = org.member("member"), org.member("other")
    for one in (member, other):
        one.admin.iam.create_role(RoleName="idle", AssumeRolePolicyDocument=EC2)
    rules = [{"accountIds": [other.account]}]
    unused = Unused(org.organizer, "ORGANIZATION_UNUSED_ACCESS", rules, unusedAccessAge=10)
    cloud.advance(11 * DAY)
    found = {one["resource"] for one in unused.findings().values()}
    assert arn("role/idle", member.account) in found
    assert arn("role/idle", other.account) not in found
    one = next(one for one in unused.findings().values() if one["resource"] == arn("role/idle", member.account))
    assert one["resourceOwnerAccount"] == member.account
    # What left the organization is looked at no more.
    org.api.remove_account_from_organization(AccountId=member.account)
    cloud.advance(DAY)
    assert arn("role/idle", member.account) not in {one["resource"] for one in unused.findings().values()}


def test_archive_rules_hold_for_them(cloud: Server, root: Identity, new_role: Callable[..., str]) -> None:
    unused = Unused(root, unusedAccessAge=1)
    unused.api.create_archive_rule(
        analyzerName="unused", ruleName="roles", filter={"findingType": {"eq": ["UnusedIAMRole"]}})
    new_role("idle", EC2)
    cloud.advance(2 * DAY)
    assert unused.findings() == {}
    assert ("idle", "UnusedIAMRole") in unused.findings("ARCHIVED")


def timeless(findings: Any) -> Any:
    """Findings but for when they were last looked at."""
    return {key: {name: value for name, value in one.items() if name != "analyzedAt"} for key, one in findings.items()}



def test_over_kills_and_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was used is known after a kill -9, findings are kept, and a recommendation that was asked for is made."""
    server, clock = server_with_clock(tmp_path, "--audit", "strict", data=tmp_path / "data")
    sign_by(clock, monkeypatch)

    def again(later: int = 0) -> Identity:
        server.kill()
        clock.advance(later)
        server.start()
        unused.api = server.root.client("accessanalyzer")
        return Identity(server.url, alice.key_id, alice.secret)

    with server:
        iam = server.root.iam
        iam.create_role(RoleName="idle", AssumeRolePolicyDocument=EC2)
        iam.create_user(UserName="alice")
        iam.put_user_policy(
            UserName="alice", PolicyName="own",
            PolicyDocument=policy(allow(["iam:ListUsers", "iam:GetUser", "iam:TagUser", "iam:CreateUser", "sqs:*"])))
        alice = Identity.of_key(server.url, iam.create_access_key(UserName="alice")["AccessKey"])
        unused = Unused(server.root, unusedAccessAge=30)
        alice.iam.get_user()
        alice = again(31 * DAY)
        alice.iam.list_users()
        alice.iam.create_user(UserName="new", Tags=[{"Key": "a", "Value": "b"}])
        again(DAY)
        found = unused.wait(lambda found: ("alice", "UnusedPermission") in found)
        assert set(found) == {("idle", "UnusedIAMRole"), ("alice", "UnusedPermission")}
        user, queues = unused.details("alice", "UnusedPermission")
        assert queues == {"serviceNamespace": "sqs"}
        (action,) = user["actions"]
        assert action["action"] == "iam:GetUser" and action["lastAccessed"] < user["lastAccessed"]

        id = found["alice", "UnusedPermission"]["id"]
        unused.api.generate_finding_recommendation(analyzerArn=unused.arn, id=id)
        again()
        # Looked at again, and found as it was.
        assert timeless(unused.findings()) == timeless(found)
        deadline = time.monotonic() + PATIENCE
        while (made := unused.api.get_finding_recommendation(analyzerArn=unused.arn, id=id))["status"] == "IN_PROGRESS":
            assert time.monotonic() < deadline
            time.sleep(0.2)
        assert made["status"] == "SUCCEEDED"
        create = made["recommendedSteps"][0]["unusedPermissionsRecommendedStep"]
        assert '"Action":["iam:CreateUser","iam:ListUsers","iam:TagUser"]' in create["recommendedPolicy"]
