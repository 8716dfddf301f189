import Directory
import EC2API
import FoundationEssentials
import Ledger
import Platform
import Policy
import Wire

// Instances. <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/Instances.html>

extension StoredInstance: Shown {
    static func missing(_ id: String) -> ServiceError {
        isID(id)
            ? .ec2("InvalidInstanceID.NotFound", "The instance ID '\(id)' does not exist")
            : malformed(id, "InvalidInstanceID.Malformed")
    }

    static func missing(all ids: [String]) -> ServiceError {
        if let wrong = ids.first(where: { !isID($0) }) { return missing(wrong) }
        guard ids.count > 1 else { return missing(ids.first ?? "") }
        return .ec2("InvalidInstanceID.NotFound", "The instance IDs '\(ids.joined(separator: ", "))' do not exist")
    }

    static let filters = Filters<StoredInstance>(
        [networkFilters, volumeFilters, optionFilters, interfaceFilters].reduce(ownFilters) { all, some in
            all.merging(some) { own, _ in own }
        }, absent: absentFilters)

    private static let ownFilters: [String: Filters<StoredInstance>.Values] = [
        "instance-id": { instance, _ in [instance.id] }, "image-id": { instance, _ in [instance.imageID] },
        "instance-type": { instance, _ in [instance.instanceType] },
        "instance-state-name": { instance, _ in [instance.state.rawValue] },
        "instance-state-code": { instance, _ in [String(instance.state.code)] },
        "key-name": { instance, _ in instance.keyName.map { [$0] } ?? [] },
        "availability-zone": { instance, _ in [instance.availabilityZone] },
        "availability-zone-id": { instance, _ in [Zones.id(ofZone: instance.availabilityZone)] },
        "architecture": { instance, _ in [instance.architecture] },
        "client-token": { instance, _ in instance.clientToken.map { [$0] } ?? [] },
        "reservation-id": { instance, _ in [instance.reservationID] },
        "launch-index": { instance, _ in [String(instance.launchIndex)] },
        "launch-time": { instance, _ in [Timestamp(secondsSinceEpoch: instance.launchTime).iso8601WithMilliseconds] },
        "tenancy": { instance, _ in [instance.tenancy] }, "hypervisor": { _, _ in ["xen"] },
        "virtualization-type": { _, _ in ["hvm"] }, "instance-lifecycle": { _, _ in [] }, "platform": { _, _ in [] },
        "platform-details": { _, _ in ["Linux/UNIX"] }, "usage-operation": { _, _ in ["RunInstances"] },
        "root-device-name": { instance, _ in [instance.rootDeviceName] },
        "root-device-type": { instance, _ in [instance.rootDeviceType] },
        "monitoring-state": { instance, _ in [instance.monitoring ? "enabled" : "disabled"] },
        "reason": { instance, _ in [instance.stateTransitionReason] },
        "state-reason-code": { instance, _ in instance.stateReason.map { [$0.code] } ?? [] },
        "state-reason-message": { instance, _ in instance.stateReason.map { [$0.message] } ?? [] },
        "iam-instance-profile.arn": { instance, _ in instance.instanceProfile.map { [$0.arn] } ?? [] },
        "iam-instance-profile.id": { instance, _ in instance.instanceProfile.map { [$0.profileID] } ?? [] },
        "metadata-options.http-tokens": { instance, _ in
            [instance.metadataOptions.requiresTokens ? "required" : "optional"]
        },
        "metadata-options.http-endpoint": { instance, _ in
            [instance.metadataOptions.isEnabled ? "enabled" : "disabled"]
        },
        "metadata-options.http-put-response-hop-limit": { instance, _ in [String(instance.metadataOptions.hopLimit)] },
        "metadata-options.instance-metadata-tags": { instance, _ in
            [instance.metadataOptions.hasTags ? "enabled" : "disabled"]
        },
    ]

    private static let networkFilters: [String: Filters<StoredInstance>.Values] = [
        "vpc-id": { instance, _ in instance.state == .terminated ? [] : [instance.vpcID] },
        "subnet-id": { instance, _ in instance.state == .terminated ? [] : [instance.subnetID] },
        "private-ip-address": { instance, _ in instance.state == .terminated ? [] : [instance.privateIPAddress] },
        "private-dns-name": { instance, _ in instance.state == .terminated ? [] : [instance.privateDNSName] },
        "ip-address": { instance, estate in
            estate.get(StoredNetworkInterface.self, instance.primaryInterfaceID)?.addresses.first?.publicAddress.map {
                [$0]
            } ?? []
        },
        "instance.group-id": groupIDs, "group-id": groupIDs,
        "instance.group-name": groupNames, "group-name": groupNames,
        "source-dest-check": { instance, estate in
            estate.get(StoredNetworkInterface.self, instance.primaryInterfaceID).map { [String($0.checksSource)] } ?? []
        },
    ]

    private static let groupIDs: Filters<StoredInstance>.Values = { instance, estate in
        estate.interfaces(of: instance.id).flatMap(\.groupIDs)
    }

    private static let groupNames: Filters<StoredInstance>.Values = { instance, estate in
        estate.interfaces(of: instance.id).flatMap(\.groupIDs).compactMap {
            estate.get(StoredSecurityGroup.self, $0)?.name
        }
    }

