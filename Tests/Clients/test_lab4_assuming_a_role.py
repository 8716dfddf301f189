"""Lab 4. Assuming a role: trust, external id, MFA, session policies, chaining, expiry."""

import json
import re
from datetime import datetime, timedelta, UTC
from pathlib import Path

import pytest

from harness import ACCOUNT, Identity, Server, VirtualDevice, allow, error_of, policy, trust
from harness import raw

EXTERNAL_ID = "partner-4711"


def guarded_trust(user_arn: str) -> str:
    return trust(
        user_arn,
        Condition={
            "StringEquals": {"sts:ExternalId": EXTERNAL_ID},
            "Bool": {"aws:MultiFactorAuthPresent": "true"},
        },
    )


def device_for(root: Identity, user_name: str, now: float | None = None) -> tuple[str, VirtualDevice]:
    """An enabled virtual MFA device."""
    made = root.iam.create_virtual_mfa_device(VirtualMFADeviceName=user_name)["VirtualMFADevice"]
    device = VirtualDevice(made["Base32StringSeed"], now)
    first, second = device.two_codes()
    root.iam.enable_mfa_device(
        UserName=user_name, SerialNumber=made["SerialNumber"], AuthenticationCode1=first, AuthenticationCode2=second
    )
    return made["SerialNumber"], device


def test_assuming_a_role_with_the_cli(cloud: Server, root: Identity, tmp_path: Path) -> None:
    people = {}
    for name in ("alice", "mallory"):
        root.aws(f"iam create-user --user-name {name}")
        people[name] = Identity.of_key(cloud.url, root.aws(f"iam create-access-key --user-name {name}")["AccessKey"])
    alice, mallory = people["alice"], people["mallory"]
    everything = tmp_path / "assume.json"
    everything.write_text(policy(allow("sts:AssumeRole")))
    root.aws(f"iam put-user-policy --user-name mallory --policy-name Assume --policy-document file://{everything}")
    trust_file = tmp_path / "trust.json"
    trust_file.write_text(guarded_trust(f"arn:aws:iam::{ACCOUNT}:user/alice"))
    role = root.aws(f"iam create-role --role-name Auditor --assume-role-policy-document file://{trust_file}")["Role"]
    root.aws("iam attach-role-policy --role-name Auditor --policy-arn arn:aws:iam::aws:policy/IAMReadOnlyAccess")

    # A virtual MFA device, enabled with two consecutive codes.
    seed_file = tmp_path / "seed"
    made = root.aws(
        "iam create-virtual-mfa-device --virtual-mfa-device-name alice "
        f"--bootstrap-method Base32StringSeed --outfile {seed_file}"
    )
    serial = made["VirtualMFADevice"]["SerialNumber"]
    assert serial == f"arn:aws:iam::{ACCOUNT}:mfa/alice"
    assert re.fullmatch(rb"[A-Z2-7]{64}", seed_file.read_bytes())
    device = VirtualDevice(seed_file.read_bytes())
    wrong = device.wrong_code()
    refused = root.aws_refused(
        f"iam enable-mfa-device --user-name alice --serial-number {serial} "
        f"--authentication-code1 {wrong} --authentication-code2 {wrong}"
    )
    assert refused.code == "InvalidAuthenticationCode"
    first, second = device.two_codes()
    root.aws(
        f"iam enable-mfa-device --user-name alice --serial-number {serial} "
        f"--authentication-code1 {first} --authentication-code2 {second}"
    )
    devices = root.aws("iam list-mfa-devices --user-name alice")["MFADevices"]
    assert [device["SerialNumber"] for device in devices] == [serial]

    assume = f"sts assume-role --role-arn {role['Arn']} --role-session-name audit"
    with_id = f"{assume} --external-id {EXTERNAL_ID}"
    denial = "User: arn:aws:iam::{}:user/{} is not authorized to perform: sts:AssumeRole on resource: {}"

    # Wrong user, missing or wrong external id, missing MFA.
    refused = mallory.aws_refused(with_id)
    assert refused.code == "AccessDenied"
    assert refused.message.startswith(denial.format(ACCOUNT, "mallory", role["Arn"]))
    for words in (
        f"{assume} --serial-number {serial} --token-code {device.code()}",
        with_id,
        f"{assume} --external-id no",
    ):
        refused = alice.aws_refused(words)
        assert refused.code == "AccessDenied", words
        assert refused.message.startswith(denial.format(ACCOUNT, "alice", role["Arn"])), words
    refused = alice.aws_refused(f"{with_id} --serial-number {serial} --token-code {wrong}")
    assert refused.code == "AccessDenied"
    assert refused.message.startswith("MultiFactorAuthentication failed with invalid MFA one time pass code")

    # All of it together.
    code = device.code()
    answer = alice.aws(f"{with_id} --serial-number {serial} --token-code {code}")
    credentials = answer["Credentials"]
    assert re.fullmatch(r"ASIA[A-Z0-9]{16}", credentials["AccessKeyId"])
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role['RoleId']}:audit",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Auditor/audit",
    }
    left = datetime.fromisoformat(credentials["Expiration"]) - datetime.now(UTC)
    assert timedelta(minutes=55) < left <= timedelta(minutes=60, seconds=5)
    auditor = Identity.of_session(cloud.url, credentials)
    assert auditor.aws("sts get-caller-identity") == {
        "UserId": f"{role['RoleId']}:audit",
        "Account": ACCOUNT,
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/Auditor/audit",
    }
    assert [user["UserName"] for user in auditor.aws("iam list-users")["Users"]] == ["alice", "mallory"]
    denied = auditor.aws_refused("iam create-user --user-name x")
    assert denied.message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Auditor/audit is not authorized to perform: iam:CreateUser "
        f"on resource: arn:aws:iam::{ACCOUNT}:user/x because no identity-based policy allows the iam:CreateUser action"
    )
    # A code serves once.
    refused = alice.aws_refused(f"{with_id} --serial-number {serial} --token-code {code}")
    assert refused.code == "AccessDenied"


