import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

extension StoredAddress: Shown {
    static func missing(_ id: String) -> ServiceError {
        .ec2("InvalidAllocationID.NotFound", "The allocation ID '\(id)' does not exist")
    }

    static let filters = Filters<StoredAddress>([
        "allocation-id": { address, _ in [address.id] }, "public-ip": { address, _ in [address.publicAddress] },
        "association-id": { address, _ in address.association.map { [$0.id] } ?? [] },
        "network-interface-id": { address, _ in address.association.map { [$0.networkInterfaceID] } ?? [] },
        "network-interface-owner-id": { address, _ in address.association == nil ? [] : [address.head.accountID] },
        "private-ip-address": { address, _ in address.association.map { [$0.privateAddress] } ?? [] },
        "instance-id": { address, estate in address.instanceID(estate).map { [$0] } ?? [] },
        "domain": { _, _ in ["vpc"] }, "network-border-group": { address, _ in [address.head.region] },
    ])

    /// The instance that it leads to.
    func instanceID(_ estate: EC2Estate) -> String? {
        association.flatMap {
            estate.get(StoredNetworkInterface.self, $0.networkInterfaceID)?.attachment?.instanceID
        }
    }

    func shown(_ estate: EC2Estate) -> EC2.Address {
        EC2.Address {
            $0.allocationId = id
            $0.publicIp = publicAddress
            $0.domain = "vpc"
            $0.publicIpv4Pool = "amazon"
            $0.networkBorderGroup = head.region
            if let association {
                $0.associationId = association.id
                $0.networkInterfaceId = association.networkInterfaceID
                $0.networkInterfaceOwnerId = head.accountID
                $0.privateIpAddress = association.privateAddress
                $0.instanceId = instanceID(estate)
            }
            $0.tags = head.tags.shown
        }
    }
}

extension EC2.AllocateAddress: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try call.creation(of: StoredAddress.self, input.tagSpecifications, ["ec2:domain": .one("vpc")]))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.address == nil, input.ipamPoolId == nil, input.customerOwnedIpv4Pool == nil,
            input.publicIpv4Pool == nil || input.publicIpv4Pool == "amazon"
        else { throw .notBuiltInEC2("address pools") }
        if let group = input.networkBorderGroup, group != call.region {
            throw .invalidValue(group, of: "networkBorderGroup")
        }
        guard try records.count(StoredAddress.self) < call.quotas[EC2Quotas.addresses] else {
            throw .ec2("AddressLimitExceeded", "The maximum number of addresses has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredAddress.arnType, input.tagSpecifications)
        let address = StoredAddress(
            head: call.head(of: StoredAddress.self, tags: tags),
            publicAddress: try PublicAddresses.claim(for: call.accountID, records))
        try records.put(address)
        return Output {
            $0.allocationId = address.id
            $0.publicIp = address.publicAddress
            $0.domain = "vpc"
            $0.publicIpv4Pool = "amazon"
            $0.networkBorderGroup = call.region
        }
    }
}

/// The elastic address that a request names, by its id or itself.
private enum ElasticAddress {
    static func id(_ id: String?, _ publicAddress: String?, _ call: Call) -> String {
        id ?? call.estate.all(StoredAddress.self).first { $0.publicAddress == publicAddress }?.id ?? "*"
    }

    /// - Throws: the error that there is none.
    static func existing(
        _ id: String?, _ publicAddress: String?, _ records: MutableRecords
    ) throws(ServiceError) -> StoredAddress {
        if let id { return try records.existing(StoredAddress.self, id) }
        guard let publicAddress else {
            throw .ec2("MissingParameter", "Either public IP or allocation id must be specified")
        }
        guard
            let address = try records.list(StoredAddress.self).first(where: { $0.publicAddress == publicAddress })
        else { throw .ec2("InvalidAddress.NotFound", "Address '\(publicAddress)' not found.") }
        return address
    }
}

extension EC2.ReleaseAddress: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            call.access(to: StoredAddress.self, ElasticAddress.id(input.allocationId, input.publicIp, call)))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let address = try ElasticAddress.existing(input.allocationId, input.publicIp, records)
        guard address.association == nil else {
            throw .ec2("InvalidIPAddress.InUse", "Address \(address.publicAddress) is in use.")
        }
        try PublicAddresses.release(address.publicAddress, records)
        try records.delete(address)
        return Output()
    }
}

extension EC2.DescribeAddresses: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        var found = try Listing.named(StoredAddress.self, input.allocationIds, "allocationIds", nil, estate)
        if let wanted = input.publicIps, !wanted.isEmpty {
            for text in wanted where !found.contains(where: { $0.publicAddress == text }) {
                throw .ec2("InvalidAddress.NotFound", "Address '\(text)' not found.")
            }
            found = found.filter { wanted.contains($0.publicAddress) }
        }
        let passed = try StoredAddress.filters.apply(input.filters, to: found, estate)
        return Output { $0.addresses = passed.map { $0.shown(estate) } }
    }
}

extension EC2.DescribeAddressesAttribute: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let found = try Listing.named(
            StoredAddress.self, input.allocationIds, "allocationIds", input.pageLimit, estate)
        // Addresses without a name of their own are not listed, and no name can be given to one yet.
        let named: [StoredAddress] = found.filter { _ in false }
        let page = try Listing.page(named, by: \.id, input.pageToken, input.pageLimit, least: 1)
        return Output(page) { address in
            EC2.AddressAttribute {
                $0.allocationId = address.id
                $0.publicIp = address.publicAddress
            }
        }
    }
}

