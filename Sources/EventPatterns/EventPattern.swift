public import Wire

/// An event pattern of Amazon EventBridge: which events a rule is for.
///
/// ```swift
/// let pattern = try EventPattern(
///     parsing: #"{"source": ["aws.kms"], "detail": {"state": [{"prefix": "Pending"}]}}"#)
/// let isMatch = pattern.matches(EventDocument(event))
/// ```
///
/// A pattern has the structure of the events: each field has an array, and one of its elements has to match. A field of an
/// event that is an array matches if one of its elements does; what stands in one object of a pattern has to match within one
/// element of an array of objects.
///
/// AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
public struct EventPattern: Sendable, Equatable {
    let root: PatternObject

    /// The most that alternatives (`$or`) may multiply to.
    public static let mostCombinations = 1000
    /// How deep objects may be in each other.
    static let mostLevels = 32

    /// Reads a pattern.
    /// - Throws: what is wrong, in AWS's words.
    /// - Complexity: linear in the length of the text.
    public init(parsing text: String) throws(PatternError) {
        var parser = try PatternParser(Array(text.utf8))
        root = try parser.pattern()
    }

    init(root: PatternObject) {
        self.root = root
    }

    /// Whether an event matches.
    /// - Complexity: linear in the size of the event, for each field of the pattern.
    public func matches(_ event: EventDocument) -> Bool { root.matches(event.root, in: event) }

    /// How many patterns without `$or` say the same.
    public var combinations: Int { root.combinations }
}

/// What has to be true of one object of an event.
struct PatternObject: Sendable, Equatable {
    var fields: [Field] = []
    /// Of each, one has to match as well.
    var alternatives: [[PatternObject]] = []

    struct Field: Sendable, Equatable {
        let key: String
        let condition: Condition
    }

    indirect enum Condition: Sendable, Equatable {
        /// One of these is true of one of the values at a place.
        case values([ValueTest], PatternPath)
        case object(PatternObject)
    }

    func matches(_ value: EventDocument.Node?, in event: EventDocument) -> Bool {
        if case .array(let elements)? = value {
            return elements.contains { matches($0, in: event) }
        }
        return fields.allSatisfy { $0.condition.matches(value?[$0.key], in: event) }
            && alternatives.allSatisfy { $0.contains { $0.matches(value, in: event) } }
    }

    var combinations: Int {
        var product = 1
        func multiply(by factor: Int) {
            let (result, overflows) = product.multipliedReportingOverflow(by: factor)
            product = overflows ? .max : result
        }
        for field in fields {
            if case .object(let object) = field.condition { multiply(by: object.combinations) }
        }
        for group in alternatives {
            multiply(
                by: group.reduce(0) { sum, one in
                    let (result, overflows) = sum.addingReportingOverflow(one.combinations)
                    return overflows ? .max : result
                })
        }
        return product
    }
}

extension PatternObject.Condition {
    func matches(_ value: EventDocument.Node?, in event: EventDocument) -> Bool {
        switch self {
        case .object(let object): return object.matches(value, in: event)
        case .values(let tests, let path):
            if tests.contains(.absent), !event.leaves.keys.contains(path) { return true }
            return value?.hasScalar { scalar in tests.contains { $0.matches(scalar) } } ?? false
        }
    }
}

/// Where a field is: the names of the objects that it is in, and its own.
struct PatternPath: Hashable, Sendable {
    private(set) var names: [String] = []

    func appending(_ name: String) -> PatternPath {
        var path = self
        path.names.append(name)
        return path
    }
}

/// An event that is made ready to be matched with patterns.
public struct EventDocument: Sendable {
    enum Node: Sendable {
        case scalar(Scalar)
        case array([Node])
        case object([String: Node])

        subscript(key: String) -> Node? {
            if case .object(let members) = self { members[key] } else { nil }
        }

        /// Whether something is true of a value here; arrays in arrays are as one.
        func hasScalar(_ test: (Scalar) -> Bool) -> Bool {
            switch self {
            case .scalar(let scalar): test(scalar)
            case .array(let elements): elements.contains { $0.hasScalar(test) }
            case .object: false
            }
        }
    }

    let root: Node
    /// All values, by where they are.
    let leaves: [PatternPath: [Scalar]]

    /// Makes an event ready.
    /// - Complexity: linear in its size.
    public init(_ event: JSONValue) {
        var leaves: [PatternPath: [Scalar]] = [:]
        root = Self.node(event, PatternPath(), &leaves)
        self.leaves = leaves
    }

    private static func node(
        _ value: JSONValue, _ path: PatternPath, _ leaves: inout [PatternPath: [Scalar]]
    ) -> Node {
        switch value {
        case .array(let elements): return .array(elements.map { node($0, path, &leaves) })
        case .object(let members):
            var nodes: [String: Node] = [:]
            for member in members { nodes[member.key] = node(member.value, path.appending(member.key), &leaves) }
            return .object(nodes)
        default:
            let scalar = Scalar(value) ?? .null
            leaves[path, default: []].append(scalar)
            return .scalar(scalar)
        }
    }
}
