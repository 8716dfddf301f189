import VPC

/// How a network follows from the resources of EC2. Each change touches only what it is about: of thousands of interfaces one.
extension EC2Estate {
    mutating func noteChange(of old: (any EC2Resource)?, to new: (any EC2Resource)?) {
        switch new ?? old {
        case let vpc as StoredVPC:
            network.vpcs[vpc.id] = new == nil ? nil : (vpc.blocks + vpc.blocks6).compactMap { CIDRBlock($0.block) }
            // Subnets without a table of their own follow the main one; tables have a route for each block.
            for subnet in Array(each(StoredSubnet.self)) where subnet.vpcID == vpc.id { place(subnet) }
            for table in Array(each(StoredRouteTable.self)) where table.vpcID == vpc.id { place(table) }
        case let subnet as StoredSubnet:
            if new == nil {
                network.subnets[subnet.id] = nil
                confine(subnet, [])
            } else {
                place(subnet)
            }
        case let table as StoredRouteTable:
            if new == nil { network.routeTables[table.id] = nil } else { place(table) }
        case let gateway as StoredInternetGateway:
            network.internetGateways[gateway.id] = new == nil ? nil : gateway.vpcID
            placeTables(leadingTo: gateway.id)
        case let group as StoredSecurityGroup:
            network.securityGroups[group.id] = new == nil ? nil : SecurityGroup(group)
            // AWS's lists have no records: they are there once a rule names them.
            for list in AWSPrefixLists.all(in: group.head.region)
            where group.rules.contains(where: { $0.peer == .prefixList(list.id) }) {
                network.prefixLists[list.id] = list.blocks.compactMap { CIDRBlock($0) }
            }
        case let list as StoredNetworkACL:
            network.networkACLs[list.id] = new == nil ? nil : NetworkACL(list)
        case let interface as StoredNetworkInterface:
            network.interfaces[interface.id] = new == nil ? nil : NetworkInterface(interface)
            noteAddresses(of: old as? StoredNetworkInterface, to: new as? StoredNetworkInterface)
            if old == nil || new == nil { placeTables(leadingTo: interface.id) }
        case let list as StoredPrefixList:
            network.prefixLists[list.id] = new == nil ? nil : list.entries.compactMap { CIDRBlock($0.block) }
        case let endpoint as StoredEndpoint:
            let tables = Set(((old as? StoredEndpoint)?.routeTableIDs ?? []) + endpoint.routeTableIDs)
            for id in tables { if let table = get(StoredRouteTable.self, id) { place(table) } }
        case let gateway as StoredNATGateway: placeTables(leadingTo: gateway.id)
        case let gateway as StoredEgressGateway: placeTables(leadingTo: gateway.id)
        case is StoredPublicAccessExclusion: placeSubnets()
        default: break
        }
    }

    mutating func place(_ subnet: StoredSubnet) {
        let tableID = subnet.routeTableID ?? get(StoredVPC.self, subnet.vpcID)?.mainRouteTableID ?? ""
        confine(subnet, network.routeTables[tableID] ?? [], of: tableID)
        network.subnets[subnet.id] = Subnet(
            id: subnet.id, vpcID: subnet.vpcID,
            blocks: ((subnet.block.map { [$0] } ?? []) + subnet.blocks6.map(\.block)).compactMap { CIDRBlock($0) },
            routeTableID: confinedTables[subnet.id] ?? tableID, networkACLID: subnet.networkACLID)
    }

    private mutating func place(_ table: StoredRouteTable) {
        network.routeTables[table.id] = routes(of: table).compactMap { route in
            let destination: Route.Destination
            if let block = CIDRBlock(route.destination) {
                destination = .block(block)
            } else {
                destination = .prefixList(route.destination)
            }
            return Route(
                destination: destination, target: RouteTarget(id: route.target),
                isBlackhole: isBlackhole(route, in: table))
        }
        guard publicAccess != .off else { return }
        for subnet in Array(each(StoredSubnet.self)) where subnet.vpcID == table.vpcID { place(subnet) }
    }

    private mutating func placeTables(leadingTo target: String) {
        for table in Array(each(StoredRouteTable.self)) where table.routes.contains(where: { $0.target == target }) {
            place(table)
        }
    }

    /// All routes of a table: within the VPC, those that were made, and those to gateway endpoints.
    public func routes(of table: StoredRouteTable) -> [StoredRoute] {
        let vpc = get(StoredVPC.self, table.vpcID)
        let local = ((vpc?.blocks ?? []) + (vpc?.blocks6 ?? [])).map {
            StoredRoute(destination: $0.block, target: "local")
        }
        let endpoints = all(StoredEndpoint.self).filter { $0.isGateway && $0.routeTableIDs.contains(table.id) }
            .compactMap { endpoint in
                AWSPrefixLists.id(ofService: endpoint.serviceName, in: table.head.region).map {
                    StoredRoute(destination: $0, target: endpoint.id)
                }
            }
        return local + table.routes + endpoints
    }

