import Ledger
import Platform
import Synchronization

/// Who watches events come in. A node tells of what it takes in itself.
final class LiveTails: Projection {
    static let kinds: Set<String> = []

    private let sessions = Mutex<[String: LiveTailSession]>([:])

    init() {}
    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) {}

    /// - Returns: false where the account has as many as it may.
    func open(_ session: LiveTailSession, most: Int) -> Bool {
        sessions.withLock { sessions in
            guard sessions.values.lazy.filter({ $0.account == session.account }).count < most else { return false }
            sessions[session.id] = session
            return true
        }
    }

    func close(_ session: LiveTailSession) {
        session.close()
        sessions.withLock { $0[session.id] = nil }
    }

    /// Who watches a group.
    func watching(_ group: String) -> [LiveTailSession] {
        sessions.withLock { sessions in
            sessions.isEmpty ? [] : sessions.values.filter { $0.groups[group] != nil }
        }
    }
}
