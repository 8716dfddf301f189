import Testing
import Wire

@testable import EventPatterns

/// Random patterns and events that have to do with each other.
private struct Maker {
    var random: SplitMix

    struct SplitMix: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }

    mutating func number(_ end: Int) -> Int { Int.random(in: 0..<end, using: &random) }
    mutating func one<T>(_ all: [T]) -> T { all[number(all.count)] }

    private static let names = ["a", "b", "c"]
    private static let texts = [
        "", "a", "ab", "abc", "ABC", "bc", "abcabc", "a*b", "10.0.0.1", "10.1.2.3", "192.168.0.1", "éa", "ÉA",
    ]

    mutating func scalar() -> JSONValue {
        switch number(8) {
        case 0: .integer(number(5) - 2)
        case 1: .double(one([0.5, -1.5, 2, 6e9]))
        case 2: .boolean(number(2) == 0)
        case 3: .null
        default: .string(one(Self.texts))
        }
    }

    mutating func event(_ depth: Int = 0) -> JSONValue {
        if depth == 3 || (depth > 0 && number(3) == 0) { return scalar() }
        if depth > 0, number(3) == 0 { return .array((0..<number(3)).map { _ in event(depth + 1) }) }
        return .object(Self.names.filter { _ in number(4) > 0 }.map { JSONMember(key: $0, value: event(depth + 1)) })
    }

    private func member(_ key: String, _ value: JSONValue) -> JSONValue {
        .object([JSONMember(key: key, value: value)])
    }

    mutating func test() -> JSONValue {
        let text = JSONValue.string(one(Self.texts.filter { !$0.isEmpty && !$0.contains("*") }))
        switch number(14) {
        case 0: return member("prefix", text)
        case 1: return member("suffix", text)
        case 2: return member("prefix", member("equals-ignore-case", text))
        case 3: return member("suffix", member("equals-ignore-case", text))
        case 4: return member("equals-ignore-case", text)
        case 5: return member("wildcard", .string(one(["a*", "*c", "*b*", "a*c", "*", "a*a*c", "abc", "*bca*"])))
        case 6: return member("cidr", .string(one(["10.0.0.0/8", "10.0.0.0/31", "0.0.0.0/0", "192.168.0.1/32"])))
        case 7:
            return member(
                "numeric",
                .array(
                    one([
                        [.string("="), .integer(2)], [.string("<"), .double(0.5)], [.string("<="), .double(0.5)],
                        [.string(">"), .integer(-1)],
                        [.string(">="), .integer(-2), .string("<"), .integer(1)],
                    ])))
        case 8: return member("exists", .boolean(true))
        case 9: return member("exists", .boolean(false))
        case 10: return member("anything-but", .array([text, .string("x")]))
        case 11: return member("anything-but", .integer(number(3)))
        case 12:
            return member("anything-but", member(one(["prefix", "suffix", "equals-ignore-case", "wildcard"]), text))
        default: return scalar()
        }
    }

    mutating func pattern(_ depth: Int = 0) -> JSONValue {
        var members: [JSONMember] = []
        for name in Self.names where number(2) == 0 {
            let value: JSONValue =
                depth < 2 && number(2) == 0 ? pattern(depth + 1) : .array((0...number(2)).map { _ in test() })
            members.append(JSONMember(key: name, value: value))
        }
        if members.isEmpty || (depth < 2 && number(5) == 0) {
            let alternatives = (0..<2).map { _ in
                depth < 2 ? pattern(depth + 1) : .object([JSONMember(key: one(Self.names), value: .array([test()]))])
            }
            members.append(JSONMember(key: "$or", value: .array(alternatives)))
        }
        return .object(members)
    }
}

private func text(_ value: JSONValue) -> String {
    var writer = JSONWriter()
    writer.json(value)
    return String(decoding: writer.bytes, as: UTF8.self)
}

@Suite struct EventMatcherTests {
    @Test(arguments: 0..<20) func `Many patterns as one answer as each by itself does`(seed: Int) throws {
        var maker = Maker(random: Maker.SplitMix(state: UInt64(seed) &* 7919))
        let matcher = EventMatcher<Int>()
        var patterns: [Int: JSONValue] = [:]
        var matched = 0
        for round in 0..<40 {
            // Some come, some are replaced, some go.
            for _ in 0..<10 {
                let pattern = maker.pattern()
                let id = maker.number(200)
                guard let parsed = try? EventPattern(parsing: text(pattern)) else { continue }
                patterns[id] = pattern
                matcher.set(id, parsed)
            }
            for _ in 0..<3 {
                let id = maker.number(200)
                patterns[id] = nil
                matcher.remove(id)
            }
            for _ in 0..<5 {
                let event = maker.event()
                let expected = Set(patterns.filter { NaivePattern.matches($0.value, event) }.keys)
                let found = matcher.matches(EventDocument(event))
                #expect(Set(found) == expected, "round \(round): \(text(event))")
                #expect(found.count == expected.count)
                matched += found.count
            }
        }
        #expect(matcher.count == patterns.count)
        // Otherwise nothing has been tested.
        #expect(matched > 200)
        for id in patterns.keys { matcher.remove(id) }
        #expect(matcher.count == 0)
        #expect(matcher.candidates(EventDocument(maker.event())) == 0)
    }

