import CloudTrailAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

// Showing Insights events, and the counts that they were found in.

/// Insights events that are asked for.
struct InsightQuery: Sendable {
    let account: String
    let region: String
    let start: Timestamp?
    let end: Timestamp?
    /// `EventId`, `EventName`, `EventSource`
    let attribute: (name: String, value: String)?
    let limit: Int
    let token: String?

    /// Rows, at a time.
    private static let rows = 200

    /// The newest first.
    /// - Throws: InvalidNextTokenException.
    func page(_ environment: Environment) async throws(ServiceError) -> (events: [CloudTrail.Event], next: String?) {
        let prefix = RowPrefix(.text(account), .text(region))
        var after: RowKey?
        if let token {
            guard let bytes = Data(base64Encoded: token) else {
                throw CloudTrail.Failure.invalidNextTokenException("The specified token is invalid.")
            }
            after = RowKey(bytes: Array(bytes))
        }
        let oldest = environment.now() - ForgetOldEvents.historySeconds
        let from = max(start?.secondsSinceEpoch ?? oldest, oldest) * 1000
        let to = (end?.secondsSinceEpoch ?? .infinity) * 1000
        var found: [InsightEvent] = []
        while true {
            let range = RowRange(prefix, after: after.map { .key($0) })
            let rows = try await environment.read(InsightEvent.scope) { (records) throws(ServiceError) in
                try records.list(InsightEvent.self, range, limit: Self.rows)
            }
            for row in rows {
                guard Double(row.time) >= from else { return (found.map(CloudTrail.Event.init), nil) }
                guard Double(row.time) <= to, matches(row) else { continue }
                guard found.count < limit else {
                    let next = found.last.map { Data($0.key.bytes).base64EncodedString() }
                    return (found.map(CloudTrail.Event.init), next)
                }
                found.append(row)
            }
            guard rows.count == Self.rows, let last = rows.last else {
                return (found.map(CloudTrail.Event.init), nil)
            }
            after = last.key
        }
    }

    private func matches(_ event: InsightEvent) -> Bool {
        switch attribute?.name {
        case nil: true
        case "EventId": event.id == attribute?.value
        case "EventName": event.name == attribute?.value
        case "EventSource": event.source == attribute?.value
        default: false
        }
    }
}

extension CloudTrail.Event {
    fileprivate init(_ event: InsightEvent) {
        self.init()
        eventId = event.id
        eventName = event.name
        eventTime = Timestamp(secondsSinceEpoch: (Double(event.time) / 1000).rounded(.down))
        eventSource = event.source
        resources = []
        cloudTrailEvent = event.body
    }
}

extension CloudTrail.ListInsightsData: ComputeOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(call.need(on: try TrailName(arn: input.insightSource)))
    }

    /// Of the trail's accounts the caller's own are shown, in the Region of the request.
    public static func handle(_ input: Input, _ call: Call) async throws(ServiceError) -> Output {
        let trail = try call.insightTrail(TrailName(arn: input.insightSource))
        guard !trail.insights.isEmpty else { throw .parameter(ServiceError.noInsights(.trail(trail)).message) }
        if let start = input.startTime, let end = input.endTime, start > end {
            throw .parameter("The start time is later than the end time, or the range is otherwise invalid.")
        }
        let dimensions = input.dimensions ?? [:]
        guard dimensions.count <= 1 else { throw .parameter("You can only specify one dimension.") }
        let query = InsightQuery(
            account: call.accountID, region: call.region, start: input.startTime, end: input.endTime,
            attribute: dimensions.first.map { ($0.key, $0.value) }, limit: input.maxResults ?? 50,
            token: input.nextToken)
        do throws(ServiceError) {
            let (events, next) = try await query.page(call.environment)
            return Output {
                $0.events = events
                $0.nextToken = next
            }
        } catch {
            // This operation has no error of its own for it.
            guard error.code == "InvalidNextTokenException" else { throw error }
            throw .parameter(error.message)
        }
    }
}

extension Call {
    /// A trail whose Insights are asked for. The operations that ask have no error of their own for one that is not there.
    /// - Throws: InvalidParameterException.
    fileprivate func insightTrail(_ name: TrailName) throws(ServiceError) -> Trail {
        do throws(ServiceError) { return try seen(name) } catch { throw .parameter(error.message) }
    }
}

