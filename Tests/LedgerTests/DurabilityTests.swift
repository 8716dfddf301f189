import Foundation
import GRDB
import Keyring
import Testing

@testable import Ledger

@Suite struct DurabilityTests {
    @Test(arguments: Backend.allCases) func everythingIsThereAfterReopening(on backend: Backend) async throws {
        let directory = try backend.place()
        let event = makeEvent("CreateUser")
        let first = try directory.open()
        try await first.write(requestID: event.requestID) { transaction throws(LedgerError) in
            try transaction.put(User(name: "alice", groups: ["devs"]), in: scope)
            try transaction.record(event)
            return .commit(())
        }
        await first.close()

        let second = try directory.open()
        #expect(try await second.user("alice") == User(name: "alice", groups: ["devs"]))
        #expect(try await second.userCount() == 1)
        #expect(try await second.event(requestID: event.requestID) == event)
        try await second.put(User(name: "bob"))
        var sequences: [Int64] = []
        try second.replay([User.kind]) { sequences.append($0.sequence) }
        #expect(sequences == [1, 2])
        await second.close()
    }

    @Test func theWriterWaitsForTheDisk() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        let (synchronous, journal) = try await ledger.database.writeWithoutTransaction { database in
            (
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try String.fetchOne(database, sql: "PRAGMA journal_mode")
            )
        }
        #expect(synchronous == 2)
        #expect(journal == "wal")
        await ledger.close()
    }

    @Test func filesAreForTheOwnerAlone() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        try await ledger.put(User(name: "alice"))
        for file in ["", "/ledger.sqlite", "/ledger.sqlite-wal", "/ledger.sqlite-shm", "/lock"] {
            var status = stat()
            #expect(stat(directory.data + file, &status) == 0)
            #expect(status.st_mode & 0o777 == (file.isEmpty ? 0o700 : 0o600), "\(file)")
        }
        await ledger.close()
    }

    @Test func oneServerForOneDirectory() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        try await ledger.put(User(name: "alice"))
        let error = #expect(throws: LedgerError.self) { try directory.open() }
        #expect(error?.kind == .busy)

        let reader = try directory.open(readOnly: true)
        #expect(try await reader.user("alice") != nil)
        let refusal = await #expect(throws: LedgerError.self) { try await reader.put(User(name: "bob")) }
        #expect(refusal?.kind == .readOnly)
        await reader.close()

        await ledger.close()
        await (try directory.open()).close()
    }

    @Test func readingNothingIsAnError() throws {
        let directory = try TemporaryDirectory()
        _ = try KeyFile(path: directory.key)
        let error = #expect(throws: LedgerError.self) { try directory.open(readOnly: true) }
        #expect(error?.kind == .io)
    }

    @Test func anotherKeyAndANewerFormatAreRefused() async throws {
        let directory = try TemporaryDirectory()
        await (try directory.open()).close()
        try FileManager.default.moveItem(atPath: directory.key, toPath: directory.key + ".old")
        let wrong = #expect(throws: LedgerError.self) { try directory.open() }
        #expect(wrong?.kind == .sealed)

        try FileManager.default.removeItem(atPath: directory.key)
        try FileManager.default.moveItem(atPath: directory.key + ".old", toPath: directory.key)
        try await DatabaseQueue(path: directory.data + "/ledger.sqlite").write { database in
            try database.execute(sql: "UPDATE meta SET value = 99 WHERE name = 'format'")
        }
        let newer = #expect(throws: LedgerError.self) { try directory.open() }
        #expect(newer?.kind == .newerFormat)
    }

    @Test func somethingElseIsNotALedger() throws {
        let directory = try TemporaryDirectory()
        try FileManager.default.createDirectory(atPath: directory.data, withIntermediateDirectories: true)
        try Data(repeating: 0x41, count: 8192).write(to: URL(fileURLWithPath: directory.data + "/ledger.sqlite"))
        let error = #expect(throws: LedgerError.self) { try directory.open() }
        #expect(error?.kind == .corrupt)
    }

    /// What a power failure leaves: the database and its log, the log cut anywhere. Writes that had returned before the
    /// copy was made must be in the whole log; and whatever is in a cut one must be of one piece.
    @Test func aCopyTakenInFlightHoldsWholeTransactions() async throws {
        let seed = UInt64.random(in: 0...999_999)
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        let ledger = try directory.open()
        // Without checkpoints the two files need not be copied in one instant.
        try await ledger.database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_autocheckpoint = 0") }
        let acknowledged = Acknowledged()

        let writers = Task {
            await withTaskGroup(of: Void.self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        var step = 0
                        while !Task.isCancelled {
                            step += 1
                            let name = "\(writer)-\(step)"
                            let event = makeEvent(name, time: 1_700_000_000_000 + Int64(step))
                            let done: Void? = try? await ledger.write(requestID: event.requestID) {
                                transaction throws(LedgerError) in
                                try transaction.put(User(name: name, groups: ["devs"]), in: scope)
                                try transaction.put(Role(id: name), in: scope)
                                try transaction.put(ObjectName(name: name, size: 2, tag: "t"), in: scope)
                                try transaction.record(event)
                                return .commit(())
                            }
                            if done != nil { await acknowledged.add(name) }
                        }
                    }
                }
            }
        }
        while await acknowledged.names.count < 40 { try await Task.sleep(for: .milliseconds(2)) }
        let promised = await acknowledged.names
        let database = try Data(contentsOf: URL(fileURLWithPath: directory.data + "/ledger.sqlite"))
        let log = try Data(contentsOf: URL(fileURLWithPath: directory.data + "/ledger.sqlite-wal"))
        writers.cancel()
        await writers.value
        await ledger.close()

        for cut in [log.count] + (0..<6).map({ _ in Int.random(in: 0...log.count, using: &random) }) {
            let copy = try TemporaryDirectory()
            try FileManager.default.copyItem(atPath: directory.key, toPath: copy.key)
            try FileManager.default.createDirectory(atPath: copy.data, withIntermediateDirectories: true)
            try database.write(to: URL(fileURLWithPath: copy.data + "/ledger.sqlite"))
            try log.prefix(cut).write(to: URL(fileURLWithPath: copy.data + "/ledger.sqlite-wal"))

            let survivor = try copy.open()
            let (users, roles, count) = try await survivor.read { reader throws(LedgerError) in
                (
                    try reader.list(User.self, in: scope, limit: 99_999).map(\.name),
                    try reader.list(Role.self, in: scope, limit: 99_999).map(\.id),
                    try reader.count(User.self, in: scope)
                )
            }
            let rows = try await survivor.read { reader throws(LedgerError) in
                #expect(try reader.count(ObjectName.self, of: "bucket", in: scope) == count, "seed \(seed)")
                #expect(try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope) == 2 * count, "seed \(seed)")
                return try reader.list(ObjectName.self, by: "tag", of: "bucket", in: scope, limit: 99_999).map(\.name)
            }
            #expect(rows == users, "seed \(seed)")
            #expect(
                try survivor.verify([User.self, Role.self], tables: TableTests.tables).damage == [], "seed \(seed)")
            let events = try await survivor.events(EventQuery(account: scope.account, limit: 9999)).events
            #expect(users == roles, "seed \(seed)")
            #expect(users.count == count, "seed \(seed)")
            #expect(Set(users) == Set(events.compactMap(\.attributes.first?.value)), "seed \(seed)")
            if cut == log.count { #expect(promised.isSubset(of: users)) }
            await survivor.close()
        }
    }

    private actor Acknowledged {
        private(set) var names: Set<String> = []
        func add(_ name: String) { names.insert(name) }
    }
}
