"""The ledger on disk, opened by hand: what a fault of the disk, another version of the program or an attacker leaves.

The forms are those of Sources/Keyring/SealingKey.swift and Sources/Ledger/RecordSealer.swift. No server may be running
on the directory that is changed.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

SALT, NONCE = 16, 12


@dataclass(frozen=True)
class Key:
    """Where a record lies."""

    account: str
    kind: str
    id: str
    region: str = ""


class Ledger:
    def __init__(self, directory: Path):
        self.file = directory / "ledger.sqlite"
        root = (directory / "key").read_bytes()
        self.key = HKDF(SHA256(), 32, b"gatehouse keyring 1", b"ledger").derive(root)

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """A connection; what was done with it is committed at the end, unless there was an error."""
        connection = sqlite3.connect(self.file)
        try:
            with connection:
                yield connection
        finally:
            connection.close()

    # Records

    def keys(self, kind: str) -> list[Key]:
        """The places of all records of a kind."""
        with self.database() as database:
            rows = database.execute("SELECT account, kind, id, region FROM record WHERE kind = ?", (kind,))
            return [Key(*row) for row in rows]

    def only(self, kind: str) -> Key:
        """The place of the one record that there is of a kind."""
        [key] = self.keys(kind)
        return key

    def body(self, key: Key) -> bytes:
        """What is inside the record's seal."""
        version, sealed = self._row(key)
        return self._open(sealed, self._context(key, version))

    def json(self, key: Key) -> dict[str, Any]:
        """The record's members; fails when they stand behind the head of a version (a zero byte)."""
        return dict(json.loads(self.body(key)))

    def put_body(self, key: Key, body: bytes) -> None:
        """Puts other bytes into the record, sealed as the program seals them."""
        version, _ = self._row(key)
        self.put_sealed(key, self._seal(body, self._context(key, version)))

    def put_json(self, key: Key, members: dict[str, Any]) -> None:
        self.put_body(key, json.dumps(members, separators=(",", ":"), sort_keys=True).encode())

    def sealed(self, key: Key) -> bytes:
        return self._row(key)[1]

    def put_sealed(self, key: Key, sealed: bytes) -> None:
        """Puts bytes where the record's sealed body lies, as they are."""
        with self.database() as database:
            changed = database.execute(
                "UPDATE record SET body = ? WHERE account = ? AND region = ? AND kind = ? AND id = ?",
                (sealed, key.account, key.region, key.kind, key.id),
            )
            assert changed.rowcount == 1, key

    def flip(self, key: Key) -> None:
        """Damages a bit in the middle of the record's sealed body."""
        sealed = bytearray(self.sealed(key))
        sealed[len(sealed) // 2] ^= 1
        self.put_sealed(key, bytes(sealed))

    def checkpoint(self) -> None:
        """Brings all into the one file, and cuts the write-ahead log to nothing."""
        with self.database() as database:
            busy, _, _ = database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            assert busy == 0

    def _row(self, key: Key) -> tuple[int, bytes]:
        with self.database() as database:
            row = database.execute(
                "SELECT version, body FROM record WHERE account = ? AND region = ? AND kind = ? AND id = ?",
                (key.account, key.region, key.kind, key.id),
            ).fetchone()
        assert row, f"no record {key}"
        return row[0], row[1]

    # Seals

    @staticmethod
    def _context(key: Key, version: int) -> bytes:
        texts = [part.encode() for part in ("record", key.account, key.region, key.kind, key.id)]
        words = [len(text).to_bytes(8, "little") + text for text in texts]
        return b"".join(words) + version.to_bytes(8, "little")

    def _message_key(self, salt: bytes) -> AESGCM:
        return AESGCM(HKDFExpand(SHA256(), 32, b"gatehouse message 1" + salt).derive(self.key))

    def _seal(self, plain: bytes, context: bytes) -> bytes:
        salt, nonce = os.urandom(SALT), os.urandom(NONCE)
        return b"\x01" + salt + nonce + self._message_key(salt).encrypt(nonce, plain, context)

    def _open(self, sealed: bytes, context: bytes) -> bytes:
        assert sealed[0] == 1
        salt, nonce = sealed[1 : 1 + SALT], sealed[1 + SALT : 1 + SALT + NONCE]
        return self._message_key(salt).decrypt(nonce, sealed[1 + SALT + NONCE :], context)
