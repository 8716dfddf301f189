public import Directory
public import Ledger
public import Policy

/// An Amazon Machine Image.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Image.html>
public struct StoredImage: EC2Resource {
    public static let kind = "AWS::EC2::Image"
    public static let prefix = "ami"
    public static let arnType = "image"
    public static let isShared = true
    /// The relation to the name, which is unique in the account and Region.
    public static let named = "image name"
    /// The relation to the snapshots of its volumes.
    public static let snapshot = "image snapshot"

    /// Its id is `ami-` and 17 digits.
    public var head: EC2Head
    /// `amazon` for what the operator has made known; nil: an account's own.
    public let ownerAlias: String?
    /// Unique among the account's images in the Region.
    public let name: String
    /// Its description; nil: it has none.
    public var summary: String?
    /// `111122223333/web`
    public let location: String
    /// What an instance runs of this machine: the name of an ``InstanceSource``; nil: nothing.
    public let source: String?
    /// `x86_64` or `arm64`.
    public let architecture: String
    /// `/dev/xvda`; empty: it has no volume.
    public let rootDeviceName: String
    /// The volumes that its instances get unless their requests say otherwise.
    public let blockDevices: [BlockDevice]
    /// Whether its instances have enhanced networking; it is noted, no more.
    public var enaSupport = true
    /// `simple`; nil: nothing was said.
    public var sriovNetSupport: String?
    /// `uefi`, `legacy-bios` or `uefi-preferred`; nil: nothing was said.
    public var bootMode: String?
    /// `v2.0`; nil: nothing was said.
    public var tpmSupport: String?
    /// Whether its instances need tokens for their metadata unless they say otherwise: `v2.0`. nil: they don't.
    public var imdsSupport: String?
    /// The instance that it was made of; nil: of none.
    public var sourceInstanceID: String?
    /// The image that it was copied from, or that its instance was launched from; nil: none.
    public var sourceImageID: String?
    /// The Region of that image.
    public var sourceImageRegion: String?
    /// Accounts that may launch it.
    public var users: Set<String> {
        get { Set(sortedUsers) }
        set { sortedUsers = newValue.sorted() }
    }
    // A set has no order to be written in.
    private var sortedUsers: [String] = []
    /// Whether everybody may.
    public var isPublic = false

    /// A volume that instances of the image get.
    public struct BlockDevice: Codable, Sendable, Hashable {
        /// `/dev/xvda`
        public var device: String
        /// nil: an empty volume.
        public var snapshotID: String?
        /// GiB.
        public var size: Int
        /// `gp3`
        public var type: String
        /// Operations in a second; nil: the type's usual number.
        public var iops: Int?
        /// MiB in a second; nil: the type's usual number.
        public var throughput: Int?
        /// Whether the volume is encrypted, whatever the account has set.
        public var isEncrypted: Bool
        /// A KMS key, as the client has named it; nil: the account's default.
        public var key: String?
        /// Whether the volume goes with the instance.
        public var isDeletedOnTermination: Bool

        /// - Parameters: see the properties.
        public init(
            device: String, snapshotID: String?, size: Int, type: String, isEncrypted: Bool,
            isDeletedOnTermination: Bool
        ) {
            self.device = device
            self.snapshotID = snapshotID
            self.size = size
            self.type = type
            self.isEncrypted = isEncrypted
            self.isDeletedOnTermination = isDeletedOnTermination
        }
    }

    /// - Parameters: see the properties.
    public init(
        head: EC2Head, ownerAlias: String? = nil, name: String, summary: String?, location: String, source: String?,
        architecture: String, rootDeviceName: String, blockDevices: [BlockDevice]
    ) {
        self.head = head
        self.ownerAlias = ownerAlias
        self.name = name
        self.summary = summary
        self.location = location
        self.source = source
        self.architecture = architecture
        self.rootDeviceName = rootDeviceName
        self.blockDevices = blockDevices
    }

    /// It names no account.
    public static func arn(_ id: String, in region: String) -> String { ARN.text("ec2", region, "", "image/", id) }

    /// `ebs`, or `instance-store` for one that has no volume.
    public var rootDeviceType: String { blockDevices.isEmpty ? "instance-store" : "ebs" }

    /// Whether an account may launch it.
    public func isFor(_ account: String) -> Bool { isPublic || account == head.accountID || users.contains(account) }

    public var conditions: [String: ContextValue] {
        [
            "imageid": .one(id), "imagetype": .one("machine"), "owner": .one(ownerAlias ?? head.accountID),
            "public": .one(String(isPublic)), "rootdevicetype": .one(rootDeviceType),
        ]
    }

    public var references: [Reference] {
        [Reference(Self.named, to: name)]
            + blockDevices.compactMap { $0.snapshotID.map { Reference(Self.snapshot, to: $0) } }
    }
}