    /// Whether a route's target is gone, or detached.
    public func isBlackhole(_ route: StoredRoute, in table: StoredRouteTable) -> Bool {
        let target = route.target
        switch RouteTarget(id: target) {
        case .local: return false
        case .internetGateway: return get(StoredInternetGateway.self, target)?.vpcID != table.vpcID
        case .egressOnlyInternetGateway: return get(StoredEgressGateway.self, target) == nil
        case .natGateway: return get(StoredNATGateway.self, target).map { $0.deleted != nil } ?? true
        case .networkInterface: return get(StoredNetworkInterface.self, target) == nil
        case .vpcEndpoint: return get(StoredEndpoint.self, target) == nil
        case .other: return true
        }
    }
}

extension RouteTarget {
    /// By the id of what a route leads to.
    init(id: String) {
        if id == "local" {
            self = .local
        } else if id.hasPrefix("igw-") {
            self = .internetGateway(id)
        } else if id.hasPrefix("eigw-") {
            self = .egressOnlyInternetGateway(id)
        } else if id.hasPrefix("nat-") {
            self = .natGateway(id)
        } else if id.hasPrefix("eni-") {
            self = .networkInterface(id)
        } else if id.hasPrefix("vpce-") {
            self = .vpcEndpoint(id)
        } else {
            self = .other(id)
        }
    }
}

extension SecurityGroup {
    init(_ group: StoredSecurityGroup) {
        let rules = group.rules.compactMap { rule in
            SecurityGroupRule(rule).map { (isEgress: rule.isEgress, rule: $0) }
        }
        self.init(
            id: group.id, vpcID: group.vpcID, ingress: rules.filter { !$0.isEgress }.map(\.rule),
            egress: rules.filter(\.isEgress).map(\.rule))
    }
}

extension SecurityGroupRule {
    init?(_ rule: StoredGroupRule) {
        guard let match = TrafficMatch(rule.traffic) else { return nil }
        switch rule.peer {
        case .block(let text):
            guard let block = CIDRBlock(text) else { return nil }
            self.init(id: rule.id, match: match, peer: .block(block))
        case .group(let id): self.init(id: rule.id, match: match, peer: .group(id))
        case .prefixList(let id): self.init(id: rule.id, match: match, peer: .prefixList(id))
        }
    }
}

extension TrafficMatch {
    /// What a rule of a security group says; nil for what can match nothing.
    init?(_ traffic: StoredGroupRule.Traffic) {
        let number: UInt8
        switch traffic.name {
        case "-1":
            self = .all
            return
        case "tcp": number = TrafficMatch.tcp
        case "udp": number = TrafficMatch.udp
        case "icmp": number = TrafficMatch.icmp
        case "icmpv6": number = TrafficMatch.icmpv6
        default:
            guard let other = UInt8(traffic.name) else { return nil }
            number = other
        }
        self.init(
            number: number, ports: Self.ports(traffic.from, traffic.to), type: traffic.from, code: traffic.to)
    }

    /// What an entry of a network ACL says; nil for what can match nothing.
    init?(_ entry: StoredNetworkACL.Entry) {
        guard entry.protocolNumber != -1 else {
            self = .all
            return
        }
        guard let number = UInt8(exactly: entry.protocolNumber) else { return nil }
        let ports: ClosedRange<UInt16>? =
            if let from = entry.fromPort, let to = entry.toPort { Self.ports(from, to) } else { nil }
        self.init(number: number, ports: ports, type: entry.icmpType ?? -1, code: entry.icmpCode ?? -1)
    }

    private init(number: UInt8, ports: ClosedRange<UInt16>?, type: Int, code: Int) {
        switch number {
        case TrafficMatch.tcp, TrafficMatch.udp: self.init(protocolNumber: number, ports: ports)
        case TrafficMatch.icmp, TrafficMatch.icmpv6:
            self.init(protocolNumber: number, icmpType: UInt8(exactly: type), icmpCode: UInt8(exactly: code))
        default: self.init(protocolNumber: number)
        }
    }

    /// nil: all of them.
    private static func ports(_ from: Int, _ to: Int) -> ClosedRange<UInt16>? {
        guard let first = UInt16(exactly: from), let last = UInt16(exactly: to), first <= last else { return nil }
        return first == 0 && last == .max ? nil : first...last
    }
}

extension NetworkACL {
    init(_ list: StoredNetworkACL) {
        let entries = list.entries.compactMap { entry -> NetworkACLEntry? in
            guard let match = TrafficMatch(entry), let block = CIDRBlock(entry.block) else { return nil }
            return NetworkACLEntry(
                number: entry.number, isEgress: entry.isEgress, allows: entry.allows, match: match, block: block)
        }
        self.init(id: list.id, vpcID: list.vpcID, entries: entries)
    }
}

extension NetworkInterface {
    init(_ interface: StoredNetworkInterface) {
        var publicAddresses: [NetworkAddress: NetworkAddress] = [:]
        for address in interface.addresses {
            guard let own = NetworkAddress(address.privateAddress),
                let outer = address.publicAddress.flatMap({ NetworkAddress($0) })
            else { continue }
            publicAddresses[own] = outer
        }
        self.init(
            id: interface.id, subnetID: interface.subnetID, instanceID: interface.attachment?.instanceID,
            groupIDs: interface.groupIDs,
            addresses: (interface.addresses.map(\.privateAddress) + interface.addresses6).compactMap {
                NetworkAddress($0)
            },
            publicAddresses: publicAddresses)
    }
}
