import Ledger

/// An Amazon Machine Image.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html>
struct MachineImage: Record {
    static let kind = "AWS::EC2::Image"
    /// The relation to the name, which is unique in the account and Region.
    static let named = "image name"
    /// The relation to the snapshots of its volumes.
    static let snapshot = "image snapshot"

    /// `ami-` and 17 digits.
    let id: String
    let ownerID: String
    /// `amazon` for what the operator has made known; nil: an account's own.
    var ownerAlias: String?
    let name: String
    var description: String?
    /// `111122223333/web`
    let location: String
    /// What an instance runs of this machine: the name of an `InstanceSource`; nil: nothing.
    let source: String?
    let architecture: String
    let rootDeviceName: String
    let blockDevices: [BlockDevice]
    let enaSupport: Bool
    let sriovNetSupport: String?
    let bootMode: String?
    let tpmSupport: String?
    /// Whether instances of it need tokens for their metadata, unless they say otherwise: `v2.0`.
    var imdsSupport: String?
    /// Seconds since 1970.
    let creationDate: Double
    var sourceInstanceID: String?
    var sourceImageID: String?
    var sourceImageRegion: String?
    /// Accounts that may launch it.
    var users: Set<String> = []
    /// Whether everybody may.
    var isPublic = false

    /// A volume that instances of the image get.
    struct BlockDevice: Codable, Sendable, Hashable {
        /// `/dev/xvda`
        let device: String
        /// nil: an empty volume.
        var snapshotID: String?
        /// GiB.
        var size: Int
        var type: String
        var iops: Int?
        var throughput: Int?
        var isEncrypted: Bool
        /// The ARN of a KMS key, its id or an alias, as it was given; nil: the account's default.
        var key: String?
        var deletesOnTermination: Bool
    }

    var references: [Reference] {
        [Reference(Self.named, to: name)]
            + blockDevices.compactMap { $0.snapshotID.map { Reference(Self.snapshot, to: $0) } }
    }

    /// `ebs`, or `instance-store` for one that has no volume.
    var rootDeviceType: String { blockDevices.isEmpty ? "instance-store" : "ebs" }
}
