"""Other clients of S3 put trees of files into a bucket and take them out again: rclone, s3fs, boto3's transfer manager."""

import hashlib
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from boto3.s3.transfer import TransferConfig

from harness import Identity, Server
from harness.patience import PATIENCE

MIB = 1 << 20


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    client.create_bucket(Bucket="box")
    return client


def tree(folder: Path) -> dict[str, bytes]:
    files = {
        "a.txt": b"1",
        "empty": b"",
        "b c/d (1).txt": b"2" * 1000,
        "b c/ü/你好": os.urandom(100_000),
        "plus+and&more=?": b"3",
        "large": os.urandom(11 * MIB + 7),
    }
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return files


def found(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_rclone(s3: Any, root: Identity, tmp_path: Path) -> None:
    # It says `private` of each object, which means something only where lists do.
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket="box", OwnershipControls=controls)
    files = tree(tmp_path / "here")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "RCLONE_CONFIG": str(tmp_path / "none"),
        "RCLONE_CONFIG_G_TYPE": "s3",
        "RCLONE_CONFIG_G_PROVIDER": "Other",
        "RCLONE_CONFIG_G_ENDPOINT": root.url,
        "RCLONE_CONFIG_G_REGION": "us-east-1",
        "RCLONE_CONFIG_G_ACCESS_KEY_ID": root.key_id,
        "RCLONE_CONFIG_G_SECRET_ACCESS_KEY": root.secret,
        "RCLONE_CONFIG_G_FORCE_PATH_STYLE": "true",
        "RCLONE_CONFIG_G_NO_CHECK_BUCKET": "true",
        "RCLONE_S3_UPLOAD_CUTOFF": "6M",
        "RCLONE_S3_CHUNK_SIZE": "5M",
    }

    def rclone(*words: str) -> str:
        done = subprocess.run(["rclone", *words], env=environment, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return done.stdout

    rclone("sync", str(tmp_path / "here"), "g:box/tree")
    rclone("check", str(tmp_path / "here"), "g:box/tree")
    assert len(rclone("lsf", "-R", "--files-only", "g:box/tree").splitlines()) == len(files)
    rclone("sync", "g:box/tree", str(tmp_path / "there"))
    assert found(tmp_path / "there") == files
    # What has changed, and nothing else; what is gone goes.
    (tmp_path / "here/a.txt").write_bytes(b"changed")
    (tmp_path / "here/empty").unlink()
    rclone("sync", str(tmp_path / "here"), "g:box/tree")
    rclone("copyto", "g:box/tree/a.txt", "g:box/copied/a.txt")
    rclone("moveto", "g:box/tree/large", "g:box/moved/large")
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket="box")["Contents"]}
    assert keys == ({f"tree/{name}" for name in files} - {"tree/empty", "tree/large"}) | {"copied/a.txt", "moved/large"}
    assert s3.get_object(Bucket="box", Key="copied/a.txt")["Body"].read() == b"changed"
    assert s3.get_object(Bucket="box", Key="moved/large")["Body"].read() == files["large"]


def test_s3fs(s3: Any, root: Identity, cloud: Server, tmp_path: Path) -> None:
    if not os.access("/dev/fuse", os.W_OK):
        pytest.skip("there is no /dev/fuse here")
    place, password = tmp_path / "mounted", tmp_path / "password"
    place.mkdir()
    password.write_text(f"{root.key_id}:{root.secret}\n")
    password.chmod(0o600)
    options = f"url={root.url},use_path_request_style,passwd_file={password},endpoint=us-east-1,multipart_size=5,retries=1"
    mount = subprocess.Popen(
        ["s3fs", "box", str(place), "-f", "-o", options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + PATIENCE
        while not place.is_mount():
            assert mount.poll() is None and time.monotonic() < deadline, "s3fs does not mount the bucket"
            time.sleep(0.05)
        here = tmp_path / "here"
        files = tree(here)
        shutil.copytree(here, place / "tree")
        assert found(place / "tree") == files
        (place / "tree/a.txt").write_bytes(b"changed")
        (place / "tree/large").rename(place / "tree/renamed")
        (place / "tree/empty").unlink()
    finally:
        subprocess.run(["fusermount", "-u", str(place)], capture_output=True, timeout=PATIENCE)
        mount.terminate()
        mount.wait(20)
    assert s3.get_object(Bucket="box", Key="tree/a.txt")["Body"].read() == b"changed"
    assert s3.get_object(Bucket="box", Key="tree/renamed")["Body"].read() == files["large"]
    keys = {each["Key"] for each in s3.list_objects_v2(Bucket="box")["Contents"]}
    assert "tree/empty" not in keys and "tree/large" not in keys


@pytest.mark.parametrize("algorithm", ["CRC32", "CRC32C", "CRC64NVME", "SHA256"])
def test_the_transfer_manager(s3: Any, tmp_path: Path, algorithm: str) -> None:
    if algorithm in ("CRC32C", "CRC64NVME"):
        pytest.importorskip("awscrt")
    content = os.urandom(17 * MIB + 3)
    (tmp_path / "here").write_bytes(content)
    config = TransferConfig(multipart_threshold=5 * MIB, multipart_chunksize=5 * MIB, max_concurrency=4)
    seen: list[int] = []
    s3.upload_file(
        str(tmp_path / "here"), "box", "a", ExtraArgs={"ChecksumAlgorithm": algorithm, "Metadata": {"a": "b"}},
        Config=config, Callback=seen.append,
    )  # fmt: skip
    assert sum(seen) == len(content)
    head = s3.head_object(Bucket="box", Key="a", ChecksumMode="ENABLED")
    assert (head["ContentLength"], head["Metadata"]) == (len(content), {"a": "b"}) and f"Checksum{algorithm}" in head
    s3.download_file("box", "a", str(tmp_path / "there"), Config=config)
    assert hashlib.sha256((tmp_path / "there").read_bytes()).digest() == hashlib.sha256(content).digest()
    s3.copy({"Bucket": "box", "Key": "a"}, "box", "b", Config=config)
    assert s3.get_object(Bucket="box", Key="b")["Body"].read() == content


def test_an_upload_that_is_taken_up_again(s3: Any) -> None:
    """Parts that are there need not be sent again by who comes back."""
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB), b"end"]
    s3.create_multipart_upload(Bucket="box", Key="a")
    (upload,) = s3.list_multipart_uploads(Bucket="box")["Uploads"]
    place = {"Bucket": "box", "Key": "a", "UploadId": upload["UploadId"]}
    for number in (1, 3):
        s3.upload_part(**place, PartNumber=number, Body=parts[number - 1])
    there = {part["PartNumber"]: part["ETag"] for part in s3.list_parts(**place)["Parts"]}
    assert there == {number: f'"{hashlib.md5(parts[number - 1]).hexdigest()}"' for number in (1, 3)}
    there[2] = s3.upload_part(**place, PartNumber=2, Body=parts[1])["ETag"]
    listed = [{"PartNumber": number, "ETag": there[number]} for number in sorted(there)]
    s3.complete_multipart_upload(**place, MultipartUpload={"Parts": listed})
    assert s3.get_object(Bucket="box", Key="a")["Body"].read() == b"".join(parts)
