import CloudWatchAPI
import MetricMath
import Platform
import Wire

/// Series of metrics and of expressions, page by page.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html>
extension CloudWatch.GetMetricData: ReadOperation, OnAllOfCloudWatch {
    private static let mostQueries = 500
    /// Data points of a page.
    private static let mostDatapoints = 100_800

    public static func handle(_ input: Input, _ call: Call, _ records: Records) throws(ServiceError) -> Output {
        guard input.metricDataQueries.count <= mostQueries else {
            throw .validation("The collection MetricDataQueries must not have a size greater than \(mostQueries).")
        }
        let queries = try MetricQuery.all(input.metricDataQueries, "MetricDataQueries", call)
        let times = try queryTimes(input, call)
        let limit = try limit(input)
        var place = try DataPlace(input.nextToken)
        let returned = queries.filter(\.returnsData)
        guard !returned.isEmpty else { throw .validation("At least one of the queries must return data.") }
        var run = QueryRun(records, queries, end: times.end) { times.start($0) }
        let labels = DynamicLabels(call, input.labelOptions?.timezone)
        let isAscending = input.scanBy == "TimestampAscending"
        var (results, left) = ([CloudWatch.MetricDataResult](), limit)
        while place.query < returned.count {
            let query = returned[place.query]
            let value = try run.value(of: query)
            let all = try series(of: value)
            while place.series < all.count || (all.isEmpty && place.series == 0) {
                let series = place.series < all.count ? all[place.series] : TimeSeries(period: 60, points: [])
                let points = isAscending ? series.points : series.points.reversed()
                let rest = points.dropFirst(place.point)
                let taken = rest.prefix(left)
                let isWhole = taken.count == rest.count
                if !taken.isEmpty || isWhole {
                    results.append(
                        result(
                            query, labels.label(of: query, series, isOne: all.count <= 1), Array(taken),
                            isWhole: isWhole))
                }
                left -= taken.count
                guard isWhole else {
                    place.point += taken.count
                    return output(results, next: place)
                }
                place.point = 0
                place.series += 1
            }
            place = DataPlace(query: place.query + 1)
            if left == 0, place.query < returned.count { return output(results, next: place) }
        }
        return output(results, next: nil)
    }

    private static func queryTimes(_ input: Input, _ call: Call) throws(ServiceError) -> QueryTimes {
        guard input.startTime < input.endTime else {
            throw .validation("The parameter StartTime must be less than the parameter EndTime.")
        }
        return try QueryTimes(input.startTime, input.endTime, now: call.time)
    }

    private static func limit(_ input: Input) throws(ServiceError) -> Int {
        guard let asked = input.maxDatapoints else { return mostDatapoints }
        guard asked > 0, asked <= mostDatapoints else {
            throw .validation("The parameter MaxDatapoints must be between 1 and \(mostDatapoints).")
        }
        return asked
    }

    private static func series(of value: MathValue) throws(ServiceError) -> [TimeSeries] {
        switch value {
        case .series(let series): [series]
        case .array(let all): all
        case .scalar: []
        }
    }

    private static func result(
        _ query: MetricQuery, _ label: String, _ points: [TimeSeries.Point], isWhole: Bool
    ) -> CloudWatch.MetricDataResult {
        CloudWatch.MetricDataResult {
            $0.id = query.id
            $0.label = label
            $0.timestamps = points.map { Timestamp(secondsSinceEpoch: Double($0.time)) }
            $0.values = points.map(\.value)
            $0.statusCode = isWhole ? "Complete" : "PartialData"
        }
    }

    private static func output(_ results: [CloudWatch.MetricDataResult], next: DataPlace?) -> Output {
        Output {
            $0.metricDataResults = results
            $0.nextToken = next?.token
            $0.messages = []
        }
    }
}

/// Where an answer goes on: with which point of which series of which query.
private struct DataPlace {
    var query = 0
    var series = 0
    var point = 0

    init(query: Int) { self.query = query }

    /// - Throws: InvalidNextToken for what is none of ours.
    init(_ token: String?) throws(ServiceError) {
        guard let token else { return }
        let after: String?
        do throws(ServiceError) { after = try Paging(marker: token, maxItems: nil).after } catch { throw .invalidToken }
        let numbers = (after ?? "").split(separator: "/").compactMap { Int($0) }
        guard numbers.count == 3, numbers.allSatisfy({ (0..<1_000_000_000).contains($0) }) else { throw .invalidToken }
        (query, series, point) = (numbers[0], numbers[1], numbers[2])
    }

    var token: String { Paging.marker(after: "\(query)/\(series)/\(point)") }
}
