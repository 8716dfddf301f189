import Directory
import EC2API
import Ledger
import Platform
import VPC
import Wire

/// Private addresses of a subnet.
enum SubnetAddresses {
    /// Which of a subnet's addresses are taken.
    static func used(
        _ subnet: StoredSubnet, _ records: some RecordReading
    ) throws(ServiceError) -> Set<NetworkAddress> {
        let interfaces: [StoredNetworkInterface] = try records.referrers(
            StoredNetworkInterface.self, "subnet", to: subnet.id)
        return Set(
            interfaces.flatMap { $0.addresses.map(\.privateAddress) + $0.addresses6 }.compactMap {
                NetworkAddress($0)
            })
    }

    /// Addresses of IPv4 for an interface: those that are asked for, then the lowest that are free. The first four of a subnet and
    /// the last are AWS's own.
    /// - Throws: InvalidParameterValue, InvalidIPAddress.InUse, InsufficientFreeAddressesInSubnet.
    static func take(
        _ wanted: [String], more: Int, of subnet: StoredSubnet, _ records: some RecordReading
    ) throws(ServiceError) -> [String] {
        guard !wanted.isEmpty || more > 0 else { return [] }
        guard let block = subnet.block.flatMap({ CIDRBlock($0) }) else {
            throw .invalidValue("The subnet \(subnet.id) has no IPv4 CIDR block")
        }
        var used = try Self.used(subnet, records)
        var taken: [String] = []
        let usable = (block.first.value + 4)...max(block.first.value + 4, block.last.value - 1)
        for text in wanted {
            guard let address = NetworkAddress(text), !address.isVersion6 else {
                throw .invalidValue(text, of: "privateIpAddress", "This is not a valid IPv4 address.")
            }
            guard block.contains(address) else {
                throw .invalidValue("Address does not fall within the subnet's address range")
            }
            guard usable.contains(address.value) else {
                throw .invalidValue("Address is in subnet's reserved address range")
            }
            guard used.insert(address).inserted else {
                throw .ec2("InvalidIPAddress.InUse", "Address \(text) is in use.")
            }
            taken.append(address.description)
        }
        var next = usable.lowerBound
        for _ in 0..<max(0, more) {
            while next <= usable.upperBound, used.contains(NetworkAddress(next, isVersion6: false)) { next += 1 }
            guard next <= usable.upperBound else {
                throw .ec2(
                    "InsufficientFreeAddressesInSubnet",
                    "There are not enough free addresses in subnet '\(subnet.id)' to satisfy the requested number of addresses."
                )
            }
            let address = NetworkAddress(next, isVersion6: false)
            used.insert(address)
            taken.append(address.description)
        }
        return taken
    }

    /// The same of IPv6; what is not asked for is drawn.
    static func take6(
        _ wanted: [String], more: Int, of subnet: StoredSubnet, _ records: some RecordReading
    ) throws(ServiceError) -> [String] {
        guard !wanted.isEmpty || more > 0 else { return [] }
        guard let block = subnet.blocks6.first.flatMap({ CIDRBlock($0.block) }) else {
            throw .invalidValue("The subnet \(subnet.id) has no IPv6 CIDR block")
        }
        var used = try Self.used(subnet, records)
        var taken: [String] = []
        for text in wanted {
            guard let address = NetworkAddress(text), address.isVersion6, block.contains(address) else {
                throw .invalidValue("Address does not fall within the subnet's address range")
            }
            guard used.insert(address).inserted else {
                throw .ec2("InvalidIPAddress.InUse", "Address \(text) is in use.")
            }
            taken.append(address.description)
        }
        while taken.count < wanted.count + max(0, min(more, 50)) {
            let random = Identifiers.randomBytes(16).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            let host = block.last.value ^ block.first.value
            let address = NetworkAddress(block.first.value | random & host, isVersion6: true)
            if used.insert(address).inserted { taken.append(address.description) }
        }
        return taken
    }
}

/// Public addresses of IPv4. They are of a block that is nobody's in the internet (RFC 2544): it exists within Gatehouse alone.
/// The other half of RFC 2544's block has Gatehouse itself, as instances reach it.
enum PublicAddresses {
    static let block = CIDRBlock(NetworkAddress(198 << 24 | 19 << 16, isVersion6: false), prefixLength: 16)

    /// Takes one for an account.
    /// - Throws: InsufficientAddressCapacity when all are taken, as far as can be told.
    static func claim(for accountID: String, _ records: MutableRecords) throws(ServiceError) -> String {
        for _ in 0..<64 {
            let random = Identifiers.randomBytes(2).reduce(UInt128(0)) { $0 << 8 | UInt128($1) }
            let text = NetworkAddress(block.first.value | random, isVersion6: false).description
            guard !text.hasSuffix(".0"), !text.hasSuffix(".255"),
                try records.shared.get(ClaimedAddress.self, text) == nil
            else { continue }
            try records.shared.put(ClaimedAddress(id: text, accountID: accountID))
            return text
        }
        throw .ec2("InsufficientAddressCapacity", "Not enough available addresses to satisfy the request.")
    }

