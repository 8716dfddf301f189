"""Cost and Usage Reports: one, into a bucket that lets AWS's billing in."""

from harness import Identity, allow, policy
from walk import Samples

SERVICE = {"Service": "billingreports.amazonaws.com"}


def definition(name: str) -> dict[str, object]:
    return {
        "ReportName": name, "TimeUnit": "DAILY", "Format": "textORcsv", "Compression": "GZIP",
        "AdditionalSchemaElements": [], "S3Bucket": "walked-bills", "S3Prefix": "x", "S3Region": "us-east-1",
    }  # fmt: skip


def furnish(root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="walked-bills")
    look = allow(["s3:GetBucketAcl", "s3:GetBucketPolicy"], "arn:aws:s3:::walked-bills", Principal=SERVICE)
    put = allow("s3:PutObject", "arn:aws:s3:::walked-bills/*", Principal=SERVICE)
    s3.put_bucket_policy(Bucket="walked-bills", Policy=policy(look, put))
    root.client("cur").put_report_definition(ReportDefinition=definition("x"))


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(ReportName="x", ReportDefinition=definition("x"), Tags=[{"Key": "a", "Value": "b"}], TagKeys=["a"])
SAMPLES.of("PutReportDefinition", ReportDefinition=definition("y"))
