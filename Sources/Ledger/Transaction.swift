import Keyring

/// One state of the ledger to read from and to change. Everything that happens in a transaction is committed together,
/// or none of it.
///
/// A transaction reads as a ``Reader`` does, and sees its own changes. It is valid only inside the closure of
/// ``Ledger/write(requestID:_:)``. When one of its methods throws, the transaction can't be committed any more, even if
/// the error is caught: a statement may have been half done.
///
/// The closure may be run again, from the beginning, when a database was lost before it had committed, or when another write
/// that was to be committed together with it has taken back what it had changed. Nothing is left of the first time, so what it does besides changing records must not matter if it is done twice, or belongs into
/// ``afterwards(_:)``.
///
/// ```swift
/// let isNew = try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
///     guard try transaction.get(Group.self, "devs", in: scope) == nil else { return .rollback(false) }
///     try transaction.put(Group(name: "devs"), in: scope)
///     try transaction.record(event)
///     return .commit(true)
/// }
/// ```
public final class Transaction: Reader {
    private let requestID: String
    /// Milliseconds since 1970, of the journal's entries.
    private let time: Int64
    private var nextSequence: Int64
    private(set) var nextDeadline: Int64
    private(set) var changes: [Change] = []
    private(set) var events: [Event] = []
    /// The rows of tables that were changed, which the journal does not have.
    var changedRows: [RowCache.Place] = []
    /// Why this transaction must not be committed: a statement may have been half done.
    private(set) var failure: LedgerError?
    /// See ``afterwards(_:)``.
    private(set) var followUps: [@Sendable () -> Void] = []

    init(
        _ session: any StoreSession, _ sealer: RecordSealer, requestID: String, time: Int64, next: Writer.NextNumbers,
        _ known: RecordCache? = nil
    ) {
        self.requestID = requestID
        self.time = time
        nextSequence = next.record
        nextDeadline = next.deadline
        super.init(session, sealer, known)
    }

    /// Stores a new record, or replaces the one with its id, and writes the change into the journal. Putting an equal
    /// record is a change like any other.
    ///
    /// - Throws: ``LedgerError``: `invalid` when the id is empty or a name holds a NUL character.
    /// - Complexity: O(log *n*), plus the record's references.
    public func put<R: Record>(_ record: R, in scope: Scope) throws(LedgerError) {
        try change { () throws(LedgerError) in
            let key = RecordKey(scope: scope, kind: R.kind, id: record.id)
            let references = Set(record.references)
            try check(key, references)

            let body = try RecordBody.encode(record)
            // Those who follow the commit get the record as it is now, those who come later as it is read.
            assert((try? RecordBody.encode(RecordBody.decode(R.self, from: body, key))) == body)
            let old = try stored(key.kind, key.id, in: scope)
            let sequence = nextSequence
            let sealed = try sealer.seal(body, key, version: sequence)

            try query { session in
                try session.put(SealedRecord(key: key, version: sequence, body: sealed))
                if old == nil { try session.count(key, by: 1) }
                try replaceReferences(of: key, with: references, isNew: old == nil)
            }
            try forgetHistory(of: R.self, old)
            try journal(R.self, key, sequence, old: old, sealed: sealed, body: body, record)
        }
    }

    /// Deletes the record, if there is one, and writes the change into the journal. What refers to it stays as it is.
    ///
    /// - Returns: whether there was one.
    @discardableResult
    public func delete<R: Record>(_ type: R.Type, _ id: String, in scope: Scope) throws(LedgerError) -> Bool {
        try change { () throws(LedgerError) in
            let key = RecordKey(scope: scope, kind: R.kind, id: id)
            guard let old = try stored(key.kind, key.id, in: scope) else { return false }
            try query { session in
                try session.delete(key)
                try session.count(key, by: -1)
                try replaceReferences(of: key, with: [], isNew: false)
            }
            try forgetHistory(of: R.self, old)
            try journal(R.self, key, nextSequence, old: old, sealed: nil, body: nil)
            return true
        }
    }

    /// Writes an event that is committed with the changes of this transaction, or not at all: no change without its
    /// event, no event of a change that did not happen.
    ///
    /// - Throws: ``LedgerError``: `invalid` for an account or attribute name that can't be stored.
    public func record(_ event: Event) throws(LedgerError) {
        try change { () throws(LedgerError) in
            guard event.isStorable else { throw LedgerError.unstorableEvent }
            try query { _ in events.append(event) }
        }
    }

    /// Does something once, when it is known what has become of this transaction, whether it was committed or not, and
    /// before its caller is answered. It is for what is not kept in the ledger, such as counting a call.
    ///
    /// - Parameter body: runs on the writer's thread. It must neither block nor wait for the ledger.
    public func afterwards(_ body: @escaping @Sendable () -> Void) { followUps.append(body) }

    func change<T>(_ body: () throws(LedgerError) -> T) throws(LedgerError) -> T {
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

    private func replaceReferences(of key: RecordKey, with new: Set<Reference>, isNew: Bool) throws {
        let old = isNew ? [] : try session.references(of: key)
        for gone in old.subtracting(new) { try session.remove(gone, of: key) }
        for added in new.subtracting(old) { try session.add(added, of: key) }
    }

    /// The entry that follows takes the place of the one before, so that numbers still only grow.
    private func forgetHistory<R: Record>(of type: R.Type, _ old: StoredRecord?) throws(LedgerError) {
        guard !R.keepsHistory, let old else { return }
        try query { session in
            guard try session.deleteEntry(old.version) else { return }
            try session.setMeta(Ledger.entriesGone, .integer(session.number(Ledger.entriesGone) &+ 1))
        }
    }

    private func journal<R: Record>(
        _ type: R.Type, _ key: RecordKey, _ sequence: Int64, old: StoredRecord?, sealed: [UInt8]?, body: [UInt8]?,
        _ record: R? = nil
    ) throws(LedgerError) {
        var entry = SealedChange(
            sequence: sequence, time: time, key: key, beforeVersion: old?.version,
            before: R.journalsBefore ? old?.sealed : nil, after: sealed, requestID: requestID)
        entry.seal = try sealer.seal(entry)
        let stored = entry
        try query { try $0.append(stored) }
        var change = Change(
            sequence: sequence, kind: key.kind, scope: key.scope, id: key.id, before: old?.body, after: body,
            requestID: requestID)
        change.record = record
        changes.append(change)
        lastStored = nil
        lastSealed = nil
        nextSequence = sequence &+ 1
    }

    /// The number for a deadline that is scheduled now.
    func takeDeadlineNumber() -> Int64 {
        defer { nextDeadline &+= 1 }
        return nextDeadline
    }
}
