"""Aggregated data events of trails: what was called, on what and by whom, in five minutes. The clock is moved."""

from __future__ import annotations

import collections
import datetime
import http.client
import json
import os
import random
import threading
import time
import urllib.parse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions
import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of
from harness.clock import Clock, server_with_clock, sign_by
from harness.organizations import NewOrganization
from harness.patience import PATIENCE
from harness.server import gatehouse
from harness.trails import SERVICE, Delivered, bucket_policy, make_bucket, validate

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"
TEMPLATES = ["API_ACTIVITY", "RESOURCE_ACCESS", "USER_ACTIONS"]
BOXES = ["arn:aws:s3:::box/", "arn:aws:s3:::crate/"]
KIND = "/CloudTrail-Aggregated/"
WINDOW = 300
ROOT = f"Root:arn:aws:iam::{ACCOUNT}:root"
SECONDS = float(os.environ.get("GATEHOUSE_CRASH_SECONDS", "12"))


def configuration(*templates: str) -> list[dict[str, Any]]:
    return [{"EventCategory": "Data", "Templates": list(templates)}] if templates else []


def take_data(root: Identity, trail: str = "main") -> None:
    resources = [{"Type": "AWS::S3::Object", "Values": BOXES}]
    root.cloudtrail.put_event_selectors(
        TrailName=trail, EventSelectors=[{"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": resources}])


def trail(root: Identity, *templates: str, **more: Any) -> Delivered:
    """A trail that aggregates, and two buckets of whose objects it takes events."""
    for box in ("box", "crate"):
        root.client("s3").create_bucket(Bucket=box)
    make_bucket(root, "logs", TRAIL)
    ct = root.cloudtrail
    ct.create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True, **more)
    take_data(root)
    ct.put_event_configuration(TrailName="main", AggregationConfigurations=configuration(*(templates or TEMPLATES)))
    ct.start_logging(Name="main")
    return Delivered(root, "logs")


def at_the_beginning_of_a_window(cloud: Server) -> None:
    """So that what the test does next is in one window."""
    cloud.root.client("s3").create_bucket(Bucket="clock")
    events = cloud.root.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "CreateBucket"}])["Events"]
    cloud.root.client("s3").delete_bucket(Bucket="clock")
    cloud.advance(WINDOW - events[0]["EventTime"].timestamp() % WINDOW + 5)


def aggregated(logs: Delivered) -> list[dict[str, Any]]:
    return [record for key in sorted(logs.keys(KIND)) for record in json.loads(logs.read(key))["Records"]]


def primary(record: dict[str, Any]) -> tuple[str, str, int]:
    dimension = record["summary"]["primaryDimension"]
    statistic, = dimension["statistics"]
    assert dimension["aggregationType"] == "Count"
    return dimension["dimension"], statistic["name"], statistic["value"]


def details(record: dict[str, Any]) -> dict[str, dict[str, int]]:
    assert all(detail["aggregationType"] == "Count" for detail in record["summary"]["details"])
    return {
        detail["dimension"]: {statistic["name"]: statistic["value"] for statistic in detail["statistics"]}
        for detail in record["summary"]["details"]
    }


def totals(records: list[dict[str, Any]]) -> collections.Counter[tuple[str, str]]:
    """The sums of all records by primary dimension and value."""
    sums: collections.Counter[tuple[str, str]] = collections.Counter()
    for record in records:
        dimension, name, value = primary(record)
        sums[dimension, name] += value
    return sums


def data_events(logs: Delivered) -> list[dict[str, Any]]:
    return [record for record in logs.records() if record["eventCategory"] == "Data"]


