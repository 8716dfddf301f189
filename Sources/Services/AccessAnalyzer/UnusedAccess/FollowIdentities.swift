import Directory
import Ledger
import Platform
import Wire

/// Looks anew at users and roles whose policies or credentials have changed, and at all of them for an analyzer that is new or
/// has been told otherwise.
struct FollowIdentities: Follower {
    static let name = "AccessAnalyzer::FollowIdentities"
    static let source = FollowedSource.journal(kinds: [
        Analyzer.kind, User.kind, Role.kind, Group.kind, ManagedPolicy.kind, AccessKey.kind, LoginProfile.kind,
    ])

    /// Where no analyzer looks for unused access, nothing is followed but the making of one.
    static func source(_ environment: Environment) -> FollowedSource {
        environment.projection(AnalyzerIndex.self).isSearchingUnused ? source : .journal(kinds: [Analyzer.kind])
    }

    static func prepare(
        _ batch: FollowedBatch, _ environment: Environment
    ) async throws(ServiceError) -> @Sendable (MutableRecords) throws(ServiceError) -> Void {
        // What is done here does no harm when it is done again, and may take longer than a transaction.
        let search = UnusedAccessSearch(environment: environment)
        let analyzers = search.analyzers
        guard case .changes(let entries, let hasGap) = batch, !analyzers.isEmpty else { return { _ in } }
        var changed = ChangedIdentities()
        do throws(LedgerError) {
            for entry in entries { try changed.take(entry.change) }
        } catch {
            throw ServiceError(error)
        }
        for analyzer in analyzers where hasGap || changed.analyzers.contains(analyzer.arn) {
            try await search.scan(analyzer)
        }
        // What changed before an analyzer was made, its first look sees.
        let begun = try await search.thatHaveLooked(analyzers)
        if !hasGap, !begun.isEmpty {
            let ids = try await changed.identities(environment)
            try await search.forget(changed.gone(environment), begun)
            try await search.look(at: ids, begun)
        }
        return { _ in }
    }
}

/// Whom changes of records are about.
private struct ChangedIdentities {
    /// ARNs of those that are new, or have been told otherwise.
    private(set) var analyzers: Set<String> = []
    /// Unique ids.
    private var identities: Set<String> = []
    private var groups: [(account: String, id: String)] = []
    private var policies: [(account: String, arn: String)] = []
    /// What users and roles were called.
    private var former: Set<FoundResource> = []

    mutating func take(_ change: Change) throws(LedgerError) {
        switch change.kind {
        case Analyzer.kind:
            guard let new = try change.decodeAfter(Analyzer.self), new.type.search == .unused else { return }
            let old = try change.decodeBefore(Analyzer.self)
            if old?.created != new.created || old?.configuration != new.configuration { analyzers.insert(new.arn) }
        case User.kind: take(try change.decodeBefore(User.self), try change.decodeAfter(User.self))
        case Role.kind: take(try change.decodeBefore(Role.self), try change.decodeAfter(Role.self))
        case Group.kind:
            // Who joins or leaves it is changed by that.
            guard let new = try change.decodeAfter(Group.self) else { return }
            groups.append((new.accountID, new.uniqueID))
        case ManagedPolicy.kind:
            guard let new = try change.decodeAfter(ManagedPolicy.self) else { return }
            policies.append((new.accountID, new.arn))
        case AccessKey.kind:
            if let key = try change.decodeAfter(AccessKey.self) {
                identities.insert(key.ownerID)
            } else if let key = try change.decodeBefore(AccessKey.self) {
                identities.insert(key.ownerID)
            }
        case LoginProfile.kind: identities.insert(change.id)
        default: break
        }
    }

    private mutating func take<I: Identity>(_ old: I?, _ new: I?) {
        if let new { identities.insert(new.uniqueID) }
        guard let old, old.arn != new?.arn else { return }
        former.insert(FoundResource(arn: old.arn, type: I.kind, owner: old.accountID))
    }

    /// What no user or role is called any more.
    func gone(_ environment: Environment) -> [FoundResource] {
        former.filter { environment.directory.uniqueID(ofARN: $0.arn) == nil }
    }

    /// The unique ids of all that are concerned, those that have a policy or are in a group that has changed among them.
    func identities(_ environment: Environment) async throws(ServiceError) -> Set<String> {
        var ids = identities
        var groups = groups
        for (account, arn) in policies {
            let holders = try await environment.read(Scope(account: account)) { (records) throws(ServiceError) in
                (
                    try records.referrers(User.self, Relation.attachedPolicy, to: arn).map(\.uniqueID)
                        + records.referrers(Role.self, Relation.attachedPolicy, to: arn).map(\.uniqueID),
                    try records.referrers(Group.self, Relation.attachedPolicy, to: arn).map(\.uniqueID)
                )
            }
            ids.formUnion(holders.0)
            groups += holders.1.map { (account, $0) }
        }
        for (account, id) in groups {
            ids.formUnion(
                try await environment.read(Scope(account: account)) { (records) throws(ServiceError) in
                    try records.referrers(User.self, Relation.group, to: id).map(\.uniqueID)
                })
        }
        return ids
    }
}
