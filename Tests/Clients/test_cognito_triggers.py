"""Lambda triggers of user pools, asked at the HTTP endpoints that the operator has declared for their functions."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness import ACCOUNT, Server, error_of
from harness.functions import FUNCTION, Answer, Function
from harness.user_pools import PASSWORD, UserPool, attributes

UNDECLARED = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:nowhere"


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


@pytest.fixture
def make(lambda_server: tuple[Server, Function], function: Function) -> Callable[..., UserPool]:
    def make(*triggers: str, **settings: Any) -> UserPool:
        config = {name: FUNCTION for name in triggers}
        return UserPool(lambda_server[0], LambdaConfig=config, AutoVerifiedAttributes=["email"], **settings)

    return make


def test_what_a_function_is_told(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("PreSignUp")
    pool.app.sign_up(
        ClientId=pool.client,
        Username="ann",
        Password=PASSWORD,
        UserAttributes=attributes(email="ann@example.com"),
        ValidationData=attributes(captcha="yes"),
        ClientMetadata={"from": "test"},
    )
    (event,) = function.events
    assert event["callerContext"].pop("awsSdkVersion").startswith("aws-sdk-")
    assert event == {
        "version": "1",
        "region": "us-east-1",
        "userPoolId": pool.id,
        "userName": "ann",
        "callerContext": {"clientId": pool.client},
        "triggerSource": "PreSignUp_SignUp",
        "request": {
            "userAttributes": {"email": "ann@example.com"},
            "validationData": {"captcha": "yes"},
            "clientMetadata": {"from": "test"},
        },
        "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
    }
    assert pool.status("ann") == "UNCONFIRMED"


def test_a_pool_has_functions_of_its_own_account(
    make: Callable[..., UserPool], function: Function, lambda_server: tuple[Server, Function]
) -> None:
    foreign = "arn:aws:lambda:us-east-1:999988887777:function:trigger"
    queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:trigger"
    versioned = {"LambdaArn": foreign, "LambdaVersion": "V2_0"}
    key = {"KMSKeyID": f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"}
    pool = make("PreSignUp")
    for config in (
        {"PreSignUp": foreign},
        {"UserMigration": queue},
        {"PreTokenGenerationConfig": versioned},
        {"CustomEmailSender": versioned | {"LambdaVersion": "V1_0"}} | key,
    ):
        error = error_of(pool.admin.create_user_pool, PoolName="x", LambdaConfig=config)
        assert (error.code, error.status) == ("InvalidParameterException", 400), config
        error = error_of(pool.admin.update_user_pool, UserPoolId=pool.id, LambdaConfig=config)
        assert error.code == "InvalidParameterException", config
    described = pool.admin.describe_user_pool(UserPoolId=pool.id)["UserPool"]
    assert described["LambdaConfig"] == {"PreSignUp": FUNCTION}


def test_a_function_confirms(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("PreSignUp", "PostConfirmation")
    function.answers(autoConfirmUser=True, autoVerifyEmail=True)
    before = len(pool.outbox())
    assert pool.sign_up("ann", email="ann@example.com")["UserConfirmed"] is True
    assert pool.status("ann") == "CONFIRMED" and pool.attributes("ann")["email_verified"] == "true"
    assert function.sources() == ["PreSignUp_SignUp", "PostConfirmation_ConfirmSignUp"]
    told = function.events[1]["request"]["userAttributes"]
    assert told == {
        "sub": pool.attributes("ann")["sub"],
        "cognito:user_status": "CONFIRMED",
        "email": "ann@example.com",
        "email_verified": "true",
    }
    assert len(pool.outbox()) == before
    error = error_of(pool.sign_up, username="bob")
    assert error.code == "InvalidLambdaResponseException"


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"X-Amz-Function-Error": "Unhandled"}, b'{"errorMessage": "Not you", "errorType": "Error"}'),
        (200, {}, b'{"errorMessage": "Not you", "errorType": "Error", "stackTrace": []}'),
        (500, {}, b'{"errorMessage": "Not you", "errorType": "Error"}'),
    ],
)
def test_a_function_refuses(make: Callable[..., UserPool], function: Function, answer: Answer) -> None:
    pool = make("PreSignUp")
    function.behaviour = lambda _: answer
    error = error_of(pool.sign_up, username="ann")
    assert (error.code, error.message, error.status) == (
        "UserLambdaValidationException",
        "PreSignUp failed with error Not you.",
        400,
    )
    assert len(function.events) == 1
    assert error_of(pool.user, username="ann").code == "UserNotFoundException"


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        ((200, {}, b"welcome"), "InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"),
        ((200, {}, b""), "InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"),
        ((200, {}, b"{}"), "InvalidLambdaResponseException", "Unrecognizable lambda output"),
        ((200, {}, b'{"response": "yes"}'), "InvalidLambdaResponseException", "Unrecognizable lambda output"),
        ((200, {}, b"[]"), "InvalidLambdaResponseException", "Unrecognizable lambda output"),
        ((200, {}, b"[" * 100_000), "InvalidLambdaResponseException", "Invalid lambda function output : Invalid JSON"),
        ((503, {}, b"busy"), "UnexpectedLambdaException", "PreSignUp invocation failed due to error status 503."),
        ((302, {"Location": "/"}, b""), "UnexpectedLambdaException", "PreSignUp invocation failed due to error status 302."),
    ],
)  # fmt: skip
def test_answers_that_are_none(
    make: Callable[..., UserPool], function: Function, answer: Answer, code: str, message: str
) -> None:
    pool = make("PreSignUp")
    function.behaviour = lambda _: answer
    error = error_of(pool.sign_up, username="ann")
    assert (error.code, error.message, error.status) == (code, message, 400)
    assert error_of(pool.user, username="ann").code == "UserNotFoundException"


def test_a_function_that_hangs_is_asked_three_times(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("PreSignUp")
    function.behaviour = lambda event: time.sleep(7)
    begun = time.monotonic()
    error = error_of(pool.sign_up, username="ann")
    assert 14 < time.monotonic() - begun < 60
    assert (error.code, error.message) == (
        "UnexpectedLambdaException",
        "PreSignUp invocation failed due to error Socket timeout while invoking Lambda function.",
    )
    assert len(function.events) == 3


def test_a_function_without_an_endpoint(lambda_server: tuple[Server, Function]) -> None:
    pool = UserPool(lambda_server[0], LambdaConfig={"PreSignUp": UNDECLARED})
    error = error_of(pool.sign_up, username="ann")
    assert error.code == "UnexpectedLambdaException"
    assert UNDECLARED in error.message and "--event-destination" in error.message


def test_after_confirmation(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("PostConfirmation")
    pool.admin.create_group(UserPoolId=pool.id, GroupName="members")

    def join(event: Any) -> Any:
        # The user is there, and confirmed.
        pool.admin.admin_add_user_to_group(UserPoolId=pool.id, Username=event["userName"], GroupName="members")
        return event

    function.behaviour = join
    pool.sign_up("ann", email="ann@example.com")
    pool.confirm("ann", ClientMetadata={"a": "b"})
    assert function.sources() == ["PostConfirmation_ConfirmSignUp"]
    assert function.events[0]["request"]["clientMetadata"] == {"a": "b"}
    groups = pool.admin.admin_list_groups_for_user(UserPoolId=pool.id, Username="ann")["Groups"]
    assert [one["GroupName"] for one in groups] == ["members"]
    # What has happened stays, whatever the function says of it.
    function.behaviour = lambda _: {"errorMessage": "Too late"}
    pool.sign_up("bob", email="bob@example.com")
    error = error_of(pool.confirm, username="bob")
    assert (error.code, error.message) == (
        "UserLambdaValidationException",
        "PostConfirmation failed with error Too late.",
    )
    assert pool.status("bob") == "CONFIRMED"
    function.behaviour = lambda event: event
    pool.sign_up("eve")
    pool.admin.admin_confirm_sign_up(UserPoolId=pool.id, Username="eve")
    assert function.events[-1]["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    pool.app.forgot_password(ClientId=pool.client, Username="ann")
    pool.app.confirm_forgot_password(
        ClientId=pool.client, Username="ann", ConfirmationCode=pool.code(), Password=PASSWORD
    )
    assert function.sources()[-1] == "PostConfirmation_ConfirmForgotPassword"


def test_messages_in_a_functions_words(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("CustomMessage")
    function.answers(emailMessage="Hello: {####}", emailSubject="Hello")
    pool.sign_up("ann", email="ann@example.com")
    request = function.events[0]["request"]
    assert (request["codeParameter"], request["usernameParameter"]) == ("{####}", None)
    message = pool.message()
    assert (message["subject"], message["text"]) == ("Hello", f"Hello: {pool.code()}")
    # The code itself is nothing that a function is told.
    assert pool.code() not in json.dumps(function.events)
    pool.app.resend_confirmation_code(ClientId=pool.client, Username="ann")
    pool.confirm("ann")
    pool.app.forgot_password(ClientId=pool.client, Username="ann")
    function.answers(emailMessage="{username}/{####}")
    pool.admin.admin_create_user(
        UserPoolId=pool.id,
        Username="bob",
        UserAttributes=attributes(email="bob@example.com"),
        TemporaryPassword="Temporary-1",
    )
    assert pool.message()["text"] == "bob/Temporary-1"
    assert function.events[-1]["request"]["usernameParameter"] == "{username}"
    assert function.sources() == [
        "CustomMessage_SignUp",
        "CustomMessage_ResendCode",
        "CustomMessage_ForgotPassword",
        "CustomMessage_AdminCreateUser",
    ]
    for bad in ({"emailMessage": "no code"}, {"emailSubject": "two\r\nBcc: everybody@example.com"}):
        function.answers(**bad)
        error = error_of(pool.sign_up, username="eve", email="eve@example.com")
        assert error.code == "InvalidLambdaResponseException"
        assert error_of(pool.user, username="eve").code == "UserNotFoundException"


def test_creation_by_an_administrator(make: Callable[..., UserPool], function: Function) -> None:
    pool = make("PreSignUp", "PostConfirmation")
    function.answers(autoConfirmUser=True)
    pool.create("ann", None, email="ann@example.com")
    assert function.sources() == ["PreSignUp_AdminCreateUser"]
    assert pool.status("ann") == "FORCE_CHANGE_PASSWORD"
    function.behaviour = lambda _: {"errorMessage": "No more users"}
    error = error_of(pool.admin.admin_create_user, UserPoolId=pool.id, Username="bob")
    assert error.message == "PreSignUp failed with error No more users."
