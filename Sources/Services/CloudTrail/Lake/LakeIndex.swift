import Ledger
import Platform
import Synchronization

/// All event data stores, of all accounts and Regions: there are few.
final class LakeIndex: Projection {
    static let kinds: Set<String> = [EventDataStore.kind]

    private let stores = Mutex<[String: EventDataStore]>([:])

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            let store = try change.decodeAfter(EventDataStore.self)
            stores.withLock { $0[change.id] = store }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        stores.withLock { $0 = [:] }
        try apply(changes)
    }

    /// An event data store by its id, which is like no other.
    func store(_ id: String) -> EventDataStore? { stores.withLock { $0[id] } }

    /// Those that pass a test, in the order of their ids.
    func stores(where isIncluded: (EventDataStore) -> Bool = { _ in true }) -> [EventDataStore] {
        stores.withLock { $0.values.filter(isIncluded) }.sorted { $0.id < $1.id }
    }

    /// How many there are in each Region.
    var counts: [String: Int] {
        stores.withLock { $0.values.reduce(into: [:]) { $0[$1.homeRegion, default: 0] += 1 } }
    }
}

extension Environment {
    var lake: LakeIndex { projection(LakeIndex.self) }
}

extension ResourceType {
    static let eventDataStore = ResourceType("cloudtrail", "eventdatastore/", hasOwnTagKey: false) { _, arn, call in
        call.environment.lake.store(String(arn.resource.dropFirst("eventdatastore/".count))).flatMap { store in
            store.accountID == arn.account ? Resource(owner: store.accountID, tags: store.tags) : nil
        }
    }
}
