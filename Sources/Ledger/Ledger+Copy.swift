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
    /// writing. The copy is a single file, and on disk when this returns; it is the same wherever the ledger is.
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
            if store.isRemote { return try copyRows(to: directory, progress) }
            return try store.copy(to: LedgerDirectory.makeDatabaseFile(in: directory), progress) { session in
                Copy(
                    format: try Format.version(in: session), lastSequence: try session.lastSequence(),
                    lastSegment: try session.lastSegment())
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// A file of SQLite's, filled from a database of another sort.
    private func copyRows(to directory: String, _ progress: @escaping (Double) -> Void) throws -> Copy {
        let path = try LedgerDirectory.makeDatabaseFile(in: directory)
        let key = eventStore.key
        let target = try Connection.openForCopy(path, Format(key: key))
        defer { target.close() }
        return try store.read { session in
            let total = try LedgerTable.allCases.reduce(0) { try $0 + session.rowCount($1) }
            var (part, done) = ("", 0)
            var rows = 0
            let copier = TableCopier(source: session, target: target, key: key) { name, count in
                if name != part { (part, done) = (name, done + rows) }
                rows = count
                progress(min(1, Double(done + rows) / Double(max(1, total))))
            }
            try copier.run()
            try copier.copyNumbers()
            try target.settle()
            return Copy(
                format: Format.current, lastSequence: try session.lastSequence(),
                lastSegment: try session.lastSegment())
        }
    }
}
