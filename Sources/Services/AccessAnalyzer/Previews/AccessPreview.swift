import Ledger

/// What an analyzer would find of a resource if it were guarded otherwise. It is kept for a day.
///
/// A row and not a record: there may be a thousand an hour, and nothing follows their changes.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AccessPreview.html>
struct AccessPreview: TableRow {
    static let kind = "AWS::AccessAnalyzer::AccessPreview"
    /// For how many seconds it is kept.
    /// <https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-preview-access-apis.html>
    static let lifetime = 24.0 * 3600

    enum Status: String, Sendable, Codable {
        case creating = "CREATING"
        case completed = "COMPLETED"
        case failed = "FAILED"
    }

    /// Why it failed.
    /// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AccessPreviewStatusReason.html>
    enum Failure: String, Error, Sendable, Codable {
        /// What is proposed can't be.
        case invalidConfiguration = "INVALID_CONFIGURATION"
        case internalError = "INTERNAL_ERROR"
    }

    /// The analyzer's ``Analyzer/findingsPartition``.
    let partition: String
    /// A UUID of version 7, so that they are in the order of their creation.
    let id: String
    /// The ARN of the resource, which need not exist.
    let resource: String
    /// What is proposed for it: the `Configuration` of the request, as JSON.
    let configuration: String
    /// Seconds since 1970.
    let created: Double
    /// A digest of the token by which a repeated request is known; nil: it had none.
    let token: String?
    var status = Status.creating
    var failure: Failure?
    var findings: [PreviewedFinding] = []

    var key: RowKey { RowKey(.text(id)) }
    var indexes: [RowIndex] { token.map { [RowIndex(Self.byToken, RowKey(.text($0)))] } ?? [] }

    static let byToken = "token"

    init(
        analyzer: Analyzer, id: String, resource: String, configuration: String, token: String?, created: Double
    ) {
        partition = analyzer.findingsPartition
        self.id = id
        self.resource = resource
        self.configuration = configuration
        self.token = token
        self.created = created
    }
}

/// A finding as it would be, beside what it is.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AccessPreviewFinding.html>
struct PreviewedFinding: Sendable, Codable, Equatable {
    enum Change: String, Sendable, Codable {
        /// There is no such finding yet.
        case new = "NEW"
        /// It would be as it is.
        case unchanged = "UNCHANGED"
        /// It would have another status, or say something else.
        case changed = "CHANGED"
    }

    /// A UUID, of this preview alone.
    let id: String
    let change: Change
    /// The id of the finding that there is.
    var existingID: String?
    var existingStatus: AnalyzedFinding.Status?
    /// The finding as it would be.
    let finding: AnalyzedFinding
}
