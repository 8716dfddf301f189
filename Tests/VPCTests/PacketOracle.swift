@testable import VPC

/// One packet at a time, by AWS's rules as one reads them: the route with the longest prefix, the first entry of a network ACL
/// that matches, any rule of any group. Shares nothing with what it checks but the model.
struct PacketOracle {
    let network: Network

    func reachesFromInternet(_ source: NetworkAddress, _ service: Service, _ interfaceID: String, answers: Bool) -> Bool
    {
        guard let interface = network.interfaces[interfaceID], let subnet = network.subnets[interface.subnetID] else {
            return false
        }
        guard let gateway = network.internetGateways.first(where: { $0.value == subnet.vpcID })?.key else {
            return false
        }
        guard isOfTheInternet(source), !(network.vpcs[subnet.vpcID] ?? []).contains(where: { $0.contains(source) })
        else {
            return false
        }
        // Some address must be that of a packet from there.
        let isAddressed =
            source.isVersion6
            ? interface.addresses.contains { $0.isVersion6 && isOfTheInternet($0) } : !interface.publicAddresses.isEmpty
        guard isAddressed, let acl = network.networkACLs[subnet.networkACLID] else { return false }
        guard passes(acl, isEgress: false, source, service) else { return false }
        guard anyRule(interface, isEgress: false, source, service, members: []) else { return false }
        guard answers, let replies = replies(to: service, [acl.entries]) else { return true }
        guard let route = route(subnet, to: source), !route.isBlackhole, route.target == .internetGateway(gateway)
        else {
            return false
        }
        return replies.contains { passes(acl, isEgress: true, source, $0) }
    }

    func reaches(
        _ from: String, _ source: NetworkAddress, _ to: String, _ destination: NetworkAddress, _ service: Service
    )
        -> Bool
    {
        guard let sender = network.interfaces[from], let receiver = network.interfaces[to],
            let here = network.subnets[sender.subnetID], let there = network.subnets[receiver.subnetID],
            here.vpcID == there.vpcID
        else { return false }
        if from == to { return true }
        guard anyRule(sender, isEgress: true, destination, service, members: receiver.groupIDs),
            anyRule(receiver, isEgress: false, source, service, members: sender.groupIDs)
        else { return false }
        if here.id == there.id { return true }
        guard let one = network.networkACLs[here.networkACLID], let other = network.networkACLs[there.networkACLID],
            isLocal(here, to: destination), passes(one, isEgress: true, destination, service),
            passes(other, isEgress: false, source, service)
        else { return false }
        guard let replies = replies(to: service, [one.entries, other.entries]) else { return true }
        return isLocal(there, to: source)
            && replies.contains {
                passes(other, isEgress: true, source, $0) && passes(one, isEgress: false, destination, $0)
            }
    }

    private func isLocal(_ subnet: Subnet, to address: NetworkAddress) -> Bool {
        guard let route = route(subnet, to: address) else { return false }
        return route.target == .local && !route.isBlackhole
    }

    /// What may answer: a packet to one of the client's ports – it is enough to try those where some entry begins or ends –, an
    /// echo reply, a packet of the same protocol. nil: nothing has to.
    private func replies(to service: Service, _ entries: [[NetworkACLEntry]]) -> [Service]? {
        switch service.protocolNumber {
        case 6, 17:
            var ports: Set<Int> = [1024, 65_535]
            for entry in entries.joined() {
                guard let range = entry.match.ports else { continue }
                let ends = [Int(range.lowerBound), Int(range.upperBound)]
                ports.formUnion(ends + [ends[0] - 1, ends[1] + 1])
            }
            return ports.filter { 1024...65_535 ~= $0 }.map { Service(service.protocolNumber, UInt16($0)) }
        case 1: return service.selector >> 8 == 8 ? [.icmp(type: 0, code: 0)] : nil
        case 58: return service.selector >> 8 == 128 ? [.icmp(type: 129, code: 0, isVersion6: true)] : nil
        default: return [service]
        }
    }

    private func passes(_ acl: NetworkACL, isEgress: Bool, _ address: NetworkAddress, _ service: Service) -> Bool {
        for entry in acl.entries.sorted(by: { $0.number < $1.number }) where entry.isEgress == isEgress {
            if entry.block.contains(address), matches(entry.match, service) { return entry.allows }
        }
        return false
    }

    private func anyRule(
        _ interface: NetworkInterface, isEgress: Bool, _ address: NetworkAddress, _ service: Service, members: [String]
    ) -> Bool {
        for id in interface.groupIDs {
            guard let group = network.securityGroups[id] else { continue }
            for rule in isEgress ? group.egress : group.ingress where matches(rule.match, service) {
                switch rule.peer {
                case .block(let block): if block.contains(address) { return true }
                case .group(let id): if members.contains(id) { return true }
                case .prefixList(let id):
                    for block in network.prefixLists[id] ?? [] where block.contains(address) { return true }
                }
            }
        }
        return false
    }

    private func matches(_ match: TrafficMatch, _ service: Service) -> Bool {
        guard let number = match.protocolNumber else { return true }
        guard number == service.protocolNumber else { return false }
        switch number {
        case 6, 17:
            return match.ports.map { $0.lowerBound <= service.selector && service.selector <= $0.upperBound } ?? true
        case 1, 58:
            guard let type = match.icmpType else { return true }
            guard type == UInt8(service.selector / 256) else { return false }
            return match.icmpCode.map { $0 == UInt8(service.selector % 256) } ?? true
        default: return true
        }
    }

    private func route(_ subnet: Subnet, to address: NetworkAddress) -> Route? {
        var best: (length: Int, rank: Int, route: Route)?
        func offer(_ block: CIDRBlock, _ rank: Int, _ route: Route) {
            guard block.contains(address) else { return }
            if let best, (best.length, best.rank) >= (block.prefixLength, rank) { return }
            best = (block.prefixLength, rank, route)
        }
        for route in network.routeTables[subnet.routeTableID] ?? [] {
            switch route.destination {
            case .block(let block): offer(block, 2, route)
            case .prefixList(let id): for block in network.prefixLists[id] ?? [] { offer(block, 1, route) }
            }
        }
        for block in network.vpcs[subnet.vpcID] ?? [] {
            offer(block, 0, Route(destination: .block(block), target: .local))
        }
        return best?.route
    }

    private func isOfTheInternet(_ address: NetworkAddress) -> Bool {
        if address.isVersion6 { return address.value >> 125 == 1 }
        let bytes = [24, 16, 8, 0].map { Int((address.value >> $0) & 0xFF) }
        switch (bytes[0], bytes[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (192, 168): return false
        case (172, 16...31), (100, 64...127): return false
        default: return bytes[0] < 224
        }
    }
}
