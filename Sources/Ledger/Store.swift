/// The database that holds a ledger: the seam behind which SQLite and PostgreSQL are.
///
/// It keeps bytes that it cannot read, under keys that it can. What is sealed, versioned, journaled and counted, and in
/// which transaction, is up to the ledger, and written once, above this line.
protocol Store: Sendable {
    /// Whether the database is in another process, which has to be waited for, and which other nodes may share.
    var isRemote: Bool { get }
    /// Runs `body` at once, on the calling thread, over one consistent state.
    func read<T>(_ body: (any StoreSession) throws -> T) throws -> T
    /// Runs `body` over one consistent state, away from the calling thread: for what may take long.
    func search<T: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> T) async throws -> T
    /// Runs `body` after all that was enqueued before, alone among the writers. It begins and ends its transactions.
    func enqueue(_ body: @escaping @Sendable (any StoreSession) -> Void)
    /// Runs `body` as ``enqueue(_:)`` does, in one transaction, and waits for it.
    func write<T: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> T) async throws -> T
    /// Runs `body` as ``enqueue(_:)`` does, with no transaction, and waits for it on this thread: for the opening.
    func open<T>(_ body: (any StoreSession) throws -> T) throws -> T
    /// Runs `body` where a writer's session is, on this thread: for whoever has the database to themselves.
    func alone<T>(_ body: (any StoreSession) throws -> T) throws -> T
    /// Copies one consistent state into an empty file while others may be writing, and syncs it. `body` is given the
    /// same state to read.
    func copy<T>(to path: String, _ progress: @escaping (Double) -> Void, _ body: (any StoreSession) throws -> T) throws
        -> T
    /// Waits for what was enqueued, and closes.
    func close()
}

/// A connection to the database, in one transaction or between two.
protocol StoreSession: AnyObject {
    // MARK: Transactions

    func begin() throws
    /// The numbers that this transaction is to begin with, where others may have given some since the one before; nil:
    /// nobody else gives any.
    var nextNumbers: Writer.NextNumbers? { get }
    /// - Parameter next: the numbers that the transaction after this is to begin with; nil: this has given none.
    func commit(_ next: Writer.NextNumbers?) throws
    func rollback() throws
    /// Grows with every row that is changed, unless that is undone by itself; nil: nobody knows.
    var changeCount: Int? { get }
    /// One level is all that is needed.
    func beginSavepoint() throws
    func endSavepoint(keeping: Bool) throws
    /// Whether the database has not rolled back by itself, as it does when the disk is full.
    var isInTransaction: Bool { get }
    /// Why nothing can come of the transaction any more; nil: it can.
    var transactionFailure: LedgerError? { get }
    /// Whether a transaction that nothing came of, since the database was away or busy, is to be run again.
    /// - Parameter attempts: how often it was.
    func shouldRunAgain(after error: LedgerError, attempts: Int) -> Bool

    // MARK: Records

    func record(_ key: RecordKey) throws -> SealedRecord?
    /// In the order of the bytes of their ids.
    func records(_ kind: String, in scope: Scope, after id: String, limit: Int) throws -> [SealedRecord]
    func recordIDs(_ kind: String, in scope: Scope, after id: String, limit: Int) throws -> [String]
    func recordCount(_ kind: String, in scope: Scope) throws -> Int
    /// In all scopes, by the counters.
    /// - Parameter kind: nil: of all kinds.
    func recordCount(_ kind: String?) throws -> Int
    func referrers(
        _ kind: String, _ reference: Reference, in scope: Scope, after id: String, limit: Int
    ) throws -> [SealedRecord]
    func referrerCount(_ reference: Reference, in scope: Scope) throws -> Int
    /// Every record of some kinds, in no order.
    func eachRecord(of kinds: Set<String>?, _ body: (SealedRecord) throws -> Void) throws
    func put(_ record: SealedRecord) throws
    func delete(_ key: RecordKey) throws
    func count(_ key: RecordKey, by difference: Int) throws
    func references(of key: RecordKey) throws -> Set<Reference>
    func add(_ reference: Reference, of key: RecordKey) throws
    func remove(_ reference: Reference, of key: RecordKey) throws

    // MARK: Tables

    /// The sealed body of a row; nil when there is none.
    func row(_ part: TablePart, _ key: [UInt8]) throws -> [UInt8]?
    /// In the order of the bytes of their keys, or against it.
    func rows(_ part: TablePart, _ bounds: RowBounds, limit: Int) throws -> [SealedRow]
    /// In the order of an index, or against it.
    func rows(_ part: TablePart, _ index: String, _ bounds: RowIndexBounds, limit: Int) throws -> [SealedRow]
    /// The first row of each line of a listing in groups, at one go; nil: the database is near enough to be asked group by
    /// group.
    /// - Parameters:
    ///   - length: how much of a key comes before what a delimiter is looked for in.
    ///   - delimiter: as it is in keys.
    func heads(
        _ part: TablePart, _ bounds: RowBounds, after length: Int, delimiter: [UInt8], limit: Int
    ) throws -> [SealedRow]?
    func put(_ row: SealedRow) throws
    func deleteRow(_ part: TablePart, _ key: [UInt8]) throws
    func add(_ entry: RowIndexEntry) throws
    func remove(_ entry: RowIndexEntry) throws

