import CloudWatchLogsAPI
import Ledger
import LogQueries
import Platform
import Wire

extension Quota {
    /// Of an account, in a Region.
    /// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html>
    static let concurrentLogQueries = Quota("ConcurrentLogQueries", 30)
}

extension ServiceError {
    /// What StartQuery says of a text that is no query, or none that is run here.
    init(_ problem: QueryProblem) {
        guard problem.kind == .malformed else {
            self = .notImplemented(problem.message)
            return
        }
        self = CloudWatchLogs.Failure.malformedQueryException(problem.message)
        let details = CloudWatchLogs.QueryCompileError {
            $0.message = problem.message
            $0.location = CloudWatchLogs.QueryCompileErrorLocation {
                $0.startCharOffset = problem.location.lowerBound
                $0.endCharOffset = problem.location.upperBound
            }
        }
        members["queryCompileError"] = .structure(details.structure)
    }
}

/// A query as a request wants it.
struct AskedQuery: Sendable {
    /// Log groups of one query.
    private static let mostGroups = 50
    private static let mostSelected = 10_000

    let plan: QueryPlan
    let groups: [LogGroupName]

    /// - Throws: MalformedQueryException, InvalidParameterException, NotImplemented.
    init(_ input: CloudWatchLogs.StartQuery.Input, _ call: Call) throws(ServiceError) {
        guard input.queryLanguage == nil || input.queryLanguage == "CWLI" else {
            throw .notImplemented("Gatehouse runs queries in the language CWLI, and in no other.")
        }
        do throws(QueryProblem) { plan = try QueryPlan(input.queryString) } catch { throw ServiceError(error) }
        let ways = [input.logGroupName != nil, input.logGroupNames != nil, input.logGroupIdentifiers != nil]
        guard ways.count(where: { $0 }) == (plan.source == nil ? 1 : 0) else {
            throw .invalidParameter(
                "Exactly one of logGroupName, logGroupNames, logGroupIdentifiers and SOURCE has to be specified.")
        }
        if let source = plan.source {
            groups = try Self.selected(by: source, call)
            return
        }
        var named = (input.logGroupNames ?? input.logGroupName.map { [$0] } ?? []).map { LogGroupName($0, call) }
        for identifier in input.logGroupIdentifiers ?? [] {
            named.append(try LogGroupName(identifier: identifier, call))
        }
        guard (1...Self.mostGroups).contains(named.count) else {
            throw .invalidParameter("A query has to have 1 to \(Self.mostGroups) log groups.")
        }
        groups = named
    }

    private static func selected(by source: LogSource, _ call: Call) throws(ServiceError) -> [LogGroupName] {
        guard source.accounts?.allSatisfy({ $0 == call.accountID }) ?? true else {
            throw .notImplemented("Gatehouse has no monitoring accounts: ask each account for its events.")
        }
        let classes = source.classes ?? ["STANDARD"]
        let found = call.environment.projection(LogsIndex.self).groups(in: call.scope).filter { group in
            classes.contains(group.logClass)
                && (source.prefixes?.contains { group.name.utf8.starts(with: $0.utf8) } ?? true)
        }
        guard found.count <= mostSelected else {
            throw .invalidParameter("The query selects more than \(mostSelected) log groups.")
        }
        return found.map(\.reference)
    }
}

/// Starts a query, which then runs beside all requests.
/// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_StartQuery.html>
extension CloudWatchLogs.StartQuery: WriteOperation {
    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        let asked = try AskedQuery(input, call)
        guard !asked.groups.isEmpty else { return .required(call.logsAccess(LogGroupName("", call).policyARN)) }
        return .required(
            asked.groups.flatMap { name in
                [call.logsAccess(name.policyARN)] + (asked.plan.unmasks ? [call.unmasking(name)] : [])
            })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        let asked = try AskedQuery(input, call)
        guard input.startTime <= input.endTime else {
            throw .invalidParameter("The start time of a query has to be before its end time.")
        }
        let (start, end) = (Self.milliseconds(input.startTime), Self.milliseconds(input.endTime))
        var isAnyThere = asked.groups.isEmpty
        for name in asked.groups {
            let group = try records.logGroup(name)
            guard group.logClass != "DELIVERY" else {
                throw .invalidParameter("Queries of log groups of the class DELIVERY are not supported.")
            }
            isAnyThere = isAnyThere || end >= group.firstKept(at: call.time)
        }
        guard isAnyThere else {
            throw CloudWatchLogs.Failure.malformedQueryException(
                "Query's end date and time is either before the log groups creation time or exceeds the log groups log "
                    + "retention settings ([\(input.startTime),\(input.endTime)])")
        }
        let quota = call.quotas[.concurrentLogQueries]
        guard try records.referrerCount(LogQuery.active, to: LogQuery.active) < quota else {
            throw CloudWatchLogs.Failure.limitExceededException(
                "Account maximum query concurrency limit of [\(quota)] reached.")
        }
        let query = LogQuery(
            id: call.requestID, text: input.queryString,
            groups: asked.groups.map { LogQuery.Group(account: $0.account, name: $0.name) }, start: start,
            end: end + 999, limit: input.limit, created: call.time, principal: call.caller.arn)
        try records.put(query)
        try records.schedule(RunLogQuery(), id: query.id, at: call.time)
        try records.schedule(ForgetLogQuery(), id: query.id, at: call.time + LogQuery.kept)
        return Output { $0.queryId = query.id }
    }

    /// Of seconds; what no clock shows is the end of time.
    private static func milliseconds(_ seconds: Int) -> Int64 {
        Int64(min(max(0, seconds), Int(Int64.max / 2000))) * 1000
    }
}

extension Call {
    /// What shows what is masked.
    func unmasking(_ name: LogGroupName) -> Access { Access("logs:Unmask", on: name.policyARN) }
}
