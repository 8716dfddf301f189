import GRDB

extension SQLiteSession {
    private static let isInPart = "account = ? AND region = ? AND kind = ? AND partition = ?"

    func row(_ part: TablePart, _ key: [UInt8]) throws -> [UInt8]? {
        try database.rows("SELECT body FROM table_row WHERE \(Self.isInPart) AND key = ?", part, key).next()?.bytes(0)
    }

    func rows(_ part: TablePart, _ bounds: RowBounds, limit: Int) throws -> [SealedRow] {
        var arguments: [any Bindable] = [part, bounds.lower]
        if let upper = bounds.upper { arguments.append(upper) }
        let rows = try database.rows(
            """
            SELECT key, body FROM table_row
            WHERE \(Self.isInPart) AND key >= ? \(bounds.upper == nil ? "" : "AND key < ?")
            ORDER BY key \(bounds.isReversed ? "DESC" : "") LIMIT ?
            """, arguments: arguments + [limit])
        return try sealedRows(part, rows)
    }

    func rows(_ part: TablePart, _ index: String, _ bounds: RowIndexBounds, limit: Int) throws -> [SealedRow] {
        var arguments: [any Bindable] = [part, index, bounds.lower.value, bounds.lower.key]
        if let upper = bounds.upper { arguments += [upper.value, upper.key] }
        let direction = bounds.isReversed ? "DESC" : ""
        // The index alone first, so that no more rows are looked up than are wanted.
        let rows = try database.rows(
            """
            SELECT found.key, body FROM (
                SELECT value, key FROM table_index
                WHERE \(Self.isInPart) AND name = ? AND (value, key) >= (?, ?)
                  \(bounds.upper == nil ? "" : "AND (value, key) < (?, ?)")
                ORDER BY value \(direction), key \(direction) LIMIT ?
            ) AS found CROSS JOIN table_row
            WHERE account = ? AND region = ? AND kind = ? AND partition = ? AND table_row.key = found.key
            ORDER BY found.value \(direction), found.key \(direction)
            """, arguments: arguments + [limit, part])
        return try sealedRows(part, rows)
    }

    func heads(
        _ part: TablePart, _ bounds: RowBounds, after length: Int, delimiter: [UInt8], limit: Int
    ) throws -> [SealedRow]? {
        nil
    }

    func rows(after place: (part: TablePart, key: [UInt8])?, limit: Int) throws -> [SealedRow] {
        let rows: Rows
        if let place {
            rows = try database.rows(
                """
                SELECT account, region, kind, partition, key, body FROM table_row
                WHERE (account, region, kind, partition, key) > (?, ?, ?, ?, ?)
                ORDER BY account, region, kind, partition, key LIMIT ?
                """, place.part, place.key, limit)
        } else {
            rows = try database.rows(
                """
                SELECT account, region, kind, partition, key, body FROM table_row
                ORDER BY account, region, kind, partition, key LIMIT ?
                """, limit)
        }
        var found: [SealedRow] = []
        while let row = try rows.next() {
            found.append(try SealedRow(part: TablePart(row), key: row.bytes(4), body: row.bytes(5)))
        }
        return found
    }

    func put(_ row: SealedRow) throws {
        try frequent.run(.putRow, in: database) {
            row.part.bind(to: &$0)
            row.key.bind(to: &$0)
            row.body.bind(to: &$0)
        }
    }

    func deleteRow(_ part: TablePart, _ key: [UInt8]) throws {
        try frequent.run(.deleteRow, in: database) {
            part.bind(to: &$0)
            key.bind(to: &$0)
        }
    }

    func add(_ entry: RowIndexEntry) throws {
        try frequent.run(.addRowIndex, in: database) { entry.bind(to: &$0) }
    }

    func remove(_ entry: RowIndexEntry) throws {
        try frequent.run(.removeRowIndex, in: database) { entry.bind(to: &$0) }
    }

    private func sealedRows(_ part: TablePart, _ rows: Rows) throws -> [SealedRow] {
        var found: [SealedRow] = []
        while let row = try rows.next() {
            found.append(SealedRow(part: part, key: try row.bytes(0), body: try row.bytes(1)))
        }
        return found
    }
}

/// Account, region, kind, partition.
extension TablePart: Bindable {
    func bind(to bindings: inout Bindings) {
        scope.bind(to: &bindings)
        kind.bind(to: &bindings)
        partition.bind(to: &bindings)
    }
}

extension TablePart {
    /// - Parameter row: begins with account, region, kind, partition.
    init(_ row: some Columns) throws {
        self.init(
            scope: Scope(account: try row.text(0), region: try row.text(1)), kind: try row.text(2),
            partition: try row.text(3))
    }

    /// Where damage is: the partition stands for the record's id.
    var place: RecordKey { RecordKey(scope: scope, kind: kind, id: partition) }
}

/// Account, region, kind, partition, name, value, key.
extension RowIndexEntry: Bindable {
    func bind(to bindings: inout Bindings) {
        part.bind(to: &bindings)
        name.bind(to: &bindings)
        value.bind(to: &bindings)
        key.bind(to: &bindings)
    }
}

extension RowIndexEntry {
    /// - Parameter row: the part's four columns, name, value, key.
    init(_ row: some Columns) throws {
        self.init(part: try TablePart(row), name: try row.text(4), value: try row.bytes(5), key: try row.bytes(6))
    }
}
