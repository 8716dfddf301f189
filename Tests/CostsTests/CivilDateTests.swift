import Costs
import Testing

/// Days and periods, in UTC.
@Suite struct CivilDateTests {
    @Test func everyDayOfFourHundredYearsComesAfterTheOneBefore() {
        var expected = (year: 1899, month: 12, day: 31)
        for day in CivilDate(year: 1900, month: 1, day: 1).day...CivilDate(year: 2299, month: 12, day: 31).day {
            let (year, month, number) = CivilDate(day: day).components
            let isLeap = expected.year % 4 == 0 && (expected.year % 100 != 0 || expected.year % 400 == 0)
            let length = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][expected.month - 1]
            expected.day += 1
            if expected.day > length { (expected.day, expected.month) = (1, expected.month + 1) }
            if expected.month > 12 { (expected.month, expected.year) = (1, expected.year + 1) }
            guard (year, month, number) == expected else {
                Issue.record("\(day) is \(year)-\(month)-\(number), and not \(expected)")
                return
            }
            #expect(CivilDate(year: year, month: month, day: number).day == day)
        }
    }

    @Test(arguments: [("1970-01-01", 0), ("2026-11-30", 20_787), ("2000-02-29", 11_016)])
    func texts(_ text: String, _ day: Int) throws {
        let date = try #require(CivilDate(text))
        #expect(date.day == day)
        #expect(date.text == text)
    }

    @Test(arguments: [
        "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "26-01-01", "2026-01-32", "2026-01-00", "a-b-c",
    ])
    func whatIsNoDay(_ text: String) {
        #expect(CivilDate(text) == nil)
    }

    @Test func partsOfATime() throws {
        let start = try #require(CivilDate("2026-11-10"))
        let range = HourRange(start, try #require(CivilDate("2027-01-02")))
        let months = range.parts(.monthly).map { "\(CivilDate(hour: $0.start).text) \(CivilDate(hour: $0.end).text)" }
        #expect(months == ["2026-11-10 2026-12-01", "2026-12-01 2027-01-01", "2027-01-01 2027-01-02"])
        #expect(range.parts(.daily).count == 53)
        #expect(
            HourRange.period(.quarterly, around: start.hour)
                == HourRange(
                    try #require(CivilDate("2026-10-01")), try #require(CivilDate("2027-01-01"))))
        #expect(HourRange.text(ofHour: start.hour + 9) == "2026-11-10T09:00:00Z")
    }

    @Test func monthsBetweenTwoTimes() throws {
        func months(_ first: String, _ last: String, _ most: Int = 14) throws -> [String] {
            let (first, last) = (try #require(CivilDate(first)), try #require(CivilDate(last)))
            return CivilDate.months(from: first.seconds + 7, to: last.seconds + 5, atMost: most).map(\.text)
        }
        #expect(try months("2026-11-30", "2026-11-30") == ["2026-11-01"])
        #expect(try months("2026-11-30", "2027-01-01") == ["2026-11-01", "2026-12-01", "2027-01-01"])
        #expect(try months("2020-01-01", "2027-01-01", 2) == ["2026-12-01", "2027-01-01"])
        // A clock that was set back.
        #expect(try months("2027-05-01", "2026-11-30") == ["2026-11-01"])
    }
}
