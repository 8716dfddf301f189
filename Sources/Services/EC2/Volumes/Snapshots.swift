import Directory
import EC2API
import Ledger
import Platform
import Policy
import Wire

// Snapshots. <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-snapshots.html>

extension StoredSnapshot: Shown {
    static func missing(_ id: String) -> ServiceError {
        isID(id)
            ? .ec2("InvalidSnapshot.NotFound", "The snapshot '\(id)' does not exist.")
            : .invalidValue(id, of: "snapshotId", "Expected: 'snap-...'.")
    }

    static let filters = Filters<StoredSnapshot>([
        "snapshot-id": { snapshot, _ in [snapshot.id] }, "volume-id": { snapshot, _ in [snapshot.volumeID] },
        "volume-size": { snapshot, _ in [String(snapshot.size)] }, "status": { _, _ in ["completed"] },
        "description": { snapshot, _ in [snapshot.summary] }, "progress": { _, _ in ["100%"] },
        "encrypted": { snapshot, _ in [String(snapshot.encryption != nil)] },
        "start-time": { snapshot, _ in [Timestamp(secondsSinceEpoch: snapshot.head.created).iso8601WithMilliseconds] },
        "storage-tier": { _, _ in ["standard"] }, "owner-alias": { _, _ in [] },
        "transfer-type": { _, _ in ["standard"] },
    ])
}

extension Quota {
    static let snapshots = Quota("Snapshots", 100_000)
}

extension EC2.Snapshot {
    /// - Parameter isOwn: whether it is shown to its owner, who alone sees the tags.
    init(_ snapshot: StoredSnapshot, isOwn: Bool) {
        self.init()
        snapshotId = snapshot.id
        volumeId = snapshot.volumeID
        volumeSize = snapshot.size
        description = snapshot.summary
        ownerId = snapshot.head.accountID
        startTime = Timestamp(secondsSinceEpoch: snapshot.head.created)
        completionTime = startTime
        state = "completed"
        progress = "100%"
        encrypted = snapshot.encryption != nil
        kmsKeyId = snapshot.encryption?.keyARN
        storageTier = "standard"
        if isOwn { tags = snapshot.head.tags.shown }
    }
}

extension Call {
    /// The volume's own side of a snapshot that is made of it.
    func snapshotKeys(_ volume: StoredVolume?) -> [String: ContextValue] {
        guard let volume else { return [:] }
        return [
            "ec2:parentvolume": .one(volume.arn), "ec2:encrypted": .one(String(volume.encryption != nil)),
            "ec2:volumesize": .one(String(volume.size)), "ec2:owner": .one(accountID),
        ]
    }
}

extension MutableRecords {
    /// Makes a snapshot of a volume; its data key is the volume's.
    func makeSnapshot(
        of volume: StoredVolume, _ summary: String, tags: [Tag], _ call: Call
    ) throws(ServiceError) -> StoredSnapshot {
        guard volume.state != "error" else {
            throw .ec2("IncorrectState", "Volume '\(volume.id)' is not 'available' or 'in-use'.")
        }
        guard try count(StoredSnapshot.self) < call.quotas[.snapshots] else {
            throw .ec2("SnapshotLimitExceeded", "Maximum number of snapshots has been reached.")
        }
        let snapshot = StoredSnapshot(
            head: call.head(of: StoredSnapshot.self, tags: tags), volumeID: volume.id, size: volume.size,
            summary: summary, encryption: volume.encryption)
        try put(snapshot)
        return snapshot
    }
}

extension EC2.CreateSnapshot: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let volume = call.estate.get(StoredVolume.self, input.volumeId)
        return .required(
            try call.creation(of: StoredSnapshot.self, input.tagSpecifications, call.snapshotKeys(volume))
                + [call.access(to: StoredVolume.self, input.volumeId)])
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let volume = try records.existing(StoredVolume.self, input.volumeId)
        let tags = try TagSpecifications.tags(of: StoredSnapshot.arnType, input.tagSpecifications)
        let snapshot = try records.makeSnapshot(of: volume, input.description ?? "", tags: tags, call)
        var shown = EC2.Snapshot(snapshot, isOwn: true)
        (shown.state, shown.progress, shown.completionTime) = ("pending", "", nil)
        return shown
    }
}

