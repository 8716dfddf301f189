"""cloudsplaining reads GetAccountAuthorizationDetails and names the policies that are not least privilege."""

from __future__ import annotations

import json
from pathlib import Path

import accounts
from conftest import run_auditor
from harness import Identity, Server


def customer_policies_with_risks(identity: Identity, folder: Path) -> dict[str, set[str]]:
    """The kinds of risk in each policy that the customer wrote and that somebody has."""
    (folder / ".aws").mkdir()
    run_auditor("readers", folder, identity, "cloudsplaining", "download", "--output", str(folder))
    run_auditor(
        "readers", folder, identity, "cloudsplaining", "scan", "--input-file", str(folder / "default.json"),
        "--output", str(folder), "--skip-open-report",
    )  # fmt: skip
    report = json.loads((folder / "iam-results-default.json").read_text())
    kinds = ["PrivilegeEscalation", "ResourceExposure", "ServiceWildcard", "CredentialsExposure", "DataExfiltration"]
    found = {}
    for group in ["customer_managed_policies", "inline_policies"]:
        for policy in report[group].values():
            risks = {kind for kind in kinds if policy.get(kind, {}).get("findings")}
            if risks:
                found[policy["PolicyName"]] = risks
    return found


def test_secured_account_has_no_risks(cloud: Server, tmp_path: Path) -> None:
    found = customer_policies_with_risks(accounts.secure(cloud), tmp_path)
    assert found == {}


def test_careless_account_has_them(cloud: Server, tmp_path: Path) -> None:
    found = customer_policies_with_risks(accounts.careless(cloud), tmp_path)
    assert set(found) == {"everything"}
    assert {"PrivilegeEscalation", "ResourceExposure", "DataExfiltration"} <= found["everything"]
