"""Policies of organizations: made, attached, and enforced on members, their root users, and outsiders."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, LOOPBACK, AwsError, Identity, Server, Trail, allow, deny, error_of, policy, trust
from harness.openid import Authority, OpenIDProvider
from harness.organizations import Member, NewOrganization
from harness.server import gatehouse
from harness.terraform import Terraform, needs_terraform

SCP, RCP = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"
FULL, RCP_FULL = "p-FullAWSAccess", "p-RCPFullAWSAccess"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server in which accounts may leave their organization as soon as they are made."""
    with Server("--quota", "DaysBeforeLeaving=0", *LOOPBACK, log=tmp_path_factory.mktemp("server") / "log") as server:
        yield server


@pytest.fixture
def cloud(server: Server) -> Server:
    server.reset()
    return server


@pytest.fixture
def org(cloud: Server) -> NewOrganization:
    """An organization with service control policies, and nobody in it but the management account."""
    organization = NewOrganization(cloud)
    organization.api.enable_policy_type(RootId=organization.root_id, PolicyType=SCP)
    return organization


def rcp(*statements: dict[str, Any]) -> str:
    return policy(*({"Principal": "*"} | one for one in statements))


def policies_of(org: NewOrganization, target: str, of: str = SCP) -> list[str]:
    return [one["Id"] for one in org.api.list_policies_for_target(TargetId=target, Filter=of)["Policies"]]


# Making and attaching


def test_create_describe_update_delete(org: NewOrganization) -> None:
    document = policy(deny("s3:*"))
    made = org.api.create_policy(
        Name="NoS3", Description="no storage", Type=SCP, Content=document, Tags=[{"Key": "team", "Value": "sec"}]
    )["Policy"]
    summary = made["PolicySummary"]
    assert made["Content"] == document
    assert summary["Arn"] == f"arn:aws:organizations::{ACCOUNT}:policy/{org.id}/service_control_policy/{summary['Id']}"
    assert (summary["Name"], summary["Description"], summary["Type"]) == ("NoS3", "no storage", SCP)
    assert summary["AwsManaged"] is False
    assert org.api.describe_policy(PolicyId=summary["Id"])["Policy"] == made

    changed = org.api.update_policy(PolicyId=summary["Id"], Description="none at all")["Policy"]
    assert changed["PolicySummary"]["Name"] == "NoS3" and changed["PolicySummary"]["Description"] == "none at all"
    assert error_of(org.api.create_policy, Name="NoS3", Description="", Type=SCP, Content=document).code == (
        "DuplicatePolicyException"
    )
    listed = [one["Id"] for one in org.api.list_policies(Filter=SCP)["Policies"]]
    assert listed == [FULL, summary["Id"]]
    org.api.delete_policy(PolicyId=summary["Id"])
    assert error_of(org.api.describe_policy, PolicyId=summary["Id"]).code == "PolicyNotFoundException"
    assert error_of(org.api.delete_policy, PolicyId=summary["Id"]).code == "PolicyNotFoundException"


def test_to_tag_at_once_needs_the_permission(org: NewOrganization, new_user: Any) -> None:
    maker = new_user("maker", allow(["organizations:CreatePolicy", "organizations:PutResourcePolicy"]))
    api = maker.client("organizations")
    document, tags = policy(deny("s3:*")), [{"Key": "team", "Value": "sec"}]
    parameters = {"Name": "p", "Description": "", "Type": SCP, "Content": document}
    refused = error_of(api.create_policy, **parameters, Tags=tags)
    assert "organizations:TagResource" in refused.message
    api.create_policy(**parameters)
    delegation = policy(allow("organizations:ListPolicies", Principal={"AWS": "222233334444"}))
    assert "organizations:TagResource" in error_of(api.put_resource_policy, Content=delegation, Tags=tags).message
    api.put_resource_policy(Content=delegation)


def test_the_cli_makes_and_attaches(org: NewOrganization, tmp_path: Path) -> None:
    (tmp_path / "scp.json").write_text(policy(deny("s3:*")))
    root = org.management
    made = root.aws(
        "organizations", "create-policy", "--name", "NoS3", "--description", "", "--type", SCP, "--content",
        f"file://{tmp_path / 'scp.json'}",
    )  # fmt: skip
    policy_id = made["Policy"]["PolicySummary"]["Id"]
    root.aws(f"organizations attach-policy --policy-id {policy_id} --target-id {org.root_id}")
    targets = root.aws(f"organizations list-targets-for-policy --policy-id {policy_id}")["Targets"]
    assert targets == [
        {
            "TargetId": org.root_id,
            "Arn": f"arn:aws:organizations::{ACCOUNT}:root/{org.id}/{org.root_id}",
            "Name": "Root",
            "Type": "ROOT",
        }
    ]
    refused = root.aws_refused(f"organizations delete-policy --policy-id {policy_id}")
    assert refused.code == "PolicyInUseException"


