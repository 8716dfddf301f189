"""What happens between the steps of a sign-in, and what cannot be got around by other names: sessions that wait while the user
changes, codes to addresses that change, guesses under all of a user's names."""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness import Server, error_of
from harness.functions import FUNCTION, Function
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


# Between the check of a request for a code and the message


@pytest.fixture(scope="module")
def asked_server() -> Iterator[tuple[Server, Function]]:
    function = Function()
    with Server("--event-destination", f"{FUNCTION}={function.url}") as server:
        yield server, function
    function.server.shutdown()


@pytest.mark.parametrize(
    "operation",
    [
        "get_user_attribute_verification_code", "update_user_attributes", "resend_confirmation_code", "forgot_password",
        "hidden forgot_password", "admin_reset_user_password", "a sign-in code",
    ],
)  # fmt: skip
def test_a_call_that_is_refused_has_sent_nothing(asked_server: tuple[Server, Function], operation: str) -> None:
    """The trigger that finds the words of a message is asked last: meanwhile the user is disabled."""
    server, function = asked_server
    function.behaviour = lambda event: event
    pool = UserPool(
        server, client=CLIENT | {"PreventUserExistenceErrors": "ENABLED" if "hidden" in operation else "LEGACY"},
        LambdaConfig={"CustomMessage": FUNCTION}, AutoVerifiedAttributes=["email"], **BY_CODE,
    )  # fmt: skip
    user = {"UserPoolId": pool.id, "Username": "alice"}
    of_client = {"ClientId": pool.client, "Username": "alice"}
    token = ""
    if operation == "resend_confirmation_code":
        pool.sign_up("alice", email="alice@example.com")
    else:
        pool.create("alice", email="alice@example.com", email_verified="true")
        token = pool.access_token("alice")
    before = len(pool.outbox())

    def disable(event: Any) -> Any:
        pool.admin.admin_disable_user(**user)
        return event

    def ask() -> Any:
        match operation:
            case "get_user_attribute_verification_code":
                return pool.app.get_user_attribute_verification_code(AccessToken=token, AttributeName="email")
            case "update_user_attributes":
                new = attributes(email="alice@example.org")
                return pool.app.update_user_attributes(AccessToken=token, UserAttributes=new)
            case "resend_confirmation_code":
                return pool.app.resend_confirmation_code(**of_client)
            case "admin_reset_user_password":
                return pool.admin.admin_reset_user_password(**user)
            case "a sign-in code":
                return code_by_mail(pool)
            case _:
                return pool.app.forgot_password(**of_client)

    function.behaviour = disable
    if "hidden" in operation:
        # It looks as if it had been.
        assert ask()["CodeDeliveryDetails"]["Destination"] == "a***@e***"
    else:
        code = refusal(ask)[0]
        assert code in ("NotAuthorizedException", "TooManyRequestsException"), code
    assert len(pool.outbox()) == before and function.events
    function.behaviour = lambda event: event
    pool.admin.admin_enable_user(**user)
    if not token:
        assert ask() and len(pool.outbox()) == before + 1


# A password that has to be reset


def test_tokens_of_who_has_to_reset_the_password(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, AutoVerifiedAttributes=["email"], **BY_CODE)
    pool.create("alice", email="alice@example.com", email_verified="true")
    tokens = pool.sign_in("alice")["AuthenticationResult"]
    token, refresh_token = tokens["AccessToken"], tokens["RefreshToken"]
    pool.admin.admin_reset_user_password(UserPoolId=pool.id, Username="alice")
    code = pool.code()
    required = ("PasswordResetRequiredException", "Password reset required for the user")
    not_listed = ("NotAuthorizedException", required[1])
    app, by = pool.app, {"AccessToken": token}
    new = attributes(nickname="al")
    password = {"PreviousPassword": PASSWORD, "ProposedPassword": PASSWORD + "2"}
    assert refusal(lambda: app.get_user(**by)) == required
    assert refusal(lambda: app.get_user_auth_factors(**by)) == required
    assert refusal(lambda: app.change_password(**by, **password)) == required
    assert refusal(lambda: app.update_user_attributes(**by, UserAttributes=new)) == required
    assert refusal(lambda: app.delete_user_attributes(**by, UserAttributeNames=["nickname"])) == required
    assert refusal(lambda: app.get_user_attribute_verification_code(**by, AttributeName="email")) == required
    assert refusal(lambda: app.list_devices(**by)) == required
    assert refusal(lambda: app.global_sign_out(**by)) == required
    assert refusal(lambda: app.delete_user(**by)) == required
    # The model names no error of its own for this one.
    with_apps(pool)
    assert refusal(lambda: app.associate_software_token(**by)) == not_listed

    def refresh(token: str) -> Any:
        return app.initiate_auth(
            ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token}
        )

    assert refusal(lambda: refresh(refresh_token)) == required
    other = {"ClientId": pool.client, "RefreshToken": refresh_token}
    assert refusal(lambda: app.get_tokens_from_refresh_token(**other)) == not_listed
    # Who signs in by other means need not reset it.
    time.sleep(0.01)
    step = code_by_mail(pool)
    later = answer(pool, "EMAIL_OTP", step["Session"], EMAIL_OTP_CODE=pool.code())["AuthenticationResult"]
    assert app.get_user(AccessToken=later["AccessToken"])["Username"] == "alice"
    assert refresh(later["RefreshToken"])["AuthenticationResult"]
    assert refusal(lambda: app.get_user(**by)) == required
    # Once it is reset, all is as it was.
    app.confirm_forgot_password(
        ClientId=pool.client, Username="alice", ConfirmationCode=code, Password=PASSWORD + "2"
    )
    assert app.get_user(**by)["Username"] == "alice" and refresh(refresh_token)["AuthenticationResult"]


def test_tokens_of_who_is_gone(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, **BY_CODE)
    with_apps(pool)
    pool.create("alice")
    by = {"AccessToken": pool.access_token("alice")}
    pool.admin.admin_delete_user(UserPoolId=pool.id, Username="alice")
    gone = "User does not exist."
    assert refusal(lambda: pool.app.get_user(**by)) == ("UserNotFoundException", gone)
    # Not every operation's model has that error.
    for call in (
        pool.app.global_sign_out, pool.app.associate_software_token, pool.app.list_web_authn_credentials,
        pool.app.start_web_authn_registration,
    ):  # fmt: skip
        assert refusal(lambda: call(**by)) == ("NotAuthorizedException", gone)
