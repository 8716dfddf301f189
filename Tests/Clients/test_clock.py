"""The clock of a Gatehouse in memory, moved on by its owner: what passes away does so without waiting."""

from __future__ import annotations

import csv
import datetime
import io
import json
import time
from collections.abc import Callable

import pytest

from harness import ACCOUNT, Identity, Server, Trail, VirtualDevice, error_of, trust
from harness import raw
from harness.organizations import NewOrganization
from harness.patience import PATIENCE

pytestmark = pytest.mark.memory

DAY = 86_400


def asked(server: Server, body: bytes = b"", by: Identity | None = None, method: str = "POST") -> raw.Answer:
    request = raw.signed(method, "/_gatehouse/clock", body, by or server.root, service="gatehouse")
    return raw.send(server.port, request)


def clock(server: Server) -> datetime.datetime:
    answer = asked(server, method="GET")
    assert answer.status == 200, answer
    return datetime.datetime.fromisoformat(json.loads(answer.text)["time"])


def report(identity: Identity) -> list[dict[str, str]]:
    deadline = time.monotonic() + PATIENCE
    while identity.iam.generate_credential_report()["State"] != "COMPLETE":
        assert time.monotonic() < deadline
    content = identity.iam.get_credential_report()["Content"]
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_a_session_a_password_and_a_closed_account_pass_away(cloud: Server) -> None:
    org = NewOrganization(cloud)
    iam = cloud.root.iam
    iam.update_account_password_policy(MaxPasswordAge=60)
    iam.create_login_profile(UserName="organizer", Password="Correct-Horse-7-battery")
    account = org.member("leaver").account
    handshake = org.api.invite_account_to_organization(Target={"Type": "EMAIL", "Id": "guest@example.com"})
    invitation = handshake["Handshake"]["Id"]
    session = Identity.of_session(
        cloud.url, org.organizer.sts.get_session_token(DurationSeconds=3600)["Credentials"])
    org.api.close_account(AccountId=account)

    before = clock(cloud)
    cloud.advance(3000)
    session.sts.get_caller_identity()
    cloud.advance(600)
    assert error_of(session.sts.get_caller_identity).code == "ExpiredToken"
    assert org.api.describe_account(AccountId=account)["Account"]["Status"] == "SUSPENDED"

    cloud.advance(16 * DAY)
    assert org.api.describe_handshake(HandshakeId=invitation)["Handshake"]["State"] == "EXPIRED"
    # The credential report is made anew: it was never asked for, and nothing is older than four hours.
    row = next(row for row in report(cloud.root) if row["user"] == "organizer")
    assert datetime.datetime.fromisoformat(row["password_next_rotation"]) > clock(cloud)

    cloud.advance(60 * DAY)
    row = next(row for row in report(cloud.root) if row["user"] == "organizer")
    assert datetime.datetime.fromisoformat(row["password_next_rotation"]) < clock(cloud)
    assert account in [one["Id"] for one in org.api.list_accounts()["Accounts"]]

    cloud.advance(15 * DAY)
    assert account not in [one["Id"] for one in org.api.list_accounts()["Accounts"]]
    assert error_of(org.api.describe_handshake, HandshakeId=invitation).code == "HandshakeNotFoundException"
    passed = clock(cloud) - before
    assert datetime.timedelta(days=91) < passed < datetime.timedelta(days=92)
    # What was recorded is dated by the clock, and the history forgets after 90 days.
    history = {event["EventName"] for event in Trail(cloud.root).events()}
    assert "CloseAccount" not in history
    assert "ListAccounts" in history


def test_clients_sign_by_their_own_clocks(cloud: Server, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", managed="AdministratorAccess")
    cloud.advance(400 * DAY)
    # boto3 knows nothing of it: its signature is of today, and so are the codes of a device.
    assert alice.sts.get_caller_identity()["Account"] == ACCOUNT
    made = cloud.root.iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    device = VirtualDevice(made["Base32StringSeed"])
    first, second = device.two_codes()
    cloud.root.iam.enable_mfa_device(
        UserName="alice", SerialNumber=made["SerialNumber"], AuthenticationCode1=first, AuthenticationCode2=second)
    answer = alice.sts.get_session_token(SerialNumber=made["SerialNumber"], TokenCode=device.code())
    expires = answer["Credentials"]["Expiration"]
    assert expires > datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=399)
    Identity.of_session(cloud.url, answer["Credentials"]).sts.get_caller_identity()


