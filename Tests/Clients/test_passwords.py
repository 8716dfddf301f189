"""Passwords for the console: the account's password policy, and users who change their own."""

from typing import Any
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness import ACCOUNT, AwsError, Identity, Server, Trail, allow, deny, error_of, trust

GOOD = "Correct-Horse-7"
#: Hashing a password takes a build for debugging seconds, and one waits for another.
PATIENCE = 120


@pytest.fixture
def alice(root: Identity, new_user) -> Identity:
    """A user with a password and no policy."""
    identity = new_user("alice")
    root.iam.create_login_profile(UserName="alice", Password=GOOD)
    return identity


def allow_change(root: Identity, **more: Any) -> None:
    root.iam.update_account_password_policy(AllowUsersToChangePassword=True, **more)


def violation(root: Identity, password: str) -> str:
    refused = error_of(root.iam.create_login_profile, UserName="x", Password=password)
    assert (refused.status, refused.code) == (400, "PasswordPolicyViolation")
    return refused.message


# The policy


def test_no_policy_at_first(root: Identity) -> None:
    for call, missing in (
        (root.iam.get_account_password_policy, f"The Password Policy with domain name {ACCOUNT} cannot be found."),
        (root.iam.delete_account_password_policy, "The account policy with name PasswordPolicy cannot be found."),
    ):
        refused = error_of(call)
        assert (refused.status, refused.code, refused.message) == (404, "NoSuchEntity", missing)


def test_policy_by_cli(root: Identity) -> None:
    root.aws(
        "iam update-account-password-policy --minimum-password-length 14 --require-symbols --require-numbers"
        " --require-uppercase-characters --require-lowercase-characters --allow-users-to-change-password"
        " --max-password-age 90 --password-reuse-prevention 24 --hard-expiry"
    )
    assert root.aws("iam get-account-password-policy")["PasswordPolicy"] == {
        "MinimumPasswordLength": 14,
        "RequireSymbols": True,
        "RequireNumbers": True,
        "RequireUppercaseCharacters": True,
        "RequireLowercaseCharacters": True,
        "AllowUsersToChangePassword": True,
        "ExpirePasswords": True,
        "MaxPasswordAge": 90,
        "PasswordReusePrevention": 24,
        "HardExpiry": True,
    }
    # Whatever an update leaves out goes back to its default.
    root.aws("iam update-account-password-policy --minimum-password-length 20")
    assert root.aws("iam get-account-password-policy")["PasswordPolicy"] == {
        "MinimumPasswordLength": 20,
        "RequireSymbols": False,
        "RequireNumbers": False,
        "RequireUppercaseCharacters": False,
        "RequireLowercaseCharacters": False,
        "AllowUsersToChangePassword": False,
        "ExpirePasswords": False,
    }
    root.aws("iam delete-account-password-policy")
    assert root.aws_refused("iam get-account-password-policy").code == "NoSuchEntity"


@pytest.mark.parametrize(
    "name, value",
    [
        ("MinimumPasswordLength", 5),
        ("MinimumPasswordLength", 129),
        ("MaxPasswordAge", 0),
        ("MaxPasswordAge", 1096),
        ("PasswordReusePrevention", 0),
        ("PasswordReusePrevention", 25),
    ],
)
def test_policy_limits(root: Identity, name: str, value: int) -> None:
    iam = root.client("iam", parameter_validation=False)
    refused = error_of(iam.update_account_password_policy, **{name: value})
    assert (refused.status, refused.code) == (400, "ValidationError")


def test_default_rules(root: Identity) -> None:
    root.iam.create_user(UserName="x")
    assert violation(root, "Short-7") == "Password should have a minimum length of 8"
    assert "three of" in violation(root, "onlysmall7letters")
    root.iam.create_account_alias(AccountAlias="my-account-7")
    assert "account's name" in violation(root, "My-Account-7")
    root.iam.create_login_profile(UserName="x", Password="threeof-7")


