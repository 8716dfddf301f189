import Crypto
import SQSAPI
import Wire

/// Which attributes of messages a request wants to see.
struct ShownMessageAttributes: Sendable {
    private let system: Set<String>
    private let showsAll: Bool
    private let own: [String]

    private static let known: Set<String> = [
        "SenderId", "SentTimestamp", "ApproximateReceiveCount", "ApproximateFirstReceiveTimestamp", "SequenceNumber",
        "MessageDeduplicationId", "MessageGroupId", "AWSTraceHeader", "DeadLetterQueueSourceArn",
    ]

    /// - Throws: InvalidAttributeName.
    init(system: [String], own: [String]) throws(ServiceError) {
        for name in system where name != "All" && !Self.known.contains(name) {
            // It is in the documentation's list of them, and no message has it.
            guard name == "SqsManagedSseEnabled" else { throw .unknownAttribute(name) }
        }
        self.system = Set(system)
        showsAll = system.contains("All")
        self.own = own
    }

    /// A message as it is answered.
    /// - Throws: InternalFailure for one that can't be read.
    func message(
        _ found: FoundMessage, _ secrets: [MessageKey: SymmetricKey]
    ) throws(ServiceError) -> SQS.Message {
        let message = found.message
        var bytes = found.content
        if let key = message.dataKey {
            guard let secret = secrets[key] else { throw .internalFailure }
            bytes = try MessageKey.open(bytes, secret)
        }
        guard let content = MessageContent(bytes) else { throw .internalFailure }
        let own = content.attributes.filter { wants($0.name) }
        let attributes = attributes(of: message)
        return SQS.Message {
            $0.messageId = message.id
            $0.receiptHandle = found.handle
            $0.md5OfBody = content.bodyMD5
            $0.body = content.body
            if !attributes.isEmpty { $0.attributes = attributes }
            guard !own.isEmpty else { return }
            $0.md5OfMessageAttributes = MessageContent.md5(own)
            $0.messageAttributes = Dictionary(own.map { ($0.name, SQS.MessageAttributeValue($0)) }) { first, _ in first
            }
        }
    }

    private func attributes(of message: StoredMessage) -> [String: String] {
        var all: [String: String] = [
            "SenderId": message.senderID, "SentTimestamp": String(message.sent),
            "ApproximateReceiveCount": String(message.receives),
            "ApproximateFirstReceiveTimestamp": String(message.firstReceived),
        ]
        all["MessageGroupId"] = message.group
        all["AWSTraceHeader"] = message.trace
        all["DeadLetterQueueSourceArn"] = message.source
        if message.isFIFO {
            all["MessageDeduplicationId"] = message.deduplicationID
            all["SequenceNumber"] = StoredMessage.number(message.sequence)
        }
        return showsAll ? all : all.filter { system.contains($0.key) }
    }

    /// Names, `All`, `.*`, or beginnings with `.*` behind them.
    private func wants(_ name: String) -> Bool {
        own.contains { wanted in
            if wanted == "All" || wanted == ".*" || wanted == name { return true }
            return wanted.hasSuffix(".*") && name.hasPrefix(wanted.dropLast(2))
        }
    }
}

extension View where Members == SQS.MessageAttributeValueFields {
    fileprivate init(_ attribute: MessageAttribute) {
        self.init {
            $0.dataType = attribute.type
            switch attribute.value {
            case .text(let text): $0.stringValue = text
            case .binary(let bytes): $0.binaryValue = Blob(bytes)
            }
        }
    }
}
