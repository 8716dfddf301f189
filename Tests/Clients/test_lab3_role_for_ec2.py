"""Lab 3. A role for EC2."""

import re
from pathlib import Path

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust

TRUST = trust({"Service": "ec2.amazonaws.com"})
PERMISSIONS = policy(
    allow("s3:ListBucket", "arn:aws:s3:::example-bucket"),
    allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::example-bucket/*"),
)


def test_a_role_for_ec2(root: Identity, tmp_path: Path) -> None:
    trust_file, permissions_file = tmp_path / "trust.json", tmp_path / "permissions.json"
    trust_file.write_text(TRUST)
    permissions_file.write_text(PERMISSIONS)

    role = root.aws(f"iam create-role --role-name AppServer --assume-role-policy-document file://{trust_file}")["Role"]
    assert role["Arn"] == f"arn:aws:iam::{ACCOUNT}:role/AppServer"
    assert re.fullmatch(r"AROA[A-Z0-9]{17}", role["RoleId"])
    assert role["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] == {"Service": "ec2.amazonaws.com"}
    root.aws(f"iam put-role-policy --role-name AppServer --policy-name S3 --policy-document file://{permissions_file}")
    assert root.aws("iam list-role-policies --role-name AppServer")["PolicyNames"] == ["S3"]
    stored = root.aws("iam get-role-policy --role-name AppServer --policy-name S3")["PolicyDocument"]
    assert stored["Statement"][1]["Action"] == ["s3:GetObject", "s3:PutObject"]
    assert root.aws("iam get-role --role-name AppServer")["Role"]["MaxSessionDuration"] == 3600

    profile = root.aws("iam create-instance-profile --instance-profile-name AppServer")["InstanceProfile"]
    assert profile["Arn"] == f"arn:aws:iam::{ACCOUNT}:instance-profile/AppServer"
    assert re.fullmatch(r"AIPA[A-Z0-9]{17}", profile["InstanceProfileId"])
    assert profile["Roles"] == []
    root.aws("iam add-role-to-instance-profile --instance-profile-name AppServer --role-name AppServer")
    profile = root.aws("iam get-instance-profile --instance-profile-name AppServer")["InstanceProfile"]
    assert [role["RoleName"] for role in profile["Roles"]] == ["AppServer"]
    found = root.aws("iam list-instance-profiles-for-role --role-name AppServer")["InstanceProfiles"]
    assert [profile["InstanceProfileName"] for profile in found] == ["AppServer"]

    # A comment is not JSON.
    commented = tmp_path / "commented.json"
    commented.write_text("# lets the application read its bucket\n" + PERMISSIONS)
    refused = root.aws_refused(
        f"iam put-role-policy --role-name AppServer --policy-name Commented --policy-document file://{commented}"
    )
    assert refused.code == "MalformedPolicyDocument"
    refused = root.aws_refused(f"iam create-role --role-name Other --assume-role-policy-document file://{commented}")
    assert refused.code == "MalformedPolicyDocument"
    assert refused.message == "This policy contains invalid Json"
    refused = root.aws_refused(f"iam create-policy --policy-name Commented --policy-document file://{commented}")
    assert refused.code == "MalformedPolicyDocument"
    assert root.aws("iam list-role-policies --role-name AppServer")["PolicyNames"] == ["S3"]

    # A role in use stays, until it is taken out of the profile and emptied.
    refused = root.aws_refused("iam delete-role --role-name AppServer")
    assert refused.code == "DeleteConflict"
    assert refused.message == "Cannot delete entity, must remove roles from instance profile first."
    root.aws("iam remove-role-from-instance-profile --instance-profile-name AppServer --role-name AppServer")
    refused = root.aws_refused("iam delete-role --role-name AppServer")
    assert refused.code == "DeleteConflict"
    assert refused.message == "Cannot delete entity, must delete policies first."
    root.aws("iam delete-role-policy --role-name AppServer --policy-name S3")
    root.aws("iam delete-role --role-name AppServer")
    root.aws("iam delete-instance-profile --instance-profile-name AppServer")


def test_only_ec2_may_assume_it(root: Identity, new_role, new_user) -> None:
    arn = new_role("AppServer", TRUST)
    user = new_user("alice", allow("sts:AssumeRole"))
    denied = error_of(user.sts.assume_role, RoleArn=arn, RoleSessionName="session")
    assert denied.code == "AccessDenied" and denied.status == 403
    assert denied.message.startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )


def test_passing_a_role_is_a_permission_of_its_own(root: Identity, new_role, new_user) -> None:
    arn = new_role("AppServer", TRUST)
    root.iam.create_instance_profile(InstanceProfileName="profile")
    put = allow("iam:AddRoleToInstanceProfile")
    names = {"InstanceProfileName": "profile", "RoleName": "AppServer"}

    plain = new_user("plain", put)
    denied = error_of(plain.iam.add_role_to_instance_profile, **names)
    assert denied.code == "AccessDenied"
    assert denied.message == (
        f"User: arn:aws:iam::{ACCOUNT}:user/plain is not authorized to perform: iam:PassRole "
        f"on resource: {arn} because no identity-based policy allows the iam:PassRole action"
    )
    elsewhere = new_user(
        "elsewhere",
        put,
        allow("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}),
    )
    assert error_of(elsewhere.iam.add_role_to_instance_profile, **names).code == "AccessDenied"
    passer = new_user(
        "passer",
        put,
        allow("iam:PassRole", arn, Condition={"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}),
    )
    passer.iam.add_role_to_instance_profile(**names)


def test_one_role_for_each_instance_profile(root: Identity, new_role) -> None:
    new_role("first", TRUST)
    new_role("second", TRUST)
    root.iam.create_instance_profile(InstanceProfileName="profile", Path="/apps/")
    root.iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="first")
    refused = error_of(root.iam.add_role_to_instance_profile, InstanceProfileName="profile", RoleName="second")
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == "Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"
    refused = error_of(root.iam.delete_instance_profile, InstanceProfileName="profile")
    assert (refused.status, refused.code) == (409, "DeleteConflict")
    assert refused.message == "Cannot delete entity, must remove roles from instance profile first."


def test_trust_policies_are_checked(root: Identity) -> None:
    wrong = {
        "no principal": policy(allow("sts:AssumeRole")),
        "a resource": trust("*", Resource="*"),
        "no such user": trust(f"arn:aws:iam::{ACCOUNT}:user/nobody"),
        "an action of another service": trust("*", action="iam:CreateUser"),
        "not JSON": "{",
        "an effect that is none": policy({"Effect": "Maybe", "Principal": "*", "Action": "sts:AssumeRole"}),
    }
    for what, document in wrong.items():
        refused = error_of(root.iam.create_role, RoleName="r", AssumeRolePolicyDocument=document)
        assert (refused.status, refused.code) == (400, "MalformedPolicyDocument"), what
    missing = error_of(
        root.iam.create_role, RoleName="r", AssumeRolePolicyDocument=trust(f"arn:aws:iam::{ACCOUNT}:user/nobody")
    )
    assert missing.message == f'Invalid principal in policy: "AWS":"arn:aws:iam::{ACCOUNT}:user/nobody"'
    assert root.iam.list_roles()["Roles"] == []


def test_a_trust_policy_follows_the_user_not_the_name(cloud: Server, root: Identity, new_user) -> None:
    alice = new_user("alice")
    arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
    role = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(arn))["Role"]
    alice.sts.assume_role(RoleArn=role["Arn"], RoleSessionName="session")
    user_id = root.iam.get_user(UserName="alice")["User"]["UserId"]
    root.iam.delete_access_key(UserName="alice", AccessKeyId=alice.key_id)
    root.iam.delete_user(UserName="alice")
    shown = root.iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert shown == {"AWS": user_id}
    namesake = new_user("alice")
    assert error_of(namesake.sts.assume_role, RoleArn=role["Arn"], RoleSessionName="session").code == "AccessDenied"
