/// What an expression of metric math comes to.
public enum MathValue: Sendable, Equatable {
    case scalar(Double)
    case series(TimeSeries)
    case array([TimeSeries])
}

/// The metrics and expressions of one request, which name each other by their ids: computes what is asked for.
///
/// ```swift
/// var math = MathEvaluator(start: 0, end: 180, period: 60)
/// math.add(metric: TimeSeries(label: "Errors", period: 60, points: [.init(0, 4), .init(60, 6)]), id: "m1")
/// try math.add(expression: "m1 / PERIOD(m1)", id: "e1")
/// let perSecond = try math.value(of: "e1")
/// ```
///
/// The time is that from `start` to before `end`, in seconds since 1970.
public struct MathEvaluator {
    /// Finds the series that a `SEARCH` asks for.
    public typealias Search =
        (_ query: String, _ statistic: String?, _ period: Int64?) throws(MathError) -> [TimeSeries]

    /// Points that a series without gaps may have.
    static let mostPoints: Int64 = 1_000_000

    let start: Int64
    let end: Int64
    let period: Int64
    /// What all of its expressions may still compute.
    private let budget: PointBudget
    private let search: Search?
    private(set) var metrics: [(id: String, series: TimeSeries)] = []
    private var byID: [String: TimeSeries] = [:]
    private var expressions: [String: MathExpression] = [:]
    private var values: [String: MathValue] = [:]
    private var running: Set<String> = []

    /// - Parameters:
    ///   - period: seconds between the points of a series that no metric gives a period.
    ///   - search: nil: there is no `SEARCH`.
    public init(start: Int64, end: Int64, period: Int64, search: Search? = nil) {
        self.init(start: start, end: end, period: period, budget: PointBudget(), search: search)
    }

    init(start: Int64, end: Int64, period: Int64, budget: PointBudget, search: Search? = nil) {
        self.start = start
        self.end = end
        self.period = max(1, period)
        self.budget = budget
        self.search = search
    }

    /// Adds a metric.
    public mutating func add(metric: TimeSeries, id: String) {
        metrics.append((id, metric))
        byID[id] = metric
    }

    /// Adds an expression.
    /// - Throws: ``MathError`` for what is none.
    public mutating func add(expression: String, id: String) throws(MathError) {
        expressions[id] = try MathExpression(expression)
    }

    /// What a metric or expression of an id comes to.
    /// - Throws: ``MathError``: for ids that there are not, for expressions that need themselves, and for what can't be computed.
    public mutating func value(of id: String) throws(MathError) -> MathValue {
        if let metric = byID[id] { return .series(metric) }
        if let value = values[id] { return value }
        guard let expression = expressions[id] else { throw MathError("There is no metric or expression '\(id)'.") }
        guard running.count < MathExpression.mostDepth, running.insert(id).inserted else {
            throw MathError("The expression '\(id)' depends on itself.")
        }
        defer { running.remove(id) }
        let value = try evaluate(expression.root)
        values[id] = value
        return value
    }

    private mutating func evaluate(_ node: MathExpression.Node) throws(MathError) -> MathValue {
        let value = try uncounted(node)
        switch node {
        case .name: try budget.read(value.count)
        case .call(let name, _) where PointBudget.countedAhead.contains(name): break
        default: try budget.make(value.count)
        }
        return value
    }

    private mutating func uncounted(_ node: MathExpression.Node) throws(MathError) -> MathValue {
        switch node {
        case .number(let number): return .scalar(number)
        case .text: throw MathError("A text is no value.")
        case .name(let name): return try value(of: name)
        case .list(let nodes):
            var all: [TimeSeries] = []
            for node in nodes {
                switch try evaluate(node) {
                case .series(let series): all.append(series)
                case .array(let array): all += array
                case .scalar: throw MathError("An array has time series, and no numbers.")
                }
            }
            return .array(all)
        case .negated(let node): return try evaluate(node).mapped { -$0.value }
        case .binary(let op, let left, let right):
            return try Self.combine(op, evaluate(left), evaluate(right))
        case .call(let name, let arguments): return try call(name, arguments)
        }
    }

    // MARK: Operators

