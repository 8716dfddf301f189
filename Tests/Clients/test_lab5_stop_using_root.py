"""Lab 5. Stop using root."""

from pathlib import Path
from collections.abc import Iterator

import pytest

from harness import ACCOUNT, ROOT_KEY_ID, Identity, Server, allow, deny, error_of

INVALID_KEY = "The security token included in the request is invalid."


@pytest.fixture
def own_server() -> Iterator[Server]:
    """Root loses its key here, so that not even `reset` helps: a server for one test."""
    with Server() as server:
        yield server


def test_stop_using_root(own_server: Server) -> None:
    root = own_server.root
    root.aws("iam create-group --group-name Administrators")
    root.aws(
        "iam attach-group-policy --group-name Administrators --policy-arn arn:aws:iam::aws:policy/AdministratorAccess"
    )
    root.aws("iam create-user --user-name admin")
    root.aws("iam add-user-to-group --group-name Administrators --user-name admin")
    admin = Identity.of_key(own_server.url, root.aws("iam create-access-key --user-name admin")["AccessKey"])
    assert root.aws("iam get-account-summary")["SummaryMap"]["AccountAccessKeysPresent"] == 1
    assert [key["AccessKeyId"] for key in root.aws("iam list-access-keys")["AccessKeyMetadata"]] == [ROOT_KEY_ID]

    # An administrator is no root: `delete-access-key` without a name means one's own keys, and root's is not among them.
    assert [key["AccessKeyId"] for key in admin.aws("iam list-access-keys")["AccessKeyMetadata"]] == [admin.key_id]
    refused = admin.aws_refused(f"iam delete-access-key --access-key-id {ROOT_KEY_ID}")
    assert refused.code == "NoSuchEntity"
    assert refused.message.startswith(f"The Access Key with id {ROOT_KEY_ID} cannot be found")
    assert root.aws("sts get-caller-identity")["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"

    # Root may.
    root.aws(f"iam delete-access-key --access-key-id {ROOT_KEY_ID}")
    refused = root.aws_refused("sts get-caller-identity")
    assert (refused.code, refused.message) == ("InvalidClientTokenId", INVALID_KEY)
    assert admin.aws("iam get-account-summary")["SummaryMap"]["AccountAccessKeysPresent"] == 0
    admin.aws("iam create-user --user-name colleague")


def test_a_deactivated_key_stops_at_once(own_server: Server) -> None:
    root = own_server.root
    root.aws("iam create-user --user-name worker")
    worker = Identity.of_key(own_server.url, root.aws("iam create-access-key --user-name worker")["AccessKey"])
    status = f"iam update-access-key --user-name worker --access-key-id {worker.key_id} --status"
    assert worker.aws("sts get-caller-identity")["Arn"].endswith(":user/worker")
    root.aws(f"{status} Inactive")
    refused = worker.aws_refused("sts get-caller-identity")
    assert (refused.code, refused.message) == ("InvalidClientTokenId", INVALID_KEY)
    listed = root.aws("iam list-access-keys --user-name worker")["AccessKeyMetadata"]
    assert [(key["AccessKeyId"], key["Status"]) for key in listed] == [(worker.key_id, "Inactive")]
    root.aws(f"{status} Active")
    assert worker.aws("sts get-caller-identity")["Arn"].endswith(":user/worker")
    root.aws(f"iam delete-access-key --user-name worker --access-key-id {worker.key_id}")
    assert worker.aws_refused("sts get-caller-identity").code == "InvalidClientTokenId"


def test_an_administrator_s_deny_does_not_touch_root(root: Identity, new_user) -> None:
    admin = new_user("admin", deny("iam:ListUsers"), managed="AdministratorAccess")
    assert error_of(admin.iam.list_users).code == "AccessDenied"
    assert root.iam.list_users()["Users"]


def test_deleting_one_s_own_key_with_permission_and_without(root: Identity, new_user) -> None:
    may = new_user("may", allow("iam:DeleteAccessKey", f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"))
    may_not = new_user("may-not")
    assert error_of(may_not.iam.delete_access_key, AccessKeyId=may_not.key_id).code == "AccessDenied"
    assert error_of(may.iam.delete_access_key, UserName="may-not", AccessKeyId=may_not.key_id).code == "AccessDenied"
    may.iam.delete_access_key(AccessKeyId=may.key_id)
    assert error_of(may.sts.get_caller_identity).code == "InvalidClientTokenId"


def test_a_server_started_again_does_not_bring_root_s_key_back(durable, tmp_path: Path) -> None:
    server = durable(fixed_root=False)
    server.start()
    lines = [line.split() for line in server.output if line.strip().startswith("export ")]
    exports = dict(word.split("=", 1) for line in lines for word in line[1:])
    root = Identity(server.url, exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"])
    root.iam.create_user(UserName="admin")
    root.iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    key = root.iam.create_access_key(UserName="admin")["AccessKey"]
    root.iam.delete_access_key(AccessKeyId=root.key_id)
    server.restart()
    again = Identity(server.url, root.key_id, root.secret)
    assert error_of(again.sts.get_caller_identity).code == "InvalidClientTokenId"
    assert Identity.of_key(server.url, key).iam.list_users()["Users"]