def test_who_may_move_it(cloud: Server, new_user: Callable[..., Identity], new_role: Callable[..., str]) -> None:
    admin = new_user("admin", managed="AdministratorAccess")
    session = Identity.of_session(cloud.url, admin.sts.assume_role(
        RoleArn=new_role("r", trust(ACCOUNT), managed="AdministratorAccess"), RoleSessionName="session")["Credentials"])
    body = b'{"advance": 60}'
    before = clock(cloud)
    for by in (admin, session, Identity(cloud.url, admin.key_id, "wrong")):
        assert asked(cloud, body, by).status == 403
        assert asked(cloud, b"", by, "GET").status == 403
    unsigned = raw.Request("POST", "/_gatehouse/clock", {"host": "x"}, body)
    assert raw.send(cloud.port, unsigned).status == 403
    assert clock(cloud) - before < datetime.timedelta(seconds=30)


@pytest.mark.parametrize("body", [
    b"", b"{}", b"[]", b"null", b'{"advance": "60"}', b'{"advance": -1}', b'{"advance": 1e99}', b'{"advance": NaN}',
    b'{"advance": null}', b'{"advance": true}', b'{"advance": 999999999999}', b"60", b'{"advance": 60', b"\xff\xfe",
])
def test_bodies_that_say_nothing(cloud: Server, body: bytes) -> None:
    before = clock(cloud)
    answer = asked(cloud, body)
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert '{&quot;advance&quot;: SECONDS}' in answer.text or '{"advance": SECONDS}' in answer.text
    assert clock(cloud) - before < datetime.timedelta(seconds=30)


def test_it_goes_a_hundred_years_and_no_further(cloud: Server) -> None:
    decade = b'{"advance": %d}' % (10 * 366 * DAY)
    for _ in range(10):
        assert asked(cloud, decade).status == 200
    answer = asked(cloud, b'{"advance": 1}')
    assert (answer.status, answer.code) == (400, "ValidationError")
    assert clock(cloud) > datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=36_599)
    cloud.root.iam.create_user(UserName="late")
    assert cloud.root.iam.get_user(UserName="late")["User"]["CreateDate"].year > 2100


def test_it_reports_what_it_was_given(cloud: Server) -> None:
    """However long it takes to do what falls due."""
    before = json.loads(asked(cloud, method="GET").text)["advanced"]
    for step, reported in ((3600, 3600), (0.5, 3600.5), (0.5, 3601)):
        assert json.loads(asked(cloud, json.dumps({"advance": step}).encode()).text)["advanced"] - before == reported


def test_what_has_begun_is_done_before_the_answer(cloud: Server) -> None:
    org = NewOrganization(cloud)
    requests = [
        org.api.create_account(AccountName=f"a{n}", Email=f"a{n}@example.com")["CreateAccountStatus"]["Id"]
        for n in range(5)
    ]
    cloud.advance(0)
    for request in requests:
        status = org.api.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        assert status["State"] == "SUCCEEDED", status


def test_a_reset_sets_it_to_today(cloud: Server) -> None:
    cloud.advance(10 * DAY)
    cloud.reset()
    assert abs(clock(cloud) - datetime.datetime.now(datetime.timezone.utc)) < datetime.timedelta(minutes=1)


def test_it_is_not_moved_with_a_data_directory(durable: Callable[..., Server]) -> None:
    with durable() as server:
        refused = asked(server, b'{"advance": 60}')
        assert refused.status == 400 and b"--in-memory" in refused.body
        assert json.loads(asked(server, b"", method="GET").body)["advanced"] == 0
