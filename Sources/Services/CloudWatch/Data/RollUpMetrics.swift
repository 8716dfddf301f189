import Ledger
import MetricMath
import Platform
import Wire

/// Puts an account's data together that have got too old to be kept as finely as they came, and forgets the oldest.
///
/// It does the work for the rows that are due, the oldest first, and comes back for others, as long as there are data in the
/// account and Region.
struct RollUpMetrics: Job {
    static let kind = "CloudWatch::RollUpMetrics"
    /// There is one in each account and Region that has data.
    static let id = "all"
    /// Seconds from one to the next.
    static let pause = 3600.0
    /// Rows in one transaction.
    private static let portion = 100

    func run(_ context: JobContext) async throws(ServiceError) {
        let now = Int64(context.environment.now())
        for resolution in Resolution.allCases {
            while try await step(resolution, context.scope, context.environment, now) {}
        }
        while try await forgetHistory(context.scope, context.environment, now) {}
        try await context.finish { (records) throws(ServiceError) in
            for resolution in Resolution.allCases {
                let rows = try records.count(DataRow.self, of: DataRow.partition(resolution))
                guard rows == 0 else {
                    try records.schedule(RollUpMetrics(), id: Self.id, at: Double(now) + Self.pause)
                    return
                }
            }
        }
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
                guard let next = resolution.next else { continue }
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

    private func forgetHistory(
        _ scope: Scope, _ environment: Environment, _ now: Int64
    ) async throws(ServiceError) -> Bool {
        try await environment.write(scope, requestID: "") { (records) throws(ServiceError) in
            let oldest = try records.list(StoredHistoryItem.self, limit: Self.portion)
            let due = oldest.filter { $0.time < (now - StoredHistoryItem.retention) * 1000 }
            for item in due { _ = try records.delete(item) }
            return due.count == Self.portion
        }
    }
}
