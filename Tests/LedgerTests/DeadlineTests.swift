import Foundation
import GRDB
import Keyring
import Synchronization
import Testing

@testable import Ledger

/// Work with a time, and who may do it.
@Suite struct DeadlineTests {
    private func ledger() throws -> Ledger { try Ledger(at: .memory, keyring: EphemeralKeyring()) }

    private func schedule(_ ledger: Ledger, _ id: String, _ due: Int64, payload: String = "", kind: String = "k") async throws {
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.schedule(
                Deadline(kind: kind, scope: scope, id: id, due: due, payload: Array(payload.utf8)))
            return .commit(())
        }
    }

    private func claim(_ ledger: Ledger, now: Int64, real: Int64 = 0, _ kinds: Set<String> = ["k"]) async throws -> Lease? {
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            .commit(try transaction.claimDeadline(kinds, now: now, realTime: real, until: real + 10))
        }
    }

    private func complete(_ ledger: Ledger, _ lease: Lease, putting name: String? = nil) async throws {
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            if let name { try transaction.put(User(name: name), in: scope) }
            try transaction.complete(lease)
            return .commit(())
        }
    }

    private func users(_ ledger: Ledger) async throws -> [String] {
        try await ledger.read { (reader) throws(LedgerError) in try reader.list(User.self, in: scope, limit: 9).map(\.name) }
    }

    @Test func whatIsDueComesByItsTimeThenByItsScheduling() async throws {
        let ledger = try ledger()
        for (id, due) in [("late", 9), ("b", 5), ("a", 5), ("early", 1)] as [(String, Int64)] {
            try await schedule(ledger, id, due)
        }
        #expect(try ledger.nextDeadline(["k"], realTime: 0) == 1)
        var order: [String] = []
        while let lease = try await claim(ledger, now: 8) {
            order.append(lease.deadline.id)
            try await complete(ledger, lease)
        }
        #expect(order == ["early", "b", "a"])
        #expect(try ledger.nextDeadline(["k"], realTime: 0) == 9)
        #expect(try ledger.nextDeadline(["other"], realTime: 0) == nil)
    }

    @Test func schedulingAgainReplacesAndCancellingRemoves() async throws {
        let ledger = try ledger()
        try await schedule(ledger, "a", 5, payload: "old")
        try await schedule(ledger, "a", 7, payload: "new")
        let found = try await ledger.read { (reader) throws(LedgerError) in
            try reader.deadlines(in: scope, limit: 9)
        }
        #expect(found.map(\.due) == [7] && found.map(\.payload) == [Array("new".utf8)])
        let outcomes = try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            .commit([
                try transaction.cancelDeadline("k", "a", in: scope), try transaction.cancelDeadline("k", "a", in: scope),
            ])
        }
        #expect(outcomes == [true, false])
        #expect(try await claim(ledger, now: 100) == nil)
    }

    @Test func aLeaseKeepsOthersOutUntilItIsOver() async throws {
        let ledger = try ledger()
        try await schedule(ledger, "a", 5)
        let first = try #require(try await claim(ledger, now: 5, real: 100))
        #expect(try await claim(ledger, now: 5, real: 109) == nil)
        #expect(try ledger.nextDeadline(["k"], realTime: 109) == nil)
        // Whoever had it is taken for dead.
        let second = try #require(try await claim(ledger, now: 5, real: 110))
        let error = await #expect(throws: LedgerError.self) { try await complete(ledger, first, putting: "by-first") }
        #expect(error?.kind == .conflict)
        try await complete(ledger, second, putting: "by-second")
        #expect(try await users(ledger) == ["by-second"])
        #expect(try await claim(ledger, now: 100, real: 1000) == nil)
    }

    @Test func aLeaseCanBeKept() async throws {
        let ledger = try ledger()
        try await schedule(ledger, "a", 5)
        let lease = try #require(try await claim(ledger, now: 5, real: 100))
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            .commit(try transaction.renew(lease, until: 200))
        }
        #expect(try await claim(ledger, now: 5, real: 199) == nil)
        #expect(try await claim(ledger, now: 5, real: 200) != nil)
    }

    @Test func whoCompletesWhatWasReplacedOrCancelledDoesNothing() async throws {
        let ledger = try ledger()
        try await schedule(ledger, "a", 5)
        let lease = try #require(try await claim(ledger, now: 5))
        try await schedule(ledger, "a", 6)
        await #expect(throws: LedgerError.self) { try await complete(ledger, lease, putting: "x") }
        #expect(try await users(ledger).isEmpty)
        #expect(try ledger.nextDeadline(["k"], realTime: 0) == 6)
    }

    @Test func whatIsPutOffComesAgain() async throws {
        let ledger = try ledger()
        try await schedule(ledger, "a", 5, payload: "p")
        let lease = try #require(try await claim(ledger, now: 5))
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            .commit(try transaction.postpone(lease, until: 50))
        }
        #expect(try await claim(ledger, now: 49) == nil)
        let again = try #require(try await claim(ledger, now: 50))
        #expect(again.deadline.attempts == 1 && again.deadline.payload == Array("p".utf8))
    }

    @Test func whatIsRolledBackWasNeverScheduled() async throws {
        let ledger = try ledger()
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.schedule(Deadline(kind: "k", scope: scope, id: "a", due: 1))
            return .rollback(())
        }
        #expect(try await claim(ledger, now: 100) == nil)
    }

    @Test func leasesEndWithTheProcessThatHadThem() async throws {
        let directory = try TemporaryDirectory()
        let first = try directory.open()
        try await schedule(first, "a", 5, payload: "kept")
        #expect(try await claim(first, now: 5, real: 100) != nil)
        await first.close()
        let second = try directory.open()
        let lease = try #require(try await claim(second, now: 5, real: 101))
        #expect(lease.deadline.payload == Array("kept".utf8))
        await second.close()
    }

    @Test func payloadsAreSealedInTheirPlace() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        try await schedule(ledger, "a", 5, payload: "a secret of the work")
        try await schedule(ledger, "b", 6, payload: "another")
        try await ledger.database.write { database in
            let bodies = try Data.fetchAll(database, sql: "SELECT payload FROM deadline")
            #expect(bodies.allSatisfy { !$0.contains(Array("secret".utf8)) })
            try database.execute(
                sql: "UPDATE deadline SET payload = (SELECT payload FROM deadline WHERE id = 'b') WHERE id = 'a'")
        }
        let error = await #expect(throws: LedgerError.self) { try await claim(ledger, now: 5) }
        #expect(error?.kind == .corrupt)
        await ledger.close()
    }

    @Test func aResetForgetsThem() async throws {
        let ledger = try ledger()
        try await schedule(ledger, "a", 5)
        try await ledger.reset(keeping: { _, _ in false })
        #expect(try ledger.nextDeadline(["k"], realTime: 0) == nil)
    }

    @Test func whoObservesHearsOfWork() async throws {
        let ledger = try ledger()
        let news = News()
        ledger.observeWork { work in news.add(work) }
        try await schedule(ledger, "a", 5)
        #expect(news.all.map(\.hasScheduled) == [true])
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.put(User(name: "u"), in: scope)
            try transaction.record(makeEvent("e", time: 1_700_000_000_000))
            return .commit(())
        }
        #expect(news.all.last?.hasEvents == true && news.all.last?.hasScheduled == false)
        #expect(news.all.last?.changes.map(\.id) == ["u"])
    }
}


private final class News: Sendable {
    private let heard = Mutex<[CommittedWork]>([])
    var all: [CommittedWork] { heard.withLock { $0 } }
    func add(_ work: CommittedWork) { heard.withLock { $0.append(work) } }
}
