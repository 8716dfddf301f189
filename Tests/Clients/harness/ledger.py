"""A ledger's files seen from outside: what a disk, another version or an attacker may have done to them.

How bodies are sealed stands in Sources/Keyring/SealingKey.swift, what is authenticated beside them in
Sources/Ledger/RecordSealer.swift.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand


class Ledger:
    """The ledger of a data directory that no process uses."""

    def __init__(self, data: Path):
        self.path = data / "ledger.sqlite"
        root = (data / "key").read_bytes()
        self.key = HKDF(hashes.SHA256(), 32, b"gatehouse keyring 1", b"ledger").derive(root)

    def sql(self, statement: str, *arguments: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.path)) as connection:
            rows = connection.execute(statement, arguments).fetchall()
            connection.commit()
            return rows

    def ids(self, kind: str) -> list[str]:
        return [row[0] for row in self.sql("SELECT id FROM record WHERE kind = ? ORDER BY id", kind)]

    def change(self, kind: str, id: str, how: Callable[[dict[str, Any]], None], version: int = 1) -> None:
        """Rewrites a record's JSON, sealed with the right key, as a record of that version."""
        account, region, number, body = self._row(kind, id)
        plain = self._open(body, self._place(account, region, kind, id, number))
        if plain[0] == 0:
            plain = plain[5:]
        record = json.loads(plain)
        how(record)
        text = json.dumps(record).encode()
        head = b"" if version == 1 else b"\x00" + struct.pack(">I", version)
        self._put(kind, id, self._seal(head + text, self._place(account, region, kind, id, number)))

    def damage(self, kind: str, id: str) -> None:
        """Changes one bit in the middle of a record's body."""
        _, _, _, body = self._row(kind, id)
        bad = bytearray(body)
        bad[len(bad) // 2] ^= 1
        self._put(kind, id, bytes(bad))

    def _row(self, kind: str, id: str) -> tuple[str, str, int, bytes]:
        rows = self.sql("SELECT account, region, version, body FROM record WHERE kind = ? AND id = ?", kind, id)
        assert len(rows) == 1, (kind, id, rows)
        return rows[0]  # type: ignore[return-value]

    def _put(self, kind: str, id: str, body: bytes) -> None:
        self.sql("UPDATE record SET body = ? WHERE kind = ? AND id = ?", body, kind, id)

    @staticmethod
    def _place(account: str, region: str, kind: str, id: str, version: int) -> bytes:
        texts = b"".join(
            struct.pack("<q", len(text.encode())) + text.encode() for text in ("record", account, region, kind, id))
        return texts + struct.pack("<q", version)

    def _message_key(self, salt: bytes) -> bytes:
        return HKDFExpand(hashes.SHA256(), 32, b"gatehouse message 1" + salt).derive(self.key)

    def _open(self, sealed: bytes, place: bytes) -> bytes:
        salt, nonce = sealed[1:17], sealed[17:29]
        return AESGCM(self._message_key(salt)).decrypt(nonce, sealed[29:], place)

    def _seal(self, plain: bytes, place: bytes) -> bytes:
        salt, nonce = os.urandom(16), os.urandom(12)
        return b"\x01" + salt + nonce + AESGCM(self._message_key(salt)).encrypt(nonce, plain, place)
