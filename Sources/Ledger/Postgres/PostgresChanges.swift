/// What a transaction has changed, and the server has not been told of yet.
///
/// Rows of a table go there together in one statement, which costs the server much less than one for each. Most writes read
/// single records and change some: as long as that is all, what one write has changed need not be there for the next to
/// see it, and what is rolled back was never sent.
struct PostgresChanges {
    /// By their keys; nil: deleted.
    private(set) var records: [RecordKey: SealedRecord?] = [:]
    /// By the records that they come from; false: removed.
    private(set) var references: [RecordKey: [Reference: Bool]] = [:]
    /// nil: deleted.
    private(set) var facts: [String: MetaValue?] = [:]
    private var entries: [SealedChange] = []
    private var segments: [SealedSegment] = []
    private var index: [EventIndexRow] = []
    /// Any others, in order. They are done last.
    private var statements: [(sql: String, values: [any PostgresBindable])] = []

    /// How much there is to send: each row, and each 4 KB of them, is one.
    private(set) var weight = 0

    var isEmpty: Bool { weight == 0 }

    // MARK: Taking

    mutating func set(_ record: SealedRecord?, _ key: RecordKey) {
        records[key] = .some(record)
        add(record?.body.count ?? 0)
    }

    mutating func set(_ reference: Reference, of key: RecordKey, isThere: Bool) {
        references[key, default: [:]][reference] = isThere
        add(0)
    }

    mutating func set(_ fact: MetaValue?, _ name: String) {
        facts[name] = .some(fact)
        add(0)
    }

    mutating func append(_ entry: SealedChange) {
        entries.append(entry)
        add((entry.before?.count ?? 0) + (entry.after?.count ?? 0))
    }

    mutating func append(_ segment: SealedSegment, _ index: [EventIndexEntry]) {
        segments.append(segment)
        for entry in index {
            self.index.append(
                EventIndexRow(
                    account: segment.account, entry: entry, lastTime: segment.lastTime, segment: segment.sequence))
        }
        weight += index.count
        add(segment.body.count)
    }

    mutating func append(_ sql: String, _ values: [any PostgresBindable]) {
        statements.append((sql, values))
        add(0)
    }

    private mutating func add(_ bytes: Int) { weight += 1 + bytes / 4096 }

    /// Adds what was changed after all this.
    mutating func merge(_ later: PostgresChanges) {
        guard !isEmpty else {
            self = later
            return
        }
        records.merge(later.records) { $1 }
        for (key, changed) in later.references { references[key, default: [:]].merge(changed) { $1 } }
        facts.merge(later.facts) { $1 }
        entries += later.entries
        segments += later.segments
        index += later.index
        statements += later.statements
        weight += later.weight
    }

    // MARK: Sending

    /// Tells the server; nobody waits for that.
    func send(on connection: PostgresConnection) throws {
        try sendRecords(connection)
        try sendReferences(connection)
        if !entries.isEmpty {
            try connection.send(
                """
                INSERT INTO journal (sequence, time, account, region, kind, id, before_version, before, after, request_id, seal)
                SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[],
                  $8::bytea[], $9::bytea[], $10::text[], $11::bytea[])
                """,
                rows: entries.map {
                    [$0.sequence, $0.time, $0.key, $0.beforeVersion, $0.before, $0.after, $0.requestID, $0.seal]
                })
        }
        if !segments.isEmpty {
            try connection.send(
                """
                INSERT INTO event_segment (sequence, account, first_time, last_time, body)
                SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::bigint[], $5::bytea[])
                """,
                rows: segments.map { [$0.sequence, $0.account, $0.firstTime, $0.lastTime, $0.body] })
        }
        if !index.isEmpty {
            try connection.send(
                """
                INSERT INTO event_index (account, attribute, value, last_time, segment)
                SELECT * FROM unnest($1::text[], $2::text[], $3::bytea[], $4::bigint[], $5::bigint[])
                """,
                rows: index.map { [$0.account, $0.entry.attribute, $0.entry.value, $0.lastTime, $0.segment] })
        }
        try sendFacts(connection)
        for statement in statements { try connection.send(statement.sql, statement.values) }
    }

    private func sendRecords(_ connection: PostgresConnection) throws {
        var rows: [[any PostgresBindable]] = []
        for (key, record) in records {
            if let record {
                rows.append([key, record.version, record.body])
            } else {
                try connection.send(
                    "DELETE FROM record WHERE account = $1 AND region = $2 AND kind = $3 AND id = $4", key)
            }
        }
        guard !rows.isEmpty else { return }
        try connection.send(
            """
            INSERT INTO record (account, region, kind, id, version, body)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::bytea[])
            ON CONFLICT (account, region, kind, id) DO UPDATE SET version = excluded.version, body = excluded.body
            """, rows: rows)
    }

    private func sendReferences(_ connection: PostgresConnection) throws {
        var rows: [[any PostgresBindable]] = []
        for (key, changed) in references {
            for (reference, isThere) in changed {
                if isThere {
                    rows.append([key, reference.relation, reference.target])
                } else {
                    try connection.send(
                        """
                        DELETE FROM reference
                        WHERE account = $1 AND region = $2 AND kind = $3 AND id = $4 AND relation = $5 AND target = $6
                        """, key, reference.relation, reference.target)
                }
            }
        }
        guard !rows.isEmpty else { return }
        // One that was removed and added again is still there.
        try connection.send(
            """
            INSERT INTO reference (account, region, kind, id, relation, target)
            SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
            ON CONFLICT DO NOTHING
            """, rows: rows)
    }

    private func sendFacts(_ connection: PostgresConnection) throws {
        for (name, fact) in facts {
            let number: Int64?
            let bytes: [UInt8]?
            switch fact {
            case .integer(let integer)?: (number, bytes) = (integer, nil)
            case .bytes(let array)?: (number, bytes) = (nil, array)
            case nil:
                try connection.send("DELETE FROM meta WHERE name = $1", name)
                continue
            }
            try connection.send(
                """
                INSERT INTO meta (name, number, bytes) VALUES ($1, $2, $3)
                ON CONFLICT (name) DO UPDATE SET number = excluded.number, bytes = excluded.bytes
                """, name, number, bytes)
        }
    }
}
