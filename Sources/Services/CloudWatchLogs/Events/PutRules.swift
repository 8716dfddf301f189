import CloudWatchLogsAPI
import Platform
import Wire

/// What a batch of events has to be.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html>
struct PutRules: Sendable {
    /// Bytes of a batch: its messages in UTF-8, and for each event ``overhead``.
    static let mostBytes = 1_048_576
    static let overhead = 26
    /// Milliseconds between the first and the last event.
    private static let span: Int64 = 86_400_000
    /// Milliseconds that an event may be ahead of the clock, and behind it.
    private static let ahead: Int64 = 2 * 3_600_000
    private static let behind: Int64 = 14 * 86_400_000

    /// The events that are taken.
    let accepted: ArraySlice<NewEvent>
    /// How many at the beginning were too old for CloudWatch Logs, or for the group's retention.
    let tooOld: Int
    let expired: Int
    /// Where those begin that are too far in the future; nil: none is.
    let tooNew: Int?

    /// - Throws: InvalidParameterException for a batch of which nothing is taken because of its form.
    init(_ events: [NewEvent], of group: LogGroup, at time: Double) throws(ServiceError) {
        try Self.check(events)
        let now = milliseconds(time)
        tooOld = events.prefix { $0.timestamp < now - Self.behind }.count
        let firstKept = group.firstKept(at: time)
        expired = events.prefix { $0.timestamp < firstKept }.count
        let new = events.firstIndex { $0.timestamp > now + Self.ahead }
        tooNew = new
        let start = max(tooOld, expired)
        accepted = events[start..<max(start, new ?? events.count)]
    }

    private static func check(_ events: [NewEvent]) throws(ServiceError) {
        var bytes = 0
        for event in events {
            let size = event.message.utf8.count + overhead
            guard size <= mostBytes else {
                throw .invalidParameter("Log event too large: \(size) bytes exceeds limit of \(mostBytes)")
            }
            bytes += size
        }
        guard bytes <= mostBytes else {
            throw .invalidParameter("Upload too large: \(bytes) bytes exceeds limit of \(mostBytes)")
        }
        guard zip(events, events.dropFirst()).allSatisfy({ $0.timestamp <= $1.timestamp }) else {
            throw .invalidParameter("Log events in a single PutLogEvents request must be in chronological order.")
        }
        if let first = events.first, let last = events.last, last.timestamp - first.timestamp > span {
            throw .invalidParameter(
                "The batch of log events in a single PutLogEvents request cannot span more than 24 hours.")
        }
    }

    /// What the answer says of events that were not taken; nil: all were.
    var rejected: CloudWatchLogs.RejectedLogEventsInfo? {
        guard tooOld > 0 || expired > 0 || tooNew != nil else { return nil }
        return CloudWatchLogs.RejectedLogEventsInfo {
            $0.tooNewLogEventStartIndex = tooNew
            $0.tooOldLogEventEndIndex = tooOld > 0 ? tooOld : nil
            $0.expiredLogEventEndIndex = expired > 0 ? expired : nil
        }
    }

    /// The accepted events, cut where the hour changes.
    var hours: [ArraySlice<NewEvent>] {
        var hours: [ArraySlice<NewEvent>] = []
        var rest = accepted
        while let first = rest.first {
            let hour = first.timestamp / LogSegment.span
            let part = rest.prefix { $0.timestamp / LogSegment.span == hour }
            hours.append(part)
            rest = rest.dropFirst(part.count)
        }
        return hours
    }
}
