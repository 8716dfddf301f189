import Platform
import S3API
import Wire

// Versioning. <https://docs.aws.amazon.com/AmazonS3/latest/userguide/Versioning.html>

extension S3.PutBucketVersioning: ChangeBucket {
    static func change(_ bucket: inout Bucket, _ input: Input, _ call: Call) throws(ServiceError) {
        guard let status = input.versioningConfiguration.status else {
            throw .s3(
                "IllegalVersioningConfigurationException", "The Versioning element must be specified")
        }
        guard let versioning = Bucket.Versioning(rawValue: status), versioning != .never else { throw .malformedXML }
        guard versioning == .enabled || !bucket.hasObjectLock else {
            throw .invalidBucketState(
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
        }
        guard input.versioningConfiguration.mfaDelete != "Enabled" else {
            throw .notImplemented("Gatehouse does not build MFA delete.")
        }
        bucket.versioning = versioning
    }
}

extension S3.GetBucketVersioning: BucketRead {
    static func answer(_ bucket: Bucket, _ input: Input, _ call: Call) throws(ServiceError) -> Output {
        Output { $0.status = bucket.versioning == .never ? nil : bucket.versioning.rawValue }
    }
}
