"""Users of identity providers sign in there, and by nothing that the pool itself offers: nor does anybody learn of them by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore import UNSIGNED

from harness import LOOPBACK, Server, error_of
from harness.federated import add_provider, attributes_of, relying, sign_in, tokens
from harness.functions import FUNCTION, Function
from harness.hosted import CALLBACK, PASSWORD, FormBrowser, Pool, make_pool
from harness.login_provider import LoginProvider
from harness.openid import Authority

FLOWS = [
    "ALLOW_USER_AUTH", "ALLOW_CUSTOM_AUTH", "ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH",
]  # fmt: skip
NAMES = ("Login_a", "a@example.com")
PASSKEYS = {"RelyingPartyId": "localhost", "UserVerification": "preferred"}
INCORRECT = ("NotAuthorizedException", "Incorrect username or password.")


def custom(event: dict[str, Any]) -> dict[str, Any]:
    """One challenge, whose answer is 1."""
    source = event["triggerSource"]
    if source.startswith("Define"):
        isRight = bool(event["request"]["session"]) and event["request"]["session"][-1]["challengeResult"]
        event["response"] = {"issueTokens": isRight, "failAuthentication": False} | (
            {} if isRight else {"challengeName": "CUSTOM_CHALLENGE"}
        )
    elif source.startswith("Create"):
        event["response"] = {"publicChallengeParameters": {}, "privateChallengeParameters": {"a": "1"}}
    elif source.startswith("Verify"):
        event["response"] = {"answerCorrect": event["request"]["challengeAnswer"] == "1"}
    return event


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Function, LoginProvider]]:
    authority = Authority(tmp_path_factory.mktemp("authority"))
    provider = LoginProvider(tmp_path_factory.mktemp("provider"), authority)
    function = Function()
    options = ["--ca-bundle", str(authority.file), *LOOPBACK, "--event-destination", f"{FUNCTION}={function.url}"]
    with Server(*options, log=tmp_path_factory.mktemp("server") / "log") as server:
        yield server, function, provider
    function.server.shutdown()
    provider.stop()


@pytest.fixture
def provider(outside: tuple[Server, Function, LoginProvider]) -> LoginProvider:
    return outside[2]


@pytest.fixture
def function(outside: tuple[Server, Function, LoginProvider]) -> Function:
    outside[1].events.clear()
    outside[1].behaviour = custom
    return outside[1]


@pytest.fixture
def make(
    outside: tuple[Server, Function, LoginProvider], function: Function, provider: LoginProvider
) -> Callable[..., Pool]:
    """A pool with all ways to sign in, and a user of a provider's with a verified address."""

    def make(*triggers: str, **client: Any) -> Pool:
        server = outside[0]
        server.reset()
        names = ("DefineAuthChallenge", "CreateAuthChallenge", "VerifyAuthChallengeResponse", *triggers)
        factors = {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP", "WEB_AUTHN"]}
        pool = make_pool(
            server, server.root, pool={
                "AliasAttributes": ["email"], "Policies": {"SignInPolicy": factors},
                "LambdaConfig": {name: FUNCTION for name in names},
            },
        )  # fmt: skip
        add_provider(pool, "Login", provider.details())
        relying(pool, "COGNITO", "Login", ExplicitAuthFlows=FLOWS, **client)
        tokens(pool, sign_in(pool, provider, sub="a", email="a@example.com", email_verified=True))
        return pool

    return make


def application(pool: Pool) -> Any:
    return pool.server.root.client("cognito-idp", signature_version=UNSIGNED)


def outcome(call: Callable[..., Any], **parameters: Any) -> Any:
    """What a caller sees, without what differs each time."""
    try:
        answer = call(**parameters)
    except call.__self__.exceptions.ClientError as error:  # type: ignore[attr-defined]
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    assert "AuthenticationResult" not in answer, answer
    details = answer.get("CodeDeliveryDetails", {})
    return answer.get("ChallengeName"), sorted(answer.get("ChallengeParameters", {})), details.get("DeliveryMedium")


def begin(pool: Pool, flow: str, name: str, **parameters: str) -> Any:
    return {"ClientId": pool.client_id, "AuthFlow": flow, "AuthParameters": {"USERNAME": name} | parameters}


def test_no_flow_of_the_pool_lets_them_in(make: Callable[..., Pool], function: Function) -> None:
    pool = make("UserMigration")
    pool.idp.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF", WebAuthnConfiguration=PASSKEYS)
    app, plain = application(pool), pool.client()["ClientId"]
    for gone in (False, True):
        if gone:
            pool.idp.delete_identity_provider(UserPoolId=pool.id, ProviderName="Login")
            # Failures count as for all names.
            pool.server.advance(3600)
        for name in NAMES:
            # By passwords it is as with those who do not exist.
            for flow, call, more in (
                ("USER_PASSWORD_AUTH", app.initiate_auth, {}),
                ("ADMIN_USER_PASSWORD_AUTH", pool.idp.admin_initiate_auth, {"UserPoolId": pool.id}),
            ):
                request = begin(pool, flow, name, PASSWORD=PASSWORD)
                assert outcome(call, **request, **more) == INCORRECT, (flow, name)
            srp = outcome(app.initiate_auth, **begin(pool, "USER_SRP_AUTH", name, SRP_A="ab" * 384))
            assert srp == outcome(app.initiate_auth, **begin(pool, "USER_SRP_AUTH", "nobody", SRP_A="ab" * 384))
            # A code is asked for, perhaps, but sent to nobody.
            for challenge in ("EMAIL_OTP", "WEB_AUTHN", "PASSWORD"):
                begun = app.initiate_auth(**begin(pool, "USER_AUTH", name, PREFERRED_CHALLENGE=challenge))
                assert "AuthenticationResult" not in begun
                if begun.get("ChallengeName") == "EMAIL_OTP":
                    answers = {"USERNAME": name, "EMAIL_OTP_CODE": "123456"}
                    answer = {"ClientId": pool.client_id, "ChallengeName": "EMAIL_OTP", "Session": begun["Session"]}
                    wrong = outcome(app.respond_to_auth_challenge, **answer, ChallengeResponses=answers)
                    assert wrong[0] in ("CodeMismatchException", "NotAuthorizedException"), wrong
            assert not pool.messages()
            # The function is told that there is nobody, and nobody comes in, even though it says so.
            function.events.clear()
            begun = app.initiate_auth(**begin(pool, "CUSTOM_AUTH", name))
            assert function.events[0]["request"]["userNotFound"] is True
            answer = {"ClientId": pool.client_id, "ChallengeName": begun["ChallengeName"], "Session": begun["Session"]}
            answers = {"USERNAME": name, "ANSWER": "1"}
            assert outcome(app.respond_to_auth_challenge, **answer, ChallengeResponses=answers) == INCORRECT
            # On the pages, neither.
            page = FormBrowser(pool).open(pool.address()).submit(username=name)
            assert page.answer.status_code == 200 and "Location" not in page.answer.headers
            page = FormBrowser(pool).sign_in(name, PASSWORD, client_id=plain)
            assert page.problem == "Incorrect username or password."
            assert not pool.messages()
        assert not [source for source in function.sources() if source.startswith("UserMigration")]


def test_without_hidden_existence_they_are_told_from_nobody(make: Callable[..., Pool]) -> None:
    pool = make(PreventUserExistenceErrors="LEGACY")
    app = application(pool)
    for flow in ("USER_AUTH", "CUSTOM_AUTH", "USER_PASSWORD_AUTH"):
        request = begin(pool, flow, "Login_a", PASSWORD=PASSWORD)
        assert outcome(app.initiate_auth, **request) == INCORRECT
        request = begin(pool, flow, "nobody", PASSWORD=PASSWORD)
        assert outcome(app.initiate_auth, **request)[0] == "UserNotFoundException"
    state = "User password cannot be reset in the current state."
    call = {"ClientId": pool.client_id, "Username": "Login_a"}
    assert outcome(app.forgot_password, **call) == ("NotAuthorizedException", state)
    assert outcome(app.confirm_forgot_password, **call, ConfirmationCode="123456", Password=PASSWORD) == (
        "NotAuthorizedException", state,
    )  # fmt: skip


def test_no_password_comes_from_a_forgotten_one(make: Callable[..., Pool]) -> None:
    pool = make()
    app = application(pool)
    code = {"ConfirmationCode": "123456", "Password": PASSWORD}
    calls = [{"ClientId": pool.client_id, "Username": name} for name in (*NAMES, "nobody")]
    for expected in ("ExpiredCodeException", "CodeMismatchException"):
        for call in calls:
            assert outcome(app.confirm_forgot_password, **call, **code)[0] == expected, call
        seen = {str(outcome(app.forgot_password, **call)) for call in calls}
        assert len(seen) == 1, seen
    assert not pool.messages()
    assert attributes_of(pool, "Login_a")["status"] == "EXTERNAL_PROVIDER"
    error = error_of(pool.idp.admin_reset_user_password, UserPoolId=pool.id, Username="Login_a")
    assert error.code == "NotAuthorizedException"


def signed_in(pool: Pool, provider: LoginProvider) -> str:
    browser = FormBrowser(pool)
    browser.open(pool.address(identity_provider="Login", scope="openid aws.cognito.signin.user.admin"))
    browser.open(provider.sign_in(browser.answer.headers["Location"], sub="a"))
    answer = pool.token(
        grant_type="authorization_code", code=browser.code, redirect_uri=CALLBACK, client_id=pool.client_id
    )
    return str(answer.json()["access_token"])


def test_they_make_themselves_no_other_way_in(make: Callable[..., Pool], provider: LoginProvider) -> None:
    pool = make()
    pool.idp.set_user_pool_mfa_config(UserPoolId=pool.id, MfaConfiguration="OFF", WebAuthnConfiguration=PASSKEYS)
    app, access = application(pool), signed_in(pool, provider)
    assert app.get_user(AccessToken=access)["Username"] == "Login_a"
    error = error_of(app.start_web_authn_registration, AccessToken=access)
    assert error.code == "NotAuthorizedException", error
    change = {"AccessToken": access, "ProposedPassword": PASSWORD}
    for previous in ({}, {"PreviousPassword": PASSWORD}):
        assert error_of(app.change_password, **change, **previous).code == "NotAuthorizedException"
    assert attributes_of(pool, "Login_a")["status"] == "EXTERNAL_PROVIDER"


def test_an_administrators_password_makes_them_users_of_the_pool(
    make: Callable[..., Pool], provider: LoginProvider
) -> None:
    """So AdminSetUserPassword's description has it; and linked users are the pool's own."""
    pool = make()
    app = application(pool)
    pool.idp.admin_set_user_password(UserPoolId=pool.id, Username="Login_a", Password=PASSWORD, Permanent=True)
    assert attributes_of(pool, "Login_a")["status"] == "CONFIRMED"
    request = begin(pool, "USER_PASSWORD_AUTH", "a@example.com", PASSWORD=PASSWORD)
    assert app.initiate_auth(**request)["AuthenticationResult"]
    assert tokens(pool, sign_in(pool, provider, sub="a"))["cognito:username"] == "Login_a"
    app.change_password(
        AccessToken=signed_in(pool, provider), PreviousPassword=PASSWORD, ProposedPassword=PASSWORD + "x"
    )
    pool.user("carlos")
    pool.idp.admin_link_provider_for_user(
        UserPoolId=pool.id, DestinationUser={"ProviderName": "Cognito", "ProviderAttributeValue": "carlos"},
        SourceUser={
            "ProviderName": "Login", "ProviderAttributeName": "Cognito_Subject", "ProviderAttributeValue": "c",
        },
    )  # fmt: skip
    assert tokens(pool, sign_in(pool, provider, sub="c"))["cognito:username"] == "carlos"
    request = begin(pool, "USER_PASSWORD_AUTH", "carlos", PASSWORD=PASSWORD)
    assert app.initiate_auth(**request)["AuthenticationResult"]
