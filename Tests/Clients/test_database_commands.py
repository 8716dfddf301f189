"""The commands beside nodes that share a database, and the root key that these have from a secret or a hardware token."""

from __future__ import annotations

import base64
import json
import os
import shlex
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import Identity, Server, allow, error_of, policy
from harness.patience import PATIENCE
from harness.postgres import Postgres
from harness.server import ACCOUNT, gatehouse
from harness.token import Token


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """started(url) is a node, with the key in tmp_path/key; ended here."""
    servers: list[Server] = []

    def start(url: str, *options: str, key: Path | None = None, environment: dict[str, str] | None = None) -> Server:
        number = len(servers)
        server = Server(
            *options, database=url, key=key or tmp_path / "key", environment=environment, log=tmp_path / f"log{number}"
        )
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.kill()


@pytest.fixture
def node(database: Postgres, started: Callable[..., Server]) -> Server:
    return started(database.new_database())


def place(node: Server) -> list[str]:
    return ["--database", str(node.database), "--key-file", str(node.key)]


def done(*words: str, environment: dict[str, str] | None = None, status: int = 0) -> str:
    ran = gatehouse(*words, environment=environment, within=120)
    assert ran.returncode == status, (words, ran.stdout, ran.stderr)
    return ran.stdout


def refused(*words: str, environment: dict[str, str] | None = None) -> str:
    ran = gatehouse(*words, environment=environment, within=60)
    assert ran.returncode != 0, (words, ran.stdout)
    return ran.stderr


def users(server: Server) -> list[str]:
    pages = server.root.iam.get_paginator("list_users").paginate()
    return [user["UserName"] for page in pages for user in page["Users"]]


def exported(lines: str) -> dict[str, str]:
    words = [word for line in lines.splitlines() if line.startswith("export ") for word in shlex.split(line)[1:]]
    return dict(word.split("=", 1) for word in words)


# Looking


def test_env(node: Server) -> None:
    variables = exported(done("env", *place(node), "--endpoint", node.url + "/"))
    assert variables["AWS_ENDPOINT_URL"] == node.url and variables["AWS_DEFAULT_REGION"] == "us-east-1"
    root = Identity(variables["AWS_ENDPOINT_URL"], variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
    assert root.sts.get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"

    # The environment that nodes are started with is enough.
    environment = {
        "GATEHOUSE_DATABASE": str(node.database),
        "GATEHOUSE_KEY_FILE": str(node.key),
        "GATEHOUSE_PUBLIC_URL": "https://aws.example",
        "GATEHOUSE_REGION": "eu-central-1",
        "GATEHOUSE_TLS_CA_FILE": "/etc/ca.pem",
    }
    variables = exported(done("env", environment=environment))
    assert variables["AWS_ENDPOINT_URL"] == "https://aws.example" and variables["AWS_CA_BUNDLE"] == "/etc/ca.pem"
    assert variables["AWS_DEFAULT_REGION"] == "eu-central-1"

    assert "--endpoint" in refused("env", *place(node))
    assert "leave out --tls" in refused("env", *place(node), "--endpoint", node.url, "--tls")
    assert "There is no account 999999999999" in refused(
        "env", *place(node), "--endpoint", node.url, "--account", "999999999999"
    )


def test_why(node: Server) -> None:
    node.root.iam.create_user(UserName="alice")
    key = node.root.iam.create_access_key(UserName="alice")["AccessKey"]
    denied = error_of(Identity.of_key(node.url, key).iam.list_users)
    assert denied.code == "AccessDenied"
    text = done("why", "--last", "--denied", *place(node))
    assert "iam:ListUsers" in text and "user/alice" in text
    made = node.root.iam.create_user(UserName="bob")["ResponseMetadata"]["RequestId"]
    assert "CreateUser" in done("why", made, *place(node))
    # A directory that is named counts, whatever the environment says.
    environment = {"GATEHOUSE_DATABASE": str(node.database), "GATEHOUSE_KEY_FILE": str(node.key)}
    assert "CreateUser" in done("why", made, environment=environment)
    assert "no Gatehouse in none" in refused("why", made, "--data", "none", environment=environment)
    assert "name that one's --database" in refused("why", "nothing", *place(node))


def test_generate_policy(node: Server) -> None:
    node.root.iam.create_user(UserName="alice")
    node.root.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("iam:*")))
    key = node.root.iam.create_access_key(UserName="alice")["AccessKey"]
    Identity.of_key(node.url, key).iam.list_users()
    made = json.loads(done("generate-policy", "--principal", f"arn:aws:iam::{ACCOUNT}:user/alice", *place(node)))
    assert [each["Action"] for each in made["Statement"]] == ["iam:ListUsers"]


