import Foundation
import GRDB
import Testing

@testable import Ledger

@Suite struct JournalTests {
    /// Follows to the end, page by page.
    private func follow(
        _ ledger: Ledger, after start: Int64 = 0, kinds: Set<String>? = nil, limit: Int
    ) async throws -> [JournalEntry] {
        var (entries, last) = ([JournalEntry](), start)
        while true {
            let page = try await ledger.follow(after: last, kinds: kinds, limit: limit)
            #expect(page.entries.count <= limit)
            entries += page.entries
            last = page.last
            if page.isEnd { return entries }
        }
    }

    private func delete(_ name: String, in ledger: Ledger) async throws {
        try await ledger.write(requestID: "deletion") { transaction throws(LedgerError) in
            try transaction.delete(User.self, name, in: scope)
            return .commit(())
        }
    }

    @Test(arguments: Backend.allCases) func entriesTellWhatWasAndWhatIs(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let start = Int64(Date().timeIntervalSince1970 * 1000)
        try await ledger.put(User(name: "alice", note: "1"), requestID: "a")
        try await ledger.put(User(name: "alice", note: "2"), requestID: "b")
        try await delete("alice", in: ledger)

        let page = try await ledger.follow(after: 0)
        #expect(page.entries.map(\.change.sequence) == [1, 2, 3])
        #expect(page.entries.map(\.change.requestID) == ["a", "b", "deletion"])
        #expect(try page.entries.map { try $0.change.decodeBefore(User.self)?.note } == [nil, "1", "2"])
        #expect(try page.entries.map { try $0.change.decodeAfter(User.self)?.note } == ["1", "2", nil])
        #expect(page.entries.allSatisfy { $0.change.scope == scope && $0.change.id == "alice" && $0.time >= start })
        #expect(page.last == 3)
        #expect(page.isEnd)
        #expect(!page.hasGap)
        #expect(try await ledger.lastSequence() == 3)
    }

    @Test(arguments: Backend.allCases) func pagesOfAnySizeHoldEachEntryOnce(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        for number in 0..<7 {
            try await ledger.put(User(name: "u\(number)"), Role(id: "r\(number)"), Large(id: "l\(number)", text: ""))
        }
        for limit in 1...22 {
            #expect(try await follow(ledger, limit: limit).map(\.change.sequence) == Array(1...21))
            let some = try await follow(ledger, kinds: [User.kind, Large.kind], limit: limit)
            #expect(some.map(\.change.sequence) == (1...21).filter { $0 % 3 != 2 })
            let later = try await follow(ledger, after: 10, kinds: [Role.kind], limit: limit)
            #expect(later.map(\.change.id) == ["r3", "r4", "r5", "r6"])
        }
        #expect(try await follow(ledger, kinds: [], limit: 5).isEmpty)
        #expect(try await follow(ledger, kinds: ["None"], limit: 5).isEmpty)
    }

    /// Who follows one kind needs not look through the others again.
    @Test(arguments: Backend.allCases) func theEndIsTheHeadOfAllKinds(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(Role(id: "r"), User(name: "a"), User(name: "b"))
        let page = try await ledger.follow(after: 0, kinds: [Role.kind])
        #expect(page.entries.map(\.change.sequence) == [1])
        #expect(page.last == 3)
        try await ledger.put(Role(id: "s"))
        #expect(try await ledger.follow(after: page.last, kinds: [Role.kind]).entries.map(\.change.id) == ["s"])
    }

