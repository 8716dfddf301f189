import Platform
import S3API
import Wire

/// The proof that a request may delete versions of a bucket with MFA delete, or change its versioning: a code of an MFA device
/// of the owner's root user, which is used up with it.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiFactorAuthenticationDelete.html>
public struct MFADelete: Sendable {
    static let secretMembers: Set<String> = ["MFA"]

    private let isProved: Bool

    /// - Parameters:
    ///   - isNeeded: whether the request needs a code even if the bucket asks for none.
    ///   - header: the device's serial number, a space, and the code; nil: the request has none.
    /// - Throws: AccessDenied with S3's texts.
    init(of bucket: Bucket, isNeeded: Bool = false, _ header: String?, _ call: Call) async throws(ServiceError) {
        guard isNeeded || bucket.mfaDelete == true else {
            isProved = false
            return
        }
        guard let header else { throw .mfaNeeded }
        guard case .root = call.caller.identity, call.accountID == bucket.accountID else {
            throw .s3("AccessDenied", "This operation may only be performed by the bucket owner", status: 403)
        }
        let parts = header.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { throw .mfaNeeded }
        do throws(ServiceError) {
            try await SecondFactor.useUp(String(parts[0]), String(parts[1]), call)
        } catch {
            throw error.status < 500 ? .accessDenied : error
        }
        isProved = true
    }

    /// Makes sure that the bucket has not come to need a proof since.
    func check(_ bucket: Bucket) throws(ServiceError) {
        guard isProved || bucket.mfaDelete != true else { throw .mfaNeeded }
    }
}

extension ServiceError {
    fileprivate static var mfaNeeded: ServiceError {
        .s3("AccessDenied", "Mfa Authentication must be used for this request", status: 403)
    }
}
