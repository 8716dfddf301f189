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
        /// The same with a group's own, of groups that have one.
        var ofGroups: [LogGroupName: CompiledPolicy] = [:]

        mutating func compile(_ name: LogGroupName) {
            let all = policies[name.scope]?.values.map(\.document) ?? []
            ofGroups[name] = groups[name]?.policy.flatMap { StoredResourcePolicy.compiled(all + [$0.document]) }
        }

        mutating func compile(_ scope: Scope) {
            compiled[scope] = StoredResourcePolicy.compiled(
                (policies[scope] ?? [:]).values.sorted { $0.name < $1.name }.map(\.document))
            for name in ofGroups.keys where name.scope == scope { compile(name) }
        }
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if change.kind == LogGroup.kind {
                let group = try change.decodeAfter(LogGroup.self)
                let name = LogGroupName(account: change.scope.account, region: change.scope.region, name: change.id)
                state.withLock { state in
                    state.groups[name] = group
                    state.compile(name)
                }
            } else {
                let policy = try change.decodeAfter(StoredResourcePolicy.self)
                state.withLock { state in
                    state.policies[change.scope, default: [:]][change.id] = policy
                    state.compile(change.scope)
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
            let (group, policy) = (state.groups[name], state.ofGroups[name] ?? state.compiled[name.scope])
            guard group != nil || policy != nil else { return nil }
            return Resource(owner: name.account, tags: group?.tags ?? [], policy: policy)
        }
    }

    /// The groups of an account and Region that have a resource policy of their own, in the order of their names.
    func groupsWithPolicy(in scope: Scope) -> [LogGroup] {
        state.withLock { state in
            state.ofGroups.keys.filter { $0.scope == scope }.compactMap { state.groups[$0] }.sorted {
                $0.name < $1.name
            }
        }
    }

    /// The groups of an account and Region, in the order of their names.
    func groups(in scope: Scope) -> [LogGroup] {
        state.withLock { state in state.groups.values.filter { $0.scope == scope } }.sorted { $0.name < $1.name }
    }

    /// The groups whose events expire.
    var expiring: [LogGroup] { state.withLock { $0.groups.values.filter { $0.retentionInDays != nil } } }

    /// How many groups there are, of all accounts.
    var count: Int { state.withLock { $0.groups.count } }
}
