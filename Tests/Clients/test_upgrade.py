"""A data directory of Gatehouse 0.1 (data/0.1, made by data/make-0.1) in the hands of this version: what was there is
there and binds, and what was begun is finished. And what this version can't read: it doesn't start, and says why.

The directory ages with the calendar: events, requests and passwords expire. So the server's clock stands an hour after
the directory was made.
"""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, Trail, VirtualDevice, error_of
from harness.answers import ask
from harness.clock import Clock, server_with_clock, sign_by
from harness.ledger import Key, Ledger
from harness.organizations import ROLE
from harness.patience import PATIENCE
from harness.server import clean_environment, gatehouse

OLD = Path(__file__).parent / "data" / "0.1"
CONTENTS: dict[str, Any] = json.loads((OLD / "contents.json").read_text())
IDS: dict[str, str] = CONTENTS["ids"]
HOUR, DAY = 3600, 86_400

ORGANIZATION = "AWS::Organizations::Organization"


class House:
    """A copy of the old directory, and a server on it."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.data = folder / "data"
        self.data.mkdir(mode=0o700)
        for name in ("ledger.sqlite", "key"):
            shutil.copyfile(OLD / name, self.data / name)
        # Git keeps no such modes.
        (self.data / "key").chmod(0o600)
        self.server, self.clock = server_with_clock(folder, data=self.data)
        self.server.log = folder / "log"
        self.stand(HOUR)
        sign_by(self.clock, monkeypatch)
        self.ledger = Ledger(self.data)

    def stand(self, seconds: float) -> None:
        """Sets the clock to so long after the directory was made."""
        self.clock.set(round(CONTENTS["made"] + seconds - time.time()))

    def start(self) -> "House":
        self.server.start()
        return self

    def who(self, name: str) -> Identity:
        return self.server.root if name == "root" else Identity(self.server.url, *CONTENTS["keys"][name], name=name)

    @property
    def organizations(self) -> Any:
        return self.server.root.client("organizations")

    def key(self, kind: str, account: str = ACCOUNT) -> Key:
        """The place of some record of a kind."""
        found = [key for key in self.ledger.keys(kind) if key.account == account]
        assert found, f"the old directory has no record of kind {kind}"
        return found[0]

    def refusal(self) -> str:
        """What the server says as it refuses to start."""
        with pytest.raises(AssertionError, match="the server ended with 1 before it listened"):
            self.server.start()
        assert self.server.log
        return self.server.log.read_text().splitlines()[-1]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    house = House(tmp_path, monkeypatch)
    yield house
    house.server.kill()


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


# What was there is there


def test_every_answer_of_before(house: House) -> None:
    """As 0.1 answered, but for the members that it had too many or too few of (see test_whole_answers.py)."""
    house.start()
    for one in CONTENTS["answers"]:
        answer = ask(house.who(one["who"]), one["service"], one["operation"], one["parameters"])
        assert answer == one["answer"], (one["who"], one["operation"], one["parameters"])
    assert len(CONTENTS["answers"]) > 40


@pytest.mark.parametrize("who", ["root", "worker"])
def test_every_event_of_before(house: House, who: str) -> None:
    before: dict[str, str] = CONTENTS["events"][who]
    trail = Trail(house.start().who(who))
    now = {event["EventId"]: event["CloudTrailEvent"] for event in trail.events()}
    assert len(before) > 5
    assert before == {
        event: hashlib.sha256(text.encode()).hexdigest()[:16] for event, text in now.items() if event in before
    }
    # Found by their attributes, too, and followed by those of now.
    if who == "root":
        [enrolment] = trail.all(EventName="EnableMFADevice")
        assert enrolment["requestParameters"]["userName"] == "alice"
        made = house.server.root.iam.create_user(UserName="eve")
        assert trail.of(made, "CreateUser")["requestParameters"] == {"userName": "eve"}


def test_why_a_call_was_denied_before(house: House) -> None:
    """Asked of the old directory as it is, and of the upgraded one."""
    for _ in range(2):
        done = gatehouse("why", CONTENTS["denied"], "--data", str(house.data))
        assert done.returncode == 0, done.stderr
        assert f"iam:CreateUser on arn:aws:iam::{IDS['prod']}:user/eve" in done.stdout
        assert "NoUsers" in done.stdout
        house.start().server.stop()


# What bound, binds


def test_keys_and_policies_of_identities(house: House) -> None:
    alice = house.start().who("alice")
    assert alice.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/people/alice"
    # By the attached policy's second version; by the group's; not without MFA.
    assert [role["RoleName"] for role in alice.iam.list_roles(PathPrefix="/")["Roles"] if role["RoleName"] == "machine"]
    assert alice.iam.get_user(UserName="alice")["User"]["UserName"] == "alice"
    assert error_of(alice.iam.get_user, UserName="organizer").code == "AccessDenied"
    assert error_of(alice.iam.list_groups).code == "AccessDenied"
    off = error_of(house.who("switched off").sts.get_caller_identity)
    assert off.code == "InvalidClientTokenId"
    # The boundary holds: IAM is all that alice may be given.
    house.server.root.iam.attach_user_policy(
        UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )
    alice.iam.get_account_summary()
    refused = error_of(alice.cloudtrail.lookup_events)
    assert refused.code.startswith("AccessDenied") and "no permissions boundary allows" in refused.message


def test_the_mfa_device(house: House) -> None:
    alice = house.start().who("alice")
    device = VirtualDevice(CONTENTS["mfa"]["seed"].encode(), now=house.clock.now())
    # Those two are for enrolment.
    device.two_codes()
    serial = CONTENTS["mfa"]["serial"]
    wrong = error_of(alice.sts.get_session_token, SerialNumber=serial, TokenCode=device.wrong_code())
    assert wrong.code == "AccessDenied"
    session = alice.sts.get_session_token(SerialNumber=serial, TokenCode=device.code())["Credentials"]
    inside = Identity.of_session(house.server.url, session)
    assert [group["GroupName"] for group in inside.iam.list_groups()["Groups"]] == ["staff"]


def test_password_and_password_policy(house: House) -> None:
    alice = house.start().who("alice")
    wrong = error_of(alice.iam.change_password, OldPassword="Correct-Horse-0", NewPassword="Correct-Horse-Battery-8")
    assert wrong.code == "AccessDenied"
    old = CONTENTS["password"]
    for weak in ("Short-1", "NoSymbolsAtAll12345", old):
        refused = error_of(alice.iam.change_password, OldPassword=old, NewPassword=weak)
        assert refused.code == "PasswordPolicyViolation", weak
    alice.iam.change_password(OldPassword=old, NewPassword="Correct-Horse-Battery-8")


def test_a_session_of_before_lives_as_long_as_it_was_given(house: House) -> None:
    session = Identity(house.start().server.url, *CONTENTS["session"])
    assert len(session.iam.list_users()["Users"]) == 2
    house.stand(12 * HOUR + 60)
    assert error_of(session.iam.list_users).code == "ExpiredToken"


def test_control_policies_bind_the_member(house: House) -> None:
    worker = house.start().who("worker")
    refused = error_of(worker.iam.create_user, UserName="eve")
    assert refused.code == "AccessDenied"
    assert "with an explicit deny in a service control policy" in refused.message
    worker.iam.create_group(GroupName="allowed")
    organizer = house.who("organizer")
    vaulted = f"arn:aws:iam::{IDS['prod']}:role/vaulted"
    refused = error_of(organizer.sts.assume_role, RoleArn=vaulted, RoleSessionName="in")
    assert "with an explicit deny in a resource control policy" in refused.message
    organizer.sts.assume_role(RoleArn=f"arn:aws:iam::{IDS['prod']}:role/{ROLE}", RoleSessionName="in")

    # And they go when they are detached.
    house.organizations.detach_policy(PolicyId=IDS["scp"], TargetId=IDS["unit"])
    house.organizations.detach_policy(PolicyId=IDS["rcp"], TargetId=IDS["prod"])
    worker.iam.create_user(UserName="eve")
    organizer.sts.assume_role(RoleArn=vaulted, RoleSessionName="in")


def test_what_others_began_is_gone_on_with(house: House) -> None:
    """An open invitation is accepted, a delegation request assigned; names that are taken stay taken."""
    guest = house.start().who("guest")
    guest.client("organizations").accept_handshake(HandshakeId=IDS["invitation"])
    assert house.organizations.describe_account(AccountId=IDS["guest"])["Account"]["JoinedMethod"] == "INVITED"
    iam = house.server.root.iam
    iam.associate_delegation_request(DelegationRequestId=IDS["delegation"])
    request = iam.get_delegation_request(DelegationRequestId=IDS["delegation"])["DelegationRequest"]
    assert request["State"] == "ASSIGNED"
    iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=IDS["oidc"])
    metadata = iam.get_saml_provider(SAMLProviderArn=IDS["saml"])["SAMLMetadataDocument"]
    again = error_of(iam.create_saml_provider, Name="corporate", SAMLMetadataDocument=metadata)
    assert again.code == "EntityAlreadyExists"
    # A region that is off knows nobody; the one that was opted into does.
    for region, is_on in (("me-south-1", True), ("af-south-1", False)):
        there = Identity(house.server.url, house.server.root.key_id, house.server.root.secret, region=region)
        if is_on:
            assert there.sts.get_caller_identity()["Account"] == ACCOUNT
        else:
            assert error_of(there.sts.get_caller_identity).code == "InvalidClientTokenId"


# What was begun is finished


def finished(house: House) -> bool:
    statuses = house.organizations.list_create_account_status()["CreateAccountStatuses"]
    leaving = house.organizations.describe_account(AccountId=IDS["leaving"])["Account"]["State"]
    return leaving == "CLOSED" and not any(one["State"] == "IN_PROGRESS" for one in statuses)


def check_that_all_is_finished_once(house: House) -> None:
    wait_until(lambda: finished(house), "the accounts of before were not finished")
    statuses = {
        one["Id"]: one for one in house.organizations.list_create_account_status()["CreateAccountStatuses"]
    }
    ours = [statuses[request] for request in CONTENTS["requests"]]
    outcomes = sorted((one["AccountName"], one["State"]) for one in ours)
    assert outcomes == [("first", "SUCCEEDED"), ("second", "SUCCEEDED")]
    accounts = house.organizations.get_paginator("list_accounts").paginate().build_full_result()["Accounts"]
    assert sorted(one["Name"] for one in accounts if one["Name"] in ("first", "second")) == ["first", "second"]
    organizer = house.who("organizer")
    for one in ours:
        organizer.sts.assume_role(RoleArn=f"arn:aws:iam::{one['AccountId']}:role/{ROLE}", RoleSessionName="in")
    trail = Trail(house.server.root)
    results = [record["serviceEventDetails"] for record in trail.all(EventName="CreateAccountResult")]
    told = [result["createAccountStatus"]["accountId"] for result in results]
    assert all(told.count(one["AccountId"]) == 1 for one in ours), told
    closings = [json.dumps(record["serviceEventDetails"]) for record in trail.all(EventName="CloseAccountResult")]
    assert len([text for text in closings if IDS["leaving"] in text]) == 1


def test_what_was_begun_is_finished_once(house: House) -> None:
    house.start()
    check_that_all_is_finished_once(house)
    house.server.restart()
    check_that_all_is_finished_once(house)


def test_killed_while_it_is_upgraded(house: House) -> None:
    dice = random.Random(8)
    for _ in range(8):
        process = subprocess.Popen(
            house.server.command(),
            env=clean_environment(**house.clock.environment()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(dice.uniform(0.02, 0.4))
        process.kill()
        process.wait()
    house.start()
    check_that_all_is_finished_once(house)
    assert ask(house.who("root"), "iam", "ListUsers", {})["Users"]


def test_what_was_closed_before_leaves_after_ninety_days(house: House) -> None:
    house.start()
    check_that_all_is_finished_once(house)

    def members() -> set[str]:
        pages = house.organizations.get_paginator("list_accounts").paginate()
        return {account["Id"] for page in pages for account in page["Accounts"]}

    assert {IDS["closed"], IDS["leaving"], IDS["prod"]} <= members()
    house.stand(91 * DAY)
    house.server.restart()
    wait_until(lambda: IDS["closed"] not in members(), "the closed account is still there")
    assert IDS["prod"] in members()


# What can't be read


BINDING = [
    "AWS::Account",
    "AWS::IAM::AccessKey",
    "AWS::IAM::Group",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::IAM::User",
    ORGANIZATION,
    "AWS::Organizations::Account",
    "AWS::Organizations::OrganizationalUnit",
    "AWS::Organizations::Policy",
]


@pytest.mark.parametrize("kind", BINDING)
def test_a_damaged_record_that_binds_lets_nobody_in(house: House, kind: str) -> None:
    key = house.key(kind)
    house.ledger.flip(key)
    words = house.refusal()
    assert f"{kind} {key.id} of account {key.account}" in words
    assert "was changed from outside or is damaged" in words
    assert "backup" in words
    # It says so again, and nothing was touched: put back, it goes on.
    assert house.refusal() == words
    house.ledger.flip(key)
    house.start()
    assert error_of(house.who("worker").iam.create_user, UserName="eve").code == "AccessDenied"


def test_a_record_in_the_place_of_another(house: House) -> None:
    """A control policy that lets through, put where one stands that denies."""
    policies = house.ledger.keys("AWS::Organizations::Policy")
    [strict] = [key for key in policies if key.id == IDS["scp"]]
    [other] = [key for key in policies if key.id == IDS["rcp"]]
    house.ledger.put_sealed(strict, house.ledger.sealed(other))
    assert f"AWS::Organizations::Policy {IDS['scp']} of account {ACCOUNT}" in house.refusal()


@pytest.mark.parametrize(
    "kind, member", [(ORGANIZATION, "featureSet"), (ORGANIZATION, "iamFeatures"), ("AWS::IAM::Role", "trustPolicy")]
)
def test_a_record_without_a_member(house: House, kind: str, member: str) -> None:
    """As a version leaves it that does not know the member: it must not count as deleted, or its policies would."""
    key = house.key(kind)
    members = house.ledger.json(key)
    whole = dict(members)
    del members[member]
    house.ledger.put_json(key, members)
    words = house.refusal()
    assert f"The record {kind} {key.id} of account {ACCOUNT} can't be read by this version of Gatehouse" in words
    assert "use the version that wrote it, or put a backup back" in words
    house.ledger.put_json(key, whole)
    house.start()
    assert error_of(house.who("worker").iam.create_user, UserName="eve").code == "AccessDenied"


def test_a_record_of_a_newer_version(house: House) -> None:
    key = house.key(ORGANIZATION)
    house.ledger.put_body(key, b"\0" + (99).to_bytes(4, "big") + house.ledger.body(key))
    words = house.refusal()
    assert f"The record {ORGANIZATION} {key.id} of account {ACCOUNT} is of version 99" in words
    assert "Use the newer version that wrote it" in words


def test_a_ledger_of_a_newer_format(house: House) -> None:
    with house.ledger.database() as database:
        database.execute("UPDATE meta SET value = 99 WHERE name = 'format'")
        before = list(database.execute("SELECT name, sql FROM sqlite_master"))
    words = house.refusal()
    assert "format 99" in words and "Use the newer version that wrote it" in words
    with house.ledger.database() as database:
        assert list(database.execute("SELECT name, sql FROM sqlite_master")) == before


def test_the_key_of_another_directory(house: House) -> None:
    (house.data / "key").write_bytes(b"k" * 32)
    assert "Put back the key file that belongs to this data directory" in house.refusal()


def test_a_damaged_record_that_is_read_later(house: House) -> None:
    """The start opens what binds alone. The rest is refused when it is asked for, and never said to be gone."""
    house.ledger.flip(house.key("AWS::Account::Contacts"))
    account = house.start().server.root.client("account")
    refused = error_of(account.get_contact_information)
    assert (refused.status, refused.code) == (500, "InternalFailure")
    assert account.list_regions()["Regions"]
    # The operator learns which call, and why.
    assert house.server.log
    [line] = [line for line in house.server.log.read_text().splitlines() if "a call has failed" in line]
    for word in ("GetContactInformation", refused.request_id, "AWS::Account::Contacts", "damaged"):
        assert word in line, (word, line)
