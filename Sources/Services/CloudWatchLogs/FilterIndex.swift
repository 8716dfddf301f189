import Directory
import Ledger
import LogPatterns
import Platform
import Synchronization

/// What is asked of each event that comes: the filters of its group and the rules of its account, compiled once.
final class FilterIndex: Projection {
    static let kinds: Set<String> = [MetricFilter.kind, SubscriptionFilter.kind, AccountPolicy.kind]

    /// The filters of a group.
    struct OfGroup: Sendable {
        var metrics: [CompiledMetricFilter] = []
        var subscriptions: [Subscription] = []

        var isEmpty: Bool { metrics.isEmpty && subscriptions.isEmpty }
    }

    private struct State {
        /// By their names.
        var metrics: [LogGroupName: [String: CompiledMetricFilter]] = [:]
        var subscriptions: [LogGroupName: [String: Subscription]] = [:]
        /// By the names of policies.
        var ofAccounts: [Scope: [String: (rule: Subscription, exceptions: Set<String>)]] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            switch change.kind {
            case MetricFilter.kind:
                guard let (group, name) = Self.place(of: change) else { continue }
                let filter = try change.decodeAfter(MetricFilter.self).flatMap { CompiledMetricFilter($0) }
                state.withLock { $0.metrics[group, default: [:]][name] = filter }
            case SubscriptionFilter.kind:
                guard let (group, name) = Self.place(of: change) else { continue }
                let subscription = try change.decodeAfter(SubscriptionFilter.self).flatMap {
                    Subscription(id: Subscription.id(ofFilter: name), $0.rule)
                }
                state.withLock { $0.subscriptions[group, default: [:]][name] = subscription }
            default:
                let policy = try change.decodeAfter(AccountPolicy.self)
                let rule = policy.flatMap { policy in
                    policy.subscription.flatMap { Subscription(id: Subscription.id(ofPolicy: policy.name), $0) }
                }
                state.withLock {
                    $0.ofAccounts[change.scope, default: [:]][change.id] = rule.map { ($0, policy?.exceptions ?? []) }
                }
            }
        }
    }

    /// The group and the name of a filter, whose id has both.
    private static func place(of change: Change) -> (LogGroupName, String)? {
        guard let colon = change.id.firstIndex(of: ":") else { return nil }
        let group = LogGroupName(
            account: change.scope.account, region: change.scope.region, name: String(change.id[..<colon]))
        return (group, String(change.id[change.id.index(after: colon)...]))
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// What is asked of the events of a group.
    func filters(of group: LogGroupName) -> OfGroup {
        state.withLock { state in
            var filters = OfGroup()
            if let metrics = state.metrics[group] { filters.metrics = metrics.map(\.value) }
            if let own = state.subscriptions[group] { filters.subscriptions = own.map(\.value) }
            if let ofAccount = state.ofAccounts[group.scope] {
                filters.subscriptions += ofAccount.values.filter { !$0.exceptions.contains(group.name) }.map(\.rule)
            }
            return filters
        }
    }
}
