"""S3: a bucket with an object and an upload. What the upload is called is known only when it is there."""

from harness import ACCOUNT, Identity, policy
from walk import Samples


def furnish(root: Identity) -> None:
    s3 = root.client("s3")
    s3.create_bucket(Bucket="box")
    s3.put_object(Bucket="box", Key="x", Body=b"x")
    s3.put_object(Bucket="box", Key="archived", Body=b"x", StorageClass="GLACIER")
    SAMPLES.values["KMSKeyArn"] = root.client("kms").create_key()["KeyMetadata"]["Arn"]
    SAMPLES.values["UploadId"] = s3.create_multipart_upload(Bucket="box", Key="x")["UploadId"]


SAMPLES = Samples(
    furnish=furnish,
    typical="DeleteBucketPolicy",
    elsewhere={"ListDirectoryBuckets"},
    admits_anonymous=True,
    same_on_the_wire={
        "GetBucketLifecycle": "GetBucketLifecycleConfiguration",
        "GetBucketNotification": "GetBucketNotificationConfiguration",
        "PutBucketLifecycle": "PutBucketLifecycleConfiguration",
        "PutBucketNotification": "PutBucketNotificationConfiguration",
    },
    data_events=set(
        """
        AbortMultipartUpload CompleteMultipartUpload CopyObject CreateMultipartUpload DeleteObject DeleteObjectTagging
        DeleteObjects GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging
        GetObjectTorrent SelectObjectContent
        HeadBucket HeadObject ListObjectVersions ListObjects ListObjectsV2 ListParts PutObject PutObjectAcl
        PutObjectLegalHold PutObjectRetention PutObjectTagging RestoreObject UpdateObjectEncryption UploadPart
        UploadPartCopy
        """.split()
    ),
    needs={"HeadBucket": ("s3:ListBucket", "arn:aws:s3:::box"), "HeadObject": ("s3:GetObject", "arn:aws:s3:::box/x")},
    needs_no_permission={"DeleteObjects": "each key is asked for by itself, and refused in the answer"},
    # Denials quote the resource.
    resource=lambda named: named.strip('"'),
)
SAMPLES.members(
    Bucket="box",
    CopySource="box/x",
    Policy=policy(
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutBucketTagging",
            "Resource": "arn:aws:s3:::box",
            "Condition": {"StringEquals": {"aws:PrincipalTag/x": "x"}},
        }
    ),
    UploadId="x",
)
SAMPLES.of("CreateBucket", Bucket="casket")
# The walk's bucket has its owner own everything: there lists say nothing.
SAMPLES.of("PutObjectAcl", ACL="bucket-owner-full-control")
SAMPLES.of(
    "CreateBucketMetadataTableConfiguration",
    MetadataTableConfiguration={
        "S3TablesDestination": {
            "TableBucketArn": f"arn:aws:s3tables:us-east-1:{ACCOUNT}:bucket/x",
            "TableName": "x",
        }
    },
)
SAMPLES.of(
    "PutBucketInventoryConfiguration",
    Id="x",
    InventoryConfiguration={
        "Id": "x",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Daily"},
        "Destination": {"S3BucketDestination": {"Bucket": "arn:aws:s3:::box", "Format": "CSV"}},
    },
)
SAMPLES.of("RestoreObject", Key="archived", RestoreRequest={"Days": 1})
SAMPLES.of(
    "PutBucketLifecycleConfiguration",
    LifecycleConfiguration={"Rules": [{"Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}]},
)
SAMPLES.of("PutObjectLegalHold", LegalHold={"Status": "ON"})
SAMPLES.of("PutObjectLockConfiguration", ObjectLockConfiguration={"ObjectLockEnabled": "Enabled"})
SAMPLES.of("PutObjectRetention", Retention={"Mode": "GOVERNANCE", "RetainUntilDate": "2040-01-01T00:00:00Z"})
SAMPLES.of(
    "PutBucketReplication",
    ReplicationConfiguration={
        "Role": f"arn:aws:iam::{ACCOUNT}:role/x",
        "Rules": [{"Status": "Enabled", "Prefix": "", "Destination": {"Bucket": "arn:aws:s3:::other"}}],
    },
)
