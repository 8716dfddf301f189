/// The rule of a composite alarm: `ALARM(cpu) AND NOT (OK("disk full") OR AT_LEAST(2, ALARM, (a, b, c)))`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-combining.html>
public struct AlarmRule: Sendable {
    indirect enum Node: Sendable {
        case constant(Bool)
        case state(AlarmState, String)
        case not(Node)
        case and(Node, Node)
        case or(Node, Node)
        case atLeast(Threshold, AlarmState, isNegated: Bool, [String])
    }

    enum Threshold: Sendable {
        case count(Int)
        case percent(Double)
    }

    let root: Node
    /// The names or ARNs of the alarms that it is about, each once, in their order.
    public let alarms: [String]

    static let mostDepth = 64

    /// Parses a rule.
    /// - Throws: ``MathError`` for what is none.
    public init(_ text: String) throws(MathError) {
        var parser = AlarmRuleParser(text)
        root = try parser.rule()
        guard parser.isAtEnd else { throw MathError("Unexpected input after the rule.") }
        alarms = parser.alarms
    }

    /// Whether the composite alarm is in ALARM.
    /// - Parameter state: of an alarm, by its name or ARN; nil: there is no such alarm.
    public func isTrue(_ state: (String) -> AlarmState?) -> Bool { Self.isTrue(root, state) }

    private static func isTrue(_ node: Node, _ state: (String) -> AlarmState?) -> Bool {
        switch node {
        case .constant(let value): value
        case .state(let wanted, let alarm): state(alarm) == wanted
        case .not(let inner): !isTrue(inner, state)
        case .and(let left, let right): isTrue(left, state) && isTrue(right, state)
        case .or(let left, let right): isTrue(left, state) || isTrue(right, state)
        case .atLeast(let threshold, let wanted, let isNegated, let alarms):
            threshold.isReached(alarms.count { (state($0) == wanted) != isNegated }, of: alarms.count)
        }
    }
}

extension AlarmRule.Threshold {
    func isReached(_ count: Int, of all: Int) -> Bool {
        switch self {
        case .count(let least): count >= least
        case .percent(let percent): Double(count) * 100 >= percent * Double(all)
        }
    }
}

private struct AlarmRuleParser {
    private var rest: Substring
    private(set) var alarms: [String] = []
    private var depth = 0

    init(_ text: String) {
        rest = text[...]
    }

    var isAtEnd: Bool { rest.allSatisfy(\.isWhitespace) }

    private mutating func skipSpace() { rest = rest.drop(while: \.isWhitespace) }

    private mutating func take(_ text: String) -> Bool {
        skipSpace()
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    /// A word of letters and underscores; nothing is taken if it is another.
    private mutating func takeWord(_ word: String) -> Bool {
        skipSpace()
        guard rest.prefix(while: { $0.isLetter || $0 == "_" }) == word else { return false }
        rest = rest.dropFirst(word.count)
        return true
    }

    private mutating func require(_ text: String) throws(MathError) {
        guard take(text) else { throw MathError("'\(text)' is missing.") }
    }

    mutating func rule() throws(MathError) -> AlarmRule.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= AlarmRule.mostDepth else { throw MathError("The rule is nested too deeply.") }
        var left = try conjunction()
        while takeWord("OR") { left = .or(left, try conjunction()) }
        return left
    }

    private mutating func conjunction() throws(MathError) -> AlarmRule.Node {
        var left = try negation()
        while takeWord("AND") { left = .and(left, try negation()) }
        return left
    }

    private mutating func negation() throws(MathError) -> AlarmRule.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= AlarmRule.mostDepth else { throw MathError("The rule is nested too deeply.") }
        if takeWord("NOT") { return .not(try negation()) }
        if take("(") {
            let inner = try rule()
            try require(")")
            return inner
        }
        if takeWord("TRUE") { return .constant(true) }
        if takeWord("FALSE") { return .constant(false) }
        if takeWord("AT_LEAST") { return try atLeast() }
        guard let state = state() else { throw MathError("ALARM, OK, INSUFFICIENT_DATA, TRUE or FALSE is missing.") }
        try require("(")
        let name = try alarm()
        try require(")")
        return .state(state, name)
    }

    private mutating func state() -> AlarmState? {
        for state in [AlarmState.alarm, .ok, .insufficientData] where takeWord(state.rawValue) { return state }
        return nil
    }

    private mutating func atLeast() throws(MathError) -> AlarmRule.Node {
        try require("(")
        skipSpace()
        let digits = rest.prefix(while: { $0.isASCII && ($0.isNumber || $0 == ".") })
        rest = rest.dropFirst(digits.count)
        let threshold: AlarmRule.Threshold
        if take("%") {
            guard let percent = Double(digits), percent > 0, percent <= 100 else {
                throw MathError("The percentage of AT_LEAST is above 0 and up to 100.")
            }
            threshold = .percent(percent)
        } else {
            guard let count = Int(digits), count > 0 else { throw MathError("AT_LEAST takes a positive number.") }
            threshold = .count(count)
        }
        try require(",")
        let isNegated = takeWord("NOT")
        guard let state = state() else { throw MathError("AT_LEAST takes ALARM, OK or INSUFFICIENT_DATA.") }
        try require(",")
        try require("(")
        var names = [try alarm()]
        while take(",") { names.append(try alarm()) }
        try require(")")
        try require(")")
        if case .count(let count) = threshold, count > names.count {
            throw MathError("AT_LEAST asks for more alarms than it names.")
        }
        return .atLeast(threshold, state, isNegated: isNegated, names)
    }

    /// A name or ARN, with or without quotation marks.
    private mutating func alarm() throws(MathError) -> String {
        skipSpace()
        var name = ""
        if rest.first == "\"" {
            rest = rest.dropFirst()
            var isClosed = false
            while let character = rest.popFirst() {
                if character == "\"" {
                    isClosed = true
                    break
                }
                if character == "\\", let next = rest.popFirst() { name.append(next) } else { name.append(character) }
            }
            guard isClosed else { throw MathError("A closing quotation mark is missing.") }
        } else {
            let found = rest.prefix { $0 != ")" && $0 != "(" && $0 != "," && $0 != "\"" }
            rest = rest.dropFirst(found.count)
            name = String(found)
            while name.last?.isWhitespace == true { name.removeLast() }
        }
        guard !name.isEmpty else { throw MathError("The name of an alarm is missing.") }
        if !alarms.contains(name) { alarms.append(name) }
        return name
    }
}
