"""kill -9 at random moments, again and again, while clients create and delete users.

After each restart: every acknowledged change is there, none is there by half, and each has its event.

GATEHOUSE_CRASH_SECONDS (default 12) bounds it; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

import http.client
import json
import os
import random
import sqlite3
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from collections.abc import Callable

from harness import Identity, Server, Trail, allow, policy
from harness import raw
from harness.server import clean_environment
from harness.patience import PATIENCE

SECONDS = float(os.environ.get("GATEHOUSE_CRASH_SECONDS", "12"))
CLIENTS = 6


@dataclass
class Account:
    """What one client knows: it works on names of its own, so that nobody else changes them."""

    there: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    #: The change that was asked and not answered when the server died: (operation, user name).
    unanswered: tuple[str, str] | None = None
    #: Request id → (operation, user name) of every change that was answered with success.
    answered: dict[str, tuple[str, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    count: int = 0


class Client(threading.Thread):
    def __init__(self, number: int, server: Server, account: Account, dice: random.Random):
        super().__init__(daemon=True)
        self.number, self.account, self.dice = number, account, dice
        self.port, self.root = server.port, server.root
        self.stopping = threading.Event()

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.stopping.is_set():
            if self.account.there and self.dice.random() < 0.45:
                change = ("DeleteUser", self.dice.choice(sorted(self.account.there)))
            else:
                self.account.count += 1
                change = ("CreateUser", f"user-{self.number}-{self.account.count}")
            more = {"Path": "/crash/", "Tags.member.1.Key": "made-by", "Tags.member.1.Value": change[1]}
            body = raw.form(change[0], UserName=change[1], **(more if change[0] == "CreateUser" else {}))
            request = raw.signed("POST", "/", body, self.root)
            self.account.unanswered = change
            try:
                connection.request("POST", "/", body, request.headers)
                answer = connection.getresponse()
                text = answer.read()
            except (OSError, http.client.HTTPException):
                return  # The server is dead: this change may or may not have happened.
            self.account.unanswered = None
            if answer.status != 200:
                self.account.problems.append(f"{change}: {answer.status} {text!r}")
                return
            self.account.answered[answer.headers["x-amzn-requestid"]] = change
            if change[0] == "CreateUser":
                self.account.there.add(change[1])
            else:
                self.account.there.discard(change[1])
                self.account.gone.add(change[1])


def users_of(root: Identity) -> dict[str, dict]:
    pages = root.iam.get_paginator("list_users").paginate(PathPrefix="/crash/", PaginationConfig={"PageSize": 1000})
    return {user["UserName"]: user for page in pages for user in page["Users"]}


def check(server: Server, accounts: list[Account], checked: set[str]) -> None:
    """Compares what the clients know with what the server says, and settles what was unanswered."""
    root = server.root
    users = users_of(root)
    records = [record for name in ("CreateUser", "DeleteUser") for record in events_since(root, name, checked)]
    changes: dict[tuple[str, str], int] = {}
    for record in records:
        assert "errorCode" not in record, record
        change = (record["eventName"], record["requestParameters"]["userName"])
        changes[change] = changes.get(change, 0) + 1
    ids = {record["requestID"] for record in records}

    for account in accounts:
        assert not account.problems, account.problems
        new = {request: change for request, change in account.answered.items() if request not in checked}
        lost_events = {request: change for request, change in new.items() if request not in ids}
        assert not lost_events, f"acknowledged changes without an event: {lost_events}"
        checked.update(new)
        if account.unanswered:
            operation, name = account.unanswered
            happened = (name in users) == (operation == "CreateUser")
            recorded = changes.get(account.unanswered, 0)
            assert recorded == (1 if happened else 0), f"{account.unanswered} happened: {happened}, events: {recorded}"
            account.there.discard(name)
            if name in users:
                account.there.add(name)
            else:
                account.gone.add(name)
            account.unanswered = None
        lost = account.there - set(users)
        assert not lost, f"acknowledged users are lost: {sorted(lost)}"
        risen = account.gone & set(users)
        assert not risen, f"deleted users are back: {sorted(risen)}"
    strangers = set(users) - set().union(*(account.there for account in accounts))
    assert not strangers, f"users nobody made: {sorted(strangers)}"
    for name in list(users)[:: max(1, len(users) // 25)]:
        tags = root.iam.list_user_tags(UserName=name)["Tags"]
        assert tags == [{"Key": "made-by", "Value": name}], f"{name} is there by half: {tags}"
        assert root.iam.get_user(UserName=name)["User"]["UserId"] == users[name]["UserId"]
    assert len({user["UserId"] for user in users.values()}) == len(users)
    checked.update(ids)


def events_since(root: Identity, name: str, checked: set[str]) -> list[dict]:
    """The records of one operation that were not there at the check before. They come newest first."""
    found = []
    pages = root.cloudtrail.get_paginator("lookup_events").paginate(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": name}]
    )
    for page in pages:
        records = [json.loads(event["CloudTrailEvent"]) for event in page["Events"]]
        fresh = [record for record in records if record["requestID"] not in checked]
        found += fresh
        if records and not fresh:
            break
    return found


def test_kill_and_restart(durable: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = durable().start()
    accounts = [Account() for _ in range(CLIENTS)]
    checked: set[str] = set()
    deadline = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < deadline or rounds < 3:
        clients = [
            Client(number, server, account, random.Random(dice.random())) for number, account in enumerate(accounts)
        ]
        for client in clients:
            client.start()
        time.sleep(dice.uniform(0.05, 0.8))
        server.kill()
        for client in clients:
            client.stopping.set()
            client.join(25)
            assert not client.is_alive()
        server.start()
        check(server, accounts, checked)
        rounds += 1
    made = sum(len(account.answered) for account in accounts)
    print(f"{rounds} kills, {made} acknowledged changes")
    assert made > 20 * rounds / 4, "too few changes to prove anything"

    assert server.stop() == 0
    for path in server.data.rglob("*"):
        if path.is_file() and path.read_bytes()[:15] == b"SQLite format 3":
            with sqlite3.connect(path) as database:
                assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",), path


def test_killed_while_starting(durable: Callable[..., Server], tmp_path: Path) -> None:
    """A kill in the first moments of a data directory leaves nothing that a later start trips over."""
    dice = random.Random(4)
    for attempt in range(8):
        server = durable(data=tmp_path / f"data{attempt}")
        process = subprocess.Popen(
            server.command(),
            env=clean_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(dice.uniform(0.01, 0.25))
        process.kill()
        process.wait()
        server.start()
        server.root.iam.create_user(UserName="alice")
        server.restart()
        assert [user["UserName"] for user in server.root.iam.list_users()["Users"]] == ["alice"]
        server.stop()


def test_many_changes_in_one_user_survive(durable: Callable[..., Server]) -> None:
    """An acknowledged chain of changes to several records is whole after a kill."""
    server = durable().start()
    iam = server.root.iam
    for number in range(10):
        name = f"user{number}"
        iam.create_user(UserName=name)
        iam.create_group(GroupName=f"group{number}")
        iam.add_user_to_group(GroupName=f"group{number}", UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(allow("iam:ListUsers")))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        server.kill()
        server.start()
        iam = server.root.iam
        user = Identity.of_key(server.url, key)
        assert len(user.iam.list_users()["Users"]) == number + 1
        assert [group["GroupName"] for group in iam.list_groups_for_user(UserName=name)["Groups"]] == [f"group{number}"]
    assert len(Trail(server.root).all(EventName="CreateUser")) == 10
