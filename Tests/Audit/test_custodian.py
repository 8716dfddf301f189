"""Cloud Custodian finds what its policies look for, and mends it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import accounts
from conftest import run_auditor
from harness import ACCOUNT, Identity, Server, allow, policy
from harness.configuration import Recording, until
from harness.documents import trust

POLICIES = """
policies:
  - name: password-without-mfa
    resource: aws.iam-user
    filters:
      - {type: credential, key: password_enabled, value: true}
      - {type: credential, key: mfa_active, value: false}
  - name: rights-on-users
    resource: aws.iam-user
    filters:
      - {type: policy, key: PolicyName, value: not-null}
  - name: active-key
    resource: aws.iam-user
    filters:
      - {type: access-key, key: Status, value: Active}
  - name: root-keys
    resource: aws.account
    filters:
      - {type: iam-summary, key: AccountAccessKeysPresent, value: 1}
  - name: root-without-mfa
    resource: aws.account
    filters:
      - {type: iam-summary, key: AccountMFAEnabled, value: 0}
  - name: weak-password-policy
    resource: aws.account
    filters:
      - or:
          - {type: password-policy, key: PasswordPolicyConfigured, value: false}
          - {type: password-policy, key: MinimumPasswordLength, value: 14, op: lt}
"""

REPAIRS = """
policies:
  - name: set-password-policy
    resource: aws.account
    actions:
      - type: set-password-policy
        policy: {MinimumPasswordLength: 16, RequireSymbols: true}
  - name: deactivate-keys
    resource: aws.iam-user
    filters:
      - {UserName: bob}
      - {type: access-key, key: Status, value: Active}
    actions:
      - {type: remove-keys, disable: true, matched: true}
"""


def custodian(identity: Identity, folder: Path, policies: str) -> dict[str, list[dict[str, Any]]]:
    """What each policy found."""
    (folder / "policies.yml").write_text(policies)
    run_auditor(
        "readers", folder, identity, "custodian", "run", "--output-dir", str(folder / "out"), "--cache-period", "0",
        "--region", "us-east-1", "policies.yml",
    )  # fmt: skip
    return {
        resources.parent.name: json.loads(resources.read_text()) for resources in folder.glob("out/*/resources.json")
    }


def test_secured_account(cloud: Server, tmp_path: Path) -> None:
    found = custodian(accounts.secure(cloud), tmp_path, POLICIES)
    assert {name for name, resources in found.items() if resources} == {"active-key"}
    assert [user["UserName"] for user in found["active-key"]] == ["auditor"]


def test_careless_account(cloud: Server, tmp_path: Path) -> None:
    found = custodian(accounts.careless(cloud), tmp_path, POLICIES)
    assert {name for name, resources in found.items() if resources} == {
        "password-without-mfa", "rights-on-users", "active-key", "root-keys", "root-without-mfa",
        "weak-password-policy",
    }  # fmt: skip
    assert [user["UserName"] for user in found["active-key"]] == ["bob"]


def test_custodian_mends(cloud: Server, tmp_path: Path) -> None:
    root = accounts.careless(cloud)
    custodian(root, tmp_path, REPAIRS)
    assert root.iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"] == 16
    keys = root.iam.list_access_keys(UserName="bob")["AccessKeyMetadata"]
    assert [key["Status"] for key in keys] == ["Inactive", "Inactive"]


OUTSIDE_ACCESS = """
policies:
  - name: has-analyzer
    resource: aws.account
    filters:
      - {type: access-analyzer, key: status, value: ACTIVE}
  - name: findings
    resource: aws.access-analyzer-finding
    filters:
      - {status: ACTIVE}
  - name: public-buckets
    resource: aws.s3
    filters:
      - {type: iam-analyzer, key: isPublic, value: true}
  - name: shared-roles
    resource: aws.iam-role
    filters:
      - {type: iam-analyzer, key: isPublic, value: false}
"""


def test_what_access_analyzer_found(cloud: Server, tmp_path: Path) -> None:
    root = cloud.root
    assert not custodian(root, tmp_path, OUTSIDE_ACCESS)["has-analyzer"]
    arn = root.client("accessanalyzer").create_analyzer(analyzerName="main", type="ACCOUNT")["arn"]
    reader = trust({"AWS": "arn:aws:iam::444455556666:root"})
    root.iam.create_role(RoleName="reader", AssumeRolePolicyDocument=reader)
    s3 = root.client("s3")
    for bucket in ("open", "closed"):
        s3.create_bucket(Bucket=bucket)
    s3.delete_public_access_block(Bucket="open")
    s3.put_bucket_policy(
        Bucket="open", Policy=policy(allow("s3:GetObject", "arn:aws:s3:::open/*", Principal="*")))
    deadline = time.monotonic() + 20
    while len(root.client("accessanalyzer").list_findings(analyzerArn=arn)["findings"]) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    found = custodian(root, tmp_path, OUTSIDE_ACCESS)
    assert len(found["has-analyzer"]) == 1
    assert {one["resource"] for one in found["findings"]} == {
        "arn:aws:s3:::open", f"arn:aws:iam::{ACCOUNT}:role/reader"}
    assert [one["Name"] for one in found["public-buckets"]] == ["open"]
    assert [one["RoleName"] for one in found["shared-roles"]] == ["reader"]


RECORDED = """
policies:
  - name: by-the-record
    resource: aws.iam-user
    source: config
    query:
      - clause: "resourceName = 'bob'"
  - name: against-the-rules
    resource: aws.iam-user
    filters:
      - {type: config-compliance, rules: [users], states: [NON_COMPLIANT]}
  - name: buckets-by-the-record
    resource: aws.s3
    source: config
    filters:
      - {type: config-compliance, rules: [versioned], states: [NON_COMPLIANT]}
"""


def test_what_aws_config_says(cloud: Server, tmp_path: Path) -> None:
    root = accounts.careless(cloud)
    root.iam.create_user(UserName="good")
    recording = Recording(root)
    for name, identifier in {"users": "IAM_USER_NO_POLICIES_CHECK", "versioned": "S3_BUCKET_VERSIONING_ENABLED"}.items():
        source = {"Owner": "AWS", "SourceIdentifier": identifier}
        recording.api.put_config_rule(ConfigRule={"ConfigRuleName": name, "Source": source})

    def verdicts(rule: str) -> list[str]:
        results = recording.api.get_compliance_details_by_config_rule(ConfigRuleName=rule)["EvaluationResults"]
        return [one["ComplianceType"] for one in results]

    until(lambda: sorted(verdicts("users")) == ["COMPLIANT", "NON_COMPLIANT"] and verdicts("versioned") == ["NON_COMPLIANT"])
    found = custodian(root, tmp_path, RECORDED)
    assert [one["UserName"] for one in found["by-the-record"]] == ["bob"]
    assert [one["UserName"] for one in found["against-the-rules"]] == ["bob"]
    assert [one["Name"] for one in found["buckets-by-the-record"]] == [recording.bucket]
