import Platform
import Wire

/// What S3's events say that they are about: the object, and its bucket; of a listing, all that begins with its prefix.
/// Management events name their bucket alone, which the request tells.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html>
@Sendable func eventResources(
    _ call: Call, _ accesses: [Access.Resolved], _ input: Structure?, _ output: Structure?
) -> [EventParticulars.Resource] {
    guard call.module.events.dataEvents.contains(call.operation) else { return [] }
    var found: [EventParticulars.Resource] = []
    func add(_ resource: EventParticulars.Resource) {
        if !found.contains(where: { $0.arn == resource.arn && $0.type == resource.type }) { found.append(resource) }
    }
    for access in accesses.lazy.map(\.access) {
        if let point = AccessPointUse.resource(access) {
            add(point)
            continue
        }
        let bucketARN = Substring(access.resource.utf8.prefix { $0 != UInt8(ascii: "/") })
        if bucketARN.utf8.count < access.resource.utf8.count {
            // The ARN of an object has no account.
            let isPlain = access.resource.hasPrefix("arn:aws:s3:::")
            add(EventParticulars.Resource(access.resource, "AWS::S3::Object", account: isPlain ? "" : nil))
        } else if access.action == "s3:ListBucket" || access.action == "s3:ListBucketVersions" {
            var prefix = "\(bucketARN)/"
            if case .one(let text)? = access.context["s3:prefix"] { prefix += text }
            add(EventParticulars.Resource(prefix, "AWS::S3::Object", isPrefix: true))
        }
        add(EventParticulars.Resource(String(bucketARN), "AWS::S3::Bucket", account: access.resourceAccount))
    }
    // Nobody was asked: DeleteObjects asks for its keys one by one, and a request may be refused before.
    if found.isEmpty, let input, case .string(let name) = input["Bucket"], let entry = call.buckets.bucket(name) {
        let arn = entry.bucket.arn
        if case .string(let key) = input["Key"] {
            add(EventParticulars.Resource("\(arn)/\(key)", "AWS::S3::Object"))
        } else {
            add(EventParticulars.Resource("\(arn)/", "AWS::S3::Object", isPrefix: true))
        }
        add(EventParticulars.Resource(arn, "AWS::S3::Bucket", account: entry.bucket.accountID))
    }
    return found
}

/// The events that have the names of older forms of their operations, or longer ones.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-s3-info.html>
let eventNames = [
    "ListObjectsV2": "ListObjects",
    "PutBucketLifecycleConfiguration": "PutBucketLifecycle", "GetBucketLifecycleConfiguration": "GetBucketLifecycle",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock", "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteBucketPublicAccessBlock",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
]

/// The same of S3 Control's.
let controlEventNames = [
    "PutPublicAccessBlock": "PutAccountPublicAccessBlock", "GetPublicAccessBlock": "GetAccountPublicAccessBlock",
    "DeletePublicAccessBlock": "DeleteAccountPublicAccessBlock",
]

/// What S3's events call members of requests otherwise than the model: the bucket, and those that are headers.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/cloudtrail-logging-understanding-s3-entries.html>
let recordedNames = [
    "Bucket": "bucketName", "ACL": "x-amz-acl", "CopySource": "x-amz-copy-source", "EncodingType": "encoding-type",
    "MaxKeys": "max-keys", "SSEKMSKeyId": "x-amz-server-side-encryption-aws-kms-key-id",
    "ServerSideEncryption": "x-amz-server-side-encryption", "StorageClass": "x-amz-storage-class",
]
