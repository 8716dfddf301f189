public import Directory
public import Ledger

/// A SAML identity provider that an account knows, by the metadata that was uploaded for it.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetSAMLProvider.html>
public struct SAMLProvider: Record, CustomStringConvertible {
    public static let kind = "AWS::IAM::SAMLProvider"

    /// The account that registered it.
    public let accountID: String
    /// The name, unique within the account; also the record's id.
    public let name: String
    /// Capital letters and digits, which sign-in addresses of encrypting providers name.
    public let uniqueID: String
    /// Seconds since 1970.
    public let createDate: Double
    /// The document as it was sent; it was read without error.
    public var metadata: String
    /// Until when the provider's assertions are taken, in seconds since 1970.
    public var validUntil: Double
    /// In the order in which they were put; keys are case-sensitive.
    public var tags: [Tag] = []
    /// Whether assertions have to be encrypted. nil: it was never said.
    public var encryptionMode: EncryptionMode?
    /// Those that decrypt assertions, in the order in which they were added.
    public var privateKeys: [PrivateKey] = []

    /// Whether the provider may also send assertions that are not encrypted.
    public enum EncryptionMode: String, Sendable, Codable {
        /// Assertions that are not encrypted are refused.
        case required = "Required"
        /// Assertions may be encrypted or not.
        case allowed = "Allowed"
    }

    /// A key with which assertions of this provider can be decrypted. It is never shown.
    public struct PrivateKey: Sendable, Codable, CustomStringConvertible {
        /// The id by which a request removes the key.
        public let id: String
        /// Seconds since 1970.
        public let createDate: Double
        /// The key in PEM, as it was sent.
        public let pem: String

        /// Makes a key from PEM that has been validated already.
        public init(id: String, createDate: Double, pem: String) {
            self.id = id
            self.createDate = createDate
            self.pem = pem
        }

        /// Without the key, so that no log ever shows it.
        public var description: String { "PrivateKey(\(id))" }
    }

    /// Makes a provider from metadata that has been validated already.
    public init(
        accountID: String, name: String, uniqueID: String, createDate: Double, metadata: String, validUntil: Double
    ) {
        self.accountID = accountID
        self.name = name
        self.uniqueID = uniqueID
        self.createDate = createDate
        self.metadata = metadata
        self.validUntil = validUntil
    }

    public var id: String { name }
    /// The ARN, `arn:aws:iam::111122223333:saml-provider/Name`, which trust policies name.
    public var arn: String { ARN.iam(accountID, "saml-provider", name: name) }
    public var references: [Reference] { [] }
    public var description: String { "SAMLProvider(\(arn))" }
}
