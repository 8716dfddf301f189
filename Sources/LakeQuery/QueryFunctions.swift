import GRDBSQLite
import Wire

/// A value as functions of queries get and give it.
enum SQLValue: Sendable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
}

/// The functions that a query may call: SQLite's own that are the same in Trino, and those of Trino that are made here.
enum QueryFunctions {
    /// By SQLite's names, in lower case.
    static let allowed: Set<String> = Set(own.map(\.name)).union([
        "count", "sum", "avg", "min", "max", "like", "lower", "upper", "length", "substr", "substring", "trim", "ltrim",
        "rtrim", "replace", "round", "abs", "coalesce", "nullif", "iif", "instr", "ceil", "ceiling", "floor", "mod",
        "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "ntile", "lag", "lead", "first_value",
        "last_value", "nth_value",
    ])

    struct Function: Sendable {
        let name: String
        /// How many arguments it takes.
        let counts: ClosedRange<Int>
        let value: @Sendable ([SQLValue]) -> SQLValue
    }

    static let own: [Function] = [
        Function(name: "element_at", counts: 2...2) { element(of: $0[0], at: $0[1]) },
        Function(name: "lake_member", counts: 2...2) { member(of: $0[0], $0[1].text ?? "") },
        Function(name: "lake_cast", counts: 2...2) { cast($0[0], to: $0[1].text ?? "") },
        Function(name: "json_extract", counts: 2...2) { extract($0[0], $0[1], isScalar: false) },
        Function(name: "json_extract_scalar", counts: 2...2) { extract($0[0], $0[1], isScalar: true) },
        Function(name: "json_format", counts: 1...1) { $0[0].text.map { .text($0) } ?? .null },
        Function(name: "json_parse", counts: 1...1) { arguments in
            arguments[0].json.map { .text(text(of: $0)) } ?? .null
        },
        Function(name: "cardinality", counts: 1...1) { arguments in
            switch arguments[0].json {
            case .array(let elements)?: .integer(Int64(elements.count))
            case .object(let members)?: .integer(Int64(members.count))
            default: .null
            }
        },
        Function(name: "concat", counts: 2...32) { arguments in
            var joined = ""
            for argument in arguments {
                guard let text = argument.text else { return .null }
                joined += text
            }
            return .text(joined)
        },
        Function(name: "starts_with", counts: 2...2) { arguments in
            guard let text = arguments[0].text, let prefix = arguments[1].text else { return .null }
            return .integer(text.utf8.starts(with: prefix.utf8) ? 1 : 0)
        },
        Function(name: "split_part", counts: 3...3) { arguments in
            guard let text = arguments[0].text, let mark = arguments[1].text, let index = arguments[2].integer,
                mark.unicodeScalars.count == 1, let scalar = mark.unicodeScalars.first
            else { return .null }
            let parts = text.unicodeScalars.split(separator: scalar, omittingEmptySubsequences: false)
            guard index >= 1, index <= parts.count else { return .null }
            return .text(String(parts[Int(index) - 1]))
        },
        Function(name: "from_iso8601_timestamp", counts: 1...1) {
            time($0[0]).map { .text(LakeTime.text($0)) } ?? .null
        },
        Function(name: "to_iso8601", counts: 1...1) { arguments in
            guard let time = time(arguments[0]) else { return .null }
            let text = LakeTime.text(time)
            return .text("\(text.prefix(10))T\(text.dropFirst(11))Z")
        },
        Function(name: "date", counts: 1...1) { cast($0[0], to: "date") },
        Function(name: "to_unixtime", counts: 1...1) { time($0[0]).map { .real(Double($0) / 1000) } ?? .null },
        Function(name: "from_unixtime", counts: 1...1) { arguments in
            arguments[0].real.flatMap { Int64(exactly: ($0 * 1000).rounded()) }.flatMap(shownTime) ?? .null
        },
        Function(name: "date_trunc", counts: 2...2) { LakeDates.truncate($0[1], to: $0[0].text ?? "") },
        Function(name: "date_add", counts: 3...3) { LakeDates.add($0[1], of: $0[0].text ?? "", to: $0[2]) },
        Function(name: "date_diff", counts: 3...3) { LakeDates.difference(in: $0[0].text ?? "", $0[1], $0[2]) },
        Function(name: "year", counts: 1...1) { LakeDates.part($0[0], 0..<4) },
        Function(name: "month", counts: 1...1) { LakeDates.part($0[0], 5..<7) },
        Function(name: "day", counts: 1...1) { LakeDates.part($0[0], 8..<10) },
        Function(name: "hour", counts: 1...1) { LakeDates.part($0[0], 11..<13) },
        Function(name: "minute", counts: 1...1) { LakeDates.part($0[0], 14..<16) },
        Function(name: "second", counts: 1...1) { LakeDates.part($0[0], 17..<19) },
    ]

