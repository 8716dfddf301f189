"""Other ways to sign in to user pools: a choice of factors, codes, passkeys, devices, and what triggers say."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pycognito.aws_srp import AWSSRP, generate_hash_device
from test_cognito_triggers import FUNCTION, Function

from harness import Server
from harness.passkeys import Passkey
from harness.patience import PATIENCE
from harness.sign_in import EXPIRED_SESSION, FLOWS, INVALID_SESSION, USED_SESSION, WRONG
from harness.sign_in import answer, refusal, srp, srp_step, totp
from harness.user_pools import PASSWORD, UserPool

CLIENT = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}


def first_factors(*factors: str) -> dict[str, Any]:
    return {"Policies": {"SignInPolicy": {"AllowedFirstAuthFactors": list(factors)}}}


def choose(pool: UserPool, username: str = "alice", **parameters: str) -> Any:
    return pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": username} | parameters
    )


# A choice


def test_a_choice_of_passwords(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT)
    pool.create("alice")
    step = choose(pool)
    assert step["ChallengeName"] == "SELECT_CHALLENGE" and step["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]
    done = answer(pool, "SELECT_CHALLENGE", step["Session"], ANSWER="PASSWORD", PASSWORD=PASSWORD)
    assert done["AuthenticationResult"]
    assert refusal(lambda: answer(pool, "SELECT_CHALLENGE", step["Session"], ANSWER="PASSWORD", PASSWORD=PASSWORD)) == (
        USED_SESSION
    )
    # At once, or in two steps.
    assert choose(pool, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)["AuthenticationResult"]
    assert refusal(lambda: choose(pool, PREFERRED_CHALLENGE="PASSWORD", PASSWORD="wrong")) == WRONG
    asked = choose(pool, PREFERRED_CHALLENGE="PASSWORD")
    assert asked["ChallengeName"] == "PASSWORD"
    assert refusal(lambda: answer(pool, "PASSWORD", asked["Session"], PASSWORD="wrong")) == WRONG
    assert answer(pool, "PASSWORD", asked["Session"], PASSWORD=PASSWORD)["AuthenticationResult"]
    # What is not on offer brings the choice.
    assert choose(pool, PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeName"] == "SELECT_CHALLENGE"
    step = choose(pool)
    not_there = refusal(lambda: answer(pool, "SELECT_CHALLENGE", step["Session"], ANSWER="EMAIL_OTP"))
    assert not_there[0] == "InvalidParameterException"


def test_srp_by_choice(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT)
    pool.create("alice")
    for preferred in (True, False):
        client = srp(pool, "alice")
        parameters = client.get_auth_params()
        if preferred:
            step = choose(pool, PREFERRED_CHALLENGE="PASSWORD_SRP", SRP_A=parameters["SRP_A"])
        else:
            session = choose(pool)["Session"]
            step = answer(pool, "SELECT_CHALLENGE", session, ANSWER="PASSWORD_SRP", SRP_A=parameters["SRP_A"])
        assert step["ChallengeName"] == "PASSWORD_VERIFIER"
        proof = client.process_challenge(step["ChallengeParameters"], parameters)
        # The session need not come back, but must not be another's.
        other = choose(pool)["Session"]
        assert refusal(lambda: answer(pool, "PASSWORD_VERIFIER", other, **without_name(proof))) == INVALID_SESSION
        assert answer(pool, "PASSWORD_VERIFIER", step["Session"], **without_name(proof))["AuthenticationResult"]


def without_name(responses: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in responses.items() if name != "USERNAME"}


def test_a_code_by_mail(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, **first_factors("PASSWORD", "EMAIL_OTP"))
    pool.create("alice", email="alice@example.com", email_verified="true")
    step = choose(pool)
    assert set(step["AvailableChallenges"]) == {"PASSWORD", "PASSWORD_SRP", "EMAIL_OTP"}
    step = answer(pool, "SELECT_CHALLENGE", step["Session"], ANSWER="EMAIL_OTP")
    assert step["ChallengeName"] == "EMAIL_OTP"
    assert step["ChallengeParameters"]["CODE_DELIVERY_DESTINATION"] == "a***@e***"
    assert pool.message()["to"] == "alice@example.com"
    code = pool.code()
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    mismatch = refusal(lambda: answer(pool, "EMAIL_OTP", step["Session"], EMAIL_OTP_CODE=wrong))
    assert mismatch == ("CodeMismatchException", "Invalid code or auth state for the user.")
    assert answer(pool, "EMAIL_OTP", step["Session"], EMAIL_OTP_CODE=code)["AuthenticationResult"]
    assert refusal(lambda: answer(pool, "EMAIL_OTP", step["Session"], EMAIL_OTP_CODE=code)) == USED_SESSION
    late = choose(pool, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert late["ChallengeName"] == "EMAIL_OTP"
    code = pool.code()
    cloud.advance(181)
    assert refusal(lambda: answer(pool, "EMAIL_OTP", late["Session"], EMAIL_OTP_CODE=code)) == EXPIRED_SESSION


def test_who_has_a_second_factor_needs_two(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, **first_factors("PASSWORD", "EMAIL_OTP"))
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    pool.create("alice", email="alice@example.com", email_verified="true")
    token = pool.access_token("alice")
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    assert "EMAIL_OTP" in choose(pool)["AvailableChallenges"]
    pool.app.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    assert choose(pool)["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]
    assert choose(pool, PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeName"] == "SELECT_CHALLENGE"
    step = choose(pool, PREFERRED_CHALLENGE="PASSWORD", PASSWORD=PASSWORD)
    assert step["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


def test_choices_of_nobody(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, **first_factors("PASSWORD", "EMAIL_OTP", "WEB_AUTHN"))
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, WebAuthnConfiguration={"RelyingPartyId": "example.com", "UserVerification": "preferred"}
    )
    choices = {name: choose(pool, name)["AvailableChallenges"] for name in map(str, range(16))}
    assert choices == {name: choose(pool, name)["AvailableChallenges"] for name in choices}
    assert len({tuple(choice) for choice in choices.values()}) > 1
    codes = next(name for name, choice in choices.items() if "EMAIL_OTP" in choice)
    before = len(pool.outbox())
    step = choose(pool, codes, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert step["ChallengeName"] == "EMAIL_OTP" and len(pool.outbox()) == before
    again = choose(pool, codes, PREFERRED_CHALLENGE="EMAIL_OTP")
    assert again["ChallengeParameters"] == step["ChallengeParameters"]
    wrong = refusal(lambda: answer(pool, "EMAIL_OTP", step["Session"], codes, EMAIL_OTP_CODE="123456"))
    assert wrong == ("CodeMismatchException", "Invalid code or auth state for the user.")
    passkeys = next(name for name, choice in choices.items() if "WEB_AUTHN" in choice)
    step = choose(pool, passkeys, PREFERRED_CHALLENGE="WEB_AUTHN")
    options = json.loads(step["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])
    assert len(options["allowCredentials"]) == 1 and options["rpId"] == "example.com"


# Passkeys

ORIGIN = "https://login.example.com"


def test_a_passkey(cloud: Server) -> None:
    pool = UserPool(cloud, client=CLIENT, **first_factors("PASSWORD", "WEB_AUTHN"))
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, WebAuthnConfiguration={"RelyingPartyId": "example.com", "UserVerification": "preferred"}
    )
    passkeys = {}
    for username in ("alice", "bob"):
        pool.create(username)
        assert choose(pool, username)["AvailableChallenges"] == ["PASSWORD", "PASSWORD_SRP"]
        token = pool.access_token(username)
        options = pool.app.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"]
        passkeys[username] = Passkey(options, origin=ORIGIN)
        credential = passkeys[username].registration()
        pool.app.complete_web_authn_registration(AccessToken=token, Credential=credential)
    step = choose(pool, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert step["ChallengeName"] == "WEB_AUTHN"

    def options_of(step: Any) -> Any:
        return json.loads(step["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"])

    def prove(step: Any, assertion: Any) -> Any:
        return answer(pool, "WEB_AUTHN", step["Session"], CREDENTIAL=json.dumps(assertion))

    # Another's, and one for another challenge.
    assert refusal(lambda: prove(step, passkeys["bob"].assertion(options_of(step)))) == WRONG
    other = choose(pool, PREFERRED_CHALLENGE="WEB_AUTHN")
    assert refusal(lambda: prove(step, passkeys["alice"].assertion(options_of(other)))) == WRONG
    assert refusal(lambda: prove(step, {"type": "public-key"}))[0] == "InvalidParameterException"
    assertion = passkeys["alice"].assertion(options_of(step))
    assert prove(step, assertion)["AuthenticationResult"]
    assert refusal(lambda: prove(step, assertion)) == USED_SESSION
    session = choose(pool)["Session"]
    step = answer(pool, "SELECT_CHALLENGE", session, ANSWER="WEB_AUTHN")
    assert prove(step, passkeys["alice"].assertion(options_of(step)))["AuthenticationResult"]


# Devices


def remembered(pool: UserPool) -> tuple[str, str, str]:
    """Signs in on a new device, and confirms it: its key, its group's, and its password."""
    tokens = srp(pool, "alice").authenticate_user()["AuthenticationResult"]
    device = tokens["NewDeviceMetadata"]
    key, group = device["DeviceKey"], device["DeviceGroupKey"]
    assert key.startswith("us-east-1_") and len(key) == 46
    password, verifier = generate_hash_device(group, key)
    pool.app.confirm_device(
        AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceName="phone", DeviceSecretVerifierConfig=verifier
    )
    return key, group, password


