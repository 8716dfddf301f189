import Crypto
import Directory
import FoundationEssentials
import KMSAPI
import Platform
import SNSAPI
import Wire

// Messages of a topic with a KMS key lie encrypted until they are delivered.
// <https://docs.aws.amazon.com/sns/latest/dg/sns-server-side-encryption.html>

/// A data key of a topic's KMS key.
struct MessageKey: Sendable {
    let secret: SymmetricKey
    /// As KMS has encrypted it.
    let encrypted: Data

    func seal(_ content: MessageContent) throws(ServiceError) -> EncryptedContent {
        do {
            let box = try AES.GCM.seal(
                JSONEncoder().encode(content), using: secret, authenticating: Data(content.id.utf8))
            guard let sealed = box.combined else { throw ServiceError.internalFailure }
            return EncryptedContent(sealed: sealed, key: encrypted)
        } catch { throw .internalFailure }
    }

    static func open(
        _ content: EncryptedContent, of id: String, with secret: SymmetricKey
    ) throws(ServiceError) -> MessageContent {
        do {
            let plain = try AES.GCM.open(
                AES.GCM.SealedBox(combined: content.sealed), using: secret, authenticating: Data(id.utf8))
            return try JSONDecoder().decode(MessageContent.self, from: plain)
        } catch { throw .internalFailure }
    }
}

extension Topic {
    fileprivate var encryptionContext: [String: String] { ["aws:sns:topicArn": arn] }
}

extension Call {
    /// A data key for what is published to a topic; nil: it has no KMS key. Who publishes has to be allowed to have it made and to
    /// decrypt it.
    /// <https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html>
    /// - Throws: KMSAccessDenied, KMSNotFound, KMSDisabled, KMSInvalidState.
    func messageKey(of topic: Topic) async throws(ServiceError) -> MessageKey? {
        guard let key = topic.kmsKeyID else { return nil }
        let keys = environment.projection(TopicKeys.self)
        let publisher = TopicKeys.Publisher(topic: topic.uniqueID, key: key, caller: publisherName)
        if let known = keys.key(of: publisher, at: time) { return known }
        do throws(ServiceError) {
            let made = try await services.call(
                KMS.GenerateDataKey.self,
                KMS.GenerateDataKey.Input {
                    $0.keyId = key
                    $0.keySpec = "AES_256"
                    $0.encryptionContext = topic.encryptionContext
                }, as: .forwarding(SNSPrincipal.name))
            guard let encrypted = made.ciphertextBlob else { throw .internalFailure }
            let opened = try await services.call(
                KMS.Decrypt.self,
                KMS.Decrypt.Input {
                    $0.ciphertextBlob = encrypted
                    $0.encryptionContext = topic.encryptionContext
                }, as: .forwarding(SNSPrincipal.name))
            guard let secret = opened.plaintext else { throw .internalFailure }
            let key = MessageKey(secret: SymmetricKey(data: secret.bytes), encrypted: Data(encrypted.bytes))
            keys.keep(key, of: publisher, at: time)
            return key
        } catch {
            throw .ofKMS(error)
        }
    }

    /// Whom KMS answers. Names come again: a session of the same name may be allowed less, and a user be another one.
    private var publisherName: String {
        guard let service = caller.servicePrincipal else {
            return "\(caller.arn) \(caller.session == nil ? caller.userID : caller.accessKeyID)"
        }
        return "\(service.name) \(service.sourceAccount) \(service.sourceARN ?? "")"
    }
}

extension Environment {
    /// Decrypts a message's data key for its delivery: as SNS, or else for the topic's account, as SNS may if the key's policy leaves
    /// it to the account.
    /// - Throws: what KMS says.
    fileprivate func openMessageKey(_ encrypted: Data, of topic: Topic) async throws(ServiceError) -> SymmetricKey {
        let (keys, opening) = (projection(TopicKeys.self), TopicKeys.Opened(topic: topic.uniqueID, key: encrypted))
        if let known = keys.secret(of: opening, at: now()) { return known }
        let input = KMS.Decrypt.Input {
            $0.ciphertextBlob = Blob(Array(encrypted))
            $0.encryptionContext = topic.encryptionContext
        }
        let opened: KMS.Decrypt.Output
        do throws(ServiceError) {
            opened = try await services(in: topic.region).call(
                KMS.Decrypt.self, input, as: .own(SNSPrincipal.name, for: topic.arn, in: topic.accountID))
        } catch {
            guard error.code.hasPrefix("AccessDenied") else { throw error }
            opened = try await call(
                KMS.Decrypt.self, input, by: Caller(accountID: topic.accountID, identity: .root),
                from: Call.Source(service: SNSPrincipal.name, calledVia: [SNSPrincipal.name]), in: topic.region,
                requestID: RequestIDs.make(time: now()))
        }
        guard let secret = opened.plaintext else { throw .internalFailure }
        let key = SymmetricKey(data: secret.bytes)
        keys.keep(key, of: opening, at: now())
        return key
    }
}

extension StoredMessage {
    /// What is to be delivered.
    /// - Throws: what KMS says, of a topic with a key.
    func content(of topic: Topic, _ environment: Environment) async throws(ServiceError) -> MessageContent {
        if let content { return content }
        guard let encrypted else { throw .internalFailure }
        let key = try await environment.openMessageKey(encrypted.key, of: topic)
        return try MessageKey.open(encrypted, of: id, with: key)
    }
}

/// SNS as a principal.
enum SNSPrincipal {
    static let name = "sns.amazonaws.com"
}

extension ServiceError {
    /// What Publish answers to what KMS says.
    fileprivate static func ofKMS(_ error: ServiceError) -> ServiceError {
        let failure: SNS.Failure
        switch error.code {
        case "AccessDenied", "AccessDeniedException": failure = .kmsAccessDenied
        case "NotFoundException": failure = .kmsNotFound
        case "DisabledException": failure = .kmsDisabled
        case "KMSInvalidStateException", "InvalidKeyUsageException": failure = .kmsInvalidState
        case "ThrottlingException": failure = .kmsThrottling
        default: return error.fault == .sender ? .sns(.kmsNotFound, error.message) : error
        }
        return .sns(failure, error.message)
    }
}