extension EC2.CreateSnapshots: WriteOperation {
    private static func volumes(_ input: Input, _ estate: EC2Estate) -> [StoredVolume] {
        let instance = estate.get(StoredInstance.self, input.instanceSpecification.instanceId)
        let excluded = Set(input.instanceSpecification.excludeDataVolumeIds ?? [])
        return estate.volumes(of: input.instanceSpecification.instanceId).filter { volume in
            let isRoot = volume.attachments.contains {
                $0.instanceID == instance?.id && $0.device == instance?.rootDeviceName
            }
            return isRoot ? input.instanceSpecification.excludeBootVolume != true : !excluded.contains(volume.id)
        }
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let volumes = volumes(input, call.estate)
        var all = [call.access(to: StoredInstance.self, input.instanceSpecification.instanceId)]
        for volume in volumes {
            all.append(call.access(to: StoredVolume.self, volume.id))
            all += try call.creation(of: StoredSnapshot.self, input.tagSpecifications, call.snapshotKeys(volume))
        }
        if volumes.isEmpty { all += try call.creation(of: StoredSnapshot.self, input.tagSpecifications, [:]) }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let instance = try records.livingInstance(input.instanceSpecification.instanceId)
        let chosen = Set(volumes(input, call.estate).map(\.id))
        let tags = try TagSpecifications.tags(of: StoredSnapshot.arnType, input.tagSpecifications)
        var made: [EC2.SnapshotInfo] = []
        for volume in try records.referrers(StoredVolume.self, StoredVolume.attached, to: instance.id)
        where chosen.contains(volume.id) {
            let copied = input.copyTagsFromSource == "volume" ? volume.head.tags : []
            let snapshot = try records.makeSnapshot(
                of: volume, input.description ?? "",
                tags: try TagSpecifications.rules.merge(tags, into: copied), call)
            made.append(
                EC2.SnapshotInfo {
                    $0.snapshotId = snapshot.id
                    $0.volumeId = volume.id
                    $0.volumeSize = volume.size
                    $0.description = snapshot.summary
                    $0.encrypted = snapshot.encryption != nil
                    $0.ownerId = call.accountID
                    $0.startTime = call.timestamp
                    $0.state = "pending"
                    $0.progress = ""
                    $0.tags = snapshot.head.tags.shown
                })
        }
        return Output { $0.snapshots = made }
    }
}

extension EC2.DeleteSnapshot: WriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required(call.access(to: StoredSnapshot.self, input.snapshotId))
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let snapshot = try records.existing(StoredSnapshot.self, input.snapshotId)
        if let image = try records.referrers(StoredImage.self, StoredImage.snapshot, to: snapshot.id, limit: 1).first {
            throw .ec2("InvalidSnapshot.InUse", "The snapshot \(snapshot.id) is currently in use by \(image.id)")
        }
        try records.delete(snapshot)
        return Output()
    }
}

extension EC2.CopySnapshot: PreparedWriteOperation {
    public struct Plan: Sendable {
        let id: String
        let source: StoredSnapshot
        let encryption: EBSEncryption?
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var source = call.access(to: StoredSnapshot.self, input.sourceSnapshotId)
        source.resource = StoredSnapshot.arn(input.sourceSnapshotId, in: input.sourceRegion)
        var keys: [String: ContextValue] = [:]
        if let found = call.environment.projection(EC2Index.self).find(StoredSnapshot.self, input.sourceSnapshotId) {
            keys["ec2:parentsnapshot"] = .one(source.resource)
            keys["ec2:volumesize"] = .one(String(found.size))
            keys["ec2:encrypted"] = .one(
                String(found.encryption != nil || input.encrypted == true || call.settings.encryptsVolumes))
        }
        return .required([source] + (try call.creation(of: StoredSnapshot.self, input.tagSpecifications, keys)))
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Plan {
        let found = call.environment.projection(EC2Index.self).find(StoredSnapshot.self, input.sourceSnapshotId)
        guard let source = found, source.head.region == input.sourceRegion, source.isFor(call.accountID) else {
            throw StoredSnapshot.missing(input.sourceSnapshotId)
        }
        guard input.kmsKeyId == nil || input.encrypted == true || source.encryption != nil else {
            throw .ec2(
                "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
        }
        let id = Call.newID(StoredSnapshot.prefix)
        let settings = call.settings
        guard input.encrypted == true || source.encryption != nil || settings.encryptsVolumes else {
            return Plan(id: id, source: source, encryption: nil)
        }
        let isOwn = source.head.accountID == call.accountID && source.head.region == call.region
        let key =
            input.kmsKeyId ?? (isOwn ? source.encryption?.keyARN : nil) ?? settings.volumeKey ?? EBSKeys.managed
        return Plan(
            id: id, source: source,
            encryption: try await EBSKeys.encryption(of: id, with: key, copying: source.encryption, call))
    }

    public static func handle(
        _ input: Input, _ plan: Plan, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard try records.count(StoredSnapshot.self) < call.quotas[.snapshots] else {
            throw .ec2("SnapshotLimitExceeded", "Maximum number of snapshots has been reached.")
        }
        let tags = try TagSpecifications.tags(of: StoredSnapshot.arnType, input.tagSpecifications)
        let head = EC2Head(id: plan.id, accountID: call.accountID, region: call.region, created: call.time, tags: tags)
        try records.put(
            StoredSnapshot(
                head: head, volumeID: "vol-ffffffff", size: plan.source.size, summary: input.description ?? "",
                encryption: plan.encryption))
        return Output {
            $0.snapshotId = plan.id
            $0.tags = tags.shown
        }
    }
}
