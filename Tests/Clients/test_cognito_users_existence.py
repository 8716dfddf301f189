"""Nobody learns which users there are, neither by answers nor by the time that they take, where the app client says so."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import Server, error_of
from harness.user_pools import PASSWORD, UserPool


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    pool = UserPool(cloud, client={"PreventUserExistenceErrors": "ENABLED"}, AutoVerifiedAttributes=["email"])
    pool.create("ann", email="ann@example.com", email_verified="true")
    # Without an address, as another is without a password of their own.
    pool.create("bob")
    pool.create("eve", None, email="eve@example.com", email_verified="true")
    return pool


def outcome(call: Callable[..., Any], **parameters: Any) -> Any:
    """What a caller sees, without where a code went."""
    try:
        answer = call(**parameters)
    except call.__self__.exceptions.ClientError as error:
        return error.response["Error"]["Code"], error.response["Error"]["Message"]
    details = answer.get("CodeDeliveryDetails", {})
    return sorted(details), details.get("DeliveryMedium"), details.get("AttributeName")


def test_forgotten_passwords(pool: UserPool) -> None:
    names = ("ann", "bob", "eve", "nobody")
    code = {"ConfirmationCode": "123456", "Password": PASSWORD}
    # Nobody has asked for a code.
    for name in names:
        call = {"ClientId": pool.client, "Username": name}
        assert outcome(pool.app.confirm_forgot_password, **call, **code)[0] == "ExpiredCodeException", name
    seen = {outcome(pool.app.forgot_password, ClientId=pool.client, Username=name).__repr__() for name in names}
    assert len(seen) == 1, seen
    assert len(pool.outbox()) == 1
    wrong = f"{(int(pool.code()) + 1) % 1000000:06}"
    for name in names:
        call = {"ClientId": pool.client, "Username": name, "Password": PASSWORD, "ConfirmationCode": wrong}
        assert outcome(pool.app.confirm_forgot_password, **call)[0] == "CodeMismatchException", name
    # The place where a code would have gone is always the same.
    nobody = {"ClientId": pool.client, "Username": "nobody"}
    places = {pool.app.forgot_password(**nobody)["CodeDeliveryDetails"]["Destination"] for _ in range(3)}
    assert len(places) == 1 and "***@" in places.pop()
    # And it ends for nobody as for everybody.
    limits = []
    for name in ("ann", "nobody"):
        call = {"ClientId": pool.client, "Username": name}
        count = 0
        while outcome(pool.app.forgot_password, **call)[0] != "LimitExceededException":
            count += 1
        limits.append(count)
    assert limits == [19, 16]


def test_confirmations(pool: UserPool) -> None:
    names = ("ann", "nobody")
    resend = {outcome(pool.app.resend_confirmation_code, ClientId=pool.client, Username=name).__repr__() for name in names}
    assert len(resend) == 1 and not pool.outbox()
    for name in ("bob", "no one"):
        call = {"ClientId": pool.client, "Username": name.replace(" ", ""), "ConfirmationCode": "123456"}
        assert outcome(pool.app.confirm_sign_up, **call)[0] == "ExpiredCodeException"


def test_without_the_setting_there_is_a_word_for_it(pool: UserPool) -> None:
    client = pool.new_client(PreventUserExistenceErrors="LEGACY")["ClientId"]
    for call, more in {
        pool.app.forgot_password: {},
        pool.app.resend_confirmation_code: {},
        pool.app.confirm_sign_up: {"ConfirmationCode": "123456"},
        pool.app.confirm_forgot_password: {"ConfirmationCode": "123456", "Password": PASSWORD},
    }.items():
        error = error_of(call, ClientId=client, Username="nobody", **more)
        assert (error.code, error.message) == (
            "UserNotFoundException",
            "Username/client id combination not found.",
        )


def test_time_tells_nothing(pool: UserPool) -> None:
    taken: dict[str, list[float]] = {"ann": [], "nobody": []}
    # Each ends at a tenth of a second after its beginning, and at the same one. The quickest are those that nothing else on the
    # machine has held up: on a busy one there are few.
    for turn in range(200):
        for name, times in taken.items():
            begun = time.monotonic()
            pool.app.forgot_password(ClientId=pool.client, Username=name)
            times.append(time.monotonic() - begun)
        quickest = {name: min(times) for name, times in taken.items()}
        if turn >= 8 and abs(quickest["ann"] - quickest["nobody"]) < 0.03:
            break
    assert abs(quickest["ann"] - quickest["nobody"]) < 0.03, quickest
    assert min(quickest.values()) >= 0.1
