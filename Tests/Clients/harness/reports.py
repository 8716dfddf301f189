"""Where Inspector writes its reports."""

from __future__ import annotations

from typing import Any

from .identity import Identity
from .documents import allow, policy
from .server import ACCOUNT


def key_and_bucket(root: Identity, bucket: str) -> tuple[str, Any]:
    """A bucket, and a key, as AWS's guide has them made for reports."""
    condition = {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": f"arn:aws:inspector2:us-east-1:{ACCOUNT}:report/*"},
    }
    inspector = {"Service": "inspector2.amazonaws.com"}
    key = root.client("kms").create_key(
        Policy=policy(
            allow("kms:*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
            allow(["kms:Decrypt", "kms:GenerateDataKey*"], Principal=inspector, Condition=condition),
        )
    )["KeyMetadata"]["Arn"]
    s3 = root.client("s3")
    s3.create_bucket(Bucket=bucket)
    s3.put_bucket_policy(
        Bucket=bucket,
        Policy=policy(
            allow(
                ["s3:PutObject", "s3:PutObjectAcl", "s3:AbortMultipartUpload"], resource=f"arn:aws:s3:::{bucket}/*",
                Principal=inspector, Condition=condition),
        ))
    return key, s3
