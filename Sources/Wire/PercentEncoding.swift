/// Appends the decoded bytes of percent-encoded text. False, with part of it appended, when a `%` is not followed by
/// two hexadecimal digits.
@discardableResult
func percentDecode(
    _ text: some Collection<UInt8>, plusIsSpace: Bool, into decoded: inout [UInt8]
) -> Bool {
    var index = text.startIndex
    while index != text.endIndex {
        let byte = text[index]
        text.formIndex(after: &index)
        switch byte {
        case UInt8(ascii: "%"):
            guard index != text.endIndex, let high = hexDigit(text[index]) else { return false }
            text.formIndex(after: &index)
            guard index != text.endIndex, let low = hexDigit(text[index]) else { return false }
            text.formIndex(after: &index)
            decoded.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsSpace: decoded.append(UInt8(ascii: " "))
        default: decoded.append(byte)
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
