import Directory
import Ledger

/// A key with which a user signs in to CodeCommit by SSH.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SSHPublicKey.html>
struct SSHPublicKey: Record {
    static let kind = "AWS::IAM::SSHPublicKey"

    /// APKA…
    let id: String
    /// The unique id of its user.
    let ownerID: String
    /// As it was sent: `ssh-rsa …`, or PEM.
    let body: String
    /// MD5 of the key in SSH's form, as `ssh-keygen -E md5` shows it: sixteen bytes in hexadecimal, with colons.
    let fingerprint: String
    /// Seconds since 1970.
    let uploadDate: Double
    var isActive = true

    var requirements: [Requirement] { [.owner(ownerID)] }

    var references: [Reference] { [Reference(Relation.owner, to: ownerID)] }
}
