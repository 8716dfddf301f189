import Platform
import Testing

/// Requests that come from within a VPC: by an endpoint, whose policy decides, or by the internet.
@Suite struct EndpointTests {
    private static let onlyLists = """
        {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"sns:ListTopics","Resource":"*"}]}
        """

    private struct Network {
        let vpc: VPCPlace
        let address: String
        let subnet: String
    }

    private func network(_ gatehouse: TestGatehouse) async throws -> Network {
        let vpc = try #require(
            await gatehouse.call("ec2", "CreateVpc", ["CidrBlock": "10.0.0.0/16"]).element("vpcId"))
        let names = ["VpcId": vpc, "EnableDnsHostnames.Value": "true"]
        #expect(await gatehouse.call("ec2", "ModifyVpcAttribute", names).status == 200)
        let subnet = try #require(
            await gatehouse.call("ec2", "CreateSubnet", ["VpcId": vpc, "CidrBlock": "10.0.1.0/24"]).element("subnetId"))
        let interface = await gatehouse.call("ec2", "CreateNetworkInterface", ["SubnetId": subnet])
        return Network(
            vpc: VPCPlace(accountID: TestGatehouse.account, region: "us-east-1", id: vpc),
            address: try #require(interface.element("privateIpAddress")), subnet: subnet)
    }

    @Test func anEndpointsPolicyDecides() async throws {
        let gatehouse = try await TestGatehouse()
        let network = try await network(gatehouse)
        let alice = await gatehouse.user(
            "alice",
            policy: #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:*","Resource":"*"}]}"#)
        func ask(_ action: String, _ parameters: [String: String] = [:]) async -> TestGatehouse.Answer {
            await gatehouse.call(
                "sns", action, parameters, as: alice, sourceIP: network.address, within: network.vpc)
        }
        // No way leads out of the VPC: nothing is answered, and nothing done.
        let lost = await ask("CreateTopic", ["Name": "before"])
        #expect(lost.status == 503 && lost.headers.contains { $0 == ("x-gatehouse-hop-limit", "0") })
        #expect(await !gatehouse.call("sns", "ListTopics").body.contains("before"))
        let endpoint = await gatehouse.call(
            "ec2", "CreateVpcEndpoint",
            [
                "VpcId": network.vpc.id, "ServiceName": "com.amazonaws.us-east-1.sns", "VpcEndpointType": "Interface",
                "SubnetId.1": network.subnet, "PolicyDocument": Self.onlyLists,
            ])
        let id = try #require(endpoint.element("vpcEndpointId"))
        #expect(await ask("ListTopics").status == 200)
        let denied = await ask("CreateTopic", ["Name": "news"])
        #expect(denied.status == 403)
        #expect(denied.message?.contains("because no VPC endpoint policy allows the SNS:CreateTopic action") == true)
        // By the internet, there is no such endpoint.
        #expect(await gatehouse.call("sns", "CreateTopic", ["Name": "news"], as: alice).status == 200)
        let modified = ["VpcEndpointId": id, "ResetPolicy": "true"]
        #expect(await gatehouse.call("ec2", "ModifyVpcEndpoint", modified).status == 200)
        #expect(await ask("CreateTopic", ["Name": "late"]).status == 200)
        let events = await gatehouse.cloudTrail(
            "LookupEvents", #"{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":"CreateTopic"}]}"#)
        #expect(events.body.contains(#"\"vpcEndpointId\":\"\#(id)\""#))
    }

    @Test func policiesAskForTheWay() async throws {
        let gatehouse = try await TestGatehouse()
        let network = try await network(gatehouse)
        let policy = """
            {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"sns:ListTopics","Resource":"*","Condition":{
            "StringEquals":{"aws:SourceVpc":"\(network.vpc.id)"},"IpAddress":{"aws:VpcSourceIp":"10.0.0.0/16"},
            "Null":{"aws:SourceIp":"true"}}}]}
            """
        let alice = await gatehouse.user("alice", policy: policy)
        func ask(within vpc: VPCPlace?) async -> Int {
            await gatehouse.call("sns", "ListTopics", as: alice, sourceIP: network.address, within: vpc).status
        }
        #expect(await ask(within: network.vpc) == 503)
        let endpoint = await gatehouse.call(
            "ec2", "CreateVpcEndpoint",
            [
                "VpcId": network.vpc.id, "ServiceName": "com.amazonaws.us-east-1.sns", "VpcEndpointType": "Interface",
                "SubnetId.1": network.subnet,
            ])
        #expect(endpoint.status == 200)
        #expect(await ask(within: network.vpc) == 200)
        // The same address, from elsewhere.
        #expect(await ask(within: nil) == 403)
    }
}
