import Costs
import Directory
import Ledger
public import Platform
public import Wire

/// Counts every call, for bills: by account, hour, service, operation, Region, principal, resource and its tags.
///
/// Nothing is counted while a call is answered. The event history has each call durably already, those that changed something in
/// one transaction with their change. So the counts are made from it, and how far they are is committed together with them: no
/// kill loses a recorded call or counts it twice, and however many nodes count, one of them does.
/// What nobody could record has no event, and is not charged.
public enum Metering {
    /// Segments of events that one transaction takes in.
    private static let segments = 32

    /// Takes in all that was recorded up to now. It begins by writing out what this node has yet to record.
    public static func catchUp(_ environment: Environment) async throws(ServiceError) {
        let end = try await HistoryWalk(environment: environment).end()
        while try await step(environment, through: end) {}
    }

    private static func step(_ environment: Environment, through end: Int64) async throws(ServiceError) -> Bool {
        let start = try await environment.read(MeterCursor.scope) { (records) throws(ServiceError) in
            try records.get(MeterCursor.self, MeterCursor.name)?.sequence ?? 0
        }
        guard start < end else { return false }
        let events: [Event]
        let last: Int64
        do throws(LedgerError) {
            (events, last) = try await environment.ledger.followEvents(after: start, limit: segments)
        } catch {
            throw ServiceError(error)
        }
        guard last > start else { return false }
        let counts = try await counts(of: events, environment)
        let payers = Dictionary(
            Set(counts.keys.map(\.account)).map { ($0, environment.payer(of: $0)) },
            uniquingKeysWith: { first, _ in first })
        try await environment.write(MeterCursor.scope, requestID: "") { (records) throws(ServiceError) in
            // Another may have counted the same.
            guard try records.get(MeterCursor.self, MeterCursor.name)?.sequence ?? 0 == start else { return }
            for (use, count) in counts { try records.add(use, count) }
            try records.note(counts.keys, payers)
            try records.put(MeterCursor(id: MeterCursor.name, sequence: last))
        }
        return true
    }

    /// How many calls of each kind there are among events. Those of an event that is no call are none.
    static func counts(
        of events: [Event], _ environment: Environment
    ) async throws(ServiceError) -> [MeteredUse: Int64] {
        var calls: [(call: RecordedCall, hour: Int64)] = []
        calls.reserveCapacity(events.count)
        for event in events {
            if let call = RecordedCall(event) { calls.append((call, event.time / 3_600_000)) }
        }
        let tags = try await ResourceTags(of: calls.map(\.call), environment)
        var counts: [MeteredUse: Int64] = [:]
        for (call, hour) in calls {
            let use = MeteredUse(
                account: call.account, hour: hour, service: call.service, operation: call.operation,
                region: call.region, principal: call.principal, resource: call.resource,
                tags: tags[call.resource], count: 0)
            counts[use, default: 0] += 1
        }
        return counts
    }
}

extension MutableRecords {
    fileprivate func add(_ use: MeteredUse, _ count: Int64) throws(ServiceError) {
        let own = of(Scope(account: use.account))
        var row = MeteredRow(use)
        let known = try own.get(MeteredRow.self, row.key)?.count ?? 0
        let (sum, overflow) = known.addingReportingOverflow(count)
        row.count = overflow ? .max : sum
        try own.put(row)
    }

    /// Keeps which tags there are, and when something that has them was used last.
    fileprivate func note(_ uses: some Sequence<MeteredUse>, _ payers: [String: String]) throws(ServiceError) {
        var days: [String: [String: Int]] = [:]
        for use in uses {
            let payer = payers[use.account] ?? use.account
            let day = CivilDate(hour: use.hour).day
            for key in use.tags.keys { days[payer, default: [:]][key] = max(day, days[payer]?[key] ?? day) }
        }
        for (payer, keys) in days {
            let own = of(Scope(account: payer))
            for (key, day) in keys {
                var tag = try own.get(CostTag.self, key) ?? CostTag(id: key, lastUsed: 0)
                guard tag.lastUsed < day else { continue }
                tag.lastUsed = day
                try own.put(tag)
            }
        }
    }
}

extension Environment {
    /// The account that pays for another: the management account of its organization, or the account itself.
    public func payer(of account: String) -> String { directory.account(account)?.managementAccountID ?? account }
}

/// Keeps the counts up to date, once a minute.
public struct MeterCalls: RecurringJob {
    public static let kind = "Gatehouse::MeterCalls"
    public static let interval = 60.0

    public init() {}

    public func run(_ context: JobContext) async throws(ServiceError) {
        try await Metering.catchUp(context.environment)
    }
}
