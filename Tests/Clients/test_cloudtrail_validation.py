"""Digests: `aws cloudtrail validate-logs` finds a trail whole, and finds out whoever touches it.

The clock is moved, so that hours pass at once.
"""

from __future__ import annotations

import base64
import datetime
import gzip
import hashlib
import json
import time
from typing import Any

import pytest

from harness import ACCOUNT, Server, error_of
from harness.patience import PATIENCE
from harness.trails import Delivered, make_bucket, validate

pytestmark = pytest.mark.memory

ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/"
HOUR = 3600


def trail_with(cloud: Server, hours: int, *, logs: str = "logs", **more: Any) -> Delivered:
    """A trail that has taken something each hour."""
    root = cloud.root
    make_bucket(root, logs, ARN + "main")
    root.cloudtrail.create_trail(Name="main", S3BucketName=logs, EnableLogFileValidation=True, **more)
    root.cloudtrail.start_logging(Name="main")
    for hour in range(hours):
        root.iam.create_user(UserName=f"user-{hour}")
        cloud.advance(HOUR)
    return Delivered(root, logs)


def change(logs: Delivered, key: str, data: bytes) -> None:
    """Puts other bytes in a file's place, as somebody would who wants nobody to notice."""
    head = logs.s3.head_object(Bucket=logs.bucket, Key=key)
    logs.s3.put_object(Bucket=logs.bucket, Key=key, Body=gzip.compress(data), Metadata=head["Metadata"])


def test_a_whole_trail(cloud: Server) -> None:
    root = cloud.root
    logs = trail_with(cloud, 3)
    code, text = validate(root)
    assert code == 0, text
    assert "3/3 digest files valid" in text, text
    count = len(logs.keys())
    assert count >= 3 and f"{count}/{count} log files valid" in text, text

    digests = [json.loads(logs.read(key)) for key in logs.digests()]
    first, second, third = sorted(digests, key=lambda digest: digest["digestEndTime"])
    assert first["previousDigestSignature"] is first["previousDigestS3Object"] is None
    assert second["previousDigestS3Object"] == first["digestS3Object"]
    assert first["digestEndTime"] == second["digestStartTime"] and second["digestEndTime"] == third["digestStartTime"]
    assert {file["s3Object"] for digest in digests for file in digest["logFiles"]} == set(logs.keys())
    for digest in digests:
        assert digest["awsAccountId"] == ACCOUNT and digest["oldestEventTime"] <= digest["newestEventTime"]
        end = digest["digestEndTime"].replace("-", "").replace(":", "")
        assert digest["digestS3Object"].endswith(f"{ACCOUNT}_CloudTrail-Digest_us-east-1_main_us-east-1_{end}.json.gz")
    status = root.cloudtrail.get_trail_status(Name="main")
    assert status["LatestDigestDeliveryTime"] and "LatestDigestDeliveryError" not in status

    # An hour in which nothing happens has a digest, too.
    for _ in range(2):
        cloud.advance(HOUR)
    code, text = validate(root)
    assert code == 0 and "5/5 digest files valid" in text, text


def test_one_byte_of_a_log(cloud: Server) -> None:
    logs = trail_with(cloud, 2)
    # Which file the event is in depends on when the others were delivered.
    key, data = next((key, data) for key in logs.keys() if b'"user-0"' in (data := logs.read(key)))
    change(logs, key, data.replace(b'"user-0"', b'"user-9"'))
    code, text = validate(cloud.root)
    assert code == 1 and f"s3://logs/{key}\tINVALID: hash value doesn't match" in text, text
    change(logs, key, data)
    assert validate(cloud.root)[0] == 0


def test_a_log_that_is_gone(cloud: Server) -> None:
    logs = trail_with(cloud, 2)
    key = logs.keys()[-1]
    logs.s3.delete_object(Bucket="logs", Key=key)
    code, text = validate(cloud.root)
    assert code == 1 and f"s3://logs/{key}\tINVALID: not found" in text, text


def test_a_digest_that_is_gone(cloud: Server) -> None:
    logs = trail_with(cloud, 3)
    key = sorted(logs.digests())[1]
    logs.s3.delete_object(Bucket="logs", Key=key)
    code, text = validate(cloud.root)
    assert code == 1 and f"s3://logs/{key}\tINVALID: not found" in text, text


def test_a_digest_that_is_forged(cloud: Server) -> None:
    logs = trail_with(cloud, 2)
    key = sorted(logs.digests())[0]
    digest = json.loads(logs.read(key))
    digest["logFiles"] = []
    change(logs, key, json.dumps(digest).encode())
    code, text = validate(cloud.root)
    assert code == 1 and "INVALID: signature verification failed" in text, text


