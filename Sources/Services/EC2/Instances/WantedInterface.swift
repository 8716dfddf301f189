import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

/// A network interface that a new instance is to have.
struct WantedInterface: Sendable {
    let deviceIndex: Int
    /// One that is there already; nil: it is to be made.
    let existing: String?
    /// Where it is to be made; nil: nobody has said, and there is no default subnet.
    let subnetID: String?
    /// nil: the VPC's default group.
    let groupIDs: [String]?
    /// Whether it is to have a public address; nil: as the subnet says.
    let isPublic: Bool?
    let isDeletedOnTermination: Bool
    var wish = NewInterface.Wish()

    /// Those of a request.
    /// - Throws: InvalidParameterCombination, InvalidParameterValue, InvalidGroup.NotFound.
    static func all(_ input: EC2.RunInstances.Input, _ call: Call) throws(ServiceError) -> [WantedInterface] {
        guard let specified = input.networkInterfaces, !specified.isEmpty else { return [try usual(input, call)] }
        guard input.subnetId.given == nil else {
            throw .invalidCombination(
                "Network interfaces and an instance-level subnet ID may not be specified on the same request")
        }
        guard (input.securityGroupIds ?? []).isEmpty, (input.securityGroups ?? []).isEmpty else {
            throw .invalidCombination(
                "Network interfaces and instance-level security groups may not be specified on the same request")
        }
        guard input.privateIpAddress.given == nil else {
            throw .invalidCombination(
                "Network interfaces and an instance-level private address may not be specified on the same request")
        }
        var wanted: [WantedInterface] = []
        for specification in specified {
            let one = try WantedInterface(specification, isOnly: specified.count == 1, input, call)
            guard !wanted.contains(where: { $0.deviceIndex == one.deviceIndex }) else {
                throw .invalidValue(
                    "Each network interface requires a unique device index. There are multiple network interfaces with the same device index: \(one.deviceIndex)."
                )
            }
            wanted.append(one)
        }
        guard wanted.contains(where: { $0.deviceIndex == 0 }) else {
            throw .ec2(
                "InvalidParameterCombination",
                "When specifying network interfaces, you must include a device at index 0.")
        }
        return wanted.sorted { $0.deviceIndex < $1.deviceIndex }
    }

    /// The one of a request that says nothing of interfaces.
    private static func usual(_ input: EC2.RunInstances.Input, _ call: Call) throws(ServiceError) -> WantedInterface {
        var groups = input.securityGroupIds ?? []
        for name in input.securityGroups ?? [] {
            guard let id = GroupName.id(nil, name, call) else {
                throw .ec2(
                    "InvalidGroup.NotFound", "The security group '\(name)' does not exist in the default VPC")
            }
            groups.append(id)
        }
        var one = WantedInterface(
            deviceIndex: 0, existing: nil, subnetID: input.subnetId.given ?? defaultSubnet(input, call),
            groupIDs: groups.isEmpty ? nil : groups, isPublic: nil, isDeletedOnTermination: true)
        one.wish.addresses = input.privateIpAddress.given.map { [$0] } ?? []
        one.wish.addresses6 = (input.ipv6Addresses ?? []).compactMap(\.ipv6Address)
        one.wish.more6 = bounded(input.ipv6AddressCount)
        return one
    }

    private init(
        deviceIndex: Int, existing: String?, subnetID: String?, groupIDs: [String]?, isPublic: Bool?,
        isDeletedOnTermination: Bool
    ) {
        self.deviceIndex = deviceIndex
        self.existing = existing
        self.subnetID = subnetID
        self.groupIDs = groupIDs
        self.isPublic = isPublic
        self.isDeletedOnTermination = isDeletedOnTermination
    }

    private init(
        _ specification: EC2.InstanceNetworkInterfaceSpecification, isOnly: Bool, _ input: EC2.RunInstances.Input,
        _ call: Call
    ) throws(ServiceError) {
        guard (specification.ipv4Prefixes ?? []).isEmpty, (specification.ipv6Prefixes ?? []).isEmpty,
            specification.ipv4PrefixCount == nil, specification.ipv6PrefixCount == nil
        else { throw .notBuiltInEC2("prefix delegation") }
        guard specification.associatePublicIpAddress != true || isOnly else {
            throw .invalidCombination(
                "The associatePublicIPAddress parameter cannot be specified when launching with multiple network interfaces."
            )
        }
        let groups = specification.groups?.isEmpty == false ? specification.groups : nil
        guard let index = specification.deviceIndex else {
            throw .missingParameter("NetworkInterface.DeviceIndex")
        }
        if let id = specification.networkInterfaceId.given {
            guard specification.subnetId == nil, groups == nil, specification.privateIpAddress == nil else {
                throw .invalidCombination(
                    "A network interface may not specify both a network interface ID and a subnet, groups or an address"
                )
            }
            self.init(
                deviceIndex: index, existing: id, subnetID: nil, groupIDs: nil, isPublic: false,
                isDeletedOnTermination: specification.deleteOnTermination ?? false)
            return
        }
        self.init(
            deviceIndex: index, existing: nil,
            subnetID: specification.subnetId.given ?? Self.defaultSubnet(input, call), groupIDs: groups,
            isPublic: specification.associatePublicIpAddress,
            isDeletedOnTermination: specification.deleteOnTermination ?? true)
        wish.summary = specification.description ?? ""
        let listed = (specification.privateIpAddresses ?? []).sorted { $0.primary == true && $1.primary != true }
        wish.addresses = listed.compactMap(\.privateIpAddress)
        if let address = specification.privateIpAddress, !wish.addresses.contains(address) {
            wish.addresses.insert(address, at: 0)
        }
        wish.more = Self.bounded(specification.secondaryPrivateIpAddressCount)
        wish.addresses6 = (specification.ipv6Addresses ?? []).compactMap(\.ipv6Address)
        wish.more6 = Self.bounded(specification.ipv6AddressCount)
    }

