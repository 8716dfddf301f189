import Directory
import FoundationEssentials
import Ledger
import Platform

/// An ACME server of an account's own.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-acme-endpoints.html>
struct ACMEEndpoint: Record {
    static let kind = "AWS::CertificateManager::AcmeEndpoint"

    /// Who issues its certificates.
    enum Authority: Sendable, Codable, Equatable {
        /// Gatehouse's own public-like authority.
        case `public`
        /// A private authority, by its ARN.
        case `private`(String)
    }

    /// A UUID.
    let id: String
    let accountID: String
    let region: String
    let authority: Authority
    var isContactRequired: Bool
    /// AWS's names: those that certificates may have.
    var keyAlgorithms: [String]
    /// How clients may prove names for which there is no domain validation; empty, as AWS has it: in no way.
    let challenges: [ACMEChallenge.Method]
    /// Of the certificates that it issues.
    let certificateTags: [Tag]
    var tags: [Tag]
    /// Seconds since 1970.
    let created: Double
    var updated: Double

    var arn: String { ARN.text("acm", region, accountID, ACMEName.endpointPrefix, id) }
    var scope: Scope { Scope(account: accountID, region: region) }
    var requirements: [Requirement] { [.account(accountID)] }
}

/// Lets a client register accounts at an endpoint. The secret key is in an ``ACMEBindingKey``.
/// <https://docs.aws.amazon.com/acm/latest/userguide/acm-acme-eab.html>
struct ACMEBinding: Record {
    static let kind = "AWS::CertificateManager::AcmeExternalAccountBinding"

    /// A UUID.
    let id: String
    let endpointID: String
    let accountID: String
    let region: String
    /// What its clients' certificates are authorized by.
    let roleARN: String
    var tags: [Tag]
    /// Seconds since 1970.
    let created: Double
    var updated: Double
    /// Seconds since 1970; nil: it does not.
    let expires: Double?
    /// Seconds since 1970; nil: it was not.
    var revoked: Double?
    /// When somebody last registered with it, in seconds since 1970; nil: never.
    var lastUsed: Double?

    static let ofEndpoint = "acme-endpoint"
    var references: [Reference] { [Reference(Self.ofEndpoint, to: endpointID)] }
    var requirements: [Requirement] {
        [Requirement(ACMEEndpoint.kind, endpointID), Requirement(ACMEBindingKey.kind, id)]
    }
    var arn: String {
        ARN.text(
            "acm", region, accountID, ACMEName.endpointPrefix, "\(endpointID)/\(ACMEName.Kind.binding.rawValue)/\(id)")
    }

    /// By which clients name the secret key: the id without its hyphens.
    var keyID: String { id.filter { $0 != "-" } }

    /// The id of the binding whose secret key has a name; nil for what is no such name.
    static func id(ofKey keyID: String) -> String? {
        guard keyID.utf8.count == 32, keyID.allSatisfy(\.isHexDigit) else { return nil }
        var id = ""
        for (place, digit) in keyID.lowercased().enumerated() {
            if [8, 12, 16, 20].contains(place) { id.append("-") }
            id.append(digit)
        }
        return id
    }

    /// Whether it lets anybody register at a time, in seconds since 1970.
    func isUsable(at time: Double) -> Bool { revoked == nil && expires.map { time < $0 } ?? true }
}

/// The secret key of a binding. The journal keeps no former version of it: what is deleted is gone.
struct ACMEBindingKey: Record, CustomStringConvertible, CustomReflectable {
    static let kind = "AWS::CertificateManager::AcmeExternalAccountBindingKey"
    static let keepsHistory = false
    static let journalsBefore = false

    /// The binding's.
    let id: String
    let secret: Data

    var description: String { "ACMEBindingKey" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
