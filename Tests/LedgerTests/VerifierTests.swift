import Foundation
import GRDB
import Keyring
import Testing

@testable import Ledger

/// What `Ledger.verify` says of a ledger that is well, whatever was done to it; what it says of damage is shown on real
/// directories, by Tests/Clients/test_verify.py.
@Suite struct VerifierTests {
    private static let kinds: [any LedgerRecord.Type] = [User.self, Role.self, Counter.self, Large.self]

    private func verify(_ ledger: Ledger) throws -> Verification { try ledger.verify(Self.kinds) }

    @Test(arguments: Backend.allCases) func aNewLedgerIsWhole(on backend: Backend) throws {
        let directory = try backend.place()
        let result = try verify(try directory.open())
        #expect(result.damage == [])
        #expect(result.format == Format.current)
        #expect(result.lastSequence == 0)
    }

    /// Whatever was done, in whatever order: nothing is found that is not there.
    @Test(arguments: Backend.allCases, 0..<12 as Range<UInt64>) func whatWasDoneInOrderIsWhole(
        on backend: Backend, seed: UInt64
    ) async throws {
        let directory = try backend.place()
        var random = SeededGenerator(seed: seed)
        var ledger = try directory.open()
        for step in 0..<60 {
            let (choice, id) = (Int.random(in: 0..<12, using: &random), "x\(Int.random(in: 0..<6, using: &random))")
            let event = makeEvent(time: 1_700_000_000_000 + Int64(step) * 1000, using: &random)
            try await ledger.write(requestID: "\(step)") { transaction throws(LedgerError) in
                switch choice {
                case 0: try transaction.delete(User.self, id, in: scope)
                case 1: try transaction.delete(Counter.self, id, in: scope)
                case 2: try transaction.put(Role(id: id, policy: "p\(step % 3)"), in: scope)
                case 3, 4: try transaction.put(Counter(id: id, value: step), in: scope)
                case 5: try transaction.put(Large(id: id, text: "\(step)"), in: scope)
                case 6: try transaction.schedule(Deadline(kind: "K", scope: scope, id: id, due: Int64(step)))
                case 7: try transaction.cancelDeadline("K", id, in: scope)
                case 8:
                    if let lease = try transaction.claimDeadline(["K"], now: .max, realTime: 0, until: 10) {
                        try transaction.complete(lease)
                    }
                case 9:
                    if let lease = try transaction.claimDeadline(["K"], now: .max, realTime: 0, until: 10) {
                        try transaction.postpone(lease, until: Int64(step))
                    }
                default: try transaction.put(User(name: id, groups: ["g\(step % 4)"]), in: scope)
                }
                try transaction.record(event)
                return step % 9 == 8 ? .rollback(()) : .commit(())
            }
            if step == 20 { try await ledger.purgeJournal(before: .max, through: 9) }
            if step == 30 { try await ledger.purgeEvents(before: 1_700_000_010_000) }
            if step == 40 {
                await ledger.close()
                ledger = try directory.open()
            }
            if step % 7 == 0 { #expect(try verify(ledger).damage == []) }
        }
        let result = try verify(ledger)
        #expect(result.damage == [])
        #expect(result.lastSequence > 20)
        #expect(result.events > 10)
        let reader = try directory.open(readOnly: true)
        #expect(try verify(reader).damage == [])
    }

    private struct Member: LedgerRecord {
        static let kind = "Member"
        var id: String
        var aliases: [String] { ["alias-" + id] }
        var needs: String?
        var requirements: [Requirement] { needs.map { [Requirement(Self.kind, $0)] } ?? [] }
    }

    @Test(arguments: Backend.allCases) func whatARecordNeedsIsFoundByIdOrAlias(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        // Also of one that comes later in the order of keys.
        try await ledger.put(Member(id: "a", needs: "b"), Member(id: "b"), Member(id: "c", needs: "alias-a"))
        #expect(try ledger.verify([Member.self]).damage == [])
        try await ledger.put(Member(id: "d", needs: "nobody"))
        #expect(
            try ledger.verify([Member.self]).damage
                == [
                    Damage(
                        .record, RecordKey(scope: scope, kind: Member.kind, id: "d"),
                        "It belongs to Member nobody, which does not exist.")
                ])
        // Whose account is not there either.
        #expect(try ledger.verify([Member.self], accountKind: "Account").damage.count == 2)
    }

    @Test(arguments: Backend.allCases) func aKindThatNobodyKnowsIsNamed(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(Member(id: "a"))
        let damage = try ledger.verify([]).damage
        #expect(damage.map(\.place) == ["record Member a of account 111111111111"])
    }

