"""Bills where something is wrong: buckets that refuse, clocks that jump, prices that can't be read, and nothing to tell of."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness import Server, allow, policy
from harness.costs import price_file
from harness.patience import PATIENCE
from harness.server import gatehouse

SERVICES = {"Service": ["billingreports.amazonaws.com", "bcm-data-exports.amazonaws.com"]}
DAY = 86_400
KMS = {"Dimensions": {"Key": "OPERATION", "Values": ["GenerateRandom"]}}


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def bucket_policy(name: str, *, put: bool) -> str:
    statements = [allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"], f"arn:aws:s3:::{name}", Principal=SERVICES)]
    if put:
        statements.append(allow("s3:PutObject", f"arn:aws:s3:::{name}/*", Principal=SERVICES))
    return policy(*statements)


def report(name: str, **more: Any) -> dict[str, Any]:
    return {
        "ReportName": name, "TimeUnit": "DAILY", "Format": "textORcsv", "Compression": "GZIP", "AdditionalSchemaElements": ["RESOURCES"],
        "S3Bucket": name, "S3Prefix": "", "S3Region": "us-east-1", "ReportVersioning": "OVERWRITE_REPORT",
    } | more  # fmt: skip


def spend(server: Server, calls: int) -> None:
    """A cent each."""
    kms = server.root.client("kms")
    for _ in range(calls):
        kms.generate_random(NumberOfBytes=8)


def files(server: Server, name: str) -> dict[str, list[dict[str, str]]]:
    """The lines of the files that manifests name, by their months: `20261201-20270101`."""
    s3 = server.root.client("s3")
    found: dict[str, list[dict[str, str]]] = {}
    for one in s3.list_objects_v2(Bucket=name).get("Contents", []):
        if not one["Key"].endswith("-Manifest.json"):
            continue
        manifest = json.loads(s3.get_object(Bucket=name, Key=one["Key"])["Body"].read())
        lines = []
        for key in manifest["reportKeys"]:
            text = gzip.decompress(s3.get_object(Bucket=name, Key=key)["Body"].read()).decode()
            lines += list(csv.DictReader(io.StringIO(text)))
        found[one["Key"].split("/")[-2]] = lines
    return found


def cents(lines: list[dict[str, str]]) -> Decimal:
    return sum((Decimal(line["lineItem/UnblendedCost"]) for line in lines if line["lineItem/Operation"] == "GenerateRandom"), Decimal(0))


def now(server: Server, offset: float) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=offset)


@pytest.mark.memory
def test_what_a_bucket_has_refused_is_delivered_later(tmp_path: Path) -> None:
    """Two months go by meanwhile: nothing of them is lost."""
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        cur, s3 = server.root.client("cur"), server.root.client("s3")
        s3.create_bucket(Bucket="later")
        s3.put_bucket_policy(Bucket="later", Policy=bucket_policy("later", put=False))
        spend(server, 3)
        cur.put_report_definition(ReportDefinition=report("later"))

        def status() -> str | None:
            (one,) = cur.describe_report_definitions()["ReportDefinitions"]
            return one["ReportStatus"].get("lastStatus")

        until(lambda: status() == "ERROR_PERMISSIONS")
        start = now(server, 0)
        # The middle of the next month, and of the one that follows.
        first = (start.replace(day=1) + datetime.timedelta(days=45)).replace(day=15)
        second = (first.replace(day=1) + datetime.timedelta(days=45)).replace(day=15)
        server.advance((first - start).total_seconds())
        spend(server, 2)
        server.advance((second - first).total_seconds())
        spend(server, 1)
        assert "Contents" not in s3.list_objects_v2(Bucket="later") and status() == "ERROR_PERMISSIONS"
        s3.put_bucket_policy(Bucket="later", Policy=bucket_policy("later", put=True))
        server.advance(9 * 3600)
        until(lambda: status() == "SUCCESS")
        found = files(server, "later")
        assert [cents(lines) for _, lines in sorted(found.items())] == [Decimal("0.03"), Decimal("0.02"), Decimal("0.01")]
        assert sorted(found) == [f"{month:%Y%m}01-{month.replace(day=1) + datetime.timedelta(days=32):%Y%m}01" for month in (start, first, second)]


@pytest.mark.memory
def test_nothing_was_called(tmp_path: Path) -> None:
    """A month in which nobody called anything has a report all the same: without lines."""
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        cur, s3, ce = server.root.client("cur"), server.root.client("s3"), server.root.client("ce")
        s3.create_bucket(Bucket="quiet")
        s3.put_bucket_policy(Bucket="quiet", Policy=bucket_policy("quiet", put=True))
        spend(server, 1)
        cur.put_report_definition(ReportDefinition=report("quiet"))
        until(lambda: files(server, "quiet"))
        server.advance(40 * DAY)
        found = until(lambda: found if len(found := files(server, "quiet")) > 1 else None)
        (month, lines), *_ = sorted(found.items(), reverse=True)
        assert [line for line in lines if line["lineItem/IamPrincipal"] != "billingreports.amazonaws.com"] == []
        assert sum(cents(lines) for lines in found.values()) == Decimal("0.01")
        asked = {"Start": f"{month[:4]}-{month[4:6]}-01", "End": f"{month[9:13]}-{month[13:15]}-01"}
        (part,) = ce.get_cost_and_usage(TimePeriod=asked, Granularity="MONTHLY", Metrics=["UnblendedCost"], Filter=KMS)["ResultsByTime"]
        assert Decimal(part["Total"]["UnblendedCost"]["Amount"]) == 0


@pytest.mark.memory
def test_a_clock_that_jumps_ahead(tmp_path: Path) -> None:
    """Over a year end, at once: each call is on the bill of its day, once, however often the jobs were due meanwhile."""
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        ce = server.root.client("ce")
        offset, days = 0.0, []
        for jump in (0.0, 400 * DAY, 1.0, 3 * DAY):
            server.advance(jump)
            offset += jump
            spend(server, 2)
            days.append(now(server, offset).date())
        asked = {"Start": str(days[1] - datetime.timedelta(days=1)), "End": str(days[-1] + datetime.timedelta(days=2))}
        results = ce.get_cost_and_usage(TimePeriod=asked, Granularity="DAILY", Metrics=["UsageQuantity"], Filter=KMS)["ResultsByTime"]
        counts = {part["TimePeriod"]["Start"]: int(Decimal(part["Total"]["UsageQuantity"]["Amount"])) for part in results}
        assert sum(counts.values()) == 6 and counts[str(days[-1])] == 2


@pytest.mark.memory
def test_what_is_old_is_added_up_and_then_forgotten(tmp_path: Path) -> None:
    """Two months back there are days without resources, whose sums are what they were; fourteen months back there is nothing."""
    prices = "price kms * a Requests 0.01 *\nprice sqs * b Requests 0.01 *\nprice sqs/.fifo * c Requests 0.5 *\n"
    with Server("--prices", str(price_file(tmp_path, prices)), log=tmp_path / "log") as server:
        root = server.root
        ce, sqs, iam = root.client("ce"), root.client("sqs"), root.iam
        plain = sqs.create_queue(QueueName="plain")["QueueUrl"]
        ordered = sqs.create_queue(QueueName="ordered.fifo", Attributes={"FifoQueue": "true"})["QueueUrl"]
        for _ in range(3):
            sqs.get_queue_attributes(QueueUrl=plain)
            sqs.get_queue_attributes(QueueUrl=ordered)
            server.advance(3600)
        iam.create_user(UserName="x")
        question: dict[str, Any] = {
            "Metrics": ["UnblendedCost", "UsageQuantity"],
            "GroupBy": [{"Type": "DIMENSION", "Key": "OPERATION"}, {"Type": "DIMENSION", "Key": "USAGE_TYPE"}],
            "Filter": {"Not": {"Dimensions": {"Key": "SERVICE_CODE", "Values": ["ce"]}}},
        }  # fmt: skip

        def found() -> dict[tuple[str, ...], tuple[Decimal, Decimal]]:
            (part,) = ce.get_cost_and_usage(Granularity="MONTHLY", TimePeriod=period, **question)["ResultsByTime"]
            return {
                tuple(group["Keys"]): tuple(Decimal(group["Metrics"][metric]["Amount"]) for metric in question["Metrics"])  # type: ignore[misc]
                for group in part["Groups"]
            }

        def resources() -> int:
            entries = ce.get_dimension_values(TimePeriod=period, Dimension="RESOURCE_ID")["DimensionValues"]
            return len([one for one in entries if one["Value"].startswith("arn:aws:sqs:")])

        month = now(server, 0).date().replace(day=1)
        period = {"Start": str(month), "End": str((month + datetime.timedelta(days=32)).replace(day=1))}
        before = found()
        assert before["GetQueueAttributes", "b"] == (Decimal("0.03"), 3) and before["GetQueueAttributes", "c"] == (Decimal("1.5"), 3)
        assert resources() == 2
        # The next month has all of it yet.
        server.advance(31 * DAY)
        server.advance(7 * 3600)
        assert found() == before and resources() == 2
        for _ in range(2):
            server.advance(31 * DAY)
            server.advance(7 * 3600)
        assert until(lambda: resources() == 0)
        assert found() == before
        server.advance(300 * DAY)
        server.advance(7 * 3600)
        assert found() == before
        server.advance(62 * DAY)
        server.advance(7 * 3600)
        until(lambda: found() == {})


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("price kms * a Requests 0.1\n", 1),
        ("\n# all is well\nprice kms * a Requests -0.1 *\n", 3),
        ("price kms * a Requests 0.1 *\nprice kms * b Requests 0.2 *\n", 2),
        ("published yesterday\n", 1),
        ("currency dollars\n", 1),
        ("product kms awskms\n", 1),
        ("price kms * a Requests 0.1234567890123456789 *\n", 1),
        ("price kms * a Requests 1e400 *\n", 1),
        ("prices kms * a Requests 0.1 *\n", 1),
    ],
)
def test_prices_that_are_wrong_are_told_by_their_line(tmp_path: Path, text: str, line: int) -> None:
    done = gatehouse("serve", "--prices", str(price_file(tmp_path, text)))
    assert done.returncode != 0 and f"line {line}: " in done.stderr, done.stderr


def test_prices_that_are_no_text(tmp_path: Path) -> None:
    file = tmp_path / "prices"
    for content in (b"\xff\xfe", b"# " + b"x" * (17 << 20)):
        file.write_bytes(content)
        done = gatehouse("serve", "--prices", str(file))
        assert done.returncode != 0 and "can't be read" in done.stderr
    done = gatehouse("serve", "--prices", str(tmp_path / "nowhere"))
    assert done.returncode != 0 and "can't be read" in done.stderr
