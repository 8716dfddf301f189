/// The value of a condition key in a request, as AWS sends it: "true", "2026-11-21T00:00:00Z", "123", base64 for
/// binary values.
public enum ContextValue: Sendable, Hashable {
    case one(String)
    case many([String])
}

/// Where the evaluator gets a request's condition keys. It asks only for keys that a policy mentions.
public protocol RequestContext: Sendable {
    /// - Parameter key: the key in lower case, e.g. "aws:username", "aws:principaltag/team".
    /// - Returns: its value, or nil when the request has no such key.
    func value(of key: String) -> ContextValue?
}

/// A request context that is a plain table.
public struct DictionaryContext: RequestContext {
    private let values: [String: ContextValue]

    /// - Parameter values: the keys in any case (rule 40). Of two keys that differ in case only, the one that sorts
    ///   first in its own spelling counts.
    public init(_ values: [String: ContextValue]) {
        let pairs = values.sorted { $0.key < $1.key }.map { ($0.key.lowercasedASCII, $0.value) }
        self.values = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    public func value(of key: String) -> ContextValue? { values[key] }
}
