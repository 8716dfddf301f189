import CloudTrailAPI
import KMSAPI
import Platform
import Wire

/// The KMS key of an event data store: CloudTrail uses it in its own name, as the key's policy has to allow.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html>
enum StoreKeys {
    /// - Returns: the key's ARN.
    /// - Throws: InsufficientEncryptionPolicyException, and what is wrong with the key.
    static func check(_ id: String, for store: EventDataStore, _ call: Call) async throws(ServiceError) -> String {
        let services = call.environment.services(in: store.homeRegion)
        let identity = ServiceIdentity.own(BucketAccess.service, for: store.arn, in: store.accountID)
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
            do throws(ServiceError) {
                _ = try await services.call(
                    KMS.GenerateDataKey.self,
                    KMS.GenerateDataKey.Input {
                        $0.keyId = arn
                        $0.keySpec = "AES_256"
                        $0.dryRun = true
                    }, as: identity)
            } catch {
                // So KMS says that it would.
                guard error.code == "DryRunOperationException" else { throw error }
            }
            return arn
        } catch {
            switch error.code {
            case "NotFoundException": throw CloudTrail.Failure.kmsKeyNotFoundException("KMS key \(id) is not found.")
            case "InvalidArnException":
                throw CloudTrail.Failure.invalidKmsKeyIdException("KMS key ID \(id) is not valid.")
            case "AccessDenied", "AccessDeniedException":
                throw CloudTrail.Failure.insufficientEncryptionPolicyException(
                    "Insufficient permissions to access KMS key \(id): its policy has to allow"
                        + " \(BucketAccess.service) kms:DescribeKey, kms:GenerateDataKey and kms:Decrypt.")
            default: throw error
            }
        }
    }
}
