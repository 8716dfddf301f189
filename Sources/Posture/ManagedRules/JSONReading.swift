public import Wire

/// Short ways into configurations.
extension JSONValue {
    package var text: String? {
        if case .string(let text) = self { return text }
        return nil
    }

    package var elements: [JSONValue] {
        if case .array(let elements) = self { return elements }
        return []
    }

    package var members: [JSONMember] {
        if case .object(let members) = self { return members }
        return []
    }

    package var number: Int? {
        if case .integer(let number) = self { return number }
        return nil
    }

    package var isTrue: Bool { self == .boolean(true) }

    /// A text, or the texts of a list: how policies write actions and resources.
    package var texts: [String] {
        switch self {
        case .string(let text): [text]
        case .array(let elements): elements.compactMap(\.text)
        default: []
        }
    }
}
