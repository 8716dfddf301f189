"""`make bench`: what signing in to a user pool costs, and what the tokens that come of it do.

    cognito.py PATH-OF-GATEHOUSE

1. SRP sign-ins in a second, and CPU time of each, beside the exponentiations that they consist of, by OpenSSL alone: modulo
   the same 3,072-bit prime, with exponents of 256 bits. A sign-in takes three, g^b, v^u and S, and signs two tokens.
2. Token refreshes in a second, and GetUser, which verifies an access token.
3. A pool of ten million users (POOL_USERS, in the environment: another number): bytes a user on disk, the server's memory, and the time
   of a sign-in, beside those of a pool of a thousand.

Clients' own computations are done beforehand. The state is on disk: an answer is sent when the session is marked as used there.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import http.client
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())

from pycognito.aws_srp import AWSSRP, N_HEX  # noqa: E402

from bench import cpu_seconds, heading, machine, row  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.user_pools import PASSWORD, UserPool  # noqa: E402

SIGN_INS = 200
TURNS = 2000
CONNECTIONS = 8
#: How many users the large pool has.
POOL_USERS = int(os.environ.get("POOL_USERS", "10000000"))
BENCH_CLIENT = "benchbenchbenchbenchbench0"
FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


def exponentiation() -> float:
    """Seconds for one, by OpenSSL's constant-time function alone."""
    library = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
    for name in ("BN_new", "BN_CTX_new", "BN_bin2bn", "BN_MONT_CTX_new"):
        getattr(library, name).restype = ctypes.c_void_p

    def number(value: int) -> ctypes.c_void_p:
        data = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
        return ctypes.c_void_p(library.BN_bin2bn(data, len(data), None))

    modulus, base = number(int(N_HEX, 16)), number(secrets.randbits(3071))
    exponent = number(secrets.randbits(256) | 1 << 255)
    result, context = ctypes.c_void_p(library.BN_new()), ctypes.c_void_p(library.BN_CTX_new())
    start = time.process_time()
    for _ in range(500):
        assert library.BN_mod_exp_mont_consttime(result, base, exponent, modulus, context, None) == 1
    return (time.process_time() - start) / 500


def send_all(server: Server, operation: str, bodies: list[bytes]) -> tuple[list[Any], float, float]:
    """The answers, how many in a second, and the server's CPU time for each, in seconds."""
    pid = server.process.pid if server.process else 0
    parts = [bodies[place::CONNECTIONS] for place in range(CONNECTIONS)]

    def send(part: list[bytes]) -> list[Any]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        answers = []
        for body in part:
            connection.request("POST", "/", body, headers)
            response = connection.getresponse()
            text = response.read()
            assert response.status == 200, text
            answers.append(json.loads(text))
        return answers

    before, start = cpu_seconds(pid), time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        found = list(threads.map(send, parts))
    seconds, cpu = time.monotonic() - start, cpu_seconds(pid) - before
    answers: list[Any] = [None] * len(bodies)
    for place, part in enumerate(found):
        answers[place::CONNECTIONS] = part
    return answers, len(bodies) / seconds, cpu / len(bodies)


