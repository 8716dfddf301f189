import Keyring

extension Ledger {
    /// What was done by ``renewSeals(_:)``.
    public struct Renewal: Sendable, Equatable {
        /// How many rows of the database were sealed anew.
        public internal(set) var renewed = 0
        /// How many rows neither key opens. They are damaged, and stay as they are.
        public internal(set) var damaged = 0
    }

    /// Seals anew everything that was sealed with the root key before the current one: after the keyring's rotation, and
    /// beside whatever is read and written meanwhile. Then the old key is needed no more.
    ///
    /// Some rows at a time are done in a transaction of their own. After a crash, or when the task is cancelled, it can be
    /// called again, and passes over what is done already.
    ///
    /// - Parameter progress: called after each transaction with what has been done so far.
    /// - Throws: ``LedgerError``: `readOnly`, `io`, `full`; `closed` also when the task was cancelled.
    /// - Complexity: linear in the size of the ledger; some ten microseconds for each row.
    public func renewSeals(
        _ progress: @Sendable (Renewal) -> Void = { _ in }
    ) async throws(LedgerError) -> Renewal {
        try requireWritable()
        let renewer = SealRenewer(records: records, events: eventStore)
        var done = Renewal()
        do {
            // What was begun before with the old key has been committed when this runs.
            try await store.write { try renewer.renewCanary($0) }

            // First the journal, together with the records that its entries left: each has the same sealed bytes as its
            // record, by which it is seen that neither was changed.
            var entry: Int64? = 0
            while let last = entry {
                entry = try await step(&done, progress) { try renewer.renewJournal(after: last, $0, &$1) }
            }
            var record: RecordKey? = .first
            while let last = record {
                record = try await step(&done, progress) { try renewer.renewRecords(after: last, $0, &$1) }
            }
            var row: RowPlace? = .first
            while let last = row {
                row = try await step(&done, progress) { try renewer.renewRows(after: last, $0, &$1) }
            }
            var deadline: RecordKey? = .first
            while let last = deadline {
                deadline = try await step(&done, progress) { try renewer.renewDeadlines(after: last, $0, &$1) }
            }
            var segment: Int64? = 0
            while let last = segment {
                segment = try await step(&done, progress) { try renewer.renewSegments(after: last, $0, &$1) }
            }
        } catch {
            throw LedgerError(error)
        }
        return done
    }

    /// One transaction.
    ///
    /// - Returns: where to go on; nil at the end.
    private func step<Place: Sendable>(
        _ done: inout Renewal, _ progress: (Renewal) -> Void,
        _ body: @escaping @Sendable (any StoreSession, inout Renewal) throws -> Place?
    ) async throws -> Place? {
        guard !Task.isCancelled else { throw LedgerError(.closed, "The sealing was stopped before its end.") }
        let before = done
        let (place, after) = try await store.write { session in
            var done = before
            let place = try body(session, &done)
            return (place, done)
        }
        done = after
        progress(done)
        return place
    }
}

/// Where a walk through the rows of all tables is.
private enum RowPlace {
    case first
    case after(TablePart, key: [UInt8])
}

extension RecordKey {
    /// Before all others.
    fileprivate static let first = RecordKey(scope: Scope(account: "", region: ""), kind: "", id: "")
}

/// Seals rows anew, some at a time.
private struct SealRenewer: Sendable {
    /// How many rows are done while other writers wait.
    private static let limit = 200
    /// Segments are longer than other rows.
    private static let segmentLimit = 20

    let records: RecordSealer
    let events: EventStore

    func renewCanary(_ session: any StoreSession) throws {
        try Format(key: records.key).renew(session)
    }

    func renewJournal(after sequence: Int64, _ session: any StoreSession, _ done: inout Ledger.Renewal) throws -> Int64?
    {
        let entries = try session.entries(after: sequence, of: nil, limit: Self.limit)
        for old in entries {
            let new: SealedChange
            do throws(KeyringError) {
                guard let renewed = try records.renew(old) else { continue }
                new = renewed
            } catch {
                done.damaged += 1
                continue
            }
            try session.replaceSeals(of: new)
            if let body = new.after { try renewRecord(old, body, session) }
            done.renewed += 1
        }
        return entries.last?.sequence
    }

    /// The record that an entry left, if nothing has changed it since.
    private func renewRecord(_ entry: SealedChange, _ body: [UInt8], _ session: any StoreSession) throws {
        guard var record = try session.record(entry.key), record.version == entry.sequence, record.body == entry.after
        else { return }
        record.body = body
        try session.put(record)
    }

    func renewRecords(
        after key: RecordKey, _ session: any StoreSession, _ done: inout Ledger.Renewal
    ) throws -> RecordKey? {
        let found = try session.records(after: key, limit: Self.limit)
        for var record in found {
            do throws(KeyringError) {
                guard let body = try records.renew(record.body, record.key, version: record.version) else { continue }
                record.body = body
            } catch {
                done.damaged += 1
                continue
            }
            try session.put(record)
            done.renewed += 1
        }
        return found.last?.key
    }

    func renewRows(
        after place: RowPlace, _ session: any StoreSession, _ done: inout Ledger.Renewal
    ) throws -> RowPlace? {
        var last: (part: TablePart, key: [UInt8])?
        if case .after(let part, let key) = place { last = (part, key) }
        let found = try session.rows(after: last, limit: Self.limit)
        for var row in found {
            do throws(KeyringError) {
                guard let body = try records.renew(row) else { continue }
                row.body = body
            } catch {
                done.damaged += 1
                continue
            }
            try session.put(row)
            done.renewed += 1
        }
        return found.last.map { .after($0.part, key: $0.key) }
    }

    func renewDeadlines(
        after key: RecordKey, _ session: any StoreSession, _ done: inout Ledger.Renewal
    ) throws -> RecordKey? {
        let found = try session.deadlines(after: key, limit: Self.limit)
        for var deadline in found {
            do throws(KeyringError) {
                guard let payload = try records.renewPayload(of: deadline) else { continue }
                deadline.payload = payload
            } catch {
                done.damaged += 1
                continue
            }
            try session.put(deadline)
            done.renewed += 1
        }
        return found.last?.key
    }

    func renewSegments(
        after sequence: Int64, _ session: any StoreSession, _ done: inout Ledger.Renewal
    ) throws -> Int64? {
        let found = try session.segments(after: sequence, limit: Self.segmentLimit)
        for var segment in found {
            do throws(KeyringError) {
                guard let body = try events.renew(segment) else { continue }
                segment.body = body
            } catch {
                done.damaged += 1
                continue
            }
            try session.replaceBody(of: segment)
            done.renewed += 1
        }
        return found.last?.sequence
    }
}
