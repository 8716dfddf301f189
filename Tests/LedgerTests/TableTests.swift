import Foundation
import GRDB
import Keyring
import Testing

@testable import Ledger

/// An object's name in a bucket.
struct ObjectName: TableRow, Equatable {
    static let kind = "AWS::S3::Object"
    var bucket = "bucket"
    var name: String
    var size: Int64 = 0
    var modified: Int64 = 0
    var tag: String?

    var partition: String { bucket }
    var key: RowKey { RowKey(.text(name)) }
    var indexes: [RowIndex] {
        [RowIndex("modified", RowKey(.descending(modified)))] + (tag.map { [RowIndex("tag", RowKey(.text($0)))] } ?? [])
    }
    var amounts: [String: Int64] { ["bytes": size] }
}

/// A version of an object, the newest first.
struct ObjectVersion: TableRow, Equatable {
    static let kind = "AWS::S3::ObjectVersion"
    var name: String
    var number: Int64
    var key: RowKey { RowKey(.text(name), .descending(number)) }
}

@Suite struct TableTests {
    static let tables: [any TableRow.Type] = [ObjectName.self, ObjectVersion.self]

    private func put(_ ledger: Ledger, _ rows: any TableRow...) async throws {
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            for row in rows { try transaction.put(row, in: scope) }
            return .commit(())
        }
    }

    @Test(arguments: Backend.allCases) func putGetReplaceDelete(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let key = RowKey(.text("a/b"))
        try await put(ledger, ObjectName(name: "a/b", size: 5), ObjectName(bucket: "other", name: "a/b", size: 7))
        try await put(ledger, ObjectName(name: "a/b", size: 9), ObjectName(name: "c", size: 1))
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.get(ObjectName.self, key, of: "bucket", in: scope) == ObjectName(name: "a/b", size: 9))
            #expect(try reader.get(ObjectName.self, key, of: "other", in: scope)?.size == 7)
            #expect(try reader.get(ObjectName.self, key, in: scope) == nil)
            #expect(try reader.get(ObjectName.self, key, of: "bucket", in: Scope(account: "2")) == nil)
            #expect(try reader.count(ObjectName.self, of: "bucket", in: scope) == 2)
            #expect(try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope) == 10)
            #expect(try reader.sum("nothing", ObjectName.self, of: "bucket", in: scope) == 0)
        }
        let deleted = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            let first = try transaction.delete(ObjectName.self, key, of: "bucket", in: scope)
            #expect(try transaction.get(ObjectName.self, key, of: "bucket", in: scope) == nil)
            #expect(try transaction.count(ObjectName.self, of: "bucket", in: scope) == 1)
            return .commit([first, try transaction.delete(ObjectName.self, key, of: "bucket", in: scope)])
        }
        #expect(deleted == [true, false])
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope) == 1)
            #expect(try reader.sum("bytes", ObjectName.self, of: "other", in: scope) == 7)
            #expect(try reader.list(ObjectName.self, by: "modified", of: "bucket", in: scope, limit: 9).count == 1)
        }
        #expect(try ledger.verify([], tables: Self.tables).damage == [])
    }

    @Test(arguments: Backend.allCases) func rowsRecordsAndEventsAreOneTransaction(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        for commits in [false, true] {
            try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                try transaction.put(ObjectName(name: "a", size: 3), in: scope)
                try transaction.put(User(name: "alice"), in: scope)
                try transaction.record(makeEvent())
                return commits ? .commit(()) : .rollback(())
            }
            try await ledger.read { reader throws(LedgerError) in
                #expect(try reader.count(ObjectName.self, of: "bucket", in: scope) == (commits ? 1 : 0))
                #expect(try reader.list(ObjectName.self, of: "bucket", in: scope, limit: 9).count == (commits ? 1 : 0))
                #expect(try reader.count(User.self, in: scope) == (commits ? 1 : 0))
            }
        }
        // Rows and what they sum up to are not counted as records.
        #expect(try await ledger.recordCount() == 1)
        // The journal does not have rows.
        #expect(try await ledger.follow(after: 0).entries.map(\.change.kind) == [User.kind])
    }

    /// Whoever read a row earlier changes it only if it is still the same.
    @Test(arguments: Backend.allCases) func compareAndSet(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let (one, two) = (ObjectName(name: "a", size: 1), ObjectName(name: "a", size: 2))
        let done = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            .commit([
                try transaction.put(one, replacing: one, in: scope),
                try transaction.put(one, replacing: nil, in: scope),
                try transaction.put(two, replacing: nil, in: scope),
                try transaction.put(one, replacing: two, in: scope),
                try transaction.put(two, replacing: one, in: scope), try transaction.delete(one, in: scope),
                try transaction.delete(two, in: scope), try transaction.delete(two, in: scope),
            ])
        }
        #expect(done == [false, true, false, false, true, false, true, false])
        #expect(try ledger.verify([], tables: Self.tables).damage == [])

        // Of many at once, one wins.
        let winners = try await withThrowingTaskGroup(of: Bool.self) { group in
            for size in 1...20 as ClosedRange<Int64> {
                group.addTask {
                    try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                        .commit(try transaction.put(ObjectName(name: "b", size: size), replacing: nil, in: scope))
                    }
                }
            }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(winners.filter { $0 }.count == 1)
    }

    @Test(arguments: Backend.allCases) func versionsOfANameStandTogetherNewestFirst(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        let all = ["a", "a\0", "a/", "aa"].flatMap { name in
            [Int64.max, 3, 2, 0, -5, .min].map { ObjectVersion(name: name, number: $0) }
        }
        for row in all.shuffled() { try await put(ledger, row) }
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.list(ObjectVersion.self, in: scope, limit: 99) == all)
            #expect(
                try reader.list(ObjectVersion.self, in: scope, RowRange(isReversed: true), limit: 99) == all.reversed())
            let ofOne = try reader.list(ObjectVersion.self, in: scope, RowRange(RowPrefix(.text("a"))), limit: 99)
            #expect(ofOne == all.filter { $0.name.utf8.elementsEqual("a".utf8) })
            let others = try reader.list(
                ObjectVersion.self, in: scope, RowRange(after: .prefix(RowPrefix(.text("a")))), limit: 99)
            #expect(others == Array(all.dropFirst(6)))
            let groups = try reader.list(ObjectVersion.self, in: scope, groupedBy: "/", limit: 99)
            #expect(groups.count == 19)
        }
    }

    @Test(
        arguments: Backend.allCases,
        [
            ObjectName(bucket: "a\u{1f}b", name: "x"), ObjectName(name: "x", size: -1),
            ObjectName(name: String(repeating: "x", count: 3000)),
            ObjectName(name: String(repeating: "\0", count: 1400)),
            ObjectName(name: "x", tag: String(repeating: "y", count: 2600)),
        ])
    func rowsThatCannotBeKeptAreRefusedAlone(on backend: Backend, row: ObjectName) async throws {
        let ledger = try backend.ledger()
        let error = await #expect(throws: LedgerError.self) { try await put(ledger, row) }
        #expect(error?.kind == .invalid)
        // The longest that S3 has.
        let longest = ObjectName(name: String(repeating: "\0", count: 1024))
        try await put(ledger, longest)
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.list(ObjectName.self, of: "bucket", in: scope, limit: 9) == [longest])
        }
    }

    @Test(arguments: Backend.allCases) func aPartitionIsEmptiedSomeAtATime(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        for number in 0..<25 { try await put(ledger, ObjectName(name: "n\(number)", size: 2, tag: "t")) }
        try await put(ledger, ObjectName(bucket: "other", name: "x"))
        var counts: [Int] = []
        repeat {
            counts.append(
                try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                    .commit(try transaction.deleteAll(ObjectName.self, of: "bucket", in: scope, limit: 10))
                })
        } while counts.last == 10
        #expect(counts == [10, 10, 5])
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.count(ObjectName.self, of: "bucket", in: scope) == 0)
            #expect(try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope) == 0)
            #expect(try reader.list(ObjectName.self, by: "tag", of: "bucket", in: scope, limit: 9).isEmpty)
            #expect(try reader.count(ObjectName.self, of: "other", in: scope) == 1)
        }
        #expect(try ledger.verify([], tables: Self.tables).damage == [])
    }

    /// What another version of the program wrote, with other indexes and amounts.
    private enum Earlier {
        struct ObjectName: TableRow {
            static let kind = "AWS::S3::Object"
            var bucket = "bucket"
            var name: String
            var partition: String { bucket }
            var key: RowKey { RowKey(.text(name)) }
            var indexes: [RowIndex] { [RowIndex("gone", RowKey(.text("x"))), RowIndex("tag", RowKey(.text("t")))] }
            var amounts: [String: Int64] { ["gone": 5, "bytes": 1] }
        }
    }

    private enum Later {
        struct ObjectName: TableRow, Equatable {
            static let kind = "AWS::S3::Object"
            static let version = 2
            var bucket = "bucket"
            var name: String
            var owner: String
            var partition: String { bucket }
            var key: RowKey { RowKey(.text(name)) }
            static func upgrade(_ fields: inout RecordFields, from version: Int) {
                if version == 1 { fields["owner"] = .text("nobody") }
            }
        }
    }

    @Test(arguments: Backend.allCases) func rowsOfAnEarlierVersionAreReadAndReplaced(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await put(ledger, Earlier.ObjectName(name: "a"), Earlier.ObjectName(name: "b"))
        let a = Later.ObjectName(name: "a", owner: "nobody")
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            #expect(try transaction.list(Later.ObjectName.self, of: "bucket", in: scope, limit: 9).first == a)
            // Compared by what it says now.
            #expect(try transaction.put(Later.ObjectName(name: "a", owner: "me"), replacing: a, in: scope))
            #expect(try transaction.delete(Later.ObjectName.self, RowKey(.text("b")), of: "bucket", in: scope))
            return .commit(())
        }
        try await ledger.read { reader throws(LedgerError) in
            for index in ["gone", "tag"] {
                #expect(try reader.list(Later.ObjectName.self, by: index, of: "bucket", in: scope, limit: 9).isEmpty)
            }
            #expect(try reader.sum("gone", Later.ObjectName.self, of: "bucket", in: scope) == 0)
        }
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.read { reader throws(LedgerError) in
                try reader.get(ObjectName.self, RowKey(.text("a")), of: "bucket", in: scope)
            }
        }
        #expect(error?.kind == .newerFormat)
        #expect(try ledger.verify([], tables: [Later.ObjectName.self]).damage == [])
    }

    // MARK: Damage

    @Test(
        arguments: Backend.allCases,
        [
            ("UPDATE table_row SET body = x'00' WHERE key = x'610001'", LedgerTable.tableRow),
            ("UPDATE table_row SET key = x'780001' WHERE key = x'610001'", .tableRow),
            ("UPDATE table_row SET partition = 'other'", .tableRow),
            ("DELETE FROM table_row WHERE key = x'610001'", .counter),
            ("DELETE FROM table_index WHERE key = x'610001'", .tableIndex),
            ("UPDATE table_index SET value = x'00' WHERE name = 'tag' AND key = x'620001'", .tableIndex),
            ("UPDATE counter SET count = count + 1", .counter),
            ("DELETE FROM meta WHERE name = 'table-changes'", .meta),
        ])
    func whatWasChangedFromOutsideIsFound(on backend: Backend, change: (sql: String, table: LedgerTable)) async throws {
        let ledger = try backend.ledger()
        try await put(ledger, ObjectName(name: "a", size: 4, tag: "x"), ObjectName(name: "b", tag: "y"))
        #expect(try ledger.verify([], tables: Self.tables).damage == [])
        try await ledger.tamper(change.sql)
        let found = try ledger.verify([], tables: Self.tables)
        #expect(found.damage.contains { $0.table == change.table }, "\(found.damage)")
        #expect(found.damage.filter { $0.table == .tableRow }.allSatisfy { $0.place.contains("AWS::S3::Object") })
    }

    @Test(arguments: Backend.allCases) func aRowThatWasChangedFromOutsideIsNotRead(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await put(ledger, ObjectName(name: "a"), ObjectName(name: "b"))
        try await ledger.tamper(
            "UPDATE table_row SET body = (SELECT body FROM table_row WHERE key = x'620001') WHERE key = x'610001'")
        let error = await #expect(throws: LedgerError.self) {
            try await ledger.read { reader throws(LedgerError) in
                try reader.get(ObjectName.self, RowKey(.text("a")), of: "bucket", in: scope)
            }
        }
        #expect(error?.kind == .corrupt)
    }

    @Test func aKindThatNobodyKnowsIsDamage() async throws {
        let ledger = try Ledger.inMemory()
        try await put(ledger, ObjectVersion(name: "a", number: 1))
        #expect(try ledger.verify([], tables: [ObjectName.self]).damage.map(\.table) == [.tableRow])
    }

    @Test func resetEmptiesTables() async throws {
        let ledger = try Ledger.inMemory()
        try await put(ledger, ObjectName(name: "a", size: 4, tag: "x"))
        try await ledger.reset { _, _ in true }
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.count(ObjectName.self, of: "bucket", in: scope) == 0)
            #expect(try reader.list(ObjectName.self, by: "tag", of: "bucket", in: scope, limit: 9).isEmpty)
        }
        #expect(try ledger.verify([], tables: Self.tables).damage == [])
    }

    // MARK: Plans

    /// What is read is found by the index alone, in its order, and nothing is sorted: so a page costs what is on it.
    @Test func sqliteReadsPagesInOrder() async throws {
        let ledger = try Ledger.inMemory()
        for bounds in ["key >= x'00'", "key >= x'00' AND key < x'01'"] {
            for direction in ["", "DESC"] {
                let plan = try await ledger.plan(
                    """
                    SELECT key, body FROM table_row
                    WHERE account = '' AND region = '' AND kind = '' AND partition = '' AND \(bounds)
                    ORDER BY key \(direction) LIMIT 5
                    """)
                #expect(!plan.contains("TEMP B-TREE") && plan.contains("partition=? AND key>?"), "\(plan)")
            }
        }
        for bounds in ["(value, key) >= (x'00', x'')", "(value, key) >= (x'00', x'') AND (value, key) < (x'01', x'')"] {
            for direction in ["", "DESC"] {
                let plan = try await ledger.plan(
                    """
                    SELECT value, key FROM table_index
                    WHERE account = '' AND region = '' AND kind = '' AND partition = '' AND name = '' AND \(bounds)
                    ORDER BY value \(direction), key \(direction) LIMIT 5
                    """)
                #expect(!plan.contains("TEMP B-TREE") && plan.contains("(value,key)>(?,?)"), "\(plan)")
                #expect(plan.contains("(value,key)<(?,?)") == bounds.contains("<"), "\(plan)")
            }
        }
    }
}

extension Ledger {
    /// What SQLite says of how it would run a query.
    fileprivate func plan(_ sql: String) async throws -> String {
        try await database.read { database in
            try Row.fetchAll(database, sql: "EXPLAIN QUERY PLAN \(sql)").map { $0["detail"] as String }
                .joined(separator: "; ")
        }
    }
}
