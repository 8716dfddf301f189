import GRDB

extension SQLiteSession {
    private static let columns =
        "account, region, kind, id, due, number, attempts, payload, lease_token, lease_until"

    func put(_ deadline: SealedDeadline) throws {
        try database.run(
            """
            INSERT INTO deadline (\(Self.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET due = excluded.due, number = excluded.number, attempts = excluded.attempts,
              payload = excluded.payload, lease_token = excluded.lease_token, lease_until = excluded.lease_until
            """,
            deadline.key, deadline.due, deadline.number, deadline.attempts, deadline.payload, deadline.lease?.token,
            deadline.lease?.until)
    }

    func deleteDeadline(_ key: RecordKey) throws -> Bool {
        try database.run(
            "DELETE FROM deadline WHERE account = ? AND region = ? AND kind = ? AND id = ?", key)
        return database.changesCount > 0
    }

    func deadline(_ key: RecordKey) throws -> SealedDeadline? {
        try sealedDeadlines("account = ? AND region = ? AND kind = ? AND id = ?", [key]).first
    }

    func deadlines(_ query: DeadlineQuery) throws -> [SealedDeadline] {
        var conditions = ["due <= ?"]
        var arguments: [any Bindable] = [query.dueBy ?? .max]
        if let until = query.leasedUntil {
            conditions.append("(lease_until IS NULL OR lease_until <= ?)")
            arguments.append(until)
        }
        if let kinds = query.kinds {
            // As many as there are kinds of work: few, and mostly the same, so that the statement is prepared once.
            conditions.append("kind IN (\(kinds.map { _ in "?" }.joined(separator: ", ")))")
            for kind in kinds { arguments.append(kind) }
        }
        if let scope = query.scope {
            conditions.append("account = ? AND region = ?")
            arguments.append(scope)
        }
        for work in query.without.sorted() {
            conditions.append("NOT (kind = ? AND account = ?)")
            arguments += [work.kind, work.account] as [any Bindable]
        }
        return try sealedDeadlines(
            conditions.joined(separator: " AND ") + " ORDER BY due, number LIMIT ?", arguments + [max(0, query.limit)])
    }

    func deadlines(after key: RecordKey, limit: Int) throws -> [SealedDeadline] {
        try sealedDeadlines(
            "(account, region, kind, id) > (?, ?, ?, ?) ORDER BY account, region, kind, id LIMIT ?", [key, limit])
    }

    func voidLeases() throws {
        try database.run("UPDATE deadline SET lease_token = NULL, lease_until = NULL WHERE lease_until IS NOT NULL")
    }

    func lastDeadlineNumber() throws -> Int64 {
        try database.integer("SELECT max(number) FROM deadline") ?? 0
    }

    private func sealedDeadlines(_ condition: String, _ arguments: [any Bindable]) throws -> [SealedDeadline] {
        var deadlines: [SealedDeadline] = []
        let rows = try database.rows("SELECT \(Self.columns) FROM deadline WHERE \(condition)", arguments: arguments)
        while let row = try rows.next() { deadlines.append(try SealedDeadline(row)) }
        return deadlines
    }
}

extension SealedDeadline {
    /// - Parameter row: the key's four columns, due, number, attempts, payload, lease_token, lease_until.
    init(_ row: some Columns) throws {
        let isLeased = !row.isNull(8) && !row.isNull(9)
        self.init(
            key: try RecordKey(row), due: try row.integer(4), number: try row.integer(5),
            attempts: Int(try row.integer(6)), payload: try row.bytes(7),
            lease: isLeased ? (try row.text(8), try row.integer(9)) : nil)
    }
}
