import Wire

/// Functions of dates and times. What they do not know, or can't do, is NULL.
/// <https://trino.io/docs/current/functions/datetime.html>
enum LakeDates {
    /// In milliseconds; months and years have no one length.
    private static let lengths: [String: Int64] = [
        "millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000,
    ]

    /// The beginning of the unit that a time is in.
    static func truncate(_ value: SQLValue, to unit: String) -> SQLValue {
        guard let time = QueryFunctions.time(value) else { return .null }
        let text = LakeTime.text(time)
        switch unit.lowercased() {
        case "second": return .text(text.prefix(19) + ".000")
        case "minute": return .text(text.prefix(16) + ":00.000")
        case "hour": return .text(text.prefix(13) + ":00:00.000")
        case "day": return .text(text.prefix(10) + " 00:00:00.000")
        case "month": return .text(text.prefix(7) + "-01 00:00:00.000")
        case "year": return .text(text.prefix(4) + "-01-01 00:00:00.000")
        case "week":
            // 1970-01-01 was a Thursday; weeks begin on Mondays.
            let day: Int64 = 86_400_000
            let (days, _) = time.quotientAndFloor(dividedBy: day)
            let (_, sinceMonday) = (days + 3).quotientAndFloor(dividedBy: 7)
            return QueryFunctions.shownTime((days - sinceMonday) * day) ?? .null
        default: return .null
        }
    }

    static func add(_ count: SQLValue, of unit: String, to value: SQLValue) -> SQLValue {
        guard let count = count.integer, let time = QueryFunctions.time(value),
            let length = lengths[unit.lowercased()]
        else { return .null }
        let (way, isTooLong) = count.multipliedReportingOverflow(by: length)
        let (sum, isTooFar) = time.addingReportingOverflow(way)
        guard !isTooLong, !isTooFar else { return .null }
        return QueryFunctions.shownTime(sum) ?? .null
    }

    static func difference(in unit: String, _ a: SQLValue, _ b: SQLValue) -> SQLValue {
        guard let a = QueryFunctions.time(a), let b = QueryFunctions.time(b), let length = lengths[unit.lowercased()]
        else { return .null }
        return .integer((b - a) / length)
    }

    /// The number at a place of a time.
    static func part(_ value: SQLValue, _ place: Range<Int>) -> SQLValue {
        guard let time = QueryFunctions.time(value) else { return .null }
        let text = Array(LakeTime.text(time).utf8)
        guard place.upperBound <= text.count, let number = Int64(String(decoding: text[place], as: UTF8.self)) else {
            return .null
        }
        return .integer(number)
    }
}
