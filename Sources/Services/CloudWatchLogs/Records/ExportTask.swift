import Ledger

/// An export of a group's events into a bucket.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_ExportTask.html>
struct ExportTask: Record {
    static let kind = "Gatehouse::Logs::ExportTask"

    enum Status: String, Codable, Sendable {
        case pending = "PENDING"
        case running = "RUNNING"
        case pendingCancel = "PENDING_CANCEL"
        case cancelled = "CANCELLED"
        case completed = "COMPLETED"
        case failed = "FAILED"

        var isOver: Bool { self == .cancelled || self == .completed || self == .failed }
    }

    /// A UUID of version 7.
    let id: String
    let name: String?
    let group: String
    /// The ``LogGroup/uniqueID`` of the group.
    let groupID: String
    let streamPrefix: String?
    /// Milliseconds since 1970, both included, as AWS's page has it for the first and is silent on the second.
    let from: Int64
    let to: Int64
    let bucket: String
    let prefix: String
    var status = Status.pending
    var message: String?
    let created: Int
    var completed: Int?
}