def test_a_session_policy_narrows(cloud: Server, root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    arn = new_role("Admin", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"), managed="AdministratorAccess")
    answer = alice.sts.assume_role(
        RoleArn=arn, RoleSessionName="narrow", Policy=policy(allow(["iam:ListUsers", "s3:*"]))
    )
    assert 0 < answer["PackedPolicySize"] <= 100
    narrow = Identity.of_session(cloud.url, answer["Credentials"])
    assert narrow.iam.list_users()["Users"]
    denied = error_of(narrow.iam.create_group, GroupName="g")
    assert denied.message == (
        f"User: arn:aws:sts::{ACCOUNT}:assumed-role/Admin/narrow is not authorized to perform: iam:CreateGroup "
        f"on resource: arn:aws:iam::{ACCOUNT}:group/g because no session policy allows the iam:CreateGroup action"
    )

    # It cannot give what the role does not have.
    arn = new_role("Poor", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"), allow("iam:ListGroups"))
    answer = alice.sts.assume_role(RoleArn=arn, RoleSessionName="session", Policy=policy(allow("*")))
    poor = Identity.of_session(cloud.url, answer["Credentials"])
    assert poor.iam.list_groups()["Groups"] == []
    assert "no identity-based policy allows" in error_of(poor.iam.list_users).message

    # Managed policies serve too, and an explicit deny is named.
    arns = [{"arn": "arn:aws:iam::aws:policy/IAMReadOnlyAccess"}]
    answer = alice.sts.assume_role(
        RoleArn=arn.replace("Poor", "Admin"),
        RoleSessionName="both",
        PolicyArns=arns,
        Policy=policy(allow("*"), {"Effect": "Deny", "Action": "iam:ListRoles", "Resource": "*"}),
    )
    both = Identity.of_session(cloud.url, answer["Credentials"])
    assert both.iam.list_users()["Users"]
    assert "with an explicit deny in a session policy" in error_of(both.iam.list_roles).message


def test_session_policies_are_checked(root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    arn = new_role("r", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"))
    assume = {"RoleArn": arn, "RoleSessionName": "session"}
    assert error_of(alice.sts.assume_role, **assume, Policy="{").code == "MalformedPolicyDocument"
    too_long = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:" + "x" * 2100)]})
    assert error_of(alice.sts.assume_role, **assume, Policy=too_long).code in (
        "ValidationError",
        "PackedPolicyTooLarge",
    )


def test_rule60_role_chaining_is_capped_at_one_hour(cloud: Server, root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    first = new_role(
        "first", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"), allow("sts:AssumeRole"), MaxSessionDuration=43200
    )
    second = new_role("second", trust(first), allow("iam:ListUsers"), MaxSessionDuration=43200)
    answer = alice.sts.assume_role(RoleArn=first, RoleSessionName="one", DurationSeconds=43200)
    chained = Identity.of_session(cloud.url, answer["Credentials"])
    refused = error_of(chained.sts.assume_role, RoleArn=second, RoleSessionName="two", DurationSeconds=3601)
    assert (refused.status, refused.code) == (400, "ValidationError")
    assert refused.message == (
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
    )
    answer = chained.sts.assume_role(RoleArn=second, RoleSessionName="two", DurationSeconds=3600)
    assert Identity.of_session(cloud.url, answer["Credentials"]).iam.list_users()["Users"]


def test_rule60_how_long_a_session_may_be(root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    arn = new_role("r", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"))
    over = error_of(alice.sts.assume_role, RoleArn=arn, RoleSessionName="session", DurationSeconds=3601)
    assert (over.code, over.message) == (
        "ValidationError",
        "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
    )
    under = error_of(
        alice.client("sts", parameter_validation=False).assume_role,
        RoleArn=arn,
        RoleSessionName="session",
        DurationSeconds=899,
    )
    assert under.code == "ValidationError"
    assert "Member must have value greater than or equal to 900" in under.message


@pytest.mark.parametrize(
    "arn", ["nothing-valid-in-here", "arn::b:::something/test-role", "arn:a:::something/test-role"]
)
def test_a_role_arn_that_is_none(root: Identity, new_user, arn: str) -> None:
    user = new_user("alice", allow("sts:AssumeRole"))
    refused = error_of(user.sts.assume_role, RoleArn=arn, RoleSessionName="session")
    assert (refused.status, refused.code, refused.message) == (400, "ValidationError", f"{arn} is invalid")


def test_session_names_are_checked(root: Identity, new_user) -> None:
    user = new_user("alice", allow("sts:AssumeRole"))
    refused = error_of(
        user.sts.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/role-name", RoleSessionName="Session1:2"
    )
    assert refused.code == "ValidationError"
    assert refused.message == (
        "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
        "Member must satisfy regular expression pattern: [\\w+=,.@-]*"
    )


def test_a_role_that_is_not_there_looks_like_one_that_refuses(root: Identity, new_user) -> None:
    user = new_user("alice", allow("sts:AssumeRole"))
    arn = f"arn:aws:iam::{ACCOUNT}:role/no-such-role"
    refused = error_of(user.sts.assume_role, RoleArn=arn, RoleSessionName="session")
    assert (refused.status, refused.code) == (403, "AccessDenied")
    assert refused.message.startswith(
        f"User: arn:aws:iam::{ACCOUNT}:user/alice is not authorized to perform: sts:AssumeRole on resource: {arn}"
    )


def test_root_may_not_assume_roles(root: Identity, new_role) -> None:
    arn = new_role("r", trust(ACCOUNT))
    refused = error_of(root.sts.assume_role, RoleArn=arn, RoleSessionName="session")
    assert (refused.code, refused.message) == ("AccessDenied", "Roles may not be assumed by root accounts.")


def test_trusting_the_account_needs_an_identity_policy_too(root: Identity, new_role, new_user) -> None:
    arn = new_role("r", trust(ACCOUNT))
    shown = root.iam.get_role(RoleName="r")["Role"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]
    assert shown in ({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, {"AWS": ACCOUNT})
    without = new_user("without")
    assert error_of(without.sts.assume_role, RoleArn=arn, RoleSessionName="session").code == "AccessDenied"
    with_it = new_user("with", allow("sts:AssumeRole", arn))
    with_it.sts.assume_role(RoleArn=arn, RoleSessionName="session")


def test_session_tags(cloud: Server, root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    arn = new_role(
        "tagged",
        trust(f"arn:aws:iam::{ACCOUNT}:user/alice", ["sts:AssumeRole", "sts:TagSession"]),
        allow("iam:ListUsers", Condition={"StringEquals": {"aws:PrincipalTag/Team": "blue"}}),
    )
    for team, allowed in (("blue", True), ("red", False)):
        answer = alice.sts.assume_role(RoleArn=arn, RoleSessionName=team, Tags=[{"Key": "Team", "Value": team}])
        session = Identity.of_session(cloud.url, answer["Credentials"])
        if allowed:
            assert session.iam.list_users()["Users"]
        else:
            assert error_of(session.iam.list_users).code == "AccessDenied"
    twice = error_of(
        alice.sts.assume_role,
        RoleArn=arn,
        RoleSessionName="session",
        Tags=[{"Key": "Team", "Value": "a"}, {"Key": "team", "Value": "b"}],
    )
    assert (twice.code, twice.message) == (
        "InvalidParameterValue",
        "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
    )
    transitive = error_of(
        alice.sts.assume_role, RoleArn=arn, RoleSessionName="session", Tags=[], TransitiveTagKeys=["Other"]
    )
    assert (transitive.code, transitive.message) == (
        "InvalidParameterValue",
        "The specified transitive tag key must be included in the requested tags.",
    )
    plain = new_role("plain", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"))
    denied = error_of(
        alice.sts.assume_role, RoleArn=plain, RoleSessionName="session", Tags=[{"Key": "Team", "Value": "x"}]
    )
    assert denied.code == "AccessDenied" and "sts:TagSession" in denied.message


def test_deleting_the_role_ends_its_sessions(cloud: Server, root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    arn = new_role("r", trust(f"arn:aws:iam::{ACCOUNT}:user/alice"), allow("iam:ListUsers"))
    session = Identity.of_session(
        cloud.url, alice.sts.assume_role(RoleArn=arn, RoleSessionName="session")["Credentials"]
    )
    assert session.iam.list_users()["Users"]
    root.iam.delete_role_policy(RoleName="r", PolicyName="own")
    assert error_of(session.iam.list_users).code == "AccessDenied"
    root.iam.delete_role(RoleName="r")
    assert error_of(session.iam.list_users).code in ("InvalidClientTokenId", "AccessDenied")


def test_session_token_with_and_without_mfa(cloud: Server, root: Identity, new_user) -> None:
    alice = new_user(
        "alice",
        allow("iam:ListUsers", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
        allow("iam:ListGroups"),
    )
    serial, device = device_for(root, "alice")
    plain = Identity.of_session(cloud.url, alice.sts.get_session_token(DurationSeconds=900)["Credentials"])
    assert plain.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:user/alice"
    refused = error_of(alice.sts.get_session_token, SerialNumber=serial, TokenCode=device.wrong_code())
    assert refused.code == "AccessDenied"
    strong = Identity.of_session(
        cloud.url, alice.sts.get_session_token(SerialNumber=serial, TokenCode=device.code())["Credentials"]
    )
    assert error_of(alice.iam.list_users).code == "AccessDenied"
    # Without MFA, a session of GetSessionToken may call nothing of IAM; with it, all that the user may.
    assert error_of(plain.iam.list_groups).code in ("AccessDenied", "InvalidClientTokenId")
    assert strong.iam.list_users()["Users"]
    assert strong.iam.list_groups()["Groups"] == []
    # A session may not make sessions of itself.
    assert error_of(strong.sts.get_session_token).code == "AccessDenied"


def test_mfa_devices_of_others_do_not_count(root: Identity, new_role, new_user) -> None:
    alice, _ = new_user("alice"), new_user("bob")
    serial, device = device_for(root, "bob")
    arn = new_role(
        "r", trust(f"arn:aws:iam::{ACCOUNT}:user/alice", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    )
    refused = error_of(
        alice.sts.assume_role, RoleArn=arn, RoleSessionName="session", SerialNumber=serial, TokenCode=device.code()
    )
    assert refused.code == "AccessDenied"
    assert refused.message.startswith("MultiFactorAuthentication failed")


def test_a_code_is_good_once_and_a_denied_call_does_not_use_it_up(
    cloud: Server, root: Identity, new_role, new_user
) -> None:
    alice = new_user("alice")
    new_user("bob")
    serial, device = device_for(root, "alice")
    closed = new_role("closed", trust(f"arn:aws:iam::{ACCOUNT}:user/bob"))
    strong = new_role(
        "strong", trust(f"arn:aws:iam::{ACCOUNT}:user/alice", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    )
    code = device.code()
    proof = {"RoleSessionName": "session", "SerialNumber": serial, "TokenCode": code}
    for _ in range(2):
        denied = error_of(alice.sts.assume_role, RoleArn=closed, **proof)
        assert denied.code == "AccessDenied" and "sts:AssumeRole" in denied.message
    # Nor does one that is refused for something else.
    assert error_of(alice.sts.assume_role, RoleArn=strong, Policy="{", **proof).code == "MalformedPolicyDocument"
    session = Identity.of_session(cloud.url, alice.sts.assume_role(RoleArn=strong, **proof)["Credentials"])
    assert session.sts.get_caller_identity()["Account"] == ACCOUNT
    for again in (
        error_of(alice.sts.assume_role, RoleArn=strong, **proof),
        error_of(alice.sts.get_session_token, SerialNumber=serial, TokenCode=code),
    ):
        assert (again.code, again.message) == (
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code. ",
        )


def test_wrong_codes_of_denied_calls_count(root: Identity, new_role, new_user) -> None:
    alice = new_user("alice")
    new_user("bob")
    serial, device = device_for(root, "alice")
    closed = new_role("closed", trust(f"arn:aws:iam::{ACCOUNT}:user/bob"))
    wrong = {"RoleSessionName": "session", "SerialNumber": serial, "TokenCode": device.wrong_code()}
    for _ in range(9):
        assert error_of(alice.sts.assume_role, RoleArn=closed, **wrong).code == "AccessDenied"
    # Too many: the right one does not help now.
    refused = error_of(alice.sts.get_session_token, SerialNumber=serial, TokenCode=device.code())
    assert refused.message == "MultiFactorAuthentication failed with invalid MFA one time pass code. "


# What needs time to pass: the server's clock is moved on.


def test_sessions_expire() -> None:
    with Server() as server:
        root = server.root
        root.iam.create_user(UserName="alice")
        alice = Identity.of_key(server.url, root.iam.create_access_key(UserName="alice")["AccessKey"])
        user_arn = f"arn:aws:iam::{ACCOUNT}:user/alice"
        role = root.iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust(user_arn))["Role"]["Arn"]
        sessions = {
            "role": alice.sts.assume_role(RoleArn=role, RoleSessionName="session", DurationSeconds=900),
            "user": alice.sts.get_session_token(DurationSeconds=900),
        }
        callers = [Identity.of_session(server.url, answer["Credentials"]) for answer in sessions.values()]
        server.advance(840)
        for caller in callers:
            assert caller.sts.get_caller_identity()["Account"] == ACCOUNT
        server.advance(61)
        for caller in callers:
            dead = error_of(caller.sts.get_caller_identity)
            assert (dead.status, dead.code) == (403, "ExpiredToken")
            assert dead.message == "The security token included in the request is expired"
        # The long-term key knows no hour.
        server.advance(86_400 * 365)
        assert alice.sts.get_caller_identity()["Account"] == ACCOUNT


def test_mfa_grows_old() -> None:
    with Server() as server:
        root = server.root
        root.iam.create_user(UserName="alice")
        root.iam.put_user_policy(
            UserName="alice",
            PolicyName="own",
            PolicyDocument=policy(
                allow("iam:ListUsers", Condition={"NumericLessThan": {"aws:MultiFactorAuthAge": "600"}})
            ),
        )
        alice = Identity.of_key(server.url, root.iam.create_access_key(UserName="alice")["AccessKey"])
        serial, device = device_for(root, "alice")
        answer = alice.sts.get_session_token(SerialNumber=serial, TokenCode=device.code())
        session = Identity.of_session(server.url, answer["Credentials"])
        server.advance(500)
        session.iam.list_users()
        server.advance(200)
        assert error_of(session.iam.list_users).code == "AccessDenied"
