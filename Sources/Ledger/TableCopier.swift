import Keyring

/// The way of all tables of a ledger from one database into another, as they are: what is sealed stays so, since a seal names
/// the account, kind, id and version, and not the database.
///
/// Tables are copied in the order of their keys, some hundred rows in one transaction, beginning after what is in the target
/// already.
struct TableCopier {
    /// One state of the source.
    let source: any StoreSession
    let target: any Store
    let key: SealingKey
    /// Told which part is being copied, and how many of its rows have been.
    var progress: Ledger.VerificationProgress = { _, _ in }

    private static let portion = 500

    func run() throws {
        try copy(.record, "records") {
            try source.scanRecords(carefully: false, $0)
        } put: {
            try $0.put($1)
        }
        try copy(.counter, "counters") {
            try source.scanCounters(carefully: false, $0)
        } put: {
            try $0.put($1)
        }
        try copy(.reference, "references") {
            try source.scanReferences(carefully: false, $0)
        } put: { target, row in
            try target.add(row.reference, of: row.key)
        }
        try copy(.tableRow, "tables") {
            try source.scanRows(carefully: false, $0)
        } put: { target, row in
            try target.put(row)
        }
        try copy(.tableIndex, "indexes of tables") {
            try source.scanRowIndex(carefully: false, $0)
        } put: { target, entry in
            try target.add(entry)
        }
        try copy(.journal, "journal") {
            try source.scanJournal(carefully: false, $0)
        } put: {
            try $0.append($1)
        }
        let events = EventStore(key: key)
        try copy(.eventSegment, "events") {
            try source.scanSegments(carefully: false, $0)
        } put: { target, segment in
            try target.insert(segment, EventStore.entries(of: events.open(segment)))
        }
        try copy(.deadline, "deadlines") {
            try source.scanDeadlines(carefully: false, $0)
        } put: { target, deadline in
            var free = deadline
            // Whoever had claimed it is gone.
            free.lease = nil
            try target.put(free)
        }
    }

    /// The ledger's own facts that are numbers.
    func copyNumbers() throws {
        try Self.change(target) { session in
            for name in Format.numbers { try session.setMeta(name, .integer(source.number(name))) }
        }
    }

    private func copy<Row>(
        _ table: LedgerTable, _ name: String, scan: ((Scanned<Row>) throws -> Void) throws -> Void,
        put: @escaping (any StoreSession, Row) throws -> Void
    ) throws {
        let done = try target.read { try $0.rowCount(table) }
        var (count, portion) = (0, [Row]())
        func write() throws {
            guard !portion.isEmpty else { return }
            try Self.change(target) { session in for row in portion { try put(session, row) } }
            portion = []
            progress(name, count)
        }
        try scan { scanned in
            guard case .row(let row) = scanned else {
                throw LedgerError(
                    .corrupt, "The source is damaged in its \(name): verify it, and put a backup back.")
            }
            count += 1
            guard count > done else { return }
            portion.append(row)
            if portion.count == Self.portion { try write() }
        }
        try write()
    }

    /// One transaction of the target's.
    static func change(
        _ target: any Store, _ next: Writer.NextNumbers? = nil, _ body: (any StoreSession) throws -> Void
    ) throws {
        try target.alone { session in
            try session.begin()
            do {
                try body(session)
                try session.commit(next)
            } catch {
                if session.isInTransaction { try? session.rollback() }
                throw error
            }
        }
    }
}