    @Test(arguments: Backend.allCases) func whoFollowsWhileOthersWriteMissesNothing(on backend: Backend) async throws {
        let directory = try backend.place()
        let ledger = try directory.open()
        let total = 200
        let writers = Task {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<total {
                    group.addTask { try await ledger.put(User(name: "u\(number)")) }
                }
                try await group.waitForAll()
            }
        }
        var (names, last) = ([String](), Int64(0))
        while names.count < total {
            let page = try await ledger.follow(after: last, kinds: [User.kind], limit: 7)
            names += page.entries.map(\.change.id)
            last = page.last
        }
        try await writers.value
        #expect(names.count == total)
        #expect(Set(names) == Set((0..<total).map { "u\($0)" }))
        #expect(try await ledger.follow(after: last).entries.isEmpty)
        await ledger.close()
    }

    @Test(arguments: Backend.allCases) func theHistoryOfOneRecordIsTheLatestFirst(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let elsewhere = Scope(account: "222222222222")
        for note in ["1", "2", "3"] {
            try await ledger.put(User(name: "alice", note: note), User(name: "bob", note: note), Role(id: "alice"))
        }
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(User(name: "alice", note: "there"), in: elsewhere)
            return .commit(())
        }
        try await delete("alice", in: ledger)
        try await ledger.read { reader throws(LedgerError) in
            func notes(before sequence: Int64? = nil, limit: Int) throws(LedgerError) -> [String?] {
                let entries = try reader.history(of: User.self, "alice", in: scope, before: sequence, limit: limit)
                var notes: [String?] = []
                for entry in entries { notes.append(try entry.change.decodeAfter(User.self)?.note) }
                return notes
            }
            #expect(try notes(limit: 9) == [nil, "3", "2", "1"])
            #expect(try notes(limit: 2) == [nil, "3"])
            #expect(try notes(before: 7, limit: 1) == ["2"])
            #expect(try notes(before: 1, limit: 9) == [])
            #expect(try notes(limit: 0) == [])
            #expect(try notes(limit: -1) == [])
            #expect(try reader.history(of: User.self, "a\0b", in: scope, limit: 9).isEmpty)
        }
    }

    @Test func whatIsLargeLeavesOutWhatItWas() async throws {
        let ledger = try Ledger.inMemory()
        try await ledger.put(Large(id: "a", text: "1"))
        try await ledger.put(Large(id: "a", text: "2"))
        let entries = try await ledger.follow(after: 0).entries
        #expect(entries.map { $0.change.before == nil } == [true, true])
        #expect(try entries.map { try $0.change.decodeAfter(Large.self)?.text } == ["1", "2"])
        let kept = try await ledger.database.read { try Int.fetchOne($0, sql: "SELECT count(before) FROM journal") }
        #expect(kept == 0)
    }

    @Test(arguments: Backend.allCases) func oldEntriesGoAndLeaveAGap(on backend: Backend) async throws {
        let directory = try backend.place()
        let ledger = try directory.open()
        // More than one step of the deletion.
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            for number in 0..<600 { try transaction.put(User(name: "u\(number)"), in: scope) }
            return .commit(())
        }
        try await ledger.tamper("UPDATE journal SET time = sequence * 10")
        try await ledger.purgeJournal(before: 5_501)
        #expect(try await follow(ledger, after: 550, limit: 99).map(\.change.sequence) == Array(551...600))
        #expect(try await ledger.follow(after: 549).hasGap)
        #expect(try await ledger.follow(after: 0, kinds: [Role.kind]).hasGap)
        #expect(try await ledger.follow(after: 550).hasGap == false)
        #expect(try await ledger.userCount() == 600)

        // What somebody has yet to follow stays.
        try await ledger.purgeJournal(before: .max, through: 560)
        #expect(try await follow(ledger, after: 560, limit: 99).map(\.change.sequence) == Array(561...600))
        // The last one stays, so that no number is given twice.
        try await ledger.purgeJournal(before: .max)
        #expect(try await follow(ledger, limit: 99).map(\.change.sequence) == [600])
        await ledger.close()
        let again = try directory.open()
        #expect(try await again.follow(after: 598).hasGap)
        try await again.put(User(name: "new"))
        #expect(try await again.lastSequence() == 601)
        await again.close()
    }

    /// A clock that has gone back makes a later entry older than an earlier one: it stays until its turn comes, and the
    /// journal has no holes.
    @Test(arguments: Backend.allCases) func onlyABeginningGoesWhateverTheClockDid(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        for name in ["a", "b", "c", "d"] { try await ledger.put(User(name: name)) }
        try await ledger.tamper("UPDATE journal SET time = CASE sequence WHEN 1 THEN 50 WHEN 2 THEN 100 ELSE 50 END")
        try await ledger.purgeJournal(before: 60)
        #expect(try await follow(ledger, after: 1, limit: 9).map(\.change.sequence) == [2, 3, 4])
        #expect(try await ledger.follow(after: 0).hasGap)
        #expect(try await ledger.follow(after: 1).hasGap == false)

        try await ledger.purgeJournal(before: 200)
        #expect(try await follow(ledger, after: 3, limit: 9).map(\.change.sequence) == [4])
        #expect(try await ledger.follow(after: 2).hasGap)
        #expect(try await ledger.follow(after: 3).hasGap == false)
    }

    @Test(
        arguments: Backend.allCases,
        [
            "UPDATE journal SET after = (SELECT after FROM journal WHERE sequence = 1) WHERE sequence = 2",
            "UPDATE journal SET before = after WHERE sequence = 2",
            "UPDATE journal SET before_version = 7 WHERE sequence = 2",
            "UPDATE journal SET id = 'bob' WHERE sequence = 2",
            "UPDATE journal SET sequence = 9 WHERE sequence = 2",
        ])
    func changedEntriesAreNoticed(on backend: Backend, sql: String) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(User(name: "alice", note: "1"))
        try await ledger.put(User(name: "alice", note: "2"))
        try await ledger.tamper(sql)
        let error = await #expect(throws: LedgerError.self) { try await ledger.follow(after: 0) }
        #expect(error?.kind == .corrupt)
    }

    @Test(arguments: Backend.allCases) func eventsAreFollowedBySegments(on backend: Backend) async throws {
        let directory = try backend.place()
        let ledger = try directory.open()
        for name in ["A", "B", "C"] { try await ledger.recordDurably(makeEvent(name)) }
        func names(_ events: [Event]) -> [String] { events.compactMap { $0.attributes.first?.value } }

        let first = try await ledger.followEvents(after: 0, limit: 2)
        #expect(names(first.events) == ["A", "B"])
        let second = try await ledger.followEvents(after: first.last, limit: 2)
        #expect(names(second.events) == ["C"])
        let none = try await ledger.followEvents(after: second.last)
        #expect(none.events.isEmpty)
        #expect(none.last == second.last)

        // Nobody who has seen a number misses what is written after all segments are gone.
        try await ledger.purgeEvents(before: .max)
        await ledger.close()
        let again = try directory.open()
        try await again.recordDurably(makeEvent("D"))
        #expect(names(try await again.followEvents(after: second.last).events) == ["D"])
        #expect(try await again.lastEventSegment() == second.last + 1)
        await again.close()
    }
}
