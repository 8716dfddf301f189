"""Account Management: contacts, name, regions, and what a management account does with its members."""

import json
import time
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, error_of, raw
from harness.patience import PATIENCE
from harness.terraform import Terraform, needs_terraform

OWN = f"arn:aws:account::{ACCOUNT}:account"

ADDRESS = {
    "FullName": "Ada Lovelace",
    "AddressLine1": "12 St James's Square",
    "City": "London",
    "StateOrRegion": "London",
    "PostalCode": "SW1Y 4JH",
    "CountryCode": "GB",
    "PhoneNumber": "+44 20 5550100",
}

SECURITY = {
    "AlternateContactType": "SECURITY",
    "Name": "Grace Hopper",
    "Title": "Security officer",
    "EmailAddress": "security@example.com",
    "PhoneNumber": "+1 555 0100",
}


@pytest.fixture
def account(root: Identity) -> Any:
    return root.client("account")


def region(client: Any, name: str, **parameters: str) -> str:
    return str(client.get_region_opt_status(RegionName=name, **parameters)["RegionOptStatus"])


def wait_for_region(client: Any, name: str, status: str, **parameters: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while region(client, name, **parameters) != status:
        assert time.monotonic() < deadline, f"{name} did not become {status}"
        time.sleep(0.2)


def test_the_primary_contact(account: Any) -> None:
    assert error_of(account.get_contact_information).code == "ResourceNotFoundException"
    account.put_contact_information(ContactInformation=ADDRESS)
    assert account.get_contact_information()["ContactInformation"] == ADDRESS
    whole = ADDRESS | {
        "AddressLine2": "Floor 2",
        "AddressLine3": "Room 3",
        "DistrictOrCounty": "Westminster",
        "CompanyName": "Analytical Engines",
        "WebsiteUrl": "https://example.com",
    }
    account.put_contact_information(ContactInformation=whole)
    assert account.get_contact_information()["ContactInformation"] == whole


@pytest.mark.parametrize(
    "change, field",
    [
        ({"CountryCode": "XX"}, "contactInformation.countryCode"),
        ({"PhoneNumber": "020 5550100"}, "contactInformation.phoneNumber"),
        ({"CountryCode": "US", "StateOrRegion": None}, "contactInformation.stateOrRegion"),
        ({"City": "x" * 51}, "contactInformation.city"),
    ],
)
def test_a_contact_that_will_not_do(root: Identity, change: dict[str, Any], field: str) -> None:
    client = root.client("account", parameter_validation=False)
    given = {name: value for name, value in (ADDRESS | change).items() if value is not None}
    with pytest.raises(client.exceptions.ValidationException) as refused:
        client.put_contact_information(ContactInformation=given)
    response = refused.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert response["reason"] == "fieldValidationFailed"
    assert [one["name"] for one in response["fieldList"]] == [field]
    # Not even the refusal quotes what the model calls sensitive.
    assert "5550100" not in json.dumps(response["fieldList"]) + response["Error"]["Message"]


def test_alternate_contacts_by_the_cli(root: Identity) -> None:
    missing = root.aws_refused("account", "get-alternate-contact", "--alternate-contact-type", "SECURITY")
    assert missing.code == "ResourceNotFoundException"
    assert missing.message == "No contact of the inputted alternate contact type found."
    for name in ("SECURITY", "BILLING", "OPERATIONS"):
        root.aws(
            *("account", "put-alternate-contact", "--alternate-contact-type", name, "--name", f"{name} desk"),
            *("--title", "Desk", "--email-address", f"{name.lower()}@example.com", "--phone-number", "+1 555 0100"),
        )
    contact = root.aws("account", "get-alternate-contact", "--alternate-contact-type", "BILLING")["AlternateContact"]
    assert contact == {
        "AlternateContactType": "BILLING",
        "Name": "BILLING desk",
        "Title": "Desk",
        "EmailAddress": "billing@example.com",
        "PhoneNumber": "+1 555 0100",
    }
    root.aws("account", "delete-alternate-contact", "--alternate-contact-type", "BILLING")
    gone = root.aws_refused("account", "delete-alternate-contact", "--alternate-contact-type", "BILLING")
    assert gone.code == "ResourceNotFoundException"
    assert root.aws("account", "get-alternate-contact", "--alternate-contact-type", "SECURITY")


def test_an_input_against_the_model(root: Identity) -> None:
    client = root.client("account", parameter_validation=False)
    refused = error_of(client.get_alternate_contact, AlternateContactType="SALES")
    assert (refused.code, refused.status) == ("ValidationException", 400)
    assert refused.message == (
        "1 validation error detected: Value 'SALES' at 'alternateContactType' failed to satisfy constraint: "
        "Member must satisfy enum value set: [BILLING, OPERATIONS, SECURITY]"
    )


def test_name_and_information(account: Any, root: Identity) -> None:
    before = account.get_account_information()
    assert before["AccountId"] == ACCOUNT
    assert before["AccountState"] == "ACTIVE"
    account.put_account_name(AccountName="Analytical Engines")
    after = account.get_account_information()
    assert after["AccountName"] == "Analytical Engines"
    assert after["AccountCreatedDate"] == before["AccountCreatedDate"]
    other = error_of(account.get_gov_cloud_account_information)
    assert other.code == "ResourceNotFoundException"
    assert other.message == f"GovCloud Account ID not found for Standard Account - {ACCOUNT}."
    # The model calls the name sensitive.
    record = Trail(root).named("PutAccountName")
    assert record["eventSource"] == "account.amazonaws.com"
    assert record["requestParameters"] == {"accountName": "HIDDEN_DUE_TO_SECURITY_REASONS"}


def test_regions(account: Any) -> None:
    pages = list(account.get_paginator("list_regions").paginate(PaginationConfig={"PageSize": 10}))
    regions = {one["RegionName"]: one["RegionOptStatus"] for page in pages for one in page["Regions"]}
    assert len(pages) == 4 and len(regions) == 34
    assert regions["us-east-1"] == "ENABLED_BY_DEFAULT" and regions["af-south-1"] == "DISABLED"
    assert list(regions.values()).count("ENABLED_BY_DEFAULT") == 17

    account.enable_region(RegionName="af-south-1")
    assert region(account, "af-south-1") == "ENABLING"
    assert error_of(account.disable_region, RegionName="af-south-1").code == "ConflictException"
    wait_for_region(account, "af-south-1", "ENABLED")
    enabled = account.list_regions(RegionOptStatusContains=["ENABLED"])["Regions"]
    assert enabled == [{"RegionName": "af-south-1", "RegionOptStatus": "ENABLED"}]
    again = error_of(account.enable_region, RegionName="af-south-1")
    assert (again.code, again.status) == ("ValidationException", 400)
    assert again.message == "Unable to switch region status because of its current opt-in status."

    account.disable_region(RegionName="af-south-1")
    assert region(account, "af-south-1") == "DISABLING"
    assert error_of(account.enable_region, RegionName="af-south-1").code == "ConflictException"
    wait_for_region(account, "af-south-1", "DISABLED")
    for call in (account.enable_region, account.disable_region):
        assert error_of(call, RegionName="us-east-1").code == "ValidationException"
        assert error_of(call, RegionName="mars-north-1").code == "ValidationException"
    assert error_of(account.list_regions, NextToken="x").code == "ValidationException"


def test_a_region_that_is_not_enabled_knows_nobody(cloud: Server, account: Any, new_user) -> None:
    there = Identity(cloud.url, cloud.root.key_id, cloud.root.secret, region="me-south-1")
    for call in (there.sts.get_caller_identity, there.cloudtrail.lookup_events):
        refused = error_of(call)
        assert refused.code in ("InvalidClientTokenId", "UnrecognizedClientException")
        assert refused.message == "The security token included in the request is invalid."
    # What is the same everywhere answers, whichever region the request is signed for.
    assert there.iam.list_users()["Users"] == []
    account.enable_region(RegionName="me-south-1")
    assert error_of(there.sts.get_caller_identity).code == "InvalidClientTokenId"
    wait_for_region(account, "me-south-1", "ENABLED")
    assert there.sts.get_caller_identity()["Account"] == ACCOUNT
    account.disable_region(RegionName="me-south-1")
    assert error_of(there.sts.get_caller_identity).code == "InvalidClientTokenId"


def test_permissions_and_condition_keys(new_user) -> None:
    plain = new_user("plain").client("account")
    refused = error_of(plain.get_alternate_contact, AlternateContactType="SECURITY")
    assert (refused.code, refused.status) == ("AccessDeniedException", 403)
    assert refused.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/plain is not authorized to perform: account:GetAlternateContact on "
        f"resource: {OWN} because no identity-based policy allows the account:GetAlternateContact action"
    )
    desk = new_user(
        "desk",
        {
            "Effect": "Allow",
            "Action": "account:*AlternateContact",
            "Resource": OWN,
            "Condition": {"ForAllValues:StringEquals": {"account:AlternateContactTypes": ["SECURITY"]}},
        },
        {
            "Effect": "Allow",
            "Action": ["account:EnableRegion", "account:GetRegionOptStatus"],
            "Resource": "*",
            "Condition": {"StringLike": {"account:TargetRegion": "eu-*"}},
        },
    ).client("account")
    desk.put_alternate_contact(**SECURITY)
    assert error_of(desk.put_alternate_contact, **(SECURITY | {"AlternateContactType": "BILLING"})).code == (
        "AccessDeniedException"
    )
    desk.enable_region(RegionName="eu-south-1")
    assert region(desk, "eu-south-1") == "ENABLING"
    assert error_of(desk.enable_region, RegionName="ap-east-1").code == "AccessDeniedException"


