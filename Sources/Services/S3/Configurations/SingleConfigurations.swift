import Platform
import S3API
import Wire

// Subjects of which a bucket has one.

extension S3.PutBucketCors: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .cors }
    private static let methods: Set<String> = ["DELETE", "GET", "HEAD", "POST", "PUT"]
    private static let most = 100

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let rules = input.corsConfiguration.corsRules
        guard !rules.isEmpty, rules.count <= most else { throw .malformedXML }
        for rule in rules {
            if let other = rule.allowedMethods.first(where: { !methods.contains($0) }) {
                throw .invalidRequest(
                    "Found unsupported HTTP method in CORS config. Unsupported method is \(other)")
            }
            for (name, patterns) in [
                ("AllowedOrigin", rule.allowedOrigins), ("AllowedHeader", rule.allowedHeaders ?? []),
            ] {
                guard let wrong = patterns.first(where: { $0.count(where: { $0 == "*" }) > 1 }) else { continue }
                throw .invalidRequest("\(name) \"\(wrong)\" can not have more than one wildcard.")
            }
        }
    }
}
extension S3.GetBucketCors: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .cors }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        throw .s3(
            "NoSuchCORSConfiguration", "The CORS configuration does not exist", status: 404,
            ["BucketName": bucket.name])
    }
}
extension S3.DeleteBucketCors: DeleteConfiguration {
    static var subject: BucketConfiguration.Subject { .cors }
}

extension S3.PutBucketWebsite: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .website }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        try Website.check(input.websiteConfiguration)
    }
}
extension S3.GetBucketWebsite: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .website }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        throw .noWebsite(bucket.name)
    }
}
extension S3.DeleteBucketWebsite: DeleteConfiguration {
    static var action: String { "DeleteBucketWebsite" }
    static var subject: BucketConfiguration.Subject { .website }
}

extension S3.PutBucketEncryption: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .encryption }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        let rules = input.serverSideEncryptionConfiguration.rules
        guard rules.count == 1, let rule = rules.first else { throw .malformedXML }
        if bucket.zone != nil { try S3Express.checkEncryption(rule, bucket, call, records) }
        guard let usual = rule.applyServerSideEncryptionByDefault else { return }
        guard ["AES256", "aws:kms", "aws:kms:dsse"].contains(usual.sseAlgorithm) else { throw .malformedXML }
        guard usual.kmsMasterKeyID == nil || usual.sseAlgorithm != "AES256" else {
            throw .invalidArgument(
                "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
                "ApplyServerSideEncryptionByDefault")
        }
    }
}
extension S3.GetBucketEncryption: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .encryption }

    /// Every bucket encrypts. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-bucket-encryption.html>
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        Output {
            $0.serverSideEncryptionConfiguration = S3.ServerSideEncryptionConfiguration {
                $0.rules = [
                    S3.ServerSideEncryptionRule {
                        $0.applyServerSideEncryptionByDefault = S3.ServerSideEncryptionByDefault {
                            $0.sseAlgorithm = "AES256"
                        }
                        $0.bucketKeyEnabled = false
                    }
                ]
            }
        }
    }
}
extension S3.DeleteBucketEncryption: DeleteConfiguration {
    static var subject: BucketConfiguration.Subject { .encryption }
}

extension S3.PutBucketLogging: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .logging }
}
extension S3.GetBucketLogging: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .logging }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output() }
}

extension S3.PutBucketNotificationConfiguration: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .notification }
}
extension S3.GetBucketNotificationConfiguration: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .notification }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output() }
}

extension S3.PutBucketRequestPayment: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .requestPayment }
}
extension S3.GetBucketRequestPayment: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .requestPayment }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output { $0.payer = "BucketOwner" } }
}

extension S3.PutBucketAccelerateConfiguration: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .accelerate }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard !bucket.name.contains(".") else {
            throw .invalidRequest(
                "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names")
        }
    }
}
extension S3.GetBucketAccelerateConfiguration: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .accelerate }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output { Output() }
}

extension S3.PutBucketReplication: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .replication }
}
extension S3.GetBucketReplication: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .replication }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        throw .s3(
            "ReplicationConfigurationNotFoundError", "The replication configuration was not found", status: 404,
            ["BucketName": bucket.name])
    }
}
extension S3.DeleteBucketReplication: DeleteConfiguration {
    static var subject: BucketConfiguration.Subject { .replication }
}

extension S3.PutObjectLockConfiguration: PutConfiguration {
    static var subject: BucketConfiguration.Subject { .objectLock }

    static func check(
        _ input: Input, _ bucket: Bucket, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) {
        guard bucket.versioning == .enabled else {
            throw .invalidBucketState("Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
        }
        guard input.objectLockConfiguration?.objectLockEnabled == "Enabled" else { throw .malformedXML }
        var bucket = bucket
        bucket.hasObjectLock = true
        bucket.defaultRetention = try input.objectLockConfiguration?.rule.map(retention)
        try records.shared.put(bucket)
    }

    /// A default retention has a mode, and days or years.
    private static func retention(_ rule: S3.ObjectLockRule) throws(ServiceError) -> Bucket.DefaultRetention {
        guard let retention = rule.defaultRetention,
            let mode = retention.mode.flatMap(ObjectVersion.Retention.Mode.init(rawValue:)),
            (retention.days == nil) != (retention.years == nil)
        else { throw .malformedXML }
        let days = retention.days ?? min(retention.years ?? 0, mostDays) * 365
        guard (retention.days ?? retention.years ?? 0) > 0 else {
            throw .invalidArgument("Default retention period must be a positive integer value.", "Days", String(days))
        }
        guard (retention.days ?? 0) <= mostDays, (retention.years ?? 0) <= mostDays / 365 else {
            throw .invalidArgument(
                "Default retention period too large. Maximum is \(mostDays) days or \(mostDays / 365) years.", "Days",
                String(days))
        }
        return Bucket.DefaultRetention(mode: mode, days: days)
    }

    private static let mostDays = 36_500
}
extension S3.GetObjectLockConfiguration: GetConfiguration {
    static var subject: BucketConfiguration.Subject { .objectLock }
    static func absent(_ bucket: Bucket) throws(ServiceError) -> Output {
        guard bucket.hasObjectLock else {
            throw .s3(
                "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket",
                status: 404, ["BucketName": bucket.name])
        }
        return Output {
            $0.objectLockConfiguration = S3.ObjectLockConfiguration { $0.objectLockEnabled = "Enabled" }
        }
    }
}
