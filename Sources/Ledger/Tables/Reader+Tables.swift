extension Reader {
    /// The row with this key, or nil.
    ///
    /// - Parameter partition: the ``TableRow/partition`` that it is in.
    /// - Throws: ``LedgerError``: `corrupt` when the row was changed from outside or can't be read, `newerFormat` when a
    ///   newer program wrote it.
    /// - Complexity: O(log *n*).
    public func get<R: TableRow>(
        _ type: R.Type, _ key: RowKey, of partition: String = "", in scope: Scope
    ) throws(LedgerError) -> R? {
        let part = TablePart(scope: scope, kind: R.kind, partition: partition)
        return try stored(key, part).map { body throws(LedgerError) in try decode(type, body, part) }
    }

    /// At most `limit` rows of a partition, in the order of their keys. For the next page, set ``RowRange/after`` to the key
    /// of this one's last row.
    ///
    /// - Throws: as ``get(_:_:of:in:)``: one row that can't be read fails the whole list.
    /// - Complexity: O(log *n* + *limit*), wherever the range begins.
    public func list<R: TableRow>(
        _ type: R.Type, of partition: String = "", in scope: Scope, _ range: RowRange = RowRange(), limit: Int
    ) throws(LedgerError) -> [R] {
        let part = TablePart(scope: scope, kind: R.kind, partition: partition)
        return try sealer.open(type, sealed(part, range, limit))
    }

    /// At most `limit` rows of a partition, in the order of an index: see ``TableRow/indexes``.
    ///
    /// ```swift
    /// let newest = try reader.list(ObjectName.self, by: "modified", of: "bucket", in: scope, limit: 10)
    /// ```
    ///
    /// - Throws: as ``get(_:_:of:in:)``.
    /// - Complexity: O(log *n* + *limit*), with a look-up for each row.
    public func list<R: TableRow>(
        _ type: R.Type, by index: String, of partition: String = "", in scope: Scope,
        _ range: RowIndexRange = RowIndexRange(), limit: Int
    ) throws(LedgerError) -> [R] {
        let part = TablePart(scope: scope, kind: R.kind, partition: partition)
        guard part.isStorable, isStorable(index), limit > 0 else { return [] }
        return try sealer.open(type, query { try $0.rows(part, index, RowIndexBounds(range), limit: limit) })
    }

    /// At most `limit` rows, or groups of rows whose keys go on with the same text up to a delimiter: S3's listings.
    ///
    /// ```swift
    /// let page = try reader.list(
    ///     ObjectName.self, of: "bucket", in: scope, RowRange(RowPrefix(beginning: "photos/")),
    ///     groupedBy: "/", limit: 1000)
    /// ```
    ///
    /// Rows of a group are passed over, not read. For the next page, set ``RowRange/after`` to the key of the last row, or to
    /// the ``RowRange/Place/prefix(_:)`` of the last group.
    ///
    /// - Parameters:
    ///   - range: not reversed.
    ///   - delimiter: not empty. It is looked for in the text that the prefix is the beginning of.
    /// - Throws: as ``get(_:_:of:in:)``; `invalid` for an empty delimiter or a reversed range.
    /// - Complexity: O(log *n*) for each row and group, however many rows are in the groups.
    public func list<R: TableRow>(
        _ type: R.Type, of partition: String = "", in scope: Scope, _ range: RowRange = RowRange(),
        groupedBy delimiter: String, limit: Int
    ) throws(LedgerError) -> [RowListing<R>] {
        guard !delimiter.isEmpty, !range.isReversed else {
            throw LedgerError(.invalid, "A listing in groups takes a delimiter, and goes forward.")
        }
        let part = TablePart(scope: scope, kind: R.kind, partition: partition)
        let delimiter = Array(delimiter.utf8)
        var (found, range) = ([RowListing<R>](), range)
        // Where one group follows the other, rows that are read beyond the first of each are read for nothing.
        var (portion, areGroups) = (8, false)
        while found.count < limit {
            var wanted = limit - found.count
            var rows = areGroups ? try heads(part, range, delimiter, wanted) : nil
            if rows == nil {
                wanted = min(portion, wanted)
                rows = try sealed(part, range, wanted)
            }
            guard let rows, let last = rows.last else { break }
            var group: RowPrefix?
            for row in rows {
                if let group, row.key.starts(with: group.bytes) { continue }
                group = range.prefix.group(of: row.key, delimiter)
                if let group {
                    found.append(.group(group))
                } else {
                    found += try sealer.open(type, [row]).map { .row($0) }
                }
            }
            guard rows.count == wanted else { break }
            range.after = group.map { .prefix($0) } ?? .key(RowKey(bytes: last.key))
            areGroups = group != nil
            portion = areGroups ? max(2, portion / 4) : min(portion * 4, 1024)
        }
        return found
    }

    /// How many rows a partition has.
    ///
    /// - Complexity: O(log *n*), however many: the ledger keeps count.
    public func count<R: TableRow>(
        _ type: R.Type, of partition: String = "", in scope: Scope
    ) throws(LedgerError) -> Int {
        try sum("", TablePart(scope: scope, kind: R.kind, partition: partition))
    }

    /// What an amount of a partition's rows sums up to: see ``TableRow/amounts``.
    ///
    /// - Complexity: O(log *n*), however many rows: the ledger keeps count.
    public func sum<R: TableRow>(
        _ amount: String, _ type: R.Type, of partition: String = "", in scope: Scope
    ) throws(LedgerError) -> Int {
        guard TablePart.isStorable(amount), !amount.isEmpty else { return 0 }
        return try sum(amount, TablePart(scope: scope, kind: R.kind, partition: partition))
    }

    private func sum(_ amount: String, _ part: TablePart) throws(LedgerError) -> Int {
        guard part.isStorable else { return 0 }
        return try query { try $0.recordCount(part.counter(amount), in: part.scope) }
    }

    private func sealed(_ part: TablePart, _ range: RowRange, _ limit: Int) throws(LedgerError) -> [SealedRow] {
        guard part.isStorable, limit > 0, let bounds = RowBounds(range) else { return [] }
        return try query { try $0.rows(part, bounds, limit: limit) }
    }

    private func heads(
        _ part: TablePart, _ range: RowRange, _ delimiter: [UInt8], _ limit: Int
    ) throws(LedgerError) -> [SealedRow]? {
        guard part.isStorable, let bounds = RowBounds(range) else { return [] }
        return try query {
            try $0.heads(
                part, bounds, after: range.prefix.bytes.count, delimiter: RowKey.escaped(delimiter), limit: limit)
        }
    }

    private func decode<R: TableRow>(_ type: R.Type, _ body: RowBody, _ part: TablePart) throws(LedgerError) -> R {
        try RecordBody.decode(row: type, from: body.content, named: "A row of \(part.name)")
    }

    /// A row as it is stored, opened; nil when there is none.
    func stored(_ key: RowKey, _ part: TablePart) throws(LedgerError) -> RowBody? {
        guard part.isStorable else { return nil }
        if let lastRow, lastRow.key == key, lastRow.part == part { return lastRow.body }
        let body: RowBody? = try query { session in
            try session.row(part, key.bytes).map { try sealer.open(SealedRow(part: part, key: key.bytes, body: $0)) }
        }
        lastRow = (part, key, body)
        return body
    }
}
