/// BASE64_DECODE and BASE64_DECODE_EXT.
enum Base64Text {
    private static func value(_ byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte &- 0x41)
        case 0x61...0x7A: UInt32(byte &- 0x61 &+ 26)
        case 0x30...0x39: UInt32(byte &- 0x30 &+ 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    /// nil: it is not base 64. Padding may be missing.
    static func decode(_ text: [UInt8]) -> [UInt8]? {
        let padding = text.reversed().prefix { $0 == UInt8(ascii: "=") }.count
        let digits = text.dropLast(padding)
        guard padding <= 2, digits.count % 4 != 1, padding == 0 || text.count % 4 == 0,
            digits.allSatisfy({ value($0) != nil })
        else { return nil }
        return decode(digits)
    }

    /// Whatever is no digit of base 64 is left out.
    static func decodeForgiving(_ text: [UInt8]) -> [UInt8] { decode(text[...]) }

    private static func decode(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 4 * 3 + 3)
        var bits: UInt32 = 0
        var count = 0
        for byte in text {
            guard let value = value(byte) else { continue }
            bits = bits << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            result.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
        }
        return result
    }
}

/// HEX_DECODE and SQL_HEX_DECODE.
enum HexText {
    /// A text that is not pairs of hexadecimal digits stays as it is.
    static func decode(_ text: [UInt8]) -> [UInt8] {
        guard text.count % 2 == 0 else { return text }
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count / 2)
        while !reader.isAtEnd {
            guard let value = reader.hexByte(at: 0) else { return text }
            result.append(value)
            reader.skip(2)
        }
        return result
    }

    /// SQL's literals, `0x414243`, wherever they are.
    static func decodeSQL(_ text: [UInt8]) -> [UInt8] {
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        while let byte = reader.next() {
            guard byte == UInt8(ascii: "0"), reader.current?.lowercasedASCII == UInt8(ascii: "x"),
                reader.hexByte(at: 1) != nil
            else {
                result.append(byte)
                continue
            }
            reader.skip()
            while let value = reader.hexByte(at: 0) {
                result.append(value)
                reader.skip(2)
            }
        }
        return result
    }
}
