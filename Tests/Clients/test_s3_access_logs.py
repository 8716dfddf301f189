"""Server access logs: every request of a bucket becomes a line of a log in another, if that bucket lets the logger in."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, deny, error_of, policy, raw
from harness.patience import PATIENCE

FIELDS = [
    *("owner", "bucket", "time", "address", "requester", "request_id", "operation", "key", "line", "status"),
    *("error", "sent", "size", "total", "turnaround", "referrer", "agent", "version", "host_id", "signature"),
    *("cipher", "authentication", "host", "tls", "access_point", "acl"),
]
#: AWS's own description of a line.
WORD = re.compile(r'"([^"]*)"|\[([^\]]*)\]|(\S+)')
LOGGER = {"Service": "logging.s3.amazonaws.com"}


@pytest.fixture
def s3(root: Identity) -> Any:
    client = root.client("s3")
    for name in ("box", "logs"):
        client.create_bucket(Bucket=name)
    client.put_bucket_policy(
        Bucket="logs",
        Policy=policy(
            allow(
                "s3:PutObject",
                "arn:aws:s3:::logs/box/*",
                Principal=LOGGER,
                Condition={
                    "ArnLike": {"aws:SourceArn": "arn:aws:s3:::box"},
                    "StringEquals": {"aws:SourceAccount": ACCOUNT},
                },
            )
        ),
    )
    return client


def log(s3: Any, **more: Any) -> None:
    wanted = {"TargetBucket": "logs", "TargetPrefix": "box/"} | more
    s3.put_bucket_logging(Bucket="box", BucketLoggingStatus={"LoggingEnabled": wanted})


def delivered(s3: Any, cloud: Server, done: Callable[[list[str]], bool] = bool) -> list[str]:
    """The keys of what is in the bucket of logs. A line is written a moment after its request is answered."""
    deadline = time.monotonic() + PATIENCE
    while True:
        cloud.advance(301)
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket="logs").get("Contents", [])]
        if done(keys) or time.monotonic() > deadline:
            return keys
        time.sleep(0.1)


def lines(s3: Any, cloud: Server, count: int) -> list[dict[str, str]]:
    """What is in all logs together."""
    found: list[dict[str, str]] = []

    def read(keys: list[str]) -> bool:
        found.clear()
        for key in keys:
            text = s3.get_object(Bucket="logs", Key=key)["Body"].read().decode()
            assert text.endswith("\n")
            for line in text.splitlines():
                values = ["".join(groups) for groups in WORD.findall(line)]
                assert len(values) == len(FIELDS), line
                found.append(dict(zip(FIELDS, values, strict=True)))
        return len(found) >= count

    delivered(s3, cloud, read)
    assert len(found) == count
    return found


def test_lines(s3: Any, cloud: Server, root: Identity) -> None:
    log(s3)
    put = s3.put_object(Bucket="box", Key="in/a b", Body=b"12345")
    s3.get_object(Bucket="box", Key="in/a b", Range="bytes=0-1")["Body"].read()
    missing = error_of(s3.get_object, Bucket="box", Key="absent", VersionId="null")
    s3.list_objects_v2(Bucket="box", Prefix="in/")
    s3.delete_objects(Bucket="box", Delete={"Objects": [{"Key": "x"}]})
    own, first, part, failed, listed, deleted = lines(s3, cloud, 6)
    canonical = s3.list_buckets()["Owner"]["ID"]
    assert own["operation"] == "REST.PUT.LOGGING_STATUS"
    assert (first["owner"], first["bucket"], first["requester"]) == (canonical, "box", canonical)
    assert re.fullmatch(r"\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d \+0000", first["time"])
    assert first["address"] == "127.0.0.1" and first["request_id"] == put["ResponseMetadata"]["RequestId"]
    assert (first["operation"], first["key"]) == ("REST.PUT.OBJECT", "in/a%2Bb")
    assert first["line"] == "PUT /box/in/a%20b HTTP/1.1"
    assert (first["status"], first["error"], first["size"]) == ("200", "-", "5")
    assert (first["signature"], first["authentication"]) == ("SigV4", "AuthHeader")
    assert "gatehouse-tests" in first["agent"] and first["host"] == f"127.0.0.1:{cloud.port}"
    assert int(first["total"]) >= 0 and (first["cipher"], first["tls"]) == ("-", "-")
    assert (part["status"], part["sent"], part["size"]) == ("206", "2", "5")
    assert (failed["status"], failed["error"], failed["version"]) == ("404", missing.code, "null")
    assert failed["key"] == "absent" and int(failed["sent"]) > 0
    assert (listed["operation"], listed["key"]) == ("REST.GET.BUCKET", "-")
    assert deleted["operation"] == "REST.POST.MULTI_OBJECT_DELETE"


def test_who_asked(s3: Any, cloud: Server, new_user: Callable[..., Identity]) -> None:
    log(s3)
    error_of(new_user("clerk").client("s3").get_object, Bucket="box", Key="a")
    answer = raw.send(cloud.port, raw.Request("GET", "/box/a?x=\"y", {"Host": f"127.0.0.1:{cloud.port}", "User-Agent": 'a"b'}))
    assert answer.status == 403
    forged = Identity(cloud.url, cloud.root.key_id, "wrong").client("s3")
    error_of(forged.get_object, Bucket="box", Key="a")
    _, clerk, nobody, forger = lines(s3, cloud, 4)
    assert clerk["requester"] == f"arn:aws:iam::{ACCOUNT}:user/clerk"
    assert (clerk["status"], clerk["error"]) == ("403", "AccessDenied")
    assert (nobody["requester"], nobody["signature"], nobody["status"]) == ("-", "-", "403")
    assert nobody["agent"] == "a%22b" and "%22y" in nobody["line"]
    assert (forger["requester"], forger["error"]) == ("-", "SignatureDoesNotMatch")


def test_keys_of_logs(s3: Any, cloud: Server) -> None:
    log(s3)
    (key,) = delivered(s3, cloud)
    assert re.fullmatch(r"box/\d{4}-\d\d-\d\d-\d\d-\d\d-\d\d-[0-9A-F]{16}", key)
    log(s3, TargetObjectKeyFormat={"PartitionedPrefix": {"PartitionDateSource": "DeliveryTime"}})
    key = next(one for one in delivered(s3, cloud, lambda keys: ACCOUNT in str(keys)) if ACCOUNT in one)
    assert re.fullmatch(rf"box/{ACCOUNT}/us-east-1/box/\d{{4}}/\d\d/\d\d/\d{{4}}(-\d\d){{5}}-[0-9A-F]{{16}}", key)


def test_by_an_access_point(s3: Any, cloud: Server, root: Identity) -> None:
    made = root.client("s3control").create_access_point(AccountId=ACCOUNT, Name="point", Bucket="box")
    log(s3)
    s3.put_object(Bucket=made["Alias"], Key="a", Body=b"1")
    _, line = lines(s3, cloud, 2)
    assert (line["bucket"], line["access_point"]) == ("box", made["AccessPointArn"])


def test_the_logger_needs_permission(s3: Any, cloud: Server) -> None:
    log(s3, TargetPrefix="elsewhere/")
    s3.list_objects_v2(Bucket="box")
    cloud.advance(301)
    log(s3)
    assert {key.split("/")[0] for key in delivered(s3, cloud)} == {"box"}
    refusal = deny("s3:PutObject", "arn:aws:s3:::logs/*", Principal="*")
    s3.put_bucket_policy(Bucket="logs", Policy=policy(refusal))
    before = delivered(s3, cloud)
    s3.list_objects_v2(Bucket="box")
    cloud.advance(301)
    cloud.advance(301)
    assert delivered(s3, cloud) == before


def test_an_end(s3: Any, cloud: Server) -> None:
    log(s3)
    shown = s3.get_bucket_logging(Bucket="box")["LoggingEnabled"]
    assert (shown["TargetBucket"], shown["TargetPrefix"]) == ("logs", "box/")
    s3.put_bucket_logging(Bucket="box", BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket="box")
    s3.list_objects_v2(Bucket="box")
    cloud.advance(301)
    assert "Contents" not in s3.list_objects_v2(Bucket="logs")


def test_targets(s3: Any, root: Identity) -> None:
    error = error_of(log, s3=s3, TargetBucket="absent")
    assert (error.code, error.status) == ("InvalidTargetBucketForLogging", 400)
    root.client("s3", region="eu-west-1").create_bucket(
        Bucket="far", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    error = error_of(log, s3=s3, TargetBucket="far")
    assert (error.code, error.status) == ("CrossLocationLoggingProhibitted", 403)
