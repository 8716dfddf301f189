"""CloudTrail."""

from harness import ACCOUNT
from walk import Samples

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/x-trail"

SAMPLES = Samples()
SAMPLES.members(
    ResourceArn=TRAIL,
    ResourceId=TRAIL,
    ResourceIdList=[TRAIL],
    S3BucketName="x-bucket",
    TagsList=[{"Key": "a", "Value": "b"}],
    TrailName="x-trail",
)
