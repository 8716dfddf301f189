public import Ledger
public import Wire

/// A message to somebody outside of Gatehouse, which sends no mail itself: the operator reads it with `gatehouse
/// outbox`, or as the root user at `/_gatehouse/outbox`.
///
/// It is a record, so that it is sealed as everything is, and kept or undone together with what it is about. A log
/// would show its codes to whoever may read logs.
public struct Mail: Record {
    /// As the ledger names it.
    public static let kind = "Gatehouse::Mail"

    /// Begins with the id of the request that it is from, and so sorts by time.
    public let id: String
    /// Seconds since 1970.
    public let time: Double
    /// The account that it is about.
    public let accountID: String
    /// The e-mail address that it would be sent to.
    public let recipient: String
    /// The subject line.
    public let subject: String
    /// The body, plain text. It may contain codes.
    public let text: String

    /// Makes a message in the course of a call.
    public init(_ call: Call, about accountID: String, to recipient: String, subject: String, text: String) {
        id = "\(call.requestID) \(subject)"
        time = call.time
        self.accountID = accountID
        self.recipient = recipient
        self.subject = subject
        self.text = text
    }

    /// Makes a message that no call is the reason of.
    /// - Parameter time: seconds since 1970.
    public init(
        requestID: String, at time: Double, about accountID: String, to recipient: String, subject: String, text: String
    ) {
        id = "\(requestID) \(subject)"
        self.time = time
        self.accountID = accountID
        self.recipient = recipient
        self.subject = subject
        self.text = text
    }
}

/// The mail that Gatehouse would have sent. All of it is in one scope, whichever account it is about.
public enum Outbox {
    /// The scope of all mail. No account has such a number.
    public static let scope = Scope(account: "outbox", region: "")
    /// Some go when there are more.
    static let limit = 1000
    /// So many at a time.
    static let surplus = 50

    /// What is given up of all mail.
    /// - Parameter mail: the oldest first.
    static func dropped(of mail: [Mail], _ count: Int) -> [Mail] {
        // Of each account the oldest are at the end.
        var accounts = Dictionary(grouping: mail.reversed(), by: \.accountID)
        return (0..<count).compactMap { _ in
            let largest = accounts.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }?.key
            return largest.flatMap { accounts[$0]?.popLast() }
        }
    }

    /// All mail, oldest first. It is for the operator alone: there are codes of all accounts in it.
    /// - Throws: `LedgerError` when the ledger can't be read.
    public static func mail(in ledger: Ledger) async throws(LedgerError) -> [Mail] {
        try await ledger.read { (reader) throws(LedgerError) in
            try reader.list(Mail.self, in: scope, after: nil, limit: .max)
        }
    }
}

extension MutableRecords {
    /// Puts a message into the outbox. Beyond a thousand messages some are dropped: the oldest of those accounts that have most, so
    /// that one which sends much takes nothing from the others.
    /// - Throws: InternalFailure when the ledger can't store it.
    public func send(_ mail: Mail) throws(ServiceError) {
        let outbox = of(Outbox.scope)
        if try outbox.count(Mail.self) >= Outbox.limit {
            for one in Outbox.dropped(of: try outbox.list(Mail.self), Outbox.surplus) { try outbox.delete(one) }
        }
        try outbox.put(mail)
    }
}
