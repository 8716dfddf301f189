import Crypto
import FoundationEssentials
import KMSAPI
import Ledger
import Platform
import SQSAPI
import Synchronization
import Wire

/// The data keys of queues with a KMS key. Whoever sends needs kms:GenerateDataKey, whoever receives kms:Decrypt: SQS asks
/// with its caller's permissions. What KMS has answered to somebody holds for the queue's reuse period, as on AWS.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-key-management.html>
final class MessageKeys: Projection {
    static let kinds: Set<String> = []
    /// More are not remembered.
    private static let most = 10_000
    private static let service = "sqs.amazonaws.com"

    private struct Sender: Hashable {
        let queue: String
        let key: String
        let caller: String
    }

    private struct Reader: Hashable {
        let key: MessageKey
        let caller: String
    }

    private struct State {
        var sending: [Sender: (key: MessageKey, secret: SymmetricKey, until: Double)] = [:]
        var opened: [Reader: (secret: SymmetricKey, until: Double)] = [:]
    }

    private let state = Mutex(State())

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { state.withLock { $0 = State() } }

    /// A data key to encrypt messages with.
    /// - Throws: KmsAccessDenied and the other errors that KMS's become.
    func key(
        _ keyID: String, for entry: QueueEntry, _ call: Call
    ) async throws(ServiceError) -> (key: MessageKey, secret: SymmetricKey) {
        let sender = Sender(queue: entry.queue.uniqueID, key: keyID, caller: Self.name(call))
        if let known = state.withLock({ $0.sending[sender] }), known.until > call.time {
            return (known.key, known.secret)
        }
        let arn = entry.queue.arn
        let made = try await Self.ask(
            KMS.GenerateDataKey.self,
            KMS.GenerateDataKey.Input {
                $0.keyId = keyID
                $0.keySpec = "AES_256"
                $0.encryptionContext = ["aws:sqs:arn": arn]
            }, call)
        guard let plaintext = made.plaintext, let sealed = made.ciphertextBlob, let keyARN = made.keyId else {
            throw .internalFailure
        }
        let key = MessageKey(keyARN: keyARN, queueARN: arn, sealed: sealed.bytes)
        let secret = SymmetricKey(data: plaintext.bytes)
        let until = call.time + Double(entry.settings.keyReuse)
        state.withLock { state in
            if state.sending.count >= Self.most { state.sending = state.sending.filter { $0.value.until > call.time } }
            if state.sending.count >= Self.most { state.sending = [:] }
            state.sending[sender] = (key, secret, until)
        }
        return (key, secret)
    }

    /// The secrets of data keys, for a caller who may have them.
    /// - Throws: as ``key(_:for:_:)``.
    func open(
        _ keys: Set<MessageKey>, reuse: Int, _ call: Call
    ) async throws(ServiceError) -> [MessageKey: SymmetricKey] {
        var secrets: [MessageKey: SymmetricKey] = [:]
        let now = call.environment.now()
        for key in keys {
            let reader = Reader(key: key, caller: Self.name(call))
            if let known = state.withLock({ $0.opened[reader] }), known.until > now {
                secrets[key] = known.secret
                continue
            }
            let opened = try await Self.ask(
                KMS.Decrypt.self,
                KMS.Decrypt.Input {
                    $0.keyId = key.keyARN
                    $0.ciphertextBlob = Blob(key.sealed)
                    $0.encryptionContext = ["aws:sqs:arn": key.queueARN]
                }, call)
            guard let plaintext = opened.plaintext else { throw .internalFailure }
            let secret = SymmetricKey(data: plaintext.bytes)
            secrets[key] = secret
            state.withLock { state in
                if state.opened.count >= Self.most { state.opened = state.opened.filter { $0.value.until > now } }
                if state.opened.count >= Self.most { state.opened = [:] }
                state.opened[reader] = (secret, now + Double(reuse))
            }
        }
        return secrets
    }

    /// Whom KMS has answered. Names come again: a session of the same name may be allowed less, and a user be another one.
    private static func name(_ call: Call) -> String {
        let caller = call.caller
        guard let service = caller.servicePrincipal else {
            return "\(caller.arn) \(caller.session == nil ? caller.userID : caller.accessKeyID)"
        }
        return "\(service.name) \(service.sourceAccount) \(service.sourceARN ?? "")"
    }

    private static func ask<O: OperationModel>(
        _ operation: O.Type, _ input: O.Input, _ call: Call
    ) async throws(ServiceError) -> O.Output {
        do throws(ServiceError) {
            return try await call.services.call(operation, input, as: .forwarding(service))
        } catch {
            guard error.status < 500 else { throw error }
            let failure: SQS.Failure =
                switch error.code {
                case "NotFoundException": .kmsNotFound
                case "DisabledException": .kmsDisabled
                case "KMSInvalidStateException": .kmsInvalidState
                case "InvalidKeyUsageException": .kmsInvalidKeyUsage
                case "ThrottlingException": .kmsThrottled
                case "AccessDenied", "AccessDeniedException": .kmsAccessDenied
                default: .kmsInvalidState
                }
            throw failure(error.message)
        }
    }
}

extension MessageKey {
    /// - Throws: InternalFailure when it can't be encrypted.
    static func seal(_ content: [UInt8], _ secret: SymmetricKey) throws(ServiceError) -> [UInt8] {
        guard let sealed = try? AES.GCM.seal(content, using: secret).combined else { throw .internalFailure }
        return Array(sealed)
    }

    /// - Throws: InternalFailure for what was not encrypted so.
    static func open(_ sealed: [UInt8], _ secret: SymmetricKey) throws(ServiceError) -> [UInt8] {
        guard let box = try? AES.GCM.SealedBox(combined: sealed),
            let content = try? AES.GCM.open(box, using: secret)
        else { throw .internalFailure }
        return Array(content)
    }
}
