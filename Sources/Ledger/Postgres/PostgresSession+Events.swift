extension PostgresSession {
    func insert(_ segment: SealedSegment, _ index: [EventIndexEntry]) throws {
        try change { $0.append(segment, index) }
    }

    func segments(after sequence: Int64, limit: Int) throws -> [SealedSegment] {
        try sealedSegments("sequence > $1 ORDER BY sequence LIMIT $2", [sequence, limit])
    }

    func segments(endingIn span: ClosedRange<Int64>, beginningBy latest: Int64) throws -> [SealedSegment] {
        try sealedSegments(
            "last_time >= $1 AND last_time <= $2 AND first_time <= $3 ORDER BY last_time DESC",
            [span.lowerBound, span.upperBound, latest])
    }

    /// A few at a time: how many are wanted is found out by reading them.
    func segments(_ query: SegmentQuery, until body: (SealedSegment) throws -> Bool) throws {
        var end = (time: query.endingIn.upperBound, segment: Int64.max)
        var limit = 4
        while true {
            let rows = try connection.query(
                """
                SELECT sequence, event_segment.account, first_time, event_segment.last_time, body FROM event_index
                JOIN event_segment ON event_segment.sequence = event_index.segment
                WHERE event_index.account = $1 AND attribute = $2 AND value = $3
                  AND event_index.last_time >= $4 AND (event_index.last_time, segment) <= ($5, $6) AND segment <= $7
                  AND first_time <= $8
                ORDER BY event_index.last_time DESC, segment DESC LIMIT $9
                """,
                query.account, query.entry.attribute, query.entry.value, query.endingIn.lowerBound, end.time,
                end.segment, query.snapshot, query.beginningBy, limit
            ).rows
            for row in rows {
                let segment = try SealedSegment(row)
                if try body(segment) { return }
                end = (segment.lastTime, segment.sequence &- 1)
            }
            guard rows.count == limit else { return }
            limit = min(limit * 2, 64)
        }
    }

    func segments(olderThan time: Int64, limit: Int) throws -> [SealedSegment] {
        try sealedSegments("last_time < $1 ORDER BY last_time LIMIT $2", [time, limit])
    }

    func delete(_ segment: SealedSegment, _ index: [EventIndexEntry]) throws {
        for entry in index {
            try change(
                """
                DELETE FROM event_index
                WHERE account = $1 AND attribute = $2 AND value = $3 AND last_time = $4 AND segment = $5
                """,
                segment.account, entry.attribute, entry.value, segment.lastTime, segment.sequence)
        }
        try change("DELETE FROM event_segment WHERE sequence = $1", segment.sequence)
    }

    func replaceBody(of segment: SealedSegment) throws {
        try change("UPDATE event_segment SET body = $1 WHERE sequence = $2", segment.body, segment.sequence)
    }

    func lastSegment() throws -> Int64 {
        try connection.query("SELECT max(sequence) FROM event_segment").integer() ?? 0
    }

    private func sealedSegments(_ condition: String, _ values: [any PostgresBindable]) throws -> [SealedSegment] {
        try connection.query(
            "SELECT sequence, account, first_time, last_time, body FROM event_segment WHERE \(condition)", values
        ).rows.map { try SealedSegment($0) }
    }
}
