/// An entry of the journal: what was done to a record, when, and by which request.
///
/// Every change of a record is one entry, kept for as long as the retention says; so the journal is both the history of
/// each record (``Reader/history(of:_:in:before:limit:)``) and a stream that can be followed
/// (``Ledger/follow(after:kinds:limit:)``).
public struct JournalEntry: Sendable {
    /// What was done.
    public let change: Change
    /// When it was done, in milliseconds since 1970, by the real clock.
    public let time: Int64
}

/// Entries of the journal in their order, and where to go on.
public struct JournalPage: Sendable {
    /// The entries, the oldest first; empty when nothing of the wanted kinds followed.
    public let entries: [JournalEntry]
    /// The number to ask with for what follows. It moves on even where no entry was wanted.
    public let last: Int64
    /// Whether there was nothing more to follow when the page was read.
    public let isEnd: Bool
    /// Whether entries after the given number have been purged: a follower that was too slow has to begin with a
    /// replay.
    public let hasGap: Bool
}

extension Ledger {
    /// The entries that follow a number, in the order of their commits.
    ///
    /// An entry is there once its transaction is on disk, and none ever appears before one that was there already. So
    /// whoever goes on from ``JournalPage/last`` misses nothing and sees nothing twice:
    ///
    /// ```swift
    /// var last: Int64 = 0
    /// var isEnd = false
    /// while !isEnd {
    ///     let page = try await ledger.follow(after: last, kinds: [Group.kind])
    ///     for entry in page.entries { seen.append(entry.change.id) }
    ///     (last, isEnd) = (page.last, page.isEnd)
    /// }
    /// ```
    ///
    /// - Parameters:
    ///   - sequence: where to go on; 0: from the beginning.
    ///   - kinds: of which records; nil: of all.
    ///   - limit: how many entries at most.
    /// - Throws: ``LedgerError``: `corrupt` when an entry was changed from outside.
    /// - Complexity: O(log *n* + *limit*) for each kind.
    public func follow(
        after sequence: Int64, kinds: Set<String>? = nil, limit: Int = 256
    ) async throws(LedgerError) -> JournalPage {
        let sealer = records
        do {
            return try await store.search { session in
                // Read first: what is committed meanwhile is for the next page.
                let head = try session.lastSequence()
                let purged = try session.number(Self.purgedThrough)
                let found = try session.entries(after: sequence, of: kinds, limit: max(1, limit))
                let isEnd = found.count < max(1, limit)
                return JournalPage(
                    entries: try found.map { try JournalEntry($0, sealer) },
                    last: isEnd ? max(sequence, head, found.last?.sequence ?? 0) : found.last?.sequence ?? sequence,
                    isEnd: isEnd, hasGap: sequence < purged)
            }
        } catch {
            throw LedgerError(error)
        }
    }

    /// The number of the journal's last entry; 0 when there is none. Whoever follows from here sees only what is yet to
    /// come.
    public func lastSequence() async throws(LedgerError) -> Int64 {
        do { return try await store.search { try $0.lastSequence() } } catch { throw LedgerError(error) }
    }

    /// Deletes the oldest entries of the journal, up to the first that is not older than `milliseconds` since 1970.
    /// Entries after number `sequence` stay, because something still has to follow them. Records are not affected, and
    /// the last entry is always kept.
    ///
    /// It deletes a few at a time, so that writers need not wait long.
    ///
    /// - Throws: ``LedgerError``: `readOnly`, `io`.
    public func purgeJournal(before milliseconds: Int64, through sequence: Int64 = .max) async throws(LedgerError) {
        try requireWritable()
        let limit = 256
        do {
            while try await store.write({ session in
                let (count, last) = try session.purgeEntries(before: milliseconds, through: sequence, limit: limit)
                if count > 0 {
                    try session.setMeta(Self.purgedThrough, .integer(last))
                    try session.setMeta(
                        Self.entriesGone, .integer(session.number(Self.entriesGone) &+ Int64(count)))
                }
                return count
            }) == limit {}
        } catch {
            throw LedgerError(error)
        }
    }

    /// The ledger's own fact that has the highest number of all entries that retention has taken.
    static let purgedThrough = "journal-purged"
    /// The ledger's own fact that says how many entries are there no more, for whatever reason; so that it is noticed
    /// when one is missing.
    static let entriesGone = "journal-gone"
}

extension Reader {
    /// The number of the journal's last entry, in this state of the ledger, with what a transaction has changed so far; 0 when there
    /// is none.
    public func lastSequence() throws(LedgerError) -> Int64 { try query { try $0.lastSequence() } }

    /// What was done to one record, the latest first: at most `limit` entries, and only those before number `sequence`
    /// if one is given.
    ///
    /// - Complexity: O(log *n* + *limit*).
    public func history<R: Record>(
        of type: R.Type, _ id: String, in scope: Scope, before sequence: Int64? = nil, limit: Int
    ) throws(LedgerError) -> [JournalEntry] {
        guard scope.isStorable, isStorable(id) else { return [] }
        let key = RecordKey(scope: scope, kind: R.kind, id: id)
        return try query { session in
            try session.history(of: key, before: sequence ?? .max, limit: max(0, limit)).map {
                try JournalEntry($0, sealer)
            }
        }
    }
}

extension JournalEntry {
    init(_ sealed: SealedChange, _ sealer: RecordSealer) throws {
        let key = sealed.key
        var before: [UInt8]?
        if let body = sealed.before, let version = sealed.beforeVersion {
            before = try sealer.open(body, key, version: version)
        }
        change = Change(
            sequence: sealed.sequence, kind: key.kind, scope: key.scope, id: key.id, before: before,
            after: try sealed.after.map { try sealer.open($0, key, version: sealed.sequence) },
            requestID: sealed.requestID)
        time = sealed.time
    }
}
