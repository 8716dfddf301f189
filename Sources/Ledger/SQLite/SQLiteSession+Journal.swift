import GRDB

extension SQLiteSession {
    private static let columns =
        "sequence, time, account, region, kind, id, before_version, before, after, request_id, seal"

    func append(_ entry: SealedChange) throws {
        try frequent.run(.appendEntry, in: database) {
            entry.sequence.bind(to: &$0)
            entry.time.bind(to: &$0)
            entry.key.bind(to: &$0)
            entry.beforeVersion.bind(to: &$0)
            entry.before.bind(to: &$0)
            entry.after.bind(to: &$0)
            entry.requestID.bind(to: &$0)
            entry.seal.bind(to: &$0)
        }
    }

    func replaceSeals(of entry: SealedChange) throws {
        try database.run(
            "UPDATE journal SET before = ?, after = ?, seal = ? WHERE sequence = ?",
            entry.before, entry.after, entry.seal, entry.sequence)
    }

    func deleteEntry(_ sequence: Int64) throws -> Bool {
        try database.run("DELETE FROM journal WHERE sequence = ?", sequence)
        return database.changesCount > 0
    }

    func entries(after sequence: Int64, of kinds: Set<String>?, limit: Int) throws -> [SealedChange] {
        guard let kinds else {
            return try sealedChanges("sequence > ? ORDER BY sequence LIMIT ?", [sequence, limit])
        }
        // Each kind is walked by its own index, so that the cost is that of the answer.
        var entries: [SealedChange] = []
        for kind in kinds {
            entries += try sealedChanges(
                "kind = ? AND sequence > ? ORDER BY sequence LIMIT ?", [kind, sequence, limit])
        }
        return Array(entries.sorted { $0.sequence < $1.sequence }.prefix(limit))
    }

    func history(of key: RecordKey, before sequence: Int64, limit: Int) throws -> [SealedChange] {
        try sealedChanges(
            "account = ? AND region = ? AND kind = ? AND id = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?",
            [key, sequence, limit])
    }

    func entryCount() throws -> Int64 {
        try database.integer("SELECT count(*) FROM journal") ?? 0
    }

    func lastSequence() throws -> Int64 {
        try database.integer("SELECT max(sequence) FROM journal") ?? 0
    }

    func purgeEntries(before time: Int64, through sequence: Int64, limit: Int) throws -> (count: Int, last: Int64) {
        let last = min(sequence, try lastSequence() &- 1)
        var doomed: [Int64] = []
        // Only the old end is read: looking for older entries beyond it would read the whole journal each time.
        let rows = try database.rows(
            "SELECT sequence, time FROM journal WHERE sequence <= ? ORDER BY sequence LIMIT ?", last, limit)
        while let row = try rows.next(), try row.integer(1) < time { doomed.append(try row.integer(0)) }
        for sequence in doomed { _ = try deleteEntry(sequence) }
        return (doomed.count, doomed.last ?? 0)
    }

    private func sealedChanges(_ condition: String, _ arguments: [any Bindable]) throws -> [SealedChange] {
        var entries: [SealedChange] = []
        let rows = try database.rows("SELECT \(Self.columns) FROM journal WHERE \(condition)", arguments: arguments)
        while let row = try rows.next() { entries.append(try SealedChange(row)) }
        return entries
    }
}

extension SealedChange {
    /// - Parameter row: sequence, time, the key's four columns, before_version, before, after, request_id, seal.
    init(_ row: some Columns) throws {
        self.init(
            sequence: try row.integer(0), time: try row.integer(1), key: try RecordKey(row, from: 2),
            beforeVersion: try row.isNull(6) ? nil : row.integer(6),
            before: try row.isNull(7) ? nil : row.bytes(7), after: try row.isNull(8) ? nil : row.bytes(8),
            requestID: try row.text(9), seal: try row.isNull(10) ? nil : row.bytes(10))
    }
}
