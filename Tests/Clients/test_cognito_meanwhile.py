"""What happens between the steps of a sign-in, and what cannot be got around by other names: sessions that wait while the user
changes, codes to addresses that change, guesses under all of a user's names."""

from typing import Any

import pytest

from harness import Server, error_of
from harness.sign_in import EXPIRED_SESSION, FLOWS, INVALID_SESSION, answer, refusal, totp
from harness.user_pools import PASSWORD, UserPool, attributes

CLIENT = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}
BY_CODE = {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}}}
MISMATCH = ("CodeMismatchException", "Invalid code or auth state for the user.")
IDENTITY = "arn:aws:ses:us-east-1:000000000000:identity/example.com"


def with_apps(pool: UserPool, mode: str = "OPTIONAL") -> None:
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration=mode, SoftwareTokenMfaConfiguration={"Enabled": True}
    )


def set_up_app(pool: UserPool, username: str = "alice") -> str:
    token = pool.access_token(username)
    secret = str(pool.app.associate_software_token(AccessToken=token)["SecretCode"])
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    pool.app.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    return secret


def code_by_mail(pool: UserPool, username: str = "alice") -> Any:
    return pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_AUTH",
        AuthParameters={"USERNAME": username, "PREFERRED_CHALLENGE": "EMAIL_OTP"},
    )  # fmt: skip


def other(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_guesses_count_under_all_names(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, AliasAttributes=["email"])
    pool.create("alice", email="alice@example.com", email_verified="true")
    sub = pool.attributes("alice")["sub"]
    names = ["alice", "alice@example.com", sub, sub.upper()]

    def confirm(name: str, code: str) -> str:
        call = {"ClientId": pool.client, "Username": name, "ConfirmationCode": code, "Password": PASSWORD}
        return refusal(lambda: pool.app.confirm_forgot_password(**call))[0]

    pool.app.forgot_password(ClientId=pool.client, Username="alice")
    code = pool.code()
    for guess in range(10):
        assert confirm(names[guess % 4], other(code)) == "CodeMismatchException"
    # By now it is of no use, and looks like one that was never right.
    assert confirm("alice", code) == "CodeMismatchException"
    pool.app.forgot_password(ClientId=pool.client, Username=sub.upper())
    assert pool.code() != code
    for guess in range(9):
        assert confirm(names[guess % 4], other(pool.code())) == "CodeMismatchException"
    for name in names:
        assert confirm(name, pool.code()) == "LimitExceededException"
    cloud.advance(3601)
    pool.app.forgot_password(ClientId=pool.client, Username="alice")
    call = {"ClientId": pool.client, "Username": "alice", "Password": PASSWORD + "2"}
    pool.app.confirm_forgot_password(ConfirmationCode=pool.code(), **call)
    assert pool.access_token("alice", PASSWORD + "2")


def test_a_code_verifies_the_address_it_went_to(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, **BY_CODE)
    pool.create("alice", email="alice@example.com", email_verified="true")
    session, code = code_by_mail(pool)["Session"], pool.code()
    pool.admin.admin_update_user_attributes(
        UserPoolId=pool.id, Username="alice", UserAttributes=attributes(email="eve@example.com")
    )
    assert refusal(lambda: answer(pool, "EMAIL_OTP", session, EMAIL_OTP_CODE=code)) == MISMATCH
    assert pool.attributes("alice")["email_verified"] == "false"
    # Nor is a code to an address that was never proved enough.
    assert code_by_mail(pool)["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]


@pytest.mark.parametrize("change", ["disabled", "disabled for a while", "password", "reset", "signed out"])
def test_a_session_does_not_outlive_what_it_rests_on(cloud: Server, change: str) -> None:
    pool = UserPool(cloud, client=CLIENT)
    with_apps(pool)
    pool.create("alice", email="alice@example.com", email_verified="true")
    secret = set_up_app(pool)
    session = pool.sign_in("alice")["Session"]
    user = {"UserPoolId": pool.id, "Username": "alice"}
    expected = INVALID_SESSION
    match change:
        case "disabled" | "disabled for a while":
            pool.admin.admin_disable_user(**user)
            if change != "disabled":
                pool.admin.admin_enable_user(**user)
        case "password":
            pool.admin.admin_set_user_password(**user, Password=PASSWORD, Permanent=True)
        case "reset":
            pool.admin.admin_reset_user_password(**user)
            expected = ("PasswordResetRequiredException", "Password reset required for the user")
        case "signed out":
            pool.admin.admin_user_global_sign_out(**user)
    code = totp(secret)
    assert refusal(lambda: answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)) == expected
    if change in ("password", "signed out"):
        session = pool.sign_in("alice")["Session"]
        assert answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)["AuthenticationResult"]


def test_a_session_for_another_password_ends_with_the_temporary_one(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT)
    pool.create("carol", None)
    user = {"UserPoolId": pool.id, "Username": "carol"}
    pool.admin.admin_set_user_password(**user, Password="Temporary-1", Permanent=False)
    session = pool.sign_in("carol", "Temporary-1")["Session"]
    pool.admin.admin_set_user_password(**user, Password="Temporary-2", Permanent=False)
    new = {"NEW_PASSWORD": PASSWORD}
    assert refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", **new)) == INVALID_SESSION
    session = pool.sign_in("carol", "Temporary-2")["Session"]
    assert answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", **new)["AuthenticationResult"]


