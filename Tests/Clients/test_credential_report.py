"""The credential report: its states, its errors, its exact text."""

from __future__ import annotations

import base64
import csv
import io
import re
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from collections.abc import Callable

from harness import ACCOUNT, Identity, Server, VirtualDevice, error_of
from harness import raw
from harness.certificates import Certificate
from harness.patience import PATIENCE

HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)
DATE = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def generate(identity: Identity) -> list[str]:
    """Asks until the report is there; returns the states on the way."""
    states = []
    deadline = time.monotonic() + PATIENCE
    while True:
        states.append(identity.iam.generate_credential_report()["State"])
        if states[-1] == "COMPLETE":
            return states
        assert time.monotonic() < deadline, states
        time.sleep(0.02)


def report(identity: Identity) -> str:
    generate(identity)
    return identity.iam.get_credential_report()["Content"].decode()


def rows(text: str) -> dict[str, dict[str, str]]:
    return {row["user"]: row for row in csv.DictReader(io.StringIO(text))}


def test_states_and_errors(root: Identity) -> None:
    absent = error_of(root.iam.get_credential_report)
    assert (absent.code, absent.status, absent.message) == ("ReportNotPresent", 410, "")
    first = root.iam.generate_credential_report()
    assert first["State"] == "STARTED"
    assert first["Description"] == "No report exists. Starting a new report generation task"
    states = generate(root)
    assert set(states[:-1]) <= {"INPROGRESS"}, states
    again = root.iam.generate_credential_report()
    assert again["State"] == "COMPLETE" and "Description" not in again
    answer = root.iam.get_credential_report()
    assert answer["ReportFormat"] == "text/csv"
    assert abs(answer["GeneratedTime"].timestamp() - time.time()) < 60


