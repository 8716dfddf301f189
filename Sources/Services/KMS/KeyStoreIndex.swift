import KeyMaterial
import Ledger
import Platform
import Synchronization
import Wire

/// All custom key stores: whether a key can be used depends on its own.
final class KeyStoreIndex: Projection {
    static let kinds: Set<String> = [CustomKeyStore.kind]

    private struct Place: Hashable {
        let scope: Scope
        let id: String
    }

    private let stores = Mutex<[Place: CustomKeyStore]>([:])

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let store = try change.decodeAfter(CustomKeyStore.self)
            stores.withLock { $0[Place(scope: change.scope, id: change.id)] = store }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        stores.withLock { $0 = [:] }
        try apply(changes)
    }

    /// In the order of their ids.
    func stores(in scope: Scope) -> [CustomKeyStore] {
        stores.withLock { $0.filter { $0.key.scope == scope }.values.sorted { $0.id < $1.id } }
    }

    func store(_ id: String, in scope: Scope) -> CustomKeyStore? {
        stores.withLock { $0[Place(scope: scope, id: id)] }
    }
}

extension Call {
    /// The custom key store of an id in the caller's account.
    func keyStore(_ id: String) -> CustomKeyStore? { environment.projection(KeyStoreIndex.self).store(id, in: scope) }

    /// The custom key store that a key is in; nil: none.
    func keyStore(of key: Key) -> CustomKeyStore? {
        guard let id = key.keyStoreID else { return nil }
        return environment.projection(KeyStoreIndex.self).store(id, in: key.scope)
    }

    /// The state of a key, as everybody is told: one in a key store that is not connected is unavailable, unless it waits
    /// for its deletion.
    func state(of key: Key) -> Key.State {
        guard key.keyStoreID != nil, key.state == .enabled || key.state == .disabled else { return key.state }
        return keyStore(of: key)?.state == .connected ? key.state : .unavailable
    }
}