    /// Makes the functions known to a connection. They are found by where they are in ``own``.
    static func register(in database: OpaquePointer) throws(LakeQueryError) {
        for (index, function) in own.enumerated() {
            for count in function.counts {
                let code = sqlite3_create_function_v2(
                    database, function.name, Int32(count), SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_DIRECTONLY,
                    UnsafeMutableRawPointer(bitPattern: index + 1),
                    { context, count, values in
                        let place = Int(bitPattern: sqlite3_user_data(context)) - 1
                        guard QueryFunctions.own.indices.contains(place) else { return sqlite3_result_null(context) }
                        let arguments = (0..<Int(count)).map { SQLValue(values?[$0]) }
                        QueryFunctions.own[place].value(arguments).give(to: context)
                    }, nil, nil, nil)
                guard code == SQLITE_OK else { throw .engine(String(cString: sqlite3_errmsg(database))) }
            }
        }
    }

    // MARK: JSON

    /// As a text: of a string its characters, of all else its JSON.
    static func text(of value: JSONValue) -> String {
        if case .string(let text) = value { return text }
        var writer = JSONWriter()
        writer.json(value)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private static func given(_ value: JSONValue?) -> SQLValue {
        guard let value, value != .null else { return .null }
        return .text(text(of: value))
    }

    /// `element_at(map, 'key')`, `element_at(array, 1)`; -1 is the last.
    private static func element(of value: SQLValue, at key: SQLValue) -> SQLValue {
        switch (value.json, key) {
        case (.object?, .text(let key)): given(value.json?[key])
        case (.array(let elements)?, .integer(let index)):
            if index >= 1, index <= elements.count {
                given(elements[Int(index) - 1])
            } else if index <= -1, index >= -Int64(elements.count) {
                given(elements[elements.count + Int(index)])
            } else {
                .null
            }
        default: .null
        }
    }

    /// A member of a structure, whatever the case of its name.
    private static func member(of value: SQLValue, _ name: String) -> SQLValue {
        guard case .object(let members)? = value.json else { return .null }
        let name = name.lowercased()
        return given(members.first { $0.key.lowercased() == name }?.value)
    }

    /// `$.a.b[0]["c"]`
    private static func extract(_ value: SQLValue, _ path: SQLValue, isScalar: Bool) -> SQLValue {
        guard var found = value.json, let path = path.text, path.hasPrefix("$") else { return .null }
        var rest = path.dropFirst()
        while let mark = rest.popFirst() {
            let name: String
            switch mark {
            case ".":
                name = String(rest.prefix { $0 != "." && $0 != "[" })
                rest = rest.dropFirst(name.count)
            case "[":
                guard let end = rest.firstIndex(of: "]") else { return .null }
                let key = rest[..<end]
                rest = rest[rest.index(after: end)...]
                if let index = Int(key) {
                    guard case .array(let elements) = found, elements.indices.contains(index) else { return .null }
                    found = elements[index]
                    continue
                }
                guard key.count >= 2, key.first == key.last, key.first == "\"" || key.first == "'" else { return .null }
                name = String(key.dropFirst().dropLast())
            default: return .null
            }
            guard let member = found[name] else { return .null }
            found = member
        }
        switch found {
        case .array where isScalar, .object where isScalar: return .null
        case .string where isScalar: return .text(text(of: found))
        default:
            if isScalar { return given(found) }
            var writer = JSONWriter()
            writer.json(found)
            return .text(String(decoding: writer.bytes, as: UTF8.self))
        }
    }

    // MARK: Casts

    private static func cast(_ value: SQLValue, to type: String) -> SQLValue {
        if case .null = value { return .null }
        switch type {
        case "varchar", "char", "string", "json": return value.text.map { .text($0) } ?? .null
        case "bigint", "integer", "int", "smallint", "tinyint": return value.integer.map { .integer($0) } ?? .null
        case "double", "real", "decimal": return value.real.map { .real($0) } ?? .null
        case "boolean":
            switch value.text?.lowercased() {
            case "true", "1": return .integer(1)
            case "false", "0": return .integer(0)
            default: return .null
            }
        case "timestamp": return time(value).map { .text(LakeTime.text($0)) } ?? .null
        case "date": return time(value).map { .text(String(LakeTime.text($0).prefix(10))) } ?? .null
        default: return .null
        }
    }

    /// The types that a cast knows.
    static let types: Set<String> = [
        "varchar", "char", "string", "json", "bigint", "integer", "int", "smallint", "tinyint", "double", "real",
        "decimal",
        "boolean", "timestamp", "date",
    ]

    /// Milliseconds since 1970.
    static func time(_ value: SQLValue) -> Int64? { value.text.flatMap(LakeTime.milliseconds) }

    /// A time that has four digits for its year.
    static func shownTime(_ milliseconds: Int64) -> SQLValue? {
        (-62_135_596_800_000..<253_402_300_800_000).contains(milliseconds) ? .text(LakeTime.text(milliseconds)) : nil
    }

    // MARK: SQLite's values

    static func bind(_ text: String, at index: Int32, of statement: OpaquePointer) {
        var text = text
        text.withUTF8 { bytes in
            _ = sqlite3_bind_text64(
                statement, index, UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                UInt64(bytes.count), copied, UInt8(SQLITE_UTF8))
        }
    }

    /// SQLite copies it before the call returns (`SQLITE_TRANSIENT`).
    fileprivate static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    /// A column of a row as answers have it; nil: NULL.
    static func shown(_ statement: OpaquePointer, _ index: Int32, isBoolean: Bool) -> String? {
        switch SQLValue(sqlite3_column_value(statement, index)) {
        case .null: nil
        case .integer(let integer) where isBoolean: integer == 0 ? "false" : "true"
        case .integer(let integer): String(integer)
        case .real(let real): "\(real)"
        case .text(let text): text
        }
    }
}

extension SQLValue {
    init(_ value: OpaquePointer?) {
        switch sqlite3_value_type(value) {
        case SQLITE_INTEGER: self = .integer(sqlite3_value_int64(value))
        case SQLITE_FLOAT: self = .real(sqlite3_value_double(value))
        case SQLITE_TEXT:
            let count = Int(sqlite3_value_bytes(value))
            self = .text(
                String(decoding: UnsafeRawBufferPointer(start: sqlite3_value_text(value), count: count), as: UTF8.self))
        default: self = .null
        }
    }

    func give(to context: OpaquePointer?) {
        switch self {
        case .null: sqlite3_result_null(context)
        case .integer(let integer): sqlite3_result_int64(context, integer)
        case .real(let real): sqlite3_result_double(context, real)
        case .text(var text):
            text.withUTF8 { bytes in
                sqlite3_result_text64(
                    context, UnsafeRawPointer(bytes.baseAddress)?.assumingMemoryBound(to: CChar.self),
                    UInt64(bytes.count), QueryFunctions.copied, UInt8(SQLITE_UTF8))
            }
        }
    }

    var text: String? {
        switch self {
        case .null: nil
        case .integer(let integer): String(integer)
        case .real(let real): "\(real)"
        case .text(let text): text
        }
    }

    var integer: Int64? {
        switch self {
        case .null: nil
        case .integer(let integer): integer
        case .real(let real): Int64(exactly: real.rounded())
        case .text(let text): Int64(text)
        }
    }

    var real: Double? {
        switch self {
        case .null: nil
        case .integer(let integer): Double(integer)
        case .real(let real): real
        case .text(let text): Double(text)
        }
    }

    var json: JSONValue? {
        guard case .text(let text) = self else { return nil }
        return try? JSONValue(parsing: Array(text.utf8))
    }
}
