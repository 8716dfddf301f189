import Directory
import FoundationEssentials
import Ledger

/// A certificate of ACM's, with everything but its private key (``CertificateKey``).
/// <https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html>
struct ManagedCertificate: Record {
    static let kind = "AWS::CertificateManager::Certificate"

    enum CertificateType: String, Sendable, Codable {
        case imported = "IMPORTED"
        case `private` = "PRIVATE"
    }

    /// AWS's names. EXPIRED comes by itself: see ``status(at:)``.
    enum Status: String, Sendable, Codable {
        case issued = "ISSUED"
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

    /// How it was last renewed.
    struct Renewal: Sendable, Codable {
        enum Status: String, Sendable, Codable {
            case success = "SUCCESS"
            case failed = "FAILED"
        }

        let status: Status
        /// AWS's name; nil for one that succeeded.
        let reason: String?
        /// Seconds since 1970.
        let updated: Double
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

    /// Whether it renews itself: only private certificates whose key somebody uses.
    /// <https://docs.aws.amazon.com/acm/latest/userguide/managed-renewal.html>
    func isEligibleForRenewal(at time: Double) -> Bool {
        type == .private && isExported && acme == nil && status(at: time) == Status.issued.rawValue
    }
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
