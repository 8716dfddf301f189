import Directory
import EC2API
import Ledger
import Platform
import Policy
import VPC
import Wire

extension StoredVPC: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidVpcID.NotFound", "The vpc ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredVPC>([
        "vpc-id": { vpc, _ in [vpc.id] }, "cidr": { vpc, _ in vpc.blocks.prefix(1).map(\.block) },
        "cidr-block-association.cidr-block": { vpc, _ in vpc.blocks.map(\.block) },
        "cidr-block-association.association-id": { vpc, _ in vpc.blocks.map(\.associationID) },
        "cidr-block-association.state": { vpc, _ in vpc.blocks.map { _ in "associated" } },
        "ipv6-cidr-block-association.ipv6-cidr-block": { vpc, _ in vpc.blocks6.map(\.block) },
        "ipv6-cidr-block-association.association-id": { vpc, _ in vpc.blocks6.map(\.associationID) },
        "ipv6-cidr-block-association.state": { vpc, _ in vpc.blocks6.map { _ in "associated" } },
        "ipv6-cidr-block-association.ipv6-pool": { vpc, _ in vpc.blocks6.map { _ in "Amazon" } },
        "dhcp-options-id": { vpc, _ in [vpc.dhcpOptionsID] }, "is-default": { vpc, _ in ["\(vpc.isDefault)"] },
        "isDefault": { vpc, _ in ["\(vpc.isDefault)"] }, "state": { _, _ in ["available"] },
    ])

    var shown: EC2.Vpc {
        EC2.Vpc {
            $0.vpcId = id
            $0.ownerId = head.accountID
            $0.state = "available"
            $0.cidrBlock = blocks.first?.block
            $0.dhcpOptionsId = dhcpOptionsID
            $0.instanceTenancy = tenancy
            $0.isDefault = isDefault
            $0.cidrBlockAssociationSet = blocks.map(\.shown)
            $0.ipv6CidrBlockAssociationSet = blocks6.map { $0.shown6(in: head.region) }
            $0.tags = head.tags.shown
        }
    }
}

extension AssociatedBlock {
    var shown: EC2.VpcCidrBlockAssociation {
        EC2.VpcCidrBlockAssociation {
            $0.associationId = associationID
            $0.cidrBlock = block
            $0.cidrBlockState = EC2.VpcCidrBlockState { $0.state = "associated" }
        }
    }

    func shown6(in region: String) -> EC2.VpcIpv6CidrBlockAssociation {
        EC2.VpcIpv6CidrBlockAssociation {
            $0.associationId = associationID
            $0.ipv6CidrBlock = block
            $0.ipv6CidrBlockState = EC2.VpcCidrBlockState { $0.state = "associated" }
            $0.networkBorderGroup = region
            $0.ipv6Pool = "Amazon"
            $0.ipSource = "amazon"
        }
    }

    /// As a subnet's.
    var shownOfSubnet: EC2.SubnetIpv6CidrBlockAssociation {
        EC2.SubnetIpv6CidrBlockAssociation {
            $0.associationId = associationID
            $0.ipv6CidrBlock = block
            $0.ipv6CidrBlockState = EC2.SubnetCidrBlockState { $0.state = "associated" }
            $0.ipSource = "amazon"
        }
    }

    /// A block of IPv6 as Amazon gives them to VPCs: 56 bits of a network that is nobody's.
    static func newOfIPv6() -> AssociatedBlock {
        let bytes = Identifiers.randomBytes(5)
        let random = bytes.reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
        // 2600:1f00::/24 is Amazon's.
        let first = UInt128(0x2600_1f) << 104 | (random & 0xFFFF_FFFF) << 72
        return AssociatedBlock(
            associationID: Call.newID("vpc-cidr-assoc"),
            block: CIDRBlock(NetworkAddress(first, isVersion6: true), prefixLength: 56).description)
    }
}

extension EC2.CreateVpc: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try call.creation(
                of: StoredVPC.self, input.tagSpecifications,
                ["ec2:tenancy": .one(input.instanceTenancy ?? "default")]))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.ipv4IpamPoolId == nil, input.ipv6IpamPoolId == nil, input.ipv6Pool == nil,
            input.ipv6CidrBlock == nil
        else { throw .notBuiltInEC2("address pools") }
        guard let text = input.cidrBlock else {
            throw .ec2("MissingParameter", "Either 'cidrBlock' or 'ipv4IpamPoolId' should be provided.")
        }
        let block = try CIDRBlock.version4(text)
        try Self.check(block)
        let tenancy = input.instanceTenancy ?? "default"
        guard tenancy != "host" else { throw .invalidValue("Invalid value 'host' for instanceTenancy.") }
        guard try records.count(StoredVPC.self) < call.quotas[EC2Quotas.vpcs] else {
            throw .ec2("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredVPC.arnType, input.tagSpecifications)
        var vpc = try NewVPC.make(block, isDefault: false, tenancy: tenancy, tags: tags, call, records)
        if input.amazonProvidedIpv6CidrBlock == true { try vpc.addIPv6(records) }
        return Output { $0.vpc = vpc.shown }
    }

    /// - Throws: InvalidVpc.Range.
    static func check(_ block: CIDRBlock) throws(ServiceError) {
        guard (16...28).contains(block.prefixLength) else {
            throw .ec2("InvalidVpc.Range", "The CIDR '\(block)' is invalid.")
        }
    }
}

