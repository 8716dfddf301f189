/// What of one interface's packets reaches another.
public struct InterfaceReach: Hashable, Sendable {
    /// From an address of the one interface to an address of the other.
    public struct Way: Hashable, Sendable {
        public let source: NetworkAddress
        public let destination: NetworkAddress
        /// What passes.
        public let services: ServiceSet
    }

    /// A way for each two addresses of one family between which something passes.
    public let ways: [Way]
    /// What packets pass on the way, in order; empty where nothing passes.
    public let steps: [PathStep]
    /// Where nothing passes: each part of the way that lets nothing pass.
    public let barriers: [Barrier]

    /// What passes between any of the addresses.
    public var services: ServiceSet { ways.reduce(.empty) { $0.union($1.services) } }
}

extension Network {
    /// What of one interface's packets reaches another within a VPC, by their private addresses: what a group of the one lets
    /// out and a group of the other lets in, and between subnets, what their network ACLs and routes let pass, there and back.
    ///
    /// Within one subnet neither routes nor network ACLs matter. Nothing passes between VPCs: peering is not known here. Nor is
    /// anything said of ways through appliances and out to the internet and back. `wish` is what is asked for.
    public func reach(
        from sourceID: String, to destinationID: String, wish: ServiceSet = .all, terms: ReachTerms = ReachTerms()
    ) -> InterfaceReach {
        guard let pair = InterfacePair(self, from: sourceID, to: destinationID, terms: terms) else {
            let missing = [sourceID, destinationID].filter { interfaces[$0].flatMap { subnets[$0.subnetID] } == nil }
            return InterfaceReach(
                ways: [], steps: [],
                barriers: missing.map { Barrier(.noSourceOrDestination, .networkInterface, $0) })
        }
        guard pair.sourceSubnet.vpcID == pair.destinationSubnet.vpcID else {
            return InterfaceReach(
                ways: [], steps: [], barriers: [Barrier(.disconnectedVPCs, .networkInterface, destinationID)])
        }
        var ways: [InterfaceReach.Way] = []
        for source in pair.source.addresses {
            for destination in pair.destination.addresses where destination.isVersion6 == source.isVersion6 {
                let services = pair.services(from: source, to: destination).intersection(wish)
                if services.isEmpty { continue }
                ways.append(InterfaceReach.Way(source: source, destination: destination, services: services))
            }
        }
        guard ways.isEmpty else { return InterfaceReach(ways: ways, steps: pair.steps(ways), barriers: []) }
        return InterfaceReach(ways: [], steps: [], barriers: pair.barriers(wish))
    }
}

/// Two interfaces, and what lies between them.
struct InterfacePair {
    let network: Network
    let source: NetworkInterface
    let destination: NetworkInterface
    let sourceSubnet: Subnet
    let destinationSubnet: Subnet
    let terms: ReachTerms
    private let sourceRoutes: RouteSelection
    private let destinationRoutes: RouteSelection

    init?(_ network: Network, from sourceID: String, to destinationID: String, terms: ReachTerms) {
        guard let source = network.interfaces[sourceID], let destination = network.interfaces[destinationID],
            let sourceSubnet = network.subnets[source.subnetID],
            let destinationSubnet = network.subnets[destination.subnetID]
        else { return nil }
        self.network = network
        self.source = source
        self.destination = destination
        self.sourceSubnet = sourceSubnet
        self.destinationSubnet = destinationSubnet
        self.terms = terms
        sourceRoutes = network.routeSelection(of: sourceSubnet)
        destinationRoutes = network.routeSelection(of: destinationSubnet)
    }

    /// Packets that don't leave the subnet meet neither routes nor network ACLs.
    var staysInSubnet: Bool { sourceSubnet.id == destinationSubnet.id }

