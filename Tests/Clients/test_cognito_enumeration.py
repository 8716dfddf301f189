"""Whether there is a user neither pages nor the time that answers take tell, where the app client says so."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from harness import Server
from harness.hosted import FormBrowser, Pool, make_pool
from harness.sign_in import FLOWS, WRONG, refusal, srp
from harness.user_pools import UserPool

#: Pairs of one who is there and one who is not.
PAIRS = 24


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that nobody's pace exceeds."""
    categories = ("UserCreation", "UserAuthentication", "UserAccountRecovery", "UserFederation")
    quotas = [word for name in categories for word in ("--quota", f"{name}PerSecond=100000")]
    with Server(*quotas) as server:
        yield server


@dataclass
class Crowd:
    pool: UserPool
    known: list[str]
    unknown: list[str]


@pytest.fixture(scope="module")
def crowd(server: Server) -> Crowd:
    """Users with proved addresses, and names that nobody has. Of those, one in two is said to have codes by mail."""
    pool = UserPool(
        server, client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}, AutoVerifiedAttributes=["email"],
        Policies={"SignInPolicy": {"AllowedFirstAuthFactors": ["PASSWORD", "EMAIL_OTP"]}},
    )  # fmt: skip
    known = [f"user-{number}" for number in range(PAIRS)]
    for name in known:
        pool.create(name, email=f"{name}@example.com", email_verified="true")
    unknown: list[str] = []
    number = 0
    while len(unknown) < PAIRS:
        name, number = f"nobd-{number}", number + 1
        if "EMAIL_OTP" in choose(pool, name)["AvailableChallenges"]:
            unknown.append(name)
    return Crowd(pool, known, unknown)


def choose(pool: UserPool, name: str, **parameters: str) -> Any:
    given = {"USERNAME": name} | parameters
    return pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_AUTH", AuthParameters=given)


# What is timed: each returns what does the part of the work that a client does, and waits for nothing else.


def password(pool: UserPool, name: str) -> Callable[[], Any]:
    return lambda: refusal(lambda: pool.sign_in(name, "Wrong-1-wrong")) == WRONG


def srp_challenge(pool: UserPool, name: str) -> Callable[[], Any]:
    parameters = srp(pool, name).get_auth_params()
    return lambda: pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)


