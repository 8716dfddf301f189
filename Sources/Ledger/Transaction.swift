import FoundationEssentials
import GRDB
import Keyring

/// One state of the ledger to read from and to change. All that happens in a transaction is committed together,
/// or nothing of it.
///
/// A transaction is valid only inside the closure that it was given to. When one of its methods throws, the
/// transaction cannot be committed any more.
public final class Transaction: Reader {
    private let requestID: String
    private let time: Int64
    private var nextSequence: Int64
    private(set) var changes: [Change] = []
    private(set) var events: [Event] = []
    /// Why this transaction must not be committed: a statement may have been done by half.
    private(set) var failure: LedgerError?

    init(_ database: Database, _ sealer: RecordSealer, requestID: String, time: Int64, nextSequence: Int64) {
        self.requestID = requestID
        self.time = time
        self.nextSequence = nextSequence
        super.init(database, sealer)
    }

    /// Makes the record, or replaces the one with its id, and writes the change into the journal.
    ///
    /// - Throws: ``LedgerError``: `invalid` when the id is empty or a name holds a NUL character.
    public func put<R: Record>(_ record: R, in scope: Scope) throws(LedgerError) {
        try change { () throws(LedgerError) in
            let key = RecordKey(scope: scope, kind: R.kind, id: record.id)
            let references = Set(record.references)
            try check(key, references)

            let json = try RecordJSON.encode(record)
            let old = try stored(key.kind, key.id, in: scope)
            let sequence = nextSequence
            let sealed = try sealer.seal(json, key, version: sequence)

            try query { database in
                try database.run(
                    """
                    INSERT INTO record (account, region, kind, id, version, body) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET version = excluded.version, body = excluded.body
                    """, [scope.account, scope.region, key.kind, key.id, sequence, Data(sealed)])
                if old == nil { try count(key, by: 1) }
                try replaceReferences(of: key, with: references, isNew: old == nil)
            }
            try forgetHistory(of: R.self, old)
            try journal(key, sequence, old: old, sealed: sealed, json: json)
        }
    }

    /// Deletes the record, if there is one, and writes the change into the journal.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public func delete<R: Record>(_ type: R.Type, _ id: String, in scope: Scope) throws(LedgerError) -> Bool {
        try change { () throws(LedgerError) in
            let key = RecordKey(scope: scope, kind: R.kind, id: id)
            guard let old = try stored(key.kind, key.id, in: scope) else { return false }
            try query { database in
                try database.run(
                    "DELETE FROM record WHERE account = ? AND region = ? AND kind = ? AND id = ?",
                    [scope.account, scope.region, key.kind, key.id])
                try count(key, by: -1)
                try replaceReferences(of: key, with: [], isNew: false)
            }
            try forgetHistory(of: R.self, old)
            try journal(key, nextSequence, old: old, sealed: nil, json: nil)
            return true
        }
    }

    /// Writes an event that is committed with the changes of this transaction, or not at all.
    public func record(_ event: Event) throws(LedgerError) {
        try change { () throws(LedgerError) in
            guard event.isStorable else { throw LedgerError.unstorableEvent }
            try query { _ in events.append(event) }
        }
    }

    private func change<T>(_ body: () throws(LedgerError) -> T) throws(LedgerError) -> T {
        do {
            return try body()
        } catch {
            failure = error
            throw error
        }
    }

    private func check(_ key: RecordKey, _ references: Set<Reference>) throws(LedgerError) {
        guard key.scope.isStorable, !key.id.isEmpty, isStorable(key.id), isStorable(key.kind),
            references.allSatisfy({ isStorable($0.relation) && isStorable($0.target) })
        else {
            throw LedgerError(.invalid, "A record of kind \(key.kind) has an id or reference that cannot be stored.")
        }
    }

    private func count(_ key: RecordKey, by difference: Int) throws {
        try database.run(
            """
            INSERT INTO counter (account, region, kind, count) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET count = count + excluded.count
            """, [key.scope.account, key.scope.region, key.kind, difference])
    }

    private func replaceReferences(of key: RecordKey, with new: Set<Reference>, isNew: Bool) throws {
        var old: Set<Reference> = []
        if !isNew {
            let rows = try database.rows(
                """
                SELECT relation, target FROM reference
                WHERE account = ? AND region = ? AND kind = ? AND id = ?
                """, [key.scope.account, key.scope.region, key.kind, key.id])
            while let row = try rows.next() { old.insert(Reference(try row.text(0), to: try row.text(1))) }
        }
        for gone in old.subtracting(new) {
            try database.run(
                """
                DELETE FROM reference
                WHERE account = ? AND region = ? AND relation = ? AND target = ? AND kind = ? AND id = ?
                """,
                [
                    key.scope.account, key.scope.region, gone.relation, gone.target, key.kind, key.id,
                ])
        }
        for added in new.subtracting(old) {
            try database.run(
                "INSERT INTO reference (account, region, relation, target, kind, id) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    key.scope.account, key.scope.region, added.relation, added.target, key.kind, key.id,
                ])
        }
    }

    /// The entry that follows takes the place of the one before, so that numbers still only grow.
    private func forgetHistory<R: Record>(of type: R.Type, _ old: StoredRecord?) throws(LedgerError) {
        guard !R.keepsHistory, let old else { return }
        try query { try $0.run("DELETE FROM journal WHERE sequence = ?", [old.version]) }
    }

    private func journal(
        _ key: RecordKey, _ sequence: Int64, old: StoredRecord?, sealed: [UInt8]?, json: [UInt8]?
    ) throws(LedgerError) {
        try query { database in
            try database.run(
                """
                INSERT INTO journal
                (sequence, time, account, region, kind, id, before_version, before, after, request_id)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    sequence, time, key.scope.account, key.scope.region, key.kind, key.id, old?.version,
                    old.map { Data($0.sealed) }, sealed.map { Data($0) }, requestID,
                ])
        }
        changes.append(
            Change(
                sequence: sequence, kind: key.kind, scope: key.scope, id: key.id, before: old?.json, after: json,
                requestID: requestID))
        nextSequence = sequence &+ 1
    }
}
