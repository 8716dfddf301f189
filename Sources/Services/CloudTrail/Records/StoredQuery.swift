import Ledger

/// A query of CloudTrail Lake: what was asked, and what has become of it. It lies where it was asked, and is kept for seven
/// days.
/// <https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_DescribeQuery.html>
struct StoredQuery: Record {
    static let kind = "Gatehouse::CloudTrail::Query"
    static let keepsHistory = false

    /// What it is at, in AWS's words.
    enum Status: String, Sendable, Codable {
        case queued = "QUEUED"
        case running = "RUNNING"
        case finished = "FINISHED"
        case failed = "FAILED"
        case cancelled = "CANCELLED"
        case timedOut = "TIMED_OUT"

        var isActive: Bool { self == .queued || self == .running }
    }

    /// The id of the request that began it: those of later ones come later.
    let id: String
    let statement: String
    /// The ARNs of the event data stores that it reads.
    let stores: [String]
    /// Seconds since 1970.
    let created: Double
    var status = Status.queued
    /// Why it has failed.
    var error: String?
    var eventsScanned: Int64 = 0
    /// In bytes.
    var bytesScanned: Int64 = 0
    var milliseconds = 0
    /// How many rows the result has.
    var rowCount = 0
    var columns: [String] = []
    /// Of the widget whose query it is.
    var alias: String?
    /// Of the dashboard's refresh that it is of.
    var refreshID: String?
    /// The account of the event data store, where the request said it.
    var owner: String?
    /// Where in S3 the result goes; nil: nowhere.
    var deliveryURI: String?
    /// Where the bucket was when the query began.
    var deliveryRegion: String?
    var deliveryStatus: DeliveryStatus?

    /// What has become of a result that goes to S3, in AWS's words.
    enum DeliveryStatus: String, Sendable, Codable {
        case pending = "PENDING"
        case success = "SUCCESS"
        case failed = "FAILED"
        case noBucket = "RESOURCE_NOT_FOUND"
        case denied = "ACCESS_DENIED"
        case cancelled = "CANCELLED"
    }

    static let ofAlias = "alias"
    static let ofStore = "eventDataStore"
    static let active = "active"

    var references: [Reference] {
        stores.map { Reference(Self.ofStore, to: $0) }
            + (alias.map { [Reference(Self.ofAlias, to: $0)] } ?? [])
            + (status.isActive ? [Reference(Self.active, to: Self.active)] : [])
    }
}

/// Some rows of a query's result.
struct QueryRows: TableRow {
    static let kind = "Gatehouse::CloudTrail::QueryRows"
    /// How many each has, but the last.
    static let count = 100

    /// ``StoredQuery/id``
    let query: String
    /// The place of the first in the result.
    let first: Int64
    /// Each with a text for each column.
    let rows: [[String]]

    var partition: String { query }
    var key: RowKey { RowKey(.number(first)) }
}
