import Ledger
import Platform
import Synchronization

/// All identity pools, in memory: requests without a signature name nothing but a pool or an identity.
final class IdentityPoolIndex: Projection {
    static let kinds: Set<String> = [IdentityPool.kind]

    private struct State {
        var pools: [String: IdentityPool] = [:]
        /// The ids of pools by what those of their identities begin with.
        var byPrefix: [String: String] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let pool = try change.decodeAfter(IdentityPool.self)
            state.withLock { state in
                state.pools[change.id] = pool
                let prefix = IdentityPool.identityPrefix(change.id)
                if pool != nil {
                    state.byPrefix[prefix] = change.id
                } else if state.byPrefix[prefix] == change.id {
                    state.byPrefix[prefix] = nil
                }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// nil: there is no such pool, in any account.
    func pool(_ id: String) -> IdentityPool? { state.withLock { $0.pools[id] } }

    /// nil: no pool has identities with such ids.
    func pool(ofIdentity id: String) -> IdentityPool? {
        let prefix = IdentityPool.identityPrefix(id)
        return state.withLock { state in state.byPrefix[prefix].flatMap { state.pools[$0] } }
    }
}

extension Environment {
    /// An identity pool, of whatever account and region.
    func identityPool(_ id: String) -> IdentityPool? { projection(IdentityPoolIndex.self).pool(id) }

    /// The pool that an identity is of, if there is such an identity.
    func identityPool(ofIdentity id: String) -> IdentityPool? {
        projection(IdentityPoolIndex.self).pool(ofIdentity: id)
    }
}
