import Testing

@testable import VPC

@Suite struct InterfaceReachTests {
    private static let inGroup = SecurityGroupRule(id: "sgr-1", match: tcp(5432), peer: .group("sg-web"))

    @Test func groupsBetweenSubnets() {
        let network = plainNetwork([Self.inGroup])
        let reach = network.reach(from: "eni-1", to: "eni-2")
        #expect(
            reach.ways == [
                InterfaceReach.Way(
                    source: address("10.0.1.4"), destination: address("10.0.2.4"), services: ServiceSet(tcp(5432)))
            ])
        #expect(reach.services.description == "tcp 5432")
        #expect(
            reach.steps.map { "\($0.component.id)" } == [
                "i-1", "eni-1", "sg-web", "acl-1", "rtb-public", "acl-1", "subnet-2", "sg-web", "eni-2", "i-2",
            ])
        #expect(reach.steps[2].rules == [.securityGroupRule("sgr-out", isEgress: true)])
        #expect(reach.steps[7].rules == [.securityGroupRule("sgr-1", isEgress: false)])
        #expect(network.reach(from: "eni-1", to: "eni-1").services == .all)
    }

    @Test func outsideTheGroup() {
        var network = plainNetwork([Self.inGroup])
        network.interfaces["eni-1"]?.groupIDs = ["sg-other"]
        network.securityGroups["sg-other"] = SecurityGroup(id: "sg-other", vpcID: "vpc-1", ingress: [], egress: [])
        let barriers = network.reach(from: "eni-1", to: "eni-2").barriers
        #expect(
            barriers == [
                Barrier(.noRules, .securityGroup, "sg-other", isEgress: true),
                Barrier(.securityGroup, .securityGroup, "sg-web", isEgress: false),
            ])
        #expect(
            barriers.map(\.description) == [
                "sg-other has no outbound rules.", "sg-web has no inbound rule for it.",
            ])
    }

    /// Neither routes nor network ACLs hold within a subnet.
    @Test func withinASubnet() {
        var network = plainNetwork([Self.inGroup])
        network.networkACLs["acl-1"]?.entries = []
        #expect(network.reach(from: "eni-1", to: "eni-2").services.isEmpty)
        network.interfaces["eni-3"] = NetworkInterface(
            id: "eni-3", subnetID: "subnet-1", instanceID: nil, groupIDs: ["sg-web"], addresses: [address("10.0.1.5")],
            publicAddresses: [:])
        #expect(network.reach(from: "eni-1", to: "eni-3").services.description == "tcp 5432")
    }

    @Test func betweenVPCs() {
        var network = plainNetwork([Self.inGroup])
        network.vpcs["vpc-2"] = [block("10.0.2.0/24")]
        network.subnets["subnet-2"] = Subnet(
            id: "subnet-2", vpcID: "vpc-2", blocks: [], routeTableID: "rtb-private", networkACLID: "acl-1")
        #expect(
            network.reach(from: "eni-1", to: "eni-2").barriers == [
                Barrier(.disconnectedVPCs, .networkInterface, "eni-2")
            ])
        #expect(
            network.reach(from: "eni-1", to: "eni-7").barriers == [
                Barrier(.noSourceOrDestination, .networkInterface, "eni-7")
            ])
    }

    /// An appliance in between is not looked behind.
    @Test func throughAnAppliance() {
        var network = plainNetwork([Self.inGroup])
        network.routeTables["rtb-private"]?.append(
            Route(destination: .block(block("10.0.1.0/24")), target: .networkInterface("eni-9")))
        #expect(
            network.reach(from: "eni-1", to: "eni-2").barriers == [
                Barrier(.moreSpecificRoute, .routeTable, "rtb-private")
            ])
        #expect(
            network.reach(from: "eni-1", to: "eni-2", terms: ReachTerms(needsAnswers: false)).services.description
                == "tcp 5432")
    }
}
