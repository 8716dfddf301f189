"""Attacks on signing in to user pools: challenges answered out of order, twice, late and by others; SRP with numbers that prove
anything; finding out which users there are; guessing."""

import base64
import hashlib
import hmac
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness import Server
from harness.clock import server_with_clock
from harness.sign_in import EXCEEDED, EXPIRED_SESSION, FLOWS, INVALID_SESSION, N, USED_SESSION, WRONG
from harness.sign_in import answer, refusal, srp
from harness.user_pools import PASSWORD, UserPool


@pytest.fixture
def pool(cloud: Server) -> UserPool:
    return new_pool(cloud)


def new_pool(cloud: Server, prevent: str = "ENABLED", **settings: Any) -> UserPool:
    client = {"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": prevent}
    pool = UserPool(cloud, client=client, **settings)
    pool.create("alice")
    return pool


def invited(pool: UserPool, username: str = "carol") -> Any:
    """A sign-in that waits for a new password."""
    pool.admin.admin_create_user(
        UserPoolId=pool.id, Username=username, TemporaryPassword="Temporary-1", MessageAction="SUPPRESS"
    )
    return pool.sign_in(username, "Temporary-1")


def begin(pool: UserPool, username: str, password: str = PASSWORD) -> tuple[dict[str, str], dict[str, str]]:
    """The challenge of SRP, and the answer that a client has to it."""
    client = srp(pool, username, password)
    parameters = client.get_auth_params()
    step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters=parameters)
    challenge = step["ChallengeParameters"]
    return challenge, client.process_challenge(challenge, parameters)


def respond(pool: UserPool, responses: dict[str, str], challenge: str = "PASSWORD_VERIFIER", **more: Any) -> Any:
    given = {"ClientId": pool.client} | more
    return pool.app.respond_to_auth_challenge(ChallengeName=challenge, ChallengeResponses=responses, **given)


# Sessions


def test_out_of_order(pool: UserPool) -> None:
    session = invited(pool)["Session"]
    for challenge, responses in [
        ("SMS_MFA", {"SMS_MFA_CODE": "123456"}),
        ("SOFTWARE_TOKEN_MFA", {"SOFTWARE_TOKEN_MFA_CODE": "123456"}),
        ("MFA_SETUP", {}),
        ("SELECT_MFA_TYPE", {"ANSWER": "SMS_MFA"}),
        ("SELECT_CHALLENGE", {"ANSWER": "PASSWORD"}),
        ("PASSWORD", {"PASSWORD": "Temporary-1"}),
        ("PASSWORD_SRP", {"SRP_A": "2"}),
        ("CUSTOM_CHALLENGE", {"ANSWER": "x"}),
        ("DEVICE_SRP_AUTH", {"DEVICE_KEY": "x", "SRP_A": "2"}),
        ("WEB_AUTHN", {"CREDENTIAL": "{}"}),
        ("EMAIL_OTP", {"EMAIL_OTP_CODE": "123456"}),
    ]:
        assert refusal(lambda: answer(pool, challenge, session, "carol", **responses)) == INVALID_SESSION, challenge
    # A session is no block, nor the other way round.
    _, responses = begin(pool, "alice")
    block = responses["PASSWORD_CLAIM_SECRET_BLOCK"]
    assert refusal(lambda: respond(pool, responses | {"PASSWORD_CLAIM_SECRET_BLOCK": session})) == INVALID_SESSION
    text = base64.urlsafe_b64encode(base64.b64decode(block)).decode().rstrip("=")[:2048]
    assert refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", text, NEW_PASSWORD=PASSWORD)) == INVALID_SESSION
    assert respond(pool, responses)["AuthenticationResult"]
    done = answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", NEW_PASSWORD=PASSWORD)
    assert done["AuthenticationResult"]


