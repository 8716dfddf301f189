extension PostgresSession {
    private static let columns =
        "sequence, time, account, region, kind, id, before_version, before, after, request_id, seal"

    func append(_ entry: SealedChange) throws { try change { $0.append(entry) } }

    func deleteEntry(_ sequence: Int64) throws -> Bool {
        try changeCounting("DELETE FROM journal WHERE sequence = $1", sequence) > 0
    }

    func entries(after sequence: Int64, of kinds: Set<String>?, limit: Int) throws -> [SealedChange] {
        guard let kinds else {
            return try sealedChanges("sequence > $1 ORDER BY sequence LIMIT $2", [sequence, limit])
        }
        // Each kind is walked by its own index, so that the cost is that of the answer.
        var entries: [SealedChange] = []
        for kind in kinds {
            entries += try sealedChanges(
                "kind = $1 AND sequence > $2 ORDER BY sequence LIMIT $3", [kind, sequence, limit])
        }
        return Array(entries.sorted { $0.sequence < $1.sequence }.prefix(limit))
    }

    func history(of key: RecordKey, before sequence: Int64, limit: Int) throws -> [SealedChange] {
        try sealedChanges(
            """
            account = $1 AND region = $2 AND kind = $3 AND id = $4 AND sequence < $5 ORDER BY sequence DESC LIMIT $6
            """, [key, sequence, limit])
    }

    func replaceSeals(of entry: SealedChange) throws {
        try change(
            "UPDATE journal SET before = $1, after = $2, seal = $3 WHERE sequence = $4", entry.before, entry.after,
            entry.seal, entry.sequence)
    }

    func entryCount() throws -> Int64 { try connection.query("SELECT count(*) FROM journal").integer() ?? 0 }

    func lastSequence() throws -> Int64 { try connection.query("SELECT max(sequence) FROM journal").integer() ?? 0 }

    func purgeEntries(before time: Int64, through sequence: Int64, limit: Int) throws -> (count: Int, last: Int64) {
        let last = min(sequence, try lastSequence() &- 1)
        // Only the old end is read: looking for older entries beyond it would read the whole journal each time.
        let oldest = try connection.query(
            "SELECT sequence, time FROM journal WHERE sequence <= $1 ORDER BY sequence LIMIT $2", last, limit
        ).rows
        let doomed = try oldest.prefix { try $0.integer(1) < time }.map { try $0.integer(0) }
        guard let first = doomed.first, let end = doomed.last else { return (0, 0) }
        try change("DELETE FROM journal WHERE sequence >= $1 AND sequence <= $2", first, end)
        return (doomed.count, end)
    }

    private func sealedChanges(_ condition: String, _ values: [any PostgresBindable]) throws -> [SealedChange] {
        try connection.query("SELECT \(Self.columns) FROM journal WHERE \(condition)", values).rows
            .map { try SealedChange($0) }
    }
}
