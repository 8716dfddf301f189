import Crypto
import Directory
import FoundationEssentials
import Platform
import SQSAPI
import Wire

// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html>

/// A message that is ready to be added, and what its sender is told.
public struct PreparedMessage: Sendable {
    /// Of its entry in a batch.
    let entry: String
    let message: NewMessage
    /// In bytes, before it was encrypted.
    let size: Int
    let bodyMD5: String
    let attributesMD5: String?
    let systemAttributesMD5: String?
}

/// What a request's messages are on the way into their queue.
struct MessageSender {
    let entry: QueueEntry
    let call: Call

    init(_ url: String, _ call: Call) throws(ServiceError) {
        entry = try call.queues.entry(try call.queue(url))
        self.call = call
    }

    /// Checks a message, and encrypts it if the queue has a key.
    /// - Throws: what is wrong with it, and what KMS says.
    func prepare(_ request: MessageRequest, entry id: String = "") async throws(ServiceError) -> PreparedMessage {
        let (settings, isFIFO) = (entry.settings, entry.queue.isFIFO)
        try request.check(isFIFO: isFIFO, settings: settings)
        let content = try request.content(for: settings)
        let trace = try request.trace()
        var (bytes, key) = (content.bytes, MessageKey?.none)
        if let keyID = settings.kmsKey {
            let made = try await call.environment.projection(MessageKeys.self).key(keyID, for: entry, call)
            bytes = try MessageKey.seal(bytes, made.secret)
            key = made.key
        }
        var deduplicationID = request.deduplicationID
        if isFIFO, deduplicationID == nil {
            deduplicationID = MessageContent.hexadecimal(SHA256.hash(data: Array(content.body.utf8)))
        }
        var header: String?
        if case .text(let text)? = trace?.value { header = text }
        let message = NewMessage(
            id: UUID().uuidString.lowercased(), group: request.group, deduplicationID: deduplicationID,
            senderID: call.senderID, trace: header, content: bytes, dataKey: key, delay: isFIFO ? nil : request.delay)
        return PreparedMessage(
            entry: id, message: message, size: content.size, bodyMD5: content.bodyMD5,
            attributesMD5: MessageContent.md5(content.attributes),
            systemAttributesMD5: trace.flatMap { MessageContent.md5([$0]) })
    }

    /// Adds messages, and tells those who wait for some.
    static func add(
        _ messages: [PreparedMessage], to url: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> [AddedMessage] {
        let queue = try records.queue(try call.queue(url))
        let own = QueueMessages(queue, records, at: call.time)
        var added: [AddedMessage] = []
        for message in messages { added.append(try own.add(message.message)) }
        let (signals, id, now) = (call.environment.projection(QueueSignals.self), queue.uniqueID, own.now)
        let count = added.count { $0.due <= now }
        let next = added.lazy.map(\.due).filter { $0 > now }.min()
        records.afterwards {
            call.count("NumberOfMessagesSent", of: queue.reference, times: messages.count)
            for message in messages {
                call.count("SentMessageSize", of: queue.reference, unit: "Bytes", Double(message.size))
            }
            signals.wake(id, count)
            if let next { signals.wake(id, waitingPast: next) }
        }
        return added
    }
}

extension Call {
    /// What receivers are told of who has sent a message.
    fileprivate var senderID: String {
        if let service = caller.servicePrincipal { return service.name }
        return caller.isAnonymous ? source.address ?? "" : caller.userID
    }
}

extension AddedMessage {
    /// Twenty digits, as AWS's have.
    var sequenceNumber: String? { sequence.map(StoredMessage.number) }
}

extension StoredMessage {
    static func number(_ sequence: Int64) -> String {
        let digits = String(sequence)
        return "18" + String(repeating: "0", count: max(0, 18 - digits.utf8.count)) + digits
    }
}

extension SQS.SendMessage: PreparedWriteOperation, OnQueue {
    public static var bodyLimit: Int { MessageRequest.bodyLimit }
    public static var secretMembers: Set<String> { MessageRequest.secretMembers }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> PreparedMessage {
        try await MessageSender(input.queueUrl, call).prepare(MessageRequest(input))
    }

    public static func handle(
        _ input: Input, _ prepared: PreparedMessage, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard let added = try MessageSender.add([prepared], to: input.queueUrl, call, records).first else {
            throw .internalFailure
        }
        return Output {
            $0.messageId = added.id
            $0.md5OfMessageBody = prepared.bodyMD5
            $0.md5OfMessageAttributes = prepared.attributesMD5
            $0.md5OfMessageSystemAttributes = prepared.systemAttributesMD5
            $0.sequenceNumber = added.sequenceNumber
        }
    }
}

extension SQS.SendMessageBatch: PreparedWriteOperation, OnQueue {
    public struct Preparation: Sendable {
        let messages: [PreparedMessage]
        let failed: [SQS.BatchResultErrorEntry]
    }

    public static var bodyLimit: Int { MessageRequest.bodyLimit }
    public static var secretMembers: Set<String> { MessageRequest.secretMembers }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Preparation {
        let entries = input.entries
        try Batch.check(entries.map(\.id), "SendMessageBatchRequestEntry")
        let requests = entries.map { MessageRequest($0) }
        let size = requests.reduce(0) { $0 + $1.size }
        guard size <= MessageRequest.mostBytes else {
            throw SQS.Failure.batchRequestTooLong(
                "Batch requests cannot be longer than \(MessageRequest.mostBytes) bytes. You have sent \(size) bytes.")
        }
        let sender = try MessageSender(input.queueUrl, call)
        var (messages, failed): ([PreparedMessage], [SQS.BatchResultErrorEntry]) = ([], [])
        for (entry, request) in zip(entries, requests) {
            do throws(ServiceError) {
                messages.append(try await sender.prepare(request, entry: entry.id))
            } catch {
                // What KMS refuses is refused for all.
                guard !error.code.hasPrefix("KMS."), error.status < 500 else { throw error }
                failed.append(Batch.failure(entry.id, error))
            }
        }
        return Preparation(messages: messages, failed: failed)
    }

    public static func handle(
        _ input: Input, _ prepared: Preparation, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let added = try MessageSender.add(prepared.messages, to: input.queueUrl, call, records)
        return Output {
            $0.successful = zip(prepared.messages, added).map { message, added in
                SQS.SendMessageBatchResultEntry {
                    $0.id = message.entry
                    $0.messageId = added.id
                    $0.md5OfMessageBody = message.bodyMD5
                    $0.md5OfMessageAttributes = message.attributesMD5
                    $0.md5OfMessageSystemAttributes = message.systemAttributesMD5
                    $0.sequenceNumber = added.sequenceNumber
                }
            }
            $0.failed = prepared.failed
        }
    }
}

extension MessageRequest {
    /// A message of a megabyte, with each character of it escaped.
    static let bodyLimit = 8 << 20
    /// CloudTrail never shows what messages say.
    static let secretMembers: Set<String> = ["MessageBody", "MessageAttributes", "MessageSystemAttributes"]
}
