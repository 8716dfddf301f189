import Foundation
import GRDB
import Keyring
import Testing

@testable import Ledger

/// Reading the journal: following it, one record's history, retention.
@Suite struct JournalTests {
    private func ledger() throws -> Ledger { try Ledger(at: .memory, keyring: EphemeralKeyring()) }

    private func put(_ ledger: Ledger, _ names: String..., request: String = "r") async throws {
        for name in names {
            try await ledger.write(requestID: request) { (transaction) throws(LedgerError) in
                try transaction.put(User(name: name, note: "\(name)'s"), in: scope)
                return .commit(())
            }
        }
    }

    private func ids(_ page: JournalPage) -> [String] { page.entries.map(\.change.id) }

    @Test func whoFollowsSeesEachChangeOnceAndInOrder() async throws {
        let ledger = try ledger()
        try await put(ledger, "a", "b", "c")
        let first = try await ledger.follow(after: 0, limit: 2)
        #expect(ids(first) == ["a", "b"] && !first.isEnd && !first.hasGap)
        let second = try await ledger.follow(after: first.last, limit: 2)
        #expect(ids(second) == ["c"] && second.isEnd)
        let none = try await ledger.follow(after: second.last)
        #expect(none.entries.isEmpty && none.isEnd && none.last == second.last)
        try await put(ledger, "d")
        #expect(ids(try await ledger.follow(after: none.last)) == ["d"])
    }

    @Test func entriesHaveBeforeAndAfter() async throws {
        let ledger = try ledger()
        try await put(ledger, "a", request: "made")
        try await ledger.write(requestID: "changed") { (transaction) throws(LedgerError) in
            try transaction.put(User(name: "a", note: "new"), in: scope)
            try transaction.delete(User.self, "a", in: scope)
            return .commit(())
        }
        let entries = try await ledger.follow(after: 0).entries
        #expect(entries.map(\.change.requestID) == ["made", "changed", "changed"])
        #expect(try entries.map { try $0.change.decodeBefore(User.self)?.note } == [nil, "a's", "new"])
        #expect(try entries.map { try $0.change.decodeAfter(User.self)?.note } == ["a's", "new", nil])
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        #expect(entries.allSatisfy { abs($0.time - now) < 60_000 })
    }

    @Test func onlyTheKindsThatAreAskedForCome() async throws {
        let ledger = try ledger()
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            for number in 0..<6 {
                try transaction.put(User(name: "u\(number)"), in: scope)
                try transaction.put(Role(id: "r\(number)"), in: scope)
                try transaction.put(Counter(id: "c", value: number), in: scope)
            }
            return .commit(())
        }
        let roles = try await ledger.follow(after: 0, kinds: [Role.kind], limit: 4)
        #expect(ids(roles) == ["r0", "r1", "r2", "r3"])
        #expect(ids(try await ledger.follow(after: roles.last, kinds: [Role.kind])) == ["r4", "r5"])
        let both = try await ledger.follow(after: 0, kinds: [Role.kind, User.kind], limit: 5)
        #expect(ids(both) == ["u0", "r0", "u1", "r1", "u2"])
        // Of what keeps no history only the last change is there.
        #expect(try await ledger.follow(after: 0, kinds: [Counter.kind]).entries.count == 1)
        // At the end it is as far as the journal, whatever kind came last.
        let end = try await ledger.follow(after: 0, kinds: [Role.kind])
        #expect(end.last == (try await ledger.lastSequence()))
    }

    @Test func largeRecordsMayLeaveOutHowTheyWere() async throws {
        let ledger = try ledger()
        for value in 1...2 {
            try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
                try transaction.put(Bulky(id: "x", value: value), in: scope)
                return .commit(())
            }
        }
        let last = try #require(try await ledger.follow(after: 0).entries.last).change
        #expect(last.before == nil)
        #expect(try last.decodeAfter(Bulky.self)?.value == 2)
    }

    @Test func oneRecordsHistoryIsFoundByItself() async throws {
        let ledger = try ledger()
        for number in 1...5 {
            try await ledger.write(requestID: "\(number)") { (transaction) throws(LedgerError) in
                try transaction.put(User(name: "a", note: "\(number)"), in: scope)
                try transaction.put(User(name: "b", note: "\(number)"), in: scope)
                try transaction.put(User(name: "a", note: "elsewhere"), in: Scope(account: "2", region: "x"))
                return .commit(())
            }
        }
        let (latest, earlier) = try await ledger.read { (reader) throws(LedgerError) in
            let latest = try reader.history(of: User.self, "a", in: scope, limit: 2)
            return (
                latest,
                try reader.history(of: User.self, "a", in: scope, before: latest.last?.change.sequence, limit: 9)
            )
        }
        #expect(try latest.map { try $0.change.decodeAfter(User.self)?.note } == ["5", "4"])
        #expect(try earlier.map { try $0.change.decodeAfter(User.self)?.note } == ["3", "2", "1"])
    }

    @Test func retentionForgetsEntriesAndSaysSoToWhoWasTooSlow() async throws {
        let ledger = try ledger()
        try await put(ledger, "a", "b", "c")
        let middle = try await ledger.follow(after: 0, limit: 2).last
        let later = Int64(Date().timeIntervalSince1970 * 1000) + 1
        try await ledger.purgeJournal(before: later, through: middle)
        #expect(ids(try await ledger.follow(after: middle)) == ["c"])
        #expect(try await ledger.follow(after: 0).hasGap)
        #expect(try await !ledger.follow(after: middle).hasGap)
        // The last one of all stays, so that no number is ever given twice.
        try await ledger.purgeJournal(before: later)
        #expect(ids(try await ledger.follow(after: 0)) == ["c"])
        let last = try await ledger.lastSequence()
        try await put(ledger, "d")
        #expect(try await ledger.lastSequence() == last + 1)
        let users = try await ledger.read { (reader) throws(LedgerError) in
            try reader.list(User.self, in: scope, limit: 9).map(\.name)
        }
        #expect(users == ["a", "b", "c", "d"])
    }

    @Test func eventsAreFollowedSegmentBySegment() async throws {
        let ledger = try ledger()
        var seen: [String] = []
        var last: Int64 = 0
        for round in 0..<3 {
            for number in 0..<3 {
                try ledger.record(makeEvent("\(round)-\(number)", time: 1_700_000_000_000 + Int64(round * 10 + number)))
            }
            try await ledger.flushEvents()
            let page = try await ledger.followEvents(after: last)
            seen += page.events.map { $0.attributes[0].value }
            #expect(page.last > last)
            last = page.last
        }
        #expect(seen.count == 9 && Set(seen).count == 9)
        #expect(try await ledger.followEvents(after: last).events.isEmpty)
        #expect(try await ledger.followEvents(after: 0, limit: 1).events.count == 3)
    }
}

private struct Bulky: LedgerRecord {
    static let kind = "Bulky"
    static let journalsBefore = false
    var id: String
    var value: Int
}
