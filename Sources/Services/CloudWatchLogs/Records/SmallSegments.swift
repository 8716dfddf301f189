import Ledger

/// That a stream has several small segments in a minute, which are to be merged once it is over.
struct SmallSegments: TableRow {
    static let kind = "Gatehouse::Logs::SmallSegments"
    /// Milliseconds: merged segments never cross a minute, so that a search that goes on in the middle of it need not begin far
    /// before.
    static let span: Int64 = 60_000
    /// Bytes of a segment that counts as small, and of what small ones are merged into.
    static let mostBytes: Int64 = 64 << 10
    static let mostMerged: Int64 = 1 << 20

    /// Since 1970.
    let minute: Int64
    /// The ``LogGroup/uniqueID`` of the group, and where and what it is.
    let group: String
    let stream: Int64
    let account: String
    let region: String
    let name: String

    var key: RowKey { RowKey(.number(minute), .text(group), .number(stream)) }
}
