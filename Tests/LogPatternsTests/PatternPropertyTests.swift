import LogPatterns
import Testing

/// What has to hold for any pattern and message, tried with made-up ones.
@Suite struct PatternPropertyTests {
    /// Numbers that look random, the same in each run.
    private struct Numbers: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }

    private static let words = ["ERROR", "WARN", "a", "x1", "_", "400", "timeout"]

    @Test func termsAreSearchedFor() throws {
        var numbers = Numbers(state: 1)
        for _ in 0..<300 {
            let message = (0..<Int.random(in: 0...5, using: &numbers))
                .compactMap { _ in Self.words.randomElement(using: &numbers) }.joined(separator: " ")
            let terms = (0..<Int.random(in: 1...3, using: &numbers))
                .compactMap { _ in Self.words.randomElement(using: &numbers) }
            func isThere(_ term: String) -> Bool { message.isEmpty ? false : message.split(term) }
            let pattern = terms.joined(separator: " ")
            #expect(try FilterPattern(pattern).matches(message) == terms.allSatisfy(isThere))
            let excluding = terms.map { "-\($0)" }.joined(separator: " ")
            #expect(try FilterPattern(excluding).matches(message) == !terms.contains(where: isThere))
            let choice = terms.map { "?\($0)" }.joined(separator: " ")
            #expect(try FilterPattern(choice).matches(message) == terms.contains(where: isThere))
            // Quotes change nothing about a word.
            let quoted = terms.map { "\"\($0)\"" }.joined(separator: " ")
            #expect(try FilterPattern(quoted).matches(message) == FilterPattern(pattern).matches(message))
        }
    }

    @Test func numbersAreComparedAsNumbers() throws {
        var numbers = Numbers(state: 2)
        for _ in 0..<300 {
            let (a, b) = (Int.random(in: -9...9, using: &numbers), Int.random(in: -9...9, using: &numbers))
            let truths = [
                ("=", a == b), ("!=", a != b), ("<", a < b), ("<=", a <= b), (">", a > b), (">=", a >= b),
            ]
            for (sign, isTrue) in truths {
                #expect(try FilterPattern("{ $.n \(sign) \(b) }").matches("{\"n\":\(a)}") == isTrue)
                #expect(try FilterPattern("{ $.n \(sign) \(b).0e0 }").matches("{\"n\":\(a).0}") == isTrue)
                #expect(try FilterPattern("[w, n \(sign) \(b)]").matches("w \(a)") == isTrue)
            }
        }
    }

    /// Conditions mean what they mean to Swift, however they are nested.
    @Test func conditionsFollowTheOrderOfOperations() throws {
        var numbers = Numbers(state: 3)
        for _ in 0..<300 {
            let flags = (0..<4).map { _ in Bool.random(using: &numbers) }
            let message = "{" + flags.enumerated().map { "\"f\($0)\":\($1)" }.joined(separator: ",") + "}"
            let (text, isTrue) = condition(depth: 3, flags, &numbers)
            #expect(try FilterPattern("{\(text)}").matches(message) == isTrue, "\(text) \(message)")
        }
    }

    private func condition(depth: Int, _ flags: [Bool], _ numbers: inout Numbers) -> (text: String, isTrue: Bool) {
        guard depth > 0, let kind = (0..<4).randomElement(using: &numbers), kind > 0 else {
            let index = Int.random(in: 0..<flags.count, using: &numbers)
            let isPlain = Bool.random(using: &numbers)
            return ("$.f\(index) IS \(isPlain ? "TRUE" : "FALSE")", flags[index] == isPlain)
        }
        let left = condition(depth: depth - 1, flags, &numbers)
        let right = condition(depth: depth - 1, flags, &numbers)
        switch kind {
        case 1: return ("(\(left.text)) && (\(right.text))", left.isTrue && right.isTrue)
        case 2: return ("(\(left.text))||(\(right.text))", left.isTrue || right.isTrue)
        // Without parentheses around what stands first: && binds more.
        default:
            return (
                "$.f0 IS TRUE || (\(left.text)) && (\(right.text))", flags[0] || (left.isTrue && right.isTrue)
            )
        }
    }

    /// Fields that are put together are taken apart again.
    @Test func fieldsComeBack() throws {
        var numbers = Numbers(state: 4)
        for _ in 0..<200 {
            let values = (0..<Int.random(in: 1...6, using: &numbers))
                .compactMap { _ in (Self.words + ["two words", "[in", "q\"q", "]"]).randomElement(using: &numbers) }
            let message = values.map { value in
                value.contains(" ") || value.hasPrefix("[") || value.hasPrefix("]") ? "\"\(value)\"" : value
            }.joined(separator: "  ")
            let pattern = "[" + values.indices.map { "f\($0)" }.joined(separator: ",") + "]"
            let expected = Dictionary(uniqueKeysWithValues: values.enumerated().map { ("$f\($0)", $1) })
            #expect(try FilterPattern(pattern).extracted(from: message) == expected, "\(message)")
        }
    }
}

extension String {
    /// Whether another text is in it, found letter by letter.
    fileprivate func split(_ part: String) -> Bool {
        indices.contains { self[$0...].hasPrefix(part) }
    }
}