def test_a_factor_is_set_up_once(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT)
    with_apps(pool, "ON")
    pool.create("alice")
    waiting = pool.sign_in("alice")["Session"]
    begun = pool.app.associate_software_token(Session=pool.sign_in("alice")["Session"])
    first = pool.app.associate_software_token(Session=pool.sign_in("alice")["Session"])
    pool.app.verify_software_token(Session=first["Session"], UserCode=totp(first["SecretCode"]))
    # Who began before replaces nothing.
    late = {"Session": begun["Session"], "UserCode": totp(begun["SecretCode"])}
    assert refusal(lambda: pool.app.verify_software_token(**late)) == INVALID_SESSION
    assert refusal(lambda: pool.app.associate_software_token(Session=waiting)) == INVALID_SESSION
    session = pool.sign_in("alice")["Session"]
    code = totp(first["SecretCode"], 1)
    assert answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)["AuthenticationResult"]


def test_a_session_to_set_up_a_factor_is_not_renewed(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT)
    with_apps(pool, "ON")
    pool.create("alice")
    session = pool.sign_in("alice")["Session"]
    cloud.advance(100)
    session = pool.app.associate_software_token(Session=session)["Session"]
    cloud.advance(100)
    assert refusal(lambda: pool.app.associate_software_token(Session=session)) == EXPIRED_SESSION


def test_an_address_is_a_factor_once_it_is_proved(cloud: Server) -> None:
    pool = UserPool(
        cloud, client=CLIENT, EmailConfiguration={"EmailSendingAccount": "DEVELOPER", "SourceArn": IDENTITY}
    )
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="ON", EmailMfaConfiguration={})
    pool.create("alice")
    step = pool.sign_in("alice")
    assert step["ChallengeName"] == "MFA_SETUP" and step["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["EMAIL_OTP"]'
    step = answer(pool, "MFA_SETUP", step["Session"], EMAIL="alice@example.com")
    assert step["ChallengeName"] == "EMAIL_OTP" and pool.message()["to"] == "alice@example.com"
    code = pool.code()
    wrong = refusal(lambda: answer(pool, "EMAIL_OTP", step["Session"], EMAIL_OTP_CODE=other(code)))
    assert wrong == MISMATCH and "email" not in pool.attributes("alice")
    assert pool.sign_in("alice")["ChallengeName"] == "MFA_SETUP"
    assert answer(pool, "EMAIL_OTP", step["Session"], EMAIL_OTP_CODE=code)["AuthenticationResult"]
    own = pool.attributes("alice")
    assert (own["email"], own["email_verified"]) == ("alice@example.com", "true")
    assert pool.sign_in("alice")["ChallengeName"] == "EMAIL_OTP"


def test_names_by_which_others_are_found_are_taken(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, AliasAttributes=["preferred_username"])
    pool.create("alice", preferred_username="queen")
    taken = ("UsernameExistsException", "User already exists")
    sub = pool.attributes("alice")["sub"]
    for name in ("alice", "queen", sub, sub.upper()):
        assert refusal(lambda: pool.sign_up(name)) == taken, name
        assert error_of(pool.create, username=name).code == "UsernameExistsException"
    assert pool.sign_up("king")


def test_codes_are_sent_so_often_for_anybody(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, **BY_CODE)
    pool.create("alice", email="alice@example.com", email_verified="true")
    seen = (code_by_mail(pool, str(number)) | {"name": str(number)} for number in range(64))
    nobody = next(one["name"] for one in seen if one["ChallengeName"] == "EMAIL_OTP")
    for name, already in (("alice", 0), (nobody, 1)):
        for _ in range(30 - already):
            assert code_by_mail(pool, name)["ChallengeName"] == "EMAIL_OTP"
        assert refusal(lambda: code_by_mail(pool, name)) == ("TooManyRequestsException", "Rate exceeded")
    assert len(pool.outbox()) == 30
    cloud.advance(3601)
    assert code_by_mail(pool)["ChallengeName"] == "EMAIL_OTP"


def test_a_new_password_brings_no_unproved_address(cloud: Server) -> None:
    pool = UserPool(
        cloud, client=CLIENT, AutoVerifiedAttributes=["email"],
        UserAttributeUpdateSettings={"AttributesRequireVerificationBeforeUpdate": ["email"]},
    )  # fmt: skip
    named = UserPool(cloud, client=CLIENT, UsernameAttributes=["email"])
    for one, name in ((pool, "carol"), (named, "carol@example.com")):
        one.create(name, None, email="carol@example.com", email_verified="true")
        one.admin.admin_set_user_password(UserPoolId=one.id, Username=name, Password="Temporary-1", Permanent=False)

    def choose(pool: UserPool, name: str, email: str) -> Any:
        session = pool.sign_in(name, "Temporary-1")["Session"]
        responses = {"NEW_PASSWORD": PASSWORD, "userAttributes.email": email}
        return answer(pool, "NEW_PASSWORD_REQUIRED", session, name, **responses)

    token = choose(pool, "carol", "eve@example.com")["AuthenticationResult"]["AccessToken"]
    assert pool.attributes("carol")["email"] == "carol@example.com" and pool.message()["to"] == "eve@example.com"
    pool.app.verify_user_attribute(AccessToken=token, AttributeName="email", Code=pool.code())
    assert pool.attributes("carol")["email"] == "eve@example.com"
    # What a user is named by stays.
    assert refusal(lambda: choose(named, "carol@example.com", ""))[0] == "InvalidParameterException"
    assert named.sign_in("carol@example.com", "Temporary-1")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
