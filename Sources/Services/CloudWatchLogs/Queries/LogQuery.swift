import Ledger
import LogQueries

/// A query of CloudWatch Logs Insights: what was asked, and what has become of it. It lies where it was asked, and is kept for seven
/// days.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_QueryInfo.html>
struct LogQuery: Record {
    static let kind = "Gatehouse::Logs::Query"
    static let keepsHistory = false
    /// Seconds for which it is kept, and for which it may run.
    static let kept = 7.0 * 86_400
    static let longest = 3600.0

    /// What it is at, in AWS's words.
    enum Status: String, Codable, Sendable {
        case scheduled = "Scheduled"
        case running = "Running"
        case complete = "Complete"
        case failed = "Failed"
        case cancelled = "Cancelled"
        case timeout = "Timeout"

        var isActive: Bool { self == .scheduled || self == .running }
    }

    /// A UUID of version 7: those of later queries come later.
    let id: String
    let text: String
    /// The names of the log groups, which belong to these accounts.
    let groups: [Group]
    /// Milliseconds since 1970, both included.
    let start: Int64
    let end: Int64
    let limit: Int?
    /// Seconds since 1970.
    let created: Double
    /// The ARN of who asked.
    let principal: String
    var status = Status.scheduled
    var recordsMatched = 0
    var recordsScanned = 0
    var bytesScanned = 0
    var milliseconds = 0
    /// How many rows the result has.
    var rowCount = 0

    struct Group: Codable, Sendable, Equatable {
        let account: String
        let name: String
    }

    static let ofGroup = "group"
    static let active = "active"

    var references: [Reference] {
        groups.map { Reference(Self.ofGroup, to: $0.name) }
            + (status.isActive ? [Reference(Self.active, to: Self.active)] : [])
    }
}

/// Some rows of a query's result.
struct LogQueryRows: TableRow {
    static let kind = "Gatehouse::Logs::QueryRows"
    /// Bytes that one has at least before another is begun.
    private static let bytes = 256 << 10

    /// ``LogQuery/id``
    let query: String
    /// The place of the first in the result.
    let first: Int64
    /// Of each, the names and the values of its fields, one after the other.
    let rows: [[String]]

    var partition: String { query }
    var key: RowKey { RowKey(.number(first)) }

    /// A result in parts.
    static func parts(of result: [QueryRun.Row], query: String) -> [LogQueryRows] {
        var (parts, rows, size, first): ([LogQueryRows], [[String]], Int, Int) = ([], [], 0, 0)
        for (number, row) in result.enumerated() {
            rows.append(row.fields.flatMap { [$0.name, $0.value] })
            size += row.fields.reduce(0) { $0 + $1.name.utf8.count + $1.value.utf8.count }
            guard size >= bytes || number == result.count - 1 else { continue }
            parts.append(LogQueryRows(query: query, first: Int64(first), rows: rows))
            (rows, size, first) = ([], 0, number + 1)
        }
        return parts
    }
}
