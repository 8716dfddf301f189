import Foundation
import Keyring
import Synchronization
import Testing

@testable import Ledger

/// Everything sealed anew after the keyring's rotation.
@Suite struct RenewalTests {
    private static let kinds: [any LedgerRecord.Type] = [User.self, Role.self, Counter.self, Large.self]

    /// Writes something of every sort.
    private func fill(_ ledger: Ledger, _ steps: Range<Int>, _ random: inout SeededGenerator) async throws {
        for step in steps {
            let id = "x\(step % 40)"
            let event = makeEvent(time: 1_700_000_000_000 + Int64(step) * 1000, using: &random)
            try await ledger.write(requestID: "\(step)") { transaction throws(LedgerError) in
                switch step % 7 {
                case 0: try transaction.delete(User.self, id, in: scope)
                case 1: try transaction.put(Role(id: id, policy: "p\(step % 3)"), in: scope)
                case 2: try transaction.put(Counter(id: id, value: step), in: scope)
                case 3: try transaction.put(Large(id: id, text: "\(step)"), in: scope)
                case 4:
                    try transaction.schedule(
                        Deadline(kind: "K", scope: scope, id: id, due: Int64(step), payload: [UInt8(step % 256)]))
                case 5: try transaction.put(ObjectName(name: id, size: Int64(step), tag: "t\(step % 3)"), in: scope)
                default: try transaction.put(User(name: id, groups: ["g\(step % 4)"]), in: scope)
                }
                try transaction.record(event)
                return .commit(())
            }
        }
        try await ledger.flushEvents()
    }

    private func content(_ ledger: Ledger) async throws -> (records: [String], journal: Int, events: Int) {
        let records = Mutex<[String]>([])
        try ledger.replay(Set(Self.kinds.map { $0.kind })) { change in
            records.withLock {
                $0.append("\(change.kind) \(change.id) \(String(decoding: change.after ?? [], as: UTF8.self))")
            }
        }
        return (
            records.withLock { $0.sorted() }, try await ledger.follow(after: 0, limit: 100_000).entries.count,
            try await ledger.followEvents(after: 0, limit: 100_000).events.count
        )
    }

    @Test(arguments: Backend.allCases) func afterwardsTheNewKeyAloneIsEnough(backend: Backend) async throws {
        let place = try backend.place()
        let keyring = try KeyFile(path: place.directory.key)
        let old = try Data(contentsOf: URL(filePath: place.directory.key))
        var random = SeededGenerator(seed: 1)
        let ledger = try Ledger(at: place.location, keyring: keyring)
        try await fill(ledger, 0..<300, &random)
        try await ledger.purgeJournal(before: .max, through: 50)
        #expect(try await ledger.renewSeals() == Ledger.Renewal())

        try keyring.rotate(at: 1)
        try await fill(ledger, 300..<320, &random)
        let before = try await content(ledger)
        let done = try await ledger.renewSeals { _ in
            // Whoever looks meanwhile finds all well.
            #expect((try? ledger.verify(Self.kinds, tables: TableTests.tables).damage) == [])
        }
        #expect(done.renewed > 300)
        #expect(done.damaged == 0)
        #expect(try await ledger.renewSeals() == Ledger.Renewal())
        try keyring.forgetPreviousKey()

        #expect(try ledger.verify(Self.kinds, tables: TableTests.tables).damage == [])
        #expect(try await content(ledger) == before)
        await ledger.close()
        let again = try place.open()
        #expect(try again.verify(Self.kinds, tables: TableTests.tables).damage == [])
        #expect(try await content(again) == before)
        await again.close()

        // The old key opens nothing.
        try old.write(to: URL(filePath: place.directory.key))
        let error = #expect(throws: LedgerError.self) { try place.open() }
        #expect(error?.kind == .sealed)
    }

