"""Every challenge of a sign-in: answered out of order, by others, twice and late."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from pycognito.aws_srp import AWSSRP, generate_hash_device
from test_cognito_sign_in import SMS, make_message_role
from test_cognito_sign_in_ways import CHALLENGES, CLIENT, ORIGIN, riddles

from harness import Server
from harness.functions import FUNCTION, Function
from harness.passkeys import Passkey
from harness.sign_in import EXPIRED_SESSION, INVALID_SESSION, N, USED_SESSION, refusal, srp, totp
from harness.user_pools import PASSWORD, UserPool

TEMPORARY = "Temporary-1"
names = (f"user-{number}" for number in itertools.count())


@dataclass
class Waiting:
    """A sign-in that waits for the answer to a challenge, and the right one. SRP's have no session but in the answer."""

    pool: UserPool
    challenge: str
    responses: dict[str, str]
    session: str | None = None

    def answer(self, **other: Any) -> Any:
        given = {"ClientId": self.pool.client, "ChallengeName": self.challenge, "ChallengeResponses": self.responses}
        if self.session:
            given["Session"] = self.session
        return self.pool.app.respond_to_auth_challenge(**(given | other))

    @property
    def secret(self) -> str:
        """What the sign-in is known by."""
        return self.session or self.responses["PASSWORD_CLAIM_SECRET_BLOCK"]


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    function = Function()
    function.behaviour = riddles
    with Server("--event-destination", f"{FUNCTION}={function.url}") as server:
        make_message_role(server)
        yield server
    function.server.shutdown()


def make_pool(server: Server, mode: str = "OPTIONAL", **mfa: Any) -> UserPool:
    """One with all ways to sign in."""
    mail = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:111122223333:identity/example.com"}
    pool = UserPool(
        server, client=CLIENT, SmsConfiguration=SMS, EmailConfiguration=mail,
        LambdaConfig={name: FUNCTION for name in CHALLENGES},
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "SMS_OTP", "WEB_AUTHN"]}},
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True, "DeviceOnlyRememberedOnUserPrompt": False},
    )  # fmt: skip
    if mode == "OPTIONAL":
        mfa |= {
            "SmsMfaConfiguration": {"SmsConfiguration": SMS}, "EmailMfaConfiguration": {},
            "WebAuthnConfiguration": {"RelyingPartyId": "example.com", "UserVerification": "preferred"},
        }  # fmt: skip
    pool.admin.set_user_pool_mfa_config(
        UserPoolId=pool.id, MfaConfiguration=mode, SoftwareTokenMfaConfiguration={"Enabled": True}, **mfa
    )
    return pool


@pytest.fixture(scope="module")
def pools(server: Server) -> tuple[UserPool, UserPool, UserPool]:
    """The one that is signed in to, one that requires a second factor, and another one."""
    return make_pool(server), make_pool(server, "ON"), make_pool(server)


def new_user(pool: UserPool, password: str | None = PASSWORD, *factors: str) -> str:
    """A user with an e-mail address and a telephone; `factors` are those that are asked for after the password."""
    name = next(names)
    pool.create(
        name, password, email=f"{name}@example.com", email_verified="true", phone_number="+12065550100",
        phone_number_verified="true",
    )  # fmt: skip
    if factors:
        settings = {f"{factor}MfaSettings": {"Enabled": True} for factor in factors}
        pool.admin.admin_set_user_mfa_preference(UserPoolId=pool.id, Username=name, **settings)
    return name


def choose(pool: UserPool, name: str, **parameters: str) -> Any:
    given = {"USERNAME": name} | parameters
    return pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_AUTH", AuthParameters=given)


def waiting(pool: UserPool, step: Any, name: str, **responses: str) -> Waiting:
    return Waiting(pool, step["ChallengeName"], {"USERNAME": name} | responses, step["Session"])


# How far each comes: the functions' names are the challenges'.


def new_password_required(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool, None)
    pool.admin.admin_set_user_password(UserPoolId=pool.id, Username=name, Password=TEMPORARY, Permanent=False)
    return waiting(pool, pool.sign_in(name, TEMPORARY), name, NEW_PASSWORD=PASSWORD)


def password_verifier(pool: UserPool, _: UserPool) -> Waiting:
    client = srp(pool, new_user(pool))
    parameters = client.get_auth_params()
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    return Waiting(pool, "PASSWORD_VERIFIER", client.process_challenge(step["ChallengeParameters"], parameters))


def sms_mfa(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool, PASSWORD, "SMS")
    return waiting(pool, pool.sign_in(name), name, SMS_MFA_CODE=pool.code())


