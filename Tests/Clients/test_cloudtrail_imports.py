"""Imports: log files of a bucket, copied into an event data store with a role that its trust and its policies bind."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.patience import PATIENCE
from harness.trails import Delivered, make_bucket
from test_cloudtrail_lake import ARN, ask, make

FOLDER = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/importer"
DAY = 86_400
# Files that take longer than a request.
MANY = 300


def record(name: str = "CreateUser", when: float | None = None) -> dict[str, Any]:
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(when or time.time() - DAY))
    return {
        "eventVersion": "1.11", "eventTime": moment, "eventSource": "iam.amazonaws.com", "eventName": name,
        "awsRegion": "us-east-1", "eventID": str(uuid.uuid4()), "eventType": "AwsApiCall", "managementEvent": True,
        "recipientAccountId": ACCOUNT, "eventCategory": "Management", "note": 'a "quoted" } ] text \\',
    }


def put_file(owner: Identity, records: list[dict[str, Any]], number: int = 0, when: float | None = None) -> str:
    moment = time.gmtime(when or time.time() - DAY)
    day, minute = time.strftime("%Y/%m/%d", moment), time.strftime("%Y%m%dT%H%MZ", moment)
    key = f"{FOLDER}/{day}/{ACCOUNT}_CloudTrail_us-east-1_{minute}_{number:016}.json.gz"
    body = gzip.compress(json.dumps({"Records": records}).encode())
    owner.client("s3").put_object(Bucket="logs", Key=key, Body=body)
    return key


def make_role(root: Identity, *more: dict[str, Any], store: str = f"{ARN}*") -> None:
    """As AWS's documentation has it: for CloudTrail alone, and for event data stores of the account alone."""
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT}, "StringLike": {"aws:SourceArn": store}}
    root.iam.create_role(
        RoleName="importer",
        AssumeRolePolicyDocument=trust({"Service": "cloudtrail.amazonaws.com"}, Condition=condition))
    root.iam.put_role_policy(
        RoleName="importer", PolicyName="own", PolicyDocument=policy(
            allow(["s3:ListBucket", "s3:GetBucketAcl"], "arn:aws:s3:::logs", Condition=condition),
            allow("s3:GetObject", "arn:aws:s3:::logs/*", Condition=condition), *more))


def source(uri: str = f"s3://logs/AWSLogs/{ACCOUNT}/CloudTrail/", role: str = ROLE) -> dict[str, Any]:
    return {"S3": {"S3LocationUri": uri, "S3BucketRegion": "us-east-1", "S3BucketAccessRoleArn": role}}


def wait_for(identity: Identity, import_id: str, within: float = PATIENCE) -> dict[str, Any]:
    deadline = time.monotonic() + within
    while (told := identity.cloudtrail.get_import(ImportId=import_id))["ImportStatus"] in ("INITIALIZING", "IN_PROGRESS"):
        assert time.monotonic() < deadline, told
        time.sleep(0.05)
    return dict(told)


def start(root: Identity, store: str, **more: Any) -> str:
    more.setdefault("ImportSource", source())
    return str(root.cloudtrail.start_import(Destinations=[store], **more)["ImportId"])


def imported(root: Identity, store: str) -> list[str]:
    rows = ask(root, f"SELECT eventID FROM {store.removeprefix(ARN)} WHERE eventName = 'CreateUser'")
    return sorted(row["eventID"] for row in rows)


def store_of(root: Identity, name: str = "past") -> str:
    """An event data store that takes nothing by itself."""
    return make(root, name, StartIngestion=False)