@pytest.fixture
def device_pool(cloud: Server) -> UserPool:
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    pool = UserPool(cloud, client=CLIENT, DeviceConfiguration=devices)
    pool.create("alice")
    return pool


def on_device(pool: UserPool, device: tuple[str, str, str]) -> AWSSRP:
    key, group, password = device
    return srp(pool, "alice", device_key=key, device_group_key=group, device_password=password)


def test_a_device_by_pycognito(device_pool: UserPool) -> None:
    device = remembered(device_pool)
    for _ in range(4):
        result = on_device(device_pool, device).authenticate_user()["AuthenticationResult"]
        assert "NewDeviceMetadata" not in result
    key, group, _ = device
    # The right user on a wrong device.
    assert refusal(lambda: on_device(device_pool, (key, group, "wrong")).authenticate_user()) == WRONG


def test_a_device_stands_for_a_second_factor(device_pool: UserPool) -> None:
    pool = device_pool
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    device = remembered(pool)
    token = pool.access_token("alice")
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    pool.app.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    assert srp_step(pool, "alice")["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    assert on_device(pool, device).authenticate_user()["AuthenticationResult"]
    # A key alone is nothing: not one that nobody has, nor one without its password.
    for key in (device[0], "us-east-1_00000000-0000-0000-0000-000000000000"):
        step = pool.app.initiate_auth(
            ClientId=pool.client, AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD, "DEVICE_KEY": key},
        )  # fmt: skip
        expected = "DEVICE_SRP_AUTH" if key == device[0] else "SOFTWARE_TOKEN_MFA"
        assert step["ChallengeName"] == expected and "AuthenticationResult" not in step
    # Nor is the device alone: only who has proved the password with that A may go on without a session.
    client = on_device(pool, device)
    alone = refusal(lambda: answer(pool, "DEVICE_SRP_AUTH", None, DEVICE_KEY=device[0], SRP_A=f"{client.large_a_value:x}"))
    assert alone == ("InvalidParameterException", "Missing required parameter Session")
    # A device that was forgotten is none.
    pool.admin.admin_forget_device(UserPoolId=pool.id, Username="alice", DeviceKey=device[0])
    step = pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD, "DEVICE_KEY": device[0]},
    )  # fmt: skip
    assert step["ChallengeName"] == "SOFTWARE_TOKEN_MFA"


