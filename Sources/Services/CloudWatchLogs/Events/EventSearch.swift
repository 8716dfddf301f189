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
        try self.init(input, of: group, at: call.time)
    }

    /// - Throws: InvalidParameterException.
    init(
        _ input: CloudWatchLogs.FilterLogEvents.Input, of group: LogGroup, at time: Double
    ) throws(ServiceError) {
        self.group = group
        guard input.logStreamNames == nil || input.logStreamNamePrefix == nil else {
            throw .invalidParameter("logStreamNames and logStreamNamePrefix can't be specified both.")
        }
        pattern = try input.filterPattern.map { text throws(ServiceError) in try FilterPattern(parameter: text) }
        start = max(Int64(input.startTime ?? 0), group.firstKept(at: time))
        end = input.endTime.map { Int64($0) } ?? .max
        limit = min(input.pageLimit ?? EventPage.most, EventPage.most)
        names = input.logStreamNames
        prefix = input.logStreamNamePrefix
        token = try input.pageToken.map { text throws(ServiceError) in try SearchToken(text) }
        unmasks = input.unmask == true
    }

    /// - Parameter mostRead: bytes of segments, as they are stored, that are read, about.
    func run(
        _ records: Records, keys: [SymmetricKey?], mostRead: Int = EventPage.mostRead
    ) throws(ServiceError) -> Found {
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
            known: token?.place, keys: keys, mostBytes: mostRead
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
                    let from = min(event.segment, walk.resumption ?? event.segment)
                    found.token = try last.map { last throws(ServiceError) in try token(last, from, records) }
                    return found
                }
                found.events.append(event)
            }
            last = event.place
        }
        if walk.isCutShort, let from = walk.resumption {
            // All before what is read next has been looked at.
            found.token = try token(max(last ?? from.before, (walk.nextPlace ?? from).before), from, records)
        }
        return found
    }

    private func token(
        _ place: EventPlace, _ from: LogSegment.Place, _ records: Records
    ) throws(ServiceError) -> SearchToken {
        SearchToken(place: place, from: Resumption(from, merges: try records.lastMerge(of: group.uniqueID)))
    }
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

/// Where a search has come to, and from where on it has to read again to go on.
struct SearchToken: Equatable {
    let place: EventPlace
    let from: Resumption

    init(place: EventPlace, from: Resumption) { (self.place, self.from) = (place, from) }

    /// - Throws: InvalidParameterException.
    init(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard let place = EventPlace(parts[0]), let from = Resumption(parts.dropFirst()) else {
            throw .invalidNextToken
        }
        (self.place, self.from) = (place, from)
    }

    var text: String { "\(place.text)-\(from.text)" }
}
