"""Lab 1. Users and groups, with the `aws` CLI as a person would type it."""

import re

from harness import ACCOUNT, Identity, Server


def test_users_and_groups(cloud: Server, root: Identity) -> None:
    group = root.aws("iam create-group --group-name Developers")["Group"]
    assert group["Arn"] == f"arn:aws:iam::{ACCOUNT}:group/Developers"
    assert re.fullmatch(r"AGPA[A-Z0-9]{17}", group["GroupId"])
    for name in ("AmazonS3ReadOnlyAccess", "IAMReadOnlyAccess"):
        root.aws(f"iam attach-group-policy --group-name Developers --policy-arn arn:aws:iam::aws:policy/{name}")
    attached = root.aws("iam list-attached-group-policies --group-name Developers")["AttachedPolicies"]
    assert {policy["PolicyName"] for policy in attached} == {"AmazonS3ReadOnlyAccess", "IAMReadOnlyAccess"}

    user = root.aws("iam create-user --user-name analyst --tags Key=Department,Value=Research Key=Floor,Value=3")[
        "User"
    ]
    assert user["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/analyst"
    assert re.fullmatch(r"AIDA[A-Z0-9]{17}", user["UserId"])
    assert user["Tags"] == [{"Key": "Department", "Value": "Research"}, {"Key": "Floor", "Value": "3"}]
    assert root.aws("iam add-user-to-group --group-name Developers --user-name analyst") is None
    members = root.aws("iam get-group --group-name Developers")["Users"]
    assert [member["UserName"] for member in members] == ["analyst"]

    key = root.aws("iam create-access-key --user-name analyst")["AccessKey"]
    assert re.fullmatch(r"AKIA[A-Z0-9]{16}", key["AccessKeyId"])
    assert len(key["SecretAccessKey"]) == 40
    assert key["Status"] == "Active"
    profile = root.aws(
        "iam create-login-profile --user-name analyst --password Correct-Horse-7 --password-reset-required"
    )["LoginProfile"]
    assert profile["UserName"] == "analyst" and profile["PasswordResetRequired"] is True

    analyst = Identity.of_key(cloud.url, key)
    assert analyst.aws("sts get-caller-identity") == {
        "UserId": user["UserId"],
        "Account": ACCOUNT,
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/analyst",
    }

    denied = analyst.aws_refused("iam create-user --user-name x")
    assert denied.code == "AccessDenied"
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/analyst is not authorized to perform: iam:CreateUser "
        f"on resource: arn:aws:iam::{ACCOUNT}:user/x because no identity-based policy allows the iam:CreateUser action"
    )

    # The group gives, and takes on the very next request.
    assert analyst.aws("iam get-user --user-name analyst")["User"]["UserId"] == user["UserId"]
    root.aws("iam remove-user-from-group --group-name Developers --user-name analyst")
    denied = analyst.aws_refused("iam get-user --user-name analyst")
    assert denied.code == "AccessDenied"
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/analyst is not authorized to perform: iam:GetUser "
        f"on resource: arn:aws:iam::{ACCOUNT}:user/analyst because no identity-based policy allows the iam:GetUser action"
    )
    assert analyst.aws("sts get-caller-identity")["Account"] == ACCOUNT


def test_a_group_policy_binds_all_its_members_at_once(root: Identity, new_user) -> None:
    root.iam.create_group(GroupName="Readers")
    users = [new_user(f"reader{number}") for number in range(3)]
    for user in users:
        root.iam.add_user_to_group(GroupName="Readers", UserName=user.name)
    root.iam.attach_group_policy(GroupName="Readers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    for user in users:
        assert len(user.iam.list_users()["Users"]) == 3
    root.iam.detach_group_policy(GroupName="Readers", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    for user in users:
        assert user.aws_refused("iam list-users").code == "AccessDenied"


def test_a_renamed_user_keeps_its_id_key_and_groups(root: Identity, new_user) -> None:
    user = new_user("old-name", managed="IAMReadOnlyAccess")
    before = root.iam.get_user(UserName="old-name")["User"]
    root.iam.create_group(GroupName="Movers")
    root.iam.add_user_to_group(GroupName="Movers", UserName="old-name")
    root.iam.update_user(UserName="old-name", NewUserName="new-name", NewPath="/moved/")
    assert user.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/moved/new-name"
    after = user.iam.get_user()["User"]
    assert (after["UserId"], after["UserName"], after["Path"]) == (before["UserId"], "new-name", "/moved/")
    groups = root.iam.list_groups_for_user(UserName="new-name")["Groups"]
    assert [group["GroupName"] for group in groups] == ["Movers"]


def test_a_deleted_user_s_namesake_is_someone_else(root: Identity, new_user) -> None:
    first = new_user("alice", managed="IAMReadOnlyAccess")
    first_id = first.sts.get_caller_identity()["UserId"]
    root.iam.detach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
    root.iam.delete_access_key(UserName="alice", AccessKeyId=first.key_id)
    root.iam.delete_user(UserName="alice")
    assert first.aws_refused("sts get-caller-identity").code == "InvalidClientTokenId"
    second = new_user("alice")
    assert second.sts.get_caller_identity()["UserId"] != first_id
    assert second.aws_refused("iam list-users").code == "AccessDenied"
