/// What stands in blocks, filters and conditions.
extension GuardParser {
    mutating func disjunction(isCondition: Bool = false) throws(GuardSyntaxError) -> [Clause] {
        var clauses = [try clause(isCondition: isCondition)]
        while true {
            let end = scanner.position
            scanner.skipSpace()
            guard scanner.takeWord("or", "OR") || scanner.take("|OR|") else {
                scanner.position = end
                return clauses
            }
            scanner.skipSpace()
            clauses.append(try clause(isCondition: isCondition))
        }
    }

    private mutating func clause(isCondition: Bool) throws(GuardSyntaxError) -> Clause {
        try enter()
        defer { depth -= 1 }
        if !isCondition, scanner.takeWord("when", "WHEN") {
            let conditions = try conditions()
            return .when(conditions, try block())
        }
        if let type = typeName() { return try typeClause(type) }
        let isNegated = negation()
        let start = scanner.position
        if let name = scanner.name(), scanner.take("(") {
            let arguments = try arguments()
            return .call(name, arguments, message: try message())
        }
        scanner.position = start
        let query = try query()
        let end = scanner.position
        scanner.skipSpace()
        if let clause = try comparison(of: query, isNegated: isNegated) { return clause }
        if !isCondition, !isNegated, scanner.next == UInt8(ascii: "{") { return .block(query, try block()) }
        scanner.position = end
        guard case .key(let name)? = query.parts.first, query.parts.count == 1, !query.isSome else {
            throw scanner.error("a comparison is missing")
        }
        return .rule(name, isNegated: isNegated, message: try message())
    }

    private mutating func negation() -> Bool {
        let start = scanner.position
        if scanner.takeWord("not", "NOT") {
            let end = scanner.position
            scanner.skipSpace()
            if scanner.position > end { return true }
        } else if scanner.next == UInt8(ascii: "!"), scanner.peek(1) != UInt8(ascii: "=") {
            scanner.position += 1
            scanner.skipSpace()
            return true
        }
        scanner.position = start
        return false
    }

    /// `AWS::S3::Bucket`, at least two parts.
    private mutating func typeName() -> String? {
        let start = scanner.position
        var parts = 0
        while scanner.name() != nil {
            parts += 1
            guard scanner.take("::") else { break }
        }
        guard parts > 1 else {
            scanner.position = start
            return nil
        }
        return String(decoding: scanner.bytes[start..<scanner.position], as: UTF8.self)
    }

    private mutating func typeClause(_ type: String) throws(GuardSyntaxError) -> Clause {
        let isType = Clause.comparison(
            ComparisonClause(
                query: Query(parts: [.key("Type")]), comparator: .equal, isInverse: false, isNegated: false,
                operand: .value(.string(type)), message: nil))
        let query = Query(parts: [.key("Resources"), .allValues, .filter(capture: nil, [[isType]])])
        scanner.skipSpace()
        var conditions: Conjunctions?
        if scanner.takeWord("when", "WHEN") { conditions = try self.conditions() }
        scanner.skipSpace()
        if scanner.next == UInt8(ascii: "{") { return .type(query, conditions: conditions, try block()) }
        guard conditions == nil else { throw scanner.error("a block is missing") }
        return .type(query, conditions: nil, Block(conjunctions: [[try clause(isCondition: true)]]))
    }

    private mutating func comparison(
        of query: Query, isNegated: Bool
    ) throws(GuardSyntaxError) -> Clause? {
        guard let (comparator, isInverse) = comparator() else { return nil }
        var right: Operand?
        if !comparator.isUnary {
            scanner.skipSpace()
            right = try operand()
        }
        return .comparison(
            ComparisonClause(
                query: query, comparator: comparator, isInverse: isInverse, isNegated: isNegated, operand: right,
                message: try message()))
    }

    mutating func comparator() -> (Comparator, isInverse: Bool)? {
        if scanner.take("==") { return (.equal, false) }
        if scanner.take("!=") { return (.equal, true) }
        if scanner.take(">=") { return (.greaterOrEqual, false) }
        if scanner.take("<=") { return (.lessOrEqual, false) }
        if scanner.take(">") { return (.greater, false) }
        if scanner.next == UInt8(ascii: "<"), scanner.peek(1) != UInt8(ascii: "<") {
            scanner.position += 1
            return (.less, false)
        }
        let start = scanner.position
        let isInverse = negation()
        for (comparator, lower, upper) in Self.words where scanner.takeWord(lower, upper) {
            return (comparator, isInverse)
        }
        scanner.position = start
        return nil
    }

    private static let words: [(Comparator, StaticString, StaticString)] = [
        (.isIn, "in", "IN"), (.exists, "exists", "EXISTS"), (.isEmpty, "empty", "EMPTY"),
        (.isString, "is_string", "IS_STRING"), (.isList, "is_list", "IS_LIST"),
        (.isStruct, "is_struct", "IS_STRUCT"), (.isBool, "is_bool", "IS_BOOL"), (.isInt, "is_int", "IS_INT"),
        (.isFloat, "is_float", "IS_FLOAT"), (.isNull, "is_null", "IS_NULL"),
    ]

    /// `<< what is wrong >>`
    private mutating func message() throws(GuardSyntaxError) -> String? {
        let end = scanner.position
        scanner.skipSpace()
        guard scanner.take("<<") else {
            scanner.position = end
            return nil
        }
        let start = scanner.position
        while scanner.next != nil {
            if scanner.next == UInt8(ascii: ">"), scanner.peek(1) == UInt8(ascii: ">") {
                let bytes = scanner.bytes[start..<scanner.position]
                scanner.position += 2
                return Self.trimmed(bytes)
            }
            scanner.position += 1
        }
        throw scanner.error("a message does not end")
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
        func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
