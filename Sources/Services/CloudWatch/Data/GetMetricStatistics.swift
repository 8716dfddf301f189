import CloudWatchAPI
import MetricMath
import Platform
import Wire

/// Statistics of one metric, period by period.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricStatistics.html>
extension CloudWatch.GetMetricStatistics: ReadOperation, OnAllOfCloudWatch {
    /// Of an answer.
    private static let mostDatapoints: Int64 = 1440

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        let times = try QueryTimes(input.startTime, input.endTime, now: call.time)
        let period = Int64(input.period)
        try times.check(period: period, "Period")
        let (plain, extended) = (input.statistics ?? [], input.extendedStatistics ?? [])
        guard !plain.isEmpty || !extended.isEmpty else {
            throw CloudWatch.Failure.missingParameter("Must specify either Statistics or ExtendedStatistics")
        }
        var statistics: [(name: String, statistic: Statistic)] = []
        for name in extended {
            guard let statistic = Statistic(name), statistic.needsValues else {
                throw .invalidValue("The value \(name) for parameter ExtendedStatistics.member.1 is not supported.")
            }
            statistics.append((name, statistic))
        }
        let start = times.start(period)
        let asked = times.end > start ? (times.end - start + period - 1) / period : 0
        guard asked <= mostDatapoints else {
            throw .combination(
                "You have requested up to \(asked) datapoints, which exceeds the limit of 1,440. You may reduce the"
                    + " datapoints requested by increasing Period, or decreasing the time range.")
        }
        let identity = MetricIdentity(
            input.namespace, input.metricName, (input.dimensions ?? []).map(MetricDimension.init))
        let reader = MetricReader(records: records)
        var points: [CloudWatch.Datapoint] = []
        let units: [String]
        if let unit = input.unit { units = [unit] } else { units = try reader.units(of: identity) }
        for unit in units {
            for (time, set) in try reader.sets(of: identity, unit: unit, from: start, to: times.end, period: period) {
                let point = point(time, set, unit, plain, statistics)
                if let point { points.append(point) }
            }
        }
        return Output {
            $0.label = input.metricName
            $0.datapoints = points
        }
    }

    private static func point(
        _ time: Int64, _ set: MetricMath.StatisticSet, _ unit: String, _ plain: [String],
        _ extended: [(name: String, statistic: Statistic)]
    ) -> CloudWatch.Datapoint? {
        var values: [String: Double] = [:]
        for (name, statistic) in extended { values[name] = set.value(of: statistic) }
        // A data point that has none of what is asked for is none.
        guard !plain.isEmpty || !values.isEmpty else { return nil }
        return CloudWatch.Datapoint {
            $0.timestamp = Timestamp(secondsSinceEpoch: Double(time))
            $0.unit = unit
            for name in plain {
                guard let statistic = Statistic(name), let value = set.value(of: statistic) else { continue }
                switch statistic {
                case .sampleCount: $0.sampleCount = value
                case .average: $0.average = value
                case .sum: $0.sum = value
                case .minimum: $0.minimum = value
                default: $0.maximum = value
                }
            }
            if !values.isEmpty { $0.extendedStatistics = values }
        }
    }
}

/// The time that data are asked of, as AWS rounds it.
struct QueryTimes {
    private let asked: Int64
    /// Seconds since 1970; what is at it does not count.
    let end: Int64
    private let now: Int64

    /// - Throws: InvalidParameterValue unless the start is before the end.
    init(_ start: Timestamp, _ end: Timestamp, now: Double) throws(ServiceError) {
        guard start < end else {
            throw .invalidValue("The parameter StartTime must be less than the parameter EndTime.")
        }
        let times = [start.secondsSinceEpoch.rounded(.down), end.secondsSinceEpoch.rounded(.up)].map { seconds in
            // Of times before 1970, and after those of any clock, there are no data.
            Int64(max(0, min(seconds, 1e11)))
        }
        (asked, self.end) = (times[0], times[1])
        self.now = Int64(now)
    }

    /// The beginning of the first period: to the minute, to five minutes or an hour for what is older.
    func start(_ period: Int64) -> Int64 {
        if period < 60 { return floor(asked, to: max(1, period)) }
        let age = now - asked
        if age > Resolution.fiveMinutes.retention { return floor(asked, to: 3600) }
        if age > Resolution.minute.retention { return floor(asked, to: 300) }
        return floor(asked, to: 60)
    }

    /// - Throws: InvalidParameterValue for a period that there is not.
    func check(period: Int64, _ member: String) throws(ServiceError) {
        guard [1, 5, 10, 20, 30].contains(period) || (period > 0 && period % 60 == 0) else {
            throw .invalidValue("The parameter \(member) must be 1, 5, 10, 20, 30, or a multiple of 60.")
        }
    }
}
