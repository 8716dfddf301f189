extension PostgresSession {
    /// What PostgreSQL has against its own files it says when they are read, and its own tools find out more.
    func structuralDamage(of tables: [LedgerTable]?) throws -> [(table: LedgerTable?, message: String)] { [] }

    func scanRecords(carefully: Bool, _ body: (Scanned<SealedRecord>) throws -> Void) throws {
        try scan(
            "record", key: Self.recordKey, rest: ["version", "body"], { try SealedRecord($0) },
            { ScannedPlace(key: try? RecordKey($0)) }, body)
    }

    func scanCounters(carefully: Bool, _ body: (Scanned<CounterRow>) throws -> Void) throws {
        try scan(
            "counter", key: Array(Self.recordKey.prefix(3)), rest: ["count"],
            { row in
                CounterRow(
                    scope: Scope(account: try row.text(0), region: try row.text(1)), kind: try row.text(2),
                    count: try row.integer(3))
            }, { ScannedPlace(account: try? $0.text(0)) }, body)
    }

    func scanReferences(carefully: Bool, _ body: (Scanned<ReferenceRow>) throws -> Void) throws {
        try scan(
            "reference", key: Self.recordKey + [.text("relation"), .text("target")], rest: [],
            { ReferenceRow(key: try RecordKey($0), reference: Reference(try $0.text(4), to: try $0.text(5))) },
            { ScannedPlace(key: try? RecordKey($0)) }, body)
    }

    func scanJournal(carefully: Bool, _ body: (Scanned<SealedChange>) throws -> Void) throws {
        try scan(
            "journal", key: [.number("sequence")],
            rest: [
                "time", "account", "region", "kind", "id", "before_version", "before", "after", "request_id", "seal",
            ],
            { try SealedChange($0) }, { ScannedPlace(key: try? RecordKey($0, from: 2), number: try? $0.integer(0)) },
            body)
    }

    func scanSegments(carefully: Bool, _ body: (Scanned<SealedSegment>) throws -> Void) throws {
        try scan(
            "event_segment", key: [.number("sequence")], rest: ["account", "first_time", "last_time", "body"],
            { try SealedSegment($0) }, { ScannedPlace(number: try? $0.integer(0), account: try? $0.text(1)) }, body)
    }

    func scanEventIndex(carefully: Bool, _ body: (Scanned<EventIndexRow>) throws -> Void) throws {
        try scan(
            "event_index",
            key: [.text("account"), .text("attribute"), .bytes("value"), .number("last_time"), .number("segment")],
            rest: [], { try EventIndexRow($0) },
            { ScannedPlace(number: try? $0.integer(4), account: try? $0.text(0)) }, body)
    }

    func scanDeadlines(carefully: Bool, _ body: (Scanned<SealedDeadline>) throws -> Void) throws {
        try scan(
            "deadline", key: Self.recordKey,
            rest: ["due", "number", "attempts", "payload", "lease_token", "lease_until"], { try SealedDeadline($0) },
            { ScannedPlace(key: try? RecordKey($0)) }, body)
    }

    func scanRows(carefully: Bool, _ body: (Scanned<SealedRow>) throws -> Void) throws {
        guard try hasTable(.tableRow) else { return }
        try scan(
            "table_row", key: Self.rowKey + [.bytes("key")], rest: ["body"],
            { try SealedRow(part: TablePart($0), key: $0.bytes(4), body: $0.bytes(5)) },
            { ScannedPlace(key: try? TablePart($0).place) }, body)
    }

    func scanRowIndex(carefully: Bool, _ body: (Scanned<RowIndexEntry>) throws -> Void) throws {
        guard try hasTable(.tableIndex) else { return }
        try scan(
            "table_index", key: Self.rowKey + [.text("name"), .bytes("value"), .bytes("key")], rest: [],
            { try RowIndexEntry($0) }, { ScannedPlace(key: try? TablePart($0).place) }, body)
    }

    /// Whether the database is new enough for a table: one that is only read is not brought up to date.
    func hasTable(_ table: LedgerTable) throws -> Bool {
        try connection.query("SELECT to_regclass($1) IS NOT NULL AND true", table.rawValue).first.map { row in
            try row.bytes(0) == [1]
        } ?? false
    }

    private static let rowKey: [KeyColumn] = [.text("account"), .text("region"), .text("kind"), .text("partition")]

    func hasIndexEntry(_ row: EventIndexRow) throws -> Bool {
        try connection.query(
            """
            SELECT segment FROM event_index
            WHERE account = $1 AND attribute = $2 AND value = $3 AND last_time = $4 AND segment = $5
            """, row.account, row.entry.attribute, row.entry.value, row.lastTime, row.segment
        ).first != nil
    }

    // MARK: Walking

    private static let recordKey: [KeyColumn] = [.text("account"), .text("region"), .text("kind"), .text("id")]

    /// A column of a table's key.
    private enum KeyColumn {
        case text(String)
        case bytes(String)
        case number(String)

        var name: String {
            switch self {
            case .text(let name), .bytes(let name), .number(let name): name
            }
        }

        /// What all values are behind, or are; nothing is kept under an empty key.
        var least: any PostgresBindable {
            switch self {
            case .text: ""
            case .bytes: [UInt8]()
            case .number: Int64.min
            }
        }

        func value(_ row: PostgresRow, _ column: Int) throws -> any PostgresBindable {
            switch self {
            case .text: try row.text(column)
            case .bytes: try row.bytes(column)
            case .number: try row.integer(column)
            }
        }
    }

    /// - Parameters:
    ///   - key: the columns of the primary key.
    ///   - rest: the columns beside it.
    private func scan<Value>(
        _ table: String, key: [KeyColumn], rest: [String], _ decode: (PostgresRow) throws -> Value,
        _ place: (PostgresRow) -> ScannedPlace, _ body: (Scanned<Value>) throws -> Void
    ) throws {
        let order = key.map(\.name).joined(separator: ", ")
        let parameters = key.indices.map { "$\($0 + 1)" }.joined(separator: ", ")
        let sql = """
            SELECT \((key.map(\.name) + rest).joined(separator: ", ")) FROM \(table)
            WHERE (\(order)) > (\(parameters)) ORDER BY \(order) LIMIT $\(key.count + 1)
            """
        var last = key.map(\.least)
        while true {
            let rows: [PostgresRow]
            do {
                rows = try connection.query(sql, last + [Self.portion]).rows
            } catch let error as PostgresError where error.meaning.kind == .corrupt {
                return try body(.unreadable(ScannedPlace(), error.meaning.message))
            }
            for row in rows {
                let value: Value
                do {
                    value = try decode(row)
                } catch {
                    try body(.unreadable(place(row), "It has values that are none of its columns'."))
                    continue
                }
                try body(.row(value))
            }
            guard rows.count == Self.portion, let end = rows.last else { return }
            last = try key.enumerated().map { try $1.value(end, $0) }
        }
    }
}
