import CloudTrailAPI
import LakeQuery
import Ledger
import Platform
import Wire

// Asking, and showing what has become of it.

extension Quota {
    /// Of an account, in a Region.
    /// <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/WhatIsCloudTrail-Limits.html>
    static let concurrentQueries = Quota("ConcurrentQueries", 10)
}

extension ServiceError {
    /// What StartQuery says of a statement.
    fileprivate init(statement error: LakeQueryError) {
        switch error {
        case .statement(let message): self = CloudTrail.Failure.invalidQueryStatementException(message)
        default: self = .internalFailure
        }
    }

    fileprivate static var unknownQuery: ServiceError {
        CloudTrail.Failure.queryIdNotFoundException("The query ID does not exist or does not map to a query.")
    }
}

extension LakeStatement {
    /// - Throws: InvalidQueryStatementException.
    init(_ text: String, at time: Double) throws(ServiceError) {
        do throws(LakeQueryError) {
            try self.init(text, now: RequestIDs.milliseconds(time))
        } catch {
            throw ServiceError(statement: error)
        }
    }
}

extension Call {
    /// What a request about a query needs: its own action on the event data stores of the query. Of a query that is not
    /// there, on any.
    fileprivate func need(onQuery id: String?, _ store: String?) async throws(ServiceError) -> Authorization {
        var names: [EventDataStoreName] = []
        if let store { names.append(try EventDataStoreName(store, self)) }
        if let id {
            let query = try await environment.read(scope) { (records) throws(ServiceError) in
                try records.get(StoredQuery.self, id)
            }
            for arn in query?.stores ?? [] where !names.contains(where: { $0.arn == arn }) {
                names.append(try EventDataStoreName(arn, self))
            }
        }
        if names.isEmpty { names = [EventDataStoreName(id: "*", account: accountID, region: region)] }
        return .required(names.map { need(on: $0) })
    }
}

extension CloudTrail.StartQuery: PreparedWriteOperation {
    /// How long a query and its result are kept.
    private static let kept = 7.0 * 86_400

    private static func statement(_ input: Input, _ call: Call) throws(ServiceError) -> LakeStatement {
        guard let text = input.queryStatement else {
            throw .parameter(
                input.queryAlias == nil
                    ? "A query needs a QueryStatement."
                    : "QueryAlias is for the queries of dashboards alone, which Gatehouse does not have.")
        }
        return try LakeStatement(text, at: call.time)
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try statement(input, call).stores.map { id throws(ServiceError) in
                call.need(on: try EventDataStoreName(id, call))
            })
    }

    /// - Returns: the ARNs of the event data stores.
    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> [String] {
        guard input.deliveryS3Uri == nil else {
            throw .parameter(
                "Gatehouse delivers no query results to S3 yet: leave out DeliveryS3Uri, and call GetQueryResults.")
        }
        let statement = try statement(input, call)
        var arns: [String] = []
        for id in statement.stores {
            let store = try call.seenStore(id)
            guard store.accountID == call.accountID || call.isTrailAdministrator else { throw .notManagementAccount }
            guard store.status != .pendingDeletion else { throw .inactiveStore }
            if let key = store.kmsKeyID { _ = try await store.checkKey(key, call) }
            arns.append(store.arn)
        }
        // SQLite has to understand it.
        do throws(LakeQueryError) { _ = try QuerySandbox(statement) } catch { throw ServiceError(statement: error) }
        return arns
    }

    public static func handle(
        _ input: Input, _ stores: [String], _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let quota = call.quotas[.concurrentQueries]
        guard try records.referrerCount(StoredQuery.active, to: StoredQuery.active) < quota else {
            throw CloudTrail.Failure.maxConcurrentQueriesException(
                "You are already running the maximum number of concurrent queries. The maximum number of concurrent"
                    + " queries is \(quota). Wait a minute for some queries to finish, and then run the query again.")
        }
        let query = StoredQuery(
            id: call.requestID, statement: input.queryStatement ?? "", stores: stores, created: call.time)
        try records.put(query)
        try records.schedule(RunQuery(), id: query.id, at: call.time)
        try records.schedule(ForgetQuery(), id: query.id, at: call.time + kept)
        return Output { $0.queryId = query.id }
    }
}