# Triggers


@pytest.fixture(scope="module")
def lambda_server() -> Iterator[tuple[Server, Function]]:
    function = Function()
    with Server("--event-destination", f"{FUNCTION}={function.url}") as server:
        yield server, function
    function.server.shutdown()


@pytest.fixture
def function(lambda_server: tuple[Server, Function]) -> Function:
    function = lambda_server[1]
    function.events.clear()
    function.behaviour = lambda event: event
    return function


@pytest.fixture
def make(lambda_server: tuple[Server, Function], function: Function) -> Callable[..., UserPool]:
    def make(*triggers: str, **settings: Any) -> UserPool:
        config = {name: FUNCTION for name in triggers}
        pool = UserPool(lambda_server[0], client=CLIENT, LambdaConfig=config, **settings)
        pool.create("alice", email="alice@example.com")
        function.events.clear()
        return pool

    return make


CHALLENGES = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse")


def riddles(event: dict[str, Any]) -> dict[str, Any]:
    """Two riddles, perhaps after the password."""
    request, response = event["request"], event["response"]
    match event["triggerSource"].split("_")[0]:
        case "DefineAuthChallenge":
            session = request["session"]
            right = [one for one in session if one["challengeName"] == "CUSTOM_CHALLENGE" and one["challengeResult"]]
            if session and session[-1]["challengeName"] == "SRP_A":
                response |= {"challengeName": "PASSWORD_VERIFIER", "issueTokens": False, "failAuthentication": False}
            elif len([one for one in session if not one["challengeResult"]]) > 1:
                response |= {"issueTokens": False, "failAuthentication": True}
            elif len(right) == 2:
                response |= {"issueTokens": True, "failAuthentication": False}
            else:
                response |= {"challengeName": "CUSTOM_CHALLENGE", "issueTokens": False, "failAuthentication": False}
        case "CreateAuthChallenge":
            number = len(request["session"])
            response["publicChallengeParameters"] = {"riddle": f"What is {number}?"}
            response["privateChallengeParameters"] = {"answer": str(number)}
            response["challengeMetadata"] = f"RIDDLE_{number}"
        case "VerifyAuthChallengeResponse":
            response["answerCorrect"] = request["privateChallengeParameters"]["answer"] == request["challengeAnswer"]
    return event


