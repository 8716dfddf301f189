"""The trigger PreTokenGeneration: what it is told, and what it makes of tokens, by all three versions of its event."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import Server, error_of
from harness.functions import FUNCTION, Function
from harness.pool_tokens import unverified, verified
from harness.user_pools import UserPool, named

ADMIN = "aws.cognito.signin.user.admin"
ROLE = "arn:aws:iam::111122223333:role/"


@pytest.fixture(scope="module")
def lambda_server() -> Iterator[tuple[Server, Function]]:
    function = Function()
    with Server("--event-destination", f"{FUNCTION}={function.url}") as server:
        yield server, function
    function.server.shutdown()


@pytest.fixture
def function(lambda_server: tuple[Server, Function]) -> Function:
    server, function = lambda_server
    function.events.clear()
    function.behaviour = lambda event: event
    return function


Make = Callable[..., UserPool]


@pytest.fixture
def make(lambda_server: tuple[Server, Function], function: Function) -> Make:
    def make(version: str | None = None) -> UserPool:
        config: dict[str, Any] = {"PreTokenGeneration": FUNCTION}
        if version:
            config = {"PreTokenGenerationConfig": {"LambdaArn": FUNCTION, "LambdaVersion": version}}
        pool = UserPool(lambda_server[0], LambdaConfig=config)
        pool.create("ann", email="ann@example.com", email_verified="true", name="Ann")
        for name, precedence in [("red", 1), ("blue", 2)]:
            pool.admin.create_group(
                UserPoolId=pool.id, GroupName=name, Precedence=precedence, RoleArn=f"{ROLE}{name}"
            )
            pool.admin.admin_add_user_to_group(UserPoolId=pool.id, Username="ann", GroupName=name)
        return pool

    return make


def claims(pool: UserPool) -> tuple[dict[str, Any], dict[str, Any]]:
    """Those of the ID token and of the access token."""
    answer = pool.sign_in("ann")["AuthenticationResult"]
    return (
        verified(pool.cloud, pool.id, answer["IdToken"], "id", pool.client),
        verified(pool.cloud, pool.id, answer["AccessToken"], "access", pool.client),
    )


def test_what_the_function_is_told(make: Make, function: Function) -> None:
    pool = make()
    token = pool.sign_in("ann")["AuthenticationResult"]["RefreshToken"]
    pool.app.get_tokens_from_refresh_token(RefreshToken=token, ClientId=pool.client, ClientMetadata={"from": "test"})
    first, second = function.events
    assert function.sources() == ["TokenGeneration_Authentication", "TokenGeneration_RefreshTokens"]
    assert (first["version"], first["userName"], first["callerContext"]["clientId"]) == ("1", "ann", pool.client)
    groups = {
        "groupsToOverride": ["red", "blue"],
        "iamRolesToOverride": [ROLE + "red", ROLE + "blue"],
        "preferredRole": ROLE + "red",
    }
    sub = named(pool.user("ann")["UserAttributes"])["sub"]
    told = {
        "sub": sub, "cognito:user_status": "CONFIRMED", "email": "ann@example.com", "email_verified": "true", "name": "Ann",
    }  # fmt: skip
    assert first["request"] == {"userAttributes": told, "groupConfiguration": groups}
    assert second["request"] == first["request"] | {"clientMetadata": {"from": "test"}}
    assert first["response"] == {"claimsOverrideDetails": None}


@pytest.mark.parametrize("version", ["V2_0", "V3_0"])
def test_later_versions_are_told_the_scopes(make: Make, function: Function, version: str) -> None:
    pool = make(version)
    identity, access = claims(pool)
    (event,) = function.events
    assert event["version"] == version[1] and event["request"]["scopes"] == [ADMIN]
    assert event["response"] == {"claimsAndScopeOverrideDetails": None}
    # Unchanged, it changes nothing.
    assert identity["cognito:groups"] == access["cognito:groups"] == ["red", "blue"]


def test_the_first_version_changes_the_id_token_and_groups(make: Make, function: Function) -> None:
    pool = make()
    function.answers(
        claimsOverrideDetails={
            "claimsToAddOrOverride": {"tenant": "t1", "name": "Anna", "sub": "x", "aud": "x", "iss": "x", "exp": "1",
                                      "cognito:username": "eve", "email_verified": "false"},
            "claimsToSuppress": ["email", "token_use", "jti"],
            "groupOverrideDetails": {"groupsToOverride": ["green"], "iamRolesToOverride": [ROLE + "green"],
                                     "preferredRole": ROLE + "green"},
        }
    )  # fmt: skip
    identity, access = claims(pool)
    assert (identity["tenant"], identity["name"], identity["email_verified"]) == ("t1", "Anna", False)
    assert "email" not in identity and identity["jti"] and identity["cognito:username"] == "ann"
    assert identity["sub"] == access["sub"] != "x"
    assert identity["cognito:groups"] == access["cognito:groups"] == ["green"]
    assert (identity["cognito:roles"], identity["cognito:preferred_role"]) == ([ROLE + "green"], ROLE + "green")
    assert "tenant" not in access


def test_an_empty_override_takes_the_groups_away(make: Make, function: Function) -> None:
    pool = make()
    function.answers(claimsOverrideDetails={"groupOverrideDetails": None})
    identity, access = claims(pool)
    assert not {"cognito:groups", "cognito:roles", "cognito:preferred_role"} & (identity.keys() | access.keys())
    function.answers(claimsOverrideDetails={"claimsToSuppress": ["cognito:groups"]})
    identity, access = claims(pool)
    assert not {"cognito:groups", "cognito:roles", "cognito:preferred_role"} & identity.keys()
    assert access["cognito:groups"] == ["red", "blue"]


def test_the_second_version_changes_both_tokens(make: Make, function: Function) -> None:
    pool = make("V2_0")
    function.answers(
        claimsAndScopeOverrideDetails={
            "idTokenGeneration": {"claimsToAddOrOverride": {"list": [1, "two", True], "deep": {"a": {"b": None}}}},
            "accessTokenGeneration": {
                "claimsToAddOrOverride": {"tenant": {"id": 7}, "client_id": "x", "username": "eve", "scope": "all",
                                          "aud": "elsewhere", "token_use": "id", "version": 9},
                "claimsToSuppress": ["cognito:groups", "device_key", "jti"],
                "scopesToAdd": ["orders/read", "orders/read"],
                "scopesToSuppress": ["orders/none"],
            },
        }
    )  # fmt: skip
    identity, access = claims(pool)
    assert (identity["list"], identity["deep"]) == ([1, "two", True], {"a": {"b": None}})
    assert identity["cognito:groups"] == ["red", "blue"]
    assert (access["tenant"], access["scope"]) == ({"id": 7}, f"{ADMIN} orders/read")
    assert (access["username"], access["version"]) == ("ann", 2)
    assert "aud" not in access and "cognito:groups" not in access and access["jti"]


def test_a_scope_that_was_taken_away_is_missed(make: Make, function: Function) -> None:
    pool = make("V3_0")
    function.answers(
        claimsAndScopeOverrideDetails={
            "accessTokenGeneration": {"scopesToSuppress": [ADMIN], "claimsToAddOrOverride": {"aud": pool.client}}
        }
    )
    answer = pool.sign_in("ann")["AuthenticationResult"]
    access = unverified(answer["AccessToken"])
    assert (access["scope"], access["aud"]) == ("", pool.client)
    error = error_of(pool.app.get_user, AccessToken=answer["AccessToken"])
    assert (error.code, error.message) == ("NotAuthorizedException", "Access Token does not have required scopes")


def test_a_function_that_refuses(make: Make, function: Function) -> None:
    pool = make()
    token = pool.sign_in("ann")["AuthenticationResult"]["RefreshToken"]
    function.behaviour = lambda event: {"errorMessage": "not today", "errorType": "Error"}
    get = pool.app.get_tokens_from_refresh_token
    for call in [lambda: pool.sign_in("ann"), lambda: get(RefreshToken=token, ClientId=pool.client)]:
        error = error_of(call)
        assert (error.code, error.message) == (
            "UserLambdaValidationException", "PreTokenGeneration failed with error not today.",
        )  # fmt: skip
    function.behaviour = lambda event: event
    # A refusal uses nothing up.
    assert get(RefreshToken=token, ClientId=pool.client)["AuthenticationResult"]


def test_claims_have_a_limit(make: Make, function: Function) -> None:
    pool = make()
    function.answers(claimsOverrideDetails={"claimsToAddOrOverride": {"much": "x" * 66_000}})
    error = error_of(lambda: pool.sign_in("ann"))
    assert (error.code, error.message) == ("InvalidLambdaResponseException", "Lambda function output is too large")


@pytest.mark.parametrize(
    "details",
    [
        {"claimsToAddOrOverride": {"list": ["a"]}},
        {"claimsToAddOrOverride": "x"},
        {"claimsToSuppress": "email"},
        {"claimsToSuppress": [1]},
        {"groupOverrideDetails": {"groupsToOverride": "red"}},
        {"groupOverrideDetails": {"preferredRole": 1}},
    ],
)
def test_answers_that_make_no_sense(make: Make, function: Function, details: dict[str, Any]) -> None:
    pool = make()
    function.answers(claimsOverrideDetails=details)
    error = error_of(lambda: pool.sign_in("ann"))
    assert (error.code, error.message) == ("InvalidLambdaResponseException", "Unrecognizable lambda output")
