import ProcessorTime
import Testing

@testable import Policy
@testable import PolicyCases

/// Pattern matching against its definition, and against the clock.
@Suite struct Globs {
    @Test func agreesWithTheDefinition() {
        let seed = Environment.number("POLICY_SEED") ?? UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        let letters: [Unicode.Scalar] = ["a", "a", "b", ":", "é"]
        // As in a resource: first wildcards that stay in their segment, and stars that end one, then any.
        let head: [RefToken] = letters.map { .literal($0) } + [.many, .manyInSegment, .oneInSegment, .manyInSegment]
        let tail: [RefToken] = letters.map { .literal($0) } + [.many, .one, .many]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0...8, using: &random)
            let turn = Int.random(in: 0...count, using: &random)
            let pattern = (0..<count).map { place in
                let tokens = place < turn ? head : tail
                return tokens[Int.random(in: tokens.indices, using: &random)]
            }
            let text = (0..<Int.random(in: 0...9, using: &random)).map { _ in
                letters[Int.random(in: letters.indices, using: &random)]
            }
            let bytes = Array(String(String.UnicodeScalarView(text)).utf8)
            let expected = match(pattern[...], text[...])
            let patternBytes = pattern.flatMap(\.bytes)
            let found = globMatches(patternBytes.span, bytes.span)
            let memory = PolicyMemory()
            let foundByShape = withExtendedLifetime(memory) { Glob(patternBytes, in: memory).matches(bytes.span) }
            if found != expected || foundByShape != expected {
                Issue.record("seed \(seed): \(pattern) against \(text)")
                return
            }
        }
    }

    @Test(arguments: ["*a*a*a*a*a*a*a*a*b", "a*?a*?a*?a*?c", "*?*?*?*?*b", "arn:aws:s3:*:a*a*a*a*a*a*b:c"])
    func hostilePatternsAreBounded(pattern: String) throws {
        let text = "arn:aws:s3:::" + String(repeating: "a", count: 20_000)
        let condition = #"{"StringLike":{"a:x":"\#(pattern)"}}"#
        let time = try processorTime {
            let first = try holds(condition, ["a:x": .one(text)])
            let second = try holds(condition, ["a:x": .one(String(repeating: "a:", count: 10_000))])
            let third = try pattern.hasPrefix("arn:") && covers(pattern, text)
            #expect(!first && !second && !third)
        }
        #expect(time < .seconds(60))
    }

    @Test func aWholePolicyOfHostilePatternsIsBounded() throws {
        let patterns = (0..<200).map { "\"arn:aws:s3:::*a*a*a*a*a*a*a*a*\($0)\"" }.joined(separator: ",")
        let compiled = try policy(.identity, statement(on: "[\(patterns)]"))
        let request = "arn:aws:s3:::" + String(repeating: "a", count: 1024)
        let time = processorTime {
            #expect(!ask(.user, "s3:GetObject", request, PolicyInputs(identity: [compiled])).isAllowed)
        }
        #expect(time < .seconds(60))
    }
}

extension RefToken {
    fileprivate var bytes: [UInt8] {
        switch self {
        case .literal(let scalar): Array(String(Character(scalar)).utf8)
        case .many: [Wildcard.many]
        case .manyInSegment: [Wildcard.manyInSegment]
        case .one: [Wildcard.one]
        case .oneInSegment: [Wildcard.oneInSegment]
        }
    }
}

/// The values of conditions at their edges.
@Suite struct Values {
    private func number(_ text: String) -> DecimalNumber? { DecimalNumber(text.utf8.span) }
    private func point(_ text: String) -> PointInTime? { PointInTime(text.utf8.span) }
    private func range(_ text: String) -> AddressRange? { AddressRange(text.utf8.span) }
    private func decoded(_ text: String) -> [UInt8]? { Base64.decode(text.utf8.span) }
    private func matches(_ text: String, _ bytes: [UInt8]) -> Bool { Base64.matches(text.utf8.span, bytes.span) }

