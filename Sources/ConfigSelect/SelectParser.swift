extension ConfigQuery {
    /// Reads a statement.
    /// - Throws: ``ConfigQueryError``, with AWS Config's text where it is known.
    public init(_ text: String) throws(ConfigQueryError) {
        var parser = SelectParser(tokens: try SelectScanner.tokens(of: text))
        self = try parser.statement()
    }
}

/// Reads the tokens of a statement, from the left to the right.
struct SelectParser {
    private let tokens: [SelectToken]
    private var place = 0
    private var depth = 0

    /// How deep parentheses and NOT may be.
    private static let mostDepth = 100
    /// What AWS Config says it does not support, in whatever place.
    private static let unsupported: Set<String> = ["ALL", "AS", "DISTINCT", "FROM", "HAVING", "JOIN", "UNION"]
    private static let keywords: Set<String> = [
        "SELECT", "WHERE", "GROUP", "BY", "ORDER", "ASC", "DESC", "LIMIT", "AND", "OR", "NOT", "IN", "BETWEEN", "LIKE",
        "IS", "NULL",
    ]

    init(tokens: [SelectToken]) { self.tokens = tokens }

    private var token: SelectToken {
        tokens.indices.contains(place) ? tokens[place] : SelectToken(kind: .end, place: SelectToken.Place())
    }

    private mutating func advance() { place += 1 }

    private mutating func takes(_ keyword: String) -> Bool {
        guard token.keyword == keyword else { return false }
        advance()
        return true
    }

    private mutating func takes(symbol: String) -> Bool {
        guard token.is(symbol) else { return false }
        advance()
        return true
    }

    private mutating func require(_ keyword: String) throws(ConfigQueryError) {
        guard takes(keyword) else { throw .syntax(token.place) }
    }

    private mutating func require(symbol: String) throws(ConfigQueryError) {
        guard takes(symbol: symbol) else { throw .syntax(token.place) }
    }

    // MARK: The statement

    mutating func statement() throws(ConfigQueryError) -> ConfigQuery {
        try require("SELECT")
        for (index, token) in tokens.enumerated() where !tokens[max(index, 1) - 1].is(".") {
            if let word = token.keyword, Self.unsupported.contains(word) {
                throw ConfigQueryError("The keyword \(word) is not supported.")
            }
        }
        var query = ConfigQuery(selected: [], condition: nil, groups: [], order: [], limit: nil)
        if !takes(symbol: "*") {
            repeat { query.selected.append(try selected()) } while takes(symbol: ",")
        }
        if takes("WHERE") { query.condition = try condition() }
        if takes("GROUP") {
            try require("BY")
            repeat { query.groups.append(try path()) } while takes(symbol: ",")
        }
        if takes("ORDER") {
            try require("BY")
            repeat { query.order.append(try order()) } while takes(symbol: ",")
        }
        if takes("LIMIT") {
            guard case .number(let number, _) = token.kind, let limit = Int(exactly: number), limit >= 0 else {
                throw .syntax(token.place)
            }
            advance()
            query.limit = limit
        }
        guard token.kind == .end else { throw .syntax(token.place) }
        try check(query)
        return query
    }

    private func check(_ query: ConfigQuery) throws(ConfigQueryError) {
        for item in query.order {
            if case .aggregate = item.by, query.groups.count > 1 {
                throw ConfigQueryError(
                    "GROUP BY in conjunction with an ORDER BY clause referencing aggregate functions may contain only a"
                        + " single property.")
            }
        }
        guard query.groups.count <= 3 else {
            throw ConfigQueryError("GROUP BY clauses may contain up to three properties.")
        }
        for (index, path) in query.groups.enumerated() where query.groups.prefix(index).contains(path) {
            throw ConfigQueryError("The property \(path.text) is in the GROUP BY clause twice.")
        }
        guard query.isAggregation else {
            if query.order.contains(where: { if case .aggregate = $0.by { true } else { false } }) {
                throw ConfigQueryError("An aggregate function in ORDER BY needs a GROUP BY clause.")
            }
            return
        }
        guard !query.selected.isEmpty else {
            throw ConfigQueryError("SELECT * can't be used in an aggregation.")
        }
        for selected in query.selected + query.order.map(\.by) {
            guard case .property(let path) = selected, !query.groups.contains(path) else { continue }
            throw ConfigQueryError("The property \(path.text) has to be in the GROUP BY clause.")
        }
    }

    private mutating func selected() throws(ConfigQueryError) -> ConfigQuery.Selected {
        if let word = token.keyword, let kind = AggregateFunction.Kind(rawValue: word),
            tokens.indices.contains(place + 1), tokens[place + 1].is("(")
        {
            advance()
            advance()
            if takes(symbol: "*") {
                guard kind == .count else {
                    throw ConfigQueryError("\(word) needs a property.")
                }
                try require(symbol: ")")
                return .aggregate(AggregateFunction(kind: kind, path: nil))
            }
            let path = try path()
            try require(symbol: ")")
            return .aggregate(AggregateFunction(kind: kind, path: path))
        }
        return .property(try path())
    }

