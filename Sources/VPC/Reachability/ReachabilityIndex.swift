/// What the internet reaches, of all interfaces of a network, kept as the network changes: a change costs what depends on it.
///
/// Interfaces of one subnet with the same groups are reached by the same; each such combination is computed once. A group is
/// put together from its rules once for all combinations it is in, a subnet's gate once for all its combinations.
public struct ReachabilityIndex: Sendable {
    public private(set) var network: Network
    public let terms: ReachTerms

    /// What all interfaces with these have in common.
    private struct Combination: Hashable {
        let subnetID: String
        /// In order.
        let groupIDs: [String]
        let hasPublicIPv4: Bool
        let hasPublicIPv6: Bool
    }

    private struct Answer {
        var region: TrafficRegion
        var interfaceIDs: Set<String>
    }

    private var groups: [String: TrafficRegion] = [:]
    private var gates: [String: SubnetGate] = [:]
    private var answers: [Combination: Answer] = [:]
    private var combinations: [String: Combination] = [:]
    private var combinationsByGroup: [String: Set<Combination>] = [:]
    private var combinationsBySubnet: [String: Set<Combination>] = [:]

    public init(_ network: Network = Network(), terms: ReachTerms = ReachTerms()) {
        self.network = Network()
        self.terms = terms
        update(to: network)
    }

    /// Which packets from the internet reach an interface: what `Network.internetReach(of:)` says.
    public func region(of interfaceID: String) -> TrafficRegion {
        combinations[interfaceID].flatMap { answers[$0]?.region } ?? .empty
    }

    /// What Inspector tells of an interface.
    public func exposedPorts(of interfaceID: String) -> [ExposedPorts] {
        network.exposedPorts(of: interfaceID, region(of: interfaceID))
    }

    /// Takes another state of the network. What both states have in common is compared, and not computed anew.
    ///
    /// - Returns: the interfaces of which something else is to be told: what reaches them, or the way there, may have changed.
    ///   Those that nothing reaches, and nothing reached before, are never among them.
    @discardableResult
    public mutating func update(to new: Network) -> Set<String> {
        let old = network
        let lists = Self.changed(old.prefixLists, new.prefixLists)
        let groupIDs = Self.changed(old.securityGroups, new.securityGroups)
            .union(Self.naming(lists, old.securityGroups)).union(Self.naming(lists, new.securityGroups))
        let interfaceIDs = Self.changed(old.interfaces, new.interfaces)
        let subnetIDs = Self.subnets(from: old, to: new, prefixLists: lists)
        network = new
        return refresh(groups: groupIDs, subnets: subnetIDs, interfaces: interfaceIDs)
    }

    /// Takes another state of one group; the same otherwise as `update(to:)`, but doesn't compare all of two networks.
    @discardableResult
    public mutating func set(_ group: SecurityGroup) -> Set<String> {
        network.securityGroups[group.id] = group
        return refresh(groups: [group.id], subnets: [], interfaces: [])
    }

    /// Takes another state of one network ACL.
    @discardableResult
    public mutating func set(_ acl: NetworkACL) -> Set<String> {
        network.networkACLs[acl.id] = acl
        let affected = network.subnets.values.filter { $0.networkACLID == acl.id }.map(\.id)
        return refresh(groups: [], subnets: Set(affected), interfaces: [])
    }

    /// Takes another state of one interface.
    @discardableResult
    public mutating func set(_ interface: NetworkInterface) -> Set<String> {
        network.interfaces[interface.id] = interface
        return refresh(groups: [], subnets: [], interfaces: [interface.id])
    }

    private mutating func refresh(
        groups groupIDs: Set<String>, subnets subnetIDs: Set<String>, interfaces interfaceIDs: Set<String>
    ) -> Set<String> {
        var changed: Set<String> = []
        var stale: Set<Combination> = []
        for id in groupIDs {
            let region =
                network.securityGroups[id].map { $0.regionFromOutside(prefixLists: network.prefixLists) } ?? .empty
            if groups.updateValue(region, forKey: id) != region { stale.formUnion(combinationsByGroup[id] ?? []) }
            if network.securityGroups[id] == nil { groups[id] = nil }
        }
        for id in subnetIDs {
            let gate = network.gate(of: id, terms: terms)
            let before = gates.updateValue(gate, forKey: id)
            if before != gate { stale.formUnion(combinationsBySubnet[id] ?? []) }
            if network.subnets[id] == nil { gates[id] = nil }
        }
        for combination in stale {
            let region = computed(combination)
            guard let answer = answers[combination], !answer.region.isEmpty || !region.isEmpty else { continue }
            answers[combination]?.region = region
            changed.formUnion(answer.interfaceIDs)
        }
        for id in interfaceIDs where move(id) { changed.insert(id) }
        return changed
    }

