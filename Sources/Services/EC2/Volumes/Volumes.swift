import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

// Volumes. <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volumes.html>

extension StoredVolume: Shown {
    static func missing(_ id: String) -> ServiceError {
        isID(id)
            ? .ec2("InvalidVolume.NotFound", "The volume '\(id)' does not exist.")
            : .invalidValue(id, of: "volumeId", "Expected: 'vol-...'.")
    }

    static let filters = Filters<StoredVolume>(
        [
            "volume-id": { volume, _ in [volume.id] }, "size": { volume, _ in [String(volume.size)] },
            "status": { volume, _ in [volume.state] }, "volume-type": { volume, _ in [volume.type] },
            "encrypted": { volume, _ in [String(volume.encryption != nil)] },
            "availability-zone": { volume, _ in [volume.zone] },
            "availability-zone-id": { volume, _ in [Zones.id(ofZone: volume.zone)] },
            "snapshot-id": { volume, _ in volume.snapshotID.map { [$0] } ?? [] },
            "multi-attach-enabled": { volume, _ in [String(volume.isMultiAttach)] },
            "create-time": { volume, _ in [Timestamp(secondsSinceEpoch: volume.head.created).iso8601] },
            "attachment.instance-id": { volume, _ in volume.attachments.map(\.instanceID) },
            "attachment.device": { volume, _ in volume.attachments.map(\.device) },
            "attachment.status": { volume, _ in volume.attachments.map { _ in "attached" } },
            "attachment.delete-on-termination": { volume, _ in
                volume.attachments.map { String($0.isDeletedOnTermination) }
            },
            "attachment.attach-time": { volume, _ in
                volume.attachments.map { Timestamp(secondsSinceEpoch: $0.time).iso8601WithMilliseconds }
            },
            "fast-restored": { _, _ in ["false"] }, "operator.managed": { _, _ in ["false"] },
        ], absent: ["operator.principal"])
}

extension Quota {
    static let volumes = Quota("Volumes", 5000)
}

extension EC2.Volume {
    init(_ volume: StoredVolume) {
        self.init()
        volumeId = volume.id
        size = volume.size
        volumeType = volume.type
        iops = volume.iops
        throughput = volume.throughput
        // AWS has an empty text for a volume of its own.
        snapshotId = volume.snapshotID ?? ""
        availabilityZone = volume.zone
        availabilityZoneId = Zones.id(ofZone: volume.zone)
        state = volume.state
        createTime = Timestamp(secondsSinceEpoch: volume.head.created)
        encrypted = volume.encryption != nil
        kmsKeyId = volume.encryption?.keyARN
        multiAttachEnabled = volume.isMultiAttach
        tags = volume.head.tags.shown
        attachments = volume.attachments.map { EC2.VolumeAttachment($0, volume, "attached") }
    }
}

extension EC2.VolumeAttachment {
    init(_ attachment: StoredVolume.Attachment, _ volume: StoredVolume, _ state: String) {
        self.init()
        volumeId = volume.id
        instanceId = attachment.instanceID
        device = attachment.device
        self.state = state
        attachTime = Timestamp(secondsSinceEpoch: attachment.time)
        deleteOnTermination = attachment.isDeletedOnTermination
    }
}

extension Call {
    /// A snapshot that a request names and its caller may make volumes of; nil: there is none.
    func usableSnapshot(_ id: String) -> StoredSnapshot? {
        guard let found = environment.projection(EC2Index.self).find(StoredSnapshot.self, id),
            found.head.region == region, found.isFor(accountID)
        else { return nil }
        // What is public counts only as long as its account lets it.
        if found.head.accountID != accountID, !found.users.contains(accountID),
            environment.projection(EC2SettingsIndex.self).settings(found.scope).snapshotSharing == "block-all-sharing"
        {
            return nil
        }
        return found
    }

}

extension EC2.CreateVolume: PreparedWriteOperation {
    /// What the volume is to be, and its id, to which KMS binds its data key.
    public struct Plan: Sendable {
        let id: String
        let wanted: WantedVolume
        let encryption: EBSEncryption?
    }

