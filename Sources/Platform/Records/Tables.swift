public import Ledger
public import Wire

/// The tables that a service declares (``ServiceModule/tables``), next to its records and in the same transactions: see the
/// ledger's `TableRow`.
extension RecordReading {
    /// The row of a key; nil where there is none.
    /// - Throws: InternalFailure for a row that can't be read. It is never taken for one that does not exist.
    public func get<R: TableRow>(
        _ type: R.Type, _ key: RowKey, of partition: String = ""
    ) throws(ServiceError) -> R? {
        do { return try reader.get(type, key, of: partition, in: scope) } catch { throw ServiceError(error) }
    }

    /// Up to `limit` rows of a range, in the order of their keys.
    public func list<R: TableRow>(
        _ type: R.Type, of partition: String = "", _ range: RowRange = RowRange(), limit: Int
    ) throws(ServiceError) -> [R] {
        do { return try reader.list(type, of: partition, in: scope, range, limit: limit) } catch {
            throw ServiceError(error)
        }
    }

    /// Up to `limit` rows of a range of an index, in its order.
    public func list<R: TableRow>(
        _ type: R.Type, by index: String, of partition: String = "", _ range: RowIndexRange = RowIndexRange(),
        limit: Int
    ) throws(ServiceError) -> [R] {
        do { return try reader.list(type, by: index, of: partition, in: scope, range, limit: limit) } catch {
            throw ServiceError(error)
        }
    }

    /// Up to `limit` rows, or groups of those whose keys go on with the same text up to a delimiter.
    public func list<R: TableRow>(
        _ type: R.Type, of partition: String = "", _ range: RowRange = RowRange(), groupedBy delimiter: String,
        limit: Int
    ) throws(ServiceError) -> [RowListing<R>] {
        do {
            return try reader.list(type, of: partition, in: scope, range, groupedBy: delimiter, limit: limit)
        } catch {
            throw ServiceError(error)
        }
    }

    /// How many rows a partition has; the ledger keeps count.
    public func count<R: TableRow>(_ type: R.Type, of partition: String = "") throws(ServiceError) -> Int {
        do { return try reader.count(type, of: partition, in: scope) } catch { throw ServiceError(error) }
    }

    /// What an amount of a partition's rows sums up to; the ledger keeps count.
    public func sum<R: TableRow>(
        _ amount: String, _ type: R.Type, of partition: String = ""
    ) throws(ServiceError) -> Int {
        do { return try reader.sum(amount, type, of: partition, in: scope) } catch { throw ServiceError(error) }
    }
}

extension Environment {
    /// The row of a key, of those that belong to no account, as it is now: from memory, if it was read lately. nil where there
    /// is none.
    /// - Throws: InternalFailure for a row that can't be read.
    public func sharedRow<R: TableRow>(
        _ type: R.Type, _ key: RowKey, of partition: String = ""
    ) async throws(ServiceError) -> R? {
        do throws(LedgerError) {
            return try await ledger.row(type, key, of: partition, in: Scope(account: ""))
        } catch {
            throw ServiceError(error)
        }
    }
}

extension MutableRecords {
    /// Stores a new row, or replaces the one with its key.
    /// - Throws: InternalFailure for a key that can't be stored.
    public func put<R: TableRow>(_ row: R) throws(ServiceError) {
        do { try transaction.put(row, in: scope) } catch { throw ServiceError(error) }
    }

    /// Stores a row if what is there is still as it was read in an earlier transaction; nil: nothing.
    /// - Returns: whether it was stored.
    public func put<R: TableRow>(_ row: R, replacing old: R?) throws(ServiceError) -> Bool {
        do { return try transaction.put(row, replacing: old, in: scope) } catch { throw ServiceError(error) }
    }

    /// Deletes the row of a key.
    /// - Returns: whether there was one.
    @discardableResult
    public func delete<R: TableRow>(
        _ type: R.Type, _ key: RowKey, of partition: String = ""
    ) throws(ServiceError) -> Bool {
        do { return try transaction.delete(type, key, of: partition, in: scope) } catch { throw ServiceError(error) }
    }

    /// Deletes a row if it is still as it was read in an earlier transaction.
    /// - Returns: whether it was deleted.
    public func delete<R: TableRow>(_ row: R) throws(ServiceError) -> Bool {
        do { return try transaction.delete(row, in: scope) } catch { throw ServiceError(error) }
    }

    /// Deletes up to `limit` rows of a partition, from its beginning.
    /// - Returns: how many there were; fewer than `limit`, and the partition is empty.
    public func deleteAll<R: TableRow>(
        _ type: R.Type, of partition: String = "", limit: Int = 256
    ) throws(ServiceError) -> Int {
        do { return try transaction.deleteAll(type, of: partition, in: scope, limit: limit) } catch {
            throw ServiceError(error)
        }
    }
}
