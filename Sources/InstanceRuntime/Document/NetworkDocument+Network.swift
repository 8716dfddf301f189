public import VPC

extension NetworkDocument {
    /// The network as a value.
    /// - Throws: ``RuntimeProblem`` for what can't be read: what is left out would let packets pass, or keep them back.
    public func network() throws(RuntimeProblem) -> Network {
        var network = Network()
        for vpc in vpcs ?? [] {
            let blocks = [vpc.cidrBlock] + (vpc.cidrBlockAssociationSet ?? []).map(\.cidrBlock)
            let more = (vpc.ipv6CidrBlockAssociationSet ?? []).map(\.ipv6CidrBlock)
            network.vpcs[vpc.vpcId] = try Self.blocks(blocks + more)
        }
        for gateway in internetGateways ?? [] {
            network.internetGateways[gateway.internetGatewayId] = gateway.attachments?.first?.vpcId
        }
        for subnet in subnets ?? [] { network.subnets[subnet.subnetId] = try self.subnet(subnet) }
        for table in routeTables ?? [] {
            network.routeTables[table.routeTableId] = try Self.map(table.routes) { route throws(RuntimeProblem) in
                try Self.route(route)
            }
        }
        for acl in networkAcls ?? [] {
            let entries = try Self.map(acl.entries) { entry throws(RuntimeProblem) in try Self.entry(entry) }
            network.networkACLs[acl.networkAclId] = NetworkACL(id: acl.networkAclId, vpcID: acl.vpcId, entries: entries)
        }
        for group in securityGroups ?? [] {
            network.securityGroups[group.groupId] = SecurityGroup(
                id: group.groupId, vpcID: group.vpcId, ingress: try Self.rules(group.ipPermissions, group.groupId),
                egress: try Self.rules(group.ipPermissionsEgress, group.groupId))
        }
        for list in (prefixLists ?? []) + (managedPrefixLists ?? []) {
            network.prefixLists[list.prefixListId] = try Self.blocks(
                (list.cidrs ?? []) + (list.entries ?? []).map(\.cidr))
        }
        for interface in networkInterfaces ?? [] {
            network.interfaces[interface.networkInterfaceId] = try Self.interface(interface)
        }
        return network
    }

    private func subnet(_ subnet: Subnet) throws(RuntimeProblem) -> VPC.Subnet {
        let blocks = [subnet.cidrBlock] + (subnet.ipv6CidrBlockAssociationSet ?? []).map(\.ipv6CidrBlock)
        let tables = (routeTables ?? []).filter { $0.vpcId == subnet.vpcId }
        let acls = (networkAcls ?? []).filter { $0.vpcId == subnet.vpcId }
        func names(_ associations: [Association]?) -> Bool {
            associations?.contains { $0.subnetId == subnet.subnetId } ?? false
        }
        let table =
            tables.first { names($0.associations) }
            ?? tables.first { $0.associations?.contains { $0.main == true } ?? false }
        let acl = acls.first { names($0.associations) } ?? acls.first { $0.isDefault == true }
        return VPC.Subnet(
            id: subnet.subnetId, vpcID: subnet.vpcId, blocks: try Self.blocks(blocks),
            routeTableID: table?.routeTableId ?? "", networkACLID: acl?.networkAclId ?? "")
    }

    private static func route(_ route: Route) throws(RuntimeProblem) -> VPC.Route {
        let destination: VPC.Route.Destination
        if let list = route.destinationPrefixListId {
            destination = .prefixList(list)
        } else {
            destination = .block(try block(route.destinationCidrBlock ?? route.destinationIpv6CidrBlock ?? ""))
        }
        let target: RouteTarget
        if let gateway = route.gatewayId {
            target =
                gateway == "local"
                ? .local
                : gateway.hasPrefix("igw-")
                    ? .internetGateway(gateway) : gateway.hasPrefix("vpce-") ? .vpcEndpoint(gateway) : .other(gateway)
        } else if let gateway = route.natGatewayId {
            target = .natGateway(gateway)
        } else if let interface = route.networkInterfaceId {
            target = .networkInterface(interface)
        } else if let gateway = route.egressOnlyInternetGatewayId {
            target = .egressOnlyInternetGateway(gateway)
        } else {
            target = .other("")
        }
        return VPC.Route(destination: destination, target: target, isBlackhole: route.state == "blackhole")
    }

