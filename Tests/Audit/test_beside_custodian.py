"""`gatehouse audit` and Cloud Custodian on the same accounts: policies that ask what checks ask, and the answers side by side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import accounts
import pytest
from harness import Identity, Server
from test_beside_prowler import GUIDE, by_gatehouse, kept  # noqa: F401
from test_custodian import custodian

#: Each policy is called by the check that asks the same. Custodian's `iam-policy` asks the Resource Groups Tagging API, which is not there.
POLICIES = """
policies:
  - name: iam-root-access-key
    resource: aws.account
    filters: [{type: iam-summary, key: AccountAccessKeysPresent, value: 1}]
  - name: iam-root-mfa
    resource: aws.account
    filters: [{type: iam-summary, key: AccountMFAEnabled, value: 0}]
  - name: iam-password-length
    resource: aws.account
    filters:
      - or:
          - {type: password-policy, key: PasswordPolicyConfigured, value: false}
          - {type: password-policy, key: MinimumPasswordLength, value: 14, op: lt}
  - name: iam-password-reuse
    resource: aws.account
    filters:
      - or:
          - {type: password-policy, key: PasswordReusePrevention, value: absent}
          - {type: password-policy, key: PasswordReusePrevention, value: 24, op: lt}
  - name: iam-user-mfa
    resource: aws.iam-user
    filters:
      - {type: credential, key: password_enabled, value: true}
      - {type: credential, key: mfa_active, value: false}
  - name: iam-one-active-key
    resource: aws.iam-user
    filters:
      - {type: access-key, key: Status, value: Active}
      - {type: value, key: 'length("c7n:AccessKeys"[?Status==`Active`])', op: gt, value: 1}
  - name: iam-inline-admin
    resource: aws.iam-user
    filters: [{type: has-inline-policy, value: true}]
  - name: s3-account-block
    resource: aws.account
    filters: [{type: s3-public-block, key: BlockPublicPolicy, value: true, op: ne}]
  - name: s3-bucket-block
    resource: aws.s3
    filters: [{type: check-public-block}]
  - name: s3-versioning
    resource: aws.s3
    filters: [{type: value, key: Versioning.Status, op: ne, value: Enabled}]
  - name: s3-access-logs
    resource: aws.s3
    filters: [{type: bucket-logging, op: disabled}]
  - name: cloudtrail-all-regions
    resource: aws.account
    filters: [{type: check-cloudtrail, multi-region: true, running: true, include-management-events: true}]
  - name: kms-rotation
    resource: aws.kms-key
    filters:
      - {type: value, key: KeyManager, value: CUSTOMER}
      - {type: key-rotation-status, key: KeyRotationEnabled, value: false}
  - name: ec2-group-admin-ports
    resource: aws.security-group
    filters:
      - {type: ingress, Ports: [22, 3389], Cidr: {value: 0.0.0.0/0}}
  - name: ec2-default-encryption
    resource: aws.account
    filters: [{type: default-ebs-encryption, state: false}]
  - name: vpc-flow-logs
    resource: aws.vpc
    filters: [{not: [{type: flow-logs, enabled: true, status: active}]}]
"""


NOT_USED = "Gatehouse looks where something of EC2 has been used, and says that there is nothing to look at; Custodian asks everywhere"
DIFFERENT = {"ec2-default-encryption": NOT_USED, "vpc-flow-logs": NOT_USED}


def test_the_guide_says_so() -> None:
    text = GUIDE.read_text()
    rows = [line for line in text.splitlines() if line.startswith("| Custodian: ")]
    assert rows == [f"| Custodian: `{check}` | `{check}` | {reason} |" for check, reason in DIFFERENT.items()]
    assert f"{POLICIES.count('- name:')} policies for Cloud Custodian" in " ".join(text.split())


@pytest.mark.parametrize("make", [accounts.secure, accounts.careless])
def test_they_agree(make: Callable[[Server], Identity], kept: Server, tmp_path: Path) -> None:  # noqa: F811
    identity = make(kept)
    ours = by_gatehouse(kept)
    theirs = custodian(identity, tmp_path, POLICIES)
    assert len(theirs) >= 15
    apart = {name: ours[name] for name, found in theirs.items() if bool(found) != (ours[name] == "fail")}
    assert apart == dict.fromkeys(DIFFERENT, "not-applicable")
