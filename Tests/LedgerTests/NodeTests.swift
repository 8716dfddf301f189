import Keyring
import Synchronization
import Testing

@testable import Ledger

/// Several nodes on one database: in one process here, which makes no difference to the database.
@Suite struct NodeTests {
    /// What a node's observers have heard of.
    private final class Heard: Sendable {
        let changes = Mutex<[Change]>([])
        let work = Mutex<[CommittedWork]>([])
        var sequences: [Int64] { changes.withLock { $0.map(\.sequence) } }
    }

    private final class Counts: Sendable {
        let counts = Mutex<[String: Int]>([:])
    }

    private func nodes(_ count: Int) throws -> (address: PostgresAddress, [(ledger: Ledger, heard: Heard)]) {
        let address = try TestServer.shared.get().newAddress()
        let keyring = EphemeralKeyring()
        let nodes = try (0..<count).map { _ in
            let ledger = try Ledger(at: .postgres(address), keyring: keyring)
            let heard = Heard()
            ledger.observe { changes in heard.changes.withLock { $0 += changes } }
            ledger.observeWork { work in heard.work.withLock { $0.append(work) } }
            try ledger.replay([User.kind, Counter.kind]) { _ in }
            return (ledger, heard)
        }
        return (address, nodes)
    }

    @Test func whoCatchesUpKnowsWhatAnyNodeHasAnswered() async throws {
        let (_, nodes) = try nodes(3)
        for round in 0..<30 {
            try await nodes[round % 3].ledger.put(User(name: "u\(round)", note: "\(round)"), requestID: "r\(round)")
            let other = nodes[(round + 1) % 3]
            try await other.ledger.catchUp()
            let last = try #require(other.heard.changes.withLock { $0.last })
            #expect(last.requestID == "r\(round)")
            #expect(try last.decodeAfter(User.self)?.note == "\(round)")
        }
        for node in nodes {
            try await node.ledger.catchUp()
            #expect(node.heard.sequences == Array(1...30))
            await node.ledger.close()
        }
    }

