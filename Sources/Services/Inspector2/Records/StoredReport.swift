import Inspector2API
import Ledger
import Wire

/// A report of findings, or an export of bills of materials.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_GetFindingsReportStatus.html>
struct StoredReport: TableRow, Equatable {
    static let kind = "AWS::InspectorV2::Report"

    /// The names are AWS's.
    enum Status: String, Sendable, Codable {
        case succeeded = "SUCCEEDED"
        case running = "IN_PROGRESS"
        case cancelled = "CANCELLED"
        case failed = "FAILED"
    }

    /// ``findings`` or ``materials``.
    let partition: String
    /// A UUID.
    let id: String
    /// `CSV`, `JSON`, `CYCLONEDX_1_4`, `SPDX_2_3`
    let format: String
    let bucket: String
    let prefix: String?
    /// The ARN of the key of AWS KMS.
    let kmsKey: String
    /// A `FilterCriteria` or a `ResourceFilterCriteria` as JSON; nil: there is none.
    let criteria: String?
    /// Seconds since 1970.
    let created: Double
    var status = Status.running
    /// AWS's `ReportingErrorCode`.
    var errorCode: String?
    var errorMessage: String?

    var key: RowKey { RowKey(.text(id)) }

    var indexes: [RowIndex] { [RowIndex(Self.byTime, RowKey(.number(Int64(created * 1000))))] }

    static let byTime = "time"
    /// How long it can be asked for, in seconds.
    static let kept = 30.0 * 86_400

    static let findings = "findings"
    static let materials = "sbom"
}
