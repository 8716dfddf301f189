import ACMPCAAPI
import CertificateIssuing
import Wire

// The errors of AWS Private CA. Few of their texts are documented: those are cited.
// <https://docs.aws.amazon.com/privateca/latest/APIReference/CommonErrors.html>

extension ServiceError {
    static func pca(_ failure: ACMPCA.Failure, _ message: String) -> ServiceError { failure(message) }

    static func invalidArgs(_ message: String) -> ServiceError { ACMPCA.Failure.invalidArgsException(message) }

    static func noSuchAuthority(_ arn: String) -> ServiceError {
        ACMPCA.Failure.resourceNotFoundException("Could not find Certificate Authority with ARN \(arn).")
    }

    static func noSuchCertificate(_ arn: String) -> ServiceError {
        ACMPCA.Failure.resourceNotFoundException("Could not find certificate with ARN \(arn).")
    }

    static func invalidARN(_ arn: String) -> ServiceError {
        ACMPCA.Failure.invalidArnException("\(arn) is not a valid ARN.")
    }

    /// <https://github.com/hashicorp/terraform-provider-aws/issues/26968>
    static func wrongState(_ arn: String, to what: String) -> ServiceError {
        ACMPCA.Failure.invalidStateException("The certificate authority \(arn) is not in the correct state to \(what).")
    }

    /// <https://github.com/hashicorp/terraform-provider-aws/issues/37592>
    static var cannotIssue: ServiceError {
        ACMPCA.Failure.invalidStateException(
            "The certificate authority is not in a valid state for issuing certificates")
    }

    /// Of what can't be written into a certificate as it was asked for.
    static func unwritable(_ error: IssuingError, in what: String) -> ServiceError {
        switch error {
        case .malformedExtension: .invalidArgs("\(what) has a value that can't be in a certificate.")
        case .malformedRequest: ACMPCA.Failure.malformedCSRException("The certificate signing request is invalid.")
        case .malformedCertificate:
            ACMPCA.Failure.malformedCertificateException("One or more fields in the certificate are invalid.")
        case .wrongAlgorithm, .failed: .internalFailure
        }
    }
}
