import Testing

@testable import VPC

/// Random networks and packets at the ends of all their ranges: the regions say what an oracle says of each packet.
@Suite struct OracleTests {
    @Test(arguments: seeds) func whatComesFromTheInternet(_ seed: UInt64) {
        var maker = RandomNetwork(random: SeededRandom(state: seed))
        let network = maker.network()
        let oracle = PacketOracle(network: network)
        for id in network.interfaces.keys.sorted() {
            for answers in [true, false] {
                let region = network.internetReach(of: id, terms: ReachTerms(needsAnswers: answers))
                for _ in 0..<60 {
                    let (source, service) = (maker.address(), maker.service())
                    let expected = oracle.reachesFromInternet(source, service, id, answers: answers)
                    #expect(
                        region.contains(source, service) == expected,
                        "\(source) to \(id), \(service), with answers: \(answers)")
                }
            }
        }
    }

    @Test(arguments: seeds) func whatPassesBetweenInterfaces(_ seed: UInt64) {
        var maker = RandomNetwork(random: SeededRandom(state: seed))
        let network = maker.network()
        let oracle = PacketOracle(network: network)
        for from in network.interfaces.values.sorted(by: { $0.id < $1.id }) {
            for to in network.interfaces.values.sorted(by: { $0.id < $1.id }) {
                let reach = network.reach(from: from.id, to: to.id)
                #expect(reach.ways.isEmpty != reach.barriers.isEmpty)
                #expect(reach.ways.isEmpty == reach.steps.isEmpty)
                for source in from.addresses {
                    for destination in to.addresses where destination.isVersion6 == source.isVersion6 {
                        let way = reach.ways.first { $0.source == source && $0.destination == destination }
                        for _ in 0..<15 {
                            let service = maker.service()
                            let expected = oracle.reaches(from.id, source, to.id, destination, service)
                            #expect(
                                (way?.services ?? .empty).contains(service) == expected,
                                "\(source) (\(from.id)) to \(destination) (\(to.id)), \(service)")
                        }
                    }
                }
            }
        }
    }

    /// What is kept is what would be computed anew, after each change; and what isn't told to have changed hasn't.
    @Test(arguments: seeds) func keptWhileTheNetworkChanges(_ seed: UInt64) {
        var maker = RandomNetwork(random: SeededRandom(state: seed))
        var network = maker.network()
        var index = ReachabilityIndex(network)
        for _ in 0..<20 {
            let before = network
            maker.change(&network)
            let told = index.update(to: network)
            #expect(index.network == network)
            for id in Set(before.interfaces.keys).union(network.interfaces.keys) {
                let region = network.internetReach(of: id)
                #expect(index.region(of: id) == region)
                let earlier = before.internetReach(of: id)
                let isSame = before.exposedPorts(of: id, earlier) == network.exposedPorts(of: id, region)
                if !told.contains(id) { #expect(earlier == region && isSame, "\(id)") }
                if region.isEmpty, earlier.isEmpty { #expect(!told.contains(id)) }
            }
        }
    }

    /// Single changes, without a comparison of the whole.
    @Test(arguments: seeds.prefix(50)) func keptByParts(_ seed: UInt64) {
        var maker = RandomNetwork(random: SeededRandom(state: seed))
        var index = ReachabilityIndex(maker.network())
        for _ in 0..<20 {
            var network = index.network
            maker.change(&network)
            for group in network.securityGroups.values { index.set(group) }
            for acl in network.networkACLs.values { index.set(acl) }
            for interface in network.interfaces.values { index.set(interface) }
            for id in index.network.interfaces.keys {
                #expect(index.region(of: id) == index.network.internetReach(of: id))
            }
        }
    }

    /// Each range's packets are in the region, and none of the region's ports of TCP and UDP is missing.
    @Test(arguments: seeds) func portRangesAreTheRegion(_ seed: UInt64) {
        var maker = RandomNetwork(random: SeededRandom(state: seed))
        let network = maker.network()
        for id in network.interfaces.keys {
            let region = network.internetReach(of: id)
            for number in [TrafficMatch.tcp, TrafficMatch.udp] {
                let ranges = region.portRanges(of: number)
                let all = TrafficRegion.union(
                    of: ranges.map { TrafficRegion($0.addresses, ServiceSet(number, $0.ports)) })
                #expect(all == region.intersection(TrafficRegion(.all, ServiceSet(number, 0...UInt16.max))))
            }
            #expect(TrafficRegion.union(of: region.summary.map { TrafficRegion($0.addresses, $0.services) }) == region)
            #expect(Set(region.summary.map(\.addresses)).count == region.summary.count)
            let exposed = network.exposedPorts(of: id, region)
            #expect(network.interfaces[id]?.instanceID != nil || exposed.isEmpty)
            for ports in exposed {
                #expect(ports.components.contains { $0.kind == .securityGroup })
                #expect(ports.components.count <= 30)
            }
            #expect(region.isEmpty != network.internetBarriers(to: id).isEmpty)
            #expect(network.internetPath(to: id, of: region).isEmpty == region.isEmpty)
        }
    }
}
