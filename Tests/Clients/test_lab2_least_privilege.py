"""Lab 2. Least privilege and explicit deny."""

from pathlib import Path

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy


def test_own_user_through_a_policy_variable(cloud: Server, root: Identity, tmp_path: Path) -> None:
    document = tmp_path / "own-user.json"
    document.write_text(policy(allow("iam:GetUser", "arn:aws:iam::*:user/${aws:username}")))
    people = {}
    for name in ("alice", "bob"):
        root.aws(f"iam create-user --user-name {name}")
        root.aws(f"iam put-user-policy --user-name {name} --policy-name OwnUser --policy-document file://{document}")
        people[name] = Identity.of_key(cloud.url, root.aws(f"iam create-access-key --user-name {name}")["AccessKey"])
    alice = people["alice"]

    assert alice.aws("iam get-user --user-name alice")["User"]["UserName"] == "alice"
    assert alice.aws("iam get-user")["User"]["UserName"] == "alice"
    denied = alice.aws_refused("iam get-user --user-name bob")
    assert denied.code == "AccessDenied"
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: iam:GetUser "
        f"on resource: arn:aws:iam::{ACCOUNT}:user/bob because no identity-based policy allows the iam:GetUser action"
    )
    assert people["bob"].aws("iam get-user --user-name bob")["User"]["UserName"] == "bob"

    # What was put is what one gets, character by character.
    stored = root.iam.get_user_policy(UserName="alice", PolicyName="OwnUser")["PolicyDocument"]
    assert stored == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "iam:GetUser", "Resource": "arn:aws:iam::*:user/${aws:username}"}],
    }


def test_deny_with_a_condition_wins_over_administrator_access(cloud: Server, root: Identity, tmp_path: Path) -> None:
    root.aws("iam create-user --user-name chief")
    root.aws("iam attach-user-policy --user-name chief --policy-arn arn:aws:iam::aws:policy/AdministratorAccess")
    document = tmp_path / "protect.json"
    document.write_text(
        policy(deny("iam:DeleteUser", Condition={"StringEquals": {"iam:ResourceTag/Protected": "yes"}}))
    )
    root.aws(f"iam put-user-policy --user-name chief --policy-name Protect --policy-document file://{document}")
    chief = Identity.of_key(cloud.url, root.aws("iam create-access-key --user-name chief")["AccessKey"])

    chief.aws("iam create-user --user-name keep --tags Key=Protected,Value=yes")
    chief.aws("iam create-user --user-name drop --tags Key=Protected,Value=no")
    denied = chief.aws_refused("iam delete-user --user-name keep")
    assert denied.code == "AccessDenied"
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/chief is not authorized to perform: iam:DeleteUser "
        f"on resource: arn:aws:iam::{ACCOUNT}:user/keep with an explicit deny in an identity-based policy"
    )
    assert chief.aws("iam delete-user --user-name drop") is None
    assert [user["UserName"] for user in root.aws("iam list-users")["Users"]] == ["chief", "keep"]

    # Once the tag is gone, the condition no longer holds.
    chief.aws("iam untag-user --user-name keep --tag-keys Protected")
    chief.aws("iam delete-user --user-name keep")


def test_a_permissions_boundary_limits_what_identity_policies_give(root: Identity, new_user) -> None:
    boundary = root.iam.create_policy(
        PolicyName="Boundary", PolicyDocument=policy(allow(["iam:GetUser", "iam:ListUsers"]))
    )["Policy"]["Arn"]
    user = new_user("bounded", managed="AdministratorAccess", PermissionsBoundary=boundary)
    assert user.iam.list_users()["Users"]
    denied = error_of(user.iam.create_group, GroupName="g")
    assert denied.code == "AccessDenied"
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/bounded is not authorized to perform: iam:CreateGroup "
        f"on resource: arn:aws:iam::{ACCOUNT}:group/g because no permissions boundary allows the iam:CreateGroup action"
    )
    root.iam.delete_user_permissions_boundary(UserName="bounded")
    user.iam.create_group(GroupName="g")


