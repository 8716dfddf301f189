import Directory
import Ledger
import Platform
import Synchronization

/// All aggregators, and who lets which of them read.
final class AggregatorIndex: Projection {
    static let kinds: Set<String> = [Aggregator.kind, AggregationAuthorization.kind, DeclinedAggregation.kind]

    private struct State {
        var aggregators: [Scope: [String: Aggregator]] = [:]
        var authorized: [Scope: Set<String>] = [:]
        var declined: [Scope: [String: Double]] = [:]
    }

    private let state = Mutex(State())

    init() {}

    func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            switch change.kind {
            case Aggregator.kind:
                let aggregator = try change.decodeAfter(Aggregator.self)
                state.withLock { $0.aggregators[change.scope, default: [:]][change.id] = aggregator }
            case AggregationAuthorization.kind:
                state.withLock { state in
                    if change.after == nil {
                        state.authorized[change.scope]?.remove(change.id)
                    } else {
                        state.authorized[change.scope, default: []].insert(change.id)
                    }
                }
            default:
                let declined = try change.decodeAfter(DeclinedAggregation.self)
                state.withLock { $0.declined[change.scope, default: [:]][change.id] = declined?.time }
            }
        }
    }

    func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { $0 = State() }
        try apply(changes)
    }

    /// Whether an account lets the aggregators of another in some Region read what it has in a Region.
    func isAuthorized(_ source: Scope, for reader: Scope) -> Bool {
        source.account == reader.account
            || state.withLock {
                $0.authorized[source]?.contains(AggregationAuthorization.id(reader.account, reader.region)) == true
            }
    }

    /// The accounts and Regions of others whose aggregators want to read what is in a place, and may not.
    func pending(for source: Scope) -> [Scope] {
        state.withLock { state in
            state.aggregators.compactMap { reader, aggregators in
                guard reader.account != source.account else { return nil }
                let id = AggregationAuthorization.id(reader.account, reader.region)
                guard state.authorized[source]?.contains(id) != true else { return nil }
                let declined = state.declined[source]?[id] ?? 0
                let wants = aggregators.values.contains { aggregator in
                    aggregator.updated > declined
                        && aggregator.accounts.contains { accounts in
                            accounts.ids.contains(source.account)
                                && (accounts.allRegions || accounts.regions.contains(source.region))
                        }
                }
                return wants ? reader : nil
            }
        }
    }
}

/// A request of an aggregator that an account has declined; one that is made anew is another.
struct DeclinedAggregation: Record {
    static let kind = "Config::DeclinedAggregation"

    /// As that of the authorization that it would have been.
    let id: String
    /// Seconds since 1970.
    let time: Double
}

extension Aggregator {
    /// A place that an aggregator reads.
    struct Source: Sendable {
        let scope: Scope
        let isAuthorized: Bool
    }

    /// The places that it is about. Of all Regions, they are those where anything is recorded, or could be.
    func sources(_ environment: Environment) -> [Source] {
        let recorders = environment.projection(RecorderIndex.self)
        let index = environment.projection(AggregatorIndex.self)
        let own = Scope(account: accountID, region: region)
        func regions(of account: String, _ all: Bool, _ given: [String]) -> [String] {
            guard all else { return given }
            return Set(recorders.recorders(of: account).map(\.region) + [region]).sorted()
        }
        var found: [Source] = []
        for group in accounts {
            for account in group.ids {
                for region in regions(of: account, group.allRegions, group.regions) {
                    let scope = Scope(account: account, region: region)
                    found.append(Source(scope: scope, isAuthorized: index.isAuthorized(scope, for: own)))
                }
            }
        }
        if let organization, let whole = environment.directory.organization(aggregatedBy: accountID) {
            let management = whole.managementAccountID
            let members = environment.directory.accounts(managedBy: management).filter(\.isActive).map(\.id)
            for account in Set(members + [management]).sorted() {
                for region in regions(of: account, organization.allRegions, organization.regions) {
                    found.append(Source(scope: Scope(account: account, region: region), isAuthorized: true))
                }
            }
        }
        return found
    }

    /// The places where there is something for it to read.
    func places(_ environment: Environment) -> [Scope] {
        let recorders = environment.projection(RecorderIndex.self)
        var seen: Set<Scope> = []
        return sources(environment).filter { source in
            source.isAuthorized && recorders.recorder(in: source.scope) != nil
                && environment.directory.isActive(account: source.scope.account) && seen.insert(source.scope).inserted
        }.map(\.scope)
    }

    func includes(_ type: String) -> Bool { resourceTypes?.contains(type) ?? true }
}