def srp_proof(pool: UserPool, name: str) -> Callable[[], Any]:
    client = srp(pool, name, "Wrong-1-wrong")
    parameters = client.get_auth_params()
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    proof = client.process_challenge(step["ChallengeParameters"], parameters)
    call = {"ClientId": pool.client, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": proof}
    return lambda: refusal(lambda: pool.app.respond_to_auth_challenge(**call)) == WRONG


def choice(pool: UserPool, name: str) -> Callable[[], Any]:
    return lambda: choose(pool, name)


def code_by_mail(pool: UserPool, name: str) -> Callable[[], Any]:
    return lambda: choose(pool, name, PREFERRED_CHALLENGE="EMAIL_OTP")["ChallengeName"] == "EMAIL_OTP"


def wrong_code(pool: UserPool, name: str) -> Callable[[], Any]:
    session = choose(pool, name, PREFERRED_CHALLENGE="EMAIL_OTP")["Session"]
    responses = {"USERNAME": name, "EMAIL_OTP_CODE": "Z"}
    call = {"ClientId": pool.client, "ChallengeName": "EMAIL_OTP", "Session": session, "ChallengeResponses": responses}
    return lambda: refusal(lambda: pool.app.respond_to_auth_challenge(**call))[0] == "CodeMismatchException"


def confirming_a_new_password(pool: UserPool, name: str) -> Callable[[], Any]:
    call = {"ClientId": pool.client, "Username": name, "ConfirmationCode": "1", "Password": "Another-Horse-8"}
    return lambda: refusal(lambda: pool.app.confirm_forgot_password(**call))[0] == "ExpiredCodeException"


def confirming_a_sign_up(pool: UserPool, name: str) -> Callable[[], Any]:
    call = {"ClientId": pool.client, "Username": name, "ConfirmationCode": "1"}
    return lambda: refusal(lambda: pool.app.confirm_sign_up(**call))


TIMED = [
    password, srp_challenge, srp_proof, choice, code_by_mail, wrong_code, confirming_a_new_password, confirming_a_sign_up,
]  # fmt: skip
SLOW = (confirming_a_new_password, confirming_a_sign_up)


@pytest.mark.parametrize("work", TIMED, ids=lambda work: work.__name__)
def test_time_tells_nothing(crowd: Crowd, work: Callable[[UserPool, str], Callable[[], Any]]) -> None:
    """By the middle of many, so that what else the machine does is not seen."""
    taken: dict[bool, list[float]] = {True: [], False: []}
    # What takes a tenth of a second whatever it is, is not done as often.
    pairs = list(zip(crowd.known, crowd.unknown, strict=True))[: 8 if work in SLOW else PAIRS]
    for turn, pair in enumerate(pairs):
        # Whoever comes second may find more in the caches.
        for name in pair if turn % 2 else reversed(pair):
            does = work(crowd.pool, name)
            start = time.perf_counter()
            assert does()
            taken[name in crowd.known].append(time.perf_counter() - start)
    known, unknown = (statistics.median(taken[is_known]) for is_known in (True, False))
    assert 0.7 < known / unknown < 1.4, (known, unknown)


# Pages


@pytest.fixture(scope="module")
def pages(server: Server) -> Pool:
    pool = make_pool(server, server.root, managed=True)
    pool.user("annabel", email="annabel@example.com", email_verified="true")
    return pool


def shown(browser: FormBrowser, name: str) -> str:
    """A page without what is another one each time, and without the user's name."""
    text = re.sub(r'(name="(?:_csrf|progress)" value=")[^"]*', r"\1", browser.answer.text)
    text = re.sub(r"\b\w\*\*\*@\w\*\*\*", "ADDRESS", text)
    return f"{browser.answer.status_code} {browser.path} " + text.replace(name, "NAME")


def sign_in(browser: FormBrowser, name: str) -> FormBrowser:
    return browser.sign_in(name, "Wrong-1-wrong")


def forgotten(browser: FormBrowser, name: str) -> FormBrowser:
    return browser.open(browser.pool.address("/forgotPassword")).submit(username=name)


def code_of_forgotten(browser: FormBrowser, name: str) -> FormBrowser:
    fields = {"code": "1", "password": "Another-Horse-8", "password-again": "Another-Horse-8"}
    place = next(place for place, form in enumerate(forgotten(browser, name).forms) if "code" in form["fields"])
    return browser.submit(place, **fields)


def confirmation(browser: FormBrowser, name: str) -> FormBrowser:
    return browser.open(browser.pool.address("/confirmUser") + f"&username={name}").submit(0, code="1")


def another_code(browser: FormBrowser, name: str) -> FormBrowser:
    return browser.open(browser.pool.address("/confirmUser") + f"&username={name}").submit(1)


@pytest.mark.parametrize("way", [sign_in, forgotten, code_of_forgotten, confirmation, another_code], ids=lambda way: way.__name__)
def test_pages_tell_nothing(pages: Pool, way: Callable[[FormBrowser, str], FormBrowser]) -> None:
    known, unknown = (shown(way(FormBrowser(pages), name), name) for name in ("annabel", "nobody7"))
    assert known == unknown


def test_a_choice_that_tells_nothing(server: Server) -> None:
    """A page that asks for the name first goes on with every name."""
    pool = make_pool(
        server, server.root, "choices", client={"ExplicitAuthFlows": ["ALLOW_USER_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]}
    )
    pool.user("annabel")
    known, unknown = (
        shown(FormBrowser(pool).open(pool.address()).submit(username=name), name) for name in ("annabel", "nobody7")
    )
    assert known == unknown and "NAME" in known
