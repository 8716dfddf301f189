import Ledger
import Testing
import Wire

@testable import CloudWatchService
@testable import Platform

struct MetricListTests {
    @Test(
        "A list goes on where it was, whether or not the metric is still there",
        arguments: [(nil, "m"), ("b", "m"), ("b", nil), (nil, nil)] as [(String?, String?)])
    func forgottenMeanwhile(namespace: String?, name: String?) async throws {
        let bench = try Workbench()
        let walk: @Sendable (Records) -> MetricWalk<Records> = { (records) in
            MetricWalk(records: records, namespace: namespace, name: name)
        }
        try await bench.write { (records) throws(ServiceError) in
            let dimensions = (0..<4).map { [MetricDimension("Till", "\($0)")] }
            let data = dimensions.map {
                NewDatum(
                    metric: MetricIdentity("b", "m", $0), unit: "None", time: Workbench.start, set: NewDatum("m").set)
            }
            try MetricStore(records: records, now: Workbench.start).put(data)
        }
        let all = try await bench.read { (records) throws(ServiceError) in
            try walk(records).rows(after: nil, limit: 10).map(\.identity)
        }
        #expect(all.count == 4)
        let place = try await bench.read { (records) throws(ServiceError) in
            try walk(records).rows(after: nil, limit: 2).last.map(MetricPlace.init)
        }
        // As clients send it back.
        let next = try MetricPlace(try #require(place).token)
        try await bench.write { (records) throws(ServiceError) in
            _ = try records.delete(StoredMetric.self, all[1].key)
        }
        let rest = try await bench.read { (records) throws(ServiceError) in
            try walk(records).rows(after: next, limit: 10).map(\.identity)
        }
        #expect(rest == Array(all[2...]))
    }
}
