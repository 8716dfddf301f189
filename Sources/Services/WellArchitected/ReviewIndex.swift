import Directory
import Ledger
import Platform
import Synchronization

/// What can be named across accounts, in memory: whose it is, its tags, and with whom it is shared.
final class ReviewIndex: Projection {
    static let kinds: Set<String> = [
        StoredWorkload.kind, StoredLens.kind, StoredProfile.kind, StoredTemplate.kind, StoredShare.kind,
    ]

    /// A share, and whose it is.
    struct Share: Sendable {
        let share: StoredShare
        let owner: Scope
    }

    private struct State {
        /// By ARN.
        var resources: [String: Resource] = [:]
        /// Where each workload is, by its id.
        var workloads: [String: ReviewName] = [:]
        /// By their ids.
        var shares: [String: Share] = [:]
        /// The ids of the shares of each resource, by ARN.
        var byResource: [String: Set<String>] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            switch change.kind {
            case StoredWorkload.kind:
                let workload = try change.decodeAfter(StoredWorkload.self)
                let name = ReviewName(.workload, change.id, account: change.scope.account, region: change.scope.region)
                set(name, workload?.tags)
                state.withLock { $0.workloads[change.id] = workload == nil ? nil : name }
            case StoredLens.kind: try take(.lens, change, change.decodeAfter(StoredLens.self)?.tags)
            case StoredProfile.kind: try take(.profile, change, change.decodeAfter(StoredProfile.self)?.tags)
            case StoredTemplate.kind: try take(.template, change, change.decodeAfter(StoredTemplate.self)?.tags)
            default: set(change.id, try change.decodeAfter(StoredShare.self), change.scope)
            }
        }
    }

    private func take(_ kind: ReviewName.Kind, _ change: Change, _ tags: [Tag]?) throws(LedgerError) {
        set(ReviewName(kind, change.id, account: change.scope.account, region: change.scope.region), tags)
    }

    private func set(_ name: ReviewName, _ tags: [Tag]?) {
        state.withLock { $0.resources[name.arn] = tags.map { Resource(owner: name.account, tags: $0) } }
    }

    private func set(_ id: String, _ share: StoredShare?, _ owner: Scope) {
        state.withLock { state in
            if let old = state.shares[id] { state.byResource[old.share.resource]?.remove(id) }
            state.shares[id] = share.map { Share(share: $0, owner: owner) }
            if let share { state.byResource[share.resource, default: []].insert(id) }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// nil: there is none of that ARN.
    func resource(_ arn: String) -> Resource? { state.withLock { $0.resources[arn] } }

    /// Where a workload is; nil: nowhere.
    func workload(_ id: String) -> ReviewName? { state.withLock { $0.workloads[id] } }

    func shares(of resource: String) -> [Share] {
        state.withLock { state in (state.byResource[resource] ?? []).sorted().compactMap { state.shares[$0] } }
    }

    /// All shares of a Region, in the order of their ids.
    func shares(in region: String) -> [Share] {
        state.withLock { Array($0.shares.values) }.filter { $0.owner.region == region }
            .sorted { $0.share.id < $1.share.id }
    }
}

extension Environment {
    var reviews: ReviewIndex { projection(ReviewIndex.self) }
}

extension ResourceType {
    /// Workloads, lenses, profiles and review templates, with their tags.
    static let ofReviews = ResourceType("wellarchitected", "", hasOwnTagKey: false) { access, _, call in
        call.environment.reviews.resource(access.resource)
    }
}

extension Call {
    /// The shares that let the caller at something that another account has, the ones with the most permission first.
    func sharesInReach(of resource: String) -> [ReviewIndex.Share] {
        environment.reviews.shares(of: resource).filter { $0.share.isInEffect && isMeant(by: $0.share.sharedWith) }
            .sorted { $0.share.permission < $1.share.permission }
    }

    /// Whether a share is with the caller: with the account, the user, the organization or one of its units.
    func isMeant(by sharedWith: String) -> Bool {
        if sharedWith == accountID || sharedWith == caller.principalARN { return true }
        guard let last = sharedWith.split(separator: "/").last.map(String.init) else { return false }
        if last.hasPrefix("o-") { return directory.organization(ofAccount: accountID)?.id == last }
        return last.hasPrefix("ou-") && directory.containers(ofAccount: accountID).contains(last)
    }
}
