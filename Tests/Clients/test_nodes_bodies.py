"""The bytes of S3's objects where several nodes share a database: in a folder that all of them see, and in a bucket of
another Gatehouse's S3."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from harness import Server, allow, error_of, policy
from harness.postgres import Postgres
from harness.server import gatehouse
from harness.patience import PATIENCE

PART = 5 << 20


@pytest.fixture(scope="module")
def database() -> Iterator[Postgres]:
    with Postgres() as server:
        yield server


class Place:
    """Somewhere to keep bodies."""

    def __init__(self, options: list[str], names: Callable[[], set[str]], secret: str = ""):
        self.options = options
        #: What is there: the ids of bodies.
        self.names = names
        self.secret = secret


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    if request.param == "folder":
        folder = tmp_path / "bodies"
        yield Place(
            ["--bodies", str(folder)],
            lambda: {path.name for path in folder.rglob("*") if path.is_file() and len(path.name) == 32},
        )
        return
    with Server(data=tmp_path / "store") as store:
        s3 = store.root.client("s3")
        s3.create_bucket(Bucket="shelf")
        # Whoever keeps bodies there may do that and nothing else.
        store.root.iam.create_user(UserName="keeper")
        store.root.iam.put_user_policy(
            UserName="keeper",
            PolicyName="own",
            PolicyDocument=policy(
                allow(
                    [f"s3:{action}Object" for action in ("Get", "Put", "Delete")]
                    + ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
                    "arn:aws:s3:::shelf/house/*",
                ),
                allow(["s3:ListBucket", "s3:ListBucketMultipartUploads"], "arn:aws:s3:::shelf"),
            ),
        )
        key = store.root.iam.create_access_key(UserName="keeper")["AccessKey"]
        credentials = tmp_path / "credentials"
        credentials.write_text(
            f"[default]\naws_access_key_id = {key['AccessKeyId']}\naws_secret_access_key = {key['SecretAccessKey']}\n"
        )

        def names() -> set[str]:
            pages = s3.get_paginator("list_objects_v2").paginate(Bucket="shelf", Prefix="house/bodies/")
            return {each["Key"].rsplit("/", 1)[1] for page in pages for each in page.get("Contents", [])}

        yield Place(
            ["--bodies", f"s3://shelf/house?endpoint={store.url}", "--bodies-credentials", str(credentials)],
            names,
            key["SecretAccessKey"],
        )


@pytest.fixture
def nodes(database: Postgres, shelf: Place, tmp_path: Path) -> Iterator[list[Server]]:
    url = database.new_database()
    made = [Server(*shelf.options, database=url, key=tmp_path / "key", log=tmp_path / f"log{number}") for number in range(3)]
    try:
        for server in made:
            server.start()
        yield made
    finally:
        for server in made:
            server.kill()


def s3_of(server: Server) -> Any:
    return server.root.client("s3")


def place_of(server: Server, shelf: Place) -> list[str]:
    return ["--database", str(server.database), "--key-file", str(server.key), *shelf.options]


def done(*words: str, status: int = 0) -> str:
    ran = gatehouse(*words, within=120)
    assert ran.returncode == status, (words, ran.stdout, ran.stderr)
    return ran.stdout


def test_what_one_node_writes_another_reads_and_a_third_deletes(nodes: list[Server], shelf: Place, tmp_path: Path) -> None:
    one, two, three = [s3_of(server) for server in nodes]
    one.create_bucket(Bucket="box")
    for size in (10, 20_000, 200_000, 20_000_000):
        data = os.urandom(size)
        one.put_object(Bucket="box", Key="a", Body=data)
        assert two.get_object(Bucket="box", Key="a")["Body"].read() == data
        assert three.get_object(Bucket="box", Key="a", Range="bytes=-5")["Body"].read() == data[-5:]
        if size > 1_000_000:
            middle = two.get_object(Bucket="box", Key="a", Range="bytes=9000000-9099999")["Body"].read()
            assert middle == data[9_000_000:9_100_000]
        three.delete_object(Bucket="box", Key="a")
        assert error_of(one.get_object, Bucket="box", Key="a").code == "NoSuchKey"
    # An upload whose parts come in at different nodes.
    upload = one.create_multipart_upload(Bucket="box", Key="parts")["UploadId"]
    parts = [os.urandom(PART), os.urandom(PART), os.urandom(20_000)]
    tags = [
        {
            "PartNumber": number,
            "ETag": s3_of(nodes[number % 3]).upload_part(
                Bucket="box", Key="parts", UploadId=upload, PartNumber=number, Body=part
            )["ETag"],
        }
        for number, part in enumerate(parts, 1)
    ]
    two.complete_multipart_upload(Bucket="box", Key="parts", UploadId=upload, MultipartUpload={"Parts": tags})
    assert three.get_object(Bucket="box", Key="parts")["Body"].read() == b"".join(parts)
    # What is refused leaves nothing behind.
    before = shelf.names()
    assert error_of(one.put_object, Bucket="box", Key="parts", Body=os.urandom(50_000), IfNoneMatch="*").status == 412
    assert shelf.names() == before
    if shelf.secret:
        for number in range(3):
            assert shelf.secret not in (tmp_path / f"log{number}").read_text()


def test_backup_verify_and_restore(nodes: list[Server], shelf: Place, database: Postgres, tmp_path: Path) -> None:
    one, two, _ = nodes
    s3_of(one).create_bucket(Bucket="box")
    there = {key: os.urandom(size) for key, size in [("a", 100), ("b", 100_000), ("c", 9_000_000)]}
    for key, data in there.items():
        s3_of(two).put_object(Bucket="box", Key=key, Body=data)
    report = json.loads(done("verify", "--format", "json", *place_of(one, shelf)))
    assert report["bodies"] == {
        "count": 2, "bytes": 9_100_000, "verified": True, "damaged": 0, "unproved": 0, "leftover": 0
    }  # fmt: skip
    # Without their place, they are named, and a backup is refused rather than made without them.
    bare = ["--database", str(one.database), "--key-file", str(one.key)]
    assert "not looked at: name their place with --bodies" in done("verify", *bare)
    refused = gatehouse("backup", str(tmp_path / "bare"), "--with-key", *bare, within=60)
    assert refused.returncode == 1 and "--without-bodies" in refused.stderr and not (tmp_path / "bare").exists()

    backup = tmp_path / "backup"
    assert "The bodies of objects are in it: 2" in done("backup", str(backup), "--with-key", *place_of(one, shelf))
    s3_of(one).delete_object(Bucket="box", Key="b")

    # To a directory, and to another database with another place.
    done("restore", str(backup), "--data", str(tmp_path / "directory"))
    with Server(data=tmp_path / "directory") as server:
        assert {key: s3_of(server).get_object(Bucket="box", Key=key)["Body"].read() for key in there} == there
    target = database.new_database()
    refused = gatehouse("restore", str(backup), "--database", target, "--key-file", str(one.key), within=60)
    assert refused.returncode == 1 and "--bodies" in refused.stderr
    options = ["--bodies", str(tmp_path / "elsewhere")]
    done("restore", str(backup), "--database", target, "--key-file", str(one.key), *options)
    with Server(*options, database=target, key=one.key) as server:
        assert {key: s3_of(server).get_object(Bucket="box", Key=key)["Body"].read() for key in there} == there
    assert {key: s3_of(one).get_object(Bucket="box", Key=key)["Body"].read() for key in ("a", "c")} == {
        key: there[key] for key in ("a", "c")
    }


def test_the_place_is_one_gatehouses_own(nodes: list[Server], shelf: Place, database: Postgres, tmp_path: Path) -> None:
    """A folder whose disk is not mounted, or which others use, is refused at the start: a sweep would empty it."""
    one = nodes[0]
    empty = tmp_path / "not-mounted"
    ran = gatehouse("serve", "--port", "0", *place_of(one, Place(["--bodies", str(empty)], set)), within=60)
    assert ran.returncode == 1 and "its disk is not mounted" in ran.stderr
    other = database.new_database()
    ran = gatehouse(
        "serve", "--port", "0", "--database", other, "--key-file", str(tmp_path / "other-key"), *shelf.options, within=60
    )
    assert ran.returncode == 1 and "has the bodies of another Gatehouse" in ran.stderr


def test_a_sweep_takes_nothing_that_is_on_its_way(nodes: list[Server], shelf: Place) -> None:
    one, two, _ = nodes
    s3_of(one).create_bucket(Bucket="box")
    data = os.urandom(30_000_000)

    url = urlsplit(one.root.client("s3", signature_version="s3v4").generate_presigned_url("put_object", Params={"Bucket": "box", "Key": "a"}))
    connection = http.client.HTTPConnection("127.0.0.1", one.port, timeout=PATIENCE)
    connection.putrequest("PUT", f"{url.path}?{url.query}")
    connection.putheader("Content-Length", str(len(data)))
    connection.endheaders()
    half = len(data) // 2
    connection.send(data[:half])
    # Whatever is begun is not old enough, or has somebody who writes it.
    assert done("sweep", *place_of(two, shelf)).startswith("Removed 0 bodies that no object had, and 0")
    connection.send(data[half:])
    assert connection.getresponse().status == 200
    connection.close()
    assert done("sweep", *place_of(two, shelf)).startswith("Removed 0 bodies that no object had, and 0")
    assert s3_of(two).get_object(Bucket="box", Key="a")["Body"].read() == data


def test_without_a_place_it_says_what_to_do(database: Postgres, tmp_path: Path) -> None:
    with Server(database=database.new_database(), key=tmp_path / "key") as server:
        s3 = s3_of(server)
        s3.create_bucket(Bucket="box")
        error = error_of(s3.put_object, Bucket="box", Key="a", Body=b"1")
        assert error.code == "NotImplemented" and "start it with --bodies" in error.message


def test_migrating_takes_bodies_along(database: Postgres, tmp_path: Path) -> None:
    data, url = tmp_path / "data", database.new_database()
    there = {key: os.urandom(size) for key, size in [("a", 100), ("b", 100_000)]}
    with Server(data=data) as server:
        s3_of(server).create_bucket(Bucket="box")
        for key, content in there.items():
            s3_of(server).put_object(Bucket="box", Key=key, Body=content)
        server.stop()
    target = ["--database", url, "--key-file", str(tmp_path / "key")]
    refused = gatehouse("migrate", "database", "--data", str(data), *target, within=60)
    assert refused.returncode == 1 and "--bodies" in refused.stderr
    options = ["--bodies", str(tmp_path / "bodies")]
    done("migrate", "database", "--data", str(data), *target, *options)
    with Server(*options, database=url, key=tmp_path / "key") as node:
        assert {key: s3_of(node).get_object(Bucket="box", Key=key)["Body"].read() for key in there} == there
        there["c"] = os.urandom(50_000)
        s3_of(node).put_object(Bucket="box", Key="c", Body=there["c"])
        node.stop()
    done("migrate", "directory", "--data", str(tmp_path / "back"), *target, *options)
    with Server(data=tmp_path / "back") as server:
        assert {key: s3_of(server).get_object(Bucket="box", Key=key)["Body"].read() for key in there} == there


def test_a_store_that_is_away(database: Postgres, tmp_path: Path) -> None:
    """Reading and writing fail clearly, and go on when it is back."""
    with Server(data=tmp_path / "store") as store:
        s3_of(store).create_bucket(Bucket="shelf")
        port = store.port
        root = store.root
        environment = {"AWS_ACCESS_KEY_ID": root.key_id, "AWS_SECRET_ACCESS_KEY": root.secret}
        node = Server(
            "--bodies", f"s3://shelf?endpoint={store.url}", database=database.new_database(), key=tmp_path / "key",
            log=tmp_path / "log", environment=environment,
        )  # fmt: skip
        with node:
            s3 = s3_of(node)
            s3.create_bucket(Bucket="box")
            data = os.urandom(100_000)
            s3.put_object(Bucket="box", Key="a", Body=data)
            store.stop()
            assert error_of(s3.put_object, Bucket="box", Key="b", Body=data).status == 500
            assert error_of(s3.get_object, Bucket="box", Key="a").status == 500
            assert "s3://shelf/ can't be used" in (tmp_path / "log").read_text()
            assert root.secret not in (tmp_path / "log").read_text()
            store.options += ["--port", str(port)]
            store.start()
            assert s3.get_object(Bucket="box", Key="a")["Body"].read() == data
            assert error_of(s3.get_object, Bucket="box", Key="b").code == "NoSuchKey"
