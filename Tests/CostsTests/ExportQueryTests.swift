import Costs
import Testing

/// Which queries of data exports are answered.
@Suite struct ExportQueryTests {
    @Test func columnsAndTheirNames() throws {
        let query = try ExportQuery(
            "select bill_payer_account_id, line_item_usage_amount AS amount,\n resource_tags\nfrom cost_and_usage_report;"
        )
        #expect(query.columns.map(\.source) == ["bill_payer_account_id", "line_item_usage_amount", "resource_tags"])
        #expect(query.header.map(\.name) == ["bill_payer_account_id", "amount", "resource_tags"])
        #expect(query.header.map(\.type) == [.text, .number, .texts])
    }

    @Test(arguments: [
        "", "SELECT", "SELECT FROM COST_AND_USAGE_REPORT", "SELECT nothing FROM COST_AND_USAGE_REPORT",
        "SELECT resource_tags, FROM COST_AND_USAGE_REPORT", "SELECT resource_tags FROM CARBON_EMISSIONS",
        "SELECT resource_tags FROM COST_AND_USAGE_REPORT WHERE 1 = 1", "DROP TABLE COST_AND_USAGE_REPORT",
        "SELECT resource_tags, resource_tags FROM COST_AND_USAGE_REPORT",
    ])
    func whatIsNoQuery(_ text: String) {
        #expect(throws: ExportQuery.Fault.self) { try ExportQuery(text) }
    }

    @Test func aLine() throws {
        let query = try ExportQuery("SELECT line_item_unblended_cost, resource_tags FROM COST_AND_USAGE_REPORT")
        let layout = ReportLayout(
            hasResources: false, tagKeys: ["team"], unit: .hourly, period: HourRange(0, 744), payer: "111122223333")
        let line = PriceList.published.line(
            MeteredUse(
                account: "111122223333", hour: 1, service: "kms", operation: "Encrypt", region: "us-east-1",
                principal: "",
                resource: "", tags: ["team": "a \"b\"", "owner": "me"], count: 2))
        let values = query.selection(of: layout).fields(
            line, layout.key(of: line), .init(HourRange(1, 2)), count: 2, id: "id")
        var bytes: [UInt8] = []
        ReportBytes.append(csv: values, to: &bytes)
        let csv = "0.0000060000,\"{\"\"user_team\"\":\"\"a \\\"\"b\\\"\"\"\"}\"\n"
        #expect(String(decoding: bytes, as: UTF8.self) == csv)
        bytes = []
        ReportBytes.append(row: values, to: &bytes)
        #expect(
            bytes == [12, 0, 0, 0] + Array("0.0000060000".utf8) + [22, 0, 0, 0, 9, 0, 0, 0] + Array("user_team".utf8)
                + [5, 0, 0, 0] + Array("a \"b\"".utf8))
    }

    @Test func namesAndTypesOfColumns() {
        let layout = ReportLayout(
            hasResources: true, tagKeys: ["Cost Center", "team"], unit: .daily, period: HourRange(0, 24), payer: "")
        let columns = Dictionary(uniqueKeysWithValues: layout.columns.map { ($0.title, $0) })
        #expect(columns["lineItem/UsageAmount"]?.snakeName == "line_item_usage_amount")
        #expect(columns["lineItem/UsageAmount"]?.parquetType == .number)
        #expect(columns["lineItem/UnblendedRate"]?.parquetType == .text)
        #expect(columns["lineItem/UsageStartDate"]?.parquetType == .time)
        #expect(columns["pricing/publicOnDemandCost"]?.snakeName == "pricing_public_on_demand_cost")
        #expect(columns["resourceTags/user:Cost Center"]?.snakeName == "resource_tags_user_cost_center")
    }
}