    func services(from one: NetworkAddress, to other: NetworkAddress) -> ServiceSet {
        // What an interface sends to itself isn't filtered.
        if source.id == destination.id { return .all }
        let groups = letOut(to: other).intersection(letIn(from: one))
        if groups.isEmpty || staysInSubnet { return groups }
        guard leads(sourceRoutes, to: other) else { return .empty }
        let requests = groups.intersection(crossing(to: other, from: one, sourceSubnet, destinationSubnet))
        guard terms.needsAnswers else { return requests }
        let answers =
            leads(destinationRoutes, to: one)
            ? crossing(to: one, from: other, destinationSubnet, sourceSubnet) : ServiceSet.empty
        return requests.intersection(answers.answered(clientPorts: terms.clientPorts))
    }

    func steps(_ ways: [InterfaceReach.Way]) -> [PathStep] {
        var steps: [PathStep] = []
        let there = union(ways.map { TrafficRegion(AddressSet([$0.destination]), $0.services) })
        let back = union(ways.map { TrafficRegion(AddressSet([$0.source]), $0.services) })
        if let instanceID = source.instanceID { steps.append(PathStep(.instance, instanceID)) }
        steps.append(PathStep(.networkInterface, source.id))
        if source.id == destination.id { return steps.reversed() }
        steps += groupSteps(source, isEgress: true, there)
        if !staysInSubnet {
            steps += aclStep(sourceSubnet, requests: there, isEgress: true, answers: there)
            steps.append(
                PathStep(
                    .routeTable, sourceSubnet.routeTableID, sourceRoutes.routes(to: there.addresses).map { .route($0) })
            )
            steps += aclStep(destinationSubnet, requests: back, isEgress: false, answers: back)
            steps.append(PathStep(.subnet, destinationSubnet.id))
        }
        steps += groupSteps(destination, isEgress: false, back)
        steps.append(PathStep(.networkInterface, destination.id))
        if let instanceID = destination.instanceID { steps.append(PathStep(.instance, instanceID)) }
        return steps
    }

    func barriers(_ wish: ServiceSet) -> [Barrier] {
        let there = TrafficRegion(AddressSet(destination.addresses), wish)
        let back = TrafficRegion(AddressSet(source.addresses), wish)
        var barriers = groupBarriers(source, isEgress: true, there)
        if !staysInSubnet {
            barriers += aclBarriers(sourceSubnet, there, isEgress: true)
            barriers += routeBarriers(sourceRoutes, sourceSubnet, to: destination)
            barriers += aclBarriers(destinationSubnet, back, isEgress: false)
        }
        barriers += groupBarriers(destination, isEgress: false, back)
        if !staysInSubnet, terms.needsAnswers {
            barriers += routeBarriers(destinationRoutes, destinationSubnet, to: source)
        }
        return barriers.isEmpty ? [Barrier(.noPath, .networkInterface, destination.id)] : barriers
    }

    /// What some group of the source lets out to an address of the destination.
    private func letOut(to address: NetworkAddress) -> ServiceSet {
        network.services(
            of: rules(source, isEgress: true), with: address, members: destination.groupIDs)
    }

    /// What some group of the destination lets in from an address of the source.
    private func letIn(from address: NetworkAddress) -> ServiceSet {
        network.services(
            of: rules(destination, isEgress: false), with: address, members: source.groupIDs)
    }

    private func rules(_ interface: NetworkInterface, isEgress: Bool) -> [SecurityGroupRule] {
        interface.groupIDs.compactMap { network.securityGroups[$0] }.flatMap { isEgress ? $0.egress : $0.ingress }
    }

    /// What passes both network ACLs on the way from one subnet to the other.
    private func crossing(
        to address: NetworkAddress, from origin: NetworkAddress, _ one: Subnet, _ other: Subnet
    ) -> ServiceSet {
        guard let out = network.networkACLs[one.networkACLID], let into = network.networkACLs[other.networkACLID]
        else { return .empty }
        return out.region(isEgress: true).services(with: address)
            .intersection(into.region(isEgress: false).services(with: origin))
    }

