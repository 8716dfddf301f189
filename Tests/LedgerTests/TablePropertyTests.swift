import Foundation
import Keyring
import Testing

@testable import Ledger

/// Tables against a sorted array in memory: whatever was done, and however they are read.
@Suite struct TablePropertyTests {
    /// Short names of few letters, so that many begin alike: with what separates, what is escaped, and what is highest.
    private static let letters = ["a", "b", "/", "\0", "\u{1}", "é", "\u{ffff}", "ÿ"]

    private static func name(_ random: inout SeededGenerator) -> String {
        (0..<Int.random(in: 0...4, using: &random)).map { _ in letters.randomElement(using: &random) ?? "" }.joined()
    }

    /// By the bytes, as Swift's own order is not.
    private static func isBefore(_ a: ObjectName, _ b: ObjectName) -> Bool {
        a.name.utf8.lexicographicallyPrecedes(b.name.utf8)
    }

    private struct Model {
        var rows: [ObjectName] = []

        mutating func put(_ row: ObjectName) {
            delete(row.name)
            rows.append(row)
            rows.sort(by: TablePropertyTests.isBefore)
        }

        @discardableResult
        mutating func delete(_ name: String) -> Bool {
            let count = rows.count
            rows.removeAll { $0.name.utf8.elementsEqual(name.utf8) }
            return rows.count < count
        }

        func find(_ name: String) -> ObjectName? { rows.first { $0.name.utf8.elementsEqual(name.utf8) } }

        /// In the order of an index: its value, then the key.
        var byModified: [ObjectName] {
            rows.sorted { a, b in
                a.modified == b.modified ? TablePropertyTests.isBefore(a, b) : a.modified > b.modified
            }
        }
    }

    private static func starts(_ row: ObjectName, _ prefix: String) -> Bool { row.name.utf8.starts(with: prefix.utf8) }

