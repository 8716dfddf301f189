import FuzzDriver
import MetricMath

@main
struct Fuzz {
    static func main() {
        runFuzzer { start, count in fuzz(start, count) }
    }
}

/// The input is an expression, and after the first line another that may name it; each line is taken for a search, a rule of a
/// composite alarm and a statistic as well. Nothing traps; series have finite values in the order of their times; and the opposite of
/// a rule or a search says the opposite.
func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let lines = text.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    compute(lines)
    for line in lines {
        decide(line)
        search(line)
        summarize(line)
    }
    return 0
}

/// What the API takes of an expression.
private let mostOfExpression = 2_048
/// And of a rule.
private let mostOfRule = 10_240

private func compute(_ lines: [String]) {
    guard lines.allSatisfy({ $0.utf8.count <= mostOfExpression }) else { return }
    var math = MathEvaluator(start: -600, end: 600, period: 60) { query, _, period throws(MathError) in
        let query = try SearchQuery(query)
        return metrics.filter(query.matches).map {
            TimeSeries(label: $0.name, period: period ?? 60, points: [.init(0, 1), .init(60, 3)])
        }
    }
    math.add(metric: TimeSeries(period: 60, points: [.init(-60, 0), .init(0, -1), .init(120, 1e300)]), id: "m1")
    math.add(metric: TimeSeries(period: 300, points: []), id: "m2")
    for (line, id) in zip(lines, ["e", "f"]) {
        do throws(MathError) { try math.add(expression: line, id: id) } catch {
            precondition(!error.message.isEmpty)
        }
    }
    for id in ["e", "f"] {
        guard let value = try? math.value(of: id) else { continue }
        precondition((try? math.value(of: id)) == value, "another time another value")
        let all: [TimeSeries] =
            switch value {
            case .scalar: []
            case .series(let series): [series]
            case .array(let array): array
            }
        if case .scalar(let number) = value { precondition(number.isFinite, "no number") }
        for series in all {
            precondition(series.points.allSatisfy(\.value.isFinite), "no number")
            precondition(zip(series.points, series.points.dropFirst()).allSatisfy { $0.time < $1.time }, "out of order")
        }
    }
}

private func decide(_ line: String) {
    guard line.utf8.count <= mostOfRule, let rule = try? AlarmRule(line) else { return }
    precondition(Set(rule.alarms).count == rule.alarms.count, "an alarm is there twice")
    let opposite = try? AlarmRule("NOT (\(line))")
    let states: [AlarmState?] = [.alarm, .ok, .insufficientData, nil]
    for shift in states.indices {
        func state(_ name: String) -> AlarmState? {
            precondition(rule.alarms.contains(name), "an alarm that the rule does not name")
            return states[(name.utf8.count + shift) % states.count]
        }
        if let opposite { precondition(rule.isTrue(state) != opposite.isTrue(state), "a rule and its opposite") }
    }
}

private func search(_ line: String) {
    guard let query = try? SearchQuery(line) else { return }
    let opposite = query.namespace == nil ? try? SearchQuery("NOT (\(line))") : nil
    for metric in metrics {
        let isMatch = query.matches(metric)
        if let opposite { precondition(opposite.matches(metric) != isMatch, "a search and its opposite") }
        if isMatch, let name = query.metricName { precondition(metric.name == name, "it leaves out what matches") }
        if isMatch, let namespace = query.namespace { precondition(metric.namespace == namespace) }
    }
}

private func summarize(_ line: String) {
    guard let statistic = Statistic(line) else { return }
    for set in sets {
        guard let value = set.value(of: statistic) else { continue }
        precondition(!value.isNaN, "no number")
        if statistic.percentile != nil { precondition(set.minimum...set.maximum ~= value, "beyond the values") }
    }
}

private let metrics = [
    SearchQuery.Candidate(namespace: "A/B", name: "cD1e", dimensions: [("Queue", "d e"), ("x", "web-shop2")]),
    SearchQuery.Candidate(namespace: "AWS/SQS", name: "NumberOfMessages", dimensions: [("QueueName", "orders")]),
    SearchQuery.Candidate(namespace: "A/B", name: "", dimensions: []),
]

private let sets = [
    StatisticSet([.init(1, 1), .init(2.5, 3), .init(300, 1)]), StatisticSet([.init(0, 1)]),
    StatisticSet([.init(-4, 2), .init(1e300, 1)]), StatisticSet(count: 0, sum: 0, minimum: 0, maximum: 0),
].compactMap { $0 }
