import CloudWatchAPI
import Ledger
import MetricMath
import Platform
import Wire

/// A metric or an expression that GetMetricData or an alarm asks for.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_MetricDataQuery.html>
struct MetricQuery: Codable, Sendable {
    /// A statistic of a metric.
    struct Stat: Codable, Sendable {
        let metric: MetricIdentity
        let period: Int64
        let statistic: String
        let unit: String?
    }

    let id: String
    var stat: Stat?
    var expression: String?
    var label: String?
    var returnsData: Bool
    /// Of an expression; nil: its metrics'.
    var period: Int64?
}

extension MetricQuery {
    /// - Parameter place: as errors name it: `MetricDataQueries.member.1`.
    /// - Throws: ValidationError, and InvalidParameterCombination for a query that is both a metric and an expression, or neither.
    init(_ view: CloudWatch.MetricDataQuery, place: String, _ call: Call) throws(ServiceError) {
        guard let first = view.id.utf8.first, (97...122).contains(first), view.id.utf8.allSatisfy(Self.isOfID) else {
            throw .validation(
                "The value \(view.id) for parameter \(place).Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$."
            )
        }
        if let account = view.accountId, account != call.accountID {
            throw .notImplemented(
                "Gatehouse has no monitoring accounts: metrics are those of the caller's own account.")
        }
        (id, label, returnsData) = (view.id, view.label, view.returnData ?? true)
        switch (view.metricStat, view.expression) {
        case (let stat?, nil):
            guard Statistic(stat.stat) != nil else {
                throw .validation("The value \(stat.stat) for parameter \(place).MetricStat.Stat is not supported.")
            }
            let identity = MetricIdentity(stat.metric)
            guard !identity.namespace.isEmpty, !identity.name.isEmpty else {
                throw .validation("The parameters Namespace and MetricName of \(place).MetricStat.Metric are required.")
            }
            try Self.check(period: stat.period, "\(place).MetricStat.Period")
            self.stat = Stat(metric: identity, period: Int64(stat.period), statistic: stat.stat, unit: stat.unit)
        case (nil, let expression?):
            self.expression = expression
            if let period = view.period {
                try Self.check(period: period, "\(place).Period")
                self.period = Int64(period)
            }
            if Self.isMetricsInsights(expression) {
                throw .notImplemented("Gatehouse has no Metrics Insights queries: use SEARCH, or name the metrics.")
            }
            do throws(MathError) {
                let parsed = try MathExpression(expression)
                if let refused = parsed.functions.intersection(MathExpression.refused).min() {
                    throw MathError("Gatehouse has no function \(refused).")
                }
            } catch {
                throw .validation("Error in expression '\(view.id)': \(error.message)")
            }
        case (.some, .some):
            throw .combination("The parameters \(place).MetricStat and \(place).Expression are mutually exclusive.")
        case (nil, nil):
            throw .validation("Either \(place).MetricStat or \(place).Expression must be specified.")
        }
    }

    private static func isOfID(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
    }

    private static func isMetricsInsights(_ expression: String) -> Bool {
        expression.prefix { $0.isWhitespace || $0.isLetter }.lowercased().split(separator: " ").first == "select"
    }

    private static func check(period: Int, _ member: String) throws(ServiceError) {
        guard [1, 5, 10, 20, 30].contains(period) || (period > 0 && period % 60 == 0) else {
            throw .validation("The parameter \(member) must be 1, 5, 10, 20, 30, or a multiple of 60.")
        }
    }

    /// The queries of a request.
    /// - Throws: as for one; ValidationError for ids that are there twice.
    static func all(
        _ views: [CloudWatch.MetricDataQuery], _ member: String, _ call: Call
    ) throws(ServiceError) -> [MetricQuery] {
        var ids: Set<String> = []
        return try views.enumerated().map { index, view throws(ServiceError) in
            let query = try MetricQuery(view, place: "\(member).member.\(index + 1)", call)
            guard ids.insert(query.id).inserted else {
                throw .validation("The values for parameter id in \(member) are not unique.")
            }
            return query
        }
    }

    var view: CloudWatch.MetricDataQuery {
        CloudWatch.MetricDataQuery {
            $0.id = id
            if let stat {
                $0.metricStat = CloudWatch.MetricStat {
                    $0.metric = stat.metric.view
                    $0.period = Int(stat.period)
                    $0.stat = stat.statistic
                    $0.unit = stat.unit
                }
            }
            $0.expression = expression
            $0.label = label
            $0.returnData = returnsData
            $0.period = period.map { Int($0) }
        }
    }
}

/// Computes what queries ask for, of the data of one account and Region.
struct QueryRun<Reading: RecordReading> {
    let records: Reading
    let queries: [MetricQuery]
    /// The beginning of the first period, for a length of periods; in seconds since 1970.
    let start: (_ period: Int64) -> Int64
    let end: Int64
    private var math: MathEvaluator?

