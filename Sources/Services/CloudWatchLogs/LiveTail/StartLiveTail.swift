import CloudWatchLogsAPI
import LogPatterns
import Platform
import Wire

/// Events of groups as they come in, each second, for three hours at most.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartLiveTail.html>
extension CloudWatchLogs.StartLiveTail: ComputeOperation {
    /// Sessions of an account.
    private static var most: Int { 15 }
    /// Seconds.
    private static var longest: Double { 3 * 3600 }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try input.logGroupIdentifiers.map { (identifier) throws(ServiceError) in
                call.logsAccess(try LogGroupName(identifier: identifier, call).policyARN)
            })
    }

    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let (environment, start) = (call.environment, call.time)
        let session = try session(input, call)
        let tails = environment.projection(LiveTails.self)
        guard tails.open(session, most: most) else {
            throw CloudWatchLogs.Failure.limitExceededException("Resource limit exceeded.")
        }
        let feed = LiveTailFeed(session: session, start: try first(session, input, call))
        let stream = BodyStream(length: nil) { () async throws(ServiceError) in
            // A server that stops ends it within a second.
            guard !environment.ending.hasBegun else { return nil }
            return await feed.next(isTimeOver: environment.now() - start > longest)
        } onStop: {
            tails.close(session)
        }
        var output = Output().structure
        output[member: 0] = .stream(stream)
        return Output(output)
    }

    private static func session(_ input: Input, _ call: Call) throws(ServiceError) -> LiveTailSession {
        guard input.logStreamNames == nil || input.logStreamNamePrefixes == nil else {
            throw .invalidParameter("logStreamNames and logStreamNamePrefixes can't be specified both.")
        }
        guard input.logGroupIdentifiers.count == 1 || input.logStreamNames == nil && input.logStreamNamePrefixes == nil
        else {
            throw .invalidParameter("Log streams can be specified for one log group only.")
        }
        var groups: [String: String] = [:]
        for identifier in input.logGroupIdentifiers {
            let name = try LogGroupName(identifier: identifier, call)
            guard let group = call.environment.projection(LogsIndex.self).group(name) else { throw .noSuchLogGroup }
            guard group.logClass == "STANDARD" else {
                throw CloudWatchLogs.Failure.invalidOperationException(
                    "Live Tail is for log groups of the class STANDARD.")
            }
            groups[group.uniqueID] = identifier
        }
        return LiveTailSession(
            id: RequestIDs.make(time: call.time), account: call.accountID, groups: groups, names: input.logStreamNames,
            prefixes: input.logStreamNamePrefixes,
            pattern: try input.logEventFilterPattern.map { (text) throws(ServiceError) in
                try FilterPattern(parameter: text)
            })
    }

    /// What comes before all events.
    private static func first(
        _ session: LiveTailSession, _ input: Input, _ call: Call
    ) throws(ServiceError) -> [UInt8] {
        let start = CloudWatchLogs.LiveTailSessionStart {
            $0.requestId = call.requestID
            $0.sessionId = session.id
            $0.logGroupIdentifiers = input.logGroupIdentifiers
            $0.logStreamNames = input.logStreamNames ?? []
            $0.logStreamNamePrefixes = input.logStreamNamePrefixes ?? []
            $0.logEventFilterPattern = input.logEventFilterPattern ?? ""
        }
        return EventStreamMessage.event("initial-response", Array("{}".utf8)).bytes
            + EventStreamMessage.event("sessionStart", Array(start.structure.json.utf8)).bytes
    }
}

/// What a session's client reads.
private actor LiveTailFeed {
    private let session: LiveTailSession
    private var start: [UInt8]?
    private var isOver = false

    init(session: LiveTailSession, start: [UInt8]) { (self.session, self.start) = (session, start) }

    /// nil: it is over.
    func next(isTimeOver: Bool) async -> [UInt8]? {
        if let bytes = start {
            start = nil
            return bytes
        }
        guard !isOver else { return nil }
        guard !isTimeOver else {
            isOver = true
            return EventStreamMessage.exception("SessionTimeoutException", "The Live Tail session has timed out.").bytes
        }
        guard let (events, isSampled) = await session.next() else { return nil }
        let update = CloudWatchLogs.LiveTailSessionUpdate {
            $0.sessionMetadata = CloudWatchLogs.LiveTailSessionMetadata { $0.sampled = isSampled }
            $0.sessionResults = events.map { event in
                CloudWatchLogs.LiveTailSessionLogEvent {
                    $0.logStreamName = event.stream
                    $0.logGroupIdentifier = event.group
                    $0.message = event.message
                    $0.timestamp = Int(event.time)
                    $0.ingestionTime = Int(event.ingestion)
                }
            }
        }
        return EventStreamMessage.event("sessionUpdate", Array(update.structure.json.utf8)).bytes
    }
}
