import Ledger
import Platform
import Synchronization

/// Access tokens that authorization servers have given, as long as they are good.
final class AccessTokens: Projection {
    static let kinds: Set<String> = [StoredConnection.kind]

    private struct Entry {
        let token: String
        let until: Double
    }

    /// By the connection's ARN and when it was changed.
    private let tokens = Mutex<[String: Entry]>([:])

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { tokens.withLock { $0 = [:] } }

    private static func key(_ connection: StoredConnection) -> String { "\(connection.arn) \(connection.modified)" }

    func token(of connection: StoredConnection, at time: Double) -> String? {
        tokens.withLock { tokens in
            guard let entry = tokens[Self.key(connection)], entry.until > time else { return nil }
            return entry.token
        }
    }

    func keep(_ token: String, of connection: StoredConnection, until time: Double) {
        tokens.withLock { tokens in
            if tokens.count > 1_000 { tokens = [:] }
            tokens[Self.key(connection)] = Entry(token: token, until: time)
        }
    }

    func forget(_ connection: StoredConnection) {
        tokens.withLock { $0[Self.key(connection)] = nil }
    }
}

/// Roles that EventBridge has assumed lately for rules. It does not ask anew for each event: that would be an event of its own.
final class RoleSessions: Projection {
    static let kinds: Set<String> = []
    /// Seconds; so long a change of the role's trust policy may take to count.
    private static let remembered = 60.0

    private let sessions = Mutex<[String: Double]>([:])

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { sessions.withLock { $0 = [:] } }

    func has(_ role: String, for rule: String, at time: Double) -> Bool {
        sessions.withLock { ($0["\(role) \(rule)"] ?? 0) > time }
    }

    func keep(_ role: String, for rule: String, at time: Double) {
        sessions.withLock { sessions in
            if sessions.count > 10_000 { sessions = sessions.filter { $0.value > time } }
            sessions["\(role) \(rule)"] = time + Self.remembered
        }
    }
}