extension CloudTrail.ListInsightsMetricData: ReadOperation {
    /// AWS links it to other actions: LookupEvents, and of a trail ListInsightsData.
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        var needs = [Access("cloudtrail:LookupEvents", on: "*")]
        if let name = input.trailName {
            needs.append(
                Access(
                    "cloudtrail:ListInsightsData", on: try TrailName(name, call).arn, resourceAccount: call.accountID))
        }
        return .required(needs)
    }

    /// Days that data points are there for, by their seconds.
    private static let periods: [Int: Double] = [60: 15, 300: 63, 3600: 90]

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let period = input.period ?? 3600
        guard let days = periods[period] else { throw .parameter("Period is 60, 300 or 3600 seconds, not \(period).") }
        guard let type = InsightType(rawValue: input.insightType) else { throw .parameter("InsightType is invalid.") }
        guard (type == .errorRate) == (input.errorCode != nil) else {
            throw .parameter(
                type == .errorRate
                    ? "ErrorCode is required with ApiErrorRateInsight." : "ErrorCode is for ApiErrorRateInsight alone.")
        }
        let end = input.endTime?.secondsSinceEpoch ?? call.time
        let start = max(input.startTime?.secondsSinceEpoch ?? 0, call.time - days * 86_400)
        guard start <= end else {
            throw .parameter("The start time is later than the end time, or the range is otherwise invalid.")
        }
        let subject = RateSubject(
            account: call.accountID, region: call.region, type: type, source: input.eventSource, name: input.eventName,
            error: input.errorCode)
        let source = try source(input, type, call)
        let limit = input.maxResults ?? 21_600
        let length = Int64(period / 60)
        // The first point that is asked for, and the first that is not.
        var first = Int64((start / Double(period)).rounded(.up)) * length
        if let token = input.nextToken {
            guard let bytes = Data(base64Encoded: token), let text = String(validating: bytes, as: UTF8.self),
                let minute = Int64(text), minute >= first, minute % length == 0
            else { throw .parameter("The specified token is invalid.") }
            first = minute
        }
        let bound = Int64((end / Double(period)).rounded(.up)) * length
        let points = try points(
            of: subject, source, from: first, to: bound, every: length, limit: limit,
            fillsWithZeros: input.dataType == "FillWithZeros", records)
        return Output {
            if input.trailName != nil { $0.trailARN = source.arn }
            $0.eventSource = input.eventSource
            $0.eventName = input.eventName
            $0.insightType = input.insightType
            $0.errorCode = input.errorCode
            $0.timestamps = points.shown.map { Timestamp(secondsSinceEpoch: Double($0.minute * 60)) }
            $0.values = points.shown.map { Double($0.count) }
            $0.nextToken = points.next.map { Data(String($0).utf8).base64EncodedString() }
        }
    }

    /// The trail that counts, or any that does.
    private static func source(_ input: Input, _ type: InsightType, _ call: Call) throws(ServiceError) -> InsightSource
    {
        if let name = input.trailName {
            let trail = try call.insightTrail(TrailName(name, call))
            guard trail.insightWatch != nil else { throw .parameter(ServiceError.noInsights(.trail(trail)).message) }
            return .trail(trail)
        }
        let trails = call.environment.trails.logging.filter { trail in
            trail.insightWatch != nil && call.isSeen(trail) && (trail.isMultiRegion || trail.homeRegion == call.region)
                && trail.insights.contains { $0.type == type }
        }
        guard let trail = trails.first else {
            throw .parameter("No trail of the account has Insights of type \(type.rawValue) enabled in this Region.")
        }
        return .trail(trail)
    }

    /// - Parameters:
    ///   - first: the minute of the first point.
    ///   - bound: the first minute that is not asked for.
    private static func points(
        of subject: RateSubject, _ source: InsightSource, from first: Int64, to bound: Int64, every length: Int64,
        limit: Int, fillsWithZeros: Bool, _ records: Records
    ) throws(ServiceError) -> (shown: [(minute: Int64, count: Int64)], next: Int64?) {
        guard first < bound, let watch = source.watch else { return ([], nil) }
        let rows = try records.of(source.scope).list(
            CallRate.self, of: watch, RowRange(subject.prefix, after: .key(subject.key(first / 60 - 1))),
            limit: Int(clamping: (bound - first) / 60 + 2))
        var counts: [Int64: Int64] = [:]
        for row in rows {
            for (minute, count) in row.minutes {
                counts[(row.hour * 60 + minute) / length * length, default: 0] += count
            }
        }
        var shown: [(minute: Int64, count: Int64)] = []
        for minute in stride(from: first, to: bound, by: Int(length)) {
            let count = counts[minute] ?? 0
            guard fillsWithZeros || count > 0 else { continue }
            guard shown.count < limit else { return (shown, minute) }
            shown.append((minute, count))
        }
        return (shown, nil)
    }
}
