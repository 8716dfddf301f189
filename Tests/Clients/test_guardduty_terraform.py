"""Terraform and aws_guardduty_*: apply, no drift, import, a change in place, destroy."""

from pathlib import Path

from harness import Identity, Server
from harness.organizations import NewOrganization
from harness.terraform import Terraform, needs_terraform

pytestmark = needs_terraform

FOLDER = Path(__file__).with_name("terraform")


def test_detector_filters_and_lists(tmp_path: Path) -> None:
    with Server(log=tmp_path / "log") as server:
        folder = tmp_path / "terraform"
        folder.mkdir()
        terraform = Terraform(folder, server.root, (FOLDER / "guardduty.tf").read_text())
        terraform.apply()
        api = server.root.client("guardduty")
        (detector,) = api.list_detectors()["DetectorIds"]
        assert api.get_detector(DetectorId=detector)["FindingPublishingFrequency"] == "FIFTEEN_MINUTES"
        found = api.get_filter(DetectorId=detector, FilterName="quiet")
        assert (found["Action"], found["Rank"], found["Tags"]) == ("ARCHIVE", 1, {"Team": "blue"})
        (mine,) = api.list_ip_sets(DetectorId=detector)["IpSetIds"]
        assert api.get_ip_set(DetectorId=detector, IpSetId=mine)["Status"] == "ACTIVE"
        terraform.reimport({
            "aws_guardduty_detector.main": detector, "aws_guardduty_filter.quiet": f"{detector}:quiet",
        })  # fmt: skip
        terraform.run("apply", "-auto-approve", "-no-color", "-var=action=NOOP")
        assert api.get_filter(DetectorId=detector, FilterName="quiet")["Action"] == "NOOP"
        terraform.run("destroy", "-auto-approve", "-no-color")
        assert api.list_detectors()["DetectorIds"] == []


def test_the_organization(tmp_path: Path) -> None:
    with Server("--quota", "DaysBeforeLeaving=0", log=tmp_path / "log") as server:
        org = NewOrganization(server)
        security, shop = org.member("security"), org.member("shop")

        def terraform(name: str, identity: Identity) -> Terraform:
            folder = tmp_path / name
            folder.mkdir()
            source = (FOLDER / f"guardduty_{name}.tf").read_text()
            for variable, value in (("security", security.account), ("shop", shop.account), ("shop_email", shop.email)):
                source = source.replace(f'variable "{variable}" {{}}', f'variable "{variable}" {{ default = "{value}" }}')
            return Terraform(folder, identity, source)

        own, over = terraform("organization", security.admin), terraform("administrator", org.organizer)
        own.run("apply", "-auto-approve", "-no-color", "-target=aws_guardduty_detector.security")
        over.apply()
        own.apply()
        api = security.admin.client("guardduty")
        (detector,) = api.list_detectors()["DetectorIds"]
        described = api.describe_organization_configuration(DetectorId=detector)
        assert described["AutoEnableOrganizationMembers"] == "NEW"
        (member,) = api.list_members(DetectorId=detector)["Members"]
        assert (member["AccountId"], member["RelationshipStatus"]) == (shop.account, "Enabled")
        (destination,) = api.list_publishing_destinations(DetectorId=detector)["Destinations"]
        over.reimport({"aws_guardduty_organization_admin_account.security": security.account})
        own.reimport({
            "aws_guardduty_organization_configuration.all": detector,
            "aws_guardduty_member.shop": f"{detector}:{shop.account}",
            "aws_guardduty_publishing_destination.findings": f"{detector}:{destination['DestinationId']}",
        })  # fmt: skip
        # One that is still a member can't be deleted: who administers it lets it go first.
        api.disassociate_members(DetectorId=detector, AccountIds=[shop.account])
        own.run(
            "destroy", "-auto-approve", "-no-color", "-target=aws_guardduty_member.shop",
            "-target=aws_guardduty_publishing_destination.findings")
        assert api.list_members(DetectorId=detector, OnlyAssociated="false")["Members"] == []
        assert api.list_publishing_destinations(DetectorId=detector)["Destinations"] == []
        over.destroy()
        assert org.management.client("guardduty").list_organization_admin_accounts()["AdminAccounts"] == []
