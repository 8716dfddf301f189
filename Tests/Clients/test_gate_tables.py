"""What Gatehouse remembers of a table's keys, while the table is being made anew."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from harness import ACCOUNT, Identity, allow, policy
from harness.gate import Gate, eventually
from harness.raw import Answer, Request, send, signed
from harness.patience import PATIENCE
from harness.upstream import Peer, answer

TABLE = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/notes"


class Tables:
    """An endpoint with one table, whose answers can be held back."""

    def __init__(self) -> None:
        self.key = "id"
        #: By operation: its answers wait until it is set.
        self.held: dict[str, threading.Event] = {}

    def __call__(self, peer: Peer) -> None:
        seen = peer.read()
        operation = (seen.header("x-amz-target") or "").split(".")[-1]
        keys = [{"AttributeName": self.key, "KeyType": "HASH"}]
        body = {"Table": {"TableName": "notes", "KeySchema": keys}} if operation == "DescribeTable" else {}
        if held := self.held.get(operation):
            assert held.wait(PATIENCE)
        peer.send(answer(json.dumps(body).encode()))


@pytest.fixture
def tables() -> Tables:
    return Tables()


@pytest.fixture
def gate(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Iterator[Gate]:
    with Gate(tmp_path_factory.mktemp("gate")) as gate:
        gate.upstream.script = tables
        yield gate


@pytest.fixture
def alice(gate: Gate) -> Identity:
    """She may read her own items."""
    own = {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": ["alice"]}}
    gate.root.iam.create_user(UserName="alice")
    gate.root.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("dynamodb:GetItem", TABLE, Condition=own)))
    return Identity.of_key(gate.server.url, gate.root.iam.create_access_key(UserName="alice")["AccessKey"])


def request(who: Identity, operation: str, **members: object) -> Request:
    headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    return signed("POST", "/", json.dumps({"TableName": "notes"} | members).encode(), who, service="dynamodb", headers=headers)


def get(who: Identity, key: str) -> Request:
    return request(who, "GetItem", Key={name: {"S": value} for name, value in [("id", key), ("owner", "alice")]})


def arrived(gate: Gate, operation: str) -> int:
    return sum((seen.header("x-amz-target") or "").endswith(f".{operation}") for seen in gate.upstream.requests)


def test_an_answer_from_before_a_table_was_made_anew_is_not_kept(gate: Gate, tables: Tables, alice: Identity) -> None:
    tables.held["DescribeTable"] = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        first: Future[Answer] = pool.submit(send, gate.port, get(alice, "alice"))
        eventually(lambda: arrived(gate, "DescribeTable") == 1)
        for operation in ("DeleteTable", "CreateTable"):
            assert gate.ask(request(gate.root, operation)).status == 200
        tables.held["DescribeTable"].set()
        # What was asked then was true then.
        assert first.result(PATIENCE).status == 200
    tables.key = "owner"
    # The item of the other table is somebody else's only by its new key.
    got = gate.ask(get(alice, "bob"))
    assert (got.status, arrived(gate, "DescribeTable")) == (200, 2), got
    # And that is remembered.
    assert gate.ask(get(alice, "bob")).status == 200 and arrived(gate, "DescribeTable") == 2


@pytest.mark.parametrize("operation", ["CreateTable", "DeleteTable"])
def test_while_a_table_changes_nothing_is_remembered_of_it(gate: Gate, tables: Tables, alice: Identity, operation: str) -> None:
    assert gate.ask(get(alice, "alice")).status == 200 and arrived(gate, "DescribeTable") == 1
    assert gate.ask(get(alice, "bob")).status == 400 and arrived(gate, "DescribeTable") == 1
    tables.held[operation] = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        change: Future[Answer] = pool.submit(send, gate.port, request(gate.root, operation))
        eventually(lambda: arrived(gate, operation) == 1)
        # It may be done already, though nobody has said so.
        tables.key = "owner"
        for count in (2, 3):
            got = gate.ask(get(alice, "bob"))
            assert (got.status, arrived(gate, "DescribeTable")) == (200, count), got
        tables.key = "id"
        tables.held[operation].set()
        assert change.result(PATIENCE).status == 200
    assert gate.ask(get(alice, "bob")).status == 400 and arrived(gate, "DescribeTable") == 4
    assert gate.ask(get(alice, "bob")).status == 400 and arrived(gate, "DescribeTable") == 4


def test_a_change_that_was_not_answered_may_have_been_made(gate: Gate, tables: Tables, alice: Identity) -> None:
    assert gate.ask(get(alice, "alice")).status == 200 and arrived(gate, "DescribeTable") == 1

    def breaking_off(peer: Peer) -> None:
        peer.read()
        tables.key = "owner"
        peer.close()

    gate.upstream.script = breaking_off
    assert gate.ask(request(gate.root, "CreateTable")).status >= 500
    gate.upstream.script = tables
    got = gate.ask(get(alice, "bob"))
    assert (got.status, arrived(gate, "DescribeTable")) == (200, 2), got