def test_policies_of_aws_itself(org: NewOrganization) -> None:
    managed = org.api.describe_policy(PolicyId=FULL)["Policy"]
    assert managed["PolicySummary"] == {
        "Id": FULL,
        "Arn": "arn:aws:organizations::aws:policy/service_control_policy/p-FullAWSAccess",
        "Name": "FullAWSAccess",
        "Description": "Allows access to every operation",
        "Type": SCP,
        "AwsManaged": True,
    }
    assert json.loads(managed["Content"])["Statement"] == [{"Effect": "Allow", "Action": "*", "Resource": "*"}]
    for call in (
        lambda: error_of(org.api.update_policy, PolicyId=FULL, Name="mine"),
        lambda: error_of(org.api.delete_policy, PolicyId=FULL),
    ):
        assert call().code == "InvalidInputException"


def test_types_are_switched_on_and_off(org: NewOrganization) -> None:
    unit = org.unit("Sandbox")
    assert policies_of(org, org.root_id) == policies_of(org, unit) == policies_of(org, ACCOUNT) == [FULL]
    again = error_of(org.api.enable_policy_type, RootId=org.root_id, PolicyType=SCP)
    assert again.code == "PolicyTypeAlreadyEnabledException"
    assert error_of(org.api.enable_policy_type, RootId="r-nope", PolicyType=RCP).code == "RootNotFoundException"

    tag_policy = org.policy('{"tags":{"a":{"tag_key":{"@@assign":"A"}}}}', of="TAG_POLICY")
    refused = error_of(org.api.attach_policy, PolicyId=tag_policy, TargetId=unit)
    assert refused.code == "PolicyTypeNotEnabledException"
    root = org.api.enable_policy_type(RootId=org.root_id, PolicyType="TAG_POLICY")["Root"]
    assert {one["Type"] for one in root["PolicyTypes"]} == {SCP, "TAG_POLICY"}
    org.api.attach_policy(PolicyId=tag_policy, TargetId=unit)
    assert policies_of(org, unit, "TAG_POLICY") == [tag_policy]
    assert policies_of(org, unit) == [FULL]

    # Switched off, everything of the type is detached, and only FullAWSAccess comes back.
    org.attach(org.policy(policy(deny("s3:*"))), unit)
    root = org.api.disable_policy_type(RootId=org.root_id, PolicyType=SCP)["Root"]
    assert [one["Type"] for one in root["PolicyTypes"]] == ["TAG_POLICY"]
    assert policies_of(org, unit) == [] and policies_of(org, unit, "TAG_POLICY") == [tag_policy]
    refused = error_of(org.api.disable_policy_type, RootId=org.root_id, PolicyType=SCP)
    assert refused.code == "PolicyTypeNotEnabledException"
    org.api.enable_policy_type(RootId=org.root_id, PolicyType=SCP)
    assert policies_of(org, unit) == [FULL]
    # What is new has it from the beginning.
    assert policies_of(org, org.unit("Newer")) == [FULL]
    assert policies_of(org, org.member("newer").account) == [FULL]


def test_limits_of_attachments(org: NewOrganization) -> None:
    unit = org.unit("Sandbox")
    last = error_of(org.api.detach_policy, PolicyId=FULL, TargetId=unit)
    assert last.code == "ConstraintViolationException"
    assert "last policy" in last.message
    policies = [org.policy(policy(deny(f"s3:Get{number}*"))) for number in range(10)]
    for one in policies[:9]:
        org.attach(one, unit)
    twice = error_of(org.api.attach_policy, PolicyId=policies[0], TargetId=unit)
    assert twice.code == "DuplicatePolicyAttachmentException"
    eleventh = error_of(org.api.attach_policy, PolicyId=policies[9], TargetId=unit)
    assert eleventh.code == "ConstraintViolationException"
    response = _raw_error(org, "attach_policy", PolicyId=policies[9], TargetId=unit)
    assert response["Reason"] == "MAX_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED"
    org.api.detach_policy(PolicyId=FULL, TargetId=unit)
    assert FULL not in policies_of(org, unit)
    not_there = error_of(org.api.detach_policy, PolicyId=FULL, TargetId=unit)
    assert not_there.code == "PolicyNotAttachedException"
    assert error_of(org.api.attach_policy, PolicyId="p-nosuchpolicy", TargetId=unit).code == "PolicyNotFoundException"
    nowhere = error_of(org.api.attach_policy, PolicyId=FULL, TargetId="ou-abcd-12345678")
    assert nowhere.code == "TargetNotFoundException"


