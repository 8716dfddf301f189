import GRDB

extension SQLiteSession {
    /// The most messages to ask SQLite for.
    private static let enough = 100

    func structuralDamage(of tables: [LedgerTable]?) throws -> [(table: LedgerTable?, message: String)] {
        if let tables {
            return try tables.flatMap { table in
                try check("quick_check(\(table.rawValue))").map { (table: table, message: $0) }
            }
        }
        let messages = try check("integrity_check(\(Self.enough))")
        guard !messages.isEmpty else { return [] }
        // SQLite's messages don't say which table they are about, so each table is checked on its own.
        let located = try LedgerTable.allCases.filter { try hasTable($0.rawValue) }.flatMap { table in
            try check("integrity_check(\(table.rawValue))").map { (table: Optional(table), message: $0) }
        }
        let known = Set(located.map(\.message))
        return located + messages.filter { !known.contains($0) }.map { (table: nil, message: $0) }
    }

    /// Runs one of SQLite's checks.
    /// - Returns: its messages, one line each; empty if there is no damage.
    private func check(_ pragma: String) throws -> [String] {
        do {
            let answers = try String.fetchAll(database, sql: "PRAGMA \(pragma)")
            return answers == ["ok"]
                ? []
                : answers.flatMap { $0.split(separator: "\n").map(String.init) }.filter { !$0.hasPrefix("***") }
        } catch let error as DatabaseError where SQLiteStore.meaning(of: error)?.kind == .corrupt {
            return [error.message ?? "\(error.resultCode)"]
        }
    }

    func scanRecords(carefully: Bool, _ body: (Scanned<SealedRecord>) throws -> Void) throws {
        try scan(
            ScannedTable("record", key: Self.recordKey, rest: "version, body", index: "record_by_kind"), carefully,
            { try SealedRecord($0) }, { ScannedPlace(key: try? RecordKey($0)) }, body)
    }

    func scanCounters(carefully: Bool, _ body: (Scanned<CounterRow>) throws -> Void) throws {
        try scan(
            ScannedTable("counter", key: ["account", "region", "kind"], rest: "count", index: nil), carefully,
            { row in
                CounterRow(
                    scope: Scope(account: try row.text(0), region: try row.text(1)), kind: try row.text(2),
                    count: try row.integer(3))
            }, { ScannedPlace(account: try? $0.text(0)) }, body)
    }

    func scanReferences(carefully: Bool, _ body: (Scanned<ReferenceRow>) throws -> Void) throws {
        try scan(
            ScannedTable(
                "reference", key: Self.recordKey + ["relation", "target"], rest: nil, index: "reference_by_referrer"),
            carefully,
            { ReferenceRow(key: try RecordKey($0), reference: Reference(try $0.text(4), to: try $0.text(5))) },
            { ScannedPlace(key: try? RecordKey($0)) }, body)
    }

    func scanJournal(carefully: Bool, _ body: (Scanned<SealedChange>) throws -> Void) throws {
        let hasSeals = try Format.version(in: self) >= 3
        try scan(
            ScannedTable(
                "journal", key: ["sequence"],
                rest: "time, account, region, kind, id, before_version, before, after, request_id, "
                    + (hasSeals ? "seal" : "NULL"),
                index: "journal_by_record", keyOfIndex: ["sequence"] + Self.recordKey),
            carefully, { try SealedChange($0) },
            { row in
                // In the index, the key follows the number; in the table, the time comes in between.
                let key = row.count < 5 ? nil : try? RecordKey(row, from: row.count > 5 ? 2 : 1)
                return ScannedPlace(key: key, number: try? row.integer(0))
            }, body)
    }

    func scanSegments(carefully: Bool, _ body: (Scanned<SealedSegment>) throws -> Void) throws {
        try scan(
            ScannedTable(
                "event_segment", key: ["sequence"], rest: "account, first_time, last_time, body",
                index: "event_segment_by_time"), carefully,
            { try SealedSegment($0) },
            { ScannedPlace(number: try? $0.integer(0), account: $0.count > 1 ? try? $0.text(1) : nil) }, body)
    }

    func scanEventIndex(carefully: Bool, _ body: (Scanned<EventIndexRow>) throws -> Void) throws {
        try scan(
            ScannedTable(
                "event_index", key: ["account", "attribute", "value", "last_time", "segment"], rest: nil, index: nil),
            carefully, { try EventIndexRow($0) },
            { ScannedPlace(number: try? $0.integer(4), account: try? $0.text(0)) }, body)
    }

    func scanDeadlines(carefully: Bool, _ body: (Scanned<SealedDeadline>) throws -> Void) throws {
        guard try hasTable("deadline") else { return }
        try scan(
            ScannedTable(
                "deadline", key: Self.recordKey, rest: "due, number, attempts, payload, lease_token, lease_until",
                index: "deadline_by_due"), carefully,
            { try SealedDeadline($0) }, { ScannedPlace(key: try? RecordKey($0)) }, body)
    }

    func scanRows(carefully: Bool, _ body: (Scanned<SealedRow>) throws -> Void) throws {
        guard try hasTable(LedgerTable.tableRow.rawValue) else { return }
        try scan(
            ScannedTable("table_row", key: Self.rowKey + ["key"], rest: "body", index: nil), carefully,
            { try SealedRow(part: TablePart($0), key: $0.bytes(4), body: $0.bytes(5)) },
            { ScannedPlace(key: try? TablePart($0).place) }, body)
    }

