public import Keyring

/// The way of a whole ledger from one database into another: from a directory into PostgreSQL, or back.
///
/// What is sealed stays as it is: both sides have the same key, and nothing can be changed on the way without being noticed.
///
/// Whoever runs a migration again, after it was interrupted, goes on where it ended; until it is at its end, nobody else can
/// open what it has made.
public struct Migration {
    /// The ledger's own fact that a migration is not at its end; the value is the moment that the source showed.
    static let fact = "migration"

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
    ///   - isFrozen: whether the source is a directory that nobody changes, and that is to stay as it is: a backup.
    ///   - target: where no ledger is, but what an earlier migration of the same has made.
    ///   - kinds, tables, accountKind: as for ``Ledger/verify(_:tables:accountKind:progress:)``.
    ///   - progress: called now and then, on this thread.
    /// - Returns: what was found when the target was verified; it can be opened only if nothing was.
    /// - Throws: ``LedgerError``: `invalid` when there is another ledger in the target already, or the source has changed
    ///   since an earlier attempt.
    /// - Complexity: linear in the size of the ledger.
    public static func run(
        from source: Ledger.Location, isFrozen: Bool = false, to target: Ledger.Location, keyring: any Keyring,
        _ kinds: [any Record.Type],
        tables: [any TableRow.Type] = [], accountKind: String? = nil,
        progress: @escaping Ledger.VerificationProgress = { _, _ in }
    ) throws(LedgerError) -> Verification {
        do {
            let migration = try Migration(source, isFrozen: isFrozen, target, keyring, progress)
            defer {
                migration.source.close()
                migration.target.close()
            }
            try migration.copy()
            let result = try migration.verify(kinds, tables, accountKind)
            if result.isClean { try migration.finish() }
            return result
        } catch {
            throw LedgerError(error)
        }
    }

    private init(
        _ source: Ledger.Location, isFrozen: Bool, _ target: Ledger.Location, _ keyring: any Keyring,
        _ progress: @escaping Ledger.VerificationProgress
    ) throws {
        key = try keyring.sealingKey(for: "ledger")
        var format = Format(key: key)
        var locks: [LedgerDirectory] = []
        switch source {
        case .memory: throw LedgerError(.invalid, "A ledger in memory ends with its process.")
        case .directory(let path) where isFrozen: self.source = try Connection.openReadOnly(path)
        case .directory(let path):
            // A directory that is not there must not be made.
            _ = try Connection.openReadOnly(path)
            locks.append(try LedgerDirectory(path))
            self.source = try Connection.open(path, format)
        case .postgres(let address): self.source = try PostgresStore(address, readOnly: true, format)
        }
        try self.source.read { session in
            try format.check(session)
            // Before that, entries of the journal had no seals. Whoever may change the source has upgraded it by now.
            guard try Format.version(in: session) >= 3 else {
                throw LedgerError(
                    .invalid,
                    "The source is of an old version: restore it to a data directory, start a server on it once, and migrate"
                        + " that.")
            }
        }
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
            try TableCopier(source: session, target: target, key: key, progress: progress).run()
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

    /// One transaction of the target's.
    private func change(_ next: Writer.NextNumbers? = nil, _ body: (any StoreSession) throws -> Void) throws {
        try TableCopier.change(target, next, body)
    }

    // MARK: The end

    private func verify(
        _ kinds: [any Record.Type], _ tables: [any TableRow.Type], _ accountKind: String?
    ) throws -> Verification {
        try source.read { try TableCopier(source: $0, target: target, key: key).copyNumbers() }
        var result = try target.read { session in
            let verifier = Verifier(
                session, RecordSealer(key: key), kinds, tables: tables, accountKind: accountKind)
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