    /// Patterns that differ in one of their fields, of every sort.
    private static let sorts: [(name: String, pattern: @Sendable (Int) -> String, event: @Sendable (Int) -> String)] = [
        (
            "text", { #"{"source":["aws.s3"],"detail":{"bucket":["b-\#($0)"]}}"# },
            { #"{"source":"aws.s3","detail":{"bucket":"b-\#($0)"}}"# }
        ),
        (
            "prefix", { #"{"source":["aws.s3"],"detail":{"key":[{"prefix":"photos/\#($0)/"}]}}"# },
            { #"{"source":"aws.s3","detail":{"key":"photos/\#($0)/x"}}"# }
        ),
        (
            "suffix", { #"{"source":["aws.s3"],"detail":{"key":[{"suffix":"/\#($0).png"}]}}"# },
            { #"{"source":"aws.s3","detail":{"key":"photos/\#($0).png"}}"# }
        ),
        (
            "wildcard", { #"{"source":["aws.s3"],"detail":{"key":[{"wildcard":"*/user-\#(100_000 + $0)/*.png"}]}}"# },
            { #"{"source":"aws.s3","detail":{"key":"photos/user-\#(100_000 + $0)/x.png"}}"# }
        ),
        (
            "ignoring case", { #"{"source":["aws.s3"],"detail":{"key":[{"equals-ignore-case":"Key\#($0)"}]}}"# },
            { #"{"source":"aws.s3","detail":{"key":"kEY\#($0)"}}"# }
        ),
        (
            "numeric", { #"{"source":["aws.s3"],"detail":{"size":[{"numeric":[">=",\#($0),"<",\#($0 + 1)]}]}}"# },
            { #"{"source":"aws.s3","detail":{"size":\#($0).5}}"# }
        ),
        (
            "address", { #"{"source":["aws.s3"],"detail":{"ip":[{"cidr":"10.\#($0 / 256).\#($0 % 256).0/24"}]}}"# },
            { #"{"source":"aws.s3","detail":{"ip":"10.\#($0 / 256).\#($0 % 256).7"}}"# }
        ),
        (
            "places", { #"{"source":["aws.s3"],"detail":{"x\#($0)":[{"anything-but":"no"}]}}"# },
            { #"{"source":"aws.s3","detail":{"x\#($0)":"yes"}}"# }
        ),
        (
            "two fields of which each is shared",
            { #"{"source":["s-\#($0 / 100)"],"detail-type":["t-\#($0 % 100)"]}"# },
            { #"{"source":"s-\#($0 / 100)","detail-type":"t-\#($0 % 100)"}"# }
        ),
        (
            "sets with a value in common", { #"{"source":["all","s-\#($0)"],"detail":{"x":["n","n-\#($0)"]}}"# },
            { #"{"source":"all","detail":{"x":"n-\#($0)"}}"# }
        ),
        (
            "alternatives", { #"{"source":["all"],"$or":[{"a":["v\#($0)"]},{"b":["w\#($0)"]}]}"# },
            { #"{"source":"all","b":"w\#($0)"}"# }
        ),
    ]

    @Test(arguments: 0..<11) func `Of ten thousand patterns hardly more are looked at than match`(sort: Int) throws {
        let (name, pattern, event) = Self.sorts[sort]
        let matcher = EventMatcher<Int>()
        for number in 0..<10_000 { matcher.set(number, try EventPattern(parsing: pattern(number))) }
        for number in [0, 1, 4_711, 9_999] {
            let document = EventDocument(try JSONValue(parsing: Array(event(number).utf8)))
            #expect(matcher.matches(document) == [number], "\(name)")
            #expect(matcher.candidates(document) <= 20, "\(name)")
        }
    }

    @Test func `All that match are found, however many`() throws {
        let matcher = EventMatcher<Int>()
        for number in 0..<1_000 { matcher.set(number, try EventPattern(parsing: #"{"source":["aws.s3"]}"#)) }
        let event = EventDocument(try JSONValue(parsing: Array(#"{"source":"aws.s3"}"#.utf8)))
        #expect(matcher.matches(event).sorted() == Array(0..<1_000))
    }
}
