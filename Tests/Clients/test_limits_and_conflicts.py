"""What exists already, what is missing, what is in the way, what is too much: AWS's codes and texts."""

from typing import Any
from collections.abc import Callable

import pytest

from harness import ACCOUNT, Identity, Server, VirtualDevice, allow, error_of, policy, trust

EC2 = trust({"Service": "ec2.amazonaws.com"})
DOCUMENT = policy(allow("s3:ListAllMyBuckets"))
NO_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/none"


def everything(iam: Any) -> None:
    """One of each, named x."""
    iam.create_user(UserName="x")
    iam.create_group(GroupName="x")
    iam.create_role(RoleName="x", AssumeRolePolicyDocument=EC2)
    iam.create_policy(PolicyName="x", PolicyDocument=DOCUMENT)
    iam.create_instance_profile(InstanceProfileName="x")
    iam.create_login_profile(UserName="x", Password="Correct-Horse-7")
    iam.create_virtual_mfa_device(VirtualMFADeviceName="x")


ALREADY = {
    "create_user": ({"UserName": "x"}, "User with name x already exists."),
    "create_group": ({"GroupName": "x"}, "Group with name x already exists."),
    "create_role": ({"RoleName": "x", "AssumeRolePolicyDocument": EC2}, "Role with name x already exists."),
    "create_policy": (
        {"PolicyName": "x", "PolicyDocument": DOCUMENT},
        "A policy called x already exists. Duplicate names are not allowed.",
    ),
    "create_instance_profile": ({"InstanceProfileName": "x"}, "Instance Profile x already exists."),
    "create_login_profile": (
        {"UserName": "x", "Password": "Correct-Horse-7"},
        "Login Profile for user x already exists.",
    ),
    "create_virtual_mfa_device": (
        {"VirtualMFADeviceName": "x"},
        "MFA device already exists.",
    ),
}


@pytest.mark.parametrize("call", ALREADY)
def test_entity_already_exists(root: Identity, call: str) -> None:
    everything(root.iam)
    parameters, message = ALREADY[call]
    refused = error_of(getattr(root.iam, call), **parameters)
    assert (refused.status, refused.code, refused.message) == (409, "EntityAlreadyExists", message)


def test_names_are_unique_whatever_their_case(root: Identity) -> None:
    everything(root.iam)
    for call in ("create_user", "create_group", "create_role", "create_policy", "create_instance_profile"):
        parameters = {name: "X" if value == "x" else value for name, value in ALREADY[call][0].items()}
        refused = error_of(getattr(root.iam, call), **parameters)
        assert (refused.status, refused.code) == (409, "EntityAlreadyExists"), call
        parameters["Path"] = "/elsewhere/"
        assert error_of(getattr(root.iam, call), **parameters).code == "EntityAlreadyExists", call