def test_twice(pool: UserPool) -> None:
    _, responses = begin(pool, "alice")
    assert respond(pool, responses)["AuthenticationResult"]
    assert refusal(lambda: respond(pool, responses)) == USED_SESSION
    session = invited(pool)["Session"]
    assert answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", NEW_PASSWORD=PASSWORD)["AuthenticationResult"]
    again = refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", NEW_PASSWORD=PASSWORD + "x"))
    assert again == USED_SESSION


def test_twice_at_a_time(pool: UserPool) -> None:
    _, responses = begin(pool, "alice")

    def attempt(_: int) -> bool:
        try:
            return "AuthenticationResult" in respond(pool, responses)
        except pool.app.exceptions.ClientError:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(attempt, range(8))) == 1


def test_late(pool: UserPool, cloud: Server) -> None:
    session = invited(pool)["Session"]
    _, responses = begin(pool, "alice")
    cloud.advance(120)
    assert refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", NEW_PASSWORD="x"))[0] == (
        "InvalidPasswordException"
    )
    cloud.advance(61)
    late = refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", NEW_PASSWORD=PASSWORD))
    assert late == EXPIRED_SESSION
    assert refusal(lambda: respond(pool, responses)) == EXPIRED_SESSION


def test_the_client_says_how_long(cloud: Server) -> None:
    pool = UserPool(cloud, client={"ExplicitAuthFlows": FLOWS, "AuthSessionValidity": 15})
    session = invited(pool)["Session"]
    cloud.advance(840)
    assert answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", NEW_PASSWORD=PASSWORD)["AuthenticationResult"]


def test_of_others(pool: UserPool, cloud: Server) -> None:
    session = invited(pool)["Session"]
    responses = {"USERNAME": "carol", "NEW_PASSWORD": PASSWORD}
    # Another client's of the same pool, another pool's, another user.
    sibling = pool.new_client(ExplicitAuthFlows=FLOWS)["ClientId"]
    other = new_pool(cloud)
    for client in (sibling, other.client):
        stolen = refusal(
            lambda: pool.app.respond_to_auth_challenge(
                ClientId=client, ChallengeName="NEW_PASSWORD_REQUIRED", Session=session, ChallengeResponses=responses
            )
        )
        assert stolen == INVALID_SESSION
        _, proof = begin(pool, "alice")
        assert refusal(lambda: respond(pool, proof, ClientId=client)) == INVALID_SESSION
    as_alice = refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", session, "alice", NEW_PASSWORD=PASSWORD))
    assert as_alice == INVALID_SESSION
    _, proof = begin(pool, "alice")
    assert refusal(lambda: respond(pool, proof | {"USERNAME": "carol"})) == INVALID_SESSION
    # Where both pools have the user, with one password, a proof is of one of them.
    other_challenge, _ = begin(other, "alice")
    assert refusal(lambda: respond(pool, proof | {
        "PASSWORD_CLAIM_SECRET_BLOCK": other_challenge["SECRET_BLOCK"]})) == INVALID_SESSION  # fmt: skip


def test_of_a_user_who_was_made_again(pool: UserPool) -> None:
    session = invited(pool)["Session"]
    _, proof = begin(pool, "alice")
    for username in ("carol", "alice"):
        pool.admin.admin_delete_user(UserPoolId=pool.id, Username=username)
        pool.create(username)
    assert refusal(lambda: respond(pool, proof)) == INVALID_SESSION
    assert refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", session, "carol", NEW_PASSWORD="Other-Pass-1")) == (
        INVALID_SESSION
    )