    @Test func aWriteSeesWhatOtherNodesHaveWritten() async throws {
        let (_, nodes) = try nodes(2)
        for round in 0..<20 {
            let (ledger, heard) = nodes[round % 2]
            let known = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                let counter = try transaction.get(Counter.self, "a", in: scope)
                try transaction.put(Counter(id: "a", value: (counter?.value ?? 0) + 1), in: scope)
                // What is kept in memory is as new as what is read.
                return .commit(heard.changes.withLock { $0.count } == counter?.value ?? 0)
            }
            #expect(known)
        }
        for node in nodes { await node.ledger.close() }
    }

    @Test func writersOfSeveralNodesLoseNothingAndKeepAnOrder() async throws {
        let (_, nodes) = try nodes(3)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<60 {
                let ledger = nodes[task % 3].ledger
                group.addTask {
                    try await ledger.write(requestID: "r\(task)") { transaction throws(LedgerError) in
                        let value = try transaction.get(Counter.self, "a", in: scope)?.value ?? 0
                        try transaction.put(Counter(id: "a", value: value + 1), in: scope)
                        try transaction.put(User(name: "u\(task)"), in: scope)
                        try transaction.record(makeEvent("e\(task)"))
                        return .commit(())
                    }
                }
            }
            try await group.waitForAll()
        }
        for node in nodes {
            try await node.ledger.catchUp()
            // The counter keeps its last entry alone.
            let heard = node.heard.sequences
            #expect(heard == Set(heard).sorted() && heard.last == 120)
            #expect(node.heard.changes.withLock { Set($0.map(\.id)).count } == 61)
            let value = try await node.ledger.read { reader throws(LedgerError) in
                try reader.get(Counter.self, "a", in: scope)?.value
            }
            #expect(value == 60)
            #expect(try await node.ledger.events(EventQuery(account: scope.account, limit: 99)).events.count == 60)
            await node.ledger.close()
        }
    }

    /// What a node knows of names without asking holds what other nodes do.
    @Test func aNameThatAnotherNodeHasTakenOrLeftIsKnown() async throws {
        let (_, nodes) = try nodes(2)
        let (one, two) = (nodes[0].ledger, nodes[1].ledger)
        for round in 0..<10 {
            try await one.put(User(name: "alice", note: "\(round)"))
            let note = try await two.write(requestID: "r") { transaction throws(LedgerError) in
                let user = try transaction.get(User.self, "alice", in: scope)
                try transaction.delete(User.self, "alice", in: scope)
                return .commit(user?.note)
            }
            #expect(note == "\(round)")
            let left = try await one.write(requestID: "r") { transaction throws(LedgerError) in
                .commit(try transaction.get(User.self, "alice", in: scope))
            }
            #expect(left == nil)
        }
        for node in nodes {
            #expect(try await node.ledger.userCount() == 0)
            await node.ledger.close()
        }
    }

    /// Each write that was answered is there once, whatever became of its connection.
    @Test func connectionsThatAreCutLoseNothingAndDoNothingTwice() async throws {
        let (address, nodes) = try nodes(2)
        let cutting = Task {
            while !Task.isCancelled {
                try TestServer.shared.get().execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                    WHERE relation = 'head'::regclass AND pid <> pg_backend_pid() AND random() < 0.5
                    """, in: address)
                try await Task.sleep(for: .milliseconds(3))
            }
        }
        let afterwards = Counts()
        let ledgers = nodes.map(\.ledger)
        @Sendable func retries() -> Int { ledgers.compactMap { $0.nodeStatus?.writing.retries }.reduce(0, +) }
        let answered = await withTaskGroup(of: Int.self) { group in
            for task in 0..<8 {
                let ledger = ledgers[task % 2]
                group.addTask {
                    var (answered, number) = (0, 0)
                    // Whoever cuts may come late, on a machine that has much to do.
                    while number < 25 || number < 5_000 && retries() == 0 {
                        number += 1
                        let done: Void? = try? await ledger.write(requestID: "r") {
                            [number] transaction throws(LedgerError) in
                            transaction.afterwards {
                                afterwards.counts.withLock { $0["\(task) \(number)", default: 0] += 1 }
                            }
                            let value = try transaction.get(Counter.self, "a", in: scope)?.value ?? 0
                            try transaction.put(Counter(id: "a", value: value + 1), in: scope)
                            return .commit(())
                        }
                        if done != nil { answered += 1 }
                    }
                    return answered
                }
            }
            return await group.reduce(0, +)
        }
        cutting.cancel()
        _ = await cutting.result
        #expect(retries() > 0, "connections were cut")
        let followUps = afterwards.counts.withLock { $0 }
        #expect(followUps.count >= answered && followUps.values.allSatisfy { $0 == 1 })
        for node in nodes {
            let value = try await node.ledger.read { reader throws(LedgerError) in
                try reader.get(Counter.self, "a", in: scope)?.value
            }
            #expect(value == answered)
        }
        for node in nodes { await node.ledger.close() }
    }

    @Test func otherNodesHearOfWorkAndOfEvents() async throws {
        let (_, nodes) = try nodes(2)
        let (one, two) = (nodes[0], nodes[1])
        try await one.ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.schedule(Deadline(kind: "Close", scope: scope, id: "a", due: 1))
            try transaction.record(makeEvent("one"))
            return .commit(())
        }
        try await two.ledger.recordDurably(makeEvent("two"))
        while !two.heard.work.withLock({ $0.contains { $0.hasScheduled && $0.hasEvents } }) {
            try await Task.sleep(for: .milliseconds(5))
        }
        let seen = try await two.ledger.followEventsOfOthers(after: 0)
        #expect(seen.events.map { $0.attributes.first?.value } == ["one"])
        #expect(seen.last == 2)
        #expect(
            try await one.ledger.followEventsOfOthers(after: 0).events.map { $0.attributes.first?.value } == ["two"])
        for node in nodes { await node.ledger.close() }
    }

    @Test func anIdThatPostgreSQLCannotIndexIsRefusedAlone() async throws {
        let (_, nodes) = try nodes(1)
        let ledger = nodes[0].ledger
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.put(User(name: String(repeating: "x", count: 3000)))
        }
        #expect(error?.kind == .invalid)
        try await ledger.put(User(name: String(repeating: "x", count: 2000)))
        await ledger.close()
    }

    @Test(arguments: [
        "postgres://u:secret@host/db", "host=here", "mysql://host/db", "postgres://host/db?nonsense=secret",
    ])
    func addressesThatCannotBeAreRefusedWithoutRepeatingThem(uri: String) {
        let error = #expect(throws: LedgerError.self) { try PostgresAddress(uri) }
        #expect(error?.kind == .invalid)
        #expect(error?.message.contains("secret") == false)
    }

    @Test func aDatabaseThatIsNotThereIsUnavailable() throws {
        let address = try PostgresAddress("postgres://gatehouse@%2Fnowhere/gatehouse", password: "secret")
        let error = #expect(throws: LedgerError.self) {
            try Ledger(at: .postgres(address), keyring: EphemeralKeyring())
        }
        #expect(error?.kind == .unavailable)
        #expect(error?.message.contains("secret") == false)
    }
}
