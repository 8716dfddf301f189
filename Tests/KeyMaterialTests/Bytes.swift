import Testing

/// Bytes in hexadecimal digits, in which white space does not count.
func hex(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.map { UInt8($0.hexDigitValue ?? 0) }
    #expect(digits.count.isMultiple(of: 2))
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
}

func text(_ string: String) -> [UInt8] { Array(string.utf8) }

/// Copies of some bytes with one bit changed each, as many as wanted, spread evenly.
func spoilt(_ bytes: [UInt8], copies: Int = 40) -> [[UInt8]] {
    stride(from: 0, to: bytes.count, by: max(1, bytes.count / copies)).map { index in
        var copy = bytes
        copy[index] ^= 1 << UInt8(index % 8)
        return copy
    }
}
