import Platform
import SNSAPI
import Wire

/// A message as a request has it; its parts are checked, whatever topic it is for.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
struct PublishedMessage: Sendable {
    /// In bytes, with attributes; of all messages of a batch together as well.
    static let longest = 262_144
    /// Characters of a subject. AWS's page says fewer than a hundred, but AWS takes, and sends, a hundred.
    static let longestSubject = 100

    let text: String
    let texts: [String: String]
    let subject: String?
    let attributes: [String: MessageAttribute]
    let groupID: String?
    let deduplicationID: String?
    /// In bytes.
    let size: Int

    init(_ input: SNS.PublishInput) throws(ServiceError) {
        try self.init(
            input.message, input.messageStructure, input.subject, input.messageAttributes, input.messageGroupId,
            input.messageDeduplicationId)
    }

    init(_ entry: SNS.PublishBatchRequestEntry) throws(ServiceError) {
        try self.init(
            entry.message, entry.messageStructure, entry.subject, entry.messageAttributes, entry.messageGroupId,
            entry.messageDeduplicationId)
    }

    private init(
        _ message: String, _ structure: String?, _ subject: String?, _ attributes: [String: SNS.MessageAttributeValue]?,
        _ groupID: String?, _ deduplicationID: String?
    ) throws(ServiceError) {
        guard !message.isEmpty else { throw .invalidParameter("Empty message") }
        self.attributes = try MessageAttribute.all(attributes)
        size = message.utf8.count + self.attributes.reduce(0) { $0 + $1.value.size(named: $1.key) }
        guard size <= Self.longest else { throw .invalidParameter("Message too long") }
        switch structure {
        case nil, "": (text, texts) = (message, [:])
        case "json": (text, texts) = try Self.parts(message)
        default: throw .invalidParameter("MessageStructure")
        }
        if let subject {
            guard (1...Self.longestSubject).contains(subject.count),
                subject.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) })
            else { throw .invalidParameter("Subject") }
        }
        self.subject = subject
        for (name, id) in [("MessageGroupId", groupID), ("MessageDeduplicationId", deduplicationID)] {
            guard let id else { continue }
            guard (1...128).contains(id.utf8.count), id.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
                throw .invalidParameter(
                    "\(name) Reason: \(name) can only include alphanumeric and punctuation characters. 1 to 128 in length"
                )
            }
        }
        (self.groupID, self.deduplicationID) = (groupID, deduplicationID)
    }

    /// The texts by transport; values that are no strings count as if they were not there.
    private static func parts(_ message: String) throws(ServiceError) -> (String, [String: String]) {
        guard let value = try? JSONValue(parsing: Array(message.utf8)), case .object(let members) = value else {
            throw .invalidParameter("Message Structure - JSON message body failed to parse")
        }
        var texts: [String: String] = [:]
        for member in members { if case .string(let text) = member.value { texts[member.key] = text } }
        guard let text = texts["default"] else {
            throw .invalidParameter("Message Structure - No default entry in JSON message body")
        }
        return (text, texts.filter { Transport(rawValue: $0.key) != nil })
    }

    /// Checks what depends on the kind of topic.
    func check(for topic: Topic) throws(ServiceError) {
        guard topic.isFIFO else {
            guard deduplicationID == nil else {
                throw .invalidParameter(
                    "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid "
                        + "for this topic type")
            }
            return
        }
        guard groupID != nil else {
            throw .invalidParameter("The MessageGroupId parameter is required for FIFO topics")
        }
        guard deduplicationID != nil || topic.deduplicatesByContent else {
            throw .invalidParameter(
                "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided "
                    + "explicitly")
        }
    }

    /// What subscribers get.
    func content(id: String, at time: Double, of topic: Topic) -> MessageContent {
        var content = MessageContent(kind: .notification, id: id, time: time, text: text)
        content.texts = texts
        content.subject = subject
        content.attributes = attributes
        content.groupID = groupID
        content.deduplicationID =
            deduplicationID ?? (topic.isFIFO ? TextHash.text(text) : nil)
        return content
    }
}