def test_a_boundary_alone_gives_nothing(root: Identity, new_user) -> None:
    user = new_user("bare", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")
    denied = error_of(user.iam.list_users)
    assert "because no identity-based policy allows the iam:ListUsers action" in denied.message


def test_delegated_creation_only_with_the_boundary(root: Identity, new_user) -> None:
    boundary = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    user = new_user(
        "delegate", allow("iam:CreateUser", Condition={"StringEquals": {"iam:PermissionsBoundary": boundary}})
    )
    assert error_of(user.iam.create_user, UserName="free").code == "AccessDenied"
    other = "arn:aws:iam::aws:policy/AdministratorAccess"
    assert error_of(user.iam.create_user, UserName="free", PermissionsBoundary=other).code == "AccessDenied"
    made = user.iam.create_user(UserName="bound", PermissionsBoundary=boundary)["User"]
    assert root.iam.get_user(UserName="bound")["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary
    assert made["UserName"] == "bound"


def test_attach_only_named_policies(root: Identity, new_user) -> None:
    read_only = "arn:aws:iam::aws:policy/ReadOnlyAccess"
    user = new_user("attacher", allow("iam:AttachUserPolicy", Condition={"ArnEquals": {"iam:PolicyARN": read_only}}))
    root.iam.create_user(UserName="target")
    user.iam.attach_user_policy(UserName="target", PolicyArn=read_only)
    administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
    denied = error_of(user.iam.attach_user_policy, UserName="target", PolicyArn=administrator)
    assert denied.code == "AccessDenied"
    assert f"on resource: arn:aws:iam::{ACCOUNT}:user/target" in denied.message


def test_not_action_and_not_resource(root: Identity, new_user) -> None:
    user = new_user(
        "almost",
        {"Effect": "Allow", "NotAction": "iam:Create*", "Resource": "*"},
        {"Effect": "Deny", "Action": "iam:GetUser", "NotResource": f"arn:aws:iam::{ACCOUNT}:user/almost"},
    )
    assert user.iam.list_users()["Users"]
    assert "no identity-based policy" in error_of(user.iam.create_user, UserName="x").message
    assert user.iam.get_user(UserName="almost")["User"]
    assert "with an explicit deny" in error_of(user.iam.get_user, UserName="other").message


def test_request_tags_and_tag_keys(root: Identity, new_user) -> None:
    user = new_user(
        "tagger",
        allow(
            ["iam:CreateUser", "iam:TagUser"],
            Condition={
                "StringEquals": {"aws:RequestTag/Project": "${aws:PrincipalTag/Project}"},
                "ForAllValues:StringEquals": {"aws:TagKeys": ["Project", "Stage"]},
            },
        ),
        Tags=[{"Key": "Project", "Value": "Apollo"}],
    )
    tags = [{"Key": "Project", "Value": "Apollo"}, {"Key": "Stage", "Value": "test"}]
    user.iam.create_user(UserName="right", Tags=tags)
    assert error_of(user.iam.create_user, UserName="none").code == "AccessDenied"
    wrong = [{"Key": "Project", "Value": "Gemini"}]
    assert error_of(user.iam.create_user, UserName="wrong", Tags=wrong).code == "AccessDenied"
    more = tags + [{"Key": "Owner", "Value": "me"}]
    assert error_of(user.iam.create_user, UserName="more", Tags=more).code == "AccessDenied"


def test_tagging_while_creating_is_a_permission_of_its_own(root: Identity, new_user) -> None:
    user = new_user("maker", allow("iam:CreateUser"))
    user.iam.create_user(UserName="plain")
    denied = error_of(user.iam.create_user, UserName="tagged", Tags=[{"Key": "a", "Value": "b"}])
    assert denied.code == "AccessDenied"
    assert f"perform: iam:TagUser on resource: arn:aws:iam::{ACCOUNT}:user/tagged" in denied.message


def test_renaming_needs_both_names(root: Identity, new_user) -> None:
    user = new_user("mover", allow(["iam:UpdateUser", "iam:UpdateGroup"], f"arn:aws:iam::{ACCOUNT}:*/old"))
    root.iam.create_user(UserName="old")
    root.iam.create_group(GroupName="old")
    for call, kind in ((user.iam.update_user, "User"), (user.iam.update_group, "Group")):
        denied = error_of(call, **{f"{kind}Name": "old", f"New{kind}Name": "new"})
        assert denied.code == "AccessDenied", kind
        assert f"on resource: arn:aws:iam::{ACCOUNT}:{kind.lower()}/new" in denied.message


def test_conditions_on_the_request_itself(root: Identity, new_user) -> None:
    conditions = {
        "here": ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        "elsewhere": ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        "plain": ({"Bool": {"aws:SecureTransport": "false"}}, True),
        "encrypted": ({"Bool": {"aws:SecureTransport": "true"}}, False),
        "already": ({"DateGreaterThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, True),
        "no-longer": ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, False),
        "epoch": ({"NumericGreaterThan": {"aws:EpochTime": "1577836800"}}, True),
        "agent": ({"StringLike": {"aws:UserAgent": "*gatehouse-tests*"}}, True),
        "region": ({"StringEquals": {"aws:RequestedRegion": "us-east-1"}}, True),
        "other-region": ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, False),
        "account": ({"StringEquals": {"aws:PrincipalAccount": ACCOUNT}}, True),
        "kind": ({"StringEquals": {"aws:PrincipalType": "User"}}, True),
        "arn": ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/ar?"}}, True),
        "long-term": ({"Bool": {"aws:MultiFactorAuthPresent": "false"}}, False),
        "long-term-if-exists": ({"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}, True),
        "no-mfa-key": ({"Null": {"aws:MultiFactorAuthPresent": "true"}}, True),
        "no-token": ({"Null": {"aws:TokenIssueTime": "true"}}, True),
    }
    for name, (condition, allowed) in conditions.items():
        user = new_user(name, allow("iam:ListUsers", Condition=condition))
        if allowed:
            assert user.iam.list_users()["Users"], name
        else:
            assert error_of(user.iam.list_users).code == "AccessDenied", name
