"""Several nodes on one PostgreSQL database, while nodes are killed and paused and connections are cut.

Everything that clients were answered is written down with its time, and must fit together as if there were one node:

- no change that was answered is lost (lost update);
- whoever asks after a permission was answered to be removed is denied, at every node (stale permit), and allowed after it
  was answered to be given (stale denial).

GATEHOUSE_NODES_SECONDS (default 12) bounds each; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import signal
import socket
import threading
import time
from bisect import bisect_left
from dataclasses import dataclass, field
from pathlib import Path
from collections.abc import Callable, Iterator

import pytest

from harness import Identity, Server, allow, policy
from harness import postgres, raw
from harness.patience import PATIENCE
from harness.postgres import Postgres
from harness.server import gatehouse

SECONDS = float(os.environ.get("GATEHOUSE_NODES_SECONDS", "12"))
COUNT = 3


class Nodes:
    """Servers that share a database."""

    def __init__(self, database: str, folder: Path, *options: str):
        self.database = database
        self.servers = [
            # In an hour more users are made than an account may have.
            Server(
                *options, "--quota", "Users=10000000", database=database, key=folder / "key", log=folder / f"log{number}"
            )
            for number in range(COUNT)
        ]

    def start(self) -> "Nodes":
        for server in self.servers:
            server.start()
        return self

    def stop(self) -> None:
        for server in self.servers:
            if server.alive:
                assert server.process
                server.process.send_signal(signal.SIGCONT)
            server.kill()

    def roots(self) -> list[Identity]:
        return [server.root for server in self.servers]


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def nodes(database: Postgres, tmp_path: Path) -> Iterator[Nodes]:
    made = Nodes(database.new_database(), tmp_path)
    try:
        yield made.start()
    finally:
        made.stop()


# At rest


def test_what_one_node_answers_every_other_knows(nodes: Nodes) -> None:
    one, two, three = nodes.roots()
    for number in range(20):
        name = f"user-{number}"
        one.iam.create_user(UserName=name)
        assert two.iam.get_user(UserName=name)["User"]["UserName"] == name
        key = two.iam.create_access_key(UserName=name)["AccessKey"]
        at_three = Identity.of_key(three.url, key)
        assert at_three.sts.get_caller_identity()["Arn"].endswith(f":user/{name}")
        assert_denied(at_three)
        one.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))
        assert at_three.iam.list_users()["Users"]
        two.iam.delete_user_policy(UserName=name, PolicyName="p")
        assert_denied(at_three)
        three.iam.update_access_key(UserName=name, AccessKeyId=key["AccessKeyId"], Status="Inactive")
        answer = ask(nodes.servers[1], Identity.of_key(two.url, key), "ListUsers")
        assert answer.status == 403 and b"InvalidClientTokenId" in answer.body


def assert_denied(identity: Identity) -> None:
    with pytest.raises(identity.iam.exceptions.ClientError) as error:
        identity.iam.list_users()
    assert error.value.response["Error"]["Code"] == "AccessDenied"


def test_a_name_is_given_once(nodes: Nodes) -> None:
    for number in range(10):
        answers = at_once(
            lambda server: ask(server, server.root, "CreateUser", UserName=f"same-{number}").status, nodes.servers * 2
        )
        assert sorted(answers) == [200] + [409] * (len(answers) - 1)


def test_nodes_that_start_together_make_one_account(database: Postgres, tmp_path: Path) -> None:
    made = Nodes(database.new_database(), tmp_path)
    try:
        at_once(lambda server: server.start(), made.servers)
        for root in made.roots():
            assert root.sts.get_caller_identity()["Arn"].endswith(":root")
            assert root.iam.get_account_summary()["SummaryMap"]["AccountAccessKeysPresent"] == 1
    finally:
        made.stop()


def test_another_key_is_refused(nodes: Nodes, tmp_path: Path) -> None:
    other = tmp_path / "other"
    done = gatehouse("serve", "--port", "0", "--database", nodes.database, "--key-file", str(other))
    assert done.returncode == 1 and "copy the key file of another node" in done.stderr and not other.exists()
    other.write_bytes(os.urandom(32))
    other.chmod(0o600)
    done = gatehouse("serve", "--port", "0", "--database", nodes.database, "--key-file", str(other))
    assert done.returncode == 1 and "sealed with another key" in done.stderr


def test_a_node_listens_when_it_is_ready(database: Postgres, tmp_path: Path) -> None:
    """Until then clients are refused, and go to another node. So an account may be there by the time that a port turns out to be
    taken, and its key has to be told."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = ("--database", database.new_database(), "--key-file", str(tmp_path / "key"))
        done = gatehouse("serve", "--port", str(taken.getsockname()[1]), *options)
    assert done.returncode == 1 and "which is in use" in done.stderr, done.stderr
    assert re.search(r"export AWS_ACCESS_KEY_ID=AKIA\w{16} AWS_SECRET_ACCESS_KEY=\S{40}", done.stdout), done.stdout


