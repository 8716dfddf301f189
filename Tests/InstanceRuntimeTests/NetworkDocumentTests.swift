import FoundationEssentials
import Testing
import VPC

@testable import InstanceRuntime

@Suite struct NetworkDocumentTests {
    private func document(_ text: String) throws -> NetworkDocument {
        try NetworkDocument.decoder.decode(NetworkDocument.self, from: Data(text.utf8))
    }

    @Test func itIsWhatEC2Answers() throws {
        var found = try document(
            """
            {"Vpcs": [{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/16", "CidrBlockAssociationSet": [{"CidrBlock": "10.0.0.0/16"}],
              "Ipv6CidrBlockAssociationSet": [{"Ipv6CidrBlock": "2001:db8::/56"}], "IsDefault": false}],
             "Subnets": [{"SubnetId": "subnet-1", "VpcId": "vpc-1", "CidrBlock": "10.0.1.0/24", "AvailableIpAddressCount": 250},
              {"SubnetId": "subnet-2", "VpcId": "vpc-1", "CidrBlock": "10.0.2.0/24"}],
             "RouteTables": [{"RouteTableId": "rtb-1", "VpcId": "vpc-1", "Associations": [{"Main": true}], "Routes": [
              {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local", "State": "active"},
              {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "blackhole"}]}],
             "NetworkAcls": [{"NetworkAclId": "acl-1", "VpcId": "vpc-1", "IsDefault": true, "Entries": []},
              {"NetworkAclId": "acl-2", "VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-2"}], "Entries": [
              {"RuleNumber": 100, "Egress": true, "RuleAction": "deny", "Protocol": "6", "CidrBlock": "0.0.0.0/0",
               "PortRange": {"From": 22, "To": 23}},
              {"RuleNumber": 90, "Egress": false, "RuleAction": "allow", "Protocol": "1", "CidrBlock": "0.0.0.0/0",
               "IcmpTypeCode": {"Type": 8, "Code": -1}}]}]}
            """)
        found.add(
            try document(
                """
                {"SecurityGroups": [{"GroupId": "sg-1", "VpcId": "vpc-1", "IpPermissions": [
                  {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": "10.0.0.0/8"}],
                   "Ipv6Ranges": [{"CidrIpv6": "::/0"}], "UserIdGroupPairs": [{"GroupId": "sg-1"}],
                   "PrefixListIds": [{"PrefixListId": "pl-1"}]}], "IpPermissionsEgress": [{"IpProtocol": "-1"}]}],
                 "ManagedPrefixLists": [{"PrefixListId": "pl-1", "Entries": [{"Cidr": "192.0.2.0/24"}]}],
                 "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "SubnetId": "subnet-1", "MacAddress": "06:01:02:03:04:05",
                  "SourceDestCheck": false, "Groups": [{"GroupId": "sg-1"}], "PrivateIpAddress": "10.0.1.5",
                  "PrivateIpAddresses": [{"PrivateIpAddress": "10.0.1.5", "Association": {"PublicIp": "203.0.113.7"}},
                   {"PrivateIpAddress": "10.0.1.6"}], "Ipv6Addresses": [{"Ipv6Address": "2001:db8::5"}],
                  "Attachment": {"InstanceId": "i-1", "DeviceIndex": 0}}]}
                """))
        let network = try found.network()
        #expect(network.vpcs["vpc-1"]?.map(\.description) == ["10.0.0.0/16", "2001:db8::/56"])
        #expect(
            network.subnets["subnet-1"]?.networkACLID == "acl-1" && network.subnets["subnet-1"]?.routeTableID == "rtb-1"
        )
        #expect(network.subnets["subnet-2"]?.networkACLID == "acl-2")
        #expect(network.routeTables["rtb-1"]?.map(\.isBlackhole) == [false, true])
        let entries = network.networkACLs["acl-2"]?.entries ?? []
        #expect(entries.map(\.number) == [90, 100] && entries.map(\.match.icmpType) == [8, nil])
        #expect(entries.last?.match.ports == 22...23 && entries.first?.match.icmpCode == nil)
        let group = try #require(network.securityGroups["sg-1"])
        #expect(group.ingress.count == 4 && group.egress.isEmpty && group.ingress.last?.peer == .prefixList("pl-1"))
        let interface = try #require(network.interfaces["eni-1"])
        #expect(interface.addresses.map(\.description) == ["10.0.1.5", "10.0.1.6", "2001:db8::5"])
        #expect(interface.publicAddresses.values.map(\.description) == ["203.0.113.7"])
        let own = found.interfaces(of: "i-1")
        #expect(own.map(\.id) == ["eni-1"] && own.first?.checksSourceAndDestination == false)
        #expect(own.first?.macAddress == "06:01:02:03:04:05" && found.interfaces(of: nil).isEmpty)
    }

    /// What was left out would let packets pass, or keep them back.
    @Test(arguments: [
        #"{"Subnets": [{"SubnetId": "s", "VpcId": "v", "CidrBlock": "10.0.0.0"}]}"#,
        #"{"SecurityGroups": [{"GroupId": "g", "VpcId": "v", "IpPermissions": [{"IpProtocol": "quic", "IpRanges": [{"CidrIp": "::/0"}]}]}]}"#,
        #"{"SecurityGroups": [{"GroupId": "g", "VpcId": "v", "IpPermissions": [{"IpProtocol": "tcp", "FromPort": 9, "ToPort": 8}]}]}"#,
        #"{"NetworkInterfaces": [{"NetworkInterfaceId": "e", "SubnetId": "s", "PrivateIpAddress": "here"}]}"#,
    ]) func whatCannotBeReadIsRefused(text: String) throws {
        let document = try document(text)
        #expect(throws: RuntimeProblem.self) { try document.network() }
    }
}