def email_otp(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool, PASSWORD, "Email")
    return waiting(pool, pool.sign_in(name), name, EMAIL_OTP_CODE=pool.code())


def email_otp_first(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool)
    return waiting(pool, choose(pool, name, PREFERRED_CHALLENGE="EMAIL_OTP"), name, EMAIL_OTP_CODE=pool.code())


def sms_otp(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool)
    return waiting(pool, choose(pool, name, PREFERRED_CHALLENGE="SMS_OTP"), name, SMS_OTP_CODE=pool.code())


def software_token_mfa(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool)
    token = pool.access_token(name)
    secret = pool.app.associate_software_token(AccessToken=token)["SecretCode"]
    pool.app.verify_software_token(AccessToken=token, UserCode=totp(secret, -1))
    pool.app.set_user_mfa_preference(AccessToken=token, SoftwareTokenMfaSettings={"Enabled": True})
    return waiting(pool, pool.sign_in(name), name, SOFTWARE_TOKEN_MFA_CODE=totp(secret))


def select_mfa_type(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool, PASSWORD, "SMS", "Email")
    return waiting(pool, pool.sign_in(name), name, ANSWER="EMAIL_OTP")


def mfa_setup(_: UserPool, strict: UserPool) -> Waiting:
    name = new_user(strict)
    begun = strict.app.associate_software_token(Session=strict.sign_in(name)["Session"])
    done = strict.app.verify_software_token(Session=begun["Session"], UserCode=totp(begun["SecretCode"]))
    return Waiting(strict, "MFA_SETUP", {"USERNAME": name}, done["Session"])


def select_challenge(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool)
    return waiting(pool, choose(pool, name), name, ANSWER="PASSWORD", PASSWORD=PASSWORD)


def password(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool)
    return waiting(pool, choose(pool, name, PREFERRED_CHALLENGE="PASSWORD"), name, PASSWORD=PASSWORD)


def password_srp(pool: UserPool, _: UserPool) -> Waiting:
    chosen = select_challenge(pool, _)
    name = chosen.responses["USERNAME"]
    step = chosen.answer(ChallengeResponses={"USERNAME": name, "ANSWER": "PASSWORD_SRP"})
    return waiting(pool, step, name, SRP_A=srp(pool, name).get_auth_params()["SRP_A"])


def web_authn(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool)
    token = pool.access_token(name)
    key = Passkey(pool.app.start_web_authn_registration(AccessToken=token)["CredentialCreationOptions"], origin=ORIGIN)
    pool.app.complete_web_authn_registration(AccessToken=token, Credential=key.registration())
    step = choose(pool, name, PREFERRED_CHALLENGE="WEB_AUTHN")
    assertion = key.assertion(json.loads(step["ChallengeParameters"]["CREDENTIAL_REQUEST_OPTIONS"]))
    return waiting(pool, step, name, CREDENTIAL=json.dumps(assertion))


def custom_challenge(pool: UserPool, _: UserPool) -> Waiting:
    name = new_user(pool)
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="CUSTOM_AUTH", AuthParameters={"USERNAME": name})
    return waiting(pool, step, name, ANSWER="0")


def on_device(pool: UserPool) -> tuple[AWSSRP, Waiting]:
    name = new_user(pool)
    tokens = pool.sign_in(name)["AuthenticationResult"]
    device = tokens["NewDeviceMetadata"]
    key, group = device["DeviceKey"], device["DeviceGroupKey"]
    secret, verifier = generate_hash_device(group, key)
    pool.app.confirm_device(AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=verifier)
    client = srp(pool, name, device_key=key, device_group_key=group, device_password=secret)
    given = {"USERNAME": name, "PASSWORD": PASSWORD, "DEVICE_KEY": key}
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=given)
    return client, waiting(pool, step, name, DEVICE_KEY=key, SRP_A=client.get_auth_params()["SRP_A"])


def device_srp_auth(pool: UserPool, _: UserPool) -> Waiting:
    return on_device(pool)[1]


def device_password_verifier(pool: UserPool, _: UserPool) -> Waiting:
    client, begun = on_device(pool)
    proof = client.process_device_challenge(begun.answer()["ChallengeParameters"])
    return Waiting(pool, "DEVICE_PASSWORD_VERIFIER", proof)


STAGES = [
    new_password_required, password_verifier, sms_mfa, email_otp, email_otp_first, sms_otp, software_token_mfa,
    select_mfa_type, mfa_setup, select_challenge, password, password_srp, web_authn, custom_challenge, device_srp_auth,
    device_password_verifier,
]  # fmt: skip

