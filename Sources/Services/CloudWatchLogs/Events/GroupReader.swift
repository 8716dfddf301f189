import Crypto
import Ledger
import Platform
import Wire

/// Reads all events of a group in a span of time, in portions, each in a transaction of its own: segment by segment, so that events of
/// overlapping segments are not in the order of their times. Each event is read once, also where segments are merged meanwhile.
struct GroupReader: Sendable {
    /// Segments of a portion.
    private static let portion = 8

    private let environment: Environment
    private let group: LogGroup
    private let start: Int64
    private let end: Int64
    private let keys: [SymmetricKey?]
    /// The last segment that was read, or what lies before all.
    private var after: LogSegment.Place
    /// The number of the group's last merge then; nil: nothing was read yet.
    private var merges: Int64?
    private var isAtEnd = false

    /// - Parameters: the times are milliseconds since 1970, both included.
    init(_ group: LogGroup, from start: Int64, to end: Int64, _ environment: Environment) async throws(ServiceError) {
        (self.environment, self.group, self.end) = (environment, group, end)
        self.start = max(0, start, group.firstKept(at: environment.now()))
        keys = try await environment.projection(LogKeys.self).keys(of: group, environment)
        // A segment may begin before that time and end after it, but not after its hour.
        let hour = self.start / LogSegment.span * LogSegment.span
        after = LogSegment.Place(first: hour - 1, stream: .max, number: .max)
    }

    private struct Portion: Sendable {
        /// Segments that now lie before the place that was reached, and of which there were parts behind it.
        var moved: [LogSegment] = []
        /// What comes next; nil: there may be more that has moved.
        var next: [LogSegment]?
        var merges: Int64
        /// The numbers of the streams of all these that are still there.
        var alive: Set<Int64> = []
    }

    /// The next events.
    /// - Returns: nil: there are no more.
    /// - Throws: AccessDeniedException where KMS does not open a key.
    mutating func next() async throws(ServiceError) -> [KeptEvent]? {
        while !isAtEnd, start <= end {
            let (group, place, known) = (group, after, merges)
            let portion = try await environment.read(group.scope) { (records) throws(ServiceError) in
                try Self.read(records, group, after: place, merges: known)
            }
            merges = portion.merges
            var events: [KeptEvent] = []
            for segment in portion.moved where isWanted(segment, portion) {
                events += Self.parts(of: try unpack(segment), after: place)
            }
            for segment in portion.next ?? [] where isWanted(segment, portion) { events += try unpack(segment) }
            if let next = portion.next {
                isAtEnd = next.count < Self.portion || (next.last?.first ?? .max) > end
                if let last = next.last { after = last.place }
            }
            events.removeAll { !(start...end).contains($0.place.time) }
            if !events.isEmpty { return events }
        }
        return nil
    }

    private func isWanted(_ segment: LogSegment, _ portion: Portion) -> Bool {
        portion.alive.contains(segment.streamNumber) && segment.first <= end && segment.last >= start
    }

    private static func read(
        _ records: Records, _ group: LogGroup, after place: LogSegment.Place, merges known: Int64?
    ) throws(ServiceError) -> Portion {
        let begun = if let known { known } else { try records.lastMerge(of: group.uniqueID) }
        var portion = Portion(merges: begun)
        let alive = LiveStreams(records, group)
        // As long as a query may run, all merges are known.
        guard let merges = try records.merges(of: group.uniqueID, after: portion.merges, limit: Self.portion) else {
            throw .internalFailure
        }
        if let last = merges.last { portion.merges = last.number }
        for merge in merges where merge.place <= place && merge.place.minute == place.minute {
            guard let segment = try records.get(LogSegment.self, merge.place.key, of: group.uniqueID) else { continue }
            portion.moved.append(segment)
        }
        if merges.count < Self.portion {
            portion.next = try records.list(
                LogSegment.self, of: group.uniqueID, RowRange(after: .key(place.key)), limit: Self.portion)
        }
        for segment in portion.moved + (portion.next ?? []) where try alive.has(segment) {
            portion.alive.insert(segment.streamNumber)
        }
        return portion
    }

    /// The events of those of a merged segment's parts that came after a place.
    private static func parts(of events: [KeptEvent], after place: LogSegment.Place) -> [KeptEvent] {
        var isBehind = false
        return events.filter { event in
            if event.place.index == 0 {
                let part = LogSegment.Place(
                    first: event.place.time, stream: event.place.stream, number: event.place.segment)
                isBehind = part > place
            }
            return isBehind
        }
    }

    private func unpack(_ segment: LogSegment) throws(ServiceError) -> [KeptEvent] {
        guard segment.dataKey >= 0 else { return try SegmentContent.unpack(segment, nil) }
        guard let number = Int(exactly: segment.dataKey), keys.indices.contains(number), let key = keys[number] else {
            throw .unreadableEvents
        }
        return try SegmentContent.unpack(segment, key)
    }
}
