import Testing
import Wire

@testable import EventBridgeService

@Suite struct ScheduleExpressionTests {
    private func time(_ text: String) throws -> Double { try #require(Timestamp(parsing: text)).secondsSinceEpoch }

    @Test(
        arguments: [
            ("rate(1 minute)", "2026-11-30T10:00:30Z", "2026-11-30T10:01:30Z"),
            ("rate(2 hours)", "2026-11-30T10:00:30Z", "2026-11-30T12:00:30Z"),
            ("rate(7 days)", "2026-11-30T10:00:30Z", "2026-12-07T10:00:30Z"),
            ("cron(0 10 * * ? *)", "2026-11-30T10:00:00Z", "2026-12-01T10:00:00Z"),
            ("cron(15 12 * * ? *)", "2026-11-30T10:00:00Z", "2026-11-30T12:15:00Z"),
            ("cron(0 18 ? * MON-FRI *)", "2026-11-27T18:00:00Z", "2026-11-30T18:00:00Z"),
            ("cron(0 8 1 * ? *)", "2026-11-30T10:00:00Z", "2026-12-01T08:00:00Z"),
            ("cron(0/15 * * * ? *)", "2026-11-30T10:14:59Z", "2026-11-30T10:15:00Z"),
            ("cron(0/5 8-17 ? * MON-FRI *)", "2026-11-27T17:55:00Z", "2026-11-30T08:00:00Z"),
            ("cron(0 0 L * ? *)", "2028-02-01T00:00:00Z", "2028-02-29T00:00:00Z"),
            ("cron(0 9 ? * 6#3 *)", "2026-11-01T00:00:00Z", "2026-11-20T09:00:00Z"),
            ("cron(0 9 ? * 2L *)", "2026-11-01T00:00:00Z", "2026-11-30T09:00:00Z"),
            ("cron(0 9 15W * ? *)", "2026-11-01T00:00:00Z", "2026-11-16T09:00:00Z"),
            ("cron(0 9 1W * ? *)", "2026-07-31T10:00:00Z", "2026-08-03T09:00:00Z"),
            ("cron(0 0 29 2 ? *)", "2026-11-30T10:00:00Z", "2028-02-29T00:00:00Z"),
            ("cron(0 0 29 2 ? *)", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
            ("cron(0 0 ? FEB 6#5 *)", "2064-03-01T00:00:00Z", "2092-02-29T00:00:00Z"),
            ("cron(30 23 31 DEC ? 2030)", "2026-11-30T10:00:00Z", "2030-12-31T23:30:00Z"),
            ("cron(0 0 1 1 ? 2199)", "2026-11-30T10:00:00Z", "2199-01-01T00:00:00Z"),
            ("cron(0,30 1,2 ? JAN,MAR SUN *)", "2026-11-30T10:00:00Z", "2027-01-03T01:00:00Z"),
        ]) func `The next run is found`(text: String, after: String, next: String) throws
    {
        let schedule = try #require(ScheduleExpression(text))
        #expect(schedule.next(after: try time(after)) == (try time(next)))
    }

    @Test func `What is over never runs again`() throws {
        let schedule = try #require(ScheduleExpression("cron(0 0 1 1 ? 2020)"))
        #expect(schedule.next(after: try time("2026-11-30T10:00:00Z")) == nil)
        // There is no such day.
        let never = try #require(ScheduleExpression("cron(0 0 31 2 ? *)"))
        #expect(never.next(after: try time("2026-11-30T10:00:00Z")) == nil)
    }

    @Test(
        arguments: [
            "rate(1 minutes)", "rate(5 minute)", "rate(0 minutes)", "rate(-1 minutes)", "rate(5 weeks)", "rate(5)",
            "every(5 minutes)", "cron(0 10 * * * *)", "cron(0 10 ? * ? *)", "cron(60 10 * * ? *)", "cron(0 10 * * ?)",
            "cron(0 10 32 * ? *)", "cron(0 10 ? * 8 *)", "cron(5-1 * * * ? *)", "cron(0/0 * * * ? *)",
            "cron(0 0 ? * 1#6 *)", "cron(a * * * ? *)", "",
        ]) func `What is no schedule is refused`(text: String)
    {
        #expect(ScheduleExpression(text) == nil)
    }
}
