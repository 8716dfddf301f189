import Directory
import Ledger

/// A server certificate and its private key, for services that speak TLS.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServerCertificate.html>
struct ServerCertificate: Record, CustomStringConvertible {
    static let kind = "AWS::IAM::ServerCertificate"

    let accountID: String
    var name: String
    var path: String
    /// ASCA…
    let uniqueID: String
    /// Seconds since 1970.
    let uploadDate: Double
    /// When the certificate ceases to be valid, seconds since 1970.
    let expiration: Double
    /// The certificate in PEM, as it was sent but for white space at the ends.
    let body: String
    /// Its issuer's certificate and those above, in PEM, likewise.
    let chain: String?
    /// The private key in PEM. Only services that serve with the certificate read it; no answer has it.
    let privateKey: String
    var tags: [Tag]

    var id: String { Self.id(ofName: name) }

    static func id(ofName name: String) -> String { name.lowercased() }

    var arn: String { ARN.iam(accountID, "server-certificate", path: path, name: name) }

    /// Without the private key, so that no log ever shows it.
    var description: String { "ServerCertificate(\(arn))" }
}
