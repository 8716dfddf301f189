import Keyring
import Synchronization
import Testing

@testable import Ledger

/// Rows that are read one by one come from memory, and are those that are committed.
@Suite struct RowCacheTests {
    private static let key = RowKey(.text("a"))

    private static func place(_ key: RowKey) -> RowCache.Place {
        RowCache.Place(part: TablePart(scope: scope, kind: ObjectName.kind, partition: "bucket"), key: key)
    }

    private func row(_ ledger: Ledger) async throws -> ObjectName? {
        try await ledger.row(ObjectName.self, Self.key, of: "bucket", in: scope)
    }

    private func put(_ size: Int64, _ ledger: Ledger) async throws {
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(ObjectName(name: "a", size: size), in: scope)
            return .commit(())
        }
    }

    @Test(arguments: Backend.allCases) func aRowIsAsItWasCommitted(on backend: Backend) async throws {
        let place = try backend.place()
        let ledger = try place.open()
        #expect(try await row(ledger) == nil)
        try await put(1, ledger)
        for _ in 0..<3 { #expect(try await row(ledger)?.size == 1) }
        try await put(2, ledger)
        #expect(try await row(ledger)?.size == 2)
        // What is undone changes nothing.
        _ = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(ObjectName(name: "a", size: 3), in: scope)
            return .rollback(())
        }
        #expect(try await row(ledger)?.size == 2)
        #expect(try await ledger.row(ObjectName.self, Self.key, of: "other", in: scope) == nil)
        #expect(try await ledger.row(ObjectName.self, Self.key, of: "bucket", in: Scope(account: "2")) == nil)
        _ = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            .commit(try transaction.deleteAll(ObjectName.self, of: "bucket", in: scope))
        }
        #expect(try await row(ledger) == nil)
        await ledger.close()
    }

    @Test func aRowThatIsKnownNeedsNoDatabase() async throws {
        let ledger = try Ledger.inMemory()
        try await put(1, ledger)
        #expect(try await row(ledger)?.size == 1)
        let cache = try #require(ledger.rowCache)
        let place = Self.place(Self.key)
        #expect(cache.find(ObjectName.self, place).known?.row.size == 1)
        try await ledger.reset(keeping: { _, _ in false })
        #expect(try await row(ledger) == nil)
    }

    private final class Progress: Sendable {
        let answered = Atomic<Int64>(0)
        let seen = Atomic<Int64>(0)
        let isOver = Atomic(false)
    }

    /// Readers never see less than what was answered to a writer before they began, nor less than another reader has seen.
    @Test func nobodyIsGivenWhatWasThereBefore() async throws {
        let place = try Backend.sqlite.place()
        let ledger = try place.open()
        let progress = Progress()
        try await put(0, ledger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    while !progress.isOver.load(ordering: .sequentiallyConsistent) {
                        let least = max(
                            progress.answered.load(ordering: .sequentiallyConsistent),
                            progress.seen.load(ordering: .sequentiallyConsistent))
                        let size = try await row(ledger)?.size ?? -1
                        #expect(size >= least)
                        _ = progress.seen.max(size, ordering: .sequentiallyConsistent)
                        await Task.yield()
                    }
                }
            }
            for number in Int64(1)...300 {
                try await put(number, ledger)
                progress.answered.store(number, ordering: .sequentiallyConsistent)
            }
            progress.isOver.store(true, ordering: .sequentiallyConsistent)
            try await group.waitForAll()
        }
        #expect(try await row(ledger)?.size == 300)
        await ledger.close()
    }

    @Test func aRowThatChangesWhileItIsReadIsNotKept() {
        let cache = RowCache(limit: 1 << 20)
        let place = Self.place(Self.key)
        let old = ObjectName(name: "a", size: 1)
        var ticket = cache.find(ObjectName.self, place).ticket
        #expect(ticket != nil)
        // Who asks while another reads has no ticket.
        #expect(cache.find(ObjectName.self, place).ticket == nil)
        cache.beginChange([place])
        #expect(cache.find(ObjectName.self, place).ticket == nil)
        cache.endChange([place])
        cache.keep(old, place, ticket ?? 0, size: 10)
        #expect(cache.find(ObjectName.self, place).known == nil)
        cache.forgetAll()

        // Before anybody has asked for a row of the kind, a change does not note its rows.
        let fresh = RowCache(limit: 1 << 20)
        fresh.beginChange([place])
        #expect(fresh.find(ObjectName.self, place).ticket == nil)
        fresh.endChange([place])
        ticket = fresh.find(ObjectName.self, place).ticket
        fresh.keep(old, place, ticket ?? 0, size: 10)
        #expect(fresh.find(ObjectName.self, place).known?.row == old)
    }

    @Test func itIsBounded() {
        let cache = RowCache(limit: 100_000)
        func place(_ number: Int) -> RowCache.Place {
            Self.place(RowKey(.number(Int64(number))))
        }
        for number in 0..<1000 {
            if let ticket = cache.find(ObjectName.self, place(number)).ticket {
                cache.keep(ObjectName(name: "\(number)"), place(number), ticket, size: 500)
            }
            // What is asked for stays.
            #expect(cache.find(ObjectName.self, place(0)).known != nil)
        }
        let known = (0..<1000).filter { cache.find(ObjectName.self, place($0)).known != nil }.count
        #expect((20...110).contains(known))
    }
}