def test_who_can_what_can_and_escalate(node: Server) -> None:
    node.root.iam.create_user(UserName="alice")
    node.root.iam.put_user_policy(
        UserName="alice", PolicyName="p", PolicyDocument=policy(allow(["iam:PutUserPolicy", "s3:GetObject"]))
    )
    node.root.client("s3").create_bucket(Bucket="box")
    alice = f"arn:aws:iam::{ACCOUNT}:user/alice"
    said = done("who-can", "s3:GetObject", "arn:aws:s3:::box/a", *place(node))
    assert said.startswith(f"{alice} may s3:GetObject on arn:aws:s3:::box/a ")
    assert "iam:PutUserPolicy" in done("what-can", alice, *place(node))
    assert "1. iam:PutUserPolicy" in done("escalate", *place(node), status=1)


def test_outbox(node: Server) -> None:
    assert done("outbox", *place(node)) == "There is no mail.\n"
    organizations = node.root.client("organizations")
    organizations.create_organization(FeatureSet="ALL")
    status = organizations.create_account(Email="member@example.com", AccountName="member")["CreateAccountStatus"]
    end = time.monotonic() + PATIENCE
    while status["State"] == "IN_PROGRESS" and time.monotonic() < end:
        time.sleep(0.1)
        status = organizations.describe_create_account_status(CreateAccountRequestId=status["Id"])["CreateAccountStatus"]
    node.root.client("organizations").enable_aws_service_access(ServicePrincipal="account.amazonaws.com")
    node.root.client("account").start_primary_email_update(
        AccountId=status["AccountId"], PrimaryEmail="new@example.com"
    )
    assert "To: new@example.com" in done("outbox", *place(node))


def test_root_key(node: Server, started: Callable[..., Server]) -> None:
    """Made beside the nodes, and known to all of them at once."""
    other = started(str(node.database))
    variables = exported(done("root-key", *place(node)))
    for server in (node, other):
        root = Identity(server.url, variables["AWS_ACCESS_KEY_ID"], variables["AWS_SECRET_ACCESS_KEY"])
        assert root.sts.get_caller_identity()["Arn"].endswith(":root")
    assert "LimitExceeded" in refused("root-key", *place(node))
    assert "CreateRootAccessKey" in {event["EventName"] for event in root.cloudtrail.lookup_events()["Events"]}


def test_verify(node: Server, database: Postgres) -> None:
    node.root.iam.create_user(UserName="alice")
    found = json.loads(done("verify", *place(node), "--format", "json"))
    assert found["isWhole"] and found["tables"]["record"]["rows"] >= 3
    name = str(node.database).rsplit("/", 1)[1]
    database.run("UPDATE record SET body = '\\x00' WHERE kind = 'AWS::IAM::User'", name)
    text = done("verify", *place(node), status=1)
    assert "record AWS::IAM::User" in text and "gatehouse restore BACKUP --database URL" in text


def test_where_nothing_is(database: Postgres, tmp_path: Path) -> None:
    url, key = database.new_database(), tmp_path / "key"
    key.write_bytes(os.urandom(32))
    key.chmod(0o600)
    words = ["--database", url, "--key-file", str(key)]
    for command in (["why", "--last"], ["outbox"], ["root-key"], ["env", "--endpoint", "http://a"], ["verify"]):
        assert "There is no Gatehouse in postgres://" in refused(*command, *words), command
    assert "There is no Gatehouse in" in refused("backup", str(tmp_path / "b"), "--with-key", *words)
    assert database.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", url.rsplit("/", 1)[1]) == "0"
    assert "--key-file" in refused("why", "--last", "--database", url)
    assert "leave out --data or --database" in refused("why", "--last", "--data", "x", *words)
    assert "no effect without --database" in refused("why", "--last", "--key-file", str(key))


