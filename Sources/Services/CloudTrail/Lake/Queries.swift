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
    init(statement error: LakeQueryError) {
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
    fileprivate func need(onQuery id: String?, _ store: String?, owner: String?) async throws(ServiceError)
        -> Authorization
    {
        var names: [EventDataStoreName] = []
        if let store { names.append(try EventDataStoreName(store, self, owner: owner)) }
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

    /// The last query that was run by an alias, and in a refresh, if one is named.
    fileprivate func lastQuery(
        alias: String, refresh: String?, _ records: Records
    ) throws(ServiceError) -> StoredQuery? {
        try records.referrers(StoredQuery.self, StoredQuery.ofAlias, to: alias).last {
            refresh == nil || $0.refreshID == refresh
        }
    }
}

/// A query that can begin.
public struct QueryDraft: Sendable {
    let statement: String
    /// The ARNs of the event data stores.
    let stores: [String]
    /// The account that has them, if that is not the caller's.
    let owner: String?
    /// Where the bucket is that the result goes to.
    let deliveryRegion: String?
}

extension CloudTrail.StartQuery: PreparedWriteOperation {
    /// How long a query and its result are kept.
    private static let kept = 7.0 * 86_400

    /// What is asked: a statement, or the one of a widget with its parameters.
    private static func text(_ input: Input, _ call: Call) throws(ServiceError) -> String {
        switch (input.queryStatement, input.queryAlias) {
        case (let text?, nil):
            guard input.queryParameters == nil else { throw .parameter("QueryParameters are for a QueryAlias.") }
            return text
        case (nil, let alias?):
            guard let widget = call.environment.lake.widget(alias, in: call.scope) else {
                throw .parameter("The QueryAlias \(alias) is of no widget of a dashboard of this account and Region.")
            }
            return try widget.statement(with: input.queryParameters ?? [])
        default: throw .parameter("A query needs either a QueryStatement or a QueryAlias.")
        }
    }

    public static func access(_ input: Input, _ call: Call) throws(ServiceError) -> Authorization {
        .required(
            try LakeStatement(try text(input, call), at: call.time).stores.map { id throws(ServiceError) in
                call.need(on: try EventDataStoreName(id, call, owner: input.eventDataStoreOwnerAccountId))
            })
    }

    public static func prepare(_ input: Input, _ call: Call) async throws(ServiceError) -> QueryDraft {
        let text = try text(input, call)
        let statement = try LakeStatement(text, at: call.time)
        var stores: [EventDataStore] = []
        for id in statement.stores {
            let store = try call.seenStore(id, owner: input.eventDataStoreOwnerAccountId, sharing: true)
            guard store.status != .pendingDeletion else { throw .inactiveStore }
            if let key = store.kmsKeyID { _ = try await store.checkKey(key, call) }
            stores.append(store)
        }
        // SQLite has to understand it.
        do throws(LakeQueryError) { _ = try QuerySandbox(statement) } catch { throw ServiceError(statement: error) }
        var region: String?
        if let uri = input.deliveryS3Uri, let store = stores.first {
            region = try await QueryDelivery.check(uri, for: store.arn, call)
        }
        return QueryDraft(
            statement: text, stores: stores.map(\.arn), owner: input.eventDataStoreOwnerAccountId,
            deliveryRegion: region)
    }

    public static func handle(
        _ input: Input, _ draft: QueryDraft, _ call: Call, _ records: MutableRecords
    ) throws(ServiceError) -> Output {
        let quota = call.quotas[.concurrentQueries]
        guard try records.referrerCount(StoredQuery.active, to: StoredQuery.active) < quota else {
            throw CloudTrail.Failure.maxConcurrentQueriesException(
                "You are already running the maximum number of concurrent queries. The maximum number of concurrent"
                    + " queries is \(quota). Wait a minute for some queries to finish, and then run the query again.")
        }
        var query = StoredQuery(
            id: call.requestID, statement: draft.statement, stores: draft.stores, created: call.time)
        (query.alias, query.owner) = (input.queryAlias, draft.owner)
        if let region = draft.deliveryRegion {
            (query.deliveryURI, query.deliveryRegion, query.deliveryStatus) = (input.deliveryS3Uri, region, .pending)
        }
        try records.put(query)
        try records.schedule(RunQuery(), id: query.id, at: call.time)
        try records.schedule(ForgetQuery(), id: query.id, at: call.time + kept)
        return Output {
            $0.queryId = query.id
            $0.eventDataStoreOwnerAccountId = query.owner
        }
    }
}

extension CloudTrail.DescribeQuery: ReadOperation {
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        var id = input.queryId
        if let alias = input.queryAlias {
            guard id == nil else { throw .parameter("DescribeQuery takes a QueryId or a QueryAlias, but not both.") }
            let refresh = input.refreshId
            id = try await call.environment.read(call.scope) { (records) throws(ServiceError) in
                try call.lastQuery(alias: alias, refresh: refresh, records)?.id
            }
        } else {
            guard id != nil else { throw .parameter("DescribeQuery needs a QueryId or a QueryAlias.") }
            guard input.refreshId == nil else { throw .parameter("RefreshId is for a QueryAlias.") }
        }
        return try await call.need(
            onQuery: id, input.eventDataStore, owner: input.eventDataStoreOwnerAccountId)
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let found: StoredQuery?
        if let alias = input.queryAlias {
            found = try call.lastQuery(alias: alias, refresh: input.refreshId, records)
        } else {
            found = try records.get(StoredQuery.self, input.queryId ?? "")
        }
        guard let query = found else { throw .unknownQuery }
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
            $0.deliveryS3Uri = query.deliveryURI
            $0.deliveryStatus = query.deliveryStatus?.rawValue
            $0.eventDataStoreOwnerAccountId = query.owner
        }
    }
}

extension CloudTrail.GetQueryResults: ReadOperation {
    private static let usual = 1000

    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        try await call.need(
            onQuery: input.queryId, input.eventDataStore, owner: input.eventDataStoreOwnerAccountId)
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
        let store = try call.seenStore(input.eventDataStore, sharing: true)
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
        try await call.need(
            onQuery: input.queryId, input.eventDataStore, owner: input.eventDataStoreOwnerAccountId)
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
        if query.deliveryStatus == .pending { query.deliveryStatus = .cancelled }
        try records.put(query)
        return Output {
            $0.queryId = query.id
            $0.queryStatus = query.status.rawValue
        }
    }
}
