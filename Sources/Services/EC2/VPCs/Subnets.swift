import Directory
import EC2API
import Ledger
import Platform
import Policy
import VPC
import Wire

extension StoredSubnet: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidSubnetID.NotFound", "The subnet ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredSubnet>(
        [
            "subnet-id": { subnet, _ in [subnet.id] }, "vpc-id": { subnet, _ in [subnet.vpcID] },
            "cidr": cidr, "cidr-block": cidr, "cidrBlock": cidr,
            "ipv6-cidr-block-association.ipv6-cidr-block": { subnet, _ in subnet.blocks6.map(\.block) },
            "ipv6-cidr-block-association.association-id": { subnet, _ in subnet.blocks6.map(\.associationID) },
            "ipv6-cidr-block-association.state": { subnet, _ in subnet.blocks6.map { _ in "associated" } },
            "availability-zone": { subnet, _ in [subnet.zone] }, "availabilityZone": { subnet, _ in [subnet.zone] },
            "availability-zone-id": { subnet, _ in [Zones.id(ofZone: subnet.zone)] },
            "availabilityZoneId": { subnet, _ in [Zones.id(ofZone: subnet.zone)] },
            "available-ip-address-count": { subnet, estate in ["\(subnet.freeAddresses(estate))"] },
            "default-for-az": ofZone, "defaultForAz": ofZone, "state": { _, _ in ["available"] },
            "map-public-ip-on-launch": { subnet, _ in ["\(subnet.mapsPublicAddresses)"] },
            "ipv6-native": { subnet, _ in ["\(subnet.block == nil)"] },
            "enable-dns64": { subnet, _ in ["\(subnet.hasDNS64)"] }, "subnet-arn": { subnet, _ in [subnet.arn] },
            "private-dns-name-options-on-launch.hostname-type": { subnet, _ in [subnet.hostnameType] },
            "private-dns-name-options-on-launch.enable-resource-name-dns-a-record": { subnet, _ in
                ["\(subnet.hasResourceNameA)"]
            },
            "private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": { subnet, _ in
                ["\(subnet.hasResourceNameAAAA)"]
            },
            "map-customer-owned-ip-on-launch": { _, _ in ["false"] },
        ], absent: ["customer-owned-ipv4-pool", "enable-lni-at-device-index", "outpost-arn"])

    private static let cidr: Filters<StoredSubnet>.Values = { subnet, _ in subnet.block.map { [$0] } ?? [] }
    private static let ofZone: Filters<StoredSubnet>.Values = { subnet, _ in ["\(subnet.isDefault)"] }

    /// How many addresses of IPv4 nobody has. Five of each subnet are AWS's own.
    func freeAddresses(_ estate: EC2Estate) -> Int {
        guard let block = block.flatMap({ CIDRBlock($0) }) else { return 0 }
        let used = estate.network.interfaces.values.reduce(0) { count, interface in
            count + (interface.subnetID == id ? interface.addresses.count { !$0.isVersion6 } : 0)
        }
        return max(0, (1 << (32 - block.prefixLength)) - 5 - used)
    }

    func shown(_ estate: EC2Estate) -> EC2.Subnet {
        EC2.Subnet {
            $0.subnetId = id
            $0.subnetArn = arn
            $0.vpcId = vpcID
            $0.ownerId = head.accountID
            $0.state = "available"
            $0.cidrBlock = block
            $0.availableIpAddressCount = freeAddresses(estate)
            $0.availabilityZone = zone
            $0.availabilityZoneId = Zones.id(ofZone: zone)
            $0.defaultForAz = isDefault
            $0.mapPublicIpOnLaunch = mapsPublicAddresses
            $0.mapCustomerOwnedIpOnLaunch = false
            $0.assignIpv6AddressOnCreation = assignsIPv6
            $0.enableDns64 = hasDNS64
            $0.ipv6Native = block == nil
            $0.ipv6CidrBlockAssociationSet = blocks6.map(\.shownOfSubnet)
            $0.privateDnsNameOptionsOnLaunch = EC2.PrivateDnsNameOptionsOnLaunch {
                $0.hostnameType = hostnameType
                $0.enableResourceNameDnsARecord = hasResourceNameA
                $0.enableResourceNameDnsAAAARecord = hasResourceNameAAAA
            }
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.CreateSubnet: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var keys: [String: ContextValue] = ["ec2:vpc": .one(call.arn(StoredVPC.arnType, input.vpcId))]
        if let zone = input.availabilityZone { keys["ec2:availabilityzone"] = .one(zone) }
        return .required(
            try call.creation(of: StoredSubnet.self, input.tagSpecifications, keys)
                + [call.access(to: StoredVPC.self, input.vpcId)])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.ipv4IpamPoolId == nil, input.ipv6IpamPoolId == nil, input.outpostArn == nil else {
            throw .notBuiltInEC2("address pools, and no outposts")
        }
        let vpc = try records.existing(StoredVPC.self, input.vpcId)
        let others: [StoredSubnet] = try records.referrers(StoredSubnet.self, "vpc", to: vpc.id)
        guard others.count < call.quotas[EC2Quotas.subnets] else {
            throw .ec2("SubnetLimitExceeded", "The maximum number of subnets has been reached.")
        }
        let zone = try zone(input, call)
        let isNative = input.ipv6Native == true
        var block: CIDRBlock?
        if let text = input.cidrBlock, !isNative {
            block = try Self.check(CIDRBlock.version4(text), in: vpc, others)
        } else if !isNative {
            throw .missingParameter("cidrBlock")
        }
        let tags = try TagSpecifications.tags(of: StoredSubnet.arnType, input.tagSpecifications)
        var subnet = StoredSubnet(
            head: call.head(of: StoredSubnet.self, tags: tags), vpcID: vpc.id, block: block?.description, zone: zone,
            isDefault: false, networkACLID: vpc.defaultNetworkACLID,
            networkACLAssociationID: Call.newID("aclassoc"))
        if let text = input.ipv6CidrBlock {
            let own = try Self.check6(CIDRBlock.version6(text), in: vpc, others)
            subnet.blocks6 = [
                AssociatedBlock(associationID: Call.newID("subnet-cidr-assoc"), block: own.description)
            ]
        } else if isNative {
            throw .missingParameter("ipv6CidrBlock")
        }
        subnet.assignsIPv6 = isNative
        try records.put(subnet)
        return Output { $0.subnet = subnet.shown(EC2Estate.empty) }
    }

    private static func zone(_ input: Input, _ call: Call) throws(ServiceError) -> String {
        let zones = Zones.all(of: call.region)
        if let zone = input.availabilityZone {
            guard zones.contains(zone) else {
                throw .invalidValue(
                    zone, of: "availabilityZone",
                    "Subnets can currently only be created in the following availability zones: \(zones.joined(separator: ", "))."
                )
            }
            return zone
        }
        if let id = input.availabilityZoneId {
            guard let zone = zones.first(where: { Zones.id(ofZone: $0) == id }) else {
                throw .invalidValue(
                    id, of: "availabilityZoneId",
                    "Subnets can currently only be created in the following availability zones: \(zones.map(Zones.id(ofZone:)).joined(separator: ", "))."
                )
            }
            return zone
        }
        return zones.first ?? "\(call.region)a"
    }

    /// - Throws: InvalidSubnet.Range, InvalidSubnet.Conflict.
    static func check(
        _ block: CIDRBlock, in vpc: StoredVPC, _ others: [StoredSubnet]
    ) throws(ServiceError) -> CIDRBlock {
        guard (16...28).contains(block.prefixLength),
            vpc.blocks.contains(where: { CIDRBlock($0.block)?.contains(block) == true })
        else { throw .ec2("InvalidSubnet.Range", "The CIDR '\(block)' is invalid.") }
        guard !others.contains(where: { $0.block.flatMap { CIDRBlock($0) }?.overlaps(block) == true }) else {
            throw .ec2("InvalidSubnet.Conflict", "The CIDR '\(block)' conflicts with another subnet")
        }
        return block
    }

    /// The same of IPv6.
    static func check6(
        _ block: CIDRBlock, in vpc: StoredVPC, _ others: [StoredSubnet]
    ) throws(ServiceError) -> CIDRBlock {
        guard (44...64).contains(block.prefixLength), block.prefixLength % 4 == 0,
            vpc.blocks6.contains(where: { CIDRBlock($0.block)?.contains(block) == true })
        else { throw .ec2("InvalidSubnet.Range", "The CIDR '\(block)' is invalid.") }
        guard !others.contains(where: { $0.blocks6.contains { CIDRBlock($0.block)?.overlaps(block) == true } })
        else { throw .ec2("InvalidSubnet.Conflict", "The CIDR '\(block)' conflicts with another subnet") }
        return block
    }
}

