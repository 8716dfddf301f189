import EC2API
import Platform
import Wire

// The rest of what instances can be filtered by.
// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html>

extension StoredInstance {
    /// `network-interface.` and a filter of network interfaces: an instance passes by any of its own.
    static let interfaceFilters: [String: Filters<StoredInstance>.Values] = {
        var filters: [String: Filters<StoredInstance>.Values] = [:]
        for (name, values) in StoredNetworkInterface.fieldsOfInstances {
            filters["network-interface.\(name)"] = { instance, estate in
                estate.interfaces(of: instance.id).flatMap { values($0, estate) }
            }
        }
        return filters
    }()

    private static let publicName: Filters<StoredInstance>.Values = { instance, estate in
        guard instance.state != .terminated, estate.get(StoredVPC.self, instance.vpcID)?.hasDNSHostnames == true,
            let primary = estate.get(StoredNetworkInterface.self, instance.primaryInterfaceID)
        else { return [] }
        return primary.addresses.prefix(1).compactMap(\.publicAddress)
            .map { HostNames.ofPublic($0, in: instance.head.region) }
    }

    static let optionFilters: [String: Filters<StoredInstance>.Values] = [
        "dns-name": publicName,
        "ipv6-address": { instance, estate in
            estate.interfaces(of: instance.id).flatMap(\.addresses6)
        },
        "block-device-mapping.attach-time": { instance, estate in
            estate.attachments(of: instance.id).map {
                Timestamp(secondsSinceEpoch: $0.attachment.time).iso8601WithMilliseconds
            }
        },
        "ebs-optimized": { instance, _ in [String(instance.ebsOptimized)] }, "ena-support": { _, _ in ["true"] },
        "enclave-options.enabled": { _, _ in ["false"] }, "hibernation-options.configured": { _, _ in ["false"] },
        "maintenance-options.auto-recovery": { _, _ in ["default"] },
        "metadata-options.http-protocol-ipv4": { _, _ in ["enabled"] },
        "metadata-options.http-protocol-ipv6": { instance, _ in
            [instance.metadataOptions.hasIPv6 ? "enabled" : "disabled"]
        },
        "metadata-options.state": { _, _ in ["applied"] },
        "capacity-reservation-specification.capacity-reservation-preference": { _, _ in ["open"] },
        "private-dns-name-options.hostname-type": { _, _ in ["ip-name"] },
        "private-dns-name-options.enable-resource-name-dns-a-record": { _, _ in ["false"] },
        "private-dns-name-options.enable-resource-name-dns-aaaa-record": { _, _ in ["false"] },
        "usage-operation-update-time": { instance, _ in
            [Timestamp(secondsSinceEpoch: instance.head.created).iso8601WithMilliseconds]
        },
        "operator.managed": { _, _ in ["false"] },
    ]

    /// What AWS's instances may have, and none here has.
    static let absentFilters = [
        "affinity", "boot-mode", "current-instance-boot-mode", "capacity-reservation-id",
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id",
        "capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn",
        "host-id", "kernel-id", "network-performance-options.bandwidth-weighting", "operator.principal", "outpost-arn",
        "placement-group-name", "placement-partition-number", "product-code", "product-code.type", "ramdisk-id",
        "requester-id", "spot-instance-request-id", "tpm-support",
    ]
}

extension StoredNetworkInterface {
    /// By which instances can be filtered as well, behind `network-interface.`
    static let fieldsOfInstances: [String: Filters<StoredNetworkInterface>.Values] = {
        var fields = filters.fields
        // DescribeInstances names it otherwise.
        fields["addresses.association.ip-owner-id"] = fields["addresses.association.owner-id"]
        let more: [String: Filters<StoredNetworkInterface>.Values] = [
            "tag-key": { interface, _ in interface.head.tags.map(\.key) },
            "tag-value": { interface, _ in interface.head.tags.map(\.value) },
            "attachment.network-card-index": { interface, _ in interface.attachment == nil ? [] : ["0"] },
            "addresses.private-dns-name": { interface, _ in
                interface.addresses.map { HostNames.ofPrivate($0.privateAddress, in: interface.head.region) }
            },
            "addresses.association.allocation-id": { interface, _ in interface.addresses.compactMap(\.allocationID) },
            "addresses.association.association-id": { interface, _ in
                interface.addresses.compactMap(\.associationID)
            },
            "addresses.association.public-dns-name": publicNames, "public-dns-name": publicNames,
            "ipv6-address": { interface, _ in Array(interface.addresses6.prefix(1)) },
            "ipv6-addresses.is-primary-ipv6": { interface, _ in interface.addresses6.map { _ in "false" } },
            "ipv6-native": { interface, _ in ["\(interface.addresses.isEmpty)"] },
            "deny-all-igw-traffic": { _, _ in ["false"] },
        ]
        fields.merge(more) { own, _ in own }
        for name in [
            "addresses.association.carrier-ip", "addresses.association.customer-owned-ip", "association.carrier-ip",
            "association.customer-owned-ip", "ipv4-prefixes.ipv4-prefix", "ipv6-prefixes.ipv6-prefix", "outpost-arn",
        ] { fields[name] = { _, _ in [] } }
        return fields
    }()

    private static let publicNames: Filters<StoredNetworkInterface>.Values = { interface, estate in
        guard estate.get(StoredVPC.self, interface.vpcID)?.hasDNSHostnames == true else { return [] }
        return interface.addresses.compactMap(\.publicAddress)
            .map { HostNames.ofPublic($0, in: interface.head.region) }
    }
}