def test_forged(pool: UserPool) -> None:
    session = invited(pool)["Session"]
    for at in (0, 10, len(session) // 2, len(session) - 2):
        changed = session[:at] + ("A" if session[at] != "A" else "B") + session[at + 1 :]
        forged = refusal(lambda: answer(pool, "NEW_PASSWORD_REQUIRED", changed, "carol", NEW_PASSWORD=PASSWORD))
        assert forged == INVALID_SESSION
    for nonsense in ("x" * 20, "x" * 2048, "+/" * 20):
        assert refusal(lambda: answer(pool, "SMS_MFA", nonsense, SMS_MFA_CODE="1")) == INVALID_SESSION
    _, proof = begin(pool, "alice")
    block = bytearray(base64.b64decode(proof["PASSWORD_CLAIM_SECRET_BLOCK"]))
    block[60] ^= 1
    changed_block = {"PASSWORD_CLAIM_SECRET_BLOCK": base64.b64encode(block).decode()}
    assert refusal(lambda: respond(pool, proof | changed_block)) == INVALID_SESSION


# SRP


def test_numbers_that_would_prove_anything(pool: UserPool) -> None:
    for number in (0, N, 2 * N, 3 * N, N + 1, N << 8):
        for username in ("alice", "nobody"):
            code, _ = refusal(
                lambda: pool.app.initiate_auth(
                    ClientId=pool.client, AuthFlow="USER_SRP_AUTH",
                    AuthParameters={"USERNAME": username, "SRP_A": f"{number:x}"},
                )
            )  # fmt: skip
            assert code == "InvalidParameterException"
    for text in ("-1", "0x10", "zz", "1 2", "", "00", "1" * 5000):
        code, _ = refusal(
            lambda: pool.app.initiate_auth(
                ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "alice", "SRP_A": text}
            )
        )
        assert code == "InvalidParameterException", text


@pytest.mark.parametrize("number", [1, N - 1])
def test_numbers_of_small_order(pool: UserPool, number: int) -> None:
    """A = 1 and A = -1: S would be (v^u)^b, or its negative, which nobody knows without v."""
    step = pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_SRP_AUTH", AuthParameters={"USERNAME": "alice", "SRP_A": f"{number:x}"}
    )["ChallengeParameters"]
    shared = f"{1:02x}"  # Of a server that lost v on the way.
    u = hashlib.sha256(bytes.fromhex(padded(number) + padded(int(step["SRP_B"], 16)))).hexdigest()
    key = hmac.new(bytes.fromhex(padded(int(u, 16))), bytes.fromhex(shared), hashlib.sha256).digest()
    assert refusal(lambda: respond(pool, signed(pool, step, key))) == WRONG


def padded(number: int) -> str:
    text = f"{number:x}"
    text = "0" + text if len(text) % 2 else text
    return "00" + text if text[0] in "89abcdef" else text


def signed(pool: UserPool, step: dict[str, str], secret: bytes) -> dict[str, str]:
    key = hmac.new(secret, b"Caldera Derived Key\1", hashlib.sha256).digest()[:16]
    moment = time.gmtime()
    timestamp = time.strftime("%a %b ", moment) + str(moment.tm_mday) + time.strftime(" %H:%M:%S UTC %Y", moment)
    block = base64.b64decode(step["SECRET_BLOCK"])
    message = (pool.id.split("_")[1] + step["USER_ID_FOR_SRP"]).encode() + block + timestamp.encode()
    return {
        "USERNAME": step["USERNAME"], "TIMESTAMP": timestamp, "PASSWORD_CLAIM_SECRET_BLOCK": step["SECRET_BLOCK"],
        "PASSWORD_CLAIM_SIGNATURE": base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode(),
    }  # fmt: skip


def test_proofs_that_are_none(pool: UserPool) -> None:
    _, proof = begin(pool, "alice")
    for signature in ("AAAA", base64.b64encode(bytes(32)).decode(), "?", proof["PASSWORD_CLAIM_SIGNATURE"][:-4]):
        assert refusal(lambda: respond(pool, proof | {"PASSWORD_CLAIM_SIGNATURE": signature})) == WRONG
    late = refusal(lambda: respond(pool, proof | {"TIMESTAMP": "Tue May 7 00:09:40 UTC 2019"}))
    assert late == WRONG
    for timestamp in ("2026-11-30T00:00:00Z", "Tue May 32 00:09:40 UTC 2019", "Foo May 7 00:09:40 UTC 2019", "x"):
        text = "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."
        wrong = refusal(lambda: respond(pool, proof | {"TIMESTAMP": timestamp}))
        assert wrong == ("InvalidParameterException", text)


