"""The bytes of S3's objects on disk: backed up, restored and verified; damage is found and said so; a full disk is a clear
error; and what is refused leaves nothing behind."""

from __future__ import annotations

import http.client
import json
import os
import resource
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.exceptions
import pytest

from harness import Server, error_of
from harness.patience import PATIENCE
from harness.server import gatehouse

#: More than is kept beside its row.
SIZE = 200_000


def done(*words: str, status: int = 0) -> str:
    ran = gatehouse(*words, within=60)
    assert ran.returncode == status, (words, ran.stdout, ran.stderr)
    return ran.stdout


def refused(*words: str) -> str:
    ran = gatehouse(*words, within=60)
    assert ran.returncode != 0, (words, ran.stdout)
    return ran.stderr


def verified(data: Path, *options: str, status: int = 0) -> dict[str, Any]:
    return dict(json.loads(done("verify", "--data", str(data), "--format", "json", *options, status=status)))


def files(data: Path) -> list[Path]:
    return sorted(path for path in (data / "bodies").rglob("*") if path.is_file())


def flip(path: Path, place: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)


@pytest.fixture
def server(durable: Callable[..., Server], tmp_path: Path) -> Server:
    server = durable()
    server.log = tmp_path / "log"
    server.start().root.client("s3").create_bucket(Bucket="box")
    return server


def data_of(server: Server) -> Path:
    assert server.data
    return server.data


def put(server: Server, key: str, size: int = SIZE, **more: Any) -> bytes:
    body = os.urandom(size)
    server.root.client("s3").put_object(Bucket="box", Key=key, Body=body, **more)
    return body


def get(server: Server, key: str, **more: Any) -> bytes:
    return bytes(server.root.client("s3").get_object(Bucket="box", Key=key, **more)["Body"].read())


def wait_for(condition: Callable[[], bool], within: float = PATIENCE) -> bool:
    deadline = time.monotonic() + within
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


CUSTOMER_KEY = {"SSECustomerAlgorithm": "AES256", "SSECustomerKey": "k" * 32}


def test_a_backup_has_all_bodies(server: Server, tmp_path: Path) -> None:
    s3 = server.root.client("s3")
    there = {key: put(server, key, size) for key, size in [("small", 10), ("a", SIZE), ("b", 3_000_000)]}
    secret = put(server, "secret", **CUSTOMER_KEY)
    upload = s3.create_multipart_upload(Bucket="box", Key="parts")["UploadId"]
    part = os.urandom(5 << 20)
    tags = [
        {
            "PartNumber": number,
            "ETag": s3.upload_part(Bucket="box", Key="parts", UploadId=upload, PartNumber=number, Body=part)["ETag"],
        }
        for number in (1, 2)
    ]
    backup, restored = tmp_path / "backup", tmp_path / "restored"
    text = done("backup", str(backup), "--data", str(data_of(server)), "--with-key")
    assert "The bodies of objects are in it: 5," in text
    assert {path.name for path in files(backup)} == {path.name for path in files(data_of(server))}
    subprocess.run(["sha256sum", "--check", "--quiet", "bodies.sha256"], cwd=backup, check=True)
    report = verified(backup)
    assert report["bodies"] == {
        "count": 5, "bytes": SIZE * 2 + 3_000_000 + 2 * len(part), "verified": True, "damaged": 0, "unproved": 1, "leftover": 0
    }  # fmt: skip
    # What happens later is not in it.
    put(server, "late")
    s3.delete_object(Bucket="box", Key="a")

    assert "Restored" in done("restore", str(backup), "--data", str(restored))
    again = Server(data=restored)
    with again:
        assert {key: get(again, key) for key in there} == there
        assert get(again, "secret", **CUSTOMER_KEY) == secret
        assert error_of(again.root.client("s3").get_object, Bucket="box", Key="late").code == "NoSuchKey"
        # The upload goes on where it was.
        again.root.client("s3").complete_multipart_upload(
            Bucket="box", Key="parts", UploadId=upload, MultipartUpload={"Parts": tags}
        )
        assert get(again, "parts") == part + part
    assert verified(restored)["bodies"]["count"] == 5

    # Without bodies it says so.
    text = done("backup", str(tmp_path / "bare"), "--data", str(data_of(server)), "--with-key", "--without-bodies")
    assert "bodies of objects are not in it" in text
    assert not (tmp_path / "bare" / "bodies").exists()
    assert "which were left out of this backup" in done("verify", "--data", str(tmp_path / "bare"))


