/// The tables of a ledger in PostgreSQL, as one version of the program knows them. They are made in the first schema of the
/// connection's search path.
///
/// Nodes of neighbouring versions run side by side: the first of the newer ones brings the tables up to its own version,
/// in one transaction, while the older ones go on. So a step may only add what these need not know of: a table, an index,
/// a column with a default. Where a program of an older version would do harm from then on, the step says which version
/// the least one is that may go on: older nodes do nothing more, and older programs don't begin. That is so also when a
/// kind of record gets a new version, or what is sealed another format.
///
/// A step must be quick, since whoever writes waits for it, and there is none for the way back: a table or a column goes
/// one version after the last program that used it.
struct PostgresSchema: Sendable {
    /// From one version to the next.
    struct Step: Sendable {
        var statements: [String]
        /// The first version whose programs may go on; nil: as before.
        var least: Int64?
    }

    /// The first leads from version 1, which ``tables`` makes, to version 2.
    var steps: [Step]

    var version: Int64 { 1 + Int64(steps.count) }

    static let current = PostgresSchema(steps: [
        // The tables' own version, and the least one of programs that may write: in the row that all who write lock,
        // so that none of them can overlook it.
        Step(statements: [
            """
            ALTER TABLE head ADD COLUMN version bigint NOT NULL DEFAULT 1, ADD COLUMN least bigint NOT NULL DEFAULT 1
            """
        ]),
        // The tables that services declare. A program that does not know them leaves their rows alone.
        Step(statements: rowTables.split(separator: ";\n").map(String.init)),
        // How often the root key was rotated: whoever has an older one must not write with it. Programs that don't know
        // of it are kept away when that happens (`PostgresSession.announceNewKey`).
        Step(statements: ["ALTER TABLE head ADD COLUMN epoch bigint NOT NULL DEFAULT 0"]),
        // Rows in short forms (``RowForm``), which programs before can't read.
        Step(statements: [], least: 5),
    ])

    /// The version that ``PostgresSession/announceNewKey()`` asks for.
    static let knowsEpochs: Int64 = 4

    /// Makes the tables when there are none, brings older ones up to this version, and looks whether what is there can
    /// be used.
    ///
    /// - Returns: how often the root key was rotated, as of a moment before the key was seen to be the right one.
    /// - Throws: ``LedgerError`` `newerFormat`, `sealed` or `corrupt`, before anything is changed.
    @discardableResult
    func prepare(_ address: PostgresAddress, _ format: Format) throws -> Int64 {
        let connection = try PostgresStore.connect(address, name: "gatehouse start", patience: 60)
        let session = PostgresSession(connection)
        try Self.check(connection)
        // Nodes that start together take turns.
        try connection.send("BEGIN")
        try connection.send("SELECT pg_advisory_xact_lock($1)", Self.lock)
        if try !Self.hasTables(connection) {
            for statement in Self.tables.split(separator: ";\n") { try connection.send(String(statement)) }
            try upgrade(connection, from: 1)
            try format.mark(session)
            try session.connection.commit()
            return 0
        }
        let epoch = try connection.query("SELECT coalesce((to_jsonb(head) ->> 'epoch')::bigint, 0) FROM head").integer()
        try format.check(session)
        let version = try Format.version(in: session)
        guard version >= 3 else {
            throw LedgerError(
                .corrupt, "The ledger in the database has format \(version), and there was none before 3.")
        }
        try upgrade(connection, from: try check(session).version)
        try connection.commit()
        return epoch ?? 0
    }

    private func upgrade(_ connection: PostgresConnection, from version: Int64) throws {
        guard version < self.version else { return }
        for step in steps.dropFirst(Int(version - 1)) {
            for statement in step.statements { try connection.send(statement) }
            if let least = step.least { try connection.send("UPDATE head SET least = $1", least) }
        }
        try connection.send("UPDATE head SET version = $1", self.version)
    }

    /// Whether a program of this version may use the tables.
    /// - Returns: the version of the tables, and how often the root key was rotated.
    /// - Throws: ``LedgerError`` `newerFormat`, or `corrupt`.
    @discardableResult
    func check(_ session: PostgresSession) throws -> (version: Int64, epoch: Int64) {
        // The columns are missing in tables of version 1.
        let row = try session.connection.query(
            """
            SELECT coalesce((to_jsonb(head) ->> 'version')::bigint, 1), coalesce((to_jsonb(head) ->> 'least')::bigint, 1),
                coalesce((to_jsonb(head) ->> 'epoch')::bigint, 0)
            FROM head
            """
        ).first
        guard let row else { throw LedgerError(.corrupt, "The ledger's database misses its head.") }
        try check(least: row.integer(1))
        return (try row.integer(0), try row.integer(2))
    }

    /// - Throws: `newerFormat` when programs have to be of a newer version.
    func check(least: Int64) throws(LedgerError) {
        guard least > version else { return }
        throw LedgerError(
            .newerFormat,
            "A newer version of Gatehouse has upgraded the database, which asks for version \(least) of its tables, and this"
                + " program knows them up to version \(version). Replace it by the newer one.")
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
