"""Access advisor: what users, groups, roles and policies can access, and when they last did."""

from __future__ import annotations

import time
from typing import Any
from collections.abc import Callable

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy, trust
from harness.patience import PATIENCE

ADMIN = "arn:aws:iam::aws:policy/AdministratorAccess"


def job(identity: Identity, arn: str, granularity: str = "SERVICE_LEVEL") -> str:
    """Asks for a report and waits until it is there."""
    job_id = identity.iam.generate_service_last_accessed_details(Arn=arn, Granularity=granularity)["JobId"]
    assert len(job_id) == 36
    deadline = time.monotonic() + PATIENCE
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
    # PassRole is a permission, not an operation: there is nothing to track, and GetObject a data event.
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
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = server.root.iam.get_service_last_accessed_details(JobId=job_id, MaxItems=1000)
        if answer["JobStatus"] != "IN_PROGRESS":
            break
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer["JobStatus"] == "COMPLETED" and len(answer["ServicesLastAccessed"]) > 400


# Organizations


def organizations_report(identity: Identity, path: str, policy_id: str | None = None, **how: Any) -> dict[str, Any]:
    """Asks for the report of an entity and waits until it is there; all pages as one."""
    more = {"OrganizationsPolicyId": policy_id} if policy_id else {}
    job_id = identity.iam.generate_organizations_access_report(EntityPath=path, **more)["JobId"]
    deadline = time.monotonic() + PATIENCE
    details: list[dict[str, Any]] = []
    marker: dict[str, str] = {}
    while True:
        page = identity.iam.get_organizations_access_report(JobId=job_id, MaxItems=300, **how, **marker)
        if page["JobStatus"] == "IN_PROGRESS":
            assert time.monotonic() < deadline
            time.sleep(0.05)
            continue
        details += page.get("AccessDetails", [])
        if not page["IsTruncated"]:
            return page | {"AccessDetails": details}
        marker = {"Marker": page["Marker"]}


def test_the_organization(root: Identity) -> None:
    client = root.client("organizations")
    organization = client.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    top = client.list_roots()["Roots"][0]["Id"]
    client.enable_policy_type(RootId=top, PolicyType="SERVICE_CONTROL_POLICY")
    report = organizations_report(root, f"{organization}/{top}")
    assert report["JobStatus"] == "COMPLETED"
    namespaces = [detail["ServiceNamespace"] for detail in report["AccessDetails"]]
    assert len(namespaces) > 400 and namespaces == sorted(namespaces)
    assert report["NumberOfServicesAccessible"] == len(namespaces)
    used = {detail["ServiceNamespace"]: detail for detail in report["AccessDetails"] if "EntityPath" in detail}
    assert {"iam", "organizations"} <= set(used)
    assert report["NumberOfServicesNotAccessed"] == len(namespaces) - len(used)
    assert used["organizations"]["EntityPath"] == f"{organization}/{top}/{ACCOUNT}"
    assert used["organizations"]["TotalAuthenticatedEntities"] == 1
    assert used["organizations"]["Region"] == "us-east-1"
    assert used["organizations"]["ServiceName"] == "AWS Organizations"

    latest = organizations_report(root, f"{organization}/{top}", SortKey="LAST_AUTHENTICATED_TIME_DESCENDING")
    times = [detail["LastAuthenticatedTime"] for detail in latest["AccessDetails"] if "LastAuthenticatedTime" in detail]
    assert times == sorted(times, reverse=True) and len(times) == len(used)

    # One policy by itself, attached or not.
    made = client.create_policy(
        Content=policy(allow(["s3:*", "iam:*", "sqs:Send*"]), deny("sqs:*")),
        Description="", Name="few", Type="SERVICE_CONTROL_POLICY",
    )["Policy"]["PolicySummary"]["Id"]  # fmt: skip
    few = organizations_report(root, f"{organization}/{top}", made)
    assert [detail["ServiceNamespace"] for detail in few["AccessDetails"]] == ["iam", "s3"]
    assert (few["NumberOfServicesAccessible"], few["NumberOfServicesNotAccessed"]) == (2, 1)
    # All levels together: what is attached to the root beside FullAWSAccess takes away what it denies.
    client.attach_policy(PolicyId=made, TargetId=top)
    bound = organizations_report(root, f"{organization}/{top}")
    found = {detail["ServiceNamespace"] for detail in bound["AccessDetails"]}
    assert "sqs" not in found and len(found) == len(namespaces) - 1
    # The management account is bound by none.
    assert organizations_report(root, f"{organization}/{top}/{ACCOUNT}")["NumberOfServicesAccessible"] == len(
        namespaces
    )

    for path, policy_id in [
        (f"{organization}/r-zzzz", None),
        (f"{organization}/{top}/ou-zzzz-zzzzzzzz", None),
        ("o-zzzzzzzzzz/r-zzzz", None),
        (f"{organization}/{top}", "p-zzzzzzzz"),
    ]:
        failed = organizations_report(root, path, policy_id)
        assert failed["JobStatus"] == "FAILED" and failed["ErrorDetails"]["Code"] == "InvalidInput"