    static func combine(
        _ op: MathExpression.Operator, _ left: MathValue, _ right: MathValue
    ) throws(MathError) -> MathValue {
        switch (left, right) {
        case (.scalar(let a), .scalar(let b)):
            guard let result = op.apply(a, b), result.isFinite else { throw MathError("The result is not a number.") }
            return .scalar(result)
        case (.array, .array): throw MathError("An operator can't combine two arrays of time series.")
        case (.array(let all), let other):
            return .array(try all.map { series throws(MathError) in try pair(op, .series(series), other) })
        case (let other, .array(let all)):
            return .array(try all.map { series throws(MathError) in try pair(op, other, .series(series)) })
        default: return .series(try pair(op, left, right))
        }
    }

    private static func pair(
        _ op: MathExpression.Operator, _ left: MathValue, _ right: MathValue
    ) throws(MathError) -> TimeSeries {
        switch (left, right) {
        case (.series(let a), .scalar(let b)): return a.map { op.apply($0.value, b) }
        case (.scalar(let a), .series(let b)): return b.map { op.apply(a, $0.value) }
        case (.series(let a), .series(let b)):
            // What is missing in one of them counts as 0.
            var result = a
            result.period = min(a.period, b.period)
            result.points = TimeSeries.times([a, b]).compactMap { time in
                op.apply(a.value(at: time) ?? 0, b.value(at: time) ?? 0).flatMap { $0.isFinite ? .init(time, $0) : nil }
            }
            return result
        default: throw MathError("The operands don't fit.")
        }
    }

    // MARK: Functions

    private var functions: MathFunctions { MathFunctions(start: start, end: end, period: period, budget: budget) }

    private mutating func call(
        _ name: String, _ arguments: [MathExpression.Node]
    ) throws(MathError) -> MathValue {
        if MathExpression.refused.contains(name) { throw MathError("Gatehouse has no function \(name).") }
        switch name {
        case "METRICS": return try metrics(arguments)
        case "SEARCH": return try searched(arguments)
        case "SORT": return try sorted(arguments)
        case "FILL": return try filled(arguments)
        case "IF": return try chosen(arguments)
        case "PERIOD":
            guard arguments.count == 1, case .name(let id)? = arguments.first, let metric = byID[id] else {
                throw MathError("PERIOD takes a metric.")
            }
            return .scalar(Double(metric.period))
        default: break
        }
        var values: [MathValue] = []
        for argument in arguments { values.append(try evaluate(argument)) }
        return try functions.apply(name, values)
    }

    private func metrics(_ arguments: [MathExpression.Node]) throws(MathError) -> MathValue {
        switch (arguments.count, arguments.first) {
        case (0, _): return .array(metrics.map(\.series))
        case (1, .text(let part)): return .array(metrics.filter { $0.id.contains(part) }.map(\.series))
        default: throw MathError("METRICS takes no argument, or a text.")
        }
    }

    private func searched(_ arguments: [MathExpression.Node]) throws(MathError) -> MathValue {
        guard let search else { throw MathError("SEARCH can't be used here.") }
        guard (1...3).contains(arguments.count), case .text(let query) = arguments[0] else {
            throw MathError("SEARCH takes a search expression, a statistic and a period.")
        }
        var statistic: String?
        var asked: Int64?
        if arguments.count > 1 {
            guard case .text(let text) = arguments[1] else { throw MathError("The statistic of SEARCH is a text.") }
            statistic = text
        }
        if arguments.count > 2 {
            guard case .number(let number) = arguments[2], let seconds = Int64(exactly: number), seconds > 0 else {
                throw MathError("The period of SEARCH is a number of seconds.")
            }
            asked = seconds
        }
        return .array(try search(query, statistic, asked))
    }

    private mutating func sorted(_ arguments: [MathExpression.Node]) throws(MathError) -> MathValue {
        guard (3...4).contains(arguments.count), case .name(let function) = arguments[1],
            case .name(let order) = arguments[2], ["ASC", "DESC"].contains(order),
            ["AVG", "MIN", "MAX", "SUM"].contains(function)
        else { throw MathError("SORT takes an array, AVG, MIN, MAX or SUM, ASC or DESC, and a limit.") }
        let all = try evaluate(arguments[0]).all()
        var limit = all.count
        if arguments.count == 4 {
            guard case .scalar(let number) = try evaluate(arguments[3]), number >= 0 else {
                throw MathError("The limit of SORT is a number.")
            }
            limit = Int(exactly: number.rounded(.down)) ?? all.count
        }
        let ranked = all.enumerated().map { place, series in (place, series, series.reduced(function)) }
        let sorted = ranked.sorted { a, b in
            switch (a.2, b.2) {
            // Those without a point come last.
            case (nil, nil): a.0 < b.0
            case (nil, _): false
            case (_, nil): true
            case (let x?, let y?): x == y ? a.0 < b.0 : (order == "ASC") == (x < y)
            }
        }
        return .array(sorted.prefix(limit).map(\.1))
    }

