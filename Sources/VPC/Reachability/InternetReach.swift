/// What of a subnet decides on packets from the internet: its VPC's gateway, its routes, its network ACL. The same for all of
/// its interfaces.
struct SubnetGate: Hashable, Sendable {
    /// What the subnet lets in, and would get its answers, by where it comes from.
    let region: TrafficRegion
    /// `igw-…`, if one is attached to the VPC.
    let internetGatewayID: String?
    let networkACLID: String?

    static let closed = SubnetGate(region: .empty, internetGatewayID: nil, networkACLID: nil)
}

extension Network {
    /// The internet gateway that is attached to a VPC.
    func internetGateway(of vpcID: String) -> String? {
        internetGateways.filter { $0.value == vpcID }.map(\.key).min()
    }

    func routeSelection(of subnet: Subnet) -> RouteSelection {
        RouteSelection(
            routeTables[subnet.routeTableID] ?? [], vpcBlocks: vpcs[subnet.vpcID] ?? [], prefixLists: prefixLists)
    }

    /// What of the addresses' packets comes from the internet to a subnet's VPC: none that have the VPC's own addresses, as
    /// gateways reject those, and none for which answers would take another way than the gateway.
    func sourcesWithRoute(to subnet: Subnet, through gatewayID: String, terms: ReachTerms) -> AddressSet {
        guard terms.needsAnswers else { return .internet }
        return routeSelection(of: subnet).addresses { !$0.isBlackhole && $0.target == .internetGateway(gatewayID) }
            .intersection(.internet)
    }

    func gate(of subnetID: String, terms: ReachTerms) -> SubnetGate {
        guard let subnet = subnets[subnetID], let gatewayID = internetGateway(of: subnet.vpcID) else { return .closed }
        // A subnet always has a network ACL; where it isn't known, nothing is claimed to pass.
        guard let acl = networkACLs[subnet.networkACLID] else {
            return SubnetGate(region: .empty, internetGatewayID: gatewayID, networkACLID: nil)
        }
        let sources = AddressSet.internet.subtracting(AddressSet(vpcs[subnet.vpcID] ?? []))
        var region = acl.region(isEgress: false).intersection(TrafficRegion(sources, .all))
        if terms.needsAnswers {
            let routed = sourcesWithRoute(to: subnet, through: gatewayID, terms: terms)
            let answers = acl.region(isEgress: true).intersection(TrafficRegion(routed, .all))
            let needsNone = ServiceSet.empty.answered(clientPorts: terms.clientPorts)
            region = region.intersection(
                answers.mapped { $0.answered(clientPorts: terms.clientPorts) }
                    .union(TrafficRegion(.all, needsNone)))
        }
        return SubnetGate(region: region, internetGatewayID: gatewayID, networkACLID: acl.id)
    }

    /// Which packets from the internet reach an interface, exactly: those that come through the VPC's internet gateway to a
    /// public address of the interface, that the subnet's network ACL and one of its security groups let in, and whose answers
    /// the subnet's routes lead back to the gateway and the network ACL lets out.
    ///
    /// An interface that doesn't exist is reached by nothing. Addresses are those of the internet; instances of the same VPC
    /// that talk to public addresses are there by their public addresses.
    public func internetReach(of interfaceID: String, terms: ReachTerms = ReachTerms()) -> TrafficRegion {
        guard let interface = interfaces[interfaceID] else { return .empty }
        let gate = gate(of: interface.subnetID, terms: terms).region
            .keeping(ipv4: interface.hasPublicIPv4, ipv6: interface.hasPublicIPv6)
        if gate.isEmpty { return .empty }
        let groups = interface.groupIDs.compactMap { securityGroups[$0]?.regionFromOutside(prefixLists: prefixLists) }
        return TrafficRegion.union(of: groups).intersection(gate)
    }
}

extension NetworkInterface {
    /// Whether there is a public IPv4 address that leads to it.
    public var hasPublicIPv4: Bool { !publicAddresses.isEmpty }

    /// Whether it has an address of IPv6 that the internet knows.
    public var hasPublicIPv6: Bool { addresses.contains { $0.isVersion6 && AddressSet.internet.contains($0) } }
}
