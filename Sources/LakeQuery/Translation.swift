/// Writes a statement in the words of SQLite, and notes what it is about.
struct Translation {
    /// What `now()` is.
    let now: String
    private(set) var stores: [String] = []
    /// The names of columns that stand anywhere.
    private(set) var columns: Set<String> = []
    /// Whether some `*` stands for all columns.
    private(set) var readsAll = false
    /// The names of `WITH`.
    private(set) var queries: Set<String> = []

    init(now: String) {
        self.now = now
    }

    mutating func translate(_ nodes: ArraySlice<SQLNode>) throws(LakeQueryError) -> [String] {
        var output: [String] = []
        var rest = nodes
        while let node = rest.first {
            switch node {
            case .group(let inner):
                rest.removeFirst()
                output += ["("] + (try translate(inner[...])) + [")"]
            case .token(let token):
                if token.keyword == "select" {
                    rest.removeFirst()
                    output += ["SELECT"] + (try selectList(&rest))
                } else if token.keyword == "order", rest.dropFirst().first?.keyword == "by" {
                    rest.removeFirst(2)
                    output += ["ORDER", "BY"] + (try order(&rest))
                } else {
                    output += try operand(&rest)
                }
            }
        }
        return output
    }

    // MARK: Lists

    private static let endsOfList: Set<String> = [
        "from", "where", "group", "having", "order", "limit", "offset", "fetch", "union", "except", "intersect",
        "window",
    ]

    private func items(
        _ rest: inout ArraySlice<SQLNode>, until ends: Set<String>
    ) -> [ArraySlice<SQLNode>] {
        let end =
            rest.indices.first { index in
                guard let word = rest[index].keyword, ends.contains(word) else { return false }
                // `a IS DISTINCT FROM b`
                return word != "from" || index == rest.startIndex || rest[index - 1].keyword != "distinct"
            } ?? rest.endIndex
        let list = rest[..<end]
        rest = rest[end...]
        return list.split(omittingEmptySubsequences: false) { $0.is(",") }
    }

    /// What comes after SELECT. What has no name gets the one that AWS gives it.
    private mutating func selectList(_ rest: inout ArraySlice<SQLNode>) throws(LakeQueryError) -> [String] {
        var output: [String] = []
        if let word = rest.first?.keyword, word == "distinct" || word == "all" {
            rest.removeFirst()
            output.append(word.uppercased())
        }
        for (index, item) in items(&rest, until: Self.endsOfList).enumerated() {
            if index > 0 { output.append(",") }
            if item.last?.is("*") == true, item.count == 1 || item.dropLast().last?.is(".") == true {
                readsAll = true
                output += try translate(item)
                continue
            }
            output += try translate(item)
            if let name = name(of: item, index) { output += ["AS", Self.quoted(name)] }
        }
        return output
    }

    /// The name of what has none of its own; nil: it has.
    private func name(of item: ArraySlice<SQLNode>, _ index: Int) -> String? {
        guard let last = item.last, !item.isEmpty else { return nil }
        if item.count > 1, Self.isAnyName(last) {
            let before = item[item.endIndex - 2]
            if before.keyword == "as" { return nil }
            if Self.isName(last), !before.is("."), Self.endsOperand(before) { return nil }
        }
        let isChain = item.enumerated().allSatisfy { $0 % 2 == 0 ? Self.isName($1) : $1.is(".") }
        guard isChain, item.count % 2 == 1 else { return "_col\(index)" }
        return item.count == 1 ? nil : Self.nameText(last)
    }

    /// What comes after ORDER BY. In Trino NULL is last, whichever way it goes.
    private mutating func order(_ rest: inout ArraySlice<SQLNode>) throws(LakeQueryError) -> [String] {
        var output: [String] = []
        let ends = Self.endsOfList.union(["rows", "range", "groups"])
        for (index, item) in items(&rest, until: ends).enumerated() {
            if index > 0 { output.append(",") }
            output += try translate(item)
            if !item.contains(where: { $0.keyword == "nulls" }) { output += ["NULLS", "LAST"] }
        }
        return output
    }

    // MARK: Operands

