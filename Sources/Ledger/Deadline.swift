/// Work that is to be done at a time: what, for whom, when.
///
/// A deadline is scheduled in the transaction that makes it necessary (``Transaction/schedule(_:)``), claimed when it
/// is due, and taken off the schedule in the transaction that does the work. So the work is done exactly once, even if
/// the process ends at any point in between.
///
/// ```swift
/// try transaction.schedule(Deadline(kind: "DeleteGroup", scope: scope, id: "devs", due: now + 60_000))
/// …
/// .commit(try transaction.claimDeadline(["DeleteGroup"], now: later, realTime: now, until: now + 5_000))
/// …
/// try transaction.delete(Group.self, claimed.deadline.id, in: claimed.deadline.scope)
/// try transaction.complete(claimed)
/// ```
///
/// The ledger only keeps deadlines; nothing in it waits or wakes up. In a server, Platform's `Scheduler` does, and
/// services write jobs rather than deadlines.
public struct Deadline: Sendable, Equatable {
    /// The name of the work.
    public var kind: String
    /// The account and region that the work is for, as of a record.
    public var scope: Scope
    /// Unique among those of a kind in a scope. Stored unsealed: never a secret.
    public var id: String
    /// Milliseconds since 1970.
    public var due: Int64
    /// What the work needs to know; sealed in the ledger.
    public var payload: [UInt8]
    /// How often it was begun and put off.
    public var attempts = 0

    /// Makes a deadline, which is not on the schedule yet.
    /// - Parameters: see the properties of the same names.
    public init(kind: String, scope: Scope, id: String, due: Int64, payload: [UInt8] = []) {
        self.kind = kind
        self.scope = scope
        self.id = id
        self.due = due
        self.payload = payload
    }

    var key: RecordKey { RecordKey(scope: scope, kind: kind, id: id) }
}

/// All of an account's work of a kind.
public struct AccountWork: Hashable, Comparable, Sendable {
    /// The name of the work.
    public let kind: String
    /// As in a scope.
    public let account: String

    /// Names it.
    /// - Parameters: see the properties.
    public init(kind: String, account: String) {
        self.kind = kind
        self.account = account
    }

    /// By the kind, then by the account.
    public static func < (a: AccountWork, b: AccountWork) -> Bool { (a.kind, a.account) < (b.kind, b.account) }
}

/// A deadline that somebody has claimed, until a moment: until then nobody else gets it.
///
/// Whoever holds a lease does the work and then calls ``Transaction/complete(_:)``, or gives it back with
/// ``Transaction/postpone(_:until:)``; ``Transaction/renew(_:until:)`` keeps it for longer. A lease that has run out
/// can be claimed by another, and from then on it completes nothing.
public struct Lease: Sendable {
    /// The work, as it was scheduled.
    public let deadline: Deadline
    /// Unlike that of any other lease.
    let token: String
}

extension Reader {
    /// The deadline of an id, whether somebody has claimed it or not; nil when there is none.
    public func deadline(_ kind: String, _ id: String, in scope: Scope) throws(LedgerError) -> Deadline? {
        guard scope.isStorable, isStorable(id) else { return nil }
        return try query { session in
            try session.deadline(RecordKey(scope: scope, kind: kind, id: id)).map { try Deadline($0, sealer) }
        }
    }

    /// Deadlines in the order in which they are due, and those due at the same time in the order in which they were
    /// scheduled.
    ///
    /// - Parameters:
    ///   - kind: only work of this kind; nil: of all kinds.
    ///   - scope: only work of this scope; nil: of all scopes.
    ///   - due: only what is due by then, in milliseconds since 1970; nil: everything.
    ///   - limit: how many to return at most.
    /// - Complexity: O(log *n* + *limit*) where a kind is given or `due` is; otherwise linear in the schedule.
    public func deadlines(
        _ kind: String? = nil, in scope: Scope? = nil, dueBy due: Int64? = nil, limit: Int
    ) throws(LedgerError) -> [Deadline] {
        try query { session in
            try session.deadlines(
                DeadlineQuery(kinds: kind.map { [$0] }, scope: scope, dueBy: due, leasedUntil: nil, limit: limit)
            ).map { try Deadline($0, sealer) }
        }
    }
}

extension Transaction {
    /// Schedules work, replacing what was scheduled under the same kind, scope and id. Whoever has claimed that can't
    /// complete it any more.
    ///
    /// - Throws: ``LedgerError``: `invalid` when the id is empty or a name holds a NUL character.
    public func schedule(_ deadline: Deadline) throws(LedgerError) {
        try change { () throws(LedgerError) in
            guard deadline.scope.isStorable, !deadline.id.isEmpty, isStorable(deadline.id), isStorable(deadline.kind)
            else {
                throw LedgerError(.invalid, "A deadline of kind \(deadline.kind) has an id that cannot be stored.")
            }
            if try query({ try $0.deadline(deadline.key) }) == nil { try count(by: 1) }
            try put(deadline, lease: nil)
        }
    }

    /// Takes work off the schedule, even if somebody has claimed it: it can't be completed any more.
    /// - Returns: whether it was there.
    @discardableResult
    public func cancelDeadline(_ kind: String, _ id: String, in scope: Scope) throws(LedgerError) -> Bool {
        try change { () throws(LedgerError) in
            guard scope.isStorable, isStorable(id) else { return false }
            let wasThere = try query { try $0.deleteDeadline(RecordKey(scope: scope, kind: kind, id: id)) }
            if wasThere { try count(by: -1) }
            return wasThere
        }
    }

