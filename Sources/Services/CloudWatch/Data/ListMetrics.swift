import CloudWatchAPI
import FoundationEssentials
import Ledger
import Platform
import Wire

/// The metrics that there are data of, in the order of namespaces and names.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_ListMetrics.html>
extension CloudWatch.ListMetrics: ReadOperation, OnAllOfCloudWatch {
    /// Of a page.
    private static let limit = 500
    /// So many metrics are looked at for a page, however few of them are asked for: then the page ends early.
    private static let most = 20_000
    /// Seconds without data, after which a metric is not listed.
    private static let memory: Int64 = 14 * 86_400

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.includeLinkedAccounts != true, input.owningAccount.map({ $0 == call.accountID }) ?? true else {
            throw .notImplemented(
                "Gatehouse has no monitoring accounts: it lists the metrics of the caller's own account.")
        }
        let isRecent = try recent(input)
        let oldest = Int64(call.time) - (isRecent ? 3 * 3600 : memory)
        let start = try input.nextToken.map { token throws(ServiceError) in try MetricPlace(token) }
        let walk = MetricWalk(records: records, namespace: input.namespace, name: input.metricName)
        var found: [StoredMetric] = []
        var (after, seen) = (start, 0)
        while true {
            let rows = try walk.rows(after: after, limit: limit)
            for row in rows {
                after = MetricPlace(row)
                seen += 1
                // Data of the hour may be as new as its end.
                guard row.newest + 3600 > oldest, matches(row, input) else { continue }
                found.append(row)
                if found.count == limit { return output(found, next: after) }
            }
            guard rows.count == limit else { return output(found, next: nil) }
            if seen >= most { return output(found, next: after) }
        }
    }

    private static func recent(_ input: Input) throws(ServiceError) -> Bool {
        guard let recentlyActive = input.recentlyActive else { return false }
        guard recentlyActive == "PT3H" else {
            throw .invalidValue(
                "The value \(recentlyActive) for parameter RecentlyActive is invalid. The only valid value is PT3H.")
        }
        return true
    }

    private static func output(_ metrics: [StoredMetric], next: MetricPlace?) -> Output {
        Output {
            $0.metrics = metrics.map(\.identity.view)
            $0.nextToken = next?.token
        }
    }

    private static func matches(_ row: StoredMetric, _ input: Input) -> Bool {
        if let name = input.metricName, name != row.identity.name { return false }
        return (input.dimensions ?? []).allSatisfy { filter in
            row.identity.dimensions.contains { $0.name == filter.name && (filter.value ?? $0.value) == $0.value }
        }
    }
}

/// The metrics of an account and Region, of a namespace or a name or both, by the index that has them.
struct MetricWalk<Reading: RecordReading> {
    let records: Reading
    let namespace: String?
    let name: String?

    /// - Complexity: logarithmic, and the rows.
    func rows(after: MetricPlace?, limit: Int) throws(ServiceError) -> [StoredMetric] {
        switch (namespace, name) {
        case (let namespace?, let name?):
            return try list(RowPrefix(.text(namespace), .text(name)), after, limit)
        case (let namespace?, nil): return try list(RowPrefix(.text(namespace)), after, limit)
        case (nil, nil): return try list(.none, after, limit)
        case (nil, let name?):
            var range = RowIndexRange(RowPrefix(.text(name)))
            range.after = after.map { ($0.name, $0.key) }
            return try records.list(StoredMetric.self, by: StoredMetric.byName, range, limit: limit)
        }
    }

    private func list(_ prefix: RowPrefix, _ after: MetricPlace?, _ limit: Int) throws(ServiceError) -> [StoredMetric] {
        try records.list(StoredMetric.self, RowRange(prefix, after: after.map { .key($0.key) }), limit: limit)
    }
}

/// Where a list of metrics goes on: after a metric that may be forgotten by then.
struct MetricPlace {
    fileprivate let key: RowKey
    /// Its place among all metrics by their names.
    fileprivate let name: RowKey

    init(_ row: StoredMetric) { (key, name) = (row.key, row.nameKey) }

    init(_ token: String) throws(ServiceError) {
        let parts = token.split(separator: ".").compactMap { Data(base64Encoded: String($0)) }
        guard parts.count == 2, parts.allSatisfy({ $0.count <= RowKey.mostBytes }) else { throw .invalidToken }
        (key, name) = (RowKey(bytes: Array(parts[0])), RowKey(bytes: Array(parts[1])))
    }

    var token: String {
        [key, name].map { Data($0.bytes).base64EncodedString() }.joined(separator: ".")
    }
}
