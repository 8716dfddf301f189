import Inspector2API
import Wire

/// When scans begin.
/// <https://docs.aws.amazon.com/inspector/v2/APIReference/API_Schedule.html>
enum CISSchedule: Sendable, Codable, Equatable {
    /// At once, and never again.
    case once
    /// Each day, at a minute of it.
    case daily(minute: Int)
    /// On days of the week, Sunday being 0.
    case weekly(minute: Int, days: [Int])
    /// On the first of its days of the week in each month.
    case monthly(minute: Int, day: Int)

    private static let days = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]

    /// - Throws: ValidationException.
    init(_ schedule: Inspector2.Schedule) throws(ServiceError) {
        let given = [
            schedule.oneTime != nil, schedule.daily != nil, schedule.weekly != nil, schedule.monthly != nil,
        ]
        guard given.count(where: { $0 }) == 1 else {
            throw .invalidField("schedule", "Specify one of oneTime, daily, weekly and monthly.")
        }
        if let daily = schedule.daily {
            self = .daily(minute: try Self.minute(daily.startTime))
        } else if let weekly = schedule.weekly {
            let days = try weekly.days.map { day throws(ServiceError) in try Self.day(day) }
            self = .weekly(minute: try Self.minute(weekly.startTime), days: Set(days).sorted())
        } else if let monthly = schedule.monthly {
            self = .monthly(minute: try Self.minute(monthly.startTime), day: try Self.day(monthly.day))
        } else {
            self = .once
        }
    }

    private static func day(_ name: String) throws(ServiceError) -> Int {
        guard let day = days.firstIndex(of: name) else { throw .invalidField("schedule", "\(name) is no day.") }
        return day
    }

    /// The minute of the day, in UTC.
    private static func minute(_ time: Inspector2.Time) throws(ServiceError) -> Int {
        let parts = time.timeOfDay.split(separator: ":").compactMap { Int($0) }
        guard parts.count == 2, (0...23).contains(parts[0]), (0...59).contains(parts[1]) else {
            throw .invalidField("schedule", "The time of day \(time.timeOfDay) is not valid.")
        }
        guard ["UTC", "GMT", "Z", "Etc/UTC", "Etc/GMT"].contains(time.timezone) else {
            throw .invalidField("schedule", "The time zone \(time.timezone) can't be used: Gatehouse schedules in UTC.")
        }
        return parts[0] * 60 + parts[1]
    }

    var view: Inspector2.Schedule {
        func time(_ minute: Int) -> Inspector2.Time {
            Inspector2.Time {
                $0.timeOfDay = "\(minute / 600)\(minute / 60 % 10):\(minute % 60 / 10)\(minute % 10)"
                $0.timezone = "UTC"
            }
        }
        return Inspector2.Schedule {
            switch self {
            case .once: $0.oneTime = Inspector2.OneTimeSchedule()
            case .daily(let minute): $0.daily = Inspector2.DailySchedule { $0.startTime = time(minute) }
            case .weekly(let minute, let days):
                $0.weekly = Inspector2.WeeklySchedule {
                    $0.startTime = time(minute)
                    $0.days = days.compactMap { Self.days.indices.contains($0) ? Self.days[$0] : nil }
                }
            case .monthly(let minute, let day):
                $0.monthly = Inspector2.MonthlySchedule {
                    $0.startTime = time(minute)
                    $0.day = Self.days.indices.contains(day) ? Self.days[day] : "SUN"
                }
            }
        }
    }

    /// When the next scan begins after a time; in seconds since 1970. nil: never.
    func next(after time: Double) -> Double? {
        guard time.isFinite, (0..<1e11).contains(time) else { return nil }
        let today = Int(time / 86_400)
        for day in today...(today + 62) where isDay(day) {
            guard let minute else { return nil }
            let start = Double(day) * 86_400 + Double(minute) * 60
            if start > time { return start }
        }
        return nil
    }

    private var minute: Int? {
        switch self {
        case .once: nil
        case .daily(let minute), .weekly(let minute, _), .monthly(let minute, _): minute
        }
    }

    /// - Parameter day: since 1970, whose first day was a Thursday.
    private func isDay(_ day: Int) -> Bool {
        let weekday = (day + 4) % 7
        switch self {
        case .once: return false
        case .daily: return true
        case .weekly(_, let days): return days.contains(weekday)
        case .monthly(_, let wanted):
            let date = Timestamp(secondsSinceEpoch: Double(day) * 86_400).iso8601
            let dayOfMonth = Int(date.dropFirst(8).prefix(2)) ?? 0
            return weekday == wanted && dayOfMonth <= 7
        }
    }
}
