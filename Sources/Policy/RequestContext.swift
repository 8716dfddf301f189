// Rules are numbered as in Documentation/PolicyRules.md.

/// The value of a condition key in a request, as AWS sends it: "true", "2026-11-21T00:00:00Z", "123", base64 for binary
/// values.
///
/// Values are texts; the operator of a condition decides how they are read. A text that the operator can't read doesn't
/// match.
///
/// AWS: "Single-valued vs. multivalued context keys",
/// `reference_policies_condition-single-vs-multi-valued-context-keys.html`.
public enum ContextValue: Sendable, Hashable {
    /// A key that has one value in every request, such as `aws:username`.
    case one(String)
    /// A key that may have several values, such as `aws:TagKeys`, even if it has one or none here. Only conditions with
    /// `ForAllValues` or `ForAnyValue` match it (rule 39).
    case many([String])
}

/// Where the evaluator gets a request's condition keys. It asks only for keys that a policy mentions.
///
/// Use ``DictionaryContext`` where all keys are known. Conform a type of your own where some are costly to find, and
/// work them out when they are asked for:
///
/// ```swift
/// struct ClockContext: RequestContext {
///     let user: String
///     let currentTime: @Sendable () -> String
///
///     func value(of key: ConditionKey) -> ContextValue? {
///         switch key.name {
///         case "aws:username": .one(user)
///         case "aws:currenttime": .one(currentTime())
///         default: nil
///         }
///     }
/// }
/// ```
///
/// A key may be asked for several times in one evaluation, and must have the same value each time.
public protocol RequestContext: Sendable {
    /// The value of a key in this request.
    ///
    /// - Returns: the value, or nil when the request has no such key, which is not the same as an empty value (rules 32
    ///   and 38).
    func value(of key: ConditionKey) -> ContextValue?
}

/// How the evaluator asks: a closure that does not escape needs, unlike a value of some protocol, no copying.
typealias Lookup = (ConditionKey) -> ContextValue?

/// A request context that is a plain table.
public struct DictionaryContext: RequestContext {
    /// The hashes of the keys. Requests have few keys: to look through them all is the quickest.
    private let hashes: [UInt64]
    private let entries: [Entry]

    private struct Entry: Sendable {
        let key: ConditionKey
        let value: ContextValue
    }

    /// Makes a table of condition keys.
    ///
    /// ```swift
    /// let context = DictionaryContext([
    ///     "aws:username": .one("alice"), "aws:MultiFactorAuthPresent": .one("true"),
    ///     "aws:TagKeys": .many(["team", "stage"]),
    /// ])
    /// ```
    ///
    /// - Parameter values: the keys in any case (rule 40). Of two keys that differ in case only, the one that sorts
    ///   first in its own spelling counts.
    public init(_ values: [String: ContextValue]) {
        entries = values.sorted { $0.key < $1.key }.map { Entry(key: ConditionKey($0.key), value: $0.value) }
        hashes = entries.map(\.key.hash)
    }

    /// The value that the table has for the key.
    ///
    /// - Complexity: linear in the number of keys, at less than a nanosecond each.
    public func value(of key: ConditionKey) -> ContextValue? {
        let wanted = key.hash
        let hashes = hashes.span
        let entries = entries.span
        for index in hashes.indices where hashes[index] == wanted && entries[index].key == key {
            return entries[index].value
        }
        return nil
    }
}
