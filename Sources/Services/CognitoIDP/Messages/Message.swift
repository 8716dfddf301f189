import Ledger
import Platform
import Wire

/// A message to a user: a code, an invitation, a notice.
struct Message: Sendable {
    enum Medium: String, Sendable, Codable {
        case email = "EMAIL"
        case sms = "SMS"
    }

    let medium: Medium
    /// An e-mail address or a phone number.
    let recipient: String
    let subject: String
    let text: String

    /// The address as answers tell it: `a***@e***`, `+*******1234`.
    var maskedRecipient: String { recipient }
}

extension MutableRecords {
    /// Puts a message into the outbox, and has it sent where the operator has named a server for it. It is sent if and only if
    /// the transaction is committed.
    func send(_ message: Message, of pool: PoolEntry, _ call: Call) throws(ServiceError) {
        throw .notImplemented("messages")
    }
}
