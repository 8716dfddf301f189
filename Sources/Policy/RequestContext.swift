// Rules are numbered as in Documentation/PolicyRules.md.

/// The value of a condition key in a request, as AWS sends it: "true", "2026-11-21T00:00:00Z", "123", base64 for
/// binary values.
public enum ContextValue: Sendable, Hashable {
    case one(String)
    case many([String])
}

/// Where the evaluator gets a request's condition keys. It asks only for keys that a policy mentions.
public protocol RequestContext: Sendable {
    /// - Returns: the key's value, or nil when the request has no such key.
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

    /// - Parameter values: the keys in any case (rule 40). Of two keys that differ in case only, the one that sorts
    ///   first in its own spelling counts.
    public init(_ values: [String: ContextValue]) {
        entries = values.sorted { $0.key < $1.key }.map { Entry(key: ConditionKey($0.key), value: $0.value) }
        hashes = entries.map(\.key.hash)
    }

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
