"""`make bench`: what signing in to a user pool costs, and what the tokens that come of it do.

    cognito.py PATH-OF-GATEHOUSE [USERS]

1. SRP sign-ins in a second, and CPU time of each, beside the exponentiations that they consist of, by OpenSSL alone: modulo
   the same 3,072-bit prime, with exponents of 256 bits. A sign-in takes three, g^b, v^u and S, and signs two tokens with RSA of
   2,048 bits.
2. Token refreshes in a second, and GetUser, which verifies an access token.
3. A pool of many users, a million unless USERS says another number, beside one of ten thousand, both served at the same time:
   bytes a user on disk, the server's start and memory, and how long signing in, finding users and signing up take. Ten million
   take some ten minutes, and 20 GB.

Measurements that are compared alternate, since a shared machine is now quick, now slow. Clients' own computations are not
measured. The state is on disk: an answer is sent when the session is marked as used there.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import http.client
import json
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())

from pycognito.aws_srp import AWSSRP, N_HEX  # noqa: E402

from bench import heading, machine, openssl_speed, row  # noqa: E402
from harness import raw  # noqa: E402
from harness.identity import Identity  # noqa: E402
from harness.server import Server  # noqa: E402
from harness.user_pools import PASSWORD, UserPool  # noqa: E402

TURNS = 5
#: In a turn.
SIGN_INS = 100
TOKENS = 400
#: With the large pool and the small one.
POOL_TURNS = 200
CONNECTIONS = 8
FLOWS = ["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
NO_LIMITS = ("--quota", "UserAuthenticationPerSecond=1000000", "--quota", "UserCreationPerSecond=1000000")

#: How many users the large pool and the small one have, and of which the password is known in each.
USERS = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
FEW_USERS = 10_000
KNOWN = 1000
BENCH_POOL, BENCH_CLIENT = "us-east-1_bench0000", "benchbenchbenchbenchbench0"
KEY = {"AccessKeyId": "AKIABENCHBENCHBENCH0", "SecretAccessKey": "bench" * 8}


def exponentiation() -> Callable[[], float]:
    """What gives seconds for one, by OpenSSL's constant-time function alone."""
    library = ctypes.CDLL(ctypes.util.find_library("crypto") or "libcrypto.so.3")
    for name in ("BN_new", "BN_CTX_new", "BN_bin2bn"):
        getattr(library, name).restype = ctypes.c_void_p

    def number(value: int) -> ctypes.c_void_p:
        data = value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")
        return ctypes.c_void_p(library.BN_bin2bn(data, len(data), None))

    modulus, base = number(int(N_HEX, 16)), number(secrets.randbits(3071))
    exponent = number(secrets.randbits(256) | 1 << 255)
    result, context = ctypes.c_void_p(library.BN_new()), ctypes.c_void_p(library.BN_CTX_new())

    def measure() -> float:
        start = time.process_time()
        for _ in range(200):
            assert library.BN_mod_exp_mont_consttime(result, base, exponent, modulus, context, None) == 1
        return (time.process_time() - start) / 200

    return measure


def cpu_time(server: Server) -> float:
    """Seconds of CPU time that a server has taken, to the nanosecond: /proc has them in hundredths of a second."""
    assert server.process
    # The kernel's name for the clock of another process, as clock_getcpuclockid(3) makes it.
    return time.clock_gettime(~server.process.pid << 3 | 2)


def send_all(server: Server, operation: str, bodies: list[bytes]) -> tuple[list[Any], float, float]:
    """The answers, how many in a second, and the server's CPU time for each, in seconds."""
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

    before, start = cpu_time(server), time.monotonic()
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        found = list(threads.map(send, parts))
    seconds, cpu = time.monotonic() - start, cpu_time(server) - before
    answers: list[Any] = [None] * len(bodies)
    for place, part in enumerate(found):
        answers[place::CONNECTIONS] = part
    return answers, len(bodies) / seconds, cpu / len(bodies)


# Signing in, and tokens


def signer(username: str, pool: str, client: str) -> AWSSRP:
    """A client whose own work, which is not what is measured, is less with a smaller secret."""
    srp = AWSSRP(username, PASSWORD, pool, client, client=object())
    srp.small_a_value = secrets.randbits(256)
    srp.large_a_value = srp.calculate_a()
    return srp


def beginning(srp: AWSSRP) -> dict[str, Any]:
    return {"ClientId": srp.client_id, "AuthFlow": "USER_SRP_AUTH", "AuthParameters": srp.get_auth_params()}


def proof(srp: AWSSRP, challenge: dict[str, Any]) -> dict[str, Any]:
    answers = srp.process_challenge(challenge["ChallengeParameters"], srp.get_auth_params())
    return {"ClientId": srp.client_id, "ChallengeName": "PASSWORD_VERIFIER", "ChallengeResponses": answers}


