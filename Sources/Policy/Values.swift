// The typed values of conditions: numbers, points in time, address ranges, binary data. Each is read from text
// without trapping and without memory of its own, as requests bring them on every evaluation.

/// A decimal number, exact to 19 significant digits.
package struct DecimalNumber: BitwiseCopyable, Sendable, Hashable, Comparable {
    package let isNegative: Bool
    /// Without leading or trailing zeros.
    package let digits: UInt64
    package let digitCount: Int
    /// The power of ten of the last digit.
    package let exponent: Int

    /// Reads "12", "-0.5", "+3", "1e3". nil for anything else, and for more than 19 significant digits.
    package init?(_ text: Span<UInt8>) {
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

    package static func == (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.digits == 0 || right.digits == 0 { return left.digits == right.digits }
        return left.isNegative == right.isNegative && left.digits == right.digits && left.exponent == right.exponent
    }

    package static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        if left.digits == 0 { return right.digits != 0 && !right.isNegative }
        if right.digits == 0 { return left.isNegative }
        if left.isNegative != right.isNegative { return left.isNegative }
        return left.isNegative ? right.isSmallerInMagnitude(than: left) : left.isSmallerInMagnitude(than: right)
    }

    package func hash(into hasher: inout Hasher) {
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
    /// Since 1970-01-01T00:00:00Z, rounded down.
    package let seconds: Int64
    /// From 0 up to a second.
    package let nanoseconds: Int64

    /// Reads epoch seconds, or `YYYY[-MM[-DD]][T[hh[:mm[:ss[.fraction]]]][Z|±hh[:mm]]]`.
    ///
    /// That is more than W3C's formats have: it is what AWS was seen to store. Years may have a sign and any length,
    /// months, days, hours, minutes and seconds one digit, and `t` and `z` may be small. A time without a zone is UTC.
    package init?(_ text: Span<UInt8>) {
        if text.count != 4, let epoch = DateReader.wholeNumber(text) {
            seconds = epoch
            nanoseconds = 0
            return
        }
        var reader = DateReader()
        guard let year = reader.year(text) else { return nil }
        var month: Int64 = 1
        var day: Int64 = 1
        if reader.take("-", text) {
            guard let value = reader.field(1...12, text) else { return nil }
            month = value
            if reader.take("-", text) {
                guard let value = reader.field(1...Self.days(inMonth: month, of: year), text) else { return nil }
                day = value
            }
        }
        var time: Int64 = 0
        var fraction: Int64 = 0
        if reader.take("T", text) {
            guard let clock = reader.clock(text) else { return nil }
            (time, fraction) = clock
        }
        guard reader.index == text.count else { return nil }
        seconds = Self.daysSinceEpoch(year, month, day) &* 86_400 &+ time
        nanoseconds = fraction
    }

    package static func < (left: PointInTime, right: PointInTime) -> Bool {
        left.seconds == right.seconds ? left.nanoseconds < right.nanoseconds : left.seconds < right.seconds
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
        // Rounded down, for the years before 1 too.
        let era = (shiftedYear >= 0 ? shiftedYear : shiftedYear &- 399) / 400
        let yearOfEra = shiftedYear &- era &* 400
        let dayOfYear = (shiftedMonth &* 153 &+ 2) / 5 &+ day &- 1
        let dayOfEra = yearOfEra &* 365 &+ yearOfEra / 4 &- yearOfEra / 100 &+ dayOfYear
        return era &* 146_097 &+ dayOfEra &- 719_468
    }
}

/// A place in a text that is a date, perhaps.
private struct DateReader {
    /// What fits into 64 bits of milliseconds.
    private static let years: ClosedRange<Int64> = -292_275_054...292_278_993

    private(set) var index = 0

    /// The number that the whole text writes.
    static func wholeNumber(_ text: Span<UInt8>) -> Int64? {
        var value: Int64 = 0
        for index in text.indices {
            guard text[index].isDigit else { return nil }
            let (tens, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isTooLargeAgain) = tens.addingReportingOverflow(Int64(text[index] &- 0x30))
            guard !isTooLarge, !isTooLargeAgain else { return nil }
            value = sum
        }
        return text.isEmpty ? nil : value
    }

    /// Takes a mark, letters in either case.
    mutating func take(_ mark: Unicode.Scalar, _ text: Span<UInt8>) -> Bool {
        guard let byte = text.byte(at: index), byte.lowercasedASCII == UInt8(ascii: mark).lowercasedASCII else {
            return false
        }
        index &+= 1
        return true
    }

    mutating func year(_ text: Span<UInt8>) -> Int64? {
        let isNegative = take("-", text)
        guard let value = digits(upTo: 9, text) else { return nil }
        let year = isNegative ? 0 &- value : value
        return Self.years.contains(year) ? year : nil
    }

    /// One or two digits.
    mutating func field(_ range: ClosedRange<Int64>, _ text: Span<UInt8>) -> Int64? {
        digits(upTo: 2, text).flatMap { range.contains($0) ? $0 : nil }
    }

    /// `[hh[:mm[:ss[.fraction]]]]` and the zone, in seconds and nanoseconds of UTC.
    mutating func clock(_ text: Span<UInt8>) -> (seconds: Int64, nanoseconds: Int64)? {
        var seconds: Int64 = 0
        var nanoseconds: Int64 = 0
        if let byte = text.byte(at: index), byte.isDigit {
            guard let hours = field(0...23, text) else { return nil }
            seconds = hours &* 3600
            if take(":", text) {
                guard let minutes = field(0...59, text) else { return nil }
                seconds &+= minutes &* 60
                if take(":", text) {
                    // 60: a leap second.
                    guard let value = field(0...60, text) else { return nil }
                    seconds &+= value
                    if take(".", text) {
                        guard let fraction = fraction(text) else { return nil }
                        nanoseconds = fraction
                    }
                }
            }
        }
        guard let offset = zone(text) else { return nil }
        return (seconds &- offset, nanoseconds)
    }

    private mutating func fraction(_ text: Span<UInt8>) -> Int64? {
        let start = index
        guard var value = digits(upTo: 9, text) else { return nil }
        for _ in index &- start..<9 { value = value &* 10 }
        return value
    }

    /// The offset of `Z` or `±hh[:mm]` from UTC in seconds; 0 where there is none.
    private mutating func zone(_ text: Span<UInt8>) -> Int64? {
        if take("Z", text) { return 0 }
        let isNegative = text.byte(at: index) == UInt8(ascii: "-")
        guard take("+", text) || take("-", text) else { return 0 }
        guard let hours = twoDigits(upTo: 23, text) else { return nil }
        var offset = hours &* 3600
        if take(":", text) {
            guard let minutes = twoDigits(upTo: 59, text) else { return nil }
            offset &+= minutes &* 60
        }
        return isNegative ? 0 &- offset : offset
    }

    private mutating func twoDigits(upTo maximum: Int64, _ text: Span<UInt8>) -> Int64? {
        let start = index
        guard let value = digits(upTo: 2, text), index == start &+ 2, value <= maximum else { return nil }
        return value
    }

    /// A number of one digit or more, at most so many.
    private mutating func digits(upTo count: Int, _ text: Span<UInt8>) -> Int64? {
        var value: Int64 = 0
        let start = index
        while index &- start < count, let byte = text.byte(at: index), byte.isDigit {
            value = value &* 10 &+ Int64(byte &- 0x30)
            index &+= 1
        }
        return index > start ? value : nil
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
