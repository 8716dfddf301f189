// The typed values of conditions: numbers, points in time, address ranges, binary data. Each is read from text
// without trapping and without memory of its own, as requests bring them on every evaluation.

/// A decimal number, exact to 19 significant digits.
struct DecimalNumber: BitwiseCopyable, Sendable, Hashable, Comparable {
    private let isNegative: Bool
    /// Without leading or trailing zeros.
    private let digits: UInt64
    private let digitCount: Int
    /// The power of ten of the last digit.
    private let exponent: Int

    /// Reads "12", "-0.5", "+3", "1e3". nil for anything else, and for more than 19 significant digits.
    init?(_ text: Span<UInt8>) {
        var index = 0
        var negative = false
        if let sign = text.byte(at: 0), sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            negative = sign == UInt8(ascii: "-")
            index = 1
        }
        var value: UInt64 = 0
        var significant = 0
        var pendingZeros = 0
        var scale = 0
        var seenDigit = false
        var seenPoint = false
        while let byte = text.byte(at: index) {
            if byte == UInt8(ascii: "."), !seenPoint, seenDigit {
                seenPoint = true
            } else if byte.isDigit {
                seenDigit = true
                if seenPoint { scale &-= 1 }
                if byte != UInt8(ascii: "0") {
                    let count = significant == 0 ? 1 : significant &+ pendingZeros &+ 1
                    guard count <= 19 else { return nil }
                    // Zeros are only taken in when a digit follows them, so the last digit is never zero.
                    for _ in significant..<count { value = value &* 10 }
                    value &+= UInt64(byte &- 0x30)
                    significant = count
                    pendingZeros = 0
                } else if significant > 0 {
                    pendingZeros &+= 1
                }
            } else {
                break
            }
            index &+= 1
        }
        guard seenDigit else { return nil }
        var power = 0
        if index < text.count {
            guard let parsed = text.exponent(from: index) else { return nil }
            power = parsed
        }
        digits = value
        digitCount = significant
        exponent = scale &+ pendingZeros &+ power
        isNegative = negative && value != 0
    }

    static func == (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.digits == 0 || right.digits == 0 { return left.digits == right.digits }
        return left.isNegative == right.isNegative && left.digits == right.digits && left.exponent == right.exponent
    }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.digits == 0 { return right.digits != 0 && !right.isNegative }
        if right.digits == 0 { return left.isNegative }
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmallerInMagnitude(than: left) : left.isSmallerInMagnitude(than: right)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(digits)
        if digits != 0 {
            hasher.combine(isNegative)
            hasher.combine(exponent)
        }
    }

    /// Neither is zero.
    private func isSmallerInMagnitude(than other: DecimalNumber) -> Bool {
        let ownOrder = digitCount &+ exponent
        let otherOrder = other.digitCount &+ other.exponent
        if ownOrder != otherOrder { return ownOrder < otherOrder }
        return scaledDigits < other.scaledDigits
    }

    /// The digits, filled up to 19; 19 nines fit into 64 bits.
    private var scaledDigits: UInt64 {
        var value = digits
        for _ in digitCount..<max(19, digitCount) { value = value &* 10 }
        return value
    }
}

