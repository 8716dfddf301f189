extension Ledger {
    /// Where a walk through the rows of all tables is.
    public struct RowWalk: Sendable {
        let part: TablePart
        let key: [UInt8]
    }

    /// A row that a walk has come upon, and where it is.
    public struct WalkedRow {
        /// Whose it is.
        public let scope: Scope
        /// The row.
        public let row: any TableRow
    }

    /// Some rows of all tables, in no order that means anything: for commands that look at everything. Each call reads the
    /// ledger as it is then; the thread waits for a database.
    ///
    /// - Parameters:
    ///   - types: of which kinds; others are passed over.
    ///   - walk: what the call before has returned; nil: the beginning.
    ///   - limit: how many rows are looked at.
    ///   - body: gets the rows, and the state of the ledger that they are of. Rows that can't be opened are passed over, since
    ///     ``verify(_:tables:accountKind:progress:)`` tells of them.
    /// - Returns: where to go on; nil at the end.
    /// - Throws: ``LedgerError`` when the ledger can't be read, and what `body` throws.
    public func walk(
        _ types: [any TableRow.Type], after walk: RowWalk? = nil, limit: Int = 200,
        _ body: (_ rows: [WalkedRow], _ reader: Reader) throws(LedgerError) -> Void
    ) throws(LedgerError) -> RowWalk? {
        let types = Dictionary(types.map { ($0.kind, $0) }) { first, _ in first }
        let start = walk.map { (part: $0.part, key: $0.key) }
        return try readNow { (reader) throws(LedgerError) in
            let sealed = try reader.query { try $0.rows(after: start, limit: limit) }
            var rows: [WalkedRow] = []
            for row in sealed {
                guard let type = types[row.part.kind], let opened = try? reader.sealer.open(row),
                    let value = try? RecordBody.decode(any: type, from: opened.content)
                else { continue }
                rows.append(WalkedRow(scope: row.part.scope, row: value))
            }
            try body(rows, reader)
            return sealed.last.map { RowWalk(part: $0.part, key: $0.key) }
        }
    }
}
