/// How what an interface sends to AWS's services leaves its VPC, where no endpoint takes it.
public enum ServiceExit: Hashable, Sendable {
    /// By the internet gateway, from this public address.
    case internetGateway(publicAddress: NetworkAddress)
    /// By a NAT gateway of this id, from an address of that.
    case natGateway(String)
    /// Not at all: no route leads there, or there is no public address.
    case none
}

extension Network {
    /// The way by which packets from an interface's address leave for a service.
    ///
    /// The longest prefix decides, as for all packets.
    /// - Parameters:
    ///   - service: where the service is.
    ///   - source: one of the interface's addresses; nil: any of them.
    public func exit(
        of interfaceID: String, to service: NetworkAddress, from source: NetworkAddress? = nil
    ) -> ServiceExit {
        guard let interface = interfaces[interfaceID], let subnet = subnets[interface.subnetID],
            let route = routeSelection(of: subnet).route(to: service), !route.isBlackhole
        else { return .none }
        switch route.target {
        case .internetGateway(let id):
            let own =
                source.map { interface.publicAddresses[$0] } ?? interface.publicAddresses.min { $0.key < $1.key }?.value
            guard internetGateways[id] == subnet.vpcID, let own else { return .none }
            return .internetGateway(publicAddress: own)
        case .natGateway(let id): return .natGateway(id)
        default: return .none
        }
    }

    /// Whether the subnet of an interface has a route to a gateway endpoint.
    public func hasRouteToEndpoint(from interfaceID: String) -> Bool {
        guard let interface = interfaces[interfaceID], let subnet = subnets[interface.subnetID] else { return false }
        return (routeTables[subnet.routeTableID] ?? []).contains { route in
            if case .vpcEndpoint = route.target { !route.isBlackhole } else { false }
        }
    }

    /// What the security groups of one interface let in from an address of another of the same VPC.
    ///
    /// Nothing is said of the other's groups, nor of network ACLs and routes.
    public func letIn(
        by destinationID: String, from sourceID: String, at address: NetworkAddress
    ) -> ServiceSet {
        guard let source = interfaces[sourceID], let destination = interfaces[destinationID],
            let vpcID = subnets[source.subnetID]?.vpcID, vpcID == subnets[destination.subnetID]?.vpcID
        else { return .empty }
        return services(
            of: destination.groupIDs.compactMap { securityGroups[$0] }.flatMap(\.ingress), with: address,
            members: source.groupIDs)
    }

    /// What one of the rules lets pass, to or from an address that belongs to the groups.
    func services(
        of rules: [SecurityGroupRule], with address: NetworkAddress, members groupIDs: [String]
    ) -> ServiceSet {
        rules.reduce(.empty) { services, rule in
            let holds =
                switch rule.peer {
                case .block(let block): block.contains(address)
                case .group(let id): groupIDs.contains(id)
                case .prefixList(let id): prefixLists[id]?.contains { $0.contains(address) } == true
                }
            return holds ? services.union(ServiceSet(rule.match)) : services
        }
    }
}
