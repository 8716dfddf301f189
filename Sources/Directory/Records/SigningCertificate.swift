public import Ledger

/// A certificate with which a user's, or the root user's, signed requests can be verified.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_SigningCertificate.html>
public struct SigningCertificate: Record {
    public static let kind = "AWS::IAM::SigningCertificate"

    public let id: String
    /// The unique id of its user, or the account id for the root user's.
    public let ownerID: String
    /// In PEM, as it was sent.
    public let body: String
    /// SHA-256 of the certificate, hexadecimal: no certificate is in an account twice.
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

    public var references: [Reference] {
        [Reference(Relation.owner, to: ownerID), Reference(Relation.fingerprint, to: fingerprint)]
    }
}
