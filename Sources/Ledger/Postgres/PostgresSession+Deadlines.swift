extension PostgresSession {
    private static let columns =
        "account, region, kind, id, due, number, attempts, payload, lease_token, lease_until"

    func put(_ deadline: SealedDeadline) throws {
        try change(
            """
            INSERT INTO deadline (\(Self.columns)) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
            ON CONFLICT (account, region, kind, id) DO UPDATE SET due = excluded.due, number = excluded.number,
              attempts = excluded.attempts, payload = excluded.payload, lease_token = excluded.lease_token,
              lease_until = excluded.lease_until
            """,
            deadline.key, deadline.due, deadline.number, deadline.attempts, deadline.payload, deadline.lease?.token,
            deadline.lease?.until)
    }

    func deleteDeadline(_ key: RecordKey) throws -> Bool {
        try changeCounting(
            "DELETE FROM deadline WHERE account = $1 AND region = $2 AND kind = $3 AND id = $4", key) > 0
    }

    func deadline(_ key: RecordKey) throws -> SealedDeadline? {
        try sealedDeadlines("account = $1 AND region = $2 AND kind = $3 AND id = $4", [key]).first
    }

    func deadlines(_ query: DeadlineQuery) throws -> [SealedDeadline] {
        var conditions = ["due <= $1"]
        var values: [any PostgresBindable] = [query.dueBy ?? .max]
        var count = 1
        func next() -> String {
            count += 1
            return "$\(count)"
        }
        if let until = query.leasedUntil {
            conditions.append("(lease_until IS NULL OR lease_until <= \(next()))")
            values.append(until)
        }
        if let kinds = query.kinds {
            // As many as there are kinds of work: few, and mostly the same, so that the statement is prepared once.
            guard !kinds.isEmpty else { return [] }
            conditions.append("kind IN (\(kinds.map { _ in next() }.joined(separator: ", ")))")
            values += kinds.sorted()
        }
        if let scope = query.scope {
            conditions.append("account = \(next()) AND region = \(next())")
            values.append(scope)
        }
        for work in query.without.sorted() {
            conditions.append("NOT (kind = \(next()) AND account = \(next()))")
            values += [work.kind, work.account] as [any PostgresBindable]
        }
        let limit = next()
        return try sealedDeadlines(
            conditions.joined(separator: " AND ") + " ORDER BY due, number LIMIT \(limit)",
            values + [max(0, query.limit)])
    }

    func deadlines(after key: RecordKey, limit: Int) throws -> [SealedDeadline] {
        try sealedDeadlines(
            "(account, region, kind, id) > ($1, $2, $3, $4) ORDER BY account, region, kind, id LIMIT $5", [key, limit])
    }

    /// Those of other nodes are not ours to take: each ends by its time.
    func voidLeases() throws {}

    func lastDeadlineNumber() throws -> Int64 {
        try connection.query("SELECT max(number) FROM deadline").integer() ?? 0
    }

    private func sealedDeadlines(_ condition: String, _ values: [any PostgresBindable]) throws -> [SealedDeadline] {
        try connection.query("SELECT \(Self.columns) FROM deadline WHERE \(condition)", values).rows
            .map { try SealedDeadline($0) }
    }
}
