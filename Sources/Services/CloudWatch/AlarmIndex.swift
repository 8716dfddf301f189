import Directory
import Ledger
import MetricMath
import Platform
import Synchronization

/// What CloudWatch has, in memory: tags, by which policies decide, and the alarms, which are evaluated each minute.
final class AlarmIndex: Projection {
    static let kinds: Set<String> = [StoredAlarm.kind, StoredDashboard.kind, StoredMetricStream.kind]

    private struct State {
        /// By ARN.
        var resources: [String: Resource] = [:]
        var alarms: [Scope: [String: StoredAlarm]] = [:]
        /// Which composite alarms watch an alarm, or are suppressed by it.
        var watchers: [Scope: Watchers] = [:]
        /// Alarms with periods below a minute.
        var fast: Set<String> = []
    }

    /// Composite alarms by the names of the alarms of their rules, and of their suppressors.
    private struct Watchers {
        /// What a composite alarm was last entered under.
        private var children: [String: Set<String>] = [:]
        private var suppressors: [String: String] = [:]
        private(set) var parents: [String: Set<String>] = [:]
        private(set) var suppressed: [String: Set<String>] = [:]

        var isEmpty: Bool { children.isEmpty }

        /// - Parameter watch: nil: it is no composite alarm, or no longer.
        mutating func set(_ name: String, _ watch: AlarmWatch?) {
            for child in children.removeValue(forKey: name) ?? [] { Self.remove(name, from: &parents, of: child) }
            if let old = suppressors.removeValue(forKey: name) { Self.remove(name, from: &suppressed, of: old) }
            guard let watch else { return }
            let named = (try? AlarmRule(watch.rule))?.alarms.map(StoredAlarm.name) ?? []
            children[name] = Set(named)
            for child in named { parents[child, default: []].insert(name) }
            if let suppressor = watch.suppressor.map(StoredAlarm.name) {
                suppressors[name] = suppressor
                suppressed[suppressor, default: []].insert(name)
            }
        }

        private static func remove(_ name: String, from sets: inout [String: Set<String>], of key: String) {
            sets[key]?.remove(name)
            if sets[key]?.isEmpty == true { sets[key] = nil }
        }
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
                    state.watchers[scope, default: Watchers()].set(id, alarm?.alarmWatch)
                    if state.watchers[scope]?.isEmpty == true { state.watchers[scope] = nil }
                    state.resources[arn] = alarm.map { Resource(owner: scope.account, tags: $0.tags) }
                    if let watch = alarm?.metricWatch, watch.period < 60 {
                        state.fast.insert(arn)
                    } else {
                        state.fast.remove(arn)
                    }
                }
            case StoredMetricStream.kind:
                let stream = try change.decodeAfter(StoredMetricStream.self)
                let arn = CloudWatchARN.stream(id, scope.account, scope.region)
                state.withLock { $0.resources[arn] = stream.map { Resource(owner: scope.account, tags: $0.tags) } }
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

    /// The composite alarms whose rules name an alarm, in the order of their names.
    func parents(of name: String, in scope: Scope) -> [String] {
        state.withLock { $0.watchers[scope]?.parents[name] ?? [] }.sorted()
    }

    /// The composite alarms whose actions an alarm suppresses, in the order of their names.
    func suppressed(by name: String, in scope: Scope) -> [String] {
        state.withLock { $0.watchers[scope]?.suppressed[name] ?? [] }.sorted()
    }

    /// The composite alarms that a change of an alarm can reach, each once: behind all those that it watches, but for
    /// alarms that watch each other in a circle. The alarm itself is not among them.
    /// - Complexity: linear in the alarms that their rules name.
    func ancestors(of name: String, in scope: Scope) -> [String] {
        let parents = state.withLock { $0.watchers[scope]?.parents ?? [:] }
        var seen: Set<String> = [name]
        // What comes last is what has been left first.
        var left: [String] = []
        var path = [(name: name, rest: (parents[name] ?? []).sorted()[...])]
        while var top = path.popLast() {
            guard let next = top.rest.popFirst() else {
                if !path.isEmpty { left.append(top.name) }
                continue
            }
            path.append(top)
            if seen.insert(next).inserted { path.append((next, (parents[next] ?? []).sorted()[...])) }
        }
        return left.reversed()
    }

    /// Whether an alarm has to be evaluated more often than each minute.
    var hasFastAlarms: Bool { state.withLock { !$0.fast.isEmpty } }

    /// How many alarms there are.
    var count: Int { state.withLock { $0.alarms.values.reduce(0) { $0 + $1.count } } }
}
