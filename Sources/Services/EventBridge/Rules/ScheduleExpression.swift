/// When a scheduled rule runs: `rate(5 minutes)`, `cron(0 12 * * ? *)`. Times are those of UTC.
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html>
enum ScheduleExpression: Equatable, Sendable {
    /// In seconds.
    case rate(Double)
    case cron(CronExpression)

    /// nil: it is no expression.
    init?(_ text: String) {
        func inner(_ name: String) -> String? {
            guard text.hasPrefix("\(name)("), text.hasSuffix(")") else { return nil }
            return String(text.dropFirst(name.count + 1).dropLast())
        }
        if let rate = inner("rate") {
            let parts = rate.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 2, let count = Int(parts[0]), (1...1_000_000).contains(count), parts[0].first != "+"
            else {
                return nil
            }
            // One minute, two minutes.
            guard parts[1].hasSuffix("s") == (count > 1) else { return nil }
            switch parts[1] {
            case "minute", "minutes": self = .rate(Double(count) * 60)
            case "hour", "hours": self = .rate(Double(count) * 3_600)
            case "day", "days": self = .rate(Double(count) * 86_400)
            default: return nil
            }
        } else if let cron = inner("cron"), let expression = CronExpression(cron) {
            self = .cron(expression)
        } else {
            return nil
        }
    }

    /// When it runs next, in seconds since 1970.
    /// - Parameter time: not before this.
    /// - Returns: nil: never again.
    func next(after time: Double) -> Double? {
        switch self {
        case .rate(let seconds): time + seconds
        case .cron(let expression): expression.next(after: time)
        }
    }
}

/// `Minutes Hours Day-of-month Month Day-of-week Year`
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html#eb-cron-expressions>
struct CronExpression: Equatable, Sendable {
    private let minutes: Set<Int>
    private let hours: Set<Int>
    private let days: Days
    private let months: Set<Int>
    /// In their order.
    private let years: [Int]

    private static let firstYear = 1970
    private static let lastYear = 2199
    private static let leapYear = 2000

    private enum Days: Equatable, Sendable {
        case ofMonth(Set<Int>)
        case lastOfMonth
        /// The working day that is nearest to a day of the month.
        case nearestWorkingDay(Int)
        /// 1 is Sunday.
        case ofWeek(Set<Int>)
        case lastOfWeek(Int)
        /// The third Friday: (6, 3).
        case numbered(day: Int, number: Int)
    }

    init?(_ text: String) {
        let fields = text.split(separator: " ").map { $0.uppercased() }
        guard fields.count == 6, let minutes = Self.values(fields[0], 0...59),
            let hours = Self.values(fields[1], 0...23),
            let months = Self.values(fields[3], 1...12, names: Self.months),
            let years = Self.values(fields[5], Self.firstYear...Self.lastYear),
            let days = Self.days(fields[2], fields[4])
        else { return nil }
        (self.minutes, self.hours, self.months, self.days) = (minutes, hours, months, days)
        self.years = years.sorted()
    }

    private static let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    private static let weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    private static func days(_ ofMonth: String, _ ofWeek: String) -> Days? {
        // One of the two says nothing.
        guard (ofMonth == "?") != (ofWeek == "?") else { return nil }
        if ofWeek == "?" {
            if ofMonth == "L" { return .lastOfMonth }
            if ofMonth.hasSuffix("W") {
                guard let day = Int(ofMonth.dropLast()), (1...31).contains(day) else { return nil }
                return .nearestWorkingDay(day)
            }
            return values(ofMonth, 1...31).map { .ofMonth($0) }
        }
        if ofWeek == "L" { return .ofWeek([7]) }
        if ofWeek.hasSuffix("L"), let day = number(ofWeek.dropLast(), 1...7, weekdays) { return .lastOfWeek(day) }
        let parts = ofWeek.split(separator: "#", omittingEmptySubsequences: false)
        if parts.count == 2 {
            guard let day = number(parts[0], 1...7, weekdays), let number = Int(parts[1]), (1...5).contains(number)
            else {
                return nil
            }
            return .numbered(day: day, number: number)
        }
        return values(ofWeek, 1...7, names: weekdays).map { .ofWeek($0) }
    }

    private static func number(_ text: some StringProtocol, _ range: ClosedRange<Int>, _ names: [String]) -> Int? {
        if let index = names.firstIndex(of: String(text)) { return index + 1 }
        guard text.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(text), range.contains(number) else {
            return nil
        }
        return number
    }

