public import Ledger

/// A server certificate and its private key, for services that speak TLS.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServerCertificate.html>
public struct ServerCertificate: Record, CustomStringConvertible {
    public static let kind = "AWS::IAM::ServerCertificate"

    public let accountID: String
    public var name: String
    public var path: String
    /// ASCA…
    public let uniqueID: String
    /// Seconds since 1970.
    public let uploadDate: Double
    /// When the certificate ceases to be valid, seconds since 1970.
    public let expiration: Double
    /// The certificate in PEM, as it was sent but for white space at the ends.
    public let body: String
    /// Its issuer's certificate and those above, in PEM, likewise.
    public let chain: String?
    /// The private key in PEM. Only services that serve with the certificate read it; no answer has it.
    public let privateKey: String
    public var tags: [Tag]

    public init(
        accountID: String, name: String, path: String, uniqueID: String, uploadDate: Double, expiration: Double,
        body: String, chain: String?, privateKey: String, tags: [Tag]
    ) {
        self.accountID = accountID
        self.name = name
        self.path = path
        self.uniqueID = uniqueID
        self.uploadDate = uploadDate
        self.expiration = expiration
        self.body = body
        self.chain = chain
        self.privateKey = privateKey
        self.tags = tags
    }

    public var id: String { Self.id(ofName: name) }

    public static func id(ofName name: String) -> String { name.lowercased() }

    public var arn: String { ARN.iam(accountID, "server-certificate", path: path, name: name) }

    /// Without the private key, so that no log ever shows it.
    public var description: String { "ServerCertificate(\(arn))" }
}
