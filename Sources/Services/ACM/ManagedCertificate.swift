import Directory
import FoundationEssentials
import Ledger
import Platform

/// A certificate of ACM's, with everything but its private key (``CertificateKey``).
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html>
struct ManagedCertificate: Record {
    static let kind = "AWS::CertificateManager::Certificate"

    enum CertificateType: String, Sendable, Codable {
        case imported = "IMPORTED"
        /// A public one.
        case amazonIssued = "AMAZON_ISSUED"
        case `private` = "PRIVATE"
    }

    /// AWS's names. EXPIRED comes by itself: see ``status(at:)``.
    enum Status: String, Sendable, Codable {
        case pendingValidation = "PENDING_VALIDATION"
        case issued = "ISSUED"
        case validationTimedOut = "VALIDATION_TIMED_OUT"
        case revoked = "REVOKED"
        case failed = "FAILED"
    }

    /// A UUID.
    let id: String
    let accountID: String
    let region: String
    let type: CertificateType
    var domainName: String
    var names: [String]
    /// Seconds since 1970.
    let created: Double
    /// When it was imported or issued last, in seconds since 1970.
    var updated: Double
    var status: Status
    /// AWS's name; nil unless it failed.
    var failureReason: String?
    /// nil unless it was issued.
    var content: Content?
    /// AWS's name, with underscores.
    var keyAlgorithm: String
    /// Of a private certificate: who issues it.
    var authority: String?
    var tags: [Tag] = []
    /// Whether its key was exported.
    var isExported = false
    var renewal: Renewal?
    /// Of one that a client of ACME's has asked for, which has its key; nil: of no other.
    var acme: ACMEOrigin?

    /// Where a certificate was issued that ACME's clients renew.
    struct ACMEOrigin: Sendable, Codable, Equatable {
        /// The endpoint, which may be gone.
        let endpointARN: String
        /// The account's id.
        let accountID: String
    }

    /// Of a public certificate: how it was shown, for each of its names, that they are the requester's. nil: of no other.
    var validations: [DomainValidation]?
    /// Of a public certificate: what its owner has chosen. nil: of no other.
    var options: Options?
    /// Of a public certificate that was issued: who has signed it.
    var publicIssuerID: String?
    var revocation: Revocation?
    /// Of a public certificate that was renewed: those before that may still be believed. nil: none.
    var former: [Former]?
    /// Of a public certificate that goes over to validation by DNS, or has; nil: it was not asked for.
    var migration: Migration?

    /// A certificate before a renewal.
    struct Former: Sendable, Codable {
        /// As in ``Content``.
        let serial: String
        let issuerID: String
        /// Seconds since 1970.
        let notAfter: Double
    }

    /// <https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateOptions.html>
    struct Options: Sendable, Codable, Equatable {
        /// Gatehouse has no log to put it into.
        var isTransparent = true
        /// Whether its key may be exported.
        var isExportable = false
    }

    struct Revocation: Sendable, Codable {
        /// AWS's name.
        let reason: String
        /// Seconds since 1970.
        let time: Double
    }

    /// What the certificate itself says.
    struct Content: Sendable, Codable {
        /// In PEM.
        let body: String
        /// In PEM; nil: it has none.
        let chain: String?
        let serial: String
        let subject: String
        let issuer: String
        let signatureAlgorithm: String
        /// Seconds since 1970.
        let notBefore: Double
        /// Seconds since 1970.
        let notAfter: Double
    }

    /// How it was last renewed, or is to be.
    struct Renewal: Sendable, Codable {
        enum Status: String, Sendable, Codable {
            case pendingValidation = "PENDING_VALIDATION"
            case success = "SUCCESS"
            case failed = "FAILED"
        }

        let status: Status
        /// AWS's name; nil unless it failed.
        let reason: String?
        /// Seconds since 1970.
        let updated: Double
        /// Of a public certificate: what was shown again for the renewal.
        var validations: [DomainValidation]?
    }

    var arn: String { ARN.text("acm", region, accountID, CertificateName.prefix, id) }
    var scope: Scope { Scope(account: accountID, region: region) }
    var requirements: [Requirement] {
        [.account(accountID)] + (status == .issued && acme == nil ? [Requirement(CertificateKey.kind, id)] : [])
    }

    /// As AWS names it.
    /// - Parameter time: seconds since 1970.
    func status(at time: Double) -> String {
        guard status == .issued, let content, content.notAfter < time else { return status.rawValue }
        return "EXPIRED"
    }

    /// Whether it renews itself: only one whose key somebody has, or that something shows.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>
    func isEligibleForRenewal(_ environment: Environment, at time: Double) -> Bool {
        guard type != .imported, acme == nil, status(at: time) == Status.issued.rawValue else { return false }
        return isExported || !users(environment).isEmpty
    }

    /// The ARNs of what shows it.
    func users(_ environment: Environment) -> [String] { environment.applications.users(ofCertificate: arn) }

    /// When it was issued last, in seconds since 1970; nil: it was not, or by somebody else.
    var issued: Double? { type == .imported || content == nil ? nil : updated }

    /// How names are validated; nil: they are not.
    var validationMethod: DomainValidation.Method? { validations?.first?.method }
}

/// A certificate's private key, as PKCS #8 in DER. As all records are, it is sealed under the keyring.
///
/// The journal keeps no former version of it: what is deleted is gone.
struct CertificateKey: Record, CustomStringConvertible, CustomReflectable {
    static let kind = "AWS::CertificateManager::PrivateKey"
    static let keepsHistory = false
    static let journalsBefore = false

    /// The certificate's.
    let id: String
    let secret: Data

    var description: String { "CertificateKey" }
    var customMirror: Mirror { Mirror(self, children: []) }
}
