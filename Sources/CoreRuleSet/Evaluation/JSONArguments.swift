/// The values of a body that is JSON as arguments, named by where they are: `json.order.items.array_0.name`. What is before the
/// first mistake counts.
///
/// - Complexity: linear in the body, but for the names, which are as long as the way to them.
struct JSONArguments {
    private let bytes: [UInt8]
    private var index = 0
    private var arguments: [(name: [UInt8], value: [UInt8])] = []
    /// Bounds what the names take.
    private var room = 1 << 20

    /// Deeper values are not looked at.
    private static let mostDepth = 64
    private static let mostArguments = 2048

    static func read(_ body: [UInt8]) -> [(name: [UInt8], value: [UInt8])] {
        var reader = JSONArguments(bytes: body)
        _ = reader.value(Array("json".utf8), 0)
        return reader.arguments
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = current, byte == 0x20 || (0x09...0x0D).contains(byte) { index += 1 }
    }

    private mutating func take(_ name: [UInt8], _ value: [UInt8]) -> Bool {
        room -= name.count
        guard room >= 0, arguments.count < Self.mostArguments else { return false }
        arguments.append((name, value))
        return true
    }

    private mutating func value(_ name: [UInt8], _ depth: Int) -> Bool {
        guard depth < Self.mostDepth else { return false }
        skipSpace()
        switch current {
        case UInt8(ascii: "{"): return object(name, depth)
        case UInt8(ascii: "["): return array(name, depth)
        case UInt8(ascii: "\""):
            guard let text = string() else { return false }
            return take(name, text)
        case nil: return false
        default:
            let start = index
            while let byte = current, !Self.endsScalar(byte) { index += 1 }
            guard index > start else { return false }
            let text = Array(bytes[start..<index])
            return take(name, text.elementsEqual("null".utf8) ? [] : text)
        }
    }

    private static func endsScalar(_ byte: UInt8) -> Bool {
        byte <= 0x20 || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
            || byte == UInt8(ascii: ":") || byte == UInt8(ascii: "\"")
    }

    private mutating func object(_ name: [UInt8], _ depth: Int) -> Bool {
        index += 1
        skipSpace()
        if current == UInt8(ascii: "}") {
            index += 1
            return true
        }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\""), let key = string() else { return false }
            skipSpace()
            guard current == UInt8(ascii: ":") else { return false }
            index += 1
            guard value(name + [UInt8(ascii: ".")] + key, depth + 1) else { return false }
            skipSpace()
            switch current {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "}"):
                index += 1
                return true
            default: return false
            }
        }
    }

    private mutating func array(_ name: [UInt8], _ depth: Int) -> Bool {
        index += 1
        skipSpace()
        if current == UInt8(ascii: "]") {
            index += 1
            return true
        }
        var number = 0
        while true {
            guard value(name + Array(".array_\(number)".utf8), depth + 1) else { return false }
            number += 1
            skipSpace()
            switch current {
            case UInt8(ascii: ","): index += 1
            case UInt8(ascii: "]"):
                index += 1
                return true
            default: return false
            }
        }
    }

    private mutating func string() -> [UInt8]? {
        index += 1
        var text: [UInt8] = []
        while let byte = current {
            index += 1
            if byte == UInt8(ascii: "\"") { return text }
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            guard let escaped = current else { return nil }
            index += 1
            switch escaped {
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"):
                guard let scalar = scalar() else { return nil }
                text += Array(String(scalar).utf8)
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(escaped)
            default: return nil
            }
        }
        return nil
    }

    private mutating func hexWord() -> UInt32? {
        guard index + 4 <= bytes.count else { return nil }
        var word: UInt32 = 0
        for byte in bytes[index..<index + 4] {
            guard let digit = Percent.digit(byte) else { return nil }
            word = word << 4 | UInt32(digit)
        }
        index += 4
        return word
    }

    /// What `\u` stands for, with the second half of a pair; a half alone becomes U+FFFD.
    private mutating func scalar() -> Unicode.Scalar? {
        guard let unit = hexWord() else { return nil }
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) ?? "\u{FFFD}" }
        let start = index
        guard index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return "\u{FFFD}"
        }
        index += 2
        guard let low = hexWord(), (0xDC00..<0xE000).contains(low) else {
            index = start
            return "\u{FFFD}"
        }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)) ?? "\u{FFFD}"
    }
}
