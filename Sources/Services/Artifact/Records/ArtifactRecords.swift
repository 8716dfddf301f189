import Directory
import Ledger
import Platform
import Wire

/// A report as it was made, with its signature.
struct StoredReport: TableRow, Equatable {
    static let kind = "AWS::Artifact::Report"
    /// How many versions of a report an account keeps in a Region.
    static let kept = 30
    /// A report that is asked for without a version is made anew when the last one is older, in seconds.
    static let fresh = 3600.0

    /// The ``ReportKind/id``.
    let report: String
    /// From 1 on.
    let version: Int
    /// Seconds since 1970.
    let created: Double
    /// Compressed by gzip, in Base64.
    let document: String
    /// Of the document, not compressed.
    let sha256: String
    let length: Int
    /// nil: there was no key.
    let signature: Signature?

    struct Signature: Codable, Sendable, Equatable {
        /// The key's ARN.
        let key: String
        /// `RSASSA_PKCS1_V1_5_SHA_256`
        let algorithm: String
        /// In Base64.
        let value: String
        /// The public key, in PEM.
        let publicKey: String
    }

    var partition: String { report }
    var key: RowKey { Self.key(version) }

    static func key(_ version: Int) -> RowKey { RowKey(.number(Int64(version))) }
}

/// That somebody has fetched the terms of a report, and may fetch it.
struct FetchedTerms: TableRow, Equatable {
    static let kind = "AWS::Artifact::Terms"
    /// How long the terms' token is good, in seconds.
    static let life = 3600.0

    let token: String
    let report: String
    let version: Int
    /// Who has fetched them, by the ARN.
    let principal: String
    /// Seconds since 1970.
    let expires: Double

    var key: RowKey { RowKey(.text(token)) }
    var indexes: [RowIndex] { [RowIndex(Self.byExpiration, RowKey(.number(Int64(expires))))] }

    static let byExpiration = "expires"
}

/// That somebody may read a document; in the scope of nobody, since who comes with an address has no account.
struct DocumentLink: TableRow, Equatable {
    static let kind = "AWS::Artifact::DocumentLink"
    /// How long it may be read, in seconds.
    static let life = 300.0
    /// What the paths of documents begin with. No bucket has such a name.
    static let path = "/_gatehouse/artifact/"

    /// Nobody can guess it.
    let token: String
    let accountID: String
    let region: String
    /// nil: the terms.
    let version: Int?
    let report: String
    /// Seconds since 1970.
    let expires: Double

    var key: RowKey { RowKey(.text(token)) }
    var indexes: [RowIndex] { [RowIndex(Self.byExpiration, RowKey(.number(Int64(expires))))] }

    static let byExpiration = "expires"
}

/// What an account wants to be told.
struct ArtifactSettings: Record, Equatable {
    static let kind = "AWS::Artifact::Settings"

    let accountID: String
    var isSubscribed = false

    var id: String { accountID }
    var requirements: [Requirement] { [.account(accountID)] }
}

extension MutableRecords {
    /// Gives somebody an address at which a document can be read for some minutes.
    func link(to report: String, version: Int?, _ call: Call) throws(ServiceError) -> String {
        for old in try shared.list(DocumentLink.self, by: DocumentLink.byExpiration, limit: 16)
        where old.expires < call.time {
            try shared.delete(DocumentLink.self, old.key)
        }
        let link = DocumentLink(
            token: ArtifactName.secret(), accountID: call.accountID, region: call.region, version: version,
            report: report, expires: call.time + DocumentLink.life)
        try shared.put(link)
        return call.environment.publicAddress.url + DocumentLink.path + link.token
    }
}

extension RecordReading {
    /// The last version of a report; nil: none was made yet.
    func lastReport(_ id: String) throws(ServiceError) -> StoredReport? {
        try list(StoredReport.self, of: id, RowRange(isReversed: true), limit: 1).first
    }

    /// A version of a report.
    /// - Throws: ResourceNotFoundException.
    func report(_ id: String, _ version: Int) throws(ServiceError) -> StoredReport {
        guard let found = try get(StoredReport.self, StoredReport.key(version), of: id) else {
            throw .reportNotFound(id, version)
        }
        return found
    }
}
