"""Prowler reads the account by the API alone, and finds what is truly there."""

from __future__ import annotations

import csv
import itertools
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import accounts
import storage
import watching
from conftest import run_auditor
from harness import ACCOUNT, Identity, Server, policy
from harness.documents import trust


def report(identity: Identity, folder: Path, *chosen: str, regions: tuple[str, ...] = ("us-east-1",)) -> list[dict[str, str]]:
    """What some of Prowler's checks found, row by row."""
    run_auditor(
        "prowler", folder, identity, "prowler", "aws", "--region", *regions, *chosen,
        "--output-formats", "csv", "--output-directory", str(folder), "--output-filename", "report",
        "--ignore-exit-code-3", "--no-banner",
    )  # fmt: skip
    with open(folder / "report.csv", newline="") as file:
        return list(csv.DictReader(file, delimiter=";"))


def findings(identity: Identity, folder: Path, *services: str) -> dict[str, set[str]]:
    """The statuses (PASS, FAIL, MANUAL) that each of Prowler's checks of some services found, of IAM where none is named."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in report(identity, folder, "--service", *(services or ("iam",))):
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


# Buckets and trails


def of_storage(identity: Identity, folder: Path) -> dict[str, dict[str, set[str]]]:
    """Check → status → buckets, trails, access points, or Regions."""
    found: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in report(identity, folder, "--service", "s3", "cloudtrail", regions=(storage.HOME, storage.AWAY)):
        name = row["REGION"] if "_multi_region_" in row["CHECK_ID"] else row["RESOURCE_NAME"]
        found[row["CHECK_ID"]][row["STATUS"]].add(name)
    return {check: dict(statuses) for check, statuses in found.items()}


def test_storage_of_a_careful_account_passes(cloud: Server, tmp_path: Path) -> None:
    found = of_storage(storage.careful(cloud), tmp_path)
    logs, copies = {"logs-us-east-1", "logs-eu-west-1"}, {"data-copy", "record-copy"}
    expected_to_fail = {
        # MFA delete is not built, and there is no CloudWatch.
        "cloudtrail_bucket_requires_mfa_delete": {"everything"},
        "s3_bucket_no_mfa_delete": {"data", "record"} | copies | logs,
        "cloudtrail_cloudwatch_logging_enabled": {"everything"},
        # Nobody copies the copies, nor the logs, which S3 itself writes: they have nothing of what costs.
        "s3_bucket_cross_region_replication": copies | logs,
    } | dict.fromkeys(
        [
            "s3_bucket_event_notifications_enabled", "s3_bucket_kms_encryption", "s3_bucket_lifecycle_enabled",
            "s3_bucket_object_lock", "s3_bucket_object_versioning", "s3_bucket_server_access_logging_enabled",
        ],
        logs,
    )  # fmt: skip
    assert {check: statuses["FAIL"] for check, statuses in found.items() if "FAIL" in statuses} == expected_to_fail
    assert set().union(*found.values()) == {"PASS", "FAIL"}, "nothing that could not be looked at"
    assert {check for check, statuses in found.items() if "PASS" not in statuses} == {
        "cloudtrail_bucket_requires_mfa_delete", "s3_bucket_no_mfa_delete", "cloudtrail_cloudwatch_logging_enabled",
    }  # fmt: skip
    assert set(found) == CHECKS


def test_storage_of_a_careless_account_fails(cloud: Server, tmp_path: Path) -> None:
    found = of_storage(storage.careless(cloud), tmp_path)
    passed = {
        # Its management events are recorded, at home; S3 encrypts for everybody; and not every bucket is open to all.
        "cloudtrail_bedrock_logging_enabled": {"some"},
        "cloudtrail_multi_region_enabled": {storage.HOME},
        "cloudtrail_multi_region_enabled_logging_management_events": {storage.HOME},
        "s3_bucket_default_encryption": {"open", "record", "shared"},
        "s3_bucket_cross_account_access": {"record"},
        "s3_bucket_policy_public_write_access": {"record", "shared"},
        "s3_bucket_public_access": {"shared"},
        "s3_bucket_public_list_acl": {"shared"},
        "s3_bucket_public_write_acl": {"record", "shared"},
    }
    assert {check: statuses["PASS"] for check, statuses in found.items() if "PASS" in statuses} == passed
    alone = {"cloudtrail_bedrock_logging_enabled", "s3_bucket_default_encryption"}
    assert {check for check, statuses in found.items() if "FAIL" not in statuses} == alone
    assert found["s3_bucket_cross_account_access"]["FAIL"] == {"open", "shared"}
    assert found["s3_bucket_public_access"]["FAIL"] == {"open", "record"}
    assert found["s3_access_point_public_access_block"]["FAIL"] == {"wide"}
    assert set(found) == CHECKS


# All that say something of such accounts. Threat detection and public objects are to be asked for, Multi-Region Access Points
# and buckets that services have left behind are not there.
CHECKS = {
    "cloudtrail_bedrock_logging_enabled", "cloudtrail_bucket_requires_mfa_delete", "cloudtrail_cloudwatch_logging_enabled",
    "cloudtrail_insights_exist", "cloudtrail_kms_encryption_enabled", "cloudtrail_log_file_validation_enabled",
    "cloudtrail_logs_s3_bucket_access_logging_enabled", "cloudtrail_logs_s3_bucket_is_not_publicly_accessible",
    "cloudtrail_multi_region_enabled", "cloudtrail_multi_region_enabled_logging_management_events",
    "cloudtrail_s3_dataevents_read_enabled", "cloudtrail_s3_dataevents_write_enabled",
    "s3_access_point_public_access_block", "s3_account_level_public_access_blocks", "s3_bucket_acl_prohibited",
    "s3_bucket_cross_account_access", "s3_bucket_cross_region_replication", "s3_bucket_default_encryption",
    "s3_bucket_event_notifications_enabled", "s3_bucket_kms_encryption", "s3_bucket_level_public_access_block",
    "s3_bucket_lifecycle_enabled", "s3_bucket_no_mfa_delete", "s3_bucket_object_lock", "s3_bucket_object_versioning",
    "s3_bucket_policy_public_write_access", "s3_bucket_public_access", "s3_bucket_public_list_acl",
    "s3_bucket_public_write_acl", "s3_bucket_secure_transport_policy", "s3_bucket_server_access_logging_enabled",
}  # fmt: skip


# Who watches


def test_a_watched_account_passes(cloud: Server, tmp_path: Path) -> None:
    found = findings(watching.watched(cloud), tmp_path, "cloudwatch", "config", "eventbridge", "sns")
    # All fifteen alarms are looked for.
    assert sum(check.startswith(("cloudwatch_log_metric_filter_", "cloudwatch_changes_to_")) for check in found) == 15
    assert len(found) >= 29, sorted(found)
    assert failed(found) == {
        # The CIS benchmark does not ask for these.
        "cloudwatch_log_group_kms_encryption_enabled", "sns_topics_kms_encryption_at_rest_enabled",
        "config_recorder_using_aws_service_role",
        # There is no organization.
        "config_delegated_admin_and_org_aggregator_all_regions",
    }  # fmt: skip


def benchmark(identity: Identity, folder: Path) -> dict[str, set[str]]:
    """The statuses of the checks of the whole CIS benchmark, of all services."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in report(identity, folder, "--compliance", "cis_5.0_aws"):
        found[row["CHECK_ID"]].add(row["STATUS"])
    return found


