import Keyring

/// One state of the ledger to read from: what is committed meanwhile is not seen.
///
/// ``Ledger/read(_:)`` passes one to its body, and a ``Transaction`` is one, too. It is valid only inside that closure;
/// used later, it throws `invalid`.
public class Reader {
    let session: any StoreSession
    let sealer: RecordSealer
    private var isOpen = true
    /// What was read last: a change reads its record, and writes it then.
    var lastStored: (key: RecordKey, record: StoredRecord?)?
    /// The same, not opened.
    var lastSealed: (key: RecordKey, record: SealedRecord?)?
    /// The same of a table's rows.
    var lastRow: (part: TablePart, key: RowKey, body: RowBody?)?
    /// Records as they were read before; nil: none are known.
    private let known: RecordCache?

    init(_ session: any StoreSession, _ sealer: RecordSealer, _ known: RecordCache? = nil) {
        self.session = session
        self.sealer = sealer
        self.known = known
    }

    /// The record with this id, or nil.
    ///
    /// - Throws: ``LedgerError``: `corrupt` when the record was changed from outside or can't be read, `newerFormat` when a
    ///   newer program wrote it.
    public func get<R: Record>(_ type: R.Type, _ id: String, in scope: Scope) throws(LedgerError) -> R? {
        let key = RecordKey(scope: scope, kind: R.kind, id: id)
        if let known, let sealed = try sealed(key) {
            if let record = known.find(type, key, version: sealed.version) { return record }
            guard let stored = try stored(R.kind, id, in: scope) else { return nil }
            let record = try RecordBody.decode(type, from: stored.body, key)
            known.keep(record, key, version: stored.version, size: stored.body.count)
            return record
        }
        guard let stored = try stored(R.kind, id, in: scope) else { return nil }
        return try RecordBody.decode(type, from: stored.body, key)
    }

    /// At most `limit` records of a kind, ordered by the bytes of their ids, beginning after `id`, whether or not that
    /// one is there. For the next page, pass the last id of this one.
    ///
    /// - Throws: as ``get(_:_:in:)``: one record that can't be read fails the whole list.
    /// - Complexity: O(log *n* + *limit*).
    public func list<R: Record>(
        _ type: R.Type, in scope: Scope, after id: String? = nil, limit: Int
    ) throws(LedgerError) -> [R] {
        guard scope.isStorable, isStorable(id ?? "") else { return [] }
        return try opened(type) { try $0.records(R.kind, in: scope, after: id ?? "", limit: max(limit, 0)) }
    }

    /// The ids of the records of a kind, ordered by their bytes, beginning after `id`: for callers that have the
    /// records in memory already and need not open them.
    ///
    /// - Complexity: O(log *n* + *limit*).
    public func listIDs<R: Record>(
        _ type: R.Type, in scope: Scope, after id: String? = nil, limit: Int
    ) throws(LedgerError) -> [String] {
        guard scope.isStorable, isStorable(id ?? "") else { return [] }
        return try query { try $0.recordIDs(R.kind, in: scope, after: id ?? "", limit: max(limit, 0)) }
    }

    /// How many records of a kind there are.
    ///
    /// - Complexity: O(log n), however many: the ledger keeps count.
    public func count<R: Record>(_ type: R.Type, in scope: Scope) throws(LedgerError) -> Int {
        guard scope.isStorable else { return 0 }
        return try query { try $0.recordCount(R.kind, in: scope) }
    }

    /// The records of a kind that refer to `target`, ordered by the bytes of their ids, beginning after `id`.
    ///
    /// ```swift
    /// let members = try reader.referrers(User.self, relation: "group", to: "devs", in: scope, limit: 100)
    /// ```
    ///
    /// - Complexity: O(log *n* + *limit*).
    public func referrers<R: Record>(
        _ type: R.Type, relation: String, to target: String, in scope: Scope, after id: String? = nil, limit: Int
    ) throws(LedgerError) -> [R] {
        guard scope.isStorable, isStorable(relation), isStorable(target), isStorable(id ?? "") else { return [] }
        let reference = Reference(relation, to: target)
        return try opened(type) {
            try $0.referrers(R.kind, reference, in: scope, after: id ?? "", limit: max(limit, 0))
        }
    }

