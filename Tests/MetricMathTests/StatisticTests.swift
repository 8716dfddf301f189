import MetricMath
import Testing

struct StatisticTests {
    private func set(_ values: [Double]) throws -> StatisticSet {
        try #require(StatisticSet(values.map { .init($0, 1) }))
    }

    @Test(
        "Statistics of a hundred values",
        arguments: [
            ("SampleCount", 100), ("Sum", 5050), ("Average", 50.5), ("Minimum", 1), ("Maximum", 100), ("p0", 1),
            ("p50", 50),
            ("p99", 99), ("p100", 100), ("p99.9", 100), ("tm90", 45.5), ("TM(10%:90%)", 50.5), ("TM(:50%)", 25.5),
            ("TM(50%:)", 75.5), ("TM(10:20)", 15.5), ("tc90", 90), ("TC(10:20)", 10), ("ts50", 1275),
            ("TS(80%:)", 1810),
            ("IQM", 50.5), ("PR(:30)", 30), ("PR(10:20)", 10), ("wm98", 50.47), ("WM(10%:90%)", 50.4),
        ])
    func hundred(name: String, expected: Double) throws {
        let statistic = try #require(Statistic(name))
        let value = try #require(try set((1...100).map(Double.init)).value(of: statistic))
        #expect(abs(value - expected) < 1e-9, "\(name) is \(value)")
    }

    @Test(
        "No statistics",
        arguments: [
            "", "average", "p", "p101", "p-1", "p1.12345678901", "tm", "xx50", "TM()", "TM(:)", "TM(90%:10%)",
            "TM(10%:20)",
            "PR(10%:20%)", "PR(nan:)", "TM(inf:)", "P99", "TM(1:2", "p١",
        ])
    func unknown(name: String) {
        #expect(Statistic(name) == nil)
    }

    @Test("A part of a value counts in part")
    func fractions() throws {
        let values = try set([1, 2, 3])
        let count = try #require(values.value(of: .trimmedCount(.percent(lower: nil, upper: 50))))
        #expect(abs(count - 1.5) < 1e-9)
        let mean = try #require(values.value(of: .trimmedMean(.percent(lower: nil, upper: 50))))
        #expect(abs(mean - 2 / 1.5) < 1e-9)
    }

    @Test("Without values there are no percentiles, unless they can only be one")
    func sets() throws {
        let statistic = try #require(Statistic("p50"))
        #expect(StatisticSet(count: 3, sum: 6, minimum: 1, maximum: 3).value(of: statistic) == nil)
        #expect(StatisticSet(count: 3, sum: 6, minimum: 2, maximum: 2).value(of: statistic) == 2)
        var mixed = try set([1, 2])
        mixed.add(StatisticSet(count: 3, sum: 6, minimum: 1, maximum: 3))
        #expect(mixed.value(of: statistic) == nil)
        #expect(mixed.value(of: .sum) == 9)
        #expect(try set([-1, 2]).value(of: statistic) == nil)
    }

    @Test("Many different values are off by little, in whatever order they come")
    func coarse() throws {
        let values = (1...20_000).map { Double($0) * 0.37 }
        let all = try set(values)
        var parts = try set(Array(values.prefix(1)))
        for value in values.dropFirst().reversed() { parts.add(try set([value])) }
        #expect(all.distribution?.entries.count ?? 0 <= Distribution.mostValues)
        #expect(parts.distribution?.count == 20_000)
        for percent in [1.0, 25, 50, 90, 99, 99.9] {
            let exact = values[Int((percent / 100 * 20_000).rounded(.up)) - 1]
            for set in [all, parts] {
                let value = try #require(set.value(of: .percentile(percent)))
                #expect(abs(value - exact) / exact < 0.06, "p\(percent): \(value) and not \(exact)")
            }
        }
        #expect(all.value(of: .percentile(100)) == values.last)
        #expect(all.value(of: .percentile(0)) == values.first)
    }

    @Test("Values at the ends of what numbers can be")
    func extremes() throws {
        let values = (0..<400).map { Double(sign: .plus, exponent: $0 * 2 - 400, significand: 1) } + [0]
        let set = try set(values)
        #expect(set.distribution?.entries.count ?? 0 <= Distribution.mostValues)
        #expect(set.distribution?.count == 401)
    }
}

struct SearchQueryTests {
    private let metric = SearchQuery.Candidate(
        namespace: "AWS/EC2", name: "CPUUtilization", dimensions: [("InstanceId", "i-0a"), ("Team", "web shop")])

    @Test(
        "What a search finds",
        arguments: [
            ("", true), ("cpu", true), ("CPUUtilization", true), ("utilization", true), ("util", false),
            ("disk", false),
            ("{AWS/EC2,InstanceId,Team} cpu", true), ("{AWS/EC2,InstanceId} cpu", false),
            ("{AWS/EC2, Team, InstanceId}", true), ("{AWS/S3,InstanceId,Team}", false),
            ("MetricName=\"CPUUtilization\"", true), ("MetricName=\"CPU\"", false), ("metricname=cpu", true),
            ("Team=shop", true), ("Team=\"shop\"", false), ("Team=\"web shop\"", true), ("Team=bank", false),
            ("cpu NOT disk", true), ("cpu NOT shop", false), ("disk OR cpu", true), ("disk OR cpu AND bank", false),
            ("(disk OR cpu) web", true), ("Team=(bank OR shop)", true), ("\"web shop\"", true),
        ])
    func matches(query: String, isFound: Bool) throws {
        #expect(try SearchQuery(query).matches(metric) == isFound)
    }

    @Test("No searches", arguments: ["{AWS/EC2", "(cpu", "cpu)", "Team=", "\"cpu", "NOT", "{,a}"])
    func invalid(query: String) {
        #expect(throws: MathError.self) { try SearchQuery(query) }
    }

    @Test("A metric's name that all have is looked up")
    func name() throws {
        #expect(try SearchQuery("{A,B} MetricName=\"x\" c").metricName == "x")
        #expect(try SearchQuery("MetricName=\"x\" OR MetricName=\"y\"").metricName == nil)
    }
}
