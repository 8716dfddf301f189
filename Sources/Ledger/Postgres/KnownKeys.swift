import Synchronization

/// Which records there are, of some kinds: so that a write that makes one need not ask the database whether its name is
/// taken. Each question would have to be waited for, while all other writers wait.
///
/// It is filled when the node starts, and follows the journal as whatever else is kept in memory does, so that a writer who
/// holds the head and has followed up to it knows the truth. Of each key there are 128 bits of a hash with a secret of
/// this process: 25 bytes of memory, and no two keys are ever alike.
final class KnownKeys: Sendable {
    private struct Mark: Hashable {
        let first: Int
        let second: Int

        init(_ key: RecordKey) {
            first = key.hashValue
            var hasher = Hasher()
            hasher.combine(first)
            hasher.combine(key)
            second = hasher.finalize()
        }
    }

    private struct State {
        /// Those whose records are all known.
        var kinds: Set<String> = []
        var marks: Set<Mark> = []
        /// The last entry of the journal that was taken in.
        var last: Int64 = -1
    }

    private let state = Mutex(State())

    /// Takes what a node has just begun to follow.
    /// - Parameter keys: of all records of these kinds, as they were after an entry of the journal.
    func begin(_ kinds: Set<String>, _ keys: [RecordKey], after sequence: Int64) {
        state.withLock { state in
            state.last = sequence
            state.kinds = kinds
            state.marks = Set(keys.lazy.map { Mark($0) })
        }
    }

    /// Takes what was committed.
    func take(_ changes: [Change]) {
        state.withLock { state in
            if let last = changes.last { state.last = last.sequence }
            for change in changes where state.kinds.contains(change.kind) {
                let mark = Mark(RecordKey(scope: change.scope, kind: change.kind, id: change.id))
                if change.after == nil { state.marks.remove(mark) } else { state.marks.insert(mark) }
            }
        }
    }

    /// Whether there is surely no record of this key.
    /// - Parameter sequence: the journal's last entry: whoever has not followed up to it knows nothing.
    func isAbsent(_ key: RecordKey, after sequence: Int64) -> Bool {
        state.withLock { state in
            state.last == sequence && state.kinds.contains(key.kind) && !state.marks.contains(Mark(key))
        }
    }
}
