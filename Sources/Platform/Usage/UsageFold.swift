public import Ledger
import Synchronization
import Wire

/// Last-used data of all principals, in memory: a fold of the recorded calls.
///
/// A call is taken in when its caller has been authenticated, before its event is queued: so whatever is in an event on
/// disk is in here, too. From time to time ``checkpoint(into:time:isThere:isKey:)`` writes what has changed into the
/// ledger; at the start, ``restore(_:)`` takes the checkpoint and ``restoreEvents(of:)`` the events since. So last-used
/// data survives whatever ends the process, as far as the event history does.
public final class UsageFold: Sendable {
    fileprivate struct State {
        var principals: [String: PrincipalUsage] = [:]
        /// Whether anybody has ever used a password: most have none.
        var knowsPasswords = false
        /// Ids of those that changed since the last checkpoint.
        var changed: Set<String> = []
        /// Calls taken in since the last checkpoint.
        var count = 0
        /// The number of the last segment of events that the checkpoint in the ledger covers.
        var covered: Int64 = 0
        /// The number of the last segment up to which the events of other nodes were taken in.
        var followed: Int64 = 0
        /// When the last checkpoint was made, seconds since 1970.
        var checkpointTime = 0.0
    }

    private let state = Mutex(State())

    /// Knows of no use.
    public init() {}

    /// The kinds of records that it is restored from.
    public static let kinds: Set<String> = [PrincipalUsage.kind, UsageCheckpoint.kind]

    // MARK: Taking in

    /// Takes in a call whose caller is proved. It costs a few look-ups, and no memory but at the first use of an action.
    public func take(_ use: RecordedUse) {
        state.withLock { state in
            state.count &+= 1
            state.take(use)
        }
    }

    /// Takes in what the policies were asked about in the course of a call, as far as it is not called as the operation is.
    /// - Parameters:
    ///   - actions: `s3:ListBucket`
    ///   - id: see `RecordedUse.principalID`.
    ///   - account: the principal's.
    ///   - region: that the call was made in.
    ///   - time: milliseconds since 1970.
    public func take(_ actions: [String], by id: String, of account: String, in region: String, time: Int64) {
        state.withLock { $0.take(actions, by: id, of: account, PrincipalUsage.Use(time: time, region: region)) }
    }

    /// Takes in that the password of a user (by unique id), or of root (by the account's number), opened a console
    /// session. `time` is in milliseconds since 1970.
    public func takePassword(of id: String, in account: String, time: Int64) {
        state.withLock { state in
            state.count &+= 1
            state.takePassword(of: id, in: account, time: time)
        }
    }

    // MARK: Look-ups

    /// What a principal used last; nil when it has used nothing.
    public func usage(of principalID: String) -> PrincipalUsage? {
        state.withLock { $0.principals[principalID] }
    }

    /// When the password of a principal opened a console session, in milliseconds since 1970; nil: never.
    public func password(of principalID: String) -> Int64? {
        state.withLock { $0.knowsPasswords ? $0.principals[principalID]?.password : nil }
    }

    /// What the principals of some accounts used last, in no order. The request path waits for a few at a time.
    public func usages(in accounts: Set<String>) -> [PrincipalUsage] {
        let ids = state.withLock { Array($0.principals.keys) }
        var usages: [PrincipalUsage] = []
        for start in stride(from: 0, to: ids.count, by: 512) {
            state.withLock { state in
                for id in ids[start..<min(start + 512, ids.count)] {
                    if let usage = state.principals[id], accounts.contains(usage.accountID) { usages.append(usage) }
                }
            }
        }
        return usages
    }

    /// Calls taken in since the last checkpoint.
    public var waiting: Int { state.withLock { $0.count } }

    /// When the last checkpoint was made by this process, seconds since 1970; 0: never.
    public var lastCheckpoint: Double { state.withLock { $0.checkpointTime } }

    // MARK: Keeping

    /// Forgets everything.
    public func reset() {
        state.withLock { $0 = State() }
    }