def test_documents_that_are_none(org: NewOrganization) -> None:
    def refusal(content: str, of: str) -> AwsError:
        return error_of(org.api.create_policy, Name="x", Description="", Type=of, Content=content)

    for content, of in [
        ("not JSON", SCP),
        (policy({"Principal": "*"} | deny("s3:*")), SCP),
        (policy(deny("s3:*")), RCP),
        (rcp(allow("s3:*")), RCP),
        (rcp(deny("*")), RCP),
        ('{"tags":{"a":{"tag_key":{"@@assign":"b"}}}}', "TAG_POLICY"),
        (policy(deny("s3:*")), "BACKUP_POLICY"),
        ("[" * 5000, "TAG_POLICY"),
    ]:
        assert refusal(content, of).code == "MalformedPolicyDocumentException", content
    too_long = refusal(policy(deny(["s3:" + "x" * 100] * 110)), SCP)
    assert too_long.code == "ConstraintViolationException"
    assert _raw_error(
        org, "create_policy", Name="x", Description="", Type=SCP, Content=" " * 10_241
    )["Reason"] == "POLICY_CONTENT_LIMIT_EXCEEDED"  # fmt: skip


def _raw_error(org: NewOrganization, method: str, **parameters: Any) -> dict[str, Any]:
    try:
        getattr(org.api, method)(**parameters)
    except org.api.exceptions.ClientError as error:
        return error.response
    raise AssertionError(f"{method} was not refused")


def test_lists_in_pages(org: NewOrganization) -> None:
    made = {org.policy(policy(deny(f"s3:Get{number}*"))) for number in range(25)}
    pages = list(org.api.get_paginator("list_policies").paginate(Filter=SCP, MaxResults=7))
    assert [len(page["Policies"]) for page in pages] == [7, 7, 7, 5]
    listed = [one["Id"] for page in pages for one in page["Policies"]]
    assert listed[0] == FULL and set(listed) == made | {FULL} and len(listed) == 26
    one_by_one = org.api.get_paginator("list_policies").paginate(Filter=SCP, MaxResults=1)
    assert [one["Id"] for page in one_by_one for one in page["Policies"]] == listed

    units = [org.unit(f"u{number}") for number in range(5)]
    members = [org.member(f"m{number}").account for number in range(2)]
    targets = org.api.get_paginator("list_targets_for_policy").paginate(PolicyId=FULL, MaxResults=3)
    found = [one["TargetId"] for page in targets for one in page["Targets"]]
    assert found[0] == org.root_id and len(found) == len(set(found))
    assert set(found) == {org.root_id, ACCOUNT, *units, *members}
    assert error_of(org.api.list_policies, Filter=SCP, NextToken="no token of ours").code == "InvalidInputException"


# Enforcement


@pytest.fixture
def member(org: NewOrganization) -> Member:
    return org.member("dev")


def test_a_members_administrator_and_root_are_blocked(org: NewOrganization, member: Member) -> None:
    root = member.root_user()
    assert member.admin.iam.list_users()["Users"] == []
    assert root.iam.list_users()["Users"] == []

    scp = org.policy(policy(deny("iam:CreateUser", Sid="NoUsers")))
    org.attach(scp, member.account)
    arn = f"arn:aws:organizations::{ACCOUNT}:policy/{org.id}/service_control_policy/{scp}"
    for caller in (member.admin, root):
        refused = error_of(caller.iam.create_user, UserName="x")
        assert refused.code == "AccessDenied"
        assert refused.message.endswith(f"with an explicit deny in a service control policy: {arn}"), refused.message
        assert caller.iam.list_users()["Users"] == []
    # The management account's own are not bound, wherever the policy is attached.
    org.attach(scp, org.root_id)
    org.management.iam.create_user(UserName="free")

    # Detached, it binds no longer: the next request goes through.
    org.detach(scp, member.account)
    assert error_of(root.iam.create_user, UserName="x").code == "AccessDenied"
    org.detach(scp, org.root_id)
    root.iam.create_user(UserName="x")


def test_an_allow_list_at_one_level_denies_what_it_does_not_list(org: NewOrganization, member: Member) -> None:
    outer = org.unit("Outer")
    inner = org.unit("Inner", outer)
    org.move(member, inner)
    allow_list = org.policy(policy(allow(["iam:*", "sts:*"])))
    org.attach(allow_list, outer)
    # FullAWSAccess beside it still allows everything.
    assert member.admin.cloudtrail.lookup_events(MaxResults=1)
    org.detach(FULL, outer)
    refused = error_of(member.admin.cloudtrail.lookup_events, MaxResults=1)
    assert refused.code == "AccessDeniedException"
    assert refused.message.endswith(
        "because no service control policy allows the cloudtrail:LookupEvents action"
    ), refused.message
    assert member.admin.iam.list_users()["Users"] == []
    # A policy never grants: who has no permission of its own still has none.
    nobody = member.user("nobody")
    assert "no identity-based policy" in error_of(nobody.iam.list_users).message
    # Moved out of the unit, the list binds no longer.
    org.move(member, org.root_id)
    assert member.admin.cloudtrail.lookup_events(MaxResults=1)


