"""Data exports: one, into a bucket that lets them in."""

from harness import ACCOUNT, Identity, allow, policy
from walk import Samples

SERVICE = {"Service": "bcm-data-exports.amazonaws.com"}
ARN = f"arn:aws:bcm-data-exports:us-east-1:{ACCOUNT}:export/x-00000000-0000-4000-8000-000000000001"


def export(name: str) -> dict[str, object]:
    return {
        "Name": name,
        "DataQuery": {"QueryStatement": "SELECT line_item_usage_amount FROM COST_AND_USAGE_REPORT"},
        "DestinationConfigurations": {
            "S3Destination": {
                "S3Bucket": "walked-exports", "S3Prefix": "x", "S3Region": "us-east-1",
                "S3OutputConfigurations": {
                    "OutputType": "CUSTOM", "Format": "TEXT_OR_CSV", "Compression": "GZIP", "Overwrite": "OVERWRITE_REPORT",
                },
            }
        },
        "RefreshCadence": {"Frequency": "SYNCHRONOUS"},
    }  # fmt: skip


def furnish(root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="walked-exports")
    look = allow("s3:GetBucketPolicy", "arn:aws:s3:::walked-exports", Principal=SERVICE)
    s3.put_bucket_policy(Bucket="walked-exports", Policy=policy(look))


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    ExportArn=ARN, ResourceArn=ARN, Export=export("x"), ResourceTags=[{"Key": "a", "Value": "b"}], ResourceTagKeys=["a"],
    TableName="COST_AND_USAGE_REPORT", ExecutionId="00000000-0000-4000-8000-000000000001",
)  # fmt: skip
