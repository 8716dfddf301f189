import VPC

/// Whether an interface's route table leads to AWS's services: to the internet, with a public address or by a NAT gateway, or to an
/// endpoint for them.
enum ServiceRoute {
    static func leads(from id: String, in network: Network) -> Bool {
        guard let interface = network.interfaces[id], let subnet = network.subnets[interface.subnetID],
            let routes = network.routeTables[subnet.routeTableID],
            let services = NetworkAddress(NetworkRules.services)
        else { return false }
        // What belongs to a gateway endpoint is asked of each request, by its service.
        let hasEndpoint = routes.contains { route in
            if case .vpcEndpoint = route.target { !route.isBlackhole } else { false }
        }
        if hasEndpoint { return true }
        let route = routes.compactMap { route -> (length: Int, route: Route)? in
            guard case .block(let block) = route.destination, block.contains(services) else { return nil }
            return (block.prefixLength, route)
        }.max { $0.length < $1.length }?.route
        guard let route, !route.isBlackhole else { return false }
        switch route.target {
        case .internetGateway(let gateway):
            return network.internetGateways[gateway] == subnet.vpcID && !interface.publicAddresses.isEmpty
        case .natGateway: return true
        default: return false
        }
    }
}
