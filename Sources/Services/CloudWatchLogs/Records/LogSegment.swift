import Ledger

/// Events that came together, sealed: of one stream, and of one hour of the clock.
///
/// So a search for some time reads the segments that begin in it, and those that begin in the same hour before it, however much
/// else the group has.
struct LogSegment: TableRow {
    static let kind = "Gatehouse::Logs::Segment"
    static let version = 1
    /// The index of a stream's segments by their first events, and that by their last ones.
    static let byFirst = "first"
    static let byLast = "last"
    /// Milliseconds that a segment's events are apart at most, and by whose multiples segments are cut.
    static let span: Int64 = 3_600_000

    /// The ``LogGroup/uniqueID`` of the group.
    let group: String
    let stream: String
    let streamNumber: Int64
    /// How many segments the stream had before; of several that were merged, the first one's.
    let number: Int64
    /// What it was made of, in the order of ``content``, where several segments were merged; empty: it is as it came.
    var members: [Member] = []

    /// A segment that was merged with others: its events keep their places.
    struct Member: Codable, Sendable, Equatable {
        let number: Int64
        /// Events.
        let count: Int64
        let ingestion: Int64
    }

    /// Where a segment is among all of its group, in the order of their keys.
    struct Place: Comparable, Hashable, Sendable {
        /// The time of its first event, in milliseconds since 1970.
        let first: Int64
        let stream: Int64
        let number: Int64

        static func < (a: Place, b: Place) -> Bool {
            (a.first, a.stream, a.number) < (b.first, b.stream, b.number)
        }

        var key: RowKey { RowKey(.number(first), .number(stream), .number(number)) }
        /// The earliest place that an event of the segment can have.
        var start: EventPlace { EventPlace(time: first, stream: stream, segment: number, index: 0) }
        /// The latest place that comes before all of these.
        var before: EventPlace {
            guard number == 0 else {
                return EventPlace(time: first, stream: stream, segment: number - 1, index: EventPlace.lastIndex)
            }
            return EventPlace(
                time: first, stream: max(0, stream - 1), segment: EventPlace.lastSegment, index: EventPlace.lastIndex)
        }
        var minute: Int64 { first / SmallSegments.span }
    }

    /// The times of its first and its last event, in milliseconds since 1970.
    let first: Int64
    let last: Int64
    /// When it came.
    let ingestion: Int64
    /// The number of the group's data key that it is encrypted with; -1: none.
    let dataKey: Int64
    /// Bytes of its events, as AWS counts them.
    let size: Int64
    /// The events, as ``SegmentContent`` has them.
    let content: [UInt8]

    var partition: String { group }
    var place: Place { Place(first: first, stream: streamNumber, number: number) }
    var key: RowKey { place.key }
    var indexes: [RowIndex] {
        [
            RowIndex(Self.byFirst, RowKey(.number(streamNumber), .number(first), .number(number))),
            RowIndex(Self.byLast, RowKey(.number(streamNumber), .number(last), .number(number))),
        ]
    }
    var amounts: [String: Int64] { ["bytes": size] }

    static var form: RowForm<Self> {
        .short(version: 1) { (row, output) in
            output.append(row.group)
            output.append(row.stream)
            for number in [
                row.streamNumber, row.number, row.first, row.last, row.ingestion, row.dataKey, row.size,
            ] {
                output.append(number)
            }
            output.append(row.content)
            output.append(Int64(row.members.count))
            for member in row.members {
                for number in [member.number, member.count, member.ingestion] { output.append(number) }
            }
        } read: { (input, _) in
            var row = LogSegment(
                group: try input.text(), stream: try input.text(), streamNumber: try input.number(),
                number: try input.number(), first: try input.number(), last: try input.number(),
                ingestion: try input.number(), dataKey: try input.number(), size: try input.number(),
                content: try input.data())
            let members = try input.number()
            while row.members.count < members {
                row.members.append(
                    Member(number: try input.number(), count: try input.number(), ingestion: try input.number()))
            }
            return row
        }
    }
}