    @Test(arguments: Backend.allCases) func itGoesOnBesideWritersAndAfterACrash(backend: Backend) async throws {
        let place = try backend.place()
        let keyring = try KeyFile(path: place.directory.key)
        var random = SeededGenerator(seed: 2)
        let ledger = try Ledger(at: place.location, keyring: keyring)
        try await fill(ledger, 0..<1_500, &random)
        try keyring.rotate(at: 1)
        // Stopped after the first steps.
        let steps = Mutex(0)
        let first = Task {
            try await ledger.renewSeals { _ in
                steps.withLock { $0 += 1 }
                if steps.withLock({ $0 }) == 2 { withUnsafeCurrentTask { $0?.cancel() } }
            }
        }
        let stopped = await #expect(throws: LedgerError.self) { try await first.value }
        #expect(stopped?.kind == .closed)
        #expect(steps.withLock { $0 } == 2)
        await ledger.close()

        let keyringAgain = try KeyFile(path: place.directory.key)
        #expect(keyringAgain.rotated == 1)
        let again = try Ledger(at: place.location, keyring: keyringAgain)
        #expect(try again.verify(Self.kinds, tables: TableTests.tables).damage == [])
        async let renewal = again.renewSeals()
        try await fill(again, 1_500..<1_600, &random)
        #expect(try await renewal.damaged == 0)
        try keyringAgain.forgetPreviousKey()
        #expect(try again.verify(Self.kinds, tables: TableTests.tables).damage == [])
        await again.close()
    }

    @Test(arguments: Backend.allCases) func whatIsDamagedStaysAsItIs(backend: Backend) async throws {
        let place = try backend.place()
        let keyring = try KeyFile(path: place.directory.key)
        let ledger = try Ledger(at: place.location, keyring: keyring)
        try await ledger.write(requestID: "1") { transaction throws(LedgerError) in
            try transaction.put(User(name: "good"), in: scope)
            try transaction.put(User(name: "bad"), in: scope)
            return .commit(())
        }
        try await ledger.store.write { session in
            guard var record = try session.record(RecordKey(scope: scope, kind: User.kind, id: "bad")) else { return }
            record.body[20] ^= 1
            try session.put(record)
        }
        try keyring.rotate(at: 1)
        #expect(try await ledger.renewSeals().damaged == 1)
        let damage = try ledger.verify(Self.kinds, tables: TableTests.tables).damage
        #expect(damage.map(\.id) == ["bad"])
        let good = try await ledger.read { reader throws(LedgerError) in try reader.get(User.self, "good", in: scope) }
        #expect(good?.name == "good")
        await ledger.close()
    }

    /// On a database, whoever has the old key alone would go on sealing with it.
    @Test func nodesWithTheOldKeyAreInTheWayOrStop() async throws {
        let place = try Backend.postgres.place()
        let keyring = try KeyFile(path: place.directory.key)
        let ledger = try Ledger(at: place.location, keyring: keyring)
        try await ledger.put(User(name: "alice"))
        let oldKey = try KeyFile(path: place.directory.key)
        let node = try Ledger(at: place.location, keyring: oldKey)
        // One that does not follow the others yet, so that nobody sees it.
        let unseen = try Ledger(at: place.location, keyring: oldKey)
        try node.replay([User.kind]) { _ in }
        try await node.catchUp()
        #expect(try await ledger.otherNodeCount() == 1)

        try keyring.rotate(at: 1)
        let refusal = await #expect(throws: LedgerError.self) { try await ledger.renewSeals() }
        #expect(refusal?.kind == .busy)
        #expect(refusal?.message.contains("A server uses the database") == true)
        // It has changed nothing.
        try await node.put(User(name: "bob"))

        await node.close()
        while try await ledger.otherNodeCount() > 0 { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try await ledger.renewSeals().damaged == 0)
        let late = await #expect(throws: LedgerError.self) { try await unseen.put(User(name: "carol")) }
        #expect(late?.kind == .sealed)
        #expect(late?.message.contains("The root key was rotated") == true)
        await unseen.close()

        // With the new key they go on, also while the rest is sealed.
        let again = try Ledger(at: place.location, keyring: KeyFile(path: place.directory.key))
        try again.replay([User.kind]) { _ in }
        try await again.catchUp()
        #expect(try await ledger.renewSeals() == Ledger.Renewal())
        try await again.put(User(name: "carol"))
        try keyring.forgetPreviousKey()
        #expect(try ledger.verify(Self.kinds, tables: TableTests.tables).damage == [])
        for ledger in [again, ledger] { await ledger.close() }
    }
}