@pytest.mark.memory
def test_what_is_asked_for(root: Identity, new_user: Callable[..., Identity]) -> None:
    ct = root.cloudtrail
    put = ct.put_event_configuration
    make_bucket(root, "logs", TRAIL)
    ct.create_trail(Name="main", S3BucketName="logs")
    assert ct.get_event_configuration(TrailName="main")["AggregationConfigurations"] == []
    # What is not logged can't be aggregated.
    error = error_of(put, TrailName="main", AggregationConfigurations=configuration("API_ACTIVITY"))
    assert error.code == "InvalidParameterException" and "data events" in error.message
    take_data(root)
    shown = root.aws(
        "cloudtrail", "put-event-configuration", "--trail-name", "main", "--aggregation-configurations",
        json.dumps(configuration("API_ACTIVITY", "RESOURCE_ACCESS")))
    assert shown["TrailARN"] == TRAIL
    assert shown["AggregationConfigurations"] == configuration("API_ACTIVITY", "RESOURCE_ACCESS")
    shown = ct.get_event_configuration(TrailName=TRAIL)
    assert shown["TrailARN"] == TRAIL and "MaxEventSize" not in shown
    assert shown["AggregationConfigurations"] == configuration("API_ACTIVITY", "RESOURCE_ACCESS")
    # What is not named stays.
    assert put(TrailName="main")["AggregationConfigurations"] == configuration("API_ACTIVITY", "RESOURCE_ACCESS")
    twice = configuration("USER_ACTIONS", "USER_ACTIONS")
    assert error_of(put, TrailName="main", AggregationConfigurations=twice).code == "InvalidParameterException"
    for bad in ({"MaxEventSize": "Large"}, {"ContextKeySelectors": []}):
        assert error_of(put, TrailName="main", **bad).code == "InvalidParameterCombinationException"
    store = ct.create_event_data_store(Name="store")["EventDataStoreArn"]
    wrong = {"EventDataStore": store, "AggregationConfigurations": configuration("API_ACTIVITY")}
    assert error_of(put, **wrong).code == "InvalidParameterCombinationException"
    elsewhere = root.client("cloudtrail", region="eu-west-1")
    assert error_of(elsewhere.put_event_configuration, TrailName=TRAIL).code == "InvalidHomeRegionException"
    assert put(TrailName="main", AggregationConfigurations=[])["AggregationConfigurations"] == []
    assert ct.get_event_configuration(TrailName="main")["AggregationConfigurations"] == []
    auditor = new_user("auditor", allow("cloudtrail:GetEventConfiguration", TRAIL)).cloudtrail
    auditor.get_event_configuration(TrailName="main")
    error = error_of(auditor.put_event_configuration, TrailName="main", AggregationConfigurations=[])
    assert error.code == "AccessDeniedException" and "cloudtrail:PutEventConfiguration" in error.message


