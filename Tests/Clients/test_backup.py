"""`gatehouse backup` and `gatehouse restore`: what was acknowledged before a backup began is in it, whoever writes meanwhile;
what isn't whole never looks so; and nothing is opened by the wrong key, or put in the place of something else.
"""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import stat
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import Identity, Server, Trail, allow, error_of, policy
from harness.clock import Clock, sign_by
from harness.ledger import Ledger
from harness.server import BINARY, clean_environment, gatehouse

OLD = Path(__file__).parent / "data" / "0.1"


def backed_up(data: Path, to: Path, *options: str) -> subprocess.CompletedProcess[str]:
    done = gatehouse("backup", str(to), "--data", str(data), *(options or ("--with-key",)), within=120)
    assert done.returncode == 0, done.stderr
    return done


def restored(backup: Path, data: Path, *options: str) -> subprocess.CompletedProcess[str]:
    done = gatehouse("restore", str(backup), "--data", str(data), *options, within=120)
    assert done.returncode == 0, done.stderr
    return done


def check_whole(data: Path, *options: str) -> dict[str, Any]:
    done = gatehouse("verify", "--data", str(data), "--format", "json", *options, within=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout))


def refused(command: str, *words: str) -> str:
    done = gatehouse(command, *words, within=60)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("Can't ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


@pytest.fixture
def house(durable: Callable[..., Server]) -> Server:
    """A server with something of everything."""
    server = durable().start()
    iam = server.root.iam
    iam.create_group(GroupName="staff")
    iam.create_user(UserName="alice", Tags=[{"Key": "team", "Value": "red"}])
    iam.add_user_to_group(GroupName="staff", UserName="alice")
    iam.put_group_policy(GroupName="staff", PolicyName="p", PolicyDocument=policy(allow("iam:ListUsers")))
    return server


def test_backup_and_restore(house: Server, tmp_path: Path) -> None:
    iam = house.root.iam
    key = iam.create_access_key(UserName="alice")["AccessKey"]
    session = house.root.sts.get_session_token()["Credentials"]
    backup, elsewhere = tmp_path / "backup", tmp_path / "elsewhere"
    done = backed_up(house.data, backup)
    assert "The key is in it" in done.stdout
    assert sorted(path.name for path in backup.iterdir()) == ["backup.json", "key", "ledger.sqlite"]
    assert modes(backup) == {0o600} and stat.S_IMODE(backup.stat().st_mode) == 0o700
    manifest = json.loads((backup / "backup.json").read_text())
    assert manifest["hasKey"] and manifest["records"] >= 5 and manifest["journalEntry"] >= 6
    # What is done after it is not in it.
    iam.create_user(UserName="late")
    iam.delete_access_key(UserName="alice", AccessKeyId=key["AccessKeyId"])
    check_whole(backup)

    done = restored(backup, elsewhere)
    assert "keys deleted since work again" in done.stdout
    assert sorted(path.name for path in elsewhere.iterdir()) == ["key", "ledger.sqlite"]
    assert modes(elsewhere) == {0o600} and stat.S_IMODE(elsewhere.stat().st_mode) == 0o700
    check_whole(elsewhere)
    with Server(data=elsewhere) as there:
        assert [user["UserName"] for user in there.root.iam.list_users()["Users"]] == ["alice"]
        assert Identity.of_key(there.url, key).iam.list_users()["Users"]
        assert Identity.of_session(there.url, session).sts.get_caller_identity()
        made = there.root.iam.create_user(UserName="again")
        trail = Trail(there.root)
        assert trail.of(made, "CreateUser")
        assert len(trail.all(EventName="CreateUser")) == 2
        assert there.stop() == 0
    check_whole(elsewhere)
    # The server that was backed up has gone on all the while.
    assert len(iam.list_users()["Users"]) == 2


def test_of_a_directory_at_rest(house: Server, tmp_path: Path) -> None:
    house.kill()
    backed_up(house.data, tmp_path / "backup", "--without-key")
    restored(tmp_path / "backup", tmp_path / "elsewhere", "--key-file", str(house.data / "key"))
    with Server(data=tmp_path / "elsewhere") as there:
        assert [user["UserName"] for user in there.root.iam.list_users()["Users"]] == ["alice"]


def test_the_local_authority_is_in_it(durable: Callable[..., Server], tmp_path: Path) -> None:
    """Clients that trust it go on trusting what is started on the restored directory."""
    options = ("--tls", "--tls-port", "0")
    with durable(*options) as server:
        authority = server.get("/_gatehouse/ca.pem")
        check_whole(server.data)
        backed_up(server.data, tmp_path / "backup")
    restored(tmp_path / "backup", tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere" / "ca.pem").exists()
    with Server(*options, data=tmp_path / "elsewhere") as there:
        assert there.get("/_gatehouse/ca.pem") == authority
        assert authority[0] == 200 and (tmp_path / "elsewhere" / "ca.pem").read_text().strip() == authority[1].strip()


def test_the_key_is_a_choice(house: Server, tmp_path: Path) -> None:
    backup, key = tmp_path / "backup", house.data / "key"
    for words in ([], ["--with-key", "--without-key"]):
        done = gatehouse("backup", str(backup), "--data", str(house.data), *words)
        assert done.returncode == 64 and "--with-key" in done.stderr and "--without-key" in done.stderr
    assert not backup.exists()
    done = backed_up(house.data, backup, "--without-key")
    assert "The key is not in it" in done.stdout and "--key-file" in done.stdout
    assert sorted(path.name for path in backup.iterdir()) == ["backup.json", "ledger.sqlite"]
    assert key.read_bytes() not in b"".join(path.read_bytes() for path in backup.iterdir())
    target = tmp_path / "elsewhere"
    assert "--key-file" in refused("restore", str(backup), "--data", str(target))
    other = tmp_path / "other"
    other.write_bytes(b"k" * 32)
    other.chmod(0o644)
    assert "chmod 600" in refused("restore", str(backup), "--data", str(target), "--key-file", str(other))
    other.chmod(0o600)
    words = refused("restore", str(backup), "--data", str(target), "--key-file", str(other))
    assert f"was sealed with another key than that in {other}" in words
    assert "no key file" in refused("restore", str(backup), "--data", str(target), "--key-file", str(tmp_path / "no"))
    assert not target.exists() and not list(tmp_path.glob("*restoring*"))
    restored(backup, target, "--key-file", str(key))
    check_whole(backup, "--key-file", str(key))


def test_nothing_is_replaced(house: Server, tmp_path: Path) -> None:
    file, folder, empty = tmp_path / "file", tmp_path / "folder", tmp_path / "empty"
    file.write_text("mine")
    folder.mkdir()
    (folder / "mine").write_text("mine")
    empty.mkdir()
    for path in (file, folder, empty):
        assert "a backup never replaces anything" in refused("backup", str(path), "--with-key", "--data", str(house.data))
    assert "No such file" in refused("backup", str(tmp_path / "no" / "b"), "--with-key", "--data", str(house.data))
    backup = tmp_path / "backup"
    backed_up(house.data, backup)
    for path in (house.data, folder, file):
        assert "a restore never replaces anything" in refused("restore", str(backup), "--data", str(path))
    assert file.read_text() == (folder / "mine").read_text() == "mine"
    restored(backup, empty)
    check_whole(empty)


def test_a_backup_is_no_data_directory(house: Server, tmp_path: Path) -> None:
    backup = tmp_path / "backup"
    backed_up(house.data, backup)
    server = Server(data=backup, log=tmp_path / "backup-log")
    with pytest.raises(AssertionError, match="ended with 1"):
        server.start()
    assert f"gatehouse restore {backup}" in (tmp_path / "backup-log").read_text()
    check_whole(backup)
    assert "is not a backup" in refused("restore", str(house.data), "--data", str(tmp_path / "elsewhere"))


@pytest.mark.parametrize("what", ["ledger", "cut", "manifest", "seal", "newer", "key", "no ledger"])
def test_a_damaged_backup_is_not_restored(house: Server, tmp_path: Path, what: str) -> None:
    backup, target = tmp_path / "backup", tmp_path / "elsewhere"
    backed_up(house.data, backup)
    ledger, manifest = backup / "ledger.sqlite", backup / "backup.json"
    text = manifest.read_text()
    if what == "ledger":
        with open(ledger, "r+b") as file:
            file.seek(ledger.stat().st_size - 400)
            file.write(random.Random(1).randbytes(300))
        word = "checksum differs"
    elif what == "cut":
        os.truncate(ledger, ledger.stat().st_size - 4096)
        word = ""
    elif what == "manifest":
        manifest.write_text(text.replace('"records"', '"Records"'))
        word = "backup.json is damaged"
    elif what == "seal":
        manifest.write_text(text.replace('"time" : "2', '"time" : "3'))
        word = "was changed or is damaged"
    elif what == "newer":
        manifest.write_text(re.sub('"form" : [0-9]', '"form" : 3', text))
        word = "newer version"
    elif what == "key":
        (backup / "key").write_bytes(b"k" * 32)
        word = "was sealed with another key than that in"
    else:
        ledger.unlink()
        word = "can't be opened"
    assert word in refused("restore", str(backup), "--data", str(target))
    assert not target.exists() and not list(tmp_path.glob("*restoring*"))
    if what not in ("key", "newer", "no ledger"):
        done = gatehouse("verify", "--data", str(backup))
        assert done.returncode == 1, (done.stdout, done.stderr)


def test_damaged_data_are_not_backed_up(house: Server, tmp_path: Path) -> None:
    house.stop()
    ledger = Ledger(house.data)
    key = ledger.keys("AWS::IAM::Group")[0]
    ledger.flip(key)
    words = refused("backup", str(tmp_path / "backup"), "--with-key", "--data", str(house.data))
    assert "is damaged, so it was not backed up" in words and "AWS::IAM::Group staff" in words
    assert not list(tmp_path.glob("backup*"))


# Under load


class Writer(threading.Thread):
    """Makes users, each with a tag, a policy and a key, and deletes some; remembers what was acknowledged, and when."""

    def __init__(self, server: Server, number: int):
        super().__init__(daemon=True)
        self.iam, self.number = server.root.iam, number
        self.stopping = threading.Event()
        #: (when it was acknowledged, user's name, whether it is there)
        self.done: list[tuple[float, str, bool]] = []
        self.problem: str | None = None

    def run(self) -> None:
        count = 0
        try:
            while not self.stopping.is_set():
                count += 1
                name = f"user-{self.number}-{count}"
                self.iam.create_user(UserName=name, Tags=[{"Key": "made-by", "Value": name}])
                self.done.append((time.monotonic(), name, True))
                if count % 4 == 0:
                    self.iam.delete_user(UserName=name)
                    self.done.append((time.monotonic(), name, False))
        except Exception as error:
            self.problem = repr(error)


def test_under_load(house: Server, tmp_path: Path) -> None:
    writers = [Writer(house, number) for number in range(3)]
    for writer in writers:
        writer.start()
    backups: list[tuple[Path, float]] = []
    for number in range(3):
        time.sleep(0.5)
        path = tmp_path / f"backup-{number}"
        began = time.monotonic()
        backed_up(house.data, path)
        backups.append((path, began))
    for writer in writers:
        writer.stopping.set()
    for writer in writers:
        writer.join(20)
        assert writer.problem is None and not writer.is_alive()

    for path, began in backups:
        elsewhere = tmp_path / f"of-{path.name}"
        restored(path, elsewhere)
        check_whole(elsewhere)
        with Server(data=elsewhere) as there:
            iam = there.root.iam
            pages = iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1000})
            users = {user["UserName"] for page in pages for user in page["Users"]} - {"alice"}
            # Nothing is lost that was acknowledged before; of what came after, a beginning of each writer's.
            for writer in writers:
                names = [(at, name, is_there) for at, name, is_there in writer.done]
                final = {name: is_there for at, name, is_there in names if at < began}
                later = {name for at, name, _ in names if at >= began}
                missing = {name for name, is_there in final.items() if is_there} - users - later
                assert not missing, f"acknowledged before the backup began, and lost: {sorted(missing)}"
                risen = {name for name, is_there in final.items() if not is_there} & users
                assert not risen
            for name in sorted(users)[:: max(1, len(users) // 20)]:
                assert iam.list_user_tags(UserName=name)["Tags"] == [{"Key": "made-by", "Value": name}]
            made = {event["requestParameters"]["userName"] for event in Trail(there.root).all(EventName="CreateUser")}
            assert users <= made
            assert there.stop() == 0
        check_whole(elsewhere)
    assert sum(len(writer.done) for writer in writers) > 30


# kill -9


def kill_in_the_middle(*words: str, after: float) -> None:
    process = subprocess.Popen(
        [str(BINARY), *words], env=clean_environment(), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(after)
    process.kill()
    process.wait()


def test_killed_in_the_middle(house: Server, tmp_path: Path) -> None:
    """Whenever it dies: what has its name is whole."""
    dice = random.Random(7)
    backup = tmp_path / "whole"
    backed_up(house.data, backup)
    made = 0
    for attempt in range(24):
        path, target = tmp_path / f"backup-{attempt}", tmp_path / f"data-{attempt}"
        kill_in_the_middle("backup", str(path), "--with-key", "--data", str(house.data), after=dice.uniform(0.01, 0.3))
        kill_in_the_middle("restore", str(backup), "--data", str(target), after=dice.uniform(0.01, 0.2))
        if path.exists():
            made += 1
            check_whole(path)
        if target.exists():
            made += 1
            assert sorted(file.name for file in target.iterdir()) == ["key", "ledger.sqlite"]
            check_whole(target)
    # What was written aside has another name, and is in nobody's way.
    for rest in [*tmp_path.glob("backup-*.partial"), *tmp_path.glob("data-*.restoring")]:
        assert not (rest / "backup.json").exists() or rest.suffix == ".partial"
    backed_up(house.data, tmp_path / "last")
    check_whole(tmp_path / "last")
    assert made < 48, "nothing was killed in the middle"


# Of earlier versions


def test_of_a_directory_of_version_0_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As it is, and when this version has started on it: verified, backed up, restored, and served."""

    def server_on(data: Path) -> Server:
        return Server(data=data, environment=clock.environment())

    clock = Clock(tmp_path)
    sign_by(clock, monkeypatch)
    contents = json.loads((OLD / "contents.json").read_text())
    clock.set(round(contents["made"] + 3600 - time.time()))
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    for name in ("ledger.sqlite", "key"):
        shutil.copyfile(OLD / name, data / name)
    (data / "key").chmod(0o600)

    for step, form in (("before", 1), ("after", 4)):
        assert check_whole(data)["ledgerFormat"] == form
        backed_up(data, tmp_path / step)
        restored(tmp_path / step, tmp_path / f"of-{step}")
        assert check_whole(tmp_path / f"of-{step}")["ledgerFormat"] == form
        with server_on(tmp_path / f"of-{step}") as there:
            alice = Identity(there.url, *contents["keys"]["alice"], name="alice")
            assert alice.sts.get_caller_identity()["Arn"].endswith(":user/people/alice")
            assert error_of(alice.iam.list_groups).code == "AccessDenied"
            worker = Identity(there.url, *contents["keys"]["worker"], name="worker")
            refusal = error_of(worker.iam.create_user, UserName="eve")
            assert "with an explicit deny in a service control policy" in refusal.message
            events = {event["EventId"] for event in Trail(there.root).events()}
            assert set(contents["events"]["root"]) <= events
            assert there.stop() == 0
        assert check_whole(tmp_path / f"of-{step}")["ledgerFormat"] == 4
        if step == "before":
            with server_on(data) as server:
                server.stop()