    private static func wanted(_ input: Input, _ call: Call) throws(ServiceError) -> WantedVolume {
        let snapshotID = input.snapshotId.flatMap { $0.isEmpty ? nil : $0 }
        let snapshot = snapshotID.flatMap { call.usableSnapshot($0) }
        if let snapshotID, snapshot == nil { throw StoredSnapshot.missing(snapshotID) }
        return try WantedVolume(
            size: input.size, type: input.volumeType.given, iops: input.iops, throughput: input.throughput,
            isEncrypted: input.encrypted, key: input.kmsKeyId.given, snapshotID: snapshotID, snapshot: snapshot,
            settings: call.settings, call)
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var keys: [String: ContextValue] = [:]
        if let zone = input.availabilityZone.given {
            keys["ec2:availabilityzone"] = .one(zone)
            keys["ec2:availabilityzoneid"] = .one(Zones.id(ofZone: zone))
        }
        // What can't be made is refused later, to whoever may ask for it.
        if let wanted = try? wanted(input, call) {
            keys.merge(wanted.conditions(call).mapValues { .one($0) }) { own, _ in own }
        } else {
            keys["ec2:encrypted"] = .one(String(input.encrypted == true))
        }
        var all = try call.creation(of: StoredVolume.self, input.tagSpecifications, keys)
        if let snapshot = input.snapshotId, !snapshot.isEmpty {
            all.append(call.access(to: StoredSnapshot.self, snapshot))
        }
        return .required(all)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Plan {
        let zone = try zone(input, call)
        let wanted = try wanted(input, call)
        let id = Call.newID(StoredVolume.prefix)
        if let known = try known(input, call.estate) {
            return Plan(id: known.id, wanted: wanted, encryption: known.encryption)
        }
        _ = zone
        return Plan(id: id, wanted: wanted, encryption: try await wanted.encryption(of: id, call))
    }

    private static func zone(_ input: Input, _ call: Call) throws(ServiceError) -> String {
        let zones = Zones.all(of: call.region)
        let named = input.availabilityZone.given ?? zones.first { Zones.id(ofZone: $0) == input.availabilityZoneId }
        guard let named else { throw .missingParameter("AvailabilityZone") }
        guard zones.contains(named) else {
            throw .ec2("InvalidZone.NotFound", "The zone '\(named)' does not exist.")
        }
        return named
    }

    /// What the same request has made before.
    private static func known(_ input: Input, _ estate: EC2Estate) throws(ServiceError) -> StoredVolume? {
        guard let token = input.clientToken else { return nil }
        guard let volume = estate.all(StoredVolume.self).first(where: { $0.clientToken == token }) else { return nil }
        guard volume.creationHash == RequestHash.of(input.structure) else { throw .tokenOfAnother }
        return volume
    }

    public static func handle(
        _ input: Input, _ plan: Plan, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        if let token = input.clientToken,
            let volume = try records.referrers(StoredVolume.self, StoredVolume.creation, to: token, limit: 1).first
        {
            guard volume.creationHash == RequestHash.of(input.structure) else { throw .tokenOfAnother }
            return EC2.Volume(volume)
        }
        guard try records.count(StoredVolume.self) < call.quotas[.volumes] else {
            throw .ec2("VolumeLimitExceeded", "Maximum number of volumes has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredVolume.arnType, input.tagSpecifications)
        if input.multiAttachEnabled == true, !["io1", "io2"].contains(plan.wanted.size.type) {
            throw .invalidCombination(
                "The parameter multiAttachEnabled is not supported for \(plan.wanted.size.type) volumes.")
        }
        let volume = StoredVolume(
            plan.wanted, id: plan.id, zone: try zone(input, call), encryption: plan.encryption,
            isMultiAttach: input.multiAttachEnabled == true, clientToken: input.clientToken,
            hash: input.clientToken.map { _ in RequestHash.of(input.structure) }, tags: tags, call)
        try records.put(volume)
        var shown = EC2.Volume(volume)
        // Whether KMS has given a key, nobody is told with this answer.
        shown.state = "creating"
        return shown
    }
}

extension StoredVolume {
    /// A volume that was asked for.
    init(
        _ wanted: WantedVolume, id: String, zone: String, encryption: EBSEncryption?, isMultiAttach: Bool = false,
        clientToken: String? = nil, hash: String? = nil, tags: [Tag], _ call: Call
    ) {
        let head = EC2Head(id: id, accountID: call.accountID, region: call.region, created: call.time, tags: tags)
        self.init(
            head: head, zone: zone, size: wanted.size.size, type: wanted.size.type, iops: wanted.size.iops,
            throughput: wanted.size.throughput, snapshotID: wanted.snapshotID, isMultiAttach: isMultiAttach,
            encryption: encryption, state: encryption != nil && encryption?.dataKey == nil ? "error" : "available",
            clientToken: clientToken, creationHash: hash)
    }
}

extension EC2.DescribeVolumes: Describing {
    typealias Described = StoredVolume
    static let idsName = "volumeIds"
    static func ids(_ input: Input) -> [String]? { input.volumeIds }
    static func show(_ volume: StoredVolume, _ estate: EC2Estate) -> EC2.Volume { EC2.Volume(volume) }
}

extension EC2.DeleteVolume: WriteOperation, OnOne {
    typealias Named = StoredVolume
    static func name(_ input: Input) -> String { input.volumeId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let volume = try records.existing(StoredVolume.self, input.volumeId)
        if let attachment = volume.attachments.first {
            throw .ec2("VolumeInUse", "Volume \(volume.id) is currently attached to \(attachment.instanceID)")
        }
        try records.delete(volume)
        return Output()
    }
}
