import Directory
import EC2API
import Ledger
import Platform
import VPC
import Wire

/// What a VPC comes with: a main route table, a network ACL that lets everything pass, and a security group.
enum NewVPC {
    /// - Parameters:
    ///   - block: the one of IPv4 that it is made with.
    ///   - isDefault: whether it is the account's default VPC.
    static func make(
        _ block: CIDRBlock, isDefault: Bool, tenancy: String = "default", tags: [Tag] = [], _ call: Call,
        _ records: MutableRecords
    ) throws(ServiceError) -> StoredVPC {
        let head = call.head(of: StoredVPC.self, tags: tags)
        let table = StoredRouteTable(head: call.head(of: StoredRouteTable.self), vpcID: head.id)
        let list = StoredNetworkACL(
            head: call.head(of: StoredNetworkACL.self), vpcID: head.id, isDefault: true,
            entries: [false, true].map { isEgress in
                StoredNetworkACL.Entry(
                    number: 100, isEgress: isEgress, allows: true, protocolNumber: -1, block: "0.0.0.0/0")
            })
        let groupHead = call.head(of: StoredSecurityGroup.self)
        let everything = StoredGroupRule.Traffic(name: "-1", from: -1, to: -1)
        let group = StoredSecurityGroup(
            head: groupHead, name: "default", summary: "default VPC security group", vpcID: head.id,
            rules: [
                StoredGroupRule(
                    id: Call.newID("sgr"), isEgress: false, traffic: everything, peer: .group(groupHead.id)),
                StoredGroupRule(
                    id: Call.newID("sgr"), isEgress: true, traffic: everything, peer: .block("0.0.0.0/0")),
            ])
        let options = try records.list(StoredDHCPOptions.self).min { $0.head.created < $1.head.created }
        var vpc = StoredVPC(
            head: head,
            blocks: [AssociatedBlock(associationID: Call.newID("vpc-cidr-assoc"), block: block.description)],
            isDefault: isDefault, dhcpOptionsID: options?.id ?? "default", mainRouteTableID: table.id,
            mainAssociationID: Call.newID("rtbassoc"), defaultNetworkACLID: list.id, defaultGroupID: group.id)
        vpc.tenancy = tenancy
        try records.put(vpc)
        try records.put(table)
        try records.put(list)
        try records.put(group)
        return vpc
    }

    /// The account's default VPC, with a subnet in each zone and the way to the internet.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/default-vpc-components.html>
    static func makeDefault(_ call: Call, _ records: MutableRecords) throws(ServiceError) -> StoredVPC {
        guard let block = CIDRBlock("172.31.0.0/16") else { throw .internalFailure }
        let vpc = try make(block, isDefault: true, call, records)
        let gateway = StoredInternetGateway(head: call.head(of: StoredInternetGateway.self), vpcID: vpc.id)
        try records.put(gateway)
        if var table = try records.get(StoredRouteTable.self, vpc.mainRouteTableID) {
            table.routes = [StoredRoute(destination: "0.0.0.0/0", target: gateway.id)]
            try records.put(table)
        }
        for (index, zone) in Zones.all(of: call.region).enumerated() {
            try records.put(
                StoredSubnet(
                    head: call.head(of: StoredSubnet.self), vpcID: vpc.id, block: "172.31.\(index * 16).0/20",
                    zone: zone, isDefault: true, networkACLID: vpc.defaultNetworkACLID,
                    networkACLAssociationID: Call.newID("aclassoc")))
        }
        return vpc
    }
}

extension Call {
    /// Gives the account what each has from the start in a Region, if it has not got it yet: AWS does that with the account, here
    /// it comes with the first request.
    func furnish() async throws(ServiceError) {
        guard !estate.isFurnished else { return }
        try await environment.write(scope, requestID: requestID) { (records) throws(ServiceError) in
            guard try records.get(FurnishedRegion.self, FurnishedRegion.only) == nil else { return }
            try records.put(FurnishedRegion(time: self.time))
            let domain = self.region == "us-east-1" ? "ec2.internal" : "\(self.region).compute.internal"
            try records.put(
                StoredDHCPOptions(
                    head: self.head(of: StoredDHCPOptions.self),
                    options: [
                        .init(key: "domain-name", values: [domain]),
                        .init(key: "domain-name-servers", values: ["AmazonProvidedDNS"]),
                    ]))
            _ = try NewVPC.makeDefault(self, records)
        }
    }
}

extension CIDRBlock {
    /// Reads a block of IPv4 that a request gives.
    /// - Throws: InvalidParameterValue.
    static func version4(_ text: String, _ parameter: String = "cidrBlock") throws(ServiceError) -> CIDRBlock {
        guard let block = CIDRBlock(text), !block.isVersion6 else {
            throw .invalidValue(text, of: parameter, "This is not a valid CIDR block.")
        }
        return block
    }

    /// The same of IPv6.
    static func version6(_ text: String, _ parameter: String = "ipv6CidrBlock") throws(ServiceError) -> CIDRBlock {
        guard let block = CIDRBlock(text), block.isVersion6 else {
            throw .invalidValue(text, of: parameter, "This is not a valid IPv6 CIDR block.")
        }
        return block
    }
}
