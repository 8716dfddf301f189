extension PostgresSession {
    func record(_ key: RecordKey) throws -> SealedRecord? {
        try record(key) { connection in
            let row = try connection.query(
                "SELECT version, body FROM record WHERE account = $1 AND region = $2 AND kind = $3 AND id = $4", key
            ).first
            return try row.map { SealedRecord(key: key, version: try $0.integer(0), body: try $0.bytes(1)) }
        }
    }

    func records(_ kind: String, in scope: Scope, after id: String, limit: Int) throws -> [SealedRecord] {
        try sealedRecords(
            kind, scope,
            """
            SELECT id, version, body FROM record
            WHERE account = $1 AND region = $2 AND kind = $3 AND id > $4 ORDER BY id LIMIT $5
            """, [scope, kind, id, limit])
    }

    func recordIDs(_ kind: String, in scope: Scope, after id: String, limit: Int) throws -> [String] {
        try connection.query(
            """
            SELECT id FROM record
            WHERE account = $1 AND region = $2 AND kind = $3 AND id > $4 ORDER BY id LIMIT $5
            """, scope, kind, id, limit
        ).rows.map { try $0.text(0) }
    }

    func referrers(
        _ kind: String, _ reference: Reference, in scope: Scope, after id: String, limit: Int
    ) throws -> [SealedRecord] {
        try sealedRecords(
            kind, scope,
            """
            SELECT record.id, version, body FROM reference
            JOIN record USING (account, region, kind, id)
            WHERE reference.account = $1 AND reference.region = $2 AND relation = $3 AND target = $4
              AND reference.kind = $5 AND reference.id > $6
            ORDER BY reference.id LIMIT $7
            """, [scope, reference.relation, reference.target, kind, id, limit])
    }

    func referrerCount(_ reference: Reference, in scope: Scope) throws -> Int {
        Int(
            try connection.query(
                "SELECT count(*) FROM reference WHERE account = $1 AND region = $2 AND relation = $3 AND target = $4",
                scope, reference.relation, reference.target
            ).integer() ?? 0)
    }

    func eachRecord(of kinds: Set<String>?, _ body: (SealedRecord) throws -> Void) throws {
        guard let kinds else { return try eachRecord("", [], "account, region, kind, id", body) }
        // A kind's records are found by an index of their own; without it each start would read everything.
        for kind in kinds.sorted() { try eachRecord("kind = $1 AND", [kind], "kind, account, region, id", body) }
    }

    private func eachRecord(
        _ condition: String, _ values: [any PostgresBindable], _ key: String, _ body: (SealedRecord) throws -> Void
    ) throws {
        let isOfKind = !values.isEmpty
        let (first, limit) = (values.count + 1, values.count + 5)
        let sql = """
            SELECT account, region, kind, id, version, body FROM record
            WHERE \(condition) (\(key)) > ($\(first), $\(first + 1), $\(first + 2), $\(first + 3))
            ORDER BY \(key) LIMIT $\(limit)
            """
        var last: RecordKey?
        while true {
            let place: [any PostgresBindable] =
                switch last {
                case nil: isOfKind ? values + ["", "", ""] : ["", "", "", ""]
                case let last?: isOfKind ? values + [last.scope, last.id] : [last]
                }
            let rows = try connection.query(sql, values + place + [Self.portion]).rows
            for row in rows {
                let record = try SealedRecord(row)
                last = record.key
                try body(record)
            }
            guard rows.count == Self.portion else { return }
        }
    }

    func records(after key: RecordKey, limit: Int) throws -> [SealedRecord] {
        try connection.query(
            """
            SELECT account, region, kind, id, version, body FROM record
            WHERE (account, region, kind, id) > ($1, $2, $3, $4) ORDER BY account, region, kind, id LIMIT $5
            """, key, limit
        ).rows.map { try SealedRecord($0) }
    }

    func put(_ record: SealedRecord) throws {
        try requireShort(record.key)
        try change(record, record.key)
    }

    func delete(_ key: RecordKey) throws { try change(nil, key) }

    func references(of key: RecordKey) throws -> Set<Reference> {
        try references(of: key) { connection in
            let rows = try connection.query(
                """
                SELECT relation, target FROM reference WHERE account = $1 AND region = $2 AND kind = $3 AND id = $4
                """, key
            ).rows
            return Set(try rows.map { Reference(try $0.text(0), to: try $0.text(1)) })
        }
    }

    func add(_ reference: Reference, of key: RecordKey) throws {
        try requireShort(key, reference)
        try change { $0.set(reference, of: key, isThere: true) }
    }

    func remove(_ reference: Reference, of key: RecordKey) throws {
        try change { $0.set(reference, of: key, isThere: false) }
    }

    /// How many rows are read at a time where all are wanted.
    static let portion = 512

    /// An entry of an index can't be longer than a third of a page; the statement would fail, and with it the others of
    /// its transaction.
    /// <https://www.postgresql.org/docs/15/btree-implementation.html>
    private func requireShort(_ key: RecordKey, _ reference: Reference? = nil) throws(LedgerError) {
        let bytes =
            key.scope.account.utf8.count + key.scope.region.utf8.count + key.kind.utf8.count + key.id.utf8.count
            + (reference.map { $0.relation.utf8.count + $0.target.utf8.count } ?? 0)
        guard bytes <= 2600 else {
            throw LedgerError(
                .invalid, "A record of kind \(key.kind) has an id or reference that is too long for PostgreSQL.")
        }
    }

    private func sealedRecords(
        _ kind: String, _ scope: Scope, _ sql: String, _ values: [any PostgresBindable]
    ) throws -> [SealedRecord] {
        try connection.query(sql, values).rows.map { row in
            let key = RecordKey(scope: scope, kind: kind, id: try row.text(0))
            return SealedRecord(key: key, version: try row.integer(1), body: try row.bytes(2))
        }
    }
}
