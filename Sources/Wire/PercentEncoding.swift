/// Appends the decoded bytes of percent-encoded text. False, with part of it appended, when a `%` is not followed by
/// two hexadecimal digits.
@discardableResult
func percentDecode(
    _ text: UnsafeBufferPointer<UInt8>, plusIsSpace: Bool, into decoded: inout [UInt8]
) -> Bool {
    var index = 0
    while index < text.count {
        var end = index
        while end < text.count, text[end] != UInt8(ascii: "%"), text[end] != UInt8(ascii: "+") || !plusIsSpace {
            end += 1
        }
        decoded.append(contentsOf: UnsafeBufferPointer(rebasing: text[index..<end]))
        guard end < text.count else { break }
        if text[end] == UInt8(ascii: "+") {
            decoded.append(UInt8(ascii: " "))
            index = end + 1
        } else {
            guard end + 2 < text.count, let high = hexDigit(text[end + 1]), let low = hexDigit(text[end + 2]) else {
                return false
            }
            decoded.append(high << 4 | low)
            index = end + 3
        }
    }
    return true
}

/// The value of an ASCII hexadecimal digit.
func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
}

extension StringProtocol {
    /// The text without its percent-encoding, a plus sign being one; nil where that is malformed, or does not give UTF-8.
    public var percentDecoded: String? {
        var bytes: [UInt8] = []
        let isValid = Array(utf8).withUnsafeBufferPointer { percentDecode($0, plusIsSpace: false, into: &bytes) }
        return isValid ? String(utf8: bytes[...]) : nil
    }
}
