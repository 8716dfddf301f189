@testable import VPC

/// Networks whose blocks and ports meet and overlap, and packets at their ends.
struct RandomNetwork {
    var random: SeededRandom

    private static let ownBlocks = ["10.0.0.0/16", "198.18.0.0/20", "2001:db8:aa00::/56"]
    private static let blocks = [
        "0.0.0.0/0", "0.0.0.0/1", "10.0.0.0/8", "10.0.0.0/16", "10.0.1.0/24", "10.0.2.0/24", "10.0.1.5/32", "8.0.0.0/6",
        "203.0.113.0/24", "203.0.113.128/25", "203.0.113.7/32", "198.18.0.0/15", "198.18.4.0/22", "172.0.0.0/8",
        "100.64.0.0/10", "255.255.255.255/32", "192.168.0.0/15", "::/0", "2001:db8::/32", "2001:db8:1::/48",
        "2001:db8:aa00::/56", "2001:db8:aa00:1::/64", "2001:db8:1::7/128", "fd00::/8", "4000::/2",
    ]
    private static let ports: [UInt16] = [0, 1, 22, 80, 443, 1023, 1024, 1025, 3306, 8000, 32_768, 65_534, 65_535]

    mutating func network() -> Network {
        var network = Network()
        let vpcs = ["vpc-1", "vpc-2"]
        for vpc in vpcs { network.vpcs[vpc] = random.some(Self.ownBlocks, upTo: 3).map(block) }
        network.vpcs["vpc-1", default: []].append(block("10.0.0.0/16"))
        for vpc in vpcs where random.chance(85) { network.internetGateways["igw-\(vpc)"] = vpc }
        for number in 0..<3 { network.prefixLists["pl-\(number)"] = random.some(Self.blocks, upTo: 4).map(block) }
        for number in 0..<4 { network.routeTables["rtb-\(number)"] = routes(random.one(vpcs)) }
        for number in 0..<3 {
            network.networkACLs["acl-\(number)"] = NetworkACL(
                id: "acl-\(number)", vpcID: random.one(vpcs), entries: entries())
        }
        for number in 0..<4 { network.securityGroups["sg-\(number)"] = group("sg-\(number)") }
        for number in 0..<4 {
            let id = "subnet-\(number)"
            network.subnets[id] = Subnet(
                id: id, vpcID: random.chance(80) ? "vpc-1" : "vpc-2", blocks: [],
                routeTableID: "rtb-\(random.number(4))",
                networkACLID: "acl-\(random.number(3))")
        }
        for number in 0..<5 { network.interfaces["eni-\(number)"] = interface("eni-\(number)") }
        return network
    }

    /// Changes one thing, as one request would.
    mutating func change(_ network: inout Network) {
        switch random.number(10) {
        case 0: network.prefixLists["pl-\(random.number(3))"] = random.some(Self.blocks, upTo: 4).map(block)
        case 1: network.routeTables["rtb-\(random.number(4))"] = routes(random.one(["vpc-1", "vpc-2"]))
        case 2:
            let id = "acl-\(random.number(3))"
            network.networkACLs[id] = NetworkACL(id: id, vpcID: "vpc-1", entries: entries())
        case 3:
            let vpc = random.one(["vpc-1", "vpc-2"])
            network.internetGateways["igw-\(vpc)"] = random.chance(60) ? vpc : nil
        case 4: network.interfaces["eni-\(random.number(6))"] = nil
        case 5: network.subnets["subnet-\(random.number(4))"]?.networkACLID = "acl-\(random.number(3))"
        case 6: network.vpcs["vpc-1"] = random.some(Self.ownBlocks, upTo: 3).map(block)
        case 7:
            let id = "eni-\(random.number(6))"
            network.interfaces[id] = interface(id)
        default:
            let id = "sg-\(random.number(4))"
            network.securityGroups[id] = random.chance(90) ? group(id) : nil
        }
    }

    /// An address at the end of some block, or next to it.
    mutating func address() -> NetworkAddress {
        let range = block(random.one(Self.blocks + Self.ownBlocks))
        let end = random.chance(50) ? range.first : range.last
        let step = UInt128(random.number(3))
        return NetworkAddress(end.value &+ step &- 1, isVersion6: range.isVersion6)
    }