    /// Pages of every size, from any place on, forward and back, are what the array has.
    private static func compare(
        _ reader: Reader, _ model: Model, _ random: inout SeededGenerator, _ note: String
    ) throws(LedgerError) {
        let limit = Int.random(in: 1...7, using: &random)
        let (prefix, place) = (Bool.random(using: &random) ? "" : name(&random), name(&random))
        let isReversed = Bool.random(using: &random)
        let isPrefix = Bool.random(using: &random)
        var wanted = model.rows.filter { starts($0, prefix) }
        var range = RowRange(RowPrefix(beginning: prefix), isReversed: isReversed)
        if Int.random(in: 0..<3, using: &random) > 0 {
            range.after = isPrefix ? .prefix(RowPrefix(beginning: place)) : .key(RowKey(.text(place)))
            let there = ObjectName(name: place)
            wanted = wanted.filter { row in
                if isPrefix, starts(row, place) { return false }
                return isReversed ? isBefore(row, there) : isBefore(there, row)
            }
        }
        if isReversed { wanted.reverse() }
        var found: [ObjectName] = []
        while true {
            let page = try reader.list(ObjectName.self, of: "bucket", in: scope, range, limit: limit)
            found += page
            guard page.count == limit, let last = page.last else { break }
            range.after = .key(last.key)
        }
        #expect(found == wanted, "\(note) prefix \(prefix.debugDescription) after \(place.debugDescription)")
        #expect(try reader.count(ObjectName.self, of: "bucket", in: scope) == model.rows.count, "\(note)")
        #expect(
            try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope)
                == Int(model.rows.reduce(0) { $0 + $1.size }), "\(note)")

        try compareIndex(reader, model, limit, isReversed, note)
        try compareGroups(reader, model, prefix, limit, note)
    }

    private static func compareIndex(
        _ reader: Reader, _ model: Model, _ limit: Int, _ isReversed: Bool, _ note: String
    ) throws(LedgerError) {
        var (range, found) = (RowIndexRange(isReversed: isReversed), [ObjectName]())
        while true {
            let page = try reader.list(ObjectName.self, by: "modified", of: "bucket", in: scope, range, limit: limit)
            found += page
            guard page.count == limit, let last = page.last else { break }
            range.after = (RowKey(.descending(last.modified)), last.key)
        }
        #expect(found == (isReversed ? model.byModified.reversed() : model.byModified), "\(note)")
        for tag in letters.prefix(3) {
            let equal = try reader.list(
                ObjectName.self, by: "tag", of: "bucket", in: scope, RowIndexRange(RowPrefix(.text(tag))), limit: 999)
            #expect(equal == model.rows.filter { $0.tag == tag }, "\(note) tag \(tag)")
        }
    }

    private static func compareGroups(
        _ reader: Reader, _ model: Model, _ prefix: String, _ limit: Int, _ note: String
    ) throws(LedgerError) {
        var wanted: [[UInt8]] = []
        for row in model.rows where starts(row, prefix) {
            let rest = Array(row.name.utf8).dropFirst(prefix.utf8.count)
            let text = Array(row.name.utf8)
            let line = rest.firstIndex(of: UInt8(ascii: "/")).map { Array(text[...$0]) } ?? text
            if wanted.last != line { wanted.append(line) }
        }
        var (range, found) = (RowRange(RowPrefix(beginning: prefix)), [[UInt8]]())
        while true {
            let page = try reader.list(
                ObjectName.self, of: "bucket", in: scope, range, groupedBy: "/", limit: limit)
            for line in page {
                switch line {
                case .row(let row):
                    found.append(Array(row.name.utf8))
                    range.after = .key(row.key)
                case .group(let group):
                    found.append(group.beginning)
                    range.after = .prefix(group)
                }
            }
            guard page.count == limit else { break }
        }
        #expect(found == wanted, "\(note) groups of \(prefix.debugDescription)")
    }

    @Test(arguments: Backend.allCases, 0..<6 as Range<UInt64>) func tablesAreWhatASortedArrayIs(
        on backend: Backend, round: UInt64
    ) async throws {
        let seed = UInt64.random(in: 0...999_999) &* 10 &+ round
        var random = SeededGenerator(seed: seed)
        let place = try backend.place()
        var ledger = try place.open()
        var model = Model()
        for step in 0..<120 {
            let note = "seed \(seed) step \(step)"
            var next = model
            let (name, choice) = (Self.name(&random), Int.random(in: 0..<10, using: &random))
            let row = ObjectName(
                name: name, size: Int64.random(in: 0..<100, using: &random),
                modified: Int64.random(in: -3...3, using: &random),
                tag: Self.letters.prefix(4).randomElement(using: &random))
            let commits = Int.random(in: 0..<5, using: &random) > 0
            // What was read earlier, and may have changed since.
            let known = Bool.random(using: &random) ? model.find(name) : model.rows.randomElement(using: &random)
            let before = model
            let state = random
            (next, random) = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                // A transaction may be run again.
                var (model, random) = (before, state)
                switch choice {
                case 0..<5:
                    try transaction.put(row, in: scope)
                    model.put(row)
                case 5, 6:
                    let isDone = try transaction.put(row, replacing: known, in: scope)
                    #expect(isDone == (model.find(name) == known), "\(note)")
                    if isDone { model.put(row) }
                case 7:
                    if let known {
                        #expect(try transaction.delete(known, in: scope), "\(note)")
                        model.delete(known.name)
                    }
                default:
                    let isDone = try transaction.delete(ObjectName.self, row.key, of: "bucket", in: scope)
                    #expect(isDone == model.delete(name), "\(note)")
                }
                // A transaction sees what it has changed.
                try Self.compare(transaction, model, &random, note)
                return commits ? .commit((model, random)) : .rollback((before, random))
            }
            model = next
            let (now, seen) = (model, random)
            try await ledger.read { reader throws(LedgerError) in
                var random = seen
                try Self.compare(reader, now, &random, note)
            }
            if step % 40 == 39 {
                await ledger.close()
                ledger = try place.open()
            }
        }
        #expect(try ledger.verify([], tables: TableTests.tables).damage == [], "seed \(seed)")
        await ledger.close()
    }

    /// Connections are cut, and nodes go on: rows, counts, sums and indexes agree, and what was answered is there once.
    @Test func connectionsThatAreCutLeaveTablesWhole() async throws {
        let place = try Backend.postgres.place()
        let nodes = [try place.open(), try place.open()]
        guard case .postgres(let address) = place.location else { return }
        let cutting = Task {
            while !Task.isCancelled {
                try TestServer.shared.get().execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_locks
                    WHERE relation = 'head'::regclass AND pid <> pg_backend_pid() AND random() < 0.5
                    """, in: address)
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        let answered = await withTaskGroup(of: Int.self) { group in
            for task in 0..<6 {
                let ledger = nodes[task % 2]
                group.addTask {
                    var answered = 0
                    for step in 0..<20 {
                        let name = "\(step % 5)"
                        let done: Void? = try? await ledger.write(requestID: "r") { transaction throws(LedgerError) in
                            let old = try transaction.get(ObjectName.self, RowKey(.text(name)), of: "bucket", in: scope)
                            let new = ObjectName(name: name, size: (old?.size ?? 0) + 1, modified: Int64(step))
                            guard try transaction.put(new, replacing: old, in: scope) else { return .rollback(()) }
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
        for ledger in nodes {
            try await ledger.read { reader throws(LedgerError) in
                #expect(try reader.sum("bytes", ObjectName.self, of: "bucket", in: scope) == answered)
                let rows = try reader.list(ObjectName.self, of: "bucket", in: scope, limit: 99)
                #expect(rows.reduce(0) { $0 + Int($1.size) } == answered)
            }
            #expect(try ledger.verify([], tables: TableTests.tables).damage == [])
            await ledger.close()
        }
    }

    /// The order of keys is that of their parts, and the bytes say so.
    @Test func keysHaveTheOrderOfTheirParts() {
        var random = SeededGenerator(seed: UInt64.random(in: 0...999_999))
        let numbers: [Int64] = [.min, -1, 0, 1, 255, 256, .max]
        for _ in 0..<2000 {
            let (a, b) = (Self.name(&random), Self.name(&random))
            let (m, n) = (numbers.randomElement(using: &random) ?? 0, numbers.randomElement(using: &random) ?? 0)
            let isLess =
                a.utf8.elementsEqual(b.utf8) ? m < n : a.utf8.lexicographicallyPrecedes(b.utf8)
            #expect((RowKey(.text(a), .number(m)) < RowKey(.text(b), .number(n))) == isLess)
            let isLessDescending = a.utf8.elementsEqual(b.utf8) ? m > n : a.utf8.lexicographicallyPrecedes(b.utf8)
            #expect((RowKey(.text(a), .descending(m)) < RowKey(.text(b), .descending(n))) == isLessDescending)
            #expect(
                (RowKey(.number(m), .bytes(Array(a.utf8))) < RowKey(.number(n), .text(b)))
                    == (m == n ? a.utf8.lexicographicallyPrecedes(b.utf8) : m < n))
        }
    }
}
