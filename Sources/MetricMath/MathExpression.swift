/// An expression of metric math, parsed: `IF(errors > 5, SUM([m1, m2]) / PERIOD(m1))`.
/// <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html>
public struct MathExpression: Sendable {
    indirect enum Node: Sendable {
        case number(Double)
        case text(String)
        /// An id of the request, or a word such as `REPEAT`.
        case name(String)
        case list([Node])
        case negated(Node)
        case binary(Operator, Node, Node)
        case call(String, [Node])
    }

    enum Operator: String, Sendable {
        case or = "||"
        case and = "&&"
        case equal = "=="
        case unequal = "!="
        case lessOrEqual = "<="
        case greaterOrEqual = ">="
        case less = "<"
        case greater = ">"
        case plus = "+"
        case minus = "-"
        case times = "*"
        case divided = "/"
        case power = "^"

        /// How tightly it binds.
        var precedence: Int {
            switch self {
            case .or: 1
            case .and: 2
            case .equal, .unequal, .lessOrEqual, .greaterOrEqual, .less, .greater: 3
            case .plus, .minus: 4
            case .times, .divided: 5
            case .power: 6
            }
        }
    }

    let root: Node
    /// The functions that it calls.
    public let functions: Set<String>
    /// The ids that it names.
    public let references: Set<String>

    /// How deep expressions may be in each other.
    static let mostDepth = 64
    /// Words that are no ids.
    static let words: Set<String> = ["REPEAT", "LINEAR", "ASC", "DESC", "AVG", "MIN", "MAX", "SUM", "AND", "OR"]

    /// Parses an expression.
    /// - Throws: ``MathError``: for what is none, and for functions that there are not.
    public init(_ text: String) throws(MathError) {
        var parser = MathParser(try MathParser.tokens(text))
        root = try parser.parse()
        functions = parser.functions
        references = parser.references
    }

    /// Functions of AWS's that ask for something that Gatehouse does not have.
    public static let refused: Set<String> = [
        "ANOMALY_DETECTION_BAND", "INSIGHT_RULE_METRIC", "DB_PERF_INSIGHTS", "LAMBDA", "SERVICE_QUOTA",
    ]
    static let known: Set<String> = [
        "ABS", "AVG", "CEIL", "DATAPOINT_COUNT", "DIFF", "DIFF_TIME", "FILL", "FIRST", "LAST", "FLOOR", "IF", "LOG",
        "LOG10",
        "MAX", "METRIC_COUNT", "METRICS", "MIN", "MINUTE", "HOUR", "DAY", "DATE", "MONTH", "YEAR", "EPOCH", "PERIOD",
        "RATE",
        "REMOVE_EMPTY", "RUNNING_SUM", "SEARCH", "SLICE", "SORT", "STDDEV", "SUM", "TIME_SERIES",
    ]
}

/// Reads an expression by the precedence of its operators.
private struct MathParser {
    enum Token: Equatable {
        case number(Double)
        case text(String)
        case name(String)
        case symbol(String)
    }

    private let tokens: [Token]
    private var place = 0
    private var depth = 0
    var functions: Set<String> = []
    var references: Set<String> = []

    init(_ tokens: [Token]) {
        self.tokens = tokens
    }

    mutating func parse() throws(MathError) -> MathExpression.Node {
        let node = try expression(above: 0)
        guard place == tokens.count else { throw MathError("Unexpected input after the expression.") }
        return node
    }

    private var next: Token? { place < tokens.count ? tokens[place] : nil }

    private mutating func take(_ symbol: String) -> Bool {
        guard next == .symbol(symbol) else { return false }
        place += 1
        return true
    }

    private var nextOperator: MathExpression.Operator? {
        switch next {
        case .symbol(let symbol): MathExpression.Operator(rawValue: symbol)
        case .name("AND"): .and
        case .name("OR"): .or
        default: nil
        }
    }

