import Wire

/// Where in an input a value is: `QueueUrl`, `Entries.EventBusName`. Lists on the way are passed through, each element in
/// turn; in a map the name is a key.
struct MemberPath: Sendable, Hashable {
    /// Model names of members.
    var names: [String]
    /// Whether it begins at the element of `for each`; with no names it is the element itself.
    var isRelative: Bool

    init(_ names: [String], isRelative: Bool = false) {
        self.names = names
        self.isRelative = isRelative
    }

    /// The values that the path leads to; empty where a member is absent.
    /// - Complexity: linear in the number of values.
    func values(in input: Structure, element: Value?) -> [Value] {
        var found: [Value] = []
        if isRelative {
            guard let element else { return [] }
            collect(element, from: 0, into: &found)
        } else {
            collect(.structure(input), from: 0, into: &found)
        }
        return found
    }

    private func collect(_ value: Value, from depth: Int, into found: inout [Value]) {
        switch value {
        case .list(let elements):
            for element in elements { collect(element, from: depth, into: &found) }
        case .lazyList(let elements):
            for element in elements { collect(element, from: depth, into: &found) }
        case .null:
            return
        case .structure(let structure) where depth < names.count:
            if let member = structure[names[depth]] { collect(member, from: depth + 1, into: &found) }
        case .map(let entries) where depth < names.count:
            for entry in entries where entry.key == names[depth] { collect(entry.value, from: depth + 1, into: &found) }
        case .string(let text) where depth < names.count:
            if let json = Self.json(in: text) { collect(json, from: depth, into: &found) }
        default:
            if depth == names.count { found.append(value) }
        }
    }

    /// The value of a text that is JSON, such as an event pattern.
    private static func json(in text: String) -> JSONValue? {
        guard text.utf8.count <= 256 << 10 else { return nil }
        return try? JSONValue(parsing: Array(text.utf8), depthLimit: 32)
    }

    private func collect(_ value: JSONValue, from depth: Int, into found: inout [Value]) {
        switch value {
        case .array(let elements):
            for element in elements { collect(element, from: depth, into: &found) }
        case .object(let members) where depth < names.count:
            for member in members where member.key == names[depth] {
                collect(member.value, from: depth + 1, into: &found)
            }
        case .object where depth == names.count:
            // It says something of the value that no text can say: a condition on the values must not pass it by.
            found.append(.string("{}"))
        case .string(let text) where depth == names.count: found.append(.string(text))
        case .integer(let number) where depth == names.count: found.append(.integer(number))
        case .double(let number) where depth == names.count: found.append(.double(number))
        case .boolean(let flag) where depth == names.count: found.append(.boolean(flag))
        default: return
        }
    }

    var description: String { (isRelative ? "." : "") + names.joined(separator: ".") }
}

extension Value {
    /// The elements of a list, or the value alone.
    var elements: [Value] {
        if case .list(let elements) = self { elements } else { [self] }
    }

    /// The value as a condition key has it; nil for what has members, for bytes and for documents.
    var plainText: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .double(let number):
            number == number.rounded() && abs(number) < 1e15 ? String(Int(number)) : String(number)
        case .boolean(let flag): flag ? "true" : "false"
        case .timestamp(let time): time.iso8601
        case .blob, .stream, .list, .lazyList, .map, .structure, .document, .null: nil
        }
    }
}
