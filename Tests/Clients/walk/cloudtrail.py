"""CloudTrail."""

from harness import ACCOUNT, Identity
from harness.trails import make_bucket
from walk import Samples

TRAIL = f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/x-trail"


def furnish(root: Identity) -> None:
    """A trail, and a bucket that takes in another."""
    make_bucket(root, "x-bucket")
    root.cloudtrail.create_trail(Name="x-trail", S3BucketName="x-bucket")


SAMPLES = Samples(furnish=furnish)
SAMPLES.members(
    Name="x-trail",
    ResourceArn=TRAIL,
    ResourceId=TRAIL,
    ResourceIdList=[TRAIL],
    S3BucketName="x-bucket",
    TagsList=[{"Key": "a", "Value": "b"}],
    TrailName="x-trail",
    MemberAccountId="444455556666",
    DelegatedAdminAccountId="444455556666",
)
SAMPLES.of("CreateTrail", Name="x-new")
SAMPLES.of("PutEventSelectors", EventSelectors=[{"ReadWriteType": "All"}])
