import Testing

@testable import Ledger

/// One kind of record, as three versions of the program know it.
private struct NoteV1: Record {
    static let kind = "Note"
    var id: String
    var text: String
    var size = 1.5
    var group = ""
    var references: [Reference] { [Reference("group", to: group)] }
}

private struct NoteV2: Record, Equatable {
    static let kind = "Note"
    static let version = 2
    var id: String
    var text: String
    var size: Double
    var group: String
    /// Not there before.
    var path: String
    var references: [Reference] { [Reference("group", to: group)] }

    static func upgrade(_ fields: inout RecordFields, from version: Int) {
        if version == 1 { fields["path"] = .text("/") }
    }
}

private struct NoteV3: Record, Equatable {
    static let kind = "Note"
    static let version = 3
    var id: String
    var title: String
    var size: Double
    var paths: [String]

    static func upgrade(_ fields: inout RecordFields, from version: Int) throws {
        switch version {
        case 1: NoteV2.upgrade(&fields, from: 1)
        case 2:
            fields.rename("text", to: "title")
            guard let path = fields["path"] else { throw LedgerError(.corrupt, "secret words of the upgrade") }
            fields["paths"] = .list([path])
            fields["path"] = nil
        default: break
        }
    }
}

/// What forgets to say how the older becomes the newer.
private struct CarelessNote: Record {
    static let kind = "Note"
    var id: String
    var text: String
    var isPinned: Bool
}

@Suite struct RecordVersionTests {
    private func get<R: Record>(_ type: R.Type, _ id: String, from ledger: Ledger) async throws -> R? {
        try await ledger.read { reader throws(LedgerError) in try reader.get(type, id, in: scope) }
    }

    @Test(arguments: Backend.allCases) func olderRecordsAreLedUpStepByStep(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(NoteV1(id: "a", text: "x", group: "g"))
        #expect(
            try await get(NoteV2.self, "a", from: ledger)
                == NoteV2(id: "a", text: "x", size: 1.5, group: "g", path: "/"))
        #expect(try await get(NoteV3.self, "a", from: ledger) == NoteV3(id: "a", title: "x", size: 1.5, paths: ["/"]))