def test_the_cis_benchmark_of_a_watched_account(cloud: Server, tmp_path: Path) -> None:
    found = benchmark(watching.watched(cloud), tmp_path)
    watch = {check for check in found if check.startswith(("cloudwatch_", "config_"))}
    assert len(watch) == 16 and not failed({check: found[check] for check in watch})
    assert failed(found) == OF_STORAGE | {"accessanalyzer_enabled", "iam_check_saml_providers_sts"}


# What this account has not seen to, since other tests do: how trails and buckets are kept.
OF_STORAGE = {
    "cloudtrail_kms_encryption_enabled", "cloudtrail_logs_s3_bucket_access_logging_enabled",
    "cloudtrail_s3_dataevents_read_enabled", "cloudtrail_s3_dataevents_write_enabled",
    "s3_account_level_public_access_blocks", "s3_bucket_no_mfa_delete", "s3_bucket_secure_transport_policy",
}  # fmt: skip


def test_the_cis_benchmark_of_a_careless_account(cloud: Server, tmp_path: Path) -> None:
    found = benchmark(accounts.careless(cloud), tmp_path)
    watch = {check for check in found if check.startswith(("cloudwatch_", "config_"))}
    assert len(watch) == 16 and watch <= failed(found)


# Access Analyzer


def test_access_analyzer(cloud: Server, tmp_path: Path) -> None:
    root = cloud.root
    looks = itertools.count()

    def look() -> dict[str, set[str]]:
        # Prowler adds to a report that is there.
        folder = tmp_path / str(next(looks))
        folder.mkdir()
        return findings(root, folder, "accessanalyzer")

    found = look()
    assert (found["accessanalyzer_enabled"], found["accessanalyzer_enabled_without_findings"]) == ({"FAIL"}, set())

    api = root.client("accessanalyzer")
    api.create_analyzer(analyzerName="main", type="ACCOUNT")
    found = look()
    assert (found["accessanalyzer_enabled"], found["accessanalyzer_enabled_without_findings"]) == ({"PASS"}, {"PASS"})

    reader = trust({"AWS": "arn:aws:iam::444455556666:root"})
    root.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=reader)
    wait_for(lambda: active_findings(root))
    found = look()
    assert (found["accessanalyzer_enabled"], found["accessanalyzer_enabled_without_findings"]) == ({"PASS"}, {"FAIL"})

    api.update_findings(analyzerArn=f"{ANALYZERS}main", status="ARCHIVED", ids=active_findings(root))
    assert not failed(look())


ANALYZERS = f"arn:aws:access-analyzer:us-east-1:{ACCOUNT}:analyzer/"


def active_findings(root: Identity) -> list[str]:
    active = {"status": {"eq": ["ACTIVE"]}}
    listed = root.client("accessanalyzer").list_findings(analyzerArn=f"{ANALYZERS}main", filter=active)
    return [one["id"] for one in listed["findings"]]


def wait_for(found: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not found():
        assert time.monotonic() < deadline
        time.sleep(0.1)
