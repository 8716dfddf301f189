"""AWS Organizations: the organization itself, its units and accounts, invitations, delegated administrators.

What policies of an organization forbid is in test_organization_policies.py.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from harness import ACCOUNT, AwsError, Identity, Server, Trail, allow, error_of
from harness.patience import PATIENCE

ACCESS_ROLE = "OrganizationAccountAccessRole"
MEMBER_LIMIT = 10


def organizations(identity: Identity) -> Any:
    return identity.client("organizations")


def created(client: Any, name: str, **more: Any) -> dict[str, Any]:
    """Makes an account and returns its CreateAccountStatus as it ended."""
    more.setdefault("Email", f"{name}@example.com")
    request = client.create_account(AccountName=name, **more)["CreateAccountStatus"]
    assert request["State"] == "IN_PROGRESS"
    return finished(client, request["Id"])


def finished(client: Any, request: str) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while True:
        status = client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        if status["State"] != "IN_PROGRESS":
            return dict(status)
        assert time.monotonic() < deadline, status
        time.sleep(0.02)


def admin_of(server: Server, identity: Identity, account: str, role: str = ACCESS_ROLE) -> Identity:
    """An administrator of a member account: the management account's, who has assumed the role there."""
    answer = identity.sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/{role}", RoleSessionName="admin")
    return Identity.of_session(server.url, answer["Credentials"], name=account)


@pytest.fixture
def admin(root: Identity, new_user: Callable[..., Identity]) -> Identity:
    """An administrator of the account that is to be the management account; roots may not assume roles."""
    return new_user("admin", managed="AdministratorAccess")


@pytest.fixture
def org(admin: Identity) -> Any:
    """The management account's client, in an organization with all features."""
    client = organizations(admin)
    client.create_organization()
    return client


@pytest.fixture
def soon(tmp_path: Path) -> Iterator[Server]:
    """A server in which accounts may leave their organization as soon as they are made."""
    with Server("--quota", "DaysBeforeLeaving=0", log=tmp_path / "log") as server:
        yield server


def administrator(server: Server) -> Identity:
    root = server.root
    root.iam.create_user(UserName="admin")
    root.iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return Identity.of_key(server.url, root.iam.create_access_key(UserName="admin")["AccessKey"])


def test_an_organization_begins_and_ends(root: Identity, admin: Identity) -> None:
    client = organizations(admin)
    refused = error_of(client.describe_organization)
    assert (refused.code, refused.status) == ("AWSOrganizationsNotInUseException", 400)
    assert refused.message == "Your account is not a member of an organization."

    made = admin.aws("organizations create-organization")["Organization"]
    assert made["FeatureSet"] == "ALL"
    assert made["MasterAccountId"] == ACCOUNT
    assert made["Arn"] == f"arn:aws:organizations::{ACCOUNT}:organization/{made['Id']}"
    assert made["MasterAccountArn"] == f"arn:aws:organizations::{ACCOUNT}:account/{made['Id']}/{ACCOUNT}"
    assert client.describe_organization()["Organization"] == made
    assert error_of(client.create_organization).code == "AlreadyInOrganizationException"

    only = client.list_accounts()["Accounts"]
    assert [account["Id"] for account in only] == [ACCOUNT]
    assert only[0]["JoinedMethod"] == "INVITED" and only[0]["State"] == only[0]["Status"] == "ACTIVE"
    roots = client.list_roots()["Roots"]
    assert len(roots) == 1 and roots[0]["Name"] == "Root" and roots[0]["PolicyTypes"] == []
    assert only[0]["Paths"] == [f"{made['Id']}/{roots[0]['Id']}/{ACCOUNT}/"]
    role = root.iam.get_role(RoleName="AWSServiceRoleForOrganizations")["Role"]
    assert role["Path"] == "/aws-service-role/organizations.amazonaws.com/"

    client.create_organizational_unit(ParentId=roots[0]["Id"], Name="left over")
    admin.aws("organizations delete-organization")
    assert error_of(client.describe_organization).code == "AWSOrganizationsNotInUseException"
    again = client.create_organization(FeatureSet="CONSOLIDATED_BILLING")["Organization"]
    assert again["Id"] != made["Id"] and again["FeatureSet"] == "CONSOLIDATED_BILLING"
    root_id = client.list_roots()["Roots"][0]["Id"]
    assert client.list_organizational_units_for_parent(ParentId=root_id)["OrganizationalUnits"] == []


