import Wire

/// The parts of a large JSON text, one after the other: only what is looked at becomes values.
///
/// It finds where a value ends; what stands in it is checked when it is read.
struct JSONPieces {
    private let bytes: [UInt8]
    private var place: Int
    private let end: Int

    /// Whether the text is an object; otherwise it is an array.
    let isObject: Bool

    /// Nil for a text that is neither an object nor an array.
    init?(_ bytes: [UInt8], _ range: Range<Int>? = nil) {
        self.bytes = bytes
        let range = range ?? 0..<bytes.count
        place = range.lowerBound
        end = range.upperBound
        while place < end, Self.isSpace(bytes[place]) { place += 1 }
        guard place < end, bytes[place] == UInt8(ascii: "{") || bytes[place] == UInt8(ascii: "[") else { return nil }
        isObject = bytes[place] == UInt8(ascii: "{")
        place += 1
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    /// The next member or element: where its value lies, and a member's name.
    /// - Returns: nil at the end, and where the text is broken.
    mutating func next() -> (key: String?, value: Range<Int>)? {
        skip()
        guard place < end, bytes[place] != UInt8(ascii: "}"), bytes[place] != UInt8(ascii: "]") else { return nil }
        var key: String?
        if isObject {
            let start = place
            guard bytes[place] == UInt8(ascii: "\""), passValue() else { return nil }
            guard case .string(let text)? = try? JSONValue(parsing: Array(bytes[start..<place])) else { return nil }
            key = text
            skip()
            guard place < end, bytes[place] == UInt8(ascii: ":") else { return nil }
            place += 1
            skip()
        }
        let start = place
        guard passValue(), place > start else { return nil }
        let value = start..<place
        skip()
        if place < end, bytes[place] == UInt8(ascii: ",") { place += 1 }
        return (key, value)
    }

    /// A part's value.
    func value(_ range: Range<Int>) -> JSONValue? { try? JSONValue(parsing: Array(bytes[range])) }

    /// The parts of a part.
    func pieces(_ range: Range<Int>) -> JSONPieces? { JSONPieces(bytes, range) }

    private mutating func skip() {
        while place < end, Self.isSpace(bytes[place]) { place += 1 }
    }

    /// Goes behind a value; false for one without an end.
    private mutating func passValue() -> Bool {
        var depth = 0
        while place < end {
            let byte = bytes[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard passString() else { return false }
                if depth == 0 { return true }
            case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                if depth == 0 { return true }
                // What holds it ends.
                if depth < 0 {
                    place -= 1
                    return true
                }
            case UInt8(ascii: ",") where depth == 0:
                place -= 1
                return true
            default: continue
            }
        }
        return depth == 0
    }

    private mutating func passString() -> Bool {
        while place < end {
            let byte = bytes[place]
            place += 1
            if byte == UInt8(ascii: "\"") { return true }
            if byte == UInt8(ascii: "\\") { place += 1 }
        }
        return false
    }
}