    func scanRowIndex(carefully: Bool, _ body: (Scanned<RowIndexEntry>) throws -> Void) throws {
        guard try hasTable(LedgerTable.tableIndex.rawValue) else { return }
        try scan(
            ScannedTable("table_index", key: Self.rowKey + ["name", "value", "key"], rest: nil, index: nil), carefully,
            { try RowIndexEntry($0) }, { ScannedPlace(key: try? TablePart($0).place) }, body)
    }

    func hasIndexEntry(_ entry: RowIndexEntry) throws -> Bool {
        try database.integer(
            """
            SELECT 1 FROM table_index
            WHERE account = ? AND region = ? AND kind = ? AND partition = ? AND name = ? AND value = ? AND key = ?
            """, entry.part, entry.name, entry.value, entry.key) != nil
    }

    private static let rowKey = ["account", "region", "kind", "partition"]

    func hasIndexEntry(_ row: EventIndexRow) throws -> Bool {
        try database.integer(
            """
            SELECT 1 FROM event_index
            WHERE account = ? AND attribute = ? AND value = ? AND last_time = ? AND segment = ?
            """, row.account, row.entry.attribute, row.entry.value, row.lastTime, row.segment) != nil
    }

    func metaNames() throws -> [String] { try String.fetchAll(database, sql: "SELECT name FROM meta ORDER BY name") }

    private static let recordKey = ["account", "region", "kind", "id"]

    // MARK: Reading whole tables

    private func scan<Value>(
        _ table: ScannedTable, _ carefully: Bool, _ decode: (Row) throws -> Value,
        _ place: (Row) -> ScannedPlace, _ body: (Scanned<Value>) throws -> Void
    ) throws {
        func hand(_ row: Row) throws {
            let value: Value
            do {
                value = try decode(row)
            } catch {
                return try body(.unreadable(place(row), "It has values that its columns can't have."))
            }
            try body(.row(value))
        }
        guard carefully else {
            let rows = try Row.fetchCursor(database, sql: table.all)
            while true {
                let row: Row?
                do {
                    row = try rows.next()
                } catch {
                    return try body(.unreadable(ScannedPlace(), LedgerError(error).message))
                }
                guard let row else { return }
                try hand(row)
            }
        }
        for key in keys(of: table) {
            do {
                guard let row = try Row.fetchOne(database, sql: table.one, arguments: key.arguments) else {
                    try body(.unreadable(place(key.row), "It can't be found in its table."))
                    continue
                }
                try hand(row)
            } catch let error as DatabaseError {
                try body(.unreadable(place(key.row), SQLiteStore.meaning(of: error)?.message ?? "\(error)"))
            }
        }
    }

    /// The keys of all rows that can still be found in the table, or in an index that contains the key.
    private func keys(of table: ScannedTable) -> [(row: Row, arguments: StatementArguments)] {
        var found: [[DatabaseValue]: Row] = [:]
        for sql in table.keys {
            guard let rows = try? Row.fetchCursor(database, sql: sql) else { continue }
            while let row = try? rows.next() {
                let copy = row.copy()
                found[Array(copy.databaseValues.prefix(table.key.count))] = copy
            }
        }
        return found.sorted { $0.key.lexicographicallyPrecedes($1.key, by: Self.isBefore) }
            .map { (row: $0.value, arguments: StatementArguments($0.key)) }
    }

    private static func isBefore(_ a: DatabaseValue, _ b: DatabaseValue) -> Bool {
        switch (a.storage, b.storage) {
        case (.int64(let a), .int64(let b)): a < b
        case (.string(let a), .string(let b)): a.utf8.lexicographicallyPrecedes(b.utf8)
        case (.blob(let a), .blob(let b)): a.lexicographicallyPrecedes(b)
        default: false
        }
    }
}

/// The SQL that reads a whole table.
private struct ScannedTable {
    let key: [String]
    /// Selects all rows, in the order of their keys.
    let all: String
    /// Selects the row with a key.
    let one: String
    /// Select only the keys, each from another place in the file.
    let keys: [String]

    /// - Parameters:
    ///   - rest: the columns that are not part of the key.
    ///   - index: an index that contains the key as well, and is elsewhere in the file.
    ///   - keyOfIndex: the columns to read from the index, beginning with the key.
    init(_ name: String, key: [String], rest: String?, index: String?, keyOfIndex: [String]? = nil) {
        self.key = key
        let columns = (key + (rest.map { [$0] } ?? [])).joined(separator: ", ")
        let order = key.joined(separator: ", ")
        all = "SELECT \(columns) FROM \(name) ORDER BY \(order)"
        one = "SELECT \(columns) FROM \(name) WHERE " + key.map { "\($0) = ?" }.joined(separator: " AND ")
        var keys = ["SELECT \(order) FROM \(name) NOT INDEXED"]
        if let index {
            keys.append("SELECT \((keyOfIndex ?? key).joined(separator: ", ")) FROM \(name) INDEXED BY \(index)")
        }
        self.keys = keys
    }
}

extension EventIndexRow {
    /// - Parameter row: account, attribute, value, last_time, segment.
    init(_ row: some Columns) throws {
        self.init(
            account: try row.text(0), entry: EventIndexEntry(attribute: try row.text(1), value: try row.bytes(2)),
            lastTime: try row.integer(3), segment: try row.integer(4))
    }
}
