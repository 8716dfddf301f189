/// URL_DECODE and URL_DECODE_UNI: `%HH` becomes a byte, `+` a space, and with the second `%uHHHH` a byte as well. What is no
/// valid encoding stays as it is.
enum URLDecoding {
    static func decode(_ text: [UInt8], unicode: Bool) -> [UInt8] {
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count)
        while let byte = reader.next() {
            if byte == UInt8(ascii: "+") {
                result.append(0x20)
            } else if byte != UInt8(ascii: "%") {
                result.append(byte)
            } else if let value = reader.hexByte(at: 0) {
                result.append(value)
                reader.skip(2)
            } else if unicode, reader.current.map(\.lowercasedASCII) == UInt8(ascii: "u"),
                let unit = reader.hexWord(at: 1)
            {
                result.append(narrowed(unit))
                reader.skip(5)
            } else {
                result.append(byte)
            }
        }
        return result
    }
}

/// UTF8_TO_UNICODE: characters outside of ASCII become `%uhhhh`, so that a rule sees each in one spelling. Spellings that are too
/// long, by which attackers hide ASCII, count as what they spell. Other bytes that are no UTF-8 stay.
enum UnicodeCodes {
    static func encode(_ text: [UInt8]) -> [UInt8] {
        guard text.contains(where: { $0 >= 0x80 }) else { return text }
        var reader = ByteReader(text)
        var result: [UInt8] = []
        result.reserveCapacity(text.count * 2)
        while let byte = reader.next() {
            guard byte >= 0xC0, let (value, following) = character(byte, reader) else {
                result.append(byte)
                continue
            }
            reader.skip(following)
            result.append(contentsOf: "%u".utf8)
            // At least four digits.
            let digits = String(value, radix: 16)
            result.append(contentsOf: repeatElement(0x30, count: max(0, 4 - digits.utf8.count)))
            result.append(contentsOf: digits.utf8)
        }
        return result
    }

    /// What a first byte and those behind it stand for, and how many those are.
    private static func character(_ first: UInt8, _ reader: ByteReader) -> (UInt32, Int)? {
        let (bits, following): (UInt8, Int)
        switch first {
        case 0xC0...0xDF: (bits, following) = (first & 0x1F, 1)
        case 0xE0...0xEF: (bits, following) = (first & 0x0F, 2)
        case 0xF0...0xF7: (bits, following) = (first & 0x07, 3)
        default: return nil
        }
        var value = UInt32(bits)
        for distance in 0..<following {
            guard let next = reader.peek(distance), next & 0xC0 == 0x80 else { return nil }
            value = value << 6 | UInt32(next & 0x3F)
        }
        return (value, following)
    }
}
