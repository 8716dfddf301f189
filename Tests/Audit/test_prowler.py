"""Prowler reads the account by the API alone, and finds what is truly there."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import accounts
from conftest import run_auditor
from harness import ACCOUNT, Identity, Server, policy


def findings(identity: Identity, folder: Path, service: str = "iam") -> dict[str, set[str]]:
    """The statuses (PASS, FAIL, MANUAL) that each of Prowler's checks of a service found."""
    run_auditor(
        "prowler", folder, identity, "prowler", "aws", "--region", "us-east-1", "--service", service,
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


# What no account can have here: codes of hardware, and use of a service that Gatehouse does not answer. And not everybody
# has an identity provider.
OUT_OF_REACH = {
    "iam_check_saml_providers_sts",
    "iam_role_access_not_stale_to_bedrock",
    "iam_user_access_not_stale_to_bedrock",
    "iam_user_hardware_mfa_enabled",
}


def test_secured_account_passes(cloud: Server, tmp_path: Path) -> None:
    found = findings(accounts.secure(cloud), tmp_path)
    assert len(found) >= 35, "Prowler has run its checks"
    assert failed(found) == OUT_OF_REACH


def test_careless_account_fails(cloud: Server, tmp_path: Path) -> None:
    found = findings(accounts.careless(cloud), tmp_path)
    assert failed(found) == OUT_OF_REACH | {
        "iam_avoid_root_usage",
        "iam_aws_attached_policy_no_administrative_privileges",
        "iam_customer_attached_policy_no_administrative_privileges",
        "iam_inline_policy_no_administrative_privileges",
        "iam_inline_policy_no_full_access_to_cloudtrail",
        "iam_inline_policy_no_full_access_to_kms",
        "iam_inline_policy_no_wildcard_marketplace_subscribe",
        "iam_no_custom_policy_permissive_role_assumption",
        "iam_no_root_access_key",
        "iam_password_policy_expires_passwords_within_90_days_or_less",
        "iam_password_policy_lowercase",
        "iam_password_policy_minimum_length_14",
        "iam_password_policy_number",
        "iam_password_policy_reuse_24",
        "iam_password_policy_symbol",
        "iam_password_policy_uppercase",
        "iam_policy_attached_only_to_group_or_roles",
        "iam_policy_no_full_access_to_cloudtrail",
        "iam_policy_no_full_access_to_kms",
        "iam_policy_no_wildcard_marketplace_subscribe",
        "iam_root_hardware_mfa_enabled",
        "iam_root_mfa_enabled",
        "iam_securityaudit_role_created",
        "iam_support_role_created",
        "iam_user_administrator_access_policy",
        "iam_user_mfa_enabled_console_access",
        "iam_user_no_setup_initial_access_key",
        "iam_user_two_active_access_key",
        "iam_user_with_temporary_credentials",
    }


def key_policy(*statements: dict[str, object]) -> str:
    return policy(*({"Effect": "Allow", "Action": "kms:*", "Resource": "*"} | one for one in statements))


ACCOUNT_ALONE = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}


def test_keys_of_a_secured_account_pass(cloud: Server, tmp_path: Path) -> None:
    kms = cloud.root.client("kms")
    key = kms.create_key(Policy=key_policy(ACCOUNT_ALONE))["KeyMetadata"]["KeyId"]
    kms.enable_key_rotation(KeyId=key)
    found = findings(cloud.root, tmp_path, "kms")
    assert found["kms_cmk_rotation_enabled"] == found["kms_key_not_publicly_accessible"] == {"PASS"}
    assert not failed(found)


def test_keys_of_a_careless_account_fail(cloud: Server, tmp_path: Path) -> None:
    kms = cloud.root.client("kms")
    kms.create_key(Policy=key_policy(ACCOUNT_ALONE, {"Principal": "*"}), MultiRegion=True)
    kms.disable_key(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"])
    assert failed(findings(cloud.root, tmp_path, "kms")) == {
        "kms_cmk_are_used",
        "kms_cmk_not_deleted_unintentionally",
        "kms_cmk_not_multi_region",
        "kms_cmk_rotation_enabled",
        "kms_key_not_publicly_accessible",
    }
