"""Every source of every trigger, by the flows that bring them about, and what functions are told then. Those of users who come
from other providers are in test_cognito_federation_oidc.py."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pycognito.aws_srp import generate_hash_device
from test_cognito_sign_in_ways import CHALLENGES, CLIENT, riddles

from harness import Server
from harness.functions import FUNCTION, Function
from harness.hosted import CALLBACK, FormBrowser, Pool, client_settings
from harness.sign_in import answer, srp
from harness.user_pools import PASSWORD, UserPool, attributes

MAIL = {"EmailSendingAccount": "DEVELOPER", "SourceArn": "arn:aws:ses:us-east-1:111122223333:identity/example.com"}
ASKED = (
    "PreSignUp", "PostConfirmation", "PreAuthentication", "PostAuthentication", "CustomMessage", "UserMigration", *CHALLENGES,
)  # fmt: skip
METADATA = {"ClientMetadata": {"from": "test"}}

TOKENS = ({"userAttributes", "groupConfiguration", "scopes"}, {"clientMetadata"})
MESSAGE = ({"userAttributes", "codeParameter", "linkParameter", "usernameParameter"}, {"clientMetadata"})
#: What a request has, and what it may have besides, by AWS's guide.
REQUESTS: dict[str, tuple[set[str], set[str]]] = {
    "PreSignUp_SignUp": ({"userAttributes", "validationData", "clientMetadata"}, set()),
    "PreSignUp_AdminCreateUser": ({"userAttributes", "validationData", "clientMetadata"}, set()),
    "PostConfirmation_ConfirmSignUp": ({"userAttributes"}, {"clientMetadata"}),
    "PostConfirmation_ConfirmForgotPassword": ({"userAttributes"}, {"clientMetadata"}),
    "PreAuthentication_Authentication": ({"userAttributes"}, {"validationData", "userNotFound"}),
    "PostAuthentication_Authentication": ({"userAttributes", "newDeviceUsed"}, {"clientMetadata"}),
    "TokenGeneration_Authentication": TOKENS, "TokenGeneration_NewPasswordChallenge": TOKENS,
    "TokenGeneration_AuthenticateDevice": TOKENS, "TokenGeneration_RefreshTokens": TOKENS,
    "TokenGeneration_HostedAuth": TOKENS,
    "TokenGeneration_ClientCredentials": ({"scopes"}, {"userAttributes", "groupConfiguration", "clientMetadata"}),
    "UserMigration_Authentication": ({"password"}, {"validationData", "clientMetadata"}),
    "UserMigration_ForgotPassword": (set(), {"validationData", "clientMetadata", "password"}),
    "CustomMessage_SignUp": MESSAGE, "CustomMessage_AdminCreateUser": MESSAGE, "CustomMessage_ResendCode": MESSAGE,
    "CustomMessage_ForgotPassword": MESSAGE, "CustomMessage_UpdateUserAttribute": MESSAGE,
    "CustomMessage_VerifyUserAttribute": MESSAGE, "CustomMessage_Authentication": MESSAGE,
    "DefineAuthChallenge_Authentication": ({"userAttributes", "session"}, {"clientMetadata", "userNotFound"}),
    "CreateAuthChallenge_Authentication": (
        {"userAttributes", "session", "challengeName"}, {"clientMetadata", "userNotFound"},
    ),
    "VerifyAuthChallengeResponse_Authentication": (
        {"userAttributes", "privateChallengeParameters", "challengeAnswer"}, {"clientMetadata", "userNotFound"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def pool() -> Iterator[tuple[UserPool, Function]]:
    function = Function()

    def behaviour(event: Any) -> Any:
        match event["triggerSource"].split("_")[0]:
            case "UserMigration":
                event["response"] |= {
                    "userAttributes": attributes_of(event["userName"]), "finalUserStatus": "CONFIRMED",
                    "messageAction": "SUPPRESS",
                }  # fmt: skip
                return event
            case "DefineAuthChallenge" | "CreateAuthChallenge" | "VerifyAuthChallengeResponse":
                return riddles(event)
            case _:
                return event

    function.behaviour = behaviour
    with Server("--event-destination", f"{FUNCTION}={function.url}") as server:
        config: dict[str, Any] = {name: FUNCTION for name in ASKED}
        config["PreTokenGenerationConfig"] = {"LambdaArn": FUNCTION, "LambdaVersion": "V3_0"}
        pool = UserPool(
            server, client=CLIENT, LambdaConfig=config, AutoVerifiedAttributes=["email"], EmailConfiguration=MAIL,
            DeviceConfiguration={"ChallengeRequiredOnNewDevice": False, "DeviceOnlyRememberedOnUserPrompt": False},
        )  # fmt: skip
        pool.admin.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OPTIONAL", EmailMfaConfiguration={})
        yield pool, function
    function.server.shutdown()


def attributes_of(name: str) -> dict[str, str]:
    return {"email": f"{name}@example.com", "email_verified": "true"}


def from_signing_up(pool: UserPool) -> None:
    named = {"ClientId": pool.client, "Username": "ann"} | METADATA
    pool.app.sign_up(
        **named, Password=PASSWORD, UserAttributes=attributes(email="ann@example.com"), ValidationData=attributes(captcha="yes")
    )
    pool.app.resend_confirmation_code(**named)
    pool.confirm("ann", **METADATA)
    given = {"USERNAME": "ann", "PASSWORD": PASSWORD}
    call = {"ClientId": pool.client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": given} | METADATA
    tokens = pool.app.initiate_auth(**call)["AuthenticationResult"]
    given = {"REFRESH_TOKEN": tokens["RefreshToken"], "DEVICE_KEY": tokens["NewDeviceMetadata"]["DeviceKey"]}
    pool.app.initiate_auth(ClientId=pool.client, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters=given)
    pool.app.forgot_password(**named)
    pool.app.confirm_forgot_password(**named, ConfirmationCode=pool.code(), Password=PASSWORD + "2")
    token = {"AccessToken": pool.access_token("ann", PASSWORD + "2")} | METADATA
    pool.app.update_user_attributes(**token, UserAttributes=attributes(email="anna@example.com"))
    pool.app.get_user_attribute_verification_code(**token, AttributeName="email")


def of_administrators(pool: UserPool) -> None:
    user = {"UserPoolId": pool.id, "Username": "bob"}
    mail = [{"Name": name, "Value": value} for name, value in attributes_of("bob").items()]
    pool.admin.admin_create_user(
        **user, TemporaryPassword="Temporary-1", UserAttributes=mail, ValidationData=attributes(captcha="no"), **METADATA
    )
    step = pool.sign_in("bob", "Temporary-1")
    answer(pool, "NEW_PASSWORD_REQUIRED", step["Session"], "bob", NEW_PASSWORD=PASSWORD)
    pool.admin.admin_set_user_mfa_preference(**user, EmailMfaSettings={"Enabled": True, "PreferredMfa": True})
    assert pool.sign_in("bob")["ChallengeName"] == "EMAIL_OTP"


def on_a_device(pool: UserPool) -> None:
    pool.create("carol", **attributes_of("carol"))
    tokens = srp(pool, "carol").authenticate_user()["AuthenticationResult"]
    key, group = (tokens["NewDeviceMetadata"][name] for name in ("DeviceKey", "DeviceGroupKey"))
    secret, verifier = generate_hash_device(group, key)
    pool.app.confirm_device(AccessToken=tokens["AccessToken"], DeviceKey=key, DeviceSecretVerifierConfig=verifier)
    done = srp(pool, "carol", device_key=key, device_group_key=group, device_password=secret).authenticate_user()
    assert done["AuthenticationResult"]


def by_riddles(pool: UserPool) -> None:
    pool.create("dan", **attributes_of("dan"))
    given = {"ClientId": pool.client, "AuthFlow": "CUSTOM_AUTH", "AuthParameters": {"USERNAME": "dan"}}
    step = pool.app.initiate_auth(**given)
    answer(pool, "CUSTOM_CHALLENGE", step["Session"], "dan", ANSWER="0")


def from_elsewhere(pool: UserPool) -> None:
    assert pool.sign_in("old")["AuthenticationResult"]
    # Who has forgotten the password is known elsewhere as well, and gets the code for another at once.
    pool.app.forgot_password(ClientId=pool.client, Username="older", **METADATA)
    assert pool.message()["to"] == "older@example.com" and pool.status("older") == "CONFIRMED"
    call = {"ClientId": pool.client, "Username": "older", "ConfirmationCode": pool.code()}
    pool.app.confirm_forgot_password(**call, Password=PASSWORD)
    assert pool.sign_in("older")["AuthenticationResult"]


def by_pages(pool: UserPool) -> None:
    pool.create("eve", **attributes_of("eve"))
    pool.admin.create_user_pool_domain(UserPoolId=pool.id, Domain="triggers")
    made = pool.admin.create_user_pool_client(**(client_settings() | {"UserPoolId": pool.id}))["UserPoolClient"]
    pages = Pool(pool.cloud, pool.admin, pool.id, made["ClientId"], None, "triggers")
    code = FormBrowser(pages).sign_in("eve", PASSWORD).code
    fields = {"client_id": pages.client_id, "code": code, "redirect_uri": CALLBACK}
    assert pages.token(grant_type="authorization_code", **fields).status_code == 200
    pool.admin.create_resource_server(
        UserPoolId=pool.id, Identifier="api", Name="api", Scopes=[{"ScopeName": "read", "ScopeDescription": "x"}]
    )
    machine = pool.new_client(
        GenerateSecret=True, AllowedOAuthFlows=["client_credentials"], AllowedOAuthScopes=["api/read"],
        AllowedOAuthFlowsUserPoolClient=True,
    )  # fmt: skip
    auth = (machine["ClientId"], machine["ClientSecret"])
    assert pages.token(auth=auth, grant_type="client_credentials").status_code == 200


def test_every_source(pool: tuple[UserPool, Function]) -> None:
    users, function = pool
    for part in (from_signing_up, of_administrators, on_a_device, by_riddles, from_elsewhere, by_pages):
        part(users)
    # The first of each.
    told: dict[str, Any] = {event["triggerSource"]: event for event in reversed(function.events)}
    assert set(told) == set(REQUESTS)
    for source, (has, may_have) in REQUESTS.items():
        event = told[source]
        members = set(event["request"])
        assert has <= members <= has | may_have, (source, members)
        assert (event["region"], event["userPoolId"]) == ("us-east-1", users.id) and isinstance(event["response"], dict), source
        assert event["version"] == ("3" if source.startswith("TokenGeneration") else "1"), source
        assert set(event["callerContext"]) == {"awsSdkVersion", "clientId"}, source
    # What apps and administrators tell functions.
    assert told["PreSignUp_SignUp"]["request"]["validationData"] == {"captcha": "yes"}
    assert told["PreSignUp_AdminCreateUser"]["request"]["validationData"] == {"captcha": "no"}
    for source in ("PreSignUp_SignUp", "CustomMessage_SignUp", "CustomMessage_UpdateUserAttribute", "PostConfirmation_ConfirmSignUp"):
        assert told[source]["request"]["clientMetadata"] == {"from": "test"}, source
    assert "password" not in told["UserMigration_ForgotPassword"]["request"]
    first = told["PreAuthentication_Authentication"]
    assert first["request"]["validationData"] == {"from": "test"}
    assert told["CustomMessage_AdminCreateUser"]["request"]["usernameParameter"] == "{username}"
    assert told["UserMigration_Authentication"]["request"]["password"] == PASSWORD
