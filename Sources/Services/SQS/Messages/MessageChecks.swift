import SQSAPI
import Wire

// What messages may be.
// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>

/// A message as a request has it.
struct MessageRequest {
    let body: String
    let delay: Int?
    let attributes: [String: SQS.MessageAttributeValue]
    let systemAttributes: [String: SQS.MessageSystemAttributeValue]
    let deduplicationID: String?
    let group: String?

    init(_ input: SQS.SendMessageRequest) {
        body = input.messageBody
        delay = input.delaySeconds
        attributes = input.messageAttributes ?? [:]
        systemAttributes = input.messageSystemAttributes ?? [:]
        deduplicationID = input.messageDeduplicationId
        group = input.messageGroupId
    }

    init(_ entry: SQS.SendMessageBatchRequestEntry) {
        body = entry.messageBody
        delay = entry.delaySeconds
        attributes = entry.messageAttributes ?? [:]
        systemAttributes = entry.messageSystemAttributes ?? [:]
        deduplicationID = entry.messageDeduplicationId
        group = entry.messageGroupId
    }

    /// Bytes of a message, and of a batch.
    static let mostBytes = 1 << 20
    private static let mostAttributes = 10

    /// Roughly what it counts for the size of a batch.
    var size: Int {
        attributes.reduce(body.utf8.count) { sum, item in
            sum + item.key.utf8.count + item.value.dataType.utf8.count
                + (item.value.stringValue?.utf8.count ?? item.value.binaryValue?.bytes.count ?? 0)
        }
    }

    /// - Throws: MissingParameter, InvalidParameterValue, InvalidMessageContents.
    func content(for settings: QueueSettings) throws(ServiceError) -> MessageContent {
        guard !body.isEmpty else { throw .missingParameter("MessageBody") }
        guard attributes.count <= Self.mostAttributes else {
            throw .invalidParameter(
                "Number of message attributes [\(attributes.count)] exceeds the allowed maximum [\(Self.mostAttributes)]."
            )
        }
        var list: [MessageAttribute] = []
        for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
            list.append(
                try AttributeCheck(name: name, type: value.dataType, text: value.stringValue, binary: value.binaryValue)
                    .attribute)
        }
        let content = MessageContent(body: body, attributes: list)
        guard content.size <= settings.maximumSize else {
            throw .invalidParameter(
                "One or more parameters are invalid. Reason: Message must be shorter than \(settings.maximumSize) bytes."
            )
        }
        if let scalar = body.unicodeScalars.first(where: { !$0.isAllowedInMessage }) {
            throw SQS.Failure.invalidMessageContents(
                "Invalid binary character '#x\(String(scalar.value, radix: 16, uppercase: true))' was found in the message"
                    + " body, the set of allowed characters is #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD |"
                    + " #x10000 to #x10FFFF")
        }
        return content
    }

    /// The attribute that SQS itself knows: where a message is traced.
    /// - Throws: InvalidParameterValue.
    func trace() throws(ServiceError) -> MessageAttribute? {
        guard let (name, value) = systemAttributes.first else { return nil }
        guard systemAttributes.count == 1, name == "AWSTraceHeader" else {
            throw .invalidParameter(
                "Message system attribute name '\(name)' is invalid. The only supported one is AWSTraceHeader.")
        }
        guard value.dataType == "String", let text = value.stringValue, !text.isEmpty, text.utf8.count <= 4096 else {
            throw .invalidParameter(
                "The message system attribute '\(name)' must contain a non-empty value of type String.")
        }
        return MessageAttribute(name: name, type: value.dataType, value: .text(text))
    }

    /// What FIFO queues need, and what they or the others do not take.
    /// - Throws: MissingParameter, InvalidParameterValue.
    func check(isFIFO: Bool, settings: QueueSettings) throws(ServiceError) {
        for (name, id) in [("MessageGroupId", group), ("MessageDeduplicationId", deduplicationID)] {
            guard let id else { continue }
            guard (1...128).contains(id.utf8.count), id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .invalidParameter(
                    name, id, "\(name) can only include alphanumeric and punctuation characters. 1 to 128 in length.")
            }
        }
        if let delay {
            guard (0...900).contains(delay) else {
                throw .invalidParameter("DelaySeconds", String(delay), "DelaySeconds must be >= 0 and <= 900.")
            }
            guard !isFIFO || delay == 0 else { throw .wrongQueueType("DelaySeconds", String(delay)) }
        }
        guard isFIFO else {
            if let deduplicationID { throw .wrongQueueType("MessageDeduplicationId", deduplicationID) }
            return
        }
        guard group != nil else { throw .missingParameter("MessageGroupId") }
        guard deduplicationID != nil || settings.isContentDeduplicated else {
            throw .invalidParameter(
                "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
            )
        }
    }
}

/// An attribute of a request, to be checked.
private struct AttributeCheck {
    let name: String
    let type: String
    let text: String?
    let binary: Blob?

    /// - Throws: InvalidParameterValue.
    var attribute: MessageAttribute {
        get throws(ServiceError) {
            try checkName()
            guard !type.isEmpty else {
                throw .invalidParameter(
                    "The message attribute '\(name)' must contain non-empty message attribute type.")
            }
            let base = String(type.prefix { $0 != "." })
            guard type.utf8.count <= 256, ["String", "Number", "Binary"].contains(base) else {
                throw .invalidParameter(
                    "The message attribute '\(name)' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String."
                )
            }
            let empty = ServiceError.invalidParameter(
                "The message attribute '\(name)' must contain non-empty message attribute value for message attribute type '\(type)'."
            )
            if base == "Binary" {
                guard let binary, !binary.bytes.isEmpty, text == nil else { throw empty }
                return MessageAttribute(name: name, type: type, value: .binary(binary.bytes))
            }
            guard let text, !text.isEmpty, binary == nil else { throw empty }
            if base == "Number", !Self.isNumber(text) {
                throw .invalidParameter("Can't cast the value of message (user) attribute '\(name)' to a number.")
            }
            guard text.unicodeScalars.allSatisfy(\.isAllowedInMessage) else {
                throw SQS.Failure.invalidMessageContents(
                    "Invalid binary character was found in the message attribute '\(name)'.")
            }
            return MessageAttribute(name: name, type: type, value: .text(text))
        }
    }

    private func checkName() throws(ServiceError) {
        let lowered = name.lowercased()
        guard (1...256).contains(name.utf8.count),
            name.utf8.allSatisfy({ $0.isNameByte || $0 == UInt8(ascii: ".") }), !name.hasPrefix("."),
            !name.hasSuffix("."), name.firstRange(of: "..") == nil,
            !lowered.hasPrefix("aws."), !lowered.hasPrefix("amazon.")
        else {
            throw .invalidParameter(
                "Message (user) attribute name '\(name.prefix(300))' is invalid: names have letters, digits, underscores, hyphens and single periods, and do not begin with AWS. or Amazon."
            )
        }
    }

    /// Digits, a sign, a point, an exponent: with up to 38 digits of precision.
    private static func isNumber(_ text: String) -> Bool {
        guard Double(text).map({ $0.isFinite }) == true, text.utf8.count <= 256 else { return false }
        return text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || [0x2B, 0x2D, 0x2E, 0x45, 0x65].contains(byte)
        }
    }
}

extension Unicode.Scalar {
    /// Whether a message may have it: what XML can say.
    fileprivate var isAllowedInMessage: Bool {
        switch value {
        case 0x9, 0xA, 0xD, 0x20...0xD7FF, 0xE000...0xFFFD, 0x10000...0x10FFFF: true
        default: false
        }
    }
}
