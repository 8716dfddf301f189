import FoundationEssentials
import Platform
import Policy
import S3API
import Wire

/// How CloudTrail gets at a trail's bucket.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
struct BucketAccess: Sendable {
    static let service = "cloudtrail.amazonaws.com"
    /// By which the bucket's owner gets what CloudTrail puts there; policies can ask for it.
    static let accessControl = "bucket-owner-full-control"

    let environment: Environment
    let trail: Trail

    private var writer: BucketWriter {
        BucketWriter(
            environment: environment, bucket: trail.bucket, region: trail.bucketRegion, arn: trail.arn,
            account: trail.accountID)
    }

    // MARK: When a trail is made or changed

    /// Whether the trail can be delivered to its bucket, with its key.
    /// - Parameter kind: what is to be delivered.
    /// - Returns: the bucket's Region, and the key's ARN.
    /// - Throws: S3BucketDoesNotExistException, InsufficientS3BucketPolicyException, InsufficientEncryptionPolicyException,
    ///   and what is wrong with the key.
    func check(
        _ kind: LogKind = .events, at time: Double
    ) async throws(ServiceError) -> (bucketRegion: String, keyARN: String?) {
        let region = try await writer.regionOfBucket()
        let key: String?
        if let id = trail.kmsKeyID { key = try await keyARN(id, in: region) } else { key = nil }
        guard try mayPut(kind, in: region, key, at: time) else { throw .insufficientBucketPolicy(trail.bucket) }
        return (region, key)
    }

    /// What the bucket's policy and all others say to the first file.
    private func mayPut(
        _ kind: LogKind, in region: String, _ key: String?, at time: Double
    ) throws(ServiceError) -> Bool {
        var context: [String: ContextValue] = ["s3:x-amz-acl": .one(Self.accessControl)]
        if let key {
            context["s3:x-amz-server-side-encryption"] = .one("aws:kms")
            context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = .one(key)
        }
        let place = LogPlace(account: trail.accountID, region: trail.homeRegion)
        var own = trail
        own.organizationID = nil
        // For an organization's trail AWS wants to be let into the account's folder, too: it may become one of the account.
        for trail in trail.organizationID == nil ? [trail] : [trail, own] {
            guard try writer.mayPut(trail.logFileKey(kind, place, at: time), in: region, context, at: time) else {
                return false
            }
        }
        return true
    }

    /// The key that is to encrypt log files, once it is certain that CloudTrail may use it.
    private func keyARN(_ id: String, in region: String) async throws(ServiceError) -> String {
        var context = encryptionContext
        context["aws:s3:arn"] = "arn:aws:s3:::\(trail.bucket)/\(trail.folder("CloudTrail", of: trail.accountID))"
        let identity = ServiceIdentity.own(Self.service, for: trail.arn, in: trail.accountID)
        return try await KeyAccess(services: environment.services(in: region), identity: identity).check(
            id, encrypting: context, denied: .insufficientKeyPolicy(trail.bucket, id))
    }

    /// Binds what is encrypted to the trail.
    private var encryptionContext: [String: String] { ["aws:cloudtrail:arn": trail.arn] }

    // MARK: Delivery

    /// Puts a file aside, to be completed in the transaction that tells of it.
    func put(
        _ bytes: [UInt8], at key: String, metadata: [String: String] = [:], isLog: Bool
    ) async throws(ServiceError) -> PreparedCall<S3.PutObject> {
        try await writer.put(bytes, at: key) { input in
            input.acl = Self.accessControl
            input.contentType = "application/json"
            input.contentEncoding = "gzip"
            if !metadata.isEmpty { input.metadata = metadata }
            if isLog, let key = trail.kmsKeyID {
                input.serverSideEncryption = "aws:kms"
                input.ssekmsKeyId = key
                let context = try? JSONEncoder().encode(encryptionContext)
                input.ssekmsEncryptionContext = context?.base64EncodedString()
            } else if !isLog {
                // Whatever the trail's key: a digest can be read by whoever may read the bucket.
                input.serverSideEncryption = "AES256"
            }
        }
    }
}
