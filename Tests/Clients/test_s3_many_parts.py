"""An upload of 10,000 parts, the most that there can be.

At AWS's size, 5 MiB for each part but the last, that would be 50 GB: `--quota UploadPartSize` makes parts of 17 KB do.
"""

from __future__ import annotations

import hashlib
import http.client
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness import Identity, Server, error_of, raw
from harness.patience import PATIENCE

PARTS = 10_000
LEAST = 16_385


@pytest.fixture
def root() -> Iterator[Identity]:
    with Server("--quota", f"UploadPartSize={LEAST}") as server:
        yield server.root


class Sender:
    """Puts parts over one connection: boto3 would take most of the time."""

    def __init__(self, root: Identity, upload: str):
        self.root, self.upload = root, upload
        self.connection = http.client.HTTPConnection("127.0.0.1", int(root.url.rsplit(":", 1)[1]), timeout=PATIENCE)

    def put(self, number: int, body: bytes, source: str | None = None) -> str:
        target = f"/box/many?partNumber={number}&uploadId={self.upload}"
        headers = {"x-amz-copy-source": source} if source else {"Content-Type": "application/octet-stream"}
        request = raw.signed("PUT", target, b"", self.root, service="s3", headers=headers, payload_hash="UNSIGNED-PAYLOAD")
        self.connection.request("PUT", target, b"" if source else body, request.headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        tag = answer.getheader("ETag") or text.split("<ETag>")[1].split("</ETag>")[0].replace("&quot;", '"')
        return tag.strip('"')


@pytest.mark.slow
def test_ten_thousand_parts(root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    # A few bodies, which take turns; one of them is copied from an object.
    bodies = [os.urandom(LEAST + number) for number in range(7)]
    s3.put_object(Bucket="box", Key="source", Body=bodies[0])
    place = {"Bucket": "box", "Key": "many"}
    place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]

    def send(start: int) -> dict[int, str]:
        sender = Sender(root, place["UploadId"])
        return {
            number: sender.put(number, bodies[number % 7], None if number % 7 else "box/source")
            for number in range(start, PARTS + 1, 4)
        }

    tags: dict[int, str] = {}
    with ThreadPoolExecutor(4) as pool:
        for some in pool.map(send, range(1, 5)):
            tags |= some
    last = b"the end"
    tags[PARTS] = Sender(root, place["UploadId"]).put(PARTS, last)
    assert error_of(s3.upload_part, **place, PartNumber=PARTS + 1, Body=b"").code == "InvalidArgument"

    listed = [part for page in s3.get_paginator("list_parts").paginate(**place) for part in page["Parts"]]
    assert [(part["PartNumber"], part["ETag"]) for part in listed] == [(n, f'"{tags[n]}"') for n in range(1, PARTS + 1)]

    parts: list[dict[str, Any]] = [{"PartNumber": number, "ETag": tags[number]} for number in range(1, PARTS + 1)]
    made = s3.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    hashes = b"".join(bytes.fromhex(tags[number]) for number in range(1, PARTS + 1))
    assert made["ETag"] == f'"{hashlib.md5(hashes).hexdigest()}-{PARTS}"'

    whole = hashlib.sha256()
    for number in range(1, PARTS):
        whole.update(bodies[number % 7])
    whole.update(last)
    got, read = s3.get_object(Bucket="box", Key="many"), hashlib.sha256()
    for piece in got["Body"].iter_chunks(1 << 20):
        read.update(piece)
    assert read.digest() == whole.digest()
    head = s3.head_object(Bucket="box", Key="many", PartNumber=PARTS)
    assert (head["ContentLength"], head["PartsCount"]) == (len(last), PARTS)
    tail = s3.get_object(Bucket="box", Key="many", Range="bytes=-20")["Body"].read()
    assert tail == (bodies[(PARTS - 1) % 7] + last)[-20:]
    # A part in the midst.
    part = s3.get_object(Bucket="box", Key="many", PartNumber=5000)
    assert part["Body"].read() == bodies[5000 % 7] and part["ContentRange"].startswith(f"bytes {sum(len(bodies[n % 7]) for n in range(1, 5000))}-")

    # What it consists of goes with it.
    s3.delete_object(Bucket="box", Key="many")
    assert error_of(s3.head_object, Bucket="box", Key="many").status == 404


@pytest.mark.parametrize("size", ["0", "16385"])
def test_parts_never_are_smaller_than_what_is_kept_beside_its_record(size: str) -> None:
    with Server("--quota", f"UploadPartSize={size}") as server:
        s3 = server.root.client("s3")
        s3.create_bucket(Bucket="box")
        place = {"Bucket": "box", "Key": "a"}
        place["UploadId"] = s3.create_multipart_upload(**place)["UploadId"]
        tags = [s3.upload_part(**place, PartNumber=number, Body=b"x" * (LEAST - number))["ETag"] for number in (1, 2)]
        parts = [{"PartNumber": number, "ETag": tag} for number, tag in enumerate(tags, 1)]
        assert error_of(s3.complete_multipart_upload, **place, MultipartUpload={"Parts": parts}).code == "EntityTooSmall"
