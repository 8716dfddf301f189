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
