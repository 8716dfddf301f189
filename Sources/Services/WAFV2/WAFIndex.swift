import Directory
import Ledger
import Platform
import Policy
import Synchronization
import Wire

/// The resources of WAF, in memory: their tags, and the policies of rule groups.
final class WAFIndex: Projection {
    static let kinds: Set<String> = [
        StoredWebACL.kind, StoredRuleGroup.kind, StoredIPSet.kind, StoredRegexSet.kind,
    ]

    private struct Entry {
        let arn: String
        let resource: Resource
    }

    private struct State {
        var resources: [String: Resource] = [:]
        /// The ARNs by kinds and ids: of a resource that was deleted nothing else is told.
        var arns: [String: String] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let entry: Entry?
            switch change.kind {
            case StoredWebACL.kind: entry = try Self.entry(change, StoredWebACL.self)
            case StoredIPSet.kind: entry = try Self.entry(change, StoredIPSet.self)
            case StoredRegexSet.kind: entry = try Self.entry(change, StoredRegexSet.self)
            default:
                entry = try change.decodeAfter(StoredRuleGroup.self).map { group in
                    Entry(
                        arn: group.arn,
                        resource: Resource(
                            owner: group.head.accountID, tags: group.head.tags,
                            policy: group.policy.map { PermissionPolicies.compiled($0) }))
                }
            }
            let key = "\(change.kind) \(change.id)"
            state.withLock { state in
                if let old = state.arns[key] { state.resources[old] = nil }
                state.arns[key] = entry?.arn
                if let entry { state.resources[entry.arn] = entry.resource }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// nil: there is none of that ARN.
    func resource(_ arn: String) -> Resource? { state.withLock { $0.resources[arn] } }

    private static func entry<R: WAFResource>(_ change: Change, _ type: R.Type) throws(LedgerError) -> Entry? {
        try change.decodeAfter(type).map {
            Entry(arn: $0.arn, resource: Resource(owner: $0.head.accountID, tags: $0.head.tags))
        }
    }
}
