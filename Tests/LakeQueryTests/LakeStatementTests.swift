import Testing

@testable import LakeQuery

let store = "3f1b0a2c-0000-4000-8000-00000000000a"
private let now: Int64 = 1_764_402_119_000

private func statement(_ text: String) throws -> LakeStatement { try LakeStatement(text, now: now) }

@Suite struct LakeStatementTests {
    @Test func storesAreFoundByTheirIDs() throws {
        let other = "0a000000-0000-4000-8000-00000000000b"
        let text =
            "SELECT a.eventID FROM \(store) a JOIN \"\(other)\" AS b ON a.eventID = b.eventID, \(store.uppercased()) c"
        #expect(try statement(text).stores == [store, other])
    }

    @Test func onlyTheColumnsThatAreNamed() throws {
        #expect(
            try statement("SELECT EVENTNAME FROM \(store) WHERE \"eventTime\" > now()").columns.map(\.name) == [
                "eventTime", "eventName",
            ])
        #expect(try statement("SELECT count(*) FROM \(store)").columns.isEmpty)
        #expect(try statement("SELECT * FROM \(store)").columns.count == EventColumn.all.count)
        #expect(try statement("SELECT x.* FROM \(store) x").columns.count == EventColumn.all.count)
    }

    @Test(arguments: [
        ("", "Only SELECT"), ("DELETE FROM \(store)", "Only SELECT"), ("PRAGMA table_info(x)", "Only SELECT"),
        ("SELECT 1; SELECT 2", "Only one statement"), ("SELECT 1", "event data store"),
        ("SELECT eventName FROM \(store) WHERE eventTime > now() - INTERVAL '1' DAY", "INTERVAL is not supported"),
        ("WITH RECURSIVE x AS (SELECT 1) SELECT * FROM \(store)", "RECURSIVE"),
        ("SELECT 'a FROM \(store)", "position 8"), ("SELECT (1 FROM \(store)", "( without a )"),
        ("SELECT 1) FROM \(store)", ") without a ("), ("SELECT `a` FROM \(store)", "not supported"),
        ("SELECT 1 /* FROM \(store)", "has no end"),
        ("SELECT requestParameters.a FROM \(store)", "element_at(requestParameters, 'a')"),
        ("SELECT eventName.a FROM \(store)", "has no members"),
        ("SELECT cast(eventName AS money) FROM \(store)", "money"),
        ("WITH pragma_x AS (SELECT 1) SELECT eventID FROM \(store)", "pragma_x"), ("SELECT ?1 FROM \(store)", "?"),
        ("SELECT date_add('month', 1, now()) FROM \(store)", "'month'"), ("SELECT 1x FROM \(store)", "letter"),
    ])
    func whatIsRefused(text: String, message: String) {
        #expect {
            try statement(text)
        } throws: { error in
            guard case .statement(let said)? = error as? LakeQueryError else { return false }
            return said.contains(message)
        }
    }

    @Test func nestingHasAnEnd() {
        let deep =
            "SELECT " + String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000)
            + " FROM \(store)"
        #expect(throws: LakeQueryError.self) { try statement(deep) }
    }

    /// Whatever bytes come, they are a statement or an error, and what is a statement names nothing without quotation marks
    /// but keywords.
    @Test func anyTokens() {
        let pieces = [
            "SELECT", "FROM", store, "eventName", "userIdentity", ".", "arn", "(", ")", "[", "]", "'x'", "\"y\"", "1",
            ",",
            "*", "AS", "WITH", "ORDER", "BY", "cast", "timestamp", "'2026-11-29'", "--", "/*", "*/", ";",
            "requestParameters",
            "element_at", "count", "\u{0}", "é", "'", "\"", "pragma_table_list", "CASE", "END", "DISTINCT", "||",
        ]
        var random = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<24, using: &random)
            let text =
                "SELECT " + (0..<count).compactMap { _ in pieces.randomElement(using: &random) }.joined(separator: " ")
            guard let statement = try? statement(text) else { continue }
            // What SQLite makes of it is the sandbox's; it must come back.
            _ = try? QuerySandbox(statement)
        }
    }
}
