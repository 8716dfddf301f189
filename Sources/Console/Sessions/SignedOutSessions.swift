import Directory
public import Ledger
public import Platform
import Synchronization
import Wire

/// Which console sessions of a person have been ended before their time.
public struct SignedOut: Record {
    public static let kind = "Gatehouse::ConsoleSignOut"
    /// What was signed out is over in twelve hours.
    public static let keepsHistory = false

    /// The unique id of the user or role, or the account's number for its root user.
    public let id: String
    /// Every session that was started before is over, seconds since 1970; nil: none of them.
    var everythingBefore: Double?
    /// When single sessions would have ended, by their ids.
    var sessions: [String: Double] = [:]

    init(id: String) {
        self.id = id
    }

    func ends(_ session: ConsoleSession) -> Bool {
        if let everythingBefore, session.started <= everythingBefore { return true }
        return sessions[session.id] != nil
    }
}

/// The sessions that have been signed out, in memory: every request asks for them.
public final class SignedOutSessions: Projection {
    public static let kinds: Set<String> = [SignedOut.kind]

    private let all = Mutex<[String: SignedOut]>([:])

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

    func contains(_ session: ConsoleSession, of principal: String) -> Bool {
        all.withLock { $0[principal]?.ends(session) ?? false }
    }
}

/// The records of the console's own.
public enum ConsoleRecords {
    /// Every type.
    public static let all: [any Record.Type] = [SignedOut.self]

    static func scope(_ account: String) -> Scope { Scope(account: account, region: "") }
}

extension Environment {
    /// Ends a session for good.
    func signOut(
        _ session: ConsoleSession, of principal: String, in account: String, requestID: String
    ) async throws(ServiceError) {
        try await change(principal, account, requestID) {
            $0.sessions[session.id] = session.started + ConsoleSession.lifetime
        }
    }

    /// Ends all sessions of a person.
    func signOutEverywhere(_ principal: String, in account: String, requestID: String) async throws(ServiceError) {
        let now = now()
        try await change(principal, account, requestID) { record in
            record.everythingBefore = now
            record.sessions = [:]
        }
    }

    private func change(
        _ principal: String, _ account: String, _ requestID: String,
        _ body: @escaping @Sendable (inout SignedOut) -> Void
    ) async throws(ServiceError) {
        let now = now()
        try await write(ConsoleRecords.scope(account), requestID: requestID) { (records) throws(ServiceError) in
            var record = try records.get(SignedOut.self, principal) ?? SignedOut(id: principal)
            record.sessions = record.sessions.filter { $0.value > now }
            body(&record)
            try records.put(record)
        }
    }
}