    @Test func aCopyShowsOneMoment() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        for number in 0..<400 {
            try await ledger.put(User(name: "user\(number)", note: String(repeating: "x", count: 2000)))
        }
        let target = directory.path + "/copy"
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: false)
        var parts: [Double] = []
        // Each step lets a writer in.
        let copy = try ledger.copy(to: target) { part in
            parts.append(part)
            _ = try? DatabaseQueue(path: directory.data + "/ledger.sqlite").write {
                try $0.execute(sql: "UPDATE counter SET count = count + 1")
            }
        }
        #expect(copy.lastSequence == 400)
        #expect(parts.last == 1)
        let copied = try Ledger(at: .directory(target), keyring: KeyFile(path: directory.key), readOnly: true)
        #expect(try verify(copied).damage == [])
        #expect(try await copied.userCount() == 400)
        // One file, that can be read where nothing can be written.
        #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["ledger.sqlite"])
        // And the writers were not held up, nor is what they did in it.
        #expect(try await ledger.userCount() > 400)
    }

    /// A ledger of format 2: as one of today without what later formats have on top.
    @Test func aLedgerOfTheSecondFormatIsCarriedOver() async throws {
        let directory = try TemporaryDirectory()
        var ledger = try directory.open()
        try await ledger.put(User(name: "alice"), Counter(id: "c", value: 1))
        try await ledger.put(User(name: "alice", note: "2"), Counter(id: "c", value: 2), Counter(id: "c", value: 3))
        try await ledger.recordDurably(makeEvent())
        await ledger.close()
        let sealer = RecordSealer(key: try KeyFile(path: directory.key).sealingKey(for: "ledger"))
        let key = RecordKey(scope: scope, kind: "Close", id: "a")
        var place = SealContext("deadline")
        for part in [key.scope.account, key.scope.region, key.kind, key.id] { place.append(part) }
        place.append(Int64(7))
        let payload = try sealer.key.seal([1, 2], authenticating: place.bytes)
        try await DatabaseQueue(path: directory.data + "/ledger.sqlite").write { database in
            try database.execute(sql: "ALTER TABLE journal DROP COLUMN seal")
            try database.execute(sql: "DROP TABLE table_row; DROP TABLE table_index")
            try database.execute(sql: "DELETE FROM meta WHERE name NOT IN ('format', 'canary')")
            try database.execute(sql: "UPDATE meta SET value = 2 WHERE name = 'format'")
            try database.execute(
                sql: "INSERT INTO deadline VALUES (?, '', 'Close', 'a', 5, 7, 0, ?, NULL, NULL)",
                arguments: [scope.account, Data(payload)])
        }
        let reader = try directory.open(readOnly: true)
        let before = try verify(reader)
        #expect(before.damage == [])
        #expect(before.format == 2)
        await reader.close()

        for _ in 0..<2 {
            ledger = try directory.open()
            let after = try verify(ledger)
            #expect(after.damage == [])
            #expect(after.format == Format.current)
            #expect(try await ledger.user("alice")?.note == "2")
            let deadlines = try await ledger.read { reader throws(LedgerError) in try reader.deadlines(limit: 9) }
            #expect(deadlines == [Deadline(kind: "Close", scope: scope, id: "a", due: 5, payload: [1, 2])])
            await ledger.close()
        }
    }

    /// Every column of an entry is under its seal, and every one of a deadline but for the lease.
    @Test(
        arguments: Backend.allCases,
        [
            "UPDATE journal SET time = time + 1", "UPDATE journal SET request_id = ''",
            "UPDATE journal SET account = '1'",
            "UPDATE journal SET region = 'r'", "UPDATE journal SET kind = 'k'", "UPDATE journal SET id = 'i'",
            "UPDATE journal SET sequence = 9", "UPDATE journal SET before_version = 8",
            "UPDATE deadline SET due = 1", "UPDATE deadline SET attempts = 1", "UPDATE deadline SET number = 1",
            "UPDATE deadline SET kind = 'k'", "UPDATE deadline SET id = 'i'", "UPDATE deadline SET region = 'r'",
        ])
    func everythingIsSealed(on backend: Backend, sql: String) async throws {
        let directory = try backend.place()
        let ledger = try directory.open()
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(User(name: "alice"), in: scope)
            try transaction.schedule(Deadline(kind: "Close", scope: scope, id: "a", due: 5))
            return .commit(())
        }
        try await ledger.tamper(sql)
        let table: LedgerTable = sql.contains("journal") ? .journal : .deadline
        let damage = try verify(ledger).damage.filter { $0.table == table }
        #expect(damage.contains { $0.message == Verifier.sealIsBroken })
    }
}
