"""Two accounts' buckets and trails: those of somebody who has read AWS's advice, and those of somebody who has not.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/security-best-practices.html
https://docs.aws.amazon.com/awscloudtrail/latest/userguide/best-practices-security.html
"""

from __future__ import annotations

import json
from typing import Any

from harness import ACCOUNT, Identity, Server, policy, trust
from harness.trails import bucket_policy

HOME, AWAY = "us-east-1", "eu-west-1"
ALL_BLOCKED = {
    "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True,
}  # fmt: skip
NOTHING_BLOCKED = dict.fromkeys(ALL_BLOCKED, False)


def client(root: Identity, service: str, region: str) -> Any:
    return root.client(service, region=region)


def make_key(root: Identity, region: str) -> str:
    """A key of which services make use for this account, and its administrators."""
    statements = [
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
            "Resource": "*",
        },
    ]
    return str(client(root, "kms", region).create_key(Policy=policy(*statements))["KeyMetadata"]["Arn"])


def only_by_tls(bucket: str) -> dict[str, Any]:
    """Of objects alone: Prowler is sent to the server's port without TLS, and asks buckets for their configurations."""
    return {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def make_bucket(root: Identity, name: str, region: str, key: str, *statements: dict[str, Any]) -> Any:
    """Locked, encrypted, with rules for what is old; events are told."""
    s3 = client(root, "s3", region)
    where = {} if region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True, **where)
    usual = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    s3.put_bucket_encryption(
        Bucket=name,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": usual, "BucketKeyEnabled": True}]
        },
    )
    expiry = {
        "ID": "old", "Status": "Enabled", "Filter": {"Prefix": ""},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 365},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
    }  # fmt: skip
    s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": [expiry]})
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    if statements:
        s3.put_bucket_policy(Bucket=name, Policy=policy(*statements))
    return s3


def log_accesses(s3: Any, bucket: str, target: str) -> None:
    s3.put_bucket_logging(
        Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": {"TargetBucket": target, "TargetPrefix": f"{bucket}/"}}
    )


def lets_logs_in(bucket: str) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
        "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
    }


def careful(server: Server) -> Identity:
    """Nothing is public, whatever a bucket says; what is kept is versioned, locked, encrypted with a key of one's own and
    copied to another Region; who reads it is recorded, and the record proves itself."""
    root = server.root
    root.client("s3control").put_public_access_block(AccountId=ACCOUNT, PublicAccessBlockConfiguration=ALL_BLOCKED)
    keys = {region: make_key(root, region) for region in (HOME, AWAY)}

    # The record, and the buckets of what S3 logs, which nobody copies: one in each Region.
    for region in (HOME, AWAY):
        logs = f"logs-{region}"
        s3 = client(root, "s3", region)
        where = {} if region == HOME else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=logs, **where)
        s3.put_bucket_policy(Bucket=logs, Policy=policy(lets_logs_in(logs), only_by_tls(logs)))
    trail_arn = f"arn:aws:cloudtrail:{HOME}:{ACCOUNT}:trail/everything"
    record = json.loads(bucket_policy("record", trail_arn))["Statement"]
    for name, region in {"record": HOME, "record-copy": AWAY, "data": HOME, "data-copy": AWAY}.items():
        statements = [only_by_tls(name)] + (record if name == "record" else [])
        s3 = make_bucket(root, name, region, keys[region], *statements)
        log_accesses(s3, name, f"logs-{region}")

    root.iam.create_role(RoleName="copier", AssumeRolePolicyDocument=trust({"Service": "s3.amazonaws.com"}))
    role = f"arn:aws:iam::{ACCOUNT}:role/copier"
    for source in ("record", "data"):
        rule = {
            "ID": "copy", "Priority": 1, "Status": "Enabled", "Filter": {},
            "DeleteMarkerReplication": {"Status": "Disabled"}, "Destination": {"Bucket": f"arn:aws:s3:::{source}-copy"},
        }  # fmt: skip
        root.client("s3").put_bucket_replication(
            Bucket=source, ReplicationConfiguration={"Role": role, "Rules": [rule]}
        )
    root.client("s3control").create_access_point(AccountId=ACCOUNT, Name="reports", Bucket="data")

    cloudtrail = root.client("cloudtrail")
    cloudtrail.create_trail(
        Name="everything", S3BucketName="record", IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True, KmsKeyId=keys[HOME],
    )  # fmt: skip
    every_object = {"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}
    selector = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": [every_object]}
    cloudtrail.put_event_selectors(TrailName="everything", EventSelectors=[selector])
    cloudtrail.put_insight_selectors(
        TrailName="everything", InsightSelectors=[{"InsightType": "ApiCallRateInsight"}, {"InsightType": "ApiErrorRateInsight"}]
    )
    cloudtrail.start_logging(Name="everything")
    return root


def careless(server: Server) -> Identity:
    """A bucket that everybody reads and writes, another that another account has the run of, and a trail of one Region,
    unproved, into a bucket that everybody can list."""
    root = server.root
    s3 = root.client("s3")
    for name in ("open", "shared", "record"):
        s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter")
        s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=NOTHING_BLOCKED)
    anybody = {"Effect": "Allow", "Principal": "*"}
    s3.put_bucket_policy(
        Bucket="open",
        Policy=policy(anybody | {"Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::open/*"}),
    )
    other = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::444455556666:root"}}
    s3.put_bucket_acl(Bucket="open", ACL="public-read-write")
    s3.put_bucket_policy(Bucket="shared", Policy=policy(other | {"Action": "s3:*", "Resource": "arn:aws:s3:::shared/*"}))
    s3.put_bucket_policy(Bucket="record", Policy=bucket_policy("record"))
    s3.put_bucket_acl(Bucket="record", ACL="public-read")
    root.client("s3control").create_access_point(
        AccountId=ACCOUNT, Name="wide", Bucket="open", PublicAccessBlockConfiguration=NOTHING_BLOCKED
    )
    cloudtrail = root.client("cloudtrail")
    cloudtrail.create_trail(Name="some", S3BucketName="record", IncludeGlobalServiceEvents=False)
    cloudtrail.start_logging(Name="some")
    return root
