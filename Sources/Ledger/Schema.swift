import FoundationEssentials
import GRDB
import Keyring

/// The tables of the ledger, and the checks at opening that it is ours, not too new, and sealed with our key.
enum Schema {
    /// Raise this with every change of the tables or of what is sealed, and migrate older ledgers in `prepare`.
    static let formatVersion: Int64 = 1

    /// Makes the tables when there are none, and checks the ledger.
    static func prepare(_ database: Database, _ key: SealingKey) throws {
        if try !database.tableExists("meta") {
            try database.inTransaction(.immediate) {
                try database.execute(sql: tables)
                try database.execute(
                    sql: "INSERT INTO meta (name, value) VALUES ('format', ?), ('canary', ?)",
                    arguments: [formatVersion, Data(try key.seal(canary, authenticating: canaryContext))])
                return .commit
            }
        }
        try check(database, key)
    }

    /// - Throws: ``LedgerError``: `newerFormat`, `sealed` or `corrupt`.
    static func check(_ database: Database, _ key: SealingKey) throws {
        guard try database.tableExists("meta"),
            let version = try Int64.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'format'"),
            let sealed = try Data.fetchOne(database, sql: "SELECT value FROM meta WHERE name = 'canary'")
        else {
            throw LedgerError(.corrupt, "The ledger's database is not a ledger: its table meta is missing or damaged.")
        }
        guard version <= formatVersion else {
            throw LedgerError(
                .newerFormat,
                "The ledger has format \(version), and this version of Gatehouse knows formats up to \(formatVersion)."
                    + " Use the newer version that wrote it.")
        }
        guard (try? key.open([UInt8](sealed), authenticating: canaryContext)) == canary else {
            throw LedgerError(
                .sealed,
                "The ledger was sealed with another key. Put back the key file that belongs to this data directory.")
        }
    }

    private static let canary = Array("gatehouse ledger".utf8)
    private static let canaryContext = SealContext("meta").bytes

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
}
