import CloudWatchLogsAPI
import Compression
import Crypto
import Ledger
import LogPatterns
import Platform
import S3API
import Wire

extension Metric {
    static let droppedSubscriptionEvents = Metric(
        "gatehouse_logs_dropped_subscription_events_total",
        "Log events that a subscription did not send on: refused, or not taken for a day.")
}

/// Sends on what a subscription has found: at least once to servers, exactly once into buckets and log groups, in the order in
/// which it came. What is not taken is tried again for a day.
struct DeliverSubscription: Job {
    static let kind = "Logs::DeliverSubscription"
    /// Servers may hang.
    static let concurrency = 8
    static let share = 4
    /// Seconds.
    private static let patience = 86_400.0
    /// Rows that are looked at together; for a bucket they become one object.
    private static let portion = 32
    /// Portions that are sent before other subscriptions have their turn.
    private static let mostRounds = 32

    /// The group's name, and its ``LogGroup/uniqueID``.
    let group: String
    let groupID: String
    /// The ``Subscription/id``.
    let subscription: String

    static func id(_ groupID: String, _ subscription: String) -> String { "\(groupID) \(subscription)" }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, scope) = (context.environment, context.scope)
        for _ in 0..<Self.mostRounds {
            guard let work = try await next(scope, environment) else { break }
            guard let (name, rule, isOfAccount) = work.subscription, let group = work.group,
                let route = try await SubscriptionRoute.find(
                    rule, from: "\(group.reference.arn):*", account: group.accountID, region: group.region, environment)
            else {
                // Nobody wants them any more.
                try await drop(work.rows, scope, environment)
                continue
            }
            let sender = SubscriptionSender(
                environment: environment, group: group, route: route, filter: name, isOfAccount: isOfAccount,
                pattern: try? FilterPattern(rule.pattern))
            do throws(ServiceError) {
                try await sender.send(work.rows)
            } catch {
                guard let oldest = work.rows.first,
                    environment.now() - Double(oldest.ingestion) / 1000 > Self.patience
                else { throw error }
                environment.metrics.add(1, to: .droppedSubscriptionEvents)
                try await drop([oldest], scope, environment)
            }
        }
        let (groupID, subscription) = (groupID, subscription)
        try await context.finish { (records) throws(ServiceError) in
            // What came meanwhile found the schedule taken; and there may be more than its turn has sent.
            guard try !records.outgoing(groupID, subscription, limit: 1).isEmpty else { return }
            try records.schedule(self, id: Self.id(groupID, subscription), at: environment.now())
        }
    }

    private struct Work: Sendable {
        let rows: [OutgoingEvents]
        let group: LogGroup?
        let subscription: (name: String, rule: SubscriptionRule, isOfAccount: Bool)?
    }

    /// nil: there is nothing left.
    private func next(_ scope: Scope, _ environment: Environment) async throws(ServiceError) -> Work? {
        let (name, groupID, subscription) = (group, groupID, subscription)
        return try await environment.read(scope) { (records) throws(ServiceError) in
            let rows = try records.outgoing(groupID, subscription, limit: Self.portion)
            guard !rows.isEmpty else { return nil }
            let group = try records.get(LogGroup.self, name)
            guard let group, group.uniqueID == groupID else { return Work(rows: rows, group: nil, subscription: nil) }
            return Work(rows: rows, group: group, subscription: try records.subscription(subscription, of: name))
        }
    }

    private func drop(
        _ rows: [OutgoingEvents], _ scope: Scope, _ environment: Environment
    ) async throws(ServiceError) {
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            for row in rows { try records.delete(OutgoingEvents.self, row.key, of: row.group) }
        }
    }
}

extension RecordReading {
    /// The first of what waits to be sent by a subscription.
    func outgoing(_ group: String, _ subscription: String, limit: Int) throws(ServiceError) -> [OutgoingEvents] {
        try list(OutgoingEvents.self, of: group, RowRange(OutgoingEvents.prefix(subscription)), limit: limit)
    }
}
