import Keyring
import Ledger
import Synchronization
import Testing

@Suite struct RecordTests {
    @Test(arguments: Backend.allCases) func putGetReplaceDelete(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        #expect(try await ledger.user("alice") == nil)
        try await ledger.put(User(name: "alice", note: "1"))
        #expect(try await ledger.user("alice") == User(name: "alice", note: "1"))
        try await ledger.put(User(name: "alice", note: "2"))
        #expect(try await ledger.user("alice") == User(name: "alice", note: "2"))
        #expect(try await ledger.userCount() == 1)

        let deleted = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            .commit([
                try transaction.delete(User.self, "alice", in: scope),
                try transaction.delete(User.self, "alice", in: scope),
            ])
        }
        #expect(deleted == [true, false])
        #expect(try await ledger.user("alice") == nil)
        #expect(try await ledger.userCount() == 0)
    }

    @Test(arguments: Backend.allCases) func scopesAndKindsAreApart(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let elsewhere = Scope(account: scope.account, region: "eu-central-1")
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(User(name: "x"), in: scope)
            try transaction.put(User(name: "x", note: "there"), in: elsewhere)
            try transaction.put(Role(id: "x"), in: scope)
            return .commit(())
        }
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.get(User.self, "x", in: elsewhere)?.note == "there")
            #expect(try reader.list(User.self, in: scope, limit: 9) == [User(name: "x")])
            #expect(try reader.count(Role.self, in: scope) == 1)
            #expect(try reader.count(Role.self, in: elsewhere) == 0)
            #expect(try reader.get(User.self, "x", in: Scope(account: "222222222222")) == nil)
        }
    }

    @Test(arguments: Backend.allCases) func listIsOrderedByBytesAndPages(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let names = ["b", "B", "a", "é", "e", "Z", "aa", "a-", "~", "😀"]
        for name in names { try await ledger.put(User(name: name)) }
        let sorted = names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }

        for limit in 1...names.count + 1 {
            var listed: [String] = []
            var last: String?
            repeat {
                let page = try await ledger.read { [last] reader throws(LedgerError) in
                    try reader.list(User.self, in: scope, after: last, limit: limit)
                }
                listed += page.map(\.name)
                last = page.count == limit ? page.last?.name : nil
            } while last != nil
            #expect(listed == sorted)
        }
    }

    @Test(arguments: Backend.allCases) func referencesFollowTheRecord(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        @Sendable func members(_ group: String, after: String? = nil, limit: Int = 99) async throws -> [String] {
            try await ledger.read { reader throws(LedgerError) in
                try reader.referrers(User.self, relation: "group", to: group, in: scope, after: after, limit: limit)
            }.map(\.name)
        }
        try await ledger.put(
            User(name: "alice", groups: ["devs", "ops"]), User(name: "bob", groups: ["devs", "devs"]),
            Role(id: "alice", policy: "devs"))
        #expect(try await members("devs") == ["alice", "bob"])
        #expect(try await members("devs", limit: 1) == ["alice"])
        #expect(try await members("devs", after: "alice") == ["bob"])
        #expect(try await members("ops") == ["alice"])

        try await ledger.put(User(name: "alice", groups: ["ops", "new"]))
        #expect(try await members("devs") == ["bob"])
        #expect(try await members("new") == ["alice"])

        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.delete(User.self, "bob", in: scope)
            #expect(try transaction.referrerCount(relation: "group", to: "devs", in: scope) == 0)
            #expect(try transaction.referrerCount(relation: "policy", to: "devs", in: scope) == 1)
            #expect(try transaction.referrerCount(relation: "group", to: "ops", in: Scope(account: "2")) == 0)
            return .commit(())
        }
        #expect(try await members("devs") == [])
    }

    @Test(arguments: Backend.allCases) func countEqualsListAfterRandomChanges(on backend: Backend) async throws {
        let seed = UInt64.random(in: 0...999_999)
        var random = SeededGenerator(seed: seed)
        let ledger = try backend.ledger()
        var model: [String: User] = [:]
        for step in 0..<300 {
            let name = "u\(Int.random(in: 0..<20, using: &random))"
            let groups = (0..<3).filter { _ in Bool.random(using: &random) }.map { "g\($0)" }
            let (isDeletion, isCommit) = (Bool.random(using: &random), Int.random(in: 0..<4, using: &random) > 0)
            let user = User(name: name, groups: groups, note: "\(step)")
            try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                if isDeletion {
                    try transaction.delete(User.self, name, in: scope)
                } else {
                    try transaction.put(user, in: scope)
                }
                return isCommit ? .commit(()) : .rollback(())
            }
            if isCommit { model[name] = isDeletion ? nil : user }
        }
        let expected = model.values.sorted { $0.name < $1.name }
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.list(User.self, in: scope, limit: 99) == expected, "seed \(seed)")
            #expect(try reader.count(User.self, in: scope) == expected.count, "seed \(seed)")
            for group in ["g0", "g1", "g2"] {
                let members = expected.filter { $0.groups.contains(group) }
                #expect(
                    try reader.referrers(User.self, relation: "group", to: group, in: scope, limit: 99) == members,
                    "seed \(seed)")
                #expect(
                    try reader.referrerCount(relation: "group", to: group, in: scope) == members.count, "seed \(seed)")
            }
        }
    }

    @Test(arguments: Backend.allCases, ["", "a\0b", "\0"]) func idsThatCannotBeKeptAreRefused(
        on backend: Backend, id: String
    ) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(User(name: "a"))
        let error = await #expect(throws: LedgerError.self) { try await ledger.put(User(name: id)) }
        #expect(error?.kind == .invalid)
        await #expect(throws: LedgerError.self) { try await ledger.put(User(name: "b", groups: ["x\0y"])) }
        #expect(try await ledger.user(id) == nil)
        #expect(try await ledger.userCount() == 1)
    }

    @Test(arguments: Backend.allCases) func replayHoldsEveryRecordOnce(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(User(name: "alice", note: "old"), Role(id: "r"))
        try await ledger.put(User(name: "alice", note: "new"))
        var changes: [Change] = []
        try ledger.replay([User.kind, Role.kind]) { changes.append($0) }
        #expect(changes.map(\.kind).sorted() == [Role.kind, User.kind])
        let user = try #require(changes.first { $0.kind == User.kind })
        #expect(try user.decodeAfter(User.self) == User(name: "alice", note: "new"))
        #expect(user.before == nil)
        #expect(user.scope == scope)
    }

    @Test func resetKeepsWhatIsToBeKept() async throws {
        let ledger = try Ledger.inMemory()
        try await ledger.put(
            User(name: "root", groups: ["devs"]), User(name: "alice", groups: ["devs"]), Role(id: "root"))
        try ledger.record(makeEvent())
        let left = Mutex<[String]>([])
        try await ledger.reset(
            keeping: { kind, id in kind == User.kind && id == "root" },
            rebuilding: { changes in left.withLock { $0 = changes.map(\.id) } })
        #expect(left.withLock { $0 } == ["root"])
        #expect(try await ledger.userCount() == 1)
        #expect(try await ledger.events(EventQuery(account: scope.account)).events.isEmpty)
        try await ledger.read { reader throws(LedgerError) in
            #expect(
                try reader.referrers(User.self, relation: "group", to: "devs", in: scope, limit: 9).map(\.name) == [
                    "root"
                ])
            #expect(try reader.count(Role.self, in: scope) == 0)
        }
        try await ledger.put(User(name: "alice"))
        #expect(try await ledger.userCount() == 2)
    }
}
