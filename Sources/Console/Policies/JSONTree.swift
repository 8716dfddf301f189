import Policy

/// JSON that can be changed and written out again: members keep their order, numbers their spelling.
indirect enum JSONTree: Sendable {
    case object([(name: String, value: JSONTree)])
    case array([JSONTree])
    case text(String)
    /// A number, `true`, `false` or `null`, as it is written.
    case literal(String)

    /// Reads a text.
    /// - Throws: what is wrong with it, and where.
    init(parsing text: String) throws(JSONError) { self.init(try JSONText.parse(text)) }

    private init(_ element: JSONElement) {
        self =
            switch element.value {
            case .object(let members): .object(members.map { ($0.name.value, JSONTree($0.element)) })
            case .array(let elements): .array(elements.map { JSONTree($0) })
            case .string(let text): .text(text)
            case .number(let text): .literal(text)
            case .bool(let value): .literal(value ? "true" : "false")
            case .null: .literal("null")
            }
    }

    /// One string as such, several as an array: as policies write them.
    init(strings: [String]) {
        self = strings.count == 1 ? .text(strings[0]) : .array(strings.map { .text($0) })
    }

    /// The value of a member; nil: there is none.
    subscript(_ name: String) -> JSONTree? {
        get {
            guard case .object(let members) = self else { return nil }
            return members.first { $0.name == name }?.value
        }
        set {
            guard case .object(var members) = self else { return }
            let place = members.firstIndex { $0.name == name }
            if let newValue, let place {
                members[place].value = newValue
            } else if let newValue {
                members.append((name, newValue))
            } else if let place {
                members.remove(at: place)
            }
            self = .object(members)
        }
    }

    /// On lines of their own, indented by four spaces, as AWS's console writes policies.
    var indented: String {
        var text = ""
        write(to: &text, "\n")
        return text
    }

    private func write(to text: inout String, _ lineStart: String) {
        let inner = lineStart + "    "
        switch self {
        case .object(let members):
            guard !members.isEmpty else {
                text += "{}"
                return
            }
            text += "{"
            for (place, member) in members.enumerated() {
                text += place == 0 ? inner : "," + inner
                Self.quote(member.name, to: &text)
                text += ": "
                member.value.write(to: &text, inner)
            }
            text += lineStart + "}"
        case .array(let elements):
            guard !elements.isEmpty else {
                text += "[]"
                return
            }
            text += "["
            for (place, element) in elements.enumerated() {
                text += place == 0 ? inner : "," + inner
                element.write(to: &text, inner)
            }
            text += lineStart + "]"
        case .text(let value): Self.quote(value, to: &text)
        case .literal(let value): text += value
        }
    }

    private static func quote(_ value: String, to text: inout String) {
        text += "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