    @Test(arguments: [
        "", "-", ".5", "1e", "1e99999", "0x10", "1 ", "nan", "inf", "12345678901234567891", "1.2.3", "--1",
    ])
    func noNumbers(text: String) { #expect(number(text) == nil) }

    @Test func numbersAreExact() {
        #expect(number("9007199254740993") != number("9007199254740992"))
        #expect(number("0.1") == number("0.10") && number("-0") == number("0.000") && number("+1") == number("1"))
        #expect(number("100") == number("1e2") && number("1200e-2") == number("12"))
        #expect(number("9999999999999999999") != nil)
        let ordered = [
            "-1e9", "-10.5", "-10", "-0.001", "0", "1e-9", "0.5", "0.51", "1", "9.99", "10", "1e2", "12345678901",
        ]
        for (index, left) in ordered.enumerated() {
            for (other, right) in ordered.enumerated() {
                guard let left = number(left), let right = number(right) else { continue }
                #expect((left < right) == (index < other))
                #expect((left == right) == (index == other))
            }
        }
    }

    @Test(arguments: [
        "", "2020-13", "2020-00", "2020-", "2020-1-", "2020-001", "2020-02-30", "2021-02-29", "2020-01-01T24:00Z",
        "2020-01-01T10:", "2020-01-01T10:60Z", "2020-01-01T100:00Z", "2020-01-01T10:00:00.Z",
        "2020-01-01T10:00:00+1:00",
        "2020-01-01T10:00:00+01:", "2020-01-01T10:00:00+24", "2020-01-01T10:00:00.0123456789Z", "2020-01-01Z",
        "2020-01-01 10:00:00Z", "2020-01-01T10:00:00Z ", "+2020", "-", "-T", "1.5", "T10:00Z", "-292275055",
        "292278994-01-01", "9223372036854775808", "99999999999999999999999999",
    ]) func noDates(text: String) { #expect(point(text) == nil) }

    /// What AWS stores beyond W3C's formats.
    @Test(arguments: [
        ("2020-1-1", "2020-01-01"), ("2020-01-01T", "2020-01-01"), ("2020-01-01T10", "2020-01-01T10:00Z"),
        ("2020-01-01t1:2:3z", "2020-01-01T01:02:03Z"), ("2020-01-01T10:00+05", "2020-01-01T05:00Z"),
        ("2020-01-01TZ", "2020-01-01"), ("2020-01-01T-01:30", "2020-01-01T01:30Z"), ("02020-01-01", "2020-01-01"),
        ("20T", "20-01-01"), ("2020T10:00", "2020-01-01T10:00Z"),
    ]) func looseDates(text: String, date: String) {
        #expect(point(text) != nil && point(text) == point(date))
    }

    @Test func dates() {
        #expect(point("1970") == point("0") && point("1970-01-01T00:00Z") == point("0"))
        #expect(point("2000-03-01") == point("951868800") && point("1900-03-01T00:00:00Z") != nil)
        #expect(point("2026-11-21T00:00:00-08:00") == point("2026-11-21T08:00:00Z"))
        #expect(point("2026-11-21T00:00:00.000000001Z") != point("2026-11-21"))
        #expect(point("0000-02-29") != nil && point("20") == point("1970-01-01T00:00:20Z"))
        #expect(point("9223372036854775807") != nil)
        let ordered = ["-292275054", "-401", "-400-02-29", "-400-03-01", "-1-12-31", "0000", "0001", "1969-12-31", "0"]
        let points = ordered.compactMap { point($0) }
        #expect(points.count == ordered.count && points == points.sorted())
        #expect(point("-1-12-31T23:59:59.999999999Z").map { $0 < point("0000") ?? $0 } == true)
        // 400 years are 146 097 days, before the year 0 as after it.
        #expect(point("-400-03-01T00:00:00Z") != point("-400-02-29") && point("-401-02-29") == nil)
    }

    @Test(arguments: [
        "", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.4/33", "1.2.3.4/", "1.2.3.4/-1", "1..3.4", "a.b.c.d", ":", ":::",
        "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "12345::", "::1/129", "1:2:3:4:5:6:7::8", "::1.2.3", "1:",
        "g::",
        "1.2.3.4.", "::1.2.3.4:1",
    ]) func noAddresses(text: String) { #expect(range(text) == nil, "\(text)") }

    @Test(arguments: [
        ("::", "0:0:0:0:0:0:0:0"), ("1::", "1:0:0:0:0:0:0:0"), ("::FFff:1.2.3.4", "::ffff:102:304"),
        ("1:2::7:8", "1:2:0:0:0:0:7:8"), ("1:2:3:4:5:6:7.8.9.10", "1:2:3:4:5:6:708:90a"), ("10.9.8.7/0", "0.0.0.0/0"),
        ("2001:db8:1::/33", "2001:db8::/33"),
    ]) func sameAddresses(pair: (String, String)) {
        #expect(range(pair.0) != nil)
        #expect(range(pair.0) == range(pair.1))
    }

    @Test func aRangeHoldsOnlyNarrowerOnes() throws {
        let wide = try #require(range("10.0.0.0/8"))
        let narrow = try #require(range("10.1.0.0/16"))
        #expect(wide.contains(narrow) && !narrow.contains(wide) && wide.contains(wide))
        let everything = try #require(range("::/0"))
        #expect(everything.contains(try #require(range("ffff::/1"))))
    }

    @Test(arguments: ["A", "AAA", "A===", "AB==", "AAB=", "=AAA", "AA=A", "AA A", "A-_A"]) func noBase64(text: String) {
        #expect(decoded(text) == nil)
    }

    @Test func base64() {
        for (text, bytes) in [("", []), ("AA==", [0]), ("AAE=", [0, 1]), ("/+8A", [0xFF, 0xEF, 0])]
            as [(String, [UInt8])]
        {
            #expect(decoded(text) == bytes)
            #expect(matches(text, bytes))
            #expect(!matches(text, bytes + [0]))
        }
    }
}
