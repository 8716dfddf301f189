import Platform
import Wire

/// How large a volume is and how fast, as its type allows it.
/// <https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html>
struct VolumeSize: Sendable, Hashable {
    /// GiB.
    let size: Int
    let type: String
    /// nil: it has none that count.
    let iops: Int?
    let throughput: Int?

    private struct Bounds {
        let sizes: ClosedRange<Int>
        /// nil: a request can't name any.
        var iops: ClosedRange<Int>?
        var throughput: ClosedRange<Int>?
    }

    private static let bounds: [String: Bounds] = [
        "gp2": Bounds(sizes: 1...16_384),
        "gp3": Bounds(sizes: 1...65_536, iops: 3000...80_000, throughput: 125...2000),
        "io1": Bounds(sizes: 4...16_384, iops: 100...64_000),
        "io2": Bounds(sizes: 4...65_536, iops: 100...256_000),
        "st1": Bounds(sizes: 125...16_384),
        "sc1": Bounds(sizes: 125...16_384),
        "standard": Bounds(sizes: 1...1024),
    ]

    /// - Parameters: as a request has them; `least` is the size of the snapshot.
    /// - Throws: InvalidParameterValue, MissingParameter, InvalidParameterCombination.
    init(size: Int, type: String, iops: Int?, throughput: Int?) throws(ServiceError) {
        guard let bounds = Self.bounds[type] else { throw .invalidValue(type, of: "volumeType") }
        guard size >= bounds.sizes.lowerBound else {
            throw .invalidValue(
                "Volume of \(size)GiB is too small for volume type \(type); minimum is \(bounds.sizes.lowerBound)GiB.")
        }
        guard size <= bounds.sizes.upperBound else {
            throw .invalidValue(
                "Volume of \(size)GiB is too large for volume type \(type); maximum is \(bounds.sizes.upperBound)GiB.")
        }
        self.size = size
        self.type = type
        if let iops {
            guard let range = bounds.iops else {
                throw .invalidCombination("The parameter iops is not supported for \(type) volumes.")
            }
            guard iops >= range.lowerBound else {
                throw .invalidValue(
                    "Volume iops of \(iops) is too low; minimum is \(range.lowerBound).")
            }
            guard iops <= range.upperBound else {
                throw .invalidValue(
                    "Volume iops of \(iops) is too high; maximum is \(range.upperBound).")
            }
            let ratio = type == "io1" ? 50 : type == "io2" ? 1000 : 500
            guard iops <= max(range.lowerBound, ratio * size) else {
                throw .invalidValue("Iops to volume size ratio of \(iops / size) is too high; maximum is \(ratio).")
            }
        } else if type == "io1" || type == "io2" {
            throw .missingParameter("iops")
        }
        if let throughput {
            guard let range = bounds.throughput else {
                throw .invalidCombination("The parameter throughput is not supported for \(type) volumes.")
            }
            guard range.contains(throughput) else {
                throw .invalidValue(
                    String(throughput), of: "throughput", "It has to be \(range.lowerBound) to \(range.upperBound).")
            }
        }
        switch type {
        case "gp2": self.iops = min(max(100, size * 3), 16_000)
        case "gp3": self.iops = iops ?? 3000
        default: self.iops = iops
        }
        self.throughput = type == "gp3" ? throughput ?? 125 : nil
    }
}

/// A volume that a request asks for, before there is one.
struct WantedVolume: Sendable, Hashable {
    /// `/dev/xvda`; empty: it is not for an instance.
    let device: String
    let snapshotID: String?
    let size: VolumeSize
    /// The KMS key that it is to be encrypted with, as a client names it; nil: it is not encrypted.
    let key: String?
    let isDeletedOnTermination: Bool
    /// The data key that is encrypted anew for it; nil: a new one is made.
    let source: EBSEncryption?

    /// - Parameters:
    ///   - asked: whether it is to be encrypted; nil: the request does not say.
    ///   - key: the KMS key that the request names.
    ///   - snapshot: what it is made from.
    ///   - settings: those of the account.
    /// - Throws: what the request does wrong.
    init(
        device: String = "", size: Int?, type: String?, iops: Int?, throughput: Int?, isEncrypted asked: Bool?,
        key: String?, snapshotID: String?, snapshot: StoredSnapshot?, isDeletedOnTermination: Bool = false,
        settings: EC2Settings, _ call: Call
    ) throws(ServiceError) {
        self.device = device
        self.snapshotID = snapshotID
        self.isDeletedOnTermination = isDeletedOnTermination
        guard let wanted = size ?? snapshot?.size else {
            throw .ec2("MissingParameter", "The request must contain the parameter size or snapshotId")
        }
        if let snapshot, wanted < snapshot.size {
            guard device.isEmpty else {
                throw .ec2(
                    "InvalidBlockDeviceMapping",
                    "Volume of size \(wanted)GB is smaller than snapshot '\(snapshot.id)', expect size>= \(snapshot.size)GB"
                )
            }
            throw .invalidValue(
                "The size of a volume cannot be less than the size of the snapshot it was created from.")
        }
        self.size = try VolumeSize(
            size: wanted, type: type ?? (device.isEmpty ? "gp2" : "gp3"), iops: iops, throughput: throughput)
        guard key == nil || asked == true else {
            throw .ec2(
                "InvalidParameterDependency", "The parameter KmsKeyId requires the parameter Encrypted to be set.")
        }
        source = snapshot?.encryption
        let isEncrypted = asked == true || snapshot?.encryption != nil || settings.encryptsVolumes
        let own = snapshot?.head.accountID == call.accountID ? snapshot?.encryption?.keyARN : nil
        self.key = isEncrypted ? key ?? own ?? settings.volumeKey ?? EBSKeys.managed : nil
    }

    /// What decisions about it go by.
    func conditions(_ call: Call) -> [String: String] {
        var keys = [
            "ec2:encrypted": String(key != nil), "ec2:volumesize": String(size.size), "ec2:volumetype": size.type,
        ]
        if let iops = size.iops { keys["ec2:volumeiops"] = String(iops) }
        if let throughput = size.throughput { keys["ec2:volumethroughput"] = String(throughput) }
        if let key { keys["ec2:kmskeyid"] = EBSKeys.arn(key, call) }
        if let snapshotID { keys["ec2:parentsnapshot"] = StoredSnapshot.arn(snapshotID, in: call.region) }
        return keys
    }

    /// Has KMS make the data key of the volume.
    /// - Returns: nil: it is not to be encrypted; without a data key: KMS has refused, and the volume will be of no use. So it is in
    ///   AWS, where nobody waits for KMS.
    func encryption(of id: String, _ call: Call) async throws(ServiceError) -> EBSEncryption? {
        guard let key else { return nil }
        do throws(ServiceError) { return try await EBSKeys.encryption(of: id, with: key, copying: source, call) } catch
        {
            guard error.status < 500 else { throw error }
            return EBSEncryption(
                keyARN: EBSKeys.arn(key, call), dataKey: nil, boundTo: id, isManaged: EBSKeys.isManaged(key))
        }
    }
}
