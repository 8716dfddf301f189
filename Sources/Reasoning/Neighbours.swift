import Policy

// For a number, a point in time and a range of addresses: the texts of values at it and right beside it.

extension DecimalNumber {
    /// The number, round numbers near it, and the nearest that the engine can tell from it on either side.
    var neighbours: [String] {
        guard digits != 0 else { return ["0", "1", "-1", "1e-9999", "-1e-9999"] }
        var texts = [text(digits, exponent)]
        // A step of one, of a tenth, and of the last of nineteen digits.
        let (higher, isTooLarge) = digits.addingReportingOverflow(1)
        if !isTooLarge, digitCount < 19 { texts.append(text(higher, exponent)) }
        texts.append(text(digits - 1, exponent))
        if digitCount < 19 {
            texts.append(text(digits * 10 + 1, exponent - 1))
            texts.append(text(digits * 10 - 1, exponent - 1))
        }
        var filled = digits
        for _ in digitCount..<max(19, digitCount) { filled = filled &* 10 }
        let scale = exponent - max(0, 19 - digitCount)
        texts.append(text(filled + 1, scale))
        // Below a power of ten the last of nineteen digits is worth a tenth.
        if filled == 1_000_000_000_000_000_000 {
            texts.append(text(9_999_999_999_999_999_999, scale - 1))
        } else {
            texts.append(text(filled - 1, scale))
        }
        return texts
    }

    private func text(_ digits: UInt64, _ exponent: Int) -> String {
        let sign = isNegative && digits != 0 ? "-" : ""
        if exponent == 0 { return "\(sign)\(digits)" }
        if exponent > 0, exponent <= 6 { return "\(sign)\(digits)" + String(repeating: "0", count: exponent) }
        if exponent < 0, exponent >= -18 {
            let all = String(digits)
            let padded = String(repeating: "0", count: max(0, 1 - exponent - all.utf8.count)) + all
            return "\(sign)\(padded.dropLast(-exponent)).\(padded.suffix(-exponent))"
        }
        return "\(sign)\(digits)e\(exponent)"
    }
}

extension PointInTime {
    /// The point, a second and a nanosecond before and after it.
    var neighbours: [String] {
        let second: Int64 = 1_000_000_000
        var texts = [Self.text(seconds, nanoseconds)]
        let (before, isTooEarly) = seconds.subtractingReportingOverflow(1)
        let (after, isTooLate) = seconds.addingReportingOverflow(1)
        if !isTooEarly {
            texts.append(Self.text(before, nanoseconds))
            if nanoseconds == 0 { texts.append(Self.text(before, second - 1)) }
        }
        if nanoseconds > 0 { texts.append(Self.text(seconds, nanoseconds - 1)) }
        if !isTooLate {
            texts.append(Self.text(after, nanoseconds))
            if nanoseconds == second - 1 { texts.append(Self.text(after, 0)) }
        }
        if nanoseconds < second - 1 { texts.append(Self.text(seconds, nanoseconds + 1)) }
        return texts.compactMap { $0 }
    }

    /// As ISO 8601 has it; as seconds where its years would be too far.
    private static func text(_ seconds: Int64, _ nanoseconds: Int64) -> String? {
        let day: Int64 = 86_400
        let (days, rest) = (seconds.flooredQuotient(day), seconds.flooredRemainder(day))
        guard abs(days) < 100_000_000_000 else { return seconds >= 0 ? "\(seconds)" : nil }
        let (year, month, dayOfMonth) = civil(days)
        func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
        // Years have four digits, so that "-44" is not read as something else.
        let digits = String(abs(year))
        let yearText = (year < 0 ? "-" : "") + String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
        var text = "\(yearText)-\(two(month))-\(two(dayOfMonth))T"
        text += "\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
        if nanoseconds > 0 {
            let fraction = String(nanoseconds)
            text += "." + String(repeating: "0", count: 9 - fraction.utf8.count) + fraction
        }
        return text + "Z"
    }

    /// The date of a day, counted from 1970-01-01, in the Gregorian calendar. Years begin in March here.
    private static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = days + 719_468
        let era = shifted.flooredQuotient(146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }
}

extension Int64 {
    fileprivate func flooredQuotient(_ divisor: Int64) -> Int64 {
        self / divisor - (self % divisor < 0 ? 1 : 0)
    }

    fileprivate func flooredRemainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}

extension AddressRange {
    /// Its first address, the one before it and the one after it.
    /// - Parameter asRanges: whether the range itself counts as a value.
    func neighbours(asRanges: Bool) -> [String] {
        var texts: [String] = []
        if asRanges, let length { texts.append("\(text(high, low))/\(length)") }
        texts.append(text(high, low))
        let last = (high | ~highMask & limit.high, low | ~lowMask & limit.low)
        if (last.0, last.1) != (limit.high, limit.low) {
            texts.append(text(last.1 == .max ? last.0 + 1 : last.0, last.1 &+ 1))
        }
        if (high, low) != (0, 0) { texts.append(text(low == 0 ? high - 1 : high, low &- 1)) }
        return texts
    }

    private var limit: (high: UInt64, low: UInt64) { isVersion6 ? (.max, .max) : (0, 0xFFFF_FFFF) }

    private var length: Int? {
        let ones = highMask.nonzeroBitCount + lowMask.nonzeroBitCount
        return isVersion6 ? ones : ones - 96
    }

    private func text(_ high: UInt64, _ low: UInt64) -> String {
        guard isVersion6 else {
            return [24, 16, 8, 0].map { String(low >> UInt64($0) & 0xFF) }.joined(separator: ".")
        }
        let groups =
            [48, 32, 16, 0].map { high >> UInt64($0) & 0xFFFF } + [48, 32, 16, 0].map { low >> UInt64($0) & 0xFFFF }
        return Self.compressed(groups.map { String($0, radix: 16) })
    }

    /// RFC 5952: the longest run of zeros is left out.
    private static func compressed(_ groups: [String]) -> String {
        var best = 0..<0
        var index = 0
        while index < groups.count {
            var end = index
            while end < groups.count, groups[end] == "0" { end += 1 }
            if end - index > best.count { best = index..<end }
            index = max(end, index + 1)
        }
        guard best.count > 1 else { return groups.joined(separator: ":") }
        return groups[..<best.lowerBound].joined(separator: ":") + "::"
            + groups[best.upperBound...].joined(separator: ":")
    }
}
