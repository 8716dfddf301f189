import Ledger
import MetricMath
import Platform
import Wire

/// A data point on its way into the tables.
struct NewDatum: Sendable {
    let metric: MetricIdentity
    let unit: String
    /// Seconds since 1970.
    let time: Int64
    let set: StatisticSet
    /// Whether it is kept to the second.
    var isHighResolution = false
}

/// Puts data points of one account and Region into the tables, in one transaction: each row is read and written once.
struct MetricStore {
    let records: MutableRecords
    /// Seconds since 1970.
    let now: Int64

    private struct Place: Hashable {
        let resolution: Resolution
        let metric: Int64
        let unit: String
        let start: Int64
    }

    /// - Complexity: a row read and written for each metric and span among the data points, whatever else there is.
    func put(_ data: [NewDatum]) throws(ServiceError) {
        guard !data.isEmpty else { return }
        var metrics: [MetricIdentity: StoredMetric] = [:]
        var changed: Set<MetricIdentity> = []
        var rows: [Place: DataRow] = [:]
        for datum in data {
            var metric: StoredMetric
            if let known = metrics[datum.metric] {
                metric = known
            } else if let stored = try records.get(StoredMetric.self, datum.metric.key) {
                metric = stored
            } else {
                metric = StoredMetric(
                    identity: datum.metric, number: Int64.random(in: 1 ... .max), units: [], newest: .min)
            }
            let hour = floor(datum.time, to: 3600)
            if metric.newest < hour || !metric.units.contains(datum.unit) {
                metric.newest = max(metric.newest, hour)
                if !metric.units.contains(datum.unit) { metric.units.append(datum.unit) }
                changed.insert(datum.metric)
            }
            metrics[datum.metric] = metric
            let isFine = datum.isHighResolution && datum.time > now - Resolution.second.retention
            let resolution = isFine ? Resolution.second : .minute
            let place = Place(
                resolution: resolution, metric: metric.number, unit: datum.unit,
                start: resolution.rowStart(datum.time))
            try row(at: place, in: &rows)
            rows[place]?.add(datum.set, at: datum.time)
        }
        for identity in changed { if let metric = metrics[identity] { try records.put(metric) } }
        for row in rows.values { try records.put(row) }
        let due = rows.values.map { $0.end + $0.resolution.retention }.min() ?? now
        let wanted = Double(max(due, now)) + RollUpMetrics.pause
        if let scheduled = try records.scheduledTime(of: RollUpMetrics.self, id: RollUpMetrics.id),
            scheduled <= wanted
        {
            return
        }
        try records.schedule(RollUpMetrics(), id: RollUpMetrics.id, at: wanted)
    }

    private func row(at place: Place, in rows: inout [Place: DataRow]) throws(ServiceError) {
        guard rows[place] == nil else { return }
        let key = DataRow.key(place.metric, place.unit, place.start)
        rows[place] =
            try records.get(DataRow.self, key, of: DataRow.partition(place.resolution))
            ?? DataRow(place.resolution, metric: place.metric, unit: place.unit, start: place.start)
    }

    /// What other services publish; see `MutableRecords.publish`.
    static func take(
        _ data: [MetricData], _ records: MutableRecords, _ environment: Environment
    ) throws(ServiceError) {
        let now = Int64(environment.now())
        let new = data.compactMap { datum -> NewDatum? in
            let observations = datum.observations.filter { MetricLimits.isAllowed($0.value) && $0.count > 0 }
            guard let set = StatisticSet(observations.map { .init($0.value, $0.count) }),
                let time = Int64(exactly: datum.time.rounded(.down)), time > now - MetricLimits.past,
                time < now + MetricLimits.future
            else { return nil }
            return NewDatum(
                metric: MetricIdentity(datum.namespace, datum.name, datum.dimensions), unit: datum.unit, time: time,
                set: set)
        }
        try MetricStore(records: records, now: now).put(new)
    }
}

/// What data points may be.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDatum.html>
enum MetricLimits {
    /// Seconds that a data point may be old: two weeks.
    static let past: Int64 = 14 * 86_400
    /// Seconds that it may be early: two hours.
    static let future: Int64 = 2 * 3600
    /// The largest value, of either sign.
    private static let largest = Double(sign: .plus, exponent: 360, significand: 1)

    static func isAllowed(_ value: Double) -> Bool { abs(value) <= largest }
}
