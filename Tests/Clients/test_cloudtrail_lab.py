"""The lab of the mission, and an independent reader.

A role for EC2 may list, read and write one bucket; a trail records it, with digests; the bucket refuses everything but TLS
and one address range; the key's policy takes reading away from an administrator. The record shows who tried.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from harness import ACCOUNT, Identity, Server, allow, error_of, policy, trust
from harness.patience import PATIENCE
from harness.server import clean_environment
from harness.trails import Delivered, make_bucket, validate

TRAILSCRAPER = Path(sys.executable).parents[1] / "trailscraper"
ARN = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/main"


@pytest.fixture(scope="module")
def quick_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    authority = tmp_path_factory.mktemp("tls") / "ca.pem"
    with Server("--trail-delivery", "1", "--tls", "--tls-port", "0", "--tls-ca-file", str(authority)) as server:
        server.authority = authority  # type: ignore[attr-defined]
        yield server


@pytest.fixture
def quick(quick_server: Server) -> Server:
    quick_server.reset()
    return quick_server


def secure(server: Server, credentials: dict[str, Any]) -> Any:
    """S3 over HTTPS, with these credentials."""
    return botocore.session.get_session().create_client(
        "s3", region_name="us-east-1", endpoint_url=server.secure_url, verify=str(server.authority),  # type: ignore[attr-defined]
        aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials.get("SessionToken"))


def test_the_lab_of_the_mission(quick: Server) -> None:
    root = quick.root
    iam, s3, kms = root.iam, root.client("s3"), root.client("kms")
    iam.create_user(UserName="admin")
    iam.attach_user_policy(UserName="admin", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    admin = Identity.of_key(quick.url, iam.create_access_key(UserName="admin")["AccessKey"])

    # A role for EC2, with three permissions; a person lends it to itself here, in EC2's place.
    iam.create_role(
        RoleName="AppServer",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"},
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/admin"}, "Action": "sts:AssumeRole"}]}))
    iam.put_role_policy(RoleName="AppServer", PolicyName="S3", PolicyDocument=policy(
        allow("s3:ListBucket", "arn:aws:s3:::example-bucket"),
        allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::example-bucket/*")))

    # A key that administrators may administer, and the role alone may use.
    role_arn = f"arn:aws:iam::{ACCOUNT}:role/AppServer"
    key = kms.create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "Administer", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Resource": "*",
         "Action": ["kms:Create*", "kms:Describe*", "kms:Put*", "kms:Get*", "kms:ScheduleKeyDeletion"]},
        {"Sid": "Use", "Effect": "Allow", "Principal": {"AWS": role_arn}, "Resource": "*",
         "Action": ["kms:Decrypt", "kms:GenerateDataKey"]}]}))["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket="example-bucket")
    s3.put_bucket_encryption(Bucket="example-bucket", ServerSideEncryptionConfiguration={"Rules": [
        {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}]})
    s3.put_bucket_policy(Bucket="example-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*Object",
         "Resource": "arn:aws:s3:::example-bucket/*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Sid": "OnlyFromHere", "Effect": "Deny", "Principal": "*", "Action": "s3:*Object",
         "Resource": "arn:aws:s3:::example-bucket/*", "Condition": {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}}]}))

    # The trail: everything, with validation.
    make_bucket(root, "logs", ARN)
    root.cloudtrail.create_trail(
        Name="main", S3BucketName="logs", IsMultiRegionTrail=True, EnableLogFileValidation=True)
    root.cloudtrail.put_event_selectors(TrailName="main", EventSelectors=[
        {"ReadWriteType": "All", "IncludeManagementEvents": True,
         "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::example-bucket/"]}]}])
    root.cloudtrail.start_logging(Name="main")

    session = admin.sts.assume_role(RoleArn=role_arn, RoleSessionName="i-0123456789abcdef0")["Credentials"]
    app = secure(quick, session)
    app.put_object(Bucket="example-bucket", Key="orders/17", Body=b"four lamps")
    assert app.get_object(Bucket="example-bucket", Key="orders/17")["Body"].read() == b"four lamps"
    assert app.list_objects_v2(Bucket="example-bucket")["KeyCount"] == 1
    beyond = error_of(app.delete_object, Bucket="example-bucket", Key="orders/17")
    plain = error_of(
        Identity.of_session(quick.url, session).client("s3").get_object, Bucket="example-bucket", Key="orders/17")
    long_arm = secure(quick, {"AccessKeyId": admin.key_id, "SecretAccessKey": admin.secret})
    reads = error_of(long_arm.get_object, Bucket="example-bucket", Key="orders/17")
    assert "s3:DeleteObject" in beyond.message and "explicit deny in a resource-based policy" in plain.message
    assert reads.code == "AccessDenied" and "kms:Decrypt" in reads.message

    # The record shows who tried.
    logs = Delivered(root, "logs")
    tried = logs.wait_for_request(reads.request_id)
    assert tried["userIdentity"]["userName"] == "admin" and tried["errorCode"] == "AccessDenied"
    assert tried["tlsDetails"]["tlsVersion"].startswith("TLSv1")
    assert tried["resources"][0] == {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::example-bucket/orders/17"}
    records = logs.records()
    of_role = [r for r in records if r["userIdentity"].get("arn", "").endswith("assumed-role/AppServer/i-0123456789abcdef0")]
    outcomes = {(r["eventName"], r.get("errorCode")) for r in of_role if r["eventSource"] == "s3.amazonaws.com"}
    assert outcomes >= {
        ("PutObject", None), ("GetObject", None), ("DeleteObject", "AccessDenied"), ("GetObject", "AccessDenied")}
    denied = [r for r in records if r["eventName"] == "Decrypt" and r["userIdentity"].get("userName") == "admin"]
    assert denied and denied[0]["errorCode"] in ("AccessDenied", "AccessDeniedException")

    # And nobody has touched it.
    root.cloudtrail.stop_logging(Name="main")
    logs.wait_for(lambda record: record["eventName"] == "StopLogging", "StopLogging")
    deadline = time.monotonic() + PATIENCE
    while not logs.digests():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    code, text = validate(root)
    assert code == 0 and "1/1 digest files valid" in text, text
    key = logs.keys()[0]
    s3.put_object(Bucket="logs", Key=key, Body=b"nothing happened")
    assert validate(root)[0] == 1


@pytest.mark.skipif(not TRAILSCRAPER.is_dir(), reason="trailscraper is not installed: make .venv/installed")
def test_trailscraper_reads_it(quick: Server, tmp_path: Path) -> None:
    """trailscraper makes a policy of what a role was seen doing."""
    root = quick.root
    make_bucket(root, "logs", ARN)
    root.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}))
    root.iam.put_role_policy(
        RoleName="worker", PolicyName="own", PolicyDocument=policy(allow(["iam:CreateUser", "iam:ListUsers"], "*")))
    root.iam.create_user(UserName="alice")
    root.iam.attach_user_policy(UserName="alice", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    alice = Identity.of_key(quick.url, root.iam.create_access_key(UserName="alice")["AccessKey"])
    root.cloudtrail.create_trail(Name="main", S3BucketName="logs")
    root.cloudtrail.start_logging(Name="main")
    role = f"arn:aws:iam::{ACCOUNT}:role/worker"
    session = alice.sts.assume_role(RoleArn=role, RoleSessionName="shift")["Credentials"]
    worker = Identity.of_session(quick.url, session)
    worker.iam.list_users()
    made = worker.iam.create_user(UserName="made")
    logs = Delivered(root, "logs")
    logs.wait_for_request(made)

    environment = clean_environment(**root.environment, PYTHONPATH=os.pathsep.join([str(TRAILSCRAPER)]), HOME=str(tmp_path))
    # It takes buckets from AWS alone, so the files are brought to it by the CLI.
    subprocess.run(
        [str(Path(sys.executable).with_name("aws")), "s3", "sync", "--quiet", "s3://logs", str(tmp_path / "logs")],
        env=environment, check=True, timeout=PATIENCE)

    def trailscraper(*words: str, stdin: str | None = None) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", "from trailscraper.cli import root_group; root_group()", *words],
            env=environment, input=stdin, capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    selected = trailscraper(
        "select", "--log-dir", str(tmp_path / "logs"), "--filter-assumed-role-arn", role, "--from", "2020-01-01",
        "--to", "2035-01-01")
    assert {record["eventName"] for record in selected["Records"]} == {"ListUsers", "CreateUser"}
    (statement,) = trailscraper("generate", stdin=json.dumps(selected))["Statement"]
    assert statement["Effect"] == "Allow" and sorted(statement["Action"]) == ["iam:CreateUser", "iam:ListUsers"]
