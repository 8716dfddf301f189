import Crypto
import Ledger
import Platform
import Wire

/// Walks over the events of a group or of a stream in the order of their places, reading segments as it comes to them.
///
/// Segments overlap. An event's turn has come when no segment that is not yet read can have one before it: each begins no earlier
/// than the one before, or on the way back ends no later.
struct EventWalk {
    /// What is read at once.
    private static let portion = 8
    /// Segments merged since the walk that this one goes on with, of which those are looked for that now lie before its end.
    private static let mostMerges = 64

    private let records: Records
    private let group: LogGroup
    /// nil: all streams of the group.
    private let stream: Int64?
    private let isReversed: Bool
    private let keys: [SymmetricKey?]
    /// Whether a segment's stream is wanted.
    private let isWanted: (LogSegment) throws(ServiceError) -> Bool

    private var ahead: ArraySlice<LogSegment> = []
    private var after: (value: RowKey, key: RowKey)?
    private var isAtEnd = false
    /// Whether, of a stream, there may be so little behind what is known that it is read at once.
    private var looksAhead = false
    /// Those read whose turn has not come, the next one last.
    private var pending: [KeptEvent] = []
    /// Bytes of segments that were read so far.
    private var bytesRead = 0
    private let mostBytes: Int
    private let end: Int64
    /// Events at this place and before it, or on the way back after it, are known already.
    private let known: EventPlace?
    /// Where it goes on, until it has begun.
    private var resumed: Resumption?
    /// Whether it has ended since enough was read, and not since there is nothing more.
    private(set) var isCutShort = false

    /// - Parameters:
    ///   - stream: the number of the only stream; nil: all.
    ///   - time: where to begin, in milliseconds: all after it is found, or on the way back all before it.
    ///   - resumption: of a walk that this one goes on with; nil: it is new.
    ///   - end: on the way forward, no segment that begins later is read.
    ///   - known: the event behind which this walk goes on; nil: it is new. What ends before it is passed over.
    ///   - keys: the group's data keys, opened.
    ///   - mostBytes: of segments, on the way forward; it always comes farther than `known`.
    init(
        _ records: Records, _ group: LogGroup, stream: Int64?, from time: Int64, to end: Int64 = .max,
        resumption: Resumption? = nil, known: EventPlace? = nil, isReversed: Bool = false, keys: [SymmetricKey?],
        mostBytes: Int = .max,
        isWanted: @escaping (LogSegment) throws(ServiceError) -> Bool
    ) {
        (self.records, self.group, self.stream, self.mostBytes, self.end) = (records, group, stream, mostBytes, end)
        (self.isReversed, self.keys, self.isWanted, self.known) = (isReversed, keys, isWanted, known)
        let beyond = Self.beyond
        resumed = resumption
        guard !isReversed else {
            // A segment may begin before that time and end after it, but not after its hour.
            let latest =
                if let resumption {
                    Self.minute(of: resumption.time) + SmallSegments.span
                } else {
                    time >= .max - LogSegment.span ? .max : Self.hour(of: time) + LogSegment.span
                }
            after = stream.map { (RowKey(.number($0), .number(latest), .number(.max)), beyond) }
            return
        }
        // What was one of several segments of a minute then may be merged with them now.
        let minute = resumption.map { Self.minute(of: $0.time) }
        looksAhead = stream != nil && known != nil && resumption == nil
        let start = max(0, minute ?? Self.hour(of: time)) - 1
        after =
            if let stream {
                (RowKey(.number(stream), .number(start), .number(.max)), beyond)
            } else {
                (RowKey(), RowKey(.number(start), .number(.max), .number(.max)))
            }
    }

    private static let beyond = RowKey(.number(.max), .number(.max), .number(.max))

    private static func hour(of time: Int64) -> Int64 { max(0, time) / LogSegment.span * LogSegment.span }

    private static func minute(of time: Int64) -> Int64 {
        min(max(0, time), .max - LogSegment.span) / SmallSegments.span * SmallSegments.span
    }

    /// The next event; nil: there is none.
    /// - Throws: InternalFailure for what can't be read, and why a key can't be had.
    mutating func next() throws(ServiceError) -> KeptEvent? {
        while true {
            if ahead.isEmpty, !isAtEnd { try read() }
            guard let segment = ahead.first, isReversed || segment.first <= end else { return pending.popLast() }
            if let event = pending.last,
                isReversed ? event.place.time > segment.last : event.place < segment.place.start
            {
                return pending.popLast()
            }
            if bytesRead > mostBytes, segment.place.before > known ?? .before(0) {
                isCutShort = true
                return nil
            }
            ahead.removeFirst()
            if isKnown(segment) { continue }
            bytesRead += segment.content.count
            guard try isWanted(segment) else { continue }
            var key: SymmetricKey?
            if segment.dataKey >= 0 {
                guard let number = Int(exactly: segment.dataKey), number < keys.count, let opened = keys[number] else {
                    throw .unreadableEvents
                }
                key = opened
            }
            pending += try SegmentContent.unpack(segment, key)
            pending.sort { isReversed ? $0.place < $1.place : $0.place > $1.place }
        }
    }

