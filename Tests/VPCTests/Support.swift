@testable import VPC

struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func number(_ end: Int) -> Int { Int.random(in: 0..<end, using: &self) }
    mutating func chance(_ percent: Int) -> Bool { number(100) < percent }
    mutating func one<Element>(_ all: [Element]) -> Element { all[number(all.count)] }
    mutating func some<Element>(_ all: [Element], upTo count: Int) -> [Element] {
        Array(all.shuffled(using: &self).prefix(number(count + 1)))
    }
}

/// Always the same seeds, and some that are other ones each time: a failure names its own.
let seeds = Array(0..<60 as Range<UInt64>) + (0..<20).map { _ in UInt64.random(in: 1_000_000...(.max)) }

func block(_ text: String) -> CIDRBlock { CIDRBlock(text) ?? .anyIPv4 }
func address(_ text: String) -> NetworkAddress { NetworkAddress(text) ?? NetworkAddress(0, isVersion6: false) }

func tcp(_ ports: ClosedRange<UInt16>) -> TrafficMatch { TrafficMatch(protocolNumber: TrafficMatch.tcp, ports: ports) }
func tcp(_ port: UInt16) -> TrafficMatch { tcp(port...port) }
func udp(_ port: UInt16) -> TrafficMatch { TrafficMatch(protocolNumber: TrafficMatch.udp, ports: port...port) }

/// A VPC with a public subnet (10.0.1.0/24), a private one (10.0.2.0/24), an internet gateway, a group `sg-web`, and an
/// instance in each subnet that is in the group: `eni-1` with the public address 203.0.113.10, and `eni-2` without.
func plainNetwork(_ ingress: [SecurityGroupRule] = []) -> Network {
    var network = Network()
    network.vpcs["vpc-1"] = [block("10.0.0.0/16")]
    network.internetGateways["igw-1"] = "vpc-1"
    network.routeTables["rtb-public"] = [
        Route(destination: .block(block("10.0.0.0/16")), target: .local),
        Route(destination: .block(.anyIPv4), target: .internetGateway("igw-1")),
    ]
    network.routeTables["rtb-private"] = [Route(destination: .block(block("10.0.0.0/16")), target: .local)]
    network.networkACLs["acl-1"] = NetworkACL(id: "acl-1", vpcID: "vpc-1", entries: openEntries)
    network.subnets["subnet-1"] = Subnet(
        id: "subnet-1", vpcID: "vpc-1", blocks: [block("10.0.1.0/24")], routeTableID: "rtb-public",
        networkACLID: "acl-1")
    network.subnets["subnet-2"] = Subnet(
        id: "subnet-2", vpcID: "vpc-1", blocks: [block("10.0.2.0/24")], routeTableID: "rtb-private",
        networkACLID: "acl-1")
    network.securityGroups["sg-web"] = SecurityGroup(
        id: "sg-web", vpcID: "vpc-1", ingress: ingress,
        egress: [SecurityGroupRule(id: "sgr-out", match: .all, peer: .block(.anyIPv4))])
    network.interfaces["eni-1"] = NetworkInterface(
        id: "eni-1", subnetID: "subnet-1", instanceID: "i-1", groupIDs: ["sg-web"], addresses: [address("10.0.1.4")],
        publicAddresses: [address("10.0.1.4"): address("203.0.113.10")])
    network.interfaces["eni-2"] = NetworkInterface(
        id: "eni-2", subnetID: "subnet-2", instanceID: "i-2", groupIDs: ["sg-web"], addresses: [address("10.0.2.4")],
        publicAddresses: [:])
    return network
}

/// What a default network ACL has.
let openEntries = [false, true].map {
    NetworkACLEntry(number: 100, isEgress: $0, allows: true, match: .all, block: .anyIPv4)
}

func entry(
    _ number: Int, _ match: TrafficMatch, from text: String = "0.0.0.0/0", isEgress: Bool = false, allows: Bool = true
) -> NetworkACLEntry {
    NetworkACLEntry(number: number, isEgress: isEgress, allows: allows, match: match, block: block(text))
}

func allow(_ id: String, _ match: TrafficMatch, from text: String = "0.0.0.0/0") -> SecurityGroupRule {
    SecurityGroupRule(id: id, match: match, peer: .block(block(text)))
}
