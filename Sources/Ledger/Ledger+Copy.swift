extension Ledger {
    /// What a copy holds: the state of the ledger at one moment.
    public struct Copy: Sendable {
        /// The version of the database's layout.
        public let format: Int64
        /// The number of the last journal entry in it.
        public let lastSequence: Int64
        /// The number of the last segment of events in it.
        public let lastSegment: Int64
    }

    /// Copies one consistent state of the ledger into a new database in another directory, while others may go on
    /// writing. The copy is a single file, and on disk when this returns.
    ///
    /// ```swift
    /// let moment = try ledger.copy(to: folder) { print("\(Int($0 * 100)) %") }
    /// ```
    ///
    /// - Parameters:
    ///   - directory: a directory that exists and has no ledger in it.
    ///   - progress: called now and then, on this thread, with the fraction that has been copied, up to 1.
    /// - Returns: which moment the copy shows.
    /// - Throws: ``LedgerError``: `io`, `full`, `corrupt`.
    /// - Complexity: linear in the size of the database.
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
