/// The tables of a ledger in PostgreSQL. They are made in the first schema of the connection's search path.
enum PostgresSchema {
    /// Makes the tables when there are none, and looks whether what is there can be used.
    ///
    /// - Throws: ``LedgerError`` `newerFormat`, `sealed` or `corrupt`, before anything is changed.
    static func prepare(_ address: PostgresAddress, _ format: Format) throws {
        let connection = try PostgresStore.connect(address, name: "gatehouse start", patience: 60)
        let session = PostgresSession(connection)
        try check(connection)
        // Nodes that start together take turns.
        try connection.send("BEGIN")
        try connection.send("SELECT pg_advisory_xact_lock($1)", lock)
        guard try hasTables(connection) else {
            for statement in tables.split(separator: ";\n") + rowTables.split(separator: ";\n") {
                try connection.send(String(statement))
            }
            try format.mark(session)
            try connection.send("COMMIT")
            return try connection.settle()
        }
        try format.check(session)
        let version = try Format.version(in: session)
        guard version >= 3 else {
            throw LedgerError(
                .corrupt, "The ledger in the database has format \(version), and there was none before 3.")
        }
        // The format stays what it is: a program that knows no tables does no harm to them.
        if try !session.hasTable(.tableRow) {
            for statement in rowTables.split(separator: ";\n") { try connection.send(String(statement)) }
        }
        try connection.send("COMMIT")
        try connection.settle()
    }

    /// Any number that is the same for every node.
    private static let lock: Int64 = 0x6761_7465_686f_7573

    /// - Throws: `invalid` where the database can't keep a ledger as it has to be kept.
    private static func check(_ connection: PostgresConnection) throws {
        let row = try connection.query(
            "SELECT current_setting('server_encoding'), current_setting('server_version_num')::bigint, current_schema()"
        ).first
        guard let row else { return }
        guard try row.text(0) == "UTF8" else {
            throw LedgerError(
                .invalid,
                "The database keeps text as \(try row.text(0)). Make one with UTF8: CREATE DATABASE … ENCODING 'UTF8'"
                    + " TEMPLATE template0.")
        }
        guard try row.integer(1) >= 130_000 else {
            throw LedgerError(.invalid, "The database's server is older than PostgreSQL 13. Use a newer one.")
        }
        guard !row.isNull(2) else {
            throw LedgerError(
                .invalid, "None of the schemas in the database's search path exists. Make the one that it names first.")
        }
    }

    static func hasTables(_ connection: PostgresConnection) throws -> Bool {
        try connection.query(
            "SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 'meta' AND relkind IN ('r', 'p')"
                + " AND relnamespace = to_regnamespace(quote_ident(current_schema()))"
        ).integer() == 1
    }

    /// As in SQLite (see `Schema`), with the following differences: text is compared by its bytes, as SQLite does by
    /// itself; `head` has the numbers that were given last, for they have to be the same for all nodes, and whoever is
    /// to write locks its row; and `node` has the number of each node's last batch of writes, by which a node finds out
    /// what became of one when the connection broke.
    private static let tables = """
        CREATE TABLE meta (name text COLLATE "C" PRIMARY KEY, number bigint, bytes bytea);
        CREATE TABLE head (
            one bigint PRIMARY KEY CHECK (one = 1),
            sequence bigint NOT NULL, segment bigint NOT NULL, deadline bigint NOT NULL
        ) WITH (fillfactor = 10);
        INSERT INTO head (one, sequence, segment, deadline) VALUES (1, 0, 0, 0);
        CREATE TABLE node (
            id text COLLATE "C" PRIMARY KEY, batch bigint NOT NULL, seen timestamptz NOT NULL
        ) WITH (fillfactor = 50);
        CREATE TABLE record (
            account text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL, version bigint NOT NULL, body bytea NOT NULL,
            PRIMARY KEY (account, region, kind, id)
        );
        CREATE INDEX record_by_kind ON record (kind, account, region, id);
        CREATE TABLE counter (
            account text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
            count bigint NOT NULL,
            PRIMARY KEY (account, region, kind)
        );
        CREATE TABLE reference (
            account text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL, relation text COLLATE "C" NOT NULL,
            target text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
            PRIMARY KEY (account, region, relation, target, kind, id)
        );
        CREATE INDEX reference_by_referrer ON reference (account, region, kind, id);
        CREATE TABLE journal (
            sequence bigint PRIMARY KEY, time bigint NOT NULL,
            account text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL,
            before_version bigint, before bytea, after bytea, request_id text COLLATE "C" NOT NULL,
            seal bytea NOT NULL
        );
        CREATE INDEX journal_by_kind ON journal (kind, sequence);
        CREATE INDEX journal_by_record ON journal (account, region, kind, id, sequence);
        CREATE TABLE event_segment (
            sequence bigint PRIMARY KEY, account text COLLATE "C" NOT NULL,
            first_time bigint NOT NULL, last_time bigint NOT NULL, body bytea NOT NULL
        );
        CREATE INDEX event_segment_by_time ON event_segment (last_time);
        CREATE TABLE event_index (
            account text COLLATE "C" NOT NULL, attribute text COLLATE "C" NOT NULL, value bytea NOT NULL,
            last_time bigint NOT NULL, segment bigint NOT NULL,
            PRIMARY KEY (account, attribute, value, last_time, segment)
        );
        CREATE TABLE deadline (
            account text COLLATE "C" NOT NULL, region text COLLATE "C" NOT NULL, kind text COLLATE "C" NOT NULL,
            id text COLLATE "C" NOT NULL,
            due bigint NOT NULL, number bigint NOT NULL, attempts bigint NOT NULL, payload bytea NOT NULL,
            lease_token text COLLATE "C", lease_until bigint,
            PRIMARY KEY (account, region, kind, id)
        );
        CREATE INDEX deadline_by_due ON deadline (due, number);
        ALTER TABLE record ALTER body SET STORAGE EXTERNAL;
        ALTER TABLE journal ALTER before SET STORAGE EXTERNAL, ALTER after SET STORAGE EXTERNAL;
        ALTER TABLE event_segment ALTER body SET STORAGE EXTERNAL
        """
}
