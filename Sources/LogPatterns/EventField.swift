import Wire

/// A field of events that a metric filter takes a value or a dimension from: `$.latency` of a JSON object, `$bytes` or `$7` of
/// what stands between spaces.
///
/// ```swift
/// let field = try EventField("$.latency", of: FilterPattern("{ $.latency > 500 }"))
/// var message = LogMessage(#"{"latency":750}"#)
/// let value = field.value(in: &message)
/// ```
///
/// AWS: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForMetricFilters.html>
public struct EventField: Sendable {
    private enum Place: Sendable {
        case json(JSONSelector)
        case delimited(FilterPattern, String)
    }

    private let place: Place

    /// - Parameters:
    ///   - text: the field, with its `$`.
    ///   - pattern: the filter's, which names the fields between spaces.
    /// - Throws: ``InvalidFilterPattern`` for what the pattern can't have: its form has no fields, or none of that name.
    public init(_ text: String, of pattern: FilterPattern) throws(InvalidFilterPattern) {
        var scanner = PatternScanner(text)
        switch pattern.form {
        case .json:
            place = .json(try JSONSelector(&scanner))
            guard scanner.next == nil else { throw scanner.invalid("something stands after its end") }
        case .delimited:
            guard pattern.mayHave(field: text) else { throw scanner.invalid("the pattern has no such field") }
            place = .delimited(pattern, text)
        case .terms, .regularExpression: throw scanner.invalid("the pattern has no fields")
        }
    }

    /// The field's value, as a text; nil: the event has none, or one that is neither a text, a number nor a truth value.
    public func value(in message: inout LogMessage) -> String? {
        switch place {
        case .delimited(let pattern, let name): return pattern.extracted(from: message.text)?[name]
        case .json(let selector):
            guard let value = message.json() else { return nil }
            var found: String?
            _ = selector.finds(in: value) { value in
                found = JSONPattern.text(value).map { String(decoding: $0, as: UTF8.self) }
                return found != nil
            }
            return found
        }
    }
}