    private func leads(_ routes: RouteSelection, to address: NetworkAddress) -> Bool {
        guard let route = routes.route(to: address) else { return false }
        return route.target == .local && !route.isBlackhole
    }

    private func union(_ regions: [TrafficRegion]) -> TrafficRegion { .union(of: regions) }

    private func members(of other: NetworkInterface) -> (String) -> AddressSet {
        { other.groupIDs.contains($0) ? AddressSet(other.addresses) : .empty }
    }

    private func groupSteps(_ interface: NetworkInterface, isEgress: Bool, _ region: TrafficRegion) -> [PathStep] {
        let other = isEgress ? destination : source
        return interface.groupIDs.compactMap { id in
            guard let group = network.securityGroups[id] else { return nil }
            let deciding = (isEgress ? group.egress : group.ingress).filter {
                let allowed = $0.region(prefixLists: network.prefixLists, members: members(of: other))
                return !allowed.intersection(region).isEmpty
            }
            if deciding.isEmpty { return nil }
            return PathStep(.securityGroup, id, deciding.map { .securityGroupRule($0.id, isEgress: isEgress) })
        }
    }

    private func aclStep(
        _ subnet: Subnet, requests: TrafficRegion, isEgress: Bool, answers: TrafficRegion
    ) -> [PathStep] {
        guard let acl = network.networkACLs[subnet.networkACLID] else { return [] }
        var rules = acl.decidingEntries(requests, isEgress: isEgress).map {
            DecidingRule.networkACLEntry($0.number, isEgress: isEgress)
        }
        if terms.needsAnswers {
            let answers = answers.mapped { $0.answers(clientPorts: terms.clientPorts) }
            rules += acl.decidingEntries(answers, isEgress: !isEgress).map {
                .networkACLEntry($0.number, isEgress: !isEgress)
            }
        }
        return [PathStep(.networkACL, acl.id, rules)]
    }

    private func groupBarriers(_ interface: NetworkInterface, isEgress: Bool, _ region: TrafficRegion) -> [Barrier] {
        let other = isEgress ? destination : source
        let groups = interface.groupIDs.compactMap { network.securityGroups[$0] }
        let allowed = union(
            groups.flatMap { isEgress ? $0.egress : $0.ingress }
                .map { $0.region(prefixLists: network.prefixLists, members: members(of: other)) })
        guard allowed.intersection(region).isEmpty else { return [] }
        return groups.map { group in
            let rules = isEgress ? group.egress : group.ingress
            return Barrier(rules.isEmpty ? .noRules : .securityGroup, .securityGroup, group.id, isEgress: isEgress)
        }
    }

    private func aclBarriers(_ subnet: Subnet, _ region: TrafficRegion, isEgress: Bool) -> [Barrier] {
        guard let acl = network.networkACLs[subnet.networkACLID] else { return [] }
        var barriers: [Barrier] = []
        if acl.region(isEgress: isEgress).intersection(region).isEmpty {
            barriers.append(Barrier(.networkACL, .networkACL, acl.id, isEgress: isEgress))
        }
        let answers = region.mapped { $0.answers(clientPorts: terms.clientPorts) }
        if terms.needsAnswers, !answers.isEmpty, acl.region(isEgress: !isEgress).intersection(answers).isEmpty {
            barriers.append(Barrier(.networkACL, .networkACL, acl.id, isEgress: !isEgress))
        }
        return barriers
    }

    private func routeBarriers(_ routes: RouteSelection, _ subnet: Subnet, to other: NetworkInterface) -> [Barrier] {
        let taken = other.addresses.compactMap { routes.route(to: $0) }
        if taken.contains(where: { $0.target == .local && !$0.isBlackhole }) { return [] }
        let code: Barrier.Code =
            taken.isEmpty ? .noRoute : taken.contains { $0.isBlackhole } ? .badRoute : .moreSpecificRoute
        return [Barrier(code, .routeTable, subnet.routeTableID)]
    }
}
