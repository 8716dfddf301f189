"""`gatehouse root-key`: how the owner of a Gatehouse gets in as the root user of one of its accounts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from harness import ACCOUNT, ROOT_KEY_ID, ROOT_SECRET, Identity, Server, Trail
from harness import raw
from harness.server import gatehouse

KEY = re.compile(r"export AWS_ACCESS_KEY_ID=(AKIA\w{16}) AWS_SECRET_ACCESS_KEY='?([^'\s]{40})'?\n")


def member(server: Server) -> str:
    """The number of a new member account."""
    client = server.root.client("organizations")
    client.create_organization()
    request = client.create_account(AccountName="one", Email="one@example.com")["CreateAccountStatus"]["Id"]
    while True:
        status = client.describe_create_account_status(CreateAccountRequestId=request)["CreateAccountStatus"]
        if status["State"] != "IN_PROGRESS":
            return str(status["AccountId"])


def printed(server: Server, done: Any) -> Identity:
    assert done.returncode == 0, done
    found = KEY.search(done.stdout)
    assert found, done.stdout
    return Identity(server.url, found[1], found[2])


def test_the_root_user_of_a_member_account(durable: Callable[..., Server]) -> None:
    server = durable()
    server.start()
    number = member(server)
    data = ("--data", str(server.data))
    # While the server runs, and when none does.
    first = printed(server, gatehouse("root-key", "--account", number, *data))
    server.stop()
    second = printed(server, gatehouse("root-key", "--account", number, *data))
    server.start()
    for key in (first, second):
        identity = Identity(server.url, key.key_id, key.secret)
        caller = identity.sts.get_caller_identity()
        assert caller["Arn"] == f"arn:aws:iam::{number}:root"
        identity.iam.list_users()
    root = Identity(server.url, first.key_id, first.secret)
    assert root.iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1
    made = Trail(root).all(EventName="CreateRootAccessKey")
    assert {event["serviceEventDetails"]["accessKeyId"] for event in made} == {first.key_id, second.key_id}
    assert all(event["recipientAccountId"] == number for event in made)
    assert first.secret not in json.dumps(made)

    third = gatehouse("root-key", "--account", number, *data)
    assert third.returncode == 1 and f"`gatehouse env --account {number}` prints one" in third.stderr and not third.stdout
    assert printed(server, gatehouse("env", "--account", number, *data)).key_id == first.key_id
    assert printed(server, gatehouse("env", *data)).key_id == ROOT_KEY_ID


def test_when_root_has_lost_its_keys(durable: Callable[..., Server]) -> None:
    server = durable()
    server.start()
    server.root.iam.delete_access_key(AccessKeyId=ROOT_KEY_ID)
    data = ("--data", str(server.data))
    refused = gatehouse("root-key", *data)
    assert refused.returncode == 1 and "stop it" in refused.stderr
    server.stop()
    key = printed(server, gatehouse("root-key", *data))
    server.fixed_root = False
    server.start()
    again = Identity(server.url, key.key_id, key.secret)
    assert again.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_in_memory(cloud: Server) -> None:
    number = member(cloud)
    root = {"AWS_ACCESS_KEY_ID": ROOT_KEY_ID, "AWS_SECRET_ACCESS_KEY": ROOT_SECRET}
    key = printed(
        cloud, gatehouse("root-key", "--account", number, "--endpoint", cloud.url, environment=root)
    )
    assert key.sts.get_caller_identity()["Account"] == number
    unknown = gatehouse("root-key", "--account", "999999999999", "--endpoint", cloud.url, environment=root)
    assert unknown.returncode == 1 and "NoSuchEntity: There is no account 999999999999" in unknown.stderr and "<" not in unknown.stderr
    stranger = {"AWS_ACCESS_KEY_ID": "AKIA" + "A" * 16, "AWS_SECRET_ACCESS_KEY": "x" * 40}
    unproved = gatehouse("root-key", "--endpoint", cloud.url, environment=stranger)
    assert unproved.returncode == 1 and "access key of the first account's root user" in unproved.stderr

    for wrong in (cloud.url + "/path", cloud.url + "?query", cloud.url.removeprefix("http://"), "ftp://localhost"):
        refused = gatehouse("root-key", "--account", number, "--endpoint", wrong, environment=root)
        assert refused.returncode == 64 and "scheme, host and port alone" in refused.stderr, refused

    # A member's root owns its account, not Gatehouse.
    for path in ("/_gatehouse/root-key", "/_gatehouse/reset"):
        answer = raw.send(cloud.port, raw.signed("POST", path, b"", key, service="gatehouse"))
        assert answer.status == 403, answer
        answer = raw.send(cloud.port, raw.signed("POST", path, b"", Identity("", "AKIA" + "A" * 16, "x" * 40), service="gatehouse"))
        assert answer.status == 403, answer
    assert key.sts.get_caller_identity()["Account"] == number


def test_a_closed_account_has_no_root(cloud: Server) -> None:
    number = member(cloud)
    cloud.root.client("organizations").close_account(AccountId=number)
    root = {"AWS_ACCESS_KEY_ID": ROOT_KEY_ID, "AWS_SECRET_ACCESS_KEY": ROOT_SECRET}
    refused = gatehouse("root-key", "--account", number, "--endpoint", cloud.url, environment=root)
    assert refused.returncode == 1 and not refused.stdout


def test_there_must_be_a_gatehouse(tmp_path: Any) -> None:
    refused = gatehouse("root-key", "--data", str(tmp_path / "none"))
    assert refused.returncode == 1 and "There is no Gatehouse" in refused.stderr
    assert not (tmp_path / "none").exists()
