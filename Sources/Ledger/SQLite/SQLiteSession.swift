import GRDB

/// The ledger's requests in SQL: transactions and the ledger's own facts. Records, journal, events and deadlines have
/// files of their own.
final class SQLiteSession: StoreSession {
    let database: Database
    let frequent: FrequentStatements

    /// - Parameter frequent: the connection's own; nil: a session that is soon over.
    init(_ database: Database, _ frequent: FrequentStatements? = nil) {
        self.database = database
        self.frequent = frequent ?? FrequentStatements()
    }

    func begin() throws { try database.transact("BEGIN IMMEDIATE") }

    /// One process writes, and remembers.
    var nextNumbers: Writer.NextNumbers? { nil }

    func commit(_ next: Writer.NextNumbers?) throws { try database.transact("COMMIT") }

    func rollback() throws { try database.rollback() }

    var changeCount: Int? { database.totalChangesCount }

    func beginSavepoint() throws { try frequent.run(.beginSavepoint, in: database) }

    func endSavepoint(keeping: Bool) throws {
        if !keeping { try frequent.run(.undoSavepoint, in: database) }
        try frequent.run(.releaseSavepoint, in: database)
    }

    var isInTransaction: Bool { database.isInsideTransaction }

    var transactionFailure: LedgerError? {
        isInTransaction ? nil : LedgerError(.io, "The ledger's database rolled back a transaction.")
    }

    func shouldRunAgain(after error: LedgerError, attempts: Int) -> Bool { false }

    func hasTable(_ name: String) throws -> Bool {
        try database.integer("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?", name) != nil
    }

    func meta(_ name: String) throws -> MetaValue? {
        guard try hasTable("meta") else { return nil }
        guard let row = try database.rows("SELECT value FROM meta WHERE name = ?", name).next() else { return nil }
        if let number = try? row.integer(0) { return .integer(number) }
        return .bytes(try row.bytes(0))
    }

    func setMeta(_ name: String, _ value: MetaValue) throws {
        let stored: any Bindable =
            switch value {
            case .integer(let number): number
            case .bytes(let bytes): bytes
            }
        try database.run(
            "INSERT INTO meta (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
            name, stored)
    }

    func deleteMeta(_ name: String) throws { try database.run("DELETE FROM meta WHERE name = ?", name) }

    func add(_ difference: Int64, toNumber name: String) throws {
        try database.run("UPDATE meta SET value = value + ? WHERE name = ?", difference, name)
    }

    func rowCount(_ table: LedgerTable) throws -> Int {
        guard try hasTable(table.rawValue) else { return 0 }
        return Int(try database.integer("SELECT count(*) FROM \(table.rawValue)") ?? 0)
    }

    func put(_ counter: CounterRow) throws {
        try database.run(
            "INSERT INTO counter (account, region, kind, count) VALUES (?, ?, ?, ?)", counter.scope, counter.kind,
            counter.count)
    }

    /// Sets aside what is kept: SQLite empties a whole table at once, however much is in it.
    func wipe(keeping isKept: (RecordKey) -> Bool) throws {
        var kept: [(record: SealedRecord, references: Set<Reference>)] = []
        try eachRecord(of: nil) { record in
            if isKept(record.key) { kept.append((record, try references(of: record.key))) }
        }
        for table in LedgerTable.allCases where table != .meta {
            try database.execute(sql: "DELETE FROM \(table.rawValue)")
        }
        for name in [Ledger.entriesGone, Ledger.deadlineCount, Ledger.tableChanges] { try setMeta(name, .integer(0)) }
        for (record, references) in kept {
            try put(record)
            try count(record.key, by: 1)
            for reference in references { try add(reference, of: record.key) }
        }
    }
}
