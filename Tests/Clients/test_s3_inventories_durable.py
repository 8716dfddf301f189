"""An inventory that is due while nobody is there to deliver it."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Server, allow, policy
from harness.clock import Clock, sign_by
from harness.patience import PATIENCE

DAY = 86_400


def test_it_is_delivered_by_the_next_start(
    durable: Callable[..., Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(tmp_path)
    sign_by(clock, monkeypatch)
    server = durable(environment=clock.environment()).start()
    s3 = server.root.client("s3")
    for name in ("box", "lists"):
        s3.create_bucket(Bucket=name)
    lets_in = allow(
        "s3:PutObject",
        "arn:aws:s3:::lists/*",
        Principal={"Service": "s3.amazonaws.com"},
        Condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    )
    s3.put_bucket_policy(Bucket="lists", Policy=policy(lets_in))
    s3.put_object(Bucket="box", Key="a", Body=b"1")
    wanted: dict[str, Any] = {
        "Id": "daily",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::lists", "Format": "CSV"}},
    }
    s3.put_bucket_inventory_configuration(Bucket="box", Id="daily", InventoryConfiguration=wanted)
    server.kill()
    clock.advance(DAY)
    server.start()
    s3 = server.root.client("s3")
    deadline = time.monotonic() + PATIENCE
    while True:
        found = [one["Key"] for one in s3.list_objects_v2(Bucket="lists").get("Contents", [])]
        if any(key.endswith("manifest.checksum") for key in found):
            break
        assert time.monotonic() < deadline, found
        time.sleep(0.1)
    # All that belongs to it, once.
    assert [key.rsplit("/", 1)[1].split(".", 1)[1] for key in sorted(found)] == ["checksum", "json", "csv.gz", "txt"]
