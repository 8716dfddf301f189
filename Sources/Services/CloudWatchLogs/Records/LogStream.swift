import Ledger

/// A log stream: the events of one source, in the order of their times.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_LogStream.html>
struct LogStream: TableRow {
    static let kind = "AWS::Logs::LogStream"
    static let version = 1
    /// The index by the time of the last event.
    static let byLastEvent = "last"

    /// The ``LogGroup/uniqueID`` of its group.
    let group: String
    let name: String
    /// Unlike that of any other stream of the group. At least 1.
    let number: Int64
    /// Milliseconds since 1970, as all of these.
    let created: Int64
    var firstEvent: Int64?
    var lastEvent: Int64?
    var lastIngestion: Int64?
    /// How many segments there were so far.
    var segments: Int64 = 0
    /// The minute in which the last small segment begins and ends, since 1970; nil: there was none.
    var smallMinute: Int64?
    /// Whether ``SmallSegments`` tells of that minute.
    var isMinuteMarked: Bool?

    var partition: String { group }
    var key: RowKey { Self.key(name) }
    var indexes: [RowIndex] { [RowIndex(Self.byLastEvent, RowKey(.number(lastEvent ?? 0)))] }

    static func key(_ name: String) -> RowKey { RowKey(.text(name)) }
}