    /// Claims the work that is due first and that nobody has claimed.
    ///
    /// - Parameters:
    ///   - kinds: which kinds of work to consider.
    ///   - now: what counts as due, in milliseconds since 1970. A test may have moved this clock.
    ///   - realTime: by which leases run out, in milliseconds since 1970. It goes on when `now` stands still.
    ///   - until: when this lease runs out, in real time.
    ///   - without: work of these kinds is not considered for these accounts.
    /// - Returns: nil when nothing is due.
    public func claimDeadline(
        _ kinds: Set<String>, now: Int64, realTime: Int64, until: Int64, without: Set<AccountWork> = []
    ) throws(LedgerError) -> Lease? {
        try change { () throws(LedgerError) -> Lease? in
            let query = DeadlineQuery(
                kinds: kinds, scope: nil, dueBy: now, leasedUntil: realTime, without: without, limit: 1)
            guard let sealed = try self.query({ try $0.deadlines(query) }).first else { return nil }
            let deadline = try Deadline(sealed, sealer)
            var random = SystemRandomNumberGenerator()
            let lease = Lease(deadline: deadline, token: UUIDv7.make(milliseconds: realTime, using: &random))
            var taken = sealed
            taken.lease = (lease.token, until)
            let stored = taken
            try self.query { try $0.put(stored) }
            return lease
        }
    }

    /// Keeps a lease until a later time, in milliseconds since 1970 by the real clock.
    /// - Throws: ``LedgerError``: `conflict` when it was lost.
    public func renew(_ lease: Lease, until: Int64) throws(LedgerError) {
        try change { () throws(LedgerError) in
            var sealed = try held(lease)
            sealed.lease = (lease.token, until)
            let stored = sealed
            try query { try $0.put(stored) }
        }
    }

    /// Takes finished work off the schedule, together with everything else that the transaction does.
    ///
    /// - Throws: ``LedgerError``: `conflict` when the lease was lost, or the work was scheduled anew meanwhile: then
    ///   nothing of the transaction happens.
    public func complete(_ lease: Lease) throws(LedgerError) {
        try change { () throws(LedgerError) in
            let sealed = try held(lease)
            if try query({ try $0.deleteDeadline(sealed.key) }) { try count(by: -1) }
        }
    }

    /// Gives back work that could not be done, to be tried again at `due`, in milliseconds since 1970;
    /// ``Deadline/attempts`` counts it.
    ///
    /// - Throws: ``LedgerError``: `conflict` when the lease was lost.
    public func postpone(_ lease: Lease, until due: Int64) throws(LedgerError) {
        try change { () throws(LedgerError) in
            _ = try held(lease)
            var deadline = lease.deadline
            deadline.due = due
            deadline.attempts &+= 1
            try put(deadline, lease: nil)
        }
    }

    /// Keeps count of the deadlines, so that it is noticed when one is missing.
    private func count(by difference: Int64) throws(LedgerError) {
        try query { session in
            try session.setMeta(
                Ledger.deadlineCount, .integer(session.number(Ledger.deadlineCount) &+ difference))
        }
    }

    private func put(_ deadline: Deadline, lease: (token: String, until: Int64)?) throws(LedgerError) {
        let number = takeDeadlineNumber()
        var sealed = SealedDeadline(
            key: deadline.key, due: deadline.due, number: number, attempts: deadline.attempts, payload: [], lease: lease
        )
        sealed.payload = try sealer.sealPayload(deadline.payload, sealed)
        let stored = sealed
        try query { try $0.put(stored) }
    }

    private func held(_ lease: Lease) throws(LedgerError) -> SealedDeadline {
        guard let sealed = try query({ try $0.deadline(lease.deadline.key) }), sealed.lease?.token == lease.token else {
            throw LedgerError(
                .conflict, "The lease of \(lease.deadline.kind) \(lease.deadline.id) was lost before its work was done."
            )
        }
        return sealed
    }
}

extension Ledger {
    /// The key in the ledger's own table under which the number of deadlines is kept.
    static let deadlineCount = "deadlines"

    /// Calls `observer` after each commit that may have given somebody something to do, after the observer of
    /// ``observe(_:)``.
    ///
    /// Set it once, before the first write. It runs on the writer's thread and must not wait for the ledger; waking a
    /// task is what it is for.
    public func observeWork(_ observer: @escaping @Sendable (CommittedWork) -> Void) {
        writer.observeWork(observer)
    }

    /// When the next deadline that nobody has claimed is due, in milliseconds since 1970; nil when there is none.
    ///
    /// - Parameters:
    ///   - kinds: which kinds of work to consider.
    ///   - realTime: by which leases run out, in milliseconds since 1970.
    ///   - without: work of these kinds is not considered for these accounts.
    public func nextDeadline(
        _ kinds: Set<String>, realTime: Int64, without: Set<AccountWork> = []
    ) async throws(LedgerError) -> Int64? {
        try await read { (reader) throws(LedgerError) in
            try reader.query { session in
                try session.deadlines(
                    DeadlineQuery(
                        kinds: kinds, scope: nil, dueBy: nil, leasedUntil: realTime, without: without, limit: 1)
                ).first?.due
            }
        }
    }
}

extension Deadline {
    fileprivate init(_ sealed: SealedDeadline, _ sealer: RecordSealer) throws(LedgerError) {
        self.init(
            kind: sealed.key.kind, scope: sealed.key.scope, id: sealed.key.id, due: sealed.due,
            payload: try sealer.openPayload(of: sealed))
        attempts = sealed.attempts
    }
}
