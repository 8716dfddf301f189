import Wire

/// A condition on an event that is a JSON object: `{ $.user.id = 1 && $.actions[*] = "PUT" }`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/matching-terms-json-log-events.html>
struct JSONPattern: Sendable {
    private struct Leaf: Sendable {
        let selector: JSONSelector
        let test: Test
    }

    private enum Test: Sendable {
        case isNull
        case isBoolean(Bool)
        case notExists
        case compares(Comparison)
    }

    /// Selectors with a wildcard in one pattern.
    private static let mostWildcards = 3

    private let condition: Condition<Leaf>

    init(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) {
        _ = scanner.take("{")
        var wildcards = 0
        condition = try Condition(&scanner) { (scanner: inout PatternScanner) throws(InvalidFilterPattern) in
            let selector = try JSONSelector(&scanner)
            if selector.hasWildcard { wildcards += 1 }
            return Leaf(selector: selector, test: try Self.test(&scanner))
        }
        guard wildcards <= Self.mostWildcards else {
            throw scanner.invalid("more than \(Self.mostWildcards) selectors have a wildcard")
        }
        guard scanner.take("}") else { throw scanner.invalid("the brace is not closed") }
    }

    private static func test(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) -> Test {
        if scanner.takeWord("IS") {
            if scanner.takeWord("NULL") { return .isNull }
            if scanner.takeWord("TRUE") { return .isBoolean(true) }
            if scanner.takeWord("FALSE") { return .isBoolean(false) }
            throw scanner.invalid("IS goes with NULL, TRUE or FALSE")
        }
        if scanner.takeWord("NOT") {
            guard scanner.takeWord("EXISTS") else { throw scanner.invalid("NOT goes with EXISTS") }
            return .notExists
        }
        return .compares(try Comparison(&scanner))
    }

    func matches(_ value: JSONValue) -> Bool {
        condition.holds { leaf in
            switch leaf.test {
            case .notExists: !leaf.selector.finds(in: value) { _ in true }
            case .isNull: leaf.selector.finds(in: value) { $0 == .null }
            case .isBoolean(let wanted): leaf.selector.finds(in: value) { $0 == .boolean(wanted) }
            case .compares(let comparison):
                leaf.selector.finds(in: value) { found in Self.text(found).map { comparison.holds($0) } ?? false }
            }
        }
    }

    /// A value as it is compared; nil: it is an object, an array or null, which nothing is equal to, nor unequal.
    static func text(_ value: JSONValue) -> [UInt8]? {
        switch value {
        case .string(let text): Array(text.utf8)
        case .integer(let number): Array(String(number).utf8)
        case .double(let number): Array(String(number).utf8)
        case .boolean(let flag): Array((flag ? "true" : "false").utf8)
        case .null, .array, .object: nil
        }
    }
}

/// The way to a value in a JSON object: `$.users[0].email`, `$.users[*].id`, `$.['a.b']`.
struct JSONSelector: Sendable {
    private enum Step: Sendable {
        case member(String)
        case element(Int)
        /// All elements, or all members.
        case all
    }

    private let steps: [Step]
    let hasWildcard: Bool

    init(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) {
        guard scanner.take("$") else { throw scanner.invalid("a selector begins with $") }
        var steps: [Step] = []
        while true {
            if scanner.take("[") {
                steps.append(try Self.bracketed(&scanner))
            } else if scanner.take(".") {
                if scanner.take("*") {
                    steps.append(.all)
                } else if scanner.take("[") {
                    steps.append(try Self.bracketed(&scanner))
                } else {
                    let name = scanner.bytes { PatternScanner.isAlphanumeric($0) || "-_".utf8.contains($0) }
                    guard !name.isEmpty else { throw scanner.invalid("a property has no name") }
                    steps.append(.member(String(decoding: name, as: UTF8.self)))
                }
            } else {
                break
            }
        }
        guard !steps.isEmpty else { throw scanner.invalid("a selector names a property") }
        let wildcards = steps.reduce(0) { count, step in if case .all = step { count + 1 } else { count } }
        guard wildcards <= 1 else { throw scanner.invalid("a selector has more than one wildcard") }
        self.steps = steps
        hasWildcard = wildcards == 1
    }

    private static func bracketed(_ scanner: inout PatternScanner) throws(InvalidFilterPattern) -> Step {
        let step: Step
        if scanner.take("*") {
            step = .all
        } else if let quote = scanner.next, quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") {
            step = .member(String(decoding: try scanner.quoted(quote), as: UTF8.self))
        } else {
            let digits = scanner.bytes { (0x30...0x39).contains($0) }
            guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
                throw scanner.invalid("an element has no number")
            }
            step = .element(number)
        }
        guard scanner.take("]") else { throw scanner.invalid("a bracket is not closed") }
        return step
    }

    /// Whether any of the values that it selects is as wanted.
    func finds(in value: JSONValue, _ isWanted: (JSONValue) -> Bool) -> Bool {
        Self.finds(steps[...], in: value, isWanted)
    }

    private static func finds(
        _ steps: ArraySlice<Step>, in value: JSONValue, _ isWanted: (JSONValue) -> Bool
    ) -> Bool {
        guard let step = steps.first else { return isWanted(value) }
        let rest = steps.dropFirst()
        switch (step, value) {
        case (.member(let name), .object):
            return value[name].map { finds(rest, in: $0, isWanted) } ?? false
        case (.element(let number), .array(let elements)):
            return number < elements.count && finds(rest, in: elements[number], isWanted)
        case (.all, .array(let elements)): return elements.contains { finds(rest, in: $0, isWanted) }
        case (.all, .object(let members)): return members.contains { finds(rest, in: $0.value, isWanted) }
        default: return false
        }
    }
}
