"""kill -9 at random moments while clients put, copy, upload in parts and delete objects, with versions and without.

After each restart every object that was acknowledged is there, and what was deleted is gone; what was asked and not answered
is there whole or not at all, and what was never sent to its last byte is not there. Each time a sample is read, and
everything every fiftieth time. At the end nothing is on the disk that no object has.

200 rounds, or GATEHOUSE_CRASH_ROUNDS: a thousand by hand, as CONTRIBUTING says. GATEHOUSE_TEST_SEED repeats a run as far as
the machine does the same twice.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions
import pytest

from harness import Server
from harness.server import gatehouse

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "200"))
CLIENTS = 4
#: Beside the row, one chunk, some chunks.
SIZES = [0, 100, 16_384, 16_385, 70_000, 70_000, 400_000]
#: The server is told that parts may be as small.
PART = 16_385
#: How many versions a client keeps, more or less.
VERSIONS = 12


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Shelf:
    """What one client knows of keys that nobody else uses, in a bucket without versions and in one with them."""

    number: int
    #: Key → digest of the object that is there; None: it was deleted, or never there.
    plain: dict[str, str | None] = field(default_factory=dict)
    #: Version id → (key, digest).
    versions: dict[str, tuple[str, str]] = field(default_factory=dict)
    #: Digests that may be at a key, since a request for it was not answered: the new one, or what was there before.
    doubt: tuple[str, set[str | None]] | None = None
    #: Digests that a version may have that nobody was told of.
    doubtful_version: tuple[str, str] | None = None
    #: A version that was being removed.
    doubtful_removal: str | None = None
    acknowledged: int = 0
    problems: list[str] = field(default_factory=list)


class Client(threading.Thread):
    def __init__(self, server: Server, shelf: Shelf, dice: random.Random):
        super().__init__(daemon=True)
        self.shelf, self.dice, self.s3 = shelf, dice, server.root.client("s3", retries={"total_max_attempts": 1})
        self.url, self.stopping = server.url, threading.Event()
        #: Connections of requests whose last byte never comes.
        self.held: list[socket.socket] = []

    def run(self) -> None:
        steps = [self.put, self.put, self.put_version, self.copy, self.upload, self.delete, self.remove_version, self.hold]
        while not self.stopping.is_set():
            try:
                self.dice.choice(steps)()
            except botocore.exceptions.ClientError as error:
                self.shelf.problems.append(str(error))
                return
            except (botocore.exceptions.BotoCoreError, OSError):
                return  # The server is dead: what was asked may or may not have happened.
            self.shelf.doubt = self.shelf.doubtful_version = self.shelf.doubtful_removal = None
            self.shelf.acknowledged += 1

    def data(self) -> bytes:
        return self.dice.randbytes(self.dice.choice(SIZES))

    def key(self) -> str:
        return f"{self.shelf.number}/{self.dice.randrange(12)}"

    def begin(self, key: str, new: str | None) -> None:
        self.shelf.doubt = (key, {new, self.shelf.plain.get(key)})

    def put(self) -> None:
        key, data = self.key(), self.data()
        self.begin(key, digest(data))
        self.s3.put_object(Bucket="plain", Key=key, Body=data)
        self.shelf.plain[key] = digest(data)

    def hold(self) -> None:
        """A request that ends before its body does: what it would put must never be there."""
        if len(self.held) > 2:
            return
        target = self.s3.generate_presigned_url("put_object", {"Bucket": "plain", "Key": f"{self.shelf.number}/never"})
        data = self.dice.randbytes(self.dice.choice([1, 20_000, 300_000]))
        place = urlsplit(target)
        head = f"PUT {place.path}?{place.query} HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: {len(data) + 1}\r\n\r\n"
        held = socket.create_connection((place.hostname, place.port), timeout=20)
        self.held.append(held)
        held.sendall(head.encode() + data)

    def put_version(self) -> None:
        if len(self.shelf.versions) > VERSIONS:
            return self.remove_version()
        key, data = self.key(), self.data()
        self.shelf.doubtful_version = (key, digest(data))
        version = self.s3.put_object(Bucket="kept", Key=key, Body=data)["VersionId"]
        self.shelf.versions[version] = (key, digest(data))

    def copy(self) -> None:
        there = [key for key, found in self.shelf.plain.items() if found]
        if not there:
            return
        source, target = self.dice.choice(there), self.key()
        if source == target:
            return
        self.begin(target, self.shelf.plain[source])
        self.s3.copy_object(Bucket="plain", Key=target, CopySource={"Bucket": "plain", "Key": source})
        self.shelf.plain[target] = self.shelf.plain[source]

    def upload(self) -> None:
        key = self.key()
        parts = [self.dice.randbytes(PART), self.dice.randbytes(self.dice.choice([10, 16_384, 50_000]))]
        upload = self.s3.create_multipart_upload(Bucket="plain", Key=key)["UploadId"]
        tags = []
        for number, part in enumerate(parts, 1):
            put = self.s3.upload_part(Bucket="plain", Key=key, UploadId=upload, PartNumber=number, Body=part)
            tags.append({"PartNumber": number, "ETag": put["ETag"]})
        if self.dice.random() < 0.3:
            self.s3.abort_multipart_upload(Bucket="plain", Key=key, UploadId=upload)
            return
        self.begin(key, digest(b"".join(parts)))
        self.s3.complete_multipart_upload(
            Bucket="plain", Key=key, UploadId=upload, MultipartUpload={"Parts": tags}
        )
        self.shelf.plain[key] = digest(b"".join(parts))

    def delete(self) -> None:
        key = self.key()
        self.begin(key, None)
        self.s3.delete_object(Bucket="plain", Key=key)
        self.shelf.plain[key] = None

    def remove_version(self) -> None:
        if not self.shelf.versions:
            return
        version = self.dice.choice(sorted(self.shelf.versions))
        self.shelf.doubtful_removal = version
        self.s3.delete_object(Bucket="kept", Key=self.shelf.versions[version][0], VersionId=version)
        del self.shelf.versions[version]


def check(server: Server, shelves: list[Shelf], is_read: Callable[[], bool] = lambda: True) -> None:
    """Compares all that the clients know with what the server has, and settles what was not answered.

    `is_read` says of each object that nobody doubts whether it is read, or only has to be in the list."""
    s3 = server.root.client("s3")
    known = {key: found for shelf in shelves for key, found in shelf.plain.items()}
    known_versions = {version: content for shelf in shelves for version, content in shelf.versions.items()}
    doubtful = {shelf.doubt[0] for shelf in shelves if shelf.doubt}
    plain: dict[str, str | None] = {}
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket="plain"):
        for key in (each["Key"] for each in page.get("Contents", [])):
            if key in doubtful or key not in known or is_read():
                plain[key] = digest(s3.get_object(Bucket="plain", Key=key)["Body"].read())
            else:
                plain[key] = known[key]
    kept: dict[str, tuple[str, str]] = {}
    for page in s3.get_paginator("list_object_versions").paginate(Bucket="kept"):
        for key, id_ in ((each["Key"], each["VersionId"]) for each in page.get("Versions", [])):
            if id_ not in known_versions or is_read():
                kept[id_] = (key, digest(s3.get_object(Bucket="kept", Key=key, VersionId=id_)["Body"].read()))
            else:
                kept[id_] = (key, known_versions[id_][1])
    for shelf in shelves:
        assert not shelf.problems, shelf.problems
        if shelf.doubt:
            key, possible = shelf.doubt
            assert plain.get(key) in possible, f"{key} is there by half"
            shelf.plain[key] = plain.get(key)
        if shelf.doubtful_removal and shelf.doubtful_removal not in kept:
            del shelf.versions[shelf.doubtful_removal]
        known = {version for other in shelves for version in other.versions}
        new = [version for version, (key, _) in kept.items() if version not in known and key.startswith(f"{shelf.number}/")]
        if new:
            assert len(new) == 1 and kept[new[0]] == shelf.doubtful_version, "a version that nobody made"
            shelf.versions[new[0]] = kept[new[0]]
        shelf.doubt = shelf.doubtful_version = shelf.doubtful_removal = None
        for key, found in shelf.plain.items():
            assert plain.get(key) == found, f"{key}: {plain.get(key)} instead of {found}"
        for version, content in shelf.versions.items():
            assert kept.get(version) == content, f"version {version} of {content[0]}"
    keys = {key for shelf in shelves for key, found in shelf.plain.items() if found}
    assert set(plain) == keys and set(kept) == {version for shelf in shelves for version in shelf.versions}


def bodies(data: Path) -> set[str]:
    """The names of all files with bodies."""
    return {path.name for path in (data / "bodies").rglob("*") if path.is_file()}


def verified(data: Path) -> dict[str, Any]:
    done = gatehouse("verify", "--data", str(data), "--format", "json", within=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(json.loads(done.stdout)["bodies"])


@pytest.mark.slow
def test_kill_and_restart(durable: Callable[..., Server]) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server = durable("--quota", f"UploadPartSize={PART}").start()
    assert server.data
    s3 = server.root.client("s3")
    for bucket in ["plain", "kept"]:
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_versioning(Bucket="kept", VersioningConfiguration={"Status": "Enabled"})
    shelves = [Shelf(number) for number in range(CLIENTS)]
    for round_ in range(ROUNDS):
        clients = [Client(server, shelf, random.Random(dice.random())) for shelf in shelves]
        for client in clients:
            client.start()
        # A number of requests, so that each round proves something however busy the machine is; and then any moment.
        enough = sum(shelf.acknowledged for shelf in shelves) + dice.randrange(1, 10)
        patience = time.monotonic() + 15
        while sum(shelf.acknowledged for shelf in shelves) < enough and time.monotonic() < patience:
            time.sleep(0.002)
        time.sleep(dice.uniform(0, 0.03))
        server.kill()
        for client in clients:
            client.stopping.set()
            client.join(30)
            assert not client.is_alive()
            for held in client.held:
                held.close()
        server.start()
        check(server, shelves, (lambda: True) if round_ % 50 == 49 else lambda: dice.random() < 0.03)
    acknowledged = sum(shelf.acknowledged for shelf in shelves)
    print(f"{ROUNDS} kills, {acknowledged} acknowledged requests")
    assert acknowledged >= ROUNDS, "too few requests to prove anything"

    # What the kills have left behind is removed beside a server that goes on.
    found = verified(server.data)
    swept = gatehouse("sweep", "--data", str(server.data), within=60)
    assert swept.returncode == 0, swept.stderr
    print(found, swept.stdout.strip())
    check(server, shelves)
    s3 = server.root.client("s3")
    uploads = s3.list_multipart_uploads(Bucket="plain").get("Uploads", [])
    parts = [
        part
        for upload in uploads
        for part in s3.list_parts(Bucket="plain", Key=upload["Key"], UploadId=upload["UploadId"]).get("Parts", [])
    ]
    assert server.stop() == 0
    left = verified(server.data)
    assert left["damaged"] == 0
    # Bodies that were replaced or deleted go a quarter of an hour later, by a job that survives a kill: those are what
    # the ledger keeps no more and a sweep has taken.
    assert len(bodies(server.data)) == left["count"], (left, len(parts))