def test_making_an_organization_needs_its_role(root: Identity, new_user: Callable[..., Identity]) -> None:
    client = organizations(new_user("maker", allow("organizations:CreateOrganization")))
    refused = error_of(client.create_organization)
    assert refused.code == "AccessDeniedForDependencyException"
    assert "iam:CreateServiceLinkedRole" in refused.message
    client.create_organization(FeatureSet="CONSOLIDATED_BILLING")


def test_an_account_is_made(cloud: Server, admin: Identity, org: Any) -> None:
    status = created(
        org, "shop", IamUserAccessToBilling="DENY", Tags=[{"Key": "team", "Value": "red"}, {"Key": "Team", "Value": ""}]
    )
    assert status["State"] == "SUCCEEDED" and "FailureReason" not in status
    number = status["AccountId"]
    assert len(number) == 12 and number.isdigit() and number != ACCOUNT
    account = org.describe_account(AccountId=number)["Account"]
    assert (account["Name"], account["Email"]) == ("shop", "shop@example.com")
    assert (account["State"], account["Status"], account["JoinedMethod"]) == ("ACTIVE", "ACTIVE", "CREATED")
    assert org.list_tags_for_resource(ResourceId=number)["Tags"] == [
        {"Key": "Team", "Value": ""},
        {"Key": "team", "Value": "red"},
    ]

    # With the real CLI: in by the role, and an administrator there.
    answer = admin.aws(
        "sts", "assume-role", "--role-arn", f"arn:aws:iam::{number}:role/{ACCESS_ROLE}", "--role-session-name", "me"
    )
    inside = Identity.of_session(cloud.url, answer["Credentials"])
    assert inside.aws("sts get-caller-identity")["Account"] == number
    inside.aws("iam", "create-user", "--user-name", "admin")
    assert [user["UserName"] for user in inside.iam.list_users()["Users"]] == ["admin"]
    assert {role["RoleName"] for role in inside.iam.list_roles()["Roles"]} == {
        ACCESS_ROLE,
        "AWSServiceRoleForOrganizations",
    }
    # Users of one name in two accounts are two users.
    key = Identity.of_key(cloud.url, inside.iam.create_access_key(UserName="admin")["AccessKey"])
    assert key.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{number}:user/admin"
    assert admin.sts.get_access_key_info(AccessKeyId=key.key_id)["Account"] == number
    assert error_of(key.iam.list_users).code == "AccessDenied"

    result = Trail(admin).named("CreateAccountResult")
    assert result["eventType"] == "AwsServiceEvent"
    assert result["serviceEventDetails"]["createAccountStatus"]["accountId"] == number
    asked = Trail(admin).named("CreateAccount")
    assert "shop@example.com" not in json.dumps(asked)


def test_accounts_that_cannot_be_made(admin: Identity, org: Any) -> None:
    first = created(org, "one", RoleName="Inside")
    assert first["State"] == "SUCCEEDED"
    again = created(org, "two", Email="ONE@example.com")
    assert (again["State"], again["FailureReason"]) == ("FAILED", "EMAIL_ALREADY_EXISTS")
    assert "AccountId" not in again
    failed = org.list_create_account_status(States=["FAILED"])["CreateAccountStatuses"]
    assert [status["Id"] for status in failed] == [again["Id"]]

    refused = error_of(org.create_account, AccountName="x", Email="x@example.com", RoleName="awsserviceRoleForX")
    assert refused.code == "InvalidInputException"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.create_account(AccountName="x", Email="no-address")
    assert caught.value.response["Error"]["Code"] == "InvalidInputException"
    assert caught.value.response["Reason"] == "INVALID_PATTERN"
    assert caught.value.response["Error"]["Message"] == "You provided a value that does not match the required pattern."
    assert (
        error_of(org.describe_create_account_status, CreateAccountRequestId="car-00000000").code
        == "CreateAccountStatusNotFoundException"
    )
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.create_gov_cloud_account(AccountName="x", Email="x@example.com")
    assert caught.value.response["Reason"] == "MASTER_ACCOUNT_NOT_GOVCLOUD_ENABLED"


