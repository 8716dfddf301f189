import Directory
import Ledger

/// A user name and password, or an API key, with which a user reaches one service only.
/// <https://docs.aws.amazon.com/IAM/latest/APIReference/API_ServiceSpecificCredential.html>
struct ServiceSpecificCredential: Record, CustomStringConvertible {
    static let kind = "AWS::IAM::ServiceSpecificCredential"

    /// ACCA…
    let id: String
    /// The unique id of its user.
    let ownerID: String
    /// `codecommit.amazonaws.com`
    let serviceName: String
    /// What is shown of it: `alice-at-111122223333`, `alice+1-at-111122223333`, …
    let alias: String
    /// SHA-256 of the secret, which is shown once and has 256 random bits: nobody can find it from this.
    var secretHash: [UInt8]
    /// Seconds since 1970.
    let createDate: Double
    /// Seconds since 1970; nil: never.
    let expirationDate: Double?
    var isActive = true

    var requirements: [Requirement] { [.owner(ownerID)] }

    var references: [Reference] { [Reference(Relation.owner, to: ownerID)] }

    var description: String { "ServiceSpecificCredential(\(id))" }
}
