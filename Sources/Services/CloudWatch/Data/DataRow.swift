import Ledger
import MetricMath

/// How finely data are kept, and for how long. What gets too old is put together into the next one.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html>
enum Resolution: Int64, CaseIterable, Codable, Sendable {
    case second = 1
    case minute = 60
    case fiveMinutes = 300
    case hour = 3600

    /// Seconds between data points.
    var step: Int64 { rawValue }

    /// The seconds of one row.
    var span: Int64 {
        switch self {
        case .second: 60
        case .minute: 3600
        case .fiveMinutes: 6 * 3600
        case .hour: 5 * 86_400
        }
    }

    /// For so many seconds they are kept.
    var retention: Int64 {
        switch self {
        case .second: 3 * 3600
        case .minute: 15 * 86_400
        case .fiveMinutes: 63 * 86_400
        case .hour: 455 * 86_400
        }
    }

    /// What they are put together into; nil: they are forgotten.
    var next: Resolution? {
        switch self {
        case .second: .minute
        case .minute: .fiveMinutes
        case .fiveMinutes: .hour
        case .hour: nil
        }
    }

    /// The beginning of the row that has a time.
    func rowStart(_ time: Int64) -> Int64 { floor(time, to: span) }
}

/// The largest multiple of a number that is not above another. Both are times of this age of the world.
func floor(_ time: Int64, to step: Int64) -> Int64 { time - ((time % step) + step) % step }

/// The data of one metric and unit in a span of time: an hour of minutes, say.
struct DataRow: TableRow {
    static let kind = "Gatehouse::CloudWatch::Data"
    static let version = 1
    /// The index of all rows of a resolution by the ends of their spans: the oldest come first.
    static let byEnd = "end"

    let resolution: Resolution
    /// See ``StoredMetric/number``.
    let metric: Int64
    let unit: String
    /// Seconds since 1970; a multiple of the resolution's span.
    let start: Int64
    /// In order, each step once.
    private(set) var points: [Point] = []

    /// What was observed in a step.
    struct Point: Codable, Sendable {
        /// Steps from the start.
        let place: Int
        var set: StatisticSet
    }

    init(_ resolution: Resolution, metric: Int64, unit: String, start: Int64) {
        (self.resolution, self.metric, self.unit, self.start) = (resolution, metric, unit, start)
    }

    var end: Int64 { start + resolution.span }

    var partition: String { Self.partition(resolution) }
    var key: RowKey { Self.key(metric, unit, start) }
    var indexes: [RowIndex] { [RowIndex(Self.byEnd, RowKey(.number(end)))] }

    static func partition(_ resolution: Resolution) -> String { String(resolution.step) }
    static func key(_ metric: Int64, _ unit: String, _ start: Int64) -> RowKey {
        RowKey(.number(metric), .text(unit), .number(start))
    }

    /// Takes in what was observed at a time of the row's span.
    mutating func add(_ set: StatisticSet, at time: Int64) {
        let place = Int((time - start) / resolution.step)
        // Most come in order.
        var index = points.count
        while index > 0, points[index - 1].place > place { index -= 1 }
        if index > 0, points[index - 1].place == place {
            points[index - 1].set.add(set)
        } else {
            points.insert(Point(place: place, set: set), at: index)
        }
    }

    /// The data points with their times, in order.
    var times: [(time: Int64, set: StatisticSet)] {
        points.map { (start + Int64($0.place) * resolution.step, $0.set) }
    }

    static var form: RowForm<Self> {
        .short(version: 1) { (row, output) in
            for number in [row.resolution.step, row.metric, row.start] { output.append(number) }
            output.append(row.unit)
            output.append(count: row.points.count)
            for point in row.points {
                let set = point.set
                output.append(Int64(point.place))
                for number in [set.count, set.sum, set.minimum, set.maximum] { output.append(number) }
                // 0: there are no values.
                guard let distribution = set.distribution else {
                    output.append(count: 0)
                    continue
                }
                output.append(count: distribution.entries.count + 1)
                output.append(Int64(distribution.coarseness))
                for entry in distribution.entries {
                    output.append(entry.value)
                    output.append(entry.count)
                }
            }
        } read: { (input, _) in
            guard let resolution = Resolution(rawValue: try input.number()) else { throw Unreadable() }
            let (metric, start) = (try input.number(), try input.number())
            var row = DataRow(resolution, metric: metric, unit: try input.text(), start: start)
            for _ in 0..<(try input.count()) {
                let place = Int(try input.number())
                guard (0..<Int(resolution.span / resolution.step)).contains(place) else { throw Unreadable() }
                let (count, sum) = (try input.double(), try input.double())
                let (minimum, maximum) = (try input.double(), try input.double())
                let entries = try input.count()
                var distribution: Distribution?
                if entries > 0 {
                    let coarseness = Int(try input.number())
                    var values: [Distribution.Entry] = []
                    for _ in 1..<entries { values.append(.init(try input.double(), try input.double())) }
                    distribution = Distribution(kept: values, coarseness: coarseness)
                }
                let set = StatisticSet(
                    count: count, sum: sum, minimum: minimum, maximum: maximum, distribution: distribution)
                row.points.append(Point(place: place, set: set))
            }
            return row
        }
    }

    private struct Unreadable: Error {}
}
