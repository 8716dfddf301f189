"""pacu, an attacker's tool, with two stolen keys: what of it is denied, what works, and what GuardDuty says.

The account is a week old, and all of its work comes from one network. The table below is the one in guides/guardduty.md."""

from __future__ import annotations

import base64
import os
import re
import select
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import ENVIRONMENTS
from harness import Identity, Server, allow, policy
from harness.configuration import until
from harness.documents import trust
from harness.guarded import Guarded, by_address
from harness.machines import launch, register_image
from harness.server import REPOSITORY
from harness.trails import bucket_policy

OFFICE = "127.50.0.1"
ROOT_USE = "Policy:IAMUser/RootCredentialUsage"
GUIDE = REPOSITORY / "Documentation" / "guides" / "guardduty.md"

PROMPT = re.compile(r"Pacu \([^)]*\) > $")
#: What pacu asks, and what is answered.
QUESTIONS = {
    re.compile(r"\(dis/del/m/s\) $|\(dis/del/s\) $"): "dis",
    re.compile(r"\([yY]/[nN]\)\??:? ?$"): "y",
}


class Office:
    """An identity that works from the office."""

    def __init__(self, identity: Identity):
        self.identity = identity

    def client(self, service: str) -> Any:
        return by_address(self.identity, service, OFFICE)


class Pacu:
    def __init__(self, identity: Identity, folder: Path):
        program = str(ENVIRONMENTS / "attackers" / "bin" / "pacu")
        environment = {
            "PATH": f"{ENVIRONMENTS / 'attackers' / 'bin'}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1", "HTTP_PROXY": identity.url,
        } | identity.environment  # fmt: skip
        keys = f"stolen,{identity.key_id},{identity.secret}"
        subprocess.run(
            [program, "--new-session", "attack", "--set-keys", keys, "--set-regions", "us-east-1"], cwd=folder, env=environment,
            stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=600,
        )  # fmt: skip
        self.process = subprocess.Popen(
            [program, "--quiet"], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )  # fmt: skip
        self.until(re.compile("Choose an option: $"))
        self.say("1")
        self.until(PROMPT)

    def say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()

    def until(self, wanted: re.Pattern[str]) -> str:
        """What it prints until something; its questions are answered."""
        assert self.process.stdout
        text, answered, deadline = "", 0, time.monotonic() + 600
        while not wanted.search(text):
            for question, answer in QUESTIONS.items():
                if question.search(text[answered:]):
                    answered = len(text)
                    self.say(answer)
            ready, _, _ = select.select([self.process.stdout], [], [], max(0, deadline - time.monotonic()))
            assert ready, text
            read = os.read(self.process.stdout.fileno(), 65536)
            assert read, text
            text += read.decode(errors="replace")
        return text

    def run(self, command: str) -> str:
        self.say(f"run {command}")
        return self.until(PROMPT)


@contextmanager
def pacu(identity: Identity, folder: Path) -> Iterator[Pacu]:
    folder.mkdir()
    started = Pacu(identity, folder)
    try:
        yield started
    finally:
        started.process.kill()
        started.process.communicate()


DISCOVERY, PERSISTENCE = "Discovery:IAMUser/AnomalousBehavior", "Persistence:IAMUser/AnomalousBehavior"
SEQUENCE = "AttackSequence:IAM/CompromisedCredentials"
# Whose key, what is run, what comes of it, what pacu says then, and the findings.
Row = tuple[str, str, str, str, set[str]]
TABLE: list[Row] = [
    ("reader", "iam__enum_permissions", "denied", r"\b0 Confirmed permissions for 0 user\(s\)", set()),
    ("reader", "iam__enum_users_roles_policies_groups", "denied", "0 Users Enumerated", {DISCOVERY}),
    ("reader", "iam__backdoor_users_keys --usernames operator", "denied", "MISSING REQUIRED AWS PERMISSIONS", set()),
    ("reader", "detection__enum_services", "denied", r"\b0 GuardDuty Detector\(s\) found", {DISCOVERY}),
    ("reader", "ec2__enum --regions us-east-1", "denied", r"\b0 total instance\(s\) found", {DISCOVERY}),
    ("reader", "s3__download_bucket --names-only", "works for its own bucket", "2 total buckets found", set()),
    ("operator", "iam__enum_permissions", "works", r"\d{4,} Confirmed permissions for user: operator", set()),
    ("operator", "iam__enum_users_roles_policies_groups", "works", "2 Users Enumerated", {DISCOVERY}),
    ("operator", "iam__privesc_scan --scan-only", "works", "iam__privesc_scan completed", set()),
    ("operator", "detection__enum_services", "works", "detection__enum_services completed", {DISCOVERY}),
    ("operator", "ec2__enum --regions us-east-1", "works", r"\b1 total instance\(s\) found", {DISCOVERY}),
    ("operator", "ec2__download_userdata", "works", "Downloaded EC2 User Data", set()),
    ("operator", "ebs__enum_volumes_snapshots --regions us-east-1", "works", "1 Volumes found", {DISCOVERY}),
    ("operator", "ec2__backdoor_ec2_sec_groups", "works", r"1 security group\(s\) successfully backdoored",
     {"Impact:IAMUser/AnomalousBehavior"}),
    ("operator", "iam__backdoor_users_keys --usernames reader", "works", "1 user key", {PERSISTENCE, SEQUENCE}),
    ("operator", "iam__backdoor_users_password --usernames reader", "works", r"1 user\(s\) backdoored",
     {PERSISTENCE, SEQUENCE}),
    ("operator", "cloudtrail__download_event_history --regions us-east-1", "works", r"\d+ Event\(s\) found",
     {DISCOVERY, SEQUENCE}),
    ("operator", "s3__download_bucket --dl-all", "works", r"\d+ files downloaded",
     {"Discovery:S3/AnomalousBehavior", "Exfiltration:S3/AnomalousBehavior", SEQUENCE, "AttackSequence:S3/CompromisedData"}),
    ("operator", "detection__disruption --trails main@us-east-1", "works", "Successfully disabled trail main",
     {"Stealth:IAMUser/CloudTrailLoggingDisabled", "DefenseEvasion:IAMUser/AnomalousBehavior",
      "AttackSequence:S3/CompromisedData"}),
]  # fmt: skip


