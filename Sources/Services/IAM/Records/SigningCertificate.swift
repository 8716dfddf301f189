import Directory
import Ledger

/// A certificate with which a user's, or the root user's, signed requests can be verified.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SigningCertificate.html>
struct SigningCertificate: Record {
    static let kind = "AWS::IAM::SigningCertificate"

    let id: String
    /// The unique id of its user, or the account id for the root user's.
    let ownerID: String
    /// In PEM, as it was sent.
    let body: String
    /// SHA-256 of the certificate, hexadecimal: no certificate is in an account twice.
    let fingerprint: String
    /// Seconds since 1970.
    let uploadDate: Double
    var isActive = true

    var requirements: [Requirement] { [.owner(ownerID)] }

    var references: [Reference] {
        [Reference(Relation.owner, to: ownerID), Reference(Relation.fingerprint, to: fingerprint)]
    }
}
