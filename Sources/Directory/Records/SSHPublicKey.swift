public import Ledger

/// A public key with which a user signs in to CodeCommit by SSH.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SSHPublicKey.html>
public struct SSHPublicKey: Record {
    public static let kind = "AWS::IAM::SSHPublicKey"

    /// APKA…
    public let id: String
    /// The unique id of its user.
    public let ownerID: String
    /// As it was sent: `ssh-rsa …`, or PEM.
    public let body: String
    /// MD5 of the key in SSH's form, as `ssh-keygen -E md5` shows it: sixteen bytes in hexadecimal, with colons.
    public let fingerprint: String
    /// Seconds since 1970.
    public let uploadDate: Double
    public var isActive = true

    public init(id: String, ownerID: String, body: String, fingerprint: String, uploadDate: Double) {
        self.id = id
        self.ownerID = ownerID
        self.body = body
        self.fingerprint = fingerprint
        self.uploadDate = uploadDate
    }

    public var references: [Reference] { [Reference(Relation.owner, to: ownerID)] }
}
