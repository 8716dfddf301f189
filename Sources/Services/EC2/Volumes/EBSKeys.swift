import Directory
import FoundationEssentials
import KMSAPI
import Ledger
import Platform
import Wire

/// How EBS gets at KMS keys: data keys with the permissions of whoever makes the volume, and by a grant of theirs for as long as an
/// instance has it.
/// <https://docs.aws.amazon.com/ebs/latest/userguide/how-ebs-encryption-works.html>
enum EBSKeys {
    /// EC2 as a principal, and as a grantee.
    static let principal = "ec2.amazonaws.com"
    /// The alias of the key that AWS manages for volumes.
    static let managed = "alias/aws/ebs"
    static let contextKey = "aws:ebs:id"

    /// Has KMS make the data key of a new volume or snapshot, with the caller's permissions.
    /// - Parameters:
    ///   - id: of what is to be encrypted; KMS binds the data key to it.
    ///   - key: the KMS key, as a client names it.
    ///   - source: what is copied; its data key is encrypted anew, so that nobody ever sees it. nil: there is nothing to copy, or
    ///     it is not encrypted.
    /// - Throws: what KMS says.
    static func encryption(
        of id: String, with key: String, copying source: EBSEncryption?, _ call: Call
    ) async throws(ServiceError) -> EBSEncryption {
        let (sealed, arn): (Blob?, String?)
        if let source, let dataKey = source.dataKey {
            let made = try await call.services.call(
                KMS.ReEncrypt.self,
                KMS.ReEncrypt.Input {
                    $0.ciphertextBlob = Blob(Array(dataKey))
                    $0.sourceKeyId = source.keyARN
                    $0.sourceEncryptionContext = [contextKey: source.boundTo]
                    $0.destinationKeyId = key
                    $0.destinationEncryptionContext = [contextKey: id]
                }, as: .forwarding(principal))
            (sealed, arn) = (made.ciphertextBlob, made.keyId)
        } else {
            let made = try await call.services.call(
                KMS.GenerateDataKeyWithoutPlaintext.self,
                KMS.GenerateDataKeyWithoutPlaintext.Input {
                    $0.keyId = key
                    $0.numberOfBytes = 64
                    $0.encryptionContext = [contextKey: id]
                }, as: .forwarding(principal))
            (sealed, arn) = (made.ciphertextBlob, made.keyId)
        }
        guard let sealed, let arn else { throw .internalFailure }
        return EBSEncryption(keyARN: arn, dataKey: Data(sealed.bytes), boundTo: id, isManaged: isManaged(key))
    }

    /// Has the caller grant EC2 to decrypt a volume's data key, while the volume is attached.
    /// - Returns: the grant's id.
    /// - Throws: what KMS says.
    static func grant(_ encryption: EBSEncryption, _ call: Call) async throws(ServiceError) -> String {
        let made = try await call.services.call(
            KMS.CreateGrant.self,
            KMS.CreateGrant.Input {
                $0.keyId = encryption.keyARN
                $0.granteePrincipal = principal
                $0.retiringPrincipal = principal
                $0.operations = ["Decrypt"]
                $0.constraints = KMS.GrantConstraints {
                    $0.encryptionContextSubset = [contextKey: encryption.boundTo]
                }
            }, as: .forwarding(principal))
        guard let id = made.grantId else { throw .internalFailure }
        return id
    }

    /// Decrypts a volume's data key, as EC2 does when an instance that has the volume starts. What comes of it is forgotten: there is
    /// nothing to decrypt with it.
    /// - Throws: what KMS says.
    static func open(
        _ encryption: EBSEncryption, for instance: StoredInstance, _ environment: Environment
    ) async throws(ServiceError) {
        guard let dataKey = encryption.dataKey else {
            throw ServiceError("AccessDeniedException", "There is no data key.", status: 400)
        }
        _ = try await environment.services(in: instance.head.region).call(
            KMS.Decrypt.self,
            KMS.Decrypt.Input {
                $0.keyId = encryption.keyARN
                $0.ciphertextBlob = Blob(Array(dataKey))
                $0.encryptionContext = [contextKey: encryption.boundTo]
            }, as: .own(principal, for: instance.arn, in: instance.head.accountID))
    }

    /// Retires the grant of a volume that is attached no more. A grant that is gone, or whose key is, needs nothing.
    static func retire(
        _ grantID: String, _ encryption: EBSEncryption, for instance: StoredInstance, _ environment: Environment
    ) async throws(ServiceError) {
        let name = InstanceName(account: instance.head.accountID, region: instance.head.region, id: instance.id)
        try await retire(grantID, encryption, for: name, environment)
    }

    /// The same for an instance of which there is no record: it was to be, and is not.
    static func retire(
        _ grantID: String, _ encryption: EBSEncryption, for instance: InstanceName, _ environment: Environment
    ) async throws(ServiceError) {
        do throws(ServiceError) {
            _ = try await environment.services(in: instance.region).call(
                KMS.RetireGrant.self,
                KMS.RetireGrant.Input {
                    $0.keyId = encryption.keyARN
                    $0.grantId = grantID
                }, as: .own(principal, for: instance.arn, in: instance.account))
        } catch {
            if error.status >= 500 { throw error }
        }
    }

    /// Whether a client has named the key that AWS manages.
    static func isManaged(_ key: String) -> Bool { key == managed || key.hasSuffix(":\(managed)") }

    /// The ARN of a key as a client has named it, for what KMS has refused.
    static func arn(_ key: String, _ call: Call) -> String {
        if key.hasPrefix("arn:") { return key }
        let isAlias = key.hasPrefix("alias/")
        return ARN.text("kms", call.region, call.accountID, isAlias ? "" : "key/", key)
    }
}

/// A grant that was made before there is anything that it is for.
public struct VolumeGrant: Sendable {
    let instance: InstanceName
    let encryption: EBSEncryption
    let id: String

    /// Nothing came of it. Where KMS can't be asked, it stays, and opens nothing that there is.
    func takeBack(_ call: Call) async {
        do throws(ServiceError) {
            try await EBSKeys.retire(id, encryption, for: instance, call.environment)
        } catch {}
    }
}
