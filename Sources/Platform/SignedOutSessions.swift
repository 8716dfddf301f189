public import Ledger
import Synchronization

/// Which console sessions of a person have been ended before their time, and with them all that was made of them.
public struct SignedOut: Record {
    public static let kind = "Gatehouse::ConsoleSignOut"
    /// What was signed out is over in twelve hours.
    public static let keepsHistory = false

    /// The unique id of the user or role, or the account's number for its root user.
    public let id: String
    /// Every session that was started before is over, seconds since 1970; nil: none of them.
    public var everythingBefore: Double?
    /// When single sessions would have ended, by their ids.
    public var sessions: [String: Double] = [:]

    /// Makes one for a person of whose sessions none has been ended.
    public init(id: String) {
        self.id = id
    }

    func ends(_ session: String, started: Double) -> Bool {
        if let everythingBefore, started <= everythingBefore { return true }
        return sessions[session] != nil
    }
}

/// The console sessions that have been signed out, in memory: every request of the console's asks for them.
public final class SignedOutSessions: Projection {
    public static let kinds: Set<String> = [SignedOut.kind]

    private let all = Mutex<[String: SignedOut]>([:])

    /// Makes one that knows of none.
    public init() {}

    public func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let record = try change.decodeAfter(SignedOut.self)
            all.withLock { $0[change.id] = record }
        }
    }

    public func replaceAll(with changes: [Change]) throws(LedgerError) {
        all.withLock { $0 = [:] }
        try apply(changes)
    }

    /// Whether a session has been ended.
    /// - Parameters:
    ///   - session: its id.
    ///   - started: when it began, seconds since 1970.
    ///   - principal: whose it is, as in ``SignedOut/id``.
    public func contains(_ session: String, started: Double, of principal: String) -> Bool {
        all.withLock { $0[principal]?.ends(session, started: started) ?? false }
    }
}

extension Caller {
    /// Who signs in and out of the console, of all who may act as the same role or on behalf of the same user: with the name
    /// of the session, where there is one.
    public var signInID: String {
        switch identity {
        case .roleSession: userID
        case .federatedUser(let user, let name): "\(user?.uniqueID ?? accountID):\(name)"
        case .root, .user, .webIdentity, .saml, .service, .anonymous: uniqueID ?? accountID
        }
    }
}
