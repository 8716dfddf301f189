import Ledger

/// Events of one segment that a subscription sends on and that have not been sent yet: not the events themselves, only which.
struct OutgoingEvents: TableRow {
    static let kind = "Gatehouse::Logs::OutgoingEvents"
    static let version = 1

    /// The ``LogGroup/uniqueID`` of the group.
    let group: String
    /// The ``Subscription/id``.
    let subscription: String
    /// The segment's key: the time of its first event, its stream's number, its own.
    let first: Int64
    let stream: Int64
    let segment: Int64
    /// When they came, in milliseconds since 1970.
    let ingestion: Int64
    /// Which: the places of events in the segment, as runs of their first and their length.
    let runs: [Int64]

    var partition: String { group }
    /// So they are sent in the order in which they came, those of a stream in its order even within a millisecond.
    var key: RowKey { RowKey(.text(subscription), .number(ingestion), .number(stream), .number(segment)) }
    var segmentKey: RowKey { RowKey(.number(first), .number(stream), .number(segment)) }

    static func prefix(_ subscription: String) -> RowPrefix { RowPrefix(.text(subscription)) }

    /// Runs of places that are in their order.
    static func runs(of places: [Int]) -> [Int64] {
        var runs: [Int64] = []
        for place in places.lazy.map({ Int64($0) }) {
            if runs.count >= 2, runs[runs.count - 2] + runs[runs.count - 1] == place {
                runs[runs.count - 1] += 1
            } else {
                runs += [place, 1]
            }
        }
        return runs
    }

    func has(_ place: Int64) -> Bool {
        stride(from: 0, to: runs.count - 1, by: 2).contains { place >= runs[$0] && place - runs[$0] < runs[$0 + 1] }
    }
}