def test_a_damaged_backup_is_not_restored(server: Server, tmp_path: Path) -> None:
    put(server, "a")
    put(server, "secret", **CUSTOMER_KEY)
    backup = tmp_path / "backup"
    done("backup", str(backup), "--data", str(data_of(server)), "--with-key")
    for path in files(backup):
        flip(path, 5_000)
        assert any(f"{path.name} is not what was backed up" in each["message"] for each in verified(backup, status=1)["damage"])
        assert "is not what was backed up" in refused("restore", str(backup), "--data", str(tmp_path / "restored"))
        assert not (tmp_path / "restored").exists()
        flip(path, 5_000)
    path = files(backup)[0]
    path.rename(tmp_path / "away")
    assert any("is missing" in each["message"] for each in verified(backup, status=1)["damage"])
    refused("restore", str(backup), "--data", str(tmp_path / "restored"))
    (tmp_path / "away").rename(path)
    list_of_sums = backup / "bodies.sha256"
    list_of_sums.write_text("".join(list_of_sums.read_text().splitlines(keepends=True)[:-1]))
    assert "checksum differs" in json.dumps(verified(backup, status=1))
    assert "checksum differs" in refused("restore", str(backup), "--data", str(tmp_path / "restored"))
    assert sorted(path.name for path in tmp_path.iterdir() if "restor" in path.name) == []


def test_the_root_key_is_rotated_and_bodies_stay_as_they_are(server: Server) -> None:
    data = data_of(server)
    there = {key: put(server, key, size) for key, size in [("small", 10), ("a", SIZE), ("b", 3_000_000)]}
    before = {path: path.read_bytes() for path in files(data)}
    assert "The old key is forgotten" in done("keyring", "rotate", "--data", str(data), "--end-sessions")
    assert {key: get(server, key) for key in there} == there
    server.restart()
    assert {key: get(server, key) for key in there} == there
    assert {path: path.read_bytes() for path in files(data)} == before
    assert verified(data)["bodies"]["damaged"] == 0


def test_damage_is_found_and_said_so(server: Server, tmp_path: Path) -> None:
    data = data_of(server)
    put(server, "photos/cat")
    (path,) = files(data)
    assert verified(data)["bodies"]["damaged"] == 0

    flip(path, 100_000)
    s3 = server.root.client("s3")
    # What is damaged further on is noticed when it is reached: the connection ends before the length that was promised.
    with pytest.raises((botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError)):
        s3.get_object(Bucket="box", Key="photos/cat")["Body"].read()
    assert server.log and "is damaged" in server.log.read_text()
    assert path.name in server.log.read_text()
    # What comes before it is as good as ever.
    assert len(get(server, "photos/cat", Range="bytes=0-65535")) == 65_536
    report = verified(data, status=1)
    (damage,) = report["damage"]
    assert damage["kind"] == "AWS::S3::Object" and damage["id"] == "box"
    assert "box/photos/cat" in damage["message"] and "is damaged at byte 65536" in damage["message"]
    assert "damaged" in refused("backup", str(tmp_path / "backup"), "--data", str(data), "--with-key")
    assert not (tmp_path / "backup").exists()

    path.unlink()
    assert error_of(s3.get_object, Bucket="box", Key="photos/cat").status == 500
    (damage,) = verified(data, status=1)["damage"]
    assert "There is no body" in damage["message"]


def test_what_a_crash_has_left_behind(server: Server) -> None:
    data = data_of(server)
    body = put(server, "a")
    (path,) = files(data)
    # A body that was finished, and whose transaction never came; and one that was half written.
    orphan = data / "bodies" / "ab" / ("ab" + "0" * 30)
    orphan.write_bytes(path.read_bytes())
    half = data / "bodies" / "incoming" / ("cd" + "0" * 30)
    half.write_bytes(b"GATEBODY")
    assert verified(data)["bodies"]["leftover"] == 0, "it may be about to be part of something"
    os.utime(orphan, (0, 0))
    assert verified(data)["bodies"]["leftover"] == 1
    assert "left behind by a crash" in done("verify", "--data", str(data))
    assert done("sweep", "--data", str(data)) == (
        "Removed 1 bodies that no object had, and 1 that were half written.\n"
    )
    assert files(data) == [path]
    assert get(server, "a") == body


