import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredNetworkInterface: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidNetworkInterfaceID.NotFound", "The networkInterface ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredNetworkInterface>(
        ownFilters.merging(associations) { own, _ in own }.merging(attachments) { own, _ in own },
        absent: ["operator.principal"])

    private static let ownFilters: [String: Filters<StoredNetworkInterface>.Values] = [
        "network-interface-id": { interface, _ in [interface.id] }, "vpc-id": { interface, _ in [interface.vpcID] },
        "subnet-id": { interface, _ in [interface.subnetID] },
        "availability-zone": { interface, _ in [interface.zone] },
        "description": { interface, _ in [interface.summary] },
        "interface-type": { interface, _ in [interface.type] },
        "mac-address": { interface, _ in [interface.macAddress] },
        "group-id": { interface, _ in interface.groupIDs },
        "group-name": { interface, estate in
            interface.groupIDs.compactMap { estate.get(StoredSecurityGroup.self, $0)?.name }
        },
        "private-ip-address": { interface, _ in interface.addresses.prefix(1).map(\.privateAddress) },
        "private-dns-name": { interface, _ in
            interface.addresses.prefix(1).map {
                HostNames.ofPrivate($0.privateAddress, in: interface.head.region)
            }
        },
        "addresses.private-ip-address": { interface, _ in interface.addresses.map(\.privateAddress) },
        "addresses.primary": { interface, _ in interface.addresses.indices.map { "\($0 == 0)" } },
        "addresses.association.public-ip": { interface, _ in interface.addresses.compactMap(\.publicAddress) },
        "ipv6-addresses.ipv6-address": { interface, _ in interface.addresses6 },
        "requester-id": { interface, _ in interface.requester.map { [$0] } ?? [] },
        "requester-managed": { interface, _ in ["\(interface.requester != nil)"] },
        "source-dest-check": { interface, _ in ["\(interface.checksSource)"] },
        "status": { interface, _ in [interface.attachment == nil ? "available" : "in-use"] },
        "availability-zone-id": { interface, _ in [Zones.id(ofZone: interface.zone)] },
        "operator.managed": { interface, _ in ["\(interface.requester != nil)"] },
    ]

    private static let owners: Filters<StoredNetworkInterface>.Values = { interface, _ in
        interface.addresses.compactMap { address in
            address.publicAddress.map { _ in address.allocationID == nil ? "amazon" : interface.head.accountID }
        }
    }

    private static let associations: [String: Filters<StoredNetworkInterface>.Values] = [
        "association.ip-owner-id": owners, "addresses.association.owner-id": owners,
        "association.public-ip": { interface, _ in interface.addresses.compactMap(\.publicAddress) },
        "association.allocation-id": { interface, _ in interface.addresses.compactMap(\.allocationID) },
        "association.association-id": { interface, _ in interface.addresses.compactMap(\.associationID) },
        "association.public-dns-name": { interface, _ in
            interface.addresses.compactMap(\.publicAddress).map { HostNames.ofPublic($0, in: interface.head.region) }
        },
    ]

    private static let attachments: [String: Filters<StoredNetworkInterface>.Values] = [
        "attachment.attachment-id": { interface, _ in (interface.attachment.map { [$0.id] }) ?? [] },
        "attachment.instance-id": { interface, _ in interface.attachment?.instanceID.map { [$0] } ?? [] },
        "attachment.instance-owner-id": { interface, _ in (interface.attachment.map { [$0.ownerID] }) ?? [] },
        "attachment.device-index": { interface, _ in (interface.attachment.map { ["\($0.deviceIndex)"] }) ?? [] },
        "attachment.attach-time": { interface, _ in
            (interface.attachment.map { [Timestamp(secondsSinceEpoch: $0.attached).iso8601WithMilliseconds] }) ?? []
        },
        "attachment.status": { interface, _ in interface.attachment == nil ? [] : ["attached"] },
        "attachment.delete-on-termination": { interface, _ in
            (interface.attachment.map { ["\($0.isDeletedOnTermination)"] }) ?? []
        },
    ]

    func shown(_ estate: EC2Estate) -> EC2.NetworkInterface {
        let region = head.region
        let hasNames = estate.get(StoredVPC.self, vpcID)?.hasDNSHostnames == true
        return EC2.NetworkInterface {
            $0.networkInterfaceId = id
            $0.vpcId = vpcID
            $0.subnetId = subnetID
            $0.ownerId = head.accountID
            $0.availabilityZone = zone
            $0.availabilityZoneId = Zones.id(ofZone: zone)
            $0.description = summary
            $0.interfaceType = type
            $0.macAddress = macAddress
            $0.requesterId = requester
            $0.requesterManaged = requester != nil
            $0.sourceDestCheck = checksSource
            $0.status = attachment == nil ? "available" : "in-use"
            $0.groups = groups(estate)
            $0.privateIpAddress = addresses.first?.privateAddress
            $0.privateDnsName = addresses.first.map { HostNames.ofPrivate($0.privateAddress, in: region) }
            $0.association = addresses.first?.shownAssociation(head, hasName: hasNames)
            $0.privateIpAddresses = addresses.enumerated().map { index, address in
                EC2.NetworkInterfacePrivateIpAddress {
                    $0.privateIpAddress = address.privateAddress
                    $0.primary = index == 0
                    $0.privateDnsName = HostNames.ofPrivate(address.privateAddress, in: region)
                    $0.association = address.shownAssociation(head, hasName: hasNames)
                }
            }
            $0.ipv6Addresses = addresses6.map { address in
                EC2.NetworkInterfaceIpv6Address { $0.ipv6Address = address }
            }
            $0.ipv6Address = addresses6.first
            $0.attachment = attachment?.shown
            $0.tagSet = head.tags.shown
        }
    }

    /// The groups that it is in.
    func groups(_ estate: EC2Estate) -> [EC2.GroupIdentifier] {
        groupIDs.map { id in
            EC2.GroupIdentifier {
                $0.groupId = id
                $0.groupName = estate.get(StoredSecurityGroup.self, id)?.name
            }
        }
    }
}

