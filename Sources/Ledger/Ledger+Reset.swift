import FoundationEssentials
import GRDB

extension Ledger {
    /// Wipes the records, the journal and the events of a ledger in memory, but for the records to keep.
    ///
    /// The observer hears nothing of it. Instead `rebuild` gets the records that are left, as a replay would give
    /// them, before any other write runs: what was derived from the ledger is to be made anew from them.
    ///
    /// - Parameter isKept: decides by a record's kind and id.
    /// - Throws: ``LedgerError``: `invalid` when the ledger is not in memory.
    public func reset(
        keeping isKept: @escaping @Sendable (_ kind: String, _ id: String) -> Bool,
        rebuilding rebuild: @escaping @Sendable ([Change]) -> Void = { _ in }
    ) async throws(LedgerError) {
        guard isInMemory else { throw LedgerError(.invalid, "Only a ledger in memory can be reset.") }
        let (records, writer) = (records, writer)
        do {
            try await database.writeWithoutTransaction { database in
                try database.inTransaction {
                    try Self.wipe(database, keeping: isKept)
                    return .commit
                }
                writer.forgetEvents()
                let reader = Reader(database, records)
                var left: [Change] = []
                try reader.replay { left.append($0) }
                reader.close()
                rebuild(left)
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// Sets aside what is kept: SQLite empties a whole table at once, however much is in it.
    private static func wipe(_ database: Database, keeping isKept: (String, String) -> Bool) throws {
        var records: [Row] = []
        var references: [Row] = []
        let keys = try Row.fetchCursor(database, sql: "SELECT account, region, kind, id FROM record")
        while let key = try keys.next() {
            guard isKept(key[2], key[3]) else { continue }
            let arguments = StatementArguments(key.databaseValues)
            let place = "WHERE account = ? AND region = ? AND kind = ? AND id = ?"
            records += try Row.fetchAll(
                database, sql: "SELECT account, region, kind, id, version, body FROM record \(place)",
                arguments: arguments)
            references += try Row.fetchAll(
                database, sql: "SELECT account, region, relation, target, kind, id FROM reference \(place)",
                arguments: arguments)
        }
        for table in ["record", "counter", "reference", "journal", "event_segment", "event_index"] {
            try database.execute(sql: "DELETE FROM \(table)")
        }
        for record in records {
            try database.execute(
                sql: "INSERT INTO record (account, region, kind, id, version, body) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: StatementArguments(record.databaseValues))
        }
        for reference in references {
            try database.execute(
                sql: "INSERT INTO reference (account, region, relation, target, kind, id) VALUES (?, ?, ?, ?, ?, ?)",
                arguments: StatementArguments(reference.databaseValues))
        }
        try database.execute(
            sql: """
                INSERT INTO counter (account, region, kind, count)
                SELECT account, region, kind, count(*) FROM record GROUP BY account, region, kind
                """)
    }
}
