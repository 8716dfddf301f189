import Ledger
import Platform
import Shield
import Synchronization

/// The rules that were last written into each rule group, so that they are written only when they change.
final class WrittenRules: Projection {
    static let kinds: Set<String> = []

    private let rules = Mutex<[String: [MitigationRule]]>([:])

    init() {}

    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { rules.withLock { $0 = [:] } }

    /// Whether rules are others than those of a group. Of a group that nobody has written since the start, nobody knows.
    func isNew(_ rules: [MitigationRule], in group: String) -> Bool { self.rules.withLock { $0[group] } != rules }

    func note(_ rules: [MitigationRule], in group: String) { self.rules.withLock { $0[group] = rules } }
}
