/// Identifiers that carry the time at which they were made, so that they sort and can be found by time: UUID version 7,
/// RFC 9562, section 5.7. Events and requests are named by them.
public enum UUIDv7 {
    /// A new id as 36 lowercase characters: 48 bits of time, then 74 random bits.
    ///
    /// `milliseconds` is the time since 1970-01-01 UTC; a time that 48 bits can't hold becomes the nearest that they
    /// can.
    public static func make(milliseconds: Int64, using random: inout some RandomNumberGenerator) -> String {
        let time = UInt64(min(max(milliseconds, 0), 0xffff_ffff_ffff))
        let high = time << 16 | 0x7000 | random.next() & 0x0fff
        let low = 0x8000_0000_0000_0000 | random.next() & 0x3fff_ffff_ffff_ffff

        return String(unsafeUninitializedCapacity: 36) { text in
            var at = 0
            for nibble in 0..<32 {
                if nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20 {
                    text[at] = UInt8(ascii: "-")
                    at += 1
                }
                let word = nibble < 16 ? high : low
                let digit = UInt8(truncatingIfNeeded: word >> UInt64(60 - (nibble & 15) * 4)) & 15
                text[at] = digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
                at += 1
            }
            return at
        }
    }

    /// The time in an id, in milliseconds since 1970-01-01 UTC; nil when the text is not a UUID of version 7. It is the
    /// claim of whoever made the id, to be checked where it matters.
    public static func milliseconds(of text: String) -> Int64? {
        guard text.utf8.count == 36 else { return nil }
        var time: UInt64 = 0
        for (at, byte) in text.utf8.enumerated() {
            if at == 8 || at == 13 || at == 18 || at == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = hexDigit(byte) else { return nil }
            if at < 13 { time = time << 4 | digit }
            if at == 14, digit != 7 { return nil }
            if at == 19, digit & 0b1100 != 0b1000 { return nil }
        }
        return Int64(time)
    }

    private static func hexDigit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt64(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt64(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt64(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
