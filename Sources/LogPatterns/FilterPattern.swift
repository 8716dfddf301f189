import Wire

/// Which log events a metric filter, a subscription filter or a search wants.
///
/// A pattern is of one of four forms: terms (`ERROR -"no such file"`), a condition on JSON (`{ $.latency > 500 }`), one on fields
/// between spaces (`[ip, user, ..., status = 4*, bytes]`), or a regular expression (`%4\d\d%`), which RE2 matches in linear time.
/// It is read once and may then be asked of any number of events, on any thread.
///
/// ```swift
/// let pattern = try FilterPattern(#"{ $.eventName = "Delete*" && $.errorCode NOT EXISTS }"#)
/// let isMatch = pattern.matches(#"{"eventName":"DeleteTrail"}"#)
/// ```
///
/// AWS: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>
public struct FilterPattern: Sendable {
    /// Which form a pattern has.
    public enum Form: Sendable, Equatable {
        case terms, json, delimited, regularExpression
    }

    private enum Content: Sendable {
        case terms(TermPattern)
        case json(JSONPattern)
        case delimited(DelimitedPattern)
        case expression(PatternExpression)
    }

    /// Regular expressions in one pattern.
    static let mostExpressions = 2

    private let content: Content
    /// How many regular expressions it has.
    public let expressionCount: Int

    /// Reads a pattern.
    /// - Throws: ``InvalidFilterPattern`` for a text that is none.
    /// - Complexity: linear in the text, but for its regular expressions.
    public init(_ text: String) throws(InvalidFilterPattern) {
        var scanner = PatternScanner(text)
        scanner.skipSpace()
        switch scanner.next {
        case UInt8(ascii: "{"): content = .json(try JSONPattern(&scanner))
        case UInt8(ascii: "["): content = .delimited(try DelimitedPattern(&scanner))
        case UInt8(ascii: "%"): content = .expression(try scanner.expression())
        default: content = .terms(try TermPattern(&scanner))
        }
        scanner.skipSpace()
        guard scanner.next == nil else { throw scanner.invalid("something stands after its end") }
        guard scanner.expressions <= Self.mostExpressions else {
            throw scanner.invalid("it has more than \(Self.mostExpressions) regular expressions")
        }
        expressionCount = scanner.expressions
    }

    /// Which form it has.
    public var form: Form {
        switch content {
        case .terms: .terms
        case .json: .json
        case .delimited: .delimited
        case .expression: .regularExpression
        }
    }

    /// Whether an event's message fits.
    /// - Complexity: linear in the message, for each of the pattern's terms or conditions.
    public func matches(_ message: String) -> Bool { matches(Array(message.utf8)) }

    /// Whether an event's message fits.
    public func matches(_ message: [UInt8]) -> Bool {
        var message = LogMessage(message)
        return matches(&message)
    }

    /// Whether a message fits that other patterns are asked of as well.
    public func matches(_ message: inout LogMessage) -> Bool {
        switch content {
        case .terms(let pattern): pattern.matches(message.bytes)
        case .expression(let expression): expression.matches(message.bytes)
        case .delimited(let pattern): pattern.matches(message.bytes)
        case .json(let pattern): message.json().map { pattern.matches($0) } ?? false
        }
    }

    /// What the fields of an event are, by the names that the pattern gives them: `$bytes`, and `$3` for the third, which has
    /// none. Empty where the pattern is not one of fields; nil where the event does not fit.
    public func extracted(from message: String) -> [String: String]? {
        let bytes = Array(message.utf8)
        if case .delimited(let pattern) = content { return pattern.extracted(from: bytes) }
        return matches(bytes) ? [:] : nil
    }

    /// Whether an event that fits can have a field of this name among those that ``extracted(from:)`` finds.
    func mayHave(field name: String) -> Bool {
        guard case .delimited(let pattern) = content else { return false }
        return pattern.mayHave(field: name)
    }
}

/// That a text is no filter pattern.
public struct InvalidFilterPattern: Error, Sendable, Equatable {
    /// What AWS answers, as the message of an `InvalidParameterException`.
    public static let message = "Invalid filter pattern"

    /// What is wrong with it, for people.
    public let reason: String
    /// At which byte of the text.
    public let place: Int
}
