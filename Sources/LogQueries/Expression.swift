import WAF
import Wire

/// What is computed of an event, or of a row of results.
indirect enum Expression: Sendable {
    enum Operator: String, Sendable {
        case add = "+"
        case subtract = "-"
        case multiply = "*"
        case divide = "/"
        case remainder = "%"
        case power = "^"
        case equal = "="
        case notEqual = "!="
        case less = "<"
        case lessOrEqual = "<="
        case greater = ">"
        case greaterOrEqual = ">="
    }

    case constant(QueryValue)
    case system(LogFields.System)
    /// A field that is in the message.
    case discovered(String)
    /// One that the query has made, by its number.
    case made(Int)
    /// What is at a path in a map or list that the query has made.
    case inside(Expression, String)
    case not(Expression)
    case and(Expression, Expression)
    case or(Expression, Expression)
    case binary(Operator, Expression, Expression)
    case matches(Expression, LinearRegex, isNegated: Bool)
    case isAny(Expression, [Expression], isNegated: Bool)
    /// Whether a list has a value.
    case isElement(Expression, of: Expression, isNegated: Bool)
    case call(QueryFunction, [Expression])
    case period(Expression, TimePeriod, roundsUp: Bool)
    /// `regexReplace` with an expression that was read.
    case replaced(Expression, LinearRegex, with: Expression)
}

/// What an expression is computed of.
struct QueryRow {
    /// nil: it is a row of what `stats` has computed.
    var fields: LogFields?
    /// What the query has made.
    var made: [QueryValue]

    /// How many bytes it takes, about.
    var size: Int {
        made.reduce(128 + (fields?.event.message.count ?? 0)) { $0 + $1.size }
    }
}

/// What all events of a query have in common.
public struct QueryContext: Sendable {
    /// When the query began, and what it is about; milliseconds since 1970, both ends included.
    public let now: Int64
    public let start: Int64
    public let end: Int64

    public init(now: Int64, start: Int64, end: Int64) { (self.now, self.start, self.end) = (now, start, end) }
}

extension Expression {
    func value(_ row: QueryRow, _ context: QueryContext) -> QueryValue {
        switch self {
        case .constant(let value): return value
        case .system(let field): return row.fields?.value(field) ?? .missing
        case .discovered(let path): return row.fields?.value(path) ?? .missing
        case .made(let number): return row.made.indices.contains(number) ? row.made[number] : .missing
        case .inside(let whole, let path):
            guard case .structure(let json) = whole.value(row, context) else { return .missing }
            return EmbeddedJSON.value(path[...], in: json).map { QueryValue($0) } ?? .missing
        case .not(let part): return .boolean(!part.value(row, context).isTrue)
        case .and(let a, let b): return .boolean(a.value(row, context).isTrue && b.value(row, context).isTrue)
        case .or(let a, let b): return .boolean(a.value(row, context).isTrue || b.value(row, context).isTrue)
        case .binary(let relation, let a, let b):
            return Self.value(relation, a.value(row, context), b.value(row, context))
        case .matches(let part, let regex, let isNegated):
            guard let text = part.value(row, context).text else { return .boolean(false) }
            return .boolean(regex.matches(Array(text.utf8)) != isNegated)
        case .isAny(let part, let choices, let isNegated):
            let value = part.value(row, context)
            guard !value.isMissing else { return .boolean(false) }
            return .boolean(choices.contains { Self.areEqual(value, $0.value(row, context)) } != isNegated)
        case .isElement(let part, let list, let isNegated):
            let value = part.value(row, context)
            guard !value.isMissing, case .structure(.array(let elements)) = list.value(row, context) else {
                return .boolean(false)
            }
            return .boolean(elements.contains { Self.areEqual(value, QueryValue($0)) } != isNegated)
        case .call(let function, let arguments): return function.value(arguments, row, context)
        case .period(let time, let period, let roundsUp):
            guard let time = time.value(row, context).number.flatMap({ Int64(exactly: $0.rounded(.down)) }) else {
                return .missing
            }
            return .timestamp(roundsUp ? period.ceiling(time) : period.floor(time))
        case .replaced(let part, let regex, let replacement):
            guard let text = part.value(row, context).text, let new = replacement.value(row, context).text else {
                return .missing
            }
            return .text(StringFunctions.replace(regex, in: text, with: new))
        }
    }

    private static func value(_ relation: Operator, _ a: QueryValue, _ b: QueryValue) -> QueryValue {
        switch relation {
        case .add, .subtract, .multiply, .divide, .remainder, .power:
            guard let a = a.number, let b = b.number else { return .missing }
            return QueryValue(finite: computed(relation, a, b))
        case .equal: return .boolean(areEqual(a, b))
        case .notEqual: return .boolean(areComparable(a, b) && !areEqual(a, b))
        case .less: return .boolean(order(a, b).map { $0 < 0 } ?? false)
        case .lessOrEqual: return .boolean(order(a, b).map { $0 <= 0 } ?? false)
        case .greater: return .boolean(order(a, b).map { $0 > 0 } ?? false)
        case .greaterOrEqual: return .boolean(order(a, b).map { $0 >= 0 } ?? false)
        }
    }

    private static func computed(_ relation: Operator, _ a: Double, _ b: Double) -> Double {
        switch relation {
        case .add: a + b
        case .subtract: a - b
        case .multiply: a * b
        case .divide: b == 0 ? .nan : a / b
        case .remainder: b == 0 ? .nan : a.truncatingRemainder(dividingBy: b)
        default: Mathematics.power(a, b)
        }
    }

    /// What is missing is neither equal to anything nor unequal, nor are maps and lists.
    private static func areComparable(_ a: QueryValue, _ b: QueryValue) -> Bool {
        switch (a, b) {
        case (.missing, _), (_, .missing), (.structure, _), (_, .structure): false
        default: true
        }
    }

    /// Two texts are compared as such, and anything with a number as numbers where both are.
    static func areEqual(_ a: QueryValue, _ b: QueryValue) -> Bool {
        guard areComparable(a, b) else { return false }
        switch (a, b) {
        case (.text(let a), .text(let b)): return a.utf8.elementsEqual(b.utf8)
        case (.boolean(let flag), .text(let text)), (.text(let text), .boolean(let flag)):
            return text == (flag ? "true" : "false") || text == (flag ? "1" : "0")
        default:
            if let a = a.number, let b = b.number { return a == b }
            return a.text == b.text
        }
    }

    /// Less than 0: the first is before the other. Numbers, also texts that are some, in their order, all else as texts.
    static func order(_ a: QueryValue, _ b: QueryValue) -> Int? {
        guard areComparable(a, b) else { return nil }
        if let a = a.number, let b = b.number { return a < b ? -1 : a > b ? 1 : 0 }
        guard let a = a.text, let b = b.text else { return nil }
        if a.utf8.elementsEqual(b.utf8) { return 0 }
        return a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
    }
}
