import CloudTrailAPI
import FoundationEssentials
import Platform
import Policy
import S3API
import Wire

/// A place in S3, as requests name it: `s3://box/logs/`.
struct S3Location: Sendable {
    let bucket: String
    /// What keys begin with: empty, or with a slash at the end.
    let prefix: String

    /// nil: the text is none.
    init?(_ uri: String) {
        let scheme = "s3://"
        guard uri.utf8.starts(with: scheme.utf8) else { return nil }
        let rest = uri.utf8.dropFirst(scheme.utf8.count)
        let name = rest.prefix { $0 != UInt8(ascii: "/") }
        guard (3...63).contains(name.count) else { return nil }
        bucket = String(Substring(name))
        var path = String(Substring(rest.dropFirst(name.count + 1)))
        if !path.isEmpty, path.utf8.last != UInt8(ascii: "/") { path += "/" }
        prefix = path
    }
}

/// How CloudTrail gets at a bucket: in its own name, for one of its resources, as the bucket's policy has to allow.
struct BucketWriter: Sendable {
    let environment: Environment
    let bucket: String
    /// Where the bucket was when it was last looked for.
    let region: String
    /// The resource for which it is.
    let arn: String
    let account: String

    private var identity: ServiceIdentity { .own(BucketAccess.service, for: arn, in: account) }

    /// Asks for the bucket's access control list, as CloudTrail does.
    /// - Returns: the bucket's Region.
    /// - Throws: S3BucketDoesNotExistException, InsufficientS3BucketPolicyException.
    func regionOfBucket() async throws(ServiceError) -> String {
        do throws(ServiceError) {
            return try await inRegionOfBucket { (services, region) throws(ServiceError) in
                _ = try await services.call(
                    S3.GetBucketAcl.self, S3.GetBucketAcl.Input { $0.bucket = bucket }, as: identity)
                return region
            }
        } catch {
            switch error.code {
            case "NoSuchBucket": throw .noSuchBucket(bucket)
            case "AccessDenied": throw .insufficientBucketPolicy(bucket)
            default: throw error
            }
        }
    }

    /// What the bucket's policy and all others say to a file.
    /// - Parameter context: what the request for it will say.
    func mayPut(
        _ key: String, in region: String, _ context: [String: ContextValue], at time: Double
    ) throws(ServiceError) -> Bool {
        guard let s3 = environment.modules(signingAs: "s3").first(where: { $0.operations["PutObject"] != nil }) else {
            throw .internalFailure
        }
        let service = ServicePrincipal(BucketAccess.service, sourceARN: arn, sourceAccount: account)
        let call = Call(
            environment: environment, requestID: RequestIDs.make(time: time), time: time,
            caller: Caller(accountID: account, identity: .service(service)), module: s3, operation: "PutObject",
            region: region, source: Call.Source(service: BucketAccess.service, calledVia: []))
        return try call.decision(Access("s3:PutObject", on: "arn:aws:s3:::\(bucket)/\(key)", context: context))
            .isAllowed
    }

    /// Puts a file aside, to be completed in the transaction that tells of it.
    func put(_ bytes: [UInt8], at key: String, _ more: (inout S3.PutObject.Input) -> Void = { _ in })
        async throws(ServiceError) -> PreparedCall<S3.PutObject>
    {
        var input = S3.PutObject.Input {
            $0.bucket = bucket
            $0.key = key
            $0.body = BodyStream(bytes)
        }
        more(&input)
        let made = input
        return try await inRegionOfBucket { (services, _) throws(ServiceError) in
            try await services.prepare(S3.PutObject.self, made, as: identity)
        }
    }

    /// S3 answers in the bucket's Region alone.
    private func inRegionOfBucket<T: Sendable>(
        _ body: (ServiceCalls, _ region: String) async throws(ServiceError) -> T
    ) async throws(ServiceError) -> T {
        do throws(ServiceError) {
            return try await body(environment.services(in: region), region)
        } catch {
            guard error.code == "PermanentRedirect", let region = error.headers["x-amz-bucket-region"] else {
                throw error
            }
            return try await body(environment.services(in: region), region)
        }
    }
}
