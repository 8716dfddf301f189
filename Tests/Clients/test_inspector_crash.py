"""kill -9 while Inspector scans and writes reports: what was found is there once, and each report ends.

GATEHOUSE_CRASH_ROUNDS (default 4) says how often the server is killed; GATEHOUSE_TEST_SEED repeats a run as far as time allows.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.exceptions

from harness import ACCOUNT, Server
from harness.configuration import until
from harness.inspected import HIGH, INSTANCE, OTHER, Inspected, Inspector
from harness.reports import key_and_bucket

ROUNDS = int(os.environ.get("GATEHOUSE_CRASH_ROUNDS", "4"))
PACKAGES = 150


def test_findings_are_there_once_and_reports_end(lasting: Callable[..., Server], tmp_path: Path) -> None:
    seed = int(os.environ.get("GATEHOUSE_TEST_SEED", random.randrange(1 << 32)))
    print(f"GATEHOUSE_TEST_SEED={seed}")
    dice = random.Random(seed)
    inspected = Inspected(tmp_path / "inspected")
    names = [f"pack{number}" for number in range(PACKAGES)]
    # Two vulnerabilities each.
    for number, name in enumerate(names):
        for one in (1, 2):
            inspected.advisory(f"CVE-2026-{one}{number:04}", name, "2.0", HIGH)
    for id in (INSTANCE, OTHER):
        inspected.instance(dict.fromkeys(names, "1.0"), id)
    server = lasting(*inspected.options).start()
    key, _ = key_and_bucket(server.root, "reports")
    inspector = Inspector(server.root, ("EC2",))
    first: dict[str, Any] = {}
    reports: list[str] = []
    for round in range(ROUNDS):
        destination = {"bucketName": "reports", "kmsKeyArn": key}
        try:
            reports.append(
                inspector.api.create_findings_report(reportFormat="JSON", s3Destination=destination)["reportId"])
        except botocore.exceptions.ClientError as error:
            # The one before is still being written.
            assert error.response["Error"]["Code"] == "ValidationException"
        time.sleep(dice.uniform(0, 0.6))
        server.kill()
        # Half of what is in one of them is repaired, and comes back.
        repaired = set(names[: PACKAGES // 2]) if round % 2 == 0 else set()
        inspected.instance({name: "2.0" if name in repaired else "1.0" for name in names}, OTHER)
        server.start()
        inspector = Inspector(server.root, ("EC2",))
        for finding in inspector.findings():
            known = first.setdefault(finding["findingArn"], finding["firstObservedAt"])
            assert finding["firstObservedAt"] == known, "it was found before"
    inspected.instance(dict.fromkeys(names, "1.0"), OTHER)

    def all_found() -> list[dict[str, Any]] | None:
        found = inspector.findings(findingStatus="ACTIVE")
        return found if len(found) == 4 * PACKAGES else None

    found = until(all_found)
    what = Counter(
        (one["resources"][0]["id"], one["packageVulnerabilityDetails"]["vulnerabilityId"]) for one in found)
    assert len(what) == 4 * PACKAGES and set(what.values()) == {1}
    # None that is closed stands beside one that is open.
    assert len(inspector.findings()) == 4 * PACKAGES
    for finding in found:
        assert first.get(finding["findingArn"], finding["firstObservedAt"]) == finding["firstObservedAt"]
    s3 = server.root.client("s3")
    assert reports, "otherwise nothing was interrupted"
    for id in reports:

        def ended(id: str = id) -> dict[str, Any] | None:
            answer = dict(inspector.api.get_findings_report_status(reportId=id))
            return None if answer["status"] == "IN_PROGRESS" else answer

        answer = dict(until(ended))
        if answer["status"] == "FAILED":
            # It was asked for before anything had been found.
            assert answer["errorCode"] == "NO_FINDINGS_FOUND"
            continue
        written = json.loads(s3.get_object(Bucket="reports", Key=f"{id}.json")["Body"].read())["findings"]
        arns = [one["findingArn"] for one in written]
        assert answer["status"] == "SUCCEEDED" and arns and len(set(arns)) == len(arns)
        assert {one["awsAccountId"] for one in written} == {ACCOUNT}
