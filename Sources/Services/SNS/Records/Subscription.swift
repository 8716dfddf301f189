import Directory
import FoundationEssentials
import Ledger
import Platform

/// A subscription, confirmed or not. It is where its topic is, whoever owns it.
/// <https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html>
struct Subscription: Record, Equatable {
    static let kind = "AWS::SNS::Subscription"

    enum State: String, Sendable, Codable {
        case pending
        case confirmed
        /// Ended by somebody who did not prove who he is; for two days its endpoint can take that back.
        case deleted
    }

    /// Relations.
    enum Relation {
        static let topic = "topic"
        /// Of topics to the subscriptions of each state.
        static func state(_ state: State) -> String { "\(state.rawValue) of topic" }
        static let endpoint = "endpoint"
    }

    /// A UUID.
    let id: String
    let topicName: String
    /// The topic's unique id.
    let topicID: String
    /// The topic's.
    let accountID: String
    let region: String
    /// The account that made it.
    let owner: String
    /// The ARN of who made it.
    let principal: String
    let transport: Transport
    let endpoint: String
    /// Seconds since 1970.
    let created: Double
    var state: State
    /// Whether whoever confirmed it has proved who he is.
    var wasConfirmedWithSignature = false
    /// Whether only its owner and the topic's can end it.
    var needsSignatureToEnd = false
    /// SHA-256 of the token by which it is confirmed; nil: nobody was sent one.
    var tokenHash: Data?
    /// Until when that holds, in seconds since 1970.
    var tokenExpires = 0.0
    var isRaw = false
    /// As it was set; nil: it gets all messages.
    var filterPolicy: String?
    /// `MessageAttributes` or `MessageBody`; nil: it was never set, which means the attributes.
    var filterScope: String?
    /// As it was set.
    var redrivePolicy: String?
    /// As it was set.
    var deliveryPolicy: String?

    var topicARN: String { ARN.text("sns", region, accountID, "", topicName) }
    var arn: String { "\(topicARN):\(id)" }
    var scope: Scope { Scope(account: accountID, region: region) }
    var requirements: [Requirement] { [.account(accountID)] }
    var references: [Reference] {
        [
            Reference(Relation.topic, to: topicID), Reference(Relation.state(state), to: topicID),
            Reference(Relation.endpoint, to: Self.endpointID(transport, endpoint, topicID)),
        ]
    }

    /// What those of one topic have in common that have the same endpoint.
    static func endpointID(_ transport: Transport, _ endpoint: String, _ topicID: String) -> String {
        TextHash.text("\(topicID) \(transport.rawValue) \(endpoint)")
    }
}

/// That an account has a subscription, which is where its topic is.
struct OwnedSubscription: TableRow {
    static let kind = "AWS::SNS::OwnedSubscription"

    /// The topic's account.
    let accountID: String
    let topicName: String
    /// The subscription's.
    let id: String

    var key: RowKey { Self.key(accountID, topicName, id) }

    static func key(_ accountID: String, _ topicName: String, _ id: String) -> RowKey {
        RowKey(.text(accountID), .text(topicName), .text(id))
    }
}

/// How messages come to a subscriber: AWS's `Protocol`.
enum Transport: String, Sendable, Codable {
    case http
    case https
    case email
    case emailJSON = "email-json"
    case sqs

    /// Whether somebody at the endpoint has to say that he wants it.
    var needsConfirmation: Bool { self != .sqs }
    var isWeb: Bool { self == .http || self == .https }
    var isMail: Bool { self == .email || self == .emailJSON }
}