def test_a_password_stays_secret(database: Postgres, tmp_path: Path) -> None:
    url = database.url("nowhere").replace("gatehouse@", "gatehouse:hunter2@")
    done = gatehouse("serve", "--port", "0", "--database", url, "--key-file", str(tmp_path / "key"))
    assert done.returncode != 0 and "Put it into a file" in done.stderr and "hunter2" not in done.stderr + done.stdout


def test_a_node_that_is_too_old_stops_and_says_why(database: Postgres, nodes: Nodes, tmp_path: Path) -> None:
    # As a much newer version would leave it.
    database.run("UPDATE head SET version = 99, least = 99", nodes.database.rsplit("/", 1)[1])
    for server in nodes.servers:
        assert wait_for(lambda: server.get("/ready")[0] == 503)
        assert "asks for a newer version" in server.get("/ready")[1] and server.get("/health")[0] == 200
        answer = ask(server, server.root, "GetCallerIdentity", service="sts")
        assert answer.status == 503 and b"ServiceUnavailable" in answer.body
    done = gatehouse("serve", "--port", "0", "--database", nodes.database, "--key-file", str(tmp_path / "key"))
    assert done.returncode == 1 and "Replace it by the newer one" in done.stderr, done.stderr


@pytest.mark.slow
def test_what_a_node_has_begun_another_ends(nodes: Nodes) -> None:
    root = nodes.servers[0].root
    root.client("organizations").create_organization(FeatureSet="ALL")
    for number in range(4):
        server = nodes.servers[number % COUNT]
        status = server.root.client("organizations").create_account(
            Email=f"member{number}@example.com", AccountName=f"member{number}"
        )["CreateAccountStatus"]
        assert server.process
        server.process.send_signal(signal.SIGSTOP)
        other = nodes.servers[(number + 1) % COUNT].root.client("organizations")

        def state() -> str:
            return other.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]["State"]

        try:
            assert wait_for(lambda: state() == "SUCCEEDED", within=25), state()
        finally:
            server.process.send_signal(signal.SIGCONT)


# The database goes


def test_a_database_that_is_away_and_comes_back(tmp_path: Path) -> None:
    with Postgres() as database:
        made = Nodes(database.new_database(), tmp_path)
        # One goes on for a while without the database.
        made.servers[1].options += ["--when-database-is-away", "600"]
        try:
            made.start()
            strict, lenient, _ = made.servers
            strict.root.iam.create_user(UserName="before")
            assert lenient.get("/ready")[0] == 200 and ask(lenient, lenient.root, "GetUser", UserName="before").status == 200

            database.crash()
            assert strict.get("/health")[0] == 200
            assert wait_for(lambda: strict.get("/ready")[0] == 503)
            answer = ask(strict, strict.root, "ListAccountAliases")
            assert answer.status == 503 and b"ServiceUnavailable" in answer.body
            identity = ask(lenient, lenient.root, "GetCallerIdentity", service="sts")
            assert identity.status == 200
            assert ask(lenient, lenient.root, "CreateUser", UserName="meanwhile").status == 503
            assert "gatehouse_database_reachable 0" in strict.get("/metrics")[1]

            database.restart()
            assert wait_for(lambda: strict.get("/ready")[0] == 200)
            assert ask(strict, strict.root, "GetUser", UserName="before").status == 200
            assert ask(lenient, lenient.root, "GetUser", UserName="meanwhile").status == 404
            # What was answered meanwhile is recorded after all.
            wanted = re.search(rb"<RequestId>([^<]*)", identity.body)
            assert wanted
            assert wait_for(lambda: wanted[1].decode() in requests_of(lenient.root))
        finally:
            made.stop()


def requests_of(root: Identity) -> set[str]:
    events = root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "GetCallerIdentity"}]
    )["Events"]
    return {json.loads(event["CloudTrailEvent"])["requestID"] for event in events}


def wait_for(holds: Callable[[], bool], within: float = PATIENCE) -> bool:
    end = time.monotonic() + within
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False


