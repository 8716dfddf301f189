"""Prowler reads the account by the API alone, and finds what is truly there."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import accounts
from conftest import run_auditor
from harness import Identity, Server


def findings(identity: Identity, folder: Path) -> dict[str, set[str]]:
    """The statuses (PASS, FAIL, MANUAL) that each of Prowler's IAM checks found."""
    run_auditor(
        "prowler", folder, identity, "prowler", "aws", "--region", "us-east-1", "--service", "iam",
        "--output-formats", "csv", "--output-directory", str(folder), "--output-filename", "report",
        "--ignore-exit-code-3", "--no-banner",
    )  # fmt: skip
    found: dict[str, set[str]] = defaultdict(set)
    with open(folder / "report.csv", newline="") as file:
        for row in csv.DictReader(file, delimiter=";"):
            found[row["CHECK_ID"]].add(row["STATUS"])
    return found


def failed(found: dict[str, set[str]]) -> set[str]:
    return {check for check, statuses in found.items() if "FAIL" in statuses}


def test_secured_account_passes(cloud: Server, tmp_path: Path) -> None:
    found = findings(accounts.secure(cloud), tmp_path)
    assert failed(found) == set()


def test_careless_account_fails(cloud: Server, tmp_path: Path) -> None:
    found = findings(accounts.careless(cloud), tmp_path)
    assert failed(found) == set()
