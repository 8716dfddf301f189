public import Ledger
public import Wire

/// Work that follows what happens: the changes of records, or the recorded events. A follower sees each of them once,
/// in order, however often the process ends: how far it has come is in the ledger, and moves on in the transaction that
/// does the work.
///
/// ```swift
/// struct CountEvents: Follower {
///     static let name = "Example::CountEvents"
///     static let source = FollowedSource.events
///
///     static func prepare(
///         _ batch: FollowedBatch, _ environment: Environment
///     ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
///         guard case .events(let events) = batch else { return { _ in } }
///         return { (records) throws(ServiceError) in
///             var count = try records.get(EventCount.self, "all") ?? EventCount()
///             count.events += events.count
///             try records.put(count)
///         }
///     }
/// }
/// ```
///
/// Unlike a ``Projection``, it may be behind, may take long, and may change records.
public protocol Follower: Sendable {
    /// Unique among all followers. Under another name it begins at the beginning.
    static var name: String { get }
    /// What it follows.
    static var source: FollowedSource { get }
    /// The same, where it depends on what there is in a Gatehouse; ``source`` unless the follower says otherwise. It is asked at
    /// each commit.
    static func source(_ environment: Environment) -> FollowedSource
    /// Does what is slow, and returns what is to be done in the transaction that moves past the batch. It may be asked
    /// for the same batch again if that transaction did not come about.
    /// - Throws: an error; the batch is then tried again later.
    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void
}

/// What a follower follows.
public enum FollowedSource: Sendable {
    /// The journal's entries about records of these kinds.
    case journal(kinds: Set<String>)
    /// The event history.
    case events
}

/// Some of what a follower follows, in order. How much is in it says nothing.
public enum FollowedBatch: Sendable {
    /// - Parameter hasGap: whether entries before these are gone by retention: the follower was away for too long.
    case changes([JournalEntry], hasGap: Bool)
    /// Events, in the order in which they were written.
    case events([Event])
}

/// How far a follower is.
struct FollowerCursor: Record {
    static let kind = "Gatehouse::FollowerCursor"
    static let keepsHistory = false

    /// The follower's name.
    let id: String
    /// The number of the last entry, or segment of events.
    var sequence: Int64

    /// They belong to no account.
    static let scope = Scope(account: "")
}

extension MutableRecords {
    /// Has a follower go on after a place: for one that has not followed what nobody wanted.
    /// Where it is further already, it stays.
    /// - Parameter sequence: the number of the last entry, or segment of events, that it need not see.
    public func move<F: Follower>(_ follower: F.Type, to sequence: Int64) throws(ServiceError) {
        let own = of(FollowerCursor.scope)
        if let cursor = try own.get(FollowerCursor.self, F.name), cursor.sequence >= sequence { return }
        try own.put(FollowerCursor(id: F.name, sequence: sequence))
    }
}

extension Follower {
    /// ``source``, whatever there is.
    public static func source(_ environment: Environment) -> FollowedSource { source }

    /// Takes the next batch in.
    /// - Returns: false when there is nothing to follow.
    static func step(_ environment: Environment) async throws(ServiceError) -> Bool {
        let ledger = environment.ledger
        let start = try await environment.read(FollowerCursor.scope) { (records) throws(ServiceError) in
            try records.get(FollowerCursor.self, name)?.sequence ?? 0
        }
        let batch: FollowedBatch
        let end: Int64
        let isEmpty: Bool
        do throws(LedgerError) {
            switch source(environment) {
            case .journal(let kinds):
                let page = try await ledger.follow(after: start, kinds: kinds, limit: 128)
                batch = .changes(page.entries, hasGap: page.hasGap)
                (end, isEmpty) = (page.last, page.entries.isEmpty)
            case .events:
                let (events, last) = try await ledger.followEvents(after: start, limit: 16)
                batch = .events(events)
                (end, isEmpty) = (last, events.isEmpty)
            }
        } catch {
            throw ServiceError(error)
        }
        // Nothing new of its kinds: how far the rest of the journal is need not be kept.
        guard !isEmpty else { return false }
        // What the batch is judged by may have come from another node, and must not be older than the batch.
        try await environment.catchUpWithOtherNodes()
        let work = try await prepare(batch, environment)
        try await environment.write(FollowerCursor.scope, requestID: "") { (records) throws(ServiceError) in
            // Another node may have taken the same batch in.
            guard try records.get(FollowerCursor.self, name)?.sequence ?? 0 == start else { return }
            try work(records)
            try records.put(FollowerCursor(id: name, sequence: end))
        }
        return true
    }
}