    /// Puts an interface where it belongs now. Says whether something else reaches it, or another instance.
    private mutating func move(_ id: String) -> Bool {
        let before = combinations[id]
        let regionBefore = region(of: id)
        let combination = network.interfaces[id].map {
            Combination(
                subnetID: $0.subnetID, groupIDs: Set($0.groupIDs).sorted(), hasPublicIPv4: $0.hasPublicIPv4,
                hasPublicIPv6: $0.hasPublicIPv6)
        }
        if before != combination {
            if let before { leave(before, id) }
            combinations[id] = combination
            if let combination { enter(combination, id) }
        }
        let region = region(of: id)
        // Whatever else of it has changed, its instance among it, concerns those only whom something reaches.
        return region != regionBefore || !region.isEmpty
    }

    private mutating func enter(_ combination: Combination, _ id: String) {
        if answers[combination] == nil {
            for groupID in combination.groupIDs { combinationsByGroup[groupID, default: []].insert(combination) }
            combinationsBySubnet[combination.subnetID, default: []].insert(combination)
            answers[combination] = Answer(region: computed(combination), interfaceIDs: [])
        }
        answers[combination]?.interfaceIDs.insert(id)
    }

    private mutating func leave(_ combination: Combination, _ id: String) {
        answers[combination]?.interfaceIDs.remove(id)
        guard answers[combination]?.interfaceIDs.isEmpty == true else { return }
        answers[combination] = nil
        for groupID in combination.groupIDs {
            combinationsByGroup[groupID]?.remove(combination)
            if combinationsByGroup[groupID]?.isEmpty == true { combinationsByGroup[groupID] = nil }
        }
        combinationsBySubnet[combination.subnetID]?.remove(combination)
        if combinationsBySubnet[combination.subnetID]?.isEmpty == true {
            combinationsBySubnet[combination.subnetID] = nil
        }
    }

    private func computed(_ combination: Combination) -> TrafficRegion {
        guard
            let gate = gates[combination.subnetID]?.region
                .keeping(ipv4: combination.hasPublicIPv4, ipv6: combination.hasPublicIPv6), !gate.isEmpty
        else { return .empty }
        return TrafficRegion.union(of: combination.groupIDs.compactMap { groups[$0] }).intersection(gate)
    }
}

extension ReachabilityIndex {
    private static func changed<Value: Equatable>(_ old: [String: Value], _ new: [String: Value]) -> Set<String> {
        var changed: Set<String> = []
        for (id, value) in new where old[id] != value { changed.insert(id) }
        for id in old.keys where new[id] == nil { changed.insert(id) }
        return changed
    }

    /// The groups with a rule that names one of the prefix lists.
    private static func naming(_ lists: Set<String>, _ groups: [String: SecurityGroup]) -> Set<String> {
        if lists.isEmpty { return [] }
        let naming = groups.values.filter { group in
            group.ingress.contains { rule in
                if case .prefixList(let id) = rule.peer { lists.contains(id) } else { false }
            }
        }
        return Set(naming.map(\.id))
    }

    /// The subnets on whose gates something that has changed decides.
    private static func subnets(from old: Network, to new: Network, prefixLists: Set<String>) -> Set<String> {
        var tables = changed(old.routeTables, new.routeTables)
        if !prefixLists.isEmpty {
            for (id, routes) in new.routeTables
            where routes.contains(where: { route in
                if case .prefixList(let list) = route.destination { prefixLists.contains(list) } else { false }
            }) {
                tables.insert(id)
            }
        }
        let acls = changed(old.networkACLs, new.networkACLs)
        let gateways = changed(old.internetGateways, new.internetGateways)
        let vpcs = changed(old.vpcs, new.vpcs)
            .union(gateways.compactMap { old.internetGateways[$0] }).union(
                gateways.compactMap { new.internetGateways[$0] })
        var subnets = changed(old.subnets, new.subnets)
        if tables.isEmpty, acls.isEmpty, vpcs.isEmpty { return subnets }
        for subnet in new.subnets.values
        where tables.contains(subnet.routeTableID) || acls.contains(subnet.networkACLID) || vpcs.contains(subnet.vpcID)
        {
            subnets.insert(subnet.id)
        }
        return subnets
    }
}
