extension Ledger {
    /// The moment that a copy shows.
    public struct Copy: Sendable {
        public let format: Int64
        /// The number of the journal's last entry in it.
        public let lastSequence: Int64
        /// The number of its last segment of events.
        public let lastSegment: Int64
    }

    /// Copies one consistent state into the database of another directory, beside whatever is written meanwhile. The
    /// copy is one file, and on disk when this returns.
    ///
    /// - Parameters:
    ///   - directory: one that is there, and in which no ledger is.
    ///   - progress: called now and then with the part that is done, up to 1; on this thread.
    /// - Throws: ``LedgerError``: `io`, `full`, `corrupt`.
    public func copy(
        to directory: String, progress: @escaping (Double) -> Void = { _ in }
    ) throws(LedgerError) -> Copy {
        do {
            return try store.copy(to: LedgerDirectory.makeDatabaseFile(in: directory), progress) { session in
                Copy(
                    format: try Format.version(in: session), lastSequence: try session.lastSequence(),
                    lastSegment: try session.lastSegment())
            }
        } catch {
            throw LedgerError(error)
        }
    }
}
