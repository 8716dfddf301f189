import MetricMath
import Testing

/// The examples of "Using math expressions with CloudWatch metrics": a dash is a minute without a value.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>
struct MathExpressionTests {
    private func series(_ text: String, period: Int64 = 60) -> TimeSeries {
        let points = text.split(separator: " ").enumerated().compactMap { index, word in
            Double(word).map { TimeSeries.Point(Int64(index) * period, $0) }
        }
        return TimeSeries(label: "", period: period, points: points)
    }

    private func text(_ series: TimeSeries, _ count: Int) -> String {
        (0..<count).map { index in
            guard let point = series.points.first(where: { $0.time == Int64(index) * series.period }) else {
                return "-"
            }
            return point.value == point.value.rounded() ? String(Int(point.value)) : String(point.value)
        }.joined(separator: " ")
    }

    private func value(_ expression: String, _ metrics: [String: String], minutes: Int = 5) throws -> MathValue {
        var math = MathEvaluator(start: 0, end: Int64(minutes) * 60, period: 60)
        for (id, values) in metrics.sorted(by: { $0.key < $1.key }) { math.add(metric: series(values), id: id) }
        try math.add(expression: expression, id: "e")
        return try math.value(of: "e")
    }

    private func computed(_ expression: String, _ metrics: [String: String], minutes: Int = 5) throws -> String {
        switch try value(expression, metrics, minutes: minutes) {
        case .scalar(let number): return "S \(number)"
        case .series(let series): return text(series, minutes)
        case .array(let all): return all.map { text($0, minutes) }.joined(separator: " | ")
        }
    }

    @Test(
        "Comparisons",
        arguments: [
            ("m1 < m2", "0 0 1 0"), ("m1 >= 30", "1 0 0 0"), ("m1 > 15 AND m2 > 15", "1 0 0 0"),
            ("m1 > 15 || m2 > 15", "1 1 1 0"), ("m1 == 0", "0 0 1 1"), ("m1 != 0", "1 1 0 0"),
        ])
    func comparisons(expression: String, expected: String) throws {
        #expect(try computed(expression, ["m1": "30 20 0 0", "m2": "20 - 20 -"], minutes: 4) == expected)
    }

