"""S3 Control: a bucket with an access point that has a policy."""

from harness import ACCOUNT, Identity, allow, policy
from walk import Samples

POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/point"
POLICY = policy(
    allow("s3:GetObject", f"{POINT}/object/*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
)


def furnish(root: Identity) -> None:
    root.client("s3").create_bucket(Bucket="box")
    control = root.client("s3control")
    control.create_access_point(AccountId=ACCOUNT, Name="point", Bucket="box")
    control.put_access_point_policy(AccountId=ACCOUNT, Name="point", Policy=POLICY)


SAMPLES = Samples(
    prefix="s3",
    event_source="s3.amazonaws.com",
    furnish=furnish,
    typical="GetAccessPoint",
    # Denials quote the resource.
    resource=lambda named: named.strip('"'),
)
SAMPLES.members(AccountId=ACCOUNT, Bucket="box", Name="point", Policy=POLICY, ResourceArn=POINT)
SAMPLES.of("CreateAccessPoint", Name="other")