    /// `*`, `1,5`, `1-5`, `0/15`, `MON-FRI`.
    private static func values(_ text: String, _ range: ClosedRange<Int>, names: [String] = []) -> Set<Int>? {
        var values: Set<Int> = []
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let steps = item.split(separator: "/", omittingEmptySubsequences: false)
            guard let base = steps.first, steps.count <= 2 else { return nil }
            var bounds = range
            if base != "*" {
                let ends = base.split(separator: "-", omittingEmptySubsequences: false)
                guard ends.count <= 2, let first = ends.first.flatMap({ number($0, range, names) }),
                    let last = ends.last.flatMap({ number($0, range, names) }), first <= last
                else { return nil }
                bounds = first...(ends.count == 1 && steps.count == 2 ? range.upperBound : last)
            }
            var step = 1
            if steps.count == 2 {
                guard let number = Int(steps[1]), number > 0, number <= range.upperBound else { return nil }
                step = number
            }
            for value in stride(from: bounds.lowerBound, through: bounds.upperBound, by: step) { values.insert(value) }
        }
        return values.isEmpty ? nil : values
    }

    // MARK: Times

    /// The first minute after a time, in seconds since 1970; nil: there is none.
    /// - Complexity: the days until then in its months, some 1,000 at most of what comes again: a fifth Friday in February is up
    ///   to 40 years away. Years that are far away are gone to at once.
    func next(after time: Double) -> Double? {
        guard time.isFinite, time > -1e12, time < 1e12 else { return nil }
        // The 31st of February never comes.
        if case .ofMonth(let days) = days,
            !months.contains(where: { month in
                days.contains { $0 <= Self.length(Self.leapYear, month) }
            })
        {
            return nil
        }
        let start = Int((time / 60).rounded(.down)) + 1
        var day = Self.floorDivide(start, 1_440)
        var minute = start - day * 1_440
        var index = 0
        while true {
            let date = Self.date(ofDay: day)
            while index < years.count, years[index] < date.year { index += 1 }
            guard index < years.count else { return nil }
            let year = years[index]
            guard year == date.year else {
                (day, minute) = (Self.day(year, 1, 1), 0)
                continue
            }
            guard months.contains(date.month) else {
                let isLast = date.month == 12
                (day, minute) = (Self.day(isLast ? year + 1 : year, isLast ? 1 : date.month + 1, 1), 0)
                continue
            }
            if runs(on: date, day), let found = firstMinute(from: minute) {
                return Double(day * 1_440 + found) * 60
            }
            (day, minute) = (day + 1, 0)
        }
    }

    private func firstMinute(from minute: Int) -> Int? {
        for hour in hours.sorted() where hour * 60 + 59 >= minute {
            if let found = minutes.sorted().first(where: { hour * 60 + $0 >= minute }) { return hour * 60 + found }
        }
        return nil
    }

    private func runs(on date: (year: Int, month: Int, day: Int), _ day: Int) -> Bool {
        let length = Self.length(date.year, date.month)
        let weekday = Self.weekday(day)
        switch days {
        case .ofMonth(let days): return days.contains(date.day)
        case .lastOfMonth: return date.day == length
        case .ofWeek(let days): return days.contains(weekday)
        case .lastOfWeek(let wanted): return weekday == wanted && date.day + 7 > length
        case .numbered(let wanted, let number): return weekday == wanted && (date.day - 1) / 7 + 1 == number
        case .nearestWorkingDay(let wanted):
            let target = min(wanted, length)
            // Within the month: Saturday the 1st goes to Monday the 3rd.
            let nearest: Int
            switch Self.weekday(day - date.day + target) {
            case 7: nearest = target == 1 ? 3 : target - 1
            case 1: nearest = target == length ? target - 2 : target + 1
            default: nearest = target
            }
            return date.day == nearest
        }
    }

    private static func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }

    /// 1 is Sunday. The first of January 1970 was a Thursday.
    private static func weekday(_ day: Int) -> Int { ((day + 4) % 7 + 7) % 7 + 1 }

    private static func length(_ year: Int, _ month: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// The number of a day since 1970, by the calendar's cycle of 400 years.
    private static func day(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let cycle = floorDivide(year, 400)
        let ofCycle = year - cycle * 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return cycle * 146_097 + ofCycle * 365 + ofCycle / 4 - ofCycle / 100 + ofYear - 719_468
    }

    private static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        let day = day + 719_468
        let cycle = floorDivide(day, 146_097)
        let ofCycle = day - cycle * 146_097
        let year = (ofCycle - ofCycle / 1_460 + ofCycle / 36_524 - ofCycle / 146_096) / 365
        let ofYear = ofCycle - (365 * year + year / 4 - year / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (year + cycle * 400 + (month <= 2 ? 1 : 0), month, ofYear - (153 * shifted + 2) / 5 + 1)
    }
}