# Which users there are


def test_answers_tell_nothing(pool: UserPool) -> None:
    for flow, more in [("USER_PASSWORD_AUTH", {"PASSWORD": "wrong"}), ("USER_AUTH", {})]:
        seen = []
        for username in ("alice", "nobody"):
            parameters = {"USERNAME": username} | more
            try:
                step = pool.app.initiate_auth(ClientId=pool.client, AuthFlow=flow, AuthParameters=parameters)
                seen.append((step["ChallengeName"], step.get("AvailableChallenges"), len(step["Session"])))
            except pool.app.exceptions.NotAuthorizedException as error:
                seen.append(error.response["Error"]["Message"])
        assert seen[0] == seen[1], flow
    real, real_proof = begin(pool, "alice", "wrong")
    fake, fake_proof = begin(pool, "nobody", "wrong")
    assert {name: len(value) for name, value in real.items() if name not in ("SRP_B", "USERNAME", "USER_ID_FOR_SRP")} == {
        name: len(value) for name, value in fake.items() if name not in ("SRP_B", "USERNAME", "USER_ID_FOR_SRP")
    }
    assert fake["USERNAME"] == fake["USER_ID_FOR_SRP"] == "nobody"
    assert refusal(lambda: respond(pool, real_proof)) == refusal(lambda: respond(pool, fake_proof)) == WRONG


def test_what_is_shown_of_nobody_stays(pool: UserPool, cloud: Server) -> None:
    first, again, other = (begin(pool, name)[0] for name in ("nobody", "nobody", "somebody"))
    assert first["SALT"] == again["SALT"] != other["SALT"]
    # As of others, B is new each time.
    assert first["SRP_B"] != again["SRP_B"]
    assert begin(new_pool(cloud), "nobody")[0]["SALT"] != first["SALT"]


def test_names_that_are_addresses(cloud: Server) -> None:
    pool = UserPool(
        cloud, client={"ExplicitAuthFlows": FLOWS, "PreventUserExistenceErrors": "ENABLED"}, UsernameAttributes=["email"]
    )
    pool.create("alice@example.com", email_verified="true")
    assert srp(pool, "alice@example.com").authenticate_user()["AuthenticationResult"]
    real, fake = (begin(pool, name)[0]["USER_ID_FOR_SRP"] for name in ("alice@example.com", "bob@example.com"))
    assert [len(part) for part in real.split("-")] == [len(part) for part in fake.split("-")] == [8, 4, 4, 4, 12]
    assert fake == begin(pool, "bob@example.com")[0]["USER_ID_FOR_SRP"] and fake[14] == real[14] == "4"


def test_clients_that_may_know(cloud: Server) -> None:
    pool = new_pool(cloud, "LEGACY")
    missing = ("UserNotFoundException", "User does not exist.")
    assert refusal(lambda: pool.sign_in("nobody")) == missing
    assert refusal(lambda: begin(pool, "nobody")) == missing
    assert refusal(lambda: pool.app.initiate_auth(
        ClientId=pool.client, AuthFlow="USER_AUTH", AuthParameters={"USERNAME": "nobody"})) == missing  # fmt: skip


def test_time_tells_nothing(cloud: Server) -> None:
    """Of two guesses, one for somebody and one for nobody, neither is always the slower one, however busy the machine is."""
    pool = new_pool(cloud)

    def seconds(name: str) -> float:
        start = time.perf_counter()
        assert refusal(lambda: pool.sign_in(name, "wrong")) == WRONG
        return time.perf_counter() - start

    slower = 0
    for turn in range(40):
        pool.create(f"user{turn}")
        names = [f"user{turn}", f"nobody{turn}"]
        # Whoever comes second may find more in the caches.
        taken = {name: seconds(name) for name in (names if turn % 2 else reversed(names))}
        slower += taken[names[0]] > taken[names[1]]
    # By chance it is fewer than 6 or more than 34 once in a million runs.
    assert 6 <= slower <= 34, slower


