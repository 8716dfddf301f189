// Pieces of versions: ranges of their bytes.

func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

func isLetter(_ byte: UInt8) -> Bool { isLower(byte | 0x20) }

func lowered(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
}

extension Span<UInt8> {
    /// The byte there; nil at the end.
    func at(_ place: Int, of range: Range<Int>) -> UInt8? { range.contains(place) ? self[place] : nil }

    /// Where the digits that begin there end.
    func endOfDigits(_ start: Int, in range: Range<Int>) -> Int {
        var end = start
        while let byte = at(end, of: range), isDigit(byte) { end += 1 }
        return end
    }

    /// Without white space at both ends.
    var trimmed: Range<Int> {
        var start = 0
        var end = count
        while start < end, self[start] == 0x20 || (0x09...0x0D).contains(self[start]) { start += 1 }
        while start < end, self[end - 1] == 0x20 || (0x09...0x0D).contains(self[end - 1]) { end -= 1 }
        return start..<end
    }

    /// Whether these bytes are a text, in lower or upper case.
    func equals(_ text: StaticString, _ range: Range<Int>) -> Bool {
        guard text.utf8CodeUnitCount == range.count else { return false }
        return text.withUTF8Buffer { text in
            for (expected, place) in zip(text, range) where lowered(self[place]) != expected { return false }
            return true
        }
    }
}

/// Numbers of any length by their digits; none is zero.
func compareNumbers(
    _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
) -> VersionOrder {
    var (start, other) = (leftRange.lowerBound, rightRange.lowerBound)
    while start < leftRange.upperBound, left[start] == 0x30 { start += 1 }
    while other < rightRange.upperBound, right[other] == 0x30 { other += 1 }
    let (digits, others) = (start..<leftRange.upperBound, other..<rightRange.upperBound)
    guard digits.count == others.count else { return VersionOrder(digits.count, others.count) }
    return compareBytes(left, digits, right, others)
}

/// Byte by byte; of two that begin alike, the shorter is the older one.
func compareBytes(
    _ left: Span<UInt8>, _ leftRange: Range<Int>, _ right: Span<UInt8>, _ rightRange: Range<Int>
) -> VersionOrder {
    for (one, two) in zip(leftRange, rightRange) where left[one] != right[two] {
        return VersionOrder(left[one], right[two])
    }
    return VersionOrder(leftRange.count, rightRange.count)
}
