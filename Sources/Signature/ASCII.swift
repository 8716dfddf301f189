import FoundationEssentials

/// The few ASCII rules that signing rests on, over bytes, so that no Unicode table is asked.
enum ASCII {
    static func lowercased(_ byte: UInt8) -> UInt8 {
        byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
    }

    /// A text with its ASCII letters in lower case; without any in upper case, the same one.
    static func lowercased(_ text: String) -> String {
        let utf8 = text.utf8
        guard utf8.contains(where: { lowercased($0) != $0 }) else { return text }
        return String(unsafeUninitializedCapacity: utf8.count) { buffer in
            var count = 0
            for byte in utf8 {
                buffer[count] = lowercased(byte)
                count += 1
            }
            return count
        }
    }

    /// Space, tab, line feed, vertical tab, form feed, carriage return.
    static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (byte >= 0x09 && byte <= 0x0D)
    }

    /// Is `text`, put into lower case, the same as `lowercased`?
    static func isSame(_ text: String, lowercased: String) -> Bool {
        text.utf8.count == lowercased.utf8.count && hasPrefix(text, lowercased: lowercased)
    }

    /// Is `text`, put into lower case, the same as `lowercased`?
    @inline(__always)
    static func isSame(_ text: String, lowercased: UnsafeBufferPointer<UInt8>) -> Bool {
        let text = text.utf8
        // The lengths tell nearly all apart.
        guard text.count == lowercased.count else { return false }
        return text.withContiguousStorageIfAvailable { text in
            lowercased.indices.allSatisfy { ASCII.lowercased(text[$0]) == lowercased[$0] }
        } ?? zip(text, lowercased).allSatisfy { ASCII.lowercased($0) == $1 }
    }

    /// Does `text`, put into lower case, begin with `lowercased`?
    static func hasPrefix(_ text: String, lowercased: String) -> Bool {
        let left = text.utf8
        let right = lowercased.utf8
        guard left.count >= right.count else { return false }
        // Strings lie in memory as UTF-8 nearly always; then this is a loop over bytes.
        let answer = left.withContiguousStorageIfAvailable { left in
            right.withContiguousStorageIfAvailable { right in
                right.indices.allSatisfy { ASCII.lowercased(left[$0]) == right[$0] }
            }
        }
        return (answer ?? nil) ?? zip(left, right).allSatisfy { ASCII.lowercased($0) == $1 }
    }

    /// Parts of `bytes` between separators, empty ones too.
    static func split(_ bytes: ArraySlice<UInt8>, at separator: Unicode.Scalar) -> [ArraySlice<UInt8>] {
        bytes.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
    }

    /// Without white space at the ends.
    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes.drop(while: isSpace)
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    static func text(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes, as: UTF8.self)
    }

    /// The value of one lower-case hexadecimal digit.
    static func lowercaseHexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
        default: nil
        }
    }

    /// The value of one hexadecimal digit of either case.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        lowercaseHexValue(byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "F") ? byte | 0x20 : byte)
    }

    /// Appends `bytes` as lower-case hexadecimal digits.
    static func appendHex(_ bytes: some ContiguousBytes, to output: inout [UInt8]) {
        bytes.withUnsafeBytes { bytes in
            output.append(addingCapacity: 2 * bytes.count) { digits in
                for byte in bytes {
                    digits.append(lowercaseHexDigit(byte >> 4))
                    digits.append(lowercaseHexDigit(byte & 0x0F))
                }
            }
        }
    }

    /// Are these the bytes of `text`?
    static func isSame(_ bytes: ArraySlice<UInt8>, _ text: StaticString) -> Bool {
        bytes.withUnsafeBufferPointer { bytes in
            text.withUTF8Buffer { text in
                bytes.count == text.count && bytes.indices.allSatisfy { bytes[$0] == text[$0] }
            }
        }
    }

    static func lowercaseHexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") &+ nibble : UInt8(ascii: "a") &+ (nibble &- 10)
    }

    static func uppercaseHexDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? UInt8(ascii: "0") &+ nibble : UInt8(ascii: "A") &+ (nibble &- 10)
    }

    /// The bytes that `text` spells in lower-case hexadecimal, or nil where it does not.
    static func bytes(fromLowercaseHex text: some Sequence<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32)
        var high: UInt8?
        for character in text {
            guard let value = lowercaseHexValue(character) else { return nil }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        return high == nil ? bytes : nil
    }
}
