import Synchronization
import Testing

@testable import Ledger

/// Writes that are committed together see what those before them have done, whatever of it the database knows already.
@Suite struct BatchTests {
    /// Does writes at random, many at a time, and compares what they and everybody afterwards see with a dictionary.
    @Test(arguments: Backend.allCases) func eachSeesWhatThoseBeforeItHaveDone(backend: Backend) async throws {
        let ledger = try backend.ledger()
        try ledger.replay([User.kind]) { _ in }
        let model = Model()
        for seed in 0..<12 as Range<UInt64> {
            let gate = await Gate(ledger)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<40 {
                    group.addTask { try await step(ledger, model, seed &* 100 &+ UInt64(number)) }
                }
                group.addTask {
                    try await Task.sleep(for: .milliseconds(20))
                    try await gate.open()
                }
                try await group.waitForAll()
            }
        }
        let users = try await ledger.read { reader throws(LedgerError) in
            try reader.list(User.self, in: scope, limit: 1_000)
        }
        #expect(users == model.users.values.sorted { $0.name < $1.name })
        #expect(try await ledger.userCount() == users.count)
        #expect(try ledger.verify([User.self, Counter.self]).damage == [])
        await ledger.close()
    }

    /// What there is after each write.
    private final class Model: Sendable {
        private let states = Mutex<[(write: UInt64, users: [String: User])]>([])

        var users: [String: User] { states.withLock { $0.last?.users ?? [:] } }

        /// What there is before a write; what it and those after it have done, should they run again, is forgotten.
        func begin(_ write: UInt64) -> [String: User] {
            states.withLock { states in
                if let first = states.firstIndex(where: { $0.write == write }) { states.removeSubrange(first...) }
            }
            return users
        }

        func end(_ write: UInt64, _ users: [String: User]) { states.withLock { $0.append((write, users)) } }
    }

    /// One write of a few changes and questions; every third is undone.
    private func step(_ ledger: Ledger, _ model: Model, _ seed: UInt64) async throws {
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) -> Verdict<Void> in
            var random = SeededGenerator(seed: seed)
            let before = model.begin(seed)
            var users = before
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let name = "u\(Int.random(in: 0..<12, using: &random))"
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    #expect(try transaction.get(User.self, name, in: scope) == users[name])
                case 1:
                    let group = "g\(Int.random(in: 0..<3, using: &random))"
                    let members = try transaction.referrers(
                        User.self, relation: "group", to: group, in: scope, limit: 99)
                    #expect(
                        Set(members.map(\.name)) == Set(users.values.filter { $0.groups.contains(group) }.map(\.name)))
                case 2:
                    #expect(try transaction.count(User.self, in: scope) == users.count)
                case 3:
                    #expect(try transaction.listIDs(User.self, in: scope, limit: 99) == users.keys.sorted())
                case 4:
                    #expect(
                        try transaction.delete(User.self, name, in: scope) == (users.removeValue(forKey: name) != nil))
                case 5:
                    let value = try transaction.get(Counter.self, "a", in: scope)?.value ?? 0
                    try transaction.put(Counter(id: "a", value: value + 1), in: scope)
                default:
                    let groups = (0..<3).filter { _ in Bool.random(using: &random) }.map { "g\($0)" }
                    let user = User(name: name, groups: groups, note: "\(seed)")
                    try transaction.put(user, in: scope)
                    users[name] = user
                }
            }
            model.end(seed, seed % 3 == 0 ? before : users)
            return seed % 3 == 0 ? .rollback(()) : .commit(())
        }
    }

    @Test(arguments: Backend.allCases) func whatComesAfterwardsIsDoneOnce(backend: Backend) async throws {
        let ledger = try backend.ledger()
        let done = Mutex<[String]>([])
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            transaction.afterwards { done.withLock { $0.append("kept") } }
            #expect(done.withLock { $0 } == [])
            return .commit(())
        }
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            transaction.afterwards { done.withLock { $0.append("undone") } }
            return .rollback(())
        }
        #expect(done.withLock { $0 } == ["kept", "undone"])
        await ledger.close()
    }
}
