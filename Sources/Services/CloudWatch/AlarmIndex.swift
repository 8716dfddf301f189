import Directory
import Ledger
import Platform
import Synchronization

/// What CloudWatch has, in memory: tags, by which policies decide, and the alarms, which are evaluated each minute.
final class AlarmIndex: Projection {
    static let kinds: Set<String> = [StoredAlarm.kind, StoredDashboard.kind]

    private struct State {
        /// By ARN.
        var resources: [String: Resource] = [:]
        var alarms: [Scope: [String: StoredAlarm]] = [:]
        /// Alarms with periods below a minute.
        var fast: Set<String> = []
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let (scope, id) = (change.scope, change.id)
            switch change.kind {
            case StoredAlarm.kind:
                let alarm = try change.decodeAfter(StoredAlarm.self)
                let arn = CloudWatchARN.alarm(id, scope.account, scope.region)
                state.withLock { state in
                    state.alarms[scope, default: [:]][id] = alarm
                    if state.alarms[scope]?.isEmpty == true { state.alarms[scope] = nil }
                    state.resources[arn] = alarm.map { Resource(owner: scope.account, tags: $0.tags) }
                    if let watch = alarm?.metricWatch, watch.period < 60 {
                        state.fast.insert(arn)
                    } else {
                        state.fast.remove(arn)
                    }
                }
            default:
                let dashboard = try change.decodeAfter(StoredDashboard.self)
                let arn = CloudWatchARN.dashboard(id, scope.account)
                state.withLock { $0.resources[arn] = dashboard.map { Resource(owner: scope.account, tags: $0.tags) } }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// nil: there is none of that ARN.
    func resource(_ arn: String) -> Resource? { state.withLock { $0.resources[arn] } }

    /// The accounts and Regions that have alarms.
    var scopes: [Scope] { state.withLock { Array($0.alarms.keys) } }

    /// All alarms of an account and Region, in the order of their names.
    func alarms(in scope: Scope) -> [StoredAlarm] {
        state.withLock { Array(($0.alarms[scope] ?? [:]).values) }.sorted { $0.name < $1.name }
    }

    /// Whether an alarm has to be evaluated more often than each minute.
    var hasFastAlarms: Bool { state.withLock { !$0.fast.isEmpty } }

    /// How many alarms there are.
    var count: Int { state.withLock { $0.alarms.values.reduce(0) { $0 + $1.count } } }
}