@pytest.mark.memory
def test_what_aggregated_events_tell(cloud: Server, new_user: Callable[..., Identity]) -> None:
    root = cloud.root
    reads = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*"}
    alice = new_user("alice", reads).client("s3")
    logs = trail(root)
    at_the_beginning_of_a_window(cloud)
    s3 = root.client("s3")
    for number in range(3):
        s3.put_object(Bucket="box", Key=f"in/{number}", Body=b"1")
    s3.copy_object(Bucket="crate", Key="copy", CopySource="box/in/0")
    for _ in range(2):
        alice.get_object(Bucket="box", Key="in/1")
    alice.list_objects_v2(Bucket="box")
    assert error_of(alice.get_object, Bucket="box", Key="nothing").code == "NoSuchKey"
    assert error_of(alice.put_object, Bucket="crate", Key="mine").code == "AccessDenied"
    cloud.advance(60)
    assert logs.keys(KIND) == []
    cloud.advance(2 * WINDOW)
    records = aggregated(logs)
    first = records[0]
    assert list(first) == [
        "eventVersion", "accountId", "eventId", "eventCategory", "eventType", "awsRegion", "eventSource", "timeWindow",
        "summary"]
    assert (first["eventVersion"], first["eventCategory"], first["eventType"]) == ("1.0", "Aggregated", "AwsAggregatedEvent")
    assert (first["accountId"], first["awsRegion"], first["eventSource"]) == (ACCOUNT, "us-east-1", "s3.amazonaws.com")
    window, = {tuple(record["timeWindow"].items()) for record in records}
    (_, start), (_, end), size = window
    begin, finish = (datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S%z") for text in (start, end))
    assert (begin.timestamp() % WINDOW, (finish - begin).seconds, size) == (0, WINDOW, ("windowSize", "PT5M"))
    assert len({record["eventId"] for record in records}) == len(records)

    user = f"IAMUser:arn:aws:iam::{ACCOUNT}:user/alice"
    box, crate = "arn:aws:s3:::box", "arn:aws:s3:::crate"
    by = {primary(record)[:2]: record for record in records}
    assert {key: primary(record)[2] for key, record in by.items()} == {
        ("eventName", "PutObject"): 4, ("eventName", "CopyObject"): 1, ("eventName", "GetObject"): 3,
        ("eventName", "ListObjects"): 1, ("resourceARN", box): 8, ("resourceARN", crate): 2,
        ("userIdentity", ROOT): 4, ("userIdentity", user): 5}
    put = by["eventName", "PutObject"]
    assert [detail["dimension"] for detail in put["summary"]["details"]] == [
        "resourceARN", "userIdentity", "userAgent", "sourceIpAddress", "errorCodes"]
    told = details(put)
    agent, = told.pop("userAgent")
    assert "Boto3" in agent
    assert told == {
        "resourceARN": {box: 3, crate: 1}, "userIdentity": {ROOT: 3, user: 1}, "sourceIpAddress": {"127.0.0.1": 4},
        "errorCodes": {"AccessDenied": 1}}
    # A copy reads one bucket and writes another.
    assert details(by["eventName", "CopyObject"])["resourceARN"] == {box: 1, crate: 1}
    assert details(by["resourceARN", box])["eventName"] == {"PutObject": 3, "GetObject": 3, "ListObjects": 1, "CopyObject": 1}
    assert "errorCodes" not in details(by["userIdentity", ROOT])
    assert details(by["userIdentity", user])["errorCodes"] == {"NoSuchKey": 1, "AccessDenied": 1}
    statistics = by["resourceARN", box]["summary"]["details"][0]["statistics"]
    assert [one["name"] for one in statistics] == ["GetObject", "PutObject", "CopyObject", "ListObjects"]

    # The events themselves are delivered as ever, and the digests vouch for all files.
    assert len(data_events(logs)) == 9
    key, = logs.keys(KIND)
    name = key.rpartition("/")[2]
    assert key.startswith(f"AWSLogs/{ACCOUNT}/CloudTrail-Aggregated/us-east-1/20")
    assert name.startswith(f"{ACCOUNT}_CloudTrail-Aggregated_us-east-1_20") and name.endswith(".json.gz")
    cloud.advance(3600)
    code, text = validate(root)
    assert code == 0 and "INVALID" not in text, text
    files = {file["s3Object"]: file for digest in logs.digests() for file in json.loads(logs.read(digest))["logFiles"]}
    assert files[key]["oldestEventTime"] == start
    assert aggregated(logs) == records


@pytest.mark.memory
def test_each_window_by_itself(cloud: Server) -> None:
    root = cloud.root
    s3 = root.client("s3")
    logs = trail(root, "API_ACTIVITY")
    at_the_beginning_of_a_window(cloud)
    for count in (2, 0, 3):
        for _ in range(count):
            s3.put_object(Bucket="box", Key="a", Body=b"")
        cloud.advance(WINDOW)
    cloud.advance(2 * WINDOW)
    records = sorted(aggregated(logs), key=lambda record: record["timeWindow"]["windowStart"])
    assert [primary(record) for record in records] == [("eventName", "PutObject", 2), ("eventName", "PutObject", 3)]
    first, second = (
        datetime.datetime.fromisoformat(record["timeWindow"]["windowStart"]).timestamp() for record in records)
    assert second - first == 2 * WINDOW
    # What is not logged is not counted: the trail has no data events any more.
    root.cloudtrail.put_event_selectors(TrailName="main", EventSelectors=[{"ReadWriteType": "All"}])
    s3.put_object(Bucket="box", Key="a", Body=b"")
    cloud.advance(3 * WINDOW)
    assert len(aggregated(logs)) == 2


@pytest.mark.memory
def test_begun_ended_and_begun_again(cloud: Server) -> None:
    root = cloud.root
    s3, ct = root.client("s3"), root.cloudtrail
    logs = trail(root, "API_ACTIVITY")
    ct.put_event_configuration(TrailName="main", AggregationConfigurations=[])
    at_the_beginning_of_a_window(cloud)
    s3.put_object(Bucket="box", Key="a", Body=b"")
    ct.put_event_configuration(TrailName="main", AggregationConfigurations=configuration("API_ACTIVITY"))
    for _ in range(2):
        s3.put_object(Bucket="box", Key="a", Body=b"")
    ct.put_event_configuration(TrailName="main", AggregationConfigurations=configuration("API_ACTIVITY", "USER_ACTIONS"))
    s3.put_object(Bucket="box", Key="a", Body=b"")
    # What is counted by then is told in spite of it.
    cloud.advance(WINDOW)
    ct.put_event_configuration(TrailName="main", AggregationConfigurations=[])
    s3.put_object(Bucket="box", Key="a", Body=b"")
    cloud.advance(3 * WINDOW)
    assert len(data_events(logs)) == 5
    assert totals(aggregated(logs)) == {("eventName", "PutObject"): 3, ("userIdentity", ROOT): 1}


@pytest.mark.memory
def test_when_logging_ends(cloud: Server) -> None:
    root = cloud.root
    s3, ct = root.client("s3"), root.cloudtrail
    logs = trail(root, "RESOURCE_ACCESS")
    at_the_beginning_of_a_window(cloud)
    for _ in range(2):
        s3.put_object(Bucket="box", Key="a", Body=b"")
    ct.stop_logging(Name="main")
    s3.put_object(Bucket="box", Key="unseen", Body=b"")
    cloud.advance(10)
    # At once, as far as it goes; the last digest has it.
    assert totals(aggregated(logs)) == {("resourceARN", "arn:aws:s3:::box"): 2}
    key, = logs.keys(KIND)
    digest, = logs.digests()
    assert key in {file["s3Object"] for file in json.loads(logs.read(digest))["logFiles"]}
    code, text = validate(root)
    assert code == 0 and "INVALID" not in text, text
    ct.start_logging(Name="main")
    s3.put_object(Bucket="box", Key="b", Body=b"")
    cloud.advance(3 * WINDOW)
    assert totals(aggregated(logs)) == {("resourceARN", "arn:aws:s3:::box"): 3}
    s3.put_object(Bucket="box", Key="c", Body=b"")
    ct.delete_trail(Name="main")
    cloud.advance(10)
    assert totals(aggregated(logs)) == {("resourceARN", "arn:aws:s3:::box"): 4}


@pytest.mark.memory
def test_what_comes_late(cloud: Server) -> None:
    """An upload that takes longer than its window is open: told in a record of its own, which says so."""
    root = cloud.root
    logs = trail(root, "API_ACTIVITY")
    at_the_beginning_of_a_window(cloud)
    s3 = root.client("s3", signature_version="s3v4")
    s3.put_object(Bucket="box", Key="quick", Body=b"")
    place = urllib.parse.urlsplit(s3.generate_presigned_url("put_object", {"Bucket": "box", "Key": "slow"}, 3600))
    connection = http.client.HTTPConnection("127.0.0.1", cloud.port, timeout=PATIENCE)
    connection.putrequest("PUT", f"{place.path}?{place.query}", skip_host=True)
    connection.putheader("Host", place.netloc)
    connection.putheader("Content-Length", "8")
    connection.endheaders(b"half")
    time.sleep(0.5)
    cloud.advance(3 * WINDOW)
    assert [primary(record)[2] for record in aggregated(logs)] == [1]
    connection.send(b"more")
    assert connection.getresponse().status == 200
    connection.close()
    cloud.advance(3 * WINDOW)
    first, second = aggregated(logs)
    event, = (one for one in data_events(logs) if one["requestParameters"]["key"] == "slow")
    begun = datetime.datetime.fromisoformat(event["eventTime"])
    assert first["timeWindow"] == second["timeWindow"]
    assert begun < datetime.datetime.fromisoformat(second["timeWindow"]["windowEnd"])
    assert primary(first) == primary(second) == ("eventName", "PutObject", 1)
    assert "addendum" not in first and second["addendum"] == {"reason": "DELIVERY_DELAY"}
    assert first["eventId"] != second["eventId"]


@pytest.mark.memory
def test_a_bucket_that_does_not_take_them(cloud: Server) -> None:
    root = cloud.root
    s3 = root.client("s3")
    logs = trail(root, "API_ACTIVITY")
    policy = json.loads(bucket_policy("logs", TRAIL))
    refused = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::logs/*{KIND}*"}
    policy["Statement"].append(refused)
    s3.put_bucket_policy(Bucket="logs", Policy=json.dumps(policy))
    for _ in range(2):
        s3.put_object(Bucket="box", Key="a", Body=b"")
    cloud.advance(3 * WINDOW)
    assert root.cloudtrail.get_trail_status(Name="main")["LatestDeliveryError"] == "AccessDenied"
    assert logs.keys(KIND) == [] and len(data_events(logs)) == 2
    s3.put_bucket_policy(Bucket="logs", Policy=bucket_policy("logs", TRAIL))
    s3.put_object(Bucket="box", Key="a", Body=b"")
    cloud.advance(3 * WINDOW)
    assert "LatestDeliveryError" not in root.cloudtrail.get_trail_status(Name="main")
    assert totals(aggregated(logs)) == {("eventName", "PutObject"): 3}


@pytest.mark.memory
def test_the_key_of_the_trail(cloud: Server) -> None:
    root = cloud.root
    kms, s3 = root.client("kms"), root.client("s3")
    own = {"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "kms:*", "Resource": "*"}
    describe = {"Effect": "Allow", "Principal": SERVICE, "Action": "kms:DescribeKey", "Resource": "*"}
    encrypt = {
        "Effect": "Allow", "Principal": SERVICE, "Action": "kms:GenerateDataKey*", "Resource": "*",
        "Condition": {"StringEquals": {"kms:EncryptionContext:aws:cloudtrail:arn": TRAIL}}}
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [own, describe, encrypt]}))["KeyMetadata"]["Arn"]
    logs = trail(root, "API_ACTIVITY", KmsKeyId=key)
    s3.put_object(Bucket="box", Key="a", Body=b"")
    cloud.advance(3 * WINDOW)
    name, = logs.keys(KIND)
    head = s3.head_object(Bucket="logs", Key=name)
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)
    assert totals(aggregated(logs)) == {("eventName", "PutObject"): 1}
    kms.disable_key(KeyId=key)
    assert error_of(s3.get_object, Bucket="logs", Key=name).code == "KMS.DisabledException"


@pytest.mark.memory
def test_an_organization(cloud: Server) -> None:
    org = NewOrganization(cloud)
    org.api.enable_aws_service_access(ServicePrincipal="cloudtrail.amazonaws.com")
    member, owner = org.member("dev"), org.management
    organization = org.api.describe_organization()["Organization"]["Id"]
    make_bucket(owner, "logs", TRAIL, organization=organization)
    ct = owner.cloudtrail
    ct.create_trail(Name="main", S3BucketName="logs", IsOrganizationTrail=True)
    take_data(owner)
    member.admin.client("s3").create_bucket(Bucket="box")
    ct.put_event_configuration(TrailName="main", AggregationConfigurations=configuration("USER_ACTIONS"))
    # Members see what is aggregated, and don't change it.
    seen = member.admin.cloudtrail.get_event_configuration(TrailName=TRAIL)
    assert seen["AggregationConfigurations"] == configuration("USER_ACTIONS")
    error = error_of(member.admin.cloudtrail.put_event_configuration, TrailName=TRAIL, AggregationConfigurations=[])
    assert error.code == "NotOrganizationMasterAccountException"
    ct.start_logging(Name="main")
    member.admin.client("s3").put_object(Bucket="box", Key="a", Body=b"")
    cloud.advance(3 * WINDOW)
    logs = Delivered(owner, "logs")
    key, = logs.keys(KIND)
    assert key.startswith(f"AWSLogs/{organization}/{member.account}{KIND}us-east-1/")
    record, = aggregated(logs)
    assert record["accountId"] == member.account
    dimension, name, value = primary(record)
    assert (dimension, value) == ("userIdentity", 1) and f"::{member.account}:" in name


class Caller(threading.Thread):
    """Puts objects again and again, and keeps the ids of the requests that were answered."""

    def __init__(self, server: Server, answered: list[str]):
        super().__init__(daemon=True)
        self.s3 = server.root.client("s3", retries={"total_max_attempts": 1})
        self.answered, self.stopping = answered, threading.Event()

    def run(self) -> None:
        while not self.stopping.is_set():
            try:
                answer = self.s3.put_object(Bucket="box", Key=f"{len(self.answered) % 10}", Body=b"1")
            except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, OSError):
                return
            self.answered.append(answer["ResponseMetadata"]["RequestId"])


def test_every_event_counts_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """kill -9 at random moments, and windows that end meanwhile: what is delivered and what is counted are the same."""
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    server, clock = server_with_clock(tmp_path, "--trail-delivery", "1", data=tmp_path / "data")
    sign_by(clock, monkeypatch)
    with server:
        crash(server, clock, dice)
        server.stop()
    done = gatehouse("verify", "--data", str(server.data), environment=clock.environment(), within=120)
    assert done.returncode == 0, done.stdout + done.stderr


def crash(server: Server, clock: Clock, dice: random.Random) -> None:
    trail(server.root)
    answered: list[str] = []
    end = time.monotonic() + SECONDS
    rounds = 0
    while time.monotonic() < end:
        callers = [Caller(server, answered) for _ in range(3)]
        for caller in callers:
            caller.start()
        time.sleep(dice.uniform(0.4, 1.2))
        # Windows end while calls go on, and while the server is down.
        clock.advance(WINDOW if rounds == 1 else dice.choice([20, 100, WINDOW]))
        time.sleep(dice.uniform(0.1, 1.2))
        server.kill()
        for caller in callers:
            caller.stopping.set()
            caller.join()
        clock.advance(dice.choice([0, 0, 100]))
        server.start()
        rounds += 1
    root = server.root
    root.client("s3").put_object(Bucket="crate", Key="last", Body=b"")
    logs = Delivered(root, "logs")
    logs.wait_for(lambda record: "crate" in json.dumps(record.get("requestParameters")) and
                  record["eventName"] == "PutObject", "the last object")
    clock.advance(WINDOW + 60)
    deadline = time.monotonic() + PATIENCE
    while ("resourceARN", "arn:aws:s3:::crate") not in totals(aggregated(logs)):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    delivered = data_events(logs)
    sums = totals(aggregated(logs))
    assert rounds > 2 and len(answered) > 10
    assert not set(answered) - {record["requestID"] for record in delivered}
    assert sums == {
        ("eventName", "PutObject"): len(delivered), ("userIdentity", ROOT): len(delivered),
        ("resourceARN", "arn:aws:s3:::box"): len(delivered) - 1, ("resourceARN", "arn:aws:s3:::crate"): 1}
    # By window, too: those that came late are in a record of their own, which says so.
    windows: collections.Counter[str] = collections.Counter()
    for record in delivered:
        moment = datetime.datetime.fromisoformat(record["eventTime"]).timestamp()
        start = datetime.datetime.fromtimestamp(moment - moment % WINDOW, datetime.UTC)
        windows[start.strftime("%Y-%m-%dT%H:%M:%SZ")] += 1
    told: collections.Counter[str] = collections.Counter()
    for record in aggregated(logs):
        if primary(record)[0] == "eventName":
            told[record["timeWindow"]["windowStart"]] += primary(record)[2]
    assert told == windows and len(windows) > 1
