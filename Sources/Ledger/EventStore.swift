import FoundationEssentials
import GRDB
import Keyring

/// Writes events into the ledger and takes old ones out. For reading them see `EventSearch`.
struct EventStore: Sendable {
    let key: SealingKey

    /// Writes events, in as few segments as there may be.
    ///
    /// - Returns: the sequence number for the next segment.
    func insert(_ events: [Event], into database: Database, nextSequence: Int64) throws -> Int64 {
        var sequence = nextSequence
        for segment in EventSegment.divide(events) {
            guard let first = segment.first, let last = segment.last else { continue }
            let place = Self.context(account: first.account, sequence: sequence, lastTime: last.time)
            let body = try key.seal(EventSegment.encode(segment), authenticating: place)
            try database.run(
                "INSERT INTO event_segment (sequence, account, first_time, last_time, body) VALUES (?, ?, ?, ?, ?)",
                [sequence, first.account, first.time, last.time, Data(body)])
            let insert = try database.cachedStatement(
                sql: "INSERT INTO event_index (account, attribute, value, last_time, segment) VALUES (?, ?, ?, ?, ?)")
            for entry in Self.entries(of: segment) {
                try insert.execute(arguments: [
                    first.account, entry.attribute, Data(entry.value), last.time, sequence,
                ])
            }
            sequence &+= 1
        }
        return sequence
    }

    /// Deletes up to `limit` segments whose last event is older than `time`.
    ///
    /// - Returns: how many were deleted.
    func purge(before time: Int64, limit: Int, from database: Database) throws -> Int {
        let rows = try database.rows(
            "SELECT sequence, account, last_time, body FROM event_segment WHERE last_time < ? ORDER BY last_time LIMIT ?",
            [time, limit])
        var old: [(sequence: Int64, account: String, lastTime: Int64, body: [UInt8])] = []
        while let row = try rows.next() {
            old.append((try row.integer(0), try row.text(1), try row.integer(2), try row.bytes(3)))
        }
        for segment in old {
            // The entries of a damaged segment stay behind: they lead nowhere.
            let events = try? open(
                segment.body, account: segment.account, sequence: segment.sequence, lastTime: segment.lastTime)
            for entry in Self.entries(of: events ?? []) {
                try database.run(
                    """
                    DELETE FROM event_index
                    WHERE account = ? AND attribute = ? AND value = ? AND last_time = ? AND segment = ?
                    """,
                    [segment.account, entry.attribute, Data(entry.value), segment.lastTime, segment.sequence])
            }
            try database.run("DELETE FROM event_segment WHERE sequence = ?", [segment.sequence])
        }
        return old.count
    }

    /// The events of a segment.
    ///
    /// - Throws: ``LedgerError`` of kind `corrupt`.
    func open(_ sealed: [UInt8], account: String, sequence: Int64, lastTime: Int64) throws(LedgerError) -> [Event] {
        let place = Self.context(account: account, sequence: sequence, lastTime: lastTime)
        guard let body = try? key.open(sealed, authenticating: place),
            let events = EventSegment.decode(body, account: account)
        else {
            throw LedgerError(
                .corrupt, "Events of account \(account) were changed from outside or are damaged (segment \(sequence))."
            )
        }
        return events
    }

    /// What the index knows of a value: enough to find the few segments that may hold it.
    static func indexed(_ value: String) -> [UInt8] {
        Array(value.utf8.prefix(256))
    }

    private struct Entry: Hashable {
        var attribute: String
        var value: [UInt8]
    }

    private static func entries(of segment: [Event]) -> Set<Entry> {
        var entries: Set<Entry> = [Entry(attribute: "", value: [])]
        for event in segment {
            for attribute in event.attributes {
                entries.insert(Entry(attribute: attribute.name, value: indexed(attribute.value)))
            }
        }
        return entries
    }

    private static func context(account: String, sequence: Int64, lastTime: Int64) -> [UInt8] {
        var context = SealContext("event_segment")
        context.append(account)
        context.append(sequence)
        context.append(lastTime)
        return context.bytes
    }
}
