import Testing

@testable import Wire

@Suite struct TimestampTests {
    @Test(arguments: [
        ("2026-11-21T02:03:04Z", 0, "2026-11-01T00:00:00Z"), ("2026-11-30T23:59:59Z", 1, "2026-12-01T00:00:00Z"),
        ("2026-12-01T00:00:00Z", 1, "2027-01-01T00:00:00Z"), ("2024-02-29T12:00:00Z", 12, "2025-02-01T00:00:00Z"),
        ("2024-01-31T12:00:00Z", -1, "2023-12-01T00:00:00Z"),
    ])
    func months(text: String, added: Int, start: String) throws {
        #expect(try #require(Timestamp(parsing: text)).monthStart(adding: added)?.iso8601 == start)
    }

    @Test func thereIsNoMonthAfterTheLastYear() {
        #expect(Timestamp(secondsSinceEpoch: 1e300).monthStart(adding: 1) == nil)
        #expect(Timestamp(secondsSinceEpoch: 0).monthStart(adding: .max) == nil)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-11-21T02:03:04Z", 1_795_226_584), ("2024-02-29T23:59:59Z", 1_709_251_199),
        ("1969-12-31T23:59:59Z", -1), ("0000-01-01T00:00:00Z", -62_167_219_200),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func iso8601(text: String, seconds: Double) {
        #expect(Timestamp(secondsSinceEpoch: seconds).iso8601 == text)
        #expect(Timestamp(parsing: text)?.secondsSinceEpoch == seconds)
    }

    @Test(arguments: [
        ("2026-11-21T02:03:04.250Z", 1_795_226_584.25), ("2026-11-21T03:03:04+01:00", 1_795_226_584),
        ("2026-11-21T02:03:04", 1_795_226_584), ("2026-11-21", 1_795_219_200), ("2026-11-21T02:03Z", 1_795_226_580),
        ("Sat, 21 Nov 2026 02:03:04 GMT", 1_795_226_584), ("1795226584", 1_795_226_584),
        ("1795226584.5", 1_795_226_584.5),
        ("-1", -1),
    ])
    func otherForms(text: String, seconds: Double) throws {
        let timestamp = try #require(Timestamp(parsing: text))
        #expect(abs(timestamp.secondsSinceEpoch - seconds) < 0.001)
    }

    @Test(arguments: [
        "", "x", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-11-21T24:00:00Z", "2026-11-21T02:03:04Zx",
        "2026-11-21T02:03:04+", "2026-11-21T", "nan", "inf", "0x10", "1e400", "99999999999999",
        "Sat, 32 Nov 2026 02:03:04 GMT",
    ])
    func noTimestamps(text: String) {
        #expect(Timestamp(parsing: text) == nil)
    }

    @Test func otherTexts() {
        let timestamp = Timestamp(secondsSinceEpoch: 1_795_226_584)
        #expect(timestamp.httpDate == "Sat, 21 Nov 2026 02:03:04 GMT")
        #expect(timestamp.cloudTrailText == "Nov 21, 2026, 2:03:04 AM")
        #expect(
            Timestamp(secondsSinceEpoch: 1_795_226_584 - 2 * 3600 - 184).cloudTrailText == "Nov 21, 2026, 12:00:00 AM")
        #expect(Timestamp(secondsSinceEpoch: 1_795_219_200 + 12 * 3600).cloudTrailText == "Nov 21, 2026, 12:00:00 PM")
    }

    @Test func daysOfElevenCenturiesComeBack() {
        for day in stride(from: -200_000, through: 200_000, by: 13) {
            let seconds = Double(day) * 86_400 + 43_210
            #expect(Timestamp(parsing: Timestamp(secondsSinceEpoch: seconds).iso8601)?.secondsSinceEpoch == seconds)
        }
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, -1e300])
    func extremesDoNotTrap(seconds: Double) {
        let timestamp = Timestamp(secondsSinceEpoch: seconds)
        #expect(!timestamp.iso8601.isEmpty)
        #expect(!timestamp.httpDate.isEmpty)
        #expect(!PlainText.epochText(timestamp).isEmpty)
    }
}
