import EC2API
import Ledger
import Platform
import Policy
import Wire

// How images come about. <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RegisterImage.html>

extension EC2.RegisterImage: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var all = try call.creation(of: StoredImage.self, input.tagSpecifications, ["ec2:owner": .one(call.accountID)])
        for snapshot in Set((input.blockDeviceMappings ?? []).compactMap { $0.ebs?.snapshotId }).sorted() {
            all.append(call.access(to: StoredSnapshot.self, snapshot))
        }
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        try records.checkNewImage(input.name, call)
        let source = try source(input, call)
        let root = input.rootDeviceName.given ?? (source == nil ? "/dev/sda1" : StoredImage.usualDevice)
        var devices: [StoredImage.BlockDevice] = []
        for mapping in input.blockDeviceMappings ?? [] {
            guard let ebs = mapping.ebs, mapping.noDevice == nil else { continue }
            devices.append(try device(mapping.deviceName, ebs, isRoot: mapping.deviceName == root, call))
        }
        if source != nil, devices.isEmpty {
            var usual = StoredImage.BlockDevice.usual
            usual.device = root
            devices = [usual]
        }
        if source == nil {
            guard devices.contains(where: { $0.device == root && $0.snapshotID != nil }) else {
                throw .invalidValue(
                    "The root device \(root) must be in the block device mapping, with a snapshot; or imageLocation must name what the operator lets instances run."
                )
            }
        }
        let tags = try TagSpecifications.tags(of: StoredImage.arnType, input.tagSpecifications)
        var image = StoredImage(
            head: call.head(of: StoredImage.self, tags: tags), name: input.name, summary: input.description.given,
            location: "\(call.accountID)/\(input.imageLocation.given ?? input.name)", source: source?.name,
            architecture: input.architecture.given ?? (source == nil ? "i386" : StoredImage.ownArchitecture),
            rootDeviceName: root, blockDevices: devices)
        image.enaSupport = input.enaSupport ?? (source != nil)
        image.sriovNetSupport = input.sriovNetSupport.given
        image.bootMode = input.bootMode.given
        image.tpmSupport = input.tpmSupport.given
        image.imdsSupport = input.imdsSupport.given
        try records.put(image)
        return Output { $0.imageId = image.id }
    }

    /// What the location names. Only the operator can say what of this machine is run.
    private static func source(_ input: Input, _ call: Call) throws(ServiceError) -> InstanceSource? {
        guard let location = input.imageLocation.given else { return nil }
        guard let source = call.environment.instances.source(location, for: call.accountID) else {
            throw .ec2(
                "InvalidManifest",
                "The operator of Gatehouse lets nothing run that is called \(location): see --instance-images.")
        }
        return source
    }

    private static func device(
        _ name: String?, _ ebs: EC2.EbsBlockDevice, isRoot: Bool, _ call: Call
    ) throws(ServiceError) -> StoredImage.BlockDevice {
        guard let name else { throw .missingParameter("deviceName") }
        let snapshot = ebs.snapshotId.given.flatMap { call.usableSnapshot($0) }
        if let id = ebs.snapshotId.given, snapshot == nil { throw StoredSnapshot.missing(id) }
        guard let size = ebs.volumeSize ?? snapshot?.size else {
            throw .ec2("MissingParameter", "The request must contain the parameter size or snapshotId")
        }
        let checked = try VolumeSize(
            size: size, type: ebs.volumeType.given ?? "gp2", iops: ebs.iops, throughput: ebs.throughput)
        var device = StoredImage.BlockDevice(
            device: name, snapshotID: ebs.snapshotId.given, size: checked.size, type: checked.type,
            isEncrypted: snapshot?.encryption != nil || ebs.encrypted == true,
            isDeletedOnTermination: ebs.deleteOnTermination ?? isRoot)
        (device.iops, device.throughput) = (ebs.iops, ebs.throughput)
        return device
    }
}

extension EC2.CreateImage: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let others = [StoredImage.arnType, StoredSnapshot.arnType]
        let owner: [String: ContextValue] = ["ec2:owner": .one(call.accountID)]
        var all = [call.access(to: StoredInstance.self, input.instanceId)]
        all += try call.creation(of: StoredImage.arnType, input.tagSpecifications, owner, others: others)
        all += try call.creation(of: StoredSnapshot.arnType, input.tagSpecifications, owner, others: others)
        return .required(all)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let instance = try records.livingInstance(input.instanceId)
        try records.checkNewImage(input.name, call)
        guard (input.blockDeviceMappings ?? []).isEmpty else {
            throw .notBuiltInEC2("block device mappings of CreateImage")
        }
        let others = [StoredImage.arnType, StoredSnapshot.arnType]
        let tags = try TagSpecifications.tags(of: StoredImage.arnType, input.tagSpecifications, others: others)
        let ofSnapshots = try TagSpecifications.tags(
            of: StoredSnapshot.arnType, input.tagSpecifications, others: others)
        let head = call.head(of: StoredImage.self, tags: tags)
        var devices: [StoredImage.BlockDevice] = []
        for volume in try records.referrers(StoredVolume.self, StoredVolume.attached, to: instance.id) {
            guard let attachment = volume.attachments.first(where: { $0.instanceID == instance.id }) else { continue }
            let snapshot = try records.makeSnapshot(
                of: volume, "Created by CreateImage(\(instance.id)) for \(head.id)", tags: ofSnapshots, call)
            var device = StoredImage.BlockDevice(
                device: attachment.device, snapshotID: snapshot.id, size: volume.size, type: volume.type,
                isEncrypted: volume.encryption != nil, isDeletedOnTermination: attachment.isDeletedOnTermination)
            if volume.type != "gp2" { (device.iops, device.throughput) = (volume.iops, volume.throughput) }
            devices.append(device)
        }
        let origin = call.usableImage(instance.imageID)
        var image = StoredImage(
            head: head, name: input.name, summary: input.description, location: "\(call.accountID)/\(input.name)",
            source: instance.source, architecture: instance.architecture, rootDeviceName: instance.rootDeviceName,
            blockDevices: devices.sorted { $0.device < $1.device })
        image.sourceInstanceID = instance.id
        image.bootMode = origin?.bootMode
        image.imdsSupport = origin?.imdsSupport
        try records.put(image)
        return Output { $0.imageId = image.id }
    }
}

