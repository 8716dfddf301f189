"""Access advisor: what users, groups, roles and policies can access, and when they last did."""

from __future__ import annotations

import time
from typing import Any
from collections.abc import Callable

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy, trust

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def job(identity: Identity, arn: str, granularity: str = "SERVICE_LEVEL") -> str:
    """Asks for a report and waits until it is there."""
    job_id = identity.iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    assert len(job_id) == 36
    deadline = time.monotonic() + 60
    while identity.iam.get_service_last_accessed_details(JobId=job_id, MaxItems=1)["JobStatus"] == "IN_PROGRESS":
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return job_id


def services(identity: Identity, arn: str, granularity: str = "SERVICE_LEVEL") -> dict[str, dict[str, Any]]:
    job_id = job(identity, arn, granularity)
    found: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while True:
        page = identity.iam.get_service_last_accessed_details(JobId=job_id, MaxItems=200, **marker)
        assert page["JobStatus"] == "COMPLETED" and page["JobType"] == granularity
        assert page["JobCreationDate"] <= page["JobCompletionDate"]
        found += page["ServicesLastAccessed"]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    namespaces = [service["ServiceNamespace"] for service in found]
    assert namespaces == sorted(set(namespaces))
    return {service["ServiceNamespace"]: service for service in found}


def user_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:user/{name}"


