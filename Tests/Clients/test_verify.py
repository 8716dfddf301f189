"""`gatehouse verify`: a directory is damaged in one way after another, and each is found and named; what is whole is said to
be whole. And what the start makes of a damaged directory.

The directory is that of version 0.1 (see test_upgrade.py), brought up to this version: it has rows in every table.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import Server, allow, policy
from harness.clock import server_with_clock, sign_by
from harness.ledger import Ledger
from harness.patience import PATIENCE
from harness.server import gatehouse

OLD = Path(__file__).parent / "data" / "0.1"
# It ages with the calendar: the server's clock stands an hour after it was made.
MADE = json.loads((OLD / "contents.json").read_text())["made"]
TABLES = ["meta", "record", "counter", "reference", "journal", "deadline", "event_segment", "event_index"]


def version_0_1(folder: Path) -> Path:
    """A copy of the directory of version 0.1."""
    data = folder / "data"
    data.mkdir(mode=0o700)
    for name in ("ledger.sqlite", "key"):
        shutil.copyfile(OLD / name, data / name)
    # Git keeps no such modes.
    (data / "key").chmod(0o600)
    return data


@pytest.fixture(scope="module")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of this version, at rest, with rows in every table; not to be changed."""
    folder = tmp_path_factory.mktemp("healthy")
    data = version_0_1(folder)
    server, clock = server_with_clock(folder, data=data)
    clock.set(round(MADE + 3600 - time.time()))
    with pytest.MonkeyPatch.context() as patch, server:
        sign_by(clock, patch)
        iam = server.root.iam
        for number in range(8):
            iam.create_user(UserName=f"user-{number}")
            iam.tag_user(UserName=f"user-{number}", Tags=[{"Key": "a", "Value": "b" * 200}])
        iam.delete_user(UserName="user-7")
        iam.generate_credential_report()
        assert server.stop() == 0
    Ledger(data).checkpoint()
    with Ledger(data).database() as database:
        for table in TABLES:
            assert database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] > 0, table
    return data


