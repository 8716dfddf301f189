import Crypto
import Ledger
import Platform
import Wire

/// Reads all events of a group in a span of time, in portions, each in a transaction of its own: segment by segment, so that events of
/// overlapping segments are not in the order of their times. Each segment is read once.
struct GroupReader: Sendable {
    /// Segments of a portion.
    private static let portion = 8

    private let environment: Environment
    private let group: LogGroup
    private let start: Int64
    private let end: Int64
    private let keys: [SymmetricKey?]
    private var after: RowKey
    private var isAtEnd = false

    /// - Parameters: the times are milliseconds since 1970, both included.
    init(_ group: LogGroup, from start: Int64, to end: Int64, _ environment: Environment) async throws(ServiceError) {
        (self.environment, self.group, self.end) = (environment, group, end)
        self.start = max(0, start, group.firstKept(at: environment.now()))
        keys = try await environment.projection(LogKeys.self).keys(of: group, environment)
        // A segment may begin before that time and end after it, but not after its hour.
        let hour = self.start / LogSegment.span * LogSegment.span
        after = RowKey(.number(hour - 1), .number(.max), .number(.max))
    }

    /// The next events.
    /// - Returns: nil: there are no more.
    /// - Throws: AccessDeniedException where KMS does not open a key.
    mutating func next() async throws(ServiceError) -> [KeptEvent]? {
        while !isAtEnd, start <= end {
            let (group, place) = (group, after)
            let (segments, isAlive) = try await environment.read(group.scope) {
                (records) throws(ServiceError) -> ([LogSegment], [Bool]) in
                let alive = LiveStreams(records, group)
                let found = try records.list(
                    LogSegment.self, of: group.uniqueID, RowRange(after: .key(place)), limit: Self.portion)
                return (found, try found.map { segment throws(ServiceError) in try alive.has(segment) })
            }
            isAtEnd = segments.count < Self.portion || (segments.last?.first ?? .max) > end
            if let last = segments.last { after = last.key }
            var events: [KeptEvent] = []
            for (segment, isAlive) in zip(segments, isAlive)
            where isAlive && segment.first <= end && segment.last >= start {
                events += try unpack(segment).filter { (start...end).contains($0.place.time) }
            }
            if !events.isEmpty { return events }
        }
        return nil
    }

    private func unpack(_ segment: LogSegment) throws(ServiceError) -> [KeptEvent] {
        guard segment.dataKey >= 0 else { return try SegmentContent.unpack(segment, nil) }
        guard let number = Int(exactly: segment.dataKey), keys.indices.contains(number), let key = keys[number] else {
            throw .unreadableEvents
        }
        return try SegmentContent.unpack(segment, key)
    }
}
