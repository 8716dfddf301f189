import EC2API
import Ledger
import Platform
import Policy
import VPC
import Wire

extension EC2.ModifySubnetAttribute: WriteOperation, OnSubnet {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var names: [String] = []
        if input.mapPublicIpOnLaunch != nil { names.append("MapPublicIpOnLaunch") }
        if input.assignIpv6AddressOnCreation != nil { names.append("AssignIpv6AddressOnCreation") }
        if input.enableDns64 != nil { names.append("EnableDns64") }
        if input.privateDnsHostnameTypeOnLaunch != nil { names.append("PrivateDnsHostnameTypeOnLaunch") }
        return AttributeKeys.of(names)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subnet = try records.existing(StoredSubnet.self, input.subnetId)
        guard input.mapCustomerOwnedIpOnLaunch == nil, input.enableLniAtDeviceIndex == nil,
            input.disableLniAtDeviceIndex == nil, input.customerOwnedIpv4Pool == nil
        else { throw .notBuiltInEC2("outposts") }
        let isGiven = [
            input.mapPublicIpOnLaunch != nil, input.assignIpv6AddressOnCreation != nil, input.enableDns64 != nil,
            input.privateDnsHostnameTypeOnLaunch != nil, input.enableResourceNameDnsARecordOnLaunch != nil,
            input.enableResourceNameDnsAAAARecordOnLaunch != nil,
        ]
        guard isGiven.contains(true) else {
            throw .ec2("MissingParameter", "The request must contain an attribute to modify")
        }
        guard isGiven.count(where: { $0 }) == 1 else {
            throw .invalidCombination("Fields for multiple attribute types specified")
        }
        if let value = input.mapPublicIpOnLaunch?.value { subnet.mapsPublicAddresses = value }
        if let value = input.assignIpv6AddressOnCreation?.value {
            guard !value || !subnet.blocks6.isEmpty else {
                throw .invalidValue(
                    "Invalid value 'true' for assignIpv6AddressOnCreation. Subnet '\(subnet.id)' has no IPv6 CIDR block associated with it"
                )
            }
            subnet.assignsIPv6 = value
        }
        if let value = input.enableDns64?.value { subnet.hasDNS64 = value }
        if let value = input.privateDnsHostnameTypeOnLaunch { subnet.hostnameType = value }
        if let value = input.enableResourceNameDnsARecordOnLaunch?.value { subnet.hasResourceNameA = value }
        if let value = input.enableResourceNameDnsAAAARecordOnLaunch?.value { subnet.hasResourceNameAAAA = value }
        try records.put(subnet)
        return Output()
    }
}

extension EC2.AssociateSubnetCidrBlock: WriteOperation, OnSubnet {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var subnet = try records.existing(StoredSubnet.self, input.subnetId)
        guard input.ipv6IpamPoolId == nil else { throw .notBuiltInEC2("address pools") }
        guard let text = input.ipv6CidrBlock else { throw .missingParameter("ipv6CidrBlock") }
        guard subnet.blocks6.isEmpty else {
            throw .ec2(
                "SubnetCidrBlockLimitExceeded",
                "The maximum number of IPv6 CIDR blocks of the subnet '\(subnet.id)' has been reached.")
        }
        let vpc = try records.existing(StoredVPC.self, subnet.vpcID)
        let others: [StoredSubnet] = try records.referrers(StoredSubnet.self, "vpc", to: vpc.id)
        let block = try EC2.CreateSubnet.check6(CIDRBlock.version6(text), in: vpc, others)
        let association = AssociatedBlock(
            associationID: Call.newID("subnet-cidr-assoc"), block: block.description)
        subnet.blocks6.append(association)
        try records.put(subnet)
        return Output {
            $0.subnetId = subnet.id
            $0.ipv6CidrBlockAssociation = association.shownOfSubnet
        }
    }
}

extension EC2.DisassociateSubnetCidrBlock: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let subnet = call.estate.all(StoredSubnet.self).first { subnet in
            subnet.blocks6.contains { $0.associationID == input.associationId }
        }
        return .required(call.access(to: StoredSubnet.self, subnet?.id ?? "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = input.associationId
        for var subnet in try records.list(StoredSubnet.self) {
            guard let gone = subnet.blocks6.first(where: { $0.associationID == id }) else { continue }
            let interfaces: [StoredNetworkInterface] = try records.referrers(
                StoredNetworkInterface.self, "subnet", to: subnet.id)
            guard interfaces.allSatisfy(\.addresses6.isEmpty), !subnet.assignsIPv6 else {
                throw .dependency(
                    "The subnet CIDR block with association ID \(id) has dependencies and cannot be deleted.")
            }
            subnet.blocks6.removeAll { $0 == gone }
            try records.put(subnet)
            return Output {
                $0.subnetId = subnet.id
                $0.ipv6CidrBlockAssociation = gone.shownOfSubnet
                $0.ipv6CidrBlockAssociation?.ipv6CidrBlockState = EC2.SubnetCidrBlockState {
                    $0.state = "disassociated"
                }
            }
        }
        throw .ec2(
            "InvalidSubnetCidrBlockAssociationID.NotFound",
            "The subnet CIDR block association ID '\(id)' does not exist")
    }
}
