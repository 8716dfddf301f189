import Foundation
import GRDB
import Keyring
import Testing

@testable import Ledger

/// Records of earlier and later versions of the program.
@Suite struct RecordVersionTests {
    private struct First: LedgerRecord {
        static let kind = "Thing"
        var id: String
        var size: Int
    }

    /// A member renamed in version 2, one without a default added in version 3.
    private struct Third: LedgerRecord, Equatable {
        static let kind = "Thing"
        static let version = 3
        var id: String
        var length: Int
        var tags: [String: String]

        static func upgrade(_ fields: inout RecordFields, from version: Int) throws {
            switch version {
            case 1: fields.rename("size", to: "length")
            case 2: fields["tags"] = .object(["from": .text("2")])
            default: break
            }
        }
    }

    /// As somebody would write it who forgot the version.
    private struct Careless: LedgerRecord {
        static let kind = "Thing"
        var id: String
        var size: Int
        var color: String
    }

    private func ledger() async throws -> Ledger {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.put(First(id: "a", size: 7), in: scope)
            return .commit(())
        }
        return ledger
    }

    @Test func anOlderRecordIsLedUpStepByStep() async throws {
        let ledger = try await ledger()
        let expected = Third(id: "a", length: 7, tags: ["from": "2"])
        let (one, all) = try await ledger.read { (reader) throws(LedgerError) in
            (try reader.get(Third.self, "a", in: scope), try reader.list(Third.self, in: scope, limit: 9))
        }
        #expect(one == expected && all == [expected])
        let followed = try #require(try await ledger.follow(after: 0).entries.first).change
        #expect(try followed.decodeAfter(Third.self) == expected)
        var replayed: [Third?] = []
        try ledger.replay([Third.kind]) { (change) throws(LedgerError) in
            replayed.append(try change.decodeAfter(Third.self))
        }
        #expect(replayed == [expected])
    }

    @Test func whatIsWrittenAnewHasTheNewVersion() async throws {
        let ledger = try await ledger()
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            guard var thing = try transaction.get(Third.self, "a", in: scope) else { return .rollback(()) }
            thing.tags = ["mine": "1"]
            try transaction.put(thing, in: scope)
            return .commit(())
        }
        let thing = try await ledger.read { (reader) throws(LedgerError) in
            try reader.get(Third.self, "a", in: scope)
        }
        #expect(thing?.tags == ["mine": "1"])
        // The older program does not take it for something else.
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.read { (reader) throws(LedgerError) in try reader.get(First.self, "a", in: scope) }
        }
        #expect(error?.kind == .newerFormat)
        #expect(error?.message.contains("Thing a of account \(scope.account)") == true)
        #expect(error?.message.contains("version 3") == true)
    }

    @Test func aRecordThatCanNotBeReadIsAnErrorThatNamesIt() async throws {
        let ledger = try await ledger()
        let got = await #expect(throws: LedgerError.self) {
            try await ledger.read { (reader) throws(LedgerError) in try reader.get(Careless.self, "a", in: scope)?.id }
        }
        let listed = await #expect(throws: LedgerError.self) {
            try await ledger.read { (reader) throws(LedgerError) in
                try reader.list(Careless.self, in: scope, limit: 9).count
            }
        }
        for error in [got, listed] {
            #expect(error?.kind == .corrupt)
            #expect(error?.message.contains("Thing a of account \(scope.account)") == true)
            #expect(error?.message.contains("7") == false, "no contents")
        }
    }

    /// The tables as version 0.1 made them.
    @Test func aLedgerOfTheFirstFormatIsLedUp() async throws {
        let directory = try TemporaryDirectory()
        do {
            let ledger = try directory.open()
            try await ledger.write(requestID: "old") { (transaction) throws(LedgerError) in
                try transaction.put(User(name: "alice"), in: scope)
                return .commit(())
            }
            await ledger.close()
        }
        try await DatabaseQueue(path: directory.data + "/ledger.sqlite").write { database in
            try database.execute(
                sql: """
                    DROP INDEX record_by_kind; DROP INDEX journal_by_kind; DROP INDEX journal_by_record;
                    DROP TABLE deadline; UPDATE meta SET value = 1 WHERE name = 'format';
                    """)
        }
        let ledger = try directory.open()
        let entries = try await ledger.follow(after: 0, kinds: [User.kind]).entries
        #expect(entries.map(\.change.requestID) == ["old"])
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.schedule(Deadline(kind: "k", scope: scope, id: "i", due: 5))
            return .commit(())
        }
        await ledger.close()
        let again = try directory.open()
        #expect(try again.nextDeadline(["k"], realTime: 0) == 5)
        await again.close()
    }

    @Test func onlyWhoIsAskedForIsOpened() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        try await ledger.write(requestID: "") { (transaction) throws(LedgerError) in
            try transaction.put(User(name: "alice"), in: scope)
            try transaction.put(Role(id: "worker"), in: scope)
            return .commit(())
        }
        // A body that nobody could open.
        try await ledger.database.write { try $0.execute(sql: "UPDATE record SET body = x'00' WHERE kind = 'AWS::IAM::Role'") }
        var seen: [String] = []
        try ledger.replay([User.kind]) { seen.append($0.id) }
        #expect(seen == ["alice"])
        #expect(throws: LedgerError.self) { try ledger.replay([Role.kind]) { _ in } }
    }
}
