/// HTML_ENTITY_DECODE: `&#xHH;`, `&#DD;` and the entities that markup is hidden by. The semicolon may be missing, as browsers
/// allow it.
enum HTMLEntities {
    /// `&nbsp;` is the byte 160.
    private static let named: [(name: [UInt8], byte: UInt8)] = [
        (Array("quot".utf8), 0x22), (Array("amp".utf8), 0x26), (Array("lt".utf8), 0x3C), (Array("gt".utf8), 0x3E),
        (Array("nbsp".utf8), 0xA0),
    ]

    static func decode(_ text: [UInt8]) -> [UInt8] {
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        while let byte = reader.next() {
            guard byte == UInt8(ascii: "&") else {
                result.append(byte)
                continue
            }
            if reader.current == UInt8(ascii: "#") {
                guard let (scalar, length) = number(reader) else {
                    result.append(byte)
                    continue
                }
                append(scalar, to: &result)
                reader.skip(length)
            } else if let (value, length) = entity(reader) {
                result.append(value)
                reader.skip(length)
            } else {
                result.append(byte)
                continue
            }
            if reader.current == UInt8(ascii: ";") { reader.skip() }
        }
        return result
    }

    private static func entity(_ reader: ByteReader) -> (UInt8, Int)? {
        for (name, value) in named {
            guard name.indices.allSatisfy({ reader.peek($0)?.lowercasedASCII == name[$0] }) else { continue }
            // `&gtx` is no entity of these, but the beginning of another name.
            if let after = reader.peek(name.count), after.isWordCharacter { continue }
            return (value, name.count)
        }
        return nil
    }

    /// What `#60` or `#x3c` stands for. A number that no character has counts as the last one, so that it can't overflow.
    private static func number(_ reader: ByteReader) -> (UInt32, Int)? {
        let isHex = reader.peek(1)?.lowercasedASCII == UInt8(ascii: "x")
        let start = isHex ? 2 : 1
        var length = start
        var value: UInt32 = 0
        while let byte = reader.peek(length), let digit = byte.hexDigit, isHex || digit < 10 {
            value = min(value &* (isHex ? 16 : 10) &+ UInt32(digit), 0x11_0000)
            length += 1
        }
        return length == start ? nil : (value, length)
    }

    /// Up to 255 a byte, as ModSecurity has it; above that, the character in UTF-8.
    private static func append(_ value: UInt32, to result: inout [UInt8]) {
        if let byte = UInt8(exactly: value) {
            result.append(byte)
        } else {
            result.append(contentsOf: String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
        }
    }
}
