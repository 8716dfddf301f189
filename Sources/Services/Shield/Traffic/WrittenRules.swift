import Ledger
import Platform
import Synchronization

/// What was last written into each rule group, so that it is written only when it changes.
final class WrittenRules: Projection {
    static let kinds: Set<String> = []

    private let contents = Mutex<[String: MitigationContents]>([:])

    init() {}

    func apply(_ changes: [Change]) {}
    func replaceAll(with changes: [Change]) { contents.withLock { $0 = [:] } }

    /// Whether this is something else than what a group has. Of a group that nobody has written since the start, nobody knows.
    func isNew(_ contents: MitigationContents, in group: String) -> Bool {
        self.contents.withLock { $0[group] } != contents
    }

    func note(_ contents: MitigationContents, in group: String) { self.contents.withLock { $0[group] = contents } }
}
