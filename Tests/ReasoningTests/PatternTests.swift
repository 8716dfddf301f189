import Foundation
import Testing

@testable import PolicyCases
@testable import Reasoning

/// Sets of texts against brute force and, where it is installed, against Z3.
@Suite struct PatternSets {
    /// Patterns that must match and patterns that must not, over few letters, so that they meet.
    private struct Question {
        var positives: [Pattern]
        var negatives: [Pattern]

        init(_ random: inout SeededGenerator) {
            func pattern() -> Pattern {
                let symbols: [Symbol] = (0..<Int.random(in: 0...6, using: &random)).map { _ in
                    [
                        0x61, 0x61, 0x62, 0x3A, .many, .many, .manyInSegment, .one, .oneInSegment, .digit,
                        .anyCase(0x61),
                    ][
                        Int.random(in: 0..<11, using: &random)]
                }
                return Pattern(symbols)
            }
            positives = (0..<Int.random(in: 1...3, using: &random)).map { _ in pattern() }
            negatives = (0..<Int.random(in: 0...4, using: &random)).map { _ in pattern() }
        }

        /// What the reasoning finds; nil: nothing.
        func answer() throws -> [Symbol]? {
            let meter = Meter(.standard)
            var region = TextRegion(Pattern([.many]))
            for positive in positives {
                if case .emptied = region.keep(PatternSet([positive]), meter) { return nil }
            }
            for negative in negatives {
                if case .emptied = region.remove(PatternSet([negative]), meter) { return nil }
            }
            let cell = try #require(region.cells.first)
            guard case .found(let text) = cell.look(meter) else {
                Issue.record("neither empty nor found")
                return nil
            }
            return text
        }

        func holds(_ text: [Symbol]) -> Bool {
            positives.allSatisfy { Self.matches($0.symbols[...], text[...]) }
                && !negatives.contains { Self.matches($0.symbols[...], text[...]) }
        }

        /// By the definition of each symbol.
        private static func matches(_ pattern: ArraySlice<Symbol>, _ text: ArraySlice<Symbol>) -> Bool {
            guard let symbol = pattern.first else { return text.isEmpty }
            let rest = pattern.dropFirst()
            if symbol == .many || symbol == .manyInSegment {
                if matches(rest, text) { return true }
                guard let next = text.first, symbol == .many || next != 0x3A else { return false }
                return matches(pattern, text.dropFirst())
            }
            guard let next = text.first else { return false }
            let isMatch =
                switch symbol {
                case .one: true
                case .oneInSegment: next != 0x3A
                case .digit: (0x30...0x39).contains(next)
                case .anyCase(0x61): next == 0x61 || next == 0x41
                default: next == symbol
                }
            return isMatch && matches(rest, text.dropFirst())
        }
    }

    private static let texts: [[Symbol]] = {
        let letters: [Symbol] = [0x61, 0x41, 0x62, 0x3A, 0x37, 0x78]
        var all: [[Symbol]] = [[]]
        var last: [[Symbol]] = [[]]
        for _ in 0..<4 {
            last = last.flatMap { text in letters.map { text + [$0] } }
            all += last
        }
        return all
    }()

    @Test func emptinessAgreesWithAllShortTexts() throws {
        let seed = Environment.number("REASONING_SEED") ?? UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        var empty = 0
        for number in 0..<1_500 {
            let question = Question(&random)
            let answer = try question.answer()
            if let answer {
                #expect(question.holds(answer), "seed \(seed), question \(number): \(String(answer))")
            } else {
                empty += 1
                if let missed = Self.texts.first(where: question.holds) {
                    Issue.record("seed \(seed), question \(number): overlooked \"\(String(missed))\"")
                    return
                }
            }
        }
        #expect(empty > 100)
    }

    /// Z3 decides the same questions by its theory of strings.
    @Test(.enabled(if: Z3.path != nil)) func emptinessAgreesWithZ3() throws {
        let seed = Environment.number("REASONING_SEED") ?? UInt64.random(in: 0..<1_000_000)
        var random = SeededGenerator(seed: seed)
        var questions: [Question] = []
        for _ in 0..<300 { questions.append(Question(&random)) }
        var decided = 0
        for (number, question) in questions.enumerated() {
            let asserts =
                question.positives.map { "(assert (str.in_re x \(Z3.expression($0))))" }
                + question.negatives.map { "(assert (not (str.in_re x \(Z3.expression($0)))))" }
            guard let verdict = try Z3.decide("(declare-const x String)\(asserts.joined())(check-sat)") else {
                continue
            }
            decided += 1
            let found = try question.answer() != nil
            #expect(found == verdict, "seed \(seed), question \(number): Z3 says \(verdict ? "sat" : "unsat")")
        }
        #expect(decided > 150)
    }
}

/// Z3, if it is installed (Debian: z3).
private enum Z3 {
    static var path: String? {
        ["/usr/bin/z3", "/usr/local/bin/z3"].first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    /// Whether what a question in SMT-LIB asserts can be; nil where Z3 doesn't know.
    ///
    /// Each question has a process of its own: on some of them, Debian 12's Z3 ends with a segmentation fault.
    static func decide(_ question: String) throws -> Bool? {
        let file = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).smt2")
        try Data(question.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: try #require(path))
        process.arguments = ["-t:500", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        switch text {
        case "sat\n": return true
        case "unsat\n": return false
        default: return nil
        }
    }

    /// A pattern as a regular expression.
    static func expression(_ pattern: Pattern) -> String {
        let noColon = "(re.union (re.range \" \" \"9\") (re.range \";\" \"~\"))"
        let parts = pattern.symbols.map { symbol in
            switch symbol {
            case .many: "(re.* (re.range \" \" \"~\"))"
            case .manyInSegment: "(re.* \(noColon))"
            case .one: "(re.range \" \" \"~\")"
            case .oneInSegment: noColon
            case .digit: "(re.range \"0\" \"9\")"
            case .anyCase(0x61): "(re.union (str.to_re \"a\") (str.to_re \"A\"))"
            default: "(str.to_re \"\(String([symbol]))\")"
            }
        }
        return parts.isEmpty
            ? "(str.to_re \"\")" : parts.count == 1 ? parts[0] : "(re.++ \(parts.joined(separator: " ")))"
    }
}