extension StoredVPC {
    /// Gives it a block of IPv6, with the entries of its ACL and the rule of its group that such VPCs have.
    mutating func addIPv6(_ records: MutableRecords) throws(ServiceError) {
        blocks6.append(.newOfIPv6())
        try records.put(self)
        if var list = try records.get(StoredNetworkACL.self, defaultNetworkACLID) {
            for isEgress in [false, true]
            where !list.entries.contains(where: { $0.number == 101 && $0.isEgress == isEgress }) {
                list.entries.append(
                    StoredNetworkACL.Entry(
                        number: 101, isEgress: isEgress, allows: true, protocolNumber: -1, block: "::/0"))
            }
            try records.put(list)
        }
        if var group = try records.get(StoredSecurityGroup.self, defaultGroupID),
            !group.rules.contains(where: { $0.peer == .block("::/0") })
        {
            group.rules.append(
                StoredGroupRule(
                    id: Call.newID("sgr"), isEgress: true, traffic: .init(name: "-1", from: -1, to: -1),
                    peer: .block("::/0")))
            try records.put(group)
        }
    }
}

extension EC2.CreateDefaultVpc: WriteOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard try !records.list(StoredVPC.self).contains(where: \.isDefault) else {
            throw .ec2(
                "DefaultVpcAlreadyExists",
                "A Default VPC already exists for this account in this region.")
        }
        let vpc = try NewVPC.makeDefault(call, records)
        return Output { $0.vpc = vpc.shown }
    }
}

extension EC2.DescribeVpcs: Describing {
    static let idsName = "vpcIds"
    static func ids(_ input: Input) -> [String]? { input.vpcIds }
    static func show(_ vpc: StoredVPC, _ estate: EC2Estate) -> EC2.Vpc { vpc.shown }
}

/// An operation on the VPC that `VpcId` names.
protocol OnVPC: OnOne where InputFields: EC2.WithVpcId, Named == StoredVPC {}

extension OnVPC {
    static func name(_ input: Input) -> String { input.vpcId }
}

extension EC2.DeleteVpc: WriteOperation, OnVPC {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        // Its own table, ACL and group, and what else there is.
        guard try !records.isNeeded("vpc", vpc.id, beyond: 3) else { throw .dependency("vpc", vpc.id) }
        if let table = try records.get(StoredRouteTable.self, vpc.mainRouteTableID) { try records.delete(table) }
        if let list = try records.get(StoredNetworkACL.self, vpc.defaultNetworkACLID) { try records.delete(list) }
        if let group = try records.get(StoredSecurityGroup.self, vpc.defaultGroupID) { try records.delete(group) }
        try records.deleteExclusions(of: vpc.id)
        try records.delete(vpc)
        return Output()
    }
}

extension EC2.DescribeVpcAttribute: ReadOperation, OnVPC {
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        return Output {
            $0.vpcId = vpc.id
            switch input.attribute {
            case "enableDnsSupport": $0.enableDnsSupport = vpc.hasDNS.attribute
            case "enableDnsHostnames": $0.enableDnsHostnames = vpc.hasDNSHostnames.attribute
            default: $0.enableNetworkAddressUsageMetrics = vpc.hasUsageMetrics.attribute
            }
        }
    }
}

extension Bool {
    /// As an attribute's value in answers.
    var attribute: EC2.AttributeBooleanValue {
        EC2.AttributeBooleanValue { $0.value = self }
    }
}

extension EC2.ModifyVpcAttribute: WriteOperation, OnVPC {
    static func keys(_ input: Input) -> [String: ContextValue] {
        var names: [String] = []
        if input.enableDnsSupport != nil { names.append("EnableDnsSupport") }
        if input.enableDnsHostnames != nil { names.append("EnableDnsHostnames") }
        if input.enableNetworkAddressUsageMetrics != nil { names.append("EnableNetworkAddressUsageMetrics") }
        return AttributeKeys.of(names)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var vpc = try records.existing(StoredVPC.self, input.vpcId)
        let values = [input.enableDnsSupport, input.enableDnsHostnames, input.enableNetworkAddressUsageMetrics]
        guard values.count(where: { $0?.value != nil }) > 0 else {
            throw .ec2("MissingParameter", "The request must contain exactly one attribute to modify")
        }
        guard values.count(where: { $0 != nil }) == 1 else {
            throw .invalidCombination("Fields for multiple attribute types specified")
        }
        if let value = input.enableDnsSupport?.value { vpc.hasDNS = value }
        if let value = input.enableDnsHostnames?.value { vpc.hasDNSHostnames = value }
        if let value = input.enableNetworkAddressUsageMetrics?.value { vpc.hasUsageMetrics = value }
        try records.put(vpc)
        return Output()
    }
}

