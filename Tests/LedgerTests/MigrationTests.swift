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
            for number in 0..<9 {
                try transaction.put(ObjectName(name: "\0\(number)", size: 3, tag: number < 5 ? "x" : nil), in: scope)
            }
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
                    "\(try reader.list(ObjectName.self, of: "bucket", in: scope, limit: 99))",
                    "\(try reader.list(ObjectName.self, by: "tag", of: "bucket", in: scope, limit: 99).count)",
                    "\(try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope))",
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
        let found = try Migration.run(
            from: source.location, to: target.location, keyring: keyring, kinds, tables: TableTests.tables)
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
        #expect(
            try !Migration.run(
                from: source.location, to: target.location, keyring: keyring, [User.self], tables: TableTests.tables
            ).isClean)
        let error = #expect(throws: LedgerError.self) { try Ledger(at: target.location, keyring: keyring) }
        #expect(error?.message.contains("gatehouse migrate") == true)

        #expect(
            try Migration.run(
                from: source.location, to: target.location, keyring: keyring, kinds, tables: TableTests.tables
            ).isClean)
        await (try Ledger(at: target.location, keyring: keyring)).close()
        // What is whole is not written over.
        let refusal = #expect(throws: LedgerError.self) {
            try Migration.run(
                from: source.location, to: target.location, keyring: keyring, kinds, tables: TableTests.tables)
        }
        #expect(refusal?.kind == .invalid)
    }

    /// A copy of a ledger is the same file, wherever the ledger is; and from it a ledger is made again, wherever it is to be.
    @Test(arguments: Backend.allCases, Backend.allCases) func aCopyIsRestored(
        from backend: Backend, to other: Backend
    ) async throws {
        let source = try backend.place()
        try await fill(source)
        let keyring = try KeyFile(path: source.directory.key)
        let ledger = try source.open()
        let folder = source.directory.path + "/copy"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        var fractions: [Double] = []
        let moment = try ledger.copy(to: folder) { fractions.append($0) }
        #expect(moment.format == Format.current && moment.lastSegment == 1)
        #expect(moment.lastSequence == (try await ledger.lastSequence()))
        #expect(fractions == fractions.sorted() && fractions.allSatisfy { $0 <= 1 })
        // What comes after it is not in it.
        let wanted = try await content(ledger)
        try await ledger.put(User(name: "late"))
        await ledger.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["ledger.sqlite"])
        let copy = try Ledger(at: .directory(folder), keyring: keyring, readOnly: true)
        #expect(try copy.verify(kinds, tables: TableTests.tables).damage == [])
        await copy.close()

        let before = try Data(contentsOf: URL(filePath: folder + "/ledger.sqlite"))
        let target = try other.place()
        #expect(
            try Migration.run(
                from: .directory(folder), isFrozen: true, to: target.location, keyring: keyring, kinds,
                tables: TableTests.tables
            ).isClean)
        #expect(try Data(contentsOf: URL(filePath: folder + "/ledger.sqlite")) == before)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["ledger.sqlite"])
        let restored = try Ledger(at: target.location, keyring: keyring)
        #expect(try await content(restored) == wanted)
        await restored.close()
    }

    /// Rows of tables are not in the journal, but a change of them is noticed all the same.
    @Test(arguments: [true, false]) func aSourceThatHasChangedIsRefused(inTables: Bool) async throws {
        let source = try Backend.sqlite.place()
        try await fill(source)
        let target = try Backend.postgres.place()
        let keyring = try KeyFile(path: source.directory.key)
        _ = try Migration.run(
            from: source.location, to: target.location, keyring: keyring, [User.self], tables: TableTests.tables)
        let ledger = try source.open()
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            if inTables {
                try transaction.put(ObjectName(name: "late"), in: scope)
            } else {
                try transaction.put(User(name: "late"), in: scope)
            }
            return .commit(())
        }
        await ledger.close()
        let error = #expect(throws: LedgerError.self) {
            try Migration.run(
                from: source.location, to: target.location, keyring: keyring, kinds, tables: TableTests.tables)
        }
        #expect(error?.message.contains("has changed") == true)
    }
}