# Backups


def test_a_backup_of_a_database_is_one_of_a_directory(
    node: Server, database: Postgres, durable: Callable[..., Server], started: Callable[..., Server], tmp_path: Path
) -> None:
    node.root.iam.create_user(UserName="alice")
    node.root.iam.put_user_policy(UserName="alice", PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))
    backup = tmp_path / "backup"
    said = done("backup", str(backup), "--with-key", *place(node))
    assert "verified" in said and "The key is in it" in said
    assert {path.name for path in backup.iterdir()} == {"ledger.sqlite", "backup.json", "key"}
    before = {path.name: path.read_bytes() for path in backup.iterdir()}
    node.root.iam.create_user(UserName="late")
    done("verify", "--data", str(backup))

    # Into a directory.
    said = done("restore", str(backup), "--data", str(tmp_path / "restored"))
    assert "Everything after that is undone" in said
    directory = durable(data=tmp_path / "restored").start()
    assert users(directory) == ["alice"]
    assert "CreateUser" in {event["EventName"] for event in directory.root.cloudtrail.lookup_events()["Events"]}
    directory.stop()

    # Into another database, with a key file that is made; and back.
    url, key = database.new_database(), tmp_path / "other-key"
    there = ["--database", url, "--key-file", str(key)]
    said = done("restore", str(backup), *there)
    assert "verified" in said and "gatehouse serve --database" in said
    assert key.read_bytes() == before["key"] and key.stat().st_mode & 0o777 == 0o600
    second = started(url, key=key)
    assert users(second) == ["alice"]
    second.root.iam.create_user(UserName="bob")
    assert {path.name: path.read_bytes() for path in backup.iterdir()} == before, "a backup stays as it is"
    assert "There is a ledger in the target already" in refused("restore", str(backup), *there)

    # A backup of a directory goes into a database as well.
    done("backup", str(tmp_path / "second"), "--without-key", "--data", str(tmp_path / "restored"))
    third = ["--database", database.new_database(), "--key-file", str(tmp_path / "third-key")]
    assert "made with --without-key" in refused("restore", str(tmp_path / "second"), *third)
    (tmp_path / "third-key").write_bytes(os.urandom(32))
    (tmp_path / "third-key").chmod(0o600)
    assert "sealed with another key" in refused("restore", str(tmp_path / "second"), *third)
    (tmp_path / "third-key").write_bytes(before["key"])
    done("restore", str(tmp_path / "second"), *third)
    done("verify", *third)
    with open(tmp_path / "second" / "ledger.sqlite", "r+b") as file:
        file.seek(5000)
        file.write(b"x")
    third[1] = database.new_database()
    assert "its checksum differs" in refused("restore", str(tmp_path / "second"), *third)


def test_a_backup_while_nodes_write(
    node: Server, started: Callable[..., Server], durable: Callable[..., Server], tmp_path: Path
) -> None:
    """What was answered before it began is in it, and whatever is in it is whole."""
    other = started(str(node.database))
    made: list[str] = []
    stopping = threading.Event()

    def write(server: Server, name: str) -> None:
        iam = server.root.iam
        for number in range(10_000):
            if stopping.is_set():
                return
            iam.create_user(UserName=f"{name}-{number}")
            made.append(f"{name}-{number}")

    threads = [threading.Thread(target=write, args=each) for each in ((node, "a"), (other, "b"))]
    for thread in threads:
        thread.start()
    try:
        for number in range(3):
            promised = set(made)
            done("backup", str(tmp_path / f"backup{number}"), "--with-key", *place(node))
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    done("restore", str(tmp_path / "backup2"), "--data", str(tmp_path / "restored"))
    assert promised and promised <= set(users(durable(data=tmp_path / "restored").start()))