    // MARK: Journal

    func append(_ entry: SealedChange) throws
    /// - Returns: whether it was there: retention may have taken it before.
    func deleteEntry(_ sequence: Int64) throws -> Bool
    /// How many entries there are.
    func entryCount() throws -> Int64
    /// In the order of their numbers.
    func entries(after sequence: Int64, of kinds: Set<String>?, limit: Int) throws -> [SealedChange]
    /// Of one record, the latest first.
    func history(of key: RecordKey, before sequence: Int64, limit: Int) throws -> [SealedChange]
    /// 0 when there is none.
    func lastSequence() throws -> Int64
    /// Deletes up to `limit` entries from the journal's beginning, as far as they are older than `time`; never the last
    /// one of all.
    /// - Returns: how many, and the highest number among them.
    func purgeEntries(before time: Int64, through sequence: Int64, limit: Int) throws -> (count: Int, last: Int64)

    // MARK: Events

    func insert(_ segment: SealedSegment, _ index: [EventIndexEntry]) throws
    /// In the order of their numbers.
    func segments(after sequence: Int64, limit: Int) throws -> [SealedSegment]
    /// Those that end in a span of time and begin before a moment, the latest end first.
    func segments(endingIn span: ClosedRange<Int64>, beginningBy latest: Int64) throws -> [SealedSegment]
    /// Those of an account that have an attribute, the latest end first, until `body` says that it is enough.
    func segments(
        _ query: SegmentQuery, until body: (SealedSegment) throws -> Bool
    ) throws
    /// Those whose last event is older than `time`, the oldest first.
    func segments(olderThan time: Int64, limit: Int) throws -> [SealedSegment]
    func delete(_ segment: SealedSegment, _ index: [EventIndexEntry]) throws
    /// 0 when there is none.
    func lastSegment() throws -> Int64

    // MARK: Deadlines

    func put(_ deadline: SealedDeadline) throws
    func deleteDeadline(_ key: RecordKey) throws -> Bool
    func deadline(_ key: RecordKey) throws -> SealedDeadline?
    /// By the time at which they are due, then in the order of scheduling.
    func deadlines(_ query: DeadlineQuery) throws -> [SealedDeadline]
    /// Takes all leases back.
    func voidLeases() throws
    /// 0 when there is none.
    func lastDeadlineNumber() throws -> Int64

    // MARK: Sealing anew

    /// Records of all kinds, in the order of their keys.
    func records(after key: RecordKey, limit: Int) throws -> [SealedRecord]
    /// Rows of all tables, in the order of their places and keys.
    /// - Parameter place: nil: from the beginning.
    func rows(after place: (part: TablePart, key: [UInt8])?, limit: Int) throws -> [SealedRow]
    /// Deadlines of all kinds, in the order of their keys.
    func deadlines(after key: RecordKey, limit: Int) throws -> [SealedDeadline]
    /// Replaces what an entry of the journal has of the record before and after it, and its seal.
    func replaceSeals(of entry: SealedChange) throws
    func replaceBody(of segment: SealedSegment) throws

    /// How many other nodes use the ledger.
    func otherNodeCount() throws -> Int
    /// Has whoever seals with the old root key end, in the transaction that seals the canary with the new one.
    func announceNewKey() throws

    // MARK: Verification

    /// Checks the structure of tables in the file, but not the content of their rows.
    ///
    /// - Parameters:
    ///   - tables: the tables to check, without their indexes; nil: the whole file, and whether the indexes agree with the
    ///     rows.
    /// - Returns: what is wrong, with the table if it is known; empty if nothing is.
    func structuralDamage(of tables: [LedgerTable]?) throws -> [(table: LedgerTable?, message: String)]
    /// Reads a whole table in the order of its key. A row that can't be read is reported, and does not end the scan.
    ///
    /// - Parameter carefully: look up each row by its key. That is slow, but finds every row that can still be read in
    ///   a table whose structure is damaged.
    func scanRecords(carefully: Bool, _ body: (Scanned<SealedRecord>) throws -> Void) throws
    func scanCounters(carefully: Bool, _ body: (Scanned<CounterRow>) throws -> Void) throws
    func scanReferences(carefully: Bool, _ body: (Scanned<ReferenceRow>) throws -> Void) throws
    func scanJournal(carefully: Bool, _ body: (Scanned<SealedChange>) throws -> Void) throws
    func scanSegments(carefully: Bool, _ body: (Scanned<SealedSegment>) throws -> Void) throws
    func scanEventIndex(carefully: Bool, _ body: (Scanned<EventIndexRow>) throws -> Void) throws
    func scanRows(carefully: Bool, _ body: (Scanned<SealedRow>) throws -> Void) throws
    func scanRowIndex(carefully: Bool, _ body: (Scanned<RowIndexEntry>) throws -> Void) throws
    func scanDeadlines(carefully: Bool, _ body: (Scanned<SealedDeadline>) throws -> Void) throws
    func hasIndexEntry(_ row: EventIndexRow) throws -> Bool
    func hasIndexEntry(_ entry: RowIndexEntry) throws -> Bool
    func metaNames() throws -> [String]

