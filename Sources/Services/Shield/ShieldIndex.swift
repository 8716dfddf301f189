import Directory
import Ledger
import Platform
import Synchronization

/// The resources of Shield, in memory: their tags, by which policies decide, and the protections by what they protect.
final class ShieldIndex: Projection {
    static let kinds: Set<String> = [StoredProtection.kind, StoredProtectionGroup.kind, StoredSubscription.kind]

    private struct State {
        /// By ARN.
        var resources: [String: Resource] = [:]
        /// The protections by the ARNs of what they protect.
        var protections: [String: StoredProtection] = [:]
        /// What is protected by a protection, by its ID: of one that was deleted nothing else is told.
        var protected: [String: String] = [:]
        var subscriptions: [String: StoredSubscription] = [:]
        /// By ARN.
        var groups: [String: StoredProtectionGroup] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            switch change.kind {
            case StoredProtection.kind: try take(change.id, change.decodeAfter(StoredProtection.self))
            case StoredSubscription.kind:
                let subscription = try change.decodeAfter(StoredSubscription.self)
                state.withLock { $0.subscriptions[change.id] = subscription }
            default: try take(change.id, change.decodeAfter(StoredProtectionGroup.self), account: change.scope.account)
            }
        }
    }

    private func take(_ id: String, _ protection: StoredProtection?) {
        state.withLock { state in
            if let old = state.protected[id], let gone = state.protections[old] {
                state.protections[old] = nil
                state.resources[gone.arn] = nil
            }
            state.protected[id] = protection?.resourceARN
            guard let protection else { return }
            state.protections[protection.resourceARN] = protection
            state.resources[protection.arn] = Resource(owner: protection.accountID, tags: protection.tags)
        }
    }

    private func take(_ id: String, _ group: StoredProtectionGroup?, account: String) {
        state.withLock { state in
            state.groups[ShieldARN.group(id, account)] = group
            state.resources[ShieldARN.group(id, account)] = group.map { Resource(owner: account, tags: $0.tags) }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// nil: there is none of that ARN.
    func resource(_ arn: String) -> Resource? { state.withLock { $0.resources[arn] } }

    /// The protection of a thing; nil: it has none.
    func protection(of resource: String) -> StoredProtection? { state.withLock { $0.protections[resource] } }

    /// All protection groups.
    var groups: [StoredProtectionGroup] { state.withLock { Array($0.groups.values) } }

    /// All protections.
    var protections: [StoredProtection] { state.withLock { Array($0.protections.values) } }

    /// Those with an automatic response, by the ARNs of their rule groups: applications behind one web ACL share it.
    var protectionsByGroup: [String: [StoredProtection]] {
        let placed = protections.filter { $0.response?.isEnabled == true && $0.response?.placement != nil }
        return Dictionary(grouping: placed) { $0.response?.placement?.ruleGroup ?? "" }
    }

    /// Whether an account has Shield Advanced.
    func isSubscribed(_ account: String, at time: Double) -> Bool {
        state.withLock { $0.subscriptions[account] }?.isActive(at: time) == true
    }
}
