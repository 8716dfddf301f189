import Platform
import S3API
import Wire

// What directory buckets can be configured to do.

extension S3Express {
    /// They encrypt by S3's key or by one customer managed key, which stays the same as long as the bucket is.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-express-bucket-encryption.html>
    static func checkEncryption(
        _ rule: S3.ServerSideEncryptionRule, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard let usual = rule.applyServerSideEncryptionByDefault else { return }
        switch usual.sseAlgorithm {
        case "AES256": return
        case "aws:kms": break
        default:
            throw .invalidRequest("Directory buckets support server-side encryption with AES256 and aws:kms only.")
        }
        guard let key = usual.kmsMasterKeyID, !keyName(key).hasPrefix("alias/") else {
            throw .invalidRequest(
                "Server-side encryption with KMS of a directory bucket takes the ID or the ARN of a customer managed key."
            )
        }
        guard rule.bucketKeyEnabled != false else {
            throw .invalidRequest("S3 Bucket Keys are always enabled for directory buckets.")
        }
        if let kept = bucket.directoryKey {
            guard keyName(kept) == keyName(key) else {
                throw .invalidRequest("The customer managed key of a directory bucket can't be changed.")
            }
            return
        }
        var bucket = bucket
        bucket.directoryKey = key
        try records.shared.put(bucket)
    }

    /// What names a key of KMS in its account: the ID in the end of its ARN.
    static func keyName(_ key: String) -> String {
        guard key.hasPrefix("arn:") else { return key }
        let resource = key.split(separator: ":", maxSplits: 5).last.map(String.init) ?? key
        return resource.hasPrefix("key/") ? String(resource.dropFirst(4)) : resource
    }

    /// Objects expire after some days, uploads end; there are no versions, tags and other classes.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-lifecycle.html>
    static func checkLifecycle(_ rule: S3.LifecycleRule) throws(ServiceError) {
        let (filter, and) = (rule.filter, rule.filter?.and)
        guard rule.transitions?.isEmpty ?? true, rule.noncurrentVersionTransitions?.isEmpty ?? true,
            rule.noncurrentVersionExpiration == nil, rule.expiration?.date == nil,
            rule.expiration?.expiredObjectDeleteMarker == nil, filter?.tag == nil, and?.tags?.isEmpty ?? true
        else {
            throw .invalidRequest(
                "Lifecycle rules of directory buckets expire objects after a number of days and abort incomplete multipart"
                    + " uploads; their filters are by prefix and size.")
        }
    }
}

extension S3Express {
    /// Whether a directory bucket's policy lets the service in that does what lifecycle rules say: it needs a session like all
    /// others.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-buckets-objects-lifecycle.html>
    static func letsIn(_ entry: BucketEntry, _ environment: Environment) throws(ServiceError) -> Bool {
        let module = environment.modules.first { $0.signingName == signingName && $0.shape === S3.service }
        guard let module else { throw .internalFailure }
        let (now, bucket, name) = (environment.now(), entry.bucket, "lifecycle.s3.amazonaws.com")
        let principal = ServicePrincipal(name, sourceARN: bucket.arn, sourceAccount: bucket.accountID)
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: now), time: now,
            caller: Caller(accountID: "", identity: .service(principal)), module: module, operation: "CreateSession",
            region: bucket.region, source: Call.Source(service: name, calledVia: []))
        return try call.decision(call.need("DeleteObject", on: entry)).isAllowed
    }
}
