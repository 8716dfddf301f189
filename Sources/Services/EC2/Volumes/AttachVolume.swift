import EC2API
import Ledger
import Platform
import Policy
import Wire

// Volumes that instances have. <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-attaching-volume.html>

extension EC2.AttachVolume: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        .required([
            call.access(to: StoredVolume.self, input.volumeId), call.access(to: StoredInstance.self, input.instanceId),
        ])
    }

    /// The grant by which EC2 may decrypt the data key, and what it is for; nil: the volume is not encrypted.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> VolumeGrant? {
        let estate = call.estate
        guard let volume = estate.get(StoredVolume.self, input.volumeId) else {
            throw StoredVolume.missing(input.volumeId)
        }
        try check(
            volume, input, estate.get(StoredInstance.self, input.instanceId), estate.volumes(of: input.instanceId))
        guard let encryption = volume.encryption else { return nil }
        let instance = InstanceName(account: call.accountID, region: call.region, id: input.instanceId)
        return VolumeGrant(instance: instance, encryption: encryption, id: try await EBSKeys.grant(encryption, call))
    }

    public static func undo(_ grant: VolumeGrant?, _ call: Call) async { await grant?.takeBack(call) }

    private static func check(
        _ volume: StoredVolume, _ input: Input, _ instance: StoredInstance?, _ others: [StoredVolume]
    ) throws(ServiceError) {
        guard let instance else { throw StoredInstance.missing(input.instanceId) }
        guard volume.state != "error" else {
            throw .ec2("IncorrectState", "Volume '\(volume.id)' is not 'available'.")
        }
        guard !volume.attachments.contains(where: { $0.instanceID == instance.id }),
            volume.attachments.isEmpty || volume.isMultiAttach
        else {
            throw .ec2("VolumeInUse", "\(volume.id) is already attached to an instance")
        }
        guard volume.zone == instance.availabilityZone else {
            throw .ec2(
                "InvalidVolume.ZoneMismatch",
                "The volume '\(volume.id)' is not in the same availability zone as instance '\(instance.id)'")
        }
        guard instance.state == .running || instance.state == .stopped else {
            throw .ec2("IncorrectState", "Instance '\(instance.id)' is not 'running'.")
        }
        guard input.device.hasPrefix("/dev/") || input.device.hasPrefix("xvd"), input.device.utf8.count <= 32,
            input.device.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
        else {
            throw .invalidValue(
                "Value (\(input.device)) for parameter device is invalid. \(input.device) is not a valid EBS device name."
            )
        }
        let isTaken = others.contains { other in
            other.attachments.contains { $0.instanceID == instance.id && $0.device == input.device }
        }
        guard !isTaken else {
            throw .invalidValue(
                "Invalid value '\(input.device)' for unixDevice. Attachment point \(input.device) is already in use")
        }
    }

    public static func handle(
        _ input: Input, _ grant: VolumeGrant?, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var volume = try records.existing(StoredVolume.self, input.volumeId)
        let others = try records.referrers(StoredVolume.self, StoredVolume.attached, to: input.instanceId)
        try check(volume, input, try records.get(StoredInstance.self, input.instanceId), others)
        let attachment = StoredVolume.Attachment(
            instanceID: input.instanceId, device: input.device, time: call.time, isDeletedOnTermination: false,
            grantID: grant?.id)
        volume.attachments.append(attachment)
        volume.state = "in-use"
        try records.put(volume)
        return EC2.VolumeAttachment(attachment, volume, "attaching")
    }
}

extension EC2.DetachVolume: PreparedWriteOperation {
    public static func access(_ input: Input, _ call: Call) -> Authorization {
        var all = [call.access(to: StoredVolume.self, input.volumeId)]
        let known = call.estate.get(StoredVolume.self, input.volumeId)?.attachments.first?.instanceID
        if let instance = input.instanceId ?? known { all.append(call.access(to: StoredInstance.self, instance)) }
        return .required(all)
    }

    private static func attachment(
        _ volume: StoredVolume, _ input: Input
    ) throws(ServiceError) -> StoredVolume.Attachment {
        guard !volume.attachments.isEmpty else {
            throw .ec2("IncorrectState", "Volume '\(volume.id)' is in the 'available' state.")
        }
        if let instance = input.instanceId {
            guard let found = volume.attachments.first(where: { $0.instanceID == instance }) else {
                throw .ec2(
                    "InvalidAttachment.NotFound",
                    "The volume '\(volume.id)' is not attached to instance '\(instance)'.")
            }
            if let device = input.device, device != found.device {
                throw .ec2(
                    "InvalidAttachment.NotFound",
                    "The volume '\(volume.id)' is not attached to instance '\(instance)' as device '\(device)'.")
            }
            return found
        }
        guard volume.attachments.count == 1, let only = volume.attachments.first else {
            throw .missingParameter("instanceId")
        }
        return only
    }

    private static func check(_ instance: StoredInstance?, _ device: String, _ id: String) throws(ServiceError) {
        guard let instance, instance.rootDeviceName == device, instance.state.runs else { return }
        throw .ec2(
            "OperationNotPermitted",
            "Unable to detach root volume '\(id)' from instance '\(instance.id)'")
    }

    /// The grant of the attachment is not needed any more.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) {
        let estate = call.estate
        guard let volume = estate.get(StoredVolume.self, input.volumeId) else {
            throw StoredVolume.missing(input.volumeId)
        }
        let attachment = try attachment(volume, input)
        let instance = estate.get(StoredInstance.self, attachment.instanceID)
        try check(instance, attachment.device, volume.id)
        guard let instance, let encryption = volume.encryption, let grant = attachment.grantID else { return }
        try await EBSKeys.retire(grant, encryption, for: instance, call.environment)
    }

    public static func handle(
        _ input: Input, _ prepared: Void, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        var volume = try records.existing(StoredVolume.self, input.volumeId)
        let attachment = try attachment(volume, input)
        try check(try records.get(StoredInstance.self, attachment.instanceID), attachment.device, volume.id)
        volume.attachments.removeAll { $0 == attachment }
        if volume.attachments.isEmpty { volume.state = "available" }
        try records.put(volume)
        return EC2.VolumeAttachment(attachment, volume, "detaching")
    }
}
