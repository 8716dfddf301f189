/// Reads the conditions of risk rules: names of choices, `!`, `&&`, `||` and parentheses, in the usual order of precedence.
struct RiskConditionParser {
    /// What is wrong with a condition, in words.
    struct Problem: Error {
        let message: String
    }

    private enum Token: Equatable {
        case name(String)
        case and
        case or
        case not
        case open
        case close
    }

    private var tokens: ArraySlice<Token>
    private var depth = 0
    /// More parentheses than that are nobody's.
    private static let deepest = 32

    /// - Throws: ``Problem``.
    static func parse(_ text: String) throws(Problem) -> RiskCondition {
        if text == "default" { return .always }
        var parser = RiskConditionParser(tokens: try tokens(text)[...])
        let condition = try parser.either()
        guard parser.tokens.isEmpty else { throw Problem(message: "something follows the condition") }
        return condition
    }

    private static func tokens(_ text: String) throws(Problem) -> [Token] {
        var tokens: [Token] = []
        var rest = text.utf8[...]
        while let byte = rest.first {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): rest.removeFirst()
            case UInt8(ascii: "("):
                tokens.append(.open)
                rest.removeFirst()
            case UInt8(ascii: ")"):
                tokens.append(.close)
                rest.removeFirst()
            case UInt8(ascii: "!"):
                tokens.append(.not)
                rest.removeFirst()
            case UInt8(ascii: "&"), UInt8(ascii: "|"):
                guard rest.dropFirst().first == byte else { throw Problem(message: "an operator is && or ||") }
                tokens.append(byte == UInt8(ascii: "&") ? .and : .or)
                rest.removeFirst(2)
            default:
                let name = rest.prefix { isOfName($0) }
                guard !name.isEmpty else { throw Problem(message: "a character can't stand there") }
                tokens.append(.name(String(Substring(name))))
                rest = rest.dropFirst(name.count)
            }
        }
        return tokens
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private mutating func either() throws(Problem) -> RiskCondition {
        var parts = [try both()]
        while tokens.first == .or {
            tokens.removeFirst()
            parts.append(try both())
        }
        return parts.count == 1 ? parts.first ?? .always : .any(parts)
    }

    private mutating func both() throws(Problem) -> RiskCondition {
        var parts = [try one()]
        while tokens.first == .and {
            tokens.removeFirst()
            parts.append(try one())
        }
        return parts.count == 1 ? parts.first ?? .always : .all(parts)
    }

    private mutating func one() throws(Problem) -> RiskCondition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw Problem(message: "the condition is nested too deeply") }
        switch tokens.popFirst() {
        case .name(let id): return .choice(id)
        case .not: return .not(try one())
        case .open:
            let inner = try either()
            guard tokens.popFirst() == .close else { throw Problem(message: "a parenthesis is not closed") }
            return inner
        default: throw Problem(message: "a choice is missing")
        }
    }
}
