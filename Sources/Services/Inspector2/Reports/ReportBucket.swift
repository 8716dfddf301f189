import Inspector2API
import Platform
import S3API
import Wire

/// How Amazon Inspector gets at the bucket of a report: in its own name, `inspector2.amazonaws.com`, as the bucket's policy and
/// the key's have to allow.
/// <https://docs.aws.amazon.com/inspector/latest/user/findings-managing-exporting-reports.html>
struct ReportBucket: Sendable {
    let environment: Environment
    let report: StoredReport
    let account: String
    let region: String

    private var identity: ServiceIdentity {
        .own(InspectorName.principal, for: InspectorName.arn(region, account, "report/\(report.id)"), in: account)
    }

    /// The key of an object: after the prefix that the request gave.
    func objectKey(_ name: String) -> String {
        guard let prefix = report.prefix, !prefix.isEmpty else { return name }
        return prefix.hasSuffix("/") ? prefix + name : "\(prefix)/\(name)"
    }

    /// - Throws: what S3 says.
    func put(_ bytes: [UInt8], at key: String, type: String) async throws(ServiceError) {
        _ = try await environment.services(in: region).call(
            S3.PutObject.self,
            S3.PutObject.Input {
                $0.bucket = report.bucket
                $0.key = key
                $0.contentType = type
                $0.serverSideEncryption = "aws:kms"
                $0.ssekmsKeyId = report.kmsKey
                $0.body = BodyStream(bytes)
            }, as: identity)
    }
}

extension ServiceError {
    /// Why a report could not be written, in AWS's words.
    var ofReport: (code: String, message: String) {
        switch code {
        case "NoSuchBucket": ("BUCKET_NOT_FOUND", "The bucket does not exist.")
        case "PermanentRedirect": ("INCOMPATIBLE_BUCKET_REGION", "The bucket is in another Region.")
        case "KMS.NotFoundException", "KMS.DisabledException", "KMS.KMSInvalidStateException", "NotFoundException":
            ("MALFORMED_KMS_KEY", message)
        case "AccessDenied", "AccessDeniedException", "KMS.AccessDeniedException": ("INVALID_PERMISSIONS", message)
        default:
            code.hasPrefix("KMS.") ? ("MALFORMED_KMS_KEY", message) : ("INTERNAL_ERROR", message)
        }
    }
}