    private mutating func expression(above precedence: Int) throws(MathError) -> MathExpression.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= MathExpression.mostDepth else { throw MathError("The expression is nested too deeply.") }
        var left = try operand()
        while let found = nextOperator, found.precedence > precedence {
            place += 1
            // Powers are taken from the right.
            let right = try expression(above: found == .power ? found.precedence - 1 : found.precedence)
            left = .binary(found, left, right)
        }
        return left
    }

    private mutating func operand() throws(MathError) -> MathExpression.Node {
        depth += 1
        defer { depth -= 1 }
        guard depth <= 2 * MathExpression.mostDepth else { throw MathError("The expression is nested too deeply.") }
        if take("-") { return .negated(try operand()) }
        if take("+") { return try operand() }
        if take("(") {
            let inner = try expression(above: 0)
            guard take(")") else { throw MathError("A closing parenthesis is missing.") }
            return inner
        }
        if take("[") { return .list(try list(until: "]")) }
        guard let token = next else { throw MathError("The expression ends too early.") }
        place += 1
        switch token {
        case .number(let number): return .number(number)
        case .text(let text): return .text(text)
        case .name(let name):
            if take("(") {
                guard MathExpression.known.contains(name) || MathExpression.refused.contains(name) else {
                    throw MathError("Unknown function: \(name).")
                }
                functions.insert(name)
                return .call(name, try list(until: ")"))
            }
            if !MathExpression.words.contains(name) { references.insert(name) }
            return .name(name)
        case .symbol(let symbol): throw MathError("Unexpected '\(symbol)'.")
        }
    }

    private mutating func list(until end: String) throws(MathError) -> [MathExpression.Node] {
        if take(end) { return [] }
        var items = [try expression(above: 0)]
        while take(",") { items.append(try expression(above: 0)) }
        guard take(end) else { throw MathError("A closing '\(end)' is missing.") }
        return items
    }

    static func tokens(_ text: String) throws(MathError) -> [Token] {
        var tokens: [Token] = []
        var rest = Array(text.utf8)[...]
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        func isWord(_ byte: UInt8) -> Bool {
            isDigit(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == UInt8(ascii: "_")
        }
        while let byte = rest.first {
            if byte <= 32 {
                rest = rest.dropFirst()
            } else if isDigit(byte) || byte == UInt8(ascii: ".") {
                var length = rest.prefix { isDigit($0) || $0 == UInt8(ascii: ".") }.count
                let exponent = rest.dropFirst(length)
                if let e = exponent.first, e == UInt8(ascii: "e") || e == UInt8(ascii: "E") {
                    let sign =
                        exponent.dropFirst().first.map { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") } ?? false
                    let digits = exponent.dropFirst(sign ? 2 : 1).prefix(while: isDigit).count
                    if digits > 0 { length += digits + (sign ? 2 : 1) }
                }
                let numeral = String(decoding: rest.prefix(length), as: UTF8.self)
                guard let number = Double(numeral), number.isFinite else {
                    throw MathError("Not a number: \(numeral).")
                }
                tokens.append(.number(number))
                rest = rest.dropFirst(length)
            } else if isWord(byte) {
                let word = rest.prefix(while: isWord)
                tokens.append(.name(String(decoding: word, as: UTF8.self)))
                rest = rest.dropFirst(word.count)
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                var content: [UInt8] = []
                rest = rest.dropFirst()
                var isClosed = false
                while let next = rest.popFirst() {
                    if next == byte {
                        isClosed = true
                        break
                    }
                    if next == UInt8(ascii: "\\"), let escaped = rest.popFirst() {
                        content.append(escaped)
                    } else {
                        content.append(next)
                    }
                }
                guard isClosed else { throw MathError("A closing quotation mark is missing.") }
                tokens.append(.text(String(decoding: content, as: UTF8.self)))
            } else {
                let two = String(decoding: rest.prefix(2), as: UTF8.self)
                let one = String(decoding: rest.prefix(1), as: UTF8.self)
                if ["==", "!=", "<=", ">=", "&&", "||"].contains(two) {
                    tokens.append(.symbol(two))
                    rest = rest.dropFirst(2)
                } else if "+-*/^<>()[],".contains(one) {
                    tokens.append(.symbol(one))
                    rest = rest.dropFirst()
                } else {
                    throw MathError("Unexpected character in the expression.")
                }
            }
        }
        return tokens
    }
}
