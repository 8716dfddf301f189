/// A day of the Gregorian calendar, in UTC: bills know no other time.
public struct CivilDate: Hashable, Comparable, Sendable {
    /// Days since 1970-01-01.
    public let day: Int

    /// - Parameter day: days since 1970-01-01.
    public init(day: Int) { self.day = min(max(day, -700_000), 3_000_000) }

    /// The day of a time, in seconds since 1970.
    public init(seconds: Double) { self.init(day: Int(exactly: (seconds / 86_400).rounded(.down)) ?? 0) }

    /// The day of an hour, in hours since 1970.
    public init(hour: Int64) { self.init(day: Int((Double(hour) / 24).rounded(.down))) }

    /// A month that is out of 1 to 12 counts on into other years.
    public init(year: Int, month: Int, day: Int) {
        let months = min(max(year, 1), 9999) * 12 + min(max(month, -100_000), 100_000) - 1
        let (year, month) = (
            Int((Double(months) / 12).rounded(.down)), months - Int((Double(months) / 12).rounded(.down)) * 12 + 1
        )
        // As in "chrono-Compatible Low-Level Date Algorithms".
        let shifted = month <= 2 ? year - 1 : year
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        self.init(day: era * 146_097 + dayOfEra - 719_468)
    }

    /// Reads `2026-11-30`; nil for what is no day.
    public init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2],
            parts.allSatisfy({ $0.utf8.allSatisfy { $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") } }),
            let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2]), year >= 1,
            (1...12).contains(month)
        else { return nil }
        self.init(year: year, month: month, day: day)
        guard String(text) == self.text else { return nil }
    }

    /// Year, month and day.
    public var components: (year: Int, month: Int, day: Int) {
        let shifted = day + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    /// `2026-11-30`
    public var text: String {
        let (year, month, day) = components
        func padded(_ number: Int, _ width: Int) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
        }
        return "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))"
    }

    /// `20261130`
    public var compact: String { text.filter { $0 != "-" } }

    /// When it begins, in hours since 1970.
    public var hour: Int64 { Int64(day) * 24 }

    /// When it begins, in seconds since 1970.
    public var seconds: Double { Double(day) * 86_400 }

    /// The first day of its month.
    public var monthStart: CivilDate {
        let (year, month, _) = components
        return CivilDate(year: year, month: month, day: 1)
    }

    /// The first day of a month before or after its own.
    public func month(after months: Int) -> CivilDate {
        let (year, month, _) = components
        return CivilDate(year: year, month: month + months, day: 1)
    }

    /// The first days of the months from one time to another, in seconds since 1970: of the last ones, where they are too many. The
    /// month of the second is always there, whatever the first is: clocks are set back.
    public static func months(from first: Double, to last: Double, atMost most: Int) -> [CivilDate] {
        var months = [CivilDate(seconds: last).monthStart]
        let start = CivilDate(seconds: first).monthStart
        while months.count < most, let next = months.last?.month(after: -1), next >= start { months.append(next) }
        return months.reversed()
    }

    /// Days before or after it.
    public func adding(days: Int) -> CivilDate { CivilDate(day: day + min(max(days, -1_000_000), 1_000_000)) }

    public static func < (a: CivilDate, b: CivilDate) -> Bool { a.day < b.day }
}

/// How much time one line of an answer, or one period of a budget, is about.
public enum TimeUnit: String, Sendable, Codable {
    case hourly = "HOURLY"
    case daily = "DAILY"
    case monthly = "MONTHLY"
    case quarterly = "QUARTERLY"
    case annually = "ANNUALLY"
}

/// Some hours one after the other.
public struct HourRange: Hashable, Sendable {
    /// The first, in hours since 1970.
    public var start: Int64
    /// The first that is no more in it.
    public var end: Int64

    /// - Parameters: see the properties.
    public init(_ start: Int64, _ end: Int64) { (self.start, self.end) = (start, end) }

    /// Whole days.
    public init(_ start: CivilDate, _ end: CivilDate) { self.init(start.hour, end.hour) }

    /// Whether an hour is in it.
    public func contains(_ hour: Int64) -> Bool { start <= hour && hour < end }

    /// It in parts of a unit, of which the first and the last may be shorter: a month that begins on the tenth.
    public func parts(_ unit: TimeUnit) -> [HourRange] {
        var parts: [HourRange] = []
        var next = start
        while next < end {
            let stop = min(end, Self.end(of: unit, around: next))
            parts.append(HourRange(next, stop))
            next = stop
        }
        return parts
    }

    /// The period of a unit that an hour is in.
    public static func period(_ unit: TimeUnit, around hour: Int64) -> HourRange {
        let date = CivilDate(hour: hour)
        let (year, month, _) = date.components
        let start =
            switch unit {
            case .hourly: hour
            case .daily: date.hour
            case .monthly: date.monthStart.hour
            case .quarterly: CivilDate(year: year, month: (month - 1) / 3 * 3 + 1, day: 1).hour
            case .annually: CivilDate(year: year, month: 1, day: 1).hour
            }
        return HourRange(start, end(of: unit, around: hour))
    }

    private static func end(of unit: TimeUnit, around hour: Int64) -> Int64 {
        let date = CivilDate(hour: hour)
        let (year, month, _) = date.components
        return switch unit {
        case .hourly: hour + 1
        case .daily: date.adding(days: 1).hour
        case .monthly: date.month(after: 1).hour
        case .quarterly: CivilDate(year: year, month: (month - 1) / 3 * 3 + 4, day: 1).hour
        case .annually: CivilDate(year: year, month: 13, day: 1).hour
        }
    }

    /// An hour as answers show it: `2026-11-30T13:00:00Z`
    public static func text(ofHour hour: Int64) -> String {
        let date = CivilDate(hour: hour)
        let rest = hour - date.hour
        return "\(date.text)T\(rest < 10 ? "0" : "")\(rest):00:00Z"
    }
}