def test_the_last_digest(cloud: Server) -> None:
    """StopLogging and DeleteTrail deliver what is left, and one more digest."""
    root = cloud.root
    logs = trail_with(cloud, 1)
    made = root.iam.create_user(UserName="late")
    root.cloudtrail.stop_logging(Name="main")
    wait_for(lambda: len(logs.digests()) == 2)
    assert logs.wait_for_request(made)
    code, text = validate(root)
    assert code == 0 and "2/2 digest files valid" in text, text
    cloud.advance(2 * HOUR)
    assert len(logs.digests()) == 2
    # A new chain.
    root.cloudtrail.start_logging(Name="main")
    root.iam.create_user(UserName="new")
    cloud.advance(HOUR)
    newest = json.loads(logs.read(sorted(logs.digests())[-1]))
    assert newest["previousDigestSignature"] is None
    root.iam.create_user(UserName="last")
    root.cloudtrail.delete_trail(Name="main")
    wait_for(lambda: len(logs.digests()) == 4)
    assert any(record["requestParameters"] == {"userName": "last"} for record in logs.records())


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_without_validation(cloud: Server) -> None:
    root = cloud.root
    logs = trail_with(cloud, 1)
    root.cloudtrail.update_trail(Name="main", EnableLogFileValidation=False)
    root.iam.create_user(UserName="x")
    cloud.advance(2 * HOUR)
    assert len(logs.digests()) == 1
    root.cloudtrail.update_trail(Name="main", EnableLogFileValidation=True)
    cloud.advance(HOUR)
    assert json.loads(logs.read(sorted(logs.digests())[-1]))["previousDigestSignature"] is None


def test_every_region_has_a_chain(cloud: Server) -> None:
    root = cloud.root
    make_bucket(root, "logs", prefix="all/of/it/")
    root.cloudtrail.create_trail(
        Name="main", S3BucketName="logs", EnableLogFileValidation=True, IsMultiRegionTrail=True, S3KeyPrefix="all/of/it")
    root.cloudtrail.start_logging(Name="main")
    root.client("cloudtrail", region="eu-west-1").list_trails()
    cloud.advance(HOUR)
    cloud.advance(HOUR)
    for region in ("us-east-1", "eu-west-1"):
        code, text = validate(root, region=region)
        assert code == 0 and "2/2 digest files valid" in text, text
        assert "log files valid" in text
    keys = {
        region: root.client("cloudtrail", region=region).list_public_keys()["PublicKeyList"]
        for region in ("us-east-1", "eu-west-1", "sa-east-1")
    }
    assert not keys["sa-east-1"]
    (east,), (west,) = keys["us-east-1"], keys["eu-west-1"]
    assert east["Fingerprint"] != west["Fingerprint"]
    for key in (east, west):
        assert key["Fingerprint"] == hashlib.md5(key["Value"]).hexdigest()
        assert key["ValidityEndTime"] - key["ValidityStartTime"] == datetime.timedelta(days=30)


def test_keys_are_renewed(cloud: Server) -> None:
    root = cloud.root
    logs = trail_with(cloud, 1)
    start = datetime.datetime.now(datetime.UTC)
    # Nothing is delivered meanwhile but digests, one an hour; so the test stops them.
    root.cloudtrail.update_trail(Name="main", EnableLogFileValidation=False)
    cloud.advance(29.5 * 24 * HOUR)
    root.cloudtrail.update_trail(Name="main", EnableLogFileValidation=True)
    cloud.advance(HOUR)
    listed = root.cloudtrail.list_public_keys(StartTime=start, EndTime=start + datetime.timedelta(days=40))
    old, new = listed["PublicKeyList"]
    assert old["ValidityStartTime"] < new["ValidityStartTime"] < old["ValidityEndTime"]
    first, last = (json.loads(logs.read(key)) for key in sorted(logs.digests()))
    assert first["digestPublicKeyFingerprint"] == old["Fingerprint"]
    assert last["digestPublicKeyFingerprint"] == new["Fingerprint"]
    assert validate(root)[0] == 0
    now = datetime.datetime.now(datetime.UTC)
    error = error_of(root.cloudtrail.list_public_keys, StartTime=now, EndTime=now - datetime.timedelta(days=1))
    assert error.code == "InvalidTimeRangeException"


def test_a_digest_waits_for_the_bucket(cloud: Server) -> None:
    """Nothing is missing from the chain when a bucket was closed for hours."""
    root = cloud.root
    logs = trail_with(cloud, 1)
    opened = logs.s3.get_bucket_policy(Bucket="logs")["Policy"]
    logs.s3.put_bucket_policy(Bucket="logs", Policy=opened.replace("s3:PutObject", "s3:PutObjectTagging"))
    made = root.iam.create_user(UserName="meanwhile")
    cloud.advance(3 * HOUR)
    status = root.cloudtrail.get_trail_status(Name="main")
    assert status["LatestDeliveryError"] == "AccessDenied"
    logs.s3.put_bucket_policy(Bucket="logs", Policy=opened)
    cloud.advance(2 * HOUR)
    assert logs.wait_for_request(made)
    code, text = validate(root)
    assert code == 0 and "INVALID" not in text, text
    assert base64.b64encode(root.cloudtrail.list_public_keys()["PublicKeyList"][0]["Value"])
