import Wire

/// Times as queries have them: `2026-11-29 07:41:59.000`, in UTC.
enum LakeTime {
    /// Milliseconds since 1970 of a text with at least a date: `2026-11-29`, `2026-11-29 07:41`, `2026-11-29T07:41:59.123Z`.
    static func milliseconds(_ text: String) -> Int64? {
        var bytes = Array(text.utf8)
        guard bytes.count >= 10, bytes.count <= 40, bytes[4] == UInt8(ascii: "-"), bytes[7] == UInt8(ascii: "-"),
            bytes[..<4].allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        if bytes.count == 10 { bytes += Array("T00:00:00Z".utf8) }
        if bytes[10] == 0x20 { bytes[10] = UInt8(ascii: "T") }
        guard bytes[10] == UInt8(ascii: "T") else { return nil }
        if bytes.count == 16 { bytes += Array(":00".utf8) }
        let hasZone = bytes[11...].contains { $0 | 0x20 == UInt8(ascii: "z") || $0 == 0x2B || $0 == 0x2D }
        if !hasZone { bytes.append(UInt8(ascii: "Z")) }
        guard let time = Timestamp(parsing: String(decoding: bytes, as: UTF8.self)) else { return nil }
        return Int64(exactly: (time.secondsSinceEpoch * 1000).rounded())
    }

    static func text(_ milliseconds: Int64) -> String {
        let (seconds, rest) = milliseconds.quotientAndFloor(dividedBy: 1000)
        var text = Timestamp(secondsSinceEpoch: Double(seconds)).iso8601
        text = text.prefix(10) + " " + text.dropFirst(11).dropLast()
        let digits = String(rest)
        return text + "." + String(repeating: "0", count: 3 - digits.count) + digits
    }

    /// The order of two texts: of times as times, whatever they are written like; and before all that are none.
    static func order(_ a: String, _ b: String) -> Int32 {
        switch (milliseconds(a), milliseconds(b)) {
        case (let a?, let b?): a < b ? -1 : a == b ? 0 : 1
        case (_?, nil): -1
        case (nil, _?): 1
        case (nil, nil): a == b ? 0 : a.utf8.lexicographicallyPrecedes(b.utf8) ? -1 : 1
        }
    }
}

extension Int64 {
    /// The quotient rounded down, and what is left, which is not negative.
    func quotientAndFloor(dividedBy divisor: Int64) -> (Int64, Int64) {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? (quotient - 1, rest + divisor) : (quotient, rest)
    }

    private func quotientAndRemainder(dividingBy divisor: Int64) -> (Int64, Int64) {
        (self / divisor, self % divisor)
    }
}
