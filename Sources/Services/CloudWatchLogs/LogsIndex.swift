import Directory
import Ledger
import Platform
import Policy
import Synchronization

/// Log groups and resource policies, in memory: what policies decide by, and what writers of events need of their group.
final class LogsIndex: Projection {
    static let kinds: Set<String> = [LogGroup.kind, StoredResourcePolicy.kind]

    private struct State {
        var groups: [LogGroupName: LogGroup] = [:]
        /// Of each account and Region, by their names.
        var policies: [Scope: [String: StoredResourcePolicy]] = [:]
        /// All of an account and Region as one.
        var compiled: [Scope: CompiledPolicy] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if change.kind == LogGroup.kind {
                let group = try change.decodeAfter(LogGroup.self)
                let name = LogGroupName(account: change.scope.account, region: change.scope.region, name: change.id)
                state.withLock { $0.groups[name] = group }
            } else {
                let policy = try change.decodeAfter(StoredResourcePolicy.self)
                state.withLock { state in
                    state.policies[change.scope, default: [:]][change.id] = policy
                    let all = state.policies[change.scope] ?? [:]
                    state.compiled[change.scope] = StoredResourcePolicy.compiled(all.values)
                }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// nil: there is no such group.
    func group(_ name: LogGroupName) -> LogGroup? { state.withLock { $0.groups[name] } }

    /// The resource's side of a request to a group, or to one that is yet to be made; nil: there is nothing to know.
    func resource(_ name: LogGroupName) -> Resource? {
        state.withLock { state in
            let (group, policy) = (state.groups[name], state.compiled[name.scope])
            guard group != nil || policy != nil else { return nil }
            return Resource(owner: name.account, tags: group?.tags ?? [], policy: policy)
        }
    }

    /// The groups whose events expire.
    var expiring: [LogGroup] { state.withLock { $0.groups.values.filter { $0.retentionInDays != nil } } }

    /// How many groups there are, of all accounts.
    var count: Int { state.withLock { $0.groups.count } }
}
