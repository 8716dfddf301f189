extension Transaction {
    /// Stores a new row, or replaces the one with its key.
    ///
    /// - Throws: ``LedgerError``: `invalid` when a name holds a control character, an amount is negative, or key and indexes
    ///   are too long.
    /// - Complexity: O(log *n*), plus the row's indexes.
    public func put<R: TableRow>(_ row: R, in scope: Scope) throws(LedgerError) {
        _ = try change { () throws(LedgerError) in
            try put(row, in: scope) { _ throws(LedgerError) in true }
        }
    }

    /// Stores a row in the place of another if that is still as it was read; and if nothing was there, if nothing is.
    ///
    /// Within one transaction nothing changes between reading and writing, whichever node it runs on. This is for what was
    /// read in an earlier one: by a job that looks for what has expired, for instance.
    ///
    /// - Parameter old: what the row with the same key and partition has to be; nil: it must not exist.
    /// - Returns: whether it was stored. If not, nothing was changed.
    /// - Throws: as ``put(_:in:)``.
    public func put<R: TableRow>(_ row: R, replacing old: R?, in scope: Scope) throws(LedgerError) -> Bool {
        try change { () throws(LedgerError) in
            try put(row, in: scope) { stored throws(LedgerError) in try isStill(old, stored) }
        }
    }

    /// Deletes the row with a key, if there is one.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public func delete<R: TableRow>(
        _ type: R.Type, _ key: RowKey, of partition: String = "", in scope: Scope
    ) throws(LedgerError) -> Bool {
        try change { () throws(LedgerError) in
            let part = TablePart(scope: scope, kind: R.kind, partition: partition)
            guard let old = try stored(key, part) else { return false }
            try delete(key, part, old)
            return true
        }
    }

    /// Deletes a row if it is still as it was read, in an earlier transaction for instance.
    ///
    /// - Returns: whether it was deleted. If not, nothing was changed.
    public func delete<R: TableRow>(_ row: R, in scope: Scope) throws(LedgerError) -> Bool {
        try change { () throws(LedgerError) in
            let part = TablePart(scope: scope, kind: R.kind, partition: row.partition)
            guard let old = try stored(row.key, part), try isStill(row, old) else { return false }
            try delete(row.key, part, old)
            return true
        }
    }

    /// Deletes rows of a partition, from its beginning: to empty it, some at a time so that other writers need not wait long.
    ///
    /// - Returns: how many there were; fewer than `limit`, and the partition is empty.
    /// - Complexity: O(log *n*) for each.
    public func deleteAll<R: TableRow>(
        _ type: R.Type, of partition: String = "", in scope: Scope, limit: Int = 256
    ) throws(LedgerError) -> Int {
        try change { () throws(LedgerError) in
            let part = TablePart(scope: scope, kind: R.kind, partition: partition)
            guard part.isStorable, limit > 0, let bounds = RowBounds(RowRange()) else { return 0 }
            let rows = try query { try $0.rows(part, bounds, limit: limit) }
            for row in rows { try delete(RowKey(bytes: row.key), part, sealer.open(row)) }
            return rows.count
        }
    }

    private func isStill<R: TableRow>(_ row: R?, _ stored: RowBody?) throws(LedgerError) -> Bool {
        guard let row, let stored else { return row == nil && stored == nil }
        if try RecordBody.encode(row: row) == stored.content { return true }
        // What an older program wrote has other bytes.
        let part = TablePart(scope: Scope(account: ""), kind: R.kind, partition: row.partition)
        let read = try RecordBody.decode(row: R.self, from: stored.content, named: "A row of \(part.name)")
        return try RecordBody.encode(row: read) == RecordBody.encode(row: row)
    }

    private func put<R: TableRow>(
        _ row: R, in scope: Scope, if isWanted: (RowBody?) throws(LedgerError) -> Bool
    ) throws(LedgerError) -> Bool {
        let part = TablePart(scope: scope, kind: R.kind, partition: row.partition)
        let key = row.key
        let new = try RowBody(row)
        try check(part, key, new)
        let old = try stored(key, part)
        guard try isWanted(old) else { return false }
        let sealed = SealedRow(part: part, key: key.bytes, body: try sealer.seal(new, part, key: key))
        try query { session in
            try session.put(sealed)
            if old == nil { try session.count(RecordKey(scope: scope, kind: part.counter(), id: ""), by: 1) }
            try note(session, part, key, old: old, new: new)
        }
        lastRow = nil
        return true
    }

    private func delete(_ key: RowKey, _ part: TablePart, _ old: RowBody) throws(LedgerError) {
        try query { session in
            try session.deleteRow(part, key.bytes)
            try session.count(RecordKey(scope: part.scope, kind: part.counter(), id: ""), by: -1)
            try note(session, part, key, old: old, new: nil)
        }
        lastRow = nil
    }

    /// Brings indexes and sums up to date.
    private func note(
        _ session: any StoreSession, _ part: TablePart, _ key: RowKey, old: RowBody?, new: RowBody?
    ) throws {
        func entry(_ index: RowIndex) -> RowIndexEntry {
            RowIndexEntry(part: part, name: index.name, value: index.value.bytes, key: key.bytes)
        }
        let (before, after) = (old?.indexes ?? [], new?.indexes ?? [])
        for gone in before.subtracting(after) { try session.remove(entry(gone)) }
        for added in after.subtracting(before) { try session.add(entry(added)) }
        for name in Set(old?.amounts.keys.map { $0 } ?? []).union(new?.amounts.keys.map { $0 } ?? []) {
            let difference = (new?.amounts[name] ?? 0) &- (old?.amounts[name] ?? 0)
            guard difference != 0 else { continue }
            try session.count(RecordKey(scope: part.scope, kind: part.counter(name), id: ""), by: Int(difference))
        }
        if changedRows.isEmpty { try session.add(1, toNumber: Ledger.tableChanges) }
        changedRows.append(RowCache.Place(part: part, key: key))
    }

    private func check(_ part: TablePart, _ key: RowKey, _ body: RowBody) throws(LedgerError) {
        guard part.isStorable, TablePart.isStorable(part.kind), body.indexes.allSatisfy({ isStorable($0.name) }),
            body.amounts.allSatisfy({ TablePart.isStorable($0.key) && !$0.key.isEmpty && $0.value >= 0 })
        else {
            throw LedgerError(
                .invalid, "A row of \(part.kind) has a partition, index or amount that cannot be stored.")
        }
        let place =
            part.scope.account.utf8.count + part.scope.region.utf8.count + part.kind.utf8.count
            + part.partition.utf8.count + key.bytes.count
        let longest = body.indexes.map { $0.name.utf8.count + $0.value.bytes.count }.max() ?? 0
        guard place + longest <= RowKey.mostBytes else {
            throw LedgerError(.invalid, "A row of \(part.kind) has a key or an index that is too long.")
        }
    }
}

extension Ledger {
    /// The ledger's own fact that says how many transactions have changed rows of tables: the journal does not tell.
    static let tableChanges = "table-changes"
}