def custom(pool: UserPool, username: str = "alice", **parameters: str) -> Any:
    return pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": username} | parameters
    )


def test_custom_challenges(make: Callable[..., UserPool], function: Function) -> None:
    pool = make(*CHALLENGES)
    function.behaviour = riddles
    step = custom(pool)
    assert step["ChallengeName"] == "CUSTOM_CHALLENGE"
    assert step["ChallengeParameters"] == {"USERNAME": "alice", "riddle": "What is 0?"}
    first = step["Session"]
    step = answer(pool, "CUSTOM_CHALLENGE", first, ANSWER="0")
    assert step["ChallengeParameters"]["riddle"] == "What is 1?"
    # An answer is judged once.
    assert refusal(lambda: answer(pool, "CUSTOM_CHALLENGE", first, ANSWER="0")) == USED_SESSION
    step = answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="wrong")
    done = pool.app.respond_to_auth_challenge(
        ClientId=pool.client, ChallengeName="CUSTOM_CHALLENGE", Session=step["Session"],
        ChallengeResponses={"USERNAME": "alice", "ANSWER": "2"}, ClientMetadata={"hint": "given"},
    )  # fmt: skip
    assert done["AuthenticationResult"]
    last = function.events[-1]
    assert last["triggerSource"] == "DefineAuthChallenge_Authentication" and last["userName"] == "alice"
    assert last["request"]["session"] == [
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": True, "challengeMetadata": "RIDDLE_0"},
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": False, "challengeMetadata": "RIDDLE_1"},
        {"challengeName": "CUSTOM_CHALLENGE", "challengeResult": True, "challengeMetadata": "RIDDLE_2"},
    ]
    assert last["request"]["clientMetadata"] == {"hint": "given"} and last["request"]["userNotFound"] is False
    assert last["request"]["userAttributes"]["email"] == "alice@example.com"
    step = custom(pool)
    step = answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="wrong")
    assert refusal(lambda: answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="wrong")) == WRONG


def test_custom_challenges_after_the_password(make: Callable[..., UserPool], function: Function) -> None:
    pool = make(*CHALLENGES)
    function.behaviour = riddles

    def begin(password: str) -> Any:
        client = srp(pool, "alice", password)
        parameters = client.get_auth_params()
        step = custom(pool, CHALLENGE_NAME="SRP_A", SRP_A=parameters["SRP_A"])
        assert step["ChallengeName"] == "PASSWORD_VERIFIER" and step["Session"]
        proof = client.process_challenge(step["ChallengeParameters"], parameters)
        return answer(pool, "PASSWORD_VERIFIER", step["Session"], **without_name(proof))

    assert refusal(lambda: begin("wrong")) == WRONG
    step = begin(PASSWORD)
    assert step["ChallengeParameters"]["riddle"] == "What is 2?"
    step = answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="2")
    assert answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="3")["AuthenticationResult"]
    names = [one["challengeName"] for one in function.events[-1]["request"]["session"]]
    assert names == ["SRP_A", "PASSWORD_VERIFIER", "CUSTOM_CHALLENGE", "CUSTOM_CHALLENGE"]


