import CloudWatchLogsAPI
import Ledger
import LogQueries
import Platform
import Wire

// What has become of queries. <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetQueryResults.html>

extension ServiceError {
    fileprivate static func noSuchQuery(_ id: String) -> ServiceError {
        CloudWatchLogs.Failure.resourceNotFoundException("Query \(id) does not exist.")
    }
}

extension LogQuery {
    /// Whether its results show what is masked. One that this version can't read may do so.
    fileprivate var unmasks: Bool { (try? QueryPlan(text))?.unmasks ?? true }
}

extension RecordReading {
    /// - Throws: ResourceNotFoundException.
    fileprivate func logQuery(_ id: String) throws(ServiceError) -> LogQuery {
        guard let query = try get(LogQuery.self, id) else { throw .noSuchQuery(id) }
        return query
    }
}

extension CloudWatchLogs.GetQueryResults: ReadOperation {
    /// Bytes of one answer.
    private static let mostBytes = 8 << 20

    /// Its own action on each log group of the query; of a query that is not there, on any. Results that show what is masked take
    /// the permission to see that.
    public static func access(_ input: Input, _ call: Call) async throws(ServiceError) -> Authorization {
        let id = input.queryId
        let query = try await call.environment.read(call.scope) { (records) throws(ServiceError) in
            try records.get(LogQuery.self, id)
        }
        let names = (query?.groups ?? []).map { group in
            LogGroupName(account: group.account, region: call.region, name: group.name)
        }
        let unmasks = query?.unmasks == true
        return .required(
            (names.isEmpty ? [LogGroupName("*", call)] : names).flatMap { name in
                [call.logsAccess(name.policyARN)] + (unmasks ? [call.unmasking(name)] : [])
            })
    }

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let query = try records.logQuery(input.queryId)
        let most = input.maxItems.flatMap { $0 > 0 ? $0 : nil } ?? 10_000
        var place = try input.nextToken.map { text throws(ServiceError) in try ResultToken(text) } ?? ResultToken()
        var (results, size): ([[CloudWatchLogs.ResultField]], Int) = ([], 0)
        var next: ResultToken?
        reading: while query.rowCount > 0 {
            let found = try records.list(
                LogQueryRows.self, of: query.id, RowRange(after: .key(RowKey(.number(place.part - 1)))), limit: 1)
            guard let part = found.first, part.first == place.part else { break }
            for number in place.row..<max(place.row, part.rows.count) {
                guard results.count < most, size <= mostBytes || results.isEmpty else {
                    next = ResultToken(part: part.first, row: number)
                    break reading
                }
                let row = part.rows[number]
                size += row.reduce(0) { $0 + $1.utf8.count }
                results.append(
                    stride(from: 0, to: row.count - 1, by: 2).map { index in
                        CloudWatchLogs.ResultField {
                            $0.field = row[index]
                            $0.value = row[index + 1]
                        }
                    })
            }
            place = ResultToken(part: part.first + Int64(part.rows.count), row: 0)
        }
        let (rows, token) = (results, next)
        return Output {
            $0.queryLanguage = "CWLI"
            $0.status = query.status.rawValue
            $0.results = rows
            $0.nextToken = token?.text
            $0.statistics = CloudWatchLogs.QueryStatistics {
                $0.recordsMatched = Double(query.recordsMatched)
                $0.recordsScanned = Double(query.recordsScanned)
                $0.bytesScanned = Double(query.bytesScanned)
                $0.estimatedRecordsSkipped = 0
                $0.estimatedBytesSkipped = 0
                $0.logGroupsScanned = query.status == .complete ? Double(query.groups.count) : 0
            }
        }
    }
}

/// Where the next page of a result begins: in which part of it, and at which row of that.
private struct ResultToken {
    var part: Int64 = 0
    var row = 0

    init(part: Int64 = 0, row: Int = 0) { (self.part, self.row) = (part, row) }

    /// - Throws: InvalidParameterException.
    init(_ text: String) throws(ServiceError) {
        let numbers = text.split(separator: "-", omittingEmptySubsequences: false)
        guard numbers.count == 2, let part = Int64(numbers[0]), let row = Int(numbers[1]), part >= 0,
            (0...100_000).contains(row)
        else { throw .invalidNextToken }
        self.init(part: part, row: row)
    }

    var text: String { "\(part)-\(row)" }
}

extension CloudWatchLogs.StopQuery: WriteOperation, OnAllLogs {
    public static func handle(_ input: Input, _ call: Call, _ records: MutableRecords) throws(ServiceError) -> Output {
        var query = try records.logQuery(input.queryId)
        guard query.status.isActive else {
            throw .invalidParameter("Query \(query.id) is not running.")
        }
        query.status = .cancelled
        query.milliseconds = Int(((call.time - query.created) * 1000).rounded(.down).clamped)
        try records.put(query)
        return Output { $0.success = true }
    }
}

extension Double {
    /// What an Int can hold, and is no less than zero.
    fileprivate var clamped: Double { Swift.min(Swift.max(self, 0), 1e15) }
}

extension CloudWatchLogs.DescribeQueries: ReadOperation, OnAllLogs {
    private static let most = 1000

    /// The latest first.
    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        var queries: [LogQuery]
        if let group = input.logGroupName {
            queries = try records.referrers(LogQuery.self, LogQuery.ofGroup, to: group)
        } else {
            queries = try records.list(LogQuery.self)
        }
        queries = queries.filter { query in
            (input.status.map { $0 == query.status.rawValue } ?? true)
                && input.queryLanguage.map { $0 == "CWLI" } ?? true
        }.sorted { $0.id > $1.id }
        let paging = try LogsPage.paging(token: input.nextToken, limit: nil)
        var rest = queries[...]
        if let after = paging.after { rest = rest.drop { $0.id >= after } }
        let shown = Array(rest.prefix(min(input.maxResults ?? most, most)))
        let marker = rest.count > shown.count ? shown.last.map { Paging.marker(after: $0.id) } : nil
        return Output {
            $0.queries = shown.map { query in
                CloudWatchLogs.QueryInfo {
                    $0.queryLanguage = "CWLI"
                    $0.queryId = query.id
                    $0.queryString = query.text
                    $0.status = query.status.rawValue
                    $0.createTime = Int(milliseconds(query.created))
                    $0.logGroupName = query.groups.first?.name
                    $0.queryDuration = query.milliseconds
                    $0.bytesScanned = Double(query.bytesScanned)
                    $0.userIdentity = query.principal
                }
            }
            $0.nextToken = marker
        }
    }
}
