import Directory
import Ledger
import Testing
import VPC

@testable import Platform

/// The network that packet filters and questions of reachability go by follows each change of a resource.
@Suite struct NetworkBuildingTests {
    private func head(_ id: String) -> EC2Head {
        EC2Head(id: id, accountID: "111122223333", region: "us-east-1", created: 0)
    }

    private func vpc(main: String = "rtb-1") -> StoredVPC {
        StoredVPC(
            head: head("vpc-1"), blocks: [AssociatedBlock(associationID: "a", block: "10.0.0.0/16")], isDefault: false,
            dhcpOptionsID: "default", mainRouteTableID: main, mainAssociationID: "rtbassoc-1",
            defaultNetworkACLID: "acl-1", defaultGroupID: "sg-1")
    }

    private func subnet() -> StoredSubnet {
        StoredSubnet(
            head: head("subnet-1"), vpcID: "vpc-1", block: "10.0.1.0/24", zone: "us-east-1a", isDefault: false,
            networkACLID: "acl-1", networkACLAssociationID: "aclassoc-1")
    }

    private func put<R: EC2Resource>(_ resource: R, _ estate: inout EC2Estate) {
        estate.set(R.kind, resource.id, resource)
    }

    @Test func subnetsFollowTheMainTable() throws {
        var estate = EC2Estate()
        // Records come in any order when they are read.
        put(subnet(), &estate)
        #expect(estate.network.subnets["subnet-1"]?.routeTableID == "")
        put(vpc(), &estate)
        #expect(estate.network.subnets["subnet-1"]?.routeTableID == "rtb-1")
        put(vpc(main: "rtb-2"), &estate)
        #expect(estate.network.subnets["subnet-1"]?.routeTableID == "rtb-2")
        var own = subnet()
        own.routeTableID = "rtb-3"
        put(own, &estate)
        put(vpc(main: "rtb-4"), &estate)
        #expect(estate.network.subnets["subnet-1"]?.routeTableID == "rtb-3")
        estate.set(StoredSubnet.kind, "subnet-1", nil)
        #expect(estate.network.subnets.isEmpty)
    }

    @Test func routesGoWithTheirTargets() throws {
        var estate = EC2Estate()
        put(vpc(), &estate)
        var table = StoredRouteTable(head: head("rtb-1"), vpcID: "vpc-1")
        table.routes = [StoredRoute(destination: "0.0.0.0/0", target: "igw-1")]
        put(table, &estate)
        func isBlackhole() -> Bool? { estate.network.routeTables["rtb-1"]?.last?.isBlackhole }
        #expect(estate.network.routeTables["rtb-1"]?.count == 2)
        #expect(isBlackhole() == true)
        put(StoredInternetGateway(head: head("igw-1"), vpcID: "vpc-1"), &estate)
        #expect(isBlackhole() == false)
        put(StoredInternetGateway(head: head("igw-1"), vpcID: nil), &estate)
        #expect(isBlackhole() == true)
        #expect(estate.network.internetGateways.isEmpty)
    }

    @Test func gatewayEndpointsAreRoutes() throws {
        var estate = EC2Estate()
        put(vpc(), &estate)
        put(StoredRouteTable(head: head("rtb-1"), vpcID: "vpc-1"), &estate)
        var endpoint = StoredEndpoint(
            head: head("vpce-1"), vpcID: "vpc-1", serviceName: "com.amazonaws.us-east-1.s3", type: "Gateway",
            policy: nil)
        endpoint.routeTableIDs = ["rtb-1"]
        put(endpoint, &estate)
        let route = try #require(estate.network.routeTables["rtb-1"]?.last)
        #expect(route.destination == .prefixList("pl-63a5400a"))
        #expect(route.target == .vpcEndpoint("vpce-1"))
        #expect(!route.isBlackhole)
        endpoint.routeTableIDs = []
        put(endpoint, &estate)
        #expect(estate.network.routeTables["rtb-1"]?.count == 1)
    }

    @Test(arguments: [
        (StoredGroupRule.Traffic(name: "tcp", from: 22, to: 23), TrafficMatch(protocolNumber: 6, ports: 22...23)),
        (StoredGroupRule.Traffic(name: "udp", from: 0, to: 65535), TrafficMatch(protocolNumber: 17)),
        (StoredGroupRule.Traffic(name: "-1", from: -1, to: -1), .all),
        (StoredGroupRule.Traffic(name: "icmp", from: 8, to: -1), TrafficMatch(protocolNumber: 1, icmpType: 8)),
        (StoredGroupRule.Traffic(name: "50", from: -1, to: -1), TrafficMatch(protocolNumber: 50)),
    ])
    func whatRulesMatch(_ traffic: StoredGroupRule.Traffic, _ expected: TrafficMatch) {
        #expect(TrafficMatch(traffic) == expected)
    }