def test_a_device_that_is_forgotten_stands_for_nothing(make: Callable[..., UserPool], function: Function) -> None:
    devices = {"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False}
    pool = make(*CHALLENGES, DeviceConfiguration=devices)
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration="OPTIONAL", SoftwareTokenMfaConfiguration={"Enabled": True}
    )
    device = remembered(pool)
    token = pool.access_token("alice")
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    pool.app.set_user_mfa_preference(
        AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True, "PreferredMfa": True}
    )
    function.behaviour = riddles
    client = srp(pool, "alice")
    parameters = client.get_auth_params()
    step = custom(pool, CHALLENGE_NAME="SRP_A", SRP_A=parameters["SRP_A"])
    proof = without_name(client.process_challenge(step["ChallengeParameters"], parameters))
    step = answer(pool, "PASSWORD_VERIFIER", step["Session"], DEVICE_KEY=device[0], **proof)
    step = answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="2")
    pool.admin.admin_forget_device(UserPoolId=pool.id, Username="alice", DeviceKey=device[0])
    step = answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="3")
    assert step["ChallengeName"] == "SOFTWARE_TOKEN_MFA"
    done = answer(pool, "SOFTWARE_TOKEN_MFA", step["Session"], SOFTWARE_TOKEN_MFA_CODE=totp(secret))
    assert done["AuthenticationResult"]


def test_what_triggers_can_not_do(make: Callable[..., UserPool], function: Function) -> None:
    pool = make(*CHALLENGES)
    unreadable = ("InvalidLambdaResponseException", "Unrecognizable lambda output")
    for response in ({}, {"challengeName": "SOMETHING"}, {"challengeName": "PASSWORD_VERIFIER"}, {"issueTokens": "yes"}):
        function.answers(**response)
        assert refusal(lambda: custom(pool)) == unreadable, response
    function.answers(failAuthentication=True)
    assert refusal(lambda: custom(pool)) == WRONG
    # Tokens for a user who is not there, is disabled, or not confirmed.
    function.answers(issueTokens=True)
    assert custom(pool)["AuthenticationResult"]
    assert refusal(lambda: custom(pool, "nobody")) == WRONG
    pool.admin.admin_disable_user(UserPoolId=pool.id, Username="alice")
    assert refusal(lambda: custom(pool)) == ("NotAuthorizedException", "User is disabled.")
    plain = make()
    missing = "Custom auth lambda trigger is not configured for the user pool."
    assert refusal(lambda: custom(plain)) == ("InvalidUserPoolConfigurationException", missing)


def test_custom_challenges_of_nobody(make: Callable[..., UserPool], function: Function) -> None:
    pool = make(*CHALLENGES)
    function.behaviour = riddles
    step = custom(pool, "nobody")
    real = custom(pool)
    assert len(step["Session"]) == len(real["Session"])
    assert function.events[0]["request"]["userNotFound"] is True
    step = answer(pool, "CUSTOM_CHALLENGE", step["Session"], "nobody", ANSWER="0")
    assert refusal(lambda: answer(pool, "CUSTOM_CHALLENGE", step["Session"], "nobody", ANSWER="1")) == WRONG


def test_much_to_remember(make: Callable[..., UserPool], function: Function) -> None:
    """What functions want to keep fits into no session, and is kept all the same, up to 64 KB."""
    pool = make(*CHALLENGES)
    much = 20_000

    def behaviour(event: dict[str, Any]) -> dict[str, Any]:
        event = riddles(event)
        if event["triggerSource"].startswith("CreateAuthChallenge"):
            event["response"]["privateChallengeParameters"]["more"] = "x" * much
        return event

    function.behaviour = behaviour
    step = custom(pool)
    assert len(step["Session"]) <= 2048
    step = answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="0")
    assert answer(pool, "CUSTOM_CHALLENGE", step["Session"], ANSWER="1")["AuthenticationResult"]
    much = 66_000
    too_much = ("InvalidLambdaResponseException", "Lambda function output is too large")
    assert refusal(lambda: custom(pool)) == too_much


