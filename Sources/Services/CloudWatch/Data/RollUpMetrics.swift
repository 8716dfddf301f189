import Ledger
import MetricMath
import Platform
import Wire

/// Puts an account's data together that have got too old to be kept as finely as they came, and forgets the oldest.
///
/// It does the work for the rows that are due, the oldest first, and comes back when others are, as long as there are data in the
/// account and Region.
struct RollUpMetrics: Job {
    static let kind = "CloudWatch::RollUpMetrics"
    /// There is one in each account and Region that has data.
    static let id = "all"
    /// Seconds from one to the next, at least.
    static let pause = 3600.0
    /// Rows in one transaction.
    private static let portion = 100

    func run(_ context: JobContext) async throws(ServiceError) {
        let now = Int64(context.environment.now())
        for resolution in Resolution.allCases {
            while try await step(resolution, context.scope, context.environment, now) {}
        }
        while try await forgetHistory(context.scope, context.environment, now) {}
        try await context.finish { (records) throws(ServiceError) in try Self.schedule(records, now: now) }
    }

    /// Schedules the next one for when something is due, if there is anything; at most one an hour.
    private static func schedule(_ records: MutableRecords, now: Int64) throws(ServiceError) {
        var due: [Int64] = []
        for resolution in Resolution.allCases {
            let oldest = try records.list(
                DataRow.self, by: DataRow.byEnd, of: DataRow.partition(resolution), limit: 1)
            due += oldest.map { $0.end + resolution.retention }
        }
        due += try records.list(StoredHistoryItem.self, limit: 1).map { $0.time / 1000 + StoredHistoryItem.retention }
        guard let first = due.min() else { return }
        try records.schedule(RollUpMetrics(), id: id, at: max(Double(first), Double(now) + pause))
    }

    /// - Returns: whether there may be more.
    private func step(
        _ resolution: Resolution, _ scope: Scope, _ environment: Environment, _ now: Int64
    ) async throws(ServiceError) -> Bool {
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            let oldest = try records.list(
                DataRow.self, by: DataRow.byEnd, of: DataRow.partition(resolution), limit: Self.portion)
            let due = oldest.filter { $0.end <= now - resolution.retention }
            var rows: [RowKey: DataRow] = [:]
            for row in due {
                _ = try records.delete(DataRow.self, row.key, of: row.partition)
                guard let next = resolution.next else {
                    try forgetMetric(row.metric, records, now)
                    continue
                }
                for (time, set) in row.times {
                    let start = next.rowStart(time)
                    let key = DataRow.key(row.metric, row.unit, start)
                    if rows[key] == nil {
                        rows[key] =
                            try records.get(DataRow.self, key, of: DataRow.partition(next))
                            ?? DataRow(next, metric: row.metric, unit: row.unit, start: start)
                    }
                    rows[key]?.add(set, at: time)
                }
            }
            for row in rows.values { try records.put(row) }
            return due.count == Self.portion
        }
    }

    /// A metric whose newest data are too old is forgotten with them.
    private func forgetMetric(_ number: Int64, _ records: MutableRecords, _ now: Int64) throws(ServiceError) {
        let range = RowIndexRange(RowPrefix(.number(number)))
        guard let metric = try records.list(StoredMetric.self, by: StoredMetric.byNumber, range, limit: 1).first,
            metric.newest <= now - Resolution.hour.retention
        else { return }
        _ = try records.delete(metric)
    }

    private func forgetHistory(
        _ scope: Scope, _ environment: Environment, _ now: Int64
    ) async throws(ServiceError) -> Bool {
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            let oldest = try records.list(StoredHistoryItem.self, limit: Self.portion)
            let due = oldest.filter { $0.time <= (now - StoredHistoryItem.retention) * 1000 }
            for item in due { _ = try records.delete(item) }
            return due.count == Self.portion
        }
    }
}
