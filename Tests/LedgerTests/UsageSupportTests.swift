import GRDB
import Keyring
import Testing

@testable import Ledger

/// What last-used data needs of the ledger: records without a history, and the events since a point.
@Suite struct RecordWithoutHistoryTests {
    private func journal(_ ledger: Ledger) async throws -> [Int64] {
        try await ledger.follow(after: 0).entries.map(\.change.sequence)
    }

    @Test(arguments: Backend.allCases) func theJournalKeepsTheLastChangeAlone(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(User(name: "alice"))
        for value in 0..<5 { try await ledger.put(Counter(id: "a", value: value), Counter(id: "b", value: value)) }
        try await ledger.put(User(name: "alice", note: "x"))
        // Numbers go on growing, also when the record is deleted.
        #expect(try await journal(ledger) == [1, 10, 11, 12])
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.delete(Counter.self, "a", in: scope)
            return .commit(())
        }
        #expect(try await journal(ledger) == [1, 11, 12, 13])
    }

    @Test(arguments: Backend.allCases) func theEventsSinceAPoint(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        #expect(try await ledger.lastEventSegment() == 0)
        func names(after sequence: Int64) throws -> [String] {
            var names: [String] = []
            try ledger.replayEvents(after: sequence) { names += $0.compactMap { $0.attributes.first?.value } }
            return names
        }
        for name in ["A", "B", "C"] {
            try ledger.record(makeEvent(name))
            try await ledger.flushEvents()
        }
        #expect(try await ledger.lastEventSegment() == 3)
        #expect(try names(after: 0) == ["A", "B", "C"])
        #expect(try names(after: 2) == ["C"])
        #expect(try names(after: 3) == [])
        // A number of before all old events were deleted.
        #expect(try names(after: 99) == ["A", "B", "C"])
    }
}
