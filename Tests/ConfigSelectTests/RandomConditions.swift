import ConfigSelect
import Testing
import Wire

/// A condition as the test makes it: as a statement says it, and what it means, worked out in the dullest way over flat tables of
/// paths and values.
private struct MadeCondition {
    var sql: String
    var holds: ([(path: String, value: JSONValue)]) -> Bool
}

/// All paths of an item, those of array elements without their places.
private func flattened(_ value: JSONValue, _ path: String = "") -> [(path: String, value: JSONValue)] {
    switch value {
    case .null: []
    case .array(let elements): elements.flatMap { flattened($0, path) }
    case .object(let members):
        [(path, value)] + members.flatMap { flattened($0.value, path.isEmpty ? $0.key : "\(path).\($0.key)") }
    default: [(path, value)]
    }
}

private struct Generator {
    var random: SeededRandom

    private static let paths = ["a", "b", "a.c", "list", "list.n", "list.t", "deep.x.y"]
    private static let texts = ["abc", "abd", "abcd", "z", "it's", "ä"]

    mutating func value(_ depth: Int) -> JSONValue {
        switch Int.random(in: 0..<(depth > 0 ? 7 : 4), using: &random) {
        case 0: return .integer(Int.random(in: -2...2, using: &random))
        case 1: return .string(Self.texts.randomElement(using: &random) ?? "")
        case 2: return .boolean(Bool.random(using: &random))
        case 3: return .null
        case 4: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in value(depth - 1) })
        default:
            var members: [JSONMember] = []
            for key in ["c", "n", "t", "x", "y"] where Bool.random(using: &random) {
                members.append(JSONMember(key: key, value: value(depth - 1)))
            }
            return .object(members)
        }
    }

    mutating func item() -> JSONValue {
        .object(["a", "b", "list", "deep"].map { JSONMember(key: $0, value: value(3)) })
    }

    private static func isSame(_ value: JSONValue, _ literal: JSONValue) -> Bool {
        switch (value, literal) {
        case (.string(let a), .string(let b)): Array(a.utf8) == Array(b.utf8)
        default: value == literal
        }
    }

    mutating func condition(_ depth: Int) -> MadeCondition {
        if depth > 0 {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1:
                let (a, b) = (condition(depth - 1), condition(depth - 1))
                return MadeCondition(sql: "(\(a.sql)) AND \(b.sql)") { a.holds($0) && b.holds($0) }
            case 2:
                let (a, b) = (condition(depth - 1), condition(depth - 1))
                return MadeCondition(sql: "(\(a.sql) OR \(b.sql))") { a.holds($0) || b.holds($0) }
            case 3:
                let a = condition(depth - 1)
                return MadeCondition(sql: "NOT (\(a.sql))") { !a.holds($0) }
            default: break
            }
        }
        let path = Self.paths.randomElement(using: &random) ?? "a"
        func any(_ test: @escaping (JSONValue) -> Bool) -> ([(path: String, value: JSONValue)]) -> Bool {
            { table in table.contains { $0.path == path && test($0.value) } }
        }
        let text = Self.texts.randomElement(using: &random) ?? ""
        let written = "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
        let number = Int.random(in: -2...2, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: return MadeCondition(sql: "\(path) = \(written)", holds: any { Self.isSame($0, .string(text)) })
        case 1:
            let test = any { Self.isSame($0, .integer(number)) }
            return MadeCondition(sql: "\(path) <> \(number)") { !test($0) }
        case 2: return MadeCondition(sql: "\(path) = true", holds: any { $0 == .boolean(true) })
        case 3:
            return MadeCondition(
                sql: "\(path) < \(number)",
                holds: any { if case .integer(let own) = $0 { own < number } else { false } })
        case 4:
            return MadeCondition(
                sql: "\(path) >= \(written)",
                holds: any {
                    guard case .string(let own) = $0 else { return false }
                    return !Array(own.utf8).lexicographicallyPrecedes(Array(text.utf8))
                })
        case 5:
            return MadeCondition(
                sql: "\(path) LIKE 'abc%'",
                holds: any { if case .string(let own) = $0 { own.hasPrefix("abc") } else { false } })
        case 6:
            let test = any { Self.isSame($0, .string(text)) || Self.isSame($0, .integer(number)) }
            return MadeCondition(sql: "\(path) IN (\(written), \(number))", holds: test)
        default:
            return MadeCondition(sql: "\(path) IS NULL") { table in !table.contains { $0.path == path } }
        }
    }
}

private struct SeededRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

@Test(arguments: 0..<20 as Range<UInt64>) func randomConditionsMeanWhatTheySay(_ seed: UInt64) throws {
    var generator = Generator(random: SeededRandom(state: seed))
    let items = (0..<20).map { _ in generator.item() }
    let tables = items.map { flattened($0) }
    for _ in 0..<50 {
        let made = generator.condition(3)
        let query = try ConfigQuery("SELECT a WHERE \(made.sql)")
        for (item, table) in zip(items, tables) {
            #expect(query.matches(item) == made.holds(table), "\(made.sql) of \(item)")
        }
    }
}