def test_data_go_there_and_back(database: Postgres, durable: Callable[..., Server], tmp_path: Path) -> None:
    first = durable().start()
    first.root.iam.create_user(UserName="alice")
    first.stop()
    url, key = database.new_database(), tmp_path / "shared-key"
    there = ["--data", str(tmp_path / "data"), "--database", url, "--key-file", str(key)]
    done = gatehouse("migrate", "database", *there, within=60)
    assert done.returncode == 0 and "verified" in done.stdout, done.stderr
    with Server(database=url, key=key, log=tmp_path / "log") as server:
        assert server.root.iam.get_user(UserName="alice")
        server.root.iam.create_user(UserName="bob")
        server.stop()
    again = gatehouse("migrate", "database", *there, within=60)
    assert again.returncode == 1 and "There is a ledger in the target already" in again.stderr
    back = ["--data", str(tmp_path / "back"), "--database", url, "--key-file", str(key)]
    done = gatehouse("migrate", "directory", *back, within=60)
    assert done.returncode == 0, done.stderr
    last = durable(data=tmp_path / "back").start()
    assert {user["UserName"] for user in last.root.iam.list_users()["Users"]} == {"alice", "bob"}
    assert {"CreateUser"} <= {event["EventName"] for event in last.root.cloudtrail.lookup_events()["Events"]}
    done = gatehouse("verify", "--data", str(tmp_path / "back"), within=60)
    assert done.returncode == 0, done.stdout


# In motion


@dataclass
class Answer:
    #: None: there was none.
    status: int | None
    body: bytes = b""
    begin: float = 0.0
    end: float = 0.0

    @property
    def is_known(self) -> bool:
        """Whether it says what became of the request: a server's failure does not."""
        return self.status is not None and self.status < 500


def ask(
    server: Server, identity: Identity, action: str, *, patience: float = 15, service: str = "iam", **parameters: str
) -> Answer:
    version = raw.STS_VERSION if service == "sts" else raw.IAM_VERSION
    body = raw.form(action, version, **parameters)
    request = raw.signed("POST", "/", body, identity, service=service)
    begin = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=patience)
    try:
        connection.request("POST", "/", body, request.headers)
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), begin, time.monotonic())
    except (OSError, http.client.HTTPException):
        return Answer(None, b"", begin, time.monotonic())
    finally:
        connection.close()


