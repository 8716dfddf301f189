import Foundation
import GRDB
import Synchronization
import Testing

@testable import Ledger

@Suite struct WriterTests {
    @Test(arguments: Backend.allCases) func rollbackAndErrorsUndoOnlyThemselves(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        struct Refused: Error {}
        let answer = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(User(name: "alice"), in: scope)
            try transaction.record(makeEvent())
            return .rollback("no")
        }
        #expect(answer == "no")
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.write(requestID: "r") { transaction throws(LedgerError) -> Verdict<Void> in
                try transaction.put(User(name: "bob"), in: scope)
                throw LedgerError(.invalid, "mine")
            }
        }
        #expect(error?.message == "mine")
        #expect(try await ledger.userCount() == 0)
        #expect(try await ledger.events(EventQuery(account: scope.account)).events.isEmpty)
    }

    @Test(arguments: Backend.allCases) func transactionsKnowWhatWasCommittedAndNothingElse(on backend: Backend)
        async throws
    {
        let ledger = try backend.ledger()
        /// What a transaction finds; then it changes the record, and sees that.
        func found(_ note: String?, commits: Bool) async throws -> String? {
            try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                let found = try transaction.get(User.self, "alice", in: scope)?.note
                if let note {
                    try transaction.put(User(name: "alice", note: note), in: scope)
                } else {
                    try transaction.delete(User.self, "alice", in: scope)
                }
                #expect(try transaction.get(User.self, "alice", in: scope)?.note == note)
                return commits ? .commit(found) : .rollback(found)
            }
        }
        #expect(try await found("undone", commits: false) == nil)
        // Numbers of what is undone are given again.
        try await ledger.put(User(name: "bob"))
        #expect(try await found("1", commits: true) == nil)
        #expect(try await found("2", commits: false) == "1")
        #expect(try await found(nil, commits: false) == "1")
        #expect(try await found("3", commits: true) == "1")
        #expect(try await found(nil, commits: true) == "3")
        #expect(try await found("4", commits: true) == nil)
        #expect(try await found("5", commits: true) == "4")
        await ledger.close()
    }

    @Test(arguments: Backend.allCases) func aHalfDoneTransactionCannotBeCommitted(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        await #expect(throws: LedgerError.self) {
            try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                try transaction.put(User(name: "alice"), in: scope)
                try? transaction.put(User(name: ""), in: scope)
                return .commit(())
            }
        }
        #expect(try await ledger.userCount() == 0)
    }

    @Test(arguments: Backend.allCases) func theObserverSeesCommittedChangesInOrderBeforeTheWriter(on backend: Backend)
        async throws
    {
        let ledger = try backend.ledger()
        let seen = Mutex<[Change]>([])
        ledger.observe { changes in seen.withLock { $0 += changes } }
        try await ledger.put(User(name: "alice", note: "1"), requestID: "first")
        #expect(seen.withLock { $0.count } == 1)
        try await ledger.put(User(name: "alice", note: "2"), requestID: "second")
        try await ledger.write(requestID: "undone") { transaction throws(LedgerError) in
            try transaction.delete(User.self, "alice", in: scope)
            return .rollback(())
        }
        try await ledger.write(requestID: "third") { transaction throws(LedgerError) in
            try transaction.delete(User.self, "alice", in: scope)
            return .commit(())
        }
        let changes = seen.withLock { $0 }
        #expect(changes.map(\.requestID) == ["first", "second", "third"])
        #expect(changes.map(\.sequence) == [1, 2, 3])
        #expect(try changes.map { try $0.decodeBefore(User.self)?.note } == [nil, "1", "2"])
        #expect(try changes.map { try $0.decodeAfter(User.self)?.note } == ["1", "2", nil])
    }

    @Test(arguments: Backend.allCases) func concurrentWritersShareCommitsAndLoseNothing(on backend: Backend)
        async throws
    {
        let directory = try backend.place()
        let ledger = try directory.open()
        let commits = Mutex(0)
        ledger.observe { _ in commits.withLock { $0 += 1 } }
        let gate = await Gate(ledger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<100 {
                group.addTask {
                    try await ledger.write(requestID: "r\(index)") { transaction throws(LedgerError) in
                        let count = try transaction.count(User.self, in: scope)
                        try transaction.put(User(name: "u\(index)", note: "\(count)"), in: scope)
                        return index % 10 == 0 ? .rollback(()) : .commit(())
                    }
                }
            }
            while ledger.writer.waitingWrites < 100 { try await Task.sleep(for: .milliseconds(1)) }
            try await gate.open()
            try await group.waitForAll()
        }
        let users = try await ledger.read { reader throws(LedgerError) in
            try reader.list(User.self, in: scope, limit: 999)
        }
        // Each saw the ones before it, and none of those undone: the counts are a permutation.
        #expect(Set(users.compactMap { Int($0.note) }) == Set(0..<90))
        #expect(commits.withLock { $0 } == 1)
        await ledger.close()
    }

    /// A closure that is taken from behind a lock must not come with one more layer around it each time.
    @Test(arguments: Backend.allCases) func observersAreCalledAsDirectlyAfterManyCommitsAsAfterTheFirst(
        on backend: Backend
    ) async throws {
        let ledger = try backend.ledger()
        let depths = Mutex<[String: [Int]]>([:])
        @Sendable func note(_ observer: String) {
            let depth = Thread.callStackReturnAddresses.count
            depths.withLock { $0[observer, default: []].append(depth) }
        }
        ledger.observe { _ in note("changes") }
        ledger.observeWork { _ in note("work") }
        for index in 0..<20 { try await ledger.put(User(name: "user\(index)")) }
        for (observer, depths) in depths.withLock({ $0 }) {
            #expect(depths.count == 20)
            #expect(depths.last == depths.first, "\(observer): \(depths)")
        }
        #expect(depths.withLock { $0.count } == 2)
    }

    /// Makes commits fail, as a full or broken disk does.
    private final class FailingDisk: TransactionObserver {
        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { false }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseWillCommit() throws { throw DatabaseError(resultCode: .SQLITE_IOERR) }
        func databaseDidCommit(_ db: Database) {}
        func databaseDidRollback(_ db: Database) {}
    }

    @Test func aFailedCommitFailsTheWholeBatch() async throws {
        let ledger = try Ledger.inMemory()
        try await ledger.put(User(name: "before"))
        let observed = Mutex(0)
        ledger.observe { _ in observed.withLock { $0 += 1 } }
        let disk = FailingDisk()
        try ledger.database.add(transactionObserver: disk, extent: .observerLifetime)

        let gate = await Gate(ledger)
        let failures = await withTaskGroup(of: LedgerError.Kind?.self) { group in
            for index in 0..<10 {
                group.addTask {
                    do throws(LedgerError) {
                        try await ledger.write(requestID: "r\(index)") { transaction throws(LedgerError) in
                            try transaction.put(User(name: "u\(index)"), in: scope)
                            return index == 5 ? .rollback(()) : .commit(())
                        }
                        return nil
                    } catch {
                        return error.kind
                    }
                }
            }
            while ledger.writer.waitingWrites < 10 { try? await Task.sleep(for: .milliseconds(1)) }
            try? await gate.open()
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(failures == Array(repeating: .io, count: 10))
        #expect(observed.withLock { $0 } == 0)
        try ledger.database.remove(transactionObserver: disk)

        #expect(try await ledger.userCount() == 1)
        try await ledger.put(User(name: "after"))
        #expect(try await ledger.userCount() == 2)
    }

    @Test func aFullDiskFailsWhatDoesNotFit() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        try await ledger.put(User(name: "before"))
        func limitPages(to limit: @escaping @Sendable (Int) -> Int) async throws {
            try await ledger.database.writeWithoutTransaction { database in
                let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
                try database.execute(sql: "PRAGMA max_page_count = \(limit(pages))")
            }
        }
        try await limitPages { $0 + 20 }
        let gate = await Gate(ledger)
        let kept = try await withThrowingTaskGroup(of: (String, Bool).self) { group in
            for index in 0..<9 {
                group.addTask {
                    let name = "u\(index)"
                    let note = String(repeating: "x", count: index % 3 == 1 ? 1_000_000 : 10)
                    do throws(LedgerError) {
                        try await ledger.write(requestID: name) { transaction throws(LedgerError) in
                            try transaction.put(User(name: name, note: note), in: scope)
                            return .commit(())
                        }
                        return (name, true)
                    } catch {
                        #expect(error.kind == .full)
                        return (name, false)
                    }
                }
            }
            while ledger.writer.waitingWrites < 9 { try await Task.sleep(for: .milliseconds(1)) }
            // The others are committed with it, or not at all.
            try? await gate.open()
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (name, isKept) in kept { #expect((try await ledger.user(name) != nil) == isKept, "\(name)") }
        for name in ["u1", "u4", "u7"] { #expect(kept[name] == false) }

        try await limitPages { _ in 1_000_000 }
        try await ledger.put(User(name: "after"))
        #expect(try await ledger.user("before") != nil)
        #expect(try await ledger.userCount() == kept.values.filter { $0 }.count + 2)
        await ledger.close()
    }

    @Test func eventsFailClosedAndAreNotLost() async throws {
        let ledger = try Ledger.inMemory()
        let disk = FailingDisk()
        try ledger.database.add(transactionObserver: disk, extent: .observerLifetime)
        let kept = makeEvent("Kept")
        try ledger.record(kept)
        await #expect(throws: LedgerError.self) { try await ledger.flushEvents() }
        #expect(throws: LedgerError.self) { try ledger.record(makeEvent("Refused")) }
        try ledger.database.remove(transactionObserver: disk)

        try await ledger.flushEvents()
        try ledger.record(makeEvent("Accepted"))
        let events = try await ledger.events(EventQuery(account: scope.account)).events
        #expect(
            Set(events.flatMap(\.attributes).filter { $0.name == "EventName" }.map(\.value)) == ["Kept", "Accepted"])
    }

    @Test(arguments: Backend.allCases) func aFullBufferRefuses(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let gate = await Gate(ledger)
        let event = makeEvent(body: String(repeating: "x", count: 8 * 1024 * 1024))
        var accepted = 0
        var refusal: LedgerError?
        while refusal == nil, accepted < 20 {
            do throws(LedgerError) {
                try ledger.record(event)
                accepted += 1
            } catch {
                refusal = error
            }
        }
        // Clients try again, as they would not on a full disk.
        #expect(refusal?.kind == .unavailable)
        #expect(accepted == 7)
        try await gate.open()
    }

    @Test(arguments: Backend.allCases) func aClosedLedgerRefuses(on backend: Backend) async throws {
        let directory = try backend.place()
        let ledger = try directory.open()
        try ledger.record(makeEvent("Last"))
        await ledger.close()
        await ledger.close()
        func refusal(_ call: () async throws -> Void) async -> LedgerError.Kind? {
            do {
                try await call()
                return nil
            } catch {
                return (error as? LedgerError)?.kind
            }
        }
        #expect(await refusal { try await ledger.put(User(name: "alice")) } == .closed)
        #expect(await refusal { _ = try await ledger.user("alice") } == .closed)
        #expect(await refusal { try ledger.record(makeEvent()) } == .closed)
        #expect(await refusal { try await ledger.flushEvents() } == .closed)
        let again = try directory.open()
        #expect(try await again.events(EventQuery(account: scope.account)).events.count == 1)
        await again.close()
    }
}