        try await ledger.put(NoteV2(id: "b", text: "y", size: 2, group: "g", path: "/b/"))
        let newest = [
            NoteV3(id: "a", title: "x", size: 1.5, paths: ["/"]), NoteV3(id: "b", title: "y", size: 2, paths: ["/b/"]),
        ]
        try await ledger.read { reader throws(LedgerError) in
            #expect(try reader.list(NoteV3.self, in: scope, limit: 9) == newest)
            #expect(
                try reader.referrers(NoteV3.self, relation: "group", to: "g", in: scope, limit: 9) == newest)
            #expect(
                try reader.history(of: NoteV3.self, "a", in: scope, limit: 9).first?.change.decodeAfter(NoteV3.self)
                    == newest.first)
        }
        var replayed: [NoteV3?] = []
        try ledger.replay([NoteV3.kind]) { change throws(LedgerError) in
            replayed.append(try change.decodeAfter(NoteV3.self))
        }
        #expect(replayed == newest)

        // What was of an older version is so in the journal, too.
        try await ledger.put(newest[0])
        let entry = try #require(try await ledger.follow(after: 2).entries.first)
        #expect(try entry.change.decodeBefore(NoteV3.self) == newest[0])
        #expect(try entry.change.decodeAfter(NoteV3.self) == newest[0])
        #expect(try await get(NoteV3.self, "a", from: ledger) == newest[0])
    }

    @Test func theFirstVersionIsPlainJSON() throws {
        let body = try RecordBody.encode(NoteV1(id: "a", text: "x"))
        #expect(String(decoding: body, as: UTF8.self) == #"{"group":"","id":"a","size":1.5,"text":"x"}"#)
        let second = try RecordBody.encode(NoteV2(id: "a", text: "x", size: 1, group: "", path: "/"))
        #expect(Array(second.prefix(6)) == [0, 0, 0, 0, 2, UInt8(ascii: "{")])
    }

    @Test(arguments: Backend.allCases) func aNewerRecordIsRefusedByName(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(NoteV3(id: "mine", title: "secret words", size: 1, paths: []))
        let error = await #expect(throws: LedgerError.self) { try await get(NoteV2.self, "mine", from: ledger) }
        #expect(error?.kind == .newerFormat)
        let message = try #require(error?.message)
        for part in ["Note", "mine", scope.account, "version 3", "up to 2", "Use the newer version"] {
            #expect(message.contains(part), "\(part)")
        }
        #expect(!message.contains("secret"))
    }

    @Test(arguments: Backend.allCases) func whatCannotBeReadIsAnErrorThatNamesIt(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(NoteV1(id: "mine", text: "secret words"))
        let error = await #expect(throws: LedgerError.self) { try await get(CarelessNote.self, "mine", from: ledger) }
        #expect(error?.kind == .corrupt)
        let message = try #require(error?.message)
        for part in ["Note", "mine", scope.account, "backup"] { #expect(message.contains(part), "\(part)") }
        #expect(!message.contains("secret"))

        await #expect(throws: LedgerError.self) {
            try await ledger.read { reader throws(LedgerError) in
                try reader.list(CarelessNote.self, in: scope, limit: 9).count
            }
        }
        // A replay ends with the error of who can't read a record.
        let replay = #expect(throws: LedgerError.self) {
            try ledger.replay([NoteV1.kind]) { change throws(LedgerError) in
                _ = try change.decodeAfter(CarelessNote.self)
            }
        }
        #expect(replay?.message == message)
    }

    @Test func anUpgradeThatFailsIsAnErrorWithoutItsWords() async throws {
        let key = RecordKey(scope: scope, kind: NoteV3.kind, id: "x")
        let body: [UInt8] = [0, 0, 0, 0, 2] + Array(#"{"id":"x","text":"t","size":1}"#.utf8)
        let error = #expect(throws: LedgerError.self) { try RecordBody.decode(NoteV3.self, from: body, key) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains("secret") == false)
    }

    /// Damage inside the seal, which only a mistake of ours can make, is an error all the same.
    @Test(
        arguments: [
            [], [0], [0, 0, 0, 0], [0, 0, 0, 0, 2], [0, 255, 255, 255, 255], [0, 0, 0, 0, 0, 0x7b], [0x7b],
            Array("[1]".utf8), Array("null".utf8),
        ] as [[UInt8]])
    func nonsenseIsRefused(body: [UInt8]) {
        let key = RecordKey(scope: scope, kind: NoteV3.kind, id: "x")
        #expect(throws: LedgerError.self) { try RecordBody.decode(NoteV3.self, from: body, key) }
    }

    @Test func valuesOfAllKindsComeThroughAnUpgrade() throws {
        struct Old: Record {
            static let kind = "K"
            var id = "é"
            var yes = true
            var least = Int64.min
            var most = Int64.max
            var half = -0.5
            var whole = 3.0
            var list = [["a": [1, 2]], [:]]
        }
        struct New: Record, Equatable {
            static let kind = "K"
            static let version = 2
            var id: String
            var yes: Bool
            var least: Int64
            var most: Int64
            var half: Double
            var whole: Double
            var list: [[String: [Int]]]
            var nothing: String?
            static func upgrade(_ fields: inout RecordFields, from version: Int) { fields["nothing"] = .null }
        }
        let key = RecordKey(scope: scope, kind: "K", id: "é")
        let new = try RecordBody.decode(New.self, from: RecordBody.encode(Old()), key)
        #expect(
            new
                == New(
                    id: "é", yes: true, least: .min, most: .max, half: -0.5, whole: 3, list: [["a": [1, 2]], [:]],
                    nothing: nil))
    }

    @Test(arguments: Backend.allCases) func aReplayOpensOnlyTheKindsAskedFor(on backend: Backend) async throws {
        let ledger = try backend.ledger()
        try await ledger.put(User(name: "alice"), Role(id: "r"), NoteV1(id: "n", text: ""))
        // Would not open.
        try await ledger.tamper("UPDATE record SET body = x'00' WHERE kind = 'Note'")
        var ids: [String] = []
        try ledger.replay([User.kind, Role.kind]) { ids.append($0.id) }
        #expect(ids.sorted() == ["alice", "r"])
        try ledger.replay([]) { _ in Issue.record("nothing was asked for") }
        #expect(throws: LedgerError.self) { try ledger.replay([NoteV1.kind]) { _ in } }
    }
}
