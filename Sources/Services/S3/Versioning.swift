import Platform
import S3API
import Wire

// Versioning. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>

extension S3.PutBucketVersioning: PreparedWriteOperation, OnBucket {
    public static var secretMembers: Set<String> { MFADelete.secretMembers }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> MFADelete {
        let asks = input.versioningConfiguration.mfaDelete == "Enabled"
        return try await MFADelete(of: call.bucket(), isNeeded: asks, input.mfa, call)
    }

    public static func handle(
        _ input: Input, _ proof: MFADelete, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var bucket = try records.bucket(input.bucket, call)
        try proof.check(bucket)
        try change(&bucket, input, call)
        try records.shared.put(bucket)
        return Output()
    }

    private static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        guard let status = input.versioningConfiguration.status else {
            throw .s3(
                "IllegalVersioningConfigurationException", "The Versioning element must be specified")
        }
        guard let versioning = Bucket.Versioning(rawValue: status), versioning != .never else { throw .malformedXML }
        guard versioning == .enabled || !bucket.hasObjectLock else {
            throw .invalidBucketState(
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
        }
        if let mfaDelete = input.versioningConfiguration.mfaDelete {
            guard ["Enabled", "Disabled"].contains(mfaDelete) else { throw .malformedXML }
            bucket.mfaDelete = mfaDelete == "Enabled"
        }
        guard bucket.mfaDelete != true || call.buckets.lifecycle(of: bucket.name).isEmpty else {
            throw .invalidBucketState(
                "A lifecycle configuration is present on this bucket, so MFA Delete cannot be enabled.")
        }
        bucket.versioning = versioning
    }
}

extension S3.GetBucketVersioning: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output {
            $0.status = bucket.versioning == .never ? nil : bucket.versioning.rawValue
            $0.mfaDelete = bucket.mfaDelete.map { $0 ? "Enabled" : "Disabled" }
        }
    }
}
