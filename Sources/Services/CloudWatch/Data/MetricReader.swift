import Ledger
import MetricMath
import Platform
import Wire

/// Reads data points of one account and Region.
struct MetricReader<Reading: RecordReading> {
    let records: Reading

    /// The units of a metric's data points; empty: there is no such metric.
    func units(of identity: MetricIdentity) throws(ServiceError) -> [String] {
        try records.get(StoredMetric.self, identity.key)?.units ?? []
    }

    /// What was observed of a metric in each period: from the start on, as far as there is something.
    /// - Parameters:
    ///   - unit: nil: of all units together.
    ///   - start: the beginning of the first period, in seconds since 1970.
    ///   - end: the end of the last one.
    ///   - period: in seconds, at least 1.
    /// - Complexity: the rows of that time.
    func sets(
        of identity: MetricIdentity, unit: String?, from start: Int64, to end: Int64, period: Int64
    ) throws(ServiceError) -> [(time: Int64, set: StatisticSet)] {
        guard start < end, period > 0, let metric = try records.get(StoredMetric.self, identity.key) else { return [] }
        let units = unit.map { unit in metric.units.contains(unit) ? [unit] : [] } ?? metric.units
        var sets: [Int64: StatisticSet] = [:]
        // What is kept more coarsely than is asked for can't be divided.
        for resolution in Resolution.allCases where period % resolution.step == 0 {
            for unit in units {
                try walk(resolution, metric.number, unit, start, end) { time, set in
                    let begin = start + (time - start) / period * period
                    if sets[begin] == nil { sets[begin] = set } else { sets[begin]?.add(set) }
                }
            }
        }
        return sets.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    private func walk(
        _ resolution: Resolution, _ metric: Int64, _ unit: String, _ start: Int64, _ end: Int64,
        _ take: (Int64, StatisticSet) -> Void
    ) throws(ServiceError) {
        let portion = 64
        let partition = DataRow.partition(resolution)
        var after = DataRow.key(metric, unit, resolution.rowStart(start) - 1)
        while true {
            let rows = try records.list(
                DataRow.self, of: partition, RowRange(RowPrefix(.number(metric), .text(unit)), after: .key(after)),
                limit: portion)
            for row in rows {
                guard row.start < end else { return }
                for (time, set) in row.times where time >= start && time < end { take(time, set) }
            }
            guard rows.count == portion, let last = rows.last else { return }
            after = last.key
        }
    }
}