    private mutating func order() throws(ConfigQueryError) -> ConfigQuery.Order {
        let by = try selected()
        if takes("DESC") { return ConfigQuery.Order(by: by, isDescending: true) }
        _ = takes("ASC")
        return ConfigQuery.Order(by: by, isDescending: false)
    }

    private mutating func path() throws(ConfigQueryError) -> PropertyPath {
        var names: [String] = []
        repeat {
            switch token.kind {
            case .quoted(let name) where !name.isEmpty:
                names += names.isEmpty ? name.split(separator: ".").map(String.init) : [name]
                advance()
            case .word(let name) where !names.isEmpty || !Self.keywords.contains(name.uppercased()):
                names.append(name)
                advance()
            case .number(_, let text) where !names.isEmpty:
                names.append(text)
                advance()
            default: throw .syntax(token.place)
            }
        } while takes(symbol: ".")
        guard !names.isEmpty else { throw .syntax(token.place) }
        return PropertyPath(names)
    }

    // MARK: Conditions

    private mutating func condition() throws(ConfigQueryError) -> ConfigQuery.Condition {
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.mostDepth else { throw ConfigQueryError("The query is nested too deeply.") }
        var parts = [try conjunction()]
        while takes("OR") { parts.append(try conjunction()) }
        return parts.count == 1 ? parts[0] : .or(parts)
    }

    private mutating func conjunction() throws(ConfigQueryError) -> ConfigQuery.Condition {
        var parts = [try negation()]
        while takes("AND") { parts.append(try negation()) }
        return parts.count == 1 ? parts[0] : .and(parts)
    }

    private mutating func negation() throws(ConfigQueryError) -> ConfigQuery.Condition {
        var count = 0
        while takes("NOT") { count += 1 }
        let inner: ConfigQuery.Condition
        if takes(symbol: "(") {
            inner = try condition()
            try require(symbol: ")")
        } else {
            inner = try comparison()
        }
        return count % 2 == 0 ? inner : .not(inner)
    }

    private mutating func comparison() throws(ConfigQueryError) -> ConfigQuery.Condition {
        let path = try path()
        if takes("IS") {
            let isNegated = takes("NOT")
            try require("NULL")
            return negated(.comparison(path, .isNull), isNegated)
        }
        let isNegated = takes("NOT")
        if takes("IN") {
            try require(symbol: "(")
            var literals: [ConfigQuery.Literal] = []
            repeat { literals.append(try literal()) } while takes(symbol: ",")
            try require(symbol: ")")
            return negated(.comparison(path, .among(literals)), isNegated)
        }
        if takes("BETWEEN") {
            let low = try literal()
            try require("AND")
            return negated(.comparison(path, .between(low, try literal())), isNegated)
        }
        if takes("LIKE") { return negated(.comparison(path, try like()), isNegated) }
        guard !isNegated, case .symbol(let symbol) = token.kind else { throw .syntax(token.place) }
        switch symbol {
        case "=", "<>", "!=", "<", ">", "<=", ">=": advance()
        default: throw .syntax(token.place)
        }
        let literal = try literal()
        return switch symbol {
        case "=": .comparison(path, .equal(literal))
        case "<": .comparison(path, .less(literal))
        case ">": .comparison(path, .greater(literal))
        case "<=": .comparison(path, .lessOrEqual(literal))
        case ">=": .comparison(path, .greaterOrEqual(literal))
        default: .not(.comparison(path, .equal(literal)))
        }
    }

    private func negated(_ condition: ConfigQuery.Condition, _ isNegated: Bool) -> ConfigQuery.Condition {
        isNegated ? .not(condition) : condition
    }

    private mutating func literal() throws(ConfigQueryError) -> ConfigQuery.Literal {
        let token = token
        let literal: ConfigQuery.Literal
        switch token.kind {
        case .string(let text): literal = .text(text)
        case .number(let number, _): literal = .number(number)
        case .word where token.keyword == "TRUE": literal = .boolean(true)
        case .word where token.keyword == "FALSE": literal = .boolean(false)
        case .word where token.keyword == "NULL":
            throw ConfigQueryError("NULL can only be asked for by IS NULL.")
        default: throw .syntax(token.place)
        }
        advance()
        return literal
    }

    /// A wildcard is the last character, after three others at least.
    private mutating func like() throws(ConfigQueryError) -> ConfigQuery.Comparison {
        let token = token
        guard case .string(let pattern) = token.kind else { throw .syntax(token.place) }
        advance()
        let wild: Set<Character> = ["%", "_"]
        guard let last = pattern.last, wild.contains(last) else {
            guard !pattern.contains(where: { wild.contains($0) }) else {
                throw ConfigQueryError("Only suffix wildcards are supported.")
            }
            return .like(prefix: pattern, more: 0)
        }
        let prefix = String(pattern.dropLast())
        guard !prefix.contains("%") else { throw ConfigQueryError("Only suffix wildcards are supported.") }
        guard prefix.count >= 3 else {
            throw ConfigQueryError("Wildcard matches must be at least three characters long.")
        }
        return .like(prefix: prefix, more: last == "_" ? 1 : nil)
    }
}