USER = "The user with name none cannot be found."
GROUP = "The group with name none cannot be found."
ROLE = "The role with name none cannot be found."
PROFILE = "Instance Profile none cannot be found."
MISSING: list[tuple[str, dict[str, Any], str | None]] = [
    ("get_user", {"UserName": "none"}, USER),
    ("delete_user", {"UserName": "none"}, USER),
    ("update_user", {"UserName": "none", "NewUserName": "y"}, USER),
    ("create_access_key", {"UserName": "none"}, USER),
    ("list_access_keys", {"UserName": "none"}, USER),
    ("create_login_profile", {"UserName": "none", "Password": "Correct-Horse-7"}, USER),
    ("put_user_policy", {"UserName": "none", "PolicyName": "p", "PolicyDocument": DOCUMENT}, USER),
    ("list_user_policies", {"UserName": "none"}, USER),
    ("list_attached_user_policies", {"UserName": "none"}, USER),
    ("list_groups_for_user", {"UserName": "none"}, USER),
    ("list_user_tags", {"UserName": "none"}, USER),
    ("tag_user", {"UserName": "none", "Tags": [{"Key": "a", "Value": "b"}]}, USER),
    ("get_group", {"GroupName": "none"}, GROUP),
    ("delete_group", {"GroupName": "none"}, GROUP),
    ("add_user_to_group", {"GroupName": "none", "UserName": "x"}, GROUP),
    ("add_user_to_group", {"GroupName": "x", "UserName": "none"}, USER),
    ("put_group_policy", {"GroupName": "none", "PolicyName": "p", "PolicyDocument": DOCUMENT}, GROUP),
    ("get_role", {"RoleName": "none"}, ROLE),
    ("delete_role", {"RoleName": "none"}, ROLE),
    ("update_assume_role_policy", {"RoleName": "none", "PolicyDocument": EC2}, ROLE),
    ("put_role_policy", {"RoleName": "none", "PolicyName": "p", "PolicyDocument": DOCUMENT}, ROLE),
    ("tag_role", {"RoleName": "none", "Tags": [{"Key": "a", "Value": "b"}]}, ROLE),
    ("get_instance_profile", {"InstanceProfileName": "none"}, PROFILE),
    ("delete_instance_profile", {"InstanceProfileName": "none"}, PROFILE),
    ("add_role_to_instance_profile", {"InstanceProfileName": "none", "RoleName": "x"}, PROFILE),
    ("add_role_to_instance_profile", {"InstanceProfileName": "x", "RoleName": "none"}, ROLE),
    ("get_user_policy", {"UserName": "x", "PolicyName": "none"}, "The user policy with name none cannot be found."),
    ("delete_user_policy", {"UserName": "x", "PolicyName": "none"}, "The user policy with name none cannot be found."),
    ("get_group_policy", {"GroupName": "x", "PolicyName": "none"}, "The group policy with name none cannot be found."),
    ("get_role_policy", {"RoleName": "x", "PolicyName": "none"}, "The role policy with name none cannot be found."),
    ("get_policy", {"PolicyArn": NO_POLICY}, f"Policy {NO_POLICY} was not found."),
    ("delete_policy", {"PolicyArn": NO_POLICY}, f"Policy {NO_POLICY} was not found."),
    (
        "attach_user_policy",
        {"UserName": "x", "PolicyArn": NO_POLICY},
        f"Policy {NO_POLICY} does not exist or is not attachable.",
    ),
    (
        "attach_role_policy",
        {"RoleName": "x", "PolicyArn": NO_POLICY},
        f"Policy {NO_POLICY} does not exist or is not attachable.",
    ),
    (
        "attach_group_policy",
        {"GroupName": "x", "PolicyArn": NO_POLICY},
        f"Policy {NO_POLICY} does not exist or is not attachable.",
    ),
    ("detach_user_policy", {"UserName": "x", "PolicyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, None),
    ("get_policy_version", {"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/x", "VersionId": "v9"}, None),
    (
        "delete_access_key",
        {"UserName": "x", "AccessKeyId": "AKIAAAAAAAAAAAAAAAAA"},
        "The Access Key with id AKIAAAAAAAAAAAAAAAAA cannot be found",
    ),
    ("get_login_profile", {"UserName": "y"}, "Login Profile for User y cannot be found."),
    ("delete_login_profile", {"UserName": "y"}, "Login Profile for User y cannot be found."),
    ("remove_user_from_group", {"GroupName": "x", "UserName": "none"}, USER),
    (
        "delete_virtual_mfa_device",
        {"SerialNumber": f"arn:aws:iam::{ACCOUNT}:mfa/none"},
        f"MFA Device with serial number arn:aws:iam::{ACCOUNT}:mfa/none does not exist.",
    ),
    ("delete_account_alias", {"AccountAlias": "none"}, None),
]


def test_no_such_entity(root: Identity) -> None:
    everything(root.iam)
    root.iam.create_user(UserName="y")
    wrong = []
    for call, parameters, message in MISSING:
        refused = error_of(getattr(root.iam, call), **parameters)
        if (refused.status, refused.code) != (404, "NoSuchEntity") or not refused.message.startswith(message or ""):
            wrong.append((call, refused.status, refused.code, refused.message, message))
    assert not wrong


def test_delete_conflicts_of_a_user(root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    key = iam.create_access_key(UserName="u")["AccessKey"]["AccessKeyId"]
    iam.create_login_profile(UserName="u", Password="Correct-Horse-7")
    iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=DOCUMENT)
    iam.attach_user_policy(UserName="u", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.add_user_to_group(GroupName="g", UserName="u")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="d")["VirtualMFADevice"]
    first, second = VirtualDevice(made["Base32StringSeed"]).two_codes()
    serial = made["SerialNumber"]
    iam.enable_mfa_device(UserName="u", SerialNumber=serial, AuthenticationCode1=first, AuthenticationCode2=second)

    ways_out: dict[str, Callable[[], Any]] = {
        "Cannot delete entity, must delete access keys first.": lambda: iam.delete_access_key(
            UserName="u", AccessKeyId=key
        ),
        "Cannot delete entity, must delete login profile first.": lambda: iam.delete_login_profile(UserName="u"),
        "Cannot delete entity, must delete policies first.": lambda: iam.delete_user_policy(
            UserName="u", PolicyName="p"
        ),
        "Cannot delete entity, must detach all policies first.": lambda: iam.detach_user_policy(
            UserName="u", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
        ),
        "Cannot delete entity, must remove users from group first.": lambda: iam.remove_user_from_group(
            GroupName="g", UserName="u"
        ),
        "Cannot delete entity, must delete MFA device first.": lambda: iam.deactivate_mfa_device(
            UserName="u", SerialNumber=serial
        ),
    }
    # The order in which AWS names them is not documented: take each away as it is named.
    while ways_out:
        refused = error_of(iam.delete_user, UserName="u")
        assert (refused.status, refused.code) == (409, "DeleteConflict")
        assert refused.message in ways_out, refused.message
        ways_out.pop(refused.message)()
    iam.delete_user(UserName="u")
    iam.delete_virtual_mfa_device(SerialNumber=serial)


def test_delete_conflicts_of_a_group(root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="u")
    iam.create_group(GroupName="g")
    iam.add_user_to_group(GroupName="g", UserName="u")
    iam.put_group_policy(GroupName="g", PolicyName="p", PolicyDocument=DOCUMENT)
    iam.attach_group_policy(GroupName="g", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    ways_out: dict[str, Callable[[], Any]] = {
        "Cannot delete entity, must remove users from group first.": lambda: iam.remove_user_from_group(
            GroupName="g", UserName="u"
        ),
        "Cannot delete entity, must delete policies first.": lambda: iam.delete_group_policy(
            GroupName="g", PolicyName="p"
        ),
        "Cannot delete entity, must detach all policies first.": lambda: iam.detach_group_policy(
            GroupName="g", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess"
        ),
    }
    while ways_out:
        refused = error_of(iam.delete_group, GroupName="g")
        assert (refused.status, refused.code) == (409, "DeleteConflict")
        ways_out.pop(refused.message)()
    iam.delete_group(GroupName="g")


def test_delete_conflicts_of_a_role(root: Identity) -> None:
    iam = root.iam
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=EC2)
    iam.attach_role_policy(RoleName="r", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    refused = error_of(iam.delete_role, RoleName="r")
    assert (refused.status, refused.code) == (409, "DeleteConflict")
    assert refused.message == "Cannot delete entity, must detach all policies first."


def test_delete_conflicts_of_a_policy(root: Identity) -> None:
    iam = root.iam
    arn = iam.create_policy(PolicyName="p", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
    iam.create_user(UserName="u")
    iam.attach_user_policy(UserName="u", PolicyArn=arn)
    refused = error_of(iam.delete_policy, PolicyArn=arn)
    assert (refused.status, refused.code) == (409, "DeleteConflict")
    assert refused.message == "Cannot delete a policy attached to entities."
    iam.detach_user_policy(UserName="u", PolicyArn=arn)
    iam.put_user_permissions_boundary(UserName="u", PermissionsBoundary=arn)
    assert error_of(iam.delete_policy, PolicyArn=arn).code == "DeleteConflict"
    iam.delete_user_permissions_boundary(UserName="u")
    iam.delete_policy(PolicyArn=arn)


def test_a_device_in_use_stays(root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="u")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="d")["VirtualMFADevice"]
    device, serial = VirtualDevice(made["Base32StringSeed"]), made["SerialNumber"]
    assert made["QRCodePNG"].startswith(b"\x89PNG\r\n\x1a\n")
    first, second = device.two_codes()
    codes = {"AuthenticationCode1": first, "AuthenticationCode2": second}
    iam.enable_mfa_device(UserName="u", SerialNumber=serial, **codes)
    refused = error_of(iam.delete_virtual_mfa_device, SerialNumber=serial)
    assert (refused.status, refused.code) == (409, "DeleteConflict")
    again = error_of(iam.enable_mfa_device, UserName="u", SerialNumber=serial, **codes)
    assert (again.status, again.code) == (409, "EntityAlreadyExists")
    listed = iam.list_virtual_mfa_devices(AssignmentStatus="Assigned")["VirtualMFADevices"]
    assert [(one["SerialNumber"], one["User"]["UserName"]) for one in listed] == [(serial, "u")]
    assert "Base32StringSeed" not in listed[0] and "QRCodePNG" not in listed[0]
    iam.deactivate_mfa_device(UserName="u", SerialNumber=serial)
    iam.delete_virtual_mfa_device(SerialNumber=serial)


# Quotas


def test_access_keys_per_user(root: Identity) -> None:
    root.iam.create_user(UserName="u")
    for _ in range(2):
        root.iam.create_access_key(UserName="u")
    refused = error_of(root.iam.create_access_key, UserName="u")
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == "Cannot exceed quota for AccessKeysPerUser: 2"


def test_groups_per_user(root: Identity) -> None:
    root.iam.create_user(UserName="u")
    for number in range(11):
        root.iam.create_group(GroupName=f"g{number}")
    for number in range(10):
        root.iam.add_user_to_group(GroupName=f"g{number}", UserName="u")
    refused = error_of(root.iam.add_user_to_group, GroupName="g10", UserName="u")
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == "Cannot exceed quota for GroupsPerUser: 10"
    root.iam.add_user_to_group(GroupName="g9", UserName="u")  # Being a member already is no error.


@pytest.mark.parametrize(
    "kind, word", [("User", "PoliciesPerUser"), ("Group", "PoliciesPerGroup"), ("Role", "PoliciesPerRole")]
)
def test_attached_policies(root: Identity, kind: str, word: str) -> None:
    everything(root.iam)
    attach = getattr(root.iam, f"attach_{kind.lower()}_policy")
    arns = [
        root.iam.create_policy(PolicyName=f"p{number}", PolicyDocument=DOCUMENT)["Policy"]["Arn"]
        for number in range(11)
    ]
    for arn in arns[:10]:
        attach(**{f"{kind}Name": "x", "PolicyArn": arn})
    refused = error_of(attach, **{f"{kind}Name": "x", "PolicyArn": arns[10]})
    assert (refused.status, refused.code, refused.message) == (
        409,
        "LimitExceeded",
        f"Cannot exceed quota for {word}: 10",
    )
    attach(**{f"{kind}Name": "x", "PolicyArn": arns[0]})  # Attached already: no error.


@pytest.mark.parametrize("kind, size", [("user", 2048), ("group", 5120), ("role", 10240)])
def test_inline_policies_count_without_white_space(root: Identity, kind: str, size: int) -> None:
    everything(root.iam)
    put = getattr(root.iam, f"put_{kind}_policy")
    owner = {f"{kind.capitalize()}Name": "x"}

    def document(length: int) -> str:
        """Exactly so many characters that are no white space, and many that are."""
        frame = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get","Resource":"*"}]}'
        padded = frame.replace("s3:Get", "s3:Get" + "x" * (length - len(frame)))
        return padded.replace(",", ",\n" + " " * 200)

    put(**owner, PolicyName="exactly", PolicyDocument=document(size))
    root_delete = getattr(root.iam, f"delete_{kind}_policy")
    root_delete(**owner, PolicyName="exactly")
    refused = error_of(put, **owner, PolicyName="over", PolicyDocument=document(size + 1))
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == f"Maximum policy size of {size} bytes exceeded for {kind} x"
    put(**owner, PolicyName="half", PolicyDocument=document(size // 2))
    assert error_of(put, **owner, PolicyName="too", PolicyDocument=document(size // 2 + 100)).code == "LimitExceeded"
    put(**owner, PolicyName="half", PolicyDocument=document(size // 2 + 100))  # Replacing is not adding.


def test_managed_policy_size(root: Identity) -> None:
    frame = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:Get","Resource":"*"}]}'
    fits = frame.replace("s3:Get", "s3:Get" + "x" * (6144 - len(frame)))
    root.iam.create_policy(PolicyName="fits", PolicyDocument=fits)
    refused = error_of(root.iam.create_policy, PolicyName="over", PolicyDocument=fits.replace("s3:Get", "s3:Gett"))
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == "Cannot exceed quota for PolicySize: 6144"


def test_trust_policy_size(root: Identity) -> None:
    condition = {"StringEquals": {"sts:ExternalId": "x" * 2048}}
    document = trust({"Service": "ec2.amazonaws.com"}, Condition=condition)
    refused = error_of(root.iam.create_role, RoleName="r", AssumeRolePolicyDocument=document)
    assert (refused.status, refused.code) == (409, "LimitExceeded")
    assert refused.message == "Cannot exceed quota for ACLSizePerRole: 2048"


def test_quotas_can_be_set(durable: Callable[..., Server]) -> None:
    with durable("--quota", "Users=3", "--quota", "Groups=2", data=None) as server:
        iam = server.root.iam
        for number in range(3):
            iam.create_user(UserName=f"u{number}")
        refused = error_of(iam.create_user, UserName="u3")
        assert (refused.status, refused.code) == (409, "LimitExceeded")
        assert refused.message == "Cannot exceed quota for UsersPerAccount: 3"
        for number in range(2):
            iam.create_group(GroupName=f"g{number}")
        refused = error_of(iam.create_group, GroupName="g2")
        assert refused.message == "Cannot exceed quota for GroupsPerAccount: 2"
        summary = iam.get_account_summary()["SummaryMap"]
        assert (summary["UsersQuota"], summary["GroupsQuota"]) == (3, 2)
        iam.delete_user(UserName="u0")
        iam.create_user(UserName="u3")


def test_tags(root: Identity) -> None:
    iam = root.iam
    iam.create_user(UserName="u", Tags=[{"Key": f"k{number}", "Value": ""} for number in range(50)])
    over = error_of(iam.tag_user, UserName="u", Tags=[{"Key": "more", "Value": ""}])
    assert over.status in (400, 409) and over.code in ("LimitExceeded", "InvalidInput")
    iam.tag_user(UserName="u", Tags=[{"Key": "k1", "Value": "new"}])  # Replacing one is not adding one.
    assert {"Key": "k1", "Value": "new"} in iam.list_user_tags(UserName="u")["Tags"]
    iam.untag_user(UserName="u", TagKeys=["k1", "not there"])
    assert len(iam.list_user_tags(UserName="u")["Tags"]) == 49
    twice = error_of(iam.create_user, UserName="v", Tags=[{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}])
    assert (twice.status, twice.code) == (400, "InvalidInput")
    assert twice.message == "Duplicate tag keys found. Please note that Tag keys are case insensitive."
    reserved = error_of(iam.create_user, UserName="v", Tags=[{"Key": "aws:x", "Value": "1"}])
    assert (reserved.status, reserved.code) == (400, "InvalidInput")
    free = root.client("iam", parameter_validation=False)
    long = error_of(free.create_user, UserName="v", Tags=[{"Key": "k" * 129, "Value": "1"}])
    assert long.code == "ValidationError" and "'tags.1.member.key'" in long.message


# Names

NAMES = {
    "a space": "a b",
    "a slash": "a/b",
    "an asterisk": "a*",
    "an umlaut": "ä",
    "65 characters": "a" * 65,
    "empty": "",
}


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES.keys())
def test_names_that_are_refused(root: Identity, name: str) -> None:
    free = root.client("iam", parameter_validation=False)
    refused = error_of(free.create_user, UserName=name)
    assert (refused.status, refused.code) == (400, "ValidationError")
    if len(name) == 65:
        assert refused.message == (
            "1 validation error detected: Value at 'userName' failed to satisfy constraint: "
            "Member must have length less than or equal to 64"
        )
    elif name:
        assert (
            "failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]+"
            in refused.message
            or (
                refused.message
                == "The specified value for userName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"
            )
        )


def test_names_that_are_taken(root: Identity) -> None:
    for name in ("a", "a" * 64, "a+=,.@_-B9"):
        assert root.iam.create_user(UserName=name)["User"]["UserName"] == name
    root.iam.create_group(GroupName="g" * 128)
    root.iam.create_role(RoleName="r" * 64, AssumeRolePolicyDocument=EC2)
    root.iam.create_policy(PolicyName="p" * 128, PolicyDocument=DOCUMENT)
    root.iam.create_instance_profile(InstanceProfileName="i" * 128)


def test_paths(root: Identity) -> None:
    free = root.client("iam", parameter_validation=False)
    for path in ("x", "/x", "x/", "//x x/", "/" + "x" * 511 + "/", "/ä/"):
        refused = error_of(free.create_user, UserName="u", Path=path)
        assert (refused.status, refused.code) == (400, "ValidationError"), path
        if len(path) <= 512:
            assert refused.message == (
                "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric "
                "characters and/or / characters."
            )
    made = root.iam.create_user(UserName="u", Path="/a/b-c_1/")["User"]
    assert made["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/a/b-c_1/u"


def test_several_errors_are_counted(root: Identity) -> None:
    free = root.client("iam", parameter_validation=False)
    refused = error_of(free.create_user, UserName="a" * 65, Path="/" + "x" * 512 + "/")
    assert refused.code == "ValidationError"
    assert refused.message.startswith("2 validation errors detected: ")


def test_missing_members(root: Identity) -> None:
    free = root.client("iam", parameter_validation=False)
    refused = error_of(free.create_user)
    assert (refused.status, refused.code) == (400, "ValidationError")
    assert refused.message == (
        "1 validation error detected: Value at 'userName' failed to satisfy constraint: Member must not be null"
    )


def test_arns_that_are_none(root: Identity) -> None:
    everything(root.iam)
    for arn in ("x" * 20, "a-policy-name-without-arn"):
        for call, owner in (("attach_role_policy", "RoleName"), ("attach_user_policy", "UserName")):
            refused = error_of(getattr(root.iam, call), **{owner: "x", "PolicyArn": arn})
            assert (refused.status, refused.code, refused.message) == (
                400,
                "InvalidInput",
                f"ARN {arn} is not valid.",
            )
        refused = error_of(root.iam.get_policy, PolicyArn=arn)
        assert (refused.code, refused.message) == ("ValidationError", "Invalid ARN:  Could not be parsed!")


def test_passwords(root: Identity) -> None:
    root.iam.create_user(UserName="u")
    for password in ("short1A", "alllowercase", "12345678"):
        refused = error_of(root.iam.create_login_profile, UserName="u", Password=password)
        assert (refused.status, refused.code) == (400, "PasswordPolicyViolation"), password
    root.iam.create_login_profile(UserName="u", Password="Just-Enough")
    root.iam.delete_login_profile(UserName="u")
    # Without one, AWS makes none.
    assert error_of(root.iam.create_login_profile, UserName="u").status == 400


def test_account_alias(root: Identity) -> None:
    root.iam.create_account_alias(AccountAlias="first")
    assert root.iam.list_account_aliases()["AccountAliases"] == ["first"]
    root.iam.create_account_alias(AccountAlias="second")
    assert root.iam.list_account_aliases()["AccountAliases"] == ["second"], "an account has one; a new one replaces it"
    free = root.client("iam", parameter_validation=False)
    for alias in ("ab", "Upper", "two--hyphens", "-x-", "a" * 64):
        assert error_of(free.create_account_alias, AccountAlias=alias).code == "ValidationError", alias
    root.iam.delete_account_alias(AccountAlias="second")
    assert root.iam.list_account_aliases()["AccountAliases"] == []


def test_operations_not_built_yet_say_so(cloud: Server, root: Identity) -> None:
    jobs = root.client("s3control", inject_host_prefix=False)
    refused = error_of(jobs.describe_job, AccountId=ACCOUNT, JobId="toolbox")
    assert refused.status in (400, 501)
    assert "not implemented" in (refused.code + refused.message).lower().replace("notimplemented", "not implemented")
