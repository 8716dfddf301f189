import Foundation
import GRDB
import Keyring
import Synchronization
import Testing

@testable import Ledger

@Suite struct FormatTests {
    /// The tables as format 1 made them.
    private static let format1 = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;
        CREATE TABLE record (
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            version INTEGER NOT NULL, body BLOB NOT NULL,
            PRIMARY KEY (account, region, kind, id)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE counter (
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL,
            PRIMARY KEY (account, region, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE reference (
            account TEXT NOT NULL, region TEXT NOT NULL, relation TEXT NOT NULL, target TEXT NOT NULL,
            kind TEXT NOT NULL, id TEXT NOT NULL,
            PRIMARY KEY (account, region, relation, target, kind, id)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX reference_by_referrer ON reference (account, region, kind, id);
        CREATE TABLE journal (
            sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL,
            account TEXT NOT NULL, region TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
            before_version INTEGER, before BLOB, after BLOB, request_id TEXT NOT NULL
        ) STRICT;
        CREATE TABLE event_segment (
            sequence INTEGER PRIMARY KEY, account TEXT NOT NULL,
            first_time INTEGER NOT NULL, last_time INTEGER NOT NULL, body BLOB NOT NULL
        ) STRICT;
        CREATE INDEX event_segment_by_time ON event_segment (last_time);
        CREATE TABLE event_index (
            account TEXT NOT NULL, attribute TEXT NOT NULL, value BLOB NOT NULL, last_time INTEGER NOT NULL,
            segment INTEGER NOT NULL,
            PRIMARY KEY (account, attribute, value, last_time, segment)
        ) STRICT, WITHOUT ROWID;
        """

    /// A ledger as a program of format 1 left it: user alice, made and changed, in group devs.
    private func makeFormat1(in directory: TemporaryDirectory) throws {
        try FileManager.default.createDirectory(atPath: directory.data, withIntermediateDirectories: true)
        let key = try KeyFile(path: directory.key).sealingKey(for: "ledger")
        let canary = try key.seal(
            Array("gatehouse ledger".utf8), authenticating: SealContext("meta").bytes)
        var bodies: [Data] = []
        for version in 1...2 as ClosedRange<Int64> {
            var place = SealContext("record")
            for part in [scope.account, scope.region, "AWS::IAM::User", "alice"] { place.append(part) }
            place.append(version)
            let json = #"{"groups":["devs"],"name":"alice","note":"\#(version)"}"#
            bodies.append(Data(try key.seal(Array(json.utf8), authenticating: place.bytes)))
        }
        try database(of: directory).write { database in
            try database.execute(sql: Self.format1)
            try database.execute(
                sql: "INSERT INTO meta VALUES ('format', 1), ('canary', ?)", arguments: [Data(canary)])
            try database.execute(
                sql: "INSERT INTO record VALUES (?, '', 'AWS::IAM::User', 'alice', 2, ?)",
                arguments: [scope.account, bodies[1]])
            try database.execute(
                sql: "INSERT INTO counter VALUES (?, '', 'AWS::IAM::User', 1)", arguments: [scope.account])
            try database.execute(
                sql: "INSERT INTO reference VALUES (?, '', 'group', 'devs', 'AWS::IAM::User', 'alice')",
                arguments: [scope.account])
            try database.execute(
                sql: """
                    INSERT INTO journal VALUES
                    (1, 10, ?, '', 'AWS::IAM::User', 'alice', NULL, NULL, ?, 'a'),
                    (2, 20, ?, '', 'AWS::IAM::User', 'alice', 1, ?, ?, 'b')
                    """, arguments: [scope.account, bodies[0], scope.account, bodies[0], bodies[1]])
        }
    }

    private func database(of directory: TemporaryDirectory) throws -> DatabaseQueue {
        try DatabaseQueue(path: directory.data + "/ledger.sqlite")
    }

    private func format(of directory: TemporaryDirectory) throws -> Int? {
        try database(of: directory).read { try Int.fetchOne($0, sql: "SELECT value FROM meta WHERE name = 'format'") }
    }

    @Test func aLedgerOfTheFirstFormatIsCarriedOver() async throws {
        let directory = try TemporaryDirectory()
        try makeFormat1(in: directory)

        // Who only reads leaves it as it is.
        let reader = try directory.open(readOnly: true)
        #expect(try await reader.user("alice")?.note == "2")
        await reader.close()
        #expect(try format(of: directory) == 1)

        for _ in 0..<2 {
            let ledger = try directory.open()
            #expect(try await ledger.user("alice") == User(name: "alice", groups: ["devs"], note: "2"))
            #expect(try await ledger.userCount() == 1)
            let entries = try await ledger.follow(after: 0, kinds: [User.kind]).entries
            #expect(entries.prefix(2).map(\.time) == [10, 20])
            #expect(try entries.prefix(2).map { try $0.change.decodeBefore(User.self)?.note } == [nil, "1"])
            await ledger.close()
            #expect(try format(of: directory) == 4)
        }

        let ledger = try directory.open()
        try await ledger.write(requestID: "c") { transaction throws(LedgerError) in
            try transaction.put(User(name: "bob", groups: ["devs"]), in: scope)
            try transaction.schedule(Deadline(kind: "Close", scope: scope, id: "a", due: 1))
            return .commit(())
        }
        try await ledger.read { reader throws(LedgerError) in
            #expect(
                try reader.referrers(User.self, relation: "group", to: "devs", in: scope, limit: 9).map(\.name)
                    == ["alice", "bob"])
            #expect(try reader.history(of: User.self, "alice", in: scope, limit: 9).map(\.change.sequence) == [2, 1])
            #expect(try reader.deadlines(limit: 9).map(\.id) == ["a"])
        }
        #expect(try await ledger.lastSequence() == 3)
        await ledger.close()
    }

    /// Both ways lead to the same tables.
    @Test func whatIsCarriedOverIsAsWhatIsMadeNew() async throws {
        let (old, new) = (try TemporaryDirectory(), try TemporaryDirectory())
        try makeFormat1(in: old)
        for directory in [old, new] { await (try directory.open()).close() }
        func names(_ directory: TemporaryDirectory) throws -> [String] {
            try database(of: directory).read {
                try String.fetchAll($0, sql: "SELECT type || ' ' || name FROM sqlite_schema ORDER BY 1")
            }
        }
        #expect(try names(old) == names(new))
        #expect(try names(new).contains("table deadline"))
    }

    /// A database, and a directory, as a program of format 3 left it: without tables.
    @Test(arguments: Backend.allCases) func format3BecomesFormat4(on backend: Backend) async throws {
        let place = try backend.place()
        let first = try place.open()
        try await first.put(User(name: "alice"))
        for sql in [
            "DROP TABLE table_row", "DROP TABLE table_index", "DELETE FROM meta WHERE name = 'table-changes'",
            backend == .sqlite
                ? "UPDATE meta SET value = 3 WHERE name = 'format'"
                : """
                UPDATE meta SET number = 3 WHERE name = 'format'; UPDATE head SET version = 2;
                ALTER TABLE head DROP COLUMN epoch
                """,
        ] { try await first.tamper(sql) }
        await first.close()

        // Who only reads leaves it as it is, and finds it whole.
        let reader = try place.open(readOnly: true)
        let found = try reader.verify([User.self])
        #expect(found.damage == [] && found.format == 3)
        await reader.close()

        for round in 0..<2 {
            let ledger = try place.open()
            try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                try transaction.put(ObjectName(name: "\(round)"), in: scope)
                return .commit(())
            }
            let found = try ledger.verify([User.self], tables: TableTests.tables)
            // What nodes share is brought up to date for all of them, also for those of the version before.
            #expect(found.damage == [] && found.format == (backend == .sqlite ? 4 : 3))
            #expect(found.counts[.tableRow]?.rows == round + 1)
            await ledger.close()
        }
    }

    @Test func withTheWrongKeyNothingIsChanged() throws {
        let directory = try TemporaryDirectory()
        try makeFormat1(in: directory)
        try FileManager.default.removeItem(atPath: directory.key)
        let error = #expect(throws: LedgerError.self) { try directory.open() }
        #expect(error?.kind == .sealed)
        #expect(try format(of: directory) == 1)
    }

    /// Counts what a new ledger says of itself at its first commit: what a process leaves that ends right after it.
    private final class FirstCommit: TransactionObserver, Sendable {
        let facts = Mutex<Int?>(nil)

        func observes(eventsOfKind eventKind: DatabaseEventKind) -> Bool { true }
        func databaseDidChange(with event: DatabaseEvent) {}
        func databaseDidRollback(_ db: Database) {}
        func databaseDidCommit(_ db: Database) {
            let count = (try? Int.fetchOne(db, sql: "SELECT count(*) FROM meta")) ?? 0
            facts.withLock { $0 = $0 ?? count }
        }
    }

    @Test func aNewLedgerIsOursFromItsFirstCommitOn() throws {
        let queue = try DatabaseQueue()
        let observer = FirstCommit()
        queue.add(transactionObserver: observer, extent: .observerLifetime)
        let format = Format(key: try EphemeralKeyring().sealingKey(for: "ledger"))
        try queue.writeWithoutTransaction { try Schema.prepare($0, format) }
        #expect(observer.facts.withLock { $0 } == 7)
    }

    @Test(arguments: ["DELETE FROM meta", "DELETE FROM meta WHERE name = 'canary'", "UPDATE meta SET value = 'x'"])
    func aLedgerThatDoesNotSayWhatItIsIsRefused(sql: String) async throws {
        let directory = try TemporaryDirectory()
        await (try directory.open()).close()
        try await database(of: directory).write { try $0.execute(sql: sql) }
        for readOnly in [false, true] {
            let error = #expect(throws: LedgerError.self) { try directory.open(readOnly: readOnly) }
            #expect(error?.kind == .corrupt)
        }
    }
}
