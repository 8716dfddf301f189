/// A JSON value (RFC 8259) that remembers its position.
package enum JSONValue: Sendable {
    /// Members, in the order of the text; no name is there twice.
    case object([JSONMember])
    /// Elements, in the order of the text.
    case array([JSONElement])
    /// A string, its escapes resolved.
    case string(String)
    /// As written.
    case number(String)
    /// `true` or `false`
    case bool(Bool)
    /// `null`
    case null
}

/// A value and its place.
package struct JSONElement: Sendable {
    /// What it is.
    package let value: JSONValue
    /// Where its first character is.
    package let position: SourcePosition
}

/// A member of an object.
package struct JSONMember: Sendable {
    /// The name, its escapes resolved, and where it is.
    package let name: Located
    /// What stands after the colon.
    package let element: JSONElement
}

/// What is wrong with a JSON text.
package struct JSONError: Error, Sendable, Hashable {
    /// What is wrong, in words for people: "nested too deeply".
    package let reason: String
    /// The first character that can't be right.
    package let position: SourcePosition
}

/// Reads JSON texts strictly: no comments, no trailing commas, no duplicate names, no lone surrogates, and no more
/// than `depthLimit` values inside each other. Linear in the length of the text.
package struct JSONText {
    static let depthLimit = 16

    private let bytes: [UInt8]
    private var offset = 0
    /// The place of `measured`, from which the next place is counted on.
    private var measured = 0
    private var line = 1
    private var column = 1

    private init(_ text: String) { bytes = Array(text.utf8) }

    /// Reads the one value that a text consists of.
    /// - Throws: ``JSONError`` for what is not JSON, and for JSON that is nested too deeply.
    package static func parse(_ text: String) throws(JSONError) -> JSONElement {
        var json = JSONText(text)
        json.skipWhitespace()
        let element = try json.element(depth: 0)
        json.skipWhitespace()
        guard json.offset == json.bytes.count else { throw json.error("unexpected text after the document") }
        return element
    }

    private mutating func element(depth: Int) throws(JSONError) -> JSONElement {
        let position = position()
        guard depth < Self.depthLimit else { throw error("nested too deeply") }
        guard let byte = peek else { throw error("unexpected end of the document") }
        let value: JSONValue
        switch byte {
        case UInt8(ascii: "{"): value = .object(try members(depth: depth &+ 1))
        case UInt8(ascii: "["): value = .array(try elements(depth: depth &+ 1))
        case UInt8(ascii: "\""): value = .string(try string())
        case UInt8(ascii: "-"), 0x30...0x39: value = .number(try number())
        case UInt8(ascii: "t") where take("true"): value = .bool(true)
        case UInt8(ascii: "f") where take("false"): value = .bool(false)
        case UInt8(ascii: "n") where take("null"): value = .null
        default: throw error("unexpected character")
        }
        return JSONElement(value: value, position: position)
    }

    private mutating func members(depth: Int) throws(JSONError) -> [JSONMember] {
        offset &+= 1
        var members: [JSONMember] = []
        // Of most objects there are so few that looking at each costs less than a set.
        var names: Set<String> = []
        skipWhitespace()
        if take("}") { return members }
        members.reserveCapacity(4)
        while true {
            skipWhitespace()
            let position = position()
            guard peek == UInt8(ascii: "\"") else { throw error("expected a name in quotes") }
            let name = try string()
            guard isNew(name, members, &names) else {
                throw JSONError(reason: "duplicate name \"\(name)\"", position: position)
            }
            skipWhitespace()
            guard take(":") else { throw error("expected \":\"") }
            skipWhitespace()
            members.append(JSONMember(name: Located(name, at: position), element: try element(depth: depth)))
            skipWhitespace()
            if take("}") { return members }
            guard take(",") else { throw error("expected \",\" or \"}\"") }
        }
    }

    private func isNew(_ name: String, _ members: [JSONMember], _ names: inout Set<String>) -> Bool {
        if members.count < 8 { return !members.contains { $0.name.value == name } }
        if names.isEmpty { names = Set(members.map(\.name.value)) }
        return names.insert(name).inserted
    }

    private mutating func elements(depth: Int) throws(JSONError) -> [JSONElement] {
        offset &+= 1
        var elements: [JSONElement] = []
        skipWhitespace()
        if take("]") { return elements }
        while true {
            skipWhitespace()
            elements.append(try element(depth: depth))
            skipWhitespace()
            if take("]") { return elements }
            guard take(",") else { throw error("expected \",\" or \"]\"") }
        }
    }

    private mutating func string() throws(JSONError) -> String {
        offset &+= 1
        // As far as there is no escape, the string is a piece of the text.
        var start = offset
        var content: [UInt8] = []
        while let byte = peek {
            switch byte {
            case UInt8(ascii: "\""):
                defer { offset &+= 1 }
                if content.isEmpty { return String(decoding: bytes[start..<offset], as: UTF8.self) }
                content.append(contentsOf: bytes[start..<offset])
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                content.append(contentsOf: bytes[start..<offset])
                try escape(into: &content)
                start = offset
            case 0..<0x20: throw error("control character in a string")
            default: offset &+= 1
            }
        }
        throw error("unterminated string")
    }

    private mutating func escape(into content: inout [UInt8]) throws(JSONError) {
        let start = error("invalid escape")
        offset &+= 1
        guard let byte = peek else { throw start }
        offset &+= 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
        case UInt8(ascii: "b"): content.append(0x08)
        case UInt8(ascii: "f"): content.append(0x0C)
        case UInt8(ascii: "n"): content.append(0x0A)
        case UInt8(ascii: "r"): content.append(0x0D)
        case UInt8(ascii: "t"): content.append(0x09)
        case UInt8(ascii: "u"):
            guard var code = codeUnit() else { throw start }
            if code & 0xFC00 == 0xD800 {
                guard take("\\u"), let low = codeUnit(), low & 0xFC00 == 0xDC00 else { throw start }
                code = 0x10000 &+ (code & 0x3FF) << 10 &+ low & 0x3FF
            }
            // A lone low surrogate is no scalar.
            guard let scalar = Unicode.Scalar(code) else { throw start }
            content.append(contentsOf: Character(scalar).utf8)
        default: throw start
        }
    }

    /// The four hexadecimal digits of an escape.
    private mutating func codeUnit() -> UInt32? {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let digit = peek?.hexValue else { return nil }
            code = code << 4 | UInt32(digit)
            offset &+= 1
        }
        return code
    }

    private mutating func number() throws(JSONError) -> String {
        let start = offset
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() throws(JSONError) {
        guard let byte = peek, byte.isDigit else { throw error("expected a digit") }
        while let byte = peek, byte.isDigit { offset &+= 1 }
    }

    private var peek: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    /// Goes past `word` if it comes next.
    private mutating func take(_ word: StaticString) -> Bool {
        let end = offset &+ word.utf8CodeUnitCount
        guard end <= bytes.count else { return false }
        let start = word.utf8Start
        for at in offset..<end where bytes[at] != start[at &- offset] { return false }
        offset = end
        return true
    }

    private mutating func skipWhitespace() {
        while let byte = peek, byte.isJSONWhitespace { offset &+= 1 }
    }

    /// The place of `offset`. Counts on from the place that was asked for last, so that all places together cost one
    /// pass over the text.
    private mutating func position() -> SourcePosition {
        while measured < offset {
            if bytes[measured] == 0x0A {
                line &+= 1
                column = 1
            } else if !bytes[measured].isUTF8Continuation {
                column &+= 1
            }
            measured &+= 1
        }
        return SourcePosition(line: line, column: column, offset: offset)
    }

    private mutating func error(_ reason: String) -> JSONError {
        JSONError(reason: reason, position: position())
    }
}
