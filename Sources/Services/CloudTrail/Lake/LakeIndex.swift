import Directory
import Ledger
import Platform
import Policy
import Synchronization

/// All event data stores, channels and dashboards, of all accounts and Regions: there are few.
final class LakeIndex: Projection {
    static let kinds: Set<String> = [EventDataStore.kind, Channel.kind, Dashboard.kind]

    private struct State: Sendable {
        var stores: [String: EventDataStore] = [:]
        /// Those whose events are to tell more than others.
        var enriched: [String: EventDataStore] = [:]
        var channels: [String: Channel] = [:]
        /// By ARN.
        var dashboards: [String: Dashboard] = [:]
        /// Resource-based policies, by the ARNs of what has one.
        var policies: [String: CompiledPolicy] = [:]
    }

    private let state = Mutex(State())

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            switch change.kind {
            case EventDataStore.kind:
                let store = try change.decodeAfter(EventDataStore.self)
                let policy = LakePolicies.compiled(store?.policy)
                state.withLock { state in
                    if let old = state.stores[change.id] { state.policies[old.arn] = nil }
                    state.stores[change.id] = store
                    state.enriched[change.id] = store.flatMap { $0.isEnriched ? $0 : nil }
                    if let store { state.policies[store.arn] = policy }
                }
            case Channel.kind:
                let channel = try change.decodeAfter(Channel.self)
                let policy = LakePolicies.compiled(channel?.policy)
                state.withLock { state in
                    if let old = state.channels[change.id] { state.policies[old.arn] = nil }
                    state.channels[change.id] = channel
                    if let channel { state.policies[channel.arn] = policy }
                }
            default:
                let dashboard = try change.decodeAfter(Dashboard.self)
                let arn = Dashboard.arn(change.id, in: change.scope)
                let policy = LakePolicies.compiled(dashboard?.policy)
                state.withLock { state in
                    state.dashboards[arn] = dashboard
                    state.policies[arn] = policy
                }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// An event data store by its id, which is like no other.
    func store(_ id: String) -> EventDataStore? { state.withLock { $0.stores[id] } }

    /// An event data store by its ARN.
    func store(arn: String) -> EventDataStore? {
        arn.split(separator: "/").last.flatMap { store(String($0)) }.flatMap { $0.arn == arn ? $0 : nil }
    }

    /// A channel by its id, which is like no other.
    func channel(_ id: String) -> Channel? { state.withLock { $0.channels[id] } }

    func dashboard(_ arn: String) -> Dashboard? { state.withLock { $0.dashboards[arn] } }

    /// The resource-based policy of what has an ARN.
    func policy(_ arn: String) -> CompiledPolicy? { state.withLock { $0.policies[arn] } }

    /// Those that pass a test, in the order of their ids.
    func stores(where isIncluded: (EventDataStore) -> Bool = { _ in true }) -> [EventDataStore] {
        state.withLock { $0.stores.values.filter(isIncluded) }.sorted { $0.id < $1.id }
    }

    /// What the events of an account are to tell besides, to all of its event data stores and its organization's together.
    func contextKeys(ofAccount account: String, _ directory: IdentityDirectory) -> EventContextKeys? {
        let enriched = state.withLock { $0.enriched }
        guard !enriched.isEmpty else { return nil }
        let organization = directory.organization(ofAccount: account)?.id
        var keys: EventContextKeys?
        for store in enriched.values
        where store.accountID == account || store.organizationID != nil && store.organizationID == organization {
            let own = store.contextKeys
            keys = EventContextKeys(
                conditions: own.conditions.union(keys?.conditions ?? []),
                resourceTags: own.resourceTags.union(keys?.resourceTags ?? []))
        }
        return keys
    }

    /// Whether a channel puts events into an event data store.
    func hasChannel(into store: EventDataStore) -> Bool {
        state.withLock { $0.channels.values.contains { $0.destinations.contains(store.arn) } }
    }

    /// The widget whose query has an alias, of an account's dashboards in a Region.
    func widget(_ alias: String, in scope: Scope) -> Dashboard.Widget? {
        state.withLock { state in
            for dashboard in state.dashboards.values where dashboard.scope == scope {
                if let widget = dashboard.widgets.first(where: { $0.alias == alias }) { return widget }
            }
            return nil
        }
    }

    /// How many event data stores there are in each Region.
    var counts: [String: Int] {
        state.withLock { $0.stores.values.reduce(into: [:]) { $0[$1.homeRegion, default: 0] += 1 } }
    }
}

extension Environment {
    var lake: LakeIndex { projection(LakeIndex.self) }
}

extension ResourceType {
    static let eventDataStore = ResourceType("cloudtrail", "eventdatastore/", hasOwnTagKey: false) { _, arn, call in
        let lake = call.environment.lake
        return lake.store(String(arn.resource.dropFirst("eventdatastore/".count))).flatMap { store in
            guard store.accountID == arn.account else { return nil }
            return Resource(owner: store.accountID, tags: store.tags, policy: lake.policy(store.arn))
        }
    }

    static let channel = ResourceType("cloudtrail", "channel/", hasOwnTagKey: false) { _, arn, call in
        let lake = call.environment.lake
        return lake.channel(String(arn.resource.dropFirst("channel/".count))).flatMap { channel in
            guard channel.accountID == arn.account else { return nil }
            return Resource(owner: channel.accountID, tags: channel.tags, policy: lake.policy(channel.arn))
        }
    }

    static let dashboard = ResourceType("cloudtrail", "dashboard/", hasOwnTagKey: false) { _, arn, call in
        let lake = call.environment.lake
        return lake.dashboard("\(arn)").map {
            Resource(owner: $0.accountID, tags: $0.tags, policy: lake.policy($0.arn))
        }
    }
}