def measured(server: Server, name: str, operation: str, body: Callable[[int], dict[str, Any]], bare: float) -> None:
    bodies = [json.dumps(body(turn)).encode() for turn in range(TURNS)]
    send_all(server, operation, bodies[: TURNS // 10])
    _, rate, cpu = send_all(server, operation, bodies)
    row(name, f"{rate:,.0f} a second, {cpu * 1e6:,.0f} µs of CPU each", f"{cpu / bare:.2f} exponentiations")


def large_pool(folder: Path, users: int) -> tuple[int, int, float]:
    """Bytes on disk, the server's memory after a thousand users were signed in or looked for, and seconds for a sign-in."""
    data = folder / f"pool-{users}"
    subprocess.run(
        [
            os.environ["GATEHOUSE_BIN"], "bench-fill", "--data", str(data), "--accounts", "1", "--users", "1",
            "--pool-users", str(users), "--access-key-id", "AKIABENCHBENCHBENCH0", "--secret-access-key", "b" * 40,
        ],
        check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
    size = sum(file.stat().st_size for file in data.rglob("*") if file.is_file())
    with Server("--quota", "UserAuthenticationPerSecond=1000000", data=data, fixed_root=False) as server:
        parameters = [{"USERNAME": f"bench-{turn % 100}", "PASSWORD": PASSWORD} for turn in range(300)]
        bodies = [
            json.dumps(
                {"ClientId": BENCH_CLIENT, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": one}
            ).encode()
            for one in parameters
        ]
        # The pool's keys are made at the first.
        send_all(server, "InitiateAuth", bodies[:1])
        send_all(server, "InitiateAuth", bodies[:100])
        _, rate, _ = send_all(server, "InitiateAuth", bodies)
        # Challenges of users all over the pool.
        client = AWSSRP("bench-0", PASSWORD, "us-east-1_bench0000", BENCH_CLIENT, client=object())
        number = client.get_auth_params()["SRP_A"]
        challenges = [
            json.dumps({
                "ClientId": BENCH_CLIENT, "AuthFlow": "USER_SRP_AUTH",
                "AuthParameters": {"USERNAME": f"bench-{secrets.randbelow(users)}", "SRP_A": number},
            }).encode()
            for _ in range(1000)
        ]  # fmt: skip
        send_all(server, "InitiateAuth", challenges)
        return size, server.resident_memory(), CONNECTIONS / rate


def pools_of_many() -> None:
    heading(f"Pools of 1,000 and {POOL_USERS:,} users")
    with tempfile.TemporaryDirectory() as folder:
        small = large_pool(Path(folder), 1000)
        large = large_pool(Path(folder), POOL_USERS)
    each = (large[0] - small[0]) / (POOL_USERS - 1000)
    row("on disk", f"{each:,.0f} bytes a user", f"{large[0] / 1e9:.2f} GB")
    row("the server's memory", f"{large[1] / 1e6:,.0f} MB", f"{small[1] / 1e6:,.0f} MB with 1,000")
    row("a sign-in by password", f"{large[2] * 1e3:.1f} ms", f"{small[2] * 1e3:.1f} ms with 1,000")


def main() -> None:
    print(f"User pools on {machine()}")
    bare = exponentiation()
    heading("Signing in")
    row("one exponentiation by OpenSSL", f"{bare * 1e6:,.0f} µs", "")
    options = ("--quota", "UserAuthenticationPerSecond=1000000")
    with tempfile.TemporaryDirectory() as folder, Server(*options, data=Path(folder) / "data") as server:
        pool = UserPool(server, client={"ExplicitAuthFlows": FLOWS, "AuthSessionValidity": 15})
        pool.create("alice", PASSWORD)
        client = AWSSRP("alice", PASSWORD, pool.id, pool.client, client=pool.app)
        # The client's own work, which is not what is measured, is less with a smaller secret.
        client.small_a_value = secrets.randbits(256)
        client.large_a_value = client.calculate_a()
        parameters = client.get_auth_params()
        begin = {"ClientId": pool.client, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": parameters}
        body = json.dumps(begin).encode()
        send_all(server, "InitiateAuth", [body] * 50)
        challenges, first_rate, first = send_all(server, "InitiateAuth", [body] * SIGN_INS)
        proofs = [
            json.dumps({
                "ClientId": pool.client, "ChallengeName": "PASSWORD_VERIFIER",
                "ChallengeResponses": client.process_challenge(one["ChallengeParameters"], parameters),
            }).encode()
            for one in challenges
        ]  # fmt: skip
        answers, second_rate, second = send_all(server, "RespondToAuthChallenge", proofs)
        tokens = answers[0]["AuthenticationResult"]
        rate, cpu = 1 / (1 / first_rate + 1 / second_rate), first + second
        row("an SRP sign-in", f"{rate:,.0f} a second, {cpu * 1e6:,.0f} µs of CPU each", f"{cpu / bare:.2f} exponentiations")
        row("… of these the challenge", f"{first * 1e6:,.0f} µs", f"{first / bare:.2f}")
        row("… and the proof, with the tokens", f"{second * 1e6:,.0f} µs", f"{second / bare:.2f}")
        heading("Tokens")
        refresh = {
            "ClientId": pool.client, "AuthFlow": "REFRESH_TOKEN_AUTH",
            "AuthParameters": {"REFRESH_TOKEN": tokens["RefreshToken"]},
        }  # fmt: skip
        measured(server, "a refresh: two tokens signed", "InitiateAuth", lambda _: refresh, bare)
        measured(server, "GetUser: one verified", "GetUser", lambda _: {"AccessToken": tokens["AccessToken"]}, bare)
    pools_of_many()


if __name__ == "__main__":
    main()
