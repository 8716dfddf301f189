import Ledger

/// A resource that an analyzer has looked at.
/// <https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_AnalyzedResource.html>
struct AnalyzedResourceRow: TableRow, Equatable {
    static let kind = "AWS::AccessAnalyzer::AnalyzedResource"

    /// The analyzer's ``Analyzer/findingsPartition``.
    let partition: String
    let arn: String
    /// `AWS::S3::Bucket`
    let type: String
    /// The account that owns it.
    let owner: String
    /// When it was first looked at, seconds since 1970.
    let created: Double
    /// When it was last looked at, seconds since 1970.
    var analyzed: Double
    /// When its findings last changed, seconds since 1970.
    var updated: Double
    /// Why the analysis failed; nil: it did not.
    var error: String?

    var key: RowKey { RowKey(.text(type), .text(arn)) }
}

/// How far an analyzer has come.
struct AnalyzerProgress: Record {
    static let kind = "AWS::AccessAnalyzer::AnalyzerProgress"
    static let keepsHistory = false
    static let journalsBefore = false

    /// The analyzer's ``Analyzer/findingsPartition``.
    let id: String
    /// Whether everything has been looked at once.
    var isComplete = false
    /// The resource that was last looked at.
    var lastResource: String?
    /// Seconds since 1970.
    var lastAnalyzed: Double?
}