    /// Points that one request may compute with.
    private static var mostPoints: Int64 { 5_000_000 }

    init(_ records: Reading, _ queries: [MetricQuery], end: Int64, start: @escaping (_ period: Int64) -> Int64) {
        (self.records, self.queries, self.end, self.start) = (records, queries, end, start)
    }

    /// The series of a metric, and how many samples each value is of.
    func series(_ query: MetricQuery) throws(ServiceError) -> (series: TimeSeries, sets: [MetricMath.StatisticSet]) {
        guard let stat = query.stat, let statistic = Statistic(stat.statistic) else {
            return (TimeSeries(period: 60, points: []), [])
        }
        let sets = try MetricReader(records: records)
            .sets(of: stat.metric, unit: stat.unit, from: start(stat.period), to: end, period: stat.period)
        var points: [TimeSeries.Point] = []
        var samples: [MetricMath.StatisticSet] = []
        for (time, set) in sets {
            guard let value = set.value(of: statistic) else { continue }
            points.append(.init(time, value))
            samples.append(set)
        }
        return (TimeSeries(label: stat.metric.name, period: stat.period, points: points), samples)
    }

    /// What a query of the request comes to.
    /// - Throws: ValidationError for an expression that can't be computed.
    mutating func value(of query: MetricQuery) throws(ServiceError) -> MathValue {
        guard query.expression != nil else { return .series(try series(query).series) }
        var math: MathEvaluator
        if let known = self.math { math = known } else { math = try prepared() }
        do throws(MathError) {
            let value = try math.value(of: query.id)
            self.math = math
            if case .scalar = value {
                throw MathError("The expression must return a time series, and not a number.")
            }
            return value
        } catch {
            throw .validation("Error in expression '\(query.id)': \(error.message)")
        }
    }

    private func prepared() throws(ServiceError) -> MathEvaluator {
        let metrics = queries.compactMap(\.stat)
        let period = (metrics.map(\.period) + queries.compactMap(\.period)).min() ?? 60
        var points: Int64 = 0
        for metric in metrics { points += max(0, (end - start(metric.period)) / metric.period) }
        guard points <= Self.mostPoints else {
            throw .combination(
                "Expressions of up to \(points) datapoints are more than Gatehouse computes at a time. Increase the period,"
                    + " or decrease the time range.")
        }
        let searching = self
        var math = MathEvaluator(start: start(period), end: end, period: period) {
            (query, statistic, asked) throws(MathError) in
            try searching.search(query, statistic ?? "Average", asked ?? period)
        }
        for query in queries where query.stat != nil { math.add(metric: try series(query).series, id: query.id) }
        for query in queries {
            guard let expression = query.expression else { continue }
            do throws(MathError) { try math.add(expression: expression, id: query.id) } catch {
                throw .validation("Error in expression '\(query.id)': \(error.message)")
            }
        }
        return math
    }

    /// Series that a search finds.
    private static var mostFound: Int { 100 }
    /// Metrics that it looks at.
    private static var mostSeen: Int { 20_000 }

    /// The series of the metrics that a search asks for, in the order of namespaces and names.
    private func search(
        _ text: String, _ statistic: String, _ period: Int64
    ) throws(MathError) -> [TimeSeries] {
        let query = try SearchQuery(text)
        guard Statistic(statistic) != nil else { throw MathError("There is no statistic \(statistic).") }
        let walk = MetricWalk(records: records, namespace: query.namespace, name: query.metricName)
        var (found, seen, points) = ([TimeSeries](), 0, 0)
        var after: MetricPlace?
        do throws(ServiceError) {
            while seen < Self.mostSeen {
                let rows = try walk.rows(after: after, limit: 500)
                for row in rows {
                    after = MetricPlace(row)
                    seen += 1
                    let identity = row.identity
                    let candidate = SearchQuery.Candidate(
                        namespace: identity.namespace, name: identity.name,
                        dimensions: identity.dimensions.map { ($0.name, $0.value) })
                    guard query.matches(candidate) else { continue }
                    let stat = MetricQuery.Stat(metric: identity, period: period, statistic: statistic, unit: nil)
                    var series = try series(MetricQuery(id: "s", stat: stat, returnsData: true)).series
                    series.label = (identity.dimensions.map(\.value) + [identity.name]).joined(separator: " ")
                    points += series.points.count
                    guard points <= Self.mostPoints else {
                        throw ServiceError.validation("it finds too many datapoints: increase the period.")
                    }
                    found.append(series)
                    if found.count == Self.mostFound { return found }
                }
                guard rows.count == 500 else { break }
            }
        } catch {
            throw MathError("The search has failed: \(error.message)")
        }
        return found
    }
}