def test_parts_of_an_organization(cloud: Server, new_user: Callable[..., Identity]) -> None:
    admin = new_user("admin", managed="AdministratorAccess")
    client = admin.client("organizations")
    organization = client.create_organization(FeatureSet="ALL")["Organization"]["Id"]
    top = client.list_roots()["Roots"][0]["Id"]
    client.enable_policy_type(RootId=top, PolicyType="SERVICE_CONTROL_POLICY")
    accounts = []
    for name in ("first", "second"):
        request = client.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]["Id"]
        deadline = time.monotonic() + PATIENCE
        while True:
            status = client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
            if status["State"] == "SUCCEEDED":
                break
            assert status["State"] == "IN_PROGRESS" and time.monotonic() < deadline, status
            time.sleep(0.02)
        accounts.append(status["AccountId"])
    first, second = accounts
    unit = client.create_organizational_unit(ParentId=top, Name="unit")["OrganizationalUnit"]["Id"]
    client.move_account(AccountId=first, SourceParentId=top, DestinationParentId=unit)
    few = client.create_policy(
        Content=policy(allow(["iam:*", "sts:*", "s3:GetObject"])), Description="", Name="few",
        Type="SERVICE_CONTROL_POLICY",
    )["Policy"]["PolicySummary"]["Id"]  # fmt: skip
    client.attach_policy(PolicyId=few, TargetId=unit)
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=unit)
    no_roles = client.create_policy(
        Content=policy(allow(["iam:*", "s3:PutObject"])), Description="", Name="other", Type="SERVICE_CONTROL_POLICY"
    )["Policy"]["PolicySummary"]["Id"]

    role = f"arn:aws:iam::{first}:role/OrganizationAccountAccessRole"
    member = Identity.of_session(
        cloud.url, admin.sts.assume_role(RoleArn=role, RoleSessionName="admin")["Credentials"]
    )
    member.iam.list_users()

    path = f"{organization}/{top}/{unit}"
    for entity in (path, f"{path}/{first}"):
        report = organizations_report(admin, entity)
        found = {detail["ServiceNamespace"]: detail for detail in report["AccessDetails"]}
        assert set(found) == {"iam", "s3", "sts"}
        assert found["iam"]["EntityPath"] == f"{path}/{first}"
        assert found["iam"]["TotalAuthenticatedEntities"] == 1
        # The role was assumed by the management account's user: that was a use of STS there, not here.
        assert "EntityPath" not in found["sts"]
        assert report["NumberOfServicesNotAccessed"] == 2
    whole = organizations_report(admin, f"{organization}/{top}")
    assert {d["ServiceNamespace"]: d for d in whole["AccessDetails"]}["iam"]["TotalAuthenticatedEntities"] == 2
    other = organizations_report(admin, f"{organization}/{top}/{second}")
    assert other["NumberOfServicesAccessible"] > 400
    assert other["NumberOfServicesNotAccessed"] == other["NumberOfServicesAccessible"]

    # What one level allows and the other does not is not there: of S3 no action is in both.
    client.attach_policy(PolicyId=no_roles, TargetId=first)
    client.detach_policy(PolicyId="p-FullAWSAccess", TargetId=first)
    both = organizations_report(admin, f"{path}/{first}")
    assert [detail["ServiceNamespace"] for detail in both["AccessDetails"]] == ["iam"]

    # A member account has no such reports; nor is a path true that leads past the unit.
    assert organizations_report(member, path)["ErrorDetails"]["Code"] == "AccessDenied"
    assert organizations_report(admin, f"{organization}/{top}/{first}")["ErrorDetails"]["Code"] == "InvalidInput"


def test_there_is_no_organization(root: Identity) -> None:
    failed = organizations_report(root, "o-zzzzzzzzzz/r-zzzz")
    assert failed["JobStatus"] == "FAILED" and failed["ErrorDetails"]["Code"] == "AccessDenied"
    unknown = error_of(root.iam.get_organizations_access_report, JobId="0" * 36)
    assert (unknown.code, unknown.status) == ("NoSuchEntity", 404)


def test_the_cli(root: Identity, new_user: Callable[..., Identity]) -> None:
    new_user("alice", allow("sts:*")).sts.get_caller_identity()
    made = root.aws("iam", "generate-service-last-accessed-details", "--arn", user_arn("alice"))
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = root.aws("iam", "get-service-last-accessed-details", "--job-id", made["JobId"])
        if answer["JobStatus"] == "COMPLETED":
            break
        assert time.monotonic() < deadline
    assert [service["ServiceNamespace"] for service in answer["ServicesLastAccessed"]] == ["sts"]
    assert answer["ServicesLastAccessed"][0]["LastAuthenticatedEntity"] == user_arn("alice")
