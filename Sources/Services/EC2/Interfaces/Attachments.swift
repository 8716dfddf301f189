import EC2API
import Ledger
import Platform
import Policy
import Wire

/// The type of instances in ARNs: their records are of another part of EC2.
let instanceType = "instance"

extension EC2.AttachNetworkInterface: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required([
            call.ec2Access(instanceType, input.instanceId),
            call.access(to: StoredNetworkInterface.self, input.networkInterfaceId),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var interface = try records.existing(StoredNetworkInterface.self, input.networkInterfaceId)
        // An instance has at least one.
        let others: [StoredNetworkInterface] = try records.referrers(
            StoredNetworkInterface.self, "instance", to: input.instanceId)
        guard let first = others.first else {
            throw .ec2("InvalidInstanceID.NotFound", "The instance ID '\(input.instanceId)' does not exist")
        }
        guard interface.requester == nil, interface.attachment == nil else {
            throw .ec2(
                "InvalidNetworkInterface.InUse", "Network interface '\(interface.id)' is currently in use.")
        }
        guard first.zone == interface.zone else {
            throw .invalidCombination(
                "You may not attach a network interface to an instance if they are not in the same availability zone")
        }
        guard (1...15).contains(input.deviceIndex) else {
            throw .invalidValue("\(input.deviceIndex)", of: "deviceIndex")
        }
        guard !others.contains(where: { $0.attachment?.deviceIndex == input.deviceIndex }) else {
            throw .invalidValue(
                "Instance '\(input.instanceId)' already has an interface attached at device index '\(input.deviceIndex)'."
            )
        }
        let attachment = StoredNetworkInterface.Attachment(
            id: Call.newID("eni-attach"), instanceID: input.instanceId, ownerID: call.accountID,
            deviceIndex: input.deviceIndex, attached: call.time, isDeletedOnTermination: false)
        interface.attachment = attachment
        try records.put(interface)
        return Output {
            $0.attachmentId = attachment.id
            $0.networkCardIndex = 0
        }
    }
}

extension EC2.DetachNetworkInterface: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let interface = call.estate.all(StoredNetworkInterface.self).first {
            $0.attachment?.id == input.attachmentId
        }
        return .required([
            call.ec2Access(instanceType, interface?.attachment?.instanceID ?? "*"),
            call.access(to: StoredNetworkInterface.self, interface?.id ?? "*"),
        ])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let all = try records.list(StoredNetworkInterface.self)
        guard var interface = all.first(where: { $0.attachment?.id == input.attachmentId }) else {
            throw .ec2(
                "InvalidAttachmentID.NotFound", "The attachment ID '\(input.attachmentId)' does not exist")
        }
        guard interface.attachment?.deviceIndex != 0, interface.attachment?.instanceID != nil else {
            throw .forbidden(
                "The network interface at device index 0 and networkCard index 0 cannot be detached.")
        }
        interface.attachment = nil
        try records.put(interface)
        return Output()
    }
}

// MARK: - Addresses of interfaces

extension EC2.AssignPrivateIpAddresses: WriteOperation, OnInterface {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.ipv4Prefixes == nil, input.ipv4PrefixCount == nil else {
            throw .notBuiltInEC2("prefix delegation")
        }
        var interface = try records.existing(StoredNetworkInterface.self, input.networkInterfaceId)
        let subnet = try records.existing(StoredSubnet.self, interface.subnetID)
        let own = Set(interface.addresses.map(\.privateAddress))
        // What it has already, it keeps.
        let wanted = (input.privateIpAddresses ?? []).filter { !own.contains($0) }
        let more = max(0, min(50, input.secondaryPrivateIpAddressCount ?? 0))
        guard input.privateIpAddresses?.isEmpty == false || more > 0 else {
            throw .missingParameter("secondaryPrivateIpAddressCount")
        }
        if input.allowReassignment == true {
            let others: [StoredNetworkInterface] = try records.referrers(
                StoredNetworkInterface.self, "subnet", to: subnet.id)
            for var other in others where other.id != interface.id {
                let gone = other.addresses.dropFirst().filter { wanted.contains($0.privateAddress) }
                guard !gone.isEmpty else { continue }
                for address in gone { try records.unmap(address) }
                other.addresses.removeAll { gone.contains($0) }
                try records.put(other)
            }
        }
        let taken = try SubnetAddresses.take(wanted, more: more, of: subnet, records)
        interface.addresses += taken.map { StoredNetworkInterface.Address(privateAddress: $0) }
        try records.put(interface)
        return Output {
            $0.networkInterfaceId = interface.id
            $0.assignedPrivateIpAddresses = taken.map { address in
                EC2.AssignedPrivateIpAddress { $0.privateIpAddress = address }
            }
        }
    }
}

extension EC2.UnassignPrivateIpAddresses: WriteOperation, OnInterface {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var interface = try records.existing(StoredNetworkInterface.self, input.networkInterfaceId)
        guard let gone = input.privateIpAddresses, !gone.isEmpty else { throw .missingParameter("privateIpAddress") }
        for text in gone {
            guard let index = interface.addresses.firstIndex(where: { $0.privateAddress == text }), index > 0 else {
                throw .invalidValue(
                    "Some of [\(gone.joined(separator: ", "))] are not secondary addresses assigned to interface \(interface.id)"
                )
            }
            try records.unmap(interface.addresses[index])
            interface.addresses.remove(at: index)
        }
        try records.put(interface)
        return Output()
    }
}

extension EC2.AssignIpv6Addresses: WriteOperation, OnInterface {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        guard input.ipv6Prefixes == nil, input.ipv6PrefixCount == nil else {
            throw .notBuiltInEC2("prefix delegation")
        }
        var interface = try records.existing(StoredNetworkInterface.self, input.networkInterfaceId)
        let subnet = try records.existing(StoredSubnet.self, interface.subnetID)
        let more = max(0, min(50, input.ipv6AddressCount ?? 0))
        guard input.ipv6Addresses?.isEmpty == false || more > 0 else { throw .missingParameter("ipv6AddressCount") }
        let taken = try SubnetAddresses.take6(input.ipv6Addresses ?? [], more: more, of: subnet, records)
        interface.addresses6 += taken
        try records.put(interface)
        return Output {
            $0.networkInterfaceId = interface.id
            $0.assignedIpv6Addresses = taken
        }
    }
}

extension EC2.UnassignIpv6Addresses: WriteOperation, OnInterface {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var interface = try records.existing(StoredNetworkInterface.self, input.networkInterfaceId)
        let gone = input.ipv6Addresses ?? []
        for text in gone {
            guard let index = interface.addresses6.firstIndex(of: text) else {
                throw .invalidValue(
                    "The following IPv6 addresses are not assigned to interface \(interface.id): \(text)")
            }
            interface.addresses6.remove(at: index)
        }
        try records.put(interface)
        return Output {
            $0.networkInterfaceId = interface.id
            $0.unassignedIpv6Addresses = gone
        }
    }
}
