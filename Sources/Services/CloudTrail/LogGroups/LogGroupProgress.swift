import Ledger

/// How far a trail's events have come into its log group. It moves on in the transaction that puts them there, so that each event
/// is there once, whatever happens in between.
struct LogGroupProgress: Record {
    static let kind = "Gatehouse::CloudTrail::LogGroupProgress"
    static let keepsHistory = false

    /// The ``LogSession`` that it is of.
    let id: String
    /// The number of the last segment of events that is done with.
    var cursor: Int64
}
