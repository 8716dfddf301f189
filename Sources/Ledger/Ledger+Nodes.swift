extension Ledger {
    /// Whether other nodes may write to the same ledger.
    public var isShared: Bool { store.isRemote }

    /// Waits until the observer has heard of everything that had been committed, on any node, when this was called. It
    /// returns at once where nobody else writes.
    ///
    /// So a client that was answered by one node finds what it has done on every other. Nothing is promised by way of
    /// time, and no token has to be passed on: the node asks the database, once for all requests that arrive meanwhile.
    ///
    /// - Parameter seconds: for how long the database may have been away; until then what is known goes on being good
    ///   enough.
    /// - Throws: ``LedgerError``: `unavailable` when the database can't be asked.
    public func catchUp(toleratingAbsence seconds: Double = 0) async throws(LedgerError) {
        try await tail?.catchUp(toleratingAbsence: seconds)
    }

    /// How many other nodes use the ledger at the moment. Whoever only looks at it is none.
    ///
    /// - Throws: ``LedgerError``: `unavailable` when the database can't be asked.
    public func otherNodeCount() async throws(LedgerError) -> Int {
        do { return try await store.write { try $0.otherNodeCount() } } catch { throw LedgerError(error) }
    }

    /// Events that other nodes have written after a segment, as ``followEvents(after:limit:)`` has those of all.
    public func followEventsOfOthers(
        after sequence: Int64, limit: Int = 64
    ) async throws(LedgerError) -> (events: [Event], last: Int64) {
        let (events, following) = (eventStore, writer.following)
        do {
            return try await store.search { session in
                var found: [Event] = []
                var last = following.skipOwnSegments(after: sequence)
                let segments = try session.segments(after: last, limit: max(1, limit))
                for segment in segments {
                    // Passed over together with those of the node's own that come next.
                    guard segment.sequence > last else { continue }
                    found += (try? events.open(segment)) ?? []
                    last = following.skipOwnSegments(after: segment.sequence)
                }
                return (found, last)
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// How this node and the shared database get on; nil where there is no such database.
    public var nodeStatus: NodeStatus? {
        guard let tail, let writer = (store as? PostgresStore)?.writer else { return nil }
        return NodeStatus(
            isReachable: tail.isConnected, journalEntry: self.writer.following.position ?? 0,
            lag: self.writer.following.lag, writing: writer.statistics)
    }

    /// Whether there is a ledger in a database already.
    ///
    /// - Throws: ``LedgerError``: `unavailable` when the database can't be asked.
    public static func exists(in address: PostgresAddress) throws(LedgerError) -> Bool {
        do {
            return try PostgresSchema.hasTables(
                PostgresStore.connect(address, name: "gatehouse start", patience: 60))
        } catch {
            throw LedgerError(error)
        }
    }
}

/// How a node and the database that it shares get on, for its operator.
public struct NodeStatus: Sendable {
    /// What a node has written since it was started.
    public struct Writing: Sendable {
        /// Transactions; each of them may hold many writes.
        public internal(set) var commits = 0
        /// From the beginning of a transaction, which waits for those of other nodes, to its end on disk; of all
        /// together.
        public internal(set) var seconds = 0.0
        /// Transactions that were run again, since the database was away or busy.
        public internal(set) var retries = 0
    }

    /// Whether the database answered when it was asked last.
    public let isReachable: Bool
    /// The last entry of the journal that the node has taken in.
    public let journalEntry: Int64
    /// How old the last change of another node was when it was taken in, in seconds, by the clocks of both.
    public let lag: Double
    public let writing: Writing
}