# Guessing


def test_guessing_at_a_time(pool: UserPool) -> None:
    """Fifty guesses at once are no more than five."""
    outcomes: list[str] = []

    def guess(number: int) -> None:
        try:
            pool.sign_in("alice", f"wrong-{number}")
        except pool.app.exceptions.ClientError as error:
            outcomes.append(error.response["Error"]["Message"])

    start = time.monotonic()
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(guess, range(50)))
    # One more for each lock-out that has ended meanwhile: of one second, two, four, …
    seconds = time.monotonic() - start
    ended = sum(seconds >= 2**power - 1 for power in range(1, 10))
    assert outcomes.count(WRONG[1]) <= 5 + ended, outcomes
    assert set(outcomes) <= {WRONG[1], EXCEEDED[1], "Rate exceeded"}


def test_a_lock_out_survives(tmp_path: Path) -> None:
    server, clock = server_with_clock(tmp_path, data=tmp_path / "data")
    with server:
        pool = new_pool(server)
        # The last of these locks for 64 seconds.
        for failures in range(1, 12):
            assert refusal(lambda: pool.sign_in("alice", "wrong")) == WRONG
            if 5 <= failures < 11:
                clock.advance(2 ** (failures - 5))
        server.kill()
        server.start()
        pool.cloud, pool.app = server, server.root.client("cognito-idp", signature_version=__import__("botocore").UNSIGNED)
        assert refusal(lambda: pool.sign_in("alice")) == EXCEEDED


def test_spraying_is_slowed_down() -> None:
    """One password for many users: AWS's quota of an account's requests."""
    with Server("--quota", "UserAuthenticationPerSecond=1") as server:
        pool = new_pool(server)
        found = at_once(lambda number: refusal(lambda: pool.sign_in(f"user{number}", "Winter-2026"))[0], most=1)
        assert set(found) == {"TooManyRequestsException", "NotAuthorizedException"}
        time.sleep(1.1)
        assert pool.sign_in("alice")["AuthenticationResult"]


def test_floods_of_sign_ups_and_resets_are_slowed_down() -> None:
    """AWS's quotas of an account's requests: each category has its own, and one that is used up leaves the others."""
    with Server("--quota", "UserCreationPerSecond=2", "--quota", "UserAccountRecoveryPerSecond=1") as server:
        pool = new_pool(server)
        found = at_once(lambda number: done(lambda: pool.sign_up(f"user{number}")), most=2)
        assert set(found) == {"TooManyRequestsException", "done"}
        found = at_once(lambda _: done(lambda: pool.app.forgot_password(ClientId=pool.client, Username="nobody")), most=1)
        assert "TooManyRequestsException" in found
        assert pool.sign_in("alice")["AuthenticationResult"]
        time.sleep(1.1)
        assert done(lambda: pool.sign_up("later")) == "done"


def at_once(call: Callable[[int], str], most: int) -> list[str]:
    """What thirty calls answer. A quota lets through what it has at first and what comes back meanwhile, however long it is."""
    start = time.monotonic()
    with ThreadPoolExecutor(30) as threads:
        found = list(threads.map(call, range(30)))
    passed = len(found) - found.count("TooManyRequestsException")
    assert most <= passed <= most * (1 + time.monotonic() - start), found
    return found


def done(call: Callable[[], Any]) -> str:
    """The code of an error, or `done`."""
    try:
        call()
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return "done"


def test_one_user_in_many_places(pool: UserPool) -> None:
    """Who knows the password signs in as often at a time as they like."""
    with ThreadPoolExecutor(16) as threads:
        results = list(threads.map(lambda _: pool.sign_in("alice"), range(32)))
    assert all("AuthenticationResult" in result for result in results)