/// `ec2:Attribute` and `ec2:Attribute/…`, which say what a request changes.
enum AttributeKeys {
    /// - Parameter names: the attributes, as condition keys have them.
    static func of(_ names: [String]) -> [String: ContextValue] {
        guard let first = names.first else { return [:] }
        return ["ec2:attribute": names.count == 1 ? .one(first) : .many(names)]
    }
}

extension EC2.ModifyVpcTenancy: WriteOperation, OnVPC {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var vpc = try records.existing(StoredVPC.self, input.vpcId)
        vpc.tenancy = "default"
        try records.put(vpc)
        return Output { $0.returnValue = true }
    }
}

extension EC2.AssociateVpcCidrBlock: WriteOperation, OnVPC {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.ipv4IpamPoolId == nil, input.ipv6IpamPoolId == nil, input.ipv6Pool == nil,
            input.ipv6CidrBlock == nil
        else { throw .notBuiltInEC2("address pools") }
        var vpc = try records.existing(StoredVPC.self, input.vpcId)
        if input.amazonProvidedIpv6CidrBlock == true {
            guard vpc.blocks6.count < call.quotas[EC2Quotas.blocks] else { throw Self.tooMany }
            try vpc.addIPv6(records)
        } else {
            guard let text = input.cidrBlock else {
                throw .ec2(
                    "MissingParameter", "Either 'cidrBlock' or 'amazonProvidedIpv6CidrBlock' should be provided.")
            }
            let block = try CIDRBlock.version4(text)
            try EC2.CreateVpc.check(block)
            guard vpc.blocks.count < call.quotas[EC2Quotas.blocks] else { throw Self.tooMany }
            guard !vpc.blocks.compactMap({ CIDRBlock($0.block) }).contains(where: block.overlaps) else {
                throw .ec2("InvalidVpc.Conflict", "The CIDR '\(block)' conflicts with another CIDR of the VPC")
            }
            vpc.blocks.append(
                AssociatedBlock(associationID: Call.newID("vpc-cidr-assoc"), block: block.description))
            try records.put(vpc)
        }
        return Output {
            $0.vpcId = vpc.id
            if input.amazonProvidedIpv6CidrBlock == true {
                $0.ipv6CidrBlockAssociation = vpc.blocks6.last?.shown6(in: call.region)
            } else {
                $0.cidrBlockAssociation = vpc.blocks.last?.shown
            }
        }
    }

    private static var tooMany: ServiceError {
        .ec2("CidrLimitExceeded", "The maximum number of CIDR blocks of the VPC has been reached.")
    }
}

extension EC2.DisassociateVpcCidrBlock: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        // Which VPC it is, the association says.
        let vpc = call.estate.all(StoredVPC.self).first { vpc in
            (vpc.blocks + vpc.blocks6).contains { $0.associationID == input.associationId }
        }
        return .required(call.access(to: StoredVPC.self, vpc?.id ?? "*"))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let id = input.associationId
        for var vpc in try records.list(StoredVPC.self) {
            guard let gone = (vpc.blocks + vpc.blocks6).first(where: { $0.associationID == id }) else { continue }
            guard gone != vpc.blocks.first else {
                throw .forbidden(
                    "The vpc CIDR block with association ID \(id) may not be disassociated. It is the primary IPv4 CIDR block of the VPC"
                )
            }
            let subnets: [StoredSubnet] = try records.referrers(StoredSubnet.self, "vpc", to: vpc.id)
            let block = CIDRBlock(gone.block)
            let isUsed = subnets.contains { subnet in
                ((subnet.block.map { [$0] } ?? []) + subnet.blocks6.map(\.block)).compactMap { CIDRBlock($0) }
                    .contains { block?.contains($0) == true }
            }
            guard !isUsed else {
                throw .dependency(
                    "The vpc CIDR block with association ID \(id) has dependencies and cannot be deleted.")
            }
            vpc.blocks.removeAll { $0 == gone }
            vpc.blocks6.removeAll { $0 == gone }
            try records.put(vpc)
            return Output {
                $0.vpcId = vpc.id
                if block?.isVersion6 == true {
                    $0.ipv6CidrBlockAssociation = gone.shown6(in: call.region)
                    $0.ipv6CidrBlockAssociation?.ipv6CidrBlockState = EC2.VpcCidrBlockState {
                        $0.state = "disassociated"
                    }
                } else {
                    $0.cidrBlockAssociation = gone.shown
                    $0.cidrBlockAssociation?.cidrBlockState = EC2.VpcCidrBlockState { $0.state = "disassociated" }
                }
            }
        }
        throw .ec2(
            "InvalidVpcCidrBlockAssociationID.NotFound", "The vpc CIDR block association ID '\(id)' does not exist")
    }
}
