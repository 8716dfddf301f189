/// The categories, as far as they can be known of an instance.
///
/// Of AWS's list are not here: what only a hypervisor or a machine image of AWS's has (`kernel-id`, `metrics`, `profile`,
/// `ramdisk-id`), what only other ways of buying or placing have (`autoscaling`, `events/recommendations`, `placement/group-name` and its
/// like, `product-codes`, `spot`), and the instance's identity role (`identity-credentials`).
/// <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-instance-metadata.html#instancedata-data-categories>
extension InstanceMetadata {
    var root: [MetadataEntry] {
        var entries = [
            MetadataEntry("dynamic", label: "dynamic", since: "2009-04-04", .folder(dynamic)),
            MetadataEntry("meta-data", label: "meta-data", .folder(metaData)),
        ]
        if let userData { entries.append(MetadataEntry("user-data", .value(.bytes(userData)))) }
        return entries
    }

    private var dynamic: [MetadataEntry] {
        [
            .folder("fws", [.text("instance-monitoring", hasDetailedMonitoring ? "enabled" : "disabled")]),
            .folder(
                "instance-identity",
                IdentityPart.allCases.map { MetadataEntry($0.rawValue, .value(.identity($0))) }),
        ]
    }

    private var metaData: [MetadataEntry] {
        let primary = interfaces.first
        var entries: [MetadataEntry] = [
            .text("ami-id", imageID),
            .text("ami-launch-index", "\(launchIndex)"),
            // Of an image on EBS.
            .text("ami-manifest-path", "(unknown)"),
            .folder("block-device-mapping", since: "2007-12-15", blockDevices),
            .folder(
                "events", since: "2018-08-17",
                [.folder("maintenance", [.text("history", "[]"), .text("scheduled", "[]")])]),
            .text("hostname", hostName),
        ]
        if let profile { entries.append(.folder("iam", since: "2012-01-12", iam(profile))) }
        entries += [
            .text("instance-action", since: "2008-09-01", "none"),
            .text("instance-id", id),
            .text("instance-life-cycle", since: "2019-10-01", "on-demand"),
            .text("instance-type", since: "2007-08-29", instanceType),
        ]
        if let address = primary?.ipv6Addresses.first { entries.append(.text("ipv6", since: "2021-01-03", address)) }
        entries.append(.text("local-hostname", since: "2007-01-19", hostName))
        if let address = primary?.privateAddresses.first { entries.append(.text("local-ipv4", address)) }
        if let primary { entries.append(.text("mac", since: "2011-01-01", primary.mac)) }
        if !interfaces.isEmpty {
            entries.append(
                .folder(
                    "network", since: "2011-01-01",
                    [.folder("interfaces", [.folder("macs", interfaces.map { .folder($0.mac, $0.entries) })])]))
        }
        entries.append(.folder("placement", since: "2008-02-01", placement))
        if let name = primary?.publicHostName { entries.append(.text("public-hostname", since: "2007-01-19", name)) }
        if let address = primary?.publicAddresses.first?.address {
            entries.append(.text("public-ipv4", since: "2007-01-19", address))
        }
        if let publicKey {
            entries.append(
                .folder(
                    "public-keys",
                    [MetadataEntry("0", label: "0=\(publicKey.name)", .folder([.text("openssh-key", publicKey.text)]))])
            )
        }
        entries.append(.text("reservation-id", reservationID))
        if let primary { entries.append(.text("security-groups", primary.groupNames.joined(separator: "\n"))) }
        entries.append(
            .folder(
                "services", since: "2014-02-25",
                [.text("domain", domain), .text("partition", since: "2015-10-20", partition)]))
        entries.append(.text("system", since: "2022-09-24", hypervisor))
        if let tags {
            entries.append(
                .folder("tags", since: "2021-03-23", [.folder("instance", tags.map { .text($0.key, $0.value) })]))
        }
        return entries
    }

    private var blockDevices: [MetadataEntry] {
        var entries: [MetadataEntry] = [.text("ami", rootDeviceName)]
        for (index, device) in volumeDevices.enumerated() {
            let prefix = "/dev/"
            let name = device.hasPrefix(prefix) ? String(device.dropFirst(prefix.utf8.count)) : device
            entries.append(.text("ebs\(index + 1)", name))
        }
        entries.append(.text("root", rootDeviceName))
        return entries
    }

    private var placement: [MetadataEntry] {
        var entries: [MetadataEntry] = [.text("availability-zone", since: "2008-02-01", availabilityZone)]
        if let availabilityZoneID {
            entries.append(.text("availability-zone-id", since: "2019-10-01", availabilityZoneID))
        }
        entries.append(.text("region", since: "2020-08-24", region))
        return entries
    }

    private func iam(_ profile: Profile) -> [MetadataEntry] {
        var entries: [MetadataEntry] = [.text("info", profile.document)]
        if case .role(let name) = profile.state {
            entries.append(
                .folder("security-credentials", [MetadataEntry(name, .value(.credentials(role: name)))]))
        }
        return entries
    }
}

extension InstanceMetadata.Interface {
    var entries: [MetadataEntry] {
        var entries: [MetadataEntry] = [.text("device-number", "\(deviceIndex)"), .text("interface-id", id)]
        if !publicAddresses.isEmpty {
            entries.append(.folder("ipv4-associations", publicAddresses.map { .text($0.address, $0.target) }))
        }
        if !ipv6Addresses.isEmpty { entries.append(.list("ipv6s", since: "2016-06-30", ipv6Addresses)) }
        entries.append(.text("local-hostname", hostName))
        if !privateAddresses.isEmpty { entries.append(.list("local-ipv4s", privateAddresses)) }
        entries += [
            .text("mac", mac), .text("network-card", since: "2020-11-01", "0"), .text("owner-id", owner),
        ]
        if let publicHostName { entries.append(.text("public-hostname", publicHostName)) }
        if !publicAddresses.isEmpty { entries.append(.list("public-ipv4s", publicAddresses.map(\.address))) }
        entries += [
            .list("security-group-ids", groupIDs), .list("security-groups", groupNames),
            .text("subnet-id", subnetID),
        ]
        if let block = subnetBlocks.first { entries.append(.text("subnet-ipv4-cidr-block", block)) }
        if !subnetIPv6Blocks.isEmpty {
            entries.append(.list("subnet-ipv6-cidr-blocks", since: "2016-06-30", subnetIPv6Blocks))
        }
        entries.append(.text("vpc-id", vpcID))
        if let block = vpcBlocks.first {
            entries.append(.text("vpc-ipv4-cidr-block", block))
            entries.append(.list("vpc-ipv4-cidr-blocks", since: "2016-06-30", vpcBlocks))
        }
        if !vpcIPv6Blocks.isEmpty {
            entries.append(.list("vpc-ipv6-cidr-blocks", since: "2016-06-30", vpcIPv6Blocks))
        }
        return entries
    }
}

extension MetadataEntry {
    /// Several texts, each in a line.
    fileprivate static func list(_ name: String, since: String = "1.0", _ texts: [String]) -> MetadataEntry {
        .text(name, since: since, texts.joined(separator: "\n"))
    }
}