    /// Takes in a record of a replay; those that are none of its own are passed over.
    /// - Throws: `LedgerError` for a record that can't be read.
    public func restore(_ change: Change) throws(LedgerError) {
        switch change.kind {
        case PrincipalUsage.kind:
            guard let usage = try change.decodeAfter(PrincipalUsage.self) else { return }
            state.withLock { state in
                state.principals[usage.id] = usage
                if usage.password != nil { state.knowsPasswords = true }
            }
        case UsageCheckpoint.kind:
            guard let checkpoint = try change.decodeAfter(UsageCheckpoint.self) else { return }
            state.withLock { $0.covered = checkpoint.segment }
        default: break
        }
    }

    /// Takes in the events that are not in the checkpoint. Call it once, when all records are restored.
    /// - Throws: `LedgerError` when the events can't be read.
    /// - Complexity: linear in the number of those events; few of their bodies are parsed.
    public func restoreEvents(of ledger: Ledger) throws(LedgerError) {
        var (covered, spans) = state.withLock { state in
            let keys = state.principals.values.lazy.flatMap(\.keys)
            let ends = keys.map { ($0.key, $0.value.time &+ PrincipalUsage.keySpan) }
            return (state.covered, Dictionary(ends) { max($0, $1) })
        }
        let last = try ledger.replayEvents(after: covered) { events in
            state.withLock { $0.take(events, Self.telling(events, &spans)) }
        }
        state.withLock { $0.followed = last }
    }

    /// Takes in what other nodes have recorded since it was asked last.
    /// - Returns: the number of the last segment of events that is taken in, with all before it.
    @discardableResult
    public func follow(_ ledger: Ledger) async throws(LedgerError) -> Int64 {
        while true {
            let start = state.withLock { $0.followed }
            let (events, last) = try await ledger.followEventsOfOthers(after: start)
            guard last > start else { return start }
            var spans: [String: Int64] = [:]
            let telling = Self.telling(events, &spans)
            state.withLock { state in
                state.take(events, telling)
                state.followed = max(state.followed, last)
            }
        }
    }

    /// Writes what has changed since the last checkpoint, and forgets principals that no longer exist.
    ///
    /// - Parameters:
    ///   - ledger: where it is written.
    ///   - time: milliseconds since 1970.
    ///   - isThere: whether a principal of that id still exists.
    ///   - isKey: whether an access key of that id still exists.
    /// - Throws: `LedgerError` when the ledger can't be written.
    public func checkpoint(
        into ledger: Ledger, time: Int64, isThere: (_ id: String) -> Bool, isKey: (_ id: String) -> Bool
    ) async throws(LedgerError) {
        // First the number, then the state: what is in the segments so far is in the state.
        let segment = try await ledger.isShared ? follow(ledger) : ledger.lastEventSegment()
        let (known, changedIDs, count) = state.withLock { state in
            defer {
                state.changed = []
                state.count = 0
                state.checkpointTime = Double(time) / 1000
            }
            return (Array(state.principals.keys), state.changed, state.count)
        }
        guard count > 0 else { return }
        let oldest = time - PrincipalUsage.trackingPeriod
        let goneIDs = known.filter { !isThere($0) }
        let (changed, gone) = state.withLock { state in
            for id in changedIDs { state.principals[id]?.prune(before: oldest, isKey: isKey) }
            let gone = goneIDs.compactMap { state.principals.removeValue(forKey: $0) }
            return (changedIDs.compactMap { state.principals[$0] }, gone)
        }
        do throws(LedgerError) {
            // A few at a time, so that other writers need not wait long.
            for start in stride(from: 0, to: changed.count, by: 64) {
                let some = changed[start..<min(start + 64, changed.count)]
                try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                    for usage in some { try transaction.put(usage, in: Scope(account: usage.accountID)) }
                    return .commit(())
                }
            }
            try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                for usage in gone {
                    try transaction.delete(PrincipalUsage.self, usage.id, in: Scope(account: usage.accountID))
                }
                try transaction.put(UsageCheckpoint(segment: segment), in: Scope(account: ""))
                return .commit(())
            }
        } catch {
            state.withLock { state in
                for usage in gone { state.principals[usage.id] = usage }
                state.changed.formUnion(changedIDs)
                state.count &+= count
            }
            throw error
        }
    }

    // MARK: Reading events

    /// The events that can tell something new, with their records, in order of time. Of calls that are alike in caller
    /// and action only the last can, and of the uses of a key those that begin a new span; so the others' records, which
    /// are the most, are not read.
    /// - Parameter spans: by access key, the end of the span that its recorded use began.
    private static func telling(
        _ events: [Event], _ spans: inout [String: Int64]
    ) -> [(event: Event, record: JSONValue)] {
        struct Call: Hashable {
            var name: String?
            var source: String?
            var key: String?
            var user: String?
            /// What the policies were asked about besides.
            var action: String?
        }
        var last: [Call: Int] = [:]
        var wanted: Set<Int> = []
        for (index, event) in events.enumerated() {
            var call = Call(
                name: event.value(of: "EventName"), source: event.value(of: "EventSource"),
                key: event.value(of: "AccessKeyId"), user: event.value(of: "Username"))
            last[call] = index
            for action in event.askedActions {
                call.action = action
                last[call] = index
            }
            if let key = call.key, event.time >= spans[key] ?? .min {
                spans[key] = event.time &+ PrincipalUsage.keySpan
                wanted.insert(index)
            } else if call.name == "ConsoleLogin" {
                wanted.insert(index)
            }
        }
        return wanted.union(last.values).sorted().compactMap { index in
            (try? JSONValue(parsing: events[index].body)).map { (events[index], $0) }
        }
    }
}

