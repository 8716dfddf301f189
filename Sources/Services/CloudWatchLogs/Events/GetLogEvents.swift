import CloudWatchLogsAPI
import Ledger
import Platform
import Wire

/// What one page of events has at most.
enum EventPage {
    /// Events, unless a request wants fewer.
    static let most = 10_000
    /// Bytes of messages.
    static let mostBytes = 1 << 20
    /// Bytes of segments, as they are stored, that a search reads before it answers with what it has.
    static let mostRead = 8 << 20
}

/// The events of one stream, from its beginning or from its end.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html>
extension CloudWatchLogs.GetLogEvents: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let name = try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier)
        return .required(
            [call.logsAccess(name.arn(ofStream: input.logStreamName))]
                + (input.unmask == true ? [call.unmasking(name)] : []))
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let name = try call.logGroup(name: input.logGroupName, identifier: input.logGroupIdentifier)
        let environment = call.environment
        guard let group = environment.projection(LogsIndex.self).group(name) else { throw .noSuchLogGroup }
        let token = try input.nextToken.map { text throws(ServiceError) in try StreamToken(text) }
        let keys = try await environment.projection(LogKeys.self).keys(of: group, environment)
        let start = max(Int64(input.startTime ?? 0), group.firstKept(at: call.time))
        // The end itself does not belong to it.
        let end = input.endTime.map { Int64($0) } ?? .max
        let isForward = token?.isForward ?? (input.startFromHead == true)
        let limit = min(input.limit ?? EventPage.most, EventPage.most)
        let streamName = input.logStreamName
        let (events, next) = try await environment.read(name.scope) {
            (records) throws(ServiceError) -> ([KeptEvent], Resumption?) in
            let stream = try records.logStream(streamName, of: group)
            guard start < end else { return ([], nil) }
            let from = isForward ? max(start, token?.place.time ?? start) : min(end - 1, token?.place.time ?? end - 1)
            var walk = EventWalk(
                records, group, stream: stream.number, from: from, to: end, resumption: token?.from,
                known: token?.place, isReversed: !isForward, keys: keys
            ) { _ in true }
            var (found, bytes): ([KeptEvent], Int) = ([], 0)
            // What the next page begins with.
            var next: KeptEvent?
            while let event = try walk.next() {
                if let place = token?.place, isForward ? event.place <= place : event.place >= place { continue }
                if isForward ? event.place.time < start : event.place.time >= end { continue }
                if isForward ? event.place.time >= end : event.place.time < start { break }
                bytes += event.message.count
                guard found.count < limit, bytes <= EventPage.mostBytes || found.isEmpty else {
                    next = event
                    break
                }
                found.append(event)
            }
            // At the end, what comes later may begin before what was read.
            let resumption = try next.map { (next) throws(ServiceError) in
                let merges = try records.lastMerge(of: group.uniqueID)
                guard isForward else {
                    return Resumption(time: max(next.segmentEnd, walk.resumptionBack ?? 0), merges: merges)
                }
                return Resumption(min(next.segment, walk.resumption ?? next.segment), merges: merges)
            }
            return (isForward ? found : found.reversed(), resumption)
        }
        let usual = token?.place ?? .before(start)
        return Output {
            $0.events = events.map { event in
                CloudWatchLogs.OutputLogEvent {
                    $0.timestamp = Int(event.place.time)
                    $0.message = event.text(unmasked: input.unmask == true)
                    $0.ingestionTime = Int(event.ingestion)
                }
            }
            $0.nextForwardToken =
                StreamToken(
                    isForward: true, place: events.last?.place ?? usual, from: isForward ? next : nil
                ).text
            $0.nextBackwardToken =
                StreamToken(
                    isForward: false, place: events.first?.place ?? usual, from: isForward ? nil : next
                ).text
        }
    }
}

/// Where a page of a stream's events ends, and in which direction it goes on: `f/31132…/s`. Within a stream, it also knows from where
/// on segments have to be read again: `f/31132…-1764510000000-5-17-0/s`, or on the way back `b/31132…-1764510000000-0/s`.
struct StreamToken: Equatable {
    let isForward: Bool
    let place: EventPlace
    /// nil: from the place on.
    let from: Resumption?

    init(isForward: Bool, place: EventPlace, from: Resumption? = nil) {
        (self.isForward, self.place, self.from) = (isForward, place, from)
    }

    /// - Throws: InvalidParameterException.
    init(_ text: String) throws(ServiceError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "f" || parts[0] == "b", parts[2] == "s" else { throw .invalidNextToken }
        let numbers = parts[1].split(separator: "-", omittingEmptySubsequences: false)
        guard let first = numbers.first, let place = EventPlace(first) else { throw .invalidNextToken }
        var from: Resumption?
        if numbers.count > 1 {
            guard let read = Resumption(numbers.dropFirst()) else { throw .invalidNextToken }
            from = read
        }
        self.init(isForward: parts[0] == "f", place: place, from: from)
    }

    var text: String {
        "\(isForward ? "f" : "b")/\(place.text)\(from.map { "-\($0.text)" } ?? "")/s"
    }
}