def test_only_so_many_accounts(org: Any) -> None:
    for number in range(MEMBER_LIMIT - 1):
        assert created(org, f"a{number}")["State"] == "SUCCEEDED"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.create_account(AccountName="x", Email="x@example.com")
    assert caught.value.response["Error"]["Code"] == "ConstraintViolationException"
    assert caught.value.response["Reason"] == "ACCOUNT_NUMBER_LIMIT_EXCEEDED"

    pages = list(org.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 3}))
    assert [len(page["Accounts"]) for page in pages] == [3, 3, 3, 1]
    numbers = {account["Id"] for page in pages for account in page["Accounts"]}
    assert len(numbers) == MEMBER_LIMIT
    root_id = org.list_roots()["Roots"][0]["Id"]
    for operation, parameters, member in [
        ("list_accounts_for_parent", {"ParentId": root_id}, "Accounts"),
        ("list_children", {"ParentId": root_id, "ChildType": "ACCOUNT"}, "Children"),
    ]:
        found = org.get_paginator(operation).paginate(**parameters, PaginationConfig={"PageSize": 4})
        assert {one["Id"] for page in found for one in page[member]} == numbers
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.list_accounts(NextToken="no token")
    assert caught.value.response["Reason"] == "INVALID_NEXT_TOKEN"


def test_a_request_for_an_account_outlives_the_server(durable: Callable[..., Server]) -> None:
    server = durable()
    with server:
        client = organizations(administrator(server))
        client.create_organization()
        requests = []
        for number in range(4):
            answer = client.create_account(AccountName=f"a{number}", Email=f"a{number}@example.com")
            requests.append(answer["CreateAccountStatus"]["Id"])
        server.kill()
        server.start()
        again = organizations(server.root)
        accounts = {finished(again, request)["AccountId"] for request in requests}
        assert len(accounts) == 4
        assert {account["Id"] for account in again.list_accounts()["Accounts"]} == accounts | {ACCOUNT}


def test_units(admin: Identity, org: Any) -> None:
    root_id = org.list_roots()["Roots"][0]["Id"]
    organization = org.describe_organization()["Organization"]["Id"]
    unit = admin.aws(
        "organizations", "create-organizational-unit", "--parent-id", root_id, "--name", "Prod", "--tags", "Key=a,Value=b"
    )["OrganizationalUnit"]
    assert unit["Id"].startswith(f"ou-{root_id[2:]}-")
    assert unit["Arn"] == f"arn:aws:organizations::{ACCOUNT}:ou/{organization}/{unit['Id']}"
    assert unit["Path"] == f"{organization}/{root_id}/{unit['Id']}/"
    assert org.list_tags_for_resource(ResourceId=unit["Id"])["Tags"] == [{"Key": "a", "Value": "b"}]
    assert error_of(org.create_organizational_unit, ParentId=root_id, Name="Prod").code == (
        "DuplicateOrganizationalUnitException"
    )
    deepest = unit["Id"]
    for level in range(2, 6):
        deepest = org.create_organizational_unit(ParentId=deepest, Name="Prod")["OrganizationalUnit"]["Id"]
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.create_organizational_unit(ParentId=deepest, Name="Prod")
    assert caught.value.response["Reason"] == "OU_DEPTH_LIMIT_EXCEEDED"
    assert error_of(org.delete_organizational_unit, OrganizationalUnitId=unit["Id"]).code == (
        "OrganizationalUnitNotEmptyException"
    )
    org.delete_organizational_unit(OrganizationalUnitId=deepest)
    assert error_of(org.describe_organizational_unit, OrganizationalUnitId=deepest).code == (
        "OrganizationalUnitNotFoundException"
    )
    other = org.create_organizational_unit(ParentId=root_id, Name="Dev")["OrganizationalUnit"]["Id"]
    assert error_of(org.update_organizational_unit, OrganizationalUnitId=other, Name="Prod").code == (
        "DuplicateOrganizationalUnitException"
    )
    assert org.update_organizational_unit(OrganizationalUnitId=other, Name="Test")["OrganizationalUnit"]["Name"] == "Test"
    names = [
        unit["Name"]
        for page in org.get_paginator("list_organizational_units_for_parent").paginate(
            ParentId=root_id, PaginationConfig={"PageSize": 1}
        )
        for unit in page["OrganizationalUnits"]
    ]
    assert sorted(names) == ["Prod", "Test"]
    assert org.list_parents(ChildId=other)["Parents"] == [{"Id": root_id, "Type": "ROOT"}]
    assert error_of(org.list_parents, ChildId="999999999999").code == "ChildNotFoundException"
    missing = f"ou-{root_id[2:]}-00000000"
    assert error_of(org.list_children, ParentId=missing, ChildType="ACCOUNT").code == "ParentNotFoundException"


