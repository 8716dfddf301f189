public import Directory
public import Ledger
import Policy
import Synchronization
public import VPC

/// What an account has of EC2 in a Region, at one moment.
public struct EC2Estate: Sendable {
    /// By kind and id.
    private var resources: [String: [String: any EC2Resource]] = [:]
    /// Its networks, as far as they decide what reaches what.
    public internal(set) var network = Network()
    /// Whether it has been given what each account has from the start.
    public fileprivate(set) var isFurnished = false
    /// Whether its networks are kept from the internet.
    public internal(set) var publicAccess = PublicAccessBlock.Mode.off
    /// The route tables of subnets that are kept from the internet, as far as they differ from those of others, by the subnets.
    var confinedTables: [String: String] = [:]
    /// The ids of interfaces, by their addresses in their VPCs.
    private var interfaceIDs: [PlacedAddress: String] = [:]

    private struct PlacedAddress: Hashable {
        let vpcID: String
        let address: String
    }

    init() {}

    /// One with nothing in it.
    public static let empty = EC2Estate()

    /// One with nothing in it but these: a part of an estate, as it was at some time.
    public init(of resources: [any EC2Resource]) {
        for resource in resources { set(type(of: resource).kind, resource.id, resource) }
    }

    /// All resources of a kind, in the order of their ids.
    /// - Complexity: O(*n* log *n*)
    public func all<R: EC2Resource>(_ type: R.Type) -> [R] { each(type).sorted { $0.id < $1.id } }

    /// The same, in no order.
    public func each<R: EC2Resource>(_ type: R.Type) -> some Sequence<R> {
        (resources[R.kind] ?? [:]).values.lazy.compactMap { $0 as? R }
    }

    /// A resource; nil: there is none of that id.
    public func get<R: EC2Resource>(_ type: R.Type, _ id: String) -> R? { resources[R.kind]?[id] as? R }

    /// The interface that has an address in a VPC; nil: there is none.
    public func interface(at address: String, in vpcID: String) -> StoredNetworkInterface? {
        interfaceIDs[PlacedAddress(vpcID: vpcID, address: address)].flatMap { get(StoredNetworkInterface.self, $0) }
    }

    /// Has an interface be found by the addresses that it has now.
    mutating func noteAddresses(of old: StoredNetworkInterface?, to new: StoredNetworkInterface?) {
        func places(_ interface: StoredNetworkInterface) -> [PlacedAddress] {
            (interface.addresses.map(\.privateAddress) + interface.addresses6)
                .map { PlacedAddress(vpcID: interface.vpcID, address: $0) }
        }
        // Another may have got an address before this one is noted to have lost it.
        for place in old.map(places) ?? [] where interfaceIDs[place] == old?.id { interfaceIDs[place] = nil }
        for place in new.map(places) ?? [] { interfaceIDs[place] = new?.id }
    }

    /// Each resource, in no order.
    public var everything: [any EC2Resource] { resources.values.flatMap(\.values) }

    /// A resource by the names that ARNs have; nil: there is none.
    public func resource(ofARNType type: String, named name: String) -> (any EC2Resource)? {
        guard let kind = EC2Kinds.byARNType[type]?.kind, let all = resources[kind] else { return nil }
        if let found = all[name], found.nameInARN == name { return found }
        return all.values.first { $0.nameInARN == name }
    }

    mutating func set(_ kind: String, _ id: String, _ resource: (any EC2Resource)?) {
        let old = resources[kind]?[id]
        resources[kind, default: [:]][id] = resource
        noteChange(of: old, to: resource)
    }

    fileprivate mutating func furnish(_ isFurnished: Bool) { self.isFurnished = isFurnished }
}

/// The resources of EC2 of all accounts and Regions, and their networks: what requests that read, decisions, packet filters and
/// questions of reachability go by.
public final class EC2Index: Projection {
    public static let kinds: Set<String> = Set(
        EC2Kinds.all.map { $0.kind } + [FurnishedRegion.kind, PublicAccessBlock.kind])