def signing_in() -> None:
    with tempfile.TemporaryDirectory() as folder, Server(*NO_LIMITS, data=Path(folder) / "data") as server:
        pool = UserPool(server, client={"ExplicitAuthFlows": FLOWS, "AuthSessionValidity": 15})
        pool.create("alice", PASSWORD)
        srp = signer("alice", pool.id, pool.client)
        bare_of = exponentiation()
        begin = json.dumps(beginning(srp)).encode()
        # The pool's keys are made at the first.
        send_all(server, "InitiateAuth", [begin] * 20)
        taken: dict[str, list[tuple[float, float, float]]] = {}
        tokens: dict[str, str] = {}
        for _ in range(TURNS):
            bare = bare_of()
            challenges, rate, cpu = send_all(server, "InitiateAuth", [begin] * SIGN_INS)
            taken.setdefault("challenge", []).append((rate, cpu, cpu / bare))
            proofs = [json.dumps(proof(srp, one)).encode() for one in challenges]
            answers, rate, cpu = send_all(server, "RespondToAuthChallenge", proofs)
            taken.setdefault("proof", []).append((rate, cpu, cpu / bare))
            tokens = tokens or answers[0]["AuthenticationResult"]
            refresh = {
                "ClientId": pool.client, "AuthFlow": "REFRESH_TOKEN_AUTH",
                "AuthParameters": {"REFRESH_TOKEN": tokens["RefreshToken"]},
            }  # fmt: skip
            _, rate, cpu = send_all(server, "InitiateAuth", [json.dumps(refresh).encode()] * TOKENS)
            taken.setdefault("refresh", []).append((rate, cpu, cpu / bare))
            verify = json.dumps({"AccessToken": tokens["AccessToken"]}).encode()
            _, rate, cpu = send_all(server, "GetUser", [verify] * TOKENS)
            taken.setdefault("verify", []).append((rate, cpu, cpu / bare))
            taken.setdefault("bare", []).append((1 / bare, bare, 1))
    found = {name: [statistics.median(column) for column in zip(*rows)] for name, rows in taken.items()}
    challenge, proved, bare = found["challenge"], found["proof"], found["bare"][1]
    both, signature = challenge[1] + proved[1], openssl_speed("rsa2048") / 1e6
    heading(f"Signing in and tokens: medians of {TURNS} turns")
    row("one exponentiation by OpenSSL", f"{bare * 1e6:,.0f} µs", "1.00")
    row("one RSA signature of 2,048 bits by OpenSSL", f"{signature * 1e6:,.0f} µs", f"{signature / bare:.2f}")
    row("an SRP sign-in", f"{1 / (1 / challenge[0] + 1 / proved[0]):,.0f}/s",
        f"{both * 1e6:,.0f} µs of CPU: {challenge[2] + proved[2]:.2f} exponentiations, "
        f"{both / (3 * bare + 2 * signature):.2f} of three with two signatures")  # fmt: skip
    for name, words in (
        ("challenge", "  of these the challenge"), ("proof", "  and the proof, with the tokens"),
        ("refresh", "a refresh: two tokens signed"), ("verify", "GetUser: a token verified"),
    ):  # fmt: skip
        rate, cpu, ratio = found[name]
        row(words, f"{rate:,.0f}/s", f"{cpu * 1e6:,.0f} µs of CPU: {ratio:.2f} exponentiations")


# Pools of many users


