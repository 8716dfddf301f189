"""GuardDuty: members by invitation and by the organization, and what their administrator sees."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import Identity, Server, error_of
from harness.configuration import until
from harness.guarded import Guarded
from harness.organizations import NewOrganization

ROOT_USE = "Policy:IAMUser/RootCredentialUsage"


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server("--quota", "DaysBeforeLeaving=0", log=tmp_path_factory.mktemp("guarded") / "log") as server:
        yield server


@pytest.fixture
def org(own_server: Server) -> NewOrganization:
    own_server.reset()
    return NewOrganization(own_server)


def test_invitations(org: NewOrganization) -> None:
    one, other = org.member("security"), org.member("shop")
    admin, shop = Guarded(one.admin), Guarded(other.admin)
    admin.api.create_members(
        DetectorId=admin.id, AccountDetails=[{"AccountId": other.account, "Email": other.email}])
    (failed,) = admin.api.invite_members(DetectorId=admin.id, AccountIds=["999999999999"])["UnprocessedAccounts"]
    assert failed["AccountId"] == "999999999999"
    assert admin.api.list_members(DetectorId=admin.id)["Members"] == []
    (member,) = admin.api.list_members(DetectorId=admin.id, OnlyAssociated="false")["Members"]
    assert (member["RelationshipStatus"], member["Email"]) == ("Created", other.email)
    assert admin.api.invite_members(DetectorId=admin.id, AccountIds=[other.account])["UnprocessedAccounts"] == []
    assert shop.api.get_invitations_count()["InvitationsCount"] == 1
    (invitation,) = shop.api.list_invitations()["Invitations"]
    assert (invitation["AccountId"], invitation["RelationshipStatus"]) == (one.account, "Invited")
    wrong = error_of(
        shop.api.accept_administrator_invitation, DetectorId=shop.id, AdministratorId=one.account, InvitationId="0" * 32)
    assert wrong.code == "BadRequestException"
    shop.api.accept_administrator_invitation(
        DetectorId=shop.id, AdministratorId=one.account, InvitationId=invitation["InvitationId"])
    found = shop.api.get_administrator_account(DetectorId=shop.id)["Administrator"]
    assert (found["AccountId"], found["RelationshipStatus"]) == (one.account, "Enabled")
    # What happens at the member's is its administrator's to see, and to judge.
    other.root_user().client("kms").list_keys()
    finding = admin.wait_for(ROOT_USE)
    assert finding["AccountId"] == other.account and shop.wait_for(ROOT_USE)["Id"] == finding["Id"]
    assert error_of(shop.api.archive_findings, DetectorId=shop.id, FindingIds=[finding["Id"]]).code == "BadRequestException"
    admin.api.archive_findings(DetectorId=admin.id, FindingIds=[finding["Id"]])
    assert shop.of_type(ROOT_USE)[0]["Service"]["Archived"]
    assert error_of(shop.api.delete_detector, DetectorId=shop.id).code == "BadRequestException"
    admin.api.stop_monitoring_members(DetectorId=admin.id, AccountIds=[other.account])
    assert shop.api.get_detector(DetectorId=shop.id)["Status"] == "DISABLED"
    admin.api.start_monitoring_members(DetectorId=admin.id, AccountIds=[other.account])
    assert shop.api.get_detector(DetectorId=shop.id)["Status"] == "ENABLED"
    admin.api.update_member_detectors(
        DetectorId=admin.id, AccountIds=[other.account], Features=[{"Name": "S3_DATA_EVENTS", "Status": "DISABLED"}])
    (detector,) = admin.api.get_member_detectors(
        DetectorId=admin.id, AccountIds=[other.account])["MemberDataSourceConfigurations"]
    assert detector["DataSources"]["S3Logs"]["Status"] == "DISABLED"
    shop.api.disassociate_from_administrator_account(DetectorId=shop.id)
    (member,) = admin.api.get_members(DetectorId=admin.id, AccountIds=[other.account])["Members"]
    assert member["RelationshipStatus"] == "Resigned"
    assert admin.ids() == []
    admin.api.delete_members(DetectorId=admin.id, AccountIds=[other.account])
    assert admin.api.list_members(DetectorId=admin.id, OnlyAssociated="false")["Members"] == []


def test_the_organization(org: NewOrganization, own_server: Server) -> None:
    security = org.member("security")
    management = org.organizer.client("guardduty")
    management.enable_organization_admin_account(AdminAccountId=security.account)
    (found,) = management.list_organization_admin_accounts()["AdminAccounts"]
    assert found == {"AdminAccountId": security.account, "AdminStatus": "ENABLED"}
    api = security.admin.client("guardduty")
    (id_,) = api.list_detectors()["DetectorIds"]
    described = api.describe_organization_configuration(DetectorId=id_)
    assert described["AutoEnableOrganizationMembers"] == "NONE"
    shop = org.member("shop")
    shop_api = shop.admin.client("guardduty")
    assert shop_api.list_detectors()["DetectorIds"] == []
    assert error_of(shop_api.get_organization_statistics).code == "BadRequestException"
    api.update_organization_configuration(DetectorId=id_, AutoEnableOrganizationMembers="ALL")
    own_server.advance(61)
    until(lambda: {one["AccountId"] for one in api.list_members(DetectorId=id_)["Members"]} >= {shop.account})
    (member_detector,) = shop_api.list_detectors()["DetectorIds"]
    refused = error_of(shop_api.disassociate_from_administrator_account, DetectorId=member_detector)
    assert refused.code == "BadRequestException"
    statistics = api.get_organization_statistics()["OrganizationDetails"]["OrganizationStatistics"]
    assert statistics["MemberAccountsCount"] >= 1 and statistics["EnabledAccountsCount"] >= 2
    management.disable_organization_admin_account(AdminAccountId=security.account)
    assert management.list_organization_admin_accounts()["AdminAccounts"] == []
