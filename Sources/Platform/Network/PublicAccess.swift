import VPC

// How it shows in the network that VPCs are kept from the internet: routes of theirs lead nowhere, for their own subnets alone.
// <https://docs.aws.amazon.com/vpc/latest/userguide/security-vpc-bpa-basics.html>
extension EC2Estate {
    /// Keeps the networks from the internet, or does so no longer.
    mutating func block(_ mode: PublicAccessBlock.Mode) {
        guard mode != publicAccess else { return }
        publicAccess = mode
        placeSubnets()
    }

    mutating func placeSubnets() { for subnet in Array(each(StoredSubnet.self)) { place(subnet) } }

    /// Gives a subnet a route table of its own, where routes to the internet are closed to it.
    /// - Parameters:
    ///   - routes: those of its table.
    ///   - table: its table.
    mutating func confine(_ subnet: StoredSubnet, _ routes: [Route], of table: String = "") {
        if let old = confinedTables.removeValue(forKey: subnet.id) { network.routeTables[old] = nil }
        guard publicAccess != .off else { return }
        let confined = routes.map { route in
            isClosed(route, to: subnet)
                ? Route(destination: route.destination, target: route.target, isBlackhole: true) : route
        }
        guard confined != routes else { return }
        let name = "\(table) of \(subnet.id)"
        network.routeTables[name] = confined
        confinedTables[subnet.id] = name
    }

    private func isClosed(_ route: Route, to subnet: StoredSubnet) -> Bool {
        switch route.target {
        case .internetGateway: exclusion(subnet.id, subnet.vpcID)?.allowsIngress != true
        case .egressOnlyInternetGateway:
            publicAccess == .bidirectional && exclusion(subnet.id, subnet.vpcID) == nil
        case .natGateway(let id):
            // What it passes on goes out from its own subnet.
            publicAccess == .bidirectional
                && get(StoredNATGateway.self, id).flatMap { exclusion($0.subnetID, $0.vpcID) } == nil
        default: false
        }
    }

    /// What excludes a subnet: itself, or its VPC.
    private func exclusion(_ subnetID: String, _ vpcID: String) -> StoredPublicAccessExclusion? {
        let all = each(StoredPublicAccessExclusion.self).filter { [subnetID, vpcID].contains($0.resourceID) }
        return all.first { $0.resourceID == subnetID } ?? all.first
    }
}
