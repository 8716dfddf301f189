import CertificateIssuing
import Directory
import FoundationEssentials
import KeyMaterial
import Ledger

/// A private certificate authority: everything about it but its key (``AuthorityKey``) and its certificates
/// (``IssuedCertificate``).
/// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_CertificateAuthority.html>
struct CertificateAuthority: Record {
    static let kind = "AWS::ACMPCA::CertificateAuthority"

    enum AuthorityType: String, Sendable, Codable {
        case root = "ROOT"
        case subordinate = "SUBORDINATE"
    }

    /// AWS's names. EXPIRED is none of them: it comes by itself, see ``status(at:)``.
    enum State: String, Sendable, Codable {
        case pendingCertificate = "PENDING_CERTIFICATE"
        case active = "ACTIVE"
        case disabled = "DISABLED"
        case deleted = "DELETED"
    }

    enum UsageMode: String, Sendable, Codable {
        case generalPurpose = "GENERAL_PURPOSE"
        case shortLived = "SHORT_LIVED_CERTIFICATE"
    }

    /// A UUID.
    let id: String
    let accountID: String
    let region: String
    let type: AuthorityType
    let usageMode: UsageMode
    let keyStorage: String
    let keyAlgorithm: AuthorityKeyAlgorithm
    let signingAlgorithm: AuthoritySigningAlgorithm
    /// The request's CertificateAuthorityConfiguration, as JSON.
    let configuration: String
    /// Its certificate signing request, in PEM.
    let request: String
    /// Seconds since 1970.
    let created: Double
    /// Seconds since 1970.
    var stateChanged: Double
    var state = State.pendingCertificate
    /// Of one that is deleted: what it becomes if it is restored.
    var stateBefore: State?
    /// Of one that is deleted, in seconds since 1970.
    var restorableUntil: Double?
    var revocation = RevocationSettings()
    var tags: [Tag] = []
    /// nil: none has been imported yet.
    var certificate: OwnCertificate?
    /// The resource-based policy, with users and roles by their unique ids.
    var policy: String?
    var permissions: [Permission] = []

    /// The certificate of the authority itself.
    struct OwnCertificate: Sendable, Codable {
        let der: Data
        /// In PEM; nil for a root.
        let chain: String?
        /// Hexadecimal digits.
        let serial: String
        /// Seconds since 1970.
        let notBefore: Double
        /// Seconds since 1970.
        let notAfter: Double
        /// How many authorities may follow below, by what it says and those above it; nil: none of them says.
        let pathLength: Int?
    }

    /// What a service may do with it.
    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_Permission.html>
    struct Permission: Sendable, Codable {
        let principal: String
        let sourceAccount: String
        let actions: [String]
        /// Seconds since 1970.
        let created: Double

        var id: String { "\(principal) \(sourceAccount)" }
    }

    var arn: String { ARN.text("acm-pca", region, accountID, "certificate-authority/", id) }
    var scope: Scope { Scope(account: accountID, region: region) }
    var requirements: [Requirement] { [.account(accountID), Requirement(AuthorityKey.kind, id)] }

    /// As AWS names it.
    /// - Parameter time: seconds since 1970.
    func status(at time: Double) -> String {
        isExpired(at: time) ? "EXPIRED" : state.rawValue
    }

    func isExpired(at time: Double) -> Bool {
        guard state == .active || state == .disabled, let certificate else { return false }
        return certificate.notAfter < time
    }

    /// Whether it is there for issuing certificates.
    func isActive(at time: Double) -> Bool { state == .active && !isExpired(at: time) }
}

/// What kinds of keys authorities have. The names are AWS's.
enum AuthorityKeyAlgorithm: String, Sendable, Codable {
    case rsa2048 = "RSA_2048"
    case rsa3072 = "RSA_3072"
    case rsa4096 = "RSA_4096"
    case p256 = "EC_prime256v1"
    case p384 = "EC_secp384r1"
    case p521 = "EC_secp521r1"

    var spec: KeySpec {
        switch self {
        case .rsa2048: .rsa2048
        case .rsa3072: .rsa3072
        case .rsa4096: .rsa4096
        case .p256: .eccNISTP256
        case .p384: .eccNISTP384
        case .p521: .eccNISTP521
        }
    }

    var isRSA: Bool {
        switch self {
        case .rsa2048, .rsa3072, .rsa4096: true
        case .p256, .p384, .p521: false
        }
    }
}

/// How authorities sign. The names are AWS's.
enum AuthoritySigningAlgorithm: String, Sendable, Codable {
    case sha256RSA = "SHA256WITHRSA"
    case sha384RSA = "SHA384WITHRSA"
    case sha512RSA = "SHA512WITHRSA"
    case sha256ECDSA = "SHA256WITHECDSA"
    case sha384ECDSA = "SHA384WITHECDSA"
    case sha512ECDSA = "SHA512WITHECDSA"

    var isRSA: Bool {
        switch self {
        case .sha256RSA, .sha384RSA, .sha512RSA: true
        case .sha256ECDSA, .sha384ECDSA, .sha512ECDSA: false
        }
    }

    var hash: RevocationAuthority.Hash {
        switch self {
        case .sha256RSA, .sha256ECDSA: .sha256
        case .sha384RSA, .sha384ECDSA: .sha384
        case .sha512RSA, .sha512ECDSA: .sha512
        }
    }
}

/// Where an authority tells which of its certificates are revoked.
/// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_RevocationConfiguration.html>
struct RevocationSettings: Sendable, Codable, Equatable {
    /// nil: it keeps no list.
    var list: List?
    /// nil: it answers no questions.
    var responder: Responder?

    struct List: Sendable, Codable, Equatable {
        /// Days until the next one at the latest.
        var expiration: Int
        var bucket: String
        var accessControl: String
        /// Stands for the address of the list.
        var name: String?
        var path: String?
        /// Whether certificates say nothing of it.
        var isOmitted: Bool
    }

    struct Responder: Sendable, Codable, Equatable {
        /// Stands for the address of the responder.
        var name: String?
    }
}