    /// What keeps VPCs from the internet closes routes to their own subnets, and to nobody else.
    @Test func publicAccessIsBlocked() throws {
        var estate = EC2Estate()
        put(vpc(), &estate)
        put(StoredInternetGateway(head: head("igw-1"), vpcID: "vpc-1"), &estate)
        put(
            StoredNATGateway(
                head: head("nat-1"), vpcID: "vpc-1", subnetID: "subnet-2", isPublic: true, allocationID: nil,
                publicAddress: nil, privateAddress: "10.0.2.4", networkInterfaceID: "eni-9"), &estate)
        var table = StoredRouteTable(head: head("rtb-1"), vpcID: "vpc-1")
        table.routes = [
            StoredRoute(destination: "0.0.0.0/0", target: "igw-1"),
            StoredRoute(destination: "10.9.0.0/16", target: "nat-1"),
        ]
        put(table, &estate)
        put(subnet(), &estate)
        func closed() -> [Bool] {
            let id = estate.network.subnets["subnet-1"]?.routeTableID ?? ""
            return (estate.network.routeTables[id] ?? []).map(\.isBlackhole)
        }
        #expect(closed() == [false, false, false])
        estate.block(.ingress)
        #expect(closed() == [false, true, false])
        estate.block(.bidirectional)
        #expect(closed() == [false, true, true])
        // The table itself is as it was.
        #expect(estate.network.routeTables["rtb-1"]?.contains(where: \.isBlackhole) == false)
        func exclude(_ id: String, _ resource: String, allowsIngress: Bool) {
            put(
                StoredPublicAccessExclusion(head: head(id), resourceID: resource, allowsIngress: allowsIngress), &estate
            )
        }
        // What goes out by a NAT gateway goes out of the gateway's subnet.
        exclude("vpcbpa-exclude-1", "subnet-2", allowsIngress: false)
        #expect(closed() == [false, true, false])
        exclude("vpcbpa-exclude-2", "vpc-1", allowsIngress: true)
        #expect(closed() == [false, false, false])
        exclude("vpcbpa-exclude-3", "subnet-1", allowsIngress: false)
        #expect(closed() == [false, true, false])
        // A route that is made meanwhile is closed as well.
        table.routes.append(StoredRoute(destination: "192.0.2.0/24", target: "igw-1"))
        put(table, &estate)
        #expect(closed() == [false, true, false, true])
        estate.block(.off)
        #expect(closed() == [false, false, false, false])
        #expect(estate.network.routeTables.count == 1)
    }

    @Test func listsOfServicesAreThereOnceNamed() throws {
        var estate = EC2Estate()
        let rule = StoredGroupRule(
            id: "sgr-1", isEgress: true, traffic: .init(name: "tcp", from: 443, to: 443),
            peer: .prefixList("pl-63a5400a"))
        put(
            StoredSecurityGroup(head: head("sg-1"), name: "x", summary: "x", vpcID: "vpc-1", rules: [rule]), &estate)
        #expect(estate.network.prefixLists["pl-63a5400a"] == CIDRBlock("198.18.0.1/32").map { [$0] })
    }

    @Test func groupsAndInterfaces() throws {
        var estate = EC2Estate()
        let rule = StoredGroupRule(
            id: "sgr-1", isEgress: false, traffic: .init(name: "tcp", from: 443, to: 443), peer: .group("sg-2"))
        put(
            StoredSecurityGroup(head: head("sg-1"), name: "x", summary: "x", vpcID: "vpc-1", rules: [rule]), &estate)
        #expect(estate.network.securityGroups["sg-1"]?.ingress.first?.peer == .group("sg-2"))
        #expect(estate.network.securityGroups["sg-1"]?.egress.isEmpty == true)
        var address = StoredNetworkInterface.Address(privateAddress: "10.0.1.4")
        address.publicAddress = "198.19.0.4"
        let interface = StoredNetworkInterface(
            head: head("eni-1"), vpcID: "vpc-1", subnetID: "subnet-1", zone: "us-east-1a", summary: "",
            macAddress: "02:00:00:00:00:01", addresses: [address], groupIDs: ["sg-1"])
        put(interface, &estate)
        let own = try #require(NetworkAddress("10.0.1.4"))
        #expect(estate.network.interfaces["eni-1"]?.publicAddresses[own] == NetworkAddress("198.19.0.4"))
    }
}

@Suite struct ZoneTests {
    @Test(arguments: [
        ("us-east-1a", "use1-az1"), ("eu-central-1c", "euc1-az3"), ("ap-northeast-1b", "apne1-az2"),
        ("us-gov-west-1a", "usgw1-az1"),
    ])
    func ids(_ zone: String, _ id: String) {
        #expect(Zones.id(ofZone: zone) == id)
    }
}