    /// A packet's service, at the end of some range of ports, or next to it.
    mutating func service() -> Service {
        switch random.number(8) {
        case 0: return .icmp(type: random.one([0, 8, 3]), code: random.one([0, 4]))
        case 1: return .icmp(type: random.one([128, 129, 1]), code: 0, isVersion6: true)
        case 2: return Service(random.one([47, 50, 0, 255, 2]))
        default:
            return Service(
                random.one([6, 6, 6, 17]), random.one(Self.ports) &+ UInt16(random.number(3)) &- 1)
        }
    }

    private mutating func match() -> TrafficMatch {
        switch random.number(10) {
        case 0, 1: return .all
        case 2:
            let type: UInt8? = random.one([nil, 0, 8, 3, 128, 129])
            return TrafficMatch(
                protocolNumber: random.one([TrafficMatch.icmp, TrafficMatch.icmpv6]), icmpType: type,
                icmpCode: type == nil ? nil : random.one([nil, 0, 4]))
        case 3: return TrafficMatch(protocolNumber: random.one([47, 50, 0, 255]))
        default:
            let ends = [random.one(Self.ports), random.one(Self.ports)].sorted()
            return TrafficMatch(
                protocolNumber: random.one([6, 6, 6, 17]), ports: random.chance(10) ? nil : ends[0]...ends[1])
        }
    }

    private mutating func entries() -> [NetworkACLEntry] {
        (0..<random.number(12)).map { number in
            NetworkACLEntry(
                number: number * 10 + 1, isEgress: random.chance(50), allows: random.chance(65), match: match(),
                block: block(random.one(Self.blocks)))
        }
    }

    private mutating func group(_ id: String) -> SecurityGroup {
        SecurityGroup(id: id, vpcID: "vpc-1", ingress: rules(), egress: rules())
    }

    private mutating func rules() -> [SecurityGroupRule] {
        (0..<random.number(5)).map { _ in
            let peer: TrafficPeer =
                switch random.number(5) {
                case 0: .group("sg-\(random.number(4))")
                case 1: .prefixList("pl-\(random.number(4))")
                default: .block(block(random.one(Self.blocks)))
                }
            return SecurityGroupRule(id: "sgr-\(random.next())", match: match(), peer: peer)
        }
    }

    private mutating func routes(_ vpc: String) -> [Route] {
        var destinations: Set<Route.Destination> = []
        var routes: [Route] = []
        let likely = random.chance(60) ? [Route.Destination.block(.anyIPv4), .block(.anyIPv6)] : []
        for number in 0..<(likely.count + random.number(5)) {
            let destination: Route.Destination =
                number < likely.count
                ? likely[number]
                : random.chance(25) ? .prefixList("pl-\(random.number(3))") : .block(block(random.one(Self.blocks)))
            guard destinations.insert(destination).inserted else { continue }
            let target: RouteTarget =
                number < likely.count || random.chance(50)
                ? .internetGateway("igw-\(vpc)")
                : random.one([.local, .natGateway("nat-1"), .egressOnlyInternetGateway("eigw-1"), .other("pcx-1")])
            routes.append(Route(destination: destination, target: target, isBlackhole: random.chance(8)))
        }
        return routes
    }

    private mutating func interface(_ id: String) -> NetworkInterface {
        let subnet = random.number(4)
        let own = address("10.0.\(subnet).\(random.number(250) + 4)")
        let version6 = random.one(["2001:db8:aa00:1::5", "fd00::5", "2001:db8:aa00:2::7"])
        return NetworkInterface(
            id: id, subnetID: "subnet-\(subnet)", instanceID: random.chance(80) ? "i-\(id)" : nil,
            groupIDs: random.some((0..<5).map { "sg-\($0)" }, upTo: 3),
            addresses: [own] + (random.chance(60) ? [address(version6)] : []),
            publicAddresses: random.chance(75) ? [own: address("203.0.113.\(random.number(250) + 1)")] : [:])
    }

    private func address(_ text: String) -> NetworkAddress { VPCTests.address(text) }
}
