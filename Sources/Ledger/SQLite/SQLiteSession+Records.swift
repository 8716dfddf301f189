import GRDB

extension SQLiteSession {
    func record(_ key: RecordKey) throws -> SealedRecord? {
        try frequent.run(
            .record, in: database, { key.bind(to: &$0) },
            { SealedRecord(key: key, version: try $0.integer(0), body: try $0.bytes(1)) })
    }

    func records(_ kind: String, in scope: Scope, after id: String, limit: Int) throws -> [SealedRecord] {
        try sealedRecords(
            kind, scope,
            """
            SELECT id, version, body FROM record
            WHERE account = ? AND region = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?
            """, [scope, kind, id, limit])
    }

    func recordIDs(_ kind: String, in scope: Scope, after id: String, limit: Int) throws -> [String] {
        let rows = try database.rows(
            "SELECT id FROM record WHERE account = ? AND region = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?",
            scope, kind, id, limit)
        var ids: [String] = []
        while let row = try rows.next() { ids.append(try row.text(0)) }
        return ids
    }

    func recordCount(_ kind: String, in scope: Scope) throws -> Int {
        let count = try frequent.run(
            .count, in: database,
            {
                scope.bind(to: &$0)
                kind.bind(to: &$0)
            }, { try $0.integer(0) })
        return Int(count ?? 0)
    }

    func recordCount(_ kind: String?) throws -> Int {
        let sum = "SELECT sum(count) FROM counter WHERE"
        // Those with a control character are of tables: see TablePart.
        guard let kind else { return Int(try database.integer("\(sum) instr(kind, char(31)) = 0") ?? 0) }
        return Int(try database.integer("\(sum) kind = ?", kind) ?? 0)
    }

    func referrers(
        _ kind: String, _ reference: Reference, in scope: Scope, after id: String, limit: Int
    ) throws -> [SealedRecord] {
        try sealedRecords(
            kind, scope,
            """
            SELECT record.id, version, body FROM reference
            JOIN record USING (account, region, kind, id)
            WHERE reference.account = ? AND reference.region = ? AND relation = ? AND target = ?
              AND reference.kind = ? AND reference.id > ?
            ORDER BY reference.id LIMIT ?
            """, [scope, reference.relation, reference.target, kind, id, limit])
    }

    func referrerCount(_ reference: Reference, in scope: Scope) throws -> Int {
        Int(
            try database.integer(
                "SELECT count(*) FROM reference WHERE account = ? AND region = ? AND relation = ? AND target = ?",
                scope, reference.relation, reference.target) ?? 0)
    }

    func eachRecord(of kinds: Set<String>?, _ body: (SealedRecord) throws -> Void) throws {
        let columns = "SELECT account, region, kind, id, version, body FROM record"
        // A kind's records are found by an index of their own; without it each start would read everything.
        for query in kinds.map({ $0.sorted().map(Optional.some) }) ?? [nil] {
            let rows =
                try query.map { try database.rows("\(columns) WHERE kind = ?", $0) } ?? database.rows(columns)
            while let row = try rows.next() {
                try body(SealedRecord(row))
            }
        }
    }

    func records(after key: RecordKey, limit: Int) throws -> [SealedRecord] {
        let rows = try database.rows(
            """
            SELECT account, region, kind, id, version, body FROM record
            WHERE (account, region, kind, id) > (?, ?, ?, ?) ORDER BY account, region, kind, id LIMIT ?
            """, key, limit)
        var records: [SealedRecord] = []
        while let row = try rows.next() { records.append(try SealedRecord(row)) }
        return records
    }

    func put(_ record: SealedRecord) throws {
        try frequent.run(.putRecord, in: database) {
            record.key.bind(to: &$0)
            record.version.bind(to: &$0)
            record.body.bind(to: &$0)
        }
    }

    func delete(_ key: RecordKey) throws {
        try database.run(
            "DELETE FROM record WHERE account = ? AND region = ? AND kind = ? AND id = ?", key)
    }

    func count(_ key: RecordKey, by difference: Int) throws {
        try frequent.run(.addCount, in: database) {
            key.scope.bind(to: &$0)
            key.kind.bind(to: &$0)
            difference.bind(to: &$0)
        }
    }

    func references(of key: RecordKey) throws -> Set<Reference> {
        let rows = try database.rows(
            "SELECT relation, target FROM reference WHERE account = ? AND region = ? AND kind = ? AND id = ?", key)
        var references: Set<Reference> = []
        while let row = try rows.next() { references.insert(Reference(try row.text(0), to: try row.text(1))) }
        return references
    }

    func add(_ reference: Reference, of key: RecordKey) throws {
        try database.run(
            "INSERT INTO reference (account, region, kind, id, relation, target) VALUES (?, ?, ?, ?, ?, ?)",
            key, reference.relation, reference.target)
    }

    func remove(_ reference: Reference, of key: RecordKey) throws {
        try database.run(
            """
            DELETE FROM reference
            WHERE account = ? AND region = ? AND kind = ? AND id = ? AND relation = ? AND target = ?
            """, key, reference.relation, reference.target)
    }

    private func sealedRecords(
        _ kind: String, _ scope: Scope, _ sql: String, _ arguments: [any Bindable]
    ) throws -> [SealedRecord] {
        var records: [SealedRecord] = []
        let rows = try database.rows(sql, arguments: arguments)
        while let row = try rows.next() {
            let key = RecordKey(scope: scope, kind: kind, id: try row.text(0))
            records.append(SealedRecord(key: key, version: try row.integer(1), body: try row.bytes(2)))
        }
        return records
    }
}

extension RecordKey {
    /// - Parameter column: where its four columns begin: account, region, kind, id.
    init(_ row: some Columns, from column: Int = 0) throws {
        self.init(
            scope: Scope(account: try row.text(column), region: try row.text(column + 1)),
            kind: try row.text(column + 2), id: try row.text(column + 3))
    }
}

extension SealedRecord {
    /// - Parameter row: the key's four columns, version, body.
    init(_ row: some Columns) throws {
        self.init(key: try RecordKey(row), version: try row.integer(4), body: try row.bytes(5))
    }
}