    private mutating func operand(_ rest: inout ArraySlice<SQLNode>) throws(LakeQueryError) -> [String] {
        guard let token = rest.first?.token else { return [] }
        let next = rest.dropFirst().first
        switch token {
        case .number(let text):
            rest.removeFirst()
            return [text]
        case .string(let text):
            rest.removeFirst()
            return [Self.string(text)]
        case .symbol(let text):
            guard text != "[", text != "]" else {
                throw .statement("[…] is only supported behind the name of a column.")
            }
            rest.removeFirst()
            return [text]
        case .word(let word):
            if case .group(let arguments)? = next, let call = try call(word, arguments) {
                rest.removeFirst(2)
                // `WITH x (a, b) AS (`
                if rest.first?.keyword == "as", case .group? = rest.dropFirst().first { try noteQuery(word) }
                return call
            }
            if case .string(let text)? = next?.token, ["timestamp", "date"].contains(word.lowercased()) {
                guard let time = LakeTime.milliseconds(text) else {
                    throw .statement("'\(text)' is not a \(word.lowercased()).")
                }
                rest.removeFirst(2)
                return [Self.string(LakeTime.text(time))]
            }
            switch word.lowercased() {
            case "current_timestamp", "localtimestamp":
                rest.removeFirst()
                return [Self.string(now)]
            case "current_date":
                rest.removeFirst()
                return [Self.string(String(now.prefix(10)))]
            default: break
            }
            if Self.keywords.contains(word.lowercased()) {
                rest.removeFirst()
                return [word]
            }
            return try chain(&rest)
        case .quoted, .store: return try chain(&rest)
        }
    }

    /// Functions that SQLite has by another name, or that take something else than expressions.
    private mutating func call(_ word: String, _ arguments: [SQLNode]) throws(LakeQueryError) -> [String]? {
        let name = word.lowercased()
        if name == "cast" || name == "try_cast" {
            guard let end = arguments.lastIndex(where: { $0.keyword == "as" }), end + 1 < arguments.count else {
                throw .statement("\(word) needs an expression AS a type.")
            }
            var type = ""
            for node in arguments[(end + 1)...] {
                if case .token(.word(let part)) = node { type += type.isEmpty ? part : " " + part }
            }
            // The length of a text says nothing here: `varchar(20)`.
            guard QueryFunctions.types.contains(type.lowercased()) else {
                throw .statement("The type \(type) is not supported.")
            }
            return ["lake_cast", "("] + (try translate(arguments[..<end])) + [",", Self.string(type.lowercased()), ")"]
        }
        switch name {
        case "now" where arguments.isEmpty: return [Self.string(now)]
        case "approx_distinct": return ["count", "(", "DISTINCT"] + (try translate(arguments[...])) + [")"]
        case "count_if":
            return ["count", "(", "iif", "("] + (try translate(arguments[...])) + [",", "1", ",", "NULL", ")", ")"]
        case "date_trunc", "date_add", "date_diff":
            if case .string(let unit)? = arguments.first?.token,
                !Self.units.contains(unit.lowercased())
                    || name != "date_trunc" && Self.unitsWithoutLength.contains(unit.lowercased())
            {
                throw .statement("\(word) with '\(unit)' is not supported.")
            }
        default: break
        }
        let renamed = ["greatest": "max", "least": "min", "strpos": "instr", "if": "iif"]
        guard let other = renamed[name] else {
            // A word before a parenthesis is a function, or a keyword such as IN; but a name where WITH defines it.
            guard !Self.keywords.contains(name), EventColumn.named(name) == nil else { return nil }
            return [Self.quoted(word), "("] + (try translate(arguments[...])) + [")"]
        }
        return [other, "("] + (try translate(arguments[...])) + [")"]
    }

    /// Names with points between them, and what stands in brackets behind.
    private mutating func chain(_ rest: inout ArraySlice<SQLNode>) throws(LakeQueryError) -> [String] {
        guard let first = rest.popFirst() else { return [] }
        var names = [first]
        while rest.first?.is(".") == true, let name = rest.dropFirst().first, Self.isAnyName(name) {
            names.append(name)
            rest.removeFirst(2)
        }
        if rest.first?.is(".") == true, rest.dropFirst().first?.is("*") == true, names.count == 1 {
            rest.removeFirst(2)
            return [note(first), ".", "*"]
        }
        // `WITH x AS (`
        if names.count == 1, rest.first?.keyword == "as", case .group? = rest.dropFirst().first,
            let text = Self.nameText(first)
        {
            try noteQuery(text)
        }
        var place = 0
        if Self.column(first) == nil, names.count > 1, Self.column(names[1]) != nil || names.count > 2 { place = 1 }
        let column = Self.column(names[place])
        var path = names[(place + 1)...]
        if place == 0, column == nil, names.count == 2 {
            // A column of a query of its own.
            place = 1
            path = []
        }
        if let column, let member = path.first.flatMap(Self.nameText), column.kind != .structure {
            throw .statement(
                column.kind == .map
                    ? "\(column.name) is a map: write element_at(\(column.name), '\(member)')."
                    : "\(column.name) has no members, so \(column.name).\(member) can't be resolved.")
        }
        var output = names[...place].flatMap { [note($0), "."] }
        output.removeLast()
        while let member = path.popFirst() {
            output = ["lake_member", "("] + output + [",", Self.string(Self.nameText(member) ?? ""), ")"]
        }
        while rest.first?.is("[") == true {
            rest.removeFirst()
            guard let key = rest.popFirst()?.token, rest.popFirst()?.is("]") == true else {
                throw .statement("Between [ and ] there is one text or one number.")
            }
            let text: String
            switch key {
            case .string(let key): text = Self.string(key)
            case .number(let number): text = number
            default: throw .statement("Between [ and ] there is one text or one number.")
            }
            output = ["element_at", "("] + output + [",", text, ")"]
            while rest.first?.is(".") == true, let name = rest.dropFirst().first.flatMap(Self.nameText) {
                rest.removeFirst(2)
                output = ["lake_member", "("] + output + [",", Self.string(name), ")"]
            }
        }
        return output
    }

