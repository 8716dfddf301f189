/// Records as transactions have read or written them: one that has not been written since need not be read again.
///
/// No version of a record ever comes back, so a record is known by its key and its version. It is used on the database's queue
/// alone, in one transaction after the other.
final class RecordCache: @unchecked Sendable {
    private struct Known {
        var version: Int64
        var record: any Record
        var size: Int
    }

    /// The highest version that is committed: what has a higher one is not kept, for it may come to nothing, and its number be
    /// given again.
    var committed: Int64 = 0
    /// What was needed since `old` was replaced.
    private var young: [RecordKey: Known] = [:]
    /// What was needed before. It is replaced by `young` when that has grown: so what nobody asks for goes.
    private var old: [RecordKey: Known] = [:]
    /// Bytes of `young`.
    private var size = 0
    /// Bytes of all records, as they are stored.
    private let limit: Int
    /// What an entry takes besides its record, about.
    private static let overhead = 512

    init(limit: Int = 8 << 20) {
        self.limit = limit
    }

    func find<R: Record>(_ type: R.Type, _ key: RecordKey, version: Int64) -> R? {
        if let known = young[key] { return known.version == version ? known.record as? R : nil }
        guard let known = old.removeValue(forKey: key), known.version == version else { return nil }
        keep(key, known)
        return known.record as? R
    }

    /// - Parameter size: the bytes of the record's body.
    func keep<R: Record>(_ record: R, _ key: RecordKey, version: Int64, size: Int) {
        guard version <= committed else { return }
        keep(key, Known(version: version, record: record, size: size + Self.overhead))
    }

    /// Takes in what a commit has changed.
    func follow(_ changes: [Change]) {
        for index in changes.indices {
            if let record = changes[index].record, let size = changes[index].after?.count {
                let known = Known(version: changes[index].sequence, record: record, size: size + Self.overhead)
                keep(changes[index].key, known)
            } else {
                forget(changes[index].key)
            }
        }
    }

    private func keep(_ key: RecordKey, _ known: Known) {
        guard known.size <= limit / 8 else { return forget(key) }
        old[key] = nil
        size += known.size - (young.updateValue(known, forKey: key)?.size ?? 0)
        guard size > limit / 2 else { return }
        (old, young, size) = (young, [:], 0)
    }

    private func forget(_ key: RecordKey) {
        old[key] = nil
        if let known = young.removeValue(forKey: key) { size -= known.size }
    }

    func forgetAll() { (young, old, size) = ([:], [:], 0) }
}