extension StoredNetworkInterface.Address {
    func shownAssociation(_ head: EC2Head, hasName: Bool) -> EC2.NetworkInterfaceAssociation? {
        guard let publicAddress else { return nil }
        return EC2.NetworkInterfaceAssociation {
            $0.publicIp = publicAddress
            $0.publicDnsName = hasName ? HostNames.ofPublic(publicAddress, in: head.region) : ""
            $0.allocationId = allocationID
            $0.associationId = associationID
            $0.ipOwnerId = allocationID == nil ? "amazon" : head.accountID
        }
    }
}

extension StoredNetworkInterface.Attachment {
    var shown: EC2.NetworkInterfaceAttachment {
        EC2.NetworkInterfaceAttachment {
            $0.attachmentId = id
            $0.instanceId = instanceID
            $0.instanceOwnerId = ownerID
            $0.deviceIndex = deviceIndex
            $0.networkCardIndex = 0
            $0.attachTime = Timestamp(secondsSinceEpoch: attached)
            $0.deleteOnTermination = isDeletedOnTermination
            $0.status = "attached"
        }
    }
}

extension EC2.CreateNetworkInterface: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var keys: [String: ContextValue] = ["ec2:subnet": .one(call.arn(StoredSubnet.arnType, input.subnetId))]
        if let subnet = call.estate.get(StoredSubnet.self, input.subnetId) {
            keys["ec2:vpc"] = .one(call.arn(StoredVPC.arnType, subnet.vpcID))
            keys["ec2:availabilityzone"] = .one(subnet.zone)
        }
        return .required(
            try call.creation(of: StoredNetworkInterface.self, input.tagSpecifications, keys)
                + [call.access(to: StoredSubnet.self, input.subnetId)]
                + (input.groups ?? []).map { call.access(to: StoredSecurityGroup.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.ipv4Prefixes == nil, input.ipv6Prefixes == nil, input.ipv4PrefixCount == nil,
            input.ipv6PrefixCount == nil, input.interfaceType == nil || input.interfaceType == "interface"
        else { throw .notBuiltInEC2("prefix delegation, and no interfaces of other types") }
        if let interface = try call.made(StoredNetworkInterface.self, by: input) {
            return Output {
                $0.networkInterface = interface.shown(call.estate)
                $0.clientToken = input.clientToken
            }
        }
        let subnet = try records.existing(StoredSubnet.self, input.subnetId)
        var wish = NewInterface.Wish()
        wish.summary = input.description ?? ""
        wish.groupIDs = input.groups?.isEmpty == false ? input.groups : nil
        wish.tags = try TagSpecifications.tags(of: StoredNetworkInterface.arnType, input.tagSpecifications)
        wish.head = call.head(of: StoredNetworkInterface.self, tags: wish.tags, for: input)
        let listed = (input.privateIpAddresses ?? []).sorted { $0.primary == true && $1.primary != true }
        guard listed.count(where: { $0.primary == true }) <= 1 else {
            throw .invalidValue("Only one private IP address can be primary")
        }
        wish.addresses = listed.compactMap(\.privateIpAddress)
        if let address = input.privateIpAddress, !wish.addresses.contains(address) {
            wish.addresses.insert(address, at: 0)
        }
        wish.more = max(0, min(50, input.secondaryPrivateIpAddressCount ?? 0))
        wish.addresses6 = (input.ipv6Addresses ?? []).compactMap(\.ipv6Address)
        wish.more6 = max(0, min(50, input.ipv6AddressCount ?? 0))
        let interface = try NewInterface.make(wish, in: subnet, call, records)
        let estate = call.estate
        return Output {
            $0.networkInterface = interface.shown(estate)
            $0.networkInterface?.status = "pending"
            $0.clientToken = input.clientToken
        }
    }
}

extension EC2.DescribeNetworkInterfaces: Describing {
    static let idsName = "networkInterfaceIds"
    static func ids(_ input: Input) -> [String]? { input.networkInterfaceIds }
    static func show(_ interface: StoredNetworkInterface, _ estate: EC2Estate) -> EC2.NetworkInterface {
        interface.shown(estate)
    }
}

/// An operation on the interface that `NetworkInterfaceId` names.
protocol OnInterface: OnOne where InputFields: EC2.WithNetworkInterfaceId, Named == StoredNetworkInterface {}

extension OnInterface {
    static func name(_ input: Input) -> String { input.networkInterfaceId }
}

extension RecordReading {
    /// An interface that its owner may change: those of AWS's services only they change.
    fileprivate func ownInterface(_ id: String) throws(ServiceError) -> StoredNetworkInterface {
        let interface = try existing(StoredNetworkInterface.self, id)
        guard interface.requester == nil else {
            throw .forbidden("You do not have permission to access the specified resource.")
        }
        return interface
    }
}

extension EC2.DeleteNetworkInterface: WriteOperation, OnInterface {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let interface = try records.ownInterface(input.networkInterfaceId)
        guard interface.attachment == nil else {
            throw .ec2(
                "InvalidNetworkInterface.InUse", "Network interface '\(interface.id)' is currently in use.")
        }
        try records.remove(interface)
        return Output()
    }
}