def test_a_sweep_takes_nothing_that_is_on_its_way(server: Server) -> None:
    """However young it is, what somebody writes has a lock."""
    body = os.urandom(3_000_000)
    url = urlsplit(
        server.root.client("s3", signature_version="s3v4").generate_presigned_url("put_object", Params={"Bucket": "box", "Key": "a"})
    )
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:2_000_000])
    assert wait_for(lambda: len(files(data_of(server))) == 1)
    nothing = "Removed 0 bodies that no object had, and 0 that were half written.\n"
    assert done("sweep", "--data", str(data_of(server))) == nothing
    connection.send(body[2_000_000:])
    assert connection.getresponse().status == 200
    connection.close()
    assert done("sweep", "--data", str(data_of(server))) == nothing
    assert get(server, "a") == body
    # One whose client has left.
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders()
    connection.send(body[:2_000_000])
    assert wait_for(lambda: len(files(data_of(server))) == 2)
    connection.close()
    assert wait_for(lambda: len(files(data_of(server))) == 1)


def test_what_is_refused_leaves_nothing(server: Server) -> None:
    data = data_of(server)
    put(server, "a")
    before = files(data)
    s3 = server.root.client("s3")
    body = os.urandom(SIZE)
    for _ in range(3):
        assert error_of(s3.put_object, Bucket="box", Key="a", Body=body, IfNoneMatch="*").code == "PreconditionFailed"
    assert error_of(s3.put_object, Bucket="box", Key="b", Body=body, ContentMD5="A" * 22 + "==").code in ("BadDigest", "InvalidDigest")
    assert error_of(s3.put_object, Bucket="nowhere", Key="b", Body=body).code == "NoSuchBucket"
    assert files(data) == before


def test_a_full_disk_is_a_clear_error(durable: Callable[..., Server]) -> None:
    """No file of this server may have more than 1 MB: bodies come to that before the ledger does."""
    server = durable()
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    server.start()
    assert server.process and server.data
    s3 = server.root.client("s3")
    s3.create_bucket(Bucket="box")
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (1 << 20, limit[1]))
    error = error_of(s3.put_object, Bucket="box", Key="large", Body=os.urandom(3_000_000))
    assert (error.code, error.status) == ("InsufficientStorage", 507) and "no room left" in error.message
    assert error_of(s3.get_object, Bucket="box", Key="large").code == "NoSuchKey"
    assert files(server.data) == []
    body = put(server, "fits")
    assert get(server, "fits") == body
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, limit)
    body = put(server, "large", 3_000_000)
    assert get(server, "large") == body


def test_memory_has_a_limit() -> None:
    with Server("--bodies-in-memory", "1") as server:
        if not server.data and server.database:
            pytest.skip("only a server in memory has it")
        s3 = server.root.client("s3")
        s3.create_bucket(Bucket="box")
        error = error_of(s3.put_object, Bucket="box", Key="large", Body=os.urandom(2_000_000))
        assert (error.code, error.status) == ("InsufficientStorage", 507)
        first = put(server, "first", 700_000)
        assert error_of(s3.put_object, Bucket="box", Key="second", Body=os.urandom(700_000)).code == "InsufficientStorage"
        assert get(server, "first") == first
    assert "--bodies-in-memory" in refused("serve", "--port", "0", "--in-memory", "--bodies-in-memory", "much")
    assert "--in-memory" in refused("serve", "--port", "0", "--data", "/nowhere", "--bodies-in-memory", "1")


def test_what_the_options_take(tmp_path: Path) -> None:
    key, url = str(tmp_path / "key"), "postgres://nobody@127.0.0.1:1/nowhere"
    assert "add --database" in refused("serve", "--port", "0", "--data", str(tmp_path), "--bodies", "/srv")
    assert "without --bodies" in refused(
        "serve", "--port", "0", "--database", url, "--key-file", key, "--bodies-credentials", "x"
    )
    assert "A bucket needs credentials" in refused(
        "serve", "--port", "0", "--database", url, "--key-file", key, "--bodies", "s3://bucket"
    )
    credentials = tmp_path / "credentials"
    credentials.write_text("[default]\naws_access_key_id = AKID\naws_secret_access_key = hunter2hunter2\n")
    text = refused(
        "serve", "--port", "0", "--database", url, "--key-file", key, "--bodies", "s3://bucket/a?color=red",
        "--bodies-credentials", str(credentials),
    )  # fmt: skip
    assert "There is no parameter 'color'" in text and "hunter2" not in text