extension UsageFold.State {
    /// - Parameter telling: those of the events that can tell something new, with their records.
    fileprivate mutating func take(_ events: [Event], _ telling: [(event: Event, record: JSONValue)]) {
        count &+= events.count
        for (event, record) in telling {
            if let use = RecordedUse(event, record) {
                take(use)
                let asked = event.askedActions.filter { $0 != "\(use.service):\(use.action)" }
                if !asked.isEmpty {
                    take(
                        asked, by: use.principalID, of: use.accountID,
                        PrincipalUsage.Use(time: use.time, region: use.region))
                }
            } else if RecordedUse.isSignIn(record), let principal = RecordedUse.principal(event, record) {
                takePassword(of: principal, in: event.account, time: event.time)
            }
        }
    }

    fileprivate mutating func take(_ use: RecordedUse) {
        principals[use.principalID, default: PrincipalUsage(id: use.principalID, accountID: use.accountID)].take(use)
        changed.insert(use.principalID)
    }

    fileprivate mutating func take(
        _ actions: [String], by id: String, of account: String, _ use: PrincipalUsage.Use
    ) {
        principals[id, default: PrincipalUsage(id: id, accountID: account)].take(actions, use)
        changed.insert(id)
    }

    fileprivate mutating func takePassword(of id: String, in account: String, time: Int64) {
        principals[id, default: PrincipalUsage(id: id, accountID: account)].takePassword(time: time)
        knowsPasswords = true
        changed.insert(id)
    }
}

/// How far the last-used data in the ledger goes.
struct UsageCheckpoint: Record {
    static let kind = "Gatehouse::IAM::UsageCheckpoint"
    static let keepsHistory = false

    /// The number of the last segment of events that it has.
    let segment: Int64

    var id: String { "checkpoint" }
}

extension Event {
    fileprivate func value(of attribute: String) -> String? {
        attributes.first { $0.name == attribute }?.value
    }

    /// What the policies were asked about, by the bytes of the decision: quotation marks within texts are escaped, so that
    /// nothing else can look like a member.
    fileprivate var askedActions: [String] {
        let member = Array(#""action":""#.utf8)
        var actions: [String] = []
        var rest = decision[...]
        while let quote = rest.firstIndex(of: UInt8(ascii: "\"")) {
            rest = rest[quote...]
            guard rest.starts(with: member) else {
                rest = rest.dropFirst()
                continue
            }
            let text = rest.dropFirst(member.count)
            let end = text.firstIndex(of: UInt8(ascii: "\"")) ?? text.endIndex
            actions.append(String(decoding: text[..<end], as: UTF8.self))
            rest = text[end...].dropFirst()
        }
        return actions
    }
}

extension Environment {
    /// Writes the last-used data into the ledger.
    /// - Throws: `LedgerError` when the ledger can't be written.
    public func checkpointUsage() async throws(LedgerError) {
        let directory = directory
        try await usage.checkpoint(into: ledger, time: RequestIDs.milliseconds(clock.now)) { id in
            directory.user(uniqueID: id) != nil || directory.role(uniqueID: id) != nil || directory.account(id) != nil
        } isKey: { id in
            directory.accessKey(id) != nil
        }
    }
}
