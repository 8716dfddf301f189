"""AWS Organizations: one organization takes on another's bill, by a handshake of their management accounts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import botocore.exceptions
import pytest

from harness import ACCOUNT, Identity, Server, Trail, error_of, policy
from test_organizations import admin_of, administrator, created, organizations


def month(ahead: int) -> datetime:
    """The beginning of a month from now on."""
    now = datetime.now(UTC)
    count = now.year * 12 + now.month - 1 + ahead
    return datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)


def end_of_month(ahead: int) -> datetime:
    return month(ahead + 1) - timedelta(seconds=1)


def reason(operation: Any, **arguments: Any) -> tuple[str, str]:
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        operation(**arguments)
    return caught.value.response["Error"]["Code"], caught.value.response.get("Reason", "")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    quotas = ("DaysBeforeLeaving=0", "InboundBillingTransfers=2")
    with Server(*[word for quota in quotas for word in ("--quota", quota)], log=tmp_path / "log") as server:
        yield server


class Organization(NamedTuple):
    account: str
    admin: Identity
    client: Any
    id: str


@pytest.fixture
def payer(server: Server) -> Organization:
    admin = administrator(server)
    client = organizations(admin)
    made = client.create_organization()["Organization"]
    return Organization(ACCOUNT, admin, client, made["Id"])


def another(server: Server, payer: Organization, name: str) -> Organization:
    """An account of its own, with an organization of its own."""
    number = created(payer.client, name)["AccountId"]
    payer.client.remove_account_from_organization(AccountId=number)
    admin = admin_of(server, payer.admin, number)
    client = organizations(admin)
    return Organization(number, admin, client, client.create_organization()["Organization"]["Id"])


@pytest.fixture
def source(server: Server, payer: Organization) -> Organization:
    return another(server, payer, "source")


def asked(by: Organization, of: str, **more: Any) -> dict[str, Any]:
    more = {"SourceName": "theirs", "StartTimestamp": month(2), **more}
    target = {"Type": "EMAIL" if "@" in of else "ACCOUNT", "Id": of}
    return dict(
        by.client.invite_organization_to_transfer_responsibility(Type="BILLING", Target=target, **more)["Handshake"]
    )


def inbound(organization: Organization) -> list[dict[str, Any]]:
    return list(organization.client.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"])


def outbound(organization: Organization) -> list[dict[str, Any]]:
    return list(organization.client.list_outbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"])


def test_from_the_invitation_to_the_end(server: Server, payer: Organization, source: Organization) -> None:
    answer = payer.admin.aws(
        "organizations", "invite-organization-to-transfer-responsibility", "--type", "BILLING",
        "--target", f"Type=ACCOUNT,Id={source.account}", "--source-name", "theirs", "--notes", "let me pay",
        "--start-timestamp", month(2).isoformat(), "--tags", "Key=a,Value=b",
    )  # fmt: skip
    handshake = answer["Handshake"]
    assert (handshake["Action"], handshake["State"]) == ("TRANSFER_RESPONSIBILITY", "REQUESTED")
    assert handshake["Arn"] == (
        f"arn:aws:organizations::{ACCOUNT}:handshake/{payer.id}/transfer_responsibility/{handshake['Id']}"
    )
    resources = {one["Type"]: one for one in handshake["Resources"]}
    transfer = resources["RESPONSIBILITY_TRANSFER"]["Value"]
    assert {one["Type"]: one["Value"] for one in resources["RESPONSIBILITY_TRANSFER"]["Resources"]} == {
        "TRANSFER_TYPE": "BILLING",
        "TRANSFER_START_TIMESTAMP": month(2).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }

    # Each side by its own ARN; the name is the payer's own, and nobody's address is told before they agree.
    mine = payer.client.describe_responsibility_transfer(Id=transfer)["ResponsibilityTransfer"]
    theirs = source.client.describe_responsibility_transfer(Id=transfer)["ResponsibilityTransfer"]
    assert mine["Arn"] == f"arn:aws:organizations::{ACCOUNT}:transfer/{payer.id}/billing/inbound/{transfer}"
    assert theirs["Arn"] == f"arn:aws:organizations::{source.account}:transfer/{source.id}/billing/outbound/{transfer}"
    assert (mine["Name"], mine["Status"], mine["ActiveHandshakeId"]) == ("theirs", "REQUESTED", handshake["Id"])
    assert "Name" not in theirs
    assert mine["Source"] == {"ManagementAccountId": source.account}
    assert mine["Target"]["ManagementAccountId"] == ACCOUNT
    assert mine["StartTimestamp"] == month(2) and "EndTimestamp" not in mine
    assert (inbound(payer), outbound(source)) == ([mine], [theirs])
    assert (outbound(payer), inbound(source)) == ([], [])
    assert payer.client.list_tags_for_resource(ResourceId=transfer)["Tags"] == [{"Key": "a", "Value": "b"}]
    assert error_of(source.client.list_tags_for_resource, ResourceId=transfer).code == "TargetNotFoundException"
    too_early = error_of(payer.client.terminate_responsibility_transfer, Id=transfer)
    assert too_early.code == "InvalidResponsibilityTransferTransitionException"

    # Only the one who is asked accepts.
    assert error_of(payer.client.accept_handshake, HandshakeId=handshake["Id"]).code == "AccessDeniedException"
    assert source.client.accept_handshake(HandshakeId=handshake["Id"])["Handshake"]["State"] == "ACCEPTED"
    mine = inbound(payer)[0]
    assert mine["Status"] == "ACCEPTED"
    assert mine["Source"] == {"ManagementAccountId": source.account, "ManagementAccountEmail": "source@example.com"}
    for side in (payer, source):
        assert reason(side.client.delete_organization) == (
            "ConstraintViolationException",
            "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS",
        )

    renamed = payer.client.update_responsibility_transfer(Id=transfer, Name="new")["ResponsibilityTransfer"]
    assert renamed["Name"] == inbound(payer)[0]["Name"] == "new"
    refused = error_of(source.client.update_responsibility_transfer, Id=transfer, Name="x")
    assert refused.code == "AccessDeniedException"

    # Either ends it, with a month.
    end = source.client.terminate_responsibility_transfer
    for wrong, why in ((month(3), "END_DATE_NOT_END_OF_MONTH"), (end_of_month(-1), "END_DATE_TOO_EARLY")):
        assert reason(end, Id=transfer, EndTimestamp=wrong) == ("InvalidInputException", why)
    ended = end(Id=transfer, EndTimestamp=end_of_month(3))["ResponsibilityTransfer"]
    assert ended["Status"] == "WITHDRAWN"
    assert ended["EndTimestamp"].replace(microsecond=0) == end_of_month(3)
    again = error_of(payer.client.terminate_responsibility_transfer, Id=transfer)
    assert again.code == "ResponsibilityTransferAlreadyInStatusException"

    # Another may follow it, not overlap it.
    assert reason(asked, by=payer, of=source.account, StartTimestamp=month(3)) == (
        "HandshakeConstraintViolationException",
        "RESPONSIBILITY_TRANSFER_ALREADY_EXISTS",
    )
    next_one = asked(payer, source.account, StartTimestamp=month(4))
    source.client.accept_handshake(HandshakeId=next_one["Id"])
    page = payer.client.list_inbound_responsibility_transfers(Type="BILLING", MaxResults=1)
    rest = payer.client.list_inbound_responsibility_transfers(Type="BILLING", NextToken=page["NextToken"])
    listed = page["ResponsibilityTransfers"] + rest["ResponsibilityTransfers"]
    assert "NextToken" not in rest
    assert sorted(one["Status"] for one in listed) == ["ACCEPTED", "WITHDRAWN"]
    one = payer.client.list_inbound_responsibility_transfers(Type="BILLING", Id=transfer)["ResponsibilityTransfers"]
    assert [found["Id"] for found in one] == [transfer]

    record = Trail(payer.admin).named("InviteOrganizationToTransferResponsibility")
    assert "theirs" not in str(record) and "let me pay" not in str(record)


def test_what_comes_to_nothing(server: Server, payer: Organization, source: Organization) -> None:
    handshake = asked(payer, "Source@example.com")
    assert inbound(payer)[0]["Source"] == {"ManagementAccountEmail": "Source@example.com"}
    assert [one["ActiveHandshakeId"] for one in outbound(source)] == [handshake["Id"]]
    assert error_of(asked, by=payer, of=source.account).code == "DuplicateHandshakeException"
    source.client.decline_handshake(HandshakeId=handshake["Id"])
    assert inbound(payer)[0]["Status"] == outbound(source)[0]["Status"] == "DECLINED"
    accepted = error_of(source.client.accept_handshake, HandshakeId=handshake["Id"])
    assert accepted.code == "InvalidHandshakeTransitionException"

    second = asked(payer, source.account)
    payer.client.cancel_handshake(HandshakeId=second["Id"])
    assert sorted(one["Status"] for one in outbound(source)) == ["CANCELED", "DECLINED"]
    # A pending invitation goes with the organization it was sent to, but holds the one that sent it.
    last = asked(payer, source.account)
    assert reason(payer.client.delete_organization)[1] == "ACTIVE_RESPONSIBILITY_TRANSFER_PROCESS"
    source.client.delete_organization()
    listing = error_of(source.client.list_outbound_responsibility_transfers, Type="BILLING")
    assert listing.code == "AWSOrganizationsNotInUseException"
    accepted = error_of(source.client.accept_handshake, HandshakeId=last["Id"])
    assert accepted.code == "AWSOrganizationsNotInUseException"
    source.client.decline_handshake(HandshakeId=last["Id"])
    payer.client.delete_organization()


def test_what_cannot_be_asked(server: Server, payer: Organization, source: Organization) -> None:
    member = created(payer.client, "member")["AccountId"]
    for start, why in (
        (month(2) + timedelta(hours=1), "START_DATE_NOT_BEGINNING_OF_DAY"),
        (month(2) + timedelta(days=1), "START_DATE_NOT_BEGINNING_OF_MONTH"),
        (month(0), "START_DATE_TOO_EARLY"),
        (month(13), "START_DATE_TOO_LATE"),
    ):
        assert reason(asked, by=payer, of=source.account, StartTimestamp=start) == ("InvalidInputException", why)
    for whom, why in ((member, "TARGET_NOT_SUPPORTED"), ("999988887777", "TARGET_NOT_SUPPORTED")):
        assert reason(asked, by=payer, of=whom) == ("InvalidInputException", why)
    assert reason(asked, by=payer, of=ACCOUNT)[1] == "SOURCE_AND_TARGET_CANNOT_MATCH"
    party = {"Type": "ORGANIZATION", "Id": source.id}
    invite = payer.client.invite_organization_to_transfer_responsibility
    arguments: dict[str, Any] = {"Type": "BILLING", "StartTimestamp": month(2), "SourceName": "x"}
    assert reason(invite, Target=party, **arguments)[1] == "INVALID_PARTY_TYPE_TARGET"

    inside = organizations(admin_of(server, payer.admin, member))
    assert error_of(inside.list_inbound_responsibility_transfers, Type="BILLING").code == "AccessDeniedException"
    unknown = error_of(payer.client.describe_responsibility_transfer, Id="rt-00000000")
    assert unknown.code == "ResponsibilityTransferNotFoundException"


def test_quotas(server: Server, payer: Organization, source: Organization) -> None:
    """Of two invitations here, of one transfer per source, and of chains that are one long."""
    third = another(server, payer, "third")
    assert reason(asked, by=payer, of="nobody@example.com", SourceName="x" * 129)[0] == "InvalidInputException"
    first = asked(payer, source.account)
    asked(payer, third.account)
    assert reason(asked, by=payer, of="nobody@example.com") == (
        "ConstraintViolationException",
        "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION",
    )
    also = asked(third, source.account)
    source.client.accept_handshake(HandshakeId=first["Id"])
    assert reason(source.client.accept_handshake, HandshakeId=also["Id"]) == (
        "ConstraintViolationException",
        "RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION",
    )
    assert third.client.describe_handshake(HandshakeId=also["Id"])["Handshake"]["State"] == "REQUESTED"
    ring = asked(source, ACCOUNT)
    assert reason(payer.client.accept_handshake, HandshakeId=ring["Id"]) == (
        "ConstraintViolationException",
        "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
    )


def test_a_chain_of_two(tmp_path: Path) -> None:
    quotas = ("DaysBeforeLeaving=0", "InboundBillingTransfers=2", "BillTransferChainLength=9")
    with Server(*[word for quota in quotas for word in ("--quota", quota)], log=tmp_path / "log") as server:
        admin = administrator(server)
        client = organizations(admin)
        first = Organization(ACCOUNT, admin, client, client.create_organization()["Organization"]["Id"])
        second, third, fourth = (another(server, first, name) for name in ("second", "third", "fourth"))
        for by, of in ((first, second), (second, third)):
            of.client.accept_handshake(HandshakeId=asked(by, of.account)["Id"])
        # AWS grants two at most: neither a third below, nor one above, nor a ring.
        for by, of in ((third, fourth), (fourth, first), (third, first)):
            handshake = asked(by, of.account)["Id"]
            assert reason(of.client.accept_handshake, HandshakeId=handshake) == (
                "ConstraintViolationException",
                "RESPONSIBILITY_TRANSFER_MAX_LEVEL_VIOLATION",
            )
        second.client.terminate_responsibility_transfer(Id=outbound(second)[0]["Id"])
        # What was refused still waits, and fits now.
        fourth.client.accept_handshake(HandshakeId=outbound(fourth)[0]["ActiveHandshakeId"])


def test_without_a_raised_quota_nobody_is_asked(cloud: Server, root: Identity) -> None:
    client = organizations(root)
    client.create_organization()
    invite = client.invite_organization_to_transfer_responsibility
    target = {"Type": "EMAIL", "Id": "x@example.com"}
    assert reason(invite, Type="BILLING", Target=target, StartTimestamp=month(2), SourceName="x") == (
        "ConstraintViolationException",
        "RESPONSIBILITY_TRANSFER_MAX_INBOUND_QUOTA_VIOLATION",
    )


def test_permissions(server: Server, payer: Organization, source: Organization) -> None:
    """A policy can be about a direction, a tag, or one transfer; others' transfers look like none."""
    transfers = "organizations:*ResponsibilityTransfer*"
    by_direction = {"StringEquals": {"organizations:TransferDirection": "inbound"}}
    by_tag = {"StringEquals": {"aws:ResourceTag/team": "a"}}
    allowed = {"Effect": "Allow", "Action": transfers, "Resource": "*"}
    user = user_of(server, payer, "user", {**allowed, "Condition": by_direction})
    tagged = user_of(server, payer, "tagged", {**allowed, "Condition": by_tag})
    nobody = user_of(server, payer, "nobody", {"Effect": "Deny", "Action": "iam:*", "Resource": "*"})
    asked(payer, source.account, Tags=[{"Key": "team", "Value": "a"}])
    transfer = inbound(payer)[0]["Id"]
    assert user.describe_responsibility_transfer(Id=transfer)["ResponsibilityTransfer"]["Id"] == transfer
    assert tagged.describe_responsibility_transfer(Id=transfer)["ResponsibilityTransfer"]["Id"] == transfer
    assert len(user.list_inbound_responsibility_transfers(Type="BILLING")["ResponsibilityTransfers"]) == 1
    assert error_of(user.list_outbound_responsibility_transfers, Type="BILLING").code == "AccessDeniedException"
    payer.client.untag_resource(ResourceId=transfer, TagKeys=["team"])
    assert error_of(tagged.describe_responsibility_transfer, Id=transfer).code == "AccessDeniedException"

    own = f"arn:aws:organizations::{ACCOUNT}:transfer/{payer.id}/billing/inbound/{transfer}"
    refused = error_of(nobody.terminate_responsibility_transfer, Id=transfer)
    assert refused.code == "AccessDeniedException" and own in refused.message
    # One that is others' is not told from one that isn't there.
    third = another(server, payer, "third")
    theirs = asked(third, source.account)
    resources = {one["Type"]: one["Value"] for one in theirs["Resources"]}
    for name in (resources["RESPONSIBILITY_TRANSFER"], "rt-00000000"):
        assert f"transfer/o-*/billing/*/{name}" in error_of(nobody.describe_responsibility_transfer, Id=name).message
        missing = error_of(payer.client.describe_responsibility_transfer, Id=name)
        assert missing.code == "ResponsibilityTransferNotFoundException"


def user_of(server: Server, organization: Organization, name: str, statement: dict[str, Any]) -> Any:
    iam = organization.admin.iam
    iam.create_user(UserName=name)
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(statement))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return organizations(Identity.of_key(server.url, key))
