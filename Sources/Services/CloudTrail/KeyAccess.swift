import CloudTrailAPI
import KMSAPI
import Platform
import Wire

/// How CloudTrail gets at the KMS key of a trail or of an event data store: in its own name, for the resource, as the key's
/// policy has to allow.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
struct KeyAccess: Sendable {
    let services: ServiceCalls
    let identity: ServiceIdentity

    /// Whether CloudTrail may use a key, and it is one that can be used.
    /// - Parameters:
    ///   - id: the key as a request names it.
    ///   - context: what is to be bound to what is encrypted.
    ///   - denied: what to say where the key's policy keeps CloudTrail out.
    /// - Returns: the key's ARN.
    /// - Throws: `denied`, and what is wrong with the key.
    func check(
        _ id: String, encrypting context: [String: String]? = nil, denied: ServiceError
    ) async throws(ServiceError) -> String {
        do throws(ServiceError) {
            let described = try await services.call(
                KMS.DescribeKey.self, KMS.DescribeKey.Input { $0.keyId = id }, as: identity)
            guard let key = described.keyMetadata, let arn = key.arn else { throw .internalFailure }
            guard key.keyState == "Enabled" else {
                throw CloudTrail.Failure.kmsException("KMS key \(arn) is not enabled.")
            }
            guard key.keySpec == "SYMMETRIC_DEFAULT" else {
                throw CloudTrail.Failure.invalidKmsKeyIdException("KMS key \(arn) is not a symmetric encryption key.")
            }
            try await checkUse(of: arn, context)
            return arn
        } catch {
            switch error.code {
            case "NotFoundException": throw CloudTrail.Failure.kmsKeyNotFoundException("KMS key \(id) is not found.")
            case "InvalidArnException":
                throw CloudTrail.Failure.invalidKmsKeyIdException("KMS key ID \(id) is not valid.")
            case "AccessDenied", "AccessDeniedException": throw denied
            default: throw error
            }
        }
    }

    private func checkUse(of arn: String, _ context: [String: String]?) async throws(ServiceError) {
        do throws(ServiceError) {
            _ = try await services.call(
                KMS.GenerateDataKey.self,
                KMS.GenerateDataKey.Input {
                    $0.keyId = arn
                    $0.keySpec = "AES_256"
                    $0.dryRun = true
                    $0.encryptionContext = context
                }, as: identity)
        } catch {
            // So KMS says that it would.
            guard error.code == "DryRunOperationException" else { throw error }
        }
    }
}

extension EventDataStore {
    /// Whether a key may be the store's.
    /// - Returns: its ARN.
    /// - Throws: InsufficientEncryptionPolicyException, and what is wrong with the key.
    func checkKey(_ id: String, _ call: Call) async throws(ServiceError) -> String {
        try await KeyAccess(
            services: call.environment.services(in: homeRegion),
            identity: .own(BucketAccess.service, for: arn, in: accountID)
        ).check(
            id,
            denied: CloudTrail.Failure.insufficientEncryptionPolicyException(
                "Insufficient permissions to access KMS key \(id): its policy has to allow"
                    + " \(BucketAccess.service) kms:DescribeKey, kms:GenerateDataKey and kms:Decrypt."))
    }
}
