// What it costs to know what the internet reaches, of how many instances, and to know it again after one rule has changed.
//
//     ReachBench [instances] [groups]

import VPC

@main
struct ReachBench {
    static func main() {
        let numbers = CommandLine.arguments.dropFirst().compactMap { Int($0) }
        let instances = numbers.first ?? 10_000
        let groups = numbers.dropFirst().first ?? 1_000
        print(
            "| Instances | Groups | Rules | Computed whole | One rule changes | … told by a whole network | Changed |")
        print("|---|---|---|---|---|---|---|")
        for (instances, groups) in [(instances / 10, groups), (instances, groups), (instances * 10, groups)] {
            measure(instances: instances, groups: groups)
        }
    }

    private static func measure(instances: Int, groups: Int) {
        let network = network(instances: instances, groups: groups)
        let rules = network.securityGroups.values.reduce(0) { $0 + $1.ingress.count }
        let clock = ContinuousClock()
        var index = ReachabilityIndex()
        let whole = clock.measure { index.update(to: network) }
        // Each time another group, which gets a rule and loses it again.
        var single: [Duration] = []
        var compared: [Duration] = []
        var told = 0
        for round in 0..<20 {
            let id = groupID(round * 37 % groups)
            guard let group = network.securityGroups[id] else { continue }
            var changed = group
            changed.ingress.append(rule("sgr-new", 6, 31_337, CIDRBlock.anyIPv4))
            single.append(clock.measure { told += index.set(changed).count })
            index.set(group)
            var other = network
            other.securityGroups[id] = changed
            compared.append(clock.measure { index.update(to: other) })
            index.update(to: network)
        }
        let exposed = network.interfaces.keys.reduce(0) { $0 + (index.region(of: $1).isEmpty ? 0 : 1) }
        precondition(exposed > instances / 4, "Too little is reached for this to mean anything.")
        print(
            "| \(instances) | \(groups) | \(rules) | \(shown(whole)) | \(shown(median(single))) | \(shown(median(compared))) |"
                + " \(told / 20) |")
    }

    /// A VPC with 50 subnets, half of them public; each instance has one to three groups.
    private static func network(instances: Int, groups: Int) -> Network {
        var random = Random(state: 20)
        var network = Network()
        network.vpcs["vpc-1"] = [CIDRBlock("10.0.0.0/8") ?? .anyIPv4]
        network.internetGateways["igw-1"] = "vpc-1"
        let local = Route(destination: .block(CIDRBlock("10.0.0.0/8") ?? .anyIPv4), target: .local)
        network.routeTables["rtb-0"] = [local, Route(destination: .block(.anyIPv4), target: .internetGateway("igw-1"))]
        network.routeTables["rtb-1"] = [local, Route(destination: .block(.anyIPv4), target: .natGateway("nat-1"))]
        for number in 0..<10 {
            var entries = [false, true].map {
                NetworkACLEntry(number: 1_000, isEgress: $0, allows: true, match: .all, block: .anyIPv4)
            }
            for rule in 0..<15 {
                entries.append(
                    NetworkACLEntry(
                        number: 100 + rule, isEgress: false, allows: false, match: random.match(), block: random.block()
                    ))
            }
            network.networkACLs["acl-\(number)"] = NetworkACL(id: "acl-\(number)", vpcID: "vpc-1", entries: entries)
        }
        for number in 0..<50 {
            let id = "subnet-\(number)"
            network.subnets[id] = Subnet(
                id: id, vpcID: "vpc-1", blocks: [], routeTableID: "rtb-\(number % 2)",
                networkACLID: "acl-\(number % 10)")
        }
        for number in 0..<groups {
            let id = groupID(number)
            network.securityGroups[id] = SecurityGroup(
                id: id, vpcID: "vpc-1",
                ingress: (0..<12).map {
                    rule("sgr-\(number)-\($0)", random.one([6, 6, 17]), random.port(), random.block())
                },
                egress: [])
        }
        for number in 0..<instances {
            let own = NetworkAddress(0x0A00_0000 + UInt128(number), isVersion6: false)
            let interface = NetworkInterface(
                id: "eni-\(number)", subnetID: "subnet-\(random.below(50))", instanceID: "i-\(number)",
                groupIDs: (0...random.below(3)).map { _ in groupID(random.below(groups)) }, addresses: [own],
                publicAddresses: [own: NetworkAddress(0x2C00_0000 + UInt128(number), isVersion6: false)])
            network.interfaces[interface.id] = interface
        }
        return network
    }

    private static func groupID(_ number: Int) -> String { "sg-\(number)" }

    private static func rule(_ id: String, _ number: UInt8, _ port: UInt16, _ block: CIDRBlock) -> SecurityGroupRule {
        SecurityGroupRule(
            id: id, match: TrafficMatch(protocolNumber: number, ports: port...port), peer: .block(block))
    }

    private static func median(_ times: [Duration]) -> Duration { times.sorted()[times.count / 2] }

    private static func shown(_ time: Duration) -> String {
        let (seconds, attoseconds) = time.components
        return "\(((Double(seconds) + Double(attoseconds) * 1e-18) * 1e5).rounded() / 100) ms"
    }
}

/// Always the same.
private struct Random: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func below(_ end: Int) -> Int { Int.random(in: 0..<end, using: &self) }
    mutating func one<Element>(_ all: [Element]) -> Element { all[below(all.count)] }
    mutating func port() -> UInt16 { UInt16(below(65_536)) }

    /// Somewhere in the internet, or all of it.
    mutating func block() -> CIDRBlock {
        CIDRBlock(
            NetworkAddress(UInt128(UInt32(truncatingIfNeeded: next())), isVersion6: false),
            prefixLength: one([0, 8, 16, 24, 24, 32, 32]))
    }

    mutating func match() -> TrafficMatch {
        let start = port()
        return TrafficMatch(protocolNumber: 6, ports: start...max(start, start | 0xFF))
    }
}
