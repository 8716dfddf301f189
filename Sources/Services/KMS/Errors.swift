import KMSAPI
import Platform
import Wire

/// The errors of KMS, with the texts that AWS sends. Not-found and the like have status 400 in the JSON protocol,
/// whatever the model says.
extension ServiceError {
    static func kms(_ code: KMS.Failure, _ message: String) -> ServiceError {
        var error = code(message)
        if error.fault == .sender { error.status = 400 }
        return error
    }

    /// A value that the model allows, and the operation does not.
    static func invalid(_ message: String) -> ServiceError { ServiceError("ValidationException", message) }

    static func noSuchKey(_ arn: String) -> ServiceError {
        .kms(.notFoundException, "Key '\(arn)' does not exist")
    }

    static func noSuchAlias(_ arn: String) -> ServiceError {
        .kms(.notFoundException, "Alias \(arn) is not found.")
    }

    static func invalidKeyID(_ text: String) -> ServiceError {
        .kms(.notFoundException, "Invalid keyId '\(text)'")
    }

    static func unsupported(_ message: String) -> ServiceError { .kms(.unsupportedOperationException, message) }

    static func invalidOrigin(_ key: Key) -> ServiceError {
        .unsupported("\(key.arn) origin is \(key.origin.rawValue) which is not valid for this operation.")
    }

    static func invalidState(_ message: String) -> ServiceError { .kms(.kmsInvalidStateException, message) }

    /// AWS gives no reason: one would tell an attacker what to try next.
    static var invalidCiphertext: ServiceError { .kms(.invalidCiphertextException, "") }

    static var incorrectKey: ServiceError {
        .kms(
            .incorrectKeyException,
            "The key ID in the request does not identify a CMK that can perform this operation.")
    }

    static var dryRun: ServiceError {
        .kms(.dryRunOperationException, "The request would have succeeded, but the DryRun option is set.")
    }

    static func malformedPolicy(_ message: String) -> ServiceError {
        .kms(.malformedPolicyDocumentException, message)
    }

    static func limitExceeded(_ message: String) -> ServiceError { .kms(.limitExceededException, message) }

    /// Attestation documents of Nitro enclaves are nothing that a Gatehouse could prove.
    static var recipientsAreNotBuilt: ServiceError {
        .notImplemented("Gatehouse does not encrypt for Nitro enclaves: call without Recipient.")
    }
}
