"""CloudTrail's trails: a bucket that lets them in, and what they have delivered."""

from __future__ import annotations

import gzip
import json
import subprocess
import time
from collections.abc import Callable
from typing import Any

from .aws import aws_program
from .identity import Identity
from .patience import PATIENCE
from .server import ACCOUNT

SERVICE = {"Service": "cloudtrail.amazonaws.com"}


def bucket_policy(
    bucket: str, trail_arn: str | None = None, *, account: str = ACCOUNT, prefix: str = "", organization: str = ""
) -> str:
    """As AWS's documentation has it."""
    condition: dict[str, Any] = {"StringEquals": {"aws:SourceArn": trail_arn}} if trail_arn else {}
    put = {"StringEquals": condition.get("StringEquals", {}) | {"s3:x-amz-acl": "bucket-owner-full-control"}}
    places = [f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{account}/*"]
    if organization:
        places.append(f"arn:aws:s3:::{bucket}/{prefix}AWSLogs/{organization}/*")
    check = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}"}
    write = {"Effect": "Allow", "Principal": SERVICE, "Action": "s3:PutObject", "Resource": places, "Condition": put}
    return json.dumps({"Version": "2012-10-17", "Statement": [check | ({"Condition": condition} if condition else {}), write]})


def make_bucket(owner: Identity, bucket: str, trail_arn: str | None = None, **more: Any) -> None:
    region = owner.client("s3").meta.region_name
    s3 = owner.client("s3")
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=bucket, **where)
    s3.put_bucket_policy(Bucket=bucket, Policy=bucket_policy(bucket, trail_arn, **more))


class Delivered:
    """The files of a bucket, read as its owner reads them."""

    def __init__(self, owner: Identity, bucket: str):
        self.s3 = owner.client("s3")
        self.bucket = bucket

    def keys(self, kind: str = "/CloudTrail/") -> list[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket)
        return [entry["Key"] for page in pages for entry in page.get("Contents", []) if kind in entry["Key"]]

    def read(self, key: str) -> bytes:
        return gzip.decompress(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def records(self, *, after: str = "") -> list[dict[str, Any]]:
        """All events of all log files."""
        return [record for key in self.keys() for record in json.loads(self.read(key))["Records"]]

    def digests(self) -> list[str]:
        return self.keys("/CloudTrail-Digest/")

    def wait_for(
        self, matches: Callable[[dict[str, Any]], bool], description: str, within: float = PATIENCE
    ) -> dict[str, Any]:
        """The first event that matches, as soon as it is delivered."""
        deadline = time.monotonic() + within
        seen: set[str] = set()
        while True:
            for key in self.keys():
                if key in seen:
                    continue
                seen.add(key)
                for record in json.loads(self.read(key))["Records"]:
                    if matches(record):
                        return record
            assert time.monotonic() < deadline, f"no event of {description} delivered within {within} s"
            time.sleep(0.2)

    def wait_for_request(self, answer: dict[str, Any] | str) -> dict[str, Any]:
        """The event of a call, given its answer or its request id."""
        request = answer if isinstance(answer, str) else answer["ResponseMetadata"]["RequestId"]
        return self.wait_for(lambda record: record.get("requestID") == request, f"request {request}")


def validate(
    identity: Identity, *more: str, trail: str = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main",
    region: str = "us-east-1",
) -> tuple[int, str]:
    """What `aws cloudtrail validate-logs` says of all that a trail has ever delivered: the exit code, and the text."""
    done = subprocess.run(
        [
            aws_program(), "cloudtrail", "validate-logs", "--trail-arn", trail, "--start-time", "2020-01-01T00:00:00Z",
            "--end-time", "2035-01-01T00:00:00Z", "--verbose", "--region", region, *more,
        ],
        env=identity.environment, capture_output=True, text=True, timeout=120,
    )
    return done.returncode, done.stdout + done.stderr
