/// The values of a body that is JSON as arguments, named by where they are: `json.order.items.array_0.name`. Where reading has to
/// stop, the rest counts as text: applications may read more forgivingly, or deeper.
///
/// - Complexity: linear in the body, but for the names, which are as long as the way to them.
struct JSONArguments {
    private let bytes: [UInt8]
    private var index = 0
    /// Up to where everything is among the arguments.
    private var covered = 0
    private var arguments: [(name: [UInt8], value: [UInt8])] = []
    /// Bounds what the names take.
    private var room = 1 << 20

    /// Deeper values are not read one by one.
    private static let mostDepth = 64
    private static let mostArguments = 2048

    /// What a body says.
    struct Content {
        /// With the rest, if there is one: as it is, and in pieces.
        var arguments: [(name: [UInt8], value: [UInt8])]
        /// Whether all of it is JSON that could be read.
        var isWhole: Bool
    }

    static func read(_ body: [UInt8]) -> Content {
        var reader = JSONArguments(bytes: body)
        let name = Array("json".utf8)
        let isValue = reader.value(name, 0)
        reader.skipSpace()
        guard reader.index < body.count || !isValue && reader.covered < body.count else {
            return Content(arguments: reader.arguments, isWhole: true)
        }
        let rest = body[reader.covered...]
        guard rest.contains(where: { !isSpace($0) }) else { return Content(arguments: reader.arguments, isWhole: true) }
        let texts = [Array(rest)] + pieces(rest)
        return Content(arguments: reader.arguments + texts.map { (name, $0) }, isWhole: false)
    }

    /// Whether a body looks like JSON, whatever its type says.
    static func isLikely(_ body: [UInt8]) -> Bool {
        let start = body.dropFirst(body.starts(with: byteOrderMark) ? byteOrderMark.count : 0).first { !isSpace($0) }
        return start == UInt8(ascii: "{") || start == UInt8(ascii: "[")
    }

    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

    private init(bytes: [UInt8]) {
        self.bytes = bytes
        if bytes.starts(with: Self.byteOrderMark) { index = Self.byteOrderMark.count }
        covered = index
    }

    /// What is between quotation marks, on either side of them: where a text begins and ends is not certain behind a mistake.
    private static func pieces(_ text: ArraySlice<UInt8>) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var piece: [UInt8] = []
        func finish() {
            // Commas and brackets alone say nothing.
            if piece.contains(where: { !endsScalar($0) }) { pieces.append(piece) }
            piece = []
        }
        var reader = JSONArguments(bytes: Array(text))
        reader.index = 0
        while let byte = reader.current {
            if byte == UInt8(ascii: "\"") {
                reader.index += 1
                finish()
            } else if byte == UInt8(ascii: "\\") {
                let start = reader.index
                reader.index += 1
                if let decoded = reader.escaped() {
                    piece += decoded
                } else {
                    reader.index = start + 1
                    piece.append(byte)
                }
            } else {
                reader.index += 1
                piece.append(byte)
            }
        }
        finish()
        return pieces
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private var current: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipSpace() {
        while let byte = current, Self.isSpace(byte) { index += 1 }
    }

    private mutating func take(_ name: [UInt8], _ value: [UInt8]) -> Bool {
        guard arguments.count < Self.mostArguments else { return false }
        arguments.append((name, value))
        covered = index
        return true
    }

    private mutating func value(_ name: [UInt8], _ depth: Int) -> Bool {
        room -= name.count
        guard room >= 0, depth < Self.mostDepth else { return false }
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
            guard let escaped = escaped() else { return nil }
            text += escaped
        }
        return nil
    }

    /// What is behind a backslash; nil: nothing that means something.
    private mutating func escaped() -> [UInt8]? {
        guard let escaped = current else { return nil }
        index += 1
        switch escaped {
        case UInt8(ascii: "b"): return [0x08]
        case UInt8(ascii: "f"): return [0x0C]
        case UInt8(ascii: "n"): return [0x0A]
        case UInt8(ascii: "r"): return [0x0D]
        case UInt8(ascii: "t"): return [0x09]
        case UInt8(ascii: "u"): return scalar().map { Array(String($0).utf8) }
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [escaped]
        default: return nil
        }
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