def test_accounts_move(org: Any) -> None:
    root_id = org.list_roots()["Roots"][0]["Id"]
    unit = org.create_organizational_unit(ParentId=root_id, Name="Prod")["OrganizationalUnit"]["Id"]
    number = created(org, "shop")["AccountId"]
    move = {"AccountId": number, "SourceParentId": root_id, "DestinationParentId": unit}
    org.move_account(**move)
    assert org.list_parents(ChildId=number)["Parents"] == [{"Id": unit, "Type": "ORGANIZATIONAL_UNIT"}]
    assert org.list_children(ParentId=unit, ChildType="ACCOUNT")["Children"] == [{"Id": number, "Type": "ACCOUNT"}]
    assert org.describe_account(AccountId=number)["Account"]["Paths"][0].endswith(f"/{root_id}/{unit}/{number}/")
    assert error_of(org.delete_organizational_unit, OrganizationalUnitId=unit).code == (
        "OrganizationalUnitNotEmptyException"
    )
    missing = f"ou-{root_id[2:]}-00000000"
    assert error_of(org.move_account, **move).code == "DuplicateAccountException"
    assert error_of(org.move_account, **(move | {"SourceParentId": missing})).code == "SourceParentNotFoundException"
    assert error_of(org.move_account, **(move | {"DestinationParentId": missing})).code == (
        "DestinationParentNotFoundException"
    )
    assert error_of(org.move_account, **(move | {"AccountId": "999999999999"})).code == "AccountNotFoundException"
    assert error_of(
        org.move_account, AccountId=number, SourceParentId=root_id, DestinationParentId=root_id
    ).code == "AccountNotFoundException"


