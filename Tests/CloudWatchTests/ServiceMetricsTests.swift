import Ledger
import Synchronization
import Testing
import Wire

@testable import CloudWatchService
@testable import Platform

struct ServiceMetricsTests {
    @Test("What one account's records don't take is kept for later, and keeps nothing from the others")
    func oneOfManyFails() async throws {
        let taken = Mutex<[String]>([])
        let bench = try Workbench([KeepServiceMetrics.self]) { (data, records, _) throws(ServiceError) in
            guard records.scope.account != "2" else { throw .internalFailure }
            taken.withLock { $0 += data.map { "\(records.scope.account) \($0.name)" } }
        }
        let counts = bench.environment.metricCounts
        for account in ["1", "2", "3"] {
            counts.count("n", in: "AWS/SQS", [], of: Scope(account: account, region: "x"), at: Double(Workbench.start))
        }
        try await bench.write(in: Scope(account: "")) { (records) throws(ServiceError) in
            try records.schedule(KeepServiceMetrics(), id: KeepServiceMetrics.kind, at: Double(Workbench.start))
        }
        await bench.scheduler.advance(by: 1)
        #expect(taken.withLock { $0 }.sorted() == ["1 n", "3 n"])
        #expect(counts.take(at: Double(Workbench.start)).map(\.key.series.scope.account) == ["2"])
    }
}