def test_an_account_outside_of_organizations_names_no_account(account: Any, root: Identity) -> None:
    for other in (ACCOUNT, "444455556666"):
        refused = error_of(account.get_contact_information, AccountId=other)
        assert (refused.code, refused.status) == ("AccessDeniedException", 403)
        assert refused.message == (
            f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform: account:GetContactInformation"
        )
        assert Trail(root).of(refused)["errorCode"] == "AccessDenied"


def test_refusals_without_a_good_signature(cloud: Server, root: Identity) -> None:
    stranger = Identity(cloud.url, "AKIAAAAAAAAAAAAAAAAA", "x" * 40).client("account")
    refused = error_of(stranger.list_regions)
    assert (refused.code, refused.status) == ("UnrecognizedClientException", 403)
    liar = Identity(cloud.url, root.key_id, "x" * 40).client("account")
    refused = error_of(liar.list_regions)
    assert (refused.code, refused.status) == ("InvalidSignatureException", 403)
    unknown = raw.send(
        cloud.port,
        raw.signed(
            "POST", "/makeCoffee", b"{}", root, service="account", headers={"Content-Type": "application/json"}
        ),
    )
    assert unknown.status == 404
    assert unknown.headers["x-amzn-errortype"] == "UnknownOperationException"
    for body in (b"{", b"[]", b'{"AlternateContactType":1}'):
        bad = raw.send(cloud.port, raw.signed("POST", "/getAlternateContact", body, root, service="account"))
        assert bad.status == 400
        assert bad.headers["x-amzn-errortype"] == "SerializationException"


