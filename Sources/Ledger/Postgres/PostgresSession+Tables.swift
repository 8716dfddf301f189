extension PostgresSession {
    private static let isInPart = "account = $1 AND region = $2 AND kind = $3 AND partition = $4"

    func row(_ part: TablePart, _ key: [UInt8]) throws -> [UInt8]? {
        try connection.query("SELECT body FROM table_row WHERE \(Self.isInPart) AND key = $5", part, key)
            .first?.bytes(0)
    }

    func rows(_ part: TablePart, _ bounds: RowBounds, limit: Int) throws -> [SealedRow] {
        var values: [any PostgresBindable] = [part, bounds.lower]
        if let upper = bounds.upper { values.append(upper) }
        return try connection.query(
            """
            SELECT key, body FROM table_row
            WHERE \(Self.isInPart) AND key >= $5 \(bounds.upper == nil ? "" : "AND key < $6")
            ORDER BY key \(bounds.isReversed ? "DESC" : "") LIMIT $\(bounds.upper == nil ? 6 : 7)
            """, values + [limit]
        ).rows.map { SealedRow(part: part, key: try $0.bytes(0), body: try $0.bytes(1)) }
    }

    func rows(_ part: TablePart, _ index: String, _ bounds: RowIndexBounds, limit: Int) throws -> [SealedRow] {
        var values: [any PostgresBindable] = [part, index, bounds.lower.value, bounds.lower.key]
        if let upper = bounds.upper { values += [upper.value, upper.key] }
        let direction = bounds.isReversed ? "DESC" : ""
        // The index alone first, so that no more rows are looked up than are wanted.
        return try connection.query(
            """
            WITH found AS MATERIALIZED (
                SELECT value, key FROM table_index
                WHERE \(Self.isInPart) AND name = $5 AND (value, key) >= ($6, $7)
                  \(bounds.upper == nil ? "" : "AND (value, key) < ($8, $9)")
                ORDER BY value \(direction), key \(direction) LIMIT $\(bounds.upper == nil ? 8 : 10)
            )
            SELECT found.key, body FROM found JOIN table_row ON \(Self.isInPart) AND table_row.key = found.key
            ORDER BY found.value \(direction), found.key \(direction)
            """, values + [limit]
        ).rows.map { SealedRow(part: part, key: try $0.bytes(0), body: try $0.bytes(1)) }
    }

    /// A walk from one row to the next that is not in the same group: each step is a look-up, and all of them one way to the
    /// server and back.
    func heads(
        _ part: TablePart, _ bounds: RowBounds, after length: Int, delimiter: [UInt8], limit: Int
    ) throws -> [SealedRow]? {
        guard let behind = RowPrefix.end(of: delimiter) else { return nil }
        let end = bounds.upper == nil ? "" : "AND key < $10"
        var values: [any PostgresBindable] = [part, bounds.lower, length, delimiter, behind, limit]
        if let upper = bounds.upper { values.append(upper) }
        return try connection.query(
            """
            WITH RECURSIVE line AS (
                (SELECT key, body FROM table_row WHERE \(Self.isInPart) AND key >= $5 \(end) ORDER BY key LIMIT 1)
                UNION ALL
                SELECT next.key, next.body
                FROM line CROSS JOIN LATERAL (
                    SELECT substring(line.key FROM $6::int + 1) AS rest
                ) AS tail CROSS JOIN LATERAL (
                    SELECT position($7 IN rest) AS place, position('\\x0001'::bytea IN rest) AS last
                ) AS found CROSS JOIN LATERAL (
                    SELECT key, body FROM table_row
                    WHERE \(Self.isInPart) \(end) AND key >= CASE
                        WHEN place > 0 AND (last = 0 OR place < last)
                        THEN substring(line.key FROM 1 FOR $6::int + place - 1) || $8
                        ELSE line.key || '\\x00'::bytea END
                    ORDER BY key LIMIT 1
                ) AS next
            )
            SELECT key, body FROM line LIMIT $9
            """, values
        ).rows.map { SealedRow(part: part, key: try $0.bytes(0), body: try $0.bytes(1)) }
    }

    func rows(after place: (part: TablePart, key: [UInt8])?, limit: Int) throws -> [SealedRow] {
        let first = TablePart(scope: Scope(account: ""), kind: "", partition: "")
        return try connection.query(
            """
            SELECT account, region, kind, partition, key, body FROM table_row
            WHERE (account, region, kind, partition, key) > ($1, $2, $3, $4, $5)
            ORDER BY account, region, kind, partition, key LIMIT $6
            """, place?.part ?? first, place?.key ?? [], limit
        ).rows.map { try SealedRow(part: TablePart($0), key: $0.bytes(4), body: $0.bytes(5)) }
    }

    func put(_ row: SealedRow) throws {
        try change(
            """
            INSERT INTO table_row (account, region, kind, partition, key, body) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (account, region, kind, partition, key) DO UPDATE SET body = excluded.body
            """, row.part, row.key, row.body)
    }

    func deleteRow(_ part: TablePart, _ key: [UInt8]) throws {
        try change("DELETE FROM table_row WHERE \(Self.isInPart) AND key = $5", part, key)
    }

    func add(_ entry: RowIndexEntry) throws {
        try change(
            """
            INSERT INTO table_index (account, region, kind, partition, name, value, key)
            VALUES ($1, $2, $3, $4, $5, $6, $7)
            """, entry.part, entry.name, entry.value, entry.key)
    }

    func remove(_ entry: RowIndexEntry) throws {
        try change(
            "DELETE FROM table_index WHERE \(Self.isInPart) AND name = $5 AND value = $6 AND key = $7",
            entry.part, entry.name, entry.value, entry.key)
    }

    func hasIndexEntry(_ entry: RowIndexEntry) throws -> Bool {
        try connection.query(
            "SELECT kind FROM table_index WHERE \(Self.isInPart) AND name = $5 AND value = $6 AND key = $7",
            entry.part, entry.name, entry.value, entry.key
        ).first != nil
    }

    func add(_ difference: Int64, toNumber name: String) throws {
        try change("UPDATE meta SET number = number + $1 WHERE name = $2", difference, name)
    }
}

/// Account, region, kind, partition.
extension TablePart: PostgresBindable {
    func append(to parameters: inout PostgresParameters) {
        scope.append(to: &parameters)
        kind.append(to: &parameters)
        partition.append(to: &parameters)
    }
}

extension PostgresSchema {
    /// What came with format 4, statement by statement: see `Schema` for SQLite.
    static let rowTables = """
        CREATE TABLE table_row (
            account text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
            partition text COLLATE "C" NOT NULL, key bytea NOT NULL, body bytea NOT NULL,
            PRIMARY KEY (account, region, kind, partition, key)
        );
        ALTER TABLE table_row ALTER body SET STORAGE EXTERNAL;
        CREATE TABLE table_index (
            account text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
            partition text COLLATE "C" NOT NULL, name text COLLATE "C" NOT NULL, value bytea NOT NULL,
            key bytea NOT NULL,
            PRIMARY KEY (account, region, kind, partition, name, value, key)
        );
        INSERT INTO meta (name, number) VALUES ('table-changes', 0) ON CONFLICT DO NOTHING
        """
}
