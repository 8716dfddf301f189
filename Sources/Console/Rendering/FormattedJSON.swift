import Wire

/// JSON as people read it: a member a line, in the order in which it was written.
enum FormattedJSON {
    /// The text of a document, formatted; one that is no JSON is returned as it is.
    static func of(_ text: String) -> String {
        guard let value = try? JSONValue(parsing: Array(text.utf8)) else { return text }
        return of(value)
    }

    static func of(_ value: JSONValue) -> String {
        var text = ""
        write(value, to: &text, indentation: "")
        return text
    }

    private static func write(_ value: JSONValue, to text: inout String, indentation: String) {
        let inner = indentation + "  "
        switch value {
        case .array(let elements) where !elements.isEmpty:
            text += "["
            for (place, element) in elements.enumerated() {
                text += (place == 0 ? "\n" : ",\n") + inner
                write(element, to: &text, indentation: inner)
            }
            text += "\n\(indentation)]"
        case .object(let members) where !members.isEmpty:
            text += "{"
            for (place, member) in members.enumerated() {
                text += (place == 0 ? "\n" : ",\n") + inner + scalar(.string(member.key)) + ": "
                write(member.value, to: &text, indentation: inner)
            }
            text += "\n\(indentation)}"
        default:
            text += scalar(value)
        }
    }

    private static func scalar(_ value: JSONValue) -> String {
        var writer = JSONWriter(capacity: 32)
        writer.json(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}

extension JSONValue {
    /// The text, where it is one.
    var text: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// The elements, where it is an array; else none.
    var elements: [JSONValue] {
        if case .array(let elements) = self { elements } else { [] }
    }
}
