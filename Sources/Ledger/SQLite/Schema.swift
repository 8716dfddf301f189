import GRDB

/// The tables of a ledger in SQLite, and the migration from earlier formats.
enum Schema {
    /// Makes the tables when there are none, and brings older ones up to the present format.
    ///
    /// - Throws: ``LedgerError`` `newerFormat`, `sealed` or `corrupt`, before anything is changed.
    static func prepare(_ database: Database, _ format: Format) throws {
        let session = SQLiteSession(database)
        guard try session.hasTable("meta") else {
            return try database.inTransaction(.immediate) {
                try database.execute(sql: tables + additions + seals + rowTables)
                try format.mark(session)
                return .commit
            }
        }
        try format.check(session)
        let version = try Format.version(in: session)
        guard version < Format.current else { return }
        try database.inTransaction(.immediate) {
            if version < 2 { try database.execute(sql: additions) }
            if version < 3 { try sealAnew(database, RecordSealer(key: format.key)) }
            if version < 4 {
                try database.execute(sql: rowTables)
                try session.setMeta(Ledger.tableChanges, .integer(0))
            }
            try session.setMeta("format", .integer(Format.current))
            return .commit
        }
    }

    /// From format 2 to 3: each entry of the journal gets a seal, that of a deadline covers all of it, and the ledger
    /// says how many entries and segments of events are gone.
    private static func sealAnew(_ database: Database, _ sealer: RecordSealer) throws {
        try database.execute(sql: seals)
        let session = SQLiteSession(database)
        for name in Format.numbers where try session.meta(name) == nil { try session.setMeta(name, .integer(0)) }
        var sequence: Int64 = 0
        while true {
            let entries = try session.entries(after: sequence, of: nil, limit: 256)
            guard let last = entries.last else { break }
            for entry in entries {
                try database.run(
                    "UPDATE journal SET seal = ? WHERE sequence = ?",
                    sealer.seal(entry), entry.sequence)
            }
            sequence = last.sequence
        }
        try session.setMeta(Ledger.entriesGone, .integer(session.lastSequence() &- session.entryCount()))

        let deadlines = try session.deadlines(
            DeadlineQuery(kinds: nil, scope: nil, dueBy: nil, leasedUntil: nil, limit: .max))
        try session.setMeta(Ledger.deadlineCount, .integer(Int64(deadlines.count)))
        for var deadline in deadlines {
            // One that is damaged stays so, and is named when it is read.
            guard let payload = try? sealer.openOldPayload(of: deadline) else { continue }
            deadline.payload = try sealer.sealPayload(payload, deadline)
            try session.put(deadline)
        }

        // Version 0.1 deleted old events without a note of it.
        let missing = try database.integer(
            """
            SELECT max(sequence) - 1 FROM event_segment AS later WHERE sequence > 1 AND NOT EXISTS
              (SELECT * FROM event_segment WHERE event_segment.sequence = later.sequence - 1)
            """)
        if let missing, try missing > session.number(EventStore.purgedThrough) {
            try session.setMeta(EventStore.purgedThrough, .integer(missing))
        }
    }

    /// `record.version` is the sequence number of the journal entry that wrote the record.
    ///
    /// Events are kept in segments: those of one account that were committed together are sealed in one row, and
    /// the index has each distinct attribute of a segment once. So an event under load costs microseconds. The
    /// index begins with what an answer is ordered by, and holds each segment also under the empty attribute, so
    /// that a query without attribute walks the same way.
    private static let tables = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

        CREATE TABLE record (
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            version INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (account, region, kind, id)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE counter (
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (account, region, kind)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE reference (
            account TEXT NOT NULL, region TEXT NOT NULL, relation TEXT NOT NULL, target TEXT NOT NULL,
            kind TEXT NOT NULL, id TEXT NOT NULL,
            PRIMARY KEY (account, region, relation, target, kind, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX reference_by_referrer ON reference (account, region, kind, id);

        CREATE TABLE journal (
            sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL,
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            before_version INTEGER, before BLOB, after BLOB, request_id TEXT NOT NULL
        ) STRICT;

        CREATE TABLE event_segment (
            sequence INTEGER PRIMARY KEY, account TEXT NOT NULL,
            first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX event_segment_by_time ON event_segment (last_time);

        CREATE TABLE event_index (
            account TEXT NOT NULL, attribute TEXT NOT NULL, value BLOB NOT NULL, last_time INTEGER NOT NULL,
            segment INTEGER NOT NULL,
            PRIMARY KEY (account, attribute, value, last_time, segment)
        ) STRICT, WITHOUT ROWID;

        """

    /// What format 2 has on top of format 1: deadlines, and the ways to read the journal and the records of a kind.
    private static let additions = """
        CREATE INDEX record_by_kind ON record (kind);
        CREATE INDEX journal_by_kind ON journal (kind, sequence);
        CREATE INDEX journal_by_record ON journal (account, region, kind, id, sequence);

        CREATE TABLE deadline (
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            due INTEGER NOT NULL, number INTEGER NOT NULL, attempts INTEGER NOT NULL, payload BLOB NOT NULL,
            lease_token TEXT, lease_until INTEGER,
            PRIMARY KEY (account, region, kind, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX deadline_by_due ON deadline (due, number);
        """

    /// What format 3 has on top of format 2.
    private static let seals = "ALTER TABLE journal ADD COLUMN seal BLOB;"

    /// What format 4 has on top of format 3: the tables that services declare, all in one. Ten million rows are read in
    /// their order, so they lie in it.
    private static let rowTables = """
        CREATE TABLE table_row (
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, partition TEXT NOT NULL, key BLOB NOT NULL,
            body BLOB NOT NULL,
            PRIMARY KEY (account, region, kind, partition, key)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE table_index (
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, partition TEXT NOT NULL,
            name TEXT NOT NULL, value BLOB NOT NULL, key BLOB NOT NULL,
            PRIMARY KEY (account, region, kind, partition, name, value, key)
        ) STRICT, WITHOUT ROWID;
        """
}