@pytest.fixture
def data(healthy: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "data"
    shutil.copytree(healthy, copy)
    return copy


def verified(data: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """What verify says: its exit status, and its JSON."""
    done = gatehouse("verify", "--data", str(data), "--format", "json", *options, within=60)
    assert done.returncode in (0, 1), done.stderr
    found = json.loads(done.stdout)
    assert found["isWhole"] == (done.returncode == 0) == (found["damage"] == [])
    return done.returncode, found


def dump(data: Path) -> dict[str, list[Any]] | None:
    """All that the ledger has; None when SQLite can't read it."""
    try:
        with Ledger(data).database() as database:
            return {table: sorted(database.execute(f"SELECT * FROM {table}"), key=repr) for table in TABLES}
    except sqlite3.Error:
        return None


def execute(data: Path, sql: str, *values: Any) -> None:
    with Ledger(data).database() as database:
        assert database.execute(sql, values).rowcount > 0, sql


def one(data: Path, sql: str, *values: Any) -> Any:
    with Ledger(data).database() as database:
        row = database.execute(sql, values).fetchone()
        assert row, sql
        return row


def flipped(blob: bytes) -> bytes:
    return blob[: len(blob) // 2] + bytes([blob[len(blob) // 2] ^ 1]) + blob[len(blob) // 2 + 1 :]


def files(data: Path) -> list[tuple[str, bytes]]:
    return sorted((str(path), path.read_bytes()) for path in data.rglob("*") if path.is_file())


def test_a_healthy_directory(data: Path) -> None:
    before = files(data)
    status, found = verified(data)
    assert status == 0
    # The tables of services, in which nothing is yet.
    assert set(found["tables"]) == {*TABLES, "table_row", "table_index"}
    contents = dump(data)
    assert contents
    for table in TABLES:
        assert found["tables"][table] == {"rows": len(contents[table]), "damaged": 0}, table
    assert found["journalEntry"] == max(row[0] for row in contents["journal"])
    assert files(data) == before
    done = gatehouse("verify", "--data", str(data))
    assert done.returncode == 0 and "is intact" in done.stdout and "no damage" in done.stdout


# Damage of each table. Each returns what must be said of it: members of one piece of damage.

Place = dict[str, Any]
USER = "AWS::IAM::User"


def record_flipped(data: Path) -> Place:
    [body] = one(data, "SELECT body FROM record WHERE kind = ? AND id = 'user-3'", USER)
    execute(data, "UPDATE record SET body = ? WHERE kind = ? AND id = 'user-3'", flipped(body), USER)
    return {"table": "record", "kind": USER, "id": "user-3", "account": "111122223333"}


def record_deleted(data: Path) -> Place:
    execute(data, "DELETE FROM record WHERE kind = ? AND id = 'user-3'", USER)
    return {"table": "record", "kind": USER, "id": "user-3"}


def records_swapped(data: Path) -> Place:
    bodies = [one(data, "SELECT body FROM record WHERE kind = ? AND id = ?", USER, f"user-{n}")[0] for n in (3, 4)]
    execute(data, "UPDATE record SET body = ? WHERE kind = ? AND id = 'user-4'", bodies[0], USER)
    execute(data, "UPDATE record SET body = ? WHERE kind = ? AND id = 'user-3'", bodies[1], USER)
    return {"table": "record", "kind": USER, "id": "user-4"}


def record_renamed(data: Path) -> Place:
    execute(data, "UPDATE record SET id = 'mallory' WHERE kind = ? AND id = 'user-3'", USER)
    return {"table": "record", "kind": USER, "id": "mallory"}


def record_of_before(data: Path) -> Place:
    """As it was before its last change, rightly sealed: only the journal knows better."""
    sequence, body = one(data, "SELECT sequence, after FROM journal WHERE kind = ? AND id = 'user-3' LIMIT 1", USER)
    execute(data, "UPDATE record SET version = ?, body = ? WHERE kind = ? AND id = 'user-3'", sequence, body, USER)
    return {"table": "record", "kind": USER, "id": "user-3", "message": "older"}


def record_risen(data: Path) -> Place:
    """One that was deleted is put back."""
    sequence, body = one(data, "SELECT before_version, before FROM journal WHERE id = 'user-7' AND after IS NULL")
    execute(
        data, "INSERT INTO record VALUES ('111122223333', '', ?, 'user-7', ?, ?)", USER, sequence, body
    )
    return {"table": "record", "kind": USER, "id": "user-7", "message": "deleted"}


def records_and_their_counter(data: Path) -> Place:
    """With everything that is derived from it."""
    for table in ("record", "reference"):
        with Ledger(data).database() as database:
            database.execute(f"DELETE FROM {table} WHERE kind = ? AND id = 'user-3'", (USER,))
    execute(data, "UPDATE counter SET count = count - 1 WHERE kind = ? AND account = '111122223333'", USER)
    return {"table": "record", "kind": USER, "id": "user-3", "message": "missing"}


def group_of_a_user(data: Path) -> Place:
    """A record that another needs, with all that the ledger says of it."""
    kind, identity = "AWS::IAM::Group", "staff"
    for table in ("record", "reference", "journal"):
        execute(data, f"DELETE FROM {table} WHERE kind = ? AND id = ?", kind, identity)
    execute(data, "UPDATE counter SET count = count - 1 WHERE kind = ? AND account = '111122223333'", kind)
    return {"table": "record", "kind": USER, "id": "alice", "message": kind}


def counter_deleted(data: Path) -> Place:
    execute(data, "DELETE FROM counter WHERE kind = ? AND account = '111122223333'", USER)
    return {"table": "counter", "kind": USER, "account": "111122223333"}


def counter_changed(data: Path) -> Place:
    execute(data, "UPDATE counter SET count = count + 1 WHERE kind = ? AND account = '111122223333'", USER)
    return {"table": "counter", "kind": USER, "account": "111122223333"}


def reference_deleted(data: Path) -> Place:
    execute(data, "DELETE FROM reference WHERE relation = 'group' AND id = 'alice'")
    return {"table": "reference", "kind": USER, "id": "alice", "message": "is missing"}


def reference_changed(data: Path) -> Place:
    execute(data, "UPDATE reference SET target = 'AGPAX' WHERE relation = 'group' AND id = 'alice'")
    return {"table": "reference", "kind": USER, "id": "alice", "message": "AGPAX"}


def reference_made_up(data: Path) -> Place:
    execute(data, "INSERT INTO reference VALUES ('111122223333', '', 'group', 'x', ?, 'nobody')", USER)
    return {"table": "reference", "kind": USER, "id": "nobody"}


def journal_column(column: str, value: str) -> Callable[[Path], Place]:
    def damage(data: Path) -> Place:
        [sequence] = one(data, "SELECT max(sequence) FROM journal WHERE kind = ? AND id = 'user-3'", USER)
        execute(data, f"UPDATE journal SET {column} = {value} WHERE sequence = ?", sequence)
        return {"table": "journal", "number": sequence}

    return damage


def journal_body(column: str) -> Callable[[Path], Place]:
    def damage(data: Path) -> Place:
        sequence, body = one(data, f"SELECT max(sequence), {column} FROM journal WHERE id = 'user-3'")
        execute(data, f"UPDATE journal SET {column} = ? WHERE sequence = ?", flipped(body), sequence)
        return {"table": "journal", "kind": USER, "id": "user-3", "number": sequence}

    return damage


def journal_deleted(where: str) -> Callable[[Path], Place]:
    def damage(data: Path) -> Place:
        [sequence] = one(data, f"SELECT {where}")
        execute(data, "DELETE FROM journal WHERE sequence = ?", sequence)
        return {"table": "journal", "number": sequence}

    return damage


def journal_forgot_a_deletion(data: Path) -> Place:
    [sequence] = one(data, "SELECT sequence FROM journal WHERE id = 'user-7' AND after IS NULL")
    execute(data, "DELETE FROM journal WHERE sequence = ?", sequence)
    return {"table": "record", "kind": USER, "id": "user-7", "message": "missing"}


def journal_reordered(data: Path) -> Place:
    a, b = (one(data, "SELECT max(sequence) FROM journal WHERE id = ?", f"user-{n}")[0] for n in (5, 7))
    for old, new in ((a, -1), (b, a), (-1, b)):
        execute(data, "UPDATE journal SET sequence = ? WHERE sequence = ?", new, old)
    return {"table": "journal", "number": a}


def journal_without_what_nobody_points_at(data: Path) -> Place:
    """An entry of a record whose past is not kept, and which is gone."""
    row = one(data, "SELECT sequence FROM journal WHERE kind = 'Gatehouse::IAM::CredentialReport'")
    execute(data, "DELETE FROM journal WHERE sequence = ?", row[0])
    return {"table": "journal", "number": row[0]}


def deadline_flipped(data: Path) -> Place:
    kind, identity, payload = one(data, "SELECT kind, id, payload FROM deadline")
    execute(data, "UPDATE deadline SET payload = ? WHERE kind = ? AND id = ?", flipped(payload), kind, identity)
    return {"table": "deadline", "kind": kind, "id": identity}


def deadline_column(column: str) -> Callable[[Path], Place]:
    def damage(data: Path) -> Place:
        kind, identity = one(data, "SELECT kind, id FROM deadline")
        execute(data, f"UPDATE deadline SET {column} = {column} + 1 WHERE kind = ? AND id = ?", kind, identity)
        return {"table": "deadline", "kind": kind, "id": identity}

    return damage


def deadline_deleted(data: Path) -> Place:
    execute(data, "DELETE FROM deadline WHERE due = (SELECT max(due) FROM deadline)")
    return {"table": "deadline", "message": "there were"}


def segment_flipped(data: Path) -> Place:
    sequence, account, body = one(data, "SELECT sequence, account, body FROM event_segment WHERE sequence = 9")
    execute(data, "UPDATE event_segment SET body = ? WHERE sequence = 9", flipped(body))
    return {"table": "event_segment", "number": sequence, "account": account}


def segment_column(column: str, value: str) -> Callable[[Path], Place]:
    def damage(data: Path) -> Place:
        execute(data, f"UPDATE event_segment SET {column} = {value} WHERE sequence = 9")
        return {"table": "event_segment", "number": 9}

    return damage


def segment_deleted(sequence: str) -> Callable[[Path], Place]:
    def damage(data: Path) -> Place:
        [number] = one(data, f"SELECT {sequence} FROM event_segment")
        execute(data, "DELETE FROM event_segment WHERE sequence = ?", number)
        return {"number": number}

    return damage


def segments_reordered(data: Path) -> Place:
    for old, new in ((9, -1), (10, 9), (-1, 10)):
        execute(data, "UPDATE event_segment SET sequence = ? WHERE sequence = ?", new, old)
    return {"table": "event_segment", "number": 9}


def index_row_removed(data: Path) -> Place:
    execute(data, "DELETE FROM event_index WHERE segment = 9 AND attribute = 'EventName'")
    return {"table": "event_index", "number": 9, "message": "EventName"}


def index_row_changed(data: Path) -> Place:
    execute(data, "UPDATE event_index SET value = x'41' WHERE segment = 9 AND attribute = 'EventName'")
    return {"table": "event_index", "number": 9, "message": "EventName"}


def index_row_made_up(data: Path) -> Place:
    execute(data, "INSERT INTO event_index VALUES ('111122223333', 'EventName', x'41', 5, 9999)")
    return {"table": "event_index", "number": 9999}


def fact(sql: str, word: str) -> Callable[[Path], Place]:
    def damage(data: Path) -> Place:
        execute(data, sql)
        return {"message": word}

    return damage


def sqlite_index_row_removed(data: Path) -> Place:
    """Of an index of SQLite's own: a row that is not found by it any more."""
    connection = sqlite3.connect(data / "ledger.sqlite")
    with connection:
        connection.execute("PRAGMA writable_schema = ON")
        [sql] = connection.execute("SELECT sql FROM sqlite_schema WHERE name = 'journal_by_kind'").fetchone()
        connection.execute("UPDATE sqlite_schema SET sql = 'x', type = 'x' WHERE name = 'journal_by_kind'")
    connection.close()
    connection = sqlite3.connect(data / "ledger.sqlite")
    with connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("DELETE FROM journal WHERE sequence = (SELECT max(sequence) FROM journal)")
        connection.execute("UPDATE sqlite_schema SET sql = ?, type = 'index' WHERE name = 'journal_by_kind'", (sql,))
    connection.close()
    return {"table": "journal", "message": "journal_by_kind"}


DAMAGE: dict[str, Callable[[Path], Place]] = {
    "record: a bit flipped": record_flipped,
    "record: deleted": record_deleted,
    "record: two swapped": records_swapped,
    "record: renamed": record_renamed,
    "record: as it was before": record_of_before,
    "record: deleted one put back": record_risen,
    "record: deleted with what is derived": records_and_their_counter,
    "record: one that another needs": group_of_a_user,
    "counter: deleted": counter_deleted,
    "counter: changed": counter_changed,
    "reference: deleted": reference_deleted,
    "reference: changed": reference_changed,
    "reference: made up": reference_made_up,
    "journal: time": journal_column("time", "time + 1"),
    "journal: request": journal_column("request_id", "request_id || 'x'"),
    "journal: version before": journal_column("before_version", "before_version - 1"),
    "journal: before left out": journal_column("before", "NULL"),
    "journal: seal left out": journal_column("seal", "NULL"),
    "journal: a bit of before flipped": journal_body("before"),
    "journal: a bit of after flipped": journal_body("after"),
    "journal: first entry deleted": journal_deleted("1"),
    "journal: middle entry deleted": journal_deleted("min(sequence) FROM journal WHERE id = 'user-3'"),
    "journal: last entry deleted": journal_deleted("max(sequence) FROM journal WHERE id = 'user-3'"),
    "journal: a deletion deleted": journal_forgot_a_deletion,
    "journal: reordered": journal_reordered,
    "journal: last change of a record without history": journal_without_what_nobody_points_at,
    "journal: a row missing from an index": sqlite_index_row_removed,
    "deadline: a bit flipped": deadline_flipped,
    "deadline: due": deadline_column("due"),
    "deadline: attempts": deadline_column("attempts"),
    "deadline: deleted": deadline_deleted,
    "event segment: a bit flipped": segment_flipped,
    "event segment: first time": segment_column("first_time", "first_time - 1"),
    "event segment: last time": segment_column("last_time", "last_time + 1"),
    "event segment: account": segment_column("account", "'999999999999'"),
    "event segment: first deleted": segment_deleted("1"),
    "event segment: middle deleted": segment_deleted("9"),
    "event segment: last deleted": segment_deleted("max(sequence)"),
    "event segment: reordered": segments_reordered,
    "event index: removed": index_row_removed,
    "event index: changed": index_row_changed,
    "event index: made up": index_row_made_up,
    "meta: journal-gone": fact("UPDATE meta SET value = value + 1 WHERE name = 'journal-gone'", "journal-gone"),
    "meta: a number missing": fact("DELETE FROM meta WHERE name = 'events-purged'", "events-purged"),
    "meta: a word for a number": fact("UPDATE meta SET value = 'x' WHERE name = 'journal-purged'", "journal-purged"),
    "meta: purged": fact("UPDATE meta SET value = 50 WHERE name = 'journal-purged'", "begin after entry 50"),
    "meta: no format": fact("DELETE FROM meta WHERE name = 'format'", "meta"),
    "meta: no canary": fact("DELETE FROM meta WHERE name = 'canary'", "meta"),
}


def named(found: dict[str, Any], place: Place) -> bool:
    def fits(one: dict[str, Any]) -> bool:
        return all(
            value in one["message"] if name == "message" else one.get(name) == value for name, value in place.items()
        )

    return any(fits(one) for one in found["damage"])


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_found_and_named(data: Path, name: str) -> None:
    place = DAMAGE[name](data)
    status, found = verified(data)
    assert status == 1
    assert named(found, place), (place, found["damage"])
    # Nothing else is called damaged that is not: one blow, few words.
    assert found["damageCount"] <= 6, found["damage"]
    done = gatehouse("verify", "--data", str(data))
    assert done.returncode == 1 and "is damaged" in done.stdout


def test_every_table_is_damaged() -> None:
    assert {name.split(":")[0].replace(" ", "_") for name in DAMAGE} == set(TABLES)


def pages(data: Path) -> tuple[int, int]:
    with Ledger(data).database() as database:
        return database.execute("PRAGMA page_size").fetchone()[0], database.execute("PRAGMA page_count").fetchone()[0]


def overwrite(data: Path, offset: int, bytes_: bytes) -> None:
    with open(data / "ledger.sqlite", "r+b") as file:
        file.seek(offset)
        file.write(bytes_)


def check_found_or_harmless(data: Path, before: dict[str, list[Any]], what: str) -> bool:
    """Whether it was found; if it was not, nothing that the ledger has may have changed."""
    status, found = verified(data)
    if status == 0:
        assert dump(data) == before, f"{what}: something has changed, and verify has not found it"
    return status == 1


@pytest.mark.parametrize("table", TABLES)
def test_a_page_of_a_table_overwritten(data: Path, table: str) -> None:
    size, _ = pages(data)
    [root] = one(data, "SELECT rootpage FROM sqlite_schema WHERE name = ?", table)
    dice = random.Random(root)
    # Not the first page of the file, where SQLite finds the others.
    overwrite(data, (root - 1) * size, dice.randbytes(size))
    status, found = verified(data)
    assert status == 1
    # A ledger that does not say what it is can't be looked at further.
    wanted = {"message": "meta"} if table == "meta" else {"table": table}
    assert named(found, wanted), found["damage"]
    # What is in other tables is not called damaged, but for what needs this one.
    others = [one for one in found["damage"] if one.get("table") not in (table, None)]
    if table in ("counter", "reference", "event_index", "deadline"):
        assert others == [], others


def test_records_on_a_damaged_page_are_named(data: Path) -> None:
    """The page of a leaf is lost: verify says which records were there, and that the others are not damaged."""
    before = dump(data)
    assert before
    size, count = pages(data)
    raw = (data / "ledger.sqlite").read_bytes()
    # A leaf of an index's kind (10), where a user's id stands with its body.
    leaves = [
        page for page in range(1, count)
        if raw[page * size] == 10 and b"AWS::IAM::Useruser-3" in raw[page * size : (page + 1) * size]
        and int.from_bytes(raw[page * size + 3 : page * size + 5], "big") < 60
    ]
    assert leaves
    for page in leaves:
        shutil.copyfile(data / "ledger.sqlite", data / "whole")
        overwrite(data, page * size, random.Random(5).randbytes(size))
        status, found = verified(data)
        assert status == 1
        lost = {one["id"] for one in found["damage"] if one.get("table") == "record" and "id" in one}
        if "user-3" in lost:
            ids = {row[3] for row in before["record"]}
            assert lost < ids, lost - ids
            assert len(lost) < len(ids) / 2
            return
        shutil.move(data / "whole", data / "ledger.sqlite")
    pytest.fail("no page of records was found")


@pytest.mark.parametrize("seed", range(6))
def test_300_random_bytes_anywhere(data: Path, healthy: Path, seed: int) -> None:
    before = dump(data)
    assert before
    dice = random.Random(seed)
    found = 0
    for _ in range(8):
        shutil.copyfile(healthy / "ledger.sqlite", data / "ledger.sqlite")
        offset = dice.randrange((data / "ledger.sqlite").stat().st_size - 300)
        overwrite(data, offset, dice.randbytes(300))
        found += check_found_or_harmless(data, before, f"300 bytes at {offset}")
    assert found >= 2


def test_the_first_page_overwritten(data: Path) -> None:
    overwrite(data, 0, random.Random(1).randbytes(4096))
    status, found = verified(data)
    assert status == 1 and found["damageCount"] == 1


def test_a_file_that_ends_early(data: Path) -> None:
    os.truncate(data / "ledger.sqlite", (data / "ledger.sqlite").stat().st_size // 2)
    status, _ = verified(data)
    assert status == 1


def test_what_can_not_be_looked_at(data: Path, tmp_path: Path) -> None:
    done = gatehouse("verify", "--data", str(tmp_path / "nothing"))
    assert done.returncode == 2 and "there is no Gatehouse in" in done.stderr
    (data / "key").rename(tmp_path / "key")
    done = gatehouse("verify", "--data", str(data))
    assert done.returncode == 2 and "--key-file" in done.stderr
    assert not (data / "key").exists()
    assert verified(data, "--key-file", str(tmp_path / "key"))[0] == 0
    (tmp_path / "key").write_bytes(b"k" * 32)
    done = gatehouse("verify", "--data", str(data), "--key-file", str(tmp_path / "key"))
    assert done.returncode == 2 and "sealed with another key" in done.stderr


# While a server writes


def test_nothing_is_found_under_load(durable: Callable[..., Server]) -> None:
    server = durable().start()
    stopping = threading.Event()
    problems: list[str] = []

    document = policy(allow("iam:ListUsers"))

    def write(number: int) -> None:
        iam = server.root.iam
        count = 0
        try:
            while not stopping.is_set():
                count += 1
                name = f"user-{number}-{count}"
                iam.create_user(UserName=name, Tags=[{"Key": "a", "Value": "b"}])
                iam.create_access_key(UserName=name)
                iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
                iam.list_users(MaxItems=5)
                if count % 3 == 0:
                    [key] = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
                    iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
                    iam.delete_user_policy(UserName=name, PolicyName="p")
                    iam.delete_user(UserName=name)
        except Exception as error:
            problems.append(repr(error))

    writers = [threading.Thread(target=write, args=(number,), daemon=True) for number in range(3)]
    for writer in writers:
        writer.start()
    seen = []
    for _ in range(6):
        status, found = verified(server.data)
        assert status == 0, found["damage"]
        seen.append(found["journalEntry"])
    stopping.set()
    for writer in writers:
        writer.join(20)
    assert not problems
    assert seen == sorted(seen) and seen[-1] > seen[0]
    server.kill()
    # The log that a killed server leaves is part of the ledger.
    assert verified(server.data)[0] == 0


# What the start makes of it


@pytest.fixture
def refusal(data: Path, tmp_path: Path) -> Iterator[Callable[[], str]]:
    server = Server(data=data, log=tmp_path / "log")

    def refused() -> str:
        with pytest.raises(AssertionError, match="the server ended with 1 before it listened"):
            server.start()
        assert server.log
        return server.log.read_text().splitlines()[-1]

    yield refused
    server.kill()


@pytest.mark.parametrize("table", ["record", "counter", "reference", "journal", "deadline"])
def test_the_start_refuses_a_damaged_table(data: Path, refusal: Callable[[], str], table: str) -> None:
    size, _ = pages(data)
    [root] = one(data, "SELECT rootpage FROM sqlite_schema WHERE name = ?", table)
    overwrite(data, (root - 1) * size, random.Random(3).randbytes(300))
    words = refusal()
    assert f"gatehouse verify --data {data}" in words and "gatehouse restore" in words
    assert "damage" in words or "malformed" in words


def test_the_start_refuses_a_lost_key(data: Path, refusal: Callable[[], str]) -> None:
    (data / "key").unlink()
    assert "is missing" in refusal()
    assert not (data / "key").exists(), "a new key was made, with which nothing can be read"


def test_the_start_tells_of_a_record_that_binds_nobody(data: Path, tmp_path: Path) -> None:
    ledger = Ledger(data)
    key = ledger.keys("AWS::Account::Contacts")[0]
    ledger.flip(key)
    with Server(data=data, log=tmp_path / "log") as server:
        assert server.root.iam.list_users()["Users"]
        server.stop()
    [line] = [line for line in (tmp_path / "log").read_text().splitlines() if "a record is damaged" in line]
    assert "AWS::Account::Contacts" in line and key.id in line


def seem_large(data: Path) -> None:
    """Looking through all of a large ledger would take the start too long. That it is large, the counters say."""
    with Ledger(data).database() as database:
        database.execute("INSERT INTO counter VALUES ('999999999999', '', 'AWS::IAM::Policy', 1000000)")


def test_a_large_ledger_is_looked_at_while_it_is_used(data: Path, tmp_path: Path) -> None:
    ledger = Ledger(data)
    key = ledger.keys("AWS::Account::Contacts")[0]
    ledger.flip(key)
    seem_large(data)
    log = tmp_path / "log"
    with Server(data=data, log=log) as server:
        deadline = time.monotonic() + PATIENCE
        while "a record is damaged" not in log.read_text() and time.monotonic() < deadline:
            assert server.root.iam.list_users()["Users"]
        assert key.id in log.read_text()
        assert server.root.iam.list_users()["Users"]
        assert server.stop() == 0


def test_a_damaged_table_of_a_large_ledger_ends_the_server(data: Path, tmp_path: Path) -> None:
    seem_large(data)
    size, _ = pages(data)
    [root] = one(data, "SELECT rootpage FROM sqlite_schema WHERE name = 'reference'")
    Ledger(data).checkpoint()
    # How many bytes are lost between its rows: nothing that is read depends on it.
    overwrite(data, (root - 1) * size + 7, b"\x05")
    server = Server(data=data, log=tmp_path / "log")
    try:
        # It may end before it could say that it listens.
        with contextlib.suppress(AssertionError):
            server.start()
        assert server.process and server.process.wait(20) == 1
    finally:
        server.kill()
    words = (tmp_path / "log").read_text().splitlines()[-1]
    assert "Gatehouse stops: " in words and f"gatehouse verify --data {data}" in words