/// A point in time, to the nanosecond.
///
/// AWS: "Date condition operators": "one of the W3C implementations of the ISO 8601 date formats or in epoch (UNIX)
/// time". Four digits are a year, any other number of digits is epoch seconds.
package struct PointInTime: BitwiseCopyable, Sendable, Hashable, Comparable {
    private let seconds: Int64
    private let nanoseconds: Int64

    /// Reads `YYYY`, `YYYY-MM`, `YYYY-MM-DD`, `YYYY-MM-DDThh:mm[:ss[.fraction]](Z|±hh:mm)` or epoch seconds.
    package init?(_ text: Span<UInt8>) {
        if text.count != 4, let epoch = text.number(0..<text.count, maximum: 999_999_999_999_999) {
            seconds = epoch
            nanoseconds = 0
            return
        }
        guard let year = text.number(0..<4, maximum: 9999) else { return nil }
        var month: Int64 = 1
        var day: Int64 = 1
        var time: Int64 = 0
        var fraction: Int64 = 0
        if text.count > 4 {
            guard text.byte(at: 4) == UInt8(ascii: "-"), let value = text.number(5..<7, maximum: 12), value >= 1
            else { return nil }
            month = value
        }
        if text.count > 7 {
            guard text.byte(at: 7) == UInt8(ascii: "-"), let value = text.number(8..<10, maximum: 31), value >= 1,
                value <= Self.days(inMonth: month, of: year)
            else { return nil }
            day = value
        }
        if text.count > 10 {
            guard text.byte(at: 10) == UInt8(ascii: "T"), let clock = Self.clock(text, from: 11) else { return nil }
            time = clock.seconds
            fraction = clock.nanoseconds
        }
        seconds = Self.daysSinceEpoch(year, month, day) &* 86_400 &+ time
        nanoseconds = fraction
    }

    package static func < (left: PointInTime, right: PointInTime) -> Bool {
        left.seconds == right.seconds ? left.nanoseconds < right.nanoseconds : left.seconds < right.seconds
    }

    /// `hh:mm[:ss[.fraction]]` and the zone, to the end of the text.
    private static func clock(_ text: Span<UInt8>, from start: Int) -> (seconds: Int64, nanoseconds: Int64)? {
        let colon = UInt8(ascii: ":")
        guard let hours = text.number(start..<start &+ 2, maximum: 23), text.byte(at: start &+ 2) == colon,
            let minutes = text.number(start &+ 3..<start &+ 5, maximum: 59)
        else { return nil }
        var index = start &+ 5
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        if text.byte(at: index) == colon {
            // 60: a leap second.
            guard let value = text.number(index &+ 1..<index &+ 3, maximum: 60) else { return nil }
            seconds = value
            index &+= 3
            if text.byte(at: index) == UInt8(ascii: ".") {
                index &+= 1
                var unit: Int64 = 100_000_000
                let first = index
                while let byte = text.byte(at: index), byte.isDigit {
                    nanoseconds &+= Int64(byte &- 0x30) &* unit
                    unit /= 10
                    index &+= 1
                }
                guard index > first else { return nil }
            }
        }
        guard let offset = zone(text, from: index) else { return nil }
        return (hours &* 3600 &+ minutes &* 60 &+ seconds &- offset, nanoseconds)
    }

    /// The offset of `Z` or `±hh:mm` from UTC in seconds.
    private static func zone(_ text: Span<UInt8>, from start: Int) -> Int64? {
        let sign = text.byte(at: start)
        if sign == UInt8(ascii: "Z") { return start &+ 1 == text.count ? 0 : nil }
        guard sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"), text.count == start &+ 6,
            let hours = text.number(start &+ 1..<start &+ 3, maximum: 23),
            text.byte(at: start &+ 3) == UInt8(ascii: ":"),
            let minutes = text.number(start &+ 4..<start &+ 6, maximum: 59)
        else { return nil }
        let offset = hours &* 3600 &+ minutes &* 60
        return sign == UInt8(ascii: "-") ? 0 &- offset : offset
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }

    private static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days from 1970-01-01 in the Gregorian calendar. Years count from March, so that the leap day comes last.
    private static func daysSinceEpoch(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shiftedYear = month <= 2 ? year &- 1 : year
        let shiftedMonth = (month &+ 9) % 12
        // 400 years are added so that the divisions round down for the year 0 too.
        let years = shiftedYear &+ 400
        let dayOfYear = (shiftedMonth &* 153 &+ 2) / 5 &+ day &- 1
        let days = years &* 365 &+ years / 4 &- years / 100 &+ years / 400 &+ dayOfYear
        return days &- 146_097 &- 719_468
    }
}

extension Span<UInt8> {
    @inline(__always)
    func byte(at index: Int) -> UInt8? { index >= 0 && index < count ? self[index] : nil }

    /// The number that the digits of `range` write, if there are at least one and nothing else, and it is not above
    /// `maximum` (which must leave room for one more digit in 64 bits).
    func number(_ range: Range<Int>, maximum: Int64) -> Int64? {
        guard !range.isEmpty, range.lowerBound >= 0, range.upperBound <= count else { return nil }
        var value: Int64 = 0
        for index in range {
            guard self[index].isDigit else { return nil }
            value = value &* 10 &+ Int64(self[index] &- 0x30)
            guard value <= maximum else { return nil }
        }
        return value
    }

    /// `e5`, `E-3`, to the end of the text.
    fileprivate func exponent(from start: Int) -> Int? {
        guard byte(at: start).map({ $0 | 0x20 }) == UInt8(ascii: "e") else { return nil }
        let sign = byte(at: start &+ 1)
        let hasSign = sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+")
        let first = start &+ (hasSign ? 2 : 1)
        guard first < count, let value = number(first..<count, maximum: 9999) else { return nil }
        return sign == UInt8(ascii: "-") ? 0 &- Int(value) : Int(value)
    }
}
