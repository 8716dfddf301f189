import Ledger
import Platform
import Wire

/// A message to a user: a code, an invitation, a notice.
struct Message: Sendable, Equatable {
    enum Medium: String, Sendable, Codable {
        case email = "EMAIL"
        case sms = "SMS"

        /// The attribute that has the address.
        var attribute: String {
            switch self {
            case .email: "email"
            case .sms: "phone_number"
            }
        }

        /// Of the attribute that has the address; nil for any other.
        init?(attribute: String) {
            switch attribute {
            case "email": self = .email
            case "phone_number": self = .sms
            default: return nil
            }
        }
    }

    let medium: Medium
    /// An e-mail address or a phone number.
    let recipient: String
    /// Empty for an SMS.
    let subject: String
    /// HTML in an e-mail.
    let text: String
    /// What the pool's function is told that sends the message; nil: it is sent from here.
    var sender: SenderEvent?

    /// The address as answers tell it: `a***@e***`, `+*******1234`.
    var maskedRecipient: String { Self.masked(recipient, medium) }

    static func masked(_ recipient: String, _ medium: Medium) -> String {
        switch medium {
        case .email:
            let parts = recipient.split(separator: "@", maxSplits: 1)
            guard parts.count == 2 else { return "\(recipient.prefix(1))***" }
            return "\(parts[0].prefix(1))***@\(parts[1].prefix(1))***"
        case .sms:
            let digits = recipient.drop { $0 == "+" }
            return "+" + String(repeating: "*", count: max(0, digits.count - 4)) + digits.suffix(4)
        }
    }
}

extension MutableRecords {
    /// Puts a message into the outbox, and has it sent where the operator has named a server for it; or leaves it to the pool's
    /// function. It is sent if and only if the transaction is committed.
    func send(_ message: Message, of pool: PoolEntry, _ call: Call) throws(ServiceError) {
        try send(message, of: pool, requestID: call.requestID, at: call.time, call.environment)
    }

    /// The same for what no request is the reason of.
    /// - Parameters:
    ///   - requestID: unique among what is sent by one medium.
    ///   - time: seconds since 1970.
    ///   - from: whom an e-mail is from; nil: as the pool says.
    ///   - replyTo: the same of answers.
    func send(
        _ message: Message, of pool: PoolEntry, requestID: String, at time: Double, _ environment: Environment,
        from: String? = nil, replyTo: String? = nil
    ) throws(ServiceError) {
        let id = "\(requestID) \(message.medium.rawValue)"
        if let event = message.sender {
            return try of(pool.scope).schedule(AskSender(event, accountID: pool.pool.accountID), id: id, at: time)
        }
        try send(
            Mail(
                requestID: id, at: time, about: pool.pool.accountID, to: message.recipient,
                subject: message.subject.isEmpty ? message.medium.rawValue : message.subject, text: message.text))
        let servers = environment.outsideServers.messages
        guard servers.endpoint != nil || (message.medium == .email && servers.mailServer != nil) else { return }
        try of(pool.scope).schedule(
            DeliverMessage(
                medium: message.medium, recipient: message.recipient, subject: message.subject, text: message.text,
                poolID: pool.id, sender: from ?? pool.settings.emailConfiguration?.from,
                replyTo: replyTo ?? pool.settings.emailConfiguration?.replyToEmailAddress),
            id: id, at: time)
    }
}
