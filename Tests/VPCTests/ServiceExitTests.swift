import Testing

@testable import VPC

/// How what instances send to services leaves their VPC.
@Suite struct ServiceExitTests {
    private let service = address("198.18.0.1")

    @Test func aPublicAddressAndARouteLeadToTheInternet() {
        var network = plainNetwork()
        let own = address("203.0.113.10")
        #expect(network.exit(of: "eni-1", to: service) == .internetGateway(publicAddress: own))
        #expect(
            network.exit(of: "eni-1", to: service, from: address("10.0.1.4")) == .internetGateway(publicAddress: own))
        // Another address of it is nobody's public one.
        #expect(network.exit(of: "eni-1", to: service, from: address("10.0.1.5")) == .none)
        #expect(network.exit(of: "eni-2", to: service) == .none)
        #expect(network.exit(of: "eni-9", to: service) == .none)
        network.internetGateways["igw-1"] = "vpc-2"
        #expect(network.exit(of: "eni-1", to: service) == .none)
    }

    @Test func theLongestPrefixDecides() {
        var network = plainNetwork()
        network.routeTables["rtb-private"]?.append(
            Route(destination: .block(.anyIPv4), target: .natGateway("nat-1")))
        #expect(network.exit(of: "eni-2", to: service) == .natGateway("nat-1"))
        network.routeTables["rtb-private"]?.append(
            Route(destination: .block(block("198.18.0.0/15")), target: .networkInterface("eni-1")))
        #expect(network.exit(of: "eni-2", to: service) == .none)
        network.routeTables["rtb-private"] = [
            Route(destination: .block(.anyIPv4), target: .natGateway("nat-1"), isBlackhole: true)
        ]
        #expect(network.exit(of: "eni-2", to: service) == .none)
    }

    @Test func routesToEndpointsAreKnown() {
        var network = plainNetwork()
        #expect(!network.hasRouteToEndpoint(from: "eni-2"))
        network.routeTables["rtb-private"]?.append(
            Route(destination: .prefixList("pl-1"), target: .vpcEndpoint("vpce-1")))
        #expect(network.hasRouteToEndpoint(from: "eni-2") && !network.hasRouteToEndpoint(from: "eni-1"))
    }

    @Test func groupsOfAnEndpointLetIn() {
        var network = plainNetwork([allow("sgr-1", tcp(443), from: "10.0.2.0/24")])
        let https = ServiceSet(TrafficMatch.tcp, 443...443)
        #expect(network.letIn(by: "eni-1", from: "eni-2", at: address("10.0.2.4")) == https)
        #expect(network.letIn(by: "eni-1", from: "eni-2", at: address("10.0.3.4")).isEmpty)
        network.subnets["subnet-2"] = Subnet(
            id: "subnet-2", vpcID: "vpc-2", blocks: [], routeTableID: "rtb-private", networkACLID: "acl-1")
        #expect(network.letIn(by: "eni-1", from: "eni-2", at: address("10.0.2.4")).isEmpty)
    }
}
