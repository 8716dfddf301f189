"""Uploads that are not what they say: refused with S3's errors, and nothing of them is there afterwards, in the bucket or on
the disk."""

from __future__ import annotations

import base64
import hashlib
import os
import socket
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import AwsError, Identity, Server, error_of, raw
from harness.chunks import PIECES, SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER, Chunked, chunked, spoilt
from harness.patience import PATIENCE

CONTENT = b"".join(PIECES)
#: More than is kept beside its row.
assert len(CONTENT) > 16_384


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


@pytest.fixture
def server(durable: Callable[..., Server]) -> Server:
    server = durable().start()
    server.root.client("s3").create_bucket(Bucket="box")
    return server


def files(server: Server) -> list[Path]:
    assert server.data
    return [path for path in (server.data / "bodies").rglob("*") if path.is_file()]


def wait_for_none(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while files(server) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert files(server) == []


def maker(root: Identity, key: str = "a") -> Callable[..., Chunked]:
    def make(pieces: list[bytes], **more: Any) -> Chunked:
        return chunked("PUT", f"/box/{key}", pieces, root, service="s3", **more)

    return make


def test_chunks(server: Server) -> None:
    s3, make = server.root.client("s3"), maker(server.root)
    for what, request, expected in spoilt(make, forged="SignatureDoesNotMatch", checksum=crc32(CONTENT)):
        answer = raw.send(server.port, request.whole)
        assert answer.code == expected, (what, answer)
        assert answer.status in (400, 403, 411), (what, answer)
    assert "Contents" not in s3.list_objects_v2(Bucket="box")
    wait_for_none(server)
    # What is right is taken, and is what was sent.
    for form in (SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER):
        trailers = None if form == SIGNED else {"x-amz-checksum-crc32": crc32(CONTENT)}
        assert raw.send(server.port, make(PIECES, form=form, trailers=trailers).whole).status == 200
        got = s3.get_object(Bucket="box", Key="a")
        assert got["Body"].read() == CONTENT and "ContentEncoding" not in got


@pytest.mark.parametrize("form", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_trailers_that_are_wrong(server: Server, form: str) -> None:
    """Signed or not, a checksum has to be that of the content, and one that S3 knows."""
    make, right = maker(server.root), crc32(CONTENT)
    for trailers, code in {
        ("x-amz-checksum-crc32", crc32(CONTENT + b"c")): "BadDigest",
        ("x-amz-checksum-crc32", base64.b64encode(bytes(5)).decode()): "InvalidRequest",
        ("x-amz-checksum-crc32", "no Base64"): "InvalidRequest",
        ("x-amz-checksum-sha256", base64.b64encode(hashlib.sha256(b"other").digest()).decode()): "BadDigest",
    }.items():
        answer = raw.send(server.port, make(PIECES, form=form, trailers=dict([trailers])).whole)
        assert (answer.status, answer.code) == (400, code), (trailers, answer)
    # Another one than the head said that it would be.
    head = {"x-amz-sdk-checksum-algorithm": "SHA256"}
    answer = raw.send(server.port, make(PIECES, form=form, trailers={"x-amz-checksum-crc32": right}, headers=head).whole)
    assert answer.status in (200, 400)
    if answer.status == 400:
        wait_for_none(server)


def test_uploads_that_break_off(server: Server) -> None:
    """The client is gone, or goes on listening, after any part of its body: there is no object, and no file."""
    s3, root = server.root.client("s3"), server.root
    whole = chunked("PUT", "/box/a", PIECES, root, service="s3")
    plain = raw.signed("PUT", "/box/a", b"", root, service="s3", payload_hash=hashlib.sha256(CONTENT).hexdigest())
    for request, body in [(whole.request, whole.body), (plain, CONTENT)]:
        fields = request.headers | {"Content-Length": str(len(body))}
        head = f"PUT {request.target} HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in fields.items()) + "\r\n"
        for length in (0, 1, 100, 8_300, len(body) - 1):
            for is_listening in (False, True):
                with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
                    connection.sendall(head.encode() + body[:length])
                    if is_listening:
                        connection.shutdown(socket.SHUT_WR)
                        answer = b""
                        while piece := connection.recv(65536):
                            answer += piece
                        assert b" 400 " in answer.split(b"\r\n")[0] and b"IncompleteBody" in answer, (length, answer)
    wait_for_none(server)
    assert "Contents" not in s3.list_objects_v2(Bucket="box")


# A disk that is full


class OnSmallDisk(Server):
    """A server whose data directory is a file system of a few megabytes, which ends with the process."""

    def command(self) -> list[str]:
        mount = f'mount -t tmpfs -o size=24m none "{self.data}" && exec "$@"'
        return ["unshare", "--mount", *(["--map-root-user"] if os.geteuid() else []), "sh", "-c", mount, "sh", *super().command()]

    @property
    def root_of_disk(self) -> Path:
        """The file system as the server sees it."""
        assert self.process
        return Path(f"/proc/{self.process.pid}/root{self.data}")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[OnSmallDisk]:
    (tmp_path / "data").mkdir()
    server = OnSmallDisk(data=tmp_path / "data", log=tmp_path / "log")
    try_out = subprocess.run([*server.command()[: server.command().index("sh")], "true"], capture_output=True, text=True)
    if try_out.returncode:
        pytest.skip(f"no mounts here: {try_out.stderr}")
    server.start()
    yield server
    server.kill()


def test_a_disk_that_is_full(small_disk: OnSmallDisk) -> None:
    """Bodies, records and the log of SQLite alike find no room. What is there is whole, and with room it goes on."""
    s3 = small_disk.root.client("s3")
    s3.create_bucket(Bucket="box")
    ballast = small_disk.root_of_disk / "ballast"
    ballast.write_bytes(bytes(4 << 20))
    there: dict[str, bytes] = {}
    errors: list[AwsError] = []
    # Large ones first, and then ever smaller ones, until not even a record fits.
    for size in (3_000_000, 300_000, 30_000, 1_000):
        while True:
            key, body = str(len(there)), os.urandom(size)
            try:
                s3.put_object(Bucket="box", Key=key, Body=body)
            except s3.exceptions.ClientError as error:
                errors.append(AwsError.of(error))
                break
            there[key] = body
            assert len(there) < 900, "the disk is never full"
    for error in errors:
        assert (error.code, error.status) == ("InsufficientStorage", 507), error
    # Something else that writes says so as well.
    assert error_of(small_disk.root.iam.create_user, UserName="alice").code == "InsufficientStorage"

    ballast.unlink()
    # Nothing is answered that can't be recorded, and events that wait are written a moment later. Then all that was
    # acknowledged is whole, and nothing else is there.
    deadline = time.monotonic() + PATIENCE

    def soon(call: Callable[..., Any], **parameters: Any) -> Any:
        while True:
            try:
                return call(**parameters)
            except s3.exceptions.ClientError as error:
                assert AwsError.of(error).code == "InsufficientStorage" and time.monotonic() < deadline, error
                time.sleep(0.05)

    assert {key: soon(s3.get_object, Bucket="box", Key=key)["Body"].read() for key in there} == there
    assert {each["Key"] for each in soon(s3.list_objects_v2, Bucket="box")["Contents"]} == set(there)
    body = os.urandom(300_000)
    soon(s3.put_object, Bucket="box", Key="again", Body=body)
    assert soon(s3.get_object, Bucket="box", Key="again")["Body"].read() == body
    soon(small_disk.root.iam.create_user, UserName="alice")
    incoming = [path for path in (small_disk.root_of_disk / "bodies" / "incoming").iterdir()]
    assert incoming == [], "nothing half there"