// MARK: - What addresses lead to

extension EC2.AssociateAddress: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = [
            call.access(to: StoredAddress.self, ElasticAddress.id(input.allocationId, input.publicIp, call))
        ]
        if let id = input.instanceId { all.append(call.ec2Access(instanceType, id)) }
        if let id = input.networkInterfaceId { all.append(call.access(to: StoredNetworkInterface.self, id)) }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var address = try ElasticAddress.existing(input.allocationId, input.publicIp, records)
        var interface = try interface(input, records)
        guard let index = index(input, interface) else {
            throw .invalidValue(
                input.privateIpAddress ?? "", of: "privateIpAddress",
                "The address is not one of the interface \(interface.id).")
        }
        let gateways: [StoredInternetGateway] = try records.referrers(
            StoredInternetGateway.self, "vpc", to: interface.vpcID)
        guard !gateways.isEmpty else {
            throw .ec2(
                "Gateway.NotAttached", "Network \(interface.vpcID) is not attached to any internet gateway")
        }
        if let old = address.association {
            if old.networkInterfaceID == interface.id, old.privateAddress == interface.addresses[index].privateAddress {
                return Output { $0.associationId = old.id }
            }
            guard input.allowReassociation != false else {
                throw .ec2(
                    "Resource.AlreadyAssociated",
                    "resource \(address.id) is already associated with associate-id \(old.id)")
            }
            try records.release(old)
            interface = try records.existing(StoredNetworkInterface.self, interface.id)
        }
        if interface.addresses[index].publicAddress != nil {
            guard input.allowReassociation != false || interface.addresses[index].allocationID == nil else {
                throw .ec2(
                    "Resource.AlreadyAssociated",
                    "resource \(interface.id) is already associated with associate-id \(interface.addresses[index].associationID ?? "")"
                )
            }
            try records.unmap(interface.addresses[index])
        }
        let association = Call.newID("eipassoc")
        interface.addresses[index].publicAddress = address.publicAddress
        interface.addresses[index].allocationID = address.id
        interface.addresses[index].associationID = association
        address.association = StoredAddress.Association(
            id: association, networkInterfaceID: interface.id,
            privateAddress: interface.addresses[index].privateAddress)
        try records.put(interface)
        try records.put(address)
        return Output { $0.associationId = association }
    }

    private static func interface(
        _ input: Input, _ records: MutableRecords
    ) throws(ServiceError) -> StoredNetworkInterface {
        if let id = input.networkInterfaceId { return try records.existing(StoredNetworkInterface.self, id) }
        guard let instance = input.instanceId else {
            throw .ec2(
                "MissingParameter", "Either instance ID or network interface id must be specified")
        }
        let own: [StoredNetworkInterface] = try records.referrers(
            StoredNetworkInterface.self, "instance", to: instance)
        guard let first = own.first else {
            throw .ec2("InvalidInstanceID.NotFound", "The instance ID '\(instance)' does not exist")
        }
        guard own.count == 1 else {
            throw .ec2(
                "InvalidInstanceID",
                "There are multiple interfaces attached to instance '\(instance)'. Please specify an interface ID for the operation instead."
            )
        }
        return first
    }

    private static func index(_ input: Input, _ interface: StoredNetworkInterface) -> Int? {
        guard let wanted = input.privateIpAddress else { return interface.addresses.isEmpty ? nil : 0 }
        return interface.addresses.firstIndex { $0.privateAddress == wanted }
    }
}

extension MutableRecords {
    /// Takes an elastic address from the interface that it leads to.
    func release(_ association: StoredAddress.Association) throws(ServiceError) {
        guard var interface = try get(StoredNetworkInterface.self, association.networkInterfaceID),
            let index = interface.addresses.firstIndex(where: { $0.associationID == association.id })
        else { return }
        interface.addresses[index].publicAddress = nil
        interface.addresses[index].allocationID = nil
        interface.addresses[index].associationID = nil
        try put(interface)
    }
}

extension EC2.DisassociateAddress: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let address = call.estate.all(StoredAddress.self).first {
            $0.association != nil
                && ($0.association?.id == input.associationId || $0.publicAddress == input.publicIp)
        }
        return .required([
            call.access(to: StoredAddress.self, address?.id ?? "*"),
            call.access(to: StoredNetworkInterface.self, address?.association?.networkInterfaceID ?? "*"),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var address: StoredAddress
        if let id = input.associationId {
            let all = try records.list(StoredAddress.self)
            guard let found = all.first(where: { $0.association?.id == id }) else {
                throw .ec2("InvalidAssociationID.NotFound", "The association ID '\(id)' does not exist")
            }
            address = found
        } else {
            address = try ElasticAddress.existing(nil, input.publicIp, records)
        }
        if let association = address.association {
            let interface = try records.get(StoredNetworkInterface.self, association.networkInterfaceID)
            guard interface?.requester == nil else {
                throw .ec2(
                    "AuthFailure", "You do not have permission to access the specified resource.")
            }
            try records.release(association)
        }
        address.association = nil
        try records.put(address)
        return Output()
    }
}
