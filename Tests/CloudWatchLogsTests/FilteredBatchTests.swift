import CloudWatchLogsAPI
import LogPatterns
import Platform
import Testing
import Wire

@testable import CloudWatchLogsService

@Suite struct FilteredBatchTests {
    private func filter(
        _ pattern: String, value: String = "1", default usual: Double? = nil, dimensions: [String: String]? = nil
    ) throws -> CompiledMetricFilter {
        try CompiledMetricFilter(
            FilterPattern(pattern),
            [
                CloudWatchLogs.MetricTransformation {
                    $0.metricName = "Hits"
                    $0.metricNamespace = "Shop"
                    $0.metricValue = value
                    $0.defaultValue = usual
                    $0.dimensions = dimensions
                }
            ])
    }

    /// What the points of a batch are: minute, dimensions' values, and how often there was each value.
    private func points(_ filters: [CompiledMetricFilter], _ events: [(Int64, String)]) -> [String] {
        var all = FilterIndex.OfGroup()
        all.metrics = filters
        let batch = FilteredBatch(all, [events.map { NewEvent(timestamp: $0.0, message: $0.1) }[...]], at: 0)
        return batch.data.map { data in
            let values = data.observations.sorted { $0.value < $1.value }.map { "\($0.value)×\($0.count)" }
            return "\(data.namespace) \(data.name) \(Int(data.time)) \(data.dimensions.map(\.value)) \(values)"
        }.sorted()
    }

    @Test func eventsThatFitCountInTheirMinutes() throws {
        let found = points(
            [try filter("ERROR")], [(60_000, "ERROR a"), (119_999, "ERROR b"), (120_000, "fine"), (180_000, "ERROR c")])
        #expect(found == ["Shop Hits 180 [] [\"1.0×1.0\"]", "Shop Hits 60 [] [\"1.0×2.0\"]"])
    }

    @Test func aDefaultStandsWhereNothingFits() throws {
        let found = points(
            [try filter("ERROR", default: 0)],
            [(60_000, "fine"), (60_001, "fine"), (120_000, "ERROR"), (120_001, "fine")])
        #expect(found == ["Shop Hits 120 [] [\"1.0×1.0\"]", "Shop Hits 60 [] [\"0.0×1.0\"]"])
    }

    @Test func valuesAndDimensionsComeFromFields() throws {
        let json = try filter("{ $.latency > 0 }", value: "$.latency", dimensions: ["Code": "$.code"])
        let found = points(
            [json],
            [
                (0, #"{"latency":750,"code":"a"}"#), (1, #"{"latency":250.5,"code":"a"}"#), (2, #"{"latency":1}"#),
                (3, #"{"latency":"3","code":7}"#), (4, #"{"code":"a"}"#),
            ])
        #expect(found == ["Shop Hits 0 [\"7\"] [\"3.0×1.0\"]", "Shop Hits 0 [\"a\"] [\"250.5×1.0\", \"750.0×1.0\"]"])
        for dimension in ["$2", "$5", "bytes"] {
            #expect(throws: ServiceError.self, "\(dimension)") {
                try filter("[ip, status = 4*, bytes]", dimensions: ["Status": dimension])
            }
        }
        #expect(throws: ServiceError.self) { try filter("[ip, status = 4*, bytes]", value: "$size") }
        #expect(throws: ServiceError.self) { try filter("ERROR", value: "$.size") }
        let named = try filter("[ip, status = 4*, bytes]", value: "$bytes", dimensions: ["Status": "$status"])
        #expect(points([named], [(0, "::1 404 9")]) == ["Shop Hits 0 [\"404\"] [\"9.0×1.0\"]"])
    }

    @Test func runsHaveThePlacesThatTheyWereMadeOf() {
        for places in [[], [0], [0, 1, 2], [3, 4, 9, 11, 12], [9_999]] {
            let row = OutgoingEvents(
                group: "g", subscription: "s", first: 0, stream: 1, segment: 0, ingestion: 0,
                runs: OutgoingEvents.runs(of: places))
            #expect((0..<10_000).filter { row.has($0) }.map { Int($0) } == places)
            #expect(row.runs.count <= 2 * places.count)
        }
    }

    @Test func exceptionsOfAnAccountsPolicy() {
        #expect(AccountPolicy.exceptions(in: #"LogGroupName NOT IN ["a", "b/c"]"#) == ["a", "b/c"])
        #expect(AccountPolicy.exceptions(in: "LogGroupName NOT IN []") == [])
        for text in ["", "LogGroupName IN []", "LogGroupName NOT IN [1]", #"LogGroupName NOT IN ["a"] x"#, "[]"] {
            #expect(AccountPolicy.exceptions(in: text) == nil, "\(text)")
        }
    }
}
