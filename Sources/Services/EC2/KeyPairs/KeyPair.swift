import Ledger

/// The public half of a key pair.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_KeyPairInfo.html>
struct KeyPair: Record {
    static let kind = "AWS::EC2::KeyPair"
    /// The relation to ``keyPairID``.
    static let byID = "key pair id"

    /// Its name, unique in the account and Region.
    let id: String
    /// `key-` and 17 digits.
    let keyPairID: String
    /// `rsa` or `ed25519`.
    let type: String
    let fingerprint: String
    /// As OpenSSH has it, with the name behind it.
    let publicKey: String
    /// Seconds since 1970.
    let createTime: Double

    var references: [Reference] { [Reference(Self.byID, to: keyPairID)] }
}
