import Costs
import Testing

/// Filters, forecasts, and lines of reports.
@Suite struct BillTests {
    private let names = AccountNames(payer: "111122223333", names: ["111122223333": "main"], tagKeys: ["team"])

    private func line(
        _ service: String = "kms", _ operation: String = "Decrypt", tags: [String: String] = [:], count: Int64 = 1,
        resource: String = ""
    ) -> CostLine {
        PriceList.published.line(
            MeteredUse(
                account: "111122223333", hour: 494_905, service: service, operation: operation, region: "us-east-1",
                principal: "arn:aws:iam::111122223333:user/alice", resource: resource, tags: tags, count: count))
    }

    private func options(_ names: String...) throws -> CostFilter.MatchOptions {
        try #require(CostFilter.MatchOptions(names: names))
    }

    @Test func filters() throws {
        let equals = try options()
        func holds(_ filter: CostFilter, _ line: CostLine) -> Bool { filter.matches(line, names) }
        #expect(holds(.dimension(.service, values: ["AWS Key Management Service"], equals), line()))
        #expect(!holds(.dimension(.service, values: ["kms"], equals), line()))
        #expect(
            holds(.dimension(.service, values: ["aws key"], try options("STARTS_WITH", "CASE_INSENSITIVE")), line()))
        #expect(holds(.not(.dimension(.operation, values: ["Encrypt"], equals)), line()))
        #expect(holds(.tag(key: "team", values: ["books"], equals), line(tags: ["team": "books"])))
        #expect(holds(.tag(key: "team", values: [], try options("ABSENT")), line()))
        // Tags that nobody has activated are on no bill.
        #expect(!holds(.tag(key: "owner", values: ["me"], equals), line(tags: ["owner": "me"])))
        #expect(holds(.and([.all, .or([.not(.all), .all])]), line()))
        #expect(CostFilter.MatchOptions(names: ["GREATER_THAN_OR_EQUAL"]) == nil)
    }

    @Test func aForecastIsTheMeanOfDays() throws {
        let days = (0..<40).map { ExactAmount(Int64($0 % 2 == 0 ? 1 : 3)) }
        let forecast = try #require(Forecast(days))
        #expect(forecast.mean == ExactAmount(2))
        #expect(forecast.amount(hours: 36) == ExactAmount(3))
        let (lower, upper) = forecast.interval(hours: 24, level: 80)
        // 1.2816 standard deviations, of 1.0127.
        #expect(abs(upper.approximation - 3.2979) < 0.001)
        #expect(abs(lower.approximation - 0.7021) < 0.001)
        #expect(Forecast(Array(days.prefix(34))) == nil)
    }

    private func csv(_ values: [ReportValue]) -> String {
        var bytes: [UInt8] = []
        ReportBytes.append(csv: values, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func aLineOfAReport() throws {
        let layout = ReportLayout(
            hasResources: true, tagKeys: ["team"], unit: .daily,
            period: HourRange(try #require(CivilDate("2026-06-01")), try #require(CivilDate("2026-07-01"))),
            payer: "111122223333")
        let hour = try #require(CivilDate("2026-06-17")).hour + 1
        var use = line(tags: ["team": "a \"b\", c"], count: 4, resource: "arn:aws:kms:us-east-1:111122223333:key/1").use
        use.hour = hour
        let priced = PriceList.published.line(use)
        let times = ReportLayout.Times(layout.part(of: hour))
        let text = csv(layout.fields(priced, layout.key(of: priced), times, count: 4, id: "id"))
        #expect(text.hasPrefix("id,2026-06-17T00:00:00Z/2026-06-18T00:00:00Z,,AWS,Anniversary,111122223333,"))
        #expect(text.contains(",4.0000000000,USD,0.0000030000,0.0000120000,"))
        #expect(text.hasSuffix(",\"a \"\"b\"\", c\"\n"))
        let missing = PriceList().line(use)
        let told = csv(layout.fields(missing, layout.key(of: missing), times, count: 4, id: "id"))
        #expect(told.contains(",4.0000000000,USD,,,,,The price list has no price for kms:Decrypt in us-east-1,"))
    }
}
