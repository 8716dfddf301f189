import Wire

/// A length of time by which times are put together: `5m`, `1h`, `2 weeks`.
struct TimePeriod: Sendable, Equatable {
    /// Milliseconds; nil: it is months.
    private let milliseconds: Int64?
    private let months: Int

    /// A count of a unit, which AWS caps for milliseconds, seconds, minutes and hours.
    /// - Returns: nil: there is no such unit, or nothing of it.
    init?(_ count: Int, unit: String) {
        guard count > 0, count <= 10_000 else { return nil }
        // All names of more than one letter have a plural.
        let name = unit.utf8.count > 2 && unit.hasSuffix("s") ? String(unit.dropLast()) : unit
        switch name {
        case "millisecond", "ms", "msec": (milliseconds, months) = (Int64(min(count, 1000)), 0)
        case "second", "s", "sec": (milliseconds, months) = (Int64(min(count, 60)) * 1000, 0)
        case "minute", "m", "min": (milliseconds, months) = (Int64(min(count, 60)) * 60_000, 0)
        case "hour", "h", "hr": (milliseconds, months) = (Int64(min(count, 24)) * 3_600_000, 0)
        case "day", "d": (milliseconds, months) = (Int64(count) * 86_400_000, 0)
        case "week", "w": (milliseconds, months) = (Int64(count) * Self.week, 0)
        case "month", "mo", "mon", "mos": (milliseconds, months) = (nil, count)
        case "quarter", "q", "qtr": (milliseconds, months) = (nil, count * 3)
        case "year", "y", "yr": (milliseconds, months) = (nil, count * 12)
        default: return nil
        }
    }

    private static let week: Int64 = 7 * 86_400_000
    /// Weeks begin on Mondays, and 1970 on a Thursday.
    private static let firstMonday: Int64 = 4 * 86_400_000
    /// The times that are reckoned with: those of four digits.
    private static let range: ClosedRange<Int64> = -62_135_596_800_000...253_402_300_799_999

    /// The beginning of the period that a time is in.
    func floor(_ time: Int64) -> Int64 {
        let time = min(max(time, Self.range.lowerBound), Self.range.upperBound)
        guard let milliseconds else { return Self.start(ofMonth: Self.month(of: time).flooredMultiple(of: months)) }
        let offset = milliseconds % Self.week == 0 ? Self.firstMonday : 0
        return (time - offset).flooredMultiple(of: milliseconds) + offset
    }

    /// The beginning of the first period that does not begin before a time.
    func ceiling(_ time: Int64) -> Int64 {
        let start = floor(time)
        guard start < time else { return start }
        guard let milliseconds else { return Self.start(ofMonth: Self.month(of: start) + months) }
        return start + milliseconds
    }

    /// Months since the year 0.
    private static func month(of time: Int64) -> Int {
        let text = Timestamp(secondsSinceEpoch: (Double(time) / 1000).rounded(.down)).iso8601.split(separator: "-")
        guard text.count >= 2, let year = Int(text[0]), let month = Int(text[1]) else { return 0 }
        return year * 12 + month - 1
    }

    private static func start(ofMonth month: Int) -> Int64 {
        func padded(_ number: Int, _ width: Int) -> String {
            let digits = String(number)
            return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
        }
        let text = "\(padded(month / 12, 4))-\(padded(month % 12 + 1, 2))-01T00:00:00Z"
        return Timestamp(parsing: text).map { Int64($0.secondsSinceEpoch) * 1000 } ?? 0
    }
}

extension FixedWidthInteger {
    /// The largest multiple of a positive number that is not above this one.
    fileprivate func flooredMultiple(of step: Self) -> Self {
        let rest = self % step
        return self - (rest < 0 ? rest + step : rest)
    }
}
