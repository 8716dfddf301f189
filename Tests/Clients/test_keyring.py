"""`gatehouse keyring`: the root key rotated beside a server and without one, and moved into a hardware token and out of it;
killed on the way, or with the token gone, nothing is lost.
"""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness import Identity, Server, error_of
from harness.server import BINARY, clean_environment, gatehouse
from harness.token import Token


def keyring(*words: str, environment: dict[str, str] | None = None) -> str:
    done = gatehouse("keyring", *words, environment=environment, within=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*words: str, environment: dict[str, str] | None = None) -> str:
    done = gatehouse(*words, environment=environment, within=60)
    assert done.returncode != 0, done.stdout
    return done.stderr


def check_whole(data: Path, *options: str, environment: dict[str, str] | None = None) -> int:
    """How many journal entries there are in a directory that is whole."""
    done = gatehouse("verify", "--data", str(data), "--format", "json", *options, environment=environment, within=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return int(json.loads(done.stdout)["tables"]["journal"]["rows"])


def users(server: Server) -> list[str]:
    return [user["UserName"] for user in server.root.iam.list_users()["Users"]]


def temporary_identity(server: Server, credentials: dict[str, str]) -> Identity:
    return Identity.of_session(server.url, credentials)


def filled(data: Path) -> None:
    """Some thousand records."""
    done = gatehouse(
        "bench-fill", "--data", str(data), "--accounts", "2", "--users", "2000", "--events", "2000",
        "--access-key-id", "AKIAGATEHOUSETESTS99", "--secret-access-key", "only/for+the/tests0123456789abcdefghijkl",
        within=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# MARK: Rotation


def test_rotating_beside_a_server(durable: Callable[..., Server], tmp_path: Path) -> None:
    server = durable().start()
    data = server.data
    assert data
    old = tmp_path / "old-key"
    shutil.copy(data / "key", old)
    server.root.iam.create_user(UserName="before")
    session = server.root.sts.get_session_token()["Credentials"]
    temporary = temporary_identity(server, session)

    text = keyring("rotate", "--data", str(data))
    assert "There is a new root key" in text and "The old key is kept until" in text
    assert (data / "key").stat().st_size == 72 and (data / "key").stat().st_mode & 0o777 == 0o600
    server.root.iam.create_user(UserName="after")
    assert users(server) == ["after", "before"]
    assert temporary.sts.get_caller_identity()["Account"]
    check_whole(data)
    assert "RotateRootKey" in [
        event["EventName"] for event in server.root.cloudtrail.lookup_events(MaxResults=50)["Events"]
    ]

    # The key of before opens nothing any more, though sessions need it.
    assert "was sealed with another key" in refused("verify", "--data", str(data), "--key-file", str(old))

    server.restart()
    assert users(server) == ["after", "before"]
    temporary = temporary_identity(server, session)
    assert temporary.sts.get_caller_identity()["Account"]
    assert "carried on" in keyring("rotate", "--data", str(data), "--end-sessions")
    assert (data / "key").stat().st_size == 32
    assert error_of(temporary.sts.get_caller_identity).code == "InvalidClientTokenId"
    assert users(server) == ["after", "before"]
    server.restart()
    assert users(server) == ["after", "before"]
    server.stop()
    check_whole(data)


def test_rotating_without_a_server(durable: Callable[..., Server]) -> None:
    server = durable().start()
    data = server.data
    assert data
    server.root.iam.create_user(UserName="alice")
    server.stop()
    first = (data / "key").read_bytes()
    assert "The old key is forgotten" in keyring("rotate", "--data", str(data), "--end-sessions")
    second = (data / "key").read_bytes()
    assert len(second) == 32 and second != first
    check_whole(data)
    assert "kept until" in keyring("rotate", "--data", str(data))
    # Not again before the old key has gone.
    assert "carried on" in keyring("rotate", "--data", str(data))
    assert (data / "key").read_bytes()[32:64] == second
    assert users(server.start()) == ["alice"]


def test_killed_while_rotating(durable: Callable[..., Server], tmp_path: Path) -> None:
    data = tmp_path / "data"
    # The accounts that it is filled with are first accounts, too: the one with the highest id counts as that.
    server = durable("--account-id", "999999999999", fixed_root=False).start()
    server.stop()
    filled(data)
    entries = check_whole(data)
    server.start()
    for _ in range(4):
        process = subprocess.Popen(
            [str(BINARY), "keyring", "rotate", "--data", str(data)], env=clean_environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(random.uniform(0.05, 0.6))
        server.kill()
        process.kill()
        process.wait()
        assert check_whole(data) >= entries
        server.start()
    keyring("rotate", "--data", str(data), "--end-sessions")
    assert (data / "key").stat().st_size == 32
    server.stop()
    assert check_whole(data) >= entries

    # And the command itself, at work on the directory.
    for _ in range(4):
        process = subprocess.Popen(
            [str(BINARY), "keyring", "rotate", "--data", str(data), "--end-sessions"], env=clean_environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(random.uniform(0.02, 0.5))
        process.kill()
        process.wait()
        assert check_whole(data) >= entries
    keyring("rotate", "--data", str(data), "--end-sessions")
    assert (data / "key").stat().st_size == 32
    assert check_whole(data) >= entries


def test_in_memory_there_is_nothing_to_rotate(cloud: Server, tmp_path: Path) -> None:
    assert "There is no Gatehouse" in refused("keyring", "rotate", "--data", str(tmp_path / "none"))


# MARK: Hardware tokens


@pytest.fixture
def token(tmp_path: Path) -> Token:
    return Token(tmp_path / "token")


def test_into_a_token_and_out_of_it(durable: Callable[..., Server], token: Token, tmp_path: Path) -> None:
    server = durable().start()
    data = server.data
    assert data
    server.root.iam.create_user(UserName="alice")
    bare = (data / "key").read_bytes()
    move = ["keyring", "move", "--data", str(data), *token.options]
    assert "Another Gatehouse uses the data directory" in refused(*move, "--to", "token", environment=token.loader)
    server.stop()

    assert "sealed by the hardware token 'house' now" in keyring(*move[1:], "--to", "token", environment=token.loader)
    assert bare not in (data / "key").read_bytes() and b"\nhouse\n" in (data / "key").read_bytes()
    assert "already" in keyring(*move[1:], "--to", "token", environment=token.loader)
    assert "hardware token 'house'" in keyring("show", "--data", str(data))

    # Without the token nothing starts, and what is said helps.
    error = refused("serve", "--data", str(data), "--port", "0")
    assert "--pkcs11-module" in error and "'house'" in error
    check_whole(data, *token.options, environment=token.loader)
    check_whole(data, environment=token.environment)

    server = durable(*token.options, environment=token.loader).start()
    assert users(server) == ["alice"]
    # A server that has started goes on while the token is away, and says so when it can't rotate.
    token.take_out()
    server.root.iam.create_user(UserName="bob")
    error = refused("keyring", "rotate", "--data", str(data), environment=token.environment)
    assert "There is no token 'house'" in error
    token.put_back()
    assert "There is a new root key" in keyring("rotate", "--data", str(data), environment=token.environment)
    assert users(server) == ["alice", "bob"]
    backup = tmp_path / "backup"
    done = gatehouse("backup", str(backup), "--with-key", "--data", str(data), environment=token.environment, within=60)
    assert done.returncode == 0, done.stderr
    server.stop()

    token.take_out()
    assert "There is no token 'house'" in refused(*["serve", "--data", str(data), "--port", "0"], *token.options, environment=token.loader)  # fmt: skip
    token.put_back()
    assert users(server.start()) == ["alice", "bob"]
    server.stop()

    assert "is in" in keyring(*move[1:], "--to", "file", environment=token.loader)
    assert (data / "key").stat().st_size == 72
    server = durable().start()
    assert users(server) == ["alice", "bob"]
    server.stop()
    check_whole(data)

    restored = tmp_path / "restored"
    assert "--pkcs11-module" in refused("restore", str(backup), "--data", str(restored))
    done = gatehouse("restore", str(backup), "--data", str(restored), environment=token.environment, within=60)
    assert done.returncode == 0, done.stderr
    assert users(durable(data=restored, environment=token.environment).start()) == ["alice", "bob"]


def test_a_wrong_pin(durable: Callable[..., Server], token: Token, tmp_path: Path) -> None:
    server = durable().start()
    data = server.data
    assert data
    server.stop()
    keyring("move", "--to", "token", "--data", str(data), environment=token.environment)
    wrong = tmp_path / "wrong-pin"
    wrong.write_text("98765432")
    error = refused(
        "serve", "--data", str(data), "--port", "0",
        environment=token.environment | {"GATEHOUSE_PKCS11_PIN_FILE": str(wrong)},
    )  # fmt: skip
    assert "does not accept the PIN" in error and "98765432" not in error
    environment = {name: value for name, value in token.environment.items() if not name.endswith("PIN_FILE")}
    assert "PIN is missing" in refused("serve", "--data", str(data), environment=environment)
    check_whole(data, environment=environment | {"GATEHOUSE_PKCS11_PIN": token.pin})


def test_a_token_is_not_needed_for_what_is_in_the_file(durable: Callable[..., Server], token: Token) -> None:
    """A server may know a token for other keys; whether it is there is no matter to its own."""
    token.take_out()
    server = durable(environment=token.environment).start()
    server.root.iam.create_user(UserName="alice")
    assert users(server) == ["alice"]
    assert server.log and "There is no token 'house'" in server.log.read_text()


def test_killed_while_moving(durable: Callable[..., Server], token: Token) -> None:
    server = durable().start()
    data = server.data
    assert data
    server.root.iam.create_user(UserName="alice")
    server.stop()
    for round in range(12):
        place = "token" if round % 2 == 0 else "file"
        process = subprocess.Popen(
            [str(BINARY), "keyring", "move", "--to", place, "--data", str(data)],
            env=clean_environment(**token.environment), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        time.sleep(random.uniform(0.0, 0.15))
        process.kill()
        process.wait()
        check_whole(data, environment=token.environment)
    keyring("move", "--to", "file", "--data", str(data), environment=token.environment)
    assert users(server.start()) == ["alice"]
