/// Base64 with the standard alphabet and padding (RFC 4648, section 4).
public enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    /// By character: its six bits, or `invalid`.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for (value, character) in alphabet.enumerated() { values[Int(character)] = UInt8(value) }
        return values
    }()
    private static let invalid: UInt8 = 0xFF

    /// The text of bytes, with padding. Takes time linear in their number.
    public static func encode(_ bytes: [UInt8]) -> [UInt8] {
        let count = (bytes.count + 2) / 3 * 4
        let (source, symbols) = (bytes.span, alphabet.span)
        return [UInt8](unsafeUninitializedCapacity: count) { text, written in
            var (index, end) = (0, 0)
            while index < source.count {
                let rest = source.count - index
                let second = rest > 1 ? source[index + 1] : 0
                let third = rest > 2 ? source[index + 2] : 0
                let bits = Int(source[index]) << 16 | Int(second) << 8 | Int(third)
                text[end] = symbols[bits >> 18]
                text[end + 1] = symbols[bits >> 12 & 0x3F]
                text[end + 2] = rest > 1 ? symbols[bits >> 6 & 0x3F] : padding
                text[end + 3] = rest > 2 ? symbols[bits & 0x3F] : padding
                index += 3
                end += 4
            }
            written = end
        }
    }

    /// Nil for any character outside the alphabet, wrong or missing padding, and bits that should be zero.
    public static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        text.withContiguousStorageIfAvailable { decode(bytes: $0) }
            ?? Array(text).withUnsafeBufferPointer { decode(bytes: $0) }
    }

    private static func decode(bytes text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard text.count % 4 == 0 else { return nil }
        let padded = text.suffix(2).count { $0 == padding }
        let (symbols, values) = (text.count - padded, values.span)
        // The bits that are too many for whole bytes.
        var left = 0
        var isValid = true
        let bytes = [UInt8](unsafeUninitializedCapacity: text.count / 4 * 3) { bytes, written in
            var (bits, count) = (0, 0)
            for index in 0..<symbols {
                let value = values[Int(text[index])]
                isValid = isValid && value != invalid
                bits = bits << 6 | Int(value & 0x3F)
                count += 6
                if count >= 8 {
                    count -= 8
                    bytes[written] = UInt8(truncatingIfNeeded: bits >> count)
                    written += 1
                    bits &= 1 << count - 1
                }
            }
            left = bits
            isValid = isValid && count == padded * 2
        }
        return isValid && left == 0 ? bytes : nil
    }
}
