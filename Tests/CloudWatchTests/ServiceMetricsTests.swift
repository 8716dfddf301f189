import Ledger
import Synchronization
import Testing
import Wire

@testable import CloudWatchService
@testable import Platform

struct ServiceMetricsTests {
    @Test("What some accounts' records don't take is kept for later, and keeps nothing from the others")
    func someFail() async throws {
        let taken = Mutex<[String]>([])
        let bench = try Workbench([KeepServiceMetrics.self]) { (data, records, _) throws(ServiceError) in
            guard records.scope.account.hasPrefix("good") else { throw .internalFailure }
            taken.withLock { $0 += data.map { "\(records.scope.account) \($0.name)" } }
        }
        let counts = bench.environment.metricCounts
        // Enough of them, for they come in any order.
        let (good, bad) = ((0..<9).map { "good \($0)" }, (0..<9).map { "bad \($0)" })
        for account in good + bad {
            counts.count("n", in: "AWS/SQS", [], of: Scope(account: account, region: "x"), at: Double(Workbench.start))
        }
        try await bench.write(in: Scope(account: "")) { (records) throws(ServiceError) in
            try records.schedule(KeepServiceMetrics(), id: KeepServiceMetrics.kind, at: Double(Workbench.start))
        }
        await bench.scheduler.advance(by: 1)
        #expect(taken.withLock { $0 }.sorted() == good.map { "\($0) n" })
        #expect(counts.take(at: Double(Workbench.start)).map(\.key.series.scope.account).sorted() == bad)
    }
}
