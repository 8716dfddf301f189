import Testing

@testable import VPC

@Suite struct InternetReachTests {
    @Test func aPublicWebServer() {
        let network = plainNetwork([allow("sgr-1", tcp(443)), allow("sgr-2", tcp(22), from: "198.51.100.0/24")])
        let region = network.internetReach(of: "eni-1")
        #expect(region.contains(address("8.8.8.8"), .tcp(443)))
        #expect(!region.contains(address("8.8.8.8"), .tcp(22)))
        #expect(region.contains(address("198.51.100.9"), .tcp(22)))
        // Nothing private comes from the internet, and nobody there has the VPC's addresses.
        #expect(!region.contains(address("192.168.1.1"), .tcp(443)))
        #expect(!region.contains(address("10.0.2.4"), .tcp(443)))
        #expect(network.internetReach(of: "eni-2").isEmpty)
        #expect(network.internetReach(of: "eni-none").isEmpty)
    }

    @Test func theWayWithItsRules() throws {
        let network = plainNetwork([allow("sgr-1", tcp(443)), allow("sgr-2", tcp(22), from: "198.51.100.0/24")])
        let region = network.internetReach(of: "eni-1").intersection(TrafficRegion(.all, ServiceSet(tcp(22))))
        #expect(
            network.internetPath(to: "eni-1", of: region) == [
                PathStep(.internetGateway, "igw-1"),
                PathStep(
                    .routeTable, "rtb-public",
                    [.route(Route(destination: .block(.anyIPv4), target: .internetGateway("igw-1")))]),
                PathStep(
                    .networkACL, "acl-1",
                    [.networkACLEntry(100, isEgress: false), .networkACLEntry(100, isEgress: true)]),
                PathStep(.subnet, "subnet-1"),
                PathStep(.securityGroup, "sg-web", [.securityGroupRule("sgr-2", isEgress: false)]),
                PathStep(.networkInterface, "eni-1"), PathStep(.instance, "i-1"),
            ])
    }

    /// As in the events of Inspector's user guide.
    @Test func asInspectorTellsIt() throws {
        let network = plainNetwork([allow("sgr-1", tcp(22)), allow("sgr-2", tcp(80)), allow("sgr-3", tcp(9000...9400))])
        let exposed = network.exposedPorts(of: "eni-1", network.internetReach(of: "eni-1"))
        #expect(exposed.map(\.ports) == [22...22, 80...80, 9000...9400])
        #expect(exposed.map(\.severity) == [.medium, .low, .medium])
        let ssh = try #require(exposed.first)
        #expect(ssh.title == "Port 22 is reachable from an Internet Gateway - TCP")
        #expect(
            ssh.explanation
                == "On the instance i-1, the port range 22-22 is reachable from the InternetGateway igw-1 from an attached ENI eni-1."
        )
        #expect(
            ssh.components.map(\.kind.rawValue) == [
                "AWS::EC2::InternetGateway", "AWS::EC2::NetworkAcl", "AWS::EC2::SecurityGroup",
                "AWS::EC2::NetworkInterface",
                "AWS::EC2::Instance",
            ])
        #expect(ssh.components.map(\.id) == ["igw-1", "acl-1", "sg-web", "eni-1", "i-1"])
    }

    @Test func neighboursWithTheSameSourcesAreOneRange() {
        let network = plainNetwork([
            allow("sgr-1", tcp(1...100)), allow("sgr-2", tcp(101...200)), allow("sgr-3", tcp(201), from: "9.0.0.0/8"),
            allow("sgr-4", udp(53)),
        ])
        let exposed = network.exposedPorts(of: "eni-1", network.internetReach(of: "eni-1"))
        #expect(exposed.map(\.ports) == [1...200, 201...201, 53...53])
        #expect(exposed.map(\.transport) == [.tcp, .tcp, .udp])
        #expect(exposed.map(\.severity) == [.high, .informational, .informational])
        #expect(exposed[1].sources.blocks.map(\.description) == ["9.0.0.0/8"])
    }

    /// The first entry decides, and answers need an entry of their own.
    @Test func networkACLs() {
        var network = plainNetwork([allow("sgr-1", tcp(1...65_535))])
        network.networkACLs["acl-1"] = NetworkACL(
            id: "acl-1", vpcID: "vpc-1",
            entries: [
                entry(90, tcp(22), allows: false), entry(100, tcp(0...1023)), entry(80, tcp(22), from: "9.9.9.9/32"),
                entry(100, tcp(40_000), from: "9.0.0.0/8", isEgress: true),
                entry(90, tcp(40_000), from: "9.1.0.0/16", isEgress: true, allows: false),
            ])
        let region = network.internetReach(of: "eni-1")
        #expect(region.contains(address("9.9.9.9"), .tcp(22)))
        #expect(!region.contains(address("9.9.9.8"), .tcp(22)))
        #expect(region.contains(address("9.9.9.8"), .tcp(23)))
        #expect(!region.contains(address("9.1.9.8"), .tcp(23)))
        #expect(!region.contains(address("8.9.9.8"), .tcp(23)))
        #expect(!region.contains(address("9.9.9.9"), .tcp(1024)))
        #expect(
            network.internetReach(of: "eni-1", terms: ReachTerms(needsAnswers: false)).contains(
                address("8.9.9.8"), .tcp(23)))
        #expect(network.internetReach(of: "eni-1", terms: ReachTerms(clientPorts: 41_000...65_535)).isEmpty)
    }

    /// The longest prefix decides on the way of answers.
    @Test func routes() {
        var network = plainNetwork([allow("sgr-1", tcp(443))])
        network.prefixLists["pl-1"] = [block("8.8.8.0/24"), block("9.9.9.9/32")]
        network.routeTables["rtb-public"]? += [
            Route(destination: .block(block("8.8.0.0/16")), target: .natGateway("nat-1")),
            Route(destination: .prefixList("pl-1"), target: .internetGateway("igw-1")),
            Route(destination: .block(block("9.9.9.9/32")), target: .natGateway("nat-1")),
            Route(destination: .block(block("7.0.0.0/8")), target: .internetGateway("igw-1"), isBlackhole: true),
            Route(destination: .block(block("6.0.0.0/8")), target: .internetGateway("igw-other")),
        ]
        let region = network.internetReach(of: "eni-1")
        for (source, reaches) in [
            ("8.8.9.1", false), ("8.8.8.1", true), ("8.9.0.1", true), ("9.9.9.9", false), ("9.9.9.8", true),
            ("7.1.1.1", false),
            ("6.1.1.1", false),
        ] {
            #expect(region.contains(address(source), .tcp(443)) == reaches, "\(source)")
        }
        #expect(
            region.addresses.intersection(AddressSet([block("8.8.0.0/16")])).blocks.map(\.description) == ["8.8.8.0/24"]
        )
    }

    @Test func prefixListsAndIPv6() {
        var network = plainNetwork([
            SecurityGroupRule(id: "sgr-1", match: tcp(443), peer: .prefixList("pl-1")),
            allow("sgr-2", tcp(22), from: "::/0"),
            SecurityGroupRule(id: "sgr-3", match: tcp(8080), peer: .group("sg-web")),
        ])
        network.prefixLists["pl-1"] = [block("9.0.0.0/8"), block("2001:db8:5::/48")]
        #expect(network.internetReach(of: "eni-1").boxes.count == 1)
        let old = network.interfaces["eni-1"]
        network.interfaces["eni-1"] = NetworkInterface(
            id: "eni-1", subnetID: "subnet-1", instanceID: "i-1", groupIDs: ["sg-web"],
            addresses: (old?.addresses ?? []) + [address("2001:db8:1::5")], publicAddresses: old?.publicAddresses ?? [:]
        )
        #expect(network.internetReach(of: "eni-1").boxes.count == 1)
        network.routeTables["rtb-public"]?.append(
            Route(destination: .block(.anyIPv6), target: .internetGateway("igw-1")))
        network.networkACLs["acl-1"]?.entries += [false, true].map { entry(101, .all, from: "::/0", isEgress: $0) }
        let region = network.internetReach(of: "eni-1")
        #expect(region.contains(address("2001:db8:5::1"), .tcp(443)))
        #expect(!region.contains(address("2001:db8:6::1"), .tcp(443)))
        #expect(region.contains(address("2600::1"), .tcp(22)))
        #expect(!region.contains(address("fd00::1"), .tcp(22)))
        #expect(!region.services.contains(.tcp(8080)))
    }

    /// An echo request has an answer, other messages of ICMP have none.
    @Test func answersOfICMP() {
        var network = plainNetwork([allow("sgr-1", TrafficMatch(protocolNumber: TrafficMatch.icmp))])
        network.networkACLs["acl-1"] = NetworkACL(id: "acl-1", vpcID: "vpc-1", entries: [entry(1, .all)])
        let region = network.internetReach(of: "eni-1")
        #expect(!region.contains(address("9.9.9.9"), .icmp(type: 8, code: 0)))
        #expect(region.contains(address("9.9.9.9"), .icmp(type: 3, code: 4)))
        network.networkACLs["acl-1"] = NetworkACL(
            id: "acl-1", vpcID: "vpc-1",
            entries: [
                entry(1, .all),
                entry(
                    1, TrafficMatch(protocolNumber: TrafficMatch.icmp, icmpType: 0), from: "9.0.0.0/8", isEgress: true),
            ])
        #expect(network.internetReach(of: "eni-1").contains(address("9.9.9.9"), .icmp(type: 8, code: 0)))
        #expect(!network.internetReach(of: "eni-1").contains(address("8.9.9.9"), .icmp(type: 8, code: 0)))
    }

    @Test func whatStandsInTheWay() {
        let rule = [allow("sgr-1", tcp(443))]
        func barriers(
            _ rules: [SecurityGroupRule], of id: String = "eni-1", _ change: (inout Network) -> Void = { _ in }
        ) -> [String] {
            var network = plainNetwork(rules)
            change(&network)
            return network.internetBarriers(to: id, of: TrafficRegion(.all, ServiceSet(tcp(443)))).map {
                "\($0.code.rawValue) \($0.component.id)\($0.isEgress.map { $0 ? " out" : " in" } ?? "")"
            }
        }
        #expect(barriers(rule) == [])
        #expect(barriers([]) == ["SG_HAS_NO_RULES sg-web in"])
        #expect(barriers([allow("sgr-1", tcp(22))]) == ["ENI_SG_RULES_MISMATCH sg-web in"])
        #expect(
            barriers(rule, of: "eni-2")
                == ["IGW_PRIVATE_IP_ASSOCIATION_FOR_INGRESS eni-2", "NO_ROUTE_TO_DESTINATION rtb-private"])
        #expect(barriers(rule, of: "eni-9") == ["NO_SOURCE_OR_DESTINATION eni-9"])
        #expect(barriers(rule) { $0.internetGateways = [:] } == ["NO_PATH vpc-1"])
        #expect(
            barriers(rule) { $0.networkACLs["acl-1"]?.entries = [] } == [
                "SUBNET_ACL_RESTRICTION acl-1 in", "SUBNET_ACL_RESTRICTION acl-1 out",
            ])
        #expect(
            barriers(rule) {
                $0.networkACLs["acl-1"]?.entries = [entry(1, .all), entry(1, tcp(0...1023), isEgress: true)]
            }
                == ["SUBNET_ACL_RESTRICTION acl-1 out"])
        #expect(
            barriers(rule) {
                $0.routeTables["rtb-public"] = [
                    Route(destination: .block(.anyIPv4), target: .internetGateway("igw-1"), isBlackhole: true)
                ]
            } == ["BAD_STATE_ROUTE rtb-public"])
        #expect(
            barriers(rule) {
                $0.routeTables["rtb-public"]? += [
                    Route(destination: .block(block("0.0.0.0/1")), target: .natGateway("nat-1")),
                    Route(destination: .block(block("128.0.0.0/1")), target: .natGateway("nat-1")),
                ]
            } == ["MORE_SPECIFIC_ROUTE rtb-public"])
        // Neither alone is in the way.
        #expect(
            barriers([allow("sgr-1", tcp(443), from: "9.0.0.0/8")]) {
                $0.networkACLs["acl-1"]?.entries = [entry(1, .all, from: "8.0.0.0/8"), entry(1, .all, isEgress: true)]
            } == ["NO_PATH eni-1"])
    }
}