extension EC2.CreateDefaultSubnet: WriteOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard let zone = input.availabilityZone, Zones.all(of: call.region).contains(zone) else {
            throw .invalidValue(input.availabilityZone ?? "", of: "availabilityZone")
        }
        guard let vpc = try records.list(StoredVPC.self).first(where: \.isDefault) else {
            throw .ec2(
                "DefaultVpcDoesNotExist", "No default VPC exists for this account in this region.")
        }
        let others: [StoredSubnet] = try records.referrers(StoredSubnet.self, "vpc", to: vpc.id)
        guard !others.contains(where: { $0.isDefault && $0.zone == zone }) else {
            throw .ec2(
                "DefaultSubnetAlreadyExistsInAvailabilityZone",
                "'\(others.first { $0.isDefault && $0.zone == zone }?.id ?? "")' is already the default subnet in \(zone)."
            )
        }
        let blocks = (0..<16).compactMap { CIDRBlock("172.31.\($0 * 16).0/20") }
        guard
            let block = blocks.first(where: { block in
                !others.contains { $0.block.flatMap { CIDRBlock($0) }?.overlaps(block) == true }
            })
        else { throw .ec2("InsufficientFreeAddressesInSubnet", "There is no free block in the default VPC.") }
        let subnet = StoredSubnet(
            head: call.head(of: StoredSubnet.self), vpcID: vpc.id, block: block.description, zone: zone,
            isDefault: true, networkACLID: vpc.defaultNetworkACLID, networkACLAssociationID: Call.newID("aclassoc"))
        try records.put(subnet)
        return Output { $0.subnet = subnet.shown(EC2Estate.empty) }
    }
}

extension EC2.DescribeSubnets: Describing {
    static let idsName = "subnetIds"
    static func ids(_ input: Input) -> [String]? { input.subnetIds }
    static func show(_ subnet: StoredSubnet, _ estate: EC2Estate) -> EC2.Subnet { subnet.shown(estate) }
}

/// An operation on the subnet that `SubnetId` names.
protocol OnSubnet: OnOne where InputFields: EC2.WithSubnetId, Named == StoredSubnet {}

extension OnSubnet {
    static func name(_ input: Input) -> String { input.subnetId }
}

extension EC2.DeleteSubnet: WriteOperation, OnSubnet {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let subnet = try records.existing(StoredSubnet.self, input.subnetId)
        guard try !records.isNeeded("subnet", subnet.id) else { throw .dependency("subnet", subnet.id) }
        try records.deleteExclusions(of: subnet.id)
        try records.delete(subnet)
        return Output()
    }
}