def account(cloud: Server) -> dict[str, Identity]:
    """Buckets, a trail, an instance with a script; an operator who may do everything, and a reader of one bucket."""
    office = Office(cloud.root)
    iam, s3, trail, ec2 = (office.client(name) for name in ("iam", "s3", "cloudtrail", "ec2"))
    own = ["arn:aws:s3:::reports", "arn:aws:s3:::reports/*"]
    documents = {
        "reader": policy(allow("s3:ListAllMyBuckets"), allow(["s3:GetObject", "s3:ListBucket"], own)),
        "operator": policy(allow("*")),
    }
    keys = {}
    for user, document in documents.items():
        iam.create_user(UserName=user)
        iam.put_user_policy(UserName=user, PolicyName="own", PolicyDocument=document)
        keys[user] = Identity.of_key(cloud.url, iam.create_access_key(UserName=user)["AccessKey"])
    iam.create_role(RoleName="deploy", AssumeRolePolicyDocument=trust({"Service": "ec2.amazonaws.com"}))
    for bucket in ("reports", "trails"):
        s3.create_bucket(Bucket=bucket)
    for number in range(5):
        s3.put_object(Bucket="reports", Key=f"{number}.txt", Body=b"secret")
    s3.put_bucket_policy(Bucket="trails", Policy=bucket_policy("trails"))
    trail.create_trail(Name="main", S3BucketName="trails", IsMultiRegionTrail=True)
    trail.start_logging(Name="main")
    script = base64.b64encode(b"#!/bin/sh\nTOKEN=1\n").decode()
    launch(ec2, register_image(ec2, "web"), UserData=script)
    return keys


def test_what_is_denied_and_what_is_found(cloud: Server, tmp_path: Path) -> None:
    keys = account(cloud)
    guarded = Guarded(Office(keys["operator"]))  # type: ignore[arg-type]
    for _ in range(9):
        for identity in keys.values():
            s3 = Office(identity).client("s3")
            s3.list_buckets()
            s3.get_object(Bucket="reports", Key="1.txt")["Body"].read()
        cloud.advance(86400)
    root = Office(cloud.root).client("kms")

    def counts() -> Counter[str]:
        """Of all findings, once everything that was called before has been looked at."""
        before = Counter({one["Type"]: one["Service"]["Count"] for one in guarded.of_type(ROOT_USE)})
        root.list_aliases()
        until(lambda: sum(one["Service"]["Count"] for one in guarded.of_type(ROOT_USE)) > before[ROOT_USE])
        found: Counter[str] = Counter()
        for one in guarded.findings():
            found[one["Type"]] += one["Service"]["Count"]
        del found[ROOT_USE]
        return found

    assert counts() == {}, "nothing is found of ordinary days"
    happened: list[tuple[str, str, str, set[str]]] = []
    before: Counter[str] = Counter()
    for user, identity in keys.items():
        with pacu(identity, tmp_path / user) as attacker:
            for _, command, outcome, said, _ in (row for row in TABLE if row[0] == user):
                printed = attacker.run(command)
                now = counts()
                happened.append((user, command, outcome if re.search(said, printed) else printed[-1500:], set(now - before)))
                print(happened[-1], flush=True)
                before = now
    assert happened == [(user, command, outcome, found) for user, command, outcome, _, found in TABLE]


def test_the_guide_says_so() -> None:
    lines = GUIDE.read_text().splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| (reader|operator) \|", line)]
    expected = [
        [user, f"`{command}`", outcome, ", ".join(f"`{one}`" for one in sorted(found)) or "–"]
        for user, command, outcome, _, found in TABLE
    ]
    assert rows == expected