def test_conditions_with_the_keys_of_organizations(org: NewOrganization, member: Member) -> None:
    unit = org.unit("Unit")
    org.move(member, unit)
    path = f"{org.id}/{org.root_id}/{unit}/"
    org.attach(
        org.policy(
            policy(
                deny("iam:ListRoles", Condition={"StringEquals": {"aws:PrincipalOrgID": org.id}}),
                deny("iam:ListGroups", Condition={"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": f"{path}*"}}),
                deny("iam:ListPolicies", Condition={"StringNotEquals": {"aws:ResourceOrgID": org.id}}),
                deny("iam:ListUsers", Condition={"ForAnyValue:StringNotLike": {"aws:ResourceOrgPaths": f"{path}*"}}),
            )
        ),
        unit,
    )
    # Of a tag whose key ends like theirs, too.
    tagged = {"StringEquals": {"aws:PrincipalTag/OrgID": "mine"}}
    alice = member.user("alice", allow("iam:ListAccountAliases", Condition=tagged))
    assert error_of(alice.iam.list_account_aliases).code == "AccessDenied"
    member.admin.iam.tag_user(UserName="alice", Tags=[{"Key": "OrgID", "Value": "mine"}])
    assert alice.iam.list_account_aliases()["AccountAliases"] == []
    assert error_of(member.admin.iam.list_roles).code == "AccessDenied"
    assert error_of(member.admin.iam.list_groups).code == "AccessDenied"
    assert member.admin.iam.list_policies(Scope="Local")["Policies"] == []
    assert len(member.admin.iam.list_users()["Users"]) == 1


def test_the_denial_is_explained(durable: Callable[..., Server]) -> None:
    """In the history of the account, by `gatehouse why`, and in the encoded message."""
    server = durable()
    server.start()
    org = NewOrganization(server)
    for of in (SCP, RCP):
        org.api.enable_policy_type(RootId=org.root_id, PolicyType=of)
    member = org.member("dev")
    scp = org.policy(policy(deny("iam:CreateUser", Sid="NoUsers")))
    org.attach(scp, member.account)
    perimeter = org.policy(rcp(deny("sts:AssumeRole", Sid="NoRoles")), of=RCP)
    org.attach(perimeter, member.account)
    member.admin.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(member.account))
    role = f"arn:aws:iam::{member.account}:role/r"
    for refused, operation, sid, policy_id in (
        (error_of(member.admin.iam.create_user, UserName="x"), "CreateUser", "NoUsers", scp),
        (
            error_of(member.admin.sts.assume_role, RoleArn=role, RoleSessionName="session"),
            "AssumeRole",
            "NoRoles",
            perimeter,
        ),
    ):
        record = Trail(member.admin).of(refused, operation)
        assert record["errorMessage"] == refused.message and policy_id in refused.message
        why = gatehouse("why", refused.request_id, "--data", str(server.data))
        assert why.returncode == 0, why
        assert policy_id in why.stdout and sid in why.stdout, why.stdout
        encoded = gatehouse("why", "--encoded", refused.request_id, "--data", str(server.data)).stdout.strip()
        decoded = json.loads(member.admin.sts.decode_authorization_message(EncodedMessage=encoded)["DecodedMessage"])
        assert decoded["explicitDeny"] is True
        assert [one["statementId"] for one in decoded["matchedStatements"]["items"]] == [sid]
        conditions = {one["key"]: one["values"]["items"] for one in decoded["context"]["conditions"]["items"]}
        assert conditions["aws:PrincipalOrgID"] == [{"value": org.id}]


def test_the_simulator_says_what_organizations_decide(org: NewOrganization, member: Member) -> None:
    alice = member.user("alice", allow("*"))
    arn = alice.sts.get_caller_identity()["Arn"]
    org.attach(org.policy(policy(deny("s3:*"))), member.account)

    def simulated(identity: Identity, source: str) -> dict[str, tuple[str, Any]]:
        results = identity.iam.simulate_principal_policy(
            PolicySourceArn=source, ActionNames=["s3:GetObject", "ec2:RunInstances"]
        )["EvaluationResults"]
        return {
            one["EvalActionName"]: (one["EvalDecision"], one.get("OrganizationsDecisionDetail")) for one in results
        }

    assert simulated(member.admin, arn) == {
        "s3:GetObject": ("explicitDeny", {"AllowedByOrganizations": False}),
        "ec2:RunInstances": ("allowed", {"AllowedByOrganizations": True}),
    }
    # Service-linked roles are not bound.
    linked = (
        f"arn:aws:iam::{member.account}:role/aws-service-role/organizations.amazonaws.com/AWSServiceRoleForOrganizations"
    )
    assert simulated(member.admin, linked)["s3:GetObject"] == ("implicitDeny", {"AllowedByOrganizations": True})
    org.management.iam.create_user(UserName="bob")
    bob = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert simulated(org.management, bob)["s3:GetObject"] == ("implicitDeny", {"AllowedByOrganizations": True})