    /// Gives one back.
    static func release(_ address: String, _ records: MutableRecords) throws(ServiceError) {
        if let claim = try records.shared.get(ClaimedAddress.self, address) { try records.shared.delete(claim) }
    }
}

/// Names that addresses have.
enum HostNames {
    /// `ip-10-0-0-5.ec2.internal`
    static func ofPrivate(_ address: String, in region: String) -> String {
        let domain = region == "us-east-1" ? "ec2.internal" : "\(region).compute.internal"
        return "ip-\(address.replacing(".", with: "-")).\(domain)"
    }

    /// `ec2-198-18-0-5.compute-1.amazonaws.com`
    static func ofPublic(_ address: String, in region: String) -> String {
        let domain = region == "us-east-1" ? "compute-1" : "\(region).compute"
        return "ec2-\(address.replacing(".", with: "-")).\(domain).amazonaws.com"
    }
}

/// Making network interfaces: for callers, for instances and for what AWS's services put into subnets.
enum NewInterface {
    /// What an interface is to have.
    struct Wish {
        var summary = ""
        var type = "interface"
        /// nil: the account asks for it itself.
        var requester: String?
        /// Addresses that are asked for; the first is the primary one.
        var addresses: [String] = []
        /// How many more of IPv4.
        var more = 0
        var addresses6: [String] = []
        /// How many more of IPv6.
        var more6 = 0
        /// nil: the VPC's default group.
        var groupIDs: [String]?
        var tags: [Tag] = []
        /// nil: a new one is made.
        var head: EC2Head?
    }

    /// Makes an interface in a subnet; it is put into the records.
    /// - Throws: what EC2 says of groups, addresses and limits.
    static func make(
        _ wish: Wish, in subnet: StoredSubnet, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> StoredNetworkInterface {
        guard try records.count(StoredNetworkInterface.self) < call.quotas[EC2Quotas.interfaces] else {
            throw .ec2(
                "NetworkInterfaceLimitExceeded", "The maximum number of network interfaces has been reached.")
        }
        let vpc = try records.existing(StoredVPC.self, subnet.vpcID)
        let groups = try checked(wish.groupIDs ?? [vpc.defaultGroupID], in: vpc.id, call, records)
        let isNative = subnet.block == nil
        let more = wish.addresses.isEmpty && !isNative ? wish.more + 1 : wish.more
        let addresses = try SubnetAddresses.take(wish.addresses, more: more, of: subnet, records)
        let isAssigned = subnet.assignsIPv6 && wish.addresses6.isEmpty && wish.more6 == 0
        let addresses6 = try SubnetAddresses.take6(
            wish.addresses6, more: isAssigned ? 1 : wish.more6, of: subnet, records)
        // Locally administered, for one card.
        let mac = ([0x02] + Identifiers.randomBytes(5)).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        var interface = StoredNetworkInterface(
            head: wish.head ?? call.head(of: StoredNetworkInterface.self, tags: wish.tags), vpcID: vpc.id,
            subnetID: subnet.id,
            zone: subnet.zone, summary: wish.summary, type: wish.type, requester: wish.requester,
            macAddress: mac.joined(separator: ":"),
            addresses: addresses.map { StoredNetworkInterface.Address(privateAddress: $0) }, groupIDs: groups)
        interface.addresses6 = addresses6
        try records.put(interface)
        return interface
    }

    /// The groups, if an interface of the VPC can be in them.
    /// - Throws: InvalidGroup.NotFound, InvalidParameterValue, SecurityGroupsPerInterfaceLimitExceeded.
    static func checked(
        _ ids: [String], in vpcID: String, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> [String] {
        var own: [String] = []
        for id in ids where !own.contains(id) {
            let group = try records.existing(StoredSecurityGroup.self, id)
            guard group.vpcID == vpcID else {
                throw .ec2(
                    "InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
            }
            own.append(id)
        }
        guard own.count <= call.quotas[EC2Quotas.groupsOfInterface] else {
            throw .ec2(
                "SecurityGroupsPerInterfaceLimitExceeded",
                "The maximum number of security groups per interface has been reached.")
        }
        return own
    }
}

extension MutableRecords {
    /// Takes an interface away; its public addresses lead nowhere then.
    func remove(_ interface: StoredNetworkInterface) throws(ServiceError) {
        for address in interface.addresses { try unmap(address) }
        try delete(interface)
    }

    /// Notes at an elastic address that it leads nowhere; one that was not the account's own goes back.
    func unmap(_ address: StoredNetworkInterface.Address) throws(ServiceError) {
        guard let publicAddress = address.publicAddress else { return }
        if let id = address.allocationID {
            guard var elastic = try get(StoredAddress.self, id) else { return }
            elastic.association = nil
            try put(elastic)
        } else {
            try PublicAddresses.release(publicAddress, self)
        }
    }
}
