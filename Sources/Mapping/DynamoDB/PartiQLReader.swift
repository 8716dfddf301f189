/// Reads statements of PartiQL for DynamoDB: all of the grammar that AWS documents, and nothing else. What it can't follow
/// is refused.
struct PartiQLReader {
    private let tokens: [PartiQLToken]
    private var position = 0
    private var depth = 0
    private var attributes: Set<ExactText> = []
    private var literals: [PartiQLLiteral] = []
    private var table = ""

    /// Parentheses, functions, lists and tuples within each other. An item has up to 32 levels.
    private static let deepest = 100

    init(_ tokens: [PartiQLToken]) {
        self.tokens = tokens
    }

    // MARK: Statements

    mutating func statement(inTransaction: Bool) throws(Unmapped) -> PartiQLStatement {
        let result: PartiQLStatement
        if takeKeyword("SELECT") {
            result = try select()
        } else if takeKeyword("INSERT") {
            result = try insert()
        } else if takeKeyword("UPDATE") {
            result = try update()
        } else if takeKeyword("DELETE") {
            result = try delete()
        } else if inTransaction, takeKeyword("EXISTS") {
            try expect(.open)
            try expectKeyword("SELECT")
            result = try select()
            try expect(.close)
        } else {
            throw unexpected
        }
        guard current == nil else { throw unexpected }
        return result
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html>
    private mutating func select() throws(Unmapped) -> PartiQLStatement {
        // What is selected comes before the table, whose name paths must not begin with.
        let projection = position
        let selectsAll = take(.star)
        if !selectsAll { try skipToFrom() }
        try expectKeyword("FROM")
        let index = try source()
        let afterSource = position
        if !selectsAll {
            position = projection
            repeat { _ = try value() } while take(.comma)
            try expectKeyword("FROM")
            position = afterSource
        }
        let condition = current?.isKeyword("WHERE") == true ? try filter() : nil
        if takeKeyword("ORDER") {
            try expectKeyword("BY")
            repeat {
                _ = try path()
                if !takeKeyword("ASC") { _ = takeKeyword("DESC") }
            } while take(.comma)
        }
        return finish(.select, index: index, selectsAll: selectsAll, condition: condition)
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.insert.html>
    private mutating func insert() throws(Unmapped) -> PartiQLStatement {
        try expectKeyword("INTO")
        let index = try source()
        try expectKeyword("VALUE")
        if case .parameter(let place)? = current?.kind {
            position += 1
            return finish(.insert, index: index, itemParameter: place)
        }
        try expect(.openBrace)
        var item: [ExactText: PartiQLOperand] = [:]
        repeat {
            guard case .string(let name)? = current?.kind, !name.isEmpty else { throw unexpected }
            position += 1
            try expect(.colon)
            attributes.insert(ExactText(name))
            guard item.updateValue(try value(), forKey: ExactText(name)) == nil else {
                throw Unmapped("Statement inserts an attribute twice")
            }
        } while take(.comma)
        try expect(.closeBrace)
        return finish(.insert, index: index, item: item)
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.update.html>
    private mutating func update() throws(Unmapped) -> PartiQLStatement {
        let index = try source()
        var hasClause = false
        while true {
            if takeKeyword("SET") {
                repeat {
                    _ = try path()
                    try expect(.equal)
                    _ = try value()
                } while take(.comma)
            } else if takeKeyword("REMOVE") {
                repeat { _ = try path() } while take(.comma)
            } else {
                break
            }
            hasClause = true
        }
        guard hasClause else { throw unexpected }
        let condition = try filter()
        return finish(.update, index: index, condition: condition, returning: try returning())
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.delete.html>
    private mutating func delete() throws(Unmapped) -> PartiQLStatement {
        try expectKeyword("FROM")
        let index = try source()
        let condition = try filter()
        return finish(.delete, index: index, condition: condition, returning: try returning())
    }

    /// `RETURNING ALL OLD *`, as the API's `ReturnValues` says it.
    private mutating func returning() throws(Unmapped) -> String? {
        guard takeKeyword("RETURNING") else { return nil }
        let extent: String
        if takeKeyword("ALL") {
            extent = "ALL"
        } else {
            try expectKeyword("MODIFIED")
            extent = "UPDATED"
        }
        let isOld = takeKeyword("OLD")
        if !isOld { try expectKeyword("NEW") }
        try expect(.star)
        return "\(extent)_\(isOld ? "OLD" : "NEW")"
    }

    /// A table, and its index: `Music`, `"Music"`, `"Music"."ByYear"`.
    private mutating func source() throws(Unmapped) -> String? {
        let isQuoted: Bool
        switch current?.kind {
        case .word(let name)? where !Self.keywords.contains(name.uppercased()): (table, isQuoted) = (name, false)
        case .quotedName(let name)?: (table, isQuoted) = (name, true)
        default: throw unexpected
        }
        position += 1
        guard take(.dot) else { return nil }
        guard isQuoted, case .quotedName(let index)? = current?.kind else { throw unexpected }
        position += 1
        return index
    }

    /// The keyword of the table of a `SELECT`: the first that stands in no parentheses.
    private mutating func skipToFrom() throws(Unmapped) {
        while let token = current, !token.isKeyword("FROM") { position += 1 }
    }

    private func finish(
        _ verb: PartiQLStatement.Verb, index: String?, selectsAll: Bool = false, condition: PartiQLCondition? = nil,
        returning: String? = nil, item: [ExactText: PartiQLOperand] = [:], itemParameter: Int? = nil
    ) -> PartiQLStatement {
        var parameters = 0
        for case .parameter in tokens.lazy.map(\.kind) { parameters += 1 }
        return PartiQLStatement(
            verb: verb, table: table, index: index, attributes: attributes, selectsAll: selectsAll,
            returning: returning, condition: condition, item: item, itemParameter: itemParameter, literals: literals,
            parameterCount: parameters)
    }

    // MARK: Conditions

    /// A condition, or a value: which of them shows only after the closing parenthesis.
    private struct Part {
        /// nil for a value.
        var condition: PartiQLCondition?
        var attribute: ExactText?
        var operand = PartiQLOperand.other
    }

    /// `WHERE`, and what has to be fulfilled.
    private mutating func filter() throws(Unmapped) -> PartiQLCondition {
        try expectKeyword("WHERE")
        return try condition(of: try disjunction())
    }

    private mutating func disjunction() throws(Unmapped) -> Part {
        try enter()
        defer { depth -= 1 }
        let first = try conjunction()
        guard current?.isKeyword("OR") == true else { return first }
        var parts = [try condition(of: first)]
        while takeKeyword("OR") { parts.append(try condition(of: try conjunction())) }
        return Part(condition: .any(parts))
    }

    private mutating func conjunction() throws(Unmapped) -> Part {
        let first = try negation()
        guard current?.isKeyword("AND") == true else { return first }
        var parts = [try condition(of: first)]
        while takeKeyword("AND") { parts.append(try condition(of: try negation())) }
        return Part(condition: .all(parts))
    }

    private mutating func negation() throws(Unmapped) -> Part {
        var isNegated = false
        while takeKeyword("NOT") { isNegated = true }
        let part = try comparison()
        guard isNegated else { return part }
        _ = try condition(of: part)
        return Part(condition: .other)
    }

    private mutating func comparison() throws(Unmapped) -> Part {
        let left = try operand()
        if left.condition != nil { return left }
        if case .sign(let sign)? = current?.kind, sign.isComparator {
            position += 1
            let right = try plainOperand(comparedWith: left.attribute)
            guard sign == .equal else { return Part(condition: .other) }
            switch (left.attribute, right.attribute) {
            case (let name?, nil): return Part(condition: .equal(name, [right.operand]))
            case (nil, let name?): return Part(condition: .equal(name, [left.operand]))
            default: return Part(condition: .other)
            }
        }
        let isNegated = takeKeyword("NOT")
        if takeKeyword("BETWEEN") {
            _ = try plainOperand(comparedWith: left.attribute)
            try expectKeyword("AND")
            _ = try plainOperand(comparedWith: left.attribute)
            return Part(condition: .other)
        }
        if takeKeyword("IN") {
            let values = try list(comparedWith: left.attribute)
            guard let name = left.attribute, !isNegated else { return Part(condition: .other) }
            return Part(condition: .equal(name, values))
        }
        guard !isNegated else { throw unexpected }
        if takeKeyword("IS") {
            _ = takeKeyword("NOT")
            // A type, `NULL` or `MISSING`.
            guard case .word? = current?.kind else { throw unexpected }
            position += 1
            return Part(condition: .other)
        }
        return left
    }

    /// What stands after `IN`: values in brackets or parentheses.
    private mutating func list(comparedWith attribute: ExactText?) throws(Unmapped) -> [PartiQLOperand] {
        let isInParentheses = take(.open)
        if !isInParentheses { try expect(.openBracket) }
        var values: [PartiQLOperand] = []
        repeat { values.append(try plainOperand(comparedWith: attribute).operand) } while take(.comma)
        try expect(isInParentheses ? .close : .closeBracket)
        return values
    }

    /// A part as the condition that it has to be.
    private func condition(of part: Part) throws(Unmapped) -> PartiQLCondition {
        if let condition = part.condition { return condition }
        throw unexpected
    }

    // MARK: Values

    private mutating func value() throws(Unmapped) -> PartiQLOperand { try plainOperand(comparedWith: nil).operand }

    /// A value that is no condition.
    private mutating func plainOperand(comparedWith attribute: ExactText?) throws(Unmapped) -> Part {
        let part = try operand(comparedWith: attribute)
        guard part.condition == nil else { throw unexpected }
        return part
    }

    /// Terms, added to and subtracted from each other.
    private mutating func operand(comparedWith attribute: ExactText? = nil) throws(Unmapped) -> Part {
        let first = try term(comparedWith: attribute)
        guard current?.isSign(.plus) == true || current?.isSign(.minus) == true else { return first }
        guard first.condition == nil else { throw unexpected }
        while take(.plus) || take(.minus) {
            guard try term(comparedWith: attribute).condition == nil else { throw unexpected }
        }
        return Part()
    }

    private mutating func term(comparedWith attribute: ExactText?) throws(Unmapped) -> Part {
        guard let token = current else { throw unexpected }
        switch token.kind {
        case .string(let text):
            position += 1
            literals.append(PartiQLLiteral(range: token.range, attribute: attribute))
            return Part(operand: .literal(text))
        case .number, .sign(.minus), .sign(.plus): return try number(comparedWith: attribute)
        case .parameter(let place):
            position += 1
            return Part(operand: .parameter(place))
        case .sign(.open):
            position += 1
            let inner = try disjunction()
            try expect(.close)
            return inner
        case .sign(.openBracket), .sign(.openSet), .sign(.openBrace):
            try collection(token, attribute)
            return Part()
        case .word(let name):
            if next?.isSign(.open) == true { return try function(name) }
            if ["TRUE", "FALSE", "NULL", "MISSING"].contains(where: token.isKeyword) {
                position += 1
                literals.append(PartiQLLiteral(range: token.range, attribute: attribute))
                return Part()
            }
            return Part(attribute: try path())
        case .quotedName: return Part(attribute: try path())
        default: throw unexpected
        }
    }

    private mutating func number(comparedWith attribute: ExactText?) throws(Unmapped) -> Part {
        let start = current?.range.lowerBound ?? 0
        let isNegative = take(.minus)
        if !isNegative { _ = take(.plus) }
        guard let token = current, case .number(let text) = token.kind else { throw unexpected }
        position += 1
        literals.append(PartiQLLiteral(range: start..<token.range.upperBound, attribute: attribute))
        guard let text else { return Part() }
        return Part(operand: .literal(isNegative && text != "0" ? "-\(text)" : text))
    }

    /// A list, a set or a tuple. It is one literal, whatever is within it.
    private mutating func collection(_ start: PartiQLToken, _ attribute: ExactText?) throws(Unmapped) {
        let before = literals.count
        let end = try elements(start)
        literals.removeSubrange(before...)
        literals.append(PartiQLLiteral(range: start.range.lowerBound..<end, attribute: attribute))
    }

    /// Reads what is in a list, a set or a tuple; returns where it ends in the text.
    private mutating func elements(_ start: PartiQLToken) throws(Unmapped) -> Int {
        try enter()
        defer { depth -= 1 }
        position += 1
        let isTuple = start.isSign(.openBrace)
        let last: PartiQLSign = isTuple ? .closeBrace : start.isSign(.openSet) ? .closeSet : .closeBracket
        var end = current?.range.upperBound ?? 0
        if take(last) { return end }
        repeat {
            if isTuple {
                guard case .string? = current?.kind else { throw unexpected }
                position += 1
                try expect(.colon)
            }
            _ = try value()
        } while take(.comma)
        end = current?.range.upperBound ?? 0
        try expect(last)
        return end
    }

    /// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-functions.html>
    private mutating func function(_ name: String) throws(Unmapped) -> Part {
        position += 2
        try enter()
        defer { depth -= 1 }
        let isTest: Bool
        switch name.uppercased() {
        case "BEGINS_WITH", "CONTAINS", "ATTRIBUTE_TYPE":
            isTest = true
            _ = try value()
            try expect(.comma)
            _ = try value()
        case "SIZE":
            isTest = false
            _ = try value()
        case "LIST_APPEND", "SET_ADD", "SET_DELETE":
            isTest = false
            _ = try value()
            try expect(.comma)
            _ = try value()
        default: throw Unmapped("Statement has a function that PartiQL for DynamoDB does not have")
        }
        try expect(.close)
        return isTest ? Part(condition: .other) : Part()
    }

    /// A document path; the whole attribute's name where nothing within it is meant, nil otherwise.
    private mutating func path() throws(Unmapped) -> ExactText? {
        let first = ExactText(try name())
        attributes.insert(first)
        var isWhole = true
        while true {
            if take(.dot) {
                // Whether the table or an attribute of that name is meant, not every reader says the same.
                guard first.text != table else {
                    throw Unmapped("Statement has a path that begins with the table's name")
                }
                _ = try name()
            } else if take(.openBracket) {
                guard case .number? = current?.kind else { throw unexpected }
                position += 1
                try expect(.closeBracket)
            } else {
                return isWhole ? first : nil
            }
            isWhole = false
        }
    }

    private mutating func name() throws(Unmapped) -> String {
        switch current?.kind {
        case .word(let name)? where !Self.keywords.contains(name.uppercased()):
            position += 1
            return name
        case .quotedName(let name)? where !name.isEmpty:
            position += 1
            return name
        default: throw unexpected
        }
    }

    /// Words that are no names unless they are quoted: those that would change what follows.
    private static let keywords: Set<String> = [
        "SELECT", "FROM", "WHERE", "ORDER", "BY", "ASC", "DESC", "INSERT", "INTO", "VALUE", "UPDATE", "SET", "REMOVE",
        "DELETE", "RETURNING", "AND", "OR", "NOT", "IN", "IS", "BETWEEN", "EXISTS", "AS", "AT", "UNPIVOT", "JOIN",
        "UNION", "GROUP", "HAVING", "LIMIT", "OFFSET", "DISTINCT", "CASE", "CAST", "LIKE", "TRUE", "FALSE", "NULL",
        "MISSING",
    ]

    // MARK: Tokens

    private var current: PartiQLToken? { position < tokens.count ? tokens[position] : nil }
    private var next: PartiQLToken? { position + 1 < tokens.count ? tokens[position + 1] : nil }

    private mutating func enter() throws(Unmapped) {
        depth += 1
        guard depth <= Self.deepest else { throw Unmapped("Statement is nested too deeply") }
    }

    private mutating func take(_ sign: PartiQLSign) -> Bool {
        guard current?.isSign(sign) == true else { return false }
        position += 1
        return true
    }

    private mutating func takeKeyword(_ keyword: String) -> Bool {
        guard let current, current.isKeyword(keyword) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ sign: PartiQLSign) throws(Unmapped) {
        guard take(sign) else { throw unexpected }
    }

    private mutating func expectKeyword(_ keyword: String) throws(Unmapped) {
        guard takeKeyword(keyword) else { throw unexpected }
    }

    private var unexpected: Unmapped { Unmapped("Statement can't be understood from its word \(position + 1) on") }
}
