import ACMPCAAPI
import Platform
import S3API
import Wire

/// How Private CA gets at a bucket: in its own name, for one of its authorities, as the bucket's policy has to allow.
/// <https://docs.aws.amazon.com/privateca/latest/userguide/crl-planning.html#s3-policies>
struct CRLBucket: Sendable {
    static let service = "acm-pca.amazonaws.com"
    /// Private CA tries out whether it can write, and leaves this behind.
    private static let probe = "acm-pca-permission-test-key"

    let environment: Environment
    let bucket: String
    /// The canned access control list of what is written.
    let accessControl: String
    /// The authority.
    let arn: String
    let account: String
    let region: String

    private var identity: ServiceIdentity { .own(Self.service, for: arn, in: account) }

    /// Tries out whether lists can be written.
    /// - Throws: InvalidPolicyException, InvalidArgsException.
    func check() async throws(ServiceError) {
        try await translated("s3:GetBucketAcl") { (services) throws(ServiceError) in
            _ = try await services.call(
                S3.GetBucketAcl.self, S3.GetBucketAcl.Input { $0.bucket = bucket }, as: identity)
        }
        try await translated("s3:PutObject") { (services) throws(ServiceError) in
            try await put([], at: Self.probe, services)
        }
    }

    /// Writes an object.
    /// - Throws: what S3 says.
    func put(_ bytes: [UInt8], at key: String) async throws(ServiceError) {
        try await inRegionOfBucket { (services) throws(ServiceError) in try await put(bytes, at: key, services) }
    }

    private func put(_ bytes: [UInt8], at key: String, _ services: ServiceCalls) async throws(ServiceError) {
        let input = S3.PutObject.Input {
            $0.bucket = bucket
            $0.key = key
            $0.body = BodyStream(bytes)
            $0.acl = accessControl
        }
        _ = try await services.call(S3.PutObject.self, input, as: identity)
    }

    /// <https://repost.aws/knowledge-center/acm-ca-crl-s3-getbucketacl>
    private func translated(
        _ permission: String, _ body: (ServiceCalls) async throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        do throws(ServiceError) { try await inRegionOfBucket(body) } catch {
            switch error.code {
            case "AccessDenied":
                throw .pca(
                    .invalidPolicyException,
                    "The ACM Private CA Service Principal '\(Self.service)' requires '\(permission)' permissions")
            case "NoSuchBucket": throw .invalidArgs("The S3 bucket \(bucket) does not exist.")
            case "AccessControlListNotSupported":
                throw .invalidArgs("The S3 bucket \(bucket) does not allow ACLs. Use BUCKET_OWNER_FULL_CONTROL.")
            default: throw error
            }
        }
    }

    /// S3 answers in the bucket's Region alone.
    private func inRegionOfBucket(
        _ body: (ServiceCalls) async throws(ServiceError) -> Void
    ) async throws(ServiceError) {
        do throws(ServiceError) { try await body(environment.services(in: region)) } catch {
            guard error.code == "PermanentRedirect", let other = error.headers["x-amz-bucket-region"] else {
                throw error
            }
            try await body(environment.services(in: other))
        }
    }
}

extension Environment {
    /// The bucket of an authority's lists of revoked certificates.
    func crlBucket(_ list: RevocationSettings.List, _ authority: CertificateAuthority) -> CRLBucket {
        let control = list.accessControl == "PUBLIC_READ" ? "public-read" : "bucket-owner-full-control"
        return CRLBucket(
            environment: self, bucket: list.bucket, accessControl: control, arn: authority.arn,
            account: authority.accountID, region: authority.region)
    }
}
