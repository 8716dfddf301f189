// Rules are numbered as in Documentation/PolicyRules.md.

/// An IPv4 or IPv6 address or range of addresses (CIDR, RFC 4632, RFC 4291).
package struct AddressRange: BitwiseCopyable, Sendable, Hashable {
    package let isVersion6: Bool
    /// An IPv4 address is in the lowest 32 bits.
    package let high: UInt64
    package let low: UInt64
    package let highMask: UInt64
    package let lowMask: UInt64

    /// Reads "203.0.113.0/24", "2001:db8::/32", and single addresses, which are ranges of one. Bits beyond the
    /// prefix are ignored (rule 43).
    package init?(_ text: Span<UInt8>) {
        let slash = text.firstIndex(of: UInt8(ascii: "/"))
        let address = text.extracting(0..<(slash ?? text.count))
        let version6 = address.firstIndex(of: UInt8(ascii: ":")) != nil
        let width: Int64 = version6 ? 128 : 32
        var length = width
        if let slash {
            guard text.count &- slash <= 4, let value = text.number(slash &+ 1..<text.count, maximum: width)
            else { return nil }
            length = value
        }
        let masked = UInt64(width &- length)
        lowMask = masked >= 64 ? 0 : UInt64.max << masked
        highMask = masked > 64 ? (masked >= 128 ? 0 : UInt64.max << (masked &- 64)) : .max
        if version6 {
            guard let (upper, lower) = Self.version6(address) else { return nil }
            high = upper & highMask
            low = lower & lowMask
        } else {
            guard let value = Self.version4(address, 0..<address.count) else { return nil }
            high = 0
            low = value & lowMask
        }
        isVersion6 = version6
    }

    /// Whether every address of `other` lies in this range. The two families never mix.
    package func contains(_ other: AddressRange) -> Bool {
        isVersion6 == other.isVersion6
            && other.high & highMask == high && other.low & lowMask == low
            // The other must not be the wider of the two.
            && other.highMask & highMask == highMask && other.lowMask & lowMask == lowMask
    }

    private static func version4(_ text: Span<UInt8>, _ range: Range<Int>) -> UInt64? {
        var value: UInt64 = 0
        var start = range.lowerBound
        for part in 0..<4 {
            var end = start
            while end < range.upperBound, text[end] != UInt8(ascii: ".") { end &+= 1 }
            guard end &- start <= 3, let number = text.number(start..<end, maximum: 255) else { return nil }
            value = value << 8 | UInt64(number)
            guard part < 3 ? end < range.upperBound : end == range.upperBound else { return nil }
            start = end &+ 1
        }
        return value
    }

    /// Eight groups of hexadecimal digits, of which one run of zeros may be left out as "::", and the last two of
    /// which may be written as an IPv4 address.
    private static func version6(_ text: Span<UInt8>) -> (UInt64, UInt64)? {
        let colon = UInt8(ascii: ":")
        // Groups before "::" fill up from the left, those after it from the right.
        var leading = Groups()
        var trailing = Groups()
        var isCompressed = false
        var index = 0
        if text.byte(at: 0) == colon {
            guard text.byte(at: 1) == colon else { return nil }
            isCompressed = true
            index = 2
        }
        while index < text.count {
            var end = index
            while end < text.count, text[end] != colon { end &+= 1 }
            if end == text.count, let value = version4(text, index..<end) {
                for group in [value >> 16, value & 0xFFFF] {
                    guard isCompressed ? trailing.append(group) : leading.append(group) else { return nil }
                }
                index = end
                break
            }
            guard end > index, end &- index <= 4 else { return nil }
            var group: UInt64 = 0
            for position in index..<end {
                guard let digit = text[position].hexValue else { return nil }
                group = group << 4 | UInt64(digit)
            }
            guard isCompressed ? trailing.append(group) : leading.append(group) else { return nil }
            guard end < text.count else {
                index = end
                break
            }
            index = end &+ 1
            if text.byte(at: index) == colon {
                guard !isCompressed else { return nil }
                isCompressed = true
                index &+= 1
            } else if index == text.count {
                return nil
            }
        }
        let total = leading.count &+ trailing.count
        guard isCompressed ? total <= 7 : total == 8 else { return nil }
        let left = leading.shiftedLeft(groups: 8 &- leading.count)
        return (left.high | trailing.high, left.low | trailing.low)
    }

    /// Up to eight groups of 16 bits, the last one lowest.
    private struct Groups {
        var high: UInt64 = 0
        var low: UInt64 = 0
        var count = 0

        mutating func append(_ group: UInt64) -> Bool {
            guard count < 8 else { return false }
            high = high << 16 | low >> 48
            low = low << 16 | group
            count &+= 1
            return true
        }

        func shiftedLeft(groups: Int) -> Groups {
            var result = self
            for _ in 0..<max(0, min(8, groups)) {
                result.high = result.high << 16 | result.low >> 48
                result.low = result.low << 16
            }
            return result
        }
    }
}