def test_tags(org: Any) -> None:
    root_id = org.list_roots()["Roots"][0]["Id"]
    for target in (root_id, ACCOUNT):
        org.tag_resource(ResourceId=target, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": ""}])
        org.tag_resource(ResourceId=target, Tags=[{"Key": "a", "Value": "2"}])
        org.untag_resource(ResourceId=target, TagKeys=["b", "none"])
        assert org.list_tags_for_resource(ResourceId=target)["Tags"] == [{"Key": "a", "Value": "2"}]
    for tags, reason in [
        ([{"Key": "a", "Value": "1"}] * 2, "DUPLICATE_TAG_KEY"),
        ([{"Key": "aws:a", "Value": "1"}], "INVALID_SYSTEM_TAGS_PARAMETER"),
        ([{"Key": f"k{number}", "Value": ""} for number in range(50)], "MAX_TAG_LIMIT_EXCEEDED"),
        ([{"Key": "a%", "Value": ""}], "INVALID_PATTERN"),
    ]:
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            org.tag_resource(ResourceId=root_id, Tags=tags)
        assert caught.value.response["Reason"] == reason
    assert error_of(org.list_tags_for_resource, ResourceId="999999999999").code == "TargetNotFoundException"


def test_permissions_by_tag_and_place(new_user: Callable[..., Identity], org: Any) -> None:
    root_id = org.list_roots()["Roots"][0]["Id"]
    organization = org.describe_organization()["Organization"]["Id"]
    red = org.create_organizational_unit(ParentId=root_id, Name="Red", Tags=[{"Key": "team", "Value": "red"}])
    blue = org.create_organizational_unit(ParentId=root_id, Name="Blue", Tags=[{"Key": "team", "Value": "blue"}])
    user = organizations(
        new_user(
            "red",
            {
                "Effect": "Allow",
                "Action": "organizations:*OrganizationalUnit",
                "Resource": f"arn:aws:organizations::{ACCOUNT}:ou/{organization}/*",
                "Condition": {"StringEquals": {"aws:ResourceTag/team": "red"}},
            },
            {
                "Effect": "Allow",
                "Action": "organizations:EnableAWSServiceAccess",
                "Resource": "*",
                "Condition": {"StringEquals": {"organizations:ServicePrincipal": "sso.amazonaws.com"}},
            },
        )
    )
    red_id, blue_id = red["OrganizationalUnit"]["Id"], blue["OrganizationalUnit"]["Id"]
    user.update_organizational_unit(OrganizationalUnitId=red_id, Name="Rosso")
    refused = error_of(user.update_organizational_unit, OrganizationalUnitId=blue_id, Name="Blu")
    assert refused.code == "AccessDeniedException"
    assert refused.message.endswith(
        f"is not authorized to perform: organizations:UpdateOrganizationalUnit on resource: "
        f"arn:aws:organizations::{ACCOUNT}:ou/{organization}/{blue_id} because no identity-based policy allows the "
        "organizations:UpdateOrganizationalUnit action"
    )
    user.enable_aws_service_access(ServicePrincipal="sso.amazonaws.com")
    assert error_of(user.enable_aws_service_access, ServicePrincipal="ram.amazonaws.com").code == "AccessDeniedException"


def test_trusted_access_and_delegated_administrators(cloud: Server, admin: Identity, org: Any) -> None:
    number, other = created(org, "security")["AccountId"], created(org, "shop")["AccountId"]
    delegate, member = (organizations(admin_of(cloud, admin, account)) for account in (number, other))
    service = "access-analyzer.amazonaws.com"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.enable_aws_service_access(ServicePrincipal="acess-analyzer.amazonaws.com")
    assert caught.value.response["Reason"] == "UNRECOGNIZED_SERVICE_PRINCIPAL"
    register = {"AccountId": number, "ServicePrincipal": service}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.register_delegated_administrator(**register)
    assert caught.value.response["Reason"] == "SERVICE_ACCESS_NOT_ENABLED"
    org.enable_aws_service_access(ServicePrincipal=service)
    enabled = org.list_aws_service_access_for_organization()["EnabledServicePrincipals"]
    assert [one["ServicePrincipal"] for one in enabled] == [service]
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.register_delegated_administrator(AccountId=ACCOUNT, ServicePrincipal=service)
    assert caught.value.response["Reason"] == "CANNOT_REGISTER_MASTER_AS_DELEGATED_ADMINISTRATOR"

    # An administrator by IAM of a member account may look at nothing but the organization itself.
    for client in (delegate, member):
        assert client.describe_organization()["Organization"]["MasterAccountId"] == ACCOUNT
        refused = error_of(client.list_accounts)
        assert (refused.code, refused.message) == (
            "AccessDeniedException",
            "You don't have permissions to access this resource.",
        )
    org.register_delegated_administrator(**register)
    assert error_of(org.register_delegated_administrator, **register).code == "AccountAlreadyRegisteredException"

    root_id = org.list_roots()["Roots"][0]["Id"]
    reads: list[tuple[str, dict[str, Any]]] = [
        ("describe_account", {"AccountId": other}),
        ("list_accounts", {}),
        ("list_accounts_for_parent", {"ParentId": root_id}),
        ("list_aws_service_access_for_organization", {}),
        ("list_children", {"ParentId": root_id, "ChildType": "ACCOUNT"}),
        ("list_create_account_status", {}),
        ("list_delegated_administrators", {}),
        ("list_delegated_services_for_account", {"AccountId": number}),
        ("list_handshakes_for_organization", {}),
        ("list_organizational_units_for_parent", {"ParentId": root_id}),
        ("list_parents", {"ChildId": other}),
        ("list_roots", {}),
        ("list_tags_for_resource", {"ResourceId": root_id}),
    ]
    for operation, parameters in reads:
        own, theirs = getattr(delegate, operation)(**parameters), getattr(org, operation)(**parameters)
        assert own | {"ResponseMetadata": None} == theirs | {"ResponseMetadata": None}, operation
        assert error_of(getattr(member, operation), **parameters).code == "AccessDeniedException", operation
    writes: list[tuple[str, dict[str, Any]]] = [
        ("create_account", {"AccountName": "x", "Email": "x@example.com"}),
        ("create_organizational_unit", {"ParentId": root_id, "Name": "x"}),
        ("close_account", {"AccountId": other}),
        ("remove_account_from_organization", {"AccountId": other}),
        ("enable_aws_service_access", {"ServicePrincipal": service}),
        ("disable_aws_service_access", {"ServicePrincipal": service}),
        ("register_delegated_administrator", {"AccountId": other, "ServicePrincipal": service}),
        ("deregister_delegated_administrator", register),
        ("invite_account_to_organization", {"Target": {"Type": "EMAIL", "Id": "x@example.com"}}),
        ("move_account", {"AccountId": other, "SourceParentId": root_id, "DestinationParentId": root_id}),
        ("tag_resource", {"ResourceId": root_id, "Tags": []}),
        ("delete_organization", {}),
    ]
    for operation, parameters in writes:
        assert error_of(getattr(delegate, operation), **parameters).code == "AccessDeniedException", operation

    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.remove_account_from_organization(AccountId=number)
    assert caught.value.response["Reason"] == "CANNOT_REMOVE_DELEGATED_ADMINISTRATOR_FROM_ORG"
    org.deregister_delegated_administrator(**register)
    assert error_of(org.deregister_delegated_administrator, **register).code == "AccountNotRegisteredException"
    assert error_of(delegate.list_accounts).code == "AccessDeniedException"
    org.disable_aws_service_access(ServicePrincipal=service)
    assert org.list_aws_service_access_for_organization()["EnabledServicePrincipals"] == []


def test_a_member_leaves(soon: Server) -> None:
    admin = administrator(soon)
    org = organizations(admin)
    org.create_organization()
    first, second = created(org, "one")["AccountId"], created(org, "two")["AccountId"]
    org.remove_account_from_organization(AccountId=first)
    assert error_of(org.describe_account, AccountId=first).code == "AccountNotFoundException"
    # The role is the account's own, and still trusts the account that made it.
    alone = admin_of(soon, admin, first)
    assert error_of(organizations(alone).describe_organization).code == "AWSOrganizationsNotInUseException"
    assert alone.iam.list_users()["Users"] == []
    admin_of(soon, admin, second).aws("organizations leave-organization")
    assert {account["Id"] for account in org.list_accounts()["Accounts"]} == {ACCOUNT}
    assert error_of(org.leave_organization).code == "MasterCannotLeaveOrganizationException"
    assert error_of(org.remove_account_from_organization, AccountId=ACCOUNT).code == (
        "MasterCannotLeaveOrganizationException"
    )
    org.delete_organization()


def test_a_new_account_must_stay_for_four_days(cloud: Server, admin: Identity, org: Any) -> None:
    number = created(org, "one")["AccountId"]
    for refused in (
        lambda: org.remove_account_from_organization(AccountId=number),
        organizations(admin_of(cloud, admin, number)).leave_organization,
    ):
        with pytest.raises(botocore.exceptions.ClientError) as caught:
            refused()
        assert caught.value.response["Reason"] == "WAIT_PERIOD_ACTIVE"
    assert error_of(org.delete_organization).code == "OrganizationNotEmptyException"


def test_invitations(soon: Server) -> None:
    admin = administrator(soon)
    org = organizations(admin)
    org.create_organization()
    number = created(org, "one")["AccountId"]
    bystander = created(org, "two")["AccountId"]
    for account in (number, bystander):
        org.remove_account_from_organization(AccountId=account)
    alone = organizations(admin_of(soon, admin, number))
    other = organizations(admin_of(soon, admin, bystander))

    invite = org.invite_account_to_organization(
        Target={"Type": "ACCOUNT", "Id": number}, Notes="come", Tags=[{"Key": "a", "Value": "b"}]
    )["Handshake"]
    assert (invite["Action"], invite["State"]) == ("INVITE", "REQUESTED")
    assert (invite["ExpirationTimestamp"] - invite["RequestedTimestamp"]).days == 15
    organization = org.describe_organization()["Organization"]["Id"]
    assert invite["Arn"] == f"arn:aws:organizations::{ACCOUNT}:handshake/{organization}/invite/{invite['Id']}"
    assert {party["Type"] for party in invite["Parties"]} == {"ORGANIZATION", "ACCOUNT"}
    again = error_of(org.invite_account_to_organization, Target={"Type": "EMAIL", "Id": "one@example.com"})
    assert again.code == "DuplicateHandshakeException"
    assert [one["Id"] for one in alone.list_handshakes_for_account()["Handshakes"]] == [invite["Id"]]
    assert other.list_handshakes_for_account()["Handshakes"] == []
    for operation in (other.describe_handshake, other.accept_handshake, other.decline_handshake):
        assert error_of(operation, HandshakeId=invite["Id"]).code == "HandshakeNotFoundException"
    assert error_of(alone.cancel_handshake, HandshakeId=invite["Id"]).code == "AccessDeniedException"
    assert error_of(org.accept_handshake, HandshakeId=invite["Id"]).code == "AccessDeniedException"

    # Declined, taken back, accepted.
    assert alone.decline_handshake(HandshakeId=invite["Id"])["Handshake"]["State"] == "DECLINED"
    assert error_of(alone.accept_handshake, HandshakeId=invite["Id"]).code == "InvalidHandshakeTransitionException"
    assert error_of(alone.decline_handshake, HandshakeId=invite["Id"]).code == "HandshakeAlreadyInStateException"
    by_mail = org.invite_account_to_organization(Target={"Type": "EMAIL", "Id": "One@example.com"})["Handshake"]
    assert org.cancel_handshake(HandshakeId=by_mail["Id"])["Handshake"]["State"] == "CANCELED"
    assert error_of(alone.accept_handshake, HandshakeId=by_mail["Id"]).code == "InvalidHandshakeTransitionException"
    third = org.invite_account_to_organization(
        Target={"Type": "EMAIL", "Id": "one@example.com"}, Tags=[{"Key": "a", "Value": "b"}]
    )["Handshake"]
    accepted = admin_of(soon, admin, number).aws("organizations", "accept-handshake", "--handshake-id", third["Id"])
    assert accepted["Handshake"]["State"] == "ACCEPTED"
    joined = org.describe_account(AccountId=number)["Account"]
    assert joined["JoinedMethod"] == "INVITED"
    assert org.list_tags_for_resource(ResourceId=number)["Tags"] == [{"Key": "a", "Value": "b"}]
    pages = org.get_paginator("list_handshakes_for_organization").paginate(PaginationConfig={"PageSize": 1})
    states = [one["State"] for page in pages for one in page["Handshakes"]]
    assert sorted(states) == ["ACCEPTED", "CANCELED", "DECLINED"]

    # An account is in one organization at most.
    other.create_organization()
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        other.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": number})
    assert caught.value.response["Error"]["Code"] == "HandshakeConstraintViolationException"
    assert caught.value.response["Reason"] == "ALREADY_IN_AN_ORGANIZATION"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        other.invite_account_to_organization(Target={"Type": "ORGANIZATION", "Id": organization})
    assert caught.value.response["Reason"] == "INVALID_PARTY_TYPE_TARGET"
    # An invited account may leave at once.
    alone.leave_organization()


def test_all_features_need_the_approval_of_invited_accounts(soon: Server) -> None:
    admin = administrator(soon)
    org = organizations(admin)
    org.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    number = created(org, "one")["AccountId"]
    created(org, "two")
    member = organizations(admin_of(soon, admin, number))
    org.remove_account_from_organization(AccountId=number)
    invite = org.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": number})["Handshake"]["Id"]
    member.accept_handshake(HandshakeId=invite)
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.enable_aws_service_access(ServicePrincipal="sso.amazonaws.com")
    assert caught.value.response["Reason"] == "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"

    whole = org.enable_all_features()["Handshake"]
    assert (whole["Action"], whole["State"]) == ("ENABLE_ALL_FEATURES", "REQUESTED")
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.enable_all_features()
    assert caught.value.response["Reason"] == "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    assert error_of(org.accept_handshake, HandshakeId=whole["Id"]).code == "InvalidHandshakeTransitionException"
    asked = member.list_handshakes_for_account(Filter={"ActionType": "APPROVE_ALL_FEATURES"})["Handshakes"]
    assert len(asked) == 1
    children = org.list_handshakes_for_organization(Filter={"ParentHandshakeId": whole["Id"]})["Handshakes"]
    assert [one["Id"] for one in children] == [asked[0]["Id"]]
    member.accept_handshake(HandshakeId=asked[0]["Id"])
    assert org.describe_handshake(HandshakeId=whole["Id"])["Handshake"]["State"] == "OPEN"
    assert org.describe_organization()["Organization"]["FeatureSet"] == "CONSOLIDATED_BILLING"
    assert org.accept_handshake(HandshakeId=whole["Id"])["Handshake"]["State"] == "ACCEPTED"
    assert org.describe_organization()["Organization"]["FeatureSet"] == "ALL"


def test_a_closed_account_is_shut(cloud: Server, admin: Identity, org: Any) -> None:
    number = created(org, "one")["AccountId"]
    inside = admin_of(cloud, admin, number)
    inside.iam.create_user(UserName="u")
    key = Identity.of_key(cloud.url, inside.iam.create_access_key(UserName="u")["AccessKey"])
    assert key.sts.get_caller_identity()["Account"] == number
    admin.aws("organizations", "close-account", "--account-id", number)
    for identity in (inside, key):
        assert error_of(identity.sts.get_caller_identity).code == "InvalidClientTokenId"
    refused = error_of(
        admin.sts.assume_role, RoleArn=f"arn:aws:iam::{number}:role/{ACCESS_ROLE}", RoleSessionName="xx"
    )
    assert refused.code == "AccessDenied"
    Trail(admin).named("CloseAccountResult")
    account = org.describe_account(AccountId=number)["Account"]
    assert (account["Status"], account["State"]) == ("SUSPENDED", "CLOSED")
    assert error_of(org.close_account, AccountId=number).code == "AccountAlreadyClosedException"
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        org.close_account(AccountId=ACCOUNT)
    assert caught.value.response["Reason"] == "CANNOT_CLOSE_MANAGEMENT_ACCOUNT"
    assert created(org, "again", Email="one@example.com")["FailureReason"] == "EMAIL_ALREADY_EXISTS"


def test_an_alias_belongs_to_one_account(cloud: Server, admin: Identity, org: Any) -> None:
    inside = admin_of(cloud, admin, created(org, "one")["AccountId"])
    admin.iam.create_account_alias(AccountAlias="wanted")
    assert error_of(inside.iam.create_account_alias, AccountAlias="wanted").code == "EntityAlreadyExists"
    admin.iam.create_account_alias(AccountAlias="other")
    inside.iam.create_account_alias(AccountAlias="wanted")
    inside.iam.delete_account_alias(AccountAlias="wanted")
    admin.iam.create_account_alias(AccountAlias="wanted")


@pytest.mark.memory
def test_a_reset_removes_the_members(cloud: Server, admin: Identity, org: Any) -> None:
    number = created(org, "one")["AccountId"]
    inside = admin_of(cloud, admin, number)
    cloud.reset()
    assert isinstance(error_of(inside.sts.get_caller_identity), AwsError)
    client = organizations(cloud.root)
    assert error_of(client.describe_organization).code == "AWSOrganizationsNotInUseException"
    client.create_organization()
    assert [account["Id"] for account in client.list_accounts()["Accounts"]] == [ACCOUNT]
    assert created(client, "one")["State"] == "SUCCEEDED"
