import VPC

/// Whether an interface's route table leads to AWS's services: to the internet, with a public address or by a NAT gateway, or to an
/// endpoint for them.
enum ServiceRoute {
    static func leads(from id: String, in network: Network) -> Bool {
        // What belongs to a gateway endpoint is asked of each request, by its service.
        if network.hasRouteToEndpoint(from: id) { return true }
        return network.exit(of: id, to: .services) != .none
    }
}