    /// Whether nothing of a segment comes after what is known already.
    private func isKnown(_ segment: LogSegment) -> Bool {
        guard let known else { return false }
        guard !isReversed else { return segment.first > known.time }
        if segment.last < known.time { return true }
        // Of one that was merged, the numbers are those of its parts.
        return segment.members.isEmpty
            && EventPlace(time: segment.last, stream: segment.streamNumber, segment: segment.number, index: .max)
                < known
    }

    private mutating func read() throws(ServiceError) {
        if let resumption = resumed {
            resumed = nil
            try goOn(from: resumption)
            guard ahead.isEmpty else { return }
        }
        if looksAhead, let stream, let known {
            // Who follows a stream reads the last of it again and again, and not the hour before.
            looksAhead = false
            let found = try records.list(
                LogSegment.self, by: LogSegment.byLast, of: group.uniqueID,
                RowIndexRange(
                    RowPrefix(.number(stream)),
                    after: (
                        RowKey(.number(stream), .number(max(0, known.time) - 1), .number(.max)),
                        RowKey(.number(.max), .number(.max), .number(.max))
                    )), limit: Self.portion)
            guard found.count == Self.portion else {
                (isAtEnd, ahead) = (true, found.sorted { $0.place < $1.place }[...])
                return
            }
        }
        let found: [LogSegment]
        if let stream {
            found = try records.list(
                LogSegment.self, by: isReversed ? LogSegment.byLast : LogSegment.byFirst, of: group.uniqueID,
                RowIndexRange(RowPrefix(.number(stream)), after: after, isReversed: isReversed), limit: Self.portion)
        } else {
            found = try records.list(
                LogSegment.self, of: group.uniqueID,
                RowRange(after: after.map { .key($0.key) }, isReversed: isReversed), limit: Self.portion)
        }
        isAtEnd = found.count < Self.portion
        ahead = found[...]
        guard let last = found.last else { return }
        after = (
            RowKey(.number(last.streamNumber), .number(isReversed ? last.last : last.first), .number(last.number)),
            last.key
        )
    }

    /// Goes on where another walk has ended, with what has come to lie before that since.
    private mutating func goOn(from resumption: Resumption) throws(ServiceError) {
        guard let merges = resumption.merges else { return }
        // What lies beyond that is read as it comes.
        let minute = Self.minute(of: resumption.time)
        var bound = LogSegment.Place(first: minute, stream: 0, number: 0)
        if let place = resumption.place, let moved = try moved(before: place, since: merges) {
            (ahead, bound) = (moved[...], place)
            after = (
                RowKey(.number(place.stream), .number(place.first), .number(place.number - 1)),
                RowKey(.number(place.first), .number(place.stream), .number(place.number - 1))
            )
            if stream != nil { after?.key = Self.beyond }
        }
        guard let stream, let known else { return }
        guard let late = try late(stream, since: merges) else {
            // Where it lies nobody knows, but all that is missing is of this hour.
            let hour = Self.hour(of: known.time)
            let start = isReversed ? hour + LogSegment.span : hour - 1
            (ahead, after) = ([], (RowKey(.number(stream), .number(start), .number(.max)), Self.beyond))
            return
        }
        if isReversed {
            let passed = late.filter { $0.last > minute + SmallSegments.span }
            ahead = passed.sorted { ($0.last, $0.number) > ($1.last, $1.number) }[...]
        } else {
            let passed = late.filter { one in one.place < bound && !ahead.contains { $0.place == one.place } }
            ahead = (ahead + passed).sorted { $0.place < $1.place }[...]
        }
    }

    /// What came late to a stream since; nil: nobody knows.
    private func late(_ stream: Int64, since merge: Int64) throws(ServiceError) -> [LogSegment]? {
        guard let places = try records.late(stream, of: group.uniqueID, since: merge) else { return nil }
        var found: [LogSegment] = []
        for place in places {
            // It may have been merged.
            guard let segment = try records.get(LogSegment.self, place.key, of: group.uniqueID) else { return nil }
            if !isKnown(segment) { found.append(segment) }
        }
        return found
    }

    /// What was merged since, of what then lay at a place or behind it, into segments before it; nil: nobody knows.
    private func moved(
        before place: LogSegment.Place, since number: Int64
    ) throws(ServiceError) -> [LogSegment]? {
        guard
            let merges = try records.merges(of: group.uniqueID, after: number, limit: Self.mostMerges),
            merges.count < Self.mostMerges
        else { return nil }
        var found: [LogSegment] = []
        for merge in merges
        where merge.place < place && merge.place.minute == place.minute && stream ?? merge.stream == merge.stream {
            guard let segment = try records.get(LogSegment.self, merge.place.key, of: group.uniqueID) else { continue }
            found.append(segment)
        }
        return found.sorted { $0.place < $1.place }
    }

    /// The next segment that is not yet read; nil: there is none.
    var nextPlace: LogSegment.Place? { ahead.first?.place }

    /// On the way forward, from which segment on a walk has to read to come to all that this one has not come to; nil: there is
    /// nothing more.
    var resumption: LogSegment.Place? { (pending.map(\.segment) + (ahead.first.map { [$0.place] } ?? [])).min() }

    /// The same on the way back: when the segment ends.
    var resumptionBack: Int64? { (pending.map(\.segmentEnd) + (ahead.first.map { [$0.last] } ?? [])).max() }
}
