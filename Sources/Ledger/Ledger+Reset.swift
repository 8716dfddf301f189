extension Ledger {
    /// Wipes the records, journal, deadlines and events of a ledger in memory, except for the records to keep.
    ///
    /// The observer is not told. Instead `rebuild` gets the records that are left, as a replay would pass them, before
    /// any other write runs: whatever was derived from the ledger is to be made anew from them. A test suite's `POST
    /// /_gatehouse/reset` ends up here.
    ///
    /// - Parameters:
    ///   - isKept: decides by a record's kind and id.
    ///   - rebuild: gets what is left.
    /// - Throws: ``LedgerError``: `invalid` when the ledger is not in memory.
    public func reset(
        keeping isKept: @escaping @Sendable (_ kind: String, _ id: String) -> Bool,
        rebuilding rebuild: @escaping @Sendable ([Change]) -> Void = { _ in }
    ) async throws(LedgerError) {
        guard isInMemory else { throw LedgerError(.invalid, "Only a ledger in memory can be reset.") }
        let (records, writer, rowCache) = (records, writer, rowCache)
        do {
            try await store.write { session in
                try session.wipe { isKept($0.kind, $0.id) }
                writer.forgetEvents()
                writer.forgetRecords()
                rowCache?.forgetAll()
                let reader = Reader(session, records)
                var left: [Change] = []
                try reader.replay(nil) { left.append($0) }
                reader.close()
                rebuild(left)
            }
        } catch {
            throw LedgerError(error)
        }
    }
}
