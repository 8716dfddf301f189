import Wire

/// A JSON value as it was written, taken apart only as far as it is asked.
///
/// A case holds whole policy documents, mostly the same ones line after line. They are found here without being read,
/// so that those that are known already need not be parsed, and the others keep their text and its positions.
struct RawJSON {
    /// Without white space around it.
    let bytes: ArraySlice<UInt8>

    /// - Parameter text: a value, perhaps with white space around it.
    init(_ text: ArraySlice<UInt8>) {
        var bytes = text
        while let byte = bytes.first, byte.isWhitespace { bytes.removeFirst() }
        while let byte = bytes.last, byte.isWhitespace { bytes.removeLast() }
        self.bytes = bytes
    }

    private init(value: ArraySlice<UInt8>) {
        bytes = value
    }

    var isNull: Bool { bytes.elementsEqual("null".utf8) }
    var isObject: Bool { bytes.first == UInt8(ascii: "{") }
    var isArray: Bool { bytes.first == UInt8(ascii: "[") }
    var isString: Bool { bytes.first == UInt8(ascii: "\"") }

    /// The whole value, read strictly.
    func parsed() throws(SimulationError) -> JSONValue {
        do throws(JSONError) {
            return try JSONValue(parsing: Array(bytes))
        } catch {
            throw SimulationError("not JSON: \(error)")
        }
    }

    /// The text of a string; nil for any other value.
    func string() throws(SimulationError) -> String? {
        guard isString else { return nil }
        guard case .string(let text) = try parsed() else { return nil }
        return text
    }

    /// The members of an object; nil for any other value.
    func members() throws(SimulationError) -> [String: RawJSON]? {
        guard isObject else { return nil }
        var members: [String: RawJSON] = [:]
        var scanner = Scanner(bytes.dropFirst())
        if scanner.take(UInt8(ascii: "}")) { return members }
        repeat {
            let name = RawJSON(value: try scanner.value())
            guard let key = try name.string(), scanner.take(UInt8(ascii: ":")) else { throw scanner.unexpected() }
            let value = RawJSON(value: try scanner.value())
            guard members.updateValue(value, forKey: key) == nil else {
                throw SimulationError("\"\(key)\" is there twice")
            }
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: "}")), scanner.isAtEnd else { throw scanner.unexpected() }
        return members
    }

    /// The elements of an array; nil for any other value.
    func elements() throws(SimulationError) -> [RawJSON]? {
        guard isArray else { return nil }
        var elements: [RawJSON] = []
        var scanner = Scanner(bytes.dropFirst())
        if scanner.take(UInt8(ascii: "]")) { return elements }
        repeat {
            elements.append(RawJSON(value: try scanner.value()))
        } while scanner.take(UInt8(ascii: ","))
        guard scanner.take(UInt8(ascii: "]")), scanner.isAtEnd else { throw scanner.unexpected() }
        return elements
    }
}

/// Finds where values begin and end. What stands inside them is for others to check.
private struct Scanner {
    private var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    var isAtEnd: Bool {
        mutating get {
            skipWhitespace()
            return rest.isEmpty
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        skipWhitespace()
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    /// One value: a string, what stands between brackets, or a bare word or number.
    mutating func value() throws(SimulationError) -> ArraySlice<UInt8> {
        skipWhitespace()
        var depth = 0
        var index = rest.startIndex
        scan: while index < rest.endIndex {
            switch rest[index] {
            case UInt8(ascii: "\""):
                index = try endOfString(from: index)
                if depth == 0 { break scan }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { break scan }
                depth -= 1
                index += 1
                if depth == 0 { break scan }
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                if depth == 0 { break scan }
                index += 1
            default: index += 1
            }
        }
        guard index > rest.startIndex, depth == 0 else { throw unexpected() }
        let value = rest[..<index]
        rest = rest[index...]
        return value
    }

    func unexpected() -> SimulationError {
        guard let byte = rest.first else { return SimulationError("not JSON: unexpected end") }
        let shown = (0x21...0x7E).contains(byte) ? "'\(Character(UnicodeScalar(byte)))'" : "byte \(byte)"
        return SimulationError("not JSON: unexpected \(shown) at byte \(rest.startIndex + 1)")
    }

    /// The place behind the closing quote of the string that opens at `start`.
    private func endOfString(from start: Int) throws(SimulationError) -> Int {
        var index = start + 1
        while index < rest.endIndex {
            switch rest[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        throw SimulationError("not JSON: a string does not end")
    }

    private mutating func skipWhitespace() {
        while let byte = rest.first, byte.isWhitespace { rest.removeFirst() }
    }
}

extension UInt8 {
    fileprivate var isWhitespace: Bool { self == 0x20 || self == 0x09 || self == 0x0A || self == 0x0D }
}
