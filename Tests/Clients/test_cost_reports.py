"""Cost and Usage Reports: their files add up to the calls, and get where the bucket's policy lets them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.costs import Counted, Prices, price_file
from harness.patience import PATIENCE

SERVICE = {"Service": "billingreports.amazonaws.com"}
PRICES = Prices()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("reports")
    with Server("--prices", str(price_file(folder)), log=folder / "log") as server:
        yield server


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def bucket(root: Identity, name: str, *actions: str) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket=name)
    condition = {"StringEquals": {"aws:SourceAccount": ACCOUNT, "aws:SourceArn": f"arn:aws:cur:us-east-1:{ACCOUNT}:definition/{name}"}}
    look = allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"], f"arn:aws:s3:::{name}", Principal=SERVICE, Condition=condition)
    put = allow("s3:PutObject", f"arn:aws:s3:::{name}/*", Principal=SERVICE, Condition=condition)
    s3.put_bucket_policy(Bucket=name, Policy=policy(look, put))


def definition(name: str, **more: Any) -> dict[str, Any]:
    return {
        "ReportName": name, "TimeUnit": "DAILY", "Format": "textORcsv", "Compression": "GZIP",
        "AdditionalSchemaElements": ["RESOURCES"], "S3Bucket": name, "S3Prefix": "bills/own", "S3Region": "us-east-1",
    } | more  # fmt: skip


def delivered(root: Identity, name: str, prefix: str = "bills/own") -> tuple[dict[str, Any], list[dict[str, str]]]:
    """The manifest, and the lines of all files that it names."""
    s3 = root.client("s3")

    def manifest() -> dict[str, Any] | None:
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        found = sorted((key for key in keys if key.endswith("-Manifest.json")), key=len)
        return json.loads(s3.get_object(Bucket=name, Key=found[0])["Body"].read()) if found else None

    shown = until(manifest)
    lines: list[dict[str, str]] = []
    for key in shown["reportKeys"]:
        assert key.startswith(f"{prefix}/{name}/")
        text = gzip.decompress(s3.get_object(Bucket=name, Key=key)["Body"].read()).decode()
        reader = csv.DictReader(io.StringIO(text))
        assert reader.fieldnames == [f"{column['category']}/{column['name']}" for column in shown["columns"]]
        lines += list(reader)
    return shown, lines


@pytest.mark.parametrize("unit", ["HOURLY", "DAILY", "MONTHLY"])
@pytest.mark.parametrize("resources", [[], ["RESOURCES"]], ids=["plain", "resources"])
def test_a_report_adds_up_to_the_calls(server: Server, unit: str, resources: list[str]) -> None:
    root = server.root
    name = f"sums-{unit.lower()}-{len(resources)}"
    arn = root.iam.create_user(UserName=name)["User"]["Arn"]
    root.iam.attach_user_policy(UserName=name, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    alice = Counted(Identity.of_key(server.url, root.iam.create_access_key(UserName=name)["AccessKey"]))
    for region in ("us-east-1", "eu-west-1"):
        for _ in range(3):
            alice.client("kms", region).generate_random(NumberOfBytes=8)
        alice.client("kms", region).list_keys()
    alice.client("iam").create_user(UserName=f"{name}-other")
    alice.client("sts").get_caller_identity()
    bucket(root, name)
    root.client("cur").put_report_definition(
        ReportDefinition=definition(name, TimeUnit=unit, AdditionalSchemaElements=resources))
    manifest, lines = delivered(root, name)
    mine = [line for line in lines if line["lineItem/IamPrincipal"] == arn]
    costs = [line["lineItem/UnblendedCost"] for line in mine]
    assert sum(Decimal(cost) for cost in costs if cost) == alice.cost(PRICES)
    assert sum(Decimal(line["lineItem/UsageAmount"]) for line in mine) == sum(alice.calls.values())
    for line in mine:
        rate, cost = line["lineItem/UnblendedRate"], line["lineItem/UnblendedCost"]
        if rate:
            assert Decimal(rate) * Decimal(line["lineItem/UsageAmount"]) == Decimal(cost)
    # A price that is not there is told, and the line is.
    (unpriced,) = [line for line in mine if line["lineItem/ProductCode"] == "sts"]
    assert unpriced["lineItem/UnblendedCost"] == unpriced["lineItem/UnblendedRate"] == ""
    assert "no price" in unpriced["lineItem/LineItemDescription"]
    assert len({line["identity/LineItemId"] for line in lines}) == len(lines)
    assert ("lineItem/ResourceId" in lines[0]) == bool(resources)
    assert manifest["compression"] == "GZIP" and manifest["account"] == ACCOUNT and manifest["bucket"] == name
    (shown,) = [
        one for page in root.client("cur").get_paginator("describe_report_definitions").paginate()
        for one in page["ReportDefinitions"] if one["ReportName"] == name
    ]  # fmt: skip
    assert shown["ReportStatus"]["lastStatus"] == "SUCCESS" and shown["ReportVersioning"] == "CREATE_NEW_REPORT"
    root.client("cur").delete_report_definition(ReportName=name)


def test_the_bucket_decides(server: Server) -> None:
    root = server.root
    cur, s3 = root.client("cur"), root.client("s3")
    s3.create_bucket(Bucket="closed")
    error = error_of(cur.put_report_definition, ReportDefinition=definition("closed"))
    assert error.code == "ValidationException" and "Failed to verify customer bucket permission" in error.message
    assert error_of(cur.put_report_definition, ReportDefinition=definition("nowhere")).code == "ValidationException"
    # It may look, and may not put.
    look = allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"], "arn:aws:s3:::closed", Principal=SERVICE)
    s3.put_bucket_policy(Bucket="closed", Policy=policy(look))
    cur.put_report_definition(ReportDefinition=definition("closed"))

    def status() -> str | None:
        reports = cur.describe_report_definitions()["ReportDefinitions"]
        return next(one for one in reports if one["ReportName"] == "closed")["ReportStatus"].get("lastStatus")

    until(lambda: status() == "ERROR_PERMISSIONS")
    assert "Contents" not in s3.list_objects_v2(Bucket="closed")
    put = allow("s3:PutObject", "arn:aws:s3:::closed/*", Principal=SERVICE)
    s3.put_bucket_policy(Bucket="closed", Policy=policy(look, put))
    cur.modify_report_definition(ReportName="closed", ReportDefinition=definition("closed", ReportVersioning="OVERWRITE_REPORT"))
    until(lambda: status() == "SUCCESS")
    manifest, lines = delivered(root, "closed")
    assert lines and manifest["assemblyId"] not in manifest["reportKeys"][0]
    cur.delete_report_definition(ReportName="closed")


def test_what_is_no_report(server: Server) -> None:
    root = server.root
    cur = root.client("cur")
    bucket(root, "odd")
    for bad, code in (
        ({"Compression": "ZIP"}, "NotImplemented"),
        ({"Format": "Parquet"}, "ValidationException"),
        ({"AdditionalArtifacts": ["ATHENA"]}, "NotImplemented"),
        ({"S3Prefix": "/a"}, "ValidationException"),
    ):
        assert error_of(cur.put_report_definition, ReportDefinition=definition("odd", **bad)).code == code, bad
    cur.put_report_definition(ReportDefinition=definition("odd"), Tags=[{"Key": "a", "Value": "b"}])
    assert error_of(cur.put_report_definition, ReportDefinition=definition("odd")).code == "DuplicateReportNameException"
    assert cur.list_tags_for_resource(ReportName="odd")["Tags"] == [{"Key": "a", "Value": "b"}]
    cur.tag_resource(ReportName="odd", Tags=[{"Key": "c", "Value": "d"}])
    cur.untag_resource(ReportName="odd", TagKeys=["a"])
    assert cur.list_tags_for_resource(ReportName="odd")["Tags"] == [{"Key": "c", "Value": "d"}]
    cur.delete_report_definition(ReportName="odd")
    assert error_of(cur.list_tags_for_resource, ReportName="odd").code == "ResourceNotFoundException"


@pytest.mark.memory
def test_a_month_is_delivered_when_it_is_over(tmp_path: Path) -> None:
    with Server("--prices", str(price_file(tmp_path)), log=tmp_path / "log") as server:
        root = server.root
        bucket(root, "months")
        root.client("kms").generate_random(NumberOfBytes=8)
        root.client("cur").put_report_definition(ReportDefinition=definition("months"))
        delivered(root, "months")
        root.client("kms").generate_random(NumberOfBytes=8)
        server.advance(32 * 86_400)
        s3 = root.client("s3")

        def months() -> dict[str, list[str]]:
            keys = [one["Key"] for one in s3.list_objects_v2(Bucket="months")["Contents"]]
            folders = sorted({key.split("/")[3] for key in keys})
            return {folder: [key for key in keys if f"/{folder}/" in key and key.endswith(".csv.gz")] for folder in folders}

        found = until(lambda: months() if len(months()) > 1 else None)
        first, *_ = found
        assert len(found[first]) == 2
        sums = []
        for key in found[first]:
            text = gzip.decompress(s3.get_object(Bucket="months", Key=key)["Body"].read()).decode()
            random = [line for line in csv.DictReader(io.StringIO(text)) if line["lineItem/Operation"] == "GenerateRandom"]
            sums.append(sum(Decimal(line["lineItem/UnblendedCost"]) for line in random))
        assert sorted(sums) == [Decimal("0.01"), Decimal("0.02")]


def test_prices_that_cannot_be_read(tmp_path: Path) -> None:
    from harness.server import gatehouse

    file = price_file(tmp_path, "price kms * a Requests free *\n")
    done = gatehouse("serve", "--prices", str(file))
    assert done.returncode != 0 and "line 1" in done.stderr
