"""`gatehouse audit`: what is wrong with an account, proven by what is there, and mended by the commands that it prints."""

import json
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import ACCOUNT, Identity, Server, policy
from harness.mfa import VirtualDevice
from harness.oscal import check_assessment, schema_faults
from harness.sarif import check_sarif
from harness.server import gatehouse

PASSWORD = "correct-Horse-battery-7"
ALL_BLOCKED = {
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
}  # fmt: skip
EVERYTHING = policy({"Effect": "Allow", "Action": "*", "Resource": "*"})


def audit(server: Server, *words: str) -> dict[str, Any]:
    done = gatehouse("audit", "--data", str(server.data), *words, "--format", "json", within=120)
    assert done.stderr == ""
    answer: dict[str, Any] = json.loads(done.stdout)
    bad = any(one["outcome"] == "fail" for account in answer["accounts"] for one in account["findings"])
    assert done.returncode == (1 if bad else 0)
    return answer


def findings(server: Server, *words: str) -> list[dict[str, Any]]:
    (account,) = audit(server, *words)["accounts"]
    found: list[dict[str, Any]] = account["findings"]
    return found


def outcomes(server: Server, *words: str) -> dict[str, str]:
    (account,) = audit(server, *words)["accounts"]
    return {check["id"]: check["outcome"] for check in account["checks"]}


def one(server: Server, check: str, name: str = "") -> dict[str, Any]:
    (found,) = [one for one in findings(server, "--check", check) if name in one["resource"]]
    return found


def proof(finding: dict[str, Any]) -> dict[str, str]:
    return {fact["name"]: fact["value"] for fact in finding["proof"]}


def run(identity: Identity, commands: list[str]) -> None:
    """Commands of the AWS CLI; a remark is none."""
    for line in commands:
        if line.startswith("#"):
            continue
        words = shlex.split(line)
        assert words[0] == "aws"
        if words[1] == "s3control":
            # Its host names begin with the account's number, which no name server here knows.
            block = dict(one.split("=") for one in words[-1].split(","))
            identity.client("s3control").put_public_access_block(
                AccountId=ACCOUNT, PublicAccessBlockConfiguration={name: value == "true" for name, value in block.items()}
            )
            continue
        identity.aws(*words[1:])


def enable_factor(identity: Identity, user: str) -> None:
    made = identity.iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
    first, second = VirtualDevice(made["Base32StringSeed"]).two_codes()
    identity.iam.enable_mfa_device(
        UserName=user, SerialNumber=made["SerialNumber"], AuthenticationCode1=first, AuthenticationCode2=second
    )


