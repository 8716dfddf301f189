import Foundation
import Testing

@testable import Ledger

/// A row as an older program writes it: in JSON.
private struct OldNote: TableRow, Equatable {
    static let kind = "Test::Note"
    var id: String
    var size: Int64
    var key: RowKey { RowKey(.text(id)) }
}

/// The same in a short form.
private struct Note: TableRow, Equatable {
    static let kind = "Test::Note"
    var id: String
    var size: Int64
    var group: String?
    var key: RowKey { RowKey(.text(id)) }
    var amounts: [String: Int64] { ["bytes": size] }
    var indexes: [RowIndex] { [RowIndex("size", RowKey(.number(size)))] }

    static var form: RowForm<Self> {
        .short(version: 2) { row, output in
            output.append(row.id)
            output.append(row.size)
            output.append(row.group)
        } read: { input, version in
            Note(
                id: try input.text(), size: try input.number(),
                group: version < 2 ? nil : try input.optionalText())
        }
    }
}

/// The first version of that form.
private struct FirstNote: TableRow, Equatable {
    static let kind = "Test::Note"
    var id: String
    var size: Int64
    var key: RowKey { RowKey(.text(id)) }

    static var form: RowForm<Self> {
        .short(version: 1) { row, output in
            output.append(row.id)
            output.append(row.size)
        } read: { input, _ in
            FirstNote(id: try input.text(), size: try input.number())
        }
    }
}

@Suite struct RowFormTests {
    @Test(arguments: Backend.allCases) func rowsOfAllFormsAreRead(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(OldNote(id: "json", size: 1), in: scope)
            try transaction.put(FirstNote(id: "first", size: 2), in: scope)
            try transaction.put(Note(id: "second", size: 3, group: "g"), in: scope)
            return .commit(())
        }
        try await ledger.read { reader throws(LedgerError) in
            let all = try reader.list(Note.self, in: scope, limit: 10)
            #expect(
                all == [
                    Note(id: "first", size: 2), Note(id: "json", size: 1), Note(id: "second", size: 3, group: "g"),
                ])
            for note in all { #expect(try reader.get(Note.self, note.key, in: scope) == note) }
            #expect(try reader.sum("bytes", Note.self, in: scope) == 3)
            #expect(try reader.list(Note.self, by: "size", in: scope, limit: 10).map(\.id) == ["second"])
        }
        // What was written in another form is the same row all the same.
        let isDeleted = try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            .commit(
                (
                    try transaction.delete(Note(id: "json", size: 2), in: scope),
                    try transaction.delete(Note(id: "json", size: 1), in: scope),
                    try transaction.put(
                        Note(id: "first", size: 9), replacing: Note(id: "first", size: 2), in: scope)
                ))
        }
        #expect(isDeleted == (false, true, true))
    }

    @Test func programsSayThatARowIsTooNewForThem() async throws {
        let ledger = try Backend.sqlite.ledger()
        try await ledger.write(requestID: "r") { transaction throws(LedgerError) in
            try transaction.put(Note(id: "a", size: 1), in: scope)
            return .commit(())
        }
        try await ledger.read { reader throws(LedgerError) in
            #expect(throws: LedgerError.self) { try reader.get(FirstNote.self, Note(id: "a", size: 1).key, in: scope) }
            do throws(LedgerError) {
                _ = try reader.get(OldNote.self, Note(id: "a", size: 1).key, in: scope)
                Issue.record("a program that knows no short forms has read one")
            } catch {
                #expect(error.kind == .newerFormat)
            }
        }
    }

    @Test func whatWasNotWrittenInTheFormIsRefused() throws {
        let whole = try RecordBody.encode(row: Note(id: "a name", size: 12_345_678, group: "its group"))
        for end in RecordBody.headSize..<whole.count {
            #expect(throws: LedgerError.self) {
                try RecordBody.decode(row: Note.self, from: Array(whole[..<end]), named: "")
            }
        }
        #expect(throws: LedgerError.self) { try RecordBody.decode(row: Note.self, from: whole + [0], named: "") }
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            var changed = whole
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                changed[Int.random(in: 5..<changed.count, using: &random)] = random.next()
            }
            _ = try? RecordBody.decode(row: Note.self, from: changed, named: "")
        }
    }

    @Test func everyMemberComesBack() throws {
        var random = SystemRandomNumberGenerator()
        let edges: [Int64] = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, .max, .min, .max - 1, .min + 1]
        let numbers = edges + (0..<1000).map { Int64(truncatingIfNeeded: random.next() as UInt64) >> ($0 % 64) }
        var output = RowOutput(after: [])
        for number in numbers { output.append(number) }
        output.append(1.5)
        output.append(-Double.infinity)
        output.append("Zürich\0")
        output.append(nil as String?)
        output.append("" as String?)
        output.append([1, 2, 255] as [UInt8])
        output.append(["b": "2", "a": "1", "": ""])
        output.append(true)
        output.append(count: 3)
        try output.append(json: ["x": [1, 2]])
        var input = RowInput(output.bytes)
        for number in numbers { #expect(try input.number() == number) }
        #expect(try input.double() == 1.5)
        #expect(try input.double() == -.infinity)
        #expect(try input.text() == "Zürich\0")
        #expect(try input.optionalText() == nil)
        #expect(try input.optionalText() == "")
        #expect(try input.data() == [1, 2, 255])
        #expect(try input.texts() == ["b": "2", "a": "1", "": ""])
        #expect(try input.boolean())
        #expect(try input.count() == 3)
        #expect(try input.json([String: [Int]].self) == ["x": [1, 2]])
        try input.checkIsAtEnd()
        #expect(throws: RowInput.Malformed.self) { try input.boolean() }
    }

    @Test func equalDictionariesHaveEqualBytes() {
        func bytes(_ texts: [String: String]) -> [UInt8] {
            var output = RowOutput(after: [])
            output.append(texts)
            return output.bytes
        }
        let pairs = (0..<50).map { ("name \($0)", "text \($0)") }
        #expect(
            bytes(Dictionary(uniqueKeysWithValues: pairs)) == bytes(Dictionary(uniqueKeysWithValues: pairs.reversed())))
    }
}
