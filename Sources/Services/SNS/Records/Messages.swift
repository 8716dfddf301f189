import FoundationEssentials
import Ledger

/// A message that somebody has yet to get.
struct StoredMessage: TableRow {
    static let kind = "AWS::SNS::Message"

    /// The unique id of its topic.
    let topicID: String
    let id: String
    /// nil: it is encrypted.
    var content: MessageContent?
    var encrypted: EncryptedContent?

    var partition: String { topicID }
    var key: RowKey { RowKey(.text(id)) }
}

/// What is sent to subscribers, whatever way it takes.
struct MessageContent: Sendable, Codable, Equatable {
    enum Kind: String, Sendable, Codable {
        case notification = "Notification"
        case subscriptionConfirmation = "SubscriptionConfirmation"
        case unsubscribeConfirmation = "UnsubscribeConfirmation"
    }

    let kind: Kind
    let id: String
    /// Seconds since 1970.
    let time: Double
    let text: String
    /// By transport, where they differ: `MessageStructure` is `json`.
    var texts: [String: String] = [:]
    var subject: String?
    var attributes: [String: MessageAttribute] = [:]
    var groupID: String?
    var deduplicationID: String?
    /// Of a FIFO topic's.
    var sequence: Int64?
    /// Of a confirmation.
    var token: String?

    func text(for transport: Transport) -> String { texts[transport.rawValue] ?? text }
}

/// One attribute of a message.
struct MessageAttribute: Sendable, Codable, Equatable {
    /// `String`, `String.Array`, `Number`, `Binary`
    let type: String
    var text: String?
    var bytes: Data?
}

/// A message's content as KMS's data key has made it.
struct EncryptedContent: Sendable, Codable, Equatable {
    /// AES-GCM: nonce, ciphertext, tag.
    let sealed: Data
    /// The data key, as KMS has encrypted it.
    let key: Data
}

/// That a subscriber has yet to get a message.
struct PendingDelivery: TableRow, Equatable {
    static let kind = "AWS::SNS::Delivery"
    static let bySubscription = "subscription"
    static let byMessage = "message"

    /// The unique id of the topic.
    let topicID: String
    /// See ``Lane``.
    var lane: String
    /// What it is ordered by: when it is due, in milliseconds since 1970, or a FIFO message's number.
    var order: Int64
    let subscriptionID: String
    let messageID: String
    /// How often it was tried.
    var attempts = 0
    /// In milliseconds since 1970.
    var due: Int64

    var partition: String { topicID }
    var key: RowKey { RowKey(.text(lane), .number(order), .text(messageID), .text(subscriptionID)) }
    var indexes: [RowIndex] {
        [
            RowIndex(Self.bySubscription, RowKey(.text(lane), .text(subscriptionID))),
            RowIndex(Self.byMessage, RowKey(.text(messageID))),
        ]
    }
}

/// What a FIFO topic got in the last five minutes, by its deduplication id.
struct RememberedMessage: TableRow {
    static let kind = "AWS::SNS::RememberedMessage"
    static let byTime = "time"
    /// In milliseconds.
    static let lifetime: Int64 = 300_000

    let topicID: String
    /// Of the deduplication id, and of the group where that is the scope.
    let hash: String
    let messageID: String
    let sequence: Int64
    /// Milliseconds since 1970.
    let time: Int64

    var partition: String { topicID }
    var key: RowKey { RowKey(.text(hash)) }
    var indexes: [RowIndex] { [RowIndex(Self.byTime, RowKey(.number(time)))] }
}

/// How many messages a FIFO topic has got.
struct MessageCounter: TableRow {
    static let kind = "AWS::SNS::MessageCounter"

    let topicID: String
    var last: Int64

    var partition: String { topicID }
    var key: RowKey { Self.key }

    static let key = RowKey(.text(""))
}
