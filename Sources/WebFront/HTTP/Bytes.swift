/// What bytes may be in the heads of messages (RFC 9110, section 5.6.2; RFC 9112, section 3).
extension UInt8 {
    /// Whether it may be in the name of a field, or in a method.
    var isOfToken: Bool {
        // ! # $ % & ' * + - . ^ _ ` | ~, digits and letters, as bits.
        let (low, high): (UInt64, UInt64) = (0x03FF_6CFA_0000_0000, 0x57FF_FFFF_C7FF_FFFE)
        return self < 64 ? low >> UInt64(self) & 1 == 1 : self < 128 && high >> UInt64(self & 63) & 1 == 1
    }

    /// Whether it may be in the value of a field: no control character but tabs.
    var isOfFieldValue: Bool { self >= 0x20 && self != 0x7F || self == 0x09 }

    /// Whether it may be in a request's target. What is no ASCII passes as it is: many clients send it.
    var isOfTarget: Bool { self > 0x20 && self != 0x7F }

    var isDigit: Bool { self >= 0x30 && self <= 0x39 }

    /// In lower case, if it is a letter of ASCII.
    var lowercased: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    /// nil for what is no digit to the base 16.
    var hexadecimalDigit: Int? {
        switch self {
        case 0x30...0x39: Int(self) - 0x30
        case 0x41...0x46: Int(self) - 0x41 + 10
        case 0x61...0x66: Int(self) - 0x61 + 10
        default: nil
        }
    }

    static let cr: UInt8 = 0x0D
    static let lf: UInt8 = 0x0A
    static let colon: UInt8 = 0x3A
    static let comma: UInt8 = 0x2C
    static let space: UInt8 = 0x20
    static let tab: UInt8 = 0x09
}

extension [UInt8] {
    /// Whether a part of it is a text, but for the case of letters.
    /// - Parameter lowercased: in ASCII.
    func equals(_ range: Range<Int>, _ lowercased: StaticString) -> Bool {
        guard range.count == lowercased.utf8CodeUnitCount else { return false }
        return lowercased.withUTF8Buffer { text in
            for (index, byte) in text.enumerated() where self[range.lowerBound + index].lowercased != byte {
                return false
            }
            return true
        }
    }

    /// Whether a part of it is the same as a part of another, but for the case of letters.
    func equals(_ range: Range<Int>, ignoringCase other: ArraySlice<UInt8>) -> Bool {
        range.count == other.count && zip(self[range], other).allSatisfy { $0.lowercased == $1.lowercased }
    }

    /// The parts of a list that has commas between them, without the white space around each.
    func list(_ range: Range<Int>) -> [Range<Int>] {
        self[range].split(separator: .comma, omittingEmptySubsequences: false).map { trimmed($0.indices) }
    }

    /// A part without the spaces and tabs around it.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, self[start] == .space || self[start] == .tab { start += 1 }
        while end > start, self[end - 1] == .space || self[end - 1] == .tab { end -= 1 }
        return start..<end
    }

    func text(_ range: Range<Int>) -> String { String(decoding: self[range], as: UTF8.self) }

    /// A field's value as text. What is no UTF-8 is taken for ISO 8859-1, as HTTP once had it (RFC 9110, section 5.5): no letter is
    /// lost, as it would be if others were put into its place.
    func fieldText(_ range: Range<Int>) -> String {
        if let text = String(validating: self[range], as: UTF8.self) { return text }
        return String(String.UnicodeScalarView(self[range].map { Unicode.Scalar($0) }))
    }

    /// A number of at most 18 digits and nothing else; nil for anything else.
    func number(_ range: Range<Int>) -> Int? {
        guard (1...18).contains(range.count) else { return nil }
        var number = 0
        for index in range {
            guard self[index].isDigit else { return nil }
            number = number * 10 + Int(self[index] - 0x30)
        }
        return number
    }
}
