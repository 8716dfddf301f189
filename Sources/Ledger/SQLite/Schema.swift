import GRDB

/// The tables of a ledger in SQLite, and the migration from earlier formats.
enum Schema {
    /// Makes the tables when there are none, and brings older ones up to the present format.
    ///
    /// - Throws: ``LedgerError`` `newerFormat`, `sealed` or `corrupt`, before anything is changed.
    static func prepare(_ database: Database, _ format: Format) throws {
        let session = SQLiteSession(database)
        guard try database.tableExists("meta") else {
            return try database.inTransaction(.immediate) {
                try database.execute(sql: tables + additions)
                try format.mark(session)
                return .commit
            }
        }
        try format.check(session)
        let version = try Format.version(in: session)
        guard version < Format.current else { return }
        try database.inTransaction(.immediate) {
            if version < 2 { try database.execute(sql: additions) }
            try session.setMeta("format", .integer(Format.current))
            return .commit
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
}
