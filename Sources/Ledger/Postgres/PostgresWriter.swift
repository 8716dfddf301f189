import Synchronization

/// The connection that a node writes on, and what it takes to know what became of a transaction when that breaks.
///
/// It is used on the writer's thread alone.
final class PostgresWriter: @unchecked Sendable {
    /// Unlike that of any other node, and of this one before it was started last.
    let node: String
    let address: PostgresAddress
    let schema: PostgresSchema
    private var connection: PostgresConnection?
    private let counted = Mutex(NodeStatus.Writing())
    /// Of the last batch that was sent to be committed.
    private var batch: Int64 = 0
    /// Which records there are, of the kinds that the node follows.
    let keys = KnownKeys()
    /// Counters as they were after the journal's entry of this number. They change with the journal alone.
    private var counts: [PostgresCounter: Int64] = [:]
    private var countedThrough: Int64 = -1

    /// How often the root key had been rotated when this node has got its own.
    let epoch: Atomic<Int64>
    /// Whether the node is counted among those that ``PostgresSession/nodeCount()`` tells of.
    let isCounted = Atomic(false)

    init(_ address: PostgresAddress, node: String, _ schema: PostgresSchema, epoch: Int64) {
        self.address = address
        self.node = node
        self.schema = schema
        self.epoch = Atomic(epoch)
    }

    /// - Throws: `sealed` when the root key was rotated since.
    func check(epoch: Int64) throws(LedgerError) {
        guard epoch != self.epoch.load(ordering: .acquiring) else { return }
        throw LedgerError(
            .sealed,
            "The root key was rotated, and everything is sealed with a new one. Start this server again with a copy of the new"
                + " key file.")
    }

    /// A connection that works as far as is known: the one there is, or a new one.
    func connected() throws -> PostgresConnection {
        if let connection, connection.isAlive { return connection }
        connection = nil
        let new = try PostgresStore.connect(address, name: "gatehouse writer", patience: Self.patience)
        // A node that stands still with the head locked would stop all others. No transaction waits for anything else
        // than the database, so one that does nothing for this long is of a node that does; the server ends it.
        try new.send("SELECT set_config('idle_in_transaction_session_timeout', '3s', false)")
        try new.send("SELECT set_config('lock_timeout', '15s', false)")
        try new.settle()
        connection = new
        return new
    }

    /// Longer than the wait for a lock.
    private static let patience = 20.0

    /// May be asked from anywhere.
    var statistics: NodeStatus.Writing { counted.withLock { $0 } }

    func count(_ change: (inout NodeStatus.Writing) -> Void) { counted.withLock { change(&$0) } }

    /// Leaves the number of this batch in the database, with what else it commits.
    func sign(_ connection: PostgresConnection) throws {
        batch += 1
        try connection.send(
            """
            INSERT INTO node (id, batch, seen) VALUES ($1, $2, now())
            ON CONFLICT (id) DO UPDATE SET batch = excluded.batch, seen = excluded.seen
            """, node, batch)
    }

    /// Counters that are known, if nobody has written since they were.
    /// - Parameter sequence: the journal's last entry.
    func counts(at sequence: Int64) -> [PostgresCounter: Int64] { sequence == countedThrough ? counts : [:] }

    func keep(_ counts: [PostgresCounter: Int64], at sequence: Int64) {
        // There are as many as accounts have kinds of records; few are written to at the same time. Those of tables change
        // without the journal, so that its number says nothing of them.
        let counts = counts.filter { !TablePart.isCounter($0.key.kind) }
        (self.counts, countedThrough) = counts.count <= 10_000 ? (counts, sequence) : ([:], -1)
    }

    /// Whether the last batch was committed after all, asked on a new connection.
    ///
    /// The server may still be at work on the old one. It holds the head until it has done or undone the batch, so
    /// whoever gets the head after it knows.
    func wasCommitted() throws -> Bool {
        connection = nil
        let connection = try connected()
        try connection.send("BEGIN ISOLATION LEVEL READ COMMITTED")
        try connection.send("SELECT sequence FROM head FOR UPDATE")
        let last = try connection.query("SELECT batch FROM node WHERE id = $1", node).integer()
        try connection.send("COMMIT")
        try connection.settle()
        return last == batch
    }

    func close() { connection = nil }
}