def test_a_user_by_service(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", allow(["iam:ListUsers", "s3:Get*", "sts:*", "ec2:DescribeInstances"]))
    found = services(root, user_arn("alice"))
    assert set(found) == {"iam", "s3", "sts", "ec2"}
    assert found["s3"] == {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0}

    alice.iam.list_users()
    iam = services(root, user_arn("alice"))["iam"]
    assert iam["ServiceName"].startswith("AWS Identity and Access Management")
    assert iam["LastAuthenticatedEntity"] == user_arn("alice")
    assert iam["LastAuthenticatedRegion"] == "us-east-1"
    assert iam["TotalAuthenticatedEntities"] == 1
    assert abs(iam["LastAuthenticated"].timestamp() - time.time()) < 60


def test_a_report_is_as_of_its_making(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", allow("sts:*"))
    before = job(root, user_arn("alice"))
    alice.sts.get_caller_identity()
    [sts] = root.iam.get_service_last_accessed_details(JobId=before)["ServicesLastAccessed"]
    assert "LastAuthenticated" not in sts


def test_denied_attempts_count(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", allow("iam:GetUser", f"arn:aws:iam::{ACCOUNT}:user/nobody"))
    assert error_of(alice.iam.get_user, UserName="alice").code == "AccessDenied"
    assert services(root, user_arn("alice"))["iam"]["TotalAuthenticatedEntities"] == 1


def test_by_action(root: Identity, new_user: Callable[..., Identity]) -> None:
    statements = allow(["iam:ListUsers", "iam:ListGroups", "iam:PassRole", "s3:GetObject"])
    alice = new_user("alice", statements)
    alice.iam.list_users()
    found = services(root, user_arn("alice"), "ACTION_LEVEL")
    # PassRole is a permission, not an operation: there is nothing to track. S3 is not answered, so not recorded.
    actions = {action["ActionName"]: action for action in found["iam"]["TrackedActionsLastAccessed"]}
    assert set(actions) == {"ListUsers", "ListGroups"}
    assert actions["ListUsers"]["LastAccessedEntity"] == user_arn("alice")
    assert actions["ListUsers"]["LastAccessedRegion"] == "us-east-1"
    assert actions["ListUsers"]["LastAccessedTime"] == found["iam"]["LastAuthenticated"]
    assert actions["ListGroups"] == {"ActionName": "ListGroups"}
    assert found["s3"].get("TrackedActionsLastAccessed", []) == []


def test_what_the_policies_could_allow(root: Identity, new_user: Callable[..., Identity]) -> None:
    new_user("admin", managed="AdministratorAccess")
    assert len(services(root, user_arn("admin"))) > 400
    new_user("bounded", allow(["s3:*", "sqs:*"]))
    root.iam.put_user_permissions_boundary(
        UserName="bounded", PermissionsBoundary="arn:aws:iam::aws:policy/IAMReadOnlyAccess"
    )
    # AWS looks at permissions policies alone here.
    assert set(services(root, user_arn("bounded"))) == {"s3", "sqs"}
    new_user("denied", allow(["s3:*", "sqs:*", "sns:Publish"]), deny(["sqs:*", "sns:*"]), deny("s3:*", "arn:aws:s3:::x"))
    assert set(services(root, user_arn("denied"))) == {"s3"}
    new_user("others", {"Effect": "Allow", "NotAction": ["iam:*", "a*:*"], "Resource": "*"})
    others = set(services(root, user_arn("others")))
    assert "s3" in others and not {"iam", "account", "access-analyzer"} & others
    new_user("nothing")
    assert services(root, user_arn("nothing")) == {}


def test_groups_and_their_members(root: Identity, new_user: Callable[..., Identity]) -> None:
    iam = root.iam
    iam.create_group(GroupName="devs", Path="/g/")
    iam.put_group_policy(GroupName="devs", PolicyName="own", PolicyDocument=policy(allow(["sts:*", "s3:ListBucket"])))
    members = [new_user(name) for name in ("alice", "bob", "carol")]
    for name in ("alice", "bob", "carol"):
        iam.add_user_to_group(GroupName="devs", UserName=name)
    group = f"arn:aws:iam::{ACCOUNT}:group/g/devs"
    # A user's report has what the user has by its groups.
    assert set(services(root, user_arn("alice"))) == {"sts", "s3"}
    members[1].sts.get_caller_identity()
    time.sleep(1.1)
    members[0].sts.get_caller_identity()

    sts = services(root, group)["sts"]
    assert sts["TotalAuthenticatedEntities"] == 2
    assert sts["LastAuthenticatedEntity"] == user_arn("alice")

    job_id = job(root, group)
    details = iam.get_service_last_accessed_details_with_entities(JobId=job_id, ServiceNamespace="sts")
    assert details["JobStatus"] == "COMPLETED" and not details["IsTruncated"]
    entities = details["EntityDetailsList"]
    assert [entity["EntityInfo"]["Name"] for entity in entities] == ["alice", "bob", "carol"], "latest first"
    assert entities[0]["EntityInfo"] == {
        "Arn": user_arn("alice"), "Name": "alice", "Type": "USER", "Path": "/",
        "Id": iam.get_user(UserName="alice")["User"]["UserId"],
    }  # fmt: skip
    assert "LastAuthenticated" in entities[1] and "LastAuthenticated" not in entities[2]

    pages, marker = [], {}
    while True:
        page = iam.get_service_last_accessed_details_with_entities(
            JobId=job_id, ServiceNamespace="sts", MaxItems=1, **marker
        )
        pages += page["EntityDetailsList"]
        if not page["IsTruncated"]:
            break
        marker = {"Marker": page["Marker"]}
    assert pages == entities
    refused = error_of(iam.get_service_last_accessed_details_with_entities, JobId=job_id, ServiceNamespace="ec2")
    assert (refused.code, refused.status) == ("NoSuchEntity", 404)


def test_roles_and_policies(root: Identity, new_user: Callable[..., Identity], new_role: Callable[..., str]) -> None:
    iam = root.iam
    arn = iam.create_policy(PolicyName="calls", PolicyDocument=policy(allow(["sts:*", "iam:List*"])))["Policy"]["Arn"]
    alice = new_user("alice", allow("sts:AssumeRole"))
    role = new_role("worker", trust(ACCOUNT))
    iam.create_group(GroupName="devs")
    bob = new_user("bob")
    iam.add_user_to_group(GroupName="devs", UserName="bob")
    iam.attach_group_policy(GroupName="devs", PolicyArn=arn)
    iam.attach_role_policy(RoleName="worker", PolicyArn=arn)
    worker = Identity.of_session(root.url, alice.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"])
    bob.sts.get_caller_identity()
    worker.iam.list_users()

    assert services(root, role)["iam"]["LastAuthenticatedEntity"] == role
    found = services(root, arn)
    assert set(found) == {"sts", "iam"}
    assert found["iam"]["LastAuthenticatedEntity"] == role
    assert found["sts"]["LastAuthenticatedEntity"] == user_arn("bob")
    entities = iam.get_service_last_accessed_details_with_entities(JobId=job(root, arn), ServiceNamespace="sts")
    assert {(one["EntityInfo"]["Name"], one["EntityInfo"]["Type"]) for one in entities["EntityDetailsList"]} == {
        ("bob", "USER"), ("worker", "ROLE"),
    }  # fmt: skip
    # The one who assumed the role used STS by a right of its own.
    assert services(root, user_arn("alice"))["sts"]["TotalAuthenticatedEntities"] == 1
    assert services(root, ADMIN)["iam"]["TotalAuthenticatedEntities"] == 0


def test_policies_that_grant_access(root: Identity, new_user: Callable[..., Identity]) -> None:
    iam = root.iam
    new_user("alice", allow("s3:GetObject"), managed="AmazonS3ReadOnlyAccess")
    iam.create_group(GroupName="devs")
    iam.put_group_policy(GroupName="devs", PolicyName="all", PolicyDocument=policy(allow("*")))
    iam.add_user_to_group(GroupName="devs", UserName="alice")
    answer = iam.list_policies_granting_service_access(Arn=user_arn("alice"), ServiceNamespaces=["sqs", "s3"])
    assert answer["IsTruncated"] is False
    found = {entry["ServiceNamespace"]: entry["Policies"] for entry in answer["PoliciesGrantingServiceAccess"]}
    inline = {"PolicyName": "own", "PolicyType": "INLINE", "EntityType": "USER", "EntityName": "alice"}
    of_group = {"PolicyName": "all", "PolicyType": "INLINE", "EntityType": "GROUP", "EntityName": "devs"}
    managed = {
        "PolicyName": "AmazonS3ReadOnlyAccess", "PolicyType": "MANAGED",
        "PolicyArn": "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess",
    }  # fmt: skip
    assert found == {"s3": [inline, managed, of_group], "sqs": [of_group]}
    for arguments in (
        {"Arn": ADMIN, "ServiceNamespaces": ["s3"]},
        {"Arn": user_arn("alice"), "ServiceNamespaces": ["nothing-such"]},
    ):
        assert error_of(iam.list_policies_granting_service_access, **arguments).code == "InvalidInput"


@pytest.mark.parametrize(
    ("arn", "code"),
    [
        (user_arn("nobody"), "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:policy/none", "NoSuchEntity"),
        # No policy of this account reaches into another.
        ("arn:aws:iam::999999999999:role/other", "AccessDenied"),
        ("arn:aws:iam::aws:policy/NoSuchPolicyOfAWS", "NoSuchEntity"),
        (f"arn:aws:iam::{ACCOUNT}:mfa/phone", "InvalidInput"),
        ("arn:aws:s3:::a-bucket-of-mine", "InvalidInput"),
    ],
)
def test_what_there_is_no_report_on(root: Identity, arn: str, code: str) -> None:
    assert error_of(root.iam.generate_service_last_accessed_details, Arn=arn).code == code


def test_jobs(root: Identity) -> None:
    unknown = error_of(root.iam.get_service_last_accessed_details, JobId="0" * 36)
    assert (unknown.code, unknown.status) == ("NoSuchEntity", 404)
    short = error_of(root.client("iam", parameter_validation=False).get_service_last_accessed_details, JobId="x")
    assert short.code == "ValidationError"


def test_a_job_outlives_the_process(durable: Callable[..., Server]) -> None:
    """Cut off while it is made, it is made when it is next asked for."""
    server = durable().start()
    iam = server.root.iam
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn=ADMIN)
    job_id = iam.generate_service_last_accessed_details(Arn=user_arn("admin"), Granularity="ACTION_LEVEL")["JobId"]
    server.kill()
    server.start()
    deadline = time.monotonic() + 60
    while True:
        answer = server.root.iam.get_service_last_accessed_details(JobId=job_id, MaxItems=1000)
        if answer["JobStatus"] != "IN_PROGRESS":
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer["JobStatus"] == "COMPLETED" and len(answer["ServicesLastAccessed"]) > 400


def test_the_cli(root: Identity, new_user: Callable[..., Identity]) -> None:
    new_user("alice", allow("sts:*")).sts.get_caller_identity()
    made = root.aws("iam", "generate-service-last-accessed-details", "--arn", user_arn("alice"))
    deadline = time.monotonic() + 20
    while True:
        answer = root.aws("iam", "get-service-last-accessed-details", "--job-id", made["JobId"])
        if answer["JobStatus"] == "COMPLETED":
            break
        assert time.monotonic() < deadline
    assert [service["ServiceNamespace"] for service in answer["ServicesLastAccessed"]] == ["sts"]
    assert answer["ServicesLastAccessed"][0]["LastAuthenticatedEntity"] == user_arn("alice")
