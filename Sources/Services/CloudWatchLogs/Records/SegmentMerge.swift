import Ledger
import Platform
import Wire

/// That segments of a group were merged into one, so that whoever reads the group in portions finds the events that have gone
/// behind the place it has come to.
struct SegmentMerge: TableRow {
    static let kind = "Gatehouse::Logs::SegmentMerge"
    /// Milliseconds for which it is kept: longer than a query may run.
    static let kept: Int64 = 2 * 3_600_000
    /// How many are forgotten with each that is made: more than come in.
    private static let forgotten = 4

    /// The ``LogGroup/uniqueID`` of the group.
    let group: String
    /// Grows by one with each of the group, from 1 on.
    let number: Int64
    /// When it was, in milliseconds since 1970.
    let time: Int64
    /// The segment that there is now.
    let first: Int64
    let stream: Int64
    let segment: Int64

    var partition: String { group }
    var key: RowKey { RowKey(.number(number)) }
    var place: LogSegment.Place { LogSegment.Place(first: first, stream: stream, number: segment) }

    /// Notes one, and forgets old ones.
    static func note(
        _ merged: LogSegment, at time: Int64, in records: MutableRecords
    ) throws(ServiceError) {
        let number = try records.lastMerge(of: merged.group) + 1
        for old in try records.list(SegmentMerge.self, of: merged.group, limit: forgotten) where old.time < time - kept
        {
            _ = try records.delete(old)
        }
        try records.put(
            SegmentMerge(
                group: merged.group, number: number, time: time, first: merged.first, stream: merged.streamNumber,
                segment: merged.number))
    }
}

extension RecordReading {
    /// The number of a group's last merge; 0: there was none.
    func lastMerge(of group: String) throws(ServiceError) -> Int64 {
        try list(SegmentMerge.self, of: group, RowRange(isReversed: true), limit: 1).first?.number ?? 0
    }

    /// Up to so many of a group's merges after one, in their order; nil: they are not all known any more.
    func merges(of group: String, after number: Int64, limit: Int) throws(ServiceError) -> [SegmentMerge]? {
        let found = try list(
            SegmentMerge.self, of: group, RowRange(after: .key(RowKey(.number(number)))), limit: limit)
        guard let first = found.first else { return try lastMerge(of: group) == number ? [] : nil }
        return first.number - 1 == number ? found : nil
    }
}