    @Test(
        "IF",
        arguments: [
            ("IF(m1, m2, m3)", "30 0 20 0 -"), ("IF(m1, 5, m3)", "5 5 20 - -"), ("IF(m1, m2, 5)", "30 0 5 5 -"),
            ("IF(m1, m2)", "30 0 - - -"), ("IF(1, m2)", "30 - 0 0 30"), ("IF(0, m2)", "- - - - -"),
            ("IF(0, m2, m3)", "0 0 20 - 20"),
        ])
    func conditions(expression: String, expected: String) throws {
        #expect(
            try computed(expression, ["m1": "1 1 0 0 -", "m2": "30 - 0 0 30", "m3": "0 0 20 - 20"]) == expected)
    }

    @Test(
        "Functions",
        arguments: [
            ("m1 + m2", "3 6 3 8 -"), ("m1 - m2", "-1 -2 3 0 -"), ("m1 / m2", "0.5 0.5 - 1 -"),
            ("-m1", "-1 -2 -3 -4 -"),
            ("2 ^ m1", "2 4 8 16 -"), ("m1 * 2 + 1", "3 5 7 9 -"), ("1 + m1 * 2", "3 5 7 9 -"),
            ("(1 + m1) * 2", "4 6 8 10 -"),
            ("m1 / PERIOD(m1) * 60", "1 2 3 4 -"), ("SUM([m1, m2])", "3 6 3 8 -"), ("AVG([m1, m2])", "1.5 3 1.5 4 -"),
            ("MIN([m1, m2])", "1 2 3 4 -"), ("MAX(METRICS())", "2 4 3 4 -"), ("m1 - AVG(m1)", "-1.5 -0.5 0.5 1.5 -"),
            ("m1 + METRIC_COUNT(METRICS())", "3 4 5 6 -"), ("SUM(METRICS(\"m2\"))", "2 4 - 4 -"),
            ("SUM(m1) + m1 * 0", "10 10 10 10 -"),
            ("DIFF(m2)", "- 2 - 0 -"), ("DIFF_TIME(m2)", "- 60 - 120 -"), ("RATE(m2) * 60", "- 2 - 0 -"),
            ("RUNNING_SUM(m1)", "1 3 6 10 -"), ("FILL(m2, 7)", "2 4 7 4 7"), ("FILL(m2, REPEAT)", "2 4 4 4 4"),
            ("FILL(m2, LINEAR)", "2 4 4 4 -"), ("FILL(m2, m1)", "2 4 3 4 -"), ("FILL(m2, MIN(m1))", "2 4 1 4 1"),
            ("TIME_SERIES(3)", "3 3 3 3 3"), ("ABS(m1 - 2)", "1 0 1 2 -"), ("CEIL(m1 / 2)", "1 1 2 2 -"),
            ("FLOOR(m1 / 2)", "0 1 1 2 -"), ("LOG10(m1 * 0 + 100)", "2 2 2 2 -"), ("MINUTE(m1)", "0 1 2 3 4"),
            ("EPOCH(m1) / 60", "0 1 2 3 4"),
            ("HOUR(m1) + DAY(m1) * 10 + DATE(m1) * 100 + MONTH(m1)", "141 141 141 141 141"),
            ("YEAR(m1)", "1970 1970 1970 1970 1970"), ("DATAPOINT_COUNT(METRICS())", "2 2 1 2 -"),
            ("SORT(METRICS(), AVG, DESC)", "2 4 - 4 - | 1 2 3 4 -"), ("SORT(METRICS(), AVG, ASC, 1)", "1 2 3 4 -"),
            ("FIRST(SORT(METRICS(), SUM, ASC))", "1 2 3 4 -"), ("LAST(METRICS())", "2 4 - 4 -"),
            ("SLICE(METRICS(), 1)", "2 4 - 4 -"),
            ("SLICE(METRICS(), 0, 1)", "1 2 3 4 -"), ("REMOVE_EMPTY([m1 / 0, m2])", "2 4 - 4 -"),
            ("METRICS() / 2", "0.5 1 1.5 2 - | 1 2 - 2 -"),
            ("STDDEV([m1, m2])", "0.5 1 0 0 -"),
        ])
    func functions(expression: String, expected: String) throws {
        #expect(try computed(expression, ["m1": "1 2 3 4 -", "m2": "2 4 - 4 -"]) == expected)
    }

    @Test("A gap is filled in proportion to time")
    func linear() throws {
        #expect(try computed("FILL(m1, LINEAR)", ["m1": "0 - - 3 -"]) == "0 1 2 3 -")
    }

    @Test("Expressions use expressions; a circle is an error")
    func references() throws {
        var math = MathEvaluator(start: 0, end: 120, period: 60)
        math.add(metric: series("1 2"), id: "m1")
        try math.add(expression: "m1 * 2", id: "e1")
        try math.add(expression: "e1 + e1", id: "e2")
        try math.add(expression: "e4", id: "e3")
        try math.add(expression: "e3", id: "e4")
        #expect(
            try math.value(of: "e2") == .series(TimeSeries(label: "", period: 60, points: [.init(0, 4), .init(60, 8)])))
        #expect(throws: MathError.self) { try math.value(of: "e3") }
    }

    @Test(
        "No expressions",
        arguments: [
            "", "m1 +", "m1 m1", "m9", "FOO(m1)", "SUM(m1, m1)", "ANOMALY_DETECTION_BAND(m1)", "LAMBDA('f')", "SUM(1)",
            "[1, 2]",
            "m1 & m1", "IF(m1)", "SEARCH('{A} b', 'Sum')", "PERIOD(5)", "1 / 0", "FIRST([])", "METRICS() + METRICS()",
            "SORT(METRICS(), MEDIAN, ASC)", "'text", "1e999", String(repeating: "(", count: 500) + "1",
            String(repeating: "-", count: 500) + "1", "m1 $ 2",
        ])
    func invalid(expression: String) {
        #expect(throws: MathError.self) { try value(expression, ["m1": "1 2", "m2": "3 4"]) }
    }
}
