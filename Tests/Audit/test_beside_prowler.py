"""`gatehouse audit` and Prowler on the same accounts: where they agree, and why they don't where they don't."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import accounts
import pytest
import storage
from harness import Identity, Server
from harness.server import REPOSITORY, gatehouse
from test_prowler import report

# Prowler's check → Gatehouse's.
SAME = {
    "iam_no_root_access_key": "iam-root-access-key",
    "iam_root_mfa_enabled": "iam-root-mfa",
    "iam_avoid_root_usage": "iam-root-use",
    "iam_password_policy_minimum_length_14": "iam-password-length",
    "iam_password_policy_reuse_24": "iam-password-reuse",
    "iam_password_policy_symbol": "iam-password-strength",
    "iam_password_policy_number": "iam-password-strength",
    "iam_password_policy_uppercase": "iam-password-strength",
    "iam_password_policy_lowercase": "iam-password-strength",
    "iam_user_mfa_enabled_console_access": "iam-user-mfa",
    "iam_user_two_active_access_key": "iam-one-active-key",
    "iam_rotate_access_key_90_days": "iam-key-rotation",
    "iam_user_accesskey_unused": "iam-unused-credentials",
    "iam_user_console_access_unused": "iam-unused-credentials",
    "iam_policy_attached_only_to_group_or_roles": "iam-user-policies",
    "iam_customer_attached_policy_no_administrative_privileges": "iam-admin-policies",
    "iam_inline_policy_no_administrative_privileges": "iam-inline-admin",
    "iam_support_role_created": "iam-support-role",
    "s3_account_level_public_access_blocks": "s3-account-block",
    "s3_bucket_level_public_access_block": "s3-bucket-block",
    "s3_bucket_object_versioning": "s3-versioning",
    "s3_bucket_server_access_logging_enabled": "s3-access-logs",
    "s3_bucket_no_mfa_delete": "s3-mfa-delete",
    "s3_bucket_policy_public_write_access": "s3-public-write",
    "s3_bucket_acl_prohibited": "s3-access-lists",
    "cloudtrail_log_file_validation_enabled": "cloudtrail-validation",
    "cloudtrail_kms_encryption_enabled": "cloudtrail-encryption",
    "cloudtrail_logs_s3_bucket_access_logging_enabled": "cloudtrail-bucket-logs",
    "cloudtrail_logs_s3_bucket_is_not_publicly_accessible": "cloudtrail-bucket-public",
    "cloudtrail_cloudwatch_logging_enabled": "cloudtrail-log-group",
    "cloudtrail_s3_dataevents_read_enabled": "cloudtrail-object-reads",
    "cloudtrail_s3_dataevents_write_enabled": "cloudtrail-object-writes",
}

# Where one of them fails an account that the other passes: Prowler's check, the account, and why.
DIFFERENT = {
    (
        "iam_root_hardware_mfa_enabled", "iam-root-hardware-mfa", accounts.secure,
    ): "Prowler knows root's virtual device by the name that AWS's console gives it; Gatehouse looks at the device",
    (
        "s3_bucket_secure_transport_policy", "s3-secure-transport", storage.careful,
    ): "Gatehouse wants the bucket's own requests denied without TLS as well, as AWS Config's rule does",
}  # fmt: skip


GUIDE = REPOSITORY / "Documentation" / "guides" / "audit.md"


def test_the_guide_says_so() -> None:
    """The guide's table has each difference on the accounts of accounts.py with its reason, and says how many questions are the same."""
    text = GUIDE.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| Prowler: ")]
    assert rows == [
        f"| Prowler: `{check}` | `{own}` | {reason} |"
        for (check, own, make), reason in DIFFERENT.items()
        if make in (accounts.secure, accounts.careless)
    ]
    assert f"{len(SAME)} of Prowler's checks" in " ".join(text.split())


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Server]:
    """A server with data that the command can look at."""
    with Server(data=tmp_path / "data") as server:
        yield server


def by_prowler(identity: Identity, folder: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    rows = report(
        identity, folder, "--service", "iam", "s3", "cloudtrail", regions=(storage.HOME, storage.AWAY)
    )
    for row in rows:
        found[row["CHECK_ID"]].add(row["STATUS"])
    return found


def by_gatehouse(server: Server) -> dict[str, str]:
    done = gatehouse("audit", "--data", str(server.data), "--format", "json", within=120)
    (account,) = json.loads(done.stdout)["accounts"]
    return {check["id"]: check["outcome"] for check in account["checks"]}


@pytest.mark.parametrize("make", [accounts.secure, accounts.careless, storage.careful, storage.careless])
def test_they_agree(make: Callable[[Server], Identity], kept: Server, tmp_path: Path) -> None:
    identity = make(kept)
    ours = by_gatehouse(kept)
    theirs = by_prowler(identity, tmp_path)
    asked = {check for check in SAME if theirs.get(check, set()) & {"PASS", "FAIL"}}
    assert len(asked) >= 15
    bad = defaultdict(bool)
    for check in asked:
        bad[SAME[check]] |= "FAIL" in theirs[check]
    apart = {check: ours[check] for check, is_bad in bad.items() if (ours[check] == "fail") != is_bad}
    assert apart == {}
    for (check, own, account), reason in DIFFERENT.items():
        if account is make:
            assert ("FAIL" in theirs[check], ours[own]) == (False, "fail"), reason