    private mutating func filled(_ arguments: [MathExpression.Node]) throws(MathError) -> MathValue {
        guard arguments.count == 2 else { throw MathError("FILL takes a time series and what to fill it with.") }
        let value = try evaluate(arguments[0])
        let functions = functions
        switch arguments[1] {
        case .name("REPEAT"):
            return try value.mappedSeries { series throws(MathError) in try functions.repeated(series) }
        case .name("LINEAR"): return try value.mappedSeries { series throws(MathError) in try functions.linear(series) }
        default: break
        }
        let filler = try evaluate(arguments[1])
        return try value.mappedSeries { series throws(MathError) in try functions.fill(series, with: filler) }
    }

    private mutating func chosen(_ arguments: [MathExpression.Node]) throws(MathError) -> MathValue {
        guard (2...3).contains(arguments.count) else { throw MathError("IF takes a condition and one or two values.") }
        let condition = try evaluate(arguments[0])
        let first = try evaluate(arguments[1])
        let second = arguments.count == 3 ? try evaluate(arguments[2]) : nil
        return try functions.choose(condition, first, second)
    }
}

extension MathExpression.Operator {
    /// nil: there is no result.
    func apply(_ a: Double, _ b: Double) -> Double? {
        func truth(_ is: Bool) -> Double { `is` ? 1 : 0 }
        return switch self {
        case .or: truth(a != 0 || b != 0)
        case .and: truth(a != 0 && b != 0)
        case .equal: truth(a == b)
        case .unequal: truth(a != b)
        case .lessOrEqual: truth(a <= b)
        case .greaterOrEqual: truth(a >= b)
        case .less: truth(a < b)
        case .greater: truth(a > b)
        case .plus: a + b
        case .minus: a - b
        case .times: a * b
        case .divided: b == 0 ? nil : a / b
        case .power: Arithmetic.power(a, b)
        }
    }
}

extension MathValue {
    /// Points, or numbers.
    var count: Int {
        switch self {
        case .scalar: 1
        case .series(let series): series.points.count
        case .array(let all): all.reduce(0) { $0 + $1.points.count }
        }
    }

    /// The series of an array; the one series.
    func all() throws(MathError) -> [TimeSeries] {
        switch self {
        case .array(let all): return all
        case .series(let series): return [series]
        case .scalar: throw MathError("A time series is wanted, and not a number.")
        }
    }

    func mapped(_ transform: (TimeSeries.Point) -> Double?) throws(MathError) -> MathValue {
        switch self {
        case .scalar(let number):
            guard let result = transform(.init(0, number)), result.isFinite else {
                throw MathError("The result is not a number.")
            }
            return .scalar(result)
        case .series(let series): return .series(series.map(transform))
        case .array(let all): return .array(all.map { $0.map(transform) })
        }
    }

    func mappedSeries(_ transform: (TimeSeries) throws(MathError) -> TimeSeries) throws(MathError) -> MathValue {
        switch self {
        case .scalar: throw MathError("A time series is wanted, and not a number.")
        case .series(let series): return .series(try transform(series))
        case .array(let all):
            return .array(try all.map { series throws(MathError) in try transform(series) })
        }
    }
}

extension TimeSeries {
    /// One number of all values; nil: there is none.
    func reduced(_ function: String) -> Double? {
        let values = points.map(\.value)
        guard let first = values.first else { return nil }
        return switch function {
        case "SUM": values.reduce(0, +)
        case "AVG": values.reduce(0, +) / Double(values.count)
        case "MIN": values.reduce(first, min)
        case "MAX": values.reduce(first, max)
        case "STDDEV": Self.deviation(values)
        default: nil
        }
    }

    static func deviation(_ values: [Double]) -> Double {
        guard !values.isEmpty else { return 0 }
        let mean = values.reduce(0, +) / Double(values.count)
        return (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)).squareRoot()
    }
}