def careless(server: Server) -> Identity:
    """One in a hurry: everybody may do everything, and the buckets are for all."""
    root = server.root
    iam = root.iam
    iam.create_user(UserName="bob")
    iam.create_login_profile(UserName="bob", Password=PASSWORD)
    iam.put_user_policy(UserName="bob", PolicyName="everything", PolicyDocument=EVERYTHING)
    for _ in range(2):
        iam.create_access_key(UserName="bob")
    arn = iam.create_policy(PolicyName="everything", PolicyDocument=EVERYTHING)["Policy"]["Arn"]
    iam.attach_user_policy(UserName="bob", PolicyArn=arn)
    anybody = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}
    iam.create_role(RoleName="open", AssumeRolePolicyDocument=json.dumps(anybody))
    s3 = root.client("s3")
    s3.create_bucket(Bucket="for-all")
    s3.put_public_access_block(
        Bucket="for-all", PublicAccessBlockConfiguration=dict.fromkeys(ALL_BLOCKED, False)
    )
    s3.put_bucket_policy(
        Bucket="for-all",
        Policy=policy({"Effect": "Allow", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::for-all/*"}),
    )
    root.client("sns").create_topic(Name="news")
    ec2 = root.client("ec2")
    group = ec2.create_security_group(GroupName="open", Description="open")["GroupId"]
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]},
        ],
    )  # fmt: skip
    root.client("kms").create_key()
    return root


CARELESS = {
    "iam-root-access-key", "iam-root-mfa", "iam-root-hardware-mfa", "iam-root-use", "iam-user-mfa",
    "iam-one-active-key", "iam-password-length", "iam-password-reuse", "iam-password-strength",
    "account-security-contact", "account-contact", "account-organization", "iam-user-policies", "iam-admin-policies",
    "iam-inline-admin", "iam-role-public", "iam-support-role", "s3-account-block", "s3-bucket-block", "s3-public-read",
    "s3-public-write", "s3-secure-transport", "s3-mfa-delete", "s3-versioning", "s3-access-logs",
    "cloudtrail-all-regions", "cloudtrail-object-writes", "cloudtrail-object-reads", "config-recorder",
    "access-analyzer", "vpc-flow-logs", "ec2-group-admin-ports", "ec2-group-admin-ports-ipv6", "ec2-group-open-ports",
    "ec2-default-group", "ec2-acl-admin-ports", "ec2-default-encryption", "kms-rotation", "sns-encryption", "guardduty",
    *(f"monitoring-{number:02}" for number in range(1, 16)),
}  # fmt: skip


def test_a_careless_account(durable: Callable[..., Server]) -> None:
    server = durable().start()
    careless(server)
    found = outcomes(server)
    wrong = {check for check, outcome in found.items() if outcome == "fail"}
    assert wrong == CARELESS

    key = one(server, "iam-root-access-key")
    assert key["resource"] == f"arn:aws:iam::{ACCOUNT}:root" and key["severity"] == "critical"
    assert server.root.key_id in proof(key)["access key"]
    role = one(server, "iam-role-public", "role/open")
    assert json.loads(proof(role)["statement"])["Principal"] in ("*", {"AWS": "*"})
    bucket = one(server, "s3-public-write")
    assert "s3:*" in proof(bucket)["statement"] and proof(bucket)["BlockPublicPolicy"] == "off"
    bad = [one for one in findings(server, "--check", "ec2-group-admin-ports") if one["outcome"] == "fail"]
    (group,) = bad
    assert any("tcp port 22 from 0.0.0.0/0" in value for value in proof(group).values())


MENDED = [
    "iam-one-active-key", "iam-password-length", "iam-user-policies", "iam-admin-policies", "iam-inline-admin",
    "iam-role-public", "iam-support-role", "s3-account-block", "s3-bucket-block", "s3-public-read", "s3-public-write",
    "s3-versioning", "access-analyzer", "ec2-group-admin-ports", "ec2-group-admin-ports-ipv6",
    "ec2-group-open-ports", "ec2-default-group", "ec2-acl-admin-ports", "ec2-default-encryption", "kms-rotation",
    "sns-encryption", "account-security-contact",
]  # fmt: skip


def test_the_commands_mend_what_they_are_printed_for(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = careless(server)
    done: set[str] = set()
    for check in MENDED:
        for finding in findings(server, "--check", check):
            if finding["outcome"] != "fail":
                continue
            assert finding["remedy"], finding
            # Some mend two things at once.
            fresh = [line for line in finding["remedy"] if line not in done]
            run(root, fresh)
            done.update(fresh)
    found = outcomes(server, *(word for check in MENDED for word in ("--check", check)))
    assert {check for check, outcome in found.items() if outcome == "fail"} == set()
    # A policy that is public can't be put any more, and afterwards no request without TLS is answered.
    root.client("s3").delete_bucket_policy(Bucket="for-all")
    (transport,) = findings(server, "--check", "s3-secure-transport")
    run(root, transport["remedy"])
    assert one(server, "s3-secure-transport")["outcome"] == "pass"


def test_a_good_account(durable: Callable[..., Server]) -> None:
    server = durable().start()
    root = server.root
    iam = root.iam
    iam.update_account_password_policy(
        MinimumPasswordLength=14, PasswordReusePrevention=24, RequireSymbols=True, RequireNumbers=True,
        RequireUppercaseCharacters=True, RequireLowercaseCharacters=True,
    )  # fmt: skip
    iam.create_group(GroupName="readers")
    iam.attach_group_policy(GroupName="readers", PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    iam.create_user(UserName="ada")
    iam.add_user_to_group(GroupName="readers", UserName="ada")
    iam.create_login_profile(UserName="ada", Password=PASSWORD)
    enable_factor(root, "ada")
    enable_factor(root, "root")
    root.client("s3control").put_public_access_block(
        AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL_BLOCKED
    )
    root.client("accessanalyzer").create_analyzer(analyzerName="outside", type="ACCOUNT")
    key = root.client("kms").create_key()["KeyMetadata"]["KeyId"]
    root.client("kms").enable_key_rotation(KeyId=key)
    found = outcomes(server)
    good = {
        "iam-root-mfa", "iam-user-mfa", "iam-password-length", "iam-password-reuse", "iam-password-strength",
        "iam-user-policies", "s3-account-block", "access-analyzer", "kms-rotation", "kms-public", "iam-in-use",
    }  # fmt: skip
    assert {check: found[check] for check in good} == dict.fromkeys(good, "pass")
    # What there is nothing of is not called good.
    assert found["s3-public-read"] == found["iam-key-rotation"] == found["ec2-imdsv2"] == "not-applicable"
    assert proof(one(server, "iam-user-mfa", "user/ada"))["device"] == f"arn:aws:iam::{ACCOUNT}:mfa/ada"


def test_keys_age(durable: Callable[..., Server]) -> None:
    server = durable().start()
    server.root.iam.create_user(UserName="old")
    key = server.root.iam.create_access_key(UserName="old")["AccessKey"]["AccessKeyId"]
    assert one(server, "iam-key-rotation", "user/old")["outcome"] == "pass"
    assert proof(one(server, "iam-key-rotation", "user/old")) == {f"age of {key}": "0 days"}


def test_the_formats(durable: Callable[..., Server], tmp_path: Path) -> None:
    server = durable().start()
    careless(server)
    data = ("audit", "--data", str(server.data))
    sarif = gatehouse(*data, "--format", "sarif", within=120)
    results = check_sarif(json.loads(sarif.stdout))
    assert {"iam-root-mfa", "s3-public-write"} <= {result["ruleId"] for result in results}
    assert next(result["level"] for result in results if result["ruleId"] == "iam-root-mfa") == "error"

    oscal = gatehouse(*data, "--format", "oscal", within=120)
    (result,) = check_assessment(json.loads(oscal.stdout))
    states = {finding["target"]["target-id"]: finding["target"]["status"]["state"] for finding in result["findings"]}
    assert states["cis-1.5"] == "not-satisfied" and states["ia-2.1"] == "not-satisfied"
    # The schema tells what is wrong from what is right.
    wrong = json.loads(oscal.stdout)
    del wrong["assessment-results"]["results"][0]["observations"][0]["methods"]
    wrong["assessment-results"]["metadata"]["colour"] = "red"
    assert len(schema_faults(wrong)) == 2
    observed = {one["uuid"] for one in result["observations"]}
    for finding in result["findings"]:
        assert {one["observation-uuid"] for one in finding["related-observations"]} <= observed

    text = gatehouse(*data, within=120)
    assert text.returncode == 1 and f"{ACCOUNT}" in text.stdout.splitlines()[0]
    assert "critical iam-root-mfa  The root user has an MFA device" in text.stdout
    assert re.search(r"^fail score \d+: \d+ of \d+ checks pass, \d+ don't \(\d+ critical", text.stdout, re.M)
    assert "\x1b" not in text.stdout

    commands = gatehouse(*data, "--format", "commands", within=120).stdout.splitlines()
    assert any(line.startswith("aws s3api put-public-access-block --bucket for-all") for line in commands)
    assert len(set(commands)) == len(commands)
    # A shell does not run what takes a choice first, nor what only the root user can do.
    runs = [line for line in commands if not line.startswith("#")]
    assert not [line for line in runs if re.search(r"[A-Z]+-(BUCKET|GROUP|ARN)|example\.com|…|cis-alarms|iam delete-access-key", line)]
    assert any(line.startswith("# choose first: aws cloudtrail create-trail ") for line in commands)
    assert any(line.startswith("# then: aws cloudtrail start-logging ") for line in commands)
    assert any(line.startswith("# as the root user: aws iam delete-access-key ") for line in commands)


def test_thresholds_and_exceptions(durable: Callable[..., Server]) -> None:
    server = durable().start()
    data = ("audit", "--data", str(server.data))
    assert gatehouse(*data, "--fail-on", "critical").returncode == 1
    assert gatehouse(*data, "--fail-on", "none").returncode == 0
    root = f"arn:aws:iam::{ACCOUNT}:root"
    assert gatehouse(*data, "--check", "iam-root-mfa", "--except", f"iam-root-mfa={root}").returncode == 0
    assert gatehouse(*data, "--severity", "critical", "--except", "iam-root-mfa", "--except", "iam-root-access-key").returncode == 0
    controls = outcomes(server, "--standard", "cis")
    assert "iam-root-mfa" in controls and "sns-encryption" not in controls


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("--check", "nothing"), 64, "There is no check 'nothing'"),
        (("--account", "1"), 64, "--account takes twelve digits"),
        (("--data", "missing"), 2, "There is no Gatehouse in missing"),
    ],
)
def test_what_can_not_be_asked(words: tuple[str, ...], status: int, message: str) -> None:
    done = gatehouse("audit", *words)
    assert (done.returncode, done.stdout) == (status, "") and message in done.stderr


def test_the_list_of_checks() -> None:
    lines = gatehouse("audit", "--list").stdout.splitlines()
    assert len(lines) > 70
    assert any(re.match(r"critical iam-root-mfa +The root user has an MFA device \(cis 1\.5;", line) for line in lines)
