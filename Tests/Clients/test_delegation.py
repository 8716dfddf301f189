"""Temporary delegation: a product provider asks for access, an owner and an approver decide, the provider gets it.

Provider and customer are in one account here; Tests/ServerTests/DelegationTests.swift has them in two.
"""

import json
import time
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, error_of, policy, raw

TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:provider"
TEMPLATE = f"arn:aws:iam::{ACCOUNT}:policy/template"


@pytest.fixture
def provider(root: Identity, new_user) -> Identity:
    root.iam.create_policy(
        PolicyName="template",
        PolicyDocument=policy(
            {"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::*:user/@{user_name}"},
            {
                "Effect": "Allow",
                "Action": "iam:CreateRole",
                "Resource": "*",
                "Condition": {"StringEquals": {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}},
            },
        ),
    )
    return new_user(
        "provider",
        {
            "Effect": "Allow",
            "Action": ["iam:CreateDelegationRequest", "sts:GetDelegatedAccessToken"],
            "Resource": "*",
            "Condition": {"StringEqualsIfExists": {"iam:TemplateArn": TEMPLATE}},
        },
    )


def ask(provider: Identity, **changes: Any) -> str:
    given: dict[str, Any] = {
        "Description": "Sets up monitoring",
        "NotificationChannel": TOPIC,
        "Permissions": {
            "PolicyTemplateArn": TEMPLATE,
            "Parameters": [{"Name": "user_name", "Values": ["watched"], "Type": "string"}],
        },
        "RequestorWorkflowId": f"workflow-{time.time_ns()}",
        "SessionDuration": 3600,
    } | changes
    return str(provider.iam.create_delegation_request(**given)["DelegationRequestId"])


def state(who: Identity, request: str) -> str:
    return str(who.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]["State"])


def notifications(cloud: Server) -> list[dict[str, Any]]:
    answer = raw.send(cloud.port, raw.signed("GET", "/_gatehouse/outbox", b"", cloud.root, service="gatehouse"))
    assert answer.status == 200
    return [json.loads(mail["text"]) for mail in json.loads(answer.body) if mail["to"] == TOPIC]


def delegated(cloud: Server, provider: Identity) -> Identity:
    token = next(one["ExchangeToken"] for one in notifications(cloud) if one["Type"] == "ExchangeToken")
    return Identity.of_session(
        cloud.url, provider.sts.get_delegated_access_token(TradeInToken=token)["Credentials"]
    )


