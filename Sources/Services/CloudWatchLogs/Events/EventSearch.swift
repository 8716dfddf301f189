import CloudWatchLogsAPI
import Crypto
import Ledger
import LogPatterns
import Platform
import Wire

/// A search of a group's events.
struct EventSearch: Sendable {
    let group: LogGroup
    private let pattern: FilterPattern?
    /// Milliseconds since 1970, both included.
    private let start: Int64
    private let end: Int64
    private let limit: Int
    /// nil: all streams.
    private let names: [String]?
    private let prefix: String?
    private let token: SearchToken?
    /// Whether what is masked is shown, and looked into.
    let unmasks: Bool

    /// What a search has found, and how it goes on; nil: it is over.
    struct Found: Sendable {
        var events: [KeptEvent] = []
        var token: SearchToken?
    }

    /// - Throws: InvalidParameterException, and ResourceNotFoundException for the group.
    init(_ input: CloudWatchLogs.FilterLogEvents.Input, _ call: Call) throws(ServiceError) {
        let name = try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier)
        guard let group = call.environment.projection(LogsIndex.self).group(name) else { throw .noSuchLogGroup }
        self.group = group
        guard input.logStreamNames == nil || input.logStreamNamePrefix == nil else {
            throw .invalidParameter("logStreamNames and logStreamNamePrefix can't be specified both.")
        }
        pattern = try input.filterPattern.map { text throws(ServiceError) in try FilterPattern(parameter: text) }
        start = max(Int64(input.startTime ?? 0), group.firstKept(at: call.time))
        end = input.endTime.map { Int64($0) } ?? .max
        limit = min(input.pageLimit ?? EventPage.most, EventPage.most)
        names = input.logStreamNames
        prefix = input.logStreamNamePrefix
        token = try input.pageToken.map { text throws(ServiceError) in try SearchToken(text) }
        unmasks = input.unmask == true
    }

    func run(_ records: Records, keys: [SymmetricKey?]) throws(ServiceError) -> Found {
        let streams = try names.map { names throws(ServiceError) in
            try names.map { name throws(ServiceError) in try records.logStream(name, of: group).number }
        }
        var found = Found()
        guard start <= end else { return found }
        let only = streams?.count == 1 ? streams?.first : nil
        let alive = LiveStreams(records, group)
        let wanted = streams.map { Set($0) }
        var walk = EventWalk(
            records, group, stream: only, from: start, to: end, resumption: token?.from,
            known: token?.place.time, keys: keys, mostBytes: EventPage.mostRead
        ) { (segment) throws(ServiceError) in
            guard wanted?.contains(segment.streamNumber) ?? true,
                prefix.map({ segment.stream.utf8.starts(with: $0.utf8) }) ?? true
            else { return false }
            return try alive.has(segment)
        }
        var (last, bytes) = (token?.place, 0)
        while let event = try walk.next() {
            guard event.place.time <= end else { return found }
            guard last.map({ event.place > $0 }) ?? true, event.place.time >= start else { continue }
            let isMatch = pattern?.matches(unmasks ? event.original : event.message) ?? true
            if isMatch {
                bytes += event.message.count
                guard found.events.count < limit, bytes <= EventPage.mostBytes || found.events.isEmpty else {
                    let from = Self.earlier(event.segmentStart, walk.resumption)
                    found.token = last.map { SearchToken(place: $0, from: from) }
                    return found
                }
                found.events.append(event)
            }
            last = event.place
        }
        if walk.isCutShort, let from = walk.resumption {
            // All before what is read next has been looked at.
            let reached = max(last ?? .before(from), walk.nextStart.map { .before($0) } ?? .before(from))
            found.token = SearchToken(place: reached, from: from)
        }
        return found
    }

    private static func earlier(_ a: Int64, _ b: Int64?) -> Int64 { min(a, b ?? a) }
}

/// Which streams of a group are still there: of one that was deleted, segments may lie about for a while.
final class LiveStreams {
    private let records: Records
    private let group: LogGroup
    private var known: [Int64: Bool] = [:]

    init(_ records: Records, _ group: LogGroup) { (self.records, self.group) = (records, group) }

    func has(_ segment: LogSegment) throws(ServiceError) -> Bool {
        if let known = known[segment.streamNumber] { return known }
        let stream = try records.get(LogStream.self, LogStream.key(segment.stream), of: group.uniqueID)
        let isThere = stream?.number == segment.streamNumber
        known[segment.streamNumber] = isThere
        return isThere
    }
}

/// Where a search has come to, and from when on it has to read again to go on.
struct SearchToken: Equatable {
    let place: EventPlace
    /// Milliseconds since 1970.
    let from: Int64

    init(place: EventPlace, from: Int64) { (self.place, self.from) = (place, from) }

    /// - Throws: InvalidParameterException.
    init(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let place = EventPlace(parts[0]), let from = Int64(parts[1]), from >= 0 else {
            throw .invalidNextToken
        }
        (self.place, self.from) = (place, from)
    }

    var text: String { "\(place.text)-\(from)" }
}
