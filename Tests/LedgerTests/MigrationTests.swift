import Foundation
import Keyring
import Testing

@testable import Ledger

@Suite struct MigrationTests {
    private let kinds: [any LedgerRecord.Type] = [User.self, Role.self, Counter.self]

    /// A ledger with something of everything.
    private func fill(_ place: Place) async throws {
        let ledger = try place.open()
        for number in 0..<30 {
            try await ledger.put(
                User(name: "u\(number)", groups: ["g\(number % 3)"], note: "é\u{0301}"), Counter(id: "c", value: number)
            )
        }
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.delete(User.self, "u7", in: scope)
            try transaction.schedule(Deadline(kind: "Close", scope: scope, id: "a", due: 5, payload: [1, 2]))
            try transaction.record(makeEvent("CreateUser"))
            return .commit(())
        }
        _ = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            .commit(try transaction.claimDeadline(["Close"], now: 9, realTime: 0, until: .max))
        }
        await ledger.close()
    }

    private func content(_ ledger: Ledger) async throws -> [String] {
        var lines: [String] = []
        try ledger.replay([User.kind, Counter.kind]) { change in
            lines.append("\(change.kind) \(change.id) \(change.sequence) \(change.after ?? [])")
        }
        lines.sort()
        lines += try await ledger.follow(after: 0, limit: 999).entries.map { "\($0.time) \($0.change)" }
        lines += try await ledger.events(EventQuery(account: scope.account)).events.map { "\($0)" }
        lines += try await ledger.read { reader throws(LedgerError) in
            try reader.deadlines(limit: 9).map { "\($0)" }
                + [
                    "\(try reader.count(User.self, in: scope))",
                    "\(try reader.referrers(User.self, relation: "group", to: "g1", in: scope, limit: 99).map(\.name))",
                ]
        }
        return lines
    }

    @Test(arguments: Backend.allCases) func everythingIsThereAndGoesOn(from backend: Backend) async throws {
        let source = try backend.place()
        try await fill(source)
        let target = try (backend == .sqlite ? Backend.postgres : .sqlite).place()
        let keyring = try KeyFile(path: source.directory.key)
        let found = try Migration.run(from: source.location, to: target.location, keyring: keyring, kinds)
        #expect(found.damage == [])

        let (old, new) = (try source.open(), try Ledger(at: target.location, keyring: keyring))
        #expect(try await content(new) == content(old))
        await old.close()
        let last = try await new.lastSequence()
        let segment = try await new.lastEventSegment()
        // The claim of a server that is gone holds nobody up.
        let lease = try await new.write(requestID: "") { transaction throws(LedgerError) in
            .commit(try transaction.claimDeadline(["Close"], now: 9, realTime: 0, until: 1))
        }
        #expect(lease != nil)
        try await new.put(User(name: "new"))
        try await new.recordDurably(makeEvent())
        #expect(try await new.lastSequence() == last + 1)
        #expect(try await new.lastEventSegment() == segment + 1)
        await new.close()
    }

    @Test(arguments: Backend.allCases) func whatWasInterruptedGoesOn(from backend: Backend) async throws {
        let source = try backend.place()
        try await fill(source)
        let target = try (backend == .sqlite ? Backend.postgres : .sqlite).place()
        let keyring = try KeyFile(path: source.directory.key)
        // A kind that nobody knows is damage, and keeps the ledger from being opened: as if it had ended there.
        #expect(try !Migration.run(from: source.location, to: target.location, keyring: keyring, [User.self]).isClean)
        let error = #expect(throws: LedgerError.self) { try Ledger(at: target.location, keyring: keyring) }
        #expect(error?.message.contains("gatehouse migrate") == true)

        #expect(try Migration.run(from: source.location, to: target.location, keyring: keyring, kinds).isClean)
        await (try Ledger(at: target.location, keyring: keyring)).close()
        // What is whole is not written over.
        let refusal = #expect(throws: LedgerError.self) {
            try Migration.run(from: source.location, to: target.location, keyring: keyring, kinds)
        }
        #expect(refusal?.kind == .invalid)
    }

    @Test func aSourceThatHasChangedIsRefused() async throws {
        let source = try Backend.sqlite.place()
        try await fill(source)
        let target = try Backend.postgres.place()
        let keyring = try KeyFile(path: source.directory.key)
        _ = try Migration.run(from: source.location, to: target.location, keyring: keyring, [User.self])
        let ledger = try source.open()
        try await ledger.put(User(name: "late"))
        await ledger.close()
        let error = #expect(throws: LedgerError.self) {
            try Migration.run(from: source.location, to: target.location, keyring: keyring, kinds)
        }
        #expect(error?.message.contains("has changed") == true)
    }
}
