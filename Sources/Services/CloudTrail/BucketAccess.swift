import CloudTrailAPI
import Directory
import FoundationEssentials
import Platform
import Policy
import S3API
import Wire

/// How CloudTrail gets at a trail's bucket: in its own name, for the trail, as the bucket's policy has to allow.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-s3-bucket-policy-for-cloudtrail.html>
struct BucketAccess: Sendable {
    static let service = "cloudtrail.amazonaws.com"
    /// By which the bucket's owner gets what CloudTrail puts there; policies can ask for it.
    static let accessControl = "bucket-owner-full-control"

    let environment: Environment
    let trail: Trail

    private var identity: ServiceIdentity { .own(Self.service, for: trail.arn, in: trail.accountID) }

    // MARK: When a trail is made or changed

    /// Whether the trail can be delivered to its bucket, with its key.
    /// - Parameter kind: what is to be delivered.
    /// - Returns: the bucket's Region, and the key's ARN.
    /// - Throws: S3BucketDoesNotExistException, InsufficientS3BucketPolicyException, InsufficientEncryptionPolicyException,
    ///   and what is wrong with the key.
    func check(
        _ kind: LogKind = .events, at time: Double
    ) async throws(ServiceError) -> (bucketRegion: String, keyARN: String?) {
        let region = try await bucketRegion()
        let key: String?
        if let id = trail.kmsKeyID { key = try await keyARN(id, in: region) } else { key = nil }
        guard try mayPut(kind, in: region, key, at: time) else { throw .insufficientBucketPolicy(trail.bucket) }
        return (region, key)
    }

    /// Asks for the bucket's access control list, as CloudTrail does.
    private func bucketRegion() async throws(ServiceError) -> String {
        do throws(ServiceError) {
            return try await inRegionOfBucket { (services, region) throws(ServiceError) in
                _ = try await services.call(
                    S3.GetBucketAcl.self, S3.GetBucketAcl.Input { $0.bucket = trail.bucket }, as: identity)
                return region
            }
        } catch {
            switch error.code {
            case "NoSuchBucket": throw .noSuchBucket(trail.bucket)
            case "AccessDenied": throw .insufficientBucketPolicy(trail.bucket)
            default: throw error
            }
        }
    }

    /// What the bucket's policy and all others say to the first file.
    private func mayPut(
        _ kind: LogKind, in region: String, _ key: String?, at time: Double
    ) throws(ServiceError) -> Bool {
        guard let s3 = environment.modules(signingAs: "s3").first(where: { $0.operations["PutObject"] != nil }) else {
            throw .internalFailure
        }
        let service = ServicePrincipal(Self.service, sourceARN: trail.arn, sourceAccount: trail.accountID)
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time,
            caller: Caller(accountID: trail.accountID, identity: .service(service)), module: s3, operation: "PutObject",
            region: region, source: Call.Source(service: Self.service, calledVia: []))
        let place = LogPlace(account: trail.accountID, region: trail.homeRegion)
        var own = trail
        own.organizationID = nil
        // For an organization's trail AWS wants to be let into the account's folder, too: it may become one of the account.
        for trail in trail.organizationID == nil ? [trail] : [trail, own] {
            var access = Access(
                "s3:PutObject", on: "arn:aws:s3:::\(trail.bucket)/\(trail.logFileKey(kind, place, at: time))",
                context: ["s3:x-amz-acl": .one(Self.accessControl)])
            if let key {
                access.context["s3:x-amz-server-side-encryption"] = .one("aws:kms")
                access.context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = .one(key)
            }
            guard try call.decision(access).isAllowed else { return false }
        }
        return true
    }

    /// The key that is to encrypt log files, once it is certain that CloudTrail may use it.
    private func keyARN(_ id: String, in region: String) async throws(ServiceError) -> String {
        var context = encryptionContext
        context["aws:s3:arn"] = "arn:aws:s3:::\(trail.bucket)/\(trail.folder("CloudTrail", of: trail.accountID))"
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
        try await inRegionOfBucket { (services, _) throws(ServiceError) in
            var input = S3.PutObject.Input {
                $0.bucket = trail.bucket
                $0.key = key
                $0.body = BodyStream(bytes)
                $0.acl = Self.accessControl
                $0.contentType = "application/json"
                $0.contentEncoding = "gzip"
            }
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
            return try await services.prepare(S3.PutObject.self, input, as: identity)
        }
    }

    /// S3 answers in the bucket's Region alone.
    private func inRegionOfBucket<T: Sendable>(
        _ body: (ServiceCalls, _ region: String) async throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        do throws(ServiceError) {
            return try await body(environment.services(in: trail.bucketRegion), trail.bucketRegion)
        } catch {
            guard error.code == "PermanentRedirect", let region = error.headers["x-amz-bucket-region"] else {
                throw error
            }
            return try await body(environment.services(in: region), region)
        }
    }
}
