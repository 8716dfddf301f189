import Wire

/// A function over all rows of a group, by its name in lower case.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CWL_QuerySyntax-Stats.html>
enum AggregateFunction: Sendable, Equatable {
    case count, sum, average, minimum, maximum, deviation, variance, distinct, values
    case percentile(Double)
    case earliest, latest, sortsFirst, sortsLast

    init?(_ name: String) {
        switch name {
        case "count": self = .count
        case "sum": self = .sum
        case "avg": self = .average
        case "min": self = .minimum
        case "max": self = .maximum
        case "stddev", "stdev": self = .deviation
        case "variance": self = .variance
        case "count_distinct", "countdistinct": self = .distinct
        case "values", "collect_values": self = .values
        case "pct", "percentile": self = .percentile(50)
        case "earliest": self = .earliest
        case "latest": self = .latest
        case "sortsfirst": self = .sortsFirst
        case "sortslast": self = .sortsLast
        default: return nil
        }
    }
}

/// A call of such a function.
struct Aggregate: Sendable {
    let function: AggregateFunction
    /// nil: `count(*)`.
    let argument: Expression?

    func start() -> Accumulator {
        switch function {
        case .count: .count(0)
        case .sum, .average, .deviation, .variance: .moments(Moments())
        case .minimum, .maximum, .earliest, .latest, .sortsFirst, .sortsLast: .chosen(.missing, at: 0)
        case .distinct: .distinct(DistinctCount())
        case .values: .values([], known: [])
        case .percentile: .percentiles(PercentileSketch())
        }
    }

    func add(_ row: QueryRow, _ context: QueryContext, to accumulator: inout Accumulator) {
        guard let value = argument?.value(row, context) else {
            if case .count(let count) = accumulator { accumulator = .count(count + 1) }
            return
        }
        guard !value.isMissing else { return }
        switch accumulator {
        case .count(let count): accumulator = .count(count + 1)
        case .moments(var moments):
            guard let number = value.number else { return }
            moments.add(number)
            accumulator = .moments(moments)
        case .distinct(var distinct):
            guard let text = value.shown(isComputed: false) else { return }
            accumulator = .count(0)
            distinct.add(text)
            accumulator = .distinct(distinct)
        case .percentiles(var sketch):
            guard let number = value.number else { return }
            accumulator = .count(0)
            sketch.add(number)
            accumulator = .percentiles(sketch)
        case .values(var values, var known):
            guard let text = value.text, values.count < Self.mostValues else { return }
            accumulator = .count(0)
            if known.insert(text).inserted { values.append(text) }
            accumulator = .values(values, known: known)
        case .chosen(let best, let time):
            let now = row.fields?.event.timestamp ?? 0
            if best.isMissing || isBetter(value, now, than: best, time) { accumulator = .chosen(value, at: now) }
        }
    }

    /// How many different values `values` collects.
    private static let mostValues = 1000

    private func isBetter(_ value: QueryValue, _ now: Int64, than best: QueryValue, _ time: Int64) -> Bool {
        switch function {
        case .minimum: Expression.order(value, best).map { $0 < 0 } ?? false
        case .maximum: Expression.order(value, best).map { $0 > 0 } ?? false
        case .earliest: now < time
        case .latest: now >= time
        case .sortsFirst: NaturalOrder.compare(value, best) < 0
        case .sortsLast: NaturalOrder.compare(value, best) > 0
        default: false
        }
    }

    func result(_ accumulator: Accumulator) -> QueryValue {
        switch accumulator {
        case .count(let count): return .number(Double(count))
        case .distinct(let distinct): return .number(Double(distinct.count))
        case .values(let values, _): return .structure(.array(values.map { .string($0) }))
        case .chosen(let best, _): return best
        case .percentiles(let sketch):
            guard case .percentile(let percent) = function else { return .missing }
            return sketch.percentile(percent).map { .number($0) } ?? .missing
        case .moments(let moments):
            guard moments.count > 0 else { return .missing }
            switch function {
            case .sum: return QueryValue(finite: moments.sum)
            case .average: return QueryValue(finite: moments.sum / moments.count)
            case .variance: return QueryValue(finite: moments.variance)
            default: return QueryValue(finite: moments.variance.squareRoot())
            }
        }
    }
}

/// What is known so far of a group.
enum Accumulator: Sendable {
    case count(Int)
    case moments(Moments)
    case distinct(DistinctCount)
    case percentiles(PercentileSketch)
    case values([String], known: Set<String>)
    case chosen(QueryValue, at: Int64)

    /// How many bytes it takes, about.
    var size: Int {
        switch self {
        case .count, .moments: 64
        case .distinct(let distinct): distinct.size
        case .percentiles(let sketch): sketch.size
        case .values(let values, _): values.reduce(64) { $0 + 2 * ($1.utf8.count + 32) }
        case .chosen(let value, _): 64 + value.size
        }
    }
}

/// The sum of numbers, and how far they are apart (Welford's way, which loses nothing where they are large).
struct Moments: Sendable {
    private(set) var count = 0.0
    private(set) var sum = 0.0
    private var mean = 0.0
    private var squares = 0.0

    mutating func add(_ number: Double) {
        count += 1
        sum += number
        let distance = number - mean
        mean += distance / count
        squares += distance * (number - mean)
    }

    /// Of all, not of a sample.
    var variance: Double { max(0, squares / count) }
}
