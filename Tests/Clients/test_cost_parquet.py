"""Bills as Parquet: read by pyarrow and by DuckDB, with the sums of the calls; and what happens where the program that writes it is not."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import struct
import subprocess
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow
import pyarrow.parquet
import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.costs import Counted, Prices, price_file
from harness.patience import PATIENCE

WRITER = Path(__file__).resolve().parents[2] / ".build" / "parquet" / "gatehouse-parquet"
SERVICES = {"Service": ["billingreports.amazonaws.com", "bcm-data-exports.amazonaws.com"]}
PRICES = Prices()
CENT = Decimal("0.01")


@pytest.fixture(scope="module", autouse=True)
def writer() -> None:
    assert WRITER.exists(), "make it with Tools/make-parquet-writer"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("parquet")
    with Server("--prices", str(price_file(folder)), "--parquet-writer", str(WRITER), log=folder / "log") as server:
        yield server


def until(found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return value


def bucket(root: Identity, name: str) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket=name)
    look = allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"], f"arn:aws:s3:::{name}", Principal=SERVICES)
    put = allow("s3:PutObject", f"arn:aws:s3:::{name}/*", Principal=SERVICES)
    s3.put_bucket_policy(Bucket=name, Policy=policy(look, put))


def report(name: str, **more: Any) -> dict[str, Any]:
    return {
        "ReportName": name, "TimeUnit": "DAILY", "Format": "Parquet", "Compression": "Parquet",
        "AdditionalSchemaElements": ["RESOURCES"], "S3Bucket": name, "S3Prefix": "own", "S3Region": "us-east-1",
    } | more  # fmt: skip


def export(name: str, **output: str) -> dict[str, Any]:
    columns = "identity_line_item_id, line_item_iam_principal AS who, line_item_usage_start_date, line_item_unblended_cost, resource_tags"
    return {
        "Name": name,
        "DataQuery": {
            "QueryStatement": f"SELECT {columns} FROM COST_AND_USAGE_REPORT",
            "TableConfigurations": {"COST_AND_USAGE_REPORT": {"TIME_GRANULARITY": "HOURLY", "INCLUDE_RESOURCES": "TRUE"}},
        },
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": name, "S3Prefix": "own", "S3Region": "us-east-1",
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM", "Format": "PARQUET", "Compression": "PARQUET", "Overwrite": "OVERWRITE_REPORT",
                } | output,
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }  # fmt: skip


def manifest(root: Identity, name: str, report: str) -> dict[str, Any]:
    s3 = root.client("s3")

    def found() -> str | None:
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=name).get("Contents", [])]
        return min((key for key in keys if key.endswith(f"/{report}-Manifest.json")), key=len, default=None)

    return dict(json.loads(s3.get_object(Bucket=name, Key=until(found))["Body"].read()))


def fetched(root: Identity, name: str, key: str, folder: Path) -> Path:
    file = folder / key.rsplit("/", 1)[-1]
    file.write_bytes(root.client("s3").get_object(Bucket=name, Key=key)["Body"].read())
    return file


def test_a_report_adds_up_to_the_calls_and_to_its_csv(server: Server, tmp_path: Path) -> None:
    root = server.root
    arn = root.iam.create_user(UserName="sums")["User"]["Arn"]
    root.iam.attach_user_policy(UserName="sums", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    alice = Counted(Identity.of_key(server.url, root.iam.create_access_key(UserName="sums")["AccessKey"]))
    kms = alice.client("kms")
    key = kms.create_key(Tags=[{"TagKey": "Cost Center", "TagValue": "büch,er \"1\""}])["KeyMetadata"]["KeyId"]
    for _ in range(3):
        kms.generate_random(NumberOfBytes=8)
        kms.encrypt(KeyId=key, Plaintext=b"x")
    alice.client("iam").create_user(UserName="sums-other")
    # It has no price.
    alice.client("sts").get_caller_identity()
    ce = root.client("ce")
    until(lambda: ce.list_cost_allocation_tags()["CostAllocationTags"])
    ce.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": "Cost Center", "Status": "Active"}])
    bucket(root, "sums")
    cur = root.client("cur")
    cur.put_report_definition(ReportDefinition=report("sums"))
    shown = manifest(root, "sums", "sums")
    assert shown["compression"] == shown["contentType"] == "Parquet"
    (place,) = shown["reportKeys"]
    assert place.endswith("/sums-00001.snappy.parquet")
    file = fetched(root, "sums", place, tmp_path)

    read = pyarrow.parquet.ParquetFile(file)
    assert read.metadata.row_group(0).column(0).compression == "SNAPPY"
    assert read.schema_arrow.names == [column["name"] for column in shown["columns"]]
    types = {field.name: field.type for field in read.schema_arrow}
    assert types["line_item_usage_amount"] == types["line_item_unblended_cost"] == types["pricing_public_on_demand_cost"] == pyarrow.float64()
    assert types["line_item_unblended_rate"] == types["line_item_usage_account_id"] == pyarrow.string()
    assert types["line_item_usage_start_date"] == types["bill_billing_period_end_date"] == pyarrow.timestamp("ms")
    rows = read.read().to_pylist()
    mine = [row for row in rows if row["line_item_iam_principal"] == arn]
    costs = [row["line_item_unblended_cost"] for row in mine if row["line_item_unblended_cost"] is not None]
    assert Decimal(sum(costs)).quantize(CENT) == alice.cost(PRICES).quantize(CENT) == Decimal("0.28")
    assert sum(row["line_item_usage_amount"] for row in mine) == sum(alice.calls.values())
    (unpriced,) = [row for row in mine if row["line_item_product_code"] == "sts"]
    assert unpriced["line_item_unblended_cost"] is None and unpriced["line_item_unblended_rate"] is None
    assert "no price" in unpriced["line_item_line_item_description"]
    (encrypt,) = [row for row in mine if row["line_item_operation"] == "Encrypt"]
    assert encrypt["resource_tags_user_cost_center"] == "büch,er \"1\""
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    assert abs(encrypt["line_item_usage_start_date"] - now) < datetime.timedelta(days=2)

    # The same as CSV, of the same calls or of some more.
    cur.put_report_definition(ReportDefinition=report("csv", Format="textORcsv", Compression="GZIP", S3Bucket="sums"))
    (place,) = manifest(root, "sums", "csv")["reportKeys"]
    text = gzip.decompress(fetched(root, "sums", place, tmp_path).read_bytes()).decode()
    lines = [line for line in csv.DictReader(io.StringIO(text)) if line["lineItem/IamPrincipal"] == arn]
    exact = sum(Decimal(line["lineItem/UnblendedCost"]) for line in lines if line["lineItem/UnblendedCost"])
    assert exact == alice.cost(PRICES)
    assert {line["identity/LineItemId"] for line in lines} == {row["identity_line_item_id"] for row in mine}

    # DuckDB is another reader altogether.
    found = duckdb.connect().execute(
        "SELECT sum(line_item_unblended_cost), sum(line_item_usage_amount), min(line_item_usage_start_date) FROM read_parquet(?)"
        " WHERE line_item_iam_principal = ?", [str(file), arn]).fetchone()  # fmt: skip
    assert found and Decimal(found[0]).quantize(CENT) == exact.quantize(CENT) and found[1] == sum(alice.calls.values())
    assert isinstance(found[2], datetime.datetime)


def test_an_export_has_maps(server: Server, tmp_path: Path) -> None:
    root = server.root
    arn = root.iam.create_user(UserName="maps")["User"]["Arn"]
    root.iam.attach_user_policy(UserName="maps", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    alice = Counted(Identity.of_key(server.url, root.iam.create_access_key(UserName="maps")["AccessKey"]))
    kms = alice.client("kms")
    kms.create_key(Tags=[{"TagKey": "team", "TagValue": "books"}])
    for _ in range(2):
        kms.generate_random(NumberOfBytes=8)
    ce = root.client("ce")
    until(lambda: [tag for tag in ce.list_cost_allocation_tags()["CostAllocationTags"] if tag["TagKey"] == "team"])
    ce.update_cost_allocation_tags_status(CostAllocationTagsStatus=[{"TagKey": "team", "Status": "Active"}])
    bucket(root, "maps")
    root.client("bcm-data-exports").create_export(Export=export("maps"))
    (place,) = manifest(root, "maps", "maps")["dataFiles"]
    assert place.startswith("s3://maps/own/maps/data/BILLING_PERIOD=") and place.endswith("/maps-00001.snappy.parquet")
    file = fetched(root, "maps", place.removeprefix("s3://maps/"), tmp_path)
    table = pyarrow.parquet.read_table(file)
    assert table.schema.field("resource_tags").type == pyarrow.map_(pyarrow.string(), pyarrow.string())
    mine = [row for row in table.to_pylist() if row["who"] == arn]
    assert sorted(dict(row["resource_tags"]).get("user_team", "") for row in mine) == ["", "books"]
    connection = duckdb.connect()
    asked = "SELECT sum(line_item_unblended_cost) FROM read_parquet(?) WHERE who = ?"
    (found,) = connection.execute(asked, [str(file), arn]).fetchone() or (None,)
    assert Decimal(found).quantize(CENT) == alice.cost(PRICES).quantize(CENT) == Decimal("0.02")
    asked = "SELECT count(*) FROM read_parquet(?) WHERE resource_tags['user_team'] = 'books'"
    assert connection.execute(asked, [str(file)]).fetchone() == (1,)
    mixed = error_of(root.client("bcm-data-exports").create_export, Export=export("mixed", Compression="GZIP") | {"Name": "mixed"})
    assert mixed.code == "ValidationException"


def test_where_the_program_is_not(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("#!/bin/sh\necho 'libarrow.so.2600: cannot open shared object file' >&2\nexit 127\n")
    broken.chmod(0o755)
    for program, why in ((tmp_path / "nowhere", "is not installed"), (broken, "libarrow.so.2600: cannot open")):
        with Server("--parquet-writer", str(program), log=tmp_path / "log") as server:
            root = server.root
            bucket(root, "refused")
            error = error_of(root.client("cur").put_report_definition, ReportDefinition=report("refused"))
            assert error.code == "NotImplemented" and why in error.message and "make-parquet-writer" in error.message
            error = error_of(root.client("bcm-data-exports").create_export, Export=export("refused"))
            assert error.code == "NotImplemented" and why in error.message
            assert root.client("cur").describe_report_definitions()["ReportDefinitions"] == []


def test_a_program_that_fails(tmp_path: Path) -> None:
    """Nothing of a file that is not whole gets into the bucket, and all of it does later."""
    flag = tmp_path / "well"
    program = tmp_path / "program"
    program.write_text(
        f'#!/bin/sh\n[ $# -gt 0 ] || [ -e "{flag}" ] || {{ head -c 100 >/dev/null; echo "out of space" >&2; exit 3; }}\nexec "{WRITER}" "$@"\n'
    )
    program.chmod(0o755)
    with Server("--prices", str(price_file(tmp_path)), "--parquet-writer", str(program), log=tmp_path / "log") as server:
        root = server.root
        bucket(root, "later")
        cur = root.client("cur")
        cur.put_report_definition(ReportDefinition=report("later"))

        def status() -> str | None:
            (one,) = cur.describe_report_definitions()["ReportDefinitions"]
            return str(one["ReportStatus"].get("lastStatus"))

        until(lambda: status().startswith("ERROR"))
        assert "Contents" not in root.client("s3").list_objects_v2(Bucket="later")
        flag.touch()
        cur.modify_report_definition(ReportName="later", ReportDefinition=report("later"))
        until(lambda: status() == "SUCCESS")
        (place,) = manifest(root, "later", "later")["reportKeys"]
        assert pyarrow.parquet.read_table(fetched(root, "later", place, tmp_path)).num_rows > 0
    assert "a report could not be delivered" in (tmp_path / "log").read_text()


def counted(text: bytes) -> bytes:
    return struct.pack("<I", len(text)) + text


HEADER = struct.pack("<I", 4) + b"".join(type_ + counted(name) for type_, name in ((b"s", b"a"), (b"d", b"b"), (b"t", b"c"), (b"m", b"d")))
NULL = b"\xff\xff\xff\xff"


def write(rows: bytes, file: Path) -> subprocess.CompletedProcess[bytes]:
    with file.open("wb") as output:
        return subprocess.run([WRITER], input=rows, stdout=output, stderr=subprocess.PIPE, check=False, env={})


def test_what_the_program_reads(tmp_path: Path) -> None:
    file = tmp_path / "file"
    row = counted(b"x") + counted(b"-0.5") + counted(b"2028-02-29T23:59:59Z") + counted(counted(b"k") + counted(b"v"))
    assert write(HEADER + (row + NULL * 3 + counted(b"")) * 100_000, file).returncode == 0
    read = pyarrow.parquet.ParquetFile(file)
    assert (read.metadata.num_rows, read.metadata.num_row_groups) == (200_000, 4)
    first, second = read.read().slice(0, 2).to_pylist()
    assert first == {"a": "x", "b": -0.5, "c": datetime.datetime(2028, 2, 29, 23, 59, 59), "d": [("k", "v")]}
    assert second == {"a": None, "b": None, "c": None, "d": []}
    assert write(HEADER, file).returncode == 0
    assert pyarrow.parquet.read_table(file).num_rows == 0
    for bad, why in (
        (b"", "ends in the middle"),
        (HEADER[:9], "ends in the middle"),
        (HEADER + row[:-1], "ends in the middle"),
        (HEADER + counted(b"x"), "ends in the middle"),
        (struct.pack("<I", 0), "between 1 and"),
        (NULL, "between 1 and"),
        (struct.pack("<I", 1) + b"q" + counted(b"a"), "unknown type"),
        (struct.pack("<I", 1) + b"s" + NULL, "no name"),
        (HEADER + struct.pack("<I", 1 << 30) + b"x", "longer than"),
        (HEADER + NULL + counted(b"1,5") + NULL + NULL, "is no number"),
        (HEADER + NULL + NULL + counted(b"2027-02-29T00:00:00Z") + NULL, "is no time"),
        (HEADER + NULL * 3 + counted(struct.pack("<I", 99) + b"x"), "middle of a text"),
        (HEADER + NULL * 3 + counted(counted(b"key")), "middle of a text"),
    ):
        done = write(bad, file)
        assert done.returncode == 1 and why in done.stderr.decode(), (bad, done)
