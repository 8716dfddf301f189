import Testing

@testable import VPC

/// Sets of intervals and regions against sets of single numbers.
@Suite struct IntervalTests {
    private static func ranges(_ random: inout SeededRandom, below end: Int) -> [ClosedRange<UInt8>] {
        (0..<random.number(6)).map { _ in
            let ends = [random.number(end), random.number(end)].sorted().map { UInt8($0) }
            return random.chance(20) ? 250...255 : ends[0]...ends[1]
        }
    }

    private static func members(_ ranges: [ClosedRange<UInt8>]) -> Set<UInt8> { Set(ranges.joined()) }

    @Test(arguments: seeds) func intervalsAreSets(_ seed: UInt64) {
        var random = SeededRandom(state: seed)
        for _ in 0..<20 {
            let (one, two) = (Self.ranges(&random, below: 256), Self.ranges(&random, below: 256))
            let (a, b) = (IntervalSet(one), IntervalSet(two))
            let (x, y) = (Self.members(one), Self.members(two))
            for (set, expected) in [
                (a, x), (a.union(b), x.union(y)), (a.intersection(b), x.intersection(y)),
                (a.subtracting(b), x.subtracting(y)),
            ] {
                #expect(Self.members(set.ranges) == expected)
                #expect(
                    UInt8.min...UInt8.max ~= 0
                        && (0...255).allSatisfy { set.contains(UInt8($0)) == expected.contains(UInt8($0)) })
                // In order, with gaps: else equal sets were not equal.
                #expect(
                    zip(set.ranges, set.ranges.dropFirst()).allSatisfy { Int($0.upperBound) + 1 < Int($1.lowerBound) })
            }
            for range in two {
                #expect(a.contains(range) == x.isSuperset(of: range))
                #expect(a.overlaps(range) == !x.isDisjoint(with: range))
            }
        }
    }

    @Test(arguments: seeds) func regionsAreSets(_ seed: UInt64) {
        var random = SeededRandom(state: seed)
        func region() -> (TrafficRegion, [(CIDRBlock, ServiceSet)]) {
            let parts = (0..<random.number(7)).map { _ in
                let version6 = random.chance(30)
                let value = UInt128(random.number(16)) << (version6 ? 124 : 28)
                let block = CIDRBlock(NetworkAddress(value, isVersion6: version6), prefixLength: random.number(5))
                let ends = [random.number(6), random.number(6)].sorted().map { UInt16($0) }
                return (block, random.chance(10) ? .all : ServiceSet(random.one([6, 17]), ends[0]...ends[1]))
            }
            return (TrafficRegion.union(of: parts.map { TrafficRegion($0, $1) }), parts)
        }
        let ((a, inA), (b, inB)) = (region(), region())
        for version6 in [false, true] {
            for value in 0..<16 as Range<UInt128> {
                let address = NetworkAddress(value << (version6 ? 124 : 28), isVersion6: version6)
                for service in [6, 17, 50].flatMap({ number in (0..<7).map { Service(number, $0) } }) {
                    let isInA = inA.contains { $0.0.contains(address) && $0.1.contains(service) }
                    let isInB = inB.contains { $0.0.contains(address) && $0.1.contains(service) }
                    #expect(a.contains(address, service) == isInA)
                    #expect(a.union(b).contains(address, service) == (isInA || isInB))
                    #expect(a.intersection(b).contains(address, service) == (isInA && isInB))
                    #expect(a.subtracting(b).contains(address, service) == (isInA && !isInB))
                }
            }
        }
        // The same set is the same value, whichever way it came about.
        #expect(a.union(b) == b.union(a))
        #expect(a.subtracting(a.subtracting(b)) == a.intersection(b))
        #expect(a.intersection(b).union(a.subtracting(b)) == a)
        // Boxes are disjoint, and all of it.
        #expect(
            TrafficRegion.union(
                of: a.boxes.map {
                    let ends = IntervalSet($0.first.value...$0.last.value)
                    return TrafficRegion(
                        AddressSet(
                            ipv4: $0.first.isVersion6 ? IntervalSet() : ends,
                            ipv6: $0.first.isVersion6 ? ends : IntervalSet()),
                        ServiceSet($0.protocolNumber, $0.selectors))
                }) == a)
    }

    @Test(arguments: seeds) func blocksCoverExactly(_ seed: UInt64) {
        var random = SeededRandom(state: seed)
        for version6 in [false, true] {
            let width: UInt128 = version6 ? .max : 0xFFFF_FFFF
            let ends = [UInt128.random(in: 0...width, using: &random), UInt128.random(in: 0...width, using: &random)]
                .sorted()
            for range in [ends[0]...ends[1], 0...ends[1], ends[0]...width, ends[0]...ends[0], 0...width] {
                let blocks = CIDRBlock.covering(range, isVersion6: version6)
                #expect(blocks.first?.first.value == range.lowerBound)
                #expect(blocks.last?.last.value == range.upperBound)
                #expect(zip(blocks, blocks.dropFirst()).allSatisfy { $0.last.value + 1 == $1.first.value })
                // Two neighbours that were one block would be one too many.
                #expect(
                    zip(blocks, blocks.dropFirst()).allSatisfy { one, two in
                        let parent = CIDRBlock(one.first, prefixLength: one.prefixLength - 1)
                        return one.prefixLength != two.prefixLength || parent.first != one.first
                            || parent.last != two.last
                    })
            }
        }
    }

    @Test func blocksOfAddresses() {
        let set = AddressSet([block("10.0.0.0/8"), block("10.1.0.0/16"), block("11.0.0.0/8"), block("::/0")])
        #expect(set.blocks.map(\.description) == ["10.0.0.0/7", "::/0"])
        #expect(
            set.subtracting(AddressSet([block("10.0.0.0/9"), block("::/0")])).blocks.map(\.description) == [
                "10.128.0.0/9", "11.0.0.0/8",
            ])
        #expect(AddressSet.internet.contains(address("9.255.255.255")))
        #expect(!AddressSet.internet.contains(address("10.0.0.0")))
        #expect(!AddressSet.internet.contains(address("fd00::1")))
    }

    @Test func sourcesInWords() {
        let internet = AddressSet.internet
        let version4 = internet.intersection(AddressSet([.anyIPv4]))
        #expect(internet.inWords() == "the internet")
        #expect(version4.inWords() == "IPv4")
        #expect(version4.subtracting(AddressSet([block("9.0.0.0/8")])).inWords() == "IPv4 but for 9.0.0.0/8")
        #expect(AddressSet([block("9.0.0.0/8"), block("2600::/16")]).inWords() == "9.0.0.0/8, 2600::/16")
        #expect(
            AddressSet([block("9.0.0.0/8"), block("6.0.0.0/8"), block("3.0.0.0/8")]).inWords(limit: 2)
                == "3.0.0.0/8, 6.0.0.0/8, 1 more blocks")
        #expect(AddressSet.empty.inWords() == "nowhere")
    }

    @Test func stepsInWords() {
        let step = PathStep(
            .networkACL, "acl-1",
            [
                .networkACLEntry(100, isEgress: false), .networkACLEntry(90, isEgress: true),
                .networkACLEntry(95, isEgress: true),
            ])
        #expect(step.description == "acl-1 (in: 100; out: 90, 95)")
        #expect(
            PathStep(.securityGroup, "sg-1", [.securityGroupRule("sgr-1", isEgress: false)]).description
                == "sg-1 (sgr-1)")
        #expect(PathStep(.subnet, "subnet-1").description == "subnet-1")
    }

    @Test func servicesInWords() {
        let some = ServiceSet(tcp(22)).union(ServiceSet(tcp(8000...8100))).union(ServiceSet(udp(53)))
            .union(ServiceSet(TrafficMatch(protocolNumber: 50)))
            .union(ServiceSet(TrafficMatch(protocolNumber: 1, icmpType: 8, icmpCode: 0)))
        #expect(some.description == "icmp 8:0, tcp 22, tcp 8000-8100, udp 53, protocol 50")
        #expect(ServiceSet.all.description == "all")
        #expect(
            ServiceSet.all.subtracting(ServiceSet(tcp(22))).description
                == "protocol 0, icmp, protocols 2-5, tcp 0-21, tcp 23-65535, protocols 7-16, udp, protocols 18-57, icmpv6, protocols 59-255"
        )
        #expect(ServiceSet.empty.description == "none")
        #expect(ServiceSet(TrafficMatch(protocolNumber: 6)).description == "tcp")
    }
}
