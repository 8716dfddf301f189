"""The root key of a database that nodes share, rotated: not beside nodes that have the old one; killed on the way, it goes on;
and the old key opens nothing afterwards."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import Identity, Server, error_of
from harness.patience import PATIENCE
from harness.postgres import Postgres
from harness.server import BINARY, clean_environment, gatehouse


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


class House:
    """A database with some thousand rows, and what is in it."""

    def __init__(self, database: Postgres, folder: Path):
        self.url = database.new_database()
        self.key = folder / "key"
        self.bodies = folder / "bodies"

    def place(self, key: Path | None = None) -> list[str]:
        return ["--database", self.url, "--key-file", str(key or self.key), "--bodies", str(self.bodies)]

    def node(self, key: Path | None = None) -> Server:
        return Server("--bodies", str(self.bodies), database=self.url, key=key or self.key)

    def rotate(self, *options: str) -> str:
        ran = gatehouse("keyring", "rotate", *self.place(), *options, within=120)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def check_whole(self) -> None:
        ran = gatehouse("verify", *self.place(), "--format", "json", within=120)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert json.loads(ran.stdout)["bodies"]["damaged"] == 0


@pytest.fixture
def house(database: Postgres, tmp_path: Path) -> House:
    return House(database, tmp_path)


def users(server: Server) -> list[str]:
    pages = server.root.iam.get_paginator("list_users").paginate()
    return [user["UserName"] for page in pages for user in page["Users"]]


def fill(server: Server, objects: int) -> dict[str, bytes]:
    s3 = server.root.client("s3")
    s3.create_bucket(Bucket="box")
    there = {f"object{number}": os.urandom(20_000 if number % 10 == 0 else 100) for number in range(objects)}
    for key, content in there.items():
        s3.put_object(Bucket="box", Key=key, Body=content)
    for number in range(20):
        server.root.iam.create_user(UserName=f"user{number}")
    return there


def content(server: Server, keys: list[str]) -> dict[str, bytes]:
    s3 = server.root.client("s3")
    return {key: s3.get_object(Bucket="box", Key=key)["Body"].read() for key in keys}


def test_rotating(house: House, tmp_path: Path) -> None:
    old = tmp_path / "old-key"
    with house.node() as node:
        there = fill(node, 30)
        session = Identity.of_session(node.url, node.root.sts.get_session_token()["Credentials"])
        shutil.copy(house.key, old)
        # Nodes that have the old key would go on sealing with it.
        refused = gatehouse("keyring", "rotate", *house.place(), within=60)
        assert refused.returncode == 1 and "A server uses the database" in refused.stderr, refused.stderr
        assert house.key.read_bytes() == old.read_bytes()
        node.stop()

    text = house.rotate()
    assert "There is a new root key" in text and "Give each server a copy of the new key file" in text
    assert house.key.stat().st_size == 72
    house.check_whole()
    refused = gatehouse("verify", *house.place(old), within=60)
    assert refused.returncode == 2 and "sealed with another key" in refused.stderr
    refused = gatehouse("serve", "--port", "0", *house.place(old), within=60)
    assert refused.returncode == 1 and "sealed with another key" in refused.stderr

    with house.node() as node:
        assert len(users(node)) == 20
        assert content(node, list(there)) == there
        again = Identity(node.url, session.key_id, session.secret, session.token)
        assert again.sts.get_caller_identity()["Arn"].endswith(":root")
        # What is left of it may be done beside nodes that have the new key.
        assert "carried on" in house.rotate("--end-sessions")
        assert house.key.stat().st_size == 32
        node.root.iam.create_user(UserName="late")
        node.stop()
    with house.node() as node:
        assert len(users(node)) == 21
        assert content(node, list(there)) == there
        again = Identity(node.url, session.key_id, session.secret, session.token)
        assert error_of(again.sts.get_caller_identity).code == "InvalidClientTokenId"
    house.check_whole()


def test_killed_while_rotating(house: House, tmp_path: Path) -> None:
    with house.node() as node:
        there = fill(node, 400)
        node.stop()
    dice = random.Random(7)
    killed = 0
    for attempt in range(12):
        command = [str(BINARY), "keyring", "rotate", *house.place(), "--end-sessions"]
        process = subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(dice.uniform(0.02, 0.6))
        if process.poll() is None:
            killed += 1
        process.kill()
        process.communicate()
        house.check_whole()
        if attempt % 4 == 0:
            # Whatever was done and whatever was not, nodes with the file as it is now have everything.
            with house.node() as node:
                assert len(users(node)) == 20
                some = dice.sample(sorted(there), 20)
                assert content(node, some) == {key: there[key] for key in some}
                node.stop()
    assert killed >= 3, "it was too quick to prove anything"
    house.rotate("--end-sessions")
    assert house.key.stat().st_size == 32
    house.check_whole()
    with house.node() as node:
        assert content(node, list(there)) == there


def test_a_node_with_the_old_key_stops(house: House, database: Postgres, tmp_path: Path) -> None:
    """One that the rotation could not see, since it was cut off from the database meanwhile."""
    with house.node() as node:
        fill(node, 3)
        old = tmp_path / "old-key"
        shutil.copy(house.key, old)
        name = house.url.rsplit("/", 1)[1]
        # As if another machine had rotated the key while this node was away.
        database.run("UPDATE head SET epoch = epoch + 1", name)
        deadline = time.monotonic() + PATIENCE
        while node.get("/ready")[0] != 503 and time.monotonic() < deadline:
            time.sleep(0.05)
        status, text = node.get("/ready")
        assert status == 503 and "the root key was rotated" in text
        assert node.get("/health")[0] == 200
        assert error_of(node.root.iam.create_user, UserName="late").status in (500, 503)
        node.stop()
    with house.node() as node:
        assert len(users(node)) == 20


def test_a_secret_is_changed_by_its_operator(house: House, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("2a1eYbYxU0ZfYk0B1yS3Lm6bX1G3uGZ1S5o3m9M2b2w=\n")
    ran = gatehouse("keyring", "rotate", "--database", house.url, "--key-secret-file", str(secret), within=60)
    assert ran.returncode == 1 and "rotate that with --key-file" in ran.stderr