    private static func bounded(_ count: Int?) -> Int { max(0, min(50, count ?? 0)) }

    /// The default subnet in the zone that the request names, or in the first.
    private static func defaultSubnet(_ input: EC2.RunInstances.Input, _ call: Call) -> String? {
        let zone =
            (input.placement?.availabilityZone).given
            ?? Zones.all(of: call.region).first { Zones.id(ofZone: $0) == input.placement?.availabilityZoneId }
        return call.estate.all(StoredSubnet.self).filter { $0.isDefault && (zone == nil || $0.zone == zone) }
            .min { $0.zone < $1.zone }?.id
    }

    /// What its caller needs for it.
    func accesses(
        _ input: EC2.RunInstances.Input, _ estate: EC2Estate, _ call: Call
    ) throws(ServiceError) -> [Access] {
        if let existing { return [call.access(to: StoredNetworkInterface.self, existing)] }
        var keys: [String: ContextValue] = [:]
        if let isPublic { keys["ec2:associatepublicipaddress"] = .one(String(isPublic)) }
        let subnet = subnetID.flatMap { estate.get(StoredSubnet.self, $0) }
        if let subnetID { keys["ec2:subnet"] = .one(call.arn(StoredSubnet.arnType, subnetID)) }
        if let subnet {
            keys["ec2:vpc"] = .one(call.arn(StoredVPC.arnType, subnet.vpcID))
            keys["ec2:availabilityzone"] = .one(subnet.zone)
        }
        let usual = subnet.flatMap { estate.get(StoredVPC.self, $0.vpcID)?.defaultGroupID }
        let groups = groupIDs ?? usual.map { [$0] } ?? ["*"]
        return try call.creation(
            of: StoredNetworkInterface.arnType, input.tagSpecifications, keys, others: LaunchTags.types)
            + [call.access(to: StoredSubnet.self, subnetID ?? "*")]
            + groups.map { call.access(to: StoredSecurityGroup.self, $0) }
    }
}

/// The types of resources that a launch can tag.
enum LaunchTags {
    static let types = [
        StoredInstance.arnType, StoredVolume.arnType, StoredNetworkInterface.arnType, "spot-instances-request",
        "elastic-gpu",
    ]
}

extension MutableRecords {
    /// Makes the interfaces of an instance, and attaches them.
    func attach(
        _ wanted: [WantedInterface], to instanceID: String, tags: [Tag], _ call: Call
    ) throws(ServiceError) -> [StoredNetworkInterface] {
        var made: [StoredNetworkInterface] = []
        for one in wanted {
            var interface: StoredNetworkInterface
            if let id = one.existing {
                interface = try existing(StoredNetworkInterface.self, id)
                guard interface.attachment == nil, interface.requester == nil else {
                    throw .ec2("InvalidNetworkInterface.InUse", "Interface: [\(id)] in use.")
                }
            } else {
                guard let subnetID = one.subnetID else {
                    throw .ec2(
                        "VPCIdNotSpecified",
                        "No default VPC for this user. GroupName is only supported for EC2-Classic and default VPC.")
                }
                var wish = one.wish
                wish.groupIDs = one.groupIDs
                wish.tags = tags
                let subnet = try existing(StoredSubnet.self, subnetID)
                interface = try NewInterface.make(wish, in: subnet, call, self)
            }
            if let first = made.first, first.zone != interface.zone {
                throw .invalidCombination(
                    "You may not attach a network interface to an instance if they are not in the same availability zone"
                )
            }
            interface.attachment = StoredNetworkInterface.Attachment(
                id: Call.newID("eni-attach"), instanceID: instanceID, ownerID: call.accountID,
                deviceIndex: one.deviceIndex, attached: call.time,
                isDeletedOnTermination: one.isDeletedOnTermination)
            try put(interface)
            made.append(interface)
        }
        return made
    }

    /// Gives an instance's primary interface a public address that is not the account's own, if it has none.
    func givePublicAddress(to instance: StoredInstance, _ call: Call) throws(ServiceError) {
        guard var interface = try get(StoredNetworkInterface.self, instance.primaryInterfaceID),
            let first = interface.addresses.first, first.publicAddress == nil
        else { return }
        interface.addresses[0].publicAddress = try PublicAddresses.claim(for: call.accountID, self)
        try put(interface)
    }

    /// Takes such an address away: it is the account's only while the instance runs.
    func takePublicAddress(from instance: StoredInstance) throws(ServiceError) {
        guard var interface = try get(StoredNetworkInterface.self, instance.primaryInterfaceID),
            let first = interface.addresses.first, first.publicAddress != nil, first.allocationID == nil
        else { return }
        try unmap(first)
        interface.addresses[0].publicAddress = nil
        try put(interface)
    }

    /// Detaches the interfaces of an instance that is terminated, and deletes those that are to go with it.
    func releaseInterfaces(of instance: StoredInstance) throws(ServiceError) {
        let all: [StoredNetworkInterface] = try referrers(
            StoredNetworkInterface.self, "instance", to: instance.id)
        for var interface in all {
            if interface.attachment?.isDeletedOnTermination == true {
                try remove(interface)
            } else {
                interface.attachment = nil
                try put(interface)
            }
        }
    }
}
