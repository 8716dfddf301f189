extension UInt8 {
    /// A to Z become a to z; all others stay.
    @inline(__always)
    var lowercasedASCII: UInt8 { self >= 0x41 && self <= 0x5A ? self | 0x20 : self }

    /// What a hexadecimal digit stands for; nil: it is none.
    @inline(__always)
    var hexDigit: UInt8? {
        switch self {
        case 0x30...0x39: self &- 0x30
        case 0x41...0x46: self &- 0x37
        case 0x61...0x66: self &- 0x57
        default: nil
        }
    }

    /// What an octal digit stands for; nil: it is none.
    @inline(__always)
    var octalDigit: UInt8? { self >= 0x30 && self <= 0x37 ? self &- 0x30 : nil }

    /// C's `isspace`: space, tab, line feed, vertical tab, form feed, carriage return.
    @inline(__always)
    var isASCIISpace: Bool { self == 0x20 || (self >= 0x09 && self <= 0x0D) }

    /// A letter, a digit or an underscore.
    @inline(__always)
    var isWordCharacter: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F: true
        default: false
        }
    }
}

/// Bytes that are read from the left: nothing is ever read past their end.
struct ByteReader {
    let bytes: [UInt8]
    private(set) var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }
    var current: UInt8? { peek(0) }

    /// The byte some places ahead; nil: there is none.
    @inline(__always)
    func peek(_ distance: Int) -> UInt8? {
        let index = position &+ distance
        return index < bytes.count ? bytes[index] : nil
    }

    @inline(__always)
    mutating func skip(_ count: Int = 1) { position = min(bytes.count, position &+ count) }

    @inline(__always)
    mutating func next() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position &+= 1 }
        return bytes[position]
    }

    /// The value of two hexadecimal digits some places ahead; nil: they are none.
    func hexByte(at distance: Int) -> UInt8? {
        guard let high = peek(distance)?.hexDigit, let low = peek(distance &+ 1)?.hexDigit else { return nil }
        return high << 4 | low
    }

    /// The value of four hexadecimal digits some places ahead; nil: they are none.
    func hexWord(at distance: Int) -> UInt16? {
        guard let high = hexByte(at: distance), let low = hexByte(at: distance &+ 2) else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }
}

/// What `%uHHHH` and `\uHHHH` become: one byte. Full-width forms of ASCII become ASCII; of all others the lower byte stays.
func narrowed(_ unit: UInt16) -> UInt8 {
    let low = UInt8(truncatingIfNeeded: unit)
    return (0xFF01...0xFF5E).contains(unit) ? low &+ 0x20 : low
}
