extension Ledger {
    /// Wipes the records, the journal, the deadlines and the events of a ledger in memory, but for the records to keep.
    ///
    /// The observer hears nothing of it. Instead `rebuild` gets the records that are left, as a replay would give
    /// them, before any other write runs: what was derived from the ledger is to be made anew from them.
    ///
    /// - Parameter isKept: decides by a record's kind and id.
    /// - Throws: ``LedgerError``: `invalid` when the ledger is not in memory.
    public func reset(
        keeping isKept: @escaping @Sendable (_ kind: String, _ id: String) -> Bool,
        rebuilding rebuild: @escaping @Sendable ([Change]) -> Void = { _ in }
    ) async throws(LedgerError) {
        guard isInMemory else { throw LedgerError(.invalid, "Only a ledger in memory can be reset.") }
        let (records, writer) = (records, writer)
        do {
            try await store.write { session in
                try session.wipe { isKept($0.kind, $0.id) }
                writer.forgetEvents()
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
