import Ledger

/// A snapshot of a volume.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_Snapshot.html>
struct Snapshot: Record {
    static let kind = "AWS::EC2::Snapshot"

    /// `snap-` and 17 digits.
    let id: String
    let ownerID: String
    /// `vol-ffffffff` for a copy.
    let volumeID: String
    /// GiB.
    let size: Int
    let description: String
    /// Seconds since 1970.
    let startTime: Double
    /// nil: it is not encrypted.
    let encryption: VolumeEncryption?
    /// Accounts that may make volumes of it.
    var users: Set<String> = []
    /// Whether everybody may.
    var isPublic = false
}