extension EC2.CopyImage: PreparedWriteOperation {
    public struct Plan: Sendable {
        let source: StoredImage
        /// Of its snapshots, each with its id and key in the copy, by the ids of the source's.
        let copies: [String: (id: String, source: StoredSnapshot, encryption: EBSEncryption?)]
    }

    private static func source(_ input: Input, _ call: Call) -> StoredImage? {
        if input.sourceRegion == call.region { return call.usableImage(input.sourceImageId) }
        guard let found = call.environment.projection(EC2Index.self).find(StoredImage.self, input.sourceImageId),
            found.head.region == input.sourceRegion, found.isFor(call.accountID)
        else { return nil }
        return found
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let others = [StoredImage.arnType, StoredSnapshot.arnType]
        let owner: [String: ContextValue] = ["ec2:owner": .one(call.accountID)]
        var source = call.access(to: StoredImage.self, input.sourceImageId)
        source.resource = StoredImage.arn(input.sourceImageId, in: input.sourceRegion)
        var all = [source]
        all += try call.creation(of: StoredImage.arnType, input.tagSpecifications, owner, others: others)
        all += try call.creation(of: StoredSnapshot.arnType, input.tagSpecifications, owner, others: others)
        return .required(all)
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> Plan {
        guard let source = source(input, call) else { throw StoredImage.missing(input.sourceImageId) }
        let index = call.environment.projection(EC2Index.self)
        let settings = call.settings
        var copies: [String: (id: String, source: StoredSnapshot, encryption: EBSEncryption?)] = [:]
        for id in source.blockDevices.compactMap(\.snapshotID) where copies[id] == nil {
            guard let snapshot = index.find(StoredSnapshot.self, id) else { throw StoredSnapshot.missing(id) }
            let new = Call.newID(StoredSnapshot.prefix)
            var encryption: EBSEncryption?
            if input.encrypted == true || snapshot.encryption != nil || settings.encryptsVolumes {
                let isNear = snapshot.head.accountID == call.accountID && snapshot.head.region == call.region
                let key =
                    input.kmsKeyId ?? (isNear ? snapshot.encryption?.keyARN : nil) ?? settings.volumeKey
                    ?? EBSKeys.managed
                encryption = try await EBSKeys.encryption(of: new, with: key, copying: snapshot.encryption, call)
            }
            copies[id] = (new, snapshot, encryption)
        }
        return Plan(source: source, copies: copies)
    }

    public static func handle(
        _ input: Input, _ plan: Plan, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        try records.checkNewImage(input.name, call)
        let others = [StoredImage.arnType, StoredSnapshot.arnType]
        var tags = try TagSpecifications.tags(of: StoredImage.arnType, input.tagSpecifications, others: others)
        if input.copyImageTags == true, plan.source.head.accountID == call.accountID {
            tags = try TagSpecifications.rules.merge(tags, into: plan.source.head.tags)
        }
        let ofSnapshots = try TagSpecifications.tags(
            of: StoredSnapshot.arnType, input.tagSpecifications, others: others)
        let head = call.head(of: StoredImage.self, tags: tags)
        for (id, source, encryption) in plan.copies.values {
            let own = EC2Head(
                id: id, accountID: call.accountID, region: call.region, created: call.time, tags: ofSnapshots)
            try records.put(
                StoredSnapshot(
                    head: own, volumeID: "vol-ffffffff", size: source.size,
                    summary: "Copied for DestinationAmi \(head.id) from SourceAmi \(plan.source.id) for SourceSnapshot "
                        + "\(source.id). Task created on \(Int(call.time * 1000)).", encryption: encryption))
        }
        let devices = plan.source.blockDevices.map { device in
            var device = device
            guard let copy = device.snapshotID.flatMap({ plan.copies[$0] }) else { return device }
            device.snapshotID = copy.id
            device.isEncrypted = copy.encryption != nil
            device.key = nil
            return device
        }
        var image = StoredImage(
            head: head, name: input.name, summary: input.description,
            location: "\(call.accountID)/\(input.name)", source: plan.source.source,
            architecture: plan.source.architecture, rootDeviceName: plan.source.rootDeviceName, blockDevices: devices)
        image.sourceImageID = plan.source.id
        image.sourceImageRegion = plan.source.head.region
        image.enaSupport = plan.source.enaSupport
        image.bootMode = plan.source.bootMode
        image.imdsSupport = plan.source.imdsSupport
        try records.put(image)
        return Output { $0.imageId = image.id }
    }
}
