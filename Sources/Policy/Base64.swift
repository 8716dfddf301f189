/// Base64 (RFC 4648, section 4), as binary condition values are written.
package enum Base64 {
    /// The bytes that a text stands for, nil unless it is base64 with its padding.
    package static func decode(_ text: Span<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count / 4 &* 3)
        let isValid = forEachByte(of: text) { byte, _ in
            bytes.append(byte)
            return true
        }
        return isValid ? bytes : nil
    }

    /// Whether a text stands for these bytes. Needs no memory.
    static func matches(_ text: Span<UInt8>, _ bytes: Span<UInt8>) -> Bool {
        var count = 0
        let isEqual = forEachByte(of: text) { byte, index in
            count = index &+ 1
            return index < bytes.count && bytes[index] == byte
        }
        return isEqual && count == bytes.count
    }

    /// - Returns: false when `body` returned false or the text is not base64.
    private static func forEachByte(of text: Span<UInt8>, _ body: (UInt8, Int) -> Bool) -> Bool {
        guard text.count % 4 == 0 else { return false }
        var count = text.count
        for _ in 0..<2 where count > 0 && text[count &- 1] == UInt8(ascii: "=") { count &-= 1 }
        var bits: UInt32 = 0
        var held = 0
        var produced = 0
        for index in 0..<count {
            guard let value = value(of: text[index]) else { return false }
            bits = (bits << 6 | value) & 0xFFFF
            held &+= 6
            if held >= 8 {
                held &-= 8
                guard body(UInt8(truncatingIfNeeded: bits >> UInt32(held)), produced) else { return false }
                produced &+= 1
            }
        }
        // Left-over bits must be zero, so that every value has one text.
        return bits & ((1 << UInt32(held)) &- 1) == 0
    }

    private static func value(of byte: UInt8) -> UInt32? {
        switch byte {
        case 0x41...0x5A: UInt32(byte) &- 0x41
        case 0x61...0x7A: UInt32(byte) &- 0x61 &+ 26
        case 0x30...0x39: UInt32(byte) &- 0x30 &+ 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