    private static let volumeFilters: [String: Filters<StoredInstance>.Values] = [
        "block-device-mapping.volume-id": { instance, estate in estate.volumes(of: instance.id).map(\.id) },
        "block-device-mapping.device-name": { instance, estate in
            estate.attachments(of: instance.id).map(\.attachment.device)
        },
        "block-device-mapping.status": { instance, estate in
            estate.attachments(of: instance.id).map { _ in "attached" }
        },
        "block-device-mapping.delete-on-termination": { instance, estate in
            estate.attachments(of: instance.id).map { String($0.attachment.isDeletedOnTermination) }
        },
    ]

    /// `ec2:Attribute/…`: what a request changes, and to what.
    static func attributeKeys(_ changes: [(name: String, value: String?)]) -> [String: ContextValue] {
        var keys: [String: ContextValue] = [:]
        let names = changes.compactMap { $0.value == nil ? nil : $0.name }
        for (name, value) in changes {
            if let value { keys["ec2:attribute/\(name.lowercased())"] = .one(value) }
        }
        if let first = names.first { keys["ec2:attribute"] = names.count == 1 ? .one(first) : .many(names) }
        return keys
    }
}

extension EC2Estate {
    /// What hangs on an instance of volumes.
    func attachments(of instanceID: String) -> [(volume: StoredVolume, attachment: StoredVolume.Attachment)] {
        volumes(of: instanceID).flatMap { volume in
            volume.attachments.filter { $0.instanceID == instanceID }.map { (volume, $0) }
        }
    }
}

extension RecordReading {
    /// An instance that is not terminated.
    /// - Throws: that there is none; IncorrectInstanceState.
    func livingInstance(_ id: String) throws(ServiceError) -> StoredInstance {
        let instance = try existing(StoredInstance.self, id)
        guard !instance.state.isEnding else {
            throw .ec2(
                "IncorrectInstanceState",
                "The instance '\(id)' is not in a state from which this can be done: it is '\(instance.state.rawValue)'."
            )
        }
        return instance
    }
}

/// An operation on one instance, and nothing else.
protocol OnInstance: OnOne where Named == StoredInstance, InputFields: EC2.WithInstanceId {}

extension OnInstance {
    static func name(_ input: Input) -> String { input.instanceId }
}

extension EC2.DescribeInstances: ComputeOperation, OnAll {
    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let found = try Listing.named(StoredInstance.self, input.instanceIds, "instancesSet", input.pageLimit, estate)
        let passed = try StoredInstance.filters.apply(input.filters, to: found, estate)
        func key(_ instance: StoredInstance) -> String { "\(instance.reservationID) \(instance.id)" }
        let page = try Listing.page(
            passed.sorted { key($0) < key($1) }, by: key, input.pageToken, input.pageLimit)
        let surroundings = Surroundings(estate)
        var reservations: [EC2.Reservation] = []
        var rest = page.items[...]
        while let first = rest.first {
            let own = rest.prefix { $0.reservationID == first.reservationID }
            rest = rest.dropFirst(own.count)
            reservations.append(EC2.Reservation(Array(own), surroundings))
        }
        return Output(nextToken: page.marker, reservations: reservations)
    }
}

/// What instances are shown with.
struct Surroundings: Sendable {
    let estate: EC2Estate
    private let volumes: [String: [(volume: StoredVolume, attachment: StoredVolume.Attachment)]]
    private let interfaces: [String: [StoredNetworkInterface]]

    init(_ estate: EC2Estate) {
        self.estate = estate
        var volumes: [String: [(volume: StoredVolume, attachment: StoredVolume.Attachment)]] = [:]
        for volume in estate.all(StoredVolume.self) {
            for attachment in volume.attachments {
                volumes[attachment.instanceID, default: []].append((volume, attachment))
            }
        }
        self.volumes = volumes
        var interfaces: [String: [StoredNetworkInterface]] = [:]
        for interface in estate.all(StoredNetworkInterface.self) {
            if let instance = interface.attachment?.instanceID { interfaces[instance, default: []].append(interface) }
        }
        self.interfaces = interfaces.mapValues { own in
            own.sorted { ($0.attachment?.deviceIndex ?? 0) < ($1.attachment?.deviceIndex ?? 0) }
        }
    }

    /// Those of a request that has made or changed some of it.
    init(_ estate: EC2Estate, volumes: [StoredVolume], interfaces: [StoredNetworkInterface]) {
        self.estate = estate
        var byInstance: [String: [(volume: StoredVolume, attachment: StoredVolume.Attachment)]] = [:]
        for volume in volumes {
            for attachment in volume.attachments {
                byInstance[attachment.instanceID, default: []].append((volume, attachment))
            }
        }
        self.volumes = byInstance
        self.interfaces = Dictionary(grouping: interfaces) { $0.attachment?.instanceID ?? "" }
    }

    func volumes(of instance: StoredInstance) -> [(volume: StoredVolume, attachment: StoredVolume.Attachment)] {
        (volumes[instance.id] ?? []).sorted { $0.attachment.device < $1.attachment.device }
    }

    func interfaces(of instance: StoredInstance) -> [StoredNetworkInterface] { interfaces[instance.id] ?? [] }

    func groups(_ ids: [String]) -> [EC2.GroupIdentifier] {
        ids.map { id in
            EC2.GroupIdentifier {
                $0.groupId = id
                $0.groupName = estate.get(StoredSecurityGroup.self, id)?.name
            }
        }
    }

    /// `ec2-203-0-113-7.compute-1.amazonaws.com`; nil where the VPC gives no names.
    func publicName(_ address: String, of interface: StoredNetworkInterface) -> String? {
        guard estate.get(StoredVPC.self, interface.vpcID)?.hasDNSHostnames == true else { return nil }
        return HostNames.ofPublic(address, in: interface.head.region)
    }
}
