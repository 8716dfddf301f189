import Testing

@testable import Mapping

/// The readers of expressions and statements, on whatever comes in.
struct DynamoDBReaderTests {
    private static let runs = 2000

    private static let conditionWords: Set<String> = [
        "and", "or", "not", "between", "in", "attribute_exists", "attribute_not_exists", "attribute_type",
        "begins_with",
        "contains", "size",
    ]
    private static let updateWords: Set<String> = ["set", "remove", "add", "delete", "if_not_exists", "list_append"]
    private static let names = ["#a": "Safety.Warning", "#b": "b", "#c1": "c c"]

    /// A random document path, and the attribute that it begins with.
    private static func path(_ dice: inout Dice, _ attributes: inout Set<String>) -> String {
        let first = dice.pick(["Id", "Title", "a", "x_1", "#a", "#b", "#c1", "Price"])
        attributes.insert(names[first] ?? first)
        var text = first
        for _ in 0..<Int.random(in: 0...3, using: &dice) {
            text += dice.pick([".nested", "[0]", " . #b", "[12]", ".Deep_1"])
        }
        return text
    }

    private static func operand(_ dice: inout Dice, _ attributes: inout Set<String>) -> String {
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: ":v"
        case 1: "size(\(path(&dice, &attributes)))"
        default: path(&dice, &attributes)
        }
    }

    private static func condition(_ dice: inout Dice, _ attributes: inout Set<String>, depth: Int) -> String {
        switch Int.random(in: 0..<(depth > 0 ? 9 : 5), using: &dice) {
        case 0:
            "\(operand(&dice, &attributes)) \(dice.pick(["=", "<>", "<", "<=", ">", ">="])) \(operand(&dice, &attributes))"
        case 1:
            "\(operand(&dice, &attributes)) BETWEEN \(operand(&dice, &attributes)) and \(operand(&dice, &attributes))"
        case 2: "\(operand(&dice, &attributes)) in (\(operand(&dice, &attributes)),\(operand(&dice, &attributes)))"
        case 3: "\(dice.pick(["attribute_exists", "attribute_not_exists"])) (\(path(&dice, &attributes)))"
        case 4: "\(dice.pick(["begins_with", "contains", "attribute_type"]))(\(path(&dice, &attributes)), :v)"
        case 5: "(\(condition(&dice, &attributes, depth: depth - 1)))"
        case 6: "NOT \(condition(&dice, &attributes, depth: depth - 1))"
        case 7:
            "\(condition(&dice, &attributes, depth: depth - 1)) AND \(condition(&dice, &attributes, depth: depth - 1))"
        default:
            "\(condition(&dice, &attributes, depth: depth - 1)) or\t\(condition(&dice, &attributes, depth: depth - 1))"
        }
    }

    private static func update(_ dice: inout Dice, _ attributes: inout Set<String>) -> String {
        var text = ""
        for clause in ["SET", "remove", "ADD", "Delete"].shuffled(using: &dice).prefix(
            Int.random(in: 1...4, using: &dice))
        {
            var actions: [String] = []
            for _ in 0..<Int.random(in: 1...3, using: &dice) {
                let target = path(&dice, &attributes)
                switch clause {
                case "SET":
                    let value = dice.pick([
                        operand(&dice, &attributes), "if_not_exists(\(path(&dice, &attributes)), :v)",
                        "list_append(\(operand(&dice, &attributes)), :v) ",
                        "\(operand(&dice, &attributes)) + \(operand(&dice, &attributes))",
                    ])
                    actions.append("\(target)=\(value)")
                case "remove": actions.append(target)
                default: actions.append("\(target) :v")
                }
            }
            text += " \(clause) \(actions.joined(separator: ", "))"
        }
        return text
    }

    @Test("Of valid expressions, exactly the attributes that were put in are found")
    func validExpressions() throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var dice = Dice(seed: seed)
        for _ in 0..<Self.runs {
            var (attributes, updated): (Set<String>, Set<String>) = ([], [])
            let condition = Self.condition(&dice, &attributes, depth: 5)
            var reader = ExpressionReader(names: Self.names)
            try reader.condition(condition)
            #expect(Set(reader.attributes.map(\.text)) == attributes, "seed \(seed): \(condition)")
            let update = Self.update(&dice, &updated)
            reader = ExpressionReader(names: Self.names)
            try reader.update(update)
            // Values that the dice did not choose have been thrown for, too.
            #expect(Set(reader.attributes.map(\.text)).isSubset(of: updated), "seed \(seed): \(update)")
            #expect(
                Set(reader.attributes.map(\.text)).isSuperset(
                    of: Self.scan(update, Self.updateWords.union(Self.conditionWords))),
                "\(update)")
        }
    }

    /// Names as a scanner finds them that knows no grammar: each word that follows neither a dot nor a colon, and is no
    /// keyword and no function.
    private static func scan(_ text: String, _ words: Set<String>) -> Set<String> {
        var found: Set<String> = []
        let bytes = Array(text.utf8)
        var index = 0
        var previous: UInt8 = 0
        while index < bytes.count {
            let start = index
            if bytes[index] == UInt8(ascii: "#") { index += 1 }
            while index < bytes.count, bytes[index].isWordByte { index += 1 }
            if index > start {
                let word = String(decoding: bytes[start..<index], as: UTF8.self)
                let isName = previous != UInt8(ascii: ".") && previous != UInt8(ascii: ":") && !bytes[start].isDigit
                if isName, !words.contains(word.lowercased()) { found.insert(names[word] ?? word) }
                previous = bytes[index - 1]
            } else {
                if bytes[index] > 0x20 { previous = bytes[index] }
                index += 1
            }
        }
        return found
    }

    @Test("Whatever an expression is, its readers answer; what they accept has all names that a plain scanner finds")
    func mutatedExpressions() throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var dice = Dice(seed: seed)
        let pieces = [
            "(", ")", "[", "]", ".", ",", "#", ":", "#a", ":v", " AND ", " OR ", "NOT ", " IN ", "=", "<", "+", "é",
            "\u{0}", "SET ", "size(", "1",
        ]
        var accepted = 0
        for _ in 0..<Self.runs {
            var ignored: Set<String> = []
            let isUpdate = Bool.random(using: &dice)
            let text = isUpdate ? Self.update(&dice, &ignored) : Self.condition(&dice, &ignored, depth: 3)
            let mutated = Self.mutate(text, pieces, &dice)
            var reader = ExpressionReader(names: Self.names)
            do throws(Unmapped) {
                if isUpdate { try reader.update(mutated) } else { try reader.condition(mutated) }
            } catch {
                continue
            }
            accepted += 1
            let words = isUpdate ? Self.updateWords.union(Self.conditionWords) : Self.conditionWords
            #expect(
                Set(reader.attributes.map(\.text)).isSuperset(of: Self.scan(mutated, words)), "seed \(seed): \(mutated)"
            )
        }
        #expect(accepted > Self.runs / 20)
    }

    private static func mutate(_ text: String, _ pieces: [String], _ dice: inout Dice) -> String {
        var bytes = Array(text.utf8)
        for _ in 0..<Int.random(in: 1...3, using: &dice) {
            let place = Int.random(in: 0...bytes.count, using: &dice)
            let end = min(bytes.count, place + Int.random(in: 0...3, using: &dice))
            switch Int.random(in: 0..<4, using: &dice) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(UInt8.random(in: 0...255, using: &dice), at: place)
            case 2: bytes.replaceSubrange(place..<end, with: dice.pick(pieces).utf8)
            default: bytes.insert(contentsOf: bytes[place..<min(bytes.count, place + 20)], at: place)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let statements = [
        #"SELECT a.b, "c d" FROM "Music"."ByYear" WHERE Artist = 'Acme' AND (x > 1 OR y IN [1, -2.5, ?]) ORDER BY Artist DESC"#,
        #"INSERT INTO "Music" VALUE {'Artist' : 'Acme Band','n':{'m':[1,<<2,3>>]},'SongTitle' : ?}"#,
        #"UPDATE "Music" SET a=1 SET b.c={'Grammys':[2020, 2018]} REMOVE d[0] WHERE Artist='Acme' AND SongTitle=? RETURNING ALL OLD *"#,
        #"DELETE FROM Music WHERE "Artist" = 'o''hara' AND begins_with(SongTitle, 'x') AND z IS NOT MISSING RETURNING ALL OLD *"#,
        #"EXISTS(SELECT * FROM "Music" WHERE Artist='a' AND size(Awards) BETWEEN 1 AND 2)"#,
    ]

    @Test("Whatever a statement is, its reader answers, and what it finds is in the text")
    func mutatedStatements() throws {
        let seed = UInt64.random(in: 0..<1_000_000)
        var dice = Dice(seed: seed)
        let pieces = [
            "'", "\"", "?", "(", ")", "{", "}", "[", "<<", ">>", "--", "/*", "`", " AND ", " OR ", " NOT ", "FROM ",
            "SELECT ", ".", ":", "é", "\u{0}", "*", "''",
        ]
        var accepted = 0
        for _ in 0..<Self.runs {
            let text = Self.mutate(dice.pick(Self.statements), pieces, &dice)
            guard let statement = try? PartiQLStatement(parsing: text, inTransaction: true) else { continue }
            accepted += 1
            for attribute in statement.attributes {
                // A quotation mark in a name is doubled in the text.
                let written = ["\"", "'"].map { attribute.text.replacing($0, with: $0 + $0) } + [attribute.text]
                #expect(
                    written.contains { Array(text.utf8).firstRange(of: Array($0.utf8)) != nil }, "seed \(seed): \(text)"
                )
            }
            #expect(statement.parameterCount <= text.utf8.count { $0 == UInt8(ascii: "?") })
            var end = 0
            for literal in statement.literals.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
                #expect(literal.range.lowerBound >= end && literal.range.upperBound <= text.utf8.count, "\(text)")
                end = literal.range.upperBound
            }
        }
        #expect(accepted > Self.runs / 20)
    }

    @Test(
        "Deep and long texts end soon, and are refused or read",
        arguments: [
            String(repeating: "(", count: 100_000), String(repeating: "NOT ", count: 30_000),
            String(repeating: "(a = :b) AND ", count: 10_000), "a = " + String(repeating: "size(", count: 20_000),
            String(repeating: "a.", count: 50_000), String(repeating: "#", count: 100_000),
            "a IN (" + String(repeating: ":v,", count: 30_000),
            String(repeating: "a = :b OR ", count: 10_000) + "a = :b",
            String(repeating: "[", count: 100_000), "SET a = " + String(repeating: "list_append(:v, ", count: 10_000),
        ])
    func hugeExpressions(_ text: String) {
        var reader = ExpressionReader()
        _ = try? reader.condition(text)
        _ = try? reader.update(text)
        _ = try? reader.projection(text)
        _ = try? PartiQLStatement(parsing: text, inTransaction: true)
        _ = try? PartiQLStatement(parsing: "SELECT * FROM t WHERE " + text, inTransaction: false)
        _ = try? PartiQLStatement(parsing: "INSERT INTO t VALUE {'a':" + text, inTransaction: false)
    }

    @Test("A long condition is read in full")
    func longCondition() throws {
        var reader = ExpressionReader()
        let condition = (0..<5_000).map { "a\($0) = :v" }.joined(separator: " OR ")
        try reader.condition(condition)
        #expect(reader.attributes.count == 5_000)
        let statement = try PartiQLStatement(
            parsing: "SELECT * FROM t WHERE " + (0..<2_000).map { "pk = 'v\($0)'" }.joined(separator: " OR "),
            inTransaction: false)
        #expect(try statement.condition?.values(of: ExactText("pk"))?.count == 2_000)
    }

    @Test(
        "Numbers",
        arguments: [
            ("0", "0"), ("00", "0"), ("-0.0", "0"), ("+5", "5"), (".5", "0.5"), ("5.", "5"), ("1e3", "1000"),
            ("1E-3", "0.001"),
            ("12.340", "12.34"), ("-12.340e1", "-123.4"), ("0.000e9", "0"),
            ("1e125", "1" + String(repeating: "0", count: 125)),
            ("1e-130", "0." + String(repeating: "0", count: 129) + "1"),
            ("12345678901234567890123456789012345678", "12345678901234567890123456789012345678"),
            ("1234567890123456789012345678901234567800", "1234567890123456789012345678901234567800"),
            ("123456789012345678901234567890123456789", nil), ("1e126", nil), ("1e-131", nil), ("", nil), ("-", nil),
            (".", nil),
            ("1e", nil), ("1e+", nil), ("1e99999", nil), ("1 ", nil), (" 1", nil), ("0x10", nil), ("1_000", nil),
            ("1,5", nil),
            ("NaN", nil), ("Infinity", nil), ("--1", nil), ("1.2.3", nil), ("١", nil), ("1e1e1", nil),
        ] as [(String, String?)])
    func numbers(_ text: String, _ expected: String?) {
        #expect(KeyText.number(text) == expected)
    }
}
