"""Data exports: the columns that a query names, in files that add up to the calls."""

from __future__ import annotations

import csv
import gzip
import io
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy
from harness.costs import Counted, Prices, price_file
from harness.patience import PATIENCE

SERVICE = {"Service": "bcm-data-exports.amazonaws.com"}
PRICES = Prices()
QUERY = (
    "SELECT identity_line_item_id, line_item_iam_principal AS who,\n  line_item_unblended_cost, line_item_usage_amount, resource_tags"
    " FROM COST_AND_USAGE_REPORT"
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("exports")
    with Server("--prices", str(price_file(folder)), log=folder / "log") as server:
        yield server


def bucket(root: Identity, name: str) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket=name)
    condition = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "StringLike": {"aws:SourceArn": f"arn:aws:bcm-data-exports:us-east-1:{ACCOUNT}:export/*"},
    }
    look = allow("s3:GetBucketPolicy", f"arn:aws:s3:::{name}", Principal=SERVICE, Condition=condition)
    put = allow("s3:PutObject", f"arn:aws:s3:::{name}/*", Principal=SERVICE, Condition=condition)
    s3.put_bucket_policy(Bucket=name, Policy=policy(look, put))


def export(name: str, query: str = QUERY, **output: str) -> dict[str, Any]:
    return {
        "Name": name,
        "DataQuery": {
            "QueryStatement": query,
            "TableConfigurations": {"COST_AND_USAGE_REPORT": {"TIME_GRANULARITY": "DAILY", "INCLUDE_RESOURCES": "TRUE"}},
        },
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": name, "S3Prefix": "own", "S3Region": "us-east-1",
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM", "Format": "TEXT_OR_CSV", "Compression": "GZIP", "Overwrite": "OVERWRITE_REPORT",
                } | output,
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }  # fmt: skip


def test_an_export_adds_up_to_the_calls(server: Server) -> None:
    root = server.root
    arn = root.iam.create_user(UserName="exports")["User"]["Arn"]
    root.iam.attach_user_policy(UserName="exports", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    alice = Counted(Identity.of_key(server.url, root.iam.create_access_key(UserName="exports")["AccessKey"]))
    for _ in range(3):
        alice.client("kms").generate_random(NumberOfBytes=8)
    alice.client("kms").list_keys()
    bucket(root, "exports")
    api = root.client("bcm-data-exports")
    made = api.create_export(Export=export("exports"), ResourceTags=[{"Key": "a", "Value": "b"}])["ExportArn"]
    deadline = time.monotonic() + PATIENCE
    while not (executions := api.list_executions(ExportArn=made)["Executions"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert executions[0]["ExecutionStatus"]["StatusCode"] == "DELIVERY_SUCCESS"
    shown = api.get_execution(ExportArn=made, ExecutionId=executions[0]["ExecutionId"])
    assert shown["Export"]["DataQuery"]["QueryStatement"] == QUERY
    s3 = root.client("s3")
    keys = [one["Key"] for one in s3.list_objects_v2(Bucket="exports")["Contents"]]
    (manifest_key,) = [key for key in keys if key.endswith("-Manifest.json")]
    manifest = json.loads(s3.get_object(Bucket="exports", Key=manifest_key)["Body"].read())
    (file,) = manifest["dataFiles"]
    assert file.startswith("s3://exports/own/exports/data/BILLING_PERIOD=")
    key = file.removeprefix("s3://exports/")
    lines = list(csv.DictReader(io.StringIO(gzip.decompress(s3.get_object(Bucket="exports", Key=key)["Body"].read()).decode())))
    assert list(lines[0]) == manifest["columns"] == [
        "identity_line_item_id", "who", "line_item_unblended_cost", "line_item_usage_amount", "resource_tags"]  # fmt: skip
    mine = [line for line in lines if line["who"] == arn]
    assert sum(Decimal(line["line_item_unblended_cost"]) for line in mine) == alice.cost(PRICES)
    assert sum(Decimal(line["line_item_usage_amount"]) for line in mine) == 4
    assert json.loads(mine[0]["resource_tags"]) == {}
    assert api.get_export(ExportArn=made)["ExportStatus"]["StatusCode"] == "HEALTHY"
    assert api.list_tags_for_resource(ResourceArn=made)["ResourceTags"] == [{"Key": "a", "Value": "b"}]
    assert [one["ExportArn"] for one in api.list_exports()["Exports"]] == [made]
    changed = export("exports", "select bill_payer_account_id from cost_and_usage_report;")
    api.update_export(ExportArn=made, Export=changed)
    assert api.get_export(ExportArn=made)["Export"]["DataQuery"] == changed["DataQuery"]
    api.delete_export(ExportArn=made)
    assert error_of(api.get_export, ExportArn=made).code == "ResourceNotFoundException"


def test_what_is_no_export(server: Server) -> None:
    root = server.root
    bucket(root, "odd-exports")
    api = root.client("bcm-data-exports")
    for query in (
        "DELETE FROM COST_AND_USAGE_REPORT",
        "SELECT nothing FROM COST_AND_USAGE_REPORT",
        "SELECT bill_payer_account_id FROM CARBON_EMISSIONS",
        "SELECT bill_payer_account_id FROM COST_AND_USAGE_REPORT WHERE 1 = 1",
        "SELECT bill_payer_account_id, FROM COST_AND_USAGE_REPORT",
        "SELECT bill_payer_account_id, bill_payer_account_id FROM COST_AND_USAGE_REPORT",
    ):
        assert error_of(api.create_export, Export=export("odd-exports", query)).code == "ValidationException", query
    assert error_of(api.create_export, Export=export("odd-exports", OutputType="ATHENA")).code == "NotImplemented"
    root.client("s3").create_bucket(Bucket="shut-exports")
    assert error_of(api.create_export, Export=export("shut-exports")).code == "ValidationException"
    (table,) = api.list_tables()["Tables"]
    assert table["TableName"] == "COST_AND_USAGE_REPORT"
    columns = {column["Name"]: column["Type"] for column in api.get_table(TableName="COST_AND_USAGE_REPORT")["Schema"]}
    assert columns["line_item_unblended_cost"] == "double" and columns["line_item_unblended_rate"] == "string" and columns["resource_tags"] == "map<string, string>"
