import FoundationEssentials
import Keyring
import Ledger
import Synchronization
import Testing

struct Group: Record {
    static let kind = "AWS::IAM::Group"
    var id: String { name }
    var name: String
}

private struct User: Record {
    static let kind = "AWS::IAM::User"
    var id: String { name }
    var name: String
    var groups: [String]

    var references: [Reference] { groups.map { Reference("group", to: $0) } }
}

private enum Later {
    struct Group: Record {
        static let kind = "AWS::IAM::Group"
        static let version = 2
        var id: String { name }
        var name: String
        var path: String

        static func upgrade(_ fields: inout RecordFields, from version: Int) {
            if version == 1 { fields["path"] = .text("/") }
        }
    }
}

/// What the documentation of `Ledger` and `Keyring` shows.
struct LedgerExamples {
    private let scope = Scope(account: "111122223333")
    private let requestID = newID()

    private static func newID(_ milliseconds: Int64 = 1_800_000_000_000) -> String {
        var random = SystemRandomNumberGenerator()
        return UUIDv7.make(milliseconds: milliseconds, using: &random)
    }

    private func event() -> Event {
        Event(
            id: Self.newID(), requestID: requestID, account: "111122223333", time: 1_800_000_000_000,
            attributes: [EventAttribute("EventName", "CreateUser")], body: Array("{}".utf8), decision: [])
    }

    private func withFolder(_ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("gatehouse-\(Self.newID())").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test func opening() async throws {
        try await withFolder { path in
            let ledger = try Ledger(at: .directory(path), keyring: KeyFile(path: path + "/key"))
            try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
                try transaction.put(Group(name: "devs"), in: scope)
                return .commit(())
            }
            let group = try await ledger.read { reader throws(LedgerError) in
                try reader.get(Group.self, "devs", in: scope)
            }
            #expect(group?.name == "devs")
            await ledger.close()
            #expect(throws: LedgerError.self) {
                try Ledger(at: .directory(path), keyring: EphemeralKeyring())
            }
        }
    }

    @Test func transactions() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let (scope, event) = (scope, event())
        for expected in [true, false] {
            let isNew = try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
                guard try transaction.get(Group.self, "devs", in: scope) == nil else { return .rollback(false) }
                try transaction.put(Group(name: "devs"), in: scope)
                try transaction.record(event)
                return .commit(true)
            }
            #expect(isNew == expected)
        }
        #expect(try await ledger.event(requestID: requestID) == event)
    }

    @Test func verifying() async throws {
        try await withFolder { path in
            let ledger = try Ledger(at: .directory(path), keyring: EphemeralKeyring())
            let scope = scope
            try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
                try transaction.put(Group(name: "devs"), in: scope)
                return .commit(())
            }
            let found = try ledger.verify([Group.self])
            for damage in found.damage { print("\(damage.place): \(damage.message)") }
            #expect(found.isClean && found.counts[.record]?.rows == 1)
            // A kind of record that nobody knows is damage.
            let unknown = try ledger.verify([User.self])
            #expect(unknown.damage.map(\.place) == ["record AWS::IAM::Group devs of account 111122223333"])

            let folder = path + "/copy"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
            let moment = try ledger.copy(to: folder) { print("\(Int($0 * 100)) %") }
            #expect(moment.lastSequence == 1)
            await ledger.close()
        }
    }

    @Test func references() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let scope = scope
        try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
            try transaction.put(User(name: "ann", groups: ["devs"]), in: scope)
            try transaction.put(User(name: "bob", groups: []), in: scope)
            return .commit(())
        }
        let names = try await ledger.read { reader throws(LedgerError) in
            let members = try reader.referrers(User.self, relation: "group", to: "devs", in: scope, limit: 100)
            return members.map(\.name)
        }
        #expect(names == ["ann"])
    }

    @Test func versions() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let scope = scope
        try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
            try transaction.put(Group(name: "devs"), in: scope)
            return .commit(())
        }
        let group = try await ledger.read { reader throws(LedgerError) in
            try reader.get(Later.Group.self, "devs", in: scope)
        }
        #expect(group?.path == "/")
    }

    /// The groups that there are, kept in step by the ledger.
    private final class Groups: Sendable {
        private let groups = Mutex<[String: Group]>([:])

        func apply(_ changes: [Change]) throws(LedgerError) {
            for change in changes where change.kind == Group.kind {
                let group = try change.decodeAfter(Group.self)
                groups.withLock { $0[change.id] = group }
            }
        }

        var names: [String] { groups.withLock { $0.keys.sorted() } }
    }

    @Test func following() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let (scope, groups) = (scope, Groups())
        ledger.observe { try? groups.apply($0) }
        for name in ["devs", "ops"] {
            try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
                try transaction.put(Group(name: name), in: scope)
                return .commit(())
            }
        }
        #expect(groups.names == ["devs", "ops"])

        var seen: [String] = []
        var last: Int64 = 0
        var isEnd = false
        while !isEnd {
            let page = try await ledger.follow(after: last, kinds: [Group.kind])
            for entry in page.entries { seen.append(entry.change.id) }
            (last, isEnd) = (page.last, page.isEnd)
        }
        #expect(seen == ["devs", "ops"])
    }

    @Test func deadlines() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        let (scope, now): (Scope, Int64) = (scope, 1_800_000_000_000)
        try await ledger.write(requestID: requestID) { transaction throws(LedgerError) in
            try transaction.put(Group(name: "devs"), in: scope)
            try transaction.schedule(Deadline(kind: "DeleteGroup", scope: scope, id: "devs", due: now + 60_000))
            return .commit(())
        }
        let later = now + 60_000
        let lease = try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            .commit(try transaction.claimDeadline(["DeleteGroup"], now: later, realTime: now, until: now + 5_000))
        }
        let claimed = try #require(lease)
        try await ledger.write(requestID: "") { transaction throws(LedgerError) in
            try transaction.delete(Group.self, claimed.deadline.id, in: claimed.deadline.scope)
            try transaction.complete(claimed)
            return .commit(())
        }
        #expect(try await ledger.nextDeadline(["DeleteGroup"], realTime: now) == nil)
    }

    @Test func events() async throws {
        let ledger = try Ledger(at: .memory, keyring: EphemeralKeyring())
        try ledger.record(event())
        var found: [String] = []
        var query = EventQuery(account: "111122223333", attribute: EventAttribute("EventName", "CreateUser"))
        repeat {
            let page = try await ledger.events(query)
            for event in page.events { found.append(event.requestID) }
            query.cursor = page.cursor
        } while query.cursor != nil
        #expect(found == [requestID])
    }

    @Test func sealing() async throws {
        try await withFolder { path in
            let keyring = try KeyFile(path: path + "/key")
            let key = try keyring.sealingKey(for: "session-token")
            let sealed = try key.seal(Array("hello".utf8), authenticating: Array("AKIAEXAMPLE".utf8))
            #expect(try key.open(sealed, authenticating: Array("AKIAEXAMPLE".utf8)) == Array("hello".utf8))
            let another = try keyring.sealingKey(for: "ledger")
            #expect(throws: KeyringError.self) {
                try another.open(sealed, authenticating: Array("AKIAEXAMPLE".utf8))
            }
        }
    }
}
