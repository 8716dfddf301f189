"""What analyzers find: who from outside a zone of trust has access, and who inside; found anew after each change."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, error_of
from harness.documents import allow, deny
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

OTHER = "444455556666"
THIRD = "222222222222"


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(principal: Any, action: Any = "sts:AssumeRole", **more: Any) -> str:
    return document({"Effect": "Allow", "Principal": principal, "Action": action, **more})


class Analyzer:
    """An analyzer, and what is asked of it."""

    def __init__(self, owner: Identity, kind: str = "ACCOUNT", name: str = "main", **more: Any):
        self.api = owner.client("accessanalyzer")
        self.name = name
        self.arn = self.api.create_analyzer(analyzerName=name, type=kind, **more)["arn"]
        self.until(lambda: self.api.get_analyzer(analyzerName=name)["analyzer"]["status"] == "ACTIVE")

    @staticmethod
    def until(found: Callable[[], Any], within: float = PATIENCE) -> Any:
        deadline = time.monotonic() + within
        while not (result := found()):
            assert time.monotonic() < deadline, "not found in time"
            time.sleep(0.02)
        return result

    def findings(self, status: str | None = "ACTIVE", **criteria: list[str]) -> list[dict[str, Any]]:
        wanted: dict[str, Any] = {key: {"eq": value} for key, value in criteria.items()}
        if status:
            wanted["status"] = {"eq": [status]}
        pages = self.api.get_paginator("list_findings").paginate(analyzerArn=self.arn, filter=wanted)
        return [finding for page in pages for finding in page["findings"]]

    def one(self, resource: str, status: str = "ACTIVE") -> dict[str, Any]:
        """The one finding of a resource; waits for it."""
        found = self.until(lambda: self.findings(status, resource=[resource]))
        assert len(found) == 1, found
        return found[0]

    def until_none(self, resource: str) -> None:
        self.until(lambda: not self.findings("ACTIVE", resource=[resource]))

    def is_analyzed(self, resource: str) -> None:
        """Waits until a resource has been looked at."""
        pages = self.api.get_paginator("list_analyzed_resources")
        self.until(
            lambda: any(
                one["resourceArn"] == resource
                for page in pages.paginate(analyzerArn=self.arn) for one in page["analyzedResources"]))


@pytest.fixture
def analyzer(root: Identity) -> Analyzer:
    return Analyzer(root)


def test_a_role_that_another_account_may_assume(root: Identity, analyzer: Analyzer) -> None:
    """AWS: "IAM Access Analyzer findings", "external access"."""
    role = root.iam.create_role(
        RoleName="shared", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{OTHER}:root"}))["Role"]["Arn"]
    finding = analyzer.one(role)
    assert (finding["principal"], finding["action"]) == ({"AWS": OTHER}, ["sts:AssumeRole"])
    assert (finding["resourceType"], finding["resourceOwnerAccount"]) == ("AWS::IAM::Role", ACCOUNT)
    assert (finding["isPublic"], finding["condition"]) == (False, {})
    assert finding["resourceControlPolicyRestriction"] == "NOT_APPLICABLE"
    assert "sources" not in finding and "error" not in finding

    shown = analyzer.api.get_finding(analyzerArn=analyzer.arn, id=finding["id"])["finding"]
    assert shown == finding
    newer = analyzer.api.get_finding_v2(analyzerArn=analyzer.arn, id=finding["id"])
    assert newer["findingType"] == "ExternalAccess"
    (details,) = newer["findingDetails"]
    assert details["externalAccessDetails"]["principal"] == {"AWS": OTHER}

    root.iam.update_assume_role_policy(RoleName="shared", PolicyDocument=trust({"AWS": ACCOUNT}))
    analyzer.until_none(role)
    assert analyzer.one(role, "RESOLVED")["id"] == finding["id"]

    # What comes back is the same finding.
    root.iam.update_assume_role_policy(RoleName="shared", PolicyDocument=trust({"AWS": OTHER}))
    assert analyzer.one(role)["id"] == finding["id"]
    root.iam.delete_role(RoleName="shared")
    analyzer.until_none(role)


def test_what_was_there_before_the_analyzer(root: Identity) -> None:
    root.iam.create_role(RoleName="old", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    root.iam.create_role(
        RoleName="web",
        AssumeRolePolicyDocument=trust(
            {"Federated": "accounts.google.com"}, "sts:AssumeRoleWithWebIdentity",
            Condition={"StringEquals": {"accounts.google.com:aud": "app"}}))
    root.iam.create_role(RoleName="lambda", AssumeRolePolicyDocument=trust({"Service": "lambda.amazonaws.com"}))
    analyzer = Analyzer(root)
    found = {finding["resource"].rsplit("/", 1)[-1]: finding for finding in analyzer.findings()}
    assert set(found) == {"old", "web"}
    assert found["web"]["principal"] == {"Federated": "accounts.google.com"}
    assert found["web"]["condition"] == {"accounts.google.com:aud": "app"}
    shown = analyzer.api.get_analyzer(analyzerName="main")["analyzer"]
    assert shown["lastResourceAnalyzed"].startswith("arn:aws:") and shown["lastResourceAnalyzedAt"]
    listed = analyzer.api.list_analyzed_resources(analyzerArn=analyzer.arn, resourceType="AWS::IAM::Role")
    names = {one["resourceArn"].rsplit("/", 1)[-1] for one in listed["analyzedResources"]}
    assert {"old", "web", "lambda"} <= names
    # Roles are looked at in each Region.
    there = root.client("accessanalyzer", region="eu-west-1")
    arn = there.create_analyzer(analyzerName="there", type="ACCOUNT")["arn"]
    Analyzer.until(lambda: len(there.list_findings(analyzerArn=arn)["findings"]) == 2)


def bucket(root: Identity, name: str, *statements: dict[str, Any]) -> str:
    root.client("s3").create_bucket(Bucket=name)
    root.client("s3").delete_public_access_block(Bucket=name)
    if statements:
        root.client("s3").put_bucket_policy(Bucket=name, Policy=document(*statements))
    return f"arn:aws:s3:::{name}"


def reads(name: str, principal: Any, **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow", "Principal": principal, "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{name}/*", **more}


def test_a_public_bucket_until_it_is_blocked(root: Identity, analyzer: Analyzer) -> None:
    arn = bucket(root, "open-to-all", reads("open-to-all", "*"))
    finding = analyzer.one(arn)
    assert (finding["isPublic"], finding["principal"]) == (True, {"AWS": "*"})
    assert finding["action"] == ["s3:GetObject"]
    assert finding["sources"] == [{"type": "POLICY"}]
    shown = analyzer.api.get_analyzed_resource(analyzerArn=analyzer.arn, resourceArn=arn)["resource"]
    assert (shown["isPublic"], shown["status"], shown["sharedVia"]) == (True, "ACTIVE", ["POLICY"])
    assert shown["actions"] == ["s3:GetObject"]

    block = {
        name: True for name in ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")}
    root.client("s3").put_public_access_block(Bucket="open-to-all", PublicAccessBlockConfiguration=block)
    analyzer.until_none(arn)
    root.client("s3").delete_public_access_block(Bucket="open-to-all")
    assert analyzer.one(arn)["id"] == finding["id"]
    # The whole account's.
    control = root.client("s3control")
    control.put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=block)
    analyzer.until_none(arn)
    shown = analyzer.api.get_analyzed_resource(analyzerArn=analyzer.arn, resourceArn=arn)["resource"]
    assert (shown["isPublic"], shown["status"]) == (False, "RESOLVED")
    control.delete_public_access_block(AccountId=ACCOUNT)
    analyzer.one(arn)


def test_an_organization_blocks_public_access(cloud: Server) -> None:
    """https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3.html"""
    organization = NewOrganization(cloud)
    organization.api.enable_policy_type(RootId=organization.root_id, PolicyType="S3_POLICY")
    unit = organization.unit("apps")
    member = organization.member("dev")
    organization.move(member, unit)
    owner = member.admin
    analyzer = Analyzer(owner)
    arn = bucket(owner, "by-account", reads("by-account", "*"))
    finding = analyzer.one(arn)
    control = owner.client("s3control")
    point = control.create_access_point(
        AccountId=member.account, Name="way", Bucket="by-account",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False),
    )["AccessPointArn"]
    public = {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"{point}/object/*"}
    control.put_access_point_policy(AccountId=member.account, Name="way", Policy=document(public))
    by_point = {"type": "S3_ACCESS_POINT", "detail": {"accessPointArn": point}}
    analyzer.until(lambda: analyzer.one(arn)["sources"] == [{"type": "POLICY"}, by_point])

    def setting(value: str, **more: Any) -> str:
        block = {"public_access_block_configuration": {"@@assign": value} | more}
        return organization.policy(json.dumps({"s3_attributes": block}), "S3_POLICY")

    def block(value: bool) -> dict[str, bool]:
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        return dict.fromkeys(names, value)

    def shown() -> Any:
        return control.get_public_access_block(AccountId=member.account)["PublicAccessBlockConfiguration"]

    # Of the root, of the unit, of the account: what is below says otherwise, unless it may not.
    everything, nothing = setting("all"), setting("none")
    for target in (organization.root_id, unit, member.account):
        organization.attach(everything, target)
        analyzer.until_none(arn)
        assert shown() == block(True)
        organization.detach(everything, target)
        assert analyzer.one(arn)["id"] == finding["id"]
        assert error_of(control.get_public_access_block, AccountId=member.account).code == (
            "NoSuchPublicAccessBlockConfiguration")
    organization.attach(everything, organization.root_id)
    analyzer.until_none(arn)
    public["Resource"] = "arn:aws:s3:::by-account/*"
    refused = error_of(owner.client("s3").put_bucket_policy, Bucket="by-account", Policy=document(public))
    assert refused.code == "AccessDenied"
    organization.attach(nothing, unit)
    analyzer.one(arn)
    assert shown() == block(False)
    # The account's own settings can't be changed meanwhile; they count again afterwards.
    for call, more in [
        (control.put_public_access_block, {"PublicAccessBlockConfiguration": block(True)}),
        (control.delete_public_access_block, {}),
    ]:
        refused = error_of(call, AccountId=member.account, **more)
        assert (refused.code, refused.status) == ("AccessDenied", 403)
    organization.detach(nothing, unit)
    organization.detach(everything, organization.root_id)
    control.put_public_access_block(AccountId=member.account, PublicAccessBlockConfiguration=block(True))
    analyzer.until_none(arn)
    organization.attach(nothing, unit)
    analyzer.one(arn)
    organization.api.disable_policy_type(RootId=organization.root_id, PolicyType="S3_POLICY")
    analyzer.until_none(arn)
    assert shown() == block(True)


def test_an_organization_forbids_exceptions(cloud: Server) -> None:
    organization = NewOrganization(cloud)
    organization.api.enable_policy_type(RootId=organization.root_id, PolicyType="S3_POLICY")
    member = organization.member("dev")
    s3 = member.admin.client("s3")
    s3.create_bucket(Bucket="mine")
    s3.delete_public_access_block(Bucket="mine")
    s3.put_object(Bucket="mine", Key="a", Body=b"1")
    s3.put_bucket_policy(Bucket="mine", Policy=document(reads("mine", "*")))
    stranger = organization.management.client("s3")
    assert stranger.get_object(Bucket="mine", Key="a")["Body"].read() == b"1"

    def attach(value: str, target: str, **more: Any) -> None:
        block = {"public_access_block_configuration": {"@@assign": value} | more}
        organization.attach(organization.policy(json.dumps({"s3_attributes": block}), "S3_POLICY"), target)

    attach("all", organization.root_id, **{"@@operators_allowed_for_child_policies": ["@@none"]})
    assert error_of(stranger.get_object, Bucket="mine", Key="a").code == "AccessDenied"
    assert s3.get_object(Bucket="mine", Key="a")["Body"].read() == b"1"
    attach("none", member.account)
    assert error_of(stranger.get_object, Bucket="mine", Key="a").code == "AccessDenied"


def test_conditions_confine_or_are_shown(root: Identity, analyzer: Analyzer) -> None:
    confined = {"Condition": {"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}}
    arn = bucket(root, "confined", reads("confined", "*", **confined))
    analyzer.is_analyzed(arn)
    assert analyzer.findings(resource=[arn]) == []
    vpcs = {"Condition": {"StringEquals": {"aws:SourceVpc": ["vpc-a", "vpc-b"]}}}
    shown = bucket(root, "by-vpc", reads("by-vpc", "*", **vpcs))
    found = analyzer.until(lambda: analyzer.findings(resource=[shown]))
    assert sorted(finding["condition"]["aws:SourceVpc"] for finding in found) == ["vpc-a", "vpc-b"]
    assert not any(finding["isPublic"] for finding in found)
    # A deny that spares one organization, for an analyzer of an account.
    denies = {
        "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}}
    spared = bucket(root, "by-org", reads("by-org", "*"), denies)
    assert analyzer.one(spared)["condition"] == {"aws:PrincipalOrgID": "o-abcdefghij"}


def test_access_control_lists(root: Identity, analyzer: Analyzer) -> None:
    arn = bucket(root, "listed")
    root.client("s3").put_bucket_ownership_controls(
        Bucket="listed", OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]})
    root.client("s3").put_bucket_acl(Bucket="listed", ACL="public-read")
    finding = analyzer.one(arn)
    assert (finding["isPublic"], finding["sources"]) == (True, [{"type": "BUCKET_ACL"}])
    assert "s3:ListBucket" in finding["action"]
    root.client("s3").put_bucket_acl(Bucket="listed", ACL="private")
    analyzer.until_none(arn)


def test_access_points(root: Identity, analyzer: Analyzer) -> None:
    """AWS: "Delegating access control to access points", `access-points-policies.html` in the S3 User Guide."""
    delegate = {
        "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "*",
        "Resource": ["arn:aws:s3:::delegating", "arn:aws:s3:::delegating/*"],
        "Condition": {"StringEquals": {"s3:DataAccessPointAccount": ACCOUNT}}}
    arn = bucket(root, "delegating", delegate)
    analyzer.is_analyzed(arn)
    assert analyzer.findings(resource=[arn]) == []
    control = root.client("s3control")
    point = control.create_access_point(
        AccountId=ACCOUNT, Name="for-them", Bucket="delegating",
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": False, "IgnorePublicAcls": False, "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False})["AccessPointArn"]
    control.put_access_point_policy(
        AccountId=ACCOUNT, Name="for-them",
        Policy=document({
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}, "Action": "s3:GetObject",
            "Resource": f"{point}/object/shared/*"}))
    finding = analyzer.one(arn)
    assert (finding["principal"], finding["action"]) == ({"AWS": OTHER}, ["s3:GetObject"])
    assert finding["sources"] == [{"type": "S3_ACCESS_POINT", "detail": {"accessPointArn": point}}]
    control.delete_access_point_policy(AccountId=ACCOUNT, Name="for-them")
    analyzer.until_none(arn)
    # Delegated to another account's access points.
    theirs = {**delegate, "Condition": {"StringEquals": {"s3:DataAccessPointAccount": OTHER}}}
    root.client("s3").put_bucket_policy(Bucket="delegating", Policy=document(theirs))
    finding = analyzer.one(arn)
    assert finding["sources"] == [{"type": "S3_ACCESS_POINT_ACCOUNT", "detail": {"accessPointAccount": OTHER}}]


def test_keys_with_policies_and_grants(root: Identity, analyzer: Analyzer) -> None:
    kms = root.client("kms")
    own = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    theirs = {"Effect": "Allow", "Principal": {"AWS": OTHER}, "Action": ["kms:Decrypt", "kms:Encrypt"], "Resource": "*"}
    key = kms.create_key(Policy=document(own))["KeyMetadata"]["Arn"]
    analyzer.is_analyzed(key)
    assert analyzer.findings(resource=[key]) == []
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(own, theirs))
    finding = analyzer.one(key)
    assert (finding["principal"], finding["action"]) == ({"AWS": OTHER}, ["kms:Decrypt", "kms:Encrypt"])
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=document(own))
    analyzer.until_none(key)

    grant = kms.create_grant(
        KeyId=key, GranteePrincipal=f"arn:aws:iam::{THIRD}:root", Operations=["Decrypt", "DescribeKey"],
        Constraints={"EncryptionContextEquals": {"Team": "red"}})["GrantId"]
    found = analyzer.until(lambda: analyzer.findings(resource=[key]))
    by_condition = {json.dumps(one["condition"]): one for one in found}
    assert by_condition['{"kms:EncryptionContext:Team": "red"}']["action"] == ["kms:Decrypt"]
    assert by_condition["{}"]["action"] == ["kms:DescribeKey"]
    assert {one["principal"]["AWS"] for one in found} == {THIRD}
    kms.revoke_grant(KeyId=key, GrantId=grant)
    analyzer.until_none(key)


def test_an_organization_is_trusted_by_its_analyzer(cloud: Server) -> None:
    organization = NewOrganization(cloud)
    member = organization.member("dev")
    organization.api.enable_aws_service_access(ServicePrincipal="access-analyzer.amazonaws.com")
    within = Analyzer(organization.management, "ORGANIZATION", "all")
    mine = Analyzer(organization.management, "ACCOUNT", "mine")
    iam = organization.management.iam
    shared = iam.create_role(
        RoleName="shared", AssumeRolePolicyDocument=trust({"AWS": member.account}))["Role"]["Arn"]
    assert mine.one(shared)["principal"] == {"AWS": member.account}
    within.is_analyzed(shared)
    assert within.findings(resource=[shared]) == []
    # The member's own resources are looked at as well.
    theirs = member.admin.iam.create_role(
        RoleName="outside", AssumeRolePolicyDocument=trust({"AWS": THIRD}))["Role"]["Arn"]
    finding = within.one(theirs)
    assert finding["resourceOwnerAccount"] == member.account
    assert mine.findings(resource=[theirs]) == []
    # An account that leaves is trusted no longer, and its resources are nobody's concern.
    cloud.advance(4 * 86_400 + 60)
    organization.api.remove_account_from_organization(AccountId=member.account)
    assert within.one(shared)["principal"] == {"AWS": member.account}
    within.until_none(theirs)


def test_archive_rules_filters_and_order(root: Identity) -> None:
    rule = {"ruleName": "known", "filter": {"principal.AWS": {"eq": [OTHER]}}}
    analyzer = Analyzer(root, archiveRules=[rule])
    for name, account in [("a", OTHER), ("b", THIRD), ("c", THIRD)]:
        root.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust({"AWS": account}))
    analyzer.until(lambda: len(analyzer.findings(None)) == 3)
    (archived,) = analyzer.findings("ARCHIVED")
    assert archived["principal"] == {"AWS": OTHER}
    assert len(analyzer.findings("ACTIVE")) == 2

    def names(filter: dict[str, Any], **more: Any) -> list[str]:
        found = analyzer.api.list_findings_v2(analyzerArn=analyzer.arn, filter=filter, **more)["findings"]
        return [one["resource"].rsplit("/", 1)[-1] for one in found]

    by_name = {"attributeName": "resource", "orderBy": "DESC"}
    assert names({"resourceType": {"eq": ["AWS::IAM::Role"]}}, sort=by_name) == ["c", "b", "a"]
    assert names({"resource": {"contains": ["role/b"]}}) == ["b"]
    assert names({"principal.AWS": {"neq": [THIRD]}}) == ["a"]
    assert names({"error": {"exists": True}}) == []
    assert names({"isPublic": {"eq": ["true"]}}) == []
    assert len(names({"isPublic": {"eq": ["false"]}})) == 3
    assert names({"condition.aws:SourceVpc": {"exists": True}}) == []
    pages = analyzer.api.get_paginator("list_findings").paginate(
        analyzerArn=analyzer.arn, sort={"attributeName": "resource", "orderBy": "ASC"}, PaginationConfig={"PageSize": 2})
    assert [len(page["findings"]) for page in pages] == [2, 1]
    pages = analyzer.api.get_paginator("list_findings").paginate(
        analyzerArn=analyzer.arn, PaginationConfig={"PageSize": 2})
    assert [len(page["findings"]) for page in pages] == [2, 1]
    refused = error_of(analyzer.api.list_findings, analyzerArn=analyzer.arn, filter={"colour": {"eq": ["red"]}})
    assert refused.code == "ValidationException"

    # By hand, by id and by resource; and a rule for what is there.
    ids = [one["id"] for one in analyzer.findings("ACTIVE")]
    analyzer.api.update_findings(analyzerArn=analyzer.arn, status="ARCHIVED", ids=ids[:1])
    assert len(analyzer.findings("ACTIVE")) == 1
    resource = f"arn:aws:iam::{ACCOUNT}:role/a"
    analyzer.api.update_findings(analyzerArn=analyzer.arn, status="ACTIVE", resourceArn=resource)
    assert len(analyzer.findings("ACTIVE")) == 2
    analyzer.api.create_archive_rule(
        analyzerName="main", ruleName="all", filter={"resourceType": {"eq": ["AWS::IAM::Role"]}})
    assert len(analyzer.findings("ACTIVE")) == 2
    analyzer.api.apply_archive_rule(analyzerArn=analyzer.arn, ruleName="all")
    assert analyzer.findings("ACTIVE") == []
    statistics = analyzer.api.get_findings_statistics(analyzerArn=analyzer.arn)["findingsStatistics"]
    external = statistics[0]["externalAccessFindingsStatistics"]
    assert (external["totalActiveFindings"], external["totalArchivedFindings"]) == (0, 3)
    for wrong in [{}, {"ids": ids, "resourceArn": resource}]:
        assert error_of(
            analyzer.api.update_findings, analyzerArn=analyzer.arn, status="ACTIVE", **wrong
        ).code == "ValidationException"
    assert error_of(
        analyzer.api.update_findings, analyzerArn=analyzer.arn, status="ACTIVE", ids=["none"]
    ).code == "ResourceNotFoundException"


def test_statistics_by_type(root: Identity, analyzer: Analyzer) -> None:
    arn = bucket(root, "counted", reads("counted", "*"))
    role = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": OTHER}))["Role"]["Arn"]
    analyzer.one(arn)
    analyzer.one(role)
    answer = analyzer.api.get_findings_statistics(analyzerArn=analyzer.arn)
    external = answer["findingsStatistics"][0]["externalAccessFindingsStatistics"]
    assert external["resourceTypeStatistics"] == {
        "AWS::S3::Bucket": {"totalActivePublic": 1, "totalActiveCrossAccount": 0, "totalActiveErrors": 0},
        "AWS::IAM::Role": {"totalActivePublic": 0, "totalActiveCrossAccount": 1, "totalActiveErrors": 0}}
    assert answer["lastUpdatedAt"]


def test_scans_and_what_is_not_there(root: Identity, analyzer: Analyzer) -> None:
    role = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": OTHER}))["Role"]["Arn"]
    before = analyzer.one(role)["analyzedAt"]
    time.sleep(1.1)  # Times are shown in whole seconds.
    analyzer.api.start_resource_scan(analyzerArn=analyzer.arn, resourceArn=role)
    analyzer.until(lambda: analyzer.one(role)["analyzedAt"] > before)
    api = analyzer.api
    missing = f"arn:aws:iam::{ACCOUNT}:role/none"
    for call, more in [
        (api.start_resource_scan, {"resourceArn": missing}), (api.get_analyzed_resource, {"resourceArn": missing}),
        (api.get_finding, {"id": "none"}), (api.get_finding_v2, {"id": "none"}),
    ]:
        assert error_of(call, analyzerArn=analyzer.arn, **more).code == "ResourceNotFoundException"
    none = analyzer.arn.replace("/main", "/none")
    assert error_of(api.list_findings, analyzerArn=none).code == "ResourceNotFoundException"
    # The first version of the operations knows no other kinds of analyzers.
    unused = api.create_analyzer(analyzerName="unused", type="ACCOUNT_UNUSED_ACCESS")["arn"]
    for call, more in [(api.list_findings, {}), (api.get_finding, {"id": "x"})]:
        assert error_of(call, analyzerArn=unused, **more).code == "ValidationException"


def test_findings_go_with_their_analyzer(root: Identity, analyzer: Analyzer) -> None:
    role = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": OTHER}))["Role"]["Arn"]
    first = analyzer.one(role)
    analyzer.api.delete_analyzer(analyzerName="main")
    assert error_of(analyzer.api.list_findings, analyzerArn=analyzer.arn).code == "ResourceNotFoundException"
    again = Analyzer(root)
    assert again.one(role)["id"] != first["id"]


def test_who_may(root: Identity, analyzer: Analyzer, new_user) -> None:
    role = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": OTHER}))["Role"]["Arn"]
    finding = analyzer.one(role)["id"]
    reader = new_user(
        "reader", allow(["access-analyzer:ListFindings", "access-analyzer:GetFinding"], analyzer.arn)
    ).client("accessanalyzer")
    assert reader.list_findings_v2(analyzerArn=analyzer.arn)["findings"]
    assert reader.get_finding_v2(analyzerArn=analyzer.arn, id=finding)["id"] == finding
    for call, more in [
        (reader.update_findings, {"status": "ARCHIVED", "ids": [finding]}),
        (reader.apply_archive_rule, {"ruleName": "x"}), (reader.list_analyzed_resources, {}),
        (reader.get_analyzed_resource, {"resourceArn": role}), (reader.start_resource_scan, {"resourceArn": role}),
        (reader.get_findings_statistics, {}),
    ]:
        assert error_of(call, analyzerArn=analyzer.arn, **more).code == "AccessDeniedException"
    other = new_user("other", allow("access-analyzer:*", analyzer.arn + "-other"))
    assert error_of(other.client("accessanalyzer").list_findings, analyzerArn=analyzer.arn).code == "AccessDeniedException"
    assert analyzer.one(role)["status"] == "ACTIVE"


def test_internal_access(root: Identity, new_user) -> None:
    arn = bucket(root, "inner")
    new_user("bob", allow("s3:GetObject", f"{arn}/*"))
    new_user("carol", allow("s3:*", "*"), deny("s3:*", f"{arn}*"))
    new_user("dave")
    inclusions = [{"resourceArns": [arn]}]
    analyzer = Analyzer(
        root, "ACCOUNT_INTERNAL_ACCESS", "inside",
        configuration={"internalAccess": {"analysisRule": {"inclusions": inclusions}}})

    def principals() -> dict[str, Any]:
        found = analyzer.api.list_findings_v2(
            analyzerArn=analyzer.arn, filter={"status": {"eq": ["ACTIVE"]}})["findings"]
        details = [analyzer.api.get_finding_v2(analyzerArn=analyzer.arn, id=one["id"]) for one in found]
        return {
            one["findingDetails"][0]["internalAccessDetails"]["principal"]["AWS"].rsplit("/", 1)[-1]: one
            for one in details}

    analyzer.until(lambda: set(principals()) == {"bob"})
    bob = principals()["bob"]
    assert (bob["findingType"], bob["resource"]) == ("InternalAccess", arn)
    assert bob["findingDetails"][0]["internalAccessDetails"] == {
        "action": ["s3:GetObject"], "condition": {}, "principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/bob"},
        "principalOwnerAccount": ACCOUNT, "accessType": "INTRA_ACCOUNT", "principalType": "IAM_USER",
        "sources": [{"type": "POLICY"}],
        "resourceControlPolicyRestriction": "NOT_APPLICABLE", "serviceControlPolicyRestriction": "NOT_APPLICABLE"}
    # The bucket's policy lets the role in, and the user's policy is gone.
    role = root.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))["Role"]["Arn"]
    root.client("s3").put_bucket_policy(Bucket="inner", Policy=document(reads("inner", {"AWS": role})))
    root.iam.delete_user_policy(UserName="bob", PolicyName="own")
    analyzer.until(lambda: set(principals()) == {"reader"})


def test_nothing_is_lost_or_doubled_by_a_kill(durable: Callable[..., Server]) -> None:
    server = durable()
    server.start()
    analyzer = Analyzer(server.root)
    for number in range(8):
        server.root.iam.create_role(RoleName=f"r{number}", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    server.kill()
    server.start()
    analyzer.api = server.root.client("accessanalyzer")
    analyzer.until(lambda: len(analyzer.findings()) == 8)
    before = sorted(one["id"] for one in analyzer.findings(None))
    server.kill()
    server.start()
    analyzer.api = server.root.client("accessanalyzer")
    server.root.iam.create_role(RoleName="last", AssumeRolePolicyDocument=trust({"AWS": OTHER}))
    analyzer.until(lambda: len(analyzer.findings()) == 9)
    assert set(before) < {one["id"] for one in analyzer.findings(None)}
