import Foundation
import Synchronization
import Testing

@testable import Bodies

/// What is left behind is removed, and nothing else.
@Suite struct SweepTests {
    @Test func aDeadWritersFileIsRemoved() async throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let dead = directory.bodies + "/incoming/" + BodyID.random().description
        try Data([1, 2, 3]).write(to: URL(fileURLWithPath: dead))
        // Not ours: somebody put them there.
        let others = ["incoming/README", "README", "ab/README"]
        try FileManager.default.createDirectory(
            atPath: directory.bodies + "/ab", withIntermediateDirectories: true)
        for other in others { try Data().write(to: URL(fileURLWithPath: directory.bodies + "/" + other)) }

        #expect(try await store.sweep(olderThan: 3_600) { _ in [] } == BodyStore.Sweep(), "it is too young")
        #expect(try await store.sweepAll() == ([], 1))
        #expect(Set(try directory.files()) == Set(others))
    }

    @Test(arguments: Kind.allCases) func aLivingWritersBodyIsNotTaken(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        // Another node, if there can be one.
        let node = try (lifetime as? TemporaryDirectory)?.store() ?? store
        let writer = try await store.begin()
        try await writer.receive([UInt8](repeating: 7, count: 1_000_000))
        for store in [store, node] { #expect(try await store.sweepAll() == ([], 0)) }
        let body = try await writer.finish()
        for store in [store, node] { #expect(try await store.sweepAll() == ([], 0)) }
        #expect(try await store.get(body, range: 0..<2) == [7, 7])
        // Nothing has come of it, and nothing will.
        await writer.discard()
        #expect(await failure { () throws(BodyError) in _ = try await store.get(body) } == .missing)
        await writer.discard()
        for store in [store, node] { #expect(try await store.sweepAll() == ([], 0)) }
        withExtendedLifetime(lifetime) {}
    }

    @Test(arguments: Kind.allCases) func orphansAreFoundPageByPage(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        var all: Set<BodyID> = []
        for number in 0..<150 { all.insert(try await store.put([UInt8](repeating: 7, count: number)).id) }
        let kept = Set(all.sorted().enumerated().filter { $0.offset % 5 == 0 }.map(\.element))
        let asked = Mutex<[Int]>([])

        #expect(try await store.sweep(olderThan: 3_600) { _ in [] } == BodyStore.Sweep(), "they are too young")
        var (orphans, last): ([BodyID], BodyID?) = ([], nil)
        repeat {
            let sweep = try await store.sweep(after: last, limit: 7, olderThan: -60) { ids in
                asked.withLock { $0.append(ids.count) }
                return kept.intersection(ids)
            }
            orphans += sweep.orphans
            last = sweep.last
        } while last != nil
        #expect(orphans == all.subtracting(kept).sorted())
        #expect(asked.withLock { $0.allSatisfy { (1...7).contains($0) } })
        #expect(Set(try await store.sweepAll().orphans) == kept)
        #expect(try await store.sweepAll() == ([], 0))
        withExtendedLifetime(lifetime) {}
    }

    /// Many more than may be claimed at a time.
    @Test func manyOrphansAreRemovedAtOnce() async throws {
        let store = BodyStore(memoryLimit: 1 << 20)
        var all: [BodyID] = []
        for _ in 0..<250 { all.append(try await store.put([]).id) }
        #expect(try await store.sweepAll().orphans == all.sorted())
    }

    /// The record is committed while the ledger is asked for the first time: the second answer counts.
    @Test(arguments: Kind.allCases) func aRecordThatIsJustCommittedKeepsItsBody(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        let body = try await store.put([1, 2, 3])
        let asked = Mutex(0)
        let sweep = try await store.sweep(olderThan: -60) { ids in
            asked.withLock { count in
                defer { count += 1 }
                return count == 0 ? [] : Set(ids)
            }
        }
        #expect(sweep.orphans == [])
        #expect(asked.withLock { $0 } == 2)
        #expect(try await store.get(body) == [1, 2, 3])
        withExtendedLifetime(lifetime) {}
    }

    @Test(arguments: Kind.allCases) func twoSweepsAtATimeTakeEachBodyOnce(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        for _ in 0..<50 { _ = try await store.put([1]) }
        let counts = try await withThrowingTaskGroup { group in
            for _ in 0..<4 { group.addTask { try await store.sweepAll().orphans.count } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(counts.reduce(0, +) == 50)
        withExtendedLifetime(lifetime) {}
    }

    /// Of an object of several bodies the later ones are opened when their turn comes.
    @Test(arguments: Kind.allCases) func whatIsBeingReadStays(in kind: Kind) async throws {
        let (store, lifetime) = try kind.store()
        let (first, second) = (try await store.put([1, 2]), try await store.put([3]))
        var reader: BodyReader? = try await store.read([first, second])
        #expect(store.isReading([second.id]))
        #expect(try await store.sweepAll().orphans == [])
        #expect(try await reader?.next() == [1, 2])
        #expect(try await reader?.next() == [3])
        reader = nil
        #expect(!store.isReading([first.id, second.id]))
        #expect(Set(try await store.sweepAll().orphans) == [first.id, second.id])
        withExtendedLifetime(lifetime) {}
    }

    @Test func anAnswerThatDoesNotComeRemovesNothing() async throws {
        struct Away: Error {}
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let body = try await store.put([1, 2, 3])
        await #expect(throws: Away.self) { try await store.sweep(olderThan: -60) { _ in throw Away() } }
        let isFirst = Mutex(true)
        await #expect(throws: Away.self) {
            try await store.sweep(olderThan: -60) { _ in
                guard
                    isFirst.withLock({ isFirst in
                        defer { isFirst = false }
                        return isFirst
                    })
                else { throw Away() }
                return []
            }
        }
        #expect(try await store.get(body) == [1, 2, 3])
        #expect(try await store.sweepAll().orphans == [body.id], "it can be claimed again")
    }

    @Test func aWriterThatIsReleasedLeavesNothing() async throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        do {
            let released = try await store.begin()
            try await released.receive([UInt8](repeating: 7, count: 1_000_000))
            let discarded = try await store.begin()
            try await discarded.receive([UInt8](repeating: 7, count: 1_000_000))
            await discarded.discard()
            await discarded.discard()
            #expect(await failure { () throws(BodyError) in try await discarded.receive([1]) } == .invalid)
            #expect(await failure { () throws(BodyError) in _ = try await discarded.finish() } == .invalid)
        }
        // The piece that was being written holds on to the file for a moment.
        while try !directory.files().isEmpty { await Task.yield() }

        let memory = BodyStore(memoryLimit: 300_000)
        for _ in 0..<10 {
            let writer = try await memory.begin()
            try await writer.receive([UInt8](repeating: 7, count: 290_000))
            await writer.discard()
        }
        _ = try await memory.put([UInt8](repeating: 7, count: 290_000))
    }

    @Test func aReaderThatIsReleasedClosesItsFile() async throws {
        let directory = try TemporaryDirectory()
        let store = try directory.store()
        let body = try await store.put([UInt8](repeating: 7, count: 2_000_000))
        func openFiles() -> Int {
            let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
            return descriptors.count { name in
                (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + name))?
                    .hasPrefix(directory.path) == true
            }
        }
        do {
            let reader = try await store.read([body])
            _ = try await reader.next()
            if FileManager.default.fileExists(atPath: "/proc/self/fd") { #expect(openFiles() == 1) }
        }
        while openFiles() > 0 { await Task.yield() }
    }

    /// A backup reads what the ledger named a while ago.
    @Test func whoeverHoldsTheStoreKeepsAllBodies() async throws {
        let directory = try TemporaryDirectory()
        let (store, node) = (try directory.store(), try directory.store())
        let body = try await store.put([1, 2, 3])
        let hold = try BodyStore(existingFolder: directory.bodies).hold()
        for store in [store, node] {
            #expect(try await store.isHeld())
            #expect(try await store.sweepAll() == ([], 0))
        }
        try hold.refresh()
        hold.end()
        #expect(try await !node.isHeld())
        // One whose process has ended.
        _ = try store.hold()
        let file = try #require(try directory.files().first { $0.hasPrefix("holds/") })
        let past = Date(timeIntervalSinceNow: -Double(BodyHold.lifetime) - 10)
        try FileManager.default.setAttributes([.modificationDate: past], ofItemAtPath: directory.bodies + "/" + file)
        #expect(try await !node.isHeld())
        #expect(try await store.sweepAll().orphans == [body.id])
    }

    @Test func aStoreIsOneLedgers() async throws {
        let directory = try TemporaryDirectory()
        let (store, node) = (try directory.store(), try directory.store())
        try store.requireUnclaimed()
        // A ledger that has had its store for long: the disk is not mounted.
        #expect(throws: BodyError.self) { try store.claim(for: "one", isNew: false) }
        try store.claim(for: "one", isNew: true)
        try node.claim(for: "one", isNew: true)
        try node.claim(for: "one", isNew: false)
        for isNew in [true, false] {
            let error = #expect(throws: BodyError.self) { try node.claim(for: "two", isNew: isNew) }
            #expect(error?.kind == .foreign)
        }
        #expect(throws: BodyError.self) { try store.requireUnclaimed() }
    }
}