class TestTerraform:
    pytestmark = needs_terraform

    def test_contacts_and_region(self, account: Any, root: Identity, tmp_path) -> None:
        terraform = Terraform(
            tmp_path,
            root,
            """
            resource "aws_account_primary_contact" "owner" {
              full_name       = "Ada Lovelace"
              address_line_1  = "12 St James's Square"
              city            = "London"
              state_or_region = "London"
              postal_code     = "SW1Y 4JH"
              country_code    = "GB"
              phone_number    = "+442055550100"
              company_name    = "Analytical Engines"
              website_url     = "https://example.com"
            }
            resource "aws_account_alternate_contact" "security" {
              alternate_contact_type = "SECURITY"
              name                   = "Grace Hopper"
              title                  = "Security officer"
              email_address          = "security@example.com"
              phone_number           = "+15550100"
            }
            """,
        )
        terraform.apply()
        assert account.get_contact_information()["ContactInformation"]["CompanyName"] == "Analytical Engines"
        contact = account.get_alternate_contact(AlternateContactType="SECURITY")["AlternateContact"]
        assert contact["Name"] == "Grace Hopper"

        # Forgotten and imported again, nothing has to be changed.
        terraform.reimport(
            {"aws_account_primary_contact.owner": ACCOUNT, "aws_account_alternate_contact.security": "SECURITY"}
        )

        terraform.destroy()
        assert error_of(account.get_alternate_contact, AlternateContactType="SECURITY").code == (
            "ResourceNotFoundException"
        )
        # A primary contact can't be deleted: AWS has no operation for it.
        assert account.get_contact_information()["ContactInformation"]["FullName"] == "Ada Lovelace"

    def test_region(self, account: Any, root: Identity, tmp_path) -> None:
        terraform = Terraform(
            tmp_path, root, 'resource "aws_account_region" "hong_kong" {\n region_name = "ap-east-1"\n enabled = true\n}'
        )
        terraform.apply()
        assert region(account, "ap-east-1") == "ENABLED"
        terraform.reimport({"aws_account_region.hong_kong": "ap-east-1"})
        source = tmp_path / "main.tf"
        source.write_text(source.read_text().replace("enabled = true", "enabled = false"))
        terraform.apply()
        assert region(account, "ap-east-1") == "DISABLED"
        terraform.destroy()
