"""A data directory of version 0.1 on today's program, and records that today's program can't read.

Tests/Clients/data/0.1 was written by version 0.1: see data/make-0.1.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Identity, Server, VirtualDevice, error_of
from harness.ledger import Ledger
from harness.server import gatehouse

OLD = Path(__file__).parent / "data" / "0.1"
FACTS: dict[str, Any] = json.loads((OLD / "facts.json").read_text())


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A copy of the old directory."""
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    shutil.copy(OLD / "ledger.sqlite", folder)
    shutil.copy(OLD / "key", folder)
    (folder / "key").chmod(0o600)
    (folder / "ledger.sqlite").chmod(0o600)
    return folder


@pytest.fixture
def upgraded(data: Path, tmp_path: Path) -> Iterator[Server]:
    with Server("--quota", "AccountsPerOrganization=1000", data=data, log=tmp_path / "log") as server:
        yield server


def caller(server: Server, name: str) -> Identity:
    return Identity(server.url, FACTS[name]["id"], FACTS[name]["secret"])


def test_what_old_events_say_can_still_be_asked(data: Path) -> None:
    # Before any start, so that it does not depend on how old the directory is: the history forgets after 90 days.
    done = gatehouse("why", FACTS["event"], "--data", str(data))
    assert done.returncode == 0, done.stderr
    assert "CreateUser of iam.amazonaws.com" in done.stdout
    assert "iam:CreateUser on arn:aws:iam::" in done.stdout


def test_everybody_is_there_and_bound_as_before(upgraded: Server) -> None:
    alice = caller(upgraded, "alice")
    assert alice.sts.get_caller_identity()["Arn"].endswith(":user/staff/Alice")
    # The managed policy's second version allows, the inline policy denies, the group's allows.
    assert "Alice" in [user["UserName"] for user in alice.iam.list_users()["Users"]]
    refused = error_of(alice.iam.list_roles)
    assert refused.code == "AccessDenied" and "explicit deny" in refused.message
    assert alice.iam.get_user(UserName="Alice")["User"]["Tags"] == [{"Key": "team", "Value": "blue"}]

    # The role's boundary still bounds it.
    session = Identity.of_session(
        upgraded.url, alice.sts.assume_role(RoleArn=FACTS["role"], RoleSessionName="upgraded")["Credentials"])
    session.iam.list_users()
    assert "permissions boundary" in error_of(session.iam.create_user, UserName="x").message

    iam = upgraded.root.iam
    assert iam.list_account_aliases()["AccountAliases"] == ["upgraded"]
    assert iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 14
    assert [version["VersionId"] for version in iam.list_policy_versions(PolicyArn=FACTS["policy"])["Versions"]]
    assert iam.get_instance_profile(InstanceProfileName="Box")["InstanceProfile"]["Roles"][0]["RoleName"] == "Worker"
    assert iam.list_saml_providers()["SAMLProviderList"][0]["Arn"].endswith("/Example")
    assert iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"].endswith("/issuer.example")
    assert iam.list_server_certificates()["ServerCertificateMetadataList"][0]["ServerCertificateName"] == "site"
    assert iam.get_login_profile(UserName="Alice")["LoginProfile"]["UserName"] == "Alice"
    account = upgraded.root.client("account")
    assert account.get_contact_information()["ContactInformation"]["FullName"] == "A. Owner"
    assert account.get_region_opt_status(RegionName="af-south-1")["RegionOptStatus"] == "ENABLED"


def test_a_second_factor_still_proves(upgraded: Server) -> None:
    alice = caller(upgraded, "alice")
    device = VirtualDevice(FACTS["seed"].encode())
    device.two_codes()
    alice.sts.get_session_token(SerialNumber=FACTS["serial"], TokenCode=device.code())


def test_a_service_control_policy_still_binds_the_member(upgraded: Server) -> None:
    member = caller(upgraded, "member_key")
    assert member.sts.get_caller_identity()["Account"] == FACTS["member"]
    refused = error_of(member.iam.create_user, UserName="x")
    assert refused.code == "AccessDenied" and "service control policy" in refused.message
    member.iam.list_users()


def test_what_it_had_begun_is_done(upgraded: Server) -> None:
    api = caller(upgraded, "organizer").client("organizations")
    deadline = time.monotonic() + 20
    while True:
        status = api.describe_create_account_status(CreateAccountRequestId=FACTS["unfinished"])["CreateAccountStatus"]
        if status["State"] != "IN_PROGRESS":
            break
        assert time.monotonic() < deadline
    assert status["State"] == "SUCCEEDED", status
    assert status["AccountId"] in [account["Id"] for account in api.list_accounts()["Accounts"]]


def test_an_upgraded_directory_stays_upgraded(data: Path) -> None:
    for _ in range(2):
        with Server("--quota", "AccountsPerOrganization=1000", data=data) as server:
            assert caller(server, "alice").sts.get_caller_identity()["Account"] == FACTS["account"]
    assert Ledger(data).sql("SELECT value FROM meta WHERE name = 'format'") == [(2,)]


# Records that can't be read


def refusal(data: Path) -> str:
    """What the program says that must not start."""
    done = gatehouse("serve", "--data", str(data), "--port", "0")
    assert done.returncode == 1, done
    assert "listens on" not in done.stdout
    return done.stderr


def lose_members(record: dict[str, Any]) -> None:
    del record["rootID"]


def test_an_organization_that_can_not_be_read_is_not_gone(data: Path) -> None:
    ledger = Ledger(data)
    kind = "AWS::Organizations::Organization"
    (organization,) = ledger.ids(kind)
    ledger.change(kind, organization, lose_members)
    words = refusal(data)
    assert f"The record {kind} {organization} of account {FACTS['account']} can't be read" in words
    assert "use the version that wrote it, or put a backup back" in words
    # Nor is anything of what it holds shown.
    assert "enabledPolicyTypes" not in words


def test_a_record_of_a_newer_version(data: Path) -> None:
    ledger = Ledger(data)
    ledger.change("AWS::IAM::User", "alice", lambda record: None, version=7)
    words = refusal(data)
    assert "The record AWS::IAM::User alice of account" in words
    assert "version 7" in words and "Use the newer version that wrote it" in words


@pytest.mark.parametrize("kind, id", [
    ("AWS::IAM::User", "alice"),
    ("AWS::IAM::Role", "worker"),
    ("AWS::Organizations::OrganizationalUnit", FACTS["unit"]),
])
def test_a_damaged_record(data: Path, kind: str, id: str) -> None:
    Ledger(data).damage(kind, id)
    words = refusal(data)
    assert f"{kind} {id}" in words and "damaged" in words


def test_a_ledger_of_a_newer_format(data: Path) -> None:
    Ledger(data).sql("UPDATE meta SET value = 3 WHERE name = 'format'")
    assert "The ledger has format 3" in refusal(data)


def test_records_that_no_policy_needs_are_not_opened_at_the_start(data: Path) -> None:
    # The start reads what policies need; this one is damaged, and only who asks for it learns of it.
    ledger = Ledger(data)
    (certificate,) = ledger.ids("AWS::IAM::ServerCertificate")
    ledger.damage("AWS::IAM::ServerCertificate", certificate)
    with Server("--quota", "AccountsPerOrganization=1000", data=data) as server:
        server.root.iam.list_users()
        assert error_of(server.root.iam.list_server_certificates).code == "InternalFailure"
