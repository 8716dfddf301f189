import FoundationEssentials
import Testing
import VPC

@testable import InstanceRuntime

@Suite struct NetworkRulesTests {
    /// Two interfaces in one subnet, one in another; a's group may be reached by those of b's.
    private func network(_ change: (inout Network) -> Void = { _ in }) throws -> Network {
        func block(_ text: String) throws -> CIDRBlock { try #require(CIDRBlock(text)) }
        var network = Network()
        network.vpcs["vpc-1"] = [try block("10.0.0.0/16")]
        for (id, text) in [("subnet-1", "10.0.1.0/24"), ("subnet-2", "10.0.2.0/24")] {
            network.subnets[id] = Subnet(
                id: id, vpcID: "vpc-1", blocks: [try block(text)], routeTableID: "rtb-1", networkACLID: "acl-1")
        }
        network.networkACLs["acl-1"] = NetworkACL(
            id: "acl-1", vpcID: "vpc-1",
            entries: [
                NetworkACLEntry(number: 200, isEgress: false, allows: true, match: .all, block: .anyIPv4),
                NetworkACLEntry(
                    number: 100, isEgress: false, allows: false,
                    match: TrafficMatch(protocolNumber: 6, ports: 22...22), block: try block("10.0.2.0/24")),
                NetworkACLEntry(number: 100, isEgress: true, allows: true, match: .all, block: .anyIPv4),
            ])
        let web = TrafficMatch(protocolNumber: 6, ports: 80...81)
        network.securityGroups["sg-a"] = SecurityGroup(
            id: "sg-a", vpcID: "vpc-1",
            ingress: [
                SecurityGroupRule(id: "", match: web, peer: .group("sg-b")),
                SecurityGroupRule(id: "", match: web, peer: .block(try block("10.0.1.0/25"))),
                SecurityGroupRule(id: "", match: web, peer: .block(try block("10.0.1.128/25"))),
                SecurityGroupRule(id: "", match: web, peer: .prefixList("pl-1")),
            ],
            egress: [
                SecurityGroupRule(id: "", match: .all, peer: .block(.anyIPv4)),
                SecurityGroupRule(id: "", match: .all, peer: .block(.anyIPv6)),
            ])
        network.securityGroups["sg-b"] = SecurityGroup(id: "sg-b", vpcID: "vpc-1", ingress: [], egress: [])
        network.prefixLists["pl-1"] = [try block("192.0.2.0/24"), try block("2001:db8::/32")]
        for (id, subnet, address, groups) in [
            ("eni-a", "subnet-1", "10.0.1.10", ["sg-a"]), ("eni-b", "subnet-1", "10.0.1.11", ["sg-b", "sg-a"]),
            ("eni-c", "subnet-2", "10.0.2.10", ["sg-b"]),
        ] {
            network.interfaces[id] = NetworkInterface(
                id: id, subnetID: subnet, instanceID: nil, groupIDs: groups,
                addresses: [try #require(NetworkAddress(address))], publicAddresses: [:])
        }
        change(&network)
        return network
    }

    private func objects(_ network: Network, _ ids: [String] = ["eni-a", "eni-b", "eni-c"]) -> [String: RuleObject] {
        let rules = NetworkRules(network, attached: ids.map { AttachedInterface(id: $0) })
        var chains = GroupChains()
        return Dictionary(rules.objects(&chains).map { ($0.key, $0) }) { first, _ in first }
    }

    @Test func rulesThatSayTheSameOfPacketsAreOne() throws {
        let all = objects(try network())
        #expect(
            all["chain in-sg-a"]?.contents == [
                "tcp dport 80-81 ip saddr { 10.0.1.0-10.0.1.255 } return",
                "tcp dport 80-81 ip saddr @sg-b.v4 return", "tcp dport 80-81 ip saddr @pl-1.v4 return",
                "tcp dport 80-81 ip6 saddr @sg-b.v6 return", "tcp dport 80-81 ip6 saddr @pl-1.v6 return",
                "goto refused-in",
            ])
        #expect(all["chain out-sg-a"]?.contents == ["return", "goto refused-out"])
        #expect(all["chain in-sg-a.sg-b"]?.contents == all["chain in-sg-a"]?.contents)
        #expect(all["chain out-sg-b"]?.contents == ["goto refused-out"])
        #expect(all["set sg-b.v4"]?.contents == ["10.0.1.11", "10.0.2.10"])
        #expect(all["set pl-1.v6"]?.contents == ["2001:db8::-2001:db8:ffff:ffff:ffff:ffff:ffff:ffff"])
    }

    @Test func entriesOfACLsComeInOrderAndTheRestIsRefused() throws {
        let all = objects(try network())
        #expect(
            all["chain acl-1-in"]?.contents == [
                "tcp dport 22 ip saddr 10.0.2.0/24 goto refused-in", "meta nfproto ipv4 return", "goto refused-in",
            ])
        #expect(all["chain subnet-1-out"]?.contents == ["oifname @links-subnet-1 return", "jump acl-1-out"])
        #expect(all["chain subnet-2-in"]?.contents == ["iifname @links-subnet-2 return", "jump acl-1-in"])
        // One that is not known lets nothing through.
        let without = objects(try network { $0.networkACLs = [:] })
        #expect(without["chain acl-1-in"]?.contents == ["goto refused-in"])
    }

    @Test func theResolverIsAtTheSecondAddressOfThePrimaryBlock() throws {
        let second = try #require(CIDRBlock("10.8.0.0/16"))
        let network = try network { $0.vpcs["vpc-1"]?.append(second) }
        let resolver = try #require(NetworkRules.resolver(of: "vpc-1", in: network))
        #expect(resolver.description == "10.0.0.2")
        #expect(NetworkRules.resolver(of: "vpc-2", in: network) == nil)
        var chains = GroupChains()
        let all = NetworkRules(network, attached: [], resolver: resolver).objects(&chains)
        #expect(all.first { $0.key == "set resolvers" }?.contents == ["169.254.169.253", "10.0.0.2"])
    }

    @Test func typesOfICMPAreOfOneFamily() throws {
        let echo = TrafficMatch(protocolNumber: 58, icmpType: 128, icmpCode: 0)
        let rules = [CIDRBlock.anyIPv4, .anyIPv6].map { SecurityGroupRule(id: "", match: echo, peer: .block($0)) }
        let all = objects(
            try network {
                $0.securityGroups["sg-a"] = SecurityGroup(id: "sg-a", vpcID: "vpc-1", ingress: rules, egress: [])
            })
        #expect(
            all["chain in-sg-a"]?.contents == [
                "icmpv6 type 128 icmpv6 code 0 meta nfproto ipv6 return", "goto refused-in",
            ])
    }