def test_rules_of_a_policy(root: Identity) -> None:
    root.iam.create_user(UserName="x")
    root.iam.update_account_password_policy(
        MinimumPasswordLength=12,
        RequireSymbols=True,
        RequireNumbers=True,
        RequireUppercaseCharacters=True,
        RequireLowercaseCharacters=True,
    )
    assert violation(root, "Short-7") == "Password should have a minimum length of 12"
    assert violation(root, "no-uppercase-7") == "Password should have at least one uppercase letter"
    assert violation(root, "NO-LOWERCASE-7") == "Password should have at least one lowercase letter"
    assert violation(root, "No-Number-here") == "Password should have at least one number"
    assert violation(root, "NoSymbol4Here") == "Password should have at least one symbol"
    root.iam.create_login_profile(UserName="x", Password=GOOD)
    refused = error_of(root.iam.update_login_profile, UserName="x", Password="short")
    assert refused.code == "PasswordPolicyViolation"
    # Weaker than the default, too.
    root.iam.update_account_password_policy()
    root.iam.update_login_profile(UserName="x", Password="simple")


def test_reuse_is_prevented_for_as_many_as_the_policy_says(root: Identity) -> None:
    root.iam.create_user(UserName="x")
    passwords = [f"Correct-Horse-{number}" for number in range(3)]
    root.iam.create_login_profile(UserName="x", Password=passwords[0])
    for password in passwords[1:]:
        root.iam.update_login_profile(UserName="x", Password=password)
    # Passwords from before the policy count, too.
    root.iam.update_account_password_policy(PasswordReusePrevention=2)
    for password in passwords[1:]:
        refused = error_of(root.iam.update_login_profile, UserName="x", Password=password)
        assert (refused.status, refused.code) == (400, "PasswordPolicyViolation")
        assert "reuse" in refused.message
    root.iam.update_login_profile(UserName="x", Password=passwords[0])
    # The profile knows of its own passwords only.
    root.iam.delete_login_profile(UserName="x")
    root.iam.create_login_profile(UserName="x", Password=passwords[0])


def test_who_may_see_and_set_the_policy(root: Identity, new_user) -> None:
    user = new_user("reader", allow("iam:GetAccountPasswordPolicy"))
    root.iam.update_account_password_policy()
    user.iam.get_account_password_policy()
    for call in (user.iam.update_account_password_policy, user.iam.delete_account_password_policy):
        assert error_of(call).code == "AccessDenied"


# ChangePassword


def test_a_user_with_the_permission_changes_its_password(root: Identity, new_user, trail: Trail) -> None:
    own = f"arn:aws:iam::{ACCOUNT}:user/${{aws:username}}"
    alice = new_user("alice", allow("iam:ChangePassword", own))
    root.iam.create_login_profile(UserName="alice", Password=GOOD, PasswordResetRequired=True)
    alice.aws("iam", "change-password", "--old-password", GOOD, "--new-password", "Battery-Staple-8")
    assert root.iam.get_login_profile(UserName="alice")["LoginProfile"]["PasswordResetRequired"] is False

    answer = alice.iam.change_password(OldPassword="Battery-Staple-8", NewPassword=GOOD)
    record = trail.of(answer, "ChangePassword")
    assert GOOD not in str(record) and "Battery-Staple-8" not in str(record)


def test_a_wrong_old_password(root: Identity, alice: Identity) -> None:
    allow_change(root)
    refused = error_of(alice.iam.change_password, OldPassword="Wrong-Horse-7", NewPassword="Battery-Staple-8")
    assert (refused.status, refused.code, refused.message) == (
        403,
        "AccessDenied",
        "The old password was incorrect.",
    )
    alice.iam.change_password(OldPassword=GOOD, NewPassword="Battery-Staple-8")
    assert error_of(alice.iam.change_password, OldPassword=GOOD, NewPassword="Other-Staple-9").code == "AccessDenied"


def test_the_policy_lets_users_change_their_own(root: Identity, alice: Identity, new_user) -> None:
    change = {"OldPassword": GOOD, "NewPassword": "Battery-Staple-8"}
    refused = error_of(alice.iam.change_password, **change)
    assert refused.code == "AccessDenied"
    assert "because no identity-based policy allows the iam:ChangePassword action" in refused.message

    allow_change(root)
    alice.iam.change_password(**change)

    # A denial is still stronger, and so is a boundary.
    bob = new_user("bob", deny("iam:ChangePassword"))
    root.iam.create_login_profile(UserName="bob", Password=GOOD)
    assert "explicit deny" in error_of(bob.iam.change_password, **change).message
    carol = new_user("carol")
    root.iam.create_login_profile(UserName="carol", Password=GOOD)
    root.iam.put_user_permissions_boundary(
        UserName="carol", PermissionsBoundary="arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
    )
    assert "permissions boundary" in error_of(carol.iam.change_password, **change).message

    # The setting allows nothing else.
    assert error_of(alice.iam.get_login_profile, UserName="alice").code == "AccessDenied"
    assert error_of(alice.iam.update_login_profile, UserName="alice", Password=GOOD).code == "AccessDenied"


