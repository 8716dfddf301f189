/// What a committed transaction did to one record, or, in a replay, that the record is there.
///
/// Observers (``Ledger/observe(_:)``), replays and the journal all speak in changes, so that whoever keeps something
/// derived from records needs one piece of code for all three.
///
/// ```swift
/// func apply(_ changes: [Change]) throws(LedgerError) {
///     for change in changes where change.kind == Group.kind {
///         let group = try change.decodeAfter(Group.self)
///         groups.withLock { $0[change.id] = group }
///     }
/// }
/// ```
///
/// Bodies are kept as bytes until somebody asks for them: a change of a kind that nobody wants costs no decoding.
public struct Change: Sendable {
    /// The number of the journal entry: growing, unique, and at the same time the record's version.
    public var sequence: Int64
    /// The ``Record/kind`` of the record.
    public var kind: String
    /// The account and region that the record is in.
    public var scope: Scope
    /// The ``Record/id`` of the record.
    public var id: String
    /// The body of the record as it was; nil when it was made by this change, or the journal leaves it out.
    public var before: [UInt8]?
    /// The body of the record as it is; nil when it was deleted.
    public var after: [UInt8]?
    /// The request that made the change; empty in a replay.
    public var requestID: String
    /// What `after` is the body of, where it has just been written: whoever follows the commit need not read it again.
    var record: (any Record)?

    /// Makes a change. The ledger makes its own; this is for tests of what follows them.
    public init(
        sequence: Int64, kind: String, scope: Scope, id: String, before: [UInt8]?, after: [UInt8]?, requestID: String
    ) {
        self.sequence = sequence
        self.kind = kind
        self.scope = scope
        self.id = id
        self.before = before
        self.after = after
        self.requestID = requestID
    }

    /// The record as it is; nil when it was deleted. A record of an older version is upgraded.
    ///
    /// - Throws: ``LedgerError``: `corrupt` when the record can't be read, `newerFormat` when a newer program wrote it.
    public func decodeAfter<R: Record>(_ type: R.Type) throws(LedgerError) -> R? {
        if let record = record as? R { return record }
        return try after.map { body throws(LedgerError) in try RecordBody.decode(type, from: body, key) }
    }

    /// The record as it was; nil when it was made by this change, or when the journal leaves it out
    /// (``Record/journalsBefore``).
    ///
    /// - Throws: ``LedgerError``: `corrupt` when the record can't be read, `newerFormat` when a newer program wrote it.
    public func decodeBefore<R: Record>(_ type: R.Type) throws(LedgerError) -> R? {
        try before.map { body throws(LedgerError) in try RecordBody.decode(type, from: body, key) }
    }

    var key: RecordKey { RecordKey(scope: scope, kind: kind, id: id) }
}