def test_a_resource_control_policy_keeps_outsiders_out(org: NewOrganization, member: Member) -> None:
    insider, other = org.member("insider"), org.member("other")
    outsider = org.outsider("outsider")
    member.admin.iam.create_role(
        RoleName="shared", AssumeRolePolicyDocument=trust({"AWS": [insider.account, outsider.account]})
    )
    role = f"arn:aws:iam::{member.account}:role/shared"
    for one in (insider, outsider):
        assert one.admin.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]

    org.api.enable_policy_type(RootId=org.root_id, PolicyType=RCP)
    assert policies_of(org, member.account, RCP) == [RCP_FULL]
    fixed = error_of(org.api.detach_policy, PolicyId=RCP_FULL, TargetId=member.account)
    assert fixed.code == "InvalidInputException"
    assert outsider.admin.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]

    perimeter = org.policy(
        rcp(deny("sts:AssumeRole", Condition={"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id}})), of=RCP
    )
    org.attach(perimeter, org.root_id)
    refused = error_of(outsider.admin.sts.assume_role, RoleArn=role, RoleSessionName="session")
    assert refused.code == "AccessDenied"
    arn = f"arn:aws:organizations::{ACCOUNT}:policy/{org.id}/resource_control_policy/{perimeter}"
    assert refused.message.endswith(f"with an explicit deny in a resource control policy: {arn}"), refused.message
    assert insider.admin.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
    # It binds resources of members alone: not the outsider's, and not the management account's.
    outsider.admin.iam.create_role(RoleName="theirs", AssumeRolePolicyDocument=trust(member.account))
    theirs = f"arn:aws:iam::{outsider.account}:role/theirs"
    assert member.admin.sts.assume_role(RoleArn=theirs, RoleSessionName="session")["Credentials"]
    org.management.iam.create_role(RoleName="ours", AssumeRolePolicyDocument=trust(outsider.account))
    ours = f"arn:aws:iam::{ACCOUNT}:role/ours"
    assert outsider.admin.sts.assume_role(RoleArn=ours, RoleSessionName="session")["Credentials"]
    # Services that resource control policies don't govern go on: IAM is none of them.
    assert other.admin.iam.list_users()["Users"] == []

    org.detach(perimeter, org.root_id)
    assert outsider.admin.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]


def test_a_perimeter_holds_for_people_from_elsewhere(org: NewOrganization, member: Member, tmp_path: Path) -> None:
    """Who comes with a token is a principal of no organization, until the role is assumed."""
    provider = OpenIDProvider(tmp_path, Authority(tmp_path))
    try:
        arn = member.admin.iam.create_open_id_connect_provider(Url=provider.url, ClientIDList=["gatehouse-tests"])[
            "OpenIDConnectProviderArn"
        ]
        member.admin.iam.create_role(
            RoleName="web",
            AssumeRolePolicyDocument=trust(
                {"Federated": arn},
                "sts:AssumeRoleWithWebIdentity",
                Condition={"StringEquals": {f"{provider.name}:aud": "gatehouse-tests"}},
            ),
        )
        call = Identity(org.server.url, "none", "none").sts.assume_role_with_web_identity
        request = {
            "RoleArn": f"arn:aws:iam::{member.account}:role/web",
            "RoleSessionName": "session",
            "WebIdentityToken": provider.token(),
        }
        session = Identity.of_session(org.server.url, call(**request)["Credentials"])
        org.api.enable_policy_type(RootId=org.root_id, PolicyType=RCP)
        outside = {"StringNotEqualsIfExists": {"aws:PrincipalOrgID": org.id}}
        perimeter = org.policy(rcp(deny("sts:AssumeRoleWithWebIdentity", Condition=outside)), of=RCP)
        org.attach(perimeter, member.account)
        refused = error_of(call, **request)
        assert (refused.code, refused.message) == (
            "AccessDenied",
            "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        )
        # The session is one of the account's roles, which service control policies bind.
        assert session.sts.get_caller_identity()["Account"] == member.account
        org.detach(perimeter, member.account)
        assert call(**request)["Credentials"]
        org.attach(org.policy(policy(deny("sts:AssumeRoleWithWebIdentity"))), member.account)
        assert call(**request)["Credentials"], "service control policies govern principals of accounts alone"
    finally:
        provider.stop()


def test_whoever_leaves_is_bound_no_longer(org: NewOrganization, member: Member) -> None:
    user = member.user("keeps", allow("*"))
    org.attach(org.policy(policy(deny("iam:CreateUser"))), org.root_id)
    assert error_of(user.iam.create_user, UserName="x").code == "AccessDenied"
    org.remove(member)
    user.iam.create_user(UserName="x")


# Delegation


def test_members_may_not_administer_unless_it_is_delegated(org: NewOrganization, member: Member) -> None:
    api = member.admin.client("organizations")
    refused = error_of(api.list_policies, Filter=SCP)
    assert (refused.code, refused.message) == (
        "AccessDeniedException",
        "You don't have permissions to access this resource.",
    )
    assert error_of(api.create_policy, Name="x", Description="", Type=SCP, Content=policy(deny("*"))).code == (
        "AccessDeniedException"
    )
    assert error_of(org.api.describe_resource_policy).code == "ResourcePolicyNotFoundException"
    mine = f"arn:aws:organizations::{ACCOUNT}"
    delegation = policy(
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::{member.account}:root"},
            "Action": ["organizations:ListPolicies", "organizations:DescribePolicy", "organizations:ListRoots"],
            "Resource": "*",
            "Condition": {"StringLikeIfExists": {"organizations:PolicyType": SCP}},
        },
        {
            "Sid": "Write",
            "Effect": "Allow",
            "Principal": {"AWS": member.account},
            "Action": ["organizations:CreatePolicy", "organizations:DeletePolicy", "organizations:AttachPolicy"],
            "Resource": [f"{mine}:policy/{org.id}/service_control_policy/*", f"{mine}:account/{org.id}/*"],
        },
    )
    put = org.api.put_resource_policy(Content=delegation)["ResourcePolicy"]
    assert put["Content"] == delegation
    assert put["ResourcePolicySummary"]["Arn"].startswith(f"{mine}:resourcepolicy/{org.id}/rp-")
    assert org.api.describe_resource_policy()["ResourcePolicy"] == put

    assert [one["Id"] for one in api.list_policies(Filter=SCP)["Policies"]] == [FULL]
    assert api.list_roots()["Roots"][0]["Id"] == org.root_id
    made = api.create_policy(Name="theirs", Description="", Type=SCP, Content=policy(deny("s3:*")))["Policy"]
    policy_id = made["PolicySummary"]["Id"]
    api.attach_policy(PolicyId=policy_id, TargetId=member.account)
    # No more than that: neither another type, nor another target, nor another operation.
    tags = '{"tags":{"a":{"tag_key":{"@@assign":"A"}}}}'
    for refused in (
        error_of(api.list_policies, Filter="TAG_POLICY"),
        error_of(api.create_policy, Name="t", Description="", Type="TAG_POLICY", Content=tags),
        error_of(api.attach_policy, PolicyId=policy_id, TargetId=org.root_id),
        error_of(api.detach_policy, PolicyId=policy_id, TargetId=member.account),
    ):
        assert refused.code == "AccessDeniedException"
        assert "because no resource-based policy allows" in refused.message, refused.message
    assert error_of(api.put_resource_policy, Content=delegation).code == "AccessDeniedException"
    assert error_of(api.delete_resource_policy).code == "AccessDeniedException"
    # It is the account's to give on: without a permission of their own its users have none.
    nobody = member.user("nobody").client("organizations")
    assert "no identity-based policy" in error_of(nobody.list_policies, Filter=SCP).message
    # Another member has none of it.
    stranger = org.member("stranger").admin.client("organizations")
    assert error_of(stranger.list_policies, Filter=SCP).code == "AccessDeniedException"

    org.api.delete_resource_policy()
    assert error_of(api.list_policies, Filter=SCP).message == "You don't have permissions to access this resource."


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ({"Action": "organizations:LeaveOrganization"}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Action": "s3:GetObject"}, "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"),
        ({"Resource": "arn:aws:s3:::bucket"}, "UNSUPPORTED_RESOURCE_IN_RESOURCE_POLICY"),
        ({"Principal": {"Service": "ec2.amazonaws.com"}}, "INVALID_PRINCIPAL"),
        ({"Principal": None}, "INVALID_RESOURCE_POLICY_JSON"),
        (
            {"Condition": {"StringEquals": {"organizations:PolicyType": "NO_POLICY"}}},
            "UNSUPPORTED_POLICY_TYPE_IN_RESOURCE_POLICY",
        ),
    ],
)
def test_what_can_not_be_delegated(org: NewOrganization, statement: dict[str, Any], reason: str) -> None:
    whole = allow("organizations:ListPolicies", Principal={"AWS": "222233334444"}) | statement
    content = policy({name: value for name, value in whole.items() if value is not None})
    refused = _raw_error(org, "put_resource_policy", Content=content)
    assert refused["Error"]["Code"] == "InvalidInputException"
    assert refused["Reason"] == reason


# Effective policies


def test_effective_tag_and_backup_policies(org: NewOrganization, member: Member) -> None:
    for of in ("TAG_POLICY", "BACKUP_POLICY"):
        org.api.enable_policy_type(RootId=org.root_id, PolicyType=of)
    unit = org.unit("OU2")
    org.move(member, unit)

    def effective(of: str, target: str | None = None, by: Any = None) -> Any:
        parameters = {"PolicyType": of} | ({"TargetId": target} if target else {})
        answer = (by or org.api).describe_effective_policy(**parameters)["EffectivePolicy"]
        assert answer["PolicyType"] == of and answer["TargetId"] == (target or member.account)
        assert answer["LastUpdatedTimestamp"].timestamp() <= time.time() + 1
        return json.loads(answer["PolicyContent"])

    none = error_of(org.api.describe_effective_policy, PolicyType="TAG_POLICY", TargetId=member.account)
    assert none.code == "EffectivePolicyNotFoundException"
    key = {"tag_key": {"@@assign": "CostCenter"}}
    enforced = ["redshift:*", "dynamodb:table"]
    top = key | {"tag_value": {"@@assign": ["Development", "Support"]}}
    more = key | {"tag_value": {"@@append": ["Marketing"]}, "enforced_for": {"@@append": enforced}}
    less = key | {"tag_value": {"@@remove": ["Development", "Marketing"]}, "enforced_for": {"@@remove": enforced}}

    def attach(setting: dict[str, Any], target: str) -> None:
        org.attach(org.policy(json.dumps({"tags": {"costcenter": setting}}), of="TAG_POLICY"), target)

    attach(top, org.root_id)
    two = {"tag_key": "CostCenter", "tag_value": ["Development", "Support"]}
    assert effective("TAG_POLICY", member.account) == {"tags": {"costcenter": two}}
    attach(more, unit)
    three = {"tag_key": "CostCenter", "tag_value": ["Development", "Support", "Marketing"], "enforced_for": enforced}
    assert effective("TAG_POLICY", member.account) == {"tags": {"costcenter": three}}
    attach(less, member.account)
    # Every account may see its own, and the management account has one too.
    one = {"tag_key": "CostCenter", "tag_value": ["Support"]}
    assert effective("TAG_POLICY", by=member.admin.client("organizations")) == {"tags": {"costcenter": one}}
    assert effective("TAG_POLICY", ACCOUNT) == {"tags": {"costcenter": two}}
    others = error_of(
        member.admin.client("organizations").describe_effective_policy, PolicyType="TAG_POLICY", TargetId=ACCOUNT
    )
    assert others.code == "AccessDeniedException"
    no_account = _raw_error(org, "describe_effective_policy", PolicyType="TAG_POLICY", TargetId=unit)
    assert no_account["Reason"] == "TARGET_NOT_SUPPORTED"

    # A plan without selections can't be followed.
    rule = {
        "schedule_expression": {"@@assign": "cron(0 5 * * ? *)"},
        "target_backup_vault_name": {"@@assign": "Default"},
    }
    plan = {"regions": {"@@assign": ["us-east-1"]}, "rules": {"Daily": rule}}
    backup = org.policy(json.dumps({"plans": {"P": plan}}), of="BACKUP_POLICY")
    org.attach(backup, unit)
    assert effective("BACKUP_POLICY", member.account)["plans"]["P"]["regions"] == ["us-east-1"]
    invalid = org.api.list_accounts_with_invalid_effective_policy(PolicyType="BACKUP_POLICY")
    assert [account["Id"] for account in invalid["Accounts"]] == [member.account]
    errors = org.api.list_effective_policy_validation_errors(AccountId=member.account, PolicyType="BACKUP_POLICY")
    assert errors["Path"] == f"{org.id}/{org.root_id}/{unit}/{member.account}/"
    (flaw,) = errors["EffectivePolicyValidationErrors"]
    assert flaw["PathToError"] == "plans/P" and flaw["ContributingPolicies"] == [backup]
    plan["selections"] = {
        "tags": {
            "s": {
                "iam_role_arn": {"@@assign": "arn:aws:iam::$account:role/Backup"},
                "tag_key": {"@@assign": "backup"},
                "tag_value": {"@@assign": ["yes"]},
            }
        }
    }
    org.api.update_policy(PolicyId=backup, Content=json.dumps({"plans": {"P": plan}}))
    assert org.api.list_accounts_with_invalid_effective_policy(PolicyType="BACKUP_POLICY")["Accounts"] == []


# Permissions of the management account's own users


def test_condition_key_policy_type(org: NewOrganization, cloud: Server, new_user: Any) -> None:
    for of in ("TAG_POLICY", RCP):
        org.api.enable_policy_type(RootId=org.root_id, PolicyType=of)
    only_tags = new_user(
        "tagger", allow("organizations:*", Condition={"StringEquals": {"organizations:PolicyType": "TAG_POLICY"}})
    ).client("organizations")
    tag_policy = only_tags.create_policy(
        Name="t", Description="", Type="TAG_POLICY", Content='{"tags":{"a":{"tag_key":{"@@assign":"A"}}}}'
    )["Policy"]["PolicySummary"]["Id"]
    only_tags.attach_policy(PolicyId=tag_policy, TargetId=org.root_id)
    assert only_tags.list_policies(Filter="TAG_POLICY")["Policies"]
    scp = org.policy(policy(deny("s3:*")))
    for refused in (
        error_of(only_tags.create_policy, Name="s", Description="", Type=SCP, Content=policy(deny("s3:*"))),
        error_of(only_tags.attach_policy, PolicyId=scp, TargetId=org.root_id),
        error_of(only_tags.describe_policy, PolicyId=scp),
        error_of(only_tags.list_policies, Filter=SCP),
        error_of(only_tags.disable_policy_type, RootId=org.root_id, PolicyType=RCP),
    ):
        assert refused.code == "AccessDeniedException"
    # A denial tells nothing of what exists.
    nobody = new_user("nobody").client("organizations")
    there, not_there = (error_of(nobody.describe_policy, PolicyId=one).message for one in (scp, "p-nosuchpol"))
    assert there.replace(scp, "ID") == not_there.replace("p-nosuchpol", "ID")


# Terraform

CONFIGURATION = """
resource "aws_organizations_organization" "org" {
  feature_set          = "ALL"
  enabled_policy_types = ["SERVICE_CONTROL_POLICY", "TAG_POLICY"]
}

resource "aws_organizations_organizational_unit" "sandbox" {
  name      = "Sandbox"
  parent_id = aws_organizations_organization.org.roots[0].id
}

resource "aws_organizations_policy" "scp" {
  name        = "NoS3"
  description = "No storage"
  content     = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*" }]
  })
  tags = { Team = "security" }
  depends_on = [aws_organizations_organization.org]
}

resource "aws_organizations_policy" "tags" {
  name    = "CostCenter"
  type    = "TAG_POLICY"
  content = jsonencode({ tags = { costcenter = { tag_key = { "@@assign" = "CostCenter" } } } })
  depends_on = [aws_organizations_organization.org]
}

resource "aws_organizations_policy_attachment" "scp" {
  policy_id = aws_organizations_policy.scp.id
  target_id = aws_organizations_organizational_unit.sandbox.id
}

resource "aws_organizations_policy_attachment" "tags" {
  policy_id = aws_organizations_policy.tags.id
  target_id = aws_organizations_organization.org.roots[0].id
}

resource "aws_organizations_resource_policy" "delegation" {
  content = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Sid       = "Read"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:root" }
      Action    = ["organizations:ListPolicies", "organizations:DescribePolicy"]
      Resource  = "*"
    }]
  })
  depends_on = [aws_organizations_organization.org]
}
output "ids" {
  value = {
    scp  = aws_organizations_policy.scp.id
    unit = aws_organizations_organizational_unit.sandbox.id
    rp   = aws_organizations_resource_policy.delegation.id
  }
}
"""


@pytest.mark.slow
@pytest.mark.skipif(any(mark.args and mark.args[0] for mark in needs_terraform if mark.name == "skipif"), reason="no terraform")
def test_terraform(cloud: Server, root: Identity, tmp_path: Path) -> None:
    terraform = Terraform(tmp_path, root, CONFIGURATION)
    terraform.apply()
    ids = terraform.outputs()["ids"]
    api = root.client("organizations")
    assert api.describe_policy(PolicyId=ids["scp"])["Policy"]["PolicySummary"]["Name"] == "NoS3"
    assert ids["scp"] in [
        one["Id"] for one in api.list_policies_for_target(TargetId=ids["unit"], Filter=SCP)["Policies"]
    ]
    terraform.reimport(
        {
            "aws_organizations_policy.scp": ids["scp"],
            "aws_organizations_policy_attachment.scp": f"{ids['unit']}:{ids['scp']}",
            "aws_organizations_resource_policy.delegation": ids["rp"],
        }
    )

    source = tmp_path / "main.tf"
    source.write_text(source.read_text().replace('"s3:*"', '"ec2:*"').replace("No storage", "No machines"))
    assert "0 added, 1 changed, 0 destroyed" in terraform.apply()
    assert "ec2:*" in api.describe_policy(PolicyId=ids["scp"])["Policy"]["Content"]
    terraform.assert_no_drift()
    terraform.destroy()
    assert error_of(api.describe_organization).code == "AWSOrganizationsNotInUseException"