#: What else could be answered.
OTHERS: dict[str, dict[str, str]] = {
    "NEW_PASSWORD_REQUIRED": {"NEW_PASSWORD": PASSWORD}, "SMS_MFA": {"SMS_MFA_CODE": "123456"},
    "EMAIL_OTP": {"EMAIL_OTP_CODE": "123456"}, "SMS_OTP": {"SMS_OTP_CODE": "123456"},
    "SOFTWARE_TOKEN_MFA": {"SOFTWARE_TOKEN_MFA_CODE": "123456"}, "SELECT_MFA_TYPE": {"ANSWER": "EMAIL_OTP"}, "MFA_SETUP": {},
    "SELECT_CHALLENGE": {"ANSWER": "PASSWORD", "PASSWORD": PASSWORD}, "PASSWORD": {"PASSWORD": PASSWORD},
    "PASSWORD_SRP": {"SRP_A": "2"}, "WEB_AUTHN": {"CREDENTIAL": "{}"}, "CUSTOM_CHALLENGE": {"ANSWER": "0"},
    "DEVICE_SRP_AUTH": {"DEVICE_KEY": "x", "SRP_A": "2"}, "PASSWORD_VERIFIER": {}, "DEVICE_PASSWORD_VERIFIER": {},
}  # fmt: skip


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.__name__)
def test_a_challenge(
    server: Server, pools: tuple[UserPool, UserPool, UserPool], stage: Callable[[UserPool, UserPool], Waiting]
) -> None:
    pool, strict, other = pools
    waits = stage(pool, strict)
    assert waits.challenge == stage.__name__.removesuffix("_first").upper()
    pool, name = waits.pool, waits.responses["USERNAME"]
    # Out of order: answers to all other challenges.
    for challenge, responses in OTHERS.items():
        if challenge == waits.challenge or (waits.challenge == "SELECT_CHALLENGE" and challenge.startswith("PASSWORD")):
            continue
        responses = {"USERNAME": name} | responses
        if challenge.endswith("PASSWORD_VERIFIER"):
            responses |= {"PASSWORD_CLAIM_SECRET_BLOCK": waits.secret, "PASSWORD_CLAIM_SIGNATURE": "AAAA", "TIMESTAMP": "x"}
        call = {"ChallengeName": challenge, "ChallengeResponses": responses, "Session": waits.secret[:2048]}
        assert refusal(lambda: waits.answer(**call)) == INVALID_SESSION, challenge
    # By another client of the pool, at another pool that has the same user, by an administrator of that one, by another user.
    sibling = pool.new_client(**CLIENT)["ClientId"]
    other.create(name, email=f"{name}@example.com", email_verified="true")
    for client in (sibling, other.client):
        assert refusal(lambda: waits.answer(ClientId=client)) == INVALID_SESSION
    as_administrator = {"UserPoolId": other.id, "ClientId": other.client, "ChallengeName": waits.challenge}
    session = {"Session": waits.session} if waits.session else {}
    answer = other.admin.admin_respond_to_auth_challenge
    assert refusal(lambda: answer(**as_administrator, **session, ChallengeResponses=waits.responses)) == INVALID_SESSION
    somebody = waits.responses | {"USERNAME": new_user(pool)}
    assert refusal(lambda: waits.answer(ChallengeResponses=somebody)) == INVALID_SESSION
    # As it is meant, and twice.
    assert waits.answer().keys() & {"AuthenticationResult", "ChallengeName"}
    assert refusal(waits.answer) == USED_SESSION
    # Late.
    waits = stage(*pools[:2])
    server.advance(181)
    assert refusal(waits.answer) == EXPIRED_SESSION


@pytest.mark.parametrize("stage", [password_srp, device_srp_auth], ids=lambda stage: stage.__name__)
def test_numbers_that_would_prove_anything(
    pools: tuple[UserPool, UserPool, UserPool], stage: Callable[[UserPool, UserPool], Waiting]
) -> None:
    """A = 0 and its kin make a secret that everybody knows: devices and chosen passwords take none of them either."""
    waits = stage(*pools[:2])
    for number in (0, N, 2 * N, 3 * N, N + 1, N << 8):
        responses = waits.responses | {"SRP_A": f"{number:x}"}
        assert refusal(lambda: waits.answer(ChallengeResponses=responses))[0] == "InvalidParameterException"
    # None of it was an attempt.
    assert waits.answer()["ChallengeName"].endswith("PASSWORD_VERIFIER")