def test_a_request_from_asking_to_access(cloud: Server, root: Identity, new_user, provider: Identity) -> None:
    root.iam.create_user(UserName="watched")
    root.iam.create_user(UserName="other")
    owner = new_user("owner")
    approver = new_user("approver", managed="AdministratorAccess")
    request = ask(provider, RequestMessage="For the onboarding")

    # Whoever has the id may look at a request that is nobody's, and take it.
    seen = owner.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert (seen["State"], seen["RequestorId"], seen["SessionDuration"]) == ("UNASSIGNED", ACCOUNT, 3600)
    assert json.loads(seen["PermissionPolicy"])["Statement"][0]["Resource"] == "arn:aws:iam::*:user/watched"
    assert seen["RolePermissionRestrictionArns"] == ["arn:aws:iam::aws:policy/ReadOnlyAccess"]
    assert (seen["ExpirationTime"] - seen["CreateDate"]).total_seconds() == 86400
    owner.iam.associate_delegation_request(DelegationRequestId=request)
    seen = owner.iam.get_delegation_request(DelegationRequestId=request, DelegationPermissionCheck=True)
    assert seen["DelegationRequest"]["OwnerId"] == f"arn:aws:iam::{ACCOUNT}:user/owner"
    assert (seen["PermissionCheckStatus"], seen["PermissionCheckResult"]) == ("COMPLETE", "DENIED")
    summary = owner.iam.get_human_readable_summary(
        EntityArn=f"arn:aws:iam::{ACCOUNT}:delegation-request/{request}", Locale="en"
    )
    assert summary["SummaryState"] == "NOT_SUPPORTED" and "SummaryContent" not in summary

    # The owner may forward it, but not accept it.
    refused = error_of(owner.iam.accept_delegation_request, DelegationRequestId=request)
    assert refused.code == "AccessDenied" and "iam:AcceptDelegationRequest" in refused.message
    owner.iam.update_delegation_request(DelegationRequestId=request, Notes="Please look")
    assert state(owner, request) == "PENDING_APPROVAL"
    listed = owner.iam.list_delegation_requests(OwnerId=f"arn:aws:iam::{ACCOUNT}:user/owner")
    assert [one["Notes"] for one in listed["DelegationRequests"]] == ["Please look"]
    assert error_of(owner.iam.list_delegation_requests).code == "AccessDenied"

    checked = approver.iam.get_delegation_request(DelegationRequestId=request, DelegationPermissionCheck=True)
    assert checked["PermissionCheckResult"] == "ALLOWED"
    assert error_of(approver.iam.send_delegation_token, DelegationRequestId=request).code == "InvalidInput"
    approver.iam.accept_delegation_request(DelegationRequestId=request)
    assert state(owner, request) == "ACCEPTED"
    owner.iam.send_delegation_token(DelegationRequestId=request)
    assert state(owner, request) == "FINALIZED"
    told = [(one["Type"], one["State"]) for one in notifications(cloud)]
    assert sorted(told) == sorted(
        [("StateChange", one) for one in ("ASSIGNED", "PENDING_APPROVAL", "ACCEPTED", "FINALIZED")]
        + [("ExchangeToken", "FINALIZED")]
    )

    # The provider is the approver, as far as the approved policy goes.
    session = delegated(cloud, provider)
    assert session.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/approver"
    assert session.iam.get_user(UserName="watched")["User"]["UserName"] == "watched"
    refused = error_of(session.iam.get_user, UserName="other")
    assert refused.code == "AccessDenied" and "no session policy allows the iam:GetUser action" in refused.message
    record = Trail(root).of(refused, "GetUser")
    assert record["userIdentity"]["userName"] == "approver"
    assert record["userIdentity"]["invokedByDelegate"] == {"accountId": ACCOUNT}
    exchange = Trail(root).named("GetDelegatedAccessToken")
    assert exchange["requestParameters"] is None, "a secret, and nothing else"
    # What the approver loses, the provider loses.
    root.iam.detach_user_policy(UserName="approver", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    assert error_of(session.iam.get_user, UserName="watched").code == "AccessDenied"


def test_a_request_of_nobody_is_not_for_everything(root: Identity, new_user, provider: Identity) -> None:
    request = ask(provider)
    owner, stranger = new_user("owner"), new_user("stranger")
    for operation in ("update", "accept", "reject"):
        call = getattr(stranger.iam, f"{operation}_delegation_request")
        assert error_of(call, DelegationRequestId=request).code == "AccessDenied"
    owner.iam.associate_delegation_request(DelegationRequestId=request)
    for operation in ("associate", "get", "update", "accept", "reject"):
        call = getattr(stranger.iam, f"{operation}_delegation_request")
        assert error_of(call, DelegationRequestId=request).code == "AccessDenied"
    assert error_of(root.iam.associate_delegation_request, DelegationRequestId=request).code == "InvalidInput"
    # An owner that a policy denies is denied.
    root.iam.put_user_policy(
        UserName="owner",
        PolicyName="deny",
        PolicyDocument=policy({"Effect": "Deny", "Action": "iam:RejectDelegationRequest", "Resource": "*"}),
    )
    assert error_of(owner.iam.reject_delegation_request, DelegationRequestId=request).code == "AccessDenied"
    root.iam.delete_user_policy(UserName="owner", PolicyName="deny")
    owner.iam.reject_delegation_request(DelegationRequestId=request, Notes="Not now")
    seen = owner.iam.get_delegation_request(DelegationRequestId=request)["DelegationRequest"]
    assert (seen["State"], seen["RejectionReason"]) == ("REJECTED", "Not now")
    assert error_of(root.iam.accept_delegation_request, DelegationRequestId=request).code == "InvalidInput"
    unknown = error_of(root.iam.get_delegation_request, DelegationRequestId="dr-00000000000000000000")
    assert (unknown.code, unknown.status) == ("NoSuchEntity", 404)


def test_only_the_owner_sends(cloud: Server, root: Identity, new_user, provider: Identity) -> None:
    request = ask(provider, OnlySendByOwner=True, OwnerAccountId=ACCOUNT)
    owner = new_user("owner")
    owner.iam.associate_delegation_request(DelegationRequestId=request)
    root.iam.accept_delegation_request(DelegationRequestId=request)
    assert error_of(root.iam.send_delegation_token, DelegationRequestId=request).code == "InvalidInput"
    owner.iam.send_delegation_token(DelegationRequestId=request)
    session = delegated(cloud, provider)
    assert session.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    root.iam.create_user(UserName="watched")
    assert session.iam.get_user(UserName="watched")["User"]["UserName"] == "watched"
    assert error_of(session.iam.list_users).code == "AccessDenied"


def test_root_approves_four_hours(root: Identity, provider: Identity) -> None:
    request = ask(provider, SessionDuration=4 * 3600 + 1)
    root.iam.associate_delegation_request(DelegationRequestId=request)
    assert error_of(root.iam.accept_delegation_request, DelegationRequestId=request).code == "InvalidInput"


@pytest.mark.parametrize(
    "changes",
    [
        {"NotificationChannel": f"arn:aws:sns:us-east-1:{ACCOUNT[::-1]}:provider"},
        {"NotificationChannel": f"arn:aws:sns:af-south-1:{ACCOUNT}:provider"},
        {"NotificationChannel": "not-a-topic"},
        {"Permissions": {"PolicyTemplateArn": TEMPLATE}},
        {
            "Permissions": {
                "PolicyTemplateArn": TEMPLATE,
                "Parameters": [{"Name": "user_name", "Values": ["a", "b"], "Type": "string"}],
            }
        },
        {
            "Permissions": {
                "PolicyTemplateArn": TEMPLATE,
                "Parameters": [{"Name": "user_name", "Values": ["@{user_name}"], "Type": "string"}],
            }
        },
        {
            "Permissions": {
                "PolicyTemplateArn": TEMPLATE,
                "Parameters": [{"Name": "user_name", "Values": ["x" * 30_000], "Type": "string"}],
            }
        },
    ],
)
def test_what_cannot_be_asked(provider: Identity, changes: dict[str, Any]) -> None:
    with pytest.raises(provider.iam.exceptions.InvalidInputException):
        ask(provider, **changes)


def test_a_workflow_is_asked_for_once(provider: Identity) -> None:
    ask(provider, RequestorWorkflowId="workflow")
    with pytest.raises(provider.iam.exceptions.EntityAlreadyExistsException):
        ask(provider, RequestorWorkflowId="workflow")
    # The policies of the provider say which templates it may use.
    other = {"PolicyTemplateArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}
    assert error_of(
        provider.iam.create_delegation_request,
        Description="x",
        NotificationChannel=TOPIC,
        Permissions=other,
        RequestorWorkflowId="another",
        SessionDuration=300,
    ).code == ("AccessDenied")


def test_a_token_that_is_none(provider: Identity) -> None:
    # As recorded from AWS.
    refused = error_of(provider.sts.get_delegated_access_token, TradeInToken="x" * 100)
    assert (refused.code, refused.message) == ("ValidationError", "Invalid trade-in token")
