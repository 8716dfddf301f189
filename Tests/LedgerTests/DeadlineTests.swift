import Foundation
import GRDB
import Synchronization
import Testing

@testable import Ledger

@Suite struct DeadlineTests {
    private static let kinds: Set<String> = ["Close", "Rotate"]

    private func deadline(
        _ id: String, due: Int64, kind: String = "Close", in scope: Scope = scope, payload: String = ""
    ) -> Deadline {
        Deadline(kind: kind, scope: scope, id: id, due: due, payload: Array(payload.utf8))
    }

    private func schedule(_ deadlines: Deadline..., in ledger: Ledger) async throws {
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            for deadline in deadlines { try transaction.schedule(deadline) }
            return .commit(())
        }
    }

    private func claim(
        _ ledger: Ledger, now: Int64 = 1_000, realTime: Int64 = 0, until: Int64 = 60,
        kinds: Set<String> = DeadlineTests.kinds
    ) async throws -> Lease? {
        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            .commit(try transaction.claimDeadline(kinds, now: now, realTime: realTime, until: until))
        }
    }

    private func complete(_ lease: Lease, in ledger: Ledger) async throws {
        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            try transaction.complete(lease)
            return .commit(())
        }
    }

    private func refusal(_ body: () async throws -> Void) async -> LedgerError.Kind? {
        do { try await body() } catch { return (error as? LedgerError)?.kind }
        return nil
    }

    private func ids(
        _ ledger: Ledger, _ kind: String? = nil, in scope: Scope? = nil, dueBy due: Int64? = nil, limit: Int = 99
    ) async throws -> [String] {
        try await ledger.read { reader throws(LedgerError) in
            try reader.deadlines(kind, in: scope, dueBy: due, limit: limit)
        }.map(\.id)
    }

    @Test(arguments: Backend.allCases) func theyStandByTheirTimeThenByTheOrderOfScheduling(on backend: Backend)
        async throws
    {
        let ledger = try backend.ledger()
        let elsewhere = Scope(account: scope.account, region: "eu-central-1")
        try await schedule(
            deadline("z", due: 20), deadline("c", due: 20), deadline("a", due: 20), deadline("b", due: 10),
            deadline("b", due: 30, kind: "Rotate"), deadline("b", due: 5, in: elsewhere), in: ledger)
        #expect(try await ids(ledger) == ["b", "b", "z", "c", "a", "b"])
        #expect(try await ids(ledger, "Close") == ["b", "b", "z", "c", "a"])
        #expect(try await ids(ledger, "Close", in: scope) == ["b", "z", "c", "a"])
        #expect(try await ids(ledger, in: scope, dueBy: 20) == ["b", "z", "c", "a"])
        #expect(try await ids(ledger, dueBy: 9) == ["b"])
        #expect(try await ids(ledger, limit: 2) == ["b", "b"])
        #expect(try await ids(ledger, limit: -1) == [])
    }

    @Test(arguments: Backend.allCases) func schedulingReplacesAndCancellingTakesAway(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await schedule(deadline("a", due: 10, payload: "old"), deadline("b", due: 10), in: ledger)
        try await schedule(deadline("a", due: 10, payload: "new"), in: ledger)
        // It was scheduled last now.
        #expect(try await ids(ledger) == ["b", "a"])
        let found = try await ledger.read { reader throws(LedgerError) in try reader.deadline("Close", "a", in: scope) }
        #expect(found == deadline("a", due: 10, payload: "new"))

        let gone = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            .commit([
                try transaction.cancelDeadline("Close", "a", in: scope),
                try transaction.cancelDeadline("Close", "a", in: scope),
                try transaction.cancelDeadline("Rotate", "b", in: scope),
                try transaction.cancelDeadline("Close", "b", in: Scope(account: "222222222222")),
            ])
        }
        #expect(gone == [true, false, false, false])
        #expect(try await ids(ledger) == ["b"])
    }

    @Test(arguments: Backend.allCases) func rollbackLeavesTheScheduleAsItWas(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let scheduled = Mutex(0)
        ledger.observeWork { work in if work.hasScheduled { scheduled.withLock { $0 += 1 } } }
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.schedule(deadline("a", due: 1))
            return .rollback(())
        }
        #expect(try await ids(ledger) == [])
        #expect(scheduled.withLock { $0 } == 0)
        try await schedule(deadline("a", due: 1), in: ledger)
        #expect(scheduled.withLock { $0 } == 1)
        // To take something gives nobody anything to do.
        _ = try await claim(ledger)
        #expect(scheduled.withLock { $0 } == 1)
        try await ledger.put(User(name: "alice"))
        #expect(scheduled.withLock { $0 } == 1)
    }

    @Test(arguments: Backend.allCases, ["", "a\0b"]) func idsThatCannotBeKeptAreRefused(on backend: Backend, id: String)
        async throws
    {
        let ledger = try backend.ledger()
        #expect(await refusal { try await schedule(deadline(id, due: 1), in: ledger) } == .invalid)
        #expect(
            await refusal { try await schedule(deadline("a", due: 1, kind: "a\0"), in: ledger) } == .invalid)
        #expect(try await ids(ledger) == [])
    }

    @Test(arguments: Backend.allCases) func whatIsTakenIsNobodyElsesUntilTheLeaseIsOver(on backend: Backend)
        async throws
    {
        let ledger = try backend.ledger()
        try await schedule(deadline("late", due: 1_001), deadline("a", due: 20), deadline("b", due: 10), in: ledger)
        let first = try #require(try await claim(ledger, until: 60))
        #expect(first.deadline.id == "b")
        #expect(try await claim(ledger, until: 60)?.deadline.id == "a")
        #expect(try await claim(ledger) == nil)
        #expect(try await claim(ledger, realTime: 59) == nil)
        #expect(try await ledger.nextDeadline(Self.kinds, realTime: 59) == 1_001)
        #expect(try await ledger.nextDeadline(Self.kinds, realTime: 60) == 10)
        #expect(try await ledger.nextDeadline(["None"], realTime: 60) == nil)

        let second = try #require(try await claim(ledger, realTime: 60, until: 120))
        #expect(second.deadline == first.deadline)
        #expect(await refusal { try await complete(first, in: ledger) } == .conflict)
        try await complete(second, in: ledger)
        #expect(try await ids(ledger) == ["a", "late"])
        #expect(await refusal { try await complete(second, in: ledger) } == .conflict)
    }

    @Test(arguments: Backend.allCases) func aKindIsTakenOnlyByWhoAsksForIt(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await schedule(deadline("a", due: 1), deadline("b", due: 2, kind: "Rotate"), in: ledger)
        #expect(try await claim(ledger, kinds: ["Rotate"])?.deadline.id == "b")
        #expect(try await claim(ledger, kinds: ["Rotate"]) == nil)
        #expect(try await claim(ledger, kinds: []) == nil)
        #expect(try await claim(ledger, kinds: ["Close"])?.deadline.id == "a")
    }

    @Test(arguments: Backend.allCases) func concurrentClaimsTakeEachOnce(on backend: Backend) async throws {
        let directory = try backend.place()
        let ledger = try directory.open()
        for number in 0..<40 { try await schedule(deadline("\(number)", due: Int64(number)), in: ledger) }
        let taken = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<60 { group.addTask { try await claim(ledger)?.deadline.id } }
            return try await group.reduce(into: [String]()) { if let id = $1 { $0.append(id) } }
        }
        #expect(taken.count == 40)
        #expect(Set(taken).count == 40)
        await ledger.close()
    }

    @Test(arguments: Backend.allCases) func aLeaseThatIsKeptLastsLonger(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await schedule(deadline("a", due: 10, payload: "p"), in: ledger)
        let lease = try #require(try await claim(ledger, until: 60))
        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            try transaction.renew(lease, until: 200)
            return .commit(())
        }
        #expect(try await claim(ledger, realTime: 199) == nil)
        let next = try #require(try await claim(ledger, realTime: 200, until: 300))
        #expect(next.deadline.payload == Array("p".utf8))
        let kept = await refusal {
            try await ledger.write(requestID: "") { transaction throws(LedgerError) in
                try transaction.renew(lease, until: 400)
                return .commit(())
            }
        }
        #expect(kept == .conflict)
        #expect(try await claim(ledger, realTime: 300) != nil)
    }

    @Test(arguments: Backend.allCases) func workIsDoneWithTheChangesThatItMakes(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await schedule(deadline("a", due: 1), in: ledger)
        let lease = try #require(try await claim(ledger))
        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            try transaction.put(User(name: "undone"), in: scope)
            try transaction.complete(lease)
            return .rollback(())
        }
        #expect(try await ids(ledger) == ["a"])
        #expect(try await ledger.userCount() == 0)
        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            try transaction.put(User(name: "done"), in: scope)
            try transaction.complete(lease)
            return .commit(())
        }
        #expect(try await ids(ledger) == [])
        #expect(try await ledger.user("done") != nil)

        // With a lease that was lost nothing happens, even when the error is passed over.
        let again = await refusal {
            try await ledger.write(requestID: "") { transaction throws(LedgerError) in
                try transaction.put(User(name: "twice"), in: scope)
                try? transaction.complete(lease)
                return .commit(())
            }
        }
        #expect(again == .conflict)
        #expect(try await ledger.user("twice") == nil)
    }

    @Test(arguments: Backend.allCases) func whatIsScheduledAnewMeanwhileStays(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await schedule(deadline("a", due: 1, payload: "old"), in: ledger)
        let lease = try #require(try await claim(ledger))
        try await schedule(deadline("a", due: 2, payload: "new"), in: ledger)
        #expect(await refusal { try await complete(lease, in: ledger) } == .conflict)
        let next = try #require(try await claim(ledger))
        #expect(next.deadline == deadline("a", due: 2, payload: "new"))

        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            try transaction.cancelDeadline("Close", "a", in: scope)
            return .commit(())
        }
        #expect(await refusal { try await complete(next, in: ledger) } == .conflict)
    }

    @Test(arguments: Backend.allCases) func whatIsPutOffIsCountedAndFree(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await schedule(deadline("a", due: 1, payload: "p"), in: ledger)
        for attempt in 0..<3 {
            let now = Int64(attempt * 100 + 1)
            let lease = try #require(try await claim(ledger, now: now))
            #expect(lease.deadline.attempts == attempt)
            #expect(lease.deadline.payload == Array("p".utf8))
            let postpone = { @Sendable in
                try await ledger.write(requestID: "") { transaction throws(LedgerError) in
                    try transaction.postpone(lease, until: now + 100)
                    return .commit(())
                }
            }
            try await postpone()
            #expect(await refusal { try await postpone() } == .conflict)
            #expect(try await claim(ledger, now: now + 99) == nil)
        }
        #expect(try await ledger.nextDeadline(Self.kinds, realTime: 0) == 301)
    }

    @Test func theyOutliveTheProcessAndItsLeasesDoNot() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        try await schedule(deadline("a", due: 1, payload: "p"), deadline("b", due: 1), in: ledger)
        let lease = try #require(try await claim(ledger, until: .max))
        await ledger.close()

        let again = try directory.open()
        #expect(try await ids(again) == ["a", "b"])
        #expect(await refusal { try await complete(lease, in: again) } == .conflict)
        let taken = try #require(try await claim(again))
        #expect(taken.deadline == lease.deadline)

        // Who only reads takes nothing away from who works.
        let reader = try directory.open(readOnly: true)
        #expect(try await ids(reader) == ["a", "b"])
        await reader.close()
        try await complete(taken, in: again)
        // What is scheduled after the reopening comes after what was scheduled before.
        try await schedule(deadline("0", due: 1), in: again)
        #expect(try await ids(again) == ["b", "0"])
        await again.close()
    }

    @Test(
        arguments: Backend.allCases,
        [
            "UPDATE deadline SET payload = (SELECT payload FROM deadline WHERE id = 'b') WHERE id = 'a'",
            "UPDATE deadline SET account = '222222222222' WHERE id = 'a'",
            "UPDATE deadline SET kind = 'Rotate' WHERE id = 'a'",
            "UPDATE deadline SET number = number + 9 WHERE id = 'a'",
            "UPDATE deadline SET payload = x'' WHERE id = 'a'",
        ])
    func changesFromOutsideAreNoticed(on backend: Backend, sql: String) async throws {
        let ledger = try backend.ledger()
        try await schedule(deadline("a", due: 1, payload: "x"), deadline("b", due: 2, payload: "y"), in: ledger)
        try await ledger.tamper(sql)
        #expect(await refusal { _ = try await ids(ledger) } == .corrupt)
        #expect(await refusal { _ = try await claim(ledger) } == .corrupt)
    }

    @Test func payloadsAreSealed() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        let secret = "the-secret-that-must-not-be-found"
        try await schedule(deadline("an-id-to-be-found", due: 1, payload: secret), in: ledger)
        await ledger.close()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.data + "/ledger.sqlite"))
        #expect(bytes.range(of: Data("an-id-to-be-found".utf8)) != nil, "the scan works")
        #expect(bytes.range(of: Data(secret.utf8)) == nil)
    }

    @Test func resetTakesThemAway() async throws {
        let ledger = try Ledger.inMemory()
        try await schedule(deadline("a", due: 1), in: ledger)
        try await ledger.reset(keeping: { _, _ in true })
        #expect(try await ids(ledger) == [])
        #expect(try await ledger.nextDeadline(Self.kinds, realTime: 0) == nil)
    }
}
