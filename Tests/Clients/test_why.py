"""`gatehouse why`: which call it explains, and with which words."""

import re
import time
from collections.abc import Callable

import pytest

from harness import Identity, Server, Trail, error_of
from harness.patience import PATIENCE
from harness.server import gatehouse


def user(server: Server, name: str) -> Identity:
    server.root.iam.create_user(UserName=name)
    return Identity.of_key(server.url, server.root.iam.create_access_key(UserName=name)["AccessKey"])


def test_it_says_a_thing_once(durable: Callable[..., Server]) -> None:
    server = durable().start()
    denial = error_of(user(server, "alice").iam.create_user, UserName="x")
    Trail(server.root).of(denial)
    done = gatehouse("why", denial.request_id, "--data", str(server.data))
    assert done.stdout.count("is not authorized to perform") == 1, done


def test_the_latest_call(durable: Callable[..., Server]) -> None:
    server = durable().start()
    iam = server.root.iam
    alice, bob = user(server, "alice"), user(server, "bob")
    her_arn = "arn:aws:iam::111122223333:user/alice"

    def last(*options: str) -> str:
        done = gatehouse("why", "--last", *options, "--data", str(server.data))
        assert done.returncode == 0, done
        return " ".join(done.stdout.splitlines()[:2])

    # It is asked right after the answer, before the event is on disk by itself.
    for _ in range(3):
        error_of(alice.iam.delete_user, UserName="x")
        assert re.fullmatch(f"DeleteUser of iam.amazonaws.com at \\S+ by {her_arn} from 127.0.0.1", last())
        error_of(bob.iam.create_user, UserName="x")
        assert last("--denied").startswith("CreateUser")
        iam.list_users()
        assert last().startswith("ListUsers")
        assert last("--denied").startswith("CreateUser")
        assert last("--user", "alice").startswith("DeleteUser")
        assert last("--denied", "--user", her_arn).startswith("DeleteUser")
        # Refused, but not by a policy.
        error_of(iam.get_user, UserName="nobody")
        assert last().startswith("GetUser") and last("--denied").startswith("CreateUser")
    server.stop()
    assert last("--user", "bob").startswith("CreateUser")
    encoded = gatehouse("why", "--last", "--denied", "--encoded", "--data", str(server.data))
    assert encoded.returncode == 0 and encoded.stdout.strip()

    nobody = gatehouse("why", "--last", "--denied", "--user", "nobody", "--data", str(server.data))
    assert nobody.returncode == 1 and "No denied call by nobody" in nobody.stderr and "--data" in nobody.stderr


def test_the_latest_call_where_the_server_can_not_be_asked(durable: Callable[..., Server]) -> None:
    """Because root has no key that it could be asked with."""
    server = durable().start()
    alice = user(server, "alice")
    [key] = server.root.iam.list_access_keys()["AccessKeyMetadata"]
    server.root.iam.delete_access_key(AccessKeyId=key["AccessKeyId"])
    error_of(alice.iam.create_user, UserName="x")
    done = gatehouse("why", "--last", "--data", str(server.data))
    assert done.stdout.startswith("CreateUser of iam.amazonaws.com"), done


@pytest.mark.parametrize(
    "words", [(), ("--denied",), ("--user", "alice"), ("an-id", "--last"), ("an-id", "--denied")], ids=" ".join
)
def test_what_can_not_be_meant(words: tuple[str, ...]) -> None:
    refused = gatehouse("why", *words)
    assert refused.returncode == 64 and "--last" in refused.stderr and "Usage: gatehouse why" in refused.stderr


def test_it_names_what_a_policy_is_attached_to(durable: Callable[..., Server]) -> None:
    server = durable().start()
    organizations = server.root.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    [root] = organizations.list_roots()["Roots"]
    organizations.enable_policy_type(RootId=root["Id"], PolicyType="SERVICE_CONTROL_POLICY")
    organizations.create_account(AccountName="dev", Email="dev@example.com")
    deadline = time.monotonic() + PATIENCE
    while len(accounts := organizations.list_accounts()["Accounts"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    [dev] = [account["Id"] for account in accounts if account["Name"] == "dev"]
    unit = organizations.create_organizational_unit(ParentId=root["Id"], Name="unit")["OrganizationalUnit"]["Id"]
    organizations.move_account(AccountId=dev, SourceParentId=root["Id"], DestinationParentId=unit)
    done = gatehouse("root-key", "--account", dev, "--data", str(server.data))
    keys = dict(re.findall(r"(AWS_\w+)=(\S+)", done.stdout))
    Identity(server.url, keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"]).iam.list_users()
    text = gatehouse("why", "--last", "--user", f"arn:aws:iam::{dev}:root", "--data", str(server.data)).stdout
    attached = re.findall(r"looked at: service control policy FullAWSAccess \S+ at (.*)", text)
    assert attached == [f"root {root['Id']}", f"organizational unit {unit}", f"account {dev}"], text