def test_an_import(root: Identity) -> None:
    root.client("s3").create_bucket(Bucket="logs")
    make_role(root)
    records = [record() for _ in range(30)]
    for number in range(3):
        put_file(root, records[number * 10 : number * 10 + 10], number)
    late = [record(when=time.time() - 3 * DAY)]
    put_file(root, late, 3, time.time() - 3 * DAY)
    # Neither is a log file of the trail.
    s3 = root.client("s3")
    s3.put_object(Bucket="logs", Key=f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/x.json.gz", Body=b"x")
    s3.put_object(Bucket="logs", Key=f"{FOLDER}/", Body=b"")
    store = store_of(root)
    made = root.aws(
        "cloudtrail", "start-import", "--destinations", store, "--import-source", json.dumps(source("s3://logs")))
    assert made["ImportStatus"] == "INITIALIZING" and made["Destinations"] == [store]
    told = wait_for(root, made["ImportId"])
    assert told["ImportStatus"] == "COMPLETED" and told["ImportSource"] == source("s3://logs")
    assert told["ImportStatistics"] == {
        "PrefixesFound": 2, "PrefixesCompleted": 2, "FilesCompleted": 4, "EventsCompleted": 31, "FailedEntries": 0}
    assert imported(root, store) == sorted(one["eventID"] for one in records + late)
    # As they were.
    rows = ask(root, f"SELECT eventJson FROM {store.removeprefix(ARN)} WHERE eventID = '{records[0]['eventID']}'")
    assert json.loads(rows[0]["eventJson"]) == records[0]
    ct = root.cloudtrail
    assert [one["ImportId"] for one in ct.list_imports(Destination=store)["Imports"]] == [made["ImportId"]]
    assert ct.list_imports(ImportStatus="FAILED")["Imports"] == []
    assert ct.list_import_failures(ImportId=made["ImportId"])["Failures"] == []
    assert error_of(ct.stop_import, ImportId=made["ImportId"]).code == "InvalidParameterException"
    assert error_of(ct.start_import, ImportId=made["ImportId"]).code == "InvalidParameterException"


def test_some_days(root: Identity) -> None:
    root.client("s3").create_bucket(Bucket="logs")
    make_role(root)
    now = time.time()
    by_day = {}
    for days in (1, 3, 5, 300):
        by_day[days] = record(when=now - days * DAY)
        put_file(root, [by_day[days]], days, now - days * DAY)
    store = store_of(root)
    wait_for(root, start(root, store, StartEventTime=now - 4 * DAY, EndEventTime=now - 2 * DAY))
    assert imported(root, store) == [by_day[3]["eventID"]]
    # What is older than events are kept is left out.
    other = make(root, "short", StartIngestion=False, RetentionPeriod=7)
    wait_for(root, start(root, other))
    assert imported(root, other) == sorted(by_day[days]["eventID"] for days in (1, 3, 5))


@pytest.mark.memory
def test_what_a_trail_has_delivered(cloud: Server) -> None:
    root = cloud.root
    make_bucket(root, "logs", f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main")
    make_role(root)
    ct = root.cloudtrail
    ct.create_trail(Name="main", S3BucketName="logs", EnableLogFileValidation=True)
    ct.start_logging(Name="main")
    for number in range(20):
        root.iam.create_user(UserName=f"user-{number}")
    cloud.advance(3700)
    wanted = sorted(one["eventID"] for one in Delivered(root, "logs").records() if one["eventName"] == "CreateUser")
    assert len(wanted) == 20
    store = store_of(root)
    told = wait_for(root, start(root, store))
    assert told["ImportStatus"] == "COMPLETED", ct.list_import_failures(ImportId=told["ImportId"])
    assert imported(root, store) == wanted


def test_what_fails_is_told_and_tried_again(root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="logs")
    make_role(root)
    good = record()
    put_file(root, [good], 1)
    bad = put_file(root, [], 2)
    s3.put_object(Bucket="logs", Key=bad, Body=b"not compressed")
    odd = put_file(root, [], 3)
    s3.put_object(Bucket="logs", Key=odd, Body=gzip.compress(b'{"Events": []}'))
    cut = put_file(root, [], 4)
    s3.put_object(Bucket="logs", Key=cut, Body=gzip.compress(b'{"Records": [{"eventTime": "2026-11-29T07:41:59Z"}, {'))
    store = store_of(root)
    ct = root.cloudtrail
    told = wait_for(root, start(root, store))
    assert told["ImportStatus"] == "FAILED" and told["ImportStatistics"]["FailedEntries"] == 3
    assert told["ImportStatistics"]["FilesCompleted"] == 1
    failures = ct.list_import_failures(ImportId=told["ImportId"], MaxResults=2)
    more = ct.list_import_failures(ImportId=told["ImportId"], NextToken=failures["NextToken"])
    listed = failures["Failures"] + more["Failures"]
    assert {one["Location"] for one in listed} == {bad, odd, cut}
    assert {one["Status"] for one in listed} == {"FAILED"} and all(one["ErrorMessage"] for one in listed)
    # Mended, only they are read again.
    mended = [record() for _ in range(3)]
    for key, one in zip((bad, odd, cut), mended):
        s3.put_object(Bucket="logs", Key=key, Body=gzip.compress(json.dumps({"Records": [one]}).encode()))
    assert ct.start_import(ImportId=told["ImportId"])["ImportId"] == told["ImportId"]
    told = wait_for(root, told["ImportId"])
    assert told["ImportStatus"] == "COMPLETED" and told["ImportStatistics"]["FailedEntries"] == 0
    assert told["ImportStatistics"]["EventsCompleted"] == 4
    assert {one["Status"] for one in ct.list_import_failures(ImportId=told["ImportId"])["Failures"]} == {"SUCCEEDED"}
    assert imported(root, store) == sorted(one["eventID"] for one in [good, *mended])


@pytest.mark.parametrize("how", ["no role", "trust", "list", "read", "bucket policy"])
def test_the_role_decides(root: Identity, how: str) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="logs")
    put_file(root, [record()])
    if how != "no role":
        make_role(root, store="arn:aws:cloudtrail:us-east-1:*:trail/*" if how == "trust" else f"{ARN}*")
    if how in ("list", "read"):
        action = "s3:ListBucket" if how == "list" else "s3:GetObject"
        root.iam.put_role_policy(
            RoleName="importer", PolicyName="but",
            PolicyDocument=policy({"Effect": "Deny", "Action": action, "Resource": "*"}))
    if how == "bucket policy":
        s3.put_bucket_policy(Bucket="logs", Policy=policy(
            {"Effect": "Deny", "Principal": {"AWS": ROLE}, "Action": "s3:GetObject", "Resource": "arn:aws:s3:::logs/*"}))
    store = store_of(root)
    told = wait_for(root, start(root, store))
    assert told["ImportStatus"] == "FAILED" and told["ImportStatistics"]["EventsCompleted"] == 0
    failure, = root.cloudtrail.list_import_failures(ImportId=told["ImportId"])["Failures"]
    assert failure["ErrorType"] == "AccessDenied", failure
    if how == "list":
        # Once the role may, it goes on.
        root.iam.delete_role_policy(RoleName="importer", PolicyName="but")
        root.cloudtrail.start_import(ImportId=told["ImportId"])
        assert wait_for(root, told["ImportId"])["ImportStatus"] == "COMPLETED"
        assert len(imported(root, store)) == 1


def test_what_is_refused(root: Identity, new_user: Callable[..., Identity]) -> None:
    ct = root.cloudtrail
    store = store_of(root)
    begin = ct.start_import
    assert error_of(begin, Destinations=[store]).code == "InvalidParameterException"
    assert error_of(begin, ImportId=str(uuid.uuid4())).code == "ImportNotFoundException"
    assert error_of(ct.get_import, ImportId=str(uuid.uuid4())).code == "ImportNotFoundException"
    assert error_of(begin, Destinations=[store], ImportSource=source("logs")).code == "InvalidImportSourceException"
    assert error_of(begin, Destinations=[store], ImportSource=source(role="arn:aws:s3:::box")).code == (
        "InvalidImportSourceException")
    assert error_of(begin, Destinations=[store[:-1] + "x"], ImportSource=source()).code == "EventDataStoreNotFoundException"
    kind = [{"FieldSelectors": [{"Field": "eventCategory", "Equals": ["Insight"]}]}]
    insights = make(root, "insights", AdvancedEventSelectors=kind)
    assert error_of(begin, Destinations=[insights], ImportSource=source()).code == "InvalidEventDataStoreCategoryException"
    # Whoever hands a role over has to be allowed to.
    user = new_user("importer", allow("cloudtrail:StartImport", "*")).cloudtrail
    error = error_of(user.start_import, Destinations=[store], ImportSource=source())
    assert error.code == "AccessDeniedException" and "iam:PassRole" in error.message


def test_stopping(root: Identity) -> None:
    root.client("s3").create_bucket(Bucket="logs")
    make_role(root)
    wanted = []
    for number in range(MANY):
        one = record()
        wanted.append(one["eventID"])
        put_file(root, [one], number)
    store = store_of(root)
    ct = root.cloudtrail
    started = start(root, store)
    assert error_of(ct.start_import, Destinations=[store], ImportSource=source()).code in (
        "AccountHasOngoingImportException",)
    stopped = ct.stop_import(ImportId=started)
    assert stopped["ImportStatus"] == "STOPPED"
    assert len(imported(root, store)) <= MANY
    ct.start_import(ImportId=started)
    told = wait_for(root, started)
    assert told["ImportStatus"] == "COMPLETED" and told["ImportStatistics"]["FilesCompleted"] == MANY
    assert imported(root, store) == sorted(wanted)
    # Another begins from the beginning: then each is there twice, as on AWS.
    wait_for(root, start(root, store))
    assert len(imported(root, store)) == 2 * MANY


def test_kill_nine_in_between(durable: Callable[..., Server]) -> None:
    """Each event once, whenever the process ended."""
    server = durable().start()
    root = server.root
    root.client("s3").create_bucket(Bucket="logs")
    make_role(root)
    wanted = []
    text = "x" * 40_000
    for number in range(120):
        records = [record() | {"note": text} for _ in range(3)]
        wanted += [one["eventID"] for one in records]
        put_file(root, records, number)
    store = store_of(root)
    started = start(root, store)
    kills = 0
    for _ in range(12):
        time.sleep(0.08)
        status = server.root.cloudtrail.get_import(ImportId=started)["ImportStatus"]
        if status == "COMPLETED":
            break
        server.kill()
        kills += 1
        server.start()
    told = wait_for(server.root, started, within=60)
    assert told["ImportStatus"] == "COMPLETED", told
    assert told["ImportStatistics"]["FilesCompleted"] == 120 and told["ImportStatistics"]["EventsCompleted"] == 360
    assert imported(server.root, store) == sorted(wanted)
    print(f"killed {kills} times")
