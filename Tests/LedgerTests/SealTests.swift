import Foundation
import GRDB
import Keyring
import Testing

@testable import Ledger

@Suite struct SealTests {
    private static let secret = "the-secret-that-must-not-be-found"

    @Test func nothingSecretIsInTheFiles() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        try await ledger.put(User(name: "alice", note: Self.secret + "-1"))
        try await ledger.put(User(name: "alice", note: Self.secret + "-2"))
        try await ledger.recordDurably(makeEvent(body: Self.secret))
        for file in ["ledger.sqlite", "ledger.sqlite-wal"] {
            let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.data + "/" + file))
            #expect(bytes.range(of: Data(Self.secret.utf8)) == nil)
            if file.hasSuffix("wal") { #expect(bytes.range(of: Data("alice".utf8)) != nil, "the scan works") }
        }
        await ledger.close()
        let bytes = try Data(contentsOf: URL(fileURLWithPath: directory.data + "/ledger.sqlite"))
        #expect(bytes.range(of: Data(Self.secret.utf8)) == nil)
    }

    @Test(
        arguments: Backend.allCases,
        [
            "UPDATE record SET body = (SELECT body FROM record WHERE id = 'bob') WHERE id = 'alice'",
            "UPDATE record SET (version, body) = (SELECT version, body FROM record WHERE id = 'bob') WHERE id = 'alice'",
            "UPDATE record SET version = 1 WHERE id = 'alice'",
            "UPDATE record SET body = (SELECT after FROM journal WHERE sequence = 1) WHERE id = 'alice'",
            "UPDATE record SET body = substr(body, 1, length(body) - 2) WHERE id = 'alice'",
            "UPDATE record SET body = x'' WHERE id = 'alice'",
            "UPDATE record SET body = x'01' WHERE id = 'alice'",
            "UPDATE record SET account = '222222222222' WHERE id = 'alice'",
        ])
    func changesFromOutsideAreNoticed(on backend: Backend, sql: String) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(User(name: "alice", note: "old"), User(name: "bob"))
        try await ledger.put(User(name: "alice", note: "new"))
        try await ledger.tamper(sql)
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.read { reader throws(LedgerError) in
                for account in [scope.account, "222222222222"] {
                    _ = try reader.get(User.self, "alice", in: Scope(account: account))
                }
            }
        }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains("new") == false)
        #expect(throws: LedgerError.self) { try ledger.replay([User.kind]) { _ in } }
        #expect(try await ledger.user("bob") != nil)
    }

    @Test(
        arguments: Backend.allCases,
        [
            "UPDATE event_segment SET body = (SELECT body FROM event_segment WHERE sequence = 2) WHERE sequence = 1",
            "UPDATE event_segment SET body = substr(body, 2) WHERE sequence = 1",
            "UPDATE event_segment SET last_time = last_time + 1 WHERE sequence = 1",
        ])
    func changedEventsAreNoticed(on backend: Backend, sql: String) async throws {
        let ledger = try backend.ledger()
        try await ledger.recordDurably(makeEvent(time: 1000))
        try await ledger.recordDurably(makeEvent(time: 1000))
        try await ledger.tamper(sql)
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.events(EventQuery(account: scope.account))
        }
        #expect(error?.kind == .corrupt)
    }

    @Test func theJournalHoldsTheSealedBodiesOfTheRecord() async throws {
        let ledger = try Ledger.inMemory()
        try await ledger.put(User(name: "alice", note: "1"), requestID: "a")
        try await ledger.put(User(name: "alice", note: "2"), requestID: "b")
        let rows = try ledger.database.unsafeRead { database in
            try Row.fetchAll(database, sql: "SELECT * FROM journal ORDER BY sequence")
        }
        #expect(rows.map { $0["request_id"] as String } == ["a", "b"])
        #expect(rows.map { $0["before_version"] as Int64? } == [nil, 1])
        let after: Data? = rows[0]["after"]
        #expect(after != nil && after == rows[1]["before"] as Data?)
        let key = RecordKey(scope: scope, kind: User.kind, id: "alice")
        let json = try ledger.records.open([UInt8](rows[1]["after"] as Data), key, version: 2)
        #expect(String(decoding: json, as: UTF8.self).contains(#""note":"2""#))
    }
}