    private static func entry(_ entry: ACL.Entry) throws(RuntimeProblem) -> NetworkACLEntry {
        NetworkACLEntry(
            number: entry.ruleNumber, isEgress: entry.egress, allows: entry.ruleAction == "allow",
            match: try match(
                entry.protocol, from: entry.portRange?.from ?? entry.icmpTypeCode?.type,
                to: entry.portRange?.to ?? entry.icmpTypeCode?.code),
            block: try block(entry.cidrBlock ?? entry.ipv6CidrBlock ?? ""))
    }

    private static func rules(
        _ permissions: [Group.Permission]?, _ id: String
    ) throws(RuntimeProblem) -> [SecurityGroupRule] {
        var rules: [SecurityGroupRule] = []
        for permission in permissions ?? [] {
            let match = try match(permission.ipProtocol, from: permission.fromPort, to: permission.toPort)
            var peers: [TrafficPeer] = []
            let ranges = (permission.ipRanges ?? []) + (permission.ipv6Ranges ?? [])
            for range in ranges { peers.append(.block(try block(range.cidrIp ?? range.cidrIpv6 ?? ""))) }
            peers += (permission.userIdGroupPairs ?? []).compactMap { $0.groupId.map { .group($0) } }
            peers += (permission.prefixListIds ?? []).map { .prefixList($0.prefixListId) }
            rules += peers.map { SecurityGroupRule(id: "", match: match, peer: $0) }
        }
        return rules
    }

    private static func interface(_ interface: Interface) throws(RuntimeProblem) -> NetworkInterface {
        var addresses: [NetworkAddress] = []
        var publicAddresses: [NetworkAddress: NetworkAddress] = [:]
        let listed = (interface.privateIpAddresses ?? []) + (interface.ipv6Addresses ?? [])
        for entry in listed {
            let address = try address(entry.privateIpAddress ?? entry.ipv6Address ?? "")
            addresses.append(address)
            if let text = entry.association?.publicIp { publicAddresses[address] = try self.address(text) }
        }
        if let text = interface.privateIpAddress {
            let primary = try address(text)
            if !addresses.contains(primary) { addresses.insert(primary, at: 0) }
        }
        return NetworkInterface(
            id: interface.networkInterfaceId, subnetID: interface.subnetId,
            instanceID: interface.attachment?.instanceId,
            groupIDs: (interface.groups ?? []).map(\.groupId), addresses: addresses, publicAddresses: publicAddresses)
    }

    /// EC2 writes ports of TCP and UDP, and type and code of ICMP, in the same places; -1 is all of them.
    private static func match(_ name: String, from: Int?, to: Int?) throws(RuntimeProblem) -> TrafficMatch {
        if name == "-1" || name == "all" { return .all }
        let names: [String: UInt8] = ["tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58]
        guard let number = names[name.lowercased()] ?? UInt8(name) else {
            throw RuntimeProblem("'\(name)' is no protocol")
        }
        switch number {
        case TrafficMatch.tcp, TrafficMatch.udp:
            guard let from, let to, from >= 0 else { return TrafficMatch(protocolNumber: number) }
            guard let first = UInt16(exactly: from), let last = UInt16(exactly: to), first <= last else {
                throw RuntimeProblem("\(from) to \(to) are no ports")
            }
            return TrafficMatch(protocolNumber: number, ports: first...last)
        case TrafficMatch.icmp, TrafficMatch.icmpv6:
            return TrafficMatch(
                protocolNumber: number, icmpType: from.flatMap { UInt8(exactly: $0) },
                icmpCode: to.flatMap { UInt8(exactly: $0) })
        default: return TrafficMatch(protocolNumber: number)
        }
    }

    private static func blocks(_ texts: [String?]) throws(RuntimeProblem) -> [CIDRBlock] {
        var blocks: [CIDRBlock] = []
        for text in texts {
            guard let text else { continue }
            let block = try block(text)
            if !blocks.contains(block) { blocks.append(block) }
        }
        return blocks
    }

    private static func block(_ text: String) throws(RuntimeProblem) -> CIDRBlock {
        guard let block = CIDRBlock(text) else { throw RuntimeProblem("'\(text)' is no range of addresses") }
        return block
    }

    private static func address(_ text: String) throws(RuntimeProblem) -> NetworkAddress {
        guard let address = NetworkAddress(text) else { throw RuntimeProblem("'\(text)' is no address") }
        return address
    }

    private static func map<Part, Result>(
        _ parts: [Part]?, _ make: (Part) throws(RuntimeProblem) -> Result
    ) throws(RuntimeProblem) -> [Result] {
        var results: [Result] = []
        for part in parts ?? [] { results.append(try make(part)) }
        return results
    }
}
