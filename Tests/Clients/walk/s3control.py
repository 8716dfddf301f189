"""S3 Control: a bucket with an access point that has a policy, and an access grant."""

from harness import ACCOUNT, Identity, allow, policy
from harness.documents import trust
from walk import Samples

POINT = f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/point"
POLICY = policy(
    allow("s3:GetObject", f"{POINT}/object/*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"}),
)
GRANTS = f"arn:aws:s3:us-east-1:{ACCOUNT}:access-grants/default"
GRANTS_POLICY = policy(allow("s3:GetDataAccess", GRANTS, Principal={"AWS": ACCOUNT}))
ROLE = f"arn:aws:iam::{ACCOUNT}:role/lender"


def furnish(root: Identity) -> None:
    root.client("s3").create_bucket(Bucket="box")
    control = root.client("s3control")
    control.create_access_point(AccountId=ACCOUNT, Name="point", Bucket="box")
    control.put_access_point_policy(AccountId=ACCOUNT, Name="point", Policy=POLICY)
    root.iam.create_role(
        RoleName="lender",
        AssumeRolePolicyDocument=trust(
            {"Service": "access-grants.s3.amazonaws.com"}, ["sts:AssumeRole", "sts:SetSourceIdentity"]
        ),
    )
    control.create_access_grants_instance(AccountId=ACCOUNT)
    control.create_access_grants_location(AccountId=ACCOUNT, LocationScope="s3://", IAMRoleArn=ROLE)
    made = control.create_access_grant(
        AccountId=ACCOUNT,
        AccessGrantsLocationId="default",
        AccessGrantsLocationConfiguration={"S3SubPrefix": "box/*"},
        Grantee={"GranteeType": "IAM", "GranteeIdentifier": ROLE},
        Permission="READ",
    )
    SAMPLES.values["AccessGrantId"] = made["AccessGrantId"]


SAMPLES = Samples(
    # Of access points of directory buckets, and signed for S3 Express, which has none.
    elsewhere={"DeleteAccessPointScope", "GetAccessPointScope", "PutAccessPointScope",
        "ListAccessPointsForDirectoryBuckets"},
    prefix="s3",
    event_source="s3.amazonaws.com",
    furnish=furnish,
    typical="GetAccessPoint",
    denied_in_the_end={"GetDataAccess": "You do not have READ permissions"},
    # Denials quote the resource.
    resource=lambda named: named.strip('"'),
)
SAMPLES.members(AccountId=ACCOUNT, Bucket="box", Name="point", Policy=POLICY, ResourceArn=POINT)
SAMPLES.members(
    AccessGrantsLocationId="default",
    Grantee={"GranteeType": "IAM", "GranteeIdentifier": ROLE},
    IAMRoleArn=ROLE,
    IdentityCenterArn="arn:aws:sso:::instance/ssoins-1234567890abcdef",
    LocationScope="s3://box",
    S3Prefix="s3://box/*",
    Target="s3://box/*",
)
SAMPLES.of("CreateAccessGrant", AccessGrantsLocationConfiguration={"S3SubPrefix": "box/a/*"})
SAMPLES.of("CreateAccessPoint", Name="other")
SAMPLES.of("PutAccessGrantsInstanceResourcePolicy", Policy=GRANTS_POLICY)
