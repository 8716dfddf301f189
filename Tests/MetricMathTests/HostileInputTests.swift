import Testing

@testable import MetricMath

/// What anybody may send is parsed or refused, and nothing else happens: no trap, no stack that ends.
struct HostileInputTests {
    private static let words = [
        "m1", "m2", "e", "(", ")", "[", "]", ",", "+", "-", "*", "/", "^", "<", "<=", "==", "!=", "AND", "OR", "&&",
        "IF", "SUM",
        "AVG", "FILL", "REPEAT", "LINEAR", "SORT", "DESC", "ASC", "SLICE", "METRICS", "TIME_SERIES", "RATE", "DIFF",
        "PERIOD",
        "HOUR", "YEAR", "RUNNING_SUM", "0", "1", "-1", "1e308", "9999999999999999999", "0.5", "'x'", "\"y\"", "LOG",
        "STDDEV",
        "FIRST", "LAST", "REMOVE_EMPTY", "MIN", "SEARCH", "'{A,B} c'", "$", "'", "\u{0}", "é",
    ]

    private func text(_ generator: inout SplitMix, _ words: [String], _ most: Int) -> String {
        (0..<Int.random(in: 0...most, using: &generator))
            .map { _ in words[Int.random(in: 0..<words.count, using: &generator)] }
            .joined(separator: Bool.random(using: &generator) ? " " : "")
    }

    /// A hundredth of the time and of what may be computed of it: whole, it is seconds of work.
    @Test(arguments: [
        "SUM([\(Array(repeating: "TIME_SERIES(0)", count: 10).joined(separator: ","))])",
        "FILL(SEARCH('{A,B} c', 'Sum', 1), 0)", "SUM([e0,e0,e0,e0,e0,e0])", "e0+e0+e0+e0+e0+e0+e0",
        "TIME_SERIES(\(Array(repeating: "SUM(e0)", count: 30).joined(separator: "+")))",
        "HOUR(SEARCH('{A,B} c', 'Sum', 1))",
    ])
    func aFewLettersMakeNotAnyNumberOfPoints(_ text: String) throws {
        func value(_ share: Int) throws -> MathValue {
            let budget = PointBudget(made: PointBudget.mostMade / share, read: PointBudget.mostRead / share)
            var math = MathEvaluator(start: 0, end: 9_000, period: 1, budget: budget) {
                _, _, period throws(MathError) in
                Array(repeating: TimeSeries(period: period ?? 60, points: [.init(0, 1)]), count: 10)
            }
            try math.add(expression: "TIME_SERIES(1)", id: "e0")
            try math.add(expression: text, id: "e")
            return try math.value(of: "e")
        }
        #expect(throws: MathError.self) { try value(100) }
        // It is for their number alone.
        _ = try value(1)
    }

    @Test func pointsAreCounted() throws {
        var math = MathEvaluator(start: 0, end: 900_000, period: 1)
        try math.add(expression: "TIME_SERIES(1)", id: "e0")
        // Five times as many are more than may be made; twice are not.
        try math.add(expression: "METRIC_COUNT([e0, e0])", id: "two")
        try math.add(expression: "METRIC_COUNT([e0, e0, e0, e0, e0])", id: "five")
        #expect(try math.value(of: "two") == .scalar(2))
        #expect(throws: MathError.self) { try math.value(of: "five") }
        #expect(PointBudget.mostMade == 5_000_000 && PointBudget.mostRead == 20_000_000)
        var one = MathEvaluator(start: 0, end: 9_000, period: 1)
        try one.add(expression: "TIME_SERIES(1)", id: "e0")
        try one.add(expression: "SUM([e0, e0 * 2])", id: "e")
        guard case .series(let series) = try one.value(of: "e") else {
            Issue.record("No series")
            return
        }
        #expect(series.points.count == 9_000 && series.points.first?.value == 3)
    }

    @Test func expressions() {
        var generator = SplitMix(state: 19)
        var computed = 0
        for _ in 0..<2_000 {
            let text = text(&generator, Self.words, 14)
            var math = MathEvaluator(start: -600, end: 600, period: 60) { query, _, period throws(MathError) in
                _ = try SearchQuery(query)
                return [TimeSeries(period: period ?? 60, points: [.init(0, 1)])]
            }
            math.add(
                metric: TimeSeries(period: 60, points: [.init(-60, 0), .init(0, -1), .init(120, 1e300)]), id: "m1")
            math.add(metric: TimeSeries(period: 60, points: []), id: "m2")
            do throws(MathError) {
                try math.add(expression: text, id: "e")
                guard case .series(let series) = try math.value(of: "e") else { continue }
                computed += 1
                if !series.points.allSatisfy({ $0.value.isFinite }) { Issue.record("\(text)") }
            } catch {
                if error.message.isEmpty { Issue.record("\(text)") }
            }
        }
        #expect(computed > 2)
    }

    @Test func rulesAndSearches() {
        var generator = SplitMix(state: 19)
        let rules = [
            "ALARM", "OK", "INSUFFICIENT_DATA", "(", ")", "AND", "OR", "NOT", "TRUE", "FALSE", "AT_LEAST", "1", "50%",
            ",", "a", "\"b\"",
            "\"", "\\", "%", "0", "999999999999999999999", "é",
        ]
        let searches = [
            "{", "}", "A/B", ",", "c", "\"", "\"d e\"", "=", "(", ")", "OR", "AND", "NOT", "MetricName", " ", "\u{0}",
        ]
        let metric = SearchQuery.Candidate(namespace: "A/B", name: "cD1e", dimensions: [("c", "d e")])
        var parsed = 0
        for _ in 0..<2_000 {
            if let rule = try? AlarmRule(text(&generator, rules, 12)) {
                parsed += 1
                _ = rule.isTrue { $0 == "a" ? .alarm : nil }
            }
            if let query = try? SearchQuery(text(&generator, searches, 12)) {
                parsed += 1
                _ = query.matches(metric)
            }
            _ = Statistic(
                text(&generator, ["p", "TM(", "tm", "PR(", ":", "%", ")", "1", "9", ".", "e", "-", "0", "IQM"], 8))
        }
        #expect(parsed > 20)
    }

    @Test func depth() {
        for open in ["(", "[", "-", "SUM(", "NOT ", "IF(m1,"] {
            let text = String(repeating: open, count: 20_000)
            #expect(throws: MathError.self) { try MathExpression(text) }
            #expect(throws: MathError.self) { try AlarmRule(text) }
        }
        #expect(throws: MathError.self) { try SearchQuery(String(repeating: "(", count: 1000)) }
        #expect(throws: MathError.self) { try SearchQuery(String(repeating: "NOT ", count: 200)) }
    }
}

/// The same numbers each time.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}
