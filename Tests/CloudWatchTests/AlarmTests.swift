import Ledger
import MetricMath
import Testing
import Wire

@testable import CloudWatchService
@testable import Platform

struct AlarmTests {
    /// A row of data that nobody can read.
    private struct BrokenRow: TableRow {
        static let kind = DataRow.kind
        let row: DataRow
        var partition: String { row.partition }
        var key: RowKey { row.key }
        var indexes: [RowIndex] { row.indexes }

        static var form: RowForm<Self> {
            .short(version: 1) { (_, output) in
                output.append("broken")
            } read: { (_, _) in
                throw CancellationError()
            }
        }
    }

    @Test("An alarm whose data can't be read keeps no other from being evaluated")
    func oneOfManyFails() async throws {
        let bench = try Workbench([EvaluateAlarms.self])
        try await bench.write { (records) throws(ServiceError) in
            let names = ["a", "b", "c"]
            try MetricStore(records: records, now: Workbench.start).put(names.map { NewDatum($0) })
            for name in names { try records.put(StoredAlarm(name, metric: name)) }
            guard let metric = try records.get(StoredMetric.self, MetricIdentity("Shop", "b", []).key) else { return }
            let start = Resolution.minute.rowStart(Workbench.start - 30)
            try records.put(
                BrokenRow(row: DataRow(.minute, metric: metric.number, unit: "None", start: start)))
            try records.of(Scope(account: "")).schedule(
                EvaluateAlarms(), id: EvaluateAlarms.kind, at: Double(Workbench.start))
        }
        await bench.scheduler.advance(by: 1)
        let states = try await bench.read { (records) throws(ServiceError) in
            var states: [AlarmState?] = []
            for name in ["a", "b", "c"] { states.append(try records.get(AlarmStatus.self, name)?.value) }
            return states
        }
        #expect(states == [.alarm, nil, .alarm])
    }

    @Test("Composite alarms look behind all that they watch, each once")
    func orderOfComposites() async throws {
        let bench = try Workbench()
        let most = 60
        try await bench.write { (records) throws(ServiceError) in
            try records.put(StoredAlarm("0", metric: "m"))
            try records.put(StoredAlarm("1", rule: "ALARM(0)"))
            for number in 2..<most {
                try records.put(StoredAlarm("\(number)", rule: "ALARM(\(number - 1)) OR ALARM(\(number - 2))"))
            }
        }
        #expect(bench.index.ancestors(of: "0", in: Workbench.scope) == (1..<most).map { "\($0)" })
        try await bench.write { (records) throws(ServiceError) in
            try AlarmTransition(records, bench.environment, at: Double(Workbench.start))
                .enter(try records.alarm("0"), .alarm, reason: "test", data: nil)
        }
        let last = try await bench.read { (records) throws(ServiceError) in
            try records.get(AlarmStatus.self, "\(most - 1)")
        }
        #expect(last?.value == .alarm)
    }

    @Test("A chain as long as the quota allows, and circles, come to an end")
    func longChains() async throws {
        let bench = try Workbench()
        let most = 5000
        try await bench.write { (records) throws(ServiceError) in
            for number in 0..<most {
                try records.put(StoredAlarm("\(number)", rule: "ALARM(\((number + most - 1) % most))"))
            }
        }
        #expect(bench.index.ancestors(of: "0", in: Workbench.scope) == (1..<most).map { "\($0)" })
    }
}
