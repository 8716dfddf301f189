"""The metadata service of instances: how many credentials it serves in a second, and how long it takes from a change of the role's
policy until a program that got its credentials there is refused.

    instances.py PATH-OF-GATEHOUSE [SECONDS]

Clients are processes of their own, with connections that are kept; the policy's changes go through the API, and the program asks as
fast as it can meanwhile. Everything happens on the loopback interface and in a folder beside the build.
"""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPOSITORY / "Tests" / "Clients"))
os.environ["GATEHOUSE_BIN"] = str(Path(sys.argv[1]).absolute())
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 5.0

from harness import Identity, allow, policy  # noqa: E402
from harness import raw  # noqa: E402
from harness.instances import Metadata, image, launch, profile, variables  # noqa: E402
from harness.server import Server  # noqa: E402

CLIENTS = 8
CHANGES = 50
ENDPOINT = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
ALLOWED = policy(allow("iam:ListUsers"))


def ask(endpoint: str, path: str, headers: dict[str, str], end: float) -> int:
    """Asks for a path until a time has come."""
    url, count = urlsplit(endpoint), 0
    connection = http.client.HTTPConnection(url.netloc, timeout=60)
    while time.time() < end:
        connection.request("GET", f"{url.path}/latest/{path}", headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        assert answer.status == 200, (answer.status, text)
        count += 1
    return count


def rate(endpoint: str, path: str, headers: dict[str, str]) -> float:
    """In a second, by all clients together."""
    with multiprocessing.Pool(CLIENTS) as pool:
        # The time begins when the clients are there.
        pool.map(abs, range(CLIENTS), chunksize=1)
        begun = time.time()
        counts = pool.starmap(ask, [(endpoint, path, headers, begun + SECONDS)] * CLIENTS, chunksize=1)
        return sum(counts) / (time.time() - begun)


class Program:
    """Lists users as an instance, again and again, and notes when it was first refused, or let, after it was before."""

    def __init__(self, identity: Identity):
        self.identity = identity
        self.changed = threading.Event()
        self.seen = (200, 0.0)
        # When the last request was sent that was allowed.
        self.allowed = 0.0
        self.isOver = False
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self) -> None:
        connection = http.client.HTTPConnection(self.identity.url.removeprefix("http://"), timeout=60)
        while not self.isOver:
            request = raw.signed("POST", "/", raw.form("ListUsers"), self.identity)
            sent = time.perf_counter()
            connection.request(request.method, request.target, request.body, request.headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                self.allowed = sent
            if answer.status != self.seen[0]:
                # When the request was sent that was answered otherwise: that one was decided by the new policy.
                self.seen = (answer.status, sent)
                self.changed.set()

    def next_change(self) -> float:
        assert self.changed.wait(60)
        self.changed.clear()
        return self.seen[1]


def refusals(server: Server, endpoint: str) -> list[float]:
    """Seconds between the answer to a change of the role's policy and the sending of the first request that is refused."""
    said = json.loads(Metadata(endpoint).text("meta-data/iam/security-credentials/app"))
    program = Program(Identity(server.url, said["AccessKeyId"], said["SecretAccessKey"], said["Token"]))
    iam, times = server.root.iam, []
    for _ in range(CHANGES):
        iam.delete_role_policy(RoleName="app", PolicyName="p0")
        answered = time.perf_counter()
        times.append(program.next_change() - answered)
        assert program.allowed < answered, "a request that was sent after the change was answered was still allowed"
        iam.put_role_policy(RoleName="app", PolicyName="p0", PolicyDocument=ALLOWED)
        program.next_change()
    program.isOver = True
    program.thread.join()
    return times


def main() -> None:
    with tempfile.TemporaryDirectory(dir=REPOSITORY / ".build") as place, Server(data=Path(place) / "data") as server:
        root = server.root
        arn = profile(root, "app", ALLOWED)
        options = {"HttpTokens": "optional", "HttpEndpoint": "enabled"}
        instance = launch(root, image(root), IamInstanceProfile={"Arn": arn}, MetadataOptions=options)
        for name, endpoint in (
            ("by a secret address", variables(server, instance)[ENDPOINT]),
            ("by a port of its own", variables(server, instance, "&port=0")[ENDPOINT]),
        ):
            token = {"X-aws-ec2-metadata-token": Metadata(endpoint).token().text}
            credentials = rate(endpoint, "meta-data/iam/security-credentials/app", token)
            first = rate(endpoint, "meta-data/iam/security-credentials/app", {})
            types = rate(endpoint, "meta-data/instance-type", token)
            document = rate(endpoint, "dynamic/instance-identity/rsa2048", token)
            print(
                f"{name}: {credentials:,.0f}/s credentials (version 1: {first:,.0f}/s), {types:,.0f}/s instance types, "
                f"{document:,.0f}/s signed documents"
            )
        times = sorted(refusals(server, variables(server, instance)[ENDPOINT]))
        # Below zero: it was refused before the change was answered.
        print(
            f"from the answer to a role's change to the first refused request: {statistics.median(times) * 1000:.2f} ms "
            f"(median of {CHANGES}; most {times[-1] * 1000:.2f} ms)"
        )


if __name__ == "__main__":
    main()
