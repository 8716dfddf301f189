import GRDB

extension SQLiteSession {
    func insert(_ segment: SealedSegment, _ index: [EventIndexEntry]) throws {
        try frequent.run(.insertSegment, in: database) {
            segment.sequence.bind(to: &$0)
            segment.account.bind(to: &$0)
            segment.firstTime.bind(to: &$0)
            segment.lastTime.bind(to: &$0)
            segment.body.bind(to: &$0)
        }
        for entry in index {
            try frequent.run(.insertIndexEntry, in: database) {
                segment.account.bind(to: &$0)
                entry.attribute.bind(to: &$0)
                entry.value.bind(to: &$0)
                segment.lastTime.bind(to: &$0)
                segment.sequence.bind(to: &$0)
            }
        }
    }

    func replaceBody(of segment: SealedSegment) throws {
        try database.run("UPDATE event_segment SET body = ? WHERE sequence = ?", segment.body, segment.sequence)
    }

    func segments(after sequence: Int64, limit: Int) throws -> [SealedSegment] {
        try sealedSegments("sequence > ? ORDER BY sequence LIMIT ?", [sequence, limit])
    }

    func segments(endingIn span: ClosedRange<Int64>, beginningBy latest: Int64) throws -> [SealedSegment] {
        try sealedSegments(
            "last_time >= ? AND last_time <= ? AND first_time <= ? ORDER BY last_time DESC",
            [span.lowerBound, span.upperBound, latest])
    }

    func segments(_ query: SegmentQuery, until body: (SealedSegment) throws -> Bool) throws {
        let rows = try database.rows(
            """
            SELECT sequence, event_segment.account, first_time, event_segment.last_time, body FROM event_index
            JOIN event_segment ON event_segment.sequence = event_index.segment
            WHERE event_index.account = ? AND attribute = ? AND value = ?
              AND event_index.last_time >= ? AND event_index.last_time <= ? AND segment <= ? AND first_time <= ?
            ORDER BY event_index.last_time DESC
            """,
            query.account, query.entry.attribute, query.entry.value, query.endingIn.lowerBound,
            query.endingIn.upperBound, query.snapshot, query.beginningBy)
        while let row = try rows.next() {
            if try body(SealedSegment(row)) { return }
        }
    }

    func segments(olderThan time: Int64, limit: Int) throws -> [SealedSegment] {
        try sealedSegments("last_time < ? ORDER BY last_time LIMIT ?", [time, limit])
    }

    func delete(_ segment: SealedSegment, _ index: [EventIndexEntry]) throws {
        for entry in index {
            try database.run(
                """
                DELETE FROM event_index
                WHERE account = ? AND attribute = ? AND value = ? AND last_time = ? AND segment = ?
                """,
                segment.account, entry.attribute, entry.value, segment.lastTime, segment.sequence)
        }
        try database.run("DELETE FROM event_segment WHERE sequence = ?", segment.sequence)
    }

    func lastSegment() throws -> Int64 {
        try database.integer("SELECT max(sequence) FROM event_segment") ?? 0
    }

    private func sealedSegments(_ condition: String, _ arguments: [any Bindable]) throws -> [SealedSegment] {
        var segments: [SealedSegment] = []
        let rows = try database.rows(
            "SELECT sequence, account, first_time, last_time, body FROM event_segment WHERE \(condition)",
            arguments: arguments)
        while let row = try rows.next() { segments.append(try SealedSegment(row)) }
        return segments
    }
}

extension SealedSegment {
    /// - Parameter row: sequence, account, first_time, last_time, body.
    init(_ row: some Columns) throws {
        self.init(
            sequence: try row.integer(0), account: try row.text(1), firstTime: try row.integer(2),
            lastTime: try row.integer(3), body: try row.bytes(4))
    }
}
