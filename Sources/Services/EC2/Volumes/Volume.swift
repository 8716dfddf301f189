import FoundationEssentials
import Ledger

/// A volume of EBS. Nothing is ever stored on it: what is real of it is who may have it, and with which key it is encrypted.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Volume.html>
struct Volume: Record {
    static let kind = "AWS::EC2::Volume"
    /// The relation to the instances that it is attached to.
    static let attached = "attached"
    /// The relation to the client's token.
    static let creation = "creation"

    /// `vol-` and 17 digits.
    let id: String
    let availabilityZone: String
    /// Seconds since 1970.
    let createTime: Double
    /// GiB.
    var size: Int
    /// `gp3`
    var type: String
    var iops: Int?
    var throughput: Int?
    /// What it was made from; nil: it was empty.
    let snapshotID: String?
    let isMultiAttach: Bool
    /// The key that it is encrypted with; nil: it is not encrypted.
    var encryption: VolumeEncryption?
    /// `creating`, `available`, `in-use`, `deleting` or `error`.
    var state: String
    var attachments: [Attachment] = []
    /// Whether input and output go on after what might have damaged the volume.
    var autoEnablesIO = false
    let clientToken: String?
    /// A hash of what was asked for with that token.
    let creationHash: String?

    /// To an instance.
    struct Attachment: Codable, Sendable, Hashable {
        let instanceID: String
        /// `/dev/sdf`
        let device: String
        /// Seconds since 1970.
        let time: Double
        var deletesOnTermination: Bool
    }

    var references: [Reference] {
        var all = attachments.map { Reference(Self.attached, to: $0.instanceID) }
        if let clientToken { all.append(Reference(Self.creation, to: clientToken)) }
        return all
    }
}

/// The key of an encrypted volume or snapshot.
struct VolumeEncryption: Codable, Sendable, Hashable {
    /// The ARN of the KMS key.
    let keyARN: String
    /// The data key, as KMS has encrypted it; nil until KMS has made one.
    var dataKey: Data?
    /// What KMS has bound the data key to: the volume's id, or the snapshot's.
    let context: String
    /// The grants by which EC2 may decrypt the data key while the volume is attached, by the instance's id.
    var grants: [String: String] = [:]

    static let contextKey = "aws:ebs:id"
}
