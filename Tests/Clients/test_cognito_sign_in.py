"""Signing in to user pools: passwords, SRP, second factors, new passwords, lock-out."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import Server, Trail, allow, policy, trust
from harness.sign_in import EXCEEDED, FLOWS, HIDDEN, INVALID_SESSION, N, USED_SESSION, WRONG
from harness.sign_in import answer, refusal, srp, srp_step, totp
from harness.user_pools import PASSWORD, UserPool


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"})
    pool.create("alice", email="alice@example.com", email_verified="true")
    return pool


# Passwords


def test_a_password(pool: UserPool) -> None:
    result = pool.sign_in("alice")
    assert result["ChallengeParameters"] == {} and "ChallengeName" not in result and "Session" not in result
    tokens = result["AuthenticationResult"]
    assert (tokens["TokenType"], tokens["ExpiresIn"]) == ("Bearer", 3600)
    assert {"AccessToken", "IdToken", "RefreshToken"} <= set(tokens) and "NewDeviceMetadata" not in tokens
    assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
    # By any of the user's names.
    assert pool.sign_in(pool.attributes("alice")["sub"])["AuthenticationResult"]


def test_srp_by_pycognito(pool: UserPool) -> None:
    for _ in range(5):
        tokens = srp(pool, "alice").authenticate_user()["AuthenticationResult"]
        assert {"AccessToken", "IdToken", "RefreshToken"} <= set(tokens)
    assert refusal(lambda: srp(pool, "alice", "wrong").authenticate_user()) == WRONG


def test_srp_of_names_and_passwords_beyond_ascii(pool: UserPool) -> None:
    for username, password in [("Grüße", "Pä$$wörter-1🔐"), ("o'hara+x", "aA1!:@a:")]:
        pool.create(username, password)
        assert srp(pool, username, password).authenticate_user()["AuthenticationResult"]
        assert pool.sign_in(username, password)["AuthenticationResult"]


def test_srp_with_a_client_secret(cloud: Server) -> None:
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS, "GenerateSecret": True})
    pool.create("alice")
    assert srp(pool, "alice").authenticate_user()["AuthenticationResult"]
    parameters = {"USERNAME": "alice", "PASSWORD": PASSWORD}

    def sign_in(**more: str) -> Any:
        return pool.app.initiate_auth(
            ClientId=pool.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters | more
        )

    assert sign_in(SECRET_HASH=pool.secret_hash("alice"))["AuthenticationResult"]
    code, message = refusal(lambda: sign_in(SECRET_HASH=pool.secret_hash("bob")))
    assert (code, message) == ("NotAuthorizedException", f"Unable to verify secret hash for client {pool.client}")
    assert refusal(sign_in)[0] == "NotAuthorizedException"


def test_the_challenge(pool: UserPool) -> None:
    client = srp(pool, "alice")
    step = pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=client.get_auth_params()
    )
    parameters = step["ChallengeParameters"]
    assert step["ChallengeName"] == "PASSWORD_VERIFIER"
    assert set(parameters) == {"USERNAME", "USER_ID_FOR_SRP", "SALT", "SRP_B", "SECRET_BLOCK"}
    assert parameters["USERNAME"] == parameters["USER_ID_FOR_SRP"] == "alice"
    assert 1 < int(parameters["SRP_B"], 16) < N and len(parameters["SALT"]) == 32


def test_administrators_sign_users_in(pool: UserPool, new_user: Callable[..., Any]) -> None:
    def sign_in(client: Any, flow: str = "ADMIN_USER_PASSWORD_AUTH") -> Any:
        return client.admin_initiate_auth(
            UserPoolId=pool.id, ClientId=pool.client, AuthFlow=flow,
            AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
        )  # fmt: skip

    assert sign_in(pool.admin)["AuthenticationResult"]
    assert sign_in(pool.admin, "ADMIN_NO_SRP_AUTH")["AuthenticationResult"]
    unsupported = ("InvalidParameterException", "Initiate Auth method not supported.")
    assert refusal(lambda: sign_in(pool.admin, "USER_PASSWORD_AUTH")) == unsupported
    # Policies decide on it, and on the pool.
    arn = f"arn:aws:cognito-idp:us-east-1:111122223333:userpool/{pool.id}"
    statement = {"Effect": "Allow", "Action": "cognito-idp:AdminInitiateAuth", "Resource": arn}
    assert sign_in(new_user("may", statement).client("cognito-idp"))["AuthenticationResult"]
    other = statement | {"Resource": arn[:-1] + "_"}
    assert refusal(lambda: sign_in(new_user("may_not", other).client("cognito-idp")))[0] == "AccessDeniedException"
    # Users have none of theirs.
    code = refusal(
        lambda: pool.app.initiate_auth(
            ClientId=pool.client, AuthFlow="ADMIN_USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD},
        )
    )  # fmt: skip
    assert code == unsupported


def test_flows_have_to_be_allowed(pool: UserPool) -> None:
    client = pool.new_client(ExplicitAuthFlows=["ALLOW_REFRESH_TOKEN_AUTH"])["ClientId"]
    everything = {"USERNAME": "alice", "PASSWORD": PASSWORD, "SRP_A": "2"}

    def begin(flow: str) -> tuple[str, str]:
        return refusal(
            lambda: pool.app.initiate_auth(ClientId=client, AuthFlow=flow, AuthParameters=everything)
        )

    code = "InvalidParameterException"
    assert begin("USER_PASSWORD_AUTH") == (code, "USER_PASSWORD_AUTH flow not enabled for this client")
    assert begin("USER_SRP_AUTH") == (code, "USER_SRP_AUTH is not enabled for the client.")
    assert begin("CUSTOM_AUTH")[0] == code and begin("USER_AUTH")[0] == code
    with_admin = refusal(
        lambda: pool.admin.admin_initiate_auth(
            UserPoolId=pool.id, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=everything
        )
    )
    assert with_admin == (code, "Auth flow not enabled for this client")


def test_parameters_that_lack(pool: UserPool) -> None:
    def begin(flow: str, **parameters: str) -> tuple[str, str]:
        return refusal(
            lambda: pool.app.initiate_auth(ClientId=pool.client, AuthFlow=flow, AuthParameters=parameters)
        )

    code = "InvalidParameterException"
    assert begin("USER_PASSWORD_AUTH", PASSWORD="x") == (code, "Missing required parameter USERNAME")
    assert begin("USER_PASSWORD_AUTH", USERNAME="alice") == (code, "Missing required parameter PASSWORD")
    assert begin("USER_SRP_AUTH", USERNAME="alice") == (code, "Missing required parameter SRP_A")
    assert refusal(lambda: answer(pool, "SMS_MFA", None)) == (code, "Missing required parameter Session")
    assert refusal(lambda: answer(pool, "PASSWORD_VERIFIER", None))[0] == code
    gone = refusal(
        lambda: pool.app.initiate_auth(ClientId="a" * 26, AuthFlow="USER_PASSWORD_AUTH", AuthParameters={})
    )
    assert gone == ("ResourceNotFoundException", f"User pool client {'a' * 26} does not exist.")


# Who may not


def test_users_who_may_not(pool: UserPool) -> None:
    pool.sign_up("bob", email="bob@example.com")
    assert refusal(lambda: pool.sign_in("bob")) == ("UserNotConfirmedException", "User is not confirmed.")
    assert refusal(lambda: srp(pool, "bob").authenticate_user())[0] == "UserNotConfirmedException"
    assert refusal(lambda: pool.sign_in("bob", "wrong")) == WRONG
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username="alice")
    assert refusal(lambda: pool.sign_in("alice")) == ("NotAuthorizedException", "User is disabled.")
    # Whoever does not know the password does not learn it.
    assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
    pool.admin.admin_enable_user(UserPoolId=pool.id, Username="alice")
    assert pool.sign_in("alice")["AuthenticationResult"]


def test_a_password_that_is_to_be_reset(pool: UserPool) -> None:
    pool.admin.admin_reset_user_password(UserPoolId=pool.id, Username="alice")
    legacy = UserPool.new_client(pool, PreventUserExistenceErrors="LEGACY")["ClientId"]

    def sign_in(client: str, password: str) -> tuple[str, str]:
        return refusal(
            lambda: pool.app.initiate_auth(
                ClientId=client, AuthFlow="USER_PASSWORD_AUTH",
                AuthParameters={"USERNAME": "alice", "PASSWORD": password},
            )
        )  # fmt: skip

    required = ("PasswordResetRequiredException", "Password reset required for the user")
    assert sign_in(legacy, "anything") == required
    assert sign_in(pool.client, "anything") == WRONG


def test_a_temporary_password_expires(cloud: Server) -> None:
    policy = {"PasswordPolicy": {"MinimumLength": 8, "TemporaryPasswordValidityDays": 1}}
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS}, Policies=policy)
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username="alice", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )
    assert pool.sign_in("alice", "Temporary-1")["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    cloud.advance(86_401)
    expired = ("NotAuthorizedException", "Temporary password has expired and must be reset by an administrator.")
    assert refusal(lambda: pool.sign_in("alice", "Temporary-1")) == expired


# New passwords


def invite(pool: UserPool, **values: str) -> None:
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username="carol", TemporaryPassword="Temporary-1", MessageAction="SUPPRESS",
        UserAttributes=[{"Name": name, "Value": value} for name, value in values.items()],
    )  # fmt: skip


def test_a_new_password(cloud: Server) -> None:
    schema = [{"Name": name, "AttributeDataType": "String", "Required": True} for name in ("email", "given_name")]
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS}, Schema=schema)
    invite(pool, email="carol@example.com", email_verified="true")
    step = srp(pool, "carol", "Temporary-1")
    challenge = pool.sign_in("carol", "Temporary-1")
    assert challenge["ChallengeName"] == "NEW_PASSWORD_REQUIRED"
    parameters = challenge["ChallengeParameters"]
    assert parameters["requiredAttributes"] == '["userAttributes.given_name"]'
    assert parameters["userAttributes"] == '{"email":"carol@example.com","email_verified":"true"}'
    session = challenge["Session"]

    def choose(**responses: str) -> Any:
        return answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", **responses)

    weak = refusal(lambda: choose(NEW_PASSWORD="weak"))
    assert weak == ("InvalidPasswordException", "Password does not conform to policy: Password not long enough")
    lacking = refusal(lambda: choose(NEW_PASSWORD=PASSWORD))
    assert lacking == ("InvalidParameterException", "Invalid attributes given, given_name is missing")
    given = {"userAttributes.given_name": "Carol"}
    changed = refusal(lambda: choose(NEW_PASSWORD=PASSWORD, **given, **{"userAttributes.email": "eve@example.com"}))
    assert changed == ("InvalidParameterException", "Cannot modify an already provided email")
    assert choose(NEW_PASSWORD=PASSWORD, **given)["AuthenticationResult"]
    assert pool.status("carol") == "CONFIRMED" and pool.attributes("carol")["given_name"] == "Carol"
    assert refusal(lambda: choose(NEW_PASSWORD=PASSWORD + "2", **given))[0] == "NotAuthorizedException"
    assert srp(pool, "carol").authenticate_user()["AuthenticationResult"]
    assert refusal(lambda: step.authenticate_user())[0] == "NotAuthorizedException"


def test_a_new_password_by_pycognito(pool: UserPool) -> None:
    invite(pool)
    tokens = srp(pool, "carol", "Temporary-1").set_new_password_challenge(PASSWORD)
    assert tokens["AuthenticationResult"] and pool.sign_in("carol")["AuthenticationResult"]


# Lock-out


def test_failures_lock_out(pool: UserPool, cloud: Server) -> None:
    for failures in range(1, 12):
        assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
        # The fifth locks for a second, the next for two, then for four: attempts meanwhile don't count.
        if failures >= 5:
            # A busy machine may take longer than the first of them.
            if failures >= 10:
                assert refusal(lambda: pool.sign_in("alice", "wrong")) == EXCEEDED
            cloud.advance(2 ** (failures - 5))
    assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
    cloud.advance(67)
    assert refusal(lambda: pool.sign_in("alice")) == EXCEEDED
    # For everybody who asks in the user's name, by whatever flow.
    assert refusal(lambda: srp(pool, "alice").authenticate_user()) == EXCEEDED
    pool.create("bob")
    assert pool.sign_in("bob")["AuthenticationResult"]
    cloud.advance(61)
    assert pool.sign_in("alice")["AuthenticationResult"]
    # That has forgotten them all.
    for _ in range(5):
        assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG


def test_a_quarter_of_an_hour_forgets(pool: UserPool, cloud: Server) -> None:
    for _ in range(5):
        assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
    cloud.advance(902)
    for _ in range(4):
        assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
    assert pool.sign_in("alice")["AuthenticationResult"]


def test_failures_by_srp_count_as_well(pool: UserPool) -> None:
    for _ in range(3):
        assert refusal(lambda: srp(pool, "alice", "wrong").authenticate_user()) == WRONG
    for _ in range(2):
        assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
    assert refusal(lambda: pool.sign_in("alice"))[1] == "Password attempts exceeded"


def test_names_that_nobody_has_lock_out_as_well(pool: UserPool) -> None:
    for _ in range(5):
        assert refusal(lambda: pool.sign_in("nobody", "wrong")) == WRONG
    assert refusal(lambda: pool.sign_in("nobody", "wrong"))[1] == "Password attempts exceeded"


# Second factors

TOTP_POOL = {"MfaConfiguration": "OPTIONAL", "SoftwareTokenMfaConfiguration": {"Enabled": True}}


def with_factors(pool: UserPool, **settings: Any) -> None:
    pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, **settings)


def set_up_app(pool: UserPool, username: str = "alice") -> str:
    """The secret of an authenticator app that the user has, and wants to be asked for."""
    token = pool.access_token(username)
    secret = str(pool.app.associate_software_token(AccessToken=token)["SecretCode"])
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    pool.app.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    return secret


def test_an_authenticator_app(pool: UserPool) -> None:
    with_factors(pool, **TOTP_POOL)
    secret = set_up_app(pool)
    for begin in (lambda: pool.sign_in("alice"), lambda: srp_step(pool, "alice")):
        step = begin()
        assert step["ChallengeName"] == "SOFTWARE_TOKEN_MFA" and "AuthenticationResult" not in step
        assert step["ChallengeParameters"] == {"USER_ID_FOR_SRP": "alice"}
    wrong = ("CodeMismatchException", "Invalid code received for user")
    code = totp(secret)
    other = f"{(int(code) + 1) % 1_000_000:06}"
    session = step["Session"]
    assert refusal(lambda: answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=other)) == wrong
    # The session is still good.
    done = answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)
    assert done["AuthenticationResult"]
    # Nor the session twice, nor the code in another.
    again = refusal(lambda: answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=totp(secret, 1)))
    assert again == USED_SESSION
    session = pool.sign_in("alice")["Session"]
    used = ("ExpiredCodeException", "Your software token has already been used once.")
    assert refusal(lambda: answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=code)) == used
    assert answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=totp(secret, 1))["AuthenticationResult"]


def test_wrong_codes_lock_out(pool: UserPool) -> None:
    with_factors(pool, **TOTP_POOL)
    secret = set_up_app(pool)
    session = pool.sign_in("alice")["Session"]
    wrong = f"{(int(totp(secret)) + 7) % 1_000_000:06}"
    for _ in range(5):
        found = refusal(lambda: answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=wrong))
        assert found[0] == "CodeMismatchException"
    found = refusal(lambda: answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=totp(secret)))
    assert found[1] == "Password attempts exceeded"
    # The right password does not give five more.
    time.sleep(1.1)
    session = pool.sign_in("alice")["Session"]
    found = refusal(lambda: answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=wrong))
    assert found[0] == "CodeMismatchException"
    assert refusal(lambda: pool.sign_in("alice"))[1] == "Password attempts exceeded"


SMS = {"SnsCallerArn": "arn:aws:iam::111122223333:role/sms", "ExternalId": "sign-in"}


def make_message_role(cloud: Server) -> None:
    """The role by which a pool sends text messages, which it is refused without."""
    trusted = trust({"Service": "cognito-idp.amazonaws.com"})
    cloud.root.iam.create_role(RoleName="sms", AssumeRolePolicyDocument=trusted)
    cloud.root.iam.put_role_policy(RoleName="sms", PolicyName="own", PolicyDocument=policy(allow("sns:Publish")))


def test_a_text_message(cloud: Server) -> None:
    make_message_role(cloud)
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS}, SmsConfiguration=SMS)
    with_factors(pool, MfaConfiguration="OPTIONAL", SmsMfaConfiguration={"SmsConfiguration": SMS, "SmsAuthenticationMessage": "Say {####}"})
    pool.create("alice", phone_number="+14325551234")
    pool.admin.admin_set_user_mfa_preference(
        UserPoolId=pool.id, Username="alice", SMSMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    step = pool.sign_in("alice")
    assert step["ChallengeName"] == "SMS_MFA"
    assert step["ChallengeParameters"] == {
        "CODE_DELIVERY_DELIVERY_MEDIUM": "SMS", "CODE_DELIVERY_DESTINATION": "+*******1234", "USER_ID_FOR_SRP": "alice",
    }  # fmt: skip
    message = pool.message()
    assert message["to"] == "+14325551234" and message["text"] == f"Say {pool.code()}"
    wrong = f"{(int(pool.code()) + 1) % 1_000_000:06}"
    mismatch = ("CodeMismatchException", "Invalid code or auth state for the user.")
    assert refusal(lambda: answer(pool, "SMS_MFA", step["Session"], SMS_MFA_CODE=wrong)) == mismatch
    assert answer(pool, "SMS_MFA", step["Session"], SMS_MFA_CODE=pool.code())["AuthenticationResult"]
    # Who has the code has the phone.
    assert pool.attributes("alice")["phone_number_verified"] == "true"
    # A code is of its own session.
    first = pool.sign_in("alice")["Session"]
    code = pool.code()
    second = pool.sign_in("alice")["Session"]
    if pool.code() != code:
        assert refusal(lambda: answer(pool, "SMS_MFA", second, SMS_MFA_CODE=code)) == mismatch
    assert answer(pool, "SMS_MFA", first, SMS_MFA_CODE=code)["AuthenticationResult"]


def test_factors_that_have_to_be_set_up(cloud: Server) -> None:
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS})
    with_factors(pool, **(TOTP_POOL | {"MfaConfiguration": "ON"}))
    pool.create("alice")
    step = pool.sign_in("alice")
    assert step["ChallengeName"] == "MFA_SETUP"
    assert step["ChallengeParameters"]["MFAS_CAN_SETUP"] == '["SOFTWARE_TOKEN_MFA"]'
    # Not before it is done.
    assert refusal(lambda: answer(pool, "MFA_SETUP", step["Session"])) == INVALID_SESSION
    associated = pool.app.associate_software_token(Session=step["Session"])
    secret = associated["SecretCode"]
    assert refusal(lambda: answer(pool, "MFA_SETUP", associated["Session"])) == INVALID_SESSION
    wrong = f"{(int(totp(secret)) + 1) % 1_000_000:06}"
    mismatch = refusal(lambda: pool.app.verify_software_token(Session=associated["Session"], UserCode=wrong))
    assert mismatch[0] == "EnableSoftwareTokenMFAException"
    verified = pool.app.verify_software_token(Session=associated["Session"], UserCode=totp(secret))
    assert verified["Status"] == "SUCCESS"
    assert answer(pool, "MFA_SETUP", verified["Session"])["AuthenticationResult"]
    session = pool.sign_in("alice")["Session"]
    assert answer(pool, "SOFTWARE_TOKEN_MFA", session, SOFTWARE_TOKEN_MFA_CODE=totp(secret, 1))["AuthenticationResult"]


def test_a_choice_of_factors(cloud: Server) -> None:
    make_message_role(cloud)
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS}, SmsConfiguration=SMS)
    with_factors(pool, MfaConfiguration="ON", SmsMfaConfiguration={"SmsConfiguration": SMS}, SoftwareTokenMfaConfiguration={"Enabled": True})
    pool.create("alice", phone_number="+14325551234", email="alice@example.com")
    pool.admin.admin_set_user_mfa_preference(UserPoolId=pool.id, Username="alice", SMSMfaSettings={"Enabled": True})
    session = pool.sign_in("alice")["Session"]
    token = answer(pool, "SMS_MFA", session, SMS_MFA_CODE=pool.code())["AuthenticationResult"]["AccessToken"]
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    pool.app.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True})
    step = pool.sign_in("alice")
    assert step["ChallengeName"] == "SELECT_MFA_TYPE"
    assert step["ChallengeParameters"]["MFAS_CAN_CHOOSE"] == '["SMS_MFA","SOFTWARE_TOKEN_MFA"]'
    assert refusal(lambda: answer(pool, "SELECT_MFA_TYPE", step["Session"], ANSWER="EMAIL_OTP"))[0] == "InvalidParameterException"
    chosen = answer(pool, "SELECT_MFA_TYPE", step["Session"], ANSWER="SOFTWARE_TOKEN_MFA")
    assert chosen["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    # It does not answer another challenge than it is of.
    assert refusal(lambda: answer(pool, "SMS_MFA", chosen["Session"], SMS_MFA_CODE="123456")) == INVALID_SESSION
    done = answer(pool, "SOFTWARE_TOKEN_MFA", chosen["Session"], SOFTWARE_TOKEN_MFA_CODE=totp(secret))
    assert done["AuthenticationResult"]


# Refreshing


def test_refreshing(pool: UserPool) -> None:
    tokens = pool.sign_in("alice")["AuthenticationResult"]

    def refresh(token: str, flow: str = "REFRESH_TOKEN_AUTH") -> Any:
        return pool.app.initiate_auth(ClientId=pool.client, AuthFlow=flow, AuthParameters={"REFRESH_TOKEN": token})

    for flow in ("REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"):
        again = refresh(tokens["RefreshToken"], flow)["AuthenticationResult"]
        assert {"AccessToken", "IdToken"} <= set(again) and "RefreshToken" not in again
    for other in (tokens["AccessToken"], tokens["IdToken"], "nonsense"):
        assert refusal(lambda: refresh(other))[0] == "NotAuthorizedException"


def test_refreshing_with_a_client_secret(cloud: Server) -> None:
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS, "GenerateSecret": True})
    pool.create("alice")
    token = srp(pool, "alice").authenticate_user()["AuthenticationResult"]["RefreshToken"]

    def refresh(**more: str) -> Any:
        return pool.app.initiate_auth(
            ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": token} | more
        )

    for name in ("alice", pool.attributes("alice")["sub"]):
        assert refresh(SECRET_HASH=pool.secret_hash(name))["AuthenticationResult"]
    assert refusal(lambda: refresh(SECRET_HASH=pool.secret_hash("bob")))[0] == "NotAuthorizedException"
    assert refusal(refresh)[0] == "NotAuthorizedException"


# Events


def test_events(pool: UserPool, trail: Trail) -> None:
    srp(pool, "alice").authenticate_user()
    sub = pool.attributes("alice")["sub"]
    for name in ("InitiateAuth", "RespondToAuthChallenge"):
        event = trail.named(name)
        assert event["userIdentity"] == {"type": "Unknown", "principalId": "Anonymous"}
        assert event["recipientAccountId"] == "111122223333" and event["readOnly"] is False
        assert event["additionalEventData"] == {"sub": sub}
        assert event["requestParameters"]["authParameters" if name == "InitiateAuth" else "challengeResponses"] == HIDDEN
        text = str(event)
        for secret in ("'SRP_A'", "PASSWORD_CLAIM", "SECRET_BLOCK", "SALT", PASSWORD, "eyJ"):
            assert secret not in text, event