extension EC2.DescribeNetworkInterfaceAttribute: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        guard let interface = estate.get(StoredNetworkInterface.self, input.networkInterfaceId) else {
            throw StoredNetworkInterface.missing(input.networkInterfaceId)
        }
        guard let attribute = input.attribute else { throw .missingParameter("attribute") }
        return Output {
            $0.networkInterfaceId = interface.id
            switch attribute {
            case "description": $0.description = EC2.AttributeValue { $0.value = interface.summary }
            case "groupSet": $0.groups = interface.groups(estate)
            case "sourceDestCheck": $0.sourceDestCheck = interface.checksSource.attribute
            default: $0.attachment = interface.attachment?.shown
            }
        }
    }
}

extension EC2.ModifyNetworkInterfaceAttribute: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var names: [String] = []
        if input.description != nil { names.append("Description") }
        if input.groups != nil { names.append("Groups") }
        if input.sourceDestCheck != nil { names.append("SourceDestCheck") }
        if input.attachment != nil { names.append("Attachment") }
        return .required(
            [
                call.access(
                    to: StoredNetworkInterface.self, input.networkInterfaceId, nil, AttributeKeys.of(names))
            ] + (input.groups ?? []).map { call.access(to: StoredSecurityGroup.self, $0) })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var interface = try records.ownInterface(input.networkInterfaceId)
        if let text = input.description?.value { interface.summary = text }
        if let value = input.sourceDestCheck?.value { interface.checksSource = value }
        if let groups = input.groups {
            guard !groups.isEmpty else { throw .missingParameter("groupId") }
            interface.groupIDs = try NewInterface.checked(groups, in: interface.vpcID, call, records)
        }
        if let changes = input.attachment {
            guard let id = changes.attachmentId, id == interface.attachment?.id else {
                throw .ec2(
                    "InvalidAttachmentID.NotFound",
                    "The attachment ID '\(changes.attachmentId ?? "")' does not exist")
            }
            if let value = changes.deleteOnTermination { interface.attachment?.isDeletedOnTermination = value }
        }
        try records.put(interface)
        return Output()
    }
}

extension EC2.ResetNetworkInterfaceAttribute: WriteOperation, OnInterface {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var interface = try records.ownInterface(input.networkInterfaceId)
        interface.checksSource = true
        try records.put(interface)
        return Output()
    }
}
