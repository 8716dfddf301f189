public import Wire

/// A path to a part of an event, of the sort that input transformers and other members of targets have: `$.detail.items[0]`.
///
/// Names after dots, numbers of elements, and `*` for all members or elements; what begins otherwise is no path.
///
/// AWS: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
public struct JSONPath: Sendable, Equatable {
    private enum Step: Sendable, Equatable {
        case name(String)
        case index(Int)
        case all
    }

    private var steps: [Step] = []

    /// Reads a path; nil for what is none.
    public init?(_ text: String) {
        guard text.first == "$" else { return nil }
        var rest = text.dropFirst()
        while let first = rest.first {
            rest = rest.dropFirst()
            switch first {
            case ".":
                let name = rest.prefix { $0 != "." && $0 != "[" }
                guard !name.isEmpty else { return nil }
                steps.append(name == "*" ? .all : .name(String(name)))
                rest = rest.dropFirst(name.count)
            case "[":
                guard let end = rest.firstIndex(of: "]") else { return nil }
                let inner = rest[..<end]
                if inner == "*" {
                    steps.append(.all)
                } else if let index = Int(inner), index >= 0, inner.first != "+" {
                    steps.append(.index(index))
                } else if inner.count > 2, let quote = inner.first, quote == "'" || quote == "\"", inner.last == quote {
                    steps.append(.name(String(inner.dropFirst().dropLast())))
                } else {
                    return nil
                }
                rest = rest[rest.index(after: end)...]
            default: return nil
            }
        }
    }

    /// What is at the path; with `*` an array of all that is. nil: nothing.
    /// - Complexity: linear in the size of the event.
    public func value(in event: JSONValue) -> JSONValue? {
        var found = [event]
        for step in steps {
            found = found.flatMap { value -> [JSONValue] in
                switch (step, value) {
                case (.name(let name), _): return value[name].map { [$0] } ?? []
                case (.index(let index), .array(let elements)):
                    return elements.indices.contains(index) ? [elements[index]] : []
                case (.all, .array(let elements)): return elements
                case (.all, .object(let members)): return members.map(\.value)
                default: return []
                }
            }
        }
        if steps.contains(.all) { return found.isEmpty ? nil : .array(found) }
        return found.first
    }
}
