extension NetworkACL {
    /// The packets that it lets through in one direction, by the addresses outside the subnet. The first entry that matches
    /// decides, so entries are laid upon each other from the last to the first.
    func region(isEgress: Bool) -> TrafficRegion {
        var region = TrafficRegion.empty
        for entry in entries.reversed() where entry.isEgress == isEgress {
            let part = TrafficRegion(entry.block, ServiceSet(entry.match))
            region = entry.allows ? region.union(part) : region.subtracting(part)
        }
        return region
    }

    /// The entries that let something of the region through, in their order.
    func decidingEntries(_ region: TrafficRegion, isEgress: Bool) -> [NetworkACLEntry] {
        var left = region
        var deciding: [NetworkACLEntry] = []
        for entry in entries where entry.isEgress == isEgress {
            if left.isEmpty { break }
            let part = TrafficRegion(entry.block, ServiceSet(entry.match))
            if entry.allows, !left.intersection(part).isEmpty { deciding.append(entry) }
            left = left.subtracting(part)
        }
        return deciding
    }
}

extension SecurityGroupRule {
    /// The packets that the rule allows, by the addresses of the other side.
    /// - Parameter members: the addresses of interfaces in a group.
    func region(prefixLists: [String: [CIDRBlock]], members: (String) -> AddressSet) -> TrafficRegion {
        let services = ServiceSet(match)
        switch peer {
        case .block(let block): return TrafficRegion(block, services)
        case .prefixList(let id): return TrafficRegion(AddressSet(prefixLists[id] ?? []), services)
        case .group(let id): return TrafficRegion(members(id), services)
        }
    }
}

extension SecurityGroup {
    /// What comes in from outside the VPC by its rules. Rules that name a group say nothing of it: they mean the private
    /// addresses of the group's interfaces, which never come through a gateway.
    func regionFromOutside(prefixLists: [String: [CIDRBlock]]) -> TrafficRegion {
        .union(of: ingress.map { $0.region(prefixLists: prefixLists) { _ in .empty } })
    }
}

extension ServiceSet {
    /// The requests that get their answers, where these services are what may come back.
    ///
    /// Answers of TCP and UDP go to a client's port. It is enough that one port can be answered: a client may try another. An
    /// echo request of ICMP is answered by an echo reply; other ICMP messages have no answer, so that they always get it. All
    /// other protocols answer with their own.
    func answered(clientPorts: ClosedRange<UInt16>) -> ServiceSet {
        if self == .all { return .all }
        var ranges: [ClosedRange<UInt32>] = []
        for number in UInt8.min...UInt8.max {
            let whole = ServiceSet(number, 0...UInt16.max)
            switch number {
            case TrafficMatch.tcp, TrafficMatch.udp:
                guard !intersection(ServiceSet(number, clientPorts)).isEmpty else { continue }
                ranges += whole.numbers.ranges
            case TrafficMatch.icmp, TrafficMatch.icmpv6:
                let (request, reply) = Self.echo(isVersion6: number == TrafficMatch.icmpv6)
                ranges += contains(reply) ? whole.numbers.ranges : whole.subtracting(request).numbers.ranges
            default:
                guard contains(Service(number)) else { continue }
                ranges += whole.numbers.ranges
            }
        }
        return ServiceSet(IntervalSet(ranges))
    }

    /// What comes back of requests for these services.
    func answers(clientPorts: ClosedRange<UInt16>) -> ServiceSet {
        var ranges: [ClosedRange<UInt32>] = []
        for range in protocols.ranges {
            for number in range {
                switch number {
                case TrafficMatch.tcp, TrafficMatch.udp: ranges += ServiceSet(number, clientPorts).numbers.ranges
                case TrafficMatch.icmp, TrafficMatch.icmpv6:
                    let (request, reply) = Self.echo(isVersion6: number == TrafficMatch.icmpv6)
                    if !intersection(request).isEmpty { ranges.append(reply.number...reply.number) }
                default: ranges += ServiceSet(number, 0...UInt16.max).numbers.ranges
                }
            }
        }
        return ServiceSet(IntervalSet(ranges))
    }

    private static func echo(isVersion6: Bool) -> (request: ServiceSet, reply: Service) {
        isVersion6
            ? (ServiceSet(TrafficMatch.icmpv6, 128 << 8...128 << 8 | 0xFF), .icmp(type: 129, code: 0, isVersion6: true))
            : (ServiceSet(TrafficMatch.icmp, 8 << 8...8 << 8 | 0xFF), .icmp(type: 0, code: 0))
    }
}