    /// A group of another VPC has no members here, and one that is not known none at all.
    @Test func strangersAreInNoGroup() throws {
        let all = objects(
            try network {
                $0.securityGroups["sg-b"] = SecurityGroup(id: "sg-b", vpcID: "vpc-2", ingress: [], egress: [])
            })
        #expect(all["set sg-b.v4"]?.contents == [])
        #expect(objects(try network { $0.securityGroups["sg-b"] = nil })["set sg-b.v4"]?.contents == [])
    }

    @Test func onlyWhatChangesIsTold() throws {
        let before = objects(try network())
        #expect(TableChange.text("t", from: before, to: Array(objects(try network()).values)) == nil)
        let changed = try network {
            $0.securityGroups["sg-b"]?.egress = [SecurityGroupRule(id: "", match: .all, peer: .block(.anyIPv4))]
        }
        let text = TableChange.text("t", from: before, to: Array(objects(changed).values))
        // That a and b may send everything is not new.
        #expect(
            text?.split(separator: "\n").map(String.init) == [
                "flush chain inet t out-sg-b", "add rule inet t out-sg-b meta nfproto ipv4 return",
                "add rule inet t out-sg-b goto refused-out",
            ])
    }

    /// A chain that is known is the one that would be made.
    @Test func chainsThatAreKnownAreThoseThatWouldBeMade() throws {
        var chains = GroupChains()
        func objects(_ network: Network, _ ids: [String]) -> [RuleObject] {
            NetworkRules(network, attached: ids.map { AttachedInterface(id: $0) }).objects(&chains)
        }
        let networks = [
            try network(), try network { $0.securityGroups["sg-a"]?.ingress.removeFirst() },
            try network { $0.securityGroups["sg-b"] = nil }, try network { $0.prefixLists = [:] }, try network(),
        ]
        for (turn, network) in networks.enumerated() {
            for ids in [["eni-a"], ["eni-a", "eni-b", "eni-c"], ["eni-c"]] {
                var fresh = GroupChains()
                let rules = NetworkRules(network, attached: ids.map { AttachedInterface(id: $0) })
                #expect(objects(network, ids) == rules.objects(&fresh), "\(turn) \(ids)")
            }
        }
    }

    /// What refers to something goes before what it refers to, and what is new is there before somebody refers to it.
    @Test func whatIsGoneIsDeletedLast() throws {
        let text = try #require(
            TableChange.text(
                "t", from: objects(try network()),
                to: Array(objects(try network(), ["eni-a"]).values)))
        let lines = text.split(separator: "\n")
        let deleted = try #require(lines.firstIndex(of: "delete chain inet t out-sg-b"))
        let element = try #require(lines.firstIndex { $0.hasPrefix("delete element inet t out {") })
        #expect(element < deleted)
        #expect(lines.contains("flush chain inet t out-sg-b"))
        // The group is still named by a rule.
        #expect(!text.contains("delete set inet t sg-b.v4"))
    }

    @Test func namesAreOnesThatTheKernelTakes() {
        #expect(RuleName.link("eni-0123456789abcdef0") == "e3456789abcdef0")
        #expect(RuleName.link("eni-0123456789abcdef0").utf8.count == 15)
        #expect(RuleName.plain("a;b }\n") == "a_59_b_32__125__10_")
        let many = (0..<16).map { "sg-0123456789abcde\($0 + 10)" }
        let name = RuleName.chain(.in, many)
        #expect(name.utf8.count < 250 && name != RuleName.chain(.in, many.reversed()))
    }

    @Test func rangesThatMeetAreOne() throws {
        let blocks = ["10.0.0.128/25", "10.0.0.0/25", "10.0.1.0/24", "10.0.0.7/32", "192.0.2.1/32", "::/0"]
        let four = AddressRanges(try blocks.map { try #require(CIDRBlock($0)) }, isVersion6: false)
        #expect(four.elements == ["10.0.0.0-10.0.1.255", "192.0.2.1"] && !four.isAll)
        let six = AddressRanges(try blocks.map { try #require(CIDRBlock($0)) }, isVersion6: true)
        #expect(six.isAll)
        #expect(AddressRanges([.anyIPv4, .anyIPv4], isVersion6: false).isAll)
    }

    @Test func servicesAreReachedByTheInternetOrANATGateway() throws {
        func leads(_ target: RouteTarget, isPublic: Bool = false, isBlackhole: Bool = false) throws -> Bool {
            let routes = [
                Route(destination: .block(try #require(CIDRBlock("10.0.0.0/16"))), target: .local),
                Route(destination: .block(.anyIPv4), target: target, isBlackhole: isBlackhole),
            ]
            let network = try network {
                $0.routeTables["rtb-1"] = routes
                $0.internetGateways["igw-1"] = "vpc-1"
                guard let own = $0.interfaces["eni-a"]?.addresses.first, isPublic else { return }
                $0.interfaces["eni-a"] = NetworkInterface(
                    id: "eni-a", subnetID: "subnet-1", instanceID: nil, groupIDs: ["sg-a"], addresses: [own],
                    publicAddresses: [own: NetworkAddress(0xCB00_7107, isVersion6: false)])
            }
            return ServiceRoute.leads(from: "eni-a", in: network)
        }
        #expect(try leads(.internetGateway("igw-1"), isPublic: true))
        #expect(try !leads(.internetGateway("igw-1")))
        #expect(try !leads(.internetGateway("igw-2"), isPublic: true))
        #expect(try leads(.natGateway("nat-1")))
        #expect(try !leads(.natGateway("nat-1"), isBlackhole: true))
        #expect(ServiceRoute.leads(from: "eni-a", in: try network()) == false)
    }
}
