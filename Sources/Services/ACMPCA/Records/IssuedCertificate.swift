import CertificateIssuing
import FoundationEssentials
import Ledger

/// A certificate that an authority has issued. A row and not a record: there may be a million.
struct IssuedCertificate: TableRow {
    static let kind = "AWS::ACMPCA::Certificate"

    /// The authority's.
    let authorityID: String
    /// 32 hexadecimal digits.
    let serial: String
    let der: Data
    /// `CN=www.example.com,…`
    let subject: String
    /// Seconds since 1970.
    let issued: Double
    /// Seconds since 1970.
    let notBefore: Double
    /// Seconds since 1970.
    let notAfter: Double
    /// The template's ARN.
    let template: String
    /// Who asked for it.
    let accountID: String
    /// The service that asked in its own name; nil: none.
    let service: String?
    /// nil: it is valid as long as it says.
    var revoked: Revoked?

    struct Revoked: Sendable, Codable, Equatable {
        /// Seconds since 1970.
        let time: Double
        let reason: RevocationReason
    }

    var partition: String { authorityID }
    var key: RowKey { RowKey(.text(serial)) }
    var indexes: [RowIndex] { revoked == nil ? [] : [RowIndex(Self.byRevocation, Self.inIndex)] }

    /// Those that are revoked.
    static let byRevocation = "revoked"
    static let inIndex = RowKey(.text(""))

    static func key(_ serial: String) -> RowKey { RowKey(.text(serial)) }

    /// nil: it is not revoked.
    var revocation: Revocation? {
        revoked.map { Revocation(serial: SerialNumber.bytes(serial), time: $0.time, reason: $0.reason) }
    }
}

/// What came of a request with an idempotency token.
struct RememberedRequest: TableRow {
    static let kind = "AWS::ACMPCA::Request"
    /// In seconds.
    /// <https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html>
    static let lifetime = 300.0

    /// The account that asked, and the authority where it asked one.
    let partition: String
    let token: String
    /// The ARN that was answered.
    let result: String
    /// Seconds since 1970.
    let time: Double

    var key: RowKey { RowKey(.text(token)) }

    static func partition(_ account: String, authority: String = "") -> String { "\(account)/\(authority)" }
}

/// The list of revoked certificates as it was last published.
struct PublishedList: Record {
    static let kind = "AWS::ACMPCA::RevocationList"
    static let keepsHistory = false
    static let journalsBefore = false

    /// The authority's.
    let id: String
    let number: UInt64
    let der: Data
    /// Seconds since 1970; nil in lists of old.
    let thisUpdate: Double?
    /// Seconds since 1970.
    let nextUpdate: Double

    var requirements: [Requirement] { [Requirement(CertificateAuthority.kind, id)] }
}

/// A report of all certificates of an authority.
/// <https://docs.aws.amazon.com/privateca/latest/userguide/PcaAuditReport.html>
struct AuditReport: TableRow {
    static let kind = "AWS::ACMPCA::AuditReport"

    enum Status: String, Sendable, Codable {
        case creating = "CREATING"
        case success = "SUCCESS"
        case failed = "FAILED"
    }

    enum Format: String, Sendable, Codable {
        case json = "JSON"
        case csv = "CSV"
    }

    let authorityID: String
    /// A UUID.
    let id: String
    let bucket: String
    let format: Format
    /// Seconds since 1970.
    let created: Double
    var status = Status.creating

    var partition: String { authorityID }
    var key: RowKey { RowKey(.text(id)) }
    var objectKey: String { "audit-report/\(authorityID)/\(id).\(format.rawValue.lowercased())" }
}