# The root key


def secret() -> str:
    return base64.b64encode(os.urandom(32)).decode()


def serve(url: str, *words: str, environment: dict[str, str] | None = None) -> str:
    return refused("serve", "--port", "0", "--database", url, *words, environment=environment)


class SecretServer(Server):
    """A node whose key is in its environment."""

    def command(self) -> list[str]:
        command = super().command()
        index = command.index("--key-file")
        return command[:index] + command[index + 2 :]


def test_a_secret_is_the_key(database: Postgres, durable: Callable[..., Server], tmp_path: Path) -> None:
    url, text = database.new_database(), secret()
    file = tmp_path / "secret"
    file.write_text(text + "\n")
    with SecretServer(database=url, environment={"GATEHOUSE_KEY_SECRET": text}, log=tmp_path / "log") as server:
        server.root.iam.create_user(UserName="alice")
        other = {"GATEHOUSE_KEY_SECRET": secret()}
        error = serve(url, environment=other)
        assert "was sealed with another key than the secret that was given" in error
        assert other["GATEHOUSE_KEY_SECRET"] not in error
        error = serve(url, environment={"GATEHOUSE_KEY_SECRET": "hunter2"})
        assert "openssl rand" in error and "hunter2" not in error
        assert "leave out one" in serve(url, "--key-file", str(tmp_path / "key"), "--key-secret-file", str(file))
        assert "can't be read from" in serve(url, "--key-secret-file", str(tmp_path / "none"))

        words = ["--database", url, "--key-secret-file", str(file)]
        assert "CreateUser" in done("why", "--last", *words)
        assert "a secret that is given" in done("keyring", "show", *words)
        done("verify", *words)
        said = done("backup", str(tmp_path / "backup"), "--without-key", *words)
        assert "without a copy of the secret" in said
        server.stop()

    # Into a directory, and back: the secret is what its key file has.
    done("migrate", "directory", "--data", str(tmp_path / "data"), *words)
    assert base64.b64encode((tmp_path / "data" / "key").read_bytes()).decode() == text
    assert users(directory := durable().start()) == ["alice"]
    directory.stop()
    words[1] = database.new_database()
    wrong = ["--database", words[1]]
    error = refused(
        "migrate", "database", "--data", str(tmp_path / "data"), *wrong, environment={"GATEHOUSE_KEY_SECRET": secret()}
    )
    assert "is another than the secret that was given" in error
    done("migrate", "database", "--data", str(tmp_path / "data"), *words)
    done("verify", *words)
    words[1] = database.new_database()
    done("restore", str(tmp_path / "backup"), *words)
    done("verify", *words)


def test_a_token_seals_the_key_of_each_node(
    node: Server, started: Callable[..., Server], tmp_path: Path
) -> None:
    """Each node may have the same key in a token of its own, or in a file."""
    token = Token(tmp_path / "token")
    node.root.iam.create_user(UserName="alice")
    own = tmp_path / "own-key"
    own.write_bytes((tmp_path / "key").read_bytes())
    own.chmod(0o600)
    words = ["--database", str(node.database), "--key-file", str(own)]
    said = done("keyring", "move", "--to", "token", *words, environment=token.environment)
    assert "sealed by the hardware token 'house' now" in said and str(own) in said
    assert "hardware token 'house'" in done("keyring", "show", *words)
    assert "--pkcs11-module" in serve(str(node.database), "--key-file", str(own))
    second = started(str(node.database), key=own, environment=token.environment)
    assert users(second) == users(node) == ["alice"]
    done("verify", *words, environment=token.environment)
    token.take_out()
    # What is running goes on.
    second.root.iam.create_user(UserName="bob")
    assert users(node) == ["alice", "bob"]
    assert "There is no token 'house'" in serve(str(node.database), "--key-file", str(own), environment=token.environment)
    token.put_back()
    assert "is in" in done("keyring", "move", "--to", "file", *words, environment=token.environment)
    assert own.read_bytes() == (tmp_path / "key").read_bytes()
