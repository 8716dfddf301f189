import GRDB
import Keyring

/// One state of the ledger to read from.
///
/// A reader is valid only inside the closure that it was given to.
public class Reader {
    let database: Database
    let sealer: RecordSealer
    private var isOpen = true

    init(_ database: Database, _ sealer: RecordSealer) {
        self.database = database
        self.sealer = sealer
    }

    /// The record with this id, or nil.
    ///
    /// - Throws: ``LedgerError``: `corrupt` when the record was changed from outside.
    public func get<R: Record>(_ type: R.Type, _ id: String, in scope: Scope) throws(LedgerError) -> R? {
        guard let stored = try stored(R.kind, id, in: scope) else { return nil }
        return try RecordJSON.decode(type, from: stored.json)
    }

    /// The records of a kind, ordered by the bytes of their ids, beginning after `id`.
    ///
    /// - Complexity: O(log n + limit).
    public func list<R: Record>(
        _ type: R.Type, in scope: Scope, after id: String? = nil, limit: Int
    ) throws(LedgerError) -> [R] {
        guard scope.isStorable, isStorable(id ?? "") else { return [] }
        return try records(
            type, in: scope,
            """
            SELECT id, version, body FROM record
            WHERE account = ? AND region = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?
            """, [scope.account, scope.region, R.kind, id ?? "", max(limit, 0)])
    }

    /// The ids of the records of a kind, ordered by their bytes, beginning after `id`: for who has the records elsewhere
    /// and need not have them opened.
    ///
    /// - Complexity: O(log n + limit).
    public func listIDs<R: Record>(
        _ type: R.Type, in scope: Scope, after id: String? = nil, limit: Int
    ) throws(LedgerError) -> [String] {
        guard scope.isStorable, isStorable(id ?? "") else { return [] }
        return try query { database in
            let rows = try database.rows(
                "SELECT id FROM record WHERE account = ? AND region = ? AND kind = ? AND id > ? ORDER BY id LIMIT ?",
                [scope.account, scope.region, R.kind, id ?? "", max(limit, 0)])
            var ids: [String] = []
            while let row = try rows.next() { ids.append(try row.text(0)) }
            return ids
        }
    }

    /// How many records of a kind there are.
    ///
    /// - Complexity: O(log n), however many: the ledger keeps count.
    public func count<R: Record>(_ type: R.Type, in scope: Scope) throws(LedgerError) -> Int {
        guard scope.isStorable else { return 0 }
        return try query { database in
            Int(
                try database.integer(
                    "SELECT count FROM counter WHERE account = ? AND region = ? AND kind = ?",
                    [scope.account, scope.region, R.kind]) ?? 0)
        }
    }

    /// The records of a kind that point at `target`, ordered by the bytes of their ids, beginning after `id`.
    ///
    /// - Complexity: O(log n + limit).
    public func referrers<R: Record>(
        _ type: R.Type, relation: String, to target: String, in scope: Scope, after id: String? = nil, limit: Int
    ) throws(LedgerError) -> [R] {
        guard scope.isStorable, isStorable(relation), isStorable(target), isStorable(id ?? "") else { return [] }
        return try records(
            type, in: scope,
            """
            SELECT record.id, version, body FROM reference
            JOIN record USING (account, region, kind, id)
            WHERE reference.account = ? AND reference.region = ? AND relation = ? AND target = ?
              AND reference.kind = ? AND reference.id > ?
            ORDER BY reference.id LIMIT ?
            """, [scope.account, scope.region, relation, target, R.kind, id ?? "", max(limit, 0)])
    }

    /// How many records, of whatever kind, point at `target`.
    ///
    /// - Complexity: O(log n + the answer).
    public func referrerCount(
        relation: String, to target: String, in scope: Scope
    ) throws(LedgerError) -> Int {
        guard scope.isStorable, isStorable(relation), isStorable(target) else { return 0 }
        return try query { database in
            Int(
                try database.integer(
                    "SELECT count(*) FROM reference WHERE account = ? AND region = ? AND relation = ? AND target = ?",
                    [scope.account, scope.region, relation, target]) ?? 0)
        }
    }

    /// Hands every record to `body`, as a change with no `before` and no request.
    func replay(_ body: (Change) -> Void) throws(LedgerError) {
        try query { database in
            let rows = try database.rows("SELECT account, region, kind, id, version, body FROM record")
            while let row = try rows.next() {
                let key = RecordKey(
                    scope: Scope(account: try row.text(0), region: try row.text(1)), kind: try row.text(2),
                    id: try row.text(3))
                let version = try row.integer(4)
                let json = try sealer.open(row.bytes(5), key, version: version)
                body(
                    Change(
                        sequence: version, kind: key.kind, scope: key.scope, id: key.id, before: nil, after: json,
                        requestID: ""))
            }
        }
    }

    /// Ends the validity of this reader.
    func close() {
        isOpen = false
    }

    /// A record as it lies in the ledger, opened; nil when there is none.
    func stored(_ kind: String, _ id: String, in scope: Scope) throws(LedgerError) -> StoredRecord? {
        // Nothing is ever stored under such a key.
        guard scope.isStorable, isStorable(id) else { return nil }
        return try query { database in
            let rows = try database.rows(
                "SELECT version, body FROM record WHERE account = ? AND region = ? AND kind = ? AND id = ?",
                [scope.account, scope.region, kind, id])
            guard let row = try rows.next() else { return nil }
            let (version, sealed) = (try row.integer(0), try row.bytes(1))
            let json = try sealer.open(sealed, RecordKey(scope: scope, kind: kind, id: id), version: version)
            return StoredRecord(version: version, sealed: sealed, json: json)
        }
    }

    /// Runs a statement, unless this reader's closure has ended.
    func query<T>(_ body: (Database) throws -> T) throws(LedgerError) -> T {
        guard isOpen else { throw LedgerError(.invalid, "A reader of the ledger was used after its end.") }
        do {
            return try body(database)
        } catch {
            throw LedgerError(error)
        }
    }

    private func records<R: Record>(
        _ type: R.Type, in scope: Scope, _ sql: String, _ arguments: StatementArguments
    ) throws(LedgerError) -> [R] {
        try query { database in
            var records: [R] = []
            let rows = try database.rows(sql, arguments)
            while let row = try rows.next() {
                let key = RecordKey(scope: scope, kind: R.kind, id: try row.text(0))
                let json = try sealer.open(row.bytes(2), key, version: row.integer(1))
                records.append(try RecordJSON.decode(type, from: json))
            }
            return records
        }
    }
}

struct StoredRecord {
    var version: Int64
    var sealed: [UInt8]
    var json: [UInt8]
}

extension Scope {
    var isStorable: Bool { Ledger.isStorable(account) && Ledger.isStorable(region) }
}

extension Reader {
    func isStorable(_ text: String) -> Bool { Ledger.isStorable(text) }
}

extension Ledger {
    /// Whether SQLite keeps this text as it is: a NUL would end it early.
    static func isStorable(_ text: String) -> Bool { !text.utf8.contains(0) }
}