    /// How many records, of whatever kind, refer to `target`: whether it can be deleted.
    ///
    /// - Complexity: O(log *n* + the answer).
    public func referrerCount(
        relation: String, to target: String, in scope: Scope
    ) throws(LedgerError) -> Int {
        guard scope.isStorable, isStorable(relation), isStorable(target) else { return 0 }
        return try query { try $0.referrerCount(Reference(relation, to: target), in: scope) }
    }

    /// Passes every record of some kinds to `body`, as a change with no `before` and no request.
    /// - Parameter kinds: nil: all.
    func replay(_ kinds: Set<String>?, _ body: (Change) throws(LedgerError) -> Void) throws(LedgerError) {
        try query { session in
            try session.eachRecord(of: kinds) { record in
                let key = record.key
                try body(
                    Change(
                        sequence: record.version, kind: key.kind, scope: key.scope, id: key.id, before: nil,
                        after: try sealer.open(record.body, key, version: record.version), requestID: ""))
            }
        }
    }

    /// Ends the validity of this reader.
    func close() {
        isOpen = false
        lastStored = nil
        lastSealed = nil
        lastRow = nil
    }

    /// A record as it is stored; nil when there is none.
    private func sealed(_ key: RecordKey) throws(LedgerError) -> SealedRecord? {
        // Nothing is ever stored under such a key.
        guard key.scope.isStorable, isStorable(key.id) else { return nil }
        if let lastSealed, lastSealed.key == key { return lastSealed.record }
        let sealed = try query { try $0.record(key) }
        lastSealed = (key, sealed)
        return sealed
    }

    /// A record as it is stored, opened; nil when there is none.
    func stored(_ kind: String, _ id: String, in scope: Scope) throws(LedgerError) -> StoredRecord? {
        // Nothing is ever stored under such a key.
        guard scope.isStorable, isStorable(id) else { return nil }
        let key = RecordKey(scope: scope, kind: kind, id: id)
        if let lastStored, lastStored.key == key { return lastStored.record }
        var stored: StoredRecord?
        if let record = try sealed(key) {
            let body = try sealer.open(record.body, key, version: record.version)
            stored = StoredRecord(version: record.version, sealed: record.body, body: body)
        }
        lastStored = (key, stored)
        return stored
    }

    /// Asks the database, unless this reader's closure has ended.
    func query<T>(_ body: (any StoreSession) throws -> T) throws(LedgerError) -> T {
        guard isOpen else { throw LedgerError(.invalid, "A reader of the ledger was used after its end.") }
        do {
            return try body(session)
        } catch {
            throw LedgerError(error)
        }
    }

    private func opened<R: Record>(
        _ type: R.Type, _ fetch: (any StoreSession) throws -> [SealedRecord]
    ) throws(LedgerError) -> [R] {
        try query { session in
            try fetch(session).map { record in
                let body = try sealer.open(record.body, record.key, version: record.version)
                return try RecordBody.decode(type, from: body, record.key)
            }
        }
    }
}

struct StoredRecord {
    var version: Int64
    var sealed: [UInt8]
    var body: [UInt8]
}

extension Scope {
    var isStorable: Bool { Ledger.isStorable(account) && Ledger.isStorable(region) }
}

extension Reader {
    func isStorable(_ text: String) -> Bool { Ledger.isStorable(text) }
}

extension Ledger {
    /// Whether SQLite stores this text unchanged: a NUL would cut it short.
    static func isStorable(_ text: String) -> Bool {
        text.utf8.withContiguousStorageIfAvailable { !$0.contains(0) } ?? !text.utf8.contains(0)
    }
}