def test_an_empty_account(root: Identity) -> None:
    text = report(root)
    lines = text.split("\n")
    assert lines[0] == HEADER
    assert len(lines) == 2, "no newline at the end, no user but root"
    row = rows(text)["<root_account>"]
    assert row["arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assert re.fullmatch(DATE, row["user_creation_time"])
    for column in ("password_enabled", "password_last_changed", "password_next_rotation"):
        assert row[column] == "not_supported"
    assert row["password_last_used"] == "no_information"
    assert row["mfa_active"] == "false"
    assert row["access_key_1_active"] == "true"
    assert re.fullmatch(DATE, row["access_key_1_last_used_date"])
    assert row["access_key_1_last_used_region"] == "us-east-1"
    assert row["access_key_1_last_used_service"] in ("iam", "gatehouse")
    assert row["access_key_2_active"] == "false" and row["access_key_2_last_rotated"] == "N/A"
    assert row["cert_1_active"] == "false" and row["cert_2_last_rotated"] == "N/A"


def test_true_data(root: Identity, new_user: Callable[..., Identity]) -> None:
    iam = root.iam
    # By name without regard to case, whatever the order of making.
    paths = {"Zoe": '/",true,"/'}
    for name in ("Zoe", "alice", "Bob", "a,comma"):
        iam.create_user(UserName=name, Path=paths.get(name, "/staff/"))
    iam.create_login_profile(UserName="Bob", Password="Correct-Horse-7")
    made = iam.create_virtual_mfa_device(VirtualMFADeviceName="phone")["VirtualMFADevice"]
    device = VirtualDevice(made["Base32StringSeed"])
    one, two = device.two_codes()
    iam.enable_mfa_device(
        UserName="Zoe", SerialNumber=made["SerialNumber"], AuthenticationCode1=one, AuthenticationCode2=two
    )
    first = Identity.of_key(root.url, iam.create_access_key(UserName="alice")["AccessKey"])
    time.sleep(1.1)
    second = iam.create_access_key(UserName="alice")["AccessKey"]
    iam.update_access_key(UserName="alice", AccessKeyId=second["AccessKeyId"], Status="Inactive")
    elsewhere = Identity(first.url, first.key_id, first.secret, region="eu-west-2")
    elsewhere.sts.get_caller_identity()

    text = report(root)
    assert "\r" not in text and not text.endswith("\n")
    found = rows(text)
    assert list(found) == ["<root_account>", "a,comma", "alice", "Bob", "Zoe"]
    created = {user["UserName"]: user["CreateDate"] for user in iam.list_users()["Users"]}
    for name, date in created.items():
        assert found[name]["user_creation_time"] == date.strftime("%Y-%m-%dT%H:%M:%SZ")
        assert found[name]["arn"] == f"arn:aws:iam::{ACCOUNT}:user{paths.get(name, '/staff/')}{name}"

    alice, bob = found["alice"], found["Bob"]
    dates = [key["CreateDate"] for key in iam.list_access_keys(UserName="alice")["AccessKeyMetadata"]]
    rotated = sorted(date.strftime("%Y-%m-%dT%H:%M:%SZ") for date in dates)
    assert [alice["access_key_1_last_rotated"], alice["access_key_2_last_rotated"]] == rotated
    assert alice["access_key_1_active"] == "true" and alice["access_key_2_active"] == "false"
    used = iam.get_access_key_last_used(AccessKeyId=first.key_id)["AccessKeyLastUsed"]
    assert alice["access_key_1_last_used_date"] == used["LastUsedDate"].strftime("%Y-%m-%dT%H:%M:%SZ")
    assert alice["access_key_1_last_used_region"] == "eu-west-2"
    assert alice["access_key_1_last_used_service"] == "sts"
    for column in ("date", "region", "service"):
        assert alice[f"access_key_2_last_used_{column}"] == "N/A"
    assert [alice[f"password_{column}"] for column in ("enabled", "last_used", "last_changed", "next_rotation")] == [
        "false", "N/A", "N/A", "N/A",
    ]  # fmt: skip
    assert bob["password_enabled"] == "true" and bob["password_last_used"] == "no_information"
    assert re.fullmatch(DATE, bob["password_last_changed"])
    assert bob["access_key_1_active"] == "false"
    assert [row["mfa_active"] for row in found.values()] == ["false", "false", "false", "false", "true"]


def test_the_age_of_passwords(root: Identity) -> None:
    root.iam.update_account_password_policy(MaxPasswordAge=90, MinimumPasswordLength=8)
    root.iam.create_user(UserName="alice")
    root.iam.create_login_profile(UserName="alice", Password="Correct-Horse-7")
    time.sleep(1.1)
    root.iam.update_login_profile(UserName="alice", Password="Correct-Horse-8")
    row = rows(report(root))["alice"]
    made = root.iam.get_login_profile(UserName="alice")["LoginProfile"]["CreateDate"]
    changed, rotation = (
        datetime.fromisoformat(row[f"password_{column}"]) for column in ("last_changed", "next_rotation")
    )
    assert changed > made
    assert rotation - changed == timedelta(days=90)


def test_signing_certificates(root: Identity, tmp_path: Path) -> None:
    root.iam.create_user(UserName="alice")
    made = [
        root.iam.upload_signing_certificate(
            UserName="alice", CertificateBody=Certificate.make(tmp_path, f"c{number}").pem
        )["Certificate"]
        for number in range(2)
    ]
    root.iam.update_signing_certificate(
        UserName="alice", CertificateId=made[1]["CertificateId"], Status="Inactive"
    )
    row = rows(report(root))["alice"]
    dates = sorted(one["UploadDate"].strftime("%Y-%m-%dT%H:%M:%SZ") for one in made)
    assert [row["cert_1_last_rotated"], row["cert_2_last_rotated"]] == dates
    assert [row["cert_1_active"], row["cert_2_active"]] == ["true", "false"]


def test_the_bytes_stay_for_four_hours() -> None:
    server = Server()

    def ask(action: str, **parameters: str) -> raw.Answer:
        return raw.call(server.port, server.root, action, **parameters)

    def content(answer: raw.Answer) -> bytes:
        found = re.search("<Content>([^<]*)</Content>", answer.text)
        assert found, answer.text
        return base64.b64decode(found.group(1))

    def complete() -> None:
        deadline = time.monotonic() + PATIENCE
        while "COMPLETE" not in ask("GenerateCredentialReport").text:
            assert time.monotonic() < deadline
            time.sleep(0.05)

    with server:
        complete()
        first = content(ask("GetCredentialReport"))
        ask("CreateUser", UserName="alice")
        server.advance(4 * 3600 - 60)
        assert "COMPLETE" in ask("GenerateCredentialReport").text
        assert content(ask("GetCredentialReport")) == first
        server.advance(61)
        expired = ask("GetCredentialReport")
        assert (expired.status, expired.code) == (410, "ReportExpired")
        assert "STARTED" in ask("GenerateCredentialReport").text
        complete()
        assert b"alice" in content(ask("GetCredentialReport"))


def test_a_report_outlives_the_process(durable: Callable[..., Server]) -> None:
    server = durable().start()
    text = report(server.root)
    server.kill()
    server.start()
    assert server.root.iam.generate_credential_report()["State"] == "COMPLETE"
    assert server.root.iam.get_credential_report()["Content"].decode() == text


def test_the_cli_writes_it(root: Identity) -> None:
    generate(root)
    answer: dict[str, Any] = root.aws("iam get-credential-report")
    assert base64.b64decode(answer["Content"]).decode().split("\n")[0] == HEADER