    private mutating func noteQuery(_ name: String) throws(LakeQueryError) {
        guard !Self.reserved.contains(where: { name.lowercased().hasPrefix($0) }) else {
            throw .statement("\(name) can't be the name of a query.")
        }
        queries.insert(name.lowercased())
    }

    /// A name as SQLite takes it; what it names is noted.
    private mutating func note(_ node: SQLNode) -> String {
        switch node.token {
        case .store(let id):
            if !stores.contains(id) { stores.append(id) }
            return Self.quoted(id)
        case .quoted(let name) where Self.storeID(name) != nil:
            let id = name.lowercased()
            if !stores.contains(id) { stores.append(id) }
            return Self.quoted(id)
        case .quoted(let name), .word(let name):
            if let column = EventColumn.named(name) { columns.insert(column.name) }
            return Self.quoted(name)
        default: return ""
        }
    }

    private static let units: Set<String> = [
        "millisecond", "second", "minute", "hour", "day", "week", "month", "year",
    ]
    private static let unitsWithoutLength: Set<String> = ["month", "year"]

    // MARK: Names

    /// What the names of SQLite's own tables begin with.
    private static let reserved = ["sqlite_", "pragma_", "json_", "dbstat", "fts", "rtree", "bytecode", "tables_used"]

    static let keywords: Set<String> = [
        "select", "from", "where", "group", "by", "having", "order", "limit", "offset", "union", "all", "except",
        "intersect", "as", "on", "using", "join", "inner", "left", "right", "full", "outer", "cross", "natural", "and",
        "or", "not", "in", "is", "null", "like", "escape", "between", "exists", "case", "when", "then", "else", "end",
        "distinct", "asc", "desc", "nulls", "first", "last", "true", "false", "with", "over", "partition", "rows",
        "range", "groups", "unbounded", "preceding", "following", "current", "row", "filter", "values", "window",
        "any", "some", "fetch", "next", "only", "exclude", "ties", "others", "no",
    ]

    private static func isName(_ node: SQLNode) -> Bool {
        switch node.token {
        case .word(let word): !keywords.contains(word.lowercased())
        case .quoted, .store: true
        default: false
        }
    }

    /// Behind a point there may also be a word that is a keyword elsewhere.
    private static func isAnyName(_ node: SQLNode) -> Bool { nameText(node) != nil }

    private static func nameText(_ node: SQLNode) -> String? {
        switch node.token {
        case .word(let name), .quoted(let name), .store(let name): name
        default: nil
        }
    }

    private static func column(_ node: SQLNode) -> EventColumn? {
        switch node.token {
        case .word(let name), .quoted(let name): EventColumn.named(name)
        default: nil
        }
    }

    /// Whether an operand may end with it, so that a name which follows is the operand's.
    private static func endsOperand(_ node: SQLNode) -> Bool {
        switch node {
        case .group: true
        case .token(.symbol(let symbol)): symbol == "]"
        case .token(.word(let word)):
            !keywords.contains(word.lowercased()) || ["end", "null", "true", "false"].contains(word.lowercased())
        case .token: true
        }
    }

    private static func storeID(_ text: String) -> String? {
        guard case .store(let id)? = try? SQLScanner.tokens(of: text).first, text.utf8.count == 36 else { return nil }
        return id
    }

    private static func string(_ text: String) -> String { "'" + doubled(text, "'") + "'" }
    private static func quoted(_ name: String) -> String { "\"" + doubled(name, "\"") + "\"" }

    private static func doubled(_ text: String, _ mark: Character) -> String {
        text.split(separator: mark, omittingEmptySubsequences: false).joined(separator: "\(mark)\(mark)")
    }
}
