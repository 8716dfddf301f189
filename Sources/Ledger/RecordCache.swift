/// Records as transactions have read them: one that has not been written since need not be opened and read again.
///
/// No version of a record ever comes back, so a record is known by its key and its version. It is used on the database's queue
/// alone, in one transaction after the other.
final class RecordCache: @unchecked Sendable {
    /// The highest version that is committed: what has a higher one is not kept, for it may come to nothing, and its number be
    /// given again.
    var committed: Int64 = 0
    private var records: [RecordKey: (version: Int64, record: any Sendable)] = [:]
    /// How many are known at most.
    private static let limit = 512

    func find<R: Record>(_ type: R.Type, _ key: RecordKey, version: Int64) -> R? {
        guard let known = records[key], known.version == version else { return nil }
        return known.record as? R
    }

    func keep<R: Record>(_ record: R, _ key: RecordKey, version: Int64) {
        guard version <= committed else { return }
        // Those that are needed are soon back.
        if records.count >= Self.limit { records = [:] }
        records[key] = (version, record)
    }

    func forgetAll() { records = [:] }
}
