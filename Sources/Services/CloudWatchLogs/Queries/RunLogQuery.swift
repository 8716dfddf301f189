import Ledger
import LogQueries
import Platform
import Wire

/// Runs the query of its id: portion by portion, between which whatever else there is to do is done, and after each of which it sees
/// whether it is still wanted.
struct RunLogQuery: Job {
    static let kind = "Logs::RunQuery"
    /// So that a short one need not wait for a long one.
    static let concurrency = 4
    static let share = 2
    /// What keeps failing for reasons of Gatehouse's own fails for good then.
    private static let mostAttempts = 3
    /// Rows that `unnest` makes between looks at whether the query is still wanted.
    private static let unnestedAtATime = 100_000

    /// Why a query has ended before it was at its end.
    private enum End: Error {
        case cancelled, timeout, tooLarge
        case failure(ServiceError)
    }

    func run(_ context: JobContext) async throws(ServiceError) {
        let (environment, id) = (context.environment, context.id)
        let query = try await environment.write(context.scope, requestID: "") { (records) throws(ServiceError) in
            guard var query = try records.get(LogQuery.self, id), query.status.isActive else { return LogQuery?.none }
            query.status = .running
            try records.put(query)
            return query
        }
        guard var query else { return }
        let start = ContinuousClock.now
        var result: [QueryRun.Row] = []
        do throws(End) {
            result = try await rows(of: &query, since: start, context)
            query.status = .complete
        } catch {
            switch error {
            case .cancelled: return
            case .timeout: query.status = .timeout
            case .tooLarge: query.status = .failed
            case .failure(let error):
                guard error.status < 500 || context.attempts >= Self.mostAttempts else { throw error }
                query.status = .failed
            }
        }
        let spent = start.duration(to: .now).components
        query.milliseconds = Int(spent.seconds) * 1000 + Int(spent.attoseconds / 1_000_000_000_000_000)
        query.rowCount = result.count
        let (ended, parts) = (query, LogQueryRows.parts(of: result, query: id))
        try await context.finish { (records) throws(ServiceError) in
            // It may have been stopped, or forgotten, meanwhile.
            guard let now = try records.get(LogQuery.self, id), now.status.isActive else { return }
            try records.put(ended)
            for part in parts { try records.put(part) }
        }
    }

    private func rows(
        of query: inout LogQuery, since start: ContinuousClock.Instant, _ context: JobContext
    ) async throws(End) -> [QueryRun.Row] {
        let environment = context.environment
        // It could be read when it was asked.
        guard let plan = try? QueryPlan(query.text) else { throw .failure(.internalFailure) }
        var run = QueryRun(
            plan, QueryContext(now: milliseconds(query.created), start: query.start, end: query.end), limit: query.limit
        )
        // Nothing has an index of other fields than those that all events have.
        let groups = plan.unindexedField == nil ? query.groups : []
        for group in groups {
            let name = LogGroupName(account: group.account, region: context.scope.region, name: group.name)
            guard let group = environment.projection(LogsIndex.self).group(name) else { continue }
            do throws(ServiceError) {
                var reader = try await GroupReader(group, from: query.start, to: query.end, environment)
                while let events = try await reader.next() {
                    var looked = run.rowsUnnested
                    for event in events {
                        do throws(QueryTooLarge) {
                            try run.take(event.queried(of: name, unmasked: plan.unmasks))
                        } catch { throw ServiceError.queryTooLarge }
                        if run.rowsUnnested - looked >= Self.unnestedAtATime {
                            looked = run.rowsUnnested
                            try await look(since: start, context)
                        }
                    }
                    try await look(since: start, context)
                    if run.isDone { break }
                }
            } catch {
                switch error.code {
                case ServiceError.queryTooLarge.code: throw .tooLarge
                case ServiceError.queryStopped.code: throw .cancelled
                case ServiceError.queryTooLong.code: throw .timeout
                default: throw .failure(error)
                }
            }
            if run.isDone { break }
        }
        (query.recordsMatched, query.recordsScanned) = (run.recordsMatched, run.recordsScanned)
        query.bytesScanned = run.bytesScanned
        do throws(QueryTooLarge) { return try run.finish() } catch { throw .tooLarge }
    }
}

extension RunLogQuery {
    /// Lets others go on, and ends a query that is stopped or too long.
    private func look(since start: ContinuousClock.Instant, _ context: JobContext) async throws(ServiceError) {
        let id = context.id
        let isWanted = try await context.environment.read(context.scope) { (records) throws(ServiceError) in
            try records.get(LogQuery.self, id)?.status.isActive ?? false
        }
        guard isWanted else { throw ServiceError.queryStopped }
        guard start.duration(to: .now) < .seconds(LogQuery.longest) else { throw ServiceError.queryTooLong }
        await Task.yield()
    }
}

extension ServiceError {
    // Never sent.
    fileprivate static var queryTooLarge: ServiceError { ServiceError("QueryTooLarge", "") }
    fileprivate static var queryStopped: ServiceError { ServiceError("QueryStopped", "") }
    fileprivate static var queryTooLong: ServiceError { ServiceError("QueryTooLong", "") }
}

extension LogGroupName {
    /// As queries show it: `@log`.
    fileprivate var shownName: String { "\(account):\(name)" }
}

extension KeptEvent {
    /// As a query sees it.
    func queried(of group: LogGroupName, unmasked: Bool) -> QueriedEvent {
        QueriedEvent(
            timestamp: place.time, ingestion: ingestion, message: unmasked ? original : message, stream: stream,
            log: group.shownName, pointer: LogPointer(group: group, place: place).text)
    }
}

/// Deletes the query of its id, with its result.
struct ForgetLogQuery: Job {
    static let kind = "Logs::ForgetQuery"

    func run(_ context: JobContext) async throws(ServiceError) {
        let id = context.id
        var count: Int
        repeat {
            count = try await context.environment.write(context.scope, requestID: "") {
                (records) throws(ServiceError) in
                try records.deleteAll(LogQueryRows.self, of: id)
            }
        } while count == 256
        try await context.finish { (records) throws(ServiceError) in
            if let query = try records.get(LogQuery.self, id) { try records.delete(query) }
        }
    }
}
