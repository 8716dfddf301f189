import EC2API
import Ledger
import Platform
import Wire

// What becomes of volumes. <https://docs.aws.amazon.com/ebs/latest/userguide/requesting-ebs-volume-modifications.html>

extension EC2.ModifyVolume: WriteOperation, OnOne {
    typealias Named = StoredVolume
    static func name(_ input: Input) -> String { input.volumeId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var volume = try records.existing(StoredVolume.self, input.volumeId)
        guard volume.state != "error" else {
            throw .ec2("IncorrectState", "Volume '\(volume.id)' is not 'available' or 'in-use'.")
        }
        let type = input.volumeType ?? volume.type
        let isSame = type == volume.type
        let size = try VolumeSize(
            size: input.size ?? volume.size, type: type,
            iops: input.iops ?? (isSame && type != "gp2" ? volume.iops : nil),
            throughput: input.throughput ?? (isSame ? volume.throughput : nil))
        guard size.size >= volume.size else {
            throw .invalidValue("New size cannot be smaller than existing size")
        }
        if let multiAttach = input.multiAttachEnabled { volume.isMultiAttach = multiAttach }
        volume.modification = StoredVolume.Modification(
            time: call.time, size: volume.size, type: volume.type, iops: volume.iops, throughput: volume.throughput)
        volume.size = size.size
        volume.type = size.type
        volume.iops = size.iops
        volume.throughput = size.throughput
        try records.put(volume)
        var shown = EC2.VolumeModification(volume)
        shown.modificationState = "modifying"
        shown.progress = 0
        shown.endTime = nil
        return Output { $0.volumeModification = shown }
    }
}

extension EC2.VolumeModification {
    /// Of a volume that has been changed.
    init(_ volume: StoredVolume) {
        self.init()
        volumeId = volume.id
        modificationState = "completed"
        targetSize = volume.size
        targetVolumeType = volume.type
        targetIops = volume.iops
        targetThroughput = volume.throughput
        targetMultiAttachEnabled = volume.isMultiAttach
        progress = 100
        guard let before = volume.modification else { return }
        originalSize = before.size
        originalVolumeType = before.type
        originalIops = before.iops
        originalThroughput = before.throughput
        originalMultiAttachEnabled = volume.isMultiAttach
        startTime = Timestamp(secondsSinceEpoch: before.time)
        endTime = Timestamp(secondsSinceEpoch: before.time)
    }
}

extension EC2.DescribeVolumesModifications: ComputeOperation, OnAll {
    private static let filters = Filters<StoredVolume>(
        [
            "volume-id": { volume, _ in [volume.id] }, "modification-state": { _, _ in ["completed"] },
            "target-size": { volume, _ in [String(volume.size)] },
            "target-volume-type": { volume, _ in [volume.type] },
            "target-iops": { volume, _ in volume.iops.map { [String($0)] } ?? [] },
            "original-size": { volume, _ in volume.modification.map { [String($0.size)] } ?? [] },
            "original-volume-type": { volume, _ in volume.modification.map { [$0.type] } ?? [] },
            "start-time": { volume, _ in
                volume.modification.map { [Timestamp(secondsSinceEpoch: $0.time).iso8601WithMilliseconds] } ?? []
            },
            "originalMultiAttachEnabled": { volume, _ in [String(volume.isMultiAttach)] },
            "targetMultiAttachEnabled": { volume, _ in [String(volume.isMultiAttach)] },
            "original-iops": { volume, _ in volume.modification?.iops.map { [String($0)] } ?? [] },
        ], tags: nil)

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        let estate = call.estate
        let named = try Listing.named(StoredVolume.self, input.volumeIds, "volumeIds", input.pageLimit, estate)
        let changed = named.filter { $0.modification != nil }
        if let ids = input.volumeIds, let id = ids.first(where: { id in !changed.contains { $0.id == id } }) {
            throw .ec2("InvalidVolumeModification.NotFound", "Modification for volume '\(id)' does not exist.")
        }
        let passed = try filters.apply(input.filters, to: changed, estate)
        let page = try Listing.page(passed, by: \.id, input.pageToken, input.pageLimit, least: 1)
        return Output(page.items.map { EC2.VolumeModification($0) }, next: page.marker)
    }
}

extension EC2.DescribeVolumeStatus: Describing {
    typealias Described = StoredVolume
    static let idsName = "volumeIds"
    static func ids(_ input: Input) -> [String]? { input.volumeIds }

    static let known = Filters<StoredVolume>(
        [
            "availability-zone": { volume, _ in [volume.zone] },
            "availability-zone-id": { volume, _ in [Zones.id(ofZone: volume.zone)] },
            "volume-status.status": { volume, _ in [volume.state == "error" ? "impaired" : "ok"] },
            "volume-status.details-name": { _, _ in ["io-enabled"] },
            "volume-status.details-status": { volume, _ in [volume.state == "error" ? "failed" : "passed"] },
        ],
        absent: [
            "action.code", "action.description", "action.event-id", "event.description", "event.event-id",
            "event.event-type", "event.not-after", "event.not-before",
        ], tags: nil)

    static func show(_ volume: StoredVolume, _ estate: EC2Estate) -> EC2.VolumeStatusItem {
        let isBroken = volume.state == "error"
        return EC2.VolumeStatusItem {
            $0.volumeId = volume.id
            $0.availabilityZone = volume.zone
            $0.availabilityZoneId = Zones.id(ofZone: volume.zone)
            $0.actions = []
            $0.events = []
            $0.volumeStatus = EC2.VolumeStatusInfo {
                $0.status = isBroken ? "impaired" : "ok"
                $0.details = [
                    EC2.VolumeStatusDetails {
                        $0.name = "io-enabled"
                        $0.status = isBroken ? "failed" : "passed"
                    }
                ]
            }
        }
    }
}

extension EC2.DescribeVolumeAttribute: ComputeOperation, OnOne {
    typealias Named = StoredVolume
    static func name(_ input: Input) -> String { input.volumeId }

    public static func handle(_ input: Input, _ call: Call) throws(ServiceError) -> Output {
        guard let volume = call.estate.get(StoredVolume.self, input.volumeId) else {
            throw StoredVolume.missing(input.volumeId)
        }
        return Output {
            $0.volumeId = volume.id
            if input.attribute == "autoEnableIO" {
                $0.autoEnableIO = EC2.AttributeBooleanValue { $0.value = volume.autoEnablesIO }
            } else {
                $0.productCodes = []
            }
        }
    }
}

extension EC2.ModifyVolumeAttribute: WriteOperation, OnOne {
    typealias Named = StoredVolume
    static func name(_ input: Input) -> String { input.volumeId }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var volume = try records.existing(StoredVolume.self, input.volumeId)
        guard let enables = input.autoEnableIO?.value else { throw .missingParameter("autoEnableIO") }
        volume.autoEnablesIO = enables
        try records.put(volume)
        return Output()
    }
}
