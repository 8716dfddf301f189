"""Last-used data: of access keys, of roles; kept over restarts and kill -9; collapsed as AWS does."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, UTC
from typing import Any
from collections.abc import Callable

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust


def recent(moment: datetime) -> bool:
    return abs(datetime.now(UTC) - moment) < timedelta(seconds=60)


def last_used(identity: Identity, key_id: str) -> dict[str, Any]:
    return identity.iam.get_access_key_last_used(AccessKeyId=key_id)["AccessKeyLastUsed"]


def test_a_key_from_making_to_use(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice")
    answer = root.iam.get_access_key_last_used(AccessKeyId=alice.key_id)
    assert answer["UserName"] == "alice"
    assert answer["AccessKeyLastUsed"] == {"Region": "N/A", "ServiceName": "N/A"}

    there = Identity(alice.url, alice.key_id, alice.secret, region="eu-central-1")
    there.sts.get_caller_identity()
    used = last_used(root, alice.key_id)
    assert (used["ServiceName"], used["Region"]) == ("sts", "eu-central-1")
    assert recent(used["LastUsedDate"])

    by_cli = root.aws("iam", "get-access-key-last-used", "--access-key-id", alice.key_id)
    assert by_cli["UserName"] == "alice"
    assert by_cli["AccessKeyLastUsed"]["ServiceName"] == "sts"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|\+00:00)", by_cli["AccessKeyLastUsed"]["LastUsedDate"])


def test_a_denied_call_is_a_use(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice")
    assert error_of(alice.iam.list_users).code == "AccessDenied"
    assert last_used(root, alice.key_id)["ServiceName"] == "iam"


def test_a_call_without_proof_is_no_use(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice")
    forger = Identity(alice.url, alice.key_id, "x" * 40)
    assert error_of(forger.sts.get_caller_identity).code == "SignatureDoesNotMatch"
    assert "LastUsedDate" not in last_used(root, alice.key_id)


def test_the_keys_of_root(root: Identity) -> None:
    answer = root.iam.get_access_key_last_used(AccessKeyId=root.key_id)
    assert answer["AccessKeyLastUsed"]["ServiceName"] == "iam"
    assert "UserName" not in answer


def test_who_may_ask(root: Identity, new_user: Callable[..., Identity]) -> None:
    own = allow("iam:GetAccessKeyLastUsed", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}")
    alice, bob = new_user("alice", own), new_user("bob")
    alice.iam.get_access_key_last_used(AccessKeyId=alice.key_id)
    unknown = "AKIAAAAAAAAAAAAAAAAA"
    for asked in (bob.key_id, unknown):
        error = error_of(alice.iam.get_access_key_last_used, AccessKeyId=asked)
        # A key of somebody else and a key of nobody look the same.
        assert (error.code, error.status) == ("AccessDenied", 403)
        assert error.message == (
            f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: iam:GetAccessKeyLastUsed on "
            f"resource: access key {asked} because no identity-based policy allows the iam:GetAccessKeyLastUsed action"
        )
    error = error_of(root.iam.get_access_key_last_used, AccessKeyId=unknown)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert error.message == (
        f"User: arn:aws:iam::{ACCOUNT}:root is not authorized to perform iam:GetAccessKeyLastUsed"
    )
    unchecked = root.client("iam", parameter_validation=False)
    assert error_of(unchecked.get_access_key_last_used, AccessKeyId="short").code == "ValidationError"


def test_a_role_from_making_to_use(root: Identity, new_role: Callable[..., str]) -> None:
    arn = new_role("worker", trust(ACCOUNT))
    admin_key = root.iam.create_user(UserName="admin") and root.iam.create_access_key(UserName="admin")["AccessKey"]
    root.iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    admin = Identity.of_key(root.url, admin_key)
    session = admin.sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    # To be assumed is no use; what the session does is.
    assert root.iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"] == {}
    worker = Identity.of_session(root.url, session)
    worker.region = "eu-west-1"
    assert error_of(worker.iam.list_users).code == "AccessDenied"
    used = root.iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"]
    assert used["Region"] == "us-east-1", "IAM is in us-east-1, wherever the client is"
    assert recent(used["LastUsedDate"])
    worker.sts.get_caller_identity()
    used = root.iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"]
    assert used["Region"] == "eu-west-1"

    details = root.iam.get_account_authorization_details(Filter=["Role"])["RoleDetailList"]
    assert [role["RoleLastUsed"]["Region"] for role in details] == ["eu-west-1"]
    # AWS's lists leave it out.
    assert "RoleLastUsed" not in root.iam.list_roles()["Roles"][0]


def test_a_namesake_inherits_nothing(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice")
    alice.sts.get_caller_identity()
    root.iam.delete_access_key(UserName="alice", AccessKeyId=alice.key_id)
    root.iam.delete_user(UserName="alice")
    again = new_user("alice")
    assert "LastUsedDate" not in last_used(root, again.key_id)
    assert error_of(root.iam.get_access_key_last_used, AccessKeyId=alice.key_id).code == "AccessDenied"


def test_a_user_who_is_renamed_keeps_it(root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice")
    alice.sts.get_caller_identity()
    root.iam.update_user(UserName="alice", NewUserName="eve")
    answer = root.iam.get_access_key_last_used(AccessKeyId=alice.key_id)
    assert answer["UserName"] == "eve" and answer["AccessKeyLastUsed"]["ServiceName"] == "sts"


def test_no_password_was_used(root: Identity, new_user: Callable[..., Identity]) -> None:
    """There is no sign-in page yet, so no user has the member; AWS leaves it out then."""
    new_user("alice")
    root.iam.create_login_profile(UserName="alice", Password="Correct-Horse-7")
    assert "PasswordLastUsed" not in root.iam.get_user(UserName="alice")["User"]
    assert "PasswordLastUsed" not in root.iam.list_users()["Users"][0]


# kill -9


def used_by_all(server: Server, keys: list[str]) -> dict[str, Any]:
    return {key: last_used(server.root, key) for key in keys}


def test_kill_9_loses_nothing_that_the_history_has(durable: Callable[..., Server]) -> None:
    server = durable("--audit", "strict").start()
    root = server.root
    root.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(ACCOUNT))
    users = []
    for number in range(4):
        root.iam.create_user(UserName=f"user{number}")
        key = root.iam.create_access_key(UserName=f"user{number}")["AccessKey"]
        users.append(Identity.of_key(server.url, key))
    root.iam.put_user_policy(
        UserName="user0", PolicyName="own", PolicyDocument=policy(allow("sts:AssumeRole"), allow("iam:CreateGroup"))
    )
    users[0].iam.create_group(GroupName="g")
    users[1].sts.get_caller_identity()
    error_of(users[2].iam.list_users)
    session = users[0].sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/worker", RoleSessionName="session")
    Identity.of_session(server.url, session["Credentials"]).sts.get_caller_identity()

    keys = [user.key_id for user in users]
    before = used_by_all(server, keys)
    role = root.iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"]
    assert [before[key]["ServiceName"] for key in keys] == ["iam", "sts", "iam", "N/A"]
    assert role["Region"] == "us-east-1"
    server.kill()
    server.start()
    assert used_by_all(server, keys) == before
    assert server.root.iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"] == role

    # An ordered end writes the data down; a kill after it finds them there, and the events since.
    server.restart()
    assert used_by_all(server, keys) == before
    Identity(server.url, users[3].key_id, users[3].secret).sts.get_caller_identity()
    server.kill()
    server.start()
    after = used_by_all(server, keys)
    assert after[keys[3]]["ServiceName"] == "sts"
    assert {key: after[key] for key in keys[:3]} == {key: before[key] for key in keys[:3]}
    assert server.root.iam.get_role(RoleName="worker")["Role"]["RoleLastUsed"] == role
    assert server.stop() == 0


# With a clock that the test moves


def test_uses_within_15_minutes_are_one(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    alice = new_user("alice", allow("iam:ListUsers"))
    alice.sts.get_caller_identity()
    first = last_used(root, alice.key_id)
    assert first["ServiceName"] == "sts"
    cloud.advance(840)
    alice.iam.list_users()
    assert last_used(root, alice.key_id) == first
    cloud.advance(61)
    alice.iam.list_users()
    later = last_used(root, alice.key_id)
    assert later["ServiceName"] == "iam" and later["LastUsedDate"] > first["LastUsedDate"]


def test_a_role_is_tracked_for_400_days(cloud: Server, root: Identity, new_user: Callable[..., Identity]) -> None:
    admin = new_user("admin", allow("sts:AssumeRole"))
    role = root.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust(ACCOUNT))["Role"]["Arn"]
    assumed = admin.sts.assume_role(RoleArn=role, RoleSessionName="session")
    Identity.of_session(cloud.url, assumed["Credentials"]).sts.get_caller_identity()

    def tracked() -> bool:
        return "LastUsedDate" in root.iam.get_role(RoleName="worker")["Role"].get("RoleLastUsed", {})

    cloud.advance(399 * 86_400)
    assert tracked()
    cloud.advance(2 * 86_400)
    assert not tracked()
