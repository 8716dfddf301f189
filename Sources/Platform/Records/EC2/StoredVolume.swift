public import Directory
public import FoundationEssentials
public import Ledger
public import Policy
import Wire

/// A volume of EBS. Nothing is ever stored on it: what is real of it is who may have it, and with which key it is encrypted.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Volume.html>
public struct StoredVolume: EC2Resource {
    public static let kind = "AWS::EC2::Volume"
    public static let prefix = "vol"
    public static let arnType = "volume"
    /// The relation to the instances that it is attached to.
    public static let attached = "instance"
    /// The relation to the client's token.
    public static let creation = "creation"

    /// Its id is `vol-` and 17 digits.
    public var head: EC2Head
    /// `us-east-1a`; only instances there can have it.
    public let zone: String
    /// GiB.
    public var size: Int
    /// `gp3`
    public var type: String
    /// Operations in a second that were asked for; nil: its type has none to ask for.
    public var iops: Int?
    /// MiB in a second; nil: its type has none to ask for.
    public var throughput: Int?
    /// What it was made from; nil: it was empty.
    public let snapshotID: String?
    /// Whether several instances can have it at once.
    public var isMultiAttach: Bool
    /// The key that it is encrypted with; nil: it is not encrypted.
    public var encryption: EBSEncryption?
    /// `available`, `in-use` or `error`.
    public var state: String
    /// To whom it is attached; several only with ``isMultiAttach``.
    public var attachments: [Attachment] = []
    /// Whether input and output go on after what might have damaged it.
    public var autoEnablesIO = false
    /// The last change of its size or type; nil: it was never changed.
    public var modification: Modification?
    /// The token by which the client knows its request again; nil: it gave none.
    public let clientToken: String?
    /// A hash of what was asked for with that token.
    public let creationHash: String?

    /// To an instance.
    public struct Attachment: Codable, Sendable, Hashable {
        /// `i-…`
        public let instanceID: String
        /// `/dev/sdf`
        public let device: String
        /// Seconds since 1970.
        public let time: Double
        /// Whether it goes with the instance.
        public var isDeletedOnTermination: Bool
        /// The KMS grant by which EC2 may decrypt its data key meanwhile; nil: it is not encrypted.
        public var grantID: String?

        /// - Parameters: see the properties.
        public init(
            instanceID: String, device: String, time: Double, isDeletedOnTermination: Bool, grantID: String? = nil
        ) {
            self.instanceID = instanceID
            self.device = device
            self.time = time
            self.isDeletedOnTermination = isDeletedOnTermination
            self.grantID = grantID
        }
    }

    /// A change of its size or type.
    public struct Modification: Codable, Sendable, Hashable {
        /// Seconds since 1970.
        public let time: Double
        /// What it was before.
        public let size: Int
        /// `gp2`
        public let type: String
        /// nil: the type had none.
        public let iops: Int?
        /// MiB in a second; nil: the type had none.
        public let throughput: Int?

        /// - Parameters: see the properties.
        public init(time: Double, size: Int, type: String, iops: Int?, throughput: Int?) {
            self.time = time
            self.size = size
            self.type = type
            self.iops = iops
            self.throughput = throughput
        }
    }

    /// - Parameters: see the properties.
    public init(
        head: EC2Head, zone: String, size: Int, type: String, iops: Int?, throughput: Int?, snapshotID: String?,
        isMultiAttach: Bool, encryption: EBSEncryption?, state: String, clientToken: String?, creationHash: String?
    ) {
        self.head = head
        self.zone = zone
        self.size = size
        self.type = type
        self.iops = iops
        self.throughput = throughput
        self.snapshotID = snapshotID
        self.isMultiAttach = isMultiAttach
        self.encryption = encryption
        self.state = state
        self.clientToken = clientToken
        self.creationHash = creationHash
    }

    public var conditions: [String: ContextValue] {
        var keys: [String: ContextValue] = [
            "volumeid": .one(id), "availabilityzone": .one(zone), "encrypted": .one(String(encryption != nil)),
            "volumesize": .one(String(size)), "volumetype": .one(type),
        ]
        if let iops { keys["volumeiops"] = .one(String(iops)) }
        if let throughput { keys["volumethroughput"] = .one(String(throughput)) }
        if let encryption { keys["kmskeyid"] = .one(encryption.keyARN) }
        if let snapshotID {
            keys["parentsnapshot"] = .one(StoredSnapshot.arn(snapshotID, in: head.region))
        }
        return keys
    }

    public var references: [Reference] {
        var all = attachments.map { Reference(Self.attached, to: $0.instanceID) }
        if let clientToken { all.append(Reference(Self.creation, to: clientToken)) }
        return all
    }
}

/// The key of an encrypted volume or snapshot.
public struct EBSEncryption: Codable, Sendable, Hashable {
    /// The ARN of the KMS key.
    public let keyARN: String
    /// The data key, as KMS has encrypted it. nil: KMS has refused one, and the volume is of no use.
    public let dataKey: Data?
    /// The id that KMS has bound the data key to, as `aws:ebs:id`.
    public let boundTo: String
    /// Whether the key is the one that AWS manages, so that nobody else can get at it.
    public let isManaged: Bool

    /// - Parameters: see the properties.
    public init(keyARN: String, dataKey: Data?, boundTo: String, isManaged: Bool) {
        self.keyARN = keyARN
        self.dataKey = dataKey
        self.boundTo = boundTo
        self.isManaged = isManaged
    }
}

/// A snapshot of a volume.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html>
public struct StoredSnapshot: EC2Resource {
    public static let kind = "AWS::EC2::Snapshot"
    public static let prefix = "snap"
    public static let arnType = "snapshot"
    public static let isShared = true

    /// Its id is `snap-` and 17 digits.
    public var head: EC2Head
    /// `vol-ffffffff` for a copy.
    public let volumeID: String
    /// GiB.
    public let size: Int
    /// Its description.
    public let summary: String
    /// nil: it is not encrypted.
    public let encryption: EBSEncryption?
    /// Accounts that may make volumes of it.
    public var users: Set<String> {
        get { Set(sortedUsers) }
        set { sortedUsers = newValue.sorted() }
    }
    // A set has no order to be written in.
    private var sortedUsers: [String] = []
    /// Whether everybody may.
    public var isPublic = false

    /// - Parameters: see the properties.
    public init(head: EC2Head, volumeID: String, size: Int, summary: String, encryption: EBSEncryption?) {
        self.head = head
        self.volumeID = volumeID
        self.size = size
        self.summary = summary
        self.encryption = encryption
    }

    /// It names no account.
    public static func arn(_ id: String, in region: String) -> String { ARN.text("ec2", region, "", "snapshot/", id) }

    /// Whether an account may make volumes of it.
    public func isFor(_ account: String) -> Bool { isPublic || account == head.accountID || users.contains(account) }

    public var conditions: [String: ContextValue] {
        [
            "snapshotid": .one(id), "owner": .one(head.accountID), "encrypted": .one(String(encryption != nil)),
            "volumesize": .one(String(size)), "snapshottime": .one(Timestamp(secondsSinceEpoch: head.created).iso8601),
            "parentvolume": .one(arn(StoredVolume.arnType, volumeID)),
        ]
    }
}