def test_before_and_after(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("PreAuthentication", "PostAuthentication")
    pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "alice", "PASSWORD": PASSWORD}, ClientMetadata={"from": "app"},
    )  # fmt: skip
    before, after = function.events
    assert before["triggerSource"] == "PreAuthentication_Authentication"
    assert before["request"]["validationData"] == {"from": "app"} and before["request"]["userNotFound"] is False
    assert after["triggerSource"] == "PostAuthentication_Authentication"
    assert after["request"]["newDeviceUsed"] is False and "clientMetadata" not in after["request"]
    assert after["callerContext"]["clientId"] == pool.client
    # Not after a password that is wrong, and not before a user who is not there is told from others.
    function.events.clear()
    assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
    assert refusal(lambda: pool.sign_in("nobody", "wrong")) == WRONG
    assert function.sources() == ["PreAuthentication_Authentication"] * 2
    assert function.events[1]["request"]["userNotFound"] is True
    function.behaviour = lambda event: (200, {}, json.dumps({"errorMessage": "not on Sundays"}).encode())
    refused = ("UserLambdaValidationException", "PreAuthentication failed with error not on Sundays.")
    assert refusal(lambda: pool.sign_in("alice")) == refused
    assert refusal(lambda: srp(pool, "alice").authenticate_user()) == refused


def test_migration(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("UserMigration", AliasAttributes=["email"])

    def behaviour(event: dict[str, Any]) -> Any:
        if event["userName"] != "old" or event["request"]["password"] != PASSWORD:
            return (200, {"X-Amz-Function-Error": "Unhandled"}, json.dumps({"errorMessage": "Bad password"}).encode())
        event["response"] |= {
            "userAttributes": {"email": "old@example.com", "email_verified": "true"},
            "finalUserStatus": "CONFIRMED", "messageAction": "SUPPRESS",
        }  # fmt: skip
        return event

    function.behaviour = behaviour
    assert refusal(lambda: pool.sign_in("old", "wrong")) == WRONG
    assert refusal(lambda: pool.user("old"))[0] == "UserNotFoundException"
    assert pool.sign_in("old")["AuthenticationResult"]
    assert function.events[-1]["triggerSource"] == "UserMigration_Authentication"
    assert pool.status("old") == "CONFIRMED"
    # From now on, nobody else is asked.
    function.events.clear()
    assert srp(pool, "old").authenticate_user()["AuthenticationResult"]
    assert pool.sign_in("old@example.com")["AuthenticationResult"] and function.events == []
    # SRP tells no password that a function could compare.
    assert refusal(lambda: srp(pool, "older").authenticate_user()) == WRONG and function.events == []


def test_triggers_that_hang(make: Callable[..., UserPool], function: Function) -> None:
    """Each is asked three times, for five seconds; nobody else waits for it, however many do."""
    pool = make("PreAuthentication")
    other = make()
    over = threading.Event()
    function.behaviour = lambda event: over.wait(20) and event or event
    with ThreadPoolExecutor(30) as threads:
        start = time.monotonic()
        outcomes = [threads.submit(refusal, lambda: pool.sign_in("alice")) for _ in range(30)]
        while len(function.events) < 30:
            time.sleep(0.05)
        assert other.sign_in("alice")["AuthenticationResult"]
        # On a slow machine some of them may have been given up meanwhile; one that had waited would have come after all.
        assert not all(outcome.done() for outcome in outcomes)
        found = {outcome.result(PATIENCE) for outcome in outcomes}
        assert time.monotonic() - start > 14
    over.set()
    assert found == {
        (
            "UnexpectedLambdaException",
            "PreAuthentication invocation failed due to error Socket timeout while invoking Lambda function.",
        )
    }
    assert len(function.events) == 90
    # What hung has cost nobody an attempt.
    function.behaviour = lambda event: event
    assert pool.sign_in("alice")["AuthenticationResult"]