@dataclass
class FilledPool:
    """A data directory with a pool of so many users, and what making it took."""

    data: Path
    users: int
    size: int
    seconds: float

    @classmethod
    def make(cls, folder: Path, users: int) -> "FilledPool":
        data, started = folder / f"pool-{users}", time.perf_counter()
        subprocess.run(
            [os.environ["GATEHOUSE_BIN"], "bench-fill", "--data", str(data), "--accounts", "1", "--users", "1",
             "--pool-users", str(users), "--access-key-id", KEY["AccessKeyId"],
             "--secret-access-key", KEY["SecretAccessKey"]],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        seconds = time.perf_counter() - started
        return cls(data, users, sum(each.stat().st_size for each in data.rglob("*") if each.is_file()), seconds)

    def name(self, turn: int) -> str:
        """A user whose password is known: all over the pool."""
        return f"bench-{turn * 7919 % min(KNOWN, self.users) * max(1, self.users // KNOWN)}"


@dataclass
class Cost:
    """Seconds until the answer was there, and of the server's CPU time."""

    waited: float
    cpu: float

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(self.waited + other.waited, self.cpu + other.cpu)


class Measured:
    """A server of such a pool, and what its answers cost."""

    def __init__(self, pool: FilledPool):
        self.pool = pool
        started = time.perf_counter()
        self.server = Server(*NO_LIMITS, data=pool.data, fixed_root=False).start(within=300)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=60)
        self.connection.request("GET", "/_gatehouse/health")
        self.connection.getresponse().read()
        self.start = time.perf_counter() - started
        self.idle = self.server.resident_memory()
        self.user = Identity.of_key(self.server.url, KEY)
        self.turn = 0
        #: Of each kind of call, how long its answers took, and how much CPU time.
        self.taken: dict[str, list[Cost]] = {}

    def call(self, operation: str, body: dict[str, Any], signed: bool = False) -> tuple[Any, Cost]:
        data = json.dumps(body).encode()
        headers = {
            "X-Amz-Target": f"AWSCognitoIdentityProviderService.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
        }
        if signed:
            headers = raw.signed("POST", "/", data, self.user, service="cognito-idp", headers=headers).headers
        before, start = cpu_time(self.server), time.perf_counter()
        self.connection.request("POST", "/", data, headers)
        response = self.connection.getresponse()
        text = response.read()
        cost = Cost(time.perf_counter() - start, cpu_time(self.server) - before)
        assert response.status == 200, (operation, text)
        return json.loads(text), cost


    def measure(self) -> None:
        """Everything once, of a user who has not been asked for before."""
        name, pool = self.pool.name(self.turn), {"UserPoolId": BENCH_POOL}
        self.turn += 1
        password = {"USERNAME": name, "PASSWORD": PASSWORD}
        anybody = f"bench-{secrets.randbelow(self.pool.users)}"
        found, by_email = self.call("ListUsers", pool | {"Filter": f'email = "{anybody}@example.com"'}, signed=True)
        assert [one["Username"] for one in found["Users"]] == [anybody]
        sub = next(one["Value"] for one in found["Users"][0]["Attributes"] if one["Name"] == "sub")
        taken = {
            "a sign-in by password": self.call(
                "InitiateAuth",
                {"ClientId": BENCH_CLIENT, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": password})[1],
            "a sign-in by SRP": self.signed_in_by_srp(self.pool.name(self.turn)),
            "ListUsers by an e-mail address": by_email,
            "ListUsers, 60 by the beginning of one": self.call(
                "ListUsers", pool | {"Filter": f'email ^= "bench-{self.turn % 9 + 1}"'}, signed=True)[1],
            "ListUsers, 60 of a status": self.call(
                "ListUsers", pool | {"Filter": 'cognito:user_status = "CONFIRMED"'}, signed=True)[1],
            "AdminGetUser": self.call("AdminGetUser", pool | {"Username": anybody}, signed=True)[1],
            "AdminGetUser, by sub": self.call("AdminGetUser", pool | {"Username": sub}, signed=True)[1],
            "DescribeUserPool": self.call("DescribeUserPool", pool, signed=True)[1],
            "SignUp": self.call(
                "SignUp",
                {"ClientId": BENCH_CLIENT, "Username": f"new-{secrets.token_hex(8)}", "Password": PASSWORD,
                 "UserAttributes": [{"Name": "email", "Value": f"{secrets.token_hex(8)}@example.com"}]})[1],
        }  # fmt: skip
        for kind, cost in taken.items():
            self.taken.setdefault(kind, []).append(cost)

    def signed_in_by_srp(self, name: str) -> Cost:
        srp = signer(name, BENCH_POOL, BENCH_CLIENT)
        challenge, first = self.call("InitiateAuth", beginning(srp))
        _, second = self.call("RespondToAuthChallenge", proof(srp, challenge))
        return first + second


def pools_of_many(folder: Path) -> None:
    pools = [FilledPool.make(folder, FEW_USERS), FilledPool.make(folder, USERS)]
    servers: list[Measured] = []
    try:
        for pool in pools:
            servers.append(Measured(pool))
        for server in servers:
            # The pool's keys are made at the first sign-in.
            server.signed_in_by_srp(server.pool.name(0))
        for _ in range(POOL_TURNS):
            for server in servers:
                server.measure()
        few, many = servers
        memory = [server.server.resident_memory() for server in servers]
    finally:
        for server in servers:
            server.server.kill()
    heading(f"A pool of {USERS:,} users, beside one of {FEW_USERS:,}: medians of {POOL_TURNS} turns")
    row("filled without the API", f"{pools[1].seconds:,.0f} s", f"{USERS / pools[1].seconds:,.0f} users/s")
    row("on disk", f"{pools[1].size / 1e9:.2f} GB",
        f"{(pools[1].size - pools[0].size) / max(1, USERS - FEW_USERS):,.0f} bytes a user")  # fmt: skip
    row("start to first answer", f"{many.start * 1e3:,.0f} ms", f"{many.start / few.start:.2f}")
    row("the server's memory after that", f"{many.idle / 1e6:,.0f} MB", f"{many.idle / few.idle:.2f}")
    row("  and after all that follows", f"{memory[1] / 1e6:,.0f} MB", f"{memory[1] / memory[0]:.2f}")
    for kind, costs in many.taken.items():
        waited, cpu = middle(costs)
        others_waited, others_cpu = middle(few.taken[kind])
        row(kind, f"{waited * 1e3:.2f} ms",
            f"{waited / others_waited:.2f}; {cpu * 1e6:,.0f} µs of CPU, {cpu / others_cpu:.2f}")  # fmt: skip


def middle(costs: list[Cost]) -> tuple[float, float]:
    return statistics.median(each.waited for each in costs), statistics.median(each.cpu for each in costs)


def main() -> None:
    print(f"User pools on {machine()}")
    signing_in()
    # Beside the build, because /tmp is memory on some machines.
    build = REPOSITORY / ".build"
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=build if build.is_dir() else None))
    try:
        pools_of_many(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
