"""Centralized root access: the organization's features of IAM, AssumeRoot, and what its sessions may."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, UTC
from typing import Any

import pytest

from harness import ACCOUNT, AwsError, Identity, Server, Trail, allow, deny, error_of, policy
from harness.patience import PATIENCE

IAM = "iam.amazonaws.com"
AUDIT = "IAMAuditRootUserCredentials"
CREATE = "IAMCreateRootUserPassword"
DELETE = "IAMDeleteRootUserCredentials"


@pytest.fixture
def admin(root: Identity, new_user: Callable[..., Identity]) -> Identity:
    return new_user("admin", managed="AdministratorAccess")


def member(admin: Identity, name: str = "member") -> str:
    """A new account of the organization."""
    client = admin.client("organizations")
    request = client.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["Id"]
    deadline = time.monotonic() + PATIENCE
    while True:
        status = client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        if status["State"] == "SUCCEEDED":
            return str(status["AccountId"])
        assert status["State"] == "IN_PROGRESS" and time.monotonic() < deadline, status
        time.sleep(0.02)


@pytest.fixture
def target(admin: Identity) -> str:
    """A member account of an organization in which root sessions are enabled."""
    organizations = admin.client("organizations")
    organizations.create_organization()
    account = member(admin)
    organizations.enable_aws_service_access(ServicePrincipal=IAM)
    admin.iam.enable_organizations_root_credentials_management()
    admin.iam.enable_organizations_root_sessions()
    return account


def task(name: str) -> dict[str, str]:
    return {"arn": f"arn:aws:iam::aws:policy/root-task/{name}"}


def root_of(server: Server, caller: Identity, account: str, name: str, **more: Any) -> Identity:
    answer = caller.sts.assume_root(TargetPrincipal=account, TaskPolicyArn=task(name), **more)
    return Identity.of_session(server.url, answer["Credentials"])


def deputy(server: Server, admin: Identity, account: str) -> Identity:
    """An administrator of a member account."""
    role = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
    answer = admin.sts.assume_role(RoleArn=role, RoleSessionName="deputy")
    return Identity.of_session(server.url, answer["Credentials"])


# The features


def test_features(cloud: Server, root: Identity, admin: Identity) -> None:
    iam, organizations = admin.iam, admin.client("organizations")
    calls = (
        iam.list_organizations_features,
        iam.enable_organizations_root_sessions,
        iam.disable_organizations_root_sessions,
        iam.enable_organizations_root_credentials_management,
        iam.disable_organizations_root_credentials_management,
    )
    for call in calls:
        error = error_of(call)
        assert (error.code, error.status) == ("OrganizationNotFoundException", 400)
    organizations.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    for call in calls:
        assert error_of(call).code == "OrganizationNotInAllFeaturesModeException"
    admin.aws("organizations delete-organization")
    made = organizations.create_organization()["Organization"]["Id"]
    for call in calls:
        assert error_of(call).code == "ServiceAccessNotEnabledException"
    organizations.enable_aws_service_access(ServicePrincipal=IAM)

    assert admin.aws("iam list-organizations-features") == {"OrganizationId": made, "EnabledFeatures": []}
    answer = admin.aws("iam enable-organizations-root-sessions")
    assert answer == {"OrganizationId": made, "EnabledFeatures": ["RootSessions"]}
    assert iam.enable_organizations_root_sessions()["EnabledFeatures"] == ["RootSessions"]
    answer = iam.enable_organizations_root_credentials_management()
    assert sorted(answer["EnabledFeatures"]) == ["RootCredentialsManagement", "RootSessions"]
    answer = iam.disable_organizations_root_sessions()
    assert answer["EnabledFeatures"] == ["RootCredentialsManagement"]
    answer = iam.disable_organizations_root_credentials_management()
    assert answer["EnabledFeatures"] == []
    assert iam.list_organizations_features()["EnabledFeatures"] == []


def test_features_of_member_accounts(cloud: Server, admin: Identity, target: str) -> None:
    helper = deputy(cloud, admin, target)
    for call in (helper.iam.list_organizations_features, helper.iam.enable_organizations_root_sessions):
        assert error_of(call).code == "AccountNotManagementOrDelegatedAdministratorException"
    admin.client("organizations").register_delegated_administrator(AccountId=target, ServicePrincipal=IAM)
    assert len(helper.iam.list_organizations_features()["EnabledFeatures"]) == 2
    assert error_of(helper.iam.enable_organizations_root_sessions).code == "CallerIsNotManagementAccountException"


# The sessions


def test_a_password_is_made_and_taken_away(cloud: Server, admin: Identity, target: str) -> None:
    answer = admin.aws(
        f"sts assume-root --target-principal {target} --task-policy-arn arn=arn:aws:iam::aws:policy/root-task/{AUDIT}"
    )
    left = datetime.fromisoformat(answer["Credentials"]["Expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=14) < left <= timedelta(minutes=15, seconds=5)
    auditor = Identity.of_session(cloud.url, answer["Credentials"])
    arn = f"arn:aws:iam::{target}:root"
    assert auditor.aws("sts get-caller-identity") == {"UserId": target, "Account": target, "Arn": arn}
    assert auditor.iam.get_user()["User"]["Arn"] == arn
    assert auditor.iam.list_access_keys()["AccessKeyMetadata"] == []
    assert auditor.iam.list_mfa_devices()["MFADevices"] == []
    assert auditor.iam.list_signing_certificates()["Certificates"] == []
    assert auditor.iam.get_account_summary()["SummaryMap"]["AccountPasswordPresent"] == 0
    assert error_of(auditor.iam.get_login_profile).code == "NoSuchEntity"
    assert error_of(auditor.iam.create_login_profile).code == "AccessDenied"

    maker = root_of(cloud, admin, target, CREATE)
    assert error_of(maker.iam.create_login_profile, Password="Correct-Horse-7").code == "ValidationError"
    made = maker.iam.create_login_profile()["LoginProfile"]
    assert made["CreateDate"] and not made.get("PasswordResetRequired")
    assert error_of(maker.iam.create_login_profile).code == "EntityAlreadyExists"
    assert auditor.iam.get_login_profile()["LoginProfile"]["CreateDate"] == made["CreateDate"]
    assert auditor.iam.get_account_summary()["SummaryMap"]["AccountPasswordPresent"] == 1
    assert error_of(maker.iam.delete_login_profile).code == "AccessDenied"

    remover = root_of(cloud, admin, arn, DELETE)
    remover.iam.delete_login_profile()
    assert error_of(remover.iam.get_login_profile).code == "NoSuchEntity"


def test_a_task_is_all_that_a_session_may(cloud: Server, root: Identity, admin: Identity, target: str) -> None:
    helper = deputy(cloud, admin, target)
    helper.iam.create_user(UserName="alice")
    key = helper.iam.create_access_key(UserName="alice")["AccessKey"]["AccessKeyId"]
    remover = root_of(cloud, admin, target, DELETE)
    arn = f"arn:aws:iam::{target}:root"
    error = error_of(remover.iam.list_users)
    assert error.message == (
        f"User: {arn} is not authorized to perform: iam:ListUsers on resource: arn:aws:iam::{target}:user/ with an "
        f"explicit deny in an identity-based policy: {task(DELETE)['arn']}"
    )
    # The credentials of the root user, and of nobody else.
    for call, parameters in (
        (remover.iam.list_access_keys, {"UserName": "alice"}),
        (remover.iam.delete_access_key, {"UserName": "alice", "AccessKeyId": key}),
        (remover.iam.get_access_key_last_used, {"AccessKeyId": key}),
        (remover.iam.delete_login_profile, {"UserName": "alice"}),
        (remover.iam.create_access_key, {}),
        (remover.sts.get_session_token, {}),
        (remover.sts.get_federation_token, {"Name": "guest"}),
        (remover.client("organizations").describe_organization, {}),
    ):
        assert error_of(call, **parameters).code in ("AccessDenied", "AccessDeniedException")
    assert error_of(remover.iam.delete_access_key, AccessKeyId=key).code == "NoSuchEntity"
    assert helper.iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]
    for name in ("S3UnlockBucketPolicy", "SQSUnlockQueuePolicy"):
        unlocker = root_of(cloud, admin, target, name)
        assert unlocker.sts.get_caller_identity()["Arn"] == arn
        assert error_of(unlocker.iam.get_login_profile).code == "AccessDenied"

    # Root users of member accounts are bound by service control policies.
    organizations = admin.client("organizations")
    root_id = organizations.list_roots()["Roots"][0]["Id"]
    organizations.enable_policy_type(RootId=root_id, PolicyType="SERVICE_CONTROL_POLICY")
    forbidden = organizations.create_policy(
        Name="no", Description="", Type="SERVICE_CONTROL_POLICY", Content=policy(deny("iam:GetLoginProfile"))
    )["Policy"]["PolicySummary"]["Id"]
    organizations.attach_policy(PolicyId=forbidden, TargetId=target)
    assert "service control policy" in error_of(remover.iam.get_login_profile).message


def test_who_may_have_whose(cloud: Server, root: Identity, admin: Identity, target: str, new_user) -> None:
    arn = f"arn:aws:iam::{target}:root"
    request = {"TargetPrincipal": target, "TaskPolicyArn": task(AUDIT)}

    def refusal(caller: Identity, **more: Any) -> AwsError:
        return error_of(caller.sts.assume_root, **(request | more))

    assert refusal(root).message == "Root users may not call AssumeRoot."
    other = {"StringEquals": {"sts:TaskPolicyArn": task(DELETE)["arn"]}}
    statement = {"Effect": "Allow", "Action": "sts:AssumeRoot", "Resource": arn}
    plain = new_user("plain")
    assert refusal(plain).message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/plain is not authorized to perform: sts:AssumeRoot on resource: {arn} "
        "because no identity-based policy allows the sts:AssumeRoot action"
    )
    root.iam.put_user_policy(UserName="plain", PolicyName="own", PolicyDocument=policy(statement | {"Condition": other}))
    assert refusal(plain).code == "AccessDenied"
    plain.sts.assume_root(**(request | {"TaskPolicyArn": task(DELETE)}))
    root.iam.put_user_policy(UserName="plain", PolicyName="own", PolicyDocument=policy(statement))
    plain.sts.assume_root(**request)

    # Member accounts only, of the own organization.
    for stranger in (ACCOUNT, "444455556666"):
        error = refusal(admin, TargetPrincipal=stranger)
        assert error.code == "AccessDenied" and "is not a member account of the organization" in error.message
    for name in ("nonsense-123", f"arn:aws:iam::{target}:user/x", "12345678901x"):
        assert refusal(admin, TargetPrincipal=name).code == "ValidationError"
    for policy_arn in ("arn:aws:iam::aws:policy/AdministratorAccess", "arn:aws:iam::aws:policy/root-task/None"):
        assert refusal(admin, TaskPolicyArn={"arn": policy_arn}).code == "ValidationError"
    assert refusal(admin, DurationSeconds=901).code == "ValidationError"

    # A delegated administrator of IAM may; and nobody once the feature, or trusted access, is off.
    organizations = admin.client("organizations")
    second = member(admin, "second")
    helper = deputy(cloud, admin, second)
    assert "delegated administrator" in refusal(helper).message
    organizations.register_delegated_administrator(AccountId=second, ServicePrincipal=IAM)
    helper.sts.assume_root(**request)
    admin.iam.disable_organizations_root_sessions()
    assert "root sessions are not enabled" in refusal(helper).message
    assert "root sessions are not enabled" in refusal(admin).message
    admin.iam.enable_organizations_root_sessions()
    admin.sts.assume_root(**request)
    guest = admin.sts.get_federation_token(Name="guest", Policy=policy(allow("*")))["Credentials"]
    assert refusal(Identity.of_session(cloud.url, guest)).message == "Cannot call AssumeRoot with session credentials"


def test_what_is_recorded(cloud: Server, admin: Identity, target: str, trail: Trail) -> None:
    answer = admin.sts.assume_root(TargetPrincipal=target, TaskPolicyArn=task(AUDIT), DurationSeconds=300)
    made = trail.of(answer)
    assert made["requestParameters"] == {
        "targetPrincipal": target,
        "taskPolicyArn": task(AUDIT),
        "durationSeconds": 300,
    }
    assert made["responseElements"]["credentials"]["accessKeyId"] == answer["Credentials"]["AccessKeyId"]
    assert answer["Credentials"]["SessionToken"] not in str(made)

    auditor = Identity.of_session(cloud.url, answer["Credentials"])
    looked = auditor.iam.list_access_keys()
    identity = Trail(deputy(cloud, admin, target)).of(looked)["userIdentity"]
    assert identity["type"] == "Root"
    assert identity["arn"] == f"arn:aws:iam::{target}:root"
    assert identity["accountId"] == identity["principalId"] == target
    assert identity["sessionContext"]["assumedRoot"] == "true"
    assert identity["sessionContext"]["attributes"]["mfaAuthenticated"] == "false"
