public import Directory
public import Ledger
public import Policy

/// The public half of a key pair.
/// <https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_KeyPairInfo.html>
public struct StoredKeyPair: EC2Resource {
    public static let kind = "AWS::EC2::KeyPair"
    public static let prefix = "key"
    public static let arnType = "key-pair"
    /// The relation to its name.
    public static let named = "key pair name"

    /// Its id is `key-` and 17 digits.
    public var head: EC2Head
    /// Unique in the account and Region.
    public let name: String
    /// `rsa` or `ed25519`.
    public let type: String
    /// SHA-1 of an RSA key that EC2 made, MD5 of one that was imported, SHA-256 of Ed25519: as AWS has them.
    public let fingerprint: String
    /// As OpenSSH has it, without a comment.
    public let publicKey: String

    /// - Parameters: see the properties.
    public init(head: EC2Head, name: String, type: String, fingerprint: String, publicKey: String) {
        self.head = head
        self.name = name
        self.type = type
        self.fingerprint = fingerprint
        self.publicKey = publicKey
    }

    public var nameInARN: String { name }
    public var conditions: [String: ContextValue] { ["keypairname": .one(name), "keypairtype": .one(type)] }
    public var references: [Reference] { [Reference(Self.named, to: name)] }
}