extension CloudTrail.DescribeQuery: ReadOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        guard input.queryId != nil else {
            throw .parameter("DescribeQuery needs a QueryId: Gatehouse has no dashboards, whose queries have an alias.")
        }
        return try await call.need(onQuery: input.queryId, input.eventDataStore)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let query = try records.get(StoredQuery.self, input.queryId ?? "") else { throw .unknownQuery }
        return Output {
            $0.queryId = query.id
            $0.queryString = query.statement
            $0.queryStatus = query.status.rawValue
            $0.queryStatistics = CloudTrail.QueryStatisticsForDescribeQuery {
                $0.eventsMatched = query.rowCount
                $0.eventsScanned = Int(query.eventsScanned)
                $0.bytesScanned = Int(query.bytesScanned)
                $0.executionTimeInMillis = query.milliseconds
                $0.creationTime = Timestamp(secondsSinceEpoch: query.created)
            }
            $0.errorMessage = query.error
        }
    }
}

extension CloudTrail.GetQueryResults: ReadOperation {
    private static let usual = 1000

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.need(onQuery: input.queryId, input.eventDataStore)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard let query = try records.get(StoredQuery.self, input.queryId) else { throw .unknownQuery }
        let paging = try Paging(lake: input.nextToken, input.maxQueryResults ?? usual)
        guard let start = paging.after.map({ Int($0) }) ?? 0, (0...query.rowCount).contains(start) else {
            throw CloudTrail.Failure.invalidNextTokenException("The specified token is invalid.")
        }
        let end = min(query.rowCount, start + paging.limit)
        var rows: [[[String: String]]] = []
        var next = Int64(start - start % QueryRows.count)
        while next < end {
            guard let part = try records.get(QueryRows.self, RowKey(.number(next)), of: query.id) else {
                throw .internalFailure
            }
            for (index, row) in part.rows.enumerated() where (start..<end).contains(Int(next) + index) {
                rows.append(zip(query.columns, row).map { [$0: $1] })
            }
            next += Int64(QueryRows.count)
        }
        let page = rows
        return Output {
            $0.queryStatus = query.status.rawValue
            $0.queryStatistics = CloudTrail.QueryStatistics {
                $0.resultsCount = page.count
                $0.totalResultsCount = query.rowCount
                $0.bytesScanned = Int(query.bytesScanned)
            }
            $0.queryResultRows = page
            $0.nextToken = end < query.rowCount ? Paging.marker(after: String(end)) : nil
            $0.errorMessage = query.error
        }
    }
}

extension CloudTrail.ListQueries: ReadOperation, OnEventDataStore {
    /// The account's own of the last seven days, the latest first.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let store = try call.seenStore(input.eventDataStore)
        if let start = input.startTime, let end = input.endTime, start > end {
            throw CloudTrail.Failure.invalidDateRangeException(
                "The start time is later than the end time, or the range is otherwise invalid.")
        }
        let found = try records.referrers(StoredQuery.self, StoredQuery.ofStore, to: store.arn).filter { query in
            (input.queryStatus ?? query.status.rawValue) == query.status.rawValue
                && query.created >= input.startTime?.secondsSinceEpoch ?? 0
                && query.created <= input.endTime?.secondsSinceEpoch ?? .infinity
        }
        let paging = try Paging(lake: input.nextToken, input.maxResults)
        var rest = found.reversed()[...]
        if let after = paging.after { rest = rest.drop { $0.id >= after } }
        let shown = Array(rest.prefix(paging.limit))
        let marker = rest.count > shown.count ? shown.last.map { Paging.marker(after: $0.id) } : nil
        return Output(Page(items: shown, marker: marker)) { query in
            CloudTrail.Query {
                $0.queryId = query.id
                $0.queryStatus = query.status.rawValue
                $0.creationTime = Timestamp(secondsSinceEpoch: query.created)
            }
        }
    }
}

extension CloudTrail.CancelQuery: WriteOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.need(onQuery: input.queryId, input.eventDataStore)
    }

    public static func handle(
        _ input: Input, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        guard var query = try records.get(StoredQuery.self, input.queryId) else { throw .unknownQuery }
        guard query.status.isActive else {
            throw CloudTrail.Failure.inactiveQueryException(
                "The specified query cannot be canceled because it is in the FINISHED, FAILED, TIMED_OUT, or CANCELLED"
                    + " state.")
        }
        query.status = .cancelled
        try records.put(query)
        return Output {
            $0.queryId = query.id
            $0.queryStatus = query.status.rawValue
        }
    }
}