def at_once(call: Callable, servers: list[Server]) -> list:
    """Calls at the same time; returns the results in order."""
    results: list = [None] * len(servers)
    ready = threading.Barrier(len(servers))

    def run(number: int, server: Server) -> None:
        ready.wait()
        results[number] = call(server)

    threads = [threading.Thread(target=run, args=each) for each in enumerate(servers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@dataclass
class History:
    """What clients did and were told."""

    made: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    #: (given, begin, end of the answer, whether it was answered) of each change of a permission, by user.
    changes: dict[str, list[tuple[bool, float, float, bool]]] = field(default_factory=dict)
    #: (allowed, begin, end) of each question, by user.
    uses: dict[str, list[tuple[bool, float, float]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    answers: int = 0
    failures: int = 0

    def judge(self) -> None:
        for user, uses in self.uses.items():
            for allowed, begin, end in uses:
                due = self.due(user, begin, end)
                if due is not None and allowed != due:
                    self.problems.append(
                        f"{user} was {'allowed' if allowed else 'denied'} from {begin:.4f} to {end:.4f}, after "
                        f"{[c for c in self.changes[user] if c[1] < end][-3:]}"
                    )

    def due(self, user: str, begin: float, end: float) -> bool | None:
        """What a question in that time had to be told; None: either."""
        changes = self.changes[user]
        given, _, ended, is_answered = changes[bisect_left(changes, end, key=lambda change: change[1]) - 1]
        return given if is_answered and ended <= begin else None


class Worker(threading.Thread):
    def __init__(self, run: Callable[["Worker"], None]):
        super().__init__(daemon=True)
        self.work = run
        self.stopping = threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            self.work(self)


def run_clients(nodes: Nodes, history: History, dice: random.Random, trouble: Callable[[], None]) -> None:
    """Has clients work for a while, and something happen to the nodes again and again."""
    users = ["red", "green", "blue"]
    keys = {}
    root = nodes.servers[0].root
    for user in users:
        root.iam.create_user(UserName=user)
        keys[user] = root.iam.create_access_key(UserName=user)["AccessKey"]
        history.changes[user] = [(False, 0.0, 0.0, True)]
        history.uses[user] = []
    document = policy(allow("iam:ListGroups"))

    def count(answer: Answer) -> Answer:
        history.answers += answer.is_known
        history.failures += not answer.is_known
        if not answer.is_known:
            time.sleep(0.05)
        return answer

    def toggle(user: str) -> Callable[[Worker], None]:
        def step(_: Worker) -> None:
            given = not history.changes[user][-1][0]
            server = dice.choice(nodes.servers)
            if given:
                answer = ask(server, server.root, "PutUserPolicy", UserName=user, PolicyName="p", PolicyDocument=document)
            else:
                answer = ask(server, server.root, "DeleteUserPolicy", UserName=user, PolicyName="p")
            count(answer)
            # What was done before by a request without an answer need not be done again.
            done = answer.status == 200 or (not given and answer.status == 404)
            if answer.is_known and not done:
                history.problems.append(f"{given} for {user}: {answer}")
            history.changes[user].append((given, answer.begin, answer.end if done else float("inf"), done))
            time.sleep(dice.uniform(0, 0.03))

        return step

    def use(user: str) -> Callable[[Worker], None]:
        def step(_: Worker) -> None:
            server = dice.choice(nodes.servers)
            identity = Identity.of_key(server.url, keys[user])
            answer = count(ask(server, identity, "ListGroups"))
            if answer.status == 200 or (answer.status == 403 and b"AccessDenied" in answer.body):
                history.uses[user].append((answer.status == 200, answer.begin, answer.end))
            elif answer.is_known:
                history.problems.append(f"{user}: {answer}")

        return step

    def make(number: int) -> Callable[[Worker], None]:
        names = (f"made-{number}-{count}" for count in range(1_000_000))

        def step(_: Worker) -> None:
            server = dice.choice(nodes.servers)
            name = next(names)
            answer = count(ask(server, server.root, "CreateUser", UserName=name, Path="/made/"))
            if answer.status == 200:
                history.made.add(name)
            elif answer.is_known:
                history.problems.append(f"{name}: {answer}")
            elif answer.status is None:
                return
            if answer.status == 200 and dice.random() < 0.3:
                server = dice.choice(nodes.servers)
                if count(ask(server, server.root, "DeleteUser", UserName=name)).status == 200:
                    history.removed.add(name)
                else:
                    history.made.discard(name)

        return step

    workers = [Worker(step(user)) for user in users for step in (toggle, use, use)]
    workers += [Worker(make(number)) for number in range(3)]
    for worker in workers:
        worker.start()
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        time.sleep(dice.uniform(0.3, 1.0))
        trouble()
    for worker in workers:
        worker.stopping.set()
    for worker in workers:
        worker.join(30)


def judge(nodes: Nodes, history: History, seed: int) -> None:
    history.judge()
    assert not history.problems, (seed, history.problems[:5], len(history.problems))
    for server in nodes.servers:
        found = {
            user["UserName"]
            for page in server.root.iam.get_paginator("list_users").paginate(PathPrefix="/made/")
            for user in page["Users"]
        }
        assert history.made - history.removed <= found, (seed, history.made - history.removed - found)
        assert not history.removed & found, (seed, history.removed & found)
    assert history.answers > 50 and any(history.uses.values()), (seed, history.answers, history.failures)
    print(f"seed {seed}: {history.answers} answers, {history.failures} requests without one")


def seeded() -> tuple[int, random.Random]:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1_000_000)))
    return seed, random.Random(seed)


@pytest.mark.slow
def test_nothing_is_lost_or_stale_while_nodes_die_and_stand_still(
    database: Postgres, nodes: Nodes, tmp_path: Path
) -> None:
    seed, dice = seeded()
    name = nodes.database.rsplit("/", 1)[1]

    def trouble() -> None:
        server = dice.choice(nodes.servers)
        kind = dice.choice(["kill", "pause", "cut", "cut"])
        if kind == "kill":
            server.kill()
            # By hand this runs for an hour, beside whatever else the machine has to do.
            server.start(within=120)
        elif kind == "pause":
            assert server.process
            server.process.send_signal(signal.SIGSTOP)
            time.sleep(dice.choice([0.2, 1.0, 4.5]))
            server.process.send_signal(signal.SIGCONT)
        else:
            database.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                f"WHERE datname = '{name}' AND application_name LIKE 'gatehouse%' AND random() < 0.5"
            )

    history = History()
    run_clients(nodes, history, dice, trouble)
    judge(nodes, history, seed)


@pytest.mark.slow
def test_nothing_is_lost_when_the_standby_takes_over(tmp_path: Path) -> None:
    seed, dice = seeded()
    with Postgres() as primary, primary.add_standby() as standby:
        name = primary.new_database().rsplit("/", 1)[1]
        hosts = ",".join(str(server.folder).replace("/", "%2F") for server in (primary, standby))
        made = Nodes(f"postgres://gatehouse@{hosts}/{name}", tmp_path)
        moments = iter(range(1_000))

        def trouble() -> None:
            if next(moments) == 3:
                primary.crash()
                standby.control("promote")

        try:
            made.start()
            history = History()
            run_clients(made, history, dice, trouble)
            judge(made, history, seed)
        finally:
            made.stop()
