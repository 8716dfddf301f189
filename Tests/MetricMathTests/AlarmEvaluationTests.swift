import MetricMath
import Testing

/// The tables of "Configuring how CloudWatch alarms treat missing data".
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html>
struct AlarmEvaluationTests {
    private static let treatments: [MissingData] = [.missing, .ignore, .breaching, .notBreaching]

    /// `0 - X`, the newest last.
    private func breaches(_ text: String) -> [Bool?] {
        text.split(separator: " ").map { $0 == "-" ? nil : $0 == "X" }
    }

    private func states(_ text: String, toAlarm: Int) -> String {
        Self.treatments.map { treatment in
            let alarm = AlarmEvaluation(periods: 3, toAlarm: toAlarm, missingData: treatment)
            return alarm.verdict(breaches(text)).state?.rawValue ?? "same"
        }.joined(separator: " ")
    }

    @Test(
        "All three of three",
        arguments: [
            ("0 - X - X", "OK OK OK OK"),
            ("0 - - - -", "OK OK OK OK"),
            ("- - - - -", "INSUFFICIENT_DATA same ALARM OK"),
            ("0 X X - X", "ALARM ALARM ALARM ALARM"),
            ("- - X - -", "ALARM same ALARM OK"),
        ])
    func threeOfThree(points: String, expected: String) {
        #expect(states(points, toAlarm: 3) == expected)
    }

    @Test(
        "Two of three",
        arguments: [
            ("0 - X - X", "ALARM ALARM ALARM ALARM"),
            ("0 0 X 0 X", "ALARM ALARM ALARM ALARM"),
            ("0 - X - -", "OK OK ALARM OK"),
            ("- - - - 0", "OK OK ALARM OK"),
            ("- - - X -", "ALARM same ALARM OK"),
        ])
    func twoOfThree(points: String, expected: String) {
        #expect(states(points, toAlarm: 2) == expected)
    }

    @Test("An alarm does not come too early", arguments: ["- - - - X", "- - - X -"])
    func premature(points: String) {
        let alarm = AlarmEvaluation(periods: 3, toAlarm: 3, missingData: .missing)
        #expect(alarm.verdict(breaches(points)).state != .alarm)
    }

    @Test("What counts are the newest points that there are")
    func places() {
        let alarm = AlarmEvaluation(periods: 3, toAlarm: 3, missingData: .missing)
        #expect(alarm.verdict(breaches("0 X X - X")).places == [1, 2, 4])
        #expect(alarm.verdict(breaches("X X 0 0 0")).places == [2, 3, 4])
        #expect(alarm.verdict(breaches("- - - - 0")).filled == 2)
        #expect(alarm.range == 5)
    }

    @Test("With all data, M breaching of the last N make the alarm, whatever is older")
    func exhaustive() {
        for periods in 1...4 {
            for toAlarm in 1...periods {
                for treatment in Self.treatments {
                    let alarm = AlarmEvaluation(periods: periods, toAlarm: toAlarm, missingData: treatment)
                    for bits in 0..<(1 << alarm.range) {
                        let points = (0..<alarm.range).map { bits >> $0 & 1 == 1 }
                        let breaching = points.suffix(periods).count { $0 }
                        #expect(alarm.verdict(points).state == (breaching >= toAlarm ? .alarm : .ok))
                    }
                }
            }
        }
    }

    @Test("Samples that a percentile takes")
    func samples() {
        #expect(AlarmEvaluation.isEnough(samples: 1000, percentile: 99))
        #expect(!AlarmEvaluation.isEnough(samples: 999, percentile: 99))
        #expect(AlarmEvaluation.isEnough(samples: 100, percentile: 10))
        #expect(!AlarmEvaluation.isEnough(samples: 99, percentile: 10))
        #expect(AlarmEvaluation.isEnough(samples: 20, percentile: 50))
        #expect(!AlarmEvaluation.isEnough(samples: 19, percentile: 50))
    }
}

struct AlarmRuleTests {
    private let states: [String: AlarmState] = [
        "a": .alarm, "b": .ok, "c": .insufficientData, "disk full (1)": .alarm,
        "arn:aws:cloudwatch:us-east-1:111122223333:alarm:a": .alarm,
    ]

    private func isTrue(_ rule: String) throws -> Bool { try AlarmRule(rule).isTrue { states[$0] } }

    @Test(
        "Rules that hold",
        arguments: [
            "TRUE", "ALARM(a)", "ALARM(\"a\")", "OK(b) AND INSUFFICIENT_DATA(c)", "NOT OK(a)", "ALARM(b) OR ALARM(a)",
            "ALARM(b) AND ALARM(b) OR ALARM(a)", "NOT (ALARM(b) OR OK(a))", "ALARM( \"disk full (1)\" )",
            "ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:a)", "AT_LEAST(1, ALARM, (a, b, c))",
            "AT_LEAST(2, NOT ALARM, (a, b, c))", "AT_LEAST(66%, NOT ALARM, (a, b, c))", "NOT NOT ALARM(a)",
            "AT_LEAST(50%, OK, (\"a\", b))", "NOT ALARM(gone)",
        ])
    func holds(rule: String) throws {
        #expect(try isTrue(rule))
        #expect(try !isTrue("NOT (\(rule))"))
    }

    @Test("AND binds before OR, NOT before AND")
    func precedence() throws {
        #expect(try isTrue("TRUE OR FALSE AND FALSE"))
        #expect(try !isTrue("NOT TRUE AND TRUE OR FALSE"))
        #expect(try isTrue("TRUE AND NOT FALSE"))
    }

    @Test(
        "No rules",
        arguments: [
            "", "ALARM", "ALARM()", "ALARM(a", "ALARM(a) AND", "AND ALARM(a)", "ALARM(a) ALARM(b)", "RED(a)",
            "AT_LEAST(0, ALARM, (a))",
            "AT_LEAST(3, ALARM, (a, b))", "AT_LEAST(101%, ALARM, (a))", "ALARM(\"a)", "(TRUE",
            String(repeating: "(", count: 1000) + "TRUE" + String(repeating: ")", count: 1000),
            String(repeating: "NOT ", count: 1000) + "TRUE",
        ])
    func invalid(rule: String) {
        #expect(throws: MathError.self) { try AlarmRule(rule) }
    }

    @Test("The alarms that a rule names")
    func alarms() throws {
        #expect(try AlarmRule("ALARM(b) OR (OK(a) AND AT_LEAST(1, ALARM, (b, c)))").alarms == ["b", "a", "c"])
    }
}
