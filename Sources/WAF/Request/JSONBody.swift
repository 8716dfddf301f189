/// The keys and values of a body that is JSON, as far as a statement looks at them.
///
/// It reads as far as it can: what is before the first mistake counts. Like AWS's reader it does not find every mistake.
/// AWS: <https://docs.aws.amazon.com/waf/latest/developerguide/waf-rule-statement-fields-list.html>
///
/// - Complexity: linear in the body, for each path that is looked for.
struct JSONBody {
    /// Texts without their quotation marks and escapes; of other values, their spelling.
    private(set) var elements: [[UInt8]] = []
    /// Whether all of it could be read.
    private(set) var isComplete = false

    /// Deeper values are a mistake.
    private static let mostDepth = 128

    /// Where a value is: whether a path has led to it, or may yet.
    private enum Place {
        case included
        /// Its JSON pointer, which is the beginning of a path.
        case onTheWay(String)
        case elsewhere
    }

    private let match: JSONBodyMatch
    private let paths: [String]
    private var reader: ByteReader

    init(_ body: [UInt8], _ match: JSONBodyMatch) {
        self.match = match
        // `/` alone is the root.
        paths = (match.paths ?? []).map { $0 == "/" ? "" : $0 }
        reader = ByteReader(body)
        isComplete = value(match.paths == nil ? .included : place(""), 0)
        skipSpace()
        if !reader.isAtEnd { isComplete = false }
    }

    private func place(_ pointer: String) -> Place {
        if paths.contains(pointer) { return .included }
        return paths.contains { $0.hasPrefix(pointer + "/") } ? .onTheWay(pointer) : .elsewhere
    }

    private func place(_ step: @autoclosure () -> String, in outer: Place) -> Place {
        guard case .onTheWay(let pointer) = outer else { return outer }
        return place("\(pointer)/\(step())")
    }

    private mutating func take(_ text: [UInt8], _ place: Place, isKey: Bool) {
        guard case .included = place, isKey ? match.scope.hasKeys : match.scope.hasValues else { return }
        elements.append(text)
    }

    private mutating func skipSpace() {
        while let byte = reader.current, byte == 0x20 || (0x09...0x0D).contains(byte) { reader.skip() }
    }

    /// Reads one value; false: there was a mistake.
    private mutating func value(_ place: Place, _ depth: Int) -> Bool {
        guard depth < Self.mostDepth else { return false }
        skipSpace()
        switch reader.current {
        case UInt8(ascii: "{"): return object(place, depth)
        case UInt8(ascii: "["): return array(place, depth)
        case UInt8(ascii: "\""):
            guard let text = string() else { return false }
            take(text, place, isKey: false)
            return true
        case nil: return false
        default: return scalar(place)
        }
    }

    private mutating func object(_ outer: Place, _ depth: Int) -> Bool {
        reader.skip()
        skipSpace()
        if reader.current == UInt8(ascii: "}") {
            reader.skip()
            return true
        }
        while true {
            skipSpace()
            guard reader.current == UInt8(ascii: "\""), let key = string() else { return false }
            let inner = place(Self.escaped(String(decoding: key, as: UTF8.self)), in: outer)
            take(key, inner, isKey: true)
            skipSpace()
            guard reader.next() == UInt8(ascii: ":"), value(inner, depth + 1) else { return false }
            skipSpace()
            switch reader.next() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "}"): return true
            default: return false
            }
        }
    }

    private mutating func array(_ outer: Place, _ depth: Int) -> Bool {
        reader.skip()
        skipSpace()
        if reader.current == UInt8(ascii: "]") {
            reader.skip()
            return true
        }
        var index = 0
        while true {
            guard value(place(String(index), in: outer), depth + 1) else { return false }
            index += 1
            skipSpace()
            switch reader.next() {
            case UInt8(ascii: ","): continue
            case UInt8(ascii: "]"): return true
            default: return false
            }
        }
    }

    /// A number, `true`, `false` or `null`; anything that is spelt like one.
    private mutating func scalar(_ place: Place) -> Bool {
        var text: [UInt8] = []
        while let byte = reader.current, byte.isWordCharacter || byte == 0x2B || byte == 0x2D || byte == 0x2E {
            text.append(byte)
            reader.skip()
        }
        guard !text.isEmpty else { return false }
        take(text, place, isKey: false)
        return true
    }

    /// A text in quotation marks; nil: there was a mistake.
    private mutating func string() -> [UInt8]? {
        reader.skip()
        var text: [UInt8] = []
        while let byte = reader.next() {
            switch byte {
            case UInt8(ascii: "\""): return text
            case UInt8(ascii: "\\"):
                guard let escaped = reader.next() else { return nil }
                switch escaped {
                case UInt8(ascii: "b"): text.append(0x08)
                case UInt8(ascii: "f"): text.append(0x0C)
                case UInt8(ascii: "n"): text.append(0x0A)
                case UInt8(ascii: "r"): text.append(0x0D)
                case UInt8(ascii: "t"): text.append(0x09)
                case UInt8(ascii: "u"):
                    guard let scalar = scalar() else { return nil }
                    text.append(contentsOf: String(scalar).utf8)
                case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
                default: return nil
                }
            default: text.append(byte)
            }
        }
        return nil
    }

    /// What `\u` stands for, with the second half of a pair; a half alone becomes U+FFFD.
    private mutating func scalar() -> Unicode.Scalar? {
        guard let unit = reader.hexWord(at: 0) else { return nil }
        reader.skip(4)
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
        guard reader.peek(0) == UInt8(ascii: "\\"), reader.peek(1) == UInt8(ascii: "u"),
            let low = reader.hexWord(at: 2),
            (0xDC00..<0xE000).contains(low)
        else { return "\u{FFFD}" }
        reader.skip(6)
        return Unicode.Scalar(0x10000 + (UInt32(unit) - 0xD800) << 10 + (UInt32(low) - 0xDC00)) ?? "\u{FFFD}"
    }

    /// A key as JSON pointers have it.
    private static func escaped(_ key: String) -> String {
        guard key.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return key }
        return key.reduce(into: "") { result, character in
            switch character {
            case "~": result += "~0"
            case "/": result += "~1"
            default: result.append(character)
            }
        }
    }
}