    private struct State {
        var estates: [Scope: EC2Estate] = [:]
        /// Where a resource is, by its id.
        var places: [String: Scope] = [:]
        /// What endpoints let through, by their ids.
        var policies: [String: CompiledPolicy] = [:]
        /// How often a scope has changed.
        var versions: [Scope: Int] = [:]
        /// Is told of each change.
        var observer: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    public init() {}

    public func apply(_ changes: [Change]) throws(LedgerError) {
        for change in changes {
            if change.kind == FurnishedRegion.kind {
                let isThere = try change.decodeAfter(FurnishedRegion.self) != nil
                state.withLock { $0.estates[change.scope, default: EC2Estate()].furnish(isThere) }
                continue
            }
            if change.kind == PublicAccessBlock.kind {
                let mode = try change.decodeAfter(PublicAccessBlock.self)?.mode ?? .off
                state.withLock { state in
                    state.estates[change.scope, default: EC2Estate()].block(mode)
                    state.versions[change.scope, default: 0] &+= 1
                }
                continue
            }
            guard let type = EC2Kinds.byKind[change.kind] else { continue }
            let resource = try Self.read(type, change)
            let policy = (resource as? StoredEndpoint).map(Self.compiled)
            state.withLock { state in
                if type == StoredEndpoint.self { state.policies[change.id] = policy }
                state.estates[change.scope, default: EC2Estate()].set(change.kind, change.id, resource)
                state.places[change.id] = resource == nil ? nil : change.scope
                state.versions[change.scope, default: 0] &+= 1
            }
        }
        state.withLock { $0.observer }?()
    }

    /// Has something done after each change: it must not take long.
    public func whenChanged(_ observer: @escaping @Sendable () -> Void) { state.withLock { $0.observer = observer } }

    public func replaceAll(with changes: [Change]) throws(LedgerError) {
        state.withLock { state in
            for scope in state.estates.keys { state.versions[scope, default: 0] &+= 1 }
            (state.estates, state.places, state.policies) = ([:], [:], [:])
        }
        try apply(changes)
    }

    private static func read<R: EC2Resource>(
        _ type: R.Type, _ change: Change
    ) throws(LedgerError) -> (any EC2Resource)? { try change.decodeAfter(type) }

    /// What an account has in a Region now.
    /// - Complexity: constant; nothing is copied.
    public func estate(_ scope: Scope) -> EC2Estate { state.withLock { $0.estates[scope] ?? EC2Estate() } }

    /// What an endpoint lets through.
    func policy(of endpoint: StoredEndpoint) -> CompiledPolicy {
        state.withLock { $0.policies[endpoint.id] } ?? Self.compiled(endpoint)
    }

    /// All estates: for what looks at everything.
    public var estates: [Scope: EC2Estate] { state.withLock { $0.estates } }

    /// Changes with each change of an estate: what was made of it is out of date when this is another number.
    public func version(_ scope: Scope) -> Int { state.withLock { $0.versions[scope] ?? 0 } }

    /// A resource by its id, of whichever account and Region; nil: there is none.
    public func find<R: EC2Resource>(_ type: R.Type, _ id: String) -> R? {
        state.withLock { state in state.places[id].flatMap { state.estates[$0]?.get(type, id) } }
    }

    /// A resource by its ARN; those of images and snapshots name no account.
    public func find(_ arn: ARN) -> (any EC2Resource)? {
        guard let slash = arn.resource.firstIndex(of: "/") else { return nil }
        let type = String(arn.resource[..<slash])
        let name = String(arn.resource[arn.resource.index(after: slash)...])
        return state.withLock { state in
            let scope =
                arn.account.isEmpty ? state.places[name] : Scope(account: arn.account, region: arn.region)
            guard let scope, scope.region == arn.region else { return nil }
            return state.estates[scope]?.resource(ofARNType: type, named: name)
        }
    }
}