    // MARK: The whole

    func meta(_ name: String) throws -> MetaValue?
    func setMeta(_ name: String, _ value: MetaValue) throws
    func deleteMeta(_ name: String) throws
    /// Adds to a number that is there.
    func add(_ difference: Int64, toNumber name: String) throws
    func rowCount(_ table: LedgerTable) throws -> Int
    /// A row of the table of counters, as another database had it.
    func put(_ counter: CounterRow) throws
    /// Empties all tables but that of `meta`, and keeps the records of these keys.
    func wipe(keeping isKept: (RecordKey) -> Bool) throws
}

/// A record as it is in the database.
struct SealedRecord {
    var key: RecordKey
    var version: Int64
    var body: [UInt8]
}

/// An entry of the journal as it is in the database.
struct SealedChange {
    var sequence: Int64
    /// Milliseconds since 1970.
    var time: Int64
    var key: RecordKey
    var beforeVersion: Int64?
    var before: [UInt8]?
    var after: [UInt8]?
    var requestID: String
    /// Over all of the entry; nil in a ledger of a format before the third.
    var seal: [UInt8]?
}

/// Events of one account that were committed together, as they are in the database.
struct SealedSegment {
    var sequence: Int64
    var account: String
    var firstTime: Int64
    var lastTime: Int64
    var body: [UInt8]
}

/// One value that a segment's events can be looked up by.
struct EventIndexEntry: Hashable {
    var attribute: String
    var value: [UInt8]
}

/// Which segments of an account are wanted.
struct SegmentQuery {
    var account: String
    var entry: EventIndexEntry
    var endingIn: ClosedRange<Int64>
    var beginningBy: Int64
    /// The number of the last one to be looked at.
    var snapshot: Int64
}

/// A deadline as it is in the database. Its key's kind is that of the work, not of a record.
struct SealedDeadline {
    var key: RecordKey
    var due: Int64
    /// Grows with every scheduling.
    var number: Int64
    var attempts: Int
    var payload: [UInt8]
    /// Who has claimed it, and until when in real time; nil: nobody.
    var lease: (token: String, until: Int64)?
}

/// Which deadlines are wanted; nil does not limit.
struct DeadlineQuery {
    var kinds: Set<String>?
    var scope: Scope?
    var dueBy: Int64?
    /// Only those whose lease, if they have one, is over by this moment.
    var leasedUntil: Int64?
    /// Kinds of work of accounts that are passed over.
    var without: Set<AccountWork> = []
    var limit: Int
}

/// A value of the table of the ledger's own facts.
enum MetaValue {
    case integer(Int64)
    case bytes([UInt8])
}

extension StoreSession {
    var changeCount: Int? { nil }

    // Where one process has the ledger to itself.
    func otherNodeCount() throws -> Int { 0 }
    func announceNewKey() throws {}

    /// A number among the ledger's own facts; 0 when there is none.
    func number(_ name: String) throws -> Int64 {
        if case .integer(let number)? = try meta(name) { number } else { 0 }
    }
}

/// The tables of a ledger, by their names in the database.
public enum LedgerTable: String, Sendable, CaseIterable {
    /// The ledger's own facts; records; how many there are of each kind; the edges between them; what was done to them;
    /// and scheduled work.
    case meta, record, counter, reference, journal, deadline
    /// The event history, sealed in segments of many events.
    case eventSegment = "event_segment"
    /// The attributes by which events are found, and in which segments they are.
    case eventIndex = "event_index"
    /// The rows of the tables that services declare, and what else they are found by. Since format 4.
    case tableRow = "table_row"
    case tableIndex = "table_index"
}

/// What a walk through a table comes upon.
enum Scanned<Row> {
    case row(Row)
    /// A row that can't be read, or, where the place says nothing, all that follows.
    case unreadable(ScannedPlace, String)
}

/// What is known of a row that can't be read.
struct ScannedPlace {
    var key: RecordKey?
    /// An entry of the journal, or a segment of events.
    var number: Int64?
    var account: String?
}

/// How many records of a kind there are in a scope.
struct CounterRow {
    var scope: Scope
    var kind: String
    var count: Int64
}

/// An edge, and the record that it comes from.
struct ReferenceRow {
    var key: RecordKey
    var reference: Reference
}

/// A value that a segment of events is found by.
struct EventIndexRow {
    var account: String
    var entry: EventIndexEntry
    var lastTime: Int64
    var segment: Int64
}
