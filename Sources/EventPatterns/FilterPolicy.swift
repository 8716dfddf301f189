public import Wire

/// A filter policy of an Amazon SNS subscription: which messages it is for.
///
/// ```swift
/// let policy = try FilterPolicy(parsing: #"{"store": ["example_corp"]}"#, scope: .attributes)
/// let isWanted = policy.matches(attributes: ["store": .string("example_corp")])
/// ```
///
/// AWS: https://docs.aws.amazon.com/sns/latest/dg/sns-subscription-filter-policies.html
public struct FilterPolicy: Sendable, Equatable {
    /// What a policy is about. The raw values are the API's `FilterPolicyScope`.
    public enum Scope: String, Sendable {
        /// The message's attributes.
        case attributes = "MessageAttributes"
        /// The members of the message's body, which is JSON.
        case body = "MessageBody"
    }

    /// What the policy is about.
    public let scope: Scope
    private let root: PatternObject

    /// How many combinations of values a policy may have.
    public static let mostCombinations = 150
    /// How many names of fields a policy may have.
    public static let mostFields = 5

    /// Reads a policy. One without any field is for all messages.
    /// - Throws: what is wrong, in the words that follow `Invalid parameter: FilterPolicy: `.
    public init(parsing text: String, scope: Scope) throws(PatternError) {
        let bytes = Array(text.utf8)
        var parser = try PatternParser(bytes)
        root = try parser.pattern(allowsNone: true)
        self.scope = scope
        func error(_ reason: String) -> PatternError { PatternError(reason, bytes, at: bytes.count) }
        guard scope == .body || !root.isNested else {
            throw error("Filter policy scope MessageAttributes does not support nested filter policy")
        }
        guard root.names.count <= Self.mostFields else {
            throw error("Filter policy can not have more than \(Self.mostFields) keys")
        }
        guard root.valueCombinations(level: 1) <= Self.mostCombinations else {
            throw error("Filter policy is too complex")
        }
    }

    /// Whether a message with these attributes is wanted.
    /// - Parameter attributes: by name; those of the type `String.Array` as an array, numbers as numbers, and bytes as a text.
    public func matches(attributes: [String: JSONValue]) -> Bool {
        matches(.object(attributes.map { JSONMember(key: $0.key, value: $0.value) }))
    }

    /// Whether a message with this body is wanted. One that is no JSON object is not, unless all are.
    public func matches(body: [UInt8]) -> Bool {
        if root.fields.isEmpty, root.alternatives.isEmpty { return true }
        guard let value = try? JSONValue(parsing: body), case .object = value else { return false }
        return matches(value)
    }

    private func matches(_ value: JSONValue) -> Bool {
        let document = EventDocument(value)
        return root.matches(document.root, in: document)
    }
}

extension PatternObject {
    fileprivate var isNested: Bool {
        fields.contains { if case .object = $0.condition { true } else { false } }
            || alternatives.contains { $0.contains { $0.isNested } }
    }

    /// The paths of all fields.
    fileprivate var names: Set<PatternPath> {
        var names: Set<PatternPath> = []
        for field in fields {
            switch field.condition {
            case .values(_, let path): names.insert(path)
            case .object(let object): names.formUnion(object.names)
            }
        }
        for object in alternatives.joined() { names.formUnion(object.names) }
        return names
    }

    /// The product of the numbers of values, each times the level that it stands at.
    /// <https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html>
    fileprivate func valueCombinations(level: Int) -> Int {
        var product = 1
        func multiply(by factor: Int) {
            let (result, overflows) = product.multipliedReportingOverflow(by: max(factor, 1))
            product = overflows ? .max : result
        }
        for field in fields {
            switch field.condition {
            case .values(let tests, _): multiply(by: tests.count * level)
            case .object(let object): multiply(by: object.valueCombinations(level: level + 1))
            }
        }
        for group in alternatives {
            multiply(
                by: group.reduce(0) { sum, one in
                    let (result, overflows) = sum.addingReportingOverflow(one.valueCombinations(level: level))
                    return overflows ? .max : result
                })
        }
        return product
    }
}
