"""Trails of an organization: who may have one, what it takes, and where its files lie."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from harness import ACCOUNT, Server, error_of
from harness.organizations import NewOrganization
from harness.patience import PATIENCE
from harness.trails import Delivered, bucket_policy, make_bucket, validate

SERVICE = "cloudtrail.amazonaws.com"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/all"


@pytest.fixture(scope="module")
def quick_server() -> Iterator[Server]:
    with Server("--trail-delivery", "1", "--quota", "DaysBeforeLeaving=0") as server:
        yield server


@pytest.fixture
def org(quick_server: Server) -> NewOrganization:
    quick_server.reset()
    return NewOrganization(quick_server)


def test_the_way_to_a_trail(org: NewOrganization) -> None:
    ct = org.management.cloudtrail
    member = org.member("dev")
    make_bucket(org.management, "logs")
    wanted = {"Name": "all", "S3BucketName": "logs", "IsOrganizationTrail": True, "IsMultiRegionTrail": True}
    assert error_of(ct.create_trail, **wanted).code == "CloudTrailAccessNotEnabledException"
    org.api.enable_aws_service_access(ServicePrincipal=SERVICE)
    assert error_of(member.admin.cloudtrail.create_trail, **wanted).code == (
        "NotOrganizationMasterAccountException")
    # The policy of a trail of one account is not enough.
    assert error_of(ct.create_trail, **wanted).code == "InsufficientS3BucketPolicyException"
    org.management.client("s3").put_bucket_policy(
        Bucket="logs", Policy=bucket_policy("logs", ARN, organization=org.id))
    made = ct.create_trail(**wanted, EnableLogFileValidation=True)
    assert (made["TrailARN"], made["IsOrganizationTrail"]) == (ARN, True)
    for identity in (org.management, member.admin):
        role = identity.iam.get_role(RoleName="AWSServiceRoleForCloudTrail")["Role"]
        assert role["Path"] == f"/aws-service-role/{SERVICE}/"

    # A member sees it, and can do nothing about it.
    theirs = member.admin.cloudtrail
    (shown,) = theirs.describe_trails()["trailList"]
    assert (shown["TrailARN"], shown["IsOrganizationTrail"]) == (ARN, True)
    assert theirs.get_trail_status(Name=ARN)["IsLogging"] is False
    for call in (theirs.start_logging, theirs.delete_trail, theirs.update_trail):
        assert error_of(call, Name=ARN).code == "NotOrganizationMasterAccountException"


@pytest.mark.memory
def test_a_member_that_joins_later(cloud: Server) -> None:
    """CloudTrail's role is there by the next delivery, whether the organization has a trail or an event data store."""
    for kind in ("trail", "store"):
        cloud.reset()
        org = NewOrganization(cloud)
        org.api.enable_aws_service_access(ServicePrincipal=SERVICE)
        if kind == "trail":
            make_bucket(org.management, "logs", ARN, organization=org.id)
            org.management.cloudtrail.create_trail(Name="all", S3BucketName="logs", IsOrganizationTrail=True)
        else:
            org.management.cloudtrail.create_event_data_store(Name="all", OrganizationEnabled=True)
        member = org.member("late")
        role = {"RoleName": "AWSServiceRoleForCloudTrail"}
        assert error_of(member.admin.iam.get_role, **role).code == "NoSuchEntity"
        cloud.advance(600)
        assert member.admin.iam.get_role(**role)["Role"]["Path"] == f"/aws-service-role/{SERVICE}/"


def test_events_of_all_accounts(org: NewOrganization) -> None:
    member, other = org.member("dev"), org.member("guest")
    org.api.enable_aws_service_access(ServicePrincipal=SERVICE)
    make_bucket(org.management, "logs", ARN, organization=org.id)
    ct = org.management.cloudtrail
    ct.create_trail(
        Name="all", S3BucketName="logs", IsOrganizationTrail=True, IsMultiRegionTrail=True, EnableLogFileValidation=True)
    ct.start_logging(Name="all")
    logs = Delivered(org.management, "logs")
    here = org.management.iam.create_user(UserName="here")
    there = member.admin.iam.create_user(UserName="there")
    assert logs.wait_for_request(there)["recipientAccountId"] == member.account
    assert logs.wait_for_request(here)["recipientAccountId"] == ACCOUNT
    folders = {key.split("/CloudTrail/")[0] for key in logs.keys()}
    assert folders >= {f"AWSLogs/{org.id}/{ACCOUNT}", f"AWSLogs/{org.id}/{member.account}"}

    org.api.remove_account_from_organization(AccountId=other.account)
    alone = other.admin.iam.create_user(UserName="alone")
    after = member.admin.iam.create_user(UserName="after")
    logs.wait_for_request(after)
    assert alone["ResponseMetadata"]["RequestId"] not in {record.get("requestID") for record in logs.records()}

    ct.stop_logging(Name="all")
    deadline = time.monotonic() + PATIENCE
    while len({key.split("/")[2] for key in logs.digests()} & {ACCOUNT, member.account}) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for account in (ACCOUNT, member.account):
        code, text = validate(org.management, "--account-id", account, trail=ARN)
        assert code == 0 and "1/1 digest files valid" in text, text


def test_a_delegated_administrator(org: NewOrganization) -> None:
    member, other = org.member("security"), org.member("dev")
    ct, theirs = org.management.cloudtrail, member.admin.cloudtrail
    register = ct.register_organization_delegated_admin
    assert error_of(register, MemberAccountId=member.account).code == "CloudTrailAccessNotEnabledException"
    org.api.enable_aws_service_access(ServicePrincipal=SERVICE)
    assert error_of(register, MemberAccountId=ACCOUNT).code == "CannotDelegateManagementAccountException"
    assert error_of(register, MemberAccountId="999999999999").code == "AccountNotFoundException"
    assert error_of(theirs.register_organization_delegated_admin, MemberAccountId=other.account).code == (
        "NotOrganizationManagementAccountException")
    register(MemberAccountId=member.account)
    assert error_of(register, MemberAccountId=member.account).code == "AccountRegisteredException"
    (named,) = org.api.list_delegated_administrators(ServicePrincipal=SERVICE)["DelegatedAdministrators"]
    assert named["Id"] == member.account
    for role in ("AWSServiceRoleForCloudTrail", "AWSServiceRoleForCloudTrailEventContext"):
        assert org.management.iam.get_role(RoleName=role)

    # The trail is the management account's, whoever makes it.
    make_bucket(member.admin, "logs", ARN, organization=org.id)
    made = theirs.create_trail(Name="all", S3BucketName="logs", IsOrganizationTrail=True)
    assert made["TrailARN"] == ARN
    theirs.start_logging(Name="all")
    logs = Delivered(member.admin, "logs")
    logs.wait_for_request(other.admin.iam.create_user(UserName="alice"))
    assert error_of(other.admin.cloudtrail.stop_logging, Name=ARN).code == (
        "NotOrganizationMasterAccountException")
    theirs.put_event_selectors(TrailName=ARN, EventSelectors=[{"ReadWriteType": "WriteOnly"}])

    ct.deregister_organization_delegated_admin(DelegatedAdminAccountId=member.account)
    assert error_of(theirs.stop_logging, Name=ARN).code == "NotOrganizationMasterAccountException"
    assert error_of(
        ct.deregister_organization_delegated_admin, DelegatedAdminAccountId=member.account
    ).code == "AccountNotRegisteredException"
    ct.delete_trail(Name="all")
    assert theirs.describe_trails()["trailList"] == []
