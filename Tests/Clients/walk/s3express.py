"""S3 Express: a directory bucket with an object and an upload. Each request is signed with what the caller has, without a session,
so that what it asks for is its own."""

from harness import ACCOUNT, Identity, policy
from walk import Samples

NAME = "box--use1-az4--x-s3"
ARN = f"arn:aws:s3express:us-east-1:{ACCOUNT}:bucket/{NAME}"
PLACE = {"Location": {"Type": "AvailabilityZone", "Name": "use1-az4"}, "Bucket": {"Type": "Directory"}}
#: What of S3 there is of it; all else AWS refuses, too.
OPERATIONS = set(
    """
    AbortMultipartUpload CompleteMultipartUpload CopyObject CreateBucket CreateMultipartUpload CreateSession DeleteBucket
    DeleteBucketEncryption DeleteBucketLifecycle DeleteBucketPolicy DeleteObject DeleteObjects GetBucketEncryption
    GetBucketLifecycleConfiguration GetBucketPolicy GetObject GetObjectAttributes HeadBucket HeadObject
    ListDirectoryBuckets ListMultipartUploads ListObjectsV2 ListParts PutBucketEncryption
    PutBucketLifecycleConfiguration PutBucketPolicy PutObject RenameObject UploadPart UploadPartCopy
    """.split()
)


def furnish(root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket=NAME, CreateBucketConfiguration=PLACE)
    s3.put_object(Bucket=NAME, Key="x", Body=b"x")
    SAMPLES.values["UploadId"] = s3.create_multipart_upload(Bucket=NAME, Key="x")["UploadId"]


SAMPLES = Samples(
    client="s3",
    clients={"ListTagsForResource": "s3control", "TagResource": "s3control", "UntagResource": "s3control"},
    config={"s3": {"disable_s3_express_session_auth": True}},
    event_source="s3express.amazonaws.com",
    furnish=furnish,
    typical="DeleteBucketPolicy",
    only=OPERATIONS,
    # By S3's endpoint, where nobody needs a signature, there is no such bucket.
    unsigned_codes={"404", "InvalidBucketName", "NoSuchBucket", "AccessDenied", "MissingAuthenticationToken"},
    data_events=set(
        """
        AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload CreateSession DeleteObject
        DeleteObjects GetObject GetObjectAttributes HeadBucket HeadObject ListObjectsV2 ListParts PutObject RenameObject
        UploadPart UploadPartCopy
        """.split()
    ),
    needs={"HeadBucket": ("s3express:CreateSession", ARN), "HeadObject": ("s3express:CreateSession", ARN)},
    # Denials quote the resource.
    resource=lambda named: named.strip('"'),
)
SAMPLES.members(
    AccountId=ACCOUNT,
    Bucket=NAME,
    CopySource=f"{NAME}/x",
    RenameSource=f"{NAME}/x",
    Key="x",
    ResourceArn=ARN,
    Policy=policy({"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "s3express:CreateSession", "Resource": ARN}),
)
SAMPLES.of("CreateBucket", Bucket="other--use1-az4--x-s3", CreateBucketConfiguration=PLACE)
SAMPLES.of(
    "PutBucketLifecycleConfiguration",
    LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]},
)