def test_the_policys_rules_hold_for_the_users_choice(root: Identity, alice: Identity) -> None:
    allow_change(root, MinimumPasswordLength=10, PasswordReusePrevention=2)
    for new, word in (("Short-7", "length"), (GOOD, "reuse")):
        refused = error_of(alice.iam.change_password, OldPassword=GOOD, NewPassword=new)
        assert (refused.status, refused.code) == (400, "PasswordPolicyViolation"), new
        assert word in refused.message
    alice.iam.change_password(OldPassword=GOOD, NewPassword="Battery-Staple-8")
    refused = error_of(alice.iam.change_password, OldPassword="Battery-Staple-8", NewPassword=GOOD)
    assert refused.code == "PasswordPolicyViolation"


def test_only_users_have_a_password_to_change(root: Identity, new_role) -> None:
    change = {"OldPassword": GOOD, "NewPassword": "Battery-Staple-8"}
    refused = error_of(root.iam.change_password, **change)
    assert (refused.status, refused.code) == (400, "InvalidUserType")
    arn = new_role("admin", trust(ACCOUNT), allow("*"))
    admin = Identity.of_key(root.url, root.iam.create_access_key(UserName=_user(root, arn))["AccessKey"])
    session = admin.sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    refused = error_of(Identity.of_session(root.url, session).iam.change_password, **change)
    assert (refused.status, refused.code) == (400, "InvalidUserType")


def _user(root: Identity, role: str) -> str:
    root.iam.create_user(UserName="assumer")
    root.iam.attach_user_policy(UserName="assumer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    return "assumer"


def test_a_user_without_a_password(root: Identity, new_user) -> None:
    allow_change(root)
    refused = error_of(new_user("bare").iam.change_password, OldPassword=GOOD, NewPassword="Battery-Staple-8")
    assert (refused.code, refused.message) == ("NoSuchEntity", "Login Profile for User bare cannot be found.")


def test_guessing_is_throttled(root: Identity, alice: Identity) -> None:
    allow_change(root)

    iam = alice.client("iam", read_timeout=PATIENCE)

    def guess(number: int) -> AwsError:
        return error_of(iam.change_password, OldPassword=f"Guess-{number}!", NewPassword="Battery-Staple-8")

    with ThreadPoolExecutor(4) as pool:
        codes = [refused.code for refused in pool.map(guess, range(14))]
    assert codes.count("AccessDenied") == 10
    assert codes.count("Throttling") == 4
    # Now the right one does not help either, until the guesses are old or an administrator sets another.
    refused = error_of(alice.iam.change_password, OldPassword=GOOD, NewPassword="Battery-Staple-8")
    assert (refused.status, refused.code) == (400, "Throttling")
    root.iam.update_login_profile(UserName="alice", Password=GOOD)
    alice.iam.change_password(OldPassword=GOOD, NewPassword="Battery-Staple-8")


def test_many_passwords_at_once_do_not_exhaust_the_server(cloud: Server, root: Identity, alice: Identity) -> None:
    """Some are turned away at once; those that are not, and all other requests, are answered."""

    iam = root.client("iam", read_timeout=PATIENCE)

    def reset(number: int) -> str:
        try:
            iam.update_login_profile(UserName="alice", Password=f"Correct-Horse-{number}")
            return "done"
        except iam.exceptions.ClientError as error:
            return AwsError.of(error).code

    with ThreadPoolExecutor(24) as pool:
        outcomes = [pool.submit(reset, number) for number in range(24)]
        root.sts.get_caller_identity()
        results = {outcome.result() for outcome in outcomes}
    assert results == {"done", "Throttling"}
