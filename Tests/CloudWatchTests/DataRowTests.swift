import Keyring
import Ledger
import MetricMath
import Testing

@testable import CloudWatchService

struct DataRowTests {
    @Test("A row is read as it was written, at whatever step its data are", arguments: Resolution.allCases)
    func form(resolution: Resolution) async throws {
        let steps = resolution.span / resolution.step
        for step in [0, 1, steps / 2, steps - 1] {
            var row = DataRow(resolution, metric: 7, unit: "Bytes", start: resolution.span * 1000)
            for values in [[0], [1.5, 2, 2], [-1]] {
                let set = try #require(StatisticSet(values.map { .init($0, 1) }))
                row.add(set, at: row.start + step * resolution.step)
            }
            row.add(try #require(StatisticSet([.init(3, 2)])), at: row.start)
            let read = try await rewritten(row)
            #expect(read.start == row.start && read.unit == row.unit && read.metric == row.metric)
            #expect(read.times.map(\.time) == row.times.map(\.time))
            #expect(read.times.map(\.set) == row.times.map(\.set))
        }
    }

    @Test("Data points that come out of order are in order")
    func order() throws {
        var row = DataRow(.minute, metric: 1, unit: "None", start: 0)
        for minute in [5, 3, 59, 0, 3] as [Int64] {
            row.add(try #require(StatisticSet([.init(1, 1)])), at: minute * 60)
        }
        #expect(row.times.map(\.time) == [0, 180, 300, 3540])
        #expect(row.times.map(\.set.count) == [1, 2, 1, 1])
    }

    private func rewritten(_ row: DataRow) async throws -> DataRow {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let scope = Scope(account: "111122223333", region: "us-east-1")
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.put(row, in: scope)
            return .commit(())
        }
        return try #require(
            try await ledger.read { (reader) throws(LedgerError) in
                try reader.get(DataRow.self, row.key, of: row.partition, in: scope)
            })
    }
}
