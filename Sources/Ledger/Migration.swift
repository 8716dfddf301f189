public import Keyring

/// The way of a whole ledger from one database into another: from a directory into PostgreSQL, or back.
///
/// What is sealed stays as it is, since a seal names the account, kind, id and version and not the database. So both
/// sides have the same key, and nothing can be changed on the way without being noticed.
///
/// Tables are copied in the order of their keys, some hundred rows in one transaction. Whoever runs a migration again,
/// after it was interrupted, goes on where it ended; until it is at its end, nobody else can open what it has made.
public struct Migration {
    /// The ledger's own fact that a migration is not at its end; the value is the moment that the source showed.
    static let fact = "migration"

    private static let portion = 500

    private let source: any Store
    private let target: any Store
    private let key: SealingKey
    private let progress: Ledger.VerificationProgress
    /// Keeps others out of the source's directory, and the target's.
    private let locks: [LedgerDirectory]

    /// Copies a ledger, and compares what was copied.
    ///
    /// - Parameters:
    ///   - source: a ledger that nobody writes to; a directory is locked meanwhile, and of a database the nodes have to be
    ///     stopped.
    ///   - target: where no ledger is, but what an earlier migration of the same has made.
    ///   - kinds, accountKind: as for ``Ledger/verify(_:accountKind:progress:)``.
    ///   - progress: called now and then, on this thread.
    /// - Returns: what was found when the target was verified; it can be opened only if nothing was.
    /// - Throws: ``LedgerError``: `invalid` when there is another ledger in the target already, or the source has changed
    ///   since an earlier attempt.
    /// - Complexity: linear in the size of the ledger.
    public static func run(
        from source: Ledger.Location, to target: Ledger.Location, keyring: any Keyring, _ kinds: [any Record.Type],
        accountKind: String? = nil, progress: @escaping Ledger.VerificationProgress = { _, _ in }
    ) throws(LedgerError) -> Verification {
        do {
            let migration = try Migration(source, target, keyring, progress)
            defer {
                migration.source.close()
                migration.target.close()
            }
            try migration.copy()
            let result = try migration.verify(kinds, accountKind)
            if result.isClean { try migration.finish() }
            return result
        } catch {
            throw LedgerError(error)
        }
    }

    private init(
        _ source: Ledger.Location, _ target: Ledger.Location, _ keyring: any Keyring,
        _ progress: @escaping Ledger.VerificationProgress
    ) throws {
        key = try keyring.sealingKey(for: "ledger")
        var format = Format(key: key)
        var locks: [LedgerDirectory] = []
        switch source {
        case .memory: throw LedgerError(.invalid, "A ledger in memory ends with its process.")
        case .directory(let path):
            // A directory that is not there must not be made.
            _ = try Connection.openReadOnly(path)
            locks.append(try LedgerDirectory(path))
            self.source = try Connection.open(path, format)
        case .postgres(let address): self.source = try PostgresStore(address, readOnly: true, format)
        }
        try self.source.read { try format.check($0) }
        format.isMigrating = true
        switch target {
        case .memory: throw LedgerError(.invalid, "A ledger in memory ends with its process.")
        case .directory(let path):
            locks.append(try LedgerDirectory(path))
            self.target = try Connection.open(path, format)
        case .postgres(let address): self.target = try PostgresStore(address, readOnly: false, format)
        }
        self.locks = locks
        self.progress = progress
    }

    // MARK: Copying

    private func copy() throws {
        try source.read { session in
            let moment = try moment(of: session)
            try begin(moment)
            try copy(.record, "records") {
                try session.scanRecords(carefully: false, $0)
            } put: {
                try $0.put($1)
            }
            try copy(.counter, "counters") {
                try session.scanCounters(carefully: false, $0)
            } put: {
                try $0.put($1)
            }
            try copy(.reference, "references") {
                try session.scanReferences(carefully: false, $0)
            } put: { target, row in
                try target.add(row.reference, of: row.key)
            }
            try copy(.journal, "journal") {
                try session.scanJournal(carefully: false, $0)
            } put: {
                try $0.append($1)
            }
            let events = EventStore(key: key)
            try copy(.eventSegment, "events") {
                try session.scanSegments(carefully: false, $0)
            } put: { target, segment in
                try target.insert(segment, EventStore.entries(of: events.open(segment)))
            }
            try copy(.deadline, "deadlines") {
                try session.scanDeadlines(carefully: false, $0)
            } put: { target, deadline in
                var free = deadline
                // Whoever had claimed it is gone.
                free.lease = nil
                try target.put(free)
            }
            guard try self.moment(of: session) == moment else { throw Self.changed }
        }
    }

    /// The numbers that grow with every change.
    private func moment(of session: any StoreSession) throws -> [UInt8] {
        var context = SealContext("moment")
        context.append(try session.lastSequence())
        context.append(try session.lastSegment())
        context.append(try session.lastDeadlineNumber())
        for name in Format.numbers { context.append(try session.number(name)) }
        return context.bytes
    }

    private func begin(_ moment: [UInt8]) throws {
        try change { session in
            if case .bytes(let begun)? = try session.meta(Self.fact) {
                guard begun == moment else { throw Self.changed }
                return
            }
            guard try session.lastSequence() == 0, try session.lastSegment() == 0 else {
                throw LedgerError(.invalid, "There is a ledger in the target already: name another, or remove it.")
            }
            try session.setMeta(Self.fact, .bytes(moment))
        }
    }

    private static let changed = LedgerError(
        .invalid,
        "The source has changed since the migration was begun: stop all servers that use it, remove the target, and begin"
            + " anew.")

    /// Copies one table, beginning after what is in the target already: both are walked through in the same order.
    private func copy<Row>(
        _ table: LedgerTable, _ name: String, scan: ((Scanned<Row>) throws -> Void) throws -> Void,
        put: @escaping (any StoreSession, Row) throws -> Void
    ) throws {
        let done = try target.read { try $0.rowCount(table) }
        var (count, portion) = (0, [Row]())
        func write() throws {
            guard !portion.isEmpty else { return }
            try change { session in for row in portion { try put(session, row) } }
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
    private func change(_ next: Writer.NextNumbers? = nil, _ body: (any StoreSession) throws -> Void) throws {
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

    // MARK: The end

    private func verify(_ kinds: [any Record.Type], _ accountKind: String?) throws -> Verification {
        try change { session in
            for name in Format.numbers {
                let number = try source.read { try $0.number(name) }
                try session.setMeta(name, .integer(number))
            }
        }
        var result = try target.read { session in
            let verifier = Verifier(session, RecordSealer(key: key), kinds, accountKind: accountKind)
            try verifier.run { progress("verification of the \($0)", $1) }
            return verifier.result
        }
        for table in LedgerTable.allCases where table != .meta && table != .eventIndex {
            let (wanted, found) = (
                try source.read { try $0.rowCount(table) }, try target.read { try $0.rowCount(table) }
            )
            if wanted != found { result.add(Damage(table, "There are \(found) rows, and \(wanted) in the source.")) }
        }
        return result
    }

    /// Sets what comes next, and lets others in.
    private func finish() throws {
        let next = try target.read { session in
            try Writer.NextNumbers(after: session)
        }
        try change(next) { try $0.deleteMeta(Self.fact) }
    }
}
