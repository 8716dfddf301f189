import Ledger
import Platform
import Wire

/// That a segment came that begins before what its stream had by then, so that whoever reads the stream page by page finds those of its
/// events that lie behind the place that the page before has come to.
///
/// The last ones of each stream are kept: who has missed more reads the hour again.
struct LateSegment: TableRow {
    static let kind = "Gatehouse::Logs::LateSegment"
    /// So many are looked for, and kept of a stream.
    static let most = 64

    /// The ``LogGroup/uniqueID`` of the group.
    let group: String
    let stream: Int64
    /// The number of the group's last ``SegmentMerge`` then, which tokens know.
    let merges: Int64
    /// The segment, by its ``LogSegment/Place``.
    let segment: Int64
    let first: Int64

    var partition: String { group }
    var key: RowKey { RowKey(.number(stream), .number(merges), .number(segment)) }
    var place: LogSegment.Place { LogSegment.Place(first: first, stream: stream, number: segment) }

    /// Notes one, and forgets those that are too many.
    static func note(_ segment: LogSegment, in records: MutableRecords) throws(ServiceError) {
        let stream = segment.streamNumber
        try records.put(
            LateSegment(
                group: segment.group, stream: stream, merges: try records.lastMerge(of: segment.group),
                segment: segment.number, first: segment.first))
        let known = try records.list(
            LateSegment.self, of: segment.group, RowRange(RowPrefix(.number(stream))), limit: 2 * most)
        for old in known.dropLast(most) { try records.delete(LateSegment.self, old.key, of: old.group) }
    }

    /// Forgets those of a stream.
    static func forget(_ stream: Int64, of group: String, in records: MutableRecords) throws(ServiceError) {
        let known = try records.list(
            LateSegment.self, of: group, RowRange(RowPrefix(.number(stream))), limit: 2 * most)
        for one in known { try records.delete(LateSegment.self, one.key, of: group) }
    }
}

extension RecordReading {
    /// Where segments of a stream lie that came late since a merge, or a little before; nil: not all are known any more.
    func late(_ stream: Int64, of group: String, since merge: Int64) throws(ServiceError) -> [LogSegment.Place]? {
        let start = RowKey(.number(stream), .number(merge - 1), .number(.max))
        let found = try list(
            LateSegment.self, of: group, RowRange(RowPrefix(.number(stream)), after: .key(start)),
            limit: LateSegment.most)
        return found.count < LateSegment.most ? found.map(\.place) : nil
    }
}
